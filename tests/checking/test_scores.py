import tracemalloc

import arviz_stats
import numpy as np
import pytest
import xarray as xr
from scipy.special import expit, logsumexp

from workflow.lib.checking.scores import (
    COMPARISON_COLUMNS,
    bernoulli_log_likelihood,
    brier_score,
    compare_loo,
    log_likelihood,
    log_score,
    pointwise_loo,
)


def as_tree(logit, joined):
    values = log_likelihood(logit, joined).astype(float)
    flat = values.stack(row=["mission", "state"], create_index=False)
    keep = joined.notnull().stack(row=["mission", "state"], create_index=False).values
    posterior = xr.Dataset({"intercept": (("chain", "draw"), logit.values[:, :, 0, 0].astype(float))})
    return xr.DataTree.from_dict(
        {
            "posterior": posterior,
            "log_likelihood": xr.Dataset({"joined": flat.isel(row=keep)}),
            "observed_data": xr.Dataset({"joined": ("row", joined.values.ravel()[keep])}),
        }
    )


def test_log_likelihood_of_decisions_equals_the_textbook_and_does_not_overflow():
    logits = np.array([[-2.0, 0.3, 1.0], [0.5, 0.0, -1.0]])
    joined = np.array([1.0, 0.0, np.nan])
    result = bernoulli_log_likelihood(logits, joined)
    np.testing.assert_allclose(result[:, 0], np.log(expit(logits[:, 0])), rtol=1e-12)
    np.testing.assert_allclose(result[:, 1], np.log(1 - expit(logits[:, 1])), rtol=1e-12)
    assert np.isnan(result[:, 2]).all()
    assert bernoulli_log_likelihood(np.array([-800.0]), np.array([1.0]))[0] == -800
    assert bernoulli_log_likelihood(np.array([800.0]), np.array([1.0]))[0] == 0


def test_loo_equals_a_hand_calculation():
    """One mission, two states, draws so alike that smoothing changes nothing: 1 / mean(1 / p)."""
    generator = np.random.default_rng(1)
    draws = 0.4 + 0.01 * generator.normal(size=(2, 500, 1, 2))
    joined = xr.DataArray([[1.0, 0.0]], dims=("mission", "state"))
    result = pointwise_loo(
        xr.DataArray(draws, dims=("chain", "draw", "mission", "state")), joined, relative_efficiency=1.0
    )
    likelihood = np.stack([expit(draws[:, :, 0, 0]).ravel(), 1 - expit(draws[:, :, 0, 1]).ravel()])
    by_hand = -(logsumexp(-np.log(likelihood), axis=1) - np.log(1000))
    np.testing.assert_allclose(result["elpd_i"].values[0], by_hand, atol=1e-6)
    np.testing.assert_allclose(result["p_i"].values[0], np.log(likelihood.mean(axis=1)) - by_hand, atol=1e-6)


def test_loo_equals_arviz_and_leaves_out_states_that_were_not_eligible(data, logit):
    logit = logit.astype(float)
    result = pointwise_loo(logit, data["joined"], relative_efficiency=0.9)
    expected = arviz_stats.loo(as_tree(logit, data["joined"]), pointwise=True, reff=0.9)
    scored = data["joined"].notnull().values
    assert np.isnan(result["elpd_i"].values[~scored]).all()
    np.testing.assert_allclose(result["elpd_i"].values[scored], expected.elpd_i.values, rtol=1e-5)
    np.testing.assert_allclose(result["pareto_k"].values[scored], expected.pareto_k.values, atol=1e-3)
    assert float(result["elpd_i"].sum()) == pytest.approx(expected.elpd, rel=1e-6)


