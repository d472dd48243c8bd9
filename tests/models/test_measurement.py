"""The panel of a construct, the posterior mode of its measurement, and the density that is sampled."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from models.blocks.factor import build_factor, find_mode, halves, level_places, panel
from models.composition import Composition
from models.paths import path_moments
from models.priors import GraphVariables, Priors
from tests.models import brute_force
from tests.models.example import ALIGNMENT, YEARS, example_data
from tests.models.simulate import simulate_panel

DATA, PRIORS = example_data(), Priors()
NAMES = ["un_agreement", "trade_share", "disputes", "aid"]
TRUTH = np.array([[0.9, 0.6, 0.6], [0.5, 0.8, 0.4], [-0.6, 0.7, 0.7], [0.4, 0.9, 0.3]])


@pytest.fixture(scope="module")
def simulated():
    """A panel whose indicators follow the model, with the gaps of the example."""
    empty, random = panel(ALIGNMENT, example_data(states=40)), np.random.default_rng(8)
    level = np.cumsum(random.normal(0, 0.2, (4, len(YEARS))), axis=1)
    path, value = simulate_panel(empty, TRUTH, 0.95, level, random, adjustment=np.array([0.7]))
    return replace(empty, value=np.nan_to_num(value)), path


@pytest.fixture(scope="module")
def mode(simulated):
    return find_mode(simulated[0], PRIORS)


def test_indicators_are_in_standard_deviations_within_years_and_the_anchor_is_first():
    own = panel(ALIGNMENT, DATA)
    assert own.names == NAMES
    assert own.states.tolist() == DATA.state.values.tolist()
    for k, name in enumerate(NAMES[:3]):
        raw = DATA.indicator_value.sel(indicator=name)
        assert (own.seen[:, k] == raw.notnull()).all()
        spread = np.sqrt(float(((raw - raw.mean("state")) ** 2).mean()))
        expected = ((raw - raw.mean()) / spread).fillna(0)
        np.testing.assert_allclose(own.value[:, k], expected, atol=1e-12)
        values = np.where(own.seen[:, k], own.value[:, k], np.nan)
        assert np.nanmean((values - np.nanmean(values, axis=0)) ** 2) == pytest.approx(1)


def test_an_indicator_is_not_read_where_what_it_is_adjusted_for_is_missing():
    adjuster = DATA.adjuster_value.copy(deep=True)
    adjuster[0, 5, 3:6] = np.nan
    own = panel(ALIGNMENT, DATA.assign(adjuster_value=adjuster))
    assert own.pairs.tolist() == [[3, 0]]
    assert own.adjustments == ["aid by log_income"]
    assert not own.seen[5, 3, 3:6].any()
    assert (own.seen[5, :3] == panel(ALIGNMENT, DATA).seen[5, :3]).all()
    assert np.isfinite(own.adjuster).all()


def test_a_states_path_spans_the_years_in_which_it_existed():
    own = panel(ALIGNMENT, DATA)
    assert own.span[:3].tolist() == [[3, 11], [0, 7], [0, 11]]
    assert not own.seen[0, :, :3].any()
    assert not own.seen[1, :, 8:].any()


def test_a_panel_known_in_a_year_holds_nothing_later():
    known = panel(ALIGNMENT, DATA).until(1974)
    assert known.seen[:, :, :5].any()
    assert not known.seen[:, :, 5:].any()


def test_an_indicator_that_is_missing_everywhere_is_harmless():
    values = DATA.indicator_value.copy(deep=True)
    values.loc[{"indicator": "trade_share"}] = np.nan
    own = panel(ALIGNMENT, DATA.assign(indicator_value=values))
    assert np.isfinite(own.value).all()
    assert not own.seen[:, 1].any()
    found = find_mode(own, PRIORS)
    assert np.isfinite(found.log_density)
    # nothing is told of its loading, which stays at the prior's mode
    assert found.item[1, 0] == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_array_equal(found.level[1], 0)


def test_levels_stand_between_the_first_and_the_last_year_in_which_an_item_was_seen():
    seen = np.zeros((2, 2, 6), bool)
    seen[0, 0, [1, 4]] = seen[1, 0, 2] = seen[1, 1, 5] = True
    item, year, first = level_places(seen)
    assert list(zip(item.tolist(), year.tolist(), first.tolist(), strict=True)) == [
        *((0, 1, True), (0, 2, False), (0, 3, False), (0, 4, False)),
        (1, 5, True),
    ]


def log_prior(own, mode) -> float:
    """Log prior density of loadings, errors and adjustments."""
    loading, sd, _ = mode.item.T
    expected = np.where(own.direction < 0, -1, 1) * loading
    total = stats.halfnorm(scale=0.5).logpdf(loading[0]) + stats.norm(0.5, 0.3).logpdf(expected[1:]).sum()
    total += stats.truncnorm((0.6 - 0.8) / 0.3, np.inf, 0.8, 0.3).logpdf(sd).sum()
    return float(total + stats.norm(0, 0.5).logpdf(mode.adjustment).sum())


def log_sections(own, mode) -> float:
    """Log density of the indicators, each year's cross-section by itself."""
    item = np.column_stack([mode.item[:, :2], np.zeros(len(mode.item))])
    return brute_force.log_likelihood(own, brute_force.Parameters(mode.level, mode.adjustment, item, 0.0))


