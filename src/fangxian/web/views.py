"""Pages that span several rooms."""

from collections.abc import Iterator
from itertools import groupby
from threading import Lock
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.queries import names_of
from fangxian.cases.queries import cases_of, contacts_of_resident
from fangxian.gates.actions import PASS_OFFICES
from fangxian.kernel import ledger as book
from fangxian.kernel import sheets
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Request, paged
from fangxian.kernel.jobs import jobs_to_look_at, try_again
from fangxian.kernel.models import Event, Seal
from fangxian.measures.queries import orders_of, risk_areas_over
from fangxian.people.actions import open_person
from fangxian.people.actions import unmask as unmask_field
from fangxian.people.queries import (
    brief,
    get_resident,
    household_of,
    needs_of,
    who_looked_at,
)
from fangxian.sampling.queries import READERS, calls_of, tubes_of
from fangxian.web import queries
from fangxian.web.context import navigation
from fangxian.web.forms import UnmaskForm
from fangxian.web.situation import situation


@require_GET
def home(request: Request) -> HttpResponse:
    """The first page of each: the situation, or the first of the pages their duties open.

    There always is one, for the way to care is open to everybody.
    """
    if request.actor.may(Duty.COMMAND):
        return dashboard(request)
    return redirect(navigation(request.actor, request.path)[0].url)


def dashboard(request: Request) -> HttpResponse:
    return render(request, "web/dashboard.html", _situation(request))


@require_GET
def live(request: Request) -> HttpResponse:
    """204 when nothing has happened since version `v`, otherwise the changed fragments."""
    request.actor.must(Duty.COMMAND)
    if request.GET.get("v") == _version(request):
        return HttpResponse(status=204)
    return render(request, "web/dashboard_live.html", _situation(request))


def _version(request: Request) -> str:
    """What the fragments depend on: the ledger, and the minute.

    Read at most every few seconds: under load something happens each second, and counting anew for
    every viewer each time would take the machine from those who work.
    """
    held: str | None = caches["pages"].get("version")
    if held is None:
        held = f"{queries.version()}.{now():%H%M}"
        caches["pages"].set("version", held, settings.DASHBOARD_HOLD_SECONDS)
    return held


def _situation(request: Request) -> dict[str, Any]:
    """The dashboard's context, computed once a version for all who see the same."""
    viewer, version = request.actor, _version(request)
    key = f"situation:{viewer.within}:{get_language()}:{version}"
    held: dict[str, Any] | None = caches["pages"].get(key)
    if held is None:
        with _COUNTING:  # whoever else asks meanwhile waits for the same answer
            held = caches["pages"].get(key)
            if held is None:
                held = situation(viewer) | {"version": version}
                caches["pages"].set(key, held, 60)
    return held


_COUNTING = Lock()


@require_GET
def why(request: Request, what: UUID) -> HttpResponse:
    event = queries.beginning_of(request.actor, what)
    chain = queries.retell(request.actor, event)
    context = {
        "step": chain[-1],
        "causes": list(reversed(chain[:-1])),
        "effects": queries.consequences_of(request.actor, event),
    }
    return render(request, "web/why.html", context)


