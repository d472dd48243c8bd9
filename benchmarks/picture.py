"""A picture of the measurements: gradients by engine, effective draws a second, growth with the rows."""

from pathlib import Path

import numpy as np
import pandas as pd

DARK, LIGHT = "#1f4e79", "#a9c4dd"


def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw the table of `benchmarks.measure.measure` into a file; its ending says the format."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, 3, figsize=(12, 0.9 + 0.45 * max(table["model"].nunique(), 5)), layout="constrained"
    )
    pairs = {
        "Microseconds a gradient": [("gradient", "fused", DARK), ("gradient", "plain", LIGHT)],
        "Smallest bulk ESS a second": [
            ("ESS a second of sampling", None, DARK),
            ("ESS a second with compilation", None, LIGHT),
        ],
    }
    labels = {
        "gradient": "",
        "ESS a second of sampling": "of sampling",
        "ESS a second with compilation": "with compilation",
    }
    for axis, (title, bars) in zip(axes[:2], pairs.items(), strict=True):
        models = table.loc[table["measure"] == bars[0][0], "model"].unique()
        for k, (measure, engine, colour) in enumerate(bars):
            chosen = table[(table["measure"] == measure) & ((table["engine"] == engine) if engine else True)]
            values = chosen.set_index("model")["value"].reindex(models)
            places = np.arange(len(models)) + (k - 0.5) * 0.4
            axis.barh(places, values, height=0.4, color=colour, label=engine or labels[measure])
            for place, value in zip(places, values, strict=True):
                if np.isfinite(value):
                    axis.annotate(
                        f"{value:.3g}",
                        (value, place),
                        (3, 0),
                        textcoords="offset points",
                        va="center",
                        size=7,
                    )
        axis.set(title=title, xscale="log", yticks=np.arange(len(models)), yticklabels=models)
        axis.margins(x=0.15)
        axis.invert_yaxis()
        axis.legend(frameon=False, fontsize=8)
    grown = table[table["measure"] == "gradient, replicated rows"]
    if len(grown):
        axes[2].plot(grown["rows"], grown["value"], "o-", color=DARK, label="measured")
        linear = grown["value"].iloc[0] * grown["rows"] / grown["rows"].iloc[0]
        axes[2].plot(grown["rows"], linear, "--", color=LIGHT, label="proportional to the rows")
        axes[2].set(
            xscale="log",
            yscale="log",
            xlabel="rows",
            title=f"Microseconds a gradient: {grown['model'].iloc[0]}",
        )
        axes[2].legend(frameon=False, fontsize=8)
    else:
        axes[2].set_axis_off()
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
