"""Who works, for whom, and where. Colleagues' names are shown whole; their own phones masked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from fangxian.areas.models import Area
from fangxian.areas.queries import area_of_level
from fangxian.areas.rules import paths_to
from fangxian.kernel import vault
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.ids import read_code
from fangxian.workforce.about import Named, named_of, with_gaps
from fangxian.workforce.errors import (
    NoSuchCheckIn,
    NoSuchMember,
    NoSuchNeed,
    NoSuchOffer,
    NoSuchOrganisation,
    NoSuchWanted,
)
from fangxian.workforce.models import (
    Absence,
    Certificate,
    CheckIn,
    Liaison,
    Member,
    Membership,
    Need,
    Organisation,
    Sending,
    Skill,
    VolunteerOffer,
    Wanted,
)

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
        .filter(id=member_id or viewer.id)
        .first()
    )
    if found is None:
        raise NoSuchMember(member_id or "")
    return found


def get_somebody(viewer: Actor, member_id: UUID) -> Member:
    """A colleague, or a member who lives in the viewer's area and works elsewhere."""
    found = Member.objects.filter(id=member_id, lives_at__startswith=viewer.within).first()
    return found if found is not None and found.lives_at else get_colleague(viewer, member_id)


def member_of(viewer: Actor) -> Member | None:
    """The record of whoever is signed in."""
    return Member.objects.filter(account_id=viewer.id).select_related("unit").first()


def named(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, Named]:
    """For any number of colleagues, also of other areas, in one statement; unknown ones absent."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = Member.objects.filter(id__in=wanted).select_related("unit")
    return {member.id: named_of(member) for member in rows}


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


def members_listed(
    viewer: Actor,
    *,
    area_path: str = "",
    kind: str = "",
    state: str = "",
    skill: str = "",
    search: str = "",
) -> QuerySet[Member]:
    """In the order of the tree. A search is a whole name or a whole phone: both are encrypted."""
    rows = members_visible_to(viewer).filter(area_path__startswith=area_path)
    if kind:
        rows = rows.filter(kind=kind)
    rows = rows.filter(state=state) if state else rows.exclude(state=Member.State.LEFT)
    if skill:
        rows = rows.filter(id__in=Skill.objects.filter(kind=skill).values("member_id"))
    if search.strip():
        rows = rows.filter(
            Q(name_index=vault.blind_index("name", search))
            | Q(phone_index=vault.blind_index("phone", search))
        )
    return rows.order_by("area_path", "id")


@dataclass(frozen=True, slots=True)
class Force:
    """How many people there are, by kind; not ready ones counted apart. Persons."""

    by_kind: dict[str, int]
    not_ready: int
    party_members: int

    @property
    def people(self) -> int:
        return sum(self.by_kind.values())


def force(viewer: Actor, area_path: str = "") -> Force:
    rows = (
        members_visible_to(viewer)
        .filter(area_path__startswith=area_path)
        .exclude(state=Member.State.LEFT)
    )
    by_kind = dict(rows.order_by().values_list("kind").annotate(Count("id")))
    rest = rows.aggregate(
        not_ready=Count("id", filter=~Q(state=Member.State.READY)),
        party=Count("id", filter=Q(party_member=True)),
    )
    return Force(by_kind, rest["not_ready"], rest["party"])


def temporary_organisations(viewer: Actor, area_path: str = "") -> QuerySet[Organisation]:
    """Those that stand and have an end; the next to end first."""
    return (
        organisations_visible_to(viewer)
        .filter(area_path__startswith=area_path, dissolved_at=None, ends_at__isnull=False)
        .order_by("ends_at", "number")
    )


def organisations_listed(
    viewer: Actor, *, area_path: str = "", kind: str = "", search: str = ""
) -> QuerySet[Organisation]:
    rows = organisations_in(viewer, area_path, kind)
    if search.strip():
        rows = rows.filter(name__icontains=search.strip())
    return rows


def sizes_of(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many belong to each organisation now."""
    rows = Membership.objects.filter(organisation_id__in=set(ids), until=None)
    return dict(rows.order_by().values_list("organisation_id").annotate(Count("id")))


