"""Refit a model to changed data or with changed priors, behind a gate of its own.

Only values change between refits (decisions, certainty, ties, covariates, latent paths), so a model is compiled once. A refit
that fails its gate is run once more, longer and with smaller steps; fails it again, a `UserError` says so: no number leaves a
refit that has not converged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from models.composition import Composition
from models.estimands import average_change, contrast_values
from models.posterior import OutcomeDraws
from models.priors import DEFAULT_PRIORS, Priors
from workflow.lib.checking.diagnostics import diagnose, gate
from workflow.lib.inference.sampling import Compiled, SamplerSettings, compile_outcome, derive_seed

Log = Callable[[str], None]

RETRY_FACTOR = 3
RETRY_TARGET_ACCEPT = 0.95


def gate_of_refits(thresholds: Mapping, sampler: Mapping, refits: Mapping) -> dict:
    """Thresholds for refits with fewer draws than the fits they stand beside.

    Effective sample sizes grow with the number of draws, and the noise of R-hat - 1 shrinks with it, so both are set in
    proportion; what does not depend on the number of draws stays.

    Parameters
    ----------
    thresholds : mapping
        Section `gate` of the configuration.
    sampler, refits : mapping
        `chains` and `draws` of the fits and of the refits.

    Returns
    -------
    dict
        Like `thresholds`; never stricter.
    """
    share = min(refits["chains"] * refits["draws"] / (sampler["chains"] * sampler["draws"]), 1.0)
    return {
        **thresholds,
        "r_hat": 1 + (thresholds["r_hat"] - 1) / share,
        "ess_bulk": thresholds["ess_bulk"] * share,
        "ess_tail": thresholds["ess_tail"] * share,
    }


def on_the_grid_of(reference: xr.Dataset, variant: xr.Dataset) -> xr.Dataset:
    """Another version of the data on the missions and states of the reference; what it lacks is not scored.

    Parameters
    ----------
    reference : xarray.Dataset
        The analysis data set a model was compiled with.
    variant : xarray.Dataset
        Prepared from the same tables with other settings.

    Raises
    ------
    ValueError
        If the variant has missions or states with scored rows that the reference lacks.
    """
    for dimension, other_dimension in (("mission", "state"), ("state", "mission")):
        scored = variant[dimension].values[variant["joined"].notnull().any(other_dimension).values]
        absent = sorted(set(scored.tolist()) - set(reference[dimension].values.tolist()))
        if absent:
            raise ValueError(f"the version has a {dimension} that the data lack: {absent[0]}")
    changing = [name for name, v in variant.data_vars.items() if {"mission", "state"} <= set(v.dims)]
    grid = {name: reference[name].values for name in ("mission", "state")}
    return reference.assign(variant[changing].reindex(grid))


def scaled_priors(priors: Mapping, factor: float) -> dict:
    """Priors with every spread multiplied: of normal and half-normal priors of the outcome, which are all scale families."""
    scaled = dict(priors)
    for name, (kind, parameters) in {**DEFAULT_PRIORS, **priors}.items():
        if (
            name in ("intercept", "slope", "slope_sd", "control_slope", "mission_sd", "state_sd")
            or name in priors
        ):
            if kind == "normal":
                scaled[name] = (kind, (parameters[0], parameters[1] * factor))
            elif kind == "half_normal":
                scaled[name] = (kind, (parameters[0] * factor,))
    return scaled


@dataclass
class Refitter:
    """Refits of one model.

    ``measured`` are latent paths by measurement model, ``thresholds`` those of the refits' gate; ``stage`` is part of the seed.
    """

    composition: Composition
    data: xr.Dataset
    measured: dict
    settings: SamplerSettings
    thresholds: Mapping
    priors: Mapping
    seed: int
    log: Log
    stage: str
    path: object = None
    compiled: Compiled | None = field(default=None, repr=False)

    @classmethod
    def configured(cls, composition, data, measured, *, stage, run, log, path=None) -> Refitter:
        """From the sections of the configuration: ``run`` has sampler, refits, gate, priors and seed."""
        from workflow.lib.settings import priors_from_plain

        settings = SamplerSettings(**{**run["sampler"], **run["refits"]})
        thresholds = gate_of_refits(run["gate"], run["sampler"], run["refits"])
        priors = priors_from_plain(run["priors"])
        return cls(composition, data, measured, settings, thresholds, priors, run["seed"], log, stage, path)

    def program(self) -> Compiled:
        """The compiled model, made at its first use."""
        if self.compiled is None:
            self.compiled = compile_outcome(
                self.composition, self.data, Priors(self.priors), self.settings, self.measured, self.path
            )
        return self.compiled

    def fit(self, label: str, data: xr.Dataset | None = None, measured: dict | None = None) -> OutcomeDraws:
        """Draws of a refit that passed its gate.

        Raises
        ------
        UserError
            If it fails the gate twice.
        """
        compiled = self.program()
        if data is not None or measured is not None:
            compiled = compiled.with_data(self.data if data is None else data, measured)
        seed = derive_seed(self.seed, self.stage, self.composition.name, label)
        name = f"{self.composition.name} ({self.stage}: {label})"
        for attempt in range(2):
            settings = self.settings
            if attempt:
                longer = {"tune": settings.tune * RETRY_FACTOR, "draws": settings.draws * RETRY_FACTOR}
                settings = replace(settings, target_accept=RETRY_TARGET_ACCEPT, **longer)
            tree = compiled.sample(derive_seed(seed, attempt), settings)
            diagnostics = diagnose(tree, self.thresholds, name)
            if diagnostics["verdict"] == "pass":
                break
        gate(diagnostics)
        self.log(f"{label}: {tree.attrs['seconds']:.1f} s{', second, longer run' if attempt else ''}")
        return OutcomeDraws(tree, compiled.data, self.composition, compiled.inputs)

    def effects(self, draws: OutcomeDraws) -> dict[str, xr.DataArray]:
        """Average changes of probability between the values that the reference data give."""
        return average_change(draws, contrast_values(self.composition, self.data, self.measured))


class PluginRefits:
    """What refits of one model, its latents plugged in, have in common.

    ``paths`` are latent paths by measurement model, ``run`` sections of the configuration, see ``Refitter.configured``.
    """

    stage = "variants"

    def __init__(self, composition, data: xr.Dataset, paths: Mapping, run: Mapping, log: Log):
        self.composition, self.data, self.paths = replace(composition, inference="plugin"), data, paths
        self.run, self.log = run, log
        self.main, self.interval = composition.name, run["interval"]

    def refitter(self, composition: Composition, data: xr.Dataset, stage: str | None = None) -> Refitter:
        """Refits of a composition to data, in a stage with seeds of its own."""
        settings = {"stage": stage or self.stage, "run": self.run, "log": self.log}
        return Refitter.configured(composition, data, self.paths, **settings)


def without(data: xr.Dataset, left_out: np.ndarray) -> xr.Dataset:
    """The data with the decisions on some missions (M,) masked.

    What belongs to such a mission alone is then drawn from its distribution over missions.
    """
    mask = xr.DataArray(~left_out, dims="mission", coords={"mission": data["mission"].values})
    return data.assign(joined=data["joined"].where(mask))
