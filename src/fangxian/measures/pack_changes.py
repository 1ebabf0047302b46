"""What other rules would make of every order and risk area: shown first, applied on approval.

Nobody comes under more than before by a change of rules: what would be longer or stricter stays as
it was, and whoever the new rules would restrict for the first time is listed, not ordered.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.areas.queries import enclosing
from fangxian.cases import queries as cases
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.measures import guards, rules
from fangxian.measures.deciding import (
    DECIDERS,
    NOT_IN_PACK,
    PACK_CHANGED,
    must_one_of,
    next_numbers,
    one_at_a_time,
)
from fangxian.measures.errors import RulesAreOthersByNow
from fangxian.measures.events import (
    OrderShortened,
    PackChangeApplied,
    RiskAreaLifted,
    RiskAreaProposed,
)
from fangxian.measures.models import Order, Revision, RiskArea
from fangxian.measures.orders import end_all, of_order, store
from fangxian.measures.queries import ZONE, orders_visible_to, risk_areas_visible_to
from fangxian.measures.risk_areas import called, declare, lift, told_of
from fangxian.people.queries import population
from fangxian.protocol.events import PackAdopted
from fangxian.protocol.packs import Measure, Pack, Zone, load_pack
from fangxian.protocol.queries import in_force
from fangxian.sampling.actions import call_for_tests, cancel_tests
from fangxian.sampling.queries import swabs_awaiting
from fangxian.sampling.rules import Call

WORDS = ("ends", "milder", "shorter", "longer", "same")
_SUBJECTS = {"close": "close_contact", "secondary": "secondary_contact"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChange:
    order: Order
    change: rules.Change


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaChange:
    """What other rules make of a risk area.

    zone     its level there; None where they know none, so that it ends
    places   narrower than before where they ask for a narrower unit around the case's home
    people   who live inside now, and who would
    """

    area: RiskArea
    word: str
    zone: Zone | None
    unit: str
    places: tuple[str, ...]
    review_at: datetime | None
    people: int
    people_then: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A confirmed contact under no order, whom the other rules would restrict."""

    contact_id: UUID
    case_id: UUID
    resident_id: UUID
    subject: str
    kind: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PackChange:
    """before   the packs that orders and areas here were issued under, each once"""

    pack: Pack
    before: tuple[str, ...]
    orders: tuple[OrderChange, ...]
    areas: tuple[AreaChange, ...]
    beginnings: tuple[Beginning, ...]

    def orders_that(self, word: str) -> list[OrderChange]:
        return [one for one in self.orders if one.change.word == word]

    def areas_that(self, *words: str) -> list[AreaChange]:
        return [one for one in self.areas if one.word in words]

    @property
    def counts(self) -> dict[str, int]:
        """Persons by what changes for them; who has two orders counts by the greater change."""
        by_person: dict[UUID, str] = {}
        for one in self.orders:
            known = by_person.get(one.order.resident_id, WORDS[-1])
            by_person[one.order.resident_id] = min(known, one.change.word, key=WORDS.index)
        return dict.fromkeys(WORDS, 0) | Counter(by_person.values())

    @property
    def people_of_areas_freed(self) -> int:
        """Who lives where an area is lifted or becomes narrower; their orders end with it."""
        return sum(one.people - one.people_then for one in self.areas)

    @property
    def changes_anything(self) -> bool:
        return any(one.change.word in WORDS[:3] for one in self.orders) or bool(
            self.areas_that("ends", "milder", "shorter")
        )


def pack_change(viewer: Actor, area_path: str, *, pack: Pack | None = None) -> PackChange:
    """What the rules in force would make of everything here, or those of another pack."""
    at = now()
    new = pack or in_force(at, area_path)
    areas = list(
        risk_areas_visible_to(viewer)
        .filter(state=RiskArea.State.IN_FORCE, area_path__startswith=area_path)
        .exclude(pack=new.stamp)
    )
    orders = list(
        orders_visible_to(viewer)
        .filter(state=Order.State.IN_FORCE, area_path__startswith=area_path)
        .exclude(pack=new.stamp)
        .exclude(subject=Order.Subject.HIGH_RISK_RESIDENT)
        .order_by("ends_at", "id")
    )
    awaiting = _awaiting(orders)
    before = sorted({one.pack for one in orders} | {one.pack for one in areas})
    return PackChange(
        pack=new,
        before=tuple(before),
        orders=tuple(
            OrderChange(order=one, change=_of_order(one, new, at, awaiting)) for one in orders
        ),
        areas=tuple(_of_area(one, new, at) for one in areas),
        beginnings=tuple(_beginnings(viewer, area_path, new, at)),
    )


