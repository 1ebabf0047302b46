"""The second look that a gate asks for while it has a network."""

from typing import Any

import pytest

from fangxian.gates.models import Scan
from fangxian.gates.tests import make as at_gates
from fangxian.kernel.access import PLAYBOOK
from fangxian.people.actions import revoke_code
from fangxian.people.models import PersonalCode
from fangxian.sync import doors
from fangxian.sync.actions import revoke_device
from fangxian.sync.tests import make
from fangxian.sync.tests.make import Phone, Reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_follows")]


def check(phone: Phone | None, **asked: Any) -> Reply:
    return make.post("check", asked, phone=phone)


def test_a_gate_hears_what_the_office_knows_and_nothing_is_recorded() -> None:
    gate, person = at_gates.gate("pass"), at_gates.resident()
    code = at_gates.code_of(person)

    inwards = check(make.phone(), site=str(gate.id), direction="in", person={"code": code})
    outwards = check(make.phone(), site=str(gate.id), direction="out", person={"code": code})

    assert (inwards.json["verdict"], inwards.json["rule"]) == ("pass", "all_met")
    assert (outwards.json["verdict"], outwards.json["rule"]) == ("turn_back", "pass_missing")
    assert set(inwards.json) == {"server_at", "verdict", "rule"}
    assert not Scan.objects.exists()


def test_a_code_that_was_revoked_since_the_phone_last_heard_is_known_here() -> None:
    gate, person = at_gates.gate(), at_gates.resident()
    code = at_gates.code_of(person)
    revoke_code(PLAYBOOK, PersonalCode.objects.get(resident=person).id, reason="lost")

    said = check(make.phone(), site=str(gate.id), direction="in", person={"code": code})

    assert (said.json["verdict"], said.json["rule"]) == ("refer", "code_revoked")


def test_whoever_is_no_guard_there_hears_nothing() -> None:
    gate, person = at_gates.gate(), at_gates.resident()
    asked = {"site": str(gate.id), "person": {"resident": str(person.id)}}

    assert check(None, **asked).status == 401
    assert check(make.phone(modes=["desk"]), **asked).status == 403
    called_back = make.phone()
    revoke_device(make.SUPERVISOR_HE, called_back.device.id, reason="lost")
    assert check(called_back, **asked).status == 401


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"site": "gate"},
        {"person": {"name": "王"}},
        {"temperature": "hot"},
        {"pass": 7},
    ],
)
def test_what_cannot_be_read_is_refused(asked: dict[str, Any]) -> None:
    gate, person = at_gates.gate(), at_gates.resident()
    right = {"site": str(gate.id), "direction": "in", "person": {"resident": str(person.id)}}

    assert check(make.phone(), **(right | asked)).status == (422 if asked else 200)


def test_when_too_many_are_at_the_door_the_second_look_is_the_first_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, person = at_gates.gate(), at_gates.resident()
    monkeypatch.setattr(doors.admission, "_at_once", 0)

    said = check(make.phone(), site=str(gate.id), person={"resident": str(person.id)})

    assert said.status == 429
    assert "Retry-After" in said.headers
