"""What a resident is told of themselves, and what somebody on the line reads out to them.

Only what concerns the one person: of others of the household nothing, unless they are children or
are acted for; then each has a page of their own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.areas.queries import area_of_level, names_of
from fangxian.care.queries import transfers_of
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours, Refusal
from fangxian.kernel.ledger import told
from fangxian.kernel.models import Event
from fangxian.measures import printing as papers
from fangxian.measures import queries as measures
from fangxian.people import queries as people
from fangxian.people.rules import age_at
from fangxian.protocol import vocabulary
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack, load_pack
from fangxian.protocol.queries import in_force
from fangxian.protocol.values import Said
from fangxian.quarantine.queries import watch_of
from fangxian.requests.queries import requests_visible_to
from fangxian.resident import rules
from fangxian.resident.errors import NobodyHere
from fangxian.resident.events import OpenedOnBehalf, SignedIn
from fangxian.resident.models import Challenge, Session
from fangxian.responsibility.queries import Responsible, responsible_for
from fangxian.sampling import queries as sampling
from fangxian.screening.queries import campaigns_visible_to
from fangxian.status import queries as status

if TYPE_CHECKING:
    from fangxian.measures.models import Order, RiskArea
    from fangxian.people.models import Resident

_SHOWN = 20
_FEW = 3
_OFFICES = frozenset({Duty.ANSWER_CALLS, Duty.SEE_REGISTER})
HOTLINE = "12345"
EMERGENCY = "120"


# Who may open whose page


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody whose page one may open. `why` is "self", "child" or "care".

    age   for telling brothers and sisters apart; None where it is not known, or one's own
    """

    id: UUID
    name: str
    area_path: str
    why: str
    relation: str = ""
    age: int | None = None


def people_of(viewer: Actor, resident_id: UUID) -> list[Person]:
    """Oneself, whom one acts for, and the children of one's household, if one is of age."""
    own = people.get_resident(PLAYBOOK, resident_id)
    found = [Person(id=own.id, name=str(own.name), area_path=own.area_path, why="self")]
    for proxy in people.acts_for(PLAYBOOK, own.id):
        other = proxy.resident
        if other.merged_into_id is None:
            found.append(_person(other, "care", proxy.relation))
    known = {one.id for one in found}
    if own.birth_date is not None and not rules.is_minor(own.birth_date, today()):
        found += [
            _person(child, "child")
            for child in people.household_of(PLAYBOOK, own.id)
            if rules.is_minor(child.birth_date, today()) and child.id not in known
        ]
    return found


def _person(resident: "Resident", why: str, relation: str = "") -> Person:
    return Person(
        id=resident.id,
        name=str(resident.name),
        area_path=resident.area_path,
        why=why,
        relation=relation,
        age=age_at(resident.birth_date, today()) if resident.birth_date else None,
    )


def cares_for(viewer: Actor, resident_id: UUID, other_id: UUID) -> bool:
    """Whether the one may still open the other's page."""
    return any(one.id == other_id for one in people_of(viewer, resident_id))


def sessions_of(viewer: Actor, resident_id: UUID) -> QuerySet[Session]:
    """Where somebody is or was signed in, latest first."""
    return Session.objects.filter(resident=resident_id).order_by("-began_at", "-id")


