"""Collect every number that the paper and the report print.

From the files of a run to `results/numbers.json`: key, value, text, and the file that the number came from.
"""

from workflow.lib.job import Log, run_job


def collect(results: str, numbers_path: str, settings: dict, log: Log) -> None:
    """Collect the numbers."""
    from workflow.lib.presentation.numbers import write_numbers

    numbers = write_numbers(results, numbers_path, settings)
    log(f"{len(numbers)} numbers")


if __name__ == "__main__":
    run_job(
        snakemake,
        collect,
        results=snakemake.params.settings["results"],
        numbers_path=snakemake.output.numbers,
        settings=snakemake.params.settings,
    )
