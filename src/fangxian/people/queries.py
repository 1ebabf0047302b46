"""What the register can be asked. The viewer comes first; names stay masked.

A merged record is followed to the one that was kept, so ids held elsewhere stay good.
"""

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.areas.queries import names_of
from fangxian.areas.rules import paths_to
from fangxian.engines.codes import sets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotFound
from fangxian.kernel.models import Account, Event
from fangxian.kernel.vault import Secret, blind_index, blind_indexes
from fangxian.people import codes, rules
from fangxian.people.codes import Resolved
from fangxian.people.errors import ExportIsGone
from fangxian.people.models import (
    Consent,
    DuplicateOffer,
    ExportRun,
    Household,
    ImportRun,
    Need,
    PersonalCode,
    Proxy,
    Resident,
    Stay,
)
from fangxian.people.rules import PersonRef

_READERS = frozenset({Duty.SEE_REGISTER, Duty.KEEP_REGISTER})
# Whoever has the card or the phone number before them may look up whose it is.
_SEARCHERS = _READERS | {Duty.COLLECT_SAMPLES, Duty.GUARD, Duty.INVESTIGATE, Duty.UNMASK}


@dataclass(frozen=True, slots=True)
class Brief:
    """What lists of other rooms show of a person. `name` is masked; `age` None if unknown."""

    id: UUID
    number: int
    name: str
    age: int | None
    sex: str
    area_path: str


@dataclass(frozen=True, slots=True)
class Look:
    """One time that somebody looked at a person, or gave out a code of theirs."""

    at: datetime
    reader: str
    post: str
    what: str
    fields: tuple[str, ...]
    purpose: str
    event_id: UUID

    @property
    def said(self) -> str:
        """`what` for a reader."""
        return {
            "opened": _("opened the record"),
            "unmasked": _("read in plain text"),
            "code_issued": _("issued a code"),
            "code_shown": _("gave a code out again"),
        }.get(self.what, self.what)


# Residents


def residents_visible_to(viewer: Actor) -> QuerySet[Resident]:
    """Everybody in the viewer's area, merged records left out. No order."""
    return Resident.objects.filter(area_path__startswith=viewer.within, merged_into=None)


def living(viewer: Actor) -> QuerySet[Resident]:
    """Everybody of whom something may be asked: the same without the dead. No order."""
    return residents_visible_to(viewer).filter(died_on=None)


def dead_among(viewer: Actor, ids: Iterable[UUID]) -> set[UUID]:
    """Who of these has died, as the register knows."""
    rows = residents_visible_to(viewer).filter(id__in=list(ids), died_on__isnull=False)
    return set(rows.values_list("id", flat=True))


def get_resident(viewer: Actor, resident_id: UUID, *, for_change: bool = False) -> Resident:
    """The resident with this id, or the one that it was merged into."""
    rows = Resident.objects.filter(Q(area_path__startswith=viewer.within) | Q(area_path=""))
    if for_change:
        rows = rows.select_for_update()
    found = rows.filter(id=resident_id).first()
    if found and found.merged_into_id:
        found = rows.filter(id=found.merged_into_id).first()
    if found is None:
        raise NotFound(_("resident"))
    return found


def residents_in(viewer: Actor, area_path: str | Sequence[str]) -> QuerySet[Resident]:
    """Everybody who stays in an area, or in one of several, in the order of the doors."""
    _must_read(viewer)
    return living(viewer).filter(_within(area_path)).order_by("area_path", "id")


def residents_matching(
    viewer: Actor,
    *,
    area_path: str = "",
    need: str = "",
    ages: tuple[int, int | None] | None = None,
    search: str = "",
    provisional: bool = False,
) -> QuerySet[Resident]:
    """The list of residents, narrowed, in the order of the doors.

    provisional   only who was met and is not registered yet
    search        the whole of a name, identity number, phone or code; parts cannot be looked up,
                  for only blind indexes are kept
    """
    _must_read(viewer)
    rows = residents_visible_to(viewer).filter(area_path__startswith=area_path)
    if provisional:
        rows = rows.filter(provisional=True)
    if need:
        rows = rows.filter(Exists(_open_needs().filter(resident=OuterRef("id"), kind=need)))
    if ages:
        first, last = rules.born_between(ages, today())
        rows = rows.filter(birth_date__lte=last)
        if first:
            rows = rows.filter(birth_date__gte=first)
    # Who has died is on no list, but found when somebody asks for them.
    rows = rows.filter(_is_exactly(search)) if search.strip() else rows.filter(died_on=None)
    return rows.order_by("area_path", "id")


