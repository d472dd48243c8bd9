"""The parts of the stage on small panels whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from models.blocks.factor import Panel
from models.priors import Priors
from tests.models.simulate import simulate_panel
from workflow.lib.checking.blocs import BLOCS, alliance_blocs
from workflow.lib.checking.table import CHECK_COLUMNS
from workflow.lib.checking.validity.benchmark import benchmark, equal_weight_index
from workflow.lib.checking.validity.constructs import correlations, reliability
from workflow.lib.checking.validity.invariance import free_by_era, holm, invariance
from workflow.lib.checking.validity.items import indicator_stability, information_shares
from workflow.lib.checking.validity.known import Places, known_groups, known_orderings, turning_points
from workflow.lib.checking.validity.paths import correlation_within_years, paths_at, percentiles, refit
from workflow.lib.checking.validity.vintages import vintages

YEARS = np.arange(1980, 2000)
NAMES = {1: "Northland", 2: "Southland", 3: "Westland", 4: "Eastland"}
ITEMS = np.array([[0.7, 0.7, 0.7], [0.6, 0.8, 0.7], [0.5, 0.9, 0.7], [-0.6, 0.8, 0.7], [0.6, 0.8, 0.7]])


def empty_panel(states=120, items=5, direction=(1, 1, 1, -1, 1)) -> Panel:
    shape = (states, items, len(YEARS))
    return Panel(
        names=[f"item_{k}" for k in range(items)],
        states=np.arange(states) + 1,
        years=YEARS,
        value=np.zeros(shape),
        seen=np.random.default_rng(0).random(shape) > 0.1,
        span=np.tile([0, len(YEARS) - 1], (states, 1)),
        adjuster=np.zeros((0, states, len(YEARS))),
        pairs=np.zeros((0, 2), np.int64),
        adjustments=[],
        direction=np.array(direction, float),
    )


def simulated(seed=1, item=ITEMS, **changes):
    """Paths and a panel in which they were measured."""
    blank = empty_panel(items=len(item))
    level = np.zeros((len(item), len(YEARS)))
    path, value = simulate_panel(blank, item, 0.95, level, np.random.default_rng(seed))
    return path, replace(blank, value=np.nan_to_num(value), **changes)


def constant_draws(values) -> np.ndarray:
    """Fifty paths of four states, a little noise about given values (S, T)."""
    noise = 0.01 * np.random.default_rng(1).normal(size=(50, *np.shape(values)))
    return np.asarray(values, float) + noise


@pytest.fixture
def places():
    latent = xr.Dataset(coords={"state": [1, 2, 3, 4], "year": YEARS})
    return Places(latent, NAMES)


LEVELS = np.repeat([[2.0], [1.0], [-1.0], [-2.0]], len(YEARS), axis=1)


def orderings(*rows):
    return pd.DataFrame(rows, columns=["higher_state", "lower_state", "year", "reason"])


def test_an_ordering_that_holds_passes_and_its_reverse_fails(places):
    table = known_orderings(
        constant_draws(LEVELS), places, orderings((1, 4, 1985, "ally"), (4, 1, 1985, "no")), "q"
    )
    assert table["verdict"].tolist() == ["passed", "failed"]
    assert table["estimate"].tolist() == [1.0, 0.0]
    assert table["label"][0] == "Northland above Eastland, 1985"
    assert table.columns.tolist() == CHECK_COLUMNS


def test_an_ordering_of_a_state_or_year_outside_the_panel_cannot_be_told(places):
    table = known_orderings(
        constant_draws(LEVELS), places, orderings((1, 99, 1985, ""), (1, 2, 2020, "")), "q"
    )
    assert table["verdict"].tolist() == ["cannot tell"] * 2
    assert table["estimate"].isna().all()


@pytest.mark.parametrize(
    ("chance", "verdict"),
    [(0.39, "failed"), (0.41, "cannot tell"), (0.59, "cannot tell"), (0.61, "passed")],
)
def test_an_ordering_passes_from_six_in_ten_and_fails_below_four(chance, verdict, places):
    draws = np.zeros((50, *LEVELS.shape))
    # fifty values of mean zero and spread one, about a mean whose chance to be above zero is known
    spread = norm.ppf((np.arange(50) + 0.5) / 50)
    draws[:, 0] += (spread / spread.std() + norm.ppf(chance))[:, None]
    table = known_orderings(draws, places, orderings((1, 2, 1985, "ally")), "q")
    assert (table["verdict"].tolist(), table["estimate"][0]) == ([verdict], pytest.approx(chance))


def test_a_turning_point_is_net_of_what_all_states_did(places):
    rising = LEVELS + np.linspace(0, 5, len(YEARS))
    rising[3] += 3 * (YEARS > 1990)
    points = pd.DataFrame(
        [
            (4, 1988, 1992, "up", "thaw"),
            (1, 1988, 1992, "up", "no more than others"),
            (1, 1970, 1992, "up", ""),
        ],
        columns=["state", "year_before", "year_after", "direction", "event"],
    )
    table = turning_points(constant_draws(rising), places, points, "q")
    assert table["verdict"].tolist() == ["passed", "failed", "cannot tell"]


def test_a_turning_point_that_half_of_the_paths_show_cannot_be_told(places):
    draws = constant_draws(LEVELS)
    draws[:, 2, 12:] += np.where(np.arange(50) % 2, 1.0, -1.0)[:, None]
    points = pd.DataFrame(
        [(3, 1985, 1995, "up", "")], columns=["state", "year_before", "year_after", "direction", "event"]
    )
    table = turning_points(draws, places, points, "q")
    assert table["verdict"].tolist() == ["cannot tell"] and 0.4 <= table["estimate"][0] <= 0.6


def groups(*rows):
    return pd.DataFrame(rows, columns=["kind", "state", "from_year", "to_year", "expectation", "note"])


def test_groups_are_read_strictly_inside_their_years(places):
    # the state is low in the first and the last year alone
    levels = LEVELS.copy()
    levels[0, [5, 10]] = -9
    table = known_groups(
        constant_draws(levels), places, groups(("ally", 1, 1985, 1990, "high", "Overlap: a pact.")), "q", 0.9
    )
    assert table["estimate"][0] == 1.0
    assert "1 share a source" in table["note"][0]


def test_a_group_on_the_wrong_side_fails_and_is_named(places):
    table = known_groups(
        constant_draws(LEVELS),
        places,
        groups(
            ("foe", 1, 1982, None, "low", ""),
            ("foe", 4, 1982, None, "low", ""),
            ("form", 2, 1982, None, "none", ""),
        ),
        "q",
        0.9,
    ).set_index("item")
    assert table.at["foe:low", "estimate"] == pytest.approx(0.5)
    assert table.at["foe:low:spells", "estimate"] == 0.5
    assert "Northland 1983-1999" in table.at["foe:low:spells", "note"]
    assert table.at["form:none", "verdict"] == "described"


def test_a_group_of_one_year_has_no_year_inside(places):
    table = known_groups(constant_draws(LEVELS), places, groups(("war", 1, 1990, 1990, "low", "")), "q", 0.9)
    assert table.empty


def test_percentiles_go_from_none_to_all_and_skip_missing_states():
    value = np.array([[3.0], [1.0], [np.nan], [2.0]])
    assert percentiles(value)[:, 0].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(percentiles(value)[2, 0]) and percentiles(value)[3, 0] == 0.5


def test_correlation_within_years_ignores_what_years_have_in_common():
    random = np.random.default_rng(1)
    first = random.normal(size=(50, 5))
    second = first + 0.01 * random.normal(size=(50, 5)) + 100 * np.arange(5)
    second[3, 2] = np.nan
    assert correlation_within_years(first, second) > 0.99
    assert correlation_within_years(first, -second) < -0.99


def test_the_index_takes_out_year_means_and_turns_signs():
    path, panel = simulated()
    assert correlation_within_years(path, equal_weight_index(panel)) > 0.8
    assert np.abs(np.nanmean(equal_weight_index(panel), axis=0)).max() < 0.05


def test_a_sign_that_was_swapped_lowers_the_index_but_not_the_model():
    path, panel = simulated()
    _, swapped = simulated(direction=np.array([1, 1, 1, 1, 1.0]))
    loss = correlation_within_years(path, equal_weight_index(panel)) - correlation_within_years(
        path, equal_weight_index(swapped)
    )
    assert loss > 0.05
    assert refit(swapped, Priors()).mode.item[3, 0] < -0.3


def test_an_item_given_to_the_wrong_construct_agrees_with_nothing_when_it_is_left_out():
    _, panel = simulated()
    _, other = simulated(seed=7)
    value = panel.value.copy()
    value[:, 4] = other.value[:, 4]
    planted = replace(panel, value=value)

    def agreement(own, k):
        kept = [i for i in range(5) if i != k]
        rest = replace(
            own,
            names=[own.names[i] for i in kept],
            value=np.ascontiguousarray(own.value[:, kept]),
            seen=own.seen[:, kept],
            direction=own.direction[kept],
        )
        item = np.where(own.seen[:, k], own.value[:, k], np.nan)
        return correlation_within_years(refit(rest, Priors()).smoothed, item)

    assert agreement(panel, 4) > 0.3
    assert abs(agreement(planted, 4)) < 0.2


def test_paths_are_turned_so_that_indicators_point_where_they_should():
    path, panel = simulated()
    hostile = replace(panel, direction=-panel.direction)
    measured = refit(panel, Priors())
    assert correlation_within_years(path, measured.smoothed) > 0.8
    assert correlation_within_years(path, paths_at(hostile, measured.mode).smoothed) < -0.8


def test_the_benchmark_fails_a_model_that_is_worse_than_the_index(places):
    path, panel = simulated()
    known = {"orderings": orderings(*[(int(a) + 1, int(b) + 1, 1990, "") for a, b in _clear_pairs(path)])}
    wide = Places(xr.Dataset(coords={"state": panel.states, "year": YEARS}), {})
    good = benchmark(np.stack([path] * 5), panel, wide, known, {}, "q").set_index("item")
    assert good.at["orderings", "verdict"] == "passed"
    assert good.at["orderings_brier", "estimate"] == 0
    bad = benchmark(np.stack([-path] * 5), panel, wide, known, {}, "q").set_index("item")
    assert bad.at["orderings", "estimate"] == 0 and bad.at["orderings", "verdict"] == "failed"


def _clear_pairs(path):
    order = np.argsort(-path[:, 10])
    return list(zip(order[:10], order[-10:], strict=True))


def latent_of(path, error, seed, samples=100):
    """A latent group whose draws have a known error about known means."""
    random = np.random.default_rng(seed)
    mean = path / (1 + error**2) + random.normal(size=path.shape) * error / (1 + error**2)
    sd = np.full(path.shape, error / np.sqrt(1 + error**2))
    draws = mean + sd * random.normal(size=(samples, *path.shape))
    on = ("state", "year")
    found = {f"{i}_{m}": (on, v) for i in ("smoothed", "filtered") for m, v in (("mean", mean), ("sd", sd))}
    found["smoothed_draw"] = (("sample", *on), draws)
    return xr.Dataset(found, coords={"state": np.arange(len(path)), "year": np.arange(path.shape[1]) + 1980})


def test_correlations_of_constructs_are_freed_of_measurement_error():
    random = np.random.default_rng(3)
    first = random.normal(size=(400, 20))
    second = 0.5 * first + np.sqrt(0.75) * random.normal(size=(400, 20))
    table = correlations({"a": latent_of(first, 0.8, 4), "b": latent_of(second, 1.0, 5)}, 0.9)
    assert table["estimate"][0] == pytest.approx(0.5, abs=0.04)
    assert table["lower"][0] < 0.5 < table["upper"][0]
    assert table["verdict"][0] == "passed"


def test_draws_made_with_the_same_random_numbers_do_not_correlate_constructs():
    paths = np.random.default_rng(3).normal(size=(2, 400, 20))
    noise = np.random.default_rng(9).normal(size=(100, 400, 20))
    same = {"a": latent_of(paths[0], 1.0, 4), "b": latent_of(paths[1], 1.0, 4)}
    for latent, path in zip(same.values(), paths, strict=True):
        latent["smoothed_mean"] = (("state", "year"), path / np.sqrt(2))
        latent["smoothed_draw"] = (("sample", "state", "year"), (path + noise) / np.sqrt(2))
    table = correlations(same, 0.9)
    assert -0.1 < table["lower"][0] < table["upper"][0] < 0.1


def test_one_construct_under_two_names_is_seen():
    path = np.random.default_rng(3).normal(size=(400, 20))
    table = correlations({"a": latent_of(path, 0.5, 4), "b": latent_of(path, 0.5, 5)}, 0.9)
    assert table["estimate"][0] > 0.95 and table["verdict"][0] == "failed"


def test_reliability_is_what_the_error_leaves():
    latent = latent_of(np.random.default_rng(3).normal(size=(500, 20)), 0.5, 4)
    assert reliability(latent.smoothed_mean.values, latent.smoothed_sd.values) == pytest.approx(
        1 / 1.25, abs=0.02
    )


def posterior_of(item):
    draws = np.broadcast_to(item, (1, 10, *item.shape))
    on = ("chain", "draw", "indicator")
    return xr.Dataset({"loading": (on, draws[..., 0]), "error_sd": (on, draws[..., 1])})


def test_an_indicator_that_is_the_construct_by_itself_fails():
    panel = empty_panel()
    even = information_shares(panel, posterior_of(ITEMS), "q", 0.9)
    assert set(even["verdict"]) == {"passed"} and even["estimate"].sum() == pytest.approx(1)
    alone = ITEMS.copy()
    alone[0, :2] = 0.95, 0.3
    table = information_shares(panel, posterior_of(alone), "q", 0.9)
    assert table["verdict"].tolist() == ["failed", *["passed"] * 4]


def test_an_indicator_that_stops_to_measure_in_an_era_is_found():
    path, panel = simulated(seed=2)
    same = refit(panel, Priors())
    assert "failed" not in set(invariance(panel, same.mode, None, "q", 0.9)["verdict"])
    value, late = panel.value.copy(), YEARS >= 1990
    value[:, 1, late] -= ITEMS[1, 0] * path[:, late]
    changed = replace(panel, value=value)
    table = invariance(changed, refit(changed, Priors()).mode, None, "q", 0.9).set_index("item")
    assert table.at["item_1:from 1990 on", "verdict"] == "failed"
    assert table.at["item_1:from 1990 on", "upper"] < -0.3
    # what others are compared with is then wrong as well, by less
    assert table["estimate"].abs().idxmax() == "item_1:from 1990 on"


def test_a_bloc_that_stands_higher_on_an_indicator_is_not_taken_for_another_loading():
    path, panel = simulated(seed=2)
    bloc = np.where(np.arange(len(path)) < 60, 0, 2)[:, None] * np.ones(len(YEARS), int)
    value = panel.value.copy()
    value[:60, 2] += 1.0
    raised = replace(panel, value=value)
    table = invariance(raised, refit(panel, Priors()).mode, bloc, "q", 0.9)
    assert "failed" not in set(table["verdict"])


def test_holm_raises_p_values_by_their_place_and_keeps_their_order():
    assert holm(np.array([0.01, np.nan, 0.04, 0.03]))[[0, 2, 3]].tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(holm(np.array([0.01, np.nan]))[1])


def test_a_state_allied_with_both_sides_belongs_to_the_pivotal_state():
    rows = pd.DataFrame(
        {"state": [1, 2, 3], "year": 1980, "alliance_joint": [2, 0, np.nan], "alliance_russia": [1, 1, 0]}
    )
    bloc = alliance_blocs(rows, np.array([1, 2, 3, 4]), np.array([1980]))
    assert [BLOCS[k] for k in bloc[:, 0]] == [BLOCS[0], BLOCS[1], BLOCS[2], BLOCS[2]]


def test_vintages_of_a_stable_world_agree_with_the_whole_period():
    path, panel = simulated(seed=5)
    measured = refit(panel, Priors())
    table = vintages(panel, measured.filtered, np.full(path.shape, 0.4), Priors(), "q")
    assert table["item"].tolist() == ["correlation:1985", "difference:1985"]
    assert set(table["verdict"]) == {"passed"}


def test_an_indicator_that_measures_otherwise_in_the_later_era_is_freed_and_its_consequence_judged(places):
    from workflow.lib.checking.table import check_row, check_table

    rows = [("item_1:from 1990 on", "failed"), ("item_2:from 1990 on", "passed"), ("item_3:allied", "failed")]
    table = check_table([check_row("invariance", "q", item, item, verdict) for item, verdict in rows])
    assert free_by_era(table, {}) == {"item_1": 1990}
    assert free_by_era(table, {"item_2": 1970}) == {"item_1": 1990, "item_2": 1970}
    assert free_by_era(table.iloc[:0], {"item_2": 1970}) == {}
    path, panel = simulated()
    other = paths_at(
        replace(panel, names=["item_0", "item_1", "item_1 from 1990", "item_3", "item_4"]),
        refit(panel, Priors()).mode,
    )
    for full, verdict in ((other.smoothed, "passed"), (-other.smoothed, "failed")):
        found = indicator_stability(full, {}, other, places, [1], 1995, "q")
        assert found["item"].tolist() == ["free_by_era"] and found["verdict"].tolist() == [verdict]
        assert found["label"][0] == "Paths with item 1 from 1990 free against the full ones"
    assert indicator_stability(path, {}, None, places, [1], 1995, "q").empty
