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


def read_settings():
    """Validated settings from `config.yaml` and what is laid over it; on a fault one line, and nothing runs.

    Snakemake would read a configuration as a template, which can run code, so it is not asked to (no `configfile:`).
    """
    config_settings = workflow.config_settings
    try:
        layers = [("config.yaml", read_yaml("config.yaml"))]
        for file in config_settings.configfiles:
            layers.append((str(Path(file).resolve().relative_to(Path.cwd(), walk_up=True)), read_yaml(file)))
        layers.append(("--config", values_of_texts(config_settings.config)))
        return parse_settings(merged(layers), layers, check_references=IS_MAIN_PROCESS)
    except UserError as error:
        sys.exit(str(error))


def section(name):
    """A section of the settings as plain values: what a rule depends on, and nothing else."""
    return plain(settings.model_dump(mode="json", include={name}))[name]


def plain(value):
    """The same values with keys sorted, so that their order in a file reruns nothing."""
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    return value


def composition(wildcards):
    """Terms of a model."""
    return terms_of(wildcards.model)


def terms_of(model):
    """Terms of a model as plain values; none if there is no such model."""
    return plain(settings.models[model].terms()) if model else {}


def run_of(model):
    """What a script needs to sample a model and to judge the draws."""
    if model is None:
        return {}
    return {
        "gate": section("gate"),
        "interval": settings.report.interval,
        "priors": section("priors"),
        "refits": section("checks")["refits"],
        "sampler": plain(settings.sampler_of(model).model_dump(mode="json")),
        "seed": settings.seed,
    }


def run(wildcards):
    """The same for the model of the job."""
    return run_of(wildcards.model)


def sampling(wildcards):
    """What decides the draws of a model, and no more: a changed gate or interval refits nothing."""
    return {
        key: value for key, value in run_of(wildcards.model).items() if key in ("priors", "sampler", "seed")
    }


def latents_of(model):
    """Models that measure the latent regressors of a model."""
    return settings.models[model].latents if model else []


def measured(wildcards):
    """Measurements of a model's latent regressors."""
    return expand("<results>/{model}/posterior.nc", model=latents_of(wildcards.model))


def measured_gates(wildcards):
    """Proof that they converged."""
    return expand("<results>/{model}/gate.json", model=latents_of(wildcards.model))


def files_in(folder):
    """All files of a folder of the project."""
    files = sorted(path for path in Path(workflow.basedir, folder).rglob("*") if path.is_file())
    return [str(path.relative_to(workflow.basedir)) for path in files]


def quality_model():
    """The model that measures the first latent regressor of the main model, else the first that measures; or None."""
    return next(iter([*latents_of(MAIN), *MEASURES]), None)


def joint_model():
    """The first fitted model that lets the outcome inform its regressor, of those whose regressors the main model has; or None."""
    joint = [name for name in OUTCOME_MODELS if settings.models[name].inference == "joint"]
    return next((name for name in joint if set(latents_of(name)[:1]) <= set(latents_of(MAIN))), None)


def checks_of_this_run():
    """Names of the tables of checks that this run makes."""
    names = ["predictive"]
    if MAIN:
        names += ["negative_controls", "ties_measures", "reverse_causation", "labels", "eligible"]
        names += ["measures", "priors", "error_rates", "sensitivity", "power_scaling", "payments", "feedback"]
    if VALIDITY_MODEL:
        names += VALIDITY_TABLES
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
        **{name: f"<results>/{name}.csv" for name in ("effects", "parameters", "quality", "predictions")},
        "comparison": [
            f"<results>/comparison/{name}.csv" for name in ("loo", "conflicts", "totals", "future")
        ],
        "checks": [f"<results>/checks/{name}.csv" for name in CHECKS],
        "verdicts": "<results>/verdicts.json",
        "diagnostics": "<results>/diagnostics.json",
        "gates": expand("<results>/{model}/gate.json", model=MODELS),
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
    for half in Path(settings.results).rglob(".*.part"):  # what a killed job was writing
        half.unlink()
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
    try:
        if IS_MAIN_PROCESS:
            mark_folder(settings.results, Path())
    except OSError as error:
        sys.exit(
            f"{error.filename}: {error.strerror}; make room, set its rights, or give another folder for results"
        )


def complete_rules():
    """What all rules with a script share: the environment of conda, and that contents decide what is run again."""
    for item in workflow.rules:
        if item.script:
            item.conda_env = "../../environment.yml"
            item.set_params(contents=contents_for(item))


def contents_for(item):
    """Digest of a rule's script, of the modules that it imports, and of input that no rule makes, as a function of the wildcards."""
    script = f"workflow/scripts/{Path(item.script).name}"
    code = [script, *local_imports(script, workflow.basedir)]

    def contents(wildcards):
        files = [*code]
        for entry in item.input:
            entry = getattr(entry, "_file", entry)
            function = entry if callable(entry) else getattr(entry, "callable", None)
            files += files_of(function(wildcards) if function else entry)
        made = (f"{settings.results}/", "<results>/")
        return digest_of([file for file in files if not file.startswith(made)], workflow.basedir)

    return contents


def files_of(paths):
    """Paths in what an input function returns: a text, a list, or a dictionary of them."""
    if isinstance(paths, str):
        return [paths]
    return [
        file for entry in (paths.values() if isinstance(paths, dict) else paths) for file in files_of(entry)
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
if set("{}") & set(workflow.basedir):
    sys.exit(f"{workflow.basedir}: a folder with braces in its name is a pattern to Snakemake; rename it")
settings = read_settings()
if IS_MAIN_PROCESS and record_fault(settings.results, Path()):
    sys.exit(f"results: {record_fault(settings.results, Path())}")
set_environment(workflow.basedir, f"{logs_folder()}/stopped.txt")
MODELS = settings.models_to_fit()
OUTCOME_MODELS = settings.models_with_outcome()
MEASURES = settings.measurement_models()
HELD_OUT_MODELS = settings.models_to_hold_out()
MAIN = settings.main_model()
JOINT = joint_model()
VALIDITY_TABLES = [
    *("known_orderings", "known_groups", "turning_points", "benchmark", "constructs", "information_shares"),
    *("invariance", "indicator_stability", "vintages"),
]
# The facts that test a measure are about the relationship with the USA.
VALIDITY_MODEL = (
    quality_model() if settings.data.pivotal == 2 and settings.data.ties_with in (None, 2) else None
)
CHECKS = checks_of_this_run()


wildcard_constraints:
    model="|".join(settings.models),
