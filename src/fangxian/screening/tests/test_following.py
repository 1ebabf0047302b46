"""The ledger of people: from not yet reached to closed with a reason."""

from datetime import date, timedelta

import pytest

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.people.tests import make as people
from fangxian.screening import actions, errors, queries
from fangxian.screening.models import Attempt, Campaign, FollowUp, Mention, Trip
from fangxian.screening.tests import make
from fangxian.screening.tests.make import GRID_WORKER_WANG, INVESTIGATOR_ZHAO, OFFICER_DENG

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make.campaign()


@pytest.fixture
def followed(campaign: Campaign) -> FollowUp:
    make.inbound(campaign, make.row(place="兰州市"))
    return make.only(campaign)


def test_a_campaign_names_its_ground_its_look_back_date_and_its_end() -> None:
    with pytest.raises(errors.CampaignNamesNoGround):
        make.campaign(place_said=" ")
    with pytest.raises(errors.LookBackWrong):
        make.campaign(since=date(2022, 9, 3))
    with pytest.raises(errors.LookBackWrong):
        make.campaign(since=date(2022, 1, 1))
    with pytest.raises(errors.EndWrong):
        make.campaign(ends_at=now() + timedelta(days=31))
    with pytest.raises(errors.EndWrong):
        make.campaign(ends_at=now())
    with pytest.raises(errors.CampaignHasNoChannel):
        make.campaign(channels=["pigeon"])


def test_only_who_investigates_or_commands_begins_one() -> None:
    place = make.community()

    with pytest.raises(NotYours):
        actions.begin_campaign(
            GRID_WORKER_WANG, name="x", ground="lists", place_said="西安", since=make.SINCE,
            area_path=place.path, channels=["phone"], ends_at=now() + timedelta(days=1),
        )  # fmt: skip


def test_a_building_is_asked_door_by_door() -> None:
    place = make.community()
    home = people.dwelling(within=place)
    for _one in range(3):
        people.resident(at=home)

    campaign = make.campaign(place, ground="building", place_path=place.path, place_said="1号楼")

    assert queries.figures(INVESTIGATOR_ZHAO, campaign).to_reach == 3


def test_a_building_without_residents_is_refused() -> None:
    place = make.community()

    with pytest.raises(errors.NobodyLivesHere):
        make.campaign(place, ground="building", place_path=place.path)


def test_the_first_step_is_due_by_the_time_of_the_pack(followed: FollowUp) -> None:
    assert followed.due_at - followed.found_at == timedelta(hours=2)
    assert followed.next_action == "call"


def test_reached_without_risk_is_closed_and_forgotten_after_the_days_of_the_pack(
    campaign: Campaign, followed: FollowUp, noon: Hands
) -> None:
    followed = make.told(followed, make.stay("兰州市"))
    assert (followed.state, followed.close_reason) == ("closed", "no_risk")
    assert followed.forget_at == now() + timedelta(days=14)

    noon.forward(days=13)
    assert actions.forget_without_risk(PLAYBOOK) == 0
    noon.forward(days=2)
    assert actions.forget_without_risk(PLAYBOOK) == 1

    campaign.refresh_from_db()
    for model in (FollowUp, Mention, Trip, Attempt):
        assert not model.objects.exists()
    counted = queries.figures(INVESTIGATOR_ZHAO, campaign)
    assert (counted.persons, counted.person_times, counted.closed) == (1, 2, 1)


def test_the_same_answer_again_is_no_second_time(campaign: Campaign, followed: FollowUp) -> None:
    make.told(followed)
    make.told(followed)

    assert queries.figures(INVESTIGATOR_ZHAO, campaign).person_times == 2  # the list and one answer


def test_reached_needs_an_answer(followed: FollowUp) -> None:
    with pytest.raises(errors.AnswerMissing):
        actions.note_attempt(GRID_WORKER_WANG, followed.id, channel="phone", outcome="reached")
    with pytest.raises(errors.AnswerMissing):
        actions.note_attempt(
            GRID_WORKER_WANG, followed.id, channel="phone", outcome="reached", was_there=True
        )


def test_a_stay_in_the_future_or_backwards_is_refused(followed: FollowUp) -> None:
    for stay in (make.stay(first=30, last=28), make.one_day(date(2022, 9, 5))):
        with pytest.raises(errors.StayWrong):
            make.told(followed, stay)
    followed.refresh_from_db()
    assert followed.state == "to_reach"


