"""What one model predicts: before the data, of the data, and of conflicts and later missions that it has not seen.

From `results/<model>/posterior.nc`, behind the gate, to `prior.nc`, `loglik.nc`, `predictive.nc`, `predictions.csv`,
`predictive.csv` (checks), `conflicts.csv` and `future.csv` of the model.
"""

from workflow.lib.job import Log, run_job


def assess_model(
    model: str,
    composition: dict,
    run: dict,
    held_out: bool,
    future_from: int,
    analysis: str,
    measured: list[str],
    posterior: str,
    prior: str,
    loglik: str,
    predictive: str,
    predictions: str,
    checks: str,
    conflicts: str,
    future: str,
    log: Log,
) -> None:
    """Predict, score and check one model."""
    import numpy as np
    import pandas as pd

    from models.priors import Priors
    from workflow.lib.checking import held_out_conflicts as unseen
    from workflow.lib.checking import predictive as seen
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.held_out import probability_summary
    from workflow.lib.checking.refits import Refitter
    from workflow.lib.checking.scores import score_tree
    from workflow.lib.inference.archive import read_tree, write_tree
    from workflow.lib.inference.results import draws_of, evenly, read_model
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.settings import priors_from_plain

    data, terms, paths, gaussian = read_model(model, composition, analysis, measured)
    tree = evenly(read_tree(posterior), seen.PREDICTIVE_DRAWS)
    draws = draws_of(tree, terms, data, paths, gaussian)
    settings = {"seed": derive_seed(run["seed"], "assess", model), "interval": run["interval"]}
    random = np.random.default_rng(derive_seed(settings["seed"], "prior"))
    prior_eta = seen.prior_logits(terms, draws.inputs, Priors(priors_from_plain(run["priors"])), data, random)
    write_tree(prior_eta.rename("logit").to_dataset(), prior)
    eta = draws.logit()
    write_tree(score_tree(eta, data["joined"], terms.inference), loglik)
    write_tree(seen.predictive_summaries(eta, data, **settings), predictive)
    write_table(seen.checks_of_model(eta, prior_eta, data, model, **settings), checks)
    rows = [seen.prediction_rows(probability_summary(eta, settings["interval"]), data, model, held_out=False)]
    scores, later = pd.DataFrame(columns=unseen.CONFLICT_COLUMNS), pd.DataFrame(columns=unseen.FUTURE_COLUMNS)
    if held_out:
        refit_settings = {"run": run, "log": log, "path": gaussian}
        refitter = Refitter.configured(terms, data, paths, stage="held out", **refit_settings)
        # as many draws that have seen a conflict as of each refit that has not
        full = draws_of(
            evenly(tree, refitter.settings.chains * refitter.settings.draws), terms, data, paths, gaussian
        )
        scores, later, probability = unseen.score_unseen(refitter, full, model, future_from, **settings)
        rows.append(seen.prediction_rows(probability, data, model, held_out=True))
    write_table(scores, conflicts)
    write_table(later, future)
    write_table(pd.concat(rows, ignore_index=True), predictions)
    log(f"{model}: {data.sizes['mission']} missions predicted, {len(scores)} conflicts left out")


if __name__ == "__main__":
    run_job(snakemake, assess_model)
