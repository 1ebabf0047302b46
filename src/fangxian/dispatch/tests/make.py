"""Ordinary tasks for tests. Each maker gives the most ordinary one; say only what is unusual."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from fangxian.areas.models import Area
from fangxian.areas.rules import step
from fangxian.dispatch.actions import NewTask, open_task, open_tasks
from fangxian.dispatch.directives import (
    NewDirective,
    NewItem,
    add_item,
    draft_directive,
    issue_directive,
)
from fangxian.dispatch.models import Directive, Receipt, Task
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.responsibility.actions import entrust
from fangxian.rosters.actions import name_holder
from fangxian.rosters.models import Post
from fangxian.rosters.tests import make as rosters
from fangxian.workforce.actions import join
from fangxian.workforce.models import Member, Organisation
from fangxian.workforce.tests import make as force

DISTRICT = "1/2/3/"
SUBDISTRICT = "1/2/3/4/"
COMMUNITY = "1/2/3/4/5/"
GRID = "1/2/3/4/5/6/"
HOME = "1/2/3/4/5/6/7/"
NEXT_GRID = "1/2/3/4/5/8/"

_serial = count(1)


def account(name: str, *duties: Duty, within: str = GRID) -> Account:
    one = Account(
        username=f"{name}{next(_serial)}",
        display_name=name,
        area_path=within,
        duties=[str(duty) for duty in duties],
    )
    one.set_unusable_password()
    one.save()
    return one


def grid_worker(name: str = "小马", *, within: str = GRID) -> Account:
    return account(name, Duty.CARRY_OUT, within=within)


def community_head(name: str = "刘主任") -> Account:
    return account(name, Duty.CARRY_OUT, Duty.DISPATCH, within=COMMUNITY)


def command_post(name: str = "陈书记") -> Account:
    return account(name, Duty.COMMAND, Duty.DISPATCH, Duty.DECIDE_MEASURES, within=DISTRICT)


def places() -> None:
    parent, path = None, ""
    for number, (level, name) in enumerate(
        (
            ("province", "青海省"),
            ("city", "西宁市"),
            ("district", "城北区"),
            ("subdistrict", "朝阳街道"),
            ("community", "朝阳社区"),
            ("grid", "第一网格"),
            ("building", "3号楼"),
        ),
        start=1,
    ):
        path += f"{number}/"
        parent = Area.objects.create(
            number=number, level=level, name=name, path=path, parent=parent
        )


def task(
    kind: str = Task.Kind.SERVE_ORDER,
    *,
    duty: Duty = Duty.CARRY_OUT,
    area_path: str = HOME,
    about_id: UUID | None = None,
    due_at: datetime | None = None,
    facts: dict[str, object] | None = None,
    **whose: Any,
) -> Task:
    """Serve an order at a home of the grid within two hours."""
    return open_task(
        PLAYBOOK,
        kind,
        duty=duty,
        area_path=area_path,
        about_id=about_id or new_id(),
        due_at=due_at or now() + timedelta(hours=2),
        facts=facts or {"code": "O000001X"},
        **whose,
    )


def tasks(number: int, *, area_path: str = HOME) -> list[Task]:
    return open_tasks(
        PLAYBOOK,
        [
            NewTask(
                kind=Task.Kind.DELIVER_NOTICE,
                duty=Duty.CARRY_OUT,
                area_path=area_path,
                about_id=new_id(),
                due_at=now() + timedelta(minutes=minutes),
            )
            for minutes in range(number)
        ],
    )


# People at work


def member(who: Account) -> Member:
    """The record of somebody at work who signs in."""
    one = force.member(who.display_name, at=who.area_path)
    Member.objects.filter(id=one.id).update(account=who)
    return one


def team(*people: Account, at: str = COMMUNITY, name: str = "") -> Organisation:
    """A volunteer team of these people."""
    made = force.organisation(name, at=at)
    for one in people:
        join(force.KEEPER_MIN, made.id, [member(one).id])
    return made


def responsible(who: Account, *, at: str, role: str = "group") -> None:
    entrust(force.KEEPER_MIN, member(who).id, role=role, area_path=at)


def post_of(who: Account, *, at: str = COMMUNITY) -> Post:
    """A post that stands in somebody's name."""
    post = rosters.post(at=at, standing=True, needs=())
    name_holder(rosters.MIN, post.id, member(who).id)
    return post


# Directives

OTHER_SUBDISTRICT = "1/2/3/a/"
OTHER_COMMUNITY = "1/2/3/a/b/"


def more_places() -> None:
    """A second subdistrict with one community, beside those of `places`."""
    places()
    parent = Area.objects.get(path=DISTRICT)
    added = ((10, "subdistrict", "小桥大街街道"), (11, "community", "新世纪社区"))
    for number, level, name in added:
        path = f"{parent.path}{step(number)}/"
        parent = Area.objects.create(
            number=number, level=level, name=name, path=path, parent=parent
        )


def notice(by: Account, *, items: int = 1, **more: Any) -> Directive:
    """A notice for the district that asks each community for one thing, not issued yet."""
    given = {
        "title": "关于实行居家办公的通告",
        "issuer": "市疫情防控指挥部",
        "reference": "第7号",
        "text": "请各社区逐户告知。",
        "area_path": DISTRICT,
        "acknowledge_by": now() + timedelta(minutes=30),
    }
    directive = draft_directive(by.actor, NewDirective(**{**given, **more}))
    for position in range(items):
        add_item(
            by.actor,
            directive.id,
            NewItem(text=f"逐户告知（{position + 1}）", due_at=now() + timedelta(hours=6)),
        )
    return directive


def issued(by: Account, **more: Any) -> Directive:
    return issue_directive(by.actor, notice(by, **more).id)


def receipt(directive: Directive, at: str) -> Receipt:
    return Receipt.objects.get(directive=directive, area_path=at)


def office(within: str, name: str = "街道办") -> Account:
    return account(name, Duty.DISPATCH, within=within)
