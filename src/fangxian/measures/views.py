from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import check_for_language, get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.models import Site
from fangxian.areas.queries import area_at, enclosing, names_of, sites_of_kind
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Malformed
from fangxian.kernel.http import Request, paged
from fangxian.kernel.ledger import told
from fangxian.measures import actions, queries
from fangxian.measures.forms import (
    EXIT_KINDS,
    DecisionForm,
    ExtendForm,
    NoteForm,
    ObjectionForm,
    OrderFilter,
    ProposalForm,
    ReasonForm,
    ReleaseForm,
    RiskAreaFilter,
)
from fangxian.measures.models import EmergencyExit, Objection, Order, RiskArea
from fangxian.people.queries import Brief, brief
from fangxian.protocol.queries import in_force

_FIRST = 20
_FIELD = {Duty.CARRY_OUT, Duty.DISPATCH, Duty.DECIDE_MEASURES, Duty.COMMAND}


def _words(form: forms.Form) -> dict[str, Any]:
    """What a filter says; what it says wrongly narrows nothing."""
    return form.cleaned_data if form.is_valid() else {}


class Row(NamedTuple):
    """A line of a list; `person` is None where the viewer does not see whom it is about."""

    thing: Order | EmergencyExit
    person: Brief | None
    place: str


def _rows(viewer: Actor, *lists: Iterable[Order | EmergencyExit]) -> list[list[Row]]:
    """Lists with masked names and places. A handful of statements for all of them."""
    shown = [list(rows) for rows in lists]
    people = brief(viewer, {row.resident_id for rows in shown for row in rows})
    places = names_of(viewer, {row.area_path for rows in shown for row in rows})
    return [
        [Row(row, people.get(row.resident_id), places[row.area_path]) for row in rows]
        for rows in shown
    ]


# Orders


