"""Which words are the same, how alike they are, and what may be answered together: plain values."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

EVERYWHERE = frozenset({"policy", "testing", "code", "travel"})
"""Asked alike all over the district: the answer does not depend on the door."""

OF_A_PLACE = frozenset({"utilities", "environment", "complaint", "problem"})
"""The same words from one community mean the same thing."""

TOGETHER = EVERYWHERE | OF_A_PLACE
"""What somebody needs for themselves (care, supplies, an emergency) is never put with another's by
itself; a person may still do so, except with emergencies."""

ALIKE = 0.6
"""Share of pairs of signs in common from which one person's two requests are one."""

NEAR = 0.3
"""… from which a person is asked whether two people's requests are the same."""

_NOISE = re.compile(r"[\W_]+")
_STEPS_TO_DISTRICT, _STEPS_TO_COMMUNITY = 3, 5
_MORE_URGENT = {"ordinary": "urgent", "urgent": "very_urgent", "very_urgent": "very_urgent"}
_ORDER = ("ordinary", "urgent", "very_urgent")
HIGHEST = 3


def plain(words: str) -> str:
    """The words without case, blanks and punctuation."""
    return _NOISE.sub("", words).lower()


def digest_of(words: str) -> bytes:
    return hashlib.blake2b(plain(words).encode(), digest_size=16).digest()


def pairs_of(words: str) -> frozenset[str]:
    """Every two signs that follow each other; a single sign stands for itself."""
    text = plain(words)
    if len(text) < 2:  # noqa: PLR2004 - a pair
        return frozenset([text] if text else [])
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def likeness(one: str, other: str) -> float:
    """0 for nothing in common, 1 for the same (Dice's coefficient over pairs of signs)."""
    a, b = pairs_of(one), pairs_of(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def scope_of(category: str, area_path: str) -> str:
    """Within which area the same words are one matter; "" for a category never put together."""
    if category not in TOGETHER:
        return ""
    steps = _STEPS_TO_DISTRICT if category in EVERYWHERE else _STEPS_TO_COMMUNITY
    return "".join(f"{step}/" for step in area_path.split("/")[:steps] if step)


def more_urgent(urgency: str) -> str:
    return _MORE_URGENT[urgency]


def most_urgent(*urgencies: str) -> str:
    return max(urgencies, key=_ORDER.index)


@dataclass(frozen=True, slots=True)
class Known:
    """One question of the library as it is searched."""

    id: UUID
    question: str
    keywords: str
    answer: str
    used: int


def found_for(words: str, library: Sequence[Known], *, most: int) -> list[UUID]:
    """The answers that fit what is asked, the best first; without words, what is asked most."""
    asked = pairs_of(words)
    if not asked:
        return [one.id for one in sorted(library, key=lambda one: -one.used)[:most]]
    fits = []
    for one in library:
        share = len(asked & (pairs_of(one.question) | pairs_of(one.keywords))) / len(asked)
        inside = len(asked & pairs_of(one.answer)) / len(asked)
        whole = plain(words) in plain(one.question + one.keywords)
        if score := share + inside / 4 + whole:
            fits.append((-score, -one.used, one.id))
    return [id_ for _score, _used, id_ in sorted(fits)[:most]]


def percent(part: int, whole: int) -> int | None:
    """None of nothing is no rate."""
    return round(100 * part / whole) if whole else None
