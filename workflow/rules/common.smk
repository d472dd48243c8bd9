# Helper functions of the rules; the other files hold rules only.

import fcntl
import shlex
import sys
from pathlib import Path

sys.path.insert(0, workflow.basedir)

from snakemake_interface_executor_plugins.settings import ExecMode

from workflow.lib.contents import digest_of
from workflow.lib.environment import set_environment, sources_folder, stopped_file
from workflow.lib.errors import UserError
from workflow.lib.imports import local_imports
from workflow.lib.settings import find_notes, merged, parse_settings, read_yaml, values_of_texts
from workflow.lib.settings.results_folder import mark_folder, record_fault

# Modules that import every block and run those that a model is composed of.
CHOOSERS = ("models/build.py", "models/simulate.py")
BLOCK_MODULES = {
    "cooperativeness": "models/cooperativeness.py",
    "outcome": "models/outcome.py",
    "quality": "models/quality.py",
    "ties": "models/ties.py",
}


def read_settings():
    """Validated settings from `config.yaml` and what is laid over it; on a fault one line, and nothing runs.

    Snakemake would read a configuration as a template, which can run code, so it is not asked to (no `configfile:`).
    """
    given = workflow.config_settings
    try:
        layers = [("config.yaml", read_yaml("config.yaml"))]
        for file in given.configfiles:
            layers.append((str(Path(file).resolve().relative_to(Path.cwd(), walk_up=True)), read_yaml(file)))
        layers.append(("--config", values_of_texts(given.config)))
        return parse_settings(merged(layers), layers, check_references=IS_MAIN_PROCESS)
    except UserError as error:
        sys.exit(str(error))


def sections(*names):
    """Sections of the settings as plain values: what a rule depends on, and nothing else."""
    return plain(settings.model_dump(mode="json", include=set(names)))


def plain(value):
    """The same values with keys sorted, so that their order in a file reruns nothing."""
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    return value


def composition(wildcards):
    """Blocks and terms of a model."""
    return plain(settings.models[wildcards.model].terms())


def sampler(wildcards):
    """Sampler settings of a model; how many chains run at a time changes no number."""
    return plain(settings.sampler_of(wildcards.model).model_dump(mode="json", exclude={"cores"}))


def code_of(script):
    """Modules of the project that a script imports."""
    return local_imports(f"workflow/scripts/{script}.py", workflow.basedir)


def code_for_model(script):
    """Modules that a script imports, without the blocks that the model of the job does not have."""

    def modules(wildcards):
        blocks = settings.models[wildcards.model].blocks
        # contact is measured as quality is, by the same module
        absent = [module for block, module in BLOCK_MODULES.items() if block not in blocks]
        without = {(chooser, module) for chooser in CHOOSERS for module in absent}
        return local_imports(f"workflow/scripts/{script}.py", workflow.basedir, without)

    return modules


def measuring_posterior(wildcards):
    """Draws of the model that measures the latents of a plugin or cut model."""
    measured_by = settings.models[wildcards.model].measured_by
    return [f"<results>/{measured_by}/posterior.nc"] if measured_by else []


def measuring_gate(wildcards):
    """Proof that the model that measures the latents converged."""
    measured_by = settings.models[wildcards.model].measured_by
    return [f"<results>/{measured_by}/gate.json"] if measured_by else []


def of_models(pattern, names):
    """One file for each of some models."""
    return [pattern.replace("{model}", name) for name in names]


def future_scores(files):
    """Files with scores of the later missions, as a named input or output, if the configuration asks for them."""
    return {} if settings.checks.future_from is None else {"future": files}


def of_formats(pattern):
    """One file for each format of the paper."""
    return [pattern.replace("{format}", name) for name in settings.paper.formats]


def files_in(folder):
    """All files of a folder of the project."""
    files = sorted(path for path in Path(workflow.basedir, folder).rglob("*") if path.is_file())
    return [str(path.relative_to(workflow.basedir)) for path in files]


def quality_model():
    """The fullest fitted model that measures quality, or None."""
    measuring = [name for name in MODELS if "quality" in settings.models[name].blocks]
    preferred = [name for name in ("joint", "measurement") if name in measuring]
    return next(iter([*preferred, *measuring]), None)


