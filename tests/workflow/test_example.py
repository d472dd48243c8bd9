"""The worked example of another data set goes through the same workflow in earnest, with few draws."""

import subprocess
import sys

import xarray as xr
from conftest import copy_of_project

OVERLAY = """
fit: [crossed]
sampler: {tune: 500, draws: 500}
report: {cases: []}
"""


def test_peacekeeping_is_prepared_fitted_and_estimated_by_its_own_configuration(tmp_path):
    project = copy_of_project(tmp_path, stubbed=False)
    (tmp_path / "few.yaml").write_text(OVERLAY, encoding="utf-8")
    layers = ["examples/peacekeeping/config.yaml", "config/quick.yaml", "few.yaml"]
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "results/quick/crossed/gate.json"]
    result = subprocess.run(
        [*command, "--configfile", *layers],
        cwd=tmp_path,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    with xr.open_dataset(tmp_path / "results/quick/data/analysis.nc") as data:
        assert data.sizes["mission"] == 20
        assert int(data["joined"].sum()) > 200
    with xr.open_dataset(tmp_path / "results/quick/crossed/posterior.nc", group="estimands") as estimands:
        ties = estimands["ties_effect[all]"].values
    assert 0 < ties.std() < 1 and abs(ties.mean()) < 1
