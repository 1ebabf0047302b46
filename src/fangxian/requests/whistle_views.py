"""The pages of whistles: who calls, who comes, how long it takes."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.http import Request as HttpRequest
from fangxian.kernel.http import live_page, paged
from fangxian.requests import actions, forms, queries
from fangxian.requests.models import Response, Whistle
from fangxian.requests.views import places_to_choose, tabs, units_to_choose
from fangxian.requests.whistles import CALLERS

TONES = {"blown": "wait", "arrived": "open", "done": "done", "withdrawn": "ended"}


@require_GET
def whistles(request: HttpRequest) -> HttpResponse:
    viewer = request.actor
    everything = request.GET.get("all") == "on"
    rows = queries.whistles_listed(viewer, open_only=not everything)
    page = paged(rows, request.GET.get("mark", ""))
    names = names_of(viewer, {one.area_path for one in page.rows})
    said: dict[UUID, list[Response]] = {}
    found = Response.objects.filter(whistle__in=[one.id for one in page.rows])
    for one in found.select_related("unit").order_by("called_at", "id"):
        said.setdefault(one.whistle_id, []).append(one)
    context = {
        "page": page,
        "cards": [
            (one, names[one.area_path], TONES[one.state], _late(one), said.get(one.id, []))
            for one in page.rows
        ],
        "everything": everything,
        "may_blow": bool(CALLERS & viewer.duties),
        "tab": "whistles",
        **tabs(viewer),
    }
    return live_page(request, "requests/whistles.html", "requests/_whistles.html", context)


def _late(one: Whistle) -> bool:
    return one.state == Whistle.State.BLOWN and bool(one.arrive_due and one.arrive_due < now())


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    viewer = request.actor
    areas = places_to_choose(viewer)
    form = forms.WhistleForm(
        request.POST or None,
        areas=areas,
        units=_units(viewer, areas[0].path if areas else viewer.within),
    )
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        blown = actions.blow_whistle(
            viewer,
            area_path=said["area"],
            words=said["words"],
            wants=said["wants"],
            people=said["people"] or 0,
            place=said["place"],
            units=[UUID(unit) for unit in said["units"]],
        )
        words = _("Whistle %(code)s: the units have it on their lists.") % {"code": blown.code}
        messages.success(request, words)
        return redirect("requests:whistle", blown.id)
    return render(
        request,
        "requests/new_whistle.html",
        {"form": form, **tabs(viewer)},
        status=422 if form.is_bound else 200,
    )


def _units(viewer: Actor, area_path: str) -> list[tuple[UUID, str]]:
    """Those above the community first: it is they who are to come."""
    return list(reversed(units_to_choose(viewer, area_path)))


@require_GET
def whistle(request: HttpRequest, whistle_id: UUID) -> HttpResponse:
    return _page(request, whistle_id)


@require_GET
def response(request: HttpRequest, response_id: UUID) -> HttpResponse:
    """A task names the unit's part; it stands on the page of its whistle."""
    found = Response.objects.filter(
        id=response_id, whistle__area_path__startswith=request.actor.within
    ).first()
    if found is None:
        raise NotFound(_("whistle"))
    return redirect("requests:whistle", found.whistle_id)


def _page(
    request: HttpRequest, whistle_id: UUID, *, scores_form: Any = None, status: int = 200
) -> HttpResponse:
    viewer = request.actor
    one = queries.get_whistle(viewer, whistle_id)
    rows = list(queries.responses_of(viewer, one.id))
    calls = any(viewer.may(duty, at=one.area_path) for duty in CALLERS)
    open_ = one.ended_at is None
    own = {row.unit_id for row in rows if queries.of_unit(viewer, row.unit_id)}
    called = {row.unit_id for row in rows}
    came = [row for row in rows if row.arrived_at is not None]
    context = {
        "one": one,
        "place": names_of(viewer, [one.area_path])[one.area_path],
        "tone": TONES[one.state],
        "late": _late(one),
        "rows": [
            (
                row,
                row.arrived_at is not None and row.due_at and row.arrived_at > row.due_at,
                forms.ComingForm(auto_id=f"id_{row.id.hex}_%s")
                if open_ and not row.arrived_at and (row.unit_id in own or tabs(viewer)["sees_to"])
                else None,
                open_ and calls and row.arrived_at is None and row.unit_id not in own,
            )
            for row in rows
        ],
        "more_form": forms.MoreUnitsForm(
            units=[unit for unit in _units(viewer, one.area_path) if unit[0] not in called]
        )
        if open_ and calls
        else None,
        "scores_form": scores_form or forms.ScoresForm(came=came)
        if open_ and calls and not own and came
        else None,
        "may_withdraw": open_ and calls and not came,
        **tabs(viewer),
    }
    return render(request, "requests/whistle.html", context, status=status)


@require_POST
def answer(request: HttpRequest, whistle_id: UUID, unit_id: UUID) -> HttpResponse:
    form = forms.ComingForm(request.POST)
    said: dict[str, Any] = {"says": "cannot", "people": 0, "reason": ""}
    if form.is_valid():
        said = form.cleaned_data
    actions.answer_whistle(
        request.actor,
        whistle_id,
        unit_id,
        coming=said["says"] == "coming",
        people=said["people"] or 0,
        reason=said["reason"],
    )
    messages.success(request, _("The community sees your answer."))
    return redirect("requests:whistle", whistle_id)


@require_POST
def there(request: HttpRequest, whistle_id: UUID, unit_id: UUID) -> HttpResponse:
    actions.note_unit_there(request.actor, whistle_id, unit_id)
    messages.success(request, _("Noted: they are there."))
    return redirect("requests:whistle", whistle_id)


@require_POST
def call_more(request: HttpRequest, whistle_id: UUID) -> HttpResponse:
    viewer = request.actor
    one = queries.get_whistle(viewer, whistle_id)
    form = forms.MoreUnitsForm(request.POST, units=_units(viewer, one.area_path))
    units = [UUID(unit) for unit in form.cleaned_data["units"]] if form.is_valid() else []
    actions.call_more_units(viewer, whistle_id, units=units)
    return redirect("requests:whistle", whistle_id)


@require_POST
def end(request: HttpRequest, whistle_id: UUID) -> HttpResponse:
    came = [
        one for one in queries.responses_of(request.actor, whistle_id) if one.arrived_at is not None
    ]
    form = forms.ScoresForm(request.POST, came=came)
    if not form.is_valid():
        return _page(request, whistle_id, scores_form=form, status=422)
    actions.end_whistle(request.actor, whistle_id, scores=form.scores)
    messages.success(request, _("Done, and scored."))
    return redirect("requests:whistle", whistle_id)


@require_POST
def withdraw(request: HttpRequest, whistle_id: UUID) -> HttpResponse:
    actions.withdraw_whistle(request.actor, whistle_id)
    return redirect("requests:whistle", whistle_id)
