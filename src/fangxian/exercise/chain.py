"""The day retold from the ledger, and what is missing in it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fangxian.areas.queries import sites_of_kind
from fangxian.care.queries import transfers_of
from fangxian.cases.queries import contacts_of, open_case_of
from fangxian.dispatch.queries import tasks_about, tasks_visible_to
from fangxian.exercise.force import OFFICIALS, SECRETARIES
from fangxian.exercise.scene import Scene, at
from fangxian.kernel import ledger
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.models import Event
from fangxian.measures.queries import (
    exits_of,
    orders_about,
    orders_of,
    orders_visible_to,
    risk_areas_about,
)
from fangxian.protocol.packs import Pack
from fangxian.quarantine.queries import guests_at, watches_visible_to
from fangxian.requests.queries import get_request
from fangxian.responsibility.queries import uncovered
from fangxian.rosters.queries import not_ready
from fangxian.sampling.queries import calls_about, rounds_visible_to
from fangxian.status.queries import status_of, statuses_of
from fangxian.web.queries import beginning_of, events_visible_to

# Told one by one; of the others there are too many, and they are counted.
_TOLD = (
    "sampling.",
    "cases.",
    "measures.",
    "screening.",
    "quarantine.",
    "linelists.",
    "care.",
    "requests.",
)
_MANY = frozenset({"sampling.tube_sealed", "sampling.tube_found_negative"})
_NOT_TOLD = frozenset(
    {
        "screening.attempt_noted",
        "screening.person_reached",
        "screening.follow_up_closed",
        "screening.people_to_reach",
        "screening.everybody_reached",
        "quarantine.reading_taken",
        "care.visits_planned",
    }
)
RETESTED = at(18, 45)  # every single result is there, and no risk area stands around them yet


def of_the_day(since: datetime) -> list[Event]:
    """The chain's events since a moment, in the order in which they happened."""
    events = events_visible_to(PLAYBOOK).filter(at__gte=since).order_by("seq")
    return [
        event
        for event in events
        if event.kind.startswith(_TOLD)
        and event.kind not in _NOT_TOLD
        and (event.kind not in _MANY or event.because_id)
    ]


def missing_links(scene: Scene, pack: Pack) -> Iterator[str]:
    """Every promise of the day that the pack makes and the ledger does not keep."""
    yield from _about_the_pool(scene, pack)
    case = open_case_of(PLAYBOOK, scene.case)
    if case is None:
        yield "the member whose single retest is positive did not become a case"
    else:
        yield from _about_the_case(scene, pack, case.id)
        yield from _about_contacts(pack, case.id)
    if not any(round_.plan for round_ in rounds_visible_to(PLAYBOOK)):
        yield "no round of testing was planned against the norm"
    if not exits_of(PLAYBOOK, scene.in_need).filter(state="handed_over").exists():
        yield "the person in need did not reach the hospital"
    yield from _about_judgement(scene)
    yield from _about_codes(scene)
    yield from _about_promises(scene)
    yield from _unexplained_orders()


def _about_the_pool(scene: Scene, pack: Pack) -> Iterator[str]:
    calls = calls_about(PLAYBOOK, scene.tube)
    if calls.count() != len(scene.members):
        yield "not every member of the positive pool was called for a single retest"
    if calls.filter(state="due").exists():
        yield "a member of the pool still waits for the retest"
    holds = orders_about(PLAYBOOK, scene.tube)
    if pack.positive_pool.hold_scope != "none" and holds.count() != len(scene.members):
        yield "not every member of the positive pool was held"
    if holds.filter(state="in_force").exists():
        yield "a member of the pool is still held although the retests are in"
    if not tasks_about(PLAYBOOK, scene.tube).filter(kind="retest_members").exists():
        yield "no squad was sent to the members of the pool"


def _about_the_case(scene: Scene, pack: Pack, case_id: UUID) -> Iterator[str]:
    pool = Event.objects.get(kind="sampling.tube_found_positive", subject_id=scene.tube)
    causes = {event.id for event in ledger.chain_to(beginning_of(PLAYBOOK, case_id))}
    if pool.id not in causes:
        yield "the case does not name the positive pool among its causes"
    if pack.measure("infected") and not orders_of(PLAYBOOK, scene.case).exclude(kind="hold"):
        yield "the case got no order"
    areas = risk_areas_about(PLAYBOOK, case_id)
    if pack.zone_for_case.residence_level and not areas.filter(state="in_force").exists():
        yield "no risk area is in force around the case"
    if not tasks_about(PLAYBOOK, case_id).filter(kind="investigate_case").exists():
        yield "nobody was asked to investigate the case"


def _about_contacts(pack: Pack, case_id: UUID) -> Iterator[str]:
    contacts = contacts_of(PLAYBOOK, case_id)
    if pack.contact.determine and not contacts.exists():
        yield "no contacts were found from where the case had been"
    if not pack.measure("close_contact"):
        return
    for contact in contacts.filter(state="confirmed", kind="close"):
        ordered = orders_about(PLAYBOOK, contact.id).exists()
        if not ordered and not _said_why_not(contact.id):
            yield f"a confirmed close contact got no order ({contact.id})"


