"""Measurements of speed: gradients, effective draws a second, refits, growth with the rows.

Everything is measured in one run on the data given. A measurement is a row of a table (`COLUMNS`); nothing is left out
because it is slow, and a fit that misses the gate is measured like any other.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import xarray as xr

from models.build import build
from models.composition import Composition
from models.priors import Priors
from workflow.lib.checking.convergence import convergence
from workflow.lib.checking.draws import scalar_blocks
from workflow.lib.environment import set_caches
from workflow.lib.inference.sampling import Compiled, SamplerSettings, compile_model, derive_seed
from workflow.lib.posteriors import sample_posterior, without_missions

COLUMNS = ["measure", "model", "engine", "missions", "states", "rows", "value", "lowest", "highest", "unit"]
JITTER = 0.1
Log = Callable[[str], object]


def say(line: str) -> None:
    """Print a line of progress at once."""
    print(line, flush=True)


@dataclass(frozen=True)
class Model:
    """A model to measure.

    Attributes
    ----------
    composition : Composition
    settings : SamplerSettings
        Of its fit.
    """

    composition: Composition
    settings: SamplerSettings


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    seeds : int
        Fits of each model; medians over them are reported.
    gradient_seconds : float
        Time for which gradients are evaluated.
    held_out : tuple of str
        Models whose missions are all left out in turn.
    refits : SamplerSettings
        Of these refits.
    growing : str or None
        The model whose rows are replicated.
    growth : tuple of (int, int)
        Factors by which missions and states are replicated.
    """

    seeds: int
    gradient_seconds: float
    held_out: tuple[str, ...]
    refits: SamplerSettings
    growing: str | None
    growth: tuple[tuple[int, int], ...] = ((1, 1), (10, 1), (10, 10))


def _row(
    measure: str, model: str, data: xr.Dataset, values: Iterable[float], unit: str, engine: str = "fused"
) -> dict:
    """One row: the median of the values and their range."""
    values = np.asarray(list(values), float)
    return {
        "measure": measure,
        "model": model,
        "engine": engine,
        "missions": data.sizes["mission"],
        "states": data.sizes["state"],
        "rows": int(data["joined"].notnull().sum()),
        "value": float(np.median(values)),
        "lowest": float(values.min()),
        "highest": float(values.max()),
        "unit": unit,
    }


def gradient_microseconds(
    composition: Composition, data: xr.Dataset, priors: Priors, engine: str, seconds: float, seed: int = 1
) -> float:
    """Time of one evaluation of log density and gradient, without what a sampler adds.

    Evaluated at jittered points, in batches of at least a hundredth of a second; the median over batches.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
    priors : Priors
    engine : {"fused", "plain"}
    seconds : float
        Time to spend.
    seed : int
        Of the jitter.

    Returns
    -------
    float
        Microseconds.
    """
    from pymc.blocking import DictToArrayBijection

    model = build(composition, data, priors, engine)
    function = model.logp_dlogp_function(ravel_inputs=True, mode="NUMBA")
    function.set_extra_values({})
    evaluate = function._pytensor_function
    evaluate.trust_input = True
    start = DictToArrayBijection.map(model.initial_point()).data
    points = [start + JITTER * noise for noise in np.random.default_rng(seed).normal(size=(16, start.size))]

    def batch(number: int) -> float:
        started = time.perf_counter()
        for k in range(number):
            evaluate(points[k % len(points)])
        return (time.perf_counter() - started) / number

    batch(2)
    number = max(1, int(0.01 / batch(3)))
    times, until = [], time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < until:
        times.append(batch(number))
    return 1e6 * float(np.median(times))


def worst_convergence(posterior: xr.Dataset) -> tuple[float, float]:
    """Largest R-hat and smallest bulk effective sample size over all scalars of a posterior that vary."""
    largest, smallest = -np.inf, np.inf
    for _, draws in scalar_blocks(posterior):
        varying = np.ptp(draws.reshape(len(draws), -1), axis=1) > 0
        if varying.any():
            r_hat, bulk, *_ = convergence(draws[varying])
            largest, smallest = max(largest, float(r_hat.max())), min(smallest, float(bulk.min()))
    return largest, smallest


