"""What it costs to find whom one case met, over ten million visits.

`trace_online.ratio`  the search of one case, from the call to the last contact with its dose,
                      against bare counting of the rows in the very same ranges of the index; the
                      median over cases of the ratio of medians over turns
`trace_online.second_order`
                      the search with a second step: everybody whom the close contacts met since
                      they first met the case, against counting the rows in the ranges of both

The town is made up: 28 days of workplaces (log-normal sizes), venues (Zipf with exponent 0.8, so
that the busiest takes some 3 % of them), checkpoints and queues for sampling. Window and tolerance
are those of the ninth edition.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.figures import figure, note, own_database, seconds

VISITS = 10_000_000
PEOPLE = 170_000
DAYS = 28
CASES = 80
TURNS = 9
SEED = 20220902

DAY_ONE = datetime(2022, 8, 8, 16, tzinfo=UTC)  # midnight in Xining
SOURCES = ("rotating", "attended", "poster")
Column = npt.NDArray[np.int64]
_COUNT = (
    "SELECT count(*) FROM unnest(%s::int[], %s::timestamptz[], %s::timestamptz[])"
    " AS r(place, low, high) JOIN cases_visit AS v"
    " ON v.place = r.place AND v.start_at >= r.low AND v.start_at <= r.high"
)


def main() -> None:
    own_database("trace_online")
    from django.db import connection

    with connection.cursor() as cursor:
        note(f"loading {VISITS:,} visits: {seconds(lambda: load(cursor)):.0f} s")
        cases = some_cases(cursor)
    measure(cases)


def town(random: np.random.Generator) -> tuple[Column, Column, Column, Column]:
    """person, place, start and end in seconds since the first midnight; in the order of time."""
    hour = 3600
    shares = {"work": 0.33, "venue": 0.5, "checkpoint": 0.07, "queue": 0.1}
    made = VISITS + VISITS // 100  # a few begin twice in the same second and are left out
    parts: list[tuple[Column, Column, Column, Column]] = []
    for kind, share in shares.items():
        count = int(made * share)
        person = random.integers(1, PEOPLE + 1, count)
        day = random.integers(0, DAYS, count) * 24 * hour
        match kind:
            case "work":
                offices = np.minimum(random.lognormal(2.3, 1.2, 9_000), 2_000)
                of_person = random.choice(9_000, PEOPLE + 1, p=offices / offices.sum())
                place = 100_000 + of_person[person]
                start = day + random.integers(7 * hour, 10 * hour, count)
                length = random.integers(7 * hour, 10 * hour, count)
            case "venue":
                weights = np.arange(1, 15_001) ** -0.8
                place = 200_000 + random.choice(15_000, count, p=weights / weights.sum())
                start = day + random.integers(7 * hour, 22 * hour, count)
                length = np.int64(60) * np.clip(random.lognormal(3.2, 0.9, count), 1, 240).astype(
                    int
                )
            case "checkpoint":
                place = 300_000 + random.integers(0, 150, count)
                start = day + random.integers(5 * hour, 23 * hour, count)
                length = random.integers(0, 120, count)
            case _:
                place = 400_000 + random.integers(0, 86, count)
                start = day + random.integers(7 * hour, 20 * hour, count)
                length = random.integers(5 * 60, 45 * 60, count)
        parts.append((person, place, start, start + length))
    person, place, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
    key = (person * 500_000 + place) * (DAYS * 25 * hour) + start
    kept = random.permutation(np.unique(key, return_index=True)[1])[:VISITS]
    kept = kept[np.argsort(start[kept], kind="stable")]
    return person[kept], place[kept], start[kept], end[kept]


def load(cursor: Any) -> None:
    """Rows first, indexes afterwards, then what a vacuum at night leaves: a clean map."""
    random = np.random.default_rng(SEED)
    person, place, start, end = town(random)
    source = random.choice(len(SOURCES), VISITS, p=[0.7, 0.15, 0.15])
    cursor.execute(
        "ALTER TABLE cases_visit DROP CONSTRAINT cases_visit_pkey;"
        "DROP INDEX visit_begins_once, visit_of_place"
    )
    for number, word in enumerate(SOURCES):
        rows = np.flatnonzero(source == number)
        copy = (
            "COPY cases_visit (person, place, start_at, end_at, source) FROM STDIN (FORMAT binary)"
        )
        with cursor.copy(copy) as sink:
            for piece in binary(person[rows], place[rows], start[rows], end[rows], word):
                sink.write(piece)
    cursor.execute(
        "ALTER TABLE cases_visit ADD PRIMARY KEY (id);"
        "CREATE UNIQUE INDEX visit_begins_once ON cases_visit (person, start_at, place)"
        " INCLUDE (end_at, source);"
        "CREATE INDEX visit_of_place ON cases_visit (place, start_at)"
        " INCLUDE (end_at, person, source);"
        "INSERT INTO cases_longestvisit (place, minutes)"
        " SELECT place, ceil(extract(epoch FROM max(end_at - start_at)) / 60)"
        " FROM cases_visit GROUP BY place"
    )
    cursor.execute("VACUUM (ANALYZE) cases_visit")
    cursor.execute("VACUUM (ANALYZE) cases_longestvisit")


def binary(
    person: Column, place: Column, start: Column, end: Column, source: str
) -> Iterator[bytes]:
    """Rows in PostgreSQL's own format: counts and lengths before values, times in µs from 2000."""
    row = np.dtype(
        [
            ("fields", ">i2"),
            *[
                pair
                for name, kind in (
                    ("person", ">i4"),
                    ("place", ">i4"),
                    ("start", ">i8"),
                    ("end", ">i8"),
                )
                for pair in ((f"{name}_length", ">i4"), (name, kind))
            ],
            ("source_length", ">i4"),
            ("source", f"S{len(source)}"),
        ]
    )
    epoch = int((DAY_ONE - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())
    yield b"PGCOPY\n\xff\r\n\x00" + bytes(8)
    for first in range(0, len(person), 500_000):
        piece = slice(first, first + 500_000)
        table = np.zeros(len(person[piece]), dtype=row)
        table["fields"] = 5
        table["person"], table["person_length"] = person[piece], 4
        table["place"], table["place_length"] = place[piece], 4
        table["start"], table["start_length"] = (start[piece] + epoch) * 1_000_000, 8
        table["end"], table["end_length"] = (end[piece] + epoch) * 1_000_000, 8
        table["source"], table["source_length"] = source.encode(), len(source)
        yield table.tobytes()
    yield b"\xff\xff"


def some_cases(cursor: Any) -> list[tuple[int, datetime, datetime]]:
    """Random people, each with a window of their own; those who went nowhere in it are no test."""
    from fangxian.protocol.packs import load_pack

    before = load_pack("cn-v9").contact.window_before_specimen.length
    random = np.random.default_rng(SEED + 1)
    cases: list[tuple[int, datetime, datetime]] = []
    while len(cases) < CASES:
        person = int(random.integers(1, PEOPLE + 1))
        until = DAY_ONE + timedelta(minutes=int(random.integers(5 * 1440, DAYS * 1440)))
        cursor.execute(
            "SELECT count(*) FROM cases_visit WHERE person = %s AND start_at BETWEEN %s AND %s",
            [person, until - before, until],
        )
        if cursor.fetchone()[0]:
            cases.append((person, until - before, until))
    return cases


def measure(cases: Sequence[tuple[int, datetime, datetime]]) -> None:
    """Search and look-up take turns, case by case; the first turn only warms."""
    from django.db import connection

    from fangxian.cases.queries import co_present
    from fangxian.kernel.access import PLAYBOOK
    from fangxian.protocol.packs import load_pack

    tolerance = load_pack("cn-v9").contact.co_presence_tolerance.length
    cursor = connection.cursor()
    # The look-up shall not be slowed by another plan than that of the search.
    for setting in ("hashjoin", "mergejoin", "seqscan", "bitmapscan"):
        cursor.execute(f"SET enable_{setting} = off")
    ranges = [ranges_of(cursor, *case, tolerance) for case in cases]
    found: list[int] = [0] * len(cases)
    rows: list[int] = [0] * len(cases)

    def search(at: int) -> None:
        person, since, until = cases[at]
        found[at] = len(co_present(PLAYBOOK, person, since=since, until=until, tolerance=tolerance))

    def look_up(at: int) -> None:
        cursor.execute(_COUNT, ranges[at])
        rows[at] = cursor.fetchone()[0]

    taken: dict[str, list[list[float]]] = {"search": [], "look-up": []}
    for turn in range(TURNS + 1):
        spent: dict[str, list[float]] = {"search": [], "look-up": []}
        for at in range(len(cases)):
            works = [("search", search), ("look-up", look_up)]
            for name, work in works[:: 1 if (turn + at) % 2 else -1]:
                spent[name].append(seconds(lambda work=work, at=at: work(at)))  # type: ignore[misc]
        if turn:
            for name, times in spent.items():
                taken[name].append(times)

    of_case = {
        name: [median(times) for times in zip(*turns, strict=True)] for name, turns in taken.items()
    }
    ratios = [a / b for a, b in zip(of_case["search"], of_case["look-up"], strict=True)]
    for name, times in of_case.items():
        p95 = sorted(times)[int(len(times) * 0.95)]
        note(f"{name}: median {median(times) * 1e3:.2f} ms, p95 {p95 * 1e3:.2f} ms")
    note(f"rows in the ranges: median {median(rows):.0f}; people met: median {median(found):.0f}")
    note(f"all cases together: {sum(of_case['search']) / sum(of_case['look-up']):.2f} times")
    figure(
        "trace_online.ratio",
        median(ratios),
        "times",
        against="counting the rows in the same ranges of the index; at most 5",
    )
    second_order(cursor, cases, ranges, tolerance)


SECOND = 12
"""Cases whose contacts' contacts are measured: a step further is some hundred searches each."""
AT_MOST = 60
"""Close contacts of one case that are followed."""


def second_order(
    cursor: Any,
    cases: Sequence[tuple[int, datetime, datetime]],
    ranges: Sequence[list[Any]],
    tolerance: timedelta,
) -> None:
    from fangxian.cases.queries import co_present, co_present_with
    from fangxian.cases.rules import kind_of
    from fangxian.kernel.access import PLAYBOOK
    from fangxian.protocol.packs import load_pack

    minutes = load_pack("cn-v9").contact.close_minutes
    least = minutes.whole if minutes else None
    ratios, times, people = [], [], []
    for (person, since, until), own in zip(cases[:SECOND], ranges[:SECOND], strict=True):

        def close(
            person: int = person, since: datetime = since, until: datetime = until
        ) -> list[tuple[int, datetime]]:
            met = co_present(PLAYBOOK, person, since=since, until=until, tolerance=tolerance)
            near = [one for one in met if kind_of(one, close_minutes=least) == "close"]
            return [(one.person, one.first_at) for one in near[:AT_MOST]]

        follow = close()
        if not follow:
            continue
        both = [list(column) for column in own]
        for other, first_at in follow:
            found = ranges_of(cursor, other, first_at, until, tolerance)
            for column, more in zip(both, found, strict=True):
                column.extend(more or [])

        def search(close: Any = close, until: datetime = until) -> None:
            co_present_with(PLAYBOOK, close(), until=until, tolerance=tolerance)

        def look_up(both: Any = both) -> None:
            cursor.execute(_COUNT, both)
            cursor.fetchone()

        taken: dict[str, list[float]] = {"search": [], "look-up": []}
        for turn in range(TURNS):
            for name, work in (("search", search), ("look-up", look_up))[:: 1 if turn % 2 else -1]:
                taken[name].append(seconds(work))
        ratios.append(median(taken["search"]) / median(taken["look-up"]))
        times.append(median(taken["search"]))
        people.append(len(follow))
    note(
        f"second step: median {median(times) * 1e3:.0f} ms for {median(people):.0f} close contacts"
    )
    figure(
        "trace_online.second_order",
        median(ratios),
        "times",
        against="counting the rows in the same ranges of the index; at most 20",
    )


def ranges_of(
    cursor: Any, person: int, since: datetime, until: datetime, tolerance: timedelta
) -> list[list[Any]]:
    """The ranges that the search reads: place, first and last start of visits there."""
    cursor.execute(
        "SELECT array_agg(v.place),"
        " array_agg(greatest(v.start_at, %s) - %s - l.minutes * interval '1 minute'),"
        " array_agg(least(v.end_at, %s) + %s)"
        " FROM cases_visit AS v JOIN cases_longestvisit AS l USING (place)"
        " WHERE v.person = %s AND v.start_at <= %s AND v.end_at >= %s",
        [since, tolerance, until, tolerance, person, until, since],
    )
    return list(cursor.fetchone())


if __name__ == "__main__":
    main()
