"""Write every table of the paper and the report.

From the files of a run to `results/tables/<name>.md`; a table whose input was not made is left out.
"""

from workflow.lib.job import Log, run_job


def write(results: str, tables_path: str, settings: dict, log: Log) -> None:
    """Write the tables."""
    from pathlib import Path

    from workflow.lib.presentation.tables import write_tables

    Path(tables_path).mkdir(parents=True, exist_ok=True)
    names = write_tables(results, tables_path, settings)
    log(f"{len(names)} tables: {', '.join(names)}")


if __name__ == "__main__":
    run_job(
        snakemake,
        write,
        results=snakemake.params.settings["results"],
        tables_path=snakemake.output.tables,
        settings=snakemake.params.settings,
    )
