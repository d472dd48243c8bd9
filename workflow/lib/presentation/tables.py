"""The tables of the paper and the report: rows of a run's files as cells of text.

Reads through `Results`; writes nothing. A table is one function and one line in `TABLES`; where its input was not made, it
has no rows and is left out.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from workflow.lib.checking.table import CANNOT_TELL, FAILED, PASSED, VERDICTS
from workflow.lib.presentation.cells import Table, cell, listed, spaced, words
from workflow.lib.presentation.results import Results
from workflow.lib.presentation.wording import MISSING, estimate, fixed, interval, of_unit, p, points, whole

LONGEST_CHECK = 60
RANK_YEARS = (1952, 1965, 1978, 1989, 2002, 2013)
# Figures of the gate: name -> header, decimals, whether the highest is the worst.
GATE = {
    "r_hat": ("Largest R-hat", 3, True),
    "ess_bulk": ("Bulk ESS", 0, False),
    "ess_tail": ("Tail ESS", 0, False),
    "divergences": ("Divergences", 0, True),
    "bfmi": ("BFMI", 2, False),
    "pareto_k": ("Pareto k", 2, True),
}


def in_points(results: Results, terms: list[str]) -> dict[str, str]:
    """Headers of some terms -> estimands."""
    return {f"{results.term_label(term)}, points": f"{term}_effect" for term in terms}


def of_effects(results: Results, first: str, keys: dict[tuple, str], headers: dict[str, str]) -> Table:
    """One line a model and scope with its label; keys and columns without any effect are left out."""
    rows = results.records("effects.csv")
    effects = {(row["model"], row["scope"], row["estimand"]): row for row in rows}

    def shown(key: tuple, estimand: str) -> str:
        if (row := effects.get((*key, estimand))) is None:
            return MISSING
        if estimand == "quality_beats_ties":
            return p(row["mean"])
        return estimate(row, (lambda value: fixed(value, 1)) if estimand.startswith("joiners") else points)

    used = [key for key in keys if any((*key, estimand) in effects for estimand in headers.values())]
    columns = {first: keys.get} | {header: partial(shown, estimand=name) for header, name in headers.items()}
    return listed(used, columns, dropping=True)


def effects_table(results: Results, split: bool = False) -> Table:
    """Effects by model, in percentage points; or those within and between states, for the models that tell them apart."""
    keys = {(model, "all"): results.label(model) for model in results.models}
    if split:
        parts = [term for term in results.terms if term not in results.whole_terms]
        return of_effects(results, "Model", keys, in_points(results, parts))
    beats = {"Pr(quality > ties)": "quality_beats_ties"}
    return of_effects(results, "Model", keys, in_points(results, results.whole_terms) | beats)


def scopes_table(results: Results) -> Table:
    """Effects of the main model by era and mission, with the expected number of further joiners."""
    main, scopes = results.main_model, dict.fromkeys(results.table("effects.csv")["scope"])
    keys = {(main, scope): spaced(scope.partition(":")[2]) for scope in scopes if scope.startswith("era:")}
    keys |= {(main, f"mission:{mission}"): label for mission, label in results.mission_labels.items()}
    joiners = {f"{results.term_label(term)}, joiners": f"joiners_{term}" for term in results.whole_terms}
    return of_effects(results, "Missions", keys, in_points(results, results.whole_terms) | joiners)


def objections_table(results: Results) -> Table:
    """The objections: claim, prediction, test, what came out, verdict."""
    columns = {
        "Objection": lambda item: f"({item['id']}) {item['claim']}",
        "It predicts": cell(words, "predicts"),
        "Test": cell(words, "test"),
        "What came out": cell(words, "result"),
        "Verdict": lambda item: (
            item["verdict"] + (f" (error rate: {item['error_rate']})" if item.get("error_rate") else "")
        ),
    }
    return listed(results.verdicts["objections"], columns, text_columns=5, widths=[20, 18, 17, 32, 13])


def tallies_table(results: Results, checks: list) -> Table:
    """How the rows of several checks came out."""
    columns = {"Check": lambda check: check.title, "Tests": lambda check: whole(len(check.rows))}
    for verdict in VERDICTS:
        columns[verdict.capitalize()] = lambda check, verdict=verdict: whole(len(check.of(verdict)))
    return listed(checks, columns)


def rows_to_print(results: Results, name: str, longest: int = LONGEST_CHECK) -> pd.DataFrame:
    """Rows of a table of checks; of a long one those of the main model, what failed before what passed."""
    rows = results.table(f"checks/{name}.csv")
    if len(rows) <= longest:
        return rows
    main_model_rows = rows[rows["model"] == results.main_model]
    rows = main_model_rows if len(main_model_rows) else rows
    order = rows["verdict"].map({FAILED: 0, CANNOT_TELL: 1, PASSED: 2}).fillna(3)
    return rows.loc[order.sort_values(kind="stable").index[:longest].sort_values()]


def common_columns(rows: pd.DataFrame) -> dict[str, str]:
    """Unit and expectation of a table of checks, where they are alike in all of several rows."""
    distinct = {name: rows[name].dropna().unique() for name in ("unit", "expected")}
    complete = {name: len(rows) > 1 and rows[name].notna().all() for name in distinct}
    return {name: str(values[0]) for name, values in distinct.items() if len(values) == 1 and complete[name]}


def check_table(results: Results, name: str) -> Table:
    """Rows of a table of checks; columns that are empty throughout, or alike in all rows, are left out."""
    rows = rows_to_print(results, name)
    common = common_columns(rows)
    models = set(rows["model"].dropna())
    # numbers of one outcome model are those of the main model, unless the table says whose they are
    named = len(models) > 1 or bool(models & set(results.models) - {results.main_model})

    def result(row) -> str:
        shown = of_unit(row["estimate"], row["unit"])
        has_interval = pd.notna(row["lower"]) and pd.notna(row["upper"])
        bounds = interval(row, lambda value: of_unit(value, row["unit"])) if has_interval else ""
        return f"{shown} ({bounds})" if bounds else shown

    columns = {
        "Test": cell(words, "label"),
        "Model": lambda row: results.label(row["model"]) if named and pd.notna(row["model"]) else MISSING,
        "Result": result,
        "Unit": lambda row: MISSING if "unit" in common else words(row["unit"]),
        "Expected": lambda row: MISSING if "expected" in common else words(row["expected"]),
        "Power": lambda row: p(row["power"]) if pd.notna(row["power"]) else MISSING,
        "Verdict": cell(words, "verdict"),
        "Note": cell(words, "note"),
    }
    # long notes would make rows of a dozen lines
    note_width = int(np.clip(np.median([0, *(len(str(note)) for note in rows["note"])]) / 3, 26, 80))
    widths = [31, 21, 18, 15, 13, 8, 11, note_width]
    return listed(rows.to_dict("records"), columns, text_columns=8, widths=widths, dropping=True)


def comparison_table(results: Results) -> Table:
    """Scores by model: held-out conflicts, and leave-one-out where it is valid."""
    totals, loo = (
        {row["model"]: row for row in results.records(f"comparison/{name}.csv")} for name in ("totals", "loo")
    )

    def by_model(rows: dict, form: Callable) -> Callable:
        return lambda model: form(rows[model]) if model in rows else MISSING

    def pair(form: str, first: str, second: str, decimals: int) -> Callable:
        return lambda row: form.format(fixed(row[first], decimals), fixed(row[second], decimals))

    columns = {
        "Model": results.label,
        "Held-out log score": by_model(totals, cell(fixed, "joint_log_score", 1)),
        "Difference (se)": by_model(totals, pair("{} ({})", "difference", "se_difference", 1)),
        "Brier": by_model(totals, cell(fixed, "brier", 3)),
        "Conflicts in interval": by_model(totals, pair("{} of {}", "covered", "conflicts", 0)),
        "Mean width": by_model(totals, cell(fixed, "mean_width", 1)),
        "LOO (se)": by_model(loo, pair("{} ({})", "elpd", "se", 1)),
        "Bad Pareto k": by_model(loo, pair("{} of {}", "bad_k", "n", 0)),
    }
    scored = [model for model in results.models if model in totals or model in loo]
    return listed(scored, columns, dropping=True)


def predicted_table(results: Results, name: str, column: str) -> Table:
    """The main model's predictions of what it has not seen, by conflict or by mission."""
    columns = {
        column.capitalize(): lambda row: results.mission_labels.get(row[column], spaced(row[column])),
        "Decisions": cell(whole, "n_states"),
        "Joined": cell(whole, "joiners"),
        "Expected": cell(fixed, "expected_joiners", 1),
        "Interval": lambda row: interval(row, "whole"),
        "Log score": cell(fixed, "joint_log_score", 1),
    }
    return listed(results.records(f"comparison/{name}.csv", model=results.main_model), columns)


