"""Who is to be looked in on: the missed first, by community, and one visit."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.queries import names_of
from fangxian.care import actions, asking, queries
from fangxian.care.forms import VisitForm
from fangxian.care.models import Visit
from fangxian.care.views import tabs
from fangxian.dispatch.kinds import TaskKind
from fangxian.dispatch.queries import tasks_about
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.http import Request, paged
from fangxian.kernel.models import Account
from fangxian.people.queries import Brief, brief, needs_by_resident
from fangxian.protocol.vocabulary import CARE


class Row(NamedTuple):
    one: Visit
    person: Brief | None
    place: str
    need: str
    tone: str


def _rows(viewer: Actor, visits: Iterable[Visit]) -> list[Row]:
    found = list(visits)
    people = brief(viewer, [one.resident_id for one in found])
    places = names_of(viewer, {one.area_path for one in found})
    return [
        Row(
            one,
            people.get(one.resident_id),
            places[one.area_path],
            str(CARE.get(one.need, one.need)),
            "late" if one.missed_at else "wait",
        )
        for one in found
    ]


@require_GET
def visits(request: Request) -> HttpResponse | FileResponse:
    """Missed visits stand first, then those of today; narrowed to a community or a need."""
    viewer = request.actor
    area, need = request.GET.get("area", ""), request.GET.get("need", "")
    due = queries.visits_due(viewer, area_path=area, need=need if need in CARE else "")
    if sheets.wanted(request):
        return _as_file(request, due)
    page = paged(due, request.GET.get("mark", ""))
    communities = queries.visits_by_community(viewer)
    names = names_of(viewer, {one.area_path for one in communities} | {area or viewer.within})
    rules = asking.rules_at(viewer.within)
    context = {
        "page": page,
        "rows": _rows(viewer, page.rows),
        "counts": queries.visit_counts(viewer, area_path=area),
        "communities": [(one, names[one.area_path]) for one in communities[:60]],
        "area": area,
        "area_name": names.get(area, "") if area else "",
        "need": need,
        "needs": [(word, CARE[word]) for word in (rules.visits if rules else ()) if word in CARE],
        **tabs(viewer),
    }
    return render(request, "care/visits.html", context)


def _as_file(request: Request, due: QuerySet[Visit]) -> FileResponse:
    header = [
        _("Name"),
        _("Age"),
        _("Place"),
        _("Special need"),
        _("Day of the visit"),
        _("Missed since"),
    ]

    def shown(chunk: list[Visit]) -> Iterator[list[Any]]:
        for row in _rows(request.actor, chunk):
            yield [
                row.person.name if row.person else "",
                row.person.age if row.person else "",
                row.place,
                row.need,
                row.one.day,
                row.one.missed_at,
            ]

    return sheets.download(request, sheets.List.CARE_VISITS, header, sheets.by_chunks(due, shown))


@require_GET
def visit(request: Request, visit_id: UUID) -> HttpResponse:
    return _visit(request, visit_id)


def _visit(
    request: Request, visit_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    found = queries.get_visit(viewer, visit_id)
    [row] = _rows(viewer, [found])
    needs = needs_by_resident(viewer, [found.resident_id]).get(found.resident_id, [])
    before = queries.visits_of(viewer, found.resident_id).filter(state=Visit.State.DONE)
    earlier = list(before.exclude(id=found.id)[:10])
    names = dict(
        Account.objects.filter(
            id__in={one.by_id for one in [found, *earlier] if one.by_id}
        ).values_list("id", "display_name")
    )
    works = viewer.may(Duty.CARRY_OUT, at=found.area_path)
    task = (
        tasks_about(viewer, found.id)
        .filter(kind=TaskKind.LOOK_IN_ON, state__in=["open", "taken"])
        .first()
    )
    context = {
        "row": row,
        "one": found,
        "needs": [CARE[word] for word in needs if word in CARE],
        "by": names.get(found.by_id, "") if found.by_id else "",
        "note": found.note.reveal() if found.note and queries.VISITORS & viewer.duties else "",
        "earlier": [(one, names.get(one.by_id, "") if one.by_id else "") for one in earlier],
        "form": VisitForm() if works and found.state == Visit.State.DUE else None,
        "task": task,
        **invalid,
        **tabs(viewer),
    }
    return render(request, "care/visit.html", context, status=status)


@require_POST
def done(request: Request, visit_id: UUID) -> HttpResponse:
    form = VisitForm(request.POST)
    if not form.is_valid():
        return _visit(request, visit_id, status=422, form=form)
    actions.visit_done(request.actor, visit_id, **form.cleaned_data)
    return redirect("care:visit", visit_id)
