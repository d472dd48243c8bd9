"""Turn the tables and the `data` section of the configuration into the analysis dataset: dense labelled arrays.

From `Tables` (see `load`) to one `xarray.Dataset` that the models see; no files are read or written here. Fails with
`UserError` when the settings name a column, mission or pivotal state that the tables do not have, or leave no rows.

Rules
-----
* A mission that starts in year s uses the table's rows of year s - 1: nothing observed at or after the start predicts.
* Eligible are the states with a row in that year, less the pivotal state, those that the table of excluded states names (at
  war on the other side, refused, no longer a state) and (by setting) targets, hosts, small states.
* A state that cannot have come within `joined_within_months` of the start is a late joiner: it did not join, and is named in
  the attribute `dropped`. A role may be counted as joining by setting (`also_counted`).
* A row is scored (`joined` is 0 or 1) if every tie count and every control is observed. Dropped rows are counted in
  the attribute `dropped`, and joiners among them named. A mission without any scored row is left out.
* Payments are outcomes of bargaining and are refused as predictors.

The dataset
-----------
Dimensions mission, state, year, tie_measure, covariate, payment, mission_covariate, indicator, adjuster. NaN means not
eligible, not scored or not observed. Variables:

* joined, certainty (0.5 to 1), tie_total (count), ties (standard deviations), all (mission, state); start_year (mission);
* tie_measure_value (tie_measure, mission, state): the sum of ties, the share beyond exposure, and each count, in standard
  deviations about the mission's mean; `ties` is the one that `ties_measure` names;
* covariate_value (covariate, mission, state), standardised; payment_value (payment, mission, state) as in the table, never a
  predictor; mission_covariate_value (mission_covariate, mission);
* the measurement panel of `panel.measurement_panel`.
"""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.errors import UserError
from workflow.lib.tables import covariates
from workflow.lib.tables.checks import STATE_NAME
from workflow.lib.tables.columns import choose_columns, resolve_settings
from workflow.lib.tables.covariates import BY_ROW, on_model_scale
from workflow.lib.tables.dropped import what_was_dropped
from workflow.lib.tables.load import Tables
from workflow.lib.tables.outcome import choose_missions, counted, eligible_states, labels, named_by
from workflow.lib.tables.panel import measurement_panel
from workflow.lib.tables.tie_measures import chosen_measure, tie_measures


def prepare(tables: Tables, data_settings: Mapping | None = None) -> xr.Dataset:
    """Prepare the analysis dataset.

    Parameters
    ----------
    tables : Tables
        Validated tables.
    data_settings : mapping, optional
        The `data` section of the configuration; every key may be left out. Two further keys make
        negative-control outcomes: `missions_led_by_others` (bool) takes the missions that `ties_with` (default: the
        pivotal state) did *not* lead, and `ties_with` is the state with which ties and quality are measured.

    Returns
    -------
    Dataset
        The variables that the module names; attributes config, config_hash, tables_hash, dropped (JSON), source_of_ties.
    """
    settings = resolve_settings(data_settings or {})
    columns = choose_columns(tables, settings)
    partner = settings["ties_with"] or settings["pivotal"]
    missions = choose_missions(tables, settings, partner)
    rows = tables.states[tables.states["pivotal"] == partner].set_index(["year", "state"]).sort_index()
    panel = settings["measurement_panel"]
    panel_years = np.arange(panel["first"], panel["last"] + 1)
    states = _states(rows, {*(missions["start_year"] - 1), *panel_years})
    values = _values_at_start(rows, missions, states) | covariates.derived_covariates(
        tables, missions, states
    )
    eligible = eligible_states(values, missions, states, partner, settings, tables.excluded)
    needed = (*columns["tie_counts"], *columns["controls"])
    observed = {name: np.isfinite(on_model_scale(values, name, columns)) for name in needed}
    scored = _scored(eligible, observed)
    total = np.sum([values[name] for name in columns["tie_counts"]], axis=0)
    measures = tie_measures(values, columns, total, scored, tables.codebook)
    ties = chosen_measure(measures, settings["ties_measure"])
    scored &= np.isfinite(ties)
    joined, certainty = labels(tables.participation, missions, states, settings)
    by_row = {"joined": joined, "certainty": certainty, "tie_total": total, "ties": ties}
    parts = [
        _outcome(by_row, scored, missions).assign_coords(_coordinates(tables, missions, states)),
        measures,
        covariates.covariates(values, columns, scored, tables),
        covariates.mission_covariates(missions, settings["mission_covariates"], tables),
        covariates.payments(values, columns, scored),
        measurement_panel(rows, states, panel_years, tables.codebook, columns["indicators"]),
    ]
    dataset = xr.merge(parts, join="exact", compat="equals", combine_attrs="drop")
    too_late = tables.participation[counted(tables.participation, settings)[1]]
    late = named_by(too_late, missions, states) & scored
    dropped = what_was_dropped(dataset, observed, eligible, joined, late)
    # A mission of which no row can be scored says nothing; its name is kept with what was dropped.
    has_rows = scored.any(axis=1)
    dropped["missions_without_rows"] = missions.loc[~has_rows, "mission"].tolist()
    dataset = dataset.isel(mission=np.flatnonzero(has_rows)) if not has_rows.all() else dataset
    # Sums depend in their last digit on the order in memory, and draws on that: as when it is read from a file.
    dataset = dataset.map(lambda v: v.copy(data=np.asarray(v.values, order="C")), keep_attrs=True)
    return dataset.assign_attrs(_attributes(settings, tables, dropped, partner))


