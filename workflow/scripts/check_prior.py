"""Look at what the priors of a model say before it sees who joined.

From the analysis dataset and the composition to `results/<model>/prior.nc` (group `prior`) and, for a model with an outcome,
the prior predictive checks in `results/<model>/prior_checks.csv`.
"""

from workflow.lib.job import Log, run_job


def check_prior(
    model: str,
    composition: dict,
    priors: dict,
    interval: float,
    seed: int,
    draws: int,
    analysis_path: str,
    prior_path: str,
    checks_path: str,
    log: Log,
) -> None:
    """Draw from the priors and summarise."""
    import numpy as np
    import pandas as pd
    import xarray as xr

    from models.composition import Composition
    from models.posterior import outcome_logit
    from models.priors import Priors
    from models.simulate import prior_draws
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.predictive import CHECK_COLUMNS, prior_predictive_checks
    from workflow.lib.inference.archive import read_dataset, write_tree
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.settings import priors_from_plain

    data = read_dataset(analysis_path)
    terms = Composition.from_mapping(model, composition)
    prior_seed = derive_seed(seed, "prior", model)
    random = np.random.default_rng(prior_seed)
    prior = prior_draws(terms, data, Priors(priors_from_plain(priors)), draws, random)
    write_tree(xr.DataTree.from_dict({"prior": prior}), prior_path)
    checks = pd.DataFrame(columns=CHECK_COLUMNS)
    if terms.has("outcome"):
        given = None
        if terms.quality_is_given:
            # quality has unit variance in its own model; who measures it has no say before the data
            shape = (1, draws, data.sizes["mission"], data.sizes["state"])
            labels = {
                "chain": [0],
                "draw": np.arange(draws),
                "mission": data["mission"],
                "state": data["state"],
            }
            given = xr.DataArray(random.normal(size=shape), dims=tuple(labels), coords=labels)
        logit = outcome_logit(prior, data, terms, given)
        checks = prior_predictive_checks(
            logit, data, model, seed=prior_seed, interval=interval, replicates=draws
        )
    write_table(checks, checks_path)
    log(f"{model}: {draws} draws from the priors")


if __name__ == "__main__":
    run_job(
        snakemake,
        check_prior,
        model=snakemake.wildcards.model,
        composition=snakemake.params.composition,
        priors=snakemake.params.priors,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        draws=snakemake.params.draws,
        analysis_path=snakemake.input.analysis,
        prior_path=snakemake.output.prior,
        checks_path=snakemake.output.checks,
    )
