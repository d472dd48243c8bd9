"""How the three objections are decided, each by tests that could have come out otherwise.

An effect whose interval holds zero is no evidence of nothing: an objection that predicts nothing is upheld only where the
interval also leaves out the effect that would have been there without it. Where tests disagree, or none is precise, the verdict
says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from workflow.lib.checking.evidence import (
    TIES,
    Evidence,
    as_effect,
    chance,
    less_than,
    log_odds,
    points,
    sign,
    uses_only_past,
)
from workflow.lib.checking.reverse_causation import AFTER, BEFORE, FIRST

UPHELD, NOT_UPHELD, OPEN = "upheld", "not upheld", "cannot be told with these data"
CLEAR = 0.95
# row of the error rates that counts wrong comparisons of ties and quality under all truths
WRONG_CALLS = "all truths: wrong"
# controls that a general habit of cooperating would fail; those of timing speak about the order of cause and effect
COOPERATION_CONTROLS = ("rivals", "missions led by others")


def objection(key: str, claim: str, predicts: str, test: str, findings: list[str], verdict: str) -> dict:
    """One row of the table of objections."""
    sentences = [sentence[0].upper() + sentence[1:] + "." for sentence in findings if sentence]
    result = " ".join(sentences) or "No test of it was part of this run."
    named = {"id": key, "claim": claim, "predicts": predicts, "test": test}
    return {**named, "result": result, "verdict": verdict, "error_rate": None}


def cooperation(evidence: Evidence) -> dict:
    """(a): cooperators cooperate.

    Within states, against controls, with cooperativeness held constant, and beyond a state's own memberships, each test speaks
    for the objection, against it, or not at all. It is upheld if two or more speak for it and none against; not upheld if ties go
    with joining within states, where lasting cooperativeness is taken out, and no test speaks for it.
    """
    claim = "Ties and joining are both acts of cooperation: states that cooperate go on cooperating."
    predicts = (
        "Within states, with cooperativeness held constant, and beyond a state's own memberships, more ties do not go with "
        "joining; ties with a rival, and missions that others led, show what ties with the pivotal state and its own missions do."
    )
    test = (
        "States' deviations from their own means; the same model with ties with a rival, on missions that others led, and with "
        "other measures of ties; a measured tendency to cooperate with anybody."
    )
    split = evidence.first(lambda terms: TIES in (terms.get("between") or []))
    within, naive = evidence.estimand(split, f"{TIES}_within_effect"), naive_effect(evidence, split)
    factor_model = evidence.model_with(TIES, evidence.cooperativeness)
    factor = evidence.effect(factor_model, TIES)
    rows = evidence.controls(TIES, COOPERATION_CONTROLS)
    # controls of a slope that is not there have nothing to show
    has_slope = naive is None or sign(naive) == 1 or sign(within) == 1
    failed, passed = ((rows["verdict"] == verdict).sum() for verdict in ("failed", "passed"))
    within_direction, factor_direction = (direction(row, naive) for row in (within, factor))
    controls_direction = int(has_slope) if failed else (-1 if len(rows) and passed == len(rows) else 0)
    count, beyond_exposure = (evidence.measure_of_ties(name) for name in ("count", "beyond_exposure"))
    directions = [within_direction, factor_direction, controls_direction, direction(beyond_exposure, count)]
    without = f" ({points(naive)} without that comparison)" if naive else ""
    findings = [f"ties within states: {points(within)}{without}"] if within else []
    if factor:
        cooperativeness = evidence.effect(factor_model, evidence.cooperativeness)
        findings.append(
            f"with cooperativeness held constant: {points(factor)}; cooperativeness itself {points(cooperativeness)}"
        )
    findings += (
        [f"of {len(rows)} differences between ties and their controls, {passed} passed and {failed} failed"]
        if len(rows)
        else []
    )
    if count and beyond_exposure:
        findings.append(
            f"slope of the number of ties {log_odds(count)}, of ties beyond what a state's own memberships lead one to "
            f"expect {log_odds(beyond_exposure)}"
        )
    if not any(directions) and naive and sign(naive) < 1:
        findings.append("ties do not go with joining to begin with, so that there is nothing to explain away")
        verdict = OPEN
    elif 1 in directions and -1 in directions:
        findings.append("the tests disagree")
        verdict = OPEN
    else:
        verdict = UPHELD if sum(directions) > 1 else (NOT_UPHELD if within_direction == -1 else OPEN)
        if findings and not any(directions):
            findings.append("no test is precise enough to tell")
        elif verdict == OPEN:
            findings.append("one test alone tells")
    return objection("a", claim, predicts, test, findings, verdict)


def naive_effect(evidence: Evidence, split: str | None) -> dict | None:
    """Effect of ties that the objection explains away: of a model of ties alone, else that between states."""
    naive = evidence.first(
        lambda terms: (
            terms["regressors"] == [TIES]
            and TIES not in (terms.get("between") or [])
            and not terms.get("state_effects")
        )
    )
    return evidence.estimand(naive, f"{TIES}_effect") or evidence.estimand(split, f"{TIES}_between_effect")


def direction(row: Mapping | None, naive: Mapping | None) -> int:
    """-1 against the objection (ties go with joining), 1 for it (the naive effect is gone), 0 if the row does not tell."""
    if sign(row) == 1:
        return -1
    return int(sign(naive) == 1 and less_than(row, naive))


def count_or_quality(evidence: Evidence) -> dict:
    """(b): the count is not quality.

    Upheld if quality clearly goes with joining and more than the count does; not upheld if the count does and quality clearly
    less. Neither is credited while a control of it fails, its measure is not valid, or it may hold what followed joining.
    """
    claim = (
        "The number of ties is opportunity; what finds the side-payment is the quality of the relationship."
    )
    predicts = "With each held constant, quality goes with joining, and more than the number of ties does."
    test = (
        "Both side by side, quality from indicators before the mission; states that had joined no earlier mission; quality of "
        "joiners before and after; controls of both."
    )
    model = evidence.model_with(TIES, evidence.quality)
    ties, quality = evidence.effect(model, TIES), evidence.effect(model, evidence.quality)
    if not quality or not ties:
        return objection("b", claim, predicts, test, ["no model of this run has both"], OPEN)
    comparison = evidence.quality_beats_ties(model)
    findings = [f"ties {points(ties)}, quality {points(quality)}"]
    if comparison:
        findings[0] += f"; quality has the larger effect with probability {chance(comparison['mean'])}"
    findings += quality_around_missions(evidence)
    doubts = doubts_about_quality(evidence, model)
    if sign(quality) == 1:
        doubts |= doubts_about_the_order(evidence)
    if (evidence.controls(TIES)["verdict"] == "failed").any():
        doubts[TIES] = "a control of ties fails, so that what goes with ties is not credited to them"
    quality_larger = (
        comparison["mean"]
        if comparison
        else (float(less_than(ties, quality)) or float(not less_than(quality, ties)) / 2)
    )
    if sign(quality) == -1:
        verdict = NOT_UPHELD
        findings.append("quality goes with staying away")
    elif sign(quality) == 1 and quality_larger >= CLEAR:
        verdict = OPEN if any(key != TIES for key in doubts) else UPHELD
    elif sign(ties) == 1 and quality_larger <= 1 - CLEAR:
        verdict = OPEN if doubts else NOT_UPHELD
    else:
        verdict = OPEN
        findings.append("neither effect is clearly the larger one and clear of zero")
    row, wrong = objection("b", claim, predicts, test, [*findings, *doubts.values()], verdict), WRONG_CALLS
    return row | {"error_rate": (evidence.check("error_rates", wrong) or {}).get("note")}


def doubts_about_quality(evidence: Evidence, model: str) -> dict[str, str]:
    """Why an effect of quality may not be that of the relationship before a mission."""
    doubts = {}
    if not uses_only_past(evidence.models[model]):
        doubts["information"] = "its measure knows what came after the mission"
    if (evidence.controls(evidence.quality, COOPERATION_CONTROLS)["verdict"] == "failed").any():
        doubts["controls"] = (
            "a control of quality fails, so that what goes with quality is not credited to it"
        )
    if evidence.validity == "failed":
        doubts["validity"] = "the measure of quality does not pass its tests"
    if reversing := turning_measures(evidence, model):
        doubts["measures"] = f"which is the larger turns with quality measured {' or '.join(reversing)}"
    indistinct = evidence.not_distinct(evidence.quality)
    if indistinct:
        doubts["distinct"] = (
            f"its measure cannot be told from that of {' and '.join(indistinct)}: one may stand for the other"
        )
    return doubts


def turning_measures(evidence: Evidence, model: str) -> list[str]:
    """Other measures of quality with which the order of the two effects is another, by their means."""
    rows, quality, ties = evidence.rows("measures"), f"{evidence.quality}_effect", f"{TIES}_effect"
    means = dict(zip(rows["item"].str.rsplit(": ", n=1).map(tuple), rows["estimate"], strict=True))
    larger = evidence.effect(model, evidence.quality)["mean"] > evidence.effect(model, TIES)["mean"]
    versions = dict.fromkeys(
        version for version, effect in means if effect == quality and (version, ties) in means
    )
    return [
        name.removeprefix("measured ")
        for name in versions
        if (means[name, quality] > means[name, ties]) != larger
    ]


def doubts_about_the_order(evidence: Evidence) -> dict[str, str]:
    """Why quality that goes with joining may be what joining left behind.

    Quality some years later is no control where joining moves quality: it cannot pass then, whatever quality before does. First
    joiners and the course before a mission are tested instead.
    """
    doubts, later = {}, evidence.controls(evidence.quality, ("later",))
    rows = evidence.rows("reverse_causation")
    if len(rows) and not (rows.loc[rows["check"] == FIRST, "verdict"] == "passed").all():
        doubts["first joiners"] = (
            "among states that had joined no earlier mission quality does not clearly go with joining: it may be what joining "
            "leaves behind"
        )
    if (rows.loc[rows["check"] == BEFORE, "verdict"] == "failed").any():
        doubts["before"] = "joiners were on another course than others before the mission"
    changed_after = (rows.loc[rows["check"] == AFTER, "verdict"] == "failed").any()
    if (later["verdict"] == "failed").any() and not changed_after:
        doubts["later"] = "later quality goes with joining as earlier quality does"
    return doubts


def quality_around_missions(evidence: Evidence) -> list[str]:
    """What first joiners show, and how far joiners and others part after a mission."""
    rows = evidence.rows("reverse_causation")
    first_joiners, after_joining = (rows[rows["check"] == kind] for kind in (FIRST, AFTER))
    findings = [
        f"slope of quality among states that had joined no earlier mission {log_odds(as_effect(row))}"
        for row in first_joiners.to_dict("records")
    ]
    changed = after_joining[after_joining["verdict"] == "failed"]
    if len(changed):
        row = changed.iloc[-1]
        size = log_odds(as_effect(row))
        word = "higher" if row["estimate"] > 0 else "lower"
        findings.append(
            f"afterwards quality is {word} for joiners than for others, by {size} standard deviations: joining may move it"
        )
    return findings


def persons(evidence: Evidence) -> dict:
    """(c): persons or institutions.

    Upheld if contact goes with joining and ties clearly less, not upheld the other way round.
    """
    claim = "The cases show persons: contact between them, and not the number of ties, may do the work."
    predicts = "Contact between leaders and diplomats goes with joining when ties and quality are held constant; ties do not."
    test = "A measure of visits both ways and of an ambassador in post, beside ties and quality."
    term = evidence.contact
    model = evidence.model_with(TIES, term, evidence.quality) or evidence.model_with(TIES, term)
    contact, ties = evidence.effect(model, term), evidence.effect(model, TIES)
    if not contact or not ties:
        return objection("c", claim, predicts, test, ["no model of this run has contact beside ties"], OPEN)
    findings, verdict = [f"contact {points(contact)}, ties {points(ties)}"], OPEN
    if sign(contact) == 1 and sign(ties) == 1:
        findings.append("both go with joining, so that neither is the whole of it")
    elif sign(contact) == 1 and less_than(ties, contact):
        verdict = UPHELD
    elif sign(ties) == 1 and less_than(contact, ties):
        verdict = NOT_UPHELD
        if (evidence.controls(TIES)["verdict"] == "failed").any():
            verdict = OPEN
            findings.append("a control of ties fails, so that what goes with ties is not credited to them")
    else:
        findings.append("the two cannot be told apart")
    return objection("c", claim, predicts, test, findings, verdict)
