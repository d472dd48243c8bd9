"""What a kernel returns does not depend on where its arrays lie in memory: draws would differ from run to run."""

import numpy as np
import pytest

from models.engine import indicator_kernels, kernels, path_kernels

STATES, YEARS, SIZE = 193, 14, 4
TRIANGLE = SIZE * (SIZE + 1) // 2
CELLS = YEARS * STATES


def one_item(random):
    eta, gradient = random.normal(size=CELLS), np.zeros(CELLS)
    return eta, gradient


def bernoulli(random):
    eta, gradient = one_item(random)
    return kernels.bernoulli_logit, [eta, random.choice([-1.0, 0.0, 1.0], CELLS), gradient]


def counts(random):
    eta, gradient = one_item(random)
    count = random.poisson(3.0, CELLS).astype(float)
    weight = random.choice([0.0, 1.0], CELLS)

    def kernel(eta, count, weight, gradient):
        return kernels.negative_binomial(eta, count, weight, 1.7, gradient)

    return kernel, [eta, count, weight, gradient]


def shared_counts(random):
    eta, gradient = one_item(random)
    successes, failures = random.poisson(3.0, (2, CELLS)).astype(float)
    weight = random.choice([0.0, 1.0], CELLS)

    def kernel(eta, successes, failures, weight, gradient):
        return kernels.beta_binomial(eta, successes, failures, weight, 1.7, gradient)

    return kernel, [eta, successes, failures, weight, gradient]


def grid(random):
    shapes = (YEARS,), (2, YEARS), (2, YEARS, STATES), (STATES,), (3,), (3, YEARS, STATES)
    given = [random.normal(size=shape) for shape in shapes]
    outputs = [np.zeros(shapes[i]) for i in (0, 1, 3, 4)]
    sign = random.choice([-1.0, 0.0, 1.0], (YEARS, STATES))
    return kernels.mission_grid, [*given, sign, *outputs, np.zeros((YEARS, STATES))]


def panel(random):
    by_cell, latent, by_latent = random.normal(size=(3, YEARS, STATES))
    known = random.normal(size=(2, YEARS, STATES))

    def kernel(by_cell, known, latent, *outputs):
        return kernels.panel_gradient(by_cell, known, 0.7, latent, *outputs)

    return kernel, [by_cell, known, latent, np.zeros(YEARS), np.zeros(STATES), np.zeros(2), by_latent]


def predictor(random):
    latent, result = random.normal(size=(2, YEARS, STATES))
    shapes = (YEARS,), (STATES,), (2,), (2, YEARS, STATES)

    def kernel(level, lasting, coefficient, known, latent, result):
        kernels.panel_predictor(level, lasting, coefficient, known, 0.7, latent, result)

    return kernel, [*[random.normal(size=shape) for shape in shapes], latent, result]


def path_in_years(random):
    basis, coefficient = random.normal(size=(YEARS, SIZE)), random.normal(size=(SIZE, STATES))
    return path_kernels.path_values, [basis, coefficient, np.zeros((YEARS, STATES))]