def missions_table(results: Results) -> Table:
    """Missions: start, eligible and joining states, grade of the evidence."""
    joined, start = results.data["joined"], results.data["start_year"]
    listing = results.input_table("missions")
    evidence = listing.set_index("mission")["evidence"] if "evidence" in listing else {}
    columns = {
        "Mission": results.mission_labels.get,
        "Start": lambda mission: str(int(start.sel(mission=mission))),
        "Eligible": lambda mission: whole(joined.sel(mission=mission).notnull().sum()),
        "Joined": lambda mission: whole(joined.sel(mission=mission).sum()),
        "Evidence": lambda mission: words(evidence.get(mission)),
    }
    return listed(results.mission_labels, columns)


def columns_table(results: Results) -> Table:
    """Columns of the state-year table: use, years, source."""
    rows = [entry for entry in results.input_table("codebook").to_dict("records") if entry["role"] != "key"]
    used, years = ("role", "construct"), ("first_year", "last_year")

    def known(row: dict, name: str) -> bool:
        return isinstance(row.get(name), str)

    columns = {
        "Column": lambda row: row["label"] if known(row, "label") else spaced(row["column"]),
        "Use": lambda row: ", ".join(dict.fromkeys(spaced(row[name]) for name in used if known(row, name))),
        "Years": lambda row: "–".join(fixed(row.get(end), 0).replace(",", "") for end in years),
        "Source": lambda row: words(row.get("citation")),
    }
    return listed(rows, columns, text_columns=4, widths=[28, 24, 12, 36])


