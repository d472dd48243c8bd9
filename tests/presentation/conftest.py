"""One fake run for the whole module; its writer is in `fake_results`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_results import write_fake_results


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Results folder and settings of a full fake run."""
    return write_fake_results(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """Results folder and settings of a run with one outcome model and no measurement."""
    return write_fake_results(tmp_path_factory.mktemp("small"), models=("pooled",))
