"""Small towns on disk, and the answer to them by brute force."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from fangxian.engines.tracing import Evidence, Stay, met_by
from fangxian.engines.tracing.sweep import CASES, VISITS, Rules, rows_of, write_visits

DAY_ONE = date(2022, 9, 1)
MINUTE_ONE = (DAY_ONE - date(1970, 1, 1)).days * 1440
RULES = Rules(tolerance=15, close_minutes=15)

Visit = tuple[int, int, int, int, int]
"""place, person, minutes since the first midnight of beginning and end, evidence"""


def write(folder: Path, visits: Iterable[Visit]) -> Path:
    of_day: defaultdict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        of_day[visit[2] // 1440].append(visit)
    for day, rows in of_day.items():
        write_visits(folder, DAY_ONE + timedelta(days=day), table(rows))
    return folder


def table(rows: Sequence[Visit]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            dict(
                zip(
                    VISITS.names,
                    (place, person, MINUTE_ONE + began, MINUTE_ONE + ended, evidence),
                    strict=True,
                )
            )
            for place, person, began, ended, evidence in rows
        ],
        schema=VISITS,
    )


def cases(*rows: tuple[int, int, int, int]) -> pa.Table:
    """case, person, since and until in minutes since the first midnight"""
    shifted = [(case, who, MINUTE_ONE + a, MINUTE_ONE + b) for case, who, a, b in rows]
    return pa.Table.from_pylist(
        [dict(zip(CASES.names, row, strict=True)) for row in shifted], schema=CASES
    )


def answers(out: Path, name: str) -> list[tuple[int, ...]]:
    """Every row of an answer, in an order of its own."""
    return sorted(tuple(row.values()) for batch in rows_of(out, name) for row in batch.to_pylist())


def by_brute_force(
    visits: Iterable[Visit], wanted: pa.Table, rules: Rules
) -> list[tuple[int, ...]]:
    """What contacts/ must hold, by the rule written for reading."""
    stays = [
        Stay(
            person=person,
            place=place,
            start_at=_at(MINUTE_ONE + began),
            end_at=_at(MINUTE_ONE + ended),
            evidence=Evidence(evidence),
        )
        for place, person, began, ended, evidence in visits
    ]
    found = []
    for case in wanted.to_pylist():
        met = met_by(
            case["person"],
            stays,
            since=_at(case["since"]),
            until=_at(case["until"]),
            tolerance=timedelta(minutes=rules.tolerance),
        )
        for one in met.values():
            long_enough = rules.close_minutes is None or one.sure_minutes >= rules.close_minutes
            close = one.evidence > Evidence.POSTER and long_enough
            found.append(
                (
                    case["case_id"],
                    one.person,
                    2 if close else 1,
                    one.meetings,
                    one.minutes,
                    one.sure_minutes,
                    _minute(one.first_at),
                    _minute(one.last_at),
                    int(one.evidence),
                    one.place,
                )
            )
    return sorted(found)


def _at(minute: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def _minute(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(minutes=1)
