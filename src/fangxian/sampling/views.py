from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Site
from fangxian.areas.queries import names_of, sites_of_kind
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.kernel.http import Request, paged
from fangxian.kernel.ledger import told
from fangxian.kernel.models import Account, Event
from fangxian.people.errors import FileRefused
from fangxian.people.queries import Brief, brief
from fangxian.sampling import actions, queries, sheet
from fangxian.sampling.clocks import steps_of
from fangxian.sampling.forms import CorrectForm, EntryForm, ImportForm, ResultForm, VoidForm
from fangxian.sampling.models import Tube

_TONES = {
    "open": "",
    "sealed": "wait",
    "negative": "done",
    "positive": "late",
    "invalid": "late",
    "void": "ended",
}
_LISTS = {
    "awaiting": (gettext_lazy("Awaiting a result"), queries.tubes_awaiting_result),
    "reported": (gettext_lazy("With a result"), queries.tubes_with_result),
    "disputed": (gettext_lazy("Laboratories disagree"), queries.tubes_disputed),
}


class Row(NamedTuple):
    """A tube in a list, with its place in words."""

    tube: Tube
    place: str
    tone: str


def _rows(viewer: Actor, tubes: Iterable[Tube]) -> list[Row]:
    found = list(tubes)
    places = names_of(viewer, {tube.area_path for tube in found})
    return [Row(tube, places[tube.area_path], _TONES[tube.state]) for tube in found]


def _laboratories(viewer: Actor) -> list[Site]:
    return list(sites_of_kind(viewer, Site.Kind.LABORATORY))


# Lists and results one after the other


@require_GET
def tubes(request: Request) -> HttpResponse | FileResponse:
    """Tubes by what they wait for, and the place to enter results by keyboard."""
    viewer = request.actor
    said = request.GET.get("barcode", "").strip()
    if said:
        return redirect("sampling:tube", queries.tube_by_barcode(viewer, said).id)
    show = request.GET.get("show", "")
    show = show if show in _LISTS else "awaiting"
    listed = _LISTS[show][1](viewer)
    if sheets.wanted(request):
        return _as_file(request, listed)
    page = paged(listed, request.GET.get("mark", ""))
    context = {
        "page": page,
        "rows": _rows(viewer, page.rows),
        "show": show,
        "lists": [(name, label) for name, (label, _list) in _LISTS.items()],
        "may_enter": Duty.ENTER_RESULTS in viewer.duties,
        "form": _entry_form(viewer, request.GET),
    }
    return render(request, "sampling/tubes.html", context)


def _as_file(request: Request, tubes: QuerySet[Tube]) -> FileResponse:
    header = [
        _("Tube"), _("State"), _("Taken for"), _("Swabs"), _("Place"), _("Sealed"), _("Measured"),
    ]  # fmt: skip
    states, purposes = sheets.labels(Tube.State, Tube.Purpose)

    def shown(chunk: list[Tube]) -> Iterator[list[Any]]:
        for tube, place, _tone in _rows(request.actor, chunk):
            yield [
                tube.barcode,
                states[tube.state],
                purposes[tube.purpose],
                tube.swabs,
                place,
                tube.sealed_at,
                tube.result_at,
            ]

    rows = sheets.by_chunks(tubes, shown)
    return sheets.download(request, sheets.List.TUBES, header, rows)


def _entry_form(viewer: Actor, kept: Any) -> EntryForm:
    """An empty form that keeps what stays the same from one tube to the next."""
    initial = {
        "measured_at": kept.get("measured_at") or now(),
        "laboratory_id": kept.get("laboratory_id") or "",
    }
    form = EntryForm(initial=initial, laboratories=_laboratories(viewer))
    form.fields["barcode"].widget.attrs["autofocus"] = True
    return form


@require_POST
def enter_result(request: Request) -> HttpResponse:
    """One result by the tube's code. What was typed stays when it is refused."""
    viewer = request.actor
    form = EntryForm(request.POST, laboratories=_laboratories(viewer))
    status = 422
    if form.is_valid():
        said = dict(form.cleaned_data)
        try:
            tube = queries.tube_by_barcode(viewer, said.pop("barcode"))
            tube = actions.report_tube_result(viewer, tube.id, **said)
        except Refusal as refusal:  # said beside the field, where the next keystroke goes
            form.add_error("barcode", refusal.message)
            status = refusal.status
        else:
            return _entered(request, tube)
    unclear = next((name for name in form.fields if name in form.errors), "barcode")
    form.fields[unclear].widget.attrs["autofocus"] = True
    if request.htmx:
        return render(request, "sampling/_entry.html", {"form": form}, status=status)
    context = {"form": form, "lists": [], "may_enter": True}
    return render(request, "sampling/tubes.html", context, status=status)


def _entered(request: Request, tube: Tube) -> HttpResponse:
    if request.htmx:
        context = {
            "form": _entry_form(request.actor, request.POST),
            "row": _rows(request.actor, [tube])[0],
        }
        return render(request, "sampling/_entered.html", context)
    said = {"tube": tube.barcode, "finding": tube.get_state_display()}
    messages.success(request, _("Tube %(tube)s is %(finding)s.") % said)
    kept = request.POST.copy()
    for name in ("barcode", "finding", "csrfmiddlewaretoken"):
        kept.pop(name, None)
    return redirect(f"{reverse('sampling:tubes')}?{kept.urlencode()}")


