"""Put the diagnostics of all models together.

From `results/<model>/diagnostics.json` to `results/diagnostics.json`: each model, its verdict, its worst figures.
"""

from workflow.lib.job import Log, run_job


def collect(diagnostics_paths: list[str], collected_path: str, log: Log) -> None:
    """Collect the diagnostics."""
    from workflow.lib.checking.diagnostics import collect_diagnostics
    from workflow.lib.checking.files import read_json, write_json

    collected = collect_diagnostics([read_json(path) for path in diagnostics_paths])
    write_json(collected, collected_path)
    log(f"{len(diagnostics_paths)} models")


if __name__ == "__main__":
    run_job(
        snakemake,
        collect,
        diagnostics_paths=list(snakemake.input.diagnostics),
        collected_path=snakemake.output.diagnostics,
    )
