"""Runs in worlds whose truth is known: simulated decisions, quick fits, and the tables from which verdicts are made.

The fits are maximum likelihood with normal draws instead of a sampler: what is under test is what follows from estimates.
"""

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit

from workflow.lib.checking.controls import Control, difference_rows
from workflow.lib.checking.reverse_causation import first_decisions, first_joiners_row, rows_around_missions
from workflow.lib.checking.table import check_table, estimate_row

INTERVAL = 0.9
MISSIONS, STATES = 40, 150
MODELS = {
    "quality": {"measures": ["alignment"]},
    "contact": {"measures": ["contact"]},
    "cooperativeness": {"measures": ["cooperativeness"]},
    "pooled": {"regressors": ["ties"]},
    "within": {"regressors": ["ties"], "between": ["ties"], "state_effects": True},
    "cooperators": {"regressors": ["ties", "cooperativeness"], "state_effects": True},
    "plugin": {"regressors": ["ties", "quality"], "state_effects": True, "information": "filtered"},
}


def fit(joined, *columns, draws=400):
    """Slopes of columns (M, S) as draws (chain, draw) each, and the mean of p (1 - p)."""
    design = np.stack([np.ones(joined.size), *[c.ravel() for c in columns]], axis=1)
    slopes = np.zeros(design.shape[1])
    for _ in range(30):
        mean = expit(design @ slopes)
        information = design.T @ (design * (mean * (1 - mean))[:, None]) + 1e-6 * np.eye(len(slopes))
        slopes = slopes + np.linalg.solve(information, design.T @ (joined.ravel() - mean))
    values = np.random.default_rng(1).multivariate_normal(slopes, np.linalg.inv(information), size=(2, draws))
    return [xr.DataArray(values[:, :, k + 1], dims=("chain", "draw")) for k in range(len(columns))], float(
        (mean * (1 - mean)).mean()
    )


class World:
    """Effects and checks of simulated decisions.

    Parameters
    ----------
    ties, quality, habit : float
        Slopes of ties, of quality, and of a lasting habit of cooperating, from which ties with anybody come.
    shared : float
        How much of ties comes from the habit.
    moved : float
        How much quality is higher for good after each mission that a state joined.
    """

    def __init__(self, ties=0.0, quality=0.0, habit=0.0, shared=0.0, moved=0.0, seed=1):
        random = np.random.default_rng(seed)
        grid = (MISSIONS, STATES)
        lasting = random.normal(size=STATES) * np.ones(grid)

        def with_anybody():
            return shared * lasting + random.normal(size=grid)

        self.ties, self.rival, self.habit = with_anybody(), with_anybody(), lasting
        self.quality, self.joined = random.normal(size=grid), np.empty(grid)
        for m in range(MISSIONS):
            logit = -2.5 + ties * self.ties[m] + quality * self.quality[m] + habit * lasting[m]
            self.joined[m] = random.random(STATES) < expit(logit)
            self.quality[m + 1 :] += moved * self.joined[m]

    def effects(self):
        """Rows of `results/effects.csv`."""
        mean = self.ties.mean(axis=0, keepdims=True) * np.ones(self.ties.shape)
        fits = {
            "pooled": {"ties": self.ties},
            "within": {"ties_within": self.ties - mean, "ties_between": mean},
            "cooperators": {"ties": self.ties, "cooperativeness": self.habit},
            "plugin": {"ties": self.ties, "quality": self.quality},
        }
        rows = []
        for model, columns in fits.items():
            slopes, weight = fit(self.joined, *columns.values())
            # quartiles of a standard normal are 1.35 apart
            found = {f"{name}_effect": 1.35 * weight * s for name, s in zip(columns, slopes, strict=True)}
            if model == "plugin":
                larger = found["quality_effect"] > found["ties_effect"]
                found["quality_beats_ties"] = larger.astype(float)
            for estimand, draws in found.items():
                rows.append(effect(model, estimand, **estimate_row(draws, INTERVAL)))
        return pd.DataFrame(rows)

    def checks(self):
        """Tables of checks by name."""

        def beside(control):
            return fit(self.joined, self.ties, control.values)[0]

        (naive,), _ = fit(self.joined, self.ties)
        rival = Control("rivals", "ties 365", "ties with Russia", "ties", self.rival)
        return {
            "negative_controls": check_table(difference_rows(rival, beside, naive, "plugin", INTERVAL)),
            "reverse_causation": check_table(self.reverse_causation()),
        }

    def reverse_causation(self):
        """Rows on quality before and after missions, of which there is one a year, and on first joiners."""
        years, states = 1950 + np.arange(MISSIONS), np.arange(STATES)
        on = {"mission": years.astype(str), "state": states}
        data = xr.Dataset(
            {"joined": (("mission", "state"), self.joined), "start_year": ("mission", years)}, coords=on
        )
        path = xr.DataArray(
            self.quality.T, dims=("state", "year"), coords={"state": states, "year": years - 1}
        )
        first = first_decisions(data).values
        (naive,), _ = fit(self.joined, self.quality)
        (slope,), _ = fit(self.joined[first], self.quality[first])
        rows = rows_around_missions(path, data, "quality", "plugin", INTERVAL, seed=1)
        joiners = int(self.joined[first].sum())
        return [*rows, first_joiners_row(slope, naive, "quality", "plugin", INTERVAL, joiners)]


def effect(model, estimand, estimate, lower, upper, scope="all"):
    """A row of `results/effects.csv`."""
    numbers = {"mean": estimate, "lower": lower, "upper": upper}
    return {"model": model, "estimand": estimand, "scope": scope, **numbers}
