"""Common causes, power scaling: published examples, exact posteriors, and controls that are causes."""

import numpy as np
import pytest
import xarray as xr

from models.build import model_parameters
from models.composition import Composition
from models.estimands import contrast_values
from models.priors import Priors
from tests.models.draws import outcome_draws, prior_draws
from tests.models.example import COMPOSITIONS, example_data, measured_paths
from workflow.lib.checking.causes import common_cause_rows, power_scaling_of
from workflow.lib.checking.sensitivity import (
    benchmark_row,
    e_value,
    e_value_rows,
    log_prior_draws,
    power_scaling_rows,
)
from workflow.lib.checking.table import check_table
from workflow.lib.inference.results import draws_of as draws_of_fit


def draws_of(mean, sd=0.1, seed=1):
    return xr.DataArray(np.random.default_rng(seed).normal(mean, sd, size=(4, 250)), dims=("chain", "draw"))


def test_e_value_equals_the_published_example():
    """Smoking and lung cancer, ratio 10.73, lower limit 8.02 (vignette of the R package EValue)."""
    assert e_value(10.73) == pytest.approx(20.94777, abs=1e-5)
    assert e_value(8.02) == pytest.approx(15.52336, abs=1e-5)
    assert e_value(1 / 10.73) == pytest.approx(20.94777, abs=1e-5)
    assert e_value(1.0) == 1


def test_e_value_of_the_limit_is_one_if_the_interval_includes_no_effect():
    low = xr.full_like(draws_of(0), 0.1)
    clear = e_value_rows(low, low * (1 + draws_of(1.0)), "ties", "cut", 0.9)
    assert [row["item"] for row in clear] == ["ties estimate", "ties limit"]
    assert clear[0]["estimate"] == pytest.approx(e_value(2.0), abs=0.05)
    assert 1 < clear[1]["estimate"] < clear[0]["estimate"]
    assert e_value_rows(low, low * (1 + draws_of(0.0)), "ties", "cut", 0.9)[1]["estimate"] == 1


def test_the_e_value_of_a_protective_regressor_looks_at_its_upper_limit():
    low = xr.full_like(draws_of(0), 0.4)
    found = e_value_rows(low, low * (0.5 + 0.1 * draws_of(0.0)), "ties", "cut", 0.9)
    assert found[0]["estimate"] == pytest.approx(e_value(2.0), abs=0.05)
    assert 1 < found[1]["estimate"] < found[0]["estimate"]


def test_the_strongest_control_is_the_one_that_moves_the_slope_most_when_left_out():
    """On a line, leaving out a control moves the slope by its own slope times its regression on the regressor."""
    random = np.random.default_rng(1)
    value = random.normal(size=5000)
    related = 0.7 * value + random.normal(size=5000)
    columns = np.stack([random.normal(size=5000), related], axis=1)
    slopes = xr.DataArray(np.tile([0.9, 0.4], (2, 3, 1)), dims=("chain", "draw", "control"))
    outcome = 1.0 * value + columns @ [0.9, 0.4]
    moved = (value @ outcome) / (value @ value) - (value @ (outcome - 0.4 * related)) / (value @ value)
    slope = xr.full_like(slopes[..., 0], 1.0)
    found = benchmark_row(slope, value, slopes, columns, ["plain", "log_population"], 0.9)
    assert found["estimate"] == pytest.approx(1.0 / moved)
    assert found["note"] == "strongest observed control: log population"


def test_every_whole_term_that_is_clear_of_zero_has_its_rows_on_common_causes():
    data = example_data()
    measured = measured_paths(data)
    composition = COMPOSITIONS["plugin"]
    draws, _ = prior_draws(composition, data, measured, number=40)
    assert common_cause_rows(draws, contrast_values(composition, data, measured), "plugin", 0.9) == []
    for term in ("ties", "quality"):
        for name in (f"{term}_slope", f"mission_{term}_slope"):
            draws.p[name] = 1.0 + 0.1 * np.abs(draws.p[name])
    rows = common_cause_rows(draws, contrast_values(composition, data, measured), "plugin", 0.9)
    table = check_table(rows)
    names = ["estimate", "limit", "benchmark"]
    assert table["item"].tolist() == [f"{term} {n}" for term in ("ties", "quality") for n in names]
    assert (table["estimate"] > 0).sum() >= 4


