"""Draw every figure of the paper and the report.

From the files of a run to `results/figures/<name>.{svg,png,pdf}`; a figure whose input was not made is left out.
`results/figures.json` lists what was drawn.
"""

from workflow.lib.job import Log, run_job


def draw(results: str, figures_path: str, list_path: str, settings: dict, files: list[str], log: Log) -> None:
    """Draw the figures."""
    from workflow.lib.presentation.figures import draw_figures

    drawn = draw_figures(results, figures_path, list_path, settings, files)
    log(f"figures: {', '.join(name for names in drawn.values() for name in names)}")


if __name__ == "__main__":
    run_job(
        snakemake,
        draw,
        results=snakemake.params.settings["results"],
        figures_path=snakemake.output.figures,
        list_path=snakemake.output.drawn,
        settings=snakemake.params.settings,
        files=[*snakemake.input.comparison, *snakemake.input.checks],
    )
