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
)

Block = Literal["outcome", "quality", "ties", "cooperativeness", "contact"]
Latent = Literal["quality", "cooperativeness", "contact"]
Slope = Literal["ties", "quality"]
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
    """The regular grid of years on which the latent relationship is measured."""

    first: int = Field(1949, ge=1816, le=2100, description="first year of the grid")
    last: int = Field(2014, ge=1816, le=2100, description="last year of the grid")
    every: int = Field(5, ge=1, le=50, description="years between two points of the grid")

    @model_validator(mode="after")
    def _years_in_order(self) -> PanelSettings:
        if self.last < self.first:
            raise ValueError(f"last ({self.last}) comes before first ({self.first})")
        if self.last - self.first < self.every:
            raise ValueError("the grid has one year; at least two are wanted: widen it, or lower every")
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
        default_factory=list,
        description="roles in the table of participants that count as joining besides, such as staff or basing",
    )
    exclude_missions: list[str] = Field(
        default_factory=list, description="missions to leave out, by identifier"
    )
    eligible: EligibleSettings = Field(default_factory=EligibleSettings, description="who could have joined")
    tie_counts: list[str] | None = Field(
        None, description="columns that count ties with the pivotal state (null: those of the codebook)"
    )
    quality: list[str] | None = Field(
        None,
        description="columns that indicate the quality of the relationship (null: those of the codebook)",
    )
    personal_contact: list[str] | None = Field(
        None, description="columns on contact between persons (null: those of the codebook)"
    )
    cooperativeness: list[str] | None = Field(
        None,
        description="columns on cooperation that is not about the pivotal state (null: those of the codebook)",
    )
    controls: list[str] | None = Field(
        None, description="columns held constant in the outcome model (null: those of the codebook)"
    )
    mission_covariates: list[str] = Field(
        default_factory=lambda: ["un_mandate", "short_horizon"],
        description="columns of the table of missions that models may use",
    )
    measurement_panel: PanelSettings = Field(
        default_factory=PanelSettings, description="years at which the relationship is measured"
    )


class Moderator(Section):
    """A slope that may differ along a covariate."""

    of: Slope = Field(description="whose slope differs")
    by: str = Field(description="the column along which it differs")


class MissionPredictors(Section):
    """Which columns of the table of missions predict the effects that vary by mission."""

    intercept: list[str] = Field(default_factory=list, description="predictors of how many states join")
    ties: list[str] = Field(default_factory=list, description="predictors of the slope of ties")
    quality: list[str] = Field(default_factory=list, description="predictors of the slope of quality")


class SamplerSettings(Section):
    """How the posterior is sampled."""

    chains: int = Field(4, ge=2, le=64, description="independent chains")
    tune: Draws = Field(600, description="steps of adaptation in each chain, thrown away")
    draws: Draws = Field(1000, description="draws kept from each chain")
    target_accept: Probability = Field(0.8, description="target acceptance of the sampler")
    cores: Count | None = Field(None, description="chains at a time (null: as many as the rule was given)")
    engine: Literal["fused", "plain"] = Field(
        "fused", description="fused: fast likelihood; plain: readable graph"
    )
    backend: Literal["nutpie", "pymc"] = Field("nutpie", description="which library draws")


class SamplerOverrides(Section):
    """Sampler settings of one model, where they differ from the section `sampler`."""

    chains: int | None = Field(None, ge=2, le=64, description="independent chains")
    tune: Draws | None = Field(None, description="steps of adaptation in each chain")
    draws: Draws | None = Field(None, description="draws kept from each chain")
    target_accept: Probability | None = Field(None, description="target acceptance of the sampler")
    engine: Literal["fused", "plain"] | None = Field(None, description="fused or plain likelihood")
    backend: Literal["nutpie", "pymc"] | None = Field(None, description="which library draws")


class CompositionSettings(Section):
    """A model: the blocks it is made of, and its terms."""

    blocks: list[Block] = Field(
        min_length=1, description="measurement blocks and the outcome block, sampled together"
    )
    latents: list[Latent] = Field(
        default_factory=list,
        description="latent regressors of the outcome that come from the model `measured_by`",
    )
    inference: Literal["joint", "plugin", "cut"] = Field(
        "joint",
        description="joint: one posterior; plugin: point estimates of the latents; cut: their draws, no feedback",
    )
    measured_by: str | None = Field(
        None, description="the model that measures the latents of a plugin or cut model"
    )
    cut_draws: Count = Field(600, description="number of draws of the latents that a cut model refits")
    ties: bool = Field(True, description="the number of ties is a regressor of the outcome")
    mission_intercepts: bool = Field(True, description="each mission has its own intercept")
    mission_slopes: list[Slope] = Field(default_factory=list, description="slopes that differ by mission")
    state_effects: bool = Field(False, description="each state has its own intercept")
    controls: bool | list[str] = Field(
        True, description="true: all of data.controls; false: none; or a list of them"
    )
    moderators: list[Moderator] = Field(
        default_factory=list, description="slopes that differ along a covariate"
    )
    mission_predictors: MissionPredictors = Field(
        default_factory=MissionPredictors, description="mission-level predictors of what varies by mission"
    )
    label_errors: bool = Field(False, description="allow for wrong labels, by the certainty of each")
    tie_family: Literal["beta_binomial", "negative_binomial"] = Field(
        "beta_binomial", description="how tie counts relate to their exposure"
    )
    sampler: SamplerOverrides = Field(
        default_factory=SamplerOverrides, description="sampler settings that differ for this model"
    )

    def terms(self) -> dict:
        """Blocks and terms as plain values, in the words of `models.Composition.from_mapping`."""
        terms = self.model_dump(mode="json", exclude={"controls", "sampler"}, exclude_none=True)
        if isinstance(self.controls, list):
            terms["covariates"] = sorted(self.controls)
        elif not self.controls:
            terms["covariates"] = []
        return terms


