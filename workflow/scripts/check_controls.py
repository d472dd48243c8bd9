"""Fit what should show no effect: ties with rivals, later ties, and missions that others led.

From the tables, the analysis dataset and the posterior of the reference model, behind its gate, to
`results/checks/negative_controls.csv`. The reference model with one more covariate is compiled once; each control takes its
place there, or the place of the ties. Missions led by others are another set of missions: one more compilation.
"""

from workflow.lib.job import Log, run_job

# So few missions do not tell how much slopes differ between missions, nor states' lasting effects: they are given one slope
# and no effects of states. Nor do they keep the spread of intercepts away from zero, where chains get stuck: unless the user
# chose a prior, its prior vanishes there (Chung et al. 2013, Psychometrika 78(4), 685-709).
FEW_MISSIONS = 8
AWAY_FROM_ZERO = {"mission_sd": ("gamma", (2.0, 2.0))}


def check_controls(
    model: str,
    composition: dict,
    sampler: dict,
    refits: dict,
    priors: dict,
    gate: dict,
    data_settings: dict,
    interval: float,
    seed: int,
    threads: int,
    analysis_path: str,
    posterior_path: str,
    measured_by_paths: list[str],
    controls_path: str,
    log: Log,
) -> None:
    """Refit the reference model to each negative control and read the slope that should be zero."""
    from dataclasses import replace

    import pandas as pd

    from models.composition import Composition
    from workflow.lib.checking.controls import (
        CONTROL_COLUMNS,
        Variant,
        negative_control_exposures,
        negative_control_outcome,
        run_controls,
        timing_placebos,
    )
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.refits import CAREFUL_ACCEPTANCE, SLOT, Refitter, with_slot
    from workflow.lib.inference.archive import read_dataset, read_measured, read_tree
    from workflow.lib.tables.load import load_tables
    from workflow.lib.tables.prepare import prepare

    data = read_dataset(analysis_path)
    main = read_tree(posterior_path)["posterior"].to_dataset()
    terms = Composition.from_mapping(model, composition)
    refitter = Refitter.configured(
        terms,
        "controls",
        sampler=sampler,
        refits=refits,
        gate=gate,
        priors=priors,
        seed=seed,
        threads=threads,
        measured=read_measured(measured_by_paths),
        log=log,
    )
    rows = []

    variants = [*negative_control_exposures(data), *timing_placebos(data)]
    if variants:
        names = (*terms.covariate_names(data), SLOT)
        one_more = replace(refitter, composition=replace(terms, covariates=names))
        compiled = one_more.compile(with_slot(data))

        def refit(variant: Variant):
            widened = with_slot(variant.data, *variant.controls)
            posterior = one_more.sample(compiled, widened, variant.item)["posterior"].to_dataset()
            # the slot goes by the name of what it held
            labels = [*names[:-1], *(variant.controls or (SLOT,))]
            return posterior.assign_coords(control=labels)

        rows.append(run_controls(variants, refit, model, interval=interval, main=main))

    tables = load_tables(data_settings)
    partner = data_settings["ties_with"] or data_settings["pivotal"]
    led_by_others = (tables.missions["pivotal"] != partner).any() and not data_settings[
        "missions_led_by_others"
    ]
    if led_by_others:
        others = prepare(tables, {**data_settings, "ties_with": partner, "missions_led_by_others": True})
        variant = negative_control_outcome(data, others)
        few = others.sizes["mission"] < FEW_MISSIONS
        own = replace(terms, mission_slopes=(), state_effects=False) if few else terms
        careful = replace(
            refitter,
            composition=own,
            settings=replace(refitter.settings, target_accept=CAREFUL_ACCEPTANCE),
            priors={**(AWAY_FROM_ZERO if few else {}), **refitter.priors},
        )
        compiled = careful.compile(variant.data)
        tree = careful.sample(compiled, variant.data, variant.item, strict=False)
        if tree.attrs["converged"]:
            rows.append(
                run_controls(
                    [variant], lambda _: tree["posterior"].to_dataset(), model, interval=interval, main=main
                )
            )
        else:
            log(f"{variant.item}: too few missions for a fit that converges; left out of the table")
    write_table(pd.concat(rows) if rows else pd.DataFrame(columns=CONTROL_COLUMNS), controls_path)


if __name__ == "__main__":
    run_job(
        snakemake,
        check_controls,
        model=snakemake.params.model,
        composition=snakemake.params.composition,
        sampler=snakemake.params.sampler,
        refits=snakemake.params.refits,
        priors=snakemake.params.priors,
        gate=snakemake.params.gate,
        data_settings=snakemake.params.data,
        interval=snakemake.params.interval,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
        analysis_path=snakemake.input.analysis,
        posterior_path=str(snakemake.input.posterior),
        measured_by_paths=list(snakemake.input.measured_by),
        controls_path=snakemake.output.controls,
    )
