"""Keys and claims for tests. Say only what is unusual."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fangxian.engines.codes import Claims, Kind, TrustedKey, TrustList

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
