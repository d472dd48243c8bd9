"""The tables of the paper and the report: a run's files in, pipe tables (Markdown) out.

`write_tables` writes one `<name>.md` a table, which pandoc carries into every format. A table whose input was not made is
left out.
"""

import math
import re
from pathlib import Path

import pandas as pd

from workflow.lib.presentation import quantities, style
from workflow.lib.presentation.results import Results
from workflow.lib.presentation.wording import MISSING, fixed, interval, points, probability

ROLE_LABELS = {
    "tie_count": "tie count",
    "tie_exposure": "tie exposure",
    "quality": "quality",
    "personal_contact": "personal contact",
    "cooperativeness": "cooperativeness",
    "hierarchy": "hierarchy",
    "payment": "payment",
    "control": "control",
    "rival_tie": "tie with a rival",
    "placebo": "placebo",
    "other": "description",
}
FAMILIES = {"normal": "normal", "bernoulli": "Bernoulli", "negative_binomial": "negative binomial"}
PANDOC_COLUMNS = 900
CHECK_LABELS = {
    "negative_control_exposure": "Ties with rivals",
    "negative_control_outcome": "Missions led by others",
    "timing_placebo": "Later ties",
    "labels": "Participation lists",
}
ITEM_WORDS = {" instead of ties": " (instead of ties)", " beside ties": " (beside ties)"}


def escape(text) -> str:
    """Free text for one Markdown cell: nothing in it is markup, nothing breaks the row."""
    if text is None or (isinstance(text, float) and pd.isna(text)):
        return MISSING
    plain = re.sub(r"\s+", " ", str(text)).strip()
    return re.sub(r"([\\`*_{}\[\]<>#$@|~^])", r"\\\1", plain)


def pipe_table(frame: pd.DataFrame, widths: list[int] | None = None, text_columns: int = 1) -> str:
    """A data frame of ready cells as a pipe table.

    Parameters
    ----------
    frame : DataFrame
        Cells are Markdown already.
    widths : list of int, optional
        Relative widths of the columns; without them columns are as wide as their text.
    text_columns : int
        This many first columns are set flush left, the others flush right.

    Returns
    -------
    str
    """
    headers = [str(name) for name in frame.columns]
    # pandoc makes columns of relative width only when a line is longer than its --columns (PANDOC_COLUMNS)
    unit = math.ceil(PANDOC_COLUMNS / sum(widths)) if widths else 1
    rules = []
    for position in range(len(headers)):
        dashes = "-" * (widths[position] * unit if widths else 3)
        rules.append(":" + dashes if position < text_columns else dashes + ":")
    rows = [headers, rules, *([str(cell) for cell in row] for row in frame.itertuples(index=False))]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def with_interval(row, form=fixed) -> str:
    """`mean (lower to upper)`, or a dash."""
    if row is None or pd.isna(row["mean"]):
        return MISSING
    return f"{form(row['mean'])} ({interval(row['lower'], row['upper'], form)})"


def effect_row(results: Results, model: str, estimand: str, scope: str = "all"):
    """The row of effects.csv, or None."""
    rows = results.effects
    rows = rows[(rows["model"] == model) & (rows["estimand"] == estimand) & (rows["scope"] == scope)]
    return None if rows.empty else rows.iloc[0]


def missions_table(results: Results) -> str:
    """Missions: start, mandate, horizon, eligible and joining states, grade of the evidence."""
    data = results.data
    joined = data["joined"]
    listed = results.input_table("missions")
    evidence = dict(zip(listed["mission"], listed["evidence"], strict=True)) if "evidence" in listed else {}
    covariates = {}
    if "mission_covariate_value" in data:
        covariates = {
            str(name): data["mission_covariate_value"].sel(mission_covariate=name)
            for name in data["mission_covariate"].values
        }
    rows = []
    for mission, label in results.mission_labels.items():
        row = {"Mission": escape(label), "Start": int(data["start_year"].sel(mission=mission))}
        for name, values in covariates.items():
            value = float(values.sel(mission=mission))
            row[style.column_label(name)] = {1.0: "yes", 0.0: "no"}.get(value, fixed(value))
        own = joined.sel(mission=mission)
        row |= {
            "Eligible": int(own.notnull().sum()),
            "Joined": int(own.sum()),
            "Evidence": evidence.get(mission, MISSING),
        }
        rows.append(row)
    return pipe_table(pd.DataFrame(rows))


def columns_table(results: Results) -> str:
    """Columns of the state-year table with role, years, share of filled cells in these years, and source."""
    codebook, share = results.input_table("codebook"), quantities.coverage_by_year(results)
    if codebook.empty:
        return ""
    rows = []
    for entry in codebook.to_dict("records"):
        column = entry["column"]
        filled = share.loc[column].dropna() if column in share.index else pd.Series(dtype=float)
        filled = filled[filled > 0]
        years = f"{int(filled.index.min())}–{int(filled.index.max())}" if len(filled) else MISSING
        if entry["role"] == "key":
            continue
        rows.append(
            {
                "Column": escape(style.column_label(column)),
                "Use": ROLE_LABELS.get(entry["role"], escape(entry["role"])),
                "Years": years,
                "Filled": f"{100 * filled.mean():.0f} %" if len(filled) else MISSING,
                "Source": escape(entry.get("citation")),
            }
        )
    return pipe_table(pd.DataFrame(rows), widths=[28, 14, 11, 8, 39], text_columns=5)


