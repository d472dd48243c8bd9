"""Refits of the main model to other versions of the data and with other priors: effects by version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import xarray as xr

from models.blocks.factor import panel
from models.composition import Composition
from models.priors import Priors
from workflow.lib.checking.refits import PluginRefits, Refitter, on_the_grid_of, scaled_priors
from workflow.lib.checking.validity.paths import refit, without_each
from workflow.lib.checking.versions import (
    Version,
    eligible_versions,
    joiner_versions,
    label_versions,
    mission_versions,
    with_offers,
)
from workflow.lib.tables.load import Tables
from workflow.lib.tables.prepare import prepare

Effects = dict[str, xr.DataArray]
OFFERS = "offers that were refused counted as joining"


class Variants(PluginRefits):
    """Refits of one model to versions of the tables.

    All effects are taken between the values that the data in use give, so that a version's own quartiles do not move them.
    ``settings`` are the section ``data`` of the configuration.
    """

    def __init__(self, composition, data, paths, tables: Tables, settings: Mapping, run, log):
        super().__init__(composition, data, paths, run, log)
        self.tables, self.settings = tables, settings
        self.plain = self.refitter(self.composition, data)
        self.reference: Effects = self.plain.effects(self.plain.fit("as fitted"))
        self.frequencies: dict[str, float] = {}

    def on_the_grid(self, settings: Mapping) -> xr.Dataset:
        """A version of the data on the missions and states of the one in use."""
        return on_the_grid_of(self.data, prepare(self.tables, settings))

    def refit(self, name: str, data: xr.Dataset, refitter: Refitter | None = None) -> Effects:
        """Effects in a version of the data."""
        self.frequencies[name] = float(data["joined"].mean() / self.data["joined"].mean())
        return self.plain.effects((refitter or self.plain).fit(name, data))

    def refits(self, versions: list[Version]) -> dict[str, Effects]:
        """Effects by version of the same missions and states."""
        return {name: self.refit(name, self.on_the_grid(settings)) for name, settings in versions}

    def labels(self) -> dict[str, Effects]:
        """Effects with other lists of participants and of missions, and in a model in which records may be wrong."""
        version_inputs = self.settings, self.tables
        effects = self.refits([*label_versions(*version_inputs), *joiner_versions(*version_inputs)])
        for name, settings in mission_versions(*version_inputs):
            data = prepare(self.tables, settings)
            if set(data["mission"].values) <= set(self.data["mission"].values):
                effects[name] = self.refit(name, on_the_grid_of(self.data, data))
            else:
                effects[name] = self.refit(name, data, self.refitter(self.composition, data))
        if not self.composition.label_errors:
            # wrong records are a matter of the broadest list: it has those that a strict list leaves out
            broadest = self.on_the_grid({**self.settings, "joined_certainty": "uncertain"})
            with_label_errors = self.refitter(replace(self.composition, label_errors=True), broadest)
            effects["records may be wrong"] = self.refit("records may be wrong", broadest, with_label_errors)
        return effects

    def eligible(self) -> dict[str, Effects]:
        """Effects with other sets of candidates."""
        effects = self.refits(eligible_versions(self.settings, self.tables))
        data = on_the_grid_of(self.data, prepare(with_offers(self.tables), self.settings))
        if data["joined"].sum() > self.data["joined"].sum():
            effects[OFFERS] = self.refit(OFFERS, data)
        return effects

    def measures(self, measuring: Composition, free: Mapping[str, int]) -> dict[str, Effects]:
        """Effects with a latent measured, at the mode, without each of its indicators, and with some ``free`` by era."""
        priors, effects = Priors(self.plain.priors), {}
        labels = self.data["indicator_label"].to_series()
        held_out = without_each(measuring, self.data, priors)
        measured = {f"measured without {labels[name]}": refitted for name, refitted in held_out.items()}
        if free:
            freed = refit(panel(replace(measuring, free_after=free), self.data), priors)
            measured[f"measured with {', '.join(labels[n] for n in free)} free by era"] = freed
        for name, refitted in measured.items():
            latent = self.paths[measuring.name].assign(filtered_mean=(("state", "year"), refitted.filtered))
            paths = {**self.paths, measuring.name: latent}
            effects[name] = self.plain.effects(self.plain.fit(name, measured=paths))
        return effects

    def priors(self, factors: list[float]) -> dict[str, Effects]:
        """Effects with the spreads of priors multiplied."""
        effects = {}
        for factor in factors:
            refitter = replace(self.plain, priors=scaled_priors(self.plain.priors, factor), compiled=None)
            name = f"spreads of priors times {factor:g}"
            effects[name] = self.plain.effects(refitter.fit(name))
        return effects