def models_table(results: Results) -> Table:
    """Models of joining with what they are, in the order of the config."""
    models = results.settings["models"]
    columns = {
        "Model": results.label,
        "What it is": lambda model: words((models[model] or {}).get("description")),
    }
    return listed(results.models, columns, text_columns=2, widths=[30, 70])


def parameters_table(results: Results) -> Table:
    """The main model's parameters, without those of single missions and states."""
    rows = results.table("parameters.csv")
    states = results.data["state_name"].to_series()
    single = rows["parameter"].str.extract(r"\[([^\],]*)", expand=False)
    single = single.isin([*results.mission_labels, *states.index.astype(str), *states])
    columns = {
        "Parameter": cell(words, "label"),
        "Mean (interval)": estimate,
        "Contraction": cell(fixed, "contraction"),
    }
    return listed(rows[(rows["model"] == results.main_model) & ~single].to_dict("records"), columns)


def measurement_table(results: Results) -> Table:
    """Each measurement's items with loading and sd of the error."""
    labels = dict(zip(results.data["indicator"].values, results.data["indicator_label"].values, strict=True))
    items: dict[tuple, dict] = {}
    for row in results.records("parameters.csv"):
        part, _, element = row["parameter"].rstrip("]").partition("[")
        if row["model"] not in results.models and element:
            items.setdefault((row["model"], element), {})[part] = row
    columns = {
        "Measurement": lambda key: str(results.label(key[0])),
        "Indicator": lambda key: str(labels.get(key[1], key[1])),
    }
    for header, part in {"Loading": "loading", "Error sd": "error_sd"}.items():
        columns[header] = lambda key, part=part: estimate(items[key][part]) if part in items[key] else MISSING
    return listed([key for key, parts in items.items() if "loading" in parts], columns, text_columns=2)


