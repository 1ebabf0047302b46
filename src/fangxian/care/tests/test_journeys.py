"""From the first look to the door at home."""

import pytest
from django.db import IntegrityError, transaction

from fangxian.care.actions import (
    assign_vehicle,
    begin_return,
    climb_overdue,
    close,
    depart,
    hand_over,
    identify,
    note_disinfected,
    request_transfer,
    say_no_ambulance,
    triage,
    turn_away,
)
from fangxian.care.errors import (
    AnotherVehicle,
    JourneyToCareIsOver,
    MustBeDriven,
    SayWhatBecameOfThem,
    StillOnTheWay,
    VehicleNotNamed,
    WhoSaidSo,
)
from fangxian.care.models import CareTransfer
from fangxian.care.queries import exits_without_journey, ringing, suggestion_for
from fangxian.care.tests import make
from fangxian.care.tests.make import DRIVER_HE, HEAD_MA, NEIGHBOUR
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.kernel.models import Event
from fangxian.measures.models import EmergencyExit
from fangxian.people.actions import note_need

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def test_the_whole_way_and_back(noon: Hands) -> None:
    asked, hospital = make.requested(), make.hospital()
    noon.forward(minutes=2)

    triage(HEAD_MA, asked.id, means="ambulance", hospital_id=hospital.id, escort="relative")
    noon.forward(minutes=3)
    assign_vehicle(HEAD_MA, asked.id, vehicle="青A·120 07", driver_phone="120")
    noon.forward(minutes=9)
    depart(DRIVER_HE, asked.id)
    noon.forward(minutes=14)
    handed = hand_over(DRIVER_HE, asked.id, received_by="Dr Sun, obstetrics")

    assert handed.state == "handed_over"
    assert handed.due_at is None  # nobody is in a hurry to have them back
    assert handed.vehicle == "青A12007"
    assert EmergencyExit.objects.get(id=handed.exit_id or handed.id).state == "handed_over"

    noon.forward(hours=50)
    begin_return(HEAD_MA, asked.id, means="street_car", vehicle="青A23456")
    noon.forward(minutes=25)
    note_disinfected(DRIVER_HE, asked.id)
    noon.forward(minutes=1)
    over = close(HEAD_MA, asked.id, outcome="home")

    assert (over.state, over.outcome) == ("done", "home")
    assert EmergencyExit.objects.get(id=handed.exit_id or handed.id).state == "returned"
    assert [step.kind for step in over.steps.order_by("at", "id")] == [
        "asked",
        "triaged",
        "assigned",
        "departed",
        "handed_over",
        "returning",
        "disinfected",
        "done",
    ]


@pytest.mark.parametrize(
    ("what", "needs", "means", "escort"),
    [
        ("life_threatening", [], "ambulance", "medic"),
        ("labour", ["pregnancy"], "ambulance", "medic"),
        ("other_care", ["sight"], "street_car", "relative"),
        ("regular_treatment", ["dialysis"], "street_car", "nobody"),
        ("not_urgent", ["child_alone"], "community_medic", "community"),
    ],
)
def test_the_rules_propose_and_the_needs_are_at_hand(
    what: str, needs: list[str], means: str, escort: str
) -> None:
    ill = make.resident()
    for need in needs:
        note_need(make.people.KEEPER, ill.id, need)

    proposed = suggestion_for(HEAD_MA, make.requested(ill, what=what))

    assert (proposed.means, proposed.escort) == (means, escort)


def test_a_crew_is_protected_where_people_may_not_leave() -> None:
    ill = make.resident()
    make.measures.order(ill)

    proposed = suggestion_for(HEAD_MA, make.requested(ill))

    assert proposed.protection == "level_2"


@pytest.mark.parametrize("what", ["life_threatening", "labour"])
def test_nobody_in_danger_is_put_off_with_a_medic(what: str) -> None:
    asked = make.requested(what=what)

    with pytest.raises(MustBeDriven):
        triage(HEAD_MA, asked.id, means="community_medic")

    asked.refresh_from_db()
    assert asked.state == "requested"  # it goes on waiting, and ringing


def test_a_word_that_lowers_the_danger_is_a_decision_and_is_kept() -> None:
    asked = make.requested(what="life_threatening")

    seen = triage(HEAD_MA, asked.id, means="street_car", what="other_care")

    assert (seen.what, seen.means, seen.suggested) == ("other_care", "street_car", "street_car")


def test_when_120_cannot_come_the_street_sends_a_car() -> None:
    asked = make.requested()
    triage(HEAD_MA, asked.id, means="ambulance")

    again = say_no_ambulance(HEAD_MA, asked.id)
    twice = say_no_ambulance(HEAD_MA, asked.id)

    assert (again.means, again.state) == ("street_car", "triaged")
    assert twice.no_ambulance_at == again.no_ambulance_at
    assert suggestion_for(HEAD_MA, again).means == "street_car"


def test_one_vehicle_carries_one_patient() -> None:
    mother, other = make.requested(), make.requested()
    assign_vehicle(HEAD_MA, mother.id, vehicle="青A11111")

    with pytest.raises(AnotherVehicle):
        assign_vehicle(HEAD_MA, other.id, vehicle="青a 11111")
    together = assign_vehicle(
        HEAD_MA, other.id, vehicle="青A11111", shared_because="her newborn child"
    )

    assert together.state == "vehicle_assigned"