def _awaiting(orders: Sequence[Order]) -> set[UUID]:
    """Who of these people waits for a result: nobody is let go in between."""
    swabs = swabs_awaiting(PLAYBOOK).filter(resident__in={one.resident_id for one in orders})
    return set(swabs.values_list("resident", flat=True))


def _of_order(order: Order, pack: Pack, at: datetime, awaiting: Collection[UUID]) -> rules.Change:
    if order.kind == Order.Kind.HOLD:
        held = pack.positive_pool.hold is not None
        return rules.Change(
            word="same" if held else "ends",
            kind=order.kind,
            stage=0,
            ends_at=order.ends_at,
            was_until=order.ends_at,
            until=order.ends_at if held else None,
        )
    measure = pack.measure(order.subject)
    change = rules.change(
        order.kind,
        order.ends_at,
        was_until=rules.until(_stages(order), order.stage, order.ends_at),
        stages=measure.stages if measure else (),
        counted_from=order.counted_from,
        at=at,
        zone=ZONE,
    )
    if change.word == "ends" and measure is not None and order.resident_id in awaiting:
        return replace(change, word="shorter", ends_at=at, until=at)
    return change


def _stages(order: Order) -> Sequence[rules.Stage]:
    """Of the rules that it was issued under."""
    try:
        measure: Measure | None = load_pack(order.pack).measure(order.subject)
    except Refusal:
        measure = None
    return measure.stages if measure else ()


def _of_area(area: RiskArea, pack: Pack, at: datetime) -> AreaChange:
    origin = area.clock_origin or at
    people = _people(area.places)

    def becomes(word: str, zone: Zone | None, **unusual: Any) -> AreaChange:
        said: dict[str, Any] = {
            "unit": area.unit,
            "places": tuple(area.places),
            "review_at": area.review_at,
            "people": people,
            "people_then": people,
        }
        return AreaChange(area=area, word=word, zone=zone, **(said | unusual))

    under = place_under(area, pack)
    if under is None:
        return becomes("ends", None, review_at=None, people_then=0)
    zone, unit, places = under
    release = rules.release_data(zone.release_from(area.follows.level if area.follows else None))
    review_at = rules.review_at(release, origin, otherwise=at)
    if area.review_at and review_at > area.review_at and "days_without_new" in release:
        return becomes("longer", zone, review_at=review_at)
    narrowed = places != list(area.places)
    earlier = bool(area.review_at and review_at < area.review_at and "days_without_new" in release)
    word = "milder" if narrowed or zone.rank < area.rank else "shorter" if earlier else "same"
    return becomes(
        word,
        zone,
        unit=unit,
        places=tuple(places),
        review_at=review_at,
        people_then=_people(places) if narrowed else people,
    )


def place_under(area: RiskArea, pack: Pack) -> tuple[Zone, str, list[str]] | None:
    """Level, unit and places that a pack would have for this risk area; None: it knows none."""
    zone = pack.zone(area.level) or next(
        (one for one in pack.zones.values() if one.rank == area.rank), None
    )
    if zone is None:
        return None
    if rules.wider(area.unit, than=zone.unit):
        narrower = _around_the_case(area, zone.unit)
        if narrower:
            return zone, zone.unit, narrower
    return (zone, area.unit, list(area.places)) if area.unit in zone.units else None


def _people(places: Iterable[str]) -> int:
    return sum(population(PLAYBOOK, list(places)).values())


def _around_the_case(area: RiskArea, unit: str) -> list[str]:
    """The narrower unit around the home of the case, if it lies inside the area."""
    case = cases.cases_visible_to(PLAYBOOK).filter(id=area.about_id).first()
    if case is None or not rules.covers(area.places, [case.area_path]):
        return []
    if unit in {"area", "district"}:
        return []
    return enclosing(PLAYBOOK, case.area_path, unit)


