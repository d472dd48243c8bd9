"""The verdict on the measure, in one sentence; the gate that may follow from it."""

import pandas as pd

from workflow.lib.checking.table import CANNOT_TELL, FAILED, PASSED, verdict_counts
from workflow.lib.errors import UserError

LEAST_TURNING_POINTS = 0.8


def validity_verdict(
    orderings: pd.DataFrame | None,
    turning: pd.DataFrame | None,
    benchmark: pd.DataFrame | None,
    name: str = "The measure",
    constructs: pd.DataFrame | None = None,
) -> dict[str, str]:
    """Passed if no ordering is reversed, four in five turning points that are told are right, and the index orders no better.

    Parameters
    ----------
    orderings, turning, benchmark : pandas.DataFrame or None
        Tables of the checks; None where no facts were given.
    name : str
        Begins the sentence.
    constructs : pandas.DataFrame, optional
        Correlations of the measure with those of other constructs: what it cannot be told from is said, and no fault by itself.

    Returns
    -------
    dict
        ``verdict`` (passed, failed, or cannot tell where nothing is known of the states) and ``sentence``.
    """
    parts, faults = [], []
    if orderings is not None and (counts := _decided_counts(orderings)):
        undecided = orderings.query("verdict == @CANNOT_TELL and estimate.notnull()")["label"]
        part = f"orders {counts[PASSED]} of {sum(counts.values()) + len(undecided)} known pairs of states rightly"
        parts.append(f"{part} ({', '.join(undecided)} cannot be told)" if len(undecided) else part)
        if counts[FAILED]:
            wrong = orderings.loc[orderings["verdict"] == FAILED, "label"]
            faults.append(f"it reverses {', '.join(wrong)}")
    if turning is not None and (counts := _decided_counts(turning)):
        share = counts[PASSED] / sum(counts.values())
        undecided = int((turning["verdict"].eq(CANNOT_TELL) & turning["estimate"].notna()).sum())
        part = f"moves as it should at {counts[PASSED]} of {sum(counts.values()) + undecided} turning points"
        parts.append(f"{part} ({undecided} cannot be told)" if undecided else part)
        if share < LEAST_TURNING_POINTS:
            faults.append("it misses more than one turning point in five")
    if not parts:
        untested = f"{name} was not tested: no known fact is about states in these data."
        return {"verdict": CANNOT_TELL, "sentence": untested}
    if benchmark is not None and len(benchmark):
        passed = int((benchmark["verdict"] == PASSED).sum())
        parts.append(
            f"is at least as good as an equal-weight index of its indicators on {passed} of {len(benchmark)} criteria"
        )
        if (benchmark.loc[benchmark["item"] == "orderings", "verdict"] == FAILED).any():
            faults.append("an equal-weight index orders more pairs rightly")
    words = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
    sentence = f"{name} {words}."
    if constructs is not None:
        pairs = constructs.loc[constructs["verdict"] == FAILED, "label"]
        correlated = [pair for pair in pairs if pair.startswith("Correlation")]
        if correlated:
            sentence += f" Too high to tell the two apart: {', '.join(pair[0].lower() + pair[1:] for pair in correlated)}."
    if faults:
        sentence += f" It is not valid as it stands: {'; '.join(faults)}."
    return {"verdict": FAILED if faults else PASSED, "sentence": sentence}


def _decided_counts(table: pd.DataFrame) -> dict[str, int] | None:
    """Numbers passed and failed, None if nothing could be told."""
    counts = verdict_counts(table)
    decided = {verdict: counts[verdict] for verdict in (PASSED, FAILED)}
    return decided if sum(decided.values()) else None


def pass_validity(verdict: dict[str, str], setting: str) -> None:
    """Stop a run whose measure is not valid, where the configuration says so.

    Raises
    ------
    UserError
        With ``checks.validity: stop`` and a verdict of failed.
    """
    if setting == "stop" and verdict["verdict"] == FAILED:
        raise UserError(
            f"checks.validity: {verdict['sentence']} See results/checks; change the model's indicators in the codebook, or "
            "set checks.validity: warn"
        )
