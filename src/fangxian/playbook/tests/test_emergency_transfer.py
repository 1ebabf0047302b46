"""The story of somebody who is brought to care from behind a sealed gate, whatever goes wrong."""

from datetime import timedelta
from uuid import UUID

import pytest

from fangxian.care.actions import (
    assign_vehicle,
    begin_return,
    book_series,
    climb_overdue,
    close,
    depart,
    hand_over,
    note_missed_rides,
    plan_visits,
    request_transfer,
    say_no_ambulance,
    triage,
    turn_away,
    visit_done,
)
from fangxian.care.events import CareRequested
from fangxian.care.models import CareTransfer
from fangxian.care.queries import exits_without_journey, rides_ahead, visits_due
from fangxian.care.tests import make as care
from fangxian.dispatch.actions import finish_task
from fangxian.dispatch.queries import tasks_about
from fangxian.dispatch.tests.make import account
from fangxian.gates.actions import let_through_emergency
from fangxian.gates.queries import passes_visible_to
from fangxian.kernel import reactions
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now, today
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.measures.actions import (
    approve_risk_area,
    hand_over_patient,
    leave_for_emergency_care,
    return_from_care,
)
from fangxian.measures.models import EmergencyExit
from fangxian.measures.queries import risk_areas_proposed
from fangxian.people.actions import note_need
from fangxian.people.rules import PersonRef
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import GRID_WORKER_WANG, OFFICER_DENG, found, sealed_tube

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules("cn-v9")


def _journey_of(resident_id: UUID | None) -> CareTransfer:
    return CareTransfer.objects.get(resident=resident_id)


def test_from_the_call_to_the_door_with_every_task_on_the_way(noon: Hands) -> None:
    ill, in_labour = make.neighbours(2)
    found(sealed_tube([ill]), "positive")
    for area in risk_areas_proposed(PLAYBOOK):
        approve_risk_area(OFFICER_DENG, area.id)

    asked = request_transfer(
        care.NEIGHBOUR,
        in_labour.id,
        area_path=in_labour.area_path,
        what="labour",
        channel="hotline",
    )
    assert make.kinds_of_tasks(asked.id) == {"triage_care"}

    noon.forward(minutes=2)
    triage(care.HEAD_MA, asked.id, means="ambulance")
    assert make.kinds_of_tasks(asked.id) == set()

    say_no_ambulance(care.HEAD_MA, asked.id)
    assert make.kinds_of_tasks(asked.id) == {"send_care_car"}

    assign_vehicle(care.HEAD_MA, asked.id, vehicle="青A23456")
    left = depart(GRID_WORKER_WANG, asked.id)
    assert make.kinds_of_tasks(asked.id) == set()
    assert left.exit is not None  # so that every gate knows
    assert CareTransfer.objects.count() == 1  # the exit is part of the same story

    turn_away(GRID_WORKER_WANG, asked.id, note="test expired by four hours")
    assert make.kinds_of_tasks(asked.id) == {"find_hospital"}

    hand_over(GRID_WORKER_WANG, asked.id, received_by="Dr Sun")
    assert make.kinds_of_tasks(asked.id) == set()
    assert make.kinds_of_tasks(left.exit.id) == {"clear_exit"}

    noon.forward(hours=70)
    begin_return(care.HEAD_MA, asked.id, means="street_car", vehicle="青A34567")
    assert make.kinds_of_tasks(asked.id) == {"receive_from_care"}
    assert [one.kind for one in passes_visible_to(PLAYBOOK).filter(resident=in_labour.id)] == [
        "medical"
    ]

    close(GRID_WORKER_WANG, asked.id, outcome="home")
    assert make.kinds_of_tasks(asked.id) == set()
    assert make.kinds_of_tasks(left.exit.id) == set()
    assert EmergencyExit.objects.get(id=left.exit.id).cleared_at is not None


def test_an_exit_that_was_recorded_elsewhere_gets_its_journey() -> None:
    ill = make.resident()

    leaving = leave_for_emergency_care(GRID_WORKER_WANG, ill.id, kind="labour")

    journey = _journey_of(ill.id)
    assert (journey.exit_id, journey.what, journey.came_without_us) == (leaving.id, "labour", True)
    assert list(exits_without_journey(PLAYBOOK)) == []

    hand_over_patient(GRID_WORKER_WANG, leaving.id)
    assert _journey_of(ill.id).state == "handed_over"
    return_from_care(GRID_WORKER_WANG, leaving.id)
    assert _journey_of(ill.id).outcome == "home"