def ranks_table(results: Results, years: tuple[int, ...] = RANK_YEARS, longest: int = 15) -> Table:
    """States with the highest and the lowest quality in some years."""
    quality = results.quality("smoothed").sort_values("mean", ascending=False, kind="stable")
    quality = quality.assign(shown=quality["name"] + " " + quality["mean"].map(lambda mean: fixed(mean, 1)))
    names = {year: quality.loc[quality["year"] == year, "shown"].tolist() for year in years}
    names = {year: states for year, states in names.items() if len(states) >= 2}
    count = min([longest, *(len(states) // 2 for states in names.values())]) if names else 0
    places = [(str(place + 1), place) for place in range(count)]
    places += [(f"last but {place - 1}" if place > 1 else "last", -place) for place in range(count, 0, -1)]
    columns = {"Rank": lambda place: place[0]} | {
        str(year): lambda place, states=states: states[place[1]] for year, states in names.items()
    }
    return listed(places, columns, text_columns=len(columns), widths=[11, *[15] * len(names)])


def diagnostics_table(results: Results) -> Table:
    """The gate's worst figures by model."""

    def worst(model: str, name: str, decimals: int, highest: bool) -> str:
        checks = results.diagnostics[model]["checks"]
        values = [check["value"] for check in checks if check["check"] == name and check["value"] is not None]
        return fixed((max if highest else min)(values), decimals) if values else MISSING

    columns = {
        "Model": results.label,
        "Gate": lambda model: "passed" if results.diagnostics[model]["verdict"] == "pass" else "failed",
    }
    for name, (header, decimals, highest) in GATE.items():
        columns[header] = lambda model, look=(name, decimals, highest): worst(model, *look)
    return listed(results.diagnostics, columns, text_columns=2, dropping=True)


def multiverse_table(results: Results) -> Table:
    """The default set of indicators, and those with the lowest and the highest effect of quality."""
    rows = results.table("multiverse.csv").sort_values("quality_effect", kind="stable")
    rows = rows[rows["quality_effect"].notna()]
    ends = pd.concat([rows.head(5), rows[rows["set"] == 0], rows.tail(5)]).drop_duplicates("set")
    columns = {
        "Indicators": cell(spaced, "indicators"),
        "Correlation": cell(fixed, "correlation_with_default"),
        "Quality, points": cell(points, "quality_effect"),
        "Ties, points": cell(points, "ties_effect"),
        "Quality larger": cell(fixed, "quality_larger"),
    }
    return listed(ends.to_dict("records"), columns, widths=[48, 13, 13, 13, 13])


# Name -> how it is made, and the file it is made from.
TABLES = {
    "objections": (objections_table, "verdicts.json"),
    "effects": (effects_table, "effects.csv"),
    "within": (partial(effects_table, split=True), "effects.csv"),
    "scopes": (scopes_table, "effects.csv"),
    "tallies": (tallies_table, "checks"),
    "comparison": (comparison_table, "comparison/totals.csv"),
    "conflicts": (partial(predicted_table, name="conflicts", column="conflict"), "comparison/conflicts.csv"),
    "future": (partial(predicted_table, name="future", column="mission"), "comparison/future.csv"),
    "missions": (missions_table, "data/analysis.nc"),
    "columns": (columns_table, "codebook"),
    "models": (models_table, "config.yaml"),
    "parameters": (parameters_table, "parameters.csv"),
    "measurement": (measurement_table, "parameters.csv"),
    "ranks": (ranks_table, "quality.csv"),
    "diagnostics": (diagnostics_table, "diagnostics.json"),
    "multiverse": (multiverse_table, "multiverse.csv"),
}
