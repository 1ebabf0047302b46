"""Taking scans by the hundred: what is asked, decided again and written, set by set."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Max
from django.utils.timezone import localtime

from fangxian.engines.codes import BadCode, Kind, TrustList, read
from fangxian.gates import errors, rules
from fangxian.gates.asking import demands_of, pack_at
from fangxian.gates.models import Pass, Question
from fangxian.gates.rules import Answer, Demands, PassFacts, Person, ScanRow, Verdict
from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours, Refusal
from fangxian.kernel.vault import blind_index
from fangxian.measures.queries import AtAGate, at_a_gate
from fangxian.people import actions as register
from fangxian.people import queries as people
from fangxian.people.rules import PersonRef, Provisional
from fangxian.protocol.queries import Rules
from fangxian.sampling import queries as sampling

_ONE_DAY = timedelta(days=1)


class Place(NamedTuple):
    """A site as scans need it: its number, where it is, what is asked there."""

    number: int
    area_path: str
    demands: Demands
    two_places: timedelta


@dataclass(slots=True)
class Taken:
    """One row on its way: who it was, what the rules say."""

    row: ScanRow
    place: Place | None
    at: datetime
    seen: int | None = None
    person: int | None = None
    resident_id: UUID | None = None
    home: str = ""
    trouble: str = ""
    held: Pass | None = None
    opens: bool = False
    said: Verdict = rules.ALL_MET
    questions: list[Question] = field(default_factory=list)

    @property
    def area_path(self) -> str:
        return self.place.area_path if self.place else self.row.by.within


class Passage(NamedTuple):
    """A scan that was taken before this one."""

    at: datetime
    scan: UUID
    site: int | None
    direction: str
    passed: bool
    person: int | None
    seen: int | None
    area_path: str


def take(rows: Sequence[ScanRow]) -> tuple[list[Answer], list[Taken]]:
    """The answers in the order of the rows, and those rows that are new."""
    places = places_of({row.site for row in rows})
    moment = now()
    answers: dict[UUID, Answer] = {}
    taken: dict[UUID, Taken] = {}
    for row in rows:
        place = places.get(row.site)
        try:
            _must_be_right(row, place)
        except Refusal as refusal:
            answers[row.id] = refused(row.id, refusal)
            continue
        # A phone's clock may run ahead; what was scanned was scanned by now.
        at = min(row.at, moment)
        taken.setdefault(row.id, Taken(row=row, place=place, at=at, seen=seen_of(row.person)))
    ordered = sorted(taken.values(), key=lambda one: one.at)
    _find_persons(ordered)
    _decide(ordered)
    new = _insert(ordered, moment)
    stored = [one for one in ordered if one.row.id in new]
    answers |= {one.row.id: _applied(one) for one in stored}
    answers |= _known([taken[one] for one in set(taken) - new])
    after_all = _emergencies_beside([taken[one] for one in set(taken) - new], answers, moment)
    Question.objects.bulk_create(
        [question for one in stored for question in one.questions], ignore_conflicts=True
    )
    return [answers[row.id] for row in rows], [*stored, *after_all]


def _applied(one: Taken) -> Answer:
    differs = {"verdict": one.said.word, "rule": one.said.rule} if _differs(one) else {}
    return Answer(one.row.id, "applied", facts=differs)


def _emergencies_beside(
    known: Sequence[Taken], answers: dict[UUID, Answer], moment: datetime
) -> list[Taken]:
    """An emergency is never refused: under a scan's own id it is kept beside that scan.

    Its id follows from the other, so that sending it again changes nothing.
    """
    beside = [
        replace(one, row=replace(one.row, id=uuid5(one.row.id, "emergency")))
        for one in known
        if one.row.verdict == "emergency" and answers[one.row.id].outcome == "refused"
    ]
    new = _insert(beside, moment)
    for one in known:
        kept = uuid5(one.row.id, "emergency")
        if one.row.verdict == "emergency" and answers[one.row.id].outcome == "refused":
            answers[one.row.id] = Answer(one.row.id, "applied" if kept in new else "known")
    return [one for one in beside if one.row.id in new]


def judged(row: ScanRow) -> Taken:
    """What the rules say of a row with all that the server knows. Nothing is written."""
    place = places_of([row.site]).get(row.site)
    one = Taken(row=row, place=place, at=row.at)
    _find_persons([one], take_in=False)
    _decide([one])
    return one


def refused(row_id: UUID, refusal: Refusal) -> Answer:
    return Answer(row_id, "refused", refusal.code, refusal.message)


def _must_be_right(row: ScanRow, place: Place | None) -> None:
    if row.verdict == "emergency":
        return
    where = place.area_path if place else row.by.within
    if not row.by.may(Duty.GUARD, at=where):
        raise NotYours(str(Duty.GUARD.label))
    if row.verdict == "turn_back" and not (row.rule and row.reason):
        raise errors.TurnedBackWithoutReason


# Places


def places_of(site_ids: Iterable[UUID]) -> dict[UUID, Place]:
    """Also of closed checkpoints: what was scanned there is not lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.id, s.number, s.area_path, coalesce(c.demands, '{}')"
            " FROM areas_site s LEFT JOIN gates_checkpoint c ON c.site_id = s.id"
            " WHERE s.id = ANY(%s)",
            [list(site_ids)],
        )
        found = cursor.fetchall()
    batch = Rules()
    places = {}
    for site_id, number, area_path, demands in found:
        pack = pack_at(area_path, batch)
        places[site_id] = Place(
            number,
            area_path,
            demands_of(demands, pack),
            pack.gates.two_places.length if pack and pack.gates else timedelta(0),
        )
    return places


