"""The pages of the interview: one line a leg, read while it is typed; the line of time below."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas import queries as areas
from fangxian.areas.models import Area, Site
from fangxian.cases import queries, stays, timeline
from fangxian.cases.clocks import clocks_of
from fangxian.cases.forms import CompanionForm, PlaceForm
from fangxian.cases.models import Case, Companion, Stay, Visit
from fangxian.cases.partial import Leg, Said, read_line
from fangxian.cases.timeline import Clash, Entry
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.kernel.http import Request
from fangxian.people import queries as people

CHOICES_SHOWN = 6
STRENGTH = {
    Visit.Source.ATTENDED: "done",
    Visit.Source.ROTATING: "open",
    Visit.Source.POSTER: "wait",
    Visit.Source.INTERVIEW: "",
}
_MARKS = {Stay.Sure.SEEN: "!", Stay.Sure.UNSURE: "?"}


# What is typed


@dataclass(frozen=True, slots=True)
class Choice:
    """A place that may be meant."""

    site: Site
    where: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line was taken to mean, while it is typed.

    choices    the places that may be meant; `site` is the one that would be taken
    trouble    why it would be refused
    """

    leg: Leg
    sure: str
    choices: Sequence[Choice] = ()
    site: UUID | None = None
    clashes: Sequence[Clash] = ()
    trouble: str = ""

    @property
    def begin(self) -> str:
        return in_words(self.leg.begin)

    @property
    def until(self) -> str:
        return in_words(self.leg.until) if self.leg.until.text else ""

    @property
    def sure_word(self) -> str:
        return str(Stay.Sure(self.sure).label)


def _read(viewer: Actor, case: Case, typed: QueryDict, *, stay: Stay | None = None) -> Reading:
    """Names that were typed are looked up nowhere here: only the place is."""
    line = typed.get("line", "")[:300]
    leg = read_line(line, day=_day(typed, case), today=_today(), zone=_zone())
    marked = typed.get("sure", "")
    chosen = marked if marked in Stay.Sure.values else Stay.Sure.TOLD.value
    sure = leg.sure or chosen
    choices = _places(viewer, leg.place)
    site = _meant(typed, leg, [choice.site for choice in choices])
    reading = Reading(leg, sure, choices, site)
    if not leg.place:
        return reading
    try:
        clashes = stays.try_stay(
            viewer,
            case,
            begin=leg.begin,
            until=leg.until,
            place=leg.place,
            site_id=site,
            sure=sure,
            instead_of=stay.id if stay else None,
        )
    except Refusal as refusal:
        return Reading(leg, sure, choices, site, trouble=refusal.message)
    return Reading(leg, sure, choices, site, clashes)


def _places(viewer: Actor, said: str) -> list[Choice]:
    """Open places whose name holds what was said: the whole name first, then beginnings."""
    if not said:
        return []
    rows = areas.sites_visible_to(viewer).filter(closed_at=None, name__icontains=said)
    found = sorted(
        rows.order_by("name", "number")[: CHOICES_SHOWN * 5],
        key=lambda site: (site.name != said, not site.name.startswith(said), len(site.name)),
    )[:CHOICES_SHOWN]
    where = areas.names_of(viewer, [site.area_path for site in found])
    return [Choice(site, where[site.area_path]) for site in found]


def _meant(typed: QueryDict, leg: Leg, found: Sequence[Site]) -> UUID | None:
    """What was chosen for these very words; else the one place that has this name, or part of it.

    Of several that could be meant none is taken: a wrong place would be searched.
    """
    if typed.get("offered_for") == leg.place:
        chosen = typed.get("site", "")
        return next((site.id for site in found if str(site.id) == chosen), None)
    same = [site for site in found if site.name == leg.place] or list(found)
    return same[0].id if len(same) == 1 else None


def _day(typed: QueryDict, case: Case) -> date:
    try:
        return date.fromisoformat(typed.get("day", ""))
    except ValueError:
        return timezone.localdate(case.infectious_from)


def _today() -> date:
    return timezone.localdate(now())


def _zone() -> Any:
    return timezone.get_current_timezone()


def in_words(said: Said) -> str:
    """The span that was understood, so that whoever types sees it."""
    first, last = (at and timezone.localtime(at) for at in (said.earliest, said.latest))
    if first and last:
        return _between(first, last)
    if first:
        return _("not before %(at)s") % {"at": f"{first:%m-%d %H:%M}"}
    if last:
        return _("not after %(at)s") % {"at": f"{last:%m-%d %H:%M}"}
    return _("not known")


def _between(first: datetime, last: datetime) -> str:
    if first == last:
        return f"{first:%m-%d %H:%M}"
    whole_days = (first.hour, first.minute, last.hour, last.minute) == (0, 0, 23, 59)
    if first.date() == last.date():
        return f"{first:%m-%d}" if whole_days else f"{first:%m-%d %H:%M}–{last:%H:%M}"
    if whole_days:
        return f"{first:%Y-%m-%d} – {last:%m-%d}"
    return f"{first:%m-%d %H:%M} – {last:%m-%d %H:%M}"


# The line of time


