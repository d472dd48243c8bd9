# Checks that could fail: the measure's validity, negative controls, other lists and priors, common causes. Each waits for the gate of
# the models that it reads; what is refitted has a gate of its own.


rule check_validity:
    input:
        **tables(),
        analysis="<results>/data/analysis.nc",
        archives=expand("<results>/{model}/posterior.nc", model=MEASURES),
        gates=expand("<results>/{model}/gate.json", model=MEASURES),
        known=["data/known_orderings.csv", "data/known_groups.csv", "data/known_turning_points.csv"],
    output:
        **{name: f"<results>/checks/{name}.csv" for name in VALIDITY_TABLES},
        validity="<results>/validity.json",
    log:
        "<logs>/check_validity.log",
    params:
        model=VALIDITY_MODEL,
        label=settings.models[VALIDITY_MODEL].label if VALIDITY_MODEL else None,
        composition=terms_of(VALIDITY_MODEL),
        measures=MEASURES,
        data=section("data"),
        priors=section("priors"),
        interval=settings.report.interval,
        names=VALIDITY_TABLES,
    message:
        "Testing the measure against what is known."
    script:
        "../scripts/check_validity.py"


rule check_controls:
    input:
        **tables(),
        analysis="<results>/data/analysis.nc",
        measured=expand("<results>/{model}/posterior.nc", model=latents_of(MAIN)),
        gates=expand("<results>/{model}/gate.json", model=[*latents_of(MAIN), *([MAIN] if MAIN else [])]),
    output:
        negative_controls="<results>/checks/negative_controls.csv",
        ties_measures="<results>/checks/ties_measures.csv",
        reverse_causation="<results>/checks/reverse_causation.csv",
    log:
        "<logs>/check_controls.log",
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        main=MAIN,
        composition=terms_of(MAIN),
        run=run_of(MAIN),
        data=section("data"),
        rivals={name: terms_of(name) for name in latents_of(MAIN)},
    message:
        "Fitting what should show no effect: rivals, later years, missions led by others."
    script:
        "../scripts/check_controls.py"


rule check_variants:
    input:
        **tables(),
        analysis="<results>/data/analysis.nc",
        measured=expand("<results>/{model}/posterior.nc", model=latents_of(MAIN)),
        gates=expand("<results>/{model}/gate.json", model=[*latents_of(MAIN), *([MAIN] if MAIN else [])]),
        invariance=["<results>/checks/invariance.csv"] if VALIDITY_MODEL in latents_of(MAIN) else [],
    output:
        labels="<results>/checks/labels.csv",
        eligible="<results>/checks/eligible.csv",
        measures="<results>/checks/measures.csv",
        priors="<results>/checks/priors.csv",
    log:
        "<logs>/check_variants.log",
    priority: 10  # many refits: begun first
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        main=MAIN,
        composition=terms_of(MAIN),
        measuring=terms_of(next(iter(latents_of(MAIN)), None)),
        run=run_of(MAIN),
        data=section("data"),
        prior_scales=settings.checks.prior_scales,
    message:
        "Refitting to other lists of participants, candidates and measures, and with other priors."
    script:
        "../scripts/check_variants.py"


rule check_causes:
    input:
        analysis="<results>/data/analysis.nc",
        measured=expand("<results>/{model}/posterior.nc", model=latents_of(MAIN)),
        posterior=expand("<results>/{model}/posterior.nc", model=[MAIN] if MAIN else []),
        joint_posterior=expand("<results>/{model}/posterior.nc", model=[JOINT] if JOINT else []),
        gates=expand("<results>/{model}/gate.json", model=[name for name in (MAIN, JOINT) if name]),
    output:
        sensitivity="<results>/checks/sensitivity.csv",
        power_scaling="<results>/checks/power_scaling.csv",
        payments="<results>/checks/payments.csv",
        feedback="<results>/checks/feedback.csv",
    log:
        "<logs>/check_causes.log",
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        main=MAIN,
        composition=terms_of(MAIN),
        joint=JOINT,
        joint_composition=terms_of(JOINT),
        run=run_of(MAIN),
    message:
        "Asking how strong a common cause must be, how much priors matter, and whom the outcome moved."
    script:
        "../scripts/check_causes.py"


rule check_error_rates:
    input:
        analysis="<results>/data/analysis.nc",
        measured=expand("<results>/{model}/posterior.nc", model=latents_of(MAIN)),
        posterior=expand("<results>/{model}/posterior.nc", model=[MAIN] if MAIN else []),
        gates=expand("<results>/{model}/gate.json", model=[*latents_of(MAIN), *([MAIN] if MAIN else [])]),
    output:
        error_rates="<results>/checks/error_rates.csv",
    log:
        "<logs>/check_error_rates.log",
    priority: 10  # many refits: begun first
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        main=MAIN,
        composition=terms_of(MAIN),
        run=run_of(MAIN),
        simulations=settings.checks.simulations,
    message:
        "Refitting to simulated decisions of which the truth is known."
    script:
        "../scripts/check_error_rates.py"


rule write_verdicts:
    input:
        analysis="<results>/data/analysis.nc",
        effects="<results>/effects.csv",
        totals="<results>/comparison/totals.csv",
        checks=[f"<results>/checks/{name}.csv" for name in CHECKS],
        validity=["<results>/validity.json"] if VALIDITY_MODEL else [],
    output:
        verdicts="<results>/verdicts.json",
    log:
        "<logs>/write_verdicts.log",
    params:
        main=MAIN,
        models={name: terms_of(name) for name in MODELS},
        validity_rule=settings.checks.validity,
        ties_measure=settings.data.ties_measure,
    message:
        "Saying what came out."
    script:
        "../scripts/write_verdicts.py"
