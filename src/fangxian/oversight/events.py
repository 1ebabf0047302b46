"""What oversight announces: numbers and digests, never who."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionCarriedOut(Fact):
    """The subject is the run."""

    sentence: ClassVar = _("By the retention of the rules {rows} rows were deleted")
    icon: ClassVar = "erase"

    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionProposed(Fact):
    """The subject is the destruction."""

    sentence: ClassVar = _("It was proposed to destroy the data of the ended incident")
    icon: ClassVar = "erase"
    tone: ClassVar = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class DestructionRejected(Fact):
    sentence: ClassVar = _("The data of the incident are not destroyed: no agreement")
    icon: ClassVar = "shield"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDestroyed(Fact):
    """`digest` is the SHA-256 of the signed record, so the seals hold it as well."""

    sentence: ClassVar = _("The data of the ended incident were destroyed: {rows} rows")
    icon: ClassVar = "erase"
    tone: ClassVar = "danger"

    rows: int
    digest: str
