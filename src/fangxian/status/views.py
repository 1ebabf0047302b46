"""Pages of status codes, and the one that anybody opens with their own code."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.cases.queries import get_sweep, swept_by
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.kernel.http import Request, paged
from fangxian.people.queries import brief
from fangxian.status import actions, queries, rules
from fangxian.status.forms import DecisionForm, ObjectionForm, OwnForm, StatusFilter, SweptFilter
from fangxian.status.models import Objection, Status
from fangxian.status.swept import count_of_swept, swept_people

_DAYS = 7
_FIRST = 20


@require_GET
def statuses(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    filters = StatusFilter(request.GET or None)
    colour = filters.cleaned_data["colour"] if filters.is_valid() else ""
    listed = queries.statuses_listed(viewer, colour=colour)
    if sheets.wanted(request):
        return _as_file(request, listed)
    page = paged(listed, request.GET.get("mark", ""))
    people = brief(viewer, {row.resident_id for row in page.rows})
    places = names_of(viewer, {row.area_path for row in page.rows})
    waiting = list(queries.objections_waiting(viewer)[:_FIRST])
    who = brief(viewer, {one.resident_id for one in waiting})
    context = {
        "filters": filters,
        "page": page,
        "rows": [(row, people.get(row.resident_id), places[row.area_path]) for row in page.rows],
        "counts": queries.people_by_colour(viewer),
        "days": queries.changes_by_day(viewer, since=now() - timedelta(days=_DAYS)),
        "unfounded": queries.unfounded(viewer) if viewer.may(Duty.AUDIT) else None,
        "waiting": [(one, who.get(one.resident_id)) for one in waiting],
        "now": now(),
    }
    return render(request, "status/list.html", context)


def _as_file(request: Request, listed: Any) -> FileResponse:
    header = [_("Name"), _("Place"), _("Colour"), _("Since"), _("Reasons")]
    [colours] = sheets.labels(Status.Colour)

    def shown(chunk: list[Status]) -> Iterator[list[Any]]:
        people = brief(request.actor, {row.resident_id for row in chunk})
        places = names_of(request.actor, {row.area_path for row in chunk})
        for row in chunk:
            person = people.get(row.resident_id)
            yield [
                person.name if person else "",
                places[row.area_path],
                colours[row.colour],
                row.began_at,
                len(row.grounds),
            ]

    return sheets.download(request, sheets.List.STATUSES, header, sheets.by_chunks(listed, shown))


@require_GET
def swept(request: Request, sweep_id: UUID) -> HttpResponse:
    """Who a sweep found, why, and what the rules would now say of them."""
    viewer = request.actor
    filters = SweptFilter(request.GET or None)
    standing = filters.cleaned_data["standing"] if filters.is_valid() else None
    listed = swept_by(viewer, sweep_id, standings=[standing] if standing else ())
    page = paged(listed, request.GET.get("mark", ""))
    rows = swept_people(viewer, sweep_id, page.rows)
    places = names_of(viewer, {row.area_path for row in rows})
    context = {
        "sweep": get_sweep(viewer, sweep_id),
        "filters": filters,
        "page": page,
        "rows": [(row, places[row.area_path]) for row in rows],
        "elsewhere": len(page.rows) - len(rows),
        "counts": count_of_swept(viewer, sweep_id),
    }
    return render(request, "status/swept.html", context)


@require_GET
def person(request: Request, resident_id: UUID) -> HttpResponse:
    found = queries.status_of(request.actor, resident_id)
    return _person_page(request, found, _objection_form(found))


def _objection_form(found: queries.StatusNow, data: Any = None) -> ObjectionForm | None:
    """Against orders one objects on their own pages."""
    grounds = [(str(r.ground), r.label) for r in found.reasons if r.kind != "order"]
    if not grounds:
        return None
    form = ObjectionForm(data)
    form.fields["ground"].choices = grounds  # type: ignore[attr-defined]
    return form


def _person_page(
    request: Request, found: queries.StatusNow, form: ObjectionForm | None, *, status: int = 200
) -> HttpResponse:
    viewer = request.actor
    context = {
        "found": found,
        "person": brief(viewer, [found.resident_id]).get(found.resident_id),
        "place": names_of(viewer, [found.area_path])[found.area_path],
        "history": list(queries.statuses_of(viewer, found.resident_id)[:_FIRST]),
        "objections": list(queries.objections_of(viewer, found.resident_id)[:_FIRST]),
        "form": form,
    }
    return render(request, "status/person.html", context, status=status)


@require_POST
def file_objection(request: Request, resident_id: UUID) -> HttpResponse:
    found = queries.status_of(request.actor, resident_id)
    form = _objection_form(found, request.POST)
    if form is None or not form.is_valid():
        return _person_page(request, found, form, status=422)
    filed = actions.object_to_status(
        request.actor,
        resident_id,
        UUID(form.cleaned_data["ground"]),
        text=form.cleaned_data["text"],
    )
    return redirect("status:objection", filed.id)


@require_GET
def objection(request: Request, objection_id: UUID) -> HttpResponse:
    return _objection_page(request, queries.get_objection(request.actor, objection_id))


def _objection_page(
    request: Request, found: Objection, form: DecisionForm | None = None
) -> HttpResponse:
    viewer = request.actor
    status = queries.status_of(viewer, found.resident_id)
    context = {
        "objection": found,
        "person": brief(viewer, [found.resident_id]).get(found.resident_id),
        "reasons": [one for one in status.reasons if one.ground == found.ground],
        "form": (form or DecisionForm()) if _may_decide(viewer, found) else None,
        "now": now(),
    }
    return render(request, "status/objection.html", context, status=422 if form else 200)


def _may_decide(viewer: Actor, found: Objection) -> bool:
    return (
        found.decided_at is None
        and viewer.may(Duty.DECIDE_MEASURES, at=found.area_path)
        and viewer.id not in {found.filed_by, found.first_by}
    )


@require_POST
def decide(request: Request, objection_id: UUID) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _objection_page(request, queries.get_objection(request.actor, objection_id), form)
    actions.decide_status_objection(
        request.actor,
        objection_id,
        uphold=form.cleaned_data["uphold"] == "yes",
        reasons=form.cleaned_data["reasons"],
    )
    return redirect("status:objection", objection_id)


# For everybody


@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """What my code shows and why, without signing in: by the code and four signs, sent once.

    Nothing is kept of it, nothing stands in the address, and few tries are free.
    """
    form = OwnForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="own_status", key=form.cleaned_data["code"]):
            context["refusal"] = _("Too many tries. Wait ten minutes, or ask your community.")
        else:
            try:
                context["found"] = queries.own_status(PLAYBOOK, **form.cleaned_data)
            except Refusal as refusal:
                context["refusal"] = refusal.message
    context["green"] = rules.GREEN
    response = render(request, "status/own.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response
