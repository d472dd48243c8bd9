"""The likelihood of cross-sections from sums of products: against multivariate normals, finite differences, and as a tensor."""

import numpy as np
import pytensor.tensor as pt
import pytest

from models.cross_sections import CrossSections, log_likelihood
from tests.models import brute_force
from tests.models.brute_force import Parameters
from tests.models.test_path_moments import small_world

WORLDS = pytest.mark.parametrize("seed", [1, 2, 3])


def small_sections(seed):
    """Groups of a small panel, and level, slope, loading, spread."""
    panel, parameters = small_world(seed)
    level, slope, item, _ = parameters.arguments()
    return panel, CrossSections.of(panel), [level, slope, item[:, 0].copy(), item[:, 1].copy()]


@WORLDS
def test_each_state_year_is_a_multivariate_normal_by_itself(seed):
    panel, sections, (level, slope, loading, sd) = small_sections(seed)
    apart = Parameters(level, slope, np.stack([loading, sd, np.zeros(3)], axis=1), 0.0)
    value = sections.density(level, slope, loading, sd)[0]
    assert value == pytest.approx(brute_force.log_likelihood(panel, apart), abs=1e-9)


@WORLDS
@pytest.mark.parametrize("place", range(4), ids=["level", "adjustment", "loading", "sd"])
def test_the_gradient_is_that_of_finite_differences(seed, place):
    _, sections, arguments = small_sections(seed)
    ours, step = sections.density(*arguments)[1 + place], 1e-6
    for index in np.ndindex(arguments[place].shape):
        at = []
        for sign in (1, -1):
            moved = [a.copy() for a in arguments]
            moved[place][index] += sign * step
            at.append(sections.density(*moved)[0])
        assert ours[index] == pytest.approx((at[0] - at[1]) / (2 * step), abs=2e-6, rel=1e-6)


@WORLDS
def test_pooled_over_years_it_is_the_same_as_a_tensor(seed):
    _, sections, (level, slope, loading, sd) = small_sections(seed)
    pooled = sections.pooled(level, 0.5)
    assert len(pooled["seen"]) <= len(sections.seen)
    assert pooled["number"].sum() == 0.5 * sections.number.sum()
    value = log_likelihood(pooled, *map(pt.as_tensor, (slope, loading, sd))).eval()
    assert float(value) == pytest.approx(0.5 * sections.density(level, slope, loading, sd)[0], abs=1e-9)


def test_state_years_in_which_nothing_was_seen_do_not_count():
    panel, sections, _ = small_sections(1)
    assert sections.number.sum() == panel.seen.any(1).sum()
    assert (sections.seen.sum(1) > 0).all()
