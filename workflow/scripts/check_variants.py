"""Refit the reference model to other lists of participants, other sets of candidates, and with other priors.

From the tables, the analysis dataset and the posterior of the reference model, behind its gate, to
`results/checks/labels.csv` (strict and broad lists, and a model in which records may be wrong),
`results/checks/eligible.csv` (who could have joined) and `results/checks/priors.csv` (priors narrowed and widened).
"""

from workflow.lib.job import Log, run_job


def check_variants(
    model: str,
    composition: dict,
    sampler: dict,
    refits: dict,
    priors: dict,
    prior_scales: list[float],
    gate: dict,
    data_settings: dict,
    interval: float,
    seed: int,
    threads: int,
    analysis_path: str,
    posterior_path: str,
    measured_by_paths: list[str],
    labels_path: str,
    eligible_path: str,
    priors_path: str,
    log: Log,
) -> None:
    """Refit, and put each estimate beside that of the reference model."""
    from dataclasses import replace

    from models.average import average_effects
    from models.composition import Composition
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.refits import Refitter, on_the_grid_of, scaled_priors
    from workflow.lib.checking.sensitivity import compare_refits
    from workflow.lib.checking.versions import eligible_versions, joiner_versions, label_versions
    from workflow.lib.inference.archive import read_dataset, read_measured, read_tree
    from workflow.lib.inference.given import given_quality
    from workflow.lib.tables.load import load_tables
    from workflow.lib.tables.prepare import prepare

    data = read_dataset(analysis_path)
    tables = load_tables(data_settings)
    terms = Composition.from_mapping(model, composition)
    tree = read_tree(posterior_path)
    reference = average_effects(tree["posterior"].to_dataset(), data, terms, given_quality(tree))
    refitter = Refitter.configured(
        terms,
        "variants",
        sampler=sampler,
        refits=refits,
        gate=gate,
        priors=priors,
        seed=seed,
        threads=threads,
        measured=read_measured(measured_by_paths),
        log=log,
    )

    def write(estimates: dict, check: str, path: str) -> None:
        rows = compare_refits(
            {"as fitted": reference, **estimates}, "as fitted", check, model, interval=interval
        )
        write_table(rows[rows["item"] != "as fitted"], path)

    compiled = refitter.compile(data)

    def refit(versions: list[tuple[str, dict]]) -> dict:
        prepared = ((name, on_the_grid_of(data, prepare(tables, settings))) for name, settings in versions)
        return refitter.effects_of_variants(compiled, prepared)

    lists = refit([*label_versions(data_settings, tables), *joiner_versions(data_settings, tables)])
    if not terms.label_errors:
        # wrong records are a matter of the broadest list: it has those that a strict list leaves out
        broad = on_the_grid_of(data, prepare(tables, {**data_settings, "joined_certainty": "uncertain"}))
        doubting = replace(refitter, composition=replace(terms, label_errors=True))
        fitted = doubting.sample(doubting.compile(broad), broad, "records may be wrong")
        lists["records may be wrong"] = doubting.effects(fitted, broad)
    write(lists, "labels", labels_path)
    write(refit(eligible_versions(data_settings, tables)), "eligible", eligible_path)

    scaled = {}
    for factor in prior_scales:
        name = f"scales of priors times {factor:g}"
        other = replace(refitter, priors=scaled_priors(refitter.priors, factor))
        scaled[name] = other.effects(other.sample(other.compile(data), data, name), data)
    write(scaled, "priors", priors_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        check_variants,
        model=snakemake.params.model,
        composition=snakemake.params.composition,
        sampler=snakemake.params.sampler,
        refits=snakemake.params.refits,
        priors=snakemake.params.priors,
        prior_scales=snakemake.params.prior_scales,
        gate=snakemake.params.gate,
        data_settings=snakemake.params.data,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        analysis_path=snakemake.input.analysis,
        posterior_path=str(snakemake.input.posterior),
        measured_by_paths=list(snakemake.input.measured_by),
        labels_path=snakemake.output.labels,
        eligible_path=snakemake.output.eligible,
        priors_path=snakemake.output.priors,
    )
