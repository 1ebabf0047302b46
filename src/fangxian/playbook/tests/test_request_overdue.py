"""The story of a request that is nearly forgotten, and is not."""

import pytest

from fangxian.dispatch.queries import tasks_about
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands
from fangxian.kernel.models import Event
from fangxian.playbook.tests import make
from fangxian.requests.actions import (
    call_back,
    confirm_done,
    dispatch_request,
    escalate_overdue,
    finish_request,
    hand_back,
)
from fangxian.requests.models import Request
from fangxian.requests.tests import make as hotline

pytestmark = pytest.mark.django_db


def with_a_unit() -> tuple[Request, hotline.Actor, hotline.Organisation, hotline.Actor]:
    """A request that an operator gave to a unit of the district."""
    make.rules("cn-v9")
    path = hotline.home().path
    he = hotline.operator()
    unit = hotline.unit(hotline.district_of(path))
    wu = hotline.of(unit)
    request = hotline.request(he, area_path=path, by="13900001111")
    dispatch_request(he, request.id, lead=unit.id)
    return request, he, unit, wu


def test_the_unit_has_it_on_its_list_until_it_is_done_and_then_it_is_called_back() -> None:
    request, _he, unit, wu = with_a_unit()

    [task] = tasks_about(PLAYBOOK, request.id)
    assert (task.kind, task.team_id) == ("see_to_request", unit.id)
    handled = Request.objects.get(id=request.id)
    assert task.due_at == handled.handle_due

    finish_request(wu, request.id, answer="菜已送到")
    assert make.kinds_of_tasks(request.id) == {"call_back"}

    call_back(hotline.operator("Xia"), request.id, outcome="solved", score=5)
    assert make.kinds_of_tasks(request.id) == set()


def test_what_is_late_is_chased_by_the_next_level_and_says_because_of_what(noon: Hands) -> None:
    request, _he, _unit, wu = with_a_unit()

    noon.forward(hours=8)
    escalate_overdue(PLAYBOOK)

    assert make.kinds_of_tasks(request.id) == {"see_to_request", "chase_request"}
    chase = tasks_about(PLAYBOOK, request.id).get(kind="chase_request")
    assert chase.because_id == Event.objects.get(kind="requests.request_overdue").id

    finish_request(wu, request.id, answer="菜已送到")
    assert make.kinds_of_tasks(request.id) == {"call_back"}


def test_what_comes_back_from_a_unit_leaves_its_list() -> None:
    request, _he, unit, wu = with_a_unit()

    hand_back(wu, request.id, unit.id, reason="不属本单位")

    assert make.kinds_of_tasks(request.id) == set()


def test_what_is_not_solved_is_with_the_unit_again_and_the_level_above_knows() -> None:
    request, _he, unit, wu = with_a_unit()
    finish_request(wu, request.id, answer="菜已送到")

    call_back(hotline.operator("Xia"), request.id, outcome="again", words="没有收到")

    assert make.kinds_of_tasks(request.id) == {"see_to_request", "chase_request"}
    assert tasks_about(PLAYBOOK, request.id).get(kind="see_to_request", state="open").team_id == (
        unit.id
    )


def test_whoever_asked_on_their_page_confirms_there_and_nobody_calls_back() -> None:
    make.rules("cn-v9")
    _one, wang = hotline.resident()
    he = hotline.operator()
    request = hotline.request(wang)

    finish_request(he, request.id, answer="已送到")
    assert make.kinds_of_tasks(request.id) == set()
    confirm_done(wang, request.id, solved=True, score=5)

    assert Request.objects.get(id=request.id).close_reason == "confirmed"


def test_of_a_thousand_alike_one_task_calls_everybody_back() -> None:
    make.rules("cn-v9")
    path, he = hotline.home().path, hotline.operator()
    for number in range(20):
        hotline.request(
            he, words="几点做核酸", category="testing", area_path=path, by=f"139000000{number:02d}"
        )
    head = Request.objects.get(head=None)

    finish_request(he, head.id, answer="七点")

    [task] = tasks_about(PLAYBOOK, head.id)
    assert (task.kind, task.facts["people"]) == ("call_back", 20)


def test_an_emergency_becomes_the_way_to_care_and_nothing_waits_as_a_request() -> None:
    make.rules("cn-v9")
    one, wang = hotline.resident()

    request = hotline.request(wang, category="emergency", resident_id=one.id)

    assert request.transfer_id is not None
    assert make.kinds_of_tasks(request.id) == set()
    assert make.kinds_of_tasks(request.transfer_id)
