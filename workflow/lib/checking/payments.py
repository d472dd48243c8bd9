"""Change of payments around joining: side payments would go to those who join, and most to those least close.

From `payment_value` of the analysis data set (kept out of every predictor) to `results/checks/payments.csv`. A description,
not a test of bargaining: aid changes for other reasons too, and those who were paid and declined are not seen. Fails with a
`ValueError` when the quality given has other labels than the data.

Source of the question: Henke (2019), Constructing Allied Cooperation. Intervals: bootstrap over states, which keeps a state's
missions together (Cameron, Gelbach & Miller 2008, Review of Economics and Statistics 90(3), 414-427).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.checking.draws import interval_probabilities

PAYMENT_COLUMNS = [
    "payment",
    "group",
    "joiners",
    "others",
    "mean_joiners",
    "mean_others",
    "change",
    "change_lower",
    "change_upper",
]
SMALLEST_GROUP = 10


def payments_table(
    data: xr.Dataset, quality: xr.DataArray | None, *, interval: float, seed: int, resamples: int = 2000
) -> pd.DataFrame:
    """Payments of joiners beside those of others, by ties and by quality.

    Parameters
    ----------
    data : xarray.Dataset
        `payment_value` (payment, mission, state), `joined`, `ties`.
    quality : xarray.DataArray, shape (mission, state), optional
        Posterior mean of quality before each mission.
    interval : float
    seed : int
        Of the bootstrap.
    resamples : int

    Returns
    -------
    pandas.DataFrame
        payment, group (`all`, `few ties`, `many ties`, `low quality`, `high quality`: below and above the mission's
        median), joiners and others (rows with a value), mean_joiners, mean_others, change (joiners minus others, the mean
        within missions weighted by their joiners), change_lower, change_upper. Groups with fewer than ten joiners are left out.
    """
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
    joined = data["joined"].transpose("mission", "state").values
    generator = np.random.default_rng(seed)
    states = data.sizes["state"]
    weights = generator.multinomial(states, np.full(states, 1 / states), size=resamples).astype(float)
    rows = []
    for payment in data["payment"].values:
        paid = data["payment_value"].sel(payment=payment).transpose("mission", "state").values
        for name, chosen in groups.items():
            known = np.isfinite(paid) & chosen.values
            joiners, others = known & (joined == 1), known & (joined == 0)
            if joiners.sum() < SMALLEST_GROUP or not others.any():
                continue
            value = np.where(known, paid, 0.0)
            resampled = _within_missions(value, joiners, others, weights)
            lower, upper = np.nanquantile(resampled, interval_probabilities(interval))
            rows.append(
                {
                    "payment": str(payment),
                    "group": name,
                    "joiners": int(joiners.sum()),
                    "others": int(others.sum()),
                    "mean_joiners": value[joiners].mean(),
                    "mean_others": value[others].mean(),
                    "change": float(_within_missions(value, joiners, others, np.ones((1, states)))[0]),
                    "change_lower": float(lower),
                    "change_upper": float(upper),
                }
            )
    return pd.DataFrame(rows, columns=PAYMENT_COLUMNS)


def _within_missions(
    value: np.ndarray, joiners: np.ndarray, others: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Joiners' minus others' mean in each mission, averaged with the missions' joiners as weights; one for each row."""
    number_joiners, number_others = weights @ joiners.T.astype(float), weights @ others.T.astype(float)
    both = (number_joiners > 0) & (number_others > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = (weights @ (value * joiners).T) / number_joiners - (
            weights @ (value * others).T
        ) / number_others
        total = np.where(both, number_joiners, 0.0).sum(axis=1)
        return np.where(both, difference * number_joiners, 0.0).sum(axis=1) / total
