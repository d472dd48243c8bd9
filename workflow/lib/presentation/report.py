"""The report: results/report/index.html, one page to look at, self-contained and offline.

Reads a run's files through `Results`, numbers.json, tables/*.md and figures/*.svg, and the page template in
workflow/report; writes one HTML file with its pictures, data and script inside. Links lead only to files of the run.
A number or file that the page needs and that is absent is a `UserError` in one line.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import jinja2
import pypandoc
from markupsafe import Markup

from workflow.lib.errors import UserError
from workflow.lib.presentation import quantities
from workflow.lib.presentation.captions import caption
from workflow.lib.presentation.results import Results
from workflow.lib.presentation.tables import PANDOC_COLUMNS, TABLES

TEMPLATE_FOLDER = Path(__file__).resolve().parents[2] / "report"
DECIMALS = 4
ANSWERS = (
    "answer.effects",
    "answer.comparison",
    "answer.feedback",
    "answer.attenuation",
    "answer.prediction",
    "answer.future",
)
FACTS = (
    ("data.missions", "missions"),
    ("data.states", "eligible states"),
    ("data.rows", "decisions to join or not"),
    ("data.joined", "of them joined"),
    ("models.count", "of joining compared"),
)
FIRST_STATES = (200, 640)
DOWNLOADS = (
    ("effects.csv", "Effects by model (CSV)"),
    ("predictions.csv", "Predictions (CSV)"),
    ("quality.csv", "Latent quality by state and year (CSV)"),
    ("comparison/loo.csv", "Leave-one-out scores (CSV)"),
    ("comparison/missions.csv", "Held-out missions (CSV)"),
    ("comparison/future.csv", "Held-out future missions (CSV)"),
    ("diagnostics.json", "Diagnostics of all models (JSON)"),
    ("numbers.json", "Every number of the paper and where it came from (JSON)"),
    ("data/analysis.nc", "Analysis data set (netCDF)"),
)
PAPER_WORDS = {
    "pdf": "The paper (PDF)",
    "docx": "The paper (DOCX)",
    "html": "The paper (HTML)",
    "tex": "The paper (LaTeX source)",
}


def inline_svg(path: Path, label: str) -> str:
    """An SVG file as markup for the middle of a page: no prolog, no metadata, with a text for readers of screens."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    described = str(Markup.escape(label))
    return text.replace("<svg", f'<svg role="img" aria-label="{described}"', 1)


def table_html(pipe_table: str) -> str:
    """A pipe table as an HTML table."""
    command = [pypandoc.get_pandoc_path(), "--from=markdown", "--to=html5", f"--columns={PANDOC_COLUMNS}"]
    done = subprocess.run(command, input=pipe_table, capture_output=True, text=True, check=True)
    return done.stdout.replace('style="text-align: right;"', 'class="n"').replace(
        ' style="text-align: left;"', ""
    )


def rounded(values) -> list[float]:
    """Numbers with few digits, which keeps the page small."""
    return [round(float(value), DECIMALS) for value in values]


def page_data(results: Results) -> dict:
    """What the page's script draws: predictions of the main model by mission, paths of quality by state.

    Returns
    -------
    dict
        names (state -> name), missions (mission -> label, start, observed, mean, lower, upper, rows), first_mission,
        and quality (state -> [year, mean, lower, upper]...), quality_span, quality_years, first_state.
    """
    predictions = quantities.prediction_rows(results)
    joiners = quantities.joiners(results).set_index("mission")
    missions = {}
    for mission, label in results.mission_labels.items():
        rows = predictions[predictions["mission"] == mission]
        if rows.empty or mission not in joiners.index:
            continue
        summary = joiners.loc[mission]
        missions[mission] = {
            "label": label,
            "start": int(results.data["start_year"].sel(mission=mission)),
            "observed": int(summary["observed"]),
            "mean": float(summary["mean"]),
            "lower": float(summary["lower"]),
            "upper": float(summary["upper"]),
            "rows": [
                [int(row.state), int(row.joined), *rounded((row.mean, row.lower, row.upper))]
                for row in rows.itertuples()
            ],
        }
    first = next((mission for mission in results.cases if mission in missions), next(iter(missions), None))
    data = {
        "names": {str(code): name for code, name in results.state_names.items()},
        "missions": missions,
        "first_mission": first,
    }
    quality = results.quality
    if not quality.empty:
        quality = quality[quality["state"].isin(list(results.state_names))].sort_values(["state", "year"])
        data["quality"] = {
            str(state): [
                [int(row.year), *rounded((row.mean, row.lower, row.upper))] for row in part.itertuples()
            ]
            for state, part in quality.groupby("state")
        }
        data["quality_span"] = rounded((quality["lower"].min() - 0.1, quality["upper"].max() + 0.1))
        data["quality_years"] = [int(quality["year"].min()), int(quality["year"].max())]
        present = [str(code) for code in FIRST_STATES if str(code) in data["quality"]]
        data["first_state"] = present[0] if present else next(iter(data["quality"]))
    return data


