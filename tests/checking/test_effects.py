"""Rows of effects.csv: what is summarised, and how two posteriors are compared."""

import numpy as np
import pytest
import xarray as xr

from workflow.lib.effects import EFFECT_COLUMNS, attenuation_draws, effect_rows


def draws_of(mean, chains, length, seed):
    values = np.random.default_rng(seed).normal(mean, 0.01, (chains, length))
    return xr.DataArray(
        values, dims=("chain", "draw"), coords={"chain": range(chains), "draw": range(length)}
    )


@pytest.mark.parametrize("length", [200, 400, 150])
def test_attenuation_is_the_share_of_the_pooled_effect_that_is_gone_whatever_the_numbers_of_draws(length):
    pooled = {("ties_effect", "all"): draws_of(0.1, 4, 200, 1)}
    ours = {("ties_effect", "all"): draws_of(0.05, 4, length, 2)}
    attenuation = attenuation_draws(ours, pooled)
    assert set(attenuation) == {("attenuation", "all")}
    rows = effect_rows(attenuation, "crossed", 0.9)
    assert list(rows.columns) == list(EFFECT_COLUMNS)
    # the error of 600 to 800 pairs of draws with a relative spread of 0.1 and 0.2
    assert rows["median"].item() == pytest.approx(0.5, abs=0.03)


def test_attenuation_is_taken_for_all_and_eras_not_for_missions():
    pooled = {("ties_effect", s): draws_of(0.1, 2, 50, 3) for s in ("all", "era:before_1990", "mission:a")}
    ours = {**pooled, ("quality_effect", "all"): draws_of(0.1, 2, 50, 4)}
    assert set(attenuation_draws(ours, pooled)) == {
        ("attenuation", "all"),
        ("attenuation", "era:before_1990"),
    }
