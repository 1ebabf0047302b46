"""What can be asked about orders, risk areas and emergency exits. The viewer comes first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fangxian.areas.models import Area
from fangxian.areas.queries import names_of
from fangxian.cases import queries as cases
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours, Refusal
from fangxian.kernel.ids import read_code
from fangxian.kernel.ledger import told
from fangxian.kernel.models import Event
from fangxian.kernel.vault import blind_index
from fangxian.measures import rules
from fangxian.measures.errors import NoSuchExit, NoSuchObjection, NoSuchOrder, NoSuchRiskArea
from fangxian.measures.events import RefusedByGuard
from fangxian.measures.guards import EVIDENCE_OF_INFECTION
from fangxian.measures.models import EmergencyExit, Objection, Order, PlaceHold, RiskArea
from fangxian.people import queries as people
from fangxian.people.rules import normal_identity, normal_name, normal_phone
from fangxian.protocol.packs import Measure, Pack, load_pack
from fangxian.protocol.values import Days, Sourced, Span
from fangxian.sampling import queries as sampling

READERS = frozenset(
    {
        Duty.COMMAND,
        Duty.DECIDE_MEASURES,
        Duty.INVESTIGATE,
        Duty.DISPATCH,
        Duty.CARRY_OUT,
        Duty.SEE_REGISTER,
        Duty.AUDIT,
    }
)
"""Who has anything to do with people's orders; one of these duties is needed to read of them."""

_SHOWN = 20
ZONE = ZoneInfo(settings.TIME_ZONE)


