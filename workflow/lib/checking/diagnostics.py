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

from workflow.lib.checking.convergence import convergence
from workflow.lib.checking.draws import scalar_blocks
from workflow.lib.errors import UserError

THRESHOLDS = ("r_hat", "ess_bulk", "ess_tail", "divergences", "bfmi", "pareto_k")
SAMPLE_STATISTICS = ("diverging", "energy")
# Importance sampling that fails for more rows than this is not repaired by a remark beside the score.
PARETO_K_SHARE = 0.01

_NAMES = {
    "finite": "the share of draws that are not finite",
    "moves": "the number of chains that never moved",
    "chains_differ": "the number of chains that repeat another",
    "r_hat": "R-hat",
    "ess_bulk": "the bulk effective sample size",
    "ess_tail": "the tail effective sample size",
    "divergences": "the number of divergent transitions",
    "bfmi": "the Bayesian fraction of missing information",
    "pareto_k": "Pareto k",
}
_RULES = {
    "finite": "must be {}",
    "moves": "must be {}",
    "chains_differ": "must be {}",
    "r_hat": "must be below {}",
    "ess_bulk": "must be at least {}",
    "ess_tail": "must be at least {}",
    "divergences": "must be at most {}",
    "bfmi": "must be above {}",
    "pareto_k": "must be at most {}",
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
    "pareto_k": "score the rows in question by refits, or rely on the held-out missions instead",
}


def diagnose(
    tree: xr.DataTree,
    gate_settings: Mapping,
    model_name: str,
    estimands: xr.Dataset | Mapping[str, xr.DataArray] | None = None,
    *,
    pareto_k: xr.DataArray | None = None,
    replicate_dimension: str = "cut_draw",
    seconds: float | None = None,
) -> dict:
    """Check every scalar parameter and every printed estimand of one fit against the thresholds.

    Parameters
    ----------
    tree : xarray.DataTree
        Groups `posterior`, variables (chain, draw, ...), and `sample_stats` with `diverging` and `energy`
        (chain, draw). A cut posterior has one more dimension, `replicate_dimension`, one entry for each draw
        of the measurement model: its chains are compared within an entry (root mean square of R-hat over the
        entries, which a single failed entry carries over the threshold), and its effective sample sizes add
        up.
    gate_settings : mapping
        The section `gate` of the config, typed or as a dictionary: `r_hat`, `ess_bulk`, `ess_tail`,
        `divergences`, `bfmi` and, if `pareto_k` is given, `pareto_k`.
    model_name : str
        Name of the model in the config.
    estimands : xarray.Dataset or mapping of DataArray, optional
        Draws (chain, draw, ...) of everything that is printed.
    pareto_k : xarray.DataArray, optional
        Pareto k of each scored row, see `scores.pointwise_loo`.
    replicate_dimension : str
        Name of the extra dimension of a cut posterior.
    seconds : float, optional
        Time that the sampling took; read from the attribute `sampling_time` of the posterior when absent.

    Returns
    -------
    dict
        `model`, `verdict` (`pass` or `fail`), `checks` (a list of `check`, `kind` (`parameter`, `estimand`,
        `chain` or `row`), `parameter` (the worst one), `value`, `threshold`, `verdict`, `failed` and `number`
        (how many of how many)), `constant` (names of scalars that are fixed), `chains`, `draws` (a chain),
        `parameters`, `seconds`.

    Raises
    ------
    UserError
        A group, a statistic of the sampler or a threshold is absent, or there are fewer than two chains.

    Notes
    -----
    A scalar that is the same in all draws of all chains has neither R-hat nor effective sample size. It is
    fixed by design (a reference loading) if something else moved, and is listed as constant; a chain in which
    nothing moved is stuck, which is a failure. R-hat and effective sample sizes: Vehtari et al. (2021),
    Bayesian Analysis 16(2), 667-718. Fraction of missing information: Betancourt (2016), arXiv:1604.00695.
    """
    thresholds = _thresholds(gate_settings, with_pareto_k=pareto_k is not None)
    posterior = _group(tree, "posterior", model_name)
    statistics = _group(tree, "sample_stats", model_name)
    absent = [name for name in SAMPLE_STATISTICS if name not in statistics.data_vars]
    if absent:
        names = " and ".join(f"`{name}`" for name in absent)
        raise UserError(
            f"Model `{model_name}`: the sampler's statistics lack {names}; the gate needs divergences and "
            "energy; keep them when the posterior is stored"
        )
    chains, draws = posterior.sizes.get("chain", 0), posterior.sizes.get("draw", 0)
    if chains < 2 or draws < 4:
        raise UserError(
            f"Model `{model_name}`: {chains} chains of {draws} draws cannot be compared; the gate needs at "
            "least 2 chains and 4 draws; set `sampler.chains` to 4"
        )

    table, moved = _convergence_table(posterior, replicate_dimension)
    checks = [_moves_check(moved), _chains_differ_check(posterior, replicate_dimension)]
    checks += _convergence_checks(table, "parameter", thresholds)
    if estimands is not None and len(estimands):
        estimand_table, _ = _convergence_table(_as_dataset(estimands), replicate_dimension)
        checks += _convergence_checks(estimand_table, "estimand", thresholds)
    checks += _sampler_checks(statistics, thresholds, replicate_dimension)
    if pareto_k is not None:
        checks.append(pareto_k_check(pareto_k, thresholds["pareto_k"]))

    if seconds is None:
        seconds = posterior.attrs.get("sampling_time", statistics.attrs.get("sampling_time"))
    return {
        "model": model_name,
        "verdict": "fail" if any(check["verdict"] == "fail" for check in checks) else "pass",
        "checks": checks,
        "constant": table.loc[table["constant"], "parameter"].tolist(),
        "chains": int(chains),
        "draws": int(draws),
        "parameters": len(table),
        "seconds": None if seconds is None else float(seconds),
    }


