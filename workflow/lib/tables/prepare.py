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

from workflow.lib.errors import UserError
from workflow.lib.tables.contracts import STATE_KEYS, STATE_NAME, suggestion
from workflow.lib.tables.load import Tables
from workflow.lib.tables.outcome import choose_missions, counted, eligible_states, labels, named_by

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
    "quality": None,
    "personal_contact": None,
    "cooperativeness": None,
    "controls": None,
    "mission_covariates": ["un_mandate", "short_horizon"],
    "measurement_panel": {"first": 1949, "last": 2014, "every": 5},
    "ties_with": None,
    "missions_led_by_others": False,
}
PATHS = ("missions", "participation", "states", "codebook", "distances", "excluded")
DERIVED_COVARIATES = {"log_distance": "normal", "contiguous_to_target": "bernoulli"}
COOPERATIVENESS = ("igo_own", "un_treaty_own")
PANEL_COVARIATES = {"log_population": "none", "state_age": "log1p"}
ANCHOR = "un_agreement"
# Families that a hurdle column, zero or a positive amount, is split into.
HURDLE_PARTS = (("any", "bernoulli"), ("amount", "normal"))


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
        Dimensions mission, state, tie_item, indicator, cooperativeness_item, covariate, payment, mission_covariate,
        panel_covariate, panel_year. NaN means not eligible, not scored or not observed. Variables:

        * joined, certainty (0.5 to 1), tie_total (count), ties (standard deviations), all (mission, state);
        * start_year, tie_mean (mean of log(1 + ties)), both (mission);
        * covariate_value (covariate, mission, state), standardised; payment_value (payment, mission, state) as in the
          table, never a predictor; mission_covariate_value (mission_covariate, mission);
        * tie_joint, tie_own (tie_item, state, panel_year); indicator_value (indicator, state, panel_year);
          cooperativeness_count (cooperativeness_item, state, panel_year); panel_covariate_value.

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
    ties, means, scale = _standardised_ties(total, scored)
    covariates = _covariates(values, columns, scored, tables)
    dataset = xr.Dataset(
        {
            "joined": (("mission", "state"), np.where(scored, joined, np.nan)),
            "certainty": (("mission", "state"), np.where(scored, certainty, np.nan)),
            "start_year": ("mission", missions["start_year"].to_numpy()),
            "tie_total": (("mission", "state"), np.where(scored, total, np.nan)),
            "ties": (("mission", "state"), ties, {"scale": scale}),
            "tie_mean": ("mission", means),
            "covariate_value": (("covariate", "mission", "state"), covariates["value"]),
            "mission_covariate_value": (
                ("mission_covariate", "mission"),
                _mission_covariates(missions, settings["mission_covariates"], tables),
            ),
            **_payments(values, columns, scored),
            **_panel(rows, states, panel_years, columns, tables),
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
            "panel_year": panel_years,
            "tie_item": columns["tie_counts"],
            "exposure": ("tie_item", [columns["exposure"][name] for name in columns["tie_counts"]]),
        },
    )
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
        "quality": by_role.get("quality", []),
        "personal_contact": by_role.get("personal_contact", []),
        "cooperativeness": by_role.get("cooperativeness", [])
        or [name for name in COOPERATIVENESS if name in described],
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
    return np.arange(panel["first"], panel["last"] + 1, panel["every"])


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


