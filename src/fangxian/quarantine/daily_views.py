"""Pages of daily monitoring: the community's list, one person's, and the person's own."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.cache import caches
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.kernel import paper, sheets
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now, today
from fangxian.kernel.http import Request, paged
from fangxian.protocol.vocabulary import SYMPTOMS
from fangxian.quarantine import actions, queries
from fangxian.quarantine.asking import hours_at, pack_at
from fangxian.quarantine.errors import (
    ImplausibleTemperature,
    NobodyUnderThisCode,
    TooManyTries,
)
from fangxian.quarantine.forms import CodeForm, DoorForm, OwnReadingForm, ReadingForm, WishForm
from fangxian.quarantine.models import Reading, Watch, Wish
from fangxian.quarantine.sites import STAFF
from fangxian.quarantine.views import may, tabs

_SHOWN = 14
_TRIES = 20
_FOR = 10 * 60  # seconds that wrong codes are remembered for


@require_GET
def home(request: Request) -> HttpResponse | FileResponse:
    """Who is monitored at home, by door, with today's readings."""
    viewer = request.actor
    rows = queries.watched_at_home(viewer)
    if request.GET.get("show") == "late":
        rows = rows.filter(missed__made_up_at=None, missed__day=today()).distinct()
    if sheets.wanted(request):
        return _home_as_file(request, rows)
    page = paged(rows, request.GET.get("mark", ""))
    days = queries.days_of(viewer, page.rows)
    places = names_of(viewer, {one.watch.area_path for one in days})
    context = {
        "page": page,
        "rows": [(one, places[one.watch.area_path]) for one in days],
        "tally": queries.tally(viewer, queries.watched_at_home(viewer)),
        "late_only": request.GET.get("show") == "late",
        "hours": hours_at(page.rows[0].area_path) if page.rows else (),
        **tabs(viewer),
    }
    return render(request, "quarantine/home.html", context)


def _home_as_file(request: Request, rows: QuerySet[Watch]) -> FileResponse:
    header = [_("Name"), _("Place"), _("Order"), _("Until"), _("Today"), _("To keep in mind")]

    def shown(chunk: list[Watch]) -> Iterator[list[Any]]:
        places = names_of(request.actor, {one.area_path for one in chunk})
        for day in queries.days_of(request.actor, chunk):
            yield [
                day.person.name if day.person else "",
                places[day.watch.area_path],
                day.watch.order.code,
                day.watch.order.ends_at,
                " · ".join(
                    str(cell.reading.temperature) if cell.reading else "—" for cell in day.cells
                ),
                "、".join(day.needs),
            ]

    return sheets.download(request, sheets.List.MONITORED, header, sheets.by_chunks(rows, shown))


# One person, for the staff and the community


@require_GET
def watch(request: Request, watch_id: UUID) -> HttpResponse:
    return _watch(request, watch_id)


def _symptoms(area_path: str) -> list[str]:
    pack = pack_at(area_path)
    return [*pack.people.symptoms, *pack.people.emergency_symptoms] if pack else []