_COUNTED_FROM = {
    "last_contact": _("the last contact"),
    "leaving_area": _("leaving the area"),
    "area_declared": _("the area being declared"),
    "entry": _("arrival"),
    "end_of_post": _("the last day at the post"),
    "finding": _("the infection being found"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """What a pack says about one order, for the person to read.

    number       how long, with source and grade
    tests        on which days, likewise
    count_from   what the days are counted from, in words
    """

    title: str
    number: Span | None
    tests: Days | None
    count_from: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedTest:
    """One test day of an order; `label` is its state in words."""

    day: int | None
    due_at: datetime
    state: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskHit:
    """A risk area, also one lifted since, that covered a place on some of the days asked for.

    place   as it was asked for
    since   the first of these days that it was in force, `until` the last
    """

    place: str
    level: str
    rank: int
    risk_area_id: UUID
    since: date
    until: date


def _must_read(viewer: Actor) -> None:
    if not READERS & viewer.duties:
        raise NotYours(str(Duty.DECIDE_MEASURES.label))


# Orders


def orders_visible_to(viewer: Actor) -> QuerySet[Order]:
    """No order."""
    _must_read(viewer)
    return Order.objects.filter(area_path__startswith=viewer.within)


def get_order(viewer: Actor, order_id: UUID, *, for_change: bool = False) -> Order:
    rows = orders_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=order_id).first()
    if found is None:
        raise NoSuchOrder(order_id)
    return found


def orders_of(viewer: Actor, resident_id: UUID) -> QuerySet[Order]:
    """Every order on a person, latest first."""
    return orders_visible_to(viewer).filter(resident=resident_id).order_by("-starts_at", "-id")


def orders_about(viewer: Actor, about_id: UUID) -> QuerySet[Order]:
    """Orders that rest on one tube, case, contact or risk area, oldest first."""
    return orders_visible_to(viewer).filter(about_id=about_id).order_by("issued_at", "id")


def orders_in_force(viewer: Actor) -> QuerySet[Order]:
    """First what ends first."""
    return orders_visible_to(viewer).filter(state=Order.State.IN_FORCE).order_by("ends_at", "id")


def orders_past_end(viewer: Actor) -> QuerySet[Order]:
    """Their end has come and nobody has decided: the first thing for the command to see."""
    return orders_in_force(viewer).filter(ends_at__lte=now())


def orders_not_served(viewer: Actor) -> QuerySet[Order]:
    """In force, and nobody has told the person yet; first what was issued first."""
    rows = orders_visible_to(viewer).filter(state=Order.State.IN_FORCE, served_at=None)
    return rows.order_by("issued_at", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotServedHere:
    """A building in which orders wait to be served; a person of no known building has their own
    place."""

    path: str
    orders: int
    oldest: datetime


def not_served_by_building(viewer: Actor) -> list[NotServedHere]:
    """Where the longest wait is comes first."""
    rows = (
        orders_not_served(viewer)
        .order_by()
        .values("area_path")
        .annotate(number=Count("id"), oldest=Min("issued_at"))
    )
    waiting = {row["area_path"]: (row["number"], row["oldest"]) for row in rows}
    buildings = set(
        Area.objects.filter(
            path__in={step for path in waiting for step in rules.above(path)},
            level=Area.Level.BUILDING,
        ).values_list("path", flat=True)
    )
    found: dict[str, NotServedHere] = {}
    for path, (number, oldest) in waiting.items():
        place = next((step for step in rules.above(path) if step in buildings), path)
        known = found.get(place)
        found[place] = NotServedHere(
            path=place,
            orders=number + (known.orders if known else 0),
            oldest=min(oldest, known.oldest) if known else oldest,
        )
    return sorted(found.values(), key=lambda one: (one.oldest, one.path))


_FOREIGN_PAPERS = ("20", "34")


def languages_for(viewer: Actor, resident_ids: Iterable[UUID]) -> dict[UUID, str]:
    """In which language to tell each person, where it is not the house's: foreign papers."""
    people_here = people.residents_visible_to(PLAYBOOK).filter(
        id__in=set(resident_ids), identity_type__in=_FOREIGN_PAPERS
    )
    return dict.fromkeys(people_here.values_list("id", flat=True), "en")


def holds_of(viewer: Actor, resident_id: UUID) -> QuerySet[Order]:
    """What asks a person to stay until a retest, oldest first."""
    rows = orders_visible_to(viewer).filter(
        resident=resident_id, kind=Order.Kind.HOLD, state=Order.State.IN_FORCE
    )
    return rows.order_by("issued_at", "id")


def is_restricted(viewer: Actor, resident_id: UUID, *, before: datetime) -> bool:
    """Whether the person was kept apart already at that moment: found under control."""
    rows = orders_visible_to(viewer).filter(
        resident=resident_id, kind__in=rules.ISOLATING, starts_at__lt=before
    )
    return rows.filter(Q(ended_at=None) | Q(ended_at__gt=before)).exists()


def orders_listed(
    viewer: Actor,
    *,
    kind: str = "",
    state: str = "",
    area_path: str = "",
    search: str = "",
    served: str = "",
) -> QuerySet[Order]:
    """The list of orders, narrowed, newest first.

    served   "no" leaves those in force that nobody has served yet
    search   an order's code as somebody typed or said it, or the whole name, identity number or
             phone of a person
    """
    rows = orders_visible_to(viewer).filter(area_path__startswith=area_path)
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(state=state)
    if served == "no":
        rows = rows.filter(state=Order.State.IN_FORCE, served_at=None)
    if search.strip():
        number = read_code("O", search)
        if number is not None:
            rows = rows.filter(number=number)
        else:
            matching = people.residents_matching(viewer, search=search)
            rows = rows.filter(resident__in=matching.order_by().values("id"))
    return rows.order_by("-issued_at", "-id")


def order_conditions(viewer: Actor, order_id: UUID) -> list[rules.Condition]:
    """What must hold before the release is proposed, and how it stands."""
    order = get_order(viewer, order_id)
    calls = list(_calls_of(order))
    swabs = sampling.tubes_of(PLAYBOOK, order.resident_id)
    awaited = swabs.filter(taken_at__gte=order.starts_at, tube__state__in=["open", "sealed"])
    return rules.order_conditions(
        order.ends_at,
        [call.state for call in calls],
        at=now(),
        awaited=awaited.count(),
        double=_double_test(order) if _asks_for_double_test(order) else None,
        ct_passed=_at_ct(order),
    )


def _measure_of(order: Order) -> Measure | None:
    """The measure that the order was issued under; None for a hold, or if its pack is gone."""
    try:
        return load_pack(order.pack).measure(order.subject)
    except Refusal:
        return None


def _asks_for_double_test(order: Order) -> bool:
    """Two swabs, two laboratories: on leaving the facility, or the last stage where none is."""
    measure = _measure_of(order)
    if measure is None or not measure.release_double_test:
        return False
    kinds = [stage.kind for stage in measure.stages]
    if Order.Kind.CENTRAL_QUARANTINE in kinds:
        return order.kind == Order.Kind.CENTRAL_QUARANTINE
    return order.stage == len(kinds) - 1


def _double_test(order: Order) -> int:
    """Negative findings on swabs of the last test day or later, told apart."""
    last = sampling.calls_about(PLAYBOOK, order.id).aggregate(last=Max("due_at"))["last"]
    since = rules.start_of_day(last or order.ends_at, 1, ZONE)
    said = sampling.findings_of(PLAYBOOK, order.resident_id, since=since).filter(finding="negative")
    return rules.told_apart(
        (tube, (laboratory, reagent))
        for tube, laboratory, reagent in said.values_list("tube", "laboratory", "reagent")
    )


def _at_ct(order: Order) -> int | None:
    """Test days that let somebody go by their Ct; None where the rules ask for none."""
    measure = _measure_of(order)
    if measure is None or measure.release_ct is None:
        return None
    enough = measure.release_ct.value
    calls = sampling.calls_about(PLAYBOOK, order.id).filter(tube__isnull=False)
    tubes = list(calls.values_list("tube", flat=True))
    said = sampling.findings_of(PLAYBOOK, order.resident_id, since=order.counted_from)
    passed = said.filter(
        Q(finding="negative") | Q(finding="positive", ct__gte=enough), tube__in=tubes
    )
    return passed.values("tube").distinct().count()


def _calls_of(order: Order) -> QuerySet[Any]:
    """By day. Residents of a risk area are called by the area, for all of it at once."""
    if order.subject == Order.Subject.HIGH_RISK_RESIDENT:
        return sampling.calls_about(PLAYBOOK, order.about_id).filter(resident=order.resident_id)
    return sampling.calls_about(PLAYBOOK, order.id)


def tests_of(viewer: Actor, order_id: UUID) -> list[OwedTest]:
    """The tests that an order asks for, by day. Whoever reads the order may read them."""
    calls = _calls_of(get_order(viewer, order_id))
    return [
        OwedTest(day=call.day, due_at=call.due_at, state=call.state, label=call.get_state_display())
        for call in calls
    ]


def rule_behind(viewer: Actor, order: Order) -> RuleText | None:
    """What the pack says, with its source; None where the pack is no longer at hand."""
    language = get_language() or "zh"
    try:
        pack = load_pack(order.pack)
    except Refusal:
        return None
    measure = pack.measure(order.subject)
    source: Sourced = pack.positive_pool
    number, tests, count_from = pack.positive_pool.hold, None, ""
    if measure is not None and order.stage < len(measure.stages):
        stage = measure.stages[order.stage]
        source, number, tests = measure, stage.span, stage.test_days
        count_from = str(_COUNTED_FROM.get(measure.count_from, measure.count_from))
    return RuleText(
        title=pack.title(language),
        number=number,
        tests=tests,
        count_from=count_from,
        note=source.note.text(language) if source.note else "",
    )


def level_titles(viewer: Actor, areas: Iterable[RiskArea]) -> dict[UUID, str]:
    """What the pack of each risk area calls its level."""
    language = get_language() or "zh"
    titles = {}
    for area in areas:
        try:
            zone = load_pack(area.pack).zone(area.level)
        except Refusal:
            zone = None
        titles[area.id] = zone.title.text(language) if zone else area.level
    return titles


def cause_of(viewer: Actor, because_id: UUID) -> str:
    """The fact that something rests on, in one sentence of codes and places; "" if unknown."""
    event = Event.objects.filter(id=because_id).first()
    if event is None:
        return ""
    return told(event, area=names_of(viewer, [event.area_path])[event.area_path])


def evidence_for(viewer: Actor, order_id: UUID) -> QuerySet[Event]:
    """Infections and contacts recorded in the same dwelling, and exposures of the person where
    they are kept, since the order, latest first."""
    order = get_order(viewer, order_id)
    return Event.objects.filter(
        Q(area_path=order.area_path) | Q(subject_id=order.id),
        kind__in=EVIDENCE_OF_INFECTION,
        at__gt=order.issued_at,
    ).order_by("-seq")


def last_event_of(viewer: Actor, subject_id: UUID) -> Event | None:
    """What happened last to an order, area or exit: the natural cause of what happens next."""
    events = Event.objects.filter(subject_id=subject_id, area_path__startswith=viewer.within)
    return events.order_by("-seq").first()


def objections_open(viewer: Actor) -> QuerySet[Objection]:
    """Oldest first."""
    _must_read(viewer)
    return (
        Objection.objects.filter(
            state=Objection.State.OPEN, order__area_path__startswith=viewer.within
        )
        .select_related("order")
        .order_by("filed_at", "id")
    )


def get_objection(viewer: Actor, objection_id: UUID, *, for_change: bool = False) -> Objection:
    _must_read(viewer)
    rows = Objection.objects.select_related("order").filter(
        order__area_path__startswith=viewer.within
    )
    if for_change:
        rows = rows.select_for_update()
    found = rows.filter(id=objection_id).first()
    if found is None:
        raise NoSuchObjection(objection_id)
    return found


def objections_to(viewer: Actor, order_id: UUID) -> QuerySet[Objection]:
    order = get_order(viewer, order_id)
    return Objection.objects.filter(order=order).order_by("filed_at", "id")


def orders_ready_for_release(viewer: Actor, *, at_most: int) -> list[Order]:
    """Past their end, every condition met, not proposed yet; first what ended first.

    Orders of a risk area's residents are not among them: they end with the area.
    """
    calls = sampling.calls_visible_to(PLAYBOOK).filter(about_id=OuterRef("id"))
    awaited = sampling.tubes_visible_to(PLAYBOOK).filter(
        state__in=["open", "sealed"],
        members__resident=OuterRef("resident"),
        members__taken_at__gte=OuterRef("starts_at"),
    )
    rows = orders_past_end(viewer).filter(release_proposed_at=None)
    rows = rows.exclude(subject=Order.Subject.HIGH_RISK_RESIDENT)
    special = Q(id__in=[])
    for pack, subject in rows.order_by().values_list("pack", "subject").distinct():
        if _asks_for_more(pack, subject):
            special |= Q(pack=pack, subject=subject)
    open_calls = calls.exclude(state__in=["negative", "cancelled"])
    found = list(rows.exclude(special).filter(~Exists(open_calls), ~Exists(awaited))[:at_most])
    still_owed = calls.filter(state__in=["due", "taken"])
    for order in rows.filter(special).filter(~Exists(still_owed), ~Exists(awaited)):
        if len(found) == at_most:
            break
        if all(condition.met for condition in order_conditions(viewer, order.id)):
            found.append(order)
    return sorted(found, key=lambda order: (order.ends_at, order.id))


def _asks_for_more(pack: str, subject: str) -> bool:
    """Whether a rule asks for more than negative tests before it lets somebody go."""
    try:
        measure = load_pack(pack).measure(subject)
    except Refusal:
        return False
    return measure is not None and (measure.release_double_test or measure.release_ct is not None)


# Risk areas


def risk_areas_visible_to(viewer: Actor) -> QuerySet[RiskArea]:
    """Risk areas inside the viewer's area and those that reach over it. No order.

    What is closed concerns everybody there, so no duty is asked for.
    """
    return RiskArea.objects.filter(
        Q(area_path__startswith=viewer.within) | Q(places__overlap=rules.above(viewer.within))
    )


def get_risk_area(viewer: Actor, risk_area_id: UUID, *, for_change: bool = False) -> RiskArea:
    rows = risk_areas_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=risk_area_id).first()
    if found is None:
        raise NoSuchRiskArea(risk_area_id)
    return found


def risk_areas_proposed(viewer: Actor) -> QuerySet[RiskArea]:
    """Waiting for a decision, oldest first."""
    rows = risk_areas_visible_to(viewer).filter(state=RiskArea.State.PROPOSED)
    return rows.order_by("proposed_at", "id")


def risk_areas_in_force(viewer: Actor) -> QuerySet[RiskArea]:
    """Strictest first."""
    rows = risk_areas_visible_to(viewer).filter(state=RiskArea.State.IN_FORCE)
    return rows.order_by("-rank", "-starts_at", "-id")


def risk_areas_listed(viewer: Actor, *, state: str = "", level: str = "") -> QuerySet[RiskArea]:
    """Newest first."""
    rows = risk_areas_visible_to(viewer)
    if state:
        rows = rows.filter(state=state)
    if level:
        rows = rows.filter(level=level)
    return rows.order_by("-proposed_at", "-id")


def risk_areas_over(viewer: Actor, area_path: str) -> QuerySet[RiskArea]:
    """In force around this place, strictest first."""
    return risk_areas_in_force(viewer).filter(places__overlap=rules.above(area_path))


def risk_of(viewer: Actor, places: Sequence[tuple[str, date, date]]) -> list[RiskHit]:
    """Which risk areas covered each place on the days from the first to the last.

    In the order asked, strictest first. A place wider than a risk area is not covered by it:
    `risk_inside` says what lies within. No duty is asked for, as with risk areas themselves.
    """
    return _risk(
        viewer,
        places,
        "EXISTS (SELECT FROM unnest(area.places) AS within(path)"
        " WHERE starts_with(asked.path, within.path))",
    )


def risk_inside(viewer: Actor, places: Sequence[tuple[str, date, date]]) -> list[RiskHit]:
    """Which risk areas lay inside each place on those days, but did not cover it."""
    return _risk(
        viewer,
        places,
        "NOT EXISTS (SELECT FROM unnest(area.places) AS within(path)"
        " WHERE starts_with(asked.path, within.path))"
        " AND EXISTS (SELECT FROM unnest(area.places) AS within(path)"
        " WHERE starts_with(within.path, asked.path))",
    )


def _risk(viewer: Actor, places: Sequence[tuple[str, date, date]], fits: str) -> list[RiskHit]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.path, area.level, area.rank, area.id,"
            " greatest(asked.first, (area.starts_at AT TIME ZONE %s)::date),"
            " least(asked.last, (area.lifted_at AT TIME ZONE %s)::date)"
            " FROM unnest(%s::text[], %s::date[], %s::date[]) WITH ORDINALITY"
            " AS asked(path, first, last, at) JOIN measures_riskarea AS area"
            " ON area.state IN ('in_force', 'lifted') AND area.starts_at IS NOT NULL"
            " AND (area.starts_at AT TIME ZONE %s)::date <= asked.last"
            " AND (area.lifted_at IS NULL OR (area.lifted_at AT TIME ZONE %s)::date >= asked.first)"
            " AND (starts_with(area.area_path, %s) OR area.places && %s::varchar[])"
            f" AND {fits} ORDER BY asked.at, area.rank DESC, area.starts_at, area.id",
            [
                settings.TIME_ZONE,
                settings.TIME_ZONE,
                [path for path, _first, _last in places],
                [first for _path, first, _last in places],
                [last for _path, _first, last in places],
                settings.TIME_ZONE,
                settings.TIME_ZONE,
                viewer.within,
                rules.above(viewer.within),
            ],
        )
        return [
            RiskHit(place=place, level=level, rank=rank, risk_area_id=one, since=since, until=until)
            for place, level, rank, one, since, until in cursor.fetchall()
        ]


