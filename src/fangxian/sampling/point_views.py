"""The pages of points and boxes: what is going on at the tables, what is on its way, labels."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Area, Site
from fangxian.areas.queries import (
    area_at,
    areas_visible_to,
    get_site,
    names_of,
    sites_of_kind,
)
from fangxian.areas.rules import paths_to
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Request, live_page, paged
from fangxian.kernel.ids import code, new_id
from fangxian.kernel.models import Account
from fangxian.people.queries import brief
from fangxian.people.rules import PersonRef
from fangxian.rosters import queries as rosters
from fangxian.sampling import actions, live, queries, sheet
from fangxian.sampling.errors import NoPointsThere
from fangxian.sampling.models import Box, LabelBatch, Round, Untested
from fangxian.sampling.point_forms import KeyForm, LabelsForm, QueueForm, ReceiveForm
from fangxian.sampling.sheet import PER_SHEET

# Points


@require_GET
def points(request: Request) -> HttpResponse | FileResponse:
    """Every point now, the longest wait first; and how the round stands."""
    viewer = request.actor
    queries.must_read(viewer, queries.OF_A_PERSON)
    round_ = queries.round_under_way(viewer)
    shown = live.points_now(viewer)
    if sheets.wanted(request):
        return _points_as_file(request, shown)
    context = {
        "points": shown,
        "round": round_,
        "forecast": live.forecast(viewer, round_, shown) if round_ else None,
        "suggestions": live.suggestions(viewer, shown),
        "not_ready": _not_ready(viewer, shown),
        "reads": bool(queries.READERS & viewer.duties),
        "prints": bool({Duty.COLLECT_SAMPLES, Duty.PLAN_ROUNDS} & viewer.duties),
        "keeps_register": viewer.may(Duty.KEEP_REGISTER),
        "manages_keys": viewer.may(Duty.MANAGE_ACCOUNTS),
    }
    return live_page(request, "sampling/points.html", "sampling/_points.html", context)


def _not_ready(
    viewer: Actor, shown: Sequence[live.PointStatus]
) -> list[tuple[live.PointStatus, int]]:
    """Points at which a post has no name, with how many people are missing."""
    missing = rosters.not_ready(viewer, [one.site.id for one in shown], now())
    return [(one, missing[one.site.id]) for one in shown if one.site.id in missing]


def _points_as_file(request: Request, shown: Sequence[live.PointStatus]) -> FileResponse:
    header = [
        _("Sampling point"), _("Place"), _("Tables at work"), _("Tables"), _("Last hour"),
        _("Swabs today"), _("Waiting"), _("Wait (minutes)"), _("Last heard"),
    ]  # fmt: skip
    rows = (
        [
            one.site.name, one.place, one.tables, one.site.capacity or "", one.last_hour, one.swabs,
            "" if one.waiting is None else one.waiting, "" if one.wait is None else one.wait,
            one.heard_at or "",
        ]
        for one in shown
    )  # fmt: skip
    return sheets.download(request, sheets.List.POINTS_NOW, header, rows)


@require_GET
def point(request: Request, site_id: UUID) -> HttpResponse:
    return _point(request, site_id)


@require_POST
def declare_ready(request: Request, site_id: UUID) -> HttpResponse:
    actions.declare_ready(request.actor, site_id)
    messages.success(request, _("Every post here has its name. The point is ready."))
    return redirect("sampling:point", site_id)


@require_POST
def note_queue(request: Request, site_id: UUID) -> HttpResponse:
    form = QueueForm(request.POST)
    if not form.is_valid():
        return _point(request, site_id, form=form, status=422)
    actions.note_queue(
        request.actor, site_id=site_id, waiting=form.cleaned_data["waiting"], at=now()
    )
    return redirect("sampling:point", site_id)


def _point(
    request: Request, site_id: UUID, *, form: QueueForm | None = None, status: int = 200
) -> HttpResponse:
    viewer = request.actor
    queries.must_read(viewer)
    site = get_site(viewer, site_id)
    found = next(
        (one for one in live.points_now(viewer, below=site.area_path) if one.site.id == site.id),
        None,
    )
    context = {
        "site": site,
        "point": found,
        "place": names_of(viewer, [site.area_path])[site.area_path],
        "gaps": rosters.gaps_at(viewer, site.id, now()),
        "tables": queries.tables_at(viewer, site.id),
        "open_tubes": list(queries.open_tubes_at(viewer, site.id)[:60]),
        "unpacked": list(queries.unpacked_at(viewer, site.id)[:200]),
        "boxes": list(queries.boxes_visible_to(viewer).filter(site=site)[:20]),
        "form": (form or QueueForm())
        if viewer.may(Duty.COLLECT_SAMPLES, at=site.area_path)
        else None,
    }
    whole, part = "sampling/point.html", "sampling/_point.html"
    return live_page(request, whole, part, context, status=status)


# Who is not tested yet


@require_GET
def untested(request: Request, round_id: UUID) -> HttpResponse | FileResponse:
    """Coverage of the areas below one, down to the building; there, who was not swabbed and why."""
    viewer = request.actor
    round_ = queries.get_round(viewer, round_id)
    own = viewer.within if viewer.within.startswith(round_.area_path) else ""
    path = request.GET.get("area", "") or own
    area = area_at(viewer, path) if path else None
    within = max(round_.area_path, viewer.within, path, key=len)
    shares = (
        queries.tested_share(viewer, round_id, _below(area), below=within)
        if area is None or area.level != Area.Level.BUILDING
        else []
    )
    if sheets.wanted(request):
        return _untested_as_file(request, round_id, within)
    names = names_of(viewer, [within, *(share.area_path for share in shares)])
    page = None
    if area is not None and not shares and Duty.SEE_REGISTER in viewer.duties:
        page = paged(queries.not_tested_in(viewer, round_id, within), request.GET.get("mark", ""))
    people = brief(viewer, [one.id for one in page.rows]) if page else {}
    reasons = queries.reasons_of(viewer, round_id, people)
    above = areas_visible_to(viewer).filter(path__in=paths_to(path)[:-1], level__in=_STEPS)
    context = {
        "round": round_,
        "area": area,
        "above": [(one.path, one.name) for one in above.order_by("path")] if area else [],
        "place": names[within],
        "shares": [(names[share.area_path], share) for share in shares],
        "reasons": queries.reasons_in(viewer, round_id, within),
        "page": page,
        "rows": [(people[one.id], reasons.get(one.id)) for one in page.rows] if page else [],
        "sees_people": Duty.SEE_REGISTER in viewer.duties,
        "may_note": bool(actions.NOTERS & viewer.duties) and round_.state == Round.State.OPEN,
        "all_reasons": Untested.Reason.choices,
    }
    return render(request, "sampling/untested.html", context)


_STEPS = [Area.Level.SUBDISTRICT, Area.Level.COMMUNITY]


@require_POST
def note_untested(request: Request, round_id: UUID, resident_id: UUID) -> HttpResponse:
    """What somebody told a community by telephone or at the door."""
    viewer = request.actor
    viewer.must(Duty.SEE_REGISTER)
    actions.note_untested(
        viewer,
        person=PersonRef(resident=resident_id),
        round_id=round_id,
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", ""),
        at=now(),
    )
    where = urlencode({"area": request.POST.get("area", "")})
    return redirect(f"{reverse('sampling:untested', args=[round_id])}?{where}")


def _untested_as_file(request: Request, round_id: UUID, within: str) -> FileResponse:
    """Everybody of an area who was not swabbed, door by door."""
    viewer = request.actor
    viewer.must(Duty.SEE_REGISTER)
    header = [_("Place"), _("Person"), _("Age"), _("Why"), _("Remark"), _("Noted")]
    [labels] = sheets.labels(Untested.Reason)

    def shown(chunk: list[Any]) -> Iterator[list[Any]]:
        people = brief(viewer, [one.id for one in chunk])
        reasons = queries.reasons_of(viewer, round_id, people)
        places = names_of(viewer, {one.area_path for one in people.values()})
        for one in chunk:
            person, said = people[one.id], reasons.get(one.id)
            told = [labels[said.reason], said.note, said.noted_at] if said else ["", "", ""]
            yield [places[person.area_path], str(person.name), person.age, *told]

    rows = sheets.by_chunks(queries.not_tested_in(viewer, round_id, within), shown)
    return sheets.download(request, sheets.List.UNTESTED, header, rows, area_path=within)


def _below(area: Area | None) -> str:
    """What a page about an area breaks its figures down by."""
    if area is None or area.level == Area.Level.DISTRICT:
        return str(Area.Level.SUBDISTRICT)
    if area.level == Area.Level.SUBDISTRICT:
        return str(Area.Level.COMMUNITY)
    return str(Area.Level.BUILDING)


# Boxes


@require_GET
def boxes(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    said = request.GET.get("barcode", "").strip()
    if said:
        return redirect("sampling:box", queries.box_by_barcode(viewer, said).id)
    found = queries.boxes_visible_to(viewer)
    if sheets.wanted(request):
        return _boxes_as_file(request, found)
    page = paged(found, request.GET.get("mark", ""))
    sites = queries.sites_of(viewer, page.rows)
    context = {"page": page, "rows": [(box, sites.get(box.site_id)) for box in page.rows]}
    return render(request, "sampling/boxes.html", context)


def _boxes_as_file(request: Request, boxes: QuerySet[Box]) -> FileResponse:
    header = [
        _("Box"), _("Sampling point"), _("State"), _("Tubes"), _("Packed"), _("Received"),
    ]  # fmt: skip
    [states] = sheets.labels(Box.State)

    def shown(chunk: list[Box]) -> Iterator[list[Any]]:
        sites = queries.sites_of(request.actor, chunk)
        for one in chunk:
            site = sites.get(one.site_id)
            yield [
                one.barcode, site.name if site else "", states[one.state], one.counted,
                one.packed_at, one.received_at or "",
            ]  # fmt: skip

    rows = sheets.by_chunks(boxes, shown)
    return sheets.download(request, sheets.List.BOXES, header, rows)


@require_GET
def box(request: Request, box_id: UUID) -> HttpResponse:
    return _box(request, box_id)


@require_POST
def receive(request: Request, box_id: UUID) -> HttpResponse:
    form = ReceiveForm(request.POST)
    if not form.is_valid():
        return _box(request, box_id, form=form, status=422)
    shown = queries.get_box(request.actor, box_id)
    warmth = form.cleaned_data["temperature"]
    actions.receive_box(
        request.actor,
        shown.barcode,
        tubes=form.cleaned_data["tubes"],
        broken=form.cleaned_data["broken"],
        temperature=float(warmth) if warmth is not None else None,
        at=now(),
    )
    return redirect("sampling:box", box_id)


def _box(
    request: Request, box_id: UUID, *, form: ReceiveForm | None = None, status: int = 200
) -> HttpResponse:
    viewer = request.actor
    shown = queries.get_box(viewer, box_id)
    waits = shown.state != Box.State.RECEIVED
    handed = list(shown.hand_overs.order_by("at", "id"))
    by = Account.objects.filter(id__in={one.by_id for one in handed})
    names = dict(by.values_list("id", "display_name"))
    context = {
        "box": shown,
        "site": queries.sites_of(viewer, [shown]).get(shown.site_id),
        "lines": queries.tubes_in_box(viewer, box_id),
        "handed": [(one, names.get(one.by_id, "")) for one in handed],
        "form": (form or ReceiveForm())
        if waits and viewer.may(Duty.ENTER_RESULTS, at=shown.area_path)
        else None,
    }
    return render(request, "sampling/box.html", context, status=status)


# Labels


@require_http_methods(["GET", "POST"])
def labels(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    queries.must_read(viewer)
    if sheets.wanted(request):
        return _labels_as_file(request)
    form = LabelsForm(request.POST or None, initial=_new_sheet())
    status = 200
    if request.method == "POST":
        if form.is_valid():
            batch = actions.print_labels(
                viewer,
                kind=form.cleaned_data["kind"],
                count=form.cleaned_data["sheets"] * PER_SHEET,
                batch_id=form.cleaned_data["batch_id"],
            )
            text = _("%(number)s labels are ready to be printed.")
            messages.success(request, text % {"number": batch.number})
            return redirect("sampling:labels")
        status = 422
    page = paged(queries.label_batches(viewer), request.GET.get("mark", ""))
    context = {
        "form": form,
        "page": page,
        "rows": [(one, code(one.kind, one.first), code(one.kind, one.last)) for one in page.rows],
    }
    return render(request, "sampling/labels.html", context, status=status)


def _labels_as_file(request: Request) -> FileResponse:
    header = [_("First number"), _("Last number"), _("Labels for"), _("Labels"), _("Made")]
    [kinds] = sheets.labels(LabelBatch.Kind)

    def shown(chunk: list[LabelBatch]) -> Iterator[list[Any]]:
        for one in chunk:
            first, last = code(one.kind, one.first), code(one.kind, one.last)
            yield [first, last, kinds[one.kind], one.number, one.printed_at]

    rows = sheets.by_chunks(queries.label_batches(request.actor), shown)
    return sheets.download(request, sheets.List.LABELS, header, rows)


def _new_sheet() -> dict[str, object]:
    return {"batch_id": new_id(), "kind": LabelBatch.Kind.TUBE, "sheets": 1}


@require_GET
def label_sheet(request: Request, batch_id: UUID) -> HttpResponse:
    """The same numbers however often it is opened; a second copy of a label is a mistake to see."""
    paper = sheet.labels(queries.labels_of(request.actor, batch_id))
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="labels.pdf"'
    patch_cache_control(response, private=True, no_store=True)
    return response


# Laboratories' systems


@require_http_methods(["GET", "POST"])
def laboratories(request: Request) -> HttpResponse:
    viewer = request.actor
    sites = list(sites_of_kind(viewer, Site.Kind.LABORATORY))
    form = KeyForm(request.POST or None, laboratories=sites)
    secret = ""
    if request.method == "POST" and form.is_valid():
        _key, secret = actions.give_key(viewer, laboratory_id=form.cleaned_data["laboratory_id"])
    context = {
        "form": form if sites else None,
        "secret": secret,
        "reads": bool(queries.OF_A_PERSON & viewer.duties),
        "keys": queries.keys_visible_to(viewer),
    }
    response = render(request, "sampling/laboratories.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_POST
def withdraw(request: Request, key_id: UUID) -> HttpResponse:
    actions.withdraw_key(request.actor, key_id)
    return redirect("sampling:laboratories")


# For everybody


@require_GET
def public_queues(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """Points with their queues. Needs no sign-in, no script, no cookie, and asks nothing.

    number   of a subdistrict; without one, all of them with how long each waits
    """
    asked = request.GET.get("lang", "")
    language = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(language):
        shown = live.public_page()
        group = shown.group(number) if number is not None else None
        if number is not None and group is None:
            raise NoPointsThere
        if group is None and len(shown.groups) == 1:
            [group] = shown.groups
        other = next(code for code, _name in settings.LANGUAGES if code != language)
        context = {"shown": shown, "group": group, "other": other, "alone": number is None}
        # Without the request: what knows who is signed in has no business here.
        response = HttpResponse(render_to_string("sampling/queues.html", context))
    patch_cache_control(response, public=True, max_age=20)
    return response