def leads_of(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, Named]:
    rows = Membership.objects.filter(
        organisation_id__in=set(ids), until=None, role=Membership.Role.LEAD
    ).select_related("member__unit")
    return {one.organisation_id: named_of(one.member) for one in rows}


def memberships_of(viewer: Actor, organisation_id: UUID) -> QuerySet[Membership]:
    return (
        Membership.objects.filter(organisation_id=organisation_id, until=None)
        .select_related("member__unit")
        .order_by("since", "id")
    )


PARTNERS = (
    Organisation.Kind.PROPERTY,
    Organisation.Kind.OWNERS,
    Organisation.Kind.POLICE,
    Organisation.Kind.CLINIC,
    Organisation.Kind.SHOP,
    Organisation.Kind.ENTERPRISE,
)
"""Who else is there in a community, and is asked to help."""


def partners_of(viewer: Actor, area_path: str) -> QuerySet[Organisation]:
    """The partner registry of a community, or of whatever lies in an area."""
    return organisations_in(viewer, area_path).filter(kind__in=PARTNERS)


def communities_without(viewer: Actor, kind: str, area_path: str = "") -> QuerySet[Area]:
    """Communities where no organisation of a kind stands: without property management, without a
    branch."""
    there = organisations_in(viewer, area_path, kind).values_list("area_path", flat=True)
    covered = {step for path in there for step in paths_to(path)}
    return (
        Area.objects.filter(
            path__startswith=max(viewer.within, area_path, key=len),
            level=Area.Level.COMMUNITY,
            ended_at=None,
        )
        .exclude(path__in=covered)
        .order_by("path")
    )


# Volunteers


def offers_visible_to(viewer: Actor) -> QuerySet[VolunteerOffer]:
    return VolunteerOffer.objects.filter(area_path__startswith=viewer.within)


def offers_to_decide(viewer: Actor) -> QuerySet[VolunteerOffer]:
    """Oldest first."""
    return offers_visible_to(viewer).filter(state=VolunteerOffer.State.OFFERED).order_by("id")


def get_offer(viewer: Actor, offer_id: UUID, *, for_change: bool = False) -> VolunteerOffer:
    rows = offers_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=offer_id).first()
    if found is None:
        raise NoSuchOffer(offer_id)
    return found


# Check-in


def check_ins_visible_to(viewer: Actor) -> QuerySet[CheckIn]:
    """Those at places of the viewer, and those of the viewer's own people elsewhere."""
    seen = Q(area_path__startswith=viewer.within) & ~Q(area_path="")
    return CheckIn.objects.filter(
        seen | Q(home_path__startswith=viewer.within) | Q(member__account_id=viewer.id)
    )


def get_check_in(viewer: Actor, check_in_id: UUID, *, for_change: bool = False) -> CheckIn:
    rows = check_ins_visible_to(viewer).filter(id=check_in_id)
    found = CheckIn.objects.filter(id__in=rows.values("id"))
    one = (found.select_for_update(of=("self",)) if for_change else found).first()
    if one is None:
        raise NoSuchCheckIn(check_in_id)
    return one


def checked_in_at(viewer: Actor, area_path: str = "") -> QuerySet[CheckIn]:
    """Who is checked in at places of the viewer now."""
    return (
        CheckIn.objects.filter(until=None, area_path__startswith=area_path or viewer.within)
        .filter(area_path__startswith=viewer.within)
        .exclude(area_path="")
        .select_related("member__unit", "organisation")
        .order_by("area_path", "id")
    )


