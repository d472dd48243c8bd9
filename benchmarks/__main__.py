"""Measure the speed of the models in one run: `python -m benchmarks [--quick] [--output results/benchmarks]`.

From `config.yaml` and the tables that it names to `benchmarks.csv` and `benchmarks.png` in the folder of `--output`. Not
part of the build. Leave the machine alone meanwhile.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from workflow.lib.environment import set_caches
from workflow.lib.errors import UserError
from workflow.lib.job import set_threads

HELD_OUT = ("crossed", "joint")
GROWING = "crossed"
QUICK_DRAWS = 200


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the speed of the models."
    )
    parser.add_argument(
        "--config", type=Path, default=Path("config.yaml"), help="configuration (config.yaml)"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("results/benchmarks"), help="folder for table and picture"
    )
    parser.add_argument("--models", nargs="+", help="names of models; all of the configuration when absent")
    parser.add_argument("--seeds", type=int, default=3, help="fits of each model (3)")
    parser.add_argument("--cores", type=int, default=2, help="chains at a time (2)")
    parser.add_argument(
        "--quick", action="store_true", help=f"one seed, {QUICK_DRAWS} draws: to try the command"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure, write, draw; the exit status."""
    options = parse(arguments)
    set_threads(options.cores)
    compiled = tempfile.TemporaryDirectory()
    set_caches(Path(__file__).parent.parent, Path(compiled.name))
    from benchmarks.measure import Model, Plan, measure
    from benchmarks.picture import draw
    from models.composition import Composition
    from models.priors import Priors
    from workflow.lib.inference.sampling import SamplerSettings
    from workflow.lib.settings import load_settings
    from workflow.lib.tables.load import load_tables
    from workflow.lib.tables.prepare import prepare

    try:
        settings = load_settings(options.config)
        names = chosen_models(settings, options.models)
        chosen = settings.data.model_dump()
        data = prepare(load_tables(chosen), chosen)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1

    def sampler(name: str) -> SamplerSettings:
        own = SamplerSettings(**{**settings.sampler_of(name).model_dump(), "cores": options.cores})
        return replace(own, tune=QUICK_DRAWS, draws=QUICK_DRAWS) if options.quick else own

    models = {
        name: Model(Composition.from_mapping(name, settings.models[name].terms()), sampler(name))
        for name in names
    }
    refits = SamplerSettings(**{**settings.sampler.model_dump(), **settings.checks.refits.model_dump()})
    refits = replace(refits, cores=options.cores)
    plan = Plan(
        seeds=1 if options.quick else options.seeds,
        gradient_seconds=0.5 if options.quick else 3.0,
        held_out=tuple(name for name in HELD_OUT if name in names),
        refits=replace(refits, tune=100, draws=100) if options.quick else refits,
        growing=GROWING if GROWING in names else None,
    )
    table = measure(models, data, Priors(settings.prior_values()), plan)
    options.output.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.output / "benchmarks.csv", index=False, float_format="%.5g")
    draw(table, options.output / "benchmarks.png")
    print(f"{options.output}: benchmarks.csv, benchmarks.png")
    return 0


def chosen_models(settings, asked: list[str] | None) -> list[str]:
    """Names of the models to measure, each after the one that measures its latents; unknown ones are a `UserError`."""
    known = list(settings.models)
    names: list[str] = []
    for name in asked or known:
        if name not in known:
            raise UserError(f"--models: '{name}' is not one of {', '.join(known)}")
        needed = settings.models[name].measured_by
        names += [n for n in (needed, name) if n is not None and n not in names]
    return names


if __name__ == "__main__":
    sys.exit(main())
