import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.special import expit

from workflow.lib.checking import held_out
from workflow.lib.checking.held_out import log_mean_likelihood, probability_summary


def score_mission(logit, joined, **options):
    """Score by the likelihood of the logits themselves, in the order of the states of the draws."""
    if "state" in joined.coords:
        joined = joined.reindex(state=logit["state"])
    sign = 2 * joined - 1
    likelihood = (-np.logaddexp(0, (-sign * logit).fillna(-np.inf))).sum("state")
    return held_out.score_mission(logit, joined, likelihood=(likelihood, None), **options)


def draws_of(data, mission, seed=0, shift=0.0):
    generator = np.random.default_rng([seed, data["mission"].values.tolist().index(mission)])
    truth = data["true_logit"].sel(mission=mission)
    values = truth.values + shift + generator.normal(0, 0.3, size=(2, 100, truth.size))
    return xr.DataArray(values, dims=("chain", "draw", "state"), coords={"state": data["state"]})


def test_joint_score_equals_brute_force():
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(2, 30, 5))
    joined = np.array([1.0, 0.0, np.nan, 1.0, 0.0])
    score = score_mission(
        xr.DataArray(logits, dims=("chain", "draw", "state")),
        xr.DataArray(joined, dims="state"),
        seed=1,
        interval=0.9,
    )
    products = []
    for chain in range(2):
        for draw in range(30):
            product = 1.0
            for state in (0, 1, 3, 4):
                probability = 1 / (1 + np.exp(-logits[chain, draw, state]))
                product *= probability if joined[state] else 1 - probability
            products.append(product)
    assert score["joint_log_score"] == pytest.approx(np.log(np.mean(products)), rel=1e-12)
    assert 0 < score["joint_log_score_se"] < 0.5
    mean = expit(logits).mean(axis=(0, 1))
    assert score["log_score"] == pytest.approx(np.log([mean[0], 1 - mean[1], mean[3], 1 - mean[4]]).sum())
    assert score["brier"] == pytest.approx(
        np.mean([(1 - mean[0]) ** 2, mean[1] ** 2, (1 - mean[3]) ** 2, mean[4] ** 2])
    )
    assert score["expected_joiners"] == pytest.approx(mean[[0, 1, 3, 4]].sum())
    assert (score["joiners"], score["n_states"]) == (2, 4)


def gaussian_draws(rng, mean, sd, likelihood):
    values = rng.normal(mean, sd, size=(4, 500))
    return xr.DataArray(likelihood(values), dims=("chain", "draw"))


def test_the_bridge_finds_the_mean_likelihood_that_a_plain_mean_misses():
    """One normal mean, N(0, 1) before the data y ~ N(mean, 0.2): their density is that of N(0, sqrt(1.04))."""
    y, noise = 3.5, 0.2
    precision = 1 + noise**-2
    exact = stats.norm.logpdf(y, 0, np.sqrt(1 + noise**2))
    bridged, plain, errors = [], [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        without = gaussian_draws(rng, 0, 1, lambda x: stats.norm.logpdf(y, x, noise))
        within = gaussian_draws(
            rng, y / noise**2 / precision, precision**-0.5, lambda x: stats.norm.logpdf(y, x, noise)
        )
        found, error = log_mean_likelihood(without, within)
        bridged.append(found - exact)
        errors.append(error)
        plain.append(log_mean_likelihood(without)[0] - exact)
    assert np.abs(np.mean(bridged)) < 4 * np.std(bridged, ddof=1) / np.sqrt(20)
    assert np.mean(np.square(bridged)) < 0.5 * np.mean(np.square(plain))
    assert 0.5 < np.sqrt(np.mean(np.square(errors))) / np.std(bridged, ddof=1) < 2


def test_joint_score_of_hundreds_of_states_does_not_underflow():
    logits = xr.DataArray(np.full((2, 4, 900), 3.0), dims=("chain", "draw", "state"))
    joined = xr.DataArray(np.zeros(900), dims="state")
    score = score_mission(logits, joined, seed=1, interval=0.9)
    assert score["joint_log_score"] == pytest.approx(-900 * np.log1p(np.exp(3)))


def test_joint_score_sees_dependence_that_the_sum_of_log_scores_does_not():
    """All join or none: a shared mission effect makes it likely, independent coins of the same mean do not."""
    joined = xr.DataArray(np.ones(20), dims="state")
    shared = xr.DataArray(
        np.repeat(np.array([4.0, -4.0] * 50).reshape(2, 50, 1), 20, axis=2), dims=("chain", "draw", "state")
    )
    coins = xr.zeros_like(shared)
    first, second = (score_mission(x, joined, seed=1, interval=0.9) for x in (shared, coins))
    assert first["log_score"] == pytest.approx(second["log_score"], abs=1e-9)
    assert first["joint_log_score"] > second["joint_log_score"] + 10


def test_the_prediction_interval_covers_the_number_of_joiners_as_often_as_it_says():
    generator = np.random.default_rng(4)
    inside = []
    for trial in range(200):
        logits = xr.DataArray(np.full((2, 200, 40), -1.0), dims=("chain", "draw", "state"))
        joined = xr.DataArray((generator.random(40) < expit(-1)).astype(float), dims="state")
        score = score_mission(logits, joined, seed=trial, interval=0.9)
        inside.append(score["lower"] <= score["joiners"] <= score["upper"])
    assert 0.87 <= np.mean(inside) <= 1.0


def test_states_are_matched_by_code_not_by_position(data):
    logit = draws_of(data, "mission_2")
    joined = data["joined"].sel(mission="mission_2")
    straight = score_mission(logit, joined, seed=1, interval=0.9)
    turned = score_mission(logit, joined.isel(state=slice(None, None, -1)), seed=1, interval=0.9)
    assert straight == turned


def test_draws_that_are_not_finite_are_refused(data):
    logit = draws_of(data, "mission_2").copy()
    logit[0, 0, :] = np.nan
    with pytest.raises(ValueError, match="the logit of an eligible state is not finite"):
        score_mission(logit, data["joined"].sel(mission="mission_2"), seed=1, interval=0.9)


def test_probabilities_are_summarised_after_the_draws_are_turned_into_them():
    """The mean of the probabilities is not the probability of the mean logit."""
    logits = xr.DataArray(np.array([[[-4.0], [4.0]], [[-4.0], [4.0]]]), dims=("chain", "draw", "state"))
    found = probability_summary(logits + 1.0, 0.9).isel(state=0)
    assert found.sel(statistic="mean") == pytest.approx((expit(-3) + expit(5)) / 2)
    assert found.sel(statistic="lower") < found.sel(statistic="mean") < found.sel(statistic="upper")
