"""What codes show and why. Reasons are read from the evidence itself, never stored as text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, F, Func, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.timezone import get_default_timezone
from django.utils.translation import get_language

from fangxian.cases.queries import cases_visible_to
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.measures.queries import orders_visible_to, risk_areas_visible_to
from fangxian.people.queries import by_code, get_resident
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force
from fangxian.status import rules
from fangxian.status.derive import rules_of
from fangxian.status.errors import NobodyByThisCode, NoSuchStatusObjection
from fangxian.status.models import Objection, Status

_READERS = {
    Duty.SEE_REGISTER,
    Duty.KEEP_REGISTER,
    Duty.CARRY_OUT,
    Duty.INVESTIGATE,
    Duty.DECIDE_MEASURES,
    Duty.COMMAND,
    Duty.AUDIT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNow:
    """What somebody's code shows, with every reason.

    used    whether the rules in force use codes at all
    since   when this colour began; None: green
    """

    resident_id: UUID
    area_path: str
    colour: str
    used: bool
    since: datetime | None
    pack: str
    reasons: tuple[rules.Reason, ...]

    @property
    def until(self) -> datetime | None:
        """When the last reason lapses; None if one has no end of its own."""
        ends = [one.until for one in self.reasons]
        known = [end for end in ends if end is not None]
        return max(known) if ends and len(known) == len(ends) else None


def _must_read(viewer: Actor) -> None:
    if not _READERS & viewer.duties:
        raise NotYours(str(Duty.SEE_REGISTER.label))


def statuses_visible_to(viewer: Actor) -> QuerySet[Status]:
    """Rows in force; whoever has none is green. No order."""
    _must_read(viewer)
    return Status.objects.filter(area_path__startswith=viewer.within, ended_at=None)


def statuses_listed(viewer: Actor, *, colour: str = "", area_path: str = "") -> QuerySet[Status]:
    """Newest first."""
    rows = statuses_visible_to(viewer).filter(area_path__startswith=area_path)
    if colour:
        rows = rows.filter(colour=colour)
    return rows.order_by("-began_at", "-id")


def people_by_colour(viewer: Actor, area_path: str = "") -> dict[str, int]:
    """Persons whose code is red and yellow now."""
    rows = statuses_visible_to(viewer).filter(area_path__startswith=area_path)
    found = dict(rows.values_list("colour").annotate(Count("id")))
    return {colour: found.get(colour, 0) for colour in (rules.RED, rules.YELLOW)}


def status_of(viewer: Actor, resident_id: UUID) -> StatusNow:
    """Raises `NotFound` for somebody outside the viewer's area."""
    _must_read(viewer)
    resident = get_resident(viewer, resident_id)
    return _status_now(resident.id, resident.area_path)


def own_status(viewer: Actor, code: str, last_four: str) -> StatusNow:
    """By the person's own code and the last four signs of their identity number.

    Raises `NobodyByThisCode` without saying which of the two is wrong.
    """
    resident = by_code(viewer, code)
    wanted = last_four.strip().upper()
    known = resident.identity.reveal()[-4:].upper() if resident and resident.identity else ""
    if resident is None or len(wanted) != 4 or wanted != known:  # noqa: PLR2004 - "last four"
        raise NobodyByThisCode
    return _status_now(resident.id, resident.area_path)


def _status_now(resident_id: UUID, area_path: str) -> StatusNow:
    row = Status.objects.filter(resident=resident_id, ended_at=None).first()
    pack = in_force(now(), area_path)
    return StatusNow(
        resident_id=resident_id,
        area_path=area_path,
        colour=row.colour if row else rules.GREEN,
        used=bool(pack.status and pack.status.used),
        since=row.began_at if row else None,
        pack=row.pack if row else pack.stamp,
        reasons=tuple(_reasons(row.grounds, pack)) if row else (),
    )


def _reasons(grounds: Iterable[UUID], pack: Pack) -> Iterator[rules.Reason]:
    """Each ground in full, strictest first. The evidence was weighed; nobody's area hides it."""
    found = sorted(_in_full(list(grounds), pack), key=lambda one: one.since)
    yield from sorted(found, key=lambda one: -rules.COLOURS.index(one.colour))


