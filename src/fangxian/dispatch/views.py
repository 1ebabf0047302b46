from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.dispatch import actions, directive_queries, queries, rules, todo
from fangxian.dispatch.assigning import MOST_AT_ONCE, Assigned, Chosen
from fangxian.dispatch.forms import (
    AssignForm,
    BoardFilter,
    ChosenForm,
    FinishForm,
    MineFilter,
    RefuseForm,
    RerouteForm,
    ShareForm,
)
from fangxian.dispatch.kinds import TaskKind, TaskLevel
from fangxian.dispatch.models import Task
from fangxian.dispatch.owners import chosen, targets
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Page, Request, paged
from fangxian.kernel.ledger import told
from fangxian.kernel.models import Account, Event

_TONES = {"open": "wait", "taken": "open", "done": "done", "cancelled": "ended"}

# Where the thing is shown that a task is about, and who may open that page.
_ABOUT = {
    TaskKind.RETEST_MEMBERS: ("sampling:tube", Duty.COLLECT_SAMPLES),
    TaskKind.RESOLVE_RESULTS: ("sampling:tube", Duty.ENTER_RESULTS),
    TaskKind.INVESTIGATE_CASE: ("cases:case", Duty.INVESTIGATE),
    TaskKind.CONFIRM_CONTACTS: ("cases:case", Duty.INVESTIGATE),
    TaskKind.COMPLETE_IDENTITY: ("cases:case", Duty.INVESTIGATE),
    TaskKind.SERVE_ORDER: ("measures:order", Duty.CARRY_OUT),
    TaskKind.MEND_ENTRIES: ("sync:device", Duty.DISPATCH),
    TaskKind.TRANSFER_PERSON: ("measures:order", Duty.CARRY_OUT),
    TaskKind.TRANSFER_PATIENT: ("measures:order", Duty.CARRY_OUT),
    TaskKind.SWAB_AGAIN: ("sampling:tube", Duty.COLLECT_SAMPLES),
    TaskKind.SETTLE_INCIDENT: ("gates:incident", Duty.DISPATCH),
    TaskKind.SIGN_UP_VENUES: ("gates:drive", Duty.CARRY_OUT),
    TaskKind.SEE_TO_REQUEST: ("requests:request", Duty.CARRY_OUT),
    TaskKind.CHASE_REQUEST: ("requests:request", Duty.DISPATCH),
    TaskKind.CALL_BACK: ("requests:request", Duty.ANSWER_CALLS),
    TaskKind.GO_TO_WHISTLE: ("requests:response", Duty.CARRY_OUT),
    TaskKind.CHASE_WHISTLE: ("requests:whistle", Duty.DISPATCH),
    TaskKind.REACH_PEOPLE: ("screening:mine_of", Duty.CARRY_OUT),
    TaskKind.VISIT_PERSON: ("screening:follow_up", Duty.CARRY_OUT),
    TaskKind.CONFIRM_RISK: ("screening:follow_up", Duty.DECIDE_MEASURES),
    TaskKind.ANSWER_HAND_OVER: ("screening:follow_up", Duty.INVESTIGATE),
    TaskKind.CHASE_RECEIPT: ("screening:follow_up", Duty.INVESTIGATE),
    TaskKind.SET_POSTS: ("measures:risk_area", Duty.CARRY_OUT),
    TaskKind.SUPPLY_AREA: ("measures:risk_area", Duty.CARRY_OUT),
    TaskKind.OPEN_AREA: ("measures:risk_area", Duty.CARRY_OUT),
    TaskKind.DECIDE_PACK_CHANGE: ("measures:pack_change_of", Duty.COMMAND),
    TaskKind.DECIDE_RISK_AREA: ("measures:risk_area", Duty.DECIDE_MEASURES),
    TaskKind.DECIDE_RELEASE: ("measures:order", Duty.DECIDE_MEASURES),
    TaskKind.RECEIVE_PERSON: ("quarantine:placement", Duty.CARRY_OUT),
    TaskKind.MOVE_PERSON: ("quarantine:journey", Duty.CARRY_OUT),
    TaskKind.BRING_HOME: ("quarantine:journey", Duty.CARRY_OUT),
    TaskKind.RECEIVE_HOME: ("quarantine:journey", Duty.CARRY_OUT),
    TaskKind.TAKE_READING: ("quarantine:watch", Duty.CARRY_OUT),
    TaskKind.MEDICAL_CHECK: ("quarantine:watch", Duty.CARRY_OUT),
    TaskKind.MEET_WISH: ("quarantine:watch", Duty.CARRY_OUT),
    TaskKind.UNSEAL_DOOR: ("measures:order", Duty.CARRY_OUT),
    TaskKind.DECIDE_RESTART: ("quarantine:restart", Duty.DECIDE_MEASURES),
    TaskKind.READ_DIRECTIVE: ("dispatch:receipt", Duty.DISPATCH),
    TaskKind.CHASE_DIRECTIVE: ("dispatch:receipt", Duty.DISPATCH),
    TaskKind.VERIFY_DIRECTIVE: ("dispatch:receipt", Duty.DISPATCH),
    TaskKind.DO_DIRECTIVE: ("dispatch:point", Duty.CARRY_OUT),
    TaskKind.TRIAGE_CARE: ("care:transfer", Duty.DISPATCH),
    TaskKind.SEND_CARE_CAR: ("care:transfer", Duty.CARRY_OUT),
    TaskKind.CARE_MEDIC: ("care:transfer", Duty.CARRY_OUT),
    TaskKind.FIND_HOSPITAL: ("care:transfer", Duty.DISPATCH),
    TaskKind.RECEIVE_FROM_CARE: ("care:transfer", Duty.CARRY_OUT),
    TaskKind.CALL_BACK_CARE: ("care:transfer", Duty.DISPATCH),
    TaskKind.LOOK_IN_ON: ("care:visit", Duty.CARRY_OUT),
    TaskKind.LOOK_FOR_PERSON: ("care:visit", Duty.DISPATCH),
    TaskKind.FILL_POST: ("rosters:gap", Duty.KEEP_ROSTER),
}


