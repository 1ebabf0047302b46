"""Filling a district with made-up residents: the engine's columns, sealed and written."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from uuid import UUID

import numpy as np
from django.db import connection

from fangxian.areas.models import Area
from fangxian.engines.synthesis.residents import (
    MALE,
    Census,
    Made,
    identity_numbers,
    make_people,
    phone_numbers,
)
from fangxian.people import bulk, rules
from fangxian.people.models import Resident

Progress = Callable[[str, int, int], None]
"""What is being written, how many are done, of how many."""


def fill(
    district: Area,
    census: Census,
    *,
    numbers: list[int],
    seed: int,
    on: date,
    at: datetime,
    progress: Progress,
) -> None:
    """Make a person for each short number, and write them with households, stays and needs."""
    with _no_collector():
        _fill(district, census, numbers, seed, on, at, progress)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Looking for garbage among millions of small values that all stay costs a third more time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _fill(
    district: Area,
    census: Census,
    numbers: list[int],
    seed: int,
    on: date,
    at: datetime,
    progress: Progress,
) -> None:
    people = len(numbers)
    doors = _doors(district.path)
    progress("people", 0, people)
    made = make_people(census, people=people, doors=len(doors), on=on, seed=seed)
    name = _Ids(at, seed, district.number)
    dwellings = [doors[door] for door in made.door.tolist()]
    households, residents = name.series(1, len(dwellings)), name.series(2, people)
    columns = _columns(made, district.code, seed, residents, numbers, households, dwellings)
    mostly_new = Resident.objects.count() < people
    with bulk.checked_at_the_end() if mostly_new else nullcontext():
        bulk.write_households(
            (one, *dwelling) for one, dwelling in zip(households, dwellings, strict=True)
        )
        bulk.write_residents(
            columns,
            synthetic=True,
            at=at,
            progress=lambda done: progress("residents", done, people),
        )
        bulk.write_stays(_stays(made, name, residents, dwellings), "generated")
        bulk.write_needs(_needs(made, name, residents, on))
        progress("indexes", people, people)


class _Ids:
    """UUIDs in the form of version 7 that are the same for the same seed, and rise."""

    def __init__(self, at: datetime, seed: int, district: int) -> None:
        milliseconds = int(at.timestamp() * 1000)
        mixed = np.random.default_rng([seed, district]).integers(1 << 29)
        self.head = milliseconds << 80 | 0x7 << 76
        self.tail = 0b10 << 62 | int(mixed) << 32

    def series(self, kind: int, count: int) -> list[UUID]:
        start = self.head | kind << 64 | self.tail
        return [UUID(int=start + n) for n in range(count)]


def has_doors(path: str) -> bool:
    return Area.objects.filter(
        path__startswith=path, level=Area.Level.DWELLING, ended_at=None
    ).exists()


def _doors(path: str) -> list[tuple[UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, path FROM areas_area WHERE level = 'dwelling' AND ended_at IS NULL"
            " AND starts_with(path, %s) ORDER BY path",
            [path],
        )
        return [(one, where) for one, where in cursor.fetchall()]


def _columns(
    made: Made,
    district: str,
    seed: int,
    residents: list[UUID],
    numbers: list[int],
    households: list[UUID],
    dwellings: list[tuple[UUID, str]],
) -> bulk.Columns:
    house = made.household.tolist()
    prefix = rules.SYNTHETIC_DIVISION + district[2:6].rjust(4, "0")
    days = {ordinal: date.fromordinal(ordinal) for ordinal in np.unique(made.born).tolist()}
    phones = iter(phone_numbers(rules.SYNTHETIC_PHONE, int(made.phone.sum()), seed=seed))
    return bulk.Columns(
        ids=residents,
        numbers=numbers,
        names=made.names,
        identity_types=[rules.RESIDENT_CARD] * len(residents),
        identities=identity_numbers(prefix, made.born, made.sex),
        phones=[next(phones) if has else None for has in made.phone.tolist()],
        sexes=["male" if sex == MALE else "female" for sex in made.sex.tolist()],
        born=[days[ordinal] for ordinal in made.born.tolist()],
        households=[households[household] for household in house],
        paths=[dwellings[household][1] for household in house],
    )


def _stays(
    made: Made, name: _Ids, residents: list[UUID], dwellings: list[tuple[UUID, str]]
) -> Iterator[tuple[UUID, UUID, UUID, str, int]]:
    house, since = made.household.tolist(), made.since.tolist()
    for who, one in enumerate(name.series(3, len(residents))):
        dwelling, path = dwellings[house[who]]
        yield one, residents[who], dwelling, path, since[who]


def _needs(
    made: Made, name: _Ids, residents: list[UUID], on: date
) -> Iterator[tuple[UUID, UUID, str, int]]:
    """A pregnancy is noted today, everything else since the stay began."""
    since = made.since.tolist()
    wanted = [
        (who, kind) for kind, have in made.needs.items() for who in np.flatnonzero(have).tolist()
    ]
    for one, (who, kind) in zip(name.series(4, len(wanted)), wanted, strict=True):
        yield one, residents[who], kind, on.toordinal() if kind == "pregnancy" else since[who]
