# The effect of ties under every combination of defensible choices (target `multiverse`): one job a model.


rule run_specifications:
    input:
        **tables(),
        code=code_of("run_specifications"),
    output:
        specifications="<results>/multiverse/{model}.csv",
    log:
        "<logs>/run_specifications/{model}.log",
    benchmark:
        "<logs>/benchmarks/run_specifications/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        composition=composition,
        sampler=sampler,
        refits=sections("checks")["checks"]["refits"],
        priors=sections("priors")["priors"],
        gate=sections("gate")["gate"],
        data=sections("data")["data"],
        interval=settings.report.interval,
        seed=settings.seed,
    message:
        "Fitting {wildcards.model} under every combination of defensible choices."
    script:
        "../scripts/run_specifications.py"


rule collect_specifications:
    input:
        specifications=of_models("<results>/multiverse/{model}.csv", MULTIVERSE_MODELS),
        code=code_of("collect_specifications"),
    output:
        multiverse="<results>/multiverse.csv",
    log:
        "<logs>/collect_specifications.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
        runtime=5,
    message:
        "Putting the specifications of all models into one curve."
    script:
        "../scripts/collect_specifications.py"
