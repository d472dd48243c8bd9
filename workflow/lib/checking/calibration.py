"""Calibration of the inference, and the four worlds: who is fooled, who is not, how often.

From: functions, given by the caller, that simulate a data set with known parameters and fit a model to it.
To: `results/calibration/recovery.csv` (one row a simulated data set and parameter),
`results/calibration/ranks.csv` (`rank_tests`), `results/calibration/coverage.csv` (`coverage_table`) and
`results/calibration/worlds.csv`. A fit that fails raises and is not dropped: a calibration over the easy data
sets would be none.

Sources: simulation-based calibration: Talts, Betancourt, Simpson, Vehtari & Gelman (2018), arXiv:1804.06788;
simultaneous test of uniform ranks: Saeilynoja, Buerkner & Vehtari (2022), Statistics and Computing 32, 32;
interval of a share: Clopper & Pearson (1934), Biometrika 26(4), 404-413.
"""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from workflow.lib.checking.draws import flat_draws, scalar_labels, summarise

RECOVERY_COLUMNS = [
    "replicate",
    "seed",
    "parameter",
    "truth",
    "mean",
    "sd",
    "lower",
    "upper",
    "rank",
    "rank_draws",
    "converged",
]
WORLD_COLUMNS = [
    "world",
    "model",
    "estimand",
    "replicates",
    "truth",
    "mean",
    "bias",
    "rmse",
    "coverage",
    "share_claimed",
    "share_fooled",
    "fooled_lower",
    "fooled_upper",
]


