"""The figures of the paper and the report: data frames in, matplotlib figures out.

`draw_figures` reads a run's files through `Results` and writes each figure as svg (report, HTML), png (DOCX) and pdf
(LaTeX, PDF) into one folder, with `figures.json`, the list of what was drawn. A figure whose input was not made is left out.
The bytes depend on the input alone (no time stamps).
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from workflow.lib.presentation import quantities, style
from workflow.lib.presentation.results import Results

FORMATS = ("svg", "png", "pdf")
CASE_PREFIX = "case_"
METADATA = {
    "svg": {"Date": None, "Creator": "coalition-ties"},
    "png": {"Software": "coalition-ties"},
    "pdf": {"CreationDate": None, "Creator": "coalition-ties", "Producer": "coalition-ties"},
}


def new_figure(height_inches: float) -> Figure:
    """An empty figure of the page's width."""
    return Figure(figsize=(style.COLUMN_WIDTH_INCHES, height_inches))


def interval_points(axes, table: pd.DataFrame, position, colour: str, marker: str = "o", **options) -> None:
    """Horizontal intervals with a point at the mean: columns mean, lower, upper."""
    axes.hlines(position, table["lower"], table["upper"], color=colour, linewidth=1.2, zorder=2)
    axes.plot(table["mean"], position, marker, color=colour, zorder=3, linestyle="none", **options)