def checked_in_elsewhere(viewer: Actor) -> QuerySet[CheckIn]:
    """Our own people who are checked in at places that are not the viewer's."""
    return (
        CheckIn.objects.filter(until=None, home_path__startswith=viewer.within)
        .filter(Q(area_path="") | ~Q(area_path__startswith=viewer.within))
        .select_related("member__unit", "organisation")
        .order_by("home_path", "id")
    )


def check_in_by_code(viewer: Actor, text: str) -> CheckIn:
    """By the number of a receipt, for whoever has it in hand: it names nobody."""
    number = read_code("K", text)
    found = CheckIn.objects.filter(number=number).first() if number is not None else None
    if found is None:
        raise NoSuchCheckIn(text[:20])
    return found


@dataclass(frozen=True, slots=True)
class Balance:
    """How a place stands: people checked in there, and what its needs still lack. Persons."""

    area: Area
    checked_in: int
    missing: int


def balance(viewer: Actor, level: str = Area.Level.COMMUNITY) -> list[Balance]:
    """Every place of a level; where most are missing first, then where most are."""
    areas = list(Area.objects.filter(level=level, path__startswith=viewer.within, ended_at=None))
    people = _by_place(areas, checked_in_at(viewer).values_list("area_path"))
    missing: dict[str, int] = {}
    for need in needs_open(viewer):
        for step in paths_to(need.area_path):
            missing[step] = missing.get(step, 0) + need.missing  # type: ignore[attr-defined]
    found = [Balance(one, people.get(one.path, 0), missing.get(one.path, 0)) for one in areas]
    return sorted(found, key=lambda one: (-one.missing, -one.checked_in, one.area.path))


def _by_place(areas: Iterable[Area], rows: QuerySet[CheckIn, tuple[str]]) -> dict[str, int]:
    wanted = {area.path for area in areas}
    counted: dict[str, int] = {}
    for (path,) in rows.order_by():
        for step in paths_to(path):
            if step in wanted:
                counted[step] = counted.get(step, 0) + 1
    return counted


# Locked in


def locked_in(viewer: Actor) -> QuerySet[Member]:
    """Members who live in the viewer's area and may not leave home: offered to their grid."""
    return (
        Member.objects.filter(state=Member.State.LOCKED_IN, lives_at__startswith=viewer.within)
        .exclude(lives_at="")
        .select_related("unit")
        .order_by("lives_at", "id")
    )


def get_locked_in(viewer: Actor, member_id: UUID) -> Member:
    found = locked_in(viewer).filter(id=member_id).first()
    if found is None:
        raise NoSuchMember(member_id)
    return found


def member_who_is(viewer: Actor, resident_id: UUID) -> Member | None:
    """The member's record of a resident, if they work for the district."""
    return Member.objects.filter(resident_id=resident_id).exclude(state=Member.State.LEFT).first()


def living_at(viewer: Actor, paths: Sequence[str]) -> QuerySet[Member]:
    """Members who live in one of these places, as they said or as the register knows."""
    where = Q(id__in=[])
    for path in paths:
        where |= Q(lives_at__startswith=path) | Q(resident__area_path__startswith=path)
    return Member.objects.filter(where).exclude(state=Member.State.LEFT).order_by("id")


# Secondment

_THERE = (Sending.State.SENT, Sending.State.RECEIVED, Sending.State.ACKNOWLEDGED)


def needs_visible_to(viewer: Actor) -> QuerySet[Need]:
    return Need.objects.filter(area_path__startswith=viewer.within)


def get_need(viewer: Actor, need_id: UUID, *, for_change: bool = False) -> Need:
    rows = needs_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=need_id).first()
    if found is None:
        raise NoSuchNeed(need_id)
    return found


def needs_open(viewer: Actor) -> list[Need]:
    """Open needs with their gaps on both sides; the largest gap first."""
    rows = list(
        with_gaps(needs_visible_to(viewer).filter(state=Need.State.OPEN)).order_by("since", "id")
    )
    for need in rows:
        need.missing = need.headcount - need.sent - need.received  # type: ignore[attr-defined]
    return sorted(rows, key=lambda need: (-need.missing, need.since, need.id))  # type: ignore[attr-defined]


