"""A block is added as docs/extending.md says: a class and a line. The example of the page is read from it, and works."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from models.blocks import BLOCKS
from models.build import build, model_parameters, outcome_inputs
from models.composition import Composition
from models.estimands import contrast_values, estimand_draws
from models.posterior import mission_log_likelihood
from models.priors import Priors
from models.regressors import term_values
from tests.models.draws import prior_draws
from tests.models.example import example_data
from tests.models.numpy_density import log_density
from tests.models.test_density import Points

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"
DATA = example_data()
DECADES = (DATA.start_year.values - DATA.start_year.values.mean()) / 10


@dataclass(frozen=True)
class WithTrend(Composition):
    """The composition with the field that the block asks for."""

    trend: bool = False


TERMS = {"mission_slopes": ("ties",), "state_effects": True}
WITH, WITHOUT = WithTrend("with", trend=True, **TERMS), WithTrend("without", **TERMS)


@pytest.fixture(autouse=True)
def trend():
    """The block of the page among the blocks, before the likelihood that closes the list."""
    code = re.search(
        r"```python\n# models/blocks/trend.py\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )[1]
    names: dict = {}
    exec(compile(code, "models/blocks/trend.py", "exec"), names)
    block = names["Trend"]()
    BLOCKS.insert(len(BLOCKS) - 1, block)
    yield block
    BLOCKS.remove(block)


def test_its_parameter_is_in_the_table_of_those_models_that_have_it():
    added = [p for p in model_parameters(WITH) if p not in model_parameters(WITHOUT)]
    assert [(p.name, p.label, p.dims) for p in added] == [("trend_slope", "change per decade", ())]
    assert "decade" not in outcome_inputs(WITHOUT, DATA).arrays
    np.testing.assert_allclose(outcome_inputs(WITH, DATA).arrays["decade"], DECADES)


def test_its_share_is_in_the_logit_of_the_simulator_and_of_the_draws():
    draws, drawn = prior_draws(WITH, DATA, {}, number=4)
    without, same = prior_draws(WITHOUT, DATA, {}, number=4)
    logit = draws.logit().values[0]
    for k, (p, simulated) in enumerate(drawn):
        np.testing.assert_allclose(logit[k], simulated, rtol=1e-4, atol=1e-4)
        plain = prior_logit(WITHOUT, p)
        np.testing.assert_allclose(simulated, plain + p["trend_slope"] * DECADES[:, None], atol=1e-10)
    assert all("trend_slope" not in p for p, _ in same)
    assert without.logit().shape == draws.logit().shape


def prior_logit(composition, p):
    from models.build import logit

    return logit(composition, p, outcome_inputs(composition, DATA).arrays)


def test_its_density_is_that_of_the_equations():
    """One regressor more: the density of the model without it at shifted intercepts, and its own prior."""
    model = build(
        WITH,
        outcome_inputs(WITH, DATA, term_values(WITH, DATA)),
        Priors({"trend_slope": ("normal", (0, 0.4))}),
    )
    density, points, random = (
        model.compile_logp(jacobian=False, mode="FAST_COMPILE"),
        Points(model),
        np.random.default_rng(5),
    )
    differences = []
    for _ in range(4):
        values, p = points.draw(random)
        slope = float(p.pop("trend_slope"))
        shifted = {**p, "mission_intercept": p["mission_intercept"] + slope * DECADES}
        ours = (
            log_density(WITHOUT, DATA, {}, shifted) + points.log_jacobian(values) - 0.5 * (slope / 0.4) ** 2
        )
        # intercepts themselves are as before: what the shift does to their own density is taken out
        own, moved = (normal_terms(q["mission_intercept"], p) for q in (p, shifted))
        differences.append(float(density(values)) - (ours + own - moved))
    np.testing.assert_allclose(differences, differences[0], atol=1e-8)


def normal_terms(intercepts, p):
    return -0.5 * (((intercepts - p["intercept"]) / p["mission_sd"]) ** 2).sum()


def test_estimands_and_scores_of_missions_need_no_change():
    draws, _ = prior_draws(WITH, DATA, {}, number=3)
    found = estimand_draws(draws, contrast_values(WITH, DATA, {}))
    assert np.isfinite(found["ties_effect", "all"]).all()
    assert np.isfinite(mission_log_likelihood(draws, DATA.mission.values.tolist())).all()
