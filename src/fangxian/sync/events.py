from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInvited(Fact):
    sentence: ClassVar = _("Leave to enrol a phone was given in {area}, until {ends_at}")
    icon: ClassVar = "key"

    account_id: UUID
    modes: str
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEnrolled(Fact):
    sentence: ClassVar = _("A phone was enrolled in {area}, until {expires_at}")
    icon: ClassVar = "phone"

    account_id: UUID
    modes: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRevoked(Fact):
    sentence: ClassVar = _("A phone in {area} was taken out of service")
    icon: ClassVar = "phone"
    tone: ClassVar = "warning"

    account_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandsRefused(Fact):
    """What one phone sent at once and was refused. The subject is the phone.

    duty   of who may put it right: that of the first command
    """

    sentence: ClassVar = _("Entries of a phone in {area} were refused: {number}")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    account_id: UUID
    duty: str
    number: int
    codes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandsKept(Fact):
    """Entries that this server could not apply: newer than it, or failed in it."""

    sentence: ClassVar = _(
        "Entries of a phone in {area} wait until the server can apply them: {number}"
    )
    icon: ClassVar = "clock"
    tone: ClassVar = "warning"

    number: int
    codes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSettled(Fact):
    """A refused or kept entry was dealt with. `left` more of the same phone wait."""

    sentence: ClassVar = _("A refused entry of a phone in {area} was settled; {left} more wait")
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"

    command_id: UUID
    how: str
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxImported(Fact):
    sentence: ClassVar = _(
        "The outbox of a phone in {area} was brought in by file; entries: {number}"
    )
    icon: ClassVar = "upload"

    number: int
    refused: int
