"""How a resident is let in, and how long: limits of this door, not of any protocol."""

import hashlib
import re
import secrets
from datetime import date, timedelta

CODE_LASTS = timedelta(minutes=5)
CODE_DIGITS = 6
MOST_TRIES = 5
"""Wrong entries of one code; then it is worth nothing."""

APART = timedelta(minutes=1)
"""Between two messages to one number."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_AN_HOUR, MOST_A_DAY = 5, 10
"""Codes asked for by one number, or cards shown under one number, right or wrong."""
LOCKED_AFTER = 15
"""Wrong entries for one number within a day; then it is locked for an hour."""

ONE_PLACE = timedelta(minutes=10)
MOST_FROM_ONE_PLACE = 60
"""From one address on the net: a stairwell behind one line fits, a script does not."""
MOST_WRONG_FROM_ONE_PLACE = 20

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCH = timedelta(minutes=1)
"""A session is not written at each request."""

MINOR_BELOW = 18
"""Years. Civil Code of the People's Republic of China, article 17."""


def code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def digest(secret: str) -> bytes:
    """Of a cookie's secret, which is long and random: no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


def typed(text: str) -> str:
    """What somebody typed or was read out, without what is said between the digits."""
    return re.sub(r"\D", "", text.translate(_FULL_WIDTH))


_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")


def is_minor(born: date | None, day: date) -> bool:
    """Nobody is taken for a child whose birth date is unknown."""
    if born is None:
        return False
    return (day.year, day.month, day.day) < (born.year + MINOR_BELOW, born.month, born.day)


def device(agent: str) -> str:
    """The least that lets somebody tell their phone from a neighbour's computer."""
    if re.search(r"iPad|Tablet|Android(?!.*Mobile)", agent):
        return "tablet"
    if re.search(r"Mobile|iPhone|HarmonyOS|MicroMessenger", agent):
        return "phone"
    return "computer" if re.search(r"Windows|Macintosh|X11|Linux", agent) else "other"
