"""The target `calibration` from end to end, with a stand-in that draws from the priors instead of sampling."""

import zlib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from models.inputs import model_inputs
from models.posterior import mission_latent
from models.priors import Priors
from models.simulate import prior_draws
from tests.models.compositions import TERMS
from tests.models.example import example_data
from workflow.lib.checking import refits
from workflow.lib.checking.simulations import simulated_data
from workflow.lib.inference.archive import write_tree
from workflow.scripts.collect_calibration import collect_calibration
from workflow.scripts.fit_simulations import fit_simulations
from workflow.scripts.fit_world import fit_world
from workflow.scripts.remeasure_quality import remeasure_quality

GATE = {"r_hat": 1.01, "ess_bulk": 400, "ess_tail": 400, "divergences": 0, "bfmi": 0.3, "pareto_k": 0.7}
SAMPLER = {
    "chains": 4,
    "tune": 100,
    "draws": 100,
    "target_accept": 0.8,
    "engine": "plain",
    "backend": "nutpie",
}
COMMON = {
    "refits": {"chains": 4, "tune": 100, "draws": 50},
    "priors": {},
    "gate": GATE,
    "seed": 1,
    "threads": 1,
    "log": lambda _: None,
}


class Standing(refits.Refitter):
    """Draws from the priors, whatever the data; checks that the data fit what was compiled."""

    def compile(self, data):
        inputs = model_inputs(self.composition, data)
        draws = prior_draws(self.composition, data, Priors(self.priors), 1, np.random.default_rng(0))
        variables = [SimpleNamespace(name=str(name)) for name in draws.data_vars]
        model = SimpleNamespace(free_RVs=variables, deterministics=[])
        return SimpleNamespace(composition=self.composition, inputs=inputs, model=model)

    def sample(self, compiled, data, name, *, strict=True):
        assert model_inputs(self.composition, data).coords == compiled.inputs.coords
        random = np.random.default_rng(zlib.crc32(name.encode()))
        posterior = prior_draws(self.composition, data, Priors(self.priors), 120, random)
        tree = xr.DataTree.from_dict({"posterior": posterior})
        if self.composition.quality_is_given:
            given = mission_latent(self.measured, data).mean(("chain", "draw"))
            tree["given"] = xr.DataTree(xr.Dataset({"quality": given}))
        tree.attrs |= {"converged": 0 if "disputes" in name else 1, "seconds": 0.0}
        return tree


@pytest.fixture
def analysis(tmp_path, monkeypatch):
    monkeypatch.setattr(refits, "Refitter", Standing)
    data = example_data(missions=5, states=25)
    columns = [name.partition("_any")[0] for name in data["indicator"].values]
    direction = np.ones(len(columns))
    data = data.assign_coords(source_column=("indicator", columns), direction=("indicator", direction))
    path = tmp_path / "analysis.nc"
    write_tree(data, path)
    return path


def plain(name):
    terms = {key: list(value) if isinstance(value, tuple) else value for key, value in TERMS[name].items()}
    return {**terms, "measured_by": "measurement"}


def simulate_to(tmp_path, analysis, source, model, posterior_paths=()):
    path = tmp_path / f"{source}_{model}.csv"
    fit_simulations(
        source, model, plain(model), SAMPLER, interval=0.9, simulations=3, analysis_path=str(analysis),
        posterior_paths=list(posterior_paths), fits_path=str(path), **COMMON,
    )  # fmt: skip
    return path


@pytest.mark.slow
def test_calibration_goes_from_simulations_to_three_tables(analysis, tmp_path):
    data = xr.load_dataset(analysis, engine="h5netcdf")
    paths = {"prior": [], "posterior": []}
    for model in ("crossed", "joint"):
        composition = refits.Composition.from_mapping(model, plain(model))
        posterior = prior_draws(composition, data, Priors(), 10, np.random.default_rng(0))
        fitted = tmp_path / f"{model}.nc"
        write_tree(xr.DataTree.from_dict({"posterior": posterior}), fitted)
        paths["prior"].append(simulate_to(tmp_path, analysis, "prior", model))
        paths["posterior"].append(simulate_to(tmp_path, analysis, "posterior", model, [str(fitted)]))
    worlds = []
    compositions = {name: plain(name) for name in ("pooled", "measurement", "plugin", "joint")}
    for world in ("ties", "quality"):
        worlds.append(tmp_path / f"{world}.csv")
        fit_world(
            world, ["pooled", "plugin", "joint"], compositions, dict.fromkeys(compositions, SAMPLER), interval=0.9,
            simulations=2, analysis_path=str(analysis), fits_path=str(worlds[-1]), **COMMON,
        )  # fmt: skip
    out = {name: tmp_path / f"{name}.csv" for name in ("sbc", "recovery", "worlds")}
    collect_calibration(
        paths["prior"],
        paths["posterior"],
        worlds,
        0.9,
        out["sbc"],
        out["recovery"],
        out["worlds"],
        lambda _: None,
    )
    ranks, recovery, fooled = (pd.read_csv(path) for path in out.values())
    assert set(ranks["model"]) == set(recovery["model"]) == {"crossed", "joint"}
    assert {"ties_effect", "ties_slope", "mission_sd", "covariate_slope[democracy]"} <= set(
        ranks["parameter"]
    )
    assert {"quality_effect", "indicator_loading[aid_any]"} <= set(
        ranks.loc[ranks["model"] == "joint", "parameter"]
    )
    assert (ranks["replicates"] == 3).all()
    assert {"ecdf_p_value", "coverage", "consistent", "not_converged"} <= set(ranks.columns)
    assert set(zip(fooled["world"], fooled["model"], fooled["estimand"], strict=True)) == {
        (world, model, effect)
        for world in ("ties", "quality")
        for model, effects in (
            ("pooled", ["ties"]),
            ("plugin", ["ties", "quality"]),
            ("joint", ["ties", "quality"]),
        )
        for effect in (f"{name}_effect" for name in effects)
    }
    truths = fooled.set_index(["world", "estimand"])["truth"]
    assert (truths["quality", "ties_effect"] == 0).all()
    assert (truths["ties", "ties_effect"] > 0).all()


def test_quality_is_measured_again_without_each_column(analysis, tmp_path):
    path = tmp_path / "stability.csv"
    remeasure_quality("joint", SAMPLER, analysis_path=str(analysis), stability_path=str(path), **COMMON)
    table = pd.read_csv(path)
    data = xr.load_dataset(analysis, engine="h5netcdf")
    assert table["left_out"].tolist() == list(dict.fromkeys(data["source_column"].values))
    assert table["correlation"].between(-1, 1).all()


def test_true_values_are_the_parameters_the_data_were_drawn_with():
    data = example_data()
    composition = refits.Composition.from_mapping("crossed", plain("crossed"))
    draw = prior_draws(composition, data, Priors(), 1, np.random.default_rng(4))
    simulated, truth = simulated_data(composition, data, draw, np.random.default_rng(5))
    assert truth["ties_slope"] == float(draw["ties_slope"].squeeze())
    assert not {"mission_intercept", "state_effect"} & set(truth)
    assert np.sign(truth["ties_effect"]) == np.sign(float(draw["mission_ties_slope"].mean()))
    np.testing.assert_array_equal(simulated["joined"].isnull(), data["joined"].isnull())
