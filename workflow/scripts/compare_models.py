"""Compare the models by their approximate leave-one-out scores and by the missions they had not seen.

From `results/<model>/loglik.nc`, `predictions.csv`, `held_out.csv` and `held_out_predictions.csv` of the models to
`results/comparison/{loo,missions,totals}.csv`, `results/predictions.csv` and `results/checks/{predictive,prior}.csv`; from
`future.csv` of the models, where it was made, to `results/comparison/future.csv`.
"""

from workflow.lib.job import Log, run_job


def compare_models(
    models: list[str],
    pareto_k: float,
    loglik_paths: list[str],
    predictions_paths: list[str],
    held_out_paths: list[str],
    future_paths: list[str],
    loo_path: str,
    missions_path: str,
    future_path: str | None,
    totals_path: str,
    predictions_path: str,
    checks_paths: dict[str, list[str]],
    log: Log,
) -> None:
    """Put the scores of all models together."""
    from workflow.lib.checking.files import read_tables, write_table
    from workflow.lib.checking.held_out import FUTURE_COLUMNS, MISSION_COLUMNS, compare_held_out
    from workflow.lib.checking.scores import compare_loo
    from workflow.lib.inference.archive import read_group

    pointwise = {model: read_group(path, "loo") for model, path in zip(models, loglik_paths, strict=True)}
    loo = compare_loo(pointwise, pareto_k)
    write_table(loo, loo_path)
    log(f"best by leave-one-out: {loo['model'].iloc[0]}")

    missions = read_tables(held_out_paths, MISSION_COLUMNS)
    totals = compare_held_out(missions)
    write_table(missions, missions_path)
    write_table(totals, totals_path)
    if future_path is not None:
        write_table(read_tables(future_paths, FUTURE_COLUMNS), future_path)
    if len(totals):
        log(f"best on missions it had not seen: {totals['model'].iloc[0]}")
    write_table(read_tables(predictions_paths), predictions_path)
    for path, parts in checks_paths.items():
        write_table(read_tables(parts), path)


if __name__ == "__main__":
    run_job(
        snakemake,
        compare_models,
        models=snakemake.params.models,
        pareto_k=snakemake.params.pareto_k,
        loglik_paths=list(snakemake.input.loglik),
        predictions_paths=[*snakemake.input.predictions, *snakemake.input.held_out_predictions],
        held_out_paths=list(snakemake.input.held_out),
        future_paths=list(snakemake.input.get("future", [])),
        loo_path=snakemake.output.loo,
        missions_path=snakemake.output.missions,
        future_path=snakemake.output.get("future"),
        totals_path=snakemake.output.totals,
        predictions_path=snakemake.output.predictions,
        checks_paths={
            snakemake.output.predictive: list(snakemake.input.predictive),
            snakemake.output.prior: list(snakemake.input.prior),
        },
    )
