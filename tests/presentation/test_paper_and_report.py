"""Paper in four formats and the report, from made-up runs: nothing hoped for, nothing left out, nothing from the network."""

import json
import re
import shutil
import zipfile
from html import unescape

import pytest
from fake_results import (
    CHECK_NAMES,
    FAILED_SENTENCE,
    INDICATORS,
    MODELS,
    World,
    check_rows,
    settings,
    write_table,
)

from workflow.lib.errors import UserError
from workflow.lib.presentation import figures, paper, report

HOSTILE = [
    "=1+1",
    "<script>alert(1)</script>",
    "$x$ and $y$",
    "a|b",
    "# heading",
    "\"quoted\" 'name'",
    "[@nobody2000]",
    "a\\b",
    "&amp;",
]


def abstract_of(manuscript: str) -> str:
    return manuscript[manuscript.index("abstract: |") + len("abstract: |") : manuscript.index("\n---\n")]


def section_of(manuscript: str, title: str) -> str:
    start = manuscript.index(f"# {title}")
    end = re.compile(r"^# ", re.MULTILINE).search(manuscript, start + 2)
    return manuscript[start : end.start() if end else len(manuscript)]


def text_of(html: str) -> str:
    """Words of a page as a reader sees them, without scripts and styles."""
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# -- what the abstract, the conclusion and the report say ------------------------------------------------------------------


@pytest.mark.parametrize("failures", [0, 1, 4, 30])
@pytest.mark.parametrize("validity", ["passed", "failed"])
def test_the_abstract_has_at_most_170_words_and_names_what_failed(present, failures, validity):
    failed = [
        {"check": "negative_controls", "label": f"control number {k}", "number": 2, "of": 4,
         "sentence": f"The control number {k} fails in two of its four parts, as it should not if ties did what is said of them."}
        for k in range(failures)
    ]  # fmt: skip
    abstract = ["Quality goes with joining about as much as ties do.", *(item["sentence"] for item in failed)]
    manuscript, page, *_ = present(World(failed_checks=failed, abstract=abstract, validity=validity))
    words = abstract_of(manuscript).split()
    assert len(words) <= 170
    text = " ".join(words)
    assert "Quality goes with joining" in text
    assert ("control number 0" in text) == (failures > 0)
    assert ("others" in text) == (failures > 4)
    assert ("does not pass its tests" in text) == (validity == "failed")
    if validity == "failed":
        assert text.index("does not pass its tests") < re.search(r"\d", text).start()
        assert "nothing said here of quality is about quality" in section_of(manuscript, "Conclusion")
        assert 'class="warning"' in page


def test_a_failed_control_reaches_abstract_conclusion_and_report_once_each(present):
    manuscript, page, *_ = present(World())
    assert abstract_of(manuscript).count("Ties with Russia predict joining as well") == 1
    assert "ties with rivals (2 of 4)" in section_of(manuscript, "Conclusion")
    answer = page[page.index('id="answer"') : page.index('id="data"')]
    assert FAILED_SENTENCE in text_of(answer)


def test_without_failed_checks_none_is_claimed(present):
    manuscript, page, *_ = present(World(failed_checks=[], abstract=["All is well."]))
    assert "No check of this run failed" in section_of(manuscript, "Conclusion")
    assert "No check of this run failed" in page and "bounded by what failed" not in manuscript


def test_a_failed_check_that_the_given_abstract_forgets_is_added_to_it(present):
    manuscript, *_ = present(World(abstract=["Quality goes with joining about as much as ties do."]))
    assert "Ties with Russia predict joining as well" in abstract_of(manuscript)


def test_results_and_conclusion_do_not_repeat_the_abstract(present):
    manuscript, *_ = present(World())
    sentences = [
        sentence.strip() for sentence in re.split(r"(?<=[.?]) ", abstract_of(manuscript)) if sentence.strip()
    ]
    for title in ("Results", "Conclusion"):
        for sentence in sentences:
            assert sentence not in section_of(manuscript, title)