def pareto_k_check(pareto_k: xr.DataArray, threshold: float, largest_share: float = PARETO_K_SHARE) -> dict:
    """Account for rows whose importance sampling is unreliable.

    No row above the threshold passes. A share of at most `largest_share` is `accounted`: the count stands
    beside the score in `results/comparison/loo.csv`, and the held-out missions are the score of record. More
    fails.

    Parameters
    ----------
    pareto_k : xarray.DataArray, shape (mission, state)
        NaN where a state was not eligible.
    threshold : float
        0.7 by Vehtari, Simpson, Gelman, Yao & Gabry (2024), JMLR 25(72).
    """
    flat = pareto_k.stack(row=pareto_k.dims, create_index=False)
    values = flat.values[~np.isnan(flat.values)]
    if not values.size:
        return _check("pareto_k", "row", None, None, threshold, "fail", 0, 0)
    worst = int(np.nanargmax(flat.values))
    labels = [
        str(flat[dimension].values[worst]) if dimension in flat.coords else "?" for dimension in pareto_k.dims
    ]
    above = int((values > threshold).sum())
    verdict = "pass" if above == 0 else "accounted" if above <= largest_share * values.size else "fail"
    return _check("pareto_k", "row", ", ".join(labels), values.max(), threshold, verdict, above, values.size)


