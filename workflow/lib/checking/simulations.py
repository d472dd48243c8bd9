"""Data simulated from a model or a world, fitted without compiling again: what the target `calibration` is made of.

From compositions, the analysis data set and draws of parameters (from the priors, or from a posterior) to the functions that
`workflow.lib.checking.calibration` calls. A refit that fails its gate twice is kept and marked: a calibration over the easy
data sets would be none.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from models.average import average_effects
from models.composition import Composition
from models.inputs import model_inputs
from models.replicate import parameters_of_draw
from models.simulate import simulate
from workflow.lib.checking.refits import Refitter
from workflow.lib.inference.sampling import archived_names

# Single missions, states and years are not scored one by one: their spread and the effects are.
NOT_SCORED = frozenset({"mission", "state", "panel_year", "path"})


def simulated_data(
    composition: Composition, data: xr.Dataset, parameters: xr.Dataset, random: np.random.Generator
) -> tuple[xr.Dataset, dict[str, float | xr.DataArray]]:
    """A data set simulated from one draw of the parameters, and the true values that a fit should find.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
    parameters : xarray.Dataset
        One draw, dimensions chain and draw of length one.
    random : numpy.random.Generator

    Returns
    -------
    simulated : xarray.Dataset
    truth : dict
        Hyperparameters and slopes by name, and the effects `ties_effect` and `quality_effect`.
    """
    inputs = model_inputs(composition, data)
    draw = parameters.isel(chain=0, draw=0, drop=True)
    simulated = simulate(composition, data, parameters_of_draw(draw, inputs, composition, random), random)
    truth: dict = {
        str(name): value if value.ndim else float(value)
        for name, value in draw.data_vars.items()
        if not NOT_SCORED & set(value.dims)
    }
    effects = average_effects(parameters, simulated, composition) if composition.has("outcome") else {}
    return simulated, truth | {name: float(value.squeeze()) for name, value in effects.items()}


class Fitter:
    """Fits one composition to one simulated data set after the other; compiled at the first.

    Parameters
    ----------
    refitter : Refitter
    data : xarray.Dataset
        The analysis data set, whose labels all simulated ones share.
    """

    def __init__(self, refitter: Refitter, data: xr.Dataset):
        self.refitter = refitter
        self._compiled = refitter.compile(data)
        self.converged: dict[int, bool] = {}

    @property
    def names(self) -> list[str]:
        """Names of the parameters of a fit."""
        return archived_names(self._compiled.model)

    def tree(self, data: xr.Dataset, seed: int) -> xr.DataTree:
        """Draws for one simulated data set; whether they converged is kept by seed."""
        tree = self.refitter.sample(self._compiled, data, f"simulation {seed}", strict=False)
        self.converged[seed] = bool(tree.attrs["converged"])
        return tree

    def posterior(self, data: xr.Dataset, seed: int) -> xr.Dataset:
        """Draws of parameters with those of the effects beside them; attribute `converged`."""
        tree = self.tree(data, seed)
        posterior = tree["posterior"].to_dataset()
        if self.refitter.composition.has("outcome"):
            effects = self.refitter.effects(tree, data)
            posterior = posterior.assign(
                {name: value.reset_coords(drop=True) for name, value in effects.items()}
            )
        return posterior.assign_attrs(converged=tree.attrs["converged"])


def with_converged(fits: pd.DataFrame, fitters: Mapping[str, Fitter]) -> pd.DataFrame:
    """Fits of the worlds with the column `converged`."""
    flags = [fitters[model].converged[seed] for model, seed in zip(fits["model"], fits["seed"], strict=True)]
    return fits.assign(converged=flags)
