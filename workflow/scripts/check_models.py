"""Check that every model can be estimated from the data, before the first of them is fitted.

From the analysis dataset and the compositions to `results/data/models_checked.json`, the names of the models. Stops with
one line a fault.
"""

from workflow.lib.job import Log, run_job, write_text


def check_models(analysis_path: str, compositions: dict, checked_path: str, log: Log) -> None:
    """Check the compositions against the data."""
    import json

    from models.composition import Composition, check
    from workflow.lib.errors import together
    from workflow.lib.inference.archive import read_dataset
    from workflow.lib.tables import faults_of_data

    data = read_dataset(analysis_path)
    models = [Composition.from_mapping(name, terms) for name, terms in compositions.items()]
    controls = data["covariate"].values[data["covariate_role"].values == "control"].tolist()
    faults = faults_of_data.faults_of_rows(data) + faults_of_data.faults_of_regressors(data, controls)
    if any(model.has("quality") for model in models):
        faults += faults_of_data.faults_of_indicators(data)
    if any(model.has("ties") for model in models):
        faults += faults_of_data.faults_of_ties(data)
    for model in models:
        wrong = check(model, data)
        moderators = [moderator.by for moderator in model.moderators]
        where = f"models.{model.name}.moderators"
        faults += wrong or faults_of_data.faults_of_moderators(data, moderators, where)
    if faults:
        raise together(list(dict.fromkeys(faults)))
    for warning in faults_of_data.warnings_of_data(data):
        log(f"warning: {warning}")
    write_text(json.dumps(sorted(compositions)) + "\n", checked_path)
    log(f"{len(compositions)} models are in order: {', '.join(compositions)}")


if __name__ == "__main__":
    run_job(
        snakemake,
        check_models,
        analysis_path=snakemake.input.analysis,
        compositions=snakemake.params.compositions,
        checked_path=snakemake.output.checked,
    )
