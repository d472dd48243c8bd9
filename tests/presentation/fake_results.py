"""A complete, made-up results folder that keeps the output contract: small, quick to write, different for each option."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from workflow.lib.inference.archive import write_tree

INTERVAL = 0.9
STATES = {
    20: "Canada", 40: "Cuba", 42: "Dominican Republic", 100: "Colombia", 140: "Brazil", 200: "United Kingdom",
    210: "Netherlands", 211: "Belgium", 220: "France", 230: "Spain", 260: "Germany", 290: "Poland", 325: "Italy",
    339: "Albania", 350: "Greece", 380: "Sweden", 385: "Norway", 390: "Denmark", 475: "Nigeria", 500: "Uganda",
    517: "Rwanda", 530: "Ethiopia", 560: "South Africa", 600: "Morocco", 630: "Iran", 640: "Turkey", 651: "Egypt",
    652: "Syria", 663: "Jordan", 666: "Israel", 670: "Saudi Arabia", 690: "Kuwait", 712: "Mongolia", 732: "South Korea",
    740: "Japan", 750: "India", 771: "Bangladesh", 800: "Thailand", 816: "Vietnam", 840: "Philippines", 850: "Indonesia",
    900: "Australia", 920: "New Zealand", 955: "Tonga",
}  # fmt: skip
MISSIONS = {
    "korea_1950": ("Korea (UN Command)", 1950, 1, 1), "vietnam_1965": ("Vietnam (Free World Forces)", 1965, 0, 0),
    "lebanon_1982": ("Lebanon (MNF)", 1982, 0, 0), "grenada_1983": ("Grenada", 1983, 0, 1),
    "gulf_1990": ("Gulf War", 1990, 1, 0), "haiti_1994": ("Haiti (MNF)", 1994, 1, 0),
    "kosovo_1999": ("Kosovo (Allied Force)", 1999, 0, 1), "afghanistan_2001": ("Afghanistan (OEF)", 2001, 1, 1),
    "iraq_mnf_2003": ("Iraq (MNF-I)", 2003, 1, 0), "libya_2011": ("Libya (Unified Protector)", 2011, 1, 1),
}  # fmt: skip
TIE_ITEMS = ["igo_joint", "un_treaty_joint", "alliance_joint", "trade_pact_joint"]
INDICATORS = {
    "un_agreement": "normal", "trade_share": "normal", "economic_aid_any": "bernoulli", "economic_aid_amount": "normal",
    "troops_any": "bernoulli", "troops_amount": "normal", "exercises": "negative_binomial", "disputes": "bernoulli",
    "sanctions": "bernoulli", "visits_to_pivotal": "negative_binomial",
}  # fmt: skip
COVARIATES = ["log_population", "log_gdp_per_head", "democracy", "capability", "log_distance"]
DROPPED = {
    "eligible": 445,
    "scored": 436,
    "dropped": 9,
    "joiners_lost": [{"mission": "korea_1950", "state": 530, "name": "Ethiopia", "missing": ["democracy"]}],
    "joiners_not_eligible": [],
}
PANEL_YEARS = np.arange(1949, 2015, 5)
CHAINS, DRAWS = 2, 100
OUTCOME_MODELS = ("pooled", "missions", "crossed", "joint")


def compositions(models: tuple[str, ...]) -> dict:
    """Config's `models:` section for the fake run."""
    known = {
        "pooled": {"blocks": ["outcome"], "mission_intercepts": False},
        "missions": {"blocks": ["outcome"], "mission_slopes": ["ties"]},
        "crossed": {"blocks": ["outcome"], "mission_slopes": ["ties"], "state_effects": True},
        "measurement": {"blocks": ["quality", "ties"]},
        "joint": {
            "blocks": ["quality", "ties", "outcome"],
            "mission_slopes": ["ties", "quality"],
            "state_effects": True,
        },
    }
    return {name: known[name] for name in models}


def fake_settings(folder: Path, models: tuple[str, ...]) -> dict:
    """Resolved settings of the fake run; its input tables are in `folder/inputs`."""
    tables = {
        name: str(folder / "inputs" / f"{name}.csv")
        for name in ("missions", "participation", "states", "codebook")
    }
    return {
        "seed": 1,
        "data": {**tables, "pivotal": 2, "outcome_kind": "deployment", "joined_certainty": "uncertain",
                 "measurement_panel": {"first": 1949, "last": 2014, "every": 5}, "last_start_year": 2014},
        "models": compositions(models),
        "sampler": {"chains": CHAINS, "tune": 100, "draws": DRAWS},
        "gate": {"r_hat": 1.01, "ess_bulk": 400, "ess_tail": 400, "divergences": 0, "bfmi": 0.3, "pareto_k": 0.7},
        "report": {"interval": INTERVAL, "cases": ["korea_1950", "gulf_1990", "iraq_mnf_2003"]},
        "paper": {"formats": ["pdf", "docx", "html", "tex"]},
    }  # fmt: skip


