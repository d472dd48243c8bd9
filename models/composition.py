"""A model is a composition of blocks and terms; this says which ones, and refuses those that cannot be estimated."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import xarray as xr

BLOCKS = ("quality", "contact", "ties", "cooperativeness", "outcome")
SLOPES = ("ties", "quality")
INFERENCES = ("joint", "plugin", "cut")
TIE_FAMILIES = ("beta_binomial", "negative_binomial")


@dataclass(frozen=True)
class Moderator:
    """An interaction: the slope of ``of`` (ties or quality) changes with the covariate ``by``."""

    of: str
    by: str

    @property
    def name(self) -> str:
        """Label of the interaction's slope."""
        return f"{self.of} x {self.by}"


@dataclass(frozen=True)
class Composition:
    """Blocks and terms of one model.

    Attributes
    ----------
    name : str
        The model's name in the configuration.
    blocks : tuple of str
        From ``BLOCKS``: the likelihoods that enter the density.
    latents : tuple of str
        ``quality`` where a model without the quality block takes quality from the fit of ``measured_by``.
    inference : str
        ``joint``; ``plugin`` (posterior mean of quality as if known); ``cut`` (draws of quality, no feedback).
    measured_by : str
        The model whose posterior gives quality for ``plugin`` and ``cut``.
    cut_draws : int
        Draws of quality that ``cut`` propagates.
    ties : bool
        Whether the tie count is a regressor of the outcome.
    mission_intercepts, state_effects : bool
        Whether missions and states have their own intercepts.
    mission_slopes : tuple of str
        Regressors (``ties``, ``quality``) whose slope varies by mission.
    covariates : tuple of str or None
        Names of covariates in the outcome; None takes all of role ``control``.
    moderators : tuple of Moderator
        Interactions of ties or quality with a covariate.
    mission_predictors : mapping of str to tuple of str
        For ``intercept``, ``ties``, ``quality``: mission covariates that shift the missions' intercepts or slopes.
    label_errors : bool
        Whether recorded participation may be wrong, by its certainty.
    tie_family : str
        Distribution of joint counts given own counts.
    """

    name: str
    blocks: tuple[str, ...]
    latents: tuple[str, ...] = ()
    inference: str = "joint"
    measured_by: str = "measurement"
    cut_draws: int = 600
    ties: bool = True
    mission_intercepts: bool = True
    mission_slopes: tuple[str, ...] = ()
    state_effects: bool = False
    covariates: tuple[str, ...] | None = None
    moderators: tuple[Moderator, ...] = ()
    mission_predictors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    label_errors: bool = False
    tie_family: str = "beta_binomial"

    @classmethod
    def from_mapping(cls, name: str, mapping: Mapping) -> "Composition":
        """Composition from the plain values of the configuration; keys that are no terms are a ``ValueError``."""
        terms = {f.name for f in fields(cls)} - {"name"}
        values = {}
        for key, value in mapping.items():
            if key not in terms:
                raise ValueError(f"models.{name}.{key}: unknown term; known are {', '.join(sorted(terms))}")
            if key == "moderators":
                value = tuple(Moderator(**m) for m in value)
            elif key == "mission_predictors":
                value = {k: tuple(v) for k, v in value.items() if v}
            elif isinstance(value, list):
                value = tuple(value)
            values[key] = value
        return cls(name=name, **values)

    def has(self, block: str) -> bool:
        """Whether the block's likelihood is part of the density."""
        return block in self.blocks

    @property
    def uses_quality(self) -> bool:
        """Whether quality is a regressor of the outcome, estimated or given."""
        return self.has("outcome") and (self.has("quality") or "quality" in self.latents)

    @property
    def quality_is_given(self) -> bool:
        """Whether quality enters the outcome as data (plug-in and cut)."""
        return self.uses_quality and not self.has("quality")

    def covariate_names(self, data: xr.Dataset) -> list[str]:
        """Names of the outcome's covariates in the order of the data."""
        names = data.covariate.values.tolist()
        if self.covariates is not None:
            return [n for n in names if n in self.covariates]
        roles = dict(zip(names, data.covariate_role.values.tolist(), strict=True))
        return [n for n in names if roles[n] == "control"]

    def slope_names(self) -> list[str]:
        """Regressors with a slope of their own: ties, quality."""
        return [*(["ties"] if self.ties else []), *(["quality"] if self.uses_quality else [])]

    def indicator_names(self, data: xr.Dataset) -> list[str]:
        """Indicators of quality: all, or all but the personal ones where contact is split off."""
        names = data.indicator.values
        if not self.has("contact"):
            return names.tolist()
        return names[data.indicator_role.values != "personal_contact"].tolist()

    def contact_names(self, data: xr.Dataset) -> list[str]:
        """Indicators of personal contact (empty unless the block is in)."""
        if not self.has("contact"):
            return []
        return data.indicator.values[data.indicator_role.values == "personal_contact"].tolist()


