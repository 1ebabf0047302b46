"""Swabs as desks tell them: many rows of many phones, judged one by one, written at once.

A tube is locked while its rows are judged, so what a row is told holds when it is written. Only the
turnout of a round is shared by tubes; its table says who was first when two desks tell it at the
same moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from fangxian.areas.models import Site
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours, Refusal
from fangxian.people.actions import register_provisional
from fangxian.people.queries import resolve
from fangxian.people.rules import Provisional
from fangxian.protocol.queries import Rules
from fangxian.sampling import rules
from fangxian.sampling.checks import (
    OWED,
    pack_at,
    refuse_pooling,
    tests_taken,
    to_explain,
    write_taken,
)
from fangxian.sampling.errors import (
    NotOfThisHousehold,
    PersonNotKnown,
    SwabbedInThisRound,
    SwabIsKnownOtherwise,
    TubeIsFull,
    TubeIsNotOpen,
    TubeOfAnotherTable,
    TubeWasNotOpened,
)
from fangxian.sampling.models import TestCall, Tube
from fangxian.sampling.rules import SwabRow

_TUBE = (  # in the order of the table
    "id", "barcode", "round_id", "retest_of_id", "site_id", "table", "group", "area_path", "state",
    "swabs", "capacity", "opened_at",
)  # fmt: skip
_TUBE_COLUMNS = ", ".join(f'"{name}"' for name in _TUBE)


_begun: dict[str, datetime] = {}  # a time at which rules were in force at a place; they stay so
_MOST_PLACES = 10_000


class Taken(NamedTuple):
    """The swab of a row, or the one that was there before."""

    swab_id: UUID
    is_new: bool


@dataclass(slots=True)
class _Person:
    """Somebody whom a row names."""

    id: UUID
    home: str


class Desk:
    """What is known of a batch, asked once for all rows.

    What is looked up for each row is kept by the number of a UUID: that is hashed and compared in
    C, the UUID itself in Python.
    """

    def __init__(self, rows: Sequence[SwabRow]) -> None:
        self.rows = rows
        self.now = now()
        self.told: set[int] = set()
        self.tubes = _locked({row.tube_id.int: row.tube_id for row in rows}.values())
        self.people = self._people()
        self._look_up()
        self.tables = self._tables()
        self._may: dict[tuple[int, int], Refusal | None] = {}
        self._households: dict[UUID, set[str]] | None = None

    def _people(self) -> list[_Person | Refusal]:
        """In the order of the rows."""
        resolved = resolve(
            PLAYBOOK,
            [row.person for row in self.rows],
            at=[row.taken_at for row in self.rows],
        )
        found: list[_Person | Refusal] = [
            _Person(who.resident_id, who.area_path)
            if who.resident_id is not None and who.trouble != "code_revoked"
            else _nobody(row, who.trouble)
            for row, who in zip(self.rows, resolved, strict=True)
        ]
        self._register_the_unnamed(found)
        return found

    def _register_the_unnamed(self, found: list[_Person | Refusal]) -> None:
        """People whom nothing names become known where they were met, each by who met them."""
        unnamed = [
            (n, row)
            for n, row in enumerate(self.rows)
            if row.person.provisional is not None
            and isinstance(found[n], Refusal)
            and (tube := self.tubes.get(row.tube_id.int)) is not None
            and row.by.may(Duty.COLLECT_SAMPLES, at=tube.area_path)
        ]
        unnamed.sort(key=lambda pair: pair[1].by.id)
        for _by, group in groupby(unnamed, key=lambda pair: pair[1].by.id):
            mine = list(group)
            met = [
                Provisional.of(
                    row.person, area_path=self.tubes[row.tube_id.int].area_path, met_at=row.taken_at
                )
                for _n, row in mine
            ]
            known = register_provisional(mine[0][1].by, met)
            for (n, _row), person in zip(mine, met, strict=True):
                if person.id in known:
                    found[n] = _Person(known[person.id], person.area_path)

    def _look_up(self) -> None:
        """Which swabs are here already, who was swabbed in the round, who owes a test.

        Told only of those of whom there is something to tell, which of a thousand are few.
        """
        self.known: dict[tuple[int, int], UUID] = {}
        self.swabbed: set[tuple[int, int]] = set()
        self.owed: dict[UUID, list[TestCall]] = {}
        owing: set[UUID] = set()
        wanted = [
            (tube, person)
            for row, person in zip(self.rows, self.people, strict=True)
            if isinstance(person, _Person) and (tube := self.tubes.get(row.tube_id.int)) is not None
        ]
        if not wanted:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT n, swab, swabbed, owes FROM (
                    SELECT w.n, (
                        SELECT s.id FROM sampling_swab s
                        WHERE s.tube_id = w.tube AND s.resident_id = w.resident
                    ) AS swab, (
                        SELECT true FROM sampling_turnout t
                        WHERE t.round_id = w.round AND t.resident_id = w.resident
                    ) AS swabbed, (
                        SELECT true FROM sampling_testcall c
                        WHERE c.resident_id = w.resident AND c.state IN ('due', 'taken') LIMIT 1
                    ) AS owes
                    FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[])
                        WITH ORDINALITY AS w(tube, resident, round, n)
                    OFFSET 0
                ) AS seen WHERE swab IS NOT NULL OR swabbed OR owes
                """,
                [
                    _ids([tube.id for tube, _ in wanted]),
                    _ids([person.id for _, person in wanted]),
                    _ids([tube.round_id for tube, _ in wanted]),
                ],
            )
            for n, swab, swabbed, owes in cursor.fetchall():
                tube, person = wanted[n - 1]
                if swab is not None:
                    self.known[tube.id.int, person.id.int] = swab
                if swabbed and tube.round_id is not None:
                    self.swabbed.add((tube.round_id.int, person.id.int))
                if owes:
                    owing.add(person.id)
        if owing:
            for call in TestCall.objects.filter(resident_id__in=owing, state__in=OWED):
                self.owed.setdefault(call.resident_id, []).append(call)

    def _tables(self) -> dict[UUID, list[tuple[UUID, int, datetime, datetime | None]]]:
        """The shifts of those who tell: at which table they stood, from when to when."""
        if all(tube.site_id is None for tube in self.tubes.values()):
            return {}
        shifts: dict[UUID, list[tuple[UUID, int, datetime, datetime | None]]] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                'SELECT actor_id, site_id, "table", began_at, ended_at FROM sampling_shift'
                " WHERE actor_id = ANY(%s::uuid[]) AND began_at <= %s"
                " AND (ended_at IS NULL OR ended_at >= %s)",
                [
                    _ids({row.by.id.int: row.by.id for row in self.rows}.values()),
                    max(row.taken_at for row in self.rows),
                    min(row.taken_at for row in self.rows),
                ],
            )
            for actor, *shift in cursor.fetchall():
                shifts.setdefault(actor, []).append(tuple(shift))
        return shifts

    @cached_property
    def rules(self) -> Rules:
        return Rules()

    # What one row is held against

    def check_actor(self, row: SwabRow, tube: Tube) -> None:
        """The same for every row of a desk and tube, so asked once."""
        key = (row.by.id.int, tube.id.int)
        if key not in self._may:
            self._may[key] = _may_collect(row.by, tube)
        if refusal := self._may[key]:
            raise refusal

    def check_table(self, row: SwabRow, tube: Tube) -> None:
        """A desk on shift fills the tubes of its own table. Whoever is on no shift is not held."""
        mine = [
            (site, table)
            for site, table, began, ended in self.tables.get(row.by.id, ())
            if began <= row.taken_at and (ended is None or row.taken_at <= ended)
        ]
        if mine and (tube.site_id, tube.table) not in mine:
            raise TubeOfAnotherTable(tube, mine[0][1])

    def check_time(self, row: SwabRow, tube: Tube) -> None:
        """Once an incident has begun at a place it has begun, so later rows need no look-up."""
        begun = _begun.get(tube.area_path)
        if begun is not None and begun <= row.taken_at <= self.now:
            return
        pack_at(row.taken_at, tube.area_path, self.rules)
        if len(_begun) >= _MOST_PLACES:
            _begun.clear()
        _begun[tube.area_path] = row.taken_at

    def check_household(self, tube: Tube, person: _Person) -> None:
        if self._households is None:
            self._households = _homes_inside(self.tubes.values())
        homes = self._households.setdefault(tube.id, set())
        if not all(rules.may_be_one_home(home, person.home) for home in homes):
            raise NotOfThisHousehold(tube)
        homes.add(person.home)