def test_the_objections_stand_before_the_first_section_with_their_verdicts(present):
    manuscript, page, *_ = present(World())
    first_page = manuscript[: manuscript.index("# The dispute")]
    answer = text_of(page[page.index('id="answer"') : page.index('id="data"')])
    for words in (
        "Cooperators cooperate",
        "Quality beats ties",
        "cannot be told with these data",
        "not upheld",
        "1 in 20",
    ):
        assert words in first_page and words in answer
    for sentence in (
        "Objection (a) is upheld",
        "Objection (b) cannot be told with these data",
        "Objection (c) is not upheld",
    ):
        assert sentence in section_of(manuscript, "Conclusion")


# -- nothing is left out ---------------------------------------------------------------------------------------------------


def test_every_table_of_checks_has_a_sentence_and_a_table_in_paper_and_report(shown):
    results, _, printed, seen = shown
    names = [path.stem for path in (results / "checks").glob("*.csv")]
    assert set(names) == set(CHECK_NAMES)
    for name in names:
        for entries in (printed, seen):
            assert any(key.startswith(f"checks.{name}.") for key in entries), f"no sentence on {name}"
            assert f"table.check-{name.replace('_', '-')}" in entries, f"no table of {name}"


def test_no_table_of_checks_is_left_to_the_place_for_those_that_nobody_wrote_about(run):
    for template in (paper.FOLDER / "manuscript.md", paper.FOLDER.parent / "report" / "page.html.j2"):
        text = template.read_text(encoding="utf-8")
        for name in CHECK_NAMES:
            assert f'"{name}"' in text, f"{template.name} does not speak of {name}"


def test_a_table_of_checks_that_nobody_wrote_about_is_printed_too(present):
    manuscript, page, printed, seen, _ = present(World(checks=(*CHECK_NAMES, "moon_phase")))
    for entries in (printed, seen):
        assert "table.check-moon-phase" in entries and "checks.moon_phase.passed" in entries
    assert "Moon phase: 1 of 3 tests passes; 1 fails" in manuscript and "Moon phase" in page


@pytest.mark.parametrize("first", [0, 1])
def test_a_run_without_some_of_the_checks_is_told_without_them(present, first):
    made = CHECK_NAMES[first::2]
    manuscript, page, *_ = present(World(checks=made), formats=["html"])
    for name in CHECK_NAMES:
        for text in (manuscript, page):
            assert bool(re.search(rf"check-{name.replace('_', '-')}\b(?!-)", text)) == (name in made), name


def test_numbers_hold_what_the_manuscript_printed_and_nothing_else(shown):
    results, _, printed, _ = shown
    numbers = json.loads((results / "numbers.json").read_text(encoding="utf-8"))
    assert numbers == printed
    manuscript = (results / "paper" / "paper.md").read_text(encoding="utf-8").replace("\\", "").lower()
    manuscript = " ".join(manuscript.split())
    for key, entry in numbers.items():
        assert set(entry) == {"value", "text", "file"}, key
        assert " ".join(str(entry["text"]).lower().split()) in manuscript, key
        assert entry["file"] in ("config.yaml", "codebook", "checks") or (results / entry["file"]).exists(), (
            key
        )
    # the fake run has an effect on joiners for every model; only the main one's are in a table, so none is printed by itself
    assert not [key for key in numbers if "joiners_ties" in key]


def test_no_number_is_typed_into_the_results_of_the_manuscript():
    manuscript = (paper.FOLDER / "manuscript.md").read_text(encoding="utf-8")
    results = manuscript[manuscript.index("# Validity of the measure") : manuscript.index("# Limits")]
    prose = re.sub(r"<<.*?>>|<%.*?%>", "", results, flags=re.DOTALL)
    assert not re.findall(r"\d+\.\d+|\d+ ?%", prose)


# -- a user's own run ------------------------------------------------------------------------------------------------------


