"""Emergency care: nobody, and nothing, may refuse it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

import pytest

from fangxian.kernel import reactions
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import Malformed, NotFound, NotYours
from fangxian.kernel.ids import new_id, read_code
from fangxian.kernel.models import Event
from fangxian.measures import actions
from fangxian.measures.actions import (
    clear_exit,
    hand_over_patient,
    leave_for_emergency_care,
    return_from_care,
)
from fangxian.measures.events import EmergencyExitStarted
from fangxian.measures.models import EmergencyExit
from fangxian.measures.queries import exits_listed, exits_of, exits_visible_to, get_exit
from fangxian.measures.tests import make

if TYPE_CHECKING:
    from fangxian.people.models import Resident

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def held_as_a_pool_member(who: Resident) -> None:
    make.hold(who)


def ordered_to_stay_at_home(who: Resident) -> None:
    make.order(who, subject="medium_risk_leaver")


def infected(who: Resident) -> None:
    make.order(who, subject="infected")


def under_a_risk_area(who: Resident) -> None:
    building = type(make.estate()[0]).objects.get(
        path="/".join(who.area_path.split("/")[:-4]) + "/"
    )
    make.risk_area([building], unit="building")


def with_a_test_overdue(who: Resident) -> None:
    make.order(who, days_ago=3)


def with_a_positive_result(who: Resident) -> None:
    make.positive(who)


RESTRICTIONS = (
    held_as_a_pool_member,
    ordered_to_stay_at_home,
    infected,
    under_a_risk_area,
    with_a_test_overdue,
    with_a_positive_result,
)


@pytest.mark.parametrize("mask", range(2 ** len(RESTRICTIONS)))
def test_no_combination_of_restrictions_duties_and_kinds_makes_it_refuse(mask: int) -> None:
    make.rules("cn-v9")
    who = make.resident(at=make.door(make.estate()[0]))
    for bit, restrict in enumerate(RESTRICTIONS):
        if mask >> bit & 1:
            restrict(who)
    duty = list(Duty)[mask % len(Duty)]

    for kind, actor in product(
        EmergencyExit.Kind, (make.GATE_GUARD_QIAN, make.actor(duty, within=who.area_path))
    ):
        left = leave_for_emergency_care(actor, who.id, kind=kind)
        assert left.state == "left"
        return_from_care(actor, left.id)

    orders, areas = left.orders, left.risk_areas
    assert len(orders) == sum(mask >> bit & 1 for bit in (0, 1, 2, 4))
    assert len(areas) == (mask >> 3 & 1)


def test_the_verb_has_no_way_to_say_no() -> None:
    """A refusal could be raised here or asked for by `must`; the source holds neither."""
    for verb in (leave_for_emergency_care, hand_over_patient, return_from_care):
        tree = ast.parse(inspect.getsource(inspect.unwrap(verb)))
        names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        called = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}

        assert not any(isinstance(node, ast.Raise) for node in ast.walk(tree))
        assert not {"must", "may"} & names
        assert not {"_must_one_of", "guards"} & called
    assert "refused" not in EmergencyExit.State.values


@pytest.mark.parametrize("trouble", [RuntimeError, NotYours, Malformed])
def test_trouble_in_what_should_follow_does_not_stop_the_person(
    trouble: Callable[[str], Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_works(fact: EmergencyExitStarted, event: Event) -> None:
        raise trouble("no vehicle")

    reactions.on(EmergencyExitStarted, nothing_works)

    left = make.exit_()

    assert left.state == "left"
    [told] = Event.objects.filter(subject_id=left.id)
    assert told.kind == "measures.emergency_exit_started_alone"


def test_a_pack_is_not_needed_to_leave() -> None:
    assert make.exit_().state == "left"  # no pack was adopted


def test_what_applied_is_noted_for_the_hospital() -> None:
    make.rules("cn-v9")
    buildings = make.estate()
    who = make.resident(at=make.door(buildings[0]))
    order, area, hospital = make.order(who), make.risk_area(buildings), make.hospital()

    left = leave_for_emergency_care(
        make.GATE_GUARD_QIAN, who.id, kind="labour", hospital_id=hospital.id
    )

    assert (left.orders, left.risk_areas, left.hospital) == ([order.id], [area.id], hospital)
    assert left.reported_by == make.GATE_GUARD_QIAN.id
    assert read_code("E", left.code) == left.number
    told = Event.objects.get(kind="measures.emergency_exit_started")
    assert (told.facts["orders"], told.facts["exit_kind"]) == (1, "labour")


def test_an_unknown_kind_or_hospital_stops_nobody() -> None:
    who = make.resident()

    left = leave_for_emergency_care(make.GATE_GUARD_QIAN, who.id, kind="?", hospital_id=new_id())

    assert (left.kind, left.hospital) == ("other_care", None)


def test_somebody_already_on_the_way_is_not_sent_twice() -> None:
    who = make.resident()

    first, again = make.exit_(who), make.exit_(who)

    assert again == first
    assert list(exits_of(PLAYBOOK, who.id)) == [first]


def test_the_way_to_care_and_back_is_one_record(noon: Hands) -> None:
    left, hospital = make.exit_(), make.hospital()
    noon.forward(minutes=20)
    hand_over_patient(make.GATE_GUARD_QIAN, left.id, hospital_id=hospital.id)
    hand_over_patient(make.GATE_GUARD_QIAN, left.id)
    noon.forward(hours=5)
    return_from_care(make.GATE_GUARD_QIAN, left.id)
    back = return_from_care(make.GATE_GUARD_QIAN, left.id)

    assert (back.state, back.hospital, back.returned_at) == ("returned", hospital, now())
    kinds = [event.kind for event in Event.objects.filter(subject_id=left.id).order_by("seq")]
    assert [kind.removeprefix("measures.emergency_exit_") for kind in kinds] == [
        "started",
        "handed_over",
        "returned",
    ]
    assert list(exits_listed(PLAYBOOK, state="returned")) == [back]


def test_the_record_is_cleared_afterwards_by_who_has_a_duty() -> None:
    left = make.exit_()

    with pytest.raises(NotYours):
        clear_exit(make.GATE_GUARD_QIAN, left.id)
    cleared = clear_exit(make.GRID_WORKER_WANG, left.id, note="driver Zhao, car 3")
    again = clear_exit(make.GRID_WORKER_WANG, left.id, note="something else")

    assert cleared.cleared_at == now()
    assert again.note == "driver Zhao, car 3"


def test_exits_elsewhere_do_not_exist() -> None:
    left = make.exit_()
    elsewhere = Actor(id=new_id(), within="99/", duties=frozenset(Duty))

    with pytest.raises(NotFound):
        get_exit(elsewhere, left.id)
    with pytest.raises(NotFound):
        leave_for_emergency_care(elsewhere, left.resident_id, kind="labour")
    assert not exits_visible_to(elsewhere)


def test_there_is_no_verb_that_refuses_an_exit() -> None:
    verbs = [name for name, _ in inspect.getmembers(actions, inspect.isfunction)]

    assert not [name for name in verbs if "refuse" in name or "deny" in name]
