"""Ordinary tasks for tests. Each maker gives the most ordinary one; say only what is unusual."""

from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from fangxian.areas.models import Area
from fangxian.dispatch.actions import NewTask, open_task, open_tasks
from fangxian.dispatch.models import Task
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account

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
