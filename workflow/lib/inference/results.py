"""Read what measurements left, for the models that use it."""

import xarray as xr

from models.build import outcome_inputs
from models.composition import Composition
from models.paths import GaussianPath
from models.posterior import OutcomeDraws
from models.regressors import term_values
from workflow.lib.inference.archive import read_tree
from workflow.lib.inference.measurement import on_states, read_path


def read_measured(
    composition: Composition, paths: list[str], data: xr.Dataset
) -> tuple[dict[str, xr.Dataset], GaussianPath | None]:
    """Latent paths of a model's regressors by measurement model, and the Gaussian that joint inference starts from.

    Parameters
    ----------
    composition : Composition
    paths : list of str
        Archives of the measurement models, in the order of the composition's latents.
    data : xarray.Dataset
    """
    measured, path = {}, None
    for number, (name, file) in enumerate(zip(composition.latents, paths, strict=True)):
        tree = read_tree(file)
        measured[name] = tree["latent"].to_dataset()
        if number == 0 and composition.inference == "joint":
            path = on_states(read_path(tree), tree["path"]["state"].values, data["state"].values)
    return measured, path


def draws_of(
    tree: xr.DataTree, composition: Composition, data: xr.Dataset, measured: dict, path: GaussianPath | None
) -> OutcomeDraws:
    """Draws of a stored fit with the data each of them had; the last two are what ``read_measured`` returns."""
    inputs = outcome_inputs(composition, data, term_values(composition, data, measured), path)
    return OutcomeDraws(tree, data, composition, inputs)
