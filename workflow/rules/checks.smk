# Checks that could fail: negative controls, sensitivity, other lists and priors, the measure of quality. Each waits for the
# gate of the models that it reads; what is refitted has a gate of its own.


rule check_controls:
    input:
        **tables(),
        analysis="<results>/data/analysis.nc",
        posterior=reference("<results>/{model}/posterior.nc"),
        gate=reference("<results>/{model}/gate.json"),
        measured_by=measured_for_reference(),
        code=code_of("check_controls"),
    output:
        controls="<results>/checks/negative_controls.csv",
    log:
        "<logs>/check_controls.log",
    benchmark:
        "<logs>/benchmarks/check_controls.tsv"
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        **refit_params(REFERENCE),
        data=sections("data")["data"],
    message:
        "Fitting what should show no effect: ties with rivals, later ties, missions led by others."
    script:
        "../scripts/check_controls.py"


rule check_variants:
    input:
        **tables(),
        analysis="<results>/data/analysis.nc",
        posterior=reference("<results>/{model}/posterior.nc"),
        gate=reference("<results>/{model}/gate.json"),
        measured_by=measured_for_reference(),
        code=code_of("check_variants"),
    output:
        labels="<results>/checks/labels.csv",
        eligible="<results>/checks/eligible.csv",
        priors="<results>/checks/priors.csv",
    log:
        "<logs>/check_variants.log",
    benchmark:
        "<logs>/benchmarks/check_variants.tsv"
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        **refit_params(REFERENCE),
        data=sections("data")["data"],
        prior_scales=settings.checks.prior_scales,
    message:
        "Refitting to other lists of participants and candidates, and with other priors."
    script:
        "../scripts/check_variants.py"


rule check_sensitivity:
    input:
        analysis="<results>/data/analysis.nc",
        posteriors=of_models("<results>/{model}/posterior.nc", CAUSE_MODELS),
        gates=of_models("<results>/{model}/gate.json", CAUSE_MODELS),
        loglik=reference("<results>/{model}/loglik.nc"),
        code=code_of("check_sensitivity"),
    output:
        sensitivity="<results>/checks/sensitivity.csv",
        power_scaling="<results>/checks/power_scaling.csv",
    log:
        "<logs>/check_sensitivity.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        models=CAUSE_MODELS,
        compositions={name: plain(settings.models[name].terms()) for name in CAUSE_MODELS},
        reference=REFERENCE,
        priors=sections("priors")["priors"],
        interval=settings.report.interval,
    message:
        "Asking how strong an unmeasured common cause must be, and how much the priors matter."
    script:
        "../scripts/check_sensitivity.py"


rule check_quality:
    input:
        **tables(),
        analysis="<results>/data/analysis.nc",
        posterior=of_quality("<results>/{model}/posterior.nc"),
        gate=of_quality("<results>/{model}/gate.json"),
        code=code_of("check_quality"),
    output:
        indicators="<results>/checks/indicators.csv",
        functioning="<results>/checks/differential_functioning.csv",
    log:
        "<logs>/check_quality.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        model=quality_model(),
        composition=plain(settings.models[quality_model()].terms()) if quality_model() else None,
        data=sections("data")["data"],
        interval=settings.report.interval,
        seed=settings.seed,
        replicates=200,
    message:
        "Checking the indicators of quality, and whether they work alike in all eras and blocs."
    script:
        "../scripts/check_quality.py"


rule check_contraction:
    input:
        priors=of_models("<results>/{model}/prior.nc", CONTRACTION_MODELS),
        posteriors=of_models("<results>/{model}/posterior.nc", CONTRACTION_MODELS),
        gates=of_models("<results>/{model}/gate.json", CONTRACTION_MODELS),
        code=code_of("check_contraction"),
    output:
        contraction="<results>/checks/contraction.csv",
    log:
        "<logs>/check_contraction.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=10,
    params:
        models=CONTRACTION_MODELS,
    message:
        "Comparing posteriors with priors."
    script:
        "../scripts/check_contraction.py"


rule check_payments:
    input:
        analysis="<results>/data/analysis.nc",
        posterior=of_quality("<results>/{model}/posterior.nc"),
        gate=of_quality("<results>/{model}/gate.json"),
        code=code_of("check_payments"),
    output:
        payments="<results>/checks/payments.csv",
    log:
        "<logs>/check_payments.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=10,
    params:
        interval=settings.report.interval,
        seed=settings.seed,
    message:
        "Describing how aid changed for those who joined and for those who did not."
    script:
        "../scripts/check_payments.py"