@dataclass(slots=True)
class _Swab:
    """A row that may be written.

    first_in   the round in which it is the person's first
    """

    n: int
    row: SwabRow
    tube: Tube
    person: _Person
    first_in: UUID | None


def take(rows: Sequence[SwabRow]) -> list[Taken | Refusal]:
    """What became of each row, in the same order. Needs a transaction around it."""
    desk = Desk(rows)
    came: list[Taken | Refusal] = [TubeWasNotOpened()] * len(rows)
    sound: list[_Swab] = []
    for n, row in enumerate(rows):
        try:
            taken = _judge(desk, n, row)
        except Refusal as refusal:
            came[n] = refusal
            continue
        if isinstance(taken, Taken):
            came[n] = taken
        else:
            sound.append(taken)
            came[n] = Taken(row.id, is_new=True)
    if sound:
        _write(desk, sound, came)
    return came


def _judge(desk: Desk, n: int, row: SwabRow) -> Taken | _Swab:
    """The swab if it may be written, or the one that is known; raises what is wrong."""
    tube = desk.tubes.get(row.tube_id.int)
    if tube is None:
        raise TubeWasNotOpened
    desk.check_actor(row, tube)
    person = desk.people[n]
    if isinstance(person, Refusal):
        raise person
    inside = (tube.id.int, person.id.int)
    if known := desk.known.get(inside):
        return Taken(known, is_new=False)
    if tube.state != Tube.State.OPEN:
        raise TubeIsNotOpen(tube)
    if desk.tables:
        desk.check_table(row, tube)
    owed: Sequence[TestCall] = desk.owed.get(person.id, ()) if desk.owed else ()
    round_id = tube.round_id
    in_round = (round_id.int, person.id.int) if round_id is not None else None
    first = in_round is not None and in_round not in desk.swabbed
    if in_round is not None and not first and not _owes_now(owed, row.taken_at):
        raise _swabbed_before(round_id, person.id)
    _must_fit(desk, row, tube, person, owed)
    tube.swabs += 1
    desk.told.add(row.id.int)
    desk.known[inside] = row.id
    if in_round is not None:
        desk.swabbed.add(in_round)
    return _Swab(n, row, tube, person, round_id if first else None)


