"""Who takes what, when everybody takes one bundle and as much as possible is to be covered.

Two questions with one answer: a week of shifts is a bundle that a person takes; the jobs given to
a machine are a bundle that the machine takes. Which bundles there are is known only to an `Offer`,
which names everybody's best at given prices.

`bound` puts prices on what is to be covered and raises them where too few come (a Lagrangian
relaxation; the volume algorithm of Barahona, F., Anbil, R. (2000), Mathematical Programming 87,
385-399). No plan at all can cost less than what it returns. `choose` picks from bundles that were
met, with HiGHS. Costs and prices are in points, whatever a point is to the caller.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Bundles:
    """Bundles in a row: whose it is, what it costs them, what it covers and how often.

    `starts` has one more entry than there are bundles; the rows of bundle i and its counts stand
    at starts[i]:starts[i+1].
    """

    agent: Ints
    cost: Floats
    starts: Ints
    rows: Ints
    counts: Floats

    def __len__(self) -> int:
        return len(self.agent)

    def taken(self, which: Ints) -> "Bundles":
        lengths = np.diff(self.starts)[which]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        inside = spread(self.starts[which], lengths)
        return Bundles(
            self.agent[which], self.cost[which], starts, self.rows[inside], self.counts[inside]
        )

    def covering(self, size: int) -> Floats:
        return np.asarray(
            np.bincount(self.rows, weights=self.counts, minlength=size), dtype=np.float64
        )

    def worth(self, prices: Floats) -> Floats:
        """What is paid for each bundle at these prices, less what it costs."""
        paid = np.append(0.0, np.cumsum(self.counts * prices[self.rows]))
        worth: Floats = paid[self.starts[1:]] - paid[self.starts[:-1]] - self.cost
        return worth

    def distinct(self) -> "Bundles":
        """Each bundle once. Within a bundle, rows are taken to stand in one order."""
        seen: dict[tuple[int, bytes, bytes], int] = {}
        for i in range(len(self)):
            part = slice(self.starts[i], self.starts[i + 1])
            key = (int(self.agent[i]), self.rows[part].tobytes(), self.counts[part].tobytes())
            seen.setdefault(key, i)
        return self.taken(np.fromiter(seen.values(), dtype=np.int64))


def together(parts: Iterable[Bundles]) -> Bundles:
    met = list(parts)
    lengths = [np.diff(part.starts) for part in met]
    return Bundles(
        np.concatenate([part.agent for part in met]),
        np.concatenate([part.cost for part in met]),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        np.concatenate([part.rows for part in met]),
        np.concatenate([part.counts for part in met]),
    )


def spread(starts: Ints, lengths: Ints) -> Ints:
    """All of start, start + 1, … start + length - 1, of each start in turn."""
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(lengths.sum()) + np.repeat(starts - before, lengths))


class Offer(Protocol):
    """Everybody who takes a bundle, and all that they could take."""

    def best(self, prices: Floats) -> tuple[Floats, Bundles]:
        """For each agent the most that a bundle is worth to them, and that bundle.

        Taking nothing is worth 0 and is always possible; so nobody's best is below that.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """No choice costs less than `value`. `met`: the bundles that were somebody's best."""

    value: float
    prices: Floats
    met: Bundles


def bound(
    offer: Offer,
    need: Floats,
    missing: Floats,
    *,
    prices: Floats,
    rounds: int,
    keep_from: int = 0,
    each: Callable[[int, float], bool] | None = None,
) -> Bound:
    """Raise a lower bound, and meet good bundles on the way.

    need, missing   how often each row is to be covered, and what each time costs that it is not
    keep_from       the round from which bundles are kept
    each            told the round and the value so far; False ends it
    """
    limit = np.where(need > 0, missing, 0.0)
    centre = np.clip(prices, 0.0, limit)
    value, mean, bundles = _at(offer, need, limit, centre)
    kept = [bundles] if keep_from == 0 else []
    step, target, red, share, before = _STEP, _above(value), 0, _SHARE, -np.inf
    for at in range(1, rounds):
        lacking = _lacking(need - mean, centre, limit)
        size = float(lacking @ lacking)
        if size <= _NOTHING:
            break
        trial = np.clip(centre + step * (target - value) / size * lacking, 0.0, limit)
        reached, covered, bundles = _at(offer, need, limit, trial)
        if at >= keep_from:
            kept.append(bundles)
        mean = share * covered + (1 - share) * mean
        red += 1
        if reached > value:
            step = _lengthened(step, float(lacking @ (need - covered)))
            value, centre, red = reached, trial, 0
            target = _above(value) if value > target - _NEAR * abs(target) else target
        elif red == _PATIENCE:
            step, red = step * _SHORTER, 0
        if at % _TIGHTEN == 0:
            share = max(share * _SHORTER, _LEAST_SHARE)
            if value - before < _STILL_RISING * abs(value):
                break
            before = value
        if each is not None and not each(at, value):
            break
    return Bound(value, centre, together(kept or [bundles]))


# How the volume algorithm walks; tried on weeks of 100 to 3,000 people. They change how soon a
# good bound is found, never whether it is one.
_STEP, _LONGER, _LONGEST, _SHORTER, _PATIENCE = 0.1, 1.15, 3.0, 0.7, 20
_SHARE, _LEAST_SHARE, _TIGHTEN = 0.1, 0.02, 60
_NEAR, _NOTHING = 0.03, 1e-9
_STILL_RISING = 3e-4  # as a share, in the rounds between two tightenings


def _lacking(lacking: Floats, prices: Floats, limit: Floats) -> Floats:
    """Without what no price can change: none may be below 0, or above what a lack costs."""
    bound_below, bound_above = (prices <= 0) & (lacking < 0), (prices >= limit) & (lacking > 0)
    return np.where(bound_below | bound_above, 0.0, lacking)


def _lengthened(step: float, agreement: float) -> float:
    """Farther next time, if what is lacking now still points the same way."""
    return min(step * _LONGER, _LONGEST) if agreement > 0 else step


def _above(value: float) -> float:
    return value + max(0.05 * abs(value), 1.0)


def _at(offer: Offer, need: Floats, limit: Floats, prices: Floats) -> tuple[float, Floats, Bundles]:
    worth, bundles = offer.best(prices)
    covered = bundles.covering(len(need))
    # Where the price is all that a lack costs, leaving the rest uncovered costs the same.
    covered = np.where(prices >= limit, np.maximum(covered, need), covered)
    return float(prices @ need - worth.sum()), covered, bundles


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Indices of the bundles chosen, and what they cost with all that is missing.

    at_least    no other choice among these bundles costs less; equals `cost` when proven
    """

    chosen: Ints
    cost: float
    at_least: float


