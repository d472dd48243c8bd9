"""Fit what should show no effect, beside what should: ties and quality with rivals, later ones, missions led by others.

From the tables, the analysis dataset and the main model's posterior, behind its gate, to `results/checks/negative_controls.csv`,
`ties_measures.csv` and `reverse_causation.csv`. All are refits of the main model with its latents plugged in.
"""

from workflow.lib.job import Log, run_job


def check_controls(
    main: str,
    composition: dict,
    run: dict,
    data: dict,
    rivals: dict,
    analysis: str,
    measured: list[str],
    negative_controls: str,
    ties_measures: str,
    reverse_causation: str,
    log: Log,
) -> None:
    """Refit and compare."""
    from workflow.lib.checking.control_data import later_controls, missions_led_by_others, rival_controls
    from workflow.lib.checking.control_fits import ControlFits
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.table import check_table
    from workflow.lib.inference.results import read_model
    from workflow.lib.tables.load import load_tables

    dataset, terms, paths, _ = read_model(main, composition, analysis, measured)
    tables = load_tables(data)
    fits = ControlFits(terms, dataset, paths, run, log)
    controls = rival_controls(tables, data, dataset, terms, rivals, log)
    controls += later_controls(tables, data, dataset, terms, paths)
    rows = fits.negative_controls(controls, missions_led_by_others(tables, data, dataset))
    write_table(check_table(rows), negative_controls)
    write_table(check_table(fits.reverse_causation()), reverse_causation)
    write_table(check_table(fits.ties_measures()), ties_measures)


if __name__ == "__main__":
    run_job(snakemake, check_controls)
