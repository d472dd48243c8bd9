"""Regressors on the grid of missions and states: which year, which draw, which part, and ties beyond exposure."""

import numpy as np
import pytest
import xarray as xr

from models.composition import Composition, Term
from models.covariates import covariate_values
from models.exposure import beyond_exposure
from models.regressors import split, term_values
from tests.models.example import YEARS, example_data, measured_paths

DATA = example_data()
MEASURED = measured_paths(DATA)
QUALITY = Composition("trial", regressors=("ties", "quality"))


def test_a_latent_is_its_path_in_the_year_before_the_mission():
    values = term_values(QUALITY, DATA, MEASURED).sel(term="quality")
    scored = DATA.joined.notnull().values
    mean = MEASURED["quality"].filtered_mean
    for m, i in np.argwhere(scored):
        state, year = int(DATA.state[i]), int(DATA.start_year[m]) - 1
        expected = float(mean.sel(state=state, year=year)) if i else 0.0
        assert float(values[m, i]) == expected


def test_information_and_draw_choose_the_path():
    smoothed = Composition("trial", regressors=("quality",), information="smoothed")
    at = {"mission": 3, "state": 7}
    year, state = int(DATA.start_year[3]) - 1, int(DATA.state[7])
    cell = DATA.assign(joined=DATA.joined.fillna(0))
    for composition, name in ((QUALITY, "filtered"), (smoothed, "smoothed")):
        for draw in (0, 5):
            value = term_values(composition, cell, MEASURED, draw).sel(term="quality").isel(at)
            expected = MEASURED["quality"][f"{name}_draw"].isel(sample=draw).sel(state=state, year=year)
            assert float(value) == float(expected)


def test_a_mission_before_the_measured_years_is_an_error_and_not_a_zero():
    early = DATA.assign(start_year=DATA.start_year.where(DATA.mission != "mission_0", int(YEARS[0])))
    with pytest.raises(KeyError):
        term_values(QUALITY, early, MEASURED)


def test_a_state_without_a_measurement_has_the_average_path_of_zero():
    values = term_values(QUALITY, DATA, MEASURED).sel(term="quality", state=100)
    assert (values == 0).all()
    assert float(np.abs(term_values(QUALITY, DATA, MEASURED).sel(term="quality", state=101)).max()) > 0


def test_deviations_and_means_of_a_small_panel_by_hand():
    value = xr.DataArray([[1.0, 5.0], [3.0, 9.0], [8.0, 2.0]], dims=("mission", "state"))
    scored = xr.DataArray([[True, False], [True, False], [False, False]], dims=("mission", "state"))
    between = split(value, Term("x_between", "x", "between"), scored)
    within = split(value, Term("x_within", "x", "within"), scored)
    # the first state was scored twice, 1 and 3; the second never
    np.testing.assert_array_equal(between, [[2, 0], [2, 0], [2, 0]])
    np.testing.assert_array_equal(within.where(scored, 0), [[-1, 0], [1, 0], [0, 0]])
    assert split(value, Term("x", "x"), scored) is value


def test_deviations_have_no_mean_within_states_and_add_up_to_the_whole():
    whole = term_values(QUALITY, DATA, MEASURED)
    parts = term_values(
        Composition("trial", regressors=("ties", "quality"), between=("ties", "quality")), DATA, MEASURED
    )
    assert parts.term.values.tolist() == ["ties_within", "ties_between", "quality_within", "quality_between"]
    for name in ("ties", "quality"):
        within, between = parts.sel(term=f"{name}_within"), parts.sel(term=f"{name}_between")
        np.testing.assert_allclose(within + between, whole.sel(term=name), atol=1e-12)
        np.testing.assert_allclose(within.where(DATA.joined.notnull()).mean("mission"), 0, atol=1e-12)


def test_a_model_without_regressors_has_no_terms():
    assert term_values(Composition("trial", regressors=()), DATA).shape == (0, 5, 18)


def test_a_masked_decision_keeps_its_regressors_and_covariates():
    """A mission that is left out is predicted from the ties, the quality and the controls of its states."""
    masked = DATA.assign(joined=DATA.joined.where(DATA.mission != "mission_3"))
    whole, known = (term_values(QUALITY, data, MEASURED) for data in (DATA, masked))
    np.testing.assert_array_equal(whole, known)
    assert (known.sel(mission="mission_3").std("state") > 0).all()
    names = ["capability", "democracy"]
    np.testing.assert_array_equal(covariate_values(DATA, names), covariate_values(masked, names))


def test_covariates_are_zero_where_they_are_missing_and_must_be_there_where_a_decision_is_scored():
    scored = DATA.joined.notnull().values
    cleared = DATA.assign(covariate_value=DATA.covariate_value.where(DATA.joined.notnull()))
    values = covariate_values(cleared, ["capability", "democracy"])
    np.testing.assert_array_equal(values[0], np.where(scored, DATA.covariate_value.values[2], 0))
    broken = DATA.covariate_value.copy(deep=True)
    places = np.argwhere(scored)[:2]
    for m, i in places:
        broken[1, m, i] = np.nan
    with pytest.raises(ValueError, match=r"^covariate 'democracy' has no finite value in 2 scored rows$"):
        covariate_values(DATA.assign(covariate_value=broken), ["democracy"])


def test_ties_beyond_exposure_are_the_residuals_of_a_straight_line_by_hand():
    """Twelve states whose own ties are 0, 1, ..., 11 share 2 + 3 times as many, but for one that shares 13 more."""
    own = np.arange(12.0)
    joint = 2 + 3 * own
    joint[4] += 13
    found = beyond_exposure(joint[None], [own[None]], np.ones((1, 12), bool))[0]
    # of a residual 13 at x, the line takes 1/12 + (x - 5.5)^2 / 143 to itself; 143 is the sum of squares of x
    leverage = 1 / 12 + (4 - 5.5) * (own - 5.5) / 143
    np.testing.assert_allclose(found, 13 * ((own == 4) - leverage), atol=1e-12)


def test_exposure_is_taken_out_mission_by_mission_among_scored_rows():
    random = np.random.default_rng(1)
    own, age = random.normal(size=(2, 2, 40))
    scored = random.random((2, 40)) < 0.8
    joint = np.array([[1.0], [4.0]]) + own * np.array([[0.5], [-2.0]]) + random.normal(size=(2, 40))
    age[0, :6] = np.nan
    found = beyond_exposure(joint, [own, age], scored)
    assert (np.isnan(found) == ~scored).all()
    for m in range(2):
        rows = scored[m]
        assert found[m, rows].mean() == pytest.approx(0, abs=1e-12)
        assert np.corrcoef(found[m, rows], own[m, rows])[0, 1] == pytest.approx(0, abs=1e-10)
    other = joint.copy()
    other[~scored] += 100
    np.testing.assert_array_equal(beyond_exposure(other, [own, age], scored), found)


def test_a_mission_with_too_few_rows_has_no_ties_beyond_exposure():
    scored = np.arange(20) < np.array([[9], [10]])
    random = np.random.default_rng(1)
    found = beyond_exposure(random.normal(size=(2, 20)), [random.normal(size=(2, 20))], scored)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).sum() == 10
