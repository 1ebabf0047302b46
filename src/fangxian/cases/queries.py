"""What can be asked about cases, contacts and visits. The viewer comes first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _

from fangxian.areas.models import Site
from fangxian.cases import rules
from fangxian.cases.models import Case, Contact, Division, Exposure, Seat, Sweep, Swept, Visit
from fangxian.engines.tracing import Evidence, Meeting, Met, Stay, meetings_of
from fangxian.engines.tracing.seats import Spot
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import read_code
from fangxian.kernel.models import Event
from fangxian.people import queries as people
from fangxian.protocol.queries import in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A place where a case had been in its window: `times` visits, `minutes` in all.

    evidence   the surest source, as a `Visit.Source`
    """

    place: int
    site_id: UUID
    name: str
    kind: str
    area_path: str
    times: int
    minutes: int
    first_at: datetime
    last_at: datetime
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many contacts that need a decision (close ones and contacts of contacts) have one."""

    decided: int
    needed: int
    general: int

    @property
    def percent(self) -> int | None:
        return None if self.needed == 0 else self.decided * 100 // self.needed


# Cases


def cases_visible_to(viewer: Actor) -> QuerySet[Case]:
    """No order."""
    _must_look(viewer)
    return Case.objects.filter(area_path__startswith=viewer.within)


def get_case(viewer: Actor, case_id: UUID, *, for_change: bool = False) -> Case:
    rows = cases_visible_to(viewer)
    if for_change:
        rows = rows.select_for_update()
    found = rows.filter(id=case_id).first()
    if found is None:
        raise NotFound(_("case"))
    return found


def _seen(viewer: Actor, case: Case | UUID) -> Case:
    """A case that is in hand already is not read again."""
    if not isinstance(case, Case):
        return get_case(viewer, case)
    _must_look(viewer)
    if not viewer.sees(case.area_path):
        raise NotFound(_("case"))
    return case


def case_by_code(viewer: Actor, code: str) -> Case:
    number = read_code("C", code)
    found = cases_visible_to(viewer).filter(number=number).first() if number is not None else None
    if found is None:
        raise NotFound(_("case"))
    return found


def cases_listed(
    viewer: Actor,
    *,
    classification: str = "",
    state: str = "",
    area_path: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Case]:
    """The list of cases, narrowed, newest first. `until` itself is not included."""
    rows = cases_visible_to(viewer).filter(area_path__startswith=area_path)
    if classification:
        rows = rows.filter(classification=classification)
    if state:
        rows = rows.filter(state=state)
    if since:
        rows = rows.filter(reported_at__gte=since)
    if until:
        rows = rows.filter(reported_at__lt=until)
    return rows.order_by("-reported_at", "-id")


def cases_of(viewer: Actor, resident_id: UUID) -> QuerySet[Case]:
    """Newest first."""
    return cases_visible_to(viewer).filter(resident=resident_id).order_by("-reported_at", "-id")


def open_case_of(viewer: Actor, resident_id: UUID) -> Case | None:
    return open_cases_of(viewer, [resident_id]).get(resident_id)


def open_cases_of(viewer: Actor, resident_ids: Iterable[UUID]) -> dict[UUID, Case]:
    """The open case of each of these people who has one."""
    rows = cases_visible_to(viewer).filter(resident__in=list(resident_ids), state=Case.State.OPEN)
    return {case.resident_id: case for case in rows}


def progress_of(viewer: Actor, case_ids: Iterable[UUID]) -> dict[UUID, Progress]:
    """How far the decisions on the contacts of each case are. One statement, from the index."""
    _must_look(viewer)
    needed = ~Q(kind=Contact.Kind.GENERAL)
    rows = (
        Contact.objects.filter(case__in=list(case_ids))
        .values("case")
        .annotate(
            decided=Count("id", filter=needed & ~Q(state=Contact.State.PROPOSED)),
            needed=Count("id", filter=needed),
            general=Count("id", filter=~needed),
        )
        .values_list("case", "decided", "needed", "general")
    )
    return {
        case: Progress(decided=decided, needed=wanted, general=general)
        for case, decided, wanted, general in rows
    }


# Contacts


def contacts_visible_to(viewer: Actor) -> QuerySet[Contact]:
    """Contacts who stay in the viewer's area, and contacts of the cases there. No order."""
    _must_look(viewer)
    return Contact.objects.filter(
        Q(area_path__startswith=viewer.within) | Q(case__area_path__startswith=viewer.within)
    )