def summary(draws: np.ndarray) -> dict:
    """Mean, median, sd and central interval of an array of draws."""
    tail = (1 - INTERVAL) / 2
    return {
        "mean": draws.mean(), "median": np.median(draws), "sd": draws.std(),
        "lower": np.quantile(draws, tail), "upper": np.quantile(draws, 1 - tail),
    }  # fmt: skip


def analysis(rng: np.random.Generator) -> tuple[xr.Dataset, np.ndarray]:
    """Analysis dataset and the true probabilities behind it, (mission, state)."""
    states, missions = list(STATES), list(MISSIONS)
    ability = rng.normal(size=len(states))
    path = ability[:, None] + 0.4 * np.cumsum(rng.normal(size=(len(states), len(PANEL_YEARS))), axis=1) / 2
    ties = 0.6 * ability + rng.normal(size=(len(missions), len(states)))
    logit = -1.2 + 0.4 * ties + 0.9 * ability + rng.normal(scale=0.6, size=(len(missions), 1))
    probability = 1 / (1 + np.exp(-logit))
    joined = (rng.random(probability.shape) < probability).astype(float)
    joined[0, -4:] = np.nan
    indicator = rng.normal(size=(len(INDICATORS), len(states), len(PANEL_YEARS))) + 0.7 * path
    indicator[6, :, :6] = np.nan
    dataset = xr.Dataset(
        {
            "joined": (("mission", "state"), joined),
            "certainty": (("mission", "state"), rng.choice([0.5, 0.75, 1.0], size=joined.shape)),
            "start_year": ("mission", [MISSIONS[m][1] for m in missions]),
            "mission_covariate_value": (("mission_covariate", "mission"), [[MISSIONS[m][k] for m in missions] for k in (2, 3)]),
            "tie_total": (("mission", "state"), np.round(20 + 15 * np.abs(ties))),
            "ties": (("mission", "state"), ties),
            "covariate_value": (("covariate", "mission", "state"), rng.normal(size=(len(COVARIATES), *joined.shape))),
            "indicator_value": (("indicator", "state", "panel_year"), indicator),
            "family": ("indicator", list(INDICATORS.values())),
            "anchor": ("indicator", [name == "un_agreement" for name in INDICATORS]),
            "indicator_role": ("indicator", ["quality"] * 9 + ["personal_contact"]),
            "direction": ("indicator", [1, 1, 1, 1, 1, 1, 1, -1, -1, 1]),
            "tie_joint": (("tie_item", "state", "panel_year"), rng.poisson(10, size=(4, len(states), len(PANEL_YEARS)))),
        },
        coords={
            "mission": missions, "pivotal": ("mission", [2] * len(missions)),
            "state": states, "state_name": ("state", list(STATES.values())),
            "mission_label": ("mission", [MISSIONS[m][0] for m in missions]), "tie_item": TIE_ITEMS,
            "indicator": list(INDICATORS),
            "covariate": COVARIATES, "covariate_role": ("covariate", ["control"] * len(COVARIATES)),
            "mission_covariate": ["un_mandate", "short_horizon"], "panel_year": PANEL_YEARS,
        },
        attrs={"config": "{}", "config_hash": "0" * 8, "tables_hash": "1" * 8,
               "dropped": json.dumps(DROPPED)},
    )  # fmt: skip
    return dataset, probability