def _attributes(settings: Mapping, tables: Tables, dropped: Mapping, partner: int) -> dict:
    config = json.dumps(settings, sort_keys=True)
    return {
        "config": config,
        "config_hash": hashlib.sha256(config.encode()).hexdigest(),
        "tables_hash": tables.digest,
        "dropped": json.dumps(dropped, sort_keys=True),
        "source_of_ties": int(partner),
    }


def _outcome(by_row: Mapping[str, np.ndarray], scored: np.ndarray, missions: pd.DataFrame) -> xr.Dataset:
    """What is known of the scored rows, and when each mission started."""
    variables = {name: (BY_ROW, np.where(scored, value, np.nan)) for name, value in by_row.items()}
    return xr.Dataset({**variables, "start_year": ("mission", missions["start_year"].to_numpy())})


def _states(rows: pd.DataFrame, years: set[int]) -> np.ndarray:
    """States with a row in one of the years."""
    index = rows.index[rows.index.get_level_values("year").isin(years)]
    return np.unique(index.get_level_values("state"))


def _values_at_start(rows: pd.DataFrame, missions: pd.DataFrame, states: np.ndarray) -> dict[str, np.ndarray]:
    """The table's columns in the year before each mission, (mission, state); NaN where a state has no row then."""
    years = missions["start_year"].to_numpy() - 1
    index = pd.MultiIndex.from_arrays([np.repeat(years, len(states)), np.tile(states, len(missions))])
    at_start = rows.reindex(index).assign(present=index.isin(rows.index).astype(float))
    return {name: at_start[name].to_numpy().reshape(len(missions), len(states)) for name in at_start}


def _scored(eligible: np.ndarray, observed: Mapping[str, np.ndarray]) -> np.ndarray:
    """Eligible rows of which all that a score needs is observed; `UserError` if there are none."""
    scored = eligible & np.all(list(observed.values()), axis=0)
    if not scored.any():
        missing = {name: int((eligible & ~there).sum()) for name, there in observed.items()}
        worst = max(missing, key=missing.get)
        raise UserError(
            f"data: no row is left to score: of {int(eligible.sum())} eligible rows {missing[worst]} miss {worst}; "
            "choose other tie_counts or controls"
        )
    return scored


def _coordinates(tables: Tables, missions: pd.DataFrame, states: np.ndarray) -> dict:
    """Missions with label, builder and conflict; states with their names where a table has them, else the code as text."""
    names: dict[int, str] = {}
    for table in (tables.participation, tables.states):
        if STATE_NAME in table:
            names |= dict(zip(table["state"], table[STATE_NAME], strict=True))
    return {
        "mission": missions["mission"].to_numpy(str),
        "state": states,
        "mission_label": ("mission", missions["label"].to_numpy(str)),
        "pivotal": ("mission", missions["pivotal"].to_numpy()),
        "conflict": ("mission", missions["conflict"].to_numpy(str)),
        "state_name": ("state", np.array([names.get(int(state), str(state)) for state in states])),
    }
