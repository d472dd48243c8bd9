"""The answer under many sets of indicators.

From the analysis dataset and the terms of the measurement to `results/multiverse.csv`, one row a set.
"""

from workflow.lib.job import Log, run_job


def run_indicator_sets(
    model: str,
    composition: dict,
    priors: dict,
    number: int,
    seed: int,
    threads: int,
    analysis: str,
    multiverse: str,
    log: Log,
) -> None:
    """Measure and fit each set."""
    from models.composition import Composition
    from models.priors import Priors
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.indicator_sets import indicator_sets
    from workflow.lib.inference.archive import read_dataset
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.settings import priors_from_plain

    table = indicator_sets(
        Composition.from_mapping(model, composition),
        read_dataset(analysis),
        Priors(priors_from_plain(priors)),
        number,
        derive_seed(seed, "indicator_sets", model),
        threads,
        log,
    )
    write_table(table, multiverse)
    larger = int((table["quality_effect"] > table["ties_effect"]).sum())
    log(f"{len(table)} sets of indicators: in {larger} the effect of {model} is larger than that of ties")


if __name__ == "__main__":
    run_job(snakemake, run_indicator_sets)