def posterior(rng: np.random.Generator, model: str, spread: float) -> xr.Dataset:
    """Draws of every parameter the model has; `spread` widens them (prior)."""
    shape = (CHAINS, DRAWS)
    missions, states = list(MISSIONS), list(STATES)

    def scalar(centre):
        return (("chain", "draw"), centre + spread * rng.normal(size=shape))

    def vector(dim, centres):
        return (
            ("chain", "draw", dim),
            np.asarray(centres) + spread * rng.normal(size=(*shape, len(centres))),
        )

    variables, coords = {}, {"mission": missions, "state": states}
    if model != "measurement":
        variables |= {
            "intercept": scalar(-1.5),
            "ties_slope": scalar(0.4),
            "covariate_slope": vector("control", np.linspace(-0.4, 0.5, 5)),
        }
        coords["control"] = COVARIATES
    if model in ("missions", "crossed", "joint"):
        variables |= {
            "mission_intercept": vector("mission", np.linspace(-2, 0, len(missions))), "mission_sd": scalar(1.0),
            "mission_ties_slope": vector("mission", np.linspace(-0.2, 0.9, len(missions))), "ties_slope_sd": scalar(0.4),
        }  # fmt: skip
    if model in ("crossed", "joint"):
        variables |= {
            "state_effect": vector("state", np.linspace(-1, 1, len(states))),
            "state_sd": scalar(0.8),
        }
    if model == "joint":
        variables |= {
            "quality_slope": scalar(0.9),
            "mission_quality_slope": vector("mission", np.linspace(0.2, 1.6, len(missions))),
            "quality_slope_sd": scalar(0.5),
        }
    if model in ("measurement", "joint"):
        variables |= {
            "quality_static_share": scalar(0.6),
            "indicator_loading": vector("indicator", [0.9, 0.5, 0.6, 0.4, 0.8, 0.5, 0.9, -0.7, -0.5, 0.6]),
            "tie_quality_loading": vector("tie_item", [0.3, 0.1, 0.8, 0.2]),
            "opportunity_loading": vector("tie_item", [0.5, 0.7, 0.2, 0.3]),
        }  # fmt: skip
        coords |= {"indicator": list(INDICATORS), "tie_item": TIE_ITEMS}
    return xr.Dataset(variables, coords=coords)


def diagnostics(model: str) -> dict:
    """A diagnostics.json that passed the gate."""
    checks = [
        {"check": "r_hat", "parameter": "mission_sd", "value": 1.006, "threshold": 1.01, "verdict": "pass"},
        {"check": "ess_bulk", "parameter": "state_sd", "value": 612.0, "threshold": 400, "verdict": "pass"},
        {"check": "ess_tail", "parameter": "state_sd", "value": 705.0, "threshold": 400, "verdict": "pass"},
        {"check": "divergences", "parameter": "all", "value": 0, "threshold": 0, "verdict": "pass"},
        {"check": "bfmi", "parameter": "chain 2", "value": 0.81, "threshold": 0.3, "verdict": "pass"},
    ]
    return {"model": model, "verdict": "pass", "checks": checks, "draws": CHAINS * DRAWS, "seconds": 12.5}


def effect_rows(rng: np.random.Generator, model: str) -> list[dict]:
    """Rows of effects.csv for one model."""
    rows = []

    def add(estimand, scope, draws):
        rows.append(
            {
                "model": model,
                "estimand": estimand,
                "scope": scope,
                **summary(draws),
                "ess_bulk": 900.0,
                "r_hat": 1.002,
            }
        )

    centre = {"pooled": 0.16, "missions": 0.14, "crossed": 0.08, "joint": 0.05}[model]
    scopes = ["all", "era:before_1990", "era:from_1990", *[f"mission:{m}" for m in MISSIONS]]
    for scope in scopes:
        add("ties_effect", scope, centre + 0.03 * rng.normal(size=400))
    for mission in MISSIONS:
        add("joiners_ties", f"mission:{mission}", 40 * (centre + 0.02 * rng.normal(size=400)))
    add("attenuation", "all", 1 - centre / 0.16 + 0.1 * rng.normal(size=400))
    if model == "joint":
        for scope in scopes:
            add("quality_effect", scope, 0.17 + 0.03 * rng.normal(size=400))
        for mission in MISSIONS:
            add("joiners_quality", f"mission:{mission}", 40 * (0.17 + 0.02 * rng.normal(size=400)))
        add("quality_beats_ties", "all", (rng.random(400) < 0.97).astype(float))
    return rows


