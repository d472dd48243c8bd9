"""Read what measurements left, for the models that use it."""

from collections.abc import Mapping

import xarray as xr

from models.build import outcome_inputs
from models.composition import Composition
from models.paths import GaussianPath
from models.posterior import OutcomeDraws
from models.regressors import term_values
from workflow.lib.inference.archive import read_dataset, read_tree
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


def read_model(
    model: str, composition: Mapping, analysis: str, measured: list[str]
) -> tuple[xr.Dataset, Composition, dict[str, xr.Dataset], GaussianPath | None]:
    """The analysis data set, a model's terms by their plain values, and what ``read_measured`` returns for it."""
    data, terms = read_dataset(analysis), Composition.from_mapping(model, composition)
    return data, terms, *read_measured(terms, measured, data)


def evenly(tree: xr.DataTree, number: int) -> xr.DataTree:
    """Every k-th draw of each chain, so that about a number of draws is left of all chains."""
    sizes = tree["posterior"].sizes
    return tree.isel(draw=slice(None, None, max(sizes["chain"] * sizes["draw"] // number, 1)))


def draws_of(
    tree: xr.DataTree, composition: Composition, data: xr.Dataset, measured: dict, path: GaussianPath | None
) -> OutcomeDraws:
    """Draws of a stored fit with the data each of them had; the last two are what ``read_measured`` returns."""
    inputs = outcome_inputs(composition, data, term_values(composition, data, measured), path)
    return OutcomeDraws(tree, data, composition, inputs)
