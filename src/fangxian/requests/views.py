"""The pages of requests: what waits, one request, what units did, and the city's list."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import (
    ancestors_of,
    area_at,
    areas_by_numbers,
    areas_of_level,
    first_area,
    names_of,
)
from fangxian.areas.rules import numbers_on
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.http import Request as HttpRequest
from fangxian.kernel.http import live_page, paged
from fangxian.kernel.ids import read_code
from fangxian.kernel.ledger import told
from fangxian.kernel.models import Account, Event
from fangxian.people.queries import brief
from fangxian.people.sheets import refuse_too_large
from fangxian.requests import actions, forms, intake, queries
from fangxian.requests.handling import parts_of
from fangxian.requests.models import Category, Channel, Handling, Request, Urgency
from fangxian.workforce.queries import organisations_in, organisations_visible_to

TONES = {
    "raised": "wait",
    "grouped": "ended",
    "accepted": "wait",
    "dispatched": "open",
    "done": "open",
    "closed": "done",
}
_STEPS_TO_GRID = 6
_DAYS_OF_FIGURES = 30


class Card(NamedTuple):
    """A request in a list."""

    one: Request
    place: str
    tone: str
    late: bool
    others: int
    unit: str


def cards(viewer: Actor, rows: list[Request]) -> list[Card]:
    places = names_of(viewer, {one.area_path for one in rows})
    others = queries.others_of(viewer, rows)
    parts = parts_of(rows)
    at = now()
    return [
        Card(
            one,
            places[one.area_path],
            TONES[one.state],
            one.stage_due is not None and one.stage_due < at and one.state in queries.IN_HAND,
            others.get(one.id, 0),
            next(
                (
                    part.unit.name
                    for part in reversed(parts.get(one.id, []))
                    if part.role == Handling.Role.LEAD and part.handed_back_at is None
                ),
                "",
            ),
        )
        for one in rows
    ]


def places_to_choose(viewer: Actor, *, first: str = "") -> list[Area]:
    """Communities of the viewer's area; of a smaller area, itself."""
    found = list(areas_of_level(viewer, Area.Level.COMMUNITY))
    where = first_area(viewer)
    if not found and viewer.within:
        found = [area_at(viewer, viewer.within)]
    return [*([where] if where and where not in found else []), *found]


def units_to_choose(viewer: Actor, area_path: str) -> list[tuple[UUID, str]]:
    """The units that a place may be given to: its own, and those of the areas above it."""
    within = Actor(id=viewer.id, within=area_path, duties=viewer.duties, name=viewer.name)
    rows = organisations_visible_to(within).filter(dissolved_at=None)
    return list(rows.order_by("-area_path", "kind", "number").values_list("id", "name")[:400])


# What waits


