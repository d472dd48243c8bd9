"""The verdict on the measure, and the gate."""

import pytest

from workflow.lib.checking.table import check_row, check_table
from workflow.lib.checking.validity.verdict import pass_validity, validity_verdict
from workflow.lib.errors import UserError


def verdict_tables(right, wrong, turned, missed, index="passed"):
    def rows(check, numbers):
        return [check_row(check, "q", f"{i}", f"pair {i}", v) for v, n in numbers.items() for i in range(n)]

    return (
        check_table(rows("known_orderings", {"passed": right, "failed": wrong})),
        check_table(rows("turning_points", {"passed": turned, "failed": missed, "cannot tell": 3})),
        check_table([check_row("benchmark", "q", "orderings", "orderings", index)]),
    )


def test_a_measure_is_valid_when_all_pairs_and_four_in_five_turning_points_are_right():
    verdict = validity_verdict(*verdict_tables(27, 0, 20, 5))
    assert verdict["verdict"] == "passed"
    assert "27 of 27" in verdict["sentence"] and "20 of 25" in verdict["sentence"]


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (verdict_tables(26, 1, 20, 5), "reverses pair 0"),
        (verdict_tables(27, 0, 19, 6), "more than one turning point in five"),
        (verdict_tables(27, 0, 20, 5, "failed"), "index orders more pairs"),
    ],
)
def test_one_fault_makes_a_measure_invalid_and_is_said(tables, words):
    verdict = validity_verdict(*tables)
    assert verdict["verdict"] == "failed" and words in verdict["sentence"]


def test_a_pair_too_close_to_call_is_named_and_counts_among_the_pairs_without_being_a_fault():
    orderings, turning, benchmark = verdict_tables(26, 0, 20, 5)
    close = check_row("known_orderings", "q", "x", "A above B, 1975", "cannot tell", estimate=0.53)
    unseen = check_row("known_orderings", "q", "y", "A above C, 1975", "cannot tell")
    orderings = check_table([*orderings.to_dict("records"), close, unseen])
    verdict = validity_verdict(orderings, turning, benchmark)
    assert verdict["verdict"] == "passed"
    assert (
        "orders 26 of 27 known pairs of states rightly (A above B, 1975 cannot be told)"
        in verdict["sentence"]
    )


def test_without_known_facts_nothing_is_claimed():
    assert validity_verdict(None, None, None)["verdict"] == "cannot tell"


def test_the_gate_stops_only_where_it_was_asked_to():
    failed = validity_verdict(*verdict_tables(26, 1, 20, 5))
    pass_validity(failed, "warn")
    with pytest.raises(UserError, match=r"checks.validity: .*reverses pair 0"):
        pass_validity(failed, "stop")


def test_a_row_of_a_check_has_only_known_verdicts_units_and_columns():
    for wrong in (
        {"verdict": "fine"},
        {"verdict": "passed", "unit": "apples"},
        {"verdict": "passed", "colour": 1},
    ):
        with pytest.raises(ValueError, match="known"):
            check_row("known", "q", "1", "x", **wrong)
