"""The gate: no number leaves a fit whose chains have not converged.

From: `results/<model>/posterior.nc` (groups `posterior` and `sample_stats`), the draws of the printed
estimands, and the thresholds of the config's `gate`. To: `results/<model>/diagnostics.json` (`diagnose`),
`results/diagnostics.json` (`collect_diagnostics`), and one sentence that stops the build (`gate`). Fails with
a `UserError` when the sampler's statistics are absent: less is never checked in silence.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.checking.convergence import convergence, missing_information
from workflow.lib.checking.draws import scalar_blocks
from workflow.lib.errors import UserError

THRESHOLDS = ("r_hat", "ess_bulk", "ess_tail", "divergences", "bfmi")
SAMPLE_STATISTICS = ("diverging", "energy")

_NAMES = {
    "finite": "the share of draws that are not finite",
    "moves": "the number of chains that never moved",
    "chains_differ": "the number of chains that repeat another",
    "r_hat": "R-hat",
    "ess_bulk": "the bulk effective sample size",
    "ess_tail": "the tail effective sample size",
    "divergences": "the number of divergent transitions",
    "bfmi": "the Bayesian fraction of missing information",
}
_RULES = {
    "r_hat": "must be below {}",
    "ess_bulk": "must be at least {}",
    "ess_tail": "must be at least {}",
    "divergences": "must be at most {}",
    "bfmi": "must be above {}",
}
_ADVICE = {
    "finite": "look for an overflow in the model or a column with extreme values",
    "moves": "try another seed or other starting points, and look at the priors",
    "chains_differ": "give each chain its own seed",
    "r_hat": "raise `sampler.tune` and `sampler.draws`, or give the parameter a tighter prior",
    "ess_bulk": "raise `sampler.draws`",
    "ess_tail": "raise `sampler.draws`",
    "divergences": "raise `sampler.target_accept` towards 0.99, or tighten the prior of the smallest scale",
    "bfmi": "raise `sampler.tune`, or tighten the priors of the scales",
}


def diagnose(
    tree: xr.DataTree,
    gate_settings: Mapping,
    model_name: str,
    estimands: xr.Dataset | Mapping[str, xr.DataArray] | None = None,
) -> dict:
    """Check every scalar parameter and every printed estimand of one fit against the thresholds.

    Parameters
    ----------
    tree : xarray.DataTree
        Groups `posterior`, variables (chain, draw, ...), and `sample_stats` with `diverging` and `energy` (chain, draw);
        attribute `seconds`, the time that the sampling took, if it is known.
    gate_settings : mapping
        The section `gate` of the config.
    model_name : str
    estimands : xarray.Dataset or mapping of DataArray, optional
        Draws (chain, draw, ...) of everything that is printed.

    Returns
    -------
    dict
        `model`, `verdict` (`pass` or `fail`), `checks` (a list of `check`, `kind` (`parameter`, `estimand` or `chain`),
        `parameter` (the worst one), `value`, `threshold`, `verdict`, `failed` and `number` (how many of how many)),
        `constant` (names of scalars that are fixed), `chains`, `draws` (a chain), `parameters`, `seconds`.

    Raises
    ------
    UserError
        A group, a statistic of the sampler or a threshold is absent, or there are fewer than two chains.

    Notes
    -----
    A scalar that is the same in all draws of all chains has neither R-hat nor effective sample size. It is fixed by design
    if something else moved, and is listed as constant; a chain in which nothing moved is stuck, which is a failure. R-hat and
    effective sample sizes: Vehtari et al. (2021). Fraction of missing information: Betancourt (2016), arXiv:1604.00695.
    """
    thresholds = _thresholds(gate_settings)
    posterior, statistics = _groups(tree, model_name)
    table, chain_varies = _figures(posterior)
    checks = [_moves_check(chain_varies), _chains_differ_check(posterior)]
    checks += _convergence_checks(table, "parameter", thresholds)
    if estimands is not None and len(estimands):
        checks += _convergence_checks(convergence_table(estimands), "estimand", thresholds)
    checks += _sampler_checks(statistics, thresholds)
    return {
        "model": model_name,
        "verdict": "fail" if any(check["verdict"] == "fail" for check in checks) else "pass",
        "checks": checks,
        "constant": table.loc[table["constant"], "parameter"].tolist(),
        "chains": int(posterior.sizes["chain"]),
        "draws": int(posterior.sizes["draw"]),
        "parameters": len(table),
        "seconds": tree.attrs.get("seconds"),
    }


def convergence_table(draws: xr.Dataset | Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """Columns parameter, r_hat, ess_bulk, ess_tail (NaN for constants), constant, finite; one row a scalar of the draws."""
    if not isinstance(draws, xr.Dataset):
        # Scalar coordinates left over from a selection (a mission, a percentile) differ between estimands.
        draws = xr.Dataset({name: array.reset_coords(drop=True) for name, array in draws.items()})
    return _figures(draws)[0]


def collect_diagnostics(diagnostics: Iterable[Mapping], loo: pd.DataFrame, pareto_k: float) -> dict:
    """Put the diagnostics of all models together, as `results/diagnostics.json` holds them.

    Parameters
    ----------
    diagnostics : iterable of mapping
        What `diagnose` returned.
    loo : pandas.DataFrame
        Leave-one-out scores; a model in it is given how many of its rows have a Pareto k above the threshold.
    pareto_k : float
        The threshold.
    """
    models = {item["model"]: dict(item) for item in diagnostics}
    for row in loo.itertuples():
        models[row.model]["pareto_k"] = {"above": int(row.bad_k), "of": int(row.n), "threshold": pareto_k}
    failed = any(item["verdict"] == "fail" for item in models.values())
    return {"verdict": "fail" if failed else "pass", "models": models}


def gate(diagnostics: Mapping) -> None:
    """Stop if a model failed, by what `diagnose` returned.

    Raises
    ------
    UserError
        One line: the model, the parameter, the figure, the threshold, what to try.
    """
    if diagnostics["verdict"] == "fail":
        raise UserError(failure_sentence(diagnostics))


def failure_sentence(diagnostics: Mapping) -> str:
    """Sentence that names the first failed check of a model; the others are named behind it."""
    failed = [check for check in diagnostics["checks"] if check["verdict"] == "fail"]
    check = failed[0]
    name = check["check"]
    other_checks = sorted({item["check"] for item in failed[1:]} - {name})
    subject = _NAMES[name]
    if check["kind"] == "chain" and check["parameter"] is not None:
        subject += f" (worst in chain {check['parameter']})"
    elif check["parameter"] is not None:
        subject += f" of {check['kind']} `{check['parameter']}`"
    rule = _RULES.get(name, "must be {}").format(_figure(check["threshold"]))
    also = f"; {', '.join(f'`{other}`' for other in other_checks)} failed too" if other_checks else ""
    return (
        f"Model `{diagnostics['model']}` did not pass the gate: {subject} is {_figure(check['value'])} and {rule} "
        f"({check['failed']} of {check['number']} failed){also}; {_ADVICE[name]}"
    )


def _figure(value: float | None) -> str:
    return "not a finite number" if value is None or not np.isfinite(value) else f"{value:.5g}"


def _thresholds(gate_settings: Mapping) -> dict[str, float]:
    absent = [name for name in THRESHOLDS if name not in gate_settings]
    if absent:
        names = ", ".join(f"`{name}`" for name in absent)
        raise UserError(f"config `gate`: {names} missing; give a number for each")
    return {name: float(gate_settings[name]) for name in THRESHOLDS}


def _groups(tree: xr.DataTree, model_name: str) -> tuple[xr.Dataset, xr.Dataset]:
    """Posterior and statistics of the sampler, as far as they can be judged."""
    for name in ("posterior", "sample_stats"):
        if name not in tree.children:
            raise UserError(
                f"Model `{model_name}`: the stored fit has no group `{name}`; the gate needs `posterior` and "
                "`sample_stats`; fit the model again"
            )
    posterior, statistics = tree["posterior"].to_dataset(), tree["sample_stats"].to_dataset()
    absent = [name for name in SAMPLE_STATISTICS if name not in statistics.data_vars]
    if absent:
        names = " and ".join(f"`{name}`" for name in absent)
        raise UserError(
            f"Model `{model_name}`: the sampler's statistics lack {names}; the gate needs divergences and "
            "energy; keep them when the posterior is stored"
        )
    chains, draws = posterior.sizes.get("chain", 0), posterior.sizes.get("draw", 0)
    if chains < 2 or draws < 6:
        raise UserError(
            f"Model `{model_name}`: {chains} chains of {draws} draws cannot be compared; the gate needs at "
            "least 2 chains and 6 draws; set `sampler.chains` to 4"
        )
    return posterior, statistics


def _check(name, kind, parameter, value, threshold, failed, number) -> dict:
    return {
        "check": name,
        "kind": kind,
        "parameter": parameter,
        "value": None if value is None else float(value),
        "threshold": float(threshold),
        "verdict": "fail" if failed else "pass",
        "failed": int(failed),
        "number": int(number),
    }


def _numeric(draws: xr.Dataset) -> list[str]:
    return [str(name) for name in draws.data_vars if np.issubdtype(draws[name].dtype, np.number)]


def _figures(draws: xr.Dataset) -> tuple[pd.DataFrame, np.ndarray]:
    """Figures of every scalar, and for each chain whether anything moved in it."""
    parts = []
    chain_varies = np.zeros(draws.sizes["chain"], dtype=bool)
    for labels, values in scalar_blocks(draws[_numeric(draws)]):
        finite = np.isfinite(values).mean(axis=(1, 2))
        clean = finite == 1
        spread = np.zeros(values.shape[:2])
        spread[clean] = np.ptp(values[clean], axis=2)
        magnitude = np.zeros(len(values))
        magnitude[clean] = np.abs(values[clean]).max(axis=(1, 2))
        # Recomputed constants differ in their last digits; that is not movement.
        varies = spread > 1e-12 * magnitude[:, None]
        chain_varies |= varies.any(axis=0)
        chain_means = np.where(clean[:, None], values.mean(axis=2), np.nan)
        constant = clean & ~varies.any(axis=1) & (np.ptp(chain_means, axis=1) <= 1e-12 * magnitude)
        figures = np.full((3, len(values)), np.nan)
        usable = clean & ~constant
        if usable.any():
            figures[:, usable] = convergence(values[usable])
        part = dict(zip(("r_hat", "ess_bulk", "ess_tail"), figures, strict=True))
        parts.append(pd.DataFrame({"parameter": labels, **part, "constant": constant, "finite": finite}))
    if not parts:
        raise ValueError("there is no numeric variable to check")
    return pd.concat(parts, ignore_index=True), chain_varies


def _moves_check(chain_varies: np.ndarray) -> dict:
    stuck_chains = np.flatnonzero(~chain_varies)
    parameter = str(stuck_chains[0]) if len(stuck_chains) else None
    return _check("moves", "chain", parameter, len(stuck_chains), 0, len(stuck_chains), chain_varies.size)


def _chains_differ_check(posterior: xr.Dataset) -> dict:
    """Two chains with the same draws (the same seed twice) hide all disagreement from R-hat."""
    chains = posterior.sizes["chain"]
    arrays = [posterior[name].transpose("chain", ...).values for name in _numeric(posterior)]
    fingerprints = np.stack([array.reshape(chains, -1).sum(axis=1) for array in arrays], axis=1)
    # A stuck or overflowed chain has its own check.
    repeated = [
        later
        for later in range(chains)
        if np.isfinite(fingerprints[later]).all()
        and (fingerprints[:later] == fingerprints[later]).all(axis=1).any()
    ]
    parameter = str(repeated[0]) if repeated else None
    return _check("chains_differ", "chain", parameter, len(repeated), 0, len(repeated), chains)


def _convergence_checks(table: pd.DataFrame, kind: str, thresholds: Mapping[str, float]) -> list[dict]:
    broken = table[table["finite"] < 1].sort_values("finite", kind="stable")
    first, share = (broken["parameter"].iloc[0], 1 - broken["finite"].iloc[0]) if len(broken) else (None, 0)
    checks = [_check("finite", kind, first, share, 0, len(broken), len(table))]
    usable = table[~table["constant"] & (table["finite"] == 1)]
    for name, worst_is_largest in (("r_hat", True), ("ess_bulk", False), ("ess_tail", False)):
        if usable.empty:
            continue
        values = usable[name].to_numpy()
        threshold = thresholds[name]
        passes = values < threshold if worst_is_largest else values >= threshold
        badness = np.where(np.isnan(values), np.inf, values if worst_is_largest else -values)
        worst = int(np.argmax(badness))
        parameter = usable["parameter"].iloc[worst]
        checks.append(_check(name, kind, parameter, values[worst], threshold, (~passes).sum(), len(values)))
    return checks


def _sampler_checks(statistics: xr.Dataset, thresholds: Mapping[str, float]) -> list[dict]:
    by_chain = statistics["diverging"].astype(int).sum("draw").values
    total, allowed = int(by_chain.sum()), thresholds["divergences"]
    chain = str(int(by_chain.argmax())) if total else None
    failed = total if total > allowed else 0
    fractions = missing_information(statistics["energy"])
    worst = int(np.argmin(np.where(np.isnan(fractions), -np.inf, fractions)))
    low = (~(fractions > thresholds["bfmi"])).sum()
    return [
        _check("divergences", "chain", chain, total, allowed, failed, statistics["diverging"].size),
        _check("bfmi", "chain", str(worst), fractions[worst], thresholds["bfmi"], low, fractions.size),
    ]
