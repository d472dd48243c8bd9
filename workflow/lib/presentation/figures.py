"""The figures of the paper and the report: a run's files in, matplotlib figures out.

`draw_figures` reads through `Results` and writes each figure as svg (report, HTML, PDF), png (DOCX) and pdf (LaTeX) into one
folder, and `figures.json` beside it, the names drawn by section. A figure is one function and one line in `FIGURES`; without
input it returns None and is left out. The bytes depend on the input alone (no time stamps).
"""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow.lib.job import write_text
from workflow.lib.presentation import escape, style
from workflow.lib.presentation.captions import CASE_PREFIX
from workflow.lib.presentation.results import TIES, Results

METADATA = {
    "svg": {"Date": None, "Creator": "coalition-ties"},
    "png": {"Software": "coalition-ties"},
    "pdf": {"CreationDate": None, "Creator": "coalition-ties", "Producer": "coalition-ties"},
}
FORMATS = tuple(METADATA)
LONGEST = 60
PANELS = 12
LOOKS = {"ties": (style.TIES, "o", "Ties"), "quality": (style.QUALITY, "s", "Quality")}


def new_figure(rows: float, row_height: float = 0.19) -> Figure:
    """An empty figure of the page's width, as high as its rows need."""
    return Figure(figsize=(style.COLUMN_WIDTH_INCHES, 1.0 + row_height * rows))


def intervals(
    axes, rows: pd.DataFrame, position, colour: str, marker: str = "o", centre: str = "mean"
) -> None:
    """Horizontal intervals with a point at their centre."""
    axes.hlines(position, rows["lower"], rows["upper"], color=colour, linewidth=1.2, zorder=2)
    axes.plot(rows[centre], position, marker, color=colour, zorder=3, linestyle="none")


