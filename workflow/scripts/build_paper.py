"""Write the paper.

From the manuscript, the bibliography, `results/numbers.json`, the tables and the figures to
`results/paper/paper.{pdf,docx,html,tex}`. A number, citation or cross-reference that leads nowhere stops the build.
"""

from workflow.lib.job import Log, run_job


def build(results: str, folder: str, settings: dict, log: Log) -> None:
    """Write the paper in every format that the configuration names."""
    from workflow.lib.presentation.paper import build_paper

    for path in build_paper(results, folder, settings):
        log(f"wrote {path}")


if __name__ == "__main__":
    run_job(
        snakemake,
        build,
        results=snakemake.params.settings["results"],
        folder=f"{snakemake.params.settings['results']}/paper",
        settings=snakemake.params.settings,
    )
