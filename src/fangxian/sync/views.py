"""The office's pages about phones: who has one, how to give and take one, what was refused."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import segno
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor
from fangxian.kernel.http import Request, paged
from fangxian.kernel.vault import mask
from fangxian.sync import actions, queries, rules
from fangxian.sync.errors import NoSuchDevice
from fangxian.sync.forms import InviteForm, OutboxForm, RevokeForm, SetAsideForm
from fangxian.sync.kinds import LABELS
from fangxian.sync.models import Device, Held
from fangxian.sync.modes import Mode

_TONES = {"active": "open", "expired": "ended", "revoked": "late"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """A phone as the office reads it.

    ahead     minutes its clock is ahead of ours, below 0 behind; None within the usual bound
    waiting   refused or kept entries that nobody has settled
    """

    device: Device
    place: str
    modes: str
    state: str
    tone: str
    ahead: int | None
    waiting: int

    @property
    def behind(self) -> int | None:
        return -self.ahead if self.ahead is not None else None


def _device_rows(viewer: Actor, devices: Iterable[Device]) -> list[DeviceRow]:
    rows = list(devices)
    places = names_of(viewer, [row.area_path for row in rows])
    waiting = queries.waiting_of(viewer, [row.id for row in rows])
    words = {"active": _("in service"), "expired": _("expired"), "revoked": _("out of service")}
    return [
        DeviceRow(
            device=row,
            place=places[row.area_path],
            modes=_("; ").join(str(Mode(mode).label) for mode in row.modes),
            state=words[row.state],
            tone=_TONES[row.state],
            ahead=_minutes(row.skew_ms),
            waiting=waiting.get(row.id, 0),
        )
        for row in rows
    ]


def _minutes(skew_ms: int | None) -> int | None:
    if skew_ms is None or abs(skew_ms) <= rules.CLOCKS_APART.total_seconds() * 1000:
        return None
    return round(skew_ms / 60_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A refused or kept entry as the office reads it; people are masked.

    about   codes and numbers in it by which it can be found on paper
    """

    held: Held
    what: str
    about: list[str]
    kept: bool


_SHOWN = {
    "barcode": gettext_lazy("tube %(said)s"),
    "box_barcode": gettext_lazy("box %(said)s"),
    "table": gettext_lazy("table %(said)s"),
    "counted": gettext_lazy("%(said)s counted"),
    "reason": gettext_lazy("reason: %(said)s"),
}


def _held_rows(entries: Iterable[Held]) -> list[HeldRow]:
    return [
        HeldRow(
            held=one,
            what=str(LABELS.get(one.command.kind, one.command.kind)),
            about=_about(json.loads(one.body.reveal())) if one.body else [],
            kept=one.outcome == "kept",
        )
        for one in entries
    ]


def _about(body: dict[str, Any]) -> list[str]:
    said = [
        str(words) % {"said": str(body[name])[:40]}
        for name, words in _SHOWN.items()
        if isinstance(body.get(name), str | int) and body[name]
    ]
    person = body.get("person")
    if isinstance(person, dict):
        known = {kind: person.get(kind) for kind in ("identity", "name")}
        said += [mask(kind, text) for kind, text in known.items() if text and isinstance(text, str)]
    return said


# Phones


@require_GET
def devices(request: Request) -> HttpResponse | FileResponse:
    found = queries.devices_visible_to(request.actor).select_related("account")
    found = found.order_by("-enrolled_at", "-id")
    if sheets.wanted(request):
        return _devices_as_file(request, found)
    page = paged(found, request.GET.get("mark", ""))
    context = {
        "page": page,
        "rows": _device_rows(request.actor, page.rows),
        "supervises": queries.supervises(request.actor),
        "waiting": queries.held_waiting(request.actor).count(),
    }
    return render(request, "sync/devices.html", context)


def _devices_as_file(request: Request, devices: QuerySet[Device]) -> FileResponse:
    header = [
        _("Phone"), _("Person"), _("Place"), _("For"), _("State"), _("Enrolled"), _("Expires"),
        _("Last heard of"), _("Refused entries"),
    ]  # fmt: skip

    def shown(chunk: list[Device]) -> Iterator[list[Any]]:
        for row in _device_rows(request.actor, chunk):
            one = row.device
            yield [
                one.name, one.account.display_name, row.place, row.modes, row.state,
                one.enrolled_at, one.expires_at, one.last_seen or "", row.waiting,
            ]  # fmt: skip

    rows = sheets.by_chunks(devices, shown)
    return sheets.download(request, sheets.List.PHONES, header, rows)


