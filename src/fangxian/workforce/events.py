"""What happens to organisations and people at work. Ids and numbers, never names."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.workforce.models import (
    CheckIn,
    Commendation,
    Exemption,
    Member,
    Membership,
    Organisation,
    Skill,
    VolunteerOffer,
    Wanted,
)

_WORDS: dict[str, type[TextChoices]] = {
    "organisation": Organisation.Kind,
    "member": Member.Kind,
    "state": Member.State,
    "was": Member.State,
    "role": Membership.Role,
    "skill": Skill.Kind,
    "exempt_from": Exemption.From,
    "offer": VolunteerOffer.State,
    "way": CheckIn.Way,
    "wanted": Wanted.Kind,
    "by": Commendation.By,
}

# Organisations: the subject is the organisation.


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfOrganisation(Fact):
    words: ClassVar = _WORDS
    icon: ClassVar = "users"

    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationFounded(_OfOrganisation):
    sentence: ClassVar = _("An organisation was founded in {area}: {organisation}")
    tone: ClassVar = "good"

    temporary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationDissolved(_OfOrganisation):
    """Whatever it had to do needs another owner. `members` left it."""

    sentence: ClassVar = _(
        "An organisation in {area} was dissolved: {organisation}, {members} people"
    )

    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationMoved(_OfOrganisation):
    sentence: ClassVar = _("An organisation in {area} belongs to another one now: {organisation}")

    parent_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaisonBegan(Fact):
    """The subject is the organisation, or the member who leads."""

    sentence: ClassVar = _("A liaison with {area} began")
    icon: ClassVar = "link"
    tone: ClassVar = "good"

    of_unit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiaisonEnded(Fact):
    sentence: ClassVar = _("A liaison with {area} ended")
    icon: ClassVar = "link"

    of_unit: bool


# People: the subject is the member.


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberAdded(Fact):
    sentence: ClassVar = _("Somebody was entered as {member} in {area}")
    words: ClassVar = _WORDS
    icon: ClassVar = "users"

    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCorrected(Fact):
    """Which fields; the ledger never keeps what they say."""

    sentence: ClassVar = _("The record of a member in {area} was corrected: {fields}")
    icon: ClassVar = "users"

    fields: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberStateChanged(Fact):
    sentence: ClassVar = _("A member in {area}: {was} → {state}")
    words: ClassVar = _WORDS
    icon: ClassVar = "users"
    tone: ClassVar = "warning"

    member_id: UUID
    was: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Fact):
    sentence: ClassVar = _("A member joined an organisation in {area} as {role}")
    words: ClassVar = _WORDS
    icon: ClassVar = "users"

    organisation_id: UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOrganisation(Fact):
    sentence: ClassVar = _("A member left an organisation in {area}")
    icon: ClassVar = "users"

    organisation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillNoted(Fact):
    sentence: ClassVar = _("A skill was noted: {skill}")
    words: ClassVar = _WORDS
    icon: ClassVar = "check"

    skill: str
    proved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VaccinationNoted(Fact):
    sentence: ClassVar = _("Dose {dose} of a member's vaccination was noted")
    icon: ClassVar = "check"

    dose: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionNoted(Fact):
    sentence: ClassVar = _("A member is exempt from {exempt_from}")
    words: ClassVar = _WORDS
    icon: ClassVar = "users"

    exempt_from: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceNoted(Fact):
    sentence: ClassVar = _("A member cannot work for {days} days")
    icon: ClassVar = "clock"

    days: int


# Volunteers: the subject is the offer.


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerOffered(Fact):
    """Somebody of the public offers to help. `resident_id` if the register knows them."""

    sentence: ClassVar = _("Somebody in {area} offered to help as a volunteer ({number})")
    icon: ClassVar = "users"
    tone: ClassVar = "good"

    number: int
    resident_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerDecided(Fact):
    sentence: ClassVar = _("The offer of a volunteer in {area} was decided: {offer}")
    words: ClassVar = _WORDS
    icon: ClassVar = "users"

    offer: str


# Check-in, secondment, claims


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIn(Fact):
    """The subject is the member or the unit; `area_path` is where, or home if it is elsewhere."""

    sentence: ClassVar = _("Checked in at {area}: {way} ({code})")
    words: ClassVar = _WORDS
    icon: ClassVar = "pin"
    tone: ClassVar = "good"

    check_in_id: UUID
    code: str
    way: str
    elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOut(Fact):
    sentence: ClassVar = _("Checked out at {area} ({code})")
    icon: ClassVar = "pin"

    check_in_id: UUID
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCheckedIn(Fact):
    """The subject is the unit that sent the list, or who took it in. People, not person-times."""

    sentence: ClassVar = _(
        "{people} people were checked in by a list in {area}; {refused} rows refused"
    )
    icon: ClassVar = "sheet"
    tone: ClassVar = "good"

    people: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedStated(Fact):
    """The subject is the need."""

    sentence: ClassVar = _("{area} needs {headcount} people ({code})")
    icon: ClassVar = "users"
    tone: ClassVar = "warning"

    code: str
    headcount: int
    skill: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedMet(Fact):
    sentence: ClassVar = _("Everybody whom {area} asked for has come ({code})")
    icon: ClassVar = "users"
    tone: ClassVar = "good"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedWithdrawn(Fact):
    sentence: ClassVar = _("{area} needs these people no longer ({code})")
    icon: ClassVar = "users"

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSent(Fact):
    """The subject is the need."""

    sentence: ClassVar = _("{people} people were sent to {area} ({code})")
    icon: ClassVar = "users"

    code: str
    unit_id: UUID
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleReceived(Fact):
    sentence: ClassVar = _("{area} received {people} people, {not_come} did not come ({code})")
    icon: ClassVar = "users"
    tone: ClassVar = "good"

    code: str
    people: int
    not_come: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptAcknowledged(Fact):
    sentence: ClassVar = _("The unit acknowledged that {area} has {people} people ({code})")
    icon: ClassVar = "check"

    code: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRecalled(Fact):
    """Their unit called them back: what they did there has nobody now. `members` are their ids."""

    sentence: ClassVar = _("A unit called {people} people back from {area} ({code})")
    icon: ClassVar = "users"
    tone: ClassVar = "warning"

    code: str
    unit_id: UUID
    people: int
    members: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOnBoard(Fact):
    sentence: ClassVar = _("On the claim board of {area}: {wanted} ({code})")
    words: ClassVar = _WORDS
    icon: ClassVar = "list"

    code: str
    wanted: str
    about: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed(Fact):
    """The subject is what is wanted. `about` is the post or the request that it stands for."""

    sentence: ClassVar = _("Taken from the claim board of {area} ({code}), by {people} people")
    icon: ClassVar = "check"
    tone: ClassVar = "good"

    code: str
    people: int
    member_id: UUID | None = None
    organisation_id: UUID | None = None
    about: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimGivenBack(Fact):
    sentence: ClassVar = _("Given back to the claim board of {area} ({code})")
    icon: ClassVar = "list"
    tone: ClassVar = "warning"

    code: str
    about: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardClosed(Fact):
    """What was wanted is done, or is wanted no longer."""

    sentence: ClassVar = _("Off the claim board of {area} ({code})")
    icon: ClassVar = "check"

    code: str
    done: bool
    about: UUID | None = None


# What is remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued(Fact):
    sentence: ClassVar = _(
        "A certificate of service was issued ({code}): {minutes} minutes on {days} days"
    )
    icon: ClassVar = "file"
    tone: ClassVar = "good"

    code: str
    minutes: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingNoted(Fact):
    """The subject is who noted it; people, not person-times."""

    sentence: ClassVar = _("{people} people in {area} were trained")
    icon: ClassVar = "book"

    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commended(Fact):
    """The subject is the member or the organisation."""

    sentence: ClassVar = _("Commended by {by}")
    words: ClassVar = _WORDS
    icon: ClassVar = "check"
    tone: ClassVar = "good"

    by: str
