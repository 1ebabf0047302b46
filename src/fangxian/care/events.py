"""What care announces. Facts carry codes and words of choice, never what somebody said."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.care.models import CareTransfer, Channel, Means, Series, Step, Visit, What
from fangxian.dispatch.kinds import TaskLevel
from fangxian.kernel.ledger import Fact

_WORDS: dict[str, type[TextChoices]] = {
    "what": What,
    "was": What,
    "channel": Channel,
    "means": Means,
    "suggested": Means,
    "outcome": CareTransfer.Outcome,
    "state": CareTransfer.State,
    "step": Step.Kind,
    "seen_by": TaskLevel,
    "treatment": Series.Kind,
    "how": Visit.How,
    "found": Visit.Found,
}

# Journeys: the subject is the transfer.


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRequested(Fact):
    sentence: ClassVar = _("{code}: somebody is to be brought to care ({what}; {channel})")
    words: ClassVar = _WORDS
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    code: str
    resident_id: UUID | None
    what: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRequestedAlone(CareRequested):
    """What should follow failed; the request stands all the same: somebody must be called."""

    sentence: ClassVar = _(
        "{code}: somebody is to be brought to care; nothing could be set in motion by itself, "
        "so call the command post"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CareWorsened(Fact):
    sentence: ClassVar = _("{code}: more urgent than was said: {what} (was: {was})")
    words: ClassVar = _WORDS
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    code: str
    what: str
    was: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareStepAlone(Fact):
    """What should follow of a step failed; the journey goes on all the same."""

    sentence: ClassVar = _(
        "{code}: {step}; nothing could be set in motion by itself, so call the command post"
    )
    words: ClassVar = _WORDS
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    code: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareIdentified(Fact):
    sentence: ClassVar = _("{code}: it is known who is brought to care")
    icon: ClassVar = "ambulance"

    code: str
    resident_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTriaged(Fact):
    sentence: ClassVar = _("{code}: looked at: {what}, {means} (the rules proposed: {suggested})")
    words: ClassVar = _WORDS
    icon: ClassVar = "ambulance"

    code: str
    what: str
    means: str
    suggested: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareHasNoAmbulance(Fact):
    sentence: ClassVar = _("{code}: 120 cannot come; the street sends a car at once")
    icon: ClassVar = "ambulance"
    tone: ClassVar = "warning"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareVehicleNamed(Fact):
    sentence: ClassVar = _("{code}: a vehicle is named ({means})")
    words: ClassVar = _WORDS
    icon: ClassVar = "ambulance"

    code: str
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareDeparted(Fact):
    sentence: ClassVar = _("{code}: on the way to care ({means})")
    words: ClassVar = _WORDS
    icon: ClassVar = "ambulance"

    code: str
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTurnedAway(Fact):
    sentence: ClassVar = _(
        "{code}: a hospital did not take the person, who is brought to another ({times})"
    )
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    code: str
    hospital_id: UUID | None
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CareHandedOver(Fact):
    sentence: ClassVar = _("{code}: the hospital has taken over")
    icon: ClassVar = "ambulance"

    code: str
    receipted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CareReturning(Fact):
    sentence: ClassVar = _("{code}: on the way back")
    icon: ClassVar = "home"

    code: str
    resident_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CareVehicleDisinfected(Fact):
    sentence: ClassVar = _("{code}: the vehicle was disinfected")
    icon: ClassVar = "shield-check"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareClosed(Fact):
    sentence: ClassVar = _("{code}: the closed loop is complete: {outcome}")
    words: ClassVar = _WORDS
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"

    code: str
    resident_id: UUID | None
    exit_id: UUID | None
    outcome: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareClimbed(Fact):
    sentence: ClassVar = _("{code}: the next step is overdue ({state}); the {seen_by} sees it now")
    words: ClassVar = _WORDS
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    code: str
    state: str
    means: str
    seen_by: str


# Regular treatment: the subject is the series; of a ride, the transfer.


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesBooked(Fact):
    sentence: ClassVar = _("Rides to regular treatment are booked ({treatment}) until {last_day}")
    words: ClassVar = _WORDS
    icon: ClassVar = "calendar"

    resident_id: UUID
    treatment: str
    last_day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEnded(Fact):
    sentence: ClassVar = _("Rides to regular treatment have ended ({treatment})")
    words: ClassVar = _WORDS
    icon: ClassVar = "calendar"

    resident_id: UUID
    treatment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RideBooked(Fact):
    sentence: ClassVar = _(
        "{code}: a ride to regular treatment is ahead ({treatment}, expected there {wanted_at})"
    )
    words: ClassVar = _WORDS
    icon: ClassVar = "calendar"

    code: str
    resident_id: UUID
    treatment: str
    wanted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RideMissed(Fact):
    sentence: ClassVar = _("{code}: the ride to regular treatment has not left in time")
    icon: ClassVar = "ambulance"
    tone: ClassVar = "danger"

    code: str
    resident_id: UUID | None


# Who is ready: the subject is the pairing, or the car.


@dataclass(frozen=True, slots=True, kw_only=True)
class HospitalPaired(Fact):
    sentence: ClassVar = _("A hospital is paired with the subdistrict")
    icon: ClassVar = "link"

    site_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HospitalUnpaired(Fact):
    sentence: ClassVar = _("A hospital is no longer paired with the subdistrict")
    icon: ClassVar = "link"

    site_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CarKept(Fact):
    sentence: ClassVar = _("A car is kept ready for journeys to care")
    icon: ClassVar = "ambulance"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarGivenUp(Fact):
    sentence: ClassVar = _("A car is no longer kept ready for journeys to care")
    icon: ClassVar = "ambulance"


# Looking in on people: the subject is the visit, or the area of many.


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsPlanned(Fact):
    sentence: ClassVar = _("{number} people with special needs are to be looked in on")
    icon: ClassVar = "checklist"

    number: int
    visits: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsMissed(Fact):
    sentence: ClassVar = _("{number} people with special needs were not looked in on today")
    icon: ClassVar = "checklist"
    tone: ClassVar = "warning"

    number: int
    visits: list[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDone(Fact):
    sentence: ClassVar = _("Somebody with a special need was looked in on: {found} ({how})")
    words: ClassVar = _WORDS
    icon: ClassVar = "checklist"

    resident_id: UUID
    how: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitNotNeeded(Fact):
    sentence: ClassVar = _("Nobody needs to be looked in on here any more")
    icon: ClassVar = "checklist"

    resident_id: UUID
