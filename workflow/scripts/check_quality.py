"""Check the measure of quality: do its indicators look as the model says, and do they work alike in all eras and blocs?

From the table of states, the analysis dataset and the posterior of the fullest model that measures quality, behind its gate,
to `results/checks/indicators.csv` and `results/checks/differential_functioning.csv`.
"""

from workflow.lib.job import Log, run_job


def check_quality(
    model: str,
    composition: dict,
    data_settings: dict,
    interval: float,
    seed: int,
    replicates: int,
    analysis_path: str,
    posterior_path: str,
    indicators_path: str,
    functioning_path: str,
    log: Log,
) -> None:
    """Replicate the indicators and compare."""
    import numpy as np

    from models.composition import Composition
    from models.replicate import replicated_indicators
    from workflow.lib.checking.blocs import alliance_blocs
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.indicators import differential_functioning, indicator_checks
    from workflow.lib.checking.predictive import failed_checks
    from workflow.lib.inference.archive import read_dataset, read_tree
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.tables.load import load_tables

    data = read_dataset(analysis_path)
    posterior = read_tree(posterior_path)["posterior"].to_dataset()
    terms = Composition.from_mapping(model, composition)
    random = np.random.default_rng(derive_seed(seed, "indicators", model))
    replicated = replicated_indicators(posterior, data, terms, replicates, random)
    checks = indicator_checks(replicated, data, model, interval=interval)
    write_table(checks, indicators_path)
    log(f"{model}: {len(failed_checks(checks))} of {len(checks)} figures of indicators missed")
    blocs = alliance_blocs(load_tables(data_settings).states, data)
    functioning = differential_functioning(replicated, data, blocs, model, interval=interval)
    write_table(functioning, functioning_path)
    log(f"{model}: {len(failed_checks(functioning))} of {len(functioning)} eras and blocs differ")


if __name__ == "__main__":
    run_job(
        snakemake,
        check_quality,
        model=snakemake.params.model,
        composition=snakemake.params.composition,
        data_settings=snakemake.params.data,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        replicates=snakemake.params.replicates,
        analysis_path=snakemake.input.analysis,
        posterior_path=str(snakemake.input.posterior),
        indicators_path=snakemake.output.indicators,
        functioning_path=snakemake.output.functioning,
    )
