"""Error rates: decisions simulated from known parameters in a small world, and the main model refitted to them."""

import numpy as np
import pytest
import xarray as xr

from models.build import outcome_inputs
from models.composition import Composition
from models.estimands import average_change, contrast_values
from models.regressors import term_values
from tests.checking.conftest import GATE
from tests.models.draws import outcome_draws
from tests.models.example import YEARS, example_data
from workflow.lib.checking.error_rates import TRUTHS, Simulations, larger, share_row
from workflow.lib.checking.objections import WRONG_CALLS
from workflow.lib.checking.table import check_table

MAIN = Composition("main", regressors=("ties", "quality"), controls=(), mission_slopes=("quality",))
SAMPLER = {"chains": 4, "tune": 600, "draws": 1500, "target_accept": 0.8}
REFITS = {"chains": 2, "tune": 200, "draws": 200}
RUN = {"gate": GATE, "interval": 0.9, "priors": {}, "refits": REFITS, "sampler": SAMPLER, "seed": 3}
NUMBER, POSTERIOR = 4, 12


@pytest.fixture(scope="module")
def simulations():
    """Quality has a slope of 2 and ties of 1; the filtered mean knows most of the path."""
    data, random = example_data(missions=12, states=80), np.random.default_rng(5)
    mean = random.normal(size=(80, 1)) + 0.3 * random.normal(size=(80, len(YEARS)))
    drawn = mean + 0.4 * random.normal(size=(20, 80, len(YEARS)))
    on, coords = ("state", "year"), {"state": data["state"].values, "year": YEARS}
    values = {"filtered_mean": (on, mean)}
    values |= {f"{known}_draw": (("sample", *on), drawn) for known in ("filtered", "smoothed")}
    paths = {"quality": xr.Dataset(values, coords)}
    inputs = outcome_inputs(MAIN, data, term_values(MAIN, data, paths))
    known = {
        "intercept": -1.5,
        "ties_slope": 1.0,
        "quality_slope": 2.0,
        "mission_sd": 0.5,
        "quality_slope_sd": 0.3,
    }
    known |= {"mission_intercept": np.full(12, -1.5), "mission_quality_slope": np.full(12, 2.0)}
    known |= {"mission_ties_slope": np.full(12, 1.0)}
    draws = outcome_draws(MAIN, data, inputs, [known] * POSTERIOR)
    return Simulations(MAIN, data, paths, RUN, lambda line: None, draws, NUMBER)


@pytest.fixture(scope="module")
def rows(simulations):
    return check_table(simulations.rows()).set_index("item")


def test_the_comparison_needs_a_clear_probability_and_an_effect_that_is_clear_of_zero():
    random = np.random.default_rng(1)
    low, high = random.normal(0, 0.1, 4000), random.normal(1, 0.1, 4000)
    assert larger(low, high, 0.9) == "quality"
    assert larger(high, low, 0.9) == "ties"
    assert larger(low, low + 0.01, 0.9) is None
    assert larger(low - 2, low, 0.9) is None
    assert larger(low, low - 2, 0.9) is None


def test_the_interval_of_a_share_is_that_of_jeffreys():
    row = share_row(0.0, 50, 0.9)
    # Brown, Cai & DasGupta (2001): half of the mass of Beta(1/2, n + 1/2) beyond what is left out
    assert row["estimate"] == 0.0
    assert row["upper"] == pytest.approx(0.0377, abs=5e-4)
    assert share_row(0.5, 50, 0.9)["lower"] == pytest.approx(0.386, abs=5e-3)


def test_a_regressor_that_does_not_matter_has_no_slope_and_the_other_keeps_its_own(simulations):
    pairs = contrast_values(MAIN, simulations.data, simulations.paths)
    true = simulations.truth({"ties": False, "quality": True})
    changes = average_change(true, pairs)
    assert (changes["ties_effect"] == 0).all()
    assert (changes["quality_effect"] > 0.1).all()
    assert (simulations.draws.p["mission_ties_slope"] == 1).all()


def test_decisions_are_drawn_from_the_true_paths_where_they_are_scored(simulations):
    true = simulations.truth({"ties": True, "quality": True})
    sets = simulations.decisions(true)
    scored = simulations.data["joined"].notnull()
    assert all((data["joined"].notnull() == scored).all() for data in sets)
    logit = true.logit().isel(chain=0)
    told = np.mean([float(data["joined"].mean()) for data in sets])
    expected = float((1 / (1 + np.exp(-logit))).where(scored.transpose("mission", "state")).mean())
    assert told == pytest.approx(expected, abs=0.03)
    # the data sets have paths of their own
    assert float(logit.std("draw").max()) > 0.1


def test_every_truth_has_its_rows_and_strong_effects_are_called_rightly(rows):
    for label in ("ties alone matter", "quality alone matters"):
        assert rows.loc[f"{label}: wrong", "note"] == f"0 of {NUMBER} simulated data sets"
    wrong = sum(rows.loc[f"{label}: wrong", "estimate"] for label in TRUTHS)
    assert rows.loc[WRONG_CALLS, "estimate"] == pytest.approx(wrong / len(TRUTHS))
    assert rows.loc[WRONG_CALLS, "note"].endswith(f"of {NUMBER * len(TRUTHS)} simulated data sets")
    assert rows.loc["quality alone matters: right", "estimate"] == 1
    assert rows.loc["ties alone matter: right", "estimate"] == 1
    assert "neither matters: right" not in rows.index
    assert {f"{label}: {name}: coverage" for label in TRUTHS for name in ("ties", "quality")} <= set(
        rows.index
    )


def test_most_of_a_true_effect_is_found_and_less_by_draws_than_by_the_mean(rows):
    plugged_in = rows.loc["both matter: quality: share", "estimate"]
    assert plugged_in == pytest.approx(1, abs=0.25)
    assert rows.loc["both matter: quality by draws of its path: share", "estimate"] < plugged_in
    assert rows.loc["both matter: quality by draws of its path: share", "verdict"] == "described"
