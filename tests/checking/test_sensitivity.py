import numpy as np
import pytest
import xarray as xr
from arviz_base.testing import datatree

from workflow.lib.checking.contraction import CONTRACTION_COLUMNS, contraction_table
from workflow.lib.checking.sensitivity import (
    adjusted_contrast,
    bounding_factor,
    common_cause_benchmarks,
    common_cause_e_values,
    common_cause_surface,
    compare_refits,
    e_value,
    prior_sensitivity,
)
from workflow.lib.errors import UserError


def draws_of(mean, sd=0.1, seed=1):
    return xr.DataArray(np.random.default_rng(seed).normal(mean, sd, size=(4, 250)), dims=("chain", "draw"))


def test_e_value_equals_the_published_example_and_is_the_tipping_point_of_the_bound():
    """Smoking and lung cancer, ratio 10.73, lower limit 8.02 (vignette of the R package EValue)."""
    assert e_value(10.73) == pytest.approx(20.94777, abs=1e-5)
    assert e_value(8.02) == pytest.approx(15.52336, abs=1e-5)
    assert e_value(1 / 10.73) == pytest.approx(20.94777, abs=1e-5)
    assert e_value(1.0) == 1
    for ratio in (1.2, 2.0, 5.0):
        assert bounding_factor(e_value(ratio), e_value(ratio)) == pytest.approx(ratio)


def test_e_value_of_the_limit_is_one_if_the_interval_includes_no_effect():
    low = xr.full_like(draws_of(0), 0.1)
    clear = common_cause_e_values(low, low * (1 + draws_of(1.0)), "joint", interval=0.9)
    assert clear["item"].tolist() == ["estimate", "limit"]
    assert clear.loc[0, "estimate"] == pytest.approx(e_value(2.0), abs=0.05)
    assert 1 < clear.loc[1, "estimate"] < clear.loc[0, "estimate"]
    unclear = common_cause_e_values(low, low * (1 + draws_of(0.0)), "joint", interval=0.9)
    assert unclear.loc[1, "estimate"] == 1


def test_adjustment_recovers_the_contrast_of_a_logit_whose_common_cause_was_left_out():
    """A large simulated sample: fit without the cause, adjust by the formula, compare with the truth."""
    generator = np.random.default_rng(1)
    size, slope, difference, contrast, intercept = 400_000, 0.8, 0.5, 0.6, -2.5
    exposed = generator.integers(0, 2, size)
    cause = difference * exposed + generator.normal(size=size)
    probability = 1 / (1 + np.exp(-(intercept + contrast * exposed + slope * cause)))
    joined = generator.random(size) < probability
    shares = [joined[exposed == group].mean() for group in (0, 1)]
    left_out = np.log(shares[1] / (1 - shares[1])) - np.log(shares[0] / (1 - shares[0]))
    assert left_out > contrast + 0.2
    assert adjusted_contrast(left_out, slope, difference) == pytest.approx(contrast, abs=0.05)


def test_surface_falls_with_the_strength_of_the_cause_and_names_what_takes_the_effect_away():
    surface = common_cause_surface(draws_of(0.5), "joint", interval=0.9)
    to_zero = surface[surface["item"] == "to zero"]
    np.testing.assert_allclose(to_zero["estimate"], 0, atol=1e-12)
    assert to_zero["cause_difference"].is_monotonic_decreasing
    grid = surface[(surface["item"] == "grid") & (surface["cause_slope"] == 1.0)]
    assert grid["estimate"].is_monotonic_decreasing
    assert grid["probability_positive"].iloc[0] > 0.9 > 0.1 > grid["probability_positive"].iloc[-1]


def test_benchmarks_set_the_cause_beside_the_observed_controls(data):
    slopes = xr.DataArray(
        np.stack([draws_of(0.4), draws_of(0.4)], axis=-1),
        dims=("chain", "draw", "control"),
        coords={"control": ["log_population", "igo_joint_lead5"]},
    )
    table = common_cause_benchmarks(draws_of(0.8), slopes, data, 1.3, "joint", interval=0.9)
    assert table["scope"].tolist() == ["1 x", "2 x", "3 x"] * 2
    unrelated, related = table.iloc[0], table.iloc[3]
    assert related["cause_difference"] > unrelated["cause_difference"]
    assert related["estimate"] < unrelated["estimate"]
    negative = common_cause_benchmarks(-draws_of(0.8), slopes, data, 1.3, "joint", interval=0.9)
    assert negative.iloc[5]["estimate"] > negative.iloc[3]["estimate"]


