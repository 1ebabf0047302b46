"""Jobs to agents, each to one, as cheaply as their room allows, with the proof that it is cheapest.

The generalized assignment problem, by the same means as a week's roster: an agent's bundle is a
set of jobs that fits (Savelsbergh, M. (1997), Operations Research 45, 831-841). Once a plan and a
bound are known, only bundles whose loss at the bound's prices is no greater than what lies between
the two can be part of anything better; all of those are written down, and the best choice among
them is the best there is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fangxian.engines.planning.bundles import Bundles, Floats, Ints, bound, choose, together


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """agents[job] is who does it. `proven`: nothing cheaper exists. None if it does not fit."""

    agents: tuple[int, ...]
    cost: float
    at_least: float
    proven: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Rooms:
    """An `Offer`: for each agent the set of jobs worth most of those that fit. Sizes are whole."""

    costs: Floats  # agents x jobs
    sizes: Ints
    rooms: Ints

    def best(self, prices: Floats) -> tuple[Floats, Bundles]:
        worth = np.zeros(len(self.rooms))
        chosen = []
        for agent, room in enumerate(self.rooms.tolist()):
            gain = prices - self.costs[agent]
            worth[agent], jobs = _knapsack(gain, self.sizes[agent], room)
            chosen.append(jobs)
        return worth, self.bundles(range(len(self.rooms)), chosen)

    def bundles(self, agents: Sequence[int], jobs: Sequence[Sequence[int]]) -> Bundles:
        lengths = np.array([len(some) for some in jobs], dtype=np.int64)
        rows = np.array([job for some in jobs for job in some], dtype=np.int64)
        who = np.array(agents, dtype=np.int64)
        paid = np.append(0.0, np.cumsum(self.costs[np.repeat(who, lengths), rows]))
        starts = np.append(0, np.cumsum(lengths))
        cost = paid[starts[1:]] - paid[starts[:-1]]
        return Bundles(who, cost, starts, rows, np.ones(len(rows)))

    def losing_at_most(self, prices: Floats, slack: float, most: int) -> Bundles | None:
        """All bundles whose loss against the agent's best is no greater; None if over `most`."""
        worth, _ = self.best(prices)
        agents: list[int] = []
        jobs: list[tuple[int, ...]] = []
        for agent, room in enumerate(self.rooms.tolist()):
            gain = prices - self.costs[agent]
            for some in _sets(gain, self.sizes[agent], room, float(worth[agent]) - slack):
                agents.append(agent)
                jobs.append(some)
                if len(jobs) > most:
                    return None
        return self.bundles(agents, jobs)


def assign(
    costs: Sequence[Sequence[float]],
    sizes: Sequence[Sequence[int]],
    rooms: Sequence[int],
    *,
    rounds: int = 400,
    seconds: float = 60.0,
) -> Assigned | None:
    """costs, sizes: of each agent, of each job. Costs may be negative (profits)."""
    given = np.array(costs, dtype=np.float64)
    # Every job is done once, so the same may be added to all that a job costs.
    lowest = given.min(axis=0)
    offer = _Rooms(given - lowest, np.array(sizes, dtype=np.int64), np.array(rooms, dtype=np.int64))
    need = np.ones(given.shape[1])
    undone = float(offer.costs.max(axis=0).sum()) + 1.0
    missing = np.full(given.shape[1], undone)
    start = offer.costs.min(axis=0) + np.ptp(offer.costs, axis=0) / 2
    found = bound(offer, need, missing, prices=start, rounds=rounds)
    first = choose(found.met.distinct(), need, missing, seconds=seconds)
    plan, chosen, proven = first.cost, found.met.distinct().taken(first.chosen), False
    slack = min(plan, undone) - found.value + _ROUNDING
    every = offer.losing_at_most(found.prices, slack, _MOST_BUNDLES)
    if every is not None:
        pool = together([every, chosen]).distinct()
        last = choose(pool, need, missing, seconds=seconds)
        if len(last.chosen):
            plan, chosen = last.cost, pool.taken(last.chosen)
            proven = last.cost - last.at_least < _ROUNDING
    if plan >= undone:
        return None
    agents = _agents(chosen, given.shape[1])
    return Assigned(
        agents=agents,
        cost=float(sum(given[agent, job] for job, agent in enumerate(agents))),
        at_least=(plan if proven else found.value) + float(lowest.sum()),
        proven=proven,
    )


_MOST_BUNDLES = 200_000
_ROUNDING = 1e-6


def _agents(chosen: Bundles, jobs: int) -> tuple[int, ...]:
    who = [-1] * jobs
    for i, agent in enumerate(chosen.agent.tolist()):
        for job in chosen.rows[chosen.starts[i] : chosen.starts[i + 1]].tolist():
            who[job] = agent
    return tuple(who)


def _knapsack(gain: Floats, sizes: Ints, room: int) -> tuple[float, list[int]]:
    """The jobs that gain most within the room; by the room that is used (Bellman 1957)."""
    useful = np.nonzero(gain > 0)[0]
    best = np.zeros(room + 1)
    took = np.zeros((len(useful), room + 1), dtype=bool)
    for i, job in enumerate(useful.tolist()):
        size = int(sizes[job])
        if size > room:
            continue
        with_it = best[: room + 1 - size] + gain[job]
        took[i, size:] = with_it > best[size:] + _ROUNDING * _ROUNDING
        best[size:] = np.maximum(best[size:], with_it)
    left, jobs = room, []
    for i in range(len(useful) - 1, -1, -1):
        if took[i, left]:
            jobs.append(int(useful[i]))
            left -= int(sizes[useful[i]])
    return float(best[room]), sorted(jobs)


def _sets(gain: Floats, sizes: Ints, room: int, least: float) -> Iterator[tuple[int, ...]]:
    """All sets of jobs that fit and gain at least so much."""
    order = np.argsort(-gain, kind="stable").tolist()
    # What the jobs from here on can still add, were there room for all.
    ahead = np.append(np.cumsum(np.maximum(gain[order], 0.0)[::-1])[::-1], 0.0).tolist()

    def on(at: int, left: int, gained: float, jobs: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if gained + ahead[at] < least:
            return
        if at == len(order):
            yield tuple(sorted(jobs))
            return
        job = order[at]
        if sizes[job] <= left:
            yield from on(at + 1, left - int(sizes[job]), gained + float(gain[job]), (*jobs, job))
        yield from on(at + 1, left, gained, jobs)

    yield from on(0, room, 0.0, ())
