"""The rough fit that places coordinates: near the truth of simulated decisions, blind to what is not scored."""

import numpy as np
from scipy.special import expit

from models.linearised import linearise
from models.regressors import term_values
from tests.models.example import COMPOSITIONS, example_data

DATA = example_data()


def simulated(seed):
    """Decisions by mission intercepts, one slope of ties and effects of states; and their logits."""
    random, composition = np.random.default_rng(seed), COMPOSITIONS["crossed"]
    data = example_data(missions=20, states=120)
    ties = term_values(composition, data).sel(term="ties").values
    logit = random.normal(-1, 1, (20, 1)) + 1.0 * ties + random.normal(0, 1, 120)
    joined = np.where(np.isfinite(data.joined.values), random.random(logit.shape) < expit(logit), np.nan)
    return composition, data.assign(joined=(data.joined.dims, joined)), logit


def test_the_fit_follows_the_logits_that_decisions_were_made_with():
    composition, data, logit = simulated(1)
    found = linearise(composition, data, term_values(composition, data))
    scored = np.isfinite(data.joined.values)
    weight, response = found.working_weight.values, found.working_response.values
    # the response is noisy; on the scale of its noise it must lie about the logit
    error = (response - logit)[scored] * np.sqrt(weight[scored])
    assert abs(error.mean()) < 0.1
    assert 0.7 < error.std() < 1.3


def test_what_is_not_scored_weighs_nothing_and_moves_nothing():
    composition = COMPOSITIONS["crossed"]
    values = term_values(composition, DATA)
    found = linearise(composition, DATA, values)
    hidden = ~np.isfinite(DATA.joined.values)
    assert hidden.any()
    assert (found.working_weight.values[hidden] == 0).all()
    moved = linearise(composition, DATA, values.where(~hidden, 5.0))
    np.testing.assert_array_equal(found.working_weight, moved.working_weight)
