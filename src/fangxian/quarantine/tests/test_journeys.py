"""To the site and home again: handed over at both ends, and never past the order's end."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.measures.actions import end_order
from fangxian.quarantine import queries
from fangxian.quarantine.actions import (
    arrange_release,
    arrange_way_home,
    change_room,
    depart,
    keep_bed,
    leave_for_hospital,
    receive,
    take_back,
)
from fangxian.quarantine.errors import (
    JourneyIsOver,
    NoSuchTransfer,
    NotByOwnWay,
    NotDeparted,
    OrderStillInForce,
    SiteIsFull,
    StillInHospital,
    VehicleOrOwnWay,
)
from fangxian.quarantine.models import Placement, Transfer
from fangxian.quarantine.tests import make
from fangxian.quarantine.tests.make import HEAD_MA, OFFICER_DENG

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def released(placement: Placement) -> Transfer:
    """The order ends, and the way home is arranged."""
    end_order(OFFICER_DENG, placement.order_id, reason="all days are over")
    journey = arrange_way_home(PLAYBOOK, placement.resident_id)
    assert journey is not None
    return journey


def test_one_end_hands_over_and_the_other_receipts() -> None:
    placement = make.expected()
    journey = placement.transfers.get()

    with pytest.raises(NotDeparted):
        receive(HEAD_MA, journey.id)
    with pytest.raises(VehicleOrOwnWay):
        depart(HEAD_MA, journey.id)
    with pytest.raises(NotByOwnWay):
        depart(HEAD_MA, journey.id, own_way=True)

    departed = depart(HEAD_MA, journey.id, vehicle="青a12345")
    received = receive(make.NURSE_YE, journey.id)

    assert departed.vehicle == "青A12345"
    assert received.state == "arrived"
    assert (received.handed_by, received.received_by) == (HEAD_MA.id, make.NURSE_YE.id)
    assert receive(HEAD_MA, journey.id).received_by == make.NURSE_YE.id
    placement.refresh_from_db()
    assert placement.state == "staying"


def test_each_end_is_said_by_who_works_there() -> None:
    site = make.site()
    placement = make.expected(at=site)
    journey = placement.transfers.get()
    qiao = make.staff(site)
    neighbour = make.staff(make.site("另一隔离点"))

    with pytest.raises(NoSuchTransfer):
        depart(neighbour, journey.id, vehicle="青A12345")
    depart(HEAD_MA, journey.id, vehicle="青A12345")

    assert receive(qiao, journey.id).state == "arrived"


def test_whoever_is_still_in_a_room_after_the_order_ended_comes_first() -> None:
    site = make.site()
    make.staying(at=site, name="302")
    free = make.staying(at=site, name="301")
    end_order(OFFICER_DENG, free.order_id, reason="no contact after all")

    seen = queries.site_now(HEAD_MA, site.id)

    assert [one.placement.id for one in seen.overstays] == [free.id]
    assert dict(seen.floors)[3][0].tone == "late"


def test_who_is_past_the_end_without_a_decision_is_told_of_too(noon: Hands) -> None:
    site = make.site()
    placement = make.staying(at=site)
    noon.to(placement.order.ends_at)
    noon.forward(minutes=1)

    seen = queries.site_now(HEAD_MA, site.id)

    assert [one.placement.id for one in seen.undecided] == [placement.id]


def test_a_hand_back_without_receipt_stays_visible_until_the_community_gives_it() -> None:
    placement = make.staying()
    journey = released(placement)

    depart(HEAD_MA, journey.id, own_way=True)
    placement.refresh_from_db()
    assert (placement.state, placement.left_how) == ("left", "home")
    assert [one.id for one in queries.hand_backs_open(HEAD_MA)] == [journey.id]

    community = make.actor(*make.NURSE_YE.duties, within=placement.home_path)
    receive(community, journey.id)
    assert not queries.hand_backs_open(HEAD_MA).exists()
    room = placement.room
    room.refresh_from_db()
    assert room.state == "to_disinfect"


def test_the_way_home_is_arranged_once() -> None:
    placement = make.staying()

    journey = released(placement)

    again = arrange_way_home(PLAYBOOK, placement.resident_id)
    assert again is not None
    assert again.id == journey.id


def test_nobody_is_sent_home_by_hand_while_an_order_binds_them() -> None:
    placement = make.staying()

    with pytest.raises(OrderStillInForce, match=placement.order.code):
        arrange_release(HEAD_MA, placement.id)

    end_order(OFFICER_DENG, placement.order_id, reason="all days are over")
    assert arrange_release(HEAD_MA, placement.id) is not None


def test_a_second_order_keeps_the_room() -> None:
    who = make.people.resident()
    placement = make.staying(who)
    other = make.ordered(who)
    end_order(OFFICER_DENG, placement.order_id, reason="that contact was none")

    assert arrange_way_home(PLAYBOOK, who.id) is None

    placement.refresh_from_db()
    assert placement.order_id == other.id
    assert placement.state == "staying"


def test_who_had_not_come_yet_need_not_come() -> None:
    placement = make.expected()
    end_order(OFFICER_DENG, placement.order_id, reason="no contact after all")

    assert arrange_way_home(PLAYBOOK, placement.resident_id) is None

    placement.refresh_from_db()
    assert placement.state == "cancelled"
    assert placement.transfers.get().state == "cancelled"


def test_who_is_on_the_way_when_the_order_ends_is_driven_home() -> None:
    placement = make.expected()
    journey = placement.transfers.get()
    depart(HEAD_MA, journey.id, vehicle="青A12345")

    turned = released(placement)

    assert turned.id == journey.id
    assert (turned.way, turned.to_path) == ("home", placement.home_path)
    receive(HEAD_MA, turned.id)
    assert not queries.in_quarantine(HEAD_MA, placement.resident_id)


def test_release_while_in_hospital_waits_for_care_and_binds_nobody() -> None:
    placement = make.staying()
    keep_bed(PLAYBOOK, placement.resident_id)
    journey = released(placement)

    with pytest.raises(StillInHospital, match="binds nobody"):
        depart(HEAD_MA, journey.id, vehicle="青A12345")

    take_back(PLAYBOOK, placement.resident_id)
    assert depart(HEAD_MA, journey.id, vehicle="青A12345").state == "on_the_way"


def test_who_is_in_no_room_needs_no_bed_kept() -> None:
    who = make.people.resident()

    assert keep_bed(PLAYBOOK, who.id) is None
    assert take_back(PLAYBOOK, who.id) is None
    assert leave_for_hospital(PLAYBOOK, who.id) is None


def test_an_infected_guest_leaves_for_hospital_and_the_room_is_disinfected() -> None:
    placement = make.staying()

    leave_for_hospital(PLAYBOOK, placement.resident_id)

    placement.refresh_from_db()
    assert placement.left_how == "hospital"
    placement.room.refresh_from_db()
    assert placement.room.state == "to_disinfect"


def test_moving_to_another_site_is_a_journey() -> None:
    placement = make.staying()
    other = make.site("大堡子隔离点")

    following = change_room(HEAD_MA, placement.id, make.room(other, "201").id)

    journey = following.transfers.get()
    assert (following.state, journey.way) == ("expected", "between")
    depart(HEAD_MA, journey.id, vehicle="青A12345")
    receive(HEAD_MA, journey.id)
    placement.refresh_from_db()
    following.refresh_from_db()
    assert (placement.state, placement.left_how) == ("left", "other_site")
    assert following.state == "staying"


def test_a_transfer_to_a_full_site_is_refused() -> None:
    full = make.site("满员隔离点", floors=(3,), rooms=1)
    make.expected(at=full)
    placement = make.staying(at=make.site())

    with pytest.raises(SiteIsFull, match="满员隔离点 has no free room"):
        change_room(HEAD_MA, placement.id, make.room(full).id)


def test_a_journey_that_is_over_does_not_begin_again() -> None:
    placement = make.staying()
    journey = placement.transfers.get()

    with pytest.raises(JourneyIsOver):
        depart(HEAD_MA, journey.id, vehicle="青A12345")
