# From the analysis dataset to draws that have passed the gate.


rule check_models:
    input:
        analysis="<results>/data/analysis.nc",
        code=code_of("check_models"),
    output:
        checked="<results>/data/models_checked.json",
    log:
        "<logs>/check_models.log",
    # Before the fits, though they do not take its output: a changed composition would rerun them all. (With `ancient`
    # Snakemake would overlook the one that did change.)
    priority: 100
    conda:
        "../../environment.yml"
    threads: settings.sampler.cores or settings.sampler.chains
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        compositions={name: plain(settings.models[name].terms()) for name in sorted(MODELS)},
    message:
        "Checking that every model can be estimated from these data."
    script:
        "../scripts/check_models.py"


rule fit_model:
    input:
        analysis="<results>/data/analysis.nc",
        measured_by=measuring_posterior,
        measured_by_gate=measuring_gate,
        code=code_for_model("fit_model"),
    output:
        posterior="<results>/{model}/posterior.nc",
    log:
        "<logs>/fit_model/{model}.log",
    benchmark:
        "<logs>/benchmarks/fit_model/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        composition=composition,
        sampler=sampler,
        priors=sections("priors")["priors"],
        seed=settings.seed,
    message:
        "Sampling the posterior of {wildcards.model}."
    script:
        "../scripts/fit_model.py"


rule diagnose_model:
    input:
        analysis="<results>/data/analysis.nc",
        posterior="<results>/{model}/posterior.nc",
        code=code_for_model("diagnose_model"),
    output:
        diagnostics="<results>/{model}/diagnostics.json",
    log:
        "<logs>/diagnose_model/{model}.log",
    benchmark:
        "<logs>/benchmarks/diagnose_model/{model}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        composition=composition,
        gate=sections("gate")["gate"],
    message:
        "Looking for signs that the chains of {wildcards.model} did not converge."
    script:
        "../scripts/diagnose_model.py"


rule pass_gate:
    input:
        diagnostics="<results>/{model}/diagnostics.json",
        code=code_of("pass_gate"),
    output:
        gate="<results>/{model}/gate.json",
    log:
        "<logs>/pass_gate/{model}.log",
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "Letting {wildcards.model} through the gate, if it converged."
    script:
        "../scripts/pass_gate.py"


rule collect_diagnostics:
    input:
        diagnostics=of_models("<results>/{model}/diagnostics.json", MODELS),
        code=code_of("collect_diagnostics"),
    output:
        diagnostics="<results>/diagnostics.json",
    log:
        "<logs>/collect_diagnostics.log",
    priority: 10
    localrule: True
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=5,
    message:
        "Putting the diagnostics of all models together."
    script:
        "../scripts/collect_diagnostics.py"