def test_a_paper_on_other_data_speaks_of_those_data(present):
    states = {code: f"Land {code}" for code in World().states}
    missions = {"sea_1960": ("Rescue at sea", 1960, "sea"), "hill_1971": ("Peace on the hill", 1971, "hill")}
    indicators = {"letters": ("friendship", "letters exchanged"), "gifts": ("friendship", "gifts of horses")}
    models = {
        "friends": ("Friendship", None),
        "plain": ("A plain count", "Counts letters."),
        "full": ("The whole story", "Everything."),
    }
    world = World(states, missions, indicators, models, ("friends",), "full", CHECK_NAMES)
    manuscript, page, *_ = present(world, formats=["html"])
    for text in (manuscript, page):
        for words in (
            "Rescue at sea",
            "letters exchanged",
            "A plain count",
            "The whole story",
            "Counts letters.",
            "Friendship",
        ):
            assert words in text, words
        for label in [label for _, label in INDICATORS.values()] + [
            label for label, _ in MODELS.values() if label != "Contact"
        ]:
            assert label not in text, label
        assert "Gulf War" not in text and "Iran" not in text


def test_contact_has_its_sentence_where_a_model_has_a_term_for_it(present):
    assert "(*Persons beside quality*), its effect is 1.3 points" in section_of(
        present(World())[0], "Results"
    )
    without = {name: words for name, words in MODELS.items() if name != "persons"}
    assert "contact between persons has" not in present(World(models=without))[0]


def test_renaming_a_model_in_the_config_changes_nothing_but_its_name(present):
    before, *_ = present(World())
    renamed = {("one_logit" if name == "pooled" else name): words for name, words in MODELS.items()}
    after, *_ = present(World(models=renamed))
    assert before == after


def test_the_order_of_models_is_that_of_the_config(present):
    turned = dict(reversed(MODELS.items()))
    manuscript, *_ = present(World(models=turned))
    table = manuscript[: manuscript.index("{#tbl:effects}")].splitlines()
    rows = [line.split("|")[1].strip() for line in table if line.startswith("|")][-5:]
    assert rows == [
        "One posterior",
        "Draws of quality",
        "Within and between",
        "Missions and states",
        "Pooled logit",
    ]


def test_hostile_names_are_printed_as_they_are(present):
    world = World(main=HOSTILE[2])
    codes = list(world.states)
    world.states = {
        code: HOSTILE[k] if k < len(HOSTILE) else name
        for k, (code, name) in enumerate(zip(codes, world.states.values(), strict=True))
    }
    world.missions = {"korea_1950": (HOSTILE[1], 1950, HOSTILE[3]), "gulf_1990": (HOSTILE[5], 1990, "gulf")}
    world.indicators = {"un_agreement": (HOSTILE[4], HOSTILE[2]), "other": (HOSTILE[0], HOSTILE[6])}
    world.models = {"quality": (HOSTILE[1], HOSTILE[0]), HOSTILE[2]: (HOSTILE[3], HOSTILE[4])}
    world.measurements = ("quality",)
    world.failed_checks = [
        {"check": "x", "label": name, "number": 1, "of": 2, "sentence": f"Of {name} one fails."}
        for name in HOSTILE
    ]
    _, page, _, _, results = present(world, formats=["pdf", "docx", "html", "tex"])
    html = text_of((results / "paper" / "paper.html").read_text(encoding="utf-8"))
    seen = text_of(page)
    assert (
        len(
            figures.draw_figures(
                results, results / "drawn", results / "drawn.json", settings(world, results.parent)
            )
        )
        == 8
    )
    for name in HOSTILE:
        assert f"Of {name} one fails." in html and f"Of {name} one fails." in seen, name
    assert "<script>alert" not in page and "<script>alert" not in (
        results / "paper" / "paper.html"
    ).read_text(encoding="utf-8")


# -- formats ---------------------------------------------------------------------------------------------------------------


def test_the_paper_is_there_in_four_formats(shown):
    folder = shown[0] / "paper"
    assert (folder / "paper.pdf").read_bytes().startswith(b"%PDF")
    html, tex = ((folder / f"paper.{kind}").read_text(encoding="utf-8") for kind in ("html", "tex"))
    with zipfile.ZipFile(folder / "paper.docx") as archive:
        document = archive.read("word/document.xml").decode()
        assert [name for name in archive.namelist() if name.endswith(".png")]
    assert "<m:oMath" in document
    assert "<math" in html and "<svg" in html.replace("data:image/svg", "<svg")
    assert "\\begin{equation}\\label{eq:outcome}" in tex and "effects.pdf" in tex
    assert "\N{MINUS SIGN}" not in tex
    assert not (folder / "paper.typ").exists()