def _watch(
    request: Request, watch_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    found = queries.get_watch(viewer, watch_id)
    works = may(viewer, STAFF, found.area_path) and found.ended_at is None
    address = request.build_absolute_uri(reverse("quarantine:own_reading", args=[found.token]))
    at_home = found.facility_id is None
    context = {
        "watch": found,
        "day": queries.days_of(viewer, [found])[0],
        "place": names_of(viewer, [found.area_path])[found.area_path],
        "readings": _in_words(queries.readings_of(viewer, watch_id)[:_SHOWN]),
        "address": address,
        "qr": paper.qr(address) if works else "",
        "at_home": at_home,
        "visits": list(queries.door_visits_of(viewer, found.resident_id)[:_SHOWN]),
        "sealed": queries.sealed_under(viewer, found.resident_id),
        "reading_form": ReadingForm(
            symptoms=_symptoms(found.area_path), initial={"way": "phone" if at_home else "staff"}
        )
        if works
        else None,
        "wish_form": WishForm() if works else None,
        "door_form": DoorForm() if works and at_home else None,
        "sees_order": viewer.sees(found.order.area_path),
        **invalid,
        **tabs(viewer),
    }
    return render(request, "quarantine/watch.html", context, status=status)


def _in_words(readings: QuerySet[Reading]) -> list[tuple[Reading, str]]:
    return [
        (one, "、".join(str(SYMPTOMS.get(word, word)) for word in one.symptoms)) for one in readings
    ]


@require_POST
def record_reading(request: Request, watch_id: UUID) -> HttpResponse:
    found = queries.get_watch(request.actor, watch_id)
    form = ReadingForm(request.POST, symptoms=_symptoms(found.area_path))
    if not form.is_valid():
        return _watch(request, watch_id, status=422, reading_form=form)
    try:
        reading = actions.record_reading(request.actor, found.resident_id, **form.cleaned_data)
    except ImplausibleTemperature as refusal:
        form.add_error("temperature", refusal.message)
        return _watch(request, watch_id, status=422, reading_form=form)
    if reading.alarm == Reading.Alarm.CALM:
        messages.success(request, _("Noted. Nothing unusual."))
    else:
        messages.warning(request, _("Noted, and a medic was called at once."))
    return redirect("quarantine:watch", watch_id)


@require_POST
def note_wish(request: Request, watch_id: UUID) -> HttpResponse:
    form = WishForm(request.POST)
    if not form.is_valid():
        return _watch(request, watch_id, status=422, wish_form=form)
    actions.note_wish(request.actor, watch_id, **form.cleaned_data)
    return redirect("quarantine:watch", watch_id)


@require_POST
def meet_wish(request: Request, watch_id: UUID, kind: str) -> HttpResponse:
    actions.meet_wish(request.actor, watch_id, kind=kind)
    return redirect("quarantine:watch", watch_id)


@require_POST
def visit_door(request: Request, watch_id: UUID) -> HttpResponse:
    form = DoorForm(request.POST)
    if not form.is_valid():
        return _watch(request, watch_id, status=422, door_form=form)
    found = queries.get_watch(request.actor, watch_id)
    actions.visit_door(request.actor, found.resident_id, **form.cleaned_data)
    messages.success(request, _("The visit was noted."))
    return redirect("quarantine:watch", watch_id)


# The person's own page: no account, no name


def _tries(request: HttpRequest) -> str:
    return f"quarantine-tries:{request.META.get('REMOTE_ADDR', '')}"


def _found(request: HttpRequest, key: str) -> Watch:
    """The watch of a key; wrong ones are counted, so that nobody tries codes through."""
    tries = caches["pages"].get(_tries(request), 0)
    if tries >= _TRIES:
        raise TooManyTries
    try:
        return queries.watch_under_key(PLAYBOOK, key)
    except NobodyUnderThisCode:
        caches["pages"].set(_tries(request), tries + 1, _FOR)
        raise


@require_http_methods(["GET", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST or None)
    if form.is_valid():
        found = _found(request, form.cleaned_data["code"].strip())
        return redirect("quarantine:own_reading", found.token)
    context = {"form": form, "other": _other(request)}
    return _bare(render(request, "quarantine/enter_code.html", context))


def _other(request: HttpRequest) -> str:
    """The language that the page can also be read in."""
    asked = request.GET.get("lang", "")
    if asked in {"en", "zh-hans"}:
        translation.activate(asked)
    return "zh-hans" if translation.get_language() == "en" else "en"


def _bare(response: HttpResponse) -> HttpResponse:
    """Kept by nobody on the way, and the address is told to no other page."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    return response


@require_http_methods(["GET", "POST"])
def own_reading(request: HttpRequest, key: str) -> HttpResponse:
    """Temperature and symptoms, told by the person; what to do if it is serious comes first."""
    other = _other(request)
    found = _found(request, key)
    form = OwnReadingForm(request.POST or None, symptoms=_symptoms(found.area_path))
    told = None
    if form.is_valid():
        try:
            told = actions.tell_own_reading(PLAYBOOK, found.token, **form.cleaned_data)
        except ImplausibleTemperature as refusal:
            form.add_error("temperature", refusal.message)
    facility = found.facility
    context = {
        "key": found.token,
        "code": found.code,
        "order": found.order,
        "over": found.order.ends_at <= now(),
        "day": queries.days_of(PLAYBOOK, [found])[0],
        "form": form,
        "told": told,
        "phone": facility.phone if facility else "",
        "wishes": Wish.Kind.choices,
        "open_wishes": set(
            Wish.objects.filter(watch=found, met_at=None).values_list("kind", flat=True)
        ),
        "other": other,
    }
    status = 422 if form.errors else 200
    return _bare(render(request, "quarantine/reading.html", context, status=status))


@require_POST
def own_wish(request: HttpRequest, key: str) -> HttpResponse:
    found = _found(request, key)
    kind = request.POST.get("kind", "")
    if kind in Wish.Kind.values:
        actions.ask_for(PLAYBOOK, found.token, kind=kind)
    lang = translation.get_language()
    return redirect(f"{reverse('quarantine:own_reading', args=[found.token])}?lang={lang}#needs")
