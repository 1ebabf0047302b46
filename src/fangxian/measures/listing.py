"""What the pages of this room share: rows of lists, words of filters, papers."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from fangxian.areas.queries import names_of
from fangxian.kernel.access import Actor, Duty
from fangxian.measures.models import EmergencyExit, Order
from fangxian.people.queries import Brief, brief

FIRST = 20
FIELD = frozenset({Duty.CARRY_OUT, Duty.DISPATCH, Duty.DECIDE_MEASURES, Duty.COMMAND})


def words_of(form: forms.Form) -> dict[str, Any]:
    """What a filter says; what it says wrongly narrows nothing."""
    return form.cleaned_data if form.is_valid() else {}


class Row(NamedTuple):
    """A line of a list; `person` is None where the viewer does not see whom it is about."""

    thing: Order | EmergencyExit
    person: Brief | None
    place: str


def rows_of(viewer: Actor, *lists: Iterable[Order | EmergencyExit]) -> list[list[Row]]:
    """Lists with masked names and places. A handful of statements for all of them."""
    shown = [list(rows) for rows in lists]
    people = brief(viewer, {row.resident_id for rows in shown for row in rows})
    places = names_of(viewer, {row.area_path for rows in shown for row in rows})
    return [
        [Row(row, people.get(row.resident_id), places[row.area_path]) for row in rows]
        for rows in shown
    ]


def uuid_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def pdf(made: bytes, name: str) -> HttpResponse:
    """Shown in the browser, to be printed from there."""
    response = HttpResponse(made, content_type="application/pdf")
    header = content_disposition_header(as_attachment=False, filename=f"{name}.pdf")
    response["Content-Disposition"] = header or "inline"
    return response
