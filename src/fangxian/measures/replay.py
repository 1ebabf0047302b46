"""Some days again under other rules: what would have differed. Nothing is written.

The grounds are those on record: who was found to be a contact or infected, when, and which places
were declared. What the other rules ask is laid on the same days. Evidence stays as it was: a rule
that looks for other contacts would have found other people, and that is not guessed here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangxian.cases import queries as cases
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.measures import rules
from fangxian.measures.models import Order, RiskArea
from fangxian.measures.pack_changes import place_under
from fangxian.measures.queries import ZONE
from fangxian.people.queries import residents_in
from fangxian.protocol.packs import Pack
from fangxian.sampling.queries import calls_visible_to

_SUBJECTS = {"close": "close_contact", "secondary": "secondary_contact"}
_FREE = Order.Kind.SELF_MONITORING
_RESIDENT = Order.Subject.HIGH_RISK_RESIDENT


@dataclass(frozen=True, slots=True)
class Kept:
    """One person under one measure for a while."""

    who: UUID
    kind: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Persons are counted once; a person-day is a person restricted on a day, or part of one.

    area_days   areas that stood on a day
    tests       tests called for whose day was among these
    """

    people: int
    person_days: int
    central_days: int
    areas: int
    area_days: int
    tests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    first: date
    last: date
    packs: tuple[str, ...]
    pack: Pack
    was: Figures
    would: Figures

    def lines(self) -> list[tuple[str, int, int]]:
        """Each figure in words: as it was, and as it would have been."""
        was, would = self.was, self.would
        return [
            (_("People restricted"), was.people, would.people),
            (_("Person-days restricted"), was.person_days, would.person_days),
            (_("of these in central quarantine"), was.central_days, would.central_days),
            (_("Risk areas"), was.areas, would.areas),
            (_("Days that risk areas stood"), was.area_days, would.area_days),
            (_("Tests called for"), was.tests, would.tests),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    who: UUID
    subject: str
    counted_from: datetime
    since: datetime
    gone: datetime | None


@transaction.atomic
def replay(viewer: Actor, *, first: date, last: date, pack: Pack, area_path: str = "") -> Replay:
    """These days as they were (for days to come: as ordered), and as they would have been.

    In a read-only transaction.
    """
    viewer.must(Duty.COMMAND, at=area_path)
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    days = _Days(first, last)
    orders = list(
        Order.objects.filter(
            area_path__startswith=area_path, starts_at__lt=days.end
        ).select_related("follows")
    )
    areas = list(
        RiskArea.objects.filter(
            area_path__startswith=area_path,
            state__in=[RiskArea.State.IN_FORCE, RiskArea.State.LIFTED],
            starts_at__lt=days.end,
        ).select_related("follows")
    )
    packs = sorted({order.pack for order in orders} | {area.pack for area in areas})
    return Replay(
        first=first,
        last=last,
        packs=tuple(packs),
        pack=pack,
        was=_as_it_was(days, orders, areas, area_path),
        would=_as_it_would(days, orders, areas, pack, area_path),
    )


class _Days:
    """The days looked at, in local time."""

    def __init__(self, first: date, last: date) -> None:
        self.start = datetime.combine(first, time.min, ZONE)
        self.end = datetime.combine(last + timedelta(days=1), time.min, ZONE)

    def has(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def among(self, since: datetime, until: datetime) -> set[date]:
        since, until = max(since, self.start), min(until, self.end)
        if until <= since:
            return set()
        day, found = since.astimezone(ZONE).date(), set()
        while datetime.combine(day, time.min, ZONE) < until:
            found.add(day)
            day += timedelta(days=1)
        return found


def _figures(
    days: _Days, kept: Iterable[Kept], areas: Iterable[tuple[datetime, datetime]], tests: int
) -> Figures:
    restricted: set[tuple[UUID, date]] = set()
    central: set[tuple[UUID, date]] = set()
    for one in kept:
        if one.kind == _FREE:
            continue
        its_days = {(one.who, day) for day in days.among(one.since, one.until)}
        restricted |= its_days
        if one.kind == Order.Kind.CENTRAL_QUARANTINE:
            central |= its_days
    stood = [len(days.among(since, until)) for since, until in areas]
    return Figures(
        people=len({who for who, _ in restricted}),
        person_days=len(restricted),
        central_days=len(central),
        areas=sum(1 for number in stood if number),
        area_days=sum(stood),
        tests=tests,
    )


def _as_it_was(days: _Days, orders: list[Order], areas: list[RiskArea], area_path: str) -> Figures:
    at = now()
    kept = [
        Kept(
            order.resident_id, order.kind, order.starts_at, order.ended_at or max(order.ends_at, at)
        )
        for order in orders
    ]
    stood = [
        (area.starts_at, area.lifted_at or max(area.review_at or at, at))
        for area in areas
        if area.starts_at is not None
    ]
    tests = calls_visible_to(PLAYBOOK).filter(
        area_path__startswith=area_path,
        reason="order",
        due_at__gte=days.start,
        due_at__lt=days.end,
    )
    return _figures(days, kept, stood, tests.exclude(state="cancelled").count())


def _as_it_would(
    days: _Days, orders: list[Order], areas: list[RiskArea], pack: Pack, area_path: str
) -> Figures:
    kept: list[Kept] = []
    tests = 0
    for ground in _grounds(days, orders, area_path):
        for one, tested in _asked(ground, pack):
            kept.append(one)
            tests += sum(1 for due in tested if days.has(due) and due >= one.since)
    if pack.positive_pool.hold is not None:
        kept += [
            Kept(order.resident_id, order.kind, order.starts_at, order.ended_at or order.ends_at)
            for order in orders
            if order.kind == Order.Kind.HOLD
        ]
    stood: list[tuple[datetime, datetime]] = []
    for area in areas:
        if area.follows_id is None:
            found, inside, tested_days = _area(area, pack, days)
            stood += found
            kept += inside
            tests += tested_days
    return _figures(days, kept, stood, tests)


def _grounds(days: _Days, orders: list[Order], area_path: str) -> Iterable[_Ground]:
    """Who came under an order, and confirmed contacts who did not; each ground once."""
    last_of = {order.follows_id: order for order in orders if order.follows_id}
    known: set[UUID] = set()
    for order in orders:
        known.add(order.about_id)
        if order.follows_id or order.kind == Order.Kind.HOLD or order.subject == _RESIDENT:
            continue
        last = order
        while last.id in last_of:
            last = last_of[last.id]
        early = last.ended_at is not None and last.ended_at < last.ends_at
        yield _Ground(
            who=order.resident_id,
            subject=order.subject,
            counted_from=order.counted_from,
            since=order.issued_at,
            gone=last.ended_at if early else None,
        )
    contacts = cases.contacts_visible_to(PLAYBOOK).filter(
        state="confirmed",
        kind__in=_SUBJECTS,
        decided_at__lt=days.end,
        area_path__startswith=area_path,
    )
    for contact in contacts:
        if contact.id not in known and contact.decided_at is not None:
            yield _Ground(
                who=contact.resident_id,
                subject=_SUBJECTS[contact.kind],
                counted_from=contact.last_at,
                since=contact.decided_at,
                gone=None,
            )


def _asked(ground: _Ground, pack: Pack) -> Iterable[tuple[Kept, list[datetime]]]:
    """What the rules ask on this ground, stage by stage, with the ends of its test days."""
    measure = pack.measure(ground.subject)
    starts_at = ground.counted_from
    for stage in measure.stages if measure else ():
        if stage.days is None:
            starts_at = max(starts_at, ground.since)
        ends_at = starts_at + stage.span.length
        since = max(starts_at, ground.since)
        until = min(ends_at, ground.gone) if ground.gone else ends_at
        if until > since:
            due = [min(rules.end_of_day(starts_at, day, ZONE), ends_at) for day in stage.tests]
            yield (
                Kept(ground.who, stage.kind, since, until),
                [moment for moment in due if moment <= until],
            )
        starts_at = ends_at


def _area(
    area: RiskArea, pack: Pack, days: _Days
) -> tuple[list[tuple[datetime, datetime]], list[Kept], int]:
    """How long each level would have stood, who would have been restricted inside, how many tests.

    Where a condition needs more than days, the days are what counts here.
    """
    under = place_under(area, pack)
    before: str | None = None
    zone = under[0] if under else None
    places = under[2] if under else []
    stood: list[tuple[datetime, datetime]] = []
    kept: list[Kept] = []
    tests = 0
    since, origin = area.starts_at or days.start, area.clock_origin or days.start
    residents = list(residents_in(PLAYBOOK, places).values_list("id", flat=True)) if zone else []
    early = area.lifted_at is not None and area.review_at and area.lifted_at < area.review_at
    gone = area.lifted_at if early and not area.followed_by.exists() else None
    while zone is not None and zone.unit != "district" and not (gone and since >= gone):
        release = rules.release_data(zone.release_from(before))
        until = max(rules.review_at(release, origin, otherwise=days.end), since)
        until = min(until, gone) if gone else until
        stood.append((since, until))
        measure = pack.measure(zone.resident) if zone.resident else None
        if measure and measure.stages:
            kept += [Kept(who, measure.stages[0].kind, since, until) for who in residents]
        asked = {*zone.tests, *(measure.stages[0].tests if measure and measure.stages else ())}
        due = [rules.end_of_day(origin, day, ZONE) for day in asked]
        tests += len(residents) * sum(1 for moment in due if days.has(moment) and moment <= until)
        before, since, origin = zone.level, until, until
        zone = pack.zone(release["to"])
    return stood, kept, tests
