"""Compile a composition once, sample it, and sample it again with other data.

Seeds are derived from the run's seed and the names of stage and model, so that a result depends neither on the number
of cores nor on the order in which things run.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from models.build import build
from models.composition import Composition, check
from models.engine.callees import callees_untranslated
from models.engine.linker import single_level
from models.engine.meanwhile import kernels_meanwhile
from models.inputs import PACKED, Inputs, model_inputs
from models.priors import Priors
from models.start import jittered, starting_values
from workflow.lib.errors import UserError
from workflow.lib.inference.progress import Log, progress_lines

# what chains move in where it is not the quantity itself: the quantities are kept
NOT_ARCHIVED = ("_standard", "_total")


@dataclass(frozen=True)
class SamplerSettings:
    """How to sample.

    Attributes
    ----------
    chains, tune, draws : int
        Number of chains; tuning and kept draws of each.
    target_accept : float
        Acceptance aimed at when the step size is tuned.
    cores : int or None
        Chains run at a time; None uses what the machine has. Draws do not depend on it.
    engine : str
        ``fused`` or ``plain`` likelihoods.
    backend : str
        ``nutpie`` or ``pymc``.
    """

    chains: int = 4
    tune: int = 600
    draws: int = 1000
    target_accept: float = 0.8
    cores: int | None = None
    engine: str = "fused"
    backend: str = "nutpie"


def derive_seed(seed: int, *names: object) -> int:
    """Seed of one stage: a hash of the run's seed and the names, below 2 ** 31."""
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little") >> 1


def archived_names(model) -> list[str]:
    """Names of the variables that are kept: all parameters and derived quantities but the standardised ones."""
    variables = [*model.free_RVs, *model.deterministics]
    return [v.name for v in variables if not v.name.endswith(NOT_ARCHIVED)]


@dataclass(frozen=True)
class Compiled:
    """A compiled model that can be sampled again and again with other data of the same labels."""

    composition: Composition
    inputs: Inputs
    settings: SamplerSettings
    model: object
    program: object

    def sample(
        self,
        seed: int,
        arrays: dict[str, np.ndarray] | None = None,
        settings: SamplerSettings | None = None,
        log: Log | None = None,
        label: str | None = None,
    ) -> xr.DataTree:
        """Draws with the compiled data, or with some arrays replaced.

        Parameters
        ----------
        seed : int
        arrays : dict of str to array, optional
            Replacements by name of the input array, shapes unchanged.
        settings : SamplerSettings, optional
            Other numbers of draws than those compiled with.
        log : callable, optional
            Takes progress lines.
        label : str, optional
            Begins each progress line; the model's name by default.

        Returns
        -------
        xarray.DataTree
            Groups ``posterior`` and ``sample_stats``; attribute ``seconds`` of the sampling.
        """
        settings = settings or self.settings
        started = time.monotonic()
        inputs = self.inputs.with_arrays(arrays or {})
        if self.program is None:
            tree = _sample_pymc(self.model, inputs, seed, settings)
        else:
            tree = self._sample_nutpie(inputs, seed, settings, log, label or self.composition.name)
        tree.attrs["seconds"] = time.monotonic() - started
        return tree

    def with_data(self, data: xr.Dataset) -> "Compiled":
        """The compiled model with the values of another data set of the same labels.

        Raises
        ------
        ValueError
            If a label differs: the compiled program would take the values for those of other labels.
        """
        inputs = model_inputs(self.composition, data)
        if inputs.coords != self.inputs.coords:
            different = [key for key in inputs.coords if inputs.coords[key] != self.inputs.coords.get(key)]
            raise ValueError(f"the data have other labels than those compiled with: {', '.join(different)}")
        return replace(self, inputs=inputs)

    def _sample_nutpie(self, inputs, seed, settings, log, label) -> xr.DataTree:
        import nutpie

        program = self.program.with_data(**{PACKED: inputs.packed()})
        callback = progress_lines(label, log) if log else None
        tree = nutpie.sample(
            program,
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            cores=settings.cores,
            seed=seed,
            target_accept=settings.target_accept,
            save_warmup=False,
            progress_bar=False,
            progress_callback=callback,
        )
        return _keep_groups(tree)


def _keep_groups(tree: xr.DataTree) -> xr.DataTree:
    statistics = tree["sample_stats"].to_dataset()
    kept = [
        n
        for n in ("diverging", "energy", "depth", "n_steps", "tree_depth", "step_size", "lp", "logp")
        if n in statistics
    ]
    posterior = tree["posterior"].to_dataset()
    posterior = posterior.drop_vars([n for n in posterior.data_vars if n.endswith(NOT_ARCHIVED)])
    return xr.DataTree.from_dict({"posterior": posterior, "sample_stats": statistics[kept]})


def _sample_pymc(model, inputs, seed, settings) -> xr.DataTree:
    import pymc as pm

    with model:
        pm.set_data({PACKED: inputs.packed()})
        tree = pm.sample(
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            cores=settings.cores,
            random_seed=seed,
            target_accept=settings.target_accept,
            progressbar=False,
            compute_convergence_checks=False,
        )
    return _keep_groups(tree)


@contextmanager
def _turn_at_the_cache() -> Iterator[bool]:
    """Keep compiled code for later, unless another job does so just now: the cache is not made for two that write.

    Gives whether it is kept.
    """
    import pytensor
    from pytensor.compile.compilelock import lock_ctx

    with ExitStack() as stack:
        try:
            stack.enter_context(lock_ctx(timeout=0))
        except TimeoutError:
            stack.enter_context(pytensor.config.change_flags(numba__cache=False))
        yield pytensor.config.numba__cache


def compile_model(
    composition: Composition, data: xr.Dataset, priors: Priors, settings: SamplerSettings
) -> Compiled:
    """Check, build and compile a composition.

    Raises
    ------
    UserError
        With one line for each fault of the composition, before anything is compiled.
    """
    faults = check(composition, data)
    if faults:
        raise UserError("\n".join(faults))
    inputs = model_inputs(composition, data)
    model = build(composition, data, priors, settings.engine, inputs)
    program = None
    if settings.backend == "nutpie":
        import nutpie

        names = [v.name for v in model.free_RVs]
        start = starting_values(composition, data, inputs)
        jitter = jittered(names)
        with ExitStack() as stack:
            kept = stack.enter_context(_turn_at_the_cache())
            stack.enter_context(callees_untranslated())
            stack.enter_context(single_level())
            if kept and settings.cores != 1:
                stack.enter_context(kernels_meanwhile([*model.potentials, *model.deterministics]))
            program = nutpie.compile_pymc_model(
                model,
                backend="numba",
                var_names=archived_names(model),
                initial_points={name: value for name, value in start.items() if name in names},
                jitter_rvs={v for v in model.free_RVs if v.name in jitter},
            )
    return Compiled(composition, inputs, settings, model, program)


def quicker(settings: SamplerSettings, chains: int, tune: int, draws: int) -> SamplerSettings:
    """The same settings with fewer draws, for the many refits of a check."""
    return replace(settings, chains=chains, tune=tune, draws=draws)
