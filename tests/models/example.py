"""A small analysis data set with every part in it, and compositions with every term, for tests of the models."""

import numpy as np
import xarray as xr

from models.composition import Composition, Moderator

# construct, loading, expected direction
INDICATORS = {
    "un_agreement": ("alignment", 0.9, 1.0),
    "trade_share": ("alignment", 0.5, 1.0),
    "disputes": ("alignment", -0.6, -1.0),
    "aid": ("alignment", 0.3, np.nan),
    "visits": ("contact", 0.7, 1.0),
    "ambassador": ("contact", 0.4, 1.0),
}
YEARS = np.arange(1970, 1982)


def example_data(missions=5, states=18, seed=0) -> xr.Dataset:
    """Analysis data set: decisions, two controls and a moderator, four indicators of one construct and two of another."""
    random = np.random.default_rng(seed)
    grid, cells = (missions, states), (states, len(YEARS))
    names = list(INDICATORS)
    path = np.cumsum(random.normal(0, 0.3, cells), axis=1) + random.normal(size=(states, 1))
    present = np.ones(cells, bool)
    present[0, :3] = present[1, -4:] = False
    values = np.stack(
        [loading * path + random.normal(0, 0.7, cells) for _, loading, _ in INDICATORS.values()]
    )
    values = np.where((random.random(values.shape) < 0.15) | ~present, np.nan, values)
    adjuster = np.where(present, random.normal(size=cells), np.nan)
    joined = (random.random(grid) < 0.35).astype(float)
    joined[random.random(grid) < 0.15] = np.nan
    return xr.Dataset(
        {
            "joined": (("mission", "state"), joined),
            "certainty": (("mission", "state"), random.choice([0.5, 0.75, 1.0], grid)),
            "ties": (("mission", "state"), np.where(np.isfinite(joined), random.normal(size=grid), np.nan)),
            "start_year": ("mission", YEARS[2] + 1 + 2 * (np.arange(missions) % 5)),
            "covariate_value": (("covariate", "mission", "state"), random.normal(size=(3, *grid))),
            "mission_covariate_value": (("mission_covariate", "mission"), random.normal(size=(2, missions))),
            "indicator_value": (("indicator", "state", "year"), values),
            "present": (("state", "year"), present),
            "adjuster_value": (("adjuster", "state", "year"), adjuster[None]),
            "adjusts": (("indicator", "adjuster"), np.array([[n == "aid"] for n in names])),
        },
        coords={
            "mission": [f"mission_{m}" for m in range(missions)],
            "conflict": ("mission", [f"conflict_{m // 2}" for m in range(missions)]),
            "state": 100 + np.arange(states),
            "year": YEARS,
            "indicator": names,
            "construct": ("indicator", [c for c, _, _ in INDICATORS.values()]),
            "anchor": ("indicator", [n in ("un_agreement", "visits") for n in names]),
            "direction": ("indicator", [d for _, _, d in INDICATORS.values()]),
            "adjuster": ["log_income"],
            "covariate": ["log_population", "democracy", "capability"],
            "covariate_role": ("covariate", ["control", "control", "other"]),
            "mission_covariate": ["un_mandate", "short_horizon"],
        },
    )


def measured_paths(data: xr.Dataset, samples=8, seed=4) -> dict[str, xr.Dataset]:
    """Latent paths of `quality` and `contact` as a measurement would leave them; the first state was not measured."""
    random = np.random.default_rng(seed)
    states, found = data.state.values[1:], {}
    shape = (samples, len(states), len(YEARS))
    for name in ("quality", "contact"):
        arrays = {}
        for information in ("filtered", "smoothed"):
            mean = random.normal(size=shape[1:])
            arrays[f"{information}_mean"] = (("state", "year"), mean)
            arrays[f"{information}_draw"] = (
                ("sample", "state", "year"),
                mean + 0.3 * random.normal(size=shape),
            )
        found[name] = xr.Dataset(arrays, coords={"state": states, "year": YEARS})
    return found


SLOPES = {"regressors": ("ties", "quality"), "mission_slopes": ("ties", "quality"), "state_effects": True}
TERMS = {
    "pooled": {"mission_intercepts": False},
    "missions": {"mission_slopes": ("ties",)},
    "crossed": {"mission_slopes": ("ties",), "state_effects": True},
    "within": {**SLOPES, "between": ("ties", "quality")},
    "smoothed": {**SLOPES, "information": "smoothed"},
    "plugin": SLOPES,
    "cut": {**SLOPES, "inference": "cut", "cut_draws": 4},
    "joint": {**SLOPES, "inference": "joint"},
    "every_term": {
        "regressors": ("ties", "quality", "contact"),
        "between": ("contact",),
        "mission_slopes": ("ties", "contact"),
        "state_effects": True,
        "controls": ("democracy", "capability"),
        "moderators": (Moderator("quality", "capability"), Moderator("contact_within", "democracy")),
        "mission_predictors": {"intercept": ("un_mandate",), "ties": ("short_horizon", "un_mandate")},
    },
    "fixed_missions": {"mission_intercepts": False, "mission_predictors": {"intercept": ("un_mandate",)}},
    "label_errors": {"state_effects": True, "label_errors": True},
    "without_regressors": {"regressors": (), "controls": ()},
}
COMPOSITIONS = {name: Composition(name, **terms) for name, terms in TERMS.items()}
ALIGNMENT = Composition("quality", measures=("alignment",))
