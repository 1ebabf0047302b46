"""Every week that one person may work, written down once.

Three shifts a day, five a week and two nights at most make about six thousand weeks: few enough to
weigh each of them for everybody with one product of matrices, instead of searching for each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fangxian.engines.planning.bundles import Floats, Ints

_Reals = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift of each day: minutes after midnight; `ends` is over 1,440 if it ends the next day."""

    id: str
    begins: int
    ends: int
    night: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What nobody may be asked to go beyond.

    shifts, nights, days   at most so many shifts and nights in the time planned, and so many
                           days in a row
    rest                   minutes between the end of a shift and the next
    metres                 between home and post, in a straight line
    """

    shifts: int
    nights: int
    days: int
    rest: int
    metres: int


@dataclass(frozen=True, slots=True, eq=False)
class Weeks:
    """`works[i, slot]`: whether week i has a shift there; slot = day x shifts + shift.

    Weeks of one kind stand together, from starts[k]: same number of shifts and of nights, same
    days in a row at the beginning, same first shift (shift number + 1; 0 if the first day is off).

    night   of each shift of the day, whether it is one
    """

    works: _Reals
    starts: Ints
    shifts: Ints
    nights: Ints
    lead: Ints
    first: Ints
    night: _Reals

    def kinds(self, crew: Ints, slot: Ints, crews: int) -> Ints:
        """Of which kind the week of each crew is that has these turns."""
        works = np.zeros((crews, self.works.shape[1]), dtype=bool)
        works[crew, slot] = True
        days = works.reshape(crews, works.shape[1] // len(self.night), len(self.night))
        worked = np.asarray(days.any(axis=2))
        first = np.where(worked[:, 0], days[:, 0].argmax(axis=1) + 1, 0)
        nights = days[:, :, self.night].sum(axis=(1, 2))
        lead = np.cumprod(worked, axis=1).sum(axis=1)
        keys = _key(np.stack([worked.sum(axis=1), nights, lead, first]))
        known = _key(np.stack([self.shifts, self.nights, self.lead, self.first]))
        return np.searchsorted(known, keys)

    def kind_by_code(self) -> Ints:
        """The kind of each week by its code, -1 if nobody may work it.

        The code of a week is the sum of (shift number + 1) x (shifts + 1) ** day. The last entry,
        found by -1, is -1 too.
        """
        days = self.works.reshape(len(self.works), -1, len(self.night))
        digits = (days * np.arange(1, len(self.night) + 1)).sum(axis=2).astype(np.int64)
        code = digits @ (len(self.night) + 1) ** np.arange(digits.shape[1])
        kinds = np.full((len(self.night) + 1) ** digits.shape[1] + 1, -1, dtype=np.int64)
        lengths = np.diff(np.append(self.starts, len(self.works)))
        kinds[code] = np.repeat(np.arange(len(self.starts)), lengths)
        return kinds

    def best(self, values: _Reals, burden: _Reals) -> tuple[Ints, Floats]:
        """For each person the week worth most, and its worth.

        values   (people x slots) what a shift there is worth
        burden   (people x kinds) what a week of that kind costs, beyond all measure if forbidden
        """
        chosen = np.empty(len(values), dtype=np.int64)
        worth = np.empty(len(values))
        ends = np.append(self.starts[1:], len(self.works))
        for at in range(0, len(values), _AT_ONCE):
            some = slice(at, at + _AT_ONCE)
            each = self.works.astype(values.dtype, copy=False) @ values[some].T
            kinds = np.maximum.reduceat(each, self.starts, axis=0) - burden[some].T
            kind = kinds.argmax(axis=0)
            worth[some] = kinds[kind, np.arange(len(kind))]
            for k in np.unique(kind):
                who = np.nonzero(kind == k)[0]
                first, last = self.starts[k], ends[k]
                chosen[at + who] = first + each[first:last, who].argmax(axis=0)
        return chosen, worth


_AT_ONCE = 500


def all_weeks(days: int, shifts: Sequence[Shift], limits: Limits) -> Weeks:
    follows = [[_rested(last, following, limits) for following in shifts] for last in shifts]
    weeks = np.array(list(_weeks(days, shifts, follows, limits)), dtype=np.int64)
    night: _Reals = np.array([False, *(shift.night for shift in shifts)])
    lead = (np.cumprod(weeks > 0, axis=1)).sum(axis=1)
    kinds = np.stack([(weeks > 0).sum(axis=1), night[weeks].sum(axis=1), lead, weeks[:, 0]])
    order = np.argsort(_key(kinds), kind="stable")
    weeks, kinds = weeks[order], kinds[:, order]
    starts = np.nonzero(np.append(True, (np.diff(kinds) != 0).any(axis=0)))[0]
    works = np.zeros((len(weeks), days, len(shifts)), dtype=np.float32)
    for number in range(len(shifts)):
        works[:, :, number] = weeks == number + 1
    many, nights, leads, first = kinds[:, starts]
    return Weeks(works.reshape(len(weeks), -1), starts, many, nights, leads, first, night[1:])


def _key(kinds: Ints) -> Ints:
    """One number for four; the more shifts, the greater."""
    shifts, nights, lead, first = kinds
    key: Ints = ((shifts * 100 + nights) * 100 + lead) * 100 + first
    return key


def _weeks(
    days: int, shifts: Sequence[Shift], follows: list[list[bool]], limits: Limits
) -> Iterator[list[int]]:
    """Days as numbers: 0 is off, n is the n-th shift."""

    def on(week: list[int], nights: int, run: int) -> Iterator[list[int]]:
        if len(week) == days:
            yield week
            return
        yield from on([*week, 0], nights, 0)
        if run == limits.days or sum(map(bool, week)) == limits.shifts:
            return
        for number, shift in enumerate(shifts, start=1):
            many = nights + shift.night
            rested = not week or not week[-1] or follows[week[-1] - 1][number - 1]
            if rested and many <= limits.nights:
                yield from on([*week, number], many, run + 1)

    yield from on([], 0, 0)


def _rested(last: Shift, following: Shift, limits: Limits) -> bool:
    """Whether a shift may follow on the day after another."""
    return following.begins + 24 * 60 - last.ends >= limits.rest


def may_follow(shifts: Sequence[Shift], limits: Limits, last: str) -> list[bool]:
    """For each shift whether it may come on the day after a shift of this id."""
    before = next((shift for shift in shifts if shift.id == last), None)
    return [before is None or _rested(before, shift, limits) for shift in shifts]
