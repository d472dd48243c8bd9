"""Measure a construct: levels at their mode, items by NUTS, then the paths of all states.

The archive of a measurement has the groups `posterior` and `sample_stats`; `latent`, the paths by state and year
(`models.paths.latent_paths`); `path`, the smoothed Gaussian that joint inference starts from; and `level`, with the persistence.
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from models.blocks.factor import Mode, Panel, build_factor, expected_signs, find_mode, panel
from models.composition import Composition
from models.paths import GaussianPath, arguments_of_draws, gaussian_path, latent_paths
from models.priors import GraphVariables, Priors
from workflow.lib.inference.program import Program, compile_program
from workflow.lib.inference.progress import Log
from workflow.lib.inference.sampling import SamplerSettings, derive_seed, refuse_faults, run_sampler

PATH_DRAWS = 400
# where chains begin about the mode; and above it those errors' spreads, whose mode can be at their least value
START_SPREAD, LEAST_ABOVE = 0.1, 0.02


@dataclass(frozen=True)
class Measurement:
    """A compiled measurement."""

    composition: Composition
    panel: Panel
    mode: Mode
    settings: SamplerSettings
    program: Program

    def sample(self, seed: int, log: Log | None = None) -> xr.DataTree:
        """Posterior and paths."""
        tree, _ = run_sampler(self.program, self.settings, seed, log, self.composition.name)
        return with_paths(tree, self.panel, self.mode, seed)


def with_paths(tree: xr.DataTree, panel: Panel, mode: Mode, seed: int) -> xr.DataTree:
    """The archive of a measurement: draws of the parameters, and the paths that follow."""
    posterior = tree["posterior"].to_dataset()
    draws = arguments_of_draws(posterior, mode.level, mode.persistence, PATH_DRAWS)
    tree["latent"] = xr.DataTree(
        latent_paths(panel, draws, np.random.default_rng(derive_seed(seed, "paths")))
    )
    mean = posterior.mean(("chain", "draw")).expand_dims(("chain", "draw"))
    path = gaussian_path(panel, arguments_of_draws(mean, mode.level, mode.persistence, 1)[0])
    moments = {
        "mean": (("state", "year"), path.mean),
        "covariance": (("state", "year", "with"), path.covariance),
    }
    coords = {"state": panel.states, "year": panel.years, "with": panel.years}
    tree["path"] = xr.DataTree(xr.Dataset(moments, coords=coords))
    level = xr.DataArray(
        mode.level, dims=("indicator", "year"), coords={"indicator": panel.names, "year": panel.years}
    )
    tree["level"] = xr.DataTree(level.to_dataset(name="level").assign(persistence=mode.persistence))
    return tree


def compile_measurement(
    composition: Composition, data: xr.Dataset, priors: Priors, settings: SamplerSettings
) -> Measurement:
    """Check, build and compile a measurement."""
    refuse_faults(composition, data)
    indicators = panel(composition, data)
    mode = find_mode(indicators, priors)
    start = {
        "anchor_loading": np.array(mode.item[0, 0]),
        "other_loading": (expected_signs(indicators) * mode.item[:, 0])[1:],
        "error_sd": mode.item[:, 1] + LEAST_ABOVE,
        "adjustment": mode.adjustment,
    }
    start = {name: value for name, value in start.items() if np.size(value)}
    program = compile_program(build_factor(indicators, mode.level, priors, GraphVariables), start)
    # chains begin some posterior standard deviations about the mode: from farther away some end where the construct is another
    placed = program.in_coordinates(np.zeros_like(program.start), np.full_like(program.start, START_SPREAD))
    return Measurement(composition, indicators, mode, settings, placed)


def read_path(tree: xr.DataTree) -> GaussianPath:
    """The smoothed Gaussian paths of a measurement's archive."""
    moments = tree["path"].to_dataset()
    mean, covariance = moments["mean"], moments["covariance"].transpose("state", "year", "with")
    return GaussianPath(
        moments.year.values.astype(int), mean.transpose("state", "year").values, covariance.values
    )


def on_states(path: GaussianPath, states: np.ndarray, wanted: np.ndarray) -> GaussianPath:
    """Paths of the wanted states, NaN for those that were not measured."""
    place = {int(s): i for i, s in enumerate(states)}
    rows = [place.get(int(s)) for s in wanted]

    def take(values):
        empty = np.full(values.shape[1:], np.nan)
        return np.stack([empty if i is None else values[i] for i in rows])

    return replace(path, mean=take(path.mean), covariance=take(path.covariance))
