"""The file that a phone saves when it cannot send, sealed so that only the office can read it.

    {"fangxian": "outbox", "protocol": 1, "device": uuid, "saved_at": iso, "ahead_ms": 1200,
     "key": b64url(box of the delivery key), "slot": b64url(box of the slot's key),
     "commands": [{"id", "seq", "sealed": b64url(box), "slot": true}, …]}

A box is 12 bytes of nonce and AES-256-GCM of the plain text. The delivery key lies in a box about
"rescue" under HKDF-SHA256 (no salt, info "fangxian outbox") of the SHA-256 of the phone's secret,
which is all that we store of it. Each command is {"at", "kind", "body"} in a box about its id.

What was written on a locked phone went through its slot ("slot": true): 65 bytes of a public key
(P-256) made for this one, and the box under HKDF-SHA256 (no salt, info "fangxian slot") of what
that and the slot's private key share. The private key lies, as PKCS #8, in a box of the delivery
key about "slot".

`ahead_ms` says how far our clock was ahead of the phone's when they last spoke; it is left out
where they never did. It and `saved_at` are not sealed: whoever carries the file could move its
entries in time, between the phone's enrolment and now, and no further.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_private_key

from fangxian.sync.errors import NotAnOutbox
from fangxian.sync.rules import Order, read_moment, read_order

LARGEST = 64 * 1024 * 1024
_MOST = 200_000  # commands: more than a phone's shifts of a month
_NONCE = 12
_POINT = 65
_FURTHEST = 100 * 366 * 86_400_000  # milliseconds that a clock can be off: a century


@dataclass(frozen=True, slots=True)
class Saved:
    """A file as it was read; nothing of it is open yet.

    skew   how far the phone's clock was ahead of ours when they last spoke, as the phone knows it
    """

    device_id: UUID
    saved_at: datetime | None
    skew: timedelta | None
    key: bytes
    slot: bytes | None
    commands: Sequence[Mapping[str, Any]]

    def open(self, secret_hash: bytes) -> tuple[list[Order], list[int]]:
        """The commands in their order, and the numbers of those that are damaged."""
        rescue = HKDF(SHA256(), 32, salt=None, info=b"fangxian outbox").derive(secret_hash)
        try:
            delivery = AESGCM(_unbox(AESGCM(rescue), self.key, "rescue"))
            slot = _slot(delivery, self.slot) if self.slot else None
        except (InvalidTag, ValueError):
            raise NotAnOutbox from None
        orders: list[Order] = []
        damaged: list[int] = []
        for place, one in enumerate(self.commands, start=1):
            order = _order(one, delivery, slot)
            if order is None:
                damaged.append(place)
            else:
                orders.append(order)
        return sorted(orders, key=lambda order: order.seq), damaged


def read(content: bytes) -> Saved:
    """Raises `NotAnOutbox` for anything else."""
    try:
        given = json.loads(content)
        if given["fangxian"] != "outbox" or given["protocol"] != 1:
            raise NotAnOutbox
        commands = given["commands"]
        if not isinstance(commands, list) or len(commands) > _MOST:
            raise NotAnOutbox
        return Saved(
            device_id=UUID(given["device"]),
            saved_at=read_moment(given.get("saved_at")),
            skew=_skew(given.get("ahead_ms")),
            key=_bytes(given["key"]),
            slot=_bytes(given["slot"]) if "slot" in given else None,
            commands=commands,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotAnOutbox from None


def _skew(ahead_ms: object) -> timedelta | None:
    if not isinstance(ahead_ms, int | float) or not abs(ahead_ms) <= _FURTHEST:
        return None  # also what is no number: NaN is not below anything
    return timedelta(milliseconds=-ahead_ms)


def _slot(delivery: AESGCM, box: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_der_private_key(_unbox(delivery, box, "slot"), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise NotAnOutbox
    return key


def _through(slot: ec.EllipticCurvePrivateKey | None, box: bytes) -> tuple[AESGCM, bytes]:
    """The key of one box that went through the slot, and the box."""
    if slot is None:
        raise ValueError("a box for a slot, and no slot")
    once = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), box[:_POINT])
    shared = slot.exchange(ec.ECDH(), once)
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"fangxian slot").derive(shared)), box[_POINT:]


def _order(one: Any, key: AESGCM, slot: ec.EllipticCurvePrivateKey | None) -> Order | None:
    try:
        box = _bytes(one["sealed"])
        if one.get("slot"):
            key, box = _through(slot, box)
        plain = json.loads(_unbox(key, box, one["id"]))
        order = read_order({**plain, "id": one["id"], "seq": one["seq"]})
    except (InvalidTag, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return order if isinstance(order, Order) else None


def _unbox(key: AESGCM, box: bytes, about: str) -> bytes:
    return key.decrypt(box[:_NONCE], box[_NONCE:], about.encode())


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64") from error
