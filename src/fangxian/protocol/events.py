from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class PackAdopted(Fact):
    """The subject is the adoption; `pack` is the stamp of what is in force from `from_at` on."""

    sentence = _("The rules of {pack} were put in force.")
    icon = "book"

    from_at: datetime
    fingerprint: str
