"""Look for signs that the chains of a model did not converge.

From `results/<model>/posterior.nc` to `results/<model>/diagnostics.json`: for every check its worst parameter or estimand,
figure, threshold and verdict. Never stops the build: that is for the gate.
"""

from workflow.lib.job import Log, run_job


def diagnose_model(
    model: str,
    composition: dict,
    gate: dict,
    analysis_path: str,
    posterior_path: str,
    diagnostics_path: str,
    log: Log,
) -> None:
    """Diagnose every parameter and every estimand that is printed."""
    from models.composition import Composition
    from models.estimands import estimand_draws
    from workflow.lib.checking.diagnostics import diagnose
    from workflow.lib.checking.files import write_json
    from workflow.lib.inference.archive import read_dataset, read_tree
    from workflow.lib.inference.given import given_quality

    terms = Composition.from_mapping(model, composition)
    tree = read_tree(posterior_path)
    estimands = None
    if terms.has("outcome"):
        draws = estimand_draws(
            tree["posterior"].to_dataset(), read_dataset(analysis_path), terms, given_quality(tree)
        )
        estimands = {f"{estimand}[{scope}]": value for (estimand, scope), value in draws.items()}
    diagnostics = diagnose(tree, gate, model, estimands, seconds=tree.attrs.get("seconds"))
    write_json(diagnostics, diagnostics_path)
    log(f"{model}: {diagnostics['verdict']}, {diagnostics['parameters']} parameters looked at")


if __name__ == "__main__":
    run_job(
        snakemake,
        diagnose_model,
        model=snakemake.wildcards.model,
        composition=snakemake.params.composition,
        gate=snakemake.params.gate,
        analysis_path=snakemake.input.analysis,
        posterior_path=snakemake.input.posterior,
        diagnostics_path=snakemake.output.diagnostics,
    )
