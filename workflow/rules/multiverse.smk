# Which indicators move the answer: the measure and the outcome under hundreds of sets of indicators (target `multiverse`).


rule run_indicator_sets:
    input:
        analysis="<results>/data/analysis.nc",
        measured=expand("<results>/{model}/posterior.nc", model=latents_of(MAIN)),
        gates=expand("<results>/{model}/gate.json", model=latents_of(MAIN)),
    output:
        multiverse="<results>/multiverse.csv",
    log:
        "<logs>/run_indicator_sets.log",
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        model=quality_model(),
        composition=terms_of(quality_model()),
        priors=section("priors"),
        number=settings.checks.indicator_sets,
        seed=settings.seed,
        main=MAIN,
        main_composition=terms_of(MAIN),
        run=run_of(MAIN),
    message:
        "Measuring with hundreds of sets of indicators."
    script:
        "../scripts/run_indicator_sets.py"
