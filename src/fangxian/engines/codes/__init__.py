"""Signed texts: who somebody is, what they may do, what was found, where a door is.

    FX1: + base45(zlib(COSE_Sign1(ES256, CWT claims)))

as the European certificate of 2021 was made, with a prefix of our own. A text is verified without
asking anybody; the keys come in a `TrustList`. Plain Python: no Django, no clock.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import cbor2

from fangxian.engines.codes import cbor, cose
from fangxian.engines.codes.cose import BadCode, Signer, Trouble

__all__ = [
    "BadCode",
    "Claims",
    "Kind",
    "Signer",
    "Trouble",
    "TrustList",
    "TrustedKey",
    "issue",
    "read",
]

PREFIX = "FX1:"
LEEWAY = timedelta(seconds=300)
PSEUDONYM = 8
"""Bytes in a person's pseudonym: 2^64, so that two never meet and none is ever guessed."""

_ISSUER, _EXPIRY, _NOT_BEFORE, _ISSUED = 1, 4, 5, 6
_KIND, _SUBJECT, _INITIALS = -1, -2, -3
_FIRST_OF_KIND = -4
_END_OF_TIME = 1 << 33


class Kind(StrEnum):
    """What a text says, and what a key may be used for."""

    PERSON = "p"
    PASS = "x"  # noqa: S105 - a letter
    TEST = "t"
    VENUE = "v"


_KINDS = frozenset(str(kind) for kind in Kind)
Subject = bytes | int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a text says. Times are aware.

    district    code of the district that issued it
    subject     the person's pseudonym, the number of the pass, the certificate or the venue
    initials    what a person at the table compares with the card: “王*”
    more        claims of its kind, by number: -4, -5, …
    """

    kind: Kind
    district: str
    subject: Subject
    initials: str = ""
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    more: Mapping[int, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key (P-256), and which kinds of text it may sign.

    use          letters of kinds; "d" for signed documents
    not_before   from when it signs; nothing is refused by it, for a phone's clock may be slow
    not_after    from when nothing that it signed is good any more; None while it is in use
    """

    kid: bytes
    x: bytes
    y: bytes
    use: str
    not_before: datetime
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrustList:
    """The keys that are believed."""

    keys: tuple[TrustedKey, ...] = ()

    def find(self, kid: bytes) -> TrustedKey | None:
        return next((key for key in self.keys if key.kid == kid), None)


def issue(claims: Claims, key: Signer) -> str:
    """The signed text of these claims."""
    payload: dict[int, Any] = {
        _ISSUER: claims.district,
        _EXPIRY: int(claims.expires_at.timestamp()),
        _NOT_BEFORE: int(claims.not_before.timestamp()),
        _ISSUED: int(claims.issued_at.timestamp()),
        _KIND: str(claims.kind),
        _SUBJECT: claims.subject,
    }
    if claims.initials:
        payload[_INITIALS] = claims.initials
    return cose.pack(cose.sign(cbor2.dumps(payload | dict(claims.more)), key), prefix=PREFIX)


def read(
    text: str,
    trust: TrustList,
    at: datetime,
    *,
    leeway: timedelta = LEEWAY,
    kinds: Collection[Kind] = tuple(Kind),
) -> Claims:
    """What a text says, if it is good at this moment. Raises `BadCode`.

    leeway   how wrong the clock of whoever reads it may be
    kinds    what is asked for here; another good text is "wrong_kind"
    """
    message = cose.read(cose.unpack(text.strip(), prefix=PREFIX))
    key = trust.find(message.kid)
    if key is None or (key.not_after is not None and at > key.not_after + leeway):
        raise BadCode("unknown_key")
    cose.verify(message, key.x, key.y)
    claims = _claims(message.payload)
    if claims.kind not in key.use or claims.kind not in kinds:
        raise BadCode("wrong_kind")
    if at < claims.not_before - leeway:
        raise BadCode("not_yet_valid", claims)
    if at > claims.expires_at + leeway:
        raise BadCode("expired", claims)
    return claims


def _claims(payload: bytes) -> Claims:
    try:
        said = cbor.loads(payload)
    except cbor.NotCbor as error:
        raise BadCode("malformed") from error
    if not isinstance(said, dict):
        raise BadCode("malformed")
    try:
        district, kind, subject = said[_ISSUER], said[_KIND], said[_SUBJECT]
        initials = said.get(_INITIALS, "")
        issued, expires = _moment(said[_ISSUED]), _moment(said[_EXPIRY])
        begins = _moment(said[_NOT_BEFORE]) if _NOT_BEFORE in said else issued
    except (KeyError, TypeError, ValueError) as error:
        raise BadCode("malformed") from error
    if not isinstance(kind, str) or kind not in _KINDS:
        raise BadCode("wrong_kind")
    fits = isinstance(subject, bytes | int | str) and not isinstance(subject, bool)
    if kind == Kind.PERSON:
        fits = isinstance(subject, bytes) and len(subject) == PSEUDONYM
    if not (fits and isinstance(district, str) and isinstance(initials, str)):
        raise BadCode("malformed")
    return Claims(
        kind=Kind(kind),
        district=district,
        subject=subject,
        initials=initials,
        issued_at=issued,
        not_before=begins,
        expires_at=expires,
        more={k: v for k, v in said.items() if isinstance(k, int) and k <= _FIRST_OF_KIND},
    )


def _moment(seconds: object) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise TypeError("a time is a whole number of seconds")
    if not 0 <= seconds < _END_OF_TIME:
        raise ValueError("no time of ours")
    return datetime.fromtimestamp(seconds, UTC)
