"""How a phone comes to be trusted, and ceases to be."""

from datetime import timedelta
from uuid import UUID

import pytest

from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now, playing
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.models import Event
from fangxian.sync import rules, senders
from fangxian.sync.actions import enrol_device, invite_device, revoke_device
from fangxian.sync.errors import (
    ModeNotTheirs,
    ModesMissing,
    PinMissing,
    ReasonMissing,
    TokenUnknown,
)
from fangxian.sync.models import Device, Invitation
from fangxian.sync.tests import make
from fangxian.sync.tests.make import SUPERVISOR_HE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_follows")]


def test_a_phone_is_enrolled_with_the_code_that_a_supervisor_shows() -> None:
    owner = make.account(Duty.COLLECT_SAMPLES)
    _invitation, token = invite_device(SUPERVISOR_HE, owner.id, modes=["desk"], days=7)

    reply = make.post("enrol", {"token": token, "name": "红米", "platform": "x", "pin_set": True})

    assert reply.status == 200
    device = Device.objects.get()
    assert reply.json["device"] == str(device.id)
    assert set(reply.json["trust_key"]) >= {"kid", "x", "y"}
    assert (device.account, device.modes, device.state) == (owner, ["desk"], "active")
    assert device.expires_at > now() + timedelta(days=6)
    assert list(Event.objects.order_by("seq").values_list("kind", flat=True)) == [
        "sync.device_invited",
        "sync.device_enrolled",
    ]


def test_a_code_may_be_typed_as_it_was_read_aloud() -> None:
    _invitation, token = invite_device(SUPERVISOR_HE, make.account().id, modes=["desk"], days=7)

    device, _secret = enrol_device(f" {token.lower().replace('-', ' ')} ", pin_set=True)

    assert device.state == "active"


def test_a_code_works_once() -> None:
    _invitation, token = invite_device(SUPERVISOR_HE, make.account().id, modes=["desk"], days=7)
    enrol_device(token, pin_set=True)

    reply = make.post("enrol", {"token": token, "name": "", "platform": "", "pin_set": True})

    assert (reply.status, reply.json["code"]) == (403, "token_unknown")
    assert Device.objects.count() == 1


def test_a_code_works_for_ten_minutes() -> None:
    with playing(now()) as hands:
        _invitation, token = invite_device(SUPERVISOR_HE, make.account().id, modes=["desk"], days=7)
        hands.forward(minutes=10)

        with pytest.raises(TokenUnknown):
            enrol_device(token, pin_set=True)


def test_the_token_and_the_secret_are_nowhere_in_the_database() -> None:
    _invitation, token = invite_device(SUPERVISOR_HE, make.account().id, modes=["desk"], days=7)
    device, secret = enrol_device(token, pin_set=True)

    kept = f"{vars(Invitation.objects.get())} {vars(Device.objects.get(id=device.id))}"

    assert token not in kept
    assert repr(secret) not in kept
    assert rules.in_base64(secret) not in kept


def test_nobody_enrols_without_a_pin() -> None:
    _invitation, token = invite_device(SUPERVISOR_HE, make.account().id, modes=["desk"], days=7)

    with pytest.raises(PinMissing):
        enrol_device(token, pin_set=False)


def test_a_supervisor_invites_people_of_the_own_area_only() -> None:
    owner = make.account(within=make.COMMUNITY)

    with pytest.raises(NotFound):
        invite_device(make.SUPERVISOR_NEXT_DOOR, owner.id, modes=["desk"], days=7)


def test_inviting_is_for_supervisors() -> None:
    owner = make.account()

    with pytest.raises(NotYours):
        invite_device(owner.actor, owner.id, modes=["desk"], days=7)


def test_a_phone_is_for_something_its_owner_may_do() -> None:
    owner = make.account(Duty.GUARD)

    with pytest.raises(ModeNotTheirs):
        invite_device(SUPERVISOR_HE, owner.id, modes=["desk"], days=7)
    with pytest.raises(ModesMissing):
        invite_device(SUPERVISOR_HE, owner.id, modes=[], days=7)


def test_a_phone_carries_no_duty_of_the_office() -> None:
    owner = make.account(Duty.GUARD, Duty.UNMASK, Duty.DECIDE_MEASURES)

    phone = make.phone(owner, modes=["checkpoint"])

    assert phone.actor.duties == {Duty.GUARD}
    assert phone.actor.id == owner.id


def test_a_revoked_phone_is_sent_nothing_more() -> None:
    phone = make.phone()

    revoke_device(SUPERVISOR_HE, phone.device.id, reason="lost in the market")
    senders.forget()  # five seconds later

    reply = make.ask("GET", "feed", phone=phone)
    assert (reply.status, reply.json["code"]) == (401, "device_revoked")


def test_an_expired_phone_is_sent_nothing_more() -> None:
    with playing(now()) as hands:
        phone = make.phone(days=1)
        hands.forward(days=1)

        reply = make.ask("GET", "feed", phone=phone)

    assert (reply.status, reply.json["code"]) == (401, "device_expired")


def test_the_phone_of_a_closed_account_is_sent_nothing_more() -> None:
    owner = make.account()
    phone = make.phone(owner)
    owner.is_active = False
    owner.save()

    reply = make.ask("GET", "feed", phone=phone)

    assert (reply.status, reply.json["code"]) == (401, "device_revoked")


def test_revoking_needs_a_reason_and_a_supervisor_of_the_area() -> None:
    phone = make.phone()

    with pytest.raises(ReasonMissing):
        revoke_device(SUPERVISOR_HE, phone.device.id, reason=" ")
    with pytest.raises(NotFound):
        revoke_device(make.SUPERVISOR_NEXT_DOOR, phone.device.id, reason="lost")


def test_everybody_may_revoke_their_own_phone() -> None:
    owner = make.account()
    phone = make.phone(owner)

    revoke_device(owner.actor, phone.device.id, reason="left on the bus")
    again = revoke_device(owner.actor, phone.device.id, reason="left on the bus")

    assert again.state == "revoked"
    assert Event.objects.filter(kind="sync.device_revoked").count() == 1


def test_a_wrong_secret_opens_nothing() -> None:
    phone = make.phone()
    other = make.Phone(phone.device, b"\x00" * 32)

    replies = [
        make.ask("GET", "feed", phone=other),
        make.ask("GET", "feed"),
        make.ask("GET", "feed", headers={"HTTP_AUTHORIZATION": "Device nonsense"}),
        make.ask("GET", "feed", headers={"HTTP_AUTHORIZATION": f"Device {UUID(int=7)}.AAAA"}),
    ]

    assert {(reply.status, reply.json["code"]) for reply in replies} == {(401, "device_unknown")}
