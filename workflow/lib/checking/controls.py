"""Negative controls and timing placebo: associations that ought to be absent if ties do what is claimed.

From: the analysis data set and a function, given by the caller, that refits a composition to a changed data
set. To: rows of `results/checks/negative_controls.csv`. Fails with a `ValueError` when a column or role is
absent.

* **Negative-control exposure.** Ties with a rival of the pivotal state measure the tendency to have ties at
  all. Put in the place of the ties with the pivotal state, or beside them, they should not predict who joins
  its missions.
* **Negative-control outcome.** Ties with the pivotal state should not predict who joins missions led by
  others.
* **Timing placebo.** Ties five years after the mission cannot have caused joining; with present ties in the
  model they should not predict it. (They may, if joining makes ties: then the arrow runs the other way.)

Sources: Lipsitch, Tchetgen Tchetgen & Cohen (2010), Epidemiology 21(3), 383-388; for outcomes in the past as
a placebo: Imbens (2015), Journal of Human Resources 50(2), 373-419.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.checking.draws import summarise

CONTROL_COLUMNS = [
    "check",
    "model",
    "item",
    "estimate",
    "lower",
    "upper",
    "comparison_estimate",
    "excludes_zero",
    "n_rows",
    "rows_dropped",
]


@dataclass(frozen=True)
class Variant:
    """A changed data set to which a composition is fitted again, and the term to read from the fit.

    Attributes
    ----------
    check : str
        `negative_control_exposure`, `negative_control_outcome` or `timing_placebo`.
    item : str
        What was changed, for example `igo_joint_russia instead of ties`.
    data : xarray.Dataset
        The changed analysis data set.
    term : str
        Variable of the posterior that should be near zero.
    selection : mapping
        Coordinates that pick one scalar from the term, for example {"control": "igo_joint_russia"}.
    controls : tuple of str
        Covariates to add to the composition's controls.
    """

    check: str
    item: str
    data: xr.Dataset
    term: str = "ties_slope"
    selection: Mapping[str, str] = field(default_factory=dict)
    controls: tuple[str, ...] = ()


def covariates_of_role(data: xr.Dataset, role: str) -> list[str]:
    """Names of the covariates with a role of the codebook, for example `rival_tie` or `placebo`."""
    roles = data["covariate_role"].values
    return [str(name) for name, own in zip(data["covariate"].values, roles, strict=True) if own == role]


def with_ties_replaced(data: xr.Dataset, covariate: str) -> xr.Dataset:
    """Put a covariate in the place of the tie count.

    Parameters
    ----------
    data : xarray.Dataset
        `ties`, `covariate_value` (covariate, mission, state), `joined`.
    covariate : str

    Returns
    -------
    xarray.Dataset
        `ties` is the covariate minus its mission mean over scored rows, divided by one pooled standard
        deviation, as the tie count itself is prepared; rows where it is missing are no longer scored.
    """
    values = _covariate(data, covariate)
    scored = _without_missing(data, [covariate])
    return scored.assign(ties=standardised_by_mission(values, scored["joined"].notnull()))


def with_controls_added(data: xr.Dataset, covariates: Sequence[str]) -> xr.Dataset:
    """Keep only rows where the covariates are known, and standardise them over these rows.

    The composition must name the covariates among its controls; ties and everything else stay as they are.
    """
    scored = _without_missing(data, covariates)
    rows = scored["joined"].notnull()
    values = scored["covariate_value"].copy()
    for covariate in covariates:
        own = _covariate(scored, covariate)
        mean, sd = own.where(rows).mean(), own.where(rows).std()
        if float(sd) == 0:
            raise ValueError(f"covariate `{covariate}` does not vary over the scored rows")
        values.loc[{"covariate": covariate}] = (own - mean) / sd
    return scored.assign(covariate_value=values)


def standardised_by_mission(values: xr.DataArray, rows: xr.DataArray) -> xr.DataArray:
    """Subtract the mission's mean over `rows`, divide by one standard deviation over all rows.

    Parameters
    ----------
    values : xarray.DataArray, shape (mission, state)
    rows : xarray.DataArray of bool, shape (mission, state)
        Rows that are scored.
    """
    centred = values - values.where(rows).mean("state")
    sd = float(centred.where(rows).std())
    if not sd > 0:
        raise ValueError("the exposure does not vary between the states of any mission")
    standardised = (centred / sd).transpose("mission", "state")
    return standardised.drop_vars(["covariate", "covariate_role"], errors="ignore").assign_attrs(scale=sd)


def negative_control_exposures(data: xr.Dataset, covariates: Iterable[str] | None = None) -> list[Variant]:
    """For each tie with a rival, one variant instead of the tie count and one beside it.

    Parameters
    ----------
    data : xarray.Dataset
    covariates : iterable of str, optional
        Covariates of the role `rival_tie` when absent.
    """
    chosen = covariates_of_role(data, "rival_tie") if covariates is None else list(covariates)
    variants = []
    for covariate in chosen:
        replaced = with_ties_replaced(data, covariate)
        variants.append(Variant("negative_control_exposure", f"{covariate} instead of ties", replaced))
        added = with_controls_added(data, [covariate])
        variants.append(
            Variant(
                "negative_control_exposure",
                f"{covariate} beside ties",
                added,
                term="covariate_slope",
                selection={"control": covariate},
                controls=(covariate,),
            )
        )
    return variants


def timing_placebos(data: xr.Dataset, covariates: Iterable[str] | None = None) -> list[Variant]:
    """For each later tie, one variant that has it beside the present tie count.

    Parameters
    ----------
    data : xarray.Dataset
    covariates : iterable of str, optional
        Covariates of the role `placebo` when absent.
    """
    chosen = covariates_of_role(data, "placebo") if covariates is None else list(covariates)
    return [
        Variant(
            "timing_placebo",
            f"{covariate} beside ties",
            with_controls_added(data, [covariate]),
            term="covariate_slope",
            selection={"control": covariate},
            controls=(covariate,),
        )
        for covariate in chosen
    ]


def negative_control_outcome(
    data: xr.Dataset, others: xr.Dataset, item: str = "missions led by others"
) -> Variant:
    """Missions that the pivotal state did not lead, with its ties as exposure.

    Parameters
    ----------
    data : xarray.Dataset
        The analysis data set under study.
    others : xarray.Dataset
        The same columns, prepared for missions with other pivotal states, exposures still those of the
        pivotal state under study.

    Returns
    -------
    Variant
        `ties` rescaled to the standard deviation of the data under study, so that the two slopes compare.

    Raises
    ------
    ValueError
        One of the missions is led by the pivotal state under study, or a covariate is absent.
    """
    led = set(np.unique(data["pivotal"].values)) & set(np.unique(others["pivotal"].values))
    if led:
        raise ValueError(
            f"missions led by {', '.join(str(code) for code in sorted(led))} are no negative control"
        )
    absent = [
        str(name) for name in data["covariate"].values if name not in set(others["covariate"].values.tolist())
    ]
    if absent:
        raise ValueError(f"the other missions lack the covariates {', '.join(absent)}")
    if "scale" in data["ties"].attrs and "scale" in others["ties"].attrs:
        ratio = others["ties"].attrs["scale"] / data["ties"].attrs["scale"]
        ties = (others["ties"] * ratio).assign_attrs(scale=data["ties"].attrs["scale"])
        others = others.assign(ties=ties)
    return Variant("negative_control_outcome", item, others)


def run_controls(
    variants: Iterable[Variant],
    refit: Callable[[Variant], xr.Dataset],
    model: str,
    *,
    interval: float,
    main: xr.Dataset,
) -> pd.DataFrame:
    """Refit each variant and read the term that should be near zero.

    Parameters
    ----------
    variants : iterable of Variant
    refit : callable
        variant -> posterior (chain, draw, ...) of the composition with `variant.controls` added to its
        controls, fitted to `variant.data`. It raises if the fit does not pass the gate.
    model : str
    interval : float
    main : xarray.Dataset
        Posterior of the composition on the unchanged data.

    Returns
    -------
    pandas.DataFrame
        check, model, item, estimate (posterior mean on the logit scale, one standard deviation of the
        exposure), lower, upper, comparison_estimate (the slope of the true ties: in the same refit where they
        are still in it, in the main fit otherwise), excludes_zero, n_rows, rows_dropped.
    """
    return pd.DataFrame(
        [
            summarise_variant(variant, refit(variant), model, interval=interval, main=main)
            for variant in variants
        ],
        columns=CONTROL_COLUMNS,
    )


def summarise_variant(
    variant: Variant, posterior: xr.Dataset, model: str, *, interval: float, main: xr.Dataset
) -> dict:
    """One row of `results/checks/negative_controls.csv`; see `run_controls`."""
    draws = posterior[variant.term].sel(dict(variant.selection))
    summary = summarise(draws, interval)
    comparison = main["ties_slope"] if variant.term == "ties_slope" else posterior["ties_slope"]
    return {
        "check": variant.check,
        "model": model,
        "item": variant.item,
        "estimate": summary["mean"],
        "lower": summary["lower"],
        "upper": summary["upper"],
        "comparison_estimate": float(comparison.mean()),
        "excludes_zero": bool(summary["lower"] > 0 or summary["upper"] < 0),
        "n_rows": int(variant.data["joined"].notnull().sum()),
        "rows_dropped": int(variant.data.attrs.get("rows_dropped_for_check", 0)),
    }


def _covariate(data: xr.Dataset, name: str) -> xr.DataArray:
    if name not in data["covariate"].values:
        raise ValueError(f"no covariate `{name}` in the analysis data set")
    return data["covariate_value"].sel(covariate=name).transpose("mission", "state")


def _without_missing(data: xr.Dataset, covariates: Sequence[str]) -> xr.Dataset:
    known = xr.ones_like(data["joined"], dtype=bool)
    for covariate in covariates:
        known = known & _covariate(data, covariate).notnull().drop_vars(
            ["covariate", "covariate_role"], errors="ignore"
        )
    joined = data["joined"].where(known)
    if not bool(joined.notnull().any()):
        raise ValueError(f"no scored row has a value of {', '.join(covariates)}")
    dropped = int(data["joined"].notnull().sum() - joined.notnull().sum())
    return data.assign(joined=joined).assign_attrs(rows_dropped_for_check=dropped)
