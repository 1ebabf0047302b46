"""The story of names: nobody is left without one when somebody falls ill or must stay at home."""

import pytest

from fangxian.areas.queries import area_at
from fangxian.measures.actions import end_order
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import OFFICER_DENG
from fangxian.responsibility import actions, queries
from fangxian.responsibility.models import KeyPerson
from fangxian.responsibility.tests import make as net
from fangxian.workforce.actions import set_state

pytestmark = pytest.mark.django_db


def test_a_place_whose_head_falls_ill_gets_a_stand_in_and_the_head_back() -> None:
    make.rules("cn-v9")
    building = area_at(net.KEEPER, make.estate()[0].path)
    head, other = (net.member(name, at=building) for name in ("李楼长", "马干事"))
    held = net.held(head, "group", building)

    set_state(net.KEEPER, head.id, "ill")
    assert make.kinds_of_tasks(held.id) == {"name_stand_in"}

    actions.name_stand_in(net.KEEPER, held.id, member_id=other.id)
    assert make.kinds_of_tasks(held.id) == set()

    set_state(net.KEEPER, other.id, "locked_in")
    assert make.kinds_of_tasks(held.id) == {"name_stand_in"}

    set_state(net.KEEPER, head.id, "ready")
    assert make.kinds_of_tasks(held.id) == set()
    [told] = queries.responsible_for(net.KEEPER, building.path)
    assert (told.member_id, told.acting) == (head.id, False)


def test_somebody_quarantined_at_home_has_five_until_the_order_ends() -> None:
    make.rules("cn-20")
    home = make.door(make.estate()[0])
    order = make.measures.order(make.resident(at=home), subject="high_risk_leaver")
    assert order.kind == "home_quarantine"
    key = KeyPerson.objects.get(resident=order.resident_id)
    assert make.kinds_of_tasks(key.id) == {"name_team"}

    for role in ("cadre", "grid_worker", "doctor", "police", "volunteer"):
        who = net.member(f"{role}同志", at=home)
        actions.entrust_person(net.KEEPER, key.id, role=role, member_id=who.id)
    assert make.kinds_of_tasks(key.id) == set()

    end_order(OFFICER_DENG, order.id, reason="the person was never there")
    key.refresh_from_db()
    assert key.until is not None
    assert queries.teams_of(net.KEEPER, [order.resident_id]) == {}
