"""What a phone sends and what it is answered: plain values, no database, no clock."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

MOST_COMMANDS = 500
"""In one request. A batch of more only adds waiting; the phone sends the rest in the next."""

CLOCKS_APART = timedelta(minutes=5)
"""Up to here a phone's clock is taken as right.

Neuman, C. et al. (2005), "The Kerberos Network Authentication Service (V5)", RFC 4120, 8.2: the
customary bound for clocks that nobody keeps but the network.
"""

TOKEN_LASTS = timedelta(minutes=10)
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_TOKEN_SIGNS = 12  # 60 bits, for a code that lives ten minutes and can be typed
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})

# Secrets. The database knows only digests.


def new_token() -> str:
    """A code for enrolling, as it is read aloud: "7Q2M-4WXK-90ZT"."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(_TOKEN_SIGNS))
    return "-".join(signs[at : at + 4] for at in range(0, _TOKEN_SIGNS, 4))


def token_hash(text: str) -> bytes:
    """The digest of a token as somebody scanned, typed or said it."""
    signs = re.sub(r"[\s-]", "", text.upper()).translate(_MISREAD)
    return hashlib.sha256(signs.encode()).digest()


def new_secret() -> bytes:
    return secrets.token_bytes(32)


def secret_hash(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def in_base64(data: bytes) -> str:
    """As phones write bytes: base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def is_text(value: str) -> bool:
    """Whether it can be stored: JSON lets half a character through."""
    return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


def is_secret(secret: bytes, kept: bytes) -> bool:
    return hmac.compare_digest(secret_hash(secret), kept)


# Commands

Outcome = Literal["applied", "known", "refused", "kept"]


class Order(NamedTuple):
    """One command as it came, its envelope read and its body not yet.

    at   the phone's own time
    """

    id: UUID
    seq: int
    at: datetime
    kind: str
    body: Mapping[str, Any]


_NO_FACTS: Mapping[str, Any] = {}


class Answer(NamedTuple):
    """What became of one command.

    outcome   "applied"; "known": it had been applied before; "refused", with code and message;
              "kept": it is stored, and applied once this server can
    """

    id: str
    outcome: Outcome
    code: str = ""
    message: str = ""
    facts: Mapping[str, Any] = _NO_FACTS

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "outcome": self.outcome,
            "code": self.code,
            "message": self.message,
            "facts": self.facts,
        }


@dataclass(frozen=True, slots=True)
class Rotten:
    """An envelope of which no command can be made; `id` is empty if not even that was there."""

    id: str
    trouble: str


_KIND = re.compile(r"[a-z]{1,15}\.[a-z_]{1,24}", re.ASCII)
_is_kind = lru_cache(maxsize=1000)(_KIND.fullmatch)  # they are few, and said again and again
_MOST_SEQ = 2**53  # what a phone can count to


def read_order(row: object) -> Order | Rotten:
    """One command out of a batch. What is inside the body is the room's matter."""
    if not isinstance(row, dict):
        return Rotten("", "command")
    given = row.get("id")
    name = given[:40] if isinstance(given, str) else ""
    try:
        number = UUID(given)
    except (ValueError, TypeError, AttributeError):
        return Rotten(name, "id")
    seq, kind, body = row.get("seq"), row.get("kind"), row.get("body")
    moment = read_moment(row.get("at"))
    if moment is None:
        return Rotten(name, "at")
    if type(seq) is not int or not 0 <= seq <= _MOST_SEQ:
        return Rotten(name, "seq")
    if type(kind) is not str or not _is_kind(kind) or type(body) is not dict:
        return Rotten(name, "kind" if type(body) is dict else "body")
    return Order(number, seq, moment, kind, body)


def read_moment(text: object) -> datetime | None:
    """An ISO time with its zone, in UTC; None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


# Time. Both are kept: what the phone said (`Command.at`) and when it came (`received_at`).


def skew_of(sent_at: datetime, received_at: datetime) -> timedelta:
    """How far a phone's clock is ahead of ours, less the way that the request took."""
    return sent_at - received_at


def moment_of(
    at: datetime, skew: timedelta, *, received_at: datetime, enrolled_at: datetime
) -> datetime | None:
    """When a command was given, by our clock; None if no such time can be made out.

    A clock within `CLOCKS_APART` is believed. One further off is set right by what it was off when
    it sent the command, as far as that can be: not later than it came, not before the phone was
    enrolled. Two phones with the same error are each set right by their own.
    """
    if abs(skew) <= CLOCKS_APART:
        return at if at <= received_at + CLOCKS_APART else None
    try:
        moment = at - skew
    except OverflowError:  # no calendar has such a day
        return None
    if moment > received_at + CLOCKS_APART:  # it was set back between giving and sending
        return None
    return max(min(moment, received_at), enrolled_at)


def skew_in_file(
    at: datetime,
    *,
    measured: timedelta,
    saved_at: datetime | None,
    received_at: datetime,
    enrolled_at: datetime,
) -> timedelta:
    """How far a phone's clock was ahead when it made an entry of its file, as far as can be known.

    What was measured at the last contact, where it gives a time between enrolment and now. Where
    not, the clock has jumped since: then the entry counts as old as it was when the file was saved,
    as if that had been just now. Where that cannot be either, the nearest time that can.

    measured   when the phone and we last spoke
    saved_at   of the file, by the phone's clock
    """
    just_now = [] if saved_at is None else [saved_at - received_at]
    for skew in [measured, *just_now]:
        try:
            moment = at - skew
        except OverflowError:
            continue
        if enrolled_at - CLOCKS_APART <= moment <= received_at + CLOCKS_APART:
            return skew
    return at - (enrolled_at if at < enrolled_at else received_at)


REPEATS_FOR = timedelta(days=60)
"""How long ids are remembered: longer than any phone is enrolled without being seen."""


def first_id_at(moment: datetime) -> UUID:
    """The lowest UUIDv7 that could have been made then."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


# Protocol versions


@dataclass(frozen=True, slots=True)
class Version:
    """until   day to which it is served; None: it is the present one"""

    number: int
    until: datetime | None


VERSIONS: Sequence[Version] = (Version(1, None),)
"""A version is served for a year after the next one; its day is entered here with the next."""

PRESENT = VERSIONS[-1].number


def is_served(number: int, at: datetime) -> bool:
    """Whether a phone of this version is understood; a newer phone is, as far as it goes."""
    if number > PRESENT:
        return True
    return any(v.number == number and (v.until is None or at < v.until) for v in VERSIONS)
