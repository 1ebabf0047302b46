"""Who the people of a list are: known residents, or people nobody has met yet.

The same person from three lists is one person: by identity number, otherwise by name and phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.vault import blind_indexes
from fangxian.people.actions import register_provisional
from fangxian.people.queries import homes_of, named_with_phone, resolve
from fangxian.people.rules import (
    RESIDENT_CARD,
    PersonRef,
    Provisional,
    normal_identity,
    normal_name,
    normal_phone,
)
from fangxian.screening import rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a line or a form says of who somebody is.

    area_path   where they live, as exactly as that is known
    """

    name: str
    identity: str = ""
    identity_type: str = RESIDENT_CARD
    phone: str = ""
    born: date | None = None
    area_path: str


Who = tuple[UUID, str]
"""A resident and where they live."""


def identify(people: Sequence[Particulars], *, at: datetime) -> list[Who | None]:
    """The resident behind each; None where the register would not take them in.

    Whoever is unknown becomes a provisional resident of the place where they live, and is offered
    for matching; the same on every list. The register does not say who was known already.
    """
    if not people:
        return []
    known = _by_identity(people)
    known |= _by_name_and_phone(people, [i for i in range(len(people)) if i not in known])
    unknown = [i for i in range(len(people)) if i not in known]
    ids = _provisional_ids([people[i] for i in unknown])
    fresh = {
        i: Provisional(
            id=one,
            name=people[i].name,
            area_path=people[i].area_path,
            met_at=at,
            kind="other",
            born=people[i].born,
            phone=people[i].phone,
            identity=normal_identity(people[i].identity),
            type=people[i].identity_type,
        )
        for i, one in zip(unknown, ids, strict=True)
    }
    residents = register_provisional(PLAYBOOK, list(fresh.values())) if fresh else {}
    homes = homes_of(PLAYBOOK, residents.values())
    found: list[Who | None] = []
    for i in range(len(people)):
        resident = residents.get(fresh[i].id) if i in fresh else None
        found.append(known.get(i) or (resident and (resident, homes[resident])) or None)
    return found


def _by_identity(people: Sequence[Particulars]) -> dict[int, Who]:
    having = [i for i, one in enumerate(people) if one.identity]
    refs = [
        PersonRef(identity=normal_identity(people[i].identity), type=people[i].identity_type)
        for i in having
    ]
    found = resolve(PLAYBOOK, refs) if refs else []
    return {
        i: (one.resident_id, one.area_path)
        for i, one in zip(having, found, strict=True)
        if one.resident_id
    }


def _by_name_and_phone(people: Sequence[Particulars], among: Sequence[int]) -> dict[int, Who]:
    """Only where no identity number is said: two numbers are two people."""
    asked = [i for i in among if people[i].phone and not people[i].identity]
    pairs = [(people[i].name, people[i].phone) for i in asked]
    found = named_with_phone(PLAYBOOK, pairs) if pairs else []
    return {i: who for i, who in zip(asked, found, strict=True) if who}


def _provisional_ids(people: Sequence[Particulars]) -> list[UUID]:
    """Of the identity number where there is one, otherwise of name and phone."""
    keys = [
        normal_identity(one.identity) or f"{normal_name(one.name)}|{normal_phone(one.phone)}"
        for one in people
    ]
    return [rules.provisional_id(index) for index in blind_indexes("screened", keys)]
