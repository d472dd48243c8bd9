"""Rows on unmeasured common causes and on the weight of priors, from the draws of a model."""

import numpy as np
import xarray as xr
from scipy.special import expit

from models.build import logit, model_parameters
from models.posterior import OutcomeDraws
from models.priors import Priors
from models.regressors import scored_cells
from workflow.lib.checking.scores import log_likelihood
from workflow.lib.checking.sensitivity import benchmark_row, e_value_rows, log_prior_draws, power_scaling_rows
from workflow.lib.checking.table import estimate_row


def common_cause_rows(
    draws: OutcomeDraws, pairs: dict[str, tuple[float, float]], model: str, interval: float
) -> list[dict]:
    """E-values of each term's contrast that is clear of zero, and how many times the strongest control a cause must be.

    Parameters
    ----------
    draws : OutcomeDraws
    pairs : dict
        Low and high value by regressor (``models.estimands.contrast_values``).
    """
    scored = scored_cells(draws.data).values
    columns = _within_missions(draws.inputs.arrays.get("control", np.zeros((0, *scored.shape))), scored)
    names, rows = draws.inputs.coords.get("control", []), []
    for term in draws.composition.terms():
        if term.part != "whole":
            continue
        low, high = (_average(draws, term.name, value, scored) for value in pairs[term.regressor])
        ratio = estimate_row(high / low, interval)
        if ratio["lower"] <= 1 <= ratio["upper"]:
            continue
        rows += e_value_rows(low, high, term.name, model, interval)
        if names:
            value = _within_missions(draws.inputs.arrays[f"{term.name}_value"][None], scored)[:, 0]
            controls = draws.labelled(draws.p["control_slope"], ("control",))
            slope = draws.labelled(draws.p[f"{term.name}_slope"])
            benchmark = benchmark_row(slope, value, controls, columns, names, interval)
            label = f"{term.name}: times the strongest observed control that a cause must be"
            rows.append({**benchmark, "model": model, "item": f"{term.name} benchmark", "label": label})
    return rows


def power_scaling_of(draws: OutcomeDraws, tree: xr.DataTree, priors: Priors, model: str) -> list[dict]:
    """Power-scaling sensitivity of the parameters that have a prior of their own.

    Parameters
    ----------
    draws : OutcomeDraws
    tree : xarray.DataTree
        Of the same fit, with the group ``posterior``.
    """
    posterior, parameters = tree["posterior"].to_dataset(), model_parameters(draws.composition)
    prior = log_prior_draws(posterior, parameters, priors)
    pointwise = log_likelihood(draws.logit(), draws.data["joined"]).stack(
        cell=("mission", "state"), create_index=False
    )
    likelihood = (
        pointwise.dropna("cell").drop_vars(("mission", "state"), errors="ignore").to_dataset(name="joined")
    )
    groups = {"posterior": posterior[list(prior.data_vars)], "log_prior": prior, "log_likelihood": likelihood}
    return power_scaling_rows(xr.DataTree.from_dict(groups), model, {p.name: p.label for p in parameters})


def _average(draws: OutcomeDraws, term: str, value: float, scored: np.ndarray):
    """Probability averaged over scored rows with a term at one value, (chain, draw)."""

    def mean_probability(parameters, arrays):
        eta = logit(draws.composition, parameters, {**arrays, f"{term}_value": np.full(scored.shape, value)})
        return expit(eta)[:, scored].mean(1)

    return draws.labelled(draws.each(mean_probability))


def _within_missions(columns: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Columns (C, M, S) over scored rows less their missions' means, (N, C)."""
    scored_states = np.maximum(scored.sum(1), 1)[None, :, None]
    mean = np.where(scored, columns, 0.0).sum(2, keepdims=True) / scored_states
    return (columns - mean)[:, scored].T
