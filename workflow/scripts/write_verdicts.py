"""Say what came out, once: `results/verdicts.json`, which abstract, results, conclusion and report read."""

from workflow.lib.job import Log, run_job


def write_verdicts(
    main: str,
    models: dict,
    validity_rule: str,
    ties_measure: str,
    analysis: str,
    effects: str,
    totals: str,
    checks: list[str],
    validity: list[str],
    verdicts: str,
    log: Log,
) -> None:
    """Collect the tables and decide."""
    from pathlib import Path

    from workflow.lib.checking.files import read_json, read_table, write_json
    from workflow.lib.checking.validity.verdict import pass_validity
    from workflow.lib.checking.verdicts import write_verdicts
    from workflow.lib.inference.archive import read_dataset

    tables = {Path(path).stem: read_table(path) for path in checks}
    valid = read_json(validity[0]) if validity else None
    if valid:
        pass_validity(valid, validity_rule)
    ties = str(read_dataset(analysis)["tie_label"].sel(tie_measure=ties_measure).item())
    ties = f"the {ties}" if ties_measure == "count" else ties
    content = write_verdicts(read_table(effects), tables, main, models, valid, ties, read_table(totals))
    write_json(content, verdicts)
    for objection in content["objections"]:
        log(f"({objection['id']}) {objection['verdict']}: {objection['result']}")


if __name__ == "__main__":
    run_job(snakemake, write_verdicts)
