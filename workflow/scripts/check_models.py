"""Check that every model can be estimated from the data, before the first of them is fitted.

From the analysis dataset and the compositions to `results/data/models_checked.json`, the names of the models. Stops with
one line a fault.
"""

from workflow.lib.job import Log, run_job, write_text


def check_models(analysis_path: str, compositions: dict, checked_path: str, log: Log) -> None:
    """Check the compositions against the data."""
    import json

    from models.composition import Composition, check
    from workflow.lib.errors import UserError
    from workflow.lib.inference.archive import read_dataset

    data = read_dataset(analysis_path)
    faults = []
    for name, terms in compositions.items():
        faults += check(Composition.from_mapping(name, terms), data)
    if faults:
        raise UserError("\n".join(faults))
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
