"""Let a model through the gate, or stop the build.

From `results/<model>/diagnostics.json` to `results/<model>/gate.json`, without which nothing that prints a number of the
model can run. Stops with one sentence: the model, the parameter, the figure, the threshold, what to try.
"""

from workflow.lib.job import Log, run_job, write_text


def pass_gate(diagnostics: str, gate: str, log: Log) -> None:
    """Stop if the diagnostics say so."""
    import json
    from pathlib import Path

    from workflow.lib.checking import diagnostics as checking

    found = json.loads(Path(diagnostics).read_text(encoding="utf-8"))
    checking.gate(found)
    write_text(json.dumps({"model": found["model"], "verdict": "pass"}) + "\n", gate)
    log(f"{found['model']} converged: {len(found['checks'])} checks passed")


if __name__ == "__main__":
    run_job(snakemake, pass_gate)
