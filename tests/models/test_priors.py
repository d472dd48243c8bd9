"""Priors by name: what overrides what, and that every use of one is the same distribution."""

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from models.build import draw_from_prior, outcome_inputs
from models.priors import DEFAULT_PRIORS, DrawnVariables, GraphVariables, Priors, general_name
from models.regressors import term_values
from tests.models.example import COMPOSITIONS, example_data, measured_paths

KINDS = {
    "normal": (0.3, 0.7),
    "half_normal": (0.8,),
    "truncated_normal": (0.8, 0.3, 0.6),
    "exponential": (1.7,),
    "beta": (3.0, 2.0),
    "gamma": (2.5, 1.2),
    "lognormal": (0.1, 0.6),
}


def test_the_slope_of_one_term_is_overridden_alone():
    priors = Priors({"ties_slope": ("normal", (0, 0.5)), "quality_slope_sd": ("half_normal", (2,))})
    assert priors["ties_slope"] == ("normal", (0.0, 0.5))
    assert priors["quality_slope"] == priors["ties_within_slope"] == DEFAULT_PRIORS["slope"]
    assert priors["quality_slope_sd"] == ("half_normal", (2.0,))
    assert priors["ties_slope_sd"] == DEFAULT_PRIORS["slope_sd"]


def test_the_slope_of_all_terms_is_overridden_where_none_has_its_own():
    priors = Priors({"slope": ("normal", (0, 3)), "ties_slope": ("normal", (0, 0.5))})
    assert priors["quality_slope"] == ("normal", (0.0, 3.0))
    assert priors["ties_slope"] == ("normal", (0.0, 0.5))
    # controls are no terms
    assert priors["control_slope"] == DEFAULT_PRIORS["control_slope"]


@pytest.mark.parametrize("name", ["tie_concentration", "slopes", "ties"])
def test_an_unknown_prior_is_refused_with_what_is_known(name):
    with pytest.raises(
        ValueError, match=rf"^priors\.{name}: unknown prior; known are adjustment, anchor_loading, "
    ):
        Priors({name: ("normal", (0, 1))})


def test_general_names():
    names = ("ties_slope", "contact_within_slope", "ties_slope_sd", "control_slope", "mission_sd", "x")
    assert [general_name(n) for n in names] == [
        "slope",
        "slope",
        "slope_sd",
        "control_slope",
        "mission_sd",
        "x",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_density_score_and_draws_of_a_prior_are_one_distribution(kind):
    """SciPy's density, its derivative by finite differences, PyMC's density, and the draws of the simulator."""
    priors = Priors({"mission_sd": (kind, KINDS[kind])})
    distribution = priors.distribution("mission_sd")
    places, step = distribution.ppf([0.2, 0.5, 0.9]), 1e-6
    slope = (distribution.logpdf(places + step) - distribution.logpdf(places - step)) / (2 * step)
    np.testing.assert_allclose(priors.score("mission_sd", places), slope, rtol=1e-4, atol=1e-6)
    with pm.Model():
        variable = GraphVariables(priors).variable("mission_sd")
    np.testing.assert_allclose(
        [float(pm.logp(variable, v).eval(mode="FAST_COMPILE")) for v in places],
        distribution.logpdf(places),
        rtol=1e-6,
    )
    drawn = DrawnVariables(priors, {"many": range(4000)}, np.random.default_rng(1)).variable(
        "mission_sd", dims="many"
    )
    assert stats.kstest(drawn, distribution.cdf).pvalue > 0.001


def test_a_parameter_that_is_read_through_another_name_takes_that_prior():
    drawn = DrawnVariables(
        Priors({"loading": ("normal", (50, 0.1))}), {"k": range(3)}, np.random.default_rng(1)
    )
    assert (drawn.variable("other_loading", "loading", "k") > 40).all()


@pytest.mark.parametrize("name", ["pooled", "crossed", "plugin", "every_term"])
def test_share_of_states_that_join_a_mission_spans_what_is_thinkable_without_piling_up_at_the_ends(name):
    """Priors leave room for a mission that three in a hundred join and for one that half join, and hold neither nobody (below
    1 %) nor everybody (above 95 %) for likely. About one state in ten joined a mission of the shipped tables.
    """
    composition, shares = COMPOSITIONS[name], prior_shares(COMPOSITIONS[name], Priors())
    assert composition.has_outcome
    assert 0.05 < np.median(shares) < 0.40
    assert np.quantile(shares, 0.05) < 0.05
    assert np.quantile(shares, 0.95) > 0.40
    assert np.mean((shares < 0.01) | (shares > 0.95)) < 0.12


def test_slopes_and_spreads_ten_times_wider_would_pile_up_at_the_ends():
    """The bound above can fail: the vague priors of habit do not pass it."""
    vague = Priors({"intercept": ("normal", (0.0, 10.0)), "mission_sd": ("half_normal", (10.0,))})
    shares = prior_shares(COMPOSITIONS["crossed"], vague)
    assert np.mean((shares < 0.01) | (shares > 0.95)) > 0.30


def prior_shares(composition, priors) -> np.ndarray:
    data = example_data(states=100)
    inputs = outcome_inputs(composition, data, term_values(composition, data, measured_paths(data)))
    random, found = np.random.default_rng(1), []
    for _ in range(150):
        _, eta = draw_from_prior(composition, inputs, priors, random)
        found.append((1 / (1 + np.exp(-eta))).mean(1))
    return np.concatenate(found)
