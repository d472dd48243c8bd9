"""Conflicts that a model has not seen: sister missions go together, and scores are what a hand finds."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models.build import outcome_inputs
from models.composition import Composition
from tests.models.draws import outcome_draws
from tests.models.example import example_data
from workflow.lib.checking.held_out_conflicts import (
    CONFLICT_COLUMNS,
    FUTURE_COLUMNS,
    compare_conflicts,
    leave_conflicts_out,
    leave_future_out,
    score_conflict,
    score_unseen,
)
from workflow.lib.checking.refits import without
from workflow.lib.errors import UserError

POOLED = Composition("pooled", mission_intercepts=False, controls=("democracy",))


@pytest.fixture(scope="module")
def data():
    return example_data()


def two_draws(data, known=None):
    """Draws of a fit that has seen the decisions of ``known``, all by default."""
    parameters = [
        {"intercept": -0.7, "ties_slope": 0.9, "control_slope": np.array([0.3])},
        {"intercept": -0.2, "ties_slope": 0.1, "control_slope": np.array([-0.4])},
    ]
    # each of them eight times, in two chains: a Monte Carlo error needs as many
    known = data if known is None else known
    draws = outcome_draws(POOLED, known, outcome_inputs(POOLED, known), parameters * 8)
    draws.shape = (2, 8)
    return draws, parameters


def test_the_score_of_a_conflict_of_two_missions_equals_a_hand_computation_for_two_draws(data):
    missions = ["mission_2", "mission_3"]
    # a fit without the conflict predicts it from the ties and controls of its missions
    draws, parameters = two_draws(data, without(data, np.isin(data["mission"].values, missions)))
    products, probabilities, decisions = [], [], []
    for p in parameters:
        product, chances, happened = 1.0, [], []
        for mission in missions:
            for state in data["state"].values:
                cell = {"mission": mission, "state": state}
                joined = float(data["joined"].sel(cell))
                if np.isnan(joined):
                    continue
                democracy = float(data["covariate_value"].sel(cell).sel(covariate="democracy"))
                eta = p["intercept"] + p["ties_slope"] * float(data["ties"].sel(cell))
                chance = expit(eta + p["control_slope"][0] * democracy)
                product *= chance if joined else 1 - chance
                chances.append(chance)
                happened.append(joined)
        products.append(product)
        probabilities.append(chances)
        decisions = np.array(happened)
    mean = np.mean(probabilities, axis=0)
    score, probability = score_conflict(draws, data, missions, None, seed=1, interval=0.9)
    assert score["joint_log_score"] == pytest.approx(np.log(np.mean(products)), rel=1e-5)
    assert score["log_score"] == pytest.approx(np.log(np.where(decisions, mean, 1 - mean)).sum(), rel=1e-5)
    assert score["brier"] == pytest.approx(((mean - decisions) ** 2).mean(), rel=1e-5)
    assert score["expected_joiners"] == pytest.approx(mean.sum(), rel=1e-5)
    assert (score["joiners"], score["n_states"]) == (int(decisions.sum()), len(decisions))
    assert probability.sizes == {"mission": 2, "state": data.sizes["state"], "statistic": 3}


class Recorder:
    """In the place of a refitter: remembers what was left out, and gives the same draws each time."""

    def __init__(self, data):
        self.data, self.seen = data, {}

    def fit(self, label, data):
        left_out = data["joined"].isnull().all("state")
        self.seen[label] = data["mission"].values[left_out.values].tolist()
        return two_draws(data)[0]


def test_sister_missions_are_left_out_together_and_each_conflict_once(data):
    refitter = Recorder(data)
    rows, probability = leave_conflicts_out(refitter, two_draws(data)[0], "pooled", seed=1, interval=0.9)
    assert refitter.seen == {
        "without conflict_0": ["mission_0", "mission_1"],
        "without conflict_1": ["mission_2", "mission_3"],
        "without conflict_2": ["mission_4"],
    }
    assert rows.columns.tolist() == CONFLICT_COLUMNS
    assert rows["missions"].tolist() == [2, 2, 1]
    assert rows["joiners"].sum() == data["joined"].sum()
    assert rows["n_states"].sum() == data["joined"].notnull().sum()
    assert sorted(probability["mission"].values) == data["mission"].values.tolist()


def test_only_later_missions_are_scored_by_a_fit_to_those_before(data):
    refitter, year = Recorder(data), int(data["start_year"].values[3])
    rows = leave_future_out(refitter, year, "pooled", seed=1, interval=0.9)
    assert refitter.seen == {f"before {year}": ["mission_3", "mission_4"]}
    assert rows.columns.tolist() == FUTURE_COLUMNS
    assert rows["mission"].tolist() == ["mission_3", "mission_4"]
    assert (rows["cutoff_year"] == year).all()
    for nothing in (1900, 2100):
        with pytest.raises(UserError, match=f"checks.future_from: {nothing} leaves none"):
            leave_future_out(refitter, nothing, "pooled", seed=1, interval=0.9)


def test_later_missions_are_scored_only_if_a_year_is_given(data):
    year = int(data["start_year"].values[3])
    for future_from, number in ((year, 2), (None, 0)):
        conflicts, later, probability = score_unseen(
            Recorder(data), two_draws(data)[0], "pooled", future_from, seed=1, interval=0.9
        )
        assert (len(conflicts), len(later)) == (3, number)
        assert later.columns.tolist() == FUTURE_COLUMNS
        assert probability.sizes["mission"] == data.sizes["mission"]


def test_totals_and_paired_errors_by_hand():
    common = {"joint_log_score_se": 0.1, "brier": 0.1, "expected_joiners": 3.0, "n_states": 10}
    rows = [
        ("cut", "a", -10.0, -11.0, 5, 2, 6),
        ("cut", "b", -20.0, -21.0, 9, 2, 6),
        ("pooled", "a", -13.0, -12.0, 5, 4, 6),
        ("pooled", "b", -21.0, -24.0, 9, 3, 5),
    ]
    names = ["model", "conflict", "joint_log_score", "log_score", "joiners", "lower", "upper"]
    table = compare_conflicts(pd.DataFrame(rows, columns=names).assign(**common, missions=1))
    assert table["model"].tolist() == ["cut", "pooled"]
    assert table["joint_log_score"].tolist() == [-30, -34]
    assert table["log_score"].tolist() == [-32, -36]
    assert table["difference"].tolist() == [0, -4]
    # differences -3 and -1: standard deviation sqrt(2), times the root of two conflicts
    assert table["se_difference"].tolist() == pytest.approx([0, 2])
    assert table["covered"].tolist() == [1, 1]
    assert table["conflicts"].tolist() == [2, 2]
    assert table["mean_width"].tolist() == [4, 2]
    # a main model that is not the best has differences of both signs about it
    pooled = compare_conflicts(pd.DataFrame(rows, columns=names).assign(**common, missions=1), "pooled")
    assert pooled["model"].tolist() == ["cut", "pooled"]
    assert pooled["difference"].tolist() == [4, 0]


def test_no_model_scored_is_a_comparison_without_rows():
    table = compare_conflicts(pd.DataFrame(columns=CONFLICT_COLUMNS))
    assert table.empty
    assert "difference" in table
