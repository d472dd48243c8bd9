"""A made-up results folder in the form of the contract: small, quick to write, with and without its optional files."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

STATES = {
    20: "Canada", 40: "Cuba", 90: "Guatemala", 200: "United Kingdom", 210: "Netherlands", 220: "France", 230: "Spain",
    260: "Germany", 350: "Greece", 390: "Denmark", 530: "Ethiopia", 630: "Iran", 640: "Turkey", 651: "Egypt", 666: "Israel",
    712: "Mongolia", 713: "Taiwan", 732: "South Korea", 740: "Japan", 750: "India", 840: "Philippines", 900: "Australia",
}  # fmt: skip
MISSIONS = {
    "korea_1950": ("Korea, UN Command", 1950, "korea"), "lebanon_1982": ("Lebanon, MNF", 1982, "lebanon"),
    "gulf_1990": ("Gulf War", 1990, "gulf"), "kosovo_1999": ("Kosovo, Allied Force", 1999, "kosovo"),
    "kfor_1999": ("Kosovo, KFOR", 1999, "kosovo"), "iraq_2003": ("Iraq, MNF-I", 2003, "iraq"),
}  # fmt: skip
INDICATORS = {
    "un_agreement": ("alignment", "agreement in UN votes"), "trade_share": ("alignment", "share of trade"),
    "exercises": ("alignment", "joint exercises"), "visits": ("contact", "visits of leaders"),
    "ambassador_in_post": ("contact", "ambassador in post"),
}  # fmt: skip
MODELS = {
    "quality": ("Alignment", None), "contact": ("Contact", None), "pooled": ("Pooled logit", "One logit with ties and controls."),
    "crossed": ("Missions and states", "Effects of missions and of states."),
    "within": ("Within and between", "State means beside deviations from them."),
    "cut": ("Draws of quality", "Quality as measured beforehand, by its draws."),
    "joint": ("One posterior", "Quality and joining together."),
    "alone": ("Quality without ties", "Quality alone has a slope."),
    "persons": ("Persons beside quality", "Contact has a slope."),
}  # fmt: skip
MEASUREMENTS = ("quality", "contact")
CHECK_NAMES = (
    "known_orderings", "known_groups", "turning_points", "constructs", "information_shares", "invariance",
    "indicator_stability", "benchmark", "vintages", "reverse_causation", "negative_controls", "ties_measures", "feedback",
    "predictive", "prior", "labels", "eligible", "measures", "priors", "error_rates", "sensitivity", "power_scaling",
    "payments",
)  # fmt: skip
FAILED_SENTENCE = (
    "Ties with Russia predict joining as well as ties with the pivotal state do (2 of 4 controls fail)."
)


@dataclass
class World:
    """What a made-up run is about; every name in it can be another."""

    states: dict[int, str] = field(default_factory=lambda: dict(STATES))
    missions: dict[str, tuple] = field(default_factory=lambda: dict(MISSIONS))
    indicators: dict[str, tuple] = field(default_factory=lambda: dict(INDICATORS))
    models: dict[str, tuple] = field(default_factory=lambda: dict(MODELS))
    measurements: tuple = MEASUREMENTS
    main: str = "cut"
    checks: tuple = CHECK_NAMES
    optional: bool = True
    validity: str = "passed"
    failed_checks: list[dict] = field(default_factory=lambda: [
        {"check": "negative_controls", "label": "ties with rivals", "number": 2, "of": 4, "sentence": FAILED_SENTENCE}
    ])  # fmt: skip
    abstract: list[str] | None = None

    @property
    def outcomes(self) -> list[str]:
        """Models with an outcome."""
        return [name for name in self.models if name not in self.measurements]


def settings(world: World, folder: Path) -> dict:
    """The resolved config."""
    models = {}
    for name, (label, description) in world.models.items():
        models[name] = {"label": label} | ({"description": description} if description else {})
    return {
        "data": {"codebook": str(folder / "codebook.csv"), "missions": str(folder / "missions.csv"), "ties_measure": "raw"},
        "models": models,
        "sampler": {"chains": 4, "tune": 600, "draws": 1000},
        "gate": {"r_hat": 1.01, "ess_bulk": 400, "ess_tail": 400, "divergences": 0, "bfmi": 0.3, "pareto_k": 0.7},
        "seed": 1, "report": {"interval": 0.9, "main_model": world.main, "cases": ["korea_1950", "gulf_1990"]},
        "paper": {"formats": ["pdf", "docx", "html", "tex"]},
    }  # fmt: skip


def analysis(world: World, rng: np.random.Generator) -> xr.Dataset:
    """The analysis dataset."""
    missions, states, years = list(world.missions), list(world.states), np.arange(1949, 2015)
    joined = (rng.random((len(missions), len(states))) < 0.3).astype(float)
    joined[:, :2], joined[0, -1] = [0, 1], np.nan
    grid = ("mission", "state")
    return xr.Dataset(
        {
            "joined": (grid, joined), "certainty": (grid, np.ones_like(joined)), "ties": (grid, rng.normal(size=joined.shape)),
            "start_year": ("mission", [world.missions[m][1] for m in missions]),
            "indicator_value": (
                ("indicator", "state", "year"), rng.normal(size=(len(world.indicators), len(states), len(years))),
            ),
        },
        coords={
            "mission": missions, "state": states, "year": years, "indicator": list(world.indicators),
            "mission_label": ("mission", [world.missions[m][0] for m in missions]),
            "conflict": ("mission", [world.missions[m][2] for m in missions]),
            "state_name": ("state", list(world.states.values())),
            "construct": ("indicator", [construct for construct, _ in world.indicators.values()]),
            "indicator_label": ("indicator", [label for _, label in world.indicators.values()]),
        },
        attrs={"config": "{}", "dropped": json.dumps({"eligible": 135, "dropped": 4, "joiners_lost": [{"state": 530}]})},
    )  # fmt: skip


def effects(world: World) -> list[dict]:
    """Rows of effects.csv."""
    rows = []

    def add(model, estimand, mean, scope="all", width=0.02):
        rows.append({"model": model, "estimand": estimand, "scope": scope, "mean": mean, "median": mean, "sd": width / 2,
                     "lower": mean - width, "upper": mean + width, "ess_bulk": 900, "r_hat": 1.001})  # fmt: skip

    scopes = ["all", "era:before_1990", "era:from_1990", *(f"mission:{name}" for name in world.missions)]
    for number, model in enumerate(world.outcomes):
        measured = world.measurements[0] if world.measurements else "quality"
        with_quality = world.models[model][0] not in ("Pooled logit", "Missions and states", "A plain count")
        for scope in scopes:
            if model != "alone":
                add(model, "ties_effect", 0.051 - 0.007 * number, scope)
            if with_quality:
                add(model, f"{measured}_effect", 0.032 + 0.004 * number, scope)
        if with_quality and model != "alone":
            add(model, "quality_beats_ties", 0.61)
        for name in world.missions:
            add(model, "joiners_ties", 1.2, f"mission:{name}", 0.5)
        if world.models[model][0] == "Persons beside quality":
            add(model, "contact_effect", 0.013)
    for number, estimand in enumerate(("ties_within", "ties_between", "quality_within", "quality_between")):
        if "within" in world.models:
            add("within", f"{estimand}_effect", 0.02 + 0.01 * number)
    return rows


def parameters(world: World) -> list[dict]:
    """Rows of parameters.csv."""
    names = []
    mission, (label, *_) = next(iter(world.missions.items()))
    for model in world.outcomes:
        names += [(model, "ties_slope", "slope of ties"), (model, "control_slope[capability]", "slope of capability"),
                  (model, f"mission_ties_slope[{mission}]", f"slope of ties, {label}")]  # fmt: skip
    for model in world.measurements:
        names += [
            (model, f"{part}[{item}]", f"{part} of {item}")
            for part in ("loading", "error_sd", "error_persistence")
            for item in world.indicators
        ]
        names.append((model, "persistence", "persistence"))
    return [
        {"model": model, "parameter": name, "label": label, "mean": 0.4, "sd": 0.1, "lower": 0.2, "upper": 0.6,
         "ess_bulk": 900, "r_hat": 1.001, "contraction": 0.9}
        for model, name, label in names
    ]  # fmt: skip


def quality(world: World, rng: np.random.Generator) -> list[dict]:
    """Rows of quality.csv."""
    rows = []
    for construct in dict.fromkeys(construct for construct, _ in world.indicators.values()):
        for information in ("filtered", "smoothed"):
            for state, name in world.states.items():
                level = rng.normal()
                rows += [
                    {"pivotal": 2, "state": state, "name": name, "year": year, "construct": construct, "mean": level,
                     "sd": 0.3, "lower": level - 0.5, "upper": level + 0.5, "information": information,
                     "model": world.measurements[0] if construct == next(iter(world.indicators.values()))[0] else "other"}
                    for year in (1952, 1965, 1978, 1989, 2002, 2013)
                ]  # fmt: skip
    return rows


def predictions(world: World, data: xr.Dataset, rng: np.random.Generator) -> list[dict]:
    """Rows of predictions.csv: in the fit, and for the main model held out."""
    rows = []
    for model in world.outcomes:
        for held_out in (False, True)[: 1 + (model == world.main and world.optional)]:
            for mission in world.missions:
                known = data["joined"].sel(mission=mission).to_series().dropna()
                for state, joined in known.items():
                    mean = rng.uniform(0.05, 0.9)
                    rows.append({"model": model, "mission": mission, "state": state, "joined": int(joined), "mean": mean,
                                 "lower": mean / 2, "upper": (1 + mean) / 2, "held_out": held_out})  # fmt: skip
    return rows


def check_rows(name: str, world: World) -> list[dict]:
    """Rows of one table of checks: one passes, one fails, one cannot be told, one is described."""
    states = list(world.states.values())
    labels = {
        "known_orderings": [f"{states[-4]} above {states[11]}, 2013", f"{states[0]} above {states[1]}, 1965"],
        "negative_controls": [
            "ties with the pivotal state less ties with Russia",
            "ties now less ties later",
        ],
        "feedback": states[:4],
        "constructs": ["reliability, 1965", "reliability, 1989", "correlation of alignment and contact"],
    }.get(name, [f"{name} one", f"{name} two"])
    rows = []
    if name == "reverse_causation":
        rows = [
            {"check": check, "model": world.main, "item": f"quality {years:+d}", "label": f"quality {years:+d}", "estimate": 0.1,
             "lower": 0.05, "upper": 0.2, "unit": "sd", "expected": "near zero", "verdict": verdict, "note": ""}
            for check, years, verdict in (("before joining", -5, "passed"), ("after joining", 5, "failed"))
        ]  # fmt: skip
    for number, label in enumerate([*labels, f"{name} three", f"{name} four"]):
        verdict = ("passed", "failed", "cannot tell", "described")[min(number, 3)]
        rows.append({
            "check": "reliability" if label.startswith("reliability") else name, "model": world.main,
            "item": label[-4:], "label": label,
            "estimate": 0.41 - 0.1 * number, "lower": 0.2 - 0.1 * number, "upper": 0.6 - 0.1 * number,
            "unit": ("probability", "log-odds", "points", "")[min(number, 3)], "expected": "above one half",
            "verdict": verdict, "power": 0.34 if verdict == "cannot tell" else np.nan, "note": "",
        })  # fmt: skip
    return rows


def verdicts(world: World) -> dict:
    """The one object of verdicts."""
    return {
        "main_model": world.main,
        "headline": {"sentence": "Quality goes with joining about as much as ties do."},
        "objections": [
            dict(zip(("id", "claim", "predicts", "test", "result", "verdict", "error_rate"), item, strict=True))
            for item in (
                ("a", "Cooperators cooperate", "Ties with rivals predict too", "Controls", "2 of 4 fail", "upheld", None),
                ("b", "Quality and not the count", "Quality beats ties", "Both in one model", "The probability is middling",
                 "cannot be told with these data", "1 in 20"),
                ("c", "Persons and not institutions", "Contact beats both", "Contact as a construct", "Contact adds nothing",
                 "not upheld", None),
            )
        ],
        "failed_checks": world.failed_checks,
        "validity": {
            "verdict": world.validity,
            "sentence": f"The measure of quality {'passes' if world.validity == 'passed' else 'does not pass'} its tests.",
        },
        "feedback": {"sentence": "The outcome moves the quality of two states by more than half a standard deviation."},
        "prediction": {"sentence": "In joint log score of conflicts left out, ties add +2.5 (standard error 1.5)."},
        "abstract": world.abstract if world.abstract is not None else
                    ["Quality goes with joining about as much as ties do.", *(item["sentence"] for item in world.failed_checks)],
    }  # fmt: skip


def comparison(world: World) -> dict[str, list[dict]]:
    """Tables of results/comparison."""
    conflicts = list(dict.fromkeys(conflict for _, _, conflict in world.missions.values()))
    scores = {"joint_log_score": -18.2, "joint_log_score_se": 0.1, "log_score": -0.4, "brier": 0.12, "joiners": 9,
              "expected_joiners": 11.2, "lower": 4, "upper": 20, "n_states": 44}  # fmt: skip
    return {
        "loo": [{"model": m, "elpd": -180.1, "se": 9, "difference": -3.2, "se_difference": 2.1, "bad_k": 3, "n": 131}
                for m in world.outcomes if m != "cut"],
        "conflicts": [{"model": m, "conflict": c, "missions": 1, **scores} for m in world.outcomes for c in conflicts],
        "totals": [{"model": m, "joint_log_score": -90.5, "difference": -2.5, "se_difference": 1.5, "log_score": -0.4,
                    "brier": 0.12, "covered": 4, "mean_width": 16, "conflicts": len(conflicts)} for m in world.outcomes],
        "future": [{"model": m, "mission": "iraq_2003", "cutoff_year": 2001, **scores} for m in world.outcomes],
    }  # fmt: skip


def diagnostics(world: World) -> dict:
    """The gate."""
    figures = {"r_hat": 1.006, "ess_bulk": 612, "ess_tail": 705, "divergences": 0, "bfmi": 0.81}
    checks = [{"check": name, "value": value, "verdict": "pass"} for name, value in figures.items()]
    models = {name: {"model": name, "verdict": "pass", "checks": checks} for name in world.models}
    return {"verdict": "pass", "models": models}


def write_table(rows: list[dict], path: Path) -> None:
    """A table as a rule writes it."""
    from workflow.lib.checking import files

    files.write_table(pd.DataFrame(rows), path)


def write_fake_results(base: Path, world: World | None = None) -> tuple[Path, dict]:
    """Write a made-up run; returns its results folder and settings."""
    world, rng, results = world or World(), np.random.default_rng(5), base / "results"
    (results / "data").mkdir(parents=True)
    data = analysis(world, rng)
    data.to_netcdf(results / "data" / "analysis.nc", engine="h5netcdf")
    tables = {
        "effects": effects(world), "parameters": parameters(world), "predictions": predictions(world, data, rng),
    }  # fmt: skip
    if world.optional:
        tables |= {f"comparison/{name}": rows for name, rows in comparison(world).items()}
        tables["quality"] = quality(world, rng)
        tables["multiverse"] = [
            {"set": k, "indicators": ";".join(list(world.indicators)[:k]), "n_indicators": k, "correlation_with_default": 0.2 * k,
             "quality_effect": 0.01 * k, "ties_effect": 0.02, "quality_larger": 0.2 * k}
            for k in range(1, 5)
        ]  # fmt: skip
        tables |= {f"checks/{name}": check_rows(name, world) for name in world.checks}
    for name, rows in tables.items():
        write_table(rows, results / f"{name}.csv")
    judged = (
        verdicts(world)
        if world.measurements
        else {"main_model": world.main, "headline": verdicts(world)["headline"]}
    )
    (results / "verdicts.json").write_text(json.dumps(judged), encoding="utf-8")
    (results / "diagnostics.json").write_text(json.dumps(diagnostics(world)), encoding="utf-8")
    write_table([{"mission": name, "evidence": "strong"} for name in world.missions], base / "missions.csv")
    codebook = [
        {"column": name, "role": "quality", "construct": construct, "label": label, "first_year": 1946, "last_year": 2014,
         "citation": "Made up 2026"}
        for name, (construct, label) in world.indicators.items()
    ]  # fmt: skip
    write_table(codebook, base / "codebook.csv")
    return results, settings(world, base)
