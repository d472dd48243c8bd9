"""Smooth paths in time: a low-rank Gaussian process basis, and the sufficient statistics of normal indicators."""

from dataclasses import dataclass

import numpy as np

LENGTHSCALE_YEARS = 12.0
VARIANCE_KEPT = 0.99


@dataclass(frozen=True)
class PathBasis:
    """Leading eigenvectors of the squared exponential kernel over calendar years.

    Attributes
    ----------
    years : array of int, shape (Y,)
        Consecutive years.
    values : array, shape (Y, B)
        First column 1 (the static part), then the smooth basis scaled to unit variance in every year.
    """

    years: np.ndarray
    values: np.ndarray

    @property
    def size(self) -> int:
        """Number of coefficients of a state's path."""
        return self.values.shape[1]

    def at(self, years) -> np.ndarray:
        """Rows of the basis for given years, shape (len(years), B); years outside the basis are a ``ValueError``."""
        positions = np.asarray(years, int) - self.years[0]
        if positions.min() < 0 or positions.max() >= len(self.years):
            raise ValueError(
                f"years {np.min(years)} to {np.max(years)} reach beyond the path, {self.years[0]} to {self.years[-1]}"
            )
        return self.values[positions]


def path_basis(
    first: int, last: int, lengthscale: float = LENGTHSCALE_YEARS, kept: float = VARIANCE_KEPT
) -> PathBasis:
    """Basis over the years ``first`` to ``last``.

    The kernel exp(-(s - t)^2 / (2 lengthscale^2)) is replaced by its leading eigenvectors, as many as keep the share
    ``kept`` of its trace, and each year's row is rescaled so that the prior variance is exactly 1 in every year
    (Karhunen-Loeve truncation; Rasmussen & Williams 2006, section 4.3).
    """
    years = np.arange(first, last + 1)
    kernel = np.exp(-0.5 * ((years[:, None] - years[None, :]) / lengthscale) ** 2)
    values, vectors = np.linalg.eigh(kernel)
    values, vectors = values[::-1], vectors[:, ::-1]
    number = int(np.searchsorted(np.cumsum(values) / values.sum(), kept)) + 1
    smooth = vectors[:, :number] * np.sqrt(values[:number])
    # signs of eigenvectors are arbitrary: fixed, so that draws do not depend on the linear algebra library
    smooth = smooth * np.where(smooth[np.abs(smooth).argmax(0), np.arange(number)] < 0, -1.0, 1.0)
    smooth = smooth / np.linalg.norm(smooth, axis=1, keepdims=True)
    return PathBasis(years, np.column_stack([np.ones(len(years)), smooth]))


def lower_triangle(matrices: np.ndarray) -> np.ndarray:
    """Lower triangles, row by row, of symmetric matrices on the last two axes; shape (..., N (N + 1) / 2)."""
    rows, columns = np.tril_indices(matrices.shape[-1])
    return matrices[..., rows, columns]


def symmetric_places(size: int) -> np.ndarray:
    """Place in ``lower_triangle`` of each entry of a symmetric matrix, shape (size, size)."""
    row, column = np.indices((size, size))
    low, high = np.minimum(row, column), np.maximum(row, column)
    return high * (high + 1) // 2 + low


def normal_statistics(value: np.ndarray, basis: np.ndarray, design: np.ndarray) -> dict[str, np.ndarray]:
    """Sufficient statistics of normal indicators by state; symmetric matrices as their lower triangles.

    Parameters
    ----------
    value : array, shape (J, S, T)
        Indicators; NaN is missing.
    basis : array, shape (T, B)
        Path basis in the panel years.
    design : array, shape (S, T, P)
        Regressors of the indicator's own level (intercept, trend, size).

    Returns
    -------
    dict of str to array
        ``gram`` (J, B (B + 1) / 2, S), ``basis_sum`` (J, B, S), ``basis_design`` (J, B, P, S), ``basis_value`` (J, B, S),
        ``number`` (J, S), ``design_gram`` (J, P (P + 1) / 2, S), ``design_sum`` (J, P, S), ``design_value`` (J, P, S),
        ``value_square`` (J, S), ``value_sum`` (J, S).
    """
    seen = np.isfinite(value).astype(float)
    y = np.where(seen > 0, value, 0.0)
    by_state = {
        "gram": lower_triangle(np.einsum("jst,ta,tb->jsab", seen, basis, basis)),
        "basis_sum": np.einsum("jst,ta->jsa", seen, basis),
        "basis_design": np.einsum("jst,ta,stp->jsap", seen, basis, design),
        "basis_value": np.einsum("jst,ta->jsa", y, basis),
        "number": seen.sum(2),
        "design_gram": lower_triangle(np.einsum("jst,stp,stq->jspq", seen, design, design)),
        "design_sum": np.einsum("jst,stp->jsp", seen, design),
        "design_value": np.einsum("jst,stp->jsp", y, design),
        "value_square": (y**2).sum(2),
        "value_sum": y.sum(2),
    }
    return {name: np.ascontiguousarray(np.moveaxis(array, 1, -1)) for name, array in by_state.items()}
