"""A notice from above reaches the last community, becomes tasks there, and comes back done."""

from datetime import timedelta

import pytest

from fangxian.dispatch import errors
from fangxian.dispatch.actions import finish_task
from fangxian.dispatch.directive_queries import progress, unheard
from fangxian.dispatch.directives import (
    NewItem,
    acknowledge_directive,
    add_item,
    issue_directive,
    read_directive,
    remind_late_places,
    remind_places,
    return_receipt,
    verify_receipt,
    withdraw_directive,
)
from fangxian.dispatch.models import Directive, Receipt, Task
from fangxian.dispatch.owners import Whose
from fangxian.dispatch.queries import my_tasks
from fangxian.dispatch.tests import make
from fangxian.dispatch.tests.make import COMMUNITY, OTHER_COMMUNITY, OTHER_SUBDISTRICT, SUBDISTRICT
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.models import Account, Event
from fangxian.playbook.tests.make import rules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_district() -> None:
    rules()
    make.more_places()


def states(directive: Directive) -> dict[str, str]:
    rows = Receipt.objects.filter(directive=directive).order_by("area_path")
    return dict(rows.values_list("area_path", "state"))


def pending(kind: str, path: str = "") -> list[Task]:
    rows = Task.objects.filter(kind=kind, state__in=["open", "taken"], area_path__startswith=path)
    return list(rows.order_by("area_path", "id"))


def offices() -> tuple[Account, Account, Account]:
    """The district's, a subdistrict's, a community's."""
    return make.command_post(), make.office(SUBDISTRICT), make.community_head()


def test_every_place_down_to_the_last_community_is_to_acknowledge() -> None:
    chen, _street, head = offices()

    directive = make.issued(chen)

    assert set(states(directive)) == {
        SUBDISTRICT, COMMUNITY, OTHER_SUBDISTRICT, OTHER_COMMUNITY,
    }  # fmt: skip
    assert len(pending("read_directive")) == 4
    assert [task.kind for task in my_tasks(head.actor)] == ["read_directive"]
    subdistrict, community = (
        make.receipt(directive, SUBDISTRICT),
        make.receipt(directive, COMMUNITY),
    )
    assert community.due_at - now() == 2 * (subdistrict.due_at - now())


def test_from_issued_to_verified_place_by_place() -> None:
    chen, street, head = offices()
    directive = make.issued(chen)
    mine = make.receipt(directive, COMMUNITY)

    read_directive(head.actor, directive.id)
    assert states(directive)[COMMUNITY] == "received"

    acknowledge_directive(head.actor, mine.id)
    assert states(directive)[COMMUNITY] == "tasks_made"
    assert pending("read_directive", COMMUNITY) == []
    [task] = pending("do_directive", COMMUNITY)

    finish_task(head.actor, task.id)
    assert states(directive)[COMMUNITY] == "done"
    [look] = pending("verify_directive", SUBDISTRICT)
    assert (look.area_path, look.about_id) == (SUBDISTRICT, mine.id)

    with pytest.raises(errors.VerifiedByTheDoer):
        verify_receipt(head.actor, mine.id)
    verify_receipt(street.actor, mine.id)
    assert states(directive)[COMMUNITY] == "verified"
    assert pending("verify_directive") == []

    acknowledge_directive(street.actor, make.receipt(directive, SUBDISTRICT).id)
    assert states(directive)[SUBDISTRICT] == "done"
    assert progress(chen.actor, [directive.id])[directive.id].done == 2


def test_ticking_the_task_off_is_acknowledging_it() -> None:
    """So that it can be done on a phone, without a network."""
    chen, _street, head = offices()
    directive = make.issued(chen)
    [task] = my_tasks(head.actor)

    finish_task(head.actor, task.id)

    receipt = make.receipt(directive, COMMUNITY)
    assert (receipt.state, receipt.acknowledged_by) == ("tasks_made", head)


def test_a_subdistrict_has_done_it_when_its_last_community_has() -> None:
    chen, street, head = offices()
    directive = make.issued(chen)
    acknowledge_directive(street.actor, make.receipt(directive, SUBDISTRICT).id)
    assert states(directive)[SUBDISTRICT] == "tasks_made"

    acknowledge_directive(head.actor, make.receipt(directive, COMMUNITY).id)
    finish_task(head.actor, pending("do_directive", COMMUNITY)[0].id)

    assert states(directive)[SUBDISTRICT] == "done"
    assert [task.area_path for task in pending("verify_directive")] == [make.DISTRICT, SUBDISTRICT]


def test_for_information_it_is_done_with_the_acknowledgement() -> None:
    chen, _street, head = offices()
    directive = make.issued(chen, items=0)

    acknowledge_directive(head.actor, make.receipt(directive, COMMUNITY).id)

    assert states(directive)[COMMUNITY] == "done"


