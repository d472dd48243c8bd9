"""What stands beside a regressor as its control: the same measure with another state, or at another time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from models.blocks.factor import find_mode, panel
from models.composition import TIES, Composition
from models.paths import path_moments
from models.priors import Priors
from models.regressors import latent_at_missions
from workflow.lib.checking.controls import Control
from workflow.lib.errors import UserError
from workflow.lib.tables.load import Tables
from workflow.lib.tables.prepare import prepare

LATER = 5
FEWEST_MISSIONS = 6
LATER_NOTE = "cannot pass where joining moves the measure: see reverse causation"


def rival_controls(
    tables: Tables,
    settings: Mapping,
    data: xr.Dataset,
    composition: Composition,
    measuring: Mapping,
    log: Callable,
) -> list[Control]:
    """Ties and quality with every other pivotal state that has a panel, measured as with the pivotal state itself.

    Parameters
    ----------
    measuring : mapping of str to mapping
        Compositions of the models that measure, by name.
    """
    controls = []
    names = dict(zip(data["state"].values.tolist(), data["state_name"].values.tolist(), strict=True))
    for rival in sorted(set(tables.states["pivotal"]) - {settings["pivotal"]}):
        years = tables.states.loc[tables.states["pivotal"] == rival, "year"]
        if years.nunique() < 10:
            continue
        try:
            rival_data = prepare(tables, {**settings, "ties_with": int(rival)})
        except UserError as error:
            log(f"no control with {rival}: {error}")
            continue
        label = f"with {names.get(int(rival), rival)}"
        if TIES in composition.regressors:
            controls.append(Control("rivals", f"ties {rival}", f"ties {label}", TIES, rival_data["ties"]))
        for name in composition.latents[:1]:
            path = _path_with(Composition.from_mapping(name, measuring[name]), rival_data)
            if path is not None:
                values = latent_at_missions(path, rival_data).where(rival_data["joined"].notnull())
                controls.append(Control("rivals", f"{name} {rival}", f"{name} {label}", name, values))
    return controls


def _path_with(measuring: Composition, data: xr.Dataset) -> xr.DataArray | None:
    """Filtered path by the posterior mode, of the indicators that exist with the other state; None with fewer than three."""
    seen = data["indicator_value"].notnull().any(("state", "year"))
    varying = data["indicator_value"].std(("state", "year")) > 0
    names = [
        n for n in measuring.indicator_names(data) if bool(seen.sel(indicator=n) & varying.sel(indicator=n))
    ]
    if len(names) < 3:
        return None
    rival_panel = panel(replace(measuring, indicators=tuple(names)), data)
    moments = path_moments(rival_panel, find_mode(rival_panel, Priors()).arguments())
    return xr.DataArray(moments[0], coords=[("state", rival_panel.states), ("year", rival_panel.years)])


def later_controls(
    tables: Tables, settings: Mapping, data: xr.Dataset, composition: Composition, paths: Mapping
) -> list[Control]:
    """Ties and filtered quality some years later: a cause cannot follow its effect."""
    controls, words = [], f"{LATER} years later"
    note = "error in the earlier measure would give later ones a slope too"
    if TIES in composition.regressors:
        shifted = _shifted(tables, LATER)
        later = prepare(shifted, {**settings, "last_start_year": None})
        later = later["ties"].where(later["joined"].notnull())
        controls.append(Control("later", "ties later", f"ties {words}", TIES, later, note))
    for name in composition.latents[:1]:
        path = paths[name]["filtered_mean"]
        last = int(path["year"].max())
        year = np.minimum(data["start_year"].values - 1 + LATER, last)
        later = path.sel(year=xr.DataArray(year, dims="mission", coords={"mission": data["mission"].values}))
        later = later.reindex(state=data["state"].values).drop_vars("year").transpose("mission", "state")
        later = later.where(xr.DataArray(data["start_year"].values - 1 + LATER <= last, dims="mission"))
        controls.append(Control("later", f"{name} later", f"{name} {words}", name, later, LATER_NOTE))
    return controls


def _shifted(tables: Tables, years: int) -> Tables:
    """The tables with missions moved to a later year, as far as there are rows."""
    missions = tables.missions.assign(start_year=tables.missions["start_year"] + years)
    rows = set(zip(tables.states["pivotal"], tables.states["year"], strict=True))
    known = [(p, y - 1) in rows for p, y in zip(missions["pivotal"], missions["start_year"], strict=True)]
    return replace(tables, missions=missions[pd.Series(known, index=missions.index)].reset_index(drop=True))


def missions_led_by_others(tables: Tables, settings: Mapping, data: xr.Dataset) -> xr.Dataset | None:
    """Missions that others led, with the ties and the quality of the pivotal state; None if there are few."""
    partner = settings.get("ties_with") or settings["pivotal"]
    if settings.get("missions_led_by_others"):
        return None
    try:
        led_by_others = prepare(tables, {**settings, "ties_with": partner, "missions_led_by_others": True})
    except UserError:
        return None
    return led_by_others if led_by_others.sizes["mission"] >= FEWEST_MISSIONS else None