def test_whoever_is_let_through_a_gate_is_waited_for_known_or_not() -> None:
    known = make.resident()
    site = care.checkpoint()
    guard = care.NEIGHBOUR

    let_through_emergency(
        guard,
        scan_id=new_id(),
        site_id=site.id,
        at=now(),
        person=PersonRef(resident=known.id),
    )
    let_through_emergency(guard, scan_id=new_id(), site_id=site.id, at=now())

    assert _journey_of(known.id).channel == "gate"
    stranger = CareTransfer.objects.get(resident=None)
    assert (stranger.channel, stranger.state) == ("gate", "requested")
    assert make.kinds_of_tasks(stranger.id) == {"triage_care"}


def test_when_nobody_looks_the_next_level_does_and_120_that_does_not_come_is_not_waited_for(
    noon: Hands,
) -> None:
    asked = care.requested(what="life_threatening")
    triage(care.HEAD_MA, asked.id, means="ambulance")
    assert make.kinds_of_tasks(asked.id) == set()

    noon.forward(minutes=5)
    climb_overdue(PLAYBOOK)

    assert make.kinds_of_tasks(asked.id) == {"send_care_car"}
    asked.refresh_from_db()
    assert asked.level == 2


def test_worse_than_was_said_is_looked_at_again() -> None:
    ill = make.resident()
    asked = care.requested(ill, what="not_urgent")
    triage(care.HEAD_MA, asked.id, means="community_medic")
    assert make.kinds_of_tasks(asked.id) == {"care_medic"}

    care.requested(ill, what="life_threatening")

    assert "triage_care" in make.kinds_of_tasks(asked.id)
    triage(care.HEAD_MA, asked.id, means="ambulance")
    assert make.kinds_of_tasks(asked.id) == set()


def test_who_no_longer_wants_it_is_called_by_a_medic() -> None:
    asked = care.requested(what="other_care")

    close(care.HEAD_MA, asked.id, outcome="not_wanted", note="she herself")

    assert make.kinds_of_tasks(asked.id) == {"call_back_care"}


def test_a_playbook_in_ruins_stops_neither_the_request_nor_the_exit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(fact: CareRequested, event: Event) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setitem(reactions._reactions, CareRequested, [fails])
    ill = make.resident()

    leaving = leave_for_emergency_care(GRID_WORKER_WANG, ill.id, kind="labour")

    assert leaving.state == "left"
    assert make.kinds_of_tasks(leaving.id) == {"emergency_trip", "clear_exit"}
    journey = _journey_of(ill.id)
    assert Event.objects.filter(subject_id=journey.id, kind="care.care_requested_alone").exists()


def test_dialysis_is_driven_and_a_ride_that_does_not_leave_is_noticed(noon: Hands) -> None:
    patient = make.resident()
    series = book_series(
        GRID_WORKER_WANG,
        patient.id,
        kind="dialysis",
        hospital_id=care.hospital().id,
        at=(now() + timedelta(hours=4)).astimezone(care.ZONE).time(),
        first_day=today(),
        last_day=today() + timedelta(days=30),
        every_days=2,
    )
    [ride] = rides_ahead(PLAYBOOK)
    assert ride.series_id == series.id
    assert make.kinds_of_tasks(ride.id) == {"send_care_car"}

    noon.forward(hours=3, minutes=16)
    note_missed_rides(PLAYBOOK)
    note_missed_rides(PLAYBOOK)

    ride.refresh_from_db()
    assert ride.missed_at is not None
    assert make.kinds_of_tasks(ride.id) == {"send_care_car", "triage_care"}
    depart(GRID_WORKER_WANG, ride.id)
    assert make.kinds_of_tasks(ride.id) == set()


def test_people_are_looked_in_on_and_what_is_found_has_consequences() -> None:
    child, elderly, other = (make.resident() for _ in range(3))
    for who in (child, elderly, other):
        note_need(care.people.KEEPER, who.id, "child_alone")
    plan_visits(PLAYBOOK)
    visits = {one.resident_id: one for one in visits_due(care.HEAD_MA)}
    assert make.kinds_of_tasks(visits[child.id].id) == {"look_in_on"}

    visit_done(GRID_WORKER_WANG, visits[child.id].id, how="seen", found="emergency")
    visit_done(GRID_WORKER_WANG, visits[elderly.id].id, how="called", found="nobody")
    [task] = tasks_about(PLAYBOOK, visits[other.id].id)
    worker = account("王", Duty.CARRY_OUT, within="")
    finish_task(worker.actor, task.id, note="needs nothing")

    assert _journey_of(child.id).channel == "visit"
    assert make.kinds_of_tasks(visits[elderly.id].id) == {"look_for_person"}
    assert list(visits_due(care.HEAD_MA)) == []
