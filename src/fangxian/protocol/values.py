"""What a number in a pack is: a value with its unit, its source and how far to trust it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from django.utils.translation import gettext as _
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

Grade = Literal["A", "B", "C", "unverified"]
Scope = Literal["national", "local", "international"]


class Part(BaseModel):
    """Any piece of a pack: it cannot be changed, and an unknown key is a mistake."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Text(Part):
    zh: str
    en: str

    def text(self, lang: str) -> str:
        return self.zh if lang.lower().startswith("zh") else self.en


class Source(Part):
    """Where a number was read. `seen = false`: nowhere; it is common knowledge of the field."""

    title: str
    address: str = ""
    seen: bool = True

    def __str__(self) -> str:
        return f"{self.title} · {self.address}" if self.address else self.title


def _look_up(named: object, info: ValidationInfo) -> object:
    """A pack names its sources in [sources] and refers to them by that name."""
    if not isinstance(named, str):
        return named
    sources = (info.context or {}).get("sources", {})
    if named not in sources:
        raise ValueError(_("“%(name)s” is not among the [sources] of this pack") % {"name": named})
    return Source.model_validate(sources[named])


class Said(Part):
    """That a document says something.

    grade   A official text, or central or provincial press carrying it; B local notice or press;
            C a page that repeats a rule; unverified: no page seen, or not in so many words
    """

    source: Annotated[Source, BeforeValidator(_look_up)]
    grade: Grade
    scope: Scope | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def what_was_not_seen_is_not_verified(self) -> Self:
        if not self.source.seen and self.grade != "unverified":
            raise ValueError(_("its source was not seen, so its grade can only be “unverified”"))
        return self


class Sourced(Said):
    """What a document says.

    inherited   words that an overlay left as they were, with who said them
    """

    inherited: Mapping[str, Said] = Field(default_factory=dict)

    def of(self, word: str) -> Said:
        """Who says this word of the table; a number says it itself."""
        return self.inherited.get(word, self)


class Saying(Said):
    """Something said that is no number."""

    text: Text


class Other(Said):
    """What another source says of the same matter, kept beside it."""

    value: int | float | None = None
    low: int | float | None = None
    high: int | float | None = None
    on: tuple[int, ...] = ()
    unit: str

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if self.value is None and self.low is None and self.high is None and not self.on:
            raise ValueError(_("a conflicting figure needs value, low and high, or on"))
        return self


class Number(Said):
    """also   conflicting figures, each with its own source; none of them is applied"""

    also: tuple[Other, ...] = ()


class Span(Number):
    """A length of time."""

    value: int
    unit: Literal["min", "h", "d"]

    @model_validator(mode="after")
    def is_longer_than_nothing(self) -> Self:
        if self.value <= 0:
            raise ValueError(
                _("a length of time must be above 0, not %(value)s") % {"value": self.value}
            )
        return self

    @property
    def length(self) -> timedelta:
        match self.unit:
            case "min":
                return timedelta(minutes=self.value)
            case "h":
                return timedelta(hours=self.value)
            case "d":
                return timedelta(days=self.value)


class Quantity(Number):
    """A number of something that is not time: people, swabs, degrees."""

    value: int | float
    unit: str

    @model_validator(mode="after")
    def is_not_negative(self) -> Self:
        if self.value < 0:
            raise ValueError(_("must not be negative, not %(value)s") % {"value": self.value})
        return self

    @property
    def whole(self) -> int:
        """The value where only a whole number makes sense (people, tables, swabs)."""
        return int(self.value)


class Range(Number):
    low: int
    high: int
    unit: str

    @model_validator(mode="after")
    def runs_upwards(self) -> Self:
        if not 0 <= self.low <= self.high:
            raise ValueError(
                _("must run upwards from 0, not from %(low)s to %(high)s")
                % {"low": self.low, "high": self.high}
            )
        return self

    @property
    def longest(self) -> timedelta:
        """The upper end, where the unit is one of time."""
        return timedelta(**{{"min": "minutes", "h": "hours", "d": "days"}[self.unit]: self.high})


class Days(Number):
    """Days of a stage on which something is done; day 1 is its first day."""

    on: tuple[int, ...]
    unit: Literal["day"]

    @model_validator(mode="after")
    def run_upwards_from_one(self) -> Self:
        if not self.on or self.on[0] < 1 or list(self.on) != sorted(set(self.on)):
            raise ValueError(
                _("days must be 1 or later, each once and in order, not %(days)s")
                % {"days": ", ".join(map(str, self.on)) or "—"}
            )
        return self


class Withdrawn(Said):
    """An overlay's word that something of the pack beneath no longer holds."""

    withdrawn: Literal[True]
