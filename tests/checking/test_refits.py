"""Refits take the data they are given, are gated by their number of draws, and never mix up labels."""

import numpy as np
import pytest

from models.composition import Composition
from models.inputs import model_inputs
from models.priors import DEFAULT_PRIORS
from tests.models.example import example_data
from workflow.lib.checking.refits import (
    SLOT,
    Refitter,
    gate_of_refits,
    on_the_grid_of,
    percentile_distance,
    scaled_priors,
    with_slot,
)
from workflow.lib.errors import UserError
from workflow.lib.inference.sampling import SamplerSettings

GATE = {"r_hat": 1.01, "ess_bulk": 400, "ess_tail": 400, "divergences": 0, "bfmi": 0.3, "pareto_k": 0.7}
LOOSE = {"r_hat": 2.0, "ess_bulk": 2, "ess_tail": 2, "divergences": 400, "bfmi": 0.0, "pareto_k": 1.0}
POOLED = Composition("pooled", ("outcome",), mission_intercepts=False)
SHORT = SamplerSettings(chains=2, tune=150, draws=100, cores=1)


@pytest.fixture(scope="module")
def small():
    data = example_data(missions=4, states=20)
    joined = data["joined"].copy(data=np.where(data["joined"].isnull(), np.nan, data["ties"] > 0.5))
    direction = np.ones(data.sizes["indicator"])
    return data.assign(joined=joined).assign_coords(direction=("indicator", direction))


@pytest.fixture(scope="module")
def refitter():
    return Refitter(POOLED, SHORT, LOOSE, {}, seed=1, stage="test")


@pytest.fixture(scope="module")
def compiled(refitter, small):
    return refitter.compile(small)


def test_a_refit_sees_the_data_it_is_given(refitter, compiled, small):
    nobody = small.assign(joined=small["joined"] * 0)
    some, none = (
        refitter.sample(compiled, data, "same name", strict=False)["posterior"] for data in (small, nobody)
    )
    assert float(none["intercept"].mean()) < float(some["intercept"].mean()) - 1
    assert float(none["ties_slope"].mean()) < float(some["ties_slope"].mean()) - 0.5


def test_a_refit_of_the_same_data_repeats(refitter, compiled, small):
    first, second = (refitter.sample(compiled, small, "again", strict=False)["posterior"] for _ in range(2))
    np.testing.assert_array_equal(first["ties_slope"], second["ties_slope"])


def test_a_configured_refitter_takes_its_draws_from_the_refits_and_the_rest_from_the_fit():
    fit = {
        "chains": 4,
        "tune": 400,
        "draws": 1000,
        "target_accept": 0.9,
        "engine": "fused",
        "backend": "nutpie",
    }
    refits = {"chains": 2, "tune": 150, "draws": 400}
    prior = {"normal": [0.0, 2.0]}
    found = Refitter.configured(
        POOLED,
        "test",
        sampler=fit,
        refits=refits,
        gate=GATE,
        priors={"ties_slope": prior},
        seed=1,
        threads=3,
    )
    assert found.settings == SamplerSettings(**{**fit, **refits}, cores=3)
    assert found.settings.target_accept == 0.9
    assert found.thresholds == gate_of_refits(GATE, fit, refits)
    assert found.thresholds["r_hat"] == pytest.approx(1.05)
    assert found.priors == {"ties_slope": ("normal", (0.0, 2.0))}


def test_an_unconverged_refit_is_refused_after_a_second_try(small, compiled):
    strict = Refitter(POOLED, SHORT, {**LOOSE, "ess_bulk": 1e6}, {}, seed=1, stage="test")
    with pytest.raises(UserError, match=r"pooled, refit strict list.*effective sample size"):
        strict.sample(compiled, small, "strict list")
    assert strict.sample(compiled, small, "strict list", strict=False).attrs["converged"] == 0


def test_data_with_other_labels_are_refused(compiled, small):
    with pytest.raises(ValueError, match="other labels than those compiled with: mission"):
        compiled.with_data(small.isel(mission=slice(1, None)))


def test_the_gate_of_refits_is_looser_in_proportion_and_never_stricter():
    fewer = gate_of_refits(GATE, {"chains": 4, "draws": 1000}, {"chains": 4, "draws": 500})
    assert fewer["r_hat"] == pytest.approx(1.02)
    assert (fewer["ess_bulk"], fewer["divergences"]) == (200, 0)
    assert gate_of_refits(GATE, {"chains": 2, "draws": 100}, {"chains": 4, "draws": 500}) == GATE


def test_a_smaller_data_set_is_put_on_the_grid_and_the_rest_is_not_scored(small):
    fewer = small.isel(mission=[0, 2], state=slice(3, None))
    placed = on_the_grid_of(small, fewer)
    assert placed.sizes == small.sizes
    assert placed["joined"].isel(mission=[1, 3]).isnull().all()
    assert placed["joined"].isel(state=slice(0, 3)).isnull().all()
    cells = {"mission": [0, 2], "state": slice(3, None)}
    np.testing.assert_array_equal(placed["ties"].isel(cells), fewer["ties"])
    np.testing.assert_array_equal(placed["covariate_value"].isel(cells), fewer["covariate_value"])


def test_scored_rows_that_the_grid_lacks_are_an_error(small):
    with pytest.raises(ValueError, match="lack the mission mission_0"):
        on_the_grid_of(small.isel(mission=slice(1, None)), small)


def test_the_slot_holds_the_covariate_that_is_put_into_it(small):
    filled, empty = with_slot(small, "hierarchy"), with_slot(small)
    np.testing.assert_array_equal(
        filled["covariate_value"].sel(covariate=SLOT), small["covariate_value"].sel(covariate="hierarchy")
    )
    assert (empty["covariate_value"].sel(covariate=SLOT) == 0).all()
    composition = Composition("slot", ("outcome",), covariates=("log_population", SLOT))
    assert model_inputs(composition, filled).coords == model_inputs(composition, empty).coords
    assert composition.covariate_names(filled) == ["log_population", SLOT]


def test_scaling_priors_changes_scales_alone():
    wide = scaled_priors({"ties_slope": ("normal", (0.5, 0.3)), "mission_sd": ("exponential", (2.0,))}, 2.0)
    assert wide["ties_slope"] == ("normal", (0.5, 0.6))
    assert wide["mission_sd"] == ("exponential", (1.0,))
    assert wide["state_sd"] == ("half_normal", (2 * DEFAULT_PRIORS["state_sd"][1][0],))
    assert wide["sensitivity"] == DEFAULT_PRIORS["sensitivity"]


def test_the_distance_between_quartiles_is_over_scored_rows(small):
    ties = small["ties"].where(small["joined"].notnull()).values
    assert percentile_distance(small) == pytest.approx(np.subtract(*np.nanquantile(ties, (0.75, 0.25))))