def _in_full(grounds: list[UUID], pack: Pack) -> Iterator[rules.Reason]:
    said = pack.status.rules if pack.status else {}
    known = rules_of(pack)
    language = get_language() or "zh-hans"

    def reason(
        kind: str,
        ground: UUID,
        label: str,
        named: tuple[str, int] | None,
        since: datetime,
        until: datetime | None,
        because_id: UUID,
    ) -> Iterator[rules.Reason]:
        if named is None or named[0] not in said:
            return
        rule = said[named[0]]
        yield rules.Reason(
            kind=kind,
            ground=ground,
            label=label,
            colour=rules.COLOURS[named[1]],
            rule=f"status.rules.{named[0]}",
            words=rule.title.text(language),
            pack=pack.stamp,
            source=rule.source.title,
            grade=rule.grade,
            since=since,
            until=until,
            because_id=because_id,
        )

    for order in orders_visible_to(PLAYBOOK).filter(id__in=grounds):
        by = rules.rule_of_order(known, order.kind, order.subject)
        named = (by.name, by.rank) if by else None
        label = f"{order.get_kind_display()} {order.code}"
        yield from reason(
            "order", order.id, label, named, order.starts_at, order.ends_at, order.because_id
        )
    for area in risk_areas_visible_to(PLAYBOOK).filter(id__in=grounds):
        named = (known.levels or {}).get(area.level)
        yield from reason(
            "risk_area",
            area.id,
            area.name,
            named,
            area.starts_at or area.proposed_at,
            area.review_at,
            area.because_id,
        )
    for case in cases_visible_to(PLAYBOOK).filter(id__in=grounds):
        yield from reason(
            "case",
            case.id,
            case.get_classification_display(),
            known.case,
            case.reported_at,
            None,
            case.because_id or case.id,
        )


def statuses_of(viewer: Actor, resident_id: UUID) -> QuerySet[Status]:
    """What the code showed before and shows now, latest first."""
    _must_read(viewer)
    resident = get_resident(viewer, resident_id)
    return Status.objects.filter(resident=resident.id).order_by("-began_at", "-id")


# Changes


@dataclass(frozen=True, slots=True)
class ChangesOfDay:
    """How many people's codes became so that day; persons."""

    day: date
    red: int
    yellow: int


def changes_by_day(viewer: Actor, *, since: datetime) -> list[ChangesOfDay]:
    """Latest day first."""
    _must_read(viewer)
    rows = Status.objects.filter(area_path__startswith=viewer.within, began_at__gte=since)
    counted = (
        rows.annotate(day=TruncDate("began_at", tzinfo=get_default_timezone()))
        .values("day")
        .annotate(
            red=Count("resident", distinct=True, filter=Q(colour=rules.RED)),
            yellow=Count("resident", distinct=True, filter=Q(colour=rules.YELLOW)),
        )
        .order_by("-day")
    )
    return [ChangesOfDay(row["day"], row["red"], row["yellow"]) for row in counted]


def unfounded(viewer: Actor) -> list[Status]:
    """Codes of which no ground stands any more. There should be none: each is a fault."""
    _must_read(viewer)
    moment = now()
    rows = statuses_visible_to(viewer)
    # Many people share few grounds: only those that stand no more are looked for among the people.
    each = rows.annotate(ground=Func(F("grounds"), function="unnest"))
    grounds = set(each.values_list("ground", flat=True).distinct())
    standing: set[UUID] = set()
    orders = orders_visible_to(PLAYBOOK).filter(state="in_force", ends_at__gt=moment)
    standing.update(orders.filter(id__in=grounds).values_list("id", flat=True))
    areas = risk_areas_visible_to(PLAYBOOK).filter(state="in_force", id__in=grounds)
    standing.update(areas.values_list("id", flat=True))
    cases = cases_visible_to(PLAYBOOK).filter(state="open", id__in=grounds)
    standing.update(cases.values_list("id", flat=True))
    if grounds <= standing:
        return []
    touched = rows.filter(grounds__overlap=list(grounds - standing)).order_by("id")
    return [row for row in touched if not standing & set(row.grounds)]


# Objections


def objections_visible_to(viewer: Actor) -> QuerySet[Objection]:
    """No order."""
    _must_read(viewer)
    return Objection.objects.filter(area_path__startswith=viewer.within)


def get_objection(viewer: Actor, objection_id: UUID, *, for_change: bool = False) -> Objection:
    rows = objections_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=objection_id).first()
    if found is None:
        raise NoSuchStatusObjection(objection_id)
    return found


def objections_waiting(viewer: Actor) -> QuerySet[Objection]:
    """First what is due first."""
    return objections_visible_to(viewer).filter(decided_at=None).order_by("due_at", "id")


def objections_of(viewer: Actor, resident_id: UUID) -> QuerySet[Objection]:
    """Latest first."""
    return objections_visible_to(viewer).filter(resident=resident_id).order_by("-filed_at", "-id")
