"""The story of other rules in the middle of an outbreak."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now
from fangxian.measures.actions import apply_pack_change
from fangxian.measures.queries import orders_of, risk_areas_in_force
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import OFFICER_DENG, measures
from fangxian.playbook.tests.test_risk_area_raised import declared
from fangxian.protocol.models import Adoption

pytestmark = pytest.mark.django_db


def adopted(pack: str) -> Adoption:
    make.rules(pack, from_at=now())
    return Adoption.objects.get(pack_id=pack)


def test_nothing_changes_by_itself_and_the_command_is_asked(noon: Hands) -> None:
    make.rules("cn-v9")
    contact = make.resident()
    order = measures.order(contact)
    noon.forward(days=1)

    adoption = adopted("cn-20")
    noon.forward(minutes=1)

    assert make.kinds_of_tasks(adoption.id) == {"decide_pack_change"}
    assert orders_of(PLAYBOOK, contact.id).get().ends_at == order.ends_at

    apply_pack_change(OFFICER_DENG, "", pack="cn-20@1")

    assert make.kinds_of_tasks(adoption.id) == set()
    assert orders_of(PLAYBOOK, contact.id).get().ends_at < order.ends_at


def test_rules_under_which_nobody_stands_ask_nobody() -> None:
    make.rules("cn-v9")

    assert make.kinds_of_tasks(adopted("cn-20").id) == set()


def test_an_order_ended_by_new_rules_leaves_no_task_behind(noon: Hands) -> None:
    make.rules("cn-v9")
    contact = make.resident()
    order = measures.order(contact, subject="secondary_contact")
    assert make.kinds_of_tasks(order.id) == {"serve_order"}
    adopted("cn-20")
    noon.forward(minutes=1)

    apply_pack_change(OFFICER_DENG, "", pack="cn-20@1")

    assert make.kinds_of_tasks(order.id) == set()


def test_the_residents_of_an_area_go_along_with_it(noon: Hands) -> None:
    area, (someone, *_rest) = declared("cn-v9", level="high", unit="compound")
    before = orders_of(PLAYBOOK, someone.id).get()
    noon.forward(days=1)
    adopted("cn-20")
    noon.forward(minutes=1)

    apply_pack_change(OFFICER_DENG, "", pack="cn-20@1")

    (high,) = [one for one in risk_areas_in_force(PLAYBOOK) if one.level == "high"]
    after = orders_of(PLAYBOOK, someone.id).get(state="in_force")
    assert (after.about_id, after.pack) == (high.id, "cn-20@1")
    assert after.ends_at < before.ends_at
    assert high.clock_origin == area.clock_origin
    assert "open_area" not in make.kinds_of_tasks(area.id)  # the same places stay closed
