"""Every number that the paper and the report print: a run's files in, results/numbers.json out.

`numbers.json` maps a key to `value` (a plain number, truth value or word), `text` (as it is printed) and `file` (where it
came from, relative to the results folder; `config` for settings). The manuscript may print nothing else: a key that is not
there stops the build. What a text may claim is decided by `wording`, from the posterior, never by the manuscript.
"""

import json
import re
from pathlib import Path

import pandas as pd

from workflow.lib.checking.predictive import failed_checks
from workflow.lib.presentation import quantities, style, tables, wording
from workflow.lib.presentation.results import Results

EFFECTS = ("ties_effect", "quality_effect")
EFFECT_WORDS = {"ties_effect": "the number of ties", "quality_effect": "the quality of the relationship"}
ERAS = {"before_1990": "era:before_1990", "from_1990": "era:from_1990"}
SURPRISES_NAMED = 4
# models to which quality is given, and how
WITHOUT_FEEDBACK = {"plugin": "its estimate is plugged in", "cut": "its draws are passed on without feedback"}
CHECK_WORDS = {
    "joiners_per_mission": "joiners of single missions",
    "spread_of_joiners": "spread of the number of joiners",
    "repeat_joiners": "repeat joiners",
    "joiners_by_region": "joiners by region and era",
    "pairs": "pairs of states and of missions",
    "calibration": "calibration",
    "indicator": "distributions of the indicators",
    "differential_functioning": "indicators by era and bloc",
}


class Collector:
    """Gathers entries; a key can be given only once."""

    def __init__(self):
        self.entries: dict[str, dict] = {}

    def add(self, key: str, value, text: str, file: str) -> None:
        """Add one number.

        Raises
        ------
        ValueError
            If the key exists.
        """
        if key in self.entries:
            raise ValueError(f"{key}: collected twice")
        self.entries[key] = {"value": wording.plain(value), "text": text, "file": file}

    def add_count(self, key: str, value, file: str) -> None:
        """Add a whole number, printed with thousands separators."""
        self.add(key, int(value), f"{int(value):,}", file)

    def add_summary(self, key: str, row, form, file: str) -> None:
        """Add `.mean`, `.interval`, `.sign` and `.verdict` of an estimate with its interval."""
        mean, lower, upper = (float(row[name]) for name in ("mean", "lower", "upper"))
        self.add(f"{key}.mean", mean, form(mean), file)
        self.add(f"{key}.lower", lower, form(lower), file)
        self.add(f"{key}.upper", upper, form(upper), file)
        self.add(f"{key}.interval", None, wording.interval(lower, upper, form), file)
        self.add(f"{key}.sign", wording.sign(lower, upper), wording.sign(lower, upper), file)
        self.add(f"{key}.verdict", None, wording.sign_sentence(lower, upper), file)


def add_settings(out: Collector, results: Results) -> None:
    """Interval, sampler, gate, seed."""
    out.add("settings.interval", results.interval, results.interval_text, "config")
    sampler, gate = results.settings.get("sampler") or {}, results.settings.get("gate") or {}
    for name in ("chains", "tune", "draws"):
        if name in sampler:
            out.add_count(f"settings.{name}", sampler[name], "config")
    for name in ("tune", "draws"):
        different = {
            model: own[name]
            for model, terms in (results.settings.get("models") or {}).items()
            if model in results.models and (own := terms.get("sampler") or {}).get(name)
        }
        if different:
            words = [f"{number:,} in the {in_a_sentence(model)}" for model, number in different.items()]
            out.add(f"settings.{name}_of_some", len(different), wording.listing(words), "config")
    for name, decimals in (("r_hat", 2), ("ess_bulk", 0), ("ess_tail", 0), ("bfmi", 1), ("pareto_k", 1)):
        if name in gate:
            out.add(f"settings.gate.{name}", gate[name], wording.fixed(gate[name], decimals), "config")
    out.add("settings.seed", results.settings.get("seed"), str(results.settings.get("seed")), "config")
    main = style.model_label(results.main_model)
    out.add("settings.main_model", results.main_model, main, "effects.csv")
    out.add("settings.main_model_lower", results.main_model, in_a_sentence(results.main_model), "effects.csv")


