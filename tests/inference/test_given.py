"""Plug-in and cut: quality as measured elsewhere, with and without its uncertainty."""

from dataclasses import replace

import numpy as np
import pytest
from small_world import CUT, PLUGIN, PRIORS, world_of_quality

from models.posterior import mission_latent, outcome_logit
from workflow.lib.inference.archive import read_tree, write_tree
from workflow.lib.inference.given import given_quality
from workflow.lib.inference.sampling import SamplerSettings, compile_model
from workflow.lib.posteriors import sample_posterior

SETTINGS = SamplerSettings(chains=2, tune=300, draws=300, cores=1)


@pytest.fixture(scope="module")
def world():
    return world_of_quality()


@pytest.fixture(scope="module")
def compiled(world):
    return compile_model(PLUGIN, world[0], PRIORS, SETTINGS)


@pytest.fixture(scope="module")
def plugin(world, compiled):
    return sample_posterior(compiled, *world, seed=1)


@pytest.fixture(scope="module")
def cut(world, compiled):
    # the same density as plug-in: only what is done with it differs
    return sample_posterior(replace(compiled, composition=CUT), *world, seed=1)


def test_plugin_is_given_the_posterior_mean_and_keeps_it(world, plugin):
    data, measured = world
    quality = given_quality(plugin)
    assert quality.dims == ("mission", "state")
    expected = mission_latent(measured, data).mean(("chain", "draw"))
    np.testing.assert_allclose(quality, expected, rtol=1e-6)


def test_cut_is_given_draws_dealt_to_the_chains_and_keeps_which(world, cut):
    data, measured = world
    posterior, given = cut["posterior"].to_dataset(), cut["given"].to_dataset()
    assert dict(given.quality.sizes) == {"quality_draw": 20, "mission": 5, "state": 24}
    assert given.used.dims == ("chain", "draw")
    assert posterior.sizes["chain"] == 2
    assert posterior.sizes["draw"] == 300
    assert given.used.shape == (2, 300)
    # every chain has ten draws of its own, each for the same number of draws of the outcome
    chains = [set(given.used.values[chain]) for chain in (0, 1)]
    assert chains[0].isdisjoint(chains[1])
    assert [len(chain) for chain in chains] == [10, 10]
    assert set(np.unique(given.used, return_counts=True)[1]) == {30}
    quality = given_quality(cut)
    assert dict(quality.sizes) == {"chain": 2, "draw": 300, "mission": 5, "state": 24}
    draws = mission_latent(measured, data).stack(sample=("chain", "draw")).transpose("sample", ...).values
    first = quality.isel(chain=1, draw=0).values
    assert np.abs(draws - first).max((1, 2)).min() < 1e-6


def test_the_uncertainty_of_quality_reaches_the_outcome_only_with_cut(plugin, cut):
    """Spread of the slope for one standard deviation of the quality that was given.

    The posterior mean varies less between states than quality does, so that slopes for one unit are not comparable.
    """
    spread = {}
    for name, tree in (("plugin", plugin), ("cut", cut)):
        scale = given_quality(tree).std(("mission", "state"))
        spread[name] = float((tree["posterior"]["quality_slope"] * scale).std())
    assert spread["cut"] > spread["plugin"]
    by_draw = cut["posterior"]["quality_slope"].groupby(cut["given"]["used"]).mean()
    assert float(by_draw.std()) > 0.05


def test_draws_of_quality_as_noisy_as_the_measurement_pull_the_slope_to_zero(plugin, cut):
    """Without feedback a draw of quality is quality with error: its slope is attenuated, that of the mean is not."""
    assert (
        0
        < float(cut["posterior"]["quality_slope"].mean())
        < float(plugin["posterior"]["quality_slope"].mean())
    )


def test_cut_is_the_same_with_the_same_seed(world, compiled, cut):
    again = sample_posterior(replace(compiled, composition=CUT), *world, seed=1)
    assert again["posterior"].to_dataset().equals(cut["posterior"].to_dataset())


@pytest.mark.parametrize("name", ["plugin", "cut"])
def test_logits_use_the_quality_that_was_given_also_after_reading_the_archive(
    name, world, plugin, cut, tmp_path
):
    tree = {"plugin": plugin, "cut": cut}[name]
    write_tree(tree, tmp_path / "posterior.nc")
    back = read_tree(tmp_path / "posterior.nc")
    logit = outcome_logit(tree["posterior"].to_dataset(), world[0], PLUGIN, given_quality(tree))
    again = outcome_logit(back["posterior"].to_dataset(), world[0], PLUGIN, given_quality(back))
    assert dict(logit.sizes) == {"chain": 2, "draw": 300, "mission": 5, "state": 24}
    np.testing.assert_array_equal(logit, again)
    assert np.isfinite(logit).all()


def test_other_models_are_given_no_quality(plugin):
    tree = plugin.copy()
    del tree["given"]
    assert given_quality(tree) is None
