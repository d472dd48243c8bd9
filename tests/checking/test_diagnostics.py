import numpy as np
import pandas as pd
import pytest
import xarray as xr
from arviz_base.testing import datatree
from arviz_stats.base import array_stats

from workflow.lib.checking.convergence import convergence, missing_information
from workflow.lib.checking.diagnostics import (
    collect_diagnostics,
    diagnose,
    gate,
)
from workflow.lib.checking.draws import scalar_labels
from workflow.lib.checking.files import read_json, write_json
from workflow.lib.errors import UserError


def check_of(diagnostics, name, kind="parameter"):
    return next(check for check in diagnostics["checks"] if (check["check"], check["kind"]) == (name, kind))


def changed(tree, **variables):
    posterior = tree["posterior"].to_dataset().assign(**variables)
    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": tree["sample_stats"].to_dataset()})


def with_statistics(tree, **variables):
    statistics = tree["sample_stats"].to_dataset().assign(**variables)
    return xr.DataTree.from_dict({"posterior": tree["posterior"].to_dataset(), "sample_stats": statistics})


def test_a_converged_posterior_passes(converged, gate_settings):
    timed = converged.copy()
    timed.attrs["seconds"] = 12.5
    diagnostics = diagnose(timed, gate_settings, "crossed")
    assert diagnostics["verdict"] == "pass"
    assert diagnostics["parameters"] == 6
    assert diagnostics["draws"] == 1000
    assert diagnostics["chains"] == 4
    assert diagnostics["seconds"] == 12.5
    assert {check["check"] for check in diagnostics["checks"]} >= {
        "r_hat",
        "ess_bulk",
        "ess_tail",
        "divergences",
        "bfmi",
    }
    gate(diagnostics)


def test_gate_refuses_a_posterior_that_has_not_converged_in_one_sentence(converged, gate_settings):
    shifted = converged["posterior"]["ties_slope"].copy()
    shifted[0] += 0.05
    diagnostics = diagnose(changed(converged, ties_slope=shifted), gate_settings, "crossed")
    value = check_of(diagnostics, "r_hat")["value"]
    assert 1.01 < value < 1.1
    with pytest.raises(UserError) as error:
        gate(diagnostics)
    assert str(error.value) == (
        f"Model `crossed` did not pass the gate: R-hat of parameter `ties_slope` is {value:.5g} and must be below "
        "1.01 (1 of 5 failed); raise `sampler.tune` and `sampler.draws`, or give the parameter a tighter prior"
    )


def test_gate_names_other_failed_checks_and_the_worst_chain(converged, gate_settings):
    shifted = converged["posterior"]["mission_ties_slope"].copy()
    shifted[0, :, 1] += 40
    failed = diagnose(changed(converged, mission_ties_slope=shifted), gate_settings, "joint")
    diverging = converged["sample_stats"]["diverging"].copy()
    diverging[2, :3] = True
    divergent = diagnose(with_statistics(converged, diverging=diverging), gate_settings, "missions")
    gate(diagnose(converged, gate_settings, "pooled"))
    with pytest.raises(UserError) as error:
        gate(failed)
    assert "of parameter `mission_ties_slope[gulf_1990]` is" in str(error.value)
    assert "; `ess_bulk`, `ess_tail` failed too;" in str(error.value)
    with pytest.raises(UserError) as error:
        gate(divergent)
    assert str(error.value) == (
        "Model `missions` did not pass the gate: the number of divergent transitions (worst in chain 2) is 3 and "
        "must be at most 0 (3 of 4000 failed); raise `sampler.target_accept` towards 0.99, or tighten the prior of "
        "the smallest scale"
    )


def test_too_few_effective_draws_fail(gate_settings, converged):
    generator = np.random.default_rng(2)
    slow = np.zeros((4, 1000))
    noise = generator.normal(size=(4, 1000))
    for t in range(1, 1000):
        slow[:, t] = 0.97 * slow[:, t - 1] + noise[:, t]
    diagnostics = diagnose(changed(converged, ties_slope=(("chain", "draw"), slow)), gate_settings, "crossed")
    assert check_of(diagnostics, "ess_bulk")["verdict"] == "fail"
    assert check_of(diagnostics, "ess_bulk")["parameter"] == "ties_slope"


