"""The density that is sampled is the one of the equations, term by term, for every composition."""

import numpy as np
import pytest

from models.build import build, outcome_inputs
from models.paths import GaussianPath
from models.priors import Priors
from models.regressors import term_values
from tests.models.example import COMPOSITIONS, YEARS, example_data, measured_paths
from tests.models.numpy_density import log_density, path_years

DATA, PRIORS = example_data(), Priors()
MEASURED = measured_paths(DATA)
POINTS = 5


def random_walk_path() -> GaussianPath:
    """Stationary autoregressions about random means; the first state was not measured."""
    random = np.random.default_rng(6)
    states, years = DATA.sizes["state"], len(YEARS)
    mean = random.normal(size=(states, years))
    covariance = np.tile(0.4 * 0.8 ** np.abs(np.subtract.outer(YEARS, YEARS)), (states, 1, 1))
    mean[0] = covariance[0] = np.nan
    return GaussianPath(YEARS, mean, covariance)


def gaussian_of(path: GaussianPath):
    years = path_years(DATA)
    apart = np.abs(np.subtract.outer(years, years))
    covariance = np.array([np.zeros(apart.shape), *[0.4 * 0.8**apart] * (DATA.sizes["state"] - 1)])
    return np.nan_to_num(path.mean[:, [list(YEARS).index(y) for y in years]]), covariance


class Points:
    """Random values of what is sampled, as PyMC takes them, and the parameters they stand for."""

    def __init__(self, model):
        self.model = model
        self.derived = model.deterministics
        outputs = model.replace_rvs_by_values(self.derived)
        options = {"inputs": model.value_vars, "on_unused_input": "ignore", "mode": "FAST_COMPILE"}
        self.function = model.compile_fn(outputs, **options)

    def draw(self, random) -> tuple[dict, dict]:
        values = {}
        for variable in self.model.free_RVs:
            name, size = variable.name, tuple(variable.shape.eval())
            value = random.normal(0, 0.7, size)
            if name in ("sensitivity", "false_record"):
                share = random.uniform(0.02, 0.3, size)
                values[f"{name}_logodds__"] = np.log(share / (1 - share))
            else:
                values[f"{name}_log__" if name.endswith("_sd") else name] = value
        return values, self.parameters(values)

    def parameters(self, values) -> dict:
        """Parameters as themselves."""
        p = self.at(values)
        for name, value in values.items():
            if name.endswith("_log__"):
                p[name.removesuffix("_log__")] = np.exp(value)
            elif name.endswith("_logodds__"):
                p[name.removesuffix("_logodds__")] = 1 / (1 + np.exp(-value))
            elif not name.endswith("_standard"):
                p[name] = value
        return p

    def at(self, values) -> dict:
        """What is derived, at values."""
        return dict(zip([v.name for v in self.derived], map(np.asarray, self.function(values)), strict=True))

    def log_jacobian(self, values) -> float:
        """Of effects by the coordinates that they are sampled in: straight lines, each effect in its own and those before it."""
        total = 0.0
        for name in values:
            effect = name.removesuffix("_standard").removesuffix("_deviation")
            if name.endswith("_standard") and effect not in ("control_slope", "path"):
                further = {**values, name: values[name] + 1}
                total += np.log(np.abs(self.at(further)[effect] - self.at(values)[effect])).sum()
        return float(total)


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_the_density_is_that_of_the_equations_up_to_a_constant(name):
    composition, random = COMPOSITIONS[name], np.random.default_rng(5)
    path = random_walk_path() if name == "joint" else None
    inputs = outcome_inputs(composition, DATA, term_values(composition, DATA, MEASURED), path)
    model = build(composition, inputs, PRIORS)
    density = model.compile_logp(jacobian=False, mode="FAST_COMPILE")
    differences, ours, points = [], [], Points(model)
    for _ in range(POINTS):
        values, p = points.draw(random)
        gaussian = gaussian_of(path) if path else None
        ours.append(log_density(composition, DATA, MEASURED, p, gaussian) + points.log_jacobian(values))
        if path:
            # the first state was not measured: what is sampled for it enters nothing but its own standard normal
            ours[-1] -= 0.5 * (values["path_standard"][:, 0] ** 2).sum()
        differences.append(float(density(values)) - ours[-1])
    assert np.ptp(ours) > 1
    np.testing.assert_allclose(differences, differences[0], atol=1e-6 if path else 1e-8)


def test_the_data_of_a_model_can_be_replaced_and_then_have_another_density():
    composition = COMPOSITIONS["crossed"]
    model = build(composition, outcome_inputs(composition, DATA, term_values(composition, DATA)), PRIORS)
    density, points = model.compile_logp(jacobian=False, mode="FAST_COMPILE"), Points(model)
    values, _ = points.draw(np.random.default_rng(5))
    found = []
    for data in (DATA, DATA.assign(joined=1 - DATA.joined, ties=DATA.ties * 2)):
        for name, value in outcome_inputs(composition, data).named().items():
            model.set_data(name, value)
        p = points.parameters(values)
        found.append(
            (float(density(values)), log_density(composition, data, {}, p) + points.log_jacobian(values))
        )
    assert found[0][0] != found[1][0]
    assert found[1][0] - found[0][0] == pytest.approx(found[1][1] - found[0][1], abs=1e-8)


def test_replaced_arrays_must_exist_and_keep_their_shape():
    inputs = outcome_inputs(COMPOSITIONS["pooled"], DATA)
    with pytest.raises(ValueError, match=r"^input array 'signs' of shape \(5, 18\) does not fit the model$"):
        inputs.with_arrays({"signs": inputs.arrays["sign"]})
    with pytest.raises(ValueError, match=r"^input array 'sign' of shape \(4, 18\) does not fit the model$"):
        inputs.with_arrays({"sign": inputs.arrays["sign"][1:]})
    assert (
        inputs.with_arrays({"sign": -inputs.arrays["sign"]}).arrays["sign"].sum()
        == -inputs.arrays["sign"].sum()
    )
