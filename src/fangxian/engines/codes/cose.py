"""One signature around a few bytes: COSE_Sign1 with ES256 (RFC 9052, RFC 9053).

What others got wrong is refused or read here: tagged and untagged messages are both read, the key
id and the algorithm may stand in either header, where the protected one counts first, the algorithm
must be stated and be ours (a key is good for one alone, so nobody gains by changing it), sizes are
checked before anything is decoded, and unpacking stops at its limit.
"""

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

import base45
import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fangxian.engines.codes import cbor

Trouble = Literal[
    "forged", "malformed", "unknown_key", "expired", "not_yet_valid", "too_large", "wrong_kind"
]

ES256 = -7
_ALGORITHM, _CRITICAL, _KEY_ID = 1, 2, 4
_SIGN1 = 18
_CWT = 61
_SIGNATURE = 64
_ECDSA = ec.ECDSA(SHA256())
LONGEST_TEXT = 4096
LARGEST_MESSAGE = 16_384


class BadCode(ValueError):  # noqa: N818 - it is a verdict, the caller says it in words
    """This text is not good. `trouble` is the word for why.

    claims   what it says, where the signature is good and only the time is not
    """

    def __init__(self, trouble: Trouble, claims: Any = None) -> None:
        super().__init__(trouble)
        self.trouble: Trouble = trouble
        self.claims = claims


class Signer(Protocol):
    """A private key, wherever it is kept. `sign` gives r and s, 32 bytes each."""

    @property
    def kid(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Message:
    """A COSE_Sign1 that was read and not yet verified."""

    protected: bytes
    algorithm: Any
    kid: bytes
    payload: bytes
    signature: bytes

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is about."""
        return to_be_signed(self.protected, self.payload)


def to_be_signed(protected: bytes, payload: bytes) -> bytes:
    return cbor2.dumps(["Signature1", protected, b"", payload])


def sign(payload: bytes, key: Signer) -> bytes:
    protected = cbor2.dumps({_ALGORITHM: ES256, _KEY_ID: key.kid})
    signature = key.sign(to_be_signed(protected, payload))
    return cbor2.dumps(cbor2.CBORTag(_SIGN1, [protected, {}, payload, signature]))


def pack(message: bytes, *, prefix: str) -> str:
    """As it is printed: packed, in base45, with the prefix that says what it is."""
    text: str = base45.b45encode(zlib.compress(message, 9)).decode()
    return prefix + text


def unpack(text: str, *, prefix: str, longest: int = LONGEST_TEXT) -> bytes:
    """The message in a printed text. Raises `BadCode`."""
    if len(text) > longest:
        raise BadCode("too_large")
    if not text.startswith(prefix) or len(text) == len(prefix):
        raise BadCode("malformed")
    try:
        packed = _from_base45(text[len(prefix) :])
    except (ValueError, UnicodeError) as error:
        raise BadCode("malformed") from error
    unpacking = zlib.decompressobj()
    try:
        message = unpacking.decompress(packed, LARGEST_MESSAGE + 1)
    except zlib.error as error:
        raise BadCode("malformed") from error
    if len(message) > LARGEST_MESSAGE:
        raise BadCode("too_large")
    if not unpacking.eof or unpacking.unused_data:
        raise BadCode("malformed")
    return message


_NO_SIGN = 0xFF
_VALUES = bytes(base45.BASE45_DICT.get(chr(sign), _NO_SIGN) for sign in range(256))


def _from_base45(text: str) -> bytes:
    """RFC 9285, at a third of what the library's own reading costs. Raises `ValueError`."""
    values = text.encode("latin-1").translate(_VALUES)
    if _NO_SIGN in values or len(values) % 3 == 1:
        raise ValueError("no base45")
    whole = len(values) // 3
    pairs = [
        low + 45 * middle + 2025 * high
        for low, middle, high in zip(values[::3], values[1::3], values[2::3], strict=False)
    ]
    try:
        found = struct.pack(f">{whole}H", *pairs)
        return found if whole * 3 == len(values) else found + bytes([values[-2] + 45 * values[-1]])
    except struct.error:
        raise ValueError("no base45") from None


def read(message: bytes) -> Message:
    """Take a COSE_Sign1 apart. Raises `BadCode`."""
    try:
        parts = cbor.loads(message)
        while isinstance(parts, cbor.Tag) and parts.number in {_SIGN1, _CWT}:
            parts = parts.value
    except cbor.NotCbor as error:
        raise BadCode("malformed") from error
    if not isinstance(parts, list) or [type(part) for part in parts] != [bytes, dict, bytes, bytes]:
        raise BadCode("malformed")
    protected, unprotected, payload, signature = parts
    try:
        headers = cbor.loads(protected) if protected else {}
    except cbor.NotCbor as error:
        raise BadCode("malformed") from error
    if not isinstance(headers, dict):
        raise BadCode("malformed")
    kid = headers.get(_KEY_ID, unprotected.get(_KEY_ID))
    if not isinstance(kid, bytes):
        raise BadCode("malformed")
    if _CRITICAL in headers:  # something must be understood that is not understood here
        raise BadCode("malformed")
    algorithm = headers.get(_ALGORITHM, unprotected.get(_ALGORITHM))
    return Message(protected, algorithm, kid, payload, signature)


def verify(message: Message, x: bytes, y: bytes) -> None:
    """Raise `BadCode` unless this key signed it, by ES256 and nothing else."""
    if message.algorithm != ES256 or len(message.signature) != _SIGNATURE:
        raise BadCode("forged")
    r, s = int.from_bytes(message.signature[:32]), int.from_bytes(message.signature[32:])
    try:
        _public(x, y).verify(encode_dss_signature(r, s), message.signed, _ECDSA)
    except (InvalidSignature, ValueError) as error:
        raise BadCode("forged") from error


@lru_cache(maxsize=256)
def _public(x: bytes, y: bytes) -> ec.EllipticCurvePublicKey:
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1())
    return numbers.public_key()
