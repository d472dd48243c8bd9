"""Each model's log density is the one that the equations say, in both engines."""

import numpy as np
import pymc as pm
import pytest
from compositions import COMPOSITIONS
from example import example_data
from numpy_density import log_density
from pytensor.compile.mode import Mode

from models.build import build
from models.composition import check
from models.priors import Priors
from models.simulate import draw_parameters, simulate

POINTS = 20
# interpreted: compiling takes a minute a model and is done below, where the compiled density is compared with this one
MODE = Mode(linker="py", optimizer=None)
PRIORS = Priors()


def simulated(composition, seed=1):
    random = np.random.default_rng(seed)
    data = example_data(missions=5, states=14, panel=5)
    return simulate(composition, data, draw_parameters(composition, data, PRIORS, random), random)


def constrained_values(model):
    """Function from a point of value variables to all parameters by name, on their own scale."""
    variables = [*model.free_RVs, *model.deterministics]
    outputs = model.replace_rvs_by_values(variables)
    function = model.compile_fn(outputs, inputs=model.value_vars, on_unused_input="ignore", mode=MODE)
    return lambda point: dict(zip([v.name for v in variables], function(point), strict=True))


def density_of(model, **options):
    """Log density as a function of a point; its terms are summed here, because the interpreter adds 32 at most."""
    terms = model.compile_fn(
        model.logp(sum=False, **options), inputs=model.value_vars, on_unused_input="ignore", mode=MODE
    )
    return lambda point: sum(float(np.sum(term)) for term in terms(point))


def random_points(model, number, seed=5):
    random = np.random.default_rng(seed)
    start = model.initial_point()
    for _ in range(number):
        yield {
            name: np.asarray(value + 0.3 * random.normal(size=np.shape(value)))
            for name, value in start.items()
        }


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_log_density_equals_the_one_written_in_numpy(name):
    composition = COMPOSITIONS[name]
    data = simulated(composition)
    assert check(composition, data) == []
    model = build(composition, data, PRIORS)
    density, values = density_of(model, jacobian=False), constrained_values(model)
    for point in random_points(model, POINTS):
        assert density(point) == pytest.approx(
            log_density(composition, data, values(point), PRIORS), rel=1e-8
        )


@pytest.mark.parametrize("name", ["crossed", "joint", "cooperators", "persons", "every_term"])
def test_fused_and_plain_engines_give_the_same_density(name):
    composition = COMPOSITIONS[name]
    data = simulated(composition)
    fused, plain = (build(composition, data, PRIORS, engine) for engine in ("fused", "plain"))
    densities = fused.compile_logp(), density_of(plain)
    for point in random_points(fused, 3):
        assert densities[0](point) == pytest.approx(float(densities[1](point)), rel=1e-10)


@pytest.mark.parametrize("name", ["quality_only", "joint", "cooperators", "persons"])
def test_flipping_a_latent_changes_the_density(name):
    """Quality and its loadings with the sign turned give the data the same density: only the anchor tells them apart."""
    composition = COMPOSITIONS[name]
    data = simulated(composition)
    model = build(composition, data, PRIORS)
    assert model["anchor_loading"] in model.free_RVs
    values = constrained_values(model)(model.initial_point())
    flipped = {k: -v if k in ("indicator_loading", "quality_coefficient") else v for k, v in values.items()}
    assert np.isfinite(log_density(composition, data, values, PRIORS))
    assert log_density(composition, data, flipped, PRIORS) == -np.inf


def test_swapping_cooperativeness_and_opportunity_changes_the_density():
    composition = COMPOSITIONS["cooperators"]
    data = simulated(composition)
    model = build(composition, data, PRIORS)
    values = constrained_values(model)
    for point in random_points(model, 3):
        p = values(point)
        swapped = {**p, "opportunity": p["cooperativeness_level"], "cooperativeness_level": p["opportunity"]}
        difference = log_density(composition, data, swapped, PRIORS) - log_density(
            composition, data, p, PRIORS
        )
        assert abs(difference) > 1.0


def test_new_data_enter_without_rebuilding():
    composition = COMPOSITIONS["crossed"]
    data = simulated(composition)
    model = build(composition, data, PRIORS)
    point = next(random_points(model, 1))
    other = simulated(composition, seed=2)
    from models.inputs import PACKED, model_inputs

    with model:
        pm.set_data({PACKED: model_inputs(composition, other).packed()})
    density, values = density_of(model, jacobian=False), constrained_values(model)
    assert density(point) == pytest.approx(log_density(composition, other, values(point), PRIORS), rel=1e-8)
