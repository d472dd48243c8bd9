"""Look for signs that the chains of a model did not converge.

From `results/<model>/posterior.nc` to `results/<model>/diagnostics.json`: for every check its worst parameter or estimand,
figure, threshold and verdict. Never stops the build: that is for the gate.
"""

from workflow.lib.job import Log, run_job


def diagnose_model(model: str, gate: dict, posterior: str, diagnostics: str, log: Log) -> None:
    """Diagnose every parameter and every estimand that is printed."""
    from workflow.lib.checking.diagnostics import diagnose
    from workflow.lib.checking.files import write_json
    from workflow.lib.inference.archive import read_tree

    tree = read_tree(posterior)
    estimands = tree["estimands"].to_dataset() if "estimands" in tree.children else None
    diagnosis = diagnose(tree, gate, model, estimands)
    write_json(diagnosis, diagnostics)
    log(f"{model}: {diagnosis['verdict']}, {diagnosis['parameters']} parameters looked at")


if __name__ == "__main__":
    run_job(snakemake, diagnose_model)
