"""One way to sample a composition, whatever its inference: joint, plug-in or cut; also with missions left out.

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


def without_missions(data: xr.Dataset, left_out: xr.DataArray) -> xr.Dataset:
    """The same data with the decisions on some missions masked.

    What belongs to such a mission alone (its intercept, its slopes) is then drawn from its distribution over missions.

    Parameters
    ----------
    data
        The analysis dataset.
    left_out
        (mission,), true for the missions to mask.

    Returns
    -------
    xarray.Dataset
        With the same labels, so that a model is not compiled again for it.
    """
    return data.assign(joined=data["joined"].where(~left_out))
