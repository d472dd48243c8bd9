"""Controls and versions as the stages refit them."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from models.composition import Composition
from tests.models.example import example_data
from workflow.lib.checking import refits
from workflow.lib.checking.control_fits import ControlFits
from workflow.lib.checking.controls import Control
from workflow.lib.checking.refits import Refitter
from workflow.lib.checking.variants import Variants
from workflow.lib.settings import load_settings
from workflow.lib.tables.load import load_tables
from workflow.lib.tables.prepare import prepare

SHORT = {"chains": 2, "tune": 150, "draws": 150}
LOOSE = {"r_hat": 2.0, "ess_bulk": 2, "ess_tail": 2, "divergences": 400, "bfmi": 0.0}
RUN = {
    **{"sampler": {**SHORT, "target_accept": 0.8}, "refits": SHORT, "gate": LOOSE, "priors": {}},
    **{"seed": 1, "interval": 0.9},
}
KEPT = ("un_agreement", "defence_pact", "trade_share", "exercises")
POOLED = Composition("pooled", mission_intercepts=False, controls=("democracy",))


def fits(data, composition=POOLED):
    return ControlFits(composition, data, {}, RUN, lambda line: None)


def test_a_control_that_makes_states_join_takes_the_slope_and_one_that_does_not_leaves_it():
    random = np.random.default_rng(1)
    data = example_data(missions=6, states=60)
    seen = data["joined"].notnull()
    cause = xr.DataArray(random.normal(size=seen.shape), dims=seen.dims, coords=data["joined"].coords)
    ties = (0.8 * cause + 0.6 * random.normal(size=seen.shape)).where(seen)
    chance = 1 / (1 + np.exp(1 - 2.5 * cause))
    joined = (chance > random.random(seen.shape)).astype(float).where(seen)
    found = fits(data.assign(ties=ties, joined=joined))
    slope, other = found.slopes_with_control(Control("rivals", "ties 365", "ties with Russia", "ties", cause))
    assert float(other.mean()) > 1.0 > float(slope.mean())
    noise = xr.zeros_like(cause) + random.normal(size=seen.shape)
    slope, other = found.slopes_with_control(Control("rivals", "ties 366", "ties with nobody", "ties", noise))
    assert float(slope.mean()) > 1.0 > 0.5 > abs(float(other.mean()))
    assert found.reverse_causation() == []


class Recorder(Refitter):
    """Remembers what it was asked to fit; effects are the share of joiners in the data of the fit."""

    asked: list = []  # noqa: RUF012 shared by all refitters that a test makes; the fixture empties it
    measures: list = []  # noqa: RUF012 likewise

    def fit(self, label, data=None, measured=None):
        data = self.data if data is None else data
        self.measures.append(measured)
        self.asked.append((self.composition, label, data, self.priors))
        return data

    def effects(self, draws):
        share = float(draws["joined"].mean())
        return {"ties_effect": xr.DataArray(np.full((1, 10), share), dims=("chain", "draw"))}


@pytest.fixture
def recorder(monkeypatch):
    monkeypatch.setattr(refits, "Refitter", Recorder)
    monkeypatch.setattr(Recorder, "asked", [])
    monkeypatch.setattr(Recorder, "measures", [])
    return Recorder


@pytest.fixture(scope="module")
def shipped():
    settings = load_settings("config.yaml").data.model_dump(mode="json")
    tables = load_tables(settings)
    return settings, tables, prepare(tables, settings)


def test_every_version_is_fitted_with_latents_plugged_in_and_wrong_records_are_doubted_on_the_broad_list(
    recorder, shipped
):
    settings, tables, data = shipped
    composition = Composition("cut", regressors=("ties",), inference="cut")
    made = Variants(composition, data, {}, tables, settings, RUN, print)
    labels, eligible, priors = made.labels(), made.eligible(), made.priors([0.5, 2.0])
    assert {"strict list (verified)", "late arrivals counted", "records may be wrong"} <= set(labels)
    assert len(eligible) == 4 and "offers that were refused counted as joining" in eligible
    assert made.frequencies["strict list (verified)"] < 0.75 < made.frequencies["late arrivals counted"]
    assert list(priors) == ["spreads of priors times 0.5", "spreads of priors times 2"]
    assert {one.inference for one, _, _, _ in recorder.asked} == {"plugin"}
    doubting = [(label, own["joined"]) for one, label, own, _ in recorder.asked if one.label_errors]
    (label, joined), *rest = doubting
    assert (label, rest) == ("records may be wrong", [])
    assert float(joined.sum()) >= float(data["joined"].sum())
    spreads = [own["slope"][1][1] for _, label, _, own in recorder.asked if label.startswith("spreads")]
    assert spreads[1] == 4 * spreads[0]
    assert float(labels["strict list (verified)"]["ties_effect"][0, 0]) < float(
        made.reference["ties_effect"][0, 0]
    )


def test_the_measure_of_the_first_latent_is_made_again_without_each_indicator_and_free_by_era(
    recorder, shipped
):
    settings, tables, data = shipped
    measuring = Composition("quality", measures=("alignment",), indicators=KEPT)
    composition = Composition("plugin", regressors=("ties", "quality"))
    empty = xr.DataArray(np.zeros((data.sizes["state"], data.sizes["year"])), dims=("state", "year"))
    paths = {"quality": xr.Dataset({"filtered_mean": empty})}
    made = Variants(composition, data, paths, tables, settings, RUN, print)
    found = made.measures(measuring, {"trade_share": 1990})
    labels = data["indicator_label"].to_series()
    assert list(found) == [
        *(f"measured without {labels[name]}" for name in KEPT),
        f"measured with {labels['trade_share']} free by era",
    ]
    measured = [own["quality"].filtered_mean.values for own in recorder.measures[1:]]
    assert all(np.isfinite(values).any() for values in measured)
    assert not any(np.array_equal(measured[-1], values, equal_nan=True) for values in measured[:-1])


def test_each_measure_of_ties_is_fitted_on_the_rows_in_which_it_is_known(recorder, shipped, monkeypatch):
    _, _, data = shipped
    monkeypatch.setattr(ControlFits, "slope", lambda self, draws, regressor: xr.DataArray([[0.1, 0.2]]))
    table = pd.DataFrame(fits(data).ties_measures())
    fitted = {label: own for _, label, own, _ in recorder.asked}
    assert [f"{name} ties" for name in fitted] == table["item"].tolist()
    assert "count" in fitted and "beyond_exposure" in fitted
    for name, own in fitted.items():
        values = data["tie_measure_value"].sel(tie_measure=name)
        known = values.notnull() & data["joined"].notnull()
        np.testing.assert_array_equal(own["joined"].notnull().values, known.values)
        assert not own["ties"].isnull().any()
    assert table["note"].str.endswith(" missions").all()


def test_missions_led_by_others_are_fitted_by_the_same_model(recorder, shipped, monkeypatch):
    _, _, data = shipped
    monkeypatch.setattr(ControlFits, "slope", lambda self, draws, regressor: xr.DataArray([[0.1, 0.2]]))
    rows = fits(data).negative_controls([], data.isel(mission=slice(8)))
    assert [row["item"] for row in rows] == ["ties led by others", "ties difference"]
    assert {label for _, label, _, _ in recorder.asked} == {"as it is", "led by others"}
    assert all(one == POOLED for one, _, _, _ in recorder.asked)