def write_inputs(folder: Path, rng: np.random.Generator, data: xr.Dataset) -> None:
    """The user's tables: missions, participation, states, codebook."""
    folder.mkdir(parents=True)
    missions = [
        {"mission": m, "label": label, "start_year": year, "end_year": year + 2, "pivotal": 2,
         "outcome_kind": "deployment", "type": "war", "un_mandate": un, "short_horizon": short,
         "targets": "731", "host": 732, "evidence": "strong", "source": "made up"}
        for m, (label, year, un, short) in MISSIONS.items()
    ]  # fmt: skip
    pd.DataFrame(missions).to_csv(folder / "missions.csv", index=False)
    joined = data["joined"].to_series()
    members = joined[joined == 1].reset_index()
    members["state_name"] = members["state"].map(STATES)
    members["role"] = "combat"
    members["certainty"] = rng.choice(["verified", "probable", "uncertain"], size=len(members))
    members["n_sources"], members["sources"], members["disagreement"], members["note"] = 2, "made up", "", ""
    members.to_csv(folder / "participation.csv", index=False)
    years = np.arange(1946, 2015)
    index = pd.MultiIndex.from_product([[2], list(STATES)[:12], years], names=["pivotal", "state", "year"])
    states = pd.DataFrame(index=index).reset_index()
    for column in [*TIE_ITEMS, "un_agreement", "trade_share", "exercises", "sanctions", *COVARIATES[:4]]:
        states[column] = rng.normal(size=len(states)).round(3)
    states.loc[states["year"] < 1980, "exercises"] = np.nan
    states.loc[states["year"] > 2005, "sanctions"] = np.nan
    states.to_csv(folder / "states.csv", index=False)
    roles = {
        "un_agreement": "quality",
        "trade_share": "quality",
        "exercises": "quality",
        "sanctions": "quality",
    }
    rows = [
        {"column": column, "role": roles.get(column, "tie_count" if column in TIE_ITEMS else "control"), "family": "normal",
         "unit": "count", "window": "year", "definition": f"made-up {column} | of the pair", "citation": "Made up 2026",
         "first_year": 1946, "last_year": 2014}
        for column in states.columns[3:]
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "codebook.csv", index=False)


def write_fake_results(
    base: Path, models: tuple[str, ...] = ("pooled", "missions", "crossed", "measurement", "joint")
) -> tuple[Path, dict]:
    """Write a whole fake run.

    Parameters
    ----------
    base : Path
        Empty folder.
    models : tuple of str
        Which models "were run".

    Returns
    -------
    tuple
        Results folder and settings.
    """
    rng = np.random.default_rng(5)
    results = base / "results"
    for name in ("data", "comparison", "checks", *models):
        (results / name).mkdir(parents=True)
    data, probability = analysis(rng)
    write_tree(data, results / "data" / "analysis.nc")
    write_inputs(base / "inputs", rng, data)
    outcome_models = [name for name in models if name in OUTCOME_MODELS]
    for name in models:
        for file, group, spread in (("posterior.nc", "posterior", 0.2), ("prior.nc", "prior", 1.0)):
            tree = xr.DataTree.from_dict({f"/{group}": posterior(rng, name, spread)})
            write_tree(tree, results / name / file)
        (results / name / "diagnostics.json").write_text(json.dumps(diagnostics(name)), encoding="utf-8")
    pd.DataFrame([row for name in outcome_models for row in effect_rows(rng, name)]).to_csv(
        results / "effects.csv", index=False
    )
    write_predictions(results, rng, outcome_models, data, probability)
    write_comparison(results, rng, outcome_models)
    write_checks(results, rng, data, outcome_models[-1])
    if "joint" in models or "measurement" in models:
        rows = []
        for position, state in enumerate(STATES):
            path = np.sin(position) + 0.3 * np.cumsum(rng.normal(size=len(PANEL_YEARS)))
            for year, mean in zip(PANEL_YEARS, path, strict=True):
                rows.append(
                    {
                        "pivotal": 2,
                        "state": state,
                        "year": year,
                        "mean": mean,
                        "sd": 0.3,
                        "lower": mean - 0.5,
                        "upper": mean + 0.5,
                    }
                )
        pd.DataFrame(rows).to_csv(results / "quality.csv", index=False)
    return results, fake_settings(base, models)


def write_predictions(
    results: Path, rng, models: list[str], data: xr.Dataset, probability: np.ndarray
) -> None:
    """predictions.csv: in-sample rows of every model, held-out rows of the last."""
    rows = []
    for model in models:
        for held_out in (False, True):
            for i, mission in enumerate(MISSIONS):
                for j, state in enumerate(STATES):
                    joined = data["joined"].values[i, j]
                    if np.isnan(joined):
                        continue
                    logit = np.log(probability[i, j] / (1 - probability[i, j])) + rng.normal(
                        scale=0.7 if held_out else 0.3
                    )
                    mean, lower, upper = (1 / (1 + np.exp(-(logit + shift))) for shift in (0, -0.8, 0.8))
                    rows.append({"model": model, "mission": mission, "state": state, "joined": int(joined), "mean": mean,
                                 "lower": lower, "upper": upper, "held_out": held_out})  # fmt: skip
    pd.DataFrame(rows).to_csv(results / "predictions.csv", index=False)


