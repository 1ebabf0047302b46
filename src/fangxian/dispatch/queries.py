from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import override

from fangxian.areas.queries import names_of
from fangxian.dispatch import directive_queries, rules, todo
from fangxian.dispatch.kinds import TaskKind
from fangxian.dispatch.models import Task
from fangxian.dispatch.owners import posts_of, teams_of
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.models import Account
from fangxian.people.queries import brief
from fangxian.workforce.queries import organisations_visible_to

PENDING = (Task.State.OPEN, Task.State.TAKEN)
OVERSEERS = frozenset({Duty.DISPATCH, Duty.COMMAND})
"""They see every task in their area, whosever duty it is."""


def tasks_visible_to(viewer: Actor) -> QuerySet[Task]:
    """Tasks of the viewer's duties in the viewer's area, and those given to them or to theirs."""
    if OVERSEERS & viewer.duties or Duty.AUDIT in viewer.duties:
        mine = Q()
    else:
        mine = Q(duty__in=sorted(viewer.duties)) | Q(owner_id=viewer.id) | _of_mine(viewer)
    return Task.objects.filter(mine, area_path__startswith=viewer.within)


def _of_mine(viewer: Actor) -> Q:
    return Q(team_id__in=teams_of(viewer)) | Q(post_id__in=posts_of(viewer))


def entitled(viewer: Actor, task: Task) -> bool:
    """Whether the viewer may take an open task: by duty once it is offered, else by belonging."""
    if task.offered and viewer.may(Duty(task.duty), at=task.area_path):
        return True
    mine = Task.objects.filter(_of_mine(viewer), id=task.id)
    return bool(task.team_id or task.post_id) and mine.exists()


def get_task(viewer: Actor, task_id: UUID, *, for_change: bool = False) -> Task:
    tasks = tasks_visible_to(viewer)
    tasks = tasks.select_for_update(of=("self",)) if for_change else tasks
    task = tasks.select_related("owner", "refused_by").filter(id=task_id).first()
    if task is None:
        raise NotFound(_("task"), task=str(task_id))
    return task


def my_tasks(viewer: Actor) -> QuerySet[Task]:
    """What the viewer has taken, and what waits for somebody with the viewer's duties.

    A task waits for those at its level and for those nearer to it: a grid worker may still take
    what was escalated, a district sees only what has come up to it. What was given to a team or a
    post waits for its people alone, until it is late or comes back. First what is due first, so
    what is overdue stands on top. A page of it, however long it is: `todo.listed`.
    """
    own = Q(owner_id=viewer.id, state=Task.State.TAKEN)
    waiting = Q(
        state=Task.State.OPEN,
        offered=True,
        duty__in=sorted(viewer.duties),
        level__gte=rules.level_of(viewer.within),
        area_path__startswith=viewer.within,
    )
    of_mine = _of_mine(viewer) & Q(state=Task.State.OPEN, offered=False)
    return Task.objects.filter(own | waiting | of_mine).order_by("due_at", "id")


MOST_ON_A_PHONE = 200


def tasks_for(viewer: Actor) -> list[dict[str, Any]]:
    """The feed part `tasks`: what the viewer can do next, where and for whom. Names are masked.

    Whoever is sent to somebody's door may know whose it is, without reading the register.
    """
    tasks = todo.listed(viewer, order="due_at", size=MOST_ON_A_PHONE).rows
    places = names_of(viewer, {task.area_path for task in tasks})
    whose = {task.id: _whom(task) for task in tasks}
    people = brief(PLAYBOOK, set(whose.values()))
    points = {task.about_id for task in tasks if task.kind == TaskKind.DO_DIRECTIVE}
    texts = directive_queries.texts_of(viewer, points)
    titles = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            titles[key] = {str(kind): str(kind.label) for kind in TaskKind}
    found = []
    for task in tasks:
        person = people.get(whose[task.id])
        found.append(
            {
                "id": str(task.id),
                "kind": task.kind,
                "title": {key: named[task.kind] for key, named in titles.items()},
                "place": places[task.area_path],
                "route": task.route,
                "due_at": task.due_at.isoformat(),
                "state": task.state,
                "proof": task.proof,
                "text": texts.get(task.about_id, ""),
                "whose": task.team.name if task.team else task.post.name if task.post else "",
                "people": [{"resident": str(person.id), "name": person.name, "age": person.age}]
                if person
                else [],
                "steps": [],
            }
        )
    return found