def risk_areas_since(viewer: Actor, since: datetime) -> QuerySet[RiskArea]:
    """Those that stood at some time since then, also lifted ones, oldest first."""
    begun = risk_areas_visible_to(viewer).filter(
        state__in=[RiskArea.State.IN_FORCE, RiskArea.State.LIFTED], starts_at__isnull=False
    )
    stood = Q(lifted_at=None) | Q(lifted_at__gt=since)
    return begun.filter(stood).order_by("starts_at", "id")


def would_ask(pack: Pack, subject: str, counted_from: datetime) -> rules.Plan | None:
    """What a pack would ask of such a person now; None where it asks for nothing, or it is over."""
    measure = pack.measure(subject)
    stages = measure.stages if measure else ()
    return rules.plan_stage(stages, counted_from, at=now(), zone=ZONE)


def kind_words(kind: str) -> str:
    """What a kind of order is called."""
    return str(Order.Kind(kind).label)


def risk_areas_about(viewer: Actor, about_id: UUID) -> QuerySet[RiskArea]:
    """Those that rest on one case, oldest first."""
    return risk_areas_visible_to(viewer).filter(about_id=about_id).order_by("proposed_at", "id")


def stands_under_others(viewer: Actor, area_path: str, pack: str) -> bool:
    """Whether an order or risk area here was issued under other rules than those of this pack."""
    others = ~Q(pack=pack) & Q(area_path__startswith=area_path, state="in_force")
    return Order.objects.filter(others).exists() or RiskArea.objects.filter(others).exists()