def write_comparison(results: Path, rng, models: list[str]) -> None:
    """comparison/{loo,missions,future}.csv; the second half of the missions is the future."""
    loo = [
        {"model": m, "elpd": -180.0 - 8 * k, "se": 9.0, "p": 20.0, "elpd_diff": 8.0 * k, "se_diff": 3.0 * k,
         "weight": 1.0 * (k == 0), "n": 436, "pareto_k_above": 0}
        for k, m in enumerate(models[::-1])
    ]  # fmt: skip
    pd.DataFrame(loo).to_csv(results / "comparison" / "loo.csv", index=False)
    missions = [
        {"model": m, "mission": mission, "joint_log_score": -18 - 2 * k + rng.normal(), "log_score": -0.4,
         "brier": 0.12 + 0.01 * k, "joiners": 10, "expected_joiners": 11.0 + rng.normal(), "lower": 4.0, "upper": 20.0,
         "n_states": 44, "joint_log_score_se": 0.1}
        for k, m in enumerate(models[::-1]) for mission in MISSIONS
    ]  # fmt: skip
    scores = pd.DataFrame(missions)
    scores.to_csv(results / "comparison" / "missions.csv", index=False)
    later = scores[scores["mission"].isin(list(MISSIONS)[len(MISSIONS) // 2 :])]
    later.insert(1, "cutoff_year", 1990)
    later.to_csv(results / "comparison" / "future.csv", index=False)


def write_checks(results: Path, rng, data: xr.Dataset, model: str) -> None:
    """checks/*.csv: predictive checks, controls, contraction, common cause, priors."""
    folder = results / "checks"
    rows = []
    for i, mission in enumerate(MISSIONS):
        observed = float(np.nansum(data["joined"].values[i]))
        rows.append({"check": "joiners_per_mission", "model": model, "item": mission, "scope": "all", "statistic": "joiners",
                     "observed": observed, "mean": observed + rng.normal(), "lower": max(observed - 4, 0), "upper": observed + 4,
                     "p_value": 0.4})  # fmt: skip
    rows.append({"check": "repeat_joiners", "model": model, "item": "0", "scope": "all", "statistic": "share_of_states",
                 "observed": 0.4, "mean": 0.2, "lower": 0.15, "upper": 0.25, "p_value": 0.001})  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "predictive.csv", index=False)
    controls = [
        {"check": check, "model": "crossed", "item": item, "estimate": mean, "lower": mean - 0.2, "upper": mean + 0.2,
         "comparison_estimate": 0.4, "excludes_zero": abs(mean) > 0.2, "n_rows": 430, "rows_dropped": 6}
        for check, item, mean in (
            ("negative_control_exposure", "igo_joint_russia instead of ties", 0.05),
            ("negative_control_exposure", "igo_joint_china beside ties", -0.02),
            ("timing_placebo", "igo_joint_lead5 beside ties", 0.3),
        )
    ]  # fmt: skip
    pd.DataFrame(controls).to_csv(folder / "negative_controls.csv", index=False)
    pd.DataFrame([
        {"check": "e_value", "model": model, "item": item, "scope": "all", "cause_slope": np.nan, "cause_difference": np.nan,
         "estimate": value, "lower": np.nan, "upper": np.nan, "probability_positive": 0.98, "comparison_estimate": 1.3}
        for item, value in (("estimate", 1.9), ("limit", 1.2))
    ]).to_csv(folder / "common_cause.csv", index=False)  # fmt: skip
    pd.DataFrame([
        {"model": model, "parameter": "ties_slope", "prior": 0.02, "likelihood": 0.3, "diagnosis": "none"},
        {"model": model, "parameter": "mission_sd", "prior": 0.08, "likelihood": 0.2, "diagnosis": "prior-data conflict"},
    ]).to_csv(folder / "prior_sensitivity.csv", index=False)  # fmt: skip
    pd.DataFrame([
        {"check": "labels", "model": model, "item": item, "scope": "ties_effect", "estimate": 0.05, "lower": 0.01, "upper": 0.09,
         "comparison_estimate": 0.05, "difference": 0.0, "reverses": False}
        for item in ("broad list", "strict list")
    ]).to_csv(folder / "labels.csv", index=False)  # fmt: skip
