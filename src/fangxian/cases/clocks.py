"""The time limits of the pack as they run for cases: what is left, and what is overdue.

    found             reported           core tracks     contacts decided    everybody brought
      |-- report -------|-- core_tracks ----|
                        |-- first_report ----------------------|
                        |-- transfer -------------------------------------------|

The length of each comes from the pack of the case; a pack without a limit has no clock for it.
Transfers are tasks, whose due times the pack gave when they were opened.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.cases.events import CaseReclassified, CaseReported, ContactConfirmed
from fangxian.cases.models import Case, Contact
from fangxian.dispatch import queries as dispatch
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.protocol.packs import load_pack

REPORT = "report.case_network_direct"
TRACKS = "investigation.core_tracks"
FIRST_REPORT = "investigation.first_report"
PATIENT = "transfer.infected_to_hospital"
CONTACTS = "transfer.close_contact"
WORDS = {
    REPORT: gettext_lazy("Reported after the finding"),
    TRACKS: gettext_lazy("Core tracks searched for contacts"),
    FIRST_REPORT: gettext_lazy("Contacts decided for the first report"),
    PATIENT: gettext_lazy("Patient brought to hospital"),
    CONTACTS: gettext_lazy("Contacts brought to quarantine"),
}
_TRANSFERS = {TaskKind.TRANSFER_PATIENT: PATIENT, TaskKind.TRANSFER_PERSON: CONTACTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One time limit as it runs for a case. `name` is the pack's key.

    done, needed   how many of how many, where the limit is about several people
    """

    name: str
    began_at: datetime
    due_at: datetime
    met_at: datetime | None
    done: int = 0
    needed: int = 0

    def is_late(self, at: datetime) -> bool:
        return (self.met_at or at) > self.due_at

    @property
    def words(self) -> str:
        return str(WORDS[self.name])


@dataclass(frozen=True, slots=True)
class Clock:
    """A limit as a page shows it."""

    limit: Limit
    tone: str
    state: str

    @property
    def words(self) -> str:
        return self.limit.words


def clocks_of(viewer: Actor, case: Case) -> list[Clock]:
    """All clocks of one case, in the order in which they end."""
    return [_clock(limit) for limit in limits_of(viewer, [case])[case.id]]


def next_clocks(viewer: Actor, cases: Sequence[Case]) -> dict[UUID, Clock]:
    """What presses most for each open case: the limit that ends first of those not met yet."""
    limits = limits_of(viewer, [case for case in cases if case.is_open])
    running = {
        case_id: next((limit for limit in found if limit.met_at is None), None)
        for case_id, found in limits.items()
    }
    return {case_id: _clock(limit) for case_id, limit in running.items() if limit}


def limits_of(viewer: Actor, cases: Sequence[Case]) -> dict[UUID, list[Limit]]:
    """The limits of each case, in the order in which they end; six statements for any number."""
    wanted = {case.id: case for case in cases if viewer.sees(case.area_path)}
    if not wanted:
        return {}
    found: dict[UUID | None, datetime] = dict(
        Event.objects.filter(
            id__in=[case.because_id for case in cases if case.because_id]
        ).values_list("id", "at")
    )
    judged, tasks = _judged(wanted), _tasks(wanted)
    limits = {
        case_id: [
            *_investigation(
                wanted[case_id],
                found_at=found.get(wanted[case_id].because_id),
                judged_at=judged.get(case_id),
                tasks=tasks.get(case_id, []),
            ),
            *_transfers(tasks.get(case_id, [])),
        ]
        for case_id in wanted
    }
    return {case_id: sorted(rows, key=lambda one: one.due_at) for case_id, rows in limits.items()}


def _judged(case_ids: Iterable[UUID]) -> dict[UUID, tuple[int, datetime | None]]:
    """How many contacts of each case wait for a decision, and when the last was made."""
    rows = (
        Contact.objects.filter(case__in=case_ids)
        .exclude(kind=Contact.Kind.GENERAL)
        .values("case")
        .annotate(open=Count("id", filter=Q(state=Contact.State.PROPOSED)), last=Max("decided_at"))
        .values_list("case", "open", "last")
    )
    return {case: (waiting, last) for case, waiting, last in rows}


def _tasks(case_ids: Iterable[UUID]) -> dict[UUID, list[Any]]:
    """The tasks that followed from each case and its contacts, as the ledger tells it."""
    subjects = {case_id: case_id for case_id in case_ids}
    confirmed = Contact.objects.filter(case__in=subjects, state=Contact.State.CONFIRMED)
    subjects |= dict(confirmed.values_list("id", "case"))
    kinds = [fact.kind() for fact in (CaseReported, CaseReclassified, ContactConfirmed)]
    causes = {
        event: subjects[subject]
        for event, subject in Event.objects.filter(
            subject_id__in=subjects, kind__in=kinds
        ).values_list("id", "subject_id")
    }
    orders = {
        subject: causes[because]
        for subject, because in Event.objects.filter(because_id__in=causes).values_list(
            "subject_id", "because_id"
        )
        if because is not None
    }
    about = {**orders, **{case_id: case_id for case_id in case_ids}}
    found: dict[UUID, list[Any]] = {}
    kinds_of_task = [TaskKind.INVESTIGATE_CASE, *_TRANSFERS]
    for task in dispatch.tasks_about_any(PLAYBOOK, about, kinds_of_task):
        found.setdefault(about[task.about_id], []).append(task)
    return found


def _investigation(
    case: Case,
    *,
    found_at: datetime | None,
    judged_at: tuple[int, datetime | None] | None,
    tasks: Sequence[Any],
) -> Iterator[Limit]:
    """Without a task of investigation the tracks are searched when contacts were looked for."""
    asked = [task for task in tasks if task.kind == TaskKind.INVESTIGATE_CASE]
    searched = (
        max((task.closed_at for task in asked if task.closed_at), default=None)
        if asked
        else case.traced_at
    )
    waiting, last = judged_at or (0, None)
    decided = (last or case.traced_at) if case.traced_at and not waiting else None
    running = {
        REPORT: (found_at, case.reported_at),
        TRACKS: (case.reported_at, searched),
        FIRST_REPORT: (case.reported_at, decided),
    }
    spans = load_pack(case.pack).time_limits
    for name, (began, met) in running.items():
        if began is not None and name in spans:
            due = began + spans[name].length
            yield Limit(name=name, began_at=began, due_at=due, met_at=met)


def _transfers(tasks: Sequence[Any]) -> Iterator[Limit]:
    """One clock for the patient, one for all contacts: it is as late as the latest of them."""
    for kind, name in _TRANSFERS.items():
        needed = [task for task in tasks if task.kind == kind and task.state != "cancelled"]
        if not needed:
            continue
        waiting = [task for task in needed if task.closed_at is None]
        if waiting:
            worst = min(waiting, key=lambda task: task.due_at)
        else:
            worst = max(needed, key=lambda task: (task.closed_at or task.due_at) - task.due_at)
        yield Limit(
            name=name,
            began_at=worst.created_at,
            due_at=worst.due_at,
            met_at=None if waiting else worst.closed_at,
            done=len(needed) - len(waiting),
            needed=len(needed),
        )


def _clock(limit: Limit) -> Clock:
    late = limit.is_late(now())
    if limit.met_at is None:
        return Clock(limit, *(("late", _("overdue")) if late else ("wait", _("running"))))
    return Clock(limit, *(("late", _("met too late")) if late else ("done", _("met"))))
