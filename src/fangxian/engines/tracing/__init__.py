"""Who was at the same place at the same time. Plain values in, plain values out.

    met_by         everybody whom one person met in a window, with the dose
    meetings_of    every single meeting behind it

A *meeting* is one stay of the person and one stay of another at the same place, which overlap or
come within the tolerance of each other. Both ends of a stay belong to it. Only the part of the
person's stay that lies inside the window counts.

The dose is time together: meetings that overlap each other, as when somebody was scanned twice,
are counted once. It is kept twice, for a poster code proves little (a photograph of it can be
scanned anywhere): over all meetings, and over those where neither side was a poster scan.

This is the rule written for reading and for checking, in time proportional to stays times stays.
The same question is answered from an index by `cases.queries.co_present`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple


class Evidence(IntEnum):
    """How sure it is that somebody was there: higher is surer."""

    POSTER = 1
    INTERVIEW = 2
    ROTATING = 3
    ATTENDED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    person: int
    place: int
    start_at: datetime
    end_at: datetime
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Two stays that met.

    first_at, last_at   the time together; for stays that only came near each other, the time
                        between them
    together            how long they were there at once, 0 if they only came near
    evidence            that of the less sure side
    """

    person: int
    place: int
    first_at: datetime
    last_at: datetime
    together: timedelta
    evidence: Evidence

    @property
    def sure(self) -> bool:
        return self.evidence > Evidence.POSTER


class Met(NamedTuple):
    """One person met, over all meetings. A tuple, for thousands are made for one case.

    minutes        whole minutes together
    sure_minutes   … without meetings known only from a poster code
    evidence       that of the surest meeting
    place          where the longest meeting was (to the second; of equals the higher number)
    """

    person: int
    meetings: int
    minutes: int
    sure_minutes: int
    first_at: datetime
    last_at: datetime
    evidence: Evidence
    place: int


def meetings_of(
    person: int,
    stays: Sequence[Stay],
    *,
    since: datetime,
    until: datetime,
    tolerance: timedelta,
) -> Iterator[Meeting]:
    for own in stays:
        if own.person != person or own.start_at > until or own.end_at < since:
            continue
        start_at, end_at = max(own.start_at, since), min(own.end_at, until)
        for other in stays:
            if (
                other.person != person
                and other.place == own.place
                and other.start_at <= end_at + tolerance
                and other.end_at >= start_at - tolerance
            ):
                began, ended = max(start_at, other.start_at), min(end_at, other.end_at)
                yield Meeting(
                    person=other.person,
                    place=own.place,
                    first_at=min(began, ended),
                    last_at=max(began, ended),
                    together=max(ended - began, timedelta()),
                    evidence=min(own.evidence, other.evidence),
                )


def met_by(
    person: int,
    stays: Sequence[Stay],
    *,
    since: datetime,
    until: datetime,
    tolerance: timedelta,
) -> dict[int, Met]:
    """Everybody whom `person` met between `since` and `until`, by their number."""
    found: defaultdict[int, list[Meeting]] = defaultdict(list)
    for meeting in meetings_of(person, stays, since=since, until=until, tolerance=tolerance):
        found[meeting.person].append(meeting)
    return {
        other: Met(
            person=other,
            meetings=len(meetings),
            minutes=_minutes(meetings),
            sure_minutes=_minutes(meeting for meeting in meetings if meeting.sure),
            first_at=min(meeting.first_at for meeting in meetings),
            last_at=max(meeting.last_at for meeting in meetings),
            evidence=max(meeting.evidence for meeting in meetings),
            place=max((m.together // timedelta(seconds=1), m.place) for m in meetings)[1],
        )
        for other, meetings in found.items()
    }


def _minutes(meetings: Iterable[Meeting]) -> int:
    """Whole minutes covered by at least one of the meetings."""
    together = sorted((m.first_at, m.last_at) for m in meetings if m.together)
    covered, reached = timedelta(), None
    for began, ended in together:
        if reached is None or began > reached:
            covered, reached = covered + (ended - began), ended
        elif ended > reached:
            covered, reached = covered + (ended - reached), ended
    return covered // timedelta(minutes=1)
