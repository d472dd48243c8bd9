"""What a model consists of, in the words of the configuration; refuses what cannot be estimated."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import xarray as xr

TIES = "ties"
INFERENCES = ("plugin", "cut", "joint")
INFORMATION = ("filtered", "smoothed")
FEWEST_INDICATORS = 2
NO_REGRESSORS = ("(no regressors)",)


@dataclass(frozen=True)
class Moderator:
    """An interaction: the slope of the term ``of`` changes with the covariate ``by``."""

    of: str
    by: str

    @property
    def name(self) -> str:
        """Label of the interaction's slope."""
        return f"{self.of} x {self.by}"


@dataclass(frozen=True)
class Term:
    """A regressor of the outcome as it enters the logit.

    Attributes
    ----------
    name : str
        ``ties``, ``quality``, or ``ties_within`` and ``ties_between`` where state means are split off.
    regressor : str
        ``ties``, or the measurement model whose latent path it is.
    part : {"whole", "within", "between"}
    """

    name: str
    regressor: str
    part: str = "whole"


@dataclass(frozen=True)
class Composition:
    """Terms of one model.

    Attributes
    ----------
    name : str
        The model's name in the configuration.
    measures : tuple of str
        Constructs whose indicators together measure one latent path. A model that measures has no outcome.
    indicators : tuple of str or None
        Columns to measure with; None takes all indicators of the constructs.
    free_after : mapping of str to int
        Indicators whose loading, error and level are others from a year on.
    regressors : tuple of str
        ``ties`` and names of measurement models.
    inference : str
        How latent regressors enter the outcome: ``plugin`` (posterior mean), ``cut`` (draws, without feedback), ``joint`` (the
        outcome informs the path of the first latent regressor).
    information : str
        ``filtered``: indicators up to the year before a mission; ``smoothed``: indicators of all years.
    cut_draws : int
        Draws of the latent regressors that ``cut`` propagates.
    between : tuple of str
        Regressors split into the state's mean over its missions and deviations from it (Mundlak 1978).
    mission_intercepts, state_effects : bool
        Whether missions and states have their own intercepts.
    mission_slopes : tuple of str
        Regressors whose slope varies by mission (of a split one, the slope of the deviations).
    controls : tuple of str or None
        Names of covariates in the outcome; None takes all of role ``control``.
    moderators : tuple of Moderator
        Interactions of a term with a covariate.
    mission_predictors : mapping of str to tuple of str
        For ``intercept`` and regressors of ``mission_slopes``: mission covariates that shift intercepts or slopes.
    label_errors : bool
        Whether recorded participation may be wrong, by its certainty.
    """

    name: str
    measures: tuple[str, ...] = ()
    indicators: tuple[str, ...] | None = None
    free_after: Mapping[str, int] = field(default_factory=dict)
    regressors: tuple[str, ...] = (TIES,)
    inference: str = "plugin"
    information: str = "filtered"
    cut_draws: int = 100
    between: tuple[str, ...] = ()
    mission_intercepts: bool = True
    mission_slopes: tuple[str, ...] = ()
    state_effects: bool = False
    controls: tuple[str, ...] | None = None
    moderators: tuple[Moderator, ...] = ()
    mission_predictors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    label_errors: bool = False

    @classmethod
    def from_mapping(cls, name: str, mapping: Mapping) -> "Composition":
        """Composition from the plain values of the configuration; keys that are no terms are a ``ValueError``."""
        known = {f.name for f in fields(cls)} - {"name"}
        values = {}
        for key, value in mapping.items():
            if key not in known:
                raise ValueError(f"models.{name}.{key}: unknown term; known are {', '.join(sorted(known))}")
            if key == "moderators":
                value = tuple(Moderator(**m) for m in value)
            elif key == "mission_predictors":
                value = {k: tuple(v) for k, v in value.items() if v}
            elif isinstance(value, list):
                value = tuple(value)
            values[key] = value
        return cls(name=name, **values)

    @property
    def has_outcome(self) -> bool:
        """Whether the model says who joins."""
        return not self.measures

    @property
    def latents(self) -> tuple[str, ...]:
        """Regressors that other models measure."""
        return tuple(r for r in self.regressors if r != TIES) if self.has_outcome else ()

    def without(self, regressor: str) -> "Composition":
        """The same model less a regressor and all that is about it."""
        listed = ("regressors", "between", "mission_slopes")
        changed = {key: tuple(name for name in getattr(self, key) if name != regressor) for key in listed}
        dropped_terms = [term.name for term in self.terms() if term.regressor == regressor]
        changed["moderators"] = tuple(m for m in self.moderators if m.of not in dropped_terms)
        changed["mission_predictors"] = {k: v for k, v in self.mission_predictors.items() if k != regressor}
        if set(changed["regressors"]) <= {TIES}:
            # how latents enter says nothing of a model that has none
            about_latents = ("inference", "information", "cut_draws")
            changed |= {f.name: f.default for f in fields(self) if f.name in about_latents}
        return replace(self, **changed)

    def terms(self) -> list[Term]:
        """Regressors as they enter the logit, in order."""
        terms = []
        for name in self.regressors if self.has_outcome else ():
            if name in self.between:
                terms += [Term(f"{name}_{part}", name, part) for part in ("within", "between")]
            else:
                terms.append(Term(name, name))
        return terms

    def varies_by_mission(self, term: Term) -> bool:
        """Whether missions have their own slope of the term."""
        return term.regressor in self.mission_slopes and term.part != "between"

    def control_names(self, data: xr.Dataset) -> list[str]:
        """Names of the outcome's covariates in the order of the data."""
        names = data.covariate.values.tolist()
        if self.controls is not None:
            return [n for n in names if n in self.controls]
        roles = dict(zip(names, data.covariate_role.values.tolist(), strict=True))
        return [n for n in names if roles[n] == "control"]

    def indicator_names(self, data: xr.Dataset) -> list[str]:
        """Indicators that measure the latent path, the anchor first."""
        constructs = dict(zip(data.indicator.values.tolist(), data.construct.values.tolist(), strict=True))
        anchors = dict(zip(data.indicator.values.tolist(), data.anchor.values.tolist(), strict=True))
        chosen = [
            n
            for n, construct in constructs.items()
            if construct in self.measures and (self.indicators is None or n in self.indicators)
        ]
        # with several constructs the anchor is that of the first one named
        marked = [n for c in self.measures for n in chosen if anchors[n] and constructs[n] == c]
        first = marked[0] if marked else (chosen[0] if chosen else None)
        return [first, *[n for n in chosen if n != first]] if chosen else []


