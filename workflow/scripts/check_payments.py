"""Describe how US aid changed around each mission, for those who joined and for those who did not.

From the analysis dataset and, where a model measures quality, its posterior, behind its gate, to
`results/checks/payments.csv`.
"""

from workflow.lib.job import Log, run_job


def check_payments(
    interval: float,
    seed: int,
    analysis_path: str,
    posterior_paths: list[str],
    payments_path: str,
    log: Log,
) -> None:
    """Compare joiners with others within missions."""
    from models.posterior import mission_latent
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.payments import payments_table
    from workflow.lib.inference.archive import read_dataset, read_tree
    from workflow.lib.inference.sampling import derive_seed

    data = read_dataset(analysis_path)
    quality = None
    if posterior_paths:
        posterior = read_tree(posterior_paths[0])["posterior"].to_dataset()
        quality = mission_latent(posterior, data).mean(("chain", "draw"))
    table = payments_table(data, quality, interval=interval, seed=derive_seed(seed, "payments"))
    write_table(table, payments_path)
    log(f"payments: {len(table)} comparisons")


if __name__ == "__main__":
    run_job(
        snakemake,
        check_payments,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        analysis_path=snakemake.input.analysis,
        posterior_paths=list(snakemake.input.posterior),
        payments_path=snakemake.output.payments,
    )
