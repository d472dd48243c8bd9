"""Leave out each mission in turn and predict who joins it.

From the analysis dataset, a model's composition and its posterior, behind its gate, to `results/<model>/held_out.csv`
(scores by mission) and `results/<model>/held_out_predictions.csv`. The model is compiled once; a mission is left out by
masking its decisions, so that its effects are drawn from their distribution over missions. Every refit passes a gate of
its own. The posterior that has seen all missions makes the scores of whole missions precise.
"""

from workflow.lib.job import Log, run_job


def hold_out_missions(
    model: str,
    composition: dict,
    sampler: dict,
    refits: dict,
    gate: dict,
    priors: dict,
    interval: float,
    seed: int,
    threads: int,
    analysis_path: str,
    posterior_path: str,
    measured_by_paths: list[str],
    held_out_path: str,
    predictions_path: str,
    log: Log,
) -> None:
    """Refit without each mission and score it."""
    import time

    from models.composition import Composition
    from models.posterior import mission_log_likelihood, outcome_logit
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.held_out import leave_one_mission_out
    from workflow.lib.checking.predictive import prediction_rows
    from workflow.lib.checking.refits import Refitter
    from workflow.lib.inference.archive import read_dataset, read_measured, read_tree
    from workflow.lib.inference.given import given_quality
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.posteriors import without_missions

    data = read_dataset(analysis_path)
    terms = Composition.from_mapping(model, composition)
    refitter = Refitter.configured(
        terms,
        "held_out",
        sampler=sampler,
        refits=refits,
        gate=gate,
        priors=priors,
        seed=seed,
        threads=threads,
        measured=read_measured(measured_by_paths),
    )
    compiled = refitter.compile(data)
    whole = read_tree(posterior_path)
    within = mission_log_likelihood(whole["posterior"].to_dataset(), data, terms, given_quality(whole))
    names = [str(name) for name in data["mission"].values]
    started = time.monotonic()

    def fit_without(mission: str):
        number = names.index(mission) + 1
        tree = refitter.sample(compiled, without_missions(data, data["mission"] == mission), mission)
        left = (time.monotonic() - started) / number * (len(names) - number)
        log(f"{model}: {number} of {len(names)} missions held out ({mission}), {left:.0f} s left")
        posterior, given = tree["posterior"].to_dataset(), given_quality(tree)
        logit = outcome_logit(posterior, data, terms, given).sel(mission=mission, drop=True)
        without = mission_log_likelihood(posterior, data, terms, given, [mission])
        return logit, tuple(values.sel(mission=mission, drop=True) for values in (without, within))

    rows, probability = leave_one_mission_out(
        fit_without, data, model, seed=derive_seed(seed, "held_out", model), interval=interval
    )
    write_table(rows, held_out_path)
    write_table(prediction_rows(probability, data, model, held_out=True), predictions_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        hold_out_missions,
        model=snakemake.wildcards.model,
        composition=snakemake.params.composition,
        sampler=snakemake.params.sampler,
        refits=snakemake.params.refits,
        gate=snakemake.params.gate,
        priors=snakemake.params.priors,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        analysis_path=snakemake.input.analysis,
        posterior_path=snakemake.input.posterior,
        measured_by_paths=list(snakemake.input.measured_by),
        held_out_path=snakemake.output.held_out,
        predictions_path=snakemake.output.predictions,
    )
