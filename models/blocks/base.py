"""What a block of the outcome owns: its data, its parameters, its share of the logit.

A block is written once: ``add`` makes its variables with ``models.priors.GraphVariables`` for the PyMC model and with
``DrawnVariables`` for the simulator; ``logit`` takes tensors, or arrays with leading dimensions of draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import xarray as xr
from scipy.special import expit, logit

from models.composition import Composition


@dataclass(frozen=True)
class Parameter:
    """One parameter of a model, as tables print it.

    Attributes
    ----------
    name : str
    label : str
        In words, without its index.
    dims : tuple of str
    prior : str or None
        Its entry in the table of priors; None for effects with a distribution of their own.
    """

    name: str
    label: str
    dims: tuple[str, ...] = ()
    prior: str | None = None


@dataclass(frozen=True)
class Arrays:
    """Data of a block by name, and the labels of its dimensions. Values may change between refits, labels may not."""

    values: Mapping[str, np.ndarray] = field(default_factory=dict)
    coords: Mapping[str, list] = field(default_factory=dict)


class Block(Protocol):
    """A part of the outcome model; the likelihood block closes the list and has no share of the logit."""

    def used(self, composition: Composition) -> bool:
        """Whether a model has this block."""

    def arrays(self, composition: Composition, data: xr.Dataset, values: xr.DataArray) -> Arrays:
        """Data of the block; ``values`` are the regressors (term, mission, state)."""

    def parameters(self, composition: Composition) -> list[Parameter]:
        """The block's parameters, as tables print them."""

    def add(self, composition: Composition, x: Mapping, variables) -> dict:
        """Make the block's variables; returns them by name."""

    def logit(self, composition: Composition, p: Mapping, x: Mapping):
        """The block's share of the logit, shape (..., M, S)."""


def by_mission(composition: Composition, x: Mapping, variables, term: str, name: str, mean, spread) -> dict:
    """Effects by mission about their mean, shifted by mission-level predictors where the model has them.

    Parameters
    ----------
    term : str
        Entry of ``mission_predictors``.
    name : str
        Of the effects.
    mean, spread : tensor or float
        ``spread`` None: the same effect in all missions but for the predictors.
    """
    effects = {}
    if term in composition.mission_predictors:
        slope = variables.variable(f"{name}_predictor_slope", "mission_predictor_slope", f"{term}_predictor")
        effects[f"{name}_predictor_slope"] = slope
        mean = mean + (slope[:, None] * x[f"{term}_predictor"]).sum(0)
    mean = mean * np.ones(known_length(x["intercept_information"]))
    if spread is not None:
        deviation = f"mission_{name}_deviation"
        mean = mean + variables.effects(deviation, spread, x[f"{name}_information"], "mission")
    return effects | {f"mission_{name}": variables.quantity(f"mission_{name}", mean, "mission")}


def predictor_arrays(composition: Composition, data: xr.Dataset, term: str) -> Arrays:
    """Centred mission covariates (P, M) that predict one term's effects by mission."""
    chosen = list(composition.mission_predictors.get(term, ()))
    if not chosen:
        return Arrays()
    value = data.mission_covariate_value.sel(mission_covariate=chosen)
    value = value.transpose("mission_covariate", "mission").values.astype(float)
    name = f"{term}_predictor"
    return Arrays({name: value - value.mean(1, keepdims=True)}, {name: chosen})


def decision_weights(data: xr.Dataset) -> np.ndarray:
    """About what each decision tells of its logit, p (1 - p) (M, S), zero where it is not scored.

    p is what the shares of the mission's and of the state's decisions lead one to expect, as odds ratios to the share of all.
    """
    joined = data.joined.transpose("mission", "state").values
    scored = np.isfinite(joined)

    def share(axis):
        number = scored.sum(axis=axis, keepdims=True)
        return logit((np.nansum(joined, axis=axis, keepdims=True) + 0.5) / (number + 1))

    chance = expit(share(1) + share(0) - share(None))
    return scored * chance * (1 - chance)


def known_length(array) -> int:
    """Length of the first axis of an array, or of a tensor of fixed shape."""
    return array.type.shape[0] if hasattr(array, "type") else len(array)
