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
    of_the_past,
    points,
    sign,
)
from workflow.lib.checking.reverse_causation import AFTER, BEFORE, FIRST

UPHELD, NOT_UPHELD, OPEN = "upheld", "not upheld", "cannot be told with these data"
CLEAR = 0.95
# controls that a general habit of cooperating would fail; those of timing speak about the order of cause and effect
OF_COOPERATION = ("rivals", "missions led by others")


def objection(key: str, claim: str, predicts: str, test: str, told: list[str], verdict: str) -> dict:
    """One row of the table of objections."""
    sentences = [sentence[0].upper() + sentence[1:] + "." for sentence in told if sentence]
    result = " ".join(sentences) or "No test of it was part of this run."
    named = {"id": key, "claim": claim, "predicts": predicts, "test": test}
    return {**named, "result": result, "verdict": verdict, "error_rate": None}


def cooperation(found: Evidence) -> dict:
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
    split = found.first(lambda own: TIES in (own.get("between") or []))
    within, naive = found.estimand(split, f"{TIES}_within_effect"), naive_effect(found, split)
    factor_model = found.model_with(TIES, found.cooperativeness)
    factor = found.effect(factor_model, TIES)
    rows = found.controls(TIES, OF_COOPERATION)
    # controls of a slope that is not there have nothing to show
    has_slope = naive is None or sign(naive) == 1 or sign(within) == 1
    failed, passed = ((rows["verdict"] == verdict).sum() for verdict in ("failed", "passed"))
    within_says, factor_says = (direction(row, naive) for row in (within, factor))
    controls_say = int(has_slope) if failed else (-1 if len(rows) and passed == len(rows) else 0)
    count, beyond = (found.measure_of_ties(name) for name in ("count", "beyond_exposure"))
    says = [within_says, factor_says, controls_say, direction(beyond, count)]
    without = f" ({points(naive)} without that comparison)" if naive else ""
    told = [f"ties within states: {points(within)}{without}"] if within else []
    if factor:
        own = found.effect(factor_model, found.cooperativeness)
        told.append(
            f"with cooperativeness held constant: {points(factor)}; cooperativeness itself {points(own)}"
        )
    told += (
        [f"of {len(rows)} differences between ties and their controls, {passed} passed and {failed} failed"]
        if len(rows)
        else []
    )
    if count and beyond:
        told.append(
            f"slope of the number of ties {log_odds(count)}, of ties beyond what a state's own memberships lead one to "
            f"expect {log_odds(beyond)}"
        )
    if not any(says) and naive and sign(naive) < 1:
        told.append("ties do not go with joining to begin with, so that there is nothing to explain away")
        verdict = OPEN
    elif 1 in says and -1 in says:
        told.append("the tests disagree")
        verdict = OPEN
    else:
        verdict = UPHELD if sum(says) > 1 else (NOT_UPHELD if within_says == -1 else OPEN)
        if told and not any(says):
            told.append("no test is precise enough to tell")
        elif verdict == OPEN:
            told.append("one test alone tells")
    return objection("a", claim, predicts, test, told, verdict)


def naive_effect(found: Evidence, split: str | None) -> dict | None:
    """Effect of ties that the objection explains away: of a model of ties alone, else that between states."""
    alone = found.first(
        lambda own: (
            own["regressors"] == [TIES]
            and TIES not in (own.get("between") or [])
            and not own.get("state_effects")
        )
    )
    return found.estimand(alone, f"{TIES}_effect") or found.estimand(split, f"{TIES}_between_effect")


def direction(row: Mapping | None, naive: Mapping | None) -> int:
    """-1 against the objection (ties go with joining), 1 for it (the naive effect is gone), 0 if the row does not tell."""
    if sign(row) == 1:
        return -1
    return int(sign(naive) == 1 and less_than(row, naive))


def count_or_quality(found: Evidence) -> dict:
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
    model = found.model_with(TIES, found.quality)
    ties, quality = found.effect(model, TIES), found.effect(model, found.quality)
    if not quality or not ties:
        return objection("b", claim, predicts, test, ["no model of this run has both"], OPEN)
    beats = found.quality_beats_ties(model)
    told = [f"ties {points(ties)}, quality {points(quality)}"]
    if beats:
        told[0] += f"; quality has the larger effect with probability {chance(beats['mean'])}"
    told += quality_around_missions(found)
    doubts = doubts_about_quality(found, model)
    if sign(quality) == 1:
        doubts |= doubts_about_the_order(found)
    if (found.controls(TIES)["verdict"] == "failed").any():
        doubts[TIES] = "a control of ties fails, so that what goes with ties is not credited to them"
    larger = (
        beats["mean"]
        if beats
        else (float(less_than(ties, quality)) or float(not less_than(quality, ties)) / 2)
    )
    if sign(quality) == -1:
        verdict = NOT_UPHELD
        told.append("quality goes with staying away")
    elif sign(quality) == 1 and larger >= CLEAR:
        verdict = OPEN if any(key != TIES for key in doubts) else UPHELD
    elif sign(ties) == 1 and larger <= 1 - CLEAR:
        verdict = OPEN if doubts else NOT_UPHELD
    else:
        verdict = OPEN
        told.append("neither effect is clearly the larger one and clear of zero")
    return objection("b", claim, predicts, test, [*told, *doubts.values()], verdict)


