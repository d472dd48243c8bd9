"""The answer under many sets of indicators.

From the analysis dataset, the terms of the measurement and those of the main model to `results/multiverse.csv`, one row a set.
"""

from workflow.lib.job import Log, run_job


def run_indicator_sets(
    model: str,
    composition: dict,
    priors: dict,
    number: int,
    seed: int,
    main: str | None,
    main_composition: dict,
    run: dict,
    analysis: str,
    measured: list[str],
    multiverse: str,
    log: Log,
) -> None:
    """Measure and fit each set."""
    from models.composition import Composition
    from models.priors import Priors
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.indicator_sets import indicator_sets
    from workflow.lib.checking.refits import PluginRefits
    from workflow.lib.inference.results import read_model
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.settings import priors_from_plain

    data, terms, paths, _ = read_model(main, main_composition, analysis, measured)
    refitter = None
    if terms.latents[:1] == (model,):
        refits = PluginRefits(terms, data, paths, run, log)
        refitter = refits.refitter(refits.composition, data, "indicator_sets")
    measuring, own_priors = Composition.from_mapping(model, composition), Priors(priors_from_plain(priors))
    set_seed = derive_seed(seed, "indicator_sets", model)
    table = indicator_sets(measuring, data, own_priors, number, set_seed, refitter, log)
    write_table(table, multiverse)
    larger = int((table["quality_effect"] > table["ties_effect"]).sum())
    log(f"{len(table)} sets of indicators: in {larger} the effect of {model} is larger than that of ties")


if __name__ == "__main__":
    run_job(snakemake, run_indicator_sets)