def get_contact(viewer: Actor, contact_id: UUID, *, for_change: bool = False) -> Contact:
    rows = contacts_visible_to(viewer).select_related("case")
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(id=contact_id).first()
    if found is None:
        raise NotFound(_("contact"))
    return found


def contacts_of(viewer: Actor, case: Case | UUID) -> QuerySet[Contact]:
    """The contacts of one case, the longest together first."""
    return _seen(viewer, case).contacts.order_by("-minutes", "-id")


def contact_counts(viewer: Actor, case: Case | UUID) -> list[tuple[str, str, int]]:
    """How many contacts of a case are of which kind and in which state."""
    return list(
        _seen(viewer, case)
        .contacts.order_by()
        .values("kind", "state")
        .annotate(number=Count("id"))
        .values_list("kind", "state", "number")
    )


def contacts_of_resident(viewer: Actor, resident_id: UUID) -> QuerySet[Contact]:
    """Whose contact somebody is, latest first."""
    return (
        contacts_visible_to(viewer)
        .filter(resident=resident_id)
        .select_related("case")
        .order_by("-last_at", "-id")
    )


def last_contact_of(viewer: Actor, resident_id: UUID) -> datetime | None:
    """The latest contact with any case, over confirmed contacts."""
    found: datetime | None = (
        contacts_visible_to(viewer)
        .filter(resident=resident_id, state=Contact.State.CONFIRMED)
        .aggregate(at=Max("last_at"))["at"]
    )
    return found


# Visits


def visits_of(
    viewer: Actor, person: int | Sequence[int], since: datetime, until: datetime
) -> list[Visit]:
    """Where somebody had been, by `Resident.number`, in the order of time."""
    _must_look(viewer)
    persons = [person] if isinstance(person, int) else list(person)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(minutes) FROM cases_longestvisit")
        longest = timedelta(minutes=cursor.fetchone()[0] or 0)
    return list(
        Visit.objects.filter(
            person__in=persons,
            start_at__range=(since - longest, until),
            end_at__gte=since,
        ).order_by("start_at", "place", "id")
    )


def numbers_of_case(viewer: Actor, case: Case | UUID) -> list[int]:
    """The short numbers under which the case's person had been seen, merged records included."""
    resident = people.get_resident(PLAYBOOK, _seen(viewer, case).resident_id)
    return [resident.number, *resident.merged.values_list("number", flat=True)]


def visits_of_case(viewer: Actor, case: Case | UUID) -> list[Visit]:
    """Where the case had been in its window."""
    case = _seen(viewer, case)
    numbers = numbers_of_case(viewer, case)
    return visits_of(viewer, numbers, case.infectious_from, case.infectious_until)


def activity_places(
    viewer: Actor, case: Case | UUID, *, visits: Sequence[Visit] | None = None
) -> list[Activity]:
    """The places where the case had been in its window, the longest first.

    visits   as `visits_of_case` gave them, where they are at hand

    Only the time inside the window counts. What to declare about a place is for the rules of
    risk areas to say.
    """
    case = _seen(viewer, case)
    visits = visits_of_case(viewer, case) if visits is None else visits
    sites = {
        site.number: site for site in Site.objects.filter(number__in={v.place for v in visits})
    }
    found = [
        _activity(case, site, [visit for visit in visits if visit.place == place])
        for place, site in sites.items()
    ]
    return sorted(found, key=lambda activity: (-activity.minutes, activity.place))


