"""Asking that somebody be brought to care. Nothing here refuses."""

import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction

from fangxian.areas.models import Area
from fangxian.areas.rules import paths_to
from fangxian.care import asking, rules
from fangxian.care.events import (
    CareRequested,
    CareRequestedAlone,
    CareStepAlone,
    CareWorsened,
)
from fangxian.care.models import CareTransfer, Channel, Step, What
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import Fact, record
from fangxian.kernel.models import Event
from fangxian.people.queries import get_resident

if TYPE_CHECKING:
    from fangxian.people.models import Resident

_log = logging.getLogger("fangxian.care")
Because = Event | UUID | None
_LONGEST = 80  # characters of a path
_MOST_SAID = 500
_COMMUNITY = 1  # the level that looks at it first, as with tasks


@transaction.atomic
def request_transfer(
    actor: Actor,
    resident_id: UUID | None,
    *,
    area_path: str,
    what: str,
    channel: str,
    by_phone: str = "",
    id: UUID | None = None,  # noqa: A002 - the name by which phones know a command
    words: str = "",
    because: Because = None,
) -> CareTransfer:
    """Somebody is to be brought to care. This is taken down at once, and nobody can refuse it.

    No duty, colour, order, test or knowledge of the person is asked for. What cannot be read is put
    right as well as it goes: an unknown kind is “other care”, an unknown place the nearest one that
    is known. Whoever is waited for already is not asked for twice, but may have become more urgent.
    Safe to repeat with the same `id`.
    """
    known = CareTransfer.objects.filter(id=id).first() if id else None
    if known is not None:
        return known
    resident = _resident(resident_id)
    if resident is not None:
        one_at_a_time(resident.id)
        waited_for = under_way(resident.id)
        if waited_for is not None:
            return _ask_again(actor, waited_for, what, words, because)
    path = place_of(area_path, resident.area_path if resident else "", actor.within)
    kind = what if what in What.values else What.OTHER_CARE
    pack = asking.pack_at(path)
    transfer = CareTransfer.objects.create(
        id=id or new_id(),
        number=next_number(),
        resident_id=resident.id if resident else None,
        area_path=path,
        what=kind,
        said=said_plainly(words) or (said_plainly(what) if kind != what else "") or None,
        by_phone=said_plainly(by_phone)[:20] or None,
        channel=channel if channel in Channel.values else Channel.OTHER,
        asked_by=actor.id,
        pack=pack.stamp if pack else "",
        level=_COMMUNITY,
        due_at=now() + asking.within(path, "triage_within"),
    )
    add_step(actor, transfer, Step.Kind.ASKED)
    said: dict[str, Any] = {
        **told(transfer),
        "resident_id": transfer.resident_id,
        "what": transfer.what,
        "channel": transfer.channel,
    }
    tell(
        CareRequested(**said),
        CareRequestedAlone(**said),
        actor,
        because,
    )
    return transfer


def _ask_again(
    actor: Actor, transfer: CareTransfer, what: str, words: str, because: Because
) -> CareTransfer:
    transfer_id = transfer.id
    transfer = CareTransfer.objects.select_for_update().get(id=transfer_id)
    if what in What.values and rules.more_urgent(what, transfer.what):
        worsen(actor, transfer, what, words, because)
    else:
        add_step(actor, transfer, Step.Kind.ASKED_AGAIN, note=words)
    return transfer


def worsen(
    actor: Actor, transfer: CareTransfer, what: str, words: str = "", because: Because = None
) -> None:
    """More urgent than was said. Before the person has left somebody looks at it anew, at once."""
    was, transfer.what = transfer.what, what
    fields = ["what"]
    waits = {CareTransfer.State.TRIAGED, CareTransfer.State.VEHICLE_ASSIGNED}
    if transfer.state in waits:
        transfer.state = CareTransfer.State.REQUESTED
        transfer.due_at, transfer.climbed_at = now(), None
        fields += ["state", "due_at", "climbed_at"]
    transfer.save(update_fields=fields)
    add_step(actor, transfer, Step.Kind.WORSENED, detail=what, note=words)
    fact = CareWorsened(**told(transfer), what=what, was=was)
    tell(fact, CareStepAlone(**told(transfer), step=Step.Kind.WORSENED), actor, because)


# What every verb of a journey needs.


def _resident(resident_id: UUID | None) -> "Resident | None":
    """Whoever it is, wherever they live: who has somebody before them need not see their area."""
    if resident_id is None:
        return None
    try:
        return get_resident(PLAYBOOK, resident_id)
    except NotFound:
        return None


def under_way(resident_id: UUID) -> CareTransfer | None:
    """The journey on which somebody is or is waited for; a ride that lies ahead is none."""
    found = CareTransfer.objects.filter(resident=resident_id).exclude(
        state__in=[CareTransfer.State.HANDED_OVER, CareTransfer.State.DONE]
    )
    return found.exclude(wanted_at__isnull=False, departed_at=None).order_by("asked_at").first()


def place_of(*said: str) -> str:
    """The nearest place that is known to what was said; the first that is any place at all."""
    for text in said:
        found = Area.objects.filter(path__in=_paths(text)).order_by("-path").first()
        if found is not None:
            return str(found.path)
    first = Area.objects.filter(ended_at=None).order_by("path").first()
    return str(first.path) if first else ""


def _paths(text: str) -> list[str]:
    return [path for path in paths_to(said_plainly(text)) if len(path) <= _LONGEST]


def next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('care_transfer_number')")
        number: int = cursor.fetchone()[0]
        return number


def one_at_a_time(ground: UUID) -> None:
    """Until the transaction ends, nobody else asks for this person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [str(ground)])


def said_plainly(text: str) -> str:
    """What somebody said, without what no table can hold."""
    return text.encode(errors="replace").decode().replace("\0", "").strip()[:_MOST_SAID]


def add_step(
    actor: Actor, transfer: CareTransfer, kind: Step.Kind, *, detail: str = "", note: str = ""
) -> None:
    Step.objects.create(
        transfer=transfer,
        kind=kind,
        by_id=actor.id,
        at=now(),
        detail=detail[:60],
        note=said_plainly(note) or None,
    )


def told(transfer: CareTransfer) -> dict[str, Any]:
    return {
        "subject_id": transfer.id,
        "area_path": transfer.area_path,
        "pack": transfer.pack,
        "code": transfer.code,
    }


def tell(fact: Fact, alone: Fact, actor: Actor, because: Because = None) -> None:
    """Record what happened; if what should follow fails, the journey goes on without it."""
    cause = because or last_event_of(fact.subject_id)
    try:
        with transaction.atomic():
            record(fact, actor=actor, because=cause)
    except Exception:  # noqa: BLE001 - whatever goes wrong in what follows, the person is brought
        _log.exception("nothing followed on the way to care", extra={"fact": fact.kind()})
        record(alone, actor=actor, because=cause)


def last_event_of(transfer_id: UUID) -> UUID | None:
    found = Event.objects.filter(subject_id=transfer_id, kind__startswith="care.")
    return found.order_by("-at", "-id").values_list("id", flat=True).first()