def test_who_has_not_acknowledged_is_reminded_and_the_level_above_asks_why(noon: Hands) -> None:
    chen, street, head = offices()
    directive = make.issued(chen)
    acknowledge_directive(street.actor, make.receipt(directive, SUBDISTRICT).id)

    noon.forward(minutes=61)
    assert remind_late_places(PLAYBOOK) == 3
    assert remind_late_places(PLAYBOOK) == 0

    late = unheard(chen.actor, directive.id)
    assert {one.area_path for one in late} == {COMMUNITY, OTHER_SUBDISTRICT, OTHER_COMMUNITY}
    assert {one.reminders for one in late} == {1}
    [ask] = pending("chase_directive", SUBDISTRICT)
    assert ask.about_id == make.receipt(directive, COMMUNITY).id
    noon.forward(minutes=61)
    assert remind_late_places(PLAYBOOK) == 3
    assert len(pending("chase_directive", SUBDISTRICT)) == 1

    acknowledge_directive(head.actor, make.receipt(directive, COMMUNITY).id)
    assert pending("chase_directive", SUBDISTRICT) == []


def test_a_reminder_before_the_time_is_over_asks_nobody_above() -> None:
    chen, *_rest = offices()
    directive = make.issued(chen)

    assert remind_places(chen.actor, directive.id) == 4
    assert pending("chase_directive") == []


def test_a_place_that_was_rung_up_has_acknowledged_and_it_says_so() -> None:
    chen, street, _head = offices()
    directive = make.issued(chen)

    receipt = acknowledge_directive(street.actor, make.receipt(directive, COMMUNITY).id)

    assert (receipt.by_phone, receipt.acknowledged_by_id) == (True, street.id)
    worker = make.grid_worker(within=make.GRID)
    with pytest.raises(errors.NotYoursToAcknowledge):
        acknowledge_directive(worker.actor, make.receipt(directive, SUBDISTRICT).id)


def test_what_was_sent_back_is_on_the_list_once_more() -> None:
    chen, street, head = offices()
    directive = make.issued(chen)
    receipt = acknowledge_directive(head.actor, make.receipt(directive, COMMUNITY).id)
    with pytest.raises(errors.NotDoneYet, match="1 task"):
        verify_receipt(street.actor, receipt.id)
    finish_task(head.actor, pending("do_directive", COMMUNITY)[0].id)

    return_receipt(street.actor, receipt.id, reason="3号楼没有告知")

    assert states(directive)[COMMUNITY] == "tasks_made"
    assert len(pending("do_directive", COMMUNITY)) == 1
    assert pending("verify_directive", SUBDISTRICT) == []


def test_minutes_give_each_point_to_whoever_was_named() -> None:
    chen, _street, head = offices()
    directive = make.notice(chen, kind="minutes", items=0, reference="")
    team = make.team(make.grid_worker())
    with pytest.raises(errors.NothingToDo):
        issue_directive(chen.actor, directive.id)
    in_two_hours = now() + timedelta(hours=2)
    for_the_team = Whose(kind="team", id=team.id)
    add_item(
        chen.actor,
        directive.id,
        NewItem(text="落实物资", due_at=in_two_hours, each="once", whose=for_the_team),
    )
    with pytest.raises(errors.NotTheirDuty):  # the head works in one community only
        add_item(
            chen.actor,
            directive.id,
            NewItem(
                text="协调车辆",
                due_at=in_two_hours,
                each="once",
                whose=Whose(kind="person", id=head.id),
            ),
        )

    issue_directive(chen.actor, directive.id)

    [task] = pending("do_directive")
    assert (task.team_id, task.area_path) == (team.id, make.DISTRICT)


def test_a_point_added_later_reaches_those_who_have_acknowledged() -> None:
    chen, street, head = offices()
    directive = make.issued(chen, items=0)
    receipt = acknowledge_directive(head.actor, make.receipt(directive, COMMUNITY).id)
    assert states(directive)[COMMUNITY] == "done"

    add_item(
        street.actor, directive.id, NewItem(text="张贴告示", due_at=now() + timedelta(hours=1))
    )

    assert [task.area_path for task in pending("do_directive")] == [COMMUNITY]
    assert states(directive)[COMMUNITY] == "tasks_made"
    assert receipt.directive_id == directive.id


def test_a_later_version_replaces_what_is_pending() -> None:
    chen, _street, head = offices()
    first = make.issued(chen)
    acknowledge_directive(head.actor, make.receipt(first, COMMUNITY).id)

    second = make.issued(chen, version=2, supersedes=first.id)

    first.refresh_from_db()
    assert first.state == "superseded"
    assert pending("do_directive") == []
    assert {task.about_id for task in pending("read_directive")} == set(
        Receipt.objects.filter(directive=second).values_list("id", flat=True)
    )


def test_a_withdrawn_directive_leaves_nothing_to_do() -> None:
    chen, _street, head = offices()
    directive = make.issued(chen)

    withdraw_directive(chen.actor, directive.id, reason="改为书面通知")

    assert Task.objects.filter(state__in=["open", "taken"]).count() == 0
    with pytest.raises(errors.DirectiveIsNotInForce):
        acknowledge_directive(head.actor, make.receipt(directive, COMMUNITY).id)


def test_each_step_names_its_cause() -> None:
    chen, _street, head = offices()
    directive = make.issued(chen)
    acknowledge_directive(head.actor, make.receipt(directive, COMMUNITY).id)
    acknowledged = Event.objects.get(kind="dispatch.directive_acknowledged")

    made = Event.objects.get(kind="dispatch.directive_tasks_made")

    assert made.because_id == acknowledged.id