@require_GET
def device(request: Request, device_id: UUID) -> HttpResponse:
    return _device_page(request, device_id)


def _device_page(
    request: Request, device_id: UUID, *, form: RevokeForm | None = None, status: int = 200
) -> HttpResponse:
    shown = queries.get_device(request.actor, device_id)
    waiting = queries.held_waiting(request.actor, device_id=shown.id)
    page = paged(waiting, request.GET.get("mark", ""))
    context = {
        "row": _device_rows(request.actor, [shown])[0],
        "page": page,
        "entries": _held_rows(page.rows),
        "form": form or RevokeForm(),
        "next": reverse("sync:device", args=[shown.id]),
    }
    return render(request, "sync/device.html", context, status=status)


@require_http_methods(["GET", "POST"])
@never_cache
def invite(request: Request) -> HttpResponse:
    """The form, then the code. The token is only ever in this one answer."""
    people = queries.who_may_be_invited(request.actor)
    form = InviteForm(request.POST or None, people=people, initial={"days": 14})
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return render(request, "sync/invite.html", {"form": form}, status=status)
    invitation, token = actions.invite_device(request.actor, **form.cleaned_data)
    address = f"{request.build_absolute_uri('/field/')}#enrol={token}"
    context = {
        "invitation": invitation,
        "token": token,
        "qr": segno.make(address, error="m").svg_data_uri(scale=6, border=4),
        "where": urlsplit(address).netloc + "/field/",
    }
    return render(request, "sync/invited.html", context)


@require_POST
def revoke(request: Request, device_id: UUID) -> HttpResponse:
    form = RevokeForm(request.POST)
    if not form.is_valid():
        return _device_page(request, device_id, form=form, status=422)
    actions.revoke_device(request.actor, device_id, reason=form.cleaned_data["reason"])
    messages.success(
        request, _("Out of service. What it was used for until now still counts when it is sent.")
    )
    return redirect("sync:device", device_id)


@require_http_methods(["GET", "POST"])
def import_outbox(request: Request) -> HttpResponse:
    form = OutboxForm(request.POST or None, request.FILES or None)
    if request.method == "GET" or not form.is_valid():
        status = 200 if request.method == "GET" else 422
        return render(request, "sync/import.html", {"form": form}, status=status)
    result = actions.import_outbox(request.actor, form.cleaned_data["file"])
    return render(request, "sync/imported.html", {"result": result})


# What was refused or kept


@require_GET
def held(request: Request) -> HttpResponse | FileResponse:
    waiting = queries.held_waiting(request.actor)
    if sheets.wanted(request):
        return _held_as_file(request, waiting)
    page = paged(waiting, request.GET.get("mark", ""))
    context = {"page": page, "entries": _held_rows(page.rows), "next": reverse("sync:held")}
    return render(request, "sync/held.html", context)


def _held_as_file(request: Request, waiting: QuerySet[Held]) -> FileResponse:
    header = [
        _("Entry"), _("State"), _("Reason"), _("Entered at"), _("Came"), _("Phone"), _("Person"),
        _("To be found by"),
    ]  # fmt: skip
    kept, refused = _("kept for later"), _("refused")

    def shown(chunk: list[Held]) -> Iterator[list[Any]]:
        for row in _held_rows(chunk):
            one = row.held
            yield [
                row.what, kept if row.kept else refused, one.message, one.command.at,
                one.received_at, one.device.name, one.device.account.display_name,
                " · ".join(row.about),
            ]  # fmt: skip

    rows = sheets.by_chunks(waiting, shown)
    return sheets.download(request, sheets.List.REFUSED, header, rows)


@require_POST
def apply_held(request: Request, command_id: UUID) -> HttpResponse:
    settled = actions.apply_held(request.actor, command_id)
    messages.success(request, _("Entered, as the phone sent it."))
    return _back(request, settled)


@require_POST
def set_aside(request: Request, command_id: UUID) -> HttpResponse:
    form = SetAsideForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    settled = actions.set_aside(request.actor, command_id, note=note)
    messages.success(request, _("Set aside. What it said about people is deleted."))
    return _back(request, settled)


def _back(request: Request, settled: Held) -> HttpResponse:
    """To the list that the entry was dealt with in."""
    if request.POST.get("next") == reverse("sync:held"):
        return redirect("sync:held")
    try:
        queries.get_device(request.actor, settled.device_id)
    except NoSuchDevice:
        return redirect("sync:held")
    return redirect("sync:device", settled.device_id)
