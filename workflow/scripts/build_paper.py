"""Write the paper in every format that the configuration names.

From `results/paper/paper.md`, the bibliography and the figures to `results/paper/paper.{pdf,docx,html,tex}`. A citation or
cross-reference that leads nowhere stops the build.
"""

from workflow.lib.job import Log, run_job


def build_paper(manuscript: str, formats: list[str], log: Log) -> None:
    """Write the paper."""
    from workflow.lib.presentation import paper

    for path in paper.build_paper(manuscript, formats):
        log(f"wrote {path}")


if __name__ == "__main__":
    run_job(snakemake, build_paper)
