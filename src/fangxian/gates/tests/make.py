"""Ordinary gates for tests. Each maker gives the most ordinary one; say only what is unusual.

The place is community 1/2/3/4/5/ of district 1/2/3/ under cn-v9 since a week ago.
"""

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from fangxian.areas.models import Area, Site
from fangxian.engines.codes import Claims, Kind, issue
from fangxian.gates.actions import issue_pass, record_scans, set_checkpoint
from fangxian.gates.models import Pass
from fangxian.gates.rules import Answer, ScanRow, VisitRow
from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.people.actions import issue_code
from fangxian.people.codes import texts
from fangxian.people.models import Household, Resident
from fangxian.people.rules import PersonRef
from fangxian.protocol.actions import adopt_pack

DISTRICT = "1/2/3/"
COMMUNITY = "1/2/3/4/5/"
NEXT_COMMUNITY = "1/2/3/4/6/"

_serial = count(1)


def actor(name: str, *duties: Duty, within: str = DISTRICT) -> Actor:
    """With an account, for shifts name one."""
    account = Account.objects.create(
        username=f"{name}{next(_serial)}",
        display_name=name,
        area_path=within,
        duties=[str(duty) for duty in duties],
    )
    return account.actor


def guard(*, within: str = COMMUNITY) -> Actor:
    return actor("钱", Duty.GUARD, within=within)


def community_worker(*, within: str = COMMUNITY) -> Actor:
    return actor("孙", Duty.CARRY_OUT, Duty.SEE_REGISTER, within=within)


def dispatcher() -> Actor:
    return actor("刘", Duty.DISPATCH, Duty.DECIDE_MEASURES)


def investigator() -> Actor:
    return actor("赵", Duty.INVESTIGATE, Duty.SEE_REGISTER)


def places() -> None:
    """District 1/2/3/ with two communities of one subdistrict; cn-v9 since a week ago."""
    if Area.objects.exists():
        return
    parent = None
    path = ""
    for level, number, name, code in (
        ("province", 1, "青海省", "63"),
        ("city", 2, "西宁市", "6301"),
        ("district", 3, "城北区", "630105"),
        ("subdistrict", 4, "朝阳街道", "630105001"),
    ):
        path += f"{number}/"
        parent = Area.objects.create(
            number=number, level=level, name=name, path=path, parent=parent, code=code
        )
    for number, name in ((5, "朝阳社区"), (6, "山川社区")):
        Area.objects.create(
            number=number, level="community", name=name, path=f"{path}{number}/", parent=parent
        )
    rules_in_force()


def rules_in_force(pack: str = "cn-v9", *, days: int = 7) -> None:
    adopt_pack(
        PLAYBOOK,
        pack,
        area_path=DISTRICT,
        from_at=now() - timedelta(days=days),
        reason="outbreak of 2 September",
    )


def site(kind: str, name: str, *, area_path: str = COMMUNITY) -> Site:
    places()
    return Site.objects.create(
        number=next(_serial),
        kind=kind,
        name=name,
        area=Area.objects.get(path=area_path),
        area_path=area_path,
    )


def gate(*demands: str, area_path: str = COMMUNITY, name: str = "祥和家园东门") -> Site:
    """A checkpoint that asks for nothing but who one is."""
    made = site(Site.Kind.CHECKPOINT, name, area_path=area_path)
    if demands:
        set_checkpoint(PLAYBOOK, made.id, demands=demands)
    return made


def venue(name: str = "小桥超市", *, area_path: str = COMMUNITY) -> Site:
    return site(Site.Kind.VENUE, name, area_path=area_path)


def resident(*, area_path: str = COMMUNITY, household: Household | None = None) -> Resident:
    places()
    return Resident.objects.create(
        number=next(_serial),
        name="王建国",
        name_index=bytes(16),
        area_path=area_path,
        household=household,
    )


def household(people: int = 2) -> list[Resident]:
    places()
    home = Household.objects.create(dwelling=Area.objects.get(path=COMMUNITY), area_path=COMMUNITY)
    return [resident(household=home) for _one in range(people)]


def code_of(person: Resident) -> str:
    """The signed text that the person shows."""
    issued = issue_code(PLAYBOOK, person.id)
    return next(iter(texts([issued]).values()))


def shown(person: Resident) -> PersonRef:
    return PersonRef(code=code_of(person))


def listed(person: Resident) -> PersonRef:
    return PersonRef(resident=person.id)


def entry_exit_pass(person: Resident, **unusual: Any) -> Pass:
    """For the person's household, a week long."""
    known: dict[str, Any] = {
        "kind": "entry_exit",
        "area_path": COMMUNITY,
        "valid_from": now() - timedelta(days=3),
        "valid_to": now() + timedelta(days=7),
        "resident_id": person.id,
    }
    return issue_pass(PLAYBOOK, **{**known, **unusual})


def pass_text(held: Pass, *, expires_at: datetime | None = None) -> str:
    claims = Claims(
        kind=Kind.PASS,
        district="630105",
        subject=held.number,
        issued_at=held.issued_at,
        not_before=held.valid_from,
        expires_at=expires_at or held.valid_to,
    )
    return issue(claims, signing.signer("code"))


def scan(gate: Site, by: Actor, person: PersonRef | None = None, **unusual: Any) -> ScanRow:
    """Somebody goes out just now, and the guard lets them pass."""
    known: dict[str, Any] = {
        "id": new_id(),
        "by": by,
        "at": now(),
        "site": gate.id,
        "direction": "out",
        "verdict": "pass",
        "rule": "all_met",
        "shown": "code" if person and person.code else "list",
        "person": person,
    }
    return ScanRow(**{**known, **unusual})


def scanned(gate: Site, by: Actor, person: PersonRef | None = None, **unusual: Any) -> Answer:
    return record_scans(by, [scan(gate, by, person, **unusual)])[0]


def visit(venue: Site, by: Actor, person: PersonRef, **unusual: Any) -> VisitRow:
    """The staff scanned the visitor's code."""
    known: dict[str, Any] = {
        "id": new_id(),
        "by": by,
        "at": now(),
        "site": venue.id,
        "person": person,
        "evidence": "attended_scan",
    }
    return VisitRow(**{**known, **unusual})


def unknown_id() -> UUID:
    return new_id()
