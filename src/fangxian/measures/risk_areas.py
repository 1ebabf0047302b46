"""The verbs of risk areas: propose, decide, count anew, lower, lift."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.areas.models import Area
from fangxian.areas.queries import names_of
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.measures import guards, rules
from fangxian.measures.deciding import (
    CONDITIONS_HOLD,
    DECIDERS,
    NEW_INFECTION,
    REPLACED,
    Because,
    cause_or_last,
    must_one_of,
    next_numbers,
    one_at_a_time,
)
from fangxian.measures.errors import (
    CountedFromTheFuture,
    NoSuchLevel,
    PlaceDoesNotFitUnit,
    ReasonNeeded,
    RiskAreaIsNotInForce,
    RiskAreaIsOver,
)
from fangxian.measures.events import (
    ClockRestarted,
    RiskAreaDeclared,
    RiskAreaLifted,
    RiskAreaLowered,
    RiskAreaProposed,
    RiskAreaRejected,
)
from fangxian.measures.models import (
    ClockRestart,
    Order,
    RiskArea,
)
from fangxian.measures.orders import extend_orders_about, issue_orders
from fangxian.measures.queries import (
    ZONE,
    get_risk_area,
    release_conditions,
)
from fangxian.people.queries import residents_in
from fangxian.protocol.packs import Pack, Zone, load_pack
from fangxian.protocol.queries import in_force
from fangxian.sampling.actions import call_for_tests, cancel_tests
from fangxian.sampling.rules import Call


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
    must_one_of(actor, DECIDERS | {Duty.INVESTIGATE}, around)
    attempt = guards.Attempt(actor=actor, about=about_id, area_path=around)
    cause = guards.there_is_a_cause(attempt, because)
    pack = in_force(now(), around)
    zone = pack.zone(level)
    if zone is None:
        raise NoSuchLevel(level, pack.stamp)
    usual = {zone.unit, *_units_proposed(pack, level)}
    guards.unit_is_not_widened(attempt, unit, usual=usual, allowed=zone.units, reason=reason)
    guards.travel_stays_free(attempt, unit, zone.measures)
    name = called(places, unit)

    one_at_a_time(about_id)
    if (standing := _already_covered(places, zone.rank)) is not None:
        if standing.about_id != about_id and standing.state == RiskArea.State.IN_FORCE:
            _restart(actor, standing, _infected_at(cause), cause)
        return standing
    area = RiskArea.objects.create(
        number=next_numbers("risk_area_number", 1)[0],
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
    event = record(RiskAreaProposed(**told_of(area)), actor=actor, because=cause)
    if zone.declared_by == "system":
        declare(actor, area, event)
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


def called(places: Sequence[str], unit: str) -> str:
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


def told_of(area: RiskArea) -> dict[str, Any]:
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


def declare(
    actor: Actor, area: RiskArea, cause: Because, *, counted_from: datetime | None = None
) -> None:
    """In force from now on.

    counted_from   where its days have begun already, under rules that it follows
    """
    at = now()
    area.state, area.decided_by = RiskArea.State.IN_FORCE, actor.id
    area.starts_at, area.clock_origin = at, counted_from or at
    area.review_at = rules.review_at(area.release, area.clock_origin, otherwise=at)
    area.save(update_fields=["state", "decided_by", "starts_at", "clock_origin", "review_at"])
    event = record(RiskAreaDeclared(**told_of(area)), actor=actor, because=cause)
    milder = RiskArea.objects.select_for_update().filter(
        state=RiskArea.State.IN_FORCE, rank__lt=area.rank, area_path__startswith=area.area_path
    )
    for other in milder.order_by("id"):
        if rules.covers(area.places, other.places):
            lift(actor, other, reason=REPLACED, cause=event)


@transaction.atomic
def approve_risk_area(actor: Actor, risk_area_id: UUID) -> RiskArea:
    """Put a proposal in force. Approving again changes nothing."""
    area = get_risk_area(actor, risk_area_id, for_change=True)
    must_one_of(actor, DECIDERS, area.area_path)
    if area.state == RiskArea.State.IN_FORCE:
        return area
    _must_be(area, RiskArea.State.PROPOSED)
    declare(actor, area, cause_or_last(area.id, None))
    return area


@transaction.atomic
def reject_risk_area(actor: Actor, risk_area_id: UUID, *, reason: str) -> RiskArea:
    """Decide against a proposal, with a reason. Rejecting again changes nothing."""
    area = get_risk_area(actor, risk_area_id, for_change=True)
    must_one_of(actor, DECIDERS, area.area_path)
    if area.state == RiskArea.State.REJECTED:
        return area
    _must_be(area, RiskArea.State.PROPOSED)
    if not reason.strip():
        raise ReasonNeeded
    area.state, area.decided_by = RiskArea.State.REJECTED, actor.id
    area.lifted_at, area.reason = now(), reason.strip()
    area.save(update_fields=["state", "decided_by", "lifted_at", "reason"])
    record(RiskAreaRejected(**told_of(area)), actor=actor, because=cause_or_last(area.id, None))
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
        lift(actor, area, reason=why, cause=cause_or_last(area.id, because))
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
    why, cause = _why_released(area, reason), cause_or_last(area.id, because)
    zone = load_pack(area.pack).zone(area.release["to"])
    if zone is None:
        lift(actor, area, reason=why, cause=cause)
        return area
    lower = _below(area, zone)
    area.state, area.lifted_at, area.reason = RiskArea.State.LIFTED, now(), why
    area.save(update_fields=["state", "lifted_at", "reason"])
    event = record(
        RiskAreaLowered(**told_of(area), becomes=zone.level, becomes_id=lower.id),
        actor=actor,
        because=cause,
    )
    lower.because_id = event.id
    lower.save(force_insert=True)
    declare(actor, lower, event)
    return lower


def _below(area: RiskArea, zone: Zone) -> RiskArea:
    return RiskArea(
        number=next_numbers("risk_area_number", 1)[0],
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
    must_one_of(actor, DECIDERS, area.area_path)
    if area.state == RiskArea.State.PROPOSED:
        raise RiskAreaIsNotInForce(area.code)
    return area


def _why_released(area: RiskArea, reason: str) -> str:
    if reason.strip():
        return reason.strip()
    if not all(condition.met for condition in release_conditions(PLAYBOOK, area.id)):
        raise ReasonNeeded
    return CONDITIONS_HOLD


def lift(actor: Actor, area: RiskArea, *, reason: str, cause: Because) -> None:
    area.state, area.lifted_at, area.reason = RiskArea.State.LIFTED, now(), reason
    area.save(update_fields=["state", "lifted_at", "reason"])
    record(RiskAreaLifted(**told_of(area)), actor=actor, because=cause)


def _must_be(area: RiskArea, state: RiskArea.State) -> None:
    if area.state != state:
        raise RiskAreaIsOver(area.code, str(area.get_state_display()))


@transaction.atomic
def restrict_residents(actor: Actor, risk_area_id: UUID, *, because: Because) -> int:
    """What the level asks of those who live inside: an order each, where the pack has one for
    them, and the days on which they are tested. How many orders. Safe to repeat.
    """
    area = get_risk_area(actor, risk_area_id)
    actor.must(Duty.DECIDE_MEASURES, at=area.area_path)
    if area.state != RiskArea.State.IN_FORCE or area.clock_origin is None:
        raise RiskAreaIsNotInForce(area.code)
    zone = load_pack(area.pack).zone(area.level)
    residents = list(residents_in(PLAYBOOK, area.places).values_list("id", "area_path"))
    orders: list[Order] = []
    if zone is not None and zone.resident:
        orders = issue_orders(
            actor,
            residents,
            subject=zone.resident,
            about_id=area.id,
            counted_from=area.clock_origin,
            because=because,
        )
    _call_residents(area, residents, because)
    return len(orders)


def _call_residents(
    area: RiskArea, residents: Sequence[tuple[UUID, str]], because: Because
) -> None:
    """Test days of the level and of the measure on its residents; day 1 is the area's first."""
    pack = load_pack(area.pack)
    zone = pack.zone(area.level)
    if zone is None or area.clock_origin is None or area.starts_at is None:
        return
    measure = pack.measure(zone.resident) if zone.resident else None
    days = {*zone.tests, *(measure.stages[0].tests if measure and measure.stages else ())}
    first = min(area.starts_at, area.clock_origin)
    before = (
        area.clock_origin.astimezone(ZONE).date() - first.astimezone(ZONE).date()
    ) // rules.DAY
    at = now()
    calls = [
        Call(
            resident_id=resident_id,
            area_path=path,
            reason="order",
            about_id=area.id,
            day=before + day,
            due_at=due,
            group=area.level,
        )
        for day in sorted(days)
        if (due := rules.end_of_day(area.clock_origin, day, ZONE)) > at
        for resident_id, path in residents
    ]
    call_for_tests(PLAYBOOK, calls, because=because)


