from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangxian.dispatch import events, rules
from fangxian.dispatch.assigning import (
    assign_tasks,
    give_back_tasks_of,
    reroute_task,
    return_tasks_of_team,
)
from fangxian.dispatch.errors import (
    AnotherCode,
    CountMissing,
    DueInThePast,
    GivenToOthers,
    NoteMissing,
    NotTheirDuty,
    ReasonMissing,
    ScanMissing,
    TaskIsClosed,
    TaskIsTaken,
)
from fangxian.dispatch.kinds import NEEDS_A_NOTE, OwnerKind, Proof, TaskLevel
from fangxian.dispatch.models import Task
from fangxian.dispatch.owners import Whose, give
from fangxian.dispatch.queries import PENDING, entitled, get_task
from fangxian.dispatch.todo import routes
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Account, Event

__all__ = [
    "assign_tasks",
    "give_back_tasks_of",
    "reroute_task",
    "return_tasks_of_team",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """One of many tasks to be opened; `facts` are codes and numbers, never names.

    owner, team, post, responsible
            at most one of them: an account or member, an organisation, a post, or whoever is
            responsible for the place. Otherwise it is for whoever has the duty there
    proof   what has to be shown, a word of `Proof`; some kinds need a note anyhow. With "scan",
            `facts["scan"]` is the code that must be scanned, if only one will do
    """

    kind: str
    duty: Duty
    area_path: str
    about_id: UUID
    due_at: datetime
    facts: Mapping[str, object] = field(default_factory=dict)
    owner: UUID | None = None
    team: UUID | None = None
    post: UUID | None = None
    responsible: bool = False
    proof: str = ""

    @property
    def whose(self) -> Whose:
        return Whose.of(
            owner=self.owner, team=self.team, post=self.post, responsible=self.responsible
        )


@transaction.atomic
def open_task(
    actor: Actor,
    kind: str,
    *,
    duty: Duty,
    area_path: str,
    about_id: UUID,
    due_at: datetime,
    facts: Mapping[str, object] | None = None,
    owner: UUID | None = None,
    team: UUID | None = None,
    post: UUID | None = None,
    responsible: bool = False,
    proof: str = "",
    because: Event | UUID | None = None,
) -> Task:
    """Have somebody do something. The same task while it is pending is returned unchanged."""
    new = NewTask(
        kind=kind,
        duty=duty,
        area_path=area_path,
        about_id=about_id,
        due_at=due_at,
        facts=facts or {},
        owner=owner,
        team=team,
        post=post,
        responsible=responsible,
        proof=proof,
    )
    open_tasks(actor, [new], because=because)
    return Task.objects.get(kind=kind, about_id=about_id, area_path=area_path, state__in=PENDING)


@transaction.atomic
def open_tasks(
    actor: Actor, wanted: Sequence[NewTask], *, because: Event | UUID | None = None
) -> list[Task]:
    """`open_task` for many in one statement; returns those that are new.

    A task starts at the level of the nearest people who have its duty, so nobody is skipped and
    nobody waits for a level where no one could do it. One for a person is theirs at once.
    """
    if actor != PLAYBOOK:
        for path in {new.area_path for new in wanted}:
            actor.must(Duty.DISPATCH, at=path)
        if any(new.due_at < now() for new in wanted):
            raise DueInThePast
    levels = _levels({(new.duty, new.area_path) for new in wanted})
    roads = routes(new.area_path for new in wanted)
    given = give(actor, [(new.whose, new.duty, new.area_path) for new in wanted])
    cause = because.id if isinstance(because, Event) else because
    tasks = [
        Task(
            id=new_id(),
            kind=new.kind,
            duty=new.duty,
            area_path=new.area_path,
            about_id=new.about_id,
            facts=dict(new.facts),
            state=Task.State.TAKEN if to.owner_id else Task.State.OPEN,
            owner_kind=to.kind,
            owner_id=to.owner_id,
            team_id=to.team_id,
            post_id=to.post_id,
            offered=to.kind not in {OwnerKind.TEAM, OwnerKind.POST},
            route=roads[new.area_path],
            because_id=cause,
            created_at=now(),
            taken_at=now() if to.owner_id else None,
            due_at=new.due_at,
            level=min(levels[new.duty, new.area_path] + bool(to.came_back), rules.DISTRICT),
            refusal=to.came_back,
            proof=new.proof or (Proof.NOTE if new.kind in NEEDS_A_NOTE else ""),
        )
        for new, to in zip(wanted, given, strict=True)
    ]
    Task.objects.bulk_create(tasks, ignore_conflicts=True, batch_size=1000)
    made = list(Task.objects.filter(id__in=[task.id for task in tasks]).order_by("due_at", "id"))
    record_many(
        [
            events.TaskOpened(
                subject_id=task.id,
                area_path=task.area_path,
                task=task.kind,
                about_id=task.about_id,
                duty=task.duty,
                due_at=task.due_at,
                level=task.level,
            )
            for task in made
        ],
        actor=actor,
        because=because,
    )
    record_many(
        [
            events.TaskAssigned(
                subject_id=task.id,
                area_path=task.area_path,
                task=task.kind,
                about_id=task.about_id,
                to_id=task.owner_id,
            )
            for task in made
            if task.owner_id is not None
        ],
        actor=actor,
        because=because,
    )
    return made


@transaction.atomic
def take_task(actor: Actor, task_id: UUID) -> Task:
    """Say that one will do it. Taking one's own task again changes nothing."""
    task = _pending(actor, task_id)
    if task.owner_id == actor.id:
        return task
    if task.state != Task.State.OPEN:
        raise TaskIsTaken(task)
    _must_be_entitled(actor, task)
    task.state, task.owner_id, task.taken_at = Task.State.TAKEN, actor.id, now()
    task.save(update_fields=["state", "owner", "taken_at"])
    record(
        events.TaskTaken(
            subject_id=task.id,
            area_path=task.area_path,
            task=task.kind,
            about_id=task.about_id,
        ),
        actor=actor,
    )
    return task


@transaction.atomic
def assign_task(actor: Actor, task_id: UUID, *, to: UUID) -> Task:
    """Give a task to somebody who has its duty there, also when another had taken it."""
    task = _pending(actor, task_id)
    actor.must(Duty.DISPATCH, at=task.area_path)
    account = Account.objects.filter(id=to, is_active=True).first()
    if account is None:
        raise NotFound(_("account"), account=str(to))
    if not account.actor.may(Duty(task.duty), at=task.area_path):
        raise NotTheirDuty(str(Duty(task.duty).label))
    if task.owner_id == account.id:
        return task
    task.state, task.owner, task.taken_at = Task.State.TAKEN, account, now()
    task.save(update_fields=["state", "owner", "taken_at"])
    record(
        events.TaskAssigned(
            subject_id=task.id,
            area_path=task.area_path,
            task=task.kind,
            about_id=task.about_id,
            to_id=account.id,
        ),
        actor=actor,
    )
    return task


@transaction.atomic
def finish_task(
    actor: Actor,
    task_id: UUID,
    *,
    note: str = "",
    counted: int | None = None,
    scanned: str = "",
    because: Event | UUID | None = None,
) -> Task:
    """Say that it is done, with the proof that was asked for. Again, it changes nothing.

    Done by its owner, by anybody with the duty while nobody has taken it, or by who oversees tasks.
    """
    task = get_task(actor, task_id, for_change=True)
    if task.state == Task.State.DONE:
        return task
    if task.state not in PENDING:
        raise TaskIsClosed(task)
    _must_be_theirs(actor, task)
    note, scanned = note.strip(), scanned.strip().upper()
    if actor != PLAYBOOK:
        _must_be_proved(task, note=note, counted=counted, scanned=scanned)
    if task.owner_id is None and actor != PLAYBOOK:
        task.owner_id, task.taken_at = actor.id, now()
    task.state, task.closed_at, task.note = Task.State.DONE, now(), note
    task.counted, task.scanned = counted, scanned
    task.save(
        update_fields=["state", "closed_at", "note", "counted", "scanned", "owner", "taken_at"]
    )
    record(
        events.TaskFinished(
            subject_id=task.id,
            area_path=task.area_path,
            task=task.kind,
            about_id=task.about_id,
            note=note,
        ),
        actor=actor,
        because=because,
    )
    return task


@transaction.atomic
def refuse_task(actor: Actor, task_id: UUID, *, reason: str) -> Task:
    """Give a task back, saying why: it is open again, one level up, where the reason is read."""
    task = _pending(actor, task_id)
    _must_be_theirs(actor, task)
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    task.state, task.owner, task.taken_at = Task.State.OPEN, None, None
    task.owner_kind, task.team, task.post, task.offered = OwnerKind.ANYBODY, None, None, True
    task.level = rules.next_level(task.level)
    task.refusal, task.refused_by_id = reason[:500], actor.id
    task.save()
    record(
        events.TaskRefused(
            subject_id=task.id,
            area_path=task.area_path,
            task=task.kind,
            about_id=task.about_id,
            reason=reason,
            level=task.level,
        ),
        actor=actor,
    )
    return task


@transaction.atomic
def close_tasks_about(
    actor: Actor,
    about_id: UUID,
    kind: str | None = None,
    *,
    because: Event | UUID | None,
    done: bool = False,
) -> list[Task]:
    """Take what has become needless from everybody's list, or tick off what happened by itself.

    kind   None: every task about it
    done   the thing was done; otherwise it is no longer needed
    """
    tasks = Task.objects.select_for_update().filter(
        about_id=about_id, state__in=PENDING, area_path__startswith=actor.within
    )
    found = list(tasks if kind is None else tasks.filter(kind=kind))
    for path in {task.area_path for task in found}:
        actor.must(Duty.DISPATCH, at=path)
    state = Task.State.DONE if done else Task.State.CANCELLED
    for task in found:
        task.state, task.closed_at = state, now()
    Task.objects.bulk_update(found, ["state", "closed_at"])
    record_many(
        [
            events.TaskFinished(
                subject_id=task.id,
                area_path=task.area_path,
                task=task.kind,
                about_id=about_id,
                note="",
            )
            if done
            else events.TaskCancelled(
                subject_id=task.id,
                area_path=task.area_path,
                task=task.kind,
                about_id=about_id,
            )
            for task in found
        ],
        actor=actor,
        because=because,
    )
    return found


@transaction.atomic
def escalate_overdue(actor: Actor) -> int:
    """Let the next level see what is overdue; how many tasks went up.

    Each level has as long as the first one had: a task of two hours goes up when it is due, and
    again every two hours, until it stands with the district.
    """
    actor.must(Duty.DISPATCH)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH late AS (
                SELECT id FROM dispatch_task
                WHERE state IN ('open', 'taken') AND due_at <= %s AND level < %s
                    AND area_path LIKE %s
                    AND coalesce(escalated_at + (due_at - created_at), due_at) <= %s
                ORDER BY due_at, id FOR UPDATE SKIP LOCKED
            )
            UPDATE dispatch_task AS task
            SET level = level + 1, escalated_at = %s, offered = true
            FROM late WHERE task.id = late.id
            RETURNING task.id, task.level, task.area_path
            """,
            [now(), rules.DISTRICT, actor.within + "%", now(), now()],
        )
        risen = cursor.fetchall()
    for level in sorted({level for _id, level, _path in risen}):
        here = [(id_, path) for id_, at, path in risen if at == level]
        record(
            events.TasksEscalated(
                subject_id=min(id_ for id_, _path in here),
                area_path=rules.common_path([path for _id, path in here]),
                number=len(here),
                level=level,
                seen_by=TaskLevel.at(level),
            ),
            actor=actor,
        )
    return len(risen)


def _pending(actor: Actor, task_id: UUID) -> Task:
    task = get_task(actor, task_id, for_change=True)
    if task.state not in PENDING:
        raise TaskIsClosed(task)
    return task


def _must_be_theirs(actor: Actor, task: Task) -> None:
    if task.owner_id == actor.id or actor.may(Duty.DISPATCH, at=task.area_path):
        return
    if task.owner_id is not None:
        raise TaskIsTaken(task)
    _must_be_entitled(actor, task)


def _must_be_entitled(actor: Actor, task: Task) -> None:
    """Whoever belongs to the team or the post it was given to needs no duty besides."""
    if not entitled(actor, task):
        actor.must(Duty(task.duty), at=task.area_path)
        raise GivenToOthers(task)


def _must_be_proved(task: Task, *, note: str, counted: int | None, scanned: str) -> None:
    if task.proof == Proof.NOTE and not note:
        raise NoteMissing
    if task.proof == Proof.COUNT and counted is None:
        raise CountMissing
    if task.proof == Proof.SCAN:
        if not scanned:
            raise ScanMissing
        if task.facts.get("scan") not in {None, "", scanned}:
            raise AnotherCode(scanned)


def _levels(places: set[tuple[Duty, str]]) -> dict[tuple[Duty, str], int]:
    """The level of the nearest active accounts with a duty for a place; the district's if none."""
    wanted = list(places)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.duty, wanted.path, (
                SELECT account.area_path FROM kernel_account AS account
                WHERE account.is_active AND wanted.duty = ANY(account.duties)
                    AND starts_with(wanted.path, account.area_path)
                ORDER BY length(account.area_path) DESC LIMIT 1
            )
            FROM unnest(%s::text[], %s::text[]) AS wanted(duty, path)
            """,
            [[str(duty) for duty, _path in wanted], [path for _duty, path in wanted]],
        )
        return {
            (Duty(duty), path): rules.DISTRICT if nearest is None else rules.level_of(nearest)
            for duty, path, nearest in cursor.fetchall()
        }
