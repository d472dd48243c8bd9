import numpy as np
import pytest
import xarray as xr

from workflow.lib.checking.indicators import BLOCS, bloc_labels, differential_functioning, indicator_checks
from workflow.lib.checking.predictive import failed_checks

STATES = np.arange(200, 260)
YEARS = np.arange(1950, 2015, 5)


@pytest.fixture
def panel():
    generator = np.random.default_rng(1)
    size = (STATES.size, YEARS.size)
    means = generator.normal(size=size)
    observed = np.stack([means + generator.normal(size=size), generator.poisson(np.exp(means / 2))])
    observed[0, :, :3] = np.nan
    data = xr.Dataset(
        {"indicator_value": (("indicator", "state", "panel_year"), observed)},
        coords={
            "indicator": ["un_agreement", "visits_to_pivotal"],
            "family": ("indicator", ["normal", "negative_binomial"]),
            "state": STATES,
            "panel_year": YEARS,
        },
    )
    replicated = {
        "un_agreement": as_draws(means + generator.normal(size=(2, 150, *size))),
        "visits_to_pivotal": as_draws(generator.poisson(np.exp(means / 2), size=(2, 150, *size))),
    }
    return data, replicated


def as_draws(values):
    return xr.DataArray(
        values,
        dims=("chain", "draw", "state", "panel_year"),
        coords={"state": STATES, "panel_year": YEARS},
    )


@pytest.fixture
def bloc():
    pivotal = xr.DataArray(
        np.repeat((STATES < 220)[:, None], YEARS.size, axis=1).astype(float),
        dims=("state", "panel_year"),
        coords={"state": STATES, "panel_year": YEARS},
    )
    rival = xr.zeros_like(pivotal) + (pivotal["state"] >= 240)
    return bloc_labels(pivotal, rival)


def test_right_replicates_pass_and_wrong_families_fail(panel):
    data, replicated = panel
    table = indicator_checks(replicated, data, "measurement", interval=0.9)
    assert failed_checks(table, level=0.01).empty
    assert table[["item", "statistic"]].values.tolist()[:2] == [
        ["un_agreement", "mean"],
        ["un_agreement", "sd"],
    ]
    assert "share_zero" in set(table.loc[table["item"] == "visits_to_pivotal", "statistic"])
    generator = np.random.default_rng(2)
    mean = replicated["visits_to_pivotal"].mean(("chain", "draw")).values
    excess_zero = generator.poisson(mean * 2, size=(2, 150, *mean.shape)) * generator.integers(
        0, 2, size=(2, 150, *mean.shape)
    )
    wrong = {**replicated, "visits_to_pivotal": as_draws(excess_zero)}
    failed = failed_checks(indicator_checks(wrong, data, "measurement", interval=0.9))
    assert set(failed["item"]) == {"visits_to_pivotal"}
    assert "share_zero" in set(failed["statistic"])


def test_blocs_are_exclusive_and_the_pivotal_state_comes_first(bloc):
    assert set(np.unique(bloc.values)) == set(BLOCS)
    both = bloc_labels(xr.DataArray([1.0, np.nan]), xr.DataArray([1.0, 2.0]))
    assert both.values.tolist() == ["allied_with_pivotal", "allied_with_rival"]


def test_differential_functioning_names_the_indicator_the_era_and_the_bloc(panel, bloc):
    data, replicated = panel
    fair = differential_functioning(replicated, data, bloc, "measurement", interval=0.9)
    assert failed_checks(fair, level=0.01).empty
    assert len(fair) == 2 * 2 * 3
    assert fair["mean"].abs().max() < 1e-6
    values = data["indicator_value"].copy()
    late = values["panel_year"] >= 1990
    rivals = values["state"] >= 240
    chosen = (values["indicator"] == "un_agreement") & late & rivals
    shifted = data.assign(indicator_value=xr.where(chosen, values + 0.5, values, keep_attrs=True))
    shifted = shifted.assign_coords(family=data["family"])
    failed = failed_checks(differential_functioning(replicated, shifted, bloc, "measurement", interval=0.9))
    assert failed[["item", "scope"]].values.tolist() == [["un_agreement", "after_1990:allied_with_rival"]]
    assert failed["observed"].item() > 3


def test_replicates_of_another_shape_are_refused(panel):
    data, replicated = panel
    with pytest.raises(ValueError, match="`un_agreement`: replicates have shape"):
        indicator_checks(
            {"un_agreement": replicated["un_agreement"].isel(state=slice(5))}, data, "m", interval=0.9
        )