_BUILDING = 7  # steps of a path down to the building


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A task as people read it.

    title   what is to be done: the kind, or the words of a directive
    spot    where, below the building under which it is listed
    facts   codes and numbers in words: "tube T000007Q", "10 swabs"
    whose   the team or the post that it was given to
    tone    of the state; late stands apart
    quick   it can be ticked off without a word
    """

    task: Task
    title: str
    place: str
    building: str
    spot: str
    facts: str
    whose: str
    tone: str
    late: bool
    level: str
    mine: bool
    about: str
    quick: bool


def _cards(viewer: Actor, tasks: Iterable[Task]) -> list[Card]:
    rows = list(tasks)
    buildings = {task.id: _down_to_the_building(task.area_path) for task in rows}
    places = names_of(viewer, {*buildings.values(), *(task.area_path for task in rows)})
    points = {task.about_id for task in rows if task.kind == TaskKind.DO_DIRECTIVE}
    texts = directive_queries.texts_of(viewer, points)
    return [
        Card(
            task=task,
            title=texts.get(task.about_id) or str(task.get_kind_display()),
            place=places[task.area_path],
            building=places[buildings[task.id]],
            spot=places[task.area_path].removeprefix(places[buildings[task.id]]).strip(),
            facts=" · ".join(_facts(task)),
            whose=task.team.name if task.team else task.post.name if task.post else "",
            tone=_TONES[task.state],
            late=task.state in queries.PENDING and task.due_at < now(),
            level=str(TaskLevel.at(task.level).label),
            mine=task.owner_id == viewer.id,
            about=_about(viewer, task),
            quick=not task.proof,
        )
        for task in rows
    ]


def _down_to_the_building(path: str) -> str:
    return "".join(f"{step}/" for step in path.split("/")[:_BUILDING] if step)


def _facts(task: Task) -> list[str]:
    """Codes first, then numbers; what has no words of its own stays unsaid."""
    facts = task.facts
    said = [str(facts[name]) for name in ("code", "barcode") if facts.get(name)]
    if swabs := facts.get("swabs"):
        said.append(ngettext("%(n)d swab", "%(n)d swabs", swabs) % {"n": swabs})
    if people := facts.get("people"):
        said.append(ngettext("%(n)d person", "%(n)d people", people) % {"n": people})
    if close := facts.get("close"):
        said.append(ngettext("%(n)d close contact", "%(n)d close contacts", close) % {"n": close})
    if day := facts.get("day"):
        said.append(_("test day %(n)s") % {"n": day})
    return said


def _about(viewer: Actor, task: Task) -> str:
    page, duty = _ABOUT.get(TaskKind(task.kind), ("", Duty.OPERATE))
    if not page or not (task.owner_id == viewer.id or viewer.may(duty, at=task.area_path)):
        return ""
    try:
        return reverse(page, args=[task.about_id])
    except NoReverseMatch:
        return ""


# Lists


MOST_URGENT = 10


@require_GET
def mine(request: Request) -> HttpResponse | FileResponse:
    """The one list of things to do; made for a phone held in one hand.

    Whoever walks gets it along the way, with what is overdue on top; whoever sits, by time.
    """
    viewer = request.actor
    if sheets.wanted(request):
        tasks = queries.my_tasks(viewer).select_related("owner", "team", "post")
        return _as_file(request, tasks, "")
    form = MineFilter(request.GET)
    words = form.cleaned_data if form.is_valid() else {}
    walks = rules.level_of(viewer.within) < rules.SITS
    sort: todo.Order = words.get("sort") or ("route" if walks else "due_at")
    asked = todo.Wish(
        kind=words.get("kind", ""),
        place=words.get("place", ""),
        mine=words.get("mine", False),
        late=words.get("late") or None,
    )
    mark = request.GET.get("mark", "")
    apart = walks and sort == "route" and not asked.late
    along = replace(asked, late=False) if apart else asked
    belongs = todo.groups_of(viewer)
    page = todo.listed(viewer, order=sort, mark=mark, wish=along, groups=belongs)
    urgent = (
        todo.listed(
            viewer,
            order="due_at",
            wish=replace(asked, late=True),
            size=MOST_URGENT,
            groups=belongs,
        )
        if apart and not mark
        else Page([], "", "")
    )
    cards = _cards(viewer, [*urgent.rows, *page.rows])
    context = {
        "page": page,
        "urgent": cards[: len(urgent.rows)],
        "more_urgent": bool(urgent.after),
        "groups": _by_building(cards[len(urgent.rows) :]) if sort == "route" else [],
        "cards": [] if sort == "route" else cards,
        "all": todo.total(viewer, groups=belongs),
        "late": todo.total(viewer, todo.Wish(late=True), groups=belongs),
        "own": todo.total(viewer, todo.Wish(mine=True), groups=belongs),
        "kinds": [
            (kind, TaskKind(kind).label, number)
            for kind, number in todo.kinds_waiting(viewer, groups=belongs).items()
        ],
        "wish": asked,
        "sort": sort,
        "narrowed": asked != todo.ALL,
    }
    return render(request, "dispatch/mine.html", context)


def _by_building(cards: Sequence[Card]) -> list[tuple[str, list[Card]]]:
    """In the order in which they come: one walks from building to building."""
    return [(name, list(some)) for name, some in groupby(cards, key=lambda card: card.building)]


@require_GET
def board(request: Request) -> HttpResponse | FileResponse:
    """Everything pending in the viewer's area, by place."""
    viewer = request.actor
    chosen = BoardFilter(request.GET)
    words = chosen.cleaned_data if chosen.is_valid() else {}
    tasks = queries.overdue(viewer) if words.get("late") else queries.pending_here(viewer)
    if words.get("area"):
        tasks = tasks.filter(area_path__startswith=words["area"])
    tasks = tasks.select_related("owner", "team", "post")
    if sheets.wanted(request):
        return _as_file(request, tasks, words.get("area", ""))
    page = paged(tasks, request.GET.get("mark", ""))
    by_area = queries.counts_by_area(viewer, steps=viewer.within.count("/") + 1)
    places = names_of(viewer, by_area)
    context = {
        "page": page,
        "cards": _cards(viewer, page.rows),
        "counts": queries.counts(viewer),
        "areas": [(path, places[path], counts) for path, counts in by_area.items()],
        "area": words.get("area", ""),
        "area_name": places.get(words.get("area", ""), ""),
        "late": words.get("late", False),
    }
    return render(request, "dispatch/board.html", context)


