import numpy as np
import pandas as pd
import pytest
import xarray as xr

from workflow.lib.checking.held_out import probability_summary
from workflow.lib.checking.predictive import (
    COLUMNS,
    PREDICTION_COLUMNS,
    checks_of_model,
    failed_rows,
    prediction_rows,
    predictive_checks,
    predictive_summaries,
    prior_predictive_checks,
)
from workflow.lib.checking.replicates import pair_statistics, repeat_joiners, replicate_joined, upper_p_value


def test_replicates_follow_the_seed_and_the_probabilities(data, logit):
    first = replicate_joined(logit, data["joined"], seed=1, replicates=200)
    again = replicate_joined(logit, data["joined"], seed=1, replicates=200)
    other = replicate_joined(logit, data["joined"], seed=2, replicates=200)
    xr.testing.assert_identical(first, again)
    assert (first != other).any()
    assert first.sizes["replicate"] == 200
    assert (first.values[:, data["joined"].isnull().values] == 0).all()
    expected = 1 / (1 + np.exp(-data["true_logit"]))
    scored = data["joined"].notnull().values
    assert abs(float(first.values[:, scored].mean() - expected.values[scored].mean())) < 0.02


def test_p_value_counts_half_of_the_equal_ones():
    replicated = np.array([[0.0], [1.0], [1.0], [2.0]])
    assert upper_p_value(replicated, np.array([1.0])).item() == 0.5
    assert upper_p_value(replicated, np.array([2.0])).item() == 0.125
    assert upper_p_value(replicated, np.array([-1.0])).item() == 1.0


def test_a_right_model_passes_every_predictive_check(data, logit):
    table = predictive_checks(logit, data, "right", seed=1, interval=0.9, replicates=400)
    assert table.columns.tolist() == COLUMNS
    assert set(table["check"]) == {
        "joiners_per_mission",
        "spread_of_joiners",
        "repeat_joiners",
        "joiners_by_region",
        "pairs",
        "calibration",
    }
    assert not failed_rows(table, level=0.01).any()
    counts = table[table["check"] == "joiners_per_mission"].set_index("item")["observed"]
    assert counts.tolist() == data["joined"].sum("state").values.tolist()
    regions = table[table["check"] == "joiners_by_region"]
    assert set(regions["scope"]) == {"before_1990", "after_1990"}
    assert regions["observed"].sum() == float(data["joined"].sum())
    calibration = table[table["check"] == "calibration"]
    assert calibration["observed"].sum() == pytest.approx(float(data["joined"].sum()))
    assert calibration["mean"].is_monotonic_increasing


def test_a_model_without_repeat_joiners_fails_the_check_of_repeat_joiners(data, logit):
    """The deliberately wrong replicate: everybody has the mission's average chance."""
    share = data["joined"].mean("state")
    average = np.log(share / (1 - share))
    wrong = xr.zeros_like(logit) + average.astype(np.float32)
    table = predictive_checks(
        wrong.transpose(*logit.dims), data, "wrong", seed=1, interval=0.9, replicates=400
    )
    failed = table[failed_rows(table)]
    assert "repeat_joiners" in set(failed["check"])
    assert "pairs" in set(failed["check"])
    assert "joiners_per_mission" not in set(failed["check"])


def test_a_model_with_the_wrong_level_fails_the_check_of_joiners(data, logit):
    table = predictive_checks(logit + 2, data, "wrong", seed=1, interval=0.9, replicates=400)
    assert "joiners_per_mission" in set(table.loc[failed_rows(table), "check"])


def test_calibration_does_not_blame_shrinkage_and_does_blame_wrong_slopes(data):
    """States with beta-distributed tendencies and their exact, shrunk posterior."""
    generator = np.random.default_rng(11)
    states, missions = 250, 8
    tendency = generator.beta(0.5, 2, size=states)
    decisions = (generator.random((missions, states)) < tendency).astype(float)
    times = decisions.sum(axis=0)
    posterior = generator.beta(0.5 + times, 2 + missions - times, size=(4, 100, states))
    values = np.repeat(np.log(posterior / (1 - posterior))[:, :, None], missions, axis=2)
    own = xr.Dataset(
        {"joined": (("mission", "state"), decisions), "start_year": ("mission", np.arange(1950, 1958))},
        coords={"mission": np.arange(missions), "state": np.arange(2, 2 + states)},
    )
    logit = xr.DataArray(values, dims=("chain", "draw", "mission", "state"), coords=own.coords)
    right = predictive_checks(logit, own, "right", seed=1, interval=0.9, replicates=250)
    assert not failed_rows(right).any()
    wrong = predictive_checks(0.5 * logit - 0.8, own, "wrong", seed=1, interval=0.9, replicates=250)
    assert "calibration" in set(wrong.loc[failed_rows(wrong), "check"])