def by_identity(viewer: Actor, identity: str) -> Resident | None:
    _must_search(viewer)
    index = blind_index("identity", rules.normal_identity(identity))
    return residents_visible_to(viewer).filter(identity_index=index).first()


def by_phone(viewer: Actor, phone: str) -> QuerySet[Resident]:
    _must_search(viewer)
    index = blind_index("phone", rules.normal_phone(phone))
    return residents_visible_to(viewer).filter(phone_index=index).order_by("area_path", "id")


def by_name(viewer: Actor, name: str) -> QuerySet[Resident]:
    """Everybody of exactly this name."""
    _must_search(viewer)
    index = blind_index("name", rules.normal_name(name))
    return residents_visible_to(viewer).filter(name_index=index).order_by("area_path", "id")


def named_with_phone(
    viewer: Actor, pairs: Sequence[tuple[str, str]]
) -> list[tuple[UUID, str] | None]:
    """The one resident with each name and phone, and where they stay; None where nobody or several
    have both. In the order asked, one statement.
    """
    _must_search(viewer)
    names = blind_indexes("name", [rules.normal_name(name) for name, _phone in pairs])
    phones = blind_indexes("phone", [rules.normal_phone(phone) for _name, phone in pairs])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.at, min(r.id::text), min(r.area_path)"
            " FROM unnest(%s::bytea[], %s::bytea[]) WITH ORDINALITY AS asked(name, phone, at)"
            " JOIN people_resident AS r ON r.phone_index = asked.phone"
            " AND r.name_index = asked.name AND r.merged_into_id IS NULL"
            " AND starts_with(r.area_path, %s) GROUP BY 1 HAVING count(*) = 1",
            [names, phones, viewer.within],
        )
        found = {at: (UUID(one), path) for at, one, path in cursor.fetchall()}
    return [found.get(at) for at in range(1, len(pairs) + 1)]


def phones_of(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, Secret]:
    """The phone of each who has one, sealed. To be opened only by a verb that sends something
    there and records that it did. One statement.
    """
    _must_search(viewer)
    rows = residents_visible_to(viewer).filter(id__in=list(ids), phone__isnull=False)
    return {one: phone for one, phone in rows.values_list("id", "phone") if phone}  # type: ignore[misc]


def resolve(
    viewer: Actor, refs: Sequence[PersonRef], *, at: Sequence[datetime] | None = None
) -> list[Resolved]:
    """Whom each reference of a phone means, in the order asked; a handful of statements.

    Found anywhere in the register, for whoever holds somebody's code or card, or the id of a task,
    has the person before them; nothing of them is revealed, not even a name. What was never taken
    in is "person_unknown": then `actions.register_provisional`.

    at   when each was seen, for a phone may tell days later; otherwise now
    """
    _must_search(viewer)
    return codes.resolve(refs, at or [now()] * len(refs))


def set_keys(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, list[bytes]]:
    """What a gate or a table can recognise each of these by, as `engines.codes.sets` hashes it.

    Holds identity numbers in plain text: hash at once, keep nothing. Two statements.
    """
    _must_search(viewer)
    keys: dict[UUID, list[bytes]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.id, kept.id, kept.identity FROM people_resident AS asked"
            " JOIN people_resident AS kept ON kept.id = coalesce(asked.merged_into_id, asked.id)"
            " WHERE asked.id = ANY(%s) AND starts_with(kept.area_path, %s)",
            [list(ids), viewer.within],
        )
        people = cursor.fetchall()
    for _one, kept, identity in people:
        plain = Secret("identity", bytes(identity)).reveal() if identity else ""
        keys[kept] = [sets.identity_key(plain)] if plain else []
    good = PersonalCode.objects.filter(
        resident__in=list(keys), revoked_at=None, expires_at__gt=now()
    )
    for kept, pseudonym in good.values_list("resident", "pseudonym"):
        keys[kept].append(sets.person_key(bytes(pseudonym)))
    return {one: keys[kept] for one, kept, _identity in people}


