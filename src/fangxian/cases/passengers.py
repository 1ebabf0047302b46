"""Who sat where, as the carrier lists it: a file becomes seats and, with times, visits."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fangxian.areas.models import Site
from fangxian.cases.actions import record_visits
from fangxian.cases.errors import EndsBeforeItBegan, PassengersUnread, PlaceIsNotKnown
from fangxian.cases.events import PassengersListed
from fangxian.cases.models import Visit
from fangxian.cases.rules import VisitRow
from fangxian.cases.seats import seat_people
from fangxian.engines.tracing.seats import NOWHERE, Spot
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.people import columns as register
from fangxian.people import queries as people
from fangxian.people.actions import register_provisional
from fangxian.people.columns import text_of
from fangxian.people.rules import (
    RESIDENT_CARD,
    PersonRef,
    Provisional,
    half_width,
    normal_identity,
)
from fangxian.people.sheets import Cell, is_blank, read

_HEADINGS: Mapping[str, Sequence[str]] = {
    "room": [
        "车厢", "车厢号", "包厢", "舱室", "船舱", "房间", "房号", "办公室",
        "carriage", "coach", "car", "compartment", "cabin", "room", "office",
    ],
    "row": ["排", "排号", "座位", "座位号", "座号", "席位", "铺位", "seat", "row", "seat number"],
    "crew": ["乘务", "乘务员", "岗位", "身份", "crew", "role"],
}  # fmt: skip
_CREW = re.compile(
    r"乘务|列车员|司机|驾驶|空乘|机组|列车长|crew|steward|driver|conductor|^yes$|^是$"
)
_LONGEST_ROOM = 20
_MOST_ROWS = 200


@dataclass(slots=True)
class Passengers:
    """What became of a list. faults: line as the sender sees it, and why it was not taken."""

    taken: int = 0
    new: int = 0
    visits: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Line:
    number: int
    person: register.Line
    spot: Spot


@transaction.atomic
def take_passengers(
    actor: Actor,
    place: int,
    data: bytes,
    *,
    began: datetime | None = None,
    ended: datetime | None = None,
) -> Passengers:
    """Take a list of passengers, or of who worked in which room, of one vehicle or house.

    Rows that cannot be read are told with their line; the others are taken. Whoever is not in the
    register is taken in provisionally, to be found there. Sending the list again changes nothing.

    began, ended   of the ride: everybody listed was there. A carrier's list counts like a scan that
                   somebody attended. Without them only the seats are noted.
    """
    actor.must(Duty.INVESTIGATE)
    site = Site.objects.filter(number=place).first()
    if site is None:
        raise PlaceIsNotKnown
    if began and ended and ended < began:
        raise EndsBeforeItBegan
    answer = Passengers()
    lines = _read(data, answer)
    who = _identify(lines, site, answer)
    spots = {person: line.spot for line, person in who}
    seat_people(actor, place, {person: spot for person, spot in spots.items() if spot != NOWHERE})
    if began and ended:
        rows = [
            VisitRow(
                person=person,
                place=place,
                start_at=began,
                end_at=ended,
                source=Visit.Source.ATTENDED,
            )
            for person in spots
        ]
        taken = record_visits(actor, rows)
        answer.visits = taken.recorded
        answer.faults += [(who[at][0].number, why) for at, why in taken.refused.items()]
    answer.taken = len(who)
    answer.faults.sort()
    record(
        PassengersListed(
            subject_id=site.id,
            area_path=site.area_path,
            taken=answer.taken,
            refused=len(answer.faults),
        ),
        actor=actor,
    )
    return answer


def _read(data: bytes, answer: Passengers) -> list[_Line]:
    sheet = read(data)
    at: dict[str, int] | None = None
    found: list[_Line] = []
    for number, cells in sheet.rows:
        if is_blank(cells):
            continue
        if at is None:
            at = _columns(cells)
            continue
        line = _line(number, cells, at)
        if line.person.faults:
            answer.faults.append((number, "; ".join(line.person.faults)))
        else:
            found.append(line)
    if at is None:
        raise PassengersUnread
    return found


def _columns(cells: Sequence[Cell]) -> dict[str, int] | None:
    """None: no heading, as the title above a table."""
    known = {_bare(word): key for key, words in _HEADINGS.items() for word in words}
    at: dict[str, int] = {}
    for position, cell in enumerate(cells):
        key = known.get(_bare(text_of(cell))) or register.meaning_of(cell)
        if key:
            at.setdefault(key, position)
    return at if "name" in at and at.keys() & {"identity", "phone"} else None


def _bare(heading: str) -> str:
    return re.sub(r"[\s_*/、:：.\-]|\(.*?\)", "", half_width(heading).lower())


def _line(number: int, cells: Sequence[Cell], at: Mapping[str, int]) -> _Line:
    said = {key: text_of(cells[at[key]]) for key in _HEADINGS if key in at and at[key] < len(cells)}
    person = register.line_of(cells, {k: v for k, v in at.items() if k not in _HEADINGS})
    if not (person.identity or person.phone):
        person.faults.append(_("neither identity number nor phone is given"))
    if not person.name:
        person.faults.append(_("the name is missing"))
    row, room = _row_of(said.get("row", ""), person.faults), said.get("room", "")
    crew = bool(_CREW.search(said.get("crew", "").lower()))
    return _Line(number, person, Spot(room=room[:_LONGEST_ROOM], row=row, crew=crew))


def _row_of(said: str, faults: list[str]) -> int | None:
    """ "12F", "12排F座" and "012" are row 12; an empty cell is not known."""
    if not said:
        return None
    found = re.search(r"\d+", half_width(said))
    row = int(found.group()) if found else 0
    if 1 <= row <= _MOST_ROWS:
        return row
    faults.append(_("“%(word)s” is no seat or row; write 12F or 12") % {"word": said[:20]})
    return None


def _identify(lines: Sequence[_Line], site: Site, answer: Passengers) -> list[tuple[_Line, int]]:
    """Each line with the `Resident.number` it means; one person twice counts once."""
    ids = _known(lines)
    moment = now()
    fresh = {
        at: Provisional(
            id=new_id(),
            name=line.person.name,
            area_path=site.area_path,
            met_at=moment,
            born=line.person.birth_date,
            phone=line.person.phone,
            identity=normal_identity(line.person.identity),
            type=line.person.identity_type or RESIDENT_CARD,
        )
        for at, line in enumerate(lines)
        if at not in ids
    }
    taken = register_provisional(PLAYBOOK, list(fresh.values())) if fresh else {}
    for at, one in fresh.items():
        if one.id in taken:
            ids[at] = taken[one.id]
        else:
            answer.faults.append((lines[at].number, _("the register cannot take this person in")))
    answer.new = len(taken)
    numbers = people.numbers_of(PLAYBOOK, ids.values())
    found: dict[int, _Line] = {}
    for at, resident in sorted(ids.items()):
        found.setdefault(numbers[resident], lines[at])
    return [(line, person) for person, line in found.items()]


def _known(lines: Sequence[_Line]) -> dict[int, UUID]:
    carded = [at for at, line in enumerate(lines) if line.person.identity]
    refs = [
        PersonRef(
            identity=normal_identity(lines[at].person.identity),
            type=lines[at].person.identity_type or RESIDENT_CARD,
        )
        for at in carded
    ]
    found = people.resolve(PLAYBOOK, refs) if refs else []
    ids = {at: one.resident_id for at, one in zip(carded, found, strict=True) if one.resident_id}
    called = [at for at, line in enumerate(lines) if not line.person.identity]
    pairs = [(lines[at].person.name, lines[at].person.phone) for at in called]
    named = people.named_with_phone(PLAYBOOK, pairs) if pairs else []
    return ids | {at: one[0] for at, one in zip(called, named, strict=True) if one}
