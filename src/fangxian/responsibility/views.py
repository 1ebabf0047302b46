from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import area_at, children_of, first_area, get_area, names_of
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.http import Request, paged
from fangxian.people import sheets as uploads
from fangxian.people.queries import brief
from fangxian.responsibility import actions, finding, importing, printing, queries, rules
from fangxian.responsibility.forms import CoverFilter, ListForm, PersonRoleForm, WhoForm
from fangxian.responsibility.models import KeyPerson, Responsibility
from fangxian.workforce.queries import members_visible_to

_FIRST = 20
_INSIDE = ("subdistrict", "community", "grid", "building", "unit")


@require_GET
def coverage(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    filters = CoverFilter(request.GET or None)
    role = (filters.cleaned_data["role"] if filters.is_valid() else "") or "grid"
    missing = queries.uncovered(viewer, role=role)
    if sheets.wanted(request):
        return _as_file(request, missing)
    page = paged(missing, request.GET.get("mark", ""))
    alone = list(queries.without_owner(viewer)[:_FIRST])
    top = first_area(viewer)
    context = {
        "filters": CoverFilter(initial={"role": role}),
        "role": Responsibility.Role(role),
        "cover": [(Responsibility.Role(one.role), one) for one in queries.cover(viewer)],
        "parts": queries.cover_of_parts(viewer, list(children_of(viewer, top.id)), role=role)
        if top
        else [],
        "page": page,
        "rows": [(area, place) for area, place in _with_places(viewer, page.rows)],
        "alone": _with_people(viewer, alone),
        "alone_count": queries.without_owner(viewer).count(),
    }
    return render(request, "responsibility/coverage.html", context)


def _with_places(viewer: Actor, areas: list[Area]) -> list[tuple[Area, str]]:
    names = names_of(viewer, {area.path for area in areas})
    return [(area, names[area.path]) for area in areas]


def _with_people(viewer: Actor, keys: list[KeyPerson]) -> list[tuple[Any, ...]]:
    people = brief(viewer, {key.resident_id for key in keys})
    names = names_of(viewer, {key.area_path for key in keys})
    return [(key, people.get(key.resident_id), names[key.area_path]) for key in keys]


def _as_file(request: Request, missing: Any) -> FileResponse:
    def shown(chunk: list[Area]) -> Iterator[list[Any]]:
        for area, place in _with_places(request.actor, chunk):
            yield [area.get_level_display(), area.name, place]

    header = [_("What it is"), _("Name"), _("Place")]
    rows = sheets.by_chunks(missing, shown)
    return sheets.download(request, sheets.List.UNCOVERED, header, rows)


# One place


@require_GET
def place(request: Request, area_id: UUID) -> HttpResponse:
    return _place_page(request, get_area(request.actor, area_id))


def _place_page(request: Request, area: Area, form: WhoForm | None = None) -> HttpResponse:
    viewer = request.actor
    here = queries.here(viewer, area.path)
    members = members_visible_to(PLAYBOOK).in_bulk({row.member_id for row in here})
    responsible = queries.responsible_for(viewer, area.path)
    role = next((role for role, level in rules.PLACES.items() if level == area.level), "")
    context = {
        "area": area,
        "place": names_of(viewer, [area.path])[area.path],
        "responsible": responsible,
        "places": names_of(PLAYBOOK, {one.area_path for one in responsible}),
        "here": [(row, members[row.member_id]) for row in here],
        "role": Responsibility.Role(role) if role else None,
        "form": form or WhoForm(),
        "parts": children_of(viewer, area.id) if area.level in _INSIDE else [],
        "may": _may_name(viewer, area.path),
    }
    return render(request, "responsibility/place.html", context, status=422 if form else 200)


def _may_name(viewer: Actor, area_path: str) -> bool:
    return viewer.may(Duty.KEEP_ROSTER, at=area_path) or viewer.may(Duty.DISPATCH, at=area_path)


def _who(viewer: Actor, form: WhoForm) -> UUID | None:
    """Who is meant; if that is unclear the form says so."""
    if not form.is_valid():
        return None
    try:
        return finding.member_said(viewer, form.cleaned_data["who"])
    except finding.Unclear as why:
        form.add_error("who", str(why))
        return None


@require_POST
def entrust(request: Request, area_id: UUID) -> HttpResponse:
    area = get_area(request.actor, area_id)
    form = WhoForm(request.POST)
    who = _who(request.actor, form)
    if who is None:
        return _place_page(request, area, form)
    role = next((role for role, level in rules.PLACES.items() if level == area.level), "")
    actions.entrust(request.actor, who, role=role, area_path=area.path)
    return redirect("responsibility:place", area_id)


@require_http_methods(["GET", "POST"])
def stand_in(request: Request, responsibility_id: UUID) -> HttpResponse:
    viewer = request.actor
    held = queries.get_responsibility(viewer, responsibility_id)
    area = area_at(viewer, held.area_path)
    form = WhoForm(request.POST or None)
    who = _who(viewer, form) if request.method == "POST" else None
    if who is not None:
        actions.name_stand_in(viewer, responsibility_id, member_id=who)
        return redirect("responsibility:place", area.id)
    members = members_visible_to(PLAYBOOK).in_bulk([held.member_id])
    context = {
        "held": held,
        "member": members[held.member_id],
        "area": area,
        "place": names_of(viewer, [held.area_path])[held.area_path],
        "suggested": [
            one
            for one in queries.responsible_for(viewer, held.area_path)
            if one.member_id != held.member_id and not one.away
        ],
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "responsibility/stand_in.html", context, status=status)


@require_POST
def end(request: Request, responsibility_id: UUID) -> HttpResponse:
    held = actions.end_responsibility(request.actor, responsibility_id)
    if held.resident_id is not None:
        return redirect("responsibility:key_persons")
    return redirect("responsibility:place", area_at(request.actor, held.area_path).id)


@require_GET
def poster(request: Request, area_id: UUID) -> HttpResponse:
    area = get_area(request.actor, area_id)
    made = printing.poster(request.actor, area)
    return HttpResponse(
        made,
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="responsible.pdf"'},
    )


# Key persons


@require_GET
def key_persons(request: Request) -> HttpResponse:
    viewer = request.actor
    alone = request.GET.get("show") == "alone"
    rows = queries.without_owner(viewer) if alone else queries.key_persons_visible_to(viewer)
    page = paged(rows.order_by("area_path", "id"), request.GET.get("mark", ""))
    teams = queries.teams_of(viewer, {key.resident_id for key in page.rows})
    context = {
        "page": page,
        "rows": [
            (key, person, where, teams.get(key.resident_id, []))
            for key, person, where in _with_people(viewer, page.rows)
        ],
        "alone": alone,
        "alone_count": queries.without_owner(viewer).count(),
    }
    return render(request, "responsibility/key_persons.html", context)


@require_GET
def key_person(request: Request, key_person_id: UUID) -> HttpResponse:
    return _key_page(request, queries.get_key_person(request.actor, key_person_id))


def _key_page(request: Request, key: KeyPerson, form: PersonRoleForm | None = None) -> HttpResponse:
    viewer = request.actor
    team = queries.teams_of(viewer, [key.resident_id]).get(key.resident_id, [])
    members = members_visible_to(PLAYBOOK).in_bulk({row.member_id for row in team})
    held = {row.role: (row, members[row.member_id]) for row in team}
    context = {
        "key": key,
        "person": brief(viewer, [key.resident_id]).get(key.resident_id),
        "place": names_of(viewer, [key.area_path])[key.area_path],
        "team": [(Responsibility.Role(role), held.get(role)) for role in rules.TEAM],
        "form": form or PersonRoleForm(),
        "may": key.until is None and _may_name(viewer, key.area_path),
    }
    return render(request, "responsibility/key_person.html", context, status=422 if form else 200)


@require_POST
def entrust_person(request: Request, key_person_id: UUID) -> HttpResponse:
    form = PersonRoleForm(request.POST)
    who = _who(request.actor, form)
    if who is None:
        return _key_page(request, queries.get_key_person(request.actor, key_person_id), form)
    actions.entrust_person(
        request.actor, key_person_id, role=form.cleaned_data["role"], member_id=who
    )
    return redirect("responsibility:key_person", key_person_id)


@require_POST
def end_key_person(request: Request, key_person_id: UUID) -> HttpResponse:
    actions.end_key_person(request.actor, key_person_id)
    return redirect("responsibility:key_persons")


@require_POST
def name_key_person(request: Request, resident_id: UUID) -> HttpResponse:
    key = actions.name_key_person(request.actor, resident_id)
    return redirect("responsibility:key_person", key.id)


# Lists


@require_http_methods(["GET", "POST"])
def take_list(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.POST or None, request.FILES or None)
    taken = None
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        uploads.refuse_too_large(upload.size)
        taken = importing.take_in(request.actor, upload.read())  # type: ignore[attr-defined]
    status = 422 if form.errors else 200
    return render(
        request, "responsibility/list.html", {"form": form, "taken": taken}, status=status
    )
