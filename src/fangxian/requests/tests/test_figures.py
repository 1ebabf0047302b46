"""What is counted, and how it is searched: one function a figure, persons apart from requests."""

from datetime import timedelta

import pytest

from fangxian.kernel.access import Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.ids import new_id
from fangxian.requests import rules
from fangxian.requests.actions import (
    call_back,
    dispatch_request,
    finish_request,
    forget_requests,
    note_contact,
    report_problem,
)
from fangxian.requests.models import Call, Request
from fangxian.requests.queries import (
    figures_by_unit,
    hotline_figures,
    similar_to,
    waiting_by_place,
    waiting_here,
    whistle_figures,
)
from fangxian.requests.tests import make

pytestmark = pytest.mark.django_db


def test_three_rates_of_a_unit_each_by_its_own_function(noon: Hands) -> None:
    he, her, path = make.operator(), make.operator("Xia"), make.home().path
    unit = make.unit(make.district_of(path))
    wu = make.of(unit)
    for number, outcome in enumerate(["solved", "not_solved", "solved", ""]):
        one = make.request(
            he, area_path=path, words=f"第{number}件不同的事", by=f"1390000000{number}"
        )
        dispatch_request(he, one.id, lead=unit.id)
        if outcome:
            note_contact(wu, one.id)
            finish_request(wu, one.id, answer="办好了")
            call_back(her, one.id, outcome=outcome, score=5 if number else 2, words="没办法")
    noon.forward(hours=9)

    [figures] = figures_by_unit(he, since=now() - timedelta(days=1))

    assert (figures.given, figures.in_time, figures.overdue) == (4, 3, 1)
    assert figures.response_rate == 75
    assert figures.resolution_rate == 67
    assert figures.satisfaction_rate == 67
    assert figures.bad == 1


def test_people_who_wait_are_counted_once_however_often_they_ask() -> None:
    he, path = make.operator(), make.home().path
    make.request(he, area_path=path, words="没有菜", by="13900000001")
    make.request(he, area_path=path, words="没有药", category="medical", by="13900000001")
    make.request(he, area_path=path, words="没有水", category="utilities", by="13900000002")

    waiting = waiting_here(he)

    assert (waiting.raised, waiting.persons) == (3, 2)


def test_of_nothing_there_is_no_rate() -> None:
    he = make.operator()

    assert figures_by_unit(he, since=now() - timedelta(days=1)) == []
    assert whistle_figures(he, since=now() - timedelta(days=1)) == []


def test_what_waits_is_told_by_place() -> None:
    he, path = make.operator(), make.home().path
    make.request(he, area_path=path, urgency="very_urgent")

    [(where, at_place)] = waiting_by_place(he, steps=5).items()

    assert where == make.community_of(path)
    assert (at_place.open, at_place.very_urgent, at_place.rank) == (1, 1, 2)


def test_calls_are_counted_by_how_they_ended() -> None:
    he = make.operator()
    make.call(he)

    figures = hotline_figures(he, since=now() - timedelta(hours=1))

    assert (figures.waiting, figures.came, figures.answered) == (1, 1, 0)


def test_what_says_nearly_the_same_nearby_is_offered_to_be_put_together() -> None:
    he, path = make.operator(), make.home().path
    one = make.request(
        he, area_path=path, words="三号楼没有热水", category="utilities", by="13900000001"
    )
    near = make.request(
        he, area_path=path, words="3号楼没热水", category="utilities", by="13900000002"
    )
    make.request(he, area_path=path, words="停电了", category="utilities", by="13900000003")

    assert [other.id for other in similar_to(he, one)] == [near.id]


def test_a_guard_reports_what_is_wrong_and_sees_only_that() -> None:
    path = make.home().path
    guard = make.account(Duty.GUARD, within=path)

    assert report_problem(guard, words="没有消毒液", area_path=path).state == "raised"


def test_what_was_closed_long_ago_is_deleted_and_nothing_that_is_open(noon: Hands) -> None:
    he, her, path = make.operator(), make.operator("Xia"), make.home().path
    closed = make.request(he, area_path=path)
    finish_request(he, closed.id, answer="好")
    call_back(her, closed.id, outcome="solved")
    open_ = make.request(he, area_path=path, words="还没有办的事")
    noon.forward(days=91)

    gone = forget_requests(make.account(Duty.OPERATE), now() - timedelta(days=90))

    assert gone.rows
    assert list(Request.objects.values_list("id", flat=True)) == [open_.id]
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("三天没有菜了", "三天没有菜了！", True),
        ("No vegetables", "no  vegetables.", True),
        ("没有菜", "没有药", False),
    ],
)
def test_the_same_words_are_the_same_whatever_their_signs(one: str, other: str, same: bool) -> None:
    assert (rules.digest_of(one) == rules.digest_of(other)) is same


def test_a_question_is_found_by_two_of_its_words() -> None:
    dialysis = rules.Known(new_id(), "透析、化疗怎么去医院？", "用车 预约", "街道派车。", 1)
    code = rules.Known(new_id(), "健康码变黄怎么办？", "转码", "看依据。", 9)

    assert rules.found_for("透析", [code, dialysis], most=5) == [dialysis.id]
    assert rules.found_for("", [code, dialysis], most=5) == [code.id, dialysis.id]
    assert rules.found_for("天气", [code, dialysis], most=5) == []
