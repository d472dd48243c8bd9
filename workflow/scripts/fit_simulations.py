"""Simulate data from a model, fit the model to them, and see where the true values fall.

From the analysis dataset to `results/calibration/<source>/<model>.csv`, one row a simulated data set and parameter. Parameters
come from the priors (source `prior`: simulation-based calibration) or from the model's posterior, behind its gate (source
`posterior`: recovery where the data have put it). The model is compiled once.
"""

from workflow.lib.job import Log, run_job


def fit_simulations(
    source: str,
    model: str,
    composition: dict,
    sampler: dict,
    refits: dict,
    priors: dict,
    gate: dict,
    interval: float,
    simulations: int,
    seed: int,
    threads: int,
    analysis_path: str,
    posterior_paths: list[str],
    fits_path: str,
    log: Log,
) -> None:
    """Simulate, fit, compare."""
    import numpy as np

    from models.composition import Composition
    from models.priors import Priors
    from models.simulate import prior_draws
    from workflow.lib.checking.calibration import recover
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.refits import Refitter
    from workflow.lib.checking.simulations import Fitter, simulated_data
    from workflow.lib.inference.archive import read_dataset, read_tree
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.settings import priors_from_plain

    data = read_dataset(analysis_path)
    terms = Composition.from_mapping(model, composition)
    overrides = priors_from_plain(priors)
    fitter = Fitter(
        Refitter.configured(
            terms,
            f"simulations/{source}",
            sampler=sampler,
            refits=refits,
            gate=gate,
            priors=priors,
            seed=seed,
            threads=threads,
            log=log,
        ),
        data,
    )
    fitted = read_tree(posterior_paths[0])["posterior"].to_dataset() if posterior_paths else None

    def simulate(own_seed: int):
        random = np.random.default_rng(own_seed)
        if fitted is None:
            draw = prior_draws(terms, data, Priors(overrides), 1, random)
        else:
            chain, number = random.integers(fitted.sizes["chain"]), random.integers(fitted.sizes["draw"])
            draw = fitted.isel(chain=[chain], draw=[number])
        simulated, truth = simulated_data(terms, data, draw, random)
        known = set(fitter.names) | {"ties_effect", "quality_effect"}
        return simulated, {name: value for name, value in truth.items() if name in known}

    seeds = [derive_seed(seed, "simulations", source, model, number) for number in range(simulations)]
    rows = recover(
        simulate,
        fitter.posterior,
        seeds,
        interval=interval,
        converged=lambda posterior: bool(posterior.attrs["converged"]),
    )
    write_table(rows.assign(model=model), fits_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        fit_simulations,
        source=snakemake.wildcards.source,
        model=snakemake.wildcards.model,
        composition=snakemake.params.composition,
        sampler=snakemake.params.sampler,
        refits=snakemake.params.refits,
        priors=snakemake.params.priors,
        gate=snakemake.params.gate,
        interval=snakemake.params.interval,
        simulations=snakemake.params.simulations,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        analysis_path=snakemake.input.analysis,
        posterior_paths=list(snakemake.input.posterior),
        fits_path=snakemake.output.fits,
    )
