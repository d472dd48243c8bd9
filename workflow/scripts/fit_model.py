"""Sample the posterior of one model.

From the analysis dataset, the model's composition and, for a plugin or cut model, the posterior that measures its latents,
to `results/<model>/posterior.nc` (groups `posterior` and `sample_stats`). Progress goes to the log every few seconds. The
draws follow from the seed alone, not from the number of cores.
"""

from workflow.lib.job import Log, run_job


def fit_model(
    model: str,
    composition: dict,
    sampler: dict,
    priors: dict,
    seed: int,
    threads: int,
    analysis_path: str,
    measured_by_paths: list[str],
    posterior_path: str,
    log: Log,
) -> None:
    """Compile, sample, write."""
    from models.composition import Composition
    from models.priors import Priors
    from workflow.lib.inference.archive import read_dataset, read_measured, write_tree
    from workflow.lib.inference.sampling import SamplerSettings, compile_model, derive_seed
    from workflow.lib.posteriors import sample_posterior
    from workflow.lib.settings import priors_from_plain

    log(f"{model}: compiling")
    data = read_dataset(analysis_path)
    compiled = compile_model(
        Composition.from_mapping(model, composition),
        data,
        Priors(priors_from_plain(priors)),
        SamplerSettings(**sampler, cores=threads),
    )
    measured = read_measured(measured_by_paths)
    tree = sample_posterior(compiled, data, measured, derive_seed(seed, "fit", model), log)
    write_tree(tree, posterior_path)
    log(f"{model}: sampled in {tree.attrs['seconds']:.0f} s")


if __name__ == "__main__":
    run_job(
        snakemake,
        fit_model,
        model=snakemake.wildcards.model,
        composition=snakemake.params.composition,
        sampler=snakemake.params.sampler,
        priors=snakemake.params.priors,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        analysis_path=snakemake.input.analysis,
        measured_by_paths=list(snakemake.input.measured_by),
        posterior_path=snakemake.output.posterior,
    )