def keeps_people_in(viewer: Actor, risk_area_id: UUID) -> bool:
    """Whether it asks people not to leave their home or the area."""
    return not rules.KEEPS_PEOPLE_IN.isdisjoint(get_risk_area(viewer, risk_area_id).measures)


def level_keeps_people_in(viewer: Actor, pack: str, level: str) -> bool:
    """Whether a level of a pack asks people not to leave their home or the area."""
    zone = load_pack(pack).zone(level)
    return zone is not None and not rules.KEEPS_PEOPLE_IN.isdisjoint(zone.measures)


def still_kept_in(viewer: Actor, risk_area_id: UUID) -> bool:
    """Whether other risk areas in force keep in all that this one covers."""
    area = get_risk_area(viewer, risk_area_id)
    others = RiskArea.objects.filter(
        state=RiskArea.State.IN_FORCE, measures__overlap=sorted(rules.KEEPS_PEOPLE_IN)
    ).exclude(id=area.id)
    places = {place for found in others.values_list("places", flat=True) for place in found}
    return rules.covers(places, area.places) if places else False


def people_in(viewer: Actor, risk_area_id: UUID) -> int:
    """How many live inside, as far as the viewer sees."""
    area = get_risk_area(viewer, risk_area_id)
    return sum(people.population(viewer, area.places).values())


