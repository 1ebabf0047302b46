"""Keys and claims for tests. Say only what is unusual."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fangxian.engines.codes import Claims, Kind, TrustedKey, TrustList
from fangxian.engines.codes.cose import pack, to_be_signed

NOON = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class TestKey:
    __test__ = False

    private: ec.EllipticCurvePrivateKey
    kid: bytes

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    def trusted(self, **other: object) -> TrustedKey:
        numbers = self.private.public_key().public_numbers()
        plain = TrustedKey(
            kid=self.kid,
            x=numbers.x.to_bytes(32),
            y=numbers.y.to_bytes(32),
            use="pxtv",
            not_before=NOON - timedelta(days=1),
        )
        return replace(plain, **other)  # type: ignore[arg-type]

    def trust(self, **other: object) -> TrustList:
        return TrustList((self.trusted(**other),))


def key(number: int = 7) -> TestKey:
    """The same key for the same number, so that what it signed can be kept."""
    kid = hashlib.sha256(f"key {number}".encode()).digest()[:8]
    return TestKey(ec.derive_private_key(number * 1_000_003, ec.SECP256R1()), kid)


def claims(**other: object) -> Claims:
    plain = Claims(
        kind=Kind.PERSON,
        district="630105",
        subject=bytes(range(8)),
        initials="王**",
        issued_at=NOON - timedelta(hours=1),
        not_before=NOON - timedelta(hours=1),
        expires_at=NOON + timedelta(days=30),
    )
    return replace(plain, **other)  # type: ignore[arg-type]


KEY = key()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def signed(
    payload: bytes,
    *,
    protected: Any = None,
    unprotected: Any = None,
    wrap: Callable[[list[Any]], Any] = lambda parts: cbor2.CBORTag(18, parts),
    sign: Callable[[bytes], bytes] = KEY.sign,
) -> str:
    """A text made by hand, for what `issue` would never make."""
    head = cbor2.dumps({1: -7, 4: KEY.kid} if protected is None else protected)
    parts = [head, unprotected or {}, payload, sign(to_be_signed(head, payload))]
    return pack(cbor2.dumps(wrap(parts)), prefix="FX1:")


def payload(**changed: Any) -> bytes:
    """CWT claims of an ordinary person; `c4=None` leaves claim 4 out, `m1=` is claim -1."""
    said: dict[int, Any] = {
        1: "630105",
        4: int(NOON.timestamp()) + 3600,
        5: int(NOON.timestamp()) - 3600,
        6: int(NOON.timestamp()) - 3600,
        -1: "p",
        -2: bytes(8),
    }
    for name, value in changed.items():
        number = int(name[1:]) * (-1 if name[0] == "m" else 1)
        said[number] = value
    return cbor2.dumps({k: v for k, v in said.items() if v is not None})


def mirrored(message: bytes) -> bytes:
    """The other signature of the two that fit, with s in the other half."""
    signature = KEY.sign(message)
    return signature[:32] + (ORDER - int.from_bytes(signature[32:])).to_bytes(32)
