"""A set of people that a phone without a network can look somebody up in, and learn nothing from.

Each entry is the first 4 bytes of SHA-256(salt, key). The salt is new every day, so that two days'
sets cannot be compared, and nobody is found in one without their code or card in hand.

Of a set of N, somebody who is not in it is taken for one who is with the chance N / 2^32: with
10,000 people and a million look-ups a day 2 or 3 are sent to the table for nothing.
"""

import base64
import hashlib
import os
from collections.abc import Iterable
from datetime import date
from typing import TypedDict

BYTES = 4
SALT = 16


class Document(TypedDict):
    """A set as phones are sent it. Salt and hashes are in base64; the hashes run upwards."""

    day: str
    salt: str
    bytes: int
    count: int
    hashes: str


def new_salt() -> bytes:
    return os.urandom(SALT)


def person_key(pseudonym: bytes) -> bytes:
    """What the holder of a code is recognised by."""
    return b"p:" + pseudonym


def identity_key(number: str) -> bytes:
    """What the holder of a document is recognised by; the number in its normal form."""
    return b"i:" + number.upper().encode()


def entry(salt: bytes, key: bytes) -> bytes:
    return hashlib.sha256(salt + key).digest()[:BYTES]


def document(keys: Iterable[bytes], *, day: date, salt: bytes) -> Document:
    """The set of these keys, as `people.queries.set_keys` gives them."""
    entries = sorted({entry(salt, key) for key in keys})
    return {
        "day": day.isoformat(),
        "salt": base64.b64encode(salt).decode(),
        "bytes": BYTES,
        "count": len(entries),
        "hashes": base64.b64encode(b"".join(entries)).decode(),
    }


def holds(said: Document, key: bytes) -> bool:
    """Whether somebody is in a set, or one in 2^32 / N times is not."""
    wanted = entry(base64.b64decode(said["salt"]), key)
    hashes = base64.b64decode(said["hashes"])
    low, high = 0, len(hashes) // BYTES
    while low < high:
        middle = (low + high) // 2
        if hashes[middle * BYTES : (middle + 1) * BYTES] < wanted:
            low = middle + 1
        else:
            high = middle
    return hashes[low * BYTES : (low + 1) * BYTES] == wanted


def false_match_rate(count: int) -> float:
    """How often somebody outside a set of so many is taken for one inside, a look-up."""
    return count / (1 << 8 * BYTES)
