"""Is the measure of the relationship valid?

From the archives of all measurements, the analysis dataset, the table of states and the tables of known facts, to nine tables of
`results/checks` and to `results/validity.json` (verdict and sentence). The measure that is tested is that
of `model`; the others stand beside it as constructs. With `gate: stop` a measure that is not valid ends the run.
"""

from workflow.lib.job import Log, run_job

KNOWN = ("orderings", "groups", "turning_points")


def check_validity(
    model: str,
    label: str,
    composition: dict,
    measures: list,
    data: dict,
    priors: dict,
    interval: float,
    names: list,
    analysis: str,
    archives: list[str],
    known: list[str],
    outputs: dict,
    validity: str,
    log: Log,
) -> None:
    """Test the measure of ``model`` against what is known; an archive for each of ``measures``, a path for each table."""
    from models.composition import Composition
    from models.priors import Priors
    from workflow.lib.checking.blocs import alliance_blocs
    from workflow.lib.checking.files import write_json, write_table
    from workflow.lib.checking.validity.run import read_known, validity_tables
    from workflow.lib.checking.validity.verdict import validity_verdict
    from workflow.lib.inference.archive import read_dataset, read_tree
    from workflow.lib.settings import priors_from_plain
    from workflow.lib.tables.load import load_tables

    dataset = read_dataset(analysis)
    states = load_tables(data).states
    state_rows = states[states["pivotal"] == dataset.attrs["source_of_ties"]]
    tables = validity_tables(
        Composition.from_mapping(model, composition),
        dataset,
        {name: read_tree(path) for name, path in zip(measures, archives, strict=True)},
        read_known(dict(zip(KNOWN, known, strict=True))),
        alliance_blocs(state_rows, dataset.state.values, dataset.year.values),
        Priors(priors_from_plain(priors)),
        interval,
        log,
    )
    for name, table in tables.items():
        write_table(table, outputs[name])
    facts = (tables[name] for name in ("known_orderings", "turning_points", "benchmark"))
    verdict = validity_verdict(*facts, f"The measure '{label or model}'", tables["constructs"])
    write_json(verdict, validity)
    log(verdict["sentence"])


if __name__ == "__main__":
    run_job(
        snakemake,
        check_validity,
        outputs={name: str(snakemake.output[name]) for name in snakemake.params.names},
    )
