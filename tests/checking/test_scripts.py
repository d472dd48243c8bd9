"""What scripts of the checks do with files, beyond calling one function: on small data, without sampling."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from models.composition import Composition
from models.regressors import term_values
from tests.models.example import example_data, measured_paths
from workflow.lib.checking.files import read_json, read_table, write_json, write_table
from workflow.lib.checking.held_out_conflicts import CONFLICT_COLUMNS, FUTURE_COLUMNS
from workflow.lib.checking.predictive import PREDICTION_COLUMNS
from workflow.lib.checking.scores import has_loo
from workflow.lib.checking.table import CHECK_COLUMNS
from workflow.lib.inference.archive import read_group, read_tree, write_tree
from workflow.scripts.assess_model import assess_model
from workflow.scripts.collect_results import collect_results

TERMS = {"regressors": ["ties", "quality"], "mission_intercepts": False, "controls": []}
RUN = {
    "gate": {"r_hat": 1.01, "ess_bulk": 400, "ess_tail": 400, "divergences": 0, "bfmi": 0.3, "pareto_k": 0.7},
    "interval": 0.9,
    "priors": {},
    "refits": {"chains": 2, "tune": 100, "draws": 100},
    "sampler": {"chains": 2, "tune": 100, "draws": 100, "target_accept": 0.8},
    "seed": 1,
}
OUTPUTS = (
    "prior.nc",
    "loglik.nc",
    "predictive.nc",
    "predictions.csv",
    "checks.csv",
    "conflicts.csv",
    "future.csv",
)


def assess(folder, inference):
    """Assess a model of known draws; returns the log lines."""
    data, lines = example_data(), []
    measured = measured_paths(data)
    terms = TERMS | {"inference": inference, "cut_draws": 8}
    random = np.random.default_rng(1)
    shape = {"intercept": -0.7, "ties_slope": 0.4, "quality_slope": 0.3}
    draws = {name: (("chain", "draw"), random.normal(mean, 0.1, (2, 60))) for name, mean in shape.items()}
    groups = {"posterior": xr.Dataset(draws)}
    if inference == "cut":
        composition = Composition.from_mapping("model", terms)
        values = xr.concat([term_values(composition, data, measured, k) for k in range(8)], dim="latent_draw")
        used = np.arange(120).reshape(2, 60) % 8
        groups["latent_draws"] = xr.Dataset({"value": values, "used": (("chain", "draw"), used)})
    write_tree(data, folder / "analysis.nc")
    write_tree(xr.DataTree.from_dict({"latent": measured["quality"]}), folder / "quality.nc")
    write_tree(xr.DataTree.from_dict(groups), folder / "posterior.nc")
    assess_model(
        "model",
        terms,
        RUN,
        held_out=False,
        future_from=None,
        analysis=str(folder / "analysis.nc"),
        measured=[str(folder / "quality.nc")],
        posterior=str(folder / "posterior.nc"),
        **{name.split(".")[0]: str(folder / name) for name in OUTPUTS},
        log=lines.append,
    )
    return data, lines


@pytest.mark.parametrize("inference", ["plugin", "cut"])
def test_leave_one_out_is_not_computed_where_the_logit_alone_is_not_the_density(tmp_path, inference):
    data, _ = assess(tmp_path, inference)
    loo = read_group(tmp_path / "loglik.nc", "loo")
    assert (loo is not None) == (inference == "plugin")
    scores = read_group(tmp_path / "loglik.nc", "log_likelihood")["joined"]
    np.testing.assert_array_equal(
        np.isfinite(scores.values).all(axis=(0, 1)), data["joined"].notnull().values
    )
    predictions = read_table(tmp_path / "predictions.csv")
    assert len(predictions) == int(data["joined"].notnull().sum())
    assert not predictions["held_out"].any()
    assert read_table(tmp_path / "checks.csv").columns.tolist() == CHECK_COLUMNS
    assert read_table(tmp_path / "conflicts.csv").empty
    assert read_tree(tmp_path / "prior.nc")["logit"].sizes["mission"] == data.sizes["mission"]


def test_only_a_plugged_in_model_has_leave_one_out_scores():
    assert [has_loo(inference) for inference in ("plugin", "cut", "joint")] == [True, False, False]


def of_model(folder, model, pareto_k):
    """Files of one model; leave-one-out scores where there is a Pareto k."""
    own = folder / model
    own.mkdir()
    write_json({"model": model, "verdict": "pass", "checks": []}, own / "diagnostics.json")
    for name, columns, rows in (
        ("predictions", PREDICTION_COLUMNS, []),
        ("conflicts", CONFLICT_COLUMNS, []),
        ("future", FUTURE_COLUMNS, []),
        ("checks", CHECK_COLUMNS, []),
    ):
        write_table(pd.DataFrame(rows, columns=list(columns)), own / f"{name}.csv")
    groups = {"log_likelihood": xr.Dataset({"joined": ("draw", [0.0])})}
    if pareto_k:
        on = ("mission", "state")
        groups["loo"] = xr.Dataset({"elpd_i": (on, [[-1.0, -2.0, -0.5]]), "pareto_k": (on, [pareto_k])})
    write_tree(xr.DataTree.from_dict(groups), own / "loglik.nc")


def collect(folder, **models):
    for model, pareto_k in models.items():
        of_model(folder, model, pareto_k)

    def files(name):
        return [str(folder / model / name) for model in models]

    inputs = {f"{name}_of": files(f"{name}.csv") for name in ("predictions", "conflicts", "future", "checks")}
    names = ("predictions", "loo", "conflicts", "totals", "future")
    outputs = {name: str(folder / f"{name}.csv") for name in (*names, "predictive")}
    collect_results(
        list(models),
        next(iter(models)),
        0.7,
        diagnostics_of=files("diagnostics.json"),
        loglik_of=files("loglik.nc"),
        **inputs,
        diagnostics=str(folder / "diagnostics.json"),
        **outputs,
        log=lambda line: None,
    )


def test_bad_pareto_k_reaches_the_file_of_the_gate_and_models_without_scores_have_none(tmp_path):
    collect(tmp_path, plugin=[0.1, 0.8, 1.3], pooled=[0.1, 0.2, 0.3], cut=None)
    models = read_json(tmp_path / "diagnostics.json")["models"]
    assert models["plugin"]["pareto_k"] == {"above": 2, "of": 3, "threshold": 0.7}
    assert models["pooled"]["pareto_k"]["above"] == 0
    assert "pareto_k" not in models["cut"]
    loo = read_table(tmp_path / "loo.csv").set_index("model")
    assert set(loo.index) == {"plugin", "pooled"}
    assert loo.loc["plugin", "bad_k"] == 2


def test_a_run_without_scores_leaves_tables_of_columns_alone(tmp_path):
    collect(tmp_path, cut=None)
    for name in ("loo", "totals", "conflicts", "future", "predictive"):
        table = read_table(tmp_path / f"{name}.csv")
        assert table.empty and "model" in table
    assert json.loads((tmp_path / "diagnostics.json").read_text())["verdict"] == "pass"
