"""The pages of venues: who has a code, who is to have one, posters and screens."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.models import Site
from fangxian.areas.queries import get_site, names_of
from fangxian.gates import actions, queries, signed
from fangxian.gates.errors import NoSuchVenue
from fangxian.gates.forms import DriveForm, SignUpForm
from fangxian.gates.models import Venue
from fangxian.gates.views import pdf, tabs
from fangxian.kernel import paper, sheets
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Request, paged

_ASKS_EVERY = 20
"""Seconds: the code changes every 30."""


class Line(NamedTuple):
    """A venue in a list. `venue` None: it has no code."""

    site: Site
    venue: Venue | None
    place: str


@require_GET
def venues(request: Request) -> HttpResponse | FileResponse:
    """Coverage by street, and the list behind each figure."""
    viewer = request.actor
    queries.must_see_venues(viewer)
    show = "with" if request.GET.get("show") == "with" else "without"
    below = request.GET.get("at", "")
    if sheets.wanted(request):
        return _as_file(request, show, below)
    mark = request.GET.get("mark", "")
    page: Any
    if show == "with":
        page = paged(queries.venues_with_code(viewer, below=below), mark)
        found = [(venue.site, venue) for venue in page.rows]
    else:
        page = paged(queries.venues_without_code(viewer, below=below), mark)
        found = [(site, None) for site in page.rows]
    places = names_of(viewer, {site.area_path for site, _venue in found})
    covered = queries.coverage(viewer, level="subdistrict" if not viewer.within else "community")
    context = {
        "page": page,
        "rows": [Line(site, venue, places[site.area_path]) for site, venue in found],
        "show": show,
        "below": below,
        "coverage": covered,
        "venues": sum(one.venues for one in covered),
        "with_code": sum(one.with_code for one in covered),
        "drives": list(queries.drives_under_way(viewer)),
        "drive_form": _drive_form() if _begins(request) else None,
        "may_sign_up": bool(set(actions.VENUE_OFFICES) & viewer.duties),
        **tabs(viewer),
    }
    return render(request, "gates/venues.html", context)


def _as_file(request: Request, show: str, below: str) -> FileResponse:
    header = [_("Venue"), _("Place"), _("Kind"), _("Has a code since")]
    [kinds] = sheets.labels(Venue.Kind)

    def signed_up(chunk: list[Venue]) -> Iterator[list[Any]]:
        places = names_of(request.actor, {one.area_path for one in chunk})
        for one in chunk:
            yield [one.site.name, places[one.area_path], kinds[one.kind], one.signed_up_at]

    def without(chunk: list[Site]) -> Iterator[list[Any]]:
        places = names_of(request.actor, {one.area_path for one in chunk})
        for one in chunk:
            yield [one.name, places[one.area_path], "", ""]

    rows = (
        sheets.by_chunks(queries.venues_with_code(request.actor, below=below), signed_up)
        if show == "with"
        else sheets.by_chunks(queries.venues_without_code(request.actor, below=below), without)
    )
    return sheets.download(request, sheets.List.VENUES, header, rows, area_path=below)


def _begins(request: Request) -> bool:
    return bool({Duty.DISPATCH, Duty.COMMAND} & request.actor.duties)


def _drive_form() -> DriveForm:
    evening = localtime(now()).replace(hour=18, minute=0, second=0, microsecond=0)
    return DriveForm(initial={"due_at": evening + timedelta(days=3)})


@require_POST
def begin_drive(request: Request) -> HttpResponse:
    form = DriveForm(request.POST)
    if not form.is_valid():
        return redirect("gates:venues")
    started = actions.begin_sign_up_drive(request.actor, request.actor.within, **form.cleaned_data)
    return redirect("gates:drive", started.id)


@require_GET
def drive(request: Request, drive_id: UUID) -> HttpResponse:
    """How far each community is, and what is left in the viewer's own."""
    viewer = request.actor
    found = queries.get_drive(viewer, drive_id)
    covered = queries.coverage(viewer, below=found.area_path)
    page = paged(
        queries.venues_without_code(viewer, below=found.area_path), request.GET.get("mark", "")
    )
    places = names_of(viewer, {site.area_path for site in page.rows})
    context = {
        "drive": found,
        "place": names_of(viewer, [found.area_path])[found.area_path],
        "coverage": covered,
        "venues": sum(one.venues for one in covered),
        "with_code": sum(one.with_code for one in covered),
        "page": page,
        "rows": [Line(site, None, places[site.area_path]) for site in page.rows],
        **tabs(viewer),
    }
    return render(request, "gates/drive.html", context)


@require_GET
def venue(request: Request, site_id: UUID) -> HttpResponse:
    return _venue(request, site_id)


def _venue(
    request: Request, site_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    queries.must_see_venues(viewer)
    site = get_site(viewer, site_id)
    if site.kind != Site.Kind.VENUE:
        raise NoSuchVenue(site_id)
    known = queries.venue_at(viewer, site_id)
    may = any(viewer.may(duty, at=site.area_path) for duty in actions.VENUE_OFFICES)
    initial = {"kind": known.kind, "screen": known.screen} if known else {}
    open_ = known is not None and known.closed_at is None
    context = {
        "site": site,
        "venue": known,
        "open": open_,
        "place": names_of(viewer, [site.area_path])[site.area_path],
        "number": signed.venue_number(site),
        "token": signed.screen_token(site.id) if open_ else "",
        "form": SignUpForm(initial=initial) if may else None,
        **invalid,
        **tabs(viewer),
    }
    return render(request, "gates/venue.html", context, status=status)


@require_POST
def sign_up(request: Request, site_id: UUID) -> HttpResponse:
    form = SignUpForm(request.POST)
    if not form.is_valid():
        return _venue(request, site_id, status=422, form=form)
    actions.sign_up_venue(request.actor, site_id, **form.cleaned_data)
    return redirect("gates:venue", site_id)


@require_POST
def close(request: Request, site_id: UUID) -> HttpResponse:
    actions.close_venue(request.actor, site_id)
    return redirect("gates:venue", site_id)


@require_POST
def posters(request: Request) -> HttpResponse:
    chosen = [UUID(one) for one in request.POST.getlist("site") if _is_uuid(one)]
    _venues, made = actions.print_posters(request.actor, chosen)
    return pdf(made, _("venue codes"))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@require_GET
def screen(request: HttpRequest, token: str) -> HttpResponse:
    """What a venue's tablet shows. Nobody is signed in there; the address is the key.

    The page asks for itself again without any script, so an old tablet is good enough.
    """
    site_id = signed.site_of_token(token)
    known = queries.venue_at(PLAYBOOK, site_id) if site_id else None
    if known is None or known.closed_at is not None:
        raise NoSuchVenue("")
    context = {
        "site": known.site,
        "qr": paper.qr(signed.screen_code(known.site, now()), level="L"),
        "number": signed.venue_number(known.site),
        "at": now(),
    }
    response = render(request, "gates/screen.html", context)
    response["Cache-Control"] = "no-store"
    response["Refresh"] = str(_ASKS_EVERY)  # a header, for a tablet may be too old for scripts
    return response