def test_the_risk_ratio_of_a_term_is_that_of_a_hand_computation():
    data = example_data()
    composition = Composition("pooled", mission_intercepts=False, controls=())
    pooled, _ = prior_draws(composition, data, None, number=1)
    parameters = {"intercept": -1.0, "ties_slope": 0.8}
    draws = outcome_draws(composition, data, pooled.inputs, [parameters])
    rows = common_cause_rows(draws, {"ties": (-1.0, 1.0)}, "pooled", 0.9)
    ratio = (1 / (1 + np.exp(0.2))) / (1 / (1 + np.exp(1.8)))
    assert rows[0]["estimate"] == pytest.approx(e_value(ratio))
    assert rows[0]["note"] == f"ratio of probabilities {ratio:.2f}"


def test_power_scaling_finds_the_prior_that_fights_the_data():
    """A normal mean: prior N(0, 0.2), data at 2; against a vague prior."""
    generator = np.random.default_rng(1)
    observed = generator.normal(2, 1, size=20)

    def rows(prior_sd):
        precision = 1 / prior_sd**2 + observed.size
        mean = observed.sum() / precision
        draws = generator.normal(mean, precision**-0.5, size=(4, 1000))
        likelihood = -0.5 * (observed - draws[..., None]) ** 2
        groups = {
            "posterior": xr.Dataset({"ties_slope": (("chain", "draw"), draws)}),
            "log_prior": xr.Dataset({"ties_slope": (("chain", "draw"), -0.5 * (draws / prior_sd) ** 2)}),
            "log_likelihood": xr.Dataset({"joined": (("chain", "draw", "row"), likelihood)}),
        }
        found = power_scaling_rows(xr.DataTree.from_dict(groups), "cut", {"ties_slope": "slope of ties"})
        return check_table(found)

    conflict, vague = rows(0.2), rows(50.0)
    assert conflict[["label", "verdict", "note"]].values.tolist() == [
        ["slope of ties", "failed", "prior and data disagree"]
    ]
    assert vague[["verdict", "note"]].values.tolist() == [["passed", ""]]
    assert conflict["estimate"].item() > 0.05 > vague["estimate"].item()


def test_the_log_prior_is_of_parameters_with_a_prior_of_their_own():
    data = example_data()
    composition = COMPOSITIONS["crossed"]
    draws, drawn = prior_draws(composition, data, None, number=5)
    parameters, priors = model_parameters(composition), Priors()
    posterior = xr.Dataset(
        {
            name: (("chain", "draw", *[f"{name}_{k}" for k in range(v.ndim - 1)]), v[None])
            for name, v in draws.p.items()
        }
    )
    found = log_prior_draws(posterior, parameters, priors)
    assert {"ties_slope", "mission_sd", "state_sd"} <= set(found)
    assert not {"mission_intercept", "state_effect", "mission_ties_slope"} & set(found)
    slope = next(p for p in parameters if p.name == "ties_slope")
    expected = priors.distribution(slope.prior).logpdf([p["ties_slope"] for p, _ in drawn])
    np.testing.assert_allclose(found["ties_slope"].values[0], expected)


def test_a_prior_far_from_what_the_draws_say_fails_power_scaling_and_a_wide_one_passes():
    data = example_data()
    composition = Composition("pooled", mission_intercepts=False, controls=())
    random = np.random.default_rng(1)
    values = {
        "intercept": random.normal(-0.6, 0.3, (4, 400)),
        "ties_slope": random.normal(0.5, 0.3, (4, 400)),
    }
    tree = xr.DataTree.from_dict(
        {"posterior": xr.Dataset({name: (("chain", "draw"), value) for name, value in values.items()})}
    )
    draws = draws_of_fit(tree, composition, data, {}, None)
    verdicts = {}
    for name, mean in (("near", 0.5), ("far", -3.0)):
        priors = Priors({"ties_slope": ("normal", (mean, 0.3 if name == "far" else 50.0))})
        rows = {row["item"]: row for row in power_scaling_of(draws, tree, priors, "pooled")}
        assert set(rows) == {"intercept", "ties_slope"}
        verdicts[name] = rows["ties_slope"]["verdict"]
    assert verdicts == {"near": "passed", "far": "failed"}
