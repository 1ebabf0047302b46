"""The page of a divided place: how it is divided, who sat where, and whom the rule calls near."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from fangxian.areas import queries as areas
from fangxian.cases import queries
from fangxian.cases.forms import DivisionForm, PassengersForm
from fangxian.cases.passengers import take_passengers
from fangxian.cases.queries import Seated, seats_at
from fangxian.cases.seats import divide_place
from fangxian.engines.tracing.seats import NOWHERE, Layout, near
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Request
from fangxian.people import queries as people
from fangxian.protocol.queries import in_force

RULES: dict[Layout, str | Promise] = {
    Layout.PLANE: gettext_lazy("the same row and the rows before and behind; the crew"),
    Layout.TRAIN_CARRIAGE: gettext_lazy("everybody in the same carriage"),
    Layout.TRAIN_COMPARTMENT: gettext_lazy("everybody in the same compartment"),
    Layout.TRAIN_OPEN: gettext_lazy("the same bay and the ones beside it"),
    Layout.COACH_SEALED: gettext_lazy("everybody in the coach"),
    Layout.COACH_VENTILATED: gettext_lazy("the same row and the rows before and behind"),
    Layout.SHIP: gettext_lazy("everybody in the same cabin"),
    Layout.ROOMS: gettext_lazy("everybody in the same room"),
}
_BY_ROWS = {Layout.PLANE, Layout.COACH_VENTILATED}


@dataclass(frozen=True, slots=True)
class Chip:
    """One person on the map. `is_near`: to a case by the rule of the vehicle, not by minutes."""

    seated: Seated
    person: people.Brief | None
    is_case: bool
    is_near: bool


@dataclass(frozen=True, slots=True)
class SeatRow:
    row: int | None
    chips: list[Chip]


@dataclass(frozen=True, slots=True)
class Carriage:
    room: str
    rows: list[SeatRow]


def rule_in_words(layout: str, area_path: str) -> str:
    """Who counts as near in such a place, with the number of rows that the pack names."""
    words = str(RULES[Layout(layout)])
    rows = in_force(now(), area_path).contact.rows_either_side
    if Layout(layout) not in _BY_ROWS or rows is None:
        return words
    said = ngettext("%(n)d row", "%(n)d rows", rows.whole) % {"n": rows.whole}
    return f"{words} ({said})"


def seats(request: Request, place: int, form: PassengersForm | None = None) -> HttpResponse:
    viewer = request.actor
    site = queries.divided_place(viewer, place)
    division = DivisionForm(initial={"layout": site.layout})
    seated = seats_at(viewer, place)
    context: dict[str, Any] = {
        "site": site,
        "where": areas.names_of(PLAYBOOK, [site.area_path])[site.area_path],
        "rule": rule_in_words(site.layout, site.area_path) if site.layout else "",
        "carriages": _map(viewer, site, seated),
        "people": len(seated),
        "division": division,
        "form": form or PassengersForm(),
        "may_seat": viewer.may(Duty.INVESTIGATE),
    }
    return render(request, "cases/seats.html", context, status=422 if form else 200)


def _map(viewer: Actor, site: queries.DividedPlace, seated: list[Seated]) -> list[Carriage]:
    """Carriage by carriage, row by row; who has no row comes last."""
    who = people.brief(viewer, [one.resident_id for one in seated])
    cases = [one for one in seated if one.case_id]
    pack = in_force(now(), site.area_path)
    reach = pack.contact.rows_either_side
    rooms: defaultdict[str, defaultdict[int | None, list[Chip]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in seated:
        is_near = bool(site.layout) and any(
            near(Layout(site.layout), case.spot, one.spot, rows=reach.whole if reach else 0)
            for case in cases
            if case is not one and case.spot != NOWHERE
        )
        chip = Chip(one, who.get(one.resident_id), bool(one.case_id), is_near)
        rooms[one.spot.room][one.spot.row].append(chip)
    return [
        Carriage(
            room,
            [SeatRow(row, rows[row]) for row in sorted(rows, key=lambda row: (row is None, row))],
        )
        for room, rows in sorted(rooms.items())
    ]


@require_POST
def divide(request: Request, place: int) -> HttpResponse:
    form = DivisionForm(request.POST)
    if form.is_valid():
        divide_place(request.actor, place, Layout(form.cleaned_data["layout"]))
    return redirect("cases:seats", place)


@require_POST
def passengers(request: Request, place: int) -> HttpResponse:
    """Take a list in; what could not be taken is shown with its line, once."""
    form = PassengersForm(request.POST, request.FILES)
    if not form.is_valid():
        return seats(request, place, form)
    said = form.cleaned_data
    answer = take_passengers(
        request.actor, place, said["file"].read(), began=said["began"], ended=said["ended"]
    )
    messages.success(
        request,
        _("%(taken)d people were taken, %(new)d of them new; %(visits)d visits were noted.")
        % {"taken": answer.taken, "new": answer.new, "visits": answer.visits},
    )
    if not answer.faults:
        return redirect("cases:seats", place)
    context = {"site": queries.divided_place(request.actor, place), "faults": answer.faults}
    return render(request, "cases/seats_refused.html", context)