def convergence_table(draws: xr.Dataset | Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """R-hat and effective sample sizes of every scalar, for tables of results.

    Parameters
    ----------
    draws : xarray.Dataset or mapping of DataArray
        Variables (chain, draw, ...).

    Returns
    -------
    pandas.DataFrame
        Columns parameter, r_hat, ess_bulk, ess_tail, constant, finite; NaN figures for constants.
    """
    return _convergence_table(_as_dataset(draws), "cut_draw")[0]


def collect_diagnostics(diagnostics: Iterable[Mapping]) -> dict:
    """Put the diagnostics of all models together, as `results/diagnostics.json` holds them.

    Returns
    -------
    dict
        `verdict` of all, and `models`: name -> diagnostics, in the order given.
    """
    models = {item["model"]: dict(item) for item in diagnostics}
    failed = any(item["verdict"] == "fail" for item in models.values())
    return {"verdict": "fail" if failed else "pass", "models": models}


def diagnostics_frame(diagnostics: Iterable[Mapping]) -> pd.DataFrame:
    """One row a model and check: model, check, kind, parameter, value, threshold, verdict, failed, number."""
    columns = ["model", "check", "kind", "parameter", "value", "threshold", "verdict", "failed", "number"]
    rows = [{"model": item["model"], **check} for item in diagnostics for check in item["checks"]]
    return pd.DataFrame(rows, columns=columns)


def gate(diagnostics: Mapping | Iterable[Mapping]) -> None:
    """Stop the build if a model failed.

    Parameters
    ----------
    diagnostics : mapping or iterable of mappings
        What `diagnose` returned, for one model or several.

    Raises
    ------
    UserError
        One line a failed model: the model, the parameter, the figure, the threshold, what to try.
    """
    items = [diagnostics] if "checks" in diagnostics else list(diagnostics)
    lines = [failure_sentence(item) for item in items if item["verdict"] == "fail"]
    if lines:
        raise UserError("\n".join(lines))


def failure_sentence(diagnostics: Mapping) -> str:
    """Sentence that names the first failed check of a model; the others are named behind it."""
    failed = [check for check in diagnostics["checks"] if check["verdict"] == "fail"]
    check = failed[0]
    name = check["check"]
    others = sorted({item["check"] for item in failed[1:]} - {name})
    subject = _NAMES[name]
    if check["kind"] == "chain" and check["parameter"] is not None:
        subject += f" (worst in chain {check['parameter']})"
    elif check["parameter"] is not None:
        subject += f" of {check['kind']} `{check['parameter']}`"
    rule = _RULES[name].format(_figure(check["threshold"]))
    also = f"; {', '.join(f'`{other}`' for other in others)} failed too" if others else ""
    return (
        f"Model `{diagnostics['model']}` did not pass the gate: {subject} is {_figure(check['value'])} and {rule} "
        f"({check['failed']} of {check['number']} failed){also}; {_ADVICE[name]}"
    )


def _figure(value: float | None) -> str:
    if value is None or not np.isfinite(value):
        return "not a finite number"
    return f"{value:.5g}"


def _thresholds(gate_settings: Mapping, with_pareto_k: bool) -> dict[str, float]:
    if hasattr(gate_settings, "model_dump"):
        gate_settings = gate_settings.model_dump()
    needed = [name for name in THRESHOLDS if with_pareto_k or name != "pareto_k"]
    absent = [name for name in needed if name not in gate_settings]
    if absent:
        names = ", ".join(f"`{name}`" for name in absent)
        raise UserError(f"config `gate`: {names} missing; give a number for each")
    return {name: float(gate_settings[name]) for name in needed}


def _group(tree: xr.DataTree, name: str, model_name: str) -> xr.Dataset:
    if name not in tree.children:
        raise UserError(
            f"Model `{model_name}`: the stored fit has no group `{name}`; the gate needs `posterior` and "
            "`sample_stats`; fit the model again"
        )
    return tree[name].to_dataset()


def _as_dataset(draws: xr.Dataset | Mapping[str, xr.DataArray]) -> xr.Dataset:
    if isinstance(draws, xr.Dataset):
        return draws
    # Scalar coordinates left over from a selection (a mission, a percentile) differ between estimands.
    return xr.Dataset({name: array.reset_coords(drop=True) for name, array in draws.items()})


def _check(name, kind, parameter, value, threshold, verdict, failed, number) -> dict:
    return {
        "check": name,
        "kind": kind,
        "parameter": parameter,
        "value": None if value is None else float(value),
        "threshold": float(threshold),
        "verdict": verdict,
        "failed": int(failed),
        "number": int(number),
    }


def _replicates(dataset: xr.Dataset, dimension: str) -> list[xr.Dataset]:
    if dimension not in dataset.dims:
        return [dataset]
    return [dataset.isel({dimension: i}, drop=True) for i in range(dataset.sizes[dimension])]


def _convergence_table(draws: xr.Dataset, replicate_dimension: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Figures of every scalar, and for each replicate and chain whether anything moved in it."""
    numeric = [name for name in draws.data_vars if np.issubdtype(draws[name].dtype, np.number)]
    replicates = _replicates(draws[numeric], replicate_dimension)
    figures = [_figures(replicate) for replicate in replicates]
    first = figures[0][0]
    table = pd.DataFrame(
        {
            "parameter": first["parameter"],
            "r_hat": np.sqrt(np.mean([figure["r_hat"] ** 2 for figure, _ in figures], axis=0)),
            "ess_bulk": np.sum([figure["ess_bulk"] for figure, _ in figures], axis=0),
            "ess_tail": np.sum([figure["ess_tail"] for figure, _ in figures], axis=0),
            "constant": np.all([figure["constant"] for figure, _ in figures], axis=0),
            "finite": np.min([figure["finite"] for figure, _ in figures], axis=0),
        }
    )
    return table, np.array([moved for _, moved in figures])


def _figures(draws: xr.Dataset) -> tuple[pd.DataFrame, np.ndarray]:
    parts = []
    moved = np.zeros(draws.sizes["chain"], dtype=bool)
    for labels, values in scalar_blocks(draws):
        finite = np.isfinite(values).mean(axis=(1, 2))
        clean = finite == 1
        spread = np.zeros(values.shape[:2])
        spread[clean] = np.ptp(values[clean], axis=2)
        size = np.zeros(len(values))
        size[clean] = np.abs(values[clean]).max(axis=(1, 2))
        # Recomputed constants differ in their last digits; that is not movement.
        moves = spread > 1e-12 * size[:, None]
        moved |= moves.any(axis=0)
        chain_means = np.where(clean[:, None], values.mean(axis=2), np.nan)
        constant = clean & ~moves.any(axis=1) & (np.ptp(chain_means, axis=1) <= 1e-12 * size)
        figures = np.full((3, len(values)), np.nan)
        usable = clean & ~constant
        if usable.any():
            figures[:, usable] = convergence(values[usable])
        parts.append(
            pd.DataFrame(
                {
                    "parameter": labels,
                    "r_hat": figures[0],
                    "ess_bulk": figures[1],
                    "ess_tail": figures[2],
                    "constant": constant,
                    "finite": finite,
                }
            )
        )
    if not parts:
        raise ValueError("there is no numeric variable to check")
    return pd.concat(parts, ignore_index=True), moved


def _moves_check(moved: np.ndarray) -> dict:
    stuck = np.argwhere(~moved)
    parameter = None if not len(stuck) else str(stuck[0][-1])
    verdict = "fail" if len(stuck) else "pass"
    return _check("moves", "chain", parameter, len(stuck), 0, verdict, len(stuck), moved.size)


def _chains_differ_check(posterior: xr.Dataset, replicate_dimension: str) -> dict:
    """Two chains with the same draws (the same seed twice) hide all disagreement from R-hat."""
    posterior = _replicates(posterior, replicate_dimension)[0]
    chains = posterior.sizes["chain"]
    numeric = [name for name in posterior.data_vars if np.issubdtype(posterior[name].dtype, np.number)]
    fingerprints = np.stack(
        [posterior[name].transpose("chain", ...).values.reshape(chains, -1).sum(axis=1) for name in numeric],
        axis=1,
    )
    # A stuck or overflowed chain has its own check.
    repeated = [
        later
        for later in range(chains)
        if any(np.array_equal(fingerprints[later], fingerprints[earlier]) for earlier in range(later))
        and np.isfinite(fingerprints[later]).all()
    ]
    parameter = str(repeated[0]) if repeated else None
    verdict = "fail" if repeated else "pass"
    return _check("chains_differ", "chain", parameter, len(repeated), 0, verdict, len(repeated), chains)


def _convergence_checks(table: pd.DataFrame, kind: str, thresholds: Mapping[str, float]) -> list[dict]:
    broken = table[table["finite"] < 1]
    worst_broken = broken.sort_values("finite", kind="stable").iloc[0] if len(broken) else None
    checks = [
        _check(
            "finite",
            kind,
            None if worst_broken is None else worst_broken["parameter"],
            0 if worst_broken is None else 1 - worst_broken["finite"],
            0,
            "fail" if len(broken) else "pass",
            len(broken),
            len(table),
        )
    ]
    usable = table[~table["constant"] & (table["finite"] == 1)]
    for name, worst_is_largest in (("r_hat", True), ("ess_bulk", False), ("ess_tail", False)):
        if usable.empty:
            continue
        values = usable[name].to_numpy()
        threshold = thresholds[name]
        passes = values < threshold if worst_is_largest else values >= threshold
        badness = np.where(np.isnan(values), np.inf, values if worst_is_largest else -values)
        worst = int(np.argmax(badness))
        verdict = "pass" if passes.all() else "fail"
        parameter = usable["parameter"].iloc[worst]
        checks.append(
            _check(name, kind, parameter, values[worst], threshold, verdict, (~passes).sum(), len(values))
        )
    return checks


def _sampler_checks(
    statistics: xr.Dataset, thresholds: Mapping[str, float], replicate_dimension: str
) -> list[dict]:
    diverging = statistics["diverging"]
    others = [dimension for dimension in diverging.dims if dimension != "chain"]
    by_chain = diverging.astype(int).sum(others).values
    total = int(by_chain.sum())
    allowed = thresholds["divergences"]
    divergences = _check(
        "divergences",
        "chain",
        str(int(by_chain.argmax())) if total else None,
        total,
        allowed,
        "pass" if total <= allowed else "fail",
        total,
        diverging.size,
    )
    fractions = np.stack(
        [
            missing_information(replicate["energy"])
            for replicate in _replicates(statistics, replicate_dimension)
        ]
    )
    worst = np.unravel_index(np.argmin(np.where(np.isnan(fractions), -np.inf, fractions)), fractions.shape)
    above = fractions > thresholds["bfmi"]
    bfmi = _check(
        "bfmi",
        "chain",
        str(int(worst[-1])),
        fractions[worst],
        thresholds["bfmi"],
        "pass" if above.all() else "fail",
        (~above).sum(),
        fractions.size,
    )
    return [divergences, bfmi]


def missing_information(energy: xr.DataArray) -> np.ndarray:
    """Estimated Bayesian fraction of missing information of each chain, shape (chain,).

    Mean squared change of the energy between draws over its variance: Betancourt (2016), arXiv:1604.00695.
    """
    values = energy.transpose("chain", "draw").values.astype(float)
    variance = values.var(axis=1, ddof=1)
    changes = (np.diff(values, axis=1) ** 2).mean(axis=1)
    return np.divide(changes, variance, out=np.full(len(values), np.nan), where=variance > 0)