def add_data(out: Collector, results: Results) -> None:
    """Size of the data."""
    data, file = results.data, "data/analysis.nc"
    joined = data["joined"]
    eligible, members = int(joined.notnull().sum()), int(joined.sum())
    out.add_count("data.missions", joined.sizes["mission"], file)
    out.add_count("data.states", int(joined.notnull().any("mission").sum()), file)
    out.add_count("data.rows", eligible, file)
    out.add_count("data.joined", members, file)
    out.add("data.share_joined", members / eligible, f"{100 * members / eligible:.0f} %", file)
    for name, value in (("first_start", data["start_year"].min()), ("last_start", data["start_year"].max())):
        out.add(f"data.{name}", int(value), str(int(value)), file)
    per_mission = joined.sum("state")
    fewest, most = int(per_mission.values.argmin()), int(per_mission.values.argmax())
    for name, position in (("fewest", fewest), ("most", most)):
        mission = str(data["mission"].values[position])
        out.add_count(f"data.joiners_{name}", per_mission.values[position], file)
        out.add(f"data.joiners_{name}.mission", mission, results.label_of(mission), file)
    times = joined.sum("mission")
    out.add_count("data.states_never_joined", int((times == 0).sum()), file)
    out.add_count("data.states_joined_often", int((times >= 5).sum()), file)
    scale = data["ties"].attrs.get("scale")
    if scale is not None:
        out.add("data.ties_scale", float(scale), wording.fixed(scale), file)
    for name, dimension in (
        ("tie_counts", "tie_item"),
        ("indicators", "indicator"),
        ("panel_years", "panel_year"),
    ):
        if dimension in data.dims:
            out.add_count(f"data.{name}", data.sizes[dimension], file)
    if "tie_item" in data.coords:
        labels = [lower_first(style.column_label(str(name))) for name in data["tie_item"].values]
        out.add("data.tie_counts.list", None, wording.listing(labels), file)
    if "panel_year" in data.coords:
        for name, value in (
            ("panel_first", data["panel_year"].min()),
            ("panel_last", data["panel_year"].max()),
        ):
            out.add(f"data.{name}", int(value), str(int(value)), file)
    if "indicator_value" in data:
        share = float(data["indicator_value"].isnull().mean())
        out.add("data.indicators.missing", share, f"{100 * share:.0f} %", file)
    if "covariate_role" in data.coords:
        roles = data["covariate_role"].values
        controls = [
            str(name) for name, role in zip(data["covariate"].values, roles, strict=True) if role == "control"
        ]
        labels = [lower_first(style.column_label(name)) for name in controls]
        out.add("data.controls.list", None, wording.listing(labels), file)
    certainty = data["certainty"].where(joined == 1)
    for name, low, high in (("verified", 0.9, 1.1), ("probable", 0.6, 0.9), ("uncertain", 0.0, 0.6)):
        number = int(((certainty > low) & (certainty <= high)).sum())
        out.add_count(f"data.joined.{name}", number, file)
        share = number / members if members else 0.0
        out.add(f"data.joined.{name}.share", share, f"{100 * share:.0f} %", file)


def add_dropped(out: Collector, results: Results) -> None:
    """Eligible pairs that could not be scored, and participants that are not in the analysis."""
    file = "data/analysis.nc"
    dropped = json.loads(results.data.attrs.get("dropped", "{}"))
    for name in ("eligible", "dropped"):
        if name in dropped:
            out.add_count(f"data.pairs_{name}", dropped[name], file)
    for name in ("joiners_lost", "joiners_not_eligible"):
        if name in dropped:
            rows = dropped[name]
            out.add(f"data.{name}", len(rows), wording.count(len(rows), "participation"), file)
            names = [f"{row['name']} in {results.label_of(row['mission'])}" for row in rows]
            out.add(f"data.{name}.list", None, wording.listing(names), file)


def in_a_sentence(model: str) -> str:
    """A model's name after "the": `joint model`, or `model “Mission effects”`."""
    label = style.model_label(model)
    return lower_first(label) if label.endswith("model") else f"model “{label}”"


def lower_first(text: str) -> str:
    """Text for the middle of a sentence: first letter small unless the word is an abbreviation."""
    return text if re.match(r"[A-Z]{2}", text) else text[:1].lower() + text[1:]


