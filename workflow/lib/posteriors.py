"""One way to sample a composition, whatever its inference: joint, plug-in or cut; also with a mission left out.

Between the scripts and `workflow.lib.inference`, which does the work.
"""

from __future__ import annotations

import xarray as xr

from workflow.lib.inference.given import sample_cut, sample_plugin
from workflow.lib.inference.progress import Log
from workflow.lib.inference.sampling import Compiled


def sample_posterior(
    compiled: Compiled, data: xr.Dataset, measured: xr.Dataset | None, seed: int, log: Log | None = None
) -> xr.DataTree:
    """Draws of a compiled model.

    Parameters
    ----------
    compiled
        The model.
    data
        The analysis dataset.
    measured
        Posterior of the model that measures the latents; needed by plug-in and cut models only.
    seed
        Of this sampling.
    log
        Takes lines of progress.

    Returns
    -------
    xarray.DataTree
        Groups `posterior`, `sample_stats` and, for plug-in and cut, `given`.
    """
    composition = compiled.composition
    if composition.inference == "plugin":
        return sample_plugin(compiled, data, measured, seed, log)
    if composition.inference == "cut":
        return sample_cut(compiled, data, measured, composition, seed, log)
    return compiled.sample(seed, log=log)


def without_mission(compiled: Compiled, data: xr.Dataset, mission: str) -> Compiled:
    """The same compiled model with the decisions on one mission masked.

    What belongs to the mission alone (its intercept, its slopes) is then drawn from its distribution over missions.
    """
    masked = data.assign(joined=data["joined"].where(data["mission"] != mission))
    return compiled.with_data(masked)
