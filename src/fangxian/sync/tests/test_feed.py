"""What a phone is sent."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fangxian.areas.models import Area, Site
from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.protocol.actions import adopt_pack
from fangxian.sync import feed
from fangxian.sync.tests import make
from fangxian.sync.tests.make import Phone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_follows")]


@pytest.fixture(autouse=True)
def _rules() -> None:
    adopt_pack(
        PLAYBOOK,
        "cn-v9",
        area_path=make.DISTRICT,
        from_at=now() - timedelta(days=7),
        reason="outbreak",
    )


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(part: dict[str, str]) -> dict[str, Any]:
    """As field/src/phone/feed.ts does it."""
    key = signing.trust_key()
    assert key["kid"] == part["kid"]
    point = b"\x04" + _bytes(str(key["x"])) + _bytes(str(key["y"]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    signature = _bytes(part["sig"])
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    public.verify(der, part["payload"].encode(), ec.ECDSA(SHA256()))
    payload: dict[str, Any] = json.loads(part["payload"])
    return payload


def pull(phone: Phone, have: str = "") -> tuple[dict[str, dict[str, Any]], bool]:
    reply = make.ask("GET", "feed", phone=phone, query=f"have={have}")
    assert reply.status == 200, reply.json
    parts = [verified(part) for part in reply.json["parts"]]
    return {part["name"]: part for part in parts}, reply.json["more"]


def test_a_phone_is_sent_what_its_modes_need_and_no_more() -> None:
    desk, _ = pull(make.phone(modes=["desk"]))
    gate, _ = pull(make.phone(modes=["checkpoint"]))
    tasks, _ = pull(make.phone(modes=["tasks"]))

    assert set(desk) == {"me", "keys", "points", "pools", "singles"}
    assert set(gate) == {"me", "keys", "checkpoints", "alerts"}
    assert set(tasks) == {"me", "keys", "tasks"}


def test_every_part_is_signed_and_the_smallest_comes_first() -> None:
    reply = make.ask("GET", "feed", phone=make.phone())

    sizes = [len(part["payload"]) for part in reply.json["parts"]]
    assert sizes == sorted(sizes)
    assert all(verified(part)["version"] for part in reply.json["parts"])


def test_what_the_phone_has_is_not_sent_again() -> None:
    phone = make.phone()
    first, _ = pull(phone)
    have = ",".join(f"{name}:{part['version']}" for name, part in first.items())

    second, more = pull(phone, have)

    assert (second, more) == ({}, False)


def test_an_interrupted_download_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "AT_ONCE", 1)
    phone = make.phone(modes=["desk"])
    got: dict[str, dict[str, Any]] = {}
    more, rounds = True, 0
    while more:
        have = ",".join(f"{name}:{part['version']}" for name, part in got.items())
        parts, more = pull(phone, have)
        got |= parts
        rounds += 1

    assert (len(got), rounds) == (5, 5)


def test_a_part_that_changed_is_sent_again() -> None:
    phone = make.phone(modes=["desk"])
    first, _ = pull(phone)
    area: Any = None
    path = ""
    for number, level in enumerate(("province", "city", "district"), start=1):
        path += f"{number}/"
        area = Area.objects.create(number=number, level=level, name="x", path=path, parent=area)
    Site.objects.create(
        number=77,
        kind="sampling_point",
        name="North",
        area=area,
        area_path=make.COMMUNITY,
        capacity=2,
    )
    feed.forget()  # fifteen seconds later
    have = ",".join(f"{name}:{part['version']}" for name, part in first.items())

    second, _ = pull(phone, have)

    assert second["points"]["body"][0]["name"] == "North"
    assert second["points"]["version"] != first["points"]["version"]


def test_me_says_whose_phone_it_is_what_for_and_until_when() -> None:
    owner = make.account()
    phone = make.phone(owner, modes=["desk"])

    me = pull(phone)[0]["me"]["body"]

    assert me["device"] == str(phone.device.id)
    assert me["name"] == owner.display_name
    assert me["area"]["path"] == make.COMMUNITY
    assert me["duties"] == ["collect_samples"]
    assert me["modes"] == ["desk"]
    assert me["expires_at"] == phone.device.expires_at.isoformat()
    assert me["lock_minutes"] > 0
    assert me["exercise"] is True


def test_keys_hold_the_one_that_signs_the_feed() -> None:
    keys = pull(make.phone())[0]["keys"]["body"]["keys"]

    assert signing.trust_key()["kid"] in {key["kid"] for key in keys}
