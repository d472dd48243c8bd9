"""What templates may call, how it is printed and recorded, and what a fault in a template says."""

import pytest
from fake_results import World, check_rows, write_fake_results, write_table

from workflow.lib.errors import UserError
from workflow.lib.presentation import escape, paper, wording
from workflow.lib.presentation.access import Run
from workflow.lib.presentation.cells import Table
from workflow.lib.presentation.results import Results
from workflow.lib.presentation.tables import TABLES, check_table


def rendered(run, text: str) -> tuple[str, dict]:
    """A few words as the manuscript of a run, and what was recorded."""
    sheet = paper.manuscript_run(Results(*run), {})
    return paper.render_manuscript(sheet, text), sheet.printed


def test_what_a_template_prints_is_recorded_with_value_text_and_file(run):
    text, printed = rendered(run, '<< effect("cut", "ties_effect").mean | points >> points')
    assert text == "3.0 points"
    assert printed == {
        "effects[cut, ties_effect, all].mean": {"value": 0.03, "text": "3.0", "file": "effects.csv"}
    }


def test_what_a_template_only_asks_for_is_not_recorded(run):
    text, printed = rendered(run, '<% if effect(main, "ties_effect").mean > 0 %>positive<% endif %>')
    assert (text, printed) == ("positive", {})


def test_a_number_printed_in_two_forms_is_recorded_in_both(run):
    printed = rendered(
        run, "<% set row = effect(main, 'ties_effect') %><< row.mean | points >> <<row.mean | fixed(3) >>"
    )[1]
    assert {entry["text"] for entry in printed.values()} == {"3.0", "0.030"}


def test_what_is_not_there_is_none_and_can_be_asked_for(run, bare_run):
    asked = '<% if checks("known_orderings") %>there<% else %>not there<% endif %>'
    assert rendered(run, asked)[0] == "there"
    assert rendered(bare_run, asked)[0] == "not there"
    assert rendered(run, '<% if effect("cut", "nothing") %>a<% else %>b<% endif %>')[0] == "b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<< nothing >>", "manuscript.md: 'nothing' is undefined"),
        ("a\n<% if %>", "manuscript.md, line 2: "),
        (
            '<< effect(main, "ties_effect").middle >>',
            "manuscript.md: 'workflow.lib.presentation.access.Record object' has no attribute",
        ),
        ('<< effect(main, "nothing").mean >>', "manuscript.md: 'None' has no attribute 'mean'"),
        ('<< checks("priors").rows[0].power >>', "manuscript.md: a value that is missing is printed"),
        (
            '<< table("nothing", "x") >>',
            "templates: there is no table 'nothing', expected one of objections, effects",
        ),
        ('<< setting("report.nothing") >>', "templates: setting 'report.nothing' is not in the config"),
    ],
)
def test_a_fault_in_a_template_is_one_line(run, text, message):
    with pytest.raises(UserError) as raised:
        rendered(run, text)
    assert str(raised.value).startswith(message) and "\n" not in str(raised.value)


def test_the_first_version_that_fits_is_taken_and_the_last_if_none_does():
    choose = Run.first_that_fits
    assert choose(None, 3, ["one two three four"], ["one two"], ["one"]) == ["one two"]
    assert choose(None, 1, ["a b", "c"], ["d e"]) == ["d e"]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-0.001, 2, "0.00"),
        (-1.25, 1, "−1.2"),
        (float("nan"), 2, "–"),
        (None, 2, "–"),
        (3, 0, "3"),
        (12345.6, 0, "12,346"),
    ],
)
def test_numbers_are_printed_with_a_real_minus_and_never_as_minus_zero(value, decimals, text):
    assert wording.fixed(value, decimals) == text


def test_a_probability_is_never_printed_as_certain():
    assert [wording.p(value) for value in (1.0, 0.0, 0.61)] == ["above 0.99", "below 0.01", "0.61"]


def test_each_unit_of_a_check_has_its_form():
    printed = [
        wording.of_unit(0.999, unit) for unit in ("probability", "log-odds", "points", "share", "count", None)
    ]
    assert printed == ["above 0.99", "1.00", "1.0", "100 %", "1.0", "1.00"]


