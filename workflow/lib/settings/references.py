"""What a configuration refers to must exist: tables, columns, missions, priors, and a folder that may be written to.

Reads the first lines and the key columns of the tables that the configuration names, and returns the faults as pairs of
key path and text. What models refer to is checked in `model_references`.
"""

import csv
from collections.abc import Collection, Sequence
from itertools import combinations
from pathlib import Path

from workflow.lib.errors import MOST_LINES
from workflow.lib.settings.results_folder import folder_fault
from workflow.lib.settings.schema import Settings
from workflow.lib.settings.wording import did_you_mean, listed, shown

Fault = tuple[tuple, str]

# Covariates that preparing the data computes from the tables of missions and distances.
DERIVED_COVARIATES = ("log_distance", "contiguous_to_target")
# Lists of columns in the section `data`, and the role of the codebook that fills each by default.
COLUMN_LISTS = {"tie_counts": "tie_count", "controls": "control"}
TIES_MEASURES = ("count", "beyond_exposure")
EVIDENCE = ("weak", "fair", "strong")
# Where the values of a prior lie: another prior of a parameter must lie where its default does.
POSITIVE = ("half_normal", "exponential", "gamma", "lognormal", "truncated_normal")
SUPPORT = {
    "normal": "the whole line",
    **dict.fromkeys(POSITIVE, "the positive numbers"),
    "beta": "the numbers between 0 and 1",
}
# A larger table is not looked into here: loading it says what is wrong with it.
MOST_BYTES = 20_000_000


def find_faults(settings: Settings, root: Path) -> list[Fault]:
    """Faults of a configuration in what it refers to, models aside.

    The settings' types and ranges are right; `root` is the folder from which the paths of the tables are meant.
    """
    results = folder_fault(settings.results, root)
    return [
        *([(("results",), f"{shown(settings.results)} {results}")] if results else []),
        *_table_faults(settings, root),
        *_column_faults(settings, root),
        *_mission_faults(settings, root),
        *_panel_faults(settings, root),
        *_prior_faults(settings),
    ]


def _table_faults(settings: Settings, root: Path) -> list[Fault]:
    faults = []
    for key in ("missions", "participation", "states", "codebook", "distances"):
        path = getattr(settings.data, key)
        if path is not None and (set(path) & set("{}<>") or path != path.strip() or path.startswith("~")):
            text = f"{shown(path)} has what a rule reads as a pattern ({{ }} < > ~, space at an end); rename the file"
            faults.append((("data", key), text))
        elif path is not None and not (root / path).is_file():
            faults.append((("data", key), f"{shown(path)} is not a file; give the path of a CSV table"))
    return faults


def _column_faults(settings: Settings, root: Path) -> list[Fault]:
    data = settings.data
    columns = state_columns(settings, root)
    missions = header(root / data.missions)
    faults: list[Fault] = []
    if columns:
        for key in (*COLUMN_LISTS, "indicators"):
            faults += unknown(getattr(data, key) or [], columns, ("data", key), "column", data.states)
        if data.ties_measure not in (*TIES_MEASURES, *columns):
            allowed = f"{listed(TIES_MEASURES)}, or a column of {data.states}"
            hint = did_you_mean(data.ties_measure, (*TIES_MEASURES, *columns))
            text = f"{shown(data.ties_measure)} is no measure of ties; allowed: {allowed}{hint}"
            faults.append((("data", "ties_measure"), text))
    if missions:
        path = ("data", "mission_covariates")
        faults += unknown(data.mission_covariates, missions, path, "column", data.missions)
        faults += _texts_for_numbers(settings, root)
    return faults or _parts_faults(settings, root)


