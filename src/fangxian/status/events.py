"""What the status room announces: numbers of people only, never who."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.status.models import Objection

_WORDS: dict[str, type[TextChoices]] = {"outcome": Objection.State}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusesDerived(Fact):
    """The subject is what was derived from: an order, a risk area, a case, an objection."""

    sentence: ClassVar = _(
        "Status codes were derived anew: {red} turned red, {yellow} yellow, {green} green"
    )
    icon: ClassVar = "qr"

    red: int
    yellow: int
    green: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusObjectionFiled(Fact):
    """The subject is the objection."""

    sentence: ClassVar = _("An objection to a status code was filed; a decision is due {due_at}")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    ground: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusObjectionHalfDecided(Fact):
    """The subject is the objection: one officer upholds it, a second must agree."""

    sentence: ClassVar = _(
        "One officer upholds the objection to a status code; a second must agree"
    )
    icon: ClassVar = "clipboard-check"

    ground: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusObjectionDecided(Fact):
    """The subject is the objection."""

    sentence: ClassVar = _("The objection to a status code was decided: {outcome}")
    words: ClassVar = _WORDS
    icon: ClassVar = "clipboard-check"

    ground: UUID
    outcome: str
