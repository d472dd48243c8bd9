"""Draw every figure of the paper and the report.

From the files of a run to `results/figures/<name>.{svg,png,pdf}`; a figure whose input was not made is left out.
"""

from workflow.lib.job import Log, run_job


def draw(results: str, figures_path: str, settings: dict, log: Log) -> None:
    """Draw the figures."""
    from pathlib import Path

    from workflow.lib.presentation.figures import draw_figures

    Path(figures_path).mkdir(parents=True, exist_ok=True)
    names = draw_figures(results, figures_path, settings)
    log(f"{len(names)} figures: {', '.join(names)}")


if __name__ == "__main__":
    run_job(
        snakemake,
        draw,
        results=snakemake.params.settings["results"],
        figures_path=snakemake.output.figures,
        settings=snakemake.params.settings,
    )
