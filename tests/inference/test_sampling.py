"""Compile once, sample again and again: seeds, cores, other data, missions left out."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from small_world import CROSSED, JOINED_BY_QUALITY, PRIORS, simulated

from models.composition import Composition, Moderator
from models.inputs import model_inputs
from workflow.lib.environment import set_caches
from workflow.lib.errors import UserError
from workflow.lib.inference.sampling import SamplerSettings, compile_model, derive_seed, quicker
from workflow.lib.posteriors import without_missions

SETTINGS = SamplerSettings(chains=2, tune=200, draws=150, cores=2)
SEED = 11


@pytest.fixture(scope="module")
def data():
    return simulated(CROSSED)[0]


@pytest.fixture(scope="module")
def compiled(data):
    return compile_model(CROSSED, data, PRIORS, SETTINGS)


@pytest.fixture(scope="module")
def fitted(compiled):
    return compiled.sample(SEED)


def assert_same_draws(a, b):
    for group in ("posterior", "sample_stats"):
        xr.testing.assert_equal(a[group].to_dataset(), b[group].to_dataset())


def test_draws_do_not_depend_on_the_number_of_cores(compiled, fitted):
    assert_same_draws(fitted, compiled.sample(SEED, settings=replace(SETTINGS, cores=1)))


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(compiled, fitted):
    assert_same_draws(fitted, compiled.sample(SEED))
    other = compiled.sample(SEED + 1)
    assert not fitted["posterior"].to_dataset().equals(other["posterior"].to_dataset())


def test_draws_of_a_model_with_latents_depend_on_the_seed_alone():
    data = simulated(JOINED_BY_QUALITY)[0]
    compiled = compile_model(JOINED_BY_QUALITY, data, PRIORS, SETTINGS)
    short = replace(SETTINGS, tune=60, draws=40)
    first = compiled.sample(SEED, settings=short)
    for cores in (1, 2, 2, 2):
        assert_same_draws(first, compiled.sample(SEED, settings=replace(short, cores=cores)))


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("model", ["truth", pytest.param("joint", marks=pytest.mark.slow)])
def test_draws_are_the_same_from_fresh_and_from_kept_compiled_code(model, tmp_path, monkeypatch):
    """`joint` compiles for minutes, so it is left to the slow tests."""
    monkeypatch.delenv("PYTENSOR_FLAGS")
    set_caches(ROOT, tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    printed = []
    for _ in ("fresh", "kept"):
        script = Path(__file__).with_name("fingerprint.py")
        command = [sys.executable, str(script), model]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        printed.append(run.stdout.strip())
    assert len(printed[0]) == 64
    assert printed[0] == printed[1]


def test_replaced_arrays_must_exist_and_keep_their_shape(data):
    inputs = model_inputs(CROSSED, data)
    with pytest.raises(ValueError, match="there is no input array 'signs'"):
        inputs.with_arrays({"signs": inputs.arrays["sign"]})
    with pytest.raises(ValueError, match="'sign' has shape"):
        inputs.with_arrays({"sign": inputs.arrays["sign"][1:]})


def test_a_refit_with_other_data_is_the_fit_of_a_fresh_compilation(compiled, fitted):
    other = simulated(CROSSED, seed=2)[0]
    refit = compiled.sample(SEED, arrays=model_inputs(CROSSED, other).arrays)
    assert_same_draws(refit, compile_model(CROSSED, other, PRIORS, SETTINGS).sample(SEED))
    # and it leaves nothing behind
    assert_same_draws(fitted, compiled.sample(SEED))


def test_a_mission_left_out_goes_back_to_its_distribution_over_missions(compiled, data):
    """Its intercept and slope, standardised by the sampled mean and spread, are standard normal draws.

    Four chains of 500 draws; autocorrelation leaves some hundreds of effective draws, so that means lie within 0.25 of
    zero and standard deviations within 0.2 of one.
    """
    mission = data.mission.values[2]
    held_out = compiled.with_data(without_missions(data, data.mission == mission))
    posterior = held_out.sample(SEED, settings=quicker(SETTINGS, chains=4, tune=400, draws=500))[
        "posterior"
    ].to_dataset()
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
        compiled.with_data(without_missions(d, d.mission == mission)).sample(SEED) for d in (data, turned)
    )
    assert_same_draws(a, b)


def test_number_of_draws_can_be_changed_without_compiling(compiled):
    tree = compiled.sample(SEED, settings=quicker(SETTINGS, chains=3, tune=60, draws=40))
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
    np.testing.assert_allclose(posterior.state_effect.sum("state"), 0, atol=1e-9)


def test_progress_is_logged_to_the_end(compiled):
    lines = []
    compiled.sample(SEED, log=lines.append, label="crossed without mission_2")
    assert lines[-1].startswith("crossed without mission_2: chains 1:350/350 2:350/350, divergences ")
    assert lines[-1].endswith(", 0 s left")


def test_a_bad_composition_is_refused_before_it_is_compiled(data):
    with pytest.raises(
        UserError, match=r"^models\.trial\.covariates: 'wealth' is not one of .*\nmodels\.trial\.moderators"
    ):
        trial = Composition(
            "trial", blocks=("outcome",), covariates=("wealth",), moderators=(Moderator("ties", "x"),)
        )
        compile_model(trial, data, PRIORS, SETTINGS)


def test_seeds_are_derived_from_the_runs_seed_and_names_and_stay_what_they_are():
    assert derive_seed(20260101, "fit", "crossed") == 494728916
    seeds = {derive_seed(20260101, "fit", name) for name in ("crossed", "joint", "pooled")}
    seeds |= {derive_seed(20260102, "fit", "crossed"), derive_seed(20260101, "hold_out", "crossed")}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_engines_and_backends_draw_from_the_same_posterior(data):
    """Plain likelihoods with PyMC's own sampler against fused ones with nutpie: means within Monte Carlo error."""
    pooled = Composition("pooled", blocks=("outcome",), mission_intercepts=False)
    settings = SamplerSettings(chains=2, tune=300, draws=400, cores=1)
    fits = [
        compile_model(pooled, data, PRIORS, s).sample(SEED)["posterior"].to_dataset()
        for s in (settings, replace(settings, engine="plain", backend="pymc"))
    ]
    for name in ("intercept", "ties_slope", "covariate_slope"):
        a, b = (fit[name] for fit in fits)
        difference = np.abs(a.mean(("chain", "draw")) - b.mean(("chain", "draw")))
        # at least a hundred effective draws each: five standard errors of the difference of means
        assert (difference < 5 * a.std(("chain", "draw")) * np.sqrt(2 / 100)).all()
