"""Predict who joins with one model, and score it decision by decision.

From `results/<model>/posterior.nc`, behind the gate, to
`results/<model>/loglik.nc` (groups `log_likelihood`, `loo`: the approximate leave-one-out score of each decision),
`results/<model>/predictive.nc` (replicated and observed summaries), `results/<model>/predictions.csv` and
`results/<model>/checks.csv` (posterior predictive checks of who joins).
"""

from workflow.lib.job import Log, run_job


def predict_model(
    model: str,
    composition: dict,
    interval: float,
    seed: int,
    analysis_path: str,
    posterior_path: str,
    loglik_path: str,
    predictive_path: str,
    predictions_path: str,
    checks_path: str,
    log: Log,
) -> None:
    """Predict, score and check one model."""
    import xarray as xr

    from models.composition import Composition
    from models.posterior import outcome_logit
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.held_out import probability_summary
    from workflow.lib.checking.predictive import prediction_rows, predictive_checks, predictive_summaries
    from workflow.lib.checking.scores import log_likelihood, pointwise_loo
    from workflow.lib.inference.archive import read_dataset, read_tree, write_tree
    from workflow.lib.inference.given import given_quality
    from workflow.lib.inference.sampling import derive_seed

    data = read_dataset(analysis_path)
    tree = read_tree(posterior_path)
    terms = Composition.from_mapping(model, composition)
    logit = outcome_logit(tree["posterior"].to_dataset(), data, terms, given_quality(tree))

    pointwise = pointwise_loo(logit, data["joined"])
    likelihood = log_likelihood(logit, data["joined"]).astype("float32").rename("joined").to_dataset()
    write_tree(xr.DataTree.from_dict({"log_likelihood": likelihood, "loo": pointwise}), loglik_path)
    log(f"{model}: expected log predictive density {float(pointwise['elpd_i'].sum()):.1f}")

    probability = probability_summary(logit, interval)
    write_table(prediction_rows(probability, data, model, held_out=False), predictions_path)
    predictive_seed = derive_seed(seed, "predict", model)
    write_tree(predictive_summaries(logit, data, seed=predictive_seed, interval=interval), predictive_path)
    write_table(predictive_checks(logit, data, model, seed=predictive_seed, interval=interval), checks_path)
    log(f"{model}: predicted {data.sizes['mission']} missions")


if __name__ == "__main__":
    run_job(
        snakemake,
        predict_model,
        model=snakemake.wildcards.model,
        composition=snakemake.params.composition,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        analysis_path=snakemake.input.analysis,
        posterior_path=snakemake.input.posterior,
        loglik_path=snakemake.output.loglik,
        predictive_path=snakemake.output.predictive,
        predictions_path=snakemake.output.predictions,
        checks_path=snakemake.output.checks,
    )
