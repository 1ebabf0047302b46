"""The story of a sweep: risk areas are laid beside it, and what it finds is only shown."""

from pathlib import Path

import pytest
from django.test import Client

from fangxian.areas.models import Area
from fangxian.cases.queries import exposures_of
from fangxian.cases.sweeping import carry_out_sweep
from fangxian.cases.sweeps import ask_sweep
from fangxian.cases.tests import make as cases
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import Hands
from fangxian.kernel.models import Account
from fangxian.measures.models import RiskArea
from fangxian.measures.queries import orders_of
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import measures
from fangxian.status.queries import status_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fangxian.kernel.embedded.home", lambda: tmp_path)


def investigator(within: str = "") -> Actor:
    duties = [str(Duty.INVESTIGATE), str(Duty.SEE_REGISTER), str(Duty.DECIDE_MEASURES)]
    return Account.objects.create(
        username="zhao", display_name="Zhao", duties=duties, area_path=within
    ).actor


def page_of(account: str, address: str) -> str:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(Account.objects.get(username=account))
    return browser.get(address).text


def closed_building(estate: str = "祥和家园") -> tuple[Area, Area, RiskArea]:
    """A building that has been closed for some hours, the one beside it, and its risk area."""
    closed, other = make.estate(estate)
    return closed, other, measures.risk_area([closed], unit="building")


def test_who_was_in_a_risk_area_is_shown_with_what_the_rules_would_say(noon: Hands) -> None:
    make.rules()
    zhao = investigator()
    closed, other, area = closed_building()
    guest, lives_there = (make.resident(at=make.door(home, "709")) for home in (other, closed))
    cases.case(make.resident(at=make.door(other, "101")))
    noon.forward(hours=20)
    for who in (guest, lives_there):
        cases.visit(who, cases.site("药店", at=closed), hours_ago=-2, minutes=40)

    run = ask_sweep(zhao)
    carry_out_sweep(zhao, run.id)

    found = exposures_of(zhao, run.id, [guest.number, lives_there.number])
    assert {(one.person, one.minutes, one.risk_area_id) for one in found} == {
        (guest.number, 40, area.id),
        (lives_there.number, 40, area.id),
    }
    page = page_of("zhao", f"/status/swept/{run.id}")
    assert "quarantine in a designated facility" in page
    assert "lives there" in page
    assert "no order yet" in page
    assert not orders_of(PLAYBOOK, guest.id).exists()
    assert status_of(PLAYBOOK, guest.id).colour == "green"


def test_people_of_elsewhere_are_counted_but_not_named(noon: Hands) -> None:
    make.rules()
    closed, other, _area = closed_building()
    zhao = investigator(other.path)
    guest = make.resident(at=make.door(make.estate("幸福里")[0], "303"))
    cases.case(make.resident(at=make.door(other, "101")))
    noon.forward(hours=20)
    cases.visit(guest, cases.site("药店", at=closed), hours_ago=-2, minutes=40)

    run = ask_sweep(zhao)
    carry_out_sweep(zhao, run.id)

    page = page_of("zhao", f"/status/swept/{run.id}")
    assert str(guest.id) not in page
    assert "live outside your area" in page or "lives outside your area" in page
