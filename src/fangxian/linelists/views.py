"""Pages of line lists and of chains of transmission."""

import io
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.cases.queries import case_by_code
from fangxian.kernel import sheets
from fangxian.kernel.access import Duty
from fangxian.kernel.http import Request, paged
from fangxian.linelists import actions, exporting, queries
from fangxian.linelists.forms import LinkForm, MappingForm, UploadForm
from fangxian.linelists.models import LineList
from fangxian.linelists.queries import Drawn
from fangxian.linelists.rules import generations

_AT_ONCE = 3_000
"""Rows that are taken in while the page waits; more are left to the worker."""

_TONES = {"waiting": "wait", "running": "wait", "done": "done", "refused": "late"}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_LINE, _MARGIN, _LABEL, _LEAST_DAY, _WIDTH = 20, 28, 96, 8, 900


# Lists


@require_http_methods(["GET", "POST"])
def lists(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _upload(request)
    return _lists_page(request, _upload_form(request))


def _upload_form(request: Request, *data: Any) -> UploadForm:
    done = queries.lists_visible_to(request.actor).filter(kind="cases", state="done")
    return UploadForm(*data, about=[(str(one.id), one.name) for one in done[:200]])


def _lists_page(request: Request, form: UploadForm, *, status: int = 200) -> HttpResponse:
    page = paged(queries.lists_visible_to(request.actor), request.GET.get("mark", ""))
    context = {
        "page": page,
        "rows": [(one, _TONES[one.state]) for one in page.rows],
        "form": form if request.actor.may(Duty.INVESTIGATE) else None,
    }
    return render(request, "linelists/lists.html", context, status=status)


def _upload(request: Request) -> HttpResponse:
    form = _upload_form(request, request.POST, request.FILES)
    if not form.is_valid():
        return _lists_page(request, form, status=422)
    file, about = form.cleaned_data["file"], form.cleaned_data["about"]
    found = actions.upload_list(
        request.actor,
        file.read(),
        file.name,
        kind=form.cleaned_data["kind"],
        name=form.cleaned_data["name"],
        about_id=UUID(about) if about else None,
    )
    return redirect("linelists:list", found.id)


@require_GET
def line_list(request: Request, list_id: UUID) -> HttpResponse:
    viewer = request.actor
    found = queries.get_list(viewer, list_id)
    if found.state == LineList.State.WAITING:
        return _columns_page(request, found, MappingForm(found))
    of_cases = found.kind == LineList.Kind.CASES
    rows: Any = (
        queries.entries_of(viewer, list_id)
        if of_cases
        else queries.links_of(viewer, list_id).filter(list=found)
    )
    page = paged(rows, request.GET.get("mark", ""))
    context = {
        "list": found,
        "tone": _TONES[found.state],
        "page": page,
        "of_cases": of_cases,
        "refused": json.loads(found.refused.reveal())[:50] if found.refused else [],
        "about": found.about,
        "contacts": list(found.lists_of_contacts.order_by("created_at")),
    }
    return render(request, "linelists/list.html", context)


def _columns_page(
    request: Request, found: LineList, form: MappingForm, *, status: int = 200
) -> HttpResponse:
    samples = json.loads(found.samples.reveal())
    columns = [
        (form[f"c{at}"], [row[at] for row in samples if at < len(row) and row[at]][:3])
        for at in range(len(found.headings))
    ]
    context = {"list": found, "columns": columns, "form": form}
    return render(request, "linelists/columns.html", context, status=status)


@require_POST
def name_columns(request: Request, list_id: UUID) -> HttpResponse:
    """Short lists are taken in at once, long ones by the worker."""
    found = queries.get_list(request.actor, list_id)
    form = MappingForm(found, request.POST)
    if not form.is_valid():
        return _columns_page(request, found, form, status=422)
    actions.name_columns(request.actor, list_id, form.mapping)
    if found.rows_in_all > _AT_ONCE:
        actions.start_taking(request.actor, list_id)
    else:
        actions.take_list(request.actor, list_id)
    return redirect("linelists:list", list_id)


@require_GET
def refused(request: Request, list_id: UUID) -> FileResponse:
    """The rows that were not taken, as they came, with line and reasons in front."""
    found = queries.get_list(request.actor, list_id)
    rows = json.loads(found.refused.reveal()) if found.refused else []
    file = io.BytesIO()
    header = [_("Line"), _("Why not"), *found.headings]
    said = ([str(line), _("; ").join(why), *cells] for line, why, cells in rows)
    sheets.write(file, header, said, title=_("rows not taken"))
    file.seek(0)
    sheets.note_export(request.actor, sheets.List.LINE_LIST, len(rows), area_path=found.area_path)
    name = found.file_name.rsplit(".", 1)[0] + "-" + _("rows not taken") + ".xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=_XLSX)


@require_GET
def as_it_came(request: Request, list_id: UUID) -> StreamingHttpResponse:
    found = queries.get_list(request.actor, list_id)
    rows = queries.rows_as_they_came(request.actor, list_id)
    sheets.note_export(
        request.actor, sheets.List.LINE_LIST, found.rows_taken, area_path=found.area_path
    )
    name = found.file_name.rsplit(".", 1)[0] + ".csv"
    return StreamingHttpResponse(
        exporting.as_csv(found.headings, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(True, name) or ""},  # noqa: FBT003
    )


# Chains


@dataclass(frozen=True, slots=True)
class Node:
    x: int
    y: int
    label: str
    day: str
    generation: int
    url: str
    undated: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from infector to infectee: down at the infector's day, then across."""

    path: str
    sure: bool
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A chain as it is drawn: days from left to right, a line for everybody."""

    width: int
    height: int
    nodes: list[Node]
    edges: list[Edge]
    days: list[tuple[int, str]]


def _picture(found: Drawn, urls: dict[UUID, str]) -> Picture:
    shown = [onset.shown for onset in found.chain.onsets.values() if onset.shown]
    first = min(shown, default=None)
    span = max((place.day or 0 for place in found.places), default=0)
    step = max(_LEAST_DAY, min(40, (_WIDTH - _LABEL - 2 * _MARGIN) // max(1, span)))
    at = {}
    nodes = []
    generation = generations(found.chain)
    for place in found.places:
        x = _MARGIN + (place.day if place.day is not None else span) * step
        y = _MARGIN + place.line * _LINE
        at[place.key] = (x, y)
        onset = found.chain.onsets[place.key].shown
        nodes.append(
            Node(
                x,
                y,
                found.labels[place.key],
                onset.isoformat() if onset else "",
                generation.get(place.key, 0),
                urls.get(place.key, ""),
                place.day is None,
            )
        )
    edges = []
    for infector, infectee in found.chain.links:
        (x, y), (x2, y2) = at[infector], at[infectee]
        edges.append(
            Edge(
                f"M{x} {y}V{y2}H{x2}",
                (infector, infectee) not in found.unsure,
                f"{found.labels[infector]} → {found.labels[infectee]}"
                f" · {found.settings[infector, infectee].label}",
            )
        )
    every = max(1, 7 if step * 7 >= 60 else 60 // step)  # noqa: PLR2004 - room for a date
    days = []
    if first is not None:
        for day in range(0, span + 1, every):
            label = f"{first + timedelta(days=day):%m-%d}"
            days.append((_MARGIN + day * step, label))
    height = 2 * _MARGIN + max(0, len(nodes) - 1) * _LINE
    return Picture(2 * _MARGIN + span * step + _LABEL, height, nodes, edges, days)


@require_GET
def chain(request: Request, list_id: UUID) -> HttpResponse:
    viewer = request.actor
    found = queries.get_list(viewer, list_id)
    of = found.about or found
    drawn = queries.chain_of_list(viewer, of.id)
    context = {"list": of, "found": drawn, "picture": _picture(drawn, {})}
    return render(request, "linelists/chain.html", context)


@require_GET
def graphml(request: Request, list_id: UUID) -> HttpResponse:
    viewer = request.actor
    found = queries.get_list(viewer, list_id)
    of = found.about or found
    nodes = [
        (
            one.key,
            {
                "onset": one.onset_said,
                "sex": one.sex,
                "age": "" if one.age is None else str(one.age),
                "place": one.place,
                "outcome": one.outcome,
            },
        )
        for one in queries.entries_of(viewer, of.id)
    ]
    edges = [
        (one.infector.key, one.infectee.key, {"setting": one.setting, "said": one.setting_said})
        for one in queries.links_of(viewer, of.id)
        if one.infector is not None
    ]
    sheets.note_export(viewer, sheets.List.CHAIN, len(edges), area_path=of.area_path)
    return _sent(exporting.as_graphml(nodes, edges), f"{of.name}.graphml", "application/xml")


@require_GET
def godata(request: Request, list_id: UUID) -> HttpResponse:
    viewer = request.actor
    found = queries.get_list(viewer, list_id)
    of = found.about or found
    entries = list(queries.entries_of(viewer, of.id))
    links = list(queries.links_of(viewer, of.id))
    sheets.note_export(viewer, sheets.List.CHAIN, len(entries), area_path=of.area_path)
    return _sent(exporting.as_godata(entries, links), f"{of.name}.json", "application/json")


def _sent(content: bytes, name: str, content_type: str) -> HttpResponse:
    disposition = content_disposition_header(True, name) or ""  # noqa: FBT003 - Django's own
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": disposition}
    )


# The chain of our own cases


@require_GET
def own_chain(request: Request) -> HttpResponse:
    return _own_page(request, LinkForm(initial={"infectee": request.GET.get("case", "")}))


def _own_page(request: Request, form: LinkForm, *, status: int = 200) -> HttpResponse:
    viewer = request.actor
    found = queries.chain_of_cases(viewer)
    urls = {one: reverse("cases:case", args=[one]) for one in found.chain.onsets}
    context = {
        "found": found,
        "picture": _picture(found, urls),
        "links": queries.own_links(viewer),
        "form": form if viewer.may(Duty.INVESTIGATE) else None,
    }
    return render(request, "linelists/own_chain.html", context, status=status)


@require_POST
def link(request: Request) -> HttpResponse:
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _own_page(request, form, status=422)
    said = form.cleaned_data
    actions.link_cases(
        request.actor,
        case_by_code(request.actor, said["infector"]).id,
        case_by_code(request.actor, said["infectee"]).id,
        setting=said["setting"],
        sure=said["sure"] == "yes",
        note=said["note"],
    )
    return redirect("linelists:own_chain")


@require_POST
def unlink(request: Request, infector_id: UUID, infectee_id: UUID) -> HttpResponse:
    actions.unlink_cases(request.actor, infector_id, infectee_id)
    messages.success(request, _("Taken back."))
    return redirect("linelists:own_chain")


@require_GET
def own_graphml(request: Request) -> HttpResponse:
    viewer = request.actor
    found = queries.chain_of_cases(viewer)
    nodes = []
    for key, onset in found.chain.onsets.items():
        nodes.append((found.labels[key], {"onset": onset.day.isoformat() if onset.day else ""}))
    edges = [
        (
            found.labels[a],
            found.labels[b],
            {"setting": found.settings[a, b].value, "sure": str((a, b) not in found.unsure)},
        )
        for a, b in found.chain.links
    ]
    sheets.note_export(viewer, sheets.List.CHAIN, len(nodes))
    return _sent(exporting.as_graphml(nodes, edges), "chain.graphml", "application/xml")