def packed_precision(random):
    precision = 0.1 * random.normal(size=(TRIANGLE, STATES))
    precision[[j * (j + 1) // 2 + j for j in range(SIZE)]] += 2.0
    return precision


def path(random):
    shift, standard = random.normal(size=(2, SIZE, STATES))
    outputs = [np.zeros((SIZE, STATES)), np.zeros((TRIANGLE, STATES))]
    return path_kernels.gaussian_path, [packed_precision(random), shift, standard, *outputs]


def path_gradient(random):
    standard, coefficient, by_path = random.normal(size=(3, SIZE, STATES))
    outputs = [np.zeros((TRIANGLE, STATES)), *np.zeros((2, SIZE, STATES))]

    def kernel(standard, coefficient, factor, by_path, *outputs):
        return path_kernels.gaussian_path_gradient(standard, coefficient, factor, 0.9, by_path, *outputs)

    return kernel, [standard, coefficient, packed_precision(random), by_path, *outputs]


def statistics(random, items=3, columns=2):
    shapes = (
        (TRIANGLE, STATES),
        (SIZE, STATES),
        (SIZE, columns, STATES),
        (SIZE, STATES),
        (STATES,),
        (columns * (columns + 1) // 2, STATES),
        (columns, STATES),
        (columns, STATES),
        (STATES,),
        (STATES,),
    )
    return [random.uniform(0.5, 1.5, (items, *shape)) for shape in shapes]


def indicators(random):
    parameters = [random.uniform(0.5, 1.5, shape) for shape in ((3,), (3, 2), (3,), (3,), (SIZE,))]
    outputs = [np.zeros((TRIANGLE, STATES)), np.zeros((SIZE, STATES))]
    return path_kernels.normal_indicators, [*parameters, *statistics(random), *outputs]


def indicators_gradient(random):
    parameters = [random.uniform(0.5, 1.5, shape) for shape in ((3,), (3, 2), (3,), (3,))]
    by = [random.normal(size=(TRIANGLE, STATES)), random.normal(size=(SIZE, STATES))]

    def kernel(*arrays):
        path_kernels.normal_indicators_gradient(*arrays[:16], 0.8, *arrays[16:])

    outputs = [*[np.zeros_like(x) for x in parameters], np.zeros(SIZE)]
    return kernel, [*parameters, *statistics(random), *by, *outputs]


def conditioned(random):
    given = [random.normal(size=STATES), np.array([0.8]), *random.uniform(0.5, 1.5, (2, STATES))]
    return kernels.conditioned_zero_sum_normal, [*given, np.zeros(STATES)]


def conditioned_gradient(random):
    given = [random.normal(size=STATES), np.array([0.8]), *random.uniform(0.5, 1.5, (3, STATES))]
    by_value, outputs = random.normal(size=STATES), np.zeros((3, STATES))

    def kernel(standard, spread, information, score, value, by_value, *outputs):
        kernels.conditioned_zero_sum_normal_gradient(
            standard, spread, information, score, value, 0.9, by_value, *outputs
        )

    return kernel, [*given, by_value, outputs[0], np.zeros(1), *outputs[1:]]


def others(counts):
    """Counts or 0/1 indicators with their states' deviations."""

    def case(random):
        items = 2
        shapes = (items, STATES), (items,), (3,), (3,), (3,), (3,), (items,), (items,), (YEARS, STATES)
        given = [random.uniform(0.5, 1.5, shape) * 1.0 for shape in shapes]
        if not counts:
            given[7][:] = 0.0
        outputs = [np.zeros(shape) for shape in ((items, STATES), *shapes)]
        observed = random.poisson(3.0, (items, YEARS, STATES)) * 1.0
        weight = random.choice([0.0, 1.0], observed.shape)
        if not counts:
            observed = random.choice([-1.0, 0.0, 1.0], observed.shape)
        means = [random.normal(size=(items, STATES)) for _ in range(2)]
        data = [
            np.array([2.0, 0.0]),
            random.normal(size=YEARS),
            random.normal(size=(YEARS, STATES)),
            random.dirichlet(np.ones(YEARS), 3),
            np.abs(observed).sum(1),
            (observed != 0).sum(1) * 1.0,
            *means,
            np.ones((3, items)),
        ]
        return indicator_kernels.indicators, [*given, *data, observed, weight, *outputs]

    return case


def placed(random, pool, arrays):
    """Copies of the arrays in the pool, in random order and with random gaps between them, none or some."""
    copies, position = [None] * len(arrays), 0
    widest = random.choice([1, 8, 200])
    for i in random.permutation(len(arrays)):
        position += int(random.integers(0, widest))
        copy = pool[position : position + arrays[i].size].reshape(arrays[i].shape)
        copy[...] = arrays[i]
        copies[i] = copy
        position += arrays[i].size
    return copies


@pytest.mark.parametrize(
    "case",
    [
        bernoulli,
        counts,
        shared_counts,
        grid,
        panel,
        predictor,
        path_in_years,
        path,
        path_gradient,
        indicators,
        indicators_gradient,
        others(counts=True),
        others(counts=False),
        conditioned,
        conditioned_gradient,
    ],
)
def test_kernels_return_the_same_wherever_their_arrays_lie(case):
    random = np.random.default_rng(12)
    pool = np.empty(200_000)
    for _ in range(12):
        kernel, arrays = case(random)
        results = set()
        for _ in range(60):
            copies = placed(random, pool, arrays)
            value = np.asarray(kernel(*copies), dtype=float)
            results.add(value.tobytes() + b"".join(copy.tobytes() for copy in copies))
        assert len(results) == 1
