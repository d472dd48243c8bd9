"""Paper in four formats and the report, from a made-up run: nothing missing, nothing from the network."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from workflow.lib.errors import UserError
from workflow.lib.presentation import figures, numbers, paper, report, tables


def present(run, folder: Path) -> tuple[Path, dict]:
    """Copy a run and make everything that is shown from it."""
    results = folder / "results"
    shutil.copytree(run[0], results)
    figures.draw_figures(results, results / "figures", run[1])
    tables.write_tables(results, results / "tables", run[1])
    numbers.write_numbers(results, results / "numbers.json", run[1])
    return results, run[1]


@pytest.fixture(scope="module")
def shown(run, tmp_path_factory):
    results, settings = present(run, tmp_path_factory.mktemp("shown"))
    paper.build_paper(results, results / "paper", settings)
    report.build_report(results, results / "report" / "index.html", settings)
    return results, settings


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
    assert {"fig:effects", "tbl:estimates", "eq:outcome", "ref-henke2017"} <= identifiers
    assert targets <= identifiers
    assert "Figure\u00a01" in html and "<<" not in html and "???" not in html


def test_the_figure_of_each_case_says_which_mission_it_is(shown):
    html = (shown[0] / "paper" / "paper.html").read_text(encoding="utf-8")
    captions = [" ".join(text.split()) for text in re.findall(r"<figcaption>(.*?)</figcaption>", html, re.S)]
    cases = [text for text in captions if "least expected decisions" in text]
    numbers = json.loads((shown[0] / "numbers.json").read_text(encoding="utf-8"))
    labels = [numbers[f"case.{mission}.label"]["text"] for mission in shown[1]["report"]["cases"]]
    assert len(cases) == len(labels)
    for text, label in zip(cases, labels, strict=True):
        assert f"</strong> {label}. The mission" in text


def test_no_number_is_typed_into_the_results_of_the_manuscript():
    manuscript = (paper.PAPER_FOLDER / "manuscript.md").read_text(encoding="utf-8")
    results = manuscript[manuscript.index("# Results") : manuscript.index("# Limits")]
    prose = re.sub(r"<<.*?>>|<%.*?%>", "", results, flags=re.DOTALL)
    assert not re.findall(r"\d+\.\d+|\d+ ?%", prose)


def test_the_same_input_gives_the_same_pdf_and_paper(shown, tmp_path):
    results, settings = shown
    first = {kind: (results / "paper" / f"paper.{kind}").read_bytes() for kind in paper.FORMATS}
    paper.build_paper(results, results / "paper", settings)
    for kind in paper.FORMATS:
        assert (results / "paper" / f"paper.{kind}").read_bytes() == first[kind], kind


def test_a_run_with_one_model_and_no_checks_still_has_paper_and_report(small_run, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(small_run[0], bare)
    shutil.rmtree(bare / "checks")
    shutil.rmtree(bare / "comparison")
    results, settings = present((bare, small_run[1]), tmp_path)
    paper.build_paper(results, results / "paper", settings, formats=["html", "pdf"])
    page = report.build_report(results, results / "report" / "index.html", settings).read_text(
        encoding="utf-8"
    )
    assert "no model in which number and quality stand side by side" in (
        results / "paper" / "paper.html"
    ).read_text(encoding="utf-8")
    assert 'id="quality"' not in page and "Negative controls and timing placebo" not in page


def manuscript_of(text: str, given: dict | None = None) -> str:
    """Render a few words as the manuscript of an empty run."""
    entries = given or {"data.missions": {"value": 3, "text": "3", "file": "x"}}
    return paper.render_manuscript(text, paper.Manuscript(entries, {}, [], "figures", {}))


def test_a_number_that_is_missing_is_one_line():
    assert manuscript_of('<< number("data.missions") >> missions') == "3 missions"
    with pytest.raises(UserError) as raised:
        manuscript_of('<< number("data.mission") >>')
    message = str(raised.value)
    assert (
        message.startswith("manuscript.md: number 'data.mission' is not in numbers.json")
        and "\n" not in message
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<< nothing >>", "manuscript.md: 'nothing' is undefined"),
        ("a\n<% if %>", "manuscript.md, line 2: "),
        ('<< table("missions", "x") >>', "manuscript.md: table 'missions' was not made"),
        ('<< figure("effects") >>', "manuscript.md: figure 'effects' was not drawn"),
    ],
)
def test_a_fault_in_the_manuscript_is_one_line(text, message):
    with pytest.raises(UserError) as raised:
        manuscript_of(text)
    assert str(raised.value).startswith(message) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [("As [@nobody1999] says.", "nobody1999"), ("See @fig:nothing.", "@fig:nothing refers to nothing")],
)
def test_a_citation_or_reference_that_leads_nowhere_is_one_line(text, message, tmp_path):
    source = tmp_path / "paper.md"
    source.write_text(f'---\ntitle: "T"\n---\n\n{text}\n', encoding="utf-8")
    with pytest.raises(UserError) as raised:
        paper.run_pandoc(source, tmp_path / "paper.html", "html", ["--to=html5"])
    assert message in str(raised.value) and "\n" not in str(raised.value)


def test_an_unknown_format_is_one_line(shown, tmp_path):
    with pytest.raises(UserError, match=r"paper\.formats: 'odt' is unknown, expected pdf, docx, html, tex"):
        paper.build_paper(shown[0], tmp_path, shown[1], formats=["odt"])


def test_the_report_needs_no_network(shown):
    page = (shown[0] / "report" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)\s*=\s*["\'](?:https?:)?//', page)
    assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//|@import|fetch\(|XMLHttpRequest", page)
    assert "<script src" not in page and '<link rel="stylesheet"' not in page
    outside = set(re.findall(r"https?://[^\s\"'<>)]+", page))
    assert all(address.startswith("http://www.w3.org/") for address in outside), outside


def test_the_report_links_to_files_of_the_run_and_tells_its_missions(shown):
    results = shown[0]
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    for link in re.findall(r'<li><a href="([^"]+)"', page):
        assert (results / "report" / link).resolve().exists(), link
    assert '"korea_1950"' in page and "Philippines" in page and page.count("<svg") >= 8


def test_nothing_in_a_name_can_end_the_script():
    assert "</script" not in report.script_json({"name": "</script><b>"})