def choose(
    bundles: Bundles,
    need: Floats,
    missing: Floats,
    *,
    start: Ints | None = None,
    seconds: float,
    gap: float = 0.0,
) -> Choice:
    """The cheapest choice of at most one bundle an agent that covers what it can, by HiGHS.

    Rows may be covered more often than needed: whoever takes part of a bundle pays no more.
    start   a choice to begin with: indices of bundles
    """
    import highspy  # noqa: PLC0415 - large, and only planning needs it

    agents, agent = np.unique(bundles.agent, return_inverse=True)
    rows, row = np.unique(bundles.rows, return_inverse=True)
    rows, row = _only(need, rows, row)
    inside = row >= 0
    columns, lacks = len(bundles), len(rows)
    column = np.repeat(np.arange(columns), np.diff(bundles.starts))[inside]
    index = np.concatenate([agent, len(agents) + row[inside], len(agents) + np.arange(lacks)])
    whose = np.concatenate([np.arange(columns), column, columns + np.arange(lacks)])
    entry = np.concatenate([np.ones(columns), bundles.counts[inside], np.ones(lacks)])
    order = np.lexsort((index, whose))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns + lacks, len(agents) + lacks
    lp.col_cost_ = np.concatenate([bundles.cost, missing[rows]])
    lp.col_lower_ = np.zeros(columns + lacks)
    lp.col_upper_ = np.concatenate([np.ones(columns), need[rows]])
    lp.row_lower_ = np.concatenate([np.full(len(agents), -highspy.kHighsInf), need[rows]])
    lp.row_upper_ = np.concatenate([np.ones(len(agents)), np.full(lacks, highspy.kHighsInf)])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.searchsorted(whose[order], np.arange(columns + lacks + 1))
    lp.a_matrix_.index_, lp.a_matrix_.value_ = index[order], entry[order]
    lp.integrality_ = [highspy.HighsVarType.kInteger] * columns + [
        highspy.HighsVarType.kContinuous
    ] * lacks
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("time_limit", seconds),
        ("mip_rel_gap", gap),
        ("mip_abs_gap", 1e-6),
        ("random_seed", 0),
    ):
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    if start is not None:
        taken = np.zeros(columns)
        taken[start] = 1.0
        covered = np.bincount(row[inside], weights=bundles.counts[inside] * taken[column])
        covered = np.append(covered, np.zeros(lacks - len(covered)))
        first = highspy.HighsSolution()
        first.col_value = np.append(taken, np.maximum(need[rows] - covered, 0.0)).tolist()
        first.value_valid = True
        solver.setSolution(first)
    solver.run()
    info = solver.getInfo()
    outside = float(missing @ need) - float(missing[rows] @ need[rows])
    solution = solver.getSolution()
    if not solution.value_valid:
        return Choice(np.zeros(0, dtype=np.int64), float(missing @ need), outside)
    return Choice(
        np.nonzero(np.array(solution.col_value[:columns]) > 0.5)[0],  # noqa: PLR2004 - they are 0 or 1 but for rounding
        info.objective_function_value + outside,
        info.mip_dual_bound + outside,
    )


def _only(need: Floats, rows: Ints, row: Ints) -> tuple[Ints, Ints]:
    """Without the rows that need nothing: those entries become -1."""
    wanted = need[rows] > 0
    place = np.where(wanted, np.cumsum(wanted) - 1, -1)
    return rows[wanted], place[row]
