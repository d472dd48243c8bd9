"""Four worlds that agree on the margins of the data and differ in what makes states join. Pure NumPy.

`ties`: ties inform, and so cause joining. `cooperativeness`: a general tendency to cooperate causes both ties and joining.
`persons`: personal contact causes both. `quality`: ties are exposure and a by-product of quality, which alone causes joining.

Everything that is observed is drawn anew where it was observed, so that missingness, exposures, candidates, the number of
joiners of each mission, the share of joint ties of each year, and the level of each indicator are those of the data. Sizes
are chosen to be worth finding: one log-odds for one standard deviation of the cause.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import special

from models.inputs import basis_of, prediction_years

# What makes states join in each world.
CAUSES = {"ties": "ties", "cooperativeness": "cooperativeness", "persons": "contact", "quality": "quality"}
WORLDS = tuple(CAUSES)
LASTING_SHARE = 0.6
CONTACT_WITH_QUALITY = 0.7
CAUSE_SLOPE = 1.0
STATE_SD = 0.7
TIE_CONCENTRATION = 50.0
LOADING, DEVIATION_SD, NOISE_SD, DISPERSION = 0.7, 0.5, 0.5, 1.5
# What a state's share of joint ties depends on, in log-odds for one standard deviation.
TIE_DRIVERS = {
    "ties": {"opportunity": 0.8, "quality": 0.3},
    "cooperativeness": {"cooperativeness": 0.8, "opportunity": 0.3},
    "persons": {"contact": 0.8, "opportunity": 0.3},
    "quality": {"quality": 0.5, "opportunity": 0.6},
}


@dataclass(frozen=True)
class Latents:
    """What nobody observes: by name, in the panel (S, T) and before each mission (M, S); unit variance."""

    panel: dict[str, np.ndarray]
    mission: dict[str, np.ndarray]


def draw_latents(data: xr.Dataset, random: np.random.Generator) -> Latents:
    """Quality and contact as smooth paths, cooperativeness and opportunity as lasting traits."""
    basis, states = basis_of(data), data.sizes["state"]
    sd = np.sqrt(np.concatenate([[LASTING_SHARE], np.full(basis.size - 1, 1 - LASTING_SHARE)]))
    quality, own = (random.normal(size=(states, basis.size)) * sd for _ in range(2))
    contact = CONTACT_WITH_QUALITY * quality + np.sqrt(1 - CONTACT_WITH_QUALITY**2) * own
    panel_rows, mission_rows = basis.at(data["panel_year"].values), basis.at(prediction_years(data))
    panel = {"quality": quality @ panel_rows.T, "contact": contact @ panel_rows.T}
    mission = {"quality": mission_rows @ quality.T, "contact": mission_rows @ contact.T}
    for name in ("cooperativeness", "opportunity"):
        trait = random.normal(size=states)
        panel[name] = np.repeat(trait[:, None], data.sizes["panel_year"], axis=1)
        mission[name] = np.repeat(trait[None, :], data.sizes["mission"], axis=0)
    return Latents(panel, mission)


def draw_joint_ties(
    world: str, data: xr.Dataset, latents: Latents, random: np.random.Generator
) -> xr.DataArray:
    """Joint counts given own counts: beta-binomial around each year's observed share; (tie_item, state, panel_year)."""
    joint, own = (
        data[name].transpose("tie_item", "state", "panel_year") for name in ("tie_joint", "tie_own")
    )
    seen = (joint.notnull() & own.notnull()).values
    counts = np.where(seen, own.values, 0).astype(int)
    share = (np.where(seen, joint.values, 0).sum(axis=1) + 0.5) / (counts.sum(axis=1) + 1.0)
    driver = sum(slope * latents.panel[name] for name, slope in TIE_DRIVERS[world].items())
    probability = np.clip(special.expit(special.logit(share)[:, None, :] + driver), 1e-6, 1 - 1e-6)
    drawn = random.beta(TIE_CONCENTRATION * probability, TIE_CONCENTRATION * (1 - probability))
    return joint.copy(data=np.where(seen, random.binomial(counts, drawn), np.nan))


