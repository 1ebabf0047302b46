"""The file of a phone that cannot send, as field/src/phone/outbox.ts writes it."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.models import Event
from fangxian.sync.actions import import_outbox, revoke_device
from fangxian.sync.errors import NotAnOutbox
from fangxian.sync.models import Command, Device, Held
from fangxian.sync.rules import in_base64, secret_hash
from fangxian.sync.tests import make
from fangxian.sync.tests.make import SUPERVISOR_HE, command

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_follows")]


def box(key: bytes, plain: bytes, about: str) -> str:
    nonce = os.urandom(12)
    return in_base64(nonce + AESGCM(key).encrypt(nonce, plain, about.encode()))


def saved(phone: make.Phone, commands: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    hashed = secret_hash(phone.secret)
    rescue = HKDF(SHA256(), 32, salt=None, info=b"fangxian outbox").derive(hashed)
    delivery = os.urandom(32)
    slot = ec.generate_private_key(ec.SECP256R1())
    own = slot.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {
        "fangxian": "outbox",
        "protocol": 1,
        "device": str(phone.device.id),
        "saved_at": "2026-01-01T00:00:00Z",
        "key": box(rescue, delivery, "rescue"),
        "slot": box(delivery, own, "slot"),
        "commands": [
            {
                "id": one["id"],
                "seq": one["seq"],
                **_sealed(one, delivery, slot),
            }
            for one in commands
        ],
    }


def _sealed(
    one: Mapping[str, Any], delivery: bytes, slot: ec.EllipticCurvePrivateKey
) -> dict[str, Any]:
    plain = json.dumps({name: one[name] for name in ("at", "kind", "body")}).encode()
    if one.get("slot"):
        return {"slot": True, "sealed": through_slot(slot, plain, one["id"])}
    return {"sealed": box(delivery, plain, one["id"])}


def through_slot(slot: ec.EllipticCurvePrivateKey, plain: bytes, about: str) -> str:
    once = ec.generate_private_key(ec.SECP256R1())
    shared = once.exchange(ec.ECDH(), slot.public_key())
    key = HKDF(SHA256(), 32, salt=None, info=b"fangxian slot").derive(shared)
    opening = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    nonce = os.urandom(12)
    return in_base64(opening + nonce + AESGCM(key).encrypt(nonce, plain, about.encode()))


def bring(file: Any) -> Any:
    return import_outbox(SUPERVISOR_HE, json.dumps(file).encode())


def test_a_phones_file_enters_exactly_as_if_it_had_been_sent() -> None:
    phone = make.phone()
    sent = command("sampling.void_tube", {"tube": "x"}, seq=1)
    unsent = command("dispatch.take_task", {"task": "x"}, seq=2)
    phone.send(sent)

    result = bring(saved(phone, [unsent, sent, command("later.kind", seq=3)]))

    assert (result.applied, result.known, result.refused, result.kept) == (0, 0, 2, 1)
    assert Command.objects.count() == 3
    assert Event.objects.get(kind="sync.outbox_imported").facts["number"] == 3


def test_a_file_may_be_brought_in_twice() -> None:
    file = saved(make.phone(), [command("sampling.void_tube", {"tube": "x"})])

    bring(file)
    bring(file)

    assert Held.objects.count() == 1


MINUTE = timedelta(minutes=1)
DAYS = timedelta(days=400)


def times_of(phone: make.Phone, file: Mapping[str, Any]) -> list[datetime | None]:
    """When the entries were made, by our clock, in their order."""
    bring(file)
    held = Held.objects.filter(device_id=phone.device.id).order_by("command__seq")
    assert [one.code for one in held] == ["not_understood_yet"] * len(file["commands"])
    return [one.at for one in held]


def enrolled_yesterday() -> make.Phone:
    phone = make.phone()
    Device.objects.filter(id=phone.device.id).update(enrolled_at=now() - timedelta(days=1))
    return phone


@pytest.mark.parametrize("off", [DAYS, -DAYS])
def test_the_clock_of_a_phone_that_never_sent_anything_is_set_right_by_what_it_knows(
    off: timedelta,
) -> None:
    phone, made = enrolled_yesterday(), now() - 30 * MINUTE

    file = saved(phone, [command("later.kind", at=made + off)])
    file |= {"saved_at": (now() + off).isoformat(), "ahead_ms": -off / timedelta(milliseconds=1)}

    assert times_of(phone, file) == [made]


def test_without_that_it_is_set_right_by_the_last_commands() -> None:
    phone, made = enrolled_yesterday(), now() - 30 * MINUTE
    phone.send(command("sampling.void_tube", {"tube": "x"}, at=now() + DAYS), sent_at=now() + DAYS)
    Held.objects.all().delete()

    [at] = times_of(phone, saved(phone, [command("later.kind", seq=2, at=made + DAYS)]))

    assert at is not None
    assert abs(at - made) < MINUTE


@pytest.mark.parametrize("jump", [DAYS, -DAYS])
def test_what_was_made_after_a_jump_of_the_clock_is_as_old_as_it_was_when_saved(
    jump: timedelta,
) -> None:
    phone, made = enrolled_yesterday(), now() - 60 * MINUTE
    before = command("later.kind", seq=1, at=made)
    after = command("later.kind", seq=2, at=made + 20 * MINUTE + jump)

    file = saved(phone, [before, after])
    file |= {"saved_at": (now() - 10 * MINUTE + jump).isoformat(), "ahead_ms": 0}
    first, second = times_of(phone, file)

    assert first == made
    assert second is not None
    assert abs(second - (now() - 30 * MINUTE)) < MINUTE


@pytest.mark.parametrize(
    ("off", "told"),
    [
        (DAYS, {"ahead_ms": 1e300}),
        (DAYS, {"ahead_ms": "much", "saved_at": "never"}),
        (-DAYS, {"ahead_ms": float("nan"), "saved_at": 7}),
        (-DAYS, {"ahead_ms": 3e12, "saved_at": "9999-12-31T23:59:59Z"}),
        (timedelta(days=-700_000), {"ahead_ms": 0, "saved_at": "0001-01-01T00:00:00Z"}),
    ],
)
def test_whatever_a_clock_says_no_entry_is_later_than_now_or_older_than_its_phone(
    off: timedelta, told: dict[str, Any]
) -> None:
    phone = enrolled_yesterday()

    [at] = times_of(phone, saved(phone, [command("later.kind", at=now() + off)]) | told)

    assert at is not None
    assert Device.objects.get(id=phone.device.id).enrolled_at <= at <= now()


def test_a_revoked_phone_still_hands_over_its_file() -> None:
    phone = make.phone()
    file = saved(phone, [command("later.kind")])
    revoke_device(SUPERVISOR_HE, phone.device.id, reason="PIN forgotten")

    assert bring(file).kept == 1


def test_what_was_written_on_a_locked_phone_enters_too() -> None:
    locked = command("later.kind", seq=2) | {"slot": True}
    file = saved(make.phone(), [command("later.kind"), locked])

    assert bring(file).kept == 2


def test_without_the_key_of_its_slot_the_rest_of_a_file_enters() -> None:
    locked = command("later.kind", seq=2) | {"slot": True}
    file = saved(make.phone(), [command("later.kind"), locked])
    del file["slot"]

    result = bring(file)

    assert result.kept == 1
    assert result.unreadable == (2,)


def test_a_damaged_entry_is_named_and_the_others_enter() -> None:
    file = saved(make.phone(), [command("later.kind", seq=n) for n in range(1, 5)])
    file["commands"][1]["sealed"] = file["commands"][2]["sealed"]
    file["commands"][3] = "gone"

    result = bring(file)

    assert result.kept == 2
    assert result.unreadable == (2, 4)


@pytest.mark.parametrize(
    "change",
    [
        {"fangxian": "song"},
        {"protocol": 9},
        {"device": "nobody"},
        {"key": "AAAA"},
        {"key": "é"},
        {"slot": "AAAA"},
        {"slot": 7},
        {"commands": "many"},
    ],
)
def test_what_is_no_outbox_is_told_so(change: dict[str, Any]) -> None:
    file = saved(make.phone(), []) | change

    with pytest.raises(NotAnOutbox):
        bring(file)


def test_the_file_of_one_phone_is_not_taken_for_another() -> None:
    one, other = make.phone(), make.phone()
    file = saved(one, [command("later.kind")]) | {"device": str(other.device.id)}

    with pytest.raises(NotAnOutbox):
        bring(file)


def test_a_supervisor_brings_in_phones_of_the_own_area() -> None:
    file = saved(make.phone(), [])

    with pytest.raises(NotFound):
        import_outbox(make.SUPERVISOR_NEXT_DOOR, json.dumps(file).encode())
