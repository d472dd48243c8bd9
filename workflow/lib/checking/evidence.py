"""What a run says of its main model and of the models beside it: look-ups for the verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from models.composition import Composition
from workflow.lib.checking.table import CHECK_COLUMNS

TIES = "ties"
WORDS = {"quality": "the quality of the relationship"}


class Evidence:
    """Effects, checks and terms of the models of a run.

    Attributes
    ----------
    main : str
    models : mapping of str to mapping
        Terms of the fitted models.
    validity : str
        Verdict on the measure.
    quality, contact, cooperativeness : str or None
        Regressors that stand for them: the first latent one of the main model (else of any), and those that measure constructs of
        these names. A run may call them otherwise.
    """

    def __init__(
        self,
        effects: pd.DataFrame,
        checks: Mapping[str, pd.DataFrame],
        main: str,
        models: Mapping[str, Mapping],
        validity: str = "passed",
    ):
        self.effects, self.checks, self.main, self.validity = effects, checks, main, validity
        self.models = {main: models[main], **models} if main in models else dict(models)
        outcomes = [terms.get("regressors", [TIES]) for terms in self.models.values() if not measures(terms)]
        self.contact, self.cooperativeness = self.measuring("contact"), self.measuring("cooperativeness")
        not_quality = (TIES, self.contact, self.cooperativeness)
        latents = [name for names in outcomes for name in names if name not in not_quality]
        self.quality = latents[0] if latents else None

    def measuring(self, construct: str) -> str | None:
        """The model that measures a construct."""
        return next((name for name, terms in self.models.items() if construct in measures(terms)), None)

    def estimand(self, model: str | None, name: str) -> dict | None:
        """Row of an estimand over all missions, None if the run has none."""
        rows = self.effects
        rows = rows[(rows["model"] == model) & (rows["estimand"] == name) & (rows["scope"] == "all")]
        return None if rows.empty else rows.iloc[0].to_dict()

    def effect(self, model: str | None, term: str | None) -> dict | None:
        """Effect of a regressor; of a split one, that of the deviations from the states' means."""
        return self.estimand(model, f"{term}_effect") or self.estimand(model, f"{term}_within_effect")

    def quality_beats_ties(self, model: str | None) -> dict | None:
        """Probability that quality has the larger effect; the estimand is of a model's first latent regressor."""
        regressors = self.models.get(model, {}).get("regressors", [TIES])
        first = next((term for term in regressors if term != TIES), None)
        return self.estimand(model, "quality_beats_ties") if first == self.quality else None

    def first(self, condition: Callable[[Mapping], bool]) -> str | None:
        """First fitted model with an outcome whose terms do, the main one before others."""
        for name, terms in self.models.items():
            if not measures(terms) and condition({"regressors": [TIES], **terms}):
                return name
        return None

    def model_with(self, *wanted: str | None) -> str | None:
        """First model with these regressors; one that knows the past alone before one that does not."""

        def has(terms: Mapping) -> bool:
            return None not in wanted and set(wanted) <= set(terms["regressors"])

        return self.first(lambda terms: has(terms) and uses_only_past(terms)) or self.first(has)

    def main_less(self, regressor: str | None) -> str | None:
        """The model that is the main one without a regressor."""
        main = Composition.from_mapping("", self.models.get(self.main, {}))
        if regressor not in main.regressors:
            return None
        return self.first(lambda terms: Composition.from_mapping("", terms) == main.without(regressor))

    def rows(self, file: str) -> pd.DataFrame:
        """A table of checks, without rows if the run has none."""
        return self.checks.get(file, pd.DataFrame(columns=CHECK_COLUMNS))

    def check(self, file: str, item: str) -> dict | None:
        """Row of a check, None if there is none."""
        rows = self.rows(file)
        rows = rows[rows["item"].astype(str) == item]
        return None if rows.empty else rows.iloc[0].to_dict()

    def measure_of_ties(self, name: str) -> dict | None:
        """Slope of ties by one measure of them in the main model, in the form of an effect."""
        row = self.check("ties_measures", f"{name} {TIES}")
        return row and as_effect(row)

    def not_distinct(self, regressor: str | None) -> list[str]:
        """Constructs whose measures correlate with that of a regressor so highly that the two cannot be told apart."""
        rows = self.rows("constructs")
        pairs = rows.loc[rows["verdict"] == "failed", "item"].astype(str).str.split(":")
        correlated = [set(pair[1:]) for pair in pairs if pair[0] == "correlation"]
        return sorted(str(name) for pair in correlated if regressor in pair for name in pair - {regressor})

    def controls(self, regressor: str | None, kinds: tuple[str, ...] | None = None) -> pd.DataFrame:
        """Differences between a regressor and its negative controls, of some kinds or of all."""
        rows = self.rows("negative_controls")
        item = rows["item"].astype(str)
        chosen = item.str.startswith(f"{regressor} ") & item.str.endswith("difference")
        return rows[chosen & (rows["check"].isin(kinds) if kinds else True)]


def measures(terms: Mapping) -> list[str]:
    """Constructs that a model measures."""
    return list(terms.get("measures") or [])


def uses_only_past(terms: Mapping) -> bool:
    """Whether a model's regressors are known from before each mission alone."""
    return terms.get("inference") != "joint" and terms.get("information") != "smoothed"


def as_effect(row: Mapping) -> dict:
    """A row of a check in the form of an effect."""
    return {"mean": row["estimate"], "lower": row["lower"], "upper": row["upper"]}


def in_words(term: str) -> str:
    """A regressor in words: its own name where it is none of the dispute's."""
    return WORDS.get(term, term.replace("_", " "))


def points(row: Mapping) -> str:
    """An effect in percentage points with its interval."""
    text = f"{100 * row['mean']:+.1f} points [{100 * row['lower']:.1f}, {100 * row['upper']:.1f}]"
    return text.replace("-", "\N{MINUS SIGN}")


def chance(value: float) -> str:
    """A probability of two decimals that is never printed as certain."""
    return "above 0.99" if value > 0.995 else ("below 0.01" if value < 0.005 else f"{value:.2f}")


def log_odds(row: Mapping) -> str:
    """A slope with its interval."""
    text = f"{row['mean']:+.2f} [{row['lower']:.2f}, {row['upper']:.2f}]"
    return text.replace("-", "\N{MINUS SIGN}")


def sign(row: Mapping | None) -> int:
    """1 or -1 if the interval leaves out zero, else 0."""
    if row is None:
        return 0
    return 1 if row["lower"] > 0 else (-1 if row["upper"] < 0 else 0)


def less_than(row: Mapping | None, other: Mapping | None) -> bool:
    """Whether an effect is not clear of zero, and its interval leaves out what another one is estimated at.

    An interval that holds both zero and the other effect tells neither: it is wide, and no evidence that there is nothing.
    """
    return bool(row and other) and sign(row) < 1 and row["upper"] < other["mean"]
