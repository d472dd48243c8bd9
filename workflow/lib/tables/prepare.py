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
"""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from models.exposure import beyond_exposure
from workflow.lib.errors import UserError
from workflow.lib.tables.contracts import STATE_KEYS, STATE_NAME, suggestion
from workflow.lib.tables.load import Tables
from workflow.lib.tables.outcome import choose_missions, counted, eligible_states, labels, named_by
from workflow.lib.tables.panel import measurement_panel

DEFAULTS = {
    "pivotal": 2,
    "outcome_kind": "deployment",
    "last_start_year": 2014,
    "minimum_evidence": "fair",
    "pivotal_certainty": "probable",
    "joined_certainty": "uncertain",
    "joined_within_months": 24,
    "also_counted": [],
    "exclude_missions": [],
    "eligible": {"exclude_targets": True, "exclude_host": True, "minimum_population_thousands": 0},
    "tie_counts": None,
    "ties_measure": "beyond_exposure",
    "indicators": None,
    "controls": None,
    "mission_covariates": ["un_mandate", "short_horizon"],
    "measurement_panel": {"first": 1948, "last": 2014},
    "ties_with": None,
    "missions_led_by_others": False,
}
PATHS = ("missions", "participation", "states", "codebook", "distances", "excluded")
DERIVED_COVARIATES = {"log_distance": "normal", "contiguous_to_target": "bernoulli"}
TIES = "ties"
COUNT, BEYOND = "count", "beyond_exposure"
# what a state's number of ties is expected to follow beside its own memberships, where the table has it
EXPOSURES = {"state_age": "log1p", "log_population": "none"}


def prepare(tables: Tables, data_settings: Mapping | None = None) -> xr.Dataset:
    """Prepare the analysis dataset.

    Parameters
    ----------
    tables : Tables
        Validated tables.
    data_settings : mapping, optional
        The `data` section of the configuration; every key may be left out (`DEFAULTS`). Two further keys make
        negative-control outcomes: `missions_led_by_others` (bool) takes the missions that `ties_with` (default: the
        pivotal state) did *not* lead, and `ties_with` is the state with which ties and quality are measured.

    Returns
    -------
    Dataset
        Dimensions mission, state, year, tie_measure, covariate, payment, mission_covariate, indicator, adjuster. NaN means not
        eligible, not scored or not observed. Variables:

        * joined, certainty (0.5 to 1), tie_total (count), ties (standard deviations), all (mission, state);
        * start_year (mission);
        * tie_measure_value (tie_measure, mission, state): the sum of ties, the share beyond exposure, and each count, in
          standard deviations about the mission's mean; `ties` is the one that `ties_measure` names;
        * covariate_value (covariate, mission, state), standardised; payment_value (payment, mission, state) as in the
          table, never a predictor; mission_covariate_value (mission_covariate, mission);
        * the measurement panel of `panel.measurement_panel`.

        Attributes: config, config_hash, tables_hash, dropped (JSON), source_of_ties.

    Raises
    ------
    UserError
        If the settings do not fit the tables.
    """
    settings = resolve_settings(data_settings or {})
    columns = _choose_columns(tables, settings)
    partner = settings["ties_with"] or settings["pivotal"]
    missions = choose_missions(tables, settings, partner)
    rows = tables.states[tables.states["pivotal"] == partner].set_index(["year", "state"]).sort_index()
    panel_years = _panel_years(settings)
    years = set(missions["start_year"] - 1) | set(panel_years)
    states = np.unique(rows.index.get_level_values("state")[rows.index.get_level_values("year").isin(years)])
    at_start = _rows_at_start(rows, missions, states)
    derived = _derived_covariates(tables, missions, states)
    values = {name: at_start[name].to_numpy().reshape(len(missions), len(states)) for name in at_start}
    values |= derived

    eligible = eligible_states(values, missions, states, partner, settings, tables.excluded)
    needed = [*columns["tie_counts"], *columns["controls"]]
    complete = np.all([np.isfinite(_transformed(values, name, columns)) for name in needed], axis=0)
    scored = eligible & complete
    joined, certainty = labels(tables.participation, missions, states, settings)
    if not scored.any():
        missing = {name: int((eligible & ~np.isfinite(values[name])).sum()) for name in needed}
        worst = max(missing, key=missing.get)
        raise UserError(
            f"data: no row is left to score: of {int(eligible.sum())} eligible rows {missing[worst]} miss {worst}; "
            "choose other tie_counts or controls"
        )
    total = np.sum([values[name] for name in columns["tie_counts"]], axis=0)
    measures = _tie_measures(values, columns, total, scored)
    if settings["ties_measure"] not in measures:
        raise UserError(
            f"data.ties_measure: '{settings['ties_measure']}' is not one of {', '.join(measures)}"
            f"{suggestion(settings['ties_measure'], measures)}"
        )
    ties = measures[settings["ties_measure"]]
    if not np.isfinite(ties).any():
        raise UserError(
            f"data.ties_measure: {settings['ties_measure']} does not vary between the states of any mission"
        )
    scored &= np.isfinite(ties)
    covariates = _covariates(values, columns, scored, tables)
    dataset = xr.Dataset(
        {
            "joined": (("mission", "state"), np.where(scored, joined, np.nan)),
            "certainty": (("mission", "state"), np.where(scored, certainty, np.nan)),
            "start_year": ("mission", missions["start_year"].to_numpy()),
            "tie_total": (("mission", "state"), np.where(scored, total, np.nan)),
            "ties": (("mission", "state"), np.where(scored, ties, np.nan)),
            "tie_measure_value": (("tie_measure", "mission", "state"), np.stack(list(measures.values()))),
            "covariate_value": (("covariate", "mission", "state"), covariates["value"]),
            "mission_covariate_value": (
                ("mission_covariate", "mission"),
                _mission_covariates(missions, settings["mission_covariates"], tables),
            ),
            **_payments(values, columns, scored),
        },
        coords={
            "mission": missions["mission"].to_numpy(str),
            "state": states,
            "mission_label": ("mission", missions["label"].to_numpy(str)),
            "pivotal": ("mission", missions["pivotal"].to_numpy()),
            "conflict": ("mission", missions["conflict"].to_numpy(str)),
            "state_name": ("state", _state_names(tables, states)),
            "covariate": covariates["name"],
            "covariate_role": ("covariate", covariates["role"]),
            "covariate_centre": ("covariate", covariates["centre"]),
            "covariate_scale": ("covariate", covariates["scale"]),
            "mission_covariate": list(settings["mission_covariates"]),
            "tie_measure": list(measures),
            "tie_label": ("tie_measure", [_tie_label(name, tables.codebook) for name in measures]),
        },
    )
    panel = measurement_panel(rows, states, panel_years, tables.codebook, columns["indicators"])
    dataset = dataset.merge(panel, combine_attrs="drop", join="exact")
    dropped = _dropped(
        values, columns, needed, eligible, joined, missions, states, dataset["state_name"].to_numpy()
    )
    late = (
        named_by(tables.participation[counted(tables.participation, settings)[1]], missions, states) & scored
    )
    dropped["late_joiners"] = [
        {"mission": missions["mission"].iloc[row], "state": int(states[column])}
        for row, column in np.argwhere(late)
    ]
    # A mission of which no row can be scored says nothing; its name is kept with what was dropped.
    kept = scored.any(axis=1)
    dropped["missions_without_rows"] = missions.loc[~kept, "mission"].tolist()
    dataset = dataset.isel(mission=np.flatnonzero(kept)) if not kept.all() else dataset
    # Sums depend in their last digit on the order in memory, and draws on that: as when it is read from a file.
    dataset = dataset.map(lambda v: v.copy(data=np.asarray(v.values, order="C")), keep_attrs=True)
    dataset.attrs = {
        "config": json.dumps(settings, sort_keys=True),
        "config_hash": hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest(),
        "tables_hash": tables.digest,
        "dropped": json.dumps(dropped, sort_keys=True),
        "source_of_ties": int(partner),
    }
    return dataset


def resolve_settings(given: Mapping) -> dict:
    """Fill in defaults; paths of tables are left out.

    Raises
    ------
    UserError
        If a key is unknown.
    """
    settings = {}
    for key in given:
        if key not in DEFAULTS and key not in PATHS:
            raise UserError(f"data.{key}: unknown key{suggestion(key, DEFAULTS)}")
    for key, default in DEFAULTS.items():
        value = given.get(key, default)
        settings[key] = {**default, **(value or {})} if isinstance(default, dict) else value
    return settings


def _require_known(names: list[str], known: list[str], key: str, tables: Tables) -> None:
    for name in names:
        if name not in known:
            path = tables.paths["states"]
            raise UserError(f"data.{key}: column {name} is not in {path}{suggestion(name, known)}")


def _choose_columns(tables: Tables, settings: Mapping) -> dict:
    """Columns by the part they play: from the settings, or by the codebook's roles."""
    codebook = tables.codebook
    by_role = codebook.groupby("role")["column"].apply(list).to_dict()
    described = [name for name in codebook["column"] if name not in (*STATE_KEYS, STATE_NAME)]
    known = [*described, *(DERIVED_COVARIATES if tables.distances is not None else [])]
    defaults = {
        "tie_counts": by_role.get("tie_count", []),
        "indicators": codebook.loc[~codebook["construct"].isin(["", TIES]), "column"].tolist(),
        "controls": by_role.get("control", []) + (["log_distance"] if tables.distances is not None else []),
    }
    columns: dict = {}
    for key, default in defaults.items():
        columns[key] = list(default if settings[key] is None else settings[key])
        if key == "controls" and tables.distances is None:
            for name in set(columns[key]) & set(DERIVED_COVARIATES):
                raise UserError(
                    f"data.controls: {name} needs a table of distances; give its path in data.distances"
                )
        _require_known(columns[key], known, key, tables)
    for key in defaults:
        for name in columns[key]:
            if name in by_role.get("payment", []):
                raise UserError(
                    f"data.{key}: {name} is a payment, observed after joining; it cannot be a predictor"
                )
    if not columns["tie_counts"]:
        raise UserError(
            "data.tie_counts: no column; name at least one, or give one the role tie_count in the codebook"
        )
    columns["exposure"] = dict(zip(codebook["column"], codebook["pairs_with"], strict=True))
    counts = codebook.loc[codebook["construct"] == TIES, "column"].tolist()
    columns["more_counts"] = [name for name in counts if name not in columns["tie_counts"]]
    for name in columns["tie_counts"]:
        if not columns["exposure"].get(name):
            raise UserError(
                f"data.tie_counts: {name} has no exposure; name it under pairs_with in {tables.paths['codebook']}"
            )
    columns["family"] = dict(zip(codebook["column"], codebook["family"], strict=True)) | DERIVED_COVARIATES
    columns["transform"] = dict(zip(codebook["column"], codebook["transform"], strict=True))
    columns["role"] = dict(zip(codebook["column"], codebook["role"], strict=True))
    return columns


