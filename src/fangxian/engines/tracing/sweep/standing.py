"""What a sweep says of a person, from the weightiest down."""

from enum import IntEnum


class Standing(IntEnum):
    """Between general and close stands the risk area, by its level: 1 low, 2 medium, 3 high."""

    GENERAL = 1
    EXPOSED_LOW = 5
    EXPOSED_MEDIUM = 6
    EXPOSED_HIGH = 7
    CLOSE = 8
    CASE = 9


EXPOSED = 4
"""Added to the level of a risk area."""


class Kind(IntEnum):
    """What kind of contact a meeting makes, as in contacts/."""

    GENERAL = 1
    CLOSE = 2
