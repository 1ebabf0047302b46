"""The register of directives, one paper, who has not acknowledged; giving many tasks at once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localtime

from fangxian.dispatch import errors
from fangxian.dispatch.directives import NewDirective, NewItem, add_item, draft_directive
from fangxian.dispatch.models import Directive, DirectiveItem, Receipt, Task
from fangxian.dispatch.rules import points_in
from fangxian.dispatch.tests import make
from fangxian.dispatch.tests.test_pages import signed_in, statements
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.tests.make import sheet_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_district() -> None:
    make.more_places()


def moment(**span: float) -> str:
    return localtime(now() + timedelta(**span)).strftime("%Y-%m-%dT%H:%M")


def registered(client: Client) -> Directive:
    client.post(
        "/tasks/directives/new",
        {
            "kind": "minutes",
            "title": "专题会议纪要",
            "issuer": "区指挥部",
            "reference": "第3期",
            "version": 1,
            "effective_from": moment(),
            "acknowledge_by": moment(hours=1),
            "text": "会议决定：\n一、逐户告知。\n二、清点物资。",
        },
    )
    return Directive.objects.get()


def test_minutes_become_points_and_points_become_tasks() -> None:
    chen, head = make.command_post(), make.community_head()
    client = signed_in(chen)

    directive = registered(client)
    page = client.get(f"/tasks/directives/{directive.id}/").content.decode()
    assert "逐户告知。" in page  # a line of the text that looks like a point
    client.post(
        f"/tasks/directives/{directive.id}/add",
        {
            "text": "逐户告知",
            "each": "community",
            "to": "",
            "due_at": moment(hours=5),
            "proof": "count",
        },
    )
    client.post(f"/tasks/directives/{directive.id}/issue")

    heads = signed_in(head)
    mine = heads.get(f"/tasks/directives/{directive.id}/").content.decode()
    assert "For you" in mine
    receipt = make.receipt(directive, make.COMMUNITY)
    assert receipt.state == "received"
    heads.post(f"/tasks/directives/receipts/{receipt.id}/acknowledge")
    listed = heads.get("/tasks/").content.decode()
    assert "逐户告知" in listed
    assert "a number counted" in listed


def test_the_page_shows_who_has_not_acknowledged_and_whom_to_call() -> None:
    chen = make.command_post()
    directive = make.issued(chen)
    client = signed_in(chen)

    page = client.get(f"/tasks/directives/{directive.id}/").content.decode()
    reminded = client.post(f"/tasks/directives/{directive.id}/remind")

    assert "Who has not acknowledged" in page
    assert "小桥大街街道 新世纪社区" in page
    assert reminded.status_code == 302
    assert set(Receipt.objects.values_list("reminders", flat=True)) == {1}


def test_a_place_below_the_community_reads_but_does_not_write() -> None:
    directive = make.issued(make.command_post())
    client = signed_in(make.grid_worker())

    page = client.get(f"/tasks/directives/{directive.id}/")

    assert page.status_code == 200
    assert "Add a point" not in page.content.decode()
    assert client.post(f"/tasks/directives/{directive.id}/issue").status_code == 403


def test_a_draft_is_nobodys_business_below() -> None:
    directive = make.notice(make.command_post())

    assert (
        signed_in(make.community_head()).get(f"/tasks/directives/{directive.id}/").status_code
        == 404
    )


def test_receipts_are_taken_away_as_a_sheet() -> None:
    chen = make.command_post()
    directive = make.issued(chen)

    header, *rows = sheet_of(signed_in(chen).get(f"/tasks/directives/{directive.id}/?export=xlsx"))

    assert header[:3] == ["Place", "Level", "State"]
    assert len(rows) == 4


def test_lists_of_directives_cost_the_same_for_any_length() -> None:
    chen = make.command_post()
    client = signed_in(chen)
    first = make.issued(chen)
    few = [statements(client, "/tasks/directives/")]
    one = statements(client, f"/tasks/directives/{first.id}/")

    for number in range(8):
        make.issued(chen, reference=f"第{number + 20}号", items=4)

    assert [statements(client, "/tasks/directives/")] == few
    assert statements(client, f"/tasks/directives/{Directive.objects.last().id}/") <= one + 1  # type: ignore[union-attr]


# What bad input gets


def paper(**more: object) -> NewDirective:
    given = {
        "title": "通告",
        "issuer": "市指挥部",
        "reference": "第9号",
        "text": "……",
        "area_path": make.DISTRICT,
        "acknowledge_by": now() + timedelta(hours=1),
    }
    return NewDirective(**{**given, **more})  # type: ignore[arg-type]


def test_what_cannot_be_is_refused_with_advice() -> None:
    chen = make.command_post()
    yesterday, day = now() - timedelta(days=1), timedelta(days=1)
    known = draft_directive(chen.actor, paper(version=2))

    with pytest.raises(errors.DirectiveIsKnown, match=known.code):
        draft_directive(chen.actor, paper(version=2))
    with pytest.raises(errors.NotALaterVersion, match="version 2"):
        draft_directive(chen.actor, paper(supersedes=known.id, version=1))
    with pytest.raises(errors.EndsBeforeItBegins):
        draft_directive(chen.actor, paper(effective_until=yesterday, reference="1"))
    early = paper(effective_from=yesterday - day, effective_until=yesterday, reference="2")
    with pytest.raises(errors.EndedAlready):
        draft_directive(chen.actor, early)


def test_a_point_in_the_past_or_without_place_is_refused() -> None:
    chen = make.command_post()
    directive = make.notice(chen, items=0)

    with pytest.raises(errors.DueInThePast):
        add_item(chen.actor, directive.id, NewItem(text="已过", due_at=now() - timedelta(hours=1)))
    client = signed_in(chen)
    page = client.post(f"/tasks/directives/{directive.id}/add", {"text": "", "each": "once"})
    assert page.status_code == 422
    assert DirectiveItem.objects.count() == 0


def test_the_points_of_a_text_are_its_numbered_lines() -> None:
    text = "各社区：\n一、逐户告知。\n（二）清点物资\n3. 报告数量\n其他文字\n- 张贴告示"

    assert points_in(text) == ["逐户告知。", "清点物资", "报告数量", "张贴告示"]


# Many at once, and who has how much


def test_many_tasks_are_given_on_one_page() -> None:
    head, worker = make.community_head(), make.grid_worker()
    team = make.team(worker)
    make.tasks(12)
    client = signed_in(head)

    page = client.get("/tasks/share/?kind=deliver_notice").content.decode()
    given = client.post("/tasks/share/?kind=deliver_notice", {"to": f"each:{team.id}"})
    nobody = client.post("/tasks/share/", {"to": "team:nonsense"})

    assert "12 tasks are as chosen" in page
    assert given.status_code == 302
    assert nobody.status_code == 422
    assert Task.objects.filter(owner=worker).count() == 12
    load = client.get("/tasks/workload/").content.decode()
    assert worker.display_name in load


def test_giving_many_is_for_those_who_oversee_tasks() -> None:
    assert signed_in(make.grid_worker()).get("/tasks/share/").status_code == 403
    assert signed_in(make.grid_worker()).get("/tasks/workload/").status_code == 403


def test_a_task_is_sent_another_way_on_its_page() -> None:
    head = make.community_head()
    team = make.team(make.grid_worker())
    task = make.task()

    signed_in(head).post(f"/tasks/{task.id}/reroute", {"to": f"team:{team.id}", "reason": "近"})

    task.refresh_from_db()
    assert task.team_id == team.id


def test_the_list_along_the_way_has_what_is_overdue_on_top() -> None:
    worker = make.grid_worker()
    late = make.task(due_at=now() - timedelta(hours=1))
    make.task(Task.Kind.TEST_PERSON)

    page = signed_in(worker).get("/tasks/")

    assert [card.task.id for card in page.context["urgent"]] == [late.id]
    assert [name for name, _cards in page.context["groups"]] == ["朝阳街道 朝阳社区 3号楼"]


def test_proof_is_asked_for_where_the_task_is_ended() -> None:
    worker = make.account("网格员", Duty.CARRY_OUT)
    task = make.task(proof="count")
    client = signed_in(worker)

    without = client.post(f"/tasks/{task.id}/finish", {"note": "都发了"})
    done = client.post(f"/tasks/{task.id}/finish", {"counted": "7"})

    assert (without.status_code, done.status_code) == (422, 302)
    assert Task.objects.get(id=task.id).counted == 7
