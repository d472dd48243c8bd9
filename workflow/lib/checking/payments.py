"""Change of payments around joining: side payments would go to those who join, and most to those least close.

From `payment_value` of the analysis data set (kept out of every predictor) to `results/checks/payments.csv`. A description,
not a test of bargaining: aid changes for other reasons too, and those who were paid and declined are not seen. Fails with a
`ValueError` when the quality given has other labels than the data.

Source of the question: Henke (2019), Constructing Allied Cooperation. Intervals: bootstrap over states, which keeps a state's
missions together (Cameron, Gelbach & Miller 2008, Review of Economics and Statistics 90(3), 414-427).
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from workflow.lib.checking.draws import interval_probabilities
from workflow.lib.checking.table import CANNOT_TELL, DESCRIBED, FAILED, PASSED, check_row

SMALLEST_GROUP = 10
# the smallest difference of interest, in standard deviations of the change of a payment over the scored rows
SMALLEST_OF_INTEREST = 0.1


def payment_rows(
    data: xr.Dataset,
    quality: xr.DataArray | None,
    model: str,
    *,
    interval: float,
    seed: int,
    resamples: int = 2000,
) -> list[dict]:
    """Payments of joiners beside those of others, by ties and by quality.

    Parameters
    ----------
    data : xarray.Dataset
        `payment_value` (payment, mission, state), `joined`, `ties`.
    quality : xarray.DataArray, shape (mission, state), optional
        Posterior mean of quality before each mission.
    interval, seed, resamples : float, int, int
        Of the bootstrap.

    Returns
    -------
    list of dict
        Rows of a table of checks: joiners' less others' change, the mean within missions weighted by their joiners, for all and
        for those below and above the mission's median of ties and of quality; a side-payment would make it positive. Groups
        with fewer than ten joiners are left out. An equivalence test: see ``payment_verdict``.
    """
    groups = _groups(data, quality)
    joined = data["joined"].transpose("mission", "state").values
    states = data.sizes["state"]
    weights = np.random.default_rng(seed).multinomial(states, [1 / states] * states, resamples).astype(float)
    rows = []
    for payment in data["payment"].values:
        paid = data["payment_value"].sel(payment=payment).transpose("mission", "state").values
        smallest = SMALLEST_OF_INTEREST * float(np.nanstd(np.where(groups["all"].values, paid, np.nan)))
        for name, chosen in groups.items():
            observed = np.isfinite(paid) & chosen.values
            joiners, non_joiners = observed & (joined == 1), observed & (joined == 0)
            if joiners.sum() < SMALLEST_GROUP or not non_joiners.any():
                continue
            amount = np.where(observed, paid, 0.0)
            resampled = _within_missions(amount, joiners, non_joiners, weights)
            lower, upper = np.nanquantile(resampled, interval_probabilities(interval))
            change = float(_within_missions(amount, joiners, non_joiners, np.ones((1, states)))[0])
            words = str(payment).replace("aid_change_", "change of ").replace("_", " ")
            label = f"{words} aid, joiners less others ({name})"
            # the mechanism is about all who join; groups show where payments go
            verdict = payment_verdict(lower, upper, smallest) if name == "all" else DESCRIBED
            columns = {"estimate": change, "lower": float(lower), "upper": float(upper)}
            note = f"{joiners.sum()} joiners, {non_joiners.sum()} others; smallest of interest {smallest:.3f}"
            columns |= {"expected": "positive", "note": note}
            rows.append(check_row("payments", model, f"{payment} {name}", label, verdict, **columns))
    return rows


def payment_verdict(lower: float, upper: float, smallest: float) -> str:
    """Failed if the whole interval lies below the smallest difference of interest, passed if it lies above zero.

    A payment smaller than that, however sure, is not the one that would seal a deal.
    """
    return FAILED if upper < smallest else (PASSED if lower > 0 else CANNOT_TELL)


def _groups(data: xr.Dataset, quality: xr.DataArray | None) -> dict[str, xr.DataArray]:
    """Scored rows (mission, state): all, and those below and above the mission's median of ties and of quality."""
    scored = data["joined"].notnull().transpose("mission", "state")
    groups = {"all": scored}
    for name, values, words in (
        ("ties", data["ties"], ("few", "many")),
        ("quality", quality, ("low", "high")),
    ):
        if values is not None:
            values = values.transpose("mission", "state").where(scored)
            above = values > values.median("state")
            groups |= {f"{words[0]} {name}": scored & ~above, f"{words[1]} {name}": scored & above}
    return groups


def _within_missions(
    value: np.ndarray, joiners: np.ndarray, non_joiners: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Joiners' minus others' mean in each mission, averaged with the missions' joiners as weights; one for each row."""
    number_joiners, number_non_joiners = (weights @ group.T.astype(float) for group in (joiners, non_joiners))
    both = (number_joiners > 0) & (number_non_joiners > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_non_joiners = weights @ (value * non_joiners).T / number_non_joiners
        difference = weights @ (value * joiners).T / number_joiners - mean_non_joiners
        total = np.where(both, number_joiners, 0.0).sum(axis=1)
        return np.where(both, difference * number_joiners, 0.0).sum(axis=1) / total
