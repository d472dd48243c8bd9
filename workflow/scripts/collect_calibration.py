"""Summarise the calibration: are ranks uniform, do intervals cover, who is fooled in which world?

From the fits in `results/calibration/{prior,posterior,worlds}/` to `results/calibration/{sbc,recovery,worlds}.csv`.
"""

from workflow.lib.job import Log, run_job


def collect_calibration(
    prior_paths: list[str],
    posterior_paths: list[str],
    world_paths: list[str],
    interval: float,
    sbc_path: str,
    recovery_path: str,
    worlds_path: str,
    log: Log,
) -> None:
    """Test, count and write."""
    import pandas as pd

    from workflow.lib.checking.calibration import coverage_table, rank_tests, worlds_table
    from workflow.lib.checking.files import read_tables, write_table

    def by_model(paths: list[str], with_ranks: bool) -> pd.DataFrame:
        tables = []
        for model, rows in read_tables(paths).groupby("model", sort=False):
            table = coverage_table(rows, interval=interval)
            if with_ranks:
                ranks = rank_tests(rows).drop(columns="replicates")
                table = ranks.merge(table, on="parameter", validate="one_to_one")
            tables.append(table.assign(model=model))
            log(f"{model}: {table['consistent'].sum()} of {len(table)} parameters covered as they should be")
        joined = pd.concat(tables, ignore_index=True)
        return joined[["model", *joined.columns.drop("model")]]

    write_table(by_model(prior_paths, True), sbc_path)
    write_table(by_model(posterior_paths, False), recovery_path)
    fits = read_tables(world_paths)
    missed = fits[~fits["converged"]].groupby(["world", "model", "estimand"]).size().rename("not_converged")
    worlds = worlds_table(fits).join(missed, on=["world", "model", "estimand"])
    write_table(worlds.fillna({"not_converged": 0}), worlds_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        collect_calibration,
        prior_paths=list(snakemake.input.prior),
        posterior_paths=list(snakemake.input.posterior),
        world_paths=list(snakemake.input.worlds),
        interval=snakemake.params.interval,
        sbc_path=snakemake.output.sbc,
        recovery_path=snakemake.output.recovery,
        worlds_path=snakemake.output.worlds,
    )
