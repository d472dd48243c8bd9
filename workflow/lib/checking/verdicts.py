"""The answer, once: verdicts on the objections and the sentences that abstract, results, conclusion and report print.

From `results/effects.csv` and the tables of checks to the one object of `results/verdicts.json`. A sentence says what a run's own
numbers say; nothing here knows a figure. How each objection is decided stands in `objections.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from workflow.lib.checking.evidence import TIES, Evidence, chance, points, words_of
from workflow.lib.checking.objections import OPEN, cooperation, count_or_quality, persons

# tables of checks whose file name does not say to a stranger what was tested
LABELS = {
    "labels": "other lists of participants",
    "eligible": "other sets of candidates",
    "measures": "measures from other indicators",
    "priors": "other priors",
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
    found = Evidence(effects, checks, main, models, valid["verdict"])
    objections = [cooperation(found), count_or_quality(found), persons(found)]
    failed = failed_checks(checks, main)
    warning = [valid["sentence"]] if valid["verdict"] != "passed" and found.quality else []
    sentence = headline(found, ties_words)
    return {
        "main_model": main,
        "headline": {"sentence": sentence},
        "objections": objections,
        "failed_checks": failed,
        "validity": dict(valid),
        "feedback": {"sentence": feedback(found)},
        "prediction": {"sentence": prediction(found, scores, ties_words)},
        "abstract": [*warning, sentence, *failures_in_words(failed), objections_in_words(objections)],
    }


def headline(found: Evidence, ties_words: str = TIES) -> str:
    """Effects of ties and quality in the main model, and the probability that that of quality is the larger."""
    rows = [(term, found.effect(found.main, term)) for term in (TIES, found.quality) if term]
    shown = [(ties_words if term == TIES else words_of(term), points(row)) for term, row in rows if row]
    if not shown:
        return "This run has neither ties nor quality in its main model."
    (first, change), *others = shown
    text = f"The probability of joining changes by {change} from the lower to the upper quartile of {first}"
    text += "".join(f", and by {change} for {words}" for words, change in others)
    beats = found.quality_beats_ties(found.main)
    if beats and len(shown) == 2:
        text += f"; that of quality is the larger with probability {chance(beats['mean'])}"
    terms = found.models.get(found.main, {}).get("regressors", [TIES])
    cut = found.first(lambda own: own.get("inference") == "cut" and own["regressors"] == terms)
    carried = found.effect(cut, found.quality) if cut != found.main else None
    if carried and len(shown) == 2:
        text += ". Draws of quality that carry its error, and pull its slope towards zero, give "
        text += f"{points(found.effect(cut, TIES))} and {points(carried)}"
        carried_beats = found.quality_beats_ties(cut)
        text += f", and that probability as {chance(carried_beats['mean'])}" if carried_beats else ""
    return text + "."


def feedback(found: Evidence) -> str:
    """What the effect of quality becomes where the outcome informs it, beside the same information without the outcome."""
    joint = found.first(lambda own: own.get("inference") == "joint" and found.quality in own["regressors"])
    with_outcome = found.effect(joint, found.quality)
    if not with_outcome:
        return "No model that lets the outcome inform quality is part of this run."
    # the joint model knows later indicators, too: only beside a smoothed path is the difference the outcome's
    smoothed = found.first(
        lambda own: (
            own.get("information") == "smoothed"
            and own.get("inference") != "joint"
            and set(own["regressors"]) == set(found.models[joint].get("regressors", [TIES]))
        )
    )
    beside = found.effect(smoothed or found.main, found.quality)
    if not beside or joint == found.main:
        return f"The record of joining informs quality; its effect is {points(with_outcome)}."
    known = "indicators of all years" if smoothed else "earlier indicators"
    text = (
        f"Where the record of joining informs quality besides {'its indicators' if smoothed else 'indicators of all years'}, the "
        f"effect of quality is {points(with_outcome)}; from {known} alone it is {points(beside)}."
    )
    moved = found.check("feedback", "all states")
    return text + (f" The record moves {moved['note']} of their path." if moved and moved["note"] else "")


def prediction(found: Evidence, scores: pd.DataFrame | None, ties_words: str = TIES) -> str:
    """What ties and quality each add to the prediction of conflicts left out, beyond what else the main model has."""
    rows = {} if scores is None else {row["model"]: row for row in scores.to_dict("records")}
    terms = found.models.get(found.main, {}).get("regressors", [TIES])
    words = {term: ties_words if term == TIES else words_of(term) for term in terms}
    parts, more = [], []
    for term in (TIES, found.quality):
        row = rows.get(found.main_less(term))
        if found.main in rows and row and pd.notna(row["se_difference"]):
            beyond = " and ".join(words[other] for other in terms if other != term)
            gain = f"{-row['difference']:+.1f}".replace("-", "\N{MINUS SIGN}")
            error = f"(standard error {row['se_difference']:.1f})"
            parts.append(f"{words[term]} adds {gain} {error} to what {beyond or 'the rest'} tells")
            if row["largest_share"] > LARGEST_SHARE:
                conflict = str(row["largest_conflict"]).replace("_", " ")
                more.append(
                    f"{row['largest_share']:.0%} of the {'first' if term == TIES else 'second'} comes from {conflict}"
                )
            alone = float(rows[found.main]["log_score"] - row["log_score"])
            if alone * -row["difference"] < 0:
                more.append(f"single decisions are predicted no better with {words[term]} than without")
    if not parts:
        return "No model without ties or without quality was scored on conflicts left out in this run."
    sentence = f"In joint log score of conflicts left out, {', and '.join(parts)}."
    return sentence + (f" But {', and '.join(more)}." if more else "")


def failed_checks(checks: Mapping[str, pd.DataFrame], main: str) -> list[dict]:
    """Every table of checks in which something failed, with how much of it; of several models' rows those of the main one."""
    found = []
    for file, rows in checks.items():
        own = rows[rows["model"].astype(str) == main]
        rows = own if len(own) else rows
        tested, failed = rows[rows["verdict"].isin(TESTED)], rows[rows["verdict"] == "failed"]
        if failed.empty:
            continue
        label = LABELS.get(file, file.replace("_", " "))
        names = [str(name) for name in failed["label"]]
        listed = ", ".join(names[:LONGEST_LIST]) + (", and others" if len(names) > LONGEST_LIST else "")
        found.append(
            {
                "check": file,
                "label": label,
                "number": len(failed),
                "of": len(tested),
                "sentence": f"{len(failed)} of {len(tested)} tests of {label} failed: {listed}.",
            }
        )
    return found


def failures_in_words(failed: list[dict]) -> list[str]:
    """Sentences on failed checks for the abstract: the controls by name, the others together."""
    named = [one["sentence"] for one in failed if one["check"] in IN_ABSTRACT]
    others = [one for one in failed if one["check"] not in IN_ABSTRACT]
    if others:
        parts = ", ".join(f"{one['label']} ({one['number']} of {one['of']})" for one in others)
        named.append(f"{'Also failed' if named else 'Failed'}: {parts}.")
    return named


def objections_in_words(objections: list[dict]) -> str:
    """One sentence on the verdicts, each with the objections that it is on."""
    parts = []
    for verdict in dict.fromkeys(one["verdict"] for one in objections):
        named = [f"({one['id']}) {IN_SHORT[one['id']]}" for one in objections if one["verdict"] == verdict]
        listed = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
        verb = "" if verdict == OPEN else ("are " if len(named) > 1 else "is ")
        parts.append(f"{listed} {verb}{verdict}")
    return f"Of Poast's objections, {'; '.join(parts)}."
