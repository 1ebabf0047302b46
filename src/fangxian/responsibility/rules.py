"""Which role answers for which level of the tree, and who may follow whom."""

from collections.abc import Iterable

PLACES = {
    "branch": "community",
    "grid": "grid",
    "group": "building",
    "stairwell": "unit",
}
"""The level of the tree at which each role answers for a place."""

TEAM = ("cadre", "grid_worker", "doctor", "police", "volunteer")
"""The five who look after one key person (domain: five-to-one)."""


def fits(role: str, level: str, *, for_a_person: bool) -> bool:
    return role in TEAM if for_a_person else PLACES.get(role) == level


def missing(held: Iterable[str]) -> list[str]:
    """The roles of the five that nobody holds."""
    known = set(held)
    return [role for role in TEAM if role not in known]