def _as_file(request: Request, tasks: QuerySet[Task], area_path: str) -> FileResponse:
    header = [
        _("Task"), _("Place"), _("About"), _("Due"), _("Overdue"), _("Taken by"), _("Seen by"),
    ]  # fmt: skip
    [kinds], overdue = sheets.labels(TaskKind), _("overdue")

    def shown(chunk: list[Task]) -> Iterator[list[Any]]:
        for card in _cards(request.actor, chunk):
            yield [
                kinds[card.task.kind],
                card.place,
                card.facts,
                card.task.due_at,
                overdue if card.late else "",
                card.task.owner.display_name if card.task.owner else "",
                card.level,
            ]

    rows = sheets.by_chunks(tasks, shown)
    return sheets.download(request, sheets.List.TASKS, header, rows, area_path=area_path)


# One task


@require_GET
def task(request: Request, task_id: UUID) -> HttpResponse:
    return _page(request, task_id)


@require_POST
def take(request: Request, task_id: UUID) -> HttpResponse:
    return _answer(request, actions.take_task(request.actor, task_id))


@require_POST
def finish(request: Request, task_id: UUID) -> HttpResponse:
    known = queries.get_task(request.actor, task_id)
    form = FinishForm(request.POST, proof=known.proof)
    if not form.is_valid():
        return _page(request, task_id, finish_form=form, status=422)
    done = actions.finish_task(
        request.actor,
        task_id,
        note=form.cleaned_data["note"],
        counted=form.cleaned_data.get("counted"),
        scanned=form.cleaned_data.get("scanned", ""),
    )
    messages.success(request, _("Done: %(task)s") % {"task": done.get_kind_display()})
    return redirect("dispatch:mine")


