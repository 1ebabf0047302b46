"""Risk areas: proposed by rule, decided by people, released when the conditions hold."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id, read_code
from fangxian.kernel.models import Event
from fangxian.measures import rules
from fangxian.measures.actions import (
    CONDITIONS_HOLD,
    REPLACED,
    approve_risk_area,
    lift_risk_area,
    lower_risk_area,
    propose_due_releases,
    reject_risk_area,
    restart_clock,
    restrict_residents,
)
from fangxian.measures.errors import (
    CountedFromTheFuture,
    NoSuchLevel,
    PlaceDoesNotFitUnit,
    ReasonNeeded,
    RiskAreaIsNotInForce,
    RiskAreaIsOver,
)
from fangxian.measures.models import RiskArea
from fangxian.measures.queries import (
    get_risk_area,
    people_in,
    release_conditions,
    risk_areas_about,
    risk_areas_in_force,
    risk_areas_listed,
    risk_areas_over,
    risk_areas_proposed,
)
from fangxian.measures.tests import make
from fangxian.people.tests import make as people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def kinds_about(area: RiskArea) -> list[str]:
    rows = Event.objects.filter(subject_id=area.id).order_by("seq")
    return [event.kind.removeprefix("measures.") for event in rows]


def standing(area: RiskArea) -> dict[str, bool]:
    return {c.word: c.met for c in release_conditions(PLAYBOOK, area.id)}


# Proposing and deciding


def test_a_compound_is_proposed_with_the_conditions_of_the_pack() -> None:
    make.rules("cn-v9")
    buildings = make.estate("祥和家园")

    area = make.proposal(buildings)

    assert area.state == "proposed"
    assert area.places == sorted(building.path for building in buildings)
    assert area.area_path == buildings[0].parent.path  # type: ignore[union-attr]
    assert area.name.endswith("祥和家园")
    assert area.measures == ["stay_home", "door_service"]
    assert area.release["days_without_new"]["value"] == 7
    assert area.release["to"] == "medium"
    assert read_code("R", area.code) == area.number
    assert release_conditions(PLAYBOOK, area.id) == []
    assert list(risk_areas_proposed(make.COMMANDER_CHEN)) == [area]
    assert list(risk_areas_about(PLAYBOOK, area.about_id)) == [area]


def test_the_command_post_approves_once() -> None:
    make.rules("cn-v9")
    area = make.proposal()

    with pytest.raises(NotYours):
        approve_risk_area(make.GRID_WORKER_WANG, area.id)
    approved = approve_risk_area(make.COMMANDER_CHEN, area.id)
    approve_risk_area(make.OFFICER_DENG, area.id)

    assert approved.state == "in_force"
    assert approved.clock_origin == now()
    assert approved.review_at == now() + timedelta(days=7)
    assert kinds_about(area) == ["risk_area_proposed", "risk_area_declared"]


def test_a_proposal_is_rejected_with_a_reason() -> None:
    make.rules()
    area = make.proposal()

    with pytest.raises(ReasonNeeded):
        reject_risk_area(make.COMMANDER_CHEN, area.id, reason="")
    rejected = reject_risk_area(make.COMMANDER_CHEN, area.id, reason="all contacts are known")
    reject_risk_area(make.COMMANDER_CHEN, area.id, reason="again")

    assert (rejected.state, rejected.reason) == ("rejected", "all contacts are known")
    with pytest.raises(RiskAreaIsOver):
        approve_risk_area(make.COMMANDER_CHEN, area.id)
    assert kinds_about(area) == ["risk_area_proposed", "risk_area_rejected"]


def test_an_area_that_the_pack_lets_the_system_declare_is_in_force_at_once() -> None:
    make.rules("cn-v9")
    building = make.estate()[0]

    area = make.proposal([building], level="low", unit="building")

    assert area.state == "in_force"
    assert area.decided_by == PLAYBOOK.id


def test_the_same_ground_twice_proposes_once() -> None:
    make.rules()
    buildings, cause = make.estate(), make.case(make.resident())

    first = make.proposal(buildings, because=cause)
    again = make.proposal(buildings, because=cause)

    assert again == first
    assert RiskArea.objects.count() == 1


def test_a_place_already_covered_gets_no_second_area_but_its_days_start_again(
    noon: Hands,
) -> None:
    make.rules("cn-v9")
    buildings = make.estate()
    area = make.risk_area(buildings)
    noon.forward(days=2)
    cause = make.case(make.resident(at=make.door(buildings[0], "103")), hours_ago=3)

    same = make.proposal([buildings[0]], unit="building", level="medium", because=cause)

    assert same == area
    area.refresh_from_db()
    assert area.clock_origin == now() - timedelta(hours=3)  # when the specimen was taken
    assert area.review_at == area.clock_origin + timedelta(days=7)
    assert area.restarts.get().because_id == cause.id
    make.proposal([buildings[1]], unit="building", because=cause)
    assert area.restarts.count() == 1


def test_a_stricter_area_replaces_the_milder_ones_inside_it() -> None:
    make.rules("cn-v9")
    buildings = make.estate()
    medium = make.risk_area([buildings[0]], level="medium", unit="building")

    high = make.risk_area(buildings, level="high")

    medium.refresh_from_db()
    assert (medium.state, medium.reason) == ("lifted", REPLACED)
    assert list(risk_areas_in_force(PLAYBOOK)) == [high]


def test_a_level_that_the_pack_does_not_know_is_refused() -> None:
    make.rules("cn-bb")

    with pytest.raises(NoSuchLevel):
        make.proposal()


def test_a_place_wider_than_its_unit_is_refused() -> None:
    make.rules("cn-20")
    buildings = make.estate()

    with pytest.raises(PlaceDoesNotFitUnit):
        make.proposal([buildings[0]], unit="unit")


def test_several_places_without_an_estate_are_named_one_by_one() -> None:
    make.rules("cn-v9")
    one, other = make.estate(buildings=1)[0], make.estate("安泰花园", buildings=1)[0]

    area = make.proposal([one, other])

    assert "、" in area.name


# The clock


def test_a_new_infection_starts_the_days_again(noon: Hands) -> None:
    make.rules("cn-v9")
    area = make.risk_area()
    noon.forward(days=3)
    cause = make.case(make.resident())

    restart_clock(make.COMMANDER_CHEN, area.id, from_at=now(), because=cause)
    restart_clock(make.COMMANDER_CHEN, area.id, from_at=now(), because=cause)
    restart_clock(PLAYBOOK, area.id, from_at=now() - timedelta(days=9), because=cause)

    area.refresh_from_db()
    assert area.review_at == now() + timedelta(days=7)
    assert area.restarts.count() == 1
    assert kinds_about(area)[-1] == "clock_restarted"


def test_the_clock_of_what_does_not_run_cannot_start_again() -> None:
    make.rules()
    cause, area = make.case(make.resident()), make.proposal()

    with pytest.raises(RiskAreaIsNotInForce):
        restart_clock(PLAYBOOK, area.id, from_at=now(), because=cause)
    approve_risk_area(make.COMMANDER_CHEN, area.id)
    with pytest.raises(CountedFromTheFuture):
        restart_clock(PLAYBOOK, area.id, from_at=now() + timedelta(days=1), because=cause)
    lift_risk_area(make.COMMANDER_CHEN, area.id, reason="the result was corrected")
    with pytest.raises(RiskAreaIsOver):
        restart_clock(PLAYBOOK, area.id, from_at=now(), because=cause)


# Release


def test_the_conditions_tell_how_they_stand(noon: Hands) -> None:
    make.rules("cn-v9")
    buildings = make.estate(buildings=1)
    tested = make.resident(at=make.door(buildings[0], "101"))
    untested = make.resident(at=make.door(buildings[0], "102"))
    elsewhere = make.case(make.resident())
    area = make.risk_area(buildings, unit="building", because=elsewhere)
    noon.forward(days=7)
    make.negative(tested)

    assert standing(area) == {
        "days_without_new": True,
        "everybody_screened": False,
        "all_negative": True,
    }
    make.positive(untested)
    assert standing(area) == {
        "days_without_new": True,
        "everybody_screened": True,
        "all_negative": False,
    }
    assert people_in(PLAYBOOK, area.id) == 2


def test_an_observation_of_somebody_who_knows_better_counts() -> None:
    make.rules("cn-v9")
    area = make.risk_area()
    seen = rules.Observed(residents=10, screened=10)

    found = release_conditions(PLAYBOOK, area.id, seen)

    assert [c.met for c in found] == [False, True, True]


def test_high_goes_down_to_medium_and_then_to_low(noon: Hands) -> None:
    make.rules("cn-v9")
    high = make.risk_area(make.estate())
    noon.forward(days=7)

    medium = lower_risk_area(make.COMMANDER_CHEN, high.id, reason="screened by hand")

    assert (medium.level, medium.state, medium.follows) == ("medium", "in_force", high)
    assert medium.review_at == now() + timedelta(days=3)  # the days after a high level
    assert lower_risk_area(make.COMMANDER_CHEN, high.id) == medium
    assert list(risk_areas_in_force(PLAYBOOK)) == [medium]

    noon.forward(days=3)
    low = lower_risk_area(make.COMMANDER_CHEN, medium.id)

    assert (low.level, low.state) == ("low", "in_force")
    medium.refresh_from_db()
    assert medium.reason == CONDITIONS_HOLD
    assert standing(low) == {"others_lifted": True}
    assert kinds_about(medium) == ["risk_area_declared", "risk_area_lowered"]


def test_where_the_pack_names_no_lower_level_lowering_lifts(noon: Hands) -> None:
    make.rules("cn-10")
    building = make.estate()[0]
    area = make.risk_area([building], unit="building", reason="several floors share the air")
    noon.forward(days=5)

    lifted = lower_risk_area(make.COMMANDER_CHEN, area.id)

    assert lifted == area
    assert (lifted.state, lifted.reason) == ("lifted", CONDITIONS_HOLD)


def test_lifting_before_the_conditions_hold_needs_a_reason() -> None:
    make.rules()
    area = make.risk_area()

    with pytest.raises(ReasonNeeded):
        lift_risk_area(make.COMMANDER_CHEN, area.id)
    lifted = lift_risk_area(make.COMMANDER_CHEN, area.id, reason="the result was corrected")
    lift_risk_area(make.COMMANDER_CHEN, area.id, reason="again")

    assert (lifted.state, lifted.reason) == ("lifted", "the result was corrected")
    assert kinds_about(area).count("risk_area_lifted") == 1


def test_a_proposal_is_not_lifted_but_decided() -> None:
    make.rules()
    area = make.proposal()

    with pytest.raises(RiskAreaIsNotInForce):
        lift_risk_area(make.COMMANDER_CHEN, area.id)


def test_release_is_proposed_once_when_all_conditions_hold(noon: Hands) -> None:
    make.rules("cn-20")
    area = make.risk_area([make.estate()[0]], unit="building", reason="several stairs share air")

    assert propose_due_releases(PLAYBOOK) == 0
    noon.forward(days=5)
    assert propose_due_releases(PLAYBOOK) == 1
    assert propose_due_releases(PLAYBOOK) == 0

    area.refresh_from_db()
    assert area.state == "in_force"  # a person decides
    assert kinds_about(area)[-1] == "risk_area_release_proposed"


def test_release_is_not_proposed_while_the_screening_is_owed(noon: Hands) -> None:
    make.rules("cn-v9")
    make.risk_area()
    noon.forward(days=8)

    assert propose_due_releases(PLAYBOOK) == 0


def test_three_zones_wait_for_the_last_contact(noon: Hands) -> None:
    make.rules("cn-v8")
    area = make.risk_area(level="lockdown")

    assert "last_contact_away" in standing(area)


# Seeing


def test_what_is_closed_concerns_everybody_there_and_nobody_elsewhere() -> None:
    make.rules()
    buildings = make.estate()
    home = make.door(buildings[0])
    area = make.risk_area(buildings)
    neighbour = make.actor(within=home.path)
    stranger = make.actor(Duty.COMMAND, within="99/")

    assert list(risk_areas_over(neighbour, home.path)) == [area]
    assert get_risk_area(neighbour, area.id) == area
    with pytest.raises(NotFound):
        get_risk_area(stranger, area.id)
    assert not risk_areas_over(PLAYBOOK, people.dwelling().path)
    assert list(risk_areas_listed(PLAYBOOK, state="in_force", level="high")) == [area]
    assert not risk_areas_listed(PLAYBOOK, state="lifted")


def test_no_place_is_found_by_an_unknown_number() -> None:
    with pytest.raises(NotFound):
        get_risk_area(PLAYBOOK, new_id())


def test_many_residents_are_restricted_in_as_many_statements_as_few() -> None:
    make.rules()
    asked = []
    for residents in (2, 40):
        homes = make.estate()
        for number in range(residents):
            make.resident(at=make.door(homes[0], f"{200 + number}"))
        area = make.risk_area(homes)
        cause = Event.objects.filter(subject_id=area.id).order_by("-seq").first()
        with CaptureQueriesContext(connection) as statements:
            assert restrict_residents(PLAYBOOK, area.id, because=cause)
        asked.append(len(statements))

    assert asked[0] == asked[1]
