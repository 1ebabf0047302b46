"""The pages of cases: parse, call one verb, show one page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas import queries as areas
from fangxian.areas.models import Area, Site
from fangxian.cases import actions, queries, rules
from fangxian.cases.clocks import Clock, clocks_of, next_clocks
from fangxian.cases.forms import (
    CaseForm,
    ContactForm,
    FilterForm,
    FindForm,
    OnsetForm,
    ReasonForm,
    UnregisteredForm,
)
from fangxian.cases.models import Case, Contact, Visit
from fangxian.cases.queries import Progress
from fangxian.cases.seat_pages import rule_in_words
from fangxian.engines.tracing import Evidence
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Page, Request, paged
from fangxian.kernel.ledger import fact_of, told
from fangxian.people import queries as people
from fangxian.people.actions import register_resident
from fangxian.people.queries import Brief
from fangxian.protocol.packs import load_pack
from fangxian.protocol.queries import in_force

TONES = {
    Case.Classification.CONFIRMED: "late",
    Case.Classification.ASYMPTOMATIC: "wait",
    Case.Classification.SUSPECTED: "open",
}


# The list


@dataclass(frozen=True, slots=True)
class CaseRow:
    case: Case
    person: Brief | None
    place: str
    progress: Progress | None
    clock: Clock | None

    @property
    def tone(self) -> str:
        return TONES[Case.Classification(self.case.classification)]


@require_GET
def list_cases(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    levels = [Area.Level.SUBDISTRICT, Area.Level.COMMUNITY]
    choice = areas.areas_visible_to(viewer).filter(level__in=levels, ended_at=None)
    form = FilterForm(request.GET, areas=choice.order_by("path"))
    said = form.cleaned_data if form.is_valid() else {}
    if said.get("q"):
        return redirect("cases:case", queries.case_by_code(viewer, said["q"]).id)
    day = said.get("day")
    begins = _midnight(day) if day else None
    rows = queries.cases_listed(
        viewer,
        classification=said.get("classification", ""),
        state=said.get("state", ""),
        area_path=said.get("area", ""),
        since=begins,
        until=begins + timedelta(days=1) if begins else None,
    )
    if sheets.wanted(request):
        return _as_file(request, rows, said.get("area", ""))
    page = paged(rows, request.GET.get("mark", ""))
    context = {
        "form": form,
        "page": page,
        "rows": _case_rows(viewer, page.rows, next_clocks(viewer, page.rows)),
        "may_report": viewer.may(Duty.INVESTIGATE),
    }
    return render(request, "cases/list.html", context)


def _as_file(request: Request, cases: QuerySet[Case], area_path: str) -> FileResponse:
    header = [
        _("Case"), _("Name"), _("Age"), _("Place"), _("Found by"), _("Classification"), _("State"),
        _("Reported"), _("Contacts decided"),
    ]  # fmt: skip
    kinds, found_by, states = sheets.labels(Case.Classification, Case.FoundBy, Case.State)

    def shown(chunk: list[Case]) -> Iterator[list[Any]]:
        for row in _case_rows(request.actor, chunk):
            case, person, progress = row.case, row.person, row.progress
            yield [
                case.code,
                person.name if person else "",
                person.age if person else "",
                row.place,
                found_by[case.found_by],
                kinds[case.classification],
                states[case.state],
                case.reported_at,
                f"{progress.decided}/{progress.needed}" if progress and progress.needed else "",
            ]

    rows = sheets.by_chunks(cases, shown)
    return sheets.download(request, sheets.List.CASES, header, rows, area_path=area_path)


def _case_rows(
    viewer: Actor, cases: Sequence[Case], clocks: Mapping[UUID, Clock] | None = None
) -> list[CaseRow]:
    persons = people.brief(viewer, [case.resident_id for case in cases])
    places = areas.names_of(viewer, [case.area_path for case in cases])
    progress = queries.progress_of(viewer, [case.id for case in cases])
    return [
        CaseRow(
            case,
            persons.get(case.resident_id),
            places[case.area_path],
            progress.get(case.id),
            (clocks or {}).get(case.id),
        )
        for case in cases
    ]


# One case


@dataclass(frozen=True, slots=True)
class ContactRow:
    contact: Contact
    person: Brief | None
    home: str
    met_at: str

    @property
    def evidence(self) -> str:
        known = self.contact.evidence
        return str(Visit.Source(known).label) if known else ""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline. `rank` orders what happened at the same moment."""

    at: datetime
    text: str
    detail: str = ""
    tone: str = ""
    rank: int = 1


