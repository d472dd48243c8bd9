"""What the recovery tests measure, for few data sets and for many."""

import numpy as np
import xarray as xr
from recovery_world import refit, world

from models.inputs import model_inputs
from models.posterior import mission_latent

# a strong effect, and no effect
STRONG, NONE = 2.0, 0.0
SAMPLE = ("chain", "draw")


def with_quality_slope(slope: float) -> dict:
    """Known parameters of a world where quality has one slope in all missions."""
    return {"quality_slope": slope, "quality_slope_sd": 1e-3, "mission_quality_slope": slope}


def noisy_measurement() -> dict:
    """Known parameters of a world where indicators say little about quality: loadings small against their noise."""
    return {
        "indicator_sd": 1.0,
        "indicator_state_sd": 0.5,
        "indicator_loading": 0.5,
        "tie_quality_loading": 0.1,
    }


def quality_slopes(joint, measurement, plugin, empty, seeds, slope: float) -> xr.DataArray:
    """Draws of the quality slope by model (joint, plugin) and data set."""
    found = []
    for seed in seeds:
        data, _ = world(joint.composition, empty, seed, **with_quality_slope(slope), **noisy_measurement())
        both = refit(joint, data, seed)["quality_slope"]
        measured = mission_latent(refit(measurement, data, seed), data).mean(SAMPLE)
        arrays = model_inputs(plugin.composition, data).arrays | {
            "given_quality": measured.values.astype(float)
        }
        given = plugin.sample(seed, arrays=arrays)["posterior"]["quality_slope"]
        found.append(xr.concat([both, given], dim="model").assign_coords(model=["joint", "plugin"]))
    return xr.concat(found, dim="data_set")


def slope_intervals(joint, empty, seeds, slope: float) -> np.ndarray:
    """90 % intervals of the quality slope, shape (number of data sets, 2)."""
    intervals = []
    for seed in seeds:
        data, _ = world(joint.composition, empty, seed, **with_quality_slope(slope))
        intervals.append(np.quantile(refit(joint, data, seed)["quality_slope"], [0.05, 0.95]))
    return np.array(intervals)


def factor_correlations(compiled, empty, seeds) -> np.ndarray:
    """Correlation over states of estimated (rows) and true (columns) opportunity and cooperativeness.

    Shape (number of data sets, 2, 2): on the diagonal each factor with itself, beside it with the other.
    """
    found = []
    for seed in seeds:
        data, p = world(compiled.composition, empty, seed)
        mean = refit(compiled, data, seed)[["opportunity", "cooperativeness"]].mean(SAMPLE)
        estimated = [mean["opportunity"].values, mean["cooperativeness"].values]
        true = [p["opportunity"], p["cooperativeness_level"]]
        found.append(np.corrcoef([*estimated, *true])[:2, 2:])
    return np.array(found)
