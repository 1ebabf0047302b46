"""The pages of emergency exits."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.models import Site
from fangxian.areas.queries import names_of, sites_of_kind
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Malformed
from fangxian.kernel.http import Request, paged
from fangxian.measures import actions, queries
from fangxian.measures.forms import (
    EXIT_KINDS,
    NoteForm,
)
from fangxian.measures.listing import FIELD, rows_of, uuid_in
from fangxian.measures.models import EmergencyExit
from fangxian.people.queries import brief


@require_GET
def exits(request: Request) -> HttpResponse | FileResponse:
    """Whoever is named in the address, or found by what was typed, can be sent at once."""
    viewer = request.actor
    if sheets.wanted(request):
        return _exits_as_file(request)
    search = request.GET.get("search", "")
    named = uuid_in(request.GET.get("resident", ""))
    found = queries.people_to_send(viewer, search)
    if named is not None:
        found = [*brief(viewer, [named]).values(), *found]
    page = paged(queries.exits_listed(viewer), request.GET.get("mark", ""))
    places = names_of(viewer, {one.area_path for one in found})
    context = {
        "page": page,
        "rows": rows_of(viewer, page.rows)[0],
        "search": search,
        "found": [(one, places[one.area_path]) for one in found],
        "kinds": EXIT_KINDS,
        "hospitals": sites_of_kind(PLAYBOOK, Site.Kind.HOSPITAL),
    }
    return render(request, "measures/exits.html", context)


def _exits_as_file(request: Request) -> FileResponse:
    header = [_("Number"), _("Name"), _("What for"), _("Place"), _("Left"), _("State")]
    kinds, states = sheets.labels(EmergencyExit.Kind, EmergencyExit.State)
    incomplete = _("record to be completed")

    def shown(chunk: list[EmergencyExit]) -> Iterator[list[Any]]:
        for row, one in zip(rows_of(request.actor, chunk)[0], chunk, strict=True):
            state = states[one.state]
            yield [
                one.code,
                row.person.name if row.person else "",
                kinds[one.kind],
                row.place,
                one.left_at,
                state if one.cleared_at else f"{state} · {incomplete}",
            ]

    rows = sheets.by_chunks(queries.exits_listed(request.actor), shown)
    return sheets.download(request, sheets.List.EXITS, header, rows)


@require_POST
def leave(request: Request) -> HttpResponse:
    """No form stands between a person and care: what cannot be read is left out."""
    resident_id = uuid_in(request.POST.get("resident", ""))
    if resident_id is None:
        raise Malformed(_("Say who leaves: look the person up, then press the button again."))
    left = actions.leave_for_emergency_care(
        request.actor,
        resident_id,
        kind=request.POST.get("kind", ""),
        hospital_id=uuid_in(request.POST.get("hospital", "")),
    )
    return redirect("measures:exit", left.id)


def exit_(
    request: Request, exit_id: UUID, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    found = queries.get_exit(viewer, exit_id)
    context = {
        "exit": found,
        "person": brief(viewer, [found.resident_id]).get(found.resident_id),
        "place": names_of(viewer, [found.area_path])[found.area_path],
        "orders": queries.orders_then(viewer, exit_id),
        "risk_areas": queries.risk_areas_then(viewer, exit_id),
        "hospitals": sites_of_kind(PLAYBOOK, Site.Kind.HOSPITAL),
        "may_clear": bool(FIELD & viewer.duties),
        "note_form": NoteForm(auto_id="clear_%s"),
        **invalid,
    }
    return render(request, "measures/exit.html", context, status=status)


@require_POST
def hand_over(request: Request, exit_id: UUID) -> HttpResponse:
    hospital_id = uuid_in(request.POST.get("hospital", ""))
    actions.hand_over_patient(request.actor, exit_id, hospital_id=hospital_id)
    return redirect("measures:exit", exit_id)


@require_POST
def come_back(request: Request, exit_id: UUID) -> HttpResponse:
    actions.return_from_care(request.actor, exit_id)
    return redirect("measures:exit", exit_id)


@require_POST
def clear(request: Request, exit_id: UUID) -> HttpResponse:
    form = NoteForm(request.POST, auto_id="clear_%s")
    if not form.is_valid():
        return exit_(request, exit_id, 422, note_form=form)
    actions.clear_exit(request.actor, exit_id, **form.cleaned_data)
    return redirect("measures:exit", exit_id)
