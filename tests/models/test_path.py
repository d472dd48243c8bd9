"""The basis of latent paths, and the sufficient statistics of normal indicators."""

import numpy as np
import pytest

from models.path import (
    LENGTHSCALE_YEARS,
    VARIANCE_KEPT,
    lower_triangle,
    normal_statistics,
    path_basis,
    symmetric_places,
)

SPANS = [(1970, 1970), (1970, 1984), (1949, 2014), (1816, 2014)]


@pytest.mark.parametrize(("first", "last"), SPANS)
def test_smooth_part_has_unit_variance_in_every_year(first, last):
    basis = path_basis(first, last)
    assert np.all(basis.values[:, 0] == 1)
    np.testing.assert_allclose((basis.values[:, 1:] ** 2).sum(1), 1, rtol=1e-12)


@pytest.mark.parametrize(("first", "last"), SPANS)
def test_basis_spans_the_years_asked_for_with_one_column_more_than_eigenvectors_kept(first, last):
    basis = path_basis(first, last)
    np.testing.assert_array_equal(basis.years, np.arange(first, last + 1))
    assert basis.values.shape == (last - first + 1, basis.size)
    kernel = np.exp(-0.5 * ((basis.years[:, None] - basis.years[None]) / LENGTHSCALE_YEARS) ** 2)
    share = np.cumsum(np.linalg.eigvalsh(kernel)[::-1]) / len(basis.years)
    assert share[basis.size - 2] >= VARIANCE_KEPT
    assert basis.size == 2 or share[basis.size - 3] < VARIANCE_KEPT


def test_covariance_of_the_smooth_part_is_the_kernel_up_to_the_variance_left_out():
    basis = path_basis(1949, 2014)
    smooth = basis.values[:, 1:]
    kernel = np.exp(-0.5 * ((basis.years[:, None] - basis.years[None]) / LENGTHSCALE_YEARS) ** 2)
    # one per cent of the trace is left out, more of it at the ends of the span: within 0.1 everywhere
    assert np.abs(smooth @ smooth.T - kernel).max() < 0.1


def test_signs_do_not_depend_on_the_linear_algebra_library(monkeypatch):
    expected = path_basis(1949, 2014).values
    eigh = np.linalg.eigh

    def turned(matrix):
        values, vectors = eigh(matrix)
        return values, vectors * np.where(np.arange(len(values)) % 2, -1.0, 1.0)

    monkeypatch.setattr(np.linalg, "eigh", turned)
    np.testing.assert_array_equal(path_basis(1949, 2014).values, expected)


def test_rows_are_taken_by_calendar_year():
    basis = path_basis(1970, 1999)
    np.testing.assert_array_equal(basis.at([1999, 1970, 1985]), basis.values[[29, 0, 15]])


@pytest.mark.parametrize("years", [[1969, 1980], [1980, 2000]])
def test_years_outside_the_span_are_an_error(years):
    with pytest.raises(
        ValueError, match=rf"^years {years[0]} to {years[1]} reach beyond the path, 1970 to 1999$"
    ):
        path_basis(1970, 1999).at(years)


def test_sufficient_statistics_equal_direct_sums():
    random = np.random.default_rng(1)
    items, states, years, size, terms = 3, 5, 7, 4, 2
    basis, design = random.normal(size=(years, size)), random.normal(size=(states, years, terms))
    value = random.normal(size=(items, states, years))
    value[random.uniform(size=value.shape) < 0.3] = np.nan
    value[1, 2] = np.nan
    statistics = normal_statistics(value, basis, design)
    for j in range(items):
        for s in range(states):
            seen = np.isfinite(value[j, s])
            y, x, z = value[j, s, seen], basis[seen], design[s, seen]
            expected = {
                "gram": lower_triangle(x.T @ x),
                "basis_sum": x.sum(0),
                "basis_design": x.T @ z,
                "basis_value": x.T @ y,
                "number": seen.sum(),
                "design_gram": lower_triangle(z.T @ z),
                "design_sum": z.sum(0),
                "design_value": z.T @ y,
                "value_square": y @ y,
                "value_sum": y.sum(),
            }
            assert set(expected) == set(statistics)
            for name, array in expected.items():
                np.testing.assert_allclose(statistics[name][j, ..., s], array, rtol=1e-12, atol=1e-12)


def test_lower_triangle_holds_a_symmetric_matrix_whole():
    root = np.random.default_rng(2).normal(size=(3, 5, 5))
    matrices = root @ root.transpose(0, 2, 1)
    packed = lower_triangle(matrices)
    assert packed.shape == (3, 15)
    np.testing.assert_allclose(packed[:, symmetric_places(5)], matrices, rtol=1e-12)
