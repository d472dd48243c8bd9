# Can the models be believed? Simulated data of known truth (target `calibration`): one job a model and a world.


rule fit_simulations:
    input:
        analysis="<results>/data/analysis.nc",
        posterior=posterior_of_source,
        gate=gate_of_source,
        code=code_of("fit_simulations"),
    output:
        fits="<results>/calibration/{source}/{model}.csv",
    log:
        "<logs>/fit_simulations/{source}/{model}.log",
    benchmark:
        "<logs>/benchmarks/fit_simulations/{source}/{model}.tsv"
    wildcard_constraints:
        source="prior|posterior",
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        composition=composition,
        sampler=sampler,
        refits=sections("checks")["checks"]["refits"],
        priors=sections("priors")["priors"],
        gate=sections("gate")["gate"],
        interval=settings.report.interval,
        simulations=simulations_of_model,
        seed=settings.seed,
    message:
        "Fitting {wildcards.model} to data that it simulated itself, with parameters from the {wildcards.source}."
    script:
        "../scripts/fit_simulations.py"


rule fit_world:
    input:
        analysis="<results>/data/analysis.nc",
        code=code_of("fit_world"),
    output:
        fits="<results>/calibration/worlds/{world}.csv",
    log:
        "<logs>/fit_world/{world}.log",
    benchmark:
        "<logs>/benchmarks/fit_world/{world}.tsv"
    wildcard_constraints:
        world="ties|cooperativeness|persons|quality",
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=4000,
        runtime=1440,
    params:
        models=WORLD_MODELS,
        compositions={name: plain(settings.models[name].terms()) for name in WORLD_COMPILED},
        samplers={
            name: plain(settings.sampler_of(name).model_dump(mode="json", exclude={"cores"}))
            for name in WORLD_COMPILED
        },
        refits=sections("checks")["checks"]["refits"],
        priors=sections("priors")["priors"],
        gate=sections("gate")["gate"],
        interval=settings.report.interval,
        simulations=settings.checks.simulations,
        seed=settings.seed,
    message:
        "Fitting the models to a world in which {wildcards.world} make states join."
    script:
        "../scripts/fit_world.py"


rule collect_calibration:
    input:
        prior=of_models("<results>/calibration/prior/{model}.csv", CALIBRATED_MODELS),
        posterior=of_models("<results>/calibration/posterior/{model}.csv", CALIBRATED_MODELS),
        worlds=[f"<results>/calibration/worlds/{name}.csv" for name in WORLDS],
        code=code_of("collect_calibration"),
    output:
        sbc="<results>/calibration/sbc.csv",
        recovery="<results>/calibration/recovery.csv",
        worlds="<results>/calibration/worlds.csv",
    log:
        "<logs>/collect_calibration.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        interval=settings.report.interval,
    message:
        "Summarising what the simulations say."
    script:
        "../scripts/collect_calibration.py"


rule remeasure_quality:
    input:
        analysis="<results>/data/analysis.nc",
        code=code_of("remeasure_quality"),
    output:
        stability="<results>/calibration/quality_stability.csv",
    log:
        "<logs>/remeasure_quality.log",
    benchmark:
        "<logs>/benchmarks/remeasure_quality.tsv"
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        **refit_params(quality_model()),
    message:
        "Measuring quality again without each of its indicators."
    script:
        "../scripts/remeasure_quality.py"