def _activity(case: Case, site: Site, visits: Sequence[Visit]) -> Activity:
    spans = [
        (max(v.start_at, case.infectious_from), min(v.end_at, case.infectious_until))
        for v in visits
    ]
    return Activity(
        place=site.number,
        site_id=site.id,
        name=site.name,
        kind=site.kind,
        area_path=site.area_path,
        times=len(visits),
        minutes=sum(((until - since) for since, until in spans), timedelta())
        // timedelta(minutes=1),
        first_at=min(since for since, _until in spans),
        last_at=max(until for _since, until in spans),
        evidence=rules.SOURCE[max(rules.EVIDENCE[v.source] for v in visits)],
    )


# Who met whom

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVIDENCE = {int(evidence): evidence for evidence in Evidence}


def co_present(
    viewer: Actor,
    person: int | Sequence[int],
    *,
    since: datetime,
    until: datetime,
    tolerance: timedelta,
) -> list[Met]:
    """Everybody who was where a person was, at the same time, within the tolerance.

    The rule is that of `engines.tracing.met_by`, answered from the two covering indexes of visits
    by one statement, `cases_co_present` (migrations/0003). Several numbers are one person under
    merged records. No order.
    """
    _must_look(viewer)
    persons = [person] if isinstance(person, int) else list(person)
    asked: list[Any] = [persons, since, until, tolerance]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_co_present(%s::int[], %s, %s, %s)", asked)
        return [_met(*row) for row in cursor.fetchall()]


def co_present_with(
    viewer: Actor,
    persons: Sequence[tuple[int, datetime]],
    *,
    until: datetime,
    tolerance: timedelta,
) -> list[tuple[int, Met]]:
    """The same for many people at once, each since a moment of their own: (person, whom they met).

    One statement: the search of each runs where the rows are.
    """
    _must_look(viewer)
    if not persons:
        return []
    numbers, since = zip(*persons, strict=True)
    asked: list[Any] = [list(numbers), list(since), until, tolerance]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.person, found.*"
            " FROM unnest(%s::int[], %s::timestamptz[]) AS asked(person, since),"
            " LATERAL cases_co_present(ARRAY[asked.person], asked.since, %s, %s) AS found",
            asked,
        )
        return [(person, _met(*row)) for person, *row in cursor.fetchall()]


def _met(
    person: int,
    meetings: int,
    minutes: int,
    sure: int,
    first_at: int,
    last_at: int,
    worth: int,
    place: int,
) -> Met:
    """A row of the statement; its times are microseconds since 1970."""
    return Met(
        person=person,
        meetings=meetings,
        minutes=minutes,
        sure_minutes=sure,
        first_at=_EPOCH + timedelta(microseconds=first_at),
        last_at=_EPOCH + timedelta(microseconds=last_at),
        evidence=_EVIDENCE[worth],
        place=place,
    )


def meetings_behind(viewer: Actor, contact_id: UUID) -> list[Meeting]:
    """Every meeting of a contact with the case, in the order of time: how do we know?

    Of a contact of a contact, the meetings with the contact in between.
    """
    contact = get_contact(viewer, contact_id)
    case, through = contact.case, contact.through
    tolerance = in_force(contact.found_at, case.area_path).contact.co_presence_tolerance.length
    resident = people.get_resident(PLAYBOOK, contact.resident_id)
    theirs = [resident.number, *resident.merged.values_list("number", flat=True)]
    source = people.get_resident(PLAYBOOK, (through or case).resident_id)
    own = {source.number, *source.merged.values_list("number", flat=True)}
    since, until = case.infectious_from, case.infectious_until
    if through is not None:
        since, until = through.first_at, contact.last_at
    visits = visits_of(PLAYBOOK, [*own, *theirs], since - tolerance, until + tolerance)
    stays = [
        Stay(
            person=0 if visit.person in own else 1,
            place=visit.place,
            start_at=visit.start_at,
            end_at=visit.end_at,
            evidence=rules.EVIDENCE[visit.source],
        )
        for visit in visits
    ]
    found = meetings_of(0, stays, since=since, until=until, tolerance=tolerance)
    return sorted(found, key=lambda meeting: (meeting.first_at, meeting.place))


# Seats


@dataclass(frozen=True, slots=True, kw_only=True)
class DividedPlace:
    """A vehicle or house. `layout`: how it is divided, "" while nobody has said."""

    place: int
    name: str
    area_path: str
    layout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """Who sat where; `case_id` if they are an open case."""

    resident_id: UUID
    spot: Spot
    case_id: UUID | None


