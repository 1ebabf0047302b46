"""Giving tasks to others: one or ten thousand at once, and back when there is nobody any more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fangxian.dispatch import events, rules
from fangxian.dispatch.errors import NobodyInTeam, NothingChosen, TaskIsClosed
from fangxian.dispatch.kinds import OwnerKind, WhyReturned
from fangxian.dispatch.models import Task
from fangxian.dispatch.owners import ANYBODY, Given, Whose, give, people_of
from fangxian.dispatch.queries import PENDING, get_task, pending_here
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import Fact, record, record_many
from fangxian.kernel.models import Event

MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which pending tasks of one's area are meant.

    ids   only these; otherwise all that the other words fit
    """

    area_path: str = ""
    kind: str = ""
    late: bool = False
    untaken: bool = True
    ids: tuple[UUID, ...] = ()

    def among(self, tasks: QuerySet[Task]) -> QuerySet[Task]:
        if self.ids:
            tasks = tasks.filter(id__in=self.ids)
        if self.area_path:
            tasks = tasks.filter(area_path__startswith=self.area_path)
        if self.kind:
            tasks = tasks.filter(kind=self.kind)
        if self.late:
            tasks = tasks.filter(due_at__lt=now())
        return tasks.filter(state=Task.State.OPEN) if self.untaken else tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """left   those that nobody there could be given: they stay as they were"""

    given: int
    left: int


@transaction.atomic
def assign_tasks(actor: Actor, chosen: Chosen, *, to: Whose, spread: bool = False) -> Assigned:
    """Give up to ten thousand pending tasks to somebody in a few statements.

    spread   among the people of the team, each a stretch of the way that is as long as the others'
    """
    actor.must(Duty.DISPATCH)
    rows = chosen.among(pending_here(actor)).order_by("route", "id")
    tasks = list(rows.select_for_update(skip_locked=True)[:MOST_AT_ONCE])
    if not tasks:
        raise NothingChosen
    if spread:
        given = _spread(to, tasks)
    else:
        give(actor, [(to, tasks[0].duty, tasks[0].area_path)])  # refused as a whole, if it must be
        given = give(PLAYBOOK, [(to, task.duty, task.area_path) for task in tasks])
    pairs = [
        (task, one)
        for task, one in zip(tasks, given, strict=True)
        if not one.came_back and (one.kind == to.kind or spread)
    ]
    _write(pairs)
    record_many([_told(task, one) for task, one in pairs], actor=actor)
    return Assigned(given=len(pairs), left=len(tasks) - len(pairs))


def _spread(to: Whose, tasks: Sequence[Task]) -> list[Given]:
    """The tasks come in the order of the way: everybody gets one stretch of it."""
    people = people_of([to.id]).get(to.id, []) if to.id else []
    if not people:
        raise NobodyInTeam
    found = []
    for position, task in enumerate(tasks):
        first = position * len(people) // len(tasks)
        inside = (one for one in people[first:] + people[:first] if one.actor.sees(task.area_path))
        one = next(inside, None)
        found.append(Given(kind=OwnerKind.PERSON, owner_id=one.id) if one else Given(came_back="-"))
    return found


