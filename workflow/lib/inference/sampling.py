"""Compile an outcome model once, sample it, and sample it again with other data.

Seeds are derived from the run's seed and the names of stage and model, so that a result depends neither on the number
of cores nor on the order in which things run. A job runs its chains one after another; jobs run side by side.
"""

import hashlib
import time
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from models.build import Inputs, build, outcome_inputs
from models.composition import Composition, check
from models.paths import GaussianPath
from models.priors import Priors
from models.regressors import term_values
from workflow.lib.errors import UserError
from workflow.lib.inference.coordinates import about_mode
from workflow.lib.inference.program import POSITION, Program, compile_program
from workflow.lib.inference.progress import Log, progress_lines

SAMPLE_STATS = ("diverging", "energy", "depth", "n_steps", "step_size", "lp", "logp")
CUT_TUNE = 50


@dataclass(frozen=True)
class SamplerSettings:
    """How to sample.

    Attributes
    ----------
    chains, tune, draws : int
        Number of chains; tuning and kept draws of each.
    target_accept : float
        Acceptance aimed at when the step size is tuned.
    """

    chains: int = 4
    tune: int = 600
    draws: int = 1000
    target_accept: float = 0.7


def derive_seed(seed: int, *names: object) -> int:
    """Seed of one stage: a hash of the run's seed and the names, below 2 ** 31."""
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little") >> 1


def run_sampler(
    program: Program,
    settings: SamplerSettings,
    seed: int,
    log: Log | None = None,
    label: str = "",
    first: np.ndarray | None = None,
) -> tuple[xr.DataTree, np.ndarray]:
    """Draws of a compiled program, and where its chains were in the program's coordinates.

    Parameters
    ----------
    first : array, shape (D,), optional
        Where chains begin; by default each within one unit of zero.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior`` and ``sample_stats``, attribute ``seconds``.
    array, shape (chains, draws, D)
    """
    import nutpie

    started = time.monotonic()
    tree = nutpie.sample(
        program.for_nutpie(first),
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=1,
        seed=seed,
        target_accept=settings.target_accept,
        save_warmup=False,
        progress_bar=False,
        progress_callback=progress_lines(label, log) if log else None,
    )
    statistics = tree["sample_stats"].to_dataset()
    statistics = statistics[[name for name in SAMPLE_STATS if name in statistics]]
    coordinates = tree["posterior"][POSITION].values
    draws = xr.DataTree.from_dict({"posterior": program.posterior(coordinates), "sample_stats": statistics})
    draws.attrs["seconds"] = time.monotonic() - started
    return draws, coordinates


