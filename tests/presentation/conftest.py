"""Made-up runs for the tests of presentation; their writer is in `fake_results`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_results import MODELS, World, write_fake_results

from workflow.lib.presentation import figures, paper, report

FORMATS = ["pdf", "docx", "html", "tex"]


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Results folder and settings of a full run."""
    return write_fake_results(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def bare_run(tmp_path_factory):
    """Results folder and settings of a run with two outcome models and none of the optional files."""
    models = {name: MODELS[name] for name in ("pooled", "crossed")}
    world = World(models=models, measurements=(), main="crossed", optional=False, failed_checks=[])
    return write_fake_results(tmp_path_factory.mktemp("bare"), world)


def drawn_as(folder: Path, sections: dict) -> None:
    """Pretend that figures were drawn: the smallest picture that a page can hold."""
    (folder / "figures").mkdir(exist_ok=True)
    import json

    (folder / "figures.json").write_text(json.dumps(sections), encoding="utf-8")
    for name in [name for names in sections.values() for name in names]:
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="9" height="9"/></svg>'
        (folder / "figures" / f"{name}.svg").write_text(svg, encoding="utf-8")


@pytest.fixture(scope="session")
def shown(run):
    """The full run with everything that readers see, and what paper and report printed of it."""
    results, settings = run
    figures.draw_figures(results, results / "figures", results / "figures.json", settings)
    printed = paper.write_manuscript(
        results, results / "paper" / "paper.md", results / "numbers.json", settings
    )
    paper.build_paper(results / "paper" / "paper.md", FORMATS)
    seen = report.build_report(results, results / "report" / "index.html", settings)
    return results, settings, printed, seen


@pytest.fixture
def present(tmp_path):
    """Function that writes a run from a world and returns its manuscript, its page, and what each printed."""

    def made(world: World, sections: dict | None = None, formats: list[str] | None = None):
        results, settings = write_fake_results(tmp_path / str(len(list(tmp_path.iterdir()))), world)
        drawn_as(results, sections or {})
        printed = paper.write_manuscript(
            results, results / "paper" / "paper.md", results / "numbers.json", settings
        )
        seen = report.build_report(results, results / "report" / "index.html", settings)
        paper.build_paper(results / "paper" / "paper.md", formats or [])
        texts = [
            (results / name).read_text(encoding="utf-8") for name in ("paper/paper.md", "report/index.html")
        ]
        return *texts, printed, seen, results

    return made