@require_GET
def show_case(request: Request, case_id: UUID) -> HttpResponse | FileResponse:
    viewer = request.actor
    case = queries.get_case(viewer, case_id)
    if sheets.wanted(request):
        return _contacts_as_file(request, case)
    if request.htmx and "kind" in request.GET:
        return render(request, "cases/_contacts.html", _contacts(request, case))
    pack = load_pack(case.pack)
    visits = queries.visits_of_case(viewer, case)
    span = (
        pack.contact.window_before_onset if case.onset_on else pack.contact.window_before_specimen
    )
    context = _contacts(request, case) | {
        "person": people.brief(viewer, [case.resident_id]).get(case.resident_id),
        "place": areas.names_of(viewer, [case.area_path])[case.area_path],
        "tone": TONES[Case.Classification(case.classification)],
        "span": span.length,
        "clocks": clocks_of(viewer, case),
        "activities": _with_rules(viewer, queries.activity_places(viewer, case, visits=visits)),
        "happenings": _happenings(viewer, case, visits),
        "determines": in_force(now(), case.area_path).contact.determine,
        "onset_form": OnsetForm(),
        "reason_form": ReasonForm(),
    }
    return render(request, "cases/case.html", context)


def _with_rules(
    viewer: Actor, found: Sequence[queries.Activity]
) -> list[tuple[queries.Activity, str]]:
    """Each place with who counts as near there, where it is a vehicle or has rooms."""
    layouts = queries.layouts_of(viewer, [one.place for one in found])
    return [
        (one, rule_in_words(layouts[one.place], one.area_path) if one.place in layouts else "")
        for one in found
    ]


def _contacts(request: Request, case: Case) -> dict[str, Any]:
    """The panel of contacts: tabs by kind, one page of one of them."""
    viewer = request.actor
    contacts = queries.contacts_of(viewer, case)
    counts: dict[str, dict[str, int]] = {kind: {} for kind in Contact.Kind.values}
    for kind, state, number in queries.contact_counts(viewer, case):
        counts[kind][state] = number
    asked = request.GET.get("kind") or request.POST.get("kind") or ""
    waiting = [kind for kind, states in counts.items() if states.get(Contact.State.PROPOSED)]
    shown = asked if asked in counts else next(iter(waiting), Contact.Kind.CLOSE.value)
    page: Page[Contact] = paged(contacts.filter(kind=shown), request.GET.get("mark", ""))
    return {
        "case": case,
        "kind": shown,
        "tabs": [
            {"kind": kind, "label": Contact.Kind(kind).label, "number": sum(states.values())}
            for kind, states in counts.items()
        ],
        "proposed": counts[shown].get(Contact.State.PROPOSED, 0),
        "page": page,
        "rows": _contact_rows(viewer, page.rows),
        "progress": queries.progress_of(viewer, [case.id]).get(case.id),
        "may_decide": viewer.may(Duty.INVESTIGATE) and case.is_open,
    }


def _contacts_as_file(request: Request, case: Case) -> FileResponse:
    """All contacts of the case, of every kind and state."""
    header = [
        _("Kind"), _("Person"), _("Age"), _("Lives at"), _("Met at"), _("Minutes"),
        _("Last contact"), _("Evidence"), _("State"), _("Reason"),
    ]  # fmt: skip
    kinds, ways, states = sheets.labels(Contact.Kind, Contact.How, Contact.State)

    def shown(chunk: list[Contact]) -> Iterator[list[Any]]:
        for row in _contact_rows(request.actor, chunk):
            contact, person = row.contact, row.person
            yield [
                kinds[contact.kind],
                person.name if person else _("outside your area"),
                person.age if person else "",
                row.home,
                row.met_at or ways[contact.how],
                contact.minutes if contact.meetings else "",
                contact.last_at,
                row.evidence,
                states[contact.state],
                contact.reason,
            ]

    rows = sheets.by_chunks(queries.contacts_of(request.actor, case), shown)
    return sheets.download(request, sheets.List.CONTACTS, header, rows, area_path=case.area_path)


def _contact_rows(viewer: Actor, contacts: Sequence[Contact]) -> list[ContactRow]:
    persons = people.brief(viewer, [contact.resident_id for contact in contacts])
    homes = areas.names_of(viewer, [contact.area_path for contact in contacts])
    sites = _site_names(contact.place for contact in contacts)
    return [
        ContactRow(
            contact,
            persons.get(contact.resident_id),
            homes[contact.area_path],
            sites.get(contact.place or 0, ""),
        )
        for contact in contacts
    ]