def add_effects(out: Collector, results: Results) -> None:
    """Estimands of every model."""
    file = "effects.csv"
    out.add("models.count", len(results.models), wording.count(len(results.models), "model"), file)
    for model in results.models:
        prefix = f"model.{model}"
        out.add(f"{prefix}.label", style.model_label(model), style.model_label(model), file)
        for estimand in EFFECTS:
            for name, scope in {"all": "all", **ERAS}.items():
                row = tables.effect_row(results, model, estimand, scope)
                if row is not None:
                    key = f"{prefix}.{estimand}" if name == "all" else f"{prefix}.{estimand}.{name}"
                    out.add_summary(key, row, wording.points, file)
        row = tables.effect_row(results, model, "attenuation")
        if row is not None:
            out.add_summary(
                f"{prefix}.attenuation", row, lambda value: f"{wording.fixed(100 * value, 0)} %", file
            )
        row = tables.effect_row(results, model, "quality_beats_ties")
        if row is not None:
            value = float(row["mean"])
            out.add(f"{prefix}.quality_beats_ties", value, wording.probability(value), file)
            verdict = wording.comparison(value, results.interval)
            out.add(f"{prefix}.quality_beats_ties.sign", verdict, verdict, file)
            sentence = wording.comparison_sentence(value, results.interval)
            out.add(f"{prefix}.quality_beats_ties.verdict", None, sentence, file)


def add_parameters(out: Collector, results: Results) -> None:
    """Outcome parameters of every model with a posterior file, logit scale."""
    for model in results.models:
        for row in quantities.outcome_parameters(results, model).to_dict("records"):
            out.add_summary(f"parameter.{model}.{row['name']}", row, wording.fixed, f"{model}/posterior.nc")


def add_measurement(out: Collector, results: Results) -> None:
    """Loadings and what they say about the measure."""
    loadings = quantities.loadings(results)
    if loadings.empty:
        return
    file = f"{results.quality_model}/posterior.nc"
    for row in loadings.to_dict("records"):
        kind = row["kind"].replace(" ", "_")
        out.add_summary(f"loading.{kind}.{row['item']}", row, wording.fixed, file)
    items = loadings[loadings["kind"] == "indicator"].sort_values("mean", ascending=False, key=abs)
    clear = items[(items["lower"] > 0) | (items["upper"] < 0)]
    names = [lower_first(style.column_label(name)) for name in clear["item"]]
    out.add("quality.clear_loadings", len(clear), wording.count(len(clear), "indicator"), file)
    out.add("quality.clear_loadings.list", None, wording.listing(names), file)
    unclear = [
        lower_first(style.column_label(name)) for name in items["item"] if name not in set(clear["item"])
    ]
    out.add("quality.unclear_loadings", len(unclear), wording.count(len(unclear), "indicator"), file)
    out.add("quality.unclear_loadings.list", None, wording.listing(unclear), file)
    strongest = [lower_first(style.column_label(name)) for name in clear["item"].head(3)]
    out.add("quality.strongest.list", None, wording.listing(strongest), file)
    expected = dict(zip(results.data["indicator"].values, results.data["direction"].values, strict=True))
    against = [
        lower_first(style.column_label(row.item))
        for row in clear.itertuples()
        if pd.notna(expected.get(row.item)) and float(expected[row.item]) * row.mean < 0
    ]
    out.add("quality.against_expectation", len(against), wording.count(len(against), "indicator"), file)
    out.add("quality.against_expectation.list", None, wording.listing(against), file)
    ties = loadings[loadings["kind"] == "tie on quality"]
    clear_ties = ties[(ties["lower"] > 0) | (ties["upper"] < 0)]
    labels = [lower_first(style.column_label(name)) for name in clear_ties["item"]]
    out.add("ties.on_quality", len(clear_ties), wording.count(len(clear_ties), "tie count"), file)
    out.add("ties.on_quality.list", None, wording.listing(labels), file)
    posterior = results.posterior(results.quality_model)
    if "quality_static_share" in posterior:
        row = quantities.summarise_draws(
            posterior["quality_static_share"].expand_dims("item", axis=2), results.interval
        ).iloc[0]
        out.add_summary("quality.static_share", row, wording.fixed, file)