def log_posterior(own, mode) -> float:
    """Log density of a measurement from its equations; levels are a random walk from a standard normal."""
    total = log_prior(own, mode) / own.weight() + log_sections(own, mode)
    for k, years in enumerate(own.seen.any(0)):
        first, *rest = np.flatnonzero(years)
        walk = mode.level[k, first : rest[-1] + 1]
        total -= 0.5 * walk[0] ** 2 + 0.5 * (np.diff(walk) ** 2).sum() / 0.2**2
    return float(total)


def test_persistence_is_the_correlation_of_indicators_with_themselves_a_year_before():
    """Two states and one item: deviations from the year's mean are +1, +2, none and -1 (and the same negative)."""
    seen = np.array([[[True, True, False, True]], [[True, True, False, True]]])
    value = np.array([[[4.0, 7.0, 0.0, 1.0]], [[2.0, 3.0, 0.0, 3.0]]])
    own = replace(panel(ALIGNMENT, DATA), seen=seen, value=value)
    # only the first two years are adjacent: (1 2 + 1 2) / ((1 + 4 + 1 + 4) / 2)
    assert own.persistence() == pytest.approx(4 / 5)
    assert own.weight() == pytest.approx((1 - 0.64) / (1 + 0.64))
    assert replace(own, seen=seen & (np.arange(4) != 1)).persistence() == 0.9
    assert replace(own, value=value * np.array([1, -1, 1, 1])).persistence() == 0.1


def test_a_persistent_panel_counts_for_fewer_cross_sections(simulated):
    own = simulated[0]
    shuffled = np.random.default_rng(1).permuted(np.where(own.seen, own.value, np.nan), axis=0)
    free = replace(own, value=np.nan_to_num(shuffled), seen=np.isfinite(shuffled))
    assert free.persistence() < 0.3 < own.persistence()
    assert own.weight() < free.weight() <= 1


def with_change(mode, name, place, by):
    array = getattr(mode, name).copy()
    array[place] += by
    return replace(mode, **{name: array})


def test_the_density_at_the_mode_is_that_of_the_equations(simulated, mode):
    small = replace(
        simulated[0], span=simulated[0].span[:8], seen=simulated[0].seen[:8], value=simulated[0].value[:8]
    )
    found = find_mode(small, PRIORS)
    assert found.log_density == pytest.approx(log_posterior(small, found), abs=1e-6)


def test_the_gradient_is_zero_at_the_mode(simulated, mode):
    """Newton steps from it are less than a tenth of a posterior standard deviation, for parameters of every kind."""
    own, step = simulated[0], 1e-3
    middle = log_posterior(own, mode)
    places = [("item", (k, j)) for k in range(4) for j in range(2) if mode.item[k, 1] > 0.61 or j != 1]
    places += [("adjustment", (0,)), ("level", (0, 0)), ("level", (2, 11))]
    for name, place in places:
        up, down = (log_posterior(own, with_change(mode, name, place, sign * step)) for sign in (1, -1))
        gradient, curvature = (up - down) / (2 * step), (up - 2 * middle + down) / step**2
        assert curvature < 0, (name, place)
        assert abs(gradient) / np.sqrt(-curvature) < 0.1, (name, place)


def test_no_random_move_away_from_the_mode_is_better(simulated, mode):
    own, random = simulated[0], np.random.default_rng(2)
    best = log_posterior(own, mode)
    for size in (0.003, 0.03):
        for _ in range(4):
            item = mode.item + size * random.normal(size=mode.item.shape)
            moved = replace(
                mode,
                item=np.stack([item[:, 0], np.maximum(item[:, 1], 0.601), mode.item[:, 2]], axis=1),
                level=mode.level + size * random.normal(size=mode.level.shape),
                adjustment=mode.adjustment + size * random.normal(size=1),
            )
            assert log_posterior(own, moved) < best


def test_the_mode_is_near_what_the_data_were_made_with(simulated, mode):
    assert np.abs(mode.item[:, 0] - TRUTH[:, 0]).max() < 0.2
    assert np.sign(mode.item[:, 0]).tolist() == [1, 1, -1, 1]
    assert mode.adjustment[0] == pytest.approx(0.7, abs=0.15)


@pytest.mark.parametrize("told", [True, False], ids=["directions turned too", "directions as they were"])
def test_the_anchors_loading_is_positive_even_if_its_values_are_turned(simulated, told):
    own = simulated[0]
    value = np.where(np.arange(4)[None, :, None] == 0, -own.value, own.value)
    direction = np.array([1.0, -1.0, 1.0, -1.0]) if told else own.direction
    found = find_mode(replace(own, value=value, direction=direction), PRIORS)
    assert found.item[0, 0] > 0.1
    # the path has turned with its anchor
    assert found.item[1, 0] < 0 < found.item[2, 0]