def release_conditions(
    viewer: Actor, risk_area_id: UUID, facts: rules.Observed | None = None
) -> list[rules.Condition]:
    """Every release condition of the pack, and how it stands. Empty before it is in force.

    facts   what was observed, where somebody knows better than the records
    """
    area = get_risk_area(viewer, risk_area_id)
    if area.clock_origin is None:
        return []
    at = now()
    seen = facts or _observed(area, area.clock_origin, at)
    return rules.area_conditions(area.release, area.clock_origin, seen, at=at)


def _observed(area: RiskArea, origin: datetime, at: datetime) -> rules.Observed:
    """Counts only, so it is asked as the system: a condition does not depend on who looks."""
    since = rules.screening_since(area.release, origin, at=at, zone=ZONE)
    screened = positive = residents = 0
    if since is not None:
        residents = sum(people.population(PLAYBOOK, area.places).values())
        screened = _tested(area.places, since, state="negative")
        positive = _tested(area.places, since, state="positive", swabs=1)
    last_contact_at = None
    if "last_contact_away" in area.release:
        contacts = cases.contacts_visible_to(PLAYBOOK).filter(
            case_id=area.about_id, state="confirmed"
        )
        last_contact_at = contacts.aggregate(last=Max("last_at"))["last"]
    return rules.Observed(
        residents=residents,
        screened=screened,
        positive=positive,
        last_contact_at=last_contact_at,
        stricter=_stricter_beside(area).count(),
    )