def by_code(viewer: Actor, text: str) -> Resident | None:
    """Whose code this is, signed text or spoken number, if they are in the viewer's area."""
    _must_search(viewer)
    found = codes.named(text.strip())
    return residents_visible_to(viewer).filter(id=found).first() if found else None


def codes_of(viewer: Actor, resident_id: UUID) -> QuerySet[PersonalCode]:
    """Latest first."""
    resident = get_resident(viewer, resident_id)
    return resident.codes.order_by("-issued_at", "-id")


def get_code(viewer: Actor, code_id: UUID, *, for_change: bool = False) -> PersonalCode:
    rows = PersonalCode.objects.filter(resident__area_path__startswith=viewer.within)
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.select_related("resident").filter(id=code_id).first()
    if found is None:
        raise NotFound(_("code"))
    return found


def initials_of(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, str]:
    """What is compared with a card: family name and number of signs. One statement."""
    rows = residents_visible_to(viewer).filter(id__in=list(ids)).values_list("id", "name")
    return {one: rules.initials(_plain(name)) for one, name in rows}


def initials_by_household(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The same for everybody of some households, eldest first. One statement."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = residents_visible_to(viewer).filter(household__in=list(ids))
    for home, name in rows.order_by("birth_date", "number").values_list("household", "name"):
        found[home].append(rules.initials(_plain(name)))
    return dict(found)


def by_numbers(viewer: Actor, numbers: Iterable[int]) -> dict[int, tuple[UUID, str]]:
    """Id and area path by the short number; numbers outside the viewer's area are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.number, coalesce(kept.id, asked.id),"
            " coalesce(kept.area_path, asked.area_path)"
            " FROM people_resident AS asked"
            " LEFT JOIN people_resident AS kept ON kept.id = asked.merged_into_id"
            " WHERE asked.number = ANY(%s)"
            " AND starts_with(coalesce(kept.area_path, asked.area_path), %s)",
            [list(numbers), viewer.within],
        )
        return {number: (identity, path) for number, identity, path in cursor.fetchall()}


def merged_numbers(viewer: Actor) -> dict[int, int]:
    """The short number of every merged record, and that of the one kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.number, kept.number FROM people_resident AS asked"
            " JOIN people_resident AS kept ON kept.id = asked.merged_into_id"
            " WHERE starts_with(kept.area_path, %s)",
            [viewer.within],
        )
        return dict(cursor.fetchall())


def numbers_of(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, int]:
    """The short number by id; of a merged record, that of the one kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.id, coalesce(kept.number, asked.number) FROM people_resident AS asked"
            " LEFT JOIN people_resident AS kept ON kept.id = asked.merged_into_id"
            " WHERE asked.id = ANY(%s::uuid[])"
            " AND starts_with(coalesce(kept.area_path, asked.area_path), %s)",
            ["{" + ",".join([one.hex for one in ids]) + "}", viewer.within],
        )
        return dict(cursor.fetchall())


def homes_of(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Area path of where each of them really stays now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.id, coalesce(kept.area_path, asked.area_path) AS path"
            " FROM people_resident AS asked"
            " LEFT JOIN people_resident AS kept ON kept.id = asked.merged_into_id"
            " WHERE asked.id = ANY(%s)"
            " AND starts_with(coalesce(kept.area_path, asked.area_path), %s)",
            [list(ids), viewer.within],
        )
        return dict(cursor.fetchall())


def brief(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, Brief]:
    """A masked line about each person, by the id that was asked for. Two statements at most."""
    day = today()
    asked = Resident.objects.in_bulk(set(ids))
    merged = {row.merged_into_id for row in asked.values() if row.merged_into_id}
    kept = Resident.objects.in_bulk(merged) if merged else {}
    rows = {
        one: kept[row.merged_into_id] if row.merged_into_id else row for one, row in asked.items()
    }
    return {one: _brief(row, day) for one, row in rows.items() if viewer.sees(row.area_path)}


def population(viewer: Actor, paths: Iterable[str]) -> dict[str, int]:
    """How many stay in each of these areas. One statement, counted from the index."""
    wanted = [path for path in dict.fromkeys(paths) if viewer.sees(path)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.path, (SELECT count(*) FROM people_resident"
            " WHERE area_path >= asked.path AND area_path < asked.path || '~')"
            ' FROM unnest(%s::text[] COLLATE "C") AS asked(path)',
            [wanted],
        )
        return dict(cursor.fetchall())


# What belongs to a resident


def household_of(viewer: Actor, resident_id: UUID) -> list[Resident]:
    """The other people of the resident's household, eldest first; empty if alone."""
    resident = get_resident(viewer, resident_id)
    if resident.household_id is None:
        return []
    return list(
        residents_visible_to(viewer)
        .filter(household=resident.household_id)
        .exclude(id=resident.id)
        .order_by("birth_date", "number")
    )


