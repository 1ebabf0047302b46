from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.dispatch.kinds import TaskLevel
from fangxian.kernel.ledger import Fact
from fangxian.requests.models import Call, Category, Channel, Request, Response, Urgency, Whistle


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRaised(Fact):
    sentence: ClassVar = _("Request {code} in {area}: {category}, {urgency}, by {channel}")
    words: ClassVar = {"category": Category, "urgency": Urgency, "channel": Channel}
    icon: ClassVar = "bell"

    code: str
    category: str
    urgency: str
    channel: str
    due_at: datetime | None
    head_id: UUID | None = None
    repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRepeated(Fact):
    sentence: ClassVar = _("Request {code} in {area} was made again: {times} times so far")
    icon: ClassVar = "bell"
    tone: ClassVar = "warning"

    code: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAccepted(Fact):
    sentence: ClassVar = _("Request {code} in {area} was accepted")
    icon: ClassVar = "user-check"

    code: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDispatched(Fact):
    sentence: ClassVar = _("Request {code} in {area} went to {units} units")
    icon: ClassVar = "route"

    code: str
    category: str
    units: int
    lead_id: UUID
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHandedBack(Fact):
    sentence: ClassVar = _("Request {code} in {area} came back from the unit that had it")
    icon: ClassVar = "refresh"
    tone: ClassVar = "warning"

    code: str
    unit_id: UUID
    lead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequesterContacted(Fact):
    sentence: ClassVar = _("Whoever made request {code} in {area} was spoken to")
    icon: ClassVar = "user-check"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAttended(Fact):
    sentence: ClassVar = _("Somebody is there for request {code} in {area}")
    icon: ClassVar = "map-pin"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDone(Fact):
    sentence: ClassVar = _("A helping unit has done its part of request {code} in {area}")
    icon: ClassVar = "clipboard-check"

    code: str
    unit_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDone(Fact):
    sentence: ClassVar = _("Request {code} in {area} was done; {people} people are to be told")
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"

    code: str
    channel: str
    people: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsTold(Fact):
    """The subject is the first of the requests."""

    sentence: ClassVar = _("{number} people in {area} were told what became of their request")
    icon: ClassVar = "bell"

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionAsked(Fact):
    sentence: ClassVar = _("More time was asked for request {code} in {area}")
    icon: ClassVar = "refresh"

    code: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionDecided(Fact):
    sentence: ClassVar = _("More time for request {code} in {area} was decided")
    icon: ClassVar = "refresh"

    code: str
    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencyChanged(Fact):
    sentence: ClassVar = _("Request {code} in {area} is {urgency} now")
    words: ClassVar = {"urgency": Urgency}
    icon: ClassVar = "bell"
    tone: ClassVar = "warning"

    code: str
    urgency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsPutTogether(Fact):
    sentence: ClassVar = _("{number} requests in {area} are answered together with {code}")
    icon: ClassVar = "route"

    code: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestParted(Fact):
    sentence: ClassVar = _("Request {code} in {area} is seen to by itself again")
    icon: ClassVar = "route"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledInVain(Fact):
    sentence: ClassVar = _("Nobody answered when request {code} in {area} was to be confirmed")
    icon: ClassVar = "bell"
    tone: ClassVar = "warning"

    code: str
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestClosed(Fact):
    sentence: ClassVar = _("Request {code} in {area} was closed: {reason}")
    words: ClassVar = {"reason": Request.CloseReason}
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestScored(Fact):
    sentence: ClassVar = _("Request {code} in {area} was given {score} of 5")
    icon: ClassVar = "user-check"

    code: str
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReopened(Fact):
    sentence: ClassVar = _("Request {code} in {area} was opened again, for the {times}. time")
    icon: ClassVar = "refresh"
    tone: ClassVar = "danger"

    code: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOverdue(Fact):
    sentence: ClassVar = _(
        "Request {code} in {area} is overdue as “{state}”; now with the {seen_by}"
    )
    words: ClassVar = {"state": Request.State, "seen_by": TaskLevel}
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "danger"

    code: str
    state: str
    level: int
    seen_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CityListTakenIn(Fact):
    sentence: ClassVar = _(
        "A list of the city hotline was taken in: {taken} new, {known} known, {refused} refused"
    )
    icon: ClassVar = "file-text"

    taken: int
    known: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesOpened(Fact):
    sentence: ClassVar = _("{number} lines of the hotline were opened")
    icon: ClassVar = "bell"

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeConnected(Fact):
    sentence: ClassVar = _("A telephone system was connected to the hotline")
    icon: ClassVar = "lock-open"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeDisconnected(Fact):
    sentence: ClassVar = _("A telephone system was disconnected from the hotline")
    icon: ClassVar = "ban"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSet(Fact):
    sentence: ClassVar = _("An answer was put into the library of the hotline: {category}")
    words: ClassVar = {"category": Category}
    icon: ClassVar = "book"

    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWithdrawn(Fact):
    sentence: ClassVar = _("An answer was taken out of the library of the hotline: {category}")
    words: ClassVar = {"category": Category}
    icon: ClassVar = "book"

    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCame(Fact):
    sentence: ClassVar = _("Somebody calls the hotline")
    icon: ClassVar = "bell"

    behind: bool
    emergency: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTaken(Fact):
    sentence: ClassVar = _("A call to the hotline was answered")
    icon: ClassVar = "user-check"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLineDied(Fact):
    sentence: ClassVar = _("A call to the hotline broke off and is called back")
    icon: ClassVar = "refresh"
    tone: ClassVar = "warning"

    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerWarned(Fact):
    sentence: ClassVar = _("A caller of the hotline was warned")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(Fact):
    sentence: ClassVar = _("A call to the hotline ended: {ending}")
    words: ClassVar = {"intent": Call.Intent, "ending": Call.Ending}
    icon: ClassVar = "clipboard-check"

    intent: str
    ending: str
    abusive: bool = False
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhistleBlown(Fact):
    sentence: ClassVar = _("Whistle {code} in {area}: {wants} wanted, {units} units called")
    words: ClassVar = {"wants": Whistle.For}
    icon: ClassVar = "bell"
    tone: ClassVar = "warning"

    code: str
    wants: str
    people: int
    units: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCalled(Fact):
    """The subject is the response that is waited for."""

    sentence: ClassVar = _("A unit is called by whistle {code} in {area}")
    icon: ClassVar = "bell"

    whistle_id: UUID
    unit_id: UUID
    code: str
    people: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAnswered(Fact):
    """The subject is the response."""

    sentence: ClassVar = _("A unit answered whistle {code} in {area}: {says}")
    words: ClassVar = {"says": Response.Says}
    icon: ClassVar = "user-check"

    whistle_id: UUID
    unit_id: UUID
    code: str
    says: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitArrived(Fact):
    """The subject is the response."""

    sentence: ClassVar = _("A unit called by whistle {code} in {area} is there after {minutes} min")
    icon: ClassVar = "map-pin"
    tone: ClassVar = "good"

    whistle_id: UUID
    unit_id: UUID
    code: str
    minutes: int
    in_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WhistleClimbed(Fact):
    sentence: ClassVar = _("Nobody came for whistle {code} in {area}; now with the {seen_by}")
    words: ClassVar = {"seen_by": TaskLevel}
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "danger"

    code: str
    level: int
    seen_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitScored(Fact):
    """The subject is the response."""

    sentence: ClassVar = _("A unit that came for whistle {code} in {area} was given {score} of 5")
    icon: ClassVar = "user-check"

    whistle_id: UUID
    unit_id: UUID
    code: str
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WhistleEnded(Fact):
    sentence: ClassVar = _("Whistle {code} in {area} is over: {state}")
    words: ClassVar = {"state": Whistle.State}
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"

    code: str
    state: str
