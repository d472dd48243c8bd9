"""The simulators: moments, missingness, seeds, and priors that agree with PyMC's."""

import numpy as np
import pymc as pm
import pytest
import xarray as xr
from compositions import COMPOSITIONS
from example import example_data
from scipy import special

from models.build import build
from models.inputs import model_inputs
from models.priors import Priors
from models.simulate import (
    cooperativeness_predictor,
    draw_parameters,
    indicator_predictor,
    outcome_logit,
    simulate,
    tie_predictor,
)

PRIORS = Priors()
REPLICATES = 400


@pytest.fixture(scope="module")
def world():
    """Parameters of every block, moderate ones, and many data sets simulated from them."""
    composition = COMPOSITIONS["cooperators"]
    data = example_data(missions=4, states=12, panel=5)
    random = np.random.default_rng(1)
    narrow = {
        "indicator_intercept": ("normal", (0.0, 0.5)),
        "indicator_dispersion": ("gamma", (20.0, 5.0)),
        "tie_year_intercept": ("normal", (0.0, 0.5)),
        "tie_concentration": ("gamma", (20.0, 1.0)),
        "cooperativeness_year_intercept": ("normal", (2.0, 0.3)),
    }
    p = draw_parameters(composition, data, Priors(narrow), random)
    sets = [simulate(composition, data, p, random) for _ in range(REPLICATES)]
    together = xr.concat(
        [s[["joined", "indicator_value", "tie_joint", "cooperativeness_count"]] for s in sets], "set"
    )
    return composition, data, model_inputs(composition, data), p, together


def assert_mean(values, expected, variance):
    """Means over replicates of many cells lie where the central limit theorem puts them.

    The standardised distances of all cells together: squares average to one. Cells number in the hundreds, so their
    average is within 0.25 of it; and no cell is farther than six standard errors.
    """
    seen = np.isfinite(values).all(0)
    z = (values.mean(0)[seen] - expected[seen]) / np.sqrt(variance[seen] / len(values))
    assert np.mean(z**2) == pytest.approx(1, abs=0.25)
    assert np.abs(z).max() < 6


def test_normal_indicators_have_the_mean_and_variance_of_the_equations(world):
    _, data, inputs, p, sets = world
    names = inputs.coords["normal_indicator"]
    expected = indicator_predictor("", "normal", inputs, data, p)
    values = (
        sets.indicator_value.sel(indicator=names).transpose("set", "indicator", "state", "panel_year").values
    )
    sd = np.broadcast_to(p["indicator_sd"][:, None, None], expected.shape)
    assert_mean(values, expected, sd**2)
    for j, spread in enumerate(p["indicator_sd"]):
        seen = np.isfinite(values[:, j]).all(0)
        assert values[:, j, seen].std(0, ddof=1).mean() == pytest.approx(spread, rel=0.02)


def test_counts_have_the_mean_and_variance_of_the_negative_binomial(world):
    _, data, inputs, p, sets = world
    names = inputs.coords["count_indicator"]
    mean = np.exp(indicator_predictor("", "count", inputs, data, p))
    variance = mean + mean**2 / p["indicator_dispersion"][:, None, None]
    values = (
        sets.indicator_value.sel(indicator=names).transpose("set", "indicator", "state", "panel_year").values
    )
    assert_mean(values, mean, variance)
    seen = np.isfinite(values).all(0)
    # each cell's sample variance is noisy: the median ratio over cells is not
    assert np.median(values.var(0, ddof=1)[seen] / variance[seen]) == pytest.approx(1, abs=0.08)


def test_binary_indicators_have_the_probability_of_the_equations(world):
    _, data, inputs, p, sets = world
    names = inputs.coords["binary_indicator"]
    probability = special.expit(indicator_predictor("", "binary", inputs, data, p))
    values = (
        sets.indicator_value.sel(indicator=names).transpose("set", "indicator", "state", "panel_year").values
    )
    chosen = np.where((probability > 0.02) & (probability < 0.98), probability, np.nan)
    values = np.where(np.isfinite(chosen), values, np.nan)
    assert_mean(values, probability, probability * (1 - probability))


def test_joint_counts_have_the_mean_and_variance_of_the_beta_binomial(world):
    _, data, inputs, p, sets = world
    own = data.tie_own.transpose("tie_item", "state", "panel_year").values
    share = special.expit(tie_predictor(inputs, p))
    k = p["tie_concentration"][:, None, None]
    variance = own * share * (1 - share) * (k + own) / (k + 1)
    values = sets.tie_joint.transpose("set", "tie_item", "state", "panel_year").values
    many = np.where(own * share * (1 - share) > 0.3, 1.0, np.nan)
    assert_mean(values * many, own * share, variance)
    seen = np.isfinite(many)
    assert np.median(values.var(0, ddof=1)[seen] / variance[seen]) == pytest.approx(1, abs=0.08)
    assert np.all(values <= own)


