import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import parse_etags, quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas import actions, queries
from fangxian.areas.errors import ChangeIsAmbiguous
from fangxian.areas.forms import DecideForm, MoveForm, RenameForm
from fangxian.areas.models import Area, EditionChange, Site
from fangxian.areas.queries import Outline
from fangxian.areas.rules import acceptable, stem
from fangxian.kernel import sheets
from fangxian.kernel.access import Duty
from fangxian.kernel.errors import Malformed
from fangxian.kernel.http import Request, paged

# The tree


@require_GET
def tree(request: Request) -> HttpResponse | FileResponse:
    first = queries.first_area(request.actor)
    if first:
        return _area_page(request, first)
    if sheets.wanted(request):
        return _as_file(request, None)
    page = paged(queries.children_of(request.actor, None), request.GET.get("mark", ""))
    return render(request, "areas/area.html", {"page": page, "children": page.rows})


@require_GET
def area(request: Request, area_id: UUID) -> HttpResponse | FileResponse:
    return _area_page(request, queries.get_area(request.actor, area_id))


@require_GET
def area_at(request: Request, path: str) -> HttpResponse | FileResponse:
    """An area by its path, as other rooms know it."""
    return _area_page(request, queries.area_at(request.actor, path.rstrip("/") + "/"))


def _area_page(request: Request, found: Area) -> HttpResponse | FileResponse:
    actor = request.actor
    if sheets.wanted(request):
        shown = _sites_as_file if request.GET.get("list") == "sites" else _as_file
        return shown(request, found)
    children = paged(queries.children_of(actor, found.id), request.GET.get("mark", ""))
    sites = paged(queries.sites_in(actor, found.path), request.GET.get("sites", ""), size=20)
    places = queries.names_of(actor, {site.area_path for site in sites.rows})
    context = {
        "area": found,
        "ancestors": queries.ancestors_of(actor, found),
        "page": children,
        "children": children.rows,
        "sites": sites,
        "site_rows": [(site, places[site.area_path]) for site in sites.rows],
        "boundary": queries.boundary_of(actor, found.id),
        "may_manage": actor.may(Duty.MANAGE_AREAS, at=found.path),
        "rename_form": RenameForm(initial={"name": found.name}),
        "waiting": queries.open_changes(actor).count(),
    }
    return render(request, "areas/area.html", context)


def _as_file(request: Request, within: Area | None) -> FileResponse:
    """What an area consists of."""
    header = [
        pgettext("area", "Name"), pgettext("area", "Level"), _("Division code"), _("State"),
    ]  # fmt: skip
    [levels] = sheets.labels(Area.Level)
    in_use, ended = _("in use"), _("no longer in use")

    def shown(chunk: list[Area]) -> Iterator[list[Any]]:
        for one in chunk:
            yield [one.name, levels[one.level], one.code, ended if one.ended_at else in_use]

    children = queries.children_of(request.actor, within.id if within else None)
    rows = sheets.by_chunks(children, shown)
    path = within.path if within else ""
    return sheets.download(request, sheets.List.AREAS, header, rows, area_path=path)


def _sites_as_file(request: Request, within: Area) -> FileResponse:
    header = [pgettext("area", "Name"), _("Kind"), _("Place"), _("Capacity")]
    [kinds] = sheets.labels(Site.Kind)

    def shown(chunk: list[Site]) -> Iterator[list[Any]]:
        places = queries.names_of(request.actor, {site.area_path for site in chunk})
        for site in chunk:
            yield [site.name, kinds[site.kind], places[site.area_path], site.capacity]

    rows = sheets.by_chunks(queries.sites_in(request.actor, within.path), shown)
    return sheets.download(request, sheets.List.SITES, header, rows, area_path=within.path)


@require_POST
def rename(request: Request, area_id: UUID) -> HttpResponse:
    form = RenameForm(request.POST)
    if not form.is_valid():
        raise Malformed(_("Enter a name of 1 to 60 characters."))
    actions.rename_area(request.actor, area_id, form.cleaned_data["name"])
    return redirect("areas:area", area_id)


@require_POST
def end(request: Request, area_id: UUID) -> HttpResponse:
    actions.end_area(request.actor, area_id)
    return redirect("areas:area", area_id)


@require_POST
def move(request: Request, area_id: UUID) -> HttpResponse:
    form = MoveForm(request.POST)
    if not form.is_valid():
        raise Malformed(_("Choose where the area belongs."))
    actions.move_area(request.actor, area_id, to=form.cleaned_data["to"])
    return redirect("areas:changes")


# Editions


@require_GET
def changes(request: Request) -> HttpResponse | FileResponse:
    actor = request.actor
    actor.must(Duty.MANAGE_AREAS)
    waiting = queries.open_changes(actor)
    if sheets.wanted(request):
        return _changes_as_file(request, waiting)
    page = paged(waiting, request.GET.get("mark", ""))
    orphans = list(queries.left_behind(actor)[:_ORPHANS_SHOWN])
    homes = queries.homes_for(actor, orphans)
    places = queries.names_of(actor, {orphan.path for orphan in orphans})
    candidates = queries.candidates_of(actor, page.rows)
    context = {
        "page": page,
        "rows": [(change, candidates[change.id]) for change in page.rows],
        "waiting": waiting.count(),
        "orphans": [(one, places[one.path], homes.get(one.level, [])) for one in orphans],
        "ended": list(queries.ended_areas(actor)[:_ENDED_SHOWN]),
    }
    return render(request, "areas/changes.html", context)


