"""A compiled PyMC model: its log density with gradient, and its quantities, as functions of one vector and of the model's data.

The functions are compiled by PyTensor for Numba and kept on disk, so that a model is compiled once for all jobs that use it,
whatever their data. nutpie samples them through its interface for Python functions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

# ends the names of what chains move in where it is not the quantity itself: the quantities are kept
NOT_ARCHIVED = "_standard"
PATH = "path"


@dataclass(frozen=True)
class Program:
    """A compiled model with its data.

    Attributes
    ----------
    density : callable
        (position (D,), *data) -> log density, gradient (D,).
    quantities : callable
        (position (D,), *data) -> values of the named quantities.
    names : tuple of str
        Of the quantities that are kept.
    shapes : tuple of tuple of int
    parameters : array of int, shape (G,)
        Coordinates of the parameters; the others are those of effects and paths.
    paths : array of int
        Coordinates of latent paths.
    start, scale : array, shape (D,)
    tilt : array, shape (D, G)
        Chains move in z, with position = start + scale z + tilt z[parameters].
    dims : mapping of str to tuple of str
    coords : mapping of str to pandas.Index
    data : mapping of str to array
    """

    density: Callable
    quantities: Callable
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    parameters: np.ndarray
    paths: np.ndarray
    start: np.ndarray
    scale: np.ndarray
    tilt: np.ndarray
    dims: Mapping[str, tuple]
    coords: Mapping[str, pd.Index]
    data: Mapping[str, np.ndarray]

    def with_data(self, arrays: Mapping[str, np.ndarray]) -> "Program":
        """The compiled model with other data of the same shapes.

        Raises
        ------
        ValueError
            If the model has no data of a name, or of another shape: compiled code would read past the end of an array.
        """
        changed = {}
        for name, array in arrays.items():
            if name not in self.data or np.shape(array) != self.data[name].shape:
                raise ValueError(f"data '{name}' of shape {np.shape(array)} do not fit the compiled model")
            changed[name] = np.ascontiguousarray(array, self.data[name].dtype)
        return replace(self, data={**self.data, **changed})

    def in_coordinates(self, center: np.ndarray, spread: np.ndarray) -> "Program":
        """The program in coordinates of another zero and unit, each (D,) in the present coordinates."""
        tilt = self.tilt * spread[self.parameters]
        return replace(self, start=self.position(center), scale=self.scale * spread, tilt=tilt)

    def position(self, moved: np.ndarray) -> np.ndarray:
        """Values of the model's variables, from where a chain moves."""
        return self.start + self.scale * moved + self.tilt @ moved[self.parameters]

    def log_density(self, moved: np.ndarray) -> tuple[float, np.ndarray]:
        """Log density where a chain is, and its gradient (D,) in the coordinates in which it moves."""
        value, gradient = self.density(self.position(moved), *self.data.values())
        with np.errstate(invalid="ignore"):  # far out: the sampler turns back
            by_moved = self.scale * gradient
            by_moved[self.parameters] += gradient @ self.tilt
        return float(value), by_moved

    def for_nutpie(self, first: np.ndarray | None = None):
        """The model as nutpie samples it; chains begin at ``first``, or each within one unit of zero."""
        from nutpie.compiled_pyfunc import from_pyfunc

        def quantities(moved):
            values = self.quantities(self.position(moved), *self.data.values())
            return dict(zip(self.names, values, strict=True))

        def begin(seed):
            return np.random.default_rng(seed).uniform(-1, 1, len(self.start)) if first is None else first

        return from_pyfunc(
            len(self.start),
            lambda: self.log_density,
            lambda *seeds: quantities,
            [np.dtype("float64")] * len(self.names),
            list(self.shapes),
            list(self.names),
            coords=dict(self.coords),
            dims=dict(self.dims),
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
    import pytensor
    import pytensor.tensor as pt
    from pymc.initial_point import make_initial_point_fn
    from pymc.pytensorf import join_nonshared_inputs

    variables = [*model.free_RVs, *model.deterministics]
    names = tuple(v.name for v in variables if not v.name.endswith(NOT_ARCHIVED))
    begin = make_initial_point_fn(model=model, overrides=dict(initial_points or {}), jitter_rvs=set())
    point = {v.name: begin(0)[v.name] for v in model.value_vars}
    kept = model.replace_rvs_by_values([model[name] for name in names])
    (density, *kept), position = join_nonshared_inputs(point, [model.logp(), *kept], model.value_vars)
    inputs = {variable: variable.type(name=variable.name) for variable in model.data_vars}
    of = np.repeat(
        [model.values_to_rvs[v].name for v in model.value_vars], [np.size(v) for v in point.values()]
    )
    parameters = np.flatnonzero(~np.char.endswith(of, NOT_ARCHIVED))
    start = np.concatenate([np.ravel(value) for value in point.values()]).astype(float)

    def function(outputs):
        arguments = [position, *inputs.values()]
        made = pytensor.function(arguments, outputs, givens=inputs, mode="NUMBA", on_unused_input="ignore")
        made.trust_input = True
        return made

    data = {v.name: np.ascontiguousarray(v.get_value()) for v in inputs}
    quantities = function(kept)
    shapes = tuple(np.shape(value) for value in quantities(start, *data.values()))
    return Program(
        function([density, pt.grad(density, position)]),
        quantities,
        names,
        shapes,
        parameters,
        np.flatnonzero(of == f"{PATH}{NOT_ARCHIVED}"),
        start,
        np.ones_like(start),
        np.zeros((len(start), len(parameters))),
        {name: dims for name, dims in model.named_vars_to_dims.items() if name in names},
        {name: pd.Index(values) for name, values in model.coords.items()},
        data,
    )
