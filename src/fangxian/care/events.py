"""What care announces. Facts carry codes and words of choice, never what somebody said."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.care.models import CareTransfer, Channel, Means, What
from fangxian.kernel.ledger import Fact

_WORDS: dict[str, type[TextChoices]] = {
    "what": What,
    "was": What,
    "channel": Channel,
    "means": Means,
    "suggested": Means,
    "outcome": CareTransfer.Outcome,
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
class CareWorsenedAlone(CareWorsened):
    sentence: ClassVar = _(
        "{code}: more urgent than was said: {what}; nobody could be told by itself, so call the "
        "command post"
    )
