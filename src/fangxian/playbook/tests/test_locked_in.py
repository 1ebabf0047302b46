"""The story of people at work who may not leave home, and help where they live."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.measures.actions import end_order, lift_risk_area
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import OFFICER_DENG, measures
from fangxian.workforce.actions import NewMember, add_member
from fangxian.workforce.models import Member
from fangxian.workforce.queries import locked_in

pytestmark = pytest.mark.django_db


def member_living_at(path: str, **more: object) -> Member:
    new = NewMember(kind="secondee", name="陆敏", area_path="", lives_at=path, **more)  # type: ignore[arg-type]
    return add_member(PLAYBOOK, new)


def state_of(member: Member) -> str:
    return Member.objects.get(id=member.id).state


def test_who_lives_in_a_closed_place_is_locked_in_and_offered_there_until_it_opens() -> None:
    make.rules("cn-v9")
    building = make.estate()[0]
    inside, outside = member_living_at(building.path), member_living_at(make.estate()[0].path)

    area = measures.risk_area([building], level="high", unit="building")

    assert (state_of(inside), state_of(outside)) == ("locked_in", "ready")
    assert list(locked_in(PLAYBOOK)) == [inside]
    [told] = Event.objects.filter(kind="workforce.member_state_changed")
    declared = Event.objects.get(kind="measures.risk_area_declared", subject_id=area.id)
    assert told.because_id == declared.id

    lift_risk_area(OFFICER_DENG, area.id, reason="the result was wrong")

    assert state_of(inside) == "ready"


def test_a_member_under_an_order_is_apart_and_ready_again_when_it_ends() -> None:
    make.rules("cn-v9")
    [person] = make.neighbours(1)
    member = member_living_at(person.area_path, resident_id=person.id)

    order = measures.order(person)

    assert state_of(member) in {"apart", "locked_in"}
    end_order(OFFICER_DENG, order.id, reason="the result was wrong")
    assert state_of(member) == "ready"
