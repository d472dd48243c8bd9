"""Write the report: one page to look at, without the network.

From the files of a run, the figures, the page template and the captions to `results/report/index.html`.
"""

from workflow.lib.job import Log, run_job


def build_report(settings: dict, report: str, files: list[str], log: Log) -> None:
    """Write the report."""
    from workflow.lib.presentation.report import build_report

    build_report(settings["results"], report, settings, files)
    log(f"wrote {report}")


if __name__ == "__main__":
    run_job(snakemake, build_report, files=[*snakemake.input.comparison, *snakemake.input.checks])