def sendings_of(viewer: Actor, need_id: UUID) -> QuerySet[Sending]:
    return (
        Sending.objects.filter(need_id=need_id)
        .select_related("member__unit", "unit")
        .order_by("sent_at", "id")
    )


@dataclass(frozen=True, slots=True)
class UnitGap:
    """What a unit has sent: on the way, received but not acknowledged, not come, called back."""

    unit: Organisation
    sent: int
    received: int
    acknowledged: int
    not_come: int
    recalled: int


def units_sending(viewer: Actor) -> list[UnitGap]:
    """Every unit that has people out, by how many are not accounted for. Persons."""
    state = Sending.State
    rows = (
        Organisation.objects.filter(area_path__startswith=viewer.within, sendings__isnull=False)
        .annotate(
            on_way=Count("sendings", filter=Q(sendings__state=state.SENT)),
            got=Count("sendings", filter=Q(sendings__state=state.RECEIVED)),
            seen=Count("sendings", filter=Q(sendings__state=state.ACKNOWLEDGED)),
            lost=Count("sendings", filter=Q(sendings__state=state.NOT_COME)),
            back=Count("sendings", filter=Q(sendings__state=state.RECALLED)),
        )
        .order_by("number")
    )
    found = [UnitGap(u, u.on_way, u.got, u.seen, u.lost, u.back) for u in rows]
    return sorted(found, key=lambda one: -(one.sent + one.received))


def can_be_sent(viewer: Actor, unit_id: UUID, *, skill: str = "") -> QuerySet[Member]:
    """A unit's people who are ready and not sent anywhere."""
    out = Sending.objects.filter(state__in=_THERE).values("member_id")
    rows = (
        members_visible_to(viewer)
        .filter(unit_id=unit_id, state=Member.State.READY)
        .exclude(id__in=out)
    )
    if skill:
        rows = rows.filter(skills__kind=skill)
    return rows.order_by("number")


def units_with_people(viewer: Actor) -> QuerySet[Organisation]:
    """Units of the viewer's area that have members of their own."""
    own = members_visible_to(viewer).exclude(unit=None).values("unit_id")
    return organisations_visible_to(viewer).filter(id__in=own, dissolved_at=None).order_by("number")


# Claim board


def wanted_visible_to(viewer: Actor) -> QuerySet[Wanted]:
    """Of the viewer's area, and of the community in which they live."""
    seen = Q(area_path__startswith=viewer.within)
    own = member_of(viewer)
    if own is not None and own.lives_at:
        home = area_of_level(PLAYBOOK, own.lives_at, Area.Level.COMMUNITY)
        if home is not None:
            seen |= Q(area_path__startswith=home.path)
    return Wanted.objects.filter(seen)


def get_wanted(viewer: Actor, wanted_id: UUID, *, for_change: bool = False) -> Wanted:
    rows = wanted_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=wanted_id).first()
    if found is None:
        raise NoSuchWanted(wanted_id)
    return found


def board(viewer: Actor, *, kind: str = "") -> QuerySet[Wanted]:
    """What may be taken now, newest first, with how many have been taken."""
    rows = wanted_visible_to(viewer).filter(state=Wanted.State.OPEN)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.annotate(
        taken=Sum("claims__people", filter=Q(claims__given_back_at=None), default=0)
    ).order_by("-id")


# Record


def get_certificate(viewer: Actor, certificate_id: UUID) -> Certificate:
    """One's own, or of a member in the viewer's area."""
    found = (
        Certificate.objects.filter(
            Q(member__area_path__startswith=viewer.within) | Q(member__account_id=viewer.id)
        )
        .filter(id=certificate_id)
        .select_related("member")
        .first()
    )
    if found is None:
        raise NoSuchMember(certificate_id)
    return found
