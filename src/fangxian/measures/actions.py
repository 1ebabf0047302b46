"""The verbs of measures. What follows from them stands in the playbook alone.

Reasons given by rules are msgids (`gettext_noop`), shown in the reader's language. Where a verb is
not told its cause, the cause is what happened to the same thing last.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from fangxian.areas.models import Area, Site
from fangxian.areas.queries import enclosing, names_of
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.measures import guards, rules
from fangxian.measures.errors import (
    CountedFromTheFuture,
    EndIsNotLater,
    NoSuchLevel,
    NotYetReleasable,
    ObjectionIsDecided,
    ObjectionNeedsText,
    OrderIsOver,
    PlaceDoesNotFitUnit,
    ReasonNeeded,
    RiskAreaIsNotInForce,
    RiskAreaIsOver,
    SecondOfficerNeeded,
)
from fangxian.measures.events import (
    ClockRestarted,
    DaysAlreadyOver,
    EmergencyExitCleared,
    EmergencyExitHandedOver,
    EmergencyExitReturned,
    EmergencyExitStarted,
    EmergencyExitStartedAlone,
    NoMeasureInPack,
    ObjectionDecided,
    ObjectionFiled,
    OrderEnded,
    OrderExtended,
    OrderIssued,
    OrderServed,
    PlaceHeld,
    PlaceHoldEnded,
    ReleaseProposed,
    RiskAreaDeclared,
    RiskAreaLifted,
    RiskAreaLowered,
    RiskAreaProposed,
    RiskAreaRejected,
    RiskAreaReleaseProposed,
)
from fangxian.measures.models import (
    ClockRestart,
    EmergencyExit,
    Extension,
    Objection,
    Order,
    PlaceHold,
    RiskArea,
)
from fangxian.measures.queries import (
    ZONE,
    get_exit,
    get_objection,
    get_order,
    get_risk_area,
    last_event_of,
    order_conditions,
    orders_ready_for_release,
    release_conditions,
    risk_areas_in_force,
)
from fangxian.people.queries import get_resident
from fangxian.protocol.packs import Pack, Zone, load_pack
from fangxian.protocol.queries import in_force
from fangxian.sampling.actions import call_for_tests
from fangxian.sampling.rules import Call

_log = logging.getLogger("fangxian.measures")

NEXT_STAGE = gettext_noop("The next stage of the measure begins.")
CONDITIONS_HOLD = gettext_noop("All release conditions of the rules hold.")
OBJECTION_UPHELD = gettext_noop("An objection was upheld.")
REPLACED = gettext_noop("A stricter risk area replaces it.")

_RULE_REASONS = frozenset({NEXT_STAGE, CONDITIONS_HOLD, OBJECTION_UPHELD, REPLACED})
_DECIDERS = frozenset({Duty.DECIDE_MEASURES, Duty.COMMAND})
_IN_THE_FIELD = _DECIDERS | {Duty.CARRY_OUT, Duty.DISPATCH}
_AT_ONCE = 500

Because = Event | UUID | None


def _must_one_of(actor: Actor, duties: Collection[Duty], at: str) -> None:
    if not any(actor.may(duty, at=at) for duty in duties):
        raise NotYours(str(min(duties).label))


def _cause(thing: UUID, because: Because) -> Event | UUID | None:
    return because or last_event_of(PLAYBOOK, thing)


def _said(actor: Actor, reason: str) -> str:
    """A reason that may stand in the ledger: a rule's. What a person wrote stays with the thing."""
    return reason if actor.id == PLAYBOOK.id or reason in _RULE_REASONS else ""


def _numbers(sequence: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)", [f"measures_{sequence}", count]
        )
        return [number for (number,) in cursor.fetchall()]


