from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.ledger import Fact
from fangxian.requests.models import Category, Channel, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRaised(Fact):
    sentence: ClassVar = _("Request {code} in {area}: {category}, {urgency}, by {channel}")
    words: ClassVar = {"category": Category, "urgency": Urgency, "channel": Channel}
    icon: ClassVar = "bell"

    code: str
    category: str
    urgency: str
    channel: str
    due_at: datetime | None
    head_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRepeated(Fact):
    sentence: ClassVar = _("Request {code} in {area} was made again, for the {times}. time")
    icon: ClassVar = "bell"
    tone: ClassVar = "warning"

    code: str
    times: int
