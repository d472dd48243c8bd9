"""Ask how strong an unmeasured common cause must be, and how much the priors matter.

From the posteriors of the reference model and of the fullest model with quality, behind their gates, and the pointwise log
likelihood of the reference, to `results/checks/sensitivity.csv` (E-values, common causes of given strengths, and of the
strength of the observed controls) and `results/checks/power_scaling.csv` (power-scaling of the priors). No refits.
"""

from workflow.lib.job import Log, run_job


def check_sensitivity(
    compositions: dict,
    priors: dict,
    interval: float,
    analysis_path: str,
    posterior_paths: dict[str, str],
    reference: str,
    loglik_path: str,
    sensitivity_path: str,
    power_scaling_path: str,
    log: Log,
) -> None:
    """Compute both from draws that are there."""
    import pandas as pd
    import xarray as xr

    from models.average import average_probabilities
    from models.composition import Composition
    from models.priors import Priors
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.refits import percentile_distance
    from workflow.lib.checking.sensitivity import (
        common_cause_benchmarks,
        common_cause_e_values,
        common_cause_surface,
        log_prior_draws,
        prior_sensitivity,
    )
    from workflow.lib.inference.archive import read_dataset, read_tree
    from workflow.lib.inference.given import given_quality
    from workflow.lib.settings import priors_from_plain

    data = read_dataset(analysis_path)
    rows = []
    for model, terms in compositions.items():
        composition = Composition.from_mapping(model, terms)
        tree = read_tree(posterior_paths[model])
        posterior = tree["posterior"].to_dataset()
        for term in composition.slope_names():
            low, high = average_probabilities(posterior, data, composition, term, given_quality(tree))
            own = common_cause_e_values(low, high, model, interval=interval)
            # ties' rows keep the plain names
            rows.append(own if term == "ties" else own.assign(item=f"{term} " + own["item"], scope=term))
        log(f"{model}: E-values")
        if composition.ties:
            distance = percentile_distance(data)
            contrast = posterior["ties_slope"] * distance
            rows.append(common_cause_surface(contrast, model, interval=interval))
            if "covariate_slope" in posterior and posterior.sizes["control"]:
                slopes = posterior["covariate_slope"]
                rows.append(
                    common_cause_benchmarks(contrast, slopes, data, distance, model, interval=interval)
                )
    write_table(pd.concat(rows, ignore_index=True), sensitivity_path)

    posterior = read_tree(posterior_paths[reference])["posterior"].to_dataset()
    log_prior = log_prior_draws(posterior, Priors(priors_from_plain(priors)))
    tree = xr.DataTree.from_dict(
        {
            "posterior": posterior[list(log_prior.data_vars)],
            "log_prior": log_prior,
            "log_likelihood": _cells(read_tree(loglik_path)["log_likelihood"].to_dataset()),
        }
    )
    table = prior_sensitivity(tree, reference, list(log_prior.data_vars))
    write_table(table, power_scaling_path)
    log(f"{reference}: {(table['diagnosis'] != 'none').sum()} of {len(table)} parameters sensitive to priors")


def _cells(likelihood):
    """Log likelihood of the scored rows only, one dimension."""
    flat = likelihood.stack(cell=("mission", "state"), create_index=False)
    return flat.dropna("cell").drop_vars(("mission", "state"), errors="ignore")


if __name__ == "__main__":
    run_job(
        snakemake,
        check_sensitivity,
        compositions={name: snakemake.params.compositions[name] for name in snakemake.params.models},
        priors=snakemake.params.priors,
        interval=snakemake.params.interval,
        analysis_path=snakemake.input.analysis,
        posterior_paths=dict(zip(snakemake.params.models, snakemake.input.posteriors, strict=True)),
        reference=snakemake.params.reference,
        loglik_path=str(snakemake.input.loglik),
        sensitivity_path=snakemake.output.sensitivity,
        power_scaling_path=snakemake.output.power_scaling,
    )
