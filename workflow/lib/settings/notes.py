"""What a configuration asks for and a run will not do, one line each: said at the start, not found out at the end."""

from pathlib import Path

from workflow.lib.settings.references import missions_in_use
from workflow.lib.settings.schema import Settings
from workflow.lib.settings.wording import listed


def find_notes(settings: Settings, root: str | Path = ".") -> list[str]:
    """Lines on what settings without a fault ask for and a run leaves out, and why; empty if everything is done."""
    fitted = settings.models_to_fit()
    notes = []
    if not settings.models_with_outcome():
        notes.append(
            f"fit: no model with an outcome ({listed(fitted)}), so there is no paper and no report; the target fits is made"
        )
    unfitted = [name for name in settings.checks.held_out_conflicts or [] if name not in fitted]
    if unfitted:
        notes.append(
            f"checks.held_out_conflicts: not fitted, so not scored on conflicts left out: {listed(unfitted)}"
        )
    main = settings.report.main_model
    if main is not None and main not in fitted and settings.main_model():
        notes.append(f"report.main_model: {main} is not fitted; the paper speaks of {settings.main_model()}")
    used = missions_in_use(settings, Path(root))
    unused = [case for case in settings.report.cases if used and case not in used]
    if unused:
        notes.append(f"report.cases: left out by the section data, so without a page: {listed(unused)}")
    return notes