def _panel_years(settings: Mapping) -> np.ndarray:
    panel = settings["measurement_panel"]
    return np.arange(panel["first"], panel["last"] + 1)


def _rows_at_start(rows: pd.DataFrame, missions: pd.DataFrame, states: np.ndarray) -> pd.DataFrame:
    """The table's rows in the year before each mission; NaN rows where a state has none."""
    index = pd.MultiIndex.from_arrays(
        [np.repeat(missions["start_year"].to_numpy() - 1, len(states)), np.tile(states, len(missions))]
    )
    found = rows.reindex(index)
    found["present"] = index.isin(rows.index).astype(float)
    return found


def _derived_covariates(tables: Tables, missions: pd.DataFrame, states: np.ndarray) -> dict[str, np.ndarray]:
    if tables.distances is None:
        return {}
    distance = tables.distances.set_index(["mission", "state"])["distance_km"]
    grid = pd.MultiIndex.from_product([missions["mission"], states])
    km = distance.reindex(grid).to_numpy().reshape(len(missions), len(states))
    contiguous = np.where(np.isfinite(km), (km == 0).astype(float), np.nan)
    return {"log_distance": np.log1p(km), "contiguous_to_target": contiguous}


def _tie_measures(
    values: Mapping, columns: Mapping, total: np.ndarray, scored: np.ndarray
) -> dict[str, np.ndarray]:
    """Measures of ties by name, standardised: the number, the share beyond exposure, and each count alone.

    The share beyond exposure takes out what the state's own number of ties, its age and size lead one to expect.
    """
    own = np.sum([values[columns["exposure"][name]] for name in columns["tie_counts"]], axis=0)
    exposures = [np.log1p(own)]
    exposures += [
        np.log1p(values[n]) if how == "log1p" else values[n] for n, how in EXPOSURES.items() if n in values
    ]
    with np.errstate(invalid="ignore"):
        found = {COUNT: np.log1p(total), BEYOND: beyond_exposure(np.log1p(total), exposures, scored)}
        found |= {name: np.log1p(values[name]) for name in (*columns["tie_counts"], *columns["more_counts"])}
    return {name: _standardised_by_mission(value, scored) for name, value in found.items()}


