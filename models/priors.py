"""Priors by name: their defaults, and the variables of a model made from them, in PyMC or as draws in NumPy."""

from collections.abc import Mapping
from functools import cache

import numpy as np

# name: (distribution, parameters); reasons in models/README.md
DEFAULT_PRIORS: dict[str, tuple[str, tuple[float, ...]]] = {
    "intercept": ("normal", (-3.0, 3.0)),
    "slope": ("normal", (0.0, 2.0)),
    "slope_sd": ("half_normal", (1.25,)),
    "control_slope": ("normal", (0.0, 2.0)),
    "moderator_slope": ("normal", (0.0, 0.5)),
    "mission_predictor_slope": ("normal", (0.0, 1.0)),
    "mission_sd": ("half_normal", (2.5,)),
    "state_sd": ("half_normal", (2.5,)),
    "sensitivity": ("beta", (18.0, 2.0)),
    "false_record": ("beta", (1.0, 19.0)),
    "anchor_loading": ("half_normal", (0.5,)),
    "loading": ("normal", (0.5, 0.3)),
    "error_sd": ("truncated_normal", (0.8, 0.3, 0.6)),
    "adjustment": ("normal", (0.0, 0.5)),
    "level": ("normal", (0.0, 1.0)),
    "level_step": ("normal", (0.0, 0.2)),
}

PARAMETERS = {
    "normal": ("mean", "sd"),
    "half_normal": ("sd",),
    "truncated_normal": ("mean", "sd", "lower"),
    "exponential": ("rate",),
    "beta": ("a", "b"),
    "gamma": ("shape", "rate"),
    "lognormal": ("mean", "sd"),
}


def general_name(name: str) -> str:
    """The entry of the table of defaults that a prior's name stands for: `ties_slope` for `slope`."""
    if name in DEFAULT_PRIORS:
        return name
    return next((entry for entry in ("slope_sd", "slope") if name.endswith(f"_{entry}")), name)


class Priors:
    """The priors of a model: defaults, overridden by name.

    Parameters
    ----------
    overrides : mapping of str to (str, sequence of float)
        Distribution and parameters by prior name; ``<term>_slope`` and ``<term>_slope_sd`` override ``slope`` and
        ``slope_sd`` for one term. Other names that are not in ``DEFAULT_PRIORS`` are a ``ValueError``.
    """

    def __init__(self, overrides: Mapping[str, tuple[str, tuple[float, ...]]] | None = None):
        changed = {name: (kind, tuple(map(float, p))) for name, (kind, p) in (overrides or {}).items()}
        self._table = DEFAULT_PRIORS | changed
        for name in overrides or {}:
            if general_name(name) not in DEFAULT_PRIORS:
                raise ValueError(
                    f"priors.{name}: unknown prior; known are {', '.join(sorted(DEFAULT_PRIORS))}"
                )

    def __getitem__(self, name: str) -> tuple[str, tuple[float, ...]]:
        return self._table.get(name) or self._table[general_name(name)]

    def distribution(self, name: str):
        """The prior as a frozen SciPy distribution."""
        return frozen(*self[name])

    def score(self, name: str, value: np.ndarray) -> np.ndarray:
        """Derivative of the log density at values inside the support."""
        kind, p = self[name]
        match kind:
            case "normal" | "truncated_normal":
                return (p[0] - value) / p[1] ** 2
            case "half_normal":
                return -value / p[0] ** 2
            case "exponential":
                return np.full_like(value, -p[0])
            case "beta":
                return (p[0] - 1) / value - (p[1] - 1) / (1 - value)
            case "gamma":
                return (p[0] - 1) / value - p[1]
            case "lognormal":
                return -(1 + (np.log(value) - p[0]) / p[1] ** 2) / value
        raise ValueError(f"priors.{name}: unknown distribution '{kind}'; known are {', '.join(PARAMETERS)}")


@cache
def frozen(kind: str, p: tuple[float, ...]):
    """A distribution of SciPy; made once, because making it takes longer than drawing from it."""
    from scipy import stats  # slow to import, and the checks of a configuration read the table alone

    return {
        "normal": lambda: stats.norm(p[0], p[1]),
        "half_normal": lambda: stats.halfnorm(scale=p[0]),
        "truncated_normal": lambda: stats.truncnorm((p[2] - p[0]) / p[1], np.inf, p[0], p[1]),
        "exponential": lambda: stats.expon(scale=1 / p[0]),
        "beta": lambda: stats.beta(p[0], p[1]),
        "gamma": lambda: stats.gamma(p[0], scale=1 / p[1]),
        "lognormal": lambda: stats.lognorm(p[1], scale=np.exp(p[0])),
    }[kind]()


