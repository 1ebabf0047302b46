"""What is kept how long, what was deleted, and whether the incident is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fangxian.cases.queries import cases_visible_to
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.measures.queries import (
    exits_visible_to,
    orders_in_force,
    risk_areas_in_force,
    risk_areas_proposed,
)
from fangxian.oversight.errors import NoSuchDestruction
from fangxian.oversight.models import Destruction, RetentionRun
from fangxian.oversight.retention import KINDS
from fangxian.protocol.queries import in_force
from fangxian.protocol.values import Span


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a kind of data is kept, by the pack in force. None: until the incident is over."""

    kind: str
    label: str
    span: Span | None


def must_oversee(viewer: Actor) -> None:
    if not {Duty.AUDIT, Duty.COMMAND, Duty.OPERATE} & viewer.duties:
        raise NotYours(str(Duty.AUDIT.label))


def retention_rules(viewer: Actor) -> list[Rule]:
    must_oversee(viewer)
    kept = in_force(now(), viewer.within).retention
    return [
        Rule(name, str(kind.label), getattr(kept, kind.keep, None)) for name, kind in KINDS.items()
    ]


def retention_runs(viewer: Actor) -> QuerySet[RetentionRun]:
    """Latest first."""
    must_oversee(viewer)
    return RetentionRun.objects.order_by("-at", "-id")


def what_still_stands(viewer: Actor) -> list[str]:
    """Why the incident is not over, in words; empty when it is."""
    must_oversee(viewer)
    return list(_standing(viewer))


def _standing(viewer: Actor) -> Iterator[str]:
    for number, words in (
        (cases_visible_to(viewer).filter(state="open").count(), _("%(n)d open cases")),
        (orders_in_force(viewer).count(), _("%(n)d orders in force")),
        (risk_areas_in_force(viewer).count(), _("%(n)d risk areas in force")),
        (risk_areas_proposed(viewer).count(), _("%(n)d risk areas proposed")),
        (exits_visible_to(viewer).exclude(state="returned").count(), _("%(n)d people in care")),
    ):
        if number:
            yield words % {"n": number}


def destructions(viewer: Actor) -> QuerySet[Destruction]:
    """Latest first."""
    must_oversee(viewer)
    return Destruction.objects.order_by("-proposed_at", "-id")


def get_destruction(
    viewer: Actor, destruction_id: UUID, *, for_change: bool = False
) -> Destruction:
    must_oversee(viewer)
    rows = Destruction.objects.select_for_update() if for_change else Destruction.objects.all()
    found = rows.filter(id=destruction_id).first()
    if found is None:
        raise NoSuchDestruction(destruction_id)
    return found
