"""How strong an unmeasured common cause must be, and how much the priors matter.

From draws of the main model to rows of `results/checks/sensitivity.csv` and `power_scaling.csv`. No refits.
"""

from __future__ import annotations

import contextlib
import io

import arviz_stats
import numpy as np
import xarray as xr

from models.priors import Priors
from workflow.lib.checking.table import DESCRIBED, check_row, estimate_row, passed_if

SENSITIVE = 0.05


def e_value(risk_ratio: np.ndarray | float) -> np.ndarray:
    """Smallest risk ratio that a common cause must have with regressor and joining to explain the ratio away.

    RR + sqrt(RR (RR - 1)); ratios below one are inverted first (VanderWeele & Ding 2017).

    Parameters
    ----------
    risk_ratio : array of float
        Probability of joining at the high value of the regressor over that at the low one.
    """
    ratio = np.asarray(risk_ratio, dtype=float)
    ratio = np.maximum(ratio, 1 / ratio)
    return ratio + np.sqrt(ratio * (ratio - 1))


def e_value_rows(low: xr.DataArray, high: xr.DataArray, term: str, model: str, interval: float) -> list[dict]:
    """E-values of a contrast, of its median and of the limit of its interval that is nearer to one.

    Parameters
    ----------
    low, high : xarray.DataArray, shape (chain, draw)
        Probability of joining averaged over rows, at the low and the high value of the term.
    """
    ratio = np.asarray(high / low, dtype=float).ravel()
    estimate = estimate_row(ratio, interval)
    median = float(np.median(ratio))
    nearer = estimate["lower"] if median > 1 else estimate["upper"]
    limit = 1.0 if estimate["lower"] <= 1 <= estimate["upper"] else nearer
    rows = []
    for item, value, words in (
        ("estimate", median, "the effect away"),
        ("limit", limit, "its interval to the null"),
    ):
        label = f"{term.replace('_', ' ')}: association with both that explains {words}"
        columns = {"estimate": float(e_value(value)), "unit": "ratio", "expected": "large"}
        columns["note"] = f"ratio of probabilities {value:.2f}"
        rows.append(check_row("common cause", model, f"{term} {item}", label, DESCRIBED, **columns))
    return rows


def benchmark_row(
    slope: xr.DataArray,
    value: np.ndarray,
    controls: xr.DataArray,
    columns: np.ndarray,
    names: list[str],
    interval: float,
) -> dict:
    """How many times the strongest observed control a common cause must be to take a slope to zero.

    A cause of slope b on the logit that goes with the regressor by the regression coefficient r moves the regressor's slope by
    about b r (Cinelli & Hazlett 2020, for the linear case). The strongest control is the one of the largest product.

    Parameters
    ----------
    slope : xarray.DataArray, shape (chain, draw)
    value : array, shape (N,)
        The regressor over scored rows, less mission means.
    controls : xarray.DataArray, shape (chain, draw, control)
    columns : array, shape (N, C)
        The controls over scored rows, less mission means.
    names : list of str
    """
    coefficient = columns.T @ value / max(float(value @ value), 1e-12)
    slope_shift = np.abs(controls.mean(("chain", "draw")).values * coefficient)
    strongest = int(slope_shift.argmax())
    times = slope / max(float(slope_shift[strongest]), 1e-12)
    return {
        "check": "common cause",
        **estimate_row(times, interval),
        "unit": "ratio",
        "expected": "above one",
        "verdict": DESCRIBED,
        "note": f"strongest observed control: {names[strongest].replace('_', ' ')}",
    }


def log_prior_draws(posterior: xr.Dataset, parameters: list, priors: Priors) -> xr.Dataset:
    """Log prior density of each parameter that has a prior of its own, by draw.

    Effects of missions and states, whose distribution is part of the model, are left out.
    """
    return xr.Dataset(
        {
            p.name: posterior[p.name].copy(data=priors.distribution(p.prior).logpdf(posterior[p.name].values))
            for p in parameters
            if p.prior and p.name in posterior
        }
    )


def power_scaling_rows(tree: xr.DataTree, model: str, labels: dict[str, str]) -> list[dict]:
    """Power-scaling sensitivity of parameters to priors and likelihood.

    Kallioinen, Paananen, Buerkner & Vehtari (2024), Statistics and Computing 34, 57; by `arviz_stats.psense_summary`.

    Parameters
    ----------
    tree : xarray.DataTree
        Groups posterior, log_prior, log_likelihood.
    """
    # it prints advice on how to read its table, which does not belong into a log of progress
    with contextlib.redirect_stdout(io.StringIO()):
        names = list(tree["log_prior"].data_vars)
        table = arviz_stats.psense_summary(tree, var_names=names, round_to=6)
    rows = []
    for name, row in table.iterrows():
        parameter, _, index = str(name).partition("[")
        sensitive = row["prior"] > SENSITIVE
        explanation = (
            "prior and data disagree"
            if row["likelihood"] > SENSITIVE
            else "the prior weighs, the data say little"
        )
        label = " ".join([labels.get(parameter, parameter), index.rstrip("]").replace("_", " ")]).strip()
        columns = {
            "estimate": float(row["prior"]),
            "expected": f"below {SENSITIVE}",
            "note": explanation if sensitive else "",
        }
        rows.append(check_row("power scaling", model, str(name), label, passed_if(not sensitive), **columns))
    return rows
