"""The report: results/report/index.html, one page to look at, self-contained and offline.

Reads a run through `Results`, the figures, and workflow/report/page.html.j2, which holds all prose; writes one HTML file with its
pictures, data and script inside. Links lead only to files of the run.
"""

import json
import re
from pathlib import Path

from markupsafe import Markup

from workflow.lib.job import write_text
from workflow.lib.presentation import escape
from workflow.lib.presentation.access import Run, environment, render
from workflow.lib.presentation.cells import Table
from workflow.lib.presentation.paper import read_figures
from workflow.lib.presentation.results import Results

DECIMALS = 3
LONG_TABLE = 14


def inline_svg(path: Path, label: str) -> Markup:
    """An SVG file as markup for the middle of a page: no prolog, no metadata, with a text for readers of screens."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    # identifiers of several figures must not meet on one page
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{path.stem}-", text)
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{escape.html(label)}"', 1))


def show_table(name: str, content: Table, caption: str) -> Markup:
    """A table under its caption; a long one is folded."""
    body = Markup('<div class="scroll" id="table-%s">%s</div>') % (name, content.html())
    if (number := len(content.rows)) > LONG_TABLE:
        return Markup("<details><summary>%s (%s rows)</summary>%s</details>") % (caption, number, body)
    return Markup('<p class="caption">%s</p>%s') % (caption, body)


def rounded(row) -> list[float]:
    """Mean and interval with few digits, which keeps the page small."""
    return [round(float(value), DECIMALS) for value in (row.mean, row.lower, row.upper)]


def page_data(results: Results) -> dict:
    """What the page's script draws: the main model's predictions by mission, and paths of filtered quality by state.

    Returns
    -------
    dict
        names (state -> name), missions (mission -> label, start, observed, rows of state, joined, mean, lower, upper),
        first_mission, and quality (state -> rows of year, mean, lower, upper).
    """
    predictions = dict(list(results.predictions.groupby("mission")))
    missions = {
        mission: {
            "label": label,
            "start": int(results.data["start_year"].sel(mission=mission)),
            "observed": int(rows["joined"].sum()),
            "rows": [[int(row.state), int(row.joined), *rounded(row)] for row in rows.itertuples()],
        }
        for mission, label in results.mission_labels.items()
        if (rows := predictions.get(mission)) is not None
    }
    quality = results.quality("filtered")
    quality = quality[quality["state"].isin(list(results.state_names))].sort_values(["state", "year"])
    first = next((mission for mission in results.cases if mission in missions), next(iter(missions), None))
    return {
        "names": {str(code): name for code, name in results.state_names.items()},
        "missions": missions,
        "first_mission": first,
        "quality": {
            str(state): [[int(row.year), *rounded(row)] for row in part.itertuples()]
            for state, part in quality.groupby("state")
        },
    }


def script_json(data: dict) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def build_report(results_folder, page_path, settings: dict, files=None) -> dict[str, dict]:
    """Write the page, to which links to downloads are relative; the run is given as to `Results`.

    Returns what the page prints of the run by key: its value, text and file.
    """
    results = Results(results_folder, settings, files)

    def figure(name: str, caption: str) -> Markup:
        svg = inline_svg(results.folder / "figures" / f"{name}.svg", caption)
        return Markup("<figure>%s<figcaption>%s</figcaption></figure>") % (svg, caption)

    run = Run(results, show_table, figure, read_figures(results.folder))
    page = render(environment(run, escape.html), "page.html.j2", script_data=script_json(page_data(results)))
    write_text(page, page_path)
    return run.printed