def _beginnings(viewer: Actor, area_path: str, pack: Pack, at: datetime) -> Iterable[Beginning]:
    """Evidence is there; a decision for each of them is what they are owed."""
    asked = {kind: measure for kind, word in _SUBJECTS.items() if (measure := pack.measure(word))}
    longest = max((measure.length for measure in asked.values()), default=None)
    if longest is None:
        return
    contacts = cases.contacts_visible_to(PLAYBOOK).filter(
        state="confirmed",
        kind__in=asked,
        last_at__gt=at - longest,
        area_path__startswith=area_path,
    )
    ordered = set(
        Order.objects.filter(about_id__in=contacts.values("id")).values_list("about_id", flat=True)
    )
    for contact in contacts.order_by("last_at", "id"):
        stages = asked[contact.kind].stages
        plan = rules.plan_stage(stages, contact.last_at, at=at, zone=ZONE)
        if plan is not None and contact.id not in ordered:
            yield Beginning(
                contact_id=contact.id,
                case_id=contact.case_id,
                resident_id=contact.resident_id,
                subject=_SUBJECTS[contact.kind],
                kind=plan.kind,
                until=rules.until(stages, plan.stage, plan.ends_at),
            )


# Applying it


@transaction.atomic
def apply_pack_change(
    actor: Actor, area_path: str, *, pack: str, also: Sequence[UUID] = ()
) -> PackChange:
    """Make of every order and risk area what the rules in force ask for, as far as it is less.

    Returns what was done. Applying again changes nothing.

    pack   the stamp that was shown; refused if other rules are in force by now
    also   orders that would be longer: always refused, and the refusal recorded
    """
    must_one_of(actor, DECIDERS, area_path)
    actor.must(Duty.COMMAND, at=area_path)
    new = in_force(now(), area_path)
    if new.stamp != pack:
        raise RulesAreOthersByNow(pack, new.stamp)
    adopted = _adopted(area_path, new)
    attempt = guards.Attempt(actor=actor, about=adopted.subject_id, area_path=area_path)
    guards.a_pack_lengthens_nothing(attempt, asked=also)
    one_at_a_time(adopted.subject_id)
    done = pack_change(PLAYBOOK, area_path, pack=new)
    if not done.changes_anything:
        return done
    event = record(
        PackChangeApplied(
            subject_id=adopted.subject_id,
            area_path=area_path,
            pack=new.stamp,
            shorter=len(done.orders_that("shorter")),
            milder=len(done.orders_that("milder")),
            ends=len(done.orders_that("ends")),
            longer=len(done.orders_that("longer")),
            areas=len(done.areas_that("ends", "milder", "shorter")),
        ),
        actor=actor,
        because=adopted,
    )
    _end(actor, done.orders_that("ends"), event)
    _make_milder(actor, done.orders_that("milder"), new, event)
    _shorten(actor, done.orders_that("shorter"), new, event)
    for one in done.areas_that("ends", "milder", "shorter"):
        _change_area(actor, one, new, event)
    return done


def _adopted(area_path: str, pack: Pack) -> Event:
    """The fact that the rules in force here were put in force."""
    events = Event.objects.filter(
        kind=PackAdopted.kind(), pack=pack.stamp, area_path__in=["", *rules.above(area_path)]
    )
    return events.latest("seq")


def _locked(changes: Sequence[OrderChange]) -> list[OrderChange]:
    """Those that nobody decided on meanwhile, with their rows held until the end."""
    rows = Order.objects.select_for_update().filter(
        id__in=[one.order.id for one in changes], state=Order.State.IN_FORCE
    )
    still = {order.id: order for order in rows.order_by("id")}
    return [
        OrderChange(order=still[one.order.id], change=one.change)
        for one in changes
        if one.order.id in still
    ]


def _end(actor: Actor, changes: Sequence[OrderChange], event: Event) -> None:
    orders = [one.order for one in _locked(changes)]
    if orders:
        end_all(actor, orders, reason=NOT_IN_PACK, cause=event)


