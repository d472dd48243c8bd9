"""Measure how fast the models are: `python -m benchmarks [--models quality crossed] [--output results/benchmarks.csv]`.

From `config.yaml` and its tables to one row a model and engine: seconds to compile and to sample, CPU seconds, the smallest bulk
effective sample size of all parameters and of which, effective draws a CPU second, and the ratio to this project's own. A model
with mission slopes of ties and state effects alone is also fitted with NumPyro and with Stan (through R and its package rstan)
where these are installed: same data, same priors, the parametrisation of a textbook. Not part of the build. Leave the machine
alone while it runs.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from models.composition import TIES, Composition
from models.covariates import covariate_values
from models.priors import Priors
from workflow.lib.checking.convergence import convergence
from workflow.lib.errors import UserError
from workflow.lib.inference.measurement import compile_measurement
from workflow.lib.inference.sampling import SamplerSettings, compile_outcome, derive_seed
from workflow.lib.settings import load_settings
from workflow.lib.tables import load_tables, prepare

OWN = "nutpie, this project"
COLUMNS = ["model", "engine", "compile", "sample", "cpu", "ess", "worst", "ess_per_cpu", "ratio"]


def cpu_seconds() -> float:
    """CPU time of this process and of those that it waited for."""
    return sum(os.times()[:4])


def smallest(posterior: dict[str, np.ndarray]) -> tuple[float, str]:
    """Smallest bulk effective sample size of (chain, draw, ...) arrays, and whose it is; constants do not count."""
    found = {}
    for name, draws in posterior.items():
        flat = np.asarray(draws, float).reshape(*draws.shape[:2], -1).transpose(2, 0, 1)
        flat = flat[flat.reshape(len(flat), -1).std(1) > 0]
        if len(flat):
            found[name] = float(np.nanmin(convergence(flat)[1]))
    worst = min(found, key=found.get)
    return found[worst], worst


def row(model: str, engine: str, compile_seconds: float, sample) -> dict:
    """Sample and measure; ``sample`` returns draws by name."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    posterior = sample()
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    ess, worst = smallest(posterior)
    values = [model, engine, compile_seconds, wall, cpu, ess, worst, ess / cpu]
    return dict(zip(COLUMNS, values, strict=False))


def own_row(
    composition: Composition, data: xr.Dataset, priors: Priors, settings: SamplerSettings, seed: int
) -> dict:
    """The engine of the project."""
    begun = time.perf_counter()
    make = compile_measurement if composition.measures else compile_outcome
    compiled = make(composition, data, priors, settings)
    seconds = time.perf_counter() - begun

    def sample():
        posterior = compiled.sample(seed)["posterior"].to_dataset()
        return {str(name): values.values for name, values in posterior.items()}

    return row(composition.name, OWN, seconds, sample)


def long_data(composition: Composition, data: xr.Dataset, priors: Priors) -> dict:
    """Scored decisions as rows, and parameters of the priors, under the names of the peers' programs."""
    mission, state = np.nonzero(data.joined.notnull().values)
    names = composition.control_names(data)
    controls = covariate_values(data, names)[:, mission, state].T
    sizes = {"N": len(mission), "M": data.sizes["mission"], "S": data.sizes["state"], "C": len(names)}
    columns = {"mission": mission, "state": state, "joined": data.joined.values[mission, state].astype(int)}
    rows = {**sizes, **columns, "ties": data.ties.values[mission, state], "control": controls}
    places = {"intercept_prior": "intercept", "slope_prior": "ties_slope", "control_prior": "control_slope"}
    scales = {
        "mission_sd_prior": "mission_sd",
        "slope_sd_prior": "ties_slope_sd",
        "state_sd_prior": "state_sd",
    }
    pairs = {name: list(priors[prior][1]) for name, prior in places.items()}
    return rows | pairs | {name: priors[prior][1][0] for name, prior in scales.items()}