def _must_fit(
    desk: Desk, row: SwabRow, tube: Tube, person: _Person, owed: Sequence[TestCall]
) -> None:
    """Whether there is room for this swab, and whether it may lie beside the others."""
    if tube.swabs >= tube.capacity:
        raise TubeIsFull(tube)
    desk.check_time(row, tube)
    if owed:
        pack = desk.rules.in_force(row.taken_at, tube.area_path)
        refuse_pooling(tube.capacity, owed, pack, tube)
    if tube.group == rules.HOUSEHOLD:
        desk.check_household(tube, person)
    if row.id.int in desk.told:
        raise SwabIsKnownOtherwise


def _owes_now(owed: Sequence[TestCall], taken_at: datetime) -> bool:
    """Whether this swab takes a test that the person owes."""
    if not owed:
        return False
    ends = rules.day_ends(taken_at, ZoneInfo(settings.TIME_ZONE))
    return any(
        call.state == TestCall.State.DUE
        and (call.reason != TestCall.Reason.ORDER or call.due_at < ends)
        for call in owed
    )


def _write(desk: Desk, swabs: list[_Swab], came: list[Taken | Refusal]) -> None:
    """Swabs, the count of each tube and the turnout in one statement; then the tests taken.

    Told are only the rows with which something was the matter: whose id another swab has, and whose
    person another desk counted at the same moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH told AS MATERIALIZED (
                SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[],
                    %s::uuid[], %s::text[])
                    WITH ORDINALITY AS w(id, tube, resident, taken_at, round, home, n)
            ), new AS (
                INSERT INTO sampling_swab (id, tube_id, resident_id, taken_at)
                SELECT id, tube, resident, taken_at FROM told
                ON CONFLICT (id) DO NOTHING
                RETURNING id, tube_id
            ), counted AS (
                UPDATE sampling_tube t SET swabs = t.swabs + n.swabs
                FROM (SELECT tube_id, count(*) AS swabs FROM new GROUP BY tube_id) n
                WHERE t.id = n.tube_id
            ), turned_out AS (
                INSERT INTO sampling_turnout (round_id, resident_id, area_path)
                SELECT round, resident, home FROM told
                WHERE round IS NOT NULL AND id IN (SELECT id FROM new)
                ORDER BY round, resident
                ON CONFLICT DO NOTHING
                RETURNING round_id, resident_id
            )
            SELECT n, id IN (SELECT id FROM new) FROM told
            WHERE id NOT IN (SELECT id FROM new) OR (
                round IS NOT NULL
                AND (round, resident) NOT IN (SELECT round_id, resident_id FROM turned_out)
            )
            """,
            [
                _ids([s.row.id for s in swabs]),
                _ids([s.tube.id for s in swabs]),
                _ids([s.person.id for s in swabs]),
                _texts([s.row.taken_at.isoformat() for s in swabs]),
                _ids([s.first_in for s in swabs]),
                _texts([s.person.home for s in swabs]),
            ],
        )
        amiss = [(swabs[n - 1], is_new) for n, is_new in cursor.fetchall()]
    for swab, is_new in amiss:
        if not is_new:
            came[swab.n] = SwabIsKnownOtherwise()
    if late := [swab for swab, is_new in amiss if is_new]:
        _take_back(late, came)
    if desk.owed:
        gone = {swab.n for swab, _ in amiss}
        _take_tests(desk, [swab for swab in swabs if swab.n not in gone])