class GraphVariables:
    """Makes the variables of a PyMC model in context.

    Parameters
    ----------
    priors : Priors
    """

    def __init__(self, priors: Priors):
        self.priors = priors

    def variable(self, name: str, prior: str | None = None, dims: str | None = None):
        """Parameter with the prior of an entry of the table (by default that of its own name)."""
        import pymc as pm

        kind, p = self._prior(name, prior or name)
        make = {
            "normal": lambda: pm.Normal(name, p[0], p[1], dims=dims),
            "half_normal": lambda: pm.HalfNormal(name, p[0], dims=dims),
            "truncated_normal": lambda: pm.TruncatedNormal(name, p[0], p[1], lower=p[2], dims=dims),
            "exponential": lambda: pm.Exponential(name, p[0], dims=dims),
            "beta": lambda: pm.Beta(name, p[0], p[1], dims=dims),
            "gamma": lambda: pm.Gamma(name, alpha=p[0], beta=p[1], dims=dims),
            "lognormal": lambda: pm.LogNormal(name, p[0], p[1], dims=dims),
        }
        return make[kind]()

    def _prior(self, name: str, prior: str):
        """Distribution and parameters of a prior; these are data, so that a model with other ones is compiled already."""
        import pymc as pm

        kind, p = self.priors[prior]
        data = pm.Data(f"prior_{name}", np.array(p), shape=(len(p),))
        return kind, [data[k] for k in range(len(p))]

    def quantity(self, name: str, value, dims: str):
        """A quantity that is kept of the draws."""
        import pymc as pm

        return pm.Deterministic(name, value, dims=dims)

    def effects(self, name: str, sd, information, dims: str):
        """Effects x ~ N(0, sd), sampled in units of about their posterior spread.

        If the data tell x with precision ``information``, its posterior precision is P = information + sd^-2, and x sqrt(P) is
        sampled: x over its spread where data tell little of it, and x itself where they tell much, so that neither follows
        ``sd`` (Papaspiliopoulos, Roberts & Skold 2007). A rough ``information`` makes rough coordinates, never another density.
        """
        import pymc as pm
        import pytensor.tensor as pt

        standard = pm.Normal(f"{name}_standard", 0, 1, dims=dims)
        variance = 1 / (information + sd**-2)
        value = pt.sqrt(variance) * standard
        # the density of the standard effects is replaced by that of the effects and the Jacobian
        gain = 0.5 * (standard**2 - (value / sd) ** 2) + 0.5 * pt.log(variance) - pt.log(sd)
        pm.Potential(f"{name}_coordinates", pt.sum(gain))
        return value

    def path(self, name: str, mean, factor, dims: tuple[str, str]):
        """Gaussian paths (Y, S) of known mean and covariance factor (Y, Y, S); states last, so that sums take many at a time."""
        import pymc as pm
        import pytensor.tensor as pt

        standard = pm.Normal(f"{name}_standard", 0, 1, dims=dims)
        return pm.Deterministic(name, mean + pt.sum(factor * standard, axis=1), dims=dims)


class DrawnVariables:
    """Draws the same variables from their priors, in NumPy.

    Parameters
    ----------
    priors : Priors
    coords : mapping of str to list
        Labels of the dimensions.
    random : numpy.random.Generator
    """

    def __init__(self, priors: Priors, coords: Mapping[str, list], random: np.random.Generator):
        self.priors, self.coords, self.random = priors, coords, random

    def _size(self, dims: str | None):
        return None if dims is None else len(self.coords[dims])

    def variable(self, name: str, prior: str | None = None, dims: str | None = None):
        """Draw of a parameter."""
        return self.priors.distribution(prior or name).rvs(self._size(dims), random_state=self.random)

    def quantity(self, name: str, value, dims: str):
        """The quantity itself."""
        return value

    def effects(self, name: str, sd, information, dims: str):
        """Draw of effects about zero."""
        return sd * self.random.normal(size=self._size(dims))

    def path(self, name: str, mean, factor, dims: tuple[str, str]):
        """Draw of Gaussian paths."""
        return mean + (factor * self.random.normal(size=mean.shape)).sum(1)
