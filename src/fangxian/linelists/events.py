"""What this room announces: numbers and codes, never names."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.linelists.models import LineList, Setting

_WORDS: dict[str, type[TextChoices]] = {"what": LineList.Kind, "setting": Setting}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineListTaken(Fact):
    """The subject is the list."""

    sentence: ClassVar = _("A {what} was taken in: {taken} rows, {refused} refused")
    words: ClassVar = _WORDS
    icon: ClassVar = "clipboard"

    what: str
    taken: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesLinked(Fact):
    """The subject is the infected case."""

    sentence: ClassVar = _("Case {infector} infected case {infectee} ({setting})")
    words: ClassVar = _WORDS
    icon: ClassVar = "virus"

    infector: str
    infectee: str
    infector_id: UUID
    setting: str
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesUnlinked(Fact):
    """The subject is the case that was held to be infected by the other."""

    sentence: ClassVar = _("That case {infector} infected case {infectee} was taken back")
    icon: ClassVar = "reset"

    infector: str
    infectee: str
