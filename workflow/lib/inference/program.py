"""A compiled PyMC model: its log density with gradient, and its quantities, as functions of its variables and of its data.

The density is compiled by PyTensor for Numba and kept on disk, so that a model is compiled once for all jobs that use it,
whatever their data. nutpie samples it through its interface for Python functions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

# ends the names of what chains move in where it is not the quantity itself: the quantities are kept
NOT_ARCHIVED = "_standard"
PATH = f"path{NOT_ARCHIVED}"
POSITION = "position"
# draws whose quantities are computed at a time
BATCH = 100


@dataclass(frozen=True)
class Program:
    """A compiled model with its data.

    Its D coordinates are those of the G parameters first, then those of effects (the first R in all), then those of latent paths.

    Attributes
    ----------
    density : callable
        (position (D,), *data) -> log density, gradient (D,).
    quantities : callable
        (positions (N, D), *data) -> values (N, ...) of the named quantities.
    dims : mapping of str to tuple of str
        Names of the quantities that are kept, and their dimensions.
    coords : mapping of str to pandas.Index
    start, scale : array, shape (D,)
    tilt : array, shape (G, R)
        Chains move in z, with position = start + scale z, to which z[:G] tilt is added but for paths.
    data : mapping of str to array
    """

    density: Callable
    quantities: Callable
    dims: Mapping[str, tuple]
    coords: Mapping[str, pd.Index]
    start: np.ndarray
    scale: np.ndarray
    tilt: np.ndarray
    data: Mapping[str, np.ndarray]

    def with_data(self, arrays: Mapping[str, np.ndarray]) -> "Program":
        """The compiled model with other data of the same shapes.

        Raises
        ------
        ValueError
            If the model has no data of a name, or of another shape: compiled code would read past the end of an array.
        """
        replaced = {}
        for name, array in arrays.items():
            if name not in self.data or np.shape(array) != self.data[name].shape:
                raise ValueError(f"data '{name}' of shape {np.shape(array)} do not fit the compiled model")
            replaced[name] = np.ascontiguousarray(array, self.data[name].dtype)
        return replace(self, data={**self.data, **replaced})

    def in_coordinates(self, center: np.ndarray, spread: np.ndarray) -> "Program":
        """The program in coordinates of another zero and unit, each (D,) in the present coordinates."""
        tilt = self.tilt * spread[: len(self.tilt), None]
        return replace(self, start=self.position(center), scale=self.scale * spread, tilt=tilt)

    def position(self, coordinates: np.ndarray) -> np.ndarray:
        """Values of the model's variables (..., D), from where chains move."""
        parameters, tilted = self.tilt.shape
        position = self.start + self.scale * coordinates
        position[..., :tilted] += coordinates[..., :parameters] @ self.tilt
        return position

    def log_density(self, coordinates: np.ndarray) -> tuple[float, np.ndarray]:
        """Log density where a chain is, and its gradient (D,) in the coordinates in which it moves."""
        parameters, tilted = self.tilt.shape
        value, gradient = self.density(self.position(coordinates), *self.data.values())
        by_coordinates = self.scale * gradient
        by_coordinates[:parameters] += self.tilt @ gradient[:tilted]
        return float(value), by_coordinates

    def posterior(self, coordinates: np.ndarray) -> xr.Dataset:
        """Quantities at places (chains, draws, D) of chains."""
        chains, draws, size = coordinates.shape
        batches = np.array_split(coordinates.reshape(-1, size), max(chains * draws // BATCH, 1))
        computed = [self.quantities(self.position(part), *self.data.values()) for part in batches]
        variables = {}
        for (name, dims), values in zip(self.dims.items(), zip(*computed, strict=True), strict=True):
            value = np.concatenate(values)
            variables[name] = (("chain", "draw", *dims), value.reshape(chains, draws, *value.shape[1:]))
        labels = {name: self.coords[name] for dims in self.dims.values() for name in dims}
        return xr.Dataset(variables, {"chain": np.arange(chains), "draw": np.arange(draws), **labels})

    def for_nutpie(self, first: np.ndarray | None = None):
        """The model as nutpie samples it; chains begin at ``first``, or each within one unit of zero."""
        from nutpie.compiled_pyfunc import from_pyfunc

        size = len(self.start)

        def density():
            np.seterr(invalid="ignore")  # far out: the sampler turns back
            return self.log_density

        def begin(seed):
            return np.random.default_rng(seed).uniform(-1, 1, size) if first is None else first

        return from_pyfunc(
            size,
            density,
            lambda *seeds: lambda coordinates: {POSITION: coordinates},
            [np.dtype("float64")],
            [(size,)],
            [POSITION],
            make_initial_point_fn=begin,
        )


def compile_program(model, initial_points: Mapping[str, np.ndarray] | None = None) -> Program:
    """Compile a PyMC model; only quantities, not the coordinates they are sampled in, are kept of its draws.

    Parameters
    ----------
    model : pymc.Model
    initial_points : mapping of str to array, optional
        Where chains begin, by parameter; elsewhere at a typical value of the prior.
    """
    import pymc as pm
    import pytensor.tensor as pt
    from pymc.initial_point import make_initial_point_fn
    from pytensor.compile.mode import Mode
    from pytensor.graph.replace import graph_replace, vectorize_graph

    point = make_initial_point_fn(model=model, overrides=dict(initial_points or {}), jitter_rvs=set())(0)
    names = {variable: model.values_to_rvs[variable].name for variable in model.value_vars}
    variables = sorted(names, key=lambda v: (names[v].endswith(NOT_ARCHIVED), names[v] == PATH))
    values = {v: np.asarray(point[v.name], float) for v in variables}
    parameters = sum(x.size for v, x in values.items() if not names[v].endswith(NOT_ARCHIVED))
    tilted = sum(x.size for v, x in values.items() if names[v] != PATH)
    start = np.concatenate([x.ravel() for x in values.values()])
    position = pt.vector(POSITION, dtype="float64", shape=start.shape)
    ends = np.cumsum([x.size for x in values.values()])
    pieces = {
        v: position[end - x.size : end].reshape(x.shape)
        for (v, x), end in zip(values.items(), ends, strict=True)
    }
    archived = [v.name for v in [*model.free_RVs, *model.deterministics] if not v.name.endswith(NOT_ARCHIVED)]
    graphs = [model.logp(), *model.replace_rvs_by_values([model[name] for name in archived])]
    density, *graphs = graph_replace(graphs, pieces, strict=False)
    gradient = pt.concatenate([piece.ravel() for piece in pt.grad(density, [*pieces.values()])])
    positions = pt.matrix(f"{POSITION}s", dtype="float64", shape=(None, *start.shape))
    inputs = {variable: variable.type(name=variable.name) for variable in model.data_vars}

    def function(first, outputs, mode):
        with model:
            made = pm.compile(
                [first, *inputs.values()], outputs, givens=inputs, mode=mode, on_unused_input="ignore"
            )
        made.trust_input = True
        return made

    return Program(
        function(position, [density, gradient], "NUMBA"),
        # evaluated once for all draws: not worth compiling
        function(positions, vectorize_graph(graphs, {position: positions}), Mode("py", "fast_compile")),
        {name: model.named_vars_to_dims.get(name, ()) for name in archived},
        {name: pd.Index(values) for name, values in model.coords.items()},
        start,
        np.ones_like(start),
        np.zeros((parameters, tilted)),
        {v.name: np.ascontiguousarray(v.get_value()) for v in inputs},
    )