def test_a_car_without_a_plate_is_no_car_but_120_may_come_without() -> None:
    asked = make.requested(what="other_care")
    triage(HEAD_MA, asked.id, means="street_car")

    with pytest.raises(VehicleNotNamed):
        assign_vehicle(HEAD_MA, asked.id, vehicle=" ")

    assert assign_vehicle(HEAD_MA, asked.id, vehicle="", means="ambulance").vehicle == ""


def test_who_has_left_has_left_whatever_was_not_said_before() -> None:
    asked = make.requested()

    left = depart(NEIGHBOUR, asked.id)
    again = depart(NEIGHBOUR, asked.id)

    assert (left.state, left.means) == ("departed", "own_car")
    assert again.departed_at == left.departed_at
    assert left.exit is not None  # every gate knows


def test_who_is_not_known_is_brought_all_the_same_and_named_later() -> None:
    place = make.resident()
    asked = request_transfer(
        NEIGHBOUR, None, area_path=place.area_path, what="labour", channel="gate"
    )
    depart(NEIGHBOUR, asked.id)

    known = identify(HEAD_MA, asked.id, place.id)

    assert known.resident_id == place.id
    assert known.exit is not None
    assert identify(HEAD_MA, asked.id, make.resident().id).resident_id == place.id


def test_a_hospital_that_turns_somebody_away_is_passed_by_and_told_of() -> None:
    first, second = make.hospital("一医院"), make.hospital("二医院")
    asked = make.requested()
    triage(HEAD_MA, asked.id, means="ambulance", hospital_id=first.id)
    depart(DRIVER_HE, asked.id)

    went_on = turn_away(DRIVER_HE, asked.id, hospital_id=second.id, note="test expired by 4 h")

    assert (went_on.state, went_on.hospital, went_on.turned_away) == ("departed", second, 1)
    assert Event.objects.filter(subject_id=asked.id, kind="care.care_turned_away").exists()


def test_what_nobody_looks_at_climbs_level_by_level_and_rings(noon: Hands) -> None:
    asked = make.requested()
    levels = []

    for _minutes in range(4):
        noon.forward(minutes=5)
        climb_overdue(PLAYBOOK)
        climb_overdue(PLAYBOOK)  # the same minute counts once
        asked.refresh_from_db()
        levels.append(asked.level)

    assert levels == [2, 3, 3, 3]
    assert list(ringing(HEAD_MA)) == [asked]


def test_the_first_step_in_time_rings_no_more(noon: Hands) -> None:
    asked = make.requested()
    noon.forward(minutes=5)
    climb_overdue(PLAYBOOK)

    triage(HEAD_MA, asked.id, means="ambulance")

    assert list(ringing(HEAD_MA)) == []


@pytest.mark.parametrize("outcome", ["not_wanted", "treated"])
def test_only_the_person_can_do_without_and_somebody_writes_down_who_said_so(
    outcome: str,
) -> None:
    asked = make.requested(what="not_urgent")

    with pytest.raises(WhoSaidSo):
        close(HEAD_MA, asked.id, outcome=outcome)

    assert close(HEAD_MA, asked.id, outcome=outcome, note="she herself").outcome == outcome


def test_who_is_on_the_way_cannot_be_written_off() -> None:
    asked = make.requested()
    depart(DRIVER_HE, asked.id)

    with pytest.raises(StillOnTheWay):
        close(HEAD_MA, asked.id, outcome="not_wanted", note="the office")
    with pytest.raises(SayWhatBecameOfThem):
        close(HEAD_MA, asked.id, outcome="?")


def test_after_the_end_one_asks_anew() -> None:
    ill = make.resident()
    first = make.requested(ill)
    close(HEAD_MA, first.id, outcome="not_wanted", note="she herself")

    with pytest.raises(JourneyToCareIsOver):
        depart(DRIVER_HE, first.id)
    again = make.requested(ill)

    assert again.id != first.id


def test_an_exit_without_a_journey_is_seen() -> None:
    left = make.measures.exit_(make.resident())

    assert list(exits_without_journey(HEAD_MA)) == [left]


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        (
            {"state": "refused", "means": "own_car"},
            "care_transfer_is_never_refused|care_transfer_times_follow_its_state",
        ),
        ({"state": "departed", "means": "own_car"}, "care_transfer_times_follow_its_state"),
        ({"outcome": "home"}, "care_transfer_ends_with_what_became_of_it"),
        ({"level": 4}, "care_transfer_climbs_to_the_district_at_most"),
    ],
)
def test_the_table_itself_holds(fields: dict[str, object], broken: str) -> None:
    asked = make.requested()

    with pytest.raises(IntegrityError, match=broken), transaction.atomic():
        CareTransfer.objects.filter(id=asked.id).update(**fields)


def test_looked_at_means_that_somebody_decided() -> None:
    asked = make.requested()
    triage(HEAD_MA, asked.id, means="ambulance")

    with (
        pytest.raises(IntegrityError, match="is_looked_at_with_a_decision"),
        transaction.atomic(),
    ):
        CareTransfer.objects.filter(id=asked.id).update(means="")
