"""Check that every model can be estimated from the data, before the first of them is fitted.

From the analysis dataset and the compositions to `results/data/models_checked.json`, the names of the models. Stops with
one line a fault.
"""

from workflow.lib.job import Log, run_job, write_text


def check_models(analysis: str, compositions: dict, checked: str, log: Log) -> None:
    """Check the compositions against the data."""
    import json

    from models.composition import Composition, check
    from workflow.lib.errors import together
    from workflow.lib.inference.archive import read_dataset
    from workflow.lib.tables import faults_of_data

    data = read_dataset(analysis)
    models = [Composition.from_mapping(name, terms) for name, terms in compositions.items()]
    controls = data["covariate"].values[data["covariate_role"].values == "control"].tolist()
    faults = faults_of_data.faults_of_rows(data) + faults_of_data.faults_of_regressors(data, controls)
    for model in models:
        wrong, columns = check(model, data), {"moderators": [m.by for m in model.moderators]}
        columns["controls"] = list(model.controls or ())
        for key, names in columns.items() if not wrong else ():
            wrong = wrong + faults_of_data.faults_of_incomplete(data, names, f"models.{model.name}.{key}")
        faults += wrong
    if faults:
        raise together(list(dict.fromkeys(faults)))
    for warning in faults_of_data.warnings_of_data(data):
        log(f"warning: {warning}")
    write_text(json.dumps(sorted(compositions)) + "\n", checked)
    log(f"{len(compositions)} models are in order: {', '.join(compositions)}")


if __name__ == "__main__":
    run_job(snakemake, check_models)
