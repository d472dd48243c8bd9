"""Joining raises later indicators, quality has no effect: who is fooled?"""

from dataclasses import replace

import numpy as np
import pytest

from models.priors import Priors
from models.regressors import mission_years
from tests.models.simulate import simulate_outcome, simulate_panel
from tests.recovery.penalised_logit import Outcome
from tests.shipped import shipped_data, shipped_measure
from workflow.lib.checking.validity.paths import refit

REWARD, ERROR_PERSISTENCE = 1.0, 0.7
SETS = range(1, 4)
# years between two in which indicators with gaps are seen, as surveys are
GAPS = (3, 5)


def rewarded_world(seed: int, reward: float):
    """Decisions by chance alone, and paths that are higher from the year of joining on."""
    data, measured = shipped_data(), shipped_measure("alignment")
    random = np.random.default_rng(seed)
    joined = data.joined.transpose("mission", "state")
    rate = np.log(0.12 / 0.88)
    outcome = simulate_outcome(np.full(joined.shape, rate), data, random)
    own, mode = measured.panel, measured.mode
    item = mode.item.copy()
    # errors that last take much of a reward upon themselves
    item[:, 2] = ERROR_PERSISTENCE
    path, _ = simulate_panel(own, item, mode.persistence, mode.level, random)
    took_part = np.nan_to_num(outcome.joined.transpose("state", "mission").values)
    for m, year in enumerate(mission_years(data) + 1):
        path += reward * took_part[:, [m]] * (own.years >= year)
    _, value = simulate_panel(own, item, mode.persistence, mode.level, random, path=path)
    return outcome, replace(own, value=np.nan_to_num(value))


def slopes(seed: int, reward: float, every: int = 1) -> dict[str, tuple[float, float]]:
    """Slope of quality and its standard error by what the path knows; indicators are seen every so many years."""
    data, panel = rewarded_world(seed, reward)
    seen = panel.seen & (panel.years % every == 0)
    panel = replace(panel, seen=seen, value=np.where(seen, panel.value, 0.0))
    measured, outcome = refit(panel, Priors()), Outcome(data, state_effects=False)
    at = np.searchsorted(panel.years, mission_years(data))
    found = {}
    for information in ("filtered", "smoothed"):
        value = getattr(measured, information)[outcome.state, at[outcome.mission]]
        found[information] = outcome.fit(np.nan_to_num(value)).estimate(Outcome.QUALITY)
    return found


@pytest.fixture(scope="module")
def rewarded():
    return [slopes(seed, REWARD) for seed in SETS]


def pooled(found, information):
    mean = np.mean([s[information][0] for s in found])
    return mean, np.sqrt(np.sum([s[information][1] ** 2 for s in found])) / len(found)


def test_what_joining_brought_about_is_no_effect_of_filtered_quality(rewarded):
    mean, sd = pooled(rewarded, "filtered")
    assert abs(mean) < 1.96 * sd


def test_nor_of_smoothed_quality_since_a_year_stands_for_itself_where_its_indicators_are_seen(rewarded):
    """Path and errors have one persistence, so that later years add to a year only what is missing in it."""
    mean, sd = pooled(rewarded, "smoothed")
    assert abs(mean) < 1.96 * sd


def test_where_joining_brings_nothing_the_two_do_not_differ():
    found = [slopes(seed, 0.0) for seed in SETS[:2]]
    for information in ("filtered", "smoothed"):
        mean, sd = pooled(found, information)
        assert abs(mean) < 2.6 * sd


@pytest.fixture(scope="module", params=GAPS)
def with_gaps(request):
    return [slopes(seed, REWARD, request.param) for seed in SETS]


def test_where_indicators_have_gaps_filtered_quality_still_has_no_effect(with_gaps):
    mean, sd = pooled(with_gaps, "filtered")
    assert abs(mean) < 1.96 * sd
    assert all(abs(s["filtered"][0]) < 1.96 * s["filtered"][1] for s in with_gaps)


def test_but_smoothed_quality_fills_them_from_what_joining_brought_about(with_gaps):
    """In every world by itself, and far from chance in all together: the bias of later years."""
    mean, sd = pooled(with_gaps, "smoothed")
    assert mean > 4 * sd
    assert all(s["smoothed"][0] > 1.96 * s["smoothed"][1] for s in with_gaps)


def test_gaps_alone_without_what_joining_brings_do_no_harm():
    found = [slopes(seed, 0.0, GAPS[-1]) for seed in SETS]
    for information in ("filtered", "smoothed"):
        mean, sd = pooled(found, information)
        assert abs(mean) < 2.6 * sd
