"""Let a model through the gate, or stop the build.

From `results/<model>/diagnostics.json` to `results/<model>/gate.json`, without which nothing that prints a number of the
model can run. Stops with one sentence: the model, the parameter, the figure, the threshold, what to try.
"""

from workflow.lib.job import Log, run_job, write_text


def pass_gate(diagnostics_path: str, gate_path: str, log: Log) -> None:
    """Stop if the diagnostics say so."""
    import json
    from pathlib import Path

    from workflow.lib.checking.diagnostics import gate

    diagnostics = json.loads(Path(diagnostics_path).read_text(encoding="utf-8"))
    gate(diagnostics)
    write_text(json.dumps({"model": diagnostics["model"], "verdict": "pass"}) + "\n", gate_path)
    log(f"{diagnostics['model']} converged: {len(diagnostics['checks'])} checks passed")


if __name__ == "__main__":
    run_job(
        snakemake,
        pass_gate,
        diagnostics_path=snakemake.input.diagnostics,
        gate_path=snakemake.output.gate,
    )