def _tested(places: Sequence[str], since: datetime, **tube: str | int) -> int:
    """How many people of these places were swabbed since then with this finding: persons."""
    inside = Q(id__in=[])
    for place in places:
        inside |= Q(area_path__startswith=place)
    residents = people.residents_visible_to(PLAYBOOK).filter(inside).values("id")
    tubes = sampling.tubes_visible_to(PLAYBOOK).filter(
        members__taken_at__gte=since, members__resident__in=residents, **tube
    )
    return tubes.values("members__resident").distinct().count()


def _stricter_beside(area: RiskArea) -> QuerySet[RiskArea]:
    """Stricter areas that still stand in the same district."""
    return RiskArea.objects.filter(
        area_path__startswith=district_of(PLAYBOOK, area.area_path),
        state=RiskArea.State.IN_FORCE,
        rank__gt=area.rank,
    )


def district_of(viewer: Actor, area_path: str) -> str:
    """The path of the district around a place; the place itself where it lies in none."""
    found = Area.objects.filter(path__in=rules.above(area_path), level=Area.Level.DISTRICT)
    return found.values_list("path", flat=True).first() or area_path


# Holds of a place


def place_holds_in_force(viewer: Actor) -> QuerySet[PlaceHold]:
    """First what ends first."""
    rows = PlaceHold.objects.filter(ended_at=None, area_path__startswith=viewer.within)
    return rows.order_by("ends_at", "id")