def estimates_table(results: Results) -> str:
    """Effects of ties and quality by model, in percentage points."""
    rows = []
    for model in results.models:
        beats = effect_row(results, model, "quality_beats_ties")
        attenuation = effect_row(results, model, "attenuation")
        rows.append(
            {
                "Model": style.model_label(model),
                "Ties": with_interval(effect_row(results, model, "ties_effect"), points),
                "Quality": with_interval(effect_row(results, model, "quality_effect"), points),
                "Pr(quality > ties)": MISSING if beats is None else probability(beats["mean"]),
                "Attenuation": with_interval(attenuation),
            }
        )
    return pipe_table(pd.DataFrame(rows))


def comparison_table(results: Results) -> str:
    """Scores by model: PSIS-LOO over decisions, held-out missions, later missions predicted from earlier ones."""
    loo, held_out = results.comparison["loo"], quantities.total_scores(results)
    future = quantities.total_scores(results, "future")
    if loo.empty and held_out.empty:
        return ""
    best = float(loo["elpd"].max()) if not loo.empty else float("nan")
    rows = []
    for model in results.models:
        row = {"Model": style.model_label(model)}
        if not loo.empty:
            own = loo[loo["model"] == model]
            score = own.iloc[0] if len(own) else None
            row["elpd (se)"] = (
                MISSING if score is None else f"{fixed(score['elpd'], 1)} ({fixed(score['se'], 1)})"
            )
            row["Behind best (se)"] = (
                MISSING
                if score is None
                else f"{fixed(best - score['elpd'], 1)} ({fixed(score['se_diff'], 1)})"
            )
            row["Weight"] = MISSING if score is None else fixed(score["weight"])
        if not held_out.empty:
            own = held_out[held_out["model"] == model]
            row["Held-out log score"] = fixed(own.iloc[0]["log_score"], 1) if len(own) else MISSING
            row["Brier"] = fixed(own.iloc[0]["brier"], 3) if len(own) else MISSING
        if not future.empty:
            own = future[future["model"] == model]
            year = results.comparison["future"]["cutoff_year"].iloc[0]
            row[f"From {year}"] = fixed(own.iloc[0]["log_score"], 1) if len(own) else MISSING
        rows.append(row)
    return pipe_table(pd.DataFrame(rows))


def worst_check(diagnostics: dict, name: str) -> dict | None:
    """The check of one name with the figure furthest towards its threshold, over parameters and estimands."""
    checks = [
        check
        for check in diagnostics.get("checks", [])
        if check["check"] == name and check["value"] is not None
    ]
    if not checks:
        return None
    highest = name in ("r_hat", "divergences", "pareto_k")
    return (max if highest else min)(checks, key=lambda check: check["value"])


def diagnostics_table(results: Results) -> str:
    """The gate's figures by model."""
    forms = {"r_hat": 3, "ess_bulk": 0, "ess_tail": 0, "divergences": 0, "bfmi": 2}
    words = {
        "r_hat": "Largest R-hat",
        "ess_bulk": "Bulk ESS",
        "ess_tail": "Tail ESS",
        "divergences": "Divergences",
        "bfmi": "BFMI",
    }
    rows = []
    for model, diagnostics in results.diagnostics.items():
        row = {
            "Model": style.model_label(model),
            "Gate": "passed" if diagnostics["verdict"] == "pass" else "failed",
        }
        for name, decimals in forms.items():
            check = worst_check(diagnostics, name)
            row[words[name]] = MISSING if check is None else fixed(check["value"], decimals)
        rows.append(row)
    return pipe_table(pd.DataFrame(rows), text_columns=2) if rows else ""


def item_words(item: str) -> str:
    """The item of a control in the paper's words."""
    for ending, words in ITEM_WORDS.items():
        stem = item.removesuffix(ending)
        if stem != item:
            return style.column_label(stem) + words
    return style.column_label(item) if re.fullmatch(r"[a-z0-9_]+", item) else item


def controls_table(results: Results) -> str:
    """Negative controls and timing placebo: slopes that should be near zero."""
    checks = results.checks
    if checks.empty:
        return ""
    names = ["negative_control_exposure", "negative_control_outcome", "timing_placebo"]
    rows = checks[checks["check"].isin(names)]
    if rows.empty:
        return ""
    table = [
        {
            "Check": CHECK_LABELS[row["check"]],
            "Term": escape(item_words(row["item"])),
            "Slope (interval)": f"{fixed(row['estimate'])} ({interval(row['lower'], row['upper'])})",
            "Slope of ties": fixed(row["comparison_estimate"]),
            "Rows": f"{int(row['n_rows']):,}",
        }
        for row in rows.to_dict("records")
    ]
    return pipe_table(pd.DataFrame(table), text_columns=2)