def _make_milder(actor: Actor, changes: Sequence[OrderChange], pack: Pack, event: Event) -> None:
    """Another measure is another order, which names the one before; its rules stand there."""
    held = _locked(changes)
    if not held:
        return
    end_all(actor, [one.order for one in held], reason=PACK_CHANGED, cause=event)
    orders = [
        Order(
            resident_id=one.order.resident_id,
            area_path=one.order.area_path,
            kind=one.change.kind,
            subject=one.order.subject,
            stage=one.change.stage,
            about_id=one.order.about_id,
            pack=pack.stamp,
            rule=f"measures.{one.order.subject}",
            counted_from=one.order.counted_from,
            ends_at=one.change.ends_at,
            follows=one.order,
        )
        for one in held
    ]
    made = store(actor, orders, event)
    for (order, issued), one in zip(made, held, strict=True):
        if issued is not None:
            _call(order, one.change.tests, issued)


def _shorten(actor: Actor, changes: Sequence[OrderChange], pack: Pack, event: Event) -> None:
    """The same measure goes on as the same order, so that a bed or a task stays with it."""
    held = _locked(changes)
    at = now()
    revisions, facts = [], []
    for one in held:
        order, was, was_pack = one.order, one.order.ends_at, one.order.pack
        order.ends_at = max(one.change.ends_at, order.starts_at + rules.MOMENT)
        order.pack, order.stage = pack.stamp, one.change.stage
        revisions.append(
            Revision(
                order=order,
                was=was,
                becomes=order.ends_at,
                was_pack=was_pack,
                pack=pack.stamp,
                because_id=event.id,
                by_id=actor.id,
                at=at,
            )
        )
        facts.append(
            OrderShortened(
                **of_order(order),
                resident_id=order.resident_id,
                was=was,
                becomes=order.ends_at,
                was_pack=was_pack,
            )
        )
    Order.objects.bulk_update(
        [one.order for one in held], ["ends_at", "pack", "stage"], batch_size=1000
    )
    Revision.objects.bulk_create(revisions, batch_size=1000)
    told = record_many(facts, actor=actor, because=event)
    for one, shortened in zip(held, told, strict=True):
        cancel_tests(PLAYBOOK, one.order.id, because=shortened)
        _call(one.order, one.change.tests, shortened)


def _call(order: Order, tests: Sequence[rules.TestDay], event: Event) -> None:
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


def _change_area(actor: Actor, change: AreaChange, pack: Pack, event: Event) -> None:
    """The area under the new rules is another one: it follows, and its days go on."""
    area = RiskArea.objects.select_for_update().get(id=change.area.id)
    if area.state != RiskArea.State.IN_FORCE:
        return
    if change.zone is None:
        lift(actor, area, reason=NOT_IN_PACK, cause=event)
        return
    zone, origin = change.zone, area.clock_origin
    before = area.follows.level if area.follows else None
    follower = RiskArea(
        number=next_numbers("risk_area_number", 1)[0],
        name=called(change.places, change.unit),
        area_path=rules.around(change.places),
        places=list(change.places),
        unit=change.unit,
        level=zone.level,
        rank=zone.rank,
        because_id=event.id,
        about_id=area.about_id,
        pack=pack.stamp,
        rule=f"zones.{zone.level}",
        measures=list(zone.measures),
        release=rules.release_data(zone.release_from(before)),
        follows=area,
    )
    # Its end is told last, when what follows stands: nobody takes away posts that stay.
    area.state, area.lifted_at, area.reason = RiskArea.State.LIFTED, now(), PACK_CHANGED
    area.save(update_fields=["state", "lifted_at", "reason"])
    follower.save(force_insert=True)
    proposed = record(RiskAreaProposed(**told_of(follower)), actor=actor, because=event)
    declare(actor, follower, proposed, counted_from=origin)
    record(RiskAreaLifted(**told_of(area)), actor=actor, because=event)


def last_applied(viewer: Actor, area_path: str) -> Event | None:
    """When a change of rules was applied here last."""
    rows = Event.objects.filter(kind=PackChangeApplied.kind(), area_path=area_path)
    return rows.order_by("-seq").first()
