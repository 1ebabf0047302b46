"""Chains of transmission: who infected whom, counted. Plain values in and out."""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Onset:
    """When somebody fell ill: the day lies from `first` to `last`; None: not said."""

    first: date | None = None
    last: date | None = None

    @property
    def day(self) -> date | None:
        """The day where exactly one is known."""
        return self.first if self.first is not None and self.first == self.last else None

    @property
    def shown(self) -> date | None:
        """Where a drawing puts it."""
        return self.first or self.last


@dataclass(frozen=True, slots=True)
class Chain(Generic[Key]):
    """Nodes with their onsets, and links from infector to infectee."""

    onsets: Mapping[Key, Onset]
    links: Sequence[tuple[Key, Key]]

    def infectees(self) -> Mapping[Key, list[Key]]:
        found: dict[Key, list[Key]] = defaultdict(list)
        for infector, infectee in self.links:
            found[infector].append(infectee)
        return found

    def infectors(self) -> Mapping[Key, list[Key]]:
        found: dict[Key, list[Key]] = defaultdict(list)
        for infector, infectee in self.links:
            found[infectee].append(infector)
        return found


def path_between(links: Iterable[tuple[Key, Key]], start: Key, end: Key) -> list[Key]:
    """The shortest way along links from `start` to `end`, both included; empty if there is none.

    A new link from `end` to `start` would close it to a cycle.
    """
    onward: dict[Key, list[Key]] = defaultdict(list)
    for infector, infectee in links:
        onward[infector].append(infectee)
    came: dict[Key, Key | None] = {start: None}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        if at == end:
            way: list[Key] = []
            step: Key | None = at
            while step is not None:
                way.append(step)
                step = came[step]
            return way[::-1]
        for after in onward[at]:
            if after not in came:
                came[after] = at
                waiting.append(after)
    return []


def generations(chain: Chain[Key]) -> dict[Key, int]:
    """0 for whom nobody here infected, else one more than the earliest of the infectors."""
    infectees = chain.infectees()
    roots = set(chain.onsets) - {infectee for _infector, infectee in chain.links}
    found = dict.fromkeys(roots, 0)
    waiting = deque(roots)
    while waiting:
        at = waiting.popleft()
        for infectee in infectees.get(at, ()):
            if infectee not in found:
                found[infectee] = found[at] + 1
                waiting.append(infectee)
    return found


@dataclass(frozen=True, slots=True)
class Figures:
    """A chain in numbers; persons, except `links`.

    serial_intervals   days from the infector's onset to the infectee's, where both are known
    largest            how many the most infecting person infected
    """

    people: int
    linked: int
    links: int
    clusters: tuple[int, ...]
    generations: tuple[int, ...]
    serial_intervals: tuple[int, ...]
    negative: int
    largest: int

    @property
    def median_interval(self) -> float | None:
        return median(self.serial_intervals) if self.serial_intervals else None


def figures(chain: Chain[Key]) -> Figures:
    linked = {one for link in chain.links for one in link}
    by_generation: dict[int, int] = defaultdict(int)
    for one, generation in generations(chain).items():
        if one in linked:
            by_generation[generation] += 1
    intervals = sorted(serial_intervals(chain))
    return Figures(
        people=len(chain.onsets),
        linked=len(linked),
        links=len(chain.links),
        clusters=tuple(sorted((len(one) for one in clusters(chain)), reverse=True)),
        generations=tuple(by_generation[n] for n in range(len(by_generation))),
        serial_intervals=tuple(intervals),
        negative=sum(days < 0 for days in intervals),
        largest=max((len(them) for them in chain.infectees().values()), default=0),
    )


def serial_intervals(chain: Chain[Key]) -> Iterator[int]:
    for infector, infectee in chain.links:
        first, second = chain.onsets[infector].day, chain.onsets[infectee].day
        if first and second:
            yield (second - first).days


def clusters(chain: Chain[Key]) -> list[set[Key]]:
    """People connected by links, whichever way; those without any link are left out."""
    beside: dict[Key, set[Key]] = defaultdict(set)
    for infector, infectee in chain.links:
        beside[infector].add(infectee)
        beside[infectee].add(infector)
    found: list[set[Key]] = []
    seen: set[Key] = set()
    for start in beside:
        if start in seen:
            continue
        cluster, waiting = {start}, [start]
        while waiting:
            for other in beside[waiting.pop()] - cluster:
                cluster.add(other)
                waiting.append(other)
        seen |= cluster
        found.append(cluster)
    return found


# Drawing


@dataclass(frozen=True, slots=True)
class Place(Generic[Key]):
    """Where a node stands in a drawing: days from the first, and the line it stands on."""

    key: Key
    day: int | None
    line: int


def drawn(chain: Chain[Key]) -> list[Place[Key]]:
    """Everybody with a link, each on a line of their own, infectees beneath their infector.

    Larger clusters come first; within one the order is that of the onsets.
    """
    days = [onset.shown for onset in chain.onsets.values() if onset.shown]
    first = min(days, default=None)
    infectees, infectors = chain.infectees(), chain.infectors()

    def when(key: Key) -> tuple[bool, date, str]:
        shown = chain.onsets[key].shown
        return (shown is None, shown or date.max, str(key))

    places: list[Place[Key]] = []
    seen: set[Key] = set()

    def put(root: Key) -> None:
        waiting = [root]
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            shown = chain.onsets[key].shown
            day = (shown - first).days if shown and first else None
            places.append(Place(key, day, len(places)))
            waiting += sorted(infectees.get(key, ()), key=when, reverse=True)

    for cluster in sorted(clusters(chain), key=lambda one: (-len(one), min(map(when, one)))):
        for key in sorted(cluster, key=when):
            if not infectors.get(key):
                put(key)
        for key in sorted(cluster, key=when):  # a circle has no beginning
            put(key)
    return places