@require_GET
def orders(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    filters = OrderFilter(request.GET or None)
    listed = queries.orders_listed(viewer, **_words(filters))
    if sheets.wanted(request):
        return _orders_as_file(request, listed)
    past = queries.orders_past_end(viewer)
    first = list(past[:_FIRST])
    page = paged(listed, request.GET.get("mark", ""))
    past_rows, rows = _rows(viewer, first, page.rows)
    context = {
        "filters": filters,
        "page": page,
        "rows": rows,
        "past": past_rows,
        "past_count": past.count() if len(first) == _FIRST else len(first),
        "objections": list(queries.objections_open(viewer)[:_FIRST]),
        "now": now(),
    }
    return render(request, "measures/orders.html", context)


def _orders_as_file(request: Request, orders: QuerySet[Order]) -> FileResponse:
    header = [
        _("Number"), _("Name"), _("Measure"), _("Ground"), _("Place"), _("Until"), _("State"),
    ]  # fmt: skip
    kinds, grounds, states = sheets.labels(Order.Kind, Order.Subject, Order.State)
    at = now()

    def state_of(order: Order) -> str:
        if order.state == Order.State.IN_FORCE and order.ends_at <= at:
            return _("past its end")
        if order.state == Order.State.IN_FORCE and not order.served_at:
            return _("in force, not served yet")
        return states[order.state]

    def shown(chunk: list[Order]) -> Iterator[list[Any]]:
        for row, order in zip(_rows(request.actor, chunk)[0], chunk, strict=True):
            yield [
                order.code,
                row.person.name if row.person else "",
                kinds[order.kind],
                grounds[order.subject],
                row.place,
                order.ends_at,
                state_of(order),
            ]

    rows = sheets.by_chunks(orders, shown)
    return sheets.download(request, sheets.List.ORDERS, header, rows)


def _about_order(viewer: Actor, order: Order) -> dict[str, Any]:
    return {
        "order": order,
        "person": brief(viewer, [order.resident_id]).get(order.resident_id),
        "place": names_of(viewer, [order.area_path])[order.area_path],
        "cause": queries.cause_of(viewer, order.because_id),
        "rule": queries.rule_behind(viewer, order),
        "tests": queries.tests_of(viewer, order.id),
        "now": now(),
    }


def _forms(viewer: Actor, order: Order) -> dict[str, Any]:
    evidence = list(queries.evidence_for(viewer, order.id)[:_FIRST])
    places = names_of(viewer, {event.area_path for event in evidence})
    said = [(event, told(event, area=places[event.area_path])) for event in evidence]
    return {
        "advance_form": ReleaseForm(auto_id="advance_%s"),
        "extend_form": ExtendForm(evidence=said, auto_id="extend_%s"),
        "end_form": ReasonForm(auto_id="end_%s"),
        "objection_form": ObjectionForm(auto_id="object_%s"),
        "decision_form": DecisionForm(auto_id="decide_%s"),
    }


def order(
    request: Request, order_id: UUID, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    """The page of one order. `invalid` are forms that were just filled in wrongly."""
    viewer = request.actor
    found = queries.get_order(viewer, order_id)
    in_force = found.state == Order.State.IN_FORCE
    decides = viewer.may(Duty.DECIDE_MEASURES, at=found.area_path)
    objections = list(queries.objections_to(viewer, order_id))
    context = {
        **_about_order(viewer, found),
        **_forms(viewer, found),
        **invalid,
        "conditions": queries.order_conditions(viewer, order_id) if in_force else [],
        "extensions": list(found.extensions.order_by("at")),
        "objections": objections,
        "may_object": in_force and all(one.state != Objection.State.OPEN for one in objections),
        "past_end": in_force and found.ends_at <= now(),
        "may_decide": in_force and decides,
        "may_decide_objection": decides,
        "may_serve": in_force and bool(_FIELD & viewer.duties),
    }
    return render(request, "measures/order.html", context, status=status)


@require_GET
def notice(request: Request, order_id: UUID) -> HttpResponse:
    """The order as a paper for the person, in the language that they read."""
    found = queries.get_order(request.actor, order_id)
    wanted = request.GET.get("lang", "")
    language = wanted if wanted in dict(settings.LANGUAGES) and check_for_language(wanted) else ""
    with override(language or request.LANGUAGE_CODE):
        context = _about_order(request.actor, found) | {"languages": settings.LANGUAGES}
        return render(request, "measures/notice.html", context)


@require_POST
def serve(request: Request, order_id: UUID) -> HttpResponse:
    actions.serve_order(request.actor, order_id)
    return redirect("measures:order", order_id)


@require_POST
def extend(request: Request, order_id: UUID) -> HttpResponse:
    evidence = [(event, "") for event in queries.evidence_for(request.actor, order_id)[:_FIRST]]
    form = ExtendForm(request.POST, evidence=evidence, auto_id="extend_%s")
    if not form.is_valid():
        return order(request, order_id, 422, extend_form=form)
    because = form.cleaned_data["because"]
    actions.extend_order(
        request.actor,
        order_id,
        until=form.cleaned_data["until"],
        reason=form.cleaned_data["reason"],
        because=UUID(because) if because else None,
    )
    return redirect("measures:order", order_id)


@require_POST
def end(request: Request, order_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="end_%s")
    if not form.is_valid():
        return order(request, order_id, 422, end_form=form)
    actions.end_order(request.actor, order_id, **form.cleaned_data)
    return redirect("measures:order", order_id)


@require_POST
def advance(request: Request, order_id: UUID) -> HttpResponse:
    form = ReleaseForm(request.POST, auto_id="advance_%s")
    if not form.is_valid():
        return order(request, order_id, 422, advance_form=form)
    following = actions.advance_order(request.actor, order_id, **form.cleaned_data)
    return redirect("measures:order", following.id)


@require_POST
def propose(request: Request, order_id: UUID) -> HttpResponse:
    actions.propose_release(request.actor, order_id)
    return redirect("measures:order", order_id)


@require_POST
def file_objection(request: Request, order_id: UUID) -> HttpResponse:
    form = ObjectionForm(request.POST, auto_id="object_%s")
    if not form.is_valid():
        return order(request, order_id, 422, objection_form=form)
    actions.object_to_order(request.actor, order_id, **form.cleaned_data)
    messages.success(request, _("The objection was filed. Another officer decides on it."))
    return redirect("measures:order", order_id)


@require_POST
def decide(request: Request, objection_id: UUID) -> HttpResponse:
    objection = queries.get_objection(request.actor, objection_id)
    form = DecisionForm(request.POST, auto_id="decide_%s")
    if not form.is_valid():
        return order(request, objection.order_id, 422, decision_form=form)
    actions.decide_objection(request.actor, objection_id, **form.cleaned_data)
    return redirect("measures:order", objection.order_id)


# Risk areas


@require_GET
def risk_areas(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    filters = RiskAreaFilter(request.GET or None)
    listed = queries.risk_areas_listed(viewer, **_words(filters))
    if sheets.wanted(request):
        return _risk_areas_as_file(request, listed)
    proposed = list(queries.risk_areas_proposed(viewer)[:_FIRST])
    page = paged(listed, request.GET.get("mark", ""))
    titles = queries.level_titles(viewer, [*proposed, *page.rows])
    context = {
        "filters": filters,
        "page": page,
        "rows": [(area, titles[area.id]) for area in page.rows],
        "proposed": [(area, titles[area.id]) for area in proposed],
        "holds": list(queries.place_holds_in_force(viewer)[:_FIRST]),
        "now": now(),
    }
    return render(request, "measures/risk_areas.html", context)


def _risk_areas_as_file(request: Request, areas: QuerySet[RiskArea]) -> FileResponse:
    header = [
        _("Place"), _("Number"), _("Level"), _("Unit"), _("From"), _("Review"), _("State"),
    ]  # fmt: skip
    units, states = sheets.labels(RiskArea.Unit, RiskArea.State)
    at = now()

    def is_due(area: RiskArea) -> bool:
        return area.state == RiskArea.State.IN_FORCE and bool(
            area.review_at and area.review_at <= at
        )

    def shown(chunk: list[RiskArea]) -> Iterator[list[Any]]:
        titles = queries.level_titles(request.actor, chunk)
        for area in chunk:
            yield [
                area.name,
                area.code,
                titles[area.id],
                units[area.unit],
                area.starts_at,
                area.review_at,
                _("to be reviewed") if is_due(area) else states[area.state],
            ]

    rows = sheets.by_chunks(areas, shown)
    return sheets.download(request, sheets.List.RISK_AREAS, header, rows)


def propose_area(request: Request) -> HttpResponse:
    """Propose the surroundings of a place (`at`, a path) because of a case (`about`)."""
    viewer = request.actor
    at, about = request.GET.get("at", ""), _uuid(request.GET.get("about", ""))
    place = area_at(viewer, at)
    if about is None:
        raise Malformed(_("Say which case the risk area rests on: propose it from the case."))
    pack, language = in_force(now(), at), get_language() or "zh"
    form = ProposalForm(
        request.POST or None,
        levels=[(zone.level, zone.title.text(language)) for zone in pack.levels],
    )
    if form.is_valid():
        unit = form.cleaned_data["unit"]
        found = actions.propose_risk_area(
            viewer,
            places=[at] if unit in {"area", "district"} else enclosing(viewer, at, unit),
            level=form.cleaned_data["level"],
            unit=unit,
            about_id=about,
            because=queries.last_event_of(viewer, about),
            reason=form.cleaned_data["reason"],
        )
        return redirect("measures:risk_area", found.id)
    context = {"form": form, "place": names_of(viewer, [place.path])[place.path]}
    return render(request, "measures/propose.html", context, status=422 if form.is_bound else 200)


def risk_area(
    request: Request, risk_area_id: UUID, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    """The page of one risk area. `invalid` are forms that were just filled in wrongly."""
    viewer = request.actor
    area = queries.get_risk_area(viewer, risk_area_id)
    decides = {Duty.COMMAND, Duty.DECIDE_MEASURES} & viewer.duties and viewer.sees(area.area_path)
    conditions = queries.release_conditions(viewer, risk_area_id)
    places = names_of(viewer, area.places)
    context = {
        "area": area,
        "title": queries.level_titles(viewer, [area])[area.id],
        "cause": queries.cause_of(viewer, area.because_id),
        "places": [places[path] for path in area.places],
        "people": queries.people_in(viewer, risk_area_id),
        "conditions": conditions,
        "all_met": bool(conditions) and all(condition.met for condition in conditions),
        "sources": sorted(
            {part["source"] for part in area.release.values() if isinstance(part, dict)}
        ),
        "restarts": list(area.restarts.order_by("becomes")),
        "followed_by": area.followed_by.first(),
        "may_decide": decides and area.state == RiskArea.State.PROPOSED,
        "may_release": decides and area.state == RiskArea.State.IN_FORCE,
        "reject_form": ReasonForm(auto_id="reject_%s"),
        "release_form": ReleaseForm(auto_id="release_%s"),
        **invalid,
    }
    return render(request, "measures/risk_area.html", context, status=status)


@require_POST
def approve(request: Request, risk_area_id: UUID) -> HttpResponse:
    actions.approve_risk_area(request.actor, risk_area_id)
    return redirect("measures:risk_area", risk_area_id)


@require_POST
def reject(request: Request, risk_area_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="reject_%s")
    if not form.is_valid():
        return risk_area(request, risk_area_id, 422, reject_form=form)
    actions.reject_risk_area(request.actor, risk_area_id, **form.cleaned_data)
    return redirect("measures:risk_area", risk_area_id)


@require_POST
def lift(request: Request, risk_area_id: UUID) -> HttpResponse:
    form = ReleaseForm(request.POST, auto_id="release_%s")
    if not form.is_valid():
        return risk_area(request, risk_area_id, 422, release_form=form)
    actions.lift_risk_area(request.actor, risk_area_id, **form.cleaned_data)
    return redirect("measures:risk_area", risk_area_id)


@require_POST
def lower(request: Request, risk_area_id: UUID) -> HttpResponse:
    form = ReleaseForm(request.POST, auto_id="release_%s")
    if not form.is_valid():
        return risk_area(request, risk_area_id, 422, release_form=form)
    following = actions.lower_risk_area(request.actor, risk_area_id, **form.cleaned_data)
    return redirect("measures:risk_area", following.id)


# Emergency care


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_GET
def exits(request: Request) -> HttpResponse | FileResponse:
    """Whoever is named in the address, or found by what was typed, can be sent at once."""
    viewer = request.actor
    if sheets.wanted(request):
        return _exits_as_file(request)
    search = request.GET.get("search", "")
    named = _uuid(request.GET.get("resident", ""))
    found = queries.people_to_send(viewer, search)
    if named is not None:
        found = [*brief(viewer, [named]).values(), *found]
    page = paged(queries.exits_listed(viewer), request.GET.get("mark", ""))
    places = names_of(viewer, {one.area_path for one in found})
    context = {
        "page": page,
        "rows": _rows(viewer, page.rows)[0],
        "search": search,
        "found": [(one, places[one.area_path]) for one in found],
        "kinds": EXIT_KINDS,
        "hospitals": sites_of_kind(PLAYBOOK, Site.Kind.HOSPITAL),
    }
    return render(request, "measures/exits.html", context)


def _exits_as_file(request: Request) -> FileResponse:
    header = [_("Number"), _("Name"), _("What for"), _("Place"), _("Left"), _("State")]
    kinds, states = sheets.labels(EmergencyExit.Kind, EmergencyExit.State)
    incomplete = _("record to be completed")

    def shown(chunk: list[EmergencyExit]) -> Iterator[list[Any]]:
        for row, one in zip(_rows(request.actor, chunk)[0], chunk, strict=True):
            state = states[one.state]
            yield [
                one.code,
                row.person.name if row.person else "",
                kinds[one.kind],
                row.place,
                one.left_at,
                state if one.cleared_at else f"{state} · {incomplete}",
            ]

    rows = sheets.by_chunks(queries.exits_listed(request.actor), shown)
    return sheets.download(request, sheets.List.EXITS, header, rows)


@require_POST
def leave(request: Request) -> HttpResponse:
    """No form stands between a person and care: what cannot be read is left out."""
    resident_id = _uuid(request.POST.get("resident", ""))
    if resident_id is None:
        raise Malformed(_("Say who leaves: look the person up, then press the button again."))
    left = actions.leave_for_emergency_care(
        request.actor,
        resident_id,
        kind=request.POST.get("kind", ""),
        hospital_id=_uuid(request.POST.get("hospital", "")),
    )
    return redirect("measures:exit", left.id)


def exit_(
    request: Request, exit_id: UUID, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    found = queries.get_exit(viewer, exit_id)
    context = {
        "exit": found,
        "person": brief(viewer, [found.resident_id]).get(found.resident_id),
        "place": names_of(viewer, [found.area_path])[found.area_path],
        "orders": queries.orders_then(viewer, exit_id),
        "risk_areas": queries.risk_areas_then(viewer, exit_id),
        "hospitals": sites_of_kind(PLAYBOOK, Site.Kind.HOSPITAL),
        "may_clear": bool(_FIELD & viewer.duties),
        "note_form": NoteForm(auto_id="clear_%s"),
        **invalid,
    }
    return render(request, "measures/exit.html", context, status=status)


@require_POST
def hand_over(request: Request, exit_id: UUID) -> HttpResponse:
    hospital_id = _uuid(request.POST.get("hospital", ""))
    actions.hand_over_patient(request.actor, exit_id, hospital_id=hospital_id)
    return redirect("measures:exit", exit_id)


@require_POST
def come_back(request: Request, exit_id: UUID) -> HttpResponse:
    actions.return_from_care(request.actor, exit_id)
    return redirect("measures:exit", exit_id)


@require_POST
def clear(request: Request, exit_id: UUID) -> HttpResponse:
    form = NoteForm(request.POST, auto_id="clear_%s")
    if not form.is_valid():
        return exit_(request, exit_id, 422, note_form=form)
    actions.clear_exit(request.actor, exit_id, **form.cleaned_data)
    return redirect("measures:exit", exit_id)
