"""Who is at the door: the phone behind an Authorization header, remembered for a few seconds.

A revocation is effective in every process within `REMEMBERED` seconds.
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.sync.errors import DeviceExpired, DeviceRevoked, DeviceUnknown
from fangxian.sync.inbox import Sender
from fangxian.sync.models import Device
from fangxian.sync.modes import duties_of
from fangxian.sync.rules import is_secret

REMEMBERED = 5.0
_MOST = 50_000  # phones remembered; more would be a flood of made-up ids


@dataclass(frozen=True, slots=True)
class _Remembered:
    device: Device
    sender: Sender
    until: float


_known: dict[bytes, _Remembered] = {}
"""By the digest of what they proved themselves with, so that it need not be taken apart again."""


def forget() -> None:
    _known.clear()


Asking = Callable[[Callable[[], Device | None]], Device | None]


def device_behind(
    authorization: str, asking: Asking = lambda question: question()
) -> tuple[Device, Sender]:
    """The phone that proves itself by `Device <id>.<secret>`, in service or not.

    asking   how the database is asked, when it has to be
    """
    proof_of = hashlib.sha256(authorization.encode()).digest()
    found = _known.get(proof_of)
    if found is None or found.until < time.monotonic():
        found = _proven(authorization, asking)
        if len(_known) >= _MOST:
            _known.clear()
        _known[proof_of] = found
    return found.device, found.sender


def _proven(authorization: str, asking: Asking) -> _Remembered:
    scheme, _, proof = authorization.partition(" ")
    name, _, secret = proof.partition(".")
    try:
        device_id = UUID(name)
        given = base64.urlsafe_b64decode(secret.strip() + "=" * (-len(secret.strip()) % 4))
    except (ValueError, binascii.Error):
        raise DeviceUnknown from None
    if scheme != "Device":
        raise DeviceUnknown
    device = asking(lambda: _look_up(device_id))
    if device is None or not is_secret(given, bytes(device.secret_hash)):
        raise DeviceUnknown
    return _Remembered(device, sender_of(device), time.monotonic() + REMEMBERED)


def _look_up(device_id: UUID) -> Device | None:
    return Device.objects.select_related("account").filter(id=device_id).first()


def actor_of(device: Device) -> Actor:
    """The owner, with those of their duties that the phone carries."""
    owner = device.account.actor
    return Actor(
        id=owner.id,
        within=owner.within,
        duties=duties_of(device.modes, owner.duties),
        name=owner.name,
    )


def ended_at(device: Device) -> datetime | None:
    """Since when the phone is out of service; None while it is in service.

    When somebody's account was closed is not known, so what counts is up to when their phone was
    last heard of.
    """
    ends = [end for end in (device.revoked_at, device.expires_at) if end and end <= now()]
    if not device.account.is_active:
        ends.append(device.last_seen or device.enrolled_at)
    return min(ends, default=None)


def sender_of(device: Device) -> Sender:
    return Sender(
        device_id=device.id,
        actor=actor_of(device),
        area_path=device.area_path,
        enrolled_at=device.enrolled_at,
        ends_at=ended_at(device),
    )


def must_be_in_service(device: Device) -> None:
    """A phone that is not may still deliver what it was used for; it is sent nothing more."""
    if device.revoked_at is not None or not device.account.is_active:
        raise DeviceRevoked
    if device.expires_at <= now():
        raise DeviceExpired
