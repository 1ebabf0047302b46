"""Organisations: the list, one of them, and the picture of a subdistrict."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_visible_to, get_area, names_of
from fangxian.areas.rules import paths_to
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.errors import NotYours
from fangxian.kernel.http import Request, paged
from fangxian.people.sheets import refuse_too_large
from fangxian.workforce import about, actions, forms, importing, picture, queries
from fangxian.workforce.errors import NoSuchMember
from fangxian.workforce.models import Organisation

SEERS = frozenset({Duty.KEEP_ROSTER, Duty.DISPATCH, Duty.COMMAND})
_MOST_REFUSED = 500


def must_see(viewer: Actor) -> None:
    """The rosters are for those who keep them, give out work or command."""
    if not SEERS & viewer.duties:
        raise NotYours(str(Duty.KEEP_ROSTER.label))


def places(viewer: Actor, *, whole: bool = False, grids: bool = False) -> list[tuple[str, str]]:
    """Communities and subdistricts as choices, with the viewer's own area if `whole`."""
    levels = [Area.Level.SUBDISTRICT, Area.Level.COMMUNITY]
    levels += [Area.Level.DISTRICT] * whole + [Area.Level.GRID] * grids
    areas = areas_visible_to(viewer).filter(level__in=levels, ended_at=None).order_by("path")
    rows = list(areas.values_list("path", "level"))
    named = names_of(viewer, [path for path, _level in rows])
    return [(path, named[path]) for path, _level in rows]


def communities(viewer: Actor) -> list[tuple[str, str]]:
    areas = areas_visible_to(viewer).filter(level=Area.Level.COMMUNITY, ended_at=None)
    named = names_of(viewer, paths := list(areas.order_by("path").values_list("path", flat=True)))
    return [(path, named[path]) for path in paths]


class OrganisationRow(NamedTuple):
    organisation: Organisation
    place: str
    people: int
    lead: about.Named | None


def organisation_rows(viewer: Actor, found: Iterable[Organisation]) -> list[OrganisationRow]:
    rows = list(found)
    named = names_of(viewer, [one.area_path for one in rows])
    people = queries.sizes_of(viewer, [one.id for one in rows])
    leads = queries.leads_of(viewer, [one.id for one in rows])
    return [
        OrganisationRow(
            one,
            named[one.area_path] or _("the whole district"),
            people.get(one.id, 0),
            leads.get(one.id),
        )
        for one in rows
    ]


@require_GET
def organisations(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    must_see(viewer)
    form = forms.OrganisationsFilter(request.GET, places=places(viewer))
    said = form.cleaned_data if form.is_valid() else {}
    found = queries.organisations_listed(
        viewer,
        area_path=said.get("place", ""),
        kind=said.get("kind", ""),
        search=said.get("search", ""),
    )
    if sheets.wanted(request):
        return _as_file(request, found)
    page = paged(found, request.GET.get("mark", ""))
    streets = areas_visible_to(viewer).filter(level=Area.Level.SUBDISTRICT, ended_at=None)
    context = {
        "form": form,
        "page": page,
        "rows": organisation_rows(viewer, page.rows),
        "temporary": organisation_rows(viewer, queries.temporary_organisations(viewer)[:8]),
        "streets": streets.order_by("path"),
        "without_branch": list(queries.communities_without(viewer, "branch")[:12]),
        "may_keep": viewer.may(Duty.KEEP_ROSTER),
        "tab": "organisations",
    }
    return render(request, "workforce/organisations.html", context)


def _as_file(request: Request, found: Any) -> FileResponse:
    viewer = request.actor
    header = [
        _("Name of the organisation"),
        _("Kind"),
        _("Place"),
        _("Belongs to"),
        _("Telephone"),
        _("Headcount"),
    ]

    def shown(rows: list[Organisation]) -> Iterator[list[Any]]:
        for row in organisation_rows(viewer, rows):
            one = row.organisation
            parent = one.parent.name if one.parent else ""
            yield [one.name, one.get_kind_display(), row.place, parent, one.phone, row.people]

    rows = sheets.by_chunks(found.select_related("parent"), shown)
    return sheets.download(request, sheets.List.ORGANISATIONS, header, rows)


@require_http_methods(["GET", "POST"])
def new_organisation(request: Request) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.KEEP_ROSTER)
    form = forms.OrganisationForm(
        request.POST or None,
        places=places(viewer, whole=True),
        parents=queries.organisations_visible_to(viewer)
        .filter(dissolved_at=None)
        .order_by("area_path", "number")[:500],
    )
    if form.is_valid():
        said = form.cleaned_data
        made = actions.found_organisation(
            viewer,
            actions.NewOrganisation(
                kind=said["kind"],
                name=said["name"],
                area_path=said["place"],
                parent_id=said["parent"],
                phone=said["phone"],
                contact=said["contact"],
                ends_at=said["ends_on"],
            ),
        )
        messages.success(request, _("Founded."))
        return redirect("workforce:organisation", made.id)
    context = {"form": form, "title": _("Found an organisation"), "back": "workforce:organisations"}
    return render(request, "workforce/form.html", context, status=422 if form.errors else 200)


