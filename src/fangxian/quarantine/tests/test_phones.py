"""What a grid worker's phone sends of doors and readings, hours later and sometimes twice."""

from typing import Any

import pytest

from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.quarantine.errors import DoorMustOpen, ImplausibleTemperature
from fangxian.quarantine.models import DoorVisit, Reading
from fangxian.quarantine.tests import make
from fangxian.quarantine.tests.make import HEAD_MA
from fangxian.sync.errors import BadCommand
from fangxian.sync.kinds import KINDS, Body, Single

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def sent(kind: str, **said: Any) -> Any:
    known = KINDS[f"quarantine.{kind}"]
    assert isinstance(known, Single)
    return known.apply(HEAD_MA, Body(said, id_=new_id(), at=now()))


def test_a_reading_taken_at_the_door_is_one_however_often_it_is_sent() -> None:
    watch = make.watch()
    said = {
        "reading": str(new_id()),
        "person": {"resident": str(watch.resident_id)},
        "temperature": 37.4,
        "symptoms": ["fatigue"],
    }

    assert sent("record_reading", **said) == {"alarm": "alarming"}
    assert sent("record_reading", **said) == {"alarm": "alarming"}

    reading = Reading.objects.get()
    assert (str(reading.temperature), reading.way) == ("37.4", "visit")


def test_63_degrees_come_back_to_the_phone_with_advice() -> None:
    watch = make.watch()
    person = {"resident": str(watch.resident_id)}

    with pytest.raises(ImplausibleTemperature, match=r"36\.3"):
        sent("record_reading", reading=str(new_id()), person=person, temperature=63)
    with pytest.raises(BadCommand):
        sent("record_reading", reading=str(new_id()), person=person, temperature="warm")
    with pytest.raises(BadCommand):
        sent("record_reading", reading=str(new_id()), person={}, temperature=36.5)


@pytest.mark.django_db(transaction=True)
def test_a_visit_counts_once_and_a_blocked_door_never() -> None:
    order = make.at_home()
    said = {
        "visit": str(new_id()),
        "person": {"resident": str(order.resident_id)},
        "purpose": "seal",
        "found": "at_home",
        "names_nobody": True,
    }

    sent("visit_door", **said, door_opens=True)
    sent("visit_door", **said, door_opens=True)
    assert DoorVisit.objects.count() == 1
    with pytest.raises(DoorMustOpen):
        sent("visit_door", **{**said, "visit": str(new_id())}, door_opens=False)
    with pytest.raises(BadCommand):
        sent("visit_door", **{**said, "visit": str(new_id())}, door_opens="yes")
    with pytest.raises(BadCommand):
        sent("visit_door", **{**said, "purpose": "wall up"}, door_opens=True)
