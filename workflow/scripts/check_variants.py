"""Refit the main model to other lists of participants, other sets of candidates, other measures, and with other priors.

From the tables and the analysis dataset to `results/checks/labels.csv` (strict and broad lists, and a model in which records may
be wrong), `eligible.csv` (who could have joined), `measures.csv` (its measure without each indicator, and with those free that
measure otherwise in the later era) and `priors.csv` (priors narrowed and widened): effects beside the main ones.
"""

from workflow.lib.job import Log, run_job


def check_variants(
    main: str,
    composition: dict,
    measuring: dict,
    run: dict,
    data: dict,
    prior_scales: list,
    analysis: str,
    measured: list[str],
    invariance: list[str],
    labels: str,
    eligible: str,
    measures: str,
    priors: str,
    log: Log,
) -> None:
    """Refit, and put each estimate beside the main one."""
    import pandas as pd

    from models.composition import Composition
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.validity.invariance import free_by_era
    from workflow.lib.checking.variants import Variants
    from workflow.lib.checking.versions import version_rows
    from workflow.lib.inference.results import read_model
    from workflow.lib.tables.load import load_tables

    dataset, terms, paths, _ = read_model(main, composition, analysis, measured)
    tables = load_tables(data)
    variants = Variants(terms, dataset, paths, tables, data, run, log)
    latent = Composition.from_mapping(terms.latents[0], measuring) if measuring else None
    free = free_by_era(pd.read_csv(invariance[0]), latent.free_after) if invariance else {}
    for effects, check, path in (
        (variants.labels(), "labels", labels),
        (variants.eligible(), "eligible states", eligible),
        (variants.measures(latent, free) if latent else {}, "measures", measures),
        (variants.priors(prior_scales), "priors", priors),
    ):
        rows = version_rows(variants.reference, effects, check, main, run["interval"], variants.frequencies)
        write_table(rows, path)


if __name__ == "__main__":
    run_job(snakemake, check_variants)