def _standardised_by_mission(value: np.ndarray, scored: np.ndarray) -> np.ndarray:
    """Less the mission's mean over scored rows, divided by one standard deviation over all of them; NaN if nothing varies."""
    seen = scored & np.isfinite(value)
    number = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    centred = np.where(seen, value - np.where(seen, value, 0.0).sum(axis=1, keepdims=True) / number, np.nan)
    scale = float(np.sqrt(np.nanmean(centred**2))) if seen.any() else 0.0
    return centred / scale if scale > 1e-12 else np.full(value.shape, np.nan)


def _tie_label(name: str, codebook: pd.DataFrame) -> str:
    """Words for a measure of ties."""
    words = {COUNT: "number of ties", BEYOND: "ties beyond exposure"}
    labels_of = dict(zip(codebook["column"], codebook["label"], strict=True))
    return words.get(name) or labels_of.get(name) or name


def _transformed(values: Mapping, name: str, columns: Mapping) -> np.ndarray:
    """Apply the codebook's transform."""
    raw, transform = values[name], columns["transform"].get(name, "none")
    with np.errstate(divide="ignore", invalid="ignore"):
        if transform == "log":
            return np.where(raw > 0, np.log(raw), np.nan)
        return np.log1p(raw) if transform == "log1p" else raw