def place_holds_over(viewer: Actor, area_path: str) -> QuerySet[PlaceHold]:
    """In force around this place, first what ends first."""
    rows = PlaceHold.objects.filter(ended_at=None, places__overlap=rules.above(area_path))
    return rows.order_by("ends_at", "id")


# Who is asked to stay, for gates. As ids only: at a gate nobody learns why.


def places_kept_in(viewer: Actor) -> list[str]:
    """Places that their people are asked not to leave: risk areas that say so, and holds."""
    areas = risk_areas_visible_to(viewer).filter(
        state=RiskArea.State.IN_FORCE, measures__overlap=sorted(rules.KEEPS_PEOPLE_IN)
    )
    found = {place for places in areas.values_list("places", flat=True) for place in places}
    for places in place_holds_in_force(viewer).values_list("places", flat=True):
        found.update(places)
    return sorted(found)


def _asked_to_stay(viewer: Actor) -> QuerySet[Order]:
    return orders_visible_to(viewer).filter(
        kind__in=rules.ISOLATING | {Order.Kind.HOLD}, state=Order.State.IN_FORCE
    )


def restricted_now(viewer: Actor) -> set[UUID]:
    """Everybody under an order that keeps them in, and everybody who lives in such a place."""
    found = set(_asked_to_stay(viewer).values_list("resident", flat=True))
    inside = Q(id__in=[])
    for place in places_kept_in(viewer):
        inside |= Q(area_path__startswith=place)
    found.update(people.residents_visible_to(viewer).filter(inside).values_list("id", flat=True))
    return found