def test_a_level_that_only_one_year_tells_stays_near_its_neighbours(simulated):
    """One state's value stands alone in the last year: the random walk's small steps keep it from being the level."""
    own = simulated[0]
    seen = own.seen.copy()
    seen[:, 1, -1] = False
    seen[5, 1, -1] = True
    value = own.value.copy()
    value[5, 1, -1] = 8.0
    found = find_mode(replace(own, seen=seen, value=value), PRIORS)
    assert 0 < found.level[1, -1] - found.level[1, -2] < 0.5


def test_the_density_that_is_sampled_is_that_of_the_cross_sections_by_their_weight(simulated, mode):
    own = simulated[0]
    small = replace(
        own, span=own.span[:8], seen=own.seen[:8], value=own.value[:8], adjuster=own.adjuster[:, :8]
    )
    model = build_factor(small, mode.level, PRIORS, GraphVariables)
    density = model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    random, differences = np.random.default_rng(3), []
    for _ in range(4):
        item = np.stack([random.normal(0, 0.5, 4), random.uniform(0.65, 1.3, 4), np.zeros(4)], axis=1)
        item[0, 0] = abs(item[0, 0])
        at = replace(mode, item=item, adjustment=random.normal(size=1))
        values = {
            "anchor_loading_log__": np.log(item[0, 0]),
            "other_loading": (np.where(own.direction < 0, -1, 1) * item[:, 0])[1:],
            "error_sd_interval__": np.log(item[:, 1] - 0.6),
            "adjustment": at.adjustment,
        }
        ours = log_prior(small, at) + small.weight() * log_sections(small, at)
        differences.append(float(density(values)) - ours)
    np.testing.assert_allclose(differences, differences[0], atol=1e-8)


def test_two_constructs_can_be_one_measure_anchored_by_the_first():
    both = Composition("both", measures=("contact", "alignment"))
    assert panel(both, DATA).names[0] == "visits"
    chosen = Composition("some", measures=("alignment",), indicators=("disputes", "trade_share"))
    # without its anchor the first in the order of the data takes its place
    assert panel(chosen, DATA).names == ["trade_share", "disputes"]


FREE = replace(ALIGNMENT, free_after={"un_agreement": 1976, "aid": 1974})


def test_an_indicator_that_is_free_by_era_is_two_items_one_after_the_other():
    plain, own = panel(ALIGNMENT, DATA), panel(FREE, DATA)
    assert own.names == [
        *("un_agreement", "un_agreement from 1976", "trade_share", "disputes", "aid", "aid from 1974")
    ]
    early, late = own.seen[:, 0], own.seen[:, 1]
    assert not (early & late).any() and ((early | late) == plain.seen[:, 0]).all()
    assert not early[:, YEARS >= 1976].any() and not late[:, YEARS < 1976].any()
    np.testing.assert_array_equal(own.value[:, :2].sum(1), plain.value[:, 0])
    # both halves are adjusted, each by a slope of its own
    assert own.pairs.tolist() == [[4, 0], [5, 0]]
    assert own.adjustments == ["aid by log_income", "aid from 1974 by log_income"]


def test_two_loadings_of_an_indicator_are_found_again_where_it_is_free_and_not_where_it_is_not():
    data, random = example_data(states=400), np.random.default_rng(3)
    free = replace(ALIGNMENT, free_after={"trade_share": 1976})
    blank = panel(free, data)
    truth = np.array([[0.8, 0.6, 0.6], [0.9, 0.6, 0.4], [0.1, 1.0, 0.4], [-0.7, 0.7, 0.7], [0.5, 0.9, 0.3]])
    _, value = simulate_panel(blank, truth, 0.6, np.zeros((5, len(YEARS))), random)
    found = find_mode(replace(blank, value=np.nan_to_num(value)), PRIORS)
    np.testing.assert_allclose(found.item[:3, 0], truth[:3, 0], atol=0.12)
    whole = panel(ALIGNMENT, data)
    joined = np.nan_to_num(value[:, [0, 1, 3, 4]])
    joined[:, 1] += np.nan_to_num(value[:, 2])
    assert 0.3 < find_mode(replace(whole, value=joined), PRIORS).item[1, 0] < 0.7


def test_paths_are_those_of_the_plain_model_where_both_halves_load_alike(simulated, mode):
    plain, _ = simulated
    place, names, apart = halves(plain.names, FREE.free_after, plain.years)
    adjusted = np.array([[k, 0] for k, name in enumerate(names) if name.startswith("aid")])
    halved = replace(
        plain, names=names, value=plain.value[:, place], seen=plain.seen[:, place] & apart, pairs=adjusted
    )
    alike = replace(
        mode, level=mode.level[place], item=mode.item[place], adjustment=np.repeat(mode.adjustment, 2)
    )
    for one, other in zip(
        path_moments(plain, mode.arguments()),
        path_moments(halved, alike.arguments()),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-12)