def households_at(viewer: Actor, area_path: str) -> QuerySet[Household]:
    return Household.objects.filter(
        Q(area_path__startswith=viewer.within), area_path__startswith=area_path
    ).order_by("area_path", "id")


def needs_of(viewer: Actor, resident_id: UUID) -> QuerySet[Need]:
    """Open needs first, then those that have ended."""
    resident = get_resident(viewer, resident_id)
    return resident.needs.order_by(F("until").desc(nulls_first=True), "kind", "id")


def needs_by_resident(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The kinds of open needs of several people. One statement."""
    needs: dict[UUID, list[str]] = defaultdict(list)
    rows = _open_needs().filter(
        resident__in=list(ids), resident__area_path__startswith=viewer.within
    )
    for resident_id, kind in rows.order_by("kind").values_list("resident", "kind"):
        needs[resident_id].append(kind)
    return dict(needs)


def with_need(viewer: Actor, area_path: str, kind: str) -> QuerySet[Resident]:
    """Everybody in an area who has this need now, in the order of the doors."""
    return residents_matching(viewer, area_path=area_path, need=kind)


def stays_of(viewer: Actor, resident_id: UUID) -> QuerySet[Stay]:
    """Latest first."""
    resident = get_resident(viewer, resident_id)
    return resident.stays.select_related("dwelling").order_by("-since", "-id")


def consents_of(viewer: Actor, resident_id: UUID) -> QuerySet[Consent]:
    return get_resident(viewer, resident_id).consents.order_by("-given_at", "-id")


def proxies_of(viewer: Actor, resident_id: UUID) -> QuerySet[Proxy]:
    """Who acts for this resident now."""
    resident = get_resident(viewer, resident_id)
    return resident.proxies.filter(until=None).select_related("acts").order_by("since", "id")


def acts_for(viewer: Actor, resident_id: UUID) -> QuerySet[Proxy]:
    """For whom this resident acts now, as far as the viewer sees them."""
    resident = get_resident(viewer, resident_id)
    return (
        resident.acts_for.filter(until=None, resident__area_path__startswith=viewer.within)
        .select_related("resident")
        .order_by("since", "id")
    )


def who_looked_at(viewer: Actor, resident_id: UUID) -> list[Look]:
    """Every time somebody opened the person or unmasked something, newest first.

    For those who audit or command; the person may ask them.
    """
    if Duty.AUDIT not in viewer.duties:
        viewer.must(Duty.COMMAND)
    resident = get_resident(viewer, resident_id)
    subjects = [resident.id, *resident.merged.values_list("id", flat=True)]
    events = list(Event.objects.filter(subject_id__in=subjects, kind__in=_LOOKS).order_by("-seq"))
    readers = Account.objects.in_bulk({event.actor_id for event in events})
    return [_look(event, readers) for event in events]


# What waits for a decision, and lists that were taken in


_LOOKS = [
    "people.person_opened",
    "people.person_unmasked",
    "people.code_issued",
    "people.code_shown",
]


def duplicates_to_decide(viewer: Actor) -> QuerySet[DuplicateOffer]:
    _must_read(viewer)
    return (
        DuplicateOffer.objects.filter(state="open", area_path__startswith=viewer.within)
        .select_related("one", "other")
        .order_by("area_path", "id")
    )


def get_duplicate(viewer: Actor, offer_id: UUID, *, for_change: bool = False) -> DuplicateOffer:
    rows = DuplicateOffer.objects.filter(area_path__startswith=viewer.within)
    if for_change:
        rows = rows.select_for_update()
    found = rows.filter(id=offer_id).first()
    if found is None:
        raise NotFound(_("pair of records"))
    return found


def imports_visible_to(viewer: Actor) -> QuerySet[ImportRun]:
    """Newest first, without the files."""
    return (
        ImportRun.objects.filter(area_path__startswith=viewer.within)
        .defer("upload", "errors")
        .order_by("-id")
    )


def get_import(viewer: Actor, run_id: UUID) -> ImportRun:
    viewer.must(Duty.KEEP_REGISTER)
    found = imports_visible_to(viewer).filter(id=run_id).first()
    if found is None:
        raise NotFound(_("import"))
    return found


def exports_of(viewer: Actor) -> QuerySet[ExportRun]:
    """What the viewer asked to take away, newest first, without the files."""
    return ExportRun.objects.filter(account=viewer.id).defer("file").order_by("-id")


def get_export(viewer: Actor, run_id: UUID) -> ExportRun:
    found = exports_of(viewer).filter(id=run_id).first()
    if found is None:
        raise NotFound(_("export"))
    return found


def exported_list(viewer: Actor, run_id: UUID) -> bytes:
    """The .xlsx that was written, for who asked for it, until it expires."""
    run = get_export(viewer, run_id)
    if run.expires_at is None or run.expires_at <= now() or run.file is None:
        raise ExportIsGone
    return base64.b64decode(run.file.reveal())


def places(viewer: Actor, paths: Iterable[str]) -> dict[str, str]:
    """Where each path is, in words; of what lies outside the viewer's area only the community."""
    wanted = {path for path in paths if path}
    hidden = {path for path in wanted if not viewer.sees(path)}
    steps = {step for path in hidden for step in paths_to(path)}
    communities = set(
        Area.objects.filter(path__in=steps, level=Area.Level.COMMUNITY).values_list(
            "path", flat=True
        )
    )
    said = {
        path: next((step for step in paths_to(path) if step in communities), paths_to(path)[0])
        if path in hidden
        else path
        for path in wanted
    }
    names = names_of(viewer, said.values())
    return {path: names[step] for path, step in said.items()}


def _look(event: Event, readers: Mapping[UUID, Account]) -> Look:
    reader = readers.get(event.actor_id)
    return Look(
        at=event.at,
        reader=reader.display_name if reader else _("the system"),
        post=reader.post if reader else "",
        what=event.kind.removeprefix("people.").removeprefix("person_"),
        fields=tuple(event.facts.get("fields", [])),
        purpose=event.facts.get("purpose", ""),
        event_id=event.id,
    )


def _brief(resident: Resident, day: date) -> Brief:
    return Brief(
        id=resident.id,
        number=resident.number,
        name=str(resident.name),
        age=rules.age_at(resident.birth_date, day) if resident.birth_date else None,
        sex=resident.sex,
        area_path=resident.area_path,
    )


def _open_needs() -> QuerySet[Need]:
    return Need.objects.filter(until=None)


def _within(area_path: str | Sequence[str]) -> Q:
    paths = [area_path] if isinstance(area_path, str) else list(area_path)
    condition = Q(id__in=[])
    for path in paths:
        condition |= Q(area_path__startswith=path)
    return condition


def _is_exactly(search: str) -> Q:
    if named := codes.named(search.strip()):
        return Q(id=named)
    return (
        Q(name_index=blind_index("name", rules.normal_name(search)))
        | Q(identity_index=blind_index("identity", rules.normal_identity(search)))
        | Q(phone_index=blind_index("phone", rules.normal_phone(search)))
    )


def _plain(sealed: object) -> str:
    assert isinstance(sealed, Secret)  # noqa: S101 - as the field gives it
    return sealed.reveal()


def _must_read(viewer: Actor) -> None:
    if not viewer.duties & _READERS:
        viewer.must(Duty.SEE_REGISTER)


def _must_search(viewer: Actor) -> None:
    if not viewer.duties & _SEARCHERS:
        viewer.must(Duty.SEE_REGISTER)
