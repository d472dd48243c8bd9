"""Refits take the data they are given, repeat, and are gated by their number of draws."""

import numpy as np
import pytest

from models.composition import Composition
from tests.models.example import example_data
from workflow.lib.checking.refits import Refitter, gate_of_refits, on_the_grid_of, scaled_priors, without
from workflow.lib.errors import UserError

GATE = {"r_hat": 1.01, "ess_bulk": 400, "ess_tail": 400, "divergences": 0, "bfmi": 0.3}
LOOSE = {"r_hat": 2.0, "ess_bulk": 2, "ess_tail": 2, "divergences": 400, "bfmi": 0.0}
SHORT = {"chains": 2, "tune": 150, "draws": 100}
RUN = {"sampler": {**SHORT, "target_accept": 0.8}, "refits": SHORT, "gate": LOOSE, "priors": {}, "seed": 1}
MISSIONS = Composition("missions", controls=())


@pytest.fixture(scope="module")
def small():
    data = example_data(missions=4, states=20)
    return data.assign(joined=(data["ties"] > 0.5).astype(float).where(data["joined"].notnull()))


@pytest.fixture(scope="module")
def refitter(small):
    made = Refitter.configured(MISSIONS, small, {}, stage="test", run=RUN, log=lambda line: None)
    made.program()
    return made


def test_a_refit_sees_the_decisions_and_the_ties_it_is_given_without_compiling_again(refitter, small):
    program = refitter.compiled.program
    as_it_is = refitter.fit("same name").p
    nobody = refitter.fit("same name", small.assign(joined=small["joined"] * 0)).p
    turned = refitter.fit("same name", small.assign(ties=-small["ties"])).p
    assert nobody["intercept"].mean() < as_it_is["intercept"].mean() - 1
    assert turned["ties_slope"].mean() < -1 < 1 < as_it_is["ties_slope"].mean()
    assert refitter.compiled.program is program


def test_a_refit_of_the_same_data_repeats_and_one_of_another_name_does_not(refitter):
    first, second, other = (refitter.fit(name).p["ties_slope"] for name in ("again", "again", "other"))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_mission_left_out_tells_nothing_of_its_own_number_of_joiners(refitter, small):
    left_out = np.array([False, True, False, False])
    masked = without(small, left_out)
    assert masked["joined"].isel(mission=1).isnull().all()
    np.testing.assert_array_equal(
        masked["joined"].isel(mission=[0, 2, 3]), small["joined"].isel(mission=[0, 2, 3])
    )
    everybody = small["joined"].copy(deep=True)
    everybody[1] = 1.0
    first = refitter.fit("left out", masked).p["mission_intercept"]
    second = refitter.fit("left out", without(small.assign(joined=everybody), left_out)).p[
        "mission_intercept"
    ]
    np.testing.assert_array_equal(first, second)


def test_a_refit_that_does_not_converge_is_refused_after_a_second_longer_try(refitter):
    lines = []
    strict = Refitter(
        MISSIONS,
        refitter.data,
        {},
        refitter.settings,
        {**LOOSE, "ess_bulk": 1e6},
        {},
        seed=1,
        log=lines.append,
        stage="test",
        compiled=refitter.compiled,
    )
    with pytest.raises(UserError, match=r"missions \(test: strict list\).*effective sample size"):
        strict.fit("strict list")
    assert lines == []


def test_data_of_other_labels_are_refused(refitter, small):
    with pytest.raises(ValueError, match="other labels than those compiled with: mission"):
        refitter.fit("fewer", small.isel(mission=slice(1, None)))


def test_effects_of_a_refit_are_taken_between_the_values_of_the_reference(refitter, small):
    draws = refitter.fit("as fitted")
    (effect,) = refitter.effects(draws).values()
    wider = refitter.fit("as fitted", small.assign(ties=small["ties"] * 1.0))
    np.testing.assert_allclose(effect, refitter.effects(wider)["ties_effect"])
    assert float(effect.mean()) > 0.1


def test_the_gate_of_refits_is_looser_in_proportion_and_never_stricter():
    fewer = gate_of_refits(GATE, {"chains": 4, "draws": 1000}, {"chains": 4, "draws": 500})
    assert fewer["r_hat"] == pytest.approx(1.02)
    assert (fewer["ess_bulk"], fewer["divergences"]) == (200, 0)
    assert gate_of_refits(GATE, {"chains": 2, "draws": 100}, {"chains": 4, "draws": 500}) == GATE


def test_a_smaller_data_set_is_put_on_the_grid_and_the_rest_is_not_scored(small):
    fewer = small.isel(mission=[0, 2], state=slice(3, None))
    placed = on_the_grid_of(small, fewer)
    assert placed.sizes == small.sizes
    assert placed["joined"].isel(mission=[1, 3]).isnull().all()
    assert placed["joined"].isel(state=slice(0, 3)).isnull().all()
    cells = {"mission": [0, 2], "state": slice(3, None)}
    np.testing.assert_array_equal(placed["ties"].isel(cells), fewer["ties"])
    np.testing.assert_array_equal(placed["covariate_value"].isel(cells), fewer["covariate_value"])


def test_scored_rows_that_the_grid_lacks_are_an_error(small):
    with pytest.raises(ValueError, match="a mission that the data lack: mission_0"):
        on_the_grid_of(small.isel(mission=slice(1, None)), small)


def test_spreads_of_priors_are_scaled_and_their_centres_stay():
    scaled = scaled_priors({"ties_slope": ("normal", (0.4, 0.2))}, 2.0)
    assert scaled["ties_slope"] == ("normal", (0.4, 0.4))
    plain = scaled_priors({}, 0.5)
    assert plain["slope"][1][1] * 2 == scaled_priors({}, 1.0)["slope"][1][1]
    kind, (spread,) = plain["mission_sd"]
    assert (kind, spread * 2) == ("half_normal", scaled_priors({}, 1.0)["mission_sd"][1][0])