def label_rows(axes, labels: list[str]) -> None:
    """One row a label, the first on top, with a light guide line."""
    axes.set_yticks(np.arange(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="y")
    axes.tick_params(axis="y", length=0)


def draw_effects(effects: pd.DataFrame, models: list[str]) -> Figure:
    """Forest of the effect of ties and of quality, by model.

    Parameters
    ----------
    effects : DataFrame
        effects.csv; rows of scope `all` are shown (change of the probability of joining, p25 to p75).
    models : list of str
        Order of the rows.
    """
    rows = effects[(effects["scope"] == "all") & effects["estimand"].isin(["ties_effect", "quality_effect"])]
    figure = new_figure(0.9 + 0.42 * len(models))
    axes = figure.subplots()
    for estimand, colour, offset, marker in (
        ("ties_effect", style.TIES, -0.13, "o"),
        ("quality_effect", style.QUALITY, 0.13, "s"),
    ):
        part = rows[rows["estimand"] == estimand].set_index("model").reindex(models).dropna(subset=["mean"])
        position = np.array([models.index(model) for model in part.index]) + offset
        if len(part):
            words = {"ties_effect": "ties, quality held", "quality_effect": "quality, ties held"}[estimand]
            interval_points(axes, part, position, colour, marker, label=words)
    axes.axvline(0, color="#444444", linewidth=0.7)
    label_rows(axes, [style.model_label(model) for model in models])
    axes.set_xlabel("Change of the probability of joining, lower to upper quartile")
    handles = [
        Line2D([], [], color=style.TIES, marker="o", label="Number of ties"),
        Line2D([], [], color=style.QUALITY, marker="s", label="Quality of the relationship"),
    ]
    shown = [name in set(rows["estimand"]) for name in ("ties_effect", "quality_effect")]
    handles = [handle for handle, there in zip(handles, shown, strict=True) if there]
    figure.legend(handles=handles, loc="outside upper right", ncols=2)
    return figure


def draw_quality_paths(paths: pd.DataFrame) -> Figure:
    """Latent quality over time, one small panel a state.

    Parameters
    ----------
    paths : DataFrame
        state_name, year, mean, lower, upper, in the order of the panels.
    """
    names = list(dict.fromkeys(paths["state_name"]))
    columns = min(5, len(names))
    rows = int(np.ceil(len(names) / columns))
    figure = new_figure(0.5 + 1.35 * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, name in zip(grid.flat, names, strict=False):
        part = paths[paths["state_name"] == name]
        axes.fill_between(
            part["year"], part["lower"], part["upper"], color=style.QUALITY, alpha=0.22, linewidth=0
        )
        axes.plot(part["year"], part["mean"], color=style.QUALITY)
        axes.axhline(0, color=style.NEUTRAL, linewidth=0.5)
        axes.set_title(name)
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    figure.supylabel("Quality (standard deviations)", fontsize=8)
    figure.supxlabel("Year", fontsize=8)
    return figure


def draw_joiners(table: pd.DataFrame) -> Figure:
    """Predicted (point, interval) and actual (cross) number of joiners of each mission.

    Parameters
    ----------
    table : DataFrame
        mission_label, observed, mean, lower, upper.
    """
    figure = new_figure(0.9 + 0.19 * len(table))
    axes = figure.subplots()
    position = np.arange(len(table))
    interval_points(axes, table, position, style.PREDICTED)
    axes.plot(
        table["observed"], position, "x", color=style.ACTUAL, markersize=5, markeredgewidth=1.2, zorder=4
    )
    label_rows(axes, list(table["mission_label"]))
    axes.set_xlabel("Number of joining states")
    axes.set_xlim(left=-0.5)
    handles = [
        Line2D([], [], color=style.PREDICTED, marker="o", label="Predicted"),
        Line2D([], [], color=style.ACTUAL, marker="x", linestyle="none", label="Actual"),
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=2)
    return figure


def draw_loadings(table: pd.DataFrame) -> Figure:
    """Loadings of indicators on quality and of tie counts on quality and opportunity.

    Parameters
    ----------
    table : DataFrame
        kind, item, family, mean, lower, upper.
    """
    indicators = table[table["kind"] == "indicator"].sort_values("mean", ascending=False)
    ties = table[table["kind"] != "indicator"]
    items = list(dict.fromkeys(ties["item"]))
    heights = [max(len(indicators), 1), max(len(items), 1)] if items else [1]
    figure = new_figure(1.1 + 0.21 * (len(indicators) + len(items)))
    panels = figure.subplots(len(heights), 1, height_ratios=heights, sharex=True, squeeze=False)[:, 0]
    interval_points(panels[0], indicators, np.arange(len(indicators)), style.QUALITY, "s")
    families = {"normal": "", "bernoulli": " [yes/no]", "negative_binomial": " [count]"}
    label_rows(
        panels[0],
        [style.column_label(row.item) + families.get(row.family, "") for row in indicators.itertuples()],
    )
    panels[0].set_title("Indicators of quality")
    if items:
        for kind, colour, marker, offset in (
            ("tie on quality", style.QUALITY, "s", -0.13),
            ("tie on opportunity", style.NEUTRAL, "D", 0.13),
        ):
            part = ties[ties["kind"] == kind]
            rows = np.array([items.index(item) for item in part["item"]]) + offset
            interval_points(panels[1], part, rows, colour, marker)
        label_rows(panels[1], [style.column_label(item) for item in items])
        panels[1].set_title("Tie counts: quality ■, opportunity ◆")
    for axes in panels:
        axes.axvline(0, color="#444444", linewidth=0.7)
    panels[-1].set_xlabel("Loading (scale of each item's linear predictor)")
    return figure


def draw_mission_slopes(table: pd.DataFrame) -> Figure:
    """Slopes of ties and quality by mission, side by side.

    Parameters
    ----------
    table : DataFrame
        slope, mission_label, mean, lower, upper.
    """
    slopes = list(dict.fromkeys(table["slope"]))
    labels = list(dict.fromkeys(table["mission_label"]))
    figure = new_figure(0.9 + 0.19 * len(labels))
    panels = figure.subplots(1, len(slopes), sharey=True, sharex=True, squeeze=False)[0]
    looks = {
        "ties": (style.TIES, "o", "Number of ties"),
        "quality": (style.QUALITY, "s", "Quality of the relationship"),
    }
    for axes, slope in zip(panels, slopes, strict=True):
        colour, marker, title = looks[slope]
        part = table[table["slope"] == slope]
        interval_points(axes, part, [labels.index(label) for label in part["mission_label"]], colour, marker)
        label_rows(axes, labels)
        axes.axvline(0, color="#444444", linewidth=0.7)
        axes.set_title(title)
        axes.set_xlabel("Slope (log-odds per sd)")
    return figure


def draw_held_out_missions(scores: pd.DataFrame, models: list[str]) -> Figure:
    """Held-out log score of each mission under each model, as a difference from the best simple reference.

    Parameters
    ----------
    scores : DataFrame
        model, mission, mission_label, joint_log_score (joint log probability of a mission's decisions).
    models : list of str
        Order; the first one scored is the reference at zero.
    """
    wide = scores.pivot_table(index="mission_label", columns="model", values="joint_log_score", sort=False)
    present = [model for model in models if model in wide.columns]
    reference = present[0]
    figure = new_figure(1.0 + 0.19 * len(wide))
    axes = figure.subplots()
    position = np.arange(len(wide))
    if len(present) == 1:
        axes.plot(wide[reference], position, "o", color=style.TIES, label=style.model_label(reference))
        axes.set_xlabel("Held-out log score of the mission")
    else:
        for number, model in enumerate(present[1:]):
            axes.plot(
                wide[model] - wide[reference], position, "osD^v"[number % 5],
                color=style.SERIES[number % len(style.SERIES)], label=style.model_label(model), linestyle="none",
            )  # fmt: skip
        axes.axvline(0, color="#444444", linewidth=0.7)
        axes.set_xlabel(
            f"Held-out log score minus that of “{style.model_label(reference)}” (right is better)"
        )
    label_rows(axes, list(wide.index))
    figure.legend(loc="outside upper right", ncols=3)
    return figure


def draw_coverage_columns(share: pd.DataFrame) -> Figure:
    """Share of states with a value, by column (rows) and year.

    Parameters
    ----------
    share : DataFrame
        Index column, columns year, values 0 to 1.
    """
    figure = new_figure(0.9 + 0.145 * len(share))
    axes = figure.subplots()
    years = share.columns.to_numpy(float)
    image = axes.imshow(
        share.to_numpy(float), aspect="auto", cmap="Blues", vmin=0, vmax=1, interpolation="nearest",
        extent=(years.min() - 0.5, years.max() + 0.5, len(share) - 0.5, -0.5),
    )  # fmt: skip
    axes.set_yticks(np.arange(len(share)), [style.column_label(name) for name in share.index], fontsize=6.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Year")
    colorbar = figure.colorbar(image, ax=axes, shrink=min(1.0, 8 / max(len(share), 1) + 0.3), pad=0.02)
    colorbar.set_label("Share of states with a value", fontsize=7.5)
    colorbar.outline.set_linewidth(0.4)
    return figure


def draw_coverage_missions(counts: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Participants of each mission by certainty, as stacked bars.

    Parameters
    ----------
    counts : DataFrame
        Index mission, columns verified, probable, uncertain.
    labels : dict
        Mission -> label.
    """
    figure = new_figure(0.9 + 0.19 * len(counts))
    axes = figure.subplots()
    start = np.zeros(len(counts))
    shades = {"verified": style.TIES, "probable": "#7FB2D9", "uncertain": style.PALE}
    for certainty, colour in shades.items():
        axes.barh(
            np.arange(len(counts)), counts[certainty], left=start, color=colour, height=0.68, label=certainty
        )
        start = start + counts[certainty].to_numpy(float)
    label_rows(axes, [labels.get(mission, mission) for mission in counts.index])
    axes.grid(visible=False)
    axes.set_xlabel("Participants")
    figure.legend(loc="outside upper right", ncols=3)
    return figure


def draw_contraction(table: pd.DataFrame) -> Figure:
    """Prior-to-posterior contraction of each parameter, one row a parameter name, one point an element.

    Parameters
    ----------
    table : DataFrame
        parameter, element, contraction.
    """
    order = list(table.groupby("parameter")["contraction"].mean().sort_values(ascending=False).index)
    figure = new_figure(0.7 + 0.19 * len(order))
    axes = figure.subplots()
    position = [order.index(name) for name in table["parameter"]]
    axes.plot(
        table["contraction"].clip(lower=-0.25), position, "o", color=style.TIES, alpha=0.55, markeredgewidth=0
    )
    label_rows(axes, [name.replace("_", " ") for name in order])
    axes.axvline(0, color="#444444", linewidth=0.7)
    axes.set_xlim(-0.3, 1.03)
    axes.set_xlabel("Contraction: 1 minus posterior over prior variance (values below −0.25 drawn there)")
    return figure


def draw_calibration(tables: dict[str, pd.DataFrame]) -> Figure:
    """Observed share of joiners against predicted probability, one panel a kind of prediction.

    Parameters
    ----------
    tables : dict
        Title -> predicted, observed, lower, upper, count.
    """
    figure = new_figure(2.9)
    panels = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    for axes, (title, table) in zip(panels, tables.items(), strict=True):
        axes.plot([0, 1], [0, 1], color=style.NEUTRAL, linewidth=0.8, linestyle="--")
        axes.vlines(table["predicted"], table["lower"], table["upper"], color=style.TIES, linewidth=1.1)
        sizes = 10 + 60 * table["count"] / table["count"].max()
        axes.scatter(table["predicted"], table["observed"], s=sizes, color=style.TIES, linewidth=0, zorder=3)
        axes.set_title(title)
        axes.set_xlabel("Predicted probability")
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.set_box_aspect(1)
    panels[0].set_ylabel("Observed share of joiners")
    return figure


def draw_case(table: pd.DataFrame) -> Figure:
    """Predicted probabilities of the least expected decisions of a mission, both ways.

    Parameters
    ----------
    table : DataFrame
        kind (`joined`, `absent`), state_name, mean, lower, upper.
    """
    kinds = [kind for kind in ("joined", "absent") if (table["kind"] == kind).any()]
    sizes = [int((table["kind"] == kind).sum()) for kind in kinds]
    figure = new_figure(0.9 + 0.19 * max(sizes))
    panels = figure.subplots(1, len(kinds), sharex=True, squeeze=False)[0]
    looks = {
        "joined": (style.PREDICTED, "o", "Joined,\nleast expected"),
        "absent": (style.QUALITY, "s", "Stayed away,\nmost expected"),
    }
    for axes, kind in zip(panels, kinds, strict=True):
        colour, marker, title = looks[kind]
        part = table[table["kind"] == kind]
        interval_points(axes, part, np.arange(len(part)), colour, marker)
        label_rows(axes, list(part["state_name"]))
        axes.set_ylim(max(sizes) - 0.4, -0.6)
        axes.set_title(title)
        axes.set_xlabel("Predicted probability of joining")
        axes.set_xlim(-0.03, 1.03)
    return figure


def figure_makers(results: Results) -> dict[str, Callable[[], Figure | None]]:
    """Name of each figure -> function that draws it, or returns None if its input was not made."""

    def calibration() -> Figure:
        rows = results.predictions[results.predictions["model"] == results.main_model]
        kinds = {"Fitted": False, "Mission held out": True}
        present = {title: held for title, held in kinds.items() if (rows["held_out"] == held).any()}
        return draw_calibration(
            {title: quantities.calibration(results, held_out=held) for title, held in present.items()}
        )

    def unless_empty(table: pd.DataFrame, draw: Callable, *more) -> Figure | None:
        return None if table.empty else draw(table, *more)

    makers = {
        "effects": lambda: draw_effects(results.effects, results.models),
        "quality_paths": lambda: unless_empty(quantities.quality_paths(results), draw_quality_paths),
        "joiners": lambda: unless_empty(quantities.joiners(results), draw_joiners),
        "loadings": lambda: unless_empty(quantities.loadings(results), draw_loadings),
        "mission_slopes": lambda: unless_empty(quantities.mission_slopes(results), draw_mission_slopes),
        "held_out_missions": lambda: unless_empty(
            quantities.mission_scores(results), draw_held_out_missions, results.models
        ),
        "coverage_columns": lambda: unless_empty(quantities.coverage_by_year(results), draw_coverage_columns),
        "coverage_missions": lambda: unless_empty(
            quantities.certainty_by_mission(results), draw_coverage_missions, results.short_labels
        ),
        "contraction": lambda: unless_empty(quantities.contraction(results), draw_contraction),
        "calibration": calibration,
    }
    for mission in results.cases:
        makers[CASE_PREFIX + mission] = lambda mission=mission: unless_empty(
            quantities.surprises(results, mission), draw_case
        )
    return makers


def save_figure(figure: Figure, folder: Path, name: str) -> None:
    """Write one figure in every format, the same bytes each time."""
    for suffix in FORMATS:
        figure.savefig(folder / f"{name}.{suffix}", metadata=METADATA[suffix])


def draw_figures(results_dir, output_dir, settings) -> list[str]:
    """Draw every figure whose input exists.

    Parameters
    ----------
    results_dir : path
        `results/`: data/analysis.nc, effects.csv, predictions.csv, and where made quality.csv, comparison/missions.csv,
        <model>/{prior,posterior}.nc; the tables named in `settings.data`.
    output_dir : path
        Folder for `<name>.svg`, `<name>.png`, `<name>.pdf` and `figures.json` (a list of the names drawn).
    settings : Mapping or typed settings
        The resolved config; `report.interval` and `report.cases` are used.

    Returns
    -------
    list of str
        Names of the figures drawn, in the paper's order.

    Raises
    ------
    UserError
        If a file that every run leaves is missing.
    """
    results = Results.load(results_dir, settings)
    folder = Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with style.styled():
        for name, make in figure_makers(results).items():
            figure = make()
            if figure is not None:
                save_figure(figure, folder, name)
                drawn.append(name)
    (folder / "figures.json").write_text(json.dumps(drawn, indent=1) + "\n", encoding="utf-8")
    return drawn
