"""What can be asked about sites, the people there and at home, and their days. Viewer first.

Who works at a site sees the people there wherever they come from: masked, and what helping them
needs. Everybody else sees their own area.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Site
from fangxian.areas.queries import area_of_level, get_site, sites_of_kind
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import read_code
from fangxian.measures import queries as measures
from fangxian.people import queries as people
from fangxian.quarantine import rules
from fangxian.quarantine.asking import child_below, hours_at, pack_at
from fangxian.quarantine.errors import (
    NobodyUnderThisCode,
    NoSuchFacility,
    NoSuchPlacement,
    NoSuchRestart,
    NoSuchRoom,
    NoSuchTransfer,
    NoSuchWatch,
)
from fangxian.quarantine.models import (
    Check,
    DoorVisit,
    Facility,
    Placement,
    Reading,
    Restart,
    Room,
    Transfer,
    Watch,
    Wish,
    Zone,
)

ZONE = ZoneInfo(settings.TIME_ZONE)
READERS = frozenset({Duty.COMMAND, Duty.DECIDE_MEASURES, Duty.DISPATCH, Duty.CARRY_OUT, Duty.AUDIT})
HERE = (Placement.State.EXPECTED, Placement.State.STAYING, Placement.State.IN_HOSPITAL)
UNDER_WAY = (Transfer.State.ASKED, Transfer.State.ON_THE_WAY)
WATCHED = frozenset({"central_quarantine", "home_quarantine", "home_monitoring", "self_monitoring"})
"""The kinds of order under which somebody's temperature is awaited every day."""

_TO_DISTRICT = (
    3  # steps of a path: rules are adopted by districts, so hours are asked once for each
)

_HELPFUL = {
    "dialysis": _("dialysis"),
    "pregnancy": _("pregnancy"),
    "newborn": _("newborn"),
    "cancer_treatment": _("regular treatment"),
    "chronic_disease": _("regular medicine"),
    "lone_elderly": _("elderly"),
    "disability": _("disability"),
    "child_alone": _("child"),
    "mental_illness": _("needs a calm word"),
    "sight": _("visual impairment"),
}
"""What the staff is told of somebody's special needs: what to do for them, no diagnosis."""


def must_read(viewer: Actor) -> None:
    if not READERS & viewer.duties:
        raise NotYours(str(Duty.CARRY_OUT.label))


# Sites


def sites_listed(viewer: Actor) -> QuerySet[Site]:
    """Every quarantine site of the area, in the order of the tree."""
    must_read(viewer)
    return sites_of_kind(viewer, Site.Kind.QUARANTINE_SITE)


def facilities_of(viewer: Actor, sites: Iterable[Site]) -> dict[UUID, Facility]:
    must_read(viewer)
    ids = [site.id for site in sites]
    rows = Facility.objects.filter(site__in=ids, area_path__startswith=viewer.within)
    return {row.site_id: row for row in rows}


def site_at(viewer: Actor, site_id: UUID) -> Site:
    must_read(viewer)
    site = get_site(viewer, site_id)
    if site.kind != Site.Kind.QUARANTINE_SITE:
        raise NoSuchFacility(site_id)
    return site


def get_facility(viewer: Actor, site_id: UUID, *, for_change: bool = False) -> Facility:
    """The site as it is run; one that nobody has begun to prepare is none yet."""
    must_read(viewer)
    rows = Facility.objects.filter(area_path__startswith=viewer.within)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("site").filter(site=site_id).first()
    if found is None:
        raise NoSuchFacility(site_id)
    return found


def checks_missing(viewer: Actor, facility: Facility | None) -> list[Check]:
    seen = set(facility.checks) if facility else set()
    return [check for check in Check if check.value not in seen]


def rooms_of(viewer: Actor, site_id: UUID) -> QuerySet[Room]:
    """From the lowest floor up."""
    facility = get_facility(viewer, site_id)
    return facility.rooms.order_by("floor", "name")


def rooms_of_any(viewer: Actor, site_id: UUID) -> QuerySet[Room]:
    """Rooms for guests of a site that may not be run yet."""
    must_read(viewer)
    return Room.objects.filter(
        facility=site_id, zone=Zone.GUESTS, facility__area_path__startswith=viewer.within
    ).order_by("floor", "name")


def get_room(viewer: Actor, room_id: UUID) -> Room:
    must_read(viewer)
    found = (
        Room.objects.select_related("facility__site")
        .filter(id=room_id, facility__area_path__startswith=viewer.within)
        .first()
    )
    if found is None:
        raise NoSuchRoom(room_id)
    return found


