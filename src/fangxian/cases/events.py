"""What can happen to a case, its contacts and its visits."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReported(Fact):
    sentence: ClassVar[Any] = _("Case {code} was reported in {area}")
    icon: ClassVar[str] = "virus"
    tone: ClassVar[str] = "danger"

    code: str
    resident_id: UUID
    classification: str
    specimen_at: datetime
    under_control: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReclassified(Fact):
    """The case was reported again with a stronger finding."""

    sentence: ClassVar[Any] = _("Case {code} was classified anew after a stronger finding")
    icon: ClassVar[str] = "virus"
    tone: ClassVar[str] = "danger"

    code: str
    resident_id: UUID
    was: str
    becomes: str
    specimen_at: datetime
    under_control: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLacksIdentity(Fact):
    """The case was accepted although the person's identity number is not known."""

    sentence: ClassVar[Any] = _("Case {code} was accepted without an identity number")
    icon: ClassVar[str] = "user-check"
    tone: ClassVar[str] = "warning"

    code: str
    resident_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetNoted(Fact):
    """The day of onset became known, and with it another window."""

    sentence: ClassVar[Any] = _("The onset of case {code} was noted as {onset_on}")
    icon: ClassVar[str] = "clock"

    code: str
    onset_on: date
    infectious_from: datetime
    infectious_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Fact):
    sentence: ClassVar[Any] = _("Case {code} was closed")
    icon: ClassVar[str] = "clipboard-check"
    tone: ClassVar[str] = "good"

    code: str
    resident_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWithdrawn(Fact):
    """It was not a case after all."""

    sentence: ClassVar[Any] = _("Case {code} was withdrawn: {reason}")
    icon: ClassVar[str] = "refresh"
    tone: ClassVar[str] = "warning"

    code: str
    resident_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsProposed(Fact):
    """The search found so many new contacts; a person decides on them. Subject: the case."""

    sentence: ClassVar[Any] = _(
        "Contacts of case {code} were proposed: {close} close, {secondary} of contacts,"
        " {general} low-risk"
    )
    icon: ClassVar[str] = "users"
    tone: ClassVar[str] = "warning"

    code: str
    close: int
    general: int
    secondary: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsNotDetermined(Fact):
    """The rules in force determine no contacts, so none were looked for. Subject: the case."""

    sentence: ClassVar[Any] = _(
        "No contacts of case {code} were looked for: the rules in force determine none"
    )
    icon: ClassVar[str] = "users"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactConfirmed(Fact):
    """Somebody decided that this person is a contact. Subject: the contact.

    last_at   the last contact with any case of which this person is a confirmed contact: what
              quarantine is counted from
    """

    sentence: ClassVar[Any] = _("A contact of case {code} was confirmed in {area}")
    icon: ClassVar[str] = "user-check"
    tone: ClassVar[str] = "warning"

    case_id: UUID
    code: str
    resident_id: UUID
    contact_kind: str
    how: str
    minutes: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDiscarded(Fact):
    """Somebody decided that this person is no contact. Subject: the contact.

    was   the state before: a contact that had been confirmed may be under an order
    """

    sentence: ClassVar[Any] = _("A contact of case {code} was discarded: {reason}")
    icon: ClassVar[str] = "user-check"

    case_id: UUID
    code: str
    resident_id: UUID
    was: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitsRecorded(Fact):
    """Visits came in: scans, or what a case told. Subject: the batch, or the case that told."""

    sentence: ClassVar[Any] = _("{recorded} visits were recorded, {refused} refused")
    icon: ClassVar[str] = "route"

    recorded: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StayNoted(Fact):
    """The interview knows one more stay. Subject: the case; `place` is `Site.number`, if known."""

    sentence: ClassVar[Any] = _("A stay was added to the interview of case {code}")
    icon: ClassVar[str] = "route"

    code: str
    stay_id: UUID
    place: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StayChanged(Fact):
    sentence: ClassVar[Any] = _("A stay in the interview of case {code} was corrected")
    icon: ClassVar[str] = "route"

    code: str
    stay_id: UUID
    place: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StayRemoved(Fact):
    sentence: ClassVar[Any] = _("A stay was taken out of the interview of case {code}")
    icon: ClassVar[str] = "route"
    tone: ClassVar[str] = "warning"

    code: str
    stay_id: UUID
    place: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassengersListed(Fact):
    """A list of who sat where was taken in. The subject is the vehicle or house."""

    sentence: ClassVar[Any] = _("A list of passengers was taken in: {taken} people")
    icon: ClassVar[str] = "users"

    taken: int
    refused: int


# Sweeps


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepAsked(Fact):
    """risks_since   risk areas that stood at some time since then can still ask something"""

    sentence: ClassVar[Any] = _("A sweep of all open cases was asked for: {cases}")
    icon: ClassVar[str] = "search"

    cases: int
    risks_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepEnded(Fact):
    """Numbers only: contacts newly proposed, people found in a risk area, everybody named."""

    sentence: ClassVar[Any] = _(
        "A sweep proposed {contacts} contacts and found {exposed} people in risk areas"
    )
    icon: ClassVar[str] = "search"

    contacts: int
    exposed: int
    people: int
