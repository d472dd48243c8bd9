"""One archive format for draws: netCDF data trees, written whole or not at all, with a checksum of every array.

netCDF keeps no checksum of whole numbers, texts and attributes: a damaged file can be read with other values. The root's
attribute `checksums` holds one for each array, and one for the attributes of each group; reading verifies what it loads.
A file that is missing, damaged, or of other making is a `UserError` that names it.
"""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xarray as xr

from workflow.lib.errors import UserError

CHECKSUMS = "checksums"


def write_tree(tree: xr.DataTree | xr.Dataset, path: Path | str) -> None:
    """Write a data tree or data set to ``path``; a reader never sees half a file.

    The file is written under a temporary name beside ``path`` and renamed. Floating point values are compressed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    whole, checksums = tree.copy(), {path: _checksums_of_group(dataset) for path, dataset in _groups(tree)}
    whole.attrs = {**tree.attrs, CHECKSUMS: json.dumps(checksums)}
    try:
        _reserve(tree, temporary, path)
        whole.to_netcdf(str(temporary), engine="h5netcdf", encoding=_encoding(tree))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _reserve(tree: xr.DataTree | xr.Dataset, path: Path, shown: Path) -> None:
    """Make sure that the disk has room: the library that writes the file does not survive a disk that is full."""
    variables = [values for _, dataset in _groups(tree) for values in dataset.variables.values()]
    needed = sum(
        16_384 + values.nbytes + (128 * values.size if values.dtype.kind in "OUT" else 0)
        for values in variables
    )
    with path.open("wb") as file:
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, needed)
            elif shutil.disk_usage(path.parent).free < needed:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise OSError(error.errno, error.strerror, str(shown)) from None


def _encoding(tree: xr.DataTree | xr.Dataset) -> dict:
    encoding: dict[str, dict] = {}
    for path, dataset in _groups(tree):
        floats = [n for n, v in dataset.data_vars.items() if np.issubdtype(v.dtype, np.floating) and v.ndim]
        if floats:
            encoding[path] = {name: {"zlib": True, "complevel": 1} for name in floats}
    return encoding.get("/", {}) if isinstance(tree, xr.Dataset) else encoding


def read_tree(path: Path | str) -> xr.DataTree:
    """Read a data tree into memory."""
    with _readable(path), xr.open_datatree(path, engine="h5netcdf") as tree:
        return _verified(tree.load(), path)


def read_dataset(path: Path | str) -> xr.Dataset:
    """Read a data set into memory."""
    with _readable(path), xr.open_dataset(path, engine="h5netcdf") as dataset:
        return _verified(dataset.load(), path)


def read_group(path: Path | str, group: str, without: Collection[str] = ()) -> xr.Dataset | None:
    """Read one group of a data tree into memory, less variables that have one of some dimensions; None if it is not there."""
    with _readable(path), xr.open_datatree(path, engine="h5netcdf") as tree:
        if group not in tree.children:
            return None
        part = tree[group].to_dataset().drop_dims(without, errors="ignore").load()
        _verify(part, json.loads(tree.attrs[CHECKSUMS])[f"/{group}"], path)
        return part


@contextmanager
def _readable(path: Path | str) -> Iterator[None]:
    """What goes wrong while a file is opened and loaded is a fault of the file."""
    try:
        yield
    except (UserError, MemoryError, PermissionError):
        raise
    except FileNotFoundError:
        raise UserError(f"{path}: missing; run again to make it") from None
    except Exception:  # readers of netCDF raise every kind of error on damaged bytes
        raise UserError(
            f"{path}: damaged, cut short, or no archive of results; delete it and run again"
        ) from None


def _groups(tree: xr.DataTree | xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    if isinstance(tree, xr.Dataset):
        yield "/", tree
        return
    for node in tree.subtree:
        yield node.path, node.to_dataset(inherit=False)


def _checksums_of_group(dataset: xr.Dataset) -> dict[str, str]:
    """Of each variable by its name, and under the empty name of the attributes."""
    checksums = {str(name): _checksum_of(values) for name, values in dataset.variables.items()}
    return checksums | {"": _checksum_of_attributes(dataset.attrs)}


def _checksum_of(values: xr.Variable) -> str:
    array = np.asarray(values.values)
    if array.dtype.kind in "fiub":
        content = array.dtype.newbyteorder("<").str.encode() + np.ascontiguousarray(array).tobytes()
    else:
        content = json.dumps(array.tolist(), default=str).encode()
    shape = json.dumps([[str(name) for name in values.dims], array.shape]).encode()
    attributes = _checksum_of_attributes(values.attrs).encode()
    return hashlib.sha256(shape + attributes + content).hexdigest()


def _checksum_of_attributes(attributes: Mapping) -> str:
    plain = {str(name): np.asarray(value).tolist() for name, value in attributes.items() if name != CHECKSUMS}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def _verified(tree, path: Path | str):
    """The tree or data set without its checksums, if what was loaded is what was written."""
    checksums = json.loads(tree.attrs[CHECKSUMS])
    groups = dict(_groups(tree))
    if set(groups) != set(checksums) or any(
        set(checksums[g]) != {"", *map(str, groups[g].variables)} for g in groups
    ):
        raise UserError(f"{path}: damaged, parts are missing; delete it and run again")
    for group, dataset in groups.items():
        _verify(dataset, checksums[group], path)
    tree.attrs = {name: value for name, value in tree.attrs.items() if name != CHECKSUMS}
    return tree


def _verify(dataset: xr.Dataset, checksums: dict[str, str], path: Path | str) -> None:
    for name, checksum in _checksums_of_group(dataset).items():
        if checksums.get(name) != checksum:
            part = name or "an attribute"
            raise UserError(f"{path}: damaged, {part} is not what was written; delete it and run again")