def divided_place(viewer: Actor, place: int) -> DividedPlace:
    _must_look(viewer)
    site = Site.objects.filter(number=place).first()
    if site is None:
        raise NotFound(_("place"))
    division = Division.objects.filter(place=place).first()
    return DividedPlace(
        place=place,
        name=site.name,
        area_path=site.area_path,
        layout=division.layout if division else "",
    )


def layouts_of(viewer: Actor, places: Iterable[int]) -> dict[int, str]:
    """How each of these places is divided; those nobody divided are left out."""
    _must_look(viewer)
    rows = Division.objects.filter(place__in=list(places))
    return dict(rows.values_list("place", "layout"))


def seats_at(viewer: Actor, place: int) -> list[Seated]:
    """Everybody who is known to have sat or worked there; three statements."""
    _must_look(viewer)
    seats = list(Seat.objects.filter(place=place).order_by("room", "row", "person"))
    who = people.by_numbers(PLAYBOOK, [seat.person for seat in seats])
    ill = dict(
        Case.objects.filter(
            state=Case.State.OPEN, resident__in=[one for one, _path in who.values()]
        ).values_list("resident", "id")
    )
    return [
        Seated(
            resident_id=who[seat.person][0],
            spot=Spot(room=seat.room, row=seat.row, crew=seat.crew),
            case_id=ill.get(who[seat.person][0]),
        )
        for seat in seats
        if seat.person in who
    ]


# Sweeps


def sweeps_visible_to(viewer: Actor) -> QuerySet[Sweep]:
    """Those of the viewer's area, latest first."""
    _must_look(viewer)
    return (
        Sweep.objects.filter(area_path__startswith=viewer.within)
        .select_related("account")
        .order_by("-asked_at", "-id")
    )


def get_sweep(viewer: Actor, sweep_id: UUID) -> Sweep:
    found = sweeps_visible_to(viewer).filter(id=sweep_id).first()
    if found is None:
        raise NotFound(_("sweep"))
    return found


def swept_by(viewer: Actor, sweep_id: UUID, *, standings: Sequence[int] = ()) -> QuerySet[Swept]:
    """What a sweep says of each person, the weightiest first."""
    rows = Swept.objects.filter(sweep=get_sweep(viewer, sweep_id))
    return (rows.filter(standing__in=standings) if standings else rows).order_by("id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """Somebody was in a risk area, as a sweep found; `person` is `Resident.number`."""

    person: int
    risk_area_id: UUID
    name: str
    level: str
    places: tuple[str, ...]
    visits: int
    minutes: int
    last_at: datetime


def exposures_of(viewer: Actor, sweep_id: UUID, persons: Iterable[int]) -> list[Exposed]:
    """In which risk areas a sweep found these people, the worst first."""
    rows = Exposure.objects.filter(sweep=get_sweep(viewer, sweep_id), person__in=list(persons))
    return [
        Exposed(
            person=row.person,
            risk_area_id=row.area.risk_area,
            name=row.area.name,
            level=row.area.level,
            places=tuple(row.area.places),
            visits=row.visits,
            minutes=row.minutes,
            last_at=row.last_at,
        )
        for row in rows.select_related("area").order_by("-area__weight", "-last_at", "id")
    ]


def people_swept(viewer: Actor, sweep_id: UUID) -> dict[int, int]:
    """Persons by what is said of them, as `engines.tracing.sweep.Standing`."""
    rows = swept_by(viewer, sweep_id).order_by().values_list("standing")
    return dict(rows.annotate(Count("id")))


def history_of(viewer: Actor, case: Case | UUID) -> list[Event]:
    """What happened to the case, in the order of the ledger."""
    subject = _seen(viewer, case).id
    return list(Event.objects.filter(subject_id=subject).order_by("seq"))


def _must_look(viewer: Actor) -> None:
    if Duty.COMMAND not in viewer.duties:
        viewer.must(Duty.INVESTIGATE)