def _one_at_a_time(ground: UUID) -> None:
    """Until the transaction ends nobody else decides on this ground, so that of a command sent
    twice at once the second finds what the first did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(ground)])


# Orders


def _of_order(order: Order) -> dict[str, Any]:
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

    Days are counted from `counted_from` through all stages; a stage whose days are over is
    skipped. None, and a fact that says so, where the pack asks for nothing or all days are over.
    An equal order in force on the same ground is returned unchanged.

    kind      a milder measure than the pack's
    ends_at   an earlier end than the pack's
    """
    actor.must(Duty.DECIDE_MEASURES, at=area_path)
    attempt = guards.Attempt(actor=actor, about=resident_id, area_path=area_path)
    cause = guards.there_is_a_cause(attempt, because)
    at = now()
    if counted_from > at:
        raise CountedFromTheFuture(counted_from)

    pack = in_force(at, area_path)
    measure = pack.measure(subject)
    stages = measure.stages if measure else ()
    plan = rules.plan_stage(stages, counted_from, at=at, first=stage, zone=ZONE)
    guards.nobody_else_is_isolated(attempt, subject, kind, asked=plan.kind if plan else None)
    if plan is None:
        none: dict[str, Any] = {
            "subject_id": about_id,
            "area_path": area_path,
            "pack": pack.stamp,
            "resident_id": resident_id,
            "subject": subject,
        }
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

    order = Order(
        resident_id=get_resident(PLAYBOOK, resident_id).id,
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
    [(stored, event)] = _store(actor, [order], cause)
    if event is not None and plan.tests:
        _call_for_tests(stored, plan.tests, event)
    return stored


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


@transaction.atomic
def hold_person(
    actor: Actor, resident_id: UUID, *, area_path: str, about_id: UUID, because: Because
) -> Order | None:
    """Ask one person to stay in place until the retest; None if the pack holds nobody."""
    held = hold_people(actor, [(resident_id, area_path)], about_id=about_id, because=because)
    return held[0] if held else None


@transaction.atomic
def hold_people(
    actor: Actor, people: Sequence[tuple[UUID, str]], *, about_id: UUID, because: Because
) -> list[Order]:
    """Hold many people, each with the path where they stay, on one ground; [] if the pack holds
    nobody. Those held already on this ground keep their order.
    """
    if not people:
        return []
    around = rules.around([path for _, path in people])
    actor.must(Duty.DECIDE_MEASURES, at=around)
    attempt = guards.Attempt(actor=actor, about=about_id, area_path=around)
    cause = guards.there_is_a_cause(attempt, because)
    at = now()
    pack = in_force(at, around)
    hold = pack.positive_pool.hold
    if pack.positive_pool.hold_scope == "none" or hold is None:
        return []
    orders = [
        Order(
            resident_id=resident_id,
            area_path=path,
            kind=Order.Kind.HOLD,
            subject="pool_member",
            about_id=about_id,
            pack=pack.stamp,
            rule="positive_pool.hold",
            counted_from=at,
            ends_at=at + hold.length,
        )
        for resident_id, path in people
    ]
    return [order for order, _ in _store(actor, orders, cause)]


@transaction.atomic
def hold_place(actor: Actor, home: str, *, about_id: UUID, because: Because) -> PlaceHold | None:
    """Ask the neighbours of a pool's member to stay until the retest: the stairwell or compound
    around `home`, as the pack says. A place held already on this ground keeps its hold. None where
    the home is not known more exactly than that: a whole community is never held instead.
    """
    actor.must(Duty.DECIDE_MEASURES, at=home)
    attempt = guards.Attempt(actor=actor, about=about_id, area_path=home)
    cause = guards.there_is_a_cause(attempt, because)
    at = now()
    pack = in_force(at, home)
    pool = pack.positive_pool
    guards.neighbours_are_held_by_rule_only(attempt, held=pool.neighbours_held)
    length = pool.hold.length if pool.hold else None
    ends_at = guards.there_is_an_end(attempt, at + length if length else None)
    scope = "unit" if pool.hold_scope == "stairwell" else "compound"
    places = enclosing(PLAYBOOK, home, scope)
    if not places:
        return None
    _one_at_a_time(about_id)
    held = PlaceHold.objects.filter(about_id=about_id, ended_at=None, places=places).first()
    if held is not None:
        return held
    hold = PlaceHold.objects.create(
        name=_called(places, "compound"),
        area_path=rules.around(places),
        places=places,
        because_id=cause.id,
        about_id=about_id,
        pack=pack.stamp,
        rule="positive_pool.hold",
        starts_at=at,
        ends_at=ends_at,
    )
    record(
        PlaceHeld(
            subject_id=hold.id,
            area_path=hold.area_path,
            pack=hold.pack,
            name=hold.name,
            about_id=about_id,
            ends_at=ends_at,
        ),
        actor=actor,
        because=cause,
    )
    return hold


@transaction.atomic
def end_hold_of_place(
    actor: Actor, about_id: UUID, *, reason: str, because: Because = None
) -> list[PlaceHold]:
    """End what a pool held around its members. Ending again changes nothing."""
    actor.must(Duty.DECIDE_MEASURES)
    if not reason.strip():
        raise ReasonNeeded
    holds = list(
        PlaceHold.objects.select_for_update()
        .filter(about_id=about_id, ended_at=None, area_path__startswith=actor.within)
        .order_by("id")
    )
    for hold in holds:
        hold.ended_at, hold.end_reason = now(), reason.strip()
        hold.save(update_fields=["ended_at", "end_reason"])
        record(
            PlaceHoldEnded(
                subject_id=hold.id,
                area_path=hold.area_path,
                pack=hold.pack,
                name=hold.name,
                about_id=about_id,
                reason=_said(actor, reason.strip()),
            ),
            actor=actor,
            because=_cause(hold.id, because),
        )
    return holds


def _store(actor: Actor, orders: Sequence[Order], cause: Event) -> list[tuple[Order, Event | None]]:
    """Each order with the event of its issue; the equal one in force, and no event, where there
    is one. All rest on one ground.
    """
    about_id, at = orders[0].about_id, now()
    _one_at_a_time(about_id)
    equal = {
        (order.resident_id, order.kind): order
        for order in Order.objects.filter(
            about_id=about_id,
            state=Order.State.IN_FORCE,
            resident__in=[order.resident_id for order in orders],
        )
    }
    fresh: dict[tuple[UUID, str], Order] = {}
    for order in orders:
        key = (order.resident_id, order.kind)
        if key not in equal:
            fresh.setdefault(key, order)
    for order, number in zip(fresh.values(), _numbers("order_number", len(fresh)), strict=True):
        order.number = number
        order.starts_at = order.issued_at = at
        order.issued_by, order.because_id = actor.id, cause.id
    Order.objects.bulk_create(fresh.values(), batch_size=1000)
    events = record_many([_issued(order) for order in fresh.values()], actor=actor, because=cause)
    told = dict(zip(fresh, events, strict=True))
    stored = []
    for order in orders:
        key = (order.resident_id, order.kind)
        stored.append((equal.get(key) or fresh[key], told.pop(key, None)))
    return stored


def _issued(order: Order) -> OrderIssued:
    return OrderIssued(
        **_of_order(order),
        resident_id=order.resident_id,
        measure=order.kind,
        subject=order.subject,
        rule=order.rule,
        stage=order.stage,
        about_id=order.about_id,
        ends_at=order.ends_at,
    )


@transaction.atomic
def serve_order(actor: Actor, order_id: UUID) -> Order:
    """The person has the order in hand. Serving again changes nothing."""
    order = get_order(actor, order_id, for_change=True)
    _must_one_of(actor, _IN_THE_FIELD, order.area_path)
    if order.served_at is not None:
        return order
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    order.served_at = now()
    order.save(update_fields=["served_at"])
    record(
        OrderServed(
            **_of_order(order),
        ),
        actor=actor,
        because=_cause(order.id, None),
    )
    return order


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
            reason=_said(actor, reason),
        ),
        actor=actor,
        because=_cause(order.id, evidence),
    )
    return order


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
def propose_release(actor: Actor, order_id: UUID, *, because: Because = None) -> Order:
    """The end is reached and every test negative: somebody is to decide. Safe to repeat."""
    order = get_order(actor, order_id, for_change=True)
    _must_one_of(actor, _IN_THE_FIELD, order.area_path)
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    if order.release_proposed_at is not None:
        return order
    if not all(condition.met for condition in order_conditions(PLAYBOOK, order.id)):
        raise NotYetReleasable(order.code)
    _propose(actor, order, _cause(order.id, because))
    return order