def _happenings(viewer: Actor, case: Case, visits: Sequence[Visit]) -> list[Happening]:
    """Window, visits, specimen and what the ledger tells, in the order of time."""
    sites = _site_names(visit.place for visit in visits)
    found = [
        Happening(case.infectious_from, _("From here on others could be infected"), rank=0),
        Happening(case.specimen_at, _("The positive specimen was taken"), tone="bad"),
    ]
    if case.onset_on:
        found.append(Happening(_midnight(case.onset_on), _("Day of onset"), tone="bad"))
    for visit in visits:
        minutes = (visit.end_at - visit.start_at) // timedelta(minutes=1)
        stay = ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
        source = Visit.Source(visit.source).label
        found.append(
            Happening(
                visit.start_at, sites.get(visit.place, str(visit.place)), f"{stay} · {source}"
            )
        )
    events = queries.history_of(viewer, case)
    places = areas.names_of(viewer, [event.area_path for event in events])
    for event in events:
        fact = fact_of(event)
        if fact is None:
            continue
        text = told(event, area=places[event.area_path])
        tone = {"danger": "bad", "good": "good"}.get(fact.tone, "")
        found.append(Happening(event.at, text, tone=tone, rank=2))
    found.append(
        Happening(case.infectious_until, _("Kept apart from here on"), tone="good", rank=3)
    )
    return sorted(found, key=lambda happening: (happening.at, happening.rank))


# What is done to a case


@require_POST
def trace(request: Request, case_id: UUID) -> HttpResponse:
    found = actions.find_contacts(request.actor, case_id)
    text = ngettext("%(n)d contact is known now.", "%(n)d contacts are known now.", len(found)) % {
        "n": len(found)
    }
    messages.success(request, text)
    return redirect("cases:case", case_id)


@require_POST
def confirm(request: Request, case_id: UUID) -> HttpResponse:
    """The ticked contacts, or with `all` every proposed one of the kind shown."""
    case = queries.get_case(request.actor, case_id)
    if "all" in request.POST:
        rows = queries.contacts_of(request.actor, case).filter(
            kind=request.POST.get("kind", ""), state=Contact.State.PROPOSED
        )
        chosen = list(rows.values_list("id", flat=True))
    else:
        chosen = [one for word in request.POST.getlist("contact") if (one := _uuid(word))]
    kind = Contact.Kind.CLOSE if "as_close" in request.POST else None
    confirmed = actions.confirm_contacts(request.actor, chosen, kind=kind)
    if request.htmx:
        return render(request, "cases/_contacts.html", _contacts(request, case))
    text = ngettext(
        "%(n)d contact was confirmed.", "%(n)d contacts were confirmed.", len(confirmed)
    ) % {"n": len(confirmed)}
    messages.success(request, text)
    return redirect(_to_contacts(request, case_id))


