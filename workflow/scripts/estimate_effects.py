"""Estimate what ties and quality do, on the scale of probabilities, and the quality of each relationship over the years.

From `results/<model>/posterior.nc` of the models with an outcome, behind their gates, to `results/effects.csv`, and from the
fullest model that measures quality to `results/quality.csv`.
"""

from workflow.lib.job import Log, run_job


def estimate_effects(
    compositions: dict,
    interval: float,
    analysis_path: str,
    posterior_paths: dict[str, str],
    quality_model: str | None,
    effects_path: str,
    quality_path: str,
    log: Log,
) -> None:
    """Estimate and write effects and quality."""
    import pandas as pd

    from models.composition import Composition
    from models.estimands import estimand_draws
    from models.posterior import latent_path
    from workflow.lib.checking.files import write_table
    from workflow.lib.effects import attenuation_draws, effect_rows, quality_rows
    from workflow.lib.inference.archive import read_dataset, read_tree
    from workflow.lib.inference.given import given_quality

    data = read_dataset(analysis_path)
    effects, by_model = [], {}
    for model, terms in compositions.items():
        composition = Composition.from_mapping(model, terms)
        if composition.has("outcome"):
            tree = read_tree(posterior_paths[model])
            draws = estimand_draws(tree["posterior"].to_dataset(), data, composition, given_quality(tree))
            by_model[model] = {key: value for key, value in draws.items() if key[0] == "ties_effect"}
            effects.append(effect_rows(draws, model, interval))
            log(f"{model}: {len(draws)} estimands")
    for model, draws in by_model.items():
        if model != "pooled" and "pooled" in by_model:
            effects.append(effect_rows(attenuation_draws(draws, by_model["pooled"]), model, interval))
    write_table(pd.concat(effects, ignore_index=True), effects_path)

    quality = None
    if quality_model is not None:
        posterior = read_tree(posterior_paths[quality_model])["posterior"].to_dataset()
        quality = latent_path(posterior, data, data["panel_year"].values)
        log(f"quality as measured by {quality_model}")
    write_table(quality_rows(quality, int(data.attrs["source_of_ties"]), interval), quality_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        estimate_effects,
        compositions=snakemake.params.compositions,
        interval=snakemake.params.interval,
        analysis_path=snakemake.input.analysis,
        posterior_paths=dict(
            zip(sorted(snakemake.params.compositions), snakemake.input.posteriors, strict=True)
        ),
        quality_model=snakemake.params.quality_model,
        effects_path=snakemake.output.effects,
        quality_path=snakemake.output.quality,
    )