def fits(
    model: Model, data: xr.Dataset, priors: Priors, measured: xr.Dataset | None, seeds: int, log: Log
) -> tuple[list[dict], Compiled, xr.Dataset, float]:
    """Compile once, sample with several seeds.

    Returns
    -------
    rows : list of dict
        Seconds of compilation and of sampling; largest R-hat; smallest bulk effective sample size, in all and a
        second, with and without the compilation; divergences.
    compiled : Compiled
    posterior : xarray.Dataset
        Of the first seed.
    seconds : float
        Of a full fit: compilation and the median sampling.
    """
    name = model.composition.name
    started = time.perf_counter()
    compiled = compile_model(model.composition, data, priors, model.settings)
    compilation = time.perf_counter() - started
    log(f"{name}: compiled in {compilation:.1f} s")
    seconds, r_hats, sizes, divergences, first = [], [], [], [], None
    for number in range(seeds):
        started = time.perf_counter()
        tree = sample_posterior(compiled, data, measured, derive_seed(1, "benchmark", name, number))
        seconds.append(time.perf_counter() - started)
        posterior = tree["posterior"].to_dataset()
        r_hat, size = worst_convergence(posterior)
        r_hats.append(r_hat)
        sizes.append(size)
        divergences.append(int(tree["sample_stats"]["diverging"].sum()))
        first = posterior if first is None else first
        log(
            f"{name}: seed {number + 1} of {seeds}, {seconds[-1]:.1f} s, largest R-hat {r_hat:.4f}, "
            f"smallest bulk ESS {size:.0f}, divergences {divergences[-1]}"
        )
    pairs = list(zip(sizes, seconds, strict=True))
    engine = model.settings.engine
    rows = [
        _row("compilation", name, data, [compilation], "s", engine),
        _row("sampling", name, data, seconds, "s", engine),
        _row("largest R-hat", name, data, r_hats, "", engine),
        _row("smallest bulk ESS", name, data, sizes, "draws", engine),
        _row("divergences", name, data, divergences, "transitions", engine),
        _row("ESS a second of sampling", name, data, [n / s for n, s in pairs], "draws/s", engine),
        _row(
            "ESS a second with compilation",
            name,
            data,
            [n / (s + compilation) for n, s in pairs],
            "draws/s",
            engine,
        ),
    ]
    return rows, compiled, first, compilation + float(np.median(seconds))


def refits_of_all_missions(
    compiled: Compiled,
    data: xr.Dataset,
    measured: xr.Dataset | None,
    settings: SamplerSettings,
    full_fit: float,
) -> list[dict]:
    """Seconds for every mission left out once without compiling again, in all and in full fits."""
    name = compiled.composition.name
    short = replace(compiled, settings=settings)
    started = time.perf_counter()
    for mission in data["mission"].values:
        seed = derive_seed(1, "benchmark", "held out", name, mission)
        masked = without_missions(data, data["mission"] == mission)
        sample_posterior(short.with_data(masked), masked, measured, seed)
    seconds = time.perf_counter() - started
    return [
        _row("all missions held out", name, data, [seconds], "s"),
        _row("all missions held out, in full fits", name, data, [seconds / full_fit], "fits"),
    ]


def replicated(composition: Composition, data: xr.Dataset, missions: int, states: int) -> xr.Dataset:
    """Data set with missions and states repeated under names of their own; for models of the outcome alone."""
    if composition.blocks != ("outcome",):
        raise ValueError(f"models.{composition.name}: only a model of the outcome alone is replicated")
    # of a hundred times the rows, what the model does not use would fill the memory
    used = [*composition.covariate_names(data), *(moderator.by for moderator in composition.moderators)]
    names = ["joined", "certainty", "ties", "start_year", "covariate_value", "mission_covariate_value"]
    kept = data[names].sel(covariate=sorted(set(used)))
    kept = kept.assign_coords(panel_year=data["panel_year"])
    rows = np.tile(np.arange(data.sizes["mission"]), missions)
    columns = np.tile(np.arange(data.sizes["state"]), states)
    grown = kept.isel(mission=rows, state=columns)
    return grown.assign_coords(
        mission=[f"{name}_{k}" for k, name in enumerate(grown["mission"].values)],
        state=np.arange(len(columns)),
    )


