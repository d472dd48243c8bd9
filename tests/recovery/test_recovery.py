"""Are known paths found again, with the gaps, spans and margins of the real data?"""

from dataclasses import replace

import numpy as np
import pytest

from models.paths import path_moments
from models.priors import Priors
from tests.models.simulate import simulate_panel
from tests.shipped import composition, shipped_data, shipped_measure
from workflow.lib.checking.validity.paths import correlation_within_years, paths_at, refit

CONSTRUCTS = ("alignment", "clientship", "hierarchy", "cooperativeness")
FEW, MANY = range(1, 5), range(1, 21)


def simulated(construct: str, seed: int):
    """A path that is known, and the panel in which it was measured where the real one was."""
    measured = shipped_measure(construct)
    own, mode = measured.panel, measured.mode
    random = np.random.default_rng([seed, *construct.encode()])
    path, value = simulate_panel(
        own, mode.item, mode.persistence, mode.level, random, adjustment=mode.adjustment
    )
    exists = np.isfinite(measured.smoothed)
    return np.where(exists, path, np.nan), replace(own, value=np.nan_to_num(value))


def covered(path, mean, variance, width=1.6449) -> float:
    inside = np.abs(path - mean) < width * np.sqrt(variance)
    return float(inside[np.isfinite(path)].mean())


def found_again(construct: str, seed: int):
    """The true path and the one found, after the claims that hold for every construct."""
    path, panel = simulated(construct, seed)
    measured = refit(panel, Priors())
    moments = path_moments(panel, measured.mode.arguments())
    agreement = correlation_within_years(path, measured.smoothed)
    # what the true parameters would tell of this very data set is the most that can be known
    known = paths_at(panel, shipped_measure(construct).mode).smoothed
    assert agreement > correlation_within_years(path, known) - 0.05, construct
    for place in (0, 3):
        assert 0.8 < covered(path, moments[place], moments[place + 1]) < 0.98, construct
    return path, measured.smoothed


@pytest.mark.parametrize("seed", FEW)
def test_paths_are_found_again_and_constructs_are_not_swapped(seed):
    found = {construct: found_again(construct, seed) for construct in CONSTRUCTS}
    for own, (path, measured) in found.items():
        for other in set(CONSTRUCTS) - {own}:
            swapped = abs(correlation_within_years(path, found[other][1]))
            assert swapped < 0.4 < correlation_within_years(path, measured), (own, other)


def test_contact_is_found_again_in_all_of_four_data_sets():
    for seed in FEW:
        found_again("contact", seed)


@pytest.mark.parametrize("construct", CONSTRUCTS[:1])
def test_loadings_are_found_again_with_their_signs(construct):
    truth = shipped_measure(construct).mode.item[:, 0]
    found = np.mean([refit(simulated(construct, seed)[1], Priors()).mode.item[:, 0] for seed in FEW], axis=0)
    clear = np.abs(truth) > 0.15
    assert (np.sign(found[clear]) == np.sign(truth[clear])).all()
    assert np.abs(found - truth).max() < 0.2


@pytest.mark.slow
def test_twenty_data_sets_are_recovered_by_the_sampler():
    from workflow.lib.inference.measurement import compile_measurement
    from workflow.lib.inference.sampling import SamplerSettings

    settings = SamplerSettings(chains=2, tune=200, draws=200)
    data, coverage, agreement = shipped_data(), [], []
    for seed in MANY:
        path, panel = simulated("alignment", seed)
        values = data.indicator_value.transpose("state", "indicator", "year").copy(deep=True)
        values.loc[{"indicator": panel.names}] = np.where(panel.seen, panel.value, np.nan)
        made_up = data.assign(indicator_value=values)
        measurement = compile_measurement(composition("alignment"), made_up, Priors(), settings)
        latent = measurement.sample(seed)["latent"].to_dataset()
        mean, sd = latent.smoothed_mean.values, latent.smoothed_sd.values
        coverage.append(covered(path, mean, sd**2))
        agreement.append(correlation_within_years(path, mean))
    assert 0.8 < np.mean(coverage) < 0.98, coverage
    assert min(agreement) > 0.8, agreement
