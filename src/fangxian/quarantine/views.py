"""The office's and the site's pages: sites, rooms, stays, journeys, proposals."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Site
from fangxian.areas.queries import names_of
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Request, paged
from fangxian.measures.queries import orders_visible_to
from fangxian.people.queries import Brief, brief, needs_by_resident
from fangxian.quarantine import actions, queries
from fangxian.quarantine.asking import hours_at, pack_at
from fangxian.quarantine.errors import NoOrderInForce
from fangxian.quarantine.forms import (
    ChecksForm,
    DecideForm,
    DepartForm,
    DepartHomeForm,
    MoveForm,
    PlaceForm,
    RoomsForm,
)
from fangxian.quarantine.models import Facility, Placement, Room, Transfer, Zone
from fangxian.quarantine.sites import MANAGERS, STAFF

_TONES = {"preparing": "wait", "open": "done", "closed": "ended"}
_JOURNEY = {"asked": "wait", "on_the_way": "open", "arrived": "done", "cancelled": "ended"}


def may(viewer: Actor, duties: Iterable[Duty], at: str) -> bool:
    return any(viewer.may(duty, at=at) for duty in duties)


def tabs(viewer: Actor) -> dict[str, Any]:
    """What the tabs over every page of the room need: open counts."""
    return {
        "late_journeys": queries.journeys_open(viewer).filter(due_at__lt=now()).count(),
        "to_decide": queries.restarts_to_decide(viewer).count(),
    }


# Sites


class SiteRow(NamedTuple):
    site: Site
    facility: Facility | None
    tone: str
    full: queries.Occupancy
    place: str
    leaving: int


@require_GET
def sites(request: Request) -> HttpResponse:
    """Every site, how full it is, and the reserve against the norm."""
    viewer = request.actor
    page = paged(queries.sites_listed(viewer), request.GET.get("mark", ""))
    known = queries.facilities_of(viewer, page.rows)
    full = queries.occupancy(viewer, page.rows)
    places = names_of(viewer, [site.area_path for site in page.rows])
    rows = []
    for one in page.rows:
        facility = known.get(one.id)
        state = facility.state if facility else Facility.State.PREPARING
        stays = full.get(one.id, queries.Occupancy())
        rows.append(SiteRow(one, facility, _TONES[state], stays, places[one.area_path], 0))
    handing = list(queries.hand_backs_open(viewer)[:20])
    context = {
        "page": page,
        "rows": rows,
        "norm": queries.norm(viewer),
        "restarts": list(queries.restarts_to_decide(viewer)[:20]),
        "hand_backs": journey_rows(viewer, handing),
        "preparing": Facility.State.PREPARING.label,
        **tabs(viewer),
    }
    return render(request, "quarantine/sites.html", context)


@require_GET
def site(request: Request, site_id: UUID) -> HttpResponse | FileResponse:
    if sheets.wanted(request):
        return _guests_as_file(request, site_id)
    return _site(request, site_id)


def _site(
    request: Request, site_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    place = queries.site_at(viewer, site_id)
    facility = queries.facilities_of(viewer, [place]).get(place.id)
    seen = queries.site_now(viewer, site_id) if facility else queries.SiteNow()
    manages = may(viewer, MANAGERS, place.area_path)
    works = may(viewer, STAFF, place.area_path)
    is_open = facility is not None and facility.state == Facility.State.OPEN
    missing = queries.checks_missing(viewer, facility)
    context = {
        "site": place,
        "facility": facility,
        "state": facility.get_state_display() if facility else Facility.State.PREPARING.label,
        "tone": _TONES[facility.state if facility else "preparing"],
        "is_open": is_open,
        "place": names_of(viewer, [place.area_path])[place.area_path],
        "now": seen,
        "full": queries.occupancy(viewer, [place]).get(place.id, queries.Occupancy()),
        "restarts": list(queries.restarts_to_decide(viewer, site_id=site_id)),
        "journeys": journey_rows(viewer, queries.journeys_open(viewer, site_id=site_id)),
        "days": [guest.day_of for guest in seen.guests if guest.day_of],
        "hours": hours_at(place.area_path),
        "missing": missing,
        "manages": manages,
        "works": works,
        "checks_form": ChecksForm(
            initial={
                "checks": facility.checks if facility else [],
                "phone": facility.phone if facility else "",
            }
        )
        if works
        else None,
        "rooms_form": RoomsForm() if manages else None,
        "place_form": PlaceForm(rooms=_choices(viewer, site_id)) if works and is_open else None,
        **invalid,
        **tabs(viewer),
    }
    return render(request, "quarantine/site.html", context, status=status)


def _choices(viewer: Actor, site_id: UUID) -> list[tuple[str, str]]:
    """Free rooms, and those whose guests somebody may join."""
    joined = queries.rooms_of(viewer, site_id).filter(
        zone=Zone.GUESTS, beds__gt=1, placements__state__in=queries.HERE
    )
    free = list(queries.free_rooms(viewer, site_id))
    found = [(str(room.id), _named(room)) for room in free]
    found += [
        (str(room.id), _("%(room)s (to join the family)") % {"room": _named(room)})
        for room in joined.distinct()
    ]
    return found


def _named(room: Room) -> str:
    said = ngettext(
        "%(room)s · floor %(floor)d · %(beds)d bed",
        "%(room)s · floor %(floor)d · %(beds)d beds",
        room.beds,
    )
    return said % {"room": room.name, "floor": room.floor, "beds": room.beds}


def _guests_as_file(request: Request, site_id: UUID) -> FileResponse:
    viewer = request.actor
    place = queries.site_at(viewer, site_id)
    header = [
        _("Room"), _("Floor"), _("Name"), _("Age"), _("Order"), _("State"), _("Until"),
        _("To keep in mind"), _("Latest temperature"),
    ]  # fmt: skip
    [states] = sheets.labels(Placement.State)

    def rows() -> Iterator[list[Any]]:
        for guest in queries.site_now(viewer, site_id).guests:
            cells = guest.day_of.cells if guest.day_of else ()
            taken = [cell.reading for cell in cells if cell.reading]
            yield [
                guest.placement.room.name,
                guest.placement.room.floor,
                guest.person.name if guest.person else "",
                guest.person.age if guest.person else "",
                guest.placement.order.code,
                states[guest.placement.state],
                guest.placement.order.ends_at,
                "、".join(guest.needs),
                float(taken[-1].temperature) if taken else "",
            ]

    return sheets.download(
        request, sheets.List.QUARANTINED, header, rows(), area_path=place.area_path
    )


@require_POST
def set_checks(request: Request, site_id: UUID) -> HttpResponse:
    form = ChecksForm(request.POST)
    if not form.is_valid():
        return _site(request, site_id, status=422, checks_form=form)
    actions.set_checks(request.actor, site_id, **form.cleaned_data)
    return redirect("quarantine:site", site_id)


@require_POST
def open_(request: Request, site_id: UUID) -> HttpResponse:
    actions.open_facility(request.actor, site_id)
    messages.success(request, _("The site is open. People can be placed."))
    return redirect("quarantine:site", site_id)


@require_POST
def close(request: Request, site_id: UUID) -> HttpResponse:
    actions.close_facility(request.actor, site_id)
    return redirect("quarantine:site", site_id)


@require_POST
def add_rooms(request: Request, site_id: UUID) -> HttpResponse:
    form = RoomsForm(request.POST)
    if not form.is_valid():
        return _site(request, site_id, status=422, rooms_form=form)
    said = form.cleaned_data
    actions.add_rooms(
        request.actor,
        site_id,
        [
            actions.NewRoom(floor=said["floor"], name=name, beds=said["beds"], zone=said["zone"])
            for name in form.names()
        ],
    )
    return redirect("quarantine:site", site_id)


@require_POST
def place(request: Request, site_id: UUID) -> HttpResponse:
    form = PlaceForm(request.POST, rooms=_choices(request.actor, site_id))
    if not form.is_valid():
        return _site(request, site_id, status=422, place_form=form)
    numbers = form.cleaned_data["orders"]
    known = dict(
        orders_visible_to(PLAYBOOK).filter(number__in=numbers).values_list("number", "resident")
    )
    if len(known) < len(set(numbers)):
        raise NoOrderInForce
    actions.place_people(
        request.actor,
        form.cleaned_data["room"],
        [known[number] for number in numbers],
        knowing=form.cleaned_data["knowing"],
    )
    messages.success(request, _("The room is kept. The task to fetch them names it."))
    return redirect("quarantine:site", site_id)


@require_POST
def set_room_state(request: Request, room_id: UUID) -> HttpResponse:
    room = actions.set_room_state(request.actor, room_id, state=request.POST.get("state", "ready"))
    return redirect("quarantine:site", room.facility_id)


# One stay


@require_GET
def placement(request: Request, placement_id: UUID) -> HttpResponse:
    return _placement(request, placement_id)


def _placement(
    request: Request, placement_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    stay = queries.get_placement(viewer, placement_id)
    works = may(viewer, STAFF, stay.area_path)
    rooms = [
        (str(room.id), f"{one.name} · {_named(room)}")
        for one in queries.sites_listed(viewer)
        for room in queries.free_rooms(viewer, one.id)[:100]
    ]
    here = stay.state in queries.HERE
    context = {
        "stay": stay,
        "person": brief(PLAYBOOK, [stay.resident_id]).get(stay.resident_id),
        "home": names_of(PLAYBOOK, [stay.home_path])[stay.home_path],
        "needs": queries.told_of_needs(
            viewer, needs_by_resident(PLAYBOOK, [stay.resident_id]).get(stay.resident_id, [])
        ),
        "watch": queries.watch_of(viewer, stay.resident_id),
        "journeys": journey_rows(viewer, stay.transfers.order_by("asked_at")),
        "bound": stay.resident_id in queries.bound_there(viewer, [stay.resident_id]),
        "here": here,
        "sees_order": viewer.sees(stay.order.area_path),
        "move_form": MoveForm(rooms=rooms) if works and here else None,
        "works": works,
        **invalid,
        **tabs(viewer),
    }
    return render(request, "quarantine/placement.html", context, status=status)


@require_POST
def move(request: Request, placement_id: UUID) -> HttpResponse:
    viewer = request.actor
    rooms = [
        (str(room.id), room.name)
        for one in queries.sites_listed(viewer)
        for room in queries.rooms_of_any(viewer, one.id)
    ]
    form = MoveForm(request.POST, rooms=rooms)
    if not form.is_valid():
        return _placement(request, placement_id, status=422, move_form=form)
    moved = actions.change_room(
        viewer, placement_id, form.cleaned_data["room"], knowing=form.cleaned_data["knowing"]
    )
    return redirect("quarantine:placement", moved.id)


@require_POST
def cancel(request: Request, placement_id: UUID) -> HttpResponse:
    stay = actions.cancel_placement(request.actor, placement_id)
    return redirect("quarantine:site", stay.room.facility_id)


@require_POST
def release(request: Request, placement_id: UUID) -> HttpResponse:
    journey = actions.arrange_release(request.actor, placement_id)
    if journey is None:
        return redirect("quarantine:placement", placement_id)
    return redirect("quarantine:journey", journey.id)


# Journeys


class JourneyRow(NamedTuple):
    one: Transfer
    person: Brief | None
    start: str
    end: str
    tone: str
    late: bool


def journey_rows(viewer: Actor, transfers: Iterable[Transfer]) -> list[JourneyRow]:
    """Both ends in words: whoever carries somebody must know where from and where to."""
    found = list(transfers)
    persons = brief(PLAYBOOK, [one.resident_id for one in found])
    places = names_of(PLAYBOOK, {path for one in found for path in (one.from_path, one.to_path)})
    at = now()
    return [
        JourneyRow(
            one,
            persons.get(one.resident_id),
            places[one.from_path],
            places[one.to_path],
            _JOURNEY[one.state],
            one.state in queries.UNDER_WAY and one.due_at < at,
        )
        for one in found
    ]


@require_GET
def journeys(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    rows = queries.journeys_open(viewer)
    if sheets.wanted(request):
        return _journeys_as_file(request, rows)
    page = paged(rows, request.GET.get("mark", ""))
    context = {"page": page, "rows": journey_rows(viewer, page.rows), **tabs(viewer)}
    return render(request, "quarantine/journeys.html", context)


def _journeys_as_file(request: Request, rows: QuerySet[Transfer]) -> FileResponse:
    header = [
        _("Journey"), _("Name"), _("Where to"), _("From"), _("To"), _("Due"), _("State"),
        _("Vehicle"),
    ]  # fmt: skip
    ways, states = sheets.labels(Transfer.Way, Transfer.State)

    def shown(chunk: list[Transfer]) -> Iterator[list[Any]]:
        for row in journey_rows(request.actor, chunk):
            yield [
                row.one.code, row.person.name if row.person else "", ways[row.one.way], row.start,
                row.end, row.one.due_at, states[row.one.state], row.one.vehicle,
            ]  # fmt: skip

    return sheets.download(request, sheets.List.JOURNEYS, header, sheets.by_chunks(rows, shown))


@require_GET
def journey(request: Request, transfer_id: UUID) -> HttpResponse:
    return _journey(request, transfer_id)


def _journey(
    request: Request, transfer_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    found = queries.get_transfer(viewer, transfer_id)
    form = DepartHomeForm if found.way == Transfer.Way.HOME else DepartForm
    departs = found.state == Transfer.State.ASKED and may(viewer, STAFF, found.from_path)
    context = {
        "row": journey_rows(viewer, [found])[0],
        "stay": found.placement,
        "site": found.placement.room.facility.site,
        "depart_form": form() if departs else None,
        "may_receive": found.state == Transfer.State.ON_THE_WAY
        and may(viewer, STAFF, found.to_path),
        **invalid,
        **tabs(viewer),
    }
    return render(request, "quarantine/journey.html", context, status=status)


@require_POST
def depart(request: Request, transfer_id: UUID) -> HttpResponse:
    form = DepartHomeForm(request.POST)
    if not form.is_valid():
        return _journey(request, transfer_id, status=422, depart_form=form)
    actions.depart(request.actor, transfer_id, **form.cleaned_data)
    messages.success(request, _("Handed over. The other end receipts the arrival."))
    return redirect("quarantine:journey", transfer_id)


@require_POST
def receive(request: Request, transfer_id: UUID) -> HttpResponse:
    actions.receive(request.actor, transfer_id)
    messages.success(request, _("Receipted."))
    return redirect("quarantine:journey", transfer_id)


# Proposals


@require_http_methods(["GET", "POST"])
def restart(request: Request, restart_id: UUID) -> HttpResponse:
    """Whom a new infection concerns, until when they would stay, and the decision."""
    viewer = request.actor
    found = queries.get_restart(viewer, restart_id)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.decide_restart(
            viewer,
            restart_id,
            apply=request.POST.get("decision") == "apply",
            reason=form.cleaned_data["reason"],
        )
        return redirect("quarantine:restart", restart_id)
    lines = list(found.lines.select_related("placement__room", "order").order_by("becomes", "id"))
    pack = pack_at(found.area_path)
    context = {
        "restart": found,
        "lines": lines,
        "persons": brief(PLAYBOOK, [line.placement.resident_id for line in lines]),
        "rule": pack.quarantine_site if pack else None,
        "form": form
        if found.state == "proposed" and viewer.may(Duty.DECIDE_MEASURES, at=found.area_path)
        else None,
        **tabs(viewer),
    }
    return render(request, "quarantine/restart.html", context, status=422 if form.errors else 200)
