"""Fit one model under every combination of defensible choices.

From the tables to `results/multiverse/<model>.csv`. The model is compiled once, for the most inclusive data. A refit that does
not converge, even when it is run longer, keeps its row without numbers.
"""

from workflow.lib.job import Log, run_job


def run_specifications(
    model: str,
    composition: dict,
    sampler: dict,
    refits: dict,
    priors: dict,
    gate: dict,
    data_settings: dict,
    interval: float,
    seed: int,
    threads: int,
    specifications_path: str,
    log: Log,
    most: int | None = None,
) -> None:
    """Refit and write; `most` stops after so many specifications."""
    import time
    from itertools import islice

    from models.composition import Composition
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.multiverse import (
        base_data,
        multiverse_table,
        specification_row,
        specifications,
    )
    from workflow.lib.checking.refits import Refitter
    from workflow.lib.tables.load import load_tables

    tables = load_tables(data_settings)
    base = base_data(tables, data_settings)
    refitter = Refitter.configured(
        Composition.from_mapping(model, composition),
        "multiverse",
        sampler=sampler,
        refits=refits,
        gate=gate,
        priors=priors,
        seed=seed,
        threads=threads,
    )
    compiled = refitter.compile(base)
    chosen = list(islice(specifications(tables, data_settings, base), most))
    rows, started = [], time.monotonic()
    for number, (specification, data) in enumerate(chosen, 1):
        tree = refitter.sample(compiled, data, specification.name, strict=False)
        effect = refitter.effects(tree, data)["ties_effect"]
        slope, converged = tree["posterior"]["ties_slope"], bool(tree.attrs["converged"])
        rows.append(
            specification_row(model, specification, data, effect, slope, converged, interval=interval)
        )
        left = (time.monotonic() - started) / number * (len(chosen) - number)
        log(f"{model}: {number} of {len(chosen)} specifications, {left:.0f} s left")
    write_table(multiverse_table(rows), specifications_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        run_specifications,
        model=snakemake.wildcards.model,
        composition=snakemake.params.composition,
        sampler=snakemake.params.sampler,
        refits=snakemake.params.refits,
        priors=snakemake.params.priors,
        gate=snakemake.params.gate,
        data_settings=snakemake.params.data,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        specifications_path=snakemake.output.specifications,
    )
