"""The benchmarks run from end to end on a tiny data set."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from small_world import CROSSED, PRIORS, simulated

from benchmarks.measure import COLUMNS, Model, Plan, measure, replicated, worst_convergence
from benchmarks.picture import draw
from models.composition import Composition
from workflow.lib.inference.sampling import SamplerSettings

POOLED = Composition("pooled", blocks=("outcome",), mission_intercepts=False)
SETTINGS = SamplerSettings(chains=2, tune=50, draws=50, cores=1)


@pytest.fixture(scope="module")
def table():
    plan = Plan(
        seeds=2,
        gradient_seconds=0.05,
        held_out=("pooled",),
        refits=replace(SETTINGS, draws=20),
        growing="pooled",
        growth=((2, 3),),
    )
    data = simulated(CROSSED)[0]
    return measure({"pooled": Model(POOLED, SETTINGS)}, data, PRIORS, plan, log=str)


def test_every_measurement_is_there_with_its_unit(table):
    assert table.columns.tolist() == COLUMNS
    assert dict(zip(table["measure"] + ", " + table["engine"], table["unit"], strict=True)) == {
        "gradient, fused": "us",
        "gradient, plain": "us",
        "compilation, fused": "s",
        "sampling, fused": "s",
        "largest R-hat, fused": "",
        "smallest bulk ESS, fused": "draws",
        "divergences, fused": "transitions",
        "ESS a second of sampling, fused": "draws/s",
        "ESS a second with compilation, fused": "draws/s",
        "all missions held out, fused": "s",
        "all missions held out, in full fits, fused": "fits",
        "gradient, replicated rows, fused": "us",
        "memory, replicated rows, fused": "MB",
    }
    assert np.isfinite(table["value"]).all()
    assert (table["lowest"] <= table["value"]).all()
    assert (table["value"] <= table["highest"]).all()
    assert (table.loc[table["measure"] != "divergences", "value"] > 0).all()


def test_replicated_rows_are_counted(table):
    measured = table.set_index("measure")["rows"]
    assert measured["gradient, replicated rows"] == 6 * measured["compilation"]


def test_a_picture_is_drawn(table, tmp_path):
    draw(table, tmp_path / "benchmarks.png")
    assert (tmp_path / "benchmarks.png").stat().st_size > 10_000


def test_only_models_of_the_outcome_are_replicated():
    data = simulated(CROSSED)[0]
    with pytest.raises(ValueError, match=r"^models\.joint: only a model of the outcome alone is replicated$"):
        replicated(Composition("joint", blocks=("quality", "outcome")), data, 2, 1)
    grown = replicated(POOLED, data, 2, 3)
    assert (grown.sizes["mission"], grown.sizes["state"]) == (10, 72)
    assert len(set(grown.mission.values)) == 10
    np.testing.assert_array_equal(grown.joined.values, np.tile(data.joined.values, (2, 3)))


def test_constants_do_not_count_as_parameters_without_effective_draws():
    draws = np.random.default_rng(1).normal(size=(2, 100))
    posterior = xr.Dataset(
        {"slope": (("chain", "draw"), draws), "fixed": (("chain", "draw"), np.ones((2, 100)))}
    )
    r_hat, size = worst_convergence(posterior)
    assert 0.98 < r_hat < 1.05
    assert 100 < size < 400
