"""The office's pages of checkpoints, passes, incidents and questions."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Site
from fangxian.areas.queries import first_area, names_of, sites_by_numbers
from fangxian.gates import actions, queries, signed
from fangxian.gates.asking import demands_of, pack_at
from fangxian.gates.errors import PassIsRevoked
from fangxian.gates.forms import (
    AnswerForm,
    CheckpointForm,
    ListForm,
    PassFilter,
    PassForm,
    ReadForm,
    ReasonForm,
    SettleForm,
)
from fangxian.gates.models import Demand, Incident, Pass, Question, Rule, Scan
from fangxian.gates.printing import pass_paper as paper_of
from fangxian.gates.rules import Demands
from fangxian.kernel import paper, sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Malformed
from fangxian.kernel.http import Request, live_page, paged
from fangxian.people.queries import brief
from fangxian.protocol.vocabulary import in_time

_SHOWN = 20
_TONES = {"pass": "done", "refer": "wait", "turn_back": "late", "emergency": "late"}


class Row(NamedTuple):
    """Something in a list, with its place in words and the tone of its state."""

    thing: Any
    place: str
    tone: str = ""


# Checkpoints


@require_GET
def checkpoints(request: Request) -> HttpResponse | FileResponse:
    """Every checkpoint, how it stands today, and who is there."""
    viewer = request.actor
    if not queries.OVERSEERS & viewer.duties:
        return redirect("gates:passes")
    show = "unguarded" if request.GET.get("show") == "unguarded" else ""
    listed = queries.checkpoints_without_guard if show else queries.checkpoint_sites
    if sheets.wanted(request):
        return _checkpoints_as_file(request, listed(viewer))
    page = paged(listed(viewer), request.GET.get("mark", ""))
    every = queries.gates_now(viewer, list(queries.checkpoint_sites(viewer)))
    known = {one.site.id: one for one in every}
    places = names_of(viewer, [site.area_path for site in page.rows])
    context = {
        "page": page,
        "rows": [Row(known[site.id], places[site.area_path]) for site in page.rows],
        "show": show,
        "total": queries.GatesTotal.of(every),
        **tabs(viewer),
    }
    return live_page(request, "gates/checkpoints.html", "gates/_checkpoints.html", context)


def _checkpoints_as_file(request: Request, sites: QuerySet[Site]) -> FileResponse:
    header = [
        _("Checkpoint"), _("Place"), _("On shift"), _("Waiting"),
        *map(str, queries.COUNTED.values()), _("Open incidents"),
    ]  # fmt: skip

    def shown(chunk: list[Site]) -> Iterator[list[Any]]:
        places = names_of(request.actor, {site.area_path for site in chunk})
        for one in queries.gates_now(request.actor, chunk):
            yield [
                one.site.name,
                places[one.site.area_path],
                len(one.on_shift),
                "" if one.waiting is None else one.waiting,
                *(one.counts[word] for word in queries.COUNTED),
                one.incidents,
            ]

    rows = sheets.by_chunks(sites, shown)
    return sheets.download(request, sheets.List.CHECKPOINTS, header, rows)


def tabs(viewer: Actor) -> dict[str, Any]:
    """What the tabs over every page of the room need: whether to show them, and open counts."""
    investigates = bool({Duty.INVESTIGATE, Duty.AUDIT} & viewer.duties)
    oversees = bool(queries.OVERSEERS & viewer.duties)
    return {
        "oversees": oversees,
        "reads_scans": investigates,
        "open_incidents": queries.incidents_listed(viewer, open_only=True).count()
        if oversees
        else 0,
        "open_questions": queries.questions_listed(viewer).count() if investigates else 0,
    }


@require_GET
def checkpoint(request: Request, site_id: UUID) -> HttpResponse:
    return _checkpoint(request, site_id)


def _checkpoint(
    request: Request, site_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    site = queries.get_checkpoint(viewer, site_id)
    row = queries.checkpoint_of(viewer, site_id)
    pack = pack_at(site.area_path)
    asked = list(row.demands) if row else []
    sets = any(viewer.may(duty, at=site.area_path) for duty in actions.GATE_OFFICES)
    prints = any(
        viewer.may(duty, at=site.area_path) for duty in (Duty.GUARD, *actions.PASS_OFFICES)
    )
    context = {
        "now": queries.gates_now(viewer, [site])[0],
        "site": site,
        "place": names_of(viewer, [site.area_path])[site.area_path],
        "asked": _in_words(asked, demands_of(asked, pack)),
        "stamp": pack.stamp if pack else "",
        "objection": queries.objection_at(viewer, site_id),
        "hand_overs": queries.hand_overs_at(viewer, site_id),
        "not_passed": _told(list(queries.not_passed_at(viewer, site_id)[:_SHOWN])),
        "incidents": list(queries.incidents_listed(viewer).filter(site=site)[:_SHOWN]),
        "lists": list(queries.lists_printed_for(viewer, site_id)[:5]),
        "form": CheckpointForm(
            initial={"demands": asked, "objection": row.objection if row else ""}
        )
        if sets
        else None,
        "list_form": ListForm() if prints else None,
        **invalid,
        **tabs(viewer),
    }
    whole, part = "gates/checkpoint.html", "gates/_checkpoint.html"
    return live_page(request, whole, part, context, status=status)


def _in_words(asked: Iterable[str], demands: Demands) -> list[tuple[str, str]]:
    """What is asked, with the pack's number beside it."""
    numbers = {
        Demand.PASS: _outing(demands),
        Demand.TEST: _span(demands.test_within),
        Demand.TEMPERATURE: f"< {demands.temperature_max} °C" if demands.temperature_max else "",
        Demand.INTERVAL: _span(demands.interval),
        Demand.MOST_A_DAY: str(demands.most_a_day or ""),
    }
    return [(str(Demand(word).label), numbers.get(Demand(word), "")) for word in asked]


