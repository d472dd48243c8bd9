"""What the default priors say about missions before any data."""

import numpy as np
import pytest
from compositions import COMPOSITIONS
from example import example_data

from models.priors import Priors
from models.simulate import draw_parameters, simulate

DRAWS = 100


@pytest.mark.parametrize("name", ["pooled", "crossed", "plugin", "joint", "every_term"])
def test_share_of_states_that_join_a_mission_spans_what_is_thinkable_without_piling_up_at_the_ends(name):
    """Shares of joiners over 600 missions simulated from the priors.

    About one state in ten joined a mission of the shipped tables, from a handful of states to about half of the
    eligible ones. Priors must leave room for a mission that only three in a hundred join and for one that half join
    (so the middle 90 % of shares spans 5 to 50 %), must have their middle between 10 and 40 %, and must
    not hold for likely that nobody (below 1 %) or everybody (above 95 %) joins: with slopes and spreads an order of
    magnitude wider, a third of all missions and more would lie there.
    """
    composition, data = COMPOSITIONS[name], example_data(missions=6, states=100, panel=4)
    random = np.random.default_rng(1)
    shares = np.concatenate(
        [
            simulate(composition, data, draw_parameters(composition, data, Priors(), random), random)
            .joined.mean("state")
            .values
            for _ in range(DRAWS)
        ]
    )
    assert 0.10 < np.median(shares) < 0.40
    assert np.quantile(shares, 0.05) < 0.05
    assert np.quantile(shares, 0.95) > 0.50
    assert np.mean((shares < 0.01) | (shares > 0.95)) < 0.10


def test_slopes_and_spreads_ten_times_wider_would_pile_up_at_the_ends():
    """The bound above can fail: the vague priors of habit do not pass it."""
    composition, data = COMPOSITIONS["crossed"], example_data(missions=6, states=100, panel=4)
    vague = Priors({"intercept": ("normal", (0.0, 10.0)), "mission_sd": ("half_normal", (10.0,))})
    random = np.random.default_rng(1)
    shares = [
        simulate(composition, data, draw_parameters(composition, data, vague, random), random).joined.mean(
            "state"
        )
        for _ in range(DRAWS)
    ]
    shares = np.concatenate([share.values for share in shares])
    assert np.mean((shares < 0.01) | (shares > 0.95)) > 0.30
