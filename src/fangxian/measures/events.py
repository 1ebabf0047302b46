"""What measures announce. Words (measure, level, guard) are stored values, not sentences.

A reason that somebody wrote stays with the order or the area, where it can be forgotten; a fact
carries a reason only where a rule gave it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.measures.models import EmergencyExit, Objection, Order, RiskArea, Service

_WORDS: dict[str, type[TextChoices]] = {
    "measure": Order.Kind,
    "subject": Order.Subject,
    "unit": RiskArea.Unit,
    "exit_kind": EmergencyExit.Kind,
    "outcome": Objection.State,
    "how": Service.How,
    "to_whom": Service.ToWhom,
}

# Orders: the subject is the order.


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIssued(Fact):
    sentence: ClassVar = _("Order {code} was issued: {measure} until {ends_at} ({subject})")
    words: ClassVar = _WORDS
    icon: ClassVar = "file-text"
    tone: ClassVar = "warning"

    code: str
    resident_id: UUID
    measure: str
    subject: str
    rule: str
    stage: int
    about_id: UUID
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMeasureInPack(Fact):
    """The pack in force does nothing to such a person. The subject is the ground."""

    sentence: ClassVar = _("No order: the rules in force ask for none ({subject})")
    words: ClassVar = _WORDS
    icon: ClassVar = "shield-check"

    resident_id: UUID
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyToRestrict(Fact):
    """The person has died. The subject is the ground."""

    sentence: ClassVar = _("No order: the person has died ({subject})")
    words: ClassVar = _WORDS
    icon: ClassVar = "shield-check"

    resident_id: UUID
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysAlreadyOver(Fact):
    """All days of the measure had passed since they are counted. The subject is the ground."""

    sentence: ClassVar = _(
        "No order: all days that the rules ask for since {counted_from} had passed ({subject})"
    )
    words: ClassVar = _WORDS
    icon: ClassVar = "clock"

    resident_id: UUID
    subject: str
    counted_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderServed(Fact):
    """`language` is that of the notice."""

    sentence: ClassVar = _("Order {code} was served: {how}, to {to_whom}")
    words: ClassVar = _WORDS
    icon: ClassVar = "user-check"

    code: str
    how: str
    to_whom: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExtended(Fact):
    sentence: ClassVar = _("Order {code} was extended from {was} to {becomes}")
    icon: ClassVar = "clock"
    tone: ClassVar = "warning"

    code: str
    was: datetime
    becomes: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShortened(Fact):
    """Rules that came into force later ask for less; `was_pack` are the rules before."""

    sentence: ClassVar = _(
        "Order {code} now ends at {becomes} rather than {was}: {was_pack} was replaced"
    )
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"

    code: str
    resident_id: UUID
    was: datetime
    becomes: datetime
    was_pack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackChangeApplied(Fact):
    """What other rules change was approved. The subject is the adoption; counts of orders and
    areas."""

    sentence: ClassVar = _(
        "The change of rules was applied: {shorter} orders shorter, {milder} milder, {ends} ended; "
        "{areas} risk areas changed"
    )
    icon: ClassVar = "book"
    tone: ClassVar = "good"

    shorter: int
    milder: int
    ends: int
    longer: int
    areas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureNoted(Fact):
    """Somebody was found infected near the person where they are kept. The subject is the order."""

    sentence: ClassVar = _("The person of order {code} was near a new infection until {exposed_at}")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    code: str
    resident_id: UUID
    exposed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseProposed(Fact):
    sentence: ClassVar = _("Order {code} ({measure}) has run its days: release is proposed")
    words: ClassVar = _WORDS
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"

    code: str
    resident_id: UUID
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnded(Fact):
    sentence: ClassVar = _("Order {code} ({measure}) ended")
    words: ClassVar = _WORDS
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"

    code: str
    resident_id: UUID
    measure: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionFiled(Fact):
    """The subject is the objection."""

    sentence: ClassVar = _("An objection to order {code} was filed")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    code: str
    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionDecided(Fact):
    """The subject is the objection; outcome is "upheld" or "rejected"."""

    sentence: ClassVar = _("The objection to order {code} was decided: {outcome}")
    words: ClassVar = _WORDS
    icon: ClassVar = "clipboard-check"

    code: str
    order_id: UUID
    outcome: str


# Risk areas: the subject is the area.


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfRiskArea(Fact):
    words: ClassVar = _WORDS

    code: str
    level: str
    unit: str
    name: str
    about_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAreaProposed(_OfRiskArea):
    sentence: ClassVar = _("{name} ({unit}) was proposed as risk area {code}")
    icon: ClassVar = "map-pin"
    tone: ClassVar = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAreaDeclared(_OfRiskArea):
    sentence: ClassVar = _("{name} ({unit}) became risk area {code}")
    icon: ClassVar = "lock"
    tone: ClassVar = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAreaRejected(_OfRiskArea):
    sentence: ClassVar = _("{name} does not become risk area {code}")
    icon: ClassVar = "map-pin"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAreaReleaseProposed(_OfRiskArea):
    sentence: ClassVar = _("Risk area {code}, {name}, fulfils its conditions: release is proposed")
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAreaLowered(_OfRiskArea):
    """`becomes_id` is the area of the lower level that follows."""

    sentence: ClassVar = _("Risk area {code}, {name}, was lowered")
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"

    becomes: str
    becomes_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAreaLifted(_OfRiskArea):
    sentence: ClassVar = _("Risk area {code}, {name}, was lifted")
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRestarted(Fact):
    sentence: ClassVar = _("The days of risk area {code} are counted anew from {becomes}")
    icon: ClassVar = "refresh"
    tone: ClassVar = "warning"

    code: str
    was: datetime
    becomes: datetime


# Holds of a place: the subject is the hold.


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHeld(Fact):
    sentence: ClassVar = _(
        "People of {name} are asked to stay until the retest, {ends_at} at the latest"
    )
    icon: ClassVar = "lock"
    tone: ClassVar = "warning"

    name: str
    about_id: UUID
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHoldEnded(Fact):
    sentence: ClassVar = _("People of {name} are free to go again")
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"

    name: str
    about_id: UUID
    reason: str


# Emergency exits: the subject is the exit.


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyExitStarted(Fact):
    sentence: ClassVar = _("{code}: a resident left for emergency care ({exit_kind})")
    words: ClassVar = _WORDS
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    code: str
    resident_id: UUID
    exit_kind: str
    orders: int
    risk_areas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyExitStartedAlone(EmergencyExitStarted):
    """What should follow failed, and the person leaves all the same: somebody must be called."""

    sentence: ClassVar = _(
        "{code}: a resident left for emergency care; nothing could be set in motion by itself, "
        "so call the command post"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyExitHandedOver(Fact):
    sentence: ClassVar = _("{code}: the hospital has taken over the patient")
    icon: ClassVar = "ambulance"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyExitReturned(Fact):
    sentence: ClassVar = _("{code}: the patient is back home")
    icon: ClassVar = "home"
    tone: ClassVar = "good"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyExitCleared(Fact):
    sentence: ClassVar = _("{code}: the record of the emergency exit is complete")
    icon: ClassVar = "clipboard-check"

    code: str


# Guards


class Guard(TextChoices):
    """What each guard refuses, by the code of its refusal."""

    ORDER_WITHOUT_CAUSE = "order_without_cause", _("a restriction without a cause")
    ORDER_WITHOUT_END = "order_without_end", _("a restriction without an end")
    ISOLATES_FROM_LOW_RISK = "isolates_from_low_risk", _("isolating people from low-risk areas")
    WIDENS_WHO_IS_ISOLATED = "widens_who_is_isolated", _("isolating more people than the rules")
    PROLONGS_ISOLATION = "prolongs_isolation", _("isolating for longer than the rules")
    EXTENSION_WITHOUT_REASON = "extension_without_reason", _("extending without a reason")
    LIMITS_TRAVEL_OUTSIDE_RISK_AREAS = (
        "limits_travel_outside_risk_areas",
        _("limiting travel outside risk areas"),
    )
    WIDENS_RISK_AREA = "widens_risk_area", _("a risk area wider than the rules")
    WIDENS_RISK_AREA_WITHOUT_REASON = (
        "widens_risk_area_without_reason",
        _("a wider risk area without a reason"),
    )
    PACK_CHANGE_PROLONGS = "pack_change_prolongs", _("prolonging because other rules are in force")
    POSTER_SCANS_ALONE = "poster_scans_alone", _("restricting by poster scans alone")
    PROLONGS_RISK_AREA = "prolongs_risk_area", _("prolonging a risk area without a new infection")
    DOOR_MUST_OPEN = "door_must_open", _("a door that does not open from the inside")
    PLACED_WITHOUT_ORDER = "placed_without_order", _("quarantine without an order in force")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedByGuard(Fact):
    """Somebody tried what may never be done. The subject is the person or place it was about."""

    sentence: ClassVar = _("Refused, because it may never be done: {guard}")
    icon: ClassVar = "shield-check"
    tone: ClassVar = "danger"
    words: ClassVar = {"guard": Guard}

    guard: str
