"""Latent regressors in the outcome: as means, as draws without feedback, and informed by the outcome."""

import numpy as np
import pytest
import xarray as xr

from models.build import outcome_inputs
from models.posterior import OutcomeDraws
from models.regressors import term_values
from tests.inference.small_world import CUT, JOINT, PLUGIN, PRIORS, QUALITY_SLOPE, world_of_quality
from workflow.lib.inference.sampling import SamplerSettings, compile_outcome

SETTINGS = SamplerSettings(chains=3, tune=300, draws=400)
SEED = 3


@pytest.fixture(scope="module")
def world():
    return world_of_quality()


@pytest.fixture(scope="module")
def fits(world):
    data, measured, path, _ = world
    return {
        c.inference: compile_outcome(c, data, PRIORS, SETTINGS, measured, path) for c in (PLUGIN, CUT, JOINT)
    }


@pytest.fixture(scope="module")
def drawn(fits):
    return {name: compiled.sample(SEED) for name, compiled in fits.items()}


def test_each_chain_of_a_cut_model_has_draws_of_its_own_that_span_the_measurement(world, drawn):
    given = drawn["cut"]["latent_draws"].to_dataset()
    used = given["used"].values
    assert used.shape == (3, 400)
    sets = [set(row) for row in used]
    assert all(len(s) == 8 for s in sets)
    assert len(set.union(*sets)) == 24
    paths = world[1]["quality"].filtered_draw
    first, last = (given["value"].isel(latent_draw=k).sel(term="quality") for k in (0, int(used.max())))
    year = int(world[0].start_year[0]) - 1
    np.testing.assert_allclose(first[0], paths.isel(sample=0).sel(year=year), rtol=1e-6)
    np.testing.assert_allclose(last[0], paths.isel(sample=-1).sel(year=year), rtol=1e-6)


def test_cut_draws_follow_from_the_seed(fits, drawn):
    again = fits["cut"].sample(SEED)
    for group in ("posterior", "latent_draws"):
        xr.testing.assert_equal(drawn["cut"][group].to_dataset(), again[group].to_dataset())


def test_cut_draws_are_those_of_refits_to_each_draw_of_the_latents(fits, drawn, world):
    """The mean slope given one draw of the latents is that of a plug-in fit to this draw."""
    data, measured = world[:2]
    posterior, used = drawn["cut"]["posterior"].to_dataset(), drawn["cut"]["latent_draws"]["used"].values
    sample = np.linspace(0, 49, 24).round().astype(int)
    for place in (int(used[0, 0]), int(used[2, -1])):
        # draws are dealt to the chains in turn
        chain, k = divmod(place, 8)
        own = measured["quality"].isel(sample=int(sample[k * 3 + chain]))
        paths = {"quality": own.assign(filtered_mean=own.filtered_draw)}
        refit = fits["plugin"].with_data(data, paths).sample(SEED)["posterior"].to_dataset()
        given = posterior.quality_slope.values[used == place]
        assert given.mean() == pytest.approx(
            float(refit.quality_slope.mean()), abs=3 * given.std() / np.sqrt(8)
        )


def test_the_error_of_the_latents_widens_the_slope_of_a_cut_model(drawn):
    cut, plugin = (drawn[name]["posterior"].to_dataset().quality_slope for name in ("cut", "plugin"))
    # within draws of the latents, the slope of a noisy regressor is attenuated; between them it varies
    assert float(cut.mean()) < float(plugin.mean())
    means = cut.values.reshape(3, 8, 50).mean(2)
    assert means.std() > 0.05


def test_joint_inference_moves_a_state_whose_record_contradicts_its_indicators(world, drawn, fits):
    """The last state is measured as hostile and joins everything: the outcome moves it up, and nothing else in plug-in."""
    path = world[2]
    posterior = drawn["joint"]["posterior"].to_dataset()
    moved = posterior.path.mean(("chain", "draw", "path_year")).values - path.mean[:, 0]
    assert moved[-1] > 0.5
    assert moved.argmax() == len(moved) - 1
    plugin = fits["plugin"].inputs.arrays["quality_value"][0, -1]
    assert plugin == pytest.approx(path.mean[-1, 0])


def test_joint_inference_recovers_the_slope_of_quality_with_its_error(world, drawn):
    """Plug-in means are shrunk, so that their slope is near that of quality; joint inference tells more of both."""
    slope = drawn["joint"]["posterior"].to_dataset().quality_slope
    assert abs(float(slope.mean()) - QUALITY_SLOPE) < 2.5 * float(slope.std())
    quality, path = world[3][:-1, 0], drawn["joint"]["posterior"].to_dataset().path
    joint = np.corrcoef(quality, path.mean(("chain", "draw", "path_year")).values[:-1])[0, 1]
    assert joint > np.corrcoef(quality, world[2].mean[:-1, 0])[0, 1] + 0.05


def test_logits_of_joint_draws_use_the_path_of_each_draw(world, drawn, fits):
    data = world[0]
    draws = OutcomeDraws(drawn["joint"], data, JOINT, fits["joint"].inputs)
    posterior = drawn["joint"]["posterior"].to_dataset().isel(chain=1, draw=7)
    place = posterior.path_year.values.tolist().index(int(data.start_year[3]) - 1)
    expected = posterior.intercept + posterior.quality_slope * posterior.path.isel(path_year=place)
    np.testing.assert_allclose(draws.logit().isel(chain=1, draw=7, mission=3), expected, rtol=1e-5, atol=1e-5)


def test_other_latents_need_no_other_program(world, fits):
    data, measured, *_ = world
    turned = {"quality": measured["quality"].assign(filtered_mean=-measured["quality"].filtered_mean)}
    slope = fits["plugin"].with_data(data, turned).sample(SEED)["posterior"].to_dataset().quality_slope
    same = fits["plugin"].sample(SEED)["posterior"].to_dataset().quality_slope
    assert float(slope.mean()) == pytest.approx(-float(same.mean()), abs=0.15)
    expected = outcome_inputs(PLUGIN, data, term_values(PLUGIN, data, turned)).arrays["quality_value"]
    np.testing.assert_array_equal(
        fits["plugin"].with_data(data, turned).inputs.arrays["quality_value"], expected
    )
