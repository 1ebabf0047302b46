from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_of_level
from fangxian.areas.rules import paths_to
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.responsibility import rules
from fangxian.responsibility.errors import NoSuchKeyPerson, NoSuchResponsibility
from fangxian.responsibility.models import KeyPerson, Responsibility
from fangxian.workforce.queries import members_visible_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Somebody who answers for a place now.

    away     nobody stands in for them and they are not at work; told only if there is nobody else
    acting   they stand in for somebody
    """

    id: UUID
    role: str
    role_words: str
    member_id: UUID
    name: str
    duty_phone: str
    organisation: str
    area_path: str
    account_id: UUID | None
    acting: bool = False
    away: bool = False


def responsibilities_visible_to(viewer: Actor) -> QuerySet[Responsibility]:
    return Responsibility.objects.filter(area_path__startswith=viewer.within, until=None)


def get_responsibility(
    viewer: Actor, responsibility_id: UUID, *, for_change: bool = False
) -> Responsibility:
    rows = Responsibility.objects.filter(area_path__startswith=viewer.within)
    if for_change:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(id=responsibility_id).first()
    if row is None:
        raise NoSuchResponsibility(responsibility_id)
    return row


def responsible_for(
    viewer: Actor, area_path: str, resident_id: UUID | None = None
) -> list[Responsible]:
    """Who answers for a place, and for one person there if asked: the nearest first.

    Whoever is away is replaced by the stand-in, and else by whoever answers for what lies above;
    if all are away, they are told as such, so that nobody is left with an empty page.
    """
    if not viewer.sees(area_path):
        return []
    wanted = Q(area_path__in=paths_to(area_path), resident=None)
    if resident_id is not None:
        wanted |= Q(resident=resident_id)
    rows = list(
        Responsibility.objects.filter(wanted, until=None)
        .select_related("organisation")
        .order_by("since", "id")
    )
    members = members_visible_to(PLAYBOOK).in_bulk({row.member_id for row in rows})
    present = {row.id for row in rows if members[row.member_id].state == "ready"}
    replaced = {row.stands_in_id for row in rows if row.id in present}
    found = [
        Responsible(
            id=row.id,
            role=row.role,
            role_words=row.get_role_display(),
            member_id=row.member_id,
            name=members[row.member_id].name.reveal(),
            duty_phone=members[row.member_id].duty_phone,
            organisation=row.organisation.name if row.organisation else "",
            area_path=row.area_path,
            account_id=members[row.member_id].account_id,
            acting=row.stands_in_id is not None,
            away=row.id not in present,
        )
        for row in rows
        if row.id in present or row.id not in replaced
    ]
    found.sort(key=lambda one: -len(one.area_path))
    return [one for one in found if not one.away] or found


def accounts_responsible(viewer: Actor, area_path: str) -> list[UUID]:
    """The accounts of those nearest to a place who answer for it and can sign in."""
    with_account = [one for one in responsible_for(viewer, area_path) if one.account_id]
    nearest = max((len(one.area_path) for one in with_account), default=0)
    return [one.account_id for one in with_account if len(one.area_path) == nearest]  # type: ignore[misc]


def here(viewer: Actor, area_path: str) -> list[Responsibility]:
    """Exactly this place: those who answer for it, with those who stand in for them."""
    return list(
        responsibilities_visible_to(viewer)
        .filter(area_path=area_path, resident=None)
        .select_related("organisation")
        .order_by("role", "since", "id")
    )


def of_member(viewer: Actor, member_id: UUID) -> QuerySet[Responsibility]:
    rows = responsibilities_visible_to(viewer).filter(member=member_id)
    return rows.order_by("area_path", "role")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """How many places of a level have somebody at work who answers for them."""

    role: str
    places: int
    covered: int

    @property
    def missing(self) -> int:
        return self.places - self.covered

    @property
    def percent(self) -> float:
        return 100 * self.covered / self.places if self.places else 100.0


def cover(viewer: Actor, area_path: str = "") -> list[Cover]:
    """For each role that answers for places: how many there are, and how many have somebody."""
    found = []
    for role, level in rules.PLACES.items():
        places = areas_of_level(viewer, level, below=area_path)
        counted = places.aggregate(n=Count("id"), covered=Count("id", filter=_covered(role)))
        found.append(Cover(role=role, places=counted["n"], covered=counted["covered"]))
    return found


def cover_of_parts(viewer: Actor, parts: Sequence[Area], *, role: str) -> list[tuple[Area, Cover]]:
    """`cover` for one role, by the parts of an area, in one statement."""
    if not parts:
        return []
    places = areas_of_level(viewer, rules.PLACES[role])
    which = Case(
        *(When(path__startswith=part.path, then=Value(part.number)) for part in parts),
        output_field=IntegerField(),
    )
    counted: dict[int, dict[str, Any]] = {
        row["part"]: {"n": row["n"], "covered": row["covered"]}
        for row in places.order_by()
        .annotate(part=which)
        .values("part")
        .annotate(n=Count("id"), covered=Count("id", filter=_covered(role)))
    }
    nothing = {"n": 0, "covered": 0}
    return [
        (part, Cover(role=role, places=row["n"], covered=row["covered"]))
        for part in parts
        for row in [counted.get(part.number, nothing)]
    ]


def uncovered(viewer: Actor, area_path: str = "", *, role: str = "grid") -> QuerySet[Area]:
    """The places of the role's level for which nobody at work answers, in the order of the tree."""
    places = areas_of_level(viewer, rules.PLACES[role], below=area_path)
    return places.exclude(_covered(role)).order_by("path")


def _covered(role: str) -> Exists:
    return Exists(
        Responsibility.objects.filter(
            area_path=OuterRef("path"),
            role=role,
            resident=None,
            until=None,
            member__in=_at_work(),
        )
    )


# Key persons


def key_persons_visible_to(viewer: Actor) -> QuerySet[KeyPerson]:
    return KeyPerson.objects.filter(area_path__startswith=viewer.within, until=None)


def get_key_person(viewer: Actor, key_person_id: UUID, *, for_change: bool = False) -> KeyPerson:
    rows = KeyPerson.objects.filter(area_path__startswith=viewer.within)
    if for_change:
        rows = rows.select_for_update()
    row = rows.filter(id=key_person_id).first()
    if row is None:
        raise NoSuchKeyPerson(key_person_id)
    return row


def without_owner(viewer: Actor) -> QuerySet[KeyPerson]:
    """Key persons whom nobody at work looks after: first on the page, and zero is the goal."""
    return key_persons_visible_to(viewer).exclude(_looked_after()).order_by("area_path", "id")


def _looked_after() -> Exists:
    return Exists(
        Responsibility.objects.filter(
            resident=OuterRef("resident"), until=None, member__in=_at_work()
        )
    )


def teams_of(viewer: Actor, residents: Iterable[UUID]) -> dict[UUID, list[Responsibility]]:
    """Who looks after each of these people."""
    found: dict[UUID, list[Responsibility]] = defaultdict(list)
    rows = responsibilities_visible_to(viewer).filter(resident__in=set(residents))
    for row in rows.order_by("role", "since"):
        found[row.resident_id].append(row)  # type: ignore[index]
    return found


def key_persons_of(viewer: Actor, resident_id: UUID) -> QuerySet[KeyPerson]:
    return key_persons_visible_to(viewer).filter(resident=resident_id)


def _at_work() -> QuerySet[Any]:
    return members_visible_to(PLAYBOOK).filter(state="ready").values("id")
