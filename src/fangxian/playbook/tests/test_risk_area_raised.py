"""The story of a risk area that is declared, of its residents, and of the days that begin again."""

from datetime import timedelta

import pytest

from fangxian.areas.models import Area
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.models import Event
from fangxian.measures.actions import restart_clock, restrict_residents
from fangxian.measures.models import Order, RiskArea
from fangxian.measures.queries import (
    order_conditions,
    orders_about,
    orders_of,
    risk_areas_in_force,
)
from fangxian.measures.queries import (
    tests_of as owed,
)
from fangxian.measures.rules import above
from fangxian.people.models import Resident
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import OFFICER_DENG, measures
from fangxian.sampling.queries import calls_about

pytestmark = pytest.mark.django_db


def declared(
    pack: str, *, level: str, unit: str, people: int = 3
) -> tuple[RiskArea, list[Resident]]:
    """The surroundings of a case under these rules, with people behind its doors."""
    make.rules(pack)
    building = make.estate()[0]
    inside = make.neighbours(people, home=building)
    path = inside[0].area_path
    places = {
        "household": [path],
        "unit": [above(path)[-3]],
        "building": [building.path],
        "compound": [building.path],
        "area": [building.path],
    }[unit]
    area = measures.risk_area(list(Area.objects.filter(path__in=places)), level=level, unit=unit)
    return area, inside


def days_of_tests(area: RiskArea, person: Resident) -> list[int]:
    calls = calls_about(PLAYBOOK, area.id).filter(resident=person.id)
    found = calls.exclude(state="cancelled").values_list("day", flat=True)
    return sorted(day for day in found if day is not None)


@pytest.mark.parametrize(
    ("pack", "level", "unit", "days", "tests"),
    [
        ("cn-v8", "lockdown", "building", 14, [1, 4, 7, 14]),
        ("cn-v9", "high", "compound", 7, [7]),
        ("cn-20", "high", "unit", 5, []),
        ("cn-10", "high", "household", 5, []),
    ],
)
def test_every_resident_gets_what_the_pack_asks_of_them(
    pack: str, level: str, unit: str, days: int, tests: list[int]
) -> None:
    area, (someone, *_rest) = declared(pack, level=level, unit=unit)

    order = orders_of(PLAYBOOK, someone.id).get()

    assert (order.kind, order.subject) == ("home_quarantine", "high_risk_resident")
    assert (order.about_id, order.ends_at) == (area.id, now() + timedelta(days=days))
    assert days_of_tests(area, someone) == tests
    assert [test.day for test in owed(PLAYBOOK, order.id)] == tests
    assert make.kinds_of_tasks(order.id) == set()
    assert make.kinds_of_tasks(area.id) == {"deliver_notice", "set_posts", "supply_area"}


def test_a_restricted_area_is_tested_and_orders_nobody() -> None:
    area, (someone, *_rest) = declared("cn-v8", level="control", unit="building")

    assert not orders_about(PLAYBOOK, area.id)
    assert days_of_tests(area, someone) == [1, 4, 7]


def test_a_medium_area_orders_nobody_and_asks_nobody_to_be_tested() -> None:
    area, (someone, *_rest) = declared("cn-v9", level="medium", unit="building")

    assert not orders_of(PLAYBOOK, someone.id)
    assert days_of_tests(area, someone) == []


def test_whoever_is_under_a_stricter_order_keeps_that_one_alone() -> None:
    make.rules("cn-v9")
    building = make.estate()[0]
    (contact,) = make.neighbours(1, home=building)
    stricter = measures.order(contact)

    measures.risk_area([building], unit="building")

    assert list(orders_of(PLAYBOOK, contact.id)) == [stricter]


def test_declaring_restricts_each_resident_once() -> None:
    area, people = declared("cn-v9", level="high", unit="compound")
    event = Event.objects.filter(subject_id=area.id).latest("seq")

    restrict_residents(PLAYBOOK, area.id, because=event)

    assert Order.objects.filter(about_id=area.id).count() == len(people) + 1  # and the case


@pytest.mark.parametrize(
    ("pack", "level", "rest"), [("cn-v9", "high", "low"), ("cn-v8", "lockdown", "precaution")]
)
def test_the_rest_of_the_district_gets_its_level_once_and_keeps_nobody_in(
    pack: str, level: str, rest: str
) -> None:
    make.rules(pack)
    for building in make.estate():
        measures.risk_area([building], level=level, unit="building")

    (around,) = [area for area in risk_areas_in_force(PLAYBOOK) if area.level == rest]

    assert around.unit == "district"
    assert not {"stay_home", "no_leaving_area", "area_closed"} & set(around.measures)
    assert make.kinds_of_tasks(around.id) == set()


def test_the_ten_items_leave_the_rest_of_the_district_alone() -> None:
    declared("cn-10", level="high", unit="household")

    assert [area.level for area in risk_areas_in_force(PLAYBOOK)] == ["high"]


def test_a_new_infection_takes_the_residents_days_along(noon: Hands) -> None:
    area, (someone, *_rest) = declared("cn-v9", level="high", unit="compound")
    noon.forward(days=3)

    restart_clock(OFFICER_DENG, area.id, from_at=now(), because=measures.case(someone))

    order = orders_of(PLAYBOOK, someone.id).get()
    assert order.ends_at == now() + timedelta(days=7)
    extension = order.extensions.get()
    assert extension.becomes - extension.was == timedelta(days=3)
    assert days_of_tests(area, someone) == [10]  # day 7 of the new count
    assert not order_conditions(PLAYBOOK, order.id)[0].met
