"""Refit a composition to changed data or with changed priors, behind a gate of its own.

From a compiled model, an analysis data set whose labels are those it was compiled with, and the sections `gate`, `sampler`
and `checks.refits` of the configuration, to draws. Only values change between refits (decisions, certainty, ties,
covariates), so the model is compiled once. A refit that fails its gate is run once more, longer and with smaller steps; fails it
again, a `UserError` says so: no number leaves a refit that has not converged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from models.average import average_effects
from models.composition import Composition
from models.priors import DEFAULT_PRIORS, Priors
from workflow.lib.checking.diagnostics import diagnose, gate
from workflow.lib.inference.given import given_quality
from workflow.lib.inference.sampling import Compiled, SamplerSettings, compile_model, derive_seed
from workflow.lib.posteriors import sample_posterior
from workflow.lib.settings import priors_from_plain

Log = Callable[[str], None]

# What differs between versions of the same missions and states.
CHANGING = ("joined", "certainty", "ties", "covariate_value")
SLOT = "added"
LONGER = 2
CAREFUL_ACCEPTANCE = 0.99


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
        Prepared from the same tables with other settings; its missions and states are among the reference's.

    Raises
    ------
    ValueError
        If the variant has missions or states with scored rows that the reference lacks, or other covariates.
    """
    for dimension, other in (("mission", "state"), ("state", "mission")):
        scored = variant[dimension].values[variant["joined"].notnull().any(other).values]
        absent = sorted(set(scored.tolist()) - set(reference[dimension].values.tolist()))
        if absent:
            raise ValueError(f"the reference data lack the {dimension} {absent[0]}")
    if set(variant["covariate"].values.tolist()) < set(reference["covariate"].values.tolist()):
        raise ValueError("the variant lacks covariates of the reference data")
    grid = {"mission": reference["mission"], "state": reference["state"]}
    values = {name: variant[name].drop_vars(_labels(variant[name])).reindex(grid) for name in CHANGING}
    values["covariate_value"] = values["covariate_value"].sel(covariate=reference["covariate"].values)
    return reference.assign(
        {
            name: (reference[name].dims, value.transpose(*reference[name].dims).values)
            for name, value in values.items()
        }
    )


def _labels(variable: xr.DataArray) -> list[str]:
    return [str(name) for name in variable.coords if name not in variable.dims]


def with_slot(data: xr.Dataset, covariate: str | None = None) -> xr.Dataset:
    """Data with one more covariate, `added`, that holds the values of another one, or zeros.

    A composition that names `added` among its covariates is compiled once and takes one covariate after another in
    that place.
    """
    own = data[["covariate_value"]].drop_vars(["covariate_centre", "covariate_scale"], errors="ignore")
    slot = xr.zeros_like(own.isel(covariate=[0])) if covariate is None else own.sel(covariate=[covariate])
    slot = slot.assign_coords(covariate=[SLOT], covariate_role=("covariate", ["other"]))
    return data.drop_dims("covariate").merge(xr.concat([own, slot], dim="covariate"))


def scaled_priors(
    overrides: Mapping[str, tuple[str, tuple[float, ...]]], factor: float
) -> dict[str, tuple[str, tuple[float, ...]]]:
    """Priors widened (factor above 1) or narrowed (below 1).

    Scales of normal, half-normal, exponential and lognormal priors are multiplied; their means stay. Beta and gamma
    priors (shares, dispersions) have no scale apart from their shape and stay as they are.

    Parameters
    ----------
    overrides : mapping
        Priors of the configuration, over the defaults.
    factor : float
    """
    scaled = {}
    for name, (kind, values) in {**DEFAULT_PRIORS, **overrides}.items():
        match kind:
            case "normal" | "lognormal":
                values = (values[0], values[1] * factor)
            case "half_normal":
                values = (values[0] * factor,)
            case "exponential":
                values = (values[0] / factor,)
        scaled[name] = (kind, tuple(values))
    return scaled