def _standardised_ties(total: np.ndarray, scored: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """log(1 + ties) minus the mission's mean over scored rows, divided by one standard deviation over all of them."""
    logged = np.where(scored, np.log1p(np.where(scored, total, 0.0)), np.nan)
    counted = scored.sum(axis=1)
    means = np.where(counted, np.nansum(logged, axis=1) / np.maximum(counted, 1), np.nan)
    centred = logged - means[:, None]
    scale = float(np.nanstd(centred))
    if not scale > 1e-12:
        raise UserError("data.tie_counts: the number of ties does not vary between the states of any mission")
    return centred / scale, means, scale


def _transformed(values: Mapping, name: str, columns: Mapping) -> np.ndarray:
    """Apply the codebook's transform; a hurdle column is log(1 + x), since it may be zero."""
    raw = values[name]
    transform = "log1p" if columns["family"][name] == "hurdle" else columns["transform"].get(name, "none")
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
        if name in columns["cooperativeness"] and role == "tie_exposure":
            role = "cooperativeness"
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


def _panel(
    rows: pd.DataFrame, states: np.ndarray, years: np.ndarray, columns: Mapping, tables: Tables
) -> dict[str, xr.Variable | tuple]:
    """The measurement panel: counts, indicators and covariates on the regular grid of years."""
    grid = pd.MultiIndex.from_product([years, states])
    at = rows.reindex(grid)

    def array(name: str) -> np.ndarray:
        return at[name].to_numpy(float).reshape(len(years), len(states)).T

    joint = np.stack([array(name) for name in columns["tie_counts"]])
    own = np.stack([array(columns["exposure"][name]) for name in columns["tie_counts"]])
    both = np.isfinite(joint) & np.isfinite(own)
    indicators = _indicators(array, columns, tables)
    counts = [array(name) for name in columns["cooperativeness"]]
    shape = (len(states), len(years))
    covariates = {name: how for name, how in PANEL_COVARIATES.items() if name in at}
    panel_values = [
        _standardised(np.log1p(array(n)) if how == "log1p" else array(n))[0] for n, how in covariates.items()
    ]
    on_panel = ("state", "panel_year")
    return {
        "tie_joint": (("tie_item", *on_panel), np.where(both, joint, np.nan)),
        "tie_own": (("tie_item", *on_panel), np.where(both, own, np.nan)),
        **indicators,
        "cooperativeness_count": (
            ("cooperativeness_item", *on_panel),
            np.stack(counts) if counts else np.zeros((0, *shape)),
        ),
        "cooperativeness_item": ("cooperativeness_item", np.array(columns["cooperativeness"], dtype=str)),
        "panel_covariate_value": (
            ("panel_covariate", *on_panel),
            np.stack(panel_values) if panel_values else np.zeros((0, *shape)),
        ),
        "panel_covariate": ("panel_covariate", np.array(list(covariates), dtype=str)),
    }


def _standardised(values: np.ndarray) -> tuple[np.ndarray, float, float]:
    observed = values[np.isfinite(values)]
    centre = float(observed.mean()) if len(observed) else 0.0
    scale = float(observed.std()) if len(observed) else 1.0
    scale = scale if scale > 0 else 1.0
    return (values - centre) / scale, centre, scale


def _indicators(array, columns: Mapping, tables: Tables) -> dict:
    """Indicators of quality and personal contact; hurdle columns become two, normal ones are standardised."""
    direction = dict(zip(tables.codebook["column"], tables.codebook["direction"], strict=True))
    parts = []
    for role in ("quality", "personal_contact"):
        for name in columns[role]:
            raw, family = array(name), columns["family"][name]
            sign = direction.get(name, np.nan)
            if family == "hurdle":
                some = np.where(np.isfinite(raw), (raw > 0).astype(float), np.nan)
                amount = np.log(np.where(raw > 0, raw, np.nan))
                split = zip(HURDLE_PARTS, (some, amount), strict=True)
                parts += [
                    (f"{name}_{suffix}", role, kind, value, sign, name) for (suffix, kind), value in split
                ]
            elif family in ("normal", "bernoulli", "negative_binomial"):
                how = columns["transform"][name] if family == "normal" else "none"
                value = {
                    "none": lambda x: x,
                    "log1p": np.log1p,
                    "log": lambda x: np.log(np.where(x > 0, x, np.nan)),
                }[how]
                parts.append((name, role, family, value(raw), sign, name))
            else:
                raise UserError(
                    f"data.{role}: {name} has family {family}; an indicator is normal, negative_binomial, bernoulli or "
                    f"hurdle in {tables.paths['codebook']}"
                )
    scaled = [_standardised(p[3]) if p[2] == "normal" else (p[3], 0.0, 1.0) for p in parts]
    names = [p[0] for p in parts]
    anchors = [name == ANCHOR for name in names]
    if names and not any(anchors):
        first = next((i for i, p in enumerate(parts) if p[1] == "quality" and p[2] == "normal"), 0)
        anchors[first] = True
    values = (
        np.stack([s[0] for s in scaled]) if parts else np.zeros((0, *array(columns["tie_counts"][0]).shape))
    )
    return {
        "indicator_value": (("indicator", "state", "panel_year"), values),
        "indicator": ("indicator", np.array(names, dtype=str)),
        "indicator_role": ("indicator", np.array([p[1] for p in parts], dtype=str)),
        "family": ("indicator", np.array([p[2] for p in parts], dtype=str)),
        "anchor": ("indicator", np.array(anchors, dtype=bool)),
        "direction": ("indicator", np.array([p[4] for p in parts], dtype=float)),
        "source_column": ("indicator", np.array([p[5] for p in parts], dtype=str)),
        "centre": ("indicator", np.array([s[1] for s in scaled])),
        "scale": ("indicator", np.array([s[2] for s in scaled])),
    }


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