def test_a_place_that_is_not_exact_enough_is_asked_again(followed: FollowUp) -> None:
    make.risk("西安 雁塔 明德门")

    followed = make.told(followed, make.stay("西安市"))
    assert (followed.state, followed.next_action) == ("reached", "ask_place")

    followed = make.told(followed, make.stay("西安市雁塔区明德门小区8号楼"))
    assert (followed.state, followed.rank) == ("at_risk", 3)


def test_our_own_risk_areas_count_also_when_they_were_lifted() -> None:
    buildings = make.estate()
    area = make.measures.risk_area(buildings)
    campaign = make.campaign(make.people.community("山川社区"))
    make.inbound(campaign, make.row(place=f"祥和家园{buildings[0].name}"))

    trip = Trip.objects.get(follow_up__campaign=campaign)
    assert trip.risk == "none"  # he left before the area began
    followed = make.told(make.only(campaign), make.one_day(date(2022, 9, 2), place="祥和家园"))

    assert followed.state == "at_risk"
    assert followed.trips.filter(risk="risk").get().risk_id == area.id


def test_who_is_dead_or_cannot_be_found_is_closed_with_a_reason_only(followed: FollowUp) -> None:
    with pytest.raises(errors.ReasonNeeded):
        actions.close_follow_up(INVESTIGATOR_ZHAO, followed.id, reason="dead")
    with pytest.raises(errors.ReasonNeeded):
        actions.close_follow_up(INVESTIGATOR_ZHAO, followed.id, reason="no_risk", note="easier")
    with pytest.raises(NotYours):
        actions.close_follow_up(GRID_WORKER_WANG, followed.id, reason="dead", note="certificate")

    closed = actions.close_follow_up(
        INVESTIGATOR_ZHAO, followed.id, reason="dead", note="certificate of 28 August"
    )

    assert closed.state == "closed"
    with pytest.raises(errors.FollowUpIsClosed):
        actions.note_attempt(GRID_WORKER_WANG, followed.id, channel="phone", outcome="no_answer")


def test_a_campaign_does_not_end_while_somebody_is_to_be_reached(
    campaign: Campaign, followed: FollowUp
) -> None:
    with pytest.raises(errors.StillToReach):
        actions.end_campaign(INVESTIGATOR_ZHAO, campaign.id, reason="enough")

    make.told(followed)

    assert not actions.end_campaign(INVESTIGATOR_ZHAO, campaign.id, reason="done").open


def test_two_calls_in_vain_and_then_the_door(followed: FollowUp) -> None:
    for _call in range(2):
        followed = actions.note_attempt(
            GRID_WORKER_WANG, followed.id, channel="phone", outcome="no_answer"
        )

    assert (followed.calls, followed.next_action) == (2, "visit")


def test_nothing_waits_for_a_decision_where_nothing_was_said(followed: FollowUp) -> None:
    with pytest.raises(errors.NothingToConfirm):
        actions.confirm_stay(OFFICER_DENG, followed.id)
    with pytest.raises(errors.NothingToConfirm):
        actions.dismiss_stay(OFFICER_DENG, followed.id, reason="no")


def test_people_are_given_only_to_who_may_reach_them(followed: FollowUp) -> None:
    near = make.worker(within=followed.area_path)
    far = make.worker(within="zz/", name="Far")

    assert actions.take_follow_up(near, followed.id).owner_id == near.id
    with pytest.raises(errors.NotTheirDuty):
        actions.assign_follow_up(INVESTIGATOR_ZHAO, followed.id, to=far.id)
    with pytest.raises(NotFound):
        actions.take_follow_up(far, followed.id)
    assert actions.assign_follow_up(INVESTIGATOR_ZHAO, followed.id, to=near.id)


def test_progress_is_counted_place_by_place() -> None:
    place = make.people.district()
    campaign = make.campaign(place)
    for name in ("朝阳社区", "山川社区"):
        home = people.dwelling(within=people.community(name, within=place))
        card = make.identity()
        people.resident(at=home, identity=card)
        make.inbound(campaign, make.row(identity=card))

    rows = queries.figures_by_area(INVESTIGATOR_ZHAO, campaign, level="community")

    assert [(area.name, one.persons, one.to_reach) for area, one in rows] == [
        ("朝阳社区", 1, 1),
        ("山川社区", 1, 1),
    ]


def test_whoever_lies_outside_the_area_does_not_exist(followed: FollowUp) -> None:
    stranger = make.actor(Duty.INVESTIGATE, within="zz/")

    with pytest.raises(NotFound):
        queries.get_follow_up(stranger, followed.id)
    with pytest.raises(NotFound):
        queries.get_campaign(stranger, followed.campaign_id)
