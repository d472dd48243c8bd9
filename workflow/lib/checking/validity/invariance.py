"""Does an indicator measure the same in all eras and alliance blocs?

An indicator's loading, level and error are estimated anew in one group of years of states, all else held at the posterior
mean, and again in the rest; the two loadings are compared. Levels are free, so that a group that stands higher or lower on an
indicator for reasons of its own is not taken for one in which the indicator measures less.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import optimize, stats

from models.blocks.factor import Mode, Panel
from models.cross_sections import CrossSections
from workflow.lib.checking.blocs import BLOCS
from workflow.lib.checking.draws import interval_probabilities
from workflow.lib.checking.table import CANNOT_TELL, DESCRIBED, FAILED, PASSED, check_row, check_table, holm

ERA_BOUNDARY = 1990
LATER_ERA = f"from {ERA_BOUNDARY} on"
SIGNIFICANT = 0.05
FEWEST_CELLS = 100
# an indicator that varies less than this in a group, against all, tells nothing about its loading there
LEAST_VARIATION = 0.1
# blocs are formed by alliances, of which this indicator is one
DEFINES_BLOCS = ("defence_pact",)
STEP = 1e-4


def groups_of(panel: Panel, bloc: np.ndarray | None) -> dict[str, np.ndarray]:
    """Years of states by group, (S, T): the later era, and each bloc."""
    late = np.broadcast_to(panel.years >= ERA_BOUNDARY, panel.seen[:, 0].shape)
    groups = {LATER_ERA: late}
    if bloc is not None and len(np.unique(bloc)) > 1:
        groups |= {name: bloc == k for k, name in enumerate(BLOCS)}
    return groups


def loading_in(panel: Panel, mode: Mode, item: int, group: np.ndarray) -> tuple[float, float]:
    """Loading of one indicator in a group, and its standard error; NaN if the likelihood has no clear maximum there."""
    part = replace(panel, seen=panel.seen & group[:, None, :])
    sections, level, weight = CrossSections.of(part), mode.level, panel.weight()
    unit_vector = np.zeros((len(panel.names), 1))
    unit_vector[item] = 1.0

    def gradient(z):
        loading, sd = mode.item[:, 0].copy(), mode.item[:, 1].copy()
        loading[item], sd[item] = z[0], np.exp(z[2])
        value, by_level, _, by_loading, by_sd = sections.density(
            level + z[1] * unit_vector, mode.adjustment, loading, sd
        )
        # a weak prior keeps the loading finite where an indicator hardly varies
        slope = [by_loading[item], by_level[item].sum(), by_sd[item] * sd[item]]
        return weight * value - 0.5 * z @ z, weight * np.array(slope) - z

    start = np.array([mode.item[item, 0], 0.0, np.log(mode.item[item, 1])])
    fit = optimize.minimize(lambda z: tuple(-x for x in gradient(z)), start, jac=True, method="L-BFGS-B")
    steps = STEP * np.eye(3)
    curvature = np.array([gradient(fit.x + s)[1] - gradient(fit.x - s)[1] for s in steps]) / (2 * STEP)
    try:
        covariance = np.linalg.inv(-(curvature + curvature.T) / 2)
    except np.linalg.LinAlgError:
        return np.nan, np.nan
    return (float(fit.x[0]), float(np.sqrt(covariance[0, 0]))) if covariance[0, 0] > 0 else (np.nan, np.nan)


def _varies(panel: Panel, item: int, group: np.ndarray) -> bool:
    seen = panel.seen[:, item]
    inside = panel.value[:, item][seen & group]
    return inside.size >= FEWEST_CELLS and inside.var() > LEAST_VARIATION * panel.value[:, item][seen].var()


def invariance(
    panel: Panel,
    mode: Mode,
    bloc: np.ndarray | None,
    model: str,
    interval: float,
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Difference of each indicator's loading between a group and the rest.

    Parameters
    ----------
    panel : Panel
    mode : Mode
        Parameters that the rest is held at.
    bloc : array of int, shape (S, T), optional
        From ``alliance_blocs``.
    model : str
    interval : float
    labels : mapping of str to str, optional
        Words for the indicators.
    """
    rows = []
    for name, group in groups_of(panel, bloc).items():
        for k, item in enumerate(panel.names):
            words = f"Loading of {(labels or {}).get(item, item)}: {name}, against the rest"
            row = {"item": f"{item}:{name}", "label": words, "item_loading": mode.item[k, 0], "note": ""}
            if item in DEFINES_BLOCS and name in BLOCS:
                row |= {"verdict": DESCRIBED, "note": "blocs are formed by what this indicator reads"}
            elif not (_varies(panel, k, group) and _varies(panel, k, ~group)):
                row |= {
                    "verdict": CANNOT_TELL,
                    "note": "it hardly varies, or was hardly observed, in one of the two",
                }
            else:
                inside, outside = loading_in(panel, mode, k, group), loading_in(panel, mode, k, ~group)
                row |= {"difference": inside[0] - outside[0], "sd": float(np.hypot(inside[1], outside[1]))}
                row["note"] = f"{inside[0]:.2f} against {outside[0]:.2f}"
            rows.append(row)
    return _judged(rows, model, interval)


def free_by_era(table: pd.DataFrame, already_free: Mapping[str, int]) -> dict[str, int]:
    """Those free already and those that measure otherwise in the later era, with the year from which on; none if none is new."""
    failed = [item.split(":", 1) for item in table.loc[table["verdict"] == FAILED, "item"]]
    newly_free = {indicator: ERA_BOUNDARY for indicator, group in failed if group == LATER_ERA}
    return {**already_free, **newly_free} if newly_free else {}


def _judged(rows: list[dict], model: str, interval: float) -> pd.DataFrame:
    difference, sd = (np.array([row.get(n, np.nan) for row in rows], float) for n in ("difference", "sd"))
    p_values = 2 * stats.norm.sf(np.abs(difference / sd))
    adjusted, tests = holm(p_values), max(int(np.isfinite(p_values).sum()), 1)
    quantile = stats.norm.ppf(interval_probabilities(interval)[1])
    critical = stats.norm.isf(SIGNIFICANT / 2 / tests)
    judged = []
    for i, row in enumerate(rows):
        columns = {"unit": "", "expected": "near zero", "note": row["note"]}
        verdict = row.get("verdict", CANNOT_TELL)
        if np.isfinite(p_values[i]):
            # power: the chance to see a loading that is half as large as it should be
            half = abs(row["item_loading"]) / 2 / sd[i]
            power = float(stats.norm.sf(critical - half) + stats.norm.cdf(-critical - half))
            verdict = FAILED if adjusted[i] < SIGNIFICANT else (PASSED if power >= 0.5 else CANNOT_TELL)
            lower, upper = difference[i] - quantile * sd[i], difference[i] + quantile * sd[i]
            columns |= {"estimate": difference[i], "lower": lower, "upper": upper, "power": power}
            columns["note"] += f"; p after Holm {adjusted[i]:.3f}"
        judged.append(check_row("invariance", model, row["item"], row["label"], verdict, **columns))
    return check_table(judged)
