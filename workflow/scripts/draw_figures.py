"""Draw every figure of the paper and the report.

From the files of a run to `results/figures/<name>.{svg,png,pdf}`; a figure whose input was not made is left out.
`results/figures.json` lists what was drawn.
"""

from workflow.lib.job import Log, run_job


def draw_figures(settings: dict, figures: str, drawn: str, files: list[str], log: Log) -> None:
    """Draw the figures."""
    from workflow.lib.presentation.figures import draw_figures

    sections = draw_figures(settings["results"], figures, drawn, settings, files)
    log(f"figures: {', '.join(name for names in sections.values() for name in names)}")


if __name__ == "__main__":
    run_job(snakemake, draw_figures, files=[*snakemake.input.comparison, *snakemake.input.checks])