def _outing(demands: Demands) -> str:
    outing = demands.outing
    if outing is None:
        return ""
    return _("%(people)s of a household in %(every)s, for %(lasts)s") % {
        "people": in_time(outing.people, "people"),
        "every": in_time(outing.every.days, "d"),
        "lasts": _span(outing.lasts),
    }


def _span(length: timedelta | None) -> str:
    if length is None:
        return ""
    hour = timedelta(hours=1)
    if length >= hour and not length % hour:
        return in_time(length // hour, "h")
    return in_time(length // timedelta(minutes=1), "min")


class Told(NamedTuple):
    """A scan in words. `server` is what the rules said where it differs."""

    scan: Scan
    tone: str
    verdict: str
    rule: str
    server: str


def _told(found: Iterable[Scan]) -> list[Told]:
    rules, verdicts = dict(Rule.choices), dict(Scan.Verdict.choices)
    return [
        Told(
            scan=one,
            tone=_TONES[one.verdict],
            verdict=str(verdicts[one.verdict]),
            rule=str(rules.get(one.rule, one.rule)),
            server=f"{verdicts[one.checked]} · {rules.get(one.checked_rule, one.checked_rule)}"
            if one.checked
            else "",
        )
        for one in found
    ]


@require_POST
def set_checkpoint(request: Request, site_id: UUID) -> HttpResponse:
    form = CheckpointForm(request.POST)
    if not form.is_valid():
        return _checkpoint(request, site_id, status=422, form=form)
    actions.set_checkpoint(request.actor, site_id, **form.cleaned_data)
    messages.success(request, _("What is asked here was set. Phones hear of it within a minute."))
    return redirect("gates:checkpoint", site_id)


@require_POST
def gate_list(request: Request, site_id: UUID) -> HttpResponse:
    """Paper for a gate that has no phone."""
    form = ListForm(request.POST)
    if not form.is_valid():
        return _checkpoint(request, site_id, status=422, list_form=form)
    hours = timedelta(hours=form.cleaned_data["hours"])
    made = actions.print_gate_list(request.actor, site_id, good_for=hours)
    return pdf(made, _("gate list"))


def pdf(made: bytes, name: str) -> HttpResponse:
    """Shown in the browser, to be printed from there."""
    response = HttpResponse(made, content_type="application/pdf")
    header = content_disposition_header(as_attachment=False, filename=f"{name}.pdf")
    response["Content-Disposition"] = header or "inline"
    return response


# Passes


@require_GET
def passes(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    form = PassFilter(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    found = queries.passes_listed(viewer, **said)
    if sheets.wanted(request):
        return _passes_as_file(request, found)
    page = paged(found, request.GET.get("mark", ""))
    places = names_of(viewer, {one.area_path for one in page.rows})
    context = {
        "page": page,
        "rows": [Row(one, places[one.area_path], _pass_tone(one)) for one in page.rows],
        "form": form,
        "may_issue": bool(set(actions.PASS_OFFICES) & viewer.duties),
        "now": now(),
        **tabs(viewer),
    }
    return render(request, "gates/passes.html", context)


def _passes_as_file(request: Request, passes: QuerySet[Pass]) -> FileResponse:
    header = [
        _("Number"), _("Kind"), _("For the gates of"), _("Valid from"), _("Valid until"),
        _("State"), _("Purpose"),
    ]  # fmt: skip
    kinds, states = sheets.labels(Pass.Kind, Pass.State)

    def shown(chunk: list[Pass]) -> Iterator[list[Any]]:
        places = names_of(request.actor, {one.area_path for one in chunk})
        for one in chunk:
            yield [
                one.code, kinds[one.kind], places[one.area_path], one.valid_from, one.valid_to,
                states[one.state], one.purpose,
            ]  # fmt: skip

    rows = sheets.by_chunks(passes, shown)
    return sheets.download(request, sheets.List.PASSES, header, rows)


def _pass_tone(held: Pass) -> str:
    if held.state == Pass.State.REVOKED:
        return "late"
    return "done" if held.valid_to > now() else "ended"


@require_http_methods(["GET", "POST"])
def issue_pass(request: Request) -> HttpResponse:
    """For the person named in the address, or a vehicle."""
    viewer = request.actor
    resident_id = _uuid(request.GET.get("resident", ""))
    person = brief(viewer, [resident_id]).get(resident_id) if resident_id else None
    today = localtime(now()).replace(second=0, microsecond=0)
    kinds = Pass.Kind
    initial = {
        "kind": kinds.ENTRY_EXIT if person else kinds.VEHICLE,
        "valid_from": today,
        "valid_to": today.replace(hour=23, minute=59) + timedelta(days=7),
    }
    form = PassForm(request.POST or None, initial=initial)
    if form.is_valid():
        where = _community_of(viewer, person.area_path) if person else _own_area(viewer)
        issued = actions.issue_pass(
            viewer, area_path=where, resident_id=resident_id, **form.cleaned_data
        )
        return redirect("gates:pass", issued.id)
    context = {
        "form": form,
        "person": person,
        "place": names_of(viewer, [person.area_path])[person.area_path] if person else "",
        "action": request.get_full_path(),
        **tabs(viewer),
    }
    return render(request, "gates/issue_pass.html", context, status=422 if form.is_bound else 200)


def _community_of(viewer: Actor, area_path: str) -> str:
    """The gates that somebody's pass opens: those of the community they live in."""
    found = queries.community_of(viewer, area_path)
    return found or area_path


def _own_area(viewer: Actor) -> str:
    area = first_area(viewer)
    return area.path if area else viewer.within


@require_GET
def pass_(request: Request, pass_id: UUID) -> HttpResponse:
    return _pass(request, pass_id)


def _pass(
    request: Request, pass_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    held = queries.get_pass(viewer, pass_id)
    people = brief(viewer, [held.resident_id]) if held.resident_id else {}
    good = held.state == Pass.State.VALID and held.valid_to > now()
    revokes = any(viewer.may(duty, at=held.area_path) for duty in actions.PASS_OFFICES)
    context = {
        "held": held,
        "tone": _pass_tone(held),
        "place": names_of(viewer, [held.area_path])[held.area_path],
        "person": people.get(held.resident_id) if held.resident_id else None,
        "use": queries.use_of(viewer, held),
        "qr": paper.qr(signed.pass_code(held)) if good else "",
        "form": ReasonForm() if revokes and held.state == Pass.State.VALID else None,
        **invalid,
        **tabs(viewer),
    }
    return render(request, "gates/pass.html", context, status=status)


@require_GET
def pass_paper(request: Request, pass_id: UUID) -> HttpResponse:
    held = queries.get_pass(request.actor, pass_id)
    if held.state == Pass.State.REVOKED:
        raise PassIsRevoked(held.code)
    return pdf(paper_of(request.actor, held), held.code)


@require_POST
def revoke_pass(request: Request, pass_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _pass(request, pass_id, status=422, form=form)
    actions.revoke_pass(request.actor, pass_id, **form.cleaned_data)
    return redirect("gates:pass", pass_id)


# Incidents


@require_GET
def incidents(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    open_only = request.GET.get("show") == "open"
    listed = queries.incidents_listed(viewer, open_only=open_only)
    if sheets.wanted(request):
        return _incidents_as_file(request, listed)
    page = paged(listed, request.GET.get("mark", ""))
    places = names_of(viewer, {one.area_path for one in page.rows})
    context = {
        "page": page,
        "rows": [
            Row(one, places[one.area_path], "done" if one.settled_at else "wait")
            for one in page.rows
        ],
        "open_only": open_only,
        **tabs(viewer),
    }
    return render(request, "gates/incidents.html", context)


def _incidents_as_file(request: Request, incidents: QuerySet[Incident]) -> FileResponse:
    header = [
        _("What"), _("Checkpoint"), _("Place"), _("When"), _("What was told"), _("Settled"),
        _("What was done"),
    ]  # fmt: skip
    [kinds] = sheets.labels(Incident.Kind)

    def shown(chunk: list[Incident]) -> Iterator[list[Any]]:
        places = names_of(request.actor, {one.area_path for one in chunk})
        for one in chunk:
            yield [
                kinds[one.kind], one.site.name, places[one.area_path], one.at, one.text,
                one.settled_at, one.settled_how,
            ]  # fmt: skip

    rows = sheets.by_chunks(incidents, shown)
    return sheets.download(request, sheets.List.INCIDENTS, header, rows)


@require_GET
def incident(request: Request, incident_id: UUID) -> HttpResponse:
    return _incident(request, incident_id)


def _incident(
    request: Request, incident_id: UUID, *, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    viewer = request.actor
    found = queries.get_incident(viewer, incident_id)
    context = {
        "incident": found,
        "place": names_of(viewer, [found.area_path])[found.area_path],
        "form": None if found.settled_at else SettleForm(),
        **invalid,
        **tabs(viewer),
    }
    return render(request, "gates/incident.html", context, status=status)


@require_POST
def settle(request: Request, incident_id: UUID) -> HttpResponse:
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _incident(request, incident_id, status=422, form=form)
    actions.settle_incident(request.actor, incident_id, **form.cleaned_data)
    return redirect("gates:incident", incident_id)


# Questions, and where somebody passed


class Asked(NamedTuple):
    """A question with its two places in words."""

    question: Question
    here: str
    there: str


@require_GET
def questions(request: Request) -> HttpResponse | FileResponse:
    """What does not fit together, for a person to look at. Nothing follows by itself."""
    viewer = request.actor
    every = request.GET.get("show") == "all"
    listed = queries.questions_listed(viewer, open_only=not every)
    if sheets.wanted(request):
        return _questions_as_file(request, listed)
    page = paged(listed, request.GET.get("mark", ""))
    context = {
        "page": page,
        "rows": _asked(page.rows),
        "every": every,
        "form": AnswerForm(),
        **tabs(viewer),
    }
    return render(request, "gates/questions.html", context)


def _questions_as_file(request: Request, questions: QuerySet[Question]) -> FileResponse:
    """It names nobody, as the page does not."""
    header = [
        _("Question"), _("Checkpoint"), _("When"), _("Other checkpoint"), _("When"),
        _("How it came about"),
    ]  # fmt: skip
    [kinds] = sheets.labels(Question.Kind)

    def shown(chunk: list[Question]) -> Iterator[list[Any]]:
        for one, here, there in _asked(chunk):
            other = there if one.other_at else ""
            yield [kinds[one.kind], here, one.one_at, other, one.other_at, one.answer]

    rows = sheets.by_chunks(questions, shown)
    return sheets.download(request, sheets.List.QUESTIONS, header, rows)


def _asked(found: list[Question]) -> list[Asked]:
    numbers = {one.site for one in found} | {one.elsewhere for one in found}
    sites = sites_by_numbers(PLAYBOOK, [number for number in numbers if number is not None])
    return [
        Asked(one, _site_name(sites, one.site), _site_name(sites, one.elsewhere)) for one in found
    ]


def _site_name(sites: dict[int, Site], number: int | None) -> str:
    return sites[number].name if number in sites else "—"


@require_POST
def answer(request: Request, question_id: UUID) -> HttpResponse:
    form = AnswerForm(request.POST)
    said = form.cleaned_data["answer"] if form.is_valid() else ""
    actions.answer_question(request.actor, question_id, answer=said)
    return redirect("gates:questions")


@require_http_methods(["GET", "POST"])
def scans_of(request: Request, resident_id: UUID) -> HttpResponse:
    """Where somebody passed: only after a purpose was said, and that is on record."""
    viewer = request.actor
    queries.must_read_scans(viewer)
    form = ReadForm(request.POST or None)
    rows: list[Any] | None = None
    if form.is_valid():
        until = now()
        found = actions.read_scans(
            viewer, resident_id, since=until - timedelta(days=14), until=until, **form.cleaned_data
        )
        sites = sites_by_numbers(PLAYBOOK, {one.site for one in found if one.site is not None})
        rows = [(told, _site_name(sites, told.scan.site)) for told in _told(found)]
    context = {
        "person": brief(viewer, [resident_id]).get(resident_id),
        "form": form,
        "rows": rows,
        **tabs(viewer),
    }
    return render(request, "gates/scans_of.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Malformed(
            _("The person in the address cannot be read. Open the pass again.")
        ) from None
