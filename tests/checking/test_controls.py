import numpy as np
import pytest
import xarray as xr

from workflow.lib.checking.controls import (
    CONTROL_COLUMNS,
    Variant,
    covariates_of_role,
    negative_control_exposures,
    negative_control_outcome,
    run_controls,
    timing_placebos,
    with_controls_added,
    with_ties_replaced,
)


def logistic_slopes(variant, draws=200):
    """Stand-in for a refit: maximum likelihood of the logit on ties and added controls, with normal draws."""
    joined = variant.data["joined"].values
    rows = ~np.isnan(joined)
    columns = [np.ones(rows.sum()), variant.data["ties"].values[rows]]
    for name in variant.controls:
        columns.append(variant.data["covariate_value"].sel(covariate=name).values[rows])
    design, outcome = np.stack(columns, axis=1), joined[rows]
    slopes = np.zeros(design.shape[1])
    for _ in range(30):
        mean = 1 / (1 + np.exp(-design @ slopes))
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        slopes += np.linalg.solve(information, design.T @ (outcome - mean))
    generator = np.random.default_rng(1)
    values = generator.multivariate_normal(slopes, np.linalg.inv(information), size=(2, draws))
    posterior = {"ties_slope": (("chain", "draw"), values[:, :, 1])}
    if variant.controls:
        posterior["covariate_slope"] = (("chain", "draw", "control"), values[:, :, 2:])
    return xr.Dataset(posterior, coords={"control": list(variant.controls)} if variant.controls else None)


def test_ties_are_replaced_by_the_rival_tie_on_the_scale_of_the_ties(data):
    changed = with_ties_replaced(data, "igo_joint_russia")
    rows = changed["joined"].notnull()
    ties = changed["ties"].where(rows)
    np.testing.assert_allclose(ties.mean("state").values, 0, atol=1e-12)
    assert float(ties.std()) == pytest.approx(1)
    assert ties.dims == ("mission", "state")
    lost = data["joined"].notnull() & data["covariate_value"].sel(covariate="igo_joint_russia").isnull()
    assert changed.attrs["rows_dropped_for_check"] == int(lost.sum()) > 0
    assert not rows.where(lost, False).any()
    assert "ties" in data and data["ties"].attrs["scale"] == 0.4


def test_added_controls_are_standardised_over_the_rows_that_remain(data):
    changed = with_controls_added(data, ["igo_joint_russia"])
    values = changed["covariate_value"].sel(covariate="igo_joint_russia").where(changed["joined"].notnull())
    assert float(values.mean()) == pytest.approx(0, abs=1e-12)
    assert float(values.std()) == pytest.approx(1)
    xr.testing.assert_equal(changed["ties"], data["ties"])


def test_roles_name_the_covariates(data):
    assert covariates_of_role(data, "rival_tie") == ["igo_joint_russia"]
    assert covariates_of_role(data, "placebo") == ["igo_joint_lead5"]


def test_controls_seldom_exclude_zero_where_ties_cause_joining(make_data):
    tables = []
    for seed in range(3, 13):
        data = make_data(seed)
        main = logistic_slopes(Variant("main", "main", data))
        variants = negative_control_exposures(data) + timing_placebos(data)
        tables.append(run_controls(variants, logistic_slopes, "crossed", interval=0.95, main=main))
    table = tables[0]
    assert table.columns.tolist() == CONTROL_COLUMNS
    assert table["item"].tolist() == [
        "igo_joint_russia instead of ties",
        "igo_joint_russia beside ties",
        "igo_joint_lead5 beside ties",
    ]
    assert table.loc[0, "comparison_estimate"] > 0.2
    # Of thirty intervals of 95 %, one or two miss zero by chance; five would be a one-in-fifty event.
    assert sum(table["excludes_zero"].sum() for table in tables) <= 4


def test_controls_unmask_a_world_in_which_a_common_cause_makes_ties_and_joining():
    generator = np.random.default_rng(8)
    size = (10, 120)
    cooperativeness = generator.normal(size=size)
    ties = cooperativeness + 0.7 * generator.normal(size=size)
    rival = cooperativeness + 0.7 * generator.normal(size=size)
    joined = (generator.random(size) < 1 / (1 + np.exp(1 - 1.5 * cooperativeness))).astype(float)
    data = xr.Dataset(
        {
            "joined": (("mission", "state"), joined),
            "ties": (("mission", "state"), ties / ties.std()),
            "covariate_value": (("covariate", "mission", "state"), rival[None]),
        },
        coords={
            "covariate": ["igo_joint_russia"],
            "covariate_role": ("covariate", ["rival_tie"]),
            "mission": np.arange(10),
            "state": np.arange(120),
        },
    )
    variants = negative_control_exposures(data)
    main = logistic_slopes(Variant("main", "main", data))
    table = run_controls(variants, logistic_slopes, "pooled", interval=0.95, main=main)
    assert table["excludes_zero"].all()


def test_negative_control_outcome_is_put_on_the_scale_of_the_main_ties(data):
    others = data.assign(pivotal=("mission", np.full(8, 220)))
    others["ties"].attrs["scale"] = 0.8
    variant = negative_control_outcome(data, others)
    np.testing.assert_allclose(variant.data["ties"].values, others["ties"].values * 2)
    assert variant.check == "negative_control_outcome"
    with pytest.raises(ValueError, match="missions led by 2 are no negative control"):
        negative_control_outcome(data, data)
    with pytest.raises(ValueError, match="lack the covariates igo_joint_lead5"):
        negative_control_outcome(data, others.isel(covariate=[0, 1]))


def test_unknown_and_unvarying_covariates_are_refused(data):
    with pytest.raises(ValueError, match="no covariate `igo_joint_mars`"):
        with_ties_replaced(data, "igo_joint_mars")
    flat = data.assign(covariate_value=data["covariate_value"] * 0)
    with pytest.raises(ValueError, match="does not vary"):
        with_controls_added(flat, ["igo_joint_lead5"])
    with pytest.raises(ValueError, match="does not vary"):
        with_ties_replaced(flat, "igo_joint_lead5")