def reference(pattern):
    """File of the model that the checks refit; an empty list if no model has an outcome."""
    return of_models(pattern, [REFERENCE] if REFERENCE else [])


def of_quality(pattern):
    """File of the fullest model that measures quality; an empty list if none does."""
    return of_models(pattern, [quality_model()] if quality_model() else [])


def measured_for_reference():
    """Draws of the model that measures the latents of the reference model, if that is plugin or cut."""
    measured_by = settings.models[REFERENCE].measured_by if REFERENCE else None
    return of_models("<results>/{model}/posterior.nc", [measured_by] if measured_by else [])


def outcome_alone(name):
    """Whether a model has nothing but the outcome: it refits in seconds."""
    return settings.models[name].blocks == ["outcome"] and not settings.models[name].latents


def refit_params(name):
    """What a script needs to refit a model."""
    if name is None:
        return {}
    return {
        "model": name,
        "composition": plain(settings.models[name].terms()),
        "sampler": plain(settings.sampler_of(name).model_dump(mode="json", exclude={"cores"})),
        "refits": sections("checks")["checks"]["refits"],
        "priors": sections("priors")["priors"],
        "gate": sections("gate")["gate"],
        "interval": settings.report.interval,
        "seed": settings.seed,
    }


def posterior_of_source(wildcards):
    """Draws that simulations start from: none if their parameters come from the priors."""
    return [f"<results>/{wildcards.model}/posterior.nc"] if wildcards.source == "posterior" else []


def gate_of_source(wildcards):
    """Proof that those draws converged."""
    return [f"<results>/{wildcards.model}/gate.json"] if wildcards.source == "posterior" else []