@require_http_methods(["GET", "POST"])
def import_results(request: Request) -> HttpResponse:
    """A laboratory's file: what can be loaded is, the rest is named with line and reason."""
    viewer = request.actor
    viewer.must(Duty.ENTER_RESULTS)
    laboratories = _laboratories(viewer)
    form = ImportForm(request.POST or None, request.FILES or None, laboratories=laboratories)
    outcome = None
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            outcome = actions.import_results(
                viewer,
                form.cleaned_data["file"],
                laboratory_id=form.cleaned_data.get("laboratory_id"),
            )
        except FileRefused as refusal:  # said beside the field
            form.add_error("file", refusal.message)
        else:
            form = ImportForm(laboratories=laboratories)
    if form.errors:
        status = 422
    context = {"form": form, "outcome": outcome}
    return render(request, "sampling/import.html", context, status=status)


# One tube


@require_GET
def tube(request: Request, tube_id: UUID) -> HttpResponse:
    return _page(request, tube_id)


@require_POST
def result(request: Request, tube_id: UUID) -> HttpResponse:
    form = ResultForm(request.POST, laboratories=_laboratories(request.actor))
    if not form.is_valid():
        return _page(request, tube_id, result_form=form, status=422)
    actions.report_tube_result(request.actor, tube_id, **form.cleaned_data)
    return redirect("sampling:tube", tube_id)


@require_POST
def correct(request: Request, tube_id: UUID) -> HttpResponse:
    form = CorrectForm(request.POST, laboratories=_laboratories(request.actor))
    if not form.is_valid():
        return _page(request, tube_id, correct_form=form, status=422)
    actions.correct_tube_result(request.actor, tube_id, **form.cleaned_data)
    return redirect("sampling:tube", tube_id)


@require_POST
def void(request: Request, tube_id: UUID) -> HttpResponse:
    form = VoidForm(request.POST)
    if not form.is_valid():
        return _page(request, tube_id, void_form=form, status=422)
    actions.void_tube(request.actor, tube_id, **form.cleaned_data)
    return redirect("sampling:tube", tube_id)


@require_GET
def certificate(request: Request, tube_id: UUID, resident_id: UUID) -> HttpResponse:
    """A signed result on paper."""
    issued = actions.issue_certificate(request.actor, tube_id, resident_id)
    response = HttpResponse(sheet.certificate(issued), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{issued.barcode}.pdf"'
    patch_cache_control(response, private=True, no_store=True)
    return response


class Member(NamedTuple):
    """Somebody in a tube; `person` is None where the viewer does not see whom."""

    resident_id: UUID
    taken_at: Any
    person: Brief | None


def _page(
    request: Request,
    tube_id: UUID,
    *,
    result_form: ResultForm | None = None,
    correct_form: CorrectForm | None = None,
    void_form: VoidForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = request.actor
    shown = queries.get_tube(viewer, tube_id)
    row = _rows(viewer, [shown])[0]
    swabs = list(queries.swabs_in(viewer, tube_id))
    calls = list(queries.calls_about(viewer, tube_id))
    people = brief(
        viewer, {swab.resident_id for swab in swabs} | {call.resident_id for call in calls}
    )
    enters = viewer.may(Duty.ENTER_RESULTS, at=shown.area_path)
    collects = viewer.may(Duty.COLLECT_SAMPLES, at=shown.area_path)
    if enters and shown.state == Tube.State.SEALED and result_form is None:
        result_form = ResultForm(initial={"measured_at": now()}, laboratories=_laboratories(viewer))
    if enters and shown.result_at is not None and correct_form is None:
        correct_form = CorrectForm(
            initial={"measured_at": now()}, laboratories=_laboratories(viewer)
        )
    if collects and shown.state in {Tube.State.OPEN, Tube.State.SEALED} and void_form is None:
        void_form = VoidForm()
    context = {
        "row": row,
        "tube": shown,
        "members": [
            Member(swab.resident_id, swab.taken_at, people.get(swab.resident_id)) for swab in swabs
        ],
        "reports": list(queries.reports_on(viewer, tube_id)),
        "retests": _rows(viewer, queries.retests_of(viewer, tube_id)),
        "calls": [(call, people.get(call.resident_id)) for call in calls],
        "clocks": steps_of(shown, calls),
        "boxes": queries.boxes_with(viewer, shown),
        "steps": _steps(shown, row.place),
        "sees_people": Duty.SEE_REGISTER in viewer.duties,
        "result_form": result_form,
        "correct_form": correct_form,
        "void_form": void_form,
    }
    return render(request, "sampling/tube.html", context, status=status)


def _steps(shown: Tube, place: str) -> list[tuple[Event, str, str]]:
    """What happened to the tube, oldest first: the event, its sentence, who did it."""
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
