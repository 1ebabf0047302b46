"""The pages of orders."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import check_for_language, ngettext, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.queries import area_at, names_of
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Malformed
from fangxian.kernel.http import Request, paged
from fangxian.kernel.ledger import told
from fangxian.kernel.models import Account
from fangxian.measures import actions, queries
from fangxian.measures.errors import NothingToServe
from fangxian.measures.events import Guard
from fangxian.measures.forms import (
    DecisionForm,
    DoorToDoorForm,
    ExtendForm,
    ObjectionForm,
    OrderFilter,
    ReasonForm,
    ReleaseForm,
    ServiceForm,
)
from fangxian.measures.listing import FIELD, FIRST, pdf, rows_of, words_of
from fangxian.measures.models import Objection, Order
from fangxian.measures.printing import notices
from fangxian.people.queries import brief

_BUILDINGS = 100
_NOTICES = 1000


@require_GET
def orders(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    filters = OrderFilter(request.GET or None)
    listed = queries.orders_listed(viewer, **words_of(filters))
    if sheets.wanted(request):
        return _orders_as_file(request, listed)
    past = queries.orders_past_end(viewer)
    first = list(past[:FIRST])
    page = paged(listed, request.GET.get("mark", ""))
    past_rows, rows = rows_of(viewer, first, page.rows)
    context = {
        "filters": filters,
        "page": page,
        "rows": rows,
        "past": past_rows,
        "past_count": past.count() if len(first) == FIRST else len(first),
        "objections": list(queries.objections_open(viewer)[:FIRST]),
        "not_served": queries.orders_not_served(viewer).count(),
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
        for row, order in zip(rows_of(request.actor, chunk)[0], chunk, strict=True):
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
    evidence = list(queries.evidence_for(viewer, order.id)[:FIRST])
    places = names_of(viewer, {event.area_path for event in evidence})
    said = [(event, told(event, area=places[event.area_path])) for event in evidence]
    return {
        "advance_form": ReleaseForm(auto_id="advance_%s"),
        "extend_form": ExtendForm(evidence=said, auto_id="extend_%s"),
        "end_form": ReasonForm(auto_id="end_%s"),
        "service_form": ServiceForm(
            auto_id="serve_%s",
            initial={
                "language": queries.languages_for(viewer, [order.resident_id]).get(
                    order.resident_id, settings.LANGUAGE_CODE
                )
            },
        ),
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
        "services": list(found.services.order_by("at")),
        "revisions": list(found.revisions.order_by("at")),
        "extensions": list(found.extensions.order_by("at")),
        "objections": objections,
        "may_object": in_force and all(one.state != Objection.State.OPEN for one in objections),
        "past_end": in_force and found.ends_at <= now(),
        "may_decide": in_force and decides,
        "may_decide_objection": decides,
        "may_serve": in_force and bool(FIELD & viewer.duties),
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


@require_GET
def notice_paper(request: Request, order_id: UUID) -> HttpResponse:
    found = queries.get_order(request.actor, order_id)
    language = request.GET.get("lang", "")
    return pdf(notices(request.actor, [found], language=language), found.code)


@require_POST
def serve(request: Request, order_id: UUID) -> HttpResponse:
    form = ServiceForm(request.POST, auto_id="serve_%s")
    if not form.is_valid():
        return order(request, order_id, 422, service_form=form)
    actions.serve_order(request.actor, order_id, **form.cleaned_data)
    return redirect("measures:order", order_id)


@require_GET
def to_serve(request: Request) -> HttpResponse:
    """Orders that nobody has served yet, building by building: the papers, and that it is done."""
    viewer = request.actor
    waiting = queries.not_served_by_building(viewer)
    places = names_of(viewer, {one.path for one in waiting})
    context = {
        "rows": [
            (one, places[one.path], DoorToDoorForm(initial={"at": one.path}, auto_id=False))
            for one in waiting[:_BUILDINGS]
        ],
        "more": max(len(waiting) - _BUILDINGS, 0),
        "orders": sum(one.orders for one in waiting),
        "may_serve": bool(FIELD & viewer.duties),
    }
    return render(request, "measures/to_serve.html", context)


@require_GET
def notices_paper(request: Request) -> HttpResponse:
    """Every order in force of a place that nobody has served yet, in one file."""
    place = area_at(request.actor, request.GET.get("at", ""))
    waiting = queries.orders_not_served(request.actor).filter(area_path__startswith=place.path)
    orders = list(waiting.order_by("area_path", "number")[:_NOTICES])
    if not orders:
        raise NothingToServe(names_of(request.actor, [place.path])[place.path])
    language = request.GET.get("lang", "")
    made = notices(request.actor, orders, language=language, receipt=True)
    return pdf(made, f"notices-{place.number}")


@require_POST
def serve_all(request: Request) -> HttpResponse:
    form = DoorToDoorForm(request.POST)
    if not form.is_valid():
        raise Malformed(_("Say at which place every door was told."))
    served = actions.serve_orders_at(
        request.actor,
        area_at(request.actor, form.cleaned_data["at"]).path,
        note=form.cleaned_data["note"],
        language=form.cleaned_data["language"],
    )
    said = ngettext("%(n)s order was served.", "%(n)s orders were served.", served)
    messages.success(request, said % {"n": served})
    return redirect("measures:to_serve")


@require_POST
def extend(request: Request, order_id: UUID) -> HttpResponse:
    evidence = [(event, "") for event in queries.evidence_for(request.actor, order_id)[:FIRST]]
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


@require_GET
def refusals(request: Request) -> HttpResponse:
    """What somebody tried that may never be done: for those who audit or command."""
    page = paged(queries.refusals_by_guards(request.actor), request.GET.get("mark", ""))
    places = names_of(request.actor, {event.area_path for event in page.rows})
    who = dict(
        Account.objects.filter(id__in={event.actor_id for event in page.rows}).values_list(
            "id", "display_name"
        )
    )
    context = {
        "page": page,
        "rows": [
            (
                event,
                dict(Guard.choices).get(event.facts["guard"], event.facts["guard"]),
                places[event.area_path],
                who.get(event.actor_id, "—"),
            )
            for event in page.rows
        ],
    }
    return render(request, "measures/refusals.html", context)
