"""What the configuration may say: one class a section, one field a key.

From this module come the validated settings that every rule reads (`workflow.lib.settings.load_settings`), and the JSON
schema with which an editor completes `config.yaml` (`workflow/schemas/config.schema.json`). The classes check a value by
itself (its type and range); what refers to something else (a column, another model) is checked in `references`.
Nothing statistical is imported here, so that the Snakefile stays quick to read.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from workflow.lib.settings.values import (
    Count,
    Draws,
    EffectiveSize,
    IntervalMass,
    Name,
    PairOfNumbers,
    PairOfPositives,
    Positive,
    Probability,
    Section,
    ThreeNumbers,
)

Evidence = Literal["weak", "fair", "strong"]
Certainty = Literal["uncertain", "probable", "verified"]


class EligibleSettings(Section):
    """Who could have joined a mission at all."""

    exclude_targets: bool = Field(True, description="leave out the states the mission is directed against")
    exclude_host: bool = Field(
        True, description="leave out the state on whose territory the mission takes place"
    )
    minimum_population_thousands: Annotated[float, Field(ge=0, le=1e7)] = Field(
        0, description="leave out states with fewer inhabitants (thousands)"
    )


class PanelSettings(Section):
    """The years in which the constructs are measured."""

    first: int = Field(1948, ge=1816, le=2100, description="first year")
    last: int = Field(2014, ge=1816, le=2100, description="last year")

    @model_validator(mode="after")
    def _years_in_order(self) -> PanelSettings:
        if self.last <= self.first:
            raise ValueError(f"last ({self.last}) does not come after first ({self.first})")
        return self


class DataSettings(Section):
    """Which tables are read, and which of their rows and columns are used."""

    missions: str = Field("data/missions.csv", description="table of missions, one row a mission")
    participation: str = Field(
        "data/participation.csv", description="table of participants, one row a mission and state"
    )
    states: str = Field(
        "data/states.csv", description="table of states, one row a pivotal state, state and year"
    )
    codebook: str = Field("data/codebook.csv", description="what each column of the table of states means")
    distances: str | None = Field(
        None, description="optional table: distance of each state to the place of each mission"
    )
    excluded: str | None = Field(
        None, description="optional table: states that could not have joined a mission, with the reason"
    )
    pivotal: int = Field(2, ge=1, description="Correlates of War code of the state that builds the coalition")
    ties_with: int | None = Field(
        None, description="state with which ties and quality are measured (null: the pivotal state)"
    )
    missions_led_by_others: bool = Field(
        False,
        description="take the missions that another state led, as outcomes that should not be explained",
    )
    outcome_kind: Literal["deployment", "political_support"] = Field(
        "deployment", description="what counts as joining: troops sent, or political support"
    )
    last_start_year: int | None = Field(2014, description="leave out missions that start later (null: none)")
    minimum_evidence: Evidence = Field(
        "fair", description="leave out missions with weaker evidence on participants"
    )
    pivotal_certainty: Certainty = Field(
        "probable",
        description="leave out missions of which it is less certain that the pivotal state built them",
    )
    joined_certainty: Certainty = Field(
        "uncertain",
        description="a participant counts from this certainty on (verified: strict list, uncertain: broad)",
    )
    joined_within_months: Annotated[int, Field(ge=0)] | None = Field(
        24, description="a state that cannot have come within these months did not join (null: no limit)"
    )
    also_counted: list[str] = Field(
        [],
        description="roles in the table of participants that count as joining besides, such as staff or basing",
    )
    exclude_missions: list[str] = Field([], description="missions to leave out, by identifier")
    eligible: EligibleSettings = Field(default_factory=EligibleSettings, description="who could have joined")
    tie_counts: list[str] | None = Field(
        None, description="columns that count ties with the pivotal state (null: those of the codebook)"
    )
    ties_measure: str = Field(
        "count",
        description="the measure of ties that models use: count, beyond_exposure, or one of the counts",
    )
    indicators: list[str] | None = Field(
        None, description="columns that measure constructs (null: those with a construct in the codebook)"
    )
    controls: list[str] | None = Field(
        None, description="columns held constant in the outcome model (null: those of the codebook)"
    )
    mission_covariates: list[str] = Field(
        ["un_mandate", "short_horizon"], description="columns of the table of missions that models may use"
    )
    measurement_panel: PanelSettings = Field(
        default_factory=PanelSettings, description="years at which the relationship is measured"
    )


class Moderator(Section):
    """A slope that may differ along a covariate."""

    of: str = Field(description="the term whose slope differs: ties, or a model that measures")
    by: str = Field(description="the column along which it differs")


class SamplerSettings(Section):
    """How the posterior is sampled."""

    chains: int = Field(4, ge=2, le=64, description="independent chains")
    tune: Draws = Field(400, description="steps of adaptation in each chain, thrown away")
    draws: Draws = Field(1500, description="draws kept from each chain")
    target_accept: Probability = Field(0.7, description="target acceptance of the sampler")


class SamplerOverrides(Section):
    """Sampler settings of one model, where they differ from the section `sampler`."""

    chains: int | None = Field(None, ge=2, le=64, description="independent chains")
    tune: Draws | None = Field(None, description="steps of adaptation in each chain")
    draws: Draws | None = Field(None, description="draws kept from each chain")
    target_accept: Probability | None = Field(None, description="target acceptance of the sampler")


class CompositionSettings(Section):
    """A model: either the measurement of a construct, or an outcome with its regressors and effects."""

    label: str | None = Field(None, max_length=80, description="its name in figures and tables")
    description: str | None = Field(None, max_length=400, description="what it is, in the paper's words")
    measures: list[str] = Field(
        [],
        description="constructs of the codebook whose indicators together measure one path; such a model has no outcome",
    )
    indicators: list[str] | None = Field(
        None, description="columns to measure with (null: all indicators of the constructs)"
    )
    free_after: dict[str, int] = Field(
        {}, description="indicator -> year from which on its loading, error and level are others"
    )
    regressors: list[str] = Field(["ties"], description="ties, and names of models that measure")
    inference: Literal["plugin", "cut", "joint"] = Field(
        "plugin",
        description="latent regressors as means (plugin), draws without feedback (cut), or informed by the outcome (joint)",
    )
    information: Literal["filtered", "smoothed"] = Field(
        "filtered", description="indicators up to the year before a mission, or of all years"
    )
    cut_draws: Annotated[int, Field(ge=4, le=10_000)] = Field(
        100, description="draws of the latent regressors for which a cut model is refitted"
    )
    between: list[str] = Field(
        [], description="regressors split into the state's mean and deviations from it"
    )
    mission_intercepts: bool = Field(True, description="each mission has its own intercept")
    mission_slopes: list[str] = Field([], description="regressors whose slope differs by mission")
    state_effects: bool = Field(False, description="each state has its own intercept")
    controls: bool | list[str] = Field(
        True, description="true: all of data.controls; false: none; or a list of them"
    )
    moderators: list[Moderator] = Field([], description="slopes that differ along a covariate")
    mission_predictors: dict[str, list[str]] = Field(
        {}, description="intercept, or a regressor of mission_slopes -> columns of missions that predict it"
    )
    label_errors: bool = Field(False, description="allow for wrong labels, by the certainty of each")
    sampler: SamplerOverrides = Field(
        default_factory=SamplerOverrides, description="sampler settings that differ for this model"
    )

    @property
    def latents(self) -> list[str]:
        """Regressors that other models measure."""
        return [] if self.measures else [name for name in self.regressors if name != "ties"]

    def terms(self) -> dict:
        """Terms as plain values, in the words of `models.composition.Composition.from_mapping`."""
        terms = self.model_dump(
            mode="json", exclude={"controls", "sampler", "label", "description"}, exclude_none=True
        )
        if isinstance(self.controls, list):
            terms["controls"] = sorted(self.controls)
        elif not self.controls:
            terms["controls"] = []
        return terms


class Prior(Section):
    """One distribution and its parameters, for example `{normal: [0, 1]}`."""

    normal: PairOfNumbers | None = Field(None, description="[mean, standard deviation]")
    half_normal: Positive | None = Field(None, description="standard deviation of the folded normal")
    exponential: Positive | None = Field(None, description="rate, one over the mean")
    beta: PairOfPositives | None = Field(None, description="[alpha, beta]")
    gamma: PairOfPositives | None = Field(None, description="[shape, rate]")
    lognormal: PairOfNumbers | None = Field(None, description="[mean, standard deviation] of the logarithm")
    truncated_normal: ThreeNumbers | None = Field(None, description="[mean, standard deviation, least value]")

    @model_validator(mode="after")
    def _one_distribution(self) -> Prior:
        if len(self.model_fields_set) != 1 or self.distribution is None:
            raise ValueError("exactly one distribution is wanted")
        return self

    @property
    def distribution(self) -> str | None:
        """Name of the distribution that is set."""
        return next((name for name in type(self).model_fields if getattr(self, name) is not None), None)

    @property
    def parameters(self) -> tuple[float, ...]:
        """Parameters of the distribution, in the order of its description."""
        value = getattr(self, self.distribution)
        return tuple(float(item) for item in value) if isinstance(value, tuple) else (float(value),)


class GateSettings(Section):
    """When a fit is good enough to be spoken about."""

    r_hat: Annotated[float, Field(gt=1, le=1.2)] = Field(1.01, description="largest R-hat of any parameter")
    ess_bulk: EffectiveSize = Field(400, description="smallest bulk effective sample size")
    ess_tail: EffectiveSize = Field(400, description="smallest tail effective sample size")
    divergences: int = Field(0, ge=0, le=100_000, description="most divergent transitions allowed")
    bfmi: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.3, description="smallest Bayesian fraction of missing information"
    )
    pareto_k: Annotated[float, Field(gt=0, le=1)] = Field(
        0.7, description="largest Pareto k for which leave-one-out is believed without a refit"
    )


class ReportSettings(Section):
    """What the paper and the report show."""

    interval: IntervalMass = Field(
        0.9, description="probability of every interval that is printed (equal tails)"
    )
    main_model: str | None = Field(
        None,
        description="the model that headline, checks and cases speak of (null: the last fitted one with an outcome)",
    )
    cases: list[str] = Field([], description="missions with a page of their own")


class RefitSettings(Section):
    """How the refits of the checks are sampled: they need fewer draws than what is printed."""

    chains: int = Field(2, ge=2, le=64, description="independent chains")
    tune: Draws = Field(150, description="steps of adaptation in each chain")
    draws: Draws = Field(300, description="draws kept from each chain")


class CheckSettings(Section):
    """Which checks are run beside the fits."""

    held_out_conflicts: list[str] | None = Field(
        None, description="models scored on each conflict in turn left out (null: all fitted ones)"
    )
    prior_scales: list[Positive] = Field(
        [0.5, 2.0], min_length=1, description="factors by which the priors are widened and narrowed"
    )
    future_from: int | None = Field(
        None, description="missions from this year on are predicted from those before (null: not done)"
    )
    refits: RefitSettings = Field(
        default_factory=RefitSettings, description="sampling of the many refits: held-out missions, controls"
    )
    validity: Literal["warn", "stop"] = Field(
        "warn",
        description="what a measure that is not valid does: a line on the paper's first page, or an end of the run",
    )
    simulations: Count = Field(30, description="simulated data sets for each truth, for the error rates")
    indicator_sets: Count = Field(300, description="sets of indicators of the target `multiverse`")


class PaperSettings(Section):
    """The forms in which the paper is written."""

    formats: list[Literal["pdf", "docx", "html", "tex"]] = Field(
        ["pdf", "docx", "html", "tex"], min_length=1, description="formats of the paper"
    )


class Settings(Section):
    """The whole configuration."""

    seed: int = Field(20260101, ge=0, le=2**31 - 1, description="every random number follows from this one")
    results: str = Field(
        "results",
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$",
        description="folder that takes everything a run makes (letters, digits, _, - and . in its name)",
        examples=["results/second"],
    )
    data: DataSettings = Field(default_factory=DataSettings, description="tables, rows and columns")
    models: dict[Name, CompositionSettings] = Field({}, description="name of a model -> what it is made of")
    fit: list[str] | None = Field(None, description="models to fit, by name (null: all)")
    priors: dict[Name, Prior] = Field(
        {}, description="name of a parameter -> prior, where it differs from the default"
    )
    sampler: SamplerSettings = Field(default_factory=SamplerSettings, description="how to sample")
    gate: GateSettings = Field(default_factory=GateSettings, description="when a fit is good enough")
    report: ReportSettings = Field(default_factory=ReportSettings, description="what is shown")
    checks: CheckSettings = Field(default_factory=CheckSettings, description="which checks are run")
    paper: PaperSettings = Field(default_factory=PaperSettings, description="forms of the paper")

    def sampler_of(self, model: str) -> SamplerSettings:
        """Sampler settings of a model: the section `sampler` with the model's own settings laid over it."""
        overrides = self.models[model].sampler.model_dump(exclude_none=True)
        return self.sampler.model_copy(update=overrides)

    def models_to_fit(self) -> list[str]:
        """Names of the models to fit: those asked for, each after the models that measure its latents."""
        names: list[str] = []
        for name in self.fit if self.fit is not None else list(self.models):
            names += [needed for needed in (*self.models[name].latents, name) if needed not in names]
        return names

    def measurement_models(self) -> list[str]:
        """Names of the fitted models that measure."""
        return [name for name in self.models_to_fit() if self.models[name].measures]

    def models_with_outcome(self) -> list[str]:
        """Names of the fitted models that say who joins."""
        return [name for name in self.models_to_fit() if not self.models[name].measures]

    def models_to_hold_out(self) -> list[str]:
        """Names of the fitted models that are scored on each conflict left out."""
        asked = self.checks.held_out_conflicts
        return [name for name in self.models_with_outcome() if asked is None or name in asked]

    def main_model(self) -> str | None:
        """Name of the model that headline, checks and cases speak of; None if no model has an outcome."""
        fitted = self.models_with_outcome()
        asked = self.report.main_model
        return asked if asked in fitted else next(iter(fitted[::-1]), None)

    def prior_values(self) -> dict[str, tuple[str, tuple[float, ...]]]:
        """Priors set in the configuration: name -> (distribution, parameters)."""
        return {name: (prior.distribution, prior.parameters) for name, prior in self.priors.items()}
