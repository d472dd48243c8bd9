"""Write the paper in Markdown, and what it prints of the run.

From the files of a run and `workflow/paper/manuscript.md` to `results/paper/paper.md` and `results/numbers.json`: key, value,
text, and the file that the number came from. A name that does not exist stops the build.
"""

from workflow.lib.job import Log, run_job


def write_manuscript(settings: dict, manuscript: str, numbers: str, files: list[str], log: Log) -> None:
    """Write the manuscript and its numbers."""
    from workflow.lib.presentation.paper import write_manuscript

    printed = write_manuscript(settings["results"], manuscript, numbers, settings, files)
    log(f"{len(printed)} numbers, texts and tables of the run")


if __name__ == "__main__":
    run_job(snakemake, write_manuscript, files=[*snakemake.input.comparison, *snakemake.input.checks])
