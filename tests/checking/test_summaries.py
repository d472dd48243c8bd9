"""Rows of effects.csv, parameters.csv and quality.csv, by hand; and the one form of all checks."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from models.build import model_parameters
from models.priors import Priors
from tests.models.example import COMPOSITIONS
from workflow.lib.checking.table import CHECK_COLUMNS, check_row, check_table, estimate_row, verdict_counts
from workflow.lib.summaries import (
    EFFECT_COLUMNS,
    PARAMETER_COLUMNS,
    PATH_COLUMNS,
    effect_rows,
    parameter_rows,
    path_rows,
)


def draws_of(mean, sd, *shape):
    values = np.random.default_rng(1).normal(mean, sd, (4, 500, *shape))
    return xr.DataArray(values, dims=("chain", "draw", *["mission"][: len(shape)]))


def test_effects_are_summarised_by_estimand_and_scope():
    draws = {
        ("ties_effect", "all"): draws_of(0.1, 0.02),
        ("ties_effect", "era:from_1990"): draws_of(0.3, 0.02),
    }
    table = effect_rows(draws, "cut", 0.9)
    assert table.columns.tolist() == list(EFFECT_COLUMNS)
    assert table["scope"].tolist() == ["all", "era:from_1990"]
    first, values = table.iloc[0], draws["ties_effect", "all"].values.ravel()
    assert first["mean"] == pytest.approx(values.mean())
    assert first["median"] == pytest.approx(np.median(values))
    assert (first["lower"], first["upper"]) == pytest.approx(tuple(np.quantile(values, [0.05, 0.95])))
    assert 1000 < first["ess_bulk"] < 4000
    assert first["r_hat"] == pytest.approx(1, abs=0.01)


def test_contraction_is_one_minus_posterior_over_prior_variance_and_only_of_parameters_with_a_prior():
    composition = COMPOSITIONS["missions"]
    parameters, priors = model_parameters(composition), Priors()
    slope = next(p for p in parameters if p.name == "ties_slope")
    prior_sd = float(priors.distribution(slope.prior).std())
    posterior = xr.Dataset(
        {"ties_slope": draws_of(0.5, 0.5 * prior_sd), "mission_ties_slope": draws_of(0.5, 0.1, 2)},
        coords={"mission": ["korea_1950", "gulf_1990"]},
    )
    table = parameter_rows(posterior, parameters, priors, "missions", 0.9)
    assert table.columns.tolist() == list(PARAMETER_COLUMNS)
    table = table.set_index("parameter")
    assert table.loc["ties_slope", "contraction"] == pytest.approx(0.75, abs=0.03)
    own = table.loc["mission_ties_slope[gulf_1990]"]
    assert own["mean"] == pytest.approx(
        posterior["mission_ties_slope"].sel(mission="gulf_1990").values.mean()
    )
    assert own["label"].endswith("gulf_1990")
    assert np.isnan(own["contraction"])


def test_paths_are_told_of_the_years_in_which_a_state_existed_and_by_what_was_known():
    states, years = [20, 200], [1990, 1991, 1992]
    mean = np.arange(6.0).reshape(2, 3)
    spread = np.linspace(-1, 1, 101)[:, None, None]
    latent = xr.Dataset(
        {
            f"{name}_{kind}": (dims, values)
            for name, shift in (("filtered", 0.0), ("smoothed", 10.0))
            for kind, dims, values in (
                ("mean", ("state", "year"), mean + shift),
                ("sd", ("state", "year"), np.full((2, 3), 0.5)),
                ("draw", ("sample", "state", "year"), mean + shift + spread),
            )
        },
        coords={"state": states, "year": years},
    )
    present = np.array([[False, True, True], [True, True, True], [True, True, True]])
    data = xr.Dataset(
        {
            "present": (("state", "year"), present),
            "state_name": ("state", ["Canada", "United Kingdom", "Iraq"]),
        },
        coords={"state": [20, 200, 645], "year": years},
        attrs={"source_of_ties": 2},
    )
    table = path_rows(latent, data, "alignment", "quality", 0.9)
    assert table.columns.tolist() == list(PATH_COLUMNS)
    assert len(table) == 2 * 5
    assert not ((table["state"] == 20) & (table["year"] == 1990)).any()
    row = table[
        (table["information"] == "smoothed") & (table["state"] == 200) & (table["year"] == 1991)
    ].iloc[0]
    assert (row["name"], row["mean"], row["sd"], row["pivotal"]) == ("United Kingdom", 14.0, 0.5, 2)
    assert (row["lower"], row["upper"]) == pytest.approx((13.1, 14.9))


def test_a_row_of_a_check_has_its_columns_and_nothing_else():
    row = check_row("labels", "cut", "a", "ties, strict list", "passed", estimate=1.0, unit="points")
    table = check_table([row, {"check": "labels", "verdict": "failed"}])
    assert table.columns.tolist() == CHECK_COLUMNS
    assert verdict_counts(table) == {"passed": 1, "failed": 1, "cannot tell": 0, "described": 0}
    assert check_table([]).columns.tolist() == CHECK_COLUMNS
    for wrong in (
        {"verdict": "fine"},
        {"verdict": "passed", "unit": "miles"},
        {"verdict": "passed", "size": 1},
    ):
        with pytest.raises(ValueError, match="labels, ties"):
            check_row("labels", "cut", "a", "ties", **wrong)
    with pytest.raises(ValueError, match="no row of a check"):
        check_table([{"check": "labels", "verdict": "passed", "p_value": 0.1}])


def test_an_estimate_is_the_mean_with_an_interval_of_equal_tails():
    found = estimate_row(np.arange(101.0).reshape(1, -1), 0.9)
    assert found == pytest.approx({"estimate": 50.0, "lower": 5.0, "upper": 95.0})
    assert isinstance(pd.Series(found)["lower"], float)
