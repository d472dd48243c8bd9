# From the analysis dataset to draws that have passed the gate: constructs first, then who joins.


rule check_models:
    input:
        analysis="<results>/data/analysis.nc",
    output:
        checked="<results>/data/models_checked.json",
    log:
        "<logs>/check_models.log",
    # Before the fits, though they do not take its output: a changed composition would rerun them all. (With `ancient`
    # Snakemake would overlook the one that did change.)
    priority: 100
    threads: settings.sampler.chains
    params:
        compositions={name: terms_of(name) for name in sorted(MODELS)},
    message:
        "Checking that every model can be estimated from these data."
    script:
        "../scripts/check_models.py"


rule measure_construct:
    input:
        analysis="<results>/data/analysis.nc",
    output:
        posterior="<results>/{model}/posterior.nc",
    log:
        "<logs>/measure_construct/{model}.log",
    wildcard_constraints:
        model="|".join(MEASURES) or "none",
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
    output:
        posterior="<results>/{model}/posterior.nc",
    log:
        "<logs>/fit_model/{model}.log",
    wildcard_constraints:
        model="|".join(OUTCOME_MODELS) or "none",
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
    output:
        diagnostics="<results>/{model}/diagnostics.json",
    log:
        "<logs>/diagnose_model/{model}.log",
    params:
        gate=section("gate"),
    message:
        "Looking for signs that the chains of {wildcards.model} did not converge."
    script:
        "../scripts/diagnose_model.py"


rule pass_gate:
    input:
        diagnostics="<results>/{model}/diagnostics.json",
    output:
        gate="<results>/{model}/gate.json",
    log:
        "<logs>/pass_gate/{model}.log",
    localrule: True
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
    priority: 10  # many refits: begun first
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        composition=composition,
        run=run,
        held_out=lambda wildcards: wildcards.model in HELD_OUT_MODELS,
        future_from=settings.checks.future_from,
    message:
        "Predicting with {wildcards.model}, also what it has not seen."
    script:
        "../scripts/assess_model.py"


rule estimate_effects:
    input:
        analysis="<results>/data/analysis.nc",
        posteriors=expand("<results>/{model}/posterior.nc", model=OUTCOME_MODELS),
        measurements=expand("<results>/{model}/posterior.nc", model=MEASURES),
        gates=expand("<results>/{model}/gate.json", model=MODELS),
    output:
        effects="<results>/effects.csv",
        parameters="<results>/parameters.csv",
        quality="<results>/quality.csv",
    log:
        "<logs>/estimate_effects.log",
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        compositions={name: terms_of(name) for name in sorted(MODELS)},
        models=OUTCOME_MODELS,
        measures=MEASURES,
        priors=section("priors"),
        interval=settings.report.interval,
    message:
        "Summarising what ties and quality do, on the scale of probabilities."
    script:
        "../scripts/estimate_effects.py"


rule collect_results:
    input:
        analysis="<results>/data/analysis.nc",
        gates=expand("<results>/{model}/gate.json", model=MODELS),
        diagnostics_of=expand("<results>/{model}/diagnostics.json", model=MODELS),
        predictions_of=expand("<results>/{model}/predictions.csv", model=OUTCOME_MODELS),
        loglik_of=expand("<results>/{model}/loglik.nc", model=OUTCOME_MODELS),
        conflicts_of=expand("<results>/{model}/conflicts.csv", model=OUTCOME_MODELS),
        future_of=expand("<results>/{model}/future.csv", model=OUTCOME_MODELS),
        checks_of=expand("<results>/{model}/checks.csv", model=OUTCOME_MODELS),
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
    params:
        models=OUTCOME_MODELS,
        main=MAIN,
        pareto_k=settings.gate.pareto_k,
    message:
        "Putting the results of all models together."
    script:
        "../scripts/collect_results.py"
