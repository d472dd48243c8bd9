"""From the labelled analysis data set to the arrays and labels that one model needs."""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy import special

from models.composition import Composition
from models.path import PathBasis, normal_statistics, path_basis
from models.working import mission_conditions, state_conditions, working_fit

# name of the one array in which a model holds all its data
PACKED = "data"
TREND_ORIGIN_YEAR = 1980
DESIGN_TERMS = ("intercept", "trend", "size")
PRESENCE_SUFFIX = "_any"
WORKING_STATISTICS = (
    "gram",
    "basis_sum",
    "basis_design",
    "basis_value",
    "number",
    "design_sum",
    "value_sum",
)
# about how quality goes with the mean of its normal indicators, both in standard deviations; of use for coordinates only
ROUGH_QUALITY_CORRELATION = 0.7


@dataclass(frozen=True)
class Inputs:
    """What a model is built from.

    Attributes
    ----------
    arrays : dict of str to array
        Data that may change between refits without recompiling (outcomes, counts, indicators, covariates, masks).
    coords : dict of str to list
        Labels of the dimensions.
    basis : PathBasis
        Basis of the latent paths.
    """

    arrays: dict[str, np.ndarray]
    coords: dict[str, list]
    basis: PathBasis

    def packed(self) -> np.ndarray:
        """All arrays in one vector, one after another, each row by row: many separate arrays are slow to compile."""
        return np.concatenate([np.ravel(array) for array in self.arrays.values()]).astype(float)

    def with_arrays(self, arrays: dict[str, np.ndarray]) -> "Inputs":
        """The inputs with some arrays replaced.

        Raises
        ------
        ValueError
            If there is no array of that name, or its shape is another.
        """
        for name, array in arrays.items():
            if name not in self.arrays:
                raise ValueError(f"there is no input array '{name}'")
            if np.shape(array) != np.shape(self.arrays[name]):
                raise ValueError(
                    f"input array '{name}' has shape {np.shape(array)}, not {np.shape(self.arrays[name])}"
                )
        return replace(self, arrays=self.arrays | arrays)


def prediction_years(data: xr.Dataset) -> np.ndarray:
    """The year in which each mission's regressors are taken: the year before its start, shape (M,)."""
    return data.start_year.values.astype(int) - 1


def basis_of(data: xr.Dataset) -> PathBasis:
    """Path basis over the panel and all missions' prediction years."""
    years = np.concatenate([data.panel_year.values, prediction_years(data)]).astype(int)
    return path_basis(int(years.min()), int(years.max()))


def panel_design(data: xr.Dataset) -> np.ndarray:
    """Intercept, trend in decades from 1980, and standardised log population (mean where missing); (S, T, 3)."""
    decades = np.broadcast_to(
        (data.panel_year.values - TREND_ORIGIN_YEAR) / 10, (data.sizes["state"], data.sizes["panel_year"])
    )
    size = (
        data.panel_covariate_value.sel(panel_covariate="log_population")
        .transpose("state", "panel_year")
        .values
    )
    return np.stack([np.ones_like(decades), decades, np.nan_to_num(size)], axis=2)


def names_by_family(data: xr.Dataset, names: list[str], family: str) -> list[str]:
    """Those of the indicators ``names`` that have the distribution ``family``."""
    families = dict(zip(data.indicator.values.tolist(), data.family.values.tolist(), strict=True))
    return [n for n in names if families[n] == family]


def anchored_order(data: xr.Dataset, names: list[str]) -> list[str]:
    """The indicators with the anchor first; where none of them is marked, the first is the anchor."""
    marked = [n for n in names if bool(data.anchor.sel(indicator=n))]
    first = marked[0] if marked else names[0]
    return [first, *[n for n in names if n != first]]


def _logit(share: np.ndarray) -> np.ndarray:
    return np.log(share) - np.log1p(-share)


