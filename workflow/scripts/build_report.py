"""Write the report: one page to look at, without the network.

From the files of a run, the figures, the page template and the captions to `results/report/index.html`.
"""

from workflow.lib.job import Log, run_job


def build(results: str, report_path: str, settings: dict, files: list[str], log: Log) -> None:
    """Write the report."""
    from workflow.lib.presentation.report import build_report

    build_report(results, report_path, settings, files)
    log(f"wrote {report_path}")


if __name__ == "__main__":
    run_job(
        snakemake,
        build,
        results=snakemake.params.settings["results"],
        report_path=snakemake.output.report,
        settings=snakemake.params.settings,
        files=[*snakemake.input.comparison, *snakemake.input.checks],
    )