@require_POST
def discard(request: Request, contact_id: UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    contact = actions.discard_contact(request.actor, contact_id, reason=reason)
    if request.htmx:
        return render(request, "cases/_contacts.html", _contacts(request, contact.case))
    messages.success(request, _("The contact was discarded."))
    return redirect(_to_contacts(request, contact.case_id))


@require_POST
def onset(request: Request, case_id: UUID) -> HttpResponse:
    form = OnsetForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter the day of onset."))
        return redirect("cases:case", case_id)
    actions.note_onset(request.actor, case_id, onset_on=form.cleaned_data["onset_on"])
    messages.success(request, _("The onset was noted. Look for contacts in the new window."))
    return redirect("cases:case", case_id)


@require_POST
def close(request: Request, case_id: UUID) -> HttpResponse:
    actions.close_case(request.actor, case_id)
    messages.success(request, _("The case was closed."))
    return redirect("cases:case", case_id)


@require_POST
def withdraw(request: Request, case_id: UUID) -> HttpResponse:
    actions.withdraw_case(request.actor, case_id, reason=request.POST.get("reason", ""))
    messages.success(request, _("The case was withdrawn, and its contacts with it."))
    return redirect("cases:case", case_id)


# Reporting a case, naming a contact: first find the person


def find_person(request: Request) -> HttpResponse:
    request.actor.must(Duty.INVESTIGATE)
    context = _finding(request) | {"may_register": request.actor.may(Duty.KEEP_REGISTER)}
    return render(request, "cases/new.html", context)


def report(request: Request, resident_id: UUID) -> HttpResponse:
    request.actor.must(Duty.INVESTIGATE)
    person = people.get_resident(request.actor, resident_id)
    form = CaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        case = actions.report_case(request.actor, resident_id=person.id, **form.cleaned_data)
        messages.success(request, _("Case %(code)s is reported.") % {"code": case.code})
        return redirect("cases:case", case.id)
    context = {
        "form": form,
        "person": people.brief(request.actor, [person.id])[person.id],
        "place": areas.names_of(request.actor, [person.area_path])[person.area_path],
        "lacks_identity": person.identity_index is None,
        "known": queries.open_case_of(request.actor, person.id),
    }
    return render(request, "cases/report.html", context, status=422 if form.errors else 200)


def register_person(request: Request) -> HttpResponse:
    """Somebody who is not in the register and shows no document: down the tree to their door."""
    viewer = request.actor
    viewer.must(Duty.INVESTIGATE)
    viewer.must(Duty.KEEP_REGISTER)
    wanted = _uuid(request.GET.get("area", ""))
    area = areas.get_area(viewer, wanted) if wanted else None
    form = UnregisteredForm(request.POST or None)
    at_the_door = area is not None and area.level == Area.Level.DWELLING
    if area is not None and at_the_door and request.method == "POST" and form.is_valid():
        person = register_resident(viewer, dwelling_id=area.id, **form.cleaned_data)
        return redirect("cases:report", person.id)
    context = {
        "form": form,
        "area": area,
        "at_the_door": at_the_door,
        "above": areas.ancestors_of(viewer, area) if area else [],
        "below": [] if at_the_door else areas.children_of(viewer, wanted),
    }
    return render(request, "cases/register.html", context, status=422 if form.errors else 200)


def find_contact(request: Request, case_id: UUID) -> HttpResponse:
    request.actor.must(Duty.INVESTIGATE)
    case = queries.get_case(request.actor, case_id)
    return render(request, "cases/find_contact.html", _finding(request) | {"case": case})


def name(request: Request, case_id: UUID, resident_id: UUID) -> HttpResponse:
    request.actor.must(Duty.INVESTIGATE)
    case = queries.get_case(request.actor, case_id)
    person = people.get_resident(request.actor, resident_id)
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data | {"minutes": form.cleaned_data["minutes"] or 0}
        actions.name_contact(request.actor, case_id, person.id, **said)
        messages.success(request, _("The contact was named and confirmed."))
        return redirect(f"{reverse('cases:case', args=[case_id])}?kind={said['kind']}#contacts")
    context = {
        "case": case,
        "form": form,
        "person": people.brief(request.actor, [person.id])[person.id],
        "place": areas.names_of(request.actor, [person.area_path])[person.area_path],
    }
    return render(request, "cases/name.html", context, status=422 if form.errors else 200)


@require_GET
def show_contact(request: Request, contact_id: UUID) -> HttpResponse:
    """How do we know? Every meeting behind one contact."""
    contact = queries.get_contact(request.actor, contact_id)
    meetings = queries.meetings_behind(request.actor, contact_id)
    sites = _site_names(meeting.place for meeting in meetings)
    (row,) = _contact_rows(request.actor, [contact])
    context = {
        "row": row,
        "contact": contact,
        "case": contact.case,
        "meetings": [
            (sites.get(meeting.place, str(meeting.place)), meeting, _source(meeting.evidence))
            for meeting in meetings
        ],
        "may_decide": request.actor.may(Duty.INVESTIGATE) and contact.case.is_open,
    }
    return render(request, "cases/contact.html", context)


def _finding(request: Request) -> dict[str, Any]:
    """The answer to a look-up. It comes as a POST: numbers and names do not belong in addresses."""
    form = FindForm(request.POST or None)
    found: list[Brief] = []
    viewer = request.actor
    if form.is_valid():
        ids = [one.id for one in _search(viewer, form.cleaned_data["q"])]
        found = list(people.brief(viewer, ids).values())
    places = areas.names_of(viewer, [person.area_path for person in found])
    known = queries.open_cases_of(viewer, [person.id for person in found])
    return {
        "form": form,
        "asked": form.is_bound,
        "found": [(one, places[one.area_path], known.get(one.id)) for one in found],
    }


def _search(viewer: Actor, text: str) -> list[Any]:
    """Residents whose identity number, phone or whole name this is."""
    by_identity = people.by_identity(viewer, text)
    rows = [by_identity] if by_identity else []
    return [*rows, *people.by_phone(viewer, text)[:20], *people.by_name(viewer, text)[:20]]


def _site_names(numbers: Iterable[int | None]) -> dict[int, str]:
    wanted = {number for number in numbers if number}
    if not wanted:
        return {}
    return dict(Site.objects.filter(number__in=wanted).values_list("number", "name"))


def _source(evidence: Evidence) -> str:
    return str(Visit.Source(rules.SOURCE[evidence]).label)


def _to_contacts(request: Request, case_id: UUID) -> str:
    kind = request.POST.get("kind", "")
    return f"{reverse('cases:case', args=[case_id])}?kind={kind}#contacts"


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=timezone.get_current_timezone())


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
