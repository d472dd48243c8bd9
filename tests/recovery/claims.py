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


def poor_measurement(empty: xr.Dataset) -> tuple[xr.Dataset, dict]:
    """A data set with one in ten indicators observed, and known parameters of indicators that say little each.

    A plug-in is as good as joint inference where quality is measured well; here half of its variance stays unknown.
    """
    seen = np.random.default_rng(1).uniform(size=empty.indicator_value.shape) < 0.1
    loading = np.full(empty.sizes["indicator"], 0.5)
    loading[0] = 1.0
    known = {"indicator_loading": loading, "indicator_sd": 0.7, "tie_quality_loading": 0.1}
    return empty.assign(indicator_value=empty.indicator_value.fillna(0.0).where(seen)), known


def quality_slopes(joint, measurement, plugin, empty, seeds, slope: float) -> xr.DataArray:
    """Draws of the quality slope by model (joint, plugin) and data set, quality being measured poorly."""
    sparse, known = poor_measurement(empty)
    found = []
    for seed in seeds:
        data, _ = world(joint.composition, sparse, seed, **with_quality_slope(slope), **known)
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
