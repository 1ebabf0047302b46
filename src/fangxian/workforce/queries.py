"""Who works, for whom, and where. Colleagues' names are shown whole; their own phones masked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from fangxian.areas.rules import paths_to
from fangxian.kernel.access import Actor
from fangxian.kernel.vault import Secret
from fangxian.workforce.errors import NoSuchMember, NoSuchOrganisation
from fangxian.workforce.models import Absence, Liaison, Member, Membership, Organisation, Skill


@dataclass(frozen=True, slots=True)
class Named:
    """A colleague as colleagues see them.

    post_words   what they are and for whom: “community cadre · 新世纪社区”
    duty_phone   "" if they have none; never their own
    """

    id: UUID
    name: str
    post_words: str
    duty_phone: str


def plain(sealed: object) -> str:
    """A colleague's name in full; colleagues work under their names."""
    return sealed.reveal() if isinstance(sealed, Secret) else str(sealed or "")


# Organisations


def organisations_visible_to(viewer: Actor) -> QuerySet[Organisation]:
    """Those of the viewer's area, and those above it that it belongs to."""
    return Organisation.objects.filter(
        Q(area_path__startswith=viewer.within) | Q(area_path__in=paths_to(viewer.within))
    )


def get_organisation(
    viewer: Actor, organisation_id: UUID, *, for_change: bool = False
) -> Organisation:
    rows = organisations_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=organisation_id).first()
    if found is None:
        raise NoSuchOrganisation(organisation_id)
    return found


def organisations_in(viewer: Actor, area_path: str, kind: str = "") -> QuerySet[Organisation]:
    """Those that stand, in an area and below, in the order of the tree."""
    rows = organisations_visible_to(viewer).filter(
        area_path__startswith=area_path, dissolved_at=None
    )
    return (rows.filter(kind=kind) if kind else rows).order_by("area_path", "number")


def liaisons_visible_to(viewer: Actor) -> QuerySet[Liaison]:
    return Liaison.objects.filter(area_path__startswith=viewer.within)


def get_liaison(viewer: Actor, liaison_id: UUID) -> Liaison:
    found = liaisons_visible_to(viewer).select_for_update().filter(id=liaison_id).first()
    if found is None:
        raise NoSuchOrganisation(liaison_id)
    return found


def liaisons_of(viewer: Actor, area_path: str) -> QuerySet[Liaison]:
    """Who looks after a place and what lies in it, from outside."""
    return (
        liaisons_visible_to(viewer)
        .filter(area_path__startswith=area_path, until=None)
        .select_related("organisation", "member__unit")
        .order_by("area_path", "since", "id")
    )


# People


def members_visible_to(viewer: Actor) -> QuerySet[Member]:
    """Those who work in the viewer's area."""
    return Member.objects.filter(area_path__startswith=viewer.within)


def get_member(viewer: Actor, member_id: UUID, *, for_change: bool = False) -> Member:
    rows = members_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=member_id).first()
    if found is None:
        raise NoSuchMember(member_id)
    return found


def get_colleague(viewer: Actor, member_id: UUID | None) -> Member:
    """A member of the viewer's area or of one above it: a leader of the district, for example."""
    found = (
        Member.objects.filter(
            Q(area_path__startswith=viewer.within) | Q(area_path__in=paths_to(viewer.within))
        )
        .filter(id=member_id)
        .first()
    )
    if found is None:
        raise NoSuchMember(member_id or "")
    return found


def member_of(actor: Actor) -> Member | None:
    """The record of whoever is signed in."""
    return Member.objects.filter(account_id=actor.id).select_related("unit").first()


def named(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, Named]:
    """For any number of colleagues, also of other areas, in one statement; unknown ones absent."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = Member.objects.filter(id__in=wanted).select_related("unit")
    return {member.id: named_of(member) for member in rows}


def named_of(member: Member) -> Named:
    """Of a member whose unit was read with it."""
    kind = str(member.get_kind_display())
    words = f"{kind} · {member.unit.name}" if member.unit else kind
    return Named(member.id, plain(member.name), words, member.duty_phone)


def team_of(viewer: Actor, organisation_id: UUID) -> list[UUID]:
    """The members of an organisation now, the lead first."""
    rows = Membership.objects.filter(organisation_id=organisation_id, until=None)
    found = rows.values_list("role", "since", "member_id")
    order = {"lead": 0, "deputy": 1, "member": 2}
    return [member for _role, _since, member in sorted(found, key=lambda r: (order[r[0]], r[1]))]


def accounts_of(viewer: Actor, organisation_id: UUID) -> list[UUID]:
    """The accounts of those of an organisation who sign in, the lead first."""
    members = team_of(viewer, organisation_id)
    found = dict(
        Member.objects.filter(id__in=members, account__isnull=False).values_list("id", "account_id")
    )
    return [account for one in members if (account := found.get(one)) is not None]


def available(
    viewer: Actor, area_path: str, *, day: date, skills: Sequence[str] = ()
) -> QuerySet[Member]:
    """Who may be given something to do in an area on a day: ready, not away, with each skill whose
    proof holds on that day (a skill without an end holds)."""
    rows = members_visible_to(viewer).filter(
        area_path__startswith=area_path, state=Member.State.READY
    )
    rows = rows.filter(Q(weekdays=[]) | Q(weekdays__contains=[day.isoweekday()]))
    away = Absence.objects.filter(since__lte=day, until__gte=day).values("member_id")
    rows = rows.exclude(id__in=away)
    for skill in skills:
        holds = Skill.objects.filter(kind=skill).filter(
            Q(valid_until=None) | Q(valid_until__gte=day)
        )
        rows = rows.filter(id__in=holds.values("member_id"))
    return rows.order_by("area_path", "id")


def skills_of(viewer: Actor, ids: Iterable[UUID], *, day: date) -> dict[UUID, frozenset[str]]:
    """What each can do on a day, for any number of members in one statement."""
    found: dict[UUID, set[str]] = {}
    rows = Skill.objects.filter(member_id__in=set(ids)).filter(
        Q(valid_until=None) | Q(valid_until__gte=day)
    )
    for member, kind in rows.values_list("member_id", "kind"):
        found.setdefault(member, set()).add(kind)
    return {member: frozenset(kinds) for member, kinds in found.items()}


def skill_words(viewer: Actor) -> dict[str, str]:
    """Every skill there is, with its label, for rooms that ask for one."""
    return {str(kind): str(label) for kind, label in Skill.Kind.choices}
