"""Who a resident is to the rest of the house: an actor without duties, at their own door."""

from uuid import UUID

from fangxian.kernel.access import Actor, Duty

NAME = "resident"


def resident(resident_id: UUID, area_path: str) -> Actor:
    """Whoever signed in, at the door of whoever they ask for."""
    return Actor(id=resident_id, within=area_path, duties=frozenset(), name=NAME)


def lent(me: Actor, duty: Duty) -> Actor:
    """The same person with one duty, for one verb about a thing that was found to be theirs.

    The ledger then names who did it. Never hand it to anything that was not looked up as own.
    """
    return Actor(id=me.id, within="", duties=frozenset({duty}), name=me.name)
