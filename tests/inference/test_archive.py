"""Draws are archived exactly, and whole or not at all."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from workflow.lib.errors import UserError
from workflow.lib.inference.archive import read_dataset, read_group, read_tree, write_tree


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


def fail_half_way(self, name, **keywords):
    Path(name).write_bytes(b"half a file")
    raise OSError("no space left")


def test_a_failed_write_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(xr.DataTree, "to_netcdf", fail_half_way)
    with pytest.raises(OSError, match="no space left"):
        write_tree(small_tree(), tmp_path / "posterior.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_noticed_before_anything_is_written(tmp_path, monkeypatch):
    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", no_room, raising=False)
    monkeypatch.setattr(xr.DataTree, "to_netcdf", lambda *_, **__: pytest.fail("written"))
    with pytest.raises(OSError, match=r"No space left on device: '.*/posterior\.nc'"):
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


def test_one_group_is_read_without_what_is_large(tmp_path):
    write_tree(small_tree(), tmp_path / "posterior.nc")
    part = read_group(tmp_path / "posterior.nc", "posterior", without=["state"])
    assert set(part.data_vars) == {"slope"}
    assert read_group(tmp_path / "posterior.nc", "prior") is None


def whole_tree():
    """A tree with whole numbers, texts, truth values and attributes, as draws and data have them."""
    tree = small_tree()
    names = xr.Dataset(
        {
            "count": (("mission", "state"), np.arange(30).reshape(3, 10)),
            "joined": ("mission", [True, False, True]),
            "total": ((), 7),
        },
        coords={"mission": ["korea_1950", "gulf_1990", "haïti_1994"], "state": np.arange(10) * 20},
        attrs={"config": '{"seed": 1}', "scale": 0.25, "years": [1950, 1990]},
    )
    return xr.DataTree.from_dict(
        {"/": small_tree().to_dataset(), "posterior": tree["posterior"].to_dataset(), "data": names}
    )


def same(one, other):
    try:
        xr.testing.assert_identical(one, other)
    except AssertionError:
        return False
    return True


def test_changed_bytes_are_never_read_as_other_values(tmp_path):
    """Every byte that matters: blocks of four bytes, changed one after the other over the whole file."""
    path, damaged = tmp_path / "posterior.nc", tmp_path / "damaged.nc"
    write_tree(whole_tree(), path)
    content, original = path.read_bytes(), read_tree(path)
    random = np.random.default_rng(2)
    refused = 0
    for place in random.integers(0, len(content) - 4, 40):
        damaged.write_bytes(content[:place] + random.bytes(4) + content[place + 4 :])
        try:
            assert same(read_tree(damaged), original)
        except UserError as error:
            assert str(error).startswith(f"{damaged}: ") and "delete it and run again" in str(error)
            refused += 1
    assert refused > 3


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_file_that_was_cut_short_names_itself(tmp_path, share):
    path = tmp_path / "posterior.nc"
    write_tree(whole_tree(), path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    for read in (read_tree, read_dataset, lambda path: read_group(path, "posterior")):
        with pytest.raises(UserError, match=r"posterior\.nc: damaged, .*; delete it and run again"):
            read(path)


def test_an_archive_of_other_making_or_none_names_itself(tmp_path):
    small_tree().to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    (tmp_path / "text.nc").write_text("no archive")
    for name in ("other.nc", "text.nc"):
        with pytest.raises(UserError, match=rf"{name}: damaged, cut short, or no archive of results"):
            read_tree(tmp_path / name)
    with pytest.raises(UserError, match=r"none\.nc: missing; run again to make it"):
        read_tree(tmp_path / "none.nc")