def test_lists_are_joined_and_long_ones_counted():
    assert [wording.listing(items) for items in ([], ["a"], ["a", "b", "c"])] == ["none", "a", "a, b and c"]
    assert wording.listing("abcdefgh", 3) == "a, b, c and 5 others"
    assert wording.counted(1, "model") == "one model" and wording.counted(13, "model") == "13 models"


def test_no_name_is_markup_in_markdown_or_html():
    assert (
        escape.markdown("a|b *c* @d [e] $f$ <g>\nh_i #j --k")
        == r"a\|b \*c\* \@d \[e\] \$f\$ \<g\> h\_i \#j \--k"
    )
    assert escape.markdown("(a) b") == r"(a\) b" and escape.markdown("- b") == r"\- b"
    assert escape.html('<script>"x"') == "&lt;script&gt;&#34;x&#34;"


def test_a_table_keeps_its_cells_apart_whatever_is_in_them():
    table = Table(["A", "B"], [["a|b", "=1+1"]])
    row = table.markdown().splitlines()[2]
    assert row.replace(r"\|", "").count("|") == 3
    assert "<td>a|b</td>" in table.html()


def test_every_table_of_a_full_run_has_rows_of_one_length(run):
    results = Results(*run)
    for name, (make, _) in TABLES.items():
        table = make(results, checks=[]) if name == "tallies" else make(results)
        assert table.rows or name == "tallies", name
        assert {len(row) for row in table.rows} <= {len(table.headers)}, name


def test_a_file_that_every_run_leaves_is_missed_in_one_line(tmp_path):
    with pytest.raises(
        UserError, match=r"analysis\.nc: missing, expected a file of every run; run the workflow"
    ):
        Results(tmp_path, {})


def test_a_table_without_a_column_of_the_contract_is_one_line(tmp_path):
    folder, settings = write_fake_results(tmp_path, World())
    (folder / "effects.csv").write_text("model\na\n", encoding="utf-8")
    with pytest.raises(
        UserError, match=r"effects\.csv: column estimand, scope, .* is missing, expected model, estimand"
    ):
        Results(folder, settings).table("effects.csv")


def test_a_main_model_without_effects_is_one_line(tmp_path):
    world = World()
    folder, settings = write_fake_results(tmp_path, world)
    text = (folder / "verdicts.json").read_text(encoding="utf-8")
    (folder / "verdicts.json").write_text(
        text.replace('"main_model": "cut"', '"main_model": "gone"'), encoding="utf-8"
    )
    with pytest.raises(UserError, match="main model 'gone' has no effects, expected one of pooled, crossed"):
        _ = Results(folder, settings).main_model


def test_a_table_that_an_earlier_run_left_behind_is_not_read(run):
    folder, settings = run
    made = [folder / "checks" / "payments.csv", folder / "comparison" / "totals.csv"]
    results = Results(folder, settings, made)
    assert results.check_names == ["payments"]
    assert results.table("comparison/loo.csv").empty and len(results.table("comparison/totals.csv"))


def test_cases_and_pages_show_predictions_that_were_held_out_where_there_are_such(run, bare_run):
    held_out, fitted = Results(*run), Results(*bare_run)
    assert held_out.held_out and set(held_out.predictions["held_out"]) == {True}
    assert not fitted.held_out and set(fitted.predictions["held_out"]) == {False}
    assert set(held_out.predictions["model"]) == {"cut"}
    joined, absent = held_out.surprises("gulf_1990")
    assert joined["mean"].is_monotonic_increasing and absent["mean"].is_monotonic_decreasing
    assert set(joined["joined"]) == {1} and set(absent["joined"]) == {0}


def test_a_table_of_checks_says_whose_numbers_it_holds_unless_they_are_the_main_models(tmp_path):
    world = World()
    folder, settings = write_fake_results(tmp_path, world)
    rows = check_rows("labels", world)
    headers = {}
    for model in ("cut", "quality", "crossed"):
        write_table([row | {"model": model} for row in rows], folder / "checks" / f"of_{model}.csv")
        headers[model] = check_table(Results(folder, settings), f"of_{model}").headers
    assert "Model" in headers["crossed"]
    assert "Model" not in headers["cut"] and "Model" not in headers["quality"]
