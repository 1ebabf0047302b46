"""The district's signatures: what it printed or sent is known as its own, offline as well.

Two purposes: "code" signs what people carry, "trust" signs what phones are sent, the list of keys
among it. Keys are ES256 (P-256), for every browser verifies it. They lie in `VaultKey`, wrapped.

A rotation overlaps. The new key is in the trust list at once but signs only after `LEAD`, so that
a phone which was offline for days knows it; the old one is believed until what it signed has
expired. After a leak `rotate(..., at_once=True)` ends the old key now, and all that it signed.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from fangxian.engines.codes import Kind, TrustedKey, TrustList
from fangxian.kernel import vault
from fangxian.kernel.clock import now
from fangxian.kernel.models import VaultKey

Purpose = Literal["code", "trust"]

LEAD = timedelta(days=7)
OVERLAP = timedelta(days=60)
PURPOSES: tuple[Purpose, ...] = ("code", "trust")
_USES: dict[Purpose, str] = {"code": "".join(Kind), "trust": "d"}
_MAKING = 7_026_002  # advisory lock: one first key a purpose


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key in use. `sign` gives r and s, 32 bytes each."""

    kid: bytes
    private: ec.EllipticCurvePrivateKey

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


def signer(purpose: Purpose) -> SigningKey:
    """The key that signs now. Ask once for a batch."""
    keys = _believed(purpose) or _first(purpose)
    announced = [key for key in keys if key.created_at <= now() - LEAD]
    key = announced[-1] if announced else keys[0]
    return _signing_key(bytes(key.wrapped), bytes(key.public))


def sign(purpose: Purpose, payload: bytes) -> tuple[bytes, bytes]:
    """Key id, and r and s in 64 bytes."""
    key = signer(purpose)
    return key.kid, key.sign(payload)


def signed_document(payload: bytes) -> dict[str, str]:
    """A JSON text as phones are sent it; they verify the very bytes of `payload`."""
    kid, signature = sign("trust", payload)
    return {"payload": payload.decode(), "kid": _b64(kid), "sig": _b64(signature)}


def document_is_ours(document: Mapping[str, str]) -> bool:
    """Whether a signed document was signed with one of our keys, old ones included."""
    kid, signature = _unb64(document["kid"]), _unb64(document["sig"])
    numbers = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    for row in _keys_of("trust"):
        if _kid(bytes(row.public)) != kid:
            continue
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes(row.public))
        try:
            public.verify(
                encode_dss_signature(*numbers), document["payload"].encode(), ec.ECDSA(SHA256())
            )
        except InvalidSignature:
            return False
        return True
    return False


def trust_list() -> TrustList:
    """Every key that is believed now, for codes and for documents."""
    keys = [*_believed("code"), *_believed("trust")]
    return TrustList(tuple(_trusted(key) for key in keys))


def trust_document() -> list[dict[str, str | int | None]]:
    """The trust list as phones are sent it. Times are seconds since 1970."""
    for purpose in PURPOSES:
        signer(purpose)  # so that there is one
    return [in_json(key) for key in trust_list().keys]


def trust_key() -> dict[str, str | int | None]:
    """The key that documents are signed with now, for a phone that is being enrolled."""
    kid = signer("trust").kid
    return next(in_json(key) for key in trust_list().keys if key.kid == kid)


def in_json(key: TrustedKey) -> dict[str, str | int | None]:
    return {
        "kid": _b64(key.kid),
        "x": _b64(key.x),
        "y": _b64(key.y),
        "use": "trust" if key.use == _USES["trust"] else key.use,
        "not_before": int(key.not_before.timestamp()),
        "not_after": int(key.not_after.timestamp()) if key.not_after else None,
    }


@transaction.atomic
def rotate(
    purpose: Purpose,
    *,
    lead: timedelta = LEAD,
    overlap: timedelta = OVERLAP,
    at_once: bool = False,
) -> bytes:
    """Make a new key and set an end to the old ones; the new key's id.

    lead      how long the new key is only announced
    overlap   how long what the old keys signed is still believed; nothing is issued for longer
    at_once   a key has leaked: the old ones end now, and people need new codes
    """
    moment = now()
    ends = moment if at_once else moment + lead + overlap
    _keys_of(purpose).filter(Q(retired_at=None) | Q(retired_at__gt=ends)).update(retired_at=ends)
    return _make(purpose, moment)


def _keys_of(purpose: str) -> QuerySet[VaultKey]:
    return VaultKey.objects.filter(purpose=purpose).order_by("created_at", "number")


def _believed(purpose: str) -> list[VaultKey]:
    """Oldest first."""
    return list(_keys_of(purpose).filter(Q(retired_at=None) | Q(retired_at__gt=now())))


def _first(purpose: str) -> list[VaultKey]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
        if not _believed(purpose):
            _make(purpose, now())
    return _believed(purpose)


def _make(purpose: str, moment: datetime) -> bytes:
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    number = private.private_numbers().private_value.to_bytes(32)
    vault.add_key(purpose, number, public, at=moment)
    return _kid(public)


@lru_cache(maxsize=16)
def _signing_key(wrapped: bytes, public: bytes) -> SigningKey:
    number = int.from_bytes(vault.unwrap(wrapped))
    return SigningKey(_kid(public), ec.derive_private_key(number, ec.SECP256R1()))


@lru_cache(maxsize=64)
def _kid(public: bytes) -> bytes:
    """The first 8 bytes of SHA-256 of the key as SubjectPublicKeyInfo."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    whole = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(whole).digest()[:8]


def _trusted(key: VaultKey) -> TrustedKey:
    public = bytes(key.public)
    return TrustedKey(
        kid=_kid(public),
        x=public[1:33],
        y=public[33:],
        use=_USES["code" if key.purpose == "code" else "trust"],
        not_before=key.created_at,
        not_after=key.retired_at,
    )


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
