"""What a sweep found of people, and what the rules would say of each: shown, and nothing more."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fangxian.cases.queries import Exposed, exposures_of, people_swept
from fangxian.engines.tracing.sweep.standing import Standing
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.measures.queries import kind_words, orders_in_force, would_ask
from fangxian.people.queries import Brief, brief, by_numbers
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import Rules
from fangxian.status import rules
from fangxian.status.derive import rules_of
from fangxian.status.models import Status

WORDS: dict[Standing, str | Promise] = {
    Standing.CASE: _("open case"),
    Standing.CLOSE: _("met a case closely"),
    Standing.EXPOSED_HIGH: _("was in a risk area of the strictest kind"),
    Standing.EXPOSED_MEDIUM: _("was in a risk area of the middle kind"),
    Standing.EXPOSED_LOW: _("was in a risk area of the mildest kind"),
    Standing.GENERAL: _("was near a case"),
}


class Said(Protocol):
    """What is read of a row of a sweep's answer."""

    person: int
    standing: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InArea:
    """One risk area where somebody was. `lives_there`: what its residents are asked counts."""

    name: str
    risk_area: UUID
    level: str
    visits: int
    minutes: int
    last_at: datetime
    lives_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldSay:
    """What the rules in force ask of such a person. `colour`: what the order would give."""

    measure: str
    ends_at: datetime
    colour: str
    pack: str
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptPerson:
    """One person of a sweep's answer.

    says      None: the rules ask for nothing, or its days are over
    colour    what the code shows today
    ordered   the measures in force today, with their ends
    """

    resident_id: UUID
    person: Brief | None
    area_path: str
    standing: str
    last_at: datetime
    areas: tuple[InArea, ...]
    says: WouldSay | None
    colour: str
    ordered: tuple[tuple[str, datetime], ...]

    @property
    def is_new(self) -> bool:
        """The rules would ask something, and nothing stands yet."""
        return self.says is not None and not self.ordered


def swept_people(viewer: Actor, sweep_id: UUID, rows: Sequence[Said]) -> list[SweptPerson]:
    """Whom these rows are about; people outside the viewer's area are left out."""
    known = by_numbers(viewer, [row.person for row in rows])
    ids = [resident_id for resident_id, _path in known.values()]
    who, shown = brief(viewer, ids), _colours(ids)
    ordered: defaultdict[UUID, list[tuple[str, datetime]]] = defaultdict(list)
    for order in orders_in_force(PLAYBOOK).filter(resident__in=ids).order_by("ends_at"):
        ordered[order.resident_id].append((kind_words(order.kind), order.ends_at))
    been: defaultdict[int, list[Exposed]] = defaultdict(list)
    for one in exposures_of(viewer, sweep_id, known):
        been[one.person].append(one)
    packs, moment, found = Rules(), now(), []
    for row in rows:
        if row.person not in known:
            continue
        resident_id, path = known[row.person]
        pack = packs.in_force(moment, path)
        areas = tuple(_in_area(one, path, pack) for one in been[row.person])
        found.append(
            SweptPerson(
                resident_id=resident_id,
                person=who.get(resident_id),
                area_path=path,
                standing=str(WORDS[Standing(row.standing)]),
                last_at=row.last_at,
                areas=areas,
                says=_says(pack, row, been[row.person], areas),
                colour=shown.get(resident_id, rules.GREEN),
                ordered=tuple(ordered[resident_id]),
            )
        )
    return found


def count_of_swept(viewer: Actor, sweep_id: UUID) -> list[tuple[Standing, str, int]]:
    """Persons by what was found, the weightiest first."""
    counted = people_swept(viewer, sweep_id)
    return [
        (standing, str(words), counted[standing])
        for standing, words in WORDS.items()
        if standing in counted
    ]


def _colours(ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = Status.objects.filter(resident__in=ids, ended_at=None)
    return dict(rows.values_list("resident", "colour"))


def _in_area(one: Exposed, home: str, pack: Pack) -> InArea:
    zone = pack.zone(one.level)
    return InArea(
        name=one.name,
        risk_area=one.risk_area_id,
        level=zone.title.text(get_language() or "zh") if zone else one.level,
        visits=one.visits,
        minutes=one.minutes,
        last_at=one.last_at,
        lives_there=any(home.startswith(place) for place in one.places),
    )


def _says(
    pack: Pack, row: Said, been: Sequence[Exposed], areas: Sequence[InArea]
) -> WouldSay | None:
    """By the weightiest; for somebody who lives inside, the area's own rule speaks."""
    if row.standing == Standing.CASE:
        return _would(pack, "infected", row.last_at)
    if row.standing == Standing.CLOSE:
        return _would(pack, "close_contact", row.last_at)
    for one, area in zip(been, areas, strict=True):
        zone = pack.zone(one.level)
        if zone and zone.leaver and not area.lives_there:
            return _would(pack, zone.leaver, one.last_at)
    return None


def _would(pack: Pack, subject: str, counted_from: datetime) -> WouldSay | None:
    plan = would_ask(pack, subject, min(counted_from, now()))
    measure = pack.measure(subject)
    if plan is None or measure is None:
        return None
    rule = rules.rule_of_order(rules_of(pack), plan.kind, subject)
    return WouldSay(
        measure=kind_words(plan.kind),
        ends_at=plan.ends_at,
        colour=rules.COLOURS[rule.rank] if rule else rules.GREEN,
        pack=pack.stamp,
        source=measure.source.title,
        grade=measure.grade,
    )
