"""The story of a stay: from the order to the receipt at home, and what may come between."""

from datetime import timedelta

import pytest

from fangxian.areas.models import Site
from fangxian.dispatch.actions import finish_task
from fangxian.dispatch.queries import tasks_about
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.measures.actions import (
    advance_order,
    end_order,
    leave_for_emergency_care,
    return_from_care,
)
from fangxian.measures.models import Order
from fangxian.measures.queries import get_order, orders_of
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import GRID_WORKER_WANG, OFFICER_DENG
from fangxian.quarantine import queries
from fangxian.quarantine.actions import decide_restart, depart, place_people, receive, visit_door
from fangxian.quarantine.models import Placement
from fangxian.quarantine.tests import make as sites

pytestmark = pytest.mark.django_db


def contact() -> Order:
    """A close contact under the ninth edition: seven days in a designated facility."""
    return make.measures.order(make.resident(at=make.door(make.estate()[0])))


def kept(order: Order, *, at: Site, name: str = "301") -> Placement:
    [placement] = place_people(sites.HEAD_MA, sites.room(at, name).id, [order.resident_id])
    return placement


def there(order: Order, *, at: Site, name: str = "301") -> Placement:
    return sites.arrived(kept(order, at=at, name=name))


def test_a_contact_is_fetched_receipted_seen_off_and_receipted_at_home() -> None:
    make.rules("cn-v9")
    order, site = contact(), sites.site()
    assert "transfer_person" in make.kinds_of_tasks(order.id)

    stay = kept(order, at=site)
    assert make.kinds_of_tasks(stay.id) == {"receive_person"}
    going = stay.transfers.get()
    depart(sites.HEAD_MA, going.id, vehicle="青A12345")
    receive(sites.HEAD_MA, going.id)
    assert make.kinds_of_tasks(stay.id) == set()
    assert "transfer_person" not in make.kinds_of_tasks(order.id)

    advance_order(OFFICER_DENG, order.id, reason="the rooms are needed")
    home = stay.transfers.get(way="home")
    assert make.kinds_of_tasks(home.id) == {"bring_home", "receive_home"}
    depart(sites.HEAD_MA, home.id, vehicle="青A12345")
    assert make.kinds_of_tasks(home.id) == {"receive_home"}  # a hand-back stays to be done
    receive(GRID_WORKER_WANG, home.id)
    assert make.kinds_of_tasks(home.id) == set()


def test_the_community_at_home_gets_the_task_of_the_receipt() -> None:
    make.rules("cn-v9")
    order = contact()
    stay = there(order, at=sites.site())

    end_order(OFFICER_DENG, order.id, reason="all days are over")

    home = stay.transfers.get(way="home")
    paths = dict(tasks_about(PLAYBOOK, home.id).values_list("kind", "area_path"))
    assert paths == {"bring_home": stay.area_path, "receive_home": stay.home_path}


def test_emergency_care_keeps_the_bed_and_asks_nobody() -> None:
    make.rules("cn-v9")
    order = contact()
    stay = there(order, at=sites.site())

    leaving = leave_for_emergency_care(GRID_WORKER_WANG, order.resident_id, kind="labour")
    stay.refresh_from_db()
    assert stay.state == "in_hospital"

    return_from_care(GRID_WORKER_WANG, leaving.id)
    stay.refresh_from_db()
    assert stay.state == "staying"
    assert not stay.transfers.filter(way="home").exists()


def test_an_order_that_ended_in_hospital_lets_the_person_go_home_from_there() -> None:
    make.rules("cn-v9")
    order = contact()
    stay = there(order, at=sites.site())
    leaving = leave_for_emergency_care(GRID_WORKER_WANG, order.resident_id, kind="labour")

    end_order(OFFICER_DENG, order.id, reason="all days are over")
    assert [one.placement.id for one in queries.site_now(PLAYBOOK, stay.room.facility_id).overstays]
    return_from_care(GRID_WORKER_WANG, leaving.id)

    home = stay.transfers.get(way="home")
    assert depart(sites.HEAD_MA, home.id, own_way=True).state == "on_the_way"


def test_an_infected_guest_concerns_the_floor_and_an_officer_decides(noon: Hands) -> None:
    make.rules("cn-v9")
    site = sites.site()
    infected, near, far = contact(), contact(), contact()
    stay = there(infected, at=site, name="201")
    there(near, at=site, name="301")
    there(far, at=site, name="501")
    noon.forward(hours=30)
    before = get_order(PLAYBOOK, near.id).ends_at

    make.measures.positive(stay.resident)

    [proposal] = queries.restarts_to_decide(PLAYBOOK)
    assert make.kinds_of_tasks(proposal.id) == {"decide_restart"}
    assert get_order(PLAYBOOK, near.id).ends_at == before  # nobody stays longer yet
    assert [line.order_id for line in proposal.lines.all()] == [near.id]

    decide_restart(OFFICER_DENG, proposal.id, apply=True, reason="the guest of 201 is infected")
    assert make.kinds_of_tasks(proposal.id) == set()
    assert get_order(PLAYBOOK, near.id).ends_at > before + timedelta(hours=20)
    assert not get_order(PLAYBOOK, far.id).extensions.exists()


def test_the_room_of_an_infected_guest_is_given_up_when_the_hospital_has_them() -> None:
    make.rules("cn-v9")
    order = contact()
    stay = there(order, at=sites.site())
    make.measures.positive(stay.resident)
    hospital = orders_of(PLAYBOOK, order.resident_id).get(kind="hospital")
    task = tasks_about(PLAYBOOK, hospital.id).get(kind="transfer_patient")

    finish_task(PLAYBOOK, task.id, note="ward 3, Dr Sun")

    stay.refresh_from_db()
    assert (stay.state, stay.left_how) == ("left", "hospital")


def test_a_notice_brought_to_the_door_serves_the_order_and_a_seal_comes_off_with_it() -> None:
    make.rules("cn-v9")
    who = make.resident(at=make.door(make.estate()[0]))
    order = make.measures.order(who, subject="secondary_contact")
    for purpose in ("notice", "seal"):
        visit_door(GRID_WORKER_WANG, who.id, purpose=purpose, found="at_home", door_opens=True)
    assert get_order(PLAYBOOK, order.id).served_at is not None
    assert "serve_order" not in make.kinds_of_tasks(order.id)

    end_order(OFFICER_DENG, order.id, reason="all days are over")

    assert make.kinds_of_tasks(order.id) == {"unseal_door"}
    visit_door(GRID_WORKER_WANG, who.id, purpose="unseal", found="at_home", door_opens=True)
    assert make.kinds_of_tasks(order.id) == set()


def test_who_had_not_been_fetched_when_the_order_ended_is_not_fetched() -> None:
    make.rules("cn-v9")
    order = contact()
    stay = kept(order, at=sites.site())

    end_order(OFFICER_DENG, order.id, reason="no contact after all")

    stay.refresh_from_db()
    assert stay.state == "cancelled"
    assert make.kinds_of_tasks(stay.id) | make.kinds_of_tasks(order.id) == set()
