"""Kinds of values in the configuration, with the ranges beyond which a value is a slip of the keyboard.

Pydantic refuses what is outside; `faults` says so in words.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from workflow.lib.settings.wording import shown


def _from_to(low: float, high: float) -> AfterValidator:
    """A range of sizes, zero aside: a density beyond it over- or underflows."""

    def check(value: float) -> float:
        if value and not low <= abs(value) <= high:
            raise ValueError(f"expected a number from {low:g} to {high:g}")
        return value

    return AfterValidator(check)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), _from_to(1e-6, 1e6)]
Number = Annotated[float, Field(allow_inf_nan=False), _from_to(1e-6, 1e6)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), _from_to(1e-6, 1e6)]
Probability = Annotated[float, Field(gt=0, lt=1)]
IntervalMass = Annotated[Probability, _from_to(0.01, 0.999)]
Count = Annotated[int, Field(ge=1, le=100_000)]
Draws = Annotated[int, Field(ge=10, le=100_000)]
EffectiveSize = Annotated[float, Field(ge=10, le=1e6)]
# YAML has lists only, so these two take a list for a tuple; their members stay strict.
PairOfNumbers = Annotated[tuple[Number, Positive], Field(strict=False)]
ThreeNumbers = Annotated[tuple[Number, Positive, NotNegative], Field(strict=False)]
PairOfPositives = Annotated[tuple[Positive, Positive], Field(strict=False)]


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, values are not converted from one type to another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*")
    @classmethod
    def _each_once(cls, value: object) -> object:
        seen: set[str] = set()
        for entry in value if isinstance(value, list) else ():
            if repr(entry) in seen:
                raise ValueError(f"{shown(entry)} is given twice; remove one of the two")
            seen.add(repr(entry))
        return value
