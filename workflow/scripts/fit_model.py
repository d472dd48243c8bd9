"""Sample the posterior of one model of who joins, with the draws of everything that is printed of it.

From the analysis dataset and the measurements of the model's latent regressors to `results/<model>/posterior.nc`, groups
`posterior`, `sample_stats` and `estimands`. The draws follow from the seed alone, not from the number of cores.
"""

from workflow.lib.job import Log, run_job


def fit_model(
    model: str,
    composition: dict,
    sampling: dict,
    analysis: str,
    measured: list[str],
    posterior: str,
    log: Log,
) -> None:
    """Compile, sample, estimate."""
    import xarray as xr

    from models.estimands import contrast_values, estimand_draws
    from models.posterior import OutcomeDraws
    from models.priors import Priors
    from workflow.lib.inference.archive import write_tree
    from workflow.lib.inference.results import read_model
    from workflow.lib.inference.sampling import SamplerSettings, compile_outcome, derive_seed
    from workflow.lib.settings import priors_from_plain
    from workflow.lib.summaries import as_dataset

    data, terms, paths, gaussian = read_model(model, composition, analysis, measured)
    log(f"{model}: compiling")
    settings = SamplerSettings(**sampling["sampler"])
    priors = Priors(priors_from_plain(sampling["priors"]))
    compiled = compile_outcome(terms, data, priors, settings, paths, gaussian)
    tree = compiled.sample(derive_seed(sampling["seed"], "fit", model), log=log)
    draws = OutcomeDraws(tree, data, terms, compiled.inputs)
    estimands = estimand_draws(draws, contrast_values(terms, data, paths))
    tree["estimands"] = xr.DataTree(as_dataset(estimands))
    write_tree(tree, posterior)
    log(f"{model}: sampled in {tree.attrs['seconds']:.0f} s")


if __name__ == "__main__":
    run_job(snakemake, fit_model)
