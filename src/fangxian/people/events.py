"""What can happen in the register, as facts of the ledger. Ids, codes and counts; never names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.people.models import PersonalCode, ProvisionalEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentRegistered(Fact):
    sentence: ClassVar[Any] = _("Resident {number} was registered at {area}")
    icon: ClassVar[str] = "users"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentCorrected(Fact):
    """fields   names of the columns that changed, not their values"""

    sentence: ClassVar[Any] = _("The record of resident {number} was corrected")
    icon: ClassVar[str] = "users"
    number: int
    fields: list[str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentMoved(Fact):
    """from_path   where they stayed before"""

    sentence: ClassVar[Any] = _("Resident {number} now stays at {area}")
    icon: ClassVar[str] = "home"
    number: int
    from_path: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentLeft(Fact):
    sentence: ClassVar[Any] = _("Resident {number} no longer stays at {area}")
    icon: ClassVar[str] = "home"
    number: int
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentDied(Fact):
    """on, source   the day, and who says so"""

    sentence: ClassVar[Any] = _("Resident {number} was noted as deceased")
    icon: ClassVar[str] = "users"
    number: int
    on: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathTakenBack(Fact):
    sentence: ClassVar[Any] = _("The mark of death of resident {number} was taken back")
    icon: ClassVar[str] = "users"
    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdFounded(Fact):
    sentence: ClassVar[Any] = _("A household was founded at {area}")
    icon: ClassVar[str] = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedNoted(Fact):
    sentence: ClassVar[Any] = _("A special need of resident {number} was noted")
    icon: ClassVar[str] = "user-check"
    number: int
    need: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedEnded(Fact):
    sentence: ClassVar[Any] = _("A special need of resident {number} has ended")
    icon: ClassVar[str] = "user-check"
    number: int
    need: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Fact):
    sentence: ClassVar[Any] = _("Resident {number}: purpose “{purpose}” was noted")
    icon: ClassVar[str] = "file-text"
    number: int
    purpose: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Fact):
    sentence: ClassVar[Any] = _("Resident {number} withdrew the consent for “{purpose}”")
    icon: ClassVar[str] = "file-text"
    number: int
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyNamed(Fact):
    sentence: ClassVar[Any] = _("Resident {acts_number} now acts for resident {number}")
    icon: ClassVar[str] = "users"
    number: int
    acts_number: int
    acts_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyEnded(Fact):
    sentence: ClassVar[Any] = _("Resident {acts_number} no longer acts for resident {number}")
    icon: ClassVar[str] = "users"
    number: int
    acts_number: int
    acts_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentsMerged(Fact):
    """subject_id   the record that is kept"""

    sentence: ClassVar[Any] = _(
        "Record {dropped_number} was found to be resident {number} and merged into it"
    )
    icon: ClassVar[str] = "users"
    tone: ClassVar[str] = "warning"
    number: int
    dropped_number: int
    dropped_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateDismissed(Fact):
    sentence: ClassVar[Any] = _("Two similar records were found to be two people")
    icon: ClassVar[str] = "users"
    one_id: UUID
    other_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOpened(Fact):
    sentence: ClassVar[Any] = _("The page of a resident at {area} was opened ({purpose})")
    icon: ClassVar[str] = "eye"
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUnmasked(Fact):
    sentence: ClassVar[Any] = _("Data of a resident at {area} were unmasked: {purpose}")
    icon: ClassVar[str] = "eye"
    tone: ClassVar[str] = "warning"
    fields: list[str]
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentsImported(Fact):
    """subject_id   the import run"""

    sentence: ClassVar[Any] = _(
        "A list was imported at {area}: {taken} residents taken, {known} already known,"
        " {refused} rows refused"
    )
    icon: ClassVar[str] = "file-text"
    taken: int
    known: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentsExported(Fact):
    """subject_id   who took the list away"""

    sentence: ClassVar[Any] = _("A list of {rows} residents of {area} was exported, masked")
    icon: ClassVar[str] = "file-text"
    tone: ClassVar[str] = "warning"
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentsGenerated(Fact):
    """subject_id   the district"""

    sentence: ClassVar[Any] = _("{people} made-up residents were generated at {area} (seed {seed})")
    icon: ClassVar[str] = "users"
    people: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionalRegistered(Fact):
    """Somebody without a record was met and taken in."""

    sentence: ClassVar[Any] = _("Somebody not yet registered was taken in as resident {number}")
    words: ClassVar[Mapping[str, type[TextChoices]]] = {"met_as": ProvisionalEntry.Kind}
    icon: ClassVar[str] = "users"
    number: int
    met_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeIssued(Fact):
    """code_id   of the personal code; its pseudonym is not told"""

    sentence: ClassVar[Any] = _("Resident {number} was issued a code, valid until {until} ({way})")
    words: ClassVar[Mapping[str, type[TextChoices]]] = {"way": PersonalCode.Way}
    icon: ClassVar[str] = "qr"
    number: int
    code_id: UUID
    way: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeShown(Fact):
    """Somebody of the staff showed, printed or read out a person's code."""

    sentence: ClassVar[Any] = _("The code of resident {number} was given out again ({way})")
    words: ClassVar[Mapping[str, type[TextChoices]]] = {"way": PersonalCode.Way}
    icon: ClassVar[str] = "qr"
    number: int
    code_id: UUID
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRevoked(Fact):
    sentence: ClassVar[Any] = _("A code of resident {number} was withdrawn: {reason}")
    icon: ClassVar[str] = "qr"
    tone: ClassVar[str] = "warning"
    number: int
    code_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsPrinted(Fact):
    """subject_id   the area whose people's cards were printed"""

    sentence: ClassVar[Any] = _("{cards} code cards were printed for {area}")
    icon: ClassVar[str] = "file-text"
    tone: ClassVar[str] = "warning"
    cards: int
