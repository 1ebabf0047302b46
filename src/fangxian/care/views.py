"""The clock of everybody on the way to care, and one journey."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.queries import names_of
from fangxian.care import actions, queries
from fangxian.care.forms import (
    CloseForm,
    HandOverForm,
    ReturnForm,
    TriageForm,
    TurnAwayForm,
    VehicleForm,
)
from fangxian.care.models import CareTransfer, Escort, Means, Protection, Step, What
from fangxian.care.treatments import BOOKERS
from fangxian.dispatch.kinds import TaskLevel
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Malformed
from fangxian.kernel.http import Request, live_page, paged
from fangxian.kernel.models import Account
from fangxian.measures.queries import orders_of, people_to_send, risk_areas_over
from fangxian.people.queries import Brief, brief
from fangxian.protocol.vocabulary import CARE

_TONES = {
    "requested": "wait",
    "triaged": "wait",
    "vehicle_assigned": "open",
    "departed": "open",
    "handed_over": "done",
    "returning": "open",
    "done": "ended",
}
_SHOWN = 200
_WARD_OF = {
    "labour": "birth",
    "life_threatening": "emergency",
}
_WARD_FOR_NEED = {
    "dialysis": "dialysis",
    "pregnancy": "birth",
    "newborn": "infants",
    "cancer_treatment": "tumour",
}


def tabs(viewer: Actor) -> dict[str, Any]:
    """What the tabs over every page of the room need."""
    visits = queries.visit_counts(viewer) if queries.VISITORS & viewer.duties else None
    return {
        "ringing_now": queries.ringing(viewer).count(),
        "missed_now": visits.missed if visits else 0,
        "sees_visits": visits is not None,
        "sees_ready": bool(queries.LISTENERS & viewer.duties or Duty.MANAGE_AREAS in viewer.duties),
    }


@dataclass(frozen=True, slots=True)
class Row:
    """A journey in a list; `person` is None where nobody knows who it is, or the viewer may not."""

    one: CareTransfer
    person: Brief | None
    place: str
    tone: str
    late: bool
    level: str


def rows_of(viewer: Actor, transfers: Iterable[CareTransfer]) -> list[Row]:
    found = list(transfers)
    persons = brief(viewer, [one.resident_id for one in found if one.resident_id])
    places = names_of(viewer, {one.area_path for one in found})
    at = now()
    return [
        Row(
            one,
            persons.get(one.resident_id) if one.resident_id else None,
            places[one.area_path],
            _TONES[one.state],
            one.due_at is not None and one.due_at <= at,
            str(TaskLevel.at(one.level).label),
        )
        for one in found
    ]


@require_GET
def clock(request: Request) -> HttpResponse:
    """Everybody who is waited for, on the way, in care or coming back; what rings stands first."""
    viewer = request.actor
    every = list(queries.under_way(viewer).order_by("due_at", "id")[:_SHOWN])
    rows = rows_of(viewer, every)
    exits = list(queries.exits_without_journey(viewer)[:20])
    people = brief(viewer, [one.resident_id for one in exits])
    places = names_of(viewer, [one.area_path for one in exits])
    context = {
        "counts": queries.counts(viewer),
        "ringing": [row for row in rows if row.late],
        "rows": [row for row in rows if not row.late],
        "ahead": rows_of(viewer, queries.rides_ahead(viewer)[:20]),
        "exits": [(one, people.get(one.resident_id), places[one.area_path]) for one in exits],
        "full": len(every) == _SHOWN,
        **tabs(viewer),
    }
    return live_page(request, "care/clock.html", "care/_clock.html", context)


@require_GET
def transfers(request: Request) -> HttpResponse | FileResponse:
    """Every journey, the newest first."""
    viewer = request.actor
    state, what = request.GET.get("state", ""), request.GET.get("what", "")
    found = queries.transfers_listed(viewer, state=state, what=what)
    if sheets.wanted(request):
        return _as_file(request, found)
    page = paged(found, request.GET.get("mark", ""))
    context = {
        "page": page,
        "rows": rows_of(viewer, page.rows),
        "state": state,
        "what": what,
        "states": CareTransfer.State.choices,
        "whats": What.choices,
        **tabs(viewer),
    }
    return render(request, "care/transfers.html", context)


def _as_file(request: Request, found: Any) -> FileResponse:
    header = [
        _("Number"), _("Name"), _("What for"), _("Place"), _("How"), _("Hospital"),
        pgettext("care", "Asked for"), _("Looked at"), _("Vehicle named"), _("Left"),
        _("Handed over"), _("Complete"), _("State"),
    ]  # fmt: skip
    whats, means, states = sheets.labels(What, Means, CareTransfer.State)

    def shown(chunk: list[CareTransfer]) -> Iterator[list[Any]]:
        for row in rows_of(request.actor, chunk):
            one = row.one
            yield [
                one.code, row.person.name if row.person else "", whats[one.what], row.place,
                means.get(one.means, ""), one.hospital.name if one.hospital else "",
                one.asked_at, one.triaged_at, one.assigned_at, one.departed_at,
                one.handed_over_at, one.done_at, states[one.state],
            ]  # fmt: skip

    rows = sheets.by_chunks(found, shown)
    return sheets.download(request, sheets.List.CARE_JOURNEYS, header, rows)


@require_GET
def new(request: Request) -> HttpResponse:
    """One step: for somebody who is looked up, or for somebody whom nobody knows."""
    viewer = request.actor
    search = request.GET.get("search", "")
    named = _uuid(request.GET.get("resident", ""))
    found = people_to_send(viewer, search)
    if named is not None:
        found = [*brief(viewer, [named]).values(), *found]
    places = names_of(viewer, {one.area_path for one in found})
    context = {
        "search": search,
        "found": [(one, places[one.area_path]) for one in found],
        "whats": What.choices,
        "here": names_of(viewer, [viewer.within]).get(viewer.within, ""),
        **tabs(viewer),
    }
    return render(request, "care/new.html", context)


@require_POST
def ask(request: Request) -> HttpResponse:
    """No form stands between a person and care: what cannot be read is left out."""
    viewer = request.actor
    said = request.POST
    asked = actions.request_transfer(
        viewer,
        _uuid(said.get("resident", "")),
        area_path=said.get("area_path", ""),
        what=said.get("what", ""),
        channel="page",
        by_phone=said.get("by_phone", ""),
        words=said.get("words", ""),
        id=_uuid(said.get("id", "")),
    )
    return redirect("care:transfer", asked.id)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


# One journey


@require_GET
def transfer(request: Request, transfer_id: UUID) -> HttpResponse:
    return _transfer(request, transfer_id)


@require_GET
def of_exit(request: Request, exit_id: UUID) -> HttpResponse:
    """From an emergency exit to its journey; where there is none, to the exits."""
    found = queries.transfer_of_exit(request.actor, exit_id)
    if found is None:
        messages.info(request, _("No journey was asked for with this exit."))
        return redirect("measures:exit", exit_id)
    return redirect("care:transfer", found.id)


@dataclass(frozen=True, slots=True)
class Minute:
    """One line of the clock: who said it, in their own words where they wrote any."""

    step: Step
    by: str
    detail: str
    note: str
    tone: str
    after: Any


_STEP_TONES = {
    "climbed": "bad",
    "missed": "bad",
    "turned_away": "bad",
    "no_ambulance": "bad",
    "worsened": "bad",
    "handed_over": "good",
    "done": "good",
}


def _minutes(viewer: Actor, found: CareTransfer, *, reads: bool) -> list[Minute]:
    steps = queries.clock_of(viewer, found.id)
    ids = {step.by_id for step in steps}
    names = dict(Account.objects.filter(id__in=ids).values_list("id", "display_name"))
    names[PLAYBOOK.id] = _("the system")
    return [
        Minute(
            step,
            names.get(step.by_id, "—"),
            _detail(step),
            step.note.reveal() if step.note and reads else "",
            _STEP_TONES.get(step.kind, ""),
            step.at - found.asked_at,
        )
        for step in steps
    ]


def _detail(step: Step) -> str:
    """What was added, in words where it is one of ours."""
    for kind, words in (
        ("triaged", Means),
        ("departed", Means),
        ("assigned", Means),
        ("worsened", What),
        ("done", CareTransfer.Outcome),
    ):
        if step.kind == kind and step.detail in words.values:
            return str(words(step.detail).label)
    if step.kind == Step.Kind.CLIMBED and step.detail.isdigit():
        return str(TaskLevel.at(int(step.detail)).label)
    return step.detail


def _transfer(
    request: Request, transfer_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    found = queries.get_transfer(viewer, transfer_id)
    row = rows_of(viewer, [found])[0]
    proposed = queries.suggestion_for(viewer, found)
    needs = queries.needs_of(viewer, found)
    reads = bool(queries.LISTENERS & viewer.duties) or found.asked_by == viewer.id
    ward = _ward(found, needs)
    paired = queries.hospitals_for(viewer, found.area_path, ward=ward)
    hospitals = _hospitals(viewer, paired)
    before = found.state in {"requested", "triaged", "vehicle_assigned"}
    may = viewer.sees(found.area_path)
    forms_: dict[str, forms.Form | None] = {
        "triage_form": TriageForm(
            hospitals=hospitals,
            initial={
                "what": found.what,
                "means": found.means or proposed.means,
                "escort": found.escort or proposed.escort,
                "hospital": found.hospital_id or (paired[0].site_id if paired else ""),
            },
            auto_id="triage_%s",
        )
        if before
        else None,
        "vehicle_form": VehicleForm(
            initial={"means": found.means or proposed.means}, auto_id="vehicle_%s"
        )
        if found.state == "triaged"
        else None,
        "hand_over_form": HandOverForm(hospitals=hospitals, auto_id="hand_over_%s")
        if found.state == "departed"
        else None,
        "turn_away_form": TurnAwayForm(hospitals=hospitals, auto_id="turn_away_%s")
        if found.state == "departed"
        else None,
        "return_form": ReturnForm(auto_id="return_%s") if found.state == "handed_over" else None,
        "close_form": CloseForm(left=found.departed_at is not None, auto_id="close_%s")
        if found.state != "done"
        else None,
    }
    search = request.GET.get("search", "")
    context = {
        "row": row,
        "one": found,
        "before": before,
        "may": may,
        "reads": reads,
        "said": found.said.reveal() if found.said and reads else "",
        "call_back": found.by_phone.reveal() if found.by_phone and reads else "",
        "received_by": found.received_by.reveal() if found.received_by and reads else "",
        "minutes": _minutes(viewer, found, reads=reads),
        "proposed": proposed,
        "proposed_means": Means(proposed.means).label,
        "proposed_otherwise": Means(proposed.otherwise).label,
        "proposed_escort": Escort(proposed.escort).label,
        "proposed_protection": Protection(proposed.protection).label,
        "needs": [CARE[need] for need in needs if need in CARE] if may else [],
        "paired": paired,
        "cars": queries.cars_for(viewer, found.area_path) if before else [],
        "busy": queries.vehicles_under_way(viewer) if before else set(),
        "orders": _restrictions(viewer, found),
        "risk_areas": list(risk_areas_over(PLAYBOOK, found.area_path)) if may else [],
        "may_book": bool(
            found.resident_id and any(viewer.may(duty, at=found.area_path) for duty in BOOKERS)
        ),
        "search": search,
        "found": people_to_send(viewer, search) if found.resident_id is None else [],
        **(forms_ if may else {}),
        **invalid,
        **tabs(viewer),
    }
    whole, part = "care/transfer.html", "care/_minutes.html"
    return live_page(request, whole, part, context, status=status)


def _restrictions(viewer: Actor, found: CareTransfer) -> list[Any]:
    """What applies to the person: facts for the crew and the hospital, never grounds."""
    if found.resident_id is None or not queries.LISTENERS & viewer.duties:
        return []
    return list(orders_of(PLAYBOOK, found.resident_id).filter(state="in_force")[:5])


def _ward(found: CareTransfer, needs: list[str]) -> str:
    if found.what in _WARD_OF:
        return _WARD_OF[found.what]
    return next((_WARD_FOR_NEED[need] for need in needs if need in _WARD_FOR_NEED), "")


def _hospitals(viewer: Actor, paired: list[Any]) -> list[tuple[str, str]]:
    """The paired ones first, by whom to call; then every other."""
    first = [(str(one.site_id), f"{one.site.name} · {one.contact} {one.phone}") for one in paired]
    known = {one.site_id for one in paired}
    others = [
        (str(site.id), site.name)
        for site in queries.hospitals_to_choose(viewer)
        if site.id not in known
    ]
    return [*first, *others]


def _choices(request: Request, transfer_id: UUID) -> list[tuple[str, str]]:
    found = queries.get_transfer(request.actor, transfer_id)
    return _hospitals(request.actor, queries.hospitals_for(request.actor, found.area_path))


@require_POST
def triage(request: Request, transfer_id: UUID) -> HttpResponse:
    form = TriageForm(request.POST, hospitals=_choices(request, transfer_id), auto_id="triage_%s")
    if not form.is_valid():
        return _transfer(request, transfer_id, status=422, triage_form=form)
    said = form.cleaned_data
    actions.triage(
        request.actor,
        transfer_id,
        means=said["means"],
        what=said["what"],
        hospital_id=_uuid(said["hospital"]),
        escort=said["escort"],
        note=said["note"],
    )
    return redirect("care:transfer", transfer_id)


@require_POST
def no_ambulance(request: Request, transfer_id: UUID) -> HttpResponse:
    actions.say_no_ambulance(request.actor, transfer_id)
    messages.warning(request, _("The street sends a car at once: its task is open."))
    return redirect("care:transfer", transfer_id)


@require_POST
def vehicle(request: Request, transfer_id: UUID) -> HttpResponse:
    form = VehicleForm(request.POST, auto_id="vehicle_%s")
    if not form.is_valid():
        return _transfer(request, transfer_id, status=422, vehicle_form=form)
    actions.assign_vehicle(request.actor, transfer_id, **form.cleaned_data)
    return redirect("care:transfer", transfer_id)


@require_POST
def depart(request: Request, transfer_id: UUID) -> HttpResponse:
    actions.depart(request.actor, transfer_id)
    return redirect("care:transfer", transfer_id)


@require_POST
def turn_away(request: Request, transfer_id: UUID) -> HttpResponse:
    form = TurnAwayForm(
        request.POST, hospitals=_choices(request, transfer_id), auto_id="turn_away_%s"
    )
    said = form.cleaned_data if form.is_valid() else {"hospital": "", "note": ""}
    actions.turn_away(
        request.actor, transfer_id, hospital_id=_uuid(said["hospital"]), note=said["note"]
    )
    return redirect("care:transfer", transfer_id)


@require_POST
def hand_over(request: Request, transfer_id: UUID) -> HttpResponse:
    actions.hand_over(
        request.actor,
        transfer_id,
        hospital_id=_uuid(request.POST.get("hospital", "")),
        received_by=request.POST.get("received_by", ""),
    )
    return redirect("care:transfer", transfer_id)


@require_POST
def begin_return(request: Request, transfer_id: UUID) -> HttpResponse:
    form = ReturnForm(request.POST, auto_id="return_%s")
    if not form.is_valid():
        return _transfer(request, transfer_id, status=422, return_form=form)
    actions.begin_return(request.actor, transfer_id, **form.cleaned_data)
    return redirect("care:transfer", transfer_id)


@require_POST
def disinfected(request: Request, transfer_id: UUID) -> HttpResponse:
    actions.note_disinfected(request.actor, transfer_id)
    return redirect("care:transfer", transfer_id)


@require_POST
def close(request: Request, transfer_id: UUID) -> HttpResponse:
    found = queries.get_transfer(request.actor, transfer_id)
    form = CloseForm(request.POST, left=found.departed_at is not None, auto_id="close_%s")
    if not form.is_valid():
        return _transfer(request, transfer_id, status=422, close_form=form)
    actions.close(request.actor, transfer_id, **form.cleaned_data)
    return redirect("care:transfer", transfer_id)


@require_POST
def identify(request: Request, transfer_id: UUID) -> HttpResponse:
    resident_id = _uuid(request.POST.get("resident", ""))
    if resident_id is None:
        raise Malformed(_("Look the person up, then press the button again."))
    actions.identify(request.actor, transfer_id, resident_id)
    return redirect("care:transfer", transfer_id)
