"""The pages of personal codes: find somebody, show or print their code, end one that was lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_visible_to, names_of
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.http import Request
from fangxian.people import actions, forms, printing, queries
from fangxian.people.codes import MOST_CARDS
from fangxian.people.models import PersonalCode, Resident


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code as the person's page lists it. `state` is a word of the page's marks."""

    row: PersonalCode
    state: str
    words: str


@require_GET
def find(request: Request) -> HttpResponse:
    """Whoever stands or calls here: one field for a card, a phone, a name or a code."""
    viewer = request.actor
    viewer.must(Duty.KEEP_REGISTER)
    form = forms.FindForm(request.GET or None)
    found: list[Resident] = []
    if form.is_valid():
        found = list(queries.residents_matching(viewer, search=form.cleaned_data["q"])[:21])
        if len(found) == 1:
            return redirect("people:code", found[0].id)
    places = queries.places(viewer, [one.area_path for one in found])
    rows = [(one, places.get(one.area_path, "")) for one in found]
    context = {"form": form, "rows": rows, "asked": form.is_bound}
    return render(request, "people/find.html", context)


@require_GET
def code(request: Request, resident_id: UUID) -> HttpResponse:
    request.actor.must(Duty.KEEP_REGISTER)
    resident = actions.open_person(request.actor, resident_id, purpose=_("code"))
    return _code_page(request, resident)


@require_POST
def show(request: Request, resident_id: UUID) -> HttpResponse:
    """The code on the screen, for the person before it, on the phone, or for whoever acts."""
    ways = PersonalCode.Way
    way = request.POST.get("way", "")
    if way not in {ways.SCREEN, ways.PHONE, ways.PROXY}:
        way = ways.SCREEN
    given = actions.issue_code(request.actor, resident_id, way=way, renew="renew" in request.POST)
    return _code_page(request, given.resident, shown=given)


def _code_page(
    request: Request, resident: Resident, *, shown: PersonalCode | None = None, **said: Any
) -> HttpResponse:
    viewer = request.actor
    context = {
        "resident": resident,
        "place": names_of(viewer, [resident.area_path]).get(resident.area_path, ""),
        "shown": printing.on_screen(shown) if shown else None,
        "codes": [_row(one) for one in queries.codes_of(viewer, resident.id)[:50]],
        "proxies": list(queries.proxies_of(viewer, resident.id)),
        "family": list(queries.acts_for(viewer, resident.id)),
        "revoke_form": forms.RevokeForm(),
    } | said
    return render(request, "people/code.html", context, status=422 if said else 200)


def _row(row: PersonalCode) -> CodeRow:
    if row.revoked_at:
        return CodeRow(row, "ended", _("withdrawn"))
    if row.expires_at < now():
        return CodeRow(row, "ended", _("expired"))
    return CodeRow(row, "done", _("valid"))


@require_POST
def revoke(request: Request, code_id: UUID) -> HttpResponse:
    row = queries.get_code(request.actor, code_id)
    form = forms.RevokeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, row.resident, revoke_form=form)
    actions.revoke_code(request.actor, code_id, reason=form.cleaned_data["reason"])
    messages.success(request, _("Withdrawn. Issue a new one if the person needs it."))
    return redirect("people:code", row.resident_id)


@require_POST
def card(request: Request, resident_id: UUID) -> HttpResponse:
    """A printed card; with `family` also the cards of those the person acts for."""
    if "family" in request.POST:
        given = actions.issue_family_codes(request.actor, resident_id)
    else:
        given = [actions.issue_code(request.actor, resident_id, way=PersonalCode.Way.CARD)]
    return _pdf(request, given, place="")


@require_GET
def cards(request: Request) -> HttpResponse:
    """Sheets for a building: choose the community, then its buildings."""
    viewer = request.actor
    viewer.must(Duty.KEEP_REGISTER)
    communities = areas_visible_to(viewer).filter(level=Area.Level.COMMUNITY, ended_at=None)
    form = forms.CommunityForm(request.GET or None, communities=communities.order_by("path"))
    rows: Sequence[tuple[Area, int, bool]] = []
    if form.is_valid():
        rows = _printable(request, form.cleaned_data["area"])
    context = {"form": form, "rows": rows, "most": MOST_CARDS}
    return render(request, "people/cards.html", context)


def _printable(request: Request, community: str) -> list[tuple[Area, int, bool]]:
    levels = [Area.Level.COMMUNITY, Area.Level.GRID, Area.Level.BUILDING]
    inside = areas_visible_to(request.actor).filter(path__startswith=community, ended_at=None)
    areas = list(inside.filter(level__in=levels).order_by("path"))
    people = queries.population(request.actor, [area.path for area in areas])
    return [(area, n, n <= MOST_CARDS) for area in areas if (n := people.get(area.path, 0))]


@require_POST
def print_cards(request: Request) -> HttpResponse:
    area_path = request.POST.get("area", "")
    given = actions.issue_codes(request.actor, area_path)
    place = names_of(request.actor, [area_path]).get(area_path, "")
    return _pdf(request, given, place=place)


def _pdf(request: Request, given: Sequence[PersonalCode], *, place: str) -> HttpResponse:
    name = f"{_('cards')}-{place}-{today():%Y%m%d}.pdf".replace("--", "-").replace(" ", "")
    response = HttpResponse(
        printing.cards(request.actor, given, place=place), content_type="application/pdf"
    )
    attached = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Disposition"] = attached or "attachment"
    response.headers["Cache-Control"] = "no-store"
    return response
