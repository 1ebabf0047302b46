from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from fangxian.kernel.ledger import Fact
from fangxian.sampling.models import HandOver, Report, Tube, Untested


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeSealed(Fact):
    sentence: ClassVar = ngettext_lazy(
        "Tube {barcode} with {swabs} swab was sealed in {area}",
        "Tube {barcode} with {swabs} swabs was sealed in {area}",
        "swabs",
    )
    icon: ClassVar = "test-pipe"

    barcode: str
    swabs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TubesRegistered(Fact):
    """A batch of sealed tubes; the subject is the round, or the batch where there is none."""

    sentence: ClassVar = _(
        "Sealed tubes were registered in {area}: {tubes}, swabs in them: {swabs}"
    )
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

    sentence: ClassVar = ngettext_lazy(
        "Tube {barcode} with {swabs} swab is positive, taken in {area}",
        "Tube {barcode} with {swabs} swabs is positive, taken in {area}",
        "swabs",
    )
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

    sentence: ClassVar = ngettext_lazy(
        "Tube {barcode} with {swabs} swab is negative, taken in {area}",
        "Tube {barcode} with {swabs} swabs is negative, taken in {area}",
        "swabs",
    )
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

    sentence: ClassVar = ngettext_lazy(
        "Tube {barcode} with {swabs} swab could not be measured: test again",
        "Tube {barcode} with {swabs} swabs could not be measured: test again",
        "swabs",
    )
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
class SwabTakenOut(Fact):
    sentence: ClassVar = _("A swab was taken out of tube {barcode} again: the wrong person")
    icon: ClassVar = "point"

    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeVoided(Fact):
    sentence: ClassVar = _("Tube {barcode} was made void: {reason}")
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"
    words: ClassVar = {"reason": Tube.Broken}

    barcode: str
    swabs: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsCalled(Fact):
    sentence: ClassVar = ngettext_lazy(
        "{number} test was called for in {area}",
        "{number} tests were called for in {area}",
        "number",
    )
    icon: ClassVar = "test-pipe"
    __test__: ClassVar = False  # for pytest: the name only begins like that of a test

    number: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsCancelled(Fact):
    sentence: ClassVar = ngettext_lazy(
        "{number} test is no longer needed in {area}",
        "{number} tests are no longer needed in {area}",
        "number",
    )
    icon: ClassVar = "test-pipe"
    __test__: ClassVar = False

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlanned(Fact):
    sentence: ClassVar = ngettext_lazy(
        "A round of testing for {people} person was planned in {area}: {name}",
        "A round of testing for {people} people was planned in {area}: {name}",
        "people",
    )
    icon: ClassVar = "route"

    name: str
    people: int
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOpened(Fact):
    sentence: ClassVar = ngettext_lazy(
        "A round of testing for {people} person began in {area}: {name}",
        "A round of testing for {people} people began in {area}: {name}",
        "people",
    )
    icon: ClassVar = "route"

    name: str
    people: int
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundClosed(Fact):
    """tested   persons, each counted once"""

    sentence: ClassVar = ngettext_lazy(
        "A round of testing ended in {area}, {tested} person tested: {name}",
        "A round of testing ended in {area}, {tested} people tested: {name}",
        "tested",
    )
    icon: ClassVar = "route"
    tone: ClassVar = "good"

    name: str
    people: int
    deadline: datetime
    tested: int


# Points and boxes


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftEnded(Fact):
    """swabs, tubes     counted by hand
    in_system_…      as the system has them
    """

    sentence: ClassVar = _(
        "A shift at table {table} in {area} ended: {tubes} tubes and {swabs} swabs by hand, "
        "{tubes_in_system} and {swabs_in_system} in the system"
    )
    icon: ClassVar = "test-pipe"

    table: int
    swabs: int
    tubes: int
    swabs_in_system: int
    tubes_in_system: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeCountDiffers(Fact):
    sentence: ClassVar = _(
        "Tube {barcode} was sealed; swabs by hand: {counted}, in the system: {swabs}"
    )
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    barcode: str
    counted: int
    swabs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxPacked(Fact):
    sentence: ClassVar = ngettext_lazy(
        "Box {barcode} with {tubes} tube was packed in {area}",
        "Box {barcode} with {tubes} tubes was packed in {area}",
        "tubes",
    )
    icon: ClassVar = "truck-delivery"

    barcode: str
    tubes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxHandedOver(Fact):
    sentence: ClassVar = _("Box {barcode} was handed to the {to}")
    icon: ClassVar = "truck-delivery"
    words: ClassVar = {"to": HandOver.To}

    barcode: str
    to: str
    temperature: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxReceived(Fact):
    """tubes, missing, broken, extra are numbers; `unknown` were never opened by anybody here."""

    sentence: ClassVar = _(
        "Box {barcode} was received: {tubes} tubes, {missing} missing, {broken} broken, "
        "{extra} not on the list"
    )
    icon: ClassVar = "truck-delivery"

    barcode: str
    tubes: int
    missing: int
    broken: int
    extra: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeMissing(Fact):
    sentence: ClassVar = ngettext_lazy(
        "Tube {barcode} with {swabs} swab was not in box {box}",
        "Tube {barcode} with {swabs} swabs was not in box {box}",
        "swabs",
    )
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    barcode: str
    box: str
    swabs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeBroken(Fact):
    sentence: ClassVar = ngettext_lazy(
        "Tube {barcode} with {swabs} swab was broken in box {box}",
        "Tube {barcode} with {swabs} swabs was broken in box {box}",
        "swabs",
    )
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    barcode: str
    box: str
    swabs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TubesOverTime(Fact):
    """Tubes of a box that were on their way longer than a sample keeps; the laboratory decides.

    hours   how long the oldest was under way; `limit` what the guide allows at that temperature
    """

    sentence: ClassVar = _(
        "{tubes} tubes of box {barcode} were under way up to {hours} hours, longer than {limit}"
    )
    icon: ClassVar = "alert-triangle"
    tone: ClassVar = "warning"

    barcode: str
    tubes: int
    hours: float
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTested(Fact):
    """Somebody will not come to the point; the subject is the person."""

    sentence: ClassVar = _("Somebody in {area} is not tested in this round: {reason}")
    icon: ClassVar = "user-x"
    words: ClassVar = {"reason": Untested.Reason}

    round_id: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsPrinted(Fact):
    sentence: ClassVar = ngettext_lazy(
        "{number} label was printed, {first} to {last}",
        "{number} labels were printed, {first} to {last}",
        "number",
    )
    icon: ClassVar = "file-text"

    number: int
    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaboratoryKeyGiven(Fact):
    sentence: ClassVar = _("A laboratory's system may send results for {area}")
    icon: ClassVar = "flask"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaboratoryKeyWithdrawn(Fact):
    sentence: ClassVar = _("A laboratory's system may no longer send results for {area}")
    icon: ClassVar = "flask"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateIssued(Fact):
    """The subject is the person."""

    sentence: ClassVar = _("A certificate of the result of tube {barcode} was printed")
    icon: ClassVar = "file-text"

    barcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointReady(Fact):
    """The subject is the site: every post there has its name."""

    sentence: ClassVar = _("A sampling point in {area} is ready: every post has its name")
    icon: ClassVar = "check"
    tone: ClassVar = "good"