@transaction.atomic
def follow_the_clock(actor: Actor, risk_area_id: UUID, *, because: Event) -> int:
    """After the days of an area began again, its residents' end and test days go with it.

    because   that the clock was started again; what it rests on is the evidence
    """
    area = get_risk_area(actor, risk_area_id)
    actor.must(Duty.DECIDE_MEASURES, at=area.area_path)
    if area.state != RiskArea.State.IN_FORCE or area.clock_origin is None:
        return 0
    pack = load_pack(area.pack)
    zone = pack.zone(area.level)
    measure = pack.measure(zone.resident) if zone and zone.resident else None
    moved, evidence = 0, None
    if because.because_id is not None:
        evidence = Event.objects.filter(id=because.because_id).first()
    if measure is not None and evidence and evidence.kind in guards.EVIDENCE_OF_INFECTION:
        moved = extend_orders_about(
            actor,
            area.id,
            until=area.clock_origin + measure.length,
            reason=NEW_INFECTION,
            because=evidence,
        )
    cancel_tests(PLAYBOOK, area.id, because=because)
    residents = list(residents_in(PLAYBOOK, area.places).values_list("id", "area_path"))
    _call_residents(area, residents, because)
    return moved


@transaction.atomic
def restart_clock(
    actor: Actor, risk_area_id: UUID, *, from_at: datetime, because: Because
) -> RiskArea:
    """Count the days without a new infection from a later moment: that of a new infection."""
    area = get_risk_area(actor, risk_area_id, for_change=True)
    must_one_of(actor, DECIDERS, area.area_path)
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
    if "days_without_new" not in area.release:
        return
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