# Persons


def _find_persons(taken: Sequence[Taken], *, take_in: bool = True) -> None:
    named = [one for one in taken if one.row.person is not None]
    if not named:
        return
    found = people.resolve(
        PLAYBOOK,
        [one.row.person for one in named if one.row.person],
        at=[one.at for one in named],
    )
    met = _take_in(
        [
            one
            for one, known in zip(named, found, strict=True)
            if known.resident_id is None and one.row.person and one.row.person.provisional
        ]
        if take_in
        else []
    )
    for one, known in zip(named, found, strict=True):
        one.resident_id, one.home, one.trouble = known.resident_id, known.area_path, known.trouble
        ref = one.row.person
        if one.resident_id is None and ref and ref.provisional and ref.provisional in met:
            one.resident_id, one.home, one.trouble = met[ref.provisional], one.area_path, ""
    numbers = people.numbers_of(PLAYBOOK, {one.resident_id for one in named if one.resident_id})
    for one in named:
        if one.resident_id:
            one.person = numbers.get(one.resident_id)


def _take_in(unknown: Sequence[Taken]) -> dict[UUID, UUID]:
    """People who were met and not known, by the guard who met them."""
    guards: dict[UUID, list[Taken]] = defaultdict(list)
    for one in unknown:
        guards[one.row.by.id].append(one)
    known: dict[UUID, UUID] = {}
    for rows in guards.values():
        wanted = [
            Provisional.of(one.row.person, area_path=one.area_path, met_at=one.at)
            for one in rows
            if one.row.person
        ]
        # Only an emergency comes from somebody who is no guard, and it is not stopped here.
        by = rows[0].row.by if rows[0].row.by.may(Duty.GUARD) else PLAYBOOK
        known.update(register.register_provisional(by, wanted))
    return known


# Verdicts


@dataclass(slots=True)
class _Sight:
    """What the verdicts of a batch need to know, asked once for all rows."""

    measures: AtAGate
    tested: Mapping[UUID, datetime]
    of_person: dict[int, list[Passage]]
    of_pass: dict[int, list[Passage]]


def _decide(taken: Sequence[Taken]) -> None:
    if not taken:
        return
    _find_passes(taken)
    sight = _look(taken)
    for one in taken:
        one.said = rules.verdict(
            _person(one, sight), one.place.demands if one.place else None, one.at
        )
        one.questions = _questions(one, sight)
        passage = Passage(
            one.at,
            one.row.id,
            one.place.number if one.place else None,
            one.row.direction,
            one.row.verdict == "pass",
            one.person,
            one.seen,
            one.area_path,
        )
        if one.person is not None:
            sight.of_person.setdefault(one.person, []).append(passage)
        if one.held is not None:
            sight.of_pass.setdefault(one.held.number, []).append(passage)


