"""What can be asked about journeys to care, who is ready for them, and who is looked in on.

No duty is asked for to see a journey in one's own area, or one that one asked for: whoever stands
beside somebody must see that help is on its way. Names are masked.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import CharField, Count, Exists, F, Func, OuterRef, Q, QuerySet

from fangxian.areas.models import Site
from fangxian.areas.queries import area_of_level, areas_of_level, sites_of_kind
from fangxian.areas.rules import paths_to
from fangxian.care import asking, rules
from fangxian.care.errors import (
    NoSuchArrangement,
    NoSuchCareTransfer,
    NoSuchSeries,
    NoSuchVisit,
)
from fangxian.care.models import Car, CareTransfer, Hospital, Series, Step, Visit
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import read_code
from fangxian.measures import queries as measures
from fangxian.people import queries as people

if TYPE_CHECKING:
    from fangxian.measures.models import EmergencyExit

LISTENERS = frozenset({Duty.DISPATCH, Duty.CARRY_OUT, Duty.ANSWER_CALLS, Duty.COMMAND})
"""Who reads what a caller said, and the number to call back."""
VISITORS = frozenset({Duty.CARRY_OUT, Duty.DISPATCH, Duty.COMMAND, Duty.SEE_REGISTER})
State = CareTransfer.State


# Journeys


def transfers_visible_to(viewer: Actor) -> QuerySet[CareTransfer]:
    """In the viewer's area, or asked for by the viewer. No order."""
    return CareTransfer.objects.filter(
        Q(area_path__startswith=viewer.within) | Q(asked_by=viewer.id)
    )


def get_transfer(viewer: Actor, transfer_id: UUID, *, for_change: bool = False) -> CareTransfer:
    rows = transfers_visible_to(viewer)
    if for_change:
        rows = rows.select_for_update()
    else:
        rows = rows.select_related("hospital", "series", "exit")
    found = rows.filter(id=transfer_id).first()
    if found is None:
        raise NoSuchCareTransfer(transfer_id)
    return found


def transfer_by_code(viewer: Actor, text: str) -> CareTransfer | None:
    number = read_code("A", text)
    if number is None:
        return None
    return transfers_visible_to(viewer).filter(number=number).first()


def under_way(viewer: Actor) -> QuerySet[CareTransfer]:
    """Everybody who is waited for, on the way, in care or on the way back; first what is due
    first. Rides that lie ahead are in `rides_ahead`."""
    ahead = Q(wanted_at__isnull=False, state__in=(State.TRIAGED, State.VEHICLE_ASSIGNED))
    rows = transfers_visible_to(viewer).exclude(state=State.DONE)
    return rows.exclude(ahead & Q(due_at__gt=now())).select_related("hospital", "series")


def rides_ahead(viewer: Actor) -> QuerySet[CareTransfer]:
    """Rides to treatments that have not left and are not late, first the next."""
    rows = transfers_visible_to(viewer).filter(
        wanted_at__isnull=False,
        state__in=(State.TRIAGED, State.VEHICLE_ASSIGNED),
        due_at__gt=now(),
    )
    return rows.select_related("hospital", "series").order_by("wanted_at", "id")


def transfers_listed(
    viewer: Actor, *, state: str = "", what: str = "", area_path: str = ""
) -> QuerySet[CareTransfer]:
    """Every journey, the newest first."""
    rows = transfers_visible_to(viewer).filter(area_path__startswith=area_path)
    if state in State.values:
        rows = rows.filter(state=state)
    if what:
        rows = rows.filter(what=what)
    return rows.select_related("hospital", "series").order_by("-asked_at", "-id")


def transfers_of(viewer: Actor, resident_id: UUID) -> QuerySet[CareTransfer]:
    """One person's journeys, the newest first."""
    rows = transfers_visible_to(viewer).filter(resident=resident_id)
    return rows.select_related("hospital", "series").order_by("-asked_at", "-id")


def ringing(viewer: Actor) -> QuerySet[CareTransfer]:
    """Journeys whose next step is overdue; the longest first."""
    rows = transfers_visible_to(viewer).filter(due_at__lte=now()).exclude(state=State.DONE)
    return rows.order_by("due_at", "id")


def clock_of(viewer: Actor, transfer_id: UUID) -> list[Step]:
    """Every minute of a journey, in its order."""
    found = get_transfer(viewer, transfer_id)
    return list(found.steps.order_by("at", "id"))


def exits_without_journey(viewer: Actor) -> "QuerySet[EmergencyExit]":
    """Emergency exits that nobody asked a journey for and that are not complete; newest first."""
    of_it = CareTransfer.objects.filter(exit=OuterRef("id"))
    rows = measures.exits_listed(viewer).filter(~Exists(of_it), cleared_at=None)
    return rows.exclude(state="returned")


def transfer_of_exit(viewer: Actor, exit_id: UUID) -> CareTransfer | None:
    return transfers_visible_to(viewer).filter(exit=exit_id).order_by("asked_at").first()


@dataclass(frozen=True, slots=True)
class Counts:
    """Persons' journeys by where they stand."""

    waiting: int = 0
    on_the_way: int = 0
    in_care: int = 0
    coming_back: int = 0
    ringing: int = 0
    ahead: int = 0