def _suggest(word: str, known: list[str]) -> str:
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
    where = f"models.{composition.name}"
    faults = []

    def refuse(term, value, allowed):
        known = sorted(allowed)
        faults.append(f"{where}.{term}: '{value}' is not one of {', '.join(known)}{_suggest(value, known)}")

    for block in composition.blocks:
        if block not in BLOCKS:
            refuse("blocks", block, BLOCKS)
    if not composition.blocks:
        faults.append(f"{where}.blocks: empty; name at least one of {', '.join(BLOCKS)}")
    if composition.inference not in INFERENCES:
        refuse("inference", composition.inference, INFERENCES)
    if composition.tie_family not in TIE_FAMILIES:
        refuse("tie_family", composition.tie_family, TIE_FAMILIES)
    for slope in composition.mission_slopes:
        if slope not in SLOPES:
            refuse("mission_slopes", slope, SLOPES)
        elif composition.has("outcome") and slope not in composition.slope_names():
            faults.append(
                f"{where}.mission_slopes: '{slope}' is not a regressor of this model; "
                f"add the block 'quality' (or latents: [quality]) or drop the slope"
            )
    if composition.inference in ("plugin", "cut") and not composition.quality_is_given:
        faults.append(
            f"{where}.inference: '{composition.inference}' takes quality from another model; "
            "set latents: [quality] and leave the block 'quality' out"
        )
    if composition.inference == "joint" and composition.quality_is_given:
        faults.append(
            f"{where}.latents: quality has no indicators here; add the block 'quality' or use plugin or cut"
        )
    if composition.has("contact") and not composition.has("quality"):
        faults.append(f"{where}.blocks: 'contact' is split from quality; add the block 'quality'")
    names = data.covariate.values.tolist()
    for name in composition.covariates or ():
        if name not in names:
            refuse("covariates", name, names)
    for moderator in composition.moderators:
        if moderator.of not in composition.slope_names():
            refuse("moderators.of", moderator.of, composition.slope_names() or SLOPES)
        if moderator.by not in names:
            refuse("moderators.by", moderator.by, names)
    predictors = data.mission_covariate.values.tolist() if "mission_covariate" in data else []
    for term, chosen in composition.mission_predictors.items():
        if term != "intercept" and term not in composition.mission_slopes:
            faults.append(
                f"{where}.mission_predictors: '{term}' does not vary by mission here; add it to mission_slopes"
            )
        for name in chosen:
            if name not in predictors:
                refuse(f"mission_predictors.{term}", name, predictors)
    if composition.has("quality"):
        faults += _check_quality(composition, data, where)
    if composition.has("ties"):
        faults += _check_ties(data, where)
    if composition.has("cooperativeness") and data.sizes.get("cooperativeness_item", 0) < 2:
        faults.append(
            f"{where}.blocks: cooperativeness needs at least two indicators of its own; "
            f"the data have {data.sizes.get('cooperativeness_item', 0)}"
        )
    return faults


def _check_quality(composition: Composition, data: xr.Dataset, where: str) -> list[str]:
    faults = []
    chosen = composition.indicator_names(data)
    if len(chosen) < 3:
        faults.append(
            f"{where}.blocks: quality needs at least three indicators, the data have {len(chosen)}; "
            "give columns the role 'quality' in the codebook"
        )
    anchors = [n for n in chosen if bool(data.anchor.sel(indicator=n))]
    if len(anchors) != 1:
        faults.append(
            f"{where}.blocks: quality needs exactly one anchor among its indicators (its loading is positive), "
            f"found {len(anchors)}"
        )
    if composition.has("contact") and len(composition.contact_names(data)) < 2:
        faults.append(
            f"{where}.blocks: contact needs at least two indicators with the role 'personal_contact', "
            f"found {len(composition.contact_names(data))}"
        )
    for name in composition.contact_names(data):
        if str(data.family.sel(indicator=name).values) == "normal":
            faults.append(
                f"{where}.blocks: contact takes counts and 0/1 indicators, '{name}' is normal; "
                "give it the role 'quality' in the codebook"
            )
    for name in data.indicator.values.tolist():
        if not bool(data.indicator_value.sel(indicator=name).notnull().any()):
            faults.append(
                f"{where}.blocks: the indicator '{name}' is never observed; take it out of the codebook's roles"
            )
    return faults


def _check_ties(data: xr.Dataset, where: str) -> list[str]:
    faults = []
    if data.sizes.get("tie_item", 0) < 2:
        faults.append(
            f"{where}.blocks: ties needs at least two tie counts to separate opportunity from noise, "
            f"the data have {data.sizes.get('tie_item', 0)}"
        )
        return faults
    above = data.tie_joint > data.tie_own
    for name in data.tie_item.values.tolist():
        number = int(above.sel(tie_item=name).sum())
        if number:
            faults.append(
                f"{where}.blocks: {number} joint counts of '{name}' are above the own count they are part of"
            )
    return faults