def test_printed_estimands_are_held_to_the_same_thresholds(converged, gate_settings):
    generator = np.random.default_rng(4)
    draws = generator.normal(size=(4, 1000, 2))
    draws[1, :, 1] += 1
    effect = xr.DataArray(draws, dims=("chain", "draw", "scope"), coords={"scope": ["all", "after_1990"]})
    diagnostics = diagnose(converged, gate_settings, "joint", estimands={"ties_effect": effect})
    check = check_of(diagnostics, "r_hat", "estimand")
    assert (check["verdict"], check["parameter"]) == ("fail", "ties_effect[after_1990]")
    with pytest.raises(UserError, match=r"R-hat of estimand `ties_effect\[after_1990\]`"):
        gate(diagnostics)


@pytest.mark.parametrize("statistic", ["diverging", "energy"])
def test_absent_statistics_of_the_sampler_are_refused(converged, gate_settings, statistic):
    statistics = converged["sample_stats"].to_dataset().drop_vars(statistic)
    tree = xr.DataTree.from_dict(
        {"posterior": converged["posterior"].to_dataset(), "sample_stats": statistics}
    )
    with pytest.raises(UserError) as error:
        diagnose(tree, gate_settings, "crossed")
    assert str(error.value) == (
        f"Model `crossed`: the sampler's statistics lack `{statistic}`; the gate needs divergences and energy; keep "
        "them when the posterior is stored"
    )


def test_absent_group_and_absent_threshold_are_refused(converged, gate_settings):
    only_posterior = xr.DataTree.from_dict({"posterior": converged["posterior"].to_dataset()})
    with pytest.raises(UserError, match="has no group `sample_stats`"):
        diagnose(only_posterior, gate_settings, "crossed")
    del gate_settings["bfmi"]
    with pytest.raises(UserError, match="config `gate`: `bfmi` missing"):
        diagnose(converged, gate_settings, "crossed")


def test_one_chain_is_refused(converged, gate_settings):
    tree = xr.DataTree.from_dict(
        {name: converged[name].to_dataset().isel(chain=[0]) for name in ("posterior", "sample_stats")}
    )
    with pytest.raises(UserError, match="1 chains of 1000 draws cannot be compared"):
        diagnose(tree, gate_settings, "crossed")


def test_estimands_with_leftover_coordinates_are_checked_together(converged, gate_settings):
    slopes = converged["posterior"]["mission_ties_slope"]
    estimands = {f"effect[{name}]": slopes.sel(mission=name) for name in ("korea_1950", "gulf_1990")}
    diagnostics = diagnose(converged, gate_settings, "joint", estimands)
    assert check_of(diagnostics, "r_hat", "estimand")["number"] == 2


def test_a_fixed_element_is_listed_and_not_scored(converged, gate_settings):
    diagnostics = diagnose(converged, gate_settings, "joint")
    assert diagnostics["constant"] == ["indicator_loading[un_agreement]"]
    assert check_of(diagnostics, "r_hat")["number"] == 5


def test_a_stuck_chain_fails(converged, gate_settings):
    posterior = converged["posterior"].to_dataset().copy(deep=True)
    for name in posterior.data_vars:
        posterior[name][3] = posterior[name][3, 0]
    diagnostics = diagnose(changed(converged, **posterior.data_vars), gate_settings, "crossed")
    assert check_of(diagnostics, "moves", "chain")["verdict"] == "fail"
    with pytest.raises(UserError, match=r"the number of chains that never moved \(worst in chain 3\) is 1"):
        gate(diagnostics)


def test_constant_chains_at_different_values_are_not_taken_for_a_fixed_parameter(converged, gate_settings):
    values = np.repeat(np.arange(4.0)[:, None], 1000, axis=1)
    diagnostics = diagnose(
        changed(converged, ties_slope=(("chain", "draw"), values)), gate_settings, "crossed"
    )
    assert check_of(diagnostics, "r_hat")["verdict"] == "fail"
    assert check_of(diagnostics, "r_hat")["parameter"] == "ties_slope"


