"""The file of a phone that cannot send, as field/src/phone/outbox.ts writes it."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fangxian.kernel.errors import NotFound
from fangxian.kernel.models import Event
from fangxian.sync.actions import import_outbox, revoke_device
from fangxian.sync.errors import NotAnOutbox
from fangxian.sync.models import Command, Held
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
    return {
        "fangxian": "outbox",
        "protocol": 1,
        "device": str(phone.device.id),
        "saved_at": "2026-01-01T00:00:00Z",
        "key": box(rescue, delivery, "rescue"),
        "commands": [
            {
                "id": one["id"],
                "seq": one["seq"],
                "sealed": box(
                    delivery,
                    json.dumps({name: one[name] for name in ("at", "kind", "body")}).encode(),
                    one["id"],
                ),
            }
            for one in commands
        ],
    }


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


def test_a_revoked_phone_still_hands_over_its_file() -> None:
    phone = make.phone()
    file = saved(phone, [command("later.kind")])
    revoke_device(SUPERVISOR_HE, phone.device.id, reason="PIN forgotten")

    assert bring(file).kept == 1


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
