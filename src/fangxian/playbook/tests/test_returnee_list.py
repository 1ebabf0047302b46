"""The story of people who come back from a place of risk: from three lists to one order."""

from datetime import date, timedelta

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.models import Event
from fangxian.measures.actions import advance_order, end_order
from fangxian.measures.queries import ZONE, orders_about
from fangxian.people.actions import merge_residents
from fangxian.playbook.tests import make as story
from fangxian.screening import actions, declaring, handing, queries
from fangxian.screening.errors import ListAloneRestrictsNobody
from fangxian.screening.models import Campaign, FollowUp
from fangxian.screening.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cn_v9(noon: Hands) -> None:
    story.rules("cn-v9")


def one_of_a_list(campaign: Campaign, **unusual: str) -> FollowUp:
    make.inbound(campaign, make.row(**unusual))
    return make.only(campaign)


def test_a_list_becomes_a_task_of_each_grid_and_restricts_nobody() -> None:
    make.risk()
    campaign = make.campaign()

    followed = one_of_a_list(campaign)

    assert followed.rank == 3
    assert followed.state == "to_reach"
    assert story.kinds_of_tasks(campaign.id) == {"reach_people"}
    assert not orders_about(PLAYBOOK, followed.id).exists()


def test_what_a_worker_hears_leads_to_the_measure_of_the_pack_counted_from_leaving() -> None:
    make.risk()
    campaign = make.campaign()
    followed = one_of_a_list(campaign)

    followed = make.told(followed, make.stay(last=30))

    order = orders_about(PLAYBOOK, followed.id).get()
    assert order.kind == "central_quarantine"
    assert order.subject == "high_risk_leaver"
    assert order.pack == "cn-v9@1"
    assert order.counted_from.astimezone(ZONE).date() == date(2022, 8, 30)
    assert followed.state == "under_measure"
    assert Event.objects.get(id=order.because_id).kind == "screening.stay_confirmed"
    assert story.kinds_of_tasks(campaign.id) == set()


def test_a_declaration_that_nobody_checked_waits_for_a_person() -> None:
    make.risk()
    campaign = make.campaign()
    link = declaring.open_link(campaign.code)

    declaring.declare(
        PLAYBOOK,
        link,
        name="王建国",
        identity=make.identity(),
        was_there=True,
        stays=[make.stay()],
    )

    followed = make.only(campaign)
    assert followed.state == "at_risk"
    assert story.kinds_of_tasks(followed.id) == {"confirm_risk"}
    assert not orders_about(PLAYBOOK, followed.id).exists()

    actions.confirm_stay(make.OFFICER_DENG, followed.id)

    assert orders_about(PLAYBOOK, followed.id).get().kind == "central_quarantine"
    assert "confirm_risk" not in story.kinds_of_tasks(followed.id)


def test_nobody_confirms_what_only_a_list_says() -> None:
    make.risk()
    campaign = make.campaign()
    followed = one_of_a_list(campaign)

    followed = make.told(followed)  # “I was not there”

    assert followed.state == "at_risk"
    with pytest.raises(ListAloneRestrictsNobody):
        actions.confirm_stay(make.OFFICER_DENG, followed.id)
    assert actions.dismiss_stay(make.OFFICER_DENG, followed.id, reason="ticket of a namesake")
    assert story.kinds_of_tasks(followed.id) == set()


def test_who_left_longer_ago_than_the_days_of_the_measure_is_closed() -> None:
    make.risk()
    campaign = make.campaign()
    followed = one_of_a_list(campaign, day="2022-08-21")

    followed = make.told(followed, make.stay(first=20, last=21))

    assert (followed.state, followed.close_reason) == ("closed", "days_over")
    assert not orders_about(PLAYBOOK, followed.id).exists()


def test_a_pack_without_a_measure_restricts_nobody() -> None:
    story.rules("cn-20", from_at=now())
    make.risk(level="high")
    campaign = make.campaign()
    followed = one_of_a_list(campaign)

    followed = make.told(followed, make.stay())

    assert orders_about(PLAYBOOK, followed.id).get().kind == "home_quarantine"


def test_calls_in_vain_send_somebody_to_the_door() -> None:
    campaign = make.campaign()
    followed = one_of_a_list(campaign)

    for _call in range(2):
        followed = actions.note_attempt(
            make.GRID_WORKER_WANG, followed.id, channel="phone", outcome="no_answer"
        )

    assert followed.next_action == "visit"
    assert story.kinds_of_tasks(followed.id) == {"visit_person"}
    make.told(followed)
    assert story.kinds_of_tasks(followed.id) == set()


def test_the_ledger_follows_the_order_to_its_end() -> None:
    make.risk()
    campaign = make.campaign()
    followed = make.told(one_of_a_list(campaign), make.stay())
    order = orders_about(PLAYBOOK, followed.id).get()

    end_order(story.OFFICER_DENG, order.id, reason="wrong person")

    followed.refresh_from_db()
    assert (followed.state, followed.close_reason) == ("closed", "released")


def test_the_next_stage_of_a_measure_keeps_the_person_in_the_ledger(noon: Hands) -> None:
    story.rules("cn-v8", from_at=now())
    make.risk(level="lockdown")
    campaign = make.campaign()
    followed = make.told(one_of_a_list(campaign), make.stay())
    order = orders_about(PLAYBOOK, followed.id).get()

    following = advance_order(story.OFFICER_DENG, order.id, reason="moved by the doctor")

    followed.refresh_from_db()
    expected = "under_measure" if following.id != order.id else "closed"
    assert followed.state == expected


def test_a_place_that_becomes_one_of_risk_is_compared_with_old_answers() -> None:
    campaign = make.campaign()
    followed = make.told(one_of_a_list(campaign), make.stay())
    assert followed.close_reason == "no_risk"

    make.risk()

    followed.refresh_from_db()
    assert followed.state == "under_measure"


def test_a_hand_over_waits_for_its_receipt() -> None:
    campaign = make.campaign()
    followed = one_of_a_list(campaign)

    letter = handing.hand_over(
        make.INVESTIGATOR_ZHAO, followed.id, other="碑林区", why="lives there"
    )

    assert story.kinds_of_tasks(followed.id) == {"chase_receipt"}
    assert letter.due_at - now() == timedelta(hours=24)
    handing.answer_hand_over(make.INVESTIGATOR_ZHAO, letter.id, receipt="No. 17")
    followed.refresh_from_db()
    assert followed.close_reason == "taken_over"
    assert story.kinds_of_tasks(followed.id) == set()


def test_two_records_of_one_person_become_one_in_the_campaign() -> None:
    campaign = make.campaign()
    number = make.phone()
    make.inbound(campaign, make.row(identity="", phone=number), sender="employer")
    make.inbound(campaign, make.row(phone=number), sender="station")
    one, other = FollowUp.objects.filter(campaign=campaign).order_by("number")

    merge_residents(make.people.KEEPER, other.resident_id, one.resident_id, reason="same")

    assert queries.figures(make.INVESTIGATOR_ZHAO, campaign).persons == 1
    assert queries.figures(make.INVESTIGATOR_ZHAO, campaign).person_times == 2