@require_POST
def refuse(request: Request, task_id: UUID) -> HttpResponse:
    form = RefuseForm(request.POST)
    if not form.is_valid():
        return _page(request, task_id, refuse_form=form, status=422)
    actions.refuse_task(request.actor, task_id, reason=form.cleaned_data["reason"])
    messages.success(request, _("Given back. Your superior sees the task and your reason."))
    return redirect("dispatch:mine")


@require_POST
def assign(request: Request, task_id: UUID) -> HttpResponse:
    people = queries.who_may_take(request.actor, task_id)
    form = AssignForm(request.POST, people=people)
    if not form.is_valid():
        return _page(request, task_id, assign_form=form, status=422)
    given = actions.assign_task(request.actor, task_id, to=UUID(form.cleaned_data["to"]))
    owner = given.owner.display_name if given.owner else ""
    messages.success(request, _("Given to %(name)s.") % {"name": owner})
    return redirect("dispatch:task", task_id)


@require_POST
def reroute(request: Request, task_id: UUID) -> HttpResponse:
    viewer = request.actor
    known = queries.get_task(viewer, task_id)
    form = RerouteForm(request.POST, targets=targets(viewer, known.area_path))
    if not form.is_valid():
        return _page(request, task_id, reroute_form=form, status=422)
    whose, _shared = chosen(form.cleaned_data["to"])
    actions.reroute_task(
        viewer,
        task_id,
        to=whose,
        level=form.cleaned_data["level"],
        reason=form.cleaned_data["reason"],
    )
    messages.success(request, _("Sent another way: %(whose)s.") % {"whose": _label(form)})
    return redirect("dispatch:task", task_id)


def _label(form: RerouteForm | ShareForm) -> str:
    """What was chosen, as it stood in the select."""
    value = form.cleaned_data["to"]
    for key, label in form.fields["to"].choices:  # type: ignore[attr-defined]
        if isinstance(label, list | tuple):
            for inner, name in label:
                if str(inner) == value:
                    return f"{key}: {name}"
        elif str(key) == value:
            return str(label)
    return ""


# Many at once


