"""Summarise the draws of all models, behind their gates.

To `results/effects.csv`, `parameters.csv` and `quality.csv`.
"""

from workflow.lib.job import Log, run_job


def estimate_effects(
    compositions: dict,
    models: list,
    measures: list,
    priors: dict,
    interval: float,
    analysis: str,
    posteriors: list[str],
    measurements: list[str],
    effects: str,
    parameters: str,
    quality: str,
    log: Log,
) -> None:
    """Means, intervals, effective sample sizes; paths by state and year."""
    import pandas as pd

    from models.blocks.factor import parameters as items_of
    from models.build import model_parameters
    from models.composition import Composition
    from models.priors import Priors
    from workflow.lib import summaries
    from workflow.lib.checking.files import write_table
    from workflow.lib.inference.archive import read_dataset, read_group, read_tree
    from workflow.lib.settings import priors_from_plain

    data, prior = read_dataset(analysis), Priors(priors_from_plain(priors))
    effect_rows, rows, paths = [], [], []
    for model, path in zip(measures, measurements, strict=True):
        terms, tree = Composition.from_mapping(model, compositions[model]), read_tree(path)
        rows.append(
            summaries.parameter_rows(tree["posterior"].to_dataset(), items_of(terms), prior, model, interval)
        )
        construct = "+".join(terms.measures)
        paths.append(summaries.path_rows(tree["latent"].to_dataset(), data, construct, model, interval))
    for model, path in zip(models, posteriors, strict=True):
        terms = Composition.from_mapping(model, compositions[model])
        draws = read_group(path, "posterior", without=("path_state",))
        rows.append(summaries.parameter_rows(draws, model_parameters(terms), prior, model, interval))
        effect_rows.append(
            summaries.effect_rows(summaries.as_estimands(read_group(path, "estimands")), model, interval)
        )
        log(f"{model}: effects")

    def together(parts: list, columns: tuple) -> pd.DataFrame:
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))

    write_table(together(effect_rows, summaries.EFFECT_COLUMNS), effects)
    write_table(together(rows, summaries.PARAMETER_COLUMNS), parameters)
    write_table(together(paths, summaries.PATH_COLUMNS), quality)


if __name__ == "__main__":
    run_job(snakemake, estimate_effects)