def _write(pairs: Sequence[tuple[Task, Given]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE dispatch_task AS task SET
                state = CASE WHEN given.owner IS NULL THEN 'open' ELSE 'taken' END,
                owner_kind = given.kind, owner_id = given.owner, team_id = given.team,
                post_id = given.post, offered = given.kind NOT IN ('team', 'post'),
                taken_at = CASE WHEN given.owner IS NULL THEN NULL ELSE %s END
            FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::uuid[])
                AS given(id, kind, owner, team, post)
            WHERE task.id = given.id
            """,
            [
                now(),
                [task.id for task, _one in pairs],
                [str(one.kind) for _task, one in pairs],
                [one.owner_id for _task, one in pairs],
                [one.team_id for _task, one in pairs],
                [one.post_id for _task, one in pairs],
            ],
        )


def _told(task: Task, given: Given) -> Fact:
    if given.owner_id is not None:
        return events.TaskAssigned(
            subject_id=task.id,
            area_path=task.area_path,
            task=task.kind,
            about_id=task.about_id,
            to_id=given.owner_id,
        )
    return events.TaskGivenTo(
        subject_id=task.id,
        area_path=task.area_path,
        task=task.kind,
        about_id=task.about_id,
        whose=given.kind,
        to_id=given.team_id or given.post_id,
    )


@transaction.atomic
def reroute_task(
    actor: Actor,
    task_id: UUID,
    *,
    to: Whose = ANYBODY,
    level: int | None = None,
    reason: str = "",
) -> Task:
    """Send a pending task another way: to somebody else, or to another level."""
    task = get_task(actor, task_id, for_change=True)
    if task.state not in PENDING:
        raise TaskIsClosed(task)
    actor.must(Duty.DISPATCH, at=task.area_path)
    [given] = give(actor, [(to, task.duty, task.area_path)])
    task.owner_kind, task.owner_id = given.kind, given.owner_id
    task.team_id, task.post_id = given.team_id, given.post_id
    task.offered = given.kind not in {OwnerKind.TEAM, OwnerKind.POST}
    task.state = Task.State.TAKEN if given.owner_id else Task.State.OPEN
    task.taken_at = now() if given.owner_id else None
    if level is not None:
        task.level = max(0, min(level, rules.DISTRICT))
    task.save()
    record(
        events.TaskRerouted(
            subject_id=task.id,
            area_path=task.area_path,
            task=task.kind,
            about_id=task.about_id,
            whose=given.kind,
            to_id=given.owner_id or given.team_id or given.post_id,
            level=task.level,
            reason=reason.strip()[:300],
        ),
        actor=actor,
    )
    return task


# Nobody there any more


@transaction.atomic
def return_tasks_of_team(
    actor: Actor, organisation_id: UUID, *, because: Event | UUID | None
) -> int:
    """The team is no more: what it had not begun goes to whoever has the duty, one level up.

    What one of its people has taken stays theirs.
    """
    pending = _pending_of(actor, Q(team_id=organisation_id))
    _return([t for t in pending if t.owner_id is None], WhyReturned.TEAM_DISSOLVED, actor, because)
    kept = [task.id for task in pending if task.owner_id is not None]
    Task.objects.filter(id__in=kept).update(team=None, owner_kind=OwnerKind.PERSON, offered=True)
    return len(pending) - len(kept)


@transaction.atomic
def give_back_tasks_of(actor: Actor, account_id: UUID, *, because: Event | UUID | None) -> int:
    """Somebody is ill, locked in or gone: what they had taken is open again, one level up."""
    pending = _pending_of(actor, Q(owner_id=account_id))
    _return(pending, WhyReturned.PERSON_GONE, actor, because)
    return len(pending)


def _pending_of(actor: Actor, whose: Q) -> list[Task]:
    actor.must(Duty.DISPATCH)
    rows = Task.objects.select_for_update().filter(
        whose, state__in=PENDING, area_path__startswith=actor.within
    )
    return list(rows.order_by("id"))


def _return(
    tasks: Sequence[Task], why: WhyReturned, actor: Actor, because: Event | UUID | None
) -> None:
    for task in tasks:
        task.state, task.owner_id, task.taken_at = Task.State.OPEN, None, None
        task.owner_kind, task.team_id, task.post_id = OwnerKind.ANYBODY, None, None
        task.offered, task.level = True, rules.next_level(task.level)
        task.refusal, task.refused_by_id = _word(why), None
    for some in _by_thousands(tasks):
        Task.objects.bulk_update(
            some,
            [
                "state", "owner", "taken_at", "owner_kind", "team", "post", "offered", "level",
                "refusal", "refused_by",
            ],
        )  # fmt: skip
    record_many(
        [
            events.TaskReturned(
                subject_id=task.id,
                area_path=task.area_path,
                task=task.kind,
                about_id=task.about_id,
                why=why,
                level=task.level,
            )
            for task in tasks
        ],
        actor=actor,
        because=because,
    )


def _word(why: WhyReturned) -> str:
    if why == WhyReturned.TEAM_DISSOLVED:
        return _("The team that was to do it has been dissolved.")
    return _("Whoever had taken it is ill, locked in or gone.")


def _by_thousands(tasks: Sequence[Task]) -> Iterator[Sequence[Task]]:
    for start in range(0, len(tasks), 1000):
        yield tasks[start : start + 1000]