# What binds me, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One thing that restricts somebody, as the law wants them told.

    kind     "order", "risk_area" or "hold"
    cause    the fact it rests on; where it lies at somebody else's, only the community is named
    rule     title of the pack, `stamp` its version, `key` where in it
    length   how long the rule says, with its source; "" where it names no days
    unsure   the source was not seen
    duties   what is asked
    strict   it keeps somebody from going where they like; others ask for care only
    objection   "" none, "open", or how the last one was decided
    """

    kind: str
    id: UUID
    code: str
    title: str
    ground: str
    place: str
    since: datetime
    until: datetime | None
    cause: str
    rule: str
    stamp: str
    key: str
    length: str
    source: str
    unsure: bool
    counted_from: str
    duties: tuple[str, ...]
    strict: bool = True
    tests: tuple[measures.OwedTest, ...] = ()
    served: bool = True
    objection: str = ""
    objection_words: str = ""
    may_object: bool = False

    @property
    def over(self) -> bool:
        return self.until is not None and self.until <= now()


def what_binds(viewer: Actor, resident_id: UUID) -> list[Binding]:
    """Orders in force on the person, then the risk areas and holds around their home."""
    resident = people.get_resident(viewer, resident_id)
    pack = _pack(resident.area_path)
    found = [_of_order(resident, one, pack) for one in _orders(resident_id)]
    areas = list(measures.risk_areas_over(PLAYBOOK, resident.area_path))
    weighed = status.status_of(PLAYBOOK, resident.id).reasons if areas else ()
    grounds = {one.ground for one in weighed}
    found += [_of_area(resident, area, grounds) for area in areas]
    for hold in measures.place_holds_over(PLAYBOOK, resident.area_path):
        found.append(
            Binding(
                kind="hold",
                id=hold.id,
                code="",
                title=_("Stay until a pooled sample is explained"),
                ground="",
                place=hold.name,
                since=hold.starts_at,
                until=hold.ends_at,
                cause=_cause(resident, hold.because_id),
                rule=_title(hold.pack),
                stamp=hold.pack,
                key=hold.rule,
                length="",
                source="",
                unsure=False,
                counted_from="",
                duties=(_("Stay where you are until the retest is known."),),
            )
        )
    return found


def _orders(resident_id: UUID) -> "QuerySet[Order]":
    orders = measures.orders_of(PLAYBOOK, resident_id).filter(state="in_force")
    return orders.order_by("ends_at", "id")


def _of_order(resident: "Resident", order: "Order", pack: Pack | None) -> Binding:
    rule = measures.rule_behind(PLAYBOOK, order)
    tests = tuple(measures.tests_of(PLAYBOOK, order.id))
    last = measures.objections_to(PLAYBOOK, order.id).last()
    number = rule.number if rule else None
    return Binding(
        kind="order",
        id=order.id,
        code=order.code,
        title=order.get_kind_display(),
        ground=order.get_subject_display(),
        place="",
        since=order.starts_at,
        until=order.ends_at,
        cause=_cause(resident, order.because_id),
        rule=rule.title if rule else order.pack,
        stamp=order.pack,
        key=order.rule,
        length=vocabulary.figure(number) if number else "",
        source=number.source.title if number else "",
        unsure=_unsure(number),
        counted_from=rule.count_from if rule else "",
        duties=tuple(papers.duties(order.kind, pack, tested=bool(tests))) if pack else (),
        strict=order.kind != "self_monitoring",
        tests=tests,
        served=order.served_at is not None,
        objection=last.state if last else "",
        objection_words=last.get_state_display() if last else "",
        may_object=last is None or last.state != "open",
    )


def _of_area(resident: "Resident", area: "RiskArea", grounds: set[UUID]) -> Binding:
    """One objects to a risk area by way of the status code that rests on it."""
    level = measures.level_titles(PLAYBOOK, [area])[area.id]
    zone = _zone(area)
    last = status.objections_of(PLAYBOOK, resident.id).filter(ground=area.id).first()
    return Binding(
        kind="risk_area",
        id=area.id,
        code=area.code,
        title=level,
        ground=_("Your home lies in it."),
        place=area.name,
        since=area.starts_at or area.proposed_at,
        until=area.review_at,
        cause=_cause(resident, area.because_id),
        rule=_title(area.pack),
        stamp=area.pack,
        key=area.rule,
        length="",
        source=zone.source.title if zone else "",
        unsure=_unsure(zone),
        counted_from="",
        duties=tuple(area.measure_labels),
        strict=measures.keeps_people_in(PLAYBOOK, area.id),
        objection=("open" if last.decided_at is None else "decided") if last else "",
        objection_words=(
            _("waits for a decision") if last.decided_at is None else last.get_state_display()
        )
        if last
        else "",
        may_object=area.id in grounds and (last is None or last.decided_at is not None),
    )


def _zone(area: "RiskArea") -> Said | None:
    try:
        return load_pack(area.pack).zone(area.level)
    except Refusal:
        return None


def _title(stamp: str) -> str:
    try:
        return load_pack(stamp).title(get_language() or "zh")
    except Refusal:
        return stamp


def _unsure(said: Said | None) -> bool:
    return said is not None and said.grade == "unverified"


def _cause(resident: "Resident", because_id: UUID) -> str:
    """The fact in one sentence; of another's door only the community is named."""
    event = Event.objects.filter(id=because_id).first()
    if event is None:
        return ""
    own = Actor(id=resident.id, within=resident.area_path, duties=frozenset())
    return told(event, area=people.places(own, [event.area_path]).get(event.area_path, ""))


def _pack(area_path: str) -> Pack | None:
    try:
        return in_force(now(), area_path)
    except NoPackInForce:
        return None


# Tests


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One swab, and what is known of it. `finding` is "", "negative", "positive" or "pool"."""

    __test__ = False  # for pytest: the name only begins like that of a test

    barcode: str
    taken_at: datetime
    finding: str
    result_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One test that is owed."""

    due_at: datetime
    reason: str
    late: bool