_AT_A_GATE = """
SELECT 'asked', resident_id::text FROM measures_order
    WHERE resident_id = ANY(%s) AND state = 'in_force' AND kind = ANY(%s)
UNION ALL SELECT 'care', resident_id::text FROM measures_emergencyexit
    WHERE resident_id = ANY(%s) AND state <> 'returned'
UNION ALL SELECT 'place', unnest(places) FROM measures_riskarea
    WHERE state = 'in_force' AND measures && %s::varchar[]
UNION ALL SELECT 'place', unnest(places) FROM measures_placehold WHERE ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class AtAGate:
    """Who of some people is asked to stay, and who is on the way to care or back."""

    restricted: frozenset[UUID]
    in_care: frozenset[UUID]


def at_a_gate(viewer: Actor, homes: Mapping[UUID, str]) -> AtAGate:
    """How it stands with these people, by the area path of where they live. One statement.

    Gates ask it for every batch of scans, so it is written out.
    """
    _must_read(viewer)
    ids = list(homes)
    asked: dict[str, set[str]] = {"asked": set(), "care": set(), "place": set()}
    kinds = sorted(rules.ISOLATING | {Order.Kind.HOLD})
    with connection.cursor() as cursor:
        cursor.execute(_AT_A_GATE, [ids, kinds, ids, sorted(rules.KEEPS_PEOPLE_IN)])
        for what, which in cursor.fetchall():
            asked[what].add(which)
    places = tuple(asked["place"])
    inside = {one for one, home in homes.items() if places and home.startswith(places)}
    return AtAGate(
        restricted=frozenset(inside | {UUID(one) for one in asked["asked"]}),
        in_care=frozenset(UUID(one) for one in asked["care"]),
    )


def restricted_among(viewer: Actor, homes: Mapping[UUID, str]) -> set[UUID]:
    """Which of these people are asked to stay, by the area path of where they live."""
    return set(at_a_gate(viewer, homes).restricted)


# Emergency exits


def exits_visible_to(viewer: Actor) -> QuerySet[EmergencyExit]:
    """No duty is asked for: who stands at a gate must see that somebody may pass. No order."""
    return EmergencyExit.objects.filter(area_path__startswith=viewer.within)


def get_exit(viewer: Actor, exit_id: UUID, *, for_change: bool = False) -> EmergencyExit:
    rows = exits_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=exit_id).first()
    if found is None:
        raise NoSuchExit(exit_id)
    return found


def exits_listed(viewer: Actor, *, state: str = "") -> QuerySet[EmergencyExit]:
    """Newest first."""
    rows = exits_visible_to(viewer)
    if state:
        rows = rows.filter(state=state)
    return rows.select_related("hospital").order_by("-left_at", "-id")


def exits_of(viewer: Actor, resident_id: UUID) -> QuerySet[EmergencyExit]:
    """Newest first."""
    return exits_visible_to(viewer).filter(resident=resident_id).order_by("-left_at", "-id")


def orders_then(viewer: Actor, exit_id: UUID) -> list[Order]:
    """What restricted the person when they left: facts for the hospital."""
    return list(Order.objects.filter(id__in=get_exit(viewer, exit_id).orders).order_by("number"))


def risk_areas_then(viewer: Actor, exit_id: UUID) -> list[RiskArea]:
    """What stood around the person's home when they left: facts for the hospital."""
    areas = RiskArea.objects.filter(id__in=get_exit(viewer, exit_id).risk_areas)
    return list(areas.order_by("-rank", "number"))


def people_to_send(viewer: Actor, search: str) -> list[people.Brief]:
    """Who bears this whole name, identity number or phone, in the viewer's area; masked.

    No duty is asked for: whoever stands beside somebody in need may say who it is.
    """
    if not search.strip():
        return []
    found = people.residents_visible_to(viewer).filter(
        Q(name_index=blind_index("name", normal_name(search)))
        | Q(identity_index=blind_index("identity", normal_identity(search)))
        | Q(phone_index=blind_index("phone", normal_phone(search)))
    )
    ids = list(found.order_by("area_path", "id").values_list("id", flat=True)[:_SHOWN])
    known = people.brief(viewer, ids)
    return [known[one] for one in ids if one in known]


# Guards


def refusals_by_guards(viewer: Actor) -> QuerySet[Event]:
    """What somebody tried that may never be done, latest first. For those who audit or command."""
    if Duty.AUDIT not in viewer.duties:
        viewer.must(Duty.COMMAND)
    return Event.objects.filter(
        kind=RefusedByGuard.kind(), area_path__startswith=viewer.within
    ).order_by("-seq")
