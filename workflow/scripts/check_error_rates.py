"""Refit the main model to simulated decisions of which the truth is known.

From the analysis dataset and the main model's posterior, behind its gate, to `results/checks/error_rates.csv`: how often the
comparison of ties and quality goes wrong, whether intervals hold the truth, and how much of an effect is found. Empty where the
main model has not both.
"""

from workflow.lib.job import Log, run_job


def check_error_rates(
    main: str,
    composition: dict,
    run: dict,
    simulations: int,
    analysis: str,
    measured: list[str],
    posterior: list[str],
    error_rates: str,
    log: Log,
) -> None:
    """Simulate, refit and count."""
    from models.composition import TIES
    from workflow.lib.checking.error_rates import Simulations
    from workflow.lib.checking.files import write_table
    from workflow.lib.checking.table import check_table
    from workflow.lib.inference.archive import read_tree
    from workflow.lib.inference.results import draws_of, read_model

    data, terms, paths, gaussian = read_model(main, composition, analysis, measured)
    rows = []
    # the parts of a split regressor have no effect of the whole
    if terms.latents and {TIES, terms.latents[0]} <= {term.name for term in terms.terms()}:
        draws = draws_of(read_tree(posterior[0]), terms, data, paths, gaussian)
        rows = Simulations(terms, data, paths, run, log, draws, simulations).rows()
    write_table(check_table(rows), error_rates)


if __name__ == "__main__":
    run_job(snakemake, check_error_rates)
