"""Plug-in and cut inference: an outcome model that takes quality from the posterior of a measurement model.

Plug-in takes the posterior mean as if it were known. Cut takes draw after draw and refits the outcome to each, so that
the uncertainty of quality reaches the outcome but the outcome does not inform quality (Plummer 2015; Jacob et al. 2017).
Each chain of a cut posterior has its own draws of quality, so that R-hat and effective sample size speak about the number
of those draws too: where they pass the gate, the draws were enough.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import xarray as xr

from models.composition import Composition
from models.posterior import mission_latent
from workflow.lib.inference.progress import Log
from workflow.lib.inference.sampling import Compiled, derive_seed

CUT_TUNE = 200


def given_quality(tree: xr.DataTree) -> xr.DataArray | None:
    """Quality that a plug-in or cut posterior was given; None for other models.

    Returns
    -------
    xarray.DataArray or None
        (mission, state) of a plug-in, (chain, draw, mission, state) of a cut posterior.
    """
    if "given" not in tree.children:
        return None
    given = tree["given"].to_dataset()
    if "quality_draw" not in given.dims:
        return given["quality"]
    return given["quality"].isel(quality_draw=given["used"])


def _fill(values: xr.DataArray) -> np.ndarray:
    return values.transpose("mission", "state").values.astype(float)


def sample_plugin(
    compiled: Compiled, data: xr.Dataset, measured: xr.Dataset, seed: int, log: Log | None
) -> xr.DataTree:
    """Draws of the outcome given the posterior mean of quality.

    Parameters
    ----------
    compiled : Compiled
        The outcome model.
    data : xarray.Dataset
        The analysis data set.
    measured : xarray.Dataset
        Posterior of the measurement model.
    seed : int
    log : callable, optional
    """
    mean = mission_latent(measured, data).mean(("chain", "draw"))
    tree = compiled.sample(seed, {"given_quality": _fill(mean)}, log=log)
    tree["given"] = xr.DataTree(xr.Dataset({"quality": mean}))
    return tree


def sample_cut(
    compiled: Compiled,
    data: xr.Dataset,
    measured: xr.Dataset,
    composition: Composition,
    seed: int,
    log: Log | None,
) -> xr.DataTree:
    """Draws of the outcome over draws of quality, without feedback; see the module.

    Every chain takes ``cut_draws / chains`` draws of quality, evenly spaced in the measurement posterior, and keeps the
    same number of draws of the outcome for each.
    """
    settings = compiled.settings
    by_chain = max(composition.cut_draws // settings.chains, 1)
    kept = max(settings.draws // by_chain, 1)
    quality = (
        mission_latent(measured, data).stack(sample=("chain", "draw")).transpose("sample", "mission", "state")
    )
    chosen = np.linspace(0, quality.sizes["sample"] - 1, by_chain * settings.chains).astype(int)
    # dealt to the chains in turn, so that each chain spans the measurement posterior
    chosen = chosen.reshape(by_chain, settings.chains).T
    short = replace(settings, chains=1, tune=CUT_TUNE, draws=kept, cores=1)
    started = time.monotonic()

    def sample_chain(chain: int) -> xr.DataTree:
        parts = []
        for number, draw in enumerate(chosen[chain]):
            arrays = {"given_quality": _fill(quality.isel(sample=draw))}
            parts.append(compiled.sample(derive_seed(seed, chain, number), arrays, settings=short))
            if log and (number + 1) % 10 == 0:
                seconds = time.monotonic() - started
                log(
                    f"{composition.name}: chain {chain + 1}, {number + 1} of {by_chain} draws of quality, {seconds:.0f} s"
                )
        return _joined(parts, "draw")

    with ThreadPoolExecutor(settings.cores or os.cpu_count()) as pool:
        chains = list(pool.map(sample_chain, range(settings.chains)))
    tree = _joined(chains, "chain")
    used = np.repeat(np.arange(chosen.size).reshape(chosen.shape), kept, axis=1)
    given = quality.isel(sample=chosen.ravel()).drop_vars(("sample", "chain", "draw"), errors="ignore")
    given = given.rename(sample="quality_draw").astype("float32")
    tree["given"] = xr.DataTree(xr.Dataset({"quality": given, "used": (("chain", "draw"), used)}))
    tree.attrs["seconds"] = time.monotonic() - started
    return tree


def _joined(parts: list[xr.DataTree], dimension: str) -> xr.DataTree:
    """Trees of one structure put behind one another along chain or draw, counted anew from 0."""
    groups = {}
    for name in ("posterior", "sample_stats"):
        whole = xr.concat([part[name].to_dataset() for part in parts], dim=dimension)
        groups[name] = whole.assign_coords({dimension: np.arange(whole.sizes[dimension])})
    return xr.DataTree.from_dict(groups)