def _texts_for_numbers(settings: Settings, root: Path) -> list[Fault]:
    """Columns of texts where the columns of missions that models may use must hold numbers."""
    rows = _rows(root / settings.data.missions)
    faults: list[Fault] = []
    for index, name in enumerate(settings.data.mission_covariates):
        wrong = [row[name] for row in rows if row.get(name) and not _is_number(row[name])]
        if wrong:
            text = f"{shown(name)} holds texts, such as {shown(wrong[0])}; name columns of numbers"
            faults.append((("data", "mission_covariates", index), text))
    return faults


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parts_faults(settings: Settings, root: Path) -> list[Fault]:
    """Columns that the codebook does not describe, and columns in two lists: a column plays one part."""
    data = settings.data
    book = {row.get("column", ""): row for row in _rows(root / data.codebook)}
    if not book:
        return []
    lists = {
        key: [name for name, row in book.items() if row.get("role") == role]
        for key, role in COLUMN_LISTS.items()
    }
    lists["indicators"] = [
        name for name, row in book.items() if row.get("construct") not in (None, "", "ties")
    ]
    lists |= {key: getattr(data, key) for key in lists if getattr(data, key) is not None}
    faults: list[Fault] = []
    for key, names in lists.items():
        for index, name in enumerate(names):
            if book.get(name, {"role": "key"}).get("role") == "key" and name not in DERIVED_COVARIATES:
                text = f"{shown(name)} is no column of numbers by {data.codebook}; take it off the list"
                faults.append((("data", key, index), text))
    for one, other in combinations(lists, 2):
        place, besides = (one, other) if getattr(data, one) is not None else (other, one)
        for name in lists[one]:
            if name in lists[other]:
                text = (
                    f"{shown(name)} is in data.{besides} too; a column plays one part: take it off one list"
                )
                faults.append((("data", place), text))
    return faults


def constructs(settings: Settings, root: Path) -> list[str]:
    """Constructs that columns of the codebook measure; nothing if it cannot be read."""
    names = _column(root / settings.data.codebook, "construct")
    return sorted({name for name in names if name not in ("", "ties")})


def _mission_faults(settings: Settings, root: Path) -> list[Fault]:
    data, source = settings.data, settings.data.missions
    rows = _rows(root / source)
    names = [row.get("mission", "") for row in rows]
    if not rows:
        return []
    faults = [
        *unknown(data.exclude_missions, names, ("data", "exclude_missions"), "mission", source),
        *unknown(settings.report.cases, names, ("report", "cases"), "mission", source),
    ]
    pivotal = sorted({row.get("pivotal", "") for row in rows})
    if str(data.pivotal) not in pivotal and not data.missions_led_by_others:
        text = f"{data.pivotal} builds no coalition in {source}; the table has {listed(pivotal)}"
        return [*faults, (("data", "pivotal"), text)]
    used = missions_in_use(settings, root)
    if len(used) < 2:
        text = (
            f"the settings leave {len(used)} of {len(rows)} missions of {source}; at least 2 are wanted: "
            "look at pivotal, outcome_kind, last_start_year, minimum_evidence, exclude_missions"
        )
        return [*faults, (("data",), text)]
    return [*faults, *_future_faults(settings, list(used.values()))]


def missions_in_use(settings: Settings, root: Path) -> dict[str, int]:
    """Missions that the settings leave, with the year of their start; rows that are faulty are told elsewhere."""
    data = settings.data
    enough = EVIDENCE.index(data.minimum_evidence)
    used = {}
    for row in _rows(root / data.missions):
        name, year = row.get("mission") or "", row.get("start_year") or ""
        led = row.get("pivotal") == str(data.pivotal)
        evidence = row.get("evidence") or "fair"
        if (
            year.isdecimal()
            and led != data.missions_led_by_others
            and (data.last_start_year is None or int(year) <= data.last_start_year)
            and name not in data.exclude_missions
            and (row.get("outcome_kind") or "deployment") == data.outcome_kind
            and (evidence not in EVIDENCE or EVIDENCE.index(evidence) >= enough)
        ):
            used[name] = int(year)
    return used


def _future_faults(settings: Settings, years: list[int]) -> list[Fault]:
    """A year that leaves no mission to fit or none to predict."""
    first, years = settings.checks.future_from, sorted(years)
    if first is None or years[0] < first <= years[-1]:
        return []
    actual = f"the missions in use start between {years[0]} and {years[-1]}"
    expected = f"give a year after {years[0]} and not after {years[-1]}, or null"
    text = f"{actual}, so {first} leaves none to fit or none to predict; {expected}"
    return [(("checks", "future_from"), text)]