def _said_why_not(ground: UUID) -> bool:
    """All days of the measure were over, or the rules ask for none: the ledger says so."""
    kinds = ["measures.days_already_over", "measures.no_measure_in_pack"]
    return Event.objects.filter(subject_id=ground, kind__in=kinds).exists()


def _about_judgement(scene: Scene) -> Iterator[str]:
    """What follows from a declaration, and from an order for a designated facility."""
    if scene.returnee is not None:
        orders = orders_of(PLAYBOOK, scene.returnee)
        if not any("screening.person_declared" in _causes_of(order.id) for order in orders):
            yield "nobody of the campaign was ordered because of what they declared"
    if scene.site is not None:
        guests = guests_at(PLAYBOOK, scene.site).filter(reserved_at__gte=at(0))
        if not any("measures.order_issued" in _causes_of(guest.id) for guest in guests):
            yield "nobody was placed at the quarantine site because of an order of the day"
        watches = watches_visible_to(PLAYBOOK).filter(facility=scene.site).values_list("id")
        tasks = tasks_visible_to(PLAYBOOK).filter(about_id__in=watches)
        for kind in ("medical_check", "take_reading"):
            if not tasks.filter(kind=kind).exists():
                yield f"no reading at the quarantine site led to a task ({kind})"


def _about_promises(scene: Scene) -> Iterator[str]:
    """Nobody who asked is left without an answer, and no post counts as staffed without a name."""
    if scene.request and get_request(PLAYBOOK, scene.request).state != "closed":
        yield "the medicine that a caller asked for was not confirmed"
    if not transfers_of(PLAYBOOK, scene.in_need).exists():
        yield "the way of the person in need to the hospital is on no clock"
    points = sites_of_kind(PLAYBOOK, "sampling_point", below=scene.district)
    bare = not_ready(PLAYBOOK, points.values_list("id", flat=True), at(7))
    if len(bare) != max(points.count() - OFFICIALS - SECRETARIES, 0):
        yield f"{len(bare)} sampling points lack a name, and one is known to"
    if next(iter(uncovered(PLAYBOOK, scene.district, role="group")), None) is not None:
        yield "a building lies in no responsibility area"


def _about_codes(scene: Scene) -> Iterator[str]:
    """Whoever was free after the retest was held before, by an order or a colour, and is green."""
    for member in scene.members:
        if member == scene.case or not status_of(PLAYBOOK, member).used:
            continue
        shown = statuses_of(PLAYBOOK, member)
        held = orders_of(PLAYBOOK, member).filter(about_id=scene.tube).exists()
        if not held and not shown.filter(began_at__lte=RETESTED).exists():
            yield f"a member of the pool was neither held nor was their code coloured ({member})"
        if shown.filter(began_at__lte=RETESTED).exclude(ended_at__lte=RETESTED).exists():
            yield f"the code of a member who is free was not green ({member})"


def _causes_of(subject: UUID) -> set[str]:
    """The kinds of everything because of which something began."""
    return {event.kind for event in ledger.chain_to(beginning_of(PLAYBOOK, subject))}


def _unexplained_orders() -> Iterator[str]:
    """Every order leads back to what was found in somebody, said by them, or asked by another."""
    found = {
        "sampling.tube_found_positive",
        "cases.case_reported",
        "screening.person_declared",
        "screening.hand_over_asked",
    }
    explained: dict[UUID | None, bool] = {None: False}
    issued = Event.objects.filter(kind="measures.order_issued").order_by("seq")
    causes = dict(issued.values_list("subject_id", "because_id"))
    for order in orders_visible_to(PLAYBOOK):
        cause = causes.get(order.id)
        if (
            cause is not None and cause not in explained
        ):  # a risk area gives the same cause to thousands
            chain = ledger.chain_to(Event.objects.get(id=cause))
            explained[cause] = any(event.kind in found for event in chain)
        if not explained[cause]:
            yield f"order {order.code} does not answer “Why?”"


@dataclass(frozen=True, slots=True)
class Tally:
    """What the day did to people and places, in numbers that can be compared."""

    numbers: dict[str, int]

    @classmethod
    def now(cls) -> "Tally":
        orders = Counter(orders_visible_to(PLAYBOOK).values_list("kind", flat=True).order_by())
        events = Counter(
            events_visible_to(PLAYBOOK)
            .filter(kind__startswith="measures.")
            .order_by()
            .values_list("kind", flat=True)
        )
        numbers = {f"orders: {kind}": number for kind, number in orders.items()}
        numbers |= events
        return cls(numbers)

    def against(self, other: "Tally") -> Iterator[tuple[str, int, int]]:
        """What differs: the thing, here, there."""
        for name in sorted(self.numbers | other.numbers):
            here, there = self.numbers.get(name, 0), other.numbers.get(name, 0)
            if here != there:
                yield name, here, there
