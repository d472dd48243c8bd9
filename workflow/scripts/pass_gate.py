"""Let a model through the gate, or stop the build.

From `results/<model>/diagnostics.json` to `results/<model>/gate.json`, without which nothing that prints a number of the
model can run. Stops with one sentence: the model, the parameter, the figure, the threshold, what to try.
"""

from workflow.lib.job import Log, run_job


def pass_gate(diagnostics: str, gate: str, log: Log) -> None:
    """Stop if the diagnostics say so."""
    from workflow.lib.checking import diagnostics as checking
    from workflow.lib.checking.files import read_json, write_json

    diagnosis = read_json(diagnostics)
    checking.gate(diagnosis)
    write_json({"model": diagnosis["model"], "verdict": "pass"}, gate)
    log(f"{diagnosis['model']} converged: {len(diagnosis['checks'])} checks passed")


if __name__ == "__main__":
    run_job(snakemake, pass_gate)