@dataclass(frozen=True, slots=True)
class Row:
    entry: Entry
    where: str
    begin: str
    until: str
    meant: str

    @property
    def tone(self) -> str:
        return STRENGTH[Visit.Source(self.entry.evidence)]

    @property
    def evidence(self) -> str:
        return str(Visit.Source(self.entry.evidence).label)

    @property
    def sure(self) -> str:
        stay = self.entry.stay
        if stay is None or stay.sure == Stay.Sure.TOLD:
            return ""
        return str(Stay.Sure(stay.sure).label)


@dataclass(frozen=True, slots=True)
class Day:
    date: date | None
    rows: list[Row]
    in_window: bool


def _days(viewer: Actor, case: Case, entries: Sequence[Entry]) -> Iterator[Day]:
    where = areas.names_of(viewer, [entry.site.area_path for entry in entries if entry.site])
    first, last = (timezone.localdate(at) for at in (case.infectious_from, case.infectious_until))
    for day, group in groupby(entries, key=lambda entry: entry.at and timezone.localdate(entry.at)):
        rows = [_row(entry, where) for entry in group]
        yield Day(day, rows, day is not None and first <= day <= last)


def _row(entry: Entry, where: dict[str, str]) -> Row:
    place = where[entry.site.area_path] if entry.site else ""
    stay = entry.stay
    if stay is None:
        return Row(entry, place, _clock(entry.begin), _clock(entry.end), "")
    begin, until = _said(stay)
    vague = [in_words(said) for said in (begin, until) if said.known and not said.exact]
    return Row(entry, place, _shown(begin), _shown(until), " / ".join(vague))


def _said(stay: Stay) -> tuple[Said, Said]:
    return (
        Said(stay.from_said, stay.from_earliest, stay.from_latest),
        Said(stay.until_said, stay.until_earliest, stay.until_latest),
    )


def _shown(said: Said) -> str:
    return _clock(said.earliest) if said.exact else said.text


def _clock(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%H:%M}" if at else ""


def line_of(stay: Stay) -> str:
    """The line from which this stay is read again, without its names."""
    begin, until = stay.from_said, stay.until_said
    times = begin if begin == until else "-".join(filter(None, (begin or "?", until)))
    return f"{times} {stay.place_said}{_MARKS.get(Stay.Sure(stay.sure), '')}"


# Pages


def interview(request: Request, case_id: UUID) -> HttpResponse:
    """Type a line, press Enter, type the next: the keyboard is enough."""
    viewer = request.actor
    case = queries.get_case(viewer, case_id)
    if request.method == "POST":
        reading = _read(viewer, case, request.POST)
        if reading.trouble or not reading.leg.place:
            return render(
                request, "cases/interview.html", _page(request, case, reading), status=422
            )
        leg = reading.leg
        stays.add_stay(
            viewer,
            case.id,
            begin=leg.begin,
            until=leg.until,
            place=leg.place,
            site_id=reading.site,
            with_whom=leg.names,
            sure=reading.sure,
        )
        return redirect(f"{reverse('cases:interview', args=[case.id])}?day={leg.day.isoformat()}")
    return render(request, "cases/interview.html", _page(request, case))


def _page(request: Request, case: Case, reading: Reading | None = None) -> dict[str, Any]:
    viewer = request.actor
    entries = timeline.timeline_of(viewer, case)
    typed = request.POST if request.method == "POST" else request.GET
    return {
        "case": case,
        "person": people.brief(viewer, [case.resident_id]).get(case.resident_id),
        "days": list(_days(viewer, case, entries)),
        "entries": entries,
        "unknown": sum(1 for entry in entries if entry.site is None),
        "unspoken": sum(1 for entry in entries if entry.stay is None),
        "clocks": clocks_of(viewer, case),
        "reading": reading,
        "line": request.POST.get("line", ""),
        "day": _day(typed, case),
        "sure": typed.get("sure", Stay.Sure.TOLD),
        "sures": Stay.Sure.choices,
        "may_add": viewer.may(Duty.INVESTIGATE) and case.is_open,
        "may_place": viewer.may(Duty.MANAGE_AREAS),
    }


@require_POST
def read(request: Request, case_id: UUID) -> HttpResponse:
    """What the line means so far. It comes as a POST: names do not belong in addresses."""
    case = queries.get_case(request.actor, case_id)
    wanted = request.POST.get("stay", "")
    stay = timeline.get_stay(request.actor, UUID(wanted)) if wanted else None
    typed = request.POST.get("line", "").strip()
    reading = _read(request.actor, case, request.POST, stay=stay) if typed else None
    return render(request, "cases/_reading.html", {"reading": reading, "case": case})


@require_POST
def confirm_scan(request: Request, case_id: UUID, visit_id: int) -> HttpResponse:
    stay = stays.confirm_scan(request.actor, case_id, visit_id)
    day = timezone.localdate(stay.from_earliest)
    return redirect(f"{reverse('cases:interview', args=[case_id])}?day={day.isoformat()}")


