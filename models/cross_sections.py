"""Likelihood of a panel year by year, from sums over the state-years in which the same indicators were seen.

Residuals of one state-year, r = loading q + e with q ~ N(0, 1) and e_k ~ N(0, sd_k^2), have the covariance
loading loading' + diag(sd^2). Its inverse and determinant have closed forms (Sherman & Morrison 1950), so that the likelihood of
a group of state-years needs their number and the sums of their products alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytensor.tensor as pt

LOG_2PI = np.log(2 * np.pi)


@dataclass(frozen=True)
class CrossSections:
    """Groups of state-years of one year in which the same indicators were seen: G groups, K items, V = K + A columns.

    Columns are the items and what they are adjusted for (A pairs of item and adjuster).

    Attributes
    ----------
    seen : array, shape (G, K)
        One where an item was seen.
    year : array of int, shape (G,)
        Place of the year.
    number : array, shape (G,)
        State-years.
    mean : array, shape (G, V)
    products : array, shape (G, V, V)
        Sums of products of deviations from the mean.
    adjusting : array, shape (A, K, V)
        One where an adjustment takes a column off an item.
    """

    seen: np.ndarray
    year: np.ndarray
    number: np.ndarray
    mean: np.ndarray
    products: np.ndarray
    adjusting: np.ndarray

    @classmethod
    def of(cls, panel) -> "CrossSections":
        """From a ``models.blocks.factor.Panel``."""
        state, year = np.nonzero(panel.seen.any(1))
        seen = panel.seen[state, :, year].astype(float)
        item, adjuster = panel.pairs.T
        adjusters = panel.adjuster[adjuster][:, state, year].T * seen[:, item]
        columns = np.concatenate([panel.value[state, :, year] * seen, adjusters], axis=1)
        groups, group = np.unique(np.column_stack([year, seen]), axis=0, return_inverse=True)
        number = np.bincount(group.ravel()).astype(float)
        mean = _sums(columns, group, len(groups)) / number[:, None]
        deviation = columns - mean[group]
        products = _sums(deviation[:, :, None] * deviation[:, None, :], group, len(groups))
        adjusting, place = np.zeros((len(item), seen.shape[1], columns.shape[1])), np.arange(len(item))
        adjusting[place, item, seen.shape[1] + place] = 1.0
        return cls(groups[:, 1:], groups[:, 0].astype(int), number, mean, products, adjusting)

    def about(self, level: np.ndarray) -> np.ndarray:
        """Means (G, V) about levels of the items by year (K, T)."""
        items = level.shape[0]
        return np.concatenate(
            [self.mean[:, :items] - self.seen * level[:, self.year].T, self.mean[:, items:]], axis=1
        )

    def pooled(self, level: np.ndarray, weight: float) -> dict[str, np.ndarray]:
        """What ``log_likelihood`` takes: sums over years, levels given, each year counted for ``weight``."""
        mean = self.about(level)
        products = self.products + self.number[:, None, None] * mean[:, :, None] * mean[:, None, :]
        seen, pattern = np.unique(self.seen, axis=0, return_inverse=True)
        number = weight * _sums(self.number, pattern, len(seen))
        return {
            "seen": seen,
            "number": number,
            "number_of_item": number @ seen,
            "products": weight * _sums(products, pattern, len(seen)),
            "all_products": weight * products.sum(0),
            "unadjusted": np.eye(level.shape[0], self.mean.shape[1]),
            "adjusting": self.adjusting,
        }

    def density(self, level: np.ndarray, slope: np.ndarray, loading: np.ndarray, sd: np.ndarray) -> tuple:
        """Log likelihood, and its derivatives to level (K, T), slope (A,), loading (K,) and sd (K,)."""
        seen, number, items = self.seen, self.number[:, None, None], len(loading)
        reduce = np.eye(items, self.mean.shape[1]) - np.tensordot(slope, self.adjusting, axes=1)
        mean = self.about(level)
        residual, product = mean @ reduce.T, reduce @ self.products @ reduce.T
        product = product + number * residual[:, :, None] * residual[:, None, :]
        weighted = seen * loading / sd**2
        information = 1 + weighted @ loading
        inverse = seen[:, :, None] * np.diag(sd**-2.0)
        inverse = inverse - weighted[:, :, None] * weighted[:, None, :] / information[:, None, None]
        log_determinant = seen @ np.log(sd**2) + np.log(information)
        constant = self.number * (seen.sum(1) * LOG_2PI + log_determinant)
        total = -0.5 * (constant.sum() + (inverse * product).sum())
        by_covariance = 0.5 * (inverse @ product @ inverse - number * inverse).sum(0)
        by_residual = self.number[:, None] * np.einsum("gkl,gl->gk", inverse, residual)
        by_level = np.zeros_like(level)
        np.add.at(by_level.T, self.year, by_residual)
        by_reduce = by_residual.T @ mean + (inverse @ reduce @ self.products).sum(0)
        by_slope = (self.adjusting * by_reduce).sum((1, 2))
        return total, by_level, by_slope, 2 * by_covariance @ loading, 2 * sd * np.diag(by_covariance)


def _sums(values: np.ndarray, group: np.ndarray, number: int) -> np.ndarray:
    """Sums of rows (N, ...) by group, (G, ...)."""
    sums = np.zeros((number, *values.shape[1:]))
    np.add.at(sums, group.ravel(), values)
    return sums


def log_likelihood(x: Mapping, slope, loading, sd):
    """The same likelihood as a tensor, of groups pooled over years; ``x`` is what ``CrossSections.pooled`` gives.

    Sums of products, not products of matrices: these are small, and take ten seconds to compile.
    """
    weighted = x["seen"] * loading / sd**2
    information = 1 + (weighted * loading).sum(1)
    reduce = x["unadjusted"] - (x["adjusting"] * slope[:, None, None]).sum(0)
    columns = (weighted[:, :, None] * reduce).sum(1)
    explained = (x["products"] * columns[:, :, None] * columns[:, None, :]).sum((1, 2)) / information
    squares = (x["all_products"] * reduce[:, :, None] * reduce[:, None, :]).sum((1, 2)) / sd**2
    constant = x["number_of_item"] * (LOG_2PI + pt.log(sd**2))
    return -0.5 * (constant + squares).sum() - 0.5 * (x["number"] * pt.log(information) - explained).sum()
