"""The coordinates in which chains move: what they are computed from."""

import numpy as np
import pytest

from models.inputs import binary_information, orthogonal_slopes, tie_information, year_share


def test_orthogonal_slopes_act_through_orthogonal_columns():
    random = np.random.default_rng(1)
    columns = random.normal(size=(50, 4)) @ random.normal(size=(4, 4))
    slopes = orthogonal_slopes(columns)
    orthogonal = columns @ np.linalg.inv(slopes)
    gram = orthogonal.T @ orthogonal
    np.testing.assert_allclose(gram - np.diag(np.diag(gram)), 0, atol=1e-9)
    np.testing.assert_allclose(np.tril(slopes), np.eye(4), atol=1e-12)


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_column_of_zeros_or_a_repeated_one_is_left_alone(place):
    columns = np.random.default_rng(2).normal(size=(50, 4))
    columns[:, place] = 0
    slopes = orthogonal_slopes(columns)
    assert np.linalg.det(slopes) == pytest.approx(1)
    np.testing.assert_array_equal(slopes[place], np.eye(4)[place])
    repeated = np.column_stack([columns[:, 2], columns[:, 2]])
    assert np.linalg.det(orthogonal_slopes(repeated)) == pytest.approx(1)


def test_year_shares_add_up_and_an_unobserved_indicator_has_none():
    values = np.full((2, 3, 4), np.nan)
    values[0, :2, 1] = 1.0
    values[0, 0, 3] = 0.0
    np.testing.assert_allclose(year_share(values), [[0, 2 / 3, 0, 1 / 3], [0, 0, 0, 0]])


def test_shares_near_one_half_tell_most_and_unseen_cells_nothing():
    value = np.array([[1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]], float)
    seen = np.array([[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0]], float)
    information = binary_information(value * seen, seen)
    assert information[0] == 1.0
    assert 0 < information[1] < information[0]
    assert information[2] == 0


def test_more_trials_tell_more_and_unseen_cells_nothing():
    own = np.array([[[10.0, 40.0]]])
    joint = own / 2
    seen = np.ones_like(own)
    information = tie_information(joint, own, seen)
    assert information.shape == (1, 2)
    assert 0 < information[0, 0] < information[0, 1]
    assert (tie_information(joint, own, 0 * seen) == 0).all()