def numpyro_row(model: str, rows: dict, settings: SamplerSettings, seed: int) -> dict:
    """NumPyro; it compiles while it samples."""
    import jax
    import numpyro
    from numpyro import distributions as dist

    jax.config.update("jax_enable_x64", True)
    numpyro.set_host_device_count(settings.chains)

    def program():
        def draw(name, distribution, size=None):
            return numpyro.sample(name, distribution if size is None else distribution.expand([size]))

        spreads = {"mission": "mission_sd_prior", "ties_slope": "slope_sd_prior", "state": "state_sd_prior"}
        scales = {name: draw(f"{name}_sd", dist.HalfNormal(rows[sd])) for name, sd in spreads.items()}
        intercept = draw("intercept", dist.Normal(*rows["intercept_prior"]))
        slope = draw("ties_slope", dist.Normal(*rows["slope_prior"]))
        control = draw("control_slope", dist.Normal(*rows["control_prior"]), rows["C"])
        mission = draw("mission_intercept", dist.Normal(intercept, scales["mission"]), rows["M"])
        slopes = draw("mission_ties_slope", dist.Normal(slope, scales["ties_slope"]), rows["M"])
        standard = draw("standard", dist.Normal(0, 1), rows["S"])
        effect = numpyro.deterministic("state_effect", scales["state"] * standard)
        eta = mission[rows["mission"]] + slopes[rows["mission"]] * rows["ties"] + effect[rows["state"]]
        numpyro.sample("joined", dist.Bernoulli(logits=eta + rows["control"] @ control), obs=rows["joined"])

    kernel = numpyro.infer.NUTS(program, target_accept_prob=settings.target_accept)
    lengths = {"num_warmup": settings.tune, "num_samples": settings.draws, "num_chains": settings.chains}
    chains = numpyro.infer.MCMC(kernel, **lengths, progress_bar=False)

    def sample():
        chains.run(jax.random.PRNGKey(seed))
        drawn = chains.get_samples(group_by_chain=True)
        return {name: np.asarray(v) for name, v in drawn.items() if name != "standard"}

    return row(model, "NumPyro", 0.0, sample)


def stan_row(model: str, rows: dict, settings: SamplerSettings, seed: int) -> dict:
    """Stan through R, on one core; its own clock, without the start of R."""
    counted = {**rows, "mission": rows["mission"] + 1, "state": rows["state"] + 1}
    counted = {name: np.asarray(value).tolist() for name, value in counted.items()}
    lengths = {name: getattr(settings, name) for name in ("chains", "tune", "draws", "target_accept")}
    with tempfile.TemporaryDirectory() as folder:
        data, options, draws, seconds = (
            Path(folder, n) for n in ("data.json", "settings.json", "draws.csv", "seconds.json")
        )
        data.write_text(json.dumps(counted), encoding="utf-8")
        options.write_text(json.dumps({**lengths, "seed": seed % 2**31}), encoding="utf-8")
        here = Path(__file__).parent
        command = ["Rscript", here / "stan.R", here / "crossed.stan", data, options, draws, seconds]
        subprocess.run(command, check=True, stdout=sys.stderr)
        table, taken = pd.read_csv(draws), json.loads(seconds.read_text(encoding="utf-8"))
    posterior = {n: v.to_numpy().reshape(settings.chains, -1) for n, v in table.items()}
    ess, worst = smallest(posterior)
    worst = worst.split("[")[0]
    sampling = taken["sample"]
    values = [model, "Stan", taken["compile"], sampling, sampling, ess, worst, ess / sampling]
    return dict(zip(COLUMNS, values, strict=False))


def has_peer(composition: Composition) -> bool:
    """Whether the peers' program is that of the model."""
    name, controls = composition.name, composition.controls
    return composition == Composition(name, mission_slopes=(TIES,), state_effects=True, controls=controls)


def measure(
    compositions: list[Composition], data: xr.Dataset, priors: Priors, settings: SamplerSettings, seed: int
) -> pd.DataFrame:
    """One row a model and engine."""
    found = []
    for composition in compositions:
        print(f"{composition.name}: measuring", file=sys.stderr)
        own_seed = derive_seed(seed, "benchmark", composition.name)
        found.append(own_row(composition, data, priors, settings, own_seed))
        peers = {numpyro_row: importlib.util.find_spec("numpyro"), stan_row: shutil.which("Rscript")}
        for peer, installed in peers.items():
            if has_peer(composition) and installed:
                rows = long_data(composition, data, priors)
                try:
                    found.append(peer(composition.name, rows, settings, seed))
                except Exception as error:  # there, and not of a version that works, or without rstan
                    print(f"{composition.name}: {peer.__name__} failed: {error!r}", file=sys.stderr)
    table = pd.DataFrame(found, columns=COLUMNS)
    own = table[table["engine"] == OWN].set_index("model")["ess_per_cpu"]
    table["ratio"] = table["ess_per_cpu"] / table["model"].map(own)
    return table


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n\n")[0])
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    parser.add_argument("--models", nargs="+", default=["quality", "crossed"], help="names of models")
    parser.add_argument("--output", type=Path, help="table of results")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(options.config)
        wrong = [n for n in options.models if n not in settings.models or settings.models[n].latents]
        if wrong:
            raise UserError(f"--models: '{wrong[0]}' is no model, or has latent regressors; name others")
        chosen = settings.data.model_dump()
        data = prepare(load_tables(chosen), chosen)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    compositions = [Composition.from_mapping(n, settings.models[n].terms()) for n in options.models]
    sampler = SamplerSettings(**settings.sampler.model_dump())
    table = measure(compositions, data, Priors(settings.prior_values()), sampler, settings.seed)
    print(table.round(2).to_string(index=False))
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(options.output, index=False, float_format="%.5g")
    return 0


if __name__ == "__main__":
    sys.exit(main())
