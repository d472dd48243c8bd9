"""Measure quality again without each of its indicators.

From the analysis dataset to `results/calibration/quality_stability.csv`. The measurement block is compiled once. Without the
anchor the sign is held by the starting values alone; chains that settle on different signs do not converge and are marked.
"""

from workflow.lib.job import Log, run_job


def remeasure_quality(
    model: str,
    sampler: dict,
    refits: dict,
    priors: dict,
    gate: dict,
    seed: int,
    threads: int,
    analysis_path: str,
    stability_path: str,
    log: Log,
) -> None:
    """Refit and compare posterior means."""
    import pandas as pd

    from models.composition import Composition
    from models.posterior import latent_path
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.refits import Refitter
    from workflow.lib.checking.stability import STABILITY_COLUMNS, stability_row, without_each_column
    from workflow.lib.inference.archive import read_dataset

    data = read_dataset(analysis_path)
    refitter = Refitter.configured(
        Composition(model, ("quality",)),
        "quality_stability",
        sampler=sampler,
        refits=refits,
        gate=gate,
        priors=priors,
        seed=seed,
        threads=threads,
        log=log,
    )
    compiled = refitter.compile(data)

    def measure(version, name: str, strict: bool):
        tree = refitter.sample(compiled, version, name, strict=strict)
        quality = latent_path(tree["posterior"].to_dataset(), data, data["panel_year"].values)
        return quality.mean(("chain", "draw")), bool(tree.attrs["converged"])

    full, _ = measure(data, "all indicators", True)
    rows = [
        stability_row(column, full, *measure(version, f"without {column}", False))
        for column, version in without_each_column(data)
    ]
    write_table(pd.DataFrame(rows, columns=STABILITY_COLUMNS), stability_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        remeasure_quality,
        model=snakemake.params.model,
        sampler=snakemake.params.sampler,
        refits=snakemake.params.refits,
        priors=snakemake.params.priors,
        gate=snakemake.params.gate,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        analysis_path=snakemake.input.analysis,
        stability_path=snakemake.output.stability,
    )
