"""Encryption at rest: AES-256-GCM with keys that rotate, and blind indexes for exact look-up.

The master key (`settings.VAULT_MASTER_KEY`) never touches data: it wraps the data keys kept in
`VaultKey`. Names, identity numbers, phones and addresses are stored as

    key number (2 bytes) | nonce (12 bytes) | ciphertext and tag

bound to the kind of value they are, so a phone cannot be passed off as a name.
"""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction

_NONCE = 12
_HEAD = 2 + _NONCE
DEMO_MASTER_KEY = base64.b64encode(hashlib.sha256(b"fangxian demo, never for people").digest()).decode()


class VaultLocked(Exception):  # noqa: N818 - a state, not an error of the program
    """The master key does not open this database's data keys, or a value was tampered with."""


class Secret:
    """A sealed value. Printing it shows the masked form; only `reveal` gives the plain one."""

    __slots__ = ("kind", "sealed")

    def __init__(self, kind: str, sealed: bytes) -> None:
        self.kind = kind
        self.sealed = sealed

    def reveal(self) -> str:
        """The plain text. Call only inside a verb that records who asked and why."""
        return unseal(self.sealed, self.kind)

    def __str__(self) -> str:
        return mask(self.kind, self.reveal())

    def __repr__(self) -> str:
        return f"<{self.kind} {self}>"

    def __bool__(self) -> bool:
        return True


def seal(plain: str, kind: str) -> bytes:
    number, cipher = _writing_key()
    nonce = os.urandom(_NONCE)
    return number.to_bytes(2) + nonce + cipher.encrypt(nonce, plain.encode(), kind.encode())


def unseal(sealed: bytes, kind: str) -> str:
    cipher = _key(int.from_bytes(sealed[:2]))
    try:
        return cipher.decrypt(sealed[2:_HEAD], sealed[_HEAD:], kind.encode()).decode()
    except InvalidTag as error:
        raise VaultLocked(f"a {kind} in the database was changed from outside") from error


def blind_index(kind: str, plain: str) -> bytes:
    """Equal values give equal indexes; an index gives nothing back. 16 bytes.

    Blanks are dropped and letters are upper case, so "63010519830101123x" is found.
    """
    normal = re.sub(r"\s", "", plain).upper()
    return hmac.digest(_index_key(), f"{kind}:{normal}".encode(), "sha256")[:16]


# Masking: the least that lets two people talk about the same record.


def _mask_name(plain: str) -> str:
    return plain[:1] + "*" * max(2, len(plain) - 1) if plain else ""


def _mask_identity(plain: str) -> str:
    return plain[:6] + "*" * (len(plain) - 10) + plain[-4:] if len(plain) > 10 else "****"  # noqa: PLR2004


def _mask_phone(plain: str) -> str:
    return plain[:3] + "****" + plain[-4:] if len(plain) > 7 else "****"  # noqa: PLR2004


def _mask_address(plain: str) -> str:
    return re.sub(r"[0-9０-９]", "*", plain)  # noqa: RUF001


_MASKS: dict[str, Callable[[str], str]] = {
    "name": _mask_name,
    "identity": _mask_identity,
    "phone": _mask_phone,
    "address": _mask_address,
}


def mask(kind: str, plain: str) -> str:
    return _MASKS[kind](plain) if kind in _MASKS else "***"


# Keys. `VaultKey` rows, each wrapped by the master key, with one purpose: data, index or seal.


@lru_cache(maxsize=1)
def _index_key() -> bytes:
    return _newest_key("index")[1]


@lru_cache(maxsize=64)
def _key(number: int) -> AESGCM:
    with connection.cursor() as cursor:
        cursor.execute("SELECT wrapped FROM kernel_vaultkey WHERE number = %s", [number])
        row = cursor.fetchone()
    if row is None:
        raise VaultLocked(f"data key {number} is not in this database")
    return AESGCM(unwrap(bytes(row[0])))


@lru_cache(maxsize=1)
def _writing_key() -> tuple[int, AESGCM]:
    number, key = _newest_key("data")
    return number, AESGCM(key)


def _newest_key(purpose: str) -> tuple[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, wrapped FROM kernel_vaultkey"
            " WHERE purpose = %s AND retired_at IS NULL ORDER BY number DESC LIMIT 1",
            [purpose],
        )
        row = cursor.fetchone()
    if row is None:
        raise VaultLocked(f"this database has no {purpose} key yet: run “fangxian migrate”")
    return int(row[0]), unwrap(bytes(row[1]))


def add_key(purpose: str, key: bytes, public: bytes = b"") -> int:
    """Keep a new key, wrapped; the number it is known by. It is the one in use from now on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE kernel_vaultkey IN EXCLUSIVE MODE")
        cursor.execute(
            "INSERT INTO kernel_vaultkey (number, purpose, wrapped, public, created_at)"
            " SELECT coalesce(max(number), 0) + 1, %s, %s, %s, now() FROM kernel_vaultkey"
            " RETURNING number",
            [purpose, wrap(key), public],
        )
        number: int = cursor.fetchone()[0]
    forget_keys()
    return number


def ensure_keys() -> None:
    """Give a new database its first data and index key. Safe to repeat."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT purpose FROM kernel_vaultkey WHERE retired_at IS NULL")
        present = {row[0] for row in cursor.fetchall()}
    for purpose in ("data", "index"):
        if purpose not in present:
            add_key(purpose, os.urandom(32))


def forget_keys() -> None:
    """Drop the keys held in memory, so that the next use reads them again."""
    _key.cache_clear()
    _writing_key.cache_clear()
    _index_key.cache_clear()


def _master() -> bytes:
    return base64.b64decode(settings.VAULT_MASTER_KEY)


def wrap(key: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_master()).encrypt(nonce, key, b"key")


def unwrap(wrapped: bytes) -> bytes:
    try:
        return AESGCM(_master()).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], b"key")
    except InvalidTag as error:
        raise VaultLocked(
            "the master key does not open this database: set FANGXIAN_VAULT_KEY to the key "
            "that it was made with"
        ) from error