def _take_back(swabs: Sequence[_Swab], came: list[Taken | Refusal]) -> None:
    """Another desk told of the same person at the same moment, and was first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM sampling_swab WHERE id = ANY(%s) RETURNING tube_id)"
            " UPDATE sampling_tube t SET swabs = t.swabs - n.swabs"
            " FROM (SELECT tube_id, count(*) AS swabs FROM gone GROUP BY tube_id) n"
            " WHERE t.id = n.tube_id",
            [[swab.row.id for swab in swabs]],
        )
    for swab in swabs:
        swab.tube.swabs -= 1
        came[swab.n] = _swabbed_before(swab.tube.round_id, swab.person.id)


def _take_tests(desk: Desk, swabs: Iterable[_Swab]) -> None:
    """Count each swab for the tests that its person owes, and name the pool it is to explain."""
    pairs: list[tuple[UUID, UUID]] = []
    for swab in swabs:
        owed = desk.owed.get(swab.person.id)
        if not owed:
            continue
        pairs += [(call.id, swab.tube.id) for call in tests_taken(owed, swab.row.taken_at)]
        if swab.tube.retest_of_id is None and (pool := to_explain(owed)):
            swab.tube.retest_of_id = pool
            Tube.objects.filter(id=swab.tube.id, retest_of=None).update(retest_of_id=pool)
    write_taken(pairs)


def _ids(values: Iterable[UUID | None]) -> str:
    """An array as the database reads it, at a tenth of the cost of the driver's own."""
    return "{" + ",".join([value.hex if value else "NULL" for value in values]) + "}"


def _texts(values: Iterable[str]) -> str:
    """The same for times and area paths, which hold no quotation marks."""
    return "{" + ",".join([f'"{value}"' for value in values]) + "}"


def _locked(ids: Iterable[UUID]) -> dict[int, Tube]:
    """In one order, so that two batches never wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_TUBE_COLUMNS} FROM sampling_tube WHERE id = ANY(%s::uuid[])"
            " ORDER BY id FOR UPDATE",
            [_ids(ids)],
        )
        tubes = [Tube.from_db("default", _TUBE, row) for row in cursor.fetchall()]
    return {tube.id.int: tube for tube in tubes}


def _nobody(row: SwabRow, trouble: str) -> Refusal:
    if row.person.resident is not None:
        return NotFound(_("resident"), resident=str(row.person.resident))
    return PersonNotKnown(trouble)


def _may_collect(actor: Actor, tube: Tube) -> Refusal | None:
    if not actor.sees(tube.area_path):
        return NotFound(_("tube"), tube=str(tube.id))
    if not actor.may(Duty.COLLECT_SAMPLES):
        return NotYours(str(Duty.COLLECT_SAMPLES.label))
    return None


def _homes_inside(tubes: Iterable[Tube]) -> dict[UUID, set[str]]:
    """Where those live whose swabs are in tubes for one household."""
    wanted = [tube.id for tube in tubes if tube.group == rules.HOUSEHOLD]
    homes: dict[UUID, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.tube_id, r.area_path FROM sampling_swab s"
            " JOIN people_resident r ON r.id = s.resident_id WHERE s.tube_id = ANY(%s)",
            [wanted],
        )
        for tube_id, home in cursor.fetchall():
            homes.setdefault(tube_id, set()).add(home)
    return homes


def _swabbed_before(round_id: Any, resident_id: UUID) -> SwabbedInThisRound:
    """Where and when somebody was swabbed in a round already."""
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT s.taken_at, t.barcode, t.site_id, t."table" FROM sampling_swab s'
            " JOIN sampling_tube t ON t.id = s.tube_id"
            " WHERE s.resident_id = %s AND t.round_id = %s AND t.state <> 'void'"
            " ORDER BY s.taken_at LIMIT 1",
            [resident_id, round_id],
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        return SwabbedInThisRound("", "", None)
    taken_at, barcode, site_id, table = row
    return SwabbedInThisRound(barcode, place_of(site_id, table), taken_at)


def place_of(site_id: UUID | None, table: int | None) -> str:
    """A table in words; "" for a door."""
    if site_id is None:
        return ""
    name = Site.objects.values_list("name", flat=True).get(id=site_id)
    return _("%(site)s, table %(table)s") % {"site": name, "table": table}
