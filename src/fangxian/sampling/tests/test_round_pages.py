"""The pages of a round: the list, the form, the plan in both languages."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from fangxian.areas.models import Area
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account, Event
from fangxian.kernel.tests.make import sheet_of
from fangxian.sampling.actions import open_round, plan_round
from fangxian.sampling.models import Round
from fangxian.sampling.planning import Resources
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned() -> Round:
    """A round for two communities of 30 and 10 people and one point without a lead."""
    make.rules_in_force()
    make.places()
    Area.objects.filter(level="community").update(lat=36.7, lon=101.75)
    make.residents(30)
    make.residents(10, area_path=make.NEXT_COMMUNITY)
    make.sampling_point("广场", tables=2)
    return plan_round(
        make.PLANNER_SUN,
        area_path=make.DISTRICT,
        starts_at=now() + timedelta(hours=1),
        resources=Resources(medics=3, leads=0, others=20),
    )


@pytest.fixture
def planner(client: Client) -> Client:
    client.force_login(account("sun", Duty.PLAN_ROUNDS))
    return client


def account(username: str, *duties: Duty, within: str = make.DISTRICT) -> Account:
    return Account.objects.create(
        username=username, display_name=username, area_path=within, duties=[str(d) for d in duties]
    )


def words_of(answer: HttpResponseBase) -> str:
    assert isinstance(answer, HttpResponse)
    return " ".join(answer.content.decode().split())


def form(**unusual: object) -> dict[str, object]:
    known: dict[str, object] = {
        "round_id": new_id(),
        "area_path": make.DISTRICT,
        "name": "",
        "starts_at": f"{now() + timedelta(days=1):%Y-%m-%dT%H:%M}",
        "medics": 3,
        "leads": 1,
        "others": 20,
        "opens": "08:00",
        "closes": "20:30",
    }
    return known | unusual


def test_the_plan_says_in_english_what_is_short(planner: Client, planned: Round) -> None:
    answer = planner.get(reverse("sampling:round", args=[planned.id]), headers=in_("en"))

    page = words_of(answer)
    assert answer.status_code == 200
    assert "1 point has no lead of its own." in page
    assert "short by 1" in page
    assert "not proven best" in page
    assert "朝阳社区" in page
    assert "广场" in page


def test_the_plan_says_in_chinese_what_is_short(planner: Client, planned: Round) -> None:
    page = words_of(planner.get(reverse("sampling:round", args=[planned.id])))

    assert "缺 1" in page
    assert "未证明为最优" in page
    assert "点位负责人" in page


def test_the_page_costs_the_same_for_many_points(
    planner: Client, planned: Round, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for n in range(8):
        make.sampling_point(f"点{n}")
    large = plan_round(
        make.PLANNER_SUN,
        area_path=make.DISTRICT,
        starts_at=now() + timedelta(hours=1),
        resources=Resources(medics=3, leads=0, others=20),
    )
    planner.get(reverse("sampling:round", args=[planned.id]))

    with django_assert_max_num_queries(9):  # type: ignore[attr-defined]
        planner.get(reverse("sampling:round", args=[planned.id]))
    with django_assert_max_num_queries(9):  # type: ignore[attr-defined]
        planner.get(reverse("sampling:round", args=[large.id]))


def test_rounds_and_their_points_are_exported_and_on_record(
    planner: Client, planned: Round
) -> None:
    Round.objects.filter(id=planned.id).update(name="=1+1")

    rounds = sheet_of(planner.get(reverse("sampling:rounds"), {"export": "xlsx"}))
    page = reverse("sampling:round", args=[planned.id])
    points = sheet_of(planner.get(page, {"export": "xlsx"}, headers=in_("en")))

    assert [rounds[1][0], rounds[1][3]] == ["'=1+1", 40]
    assert points[0][:3] == ["Sampling point", "Tables", "People to test"]
    assert points[1][:3] == ["广场", 2, 40]
    events = Event.objects.filter(kind="kernel.list_exported").order_by("seq")
    assert [event.facts["list"] for event in events] == ["rounds", "points"]


def test_the_list_leads_to_each_round_and_to_a_new_one(planner: Client, planned: Round) -> None:
    page = words_of(planner.get(reverse("sampling:rounds"), headers=in_("en")))

    assert reverse("sampling:round", args=[planned.id]) in page
    assert reverse("sampling:plan_round") in page
    assert "planned" in page


def test_the_form_is_filled_in_as_last_time(planner: Client, planned: Round) -> None:
    page = words_of(planner.get(reverse("sampling:plan_round")))

    assert 'name="others" value="20"' in page
    assert f'<option value="{make.DISTRICT}" selected>' in page


def test_sending_the_form_twice_plans_one_round(planner: Client, planned: Round) -> None:
    filled = form(name="第二轮")

    first = planner.post(reverse("sampling:plan_round"), filled)
    second = planner.post(reverse("sampling:plan_round"), filled)

    assert first.status_code == 302
    assert first["Location"] == second["Location"]
    assert Round.objects.filter(name="第二轮").count() == 1


@pytest.mark.parametrize("wrong", [{"medics": -1}, {"opens": "25:00"}, {"area_path": "1/"}])
def test_what_cannot_be_is_marked_in_the_form(
    planner: Client, planned: Round, wrong: dict[str, object]
) -> None:
    answer = planner.post(reverse("sampling:plan_round"), form(**wrong))

    assert answer.status_code == 422
    assert Round.objects.count() == 1


def test_a_start_in_the_past_is_refused_with_advice(planner: Client, planned: Round) -> None:
    answer = planner.post(
        reverse("sampling:plan_round"), form(starts_at="2020-01-01T08:00"), headers=in_("en")
    )

    assert answer.status_code == 422
    assert "cannot be planned to start in the past" in words_of(answer)


def test_a_round_is_begun_and_ended_from_its_page(planner: Client, planned: Round) -> None:
    planner.post(reverse("sampling:begin_round", args=[planned.id]))
    page = words_of(planner.get(reverse("sampling:round", args=[planned.id]), headers=in_("en")))
    planner.post(reverse("sampling:end_round", args=[planned.id]))

    assert "Tested by home" in page
    assert Round.objects.get(id=planned.id).state == "closed"


def test_a_round_without_a_plan_says_so(planner: Client) -> None:
    bare = make.round_of_testing(begun=False)
    open_round(make.PLANNER_SUN, bare.id)

    page = words_of(planner.get(reverse("sampling:round", args=[bare.id]), headers=in_("en")))

    assert "begun without a plan" in page


def test_whoever_only_reads_is_offered_nothing_to_do(client: Client, planned: Round) -> None:
    client.force_login(account("chen", Duty.COMMAND))

    page = words_of(client.get(reverse("sampling:round", args=[planned.id])))

    assert reverse("sampling:begin_round", args=[planned.id]) not in page
    assert client.get(reverse("sampling:plan_round")).status_code == 403


@pytest.mark.parametrize("round_id", [UUID(int=0)])
def test_a_round_that_is_not_there_is_not_found(planner: Client, round_id: UUID) -> None:
    assert planner.get(reverse("sampling:round", args=[round_id])).status_code == 404


def in_(language: str) -> dict[str, str]:
    return {"accept-language": language}
