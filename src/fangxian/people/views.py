"""The pages of the register: parse, call one verb, show one page."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_visible_to
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.http import Request, paged
from fangxian.people import actions, doors, exporting, forms, queries, rules, sheets
from fangxian.people.deaths import note_death, take_back_death
from fangxian.people.errors import CannotMerge, NobodyFound
from fangxian.people.models import DuplicateOffer, ImportRun, Need, Resident, Stay
from fangxian.people.records import Particulars

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STATES = {"waiting": "wait", "running": "wait", "done": "done", "refused": "late"}


# The list


@dataclass(frozen=True, slots=True)
class Row:
    """A resident as the list shows them."""

    resident: Resident
    age: int | None
    place: str
    needs: list[str]
    url: str


@require_GET
def list_residents(request: Request) -> HttpResponse:
    viewer = request.actor
    form = forms.FilterForm(request.GET, areas=_communities(viewer, with_subdistricts=True))
    page = paged(queries.residents_matching(viewer, **_said(form)), request.GET.get("mark", ""))
    context = {
        "form": form,
        "page": page,
        "rows": _rows(viewer, page.rows),
        "filter": request.GET.urlencode(),
        "may_keep": viewer.may(Duty.KEEP_REGISTER),
        "to_decide": queries.duplicates_to_decide(viewer).exists(),
    }
    return render(request, "people/list.html", context)


def _said(form: forms.FilterForm) -> dict[str, Any]:
    said = form.cleaned_data if form.is_valid() else {}
    return {
        "area_path": said.get("area", ""),
        "need": said.get("need", ""),
        "ages": forms.AGES.get(said.get("ages", "")),
        "search": said.get("q", ""),
        "provisional": said.get("record") == "met",
    }


def _rows(viewer: Actor, residents: Sequence[Resident]) -> list[Row]:
    day, kinds = today(), dict(Need.Kind.choices)
    places = queries.places(viewer, [one.area_path for one in residents])
    needs = queries.needs_by_resident(viewer, [one.id for one in residents])
    return [
        Row(
            resident=one,
            age=rules.age_at(one.birth_date, day) if one.birth_date else None,
            place=places.get(one.area_path, ""),
            needs=[str(kinds[kind]) for kind in needs.get(one.id, [])],
            url=person_url(one.id),
        )
        for one in residents
    ]


def person_url(resident_id: UUID) -> str:
    """The person's page, which spans several rooms; without it, what this room knows."""
    try:
        return reverse("person", args=[resident_id])
    except NoReverseMatch:
        return reverse("people:edit", args=[resident_id])


# Exports


@require_POST
def export(request: Request) -> HttpResponse:
    form = forms.FilterForm(request.GET, areas=_communities(request.actor, with_subdistricts=True))
    run = actions.start_export(request.actor, **_said(form))
    return redirect("people:export_run", run.id)


@require_GET
def export_run(request: Request, run_id: UUID) -> HttpResponse:
    return _export_page(request, run_id, "people/export_run.html")


@require_GET
def export_progress(request: Request, run_id: UUID) -> HttpResponse:
    return _export_page(request, run_id, "people/_writing.html")


def _export_page(request: Request, run_id: UUID, page: str) -> HttpResponse:
    run = queries.get_export(request.actor, run_id)
    context = {
        "run": run,
        "tone": _STATES[run.state],
        "place": queries.places(request.actor, [run.area_path]).get(run.area_path, ""),
        "is_there": run.expires_at is not None and run.expires_at > now(),
    }
    return render(request, page, context)


@require_GET
def exported(request: Request, run_id: UUID) -> FileResponse:
    file = io.BytesIO(queries.exported_list(request.actor, run_id))
    name = _("residents") + f"-{today():%Y%m%d}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=_XLSX)


