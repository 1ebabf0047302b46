from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from fangxian.gates.models import Incident, Pass
from fangxian.kernel.ledger import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSet(Fact):
    sentence: ClassVar = _("What checkpoint {number} in {area} asks for was set")
    icon: ClassVar = "gate"

    number: int
    demands: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateShiftBegun(Fact):
    sentence: ClassVar = _("A guard began at checkpoint {number} in {area}")
    icon: ClassVar = "person"

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateShiftHandedOver(Fact):
    """What the guard counted; `scanned` is what was scanned in the shift."""

    sentence: ClassVar = _(
        "A guard handed over checkpoint {number} in {area}: {passed} passed, {referred} referred,"
        " {turned_back} turned back, {emergencies} emergencies"
    )
    icon: ClassVar = "person"

    number: int
    passed: int
    referred: int
    turned_back: int
    emergencies: int
    scanned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedBack(Fact):
    """Somebody was turned back, by which rule. Who it was stays with the scan, for its days."""

    sentence: ClassVar = _("Somebody was turned back at a checkpoint in {area} (rule “{rule}”)")
    icon: ClassVar = "refuse"
    tone: ClassVar = "warning"

    rule: str
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyLetThrough(Fact):
    """Somebody in an emergency was let through; `resident_id` where it is known who."""

    sentence: ClassVar = _("Somebody in an emergency was let through in {area}")
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    resident_id: UUID | None
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyLetThroughAlone(Fact):
    """As `EmergencyLetThrough`; what should have followed failed, so somebody must see to it."""

    sentence: ClassVar = _("Somebody in an emergency was let through in {area}; nothing followed")
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    resident_id: UUID | None
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReported(Fact):
    sentence: ClassVar = _("Incident at a checkpoint in {area}: {incident}")
    words: ClassVar = {"incident": Incident.Kind}
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSettled(Fact):
    sentence: ClassVar = _("The incident at a checkpoint in {area} was settled: {incident}")
    words: ClassVar = {"incident": Incident.Kind}
    icon: ClassVar = "check"
    tone: ClassVar = "good"

    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassIssued(Fact):
    sentence: ClassVar = _("Pass {code} ({pass_kind}) was issued in {area}")
    words: ClassVar = {"pass_kind": Pass.Kind}
    icon: ClassVar = "card"

    code: str
    pass_kind: str
    valid_to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRevoked(Fact):
    sentence: ClassVar = _("Pass {code} ({pass_kind}) was revoked in {area}")
    words: ClassVar = {"pass_kind": Pass.Kind}
    icon: ClassVar = "ban"
    tone: ClassVar = "warning"

    code: str
    pass_kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpDriveBegun(Fact):
    """`communities` have venues without a code."""

    sentence: ClassVar = ngettext_lazy(
        "{venues} venue in {area} is to have a code",
        "{venues} venues in {area} are to have a code",
        "venues",
    )
    icon: ClassVar = "building"

    venues: int
    communities: list[str]
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSignedUp(Fact):
    sentence: ClassVar = _("Venue {number} in {area} has a code")
    icon: ClassVar = "building"

    number: int
    venue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityIsCovered(Fact):
    """Every venue of the community has a code: the drive is done here."""

    sentence: ClassVar = _("Every venue in {area} has a code")
    icon: ClassVar = "building"
    tone: ClassVar = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueClosed(Fact):
    sentence: ClassVar = _("The code of venue {number} in {area} is no longer used")
    icon: ClassVar = "building"

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostersPrinted(Fact):
    sentence: ClassVar = ngettext_lazy(
        "The poster of {venues} venue in {area} was printed",
        "Posters of {venues} venues in {area} were printed",
        "venues",
    )
    icon: ClassVar = "print"

    venues: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateListPrinted(Fact):
    sentence: ClassVar = _(
        "A list of {lines} people who may pass was printed for checkpoint {number} in {area}"
    )
    icon: ClassVar = "print"

    number: int
    lines: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered(Fact):
    sentence: ClassVar = _("A question about scans in {area} was answered")
    icon: ClassVar = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScansRead(Fact):
    """Somebody read where a person had passed; the subject is the person."""

    sentence: ClassVar = _("The scans of a person in {area} were read: {rows} of them")
    icon: ClassVar = "eye"

    rows: int
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsForgotten(Fact):
    sentence: ClassVar = ngettext_lazy(
        "{scans} scan forgot the person",
        "{scans} scans forgot the person",
        "scans",
    )
    icon: ClassVar = "erase"

    scans: int