def test_prior_sensitivity_finds_the_prior_that_fights_the_data():
    """A normal mean: prior N(0, 0.2), data at 2; against a vague prior."""
    generator = np.random.default_rng(1)
    observed = generator.normal(2, 1, size=20)

    def tree(prior_sd):
        precision = 1 / prior_sd**2 + observed.size
        mean = observed.sum() / precision
        draws = generator.normal(mean, precision**-0.5, size=(4, 1000))
        return xr.DataTree.from_dict(
            {
                "posterior": xr.Dataset({"ties_slope": (("chain", "draw"), draws)}),
                "log_prior": xr.Dataset({"ties_slope": (("chain", "draw"), -0.5 * (draws / prior_sd) ** 2)}),
                "log_likelihood": xr.Dataset(
                    {"joined": (("chain", "draw", "row"), -0.5 * (observed - draws[..., None]) ** 2)}
                ),
            }
        )

    conflict = prior_sensitivity(tree(0.2), "crossed", ["ties_slope"])
    vague = prior_sensitivity(tree(50.0), "crossed", ["ties_slope"])
    assert conflict["diagnosis"].tolist() == ["prior-data conflict"]
    assert vague["diagnosis"].tolist() == ["none"]
    assert conflict["prior"].item() > 0.05 > vague["prior"].item()
    assert conflict.columns.tolist() == ["model", "parameter", "prior", "likelihood", "diagnosis"]


def test_prior_sensitivity_without_log_prior_is_refused():
    tree = datatree()
    del tree["log_prior"]
    with pytest.raises(UserError) as error:
        prior_sensitivity(tree, "crossed", ["mu"])
    assert str(error.value) == (
        "Model `crossed`: the stored fit has no group `log_prior`; prior sensitivity needs the log prior and the log "
        "likelihood of each draw; compute them when the fit is stored"
    )


def test_refits_stand_beside_the_reference():
    estimates = {
        "broad list": {"ties_effect": draws_of(0.5), "quality_effect": draws_of(0.2)},
        "strict list": {"ties_effect": draws_of(-0.6), "quality_effect": draws_of(0.25)},
    }
    table = compare_refits(estimates, "broad list", "labels", "joint", interval=0.9)
    assert table["reverses"].tolist() == [False, False, True, False]
    strict = table[(table["item"] == "strict list") & (table["scope"] == "quality_effect")].iloc[0]
    assert strict["difference"] == pytest.approx(0.05)
    with pytest.raises(ValueError, match="no estimates for the reference `other`"):
        compare_refits(estimates, "other", "labels", "joint", interval=0.9)


def test_contraction_tells_an_informed_parameter_from_one_that_stays_as_in_the_prior():
    generator = np.random.default_rng(1)
    prior = xr.Dataset(
        {
            "ties_slope": (("chain", "draw"), generator.normal(0, 1, size=(1, 4000))),
            "loading": (("chain", "draw", "item"), np.ones((1, 4000, 1))),
            "only_in_prior": (("chain", "draw"), generator.normal(size=(1, 4000))),
            "mission_sd": (("chain", "draw"), generator.normal(0, 1, size=(1, 4000))),
        },
        coords={"item": ["igo_joint"]},
    )
    posterior = xr.Dataset(
        {
            "ties_slope": (("chain", "draw"), generator.normal(0.6, 0.1, size=(4, 1000))),
            "loading": (("chain", "draw", "item"), np.ones((4, 1000, 1))),
            "mission_sd": (("chain", "draw"), generator.normal(0, 1, size=(4, 1000))),
        },
        coords={"item": ["igo_joint"]},
    )
    table = contraction_table(prior, posterior, "crossed")
    assert table.columns.tolist() == CONTRACTION_COLUMNS
    table = table.set_index("parameter")
    assert table.index.tolist() == ["ties_slope", "mission_sd"]
    assert table.loc["ties_slope", "contraction"] == pytest.approx(0.99, abs=0.005)
    assert table.loc["ties_slope", "shift"] == pytest.approx(0.6, abs=0.05)
    assert table.loc["mission_sd", "contraction"] == pytest.approx(0, abs=0.1)
    with pytest.raises(ValueError, match="no parameter in common"):
        contraction_table(prior[["only_in_prior"]], posterior, "crossed")
