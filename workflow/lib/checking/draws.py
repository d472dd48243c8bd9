"""Arrays of posterior draws: names of scalars, blocks, summaries, thinning; shared by the checks.

From: xarray objects with the dimensions `chain` and `draw`. To: plain arrays and summaries. They fail with a
`ValueError` when a sample dimension is absent.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
import xarray as xr

SAMPLE_DIMENSIONS = ("chain", "draw")


def interval_probabilities(interval: float) -> tuple[float, float]:
    """Lower and upper tail probability of an equal-tailed interval, for example 0.05 and 0.95 for 0.9."""
    if not 0 < interval < 1:
        raise ValueError(f"an interval's probability lies between 0 and 1, not {interval}")
    return (1 - interval) / 2, (1 + interval) / 2


def summarise(draws: np.ndarray | xr.DataArray, interval: float) -> dict[str, float]:
    """Mean, standard deviation and equal-tailed interval of all draws of one scalar."""
    values = np.asarray(draws, dtype=float).ravel()
    limits = np.quantile(values, interval_probabilities(interval))
    summary = zip(("mean", "sd", "lower", "upper"), (values.mean(), values.std(ddof=1), *limits), strict=True)
    return {name: float(value) for name, value in summary}


def scalar_labels(variable: xr.DataArray) -> list[str]:
    """Names of the scalars of a variable, for example `ties_slope` or `mission_ties_slope[korea_1950]`.

    The order is that of the array without its sample dimensions, last dimension fastest.
    """
    dimensions = [dimension for dimension in variable.dims if dimension not in SAMPLE_DIMENSIONS]
    if not dimensions:
        return [str(variable.name)]
    # a dimension without labels counts from zero
    labels = [variable[dimension].values for dimension in dimensions]
    return [f"{variable.name}[{', '.join(map(str, one))}]" for one in product(*labels)]


def scalar_blocks(dataset: xr.Dataset, block_size: int = 100) -> Iterator[tuple[list[str], np.ndarray]]:
    """Go through all scalars of a data set of draws in blocks that fit into the processor's cache.

    Parameters
    ----------
    dataset : xarray.Dataset
        Variables with the dimensions chain and draw and any others.
    block_size : int
        Largest number of scalars in a block.

    Yields
    ------
    labels : list of str
        Names of the scalars of the block.
    draws : numpy.ndarray, shape (scalar, chain, draw)
    """
    for name, variable in dataset.data_vars.items():
        absent = [dimension for dimension in SAMPLE_DIMENSIONS if dimension not in variable.dims]
        if absent:
            raise ValueError(f"`{name}` has no dimension {' and no '.join(absent)}")
        labels = scalar_labels(variable)
        values = variable.transpose(..., *SAMPLE_DIMENSIONS).values
        values = values.reshape(len(labels), *values.shape[-2:])
        for start in range(0, len(labels), block_size):
            yield labels[start : start + block_size], values[start : start + block_size].astype(float)


def flat_draws(draws: xr.DataArray) -> xr.DataArray:
    """Chain and draw as one leading dimension `sample` without an index: (sample, ...)."""
    flat = draws.stack(sample=SAMPLE_DIMENSIONS, create_index=False)
    return flat.drop_vars(SAMPLE_DIMENSIONS, errors="ignore").transpose("sample", ...)


def thinned(draws: xr.DataArray, size: int) -> xr.DataArray:
    """At most `size` draws, spread evenly over all chains, as the leading dimension `sample`.

    Even spacing instead of a random choice: the same draws each time, and none next to another.
    """
    flat = flat_draws(draws)
    total = flat.sizes["sample"]
    if size >= total:
        return flat
    return flat.isel(sample=np.linspace(0, total - 1, size).round().astype(int))
