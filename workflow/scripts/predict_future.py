"""Fit a model to the missions before a year and predict who joins the later ones.

From the analysis dataset and a model's composition to `results/<model>/future.csv` (scores by mission). The later missions
are left out by masking their decisions, so that their effects are drawn from their distribution over missions; what measures
ties and quality stays. The refit passes a gate of its own.
"""

from workflow.lib.job import Log, run_job


def predict_future(
    model: str,
    composition: dict,
    sampler: dict,
    refits: dict,
    gate: dict,
    priors: dict,
    future_from: int,
    interval: float,
    seed: int,
    threads: int,
    analysis_path: str,
    measured_by_paths: list[str],
    future_path: str,
    log: Log,
) -> None:
    """Refit to the earlier missions and score the later ones."""
    from models.composition import Composition
    from models.posterior import mission_log_likelihood, outcome_logit
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.held_out import leave_future_out
    from workflow.lib.checking.refits import Refitter
    from workflow.lib.inference.archive import read_dataset, read_measured
    from workflow.lib.inference.given import given_quality
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.posteriors import without_missions

    data = read_dataset(analysis_path)
    terms = Composition.from_mapping(model, composition)
    refitter = Refitter.configured(
        terms,
        "future",
        sampler=sampler,
        refits=refits,
        gate=gate,
        priors=priors,
        seed=seed,
        threads=threads,
        measured=read_measured(measured_by_paths),
        log=log,
    )

    def fit_before(cutoff_year: int):
        earlier = without_missions(data, data["start_year"] >= cutoff_year)
        tree = refitter.sample(refitter.compile(data), earlier, f"before {cutoff_year}")
        posterior, given = tree["posterior"].to_dataset(), given_quality(tree)
        logit = outcome_logit(posterior, data, terms, given)
        return logit, mission_log_likelihood(posterior, data, terms, given)

    own_seed = derive_seed(seed, "future", model)
    rows = leave_future_out(fit_before, data, future_from, model, seed=own_seed, interval=interval)
    write_table(rows, future_path)
    log(f"{model}: {len(rows)} missions from {future_from} on predicted from those before")


if __name__ == "__main__":
    run_job(
        snakemake,
        predict_future,
        model=snakemake.wildcards.model,
        composition=snakemake.params.composition,
        sampler=snakemake.params.sampler,
        refits=snakemake.params.refits,
        gate=snakemake.params.gate,
        priors=snakemake.params.priors,
        future_from=snakemake.params.future_from,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        analysis_path=snakemake.input.analysis,
        measured_by_paths=list(snakemake.input.measured_by),
        future_path=snakemake.output.future,
    )
