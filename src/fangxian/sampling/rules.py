"""What follows from a swab, a tube and a finding: plain values, no database, no clock."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Literal, NamedTuple
from uuid import UUID

from fangxian.kernel.access import Actor
from fangxian.people.rules import PersonRef

Finding = Literal["negative", "positive", "invalid"]

CLOCKS_APART = timedelta(minutes=5)
"""How far ahead of ours the clock of a phone or a laboratory may be.

Neuman, C. et al. (2005), "The Kerberos Network Authentication Service (V5)", RFC 4120, 8.2: the
customary bound for clocks that nobody keeps but the network. A time further ahead is a mistake.
"""

GROUP_OF_PURPOSE: Mapping[str, str] = {
    "round": "general",
    "wish": "general",
    "order": "key_person",
}
"""Whose pool size in the pack counts for a tube, unless it is said. A retest is always single."""


FEVER = "fever"
HOUSEHOLD = "household"
SINGLE = 1

COLD = (2.0, 8.0)
"""°C between which a sample counts as kept cold (the guide's `cold_limit`); otherwise as warm."""


class SwabRow(NamedTuple):
    """One swab as a desk tells it. Each names who took it, for one batch may hold many desks'.

    id   made on the phone; the same swab again changes nothing
    """

    id: UUID
    by: Actor
    tube_id: UUID
    person: PersonRef
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A test that somebody owes.

    about_id   the tube to be retested or that was lost, or the order whose test day it is
    day        test day as the pack counts, None for a retest
    group      kind of person as in the pack's `sampling.pools`
    """

    resident_id: UUID
    area_path: str
    reason: Literal["retest", "order", "lost"]
    about_id: UUID
    due_at: datetime
    day: int | None = None
    group: str = "key_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTube:
    """A tube as it comes in a batch from a phone or a point: closed, with everybody in it.

    members   residents and when each was swabbed
    """

    id: UUID
    area_path: str
    members: Sequence[tuple[UUID, datetime]]
    sealed_at: datetime
    opened_at: datetime | None = None
    purpose: str = "round"
    group: str = ""


class TubeRow(NamedTuple):
    """One tube as a desk opens it; the fields are those of `actions.open_tube`.

    area_path   where it is taken, for a tube at a door
    """

    id: UUID
    by: Actor
    at: datetime
    barcode: str = ""
    site_id: UUID | None = None
    table: int | None = None
    area_path: str = ""
    round_id: UUID | None = None
    group: str = ""
    purpose: str = "round"


class SealRow(NamedTuple):
    """One tube as a desk closes it; `counted` are the swabs that somebody counted by hand."""

    tube_id: UUID
    by: Actor
    sealed_at: datetime
    counted: int | None = None


_NO_FACTS: Mapping[str, object] = {}


class Answer(NamedTuple):
    """What became of one row of a batch.

    outcome   "registered" (a tube) or "applied" (a swab), "known" (it was here already, nothing
              changed) or "refused"
    code      the refusal's code, message its sentence, facts its values
    """

    id: UUID
    outcome: Literal["registered", "applied", "known", "refused"]
    barcode: str = ""
    code: str = ""
    message: str = ""
    facts: Mapping[str, object] = _NO_FACTS


def in_the_future(moment: datetime, at: datetime) -> bool:
    return moment > at + CLOCKS_APART


def day_ends(moment: datetime, zone: tzinfo) -> datetime:
    """Midnight after a moment, where it is lived."""
    day = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)


def call_after(finding: str, swabs: int) -> str:
    """The state of a test call whose swab lay in a tube with this finding.

    A negative tube clears everybody in it. A positive pool says nothing about one of its members,
    and an invalid measurement nothing about anybody: both leave the test owed.
    """
    if finding == "negative":
        return "negative"
    if finding == "positive" and swabs == 1:
        return "positive"
    return "due"


# Which tube may this person enter? The same words and rules as on the phone.


def capacity(pools: Mapping[str, int], group: str, purpose: str = "round") -> int:
    """Swabs in a tube for a group of people, by the sizes of the pack; a retest is single."""
    if purpose == "retest":
        return SINGLE
    return pools.get(group, pools["general"])


def never_pooled(pools: Mapping[str, int]) -> list[str]:
    return sorted(group for group, size in pools.items() if size == SINGLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeInside:
    """What the desk sees of the tube before it."""

    capacity: int
    swabs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a person's swab goes, and the rule behind it.

    answer   tube (the open one) | new_tube (of the same group) | own_tube (that holds nobody else)
             | not_again (has been swabbed; no swab now)
    """

    answer: Literal["tube", "new_tube", "own_tube", "not_again"]
    rule: str = ""


def entry(
    tube: TubeInside | None,
    *,
    single: bool = False,
    fever: bool = False,
    in_this_tube: bool = False,
    in_this_round: bool = False,
) -> Entry:
    if in_this_tube or in_this_round:
        where = "tube" if in_this_tube else "round"
        return Entry(answer="not_again", rule=f"swabbed_in_this_{where}")
    if single or fever:
        alone = "must_not_be_pooled" if single else "fever_is_not_pooled"
        own = tube is not None and tube.capacity == SINGLE and tube.swabs == 0
        return Entry(answer="tube") if own else Entry(answer="own_tube", rule=alone)
    if tube is None or tube.swabs >= tube.capacity:
        return Entry(answer="new_tube", rule="tube_is_full" if tube else "no_tube_open")
    return Entry(answer="tube")


def may_be_one_home(a: str, b: str) -> bool:
    """Whether two people may live together, as exactly as is known where each lives."""
    return a.startswith(b) or b.startswith(a)


# Boxes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """A box as it was packed against a box as it was found; barcodes."""

    received: list[str]
    broken: list[str]
    missing: list[str]
    extra: list[str]

    @property
    def is_whole(self) -> bool:
        return not (self.broken or self.missing or self.extra)


def reconcile(packed: Iterable[str], found: Iterable[str], broken: Iterable[str]) -> Reconciled:
    """A tube said to be broken was found, whether or not it was read with the others."""
    listed, shattered = set(packed), set(broken)
    there = set(found) | shattered
    return Reconciled(
        received=sorted((listed & there) - shattered),
        broken=sorted(listed & shattered),
        missing=sorted(listed - there),
        extra=sorted(there - listed),
    )


def kept_cold(temperatures: Iterable[float]) -> bool:
    """Whether every reading says so; without a reading nobody knows, so it counts as warm."""
    readings = list(temperatures)
    return bool(readings) and all(COLD[0] <= one <= COLD[1] for one in readings)


# Results as laboratories send them

_FINDINGS: Mapping[str, Finding] = {
    "negative": "negative",
    "neg": "negative",
    "-": "negative",
    "n": "negative",
    "阴性": "negative",
    "阴": "negative",
    "positive": "positive",
    "pos": "positive",
    "+": "positive",
    "p": "positive",
    "阳性": "positive",
    "阳": "positive",
    "异常": "positive",
    "invalid": "invalid",
    "i": "invalid",
    "无效": "invalid",
}
_COLUMNS: Mapping[str, str] = {
    "barcode": "barcode",
    "tube": "barcode",
    "管码": "barcode",
    "条码": "barcode",
    "采样管": "barcode",
    "finding": "finding",
    "result": "finding",
    "结果": "finding",
    "检测结果": "finding",
    "measured_at": "measured_at",
    "time": "measured_at",
    "检测时间": "measured_at",
    "ct": "ct",
    "ct值": "ct",
    "reagent": "reagent",
    "试剂": "reagent",
    "检测试剂": "reagent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """One line of a laboratory's file."""

    line: int
    barcode: str
    finding: Finding
    measured_at: datetime
    ct: Decimal | None = None
    reagent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A line of which no result can be made.

    trouble   what is missing or not understood
    """

    line: int
    barcode: str
    trouble: Literal["columns", "barcode", "finding", "time"]


def read_finding(word: str) -> Finding | None:
    return _FINDINGS.get(word.strip().lower())


def read_time(said: object, zone: tzinfo) -> datetime | None:
    """ISO 8601, also with slashes and without seconds, or a cell that Excel knows to be a time; a
    time without a zone is local.
    """
    if isinstance(said, datetime):
        moment = said
    else:
        try:
            moment = datetime.fromisoformat(str(said).strip().replace("/", "-"))
        except ValueError:
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def read_ct(said: str) -> Decimal | None:
    """A cycle threshold; what laboratories write where nothing was found is none."""
    try:
        return Decimal(said).quantize(Decimal("0.1"))
    except InvalidOperation:
        return None


def read_results(text: str, zone: tzinfo) -> Iterator[ResultLine | Unreadable]:
    """The lines of a file with the columns barcode, finding, measured_at, in any order; ct and
    reagent are read where there are such.

    A file without these columns gives one line with the trouble "columns". Empty lines are passed
    over.
    """
    rows = csv.reader(StringIO(text.lstrip("\ufeff"), newline=None))
    yield from read_lines(((rows.line_num, row) for row in rows), zone)


def read_lines(
    rows: Iterable[tuple[int, Sequence[object]]], zone: tzinfo
) -> Iterator[ResultLine | Unreadable]:
    """The same of lines that were taken apart already, each with its number."""
    lines = iter(rows)
    _first, heading = next(lines, (1, []))
    header = [_COLUMNS.get(_said(cell).lower(), "") for cell in heading]
    if not {"barcode", "finding", "measured_at"} <= set(header):
        yield Unreadable(line=1, barcode="", trouble="columns")
        return
    for line, row in lines:
        if not any(_said(cell) for cell in row):
            continue
        cells = dict(zip(header, row, strict=False))
        barcode = _said(cells.get("barcode"))
        finding = read_finding(_said(cells.get("finding")))
        measured_at = read_time(cells.get("measured_at") or "", zone)
        if not barcode:
            yield Unreadable(line=line, barcode="", trouble="barcode")
        elif finding is None:
            yield Unreadable(line=line, barcode=barcode, trouble="finding")
        elif measured_at is None:
            yield Unreadable(line=line, barcode=barcode, trouble="time")
        else:
            yield ResultLine(
                line=line,
                barcode=barcode,
                finding=finding,
                measured_at=measured_at,
                ct=read_ct(_said(cells.get("ct"))),
                reagent=_said(cells.get("reagent")),
            )


def _said(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