def change(request: Request, stay_id: UUID) -> HttpResponse:
    viewer = request.actor
    stay = timeline.get_stay(viewer, stay_id)
    case = stay.case
    reading = None
    if request.method == "POST":
        reading = _read(viewer, case, request.POST, stay=stay)
        if reading.leg.place and not reading.trouble:
            leg = reading.leg
            stays.change_stay(
                viewer,
                stay.id,
                begin=leg.begin,
                until=leg.until,
                place=leg.place,
                site_id=reading.site,
                with_whom=leg.names,
                sure=reading.sure,
            )
            return _back(case, stay)
    at = stay.from_earliest or stay.until_earliest or case.infectious_from
    context = {
        "case": case,
        "stay": stay,
        "reading": reading or _read(viewer, case, _as_typed(stay), stay=stay),
        "line": request.POST.get("line") or line_of(stay),
        "day": _day(request.POST, case) if request.POST else timezone.localdate(at),
        "sure": request.POST.get("sure", Stay.Sure.TOLD),
        "sures": Stay.Sure.choices,
    }
    return render(request, "cases/stay.html", context, status=422 if reading else 200)


def _as_typed(stay: Stay) -> QueryDict:
    at = stay.from_earliest or stay.until_earliest
    typed = QueryDict(mutable=True)
    typed["line"] = line_of(stay)
    typed["day"] = timezone.localdate(at).isoformat() if at else ""
    typed["offered_for"] = stay.place_said
    typed["site"] = str(stay.site_id or "")
    return typed


@require_POST
def remove(request: Request, stay_id: UUID) -> HttpResponse:
    case = stays.remove_stay(request.actor, stay_id)
    messages.success(request, _("The stay was taken out, and its visit with it."))
    return redirect("cases:interview", case.id)


def place(request: Request, stay_id: UUID) -> HttpResponse:
    """A place that is not known becomes one, where somebody with that duty says it stands."""
    viewer = request.actor
    stay = timeline.get_stay(viewer, stay_id)
    viewer.must(Duty.MANAGE_AREAS)
    levels = [Area.Level.SUBDISTRICT, Area.Level.COMMUNITY]
    choice = areas.areas_visible_to(viewer).filter(level__in=levels, ended_at=None)
    form = PlaceForm(request.POST or None, areas=choice.order_by("path"))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        site = stays.add_place(viewer, stay.id, area_id=UUID(said["area"]), kind=said["kind"])
        messages.success(request, _("“%(place)s” is a known place now.") % {"place": site.name})
        return _back(stay.case, stay)
    context = {"case": stay.case, "stay": stay, "form": form}
    return render(request, "cases/place.html", context, status=422 if form.errors else 200)


@require_GET
def companion(request: Request, companion_id: UUID) -> HttpResponse:
    """Who is meant by a name that was said? Everybody of that name whom the viewer sees."""
    viewer = request.actor
    viewer.must(Duty.INVESTIGATE)
    named = timeline.get_companion(viewer, companion_id)
    found = [resident.id for resident in people.by_name(viewer, named.name.reveal())[:20]]
    persons = people.brief(viewer, found)
    homes = areas.names_of(viewer, [person.area_path for person in persons.values()])
    known = dict(named.stay.case.contacts.filter(resident__in=found).values_list("resident", "id"))
    context = _companion(named) | {
        "found": [
            (person, homes[person.area_path], known.get(person.id)) for person in persons.values()
        ],
    }
    return render(request, "cases/companion.html", context)


def name_companion(request: Request, companion_id: UUID, resident_id: UUID) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.INVESTIGATE)
    named = timeline.get_companion(viewer, companion_id)
    stay = named.stay
    person = people.get_resident(viewer, resident_id)
    form = CompanionForm(request.POST or None, initial=_met(stay))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data | {"minutes": form.cleaned_data["minutes"] or 0}
        stays.name_companion(viewer, named.id, person.id, **said)
        messages.success(request, _("The contact was named and confirmed."))
        return _back(stay.case, stay)
    context = _companion(named) | {
        "form": form,
        "person": people.brief(viewer, [person.id])[person.id],
        "place": areas.names_of(viewer, [person.area_path])[person.area_path],
    }
    return render(request, "cases/companion_name.html", context, status=422 if form.errors else 200)


@require_POST
def remove_companion(request: Request, companion_id: UUID) -> HttpResponse:
    stay = stays.remove_companion(request.actor, companion_id)
    return _back(stay.case, stay)


def _companion(named: Companion) -> dict[str, Any]:
    return {"companion": named, "stay": named.stay, "case": named.stay.case}


def _met(stay: Stay) -> dict[str, Any]:
    """When they met, as far as it is certain; the rest is asked."""
    span = timeline.certain(stay)
    if span is None:
        return {}
    first, last = span
    return {
        "first_at": timezone.localtime(first),
        "last_at": timezone.localtime(last),
        "minutes": (last - first) // timedelta(minutes=1) or None,
    }


def _back(case: Case, stay: Stay) -> HttpResponse:
    at = stay.from_earliest or stay.until_earliest
    day = f"?day={timezone.localdate(at).isoformat()}" if at else ""
    return redirect(f"{reverse('cases:interview', args=[case.id])}{day}#{stay.id}")
