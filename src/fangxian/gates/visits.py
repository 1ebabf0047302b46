"""Taking visits to venues by the hundred, with what each is worth as evidence."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from fangxian.areas.models import Site
from fangxian.cases import actions as cases
from fangxian.cases import queries as cases_visits
from fangxian.cases.rules import VisitRow as Visit
from fangxian.engines.codes import BadCode, Kind, TrustList, read
from fangxian.gates import errors, rules
from fangxian.gates.asking import pack_at
from fangxian.gates.models import Question
from fangxian.gates.rules import Answer, VisitRow
from fangxian.gates.scans import refused
from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.people import actions as register
from fangxian.people import queries as people
from fangxian.people.rules import Provisional
from fangxian.protocol.queries import Rules

STEP = timedelta(seconds=30)
"""How long a venue's screen shows one code."""
SITE, SHOWN_STEP = -4, -5
"""Claims of a venue's code: the site's id, and the number of its step since 1970."""


class Door(NamedTuple):
    """A site as visits need it. `good_for` of its rotating code; `two_places` as in the pack."""

    number: int
    area_path: str
    venue: bool
    good_for: timedelta
    two_places: timedelta


def step_at(at: datetime) -> int:
    return int(at.timestamp() // STEP.total_seconds())


def take(actor: Actor, rows: Sequence[VisitRow]) -> list[Answer]:
    doors = _doors({row.site for row in rows})
    answers: dict[UUID, Answer] = {}
    right: list[VisitRow] = []
    for row in rows:
        try:
            _must_be_right(row, doors.get(row.site))
        except Refusal as refusal:
            answers[row.id] = refused(row.id, refusal)
        else:
            right.append(row)
    numbers = _persons(right, doors, answers)
    trust = signing.trust_list() if any(row.code for row in right) else TrustList()
    visits: list[Visit] = []
    ids: list[UUID] = []
    moment = now()
    for row in right:
        if row.id in answers:
            continue
        door, at = doors[row.site], min(row.at, moment)
        visits.append(
            Visit(
                person=numbers[row.id],
                place=door.number,
                start_at=at,
                end_at=at,
                source=rules.EVIDENCE[worth(row, door, trust, at)],
            )
        )
        ids.append(row.id)
    taken = cases.record_visits(PLAYBOOK, visits) if visits else None
    for place, row_id in enumerate(ids):
        why = taken.refused.get(place) if taken else None
        answers[row_id] = (
            Answer(row_id, "refused", "visit_refused", why) if why else Answer(row_id, "applied")
        )
    _ask_about([row for row in right if answers[row.id].outcome == "applied"], doors, numbers)
    return [answers[row.id] for row in rows]


def _ask_about(rows: Sequence[VisitRow], doors: dict[UUID, Door], numbers: dict[UUID, int]) -> None:
    """Somebody “was” at two venues that lie apart at nearly one time: a question for a person."""
    if not rows:
        return
    longest = max(doors[row.site].two_places for row in rows)
    seen = cases_visits.visits_of(
        PLAYBOOK,
        list({numbers[row.id] for row in rows}),
        min(row.at for row in rows) - longest,
        max(row.at for row in rows),
    )
    others = {visit.place for visit in seen}
    paths = dict(Site.objects.filter(number__in=others).values_list("number", "area_path"))
    by_person: dict[int, list[Any]] = defaultdict(list)
    for visit in seen:
        by_person[visit.person].append(visit)
    found = []
    for row in rows:
        door, person = doors[row.site], numbers[row.id]
        for visit in reversed(by_person[person]):
            near = timedelta(0) <= row.at - visit.start_at <= door.two_places
            if near and rules.apart(door.area_path, paths[visit.place]):
                found.append(
                    Question(
                        kind=Question.Kind.TWO_TOWNS,
                        area_path=door.area_path,
                        person=person,
                        one=row.id,
                        site=door.number,
                        one_at=row.at,
                        elsewhere=visit.place,
                        other_at=visit.start_at,
                    )
                )
                break
    Question.objects.bulk_create(found, ignore_conflicts=True)


def _must_be_right(row: VisitRow, door: Door | None) -> None:
    if door is None or not door.venue:
        raise errors.NoSuchVenue(row.site)
    if row.evidence == "attended_scan":
        row.by.must(Duty.GUARD, at=door.area_path)


def worth(row: VisitRow, door: Door, trust: TrustList, at: datetime) -> str:
    """The evidence that a row really is."""
    if row.evidence != "rotating_code":
        return row.evidence
    try:
        said = read(row.code, trust, at, kinds=[Kind.VENUE]).more
    except BadCode:
        return "poster"
    step = said.get(SHOWN_STEP)
    if said.get(SITE) != row.site.bytes or not isinstance(step, int):
        return "poster"
    age = abs(step_at(at) - step) * STEP
    return "rotating_code" if age <= door.good_for else "poster"


def _doors(site_ids: set[UUID]) -> dict[UUID, Door]:
    """Closed venues too: who was there was there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.number, s.area_path, s.kind FROM areas_site s WHERE s.id = ANY(%s)",
            [list(site_ids)],
        )
        found = cursor.fetchall()
    batch = Rules()
    doors = {}
    for site_id, number, area_path, kind in found:
        pack = pack_at(area_path, batch)
        gates = pack.gates if pack else None
        doors[site_id] = Door(
            number,
            area_path,
            kind == "venue",
            gates.rotating_code.length if gates else 2 * STEP,
            gates.two_places.length if gates else timedelta(0),
        )
    return doors


def _persons(
    rows: Sequence[VisitRow], doors: dict[UUID, Door], answers: dict[UUID, Answer]
) -> dict[UUID, int]:
    """The number of who visited, by row; whoever cannot be told is answered so."""
    if not rows:
        return {}
    found = people.resolve(PLAYBOOK, [row.person for row in rows], at=[row.at for row in rows])
    known = {
        row.id: one.resident_id for row, one in zip(rows, found, strict=True) if one.resident_id
    }
    for row in rows:
        if row.id not in known and row.person.provisional:
            where = doors[row.site].area_path
            wanted = Provisional.of(row.person, area_path=where, met_at=row.at)
            met = register.register_provisional(row.by, [wanted])
            if wanted.id in met:
                known[row.id] = met[wanted.id]
    numbers = people.numbers_of(PLAYBOOK, set(known.values()))
    for row, one in zip(rows, found, strict=True):
        if row.id not in known:
            answers[row.id] = refused(row.id, errors.VisitOfNobody(one.trouble))
    return {row_id: numbers[resident] for row_id, resident in known.items()}
