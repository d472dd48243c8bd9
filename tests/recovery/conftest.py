"""Compositions compiled once for all tests of recovery, the quick and the slow ones."""

from dataclasses import replace
from pathlib import Path

import pytest
from recovery_world import compiled_for, small_data

from models.composition import Composition
from tests.models.compositions import COMPOSITIONS
from workflow.lib.settings import load_settings
from workflow.lib.tables.load import load_tables
from workflow.lib.tables.prepare import prepare

ROOT = Path(__file__).parents[2]
FACTORS = Composition("factors", blocks=("ties", "cooperativeness", "outcome"), state_effects=True)


@pytest.fixture(scope="session")
def empty():
    return small_data()


@pytest.fixture(scope="session")
def real_data():
    """The shipped tables, prepared as the configuration says."""
    settings = load_settings(ROOT / "config.yaml", root=ROOT, check_references=False)
    chosen = settings.data.model_dump()
    return prepare(load_tables(chosen, ROOT), chosen)


@pytest.fixture(scope="session")
def crossed(empty):
    return compiled_for(COMPOSITIONS["crossed"], empty)


@pytest.fixture(scope="session")
def crossed_real(real_data):
    return compiled_for(COMPOSITIONS["crossed"], real_data)


@pytest.fixture(scope="session")
def joint(empty):
    return compiled_for(COMPOSITIONS["joint"], empty)


@pytest.fixture(scope="session")
def measurement(empty):
    return compiled_for(COMPOSITIONS["measurement"], empty)


@pytest.fixture(scope="session")
def plugin(empty):
    return compiled_for(COMPOSITIONS["plugin"], empty)


@pytest.fixture(scope="session")
def factors(empty):
    """Ties and cooperativeness without quality: the two factors whose places are in question."""
    return compiled_for(FACTORS, empty)


@pytest.fixture(scope="session")
def cooperators(empty):
    return compiled_for(COMPOSITIONS["cooperators"], empty)


@pytest.fixture(scope="session")
def thinned(real_data):
    """A fifth of the states and a third of the missions with their real eligibility, exposures and missing values."""
    return real_data.isel(state=slice(None, None, 5), mission=slice(None, None, 3))


@pytest.fixture(scope="session")
def joint_real(thinned):
    compiled = compiled_for(COMPOSITIONS["joint"], thinned)
    return replace(compiled, settings=replace(compiled.settings, tune=500))