def taken_tests(viewer: Actor, resident_id: UUID, *, at_most: int = _SHOWN) -> list[Test]:
    """Latest first. Of a pool that was positive nothing is said of the one person yet."""
    people.get_resident(viewer, resident_id)
    swabs = sampling.tubes_of(PLAYBOOK, resident_id).exclude(tube__state="void")
    return [
        Test(
            barcode=one.tube.barcode,
            taken_at=one.taken_at,
            finding=_finding(one.tube.state, one.tube.swabs),
            result_at=one.tube.result_at,
        )
        for one in swabs[:at_most]
    ]


def _finding(state: str, swabs: int) -> str:
    if state == "positive":
        return "positive" if swabs == 1 else "pool"
    return state if state == "negative" else ""


def owed_tests(viewer: Actor, resident_id: UUID) -> list[Due]:
    """First what is due first."""
    people.get_resident(viewer, resident_id)
    calls = sampling.calls_of(PLAYBOOK, resident_id).filter(state="due")
    return [
        Due(due_at=one.due_at, reason=one.get_reason_display(), late=one.due_at < now())
        for one in calls[:_SHOWN]
    ]


# All of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a resident is told, on a page, on paper or on the line.

    signed_in  on how many devices the page is open now
    colour     of the status code; "" where the rules in force use none
    declare    addresses where somebody may say where they were
    reading    address of the daily temperature; "" if none is asked for
    queues     number of the subdistrict whose sampling points they see; None if there is none
    """

    id: UUID
    name: str
    place: str
    area_path: str
    colour: str
    reasons: tuple[Any, ...]
    bindings: tuple[Binding, ...]
    owed: tuple[Due, ...]
    tests: tuple[Test, ...]
    responsible: tuple[Responsible, ...]
    requests: tuple[Any, ...]
    journeys: tuple[Any, ...]
    declare: tuple[str, ...]
    reading: str
    queues: int | None
    pack: str
    pack_title: str
    signed_in: int = 0

    @property
    def strict(self) -> int:
        return sum(one.strict for one in self.bindings)

    @property
    def free(self) -> bool:
        return not self.strict

    @property
    def next_test(self) -> Due | None:
        return self.owed[0] if self.owed else None


def resident_brief(viewer: Actor, resident_id: UUID) -> Brief:
    """The same for whoever answers the line: what stands on the resident's own page, no more."""
    if not _OFFICES & viewer.duties:
        raise NotYours(str(Duty.ANSWER_CALLS.label))
    return own_brief(viewer, people.get_resident(viewer, resident_id).id)


def own_brief(viewer: Actor, resident_id: UUID) -> Brief:
    """Everything that the person is told. The viewer is that person, or acts for them."""
    resident = people.get_resident(viewer, resident_id)
    shown = status.status_of(PLAYBOOK, resident.id)
    watch = watch_of(PLAYBOOK, resident.id)
    pack = _pack(resident.area_path)
    street = area_of_level(PLAYBOOK, resident.area_path, Area.Level.SUBDISTRICT)
    return Brief(
        id=resident.id,
        name=str(resident.name),
        place=names_of(PLAYBOOK, [resident.area_path]).get(resident.area_path, ""),
        area_path=resident.area_path,
        colour=shown.colour if shown.used else "",
        reasons=shown.reasons if shown.used else (),
        bindings=tuple(what_binds(viewer, resident.id)),
        owed=tuple(owed_tests(viewer, resident.id)),
        tests=tuple(taken_tests(viewer, resident.id)),
        responsible=tuple(_responsible(resident)),
        requests=tuple(own_requests(viewer, resident.id)[:_SHOWN]),
        journeys=tuple(transfers_of(PLAYBOOK, resident.id)[:_FEW]),
        declare=tuple(_campaigns(resident.area_path)),
        reading=watch.token if watch else "",
        queues=street.number if street else None,
        pack=pack.stamp if pack else "",
        pack_title=pack.title(get_language() or "zh") if pack else "",
        signed_in=sessions_of(viewer, resident.id).filter(ended_at=None).count(),
    )


def _responsible(resident: "Resident") -> Iterator[Responsible]:
    """Nearest first; everybody once."""
    seen: set[UUID] = set()
    for one in responsible_for(PLAYBOOK, resident.area_path, resident.id):
        if one.member_id not in seen:
            seen.add(one.member_id)
            yield one


def own_requests(viewer: Actor, resident_id: UUID) -> QuerySet[Any]:
    """What the person asked for, the latest first."""
    people.get_resident(viewer, resident_id)
    rows = requests_visible_to(PLAYBOOK).filter(resident=resident_id)
    return rows.order_by("-raised_at", "-id")


