"""The sets of indicators at the corners of the table, sampled: are the fast approximation's effects those of the main model?

For the default set and those with the largest and the smallest effect of quality and of ties, the measurement is sampled by
NUTS and the main model refitted with it plugged in.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from models.composition import TIES, Composition
from models.priors import Priors
from workflow.lib.checking.diagnostics import diagnose, gate
from workflow.lib.checking.indicator_sets import measuring_with
from workflow.lib.checking.refits import RETRY_FACTOR, RETRY_TARGET_ACCEPT, Refitter
from workflow.lib.errors import UserError
from workflow.lib.inference.measurement import compile_measurement
from workflow.lib.inference.sampling import derive_seed

EFFECTS = ["quality_effect", "ties_effect"]
SAMPLED = [f"{name}_sampled" for name in EFFECTS]


def corners(table: pd.DataFrame) -> list[int]:
    """Rows of the default set, and of those with the largest and the smallest effect of each term."""
    ends = [find() for name in EFFECTS for find in (table[name].idxmax, table[name].idxmin)]
    return list(dict.fromkeys([0, *ends]))


def sampled_effects(
    indicators: list[str], label: str, measuring: Composition, refitter: Refitter
) -> list[float]:
    """Posterior means of the effects of what a set measures and of ties; NaN where a fit does not pass the refits' gate."""
    composition, short = measuring_with(measuring, tuple(indicators), refitter.data), refitter.settings
    longer = {
        "target_accept": RETRY_TARGET_ACCEPT,
        "tune": RETRY_FACTOR * short.tune,
        "draws": RETRY_FACTOR * short.draws,
    }
    settings, priors = replace(short, **longer), Priors(refitter.priors)
    try:
        measurement = compile_measurement(composition, refitter.data, priors, settings)
        tree = measurement.sample(derive_seed(refitter.seed, refitter.stage, composition.name, label))
        gate(diagnose(tree, refitter.thresholds, f"{composition.name} ({refitter.stage}: {label})"))
        refitter.measured = {**refitter.measured, composition.name: tree["latent"].to_dataset()}
        effects = refitter.effects(refitter.fit(label, measured=refitter.measured))
    except UserError as fault:
        refitter.log(f"{label}: {fault}")
        return [np.nan, np.nan]
    keys = [f"{term}_effect" for term in (composition.name, TIES)]
    return [float(effects[key].mean()) if key in effects else np.nan for key in keys]


def with_sampled(table: pd.DataFrame, measuring: Composition, refitter: Refitter | None) -> pd.DataFrame:
    """The table with columns of sampled effects, empty but at the corners; all empty without a main model of the measure."""
    extended = table.assign(**dict.fromkeys(SAMPLED, np.nan))
    for row in corners(table) if refitter is not None else ():
        indicators, label = table.at[row, "indicators"].split(";"), f"set {table.at[row, 'set']}"
        extended.loc[row, SAMPLED] = sampled_effects(indicators, label, measuring, refitter)
    return extended
