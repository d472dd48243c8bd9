"""Derive the tables that ship in `data/` from the extracts of their sources.

From the folder that the environment variable COALITION_TIES_SOURCES names to `data/*.csv`.
"""

from workflow.lib.job import Log, run_job


def rebuild_data(sources: str, output: str, log: Log) -> None:
    """Derive all tables."""
    from workflow.lib.derivation.__main__ import main
    from workflow.lib.errors import UserError

    if not sources:
        raise UserError(
            "rebuild_data: the sources' folder is not given; set the environment variable COALITION_TIES_SOURCES to it"
        )
    log(f"deriving the tables from {sources}")
    if main(["--sources", sources, "--output", output]):
        raise UserError("rebuild_data: the tables could not be derived; see the lines above")


if __name__ == "__main__":
    run_job(snakemake, rebuild_data, output="data")
