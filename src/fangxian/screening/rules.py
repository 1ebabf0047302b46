"""What follows from what is known of one person, and which place is meant: plain values."""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

_EVIDENCE = ("list", "lives_here", "asked", "declared", "told")
"""Weakest first. What somebody else wrote, then the page that nobody checked, then a worker."""

MOST_TRIPS = 50
"""Places in one declaration: more is no answer, but an attack."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody was at a place, as it was said. `until_day` is the last day there."""

    place: str
    from_day: date
    until_day: date
    how: str = ""


def strongest(kinds: Iterable[str]) -> str:
    return max(kinds, key=_EVIDENCE.index, default="list")


def may_be_ordered_at_once(evidence: str, allowed: Collection[str]) -> bool:
    """A list alone never restricts anybody, whatever a pack says."""
    return evidence in allowed and supports_a_measure({evidence})


def supports_a_measure(kinds: Collection[str]) -> bool:
    """Whether the person themselves said it, to us or on the page."""
    return bool({"told", "declared"} & set(kinds))


def next_action(
    state: str, *, calls: int, channels: Collection[str], calls_before_visit: int
) -> str:
    """The one thing to do next for somebody.

    calls   in vain
    """
    fixed = {
        "reached": "ask_place",
        "at_risk": "confirm",
        "under_measure": "await_end",
        "handed_over": "await_receipt",
        "closed": "nothing",
    }
    if state in fixed:
        return fixed[state]
    by_phone = "phone" in channels or "visit" not in channels
    return "call" if by_phone and calls < calls_before_visit else "visit"


def say_again(*said: object) -> bytes:
    """Equal for whoever says the same of the same person again. 16 bytes."""
    return hashlib.sha256("\x1f".join(map(str, said)).encode()).digest()[:16]


def provisional_id(index: bytes) -> UUID:
    """The same id for the same person on every list, made of a blind index: a UUIDv8 (RFC 9562)."""
    bits = int.from_bytes(index) & ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=bits | 0x8 << 76 | 0b10 << 62)


# Places

_ENDING = re.compile(
    r"(特别行政区|自治区|自治州|自治县|街道|社区|小区|省|市|区|县|旗|州|镇|乡|村)$"
)
_BETWEEN = re.compile(r"[\s/·,，、;；>-]+")


def plain_place(text: str) -> str:
    """ "陕西省 西安市" is "陕西省西安市"; width and case of signs do not matter."""
    narrow = "".join(chr(ord(sign) - 0xFEE0) if "！" <= sign <= "～" else sign for sign in text)
    return _BETWEEN.sub("", narrow).lower()


def words_of(place: str) -> list[str]:
    """The steps of a published place without the words for what they are: “西安 雁塔”."""
    words = []
    for word in _BETWEEN.split(place.strip().lower()):
        bare = _ENDING.sub("", word)
        words.append(bare if len(bare) > 1 else word)
    return [word for word in words if word]


def lies_in(said: str, words: Sequence[str]) -> bool:
    """Whether a place as it was said names every step of a published one."""
    plain = plain_place(said)
    return bool(words) and all(word in plain for word in words)


def is_wider(said: str, words: Sequence[str]) -> bool:
    """Whether what was said is only a part of the way to it: “西安” of “西安 雁塔 明德门”."""
    steps = [_ENDING.sub("", step) or step for step in _steps(said)]
    if not steps:
        return False
    known = [step for step in steps if any(step in word or word in step for word in words)]
    # Said is wider if all that it names, the province aside, leads there and something is missing.
    return bool(known) and known[-1] == steps[-1] and not lies_in(said, words)


def _steps(said: str) -> list[str]:
    """ "陕西省西安市雁塔区" in its three steps."""
    plain = plain_place(said)
    found = re.findall(r".+?(?:省|市|区|县|州|镇|街道|乡|村|$)", plain)
    return [step for step in found if step]


def overlap(stay: tuple[date, date], risk: tuple[date, date | None]) -> tuple[date, date] | None:
    """The days both have in common."""
    first = max(stay[0], risk[0])
    last = stay[1] if risk[1] is None else min(stay[1], risk[1])
    return (first, last) if first <= last else None


# The link of a household

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def household_token(key: bytes, campaign: UUID, door: int) -> str:
    """What stands on a household's sheet: the number of its door and six signs that nobody guesses.

    It tells only which door the sheet was made for.
    """
    digest = hmac.digest(key, campaign.bytes + door.to_bytes(4), "sha256")
    number = int.from_bytes(digest[:4])
    signs = "".join(_SIGNS[(number >> shift) & 31] for shift in range(0, 30, 5))
    return f"{door}-{signs}"


def door_of_token(key: bytes, campaign: UUID, token: str) -> int | None:
    """The number of the door, if the sheet is of this campaign; None otherwise."""
    door, _dash, _signs = token.partition("-")
    if not door.isascii() or not door.isdigit() or len(door) > 9:  # noqa: PLR2004
        return None
    ours = household_token(key, campaign, int(door))
    return int(door) if hmac.compare_digest(ours, token.upper()) else None
