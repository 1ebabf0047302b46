from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.screening.models import Attempt, Campaign, Channel, FollowUp


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignBegun(Fact):
    sentence: ClassVar = _("Screening campaign {code} began in {area}: {ground}, since {since}")
    words: ClassVar = {"ground": Campaign.Ground}
    icon: ClassVar = "clipboard-check"

    code: str
    ground: str
    since: date
    channels: list[str]
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignEnded(Fact):
    sentence: ClassVar = _("Screening campaign {code} in {area} ended")
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTakenIn(Fact):
    """The subject is the list. Lines: `taken` + `repeated` + `refused`; `persons` are new ones."""

    sentence: ClassVar = _(
        "A list was taken in for campaign {code} in {area}: {taken} lines taken, {repeated} said"
        " before, {refused} refused; {persons} people are new"
    )
    icon: ClassVar = "file-text"

    code: str
    campaign_id: UUID
    taken: int
    repeated: int
    refused: int
    persons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleToReach(Fact):
    """People of one grid or community are to be reached. The subject is the campaign."""

    sentence: ClassVar = _("{number} people in {area} are to be reached for campaign {code}")
    icon: ClassVar = "user-plus"

    code: str
    number: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EverybodyReached(Fact):
    """Nobody is left to be reached in one grid or community. The subject is the campaign."""

    sentence: ClassVar = _("Everybody in {area} was reached for campaign {code}")
    icon: ClassVar = "user-check"
    tone: ClassVar = "good"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesQueued(Fact):
    """The subject is the campaign."""

    sentence: ClassVar = _("{number} text messages are to be sent for campaign {code}")
    icon: ClassVar = "bell"

    code: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPerson(Fact):
    """The subject is the follow-up."""

    code: str
    campaign_id: UUID
    resident_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDeclared(_OfPerson):
    sentence: ClassVar = _("{code} in {area} declared where they were")
    icon: ClassVar = "file-text"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptNoted(_OfPerson):
    sentence: ClassVar = _("Somebody tried to reach {code} in {area}: {channel}, {outcome}")
    words: ClassVar = {"channel": Channel, "outcome": Attempt.Outcome}
    icon: ClassVar = "bell"

    channel: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReached(_OfPerson):
    sentence: ClassVar = _("{code} in {area} was reached")
    icon: ClassVar = "user-check"
    tone: ClassVar = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsInVain(_OfPerson):
    """As many calls as the pack asks for before somebody goes to the door."""

    sentence: ClassVar = _("{code} in {area} cannot be reached by phone")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StayAtRiskFound(_OfPerson):
    """Somebody was at a place of risk, says the strongest `evidence` that there is.

    subject   of the measure that the pack names for such people
    at_once   the evidence is as strong as the pack asks for: nobody needs to confirm it
    """

    sentence: ClassVar = _("{code} in {area} was at a place of risk (level “{level}”)")
    icon: ClassVar = "map-pin"
    tone: ClassVar = "warning"

    level: str
    subject: str
    left_on: date
    evidence: str
    at_once: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StayConfirmed(_OfPerson):
    sentence: ClassVar = _("The stay of {code} at a place of risk (level “{level}”) is confirmed")
    icon: ClassVar = "user-check"
    tone: ClassVar = "warning"

    level: str
    subject: str
    left_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StayDismissed(_OfPerson):
    sentence: ClassVar = _("The stay of {code} at a place of risk was dismissed")
    icon: ClassVar = "user-x"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutUnderMeasure(_OfPerson):
    sentence: ClassVar = _("{code} in {area} is under the measure that the rules ask for")
    icon: ClassVar = "shield-check"

    order_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpClosed(_OfPerson):
    sentence: ClassVar = _("{code} in {area} was closed: {reason}")
    words: ClassVar = {"reason": FollowUp.CloseReason}
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpOpenedAgain(_OfPerson):
    sentence: ClassVar = _("{code} in {area} was opened again: something new was said")
    icon: ClassVar = "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(_OfPerson):
    sentence: ClassVar = _("{code} in {area} was handed to another district by letter {letter}")
    icon: ClassVar = "truck-delivery"

    letter: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverAsked(_OfPerson):
    """Another district asks us to take somebody over."""

    sentence: ClassVar = _("Another district asks for {code} in {area} by letter {letter}")
    icon: ClassVar = "truck-delivery"

    letter: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverReceived(_OfPerson):
    sentence: ClassVar = _("The receipt for {code}, letter {letter}, is there")
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"

    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverRefused(_OfPerson):
    sentence: ClassVar = _("Letter {letter} for {code} was refused")
    icon: ClassVar = "ban"
    tone: ClassVar = "warning"

    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskElsewhereNoted(Fact):
    """A place outside our district, as another authority published it."""

    sentence: ClassVar = _("A place of risk elsewhere (level “{level}”) was noted, since {since}")
    icon: ClassVar = "map-pin"

    level: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsForgotten(Fact):
    """The subject is the campaign."""

    sentence: ClassVar = _("The data of {number} people without risk was deleted, campaign {code}")
    icon: ClassVar = "lock-open"
    tone: ClassVar = "good"

    code: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterPrinted(_OfPerson):
    """Who the letter is about left the house on paper."""

    sentence: ClassVar = _("Letter {letter} about {code} was printed")
    icon: ClassVar = "file-text"
    tone: ClassVar = "warning"

    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetsPrinted(Fact):
    """The declaration sheets of some households. The subject is the campaign."""

    sentence: ClassVar = _("{number} declaration sheets of campaign {code} were printed in {area}")
    icon: ClassVar = "file-text"

    code: str
    number: int
