"""How strong an unmeasured common cause must be, how much priors matter, what was paid, and whom the outcome moved.

From the posterior of the main model, behind its gate, and of the joint model to `results/checks/sensitivity.csv`,
`power_scaling.csv`, `payments.csv` and `feedback.csv`. No refits.
"""

from workflow.lib.job import Log, run_job


def check_causes(
    main: str,
    composition: dict,
    joint: str,
    joint_composition: dict,
    run: dict,
    analysis: str,
    measured: list[str],
    posterior: list[str],
    joint_posterior: list[str],
    sensitivity: str,
    power_scaling: str,
    payments: str,
    feedback: str,
    log: Log,
) -> None:
    """Compute from draws that are there."""
    from models.composition import Composition
    from models.estimands import contrast_values
    from models.priors import Priors
    from models.regressors import grid_of
    from workflow.lib.checking.causes import common_cause_rows, power_scaling_of
    from workflow.lib.checking.feedback import feedback_rows
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.payments import payment_rows
    from workflow.lib.checking.table import check_table
    from workflow.lib.inference.archive import read_group, read_tree
    from workflow.lib.inference.results import draws_of, read_model
    from workflow.lib.inference.sampling import derive_seed
    from workflow.lib.settings import priors_from_plain

    data, terms, paths, gaussian = read_model(main, composition, analysis, measured)
    tree = read_tree(posterior[0])
    draws = draws_of(tree, terms, data, paths, gaussian)
    pairs = contrast_values(terms, data, paths)
    write_table(check_table(common_cause_rows(draws, pairs, main, run["interval"])), sensitivity)

    priors = Priors(priors_from_plain(run["priors"]))
    write_table(check_table(power_scaling_of(draws, tree, priors, main)), power_scaling)

    quality = grid_of(terms.latents[0], terms, data, paths) if terms.latents else None
    seed = derive_seed(run["seed"], "payments")
    write_table(check_table(payment_rows(data, quality, main, interval=run["interval"], seed=seed)), payments)

    rows = []
    if joint_posterior:
        joint_terms = Composition.from_mapping(joint, joint_composition)
        if (smoothed := paths.get(joint_terms.latents[0])) is not None:
            rows = feedback_rows(read_group(joint_posterior[0], "posterior"), smoothed, data, joint)
    write_table(check_table(rows), feedback)
    log(f"{main}: common causes, priors, payments; {len(rows)} states moved by the outcome")


if __name__ == "__main__":
    run_job(snakemake, check_causes)
