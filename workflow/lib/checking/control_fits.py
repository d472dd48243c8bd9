"""Refits of the main model beside its controls: rows of negative controls, of reverse causation, and of measures of ties.

From the analysis data set, the latent paths and the controls to rows of checks. Latent regressors are plugged in.
"""

from __future__ import annotations

from functools import cached_property

import xarray as xr

from models.composition import TIES
from models.posterior import OutcomeDraws
from workflow.lib.checking.controls import (
    POSITIVE,
    Control,
    difference_rows,
    led_by_others_rows,
    with_control,
    with_covariate,
)
from workflow.lib.checking.refits import PluginRefits, Refitter
from workflow.lib.checking.reverse_causation import first_decisions, first_joiners_row, rows_around_missions
from workflow.lib.checking.table import DESCRIBED, check_row, estimate_row
from workflow.lib.errors import UserError

ADDED = "control_added"
# a measure of ties that is known of fewer joiners says nothing of its own
FEWEST_JOINERS = 30


class ControlFits(PluginRefits):
    """Refits of one model with a control beside a regressor, to other missions, and with other measures of ties."""

    @cached_property
    def slope_names(self) -> dict[str, str]:
        """Names of the slopes by regressor; of a split one, that of the deviations."""
        terms = [term for term in self.composition.terms() if term.part != "between"]
        return {term.regressor: f"{term.name}_slope" for term in terms}

    def slope(self, draws: OutcomeDraws, regressor: str) -> xr.DataArray:
        """Slope of a regressor; of a split one, that of the deviations."""
        return draws.labelled(draws.p[self.slope_names[regressor]])

    @cached_property
    def plain(self) -> Refitter:
        """Refits of the composition as it is."""
        return self.refitter(self.composition, self.data, "controls")

    @cached_property
    def slopes(self) -> dict[str, xr.DataArray]:
        """Slopes of all regressors in the model as it is."""
        draws = self.plain.fit("as it is")
        return {regressor: self.slope(draws, regressor) for regressor in self.slope_names}

    @cached_property
    def _with_added_control(self) -> Refitter:
        data = with_covariate(self.data, ADDED, xr.zeros_like(self.data["ties"]))
        return self.refitter(with_control(self.composition, data, ADDED), data, "control")

    def slopes_with_control(self, control: Control) -> tuple[xr.DataArray, xr.DataArray]:
        """Slopes of the regressor and of its control in one model."""
        draws = self._with_added_control.fit(control.item, with_covariate(self.data, ADDED, control.values))
        position = draws.inputs.coords["control"].index(ADDED)
        return self.slope(draws, control.regressor), draws.labelled(draws.p["control_slope"][:, position])

    def negative_controls(self, controls: list[Control], led_by_others: xr.Dataset | None) -> list[dict]:
        """Rows of all controls beside their regressors, and of missions that others led."""
        rows = []
        for control in controls:
            naive = self.slopes[control.regressor]
            rows += difference_rows(control, self.slopes_with_control, naive, self.main, self.interval)
        if led_by_others is not None:
            draws = self.refitter(self.composition, led_by_others, "led by others").fit("led by others")
            missions = led_by_others.sizes["mission"]
            for name, main_slope in self.slopes.items():
                other_slope = self.slope(draws, name)
                rows += led_by_others_rows(name, main_slope, other_slope, self.main, self.interval, missions)
        return rows

    def reverse_causation(self) -> list[dict]:
        """Rows on the first latent regressor before and after missions, and on first joiners; none if nothing is measured."""
        if not self.composition.latents:
            return []
        name = self.composition.latents[0]
        path = self.paths[name]["filtered_mean"]
        rows = rows_around_missions(path, self.data, name, self.main, self.interval, self.run["seed"])
        joined = self.data["joined"].where(first_decisions(self.data))
        draws = self.plain.fit("first joiners", self.data.assign(joined=joined))
        slope, naive = self.slope(draws, name), self.slopes[name]
        return [*rows, first_joiners_row(slope, naive, name, self.main, self.interval, int(joined.sum()))]

    def ties_measures(self) -> list[dict]:
        """Slopes of the regressors with each measure of ties in turn, on the missions in which it is known; none without ties."""
        rows = []
        if TIES not in self.composition.regressors:
            return rows
        measures = zip(
            self.data["tie_measure"].values.tolist(), self.data["tie_label"].values.tolist(), strict=True
        )
        for name, label in measures:
            ties = self.data["tie_measure_value"].sel(tie_measure=name, drop=True)
            joined = self.data["joined"].where(ties.notnull())
            if int(joined.sum()) < FEWEST_JOINERS:
                continue
            try:
                draws = self.plain.fit(name, self.data.assign(ties=ties.fillna(0.0), joined=joined))
            except UserError as error:
                self.log(f"{label}: left out, {error}")
                continue
            note = f"{int(joined.notnull().any('state').sum())} missions"
            rows += [self._measure_row(draws, regressor, name, label, note) for regressor in self.slope_names]
        return rows

    def _measure_row(self, draws: OutcomeDraws, regressor: str, name: str, label: str, note: str) -> dict:
        words = label if regressor == TIES else f"{regressor} beside {label}"
        columns = estimate_row(self.slope(draws, regressor), self.interval)
        columns |= {"unit": "log-odds", "expected": POSITIVE, "note": note}
        return check_row("measures of ties", self.main, f"{name} {regressor}", words, DESCRIBED, **columns)