def _look(taken: Sequence[Taken]) -> _Sight:
    homes = {one.resident_id: one.home for one in taken if one.resident_id}
    tests = {
        one.resident_id
        for one in taken
        if one.resident_id and one.place and one.place.demands.test_within is not None
    }
    first = min(one.at for one in taken)
    spans = [one.place.demands.outing.every for one in taken if _outing(one)] or [timedelta(0)]  # type: ignore[union-attr]
    by_person, by_pass = _history(
        {one.person for one in taken if one.person is not None},
        first - _ONE_DAY,
        {one.held.number for one in taken if one.held},
        first - max(spans),
        max(one.at for one in taken),
    )
    return _Sight(
        measures=at_a_gate(PLAYBOOK, homes) if homes else AtAGate(frozenset(), frozenset()),
        tested=last_negatives(tests) if tests else {},
        of_person=by_person,
        of_pass=by_pass,
    )


def _outing(one: Taken) -> bool:
    return bool(one.place and one.held and one.place.demands.outing)


def last_negatives(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When the last sample that was found negative was taken from each. One statement."""
    wanted = list(ids)
    rows = (
        sampling.tubes_visible_to(PLAYBOOK)
        .filter(state="negative", members__resident__in=wanted)
        .order_by()
        .values("members__resident")
        .annotate(at=Max("members__taken_at"))
    )
    return {row["members__resident"]: row["at"] for row in rows}


def _history(
    persons: set[int], since: datetime, passes: set[int], passes_since: datetime, until: datetime
) -> tuple[dict[int, list[Passage]], dict[int, list[Passage]]]:
    """What these people and passes did before, oldest first."""
    by_person: dict[int, list[Passage]] = defaultdict(list)
    by_pass: dict[int, list[Passage]] = defaultdict(list)
    # Times as numbers: read at a tenth of the cost of a time.
    columns = (
        "extract(epoch FROM at)::float8, id, site, direction, verdict = 'pass', person, seen,"
        " area_path"
    )
    with connection.cursor() as cursor:
        if persons:
            cursor.execute(
                f"SELECT {columns} FROM gates_scan"
                " WHERE person = ANY(%s) AND at >= %s AND at <= %s ORDER BY at",
                [list(persons), since, until],
            )
            for at, *row in cursor.fetchall():
                by_person[row[4]].append(Passage(datetime.fromtimestamp(at, UTC), *row))
        if passes:
            cursor.execute(
                f"SELECT {columns}, pass_number FROM gates_scan"
                " WHERE pass_number = ANY(%s) AND at >= %s AND at <= %s ORDER BY at",
                [list(passes), passes_since, until],
            )
            for at, *row, number in cursor.fetchall():
                by_pass[number].append(Passage(datetime.fromtimestamp(at, UTC), *row))
    return by_person, by_pass


def _person(one: Taken, sight: _Sight) -> Person:
    row, resident = one.row, one.resident_id
    demands = one.place.demands if one.place else Demands()
    before = [
        passage
        for passage in sight.of_person.get(one.person or 0, ())
        if passage.passed
        and passage.direction == row.direction
        and passage.at <= one.at
        and passage.scan != row.id
    ]
    earlier = []
    if before:
        midnight = localtime(one.at).replace(hour=0, minute=0, second=0, microsecond=0)
        earlier = [passage.at for passage in before if passage.at >= midnight]
    return Person(
        direction=row.direction,
        trouble=_trouble(one),
        alert=resident in sight.measures.restricted,
        care=resident in sight.measures.in_care,
        emergency=row.verdict == "emergency",
        temperature=row.temperature,
        mask=row.mask,
        tested_at=sight.tested.get(resident) if resident else None,
        held=_held(one, sight, demands),
        passed_at=before[-1].at if before else None,
        passages=_other_passages(earlier, one.at, demands.same_passage),
    )


def _other_passages(times: Sequence[datetime], at: datetime, same: timedelta) -> int:
    """Passages before this one; scans of this very passage are none."""
    return len(rules.passages([*times, at], same)) - 1 if times else 0


def _trouble(one: Taken) -> str:
    if one.trouble:
        return one.trouble
    # Somebody on a printed list or by a guard's word has shown no code that could be wrong.
    unknown = one.resident_id is None and one.row.shown in {"code", "identity"}
    return "person_unknown" if unknown else ""


def _held(one: Taken, sight: _Sight, demands: Demands) -> PassFacts | None:
    held = one.held
    if held is None:
        return PassFacts(kind="", opens=False) if one.row.pass_text else None
    outings = 0
    if demands.outing is not None:
        since = one.at - demands.outing.every
        own: dict[int | None, list[datetime]] = defaultdict(list)
        for passage in sight.of_pass.get(held.number, ()):
            if passage.passed and passage.direction == "out" and since < passage.at <= one.at:
                own[passage.person].append(passage.at)
        outings = sum(
            len(rules.passages(times, demands.same_passage))
            if person != one.person
            else _other_passages(times, one.at, demands.same_passage)
            for person, times in own.items()
        )
    return PassFacts(kind=held.kind, opens=one.opens, outings=outings)


# Passes


def _find_passes(taken: Sequence[Taken]) -> None:
    """The pass that was shown; where a gate asks for one and none was, the one on record."""
    shown: dict[UUID, int] = {}
    trust: TrustList | None = None
    for one in taken:
        if one.row.pass_text:
            trust = trust or signing.trust_list()
            number = pass_number(one.row.pass_text, trust, one.at)
            if number is not None:
                shown[one.row.id] = number
    without = {
        one.resident_id
        for one in taken
        if one.resident_id and not one.row.pass_text and one.place and one.place.demands.needs_pass
    }
    if not shown and not without:
        return
    by_number = {row.number: row for row in Pass.objects.filter(number__in=set(shown.values()))}
    of_person = passes_of(without) if without else {}
    for one in taken:
        if one.row.id in shown:
            one.held = by_number.get(shown[one.row.id])
            one.opens = bool(one.held and opens(one.held, one))
        elif one.resident_id in of_person:
            fitting = [row for row in of_person[one.resident_id] if opens(row, one)]
            if fitting:
                one.held, one.opens = fitting[0], True


def pass_number(text: str, trust: TrustList, at: datetime) -> int | None:
    try:
        subject = read(text, trust, at, kinds=[Kind.PASS]).subject
    except BadCode as bad:
        # Signed by us and out of time: which pass it was is known.
        subject = bad.claims.subject if bad.claims else -1
    return subject if isinstance(subject, int) and subject >= 0 else None


def passes_of(resident_ids: Iterable[UUID]) -> dict[UUID, list[Pass]]:
    """Valid passes of these people and their households, medical and work first."""
    wanted = list(resident_ids)
    found: dict[UUID, list[Pass]] = defaultdict(list)
    for row in Pass.objects.filter(resident__in=wanted, state=Pass.State.VALID):
        assert row.resident_id is not None  # noqa: S101 - it was looked up by resident
        found[row.resident_id].append(row)
    households = dict(
        people.residents_visible_to(PLAYBOOK)
        .filter(id__in=wanted, household__isnull=False)
        .values_list("id", "household")
    )
    own = {
        row.household_id: row
        for row in Pass.objects.filter(
            household__in=set(households.values()), state=Pass.State.VALID
        )
    }
    for resident_id, household in households.items():
        if household in own:
            found[resident_id].append(own[household])
    return found


def opens(held: Pass, one: Taken) -> bool:
    """Whether a pass is good for this gate at this moment."""
    gate = one.area_path
    return (
        (held.state == Pass.State.VALID or (held.revoked_at or one.at) > one.at)
        and held.valid_from <= one.at < held.valid_to
        and (gate.startswith(held.area_path) or held.area_path.startswith(gate))
    )


# Questions: for a person to look at, never with a consequence of their own


def _questions(one: Taken, sight: _Sight) -> list[Question]:
    if one.place is None or one.row.verdict == "emergency":
        return []
    found = []
    quota = one.place.demands.outing
    facts = _held(one, sight, one.place.demands)
    if (
        quota is not None
        and facts is not None
        and one.held is not None
        and one.held.kind == Pass.Kind.ENTRY_EXIT
        and one.row.direction == "out"
        and one.row.verdict == "pass"
        and facts.outings >= quota.people
    ):
        found.append(_question(one, Question.Kind.OVER_QUOTA))
    seen = one.seen
    for passage in reversed(sight.of_person.get(one.person or 0, ())):
        if one.at - passage.at > one.place.two_places:
            break
        if passage.site is None or not rules.apart(passage.area_path, one.area_path):
            continue
        same = seen is not None and passage.seen == seen
        kind = Question.Kind.TWO_GATES if same else Question.Kind.TWO_TOWNS
        found.append(_question(one, kind, passage))
        break
    return found


def _question(one: Taken, kind: str, before: Passage | None = None) -> Question:
    return Question(
        kind=kind,
        area_path=one.area_path,
        person=one.person,
        pass_number=one.held.number if one.held else None,
        one=one.row.id,
        site=one.place.number if one.place else None,
        one_at=one.at,
        other=before.scan if before else None,
        elsewhere=before.site if before else None,
        other_at=before.at if before else None,
    )


# Writing


def seen_of(ref: PersonRef | None) -> int | None:
    """Eight bytes that say whether it is the same picture of a code."""
    if ref is None or not ref.code:
        return None
    digest = hashlib.sha256(ref.code.encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _differs(one: Taken) -> bool:
    return (one.said.word, one.said.rule) != (one.row.verdict, one.row.rule)


_INSERT = """
INSERT INTO gates_scan (id, site, area_path, shift, by_id, direction, person, seen, party, plate,
    plate_index, shown, pass_number, temperature, mask, verdict, rule, checked, checked_rule,
    reason, at, received_at)
SELECT id, site, area_path, shift, by_id, direction, person, seen, party, plate,
    decode(plate_index, 'hex'), shown, pass_number, temperature, mask, verdict, rule, checked,
    checked_rule, reason, at, %s
FROM json_to_recordset(%s) AS row(id uuid, site int, area_path text, shift uuid, by_id uuid,
    direction text, person int, seen bigint, party uuid, plate text, plate_index text, shown text,
    pass_number int, temperature float8, mask bool, verdict text, rule text, checked text,
    checked_rule text, reason text, at timestamptz)
ON CONFLICT (id) DO NOTHING
RETURNING id
"""


def _insert(taken: Sequence[Taken], moment: datetime) -> set[UUID]:
    """As one JSON text, which costs the client a quarter of what twenty arrays do."""
    if not taken:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [moment, json.dumps([_fields(one) for one in taken])])
        return {row_id for (row_id,) in cursor.fetchall()}


def _fields(one: Taken) -> dict[str, Any]:
    row = one.row
    differs = _differs(one)
    plate = rules.plain_plate(row.plate) if row.plate else ""
    return {
        "id": str(row.id),
        "site": one.place.number if one.place else None,
        "area_path": one.area_path,
        "shift": str(row.shift) if row.shift else None,
        "by_id": str(row.by.id),
        "direction": row.direction,
        "person": one.person,
        "seen": one.seen,
        "party": str(row.party) if row.party else None,
        "plate": rules.masked_plate(plate) if plate else "",
        "plate_index": blind_index("plate", plate).hex() if plate else None,
        "shown": row.shown,
        "pass_number": one.held.number if one.held else None,
        "temperature": row.temperature,
        "mask": row.mask,
        "verdict": row.verdict,
        "rule": row.rule,
        "checked": one.said.word if differs else "",
        "checked_rule": one.said.rule if differs else "",
        "reason": row.reason,
        "at": one.at.isoformat(),
    }


def _known(known: Sequence[Taken]) -> dict[UUID, Answer]:
    """A scan that was sent twice is one scan; another one under its id is a conflict."""
    if not known:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, by_id, direction, verdict, at, received_at FROM gates_scan"
            " WHERE id = ANY(%s)",
            [[one.row.id for one in known]],
        )
        stored = {row_id: rest for row_id, *rest in cursor.fetchall()}
    answers = {}
    for one in known:
        row = one.row
        answers[row.id] = Answer(row.id, "known")
        *said, at, received_at = stored[row.id]
        # A time that lay ahead was stored as that of its arrival.
        same_time = at == row.at or at == received_at < row.at
        if not same_time or said != [row.by.id, row.direction, row.verdict]:
            answers[one.row.id] = refused(one.row.id, errors.ScanIdIsTaken())
    return answers