def add_slopes(out: Collector, results: Results) -> None:
    """How the slopes differ between missions."""
    slopes = quantities.mission_slopes(results)
    if slopes.empty:
        return
    for slope, rows in slopes.groupby("slope"):
        file = f"{rows['model'].iloc[0]}/posterior.nc"
        above = int((rows["lower"] > 0).sum())
        out.add_count(f"slopes.{slope}.missions", len(rows), file)
        out.add(f"slopes.{slope}.above_zero", above, wording.count(above, "mission"), file)
        for name, row in (
            ("smallest", rows.loc[rows["mean"].idxmin()]),
            ("largest", rows.loc[rows["mean"].idxmax()]),
        ):
            out.add_summary(f"slopes.{slope}.{name}", row, wording.fixed, file)
            out.add(f"slopes.{slope}.{name}.mission", row["mission"], row["mission_label"], file)


def add_diagnostics(out: Collector, results: Results) -> None:
    """The gate's worst figures over all models."""
    worst = {
        "r_hat": (max, 3),
        "ess_bulk": (min, 0),
        "ess_tail": (min, 0),
        "divergences": (max, 0),
        "bfmi": (min, 2),
    }
    failed = [name for name, found in results.diagnostics.items() if found["verdict"] != "pass"]
    out.add(
        "gate.models",
        len(results.diagnostics),
        wording.count(len(results.diagnostics), "model"),
        "diagnostics.json",
    )
    labels = [style.model_label(name) for name in failed]
    out.add("gate.failed", len(failed), wording.listing(labels), "diagnostics.json")
    for name, (pick, decimals) in worst.items():
        found = {model: tables.worst_check(entry, name) for model, entry in results.diagnostics.items()}
        found = {model: check for model, check in found.items() if check is not None}
        if not found:
            continue
        model = pick(found, key=lambda key: found[key]["value"])
        value = found[model]["value"]
        out.add(f"gate.{name}", value, wording.fixed(value, decimals), f"{model}/diagnostics.json")
        out.add(f"gate.{name}.model", model, style.model_label(model), f"{model}/diagnostics.json")


def add_comparison(out: Collector, results: Results) -> None:
    """Scores by model and their differences."""
    loo = results.comparison["loo"]
    if not loo.empty:
        file = "comparison/loo.csv"
        best = loo.loc[loo["elpd"].idxmax()]
        out.add("loo.best", best["model"], style.model_label(best["model"]), file)
        out.add_count("loo.pareto_k_above", loo["pareto_k_above"].sum(), file)
        for row in loo.to_dict("records"):
            out.add(f"loo.{row['model']}.elpd", row["elpd"], wording.fixed(row["elpd"], 1), file)
            out.add(f"loo.{row['model']}.se", row["se"], wording.fixed(row["se"], 1), file)
            behind = float(best["elpd"] - row["elpd"])
            out.add(f"loo.{row['model']}.behind", behind, wording.fixed(behind, 1), file)
            out.add(f"loo.{row['model']}.behind_se", row["se_diff"], wording.fixed(row["se_diff"], 1), file)
    add_missions_not_seen(out, results, "held_out", "missions")
    add_missions_not_seen(out, results, "future", "future")
    future = results.comparison["future"]
    if not future.empty:
        year = int(future["cutoff_year"].iloc[0])
        out.add("future.from", year, str(year), "comparison/future.csv")


def add_missions_not_seen(out: Collector, results: Results, prefix: str, table: str) -> None:
    """Scores of missions that the models had not seen, and differences of the fullest of them from the others."""
    totals, file = quantities.total_scores(results, table), f"comparison/{table}.csv"
    if totals.empty:
        return
    best = totals.loc[totals["log_score"].idxmax(), "model"]
    fullest = quantities.fullest_scored(results, table)
    out.add(f"{prefix}.best", best, style.model_label(best), file)
    out.add(f"{prefix}.fullest", fullest, style.model_label(fullest), file)
    out.add_count(f"{prefix}.missions", totals["missions"].iloc[0], file)
    for row in totals.to_dict("records"):
        key = f"{prefix}.{row['model']}"
        out.add(f"{key}.log_score", row["log_score"], wording.fixed(row["log_score"], 1), file)
        out.add(f"{key}.brier", row["brier"], wording.fixed(row["brier"], 3), file)
        found = quantities.score_difference(results, fullest, row["model"], table)
        if row["model"] != fullest and found is not None:
            key = f"{prefix}.fullest_minus_{row['model']}"
            out.add(key, found[0], wording.fixed(found[0], 1), file)
            out.add(f"{key}.se", found[1], wording.fixed(found[1], 1), file)
            out.add(f"{key}.verdict", None, wording.difference_sentence(*found), file)


