"""What this door announces: that somebody came in and how, never a phone or a code."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.resident.models import Session, Way

_WAY: dict[str, type[TextChoices]] = {"way": Way, "device": Session.Device}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Fact):
    """The subject is the resident."""

    sentence: ClassVar = _("A resident signed in to their own page: {way}, {device}")
    words: ClassVar = _WAY
    icon: ClassVar = "user-check"

    session_id: UUID
    way: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Fact):
    """The subject is the resident."""

    sentence: ClassVar = _("A resident's own page was closed: {end}")
    words: ClassVar = {"end": Session.End}
    icon: ClassVar = "lock-open"

    session_id: UUID
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLocked(Fact):
    """The subject is the challenge: whose number was guessed at is not said."""

    sentence: ClassVar = _(
        "Signing in to a resident's page was locked for an hour after {tries} wrong entries: {way}"
    )
    words: ClassVar = _WAY
    icon: ClassVar = "ban"
    tone: ClassVar = "warning"

    tries: int
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedOnBehalf(Fact):
    """The subject is whose page it is; the actor is who opened it."""

    sentence: ClassVar = _("Somebody who acts for a resident opened the resident's own page")
    icon: ClassVar = "book"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSheetMade(Fact):
    """The subject is whose sheet it is."""

    sentence: ClassVar = _("A resident's own sheet was put on paper")
    icon: ClassVar = "file-text"
