from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.sampling.models import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeSealed(Fact):
    sentence: ClassVar = _("Tube {barcode} with {swabs} swabs was sealed in {area}")
    icon: ClassVar = "test-pipe"

    barcode: str
    swabs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TubesRegistered(Fact):
    """A batch of sealed tubes; the subject is the round, or the batch where there is none."""

    sentence: ClassVar = _("{tubes} sealed tubes with {swabs} swabs were registered in {area}")
    icon: ClassVar = "test-pipe"

    tubes: int
    swabs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeFoundPositive(Fact):
    """A result.

    resident_id    whose swab it was, when it was the only one
    retest_of_id   the positive pool that this single swab is to explain
    specimen_at    when the last swab was taken
    """

    sentence: ClassVar = _("Tube {barcode} with {swabs} swabs is positive, taken in {area}")
    icon: ClassVar = "virus"
    tone: ClassVar = "danger"

    barcode: str
    swabs: int
    purpose: str
    resident_id: UUID | None
    retest_of_id: UUID | None
    specimen_at: datetime
    measured_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeFoundNegative(Fact):
    """Fields as in `TubeFoundPositive`."""

    sentence: ClassVar = _("Tube {barcode} with {swabs} swabs is negative, taken in {area}")
    icon: ClassVar = "test-pipe"
    tone: ClassVar = "good"

    barcode: str
    swabs: int
    purpose: str
    resident_id: UUID | None
    retest_of_id: UUID | None
    specimen_at: datetime
    measured_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeFoundInvalid(Fact):
    """Fields as in `TubeFoundPositive`."""

    sentence: ClassVar = _("Tube {barcode} with {swabs} swabs could not be measured: test again")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    barcode: str
    swabs: int
    purpose: str
    resident_id: UUID | None
    retest_of_id: UUID | None
    specimen_at: datetime
    measured_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LaboratoriesDisagree(Fact):
    """said decides until somebody settles it; says is kept beside it."""

    sentence: ClassVar = _(
        "Two laboratories disagree about tube {barcode}: one says {said}, one {says}"
    )
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"
    words: ClassVar = {"said": Report.Finding, "says": Report.Finding}

    barcode: str
    said: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementSettled(Fact):
    sentence: ClassVar = _("Tube {barcode} was settled to be {stands}: {reason}")
    icon: ClassVar = "test-pipe"
    words: ClassVar = {"stands": Report.Finding}

    barcode: str
    stands: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeResultCorrected(Fact):
    """The new finding follows as its own fact, with this one as its cause."""

    sentence: ClassVar = _(
        "The result of tube {barcode} was corrected from {was} to {becomes}: {reason}"
    )
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"
    words: ClassVar = {"was": Report.Finding, "becomes": Report.Finding}

    barcode: str
    was: str
    becomes: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeVoided(Fact):
    sentence: ClassVar = _("Tube {barcode} was made void: {reason}")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    barcode: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsCalled(Fact):
    sentence: ClassVar = _("{number} tests were called for in {area}")
    icon: ClassVar = "test-pipe"
    __test__: ClassVar = False  # for pytest: the name only begins like that of a test

    number: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsCancelled(Fact):
    sentence: ClassVar = _("{number} tests are no longer needed in {area}")
    icon: ClassVar = "test-pipe"
    __test__: ClassVar = False

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlanned(Fact):
    sentence: ClassVar = _("A round of testing for {people} people was planned in {area}: {name}")
    icon: ClassVar = "route"

    name: str
    people: int
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOpened(Fact):
    sentence: ClassVar = _("A round of testing for {people} people began in {area}: {name}")
    icon: ClassVar = "route"

    name: str
    people: int
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundClosed(Fact):
    """tested   persons, each counted once"""

    sentence: ClassVar = _("A round of testing ended in {area}, {tested} people tested: {name}")
    icon: ClassVar = "route"
    tone: ClassVar = "good"

    name: str
    people: int
    deadline: datetime
    tested: int
