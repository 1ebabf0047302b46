"""A week's roster: who stands where, in which shift, and how far from the best it can be at most.

What a plan strives for is said by `Weights`, in points; what it never does, by `Limits`, skills,
what people said of when they can come, and who must stay together. How it is found:

1. prices are put on every place in every shift, until people who each take the week that is best
   for them come close to filling everything; from the prices follows a bound that no plan can
   beat (`bundles.bound`);
2. a first plan is taken at these prices;
3. what is missing in it is filled by chains of people who take over from each other (`chains`);
4. the weeks of some people who live near each other are taken apart and put together in the best
   way there is (`bundles.choose`), again and again, until the plan is near enough to the bound.

Nothing is left to chance but the order of 4., which a seed fixes; only the time limit may end the
work at another place on another machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import process_time

import numpy as np

from fangxian.engines.planning.bundles import Bundles, Floats, Ints, bound, choose, together
from fangxian.engines.planning.chains import Chains
from fangxian.engines.planning.crews import (
    Crews,
    Person,
    Post,
    Problem,
    Seats,
    Slot,
    Turn,
    Weights,
    as_options,
    crews_of,
    kilometres,
)
from fangxian.engines.planning.weeks import Limits, Shift

__all__ = [
    "Gap",
    "Limits",
    "Person",
    "Plan",
    "Post",
    "Problem",
    "Shift",
    "Slot",
    "Step",
    "Turn",
    "Weights",
    "plan_staff",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """People missing at a post in a shift."""

    post: str
    day: int
    shift: str
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far the work is: `bound`, `first`, `gaps` or `better`.

    share   of the work, roughly; cost is None until there is a plan
    """

    what: str
    share: float
    cost: float | None
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`cost` in points; no plan that keeps all limits costs less than `at_least`.

    needed, missing   people times shifts
    kilometres        of all ways from home to post, one way, in a straight line
    moved             turns that did not stand in the plan before
    """

    turns: tuple[Turn, ...]
    gaps: tuple[Gap, ...]
    needed: int
    missing: int
    cost: float
    at_least: float
    kilometres: float
    moved: int
    seconds: float

    @property
    def gap(self) -> float:
        """How much more it costs than the bound, as a share of the bound."""
        return (self.cost - self.at_least) / self.at_least if self.at_least > 0 else 0.0


def plan_staff(
    problem: Problem,
    *,
    before: Sequence[Turn] = (),
    seconds: float = 240.0,
    near_enough: float = 0.01,
    seed: int = 0,
    progress: Callable[[Step], None] | None = None,
) -> Plan:
    """A plan for everybody that breaks no limit, whatever the time allowed.

    before        the plan that stood: as few as possible are given a turn that they did not have
    seconds       of computing by this process; the bound takes at most half of them
    near_enough   the gap at which nothing better is looked for
    """
    began = process_time()
    crews, seats = crews_of(problem, before)
    work = _Work(problem, crews, seats, began, seconds, near_enough, progress)
    if before:
        work.keep(before)
    work.find_bound()
    work.fill()
    work.close_gaps()
    work.improve(seed)
    return work.plan(before)


_ROUNDS = 1000
_FIRST_PRICES = (0.02, 0.04, 0.08, 0.15, 0.3, 0.5, 0.7, 0.9)
"""Shares of what a missing person costs; where people are short, a place is worth nearly that."""
_FIRST, _GAPS, _BETTER = 0.5, 0.55, 0.75
"""Shares of the work after which its parts begin, for whoever watches."""
_RISES = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
"""Shares of the way to what a lack costs, by which prices rise where people are short."""
_NEVER = 1e4
_PART, _PART_ROUNDS, _PART_SECONDS, _EACH = 40, 40, 3.0, 40
"""People taken apart together, rounds and seconds for it, weeks that each could have then."""
_IN_VAIN = 60
_NOTHING = 1e-6


class _Work:
    """The plan as it is: which option each crew has in each slot, or -1."""

    def __init__(
        self,
        problem: Problem,
        crews: Crews,
        seats: Seats,
        began: float,
        seconds: float,
        near_enough: float,
        progress: Callable[[Step], None] | None,
    ) -> None:
        self.problem, self.crews, self.seats = problem, crews, seats
        self.began, self.seconds, self.near_enough = began, seconds, near_enough
        self._progress = progress
        self.turns = np.full((len(crews), crews.slots), -1, dtype=np.int64)
        self.cover = np.zeros_like(crews.room)
        self.need: Floats = crews.room.ravel()
        weight = np.array([post.weight for post in problem.posts]).reshape(-1, 1)
        each = np.full(crews.room.shape, problem.weights.missing) * weight
        self.missing: Floats = each.ravel()
        self.prices: Floats = np.zeros_like(self.missing)
        self.at_least = 0.0

    @property
    def left(self) -> Floats:
        return self.crews.room - self.cover

    @property
    def cost(self) -> float:
        crew, slot = np.nonzero(self.turns >= 0)
        weeks = self.crews.bundles(crew, slot, self.turns[crew, slot])
        return float(weeks.cost.sum() + self.missing @ self.left.ravel())

    def _tell(self, what: str, share: float, cost: float | None) -> None:
        if self._progress is not None:
            at_least = max(self.at_least, 0.0)
            self._progress(Step(what=what, share=share, cost=cost, at_least=at_least))

    def _may_go_on(self, cost: float, share: float = 1.0) -> bool:
        """Whether there is something to gain, and time to look for it."""
        enough = cost - self.at_least <= self.near_enough * self.at_least + _NOTHING
        return not enough and process_time() < self.began + share * self.seconds

    def keep(self, before: Sequence[Turn]) -> None:
        """Begin with what of a plan can still be."""
        crew, option, slot = as_options(self.problem, self.crews, self.seats, before)
        values = np.full((len(self.crews), self.crews.slots), -_NEVER)
        values[crew, slot] = self.problem.weights.missing
        week, _ = self.crews.weeks.best(values, self.crews.burden)
        stays = self.crews.weeks.works[week][crew, slot] > 0
        self._give(crew[stays], slot[stays], option[stays])

    def find_bound(self) -> None:
        def each(at: int, value: float) -> bool:
            self.at_least = value
            self._tell("bound", _FIRST * at / _ROUNDS, None)
            return process_time() < self.began + self.seconds / 2

        if not self.crews.cost.size:
            self.at_least = float(self.missing @ self.need)
            return
        found = bound(
            self.crews,
            self.need,
            self.missing,
            prices=self._first_price() * self.missing,
            rounds=_ROUNDS,
            keep_from=_ROUNDS,
            each=each,
        )
        self.prices = found.prices
        # The search may round; what is stated is not.
        self.at_least = max(self._value(found.prices), 0.0)

    def _first_price(self) -> float:
        """The share of what is missing that, as one price for all, gives the best bound."""

        def value(share: float) -> float:
            prices = share * self.missing
            return float(prices @ self.need - self.crews.best(prices)[0].sum())

        return max(_FIRST_PRICES, key=value)

    def fill(self) -> None:
        """Weeks at these prices to all who have none yet; whose weeks are worth most choose first.

        Whoever comes too late chooses anew among what is left.
        """
        waiting = np.nonzero((self.turns < 0).all(axis=1))[0]
        while len(waiting) and self.crews.cost.size:
            some = self.crews.only(waiting, self.left)
            worth, crew, slot, option = some.best_turns(self.prices)
            rank = np.argsort(np.argsort(-worth, kind="stable"))
            order = np.argsort(rank[crew], kind="stable")
            crew, slot, option = crew[order], slot[order], some.number[option[order]]
            served = [
                who
                for who, turns in _by_crew(crew)
                if self._give_whole(waiting[crew[turns]], slot[turns], option[turns])
            ]
            idle = np.setdiff1d(np.arange(len(waiting)), crew)
            if not served:
                break
            waiting = np.delete(waiting, np.union1d(idle, np.array(served, dtype=np.int64)))
        self._tell("first", _GAPS, self.cost)

    def close_gaps(self) -> None:
        """Fill what is missing; where that cannot be, learn from it and try again."""
        cost, known = self.cost, -1.0

        def go_on(gained: float) -> bool:
            self._tell("gaps", _GAPS, cost - gained)
            return self._may_go_on(cost - gained, _BETTER)

        while self.crews.cost.size and self.at_least > known + _NOTHING and go_on(0.0):
            known = self.at_least
            chains = Chains(self.crews, self.turns, self.cover, self.missing, self.prices)
            cost -= chains.close_gaps(go_on)
            for rows in chains.short:
                self._raise_prices(rows)

    def _raise_prices(self, rows: Ints) -> None:
        """Where people are short together, all places are worth more than was thought.

        The step of the Hungarian method (Kuhn 1955); prices are kept if the bound rises.
        """
        for share in _RISES:
            prices = self.prices.copy()
            prices[rows] += share * (self.missing[rows] - prices[rows])
            value = self._value(prices)
            if value <= self.at_least:
                break
            self.prices, self.at_least = prices, value

    def _value(self, prices: Floats) -> float:
        """The bound that follows from prices, counted exactly."""
        worth, _ = replace(self.crews, exact=True).best(prices)
        return float(prices @ self.need - worth.sum())

    def improve(self, seed: int) -> None:
        """Take the weeks of neighbours apart and put them together in the best way."""
        chance = np.random.default_rng(seed)
        cost, in_vain = self.cost, 0
        while in_vain < _IN_VAIN and self.crews.cost.size and self._may_go_on(cost):
            gain = self._anew(self._around(chance))
            in_vain = 0 if gain > _NOTHING else in_vain + 1
            if len(self.crews) <= _PART:
                in_vain = _IN_VAIN
            cost -= gain
            self._tell("better", _BETTER, cost)

    def _around(self, chance: np.random.Generator) -> Ints:
        """Crews who live near a post; more often near one where people are missing."""
        left = self.left.sum(axis=1)
        bare = left.sum() > 0 and chance.random() < 0.5  # noqa: PLR2004 - every other time
        post = int(chance.choice(len(left), p=left / left.sum() if bare else None))
        options = np.nonzero(self.crews.entry_posts == post)[0]
        able = np.searchsorted(self.crews.entry_starts, options, side="right") - 1
        near = self.crews.crew[able[np.argsort(self.crews.cost[able], kind="stable")]]
        first = near[np.sort(np.unique(near, return_index=True)[1])]
        others = np.setdiff1d(chance.permutation(len(self.crews))[:_PART], first[:_PART])
        return np.sort(np.append(first[:_PART], others[: max(0, _PART - len(first))]))

    def _anew(self, part: Ints) -> float:
        """The best weeks of some crews while all others keep theirs; what was gained."""
        old = self.turns[part].copy()
        self._take(part)
        some = self.crews.only(part, self.left)
        need = self.left.ravel()
        now = self._weeks(some, old)
        cost = float(now.cost.sum() + self.missing @ (need - now.covering(len(need))))
        found = bound(some, need, self.missing, prices=self.prices, rounds=_PART_ROUNDS)
        weeks = _promising(together([now, found.met]), found.prices, cost - found.value)
        chosen = choose(weeks, need, self.missing, start=np.arange(len(now)), seconds=_PART_SECONDS)
        if cost - chosen.cost > _NOTHING:
            self._set(part, some, weeks.taken(chosen.chosen))
            new = self._weeks(some, self.turns[part])
            gain = cost - float(new.cost.sum() + self.missing @ self.left.ravel())
            if gain > _NOTHING:
                return gain
            self._take(part)
        crew, slot = np.nonzero(old >= 0)
        self._give(part[crew], slot, old[crew, slot])
        return 0.0

    def _weeks(self, some: Crews, turns: Ints) -> Bundles:
        """The weeks of some crews as bundles."""
        crew, slot = np.nonzero(turns >= 0)
        return some.bundles(crew, slot, np.searchsorted(some.number, turns[crew, slot]))

    def _set(self, part: Ints, some: Crews, weeks: Bundles) -> None:
        """Give some crews these weeks, as far as they are needed."""
        ends = np.append(some.starts[1:], len(some.cost))
        for i, agent in enumerate(weeks.agent.tolist()):
            inside = slice(weeks.starts[i], weeks.starts[i + 1])
            posts, slots = np.divmod(weeks.rows[inside], some.slots)
            for slot in np.unique(slots):
                mine = slots == slot
                wanted = list(zip(posts[mine], weeks.counts[inside][mine], strict=True))
                option = next(
                    o
                    for o in range(some.starts[agent], ends[agent])
                    if list(
                        zip(
                            some.entry_posts[some.entry_starts[o] : some.entry_starts[o + 1]],
                            some.entry_counts[some.entry_starts[o] : some.entry_starts[o + 1]],
                            strict=True,
                        )
                    )
                    == wanted
                )
                self._give(part[[agent]], np.array([slot]), some.number[[option]])

    def _entries(self, option: int) -> tuple[Ints, Floats]:
        part = slice(self.crews.entry_starts[option], self.crews.entry_starts[option + 1])
        return self.crews.entry_posts[part], self.crews.entry_counts[part]

    def _fits(self, option: int, slot: int) -> bool:
        posts, counts = self._entries(option)
        return bool((self.cover[posts, slot] + counts <= self.crews.room[posts, slot]).all())

    def _give(self, crew: Ints, slot: Ints, option: Ints) -> None:
        """Turns to crews that have none there, as long as there is room."""
        for c, s, o in zip(crew.tolist(), slot.tolist(), option.tolist(), strict=True):
            if self._fits(o, s):
                posts, counts = self._entries(o)
                self.turns[c, s] = o
                self.cover[posts, s] += counts

    def _give_whole(self, crew: Ints, slot: Ints, option: Ints) -> bool:
        """The same to one crew, but all of it or nothing."""
        fits = all(self._fits(o, s) for s, o in zip(slot.tolist(), option.tolist(), strict=True))
        if fits:
            self._give(crew, slot, option)
        return fits

    def _take(self, crews: Ints) -> None:
        """All turns away from some crews."""
        crew, slot = np.nonzero(self.turns[crews] >= 0)
        for s, o in zip(slot.tolist(), self.turns[crews[crew], slot].tolist(), strict=True):
            posts, counts = self._entries(o)
            self.cover[posts, s] -= counts
        self.turns[crews] = -1

    def plan(self, before: Sequence[Turn]) -> Plan:
        problem, shifts = self.problem, len(self.problem.shifts)
        km = kilometres(problem)
        far = 0.0
        turns = []
        for crew, slot in np.argwhere(self.turns >= 0).tolist():
            seat = self.seats[self.turns[crew, slot]]
            for person, post in zip(self.crews.members[crew], seat, strict=True):
                far += float(km[person, post])
                turns.append(
                    Turn(
                        problem.people[person].id,
                        slot // shifts,
                        problem.shifts[slot % shifts].id,
                        problem.posts[post].id,
                    )
                )
        gaps = tuple(
            Gap(
                post=problem.posts[post].id,
                day=slot // shifts,
                shift=problem.shifts[slot % shifts].id,
                missing=round(self.left[post, slot]),
            )
            for post, slot in np.argwhere(self.left > 0).tolist()
        )
        stood = set(before)
        return Plan(
            turns=tuple(sorted(turns)),
            gaps=gaps,
            needed=round(self.need.sum()),
            missing=round(self.left.sum()),
            cost=self.cost if self.crews.cost.size else self.at_least,
            at_least=self.at_least,
            kilometres=far,
            moved=sum(turn not in stood for turn in turns) if stood else 0,
            seconds=process_time() - self.began,
        )


def _by_crew(crew: Ints) -> list[tuple[int, slice]]:
    """Each crew and where its turns stand, in their order."""
    if not len(crew):
        return []
    first = np.nonzero(np.append(True, np.diff(crew) != 0))[0].tolist()
    return [
        (int(crew[a]), slice(a, b)) for a, b in zip(first, [*first[1:], len(crew)], strict=True)
    ]


def _promising(weeks: Bundles, prices: Floats, slack: float) -> Bundles:
    """Weeks that could be part of a better plan: those that crews have (the first), and the best.

    slack   what is between the plan and its bound: a week that alone loses more can be in none
    """
    weeks = weeks.distinct()
    worth = weeks.worth(prices)
    agents = int(weeks.agent.max()) + 1
    best = np.full(agents, -np.inf)
    np.maximum.at(best, weeks.agent, worth)
    lost = best[weeks.agent] - worth
    lost[:agents] = -1.0
    order = np.lexsort((lost, weeks.agent))
    many = np.bincount(weeks.agent, minlength=agents)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(many) - many, many)
    return weeks.taken(np.nonzero((lost <= slack + _NOTHING) & (rank < _EACH))[0])
