"""Regular treatment: who is driven where on which days, and the rides."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.care import actions, asking, queries
from fangxian.care.forms import SeriesForm
from fangxian.care.models import Series
from fangxian.care.treatments import BOOKERS
from fangxian.care.views import rows_of, tabs
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import today
from fangxian.kernel.http import Request, paged
from fangxian.measures.queries import people_to_send
from fangxian.people.queries import brief, get_resident, needs_by_resident
from fangxian.protocol.vocabulary import CARE, between_words


def _weekdays() -> list[str]:
    """Monday is 1."""
    return ["", _("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]


def days_of(series: Series) -> str:
    """On which days, in words: Mon, Wed, Fri; every 14 days."""
    if series.every_days:
        said = ngettext("every day", "every %(days)d days", series.every_days)
        return said % {"days": series.every_days}
    names = _weekdays()
    return between_words().join(names[day] for day in series.weekdays)


def _shown(viewer: Actor, found: Iterable[Series]) -> list[tuple[Series, Any, str, str]]:
    rows = list(found)
    people = brief(viewer, [one.resident_id for one in rows])
    places = names_of(viewer, {one.area_path for one in rows})
    return [(one, people.get(one.resident_id), places[one.area_path], days_of(one)) for one in rows]


@require_GET
def treatments(request: Request) -> HttpResponse:
    viewer = request.actor
    search = request.GET.get("search", "")
    page = paged(queries.series_listed(viewer), request.GET.get("mark", ""))
    found = people_to_send(viewer, search)
    places = names_of(viewer, {one.area_path for one in found})
    context = {
        "page": page,
        "rows": _shown(viewer, page.rows),
        "ahead": rows_of(viewer, queries.rides_ahead(viewer)[:30]),
        "search": search,
        "found": [(one, places[one.area_path]) for one in found],
        "books": any(duty in viewer.duties for duty in BOOKERS),
        **tabs(viewer),
    }
    return render(request, "care/treatments.html", context)


@require_http_methods(["GET", "POST"])
def book(request: Request, resident_id: UUID) -> HttpResponse:
    viewer = request.actor
    resident = get_resident(viewer, resident_id)
    paired = queries.hospitals_for(viewer, resident.area_path)
    known = {one.site_id for one in paired}
    hospitals = [(str(one.site_id), one.site.name) for one in paired]
    hospitals += [
        (str(site.id), site.name)
        for site in queries.hospitals_to_choose(viewer)
        if site.id not in known
    ]
    needs = needs_by_resident(viewer, [resident.id]).get(resident.id, [])
    kinds = {"dialysis": "dialysis", "cancer_treatment": "cancer_treatment"}
    kind = next((kinds[need] for need in needs if need in kinds), "")
    first = {
        "kind": kind or ("antenatal" if "pregnancy" in needs else "dialysis"),
        "first_day": today(),
        "last_day": today() + asking.within(resident.area_path, "longest_series") / 3,
    }
    form = SeriesForm(request.POST or None, hospitals=hospitals, initial=first)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            said = form.cleaned_data
            series = actions.book_series(
                viewer, resident.id, hospital_id=UUID(said.pop("hospital")), **said
            )
            messages.success(request, _("Booked. The rides of the next day are ready."))
            return redirect("care:series", series.id)
        status = 422
    context = {
        "form": form,
        "person": brief(viewer, [resident.id]).get(resident.id),
        "place": names_of(viewer, [resident.area_path])[resident.area_path],
        "needs": [CARE[need] for need in needs if need in CARE],
        "known": _shown(viewer, queries.series_of(viewer, resident.id)),
        **tabs(viewer),
    }
    return render(request, "care/book.html", context, status=status)


@require_GET
def series(request: Request, series_id: UUID) -> HttpResponse:
    return _series(request, series_id)


def _series(request: Request, series_id: UUID, **invalid: forms.Form) -> HttpResponse:
    viewer = request.actor
    found = queries.get_series(viewer, series_id)
    page = paged(queries.rides_of(viewer, series_id), request.GET.get("mark", ""))
    [(one, person, place, days)] = _shown(viewer, [found])
    context = {
        "one": one,
        "person": person,
        "place": place,
        "days": days,
        "page": page,
        "rows": rows_of(viewer, page.rows),
        "books": any(viewer.may(duty, at=found.area_path) for duty in BOOKERS),
        **invalid,
        **tabs(viewer),
    }
    return render(request, "care/series.html", context)


@require_POST
def end(request: Request, series_id: UUID) -> HttpResponse:
    actions.end_series(request.actor, series_id)
    return redirect("care:series", series_id)
