# Which indicators move the answer: the measure and the outcome under hundreds of sets of indicators (target `multiverse`).


rule run_indicator_sets:
    input:
        analysis="<results>/data/analysis.nc",
    output:
        multiverse="<results>/multiverse.csv",
    log:
        "<logs>/run_indicator_sets.log",
    threads: 2
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        model=quality_model(),
        composition=terms_of(quality_model()),
        priors=section("priors"),
        number=settings.checks.indicator_sets,
        seed=settings.seed,
    message:
        "Measuring with hundreds of sets of indicators."
    script:
        "../scripts/run_indicator_sets.py"
