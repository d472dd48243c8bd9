# What each model predicts, and how the models compare. Everything here waits for the gate of its model.


rule check_prior:
    input:
        analysis="<results>/data/analysis.nc",
        code=code_for_model("check_prior"),
    output:
        prior="<results>/{model}/prior.nc",
        checks="<results>/{model}/prior_checks.csv",
    log:
        "<logs>/check_prior/{model}.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        composition=composition,
        priors=sections("priors")["priors"],
        interval=settings.report.interval,
        seed=settings.seed,
        draws=500,
    message:
        "Looking at what the priors of {wildcards.model} say before the data."
    script:
        "../scripts/check_prior.py"


rule predict_model:
    input:
        analysis="<results>/data/analysis.nc",
        posterior="<results>/{model}/posterior.nc",
        gate="<results>/{model}/gate.json",
        code=code_for_model("predict_model"),
    output:
        loglik="<results>/{model}/loglik.nc",
        predictive="<results>/{model}/predictive.nc",
        predictions="<results>/{model}/predictions.csv",
        checks="<results>/{model}/checks.csv",
    log:
        "<logs>/predict_model/{model}.log",
    benchmark:
        "<logs>/benchmarks/predict_model/{model}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        composition=composition,
        interval=settings.report.interval,
        seed=settings.seed,
    message:
        "Predicting who joins with {wildcards.model}, and scoring it."
    script:
        "../scripts/predict_model.py"


rule hold_out_missions:
    input:
        analysis="<results>/data/analysis.nc",
        posterior="<results>/{model}/posterior.nc",
        gate="<results>/{model}/gate.json",
        measured_by=measuring_posterior,
        code=code_for_model("hold_out_missions"),
    output:
        held_out="<results>/{model}/held_out.csv",
        predictions="<results>/{model}/held_out_predictions.csv",
    log:
        "<logs>/hold_out_missions/{model}.log",
    benchmark:
        "<logs>/benchmarks/hold_out_missions/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        composition=composition,
        sampler=sampler,
        refits=sections("checks")["checks"]["refits"],
        gate=sections("gate")["gate"],
        priors=sections("priors")["priors"],
        interval=settings.report.interval,
        seed=settings.seed,
    message:
        "Leaving out each mission in turn and predicting it with {wildcards.model}."
    script:
        "../scripts/hold_out_missions.py"


rule predict_future:
    input:
        analysis="<results>/data/analysis.nc",
        gate="<results>/{model}/gate.json",
        measured_by=measuring_posterior,
        code=code_for_model("predict_future"),
    output:
        future="<results>/{model}/future.csv",
    log:
        "<logs>/predict_future/{model}.log",
    benchmark:
        "<logs>/benchmarks/predict_future/{model}.tsv"
    conda:
        "../../environment.yml"
    threads: SAMPLING_THREADS
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        composition=composition,
        sampler=sampler,
        refits=sections("checks")["checks"]["refits"],
        gate=sections("gate")["gate"],
        priors=sections("priors")["priors"],
        future_from=settings.checks.future_from,
        interval=settings.report.interval,
        seed=settings.seed,
    message:
        "Predicting the later missions from the earlier ones with {wildcards.model}."
    script:
        "../scripts/predict_future.py"


rule compare_models:
    input:
        **future_scores(of_models("<results>/{model}/future.csv", FUTURE_MODELS)),
        loglik=of_models("<results>/{model}/loglik.nc", OUTCOME_MODELS),
        predictions=of_models("<results>/{model}/predictions.csv", OUTCOME_MODELS),
        held_out=of_models("<results>/{model}/held_out.csv", HELD_OUT_MODELS),
        held_out_predictions=of_models("<results>/{model}/held_out_predictions.csv", HELD_OUT_MODELS),
        predictive=of_models("<results>/{model}/checks.csv", OUTCOME_MODELS),
        prior=of_models("<results>/{model}/prior_checks.csv", OUTCOME_MODELS),
        code=code_of("compare_models"),
    output:
        **future_scores("<results>/comparison/future.csv"),
        loo="<results>/comparison/loo.csv",
        missions="<results>/comparison/missions.csv",
        totals="<results>/comparison/totals.csv",
        predictions="<results>/predictions.csv",
        predictive="<results>/checks/predictive.csv",
        prior="<results>/checks/prior.csv",
    log:
        "<logs>/compare_models.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=20,
    params:
        models=OUTCOME_MODELS,
        pareto_k=settings.gate.pareto_k,
    message:
        "Comparing the models by decisions and by missions they had not seen."
    script:
        "../scripts/compare_models.py"


rule estimate_effects:
    input:
        analysis="<results>/data/analysis.nc",
        posteriors=of_models("<results>/{model}/posterior.nc", sorted(MODELS)),
        gates=of_models("<results>/{model}/gate.json", MODELS),
        code=code_of("estimate_effects"),
    output:
        effects="<results>/effects.csv",
        quality="<results>/quality.csv",
    log:
        "<logs>/estimate_effects.log",
    benchmark:
        "<logs>/benchmarks/estimate_effects.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        compositions={name: plain(settings.models[name].terms()) for name in sorted(MODELS)},
        quality_model=quality_model(),
        interval=settings.report.interval,
    message:
        "Estimating what ties and quality do, on the scale of probabilities."
    script:
        "../scripts/estimate_effects.py"