def free_rooms(viewer: Actor, site_id: UUID) -> QuerySet[Room]:
    """Rooms for guests that are ready, and in which nobody is or is expected."""
    kept = Placement.objects.filter(room=OuterRef("id"), state__in=HERE)
    return (
        Room.objects.filter(
            ~Exists(kept),
            facility=site_id,
            zone=Zone.GUESTS,
            state=Room.State.READY,
            facility__area_path__startswith=viewer.within,
        )
        .order_by("floor", "name")
        .select_related("facility")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """rooms for guests; `taken` with somebody in or expected; persons; beds are not counted."""

    rooms: int = 0
    taken: int = 0
    free: int = 0
    unusable: int = 0
    staying: int = 0
    expected: int = 0
    in_hospital: int = 0

    @property
    def percent(self) -> int:
        return round(100 * self.taken / self.rooms) if self.rooms else 0


def occupancy(viewer: Actor, sites: Iterable[Site]) -> dict[UUID, Occupancy]:
    """How full each of these sites is. Two statements."""
    must_read(viewer)
    ids = [site.id for site in sites if viewer.sees(site.area_path)]
    kept = Placement.objects.filter(room=OuterRef("id"), state__in=HERE)
    rooms = (
        Room.objects.filter(facility__in=ids, zone=Zone.GUESTS)
        .annotate(kept=Exists(kept))
        .values("facility")
        .annotate(
            all=Count("id"),
            taken=Count("id", filter=Q(kept=True)),
            free=Count("id", filter=Q(kept=False, state=Room.State.READY)),
        )
        .order_by()
    )
    persons = (
        Placement.objects.filter(room__facility__in=ids, state__in=HERE)
        .values("room__facility", "state")
        .annotate(n=Count("id"))
        .order_by()
    )
    by_state: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in persons:
        by_state[row["room__facility"]][row["state"]] = row["n"]
    return {
        row["facility"]: Occupancy(
            rooms=row["all"],
            taken=row["taken"],
            free=row["free"],
            unusable=row["all"] - row["taken"] - row["free"],
            **{str(state): by_state[row["facility"]].get(state, 0) for state in HERE},
        )
        for row in rooms
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """Rooms of the open sites against the rule in force. `also` are figures of other sources."""

    reserve: rules.Reserve
    residents: int
    per_10000: float
    source: str
    grade: str
    stamp: str
    also: tuple[tuple[float, str], ...]


def norm(viewer: Actor) -> Norm | None:
    """The reserve of the whole district that the viewer's sites belong to; None without a rule."""
    first = sites_listed(viewer).first()
    if first is None:
        return None
    district = area_of_level(PLAYBOOK, first.area_path, "district")
    path = district.path if district else viewer.within
    pack = pack_at(path)
    if pack is None or pack.quarantine_site is None:
        return None
    figure = pack.quarantine_site.rooms_per_10000
    residents = people.population(PLAYBOOK, [path])[path]
    sites = list(sites_of_kind(PLAYBOOK, Site.Kind.QUARANTINE_SITE, below=path))
    open_ones = set(
        Facility.objects.filter(
            site__in=[site.id for site in sites], state=Facility.State.OPEN
        ).values_list("site", flat=True)
    )
    full = [one for site_id, one in occupancy(PLAYBOOK, sites).items() if site_id in open_ones]
    return Norm(
        reserve=rules.Reserve(
            needed=rules.rooms_needed(residents, figure.value),
            rooms=sum(one.rooms for one in full),
            taken=sum(one.taken for one in full),
            free=sum(one.free for one in full),
        ),
        residents=residents,
        per_10000=figure.value,
        source=figure.source.title,
        grade=figure.grade,
        stamp=pack.stamp,
        also=tuple((other.value or 0, other.grade) for other in figure.also),
    )


# The people of a site


def placements_visible_to(viewer: Actor) -> QuerySet[Placement]:
    """Stays at sites of the viewer's area. No order."""
    must_read(viewer)
    return Placement.objects.filter(area_path__startswith=viewer.within)


def get_placement(viewer: Actor, placement_id: UUID, *, for_change: bool = False) -> Placement:
    rows = placements_visible_to(viewer)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("room__facility__site", "order").filter(id=placement_id).first()
    if found is None:
        raise NoSuchPlacement(placement_id)
    return found


def guests_at(viewer: Actor, site_id: UUID) -> QuerySet[Placement]:
    """Who is there, expected, or in hospital with the bed kept; by room."""
    return (
        placements_visible_to(viewer)
        .filter(room__facility=site_id, state__in=HERE)
        .select_related("room", "order")
        .order_by("room__floor", "room__name", "reserved_at")
    )


def stays_at_sites(viewer: Actor, resident_id: UUID) -> QuerySet[Placement]:
    """Every room that a person was given, latest first."""
    rows = placements_visible_to(viewer).filter(resident=resident_id)
    return rows.select_related("room__facility__site").order_by("-reserved_at")


def in_quarantine(viewer: Actor, resident_id: UUID) -> Placement | None:
    """Where the person has a room now."""
    rows = placements_visible_to(viewer).filter(resident=resident_id, state__in=HERE)
    return (
        rows.select_related("room__facility__site", "order")
        .order_by("-arrived_at", "reserved_at")
        .first()
    )


def bound_there(viewer: Actor, residents: Iterable[UUID]) -> set[UUID]:
    """Who of these is under an order for a designated facility that is in force."""
    rows = measures.orders_visible_to(PLAYBOOK).filter(
        resident__in=list(residents), kind="central_quarantine", state="in_force"
    )
    return set(rows.values_list("resident", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One reading of a day. `state`: taken, late (due and not there), due (today, later)."""

    turn: rules.Turn
    state: str
    reading: Reading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOf:
    """One person's readings of today, with what stands out.

    needs   what to do for the person, in words
    """

    watch: Watch
    person: people.Brief | None
    place: str
    cells: tuple[Cell, ...]
    needs: tuple[str, ...]
    wishes: tuple[Wish, ...]

    @property
    def late(self) -> bool:
        return any(cell.state == "late" for cell in self.cells)

    @property
    def alarm(self) -> str:
        """Of the latest reading of today: "", alarming or emergency."""
        taken = [cell.reading for cell in self.cells if cell.reading]
        last = max(taken, key=lambda one: one.taken_at, default=None)
        return last.alarm if last and last.alarm != Reading.Alarm.CALM else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestNow:
    """overstays   no order binds the person any more, and they are still there
    undecided      the order's end has come, and nobody has decided
    day, days      of the stay: day 3 of 7
    """

    placement: Placement
    person: people.Brief | None
    day_of: DayOf | None
    needs: tuple[str, ...]
    overstays: bool
    undecided: bool
    day: int
    days: int
    home_journey: Transfer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomNow:
    room: Room
    guests: tuple[GuestNow, ...]
    child_alone: bool = False

    @property
    def tone(self) -> str:
        """How the room stands: late, alarm, expected, staying, away, free, or unusable."""
        states = {guest.placement.state for guest in self.guests}
        empty = "free" if self.room.state == Room.State.READY else "unusable"
        tones = (
            ("late", self.child_alone or any(guest.overstays for guest in self.guests)),
            ("alarm", any(guest.day_of and guest.day_of.alarm for guest in self.guests)),
            ("staying", Placement.State.STAYING in states),
            ("away", Placement.State.IN_HOSPITAL in states),
            ("expected", bool(states)),
            ("staff", self.room.zone != Zone.GUESTS),
        )
        return next((tone for tone, holds in tones if holds), empty)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNow:
    """Everything that the page of one site shows. `overstays` comes first on it."""

    floors: tuple[tuple[int, tuple[RoomNow, ...]], ...] = ()
    guests: tuple[GuestNow, ...] = ()
    overstays: tuple[GuestNow, ...] = field(default_factory=tuple)
    undecided: tuple[GuestNow, ...] = ()
    alone: tuple[RoomNow, ...] = ()


def site_now(viewer: Actor, site_id: UUID) -> SiteNow:
    """The floors with their rooms, who is in them and how they are today."""
    rooms = list(rooms_of(viewer, site_id))
    placements = list(guests_at(viewer, site_id))
    who = {placement.resident_id for placement in placements}
    persons = people.brief(PLAYBOOK, who)
    needs = people.needs_by_resident(PLAYBOOK, who)
    bound = bound_there(viewer, who)
    watches = Watch.objects.filter(resident__in=who, ended_at=None)
    days = {one.watch.resident_id: one for one in days_of(viewer, list(watches))}
    leaving = {
        one.placement_id: one
        for one in Transfer.objects.filter(placement__in=placements, state__in=UNDER_WAY).exclude(
            way=Transfer.Way.TO_SITE
        )
    }
    at = now()
    guests: dict[UUID, list[GuestNow]] = defaultdict(list)
    for one in placements:
        order, inside = one.order, one.state != Placement.State.EXPECTED
        length = (order.ends_at - order.counted_from) / timedelta(days=1)
        guests[one.room_id].append(
            GuestNow(
                placement=one,
                person=persons.get(one.resident_id),
                day_of=days.get(one.resident_id),
                needs=told_of_needs(viewer, needs.get(one.resident_id, [])),
                overstays=inside and one.resident_id not in bound,
                undecided=order.state == "in_force" and order.ends_at <= at,
                day=_day(order.counted_from, at),
                days=round(length),
                home_journey=leaving.get(one.id),
            )
        )
    below = child_below(rooms[0].facility.area_path if rooms else viewer.within)
    floors: dict[int, list[RoomNow]] = defaultdict(list)
    for room in rooms:
        inside_now = guests[room.id]
        staying = [
            guest for guest in inside_now if guest.placement.state == Placement.State.STAYING
        ]
        ages = [guest.person.age for guest in staying if guest.person]
        alone = bool(ages) and all(age is not None and age < below for age in ages)
        floors[room.floor].append(RoomNow(room=room, guests=tuple(inside_now), child_alone=alone))
    everybody = tuple(guest for room in rooms for guest in guests[room.id])
    return SiteNow(
        floors=tuple((floor, tuple(floors[floor])) for floor in sorted(floors, reverse=True)),
        guests=everybody,
        overstays=tuple(guest for guest in everybody if guest.overstays),
        undecided=tuple(guest for guest in everybody if guest.undecided),
        alone=tuple(room for row in floors.values() for room in row if room.child_alone),
    )


def _day(since: datetime, at: datetime) -> int:
    return (at.astimezone(ZONE).date() - since.astimezone(ZONE).date()).days + 1


def told_of_needs(viewer: Actor, kinds: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(_HELPFUL.get(kind, kind)) for kind in kinds)


# Journeys


def transfers_visible_to(viewer: Actor) -> QuerySet[Transfer]:
    """Journeys from or to the viewer's area. No order."""
    must_read(viewer)
    return Transfer.objects.filter(
        Q(from_path__startswith=viewer.within) | Q(to_path__startswith=viewer.within)
    )


def get_transfer(viewer: Actor, transfer_id: UUID, *, for_change: bool = False) -> Transfer:
    rows = transfers_visible_to(viewer)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = (
        rows.select_related("placement__room__facility__site", "order")
        .filter(id=transfer_id)
        .first()
    )
    if found is None:
        raise NoSuchTransfer(transfer_id)
    return found


def journeys_open(viewer: Actor, *, site_id: UUID | None = None) -> QuerySet[Transfer]:
    """What is to be fetched or on the way, first what is due first."""
    rows = transfers_visible_to(viewer).filter(state__in=UNDER_WAY)
    if site_id is not None:
        rows = rows.filter(placement__room__facility=site_id)
    return rows.select_related("placement__room__facility__site", "order").order_by("due_at", "id")


def hand_backs_open(viewer: Actor) -> QuerySet[Transfer]:
    """Whoever was released and has not been receipted at home."""
    return journeys_open(viewer).filter(way=Transfer.Way.HOME)


# Daily monitoring


def watches_visible_to(viewer: Actor) -> QuerySet[Watch]:
    """Who is monitored in the viewer's area, at a site or at home. No order."""
    must_read(viewer)
    return Watch.objects.filter(area_path__startswith=viewer.within, ended_at=None)


def watched_at_home(viewer: Actor) -> QuerySet[Watch]:
    """By door."""
    rows = watches_visible_to(viewer).filter(facility=None)
    return rows.select_related("order").order_by("area_path", "id")


def get_watch(viewer: Actor, watch_id: UUID, *, for_change: bool = False) -> Watch:
    must_read(viewer)
    rows = Watch.objects.filter(area_path__startswith=viewer.within)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("order", "facility__site").filter(id=watch_id).first()
    if found is None:
        raise NoSuchWatch(watch_id)
    return found


def watch_of(viewer: Actor, resident_id: UUID) -> Watch | None:
    rows = watches_visible_to(viewer).filter(resident=resident_id)
    return rows.select_related("order", "facility__site").first()


def watch_under_key(viewer: Actor, key: str) -> Watch:
    """The watch whose page somebody without an account asks for: by its address or spoken code."""
    number = read_code("W", key)
    named = Q(token=key) if number is None else Q(spoken=number)
    found = (
        Watch.objects.filter(named, ended_at=None, area_path__startswith=viewer.within)
        .select_related("order", "facility__site")
        .first()
    )
    if found is None or not key:
        raise NobodyUnderThisCode
    return found


def readings_of(viewer: Actor, watch_id: UUID) -> QuerySet[Reading]:
    """Latest first."""
    return Reading.objects.filter(watch=get_watch(viewer, watch_id)).order_by("-taken_at", "-id")


def days_of(viewer: Actor, watches: Sequence[Watch], *, day: date | None = None) -> list[DayOf]:
    """One day's (today's) readings for each of these, in their order. A handful of statements."""
    day, at = day or today(), now()
    persons = people.brief(PLAYBOOK, [one.resident_id for one in watches])
    needs = people.needs_by_resident(PLAYBOOK, [one.resident_id for one in watches])
    readings: dict[tuple[UUID, int], Reading] = {}
    rows = Reading.objects.filter(watch__in=list(watches), day=day).order_by("taken_at")
    for reading in rows:
        readings[reading.watch_id, reading.turn] = reading
    wishes: dict[UUID, list[Wish]] = defaultdict(list)
    for wish in Wish.objects.filter(watch__in=list(watches), met_at=None).order_by("asked_at"):
        wishes[wish.watch_id].append(wish)
    hours: dict[str, tuple[float, ...]] = {}
    found = []
    for watch in watches:
        district = "/".join(watch.area_path.split("/")[:_TO_DISTRICT])
        if district not in hours:
            hours[district] = hours_at(watch.area_path)
        found.append(
            DayOf(
                watch=watch,
                person=persons.get(watch.resident_id),
                place=watch.area_path,
                cells=tuple(
                    _cell(turn, readings.get((watch.id, turn.number)), watch, at, hours[district])
                    for turn in rules.turns_of(day, hours[district], ZONE)
                ),
                needs=told_of_needs(viewer, needs.get(watch.resident_id, [])),
                wishes=tuple(wishes[watch.id]),
            )
        )
    return found


def _cell(
    turn: rules.Turn, reading: Reading | None, watch: Watch, at: datetime, hours: Sequence[float]
) -> Cell:
    if reading is not None:
        return Cell(turn=turn, state="taken", reading=reading)
    due = rules.turns_due(watch.begun_at, hours, at=at, zone=ZONE)
    late = any((one.day, one.number) == (turn.day, turn.number) for one in due)
    if late:
        return Cell(turn=turn, state="late", reading=None)
    return Cell(turn=turn, state="due" if turn.due_at > at else "none", reading=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Persons monitored, and how many of them have a reading missing or calling for help today."""

    people: int
    late: int
    alarming: int


def tally(viewer: Actor, watches: QuerySet[Watch]) -> Tally:
    """Counted in the database, however many there are."""
    day = today()
    alarming = Reading.objects.filter(watch=OuterRef("id"), day=day).exclude(
        alarm=Reading.Alarm.CALM
    )
    late = watches.filter(missed__made_up_at=None, missed__day=day)
    return Tally(
        people=watches.count(),
        late=late.values("id").distinct().count(),
        alarming=watches.filter(Exists(alarming)).count(),
    )


# Doors


def door_visits_of(viewer: Actor, resident_id: UUID) -> QuerySet[DoorVisit]:
    """Latest first."""
    must_read(viewer)
    rows = DoorVisit.objects.filter(resident=resident_id, area_path__startswith=viewer.within)
    return rows.order_by("-visited_at", "-id")


def sealed_under(viewer: Actor, resident_id: UUID) -> DoorVisit | None:
    """The visit that put a seal on the door, if none has taken it off since."""
    last = (
        door_visits_of(viewer, resident_id)
        .filter(purpose__in=[DoorVisit.Purpose.SEAL, DoorVisit.Purpose.UNSEAL])
        .first()
    )
    return last if last and last.purpose == DoorVisit.Purpose.SEAL else None


# New infections


def restarts_visible_to(viewer: Actor) -> QuerySet[Restart]:
    must_read(viewer)
    return Restart.objects.filter(area_path__startswith=viewer.within)


def get_restart(viewer: Actor, restart_id: UUID, *, for_change: bool = False) -> Restart:
    rows = restarts_visible_to(viewer)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("facility__site", "placement__room").filter(id=restart_id).first()
    if found is None:
        raise NoSuchRestart(restart_id)
    return found


def restarts_to_decide(viewer: Actor, *, site_id: UUID | None = None) -> QuerySet[Restart]:
    """Oldest first."""
    rows = restarts_visible_to(viewer).filter(state=Restart.State.PROPOSED)
    if site_id is not None:
        rows = rows.filter(facility=site_id)
    return rows.select_related("facility__site", "placement__room").order_by("proposed_at", "id")


def floor_is_exposed(viewer: Actor, room: Room) -> bool:
    """Whether a new infection near this floor is not dealt with yet."""
    rows = Restart.objects.filter(facility=room.facility_id, floors__contains=[room.floor])
    return rows.filter(
        Q(state=Restart.State.PROPOSED) | Q(placement__state=Placement.State.STAYING)
    ).exists()
