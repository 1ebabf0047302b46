"""What happens to people under orders. Codes and numbers, never names."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.quarantine.models import (
    DoorVisit,
    Placement,
    Reading,
    Restart,
    Transfer,
    Wish,
)

_WORDS: dict[str, type[TextChoices]] = {
    "way": Transfer.Way,
    "how": Placement.Left,
    "taken": Reading.Way,
    "alarm": Reading.Alarm,
    "purpose": DoorVisit.Purpose,
    "found": DoorVisit.Found,
    "wish": Wish.Kind,
    "decision": Restart.State,
}

# Sites: the subject is the site.


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityOpened(Fact):
    sentence: ClassVar = _("A quarantine site opened in {area}: {rooms} rooms")
    icon: ClassVar = "home"
    tone: ClassVar = "good"

    rooms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityClosed(Fact):
    sentence: ClassVar = _("A quarantine site closed in {area}")
    icon: ClassVar = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomsAdded(Fact):
    sentence: ClassVar = _("{rooms} rooms were entered for a quarantine site in {area}")
    icon: ClassVar = "home"

    rooms: int


# Placements: the subject is the placement.


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPlacement(Fact):
    words: ClassVar = _WORDS

    resident_id: UUID
    order_id: UUID
    order: str
    site_id: UUID
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPlaced(_OfPlacement):
    sentence: ClassVar = _("Room {room} is kept for a person under order {order}")
    icon: ClassVar = "home"

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonArrived(_OfPlacement):
    sentence: ClassVar = _("The person under order {order} arrived in room {room}")
    icon: ClassVar = "user-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMoved(_OfPlacement):
    sentence: ClassVar = _("The person under order {order} moved to room {room}")
    icon: ClassVar = "arrow"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementCancelled(_OfPlacement):
    sentence: ClassVar = _("Room {room} is not needed for the person of order {order}")
    icon: ClassVar = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class BedKept(_OfPlacement):
    sentence: ClassVar = _("The person of room {room} is in hospital; the bed is kept")
    icon: ClassVar = "ambulance"
    tone: ClassVar = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonIsBack(_OfPlacement):
    sentence: ClassVar = _("The person of room {room} is back from hospital")
    icon: ClassVar = "user-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLeft(_OfPlacement):
    sentence: ClassVar = _("The person of order {order} left room {room}: {how}")
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"

    how: str


# Journeys: the subject is the transfer.


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfTransfer(Fact):
    words: ClassVar = _WORDS

    code: str
    resident_id: UUID
    order_id: UUID
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAsked(_OfTransfer):
    sentence: ClassVar = _("Journey {code} is to be made by {due_at}: {way}")
    icon: ClassVar = "truck"

    due_at: datetime
    from_path: str
    to_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDeparted(_OfTransfer):
    sentence: ClassVar = _("Journey {code} has departed: {way}")
    icon: ClassVar = "truck"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferArrived(_OfTransfer):
    sentence: ClassVar = _("Journey {code} has arrived and was receipted: {way}")
    icon: ClassVar = "user-check"
    tone: ClassVar = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCancelled(_OfTransfer):
    sentence: ClassVar = _("Journey {code} is not needed any more")
    icon: ClassVar = "truck"


# Daily monitoring: the subject is the watch.


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchBegun(Fact):
    sentence: ClassVar = _("Daily monitoring begins under order {order}")
    icon: ClassVar = "activity"

    resident_id: UUID
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEnded(Fact):
    sentence: ClassVar = _("Daily monitoring under order {order} ended")
    icon: ClassVar = "activity"
    tone: ClassVar = "good"

    resident_id: UUID
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingTaken(Fact):
    """What was measured stays with the reading, where it can be forgotten."""

    sentence: ClassVar = _("A reading came in: {alarm} ({taken})")
    words: ClassVar = _WORDS
    icon: ClassVar = "activity"

    resident_id: UUID
    alarm: str
    taken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingAlarmed(Fact):
    sentence: ClassVar = _("A reading calls for help at once: {alarm}")
    words: ClassVar = _WORDS
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "danger"

    resident_id: UUID
    order: str
    alarm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingMissed(Fact):
    sentence: ClassVar = _("A reading under order {order} did not come")
    icon: ClassVar = "clock"
    tone: ClassVar = "warning"

    resident_id: UUID
    order: str
    day: date
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WishAsked(Fact):
    sentence: ClassVar = _("Somebody under order {order} needs {wish}")
    words: ClassVar = _WORDS
    icon: ClassVar = "hand"

    resident_id: UUID
    order: str
    wish: str
    wish_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WishMet(Fact):
    sentence: ClassVar = _("Somebody under order {order} got {wish}")
    words: ClassVar = _WORDS
    icon: ClassVar = "check"
    tone: ClassVar = "good"

    resident_id: UUID
    order: str
    wish: str
    wish_id: UUID
    wishes_left: int


# Doors: the subject is the visit.


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorVisited(Fact):
    sentence: ClassVar = _("At the door for order {order}: {purpose} ({found})")
    words: ClassVar = _WORDS
    icon: ClassVar = "home"

    resident_id: UUID
    order_id: UUID
    order: str
    purpose: str
    found: str


# New infections among guests: the subject is the proposal.


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartProposed(Fact):
    sentence: ClassVar = _(
        "A new infection in a quarantine site: it is proposed to count {people} people's days anew"
    )
    icon: ClassVar = "refresh"
    tone: ClassVar = "danger"

    site_id: UUID
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartDecided(Fact):
    sentence: ClassVar = _("Counting days anew in a quarantine site: {decision}")
    words: ClassVar = _WORDS
    icon: ClassVar = "clipboard-check"

    site_id: UUID
    decision: str
    people: int