def counts(viewer: Actor) -> Counts:
    rows = transfers_visible_to(viewer).exclude(state=State.DONE)
    at = now()
    ahead = Q(
        wanted_at__isnull=False, state__in=(State.TRIAGED, State.VEHICLE_ASSIGNED), due_at__gt=at
    )
    before = Q(state__in=(State.REQUESTED, State.TRIAGED, State.VEHICLE_ASSIGNED))
    found = rows.aggregate(
        waiting=Count("id", filter=before & ~ahead),
        on_the_way=Count("id", filter=Q(state=State.DEPARTED)),
        in_care=Count("id", filter=Q(state=State.HANDED_OVER)),
        coming_back=Count("id", filter=Q(state=State.RETURNING)),
        ringing=Count("id", filter=Q(due_at__lte=at)),
        ahead=Count("id", filter=ahead),
    )
    return Counts(**found)


# What is proposed


def needs_of(viewer: Actor, transfer: CareTransfer) -> list[str]:
    """Special needs of the person, as words of the register; [] while nobody knows who it is."""
    if transfer.resident_id is None:
        return []
    found = people.needs_by_resident(PLAYBOOK, [transfer.resident_id])
    return found.get(transfer.resident_id, [])


def is_sealed(viewer: Actor, transfer: CareTransfer) -> bool:
    """Whether the person may not leave where they are. It decides what the crew wears, no more."""
    if transfer.resident_id is not None:
        homes = {transfer.resident_id: transfer.area_path}
        return bool(measures.restricted_among(PLAYBOOK, homes))
    kept = measures.places_kept_in(PLAYBOOK)
    return any(transfer.area_path.startswith(place) for place in kept)


def suggestion_for(viewer: Actor, transfer: CareTransfer) -> rules.Suggestion:
    """What the rules in force propose for somebody, for a person to decide."""
    care = asking.rules_at(transfer.area_path)
    needs = needs_of(viewer, transfer)
    return rules.suggest(
        transfer.what,
        needs,
        triage={
            what: (rule.means, rule.otherwise or rule.means) for what, rule in care.triage.items()
        }
        if care
        else {},
        escort_for=care.escort_for if care else (),
        sealed=is_sealed(viewer, transfer),
        crew=(care.crew, care.crew_sealed) if care else ("level_1", "level_2"),
        no_ambulance=transfer.no_ambulance_at is not None,
    )


# Who is ready


def subdistrict_of(viewer: Actor, area_path: str) -> str:
    """The subdistrict around a place; the place itself where it lies in none."""
    found = area_of_level(PLAYBOOK, area_path, "subdistrict")
    return found.path if found else area_path


def hospitals_for(viewer: Actor, area_path: str, *, ward: str = "") -> list[Hospital]:
    """The hospitals paired with the subdistrict of a place: first the one to go to first, and
    before it those that have the ward."""
    rows = Hospital.objects.filter(area_path__in=paths_to(area_path), ended_at=None)
    found = list(rows.select_related("site").order_by("-first", "site__name", "id"))
    return sorted(found, key=lambda one: bool(ward) and ward not in one.wards)


def hospitals_listed(viewer: Actor) -> QuerySet[Hospital]:
    """By subdistrict, the first of each first."""
    rows = Hospital.objects.filter(area_path__startswith=viewer.within, ended_at=None)
    return rows.select_related("site").order_by("area_path", "-first", "id")


def cars_for(viewer: Actor, area_path: str) -> list[Car]:
    """The cars kept ready in the subdistrict of a place, those that carry nobody first."""
    rows = Car.objects.filter(area_path__in=paths_to(area_path), ended_at=None)
    busy = vehicles_under_way(viewer)
    return sorted(rows.order_by("plate"), key=lambda car: car.plate in busy)


def cars_listed(viewer: Actor) -> QuerySet[Car]:
    rows = Car.objects.filter(area_path__startswith=viewer.within, ended_at=None)
    return rows.order_by("area_path", "plate")


def vehicles_under_way(viewer: Actor) -> set[str]:
    """Plates that carry somebody now, or are on their way to somebody."""
    rows = CareTransfer.objects.filter(
        state__in=[State.VEHICLE_ASSIGNED, State.DEPARTED, State.RETURNING]
    ).exclude(wanted_at__isnull=False, state=State.VEHICLE_ASSIGNED)
    return set(rows.exclude(vehicle="").values_list("vehicle", flat=True))


def get_hospital(viewer: Actor, id_: UUID) -> Hospital:
    found = Hospital.objects.filter(id=id_, area_path__startswith=viewer.within).first()
    if found is None:
        raise NoSuchArrangement(id_)
    return found


def get_car(viewer: Actor, id_: UUID) -> Car:
    found = Car.objects.filter(id=id_, area_path__startswith=viewer.within).first()
    if found is None:
        raise NoSuchArrangement(id_)
    return found