def _whom(task: Task) -> UUID:
    """Whose door it is: a resident named in the facts by id, or whom the task itself is about."""
    try:
        return UUID(str(task.facts["resident"]))
    except (KeyError, ValueError):
        return task.about_id


def tasks_about(viewer: Actor, about_id: UUID) -> QuerySet[Task]:
    """Every task about one thing, oldest first."""
    return tasks_visible_to(viewer).filter(about_id=about_id).order_by("created_at", "id")


def tasks_about_any(
    viewer: Actor, about_ids: Iterable[UUID], kinds: Iterable[str]
) -> QuerySet[Task]:
    """Tasks of these kinds about any of these things, oldest first."""
    tasks = tasks_visible_to(viewer).filter(about_id__in=list(about_ids), kind__in=list(kinds))
    return tasks.order_by("created_at", "id")


def pending_here(viewer: Actor) -> QuerySet[Task]:
    """Everything still to be done in the viewer's area, first what is due first."""
    if not OVERSEERS & viewer.duties:
        raise NotYours(str(Duty.DISPATCH.label))
    tasks = Task.objects.filter(area_path__startswith=viewer.within, state__in=PENDING)
    return tasks.order_by("due_at", "id")


def overdue(viewer: Actor) -> QuerySet[Task]:
    """What should have been done by now, longest overdue first."""
    return pending_here(viewer).filter(due_at__lt=now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Tasks of an area. pending = open + taken; overdue and done_today are apart from these."""

    pending: int
    open: int
    taken: int
    overdue: int

    @property
    def on_time(self) -> int:
        return self.pending - self.overdue


def counts(viewer: Actor) -> Counts:
    """How much there is to do in the viewer's area."""
    found = (
        pending_here(viewer)
        .order_by()
        .aggregate(
            pending=Count("id"),
            open=Count("id", filter=Q(state=Task.State.OPEN)),
            taken=Count("id", filter=Q(state=Task.State.TAKEN)),
            overdue=Count("id", filter=Q(due_at__lt=now())),
        )
    )
    return Counts(**found)


def my_count(viewer: Actor) -> Counts:
    """How much there is to do for the viewer alone."""
    found = (
        my_tasks(viewer)
        .order_by()
        .aggregate(
            pending=Count("id"),
            open=Count("id", filter=Q(state=Task.State.OPEN)),
            taken=Count("id", filter=Q(state=Task.State.TAKEN)),
            overdue=Count("id", filter=Q(due_at__lt=now())),
        )
    )
    return Counts(**found)


def counts_by_area(viewer: Actor, *, steps: int) -> dict[str, Counts]:
    """`counts` for each area so many steps deep in the tree; what lies higher counts for itself."""
    if not OVERSEERS & viewer.duties:
        raise NotYours(str(Duty.DISPATCH.label))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT array_to_string((string_to_array(rtrim(area_path, '/'), '/'))[1:%s], '/') || '/',
                count(*), count(*) FILTER (WHERE state = 'open'),
                count(*) FILTER (WHERE state = 'taken'), count(*) FILTER (WHERE due_at < %s)
            FROM dispatch_task
            WHERE area_path LIKE %s AND state IN ('open', 'taken')
            GROUP BY 1 ORDER BY 1
            """,
            [steps, now(), viewer.within + "%"],
        )
        return {
            path: Counts(pending=pending, open=waiting, taken=taken, overdue=late)
            for path, pending, waiting, taken, late in cursor.fetchall()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Tasks of a thing or an area: how many there were, and how many are done."""

    done: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What somebody, or a team, has to do. Tasks, not hours.

    waiting   given to the team and taken by nobody yet
    """

    id: UUID
    name: str
    what: str
    waiting: int = 0
    taken: int = 0
    overdue: int = 0
    done_today: int = 0


MOST_NAMED = 200


def load_by_person(viewer: Actor) -> list[Load]:
    """Who has how much, the most loaded first; the first two hundred."""
    tasks = _overseen(viewer)
    late = Q(due_at__lt=now())
    pending = {
        row["owner_id"]: row
        for row in tasks.filter(state=Task.State.TAKEN)
        .order_by()
        .values("owner_id")
        .annotate(taken=Count("id"), overdue=Count("id", filter=late))
    }
    done = _done_today(tasks, "owner_id")
    accounts = Account.objects.in_bulk({*pending, *done})
    found = [
        Load(
            id=account.id,
            name=account.display_name,
            what=account.post,
            taken=pending[account.id]["taken"] if account.id in pending else 0,
            overdue=pending[account.id]["overdue"] if account.id in pending else 0,
            done_today=done.get(account.id, 0),
        )
        for account in accounts.values()
    ]
    return sorted(found, key=lambda one: (-one.taken, -one.overdue, one.name))[:MOST_NAMED]


def load_by_team(viewer: Actor) -> list[Load]:
    """What each team has to do, the most loaded first; the first two hundred."""
    tasks = _overseen(viewer).filter(team_id__isnull=False)
    late = Q(due_at__lt=now())
    pending = {
        row["team_id"]: row
        for row in tasks.filter(state__in=PENDING)
        .order_by()
        .values("team_id")
        .annotate(
            waiting=Count("id", filter=Q(state=Task.State.OPEN)),
            taken=Count("id", filter=Q(state=Task.State.TAKEN)),
            overdue=Count("id", filter=late),
        )
    }
    done = _done_today(tasks, "team_id")
    teams = organisations_visible_to(PLAYBOOK).in_bulk({*pending, *done})
    found = [
        Load(
            id=team.id,
            name=team.name,
            what=str(team.get_kind_display()),
            waiting=pending[team.id]["waiting"] if team.id in pending else 0,
            taken=pending[team.id]["taken"] if team.id in pending else 0,
            overdue=pending[team.id]["overdue"] if team.id in pending else 0,
            done_today=done.get(team.id, 0),
        )
        for team in teams.values()
    ]
    return sorted(found, key=lambda one: (-one.waiting - one.taken, one.name))[:MOST_NAMED]


def _overseen(viewer: Actor) -> QuerySet[Task]:
    if not OVERSEERS & viewer.duties:
        raise NotYours(str(Duty.DISPATCH.label))
    return Task.objects.filter(area_path__startswith=viewer.within)


def _done_today(tasks: QuerySet[Task], whose: str) -> dict[UUID, int]:
    morning = localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = tasks.filter(state=Task.State.DONE, closed_at__gte=morning).order_by()
    return {
        row[whose]: row["n"]
        for row in rows.filter(**{f"{whose}__isnull": False}).values(whose).annotate(n=Count("id"))
    }


def done_in(viewer: Actor, area_path: str) -> Done:
    """Tasks done out of all that were not cancelled, in one area."""
    tasks = tasks_visible_to(viewer).filter(area_path__startswith=area_path)
    found = tasks.exclude(state=Task.State.CANCELLED).aggregate(
        of=Count("id"), done=Count("id", filter=Q(state=Task.State.DONE))
    )
    return Done(**found)


def who_may_take(viewer: Actor, task_id: UUID) -> list[Account]:
    """Accounts with the duty for the task's place, nearest to it first."""
    task = get_task(viewer, task_id)
    viewer.must(Duty.DISPATCH, at=task.area_path)
    accounts = Account.objects.filter(is_active=True, duties__contains=[task.duty])
    around = [account for account in accounts if task.area_path.startswith(account.area_path)]
    return sorted(around, key=lambda account: (-len(account.area_path), account.display_name))
