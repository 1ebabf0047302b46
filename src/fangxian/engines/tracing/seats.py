"""Who was near whom in a vehicle, and in which room: more than minutes at the same place.

The table is the one that the packs' `rows_either_side` names. Where a seat is not known, nobody can
be left out by it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Layout(StrEnum):
    """How a place is divided, and with it who in it was near."""

    PLANE = "plane"
    TRAIN_CARRIAGE = "train_carriage"
    TRAIN_COMPARTMENT = "train_compartment"
    TRAIN_OPEN = "train_open"
    COACH_SEALED = "coach_sealed"
    COACH_VENTILATED = "coach_ventilated"
    SHIP = "ship"
    ROOMS = "rooms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """room: carriage, compartment, cabin or room; row: of seats, or bay; crew: who serves there"""

    room: str = ""
    row: int | None = None
    crew: bool = False


NOWHERE = Spot()
_BY_ROOM = {Layout.TRAIN_CARRIAGE, Layout.TRAIN_COMPARTMENT, Layout.SHIP, Layout.ROOMS}
_BAYS = 1
"""In a train that is not sealed: the same bay and the adjacent ones."""


def near(layout: Layout, one: Spot, other: Spot, *, rows: int) -> bool | None:
    """Whether two were near each other; None where it cannot be known.

    rows   how many rows before and behind count in planes and ventilated coaches
    """
    if layout == Layout.COACH_SEALED:
        return True
    same_room = one.room == other.room if one.room and other.room else None
    if one.crew or other.crew:
        return None if same_room is None and layout == Layout.ROOMS else same_room is not False
    if layout in _BY_ROOM:
        return same_room
    if same_room is False:
        return False
    if one.row is None or other.row is None:
        return None
    return abs(one.row - other.row) <= (_BAYS if layout == Layout.TRAIN_OPEN else rows)