class Prior(Section):
    """One distribution and its parameters, for example `{normal: [0, 1]}`."""

    normal: PairOfNumbers | None = Field(None, description="[mean, standard deviation]")
    half_normal: Positive | None = Field(None, description="standard deviation of the folded normal")
    exponential: Positive | None = Field(None, description="rate, one over the mean")
    beta: PairOfPositives | None = Field(None, description="[alpha, beta]")
    gamma: PairOfPositives | None = Field(None, description="[shape, rate]")
    lognormal: PairOfNumbers | None = Field(None, description="[mean, standard deviation] of the logarithm")

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
    cases: list[str] = Field(default_factory=list, description="missions with a page of their own")


class RefitSettings(Section):
    """How the refits of the checks are sampled: they need fewer draws than what is printed."""

    chains: int = Field(2, ge=2, le=64, description="independent chains")
    tune: Draws = Field(150, description="steps of adaptation in each chain")
    draws: Draws = Field(400, description="draws kept from each chain")


class CheckSettings(Section):
    """Which checks are run beside the fits."""

    held_out_missions: list[str] | None = Field(
        None,
        description="models scored on each mission in turn left out (null: all fitted ones, cut ones aside)",
    )
    reference: str | None = Field(
        None,
        description="model that the checks refit (null: the last fitted one that has nothing but the outcome)",
    )
    prior_scales: list[Positive] = Field(
        default_factory=lambda: [0.5, 2.0],
        min_length=1,
        description="factors by which the priors are widened and narrowed",
    )
    future_from: int | None = Field(
        None, description="missions from this year on are predicted from those before (null: not done)"
    )
    refits: RefitSettings = Field(
        default_factory=lambda: RefitSettings(),
        description="sampling of the many refits: held-out missions, controls",
    )
    simulations: Count = Field(20, description="simulated data sets of the target `calibration`")


class PaperSettings(Section):
    """The forms in which the paper is written."""

    formats: list[Literal["pdf", "docx", "html", "tex"]] = Field(
        default_factory=lambda: ["pdf", "docx", "html", "tex"],
        min_length=1,
        description="formats of the paper",
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
    models: dict[Name, CompositionSettings] = Field(
        default_factory=dict, description="name of a model -> what it is made of"
    )
    fit: list[str] | None = Field(None, description="models to fit, by name (null: all)")
    priors: dict[Name, Prior] = Field(
        default_factory=dict, description="name of a parameter -> prior, where it differs from the default"
    )
    sampler: SamplerSettings = Field(default_factory=SamplerSettings, description="how to sample")
    gate: GateSettings = Field(default_factory=GateSettings, description="when a fit is good enough")
    report: ReportSettings = Field(default_factory=ReportSettings, description="what is shown")
    checks: CheckSettings = Field(default_factory=CheckSettings, description="which checks are run")
    paper: PaperSettings = Field(default_factory=PaperSettings, description="forms of the paper")

    def sampler_of(self, model: str) -> SamplerSettings:
        """Sampler settings of a model: the section `sampler` with the model's own settings laid over it."""
        own = self.models[model].sampler.model_dump(exclude_none=True)
        return self.sampler.model_copy(update=own)

    def models_to_fit(self) -> list[str]:
        """Names of the models to fit: those asked for, each after the model that measures its latents."""
        names: list[str] = []
        for name in self.fit if self.fit is not None else list(self.models):
            measured_by = self.models[name].measured_by
            names += [needed for needed in (measured_by, name) if needed is not None and needed not in names]
        return names

    def models_with_outcome(self) -> list[str]:
        """Names of the fitted models that contain the outcome block."""
        return [name for name in self.models_to_fit() if "outcome" in self.models[name].blocks]

    def models_to_hold_out(self) -> list[str]:
        """Names of the fitted models that are scored on each mission left out; cut models only if asked for.

        A cut model is refitted for every draw of its latents, so that leaving out each mission costs thousands of fits.
        """
        asked = self.checks.held_out_missions
        if asked is not None:
            return [name for name in self.models_with_outcome() if name in asked]
        return self.models_without_cut()

    def models_without_cut(self) -> list[str]:
        """Names of the fitted models with an outcome that one fit samples."""
        return [name for name in self.models_with_outcome() if self.models[name].inference != "cut"]

    def reference_model(self) -> str | None:
        """Name of the model that the checks refit: the one asked for, or the last fitted one without latents.

        Those refit in seconds. Without such a model the last one with an outcome, or None.
        """
        names = self.models_with_outcome()
        simple = [
            name
            for name in names
            if self.models[name].blocks == ["outcome"] and not self.models[name].latents
        ]
        return self.checks.reference or next(iter([*simple[::-1], *names[::-1]]), None)

    def prior_values(self) -> dict[str, tuple[str, tuple[float, ...]]]:
        """Priors set in the configuration: name -> (distribution, parameters)."""
        return {name: (prior.distribution, prior.parameters) for name, prior in self.priors.items()}