def _covariates(values: Mapping, columns: Mapping, scored: np.ndarray, tables: Tables) -> dict:
    """All columns that a model may name, standardised over the scored rows; 0/1 columns are only centred."""
    names = list(columns["controls"])
    derived = list(DERIVED_COVARIATES) if tables.distances is not None else []
    for name in [*columns["role"], *derived]:
        if name not in names and columns["role"].get(name) not in ("key", "payment", "tie_count"):
            names.append(name)
    result: dict = {"name": names, "role": [], "value": [], "centre": [], "scale": []}
    for name in names:
        role = "control" if name in columns["controls"] else columns["role"].get(name, "other")
        if role == "control" and name not in columns["controls"]:
            role = "other"
        value = np.where(scored, _transformed(values, name, columns), np.nan)
        observed = value[np.isfinite(value)]
        centre = float(observed.mean()) if len(observed) else 0.0
        spread = float(observed.std()) if len(observed) else 0.0
        scale = 1.0 if columns["family"][name] == "bernoulli" or spread == 0 else spread
        result["role"].append(role)
        result["value"].append((value - centre) / scale)
        result["centre"].append(centre)
        result["scale"].append(scale)
    result["value"] = np.stack(result["value"])
    return result


def _payments(values: Mapping, columns: Mapping, scored: np.ndarray) -> dict:
    """Payments around each mission, as they stand in the table: outcomes to describe, kept apart from covariates."""
    names = [name for name, role in columns["role"].items() if role == "payment"]
    stacked = [np.where(scored, values[name], np.nan) for name in names]
    return {
        "payment_value": (
            ("payment", "mission", "state"),
            np.stack(stacked) if names else np.zeros((0, *scored.shape)),
        ),
        "payment": ("payment", np.array(names, dtype=str)),
    }


def _mission_covariates(missions: pd.DataFrame, names: list[str], tables: Tables) -> np.ndarray:
    values = np.zeros((len(names), len(missions)))
    for row, name in enumerate(names):
        path = tables.paths["missions"]
        if name not in missions:
            raise UserError(
                f"data.mission_covariates: column {name} is not in {path}{suggestion(name, missions.columns)}"
            )
        values[row] = pd.to_numeric(missions[name].replace("", None), errors="coerce")
        missing = missions.loc[~np.isfinite(values[row]), "mission"].tolist()
        if missing:
            raise UserError(
                f"data.mission_covariates: {name} is empty or no number for mission {missing[0]} in {path}; fill it "
                "in or take the column off the list"
            )
    return values


def _state_names(tables: Tables, states: np.ndarray) -> np.ndarray:
    """Names of states where a table has them, otherwise the code as text."""
    names: dict[int, str] = {}
    for table in (tables.participation, tables.states):
        if STATE_NAME in table:
            names |= dict(zip(table["state"], table[STATE_NAME], strict=True))
    return np.array([names.get(int(state), str(state)) for state in states])


def _dropped(
    values: Mapping,
    columns: Mapping,
    needed: list[str],
    eligible: np.ndarray,
    joined: np.ndarray,
    missions: pd.DataFrame,
    states: np.ndarray,
    names: np.ndarray,
) -> dict:
    """Count eligible rows that cannot be scored, by column; name the joiners among them."""
    missing = {name: eligible & ~np.isfinite(_transformed(values, name, columns)) for name in needed}
    lost = np.any(list(missing.values()), axis=0)
    joiners = [
        {
            "mission": missions["mission"].iloc[row],
            "state": int(states[column]),
            "name": str(names[column]),
            "missing": [name for name in needed if missing[name][row, column]],
        }
        for row, column in np.argwhere(lost & (joined == 1))
    ]
    outside = [
        {"mission": missions["mission"].iloc[row], "state": int(states[column]), "name": str(names[column])}
        for row, column in np.argwhere(~eligible & (joined == 1))
    ]
    return {
        "eligible": int(eligible.sum()),
        "scored": int((eligible & ~lost).sum()),
        "dropped": int(lost.sum()),
        "joined_of_scored": int(((joined == 1) & eligible & ~lost).sum()),
        "rows_missing": {name: int(mask.sum()) for name, mask in missing.items() if mask.any()},
        "joiners_lost": joiners,
        "joiners_not_eligible": outside,
    }
