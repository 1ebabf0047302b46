"""Who is to see to a task by now: plain values, no database, no clock."""

import re
from collections.abc import Sequence

DISTRICT = 3
"""The highest level: 0 grid, 1 community, 2 subdistrict, 3 district and above."""

SITS = 2
"""From this level on people sit in an office; below it they walk from door to door."""

_STEPS_TO_GRID = 6  # province, city, district, subdistrict, community, grid


def level_of(within: str) -> int:
    """The level at which somebody works whose area is this; a grid or less is 0."""
    return max(0, min(DISTRICT, _STEPS_TO_GRID - within.count("/")))


def next_level(level: int) -> int:
    return min(DISTRICT, level + 1)


def common_path(paths: Sequence[str]) -> str:
    """The deepest area that holds all of these; "" if only everywhere does."""
    if not paths:
        return ""
    low, high = min(paths).split("/"), max(paths).split("/")
    shared = []
    for a, b in zip(low, high, strict=False):
        if a != b or not a:
            break
        shared.append(a + "/")
    return "".join(shared)


_DIGITS = 4
_LONGEST_ROUTE = 200


def route(grid_path: str, steps: Sequence[tuple[str, str]]) -> str:
    """Sorts places by the way one walks: housing estate, building, stairwell, floor, door.

    steps   (name, housing estate) of each place below the grid. Numbers in names count as numbers:
            2号楼 comes before 10号楼.
    """
    words = [re.sub(r"\d+", _as_number, f"{estate} {name}".strip()) for name, estate in steps]
    return (grid_path + "/".join(words))[:_LONGEST_ROUTE]


def _as_number(digits: "re.Match[str]") -> str:
    return digits.group().zfill(_DIGITS)


_NUMBERED = re.compile(
    r"^\s*(?:[一二三四五六七八九十]+[、.．]|[（(][一二三四五六七八九十\d]+[）)]|\d+[、.．)）]|[-•·])\s*(.+)$"
)
_LONGEST_POINT = 300


def points_in(text: str) -> list[str]:
    """The numbered lines of a paper: what somebody will probably be asked to do."""
    found = (_NUMBERED.match(line) for line in text.splitlines())
    return [match.group(1).strip()[:_LONGEST_POINT] for match in found if match]
