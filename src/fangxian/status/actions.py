"""Deriving status codes, and objecting to them. No verb sets a colour."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.protocol.queries import adoptions_that_concern, in_force
from fangxian.status import derive as sums
from fangxian.status.errors import (
    AlreadyDecided,
    AnotherOfficer,
    GiveReasons,
    NotAGround,
    ObjectToTheOrder,
    WhyNot,
)
from fangxian.status.events import (
    StatusesDerived,
    StatusObjectionDecided,
    StatusObjectionFiled,
    StatusObjectionHalfDecided,
)
from fangxian.status.models import Objection, Status
from fangxian.status.queries import get_objection, status_of

_JUST_NOW = timedelta(minutes=3)


@transaction.atomic
def derive_statuses(
    actor: Actor,
    *,
    residents: Collection[UUID] | QuerySet[Any] | None = None,
    places: Sequence[str] = ("",),
    because: Event | None = None,
) -> sums.Derived:
    """Bring codes to what the evidence says now; safe to repeat, and says who changed.

    residents   these people; otherwise everybody in `places` (area paths, "" is everywhere)
    """
    whom = sums.Whom(residents=residents, places=places)
    found = sums.derive(whom, at=now(), because_id=because.id if because else None)
    if found.changed and because is not None:
        record(
            StatusesDerived(
                subject_id=because.subject_id,
                area_path=because.area_path,
                red=found.red,
                yellow=found.yellow,
                green=found.green,
            ),
            actor=actor,
            because=because,
        )
    return found


@transaction.atomic
def let_lapse(actor: Actor) -> sums.Derived:
    """Codes whose evidence has run its time, or whose rules have just begun, are derived anew.

    By the worker, every minute; all that are due at once, however many.
    """
    due = Status.objects.filter(ended_at=None, look_again_at__lte=now())
    found = sums.Derived()
    if due.exists():
        found = derive_statuses(actor, residents=due.values("resident"))
    begun = adoptions_that_concern(actor).filter(from_at__gt=now() - _JUST_NOW, from_at__lte=now())
    if places := sorted(set(begun.values_list("area_path", flat=True))):
        found += derive_statuses(actor, places=places)
    return found


# Objections


@transaction.atomic
def object_to_status(actor: Actor, resident_id: UUID, ground: UUID, *, text: str) -> Objection:
    """File that a risk area or a case does not concern this person; again gives the open one.

    Whoever sees the person may file for them. Raises `ObjectToTheOrder` where the ground is one.
    """
    found = status_of(actor, resident_id)
    reason = next((one for one in found.reasons if one.ground == ground), None)
    if reason is None:
        raise NotAGround
    if reason.kind == "order":
        raise ObjectToTheOrder(ground)
    if not text.strip():
        raise WhyNot
    standing = Objection.objects.filter(resident=found.resident_id, ground=ground, decided_at=None)
    if (known := standing.first()) is not None:
        return known
    pack = in_force(now(), found.area_path)
    within = pack.status.objection_within.length if pack.status else timedelta()
    objection = Objection.objects.create(
        resident_id=found.resident_id,
        area_path=found.area_path,
        ground=ground,
        text=text.strip(),
        filed_by=actor.id,
        due_at=now() + within,
        pack=pack.stamp,
    )
    record(
        StatusObjectionFiled(
            subject_id=objection.id,
            area_path=objection.area_path,
            pack=pack.stamp,
            ground=ground,
            due_at=objection.due_at,
        ),
        actor=actor,
        because=reason.because_id,
    )
    return objection


@transaction.atomic
def decide_status_objection(
    actor: Actor, objection_id: UUID, *, uphold: bool, reasons: str
) -> Objection:
    """Decide with reasons, by somebody else than filed it. Upheld, the evidence stops counting.

    Where the pack wants two officers, an objection is upheld only when a second one agrees; a
    second who does not agree rejects it.
    """
    objection = get_objection(actor, objection_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=objection.area_path)
    if objection.decided_at is not None:
        raise AlreadyDecided
    if actor.id in {objection.filed_by, objection.first_by}:
        raise AnotherOfficer
    if not reasons.strip():
        raise GiveReasons
    pack = in_force(now(), objection.area_path)
    wants_two = bool(pack.status and pack.status.second_officer)
    said = reasons.strip()
    if objection.state == Objection.State.WAITS_FOR_SECOND:
        objection.second_by = actor.id
        objection.reasons = f"{objection.reasons}\n{said}"
    else:
        objection.first_by = actor.id
        objection.reasons = said
    if uphold and wants_two and objection.second_by is None:
        objection.state = Objection.State.WAITS_FOR_SECOND
        objection.save()
        record(
            StatusObjectionHalfDecided(
                subject_id=objection.id, area_path=objection.area_path, ground=objection.ground
            ),
            actor=actor,
            because=_filed(objection),
        )
        return objection
    objection.state = Objection.State.UPHELD if uphold else Objection.State.REJECTED
    objection.decided_at = now()
    objection.save()
    event = record(
        StatusObjectionDecided(
            subject_id=objection.id,
            area_path=objection.area_path,
            pack=pack.stamp,
            ground=objection.ground,
            outcome=objection.state,
        ),
        actor=actor,
        because=_filed(objection),
    )
    derive_statuses(actor, residents=[objection.resident_id], because=event)
    return objection


def _filed(objection: Objection) -> Event | None:
    about = Q(subject_id=objection.id)
    return Event.objects.filter(about).order_by("-seq").first()


# Forgetting


def forget_statuses(actor: Actor, before: datetime) -> Gone:
    """Delete what codes showed before, and objections decided before that moment."""
    actor.must(Duty.OPERATE)
    shown = delete_all(Status.objects.filter(ended_at__lt=before))
    over = Objection.objects.filter(decided_at__lt=before).exclude(state=Objection.State.UPHELD)
    return shown.and_then(delete_all(over))
