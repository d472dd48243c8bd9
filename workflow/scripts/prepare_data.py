"""Check the tables and prepare the analysis dataset.

From the tables that the section `data` of the configuration names to `results/data/analysis.nc`. Stops with one line a
fault (file, row, column, value, expectation).
"""

from workflow.lib.job import Log, run_job


def prepare_data(data: dict, analysis: str, log: Log) -> None:
    """Read, check and prepare the tables that `data` names."""
    from workflow.lib.inference.archive import write_tree
    from workflow.lib.tables.load import load_tables
    from workflow.lib.tables.prepare import prepare

    tables = load_tables(data)
    for line in tables.warnings:
        log(f"warning: {line}")
    dataset = prepare(tables, data)
    write_tree(dataset, analysis)
    scored = dataset["joined"].notnull()
    log(
        f"{dataset.sizes['mission']} missions, {int(scored.sum())} rows of mission and state, "
        f"{int(dataset['joined'].sum())} of them joined"
    )


if __name__ == "__main__":
    run_job(snakemake, prepare_data)
