"""A small analysis data set with every role in it, for tests of the models."""

import numpy as np
import xarray as xr

FAMILIES = {
    "un_agreement": "normal",
    "trade_share": "normal",
    "aid_amount": "normal",
    "aid_any": "bernoulli",
    "exercises": "negative_binomial",
    "visits_to_pivotal": "negative_binomial",
    "visits_from_pivotal": "negative_binomial",
    "ambassador_in_post": "bernoulli",
}
PERSONAL = ("visits_to_pivotal", "visits_from_pivotal", "ambassador_in_post")


def example_data(missions=6, states=30, panel=6, seed=0, missing=0.15) -> xr.Dataset:
    """Analysis data set with standard normal placeholders where simulators put values."""
    random = np.random.default_rng(seed)
    panel_years = 1970 + 5 * np.arange(panel)
    start = np.sort(random.choice(np.arange(1973, 1970 + 5 * panel - 4), missions, replace=False))
    grid, cells = (missions, states), (states, panel)
    own = random.poisson(40, (3, *cells)).astype(float)
    own[1] = random.poisson(4, cells)
    indicators = np.where(random.uniform(size=(len(FAMILIES), *cells)) < missing, np.nan, 0.0)
    names = list(FAMILIES)
    return xr.Dataset(
        {
            "joined": (("mission", "state"), np.where(random.uniform(size=grid) < 0.1, np.nan, 0.0)),
            "certainty": (("mission", "state"), random.choice([0.5, 0.75, 1.0], grid)),
            "ties": (("mission", "state"), random.normal(size=grid)),
            "start_year": (("mission",), start),
            "mission_covariate_value": (
                ("mission_covariate", "mission"),
                random.integers(0, 2, (2, missions)) * 1.0,
            ),
            "covariate_value": (("covariate", "mission", "state"), random.normal(size=(3, *grid))),
            "tie_joint": (("tie_item", "state", "panel_year"), np.minimum(own, 1.0)),
            "tie_own": (("tie_item", "state", "panel_year"), own),
            "indicator_value": (("indicator", "state", "panel_year"), indicators),
            "cooperativeness_count": (("cooperativeness_item", "state", "panel_year"), np.ones((3, *cells))),
            "panel_covariate_value": (
                ("panel_covariate", "state", "panel_year"),
                random.normal(size=(2, *cells)),
            ),
        },
        coords={
            "mission": [f"mission_{m}" for m in range(missions)],
            "state": 100 + np.arange(states),
            "panel_year": panel_years,
            "tie_item": ["igo", "alliance", "treaty"],
            "indicator": names,
            "family": ("indicator", list(FAMILIES.values())),
            "indicator_role": (
                "indicator",
                ["personal_contact" if n in PERSONAL else "quality" for n in names],
            ),
            "anchor": ("indicator", [n == "un_agreement" for n in names]),
            "covariate": ["log_population", "democracy", "hierarchy"],
            "covariate_role": ("covariate", ["control", "control", "hierarchy"]),
            "mission_covariate": ["un_mandate", "short_horizon"],
            "panel_covariate": ["log_population", "state_age"],
            "cooperativeness_item": ["igo_own", "treaty_own", "alliance_own"],
        },
    )
