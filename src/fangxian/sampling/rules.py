"""What follows from a swab, a tube and a finding: plain values, no database, no clock."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from io import StringIO
from typing import Literal
from uuid import UUID

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A test that somebody owes.

    about_id   the tube to be retested, or the order whose test day it is
    day        test day as the pack counts, None for a retest
    group      kind of person as in the pack's `sampling.pools`
    """

    resident_id: UUID
    area_path: str
    reason: Literal["retest", "order"]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one row of a batch.

    outcome   "registered", "known" (it was here already, nothing changed) or "refused"
    code      the refusal's code, message its sentence
    """

    id: UUID
    outcome: Literal["registered", "known", "refused"]
    barcode: str = ""
    code: str = ""
    message: str = ""


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
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """One line of a laboratory's file."""

    line: int
    barcode: str
    finding: Finding
    measured_at: datetime


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


def read_time(text: str, zone: tzinfo) -> datetime | None:
    """ISO 8601, also with slashes and without seconds; a time without a zone is local."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def read_results(text: str, zone: tzinfo) -> Iterator[ResultLine | Unreadable]:
    """The lines of a file with the columns barcode, finding, measured_at, in any order.

    A file without these columns gives one line with the trouble "columns". Empty lines are passed
    over.
    """
    rows = csv.reader(StringIO(text.lstrip("\ufeff"), newline=None))
    header = [_COLUMNS.get(word.strip().lower(), "") for word in next(rows, [])]
    if not {"barcode", "finding", "measured_at"} <= set(header):
        yield Unreadable(line=1, barcode="", trouble="columns")
        return
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = dict(zip(header, row, strict=False))
        line, barcode = rows.line_num, cells.get("barcode", "").strip()
        finding = read_finding(cells.get("finding", ""))
        measured_at = read_time(cells.get("measured_at", ""), zone)
        if not barcode:
            yield Unreadable(line=line, barcode="", trouble="barcode")
        elif finding is None:
            yield Unreadable(line=line, barcode=barcode, trouble="finding")
        elif measured_at is None:
            yield Unreadable(line=line, barcode=barcode, trouble="time")
        else:
            yield ResultLine(line=line, barcode=barcode, finding=finding, measured_at=measured_at)