@require_GET
def ledger(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    viewer.must(Duty.AUDIT)
    kind, subject = request.GET.get("kind", ""), request.GET.get("subject", "").strip()
    events = queries.events_visible_to(viewer)
    if kind:
        events = events.filter(kind=kind)
    if subject:
        events = events.filter(subject_id=queries.beginning_of(viewer, subject).subject_id)
    events = events.order_by("-seq")
    if sheets.wanted(request):
        return _events_as_file(request, events)
    page = paged(events, request.GET.get("mark", ""))
    seal = Seal.objects.order_by("-number").first()
    kinds = sorted(book.fact_types())
    context = {
        "page": page,
        "steps": queries.steps(viewer, page.rows),
        "chosen": {"kind": kind, "subject": subject},
        "groups": [(room, list(of)) for room, of in groupby(kinds, lambda k: k.split(".")[0])],
        "seal": seal,
        "head": f"{seal.number}:{bytes(seal.digest).hex()}" if seal else "",
        "unsealed": book.unsealed(),
    }
    return render(request, "web/ledger.html", context)


def _events_as_file(request: Request, events: QuerySet[Event]) -> FileResponse:
    def shown(chunk: list[Event]) -> Iterator[list[str]]:
        for step in queries.steps(request.actor, chunk):
            at = f"{localtime(step.at):%Y-%m-%d %H:%M:%S}"
            yield [at, step.text, step.place, step.by, step.stamp]

    header = [_("When"), _("What"), _("Where"), _("By"), _("Rule")]
    rows = sheets.by_chunks(events, shown)
    return sheets.download(request, sheets.List.EVENTS, header, rows)


@require_GET
def jobs(request: Request) -> HttpResponse:
    return render(request, "web/jobs.html", {"jobs": jobs_to_look_at(request.actor)})


@require_POST
def try_job_again(request: Request, job_id: int) -> HttpResponse:
    try_again(request.actor, job_id)
    return redirect("jobs")


@require_GET
def person(request: Request, resident_id: UUID) -> HttpResponse:
    resident = open_person(request.actor, resident_id)
    return render(request, "web/person.html", _about_person(request, resident.id))


@require_POST
def unmask(request: Request, resident_id: UUID) -> HttpResponse:
    form = UnmaskForm(request.POST)
    context = _about_person(request, resident_id)
    if not form.is_valid():
        return render(request, "web/person.html", context | {"unmask_form": form}, status=422)
    field = form.cleaned_data["field"]
    plain = unmask_field(
        request.actor, resident_id, field=field, purpose=form.cleaned_data["purpose"]
    )
    return render(request, "web/person.html", context | {"shown": {field: plain}})


def _about_person(request: Request, resident_id: UUID) -> dict[str, object]:
    viewer = request.actor
    resident = get_resident(viewer, resident_id)
    investigates = viewer.may(Duty.INVESTIGATE) or viewer.may(Duty.COMMAND)
    orders = list(orders_of(viewer, resident.id))
    swabs = list(tubes_of(viewer, resident.id)[:20])
    cases = list(cases_of(viewer, resident.id)) if investigates else []
    contacts = list(contacts_of_resident(viewer, resident.id)) if investigates else []
    concerned = [resident.id, *(swab.tube_id for swab in swabs)]
    concerned += [UUID(str(one.pk)) for one in (*orders, *cases, *contacts)]
    return {
        "resident": resident,
        "place": names_of(viewer, [resident.area_path]).get(resident.area_path, ""),
        "age": brief(viewer, [resident.id])[resident.id].age,
        "household": household_of(viewer, resident.id),
        "needs": needs_of(viewer, resident.id),
        "risk_areas": risk_areas_over(viewer, resident.area_path),
        "orders": orders,
        "tests": calls_of(viewer, resident.id),
        "swabs": swabs,
        "may_open_tubes": bool(READERS & viewer.duties),
        "case_rows": cases,
        "contacts": contacts,
        "history": queries.history_of(viewer, concerned),
        "made_up_label": _("made up, not a person"),
        "may_keep": viewer.may(Duty.KEEP_REGISTER),
        "may_unmask": viewer.may(Duty.UNMASK),
        "may_audit": viewer.may(Duty.AUDIT) or viewer.may(Duty.COMMAND),
        "may_pass": any(viewer.may(duty) for duty in PASS_OFFICES),
        "may_trace": viewer.may(Duty.AUDIT) or viewer.may(Duty.INVESTIGATE),
        "unmask_form": UnmaskForm(),
        "shown": {},
    }


@require_GET
def who_looked(request: Request, resident_id: UUID) -> HttpResponse | FileResponse:
    viewer = request.actor
    looks = who_looked_at(viewer, resident_id)
    resident = get_resident(viewer, resident_id)
    if sheets.wanted(request):
        header = [_("When"), _("Who"), _("Post"), _("What"), _("Purpose")]
        rows = ([one.at, one.reader, one.post, one.said, one.purpose] for one in looks)
        return sheets.download(
            request, sheets.List.LOOKS, header, rows, area_path=resident.area_path
        )
    place = names_of(viewer, [resident.area_path]).get(resident.area_path, "")
    context = {"resident": resident, "place": place, "looks": looks}
    return render(request, "web/looked.html", context)
