"""Compare posterior with prior: how much of each parameter's uncertainty did the data remove?

From the prior draws and the posteriors of some models, behind their gates, to `results/checks/contraction.csv`.
"""

from workflow.lib.job import Log, run_job

# Single missions, states and years: thousands of scalars whose spread is a parameter of its own.
DIMENSIONS_LEFT_OUT = frozenset({"mission", "state", "panel_year", "path"})


def check_contraction(
    models: list[str], prior_paths: list[str], posterior_paths: list[str], contraction_path: str, log: Log
) -> None:
    """Compute and write."""
    import pandas as pd

    from workflow.lib.checking.contraction import contraction_table
    from workflow.lib.checking.files import write_table
    from workflow.lib.inference.archive import read_tree

    tables = []
    for model, prior_path, posterior_path in zip(models, prior_paths, posterior_paths, strict=True):
        prior = read_tree(prior_path)["prior"].to_dataset()
        posterior = read_tree(posterior_path)["posterior"].to_dataset()
        chosen = [
            str(name) for name in posterior.data_vars if not DIMENSIONS_LEFT_OUT & set(posterior[name].dims)
        ]
        tables.append(contraction_table(prior, posterior, model, chosen))
        least = tables[-1].nsmallest(1, "contraction").iloc[0]
        log(f"{model}: {least['parameter']} contracts least, by {least['contraction']:.2f}")
    write_table(pd.concat(tables, ignore_index=True), contraction_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        check_contraction,
        models=snakemake.params.models,
        prior_paths=list(snakemake.input.priors),
        posterior_paths=list(snakemake.input.posteriors),
        contraction_path=snakemake.output.contraction,
    )