def subdistricts_without_hospital(viewer: Actor) -> list[str]:
    """Paths of subdistricts that no hospital is paired with: a gap, shown first."""
    paths = [area.path for area in areas_of_level(viewer, "subdistrict")]
    paired = set(hospitals_listed(PLAYBOOK).values_list("area_path", flat=True))
    return [path for path in paths if not any(one in paired for one in paths_to(path))]


def hospitals_to_choose(viewer: Actor) -> QuerySet[Site]:
    return sites_of_kind(PLAYBOOK, Site.Kind.HOSPITAL)


# Regular treatment


def series_visible_to(viewer: Actor) -> QuerySet[Series]:
    return Series.objects.filter(area_path__startswith=viewer.within)


def series_listed(viewer: Actor) -> QuerySet[Series]:
    """What goes on, by place."""
    rows = series_visible_to(viewer).filter(ended_at=None, last_day__gte=today())
    return rows.select_related("hospital").order_by("area_path", "id")


def get_series(viewer: Actor, series_id: UUID, *, for_change: bool = False) -> Series:
    rows = series_visible_to(viewer)
    rows = rows.select_for_update() if for_change else rows.select_related("hospital")
    found = rows.filter(id=series_id).first()
    if found is None:
        raise NoSuchSeries(series_id)
    return found


def rides_of(viewer: Actor, series_id: UUID) -> QuerySet[CareTransfer]:
    """The newest first."""
    found = get_series(viewer, series_id)
    return found.rides.select_related("hospital").order_by("-wanted_at", "-id")


def series_of(viewer: Actor, resident_id: UUID) -> QuerySet[Series]:
    rows = series_visible_to(viewer).filter(resident=resident_id, ended_at=None)
    return rows.select_related("hospital").order_by("kind")


# Looking in on people


def visits_visible_to(viewer: Actor) -> QuerySet[Visit]:
    return Visit.objects.filter(area_path__startswith=viewer.within)


def get_visit(viewer: Actor, visit_id: UUID, *, for_change: bool = False) -> Visit:
    rows = visits_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=visit_id).first()
    if found is None:
        raise NoSuchVisit(visit_id)
    return found


def visits_due(viewer: Actor, *, area_path: str = "", need: str = "") -> QuerySet[Visit]:
    """Who is still to be looked in on: the missed first, for they have waited longest."""
    _must_see(viewer)
    rows = visits_visible_to(viewer).filter(state=Visit.State.DUE, area_path__startswith=area_path)
    if need:
        rows = rows.filter(need=need)
    return rows.order_by("due_at", "area_path", "id")


def visits_missed(viewer: Actor, *, area_path: str = "") -> QuerySet[Visit]:
    _must_see(viewer)
    return visits_due(viewer, area_path=area_path).filter(missed_at__isnull=False)


def visits_done(viewer: Actor, *, day: date | None = None) -> QuerySet[Visit]:
    """The latest first; of one day, where it is named."""
    _must_see(viewer)
    rows = visits_visible_to(viewer).filter(state=Visit.State.DONE)
    if day is not None:
        rows = rows.filter(day=day)
    return rows.order_by("-done_at", "-id")


def visits_of(viewer: Actor, resident_id: UUID) -> QuerySet[Visit]:
    return visits_visible_to(viewer).filter(resident=resident_id).order_by("-day", "-id")


@dataclass(frozen=True, slots=True)
class VisitCounts:
    """Persons: to be looked in on today, looked in on today, missed."""

    due: int = 0
    done: int = 0
    missed: int = 0


def visit_counts(viewer: Actor, *, area_path: str = "") -> VisitCounts:
    rows = visits_visible_to(viewer).filter(area_path__startswith=area_path)
    day = today()
    found = rows.aggregate(
        due=Count("id", filter=Q(state=Visit.State.DUE, missed_at=None)),
        done=Count("id", filter=Q(state=Visit.State.DONE, day=day)),
        missed=Count("id", filter=Q(state=Visit.State.DUE, missed_at__isnull=False)),
    )
    return VisitCounts(**found)


@dataclass(frozen=True, slots=True)
class OfCommunity:
    area_path: str
    due: int
    done: int
    missed: int


def visits_by_community(viewer: Actor) -> list[OfCommunity]:
    """Where people were missed stands first. One statement."""
    _must_see(viewer)
    community = Func(
        F("area_path"),
        template="array_to_string((string_to_array(%(expressions)s, '/'))[1:5], '/') || '/'",
        output_field=CharField(),
    )
    rows = visits_visible_to(viewer).filter(Q(state=Visit.State.DUE) | Q(day=today()))
    found = (
        rows.annotate(community=community)
        .values("community")
        .annotate(
            due=Count("id", filter=Q(state=Visit.State.DUE, missed_at=None)),
            done=Count("id", filter=Q(state=Visit.State.DONE)),
            missed=Count("id", filter=Q(state=Visit.State.DUE, missed_at__isnull=False)),
        )
        .order_by("-missed", "-due", "community")
    )
    return [OfCommunity(one["community"], one["due"], one["done"], one["missed"]) for one in found]


def _must_see(viewer: Actor) -> None:
    if not VISITORS & viewer.duties:
        raise NotYours(str(Duty.CARRY_OUT.label))