def test_every_citation_and_cross_reference_leads_somewhere(shown):
    html = (shown[0] / "paper" / "paper.html").read_text(encoding="utf-8")
    identifiers = set(re.findall(r'id="([^"]+)"', html))
    targets = set(re.findall(r'href="#([^"]+)"', html))
    assert {"fig:effects", "tbl:effects", "tbl:objections", "eq:outcome", "ref-henke2017"} <= identifiers
    assert targets <= identifiers
    assert "Figure\u00a01" in html and "<<" not in html and "???" not in html


def test_a_run_without_optional_files_still_has_paper_and_report(bare_run, tmp_path):
    results = tmp_path / "bare"
    shutil.copytree(bare_run[0], results)
    figures.draw_figures(results, results / "figures", results / "figures.json", bare_run[1])
    paper.write_manuscript(results, results / "paper" / "paper.md", results / "numbers.json", bare_run[1])
    paper.build_paper(results / "paper" / "paper.md", ["pdf", "docx", "html", "tex"])
    seen = report.build_report(results, results / "report" / "index.html", bare_run[1])
    manuscript = (results / "paper" / "paper.md").read_text(encoding="utf-8")
    assert "Negative controls were not part of this run" in manuscript
    assert "no term for quality" in manuscript and "Conflicts were not left out" in manuscript
    assert not [key for key in seen if key.startswith("checks.")]
    assert 'id="quality-plot"' not in (results / "report" / "index.html").read_text(encoding="utf-8")


def test_the_same_input_gives_the_same_pdf_and_paper(shown, tmp_path):
    folder = shown[0] / "paper"
    first = {kind: (folder / f"paper.{kind}").read_bytes() for kind in paper.IMAGE_EXTENSIONS}
    paper.build_paper(folder / "paper.md", list(first))
    for kind, content in first.items():
        assert (folder / f"paper.{kind}").read_bytes() == content, kind


@pytest.mark.parametrize(
    ("text", "message"),
    [("As [@nobody1999] says.", "nobody1999"), ("See @fig:nothing.", "@fig:nothing refers to nothing")],
)
def test_a_citation_or_reference_that_leads_nowhere_is_one_line(text, message, tmp_path):
    source = tmp_path / "paper.md"
    source.write_text(f'---\ntitle: "T"\n---\n\n{text}\n', encoding="utf-8")
    with pytest.raises(UserError) as raised:
        paper.build_paper(source, ["html"])
    assert message in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(("words", "breaks"), [("short", False), ("a note of many words " * 20, True)])
def test_a_table_of_few_rows_with_long_cells_breaks_across_pages(words, breaks, tmp_path):
    """Typst prints the rows that do not fit over one another where a table may not break."""
    rows = "".join(f"| row {k} | {words} |\n" for k in range(10))
    source = tmp_path / "paper.md"
    table = f"| Test | Note |\n|:---|:---|\n{rows}\n: A table. {{#tbl:long}}\n"
    source.write_text(f'---\ntitle: "T"\n---\n\nSee @tbl:long.\n\n{table}', encoding="utf-8")
    paper.run_pandoc(source, tmp_path / "paper.typ", "pdf", ["--to=typst"])
    assert ("breakable: true" in (tmp_path / "paper.typ").read_text(encoding="utf-8")) == breaks


def test_an_unknown_format_is_one_line(shown):
    with pytest.raises(UserError, match=r"paper\.formats: 'odt' is unknown, expected pdf, docx, html, tex"):
        paper.build_paper(shown[0] / "paper" / "paper.md", ["odt"])


# -- the page --------------------------------------------------------------------------------------------------------------


def test_a_verdict_that_changes_in_a_table_changes_in_the_text(present):
    world = World()
    *_, results = present(world)
    rows = check_rows("payments", world)
    for row in rows:
        row["verdict"] = "passed"
    write_table(rows, results / "checks" / "payments.csv")
    paper.write_manuscript(
        results, results / "paper" / "paper.md", results / "numbers.json", settings(world, results.parent)
    )
    assert "All 4 tests pass (@tbl:check-payments)" in (results / "paper" / "paper.md").read_text(
        encoding="utf-8"
    )