@require_GET
def organisation(request: Request, organisation_id: UUID) -> HttpResponse:
    return _organisation(request, organisation_id)


def _organisation(
    request: Request, organisation_id: UUID, *, status: int = 200, **invalid: django_forms.Form
) -> HttpResponse:
    viewer = request.actor
    one = queries.get_organisation(viewer, organisation_id)
    keeps = viewer.may(Duty.KEEP_ROSTER, at=one.area_path)
    if not keeps and not SEERS & viewer.duties:
        own = queries.member_of(viewer)
        if own is None or own.id not in queries.team_of(viewer, one.id):
            raise NotYours(str(Duty.KEEP_ROSTER.label))
    page = paged(queries.memberships_of(viewer, one.id), request.GET.get("mark", ""))
    links = list(one.liaisons.filter(until=None).order_by("area_path"))
    reports = list(one.check_ins.filter(until=None).order_by("area_path", "elsewhere"))
    named = names_of(
        viewer, [one.area_path, *(x.area_path for x in links), *(x.area_path for x in reports)]
    )
    street = areas_visible_to(viewer).filter(
        path__in=paths_to(one.area_path), level=Area.Level.SUBDISTRICT
    )
    context = {
        "one": one,
        "place": named[one.area_path] or _("the whole district"),
        "contact": about.plain(one.contact),
        "page": page,
        "members": [(held, about.named_of(held.member)) for held in page.rows],
        "size": queries.sizes_of(viewer, [one.id]).get(one.id, 0),
        "parts": organisation_rows(viewer, one.parts.filter(dissolved_at=None).order_by("number")),
        "links": [(link, named[link.area_path]) for link in links],
        "reports": [(x, x.elsewhere or named[x.area_path]) for x in reports],
        "commendations": one.commendations.order_by("-on")[:10],
        "street": street.first(),
        "keeps": keeps and one.dissolved_at is None,
        "join_form": forms.JoinForm(),
        "liaison_form": forms.LiaisonForm(places=places(viewer)),
        "tab": "organisations",
        **invalid,
    }
    return render(request, "workforce/organisation.html", context, status=status)


@require_POST
def join(request: Request, organisation_id: UUID) -> HttpResponse:
    form = forms.JoinForm(request.POST)
    if not form.is_valid():
        return _organisation(request, organisation_id, status=422, join_form=form)
    found = list(queries.members_listed(request.actor, search=form.cleaned_data["who"])[:2])
    if len(found) != 1:
        form.add_error(
            "who",
            _("Several have this name: write the phone instead.")
            if found
            else NoSuchMember().message,
        )
        return _organisation(request, organisation_id, status=422, join_form=form)
    actions.join(request.actor, organisation_id, [found[0].id], role=form.cleaned_data["role"])
    messages.success(request, _("They belong to it now."))
    return redirect("workforce:organisation", organisation_id)


@require_POST
def leave(request: Request, organisation_id: UUID, member_id: UUID) -> HttpResponse:
    actions.leave_organisation(request.actor, organisation_id, member_id)
    messages.success(request, _("They belong to it no longer."))
    return redirect("workforce:organisation", organisation_id)


