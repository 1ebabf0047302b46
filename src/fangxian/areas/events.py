from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaAdded(Fact):
    sentence: ClassVar = _("{area} was added.")
    icon: ClassVar = "map-pin"

    level: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRenamed(Fact):
    sentence: ClassVar = _("“{was}” is now called “{becomes}”.")
    icon: ClassVar = "map-pin"

    was: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRecoded(Fact):
    sentence: ClassVar = _("{area} has a new division code: {was} became {becomes}.")
    icon: ClassVar = "map-pin"

    was: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMoved(Fact):
    """`was` and `becomes` are paths. `area_path` is the new one."""

    sentence: ClassVar = _("{area} now belongs to another area.")
    icon: ClassVar = "map-pin"

    was: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEnded(Fact):
    """The area is no more; who and what is still registered in it must be placed elsewhere."""

    sentence: ClassVar = _("{area} was ended. Its residents must be placed elsewhere.")
    icon: ClassVar = "map-pin"
    tone: ClassVar = "warning"

    level: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionImported(Fact):
    """The subject is the district.

    added      areas created at once, because the district was empty
    proposed   changes waiting for a decision
    refused    rows that could not be read
    """

    sentence: ClassVar = _(
        "The division table of {edition} was imported for {area}: {added} areas added, "
        "{proposed} changes to decide, {refused} rows refused."
    )
    icon: ClassVar = "file-text"

    edition: int
    code: str
    added: int
    proposed: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionChangeDecided(Fact):
    """The subject is the change."""

    sentence: ClassVar = _("A change of the division table of {edition} was {decision}.")
    icon: ClassVar = "clipboard-check"

    edition: int
    change: str
    decision: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundariesDrawn(Fact):
    sentence: ClassVar = _("{drawn} outlines were drawn in {area}.")
    icon: ClassVar = "map-pin"

    drawn: int
    refused: int
    origin: str
    datum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureBuilt(Fact):
    sentence: ClassVar = _(
        "A made-up structure was built in {area}: {dwellings} dwellings in {buildings} buildings, "
        "{sites} sites."
    )
    icon: ClassVar = "building"

    seed: int
    grids: int
    buildings: int
    dwellings: int
    sites: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAdded(Fact):
    sentence: ClassVar = _("Site {number} was added in {area}.")
    icon: ClassVar = "map-pin"

    number: int
    site_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteClosed(Fact):
    sentence: ClassVar = _("Site {number} in {area} was closed.")
    icon: ClassVar = "map-pin"

    number: int
    site_kind: str
