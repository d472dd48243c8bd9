"""The look of every figure. Reads and writes nothing.

Colours are the Okabe-Ito set, which colour-blind readers can tell apart; the same colour always means the same thing.
"""

import matplotlib as mpl

TIES = "#0072B2"
QUALITY = "#D55E00"
ACTUAL = "#222222"
PREDICTED = "#009E73"
NEUTRAL = "#8C8C8C"
LINE = "#444444"
SERIES = (TIES, QUALITY, PREDICTED, "#CC79A7", "#E69F00", "#56B4E9", ACTUAL)
VERDICTS = {"passed": PREDICTED, "failed": QUALITY, "cannot tell": "#E69F00", "described": NEUTRAL}

COLUMN_WIDTH_INCHES = 6.3

STYLE = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.1,
    "lines.markersize": 4.0,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "text.parse_math": False,  # a label with two dollar signs is no formula
    "svg.hashsalt": "coalition-ties",
    "figure.constrained_layout.use": True,
}


def styled():
    """Context in which figures are drawn."""
    return mpl.rc_context(STYLE)
