"""Who answers for what, as it changes. Ids and roles, never names."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.responsibility.models import KeyPerson, Responsibility

_WORDS: dict[str, type[TextChoices]] = {
    "role": Responsibility.Role,
    "ground": KeyPerson.Ground,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityEntrusted(Fact):
    """The subject is the responsibility."""

    sentence: ClassVar = _("Somebody answers for {area} now: {role}")
    words: ClassVar = _WORDS
    icon: ClassVar = "user-check"
    tone: ClassVar = "good"

    role: str
    member_id: UUID
    resident_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInNamed(Fact):
    """The subject is the responsibility of the one who is away."""

    sentence: ClassVar = _("A stand-in answers for {area}: {role}")
    words: ClassVar = _WORDS
    icon: ClassVar = "user-check"

    role: str
    member_id: UUID
    instead_of: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityVacant(Fact):
    """The subject is the responsibility; the one who has it is away."""

    sentence: ClassVar = _("Who answers for {area} is away: {role}")
    words: ClassVar = _WORDS
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    role: str
    member_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityEnded(Fact):
    """The subject is the responsibility."""

    sentence: ClassVar = _("A responsibility for {area} ended: {role}")
    words: ClassVar = _WORDS
    icon: ClassVar = "users"

    role: str
    member_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPersonNamed(Fact):
    """The subject is the key person's record."""

    sentence: ClassVar = _("Somebody in {area} is looked after by a team: {ground}")
    words: ClassVar = _WORDS
    icon: ClassVar = "users"

    resident_id: UUID
    ground: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPersonEnded(Fact):
    """The subject is the key person's record."""

    sentence: ClassVar = _("Somebody in {area} needs no team any more: {ground}")
    words: ClassVar = _WORDS
    icon: ClassVar = "users"

    resident_id: UUID
    ground: str
