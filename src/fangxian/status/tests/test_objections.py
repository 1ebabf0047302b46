"""Somebody objects to a code, and others decide."""

import pytest

from fangxian.areas.models import Area
from fangxian.kernel.access import PLAYBOOK
from fangxian.measures.tests import make
from fangxian.measures.tests.make import GRID_WORKER_WANG, OFFICER_DENG, OFFICER_HAN
from fangxian.people.models import Resident
from fangxian.status.actions import (
    decide_status_objection,
    derive_statuses,
    object_to_status,
)
from fangxian.status.errors import (
    AlreadyDecided,
    AnotherOfficer,
    GiveReasons,
    NotAGround,
    ObjectToTheOrder,
    WhyNot,
)
from fangxian.status.models import Objection
from fangxian.status.queries import objections_waiting, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved_out() -> tuple[Resident, Objection]:
    """Somebody who says that they do not live in the risk area any more."""
    make.rules("local-4day")
    area = make.risk_area()
    who = make.resident(at=make.door(Area.objects.get(path=area.places[0]), "103"))
    derive_statuses(PLAYBOOK)
    return who, object_to_status(GRID_WORKER_WANG, who.id, area.id, text="moved out in August")


def colour_of(who: Resident) -> str:
    return status_of(PLAYBOOK, who.id).colour


def test_two_officers_uphold_and_the_evidence_stops_counting(
    moved_out: tuple[Resident, Objection],
) -> None:
    who, objection = moved_out

    half = decide_status_objection(OFFICER_DENG, objection.id, uphold=True, reasons="lease seen")
    assert (half.state, colour_of(who)) == ("waits_for_second", "yellow")
    whole = decide_status_objection(OFFICER_HAN, objection.id, uphold=True, reasons="I saw it too")

    assert (whole.state, colour_of(who)) == ("upheld", "green")
    assert whole.reasons == "lease seen\nI saw it too"
    assert derive_statuses(PLAYBOOK).changed == 0


def test_a_second_officer_who_does_not_agree_rejects(
    moved_out: tuple[Resident, Objection],
) -> None:
    who, objection = moved_out
    decide_status_objection(OFFICER_DENG, objection.id, uphold=True, reasons="lease seen")

    decided = decide_status_objection(
        OFFICER_HAN, objection.id, uphold=False, reasons="met there today"
    )

    assert (decided.state, colour_of(who)) == ("rejected", "yellow")


def test_nobody_decides_twice_or_what_they_filed(moved_out: tuple[Resident, Objection]) -> None:
    who, objection = moved_out
    by_deng = object_to_status(OFFICER_DENG, who.id, objection.ground, text="again")
    assert by_deng.id == objection.id  # one is open at a time

    decide_status_objection(OFFICER_DENG, objection.id, uphold=True, reasons="lease seen")
    with pytest.raises(AnotherOfficer):
        decide_status_objection(OFFICER_DENG, objection.id, uphold=True, reasons="me again")
    decide_status_objection(OFFICER_HAN, objection.id, uphold=True, reasons="yes")
    with pytest.raises(AlreadyDecided):
        decide_status_objection(make.OFFICER_DENG, objection.id, uphold=False, reasons="no")


def test_words_are_asked_for_on_both_sides(moved_out: tuple[Resident, Objection]) -> None:
    who, objection = moved_out

    with pytest.raises(GiveReasons):
        decide_status_objection(OFFICER_DENG, objection.id, uphold=True, reasons=" ")
    with pytest.raises(WhyNot):
        object_to_status(GRID_WORKER_WANG, who.id, objection.ground, text=" ")
    with pytest.raises(NotAGround):
        object_to_status(GRID_WORKER_WANG, who.id, objection.id, text="what?")
    assert list(objections_waiting(PLAYBOOK)) == [objection]


def test_against_an_order_one_objects_to_the_order() -> None:
    make.rules()
    order = make.order()
    derive_statuses(PLAYBOOK)

    with pytest.raises(ObjectToTheOrder):
        object_to_status(GRID_WORKER_WANG, order.resident_id, order.id, text="no")
