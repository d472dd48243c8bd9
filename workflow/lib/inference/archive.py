"""One archive format for draws: netCDF data trees, written whole or not at all."""

import os
import tempfile
from pathlib import Path

import numpy as np
import xarray as xr


def write_tree(tree: xr.DataTree | xr.Dataset, path: Path | str) -> None:
    """Write a data tree or data set to ``path``; a reader never sees half a file.

    The file is written under a temporary name beside ``path`` and renamed. Floating point values are compressed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=".nc", dir=path.parent)
    os.close(handle)
    try:
        tree.to_netcdf(name, engine="h5netcdf", encoding=_encoding(tree))
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _encoding(tree: xr.DataTree | xr.Dataset) -> dict:
    def of(dataset):
        floats = [n for n, v in dataset.data_vars.items() if np.issubdtype(v.dtype, np.floating) and v.ndim]
        return {n: {"zlib": True, "complevel": 1} for n in floats}

    if isinstance(tree, xr.Dataset):
        return of(tree)
    return {node.path: encoding for node in tree.subtree if (encoding := of(node.to_dataset(inherit=False)))}


def read_tree(path: Path | str) -> xr.DataTree:
    """Read a data tree into memory."""
    with xr.open_datatree(path, engine="h5netcdf") as tree:
        return tree.load()


def read_dataset(path: Path | str) -> xr.Dataset:
    """Read a data set into memory."""
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        return dataset.load()


def read_measured(paths: list[str]) -> xr.Dataset | None:
    """Read the posterior that measures a model's latents; None if there is no path, since the model has none measured."""
    return read_tree(paths[0])["posterior"].to_dataset() if paths else None
