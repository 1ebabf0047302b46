"""How people under orders are, every day: readings, wishes, visits at the door."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from fangxian.areas.queries import areas_of_level
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.ids import ALPHABET, new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.measures import guards
from fangxian.measures.queries import exits_visible_to, get_order, orders_visible_to
from fangxian.people.queries import get_resident
from fangxian.quarantine import rules
from fangxian.quarantine.asking import hours_at, pack_at
from fangxian.quarantine.errors import (
    DoorMustOpen,
    ImplausibleTemperature,
    NoOrderInForce,
    NoSuchSymptom,
    NoSuchWatch,
    NoticeNamesSomebody,
    ReadingBeforeTheOrder,
    ReadingFromTheFuture,
    WatchHasEnded,
)
from fangxian.quarantine.events import (
    DoorVisited,
    ReadingAlarmed,
    ReadingMissed,
    ReadingTaken,
    WatchBegun,
    WatchEnded,
    WishAsked,
    WishMet,
)
from fangxian.quarantine.models import (
    DoorVisit,
    MissedReading,
    Placement,
    Reading,
    Restart,
    RestartLine,
    Transfer,
    Watch,
    Wish,
)
from fangxian.quarantine.placing import Because, cause_of
from fangxian.quarantine.queries import (
    WATCHED,
    ZONE,
    get_watch,
    sealed_under,
    watch_under_key,
)
from fangxian.quarantine.sites import STAFF, must_one_of

_SPOKEN = len(ALPHABET) ** 6
_SOON = timedelta(minutes=2)  # a phone's clock may be a little ahead of ours
_TENTH = Decimal("0.1")


def _told(watch: Watch) -> dict[str, Any]:
    return {
        "subject_id": watch.id,
        "area_path": watch.area_path,
        "resident_id": watch.resident_id,
        "order": watch.order.code,
    }


# Beginning and end


@transaction.atomic
def begin_watch(actor: Actor, order_id: UUID, *, because: Because = None) -> Watch | None:
    """Await a person's readings from now on; None where the order asks for none.

    One watch a person: a second order changes nothing, and the next stage of a measure goes on
    under the same code.
    """
    order = get_order(PLAYBOOK, order_id)
    must_one_of(actor, STAFF, order.area_path)
    if order.kind not in WATCHED or order.state != "in_force":
        return None
    there = (
        Placement.objects.select_related("room__facility")
        .filter(
            resident=order.resident_id,
            state__in=[Placement.State.STAYING, Placement.State.IN_HOSPITAL],
        )
        .first()
    )
    area_path = there.area_path if there else order.area_path
    facility = there.room.facility if there else None
    running = (
        Watch.objects.select_for_update().filter(resident=order.resident_id, ended_at=None).first()
    )
    if running is not None:
        return running
    if order.follows_id and (
        before := Watch.objects.select_for_update()
        .filter(order=order.follows_id)
        .order_by("-begun_at")
        .first()
    ):
        before.order, before.ended_at = order, None
        before.area_path, before.facility = area_path, facility
        before.save(update_fields=["order", "ended_at", "area_path", "facility"])
        watch = before
    else:
        watch = Watch.objects.create(
            resident_id=order.resident_id,
            order=order,
            area_path=area_path,
            facility=facility,
            token=secrets.token_urlsafe(18),
            spoken=_draw(),
        )
    record(WatchBegun(**_told(watch)), actor=actor, because=cause_of(order.id, because))
    return watch


def _draw() -> int:
    """By lot, so that nobody counts on from their own; drawn again in the rare case of a twin."""
    while True:
        number = secrets.randbelow(_SPOKEN)
        if not Watch.objects.filter(spoken=number).exists():
            return number


@transaction.atomic
def end_watch(actor: Actor, resident_id: UUID, *, because: Because = None) -> Watch | None:
    """No reading is awaited any more, unless another order asks for them. Safe to repeat."""
    watch = (
        Watch.objects.select_for_update(of=("self",))
        .select_related("order")
        .filter(resident=resident_id, ended_at=None)
        .first()
    )
    if watch is None:
        return None
    must_one_of(actor, STAFF, watch.area_path)
    other = (
        orders_visible_to(PLAYBOOK)
        .filter(resident=resident_id, kind__in=WATCHED, state="in_force")
        .order_by("-ends_at", "-id")
        .first()
    )
    if other is not None:
        Watch.objects.filter(id=watch.id).update(order=other.id)
        return None
    watch.ended_at = now()
    watch.save(update_fields=["ended_at"])
    record(WatchEnded(**_told(watch)), actor=actor, because=cause_of(watch.id, because))
    return watch


# Readings


@transaction.atomic
def record_reading(
    actor: Actor,
    resident_id: UUID,
    *,
    temperature: Decimal,
    symptoms: Collection[str] = (),
    taken_at: datetime | None = None,
    way: str = Reading.Way.STAFF,
    reading_id: UUID | None = None,
) -> Reading:
    """Note somebody's temperature and symptoms. What calls for a medic is told at once.

    Sent twice, it is one reading. A temperature that nobody has is refused with what was
    probably meant; a symptom never is.
    """
    kept = get_resident(PLAYBOOK, resident_id)
    if reading_id and (known := Reading.objects.filter(id=reading_id).first()):
        return known
    watch = (
        Watch.objects.select_related("order")
        .filter(resident=kept.id, area_path__startswith=actor.within)
        .order_by("-begun_at")
        .first()
    )
    if watch is None:
        raise NoSuchWatch(resident_id)
    must_one_of(actor, STAFF, watch.area_path)
    return _take(
        actor,
        watch,
        Decimal(temperature),
        symptoms,
        at=taken_at or now(),
        way=way,
        reading_id=reading_id,
    )


@transaction.atomic
def tell_own_reading(
    actor: Actor, key: str, *, temperature: Decimal, symptoms: Collection[str] = ()
) -> Reading:
    """The same by the person, who has no account: the address or code of their page is the key.

    actor   the rules; that the person told it stands in the reading
    """
    watch = watch_under_key(actor, key)
    return _take(actor, watch, Decimal(temperature), symptoms, at=now(), way=Reading.Way.OWN)


def _take(
    actor: Actor,
    watch: Watch,
    temperature: Decimal,
    symptoms: Collection[str],
    *,
    at: datetime,
    way: str,
    reading_id: UUID | None = None,
) -> Reading:
    if at > now() + _SOON:
        raise ReadingFromTheFuture(at)
    if at < watch.begun_at - _SOON:
        raise ReadingBeforeTheOrder(watch.begun_at)
    if watch.ended_at is not None and at > watch.ended_at:
        raise WatchHasEnded
    temperature = (
        temperature.quantize(_TENTH, ROUND_HALF_UP) if temperature.is_finite() else (Decimal(0))
    )
    pack = pack_at(watch.area_path)
    alarm: str = rules.CALM
    chosen = list(dict.fromkeys(symptoms))
    if pack is not None:
        asked = pack.people
        if unknown := [
            word for word in chosen if word not in {*asked.symptoms, *asked.emergency_symptoms}
        ]:
            raise NoSuchSymptom(unknown)
        if pack.monitoring is not None:
            low, high = pack.monitoring.plausible_from.value, pack.monitoring.plausible_to.value
            if not low <= temperature <= high:
                meant = rules.slip_of(temperature, low=low, high=high)
                raise ImplausibleTemperature(temperature, low, high, meant)
        alarm = rules.judge(
            temperature,
            chosen,
            fever_from=asked.fever_from.value,
            emergencies=asked.emergency_symptoms,
        )
    hours = hours_at(watch.area_path)
    day, turn = rules.turn_at(at, len(hours), ZONE)
    reading = Reading.objects.create(
        id=reading_id or new_id(),
        watch=watch,
        area_path=watch.area_path,
        day=day,
        turn=turn,
        taken_at=at,
        temperature=temperature,
        symptoms=chosen,
        alarm=alarm,
        way=way,
        by_id=None if way == Reading.Way.OWN else actor.id,
    )
    MissedReading.objects.filter(watch=watch, made_up_at=None, noticed_at__lte=now()).update(
        made_up_at=now()
    )
    event = record(
        ReadingTaken(
            subject_id=watch.id,
            area_path=watch.area_path,
            resident_id=watch.resident_id,
            alarm=alarm,
            taken=way,
        ),
        actor=actor,
        because=cause_of(watch.id, None),
    )
    if alarm != rules.CALM:
        record(ReadingAlarmed(**_told(watch), alarm=alarm), actor=actor, because=event)
    return reading


@transaction.atomic
def note_missed_readings(actor: Actor) -> int:
    """Notice every reading that was due and is not there; how many. Each is noticed once.

    Nobody is asked for theirs while they are in hospital.
    """
    actor.must(Duty.DISPATCH)
    noticed = 0
    for district in areas_of_level(actor, "district"):
        hours = hours_at(district.path)
        for turn in _turns_due_now(hours):
            noticed += _notice(actor, district.path, turn, parts=len(hours))
    return noticed


def _turns_due_now(hours: tuple[float, ...]) -> list[rules.Turn]:
    long_ago = now() - timedelta(days=len(hours) or 1, hours=24)
    return rules.turns_due(long_ago, hours, at=now(), zone=ZONE) if hours else []


def _notice(actor: Actor, path: str, turn: rules.Turn, *, parts: int) -> int:
    begins = rules.part_begins(turn, parts, ZONE)
    same = {"watch": OuterRef("id"), "day": turn.day, "turn": turn.number}
    away = exits_visible_to(PLAYBOOK).filter(resident=OuterRef("resident"))
    in_hospital = Placement.objects.filter(
        resident=OuterRef("resident"), state=Placement.State.IN_HOSPITAL
    )
    late = list(
        Watch.objects.filter(
            ~Exists(Reading.objects.filter(**same)),
            ~Exists(MissedReading.objects.filter(**same)),
            ~Exists(away.exclude(state="returned")),
            ~Exists(in_hospital),
            ended_at=None,
            area_path__startswith=path,
            begun_at__lte=begins,
        )
        .select_related("order")
        .order_by("id")
    )
    MissedReading.objects.bulk_create(
        (
            MissedReading(watch=watch, area_path=watch.area_path, day=turn.day, turn=turn.number)
            for watch in late
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )
    record_many(
        [ReadingMissed(**_told(watch), day=turn.day, turn=turn.number) for watch in late],
        actor=actor,
    )
    return len(late)


# Wishes


@transaction.atomic
def ask_for(actor: Actor, key: str, *, kind: str) -> Wish:
    """The person needs something. Asking for the same again while it is open changes nothing."""
    return _ask(actor, watch_under_key(actor, key), kind)


@transaction.atomic
def note_wish(actor: Actor, watch_id: UUID, *, kind: str) -> Wish:
    """The same, said at the door or on the telephone."""
    watch = get_watch(actor, watch_id)
    must_one_of(actor, STAFF, watch.area_path)
    return _ask(actor, watch, kind)


def _ask(actor: Actor, watch: Watch, kind: str) -> Wish:
    if watch.ended_at is not None:
        raise WatchHasEnded
    wish, made = Wish.objects.get_or_create(
        watch=watch, kind=Wish.Kind(kind), met_at=None, defaults={"area_path": watch.area_path}
    )
    if made:
        record(
            WishAsked(**_told(watch), wish=wish.kind, wish_id=wish.id),
            actor=actor,
            because=cause_of(watch.id, None),
        )
    return wish


@transaction.atomic
def meet_wish(actor: Actor, watch_id: UUID, *, kind: str) -> Wish | None:
    """Somebody brought it, or spoke with them. None where nothing was open."""
    watch = get_watch(actor, watch_id)
    must_one_of(actor, STAFF, watch.area_path)
    wish = Wish.objects.select_for_update().filter(watch=watch, kind=kind, met_at=None).first()
    if wish is None:
        return None
    wish.met_at, wish.met_by = now(), actor.id
    wish.save(update_fields=["met_at", "met_by"])
    left = Wish.objects.filter(watch=watch, met_at=None).exclude(kind=Wish.Kind.MEDIC).count()
    record(
        WishMet(**_told(watch), wish=wish.kind, wish_id=wish.id, wishes_left=left),
        actor=actor,
        because=cause_of(watch.id, None),
    )
    return wish


# Doors


@transaction.atomic
def visit_door(
    actor: Actor,
    resident_id: UUID,
    *,
    purpose: str,
    found: str,
    door_opens: bool,
    names_nobody: bool = True,
    visited_at: datetime | None = None,
    visit_id: UUID | None = None,
) -> DoorVisit:
    """Note that somebody was at the door of a person under an order. Sent twice, it is one visit.

    door_opens     seen to open from the inside; a door that does not is made to open first
    names_nobody   what hangs there says no name and no illness
    """
    if visit_id and (known := DoorVisit.objects.filter(id=visit_id).first()):
        return known
    resident = get_resident(actor, resident_id)
    must_one_of(actor, STAFF, resident.area_path)
    if not door_opens:
        attempt = guards.Attempt(actor=actor, about=resident.id, area_path=resident.area_path)
        guards.refuse(attempt, DoorMustOpen())
    if not names_nobody:
        raise NoticeNamesSomebody
    order = _order_at_the_door(actor, resident.id, resident.area_path, purpose)
    visit = DoorVisit.objects.create(
        id=visit_id or new_id(),
        resident_id=resident.id,
        order=order,
        area_path=resident.area_path,
        purpose=DoorVisit.Purpose(purpose),
        found=DoorVisit.Found(found),
        door_opens=True,
        names_nobody=True,
        visited_at=min(visited_at or now(), now()),
        by_id=actor.id,
    )
    record(
        DoorVisited(
            subject_id=visit.id,
            area_path=visit.area_path,
            resident_id=resident.id,
            order_id=order.id,
            order=order.code,
            purpose=visit.purpose,
            found=visit.found,
        ),
        actor=actor,
        because=cause_of(order.id, None),
    )
    return visit


def _order_at_the_door(actor: Actor, resident_id: UUID, area_path: str, purpose: str) -> Any:
    """Only an order in force brings anybody to a door, but for taking a seal off again."""
    sealed = sealed_under(PLAYBOOK, resident_id)
    if purpose == DoorVisit.Purpose.UNSEAL and sealed is not None:
        return get_order(PLAYBOOK, sealed.order_id)
    order = (
        orders_visible_to(PLAYBOOK)
        .filter(resident=resident_id, state="in_force")
        .order_by("-ends_at", "-id")
        .first()
    )
    if order is None:
        attempt = guards.Attempt(actor=actor, about=resident_id, area_path=area_path)
        guards.refuse(attempt, NoOrderInForce())
    return order


def forget_readings(actor: Actor, before: datetime) -> Gone:
    """Delete what was read and missed of people whose watch ended before that moment."""
    actor.must(Duty.OPERATE)
    over = Watch.objects.filter(ended_at__lt=before)
    read = delete_all(Reading.objects.filter(watch__in=over))
    return read.and_then(delete_all(MissedReading.objects.filter(watch__in=over)))


def forget_placements(actor: Actor, before: datetime) -> Gone:
    """Delete who had which room, who was driven where, and what was noted of them, of people who
    had left and whose watch had ended before that moment. Sites and rooms stay.
    """
    actor.must(Duty.OPERATE)
    over = Watch.objects.filter(ended_at__lt=before)
    gone = forget_readings(actor, before).and_then(delete_all(Wish.objects.filter(watch__in=over)))
    gone = gone.and_then(delete_all(over))
    gone = gone.and_then(delete_all(DoorVisit.objects.filter(visited_at__lt=before)))
    left = Placement.objects.filter(
        Q(state="cancelled", reserved_at__lt=before) | Q(left_at__lt=before)
    )
    touched = Restart.objects.filter(placement__in=left)
    gone = gone.and_then(
        delete_all(RestartLine.objects.filter(Q(restart__in=touched) | Q(placement__in=left)))
    )
    gone = gone.and_then(delete_all(touched))
    gone = gone.and_then(delete_all(Transfer.objects.filter(placement__in=left)))
    return gone.and_then(delete_all(left))