def test_the_same_chain_twice_fails(converged, gate_settings):
    posterior = converged["posterior"].to_dataset().copy(deep=True)
    for name in posterior.data_vars:
        posterior[name][1] = posterior[name][0].values
    diagnostics = diagnose(changed(converged, **posterior.data_vars), gate_settings, "crossed")
    assert check_of(diagnostics, "chains_differ", "chain")["verdict"] == "fail"


def test_draws_that_are_not_finite_fail_and_are_named(converged, gate_settings, tmp_path):
    broken = converged["posterior"]["ties_slope"].copy()
    broken[1, 5] = np.inf
    diagnostics = diagnose(changed(converged, ties_slope=broken), gate_settings, "crossed")
    assert check_of(diagnostics, "finite")["parameter"] == "ties_slope"
    with pytest.raises(UserError, match="the share of draws that are not finite of parameter `ties_slope`"):
        gate(diagnostics)
    write_json(diagnostics, tmp_path / "diagnostics.json")
    gate_again = read_json(tmp_path / "diagnostics.json")
    assert gate_again["verdict"] == "fail"


def test_low_energy_fraction_fails_and_names_the_chain(converged, gate_settings):
    energy = converged["sample_stats"]["energy"].copy()
    energy[1] = np.cumsum(np.random.default_rng(1).normal(size=1000))
    diagnostics = diagnose(with_statistics(converged, energy=energy), gate_settings, "crossed")
    check = check_of(diagnostics, "bfmi", "chain")
    assert (check["verdict"], check["parameter"]) == ("fail", "1")
    np.testing.assert_allclose(missing_information(energy), array_stats.bfmi(energy.values), rtol=1e-12)


@pytest.mark.parametrize("draws", [6, 25, 50, 101, 400])
@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.7, 0.99])
def test_batched_figures_equal_arviz(draws, correlation):
    generator = np.random.default_rng(draws)
    values = generator.normal(size=(12, 4, draws))
    for t in range(1, draws):
        values[..., t] += correlation * values[..., t - 1]
    values[1] = np.round(values[1])
    values[2, 0] += 5
    values[3] = np.exp(values[3])
    r_hat, ess_bulk, ess_tail = convergence(values)
    np.testing.assert_allclose(r_hat, array_stats.rhat(values, method="rank"), rtol=1e-9)
    np.testing.assert_allclose(ess_bulk, array_stats.ess(values, method="bulk"), rtol=1e-9)
    np.testing.assert_allclose(ess_tail, array_stats.ess(values, method="tail", prob=(0.05, 0.95)), rtol=1e-9)


def test_a_variable_of_two_values_in_equal_shares_has_figures():
    generator = np.random.default_rng(1)
    values = np.tile([0.0, 1.0], 2000)
    generator.shuffle(values)
    rare = np.zeros(4000)
    rare[17] = 1
    r_hat, ess_bulk, ess_tail = convergence(np.stack([values, rare]).reshape(2, 4, 1000))
    assert (r_hat < 1.01).all()
    assert (ess_bulk > 400).all()
    assert (ess_tail > 400).all()


def test_labels_follow_the_order_of_the_values():
    variable = datatree()["posterior"]["theta"]
    assert scalar_labels(variable)[:2] == ["theta[0]", "theta[1]"]
    assert scalar_labels(datatree()["posterior"]["mu"]) == ["mu"]


def test_collected_diagnostics_fail_if_one_model_does(converged, gate_settings):
    passed = diagnose(converged, gate_settings, "pooled")
    failed = diagnose(converged, {**gate_settings, "ess_bulk": 10**6}, "joint")
    loo = pd.DataFrame({"model": ["pooled"], "bad_k": [2], "n": [30]})
    collected = collect_diagnostics([passed, failed], loo, 0.7)
    assert collected["models"]["pooled"]["pareto_k"] == {"above": 2, "of": 30, "threshold": 0.7}
    assert collected["verdict"] == "fail"
    assert list(collected["models"]) == ["pooled", "joint"]
