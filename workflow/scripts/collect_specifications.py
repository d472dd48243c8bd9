"""Put the specifications of all models into one curve.

From `results/multiverse/<model>.csv` to `results/multiverse.csv`, in the order of the effects.
"""

from workflow.lib.job import Log, run_job


def collect_specifications(specification_paths: list[str], multiverse_path: str, log: Log) -> None:
    """Read, sort and write."""
    from workflow.lib.checking.files import read_tables, write_table
    from workflow.lib.checking.multiverse import multiverse_table

    table = multiverse_table(read_tables(specification_paths).to_dict("records"))
    write_table(table, multiverse_path)
    converged = table[table["converged"]]
    above, below = (converged["lower"] > 0).sum(), (converged["upper"] < 0).sum()
    log(
        f"{len(table)} specifications, {len(converged)} converged: the interval of the effect of ties is above zero in "
        f"{above}, below zero in {below}"
    )


if __name__ == "__main__":
    run_job(
        snakemake,
        collect_specifications,
        specification_paths=list(snakemake.input.specifications),
        multiverse_path=snakemake.output.multiverse,
    )
