from itertools import product
from random import Random

import pytest

from fangxian.engines.planning.gap import assign

Instance = tuple[list[list[int]], list[list[int]], list[int]]


def instance(agents: int, jobs: int, seed: int) -> Instance:
    """As in Chu and Beasley's type C: costs 10 to 50, sizes 5 to 25, rooms at four fifths."""
    chance = Random(seed)  # noqa: S311 - not for secrets
    costs = [[chance.randint(10, 50) for _ in range(jobs)] for _ in range(agents)]
    sizes = [[chance.randint(5, 25) for _ in range(jobs)] for _ in range(agents)]
    return costs, sizes, [int(0.8 * sum(row) / agents) + 5 for row in sizes]


def by_trying_all(costs: list[list[int]], sizes: list[list[int]], rooms: list[int]) -> int | None:
    best: int | None = None
    for choice in product(range(len(rooms)), repeat=len(costs[0])):
        used = [0] * len(rooms)
        for job, agent in enumerate(choice):
            used[agent] += sizes[agent][job]
        if all(u <= r for u, r in zip(used, rooms, strict=True)):
            cost = sum(costs[agent][job] for job, agent in enumerate(choice))
            best = cost if best is None else min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_cheapest_is_found_and_proven(seed: int) -> None:
    costs, sizes, rooms = instance(3, 8, seed)

    found = assign(costs, sizes, rooms)

    best = by_trying_all(costs, sizes, rooms)
    assert (found and (found.cost, found.proven)) == (best and (best, True))


def test_profits_are_costs_below_nothing() -> None:
    costs, sizes, rooms = instance(3, 7, 11)
    profits = [[-cost for cost in row] for row in costs]

    found = assign(profits, sizes, rooms)

    assert found is not None
    assert found.proven
    assert found.cost == by_trying_all(profits, sizes, rooms)


def test_no_agent_gets_more_than_fits() -> None:
    costs, sizes, rooms = instance(5, 30, 3)

    found = assign(costs, sizes, rooms)

    assert found is not None
    assert found.at_least <= found.cost + 1e-6
    for agent, room in enumerate(rooms):
        mine = [job for job, who in enumerate(found.agents) if who == agent]
        assert sum(sizes[agent][job] for job in mine) <= room


def test_what_does_not_fit_is_said() -> None:
    assert assign([[1, 1]], [[3, 3]], [5]) is None
