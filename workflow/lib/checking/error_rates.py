"""How often does the comparison of ties and quality go wrong? The main model refitted to decisions of which the truth is known.

The truths are of the size that the main model finds. A data set has one draw of its parameters, with effects of missions and of
states drawn anew, and as true quality one draw of the smoothed paths: the filtered mean that is fitted does not know what later
indicators tell. A regressor that does not matter has no slope in any mission.
"""

import copy
from dataclasses import replace

import numpy as np
import xarray as xr
from scipy import stats
from scipy.special import expit

from models.composition import TIES
from models.estimands import average_change, contrast_values
from models.posterior import OutcomeDraws, shared_mean
from models.regressors import scored_cells, term_values
from workflow.lib.checking.objections import CLEAR, WRONG_CALLS
from workflow.lib.checking.refits import PluginRefits
from workflow.lib.checking.table import CANNOT_TELL, DESCRIBED, FAILED, PASSED, check_row, passed_if
from workflow.lib.checking.versions import version_verdict
from workflow.lib.inference.sampling import derive_seed

# truth -> whether ties and whether quality matter
TRUTHS = {
    "neither matters": (False, False),
    "ties alone matter": (True, False),
    "quality alone matters": (False, True),
    "both matter": (True, True),
}
ALL, WRONG = WRONG_CALLS.split(": ")
# data sets in which both matter that are also fitted with draws of quality, and draws for each
SETS_OF_DRAWS, DRAWS = 10, 3


def share_row(share: float, number: int, interval: float) -> dict[str, float]:
    """A share of ``number`` data sets with the interval of its posterior (Jeffreys 1946)."""
    hits = round(share * number)
    lower, upper = stats.beta.interval(interval, hits + 0.5, number - hits + 0.5)
    return {"estimate": share, "lower": float(lower), "upper": float(upper), "unit": "share"}


def larger(ties: np.ndarray, quality: np.ndarray, interval: float) -> str | None:
    """Which effect (draws) the comparison of objection (b) calls the larger; None where it does not tell."""
    chance, least = (quality > ties).mean(), (1 - interval) / 2
    if chance >= CLEAR and np.quantile(quality, least) > 0:
        return "quality"
    return TIES if chance <= 1 - CLEAR and np.quantile(ties, least) > 0 else None


