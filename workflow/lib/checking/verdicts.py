"""The answer, once: verdicts on the objections and the sentences that abstract, results, conclusion and report print.

From `results/effects.csv` and the tables of checks to the one object of `results/verdicts.json`. A sentence says what a run's own
numbers say; nothing here knows a figure. How each objection is decided stands in `objections.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workflow.lib.checking.evidence import TIES, Evidence, chance, in_words, points
from workflow.lib.checking.objections import OPEN, cooperation, count_or_quality, persons

# tables of checks whose file name does not say to a stranger what was tested
LABELS = {
    "labels": "other lists of participants",
    "eligible": "other sets of candidates",
    "measures": "measures from other indicators",
    "priors": "other priors",
    "error_rates": "error rates",
    "power_scaling": "sensitivity to priors",
    "predictive": "predictive checks",
    "constructs": "distinctness and reliability of constructs",
    "benchmark": "comparison with an equal-weight index",
}
# what the abstract names by itself; the other failures it counts
IN_ABSTRACT = ("negative_controls", "reverse_causation")
TESTED = ("passed", "failed", "cannot tell")
LONGEST_LIST = 3
# of a difference between models, beyond which the conflict that it comes from is named
LARGEST_SHARE = 1 / 3
IN_SHORT = {
    "a": "that cooperators cooperate",
    "b": "that quality and not the count matters",
    "c": "that persons and not institutions matter",
}


def write_verdicts(
    effects: pd.DataFrame,
    checks: Mapping[str, pd.DataFrame],
    main: str,
    models: Mapping[str, Mapping],
    validity: Mapping | None,
    ties_words: str = TIES,
    scores: pd.DataFrame | None = None,
) -> dict:
    """The object of `results/verdicts.json`.

    Parameters
    ----------
    effects : pandas.DataFrame
    checks : mapping of str to pandas.DataFrame
        Tables of checks by file name.
    main : str
        Main model.
    models : mapping of str to mapping
        Terms of the fitted models, as in the configuration.
    validity : mapping, optional
        Verdict and sentence on the measure.
    ties_words : str
        What is counted as ties, in words.
    scores : pandas.DataFrame, optional
        Totals of conflicts left out, with differences from the main model.
    """
    valid = validity or {
        "verdict": "not tested",
        "sentence": "No test of the measure's validity was part of this run.",
    }
    evidence = Evidence(effects, checks, main, models, valid["verdict"])
    objections = [cooperation(evidence), count_or_quality(evidence), persons(evidence)]
    failed = failed_checks(checks, main)
    warning = [valid["sentence"]] if valid["verdict"] != "passed" and evidence.quality else []
    sentence = headline(evidence, ties_words)
    return {
        "main_model": main,
        "headline": {"sentence": sentence},
        "objections": objections,
        "failed_checks": failed,
        "validity": dict(valid),
        "feedback": {"sentence": feedback(evidence)},
        "prediction": {"sentence": prediction(evidence, scores, ties_words)},
        "abstract": [*warning, sentence, *failures_in_words(failed), objections_in_words(objections)],
    }


def headline(evidence: Evidence, ties_words: str = TIES) -> str:
    """Effects of ties and quality in the main model, and the probability that that of quality is the larger."""
    rows = [(term, evidence.effect(evidence.main, term)) for term in (TIES, evidence.quality) if term]
    shown = [(ties_words if term == TIES else in_words(term), points(row)) for term, row in rows if row]
    if not shown:
        return "This run has neither ties nor quality in its main model."
    (first, change), *remaining = shown
    text = f"The probability of joining changes by {change} from the lower to the upper quartile of {first}"
    text += "".join(f", and by {change} for {words}" for words, change in remaining)
    comparison = evidence.quality_beats_ties(evidence.main)
    if comparison and len(shown) == 2:
        text += f"; that of quality is the larger with probability {chance(comparison['mean'])}"
    regressors = evidence.models.get(evidence.main, {}).get("regressors", [TIES])
    cut = evidence.first(lambda terms: terms.get("inference") == "cut" and terms["regressors"] == regressors)
    cut_effect = evidence.effect(cut, evidence.quality) if cut != evidence.main else None
    if cut_effect and len(shown) == 2:
        items = [f"both matter: {evidence.quality}{by}: share" for by in (" by draws of its path", "")]
        found = [evidence.check("error_rates", item) for item in items]
        words = "that carry its error, and pull its slope towards zero,"
        if all(found):
            by_draws, by_mean = (f"{row['estimate']:.2f}" for row in found)
            words = f"find {by_draws} of a true effect in simulated data, its mean {by_mean}; they"
        text += (
            f". Draws of quality {words} give {points(evidence.effect(cut, TIES))} and {points(cut_effect)}"
        )
        cut_comparison = evidence.quality_beats_ties(cut)
        text += f", and probability {chance(cut_comparison['mean'])}" if cut_comparison else ""
    return text + "."


def feedback(evidence: Evidence) -> str:
    """What the effect of quality becomes where the outcome informs it, beside the same information without the outcome."""
    quality = evidence.quality
    joint = evidence.first(lambda terms: terms.get("inference") == "joint" and quality in terms["regressors"])
    with_outcome = evidence.effect(joint, quality)
    if not with_outcome:
        return "No model that lets the outcome inform quality is part of this run."
    # the joint model knows later indicators, too: only beside a smoothed path is the difference the outcome's
    smoothed = evidence.first(
        lambda terms: (
            terms.get("information") == "smoothed"
            and terms.get("inference") != "joint"
            and set(terms["regressors"]) == set(evidence.models[joint].get("regressors", [TIES]))
        )
    )
    without_outcome = evidence.effect(smoothed or evidence.main, quality)
    if not without_outcome or joint == evidence.main:
        return f"The record of joining informs quality; its effect is {points(with_outcome)}."
    known = "indicators of all years" if smoothed else "earlier indicators"
    text = (
        f"Where the record of joining informs quality besides {'its indicators' if smoothed else 'indicators of all years'}, the "
        f"effect of quality is {points(with_outcome)}; from {known} alone it is {points(without_outcome)}."
    )
    shift = evidence.check("feedback", "all states")
    return text + (f" The record moves {shift['note']} of their path." if shift and shift["note"] else "")


def prediction(evidence: Evidence, scores: pd.DataFrame | None, ties_words: str = TIES) -> str:
    """What ties and quality each add to the prediction of conflicts left out, beyond what else the main model has."""
    rows = {} if scores is None else {row["model"]: row for row in scores.to_dict("records")}
    terms = evidence.models.get(evidence.main, {}).get("regressors", [TIES])
    words = {term: ties_words if term == TIES else in_words(term) for term in terms}
    parts, caveats = [], []
    for term in (TIES, evidence.quality):
        row = rows.get(evidence.main_less(term))
        if evidence.main in rows and row and pd.notna(row["se_difference"]):
            beyond = " and ".join(words[other] for other in terms if other != term)
            gain = f"{-row['difference']:+.1f}".replace("-", "\N{MINUS SIGN}")
            error = f"(standard error {row['se_difference']:.1f})"
            parts.append(f"{words[term]} adds {gain} {error} to what {beyond or 'the rest'} tells")
            if row["largest_share"] > LARGEST_SHARE:
                conflict = str(row["largest_conflict"]).replace("_", " ")
                caveats.append(
                    f"{row['largest_share']:.0%} of the {'first' if term == TIES else 'second'} comes from {conflict}"
                )
            pointwise_gain = float(rows[evidence.main]["log_score"] - row["log_score"])
            if pointwise_gain * -row["difference"] < 0:
                caveats.append(f"single decisions are predicted no better with {words[term]} than without")
    if not parts:
        return "No model without ties or without quality was scored on conflicts left out in this run."
    sentence = f"In joint log score of conflicts left out, {', and '.join(parts)}."
    return sentence + (f" But {', and '.join(caveats)}." if caveats else "")


def failed_checks(checks: Mapping[str, pd.DataFrame], main: str) -> list[dict]:
    """Every table of checks in which something failed, with how much of it; of several models' rows those of the main one."""
    failures = []
    for file, rows in checks.items():
        main_rows = rows[rows["model"].astype(str) == main]
        rows = main_rows if len(main_rows) else rows
        tested, failed = rows[rows["verdict"].isin(TESTED)], rows[rows["verdict"] == "failed"]
        if failed.empty:
            continue
        label = LABELS.get(file, file.replace("_", " "))
        names = [str(name) for name in failed["label"]]
        listed = ", ".join(names[:LONGEST_LIST]) + (", and others" if len(names) > LONGEST_LIST else "")
        failures.append(
            {
                "check": file,
                "label": label,
                "number": len(failed),
                "of": len(tested),
                "sentence": f"{len(failed)} of {len(tested)} tests of {label} failed: {listed}.",
            }
        )
    return failures


def failures_in_words(failed: list[dict]) -> list[str]:
    """Sentences on failed checks for the abstract: the controls by name, the others together."""
    named = [row["sentence"] for row in failed if row["check"] in IN_ABSTRACT]
    other_failures = [row for row in failed if row["check"] not in IN_ABSTRACT]
    if other_failures:
        parts = ", ".join(f"{row['label']} ({row['number']} of {row['of']})" for row in other_failures)
        named.append(f"{'Also failed' if named else 'Failed'}: {parts}.")
    return named


def objections_in_words(objections: list[dict]) -> str:
    """One sentence on the verdicts, each with the objections that it is on."""
    parts = []
    for verdict in dict.fromkeys(row["verdict"] for row in objections):
        named = [f"({row['id']}) {IN_SHORT[row['id']]}" for row in objections if row["verdict"] == verdict]
        listed = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
        verb = "" if verdict == OPEN else ("are " if len(named) > 1 else "is ")
        parts.append(f"{listed} {verb}{verdict}")
    return f"Of Poast's objections, {'; '.join(parts)}."
