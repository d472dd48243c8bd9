"""From a composition and the data to a PyMC model of the outcome."""

from dataclasses import dataclass, replace

import numpy as np
import pymc as pm
import xarray as xr

from models.blocks import BLOCKS
from models.blocks.base import Parameter
from models.blocks.feedback import Feedback, at_missions
from models.composition import Composition
from models.paths import GaussianPath
from models.priors import DrawnVariables, GraphVariables, Priors
from models.regressors import term_values

FEEDBACK = Feedback()
# begins the names of data in a model, which share a space with those of dimensions
DATA = "data_"


@dataclass(frozen=True)
class Inputs:
    """Data of an outcome model.

    Attributes
    ----------
    arrays : dict of str to array
        May change between refits without compiling again; shapes may not.
    coords : dict of str to list
        Labels of the dimensions.
    """

    arrays: dict[str, np.ndarray]
    coords: dict[str, list]

    def named(self) -> dict[str, np.ndarray]:
        """The arrays by the names that they have in the PyMC model."""
        return {f"{DATA}{name}": value for name, value in self.arrays.items()}

    def with_arrays(self, arrays: dict[str, np.ndarray]) -> "Inputs":
        """The inputs with some arrays replaced.

        Raises
        ------
        ValueError
            If there is no array of that name, or its shape is another.
        """
        for name, array in arrays.items():
            if name not in self.arrays or np.shape(array) != np.shape(self.arrays[name]):
                raise ValueError(f"input array '{name}' of shape {np.shape(array)} does not fit the model")
        return replace(self, arrays=self.arrays | arrays)


def used_blocks(composition: Composition) -> list:
    """The blocks of a model, in order."""
    return [block for block in BLOCKS if block.used(composition)]


def outcome_inputs(
    composition: Composition,
    data: xr.Dataset,
    values: xr.DataArray | None = None,
    path: GaussianPath | None = None,
) -> Inputs:
    """Arrays and labels of a model.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
        The analysis data set.
    values : xarray.DataArray, optional
        Terms on the grid (``models.regressors.term_values``); may be left out where there are no latents.
    path : GaussianPath, optional
        What the indicators say of the first latent regressor, for joint inference.
    """
    values = term_values(composition, data) if values is None else values
    arrays, coords = {}, {}
    for block in used_blocks(composition):
        found = block.arrays(composition, data, values)
        arrays |= found.values
        coords |= found.coords
    if FEEDBACK.used(composition):
        found = FEEDBACK.arrays(composition, data, path)
        arrays |= found.values
        coords |= found.coords
    return Inputs({name: np.asarray(value, float) for name, value in arrays.items()}, coords)


def model_parameters(composition: Composition) -> list[Parameter]:
    """Parameters of a model's outcome, as tables print them."""
    return [parameter for block in used_blocks(composition) for parameter in block.parameters(composition)]


def logit(composition: Composition, p, x, blocks=None):
    """Logit of joining, (..., M, S): the sum of what the blocks add, or some of them. Of tensors, or of arrays of draws."""
    total = 0.0
    for block in used_blocks(composition) if blocks is None else blocks:
        total = total + block.logit(composition, p, x)
    return total


def _variables(composition: Composition, x: dict, variables) -> tuple[dict, dict, object]:
    """All variables of a model by name, its data with the latent path in place, and the logit."""
    p = {}
    if FEEDBACK.used(composition):
        p |= FEEDBACK.add(composition, x, variables)
        x = {**x, f"{composition.latents[0]}_value": at_missions(p["path"], x["path_place"])}
    for block in used_blocks(composition):
        p |= block.add(composition, x, variables)
    return p, x, logit(composition, p, x)


def build(composition: Composition, inputs: Inputs, priors: Priors) -> pm.Model:
    """PyMC model of an outcome; all arrays are mutable data of fixed shape, so that refits need no compilation."""
    with pm.Model(coords=inputs.coords, check_bounds=False) as model:
        x = {name: pm.Data(f"{DATA}{name}", v, shape=v.shape) for name, v in inputs.arrays.items()}
        p, x, eta = _variables(composition, x, GraphVariables(priors))
        BLOCKS[-1].observe(composition, p, x, eta)
    return model


def draw_from_prior(
    composition: Composition, inputs: Inputs, priors: Priors, random: np.random.Generator
) -> tuple[dict, np.ndarray]:
    """Parameters drawn from their priors, and the logits (M, S) that follow."""
    p, _, eta = _variables(composition, inputs.arrays, DrawnVariables(priors, inputs.coords, random))
    return p, np.asarray(eta)