def test_repeat_joiners_and_pairs_by_hand():
    joined = np.array([[[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]]], dtype=np.int8)
    np.testing.assert_allclose(repeat_joiners(joined)[0], [0.25, 0.25, 0.25, 0.25, 0, 0])
    pairs = pair_statistics(joined)
    assert pairs["mean_missions_together"][0] == pytest.approx((2 + 1) / 6)
    assert pairs["most_missions_together"][0] == 2
    assert pairs["sd_missions_together"][0] == pytest.approx(np.std([2, 1, 0, 0, 0, 0]))
    assert pairs["mean_shared_joiners"][0] == pytest.approx((2 / 2 + 1 / 2 + 1 / 2) / 3)


def test_prior_check_sees_a_prior_that_puts_everything_at_the_extremes(data, logit):
    generator = np.random.default_rng(1)
    for scale, most in ((1.5, 0.2), (30.0, 0.4)):
        shift = generator.normal(-1.5, scale, size=(4, 150, 8, 1))
        prior = (xr.zeros_like(logit).astype(float) + shift).transpose(*logit.dims)
        table = prior_predictive_checks(prior, data, "crossed", seed=1, interval=0.9, replicates=300)
        row = table[table["statistic"] == "share_of_missions_joined_by_most"].iloc[0]
        assert (row["mean"] > most) == (scale > 10)
    shares = table[table["statistic"] == "share"]
    assert shares["item"].tolist() == data["mission"].values.tolist()
    assert shares["upper"].max() <= 1


def test_summaries_keep_the_seed_and_match_the_replicates(data, logit):
    tree = predictive_summaries(logit, data, seed=9, interval=0.9, replicates=50)
    replicated = replicate_joined(logit, data["joined"], seed=9, replicates=50)
    predictive = tree["posterior_predictive"]
    assert predictive.attrs == {"seed": 9, "interval": 0.9}
    np.testing.assert_array_equal(predictive["joiners"].values, replicated.sum("state").values)
    np.testing.assert_array_equal(predictive["missions_joined"].values, replicated.sum("mission").values)
    np.testing.assert_array_equal(
        tree["observed_data"]["joiners"].values, data["joined"].sum("state").values.astype(int)
    )
    assert "joined_together" in predictive


def test_prediction_rows_are_the_eligible_states(data, logit):
    table = prediction_rows(probability_summary(logit, 0.9), data, "crossed", held_out=False)
    assert table.columns.tolist() == PREDICTION_COLUMNS
    assert len(table) == int(data["joined"].notnull().sum())
    assert ((table["lower"] <= table["mean"]) & (table["mean"] <= table["upper"])).all()
    row = table.iloc[17]
    observed = data["joined"].sel(mission=row["mission"], state=row["state"])
    assert row["joined"] == int(observed)
    one = probability_summary(logit.isel(mission=[3]), 0.9)
    assert prediction_rows(one, data, "crossed", held_out=True)["held_out"].all()


def test_correction_for_many_rows_names_none_of_hundred_right_ones():
    p_values = (np.arange(100) + 0.5) / 100
    table = pd.DataFrame({"check": "a", "model": "b", "p_value": p_values})
    assert not failed_rows(table).any()
    table.loc[3, "p_value"] = 0.0001
    assert np.flatnonzero(failed_rows(table)).tolist() == [3]


def test_draws_and_data_of_different_shape_are_refused(data, logit):
    with pytest.raises(ValueError, match="logit has"):
        replicate_joined(logit.isel(mission=slice(3)), data["joined"], seed=1, replicates=10)


def test_predictions_from_the_posterior_pass_or_fail_and_those_from_the_prior_are_described(data, logit):
    wrong = logit + 2
    table = checks_of_model(wrong, logit, data, "crossed", seed=1, interval=0.9)
    assert (table["model"] == "crossed").all()
    prior = table[table["check"] == "prior_joiners"]
    assert (prior["verdict"] == "described").all()
    sizes = table[table["check"] == "joiners_per_mission"]
    assert "failed" in set(sizes["verdict"])
    assert set(table.loc[table["check"] != "prior_joiners", "verdict"]) <= {"passed", "failed"}
    first = sizes.iloc[0]
    assert first["expected"] == f"observed {float(data['joined'].isel(mission=0).sum()):.4g}"
    assert first["label"] == "joiners: mission 0 (all)"