def _panel_faults(settings: Settings, root: Path) -> list[Fault]:
    """Years of which the table of states has at most one."""
    panel, source = settings.data.measurement_panel, settings.data.states
    years = {int(year) for year in _column(root / source, "year") if year.isdecimal()}
    grid = range(panel.first, panel.last + 1)
    if not years or len(years.intersection(grid)) >= 2:
        return []
    actual = f"{source} has the years {min(years)} to {max(years)}"
    return [(("data", "measurement_panel"), f"{actual}; give years of which at least two are among them")]


def _prior_faults(settings: Settings) -> list[Fault]:
    if not settings.priors:
        return []
    from models.priors import DEFAULT_PRIORS

    known = {name: DEFAULT_PRIORS[name][0] for name in sorted(DEFAULT_PRIORS)}
    regressors = [name for model in settings.models.values() for name in model.regressors]
    for term in (term for name in regressors for term in terms_of(name)):
        known |= {f"{term}_slope": known["slope"], f"{term}_slope_sd": known["slope_sd"]}
    faults: list[Fault] = []
    for name, prior in settings.priors.items():
        path = ("priors", name)
        if name not in known:
            text = f"no parameter has this name; allowed: {listed(known)}{did_you_mean(name, known)}"
            faults.append((path, text))
        elif SUPPORT[prior.distribution] != SUPPORT[known[name]]:
            allowed = [family for family in SUPPORT if SUPPORT[family] == SUPPORT[known[name]]]
            text = f"{prior.distribution} lies on {SUPPORT[prior.distribution]}, but {name} on {SUPPORT[known[name]]}"
            faults.append((path, f"{text}; allowed: {listed(allowed)}"))
    return faults


def terms_of(regressor: str) -> tuple[str, str, str]:
    """A regressor's terms: the whole, deviations from the state's mean, and the mean."""
    return regressor, f"{regressor}_within", f"{regressor}_between"


def unknown(names: Sequence[str], known: Collection[str], path: tuple, kind: str, source: str) -> list[Fault]:
    """A fault for each name that is not known; after the first ones only their number, since spelling takes time."""
    there = set(known)
    wrong = [(index, name) for index, name in enumerate(names) if name not in there]
    faults: list[Fault] = []
    for index, name in wrong[: MOST_LINES - 1]:
        place = path if path[-1] in ("by", "main_model", "regressors", "free_after") else (*path, index)
        allowed = f"; allowed: {listed(known)}" if kind != "column" else ""
        of_source = f" of {source}" if source != "models" else " that is defined"
        faults.append(
            (place, f"{shown(name)} is not a {kind}{of_source}{allowed}{did_you_mean(name, known)}")
        )
    if len(wrong) >= MOST_LINES:
        faults.append((path, f"and {len(wrong) - MOST_LINES + 1} more that are not known"))
    return faults


def state_columns(settings: Settings, root: Path) -> list[str]:
    """Columns of the table of states and those derived for it; nothing if the table cannot be read."""
    columns = header(root / settings.data.states)
    return [*columns, *DERIVED_COVARIATES] if columns else []


def header(path: Path) -> list[str]:
    """Names of the columns of a table, or nothing if it cannot be read: that is told elsewhere."""
    return next(_records(path), [])


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table as texts, or nothing if it cannot be read."""
    records = _records(path)
    columns = next(records, [])
    return [dict(zip(columns, record, strict=False)) for record in records if record]


def _column(path: Path, name: str) -> list[str]:
    """Values of one column of a table, or nothing if there is no such table or column."""
    records = _records(path)
    columns = next(records, [])
    place = columns.index(name) if name in columns else None
    return [] if place is None else [record[place] for record in records if len(record) > place]


def _records(path: Path):
    """Records of a CSV file as far as they can be read."""
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        try:
            yield from csv.reader(file)
        except csv.Error:
            return
