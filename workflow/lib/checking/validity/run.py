"""All tables of the stage, each from the paths, the panel, and the same few refits."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from models.blocks.factor import panel
from models.composition import Composition
from models.priors import Priors
from workflow.lib.checking.table import check_table
from workflow.lib.checking.validity.benchmark import benchmark
from workflow.lib.checking.validity.constructs import convergent, correlations, reliabilities
from workflow.lib.checking.validity.invariance import free_by_era, invariance
from workflow.lib.checking.validity.items import indicator_stability, information_shares
from workflow.lib.checking.validity.known import Places, known_groups, known_orderings, turning_points
from workflow.lib.checking.validity.paths import parameters_of, refit, without_each
from workflow.lib.checking.validity.vintages import vintages
from workflow.lib.errors import UserError

COLUMNS = {
    "orderings": ("higher_state", "lower_state", "year", "reason"),
    "groups": ("kind", "state", "from_year", "to_year", "expectation", "note"),
    "turning_points": ("state", "year_before", "year_after", "direction", "event"),
}
# left out and predicted: what states say in public, and what they have signed
HELD_OUT = ("un_agreement", "defence_pact")
LATEST_YEAR = 2013
SHOWN_STATES = 12


def read_known(paths: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Tables of known facts by kind.

    Raises
    ------
    UserError
        If a table lacks a column.
    """
    tables = {}
    for name, path in paths.items():
        if not Path(path).exists():
            raise UserError(f"{path}: no such file; expected the table of known {name.replace('_', ' ')}")
        table = pd.read_csv(path, encoding="utf-8")
        for column in COLUMNS[name]:
            if column not in table:
                raise UserError(f"{path}: no column {column}; expected {', '.join(COLUMNS[name])}")
        tables[name] = table
    return tables


def shown_states(orderings: pd.DataFrame | None) -> list[int]:
    """A dozen states that readers know: those of the latest known orderings."""
    if orderings is None:
        return []
    latest = orderings.sort_values("year", ascending=False)[["higher_state", "lower_state"]]
    return list(dict.fromkeys(int(s) for s in latest.to_numpy().ravel()))[:SHOWN_STATES]


def _against_facts(
    draws: np.ndarray, places: Places, known: Mapping[str, pd.DataFrame], model: str, interval: float
) -> dict[str, pd.DataFrame]:
    """The measure against known orderings, groups and turning points; an empty table where there are no facts."""
    tests = {
        "known_orderings": ("orderings", lambda facts: known_orderings(draws, places, facts, model)),
        "known_groups": ("groups", lambda facts: known_groups(draws, places, facts, model, interval)),
        "turning_points": ("turning_points", lambda facts: turning_points(draws, places, facts, model)),
    }
    return {
        name: test(known[kind]) if kind in known else check_table([]) for name, (kind, test) in tests.items()
    }


def _constructs(
    latents: Mapping[str, xr.Dataset], held_out: Mapping, indicators, model: str, interval: float
) -> pd.DataFrame:
    """Whether constructs are told apart, measured reliably, and predict what is left out."""
    parts = (correlations(latents, interval), reliabilities(latents), convergent(held_out, indicators, model))
    return check_table([row for part in parts for row in part.to_dict("records")])


def validity_tables(
    composition: Composition,
    data: xr.Dataset,
    archives: Mapping[str, xr.DataTree],
    known: Mapping[str, pd.DataFrame],
    bloc: np.ndarray | None,
    priors: Priors,
    interval: float,
    log: Callable[[str], None] = lambda line: None,
) -> dict[str, pd.DataFrame]:
    """Tables of the stage by name.

    Parameters
    ----------
    composition : Composition
        Measurement under test.
    data : xarray.Dataset
        The analysis dataset.
    archives : mapping of str to xarray.DataTree
        All measurements, the one under test among them.
    known : mapping of str to pandas.DataFrame
        From ``read_known``.
    bloc : array of int, shape (S, T), optional
        From ``alliance_blocs``.
    priors : Priors
    interval : float
    log : callable, optional

    Returns
    -------
    dict of str to pandas.DataFrame
    """
    model, tree = composition.name, archives[composition.name]
    latents = {name: archive["latent"].to_dataset() for name, archive in archives.items()}
    latent, posterior = latents[model], tree["posterior"].to_dataset()
    indicators = panel(composition, data)
    names = dict(zip(data.state.values.tolist(), data.state_name.values.tolist(), strict=True))
    places = Places(latent, names)
    labels = dict(zip(data.indicator.values.tolist(), data.indicator_label.values.tolist(), strict=True))
    means = latent.smoothed_mean.transpose("state", "year").values
    draws = latent.smoothed_draw.transpose("sample", "state", "year").values.astype(float)
    # the means are exact given each draw of the parameters: chances near one half should not hang on a few hundred draws
    draws += means - draws.mean(0)
    mode = parameters_of(posterior, tree["level"].to_dataset())
    log(f"{model}: measuring again without each of {len(indicators.names)} indicators")
    refits = without_each(composition, data, priors)
    held_out = {name: refits[name] for name in HELD_OUT if name in refits}
    year = LATEST_YEAR if LATEST_YEAR in places.years else int(places.years[-1])
    shown = shown_states(known.get("orderings"))
    filtered, spread = (latent[n].transpose("state", "year").values for n in ("filtered_mean", "filtered_sd"))
    invariance_table = invariance(indicators, mode, bloc, model, interval, labels)
    free = free_by_era(invariance_table, composition.free_after)
    freed = refit(panel(replace(composition, free_after=free), data), priors) if free else None
    tables = {
        **_against_facts(draws, places, known, model, interval),
        "benchmark": benchmark(draws, indicators, places, known, held_out, model),
        "constructs": _constructs(latents, held_out, indicators, model, interval),
        "information_shares": information_shares(indicators, posterior, model, interval),
        "invariance": invariance_table,
        "indicator_stability": indicator_stability(means, refits, freed, places, shown, year, model),
    }
    log(f"{model}: measuring again with the data of earlier years")
    tables["vintages"] = vintages(indicators, filtered, spread, priors, model)
    return tables
