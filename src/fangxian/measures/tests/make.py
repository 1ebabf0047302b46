"""Ordinary orders, risk areas and exits for tests. Say only what is unusual.

It is noon of 2 September 2022 in Xining; cn-v9 is in force.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from fangxian.areas.models import Area, Compound, Site
from fangxian.cases.actions import report_case
from fangxian.cases.events import CaseReported, ContactConfirmed
from fangxian.cases.models import Case, Contact
from fangxian.kernel import ledger
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import Fact
from fangxian.kernel.models import Event
from fangxian.measures.actions import (
    approve_risk_area,
    hold_person,
    issue_order,
    leave_for_emergency_care,
    propose_risk_area,
)
from fangxian.measures.models import EmergencyExit, Order, RiskArea
from fangxian.measures.rules import above
from fangxian.people.tests import make as people
from fangxian.protocol.actions import adopt_pack
from fangxian.sampling.actions import add_swab, open_tube, report_tube_result, seal_tube

if TYPE_CHECKING:
    from fangxian.people.models import Resident
    from fangxian.sampling.models import Tube

NOON = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)
ADOPTED = datetime(2022, 6, 28, tzinfo=UTC)

_serial = count(1)


def actor(*duties: Duty, within: str = "", name: str = "Li") -> Actor:
    return Actor(id=new_id(), within=within, duties=frozenset(duties), name=name)


OFFICER_DENG = actor(Duty.DECIDE_MEASURES, name="Deng")
OFFICER_HAN = actor(Duty.DECIDE_MEASURES, name="Han")
COMMANDER_CHEN = actor(Duty.COMMAND, Duty.SEE_REGISTER, name="Chen")
GRID_WORKER_WANG = actor(Duty.CARRY_OUT, name="Wang")
AUDITOR_SHEN = actor(Duty.AUDIT, name="Shen")
GATE_GUARD_QIAN = actor(name="Qian")


def rules(pack: str = "cn-v9", *, area_path: str = "", from_at: datetime = ADOPTED) -> None:
    head = actor(Duty.SET_POLICY)
    adopt_pack(head, pack, area_path=area_path, from_at=from_at, reason="notice 7")


@contextmanager
def moved_to(pack: str) -> Iterator[None]:
    """From now on other rules are in force; seen a moment later."""
    rules(pack, from_at=now())
    yield


def estate(name: str = "祥和家园", *, buildings: int = 2) -> list[Area]:
    """The buildings of a compound, each with a stairwell, a floor and a door."""
    community = people.community()
    compound = Compound.objects.create(name=name, area_path=community.path)
    found = []
    for number in range(1, buildings + 1):
        building = people.area(f"{number}号楼", "building", community)
        Area.objects.filter(id=building.id).update(compound=compound)
        door(building)
        found.append(Area.objects.get(id=building.id))
    return found


def door(building: Area, name: str = "101") -> Area:
    """A door on a floor of a stairwell of this building."""
    place = building
    for level, step in (("unit", "1单元"), ("floor", "1层"), ("dwelling", name)):
        place = Area.objects.filter(parent=place, name=step).first() or people.area(
            step, level, place
        )
    return place


def building_of(who: Resident) -> Area:
    return Area.objects.get(path__in=above(who.area_path), level=Area.Level.BUILDING)


def resident(*, at: Area | None = None) -> Resident:
    return people.resident(at=at)


def _on_record(fact: Fact) -> Event:
    """A fact that was there before the story begins: nothing follows from it any more."""
    event = ledger._event(fact, PLAYBOOK, None)
    with transaction.atomic():
        ledger._insert([event])
    return event


def confirmed_contact(
    who: Resident,
    *,
    days_ago: float = 0.5,
    area_path: str | None = None,
    subject_id: UUID | None = None,
) -> Event:
    """The fact that somebody was found to have met a case."""
    return _on_record(
        ContactConfirmed(
            subject_id=subject_id or new_id(),
            area_path=who.area_path if area_path is None else area_path,
            case_id=new_id(),
            code="C0000017",
            resident_id=who.id,
            contact_kind="close",
            how="household",
            minutes=60,
            last_at=now() - timedelta(days=days_ago),
        )
    )


def case(who: Resident, *, hours_ago: float = 6) -> Event:
    """The fact that somebody is infected; the specimen is six hours old."""
    return _on_record(
        CaseReported(
            subject_id=new_id(),
            area_path=who.area_path,
            code="C0000025",
            resident_id=who.id,
            classification="asymptomatic",
            specimen_at=now() - timedelta(hours=hours_ago),
            under_control=False,
        )
    )


def reported_case(who: Resident) -> Case:
    """A case with a file of its own."""
    return report_case(
        PLAYBOOK,
        resident_id=who.id,
        classification="asymptomatic",
        specimen_at=now() - timedelta(hours=6),
        found_by="screening",
        under_control=False,
    )


def registered_contact(kind: str = "close", *, evidence: str = "", how: str = "named") -> Contact:
    """A contact that an investigator confirmed; the last contact was half a day ago."""
    met = resident()
    return Contact.objects.create(
        case=reported_case(resident()),
        resident_id=met.id,
        area_path=met.area_path,
        kind=kind,
        how=how,
        evidence=evidence,
        state="confirmed",
        decided_at=now(),
        first_at=now() - timedelta(hours=13),
        last_at=now() - timedelta(hours=12),
        pack="cn-v9@1",
    )


def order(
    who: Resident | None = None,
    *,
    subject: str = "close_contact",
    days_ago: float = 0.5,
    by: Actor = PLAYBOOK,
    about_id: UUID | None = None,
    **unusual: object,
) -> Order:
    """A close contact's order; the last contact was half a day ago."""
    person = who or resident()
    cause = confirmed_contact(person, days_ago=days_ago)
    issued = issue_order(
        by,
        resident_id=person.id,
        area_path=person.area_path,
        subject=subject,
        about_id=about_id or cause.subject_id,
        counted_from=now() - timedelta(days=days_ago),
        because=cause,
        **unusual,  # type: ignore[arg-type]
    )
    assert issued is not None
    return issued