def add_checks(out: Collector, results: Results) -> None:
    """Predictive checks, controls, sensitivity."""
    joiners = quantities.joiners(results)
    covered = int(
        ((joiners["observed"] >= joiners["lower"]) & (joiners["observed"] <= joiners["upper"])).sum()
    )
    file = {
        "held out": "comparison/missions.csv",
        "fitted": "checks",
        "mean probabilities": "predictions.csv",
    }
    source = joiners["source"].iloc[0]
    out.add("joiners.source", source, source, file[source])
    out.add_count("joiners.covered", covered, file[source])
    out.add_count("joiners.missions", len(joiners), file[source])
    checks = results.checks
    if checks.empty:
        return
    if "p_value" in checks:
        predictive = checks["p_value"].notna() & (checks["file"] == "checks/predictive.csv")
        if predictive.any():
            add_predictive(out, results, checks[predictive])
        add_measure(out, checks)
    if "excludes_zero" in checks:
        controls = checks[checks["excludes_zero"].notna()]
        for check, rows in controls.groupby("check"):
            add_controls(out, check, rows.assign(excludes_zero=rows["excludes_zero"].astype(str) == "True"))
    e_values = checks[checks["check"] == "e_value"]
    for row in e_values.to_dict("records"):
        out.add(
            f"e_value.{row['model']}.{row['item']}",
            row["estimate"],
            wording.fixed(row["estimate"]),
            row["file"],
        )
    if len(e_values):
        model = e_values["model"].iloc[0]
        out.add("e_value.model", model, style.model_label(model), e_values["file"].iloc[0])
    if "reverses" in checks:
        refits = checks[checks["reverses"].notna()]
        reverses = refits["reverses"].astype(str) == "True"
        if len(refits):
            out.add("refits.count", len(refits), wording.count(len(refits), "estimate"), "checks")
            names = [tables.escape(name) for name in refits.loc[reverses, "item"].unique()]
            out.add("refits.reversed", int(reverses.sum()), wording.listing(names), "checks")
    if "diagnosis" in checks:
        priors = checks[checks["diagnosis"].notna()]
        sensitive = priors[priors["diagnosis"] != "none"]
        if len(priors):
            file = priors["file"].iloc[0]
            names = [str(name).replace("_", " ") for name in sensitive["parameter"]]
            out.add("priors.checked", len(priors), wording.count(len(priors), "parameter"), file)
            out.add("priors.sensitive", len(sensitive), wording.listing(names), file)


def add_predictive(out: Collector, results: Results, checks: pd.DataFrame) -> None:
    """Predictive checks of the main model, and how many figures each model misses.

    A figure is missed if its p-value is beyond what chance explains, with Holm's correction within each check.
    """
    for model, rows in checks.groupby("model"):
        missed = len(failed_checks(rows))
        out.add(f"predictive.{model}.failed", missed, f"{missed} of {len(rows)}", "checks")
    checks = checks[checks["model"] == results.main_model]
    if checks.empty:
        return
    failed = failed_checks(checks)
    names = [CHECK_WORDS.get(name, str(name).replace("_", " ")) for name in failed["check"].unique()]
    out.add_count("predictive.figures", len(checks), "checks")
    out.add("predictive.failed", len(failed), wording.count(len(failed), "figure"), "checks")
    out.add("predictive.failed.list", None, wording.listing(names), "checks")


def add_measure(out: Collector, checks: pd.DataFrame) -> None:
    """Checks of the measure of quality, apart from those of who joins: how many figures, how many missed, of what."""
    for check in ("indicator", "differential_functioning"):
        rows = checks[checks["check"] == check].reset_index(drop=True)
        if rows.empty:
            continue
        failed, file = failed_checks(rows), rows["file"].iloc[0]
        names = [style.column_label(str(name)) for name in failed["item"].unique()]
        out.add_count(f"measure.{check}", len(rows), file)
        out.add(f"measure.{check}.failed", len(failed), wording.count(len(failed), "figure"), file)
        out.add(f"measure.{check}.failed.list", None, wording.listing(names), file)


