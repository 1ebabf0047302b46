"""Planning a round from the register, the sampling points and the guide in force."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from fangxian.areas.models import Area, Site
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.sampling.actions import open_round, plan_round
from fangxian.sampling.commands import plan
from fangxian.sampling.errors import (
    NobodyLivesThere,
    NoSamplingPoints,
    PlaceNotOnTheMap,
    RoundStartsInThePast,
)
from fangxian.sampling.models import Round
from fangxian.sampling.planning import Resources, open_hours, outlook_of
from fangxian.sampling.tests import make
from fangxian.sampling.words import findings, honesty

pytestmark = pytest.mark.django_db

XINING = ZoneInfo("Asia/Shanghai")
AT_HAND = Resources(medics=2, leads=1, others=7)


@pytest.fixture
def _district() -> None:
    """Two communities of 30 and 10 people; two points with one table each, both in the first."""
    make.rules_in_force()
    make.places()
    for path, lat in ((make.COMMUNITY, 36.70), (make.NEXT_COMMUNITY, 36.72)):
        Area.objects.filter(path=path).update(lat=lat, lon=101.75)
    make.residents(30)
    make.residents(10, area_path=make.NEXT_COMMUNITY)
    make.sampling_point("广场", lat=36.701)
    make.sampling_point("学校", lat=36.71)


def planned(**unusual: object) -> Round:
    known: dict[str, object] = {
        "area_path": make.DISTRICT,
        "starts_at": now() + timedelta(hours=1),
        "resources": AT_HAND,
    }
    return plan_round(make.PLANNER_SUN, **{**known, **unusual})  # type: ignore[arg-type]


@pytest.mark.usefixtures("_district")
def test_a_planned_round_counts_the_register_and_ends_when_the_guide_says() -> None:
    round_ = planned()

    assert (round_.people, round_.state, round_.pack) == (40, "planned", "cn-v9@1")
    assert round_.deadline - round_.starts_at == timedelta(hours=24)
    assert round_.name.endswith(" · 1")
    event = Event.objects.get(kind="sampling.round_planned", subject_id=round_.id)
    assert event.facts["people"] == 40


@pytest.mark.usefixtures("_district")
def test_the_plan_is_kept_with_the_round_as_it_was_made() -> None:
    round_ = planned()
    make.residents(5)

    outlook = outlook_of(Round.objects.get(id=round_.id))

    assert outlook is not None
    assert outlook.people == outlook.plan.people == 40
    assert outlook.resources == AT_HAND
    assert {place.id: place.people for place in outlook.plan.communities} == {
        make.COMMUNITY: 30,
        make.NEXT_COMMUNITY: 10,
    }
    assert sum(part.people for part in outlook.plan.parts) == 40


@pytest.mark.usefixtures("_district")
def test_the_plan_says_what_is_short_and_that_it_is_not_proven_best() -> None:
    outlook = outlook_of(planned())

    assert outlook is not None
    said = findings(outlook)
    assert "medics, by the guide's staff for a table: 2 of 4, short by 2" in said
    assert "1 point has no lead of its own." in said
    assert any("no second shift" in sentence for sentence in said)
    assert "not proven best" in honesty(outlook.plan)


@pytest.mark.usefixtures("_district")
def test_residents_of_no_community_are_told_and_not_planned_for() -> None:
    make.residents(3, area_path=make.DISTRICT)

    outlook = outlook_of(planned())

    assert outlook is not None
    assert (outlook.people, outlook.unplaced) == (40, 3)
    assert any("registered in no community" in sentence for sentence in findings(outlook))


@pytest.mark.usefixtures("_district")
def test_planning_the_same_round_twice_changes_nothing() -> None:
    mine = new_id()

    first, second = planned(round_id=mine), planned(round_id=mine, name="another name")

    assert first == second
    assert second.name == first.name
    assert Event.objects.filter(kind="sampling.round_planned").count() == 1


@pytest.mark.usefixtures("_district")
def test_a_planned_round_can_be_begun() -> None:
    round_ = planned()

    assert open_round(make.PLANNER_SUN, round_.id).state == "open"


@pytest.mark.usefixtures("_district")
def test_one_community_can_have_a_round_of_its_own() -> None:
    assert planned(area_path=make.COMMUNITY).people == 30


@pytest.mark.usefixtures("_district")
def test_whoever_has_not_the_duty_plans_nothing() -> None:
    with pytest.raises(NotYours):
        plan_round(make.LAB_CLERK_LI, area_path=make.DISTRICT, starts_at=now(), resources=AT_HAND)


@pytest.mark.usefixtures("_district")
def test_nobody_plans_for_another_area() -> None:
    with pytest.raises(NotFound):
        planned(area_path="1/2/")


@pytest.mark.usefixtures("_district")
def test_a_round_does_not_start_in_the_past() -> None:
    with pytest.raises(RoundStartsInThePast):
        planned(starts_at=now() - timedelta(hours=1))


@pytest.mark.usefixtures("_district")
def test_points_that_are_closed_all_the_time_are_none() -> None:
    Site.objects.update(capacity=0)

    with pytest.raises(NoSamplingPoints):
        planned()


@pytest.mark.usefixtures("_district")
def test_a_community_that_is_on_no_map_is_named() -> None:
    Area.objects.filter(path=make.NEXT_COMMUNITY).update(lat=None, lon=None)

    with pytest.raises(PlaceNotOnTheMap, match="山川社区"):
        planned()


@pytest.mark.usefixtures("_district")
def test_a_community_lies_in_the_middle_of_its_grids() -> None:
    community = Area.objects.get(path=make.NEXT_COMMUNITY)
    for number, lat in ((71, 36.71), (72, 36.73)):
        Area.objects.create(
            number=number,
            parent=community,
            level="grid",
            name=f"第{number}网格",
            path=f"{community.path}{number}/",
            lat=lat,
            lon=101.75,
        )
    Area.objects.filter(id=community.id).update(lat=None, lon=None)

    outlook = outlook_of(planned())

    assert outlook is not None
    to_school = next(p.metres for p in outlook.plan.parts if p.community == community.path)
    assert to_school == pytest.approx(1112, abs=2)  # from 36.72 to 36.71


def test_nobody_to_test_is_no_round() -> None:
    make.rules_in_force()
    make.places()

    with pytest.raises(NobodyLivesThere):
        planned()


@pytest.mark.parametrize(
    ("start", "hours", "opens", "closes", "open_for"),
    [
        ("2022-09-02T08:00", 24, time(8), time(20, 30), 12.5),
        ("2022-09-02T12:00", 24, time(8), time(20), 12),
        ("2022-09-02T21:00", 10, time(8), time(20), 0),
        ("2022-09-02T08:00", 24, time(0), time(0), 24),
        ("2022-09-02T08:00", 24, time(20), time(6), 10),
        ("2022-09-02T02:00", 24, time(20), time(6), 10),
        ("2022-09-02T08:00", 72, time(8), time(20), 36),
    ],
)
def test_hours_open_before_the_deadline(
    start: str, hours: int, opens: time, closes: time, open_for: float
) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=XINING)

    found = open_hours(begin, begin + timedelta(hours=hours), opens, closes, XINING)

    assert found == open_for


@pytest.mark.usefixtures("_district")
def test_the_plan_can_be_read_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    force = ["--medics", "2", "--leads", "1", "--others", "7"]

    assert plan(["round", *force, "--lang", "en"]) == 0
    in_english = capsys.readouterr().out
    assert plan(["round", *force, "--lang", "zh-hans"]) == 0

    assert "Round of testing for 40 people in 城北区" in in_english
    assert "short by 1" in in_english
    assert "not proven best" in in_english
    assert Round.objects.count() == 0


def test_a_district_without_a_register_says_so_in_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make.rules_in_force()
    make.places()

    assert plan(["round", "--medics", "2", "--leads", "1", "--others", "7", "--lang", "en"]) == 1

    assert "Nobody is registered in this area" in capsys.readouterr().err


@pytest.mark.usefixtures("_district")
def test_the_duty_to_plan_is_enough() -> None:
    assert make.PLANNER_SUN.duties == {Duty.PLAN_ROUNDS}

    assert planned().people == 40
