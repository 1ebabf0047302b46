"""The verbs of orders: issue, extend, end, go on to the next stage."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.measures import guards, rules
from fangxian.measures.deciding import (
    CONDITIONS_HOLD,
    NEXT_STAGE,
    Because,
    cause_or_last,
    next_numbers,
    one_at_a_time,
    sayable,
)
from fangxian.measures.errors import (
    CountedFromTheFuture,
    EndIsNotLater,
    NotYetReleasable,
    OrderIsOver,
    ReasonNeeded,
    RecordWasMerged,
)
from fangxian.measures.events import (
    DaysAlreadyOver,
    NobodyToRestrict,
    NoMeasureInPack,
    OrderEnded,
    OrderExtended,
    OrderIssued,
)
from fangxian.measures.models import (
    Extension,
    Order,
)
from fangxian.measures.queries import (
    ZONE,
    get_order,
    last_event_of,
    order_conditions,
)
from fangxian.people.errors import PersonHasDied
from fangxian.people.queries import dead_among, get_resident
from fangxian.protocol.packs import Pack, load_pack
from fangxian.protocol.queries import in_force
from fangxian.sampling.actions import call_for_tests
from fangxian.sampling.rules import Call


def of_order(order: Order) -> dict[str, Any]:
    return {
        "subject_id": order.id,
        "area_path": order.area_path,
        "pack": order.pack,
        "code": order.code,
    }


@transaction.atomic
def issue_order(
    actor: Actor,
    *,
    resident_id: UUID,
    area_path: str,
    subject: str,
    about_id: UUID,
    counted_from: datetime,
    because: Because,
    stage: int = 0,
    kind: str | None = None,
    ends_at: datetime | None = None,
    follows: Order | None = None,
) -> Order | None:
    """Restrict one person as the pack in force asks for such a `subject`.

    Of somebody who has died nothing is asked: refused, or for the playbook a fact that says so.

    Days are counted from `counted_from` through all stages; a stage whose days are over is
    skipped. None, and a fact that says so, where the pack asks for nothing or all days are over.
    An equal order in force on the same ground is returned unchanged.

    kind      a milder measure than the pack's
    ends_at   an earlier end than the pack's
    """
    actor.must(Duty.DECIDE_MEASURES, at=area_path)
    attempt = guards.Attempt(actor=actor, about=resident_id, area_path=area_path)
    cause = guards.there_is_a_cause(attempt, because)
    guards.not_by_poster_scans_alone(attempt, cause)
    at = now()
    if counted_from > at:
        raise CountedFromTheFuture(counted_from)

    pack = in_force(at, area_path)
    measure = pack.measure(subject)
    stages = measure.stages if measure else ()
    plan = rules.plan_stage(stages, counted_from, at=at, first=stage, zone=ZONE)
    guards.nobody_else_is_isolated(attempt, subject, kind, asked=plan.kind if plan else None)
    if plan is None:
        none = _nothing_asked(about_id, area_path, pack, resident_id, subject)
        fact = (
            DaysAlreadyOver(**none, counted_from=counted_from)
            if stages
            else NoMeasureInPack(**none)
        )
        record(fact, actor=actor, because=cause)
        return None
    guards.low_risk_isolates_nobody(attempt, subject, kind or plan.kind)
    if ends_at is not None:
        guards.isolation_is_not_prolonged(attempt, ends_at, latest=plan.ends_at)

    resident = get_resident(PLAYBOOK, resident_id)
    if resident.id != resident_id:
        raise RecordWasMerged(resident.id)
    if resident.died_on is not None:
        if actor.id != PLAYBOOK.id:
            raise PersonHasDied(resident.died_on)
        none = _nothing_asked(about_id, area_path, pack, resident_id, subject)
        record(NobodyToRestrict(**none), actor=actor, because=cause)
        return None
    order = Order(
        resident_id=resident.id,
        area_path=area_path,
        kind=kind or plan.kind,
        subject=subject,
        stage=plan.stage,
        about_id=about_id,
        pack=pack.stamp,
        rule=f"measures.{subject}",
        counted_from=counted_from,
        ends_at=guards.there_is_an_end(attempt, ends_at or plan.ends_at),
        follows=follows,
    )
    [(stored, event)] = store(actor, [order], cause)
    if event is not None and plan.tests:
        _call_for_tests(stored, plan.tests, event)
    return stored


def _nothing_asked(
    about_id: UUID, area_path: str, pack: Pack, resident_id: UUID, subject: str
) -> dict[str, Any]:
    return {
        "subject_id": about_id,
        "area_path": area_path,
        "pack": pack.stamp,
        "resident_id": resident_id,
        "subject": subject,
    }


@transaction.atomic
def issue_orders(
    actor: Actor,
    people: Sequence[tuple[UUID, str]],
    *,
    subject: str,
    about_id: UUID,
    counted_from: datetime,
    because: Because,
) -> list[Order]:
    """`issue_order` for many people on one ground, each with the path where they stay, in one
    statement. Whoever is under a stricter order already keeps that one alone; tests are called for
    by the ground. [] where the pack asks for nothing or all days are over.
    """
    if not people:
        return []
    around = rules.around([path for _, path in people])
    actor.must(Duty.DECIDE_MEASURES, at=around)
    attempt = guards.Attempt(actor=actor, about=about_id, area_path=around)
    cause = guards.there_is_a_cause(attempt, because)
    at = now()
    if counted_from > at:
        raise CountedFromTheFuture(counted_from)
    pack = in_force(at, around)
    measure = pack.measure(subject)
    stages = measure.stages if measure else ()
    plan = rules.plan_stage(stages, counted_from, at=at, zone=ZONE)
    if plan is None:
        return []
    guards.low_risk_isolates_nobody(attempt, subject, plan.kind)
    stricter = rules.STRICTNESS[rules.STRICTNESS.index(plan.kind) + 1 :]
    kept = set(
        Order.objects.filter(
            resident__in=[resident_id for resident_id, _ in people],
            state=Order.State.IN_FORCE,
            kind__in=stricter,
        ).values_list("resident", flat=True)
    )
    kept |= dead_among(PLAYBOOK, [resident_id for resident_id, _ in people])
    orders = [
        Order(
            resident_id=resident_id,
            area_path=path,
            kind=plan.kind,
            subject=subject,
            stage=plan.stage,
            about_id=about_id,
            pack=pack.stamp,
            rule=f"measures.{subject}",
            counted_from=counted_from,
            ends_at=guards.there_is_an_end(attempt, plan.ends_at),
        )
        for resident_id, path in people
        if resident_id not in kept
    ]
    return [order for order, _ in store(actor, orders, cause)] if orders else []


def _call_for_tests(order: Order, tests: Sequence[rules.TestDay], event: Event) -> None:
    """The test days that are still to come; of those beyond an earlier end, none."""
    calls = [
        Call(
            resident_id=order.resident_id,
            area_path=order.area_path,
            reason="order",
            about_id=order.id,
            day=test.day,
            due_at=test.due_at,
        )
        for test in tests
        if test.due_at <= order.ends_at
    ]
    call_for_tests(PLAYBOOK, calls, because=event)


def store(actor: Actor, orders: Sequence[Order], cause: Event) -> list[tuple[Order, Event | None]]:
    """Each order with the event of its issue; the equal one in force, and no event, where there
    is one.
    """
    at, grounds = now(), {order.about_id for order in orders}
    if len(grounds) == 1:
        one_at_a_time(orders[0].about_id)
    equal = {
        (order.resident_id, order.about_id, order.kind): order
        for order in Order.objects.filter(
            about_id__in=grounds,
            state=Order.State.IN_FORCE,
            resident__in=[order.resident_id for order in orders],
        )
    }
    fresh: dict[tuple[UUID, UUID, str], Order] = {}
    for order in orders:
        key = (order.resident_id, order.about_id, order.kind)
        if key not in equal:
            fresh.setdefault(key, order)
    for order, number in zip(fresh.values(), next_numbers("order_number", len(fresh)), strict=True):
        order.number = number
        order.starts_at = order.issued_at = at
        order.issued_by, order.because_id = actor.id, cause.id
    Order.objects.bulk_create(fresh.values(), batch_size=1000)
    events = record_many([_issued(order) for order in fresh.values()], actor=actor, because=cause)
    told = dict(zip(fresh, events, strict=True))
    stored = []
    for order in orders:
        key = (order.resident_id, order.about_id, order.kind)
        stored.append((equal.get(key) or fresh[key], told.pop(key, None)))
    return stored


def _issued(order: Order) -> OrderIssued:
    return OrderIssued(
        **of_order(order),
        resident_id=order.resident_id,
        measure=order.kind,
        subject=order.subject,
        rule=order.rule,
        stage=order.stage,
        about_id=order.about_id,
        ends_at=order.ends_at,
    )


@transaction.atomic
def extend_order(
    actor: Actor, order_id: UUID, *, until: datetime, reason: str, because: Because = None
) -> Order:
    """Move the end of an order to a later moment, with a reason that the person can read.

    because   evidence of infection about the person or from their dwelling; without it the end
              stays within what the rules in force ask for
    """
    order = get_order(actor, order_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=order.area_path)
    attempt = guards.Attempt(actor=actor, about=order.id, area_path=order.area_path)
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    reason = guards.extension_has_a_reason(attempt, reason)
    if until <= order.ends_at:
        raise EndIsNotLater(order.ends_at)
    evidence = guards.evidence_about(order, because)
    latest = _latest_end(order, evidence.at if evidence else None)
    guards.isolation_is_not_prolonged(attempt, until, latest=latest)

    was, order.ends_at, order.release_proposed_at = order.ends_at, until, None
    order.save(update_fields=["ends_at", "release_proposed_at"])
    Extension.objects.create(order=order, was=was, becomes=until, reason=reason, by_id=actor.id)
    record(
        OrderExtended(
            subject_id=order.id,
            area_path=order.area_path,
            pack=in_force(now(), order.area_path).stamp,
            code=order.code,
            was=was,
            becomes=until,
            reason=sayable(actor, reason),
        ),
        actor=actor,
        because=cause_or_last(order.id, evidence),
    )
    return order


@transaction.atomic
def extend_orders_about(
    actor: Actor, about_id: UUID, *, until: datetime, reason: str, because: Because
) -> int:
    """Move the ends of all orders on one ground to a later moment; how many.

    because   the infection that started the days of the ground again
    """
    actor.must(Duty.DECIDE_MEASURES)
    rows = Order.objects.select_for_update().filter(
        about_id=about_id,
        state=Order.State.IN_FORCE,
        ends_at__lt=until,
        area_path__startswith=actor.within,
    )
    orders = list(rows.order_by("id"))
    if not orders:
        return 0
    around = rules.around([order.area_path for order in orders])
    attempt = guards.Attempt(actor=actor, about=about_id, area_path=around)
    reason = guards.extension_has_a_reason(attempt, reason)
    cause = guards.there_is_a_cause(attempt, because)
    guards.clock_restarts_by_infection_only(attempt, cause)
    pack = in_force(now(), around).stamp
    was = {order.id: order.ends_at for order in orders}
    for order in orders:
        order.ends_at, order.release_proposed_at = until, None
    Order.objects.bulk_update(orders, ["ends_at", "release_proposed_at"], batch_size=1000)
    Extension.objects.bulk_create(
        [
            Extension(order=order, was=was[order.id], becomes=until, reason=reason, by_id=actor.id)
            for order in orders
        ],
        batch_size=1000,
    )
    record_many(
        [
            OrderExtended(
                subject_id=order.id,
                area_path=order.area_path,
                pack=pack,
                code=order.code,
                was=was[order.id],
                becomes=until,
                reason=sayable(actor, reason),
            )
            for order in orders
        ],
        actor=actor,
        because=cause,
    )
    return len(orders)


def _latest_end(order: Order, evidence_at: datetime | None) -> datetime | None:
    """By the rules in force now: they may ask for less than when the order was issued."""
    at = now()
    pack = in_force(at, order.area_path)
    if order.kind == Order.Kind.HOLD:
        return at + pack.positive_pool.hold.length if pack.positive_pool.hold else None
    measure = pack.measure(order.subject)
    if measure is None:
        return None
    return rules.latest_end(
        measure.stages, order.stage, order.counted_from, at=at, evidence_at=evidence_at
    )


@transaction.atomic
def end_order(actor: Actor, order_id: UUID, *, reason: str, because: Because = None) -> Order:
    """End an order, with a reason. Ending again changes nothing."""
    order = get_order(actor, order_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=order.area_path)
    if order.state != Order.State.IN_FORCE:
        return order
    if not reason.strip():
        raise ReasonNeeded
    end_all(actor, [order], reason=reason.strip(), cause=cause_or_last(order.id, because))
    return order


@transaction.atomic
def end_orders_about(
    actor: Actor,
    about_id: UUID,
    *,
    reason: str,
    because: Because,
    resident_id: UUID | None = None,
    kind: str = "",
) -> list[Order]:
    """End the orders in force that rest on one ground: all, one person's, or of one kind."""
    actor.must(Duty.DECIDE_MEASURES)
    if not reason.strip():
        raise ReasonNeeded
    rows = Order.objects.select_for_update().filter(
        about_id=about_id, state=Order.State.IN_FORCE, area_path__startswith=actor.within
    )
    if resident_id is not None:
        rows = rows.filter(resident=resident_id)
    if kind:
        rows = rows.filter(kind=kind)
    orders = list(rows.order_by("id"))
    end_all(actor, orders, reason=reason.strip(), cause=because)
    return orders


