"""Put the results of all models together, behind their gates.

To `results/predictions.csv`, `diagnostics.json`, `comparison/*.csv` and `checks/predictive.csv`.
"""

from workflow.lib.job import Log, run_job


def collect_results(
    models: list,
    main: str,
    pareto_k: float,
    diagnostics_of: list[str],
    predictions_of: list[str],
    loglik_of: list[str],
    conflicts_of: list[str],
    future_of: list[str],
    checks_of: list[str],
    diagnostics: str,
    predictions: str,
    loo: str,
    conflicts: str,
    totals: str,
    future: str,
    predictive: str,
    log: Log,
) -> None:
    """Concatenate, compare, write."""
    import pandas as pd

    from workflow.lib.checking.diagnostics import collect_diagnostics
    from workflow.lib.checking.files import read_json, read_tables, write_json, write_table
    from workflow.lib.checking.held_out_conflicts import CONFLICT_COLUMNS, FUTURE_COLUMNS, compare_conflicts
    from workflow.lib.checking.scores import COMPARISON_COLUMNS, compare_loo
    from workflow.lib.checking.table import CHECK_COLUMNS
    from workflow.lib.inference.archive import read_group

    pointwise = {model: read_group(path, "loo") for model, path in zip(models, loglik_of, strict=True)}
    pointwise = {model: scores for model, scores in pointwise.items() if scores is not None}
    compared = compare_loo(pointwise, pareto_k) if pointwise else pd.DataFrame(columns=COMPARISON_COLUMNS)
    write_table(compared, loo)
    diagnoses = [read_json(path) for path in diagnostics_of]
    write_json(collect_diagnostics(diagnoses, compared, pareto_k), diagnostics)
    write_table(read_tables(predictions_of), predictions)
    scores = read_tables(conflicts_of, CONFLICT_COLUMNS)
    write_table(scores, conflicts)
    write_table(compare_conflicts(scores, main), totals)
    write_table(read_tables(future_of, FUTURE_COLUMNS), future)
    write_table(read_tables(checks_of, CHECK_COLUMNS), predictive)
    log(f"{len(diagnoses)} models put together")


if __name__ == "__main__":
    run_job(snakemake, collect_results)