@transaction.atomic
def propose_due_releases(actor: Actor) -> int:
    """Propose every release and lifting whose conditions hold by now; how many. Safe to repeat."""
    _must_one_of(actor, _IN_THE_FIELD, actor.within)
    orders = orders_ready_for_release(actor, at_most=_AT_ONCE)
    causes = {
        event.subject_id: event
        for event in Event.objects.filter(subject_id__in=[order.id for order in orders])
        .order_by("subject_id", "-seq")
        .distinct("subject_id")
    }
    for order in orders:
        _propose(actor, order, causes.get(order.id))
    return len(orders) + _propose_liftings(actor)


def _propose(actor: Actor, order: Order, cause: Because) -> None:
    """Claimed by a conditional update, so that two workers never propose the same twice."""
    at = now()
    claimed = Order.objects.filter(
        id=order.id, state=Order.State.IN_FORCE, release_proposed_at=None
    ).update(release_proposed_at=at)
    if not claimed:
        return
    order.release_proposed_at = at
    record(
        ReleaseProposed(
            **_of_order(order),
            resident_id=order.resident_id,
            measure=order.kind,
        ),
        actor=actor,
        because=cause,
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
    _end(actor, [order], reason=reason.strip(), cause=_cause(order.id, because))
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
    _end(actor, orders, reason=reason.strip(), cause=because)
    return orders


def _end(
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
            **_of_order(order),
            resident_id=order.resident_id,
            measure=order.kind,
            reason=_said(actor, reason),
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
    cause = _cause(order.id, because)
    measure = in_force(now(), order.area_path).measure(order.subject)
    more = measure is not None and rules.plan_stage(
        measure.stages, order.counted_from, at=now(), first=order.stage + 1, zone=ZONE
    )
    by_rule = NEXT_STAGE if more else CONDITIONS_HOLD
    _end(actor, [order], reason=reason.strip() or by_rule, cause=cause)
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
        stage=order.stage + 1,
        follows=order,
    )
    return following or order


@transaction.atomic
def object_to_order(actor: Actor, order_id: UUID, *, text: str) -> Objection:
    """File an objection by the person or on their behalf; one is open at a time."""
    order = get_order(actor, order_id, for_change=True)
    if order.state != Order.State.IN_FORCE:
        raise OrderIsOver(order.code)
    if not text.strip():
        raise ObjectionNeedsText
    open_one = order.objections.filter(state=Objection.State.OPEN).first()
    if open_one is not None:
        return open_one
    objection = Objection.objects.create(order=order, text=text.strip(), filed_by=actor.id)
    record(
        ObjectionFiled(
            subject_id=objection.id,
            area_path=order.area_path,
            pack=order.pack,
            code=order.code,
            order_id=order.id,
        ),
        actor=actor,
        because=_cause(order.id, None),
    )
    return objection


@transaction.atomic
def decide_objection(actor: Actor, objection_id: UUID, *, outcome: str, reasons: str) -> Objection:
    """Uphold or reject, with reasons, by somebody else than filed it or issued the order.

    An objection upheld ends the order.
    """
    objection = get_objection(actor, objection_id, for_change=True)
    order = get_order(actor, objection.order_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=order.area_path)
    if objection.state != Objection.State.OPEN:
        if objection.state == outcome:
            return objection
        raise ObjectionIsDecided
    if actor.id in {objection.filed_by, order.issued_by}:
        raise SecondOfficerNeeded
    if not reasons.strip():
        raise ReasonNeeded
    objection.state = Objection.State(outcome)
    objection.decided_at, objection.decided_by = now(), actor.id
    objection.reasons = reasons.strip()
    objection.save(update_fields=["state", "decided_at", "decided_by", "reasons"])
    event = record(
        ObjectionDecided(
            subject_id=objection.id,
            area_path=order.area_path,
            pack=order.pack,
            code=order.code,
            order_id=order.id,
            outcome=outcome,
        ),
        actor=actor,
        because=_cause(objection.id, None),
    )
    if objection.state == Objection.State.UPHELD and order.state == Order.State.IN_FORCE:
        _end(actor, [order], reason=OBJECTION_UPHELD, cause=event, state=Order.State.WITHDRAWN)
    return objection


# Risk areas


@transaction.atomic
def propose_risk_area(
    actor: Actor,
    *,
    places: Sequence[str],
    unit: str,
    level: str,
    about_id: UUID,
    because: Because,
    reason: str = "",
) -> RiskArea:
    """Propose places as one risk area; in force at once if the pack lets the system declare it.

    Places already covered by an equal or stricter one give that one back; a new ground starts its
    count of days again.

    places   paths: one stairwell or building, or the buildings of a compound
    reason   why the unit is wider than the rules' usual one
    """
    if not places:
        raise PlaceDoesNotFitUnit(str(RiskArea.Unit(unit).label))
    around = rules.around(places)
    _must_one_of(actor, _DECIDERS | {Duty.INVESTIGATE}, around)
    attempt = guards.Attempt(actor=actor, about=about_id, area_path=around)
    cause = guards.there_is_a_cause(attempt, because)
    pack = in_force(now(), around)
    zone = pack.zone(level)
    if zone is None:
        raise NoSuchLevel(level, pack.stamp)
    usual = {zone.unit, *_units_proposed(pack, level)}
    guards.unit_is_not_widened(attempt, unit, usual=usual, allowed=zone.units, reason=reason)
    guards.travel_stays_free(attempt, unit, zone.measures)
    name = _called(places, unit)

    _one_at_a_time(about_id)
    if (standing := _already_covered(places, zone.rank)) is not None:
        if standing.about_id != about_id and standing.state == RiskArea.State.IN_FORCE:
            _restart(actor, standing, _infected_at(cause), cause)
        return standing
    area = RiskArea.objects.create(
        number=_numbers("risk_area_number", 1)[0],
        name=name,
        area_path=around,
        places=sorted(set(places)),
        unit=unit,
        level=level,
        rank=zone.rank,
        because_id=cause.id,
        about_id=about_id,
        pack=pack.stamp,
        rule=f"zones.{level}",
        measures=list(zone.measures),
        release=rules.release_data(zone.release_from()),
        widened_because=reason.strip(),
    )
    event = record(RiskAreaProposed(**_told(area)), actor=actor, because=cause)
    if zone.declared_by == "system":
        _declare(actor, area, event)
    return area


_DEPTH = {str(level): depth for depth, level in enumerate(Area.Level)}
_WIDEST = {
    "household": Area.Level.DWELLING,
    "floor": Area.Level.FLOOR,
    "unit": Area.Level.UNIT,
    "building": Area.Level.BUILDING,
    "compound": Area.Level.BUILDING,
    "area": Area.Level.COMMUNITY,
    "district": Area.Level.DISTRICT,
}
_NAME_LENGTH = 120


def _called(places: Sequence[str], unit: str) -> str:
    """What the places are called, as people say it. Refuses places wider than the unit."""
    areas = list(Area.objects.filter(path__in=places).select_related("compound"))
    widest = _DEPTH[_WIDEST[unit]]
    if len(areas) < len(set(places)) or any(_DEPTH[area.level] < widest for area in areas):
        raise PlaceDoesNotFitUnit(str(RiskArea.Unit(unit).label))
    estates = {area.compound for area in areas}
    if len(areas) > 1 and len(estates) == 1 and (estate := estates.pop()) is not None:
        where = names_of(PLAYBOOK, [estate.area_path])[estate.area_path]
        return f"{where} {estate.name}"[:_NAME_LENGTH]
    names = names_of(PLAYBOOK, places)
    return "、".join(names[path] for path in sorted(set(places)))[:_NAME_LENGTH]


def _units_proposed(pack: Pack, level: str) -> set[str]:
    """Units in which the pack itself proposes this level around a case."""
    rule = pack.zone_for_case
    pairs = (
        (rule.residence_level, rule.residence_unit),
        (rule.frequented_level, rule.frequented_unit),
        (rule.activity_level, rule.activity_unit),
    )
    return {unit for named, unit in pairs if named == level and unit is not None}


def _infected_at(cause: Event) -> datetime:
    """When the specimen was taken that tells of the infection; else when it became known."""
    specimen_at = cause.facts.get("specimen_at")
    return datetime.fromisoformat(specimen_at) if specimen_at else cause.at


def _already_covered(places: Sequence[str], rank: int) -> RiskArea | None:
    near = RiskArea.objects.select_for_update().filter(
        state__in=[RiskArea.State.PROPOSED, RiskArea.State.IN_FORCE],
        rank__gte=rank,
        places__overlap=sorted({step for place in places for step in rules.above(place)}),
    )
    for area in near.order_by("-rank", "proposed_at"):
        if rules.covers(area.places, places):
            return area
    return None


def _told(area: RiskArea) -> dict[str, Any]:
    return {
        "subject_id": area.id,
        "area_path": area.area_path,
        "pack": area.pack,
        "code": area.code,
        "level": area.level,
        "unit": area.unit,
        "name": area.name,
        "about_id": area.about_id,
    }


def _declare(actor: Actor, area: RiskArea, cause: Because) -> None:
    at = now()
    area.state, area.decided_by = RiskArea.State.IN_FORCE, actor.id
    area.starts_at = area.clock_origin = at
    area.review_at = rules.review_at(area.release, at, otherwise=at)
    area.save(update_fields=["state", "decided_by", "starts_at", "clock_origin", "review_at"])
    event = record(RiskAreaDeclared(**_told(area)), actor=actor, because=cause)
    milder = RiskArea.objects.select_for_update().filter(
        state=RiskArea.State.IN_FORCE, rank__lt=area.rank, area_path__startswith=area.area_path
    )
    for other in milder.order_by("id"):
        if rules.covers(area.places, other.places):
            _lift(actor, other, reason=REPLACED, cause=event)


@transaction.atomic
def approve_risk_area(actor: Actor, risk_area_id: UUID) -> RiskArea:
    """Put a proposal in force. Approving again changes nothing."""
    area = get_risk_area(actor, risk_area_id, for_change=True)
    _must_one_of(actor, _DECIDERS, area.area_path)
    if area.state == RiskArea.State.IN_FORCE:
        return area
    _must_be(area, RiskArea.State.PROPOSED)
    _declare(actor, area, _cause(area.id, None))
    return area


@transaction.atomic
def reject_risk_area(actor: Actor, risk_area_id: UUID, *, reason: str) -> RiskArea:
    """Decide against a proposal, with a reason. Rejecting again changes nothing."""
    area = get_risk_area(actor, risk_area_id, for_change=True)
    _must_one_of(actor, _DECIDERS, area.area_path)
    if area.state == RiskArea.State.REJECTED:
        return area
    _must_be(area, RiskArea.State.PROPOSED)
    if not reason.strip():
        raise ReasonNeeded
    area.state, area.decided_by = RiskArea.State.REJECTED, actor.id
    area.lifted_at, area.reason = now(), reason.strip()
    area.save(update_fields=["state", "decided_by", "lifted_at", "reason"])
    record(RiskAreaRejected(**_told(area)), actor=actor, because=_cause(area.id, None))
    return area


@transaction.atomic
def lift_risk_area(
    actor: Actor, risk_area_id: UUID, *, reason: str = "", because: Because = None
) -> RiskArea:
    """Free a place. Lifting again changes nothing.

    reason   needed while a release condition does not hold, such as a result that was corrected
    """
    area = _to_release(actor, risk_area_id)
    if area.state == RiskArea.State.IN_FORCE:
        why = _why_released(area, reason)
        _lift(actor, area, reason=why, cause=_cause(area.id, because))
    return area


@transaction.atomic
def lower_risk_area(
    actor: Actor, risk_area_id: UUID, *, reason: str = "", because: Because = None
) -> RiskArea:
    """Go down to the level that the pack names, which is a new risk area in force at once.

    Returns the new one, or the old one, lifted, where the pack names no level.
    """
    area = _to_release(actor, risk_area_id)
    if area.state != RiskArea.State.IN_FORCE:
        return area.followed_by.first() or area
    why, cause = _why_released(area, reason), _cause(area.id, because)
    zone = load_pack(area.pack).zone(area.release["to"])
    if zone is None:
        _lift(actor, area, reason=why, cause=cause)
        return area
    lower = _below(area, zone)
    area.state, area.lifted_at, area.reason = RiskArea.State.LIFTED, now(), why
    area.save(update_fields=["state", "lifted_at", "reason"])
    event = record(
        RiskAreaLowered(**_told(area), becomes=zone.level, becomes_id=lower.id),
        actor=actor,
        because=cause,
    )
    lower.because_id = event.id
    lower.save(force_insert=True)
    _declare(actor, lower, event)
    return lower


def _below(area: RiskArea, zone: Zone) -> RiskArea:
    return RiskArea(
        number=_numbers("risk_area_number", 1)[0],
        name=area.name,
        area_path=area.area_path,
        places=area.places,
        unit=area.unit,
        level=zone.level,
        rank=zone.rank,
        about_id=area.about_id,
        pack=area.pack,
        rule=f"zones.{zone.level}",
        measures=list(zone.measures),
        release=rules.release_data(zone.release_from(area.level)),
        follows=area,
    )


def _to_release(actor: Actor, risk_area_id: UUID) -> RiskArea:
    area = get_risk_area(actor, risk_area_id, for_change=True)
    _must_one_of(actor, _DECIDERS, area.area_path)
    if area.state == RiskArea.State.PROPOSED:
        raise RiskAreaIsNotInForce(area.code)
    return area


def _why_released(area: RiskArea, reason: str) -> str:
    if reason.strip():
        return reason.strip()
    if not all(condition.met for condition in release_conditions(PLAYBOOK, area.id)):
        raise ReasonNeeded
    return CONDITIONS_HOLD


def _lift(actor: Actor, area: RiskArea, *, reason: str, cause: Because) -> None:
    area.state, area.lifted_at, area.reason = RiskArea.State.LIFTED, now(), reason
    area.save(update_fields=["state", "lifted_at", "reason"])
    record(RiskAreaLifted(**_told(area)), actor=actor, because=cause)


def _must_be(area: RiskArea, state: RiskArea.State) -> None:
    if area.state != state:
        raise RiskAreaIsOver(area.code, str(area.get_state_display()))


@transaction.atomic
def restart_clock(
    actor: Actor, risk_area_id: UUID, *, from_at: datetime, because: Because
) -> RiskArea:
    """Count the days without a new infection from a later moment: that of a new infection."""
    area = get_risk_area(actor, risk_area_id, for_change=True)
    _must_one_of(actor, _DECIDERS, area.area_path)
    attempt = guards.Attempt(actor=actor, about=area.id, area_path=area.area_path)
    cause = guards.there_is_a_cause(attempt, because)
    if area.state == RiskArea.State.PROPOSED:
        raise RiskAreaIsNotInForce(area.code)
    _must_be(area, RiskArea.State.IN_FORCE)
    guards.clock_restarts_by_infection_only(attempt, cause)
    if from_at > now():
        raise CountedFromTheFuture(from_at)
    _restart(actor, area, from_at, cause)
    return area


def _restart(actor: Actor, area: RiskArea, from_at: datetime, cause: Event) -> None:
    """An infection from before the present count changes nothing, nor does one already counted."""
    was = area.clock_origin
    if was is None or from_at <= was or area.restarts.filter(because_id=cause.id).exists():
        return
    area.clock_origin, area.release_proposed_at = from_at, None
    area.review_at = rules.review_at(area.release, from_at, otherwise=from_at)
    area.save(update_fields=["clock_origin", "review_at", "release_proposed_at"])
    ClockRestart.objects.create(risk_area=area, because_id=cause.id, was=was, becomes=from_at)
    record(
        ClockRestarted(
            subject_id=area.id,
            area_path=area.area_path,
            pack=area.pack,
            code=area.code,
            was=was,
            becomes=from_at,
        ),
        actor=actor,
        because=cause,
    )


def _propose_liftings(actor: Actor) -> int:
    due = risk_areas_in_force(actor).filter(release_proposed_at=None, review_at__lte=now())
    proposed = 0
    for area in due[:_AT_ONCE]:
        if not all(condition.met for condition in release_conditions(PLAYBOOK, area.id)):
            continue
        claimed = RiskArea.objects.filter(
            id=area.id, state=RiskArea.State.IN_FORCE, release_proposed_at=None
        ).update(release_proposed_at=now())
        if claimed:
            record(
                RiskAreaReleaseProposed(**_told(area)),
                actor=actor,
                because=_cause(area.id, None),
            )
        proposed += claimed
    return proposed


# Emergency care: no verb below refuses anything on epidemic grounds.


@transaction.atomic
def leave_for_emergency_care(
    actor: Actor,
    resident_id: UUID,
    *,
    kind: str,
    hospital_id: UUID | None = None,
    because: Because = None,
) -> EmergencyExit:
    """A person leaves for care. This is recorded; it is not asked for, and nobody can refuse it.

    Anybody signed in who sees the person may say so. No colour, order, risk area, missing test or
    duty is looked at; what applied is noted for the hospital. An unknown kind or hospital is
    recorded as such. Somebody already on the way is not sent a second time.
    """
    resident = get_resident(actor, resident_id)
    _one_at_a_time(resident.id)
    on_the_way = EmergencyExit.objects.filter(
        resident=resident.id, state=EmergencyExit.State.LEFT
    ).first()
    if on_the_way is not None:
        return on_the_way
    orders = Order.objects.filter(resident=resident.id, state=Order.State.IN_FORCE)
    risk_areas = RiskArea.objects.filter(
        state=RiskArea.State.IN_FORCE, places__overlap=rules.above(resident.area_path)
    )
    exit_ = EmergencyExit.objects.create(
        number=_numbers("exit_number", 1)[0],
        resident_id=resident.id,
        area_path=resident.area_path,
        kind=kind if kind in EmergencyExit.Kind.values else EmergencyExit.Kind.OTHER_CARE,
        hospital=_hospital(hospital_id),
        reported_by=actor.id,
        orders=list(orders.order_by("starts_at").values_list("id", flat=True)),
        risk_areas=list(risk_areas.order_by("-rank").values_list("id", flat=True)),
    )
    facts: dict[str, Any] = {
        **_of_exit(exit_),
        "resident_id": resident.id,
        "exit_kind": exit_.kind,
        "orders": len(exit_.orders),
        "risk_areas": len(exit_.risk_areas),
    }
    try:
        with transaction.atomic():
            record(EmergencyExitStarted(**facts), actor=actor, because=because)
    except Exception:  # noqa: BLE001 - whatever goes wrong in what follows, the person leaves
        _log.exception("nothing followed from an emergency exit", extra={"exit": str(exit_.id)})
        record(EmergencyExitStartedAlone(**facts), actor=actor, because=because)
    return exit_


def _hospital(hospital_id: UUID | None) -> Site | None:
    if hospital_id is None:
        return None
    return Site.objects.filter(id=hospital_id, kind=Site.Kind.HOSPITAL).first()


def _of_exit(exit_: EmergencyExit) -> dict[str, Any]:
    return {"subject_id": exit_.id, "area_path": exit_.area_path, "code": exit_.code}


@transaction.atomic
def hand_over_patient(
    actor: Actor, exit_id: UUID, *, hospital_id: UUID | None = None
) -> EmergencyExit:
    """The hospital has taken over. Safe to repeat."""
    exit_ = get_exit(actor, exit_id, for_change=True)
    if exit_.state != EmergencyExit.State.LEFT:
        return exit_
    exit_.state, exit_.handed_over_at = EmergencyExit.State.HANDED_OVER, now()
    exit_.hospital = _hospital(hospital_id) or exit_.hospital
    exit_.save(update_fields=["state", "handed_over_at", "hospital"])
    record(EmergencyExitHandedOver(**_of_exit(exit_)), actor=actor, because=_cause(exit_.id, None))
    return exit_


@transaction.atomic
def return_from_care(actor: Actor, exit_id: UUID) -> EmergencyExit:
    """The person is back home, by the same closed loop. Nobody can refuse this. Safe to repeat."""
    exit_ = get_exit(actor, exit_id, for_change=True)
    if exit_.state == EmergencyExit.State.RETURNED:
        return exit_
    exit_.state, exit_.returned_at = EmergencyExit.State.RETURNED, now()
    exit_.save(update_fields=["state", "returned_at"])
    record(EmergencyExitReturned(**_of_exit(exit_)), actor=actor, because=_cause(exit_.id, None))
    return exit_


@transaction.atomic
def clear_exit(actor: Actor, exit_id: UUID, *, note: str = "") -> EmergencyExit:
    """The record is complete: who drove, which hospital, what is to follow. Safe to repeat."""
    exit_ = get_exit(actor, exit_id, for_change=True)
    _must_one_of(actor, _IN_THE_FIELD, exit_.area_path)
    if exit_.cleared_at is not None:
        return exit_
    exit_.cleared_at, exit_.note = now(), note.strip()
    exit_.save(update_fields=["cleared_at", "note"])
    record(EmergencyExitCleared(**_of_exit(exit_)), actor=actor, because=_cause(exit_.id, None))
    return exit_
