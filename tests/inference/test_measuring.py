"""The measurement of a construct: sampled about its mode, archived with its paths."""

import numpy as np
import pytest
import xarray as xr

from models.blocks.factor import panel
from models.composition import Composition
from models.paths import gaussian_path
from tests.inference.small_world import PRIORS
from tests.models.example import ALIGNMENT, example_data
from tests.models.simulate import simulate_panel
from workflow.lib.errors import UserError
from workflow.lib.inference.archive import read_tree, write_tree
from workflow.lib.inference.measurement import PATH_DRAWS, compile_measurement, on_states, read_path
from workflow.lib.inference.sampling import SamplerSettings

SETTINGS = SamplerSettings(chains=2, tune=200, draws=200)
ITEM = np.array([[0.9, 0.6, 0.6], [0.5, 0.8, 0.4], [-0.6, 0.7, 0.7], [0.4, 0.9, 0.3]])
NAMES = ["un_agreement", "trade_share", "disputes", "aid"]


@pytest.fixture(scope="module")
def world():
    data = example_data(states=50)
    empty, random = panel(ALIGNMENT, data), np.random.default_rng(8)
    path, value = simulate_panel(empty, ITEM, 0.95, np.zeros((4, 12)), random, adjustment=np.array([0.7]))
    values = data.indicator_value.copy(deep=True)
    values.loc[{"indicator": NAMES}] = value.transpose(1, 0, 2)
    return data.assign(indicator_value=values), path


@pytest.fixture(scope="module")
def compiled(world):
    return compile_measurement(ALIGNMENT, world[0], PRIORS, SETTINGS)


@pytest.fixture(scope="module")
def tree(compiled):
    return compiled.sample(5)


def test_the_posterior_covers_what_the_data_were_made_with(tree):
    posterior = tree["posterior"].to_dataset()
    spread = (posterior.loading.values.std((0, 1)), posterior.error_sd.values.std((0, 1)))
    # loadings are in standard deviations of the indicators within years, whose size the truth has too but for its sampling error
    z = (posterior.loading.mean(("chain", "draw")).values - ITEM[:, 0]) / spread[0]
    assert np.abs(z).max() < 3.5
    assert np.sign(posterior.loading.mean(("chain", "draw")).values).tolist() == [1, 1, -1, 1]
    assert posterior.indicator.values.tolist() == NAMES
    assert posterior.adjusted.values.tolist() == ["aid by log_income"]
    assert float(posterior.adjustment.mean()) == pytest.approx(0.7, abs=0.3)
    assert not [name for name in posterior if name.endswith("_standard")]


def test_paths_follow_the_truth_and_say_how_well(world, tree):
    latent, truth = tree["latent"].to_dataset(), world[1]
    present = world[0].present.values
    for information, least in (("filtered", 0.6), ("smoothed", 0.7)):
        mean, sd = latent[f"{information}_mean"].values, latent[f"{information}_sd"].values
        assert (np.isfinite(mean) == present).all()
        assert np.corrcoef(mean[present], truth[present])[0, 1] > least
        covered = np.abs(mean - truth)[present] < 1.645 * sd[present]
        assert 0.8 < covered.mean() < 0.98
    assert (latent.smoothed_sd <= latent.filtered_sd + 0.05).where(latent.smoothed_sd.notnull(), True).all()
    assert latent.sizes["sample"] == PATH_DRAWS


def test_the_archive_comes_back_as_it_was_written_with_its_path(world, tree, tmp_path):
    write_tree(tree, tmp_path / "quality" / "posterior.nc")
    back = read_tree(tmp_path / "quality" / "posterior.nc")
    assert set(back.children) == {"posterior", "sample_stats", "latent", "path", "level"}
    for group in back.children:
        xr.testing.assert_identical(back[group].to_dataset(), tree[group].to_dataset())
    path = read_path(back)
    posterior = tree["posterior"].to_dataset().mean(("chain", "draw"))
    persistence = float(tree["level"]["persistence"])
    assert persistence == panel(ALIGNMENT, world[0]).persistence()
    sizes = [posterior.loading.values, posterior.error_sd.values]
    item = np.stack([*sizes, np.full(4, persistence)], axis=1)
    arguments = (
        tree["level"]["level"].values,
        posterior.adjustment.values,
        item,
        np.array([persistence]),
    )
    expected = gaussian_path(panel(ALIGNMENT, world[0]), arguments)
    np.testing.assert_allclose(path.mean, expected.mean)
    np.testing.assert_allclose(path.covariance, expected.covariance)


def test_a_path_on_other_states_is_missing_where_it_was_not_measured(tree):
    path, states = read_path(tree), tree["path"].to_dataset().state.values
    wanted = np.array([states[3], 999, states[0]])
    found = on_states(path, states, wanted)
    np.testing.assert_array_equal(found.mean, np.stack([path.mean[3], np.full(12, np.nan), path.mean[0]]))
    np.testing.assert_array_equal(found.covariance[2], path.covariance[0])
    assert np.isnan(found.covariance[1]).all()


def test_the_same_seed_gives_the_same_draws_and_paths(compiled, tree):
    again = compiled.sample(5)
    for group in ("posterior", "latent", "path", "level"):
        xr.testing.assert_equal(tree[group].to_dataset(), again[group].to_dataset())


def test_a_measurement_that_cannot_be_estimated_is_refused_before_it_is_compiled(world):
    with pytest.raises(
        UserError,
        match=r"^models\.x\.measures: contact has 1 indicators in these data, at least 2 are needed",
    ):
        compile_measurement(
            Composition("x", measures=("contact",), indicators=("visits",)), world[0], PRIORS, SETTINGS
        )