def community_of(viewer: Actor, area_path: str) -> str:
    """The community around a door, which is as much as others are told of where somebody lives."""
    found = area_of_level(PLAYBOOK, area_path, Area.Level.COMMUNITY)
    return found.path if found else area_path


def own_request(viewer: Actor, resident_id: UUID, request_id: UUID) -> Any:
    """One thing that this person asked for. Another's does not exist here."""
    found = own_requests(viewer, resident_id).filter(id=request_id).first()
    if found is None:
        raise NobodyHere
    return found


def _campaigns(area_path: str) -> Iterable[str]:
    running = campaigns_visible_to(PLAYBOOK).filter(ended_at=None, ends_at__gt=now())
    for one in running.filter(channels__contains=["declaration"]):
        if area_path.startswith(one.area_path):
            yield one.code


# Who looked, and what is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One time that somebody opened what stands here of a person."""

    at: datetime
    reader: str
    what: str
    purpose: str


def who_looked(viewer: Actor, resident_id: UUID, *, at_most: int = 50) -> list[Look]:
    """Offices that opened the record or read something in plain text, and whoever acts for the
    person; latest first. Offices are named by their post, not by a private name.
    """
    resident = people.get_resident(viewer, resident_id)
    found = [
        Look(at=one.at, reader=one.post or _("an office"), what=one.said, purpose=one.purpose)
        for one in people.who_looked_at(PLAYBOOK, resident.id)[:at_most]
    ]
    own = Event.objects.filter(
        subject_id=resident.id, kind__in=[OpenedOnBehalf.kind(), SignedIn.kind()]
    ).order_by("-seq")[:at_most]
    for event in own:
        opened = event.kind == OpenedOnBehalf.kind()
        found.append(
            Look(
                at=event.at,
                reader=_("Who acts for you") if opened else _("You"),
                what=_("opened this page") if opened else _("signed in"),
                purpose="",
            )
        )
    return sorted(found, key=lambda one: one.at, reverse=True)[:at_most]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One kind of thing that is kept about somebody: how many, and until when in words."""

    what: str
    number: int | None
    until: str
    source: str = ""


def what_is_kept(viewer: Actor, resident_id: UUID) -> list[Kept]:
    """By kind, with the pack's own figure for how long, so that nobody has to ask."""
    resident = people.get_resident(viewer, resident_id)
    pack = _pack(resident.area_path)
    keep = pack.retention if pack else None

    def days(word: str) -> tuple[str, str]:
        span = getattr(keep, word, None)
        if span is None:
            return _("until the incident is over"), ""
        figure = vocabulary.figure(span)
        return _("%(figure)s after it ended") % {"figure": figure}, _source(span)

    orders = measures.orders_of(PLAYBOOK, resident.id).count()
    swabs = sampling.tubes_of(PLAYBOOK, resident.id).count()
    codes = people.codes_of(PLAYBOOK, resident.id).count()
    rows = [
        Kept(
            what=_("Your entry in the register: name, identity number, phone, door"),
            number=1,
            until=_("as long as you live here; correct it at any time"),
        ),
        Kept(
            what=_("Orders, and what you said against them"),
            number=orders,
            until=_("as the file of a decision, until the incident is over"),
        ),
        Kept(what=_("Tests and results"), number=swabs, until=_("until the incident is over")),
    ]
    for what, number, word in (
        (_("Temperatures and symptoms that you told"), None, "readings"),
        (_("Where you were, at venues and gates"), None, "visits"),
        (
            _("What your code showed before"),
            status.statuses_of(PLAYBOOK, resident.id).count(),
            "statuses",
        ),
        (_("Your personal codes"), codes, "codes"),
        (_("When you signed in here"), sessions_of(viewer, resident.id).count(), "codes"),
        (_("What you asked for here"), own_requests(viewer, resident.id).count(), "requests"),
    ):
        until, source = days(word)
        rows.append(Kept(what=what, number=number, until=until, source=source))
    return rows


def _source(said: Said) -> str:
    return said.source.title if said.source.seen else _("our own figure, not verified")


def who_acts(viewer: Actor, resident_id: UUID) -> list[tuple[str, str, datetime]]:
    """Who may open this person's page: masked name, relation, since when."""
    return [
        (str(one.acts.name), one.relation, one.since)
        for one in people.proxies_of(viewer, resident_id)
    ]


def practice_code(viewer: Actor, challenge_id: UUID) -> str:
    """The code that a message would have brought: in a made-up district alone."""
    if settings.MODE != "demo":
        return ""
    found = Challenge.objects.filter(id=challenge_id, used_at=None).first()
    return found.shown.reveal() if found and found.shown else ""