def simulations_of_model(wildcards):
    """Number of simulated data sets: a quarter of them for models with latents, whose fits take so much longer."""
    number = settings.checks.simulations
    return number if outcome_alone(wildcards.model) else max(2, number // 4)


def checks_of_this_run():
    """Names of the tables of checks that this run can make."""
    names = ["predictive", "prior"]
    if REFERENCE:
        names += ["negative_controls", "labels", "eligible", "priors", "sensitivity", "power_scaling"]
        names += ["contraction", "payments"]
    if quality_model():
        names += ["indicators", "differential_functioning"]
    return names


def settings_of_this_run():
    """All settings, with the fitted models only."""
    values = settings.model_dump(mode="json")
    values["models"] = {name: values["models"][name] for name in MODELS}
    return values


def files_of_a_run(wildcards):
    """What figures, tables and numbers are made from; all of it is behind the gates."""
    return {
        **{f"table_{name}": path for name, path in tables().items()},
        "analysis": "<results>/data/analysis.nc",
        "effects": "<results>/effects.csv",
        "quality": "<results>/quality.csv",
        "predictions": "<results>/predictions.csv",
        "comparison": [
            f"<results>/comparison/{name}.csv" for name in ("loo", "missions", "totals", *future_scores(""))
        ],
        "checks": [f"<results>/checks/{name}.csv" for name in CHECKS],
        "posteriors": of_models("<results>/{model}/posterior.nc", MODELS),
        "priors": of_models("<results>/{model}/prior.nc", MODELS),
        "diagnostics_of_models": of_models("<results>/{model}/diagnostics.json", MODELS),
        "gates": of_models("<results>/{model}/gate.json", MODELS),
    }


def tables():
    """Paths of the tables by name."""
    names = ("missions", "participation", "states", "codebook", "distances", "excluded")
    paths = {name: getattr(settings.data, name) for name in names}
    return {name: path for name, path in paths.items() if path is not None}


def logs_folder():
    """Folder of the logs, beside that of the results: logs for results, logs/quick for results/quick."""
    parts = Path(settings.results).parts
    return str(Path("logs", *parts[1:] if parts[0] == "results" else parts))


def begin_run():
    """What comes before the first job: one run at a time, a marked folder of results, what will not be done."""
    if not IS_MAIN_PROCESS:
        return
    hold_run_lock()
    mark_results()
    stopped_file().parent.mkdir(parents=True, exist_ok=True)
    stopped_file().unlink(missing_ok=True)
    for note in find_notes(settings):
        print(note, file=sys.stderr)


def hold_run_lock():
    """Refuse a second run in the same folder at the same time.

    The system frees this lock when its process ends, however it ends; Snakemake's own lock outlives a killed run and
    is switched off in the profile.
    """
    file = Path(".snakemake/run.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another run is at work in this folder; wait for it to end, or stop it")
    globals()["_run_lock"] = file


def mark_results():
    """Mark the folder of results as made by a run, also where it was taken away during the run."""
    if IS_MAIN_PROCESS:
        mark_folder(settings.results, Path())


def follow_contents():
    """Make each rule depend on the contents of its script and of its input that no rule makes."""
    for item in workflow.rules:
        if item.script:
            item.set_params(contents=contents_for(item))


def contents_for(item):
    """Digest of the script of a rule and of its input that no rule makes, as a function of the wildcards."""

    def contents(wildcards):
        files = [f"workflow/scripts/{Path(item.script).name}"]
        for given in item.input:
            given = getattr(given, "_file", given)
            function = given if callable(given) else getattr(given, "callable", None)
            files += files_of(function(wildcards) if function else given)
        made = (f"{settings.results}/", "<results>/")
        return digest_of([file for file in files if not file.startswith(made)], workflow.basedir)

    return contents


def files_of(given):
    """Paths in what an input function returns: a text, a list, or a dictionary of them."""
    if isinstance(given, str):
        return [given]
    return [
        file for entry in (given.values() if isinstance(given, dict) else given) for file in files_of(entry)
    ]


def say_what_stopped():
    """Last lines of a run that failed: the sentences of the jobs that stopped."""
    if not IS_MAIN_PROCESS:
        return
    if stopped_file().is_file():
        print(f"\nStopped:\n{stopped_file().read_text(encoding='utf-8').rstrip()}", file=sys.stderr)
    else:
        print(
            f"\nStopped: a job was killed, or memory ran out; see {logs_folder()}, and run again",
            file=sys.stderr,
        )


# False in the processes that a run starts for its jobs.
IS_MAIN_PROCESS = workflow.exec_mode == ExecMode.DEFAULT
if Path.cwd() != Path(workflow.basedir).resolve():
    sys.exit(
        f"run snakemake in the folder of the project: cd {shlex.quote(workflow.basedir)} && snakemake ..."
    )
settings = read_settings()
if IS_MAIN_PROCESS and record_fault(settings.results, Path()):
    sys.exit(f"results: {record_fault(settings.results, Path())}")
set_environment(workflow.basedir, f"{logs_folder()}/stopped.txt")
# Compiling takes a core, sampling as many as there are chains: two jobs of two threads leave less idle than one of four.
SAMPLING_THREADS = settings.sampler.cores or 2
MODELS = settings.models_to_fit()
OUTCOME_MODELS = settings.models_with_outcome()
HELD_OUT_MODELS = settings.models_to_hold_out()
FUTURE_MODELS = settings.models_without_cut()


REFERENCE = settings.reference_model()
# The model with quality first: the paper speaks of it.
CAUSE_MODELS = [name for name in dict.fromkeys([quality_model(), REFERENCE]) if name in OUTCOME_MODELS]
CONTRACTION_MODELS = [name for name in dict.fromkeys([quality_model(), REFERENCE]) if name]
CHECKS = checks_of_this_run()
WORLDS = ["ties", "cooperativeness", "persons", "quality"]
# Those of the shipped models that tell ties from quality, and those that do not.
WORLD_MODELS = [
    name for name in ("pooled", "crossed", "plugin", "joint") if name in OUTCOME_MODELS
] or OUTCOME_MODELS
WORLD_COMPILED = list(
    dict.fromkeys(
        [name for model in WORLD_MODELS for name in (settings.models[model].measured_by, model) if name]
    )
)
CALIBRATED_MODELS = [name for name in dict.fromkeys([REFERENCE, quality_model()]) if name]
CALIBRATION = ["sbc", "recovery", "worlds", *(["quality_stability"] if quality_model() else [])]
MULTIVERSE_MODELS = [name for name in OUTCOME_MODELS if outcome_alone(name) and settings.models[name].ties]


wildcard_constraints:
    model="|".join(settings.models),