def rank_statistic(draws: np.ndarray, truth: float, rank_draws: int) -> int:
    """Number of `rank_draws` evenly spaced posterior draws below the true value: uniform on 0..rank_draws.

    Draws are thinned because ranks among autocorrelated draws are not uniform even for an exact posterior
    (Talts et al. 2018, section 5.1). Ties, which occur only for discrete quantities, count as one half,
    rounded down.

    Parameters
    ----------
    draws : numpy.ndarray
        All posterior draws, chains one after another.
    truth : float
    rank_draws : int
        At most the effective sample size.
    """
    flat = np.asarray(draws, dtype=float).ravel()
    if rank_draws > flat.size:
        raise ValueError(f"{rank_draws} ranks need as many draws, there are {flat.size}")
    chosen = flat[np.linspace(0, flat.size - 1, rank_draws).round().astype(int)]
    return int((chosen < truth).sum() + (chosen == truth).sum() // 2)


def recovery_rows(
    posterior: xr.Dataset | Mapping[str, xr.DataArray],
    truth: Mapping[str, float | xr.DataArray],
    *,
    interval: float,
    rank_draws: int = 99,
) -> list[dict]:
    """Posterior summaries beside the true values, one row a scalar.

    Parameters
    ----------
    posterior : xarray.Dataset or mapping of DataArray
        Draws (chain, draw, ...) of parameters and estimands.
    truth : mapping
        Name -> true value; an array with the variable's coordinates, or one number.
    interval : float
    rank_draws : int
        99 makes ranks from 0 to 99: whole percentiles, and equal bins by 2, 4, 5, 10, 20, 25 or 50.

    Returns
    -------
    list of dict
        parameter, truth, mean, sd, lower, upper, rank, rank_draws.
    """
    rows = []
    for name, value in truth.items():
        draws = posterior[name].rename(name)
        labels = scalar_labels(draws)
        flat = flat_draws(draws)
        if isinstance(value, xr.DataArray):
            others = [dimension for dimension in flat.dims if dimension != "sample"]
            value = value.sel(
                {dimension: flat[dimension] for dimension in others if dimension in flat.coords}
            )
            values = np.asarray(value.transpose(*others), dtype=float).ravel()
        else:
            values = np.full(len(labels), float(value))
        columns = flat.values.reshape(flat.sizes["sample"], -1)
        for i, label in enumerate(labels):
            rows.append(
                {
                    "parameter": label,
                    "truth": float(values[i]),
                    **summarise(columns[:, i], interval),
                    "rank": rank_statistic(columns[:, i], values[i], rank_draws),
                    "rank_draws": rank_draws,
                }
            )
    return rows


def recover(
    simulate: Callable[[int], tuple[object, Mapping]],
    fit: Callable[[object, int], xr.Dataset],
    seeds: Iterable[int],
    *,
    interval: float,
    rank_draws: int = 99,
    converged: Callable[[xr.Dataset], bool] | None = None,
) -> pd.DataFrame:
    """Simulate, fit and compare, once for each seed.

    Parameters
    ----------
    simulate : callable
        seed -> (data set, true values by name). For simulation-based calibration the true values come from
        the prior.
    fit : callable
        (data set, seed) -> posterior draws (chain, draw, ...), estimands included.
    seeds : iterable of int
    interval : float
    rank_draws : int
    converged : callable, optional
        posterior -> whether the fit passes the gate; recorded, never a reason to drop a replicate.

    Returns
    -------
    pandas.DataFrame
        Columns replicate, seed, parameter, truth, mean, sd, lower, upper, rank, rank_draws, converged.
    """
    rows = []
    for replicate, seed in enumerate(seeds):
        data, truth = simulate(seed)
        posterior = fit(data, seed)
        passed = None if converged is None else bool(converged(posterior))
        rows += [
            {"replicate": replicate, "seed": seed, "converged": passed, **row}
            for row in recovery_rows(posterior, truth, interval=interval, rank_draws=rank_draws)
        ]
    return pd.DataFrame(rows, columns=RECOVERY_COLUMNS)


def rank_uniformity(ranks: np.ndarray, rank_draws: int, *, seed: int = 1, simulations: int = 4000) -> dict:
    """Two tests that ranks are uniform on 0..rank_draws.

    Parameters
    ----------
    ranks : numpy.ndarray of int
        One rank a simulated data set.
    rank_draws : int
    seed : int
        Of the simulated reference distribution.
    simulations : int

    Returns
    -------
    dict
        `ecdf_p_value`: of the smallest pointwise binomial tail of the empirical distribution function (gamma
        of Saeilynoja et al. 2022), against simulated uniform ranks: sees bias and wrong width.
        `chi_square_p_value`: of equal bins, with at least five expected ranks each (two bins at the least):
        sees any shape.
    """
    ranks = np.asarray(ranks, dtype=int)
    if ranks.size < 2 or ranks.min() < 0 or ranks.max() > rank_draws:
        raise ValueError(f"need at least two ranks between 0 and {rank_draws}")
    size, classes = ranks.size, rank_draws + 1
    points = np.arange(1, classes) / classes
    generator = np.random.default_rng(seed)
    reference = generator.multinomial(size, np.full(classes, 1 / classes), size=simulations)
    own = np.bincount(ranks, minlength=classes)
    counts = np.concatenate([own[None], reference]).cumsum(axis=1)[:, :-1]
    lower = stats.binom.cdf(np.arange(size + 1)[:, None], size, points)
    upper = stats.binom.sf(np.arange(size + 1)[:, None] - 1, size, points)
    columns = np.arange(classes - 1)
    tails = np.minimum(lower[counts, columns], upper[counts, columns]).min(axis=1)
    ecdf_p_value = (1 + (tails[1:] <= tails[0] * (1 + 1e-12)).sum()) / (1 + simulations)

    bins = max((n for n in range(2, classes + 1) if classes % n == 0 and size >= 5 * n), default=2)
    edges = np.linspace(0, classes, bins + 1).round().astype(int)
    observed = np.add.reduceat(own, edges[:-1])
    expected = size * np.diff(edges) / classes
    return {
        "ecdf_p_value": float(ecdf_p_value),
        "chi_square_p_value": float(stats.chisquare(observed, expected).pvalue),
        "bins": int(bins),
    }


def rank_tests(recovery: pd.DataFrame, level: float = 0.05) -> pd.DataFrame:
    """Test of uniform ranks for each parameter of a calibration.

    Parameters
    ----------
    recovery : pandas.DataFrame
        What `recover` returned.
    level : float
        Chance of naming any parameter of an exact inference (Bonferroni over parameters).

    Returns
    -------
    pandas.DataFrame
        parameter, replicates, mean_rank (share of the largest; 0.5 without bias), ecdf_p_value,
        chi_square_p_value, uniform (bool, by the former).
    """
    rows = []
    for parameter, own in recovery.groupby("parameter", sort=False):
        tests = rank_uniformity(own["rank"].to_numpy(), int(own["rank_draws"].iloc[0]))
        rows.append(
            {
                "parameter": parameter,
                "replicates": len(own),
                "mean_rank": (own["rank"] / own["rank_draws"]).mean(),
                "ecdf_p_value": tests["ecdf_p_value"],
                "chi_square_p_value": tests["chi_square_p_value"],
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(uniform=table["ecdf_p_value"] > level / len(table))


def coverage_table(recovery: pd.DataFrame, *, interval: float, level: float = 0.05) -> pd.DataFrame:
    """Share of intervals that hold the true value, with bias and error.

    Parameters
    ----------
    recovery : pandas.DataFrame
        What `recover` returned.
    interval : float
        Nominal coverage.
    level : float
        Chance that any parameter of an exact inference falls outside its bounds (Bonferroni over parameters).

    Returns
    -------
    pandas.DataFrame
        parameter, replicates, coverage, lowest, highest (coverage consistent with nominal: quantiles of the
        binomial), consistent (bool), p_value (exact two-sided), bias, rmse, z_of_bias (bias over its standard
        error), mean_width, not_converged (replicates that failed the gate).
    """
    rows = []
    parameters = recovery["parameter"].nunique()
    for parameter, own in recovery.groupby("parameter", sort=False):
        size = len(own)
        inside = own["truth"].between(own["lower"], own["upper"])
        tail = level / parameters / 2
        lowest = stats.binom.ppf(tail, size, interval) / size
        highest = stats.binom.ppf(1 - tail, size, interval) / size
        error = own["mean"] - own["truth"]
        spread = error.std(ddof=1) / np.sqrt(size) if size > 1 else np.nan
        rows.append(
            {
                "parameter": parameter,
                "replicates": size,
                "coverage": inside.mean(),
                "lowest": lowest,
                "highest": highest,
                "consistent": bool(lowest <= inside.mean() <= highest),
                "p_value": stats.binomtest(int(inside.sum()), size, interval).pvalue,
                "bias": error.mean(),
                "rmse": np.sqrt((error**2).mean()),
                "z_of_bias": error.mean() / spread if spread > 0 else np.nan,
                "mean_width": (own["upper"] - own["lower"]).mean(),
                "not_converged": int(own["converged"].eq(False).sum()),
            }
        )
    return pd.DataFrame(rows)


def run_worlds(
    worlds: Iterable[str],
    models: Iterable[str],
    simulate: Callable[[str, int], tuple[object, Mapping[str, float]]],
    fit: Callable[[str, object, int], Mapping[str, xr.DataArray]],
    seeds: Iterable[int],
    *,
    interval: float,
) -> pd.DataFrame:
    """Fit every model to every world.

    Parameters
    ----------
    worlds, models : iterable of str
    simulate : callable
        (world, seed) -> (data set, true effect by estimand).
    fit : callable
        (model, data set, seed) -> draws (chain, draw) by estimand; estimands that a model does not have are
        absent.
    seeds : iterable of int
    interval : float

    Returns
    -------
    pandas.DataFrame
        world, model, estimand, seed, truth, mean, sd, lower, upper.
    """
    rows = []
    seeds, models = list(seeds), list(models)
    for world in worlds:
        for seed in seeds:
            data, truth = simulate(world, seed)
            for model in models:
                for estimand, draws in fit(model, data, seed).items():
                    rows.append(
                        {
                            "world": world,
                            "model": model,
                            "estimand": estimand,
                            "seed": seed,
                            "truth": float(truth[estimand]),
                            **summarise(draws, interval),
                        }
                    )
    return pd.DataFrame(rows)


def worlds_table(fits: pd.DataFrame, *, negligible: float = 0.0, level: float = 0.05) -> pd.DataFrame:
    """Who is fooled in which world, how often.

    Parameters
    ----------
    fits : pandas.DataFrame
        What `run_worlds` returned.
    negligible : float
        True effects of at most this size count as no effect (an effect on probabilities is never exactly zero
        when it is computed by simulation).
    level : float
        The bounds of the share are a Clopper-Pearson interval of probability 1 - level.

    Returns
    -------
    pandas.DataFrame
        world, model, estimand, replicates, truth (mean), mean, bias, rmse, coverage, share_claimed (the
        interval excludes zero), share_fooled (it excludes zero although there is no effect, or the effect has
        the other sign), fooled_lower, fooled_upper.
    """
    rows = []
    for (world, model, estimand), own in fits.groupby(["world", "model", "estimand"], sort=False):
        size = len(own)
        positive, negative = own["lower"] > 0, own["upper"] < 0
        present = own["truth"].abs() > negligible
        wrong_sign = (positive & (own["truth"] < 0)) | (negative & (own["truth"] > 0))
        fooled = np.where(present, wrong_sign, positive | negative)
        error = own["mean"] - own["truth"]
        bounds = stats.binomtest(int(fooled.sum()), size).proportion_ci(1 - level, method="exact")
        rows.append(
            {
                "world": world,
                "model": model,
                "estimand": estimand,
                "replicates": size,
                "truth": own["truth"].mean(),
                "mean": own["mean"].mean(),
                "bias": error.mean(),
                "rmse": np.sqrt((error**2).mean()),
                "coverage": own["truth"].between(own["lower"], own["upper"]).mean(),
                "share_claimed": (positive | negative).mean(),
                "share_fooled": fooled.mean(),
                "fooled_lower": bounds.low,
                "fooled_upper": bounds.high,
            }
        )
    return pd.DataFrame(rows, columns=WORLD_COLUMNS)