@require_POST
def dissolve(request: Request, organisation_id: UUID) -> HttpResponse:
    why = request.POST.get("why", "")
    actions.dissolve_organisation(request.actor, organisation_id, why=why)
    messages.success(request, _("Dissolved. What it had to do is given to others."))
    return redirect("workforce:organisation", organisation_id)


@require_POST
def begin_liaison(request: Request, organisation_id: UUID) -> HttpResponse:
    form = forms.LiaisonForm(request.POST, places=places(request.actor))
    if not form.is_valid():
        return _organisation(request, organisation_id, status=422, liaison_form=form)
    actions.begin_liaison(
        request.actor, area_path=form.cleaned_data["place"], organisation_id=organisation_id
    )
    messages.success(request, _("The unit looks after this place now."))
    return redirect("workforce:organisation", organisation_id)


@require_POST
def end_liaison(request: Request, liaison_id: UUID) -> HttpResponse:
    link = actions.end_liaison(request.actor, liaison_id)
    messages.success(request, _("The liaison ended."))
    if link.organisation_id:
        return redirect("workforce:organisation", link.organisation_id)
    return redirect("workforce:organisations")


@require_GET
def street(request: Request, area_id: UUID) -> HttpResponse:
    """One picture of a subdistrict, and the same in words for whoever does not see it."""
    viewer = request.actor
    must_see(viewer)
    area = get_area(viewer, area_id)
    found = picture.street_of(viewer, area)
    linked = [(link, picture.linked(link)) for link in found.liaisons]
    context = {
        "area": area,
        "picture": picture.draw(found),
        "office": organisation_rows(viewer, found.office),
        "links": linked,
        "columns": [
            {
                "area": column.area,
                "parts": [_said(found, one) for one in column.parts],
                "partners": [_said(found, one) for one in column.partners],
                "links": [picture.linked(link) for link in column.liaisons],
            }
            for column in found.columns
        ],
        "streets": areas_visible_to(viewer)
        .filter(level=Area.Level.SUBDISTRICT, ended_at=None)
        .order_by("path"),
        "tab": "organisations",
    }
    return render(request, "workforce/street.html", context)


def _said(found: picture.Street, one: Organisation) -> OrganisationRow:
    return OrganisationRow(one, "", found.people.get(one.id, 0), found.leads.get(one.id))


# Lists from Excel


@require_http_methods(["GET", "POST"])
def import_organisations(request: Request) -> HttpResponse:
    return _import(request, "organisations")


@require_http_methods(["GET", "POST"])
def import_members(request: Request) -> HttpResponse:
    return _import(request, "members")


@require_http_methods(["GET", "POST"])
def import_check_ins(request: Request) -> HttpResponse:
    return _import(request, "check_ins")


def _import(request: Request, what: str) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.KEEP_ROSTER)
    form = forms.ListForm(
        request.POST or None,
        request.FILES or None,
        places=places(viewer, whole=True),
        units=queries.organisations_visible_to(viewer)
        .filter(dissolved_at=None, kind__in=["unit", "enterprise", "government", "clinic"])
        .order_by("name")[:500]
        if what == "check_ins"
        else (),
    )
    taken = None
    if form.is_valid():
        upload = form.cleaned_data["file"]
        refuse_too_large(upload.size)
        data, path = upload.read(), form.cleaned_data["place"]
        if what == "organisations":
            taken = importing.import_organisations(viewer, data, area_path=path)
        elif what == "members":
            taken = importing.import_members(viewer, data, area_path=path)
        else:
            unit = form.cleaned_data.get("unit")
            taken = importing.import_check_ins(viewer, data, area_path=path, unit_id=unit)
    context = {
        "what": what,
        "form": form,
        "taken": taken,
        "refused": taken.refused[:_MOST_REFUSED] if taken else [],
        "tab": {"organisations": "organisations", "members": "members"}.get(what, "check_ins"),
    }
    return render(request, "workforce/import.html", context, status=422 if form.errors else 200)
