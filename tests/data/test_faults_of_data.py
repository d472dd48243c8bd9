"""What the data cannot tell is said before a fit, in the data's own names."""

import numpy as np
import pytest
import xarray as xr

from workflow.lib.tables import faults_of_data as faults
from workflow.lib.tables.load import load_tables
from workflow.lib.tables.prepare import prepare

MISSIONS, STATES = 6, 40


@pytest.fixture
def data():
    random = np.random.default_rng(3)
    shape = (MISSIONS, STATES)
    return xr.Dataset(
        {
            "joined": (("mission", "state"), (random.random(shape) < 0.3).astype(float)),
            "ties": (("mission", "state"), random.normal(size=shape)),
            "covariate_value": (("covariate", "mission", "state"), random.normal(size=(3, *shape))),
        },
        coords={
            "mission": [f"m_{number}" for number in range(MISSIONS)],
            "state": np.arange(STATES) + 2,
            "covariate": ["democracy", "capability", "distance"],
        },
    )


NAMES = ["democracy", "capability", "distance"]


def test_data_that_vary_have_no_fault(data):
    assert not faults.faults_of_rows(data) + faults.faults_of_regressors(data, NAMES)
    assert not faults.faults_of_incomplete(data, NAMES, "models.m.moderators")
    assert not faults.warnings_of_data(data)


@pytest.mark.parametrize(("value", "who"), [(0.0, "nobody"), (1.0, "everybody")])
def test_an_outcome_without_variation_is_named(data, value, who):
    data["joined"][:] = value
    assert faults.faults_of_rows(data)[0].startswith(
        f"data: {who} joined in the 240 rows of mission and state"
    )


def test_one_mission_is_too_few_and_infinity_is_no_number(data):
    data["ties"][0, 0] = np.inf
    lines = faults.faults_of_rows(data.isel(mission=[0]))
    assert lines[0].startswith("data: 1 mission is left; at least 2 are wanted")
    assert lines[1] == "data: ties has 1 infinite values; look at the tables"


def test_a_control_that_never_varies_or_is_never_observed_is_named(data):
    data["covariate_value"][0] = 1.0
    data["covariate_value"][1] = np.nan
    assert faults.faults_of_regressors(data, NAMES) == [
        "data.controls: democracy is the same in all rows that count, so it has no slope; take it off the list",
        "data.controls: capability is never observed in the rows that count; take it off the list",
    ]


def test_a_control_in_other_units_or_a_sum_of_others_is_named_with_them(data):
    data["covariate_value"][2] = 3 * data["covariate_value"][0] + 2
    assert faults.faults_of_regressors(data, NAMES) == [
        "data.controls: distance says nothing that democracy does not say, so their slopes cannot be told apart; take one "
        "off the list"
    ]
    data["covariate_value"][2] = data["ties"] - data["covariate_value"][1]
    assert (
        "distance says nothing that ties, capability does not say"
        in faults.faults_of_regressors(data, NAMES)[0]
    )


def test_columns_that_go_together_but_not_all_the_way_are_no_fault(data):
    noise = np.random.default_rng(4).normal(size=(MISSIONS, STATES))
    data["covariate_value"][2] = data["covariate_value"][0] + 0.1 * noise
    assert not faults.faults_of_regressors(data, NAMES)


def test_a_moderator_or_control_with_missing_values_is_not_filled(data):
    data["covariate_value"][1, 0, :7] = np.nan
    assert faults.faults_of_incomplete(data, ["capability"], "models.wolford.moderators") == [
        "models.wolford.moderators: capability is missing in 7 of 240 rows; add it to data.controls, which leaves these rows "
        "out, or take another column"
    ]


def test_a_value_far_from_all_others_is_a_warning(data):
    data["covariate_value"][1, 2, 3] = 21.0
    assert faults.warnings_of_data(data) == [
        "capability: 1 values more than 20 standard deviations from the mean, the first for state 5 and mission m_2; is it a "
        "slip?"
    ]


def test_the_shipped_data_have_no_fault():
    names = ("missions", "participation", "states", "codebook", "distances")
    data = prepare(load_tables({name: f"data/{name}.csv" for name in names}))
    controls = data["covariate"].values[data["covariate_role"].values == "control"].tolist()
    assert not faults.faults_of_rows(data) + faults.faults_of_regressors(data, controls)
    assert not faults.warnings_of_data(data)