class Simulations(PluginRefits):
    """Refits of one model, which has ties and a latent, to simulated decisions; ``draws`` are of its posterior."""

    stage = "error rates"

    def __init__(self, composition, data: xr.Dataset, paths, run, log, draws: OutcomeDraws, number: int):
        super().__init__(replace(composition, label_errors=False), data, paths, run, log)
        self.number, self.quality = number, composition.latents[0]
        self.refits = self.refitter(self.composition, data)
        self.random = np.random.default_rng(derive_seed(run["seed"], self.stage, composition.name))
        chosen = np.linspace(0, np.prod(draws.shape) - 1, number).round().astype(int)
        self.draws = copy.copy(draws)
        p = {name: values[chosen] for name, values in draws.p.items() if name != "path"}
        self.draws.p = p | self.new_effects(p, draws)
        samples = np.linspace(0, paths[self.quality].sizes["sample"] - 1, number).round().astype(int)
        smoothed = replace(self.composition, information="smoothed")
        self.draws.values = np.stack([term_values(smoothed, data, paths, k).values for k in samples])
        self.draws.used, self.draws.shape = np.arange(number), (1, number)

    def new_effects(self, p: dict, draws: OutcomeDraws) -> dict:
        """Effects of missions and of states from their distributions: those of the posterior have the data's accidents."""
        terms = [term for term in self.composition.terms() if self.composition.varies_by_mission(term)]
        spreads = [(f"{term.name}_slope", term.regressor, f"{term.name}_slope_sd") for term in terms]
        spreads += [("intercept", "intercept", "mission_sd")] if self.composition.mission_intercepts else []
        effects = {}
        for name, term, sd in spreads:
            deviation = p[sd][:, None] * self.random.normal(size=p[f"mission_{name}"].shape)
            effects[f"mission_{name}"] = shared_mean(p, draws.inputs, name, term) + deviation
        if self.composition.state_effects:
            effects["state_effect"] = p["state_sd"][:, None] * self.random.normal(
                size=p["state_effect"].shape
            )
        return effects

    def truth(self, matter: dict[str, bool]) -> OutcomeDraws:
        """Parameters and paths of all data sets, regressors that do not matter without slopes."""
        true, terms = copy.copy(self.draws), self.composition.terms()
        names = [term.name for term in terms if not matter.get(term.regressor, True)]
        without = {slope for name in names for slope in (f"{name}_slope", f"mission_{name}_slope")}
        true.p = {name: values * (name not in without) for name, values in self.draws.p.items()}
        if self.composition.moderators:
            true.p["moderator_slope"] *= [m.of not in names for m in self.composition.moderators]
        return true

    def decisions(self, true: OutcomeDraws) -> list[xr.Dataset]:
        """The data with decisions drawn from each data set's parameters."""
        chance = expit(true.logit().isel(chain=0, drop=True))
        joined = (self.random.random(chance.shape) < chance).astype(float).where(scored_cells(self.data))
        joined = joined.transpose("draw", *self.data["joined"].dims).drop_vars("draw", errors="ignore")
        return [self.data.assign(joined=one) for one in joined]

    def effects(self, label: str, data: xr.Dataset, paths=None) -> tuple[np.ndarray, np.ndarray]:
        """Draws of the effects of ties and of quality in a refit."""
        found = self.refits.effects(self.refits.fit(label, data, paths))
        return tuple(found[f"{name}_effect"].values.ravel() for name in (TIES, self.quality))

    def by_draws(self, label: str, data: xr.Dataset) -> float:
        """Effect of quality where draws of the filtered paths stand for it, in place of their mean."""
        path, means = self.paths[self.quality], []
        for k in np.linspace(0, path.sizes["sample"] - 1, DRAWS).round().astype(int):
            drawn = path.assign(filtered_mean=path["filtered_draw"].isel(sample=k).astype(float))
            paths = {**self.paths, self.quality: drawn}
            means.append(self.effects(f"{label}, draw {k}", data, paths)[1].mean())
        return float(np.mean(means))

    def rows(self) -> list[dict]:
        """Rows of `error_rates.csv`: calls, coverage, and what is found of each true effect, by truth."""
        pairs, rows, wrong = contrast_values(self.composition, self.data, self.paths), [], []
        for label, matters in TRUTHS.items():
            matter = dict(zip((TIES, self.quality), matters, strict=True))
            true = self.truth(matter)
            sets, changes = self.decisions(true), average_change(true, pairs)
            effects = np.array([changes[f"{name}_effect"].values.ravel() for name in matter])
            found = [self.effects(f"{label} {k}", data) for k, data in enumerate(sets)]
            calls = [larger(*fitted, self.interval) for fitted in found]
            answers = np.where(effects[1] > effects[0], "quality", TIES)
            right = [any(matters) and call == answer for call, answer in zip(calls, answers, strict=True)]
            missed = [call is not None and not hit for call, hit in zip(calls, right, strict=True)]
            wrong += missed
            rows.append(self.wrong_row(label, missed))
            if any(matters):
                columns = share_row(np.mean(right), self.number, self.interval)
                words = f"{label}: the larger effect is called the larger"
                rows.append(check_row("calls", self.main, f"{label}: right", words, DESCRIBED, **columns))
            for place, name in enumerate(matter):
                rows += self.effect_rows(label, name, effects[place], [fitted[place] for fitted in found])
            if all(matters):
                by_draws = [
                    self.by_draws(f"{label} {k}", data) for k, data in enumerate(sets[:SETS_OF_DRAWS])
                ]
                words, known = f"{self.quality} by draws of its path", effects[1][: len(by_draws)]
                rows.append(self.share_of_truth(label, words, known, by_draws, DESCRIBED))
            self.log(f"{label}: {self.number} data sets, wrong in {sum(missed)}")
        return [self.wrong_row(ALL, wrong), *rows]

    def wrong_row(self, label: str, wrong: list[bool]) -> dict:
        """How often the effect that is not the larger one is called the larger."""
        columns = share_row(np.mean(wrong), len(wrong), self.interval)
        verdict = PASSED if columns["estimate"] <= 1 - CLEAR else CANNOT_TELL
        verdict = FAILED if columns["lower"] > 1 - CLEAR else verdict
        note = f"{sum(wrong)} of {len(wrong)} simulated data sets"
        columns |= {"expected": f"{100 * (1 - CLEAR):.0f} % or less", "note": note}
        words = f"{label}: an effect is called the larger that is not"
        return check_row("calls", self.main, f"{label}: {WRONG}", words, verdict, **columns)

    def effect_rows(self, label: str, name: str, truth: np.ndarray, found: list[np.ndarray]) -> list[dict]:
        """Coverage of the intervals of an effect, and the share of it that is found where it is there."""
        tails = (1 - self.interval) / 2, (1 + self.interval) / 2
        lower, upper = np.transpose([np.quantile(draws, tails) for draws in found])
        columns = share_row(((lower <= truth) & (truth <= upper)).mean(), self.number, self.interval)
        verdict, expected = passed_if(columns["upper"] >= self.interval), f"about {100 * self.interval:g} %"
        words = f"{label}: intervals of the effect of {name} that hold the truth"
        item = f"{label}: {name}: coverage"
        rows = [check_row("coverage", self.main, item, words, verdict, expected=expected, **columns)]
        if truth.any():
            rows.append(self.share_of_truth(label, name, truth, [draws.mean() for draws in found]))
        return rows

    def share_of_truth(self, label: str, name: str, truth, found: list, verdict: str | None = None) -> dict:
        """Mean of the effects that are found over that of the true ones."""
        error = stats.norm.interval(self.interval)[1] * np.std(found - truth) / np.sqrt(len(truth))
        share, width = np.mean(found) / np.mean(truth), error / abs(np.mean(truth))
        columns = {"estimate": share, "lower": share - width, "upper": share + width, "unit": "ratio"}
        columns |= {"expected": "1", "note": f"true effect {100 * np.mean(truth):.1f} points on average"}
        item, words = f"{label}: {name}: share", f"{label}: share that is found of the effect of {name}"
        return check_row("shares", self.main, item, words, verdict or version_verdict(share), **columns)