def _changes_as_file(request: Request, waiting: QuerySet[EditionChange]) -> FileResponse:
    header = [
        _("Change"), _("Code as we know it"), _("Name as we know it"), _("Code as listed"),
        _("Name as listed"), _("Matched by"),
    ]  # fmt: skip
    kinds, whys = sheets.labels(EditionChange.Kind, EditionChange.Why)

    def shown(chunk: list[EditionChange]) -> Iterator[list[Any]]:
        for one in chunk:
            yield [
                kinds[one.kind], one.code_was, one.name_was, one.code_becomes, one.name_becomes,
                whys[one.why],
            ]  # fmt: skip

    rows = sheets.by_chunks(waiting, shown)
    return sheets.download(request, sheets.List.CHANGES, header, rows)


_ORPHANS_SHOWN = 100
_ENDED_SHOWN = 50


@require_POST
def decide(request: Request) -> HttpResponse:
    form = DecideForm(request.POST)
    if not form.is_valid():
        raise Malformed(_("Choose a change, and whether to accept or reject it."))
    said = form.cleaned_data
    accept = said["accept"] == "yes"
    if said["every"]:
        decided = actions.decide_changes(
            request.actor, acceptable(queries.open_changes(request.actor)), accept=accept
        )
    else:
        change = queries.get_change(request.actor, said["change"])
        decided = actions.decide_changes(
            request.actor, [change.id], accept=accept, **_meaning(change, said["means"])
        )
    count = ngettext("%(n)d change decided.", "%(n)d changes decided.", len(decided))
    messages.success(request, count % {"n": len(decided)})
    return redirect("areas:changes")


def _meaning(change: EditionChange, said: str) -> dict[str, Any]:
    if change.kind != EditionChange.Kind.AMBIGUOUS or not said:
        return {}
    if said == "new":
        return {"is_new": True}
    try:
        return {"means": UUID(said)}
    except ValueError as error:
        raise ChangeIsAmbiguous(change.name_becomes) from error


# The map


@require_GET
def map_grids(request: Request) -> HttpResponse:
    shapes = queries.outlines_of_level(request.actor, Area.Level.GRID)
    return _collection(request, map(_grid, shapes))


@require_GET
def map_subdistricts(request: Request) -> HttpResponse:
    shapes = queries.outlines_of_level(request.actor, Area.Level.SUBDISTRICT)
    return _collection(request, map(_named, shapes))


@require_GET
def map_communities(request: Request) -> HttpResponse:
    shapes = queries.outlines_of_level(request.actor, Area.Level.COMMUNITY)
    return _collection(request, map(_named, shapes))


@require_GET
def map_district(request: Request) -> HttpResponse:
    shapes = queries.outlines_of_level(request.actor, Area.Level.DISTRICT)
    return _collection(request, map(_named, shapes))


@require_GET
def map_context(request: Request) -> HttpResponse:
    """The districts around ours."""
    return _collection(
        request,
        (
            _feature({"code": one.code, "name": one.name}, json.dumps(one.geometry))
            for one in queries.neighbours(request.actor)
        ),
    )


def _grid(shape: Outline) -> str:
    community = stem(shape.parent)[0]
    name = shape.name
    if name[:1].isdigit():  # 01网格 says nothing without its community
        name = community + name.removesuffix("网格")
    return _feature(
        {
            **_known(shape),
            "name": name,
            "name_en": f"Grid {shape.code[6:9]}-{shape.code[9:12]}-{shape.code[12:]}",
            "level": 0,
            "url": reverse("areas:area", args=[shape.id]),
        },
        shape.geometry,
    )


def _named(shape: Outline) -> str:
    return _feature(
        {**_known(shape), "name_en": f"{shape.code[6:9]} {shape.code[9:]}".strip()},
        shape.geometry,
    )


def _known(shape: Outline) -> dict[str, Any]:
    return {
        "id": str(shape.id),
        "number": shape.number,
        "code": shape.code,
        "name": shape.name,
        "lat": shape.lat,
        "lon": shape.lon,
        "origin": shape.origin,
    }


def _feature(properties: dict[str, Any], geometry: str) -> str:
    said = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
    return f'{{"type":"Feature","properties":{said},"geometry":{geometry}}}'


def _collection(request: HttpRequest, features: Iterable[str] | Iterator[str]) -> HttpResponse:
    """GeoJSON that a browser keeps until it is told that something changed."""
    body = f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()
    tag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    known = parse_etags(request.headers.get("If-None-Match", ""))
    response: HttpResponse
    if tag in known or f"W/{tag}" in known:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(body, content_type="application/geo+json")
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response