# One resident


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.KEEP_REGISTER)
    form = forms.NewForm(request.POST or None, communities=_communities(viewer))
    if form.is_valid() and (door := _door(viewer, form)):
        said = form.cleaned_data
        resident = actions.register_resident(
            viewer,
            dwelling_id=door.id,
            since=said["since"],
            name=said["name"],
            identity_type=said["identity_type"],
            identity=said["identity"],
            phone=said["phone"],
            sex=said["sex"],
            birth_date=said["birth_date"],
        )
        messages.success(request, _("Registered."))
        return redirect(person_url(resident.id))
    status = 422 if form.errors else 200
    return render(request, "people/new.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def edit(request: Request, resident_id: UUID) -> HttpResponse:
    if request.method == "GET":
        resident = actions.open_person(request.actor, resident_id, purpose=_("to correct it"))
        form = forms.CorrectionForm(resident=resident)
        return _edit_page(request, resident, correction=form)
    resident = queries.get_resident(request.actor, resident_id)
    form = forms.CorrectionForm(request.POST, resident=resident)
    if not form.is_valid():
        return _edit_page(request, resident, correction=form)
    said = form.cleaned_data
    particulars: Particulars = {"identity_type": said["identity_type"]}
    if said["name"]:
        particulars["name"] = said["name"]
    if said["identity"]:
        particulars["identity"] = said["identity"]
    if said["phone"] or said["no_phone"]:
        particulars["phone"] = "" if said["no_phone"] else said["phone"]
    # A new card brings its own; otherwise these are what the form says.
    if "sex" in form.changed_data or not said["identity"]:
        particulars["sex"] = said["sex"]
    if "birth_date" in form.changed_data or not said["identity"]:
        particulars["birth_date"] = said["birth_date"]
    actions.correct_resident(request.actor, resident_id, reason=said["reason"], **particulars)
    return _saved(request, resident_id)


@dataclass(frozen=True, slots=True)
class StayRow:
    stay: Stay
    place: str


def _stays(viewer: Actor, resident_id: UUID) -> list[StayRow]:
    found = list(queries.stays_of(viewer, resident_id))
    places = queries.places(viewer, [stay.area_path for stay in found])
    return [StayRow(stay, places.get(stay.area_path, "")) for stay in found]


def _edit_page(request: Request, resident: Resident, **shown: Any) -> HttpResponse:
    viewer = request.actor
    open_needs = queries.needs_by_resident(viewer, [resident.id]).get(resident.id, [])
    context = {
        "resident": resident,
        "place": queries.places(viewer, [resident.area_path]).get(resident.area_path, ""),
        "url": person_url(resident.id),
        "correction": forms.CorrectionForm(resident=resident),
        "door": forms.DoorForm(communities=_communities(viewer)),
        "needs": forms.NeedsForm(initial={"needs": open_needs}),
        "consent_form": forms.ConsentForm(),
        "proxy_form": forms.ProxyForm(),
        "death": forms.DeathForm(),
        "stays": _stays(viewer, resident.id),
        "consents": list(queries.consents_of(viewer, resident.id)),
        "proxies": list(queries.proxies_of(viewer, resident.id)),
    } | shown
    status = 422 if any(form.errors for form in shown.values()) else 200
    return render(request, "people/edit.html", context, status=status)


@require_POST
def move(request: Request, resident_id: UUID) -> HttpResponse:
    form = forms.DoorForm(request.POST, communities=_communities(request.actor))
    if not (form.is_valid() and (door := _door(request.actor, form))):
        resident = queries.get_resident(request.actor, resident_id)
        return _edit_page(request, resident, door=form)
    actions.move_stay(request.actor, resident_id, door.id, since=form.cleaned_data["since"])
    return _saved(request, resident_id)


@require_POST
def leave(request: Request, resident_id: UUID) -> HttpResponse:
    actions.move_stay(request.actor, resident_id, None)
    return _saved(request, resident_id)


@require_POST
def died(request: Request, resident_id: UUID) -> HttpResponse:
    """Note a death. The person is no longer of this area: its keeper goes back to the list."""
    form = forms.DeathForm(request.POST)
    if not form.is_valid():
        resident = queries.get_resident(request.actor, resident_id)
        return _edit_page(request, resident, death=form)
    resident = note_death(request.actor, resident_id, **form.cleaned_data)
    if request.actor.sees(resident.area_path):
        return _saved(request, resident_id)
    messages.success(request, _("Saved."))
    return redirect("people:list")


@require_POST
def lives(request: Request, resident_id: UUID) -> HttpResponse:
    take_back_death(request.actor, resident_id, reason=request.POST.get("reason", ""))
    return _saved(request, resident_id)


@require_POST
def needs(request: Request, resident_id: UUID) -> HttpResponse:
    form = forms.NeedsForm(request.POST)
    if not form.is_valid():
        resident = queries.get_resident(request.actor, resident_id)
        return _edit_page(request, resident, needs=form)
    actions.set_needs(request.actor, resident_id, form.cleaned_data["needs"])
    return _saved(request, resident_id)


@require_POST
def consent(request: Request, resident_id: UUID) -> HttpResponse:
    form = forms.ConsentForm(request.POST)
    if not form.is_valid():
        resident = queries.get_resident(request.actor, resident_id)
        return _edit_page(request, resident, consent_form=form)
    actions.give_consent(request.actor, resident_id, **form.cleaned_data)
    return _saved(request, resident_id)


@require_POST
def withdraw(request: Request, resident_id: UUID) -> HttpResponse:
    actions.withdraw_consent(request.actor, resident_id, purpose=request.POST.get("purpose", ""))
    return _saved(request, resident_id)


@require_POST
def proxy(request: Request, resident_id: UUID) -> HttpResponse:
    form = forms.ProxyForm(request.POST)
    if not form.is_valid():
        resident = queries.get_resident(request.actor, resident_id)
        return _edit_page(request, resident, proxy_form=form)
    who = form.cleaned_data["who"]
    acts = queries.by_identity(request.actor, who) or queries.by_phone(request.actor, who).first()
    if acts is None:
        raise NobodyFound
    actions.name_proxy(request.actor, resident_id, acts.id, relation=form.cleaned_data["relation"])
    return _saved(request, resident_id)


@require_POST
def end_proxy(request: Request, resident_id: UUID, acts_id: UUID) -> HttpResponse:
    actions.end_proxy(request.actor, resident_id, acts_id)
    return _saved(request, resident_id)


def _saved(request: Request, resident_id: UUID) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("people:edit", resident_id)


# Duplicates


@dataclass(frozen=True, slots=True)
class Pair:
    offer: DuplicateOffer
    one: Row
    other: Row


@require_GET
def duplicates(request: Request) -> HttpResponse:
    viewer = request.actor
    page = paged(queries.duplicates_to_decide(viewer), request.GET.get("mark", ""))
    both = [person for offer in page.rows for person in (offer.one, offer.other)]
    rows = {row.resident.id: row for row in _rows(viewer, both)}
    pairs = [Pair(offer, rows[offer.one_id], rows[offer.other_id]) for offer in page.rows]
    context = {"page": page, "pairs": pairs, "may_keep": viewer.may(Duty.KEEP_REGISTER)}
    return render(request, "people/duplicates.html", context)


@require_POST
def merge(request: Request, offer_id: UUID) -> HttpResponse:
    offer = queries.get_duplicate(request.actor, offer_id)
    keep, drop = offer.one_id, offer.other_id
    if request.POST.get("keep") == "other":
        keep, drop = drop, keep
    if offer.state != DuplicateOffer.State.OPEN:
        raise CannotMerge
    actions.merge_residents(request.actor, keep, drop, reason=str(offer.get_why_display()))
    messages.success(request, _("Merged. Nothing of either record was lost."))
    return redirect("people:duplicates")


@require_POST
def dismiss(request: Request, offer_id: UUID) -> HttpResponse:
    actions.dismiss_duplicate(request.actor, offer_id)
    messages.success(request, _("Noted: they are two people."))
    return redirect("people:duplicates")


# Imports


@require_http_methods(["GET", "POST"])
def import_list(request: Request) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.KEEP_REGISTER)
    form = forms.ImportForm(
        request.POST or None,
        request.FILES or None,
        areas=_communities(viewer, with_subdistricts=True),
        may_add=viewer.may(Duty.MANAGE_AREAS),
        whole=_("my whole area"),
    )
    if form.is_valid():
        upload = form.cleaned_data["file"]
        sheets.refuse_too_large(upload.size)
        run = actions.start_import(
            viewer,
            upload.read(),
            upload.name,
            area_path=form.cleaned_data["area"] or viewer.within,
            add_dwellings=form.cleaned_data.get("add_dwellings", False),
        )
        return redirect("people:import_run", run.id)
    page = paged(queries.imports_visible_to(viewer), request.GET.get("mark", ""), size=20)
    context = {
        "form": form,
        "page": page,
        "runs": [(run, _STATES[run.state]) for run in page.rows],
    }
    return render(request, "people/import.html", context, status=422 if form.errors else 200)


