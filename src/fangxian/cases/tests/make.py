"""Ordinary cases, places and visits for tests. Say only what is unusual."""

from datetime import UTC, datetime, timedelta
from itertools import count

from fangxian.areas.models import Area, Site
from fangxian.cases.actions import find_contacts, record_visits, report_case
from fangxian.cases.models import Case, Contact, Visit
from fangxian.cases.rules import VisitRow
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.people.models import Resident
from fangxian.people.tests import make as people
from fangxian.protocol.actions import adopt_pack

_serial = count(1)

NOON = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)
"""Noon of 2 September 2022 in Xining: what `playing(NOON)` begins with."""

ADOPTED = datetime(2022, 6, 28, tzinfo=UTC)


def investigator(*duties: Duty, within: str = "", name: str = "Investigator Ma") -> Actor:
    own = duties or (Duty.INVESTIGATE, Duty.SEE_REGISTER)
    return Actor(id=new_id(), within=within, duties=frozenset(own), name=name)


MA = investigator()


def rules(pack: str = "cn-v9", *, from_at: datetime = ADOPTED) -> None:
    """Rules for everywhere, since before any test's story."""
    head = Actor(id=new_id(), within="", duties=frozenset({Duty.SET_POLICY}), name="Chen")
    adopt_pack(head, pack, area_path="", from_at=from_at, reason="notice 7")


def site(name: str = "朝阳菜市场", *, at: Area | None = None, kind: str = "venue") -> Site:
    area = at or people.community()
    return Site.objects.create(
        number=500_000 + next(_serial), kind=kind, name=name, area=area, area_path=area.path
    )


def visit(
    who: Resident,
    where: Site,
    *,
    hours_ago: float = 20,
    minutes: float = 60,
    source: str = Visit.Source.ROTATING,
) -> None:
    start_at = NOON - timedelta(hours=hours_ago)
    row = VisitRow(
        person=who.number,
        place=where.number,
        start_at=start_at,
        end_at=start_at + timedelta(minutes=minutes),
        source=source,
    )
    taken = record_visits(MA, [row])
    assert not taken.refused, taken.refused


def case(who: Resident | None = None, *, by: Actor = MA, **known: object) -> Case:
    """An asymptomatic person found by mass testing; the specimen is six hours old."""
    said: dict[str, object] = {
        "classification": Case.Classification.ASYMPTOMATIC,
        "specimen_at": NOON - timedelta(hours=6),
        "found_by": Case.FoundBy.SCREENING,
        "under_control": False,
    } | known
    return report_case(by, resident_id=(who or people.resident()).id, **said)  # type: ignore[arg-type]


def proposed(met: Resident, *, minutes: float = 60, of: Case | None = None) -> Contact:
    """A contact who was in the market with a case for an hour."""
    market = site()
    source = of or case()
    visit(source.resident, market, minutes=minutes)
    visit(met, market, minutes=minutes)
    found = find_contacts(MA, source.id)
    return next(contact for contact in found if contact.resident_id == met.id)