@dataclass(frozen=True)
class Refitter:
    """Refits one composition to one data set after the other.

    Attributes
    ----------
    composition : Composition
    settings : SamplerSettings
        Of the refits.
    thresholds : mapping
        From `gate_of_refits`.
    priors : mapping
        Overrides of the default priors.
    seed : int
        Of the run; each refit's follows from it and the refit's name.
    stage : str
        Name of the check, part of the seed.
    measured : xarray.Dataset, optional
        Posterior that measures the latents of a plug-in or cut composition.
    log : callable, optional
    """

    composition: Composition
    settings: SamplerSettings
    thresholds: Mapping
    priors: Mapping
    seed: int
    stage: str
    measured: xr.Dataset | None = None
    log: Log | None = None

    @classmethod
    def configured(
        cls,
        composition: Composition,
        stage: str,
        *,
        sampler: Mapping,
        refits: Mapping,
        gate: Mapping,
        priors: Mapping,
        seed: int,
        threads: int,
        measured: xr.Dataset | None = None,
        log: Log | None = None,
    ) -> Refitter:
        """A refitter by the configuration: the model's `sampler`, and the sections `checks.refits`, `gate` and `priors`."""
        return cls(
            composition=composition,
            settings=SamplerSettings(**{**sampler, **refits}, cores=threads),
            thresholds=gate_of_refits(gate, sampler, refits),
            priors=priors_from_plain(priors),
            seed=seed,
            stage=stage,
            measured=measured,
            log=log,
        )

    def compile(self, data: xr.Dataset) -> Compiled:
        """Compile the composition for data of these labels."""
        return compile_model(self.composition, data, Priors(self.priors), self.settings)

    def sample(self, compiled: Compiled, data: xr.Dataset, name: str, *, strict: bool = True) -> xr.DataTree:
        """Draws for one data set, behind the gate of refits.

        Parameters
        ----------
        compiled : Compiled
        data : xarray.Dataset
            With the labels that the model was compiled with.
        name : str
            Of the refit; part of the seed and of messages.
        strict : bool
            Refuse a refit that fails its gate twice; otherwise its attribute `converged` is 0.

        Returns
        -------
        xarray.DataTree
            Attributes `converged` (0 or 1) and `seconds`.
        """
        prepared = compiled.with_data(data)
        label = f"{self.composition.name}, refit {name}"
        for attempt in (0, 1):
            if attempt:
                longer = replace(
                    self.settings,
                    tune=self.settings.tune * LONGER,
                    draws=self.settings.draws * LONGER,
                    target_accept=max(self.settings.target_accept, CAREFUL_ACCEPTANCE),
                )
                prepared = replace(prepared, settings=longer)
            own_seed = derive_seed(self.seed, self.stage, self.composition.name, name, attempt)
            tree = sample_posterior(prepared, data, self.measured, own_seed)
            diagnostics = diagnose(tree, self.thresholds, label)
            if diagnostics["verdict"] == "pass":
                break
        if strict:
            gate(diagnostics)
        tree.attrs["converged"] = int(diagnostics["verdict"] == "pass")
        if self.log:
            again = ", after a second, longer run" if attempt else ""
            self.log(f"{label}: {tree.attrs['seconds']:.1f} s{again}")
        return tree

    def effects(self, tree: xr.DataTree, data: xr.Dataset) -> dict[str, xr.DataArray]:
        """Effects of ties and quality on the probability scale, averaged over the scored rows."""
        return average_effects(tree["posterior"].to_dataset(), data, self.composition, given_quality(tree))

    def effects_of_variants(
        self, compiled: Compiled, variants: Iterable[tuple[str, xr.Dataset]]
    ) -> dict[str, dict[str, xr.DataArray]]:
        """Effects for each named data set."""
        return {name: self.effects(self.sample(compiled, data, name), data) for name, data in variants}


def percentile_distance(data: xr.Dataset) -> float:
    """Distance between the 25th and the 75th percentile of ties over the scored rows, in standard deviations."""
    low, high = np.nanquantile(data["ties"].where(data["joined"].notnull()).values, (0.25, 0.75))
    return float(high - low)
