"""The shipped tables prepared as the configuration says, and constructs measured at their posterior mode, once a session."""

from functools import cache
from pathlib import Path

import numpy as np
import xarray as xr

from models.blocks.factor import panel
from models.composition import Composition
from models.paths import latent_paths
from models.priors import Priors
from workflow.lib.checking.validity.known import Places
from workflow.lib.checking.validity.paths import Refit, refit
from workflow.lib.settings import load_settings
from workflow.lib.tables.load import load_tables
from workflow.lib.tables.prepare import prepare

ROOT = Path(__file__).parents[1]
DRAWS = 200
# days without an ambassador say what his presence says
CONTACT = ("visits_to_pivotal", "visits_from_pivotal", "ambassador_in_post")


@cache
def shipped_data() -> xr.Dataset:
    settings = load_settings(ROOT / "config.yaml", root=ROOT, check_references=False)
    chosen = settings.data.model_dump()
    return prepare(load_tables(chosen, ROOT), chosen)


def composition(construct: str) -> Composition:
    return Composition(
        construct, measures=(construct,), indicators=CONTACT if construct == "contact" else None
    )


@cache
def shipped_measure(construct: str) -> Refit:
    return refit(panel(composition(construct), shipped_data()), Priors())


@cache
def shipped_paths(construct: str) -> xr.Dataset:
    """Draws of the paths given the mode."""
    measure = shipped_measure(construct)
    return latent_paths(
        measure.panel, [measure.mode.arguments()] * DRAWS, np.random.default_rng([*construct.encode()])
    )


@cache
def shipped_places() -> Places:
    data = shipped_data()
    names = dict(zip(data.state.values.tolist(), data.state_name.values.tolist(), strict=True))
    return Places(shipped_paths("alignment"), names)


def shipped_archive(construct: str) -> xr.DataTree:
    """An archive as a measurement leaves it, its draws all at the mode."""
    measure = shipped_measure(construct)
    names, on = measure.panel.names, ("chain", "draw", "indicator")
    draws = np.broadcast_to(measure.mode.item, (2, 20, *measure.mode.item.shape))
    parts = {n: (on, draws[..., k]) for k, n in enumerate(("loading", "error_sd"))}
    if measure.panel.adjustments:
        parts["adjustment"] = (
            (*on[:2], "adjusted"),
            np.broadcast_to(measure.mode.adjustment, (2, 20, len(measure.panel.pairs))),
        )
    level = xr.DataArray(
        measure.mode.level,
        dims=("indicator", "year"),
        coords={"indicator": names, "year": measure.panel.years},
    )
    return xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset(parts, coords={"indicator": names}),
            "latent": shipped_paths(construct),
            "level": level.to_dataset(name="level").assign(persistence=measure.mode.persistence),
        }
    )
