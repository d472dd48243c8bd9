"""The sets of indicators at the corners of the table, sampled: are the fast approximation's effects those of the main model?

For the default set and those with the largest and the smallest effect of quality and of ties, the measurement is sampled by
NUTS and the main model refitted with it plugged in.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from models.composition import TIES, Composition
from models.estimands import average_change, contrast_values
from models.priors import Priors
from workflow.lib.checking.diagnostics import diagnose, gate
from workflow.lib.checking.indicator_sets import measuring_with
from workflow.lib.checking.refits import CAREFUL_ACCEPTANCE, LONGER, Log, Refitter
from workflow.lib.errors import UserError
from workflow.lib.inference.measurement import compile_measurement
from workflow.lib.inference.sampling import derive_seed

EFFECTS = ("quality_effect", "ties_effect")


def corners(table: pd.DataFrame) -> list[int]:
    """Rows of the default set, and of those with the largest and the smallest effect of each term."""
    ends = [find() for name in EFFECTS for find in (table[name].idxmax, table[name].idxmin)]
    return list(dict.fromkeys([0, *ends]))


class SampledSets:
    """Measures sets of indicators by NUTS and refits the main model to each.

    Parameters
    ----------
    main : Composition
        Its first latent regressor is what sets of indicators measure.
    measuring : Composition
    data : xarray.Dataset
    others : mapping of str to xarray.Dataset
        Paths of the main model's other latent regressors.
    run : mapping
        See ``Refitter.configured``.
    log : callable
    """

    def __init__(
        self,
        main: Composition,
        measuring: Composition,
        data: xr.Dataset,
        others: Mapping,
        run: Mapping,
        log: Log,
    ):
        own = {"stage": "indicator_sets", "run": run, "log": log}
        plugged = replace(main, inference="plugin")
        self.refitter = Refitter.configured(plugged, data, dict(others), **own)
        self.measuring, self.data, self.log = measuring, data, log
        short = self.refitter.settings
        more = {"tune": LONGER * short.tune, "draws": LONGER * short.draws}
        self.settings = replace(short, target_accept=CAREFUL_ACCEPTANCE, **more)

    def measure(self, names: tuple[str, ...], label: str) -> xr.Dataset:
        """Latent paths of a set whose measurement passed the refits' gate."""
        chosen, refitter = measuring_with(self.measuring, names, self.data), self.refitter
        compiled = compile_measurement(chosen, self.data, Priors(refitter.priors), self.settings)
        tree = compiled.sample(derive_seed(refitter.seed, refitter.stage, chosen.name, label))
        gate(diagnose(tree, refitter.thresholds, f"{chosen.name} ({refitter.stage}: {label})"))
        return tree["latent"].to_dataset()

    def effects(self, names: tuple[str, ...], label: str) -> tuple[float, float]:
        """Posterior means of the effects of what a set measures and of ties; NaN where a fit does not converge."""
        measured, refitter = self.refitter.measured, self.refitter
        try:
            measured = {**measured, self.measuring.name: self.measure(names, label)}
            if refitter.compiled is None:
                refitter.measured = measured
            draws = refitter.fit(label, measured=measured)
        except UserError as fault:
            self.log(f"{label}: {fault}")
            return np.nan, np.nan
        found = average_change(draws, contrast_values(refitter.composition, self.data, measured))
        terms = (self.measuring.name, TIES)
        return tuple(float(found[key].mean()) if (key := f"{t}_effect") in found else np.nan for t in terms)


def with_sampled(table: pd.DataFrame, sampled: SampledSets | None) -> pd.DataFrame:
    """The table with columns of sampled effects, empty but at the corners; all empty without a main model of the measure."""
    columns = [f"{name}_sampled" for name in EFFECTS]
    found = table.assign(**dict.fromkeys(columns, np.nan))
    for row in corners(table) if sampled is not None else ():
        names = tuple(table.at[row, "indicators"].split(";"))
        found.loc[row, columns] = sampled.effects(names, f"set {table.at[row, 'set']}")
    return found
