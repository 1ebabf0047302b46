"""What a gate may ask: who is asked to stay, and who is on the way to care. Never why."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.measures.actions import (
    approve_risk_area,
    leave_for_emergency_care,
    return_from_care,
)
from fangxian.measures.queries import at_a_gate, restricted_among, restricted_now
from fangxian.measures.tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture(autouse=True)
def _rules(noon: Hands) -> None:
    make.rules("cn-v9")


def test_an_order_that_keeps_somebody_in_is_seen_at_a_gate() -> None:
    held = make.order()
    free = make.resident()
    homes = {held.resident_id: held.area_path, free.id: free.area_path}

    assert at_a_gate(PLAYBOOK, homes).restricted == {held.resident_id}
    assert restricted_among(PLAYBOOK, homes) == {held.resident_id}
    assert held.resident_id in restricted_now(PLAYBOOK)
    assert free.id not in restricted_now(PLAYBOOK)


def test_whoever_is_on_the_way_to_care_is_so_until_they_are_back() -> None:
    ill = make.resident()
    homes = {ill.id: ill.area_path}

    leaving = leave_for_emergency_care(PLAYBOOK, ill.id, kind="labour")
    assert at_a_gate(PLAYBOOK, homes).in_care == {ill.id}

    return_from_care(PLAYBOOK, leaving.id)
    assert at_a_gate(PLAYBOOK, homes).in_care == set()


def test_a_proposed_risk_area_keeps_nobody_in_and_one_in_force_does() -> None:
    building = make.estate()[0]
    inside = make.resident(at=make.door(building))
    homes = {inside.id: inside.area_path}
    area = make.proposal([building])

    assert restricted_among(PLAYBOOK, homes) == set()

    approve_risk_area(PLAYBOOK, area.id)
    assert restricted_among(PLAYBOOK, homes) == {inside.id}
    assert inside.id in restricted_now(PLAYBOOK)
