from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.dispatch.kinds import (
    DirectiveState,
    OwnerKind,
    Paper,
    ReceiptLevel,
    TaskKind,
    TaskLevel,
    WhyReturned,
)
from fangxian.kernel.ledger import Fact

_WORDS = {"task": TaskKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOpened(Fact):
    sentence: ClassVar = _("A task was given in {area}: {task}")
    icon: ClassVar = "clipboard-check"
    words: ClassVar = _WORDS

    task: str
    about_id: UUID
    duty: str
    due_at: datetime
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTaken(Fact):
    sentence: ClassVar = _("Somebody took on a task in {area}: {task}")
    icon: ClassVar = "user-check"
    words: ClassVar = _WORDS

    task: str
    about_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAssigned(Fact):
    """to_id   the account that is to do it"""

    sentence: ClassVar = _("A task in {area} was given to somebody: {task}")
    icon: ClassVar = "user-check"
    words: ClassVar = _WORDS

    task: str
    about_id: UUID
    to_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskGivenTo(Fact):
    """to_id   the team or the post"""

    sentence: ClassVar = _("A task in {area} was given to {whose}: {task}")
    icon: ClassVar = "users"
    words: ClassVar = {**_WORDS, "whose": OwnerKind}

    task: str
    about_id: UUID
    whose: str
    to_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRerouted(Fact):
    """to_id   the account, the team or the post; None if it is for whoever has the duty"""

    sentence: ClassVar = _("A task in {area} was sent another way, to {whose}: {task}. {reason}")
    icon: ClassVar = "users"
    words: ClassVar = {**_WORDS, "whose": OwnerKind}

    task: str
    about_id: UUID
    whose: str
    to_id: UUID | None
    level: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReturned(Fact):
    """Nobody refused it: there is nobody any more who could do it."""

    sentence: ClassVar = _("A task in {area} went up, for {why}: {task}")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"
    words: ClassVar = {**_WORDS, "why": WhyReturned}

    task: str
    about_id: UUID
    why: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished(Fact):
    sentence: ClassVar = _("A task in {area} was done: {task}")
    icon: ClassVar = "clipboard-check"
    tone: ClassVar = "good"
    words: ClassVar = _WORDS

    task: str
    about_id: UUID
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRefused(Fact):
    """It is open again, for the level above."""

    sentence: ClassVar = _("A task in {area} came back: {task}. {reason}")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"
    words: ClassVar = _WORDS

    task: str
    about_id: UUID
    reason: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelled(Fact):
    sentence: ClassVar = _("A task in {area} is no longer needed: {task}")
    icon: ClassVar = "clipboard-check"
    words: ClassVar = _WORDS

    task: str
    about_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksEscalated(Fact):
    """Overdue tasks that the next level now sees. The subject is the first of them."""

    sentence: ClassVar = _("Overdue tasks in {area} went up to the {seen_by}: {number}")
    icon: ClassVar = "clock"
    tone: ClassVar = "warning"
    words: ClassVar = {"seen_by": TaskLevel}

    number: int
    level: int
    seen_by: str


# Directives


_LEVELS = {"level": ReceiptLevel}


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveDrafted(Fact):
    sentence: ClassVar = _("A directive for {area} was registered: {paper} {code}")
    icon: ClassVar = "file"
    words: ClassVar = {"paper": Paper}

    code: str
    paper: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveIssued(Fact):
    sentence: ClassVar = _(
        "A directive was issued to {places} places of {area}: {paper} {code}, {points} points"
    )
    icon: ClassVar = "file"
    words: ClassVar = {"paper": Paper}

    code: str
    paper: str
    places: int
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveItemAdded(Fact):
    """The subject is the directive; where the point is to be done is the fact's area."""

    sentence: ClassVar = _("A point was added to directive {code} in {area}")
    icon: ClassVar = "file"

    code: str
    item_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveEnded(Fact):
    sentence: ClassVar = _("Directive {code} in {area}: {state}")
    icon: ClassVar = "file"
    words: ClassVar = {"state": DirectiveState}

    code: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfReceipt(Fact):
    """The subject is the receipt of one place."""

    icon: ClassVar = "file"
    words: ClassVar = _LEVELS

    directive_id: UUID
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveReceived(OfReceipt):
    sentence: ClassVar = _("A directive was read in {area}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveAcknowledged(OfReceipt):
    sentence: ClassVar = _("A directive was acknowledged in {area}")
    tone: ClassVar = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveTasksMade(OfReceipt):
    sentence: ClassVar = _("The tasks of a directive are on the lists in {area}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveDone(OfReceipt):
    sentence: ClassVar = _("Everything that a directive asks for is done in {area}")
    tone: ClassVar = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveVerified(OfReceipt):
    sentence: ClassVar = _("What {area} did about a directive was verified")
    tone: ClassVar = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveReturned(OfReceipt):
    sentence: ClassVar = _("What {area} did about a directive was sent back")
    tone: ClassVar = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveReminded(OfReceipt):
    """late   the time for acknowledging it is over"""

    sentence: ClassVar = _("{area} was reminded of a directive, {times} times by now")
    icon: ClassVar = "clock"
    tone: ClassVar = "warning"

    times: int
    late: bool