def ties_before_missions(joint: xr.DataArray, data: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Number of joint ties before each mission, and its logarithm standardised as the tie count of the data is.

    The number is that of the last panel year before the mission in which the state was counted, or of the first one after.
    """
    years, counts = data["panel_year"].values, joint.transpose("tie_item", "state", "panel_year").values
    total = np.zeros((data.sizes["mission"], data.sizes["state"]))
    for row, year in enumerate(prediction_years(data)):
        # later panel years come after all earlier ones
        order = np.lexsort((np.abs(years - year), years > year))
        ordered = counts[:, :, order]
        first = np.isfinite(ordered).argmax(axis=2)
        taken = np.take_along_axis(ordered, first[:, :, None], axis=2)[:, :, 0]
        total[row] = np.nan_to_num(taken).sum(axis=0)
    scored = data["joined"].notnull().transpose("mission", "state")
    logged = scored.copy(data=np.log1p(total)).where(scored)
    centred = logged - logged.mean("state")
    scale = float(centred.std())
    return scored.copy(data=total).where(scored), (centred / scale).assign_attrs(scale=scale)


def draw_indicators(data: xr.Dataset, latents: Latents, random: np.random.Generator) -> xr.DataArray:
    """Indicators around their observed levels: those of personal contact from contact, the others from quality."""
    values = data["indicator_value"].transpose("indicator", "state", "panel_year")
    drawn = np.empty(values.shape)
    directions = (
        data["direction"].values
        if "direction" in data.coords or "direction" in data
        else np.ones(len(values))
    )
    for k, family in enumerate(data["family"].values):
        personal = data["indicator_role"].values[k] == "personal_contact"
        sign = -1.0 if directions[k] < 0 else 1.0
        latent = sign * LOADING * latents.panel["contact" if personal else "quality"]
        latent = latent + random.normal(0, DEVIATION_SD, size=(len(latent), 1))
        level = float(np.nanmean(values.values[k]))
        if family == "normal":
            drawn[k] = level + latent + random.normal(0, NOISE_SD, size=latent.shape)
        elif family == "bernoulli":
            drawn[k] = random.binomial(1, special.expit(special.logit(np.clip(level, 0.01, 0.99)) + latent))
        else:
            # the exponential of a normal has a mean above that of its median
            correction = (LOADING**2 + DEVIATION_SD**2) / 2
            mean = np.exp(np.log(max(level, 0.05)) + latent - correction)
            drawn[k] = random.poisson(random.gamma(DISPERSION, mean / DISPERSION))
    return values.copy(data=np.where(values.notnull(), drawn, np.nan))


def draw_own_counts(data: xr.Dataset, latents: Latents, random: np.random.Generator) -> xr.DataArray:
    """Own memberships around each year's mean, more of them the more cooperative a state is."""
    counts = data["cooperativeness_count"].transpose("cooperativeness_item", "state", "panel_year")
    number = counts.notnull().sum("state").values
    mean = np.where(number, np.nansum(counts.values, axis=1) / np.maximum(number, 1), 1.0)
    expected = mean[:, None, :] * np.exp(0.4 * latents.panel["cooperativeness"] - 0.08)
    drawn = random.poisson(random.gamma(20.0, np.maximum(expected, 1e-9) / 20.0)).astype(float)
    return counts.copy(data=np.where(counts.notnull(), drawn, np.nan))


def intercepts_for_margins(predictor: np.ndarray, joined: np.ndarray) -> np.ndarray:
    """Intercept of each mission at which the expected number of joiners is the observed one, by bisection; shape (M,).

    Parameters
    ----------
    predictor : array, shape (M, S)
    joined : array, shape (M, S)
        NaN where not scored. Missions that nobody or everybody joined get half a joiner more or less.
    """
    scored = np.isfinite(joined)
    number = scored.sum(axis=1)
    wanted = np.clip(np.nansum(joined, axis=1), 0.5, number - 0.5)
    low, high = np.full(len(joined), -30.0), np.full(len(joined), 30.0)
    for _ in range(60):
        middle = (low + high) / 2
        expected = (special.expit(middle[:, None] + predictor) * scored).sum(axis=1)
        low, high = np.where(expected < wanted, middle, low), np.where(expected < wanted, high, middle)
    return (low + high) / 2


def true_effect(predictor: np.ndarray, values: np.ndarray, slope: float, scored: np.ndarray) -> float:
    """Change of the average probability when `values` goes from its 25th to its 75th percentile, with a known slope."""
    low, high = np.quantile(values[scored], (0.25, 0.75))
    rest = predictor - slope * values
    change = special.expit(rest + slope * high) - special.expit(rest + slope * low)
    return float(change[scored].mean())


def simulate_world(
    world: str, data: xr.Dataset, random: np.random.Generator
) -> tuple[xr.Dataset, dict[str, float]]:
    """A data set of one world, and the true effects in it.

    Parameters
    ----------
    world : str
        One of ``WORLDS``.
    data : xarray.Dataset
        The analysis data set, which gives margins, exposures, covariates and missingness.
    random : numpy.random.Generator

    Returns
    -------
    simulated : xarray.Dataset
    truth : dict of str to float
        ``ties_effect`` and ``quality_effect``: change of the average probability from the 25th to the 75th percentile, zero
        where the world gives them no effect.
    """
    if world not in WORLDS:
        raise ValueError(f"unknown world '{world}'; known are {', '.join(WORLDS)}")
    latents = draw_latents(data, random)
    joint = draw_joint_ties(world, data, latents, random)
    total, ties = ties_before_missions(joint, data)
    causes = {"ties": ties.fillna(0.0).values, **latents.mission}
    predictor = CAUSE_SLOPE * causes[CAUSES[world]] + random.normal(0, STATE_SD, size=data.sizes["state"])
    joined = data["joined"].transpose("mission", "state")
    predictor = predictor + intercepts_for_margins(predictor, joined.values)[:, None]
    scored = np.isfinite(joined.values)
    decided = random.binomial(1, special.expit(predictor)).astype(float)
    simulated = data.assign(
        joined=joined.copy(data=np.where(scored, decided, np.nan)),
        tie_total=total,
        ties=ties,
        tie_joint=joint,
        indicator_value=draw_indicators(data, latents, random),
        cooperativeness_count=draw_own_counts(data, latents, random),
    )
    truth = {
        f"{term}_effect": true_effect(predictor, causes[term], CAUSE_SLOPE * (world == term), scored)
        for term in ("ties", "quality")
    }
    return simulated, truth
