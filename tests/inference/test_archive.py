"""Draws are archived exactly, and whole or not at all."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from workflow.lib.inference.archive import read_dataset, read_measured, read_tree, write_tree


def small_tree():
    random = np.random.default_rng(1)
    posterior = xr.Dataset(
        {
            "slope": (("chain", "draw"), random.normal(size=(2, 5))),
            "quality": (("chain", "draw", "state"), random.normal(size=(2, 5, 3)).astype("float32")),
        },
        coords={"chain": [0, 1], "draw": np.arange(5), "state": [20, 200, 365]},
    )
    statistics = xr.Dataset({"diverging": (("chain", "draw"), random.integers(0, 2, (2, 5)) > 0)})
    tree = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": statistics})
    tree.attrs["seconds"] = 1.5
    return tree


def test_a_tree_comes_back_as_it_was_written(tmp_path):
    tree, path = small_tree(), tmp_path / "results" / "model" / "posterior.nc"
    write_tree(tree, path)
    back = read_tree(path)
    assert set(back.children) == {"posterior", "sample_stats"}
    for group in back.children:
        xr.testing.assert_identical(back[group].to_dataset(), tree[group].to_dataset())
    assert back.attrs["seconds"] == 1.5
    assert back["posterior"]["quality"].dtype == np.float32
    assert [p.name for p in path.parent.iterdir()] == ["posterior.nc"]


def test_a_data_set_comes_back_as_it_was_written(tmp_path):
    data = small_tree()["posterior"].to_dataset().assign_coords(label=("state", ["a", "b", "c"]))
    write_tree(data, tmp_path / "data.nc")
    xr.testing.assert_identical(read_dataset(tmp_path / "data.nc"), data)


def test_what_measures_latents_is_read_where_there_is_such_a_posterior(tmp_path):
    write_tree(small_tree(), tmp_path / "posterior.nc")
    read = read_measured([str(tmp_path / "posterior.nc")])
    xr.testing.assert_identical(read, small_tree()["posterior"].to_dataset())
    assert read_measured([]) is None


def fail_half_way(self, name, **keywords):
    Path(name).write_bytes(b"half a file")
    raise OSError("no space left")


def test_a_failed_write_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(xr.DataTree, "to_netcdf", fail_half_way)
    with pytest.raises(OSError, match="no space left"):
        write_tree(small_tree(), tmp_path / "posterior.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "posterior.nc"
    write_tree(small_tree(), path)
    before = path.read_bytes()
    monkeypatch.setattr(xr.DataTree, "to_netcdf", fail_half_way)
    with pytest.raises(OSError, match="no space left"):
        write_tree(small_tree(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_archive_can_be_read_by_others_than_its_writer(tmp_path):
    write_tree(small_tree(), tmp_path / "posterior.nc")
    assert (tmp_path / "posterior.nc").stat().st_mode & 0o444 == 0o444