@require_http_methods(["GET", "POST"])
def share_out(request: Request) -> HttpResponse:
    """Up to ten thousand tasks to a team, to its people, to one person, or by place."""
    viewer = request.actor
    narrowing = ChosenForm(request.GET)
    words = narrowing.cleaned_data if narrowing.is_valid() else {}
    which = Chosen(
        area_path=words.get("area", ""),
        kind=words.get("kind", ""),
        late=words.get("late", False),
        untaken=not words.get("taken"),
    )
    groups = targets(viewer, words.get("area") or viewer.within, shared=True)
    form = ShareForm(request.POST or None, targets=groups)
    if request.method == "POST" and form.is_valid():
        whose, shared = chosen(form.cleaned_data["to"])
        done = actions.assign_tasks(viewer, which, to=whose, spread=shared)
        messages.success(request, _shared_out(done, _label(form)))
        return redirect(f"{reverse('dispatch:share_out')}?{request.GET.urlencode()}")
    tasks = which.among(queries.pending_here(viewer))
    by_area = queries.counts_by_area(viewer, steps=viewer.within.count("/") + 1)
    names = names_of(viewer, by_area)
    context = {
        "form": form,
        "words": words,
        "number": tasks.order_by().values("id")[: MOST_AT_ONCE + 1].count(),
        "most": MOST_AT_ONCE,
        "cards": _cards(viewer, tasks.select_related("owner", "team", "post")[:_SAMPLE]),
        "areas": [(path, names[path]) for path in by_area],
        "kinds": TaskKind.choices,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "dispatch/share_out.html", context, status=status)


_SAMPLE = 6


def _shared_out(done: Assigned, to: str) -> str:
    said = ngettext(
        "%(n)d task was given: %(to)s.", "%(n)d tasks were given: %(to)s.", done.given
    ) % {"n": done.given, "to": to}
    if done.left:
        said += " " + ngettext(
            "%(n)d could not be given there and stays as it was.",
            "%(n)d could not be given there and stay as they were.",
            done.left,
        ) % {"n": done.left}
    return said


@require_GET
def workload(request: Request) -> HttpResponse:
    """Who has how much to do, by person and by team."""
    viewer = request.actor
    context = {
        "people": queries.load_by_person(viewer),
        "teams": queries.load_by_team(viewer),
        "counts": queries.counts(viewer),
        "most": queries.MOST_NAMED,
    }
    return render(request, "dispatch/workload.html", context)


def _answer(request: Request, changed: Task) -> HttpResponse:
    if request.htmx:
        card = _cards(request.actor, [changed])[0]
        return render(request, "dispatch/_card.html", {"card": card})
    return redirect(f"{reverse('dispatch:mine')}#task-{changed.id}")


def _page(
    request: Request,
    task_id: UUID,
    *,
    finish_form: FinishForm | None = None,
    refuse_form: RefuseForm | None = None,
    assign_form: AssignForm | None = None,
    reroute_form: RerouteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = request.actor
    shown = queries.get_task(viewer, task_id)
    card = _cards(viewer, [shown])[0]
    people = (
        queries.who_may_take(viewer, task_id)
        if viewer.may(Duty.DISPATCH, at=shown.area_path)
        else []
    )
    pending = shown.state in queries.PENDING
    theirs = card.mine or viewer.may(Duty.DISPATCH, at=shown.area_path)
    takeable = shown.state == Task.State.OPEN and queries.entitled(viewer, shown)
    if people and pending and reroute_form is None:
        reroute_form = RerouteForm(targets=targets(viewer, shown.area_path))
    context = {
        "card": card,
        "may_take": takeable,
        "may_end": pending and (theirs or takeable),
        "finish_form": finish_form or FinishForm(proof=shown.proof),
        "refuse_form": refuse_form or RefuseForm(),
        "assign_form": assign_form or (AssignForm(people=people) if people and pending else None),
        "reroute_form": reroute_form if people and pending else None,
        "steps": _steps(viewer, shown, card.place),
        "duty": Duty(shown.duty).label,
    }
    return render(request, "dispatch/task.html", context, status=status)


def _steps(viewer: Actor, shown: Task, place: str) -> list[tuple[Event, str, str]]:
    """What happened to the task, oldest first: the event, its sentence, who did it."""
    events = list(Event.objects.filter(subject_id=shown.id).order_by("seq"))
    names = dict(
        Account.objects.filter(id__in={event.actor_id for event in events}).values_list(
            "id", "display_name"
        )
    )
    return [
        (event, told(event, area=place), names.get(event.actor_id, _("by the rules")))
        for event in events
    ]
