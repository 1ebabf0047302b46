"""Codes that people carry, and whom a code, a card or a list means. Set by set."""

import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from fangxian.areas.models import Area
from fangxian.areas.rules import paths_to
from fangxian.engines.codes import PSEUDONYM, BadCode, Claims, Kind, issue, read
from fangxian.kernel import signing
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import Refusal
from fangxian.kernel.ids import ALPHABET, code, read_code
from fangxian.kernel.vault import blind_indexes
from fangxian.people import errors, records, rules
from fangxian.people.models import PersonalCode, Resident
from fangxian.people.rules import PersonRef
from fangxian.protocol.queries import in_force

SPOKEN = "C"
MOST_CARDS = 1_000
"""Cards in one file: a large building, ten seconds to make, 125 sheets of paper."""
_LIMIT = "code.person_valid"
_SPOKEN_NUMBERS = len(ALPHABET) ** 6

_TROUBLE = {"expired": errors.CodeExpired.code, "not_yet_valid": errors.CodeNotYetValid.code}


class Resolved(NamedTuple):
    """Whom a reference means. `trouble` is the code of a refusal, "" if there is none.

    A person is named with the trouble where a good signature tells who they are: somebody whose
    code expired is still somebody, and what was done is not lost.
    """

    resident_id: UUID | None
    area_path: str
    trouble: str = ""


_NOBODY = Resolved(None, "", errors.PersonUnknown.code)
_FORGED = Resolved(None, "", "code_forged")


# Reading


def resolve(refs: Sequence[PersonRef], moments: Sequence[datetime]) -> list[Resolved]:
    """Whom each reference means, as it was at its moment; in the order asked. Four statements."""
    shown = _Shown(refs, moments)
    by_code = _by_pseudonym(shown.pseudonyms(), shown.spoken())
    by_entry = _by_entry([ref.provisional for ref in refs if ref.provisional])
    by_id = _by_id([ref.resident for ref in refs if ref.resident is not None])
    numbers = list({ref.identity for ref in refs if ref.identity})
    indexes = dict(zip(numbers, blind_indexes("identity", numbers), strict=True))
    by_index = _by_identity(indexes.values())

    def one(at: int, ref: PersonRef) -> Resolved:
        if ref.code:
            return shown.person(at, by_code)
        if ref.resident:
            return _found(by_id.get(ref.resident.int))
        known = by_entry.get(ref.provisional) if ref.provisional else None
        if known is None and ref.identity:
            known = by_index.get(indexes[ref.identity])
        if known:
            return Resolved(*known)
        return _NOBODY if (fault := fault_of(ref)) is None else Resolved(None, "", fault)

    return [one(at, ref) for at, ref in enumerate(refs)]


def fault_of(ref: PersonRef) -> str | None:
    """The code of the refusal with which the register would not take this person in."""
    if ref.provisional is None:
        fault = rules.identity_fault(ref.identity, on=today(), kind=ref.type, synthetic=True)
        return errors.IdentityWrong.code if fault else None
    try:
        records.normal(said_by(ref), synthetic=True)
    except Refusal as refusal:
        return refusal.code
    return None


def said_by(ref: "PersonRef | rules.Provisional") -> records.Particulars:
    return records.Particulars(
        name=ref.name,
        identity=ref.identity,
        identity_type=ref.type,
        phone=ref.phone,
        birth_date=ref.born,
    )


Place = tuple[UUID, str]


class _Shown:
    """The codes among some references, read once each."""

    def __init__(self, refs: Sequence[PersonRef], moments: Sequence[datetime]) -> None:
        self.moments = moments
        self.read: dict[int, Claims | int | None] = {}
        self.trouble: dict[int, str] = {}
        asked = {at: ref.code for at, ref in enumerate(refs) if ref.code}
        trust = signing.trust_list() if asked else None
        for at, text in asked.items():
            spoken = read_code(SPOKEN, text)
            if spoken is not None or trust is None:
                self.read[at] = spoken
                continue
            try:
                self.read[at] = read(text, trust, moments[at], kinds=[Kind.PERSON])
            except BadCode as bad:
                self.read[at] = bad.claims
                self.trouble[at] = _TROUBLE.get(bad.trouble, "code_forged")

    def pseudonyms(self) -> list[bytes]:
        return [_bytes(said.subject) for said in self.read.values() if isinstance(said, Claims)]

    def spoken(self) -> list[int]:
        return [said for said in self.read.values() if isinstance(said, int)]

    def person(self, at: int, known: "Mapping[bytes | int, _Row]") -> Resolved:
        said = self.read[at]
        if said is None:
            return _FORGED
        row = known.get(_bytes(said.subject) if isinstance(said, Claims) else said)
        if row is None:
            # Signed by us and not in our register: another district's, or taken out since.
            return _NOBODY
        trouble = self.trouble.get(at, "")
        if row.revoked_at and row.revoked_at <= self.moments[at]:
            trouble = errors.CodeRevoked.code
        elif isinstance(said, int) and row.expires_at < self.moments[at]:
            trouble = errors.CodeExpired.code
        return Resolved(row.resident_id, row.area_path, trouble)


@dataclass(frozen=True, slots=True)
class _Row:
    resident_id: UUID
    area_path: str
    revoked_at: datetime | None
    expires_at: datetime


_KEPT = (
    " JOIN people_resident AS asked ON asked.id = {}"
    " LEFT JOIN people_resident AS kept ON kept.id = asked.merged_into_id"
)
_PLACE = "coalesce(kept.id, asked.id), coalesce(kept.area_path, asked.area_path)"