def label_rows(axes, labels) -> None:
    """One row a label, the first on top, with a light guide line."""
    axes.set_yticks(np.arange(len(labels)), [escape.figure(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="y")
    axes.tick_params(axis="y", length=0)


def legend(figure: Figure, entries: dict[str, tuple[str, str]], columns: int = 4) -> None:
    """A legend above the figure: label -> colour, marker."""
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", label=escape.figure(label))
        for label, (colour, marker) in entries.items()
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=columns)


def zero_line(axes, position: float = 0.0) -> None:
    """A line where nothing happens, or where passing ends."""
    axes.axvline(position, color=style.LINE, linewidth=0.7)


def row_figure(labels, words: str, row_height: float = 0.19) -> tuple:
    """A figure of one row a label above an axis in words, and its axes."""
    figure = new_figure(len(labels), row_height)
    axes = figure.subplots()
    label_rows(axes, labels)
    axes.set_xlabel(words)
    return figure, axes


def draw_effects(results: Results) -> Figure:
    """Effects of ties and of quality by model."""
    rows = results.table("effects.csv")
    rows = rows[rows["scope"] == "all"]
    main = {results.main_model: " (main)"}
    labels = [results.label(model) + main.get(model, "") for model in results.models]
    figure, axes = row_figure(labels, "Change of the probability of joining, percentage points", 0.36)
    terms = {TIES: -0.13, results.quality_term: 0.13}
    for (term, offset), (colour, marker, _) in zip(terms.items(), LOOKS.values(), strict=True):
        part = rows[rows["estimand"].isin([f"{term}_effect", f"{term}_within_effect"])]
        part = part.assign(**{name: 100 * part[name] for name in ("mean", "lower", "upper")})
        place = [results.models.index(model) + offset for model in part["model"]]
        intervals(axes, part, place, colour, marker)
    zero_line(axes)
    legend(figure, {label: (colour, marker) for colour, marker, label in LOOKS.values()})
    return figure


def states_to_show(results: Results, quality: pd.DataFrame) -> list[int]:
    """States that readers know: those named most in the known orderings, else those that joined most missions."""
    labels = " ".join(results.table("checks/known_orderings.csv")["label"].dropna().astype(str))
    names = quality.drop_duplicates("state").set_index("state")["name"]
    named = names.map(lambda name: labels.count(str(name)))
    joined = results.data["joined"].sum("mission").to_series().reindex(names.index).fillna(0)
    order = pd.DataFrame({"named": named, "joined": joined})
    order = order.sort_values(["named", "joined"], ascending=False, kind="stable")
    return list(order.index[:PANELS])


def draw_quality_paths(results: Results) -> Figure | None:
    """Paths of quality, one small panel a state: smoothed with its interval, and filtered."""
    smoothed, filtered = results.quality("smoothed"), results.quality("filtered")
    if smoothed.empty:
        return None
    states = states_to_show(results, smoothed)
    columns = min(4, len(states))
    rows = int(np.ceil(len(states) / columns))
    figure = new_figure(rows, 1.35)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, state in zip(grid.flat, states, strict=False):
        part, past = (table[table["state"] == state].sort_values("year") for table in (smoothed, filtered))
        axes.fill_between(
            part["year"], part["lower"], part["upper"], color=style.QUALITY, alpha=0.22, linewidth=0
        )
        axes.plot(part["year"], part["mean"], color=style.QUALITY)
        axes.plot(past["year"], past["mean"], color=style.ACTUAL, linewidth=0.7, linestyle=":")
        axes.axhline(0, color=style.NEUTRAL, linewidth=0.5)
        axes.set_title(escape.figure(part["name"].iloc[0]))
    for axes in list(grid.flat)[len(states) :]:
        axes.set_axis_off()
    figure.supylabel("Quality (standard deviations)", fontsize=8)
    figure.supxlabel("Year", fontsize=8)
    return figure


def draw_check(results: Results, name: str, words: str, *references: float) -> Figure | None:
    """Estimates of a table of checks, coloured by verdict, beside the values that divide passing from failing."""
    rows = results.table(f"checks/{name}.csv").dropna(subset=["estimate"]).head(LONGEST)
    if rows.empty:
        return None
    figure, axes = row_figure(rows["label"], words)
    entries = {}
    for verdict, colour in style.VERDICTS.items():
        position = np.flatnonzero(rows["verdict"] == verdict)
        intervals(axes, rows.iloc[position], position, colour, centre="estimate")
        if position.size:
            entries[verdict] = (colour, "o")
    for reference in references:
        zero_line(axes, reference)
    if len(entries) > 1:
        legend(figure, entries)
    return figure


def draw_known_orderings(results: Results) -> Figure | None:
    """Posterior probabilities of orderings that the record leaves no doubt about."""
    return draw_check(results, "known_orderings", "Posterior probability of the known order", 0.4, 0.6)


def draw_ties_measures(results: Results) -> Figure | None:
    """The slope of ties by how ties are counted."""
    return draw_check(results, "ties_measures", "Estimate by measure of ties", 0.0)


def draw_around_missions(results: Results) -> Figure | None:
    """Quality of joiners less that of others by years from the year before a mission."""
    rows = results.table("checks/reverse_causation.csv")
    rows = rows[rows["check"].isin(["before joining", "after joining"])]
    if rows.empty:
        return None
    years = rows["item"].str.rsplit(" ", n=1).str[-1].astype(int)
    figure = new_figure(9)
    axes = figure.subplots()
    axes.vlines(years, rows["lower"], rows["upper"], color=style.QUALITY, linewidth=1.2)
    axes.plot(years, rows["estimate"], "o", color=style.QUALITY)
    axes.axhline(0, color=style.LINE, linewidth=0.7)
    axes.set_xticks([*years, 0])
    axes.set_xlabel("Years from the year before a mission")
    axes.set_ylabel("Standard deviations of quality")
    return figure


def draw_feedback(results: Results) -> Figure | None:
    """The states whose quality the outcome moves most."""
    rows = results.table("checks/feedback.csv").dropna(subset=["estimate"])
    largest = rows["estimate"].abs().sort_values(ascending=False, kind="stable").index[:20]
    rows = rows.loc[largest].sort_values("estimate", ascending=False, kind="stable")
    if rows.empty:
        return None
    figure, axes = row_figure(rows["label"], "Shift of quality when the outcome informs it")
    intervals(axes, rows, np.arange(len(rows)), style.QUALITY, centre="estimate")
    zero_line(axes)
    return figure


def draw_reliability(results: Results) -> Figure | None:
    """Reliability of the measures by year."""
    rows = results.table("checks/constructs.csv")
    rows = rows[rows["check"].astype(str).str.contains("reliability")].dropna(subset=["estimate"])
    rows = rows.assign(year=rows["item"].astype(str).str.extract(r"(\d{4})", expand=False).astype(float))
    rows = rows.dropna(subset=["year"])
    if rows.empty:
        return None
    figure = new_figure(1, 1.6)
    axes = figure.subplots()
    entries = {}
    for number, (model, part) in enumerate(rows.sort_values("year").groupby("model", sort=False)):
        colour, marker = style.SERIES[number % len(style.SERIES)], "osD^vPX"[number % 7]
        axes.plot(part["year"], part["estimate"], color=colour, marker=marker, markersize=3)
        entries[results.label(model)] = (colour, marker)
    axes.set_ylim(0, 1)
    axes.set_xlabel("Year")
    axes.set_ylabel("Reliability")
    legend(figure, entries, columns=3)
    return figure


def draw_conflicts(results: Results) -> Figure | None:
    """Expected and actual number of joiners of each conflict that was left out."""
    rows = results.table("comparison/conflicts.csv")
    rows = rows[rows["model"] == results.main_model]
    if rows.empty:
        return None
    names = rows["conflict"].astype(str).str.replace("_", " ")
    figure, axes = row_figure(names, "Number of decisions to join")
    position = np.arange(len(rows))
    intervals(axes, rows, position, style.PREDICTED, centre="expected_joiners")
    axes.plot(rows["joiners"], position, "x", color=style.ACTUAL, markersize=5, markeredgewidth=1.2, zorder=4)
    axes.set_xlim(left=-0.5)
    legend(figure, {"Expected, conflict left out": (style.PREDICTED, "o"), "Actual": (style.ACTUAL, "x")})
    return figure


def draw_multiverse(results: Results) -> Figure | None:
    """What the answer becomes with other lists of indicators."""
    rows = results.table("multiverse.csv")
    if rows.empty:
        return None
    figure = new_figure(1, 2.2)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (term, (colour, marker, label)) in zip(panels, LOOKS.items(), strict=True):
        look = {"s": 4 + 2 * rows["n_indicators"], "color": colour, "marker": marker}
        effect = 100 * rows[f"{term}_effect"]
        axes.scatter(rows["correlation_with_default"], effect, alpha=0.5, linewidth=0, **look)
        axes.axhline(0, color=style.LINE, linewidth=0.7)
        axes.set_title(f"Effect of {label.lower()}")
        axes.set_xlabel("Correlation of the measure with the default")
    panels[0].set_ylabel("Percentage points")
    return figure


def draw_case(results: Results, mission: str) -> Figure | None:
    """The least expected decisions of a mission, both ways."""
    parts = [part for part in results.surprises(mission) if len(part)]
    if not parts:
        return None
    figure = new_figure(max(map(len, parts)))
    panels = figure.subplots(1, len(parts), sharex=True, squeeze=False)[0]
    for axes, part in zip(panels, parts, strict=True):
        joined = ("Joined,\nleast expected", style.PREDICTED, "o")
        absent = ("Stayed away,\nmost expected", style.QUALITY, "s")
        title, colour, marker = joined if part["joined"].iloc[0] == 1 else absent
        intervals(axes, part, np.arange(len(part)), colour, marker)
        label_rows(axes, part["name"])
        axes.set_ylim(max(map(len, parts)) - 0.4, -0.6)
        axes.set_title(title)
        axes.set_xlabel("Predicted probability of joining")
        axes.set_xlim(-0.03, 1.03)
    return figure


# Section of the paper and the report -> functions that draw its figures, named draw_<figure>.
FIGURES = {
    "validity": [draw_known_orderings, draw_quality_paths, draw_reliability],
    "results": [draw_effects],
    "reverse": [draw_around_missions],
    "controls": [draw_ties_measures],
    "feedback": [draw_feedback],
    "prediction": [draw_conflicts],
    "multiverse": [draw_multiverse],
}


def save_figure(figure: Figure, folder: Path, name: str) -> None:
    """Write one figure in every format, the same bytes each time."""
    for suffix in FORMATS:
        figure.savefig(folder / f"{name}.{suffix}", metadata=METADATA[suffix])


def draw_figures(
    results_folder, output_folder, list_path, settings: dict, files=None
) -> dict[str, list[str]]:
    """Draw every figure whose input exists, in every format, into a folder; the run is given as to `Results`.

    Returns names by section, which are also written to the file of the list, usually `results/figures.json`.
    """
    results, folder = Results(results_folder, settings, files), Path(output_folder)
    folder.mkdir(parents=True, exist_ok=True)
    makers = {
        section: {make.__name__.removeprefix("draw_"): make for make in functions}
        for section, functions in FIGURES.items()
    }
    makers["cases"] = {CASE_PREFIX + name: partial(draw_case, mission=name) for name in results.cases}
    drawn: dict[str, list[str]] = {}
    with style.styled():
        for section, named in makers.items():
            for name, make in named.items():
                if (figure := make(results)) is None:
                    continue
                save_figure(figure, folder, name)
                drawn.setdefault(section, []).append(name)
    write_text(json.dumps(drawn, indent=1) + "\n", list_path)
    return drawn