@transaction.atomic
def end_orders_of(actor: Actor, resident_id: UUID, *, reason: str, because: Because) -> list[Order]:
    """End every order in force of one person, whatever it rests on."""
    actor.must(Duty.DECIDE_MEASURES)
    if not reason.strip():
        raise ReasonNeeded
    rows = Order.objects.select_for_update().filter(
        resident=resident_id, state=Order.State.IN_FORCE, area_path__startswith=actor.within
    )
    orders = list(rows.order_by("id"))
    end_all(actor, orders, reason=reason.strip(), cause=because)
    return orders


def end_all(
    actor: Actor,
    orders: Sequence[Order],
    *,
    reason: str,
    cause: Because,
    state: Order.State = Order.State.ENDED,
) -> None:
    at = now()
    for order in orders:
        order.state, order.ended_at, order.end_reason = state, at, reason
    Order.objects.bulk_update(orders, ["state", "ended_at", "end_reason"], batch_size=1000)
    facts = [
        OrderEnded(
            **of_order(order),
            resident_id=order.resident_id,
            measure=order.kind,
            reason=sayable(actor, reason),
        )
        for order in orders
    ]
    record_many(facts, actor=actor, because=cause)


@transaction.atomic
def advance_order(
    actor: Actor, order_id: UUID, *, reason: str = "", because: Because = None
) -> Order:
    """Go on to the next stage of the pack, which is a new order; the last stage just ends.

    Returns the order of the next stage, or the ended one where there is none.

    reason   needed while a release condition does not hold
    """
    order = get_order(actor, order_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=order.area_path)
    if order.state != Order.State.IN_FORCE:
        return order.followed_by.first() or order
    met = all(condition.met for condition in order_conditions(PLAYBOOK, order.id))
    if not met and not reason.strip():
        raise NotYetReleasable(order.code)
    cause = cause_or_last(order.id, because)
    more = _next_stage(order)
    by_rule = NEXT_STAGE if more else CONDITIONS_HOLD
    end_all(actor, [order], reason=reason.strip() or by_rule, cause=cause)
    if not more:
        return order
    following = issue_order(
        actor,
        resident_id=order.resident_id,
        area_path=order.area_path,
        subject=order.subject,
        about_id=order.about_id,
        counted_from=order.counted_from,
        because=last_event_of(PLAYBOOK, order.id),
        stage=more.stage,
        kind=more.kind,
        ends_at=more.ends_at,
        follows=order,
    )
    return following or order


def _next_stage(order: Order) -> rules.Plan | None:
    """By the rules in force, and never later or stricter than by those it was issued under."""
    at = now()

    def planned(pack: Pack) -> rules.Plan | None:
        measure = pack.measure(order.subject)
        if measure is None:
            return None
        first = order.stage + 1
        return rules.plan_stage(measure.stages, order.counted_from, at=at, first=first, zone=ZONE)

    pack = in_force(at, order.area_path)
    plan = planned(pack)
    if plan is None or pack.stamp == order.pack:
        return plan
    before = planned(load_pack(order.pack))
    if before is None:
        return None
    return replace(
        plan,
        kind=rules.milder_of(plan.kind, before.kind),
        ends_at=min(plan.ends_at, before.ends_at),
    )
