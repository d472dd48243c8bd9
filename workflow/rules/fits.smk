# From the analysis dataset to draws that have passed the gate: constructs first, then who joins.


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
        compositions={name: terms_of(name) for name in sorted(MODELS)},
    message:
        "Checking that every model can be estimated from these data."
    script:
        "../scripts/check_models.py"


rule measure_construct:
    input:
        analysis="<results>/data/analysis.nc",
        code=code_of("measure_construct"),
    output:
        posterior="<results>/{model}/posterior.nc",
    log:
        "<logs>/measure_construct/{model}.log",
    wildcard_constraints:
        model="|".join(MEASURES) or "none",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        composition=composition,
        sampling=sampling,
    message:
        "Measuring {wildcards.model}."
    script:
        "../scripts/measure_construct.py"


rule fit_model:
    input:
        analysis="<results>/data/analysis.nc",
        measured=measured,
        measured_gates=measured_gates,
        code=code_of("fit_model"),
    output:
        posterior="<results>/{model}/posterior.nc",
    log:
        "<logs>/fit_model/{model}.log",
    wildcard_constraints:
        model="|".join(OUTCOME_MODELS) or "none",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        composition=composition,
        sampling=sampling,
    message:
        "Sampling the posterior of {wildcards.model}."
    script:
        "../scripts/fit_model.py"


rule diagnose_model:
    input:
        posterior="<results>/{model}/posterior.nc",
        code=code_of("diagnose_model"),
    output:
        diagnostics="<results>/{model}/diagnostics.json",
    log:
        "<logs>/diagnose_model/{model}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=20,
    params:
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


rule assess_model:
    input:
        analysis="<results>/data/analysis.nc",
        measured=measured,
        posterior="<results>/{model}/posterior.nc",
        gate="<results>/{model}/gate.json",
        code=code_of("assess_model"),
    output:
        prior="<results>/{model}/prior.nc",
        loglik="<results>/{model}/loglik.nc",
        predictive="<results>/{model}/predictive.nc",
        predictions="<results>/{model}/predictions.csv",
        checks="<results>/{model}/checks.csv",
        conflicts="<results>/{model}/conflicts.csv",
        future="<results>/{model}/future.csv",
    log:
        "<logs>/assess_model/{model}.log",
    wildcard_constraints:
        model="|".join(OUTCOME_MODELS) or "none",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        composition=composition,
        run=run,
        held_out=is_held_out,
        future_from=settings.checks.future_from,
    message:
        "Predicting with {wildcards.model}, also what it has not seen."
    script:
        "../scripts/assess_model.py"


rule estimate_effects:
    input:
        analysis="<results>/data/analysis.nc",
        posteriors=of_models("<results>/{model}/posterior.nc", OUTCOME_MODELS),
        measurements=of_models("<results>/{model}/posterior.nc", MEASURES),
        gates=of_models("<results>/{model}/gate.json", MODELS),
        code=code_of("estimate_effects"),
    output:
        effects="<results>/effects.csv",
        parameters="<results>/parameters.csv",
        quality="<results>/quality.csv",
        contraction="<results>/checks/contraction.csv",
    log:
        "<logs>/estimate_effects.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        compositions={name: terms_of(name) for name in sorted(MODELS)},
        models=OUTCOME_MODELS,
        measures=MEASURES,
        priors=sections("priors")["priors"],
        interval=settings.report.interval,
    message:
        "Summarising what ties and quality do, on the scale of probabilities."
    script:
        "../scripts/estimate_effects.py"


rule collect_results:
    input:
        analysis="<results>/data/analysis.nc",
        gates=of_models("<results>/{model}/gate.json", MODELS),
        diagnostics_of=of_models("<results>/{model}/diagnostics.json", MODELS),
        predictions_of=of_models("<results>/{model}/predictions.csv", OUTCOME_MODELS),
        loglik_of=of_models("<results>/{model}/loglik.nc", OUTCOME_MODELS),
        conflicts_of=of_models("<results>/{model}/conflicts.csv", OUTCOME_MODELS),
        future_of=of_models("<results>/{model}/future.csv", OUTCOME_MODELS),
        checks_of=of_models("<results>/{model}/checks.csv", OUTCOME_MODELS),
        code=code_of("collect_results"),
    output:
        diagnostics="<results>/diagnostics.json",
        predictions="<results>/predictions.csv",
        loo="<results>/comparison/loo.csv",
        conflicts="<results>/comparison/conflicts.csv",
        totals="<results>/comparison/totals.csv",
        future="<results>/comparison/future.csv",
        predictive="<results>/checks/predictive.csv",
    log:
        "<logs>/collect_results.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        models=OUTCOME_MODELS,
        pareto_k=settings.gate.pareto_k,
    message:
        "Putting the results of all models together."
    script:
        "../scripts/collect_results.py"