def _masked(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    seen = np.isfinite(values)
    return np.where(seen, values, 0.0), seen.astype(float)


def _states_last(values: np.ndarray) -> np.ndarray:
    """From (item, state, year) to (item, year, state), the order in which kernels run fastest."""
    return np.ascontiguousarray(values.transpose(0, 2, 1))


def year_share(values: np.ndarray) -> np.ndarray:
    """Share of each indicator's observations (J, S, T) that are of each year, shape (J, T)."""
    number = np.isfinite(values).sum(1)
    return number / np.maximum(number.sum(1, keepdims=True), 1)


def smooth_variance(share: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Variance expected of smooth paths of unit variance over years (T) that have the shares (J, T); shape (J,)."""
    smooth = basis[:, 1:]
    return (share @ smooth**2 - (share @ smooth) ** 2).sum(1)


def orthogonal_slopes(columns: np.ndarray) -> np.ndarray:
    """Unit upper triangular matrix U: slopes b of the columns (N, K) act through orthogonal columns as U b.

    From the QR factorisation, U = diag(R)^-1 R; a column that the ones before it explain, or of zeros, is left alone.
    """
    r = np.linalg.qr(columns, mode="r")
    diagonal = np.diag(r)
    alone = np.abs(diagonal) < 1e-8 * max(np.abs(diagonal).max(initial=0.0), 1e-300)
    scaled = r / np.where(alone, 1.0, diagonal)[:, None]
    scaled[alone] = 0.0
    return np.where(np.eye(len(r), dtype=bool), 1.0, scaled)


def state_means(name: str, seen: np.ndarray, design: np.ndarray) -> dict[str, np.ndarray]:
    """Means of decade and size over the years in which a state's items (J, T, S) are observed, each of shape (J, S)."""
    decade, size = (_mean_over_years(seen, design[:, :, k]) for k in (1, 2))
    return {f"{name}_mean_decade": decade, f"{name}_mean_size": size}


def state_moments(name: str, seen: np.ndarray, design: np.ndarray) -> dict[str, np.ndarray]:
    """Variances of decade and of size, and their covariance, over the years in which a state's items (J, T, S) are observed.

    Of an average state, weighted by the number of years; ``<name>_moments`` has shape (3, J).
    """
    decade, size = (_mean_over_years(seen, design[:, :, k]) for k in (1, 2))
    number = seen.sum(1)
    share = number / np.maximum(number.sum(1, keepdims=True), 1)
    squares = (
        _mean_over_years(seen, design[:, :, 1] ** 2) - decade**2,
        _mean_over_years(seen, design[:, :, 2] ** 2) - size**2,
        _mean_over_years(seen, design[:, :, 1] * design[:, :, 2]) - decade * size,
    )
    return {f"{name}_moments": np.stack([(share * value).sum(1) for value in squares])}


def _mean_over_years(seen: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean of values (S, T) over the years in which items (J, T, S) are observed, shape (J, S)."""
    return np.einsum("jts,st->js", seen, values) / np.maximum(seen.sum(1), 1)


def observed_share(value: np.ndarray, seen: np.ndarray, axis: int) -> np.ndarray:
    """Share of ones (of successes in ``seen`` trials) along an axis, kept off 0 and 1."""
    return (value.sum(axis) + 0.5) / (seen.sum(axis) + 1)


def tie_conditions(
    joint: np.ndarray, own: np.ndarray, seen: np.ndarray, family: str
) -> dict[str, np.ndarray]:
    """What each item's counts tell of a state's logit (log, of ``negative_binomial``), for ``conditioned_normal``.

    Parameters
    ----------
    joint, own, seen : array, shape (K, T, S)
    family : {"beta_binomial", "negative_binomial"}

    Returns
    -------
    dict of str to array, each of shape (K, S)
        ``tie_information``, before overdispersion: n p (1 - p) of n memberships, or the counts' sum. ``tie_number``: memberships
        a year, or years. ``tie_deviation``: the state's share against what all states share in the same years, less the mean
        over states. ``tie_share``: of the item's information.
    """
    total, available, years = (seen * joint).sum(1), (seen * own).sum(1), seen.sum(1)
    expected = (seen * own * observed_share(joint, own, axis=2)[:, :, None]).sum(1)
    if family == "beta_binomial":
        share = (total + 0.5) / (available + 1)
        information, number = available * share * (1 - share), available / np.maximum(years, 1)
        deviation = _logit(share) - _logit((expected + 0.5) / (available + 1))
    else:
        information, number = total, years
        deviation = np.log(total + 0.5) - np.log(expected + 0.5)
    known = years > 0
    average = (known * deviation).sum(1, keepdims=True) / np.maximum(known.sum(1, keepdims=True), 1)
    return {
        "tie_information": information,
        "tie_number": number,
        "tie_deviation": known * (deviation - average),
        "tie_share": information / np.maximum(information.sum(1, keepdims=True), 1e-12),
    }


def rough_quality(data: xr.Dataset) -> np.ndarray:
    """Standardised mean of each state's normal indicators, signed as expected, shape (S,); zeros where there are none."""
    if "direction" not in data:
        return np.zeros(data.sizes["state"])
    names = names_by_family(data, data.indicator.values.tolist(), "normal")
    values = _indicator_values(data, names) * data.direction.sel(indicator=names).values[:, None, None]
    seen = np.isfinite(values).sum((0, 2))
    mean = np.nan_to_num(values).sum((0, 2)) / np.maximum(seen, 1)
    mean = np.where(seen > 0, mean - mean[seen > 0].mean() if seen.any() else 0.0, 0.0)
    return mean / max(float(mean.std()), 1e-12)


def _indicator_values(data: xr.Dataset, names: list[str]) -> np.ndarray:
    return data.indicator_value.sel(indicator=names).transpose("indicator", "state", "panel_year").values


def _quality_arrays(data: xr.Dataset, names: list[str], basis: PathBasis, prefix: str) -> tuple[dict, dict]:
    normal, counts, binary = (
        names_by_family(data, names, f) for f in ("normal", "negative_binomial", "bernoulli")
    )
    arrays, coords, design = {}, {}, panel_design(data)
    share = year_share(_indicator_values(data, names))
    arrays[f"{prefix}year_share"] = share
    arrays[f"{prefix}smooth_variance"] = smooth_variance(share, basis.at(data.panel_year.values))
    if normal:
        statistics = normal_statistics(
            _indicator_values(data, normal), basis.at(data.panel_year.values), design
        )
        arrays |= {f"{prefix}normal_{k}": v for k, v in statistics.items()}
        coords[f"{prefix}normal_indicator"] = normal
    if counts:
        value, weight = _masked(_states_last(_indicator_values(data, counts)))
        arrays |= {f"{prefix}count_value": value, f"{prefix}count_weight": weight}
        arrays[f"{prefix}count_constant"] = np.asarray(-(weight * special.gammaln(value + 1)).sum())
        arrays |= {f"{prefix}count_total": value.sum(1), f"{prefix}count_number": weight.sum(1)}
        arrays |= state_means(f"{prefix}count", weight, design)
        arrays |= state_moments(f"{prefix}count", weight, design)
        coords[f"{prefix}count_indicator"] = counts
    if binary:
        value, weight = _masked(_states_last(_indicator_values(data, binary)))
        arrays[f"{prefix}binary_sign"] = (2 * value - 1) * weight
        arrays |= {f"{prefix}binary_total": value.sum(1), f"{prefix}binary_number": weight.sum(1)}
        arrays |= state_means(f"{prefix}binary", weight, design)
        arrays |= state_moments(f"{prefix}binary", weight, design)
        coords[f"{prefix}binary_indicator"] = binary
    return arrays, coords


def working_values(value: np.ndarray, family: str) -> tuple[np.ndarray, np.ndarray]:
    """Counts or 0/1 values (J, S, T) as if they were normal about their log mean or logit, linearised at each state's mean.

    Returns
    -------
    working (J, S, T), information (J, S)
        NaN is missing; the information is that of one observation, of counts before overdispersion.
    """
    number = np.isfinite(value).sum(2)
    total = np.nansum(value, axis=2)
    if family == "negative_binomial":
        mean = (total + 0.5) / np.maximum(number, 1)
        information, level = mean, np.log(mean)
    else:
        mean = (total + 0.5) / (number + 1)
        information, level = mean * (1 - mean), _logit(mean)
    return level[:, :, None] + (value - mean[:, :, None]) / information[:, :, None], information


def _contact_arrays(data: xr.Dataset, names: list[str], basis: PathBasis) -> tuple[dict, dict]:
    arrays, coords = _quality_arrays(data, names, basis, "contact_")
    families = dict(zip(data.indicator.values.tolist(), data.family.values.tolist(), strict=True))
    parts = [working_values(_indicator_values(data, [name]), families[name]) for name in names]
    working, information = (np.concatenate(part) for part in zip(*parts, strict=True))
    statistics = normal_statistics(working, basis.at(data.panel_year.values), panel_design(data))
    arrays |= {f"contact_working_{k}": statistics[k] for k in WORKING_STATISTICS}
    return arrays | {"contact_working_information": information}, coords


def _outcome_arrays(composition: Composition, data: xr.Dataset) -> tuple[dict, dict]:
    joined = data.joined.transpose("mission", "state").values
    covariates = composition.covariate_names(data)
    scored = np.isfinite(joined)
    arrays = {
        "sign": np.where(scored, 2 * np.nan_to_num(joined) - 1, 0.0),
        "ties": np.where(scored, np.nan_to_num(data.ties.transpose("mission", "state").values), 0.0),
        "covariate": covariate_values(data, covariates),
    }
    coords = {"control": covariates}
    expected_quality = ROUGH_QUALITY_CORRELATION * np.broadcast_to(rough_quality(data), scored.shape)
    fit = working_fit(joined, np.stack([arrays["ties"], expected_quality, *arrays["covariate"]]))
    # what no indicator tells of a latent differs between draws and tells a mission's slope little; given quality has it, too
    unseen = {"quality": 1 - ROUGH_QUALITY_CORRELATION**2} if composition.quality_is_given else {}
    arrays |= mission_conditions(fit, {"ties": arrays["ties"], "quality": expected_quality}, unseen)
    arrays |= {"ties_rough_slope": fit.slope[0], "quality_rough_slope": fit.slope[1]}
    for term in ("intercept", "ties", "quality"):
        arrays[f"{term}_covariate"] = (arrays["covariate"] * arrays[f"{term}_weight"]).sum(2)
        arrays[f"{term}_ties"] = (arrays["ties"] * arrays[f"{term}_weight"]).sum(1)
    if composition.state_effects:
        arrays |= state_conditions(fit)
        arrays["state_covariate"] = (arrays["covariate"] * arrays["state_weight"]).sum(1)
    columns = np.stack([arrays["ties"] * composition.ties, *arrays["covariate"]])[:, scored].T
    slopes = orthogonal_slopes(columns - columns.mean(0))
    arrays["covariate_by_ties"] = slopes[0, 1:]
    arrays["covariate_rotation"] = np.linalg.inv(slopes[1:, 1:])
    if composition.moderators:
        arrays["moderating"] = covariate_values(data, [m.by for m in composition.moderators])
        coords["moderator"] = [m.name for m in composition.moderators]
    for term, names in composition.mission_predictors.items():
        value = data.mission_covariate_value.sel(mission_covariate=list(names)).transpose(
            "mission_covariate", "mission"
        )
        arrays[f"{term}_predictor_value"] = (value - value.mean("mission")).values
        coords[f"{term}_predictor"] = list(names)
    if composition.quality_is_given:
        arrays["given_quality"] = np.zeros_like(arrays["ties"])
    if composition.label_errors:
        certainty = data.certainty.transpose("mission", "state").values
        arrays["record"] = record_classes(joined, certainty)
    return arrays, coords


def record_classes(joined: np.ndarray, certainty: np.ndarray) -> np.ndarray:
    """Class of each cell's record: -1 not scored, 0 no participation, 1 uncertain, 2 probable, 3 verified."""
    classes = np.select([certainty >= 0.9, certainty >= 0.7], [3, 2], 1)
    return np.where(np.isfinite(joined), np.where(joined > 0, classes, 0), -1).astype(float)


def covariate_values(data: xr.Dataset, names: list[str]) -> np.ndarray:
    """Covariates on the mission x state grid, zero (the mean) in cells that are not scored; shape (K, M, S)."""
    values = data.covariate_value.sel(covariate=names).transpose("covariate", "mission", "state").values
    return np.nan_to_num(values) * np.isfinite(data.joined.transpose("mission", "state").values)


def model_inputs(composition: Composition, data: xr.Dataset) -> Inputs:
    """Arrays, labels and path basis of one composition.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
        The analysis data set (dimensions mission, state, panel_year, indicator, tie_item, covariate, ...).

    Returns
    -------
    Inputs
    """
    basis = basis_of(data)
    coords: dict[str, list] = {
        "state": data.state.values.tolist(),
        "mission": data.mission.values.tolist(),
        "panel_year": data.panel_year.values.tolist(),
        "path": list(range(basis.size)),
    }
    arrays: dict[str, np.ndarray] = {}

    def add(parts):
        arrays.update(parts[0])
        coords.update(parts[1])

    if composition.has("quality"):
        names = anchored_order(data, composition.indicator_names(data))
        coords |= {"indicator": names, "other_indicator": names[1:]}
        add(_quality_arrays(data, names, basis, ""))
    if composition.has("contact"):
        names = anchored_order(data, composition.contact_names(data))
        coords |= {"contact_indicator": names, "other_contact_indicator": names[1:]}
        add(_contact_arrays(data, names, basis))
    if composition.has("ties"):
        joint = data.tie_joint.transpose("tie_item", "panel_year", "state").values
        own = data.tie_own.transpose("tie_item", "panel_year", "state").values
        seen = np.isfinite(joint) & np.isfinite(own) & (np.nan_to_num(own) > 0)
        joint, own = np.where(seen, joint, 0.0), np.where(seen, own, 0.0)
        arrays |= {"tie_joint": joint, "tie_rest": own - joint, "tie_weight": seen.astype(float)}
        arrays |= tie_conditions(joint, own, seen, composition.tie_family)
        constant = special.gammaln(joint + 1)
        if composition.tie_family == "beta_binomial":
            constant = constant + special.gammaln(own - joint + 1) - special.gammaln(own + 1)
        arrays["tie_constant"] = np.asarray(-(seen * constant).sum())
        items = data.tie_item.values.tolist()
        coords["tie_item"] = items
    if composition.has("cooperativeness"):
        counts = data.cooperativeness_count.transpose("cooperativeness_item", "panel_year", "state").values
        value, weight = _masked(counts)
        arrays |= {"own_value": value, "own_weight": weight}
        arrays |= {"own_number": weight.sum(1), "own_total": value.sum(1)}
        arrays["own_constant"] = np.asarray(-(weight * special.gammaln(value + 1)).sum())
        age = (
            data.panel_covariate_value.sel(panel_covariate="state_age")
            .transpose("panel_year", "state")
            .values
        )
        arrays["state_age"] = np.nan_to_num(age)
        items = data.cooperativeness_item.values.tolist()
        coords |= {"cooperativeness_item": items, "other_cooperativeness_item": items[1:]}
    if composition.has("quality") or composition.has("cooperativeness"):
        arrays["size"] = np.ascontiguousarray(panel_design(data)[:, :, 2].T)
    if composition.has("outcome"):
        add(_outcome_arrays(composition, data))
    return Inputs(arrays, coords, basis)