@require_GET
def requests(request: HttpRequest) -> HttpResponse | FileResponse:
    viewer = request.actor
    form = forms.ListFilter(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    number = read_code("Q", said.get("code", "")) if said.get("code") else None
    rows = queries.requests_listed(
        viewer,
        state=said.get("state", ""),
        category=said.get("category", ""),
        urgency=said.get("urgency", ""),
        below=said.get("below", ""),
        unit_id=said.get("unit"),
        overdue=said.get("overdue", False),
        own=said.get("own", False),
        number=number,
    )
    if said.get("code") and number is None:
        rows = rows.none()
    if sheets.wanted(request):
        return _as_file(request, rows, said.get("below", ""))
    page = paged(rows, request.GET.get("mark", ""))
    context = {
        "page": page,
        "cards": cards(viewer, page.rows),
        "form": form,
        "waiting": queries.waiting_here(viewer, below=said.get("below", "")),
        "tab": "list",
        "below": said.get("below", ""),
        "below_name": _name_of(viewer, said.get("below", "")),
        **tabs(viewer),
    }
    return live_page(request, "requests/requests.html", "requests/_requests.html", context)


def tabs(viewer: Actor) -> dict[str, Any]:
    return {
        "sees_to": bool(queries.SEE_TO & viewer.duties),
        "on_calls": Duty.ANSWER_CALLS in viewer.duties,
        "sees_all": bool(queries.SEE_ALL & viewer.duties),
    }


def _name_of(viewer: Actor, path: str) -> str:
    return names_of(viewer, [path])[path] if path else ""


def _as_file(request: HttpRequest, rows: QuerySet[Request], below: str) -> FileResponse:
    header = [
        _("Number"), _("State"), _("Kind"), _("Urgency"), _("Place"), _("What is the matter"),
        _("Raised"), _("Due"), _("Unit in charge"), _("Asked together with"), _("Opened again"),
        _("Score"),
    ]  # fmt: skip
    states, kinds, urgencies = sheets.labels(Request.State, Category, Urgency)

    def shown(chunk: list[Request]) -> Iterator[list[Any]]:
        for card in cards(request.actor, chunk):
            one = card.one
            yield [
                one.code,
                states[one.state],
                kinds[one.category],
                urgencies[one.urgency],
                card.place,
                one.words,
                one.raised_at,
                one.stage_due,
                card.unit,
                card.others,
                one.reopened,
                one.score,
            ]

    lines = sheets.by_chunks(rows, shown)
    return sheets.download(request, sheets.List.REQUESTS, header, lines, area_path=below)


# A new one, by whoever works here


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    viewer = request.actor
    form = forms.RequestForm(
        request.POST or None,
        areas=places_to_choose(viewer),
        initial={"area": request.GET.get("at", "")},
    )
    if form.is_valid():
        said = form.cleaned_data
        raised = actions.raise_request(
            viewer,
            words=said["words"],
            category=said["category"],
            urgency=said["urgency"],
            area_path=said["area"],
            place=said["place"],
            by=said["phone"],
            channel=_channel_of(viewer),
            id=said["request_id"],
        )
        messages.success(request, _("Taken down as %(code)s.") % {"code": raised.code})
        return redirect("requests:request", raised.id)
    status = 422 if form.is_bound else 200
    return render(request, "requests/new.html", {"form": form}, status=status)


def _channel_of(viewer: Actor) -> str:
    if Duty.ANSWER_CALLS in viewer.duties:
        return Channel.HOTLINE
    if Duty.CARRY_OUT in viewer.duties:
        return Channel.GRID
    return Channel.GATE if Duty.GUARD in viewer.duties else Channel.COLLEAGUE


# One request


@require_GET
def request_(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _page(request, request_id)


class Stage(NamedTuple):
    """One stage with its clock: "met", "late", "runs" or ""."""

    label: str
    due: Any
    at: Any
    tone: str


def _stages(one: Request) -> list[Stage]:
    at = now()

    def stage(label: str, due: Any, done: Any) -> Stage:
        if due is None:
            return Stage(label, due, done, "done" if done else "")
        late = (done or at) > due
        return Stage(label, due, done, "late" if late else "done" if done else "wait")

    return [
        stage(_("Accepted"), one.accept_due, one.accepted_at or one.closed_at),
        stage(_("Dispatched"), one.dispatch_due, one.dispatched_at or one.done_at),
        stage(_("Done"), one.handle_due, one.done_at),
        stage(_("Confirmed"), one.confirm_due, one.closed_at),
        stage(_("In all"), one.overall_due, one.done_at or one.closed_at),
    ]


def _page(
    request: HttpRequest,
    request_id: UUID,
    *,
    bad: tuple[str, django_forms.Form] | None = None,
) -> HttpResponse:
    viewer = request.actor
    one = queries.get_request(viewer, request_id)
    sees_to = queries.sees_to(viewer, one.area_path)
    parts = parts_of([one]).get(one.id, [])
    at_work = [part for part in parts if part.done_at is None and part.handed_back_at is None]
    own_units = {part.unit_id for part in at_work if queries.of_unit(viewer, part.unit_id)}
    handles = sees_to or bool(own_units)
    leads = sees_to or any(p.unit_id in own_units and p.role == "lead" for p in at_work)
    chosen = [str(p.unit_id) for p in at_work if p.role == "helper"]
    lead = next((str(p.unit_id) for p in at_work if p.role == "lead"), "")
    in_hand = one.state in ("raised", "accepted", "dispatched")
    shown: dict[str, django_forms.Form | None] = {
        "dispatch_form": forms.DispatchForm(
            units=units_to_choose(viewer, one.area_path),
            initial={"lead": lead, "helpers": chosen},
        )
        if sees_to and in_hand
        else None,
        "answer_form": forms.AnswerForm() if leads and in_hand else None,
        "contact_form": forms.ContactForm() if handles and in_hand else None,
        "note_form": forms.NoteForm(),
        "part_form": forms.NoteForm(auto_id="part_%s"),
        "extension_form": forms.ExtensionForm(due=one.stage_due)
        if handles and in_hand and one.stage_due and one.stage_due > now()
        else None,
        "urgency_form": forms.UrgencyForm(initial={"urgency": one.urgency})
        if sees_to and in_hand
        else None,
        "back_form": forms.ReasonForm() if own_units and in_hand else None,
        "call_back_form": forms.CallBackForm() if sees_to and one.state == "done" else None,
        "reopen_form": forms.ReasonForm()
        if sees_to and one.state == "closed" and one.close_reason != "transfer"
        else None,
    }
    if bad is not None:
        shown[bad[0]] = bad[1]
    extension = queries.extension_open(viewer, one)
    people = [c.resident_id for c in one.concerned.all()]
    context = {
        "one": one,
        "card": cards(viewer, [one])[0],
        "stages": _stages(one),
        "parts": parts,
        "at_work": at_work,
        "own_units": own_units,
        "notes": _notes(viewer, one),
        "steps": _steps(viewer, one),
        "people": [(id_, who) for id_, who in brief(PLAYBOOK, people).items()],
        "others": list(one.others.order_by("raised_at")[:30]),
        "head": one.head,
        "similar": queries.similar_to(viewer, one) if sees_to and in_hand else [],
        "extension": extension,
        "may_decide": extension is not None and sees_to and extension.asked_by != viewer.id,
        "sees_to": sees_to,
        "handles": handles,
        "in_hand": in_hand,
        "transfer_url": _journey(one),
        "receiver": _name_of_account(one.first_receiver),
        "sees_people": Duty.SEE_REGISTER in viewer.duties,
        "back_units": [part for part in at_work if part.unit_id in own_units],
        **shown,
        **tabs(viewer),
    }
    return render(request, "requests/request.html", context, status=422 if bad else 200)


def _journey(one: Request) -> str:
    try:
        return reverse("care:transfer", args=[one.transfer_id]) if one.transfer_id else ""
    except NoReverseMatch:
        return ""


def _notes(viewer: Actor, one: Request) -> list[tuple[Any, str]]:
    rows = list(queries.notes_of(viewer, one))
    names = dict(
        Account.objects.filter(id__in={row.by for row in rows}).values_list("id", "display_name")
    )
    return [(row, names.get(row.by, _("whoever asked"))) for row in rows]


def _steps(viewer: Actor, one: Request) -> list[tuple[Event, str, str]]:
    """What happened, oldest first: the event, its sentence, who did it."""
    events = list(Event.objects.filter(subject_id=one.id).order_by("seq"))
    place = names_of(viewer, [one.area_path])[one.area_path]
    names = dict(
        Account.objects.filter(id__in={event.actor_id for event in events}).values_list(
            "id", "display_name"
        )
    )
    return [
        (event, told(event, area=place), names.get(event.actor_id, _("by the rules")))
        for event in events
    ]


def _name_of_account(account_id: UUID | None) -> str:
    if account_id is None:
        return ""
    found = Account.objects.filter(id=account_id).first()
    return found.display_name if found else _("by the rules")


def _done(
    request: HttpRequest,
    request_id: UUID,
    name: str,
    form: django_forms.Form | None,
    verb: Callable[[dict[str, Any]], Any],
    said: str,
) -> HttpResponse:
    """Read a form of the page, call its verb, and come back to the page."""
    queries.get_request(request.actor, request_id)
    if form is not None and not form.is_valid():
        return _page(request, request_id, bad=(name, form))
    verb(form.cleaned_data if form is not None else {})
    messages.success(request, said)
    return redirect("requests:request", request_id)


@require_POST
def accept(request: HttpRequest, request_id: UUID) -> HttpResponse:
    said = _("Accepted. You answer for it until it is closed.")
    verb = lambda _said: actions.accept_request(request.actor, request_id)  # noqa: E731
    return _done(request, request_id, "", None, verb, said)


@require_POST
def dispatch(request: HttpRequest, request_id: UUID) -> HttpResponse:
    viewer = request.actor
    one = queries.get_request(viewer, request_id)
    form = forms.DispatchForm(request.POST, units=units_to_choose(viewer, one.area_path))
    return _done(
        request,
        request_id,
        "dispatch_form",
        form,
        lambda said: actions.dispatch_request(
            viewer,
            request_id,
            lead=UUID(said["lead"]),
            helpers=[UUID(unit) for unit in said["helpers"]],
        ),
        _("The unit has it, with its time."),
    )


@require_POST
def contact(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "contact_form",
        forms.ContactForm(request.POST),
        lambda said: actions.note_contact(request.actor, request_id, words=said["words"]),
        _("Noted: whoever asked was spoken to."),
    )


@require_POST
def arrive(request: HttpRequest, request_id: UUID) -> HttpResponse:
    verb = lambda _said: actions.note_arrival(request.actor, request_id)  # noqa: E731
    return _done(request, request_id, "", None, verb, _("Noted: somebody is there."))


@require_POST
def finish(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "answer_form",
        forms.AnswerForm(request.POST),
        lambda said: actions.finish_request(request.actor, request_id, answer=said["answer"]),
        _("Done. Now whoever asked is to confirm it."),
    )


@require_POST
def finish_part(request: HttpRequest, request_id: UUID, unit_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "part_form",
        forms.NoteForm(request.POST, auto_id="part_%s"),
        lambda said: actions.finish_part(request.actor, request_id, unit_id, note=said["words"]),
        _("Your unit's part is done."),
    )


@require_POST
def hand_back(request: HttpRequest, request_id: UUID, unit_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "back_form",
        forms.ReasonForm(request.POST),
        lambda said: actions.hand_back(request.actor, request_id, unit_id, reason=said["reason"]),
        _("Handed back. Whoever received it first gives it to another unit."),
    )


@require_POST
def note(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "note_form",
        forms.NoteForm(request.POST),
        lambda said: actions.add_note(request.actor, request_id, words=said["words"]),
        _("Noted."),
    )


@require_POST
def urgency(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "urgency_form",
        forms.UrgencyForm(request.POST),
        lambda said: actions.change_urgency(request.actor, request_id, urgency=said["urgency"]),
        _("The clocks are those of the new urgency."),
    )


@require_POST
def extend(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "extension_form",
        forms.ExtensionForm(request.POST),
        lambda said: actions.ask_extension(
            request.actor, request_id, until=said["until"], reason=said["reason"]
        ),
        _("Asked. Somebody else decides; the clock runs until then."),
    )


@require_POST
def decide(request: HttpRequest, request_id: UUID, extension_id: UUID) -> HttpResponse:
    granted = request.POST.get("granted") == "yes"
    return _done(
        request,
        request_id,
        "",
        None,
        lambda _said: actions.decide_extension(request.actor, extension_id, granted=granted),
        _("More time was granted.") if granted else _("No more time was granted."),
    )


@require_POST
def call_back(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "call_back_form",
        forms.CallBackForm(request.POST),
        lambda said: actions.call_back(
            request.actor,
            request_id,
            outcome=said["outcome"],
            score=said["score"],
            words=said["words"],
        ),
        _("Noted what the caller says."),
    )


@require_POST
def reopen(request: HttpRequest, request_id: UUID) -> HttpResponse:
    return _done(
        request,
        request_id,
        "reopen_form",
        forms.ReasonForm(request.POST),
        lambda said: actions.reopen(request.actor, request_id, why=said["reason"]),
        _("Opened again, one level up."),
    )


@require_POST
def join(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Put those ticked together with this one."""
    others = [UUID(one) for one in request.POST.getlist("other") if _is_id(one)]
    number = len(others)
    return _done(
        request,
        request_id,
        "",
        None,
        lambda _said: actions.put_together(request.actor, request_id, others=others),
        ngettext("%(n)d put together.", "%(n)d put together.", number) % {"n": number},
    )


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@require_POST
def part(request: HttpRequest, request_id: UUID) -> HttpResponse:
    verb = lambda _said: actions.part(request.actor, request_id)  # noqa: E731
    return _done(request, request_id, "", None, verb, _("It is seen to by itself again."))


# By place, by unit


@require_GET
def places(request: HttpRequest) -> HttpResponse:
    """Where people wait, on the map and in words."""
    viewer = request.actor
    by_grid = queries.waiting_by_place(viewer, steps=_STEPS_TO_GRID)
    numbers = {path: numbers_on(path)[-1] for path in by_grid}
    by_community = queries.waiting_by_place(viewer, steps=_STEPS_TO_GRID - 1)
    names = names_of(viewer, by_community)
    rows = sorted(
        ((path, names[path], one) for path, one in by_community.items()),
        key=lambda row: (-row[2].rank, -row[2].open, row[1]),
    )
    known = areas_by_numbers(viewer, numbers.values())
    context = {
        "rows": rows,
        "tab": "places",
        "waiting": queries.waiting_here(viewer),
        "levels": {
            str(numbers[path]): {"level": one.rank, "score": one.open}
            for path, one in by_grid.items()
            if numbers[path] in known
        },
        "map": {
            "grids": reverse("areas:map_grids"),
            "subdistricts": reverse("areas:map_subdistricts"),
            "district": reverse("areas:map_district"),
            "neighbours": reverse("areas:map_context"),
        },
        "words": {
            "levels": [
                str(_("nobody waits")),
                str(_("somebody waits")),
                str(_("very urgent")),
                str(_("overdue")),
            ],
            "zoom_in": _("Zoom in"),
            "zoom_out": _("Zoom out"),
            "score": _("Requests that wait"),
            "cases7": "",
            "residents": _("Residents"),
            "open": _("Open this grid"),
            "close": _("Close"),
        },
        **tabs(viewer),
    }
    return render(request, "requests/places.html", context)


@require_GET
def figures(request: HttpRequest) -> HttpResponse | FileResponse:
    """What units did with what they were given: response, resolution, satisfaction."""
    viewer = request.actor
    since = now() - timedelta(days=_DAYS_OF_FIGURES)
    rows = queries.figures_by_unit(viewer, since=since)
    if sheets.wanted(request):
        header = [
            _("Unit in charge"), _("Requests given"), _("Done in time"), _("Done late"), _("Open"),
            _("Overdue"),
            _("Response %"), _("Resolution %"), _("Satisfaction %"), _("In time %"),
            _("Dissatisfied"), _("Opened again"),
        ]  # fmt: skip
        lines = [
            [
                one.name, one.given, one.in_time, one.late, one.open, one.overdue,
                one.response_rate, one.resolution_rate, one.satisfaction_rate, one.in_time_rate,
                one.bad, one.reopened,
            ]
            for one in rows
        ]  # fmt: skip
        return sheets.download(request, sheets.List.REQUEST_FIGURES, header, lines)
    context = {
        "rows": rows,
        "days": _DAYS_OF_FIGURES,
        "since": localtime(since),
        "whistles": queries.whistle_figures(viewer, since=since),
        "tab": "figures",
        **tabs(viewer),
    }
    return render(request, "requests/figures.html", context)


# The city's list


@require_http_methods(["GET", "POST"])
def city(request: HttpRequest) -> HttpResponse:
    viewer = request.actor
    form = forms.CityListForm(request.POST or None, request.FILES or None)
    taken = None
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        refuse_too_large(file.size)
        where = first_area(viewer)
        if where is None:
            raise NotFound(_("place"))
        path = viewer.within or _district(viewer, where)
        taken = intake.take_in_city_list(viewer, file.read(), area_path=path)
    context = {"form": form, "taken": taken, "tab": "city", **tabs(viewer)}
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "requests/city.html", context, status=status)


def _district(viewer: Actor, where: Area) -> str:
    """The district of this house, for who sees all of it."""
    above = [one for one in ancestors_of(viewer, where) if one.level == Area.Level.DISTRICT]
    found = areas_of_level(viewer, Area.Level.DISTRICT).first()
    district = above[-1] if above else found or where
    return str(district.path)


def units_in(viewer: Actor, area_path: str) -> list[tuple[UUID, str]]:
    return list(organisations_in(viewer, area_path).values_list("id", "name"))
