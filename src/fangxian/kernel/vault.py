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
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

_NONCE = 12
_MASTER = 32  # bytes
_HEAD = 2 + _NONCE
DEMO_MASTER_KEY = base64.b64encode(
    hashlib.sha256(b"fangxian demo, never for people").digest()
).decode()


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


def seal_many(plains: Sequence[str], kind: str) -> list[bytes]:
    """`seal` for a whole column, at a third of the cost a value."""
    number, cipher = _writing_key()
    head, context, encrypt = number.to_bytes(2), kind.encode(), cipher.encrypt
    random = os.urandom(_NONCE * len(plains))
    nonces = (random[at : at + _NONCE] for at in range(0, len(random), _NONCE))
    return [
        head + nonce + encrypt(nonce, plain.encode(), context)
        for nonce, plain in zip(nonces, plains, strict=True)
    ]


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


def blind_indexes(kind: str, plains: Sequence[str]) -> list[bytes]:
    """`blind_index` for a whole column, at a third of the cost a value."""
    keyed = HMAC(_index_key(), SHA256())
    indexes = []
    for plain in plains:
        one = keyed.copy()
        one.update(f"{kind}:{''.join(plain.split()).upper()}".encode())
        indexes.append(one.finalize()[:16])
    return indexes


# Masking: the least that lets two people talk about the same record.


def _mask_name(plain: str) -> str:
    return plain[:1] + "*" * max(2, len(plain) - 1) if plain else ""


def _mask_identity(plain: str) -> str:
    return plain[:6] + "*" * (len(plain) - 10) + plain[-4:] if len(plain) > 10 else "****"  # noqa: PLR2004


def _mask_phone(plain: str) -> str:
    return plain[:3] + "****" + plain[-4:] if len(plain) > 7 else "****"  # noqa: PLR2004


def _mask_address(plain: str) -> str:
    return re.sub(r"[0-9０-９]", "*", plain)


_MASKS: dict[str, Callable[[str], str]] = {
    "name": _mask_name,
    "identity": _mask_identity,
    "phone": _mask_phone,
    "address": _mask_address,
}


def mask(kind: str, plain: str) -> str:
    return _MASKS[kind](plain) if kind in _MASKS else "***"


# Keys. `VaultKey` rows, each wrapped by the master key, with one purpose; those of `signing` too.


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


def add_key(purpose: str, key: bytes, public: bytes = b"", *, at: datetime | None = None) -> int:
    """Keep a new key, wrapped; the number it is known by. It is the one in use from now on."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE kernel_vaultkey IN EXCLUSIVE MODE")
        cursor.execute(
            "INSERT INTO kernel_vaultkey (number, purpose, wrapped, public, created_at)"
            " SELECT coalesce(max(number), 0) + 1, %s, %s, %s, coalesce(%s, now())"
            " FROM kernel_vaultkey RETURNING number",
            [purpose, wrap(key), public, at],
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


def rotate(
    *, progress: Callable[[str, int], None] = lambda _table, _done: None, batch: int = 2000
) -> tuple[int, int]:
    """Make a new data key, encrypt every value again with it, retire the old ones.

    Safe while people work, and safe to repeat after a break: values name the key they are sealed
    with. Returns the new key's number and how many rows were rewritten.
    """
    number = add_key("data", os.urandom(32))
    rewritten = 0
    for table, key, columns in _encrypted_columns():
        done = 0
        while changed := _seal_again(table, key, columns, number, batch):
            done += changed
            progress(table, done)
        rewritten += done
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE kernel_vaultkey SET retired_at = now()"
            " WHERE purpose = 'data' AND number < %s AND retired_at IS NULL",
            [number],
        )
    return number, rewritten


def _encrypted_columns() -> Iterator[tuple[str, str, dict[str, str]]]:
    """(table, primary key column, {column: kind}) of every table with encrypted columns."""
    for model in apps.get_models():
        columns = {
            f.column: f.kind
            for f in model._meta.concrete_fields  # noqa: SLF001
            if hasattr(f, "kind") and f.column
        }
        if columns:
            yield model._meta.db_table, str(model._meta.pk.column), columns  # noqa: SLF001


def _seal_again(table: str, key: str, columns: dict[str, str], number: int, batch: int) -> int:
    head = number.to_bytes(2)
    stale = " OR ".join(f"substring({c} from 1 for 2) <> %s" for c in columns)
    names = ", ".join(columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, {names} FROM {table} WHERE {stale} LIMIT %s FOR UPDATE SKIP LOCKED",
            [*([head] * len(columns)), batch],
        )
        rows = cursor.fetchall()
        fresh = [
            [
                None if value is None else seal(unseal(bytes(value), kind), kind)
                for value, kind in zip(row[1:], columns.values(), strict=True)
            ]
            + [row[0]]
            for row in rows
        ]
        sets = ", ".join(f"{c} = %s" for c in columns)
        cursor.executemany(f"UPDATE {table} SET {sets} WHERE {key} = %s", fresh)
    return len(rows)


def rewrap(new_master: str) -> int:
    """Wrap every key with a new master key (base64, 32 bytes); how many."""
    fresh = _master(new_master)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT number, wrapped FROM kernel_vaultkey FOR UPDATE")
        rows = cursor.fetchall()
        for number, wrapped in rows:
            nonce = os.urandom(_NONCE)
            again = nonce + AESGCM(fresh).encrypt(nonce, unwrap(bytes(wrapped)), b"key")
            cursor.execute(
                "UPDATE kernel_vaultkey SET wrapped = %s WHERE number = %s", [again, number]
            )
    return len(rows)


def forget_keys() -> None:
    """Drop the keys held in memory, so that the next use reads them again."""
    _key.cache_clear()
    _writing_key.cache_clear()
    _index_key.cache_clear()


def _master(text: str | None = None) -> bytes:
    try:
        key = base64.b64decode(settings.VAULT_MASTER_KEY if text is None else text, validate=True)
    except ValueError:
        key = b""
    if len(key) != _MASTER:
        raise VaultLocked("the master key, FANGXIAN_VAULT_KEY, must be 32 bytes in base64")
    return key


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
