"""Priors by name: their defaults, how they enter a PyMC model, and the same densities and draws in NumPy."""

from collections.abc import Mapping

import numpy as np

# name: (distribution, parameters); reasons in models/README.md
DEFAULT_PRIORS: dict[str, tuple[str, tuple[float, ...]]] = {
    "intercept": ("normal", (-2.0, 1.5)),
    "ties_slope": ("normal", (0.0, 1.0)),
    "quality_slope": ("normal", (0.0, 1.0)),
    "cooperativeness_slope": ("normal", (0.0, 1.0)),
    "contact_slope": ("normal", (0.0, 1.0)),
    "covariate_slope": ("normal", (0.0, 1.0)),
    "moderator_slope": ("normal", (0.0, 0.5)),
    "mission_predictor_slope": ("normal", (0.0, 1.0)),
    "mission_sd": ("half_normal", (1.0,)),
    "ties_slope_sd": ("half_normal", (0.5,)),
    "quality_slope_sd": ("half_normal", (0.5,)),
    "state_sd": ("half_normal", (1.0,)),
    "sensitivity": ("beta", (18.0, 2.0)),
    "false_positive_odds": ("beta", (1.0, 19.0)),
    "quality_static_share": ("beta", (2.0, 2.0)),
    "indicator_intercept": ("normal", (0.0, 1.5)),
    "indicator_trend": ("normal", (0.0, 0.3)),
    "indicator_size_slope": ("normal", (0.0, 0.5)),
    "indicator_loading": ("normal", (0.0, 1.0)),
    "anchor_loading": ("half_normal", (1.0,)),
    "indicator_sd": ("half_normal", (1.0,)),
    "indicator_state_sd": ("half_normal", (1.0,)),
    "indicator_dispersion": ("gamma", (2.0, 0.5)),
    "tie_year_intercept": ("normal", (0.0, 2.0)),
    "tie_quality_loading": ("normal", (0.0, 1.0)),
    "opportunity_loading": ("half_normal", (1.0,)),
    "tie_concentration": ("gamma", (2.0, 0.05)),
    "cooperativeness_year_intercept": ("normal", (3.0, 1.5)),
    "cooperativeness_size_slope": ("normal", (0.0, 0.5)),
    "cooperativeness_age_slope": ("normal", (0.0, 0.5)),
    "cooperativeness_sd": ("half_normal", (0.5,)),
    "cooperativeness_loading": ("half_normal", (1.0,)),
    "cooperativeness_dispersion": ("gamma", (2.0, 0.05)),
    "contact_quality_correlation": ("normal", (0.0, 0.5)),
    "contact_static_share": ("beta", (2.0, 2.0)),
}

PARAMETERS = {
    "normal": ("mean", "sd"),
    "half_normal": ("sd",),
    "exponential": ("rate",),
    "beta": ("a", "b"),
    "gamma": ("shape", "rate"),
    "lognormal": ("mean", "sd"),
}


class Priors:
    """The priors of a model: defaults, overridden by name.

    Parameters
    ----------
    overrides : mapping of str to (str, sequence of float)
        Distribution and parameters by prior name; names that are not in ``DEFAULT_PRIORS`` are a ``ValueError``.
    """

    def __init__(self, overrides: Mapping[str, tuple[str, tuple[float, ...]]] | None = None):
        unknown = set(overrides or {}) - set(DEFAULT_PRIORS)
        if unknown:
            raise ValueError(
                f"priors.{sorted(unknown)[0]}: unknown prior; known are {', '.join(sorted(DEFAULT_PRIORS))}"
            )
        self._table = {
            **DEFAULT_PRIORS,
            **{k: (v[0], tuple(map(float, v[1]))) for k, v in (overrides or {}).items()},
        }

    def __getitem__(self, name: str) -> tuple[str, tuple[float, ...]]:
        return self._table[name]

    def variable(self, name: str, prior: str | None = None, **keywords):
        """Free random variable of the model in context; ``keywords`` (dims) go to PyMC."""
        import pymc as pm

        from models.coordinates import FromZero

        kind, parameters = self._table[prior or name]
        # as arrays: PyTensor makes single precision of plain numbers, and their log gamma with it
        p = [np.asarray(value, "float64") for value in parameters]
        match kind:
            case "normal":
                return pm.Normal(name, p[0], p[1], **keywords)
            case "half_normal":
                return pm.HalfNormal(name, p[0], default_transform=FromZero(p[0]), **keywords)
            case "exponential":
                return pm.Exponential(name, p[0], **keywords)
            case "beta":
                return pm.Beta(name, p[0], p[1], **keywords)
            case "gamma":
                return pm.Gamma(name, alpha=p[0], beta=p[1], **keywords)
            case "lognormal":
                return pm.LogNormal(name, p[0], p[1], **keywords)
        raise ValueError(
            f"priors.{prior or name}: unknown distribution '{kind}'; known are {', '.join(PARAMETERS)}"
        )

    def shifted(self, name: str, prior: str, shift, **keywords):
        """Free random variable, sampled as itself plus ``shift``.

        Coordinates only: where the data know the sum better than its parts, chains move faster along it. Priors other
        than the normal are sampled as they are.
        """
        return self._moved(name, prior, lambda total: total - shift, **keywords)

    def rotated(self, name: str, prior: str, inverse, **keywords):
        """Free vector b, sampled as U b; ``inverse`` (K, K) is that of U, of determinant one. See ``shifted``."""
        import pytensor.tensor as pt

        return self._moved(name, prior, lambda total: pt.sum(inverse * total[None, :], axis=1), **keywords)

    def _moved(self, name: str, prior: str, from_total, **keywords):
        """Variable with a normal prior as a function, of Jacobian one, of what is sampled.

        A term puts the density right. (Were the function in the mean of what is sampled instead, PyMC would write the
        graph of the latents, on which it may depend, twice.)
        """
        import pymc as pm
        import pytensor.tensor as pt

        kind, parameters = self._table[prior]
        if kind != "normal":
            return self.variable(name, prior, **keywords)
        mean, sd = (np.asarray(value, "float64") for value in parameters)
        total = pm.Normal(f"{name}_total", mean, sd, **keywords)
        value = pm.Deterministic(name, from_total(total), **keywords)
        difference = pt.sum((total - mean) ** 2) - pt.sum((value - mean) ** 2)
        pm.Potential(f"{name}_coordinates", 0.5 * difference / sd**2)
        return value

    def distribution(self, prior: str):
        """The prior as a frozen SciPy distribution, for simulators and for checking densities."""
        from scipy import stats  # slow to import, and the settings read the names of this module

        kind, p = self._table[prior]
        return {
            "normal": lambda: stats.norm(p[0], p[1]),
            "half_normal": lambda: stats.halfnorm(scale=p[0]),
            "exponential": lambda: stats.expon(scale=1 / p[0]),
            "beta": lambda: stats.beta(p[0], p[1]),
            "gamma": lambda: stats.gamma(p[0], scale=1 / p[1]),
            "lognormal": lambda: stats.lognorm(p[1], scale=np.exp(p[0])),
        }[kind]()