def test_decisions_have_the_probability_of_the_logit(world):
    composition, data, inputs, p, sets = world
    probability = special.expit(outcome_logit(composition, inputs, data, p))
    values = sets.joined.transpose("set", "mission", "state").values
    chosen = np.where((probability > 0.02) & (probability < 0.98), values, np.nan)
    seen = np.isfinite(chosen).all(0)
    z = (chosen.mean(0)[seen] - probability[seen]) / np.sqrt(probability * (1 - probability) / len(values))[
        seen
    ]
    # some forty cells only: the average square is within 0.6 of one
    assert np.mean(z**2) == pytest.approx(1, abs=0.6)


def test_cooperativeness_counts_have_the_mean_of_the_equations(world):
    _, _, inputs, p, sets = world
    mean = np.exp(cooperativeness_predictor(inputs, p))
    variance = mean + mean**2 / p["cooperativeness_dispersion"][:, None, None]
    values = sets.cooperativeness_count.transpose("set", "cooperativeness_item", "state", "panel_year").values
    assert_mean(values, mean, variance)


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_the_pattern_of_missing_values_is_kept_and_nothing_else_changes(name):
    composition = COMPOSITIONS[name]
    data = example_data(missions=4, states=12, panel=5)
    data["tie_joint"] = data.tie_joint.where(
        np.random.default_rng(3).uniform(size=data.tie_joint.shape) > 0.1
    )
    random = np.random.default_rng(2)
    new = simulate(composition, data, draw_parameters(composition, data, PRIORS, random), random)
    for variable in ("joined", "indicator_value", "tie_joint", "cooperativeness_count"):
        dims = data[variable].dims
        xr.testing.assert_equal(new[variable].notnull().transpose(*dims), data[variable].notnull())
    for variable in set(data.data_vars) - {
        "joined",
        "indicator_value",
        "tie_joint",
        "cooperativeness_count",
        "certainty",
    }:
        xr.testing.assert_identical(new[variable], data[variable])
    assert set(np.unique(new.joined.values[np.isfinite(new.joined.values)])) <= {0.0, 1.0}


@pytest.mark.parametrize("name", ["cooperators", "persons", "label_errors"])
def test_the_same_seed_gives_the_same_data(name):
    composition, data = COMPOSITIONS[name], example_data(missions=4, states=12, panel=5)

    def run(seed):
        random = np.random.default_rng(seed)
        return simulate(composition, data, draw_parameters(composition, data, PRIORS, random), random)

    xr.testing.assert_identical(run(7), run(7))
    assert not run(7).equals(run(8))


def test_a_perfect_recorder_records_what_happened_and_a_doubtful_one_does_not():
    composition, data = COMPOSITIONS["label_errors"], example_data(missions=6, states=200, panel=5)
    random = np.random.default_rng(4)
    p = draw_parameters(composition, data, PRIORS, random)
    p |= {"sensitivity": np.array(0.8), "false_record": np.array([0.1, 0.05])}
    probability = special.expit(outcome_logit(composition, model_inputs(composition, data), data, p))
    sets = [simulate(composition, data, p, random) for _ in range(40)]
    eligible = data.joined.notnull().values
    recorded = np.mean([np.where(eligible, s.joined.values, 0) for s in sets])
    expected = np.where(eligible, probability * 0.8 + (1 - probability) * 0.15, 0).mean()
    assert recorded == pytest.approx(expected, abs=0.005)
    verified = np.mean([np.where(eligible & (s.joined == 1) & (s.certainty == 1), 1, 0) for s in sets])
    assert verified == pytest.approx(np.where(eligible, probability * 0.8 / 3, 0).mean(), abs=0.005)


# PyMC says that prior draws know nothing of the likelihoods, which is what is wanted here
@pytest.mark.filterwarnings("ignore:The effect of Potentials")
def test_prior_draws_agree_with_those_of_pymc():
    """Means of parameters and of their sizes from the two ways to draw.

    Not of what is sampled in other coordinates, whose prior stands in the density as a term: PyMC does not draw those.
    """
    composition, data = COMPOSITIONS["every_term"], example_data(missions=3, states=8, panel=4)
    random = np.random.default_rng(5)
    number = 600
    ours = [draw_parameters(composition, data, PRIORS, random) for _ in range(number)]
    names = (
        "intercept",
        "mission_sd",
        "quality_static_share",
        "indicator_loading",
        "indicator_dispersion",
        "tie_concentration",
        "mission_intercept",
        "state_effect",
        "moderator_slope",
    )
    with build(composition, data, PRIORS):
        theirs = pm.sample_prior_predictive(number, var_names=list(names), random_seed=6).prior.isel(chain=0)
    for name in names:
        a = np.stack([p[name] for p in ours]).reshape(number, -1)
        b = theirs[name].values.reshape(number, -1)
        for f in (lambda x: x, np.abs):
            error = np.sqrt(f(a).var(0) / number + f(b).var(0) / number)
            z = (f(a).mean(0) - f(b).mean(0)) / np.where(error > 0, error, 1)
            assert np.abs(z).max() < 4.5, name