def sensitivity_table(results: Results) -> str:
    """Refits that change labels, priors, missions or the eligible set, beside the main estimate."""
    checks = results.checks
    if checks.empty or "reverses" not in checks:
        return ""
    rows = checks[checks["reverses"].notna() & checks["scope"].isin(["ties_effect", "quality_effect"])]
    if rows.empty:
        return ""
    words = {"ties_effect": "ties", "quality_effect": "quality"}
    table = [
        {
            "Check": CHECK_LABELS.get(row["check"], escape(str(row["check"]).replace("_", " ").capitalize())),
            "Variant": escape(row["item"]),
            "Effect of": words[row["scope"]],
            "Points (interval)": f"{points(row['estimate'])} ({interval(row['lower'], row['upper'], points)})",
            "Main": points(row["comparison_estimate"]),
        }
        for row in rows.to_dict("records")
    ]
    return pipe_table(pd.DataFrame(table), text_columns=3)


def priors_table(results: Results) -> str:
    """Power-scaling sensitivity of parameters to priors and likelihood."""
    checks = results.checks
    if checks.empty or "diagnosis" not in checks:
        return ""
    rows = checks[checks["diagnosis"].notna()]
    table = [
        {
            "Parameter": escape(str(row["parameter"]).replace("_", " ")),
            "Prior": fixed(row["prior"]),
            "Likelihood": fixed(row["likelihood"]),
            "Diagnosis": escape(row["diagnosis"]),
        }
        for row in rows.to_dict("records")
    ]
    return pipe_table(pd.DataFrame(table)) if table else ""


def loadings_table(results: Results) -> str:
    """Loadings of indicators and tie counts."""
    loadings = quantities.loadings(results)
    if loadings.empty:
        return ""
    kinds = {
        "indicator": "indicator of quality",
        "tie on quality": "tie count on quality",
        "tie on opportunity": "tie count on opportunity",
    }
    rows = [
        {
            "Item": escape(style.column_label(row["item"])),
            "Loading of": kinds[row["kind"]],
            "Family": FAMILIES.get(row["family"], MISSING),
            "Mean (interval)": with_interval(row),
        }
        for row in loadings.to_dict("records")
    ]
    return pipe_table(pd.DataFrame(rows), text_columns=3)


def parameters_table(results: Results) -> str:
    """Outcome parameters of the main model on the logit scale."""
    rows = [
        {"Parameter": escape(row["label"]), "Mean (interval)": with_interval(row)}
        for row in quantities.outcome_parameters(results, results.main_model).to_dict("records")
    ]
    return pipe_table(pd.DataFrame(rows)) if rows else ""


def mission_effects_table(results: Results) -> str:
    """Effects and additional joiners by mission under the main model."""
    rows = []
    for mission, label in results.mission_labels.items():
        scope = f"mission:{mission}"
        row = {"Mission": escape(label)}
        for words, estimand, form in (
            ("Ties, points", "ties_effect", points),
            ("Quality, points", "quality_effect", points),
            ("Ties, joiners", "joiners_ties", lambda value: fixed(value, 1)),
            ("Quality, joiners", "joiners_quality", lambda value: fixed(value, 1)),
        ):
            found = effect_row(results, results.main_model, estimand, scope)
            if found is not None:
                row[words] = with_interval(found, form)
        if len(row) > 1:
            rows.append(row)
    return pipe_table(pd.DataFrame(rows).fillna(MISSING)) if rows else ""


TABLES = {
    "missions": missions_table,
    "estimates": estimates_table,
    "comparison": comparison_table,
    "controls": controls_table,
    "sensitivity": sensitivity_table,
    "priors": priors_table,
    "columns": columns_table,
    "diagnostics": diagnostics_table,
    "loadings": loadings_table,
    "parameters": parameters_table,
    "mission_effects": mission_effects_table,
}


def collect_tables(results: Results) -> dict[str, str]:
    """Name -> pipe table, for every table whose input was made."""
    tables = {name: make(results) for name, make in TABLES.items()}
    return {name: text for name, text in tables.items() if text}


def write_tables(results_dir, output_dir, settings) -> list[str]:
    """Write every table as Markdown.

    Parameters
    ----------
    results_dir : path
        `results/`: data/analysis.nc, effects.csv, <model>/diagnostics.json; where made comparison/*.csv, checks/*.csv,
        <model>/posterior.nc; the tables named in `settings.data`.
    output_dir : path
        Folder for `<name>.md`; tables of an earlier run that are not made now are removed.
    settings : Mapping or typed settings
        The resolved config.

    Returns
    -------
    list of str
        Names of the tables written.
    """
    folder = Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    tables = collect_tables(Results.load(results_dir, settings))
    for name in TABLES:
        (folder / f"{name}.md").unlink(missing_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return list(tables)
