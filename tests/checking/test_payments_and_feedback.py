"""Payments around joining, the states that the outcome moved, and blocs of alliances."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from workflow.lib.checking.blocs import BLOCS, alliance_blocs
from workflow.lib.checking.feedback import feedback_rows
from workflow.lib.checking.payments import payment_rows, payment_verdict
from workflow.lib.checking.table import check_table

GRID = ("mission", "state")


def payments_data(change, missions=6, states=120):
    random = np.random.default_rng(1)
    joined = random.binomial(1, 0.3, (missions, states)).astype(float)
    paid = random.normal(size=(1, missions, states)) + change * joined + np.arange(missions)[:, None]
    return xr.Dataset(
        {
            "joined": (GRID, joined),
            "ties": (GRID, random.normal(size=(missions, states))),
            "payment_value": (("payment", *GRID), paid),
        },
        coords={"mission": np.arange(missions), "state": np.arange(states), "payment": ["aid_change_us"]},
    )


def payments(data, quality=None, interval=0.9):
    rows = payment_rows(data, quality, "cut", interval=interval, seed=1, resamples=500)
    return check_table(rows).set_index("item")


def test_payments_to_joiners_are_found_within_missions():
    paid = payments(payments_data(1.0))
    assert paid.index.tolist() == [f"aid_change_us {g}" for g in ("all", "few ties", "many ties")]
    row = paid.loc["aid_change_us all"]
    assert row["estimate"] == pytest.approx(1.0, abs=0.2)
    assert row["lower"] < 1.0 < row["upper"]
    # groups show where payments go, and are not judged
    assert paid["verdict"].tolist() == ["passed", "described", "described"]
    assert row["label"] == "change of us aid, joiners less others (all)"


def test_side_payments_are_ruled_out_where_many_decisions_show_none_and_few_decisions_cannot_tell():
    data = payments_data(0.0, missions=1, states=10_000)
    many = payments(data, interval=0.95).loc["aid_change_us all"]
    # one mission of unit spread: the smallest difference of interest is a tenth
    least = float(data["payment_value"].std()) / 10
    assert many["lower"] < 0 < many["upper"] < least == pytest.approx(0.1, abs=0.002)
    assert many["verdict"] == "failed"
    assert many["note"].endswith(f"others; smallest of interest {least:.3f}")
    few = payments(payments_data(0.0, missions=1), interval=0.95).loc["aid_change_us all"]
    assert few["lower"] < 0 and few["upper"] > 0.1
    assert few["verdict"] == "cannot tell"
    assert payments(payments_data(-1.0)).loc["aid_change_us all", "verdict"] == "failed"


@pytest.mark.parametrize(
    ("lower", "upper", "verdict"),
    [
        (-0.2, -0.1, "failed"),
        (-0.1, 0.09, "failed"),
        (0.01, 0.09, "failed"),
        (-0.1, 0.11, "cannot tell"),
        (0.01, 0.3, "passed"),
    ],
)
def test_a_payment_is_judged_by_its_interval_and_the_smallest_difference_of_interest(lower, upper, verdict):
    assert payment_verdict(lower, upper, 0.1) == verdict


def test_the_change_is_a_mean_over_missions_weighted_by_their_joiners_by_hand():
    joined = np.array([[1.0] * 10 + [0.0] * 10, [1.0] * 5 + [0.0] * 15])
    paid = np.array([[[3.0] * 10 + [1.0] * 10, [9.0] * 5 + [1.0] * 15]])
    data = xr.Dataset(
        {
            "joined": (GRID, joined),
            "ties": (GRID, np.zeros((2, 20))),
            "payment_value": (("payment", *GRID), paid),
        },
        coords={"mission": [1, 2], "state": np.arange(20), "payment": ["aid"]},
    )
    row = payments(data).loc["aid all"]
    assert row["estimate"] == pytest.approx((10 * 2 + 5 * 8) / 15)
    # payments 3, 1, 9 and 1, of ten, ten, five and fifteen states
    spread = np.sqrt((10 * 9 + 10 + 5 * 81 + 15) / 40 - ((30 + 10 + 45 + 15) / 40) ** 2)
    assert row["note"] == f"15 joiners, 25 others; smallest of interest {spread / 10:.3f}"


def test_groups_of_quality_are_formed_within_missions_and_small_ones_left_out():
    data = payments_data(1.0)
    quality = data["ties"] + 100 * data["mission"]
    assert {"aid_change_us low quality", "aid_change_us high quality"} <= set(payments(data, quality).index)
    few = data.assign(joined=data["joined"].where(data["state"] < 8, 0.0).where(data["mission"] < 1, 0.0))
    assert payments(few).empty


def moved_path(shift):
    """Joint and smoothed paths of three states in two years; the outcome moves each state by its shift."""
    years, states = [1990, 1991], [20, 200, 645]
    alone = np.array([[1.0, 1.2], [2.0, 2.2], [-1.0, -1.1]])
    joint = np.broadcast_to((alone + np.array(shift)[:, None])[None, None], (2, 5, 3, 2))
    posterior = xr.Dataset(
        {"path": (("chain", "draw", "path_state", "path_year"), joint)},
        coords={"path_state": states, "path_year": years},
    )
    paths = xr.Dataset(
        {
            "smoothed_mean": (("year", "state"), alone[[2, 0, 1]].T),
            "smoothed_sd": (("year", "state"), np.full((2, 3), 0.5)),
        },
        # in another order, to be matched by code
        coords={"state": [645, 20, 200], "year": years},
    )
    data = xr.Dataset(
        {
            "joined": (GRID, np.array([[1.0, 0.0, np.nan], [1.0, 1.0, 0.0]])),
            "state_name": ("state", ["Canada", "United Kingdom", "Iraq"]),
        },
        coords={"mission": ["a", "b"], "state": states},
    )
    return check_table(feedback_rows(posterior, paths, data, "joint"))


def test_feedback_names_the_state_that_the_outcome_moved_most():
    table = moved_path([0.1, -0.2, 0.9])
    assert table["label"].tolist()[1:] == ["Iraq", "United Kingdom", "Canada"]
    assert table["estimate"].tolist()[1:] == pytest.approx([0.9, -0.2, 0.1])
    assert table["note"].iloc[1] == "joined 0 missions; +1.8 standard deviations of its path"
    assert table["note"].iloc[2] == "joined 1 missions; -0.4 standard deviations of its path"
    summary = table.iloc[0]
    assert summary["item"] == "all states"
    assert summary["estimate"] == pytest.approx(np.sqrt((0.01 + 0.04 + 0.81) / 3))
    assert summary["note"] == "1 of 3 states by more than one standard deviation"


def test_an_outcome_that_moves_nothing_leaves_rows_of_zero():
    assert moved_path([0.0, 0.0, 0.0])["estimate"].tolist() == pytest.approx([0.0] * 4)


def test_a_state_allied_with_both_is_of_the_pivotal_bloc():
    states = pd.DataFrame(
        {
            "pivotal": 2,
            "state": [20, 30, 40, 50],
            "year": 1950,
            "alliance_joint": [1, 1, 0, np.nan],
            "alliance_russia": [0, 1, 1, 0],
            "alliance_china": [0, 0, 0, 0],
        }
    )
    blocs = alliance_blocs(states, np.array([20, 30, 40, 50]), np.array([1950]))
    assert [BLOCS[k] for k in blocs[:, 0]] == [
        "allied with the pivotal state",
        "allied with the pivotal state",
        "allied with its rivals",
        "allied with neither",
    ]


def test_without_columns_of_alliances_there_is_one_bloc():
    states = pd.DataFrame({"pivotal": [2], "state": [20], "year": [1950]})
    assert set(alliance_blocs(states, np.array([20]), np.array([1950, 1955])).ravel()) == {2}