def add_controls(out: Collector, check: str, rows: pd.DataFrame) -> None:
    """One kind of negative control: how many, how many leave out zero, which."""
    clear = rows[rows["excludes_zero"]]
    file = rows["file"].iloc[0]
    out.add(f"controls.{check}", len(rows), wording.count(len(rows), "term"), file)
    out.add(f"controls.{check}.clear", len(clear), wording.count(len(clear), "term"), file)
    names = [tables.escape(lower_first(tables.item_words(item))) for item in clear["item"]]
    out.add(f"controls.{check}.clear.list", None, wording.listing(names), file)
    for model in rows["model"].unique()[:1]:
        out.add(f"controls.{check}.model", model, style.model_label(model), file)


def add_cases(out: Collector, results: Results) -> None:
    """Case missions: predicted and actual joiners, the least expected decisions both ways."""
    joiners = quantities.joiners(results).set_index("mission")
    rows = quantities.prediction_rows(results)
    held_out = bool(rows["held_out"].any()) if len(rows) else False
    kind = "with the mission held out" if held_out else "with the mission in the fit"
    out.add("cases.held_out", held_out, kind, "predictions.csv")
    for mission in results.cases:
        if mission not in joiners.index:
            continue
        row, key = joiners.loc[mission], f"case.{mission}"
        file = "predictions.csv"
        out.add(f"{key}.label", mission, results.label_of(mission), "data/analysis.nc")
        out.add_count(f"{key}.observed", row["observed"], file)
        out.add_count(f"{key}.eligible", row["eligible"], file)
        out.add(f"{key}.expected", row["mean"], wording.fixed(row["mean"], 1), file)
        whole = wording.interval(row["lower"], row["upper"], lambda value: wording.fixed(value, 0))
        out.add(f"{key}.interval", None, whole, file)
        place = "within" if row["lower"] <= row["observed"] <= row["upper"] else "outside"
        out.add(f"{key}.place", place, place, file)
        surprises = quantities.surprises(results, mission, SURPRISES_NAMED)
        for kind in ("joined", "absent"):
            part = surprises[surprises["kind"] == kind]
            names = [f"{row.state_name} ({wording.probability(row.mean)})" for row in part.itertuples()]
            out.add(f"{key}.{kind}", len(part), wording.listing(names), file)


def add_answer(out: Collector, results: Results) -> None:
    """The answer in sentences, for abstract, results and report; what they say follows from the posterior alone."""
    file, main = "effects.csv", results.main_model
    entries = out.entries
    name = in_a_sentence(main)
    ties = f"model.{main}.ties_effect"
    parts = []
    for key, words in (
        (ties, EFFECT_WORDS["ties_effect"]),
        (f"model.{main}.quality_effect", EFFECT_WORDS["quality_effect"]),
    ):
        if f"{key}.mean" in entries:
            parts.append(
                f"the predicted probability of joining differs by {entries[f'{key}.mean']['text']} percentage points "
                f"({results.interval_text} interval {entries[f'{key}.interval']['text']}) between the lower and the upper "
                f"quartile of {words}, a difference that {entries[f'{key}.verdict']['text']}"
            )
    out.add("answer.effects", None, f"In the {name}, other terms held equal, " + "; ".join(parts) + ".", file)
    beats = f"model.{main}.quality_beats_ties"
    if beats in entries:
        text = (
            f"The posterior probability that quality matters more than the number of ties is {entries[beats]['text']}: the "
            f"effect of quality {entries[f'{beats}.verdict']['text']} that of the number of ties."
        )
        out.add("answer.comparison", entries[f"{beats}.sign"]["value"], text, file)
    naive = "pooled" if "pooled" in results.models else results.models[0]
    attenuation = f"model.{main}.attenuation"
    if naive != main and f"{attenuation}.mean" in entries:
        sign = entries[f"{attenuation}.sign"]["value"]
        tail = {
            "positive": f"of it, {entries[f'{attenuation}.mean']['text']} "
            f"(interval {entries[f'{attenuation}.interval']['text']}) is gone in the {name}",
            "negative": f"in the {name} it is larger, not smaller",
            "uncertain": f"the {name} does not credibly change its size (attenuation "
            f"{entries[f'{attenuation}.mean']['text']}, interval {entries[f'{attenuation}.interval']['text']})",
        }[sign]
        text = (
            f"The model “{style.model_label(naive)}”, the design under review, puts the association of ties with joining at "
            f"{entries[f'model.{naive}.ties_effect.mean']['text']} percentage points "
            f"({entries[f'model.{naive}.ties_effect.interval']['text']}); {tail}."
        )
        out.add("answer.attenuation", sign, text, file)
    add_feedback(out, results)
    add_predictions(out)


