"""The story of how everything that a risk area brought is undone."""

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.measures.actions import lift_risk_area, lower_risk_area, propose_due_releases
from fangxian.measures.queries import (
    get_risk_area,
    orders_about,
    orders_of,
    restricted_among,
    risk_areas_in_force,
    risk_areas_over,
)
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import OFFICER_DENG, measures
from fangxian.playbook.tests.test_risk_area_raised import days_of_tests, declared

pytestmark = pytest.mark.django_db


def test_lifting_frees_everybody_and_has_the_posts_taken_away(noon: Hands) -> None:
    area, people = declared("cn-v9", level="high", unit="compound")
    noon.forward(days=2)

    lift_risk_area(OFFICER_DENG, area.id, reason="the result was wrong")

    assert not orders_about(PLAYBOOK, area.id).filter(state="in_force")
    assert orders_of(PLAYBOOK, people[0].id).get().end_reason == "The risk area is over."
    assert days_of_tests(area, people[0]) == []
    assert make.kinds_of_tasks(area.id) == {"open_area"}
    assert not restricted_among(PLAYBOOK, {one.id: one.area_path for one in people})


def test_lowering_ends_the_orders_and_begins_what_the_lower_level_asks() -> None:
    area, people = declared("cn-v9", level="high", unit="compound")

    medium = lower_risk_area(OFFICER_DENG, area.id, reason="screened on day 7")

    assert medium.level == "medium"
    assert not orders_of(PLAYBOOK, people[0].id).filter(state="in_force")
    assert "open_area" not in make.kinds_of_tasks(area.id)  # its people still may not leave it
    assert make.kinds_of_tasks(medium.id) == {"deliver_notice", "set_posts", "supply_area"}


def test_when_the_last_strict_area_is_gone_the_district_is_free_by_itself() -> None:
    area, (someone, *_rest) = declared("cn-v9", level="high", unit="compound")
    propose_due_releases(PLAYBOOK)
    assert {one.level for one in risk_areas_in_force(PLAYBOOK)} == {"high", "low"}

    lift_risk_area(OFFICER_DENG, area.id, reason="the result was wrong")
    propose_due_releases(PLAYBOOK)

    assert not risk_areas_over(PLAYBOOK, someone.area_path)


def test_under_the_ten_items_five_quiet_days_release_at_once(noon: Hands) -> None:
    area, (someone, *_rest) = declared("cn-10", level="high", unit="household")
    noon.forward(days=4, hours=23)
    propose_due_releases(PLAYBOOK)
    assert get_risk_area(PLAYBOOK, area.id).state == "in_force"

    noon.forward(hours=2)
    propose_due_releases(PLAYBOOK)

    assert get_risk_area(PLAYBOOK, area.id).state == "lifted"
    assert not orders_of(PLAYBOOK, someone.id).filter(state="in_force")
    assert make.kinds_of_tasks(area.id) == {"open_area"}


def test_under_the_ninth_edition_five_quiet_days_release_nobody(noon: Hands) -> None:
    area, _people = declared("cn-v9", level="high", unit="compound")
    noon.forward(days=8)

    propose_due_releases(PLAYBOOK)

    assert get_risk_area(PLAYBOOK, area.id).state == "in_force"  # nobody was screened yet


def test_a_stricter_area_takes_over_without_opening_anything() -> None:
    make.rules("cn-v9")
    building = make.estate()[0]
    (someone,) = make.neighbours(1, home=building)
    medium = measures.risk_area([building], level="medium", unit="building")

    high = measures.risk_area([building], level="high", unit="building")

    assert get_risk_area(PLAYBOOK, medium.id).state == "lifted"
    assert "open_area" not in make.kinds_of_tasks(medium.id)
    assert orders_of(PLAYBOOK, someone.id).get().about_id == high.id
