"""Asking for care is taken down at once, by anybody, for anybody, and never refused."""

from uuid import UUID

import pytest

from fangxian.care.actions import request_transfer
from fangxian.care.events import CareRequested
from fangxian.care.models import CareTransfer, Step
from fangxian.care.tests import make
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import Hands
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on

pytestmark = pytest.mark.django_db
NOBODY_AT_ALL = Actor(id=new_id(), within="zz/", duties=frozenset())


def test_somebody_without_any_duty_asks_in_one_step() -> None:
    make.rules()
    ill = make.resident()

    asked = request_transfer(
        NOBODY_AT_ALL, ill.id, area_path=ill.area_path, what="labour", channel="phone"
    )

    assert asked.state == CareTransfer.State.REQUESTED
    assert asked.due_at is not None
    assert (asked.due_at - asked.asked_at).total_seconds() == 5 * 60
    assert [step.kind for step in asked.steps.all()] == [Step.Kind.ASKED]
    assert Event.objects.filter(subject_id=asked.id, kind="care.care_requested").exists()


@pytest.mark.parametrize(
    ("who", "area_path", "what", "channel"),
    [
        (None, "", "", ""),
        (new_id(), "no/such/place/", "he is blue and does not breathe", "smoke signals"),
        (UUID(int=0), "x" * 5000, "labour", "gate"),
        (None, "💥//", "labour" * 900, "phone"),
    ],
)
def test_nothing_that_is_unknown_or_wrong_refuses_it(
    who: UUID | None, area_path: str, what: str, channel: str
) -> None:
    ill = make.resident()

    asked = request_transfer(NOBODY_AT_ALL, who, area_path=area_path, what=what, channel=channel)

    assert asked.state == CareTransfer.State.REQUESTED
    assert asked.resident_id is None
    assert ill.area_path.startswith(asked.area_path)
    assert asked.area_path


def test_without_rules_in_force_it_is_due_at_once() -> None:
    ill = make.resident()

    asked = request_transfer(
        NOBODY_AT_ALL, ill.id, area_path=ill.area_path, what="labour", channel="phone"
    )

    assert asked.due_at == asked.asked_at
    assert asked.pack == ""


def test_the_place_is_the_nearest_that_is_known() -> None:
    ill = make.resident()

    asked = request_transfer(
        NOBODY_AT_ALL, ill.id, area_path=ill.area_path + "zzz/", what="labour", channel="gate"
    )

    assert asked.area_path == ill.area_path


def test_the_same_command_sent_twice_is_one_request() -> None:
    command, ill = new_id(), make.resident()

    first = request_transfer(
        NOBODY_AT_ALL, None, area_path=ill.area_path, what="labour", channel="phone", id=command
    )
    again = request_transfer(
        NOBODY_AT_ALL, None, area_path=ill.area_path, what="labour", channel="phone", id=command
    )

    assert first == again
    assert CareTransfer.objects.count() == 1


def test_who_is_waited_for_is_not_asked_for_twice_but_may_be_worse(noon: Hands) -> None:
    make.rules()
    ill = make.resident()
    first = request_transfer(
        NOBODY_AT_ALL, ill.id, area_path=ill.area_path, what="not_urgent", channel="phone"
    )
    noon.forward(minutes=2)

    again = request_transfer(
        NOBODY_AT_ALL, ill.id, area_path="", what="life_threatening", channel="hotline"
    )

    assert again == first
    assert again.what == "life_threatening"
    assert [step.kind for step in again.steps.order_by("at")] == ["asked", "worsened"]


def test_a_playbook_that_fails_stops_nobody() -> None:
    def fails(fact: CareRequested, event: Event) -> None:
        raise RuntimeError("the playbook is broken")

    on(CareRequested, fails)
    ill = make.resident()

    asked = request_transfer(
        NOBODY_AT_ALL, ill.id, area_path=ill.area_path, what="labour", channel="phone"
    )

    assert asked.state == CareTransfer.State.REQUESTED
    assert Event.objects.filter(subject_id=asked.id, kind="care.care_requested_alone").exists()