def test_comparison_puts_the_right_model_first_and_its_figures_add_up(data, logit):
    constant = xr.full_like(logit, 0) + np.random.default_rng(2).normal(-1, 0.1, size=(4, 150, 1, 1))
    pointwise = {
        name: pointwise_loo(draws, data["joined"]) for name, draws in (("flat", constant), ("right", logit))
    }
    table = compare_loo(pointwise)
    assert table["model"].tolist() == ["right", "flat"]
    assert table.columns.tolist() == COMPARISON_COLUMNS
    assert table.loc[0, "difference"] == 0
    assert table.loc[1, "difference"] == pytest.approx(table.loc[1, "elpd"] - table.loc[0, "elpd"])
    differences = (pointwise["flat"]["elpd_i"] - pointwise["right"]["elpd_i"]).values
    differences = differences[~np.isnan(differences)]
    assert table.loc[1, "se_difference"] == pytest.approx(np.sqrt(differences.size) * differences.std(ddof=1))
    assert (table["n"] == int(data["joined"].notnull().sum())).all()


def scores_of(elpd, pareto_k=0.1):
    values = {"elpd_i": np.array([elpd]), "pareto_k": np.full((1, len(elpd)), pareto_k)}
    return xr.Dataset({name: (("mission", "state"), value) for name, value in values.items()})


def test_the_error_of_a_difference_is_that_of_the_pairs_by_hand():
    table = compare_loo({"a": scores_of([-3.0, -1.0, -2.0]), "b": scores_of([-2.0, -1.0, -1.5])})
    assert table["model"].tolist() == ["b", "a"]
    assert table["elpd"].tolist() == [-4.5, -6.0]
    # differences -1, 0, -0.5: their standard deviation is one half
    assert table["difference"].tolist() == [0, -1.5]
    assert table["se_difference"].tolist() == pytest.approx([0, np.sqrt(3) * 0.5])
    assert table["se"].tolist() == pytest.approx([np.sqrt(3) * 0.5, np.sqrt(3) * 1.0])


def test_rows_of_high_pareto_k_are_counted_beside_the_score():
    table = compare_loo({"a": scores_of([-1.0, -2.0], 0.71), "b": scores_of([-1.0, -1.0], 0.69)}, 0.7)
    assert dict(zip(table["model"], table["bad_k"], strict=True)) == {"a": 2, "b": 0}


def test_one_model_alone_can_be_tabulated(data, logit):
    table = compare_loo({"only": pointwise_loo(logit, data["joined"])})
    assert table.loc[0, ["difference", "se_difference"]].tolist() == [0, 0]


def test_models_scored_on_different_rows_are_not_compared(data, logit):
    fewer = data["joined"].copy()
    fewer[0] = np.nan
    with pytest.raises(ValueError, match="`strict` and `broad` are scored on different rows"):
        compare_loo({"broad": pointwise_loo(logit, data["joined"]), "strict": pointwise_loo(logit, fewer)})


def test_a_decision_that_surprises_most_draws_has_a_high_pareto_k(data, logit):
    joined = data["joined"].copy()
    joined[0, 0] = 1
    surprising = logit.astype(float).copy()
    surprising[:, :, 0, 0] = -4 + 4 * np.random.default_rng(3).standard_t(2, size=(4, 150))
    pointwise = pointwise_loo(surprising, joined)
    assert pointwise["pareto_k"].values[0, 0] > 0.7
    assert compare_loo({"a": pointwise})["bad_k"].item() >= 1


def test_brier_and_log_score_by_hand():
    probability, joined = np.array([0.2, 0.9, 0.5, 0.4]), np.array([0.0, 1.0, 1.0, np.nan])
    assert brier_score(probability, joined) == pytest.approx((0.04 + 0.01 + 0.25) / 3)
    assert log_score(probability, joined) == pytest.approx(np.log(0.8) + np.log(0.9) + np.log(0.5))


def test_loo_stays_small_in_memory():
    """Never more than a few copies of one mission's draws, however many missions there are."""
    generator = np.random.default_rng(0)
    values = generator.normal(-2, 0.5, size=(4, 250, 4, 190)).astype(np.float32)
    logit = xr.DataArray(values, dims=("chain", "draw", "mission", "state"))
    joined = xr.DataArray((generator.random((4, 190)) < 0.1).astype(float), dims=("mission", "state"))
    tracemalloc.start()
    pointwise_loo(logit, joined)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * values[:, :, 0].size * 8