@require_GET
def import_run(request: Request, run_id: UUID) -> HttpResponse:
    return _run_page(request, run_id, "people/import_run.html")


@require_GET
def progress(request: Request, run_id: UUID) -> HttpResponse:
    return _run_page(request, run_id, "people/_progress.html")


def _run_page(request: Request, run_id: UUID, page: str) -> HttpResponse:
    run = queries.get_import(request.actor, run_id)
    state = ImportRun.State(run.state)
    going_on = state in {ImportRun.State.WAITING, ImportRun.State.RUNNING}
    context = {
        "run": run,
        "tone": _STATES[run.state],
        "going_on": going_on,
        "has_refused": bool(run.rows_refused) and not going_on and run.errors is not None,
    }
    return render(request, page, context)


@require_GET
def refused(request: Request, run_id: UUID) -> FileResponse:
    run = queries.get_import(request.actor, run_id)
    name = run.file_name.rsplit(".", 1)[0] + "-" + _("rows not taken") + ".xlsx"
    file = io.BytesIO(run.refused_rows())
    return FileResponse(file, as_attachment=True, filename=name, content_type=_XLSX)


@require_POST
def discard(request: Request, run_id: UUID) -> HttpResponse:
    actions.discard_refused_rows(request.actor, run_id)
    messages.success(request, _("The rows that were not taken are deleted."))
    return redirect("people:import_run", run_id)


@require_GET
def template(request: Request) -> FileResponse:
    request.actor.must(Duty.KEEP_REGISTER)
    file = io.BytesIO()
    exporting.template(file)
    file.seek(0)
    name = _("template-residents") + ".xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=_XLSX)


def _communities(viewer: Actor, *, with_subdistricts: bool = False) -> QuerySet[Area]:
    levels = [Area.Level.COMMUNITY] + [Area.Level.SUBDISTRICT] * with_subdistricts
    return areas_visible_to(viewer).filter(level__in=levels, ended_at=None).order_by("path")


def _door(viewer: Actor, form: forms.DoorForm) -> doors.Door | None:
    """The dwelling that was written; if there is no such, the form says so."""
    said = form.cleaned_data
    address = doors.Address(
        compound=said["compound"],
        building=said["building"],
        unit=said["unit"],
        door=said["door"],
    )
    found = doors.Doors(viewer, said["community"]).find(address)
    if isinstance(found, doors.Lost):
        form.add_error("door", doors.in_words(found, ""))
        return None
    return found