def script_json(data: dict) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def check_sentences(numbers: dict, interval: str) -> list[str]:
    """One sentence for each kind of check that this run has."""

    def text(key: str) -> str:
        return numbers[key]["text"]

    sentences = []
    held_out = numbers["joiners.source"]["value"] == "held out"
    prediction = "made without the mission" if held_out else "with the mission in the fit"
    sentences.append(
        f"The number of joiners lies within the {interval} interval of predictions {prediction} in "
        f"{text('joiners.covered')} of {text('joiners.missions')} missions."
    )
    if "predictive.figures" in numbers:
        sentences.append(
            f"{text('predictive.figures')} figures were compared with replicated data; beyond chance after correction for "
            f"their number: {text('predictive.failed')} (concerning: {text('predictive.failed.list')})."
        )
    for check, words in (
        ("negative_control_exposure", "Ties with rivals and other powers"),
        ("timing_placebo", "Ties five years later"),
        ("negative_control_outcome", "Missions led by others"),
    ):
        key = f"controls.{check}"
        if key in numbers:
            sentences.append(
                f"{words}: {text(key)} should be near zero; credibly different from zero: {text(f'{key}.clear.list')}."
            )
    if "e_value.model" in numbers:
        key = f"e_value.{numbers['e_value.model']['value']}"
        sentences.append(
            f"To explain the contrast of ties away, a common cause would need risk ratios of {text(f'{key}.estimate')} with ties "
            f"and with joining; to bring its interval to the null, {text(f'{key}.limit')}."
        )
    return [sentence.replace("\\", "") for sentence in sentences]


def build_report(results_dir, output_path, settings) -> Path:
    """Write the page.

    Parameters
    ----------
    results_dir : path
        `results/` with the run's files, numbers.json, tables/*.md and figures/*.svg with figures.json.
    output_path : path
        The page, usually `results/report/index.html`; links to downloads are relative to it.
    settings : Mapping or typed settings
        The resolved config.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    UserError
        If numbers.json or figures.json is missing.
    """
    results, target = Results.load(results_dir, settings), Path(output_path)
    folder = results.folder
    for name in ("numbers.json", "figures/figures.json"):
        if not (folder / name).exists():
            raise UserError(
                f"{folder / name}: missing, expected the file made by the workflow; run the workflow to make it."
            )
    numbers = json.loads((folder / "numbers.json").read_text(encoding="utf-8"))
    drawn = json.loads((folder / "figures" / "figures.json").read_text(encoding="utf-8"))
    found = {name: folder / "tables" / f"{name}.md" for name in TABLES}
    tables = {
        name: Markup(table_html(path.read_text(encoding="utf-8"))) if path.exists() else ""
        for name, path in found.items()
    }

    def figures(name: str) -> Markup:
        if name not in drawn:
            return Markup("")
        words = caption(name, results.settings)
        svg = inline_svg(folder / "figures" / f"{name}.svg", words)
        return Markup(f"<figure>{svg}<figcaption>{Markup.escape(words)}</figcaption></figure>")

    def relative(path: Path) -> str:
        return Path(os.path.relpath(path, target.parent)).as_posix()

    formats = (results.settings.get("paper") or {}).get("formats") or list(PAPER_WORDS)
    downloads = [(relative(folder / "paper" / f"paper.{kind}"), PAPER_WORDS[kind]) for kind in formats]
    downloads += [(relative(folder / name), words) for name, words in DOWNLOADS if (folder / name).exists()]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE_FOLDER), undefined=jinja2.StrictUndefined, autoescape=True
    )
    page = environment.get_template("page.html.j2").render(
        answer=[numbers[key]["text"] for key in ANSWERS if key in numbers],
        facts=[(numbers[key]["text"], words) for key, words in FACTS],
        interval=results.interval_text,
        main_model=numbers["settings.main_model_lower"]["text"],
        prediction_kind=numbers["cases.held_out"]["text"],
        figures=figures,
        tables=tables,
        quality=not results.quality.empty,
        checks=check_sentences(numbers, results.interval_text),
        downloads=downloads,
        seed=numbers["settings.seed"]["text"],
        config_hash=str(results.data.attrs.get("config_hash", ""))[:12],
        tables_hash=str(results.data.attrs.get("tables_hash", ""))[:12],
        data=Markup(script_json(page_data(results))),
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8")
    return target