def _by_pseudonym(pseudonyms: Sequence[bytes], spoken: Sequence[int]) -> dict[bytes | int, _Row]:
    if not pseudonyms and not spoken:
        return {}
    rows = _rows(
        f"SELECT c.pseudonym, c.spoken, {_PLACE}, c.revoked_at, c.expires_at"
        f" FROM people_personalcode AS c{_KEPT.format('c.resident_id')}"
        " WHERE c.pseudonym = ANY(%s) OR c.spoken = ANY(%s)",
        [list(pseudonyms), list(spoken)],
    )
    found: dict[bytes | int, _Row] = {}
    for pseudonym, number, *place in rows:
        found[bytes(pseudonym)] = found[number] = _Row(*place)
    return found


def _by_entry(ids: Sequence[UUID]) -> dict[UUID, Place]:
    if not ids:
        return {}
    rows = _rows(
        f"SELECT e.id, {_PLACE} FROM people_provisionalentry AS e"
        f"{_KEPT.format('e.resident_id')} WHERE e.id = ANY(%s)",
        [list(ids)],
    )
    return {entry: (who, path) for entry, who, path in rows}


def _by_id(ids: Sequence[UUID]) -> dict[int, Place]:
    """By the number of the id, which is hashed in C; a UUID is in Python."""
    if not ids:
        return {}
    rows = _rows(
        "SELECT asked.id, asked.area_path, kept.id, kept.area_path FROM people_resident AS asked"
        " LEFT JOIN people_resident AS kept ON kept.id = asked.merged_into_id"
        " WHERE asked.id = ANY(%s::uuid[])",
        ["{" + ",".join([one.hex for one in ids]) + "}"],
    )
    return {
        asked.int: (asked, path) if kept is None else (kept, kept_path)
        for asked, path, kept, kept_path in rows
    }


def _by_identity(indexes: Iterable[bytes]) -> dict[bytes, Place]:
    wanted = list(indexes)
    if not wanted:
        return {}
    rows = _rows(
        "SELECT identity_index, id, area_path FROM people_resident WHERE identity_index = ANY(%s)",
        [wanted],
    )
    return {bytes(index): (who, path) for index, who, path in rows}


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _found(place: Place | None) -> Resolved:
    return Resolved(*place) if place else _NOBODY


def _bytes(subject: object) -> bytes:
    return subject if isinstance(subject, bytes) else b""


def named(text: str) -> UUID | None:
    """Whose code this is, good or not: a signed text, or the spoken number. One statement."""
    if not text.startswith("FX1:") and read_code(SPOKEN, text) is None:
        return None
    return resolve([PersonRef(code=text)], [now()])[0].resident_id


# Issuing


def validity(area_path: str) -> tuple[str, datetime]:
    """By which rules, and until when, a code issued now is good."""
    pack = in_force(now(), area_path)
    span = pack.time_limits.get(_LIMIT)
    if span is None:
        raise errors.NoValidity(pack.stamp)
    return pack.stamp, now() + min(span.length, signing.OVERLAP)


def still_good(resident_ids: Iterable[UUID], way: str, until: datetime) -> dict[UUID, PersonalCode]:
    """The codes of this way that are worth giving out again: half of their time is left."""
    half = now() + (until - now()) / 2
    rows = PersonalCode.objects.filter(
        resident__in=list(resident_ids), way=way, revoked_at=None, expires_at__gte=half
    )
    return {row.resident_id: row for row in rows.order_by("expires_at", "id")}


def drawn(resident: Resident, way: str, pack: str, until: datetime) -> PersonalCode:
    """A new code for somebody, not yet saved."""
    return PersonalCode(
        resident=resident,
        pseudonym=os.urandom(PSEUDONYM),
        spoken=secrets.randbelow(_SPOKEN_NUMBERS),
        way=way,
        issued_at=now(),
        expires_at=until,
        pack=pack,
    )


def save_drawn(codes: Sequence[PersonalCode]) -> None:
    """Save new codes; one whose spoken number was drawn before is drawn again."""
    numbers = [row.spoken for row in codes]
    taken = set(PersonalCode.objects.filter(spoken__in=numbers).values_list("spoken", flat=True))
    for row in codes:
        while row.spoken in taken:
            row.spoken = secrets.randbelow(_SPOKEN_NUMBERS)
        taken.add(row.spoken)
    PersonalCode.objects.bulk_create(codes, batch_size=1000)


def spoken(personal: PersonalCode) -> str:
    """As it is read out: “C7K2 M9Q4”, in two groups."""
    signs = code(SPOKEN, personal.spoken)
    return f"{signs[:4]} {signs[4:]}"


def texts(codes: Sequence[PersonalCode]) -> dict[UUID, str]:
    """The signed text of each, made now. The codes come with their residents."""
    key = signing.signer("code")
    districts: dict[str, str] = {}
    found = {}
    for row in codes:
        path = row.resident.area_path
        top = "/".join(path.split("/")[:3])
        if top not in districts:
            districts[top] = district_code(path)
        claims = Claims(
            kind=Kind.PERSON,
            district=districts[top],
            subject=bytes(row.pseudonym),
            initials=rules.initials(row.resident.name.reveal()),
            issued_at=row.issued_at,
            not_before=row.issued_at,
            expires_at=row.expires_at,
        )
        found[row.id] = issue(claims, key)
    return found


def district_code(area_path: str) -> str:
    """Six digits of the division that issues for a place."""
    above = Area.objects.filter(path__in=paths_to(area_path), level=Area.Level.DISTRICT).first()
    return above.code[:6] if above else ""
