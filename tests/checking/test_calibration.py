import numpy as np
import pandas as pd
import pytest
import xarray as xr

from workflow.lib.checking.calibration import (
    RECOVERY_COLUMNS,
    WORLD_COLUMNS,
    coverage_table,
    rank_statistic,
    rank_tests,
    rank_uniformity,
    recover,
    recovery_rows,
    run_worlds,
    worlds_table,
)


def simulate(seed):
    """A mean with a standard normal prior and ten observations of unit variance: the posterior is known."""
    generator = np.random.default_rng(seed)
    truth = generator.normal()
    return generator.normal(truth, 1, size=10), {"ties_slope": truth}


def posterior_with(bias=0.0, width=1.0):
    def fit(observed, seed):
        precision = 1 + observed.size
        generator = np.random.default_rng([seed, 1])
        draws = generator.normal(
            observed.sum() / precision + bias * precision**-0.5, width * precision**-0.5, size=(4, 100)
        )
        return xr.Dataset({"ties_slope": (("chain", "draw"), draws)})

    return fit


SEEDS = range(120)


def test_an_exact_posterior_is_calibrated():
    recovery = recover(simulate, posterior_with(), SEEDS, interval=0.9)
    assert recovery.columns.tolist() == RECOVERY_COLUMNS
    assert len(recovery) == 120
    assert rank_tests(recovery, level=0.01)["uniform"].all()
    coverage = coverage_table(recovery, interval=0.9)
    assert coverage["consistent"].all()
    assert abs(coverage["z_of_bias"].item()) < 3


def test_ranks_detect_a_biased_posterior():
    recovery = recover(simulate, posterior_with(bias=0.7), SEEDS, interval=0.9)
    tests = rank_tests(recovery)
    assert not tests["uniform"].item()
    assert tests["mean_rank"].item() < 0.4
    assert tests["ecdf_p_value"].item() < 0.01
    assert abs(coverage_table(recovery, interval=0.9)["z_of_bias"].item()) > 4


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_ranks_detect_a_posterior_of_the_wrong_width(width):
    recovery = recover(simulate, posterior_with(width=width), SEEDS, interval=0.9)
    assert not rank_tests(recovery)["uniform"].item()


def test_coverage_bounds_detect_intervals_that_are_too_narrow_and_too_wide():
    narrow = coverage_table(recover(simulate, posterior_with(width=0.5), SEEDS, interval=0.9), interval=0.9)
    assert not narrow["consistent"].item()
    assert narrow["coverage"].item() < narrow["lowest"].item()
    wide = coverage_table(recover(simulate, posterior_with(width=3), SEEDS, interval=0.9), interval=0.9)
    assert wide["coverage"].item() > wide["highest"].item()
    assert narrow["mean_width"].item() < wide["mean_width"].item()


def test_the_rank_test_keeps_its_level():
    generator = np.random.default_rng(5)
    tests = pd.DataFrame(
        [rank_uniformity(generator.integers(0, 100, size=60), 99, simulations=400) for _ in range(200)]
    )
    assert (tests["ecdf_p_value"] <= 0.05).mean() < 0.1
    assert (tests["chi_square_p_value"] <= 0.05).mean() < 0.1


def test_rank_by_hand_and_its_limits():
    draws = np.arange(100.0)
    assert rank_statistic(draws, 30.5, 100) == 31
    assert rank_statistic(draws, -1, 100) == 0
    assert rank_statistic(draws, 1000, 100) == 100
    assert rank_statistic(np.zeros(100), 0, 100) == 50
    with pytest.raises(ValueError, match="200 ranks need as many draws"):
        rank_statistic(draws, 1, 200)
    with pytest.raises(ValueError, match="between 0 and 9"):
        rank_uniformity(np.array([1, 10]), 9)


def test_true_values_of_arrays_are_matched_by_label():
    generator = np.random.default_rng(1)
    posterior = xr.Dataset(
        {
            "mission_ties_slope": (
                ("chain", "draw", "mission"),
                generator.normal([1, 5], 0.1, size=(2, 100, 2)),
            )
        },
        coords={"mission": ["korea_1950", "gulf_1990"]},
    )
    truth = xr.DataArray([5.0, 1.0], dims="mission", coords={"mission": ["gulf_1990", "korea_1950"]})
    rows = pd.DataFrame(recovery_rows(posterior, {"mission_ties_slope": truth}, interval=0.9))
    assert rows["parameter"].tolist() == ["mission_ties_slope[korea_1950]", "mission_ties_slope[gulf_1990]"]
    assert rows["truth"].tolist() == [1.0, 5.0]


def test_fits_that_did_not_converge_are_counted_and_kept():
    recovery = recover(
        simulate,
        posterior_with(),
        range(10),
        interval=0.9,
        converged=lambda posterior: bool(posterior["ties_slope"].mean() > 0),
    )
    assert len(recovery) == 10
    assert 0 < coverage_table(recovery, interval=0.9)["not_converged"].item() < 10


def test_a_failing_fit_is_not_dropped():
    def fit(observed, seed):
        raise RuntimeError("the sampler stopped")

    with pytest.raises(RuntimeError, match="the sampler stopped"):
        recover(simulate, fit, range(3), interval=0.9)


def test_worlds_tell_who_is_fooled():
    """In the world of a common cause, the regression without it claims an effect of ties; the other does not."""

    def simulate_world(world, seed):
        generator = np.random.default_rng([seed, world == "common cause"])
        cause, noise = generator.normal(size=(2, 300))
        ties = cause + generator.normal(size=300)
        effect = 0.0 if world == "common cause" else 0.5
        joining = effect * ties + 0.8 * cause * (world == "common cause") + noise
        return (ties, cause, joining), {"ties_effect": effect}

    def fit(model, observed, seed):
        ties, cause, joining = observed
        columns = [ties] if model == "naive" else [ties, cause]
        design = np.stack(columns, axis=1)
        slopes, residual, *_ = np.linalg.lstsq(design, joining, rcond=None)
        sd = np.sqrt(residual.item() / 300 * np.linalg.inv(design.T @ design)[0, 0])
        draws = np.random.default_rng(seed).normal(slopes[0], sd, size=(2, 200))
        return {"ties_effect": xr.DataArray(draws, dims=("chain", "draw"))}

    fits = run_worlds(
        ["ties cause", "common cause"],
        ["naive", "with cause"],
        simulate_world,
        fit,
        range(30),
        interval=0.95,
    )
    table = worlds_table(fits)
    assert table.columns.tolist() == WORLD_COLUMNS
    fooled = table.set_index(["world", "model"])["share_fooled"]
    assert fooled["common cause", "naive"] == 1
    assert fooled["common cause", "with cause"] < 0.2
    assert fooled["ties cause", "naive"] == 0
    claimed = table.set_index(["world", "model"])["share_claimed"]
    assert claimed["ties cause", "naive"] == 1
    row = table.set_index(["world", "model"]).loc[("common cause", "naive")]
    assert 0.85 < row["fooled_lower"] < 1
    assert row["fooled_upper"] == 1