def largest_memory() -> float:
    """Largest memory of this process so far, in MB.

    From the kernel's own account of this program where there is one: ``getrusage`` begins with what the parent had.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        kilobytes = next(
            line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")
        )
        return int(kilobytes) / 1024
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1024**2 if sys.platform == "darwin" else 1024)


def _growth_of(composition, data, priors, engine, seconds) -> tuple[float, float]:
    """Microseconds a gradient, and the largest memory in MB; run in a process of its own."""
    value = gradient_microseconds(composition, data, priors, engine, seconds)
    return value, largest_memory()


def growth(
    composition: Composition,
    data: xr.Dataset,
    priors: Priors,
    factors: Iterable[tuple[int, int]],
    seconds: float,
    log: Log,
) -> list[dict]:
    """Cost of a gradient, and memory, with missions and states replicated; each size in a fresh process."""
    rows = []
    for missions, states in factors:
        grown = replicated(composition, data, missions, states)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            value, memory = pool.submit(_growth_of, composition, grown, priors, "fused", seconds).result()
        log(
            f"{composition.name}: {missions * states} times the rows, {value:.1f} microseconds, {memory:.0f} MB"
        )
        rows += [
            _row("gradient, replicated rows", composition.name, grown, [value], "us"),
            _row("memory, replicated rows", composition.name, grown, [memory], "MB"),
        ]
    return rows


@contextmanager
def fresh_process() -> Iterator[ProcessPoolExecutor]:
    """A process in which nothing is compiled, nor kept from earlier."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ):
        os.environ.pop("PYTENSOR_FLAGS", None)
        set_caches(Path(__file__).parent.parent, Path(folder))
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            yield pool


def of_model(
    model: Model, data: xr.Dataset, priors: Priors, measured: xr.Dataset | None, plan: Plan, log: Log
) -> tuple[list[dict], xr.Dataset]:
    """What is measured of one model but growth, and the posterior of the first seed; run in a process of its own."""
    name = model.composition.name
    # first, so that nothing of the model is compiled yet
    rows, compiled, posterior, full_fit = fits(model, data, priors, measured, plan.seeds, log)
    for engine in ("fused", "plain"):
        value = gradient_microseconds(model.composition, data, priors, engine, plan.gradient_seconds)
        log(f"{name}: {value:.1f} microseconds a gradient, {engine}")
        rows.append(_row("gradient", name, data, [value], "us", engine))
    if name in plan.held_out:
        rows += refits_of_all_missions(compiled, data, measured, plan.refits, full_fit)
        log(f"{name}: all missions held out in {rows[-2]['value']:.1f} s, {rows[-1]['value']:.2f} full fits")
    return rows, posterior


def measure(
    models: Mapping[str, Model], data: xr.Dataset, priors: Priors, plan: Plan, log: Log = say
) -> pd.DataFrame:
    """Everything in one run, each model in a process of its own in which nothing is compiled yet.

    Parameters
    ----------
    models : mapping of str to Model
        In an order in which each comes after the model that measures its latents.
    data : xarray.Dataset
        The analysis data set.
    priors : Priors
    plan : Plan
    log : callable
        Takes lines of progress; the processes have to find it by its name.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``; ``value`` is the median over seeds where there are several, ``lowest`` and ``highest`` their
        range.
    """
    rows, posteriors = [], {}
    for name, model in models.items():
        measured = posteriors.get(model.composition.measured_by)
        with fresh_process() as pool:
            found, posterior = pool.submit(of_model, model, data, priors, measured, plan, log).result()
        rows += found
        if any(other.composition.measured_by == name for other in models.values()):
            posteriors[name] = posterior
    if plan.growing is not None:
        composition = models[plan.growing].composition
        rows += growth(composition, data, priors, plan.growth, plan.gradient_seconds, log)
    return pd.DataFrame(rows, columns=COLUMNS)
