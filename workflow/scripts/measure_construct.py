"""Measure one construct: the parameters of its indicators, and the latent path of every state.

From the analysis dataset to `results/<model>/posterior.nc`.
"""

from workflow.lib.job import Log, run_job


def measure_construct(
    model: str, composition: dict, sampling: dict, analysis: str, posterior: str, log: Log
) -> None:
    """Compile, sample, write."""
    from models.composition import Composition
    from models.priors import Priors
    from workflow.lib.inference.archive import read_dataset, write_tree
    from workflow.lib.inference.measurement import compile_measurement
    from workflow.lib.inference.sampling import SamplerSettings, derive_seed
    from workflow.lib.settings import priors_from_plain

    terms = Composition.from_mapping(model, composition)
    priors = Priors(priors_from_plain(sampling["priors"]))
    log(f"{model}: compiling")
    settings = SamplerSettings(**sampling["sampler"])
    compiled = compile_measurement(terms, read_dataset(analysis), priors, settings)
    tree = compiled.sample(derive_seed(sampling["seed"], "fit", model), log=log)
    write_tree(tree, posterior)
    log(f"{model}: {len(compiled.panel.names)} indicators, {tree.attrs['seconds']:.0f} s")


if __name__ == "__main__":
    run_job(snakemake, measure_construct)
