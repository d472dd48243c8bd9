"""Compile once, sample again and again: seeds, processes, other data, missions left out."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from models.composition import Composition, Moderator
from tests.inference.fingerprint import SHORT, fingerprint
from tests.inference.small_world import CROSSED, PRIORS, simulated
from workflow.lib.errors import UserError
from workflow.lib.inference.sampling import SamplerSettings, compile_outcome, derive_seed

ROOT = Path(__file__).parents[2]
SETTINGS = SamplerSettings(chains=2, tune=200, draws=150)
SEED = 11


@pytest.fixture(scope="module")
def data():
    return simulated()


@pytest.fixture(scope="module")
def compiled(data):
    return compile_outcome(CROSSED, data, PRIORS, SETTINGS)


@pytest.fixture(scope="module")
def fitted(compiled):
    return compiled.sample(SEED)


def assert_same_draws(a, b):
    for group in ("posterior", "sample_stats"):
        xr.testing.assert_equal(a[group].to_dataset(), b[group].to_dataset())


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(compiled, fitted):
    assert_same_draws(fitted, compiled.sample(SEED))
    other = compiled.sample(SEED + 1)
    assert not fitted["posterior"].to_dataset().equals(other["posterior"].to_dataset())


def test_draws_of_another_process_are_the_same(compiled):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    script = Path(__file__).with_name("fingerprint.py")
    run = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == fingerprint(compiled.sample(5, SHORT))


def test_a_refit_with_other_data_is_the_fit_of_a_fresh_compilation(compiled, fitted):
    other = simulated(seed=2)
    refit = compiled.with_data(other).sample(SEED)
    assert_same_draws(refit, compile_outcome(CROSSED, other, PRIORS, SETTINGS).sample(SEED))
    # and it leaves nothing behind
    assert_same_draws(fitted, compiled.sample(SEED))


def test_data_with_other_labels_are_refused(compiled, data):
    renamed = data.assign_coords(mission=[f"other_{m}" for m in range(5)])
    with pytest.raises(ValueError, match=r"^the data have other labels than those compiled with: mission$"):
        compiled.with_data(renamed)


def test_a_mission_left_out_goes_back_to_its_distribution_over_missions(compiled, data):
    """Its intercept and slope, standardised by the sampled mean and spread, are standard normal draws.

    Four chains of 500 draws; autocorrelation leaves some hundreds of effective draws, so that means lie within 0.25 of zero
    and standard deviations within 0.2 of one.
    """
    mission = data.mission.values[2]
    held_out = compiled.with_data(data.assign(joined=data.joined.where(data.mission != mission)))
    settings = replace(SETTINGS, chains=4, tune=400, draws=500)
    posterior = held_out.sample(SEED, settings)["posterior"].to_dataset()
    for draws, mean, sd in (
        (posterior.mission_intercept, posterior.intercept, posterior.mission_sd),
        (posterior.mission_ties_slope, posterior.ties_slope, posterior.ties_slope_sd),
    ):
        standard = (draws.sel(mission=mission) - mean) / sd
        assert float(standard.mean()) == pytest.approx(0, abs=0.25)
        assert float(standard.std()) == pytest.approx(1, abs=0.2)


def test_a_mission_left_out_is_not_seen_at_all(compiled, data):
    """Turning every decision on it changes no draw."""
    mission = data.mission.values[2]
    turned = data.assign(joined=data.joined.where(data.mission != mission, 1 - data.joined))
    a, b = (
        compiled.with_data(d.assign(joined=d.joined.where(d.mission != mission))).sample(SEED, SHORT)
        for d in (data, turned)
    )
    assert_same_draws(a, b)


def test_number_of_draws_can_be_changed_without_compiling(compiled):
    tree = compiled.sample(SEED, replace(SHORT, chains=3))
    assert dict(tree["posterior"].sizes)["chain"] == 3
    assert dict(tree["posterior"].sizes)["draw"] == 40


def test_what_is_kept_are_parameters_with_labels_and_the_samplers_statistics(fitted, data):
    posterior = fitted["posterior"].to_dataset()
    assert not [name for name in posterior if name.endswith("_standard")]
    assert {"intercept", "mission_intercept", "mission_ties_slope", "state_effect", "state_sd"} <= set(
        posterior
    )
    assert posterior.mission.values.tolist() == data.mission.values.tolist()
    assert posterior.state.values.tolist() == data.state.values.tolist()
    assert posterior.control.values.tolist() == ["log_population", "democracy"]
    assert {"diverging", "energy"} <= set(fitted["sample_stats"].to_dataset())
    assert fitted.attrs["seconds"] > 0


def test_the_slope_that_made_the_decisions_is_found(compiled):
    """A slope of one, intercepts of -0.5; the posterior's standard deviation is about 0.3."""
    posterior = compiled.sample(SEED, replace(SETTINGS, draws=400))["posterior"].to_dataset()
    for name, truth in (("ties_slope", 1.0), ("intercept", -0.5)):
        z = (float(posterior[name].mean()) - truth) / float(posterior[name].std())
        assert abs(z) < 2.5, name


def test_progress_is_logged_to_the_end(compiled):
    lines = []
    compiled.sample(SEED, log=lines.append, label="crossed without mission_2")
    assert lines[-1].startswith("crossed without mission_2: chains 1:350/350 2:350/350, divergences ")
    assert lines[-1].endswith(", 0 s left")


def test_a_bad_composition_is_refused_before_it_is_compiled(data):
    trial = Composition("trial", controls=("wealth",), moderators=(Moderator("ties", "x"),))
    with pytest.raises(
        UserError,
        match=r"^models\.trial\.controls: 'wealth' is not one of .*\nmodels\.trial\.moderators\.by: 'x' is not one of",
    ):
        compile_outcome(trial, data, PRIORS, SETTINGS)


def test_seeds_are_derived_from_the_runs_seed_and_names_and_stay_what_they_are():
    assert derive_seed(20260101, "fit", "crossed") == 494728916
    seeds = {derive_seed(20260101, "fit", name) for name in ("crossed", "joint", "pooled")}
    seeds |= {derive_seed(20260102, "fit", "crossed"), derive_seed(20260101, "hold_out", "crossed")}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_draws_have_the_moments_of_the_posterior_by_quadrature(data):
    """A logit of intercept and slope alone: means and standard deviations by integration over a grid."""
    composition = Composition("pooled", mission_intercepts=False, controls=())
    settings = SamplerSettings(chains=4, tune=300, draws=1000)
    posterior = compile_outcome(composition, data, PRIORS, settings).sample(SEED)["posterior"].to_dataset()
    scored = data.joined.notnull().values
    ties, sign = data.ties.values[scored], 2 * data.joined.values[scored] - 1
    a, b = np.meshgrid(np.linspace(-3, 2, 201), np.linspace(-1, 3, 201), indexing="ij")
    log = -np.logaddexp(0, -sign * (a[..., None] + b[..., None] * ties)).sum(-1)
    log += -0.5 * ((a + 3) / 3) ** 2 - 0.5 * (b / 2) ** 2
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    for name, grid in (("intercept", a), ("ties_slope", b)):
        mean = (weight * grid).sum()
        sd = np.sqrt((weight * (grid - mean) ** 2).sum())
        # some two thousand effective draws
        assert float(posterior[name].mean()) == pytest.approx(mean, abs=0.12 * sd)
        assert float(posterior[name].std()) == pytest.approx(sd, rel=0.08)
