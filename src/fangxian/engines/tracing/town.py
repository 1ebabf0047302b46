"""A made-up town for trying and measuring: who was where, in minutes since 1970, day by day.

Workplaces of log-normal sizes, venues by Zipf's law (the busiest takes some 3 % of their visits),
checkpoints, queues for sampling, and nights at home that last over midnight.
"""

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

DAY = 1440
_WORK, _VENUE, _GATE, _QUEUE, _HOME = (
    100_000_000,
    200_000_000,
    300_000_000,
    400_000_000,
    500_000_000,
)
_WORKING = 0.6


def visits_of_day(on: date, *, people: int, seed: int = 0) -> pa.Table:
    """About three visits a person. The same arguments give the same visits."""
    random = np.random.default_rng([seed, on.toordinal()])
    begins = (on - date(1970, 1, 1)) // timedelta(days=1) * DAY
    parts = []

    workers = np.flatnonzero(random.random(people) < _WORKING) + 1
    of_person = _workplaces(people, seed)
    start = begins + random.integers(7 * 60, 10 * 60, len(workers))
    parts.append(
        (_WORK + of_person[workers], workers, start, random.integers(420, 600, len(workers)))
    )

    count = int(people * 0.9)
    venues = max(people // 11, 20)
    weights = np.cumsum(np.arange(1, venues + 1) ** -0.8)
    place = np.searchsorted(weights, random.random(count) * weights[-1])
    lasted = np.clip(random.lognormal(3.2, 0.9, count), 1, 240).astype(np.int64)
    start = begins + random.integers(7 * 60, 22 * 60, count)
    parts.append((_VENUE + place, random.integers(1, people + 1, count), start, lasted))

    count = int(people * 0.2)
    start = begins + random.integers(5 * 60, 23 * 60, count)
    place = _GATE + random.integers(0, max(people // 2_000, 3), count)
    parts.append(
        (place, random.integers(1, people + 1, count), start, random.integers(0, 3, count))
    )

    count = int(people * 0.3)
    start = begins + random.integers(7 * 60, 20 * 60, count)
    place = _QUEUE + random.integers(0, max(people // 4_800, 3), count)
    parts.append(
        (place, random.integers(1, people + 1, count), start, random.integers(5, 46, count))
    )

    home = np.arange(1, people + 1)
    start = begins + random.integers(18 * 60, 23 * 60, people)
    lasted = begins + DAY + random.integers(6 * 60 + 30, 9 * 60, people) - start
    parts.append((_HOME + home // 3, home, start, lasted))

    place, person, start, lasted = (np.concatenate(column) for column in zip(*parts, strict=True))
    evidence = random.choice(np.array([3, 4, 1], dtype=np.int8), len(place), p=[0.7, 0.15, 0.15])
    return pa.table(
        {
            "place": place.astype(np.int32),
            "person": person.astype(np.int32),
            "began": start.astype(np.int32),
            "ended": (start + lasted).astype(np.int32),
            "evidence": evidence,
        }
    )


def cases_of(last: date, *, people: int, cases: int, days: int, seed: int = 0) -> pa.Table:
    """Random people, each with a window of four days that ends on one of the days up to `last`."""
    random = np.random.default_rng([seed, cases])
    person = random.choice(people, cases, replace=False) + 1
    ends = (last - date(1970, 1, 1)) // timedelta(days=1) * DAY + DAY
    until = ends - random.integers(0, max(days - 4, 1) * DAY, cases)
    columns = {
        "case_id": np.arange(1, cases + 1),
        "person": person,
        "since": until - 4 * DAY,
        "until": until,
    }
    return pa.table({name: column.astype(np.int32) for name, column in columns.items()})


def _workplaces(people: int, seed: int) -> npt.NDArray[np.int64]:
    """Where everybody works, by number; the same on every day."""
    random = np.random.default_rng(seed)
    offices = max(people // 19, 5)
    sizes = np.minimum(random.lognormal(2.3, 1.2, offices), 2_000)
    chosen = np.searchsorted(np.cumsum(sizes), random.random(people + 1) * sizes.sum())
    found: npt.NDArray[np.int64] = np.minimum(chosen, offices - 1).astype(np.int64)
    return found


def risks_of(last: date, *, people: int, places: int) -> pa.Table:
    """The busiest venues, each inside a risk area of its own, for the week up to `last`."""
    ends = (last - date(1970, 1, 1)) // timedelta(days=1) * DAY + DAY
    rows = [
        {
            "area": n + 1,
            "place": _VENUE + n,
            "level": 1 + n % 3,
            "since": ends - 7 * DAY,
            "until": ends,
        }
        for n in range(min(places, people))
    ]
    kinds = {"level": pa.int8()}
    names = ["area", "place", "level", "since", "until"]
    return pa.Table.from_pylist(
        rows, schema=pa.schema([(name, kinds.get(name, pa.int32())) for name in names])
    )