def suggestion(word: str, known: list[str]) -> str:
    """`; did you mean 'x'?`, or nothing."""
    close = difflib.get_close_matches(str(word), known, 1)
    return f"; did you mean '{close[0]}'?" if close else ""


def check(composition: Composition, data: xr.Dataset) -> list[str]:
    """Faults that make a composition impossible to estimate, one line each; empty when there are none.

    Parameters
    ----------
    composition : Composition
    data : xarray.Dataset
        The analysis data set.

    Returns
    -------
    list of str
        ``models.<name>.<term>: what is wrong, what is allowed, what to do``.
    """
    return (
        _check_measurement(composition, data) if composition.measures else _check_outcome(composition, data)
    )


def _refusals(composition: Composition, term: str, values, allowed) -> list[str]:
    """One line for each of a term's values that is not allowed."""
    known = sorted(map(str, allowed))
    where, words = f"models.{composition.name}.{term}", ", ".join(known)
    unknown = [value for value in values or () if value not in allowed]
    return [f"{where}: '{value}' is not one of {words}{suggestion(value, known)}" for value in unknown]


def _check_measurement(composition: Composition, data: xr.Dataset) -> list[str]:
    where = f"models.{composition.name}"
    faults = _refusals(composition, "measures", composition.measures, set(data.construct.values.tolist()))
    faults += _refusals(composition, "indicators", composition.indicators, data.indicator.values.tolist())
    if faults:
        return faults
    names = composition.indicator_names(data)
    if len(names) < FEWEST_INDICATORS:
        return [
            f"{where}.measures: {', '.join(composition.measures)} has {len(names)} indicators in these data, at least "
            f"{FEWEST_INDICATORS} are needed; name the construct of further columns in the codebook"
        ]
    faults += _refusals(composition, "free_after", composition.free_after, names)
    values = data.indicator_value.sel(indicator=names)
    for name, year in composition.free_after.items() if not faults else ():
        years = data.year.values[values.sel(indicator=name).notnull().any("state").values]
        if len(years) > 1 and not years[0] < year <= years[-1]:
            faults.append(
                f"{where}.free_after.{name}: {year} is not one of {years[0] + 1} to {years[-1]}, years after its first"
            )
    for name in names:
        seen = values.sel(indicator=name)
        if not bool(seen.notnull().any()):
            faults.append(
                f"{where}.measures: the indicator '{name}' is never observed; take its construct out of the codebook"
            )
        elif not float(seen.std()) > 0:
            faults.append(
                f"{where}.measures: the indicator '{name}' does not vary; take its construct out of the codebook"
            )
    return faults


def _check_outcome(composition: Composition, data: xr.Dataset) -> list[str]:
    where, faults = f"models.{composition.name}", []
    for term, allowed in (("inference", INFERENCES), ("information", INFORMATION)):
        faults += _refusals(composition, term, [getattr(composition, term)], allowed)
    for term in ("between", "mission_slopes"):
        faults += _refusals(
            composition, term, getattr(composition, term), composition.regressors or NO_REGRESSORS
        )
    if composition.inference == "joint" and not composition.latents:
        faults.append(
            f"{where}.inference: 'joint' needs a latent regressor; add a measurement model to regressors"
        )
    if composition.inference == "joint" and set(composition.latents[:1]) & set(composition.between):
        faults.append(
            f"{where}.between: a latent regressor of a joint model cannot be split; use plugin or cut"
        )
    names = data.covariate.values.tolist()
    terms = [term.name for term in composition.terms()]
    faults += _refusals(composition, "controls", composition.controls, names)
    for moderator in composition.moderators:
        faults += _refusals(composition, "moderators.of", [moderator.of], terms or NO_REGRESSORS)
        faults += _refusals(composition, "moderators.by", [moderator.by], names)
    predictors = data.mission_covariate.values.tolist() if "mission_covariate" in data else []
    for term, chosen in composition.mission_predictors.items():
        if term != "intercept" and term not in composition.mission_slopes:
            faults.append(
                f"{where}.mission_predictors: '{term}' does not vary by mission here; add it to mission_slopes"
            )
        faults += _refusals(composition, f"mission_predictors.{term}", chosen, predictors)
    return faults + _check_years(composition, data)


def _check_years(composition: Composition, data: xr.Dataset) -> list[str]:
    """A latent regressor is taken in the year before each mission, so that year must be one that is measured."""
    first, last = int(data.year.min()) + 1, int(data.year.max()) + 1
    outside = data.mission.values[(data.start_year.values < first) | (data.start_year.values > last)]
    if not composition.latents or not len(outside):
        return []
    return [
        f"models.{composition.name}.regressors: {', '.join(composition.latents)} is measured before missions of {first} to "
        f"{last} only, and {len(outside)} missions start at other times, the first of them {outside[0]}; widen "
        "data.measurement_panel, or leave these missions out (data.last_start_year)"
    ]