def add_predictions(out: Collector) -> None:
    """How the fullest model predicts missions that it has not seen, beside the others, in sentences."""
    entries = out.entries
    for prefix, answer, words in (
        ("held_out", "answer.prediction", "On missions it has not seen"),
        ("future", "answer.future", "On the {missions} missions from {year} on, fitted to those before"),
    ):
        start = f"{prefix}.fullest_minus_"
        by_verdict: dict[str, list[str]] = {}
        for key in entries:
            if key.startswith(start) and key.endswith(".verdict"):
                model = key[len(start) : -len(".verdict")]
                by_verdict.setdefault(entries[key]["text"], []).append(f"“{style.model_label(model)}”")
        if not by_verdict:
            continue
        sentences = [f"{verdict} {wording.listing(models)}" for verdict, models in by_verdict.items()]
        if prefix == "future":
            words = words.format(
                missions=entries["future.missions"]["text"], year=entries["future.from"]["text"]
            )
        fullest = in_a_sentence(entries[f"{prefix}.fullest"]["value"])
        file = entries[f"{prefix}.fullest"]["file"]
        out.add(answer, None, f"{words}, the {fullest} {wording.listing(sentences)}.", file)


def add_feedback(out: Collector, results: Results) -> None:
    """Whether quality matters as much when the record of joining does not inform it, in sentences."""
    entries, main = out.entries, results.main_model
    beats = f"model.{main}.quality_beats_ties"
    others = [m for m in WITHOUT_FEEDBACK if m != main and f"model.{m}.quality_beats_ties" in entries]
    if beats not in entries or main in WITHOUT_FEEDBACK or not others:
        return
    clauses, agree = [], True
    for model in others:
        key = f"model.{model}.quality"
        clauses.append(
            f"{entries[f'{key}_effect.mean']['text']} points ({entries[f'{key}_effect.interval']['text']}), with a probability "
            f"of {entries[f'{key}_beats_ties']['text']} that quality matters more than ties, where {WITHOUT_FEEDBACK[model]}"
        )
        agree = agree and (entries[f"{key}_beats_ties"]["value"] > 0.5) == (entries[beats]["value"] > 0.5)
    verdict = (
        "which of the two weighs more does not depend on that"
        if agree
        else "which of the two weighs more depends on that, and the data alone do not settle it"
    )
    text = (
        f"In the {in_a_sentence(main)} the record of joining itself informs quality. Measured from its indicators alone, "
        f"quality makes a difference of {'; and of '.join(clauses)}: {verdict}."
    )
    out.add("answer.feedback", "agree" if agree else "differ", text, "effects.csv")


def collect_numbers(results_dir, settings) -> dict[str, dict]:
    """Every number the paper prints.

    Parameters
    ----------
    results_dir : path
        `results/` of a run.
    settings : Mapping or typed settings
        The resolved config.

    Returns
    -------
    dict
        Key -> {"value", "text", "file"}. The same input gives the same entries in the same order.

    Raises
    ------
    UserError
        If a file that every run leaves is missing.
    """
    results = Results.load(results_dir, settings)
    out = Collector()
    for add in (
        add_settings,
        add_data,
        add_dropped,
        add_effects,
        add_parameters,
        add_measurement,
        add_slopes,
        add_diagnostics,
        add_comparison,
        add_checks,
        add_cases,
        add_answer,
    ):
        add(out, results)
    return out.entries


def write_numbers(results_dir, output_path, settings) -> dict[str, dict]:
    """Collect the numbers and write them as JSON (`results/numbers.json`); see `collect_numbers`."""
    numbers = collect_numbers(results_dir, settings)
    text = json.dumps(numbers, indent=1, ensure_ascii=False) + "\n"
    Path(output_path).write_text(text, encoding="utf-8")
    return numbers