def doubts_about_quality(found: Evidence, model: str) -> dict[str, str]:
    """Why an effect of quality may not be that of the relationship before a mission."""
    doubts = {}
    if not of_the_past(found.models[model]):
        doubts["information"] = "its measure knows what came after the mission"
    if (found.controls(found.quality, OF_COOPERATION)["verdict"] == "failed").any():
        doubts["controls"] = (
            "a control of quality fails, so that what goes with quality is not credited to it"
        )
    if found.validity == "failed":
        doubts["validity"] = "the measure of quality does not pass its tests"
    if turned := turning_measures(found, model):
        doubts["measures"] = f"which is the larger turns with quality measured {' or '.join(turned)}"
    alike = found.not_distinct(found.quality)
    if alike:
        doubts["distinct"] = (
            f"its measure cannot be told from that of {' and '.join(alike)}: one may stand for the other"
        )
    return doubts


def turning_measures(found: Evidence, model: str) -> list[str]:
    """Other measures of quality with which the order of the two effects is another, by their means."""
    rows, quality, ties = found.rows("measures"), f"{found.quality}_effect", f"{TIES}_effect"
    means = dict(zip(rows["item"].str.rsplit(": ", n=1).map(tuple), rows["estimate"], strict=True))
    larger = found.effect(model, found.quality)["mean"] > found.effect(model, TIES)["mean"]
    versions = dict.fromkeys(
        version for version, effect in means if effect == quality and (version, ties) in means
    )
    return [
        name.removeprefix("measured ")
        for name in versions
        if (means[name, quality] > means[name, ties]) != larger
    ]


def doubts_about_the_order(found: Evidence) -> dict[str, str]:
    """Why quality that goes with joining may be what joining left behind.

    Quality some years later is no control where joining moves quality: it cannot pass then, whatever quality before does. First
    joiners and the course before a mission are tested instead.
    """
    doubts, later = {}, found.controls(found.quality, ("later",))
    rows = found.rows("reverse_causation")
    if len(rows) and not (rows.loc[rows["check"] == FIRST, "verdict"] == "passed").all():
        doubts["first joiners"] = (
            "among states that had joined no earlier mission quality does not clearly go with joining: it may be what joining "
            "leaves behind"
        )
    if (rows.loc[rows["check"] == BEFORE, "verdict"] == "failed").any():
        doubts["before"] = "joiners were on another course than others before the mission"
    moved = (rows.loc[rows["check"] == AFTER, "verdict"] == "failed").any()
    if (later["verdict"] == "failed").any() and not moved:
        doubts["later"] = "later quality goes with joining as earlier quality does"
    return doubts


def quality_around_missions(found: Evidence) -> list[str]:
    """What first joiners show, and how far joiners and others part after a mission."""
    rows = found.rows("reverse_causation")
    first, after = (rows[rows["check"] == kind] for kind in (FIRST, AFTER))
    told = [
        f"slope of quality among states that had joined no earlier mission {log_odds(as_effect(row))}"
        for row in first.to_dict("records")
    ]
    moved = after[after["verdict"] == "failed"]
    if len(moved):
        row = moved.iloc[-1]
        size = log_odds(as_effect(row))
        word = "higher" if row["estimate"] > 0 else "lower"
        told.append(
            f"afterwards quality is {word} for joiners than for others, by {size} standard deviations: joining may move it"
        )
    return told


def persons(found: Evidence) -> dict:
    """(c): persons or institutions.

    Upheld if contact goes with joining and ties clearly less, not upheld the other way round.
    """
    claim = "The cases show persons: contact between them, and not the number of ties, may do the work."
    predicts = "Contact between leaders and diplomats goes with joining when ties and quality are held constant; ties do not."
    test = "A measure of visits both ways and of an ambassador in post, beside ties and quality."
    model = found.model_with(TIES, found.contact, found.quality) or found.model_with(TIES, found.contact)
    contact, ties = found.effect(model, found.contact), found.effect(model, TIES)
    if not contact or not ties:
        return objection("c", claim, predicts, test, ["no model of this run has contact beside ties"], OPEN)
    told, verdict = [f"contact {points(contact)}, ties {points(ties)}"], OPEN
    if sign(contact) == 1 and sign(ties) == 1:
        told.append("both go with joining, so that neither is the whole of it")
    elif sign(contact) == 1 and less_than(ties, contact):
        verdict = UPHELD
    elif sign(ties) == 1 and less_than(contact, ties):
        verdict = NOT_UPHELD
        if (found.controls(TIES)["verdict"] == "failed").any():
            verdict = OPEN
            told.append("a control of ties fails, so that what goes with ties is not credited to them")
    else:
        told.append("the two cannot be told apart")
    return objection("c", claim, predicts, test, told, verdict)