@dataclass(frozen=True)
class Compiled:
    """A compiled outcome model that can be sampled again and again with other data of the same labels.

    ``measured`` are latent paths by measurement model; ``path`` is the Gaussian that joint inference starts from.
    """

    composition: Composition
    data: xr.Dataset
    measured: dict
    inputs: Inputs
    settings: SamplerSettings
    program: Program
    path: GaussianPath | None = None

    def with_data(self, data: xr.Dataset, measured: dict | None = None) -> "Compiled":
        """The compiled model with the values of another data set of the same labels.

        Raises
        ------
        ValueError
            If a label differs: the compiled program would take the values for those of other labels.
        """
        measured = self.measured if measured is None else measured
        inputs = outcome_inputs(
            self.composition, data, term_values(self.composition, data, measured), self.path
        )
        different = [key for key in inputs.coords if inputs.coords[key] != self.inputs.coords.get(key)]
        if different:
            raise ValueError(f"the data have other labels than those compiled with: {', '.join(different)}")
        return replace(self, data=data, measured=measured, inputs=inputs)

    def sample(
        self,
        seed: int,
        settings: SamplerSettings | None = None,
        log: Log | None = None,
        label: str | None = None,
    ) -> xr.DataTree:
        """Draws of the posterior, over draws of the latents for a cut model; progress lines go to ``log``.

        They begin with ``label``, by default the model's name; ``settings`` may be others than those compiled with.

        Returns
        -------
        xarray.DataTree
            Groups ``posterior`` and ``sample_stats``; of a cut model also ``latent_draws``: those of the terms, and which of
            them each draw is conditioned on. Attribute ``seconds``.
        """
        settings, label = settings or self.settings, label or self.composition.name
        if self.composition.inference == "cut":
            return self._sample_cut(seed, settings, log, label)
        return run_sampler(self._placed(), settings, seed, log, label)[0]

    def _placed(self) -> Program:
        """The program with the data, in coordinates about the mode."""
        return about_mode(self.program.with_data(self.inputs.named()))

    def _sample_cut(self, seed: int, settings: SamplerSettings, log: Log | None, label: str) -> xr.DataTree:
        """Draw after draw of the latents, the outcome refitted to each (Plummer 2015; Jacob et al. 2017).

        Every chain has its own draws of the latents, so that R-hat and effective sample size speak about their number too:
        where they pass the gate, the draws were enough. A fit to the latents' means sets the coordinates, and each refit goes on
        where the one before it ended, so that it needs few steps to adapt.
        """
        started, chains = time.monotonic(), settings.chains
        number = max(self.composition.cut_draws // chains, 1)
        available = min(self.measured[name].sizes["sample"] for name in self.composition.latents)
        # dealt to the chains in turn, so that each chain spans the measurement's posterior
        chosen = np.linspace(0, available - 1, number * chains).round().astype(int).reshape(number, chains).T
        values = [term_values(self.composition, self.data, self.measured, draw) for draw in chosen.ravel()]
        kept_draws = max(settings.draws // number, 1)
        settings_of_means = replace(settings, chains=1, draws=settings.tune)
        settings_of_refits = replace(settings, chains=1, tune=CUT_TUNE, draws=kept_draws)
        at_means = self._placed()
        _, positions = run_sampler(at_means, settings_of_means, derive_seed(seed, "means"))
        program = at_means.in_coordinates(positions[0].mean(0), positions[0].std(0))
        trees = []
        for chain in range(chains):
            refitted, last_position = [], np.zeros(positions.shape[2])
            for k in range(number):
                regressors = {
                    f"{v.term.item()}_value": v.values.astype(float) for v in values[chain * number + k]
                }
                refit = program.with_data(self.inputs.with_arrays(regressors).named())
                draws, positions = run_sampler(
                    refit, settings_of_refits, derive_seed(seed, chain, k), first=last_position
                )
                refitted.append(draws)
                last_position = positions[0, -1]
                if log and (k + 1) % 10 == 0:
                    log(f"{label}: chain {chain + 1}, {k + 1} of {number} draws of the latents")
            trees.append(_joined(refitted, "draw"))
        tree = _joined(trees, "chain")
        used = np.repeat(np.arange(chosen.size).reshape(chosen.shape), kept_draws, axis=1)
        latent_draws = xr.concat(values, dim="latent_draw").astype("float32")
        tree["latent_draws"] = xr.DataTree(
            xr.Dataset({"value": latent_draws, "used": (("chain", "draw"), used)})
        )
        tree.attrs["seconds"] = time.monotonic() - started
        return tree


def _joined(parts: list[xr.DataTree], dimension: str) -> xr.DataTree:
    """Trees of one structure put behind one another along chain or draw, counted anew from 0."""
    groups = {}
    for name in ("posterior", "sample_stats"):
        joined = xr.concat([part[name].to_dataset() for part in parts], dim=dimension)
        groups[name] = joined.assign_coords({dimension: np.arange(joined.sizes[dimension])})
    return xr.DataTree.from_dict(groups)


def refuse_faults(composition: Composition, data: xr.Dataset) -> None:
    """Raise a `UserError` of one line for each fault of a composition, before anything is compiled."""
    if faults := check(composition, data):
        raise UserError("\n".join(faults))


def compile_outcome(
    composition: Composition,
    data: xr.Dataset,
    priors: Priors,
    settings: SamplerSettings,
    measured: dict | None = None,
    path: GaussianPath | None = None,
) -> Compiled:
    """Check, build and compile an outcome model."""
    refuse_faults(composition, data)
    measured = measured or {}
    inputs = outcome_inputs(composition, data, term_values(composition, data, measured), path)
    program = compile_program(build(composition, inputs, priors))
    return Compiled(composition, data, measured, inputs, settings, program, path)
