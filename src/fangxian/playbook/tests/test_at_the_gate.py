"""The story of what follows from a gate: care, a person who sees to it, or nothing."""

import pytest

from fangxian.areas.models import Site
from fangxian.dispatch.queries import tasks_about
from fangxian.gates.actions import (
    begin_sign_up_drive,
    let_through_emergency,
    record_scans,
    report_incident,
    settle_incident,
    sign_up_venue,
)
from fangxian.gates.rules import ScanRow
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.measures.queries import exits_of
from fangxian.people.rules import PersonRef
from fangxian.playbook.tests import make

pytestmark = pytest.mark.django_db

GUARD_QIAN = make.actor(Duty.GUARD, name="Qian")
OFFICER_LIU = make.actor(Duty.DISPATCH, Duty.CARRY_OUT, name="Liu")


def test_whoever_is_let_through_is_on_the_way_to_care_at_once() -> None:
    make.rules("cn-v9")
    ill = make.neighbours(1)[0]
    scan = new_id()

    let_through_emergency(
        GUARD_QIAN, scan_id=scan, site_id=new_id(), at=now(), person=PersonRef(resident=ill.id)
    )

    leaving = exits_of(PLAYBOOK, ill.id).get()
    assert leaving.state == "left"
    assert make.kinds_of_tasks(leaving.id) == {"emergency_trip", "clear_exit"}
    assert make.kinds_of_tasks(scan) == set()
    cause = Event.objects.get(kind="measures.emergency_exit_started").because_id
    assert cause == Event.objects.get(kind="gates.emergency_let_through").id


def test_when_nobody_knows_who_it_was_somebody_finds_out() -> None:
    make.rules("cn-v9")
    make.neighbours(1)
    scan = new_id()

    let_through_emergency(GUARD_QIAN, scan_id=scan, site_id=new_id(), at=now())

    assert make.kinds_of_tasks(scan) == {"follow_emergency"}


def test_nothing_follows_from_two_verdicts_that_differ() -> None:
    make.rules("cn-v9")
    person = make.neighbours(1)[0]
    before = Event.objects.count()
    row = ScanRow(
        id=new_id(),
        by=GUARD_QIAN,
        at=now(),
        site=new_id(),
        direction="out",
        verdict="pass",
        rule="all_met",
        person=PersonRef(resident=person.id),
    )

    assert record_scans(GUARD_QIAN, [row])[0].facts["verdict"] == "refer"
    assert Event.objects.count() == before


def _site(kind: str, name: str) -> Site:
    home = make.estate()[0]
    community = home.path.rsplit("/", 3)[0] + "/"
    return Site.objects.create(
        number=9_000 + Site.objects.count(), kind=kind, name=name, area=home, area_path=community
    )


def test_an_incident_is_somebodys_task_until_it_is_settled() -> None:
    make.rules("cn-v9")
    gate = _site("checkpoint", "东门")

    told = report_incident(GUARD_QIAN, new_id(), gate.id, kind="crowd", at=now())
    assert make.kinds_of_tasks(told.id) == {"settle_incident"}

    settle_incident(OFFICER_LIU, told.id, how="加开通道")
    assert make.kinds_of_tasks(told.id) == set()


def test_each_community_signs_its_own_venues_up() -> None:
    make.rules("cn-v9")
    shop = _site("venue", "小桥超市")

    drive = begin_sign_up_drive(OFFICER_LIU, shop.area_path, due_at=now().replace(year=2023))
    assert list(tasks_about(PLAYBOOK, drive.id).values_list("kind", "area_path")) == [
        ("sign_up_venues", shop.area_path)
    ]

    sign_up_venue(OFFICER_LIU, shop.id, kind="supermarket")
    assert make.kinds_of_tasks(drive.id) == set()
