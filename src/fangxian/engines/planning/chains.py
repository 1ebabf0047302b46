"""Chains of people who take over from each other, until a gap is closed or somebody has it easier.

A gap is filled by somebody who gives up another turn for it, which somebody else takes over, and so
on until somebody has a turn to spare. The cheapest chain is looked for among the most promising
first, by the price of the place that becomes free (A*, Hart, P. E., Nilsson, N. J., Raphael, B.
(1968), IEEE Transactions on Systems Science and Cybernetics 4, 100-107; the prices come from a
relaxation, so that a chain found is good, not proven best).

Only people on their own move; those who stay together keep their turns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Any

import numpy as np

from fangxian.engines.planning.bundles import Floats, Ints
from fangxian.engines.planning.crews import Crews

_Table = np.ndarray[Any, Any]
_STEPS = (100, 2000)
"""Places looked at for one chain: first the short ones, then the long."""
_MOST_NEXT = 30
"""Ways followed from one place."""
_HOPELESS, _WORTH_IT = 0.99, 0.01
"""Shares of what a missing person costs: nothing can be gained from; too little to be gained."""
_IN_VAIN = 40
"""After so many searches in a row that found nothing, no more are made."""


@dataclass(slots=True, eq=False)
class _Link:
    """Somebody takes the place that became free, and gives up one (row -1: none).

    gives_up   the day of the turn given up; -1: none
    cost       of the chain up to here, without what becomes free
    """

    crew: int
    option: int
    day: int
    shift: int
    gives_up: int
    row: int
    cost: float
    before: "_Link | None"

    def crews(self) -> list[int]:
        link: _Link | None = self
        found = []
        while link is not None:
            found.append(link.crew)
            link = link.before
        return found


class Chains:
    """Changes `turns` (crews x slots; option or -1) and `cover` in place.

    short   rows that were found to share too few people: whoever could come to one of them stands
            at another
    """

    def __init__(
        self, crews: Crews, turns: _Table, cover: Floats, missing: Floats, prices: Floats
    ) -> None:
        self.crews, self.turns, self.cover = crews, turns, cover
        self.missing, self.prices = missing, prices
        self.short: list[Ints] = []
        weeks = crews.weeks
        self._shifts = len(weeks.night)
        self._days = crews.slots // self._shifts
        self._base = (self._shifts + 1) ** np.arange(self._days)
        self._kind = weeks.kind_by_code()
        self._burden = np.column_stack([crews.burden, np.full(len(crews), np.inf)])
        alone = np.array([len(members) == 1 for members in crews.members], dtype=bool)
        single = np.nonzero(alone[crews.crew])[0]
        posts = crews.entry_posts[crews.entry_starts[single]]
        order = np.argsort(posts, kind="stable")
        self._able = np.split(
            single[order], np.searchsorted(posts[order], np.arange(1, len(crews.room)))
        )
        self._whose = crews.crew
        self._alone = alone
        # Of each crew and day: the shift (1…; 0 is off), the row of its turn and what it costs.
        self._shift = np.zeros((len(crews), self._days), dtype=np.int64)
        self._row = np.full((len(crews), self._days), -1, dtype=np.int64)
        self._paid = np.zeros((len(crews), self._days))
        self._kept = np.unique(crews.kept[0] * crews.slots + crews.kept[1])
        for crew, slot in zip(*np.nonzero(turns >= 0), strict=True):
            if alone[crew]:
                self._note(crew, slot, turns[crew, slot])

    def _note(self, crew: int, slot: int, option: int) -> None:
        day, shift = divmod(slot, self._shifts)
        self._shift[crew, day] = shift + 1
        self._row[crew, day] = self._row_of(option, slot)
        self._paid[crew, day] = self._costs(np.array([option]), slot)[0]

    def _row_of(self, option: int, slot: int) -> int:
        post = int(self.crews.entry_posts[self.crews.entry_starts[option]])
        return post * self.crews.slots + slot

    def _costs(self, options: Ints, slot: int) -> Floats:
        costs = self.crews.cost[options].copy()
        if len(self._kept):
            costs -= self.crews.moved * np.isin(options * self.crews.slots + slot, self._kept)
        return costs

    def close_gaps(self, go_on: Callable[[float], bool]) -> float:
        """Fill what is missing, what is cheapest first; what was gained.

        go_on   told what was gained so far; False ends it
        """
        gained = 0.0
        for steps in _STEPS:
            left = (self.crews.room - self.cover).ravel()
            rows = np.nonzero((left > 0) & (self.prices < _HOPELESS * self.missing))[0]
            in_vain = 0
            for row in rows[np.argsort(self.prices[rows], kind="stable")].tolist():
                for _ in range(round(left[row])):
                    gain = self._fill(row, steps)
                    in_vain = 0 if gain else in_vain + 1
                    gained += gain
                    if not gain or not go_on(gained):
                        break
                if in_vain == _IN_VAIN or not go_on(gained):
                    break
        return gained

    def _take(self, crew: int, day: int) -> None:
        slot = day * self._shifts + int(self._shift[crew, day]) - 1
        self.cover.flat[self._row[crew, day]] -= 1
        self.turns[crew, slot] = -1
        self._shift[crew, day], self._row[crew, day], self._paid[crew, day] = 0, -1, 0.0

    def _give(self, crew: int, slot: int, option: int) -> None:
        self.turns[crew, slot] = option
        self._note(crew, slot, option)
        self.cover.flat[self._row[crew, slot // self._shifts]] += 1

    def _fill(self, row: int, steps: int) -> float:
        """Fill one place if a chain is found that costs less than leaving it; the difference."""
        worth = float(self.missing[row])
        best, last = worth * (1 - _WORTH_IT), self._chain(row, worth * (1 - _WORTH_IT), steps)
        if last is None:
            return 0.0
        best = last.cost + (float(self.missing[last.row]) if last.row >= 0 else 0.0)
        chain = []
        link: _Link | None = last
        while link is not None:
            chain.append(link)
            link = link.before
        for link in chain:
            if link.gives_up >= 0:
                self._take(link.crew, link.gives_up)
        for link in chain:
            self._give(link.crew, link.day * self._shifts + link.shift, link.option)
        return worth - best

    def _chain(self, row: int, limit: float, steps: int) -> _Link | None:
        """The last link of the first chain that ends with a turn to spare.

        If none does, of the cheapest that leaves another place free which matters less.
        """
        best, last = limit, None
        serial = count()
        waiting: list[tuple[float, int, int, _Link | None]] = [(0.0, next(serial), row, None)]
        done: set[int] = set()
        while waiting and len(done) < steps:
            hope, _, at, link = heappop(waiting)
            if hope >= best:
                break
            if at in done:
                continue
            done.add(at)
            if link is not None and link.cost + self.missing[at] < best:
                best, last = link.cost + float(self.missing[at]), link
            for following in self._links(at, best, link):
                if following.row < 0:
                    return following
                if following.row not in done:
                    hope = following.cost + float(self.prices[following.row])
                    heappush(waiting, (hope, next(serial), following.row, following))
        if not waiting and last is None:
            self.short.append(np.array(sorted(done)))
        return last

    def _links(self, row: int, best: float, link: _Link | None) -> list[_Link]:
        """The most promising ways to fill a place."""
        post, slot = divmod(row, self.crews.slots)
        day, shift = divmod(slot, self._shifts)
        options = self._able[post]
        who = self._whose[options]
        open_to = self.crews.free[who, slot]
        if link is not None:
            for crew in link.crews():
                open_to &= who != crew
        options, who = options[open_to], who[open_to]
        shifts = self._shift[who]
        code = shifts @ self._base
        add = (shift + 1) * self._base[day]
        busy = shifts[:, day] > 0
        now = self._burden[who, self._kind[code]]
        # Column x: gives up the turn of day x; the last column: gives up none.
        after = code[:, None] - np.column_stack([shifts * self._base, np.zeros_like(code)]) + add
        possible = np.column_stack([shifts > 0, np.ones(len(who), dtype=bool)])
        possible[busy] = False
        possible[busy, day] = True
        kind = self._kind[np.where(possible, after, -1)]
        cost = self._burden[who[:, None], kind] - now[:, None]
        cost[:, :-1] -= self._paid[who]
        cost += (self._costs(options, slot) + (link.cost if link else 0.0))[:, None]
        cost[~possible] = np.inf
        rows = np.column_stack([self._row[who], np.full(len(who), -1)])
        hope = cost + np.where(rows >= 0, self.prices[rows], 0.0)
        some = np.nonzero(hope.ravel() < best)[0]
        some = some[np.argsort(hope.ravel()[some], kind="stable")]
        _, first = np.unique(rows.ravel()[some], return_index=True)
        some = some[np.sort(first)[:_MOST_NEXT]]
        return [
            _Link(
                crew=int(who[i]),
                option=int(options[i]),
                day=day,
                shift=shift,
                gives_up=x if x < self._days else -1,
                row=int(rows[i, x]),
                cost=float(cost[i, x]),
                before=link,
            )
            for i, x in (divmod(int(at), self._days + 1) for at in some)
        ]
