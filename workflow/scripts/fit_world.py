"""Fit several models to data simulated from one of four worlds: who is fooled?

From the analysis dataset to `results/calibration/worlds/<world>.csv`, one row a simulated data set, model and effect. Each
model is compiled once.
"""

from workflow.lib.job import Log, run_job


def fit_world(
    world: str,
    models: list[str],
    compositions: dict,
    samplers: dict,
    refits: dict,
    priors: dict,
    gate: dict,
    interval: float,
    simulations: int,
    seed: int,
    threads: int,
    analysis_path: str,
    fits_path: str,
    log: Log,
) -> None:
    """Simulate, fit each model, summarise its effects."""
    from dataclasses import replace

    import numpy as np

    from models.composition import Composition
    from models.worlds import simulate_world
    from workflow.lib.checking.calibration import run_worlds
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.refits import Refitter
    from workflow.lib.checking.simulations import Fitter, with_converged
    from workflow.lib.inference.archive import read_dataset
    from workflow.lib.inference.sampling import derive_seed

    data = read_dataset(analysis_path)
    fitters: dict[str, Fitter] = {}
    for model, terms in compositions.items():
        log(f"{world}: compiling {model}")
        fitters[model] = Fitter(
            Refitter.configured(
                Composition.from_mapping(model, terms),
                f"world/{world}",
                sampler=samplers[model],
                refits=refits,
                gate=gate,
                priors=priors,
                seed=seed,
                threads=threads,
                log=log,
            ),
            data,
        )
    measured: dict[tuple[str, int], object] = {}

    def simulate(name: str, own_seed: int):
        return simulate_world(name, data, np.random.default_rng(own_seed))

    def fit(model: str, simulated, own_seed: int):
        fitter = fitters[model]
        composition = fitter.refitter.composition
        if composition.quality_is_given:
            by = composition.measured_by
            if (by, own_seed) not in measured:
                measured.clear()
                measured[by, own_seed] = fitters[by].tree(simulated, own_seed)["posterior"].to_dataset()
            fitter.refitter = replace(fitter.refitter, measured=measured[by, own_seed])
        tree = fitter.tree(simulated, own_seed)
        return fitter.refitter.effects(tree, simulated)

    seeds = [derive_seed(seed, "world", world, number) for number in range(simulations)]
    fits = run_worlds([world], models, simulate, fit, seeds, interval=interval)
    write_table(with_converged(fits, fitters), fits_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        fit_world,
        world=snakemake.wildcards.world,
        models=snakemake.params.models,
        compositions=snakemake.params.compositions,
        samplers=snakemake.params.samplers,
        refits=snakemake.params.refits,
        priors=snakemake.params.priors,
        gate=snakemake.params.gate,
        interval=snakemake.params.interval,
        simulations=snakemake.params.simulations,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        analysis_path=snakemake.input.analysis,
        fits_path=snakemake.output.fits,
    )
