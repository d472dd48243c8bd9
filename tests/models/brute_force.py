"""The dynamic factor by plain multivariate normals, item by item and year by year: slow, and shares no code with the kernel."""

from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass
class Parameters:
    """Level (K, T), slope (A,), item (K, 3): loading, error's standard deviation and persistence; persistence of the path."""

    level: np.ndarray
    slope: np.ndarray
    item: np.ndarray
    persistence: float

    def arguments(self) -> tuple:
        return self.level, self.slope, self.item, np.array([self.persistence])


def observations(panel, parameters, state, until=None):
    """Item, year and residual of what was seen of one state."""
    found = []
    for k, t in np.argwhere(panel.seen[state]):
        if until is None or t <= until:
            residual = panel.value[state, k, t] - parameters.level[k, t]
            for (item, adjuster), slope in zip(panel.pairs, parameters.slope, strict=True):
                if item == k:
                    residual -= slope * panel.adjuster[adjuster, state, t]
            found.append((k, t, residual))
    return found


def covariances(panel, parameters, state, seen):
    """Covariance of the residuals, of residuals with the path, and of the path, over the years of one state."""
    first, last = panel.span[state]
    path = parameters.persistence ** np.abs(
        np.subtract.outer(np.arange(first, last + 1), np.arange(first, last + 1))
    )
    between, own = np.zeros((len(seen), len(path))), np.zeros((len(seen), len(seen)))
    for a, (k, t, _) in enumerate(seen):
        loading, sd, rho = parameters.item[k]
        between[a] = loading * path[t - first]
        for b, (j, u, _) in enumerate(seen):
            own[a, b] = loading * parameters.item[j, 0] * path[t - first, u - first]
            # an error goes on through gaps
            if j == k:
                own[a, b] += sd**2 * rho ** abs(t - u)
    return own, between, path


def log_likelihood(panel, parameters) -> float:
    """Log density of all that was seen."""
    total = 0.0
    for s in range(len(panel.span)):
        seen = observations(panel, parameters, s)
        if seen:
            own, _, _ = covariances(panel, parameters, s, seen)
            residual = np.array([r for _, _, r in seen])
            total += stats.multivariate_normal.logpdf(residual, np.zeros(len(seen)), own)
    return float(total)


def path_given(panel, parameters, state, until=None):
    """Mean and covariance of a state's path given what was seen up to a year."""
    seen = observations(panel, parameters, state, until)
    own, between, path = covariances(panel, parameters, state, seen)
    weight = np.linalg.solve(own, between).T if seen else np.zeros((len(path), 0))
    return weight @ np.array([r for _, _, r in seen]), path - weight @ between


def filter_errors(panel, parameters, state) -> np.ndarray:
    """Covariance of the errors of the filtered means of all years of one state."""
    seen = observations(panel, parameters, state)
    own, between, path = covariances(panel, parameters, state, seen)
    first, last = panel.span[state]
    weights = np.zeros((len(path), len(seen)))
    for t in range(first, last + 1):
        known = np.array([u <= t for _, u, _ in seen], bool)
        if known.any():
            weights[t - first, known] = np.linalg.solve(own[np.ix_(known, known)], between[known, t - first])
    shared = weights @ between
    return path - shared - shared.T + weights @ own @ weights.T