def hold(who: Resident | None = None, *, about_id: UUID | None = None) -> Order:
    person = who or resident()
    held = hold_person(
        PLAYBOOK,
        person.id,
        area_path=person.area_path,
        about_id=about_id or new_id(),
        because=case(person),
    )
    assert held is not None
    return held


def proposal(
    places: list[Area] | None = None,
    *,
    level: str = "high",
    unit: str = "compound",
    about_id: UUID | None = None,
    because: Event | None = None,
    by: Actor = PLAYBOOK,
    reason: str = "",
) -> RiskArea:
    """The compound of a case, proposed as a high-risk area."""
    found = places or estate()
    cause = because or case(resident(at=door(found[0], "102")))
    return propose_risk_area(
        by,
        places=[place.path for place in found],
        unit=unit,
        level=level,
        about_id=about_id or cause.subject_id,
        because=cause,
        reason=reason,
    )


def risk_area(places: list[Area] | None = None, **unusual: object) -> RiskArea:
    """The same, approved."""
    proposed = proposal(places, **unusual)  # type: ignore[arg-type]
    return approve_risk_area(COMMANDER_CHEN, proposed.id)


def negative(who: Resident) -> None:
    """A swab taken an hour ago that is already known to be negative."""
    _tube(who, "negative")


def positive(who: Resident) -> None:
    _tube(who, "positive")


def laboratory(name: str = "城北区疾控中心检验科") -> Site:
    place = people.community()
    return Site.objects.create(
        number=710_000 + next(_serial),
        kind=Site.Kind.LABORATORY,
        name=name,
        area=place,
        area_path=place.path,
    )


def swab(who: Resident) -> Tube:
    """Taken and sealed within the last half hour; no result yet."""
    tube = open_tube(PLAYBOOK, area_path=who.area_path, purpose="order")
    add_swab(PLAYBOOK, tube.id, who.id, taken_at=now() - timedelta(minutes=30))
    return seal_tube(PLAYBOOK, tube.id, sealed_at=now() - timedelta(minutes=20))


def measured(
    tube: Tube,
    finding: str = "negative",
    *,
    by: Site | None = None,
    reagent: str = "",
    ct: str | None = None,
) -> None:
    report_tube_result(
        PLAYBOOK,
        tube.id,
        finding,
        measured_at=now(),
        laboratory_id=by.id if by else None,
        reagent=reagent,
        ct=Decimal(ct) if ct else None,
    )


def _tube(who: Resident, finding: str) -> None:
    tube = open_tube(PLAYBOOK, area_path=who.area_path, purpose="order")
    add_swab(PLAYBOOK, tube.id, who.id, taken_at=now() - timedelta(minutes=30))
    seal_tube(PLAYBOOK, tube.id, sealed_at=now() - timedelta(minutes=20))
    report_tube_result(PLAYBOOK, tube.id, finding, measured_at=now())


def exit_(who: Resident | None = None, *, kind: str = "labour") -> EmergencyExit:
    person = who or resident()
    return leave_for_emergency_care(GATE_GUARD_QIAN, person.id, kind=kind)


def hospital(name: str = "青海红十字医院") -> Site:
    place = people.community()
    return Site.objects.create(
        number=700_000 + next(_serial),
        kind=Site.Kind.HOSPITAL,
        name=name,
        area=place,
        area_path=place.path,
    )
