"""To whom a task is given: a person, a team, a post, or whoever is responsible for its place."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fangxian.areas.rules import paths_to
from fangxian.dispatch.errors import NoSuchOwner, NotTheirDuty, TeamIsDissolved
from fangxian.dispatch.kinds import OwnerKind
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Account
from fangxian.responsibility.queries import responsibilities_visible_to
from fangxian.rosters.queries import posts_visible_to
from fangxian.workforce.queries import (
    members_visible_to,
    organisations_in,
    organisations_visible_to,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose a task is to be. `id` is of the account or member, of the organisation, of the post."""

    kind: str = OwnerKind.ANYBODY
    id: UUID | None = None

    @classmethod
    def of(
        cls,
        *,
        owner: UUID | None = None,
        team: UUID | None = None,
        post: UUID | None = None,
        responsible: bool = False,
    ) -> "Whose":
        named = [
            (kind, one)
            for kind, one in (
                (OwnerKind.PERSON, owner),
                (OwnerKind.TEAM, team),
                (OwnerKind.POST, post),
                (OwnerKind.RESPONSIBLE, responsible or None),
            )
            if one is not None
        ]
        if len(named) > 1:
            raise ValueError("a task is given to one person, one team, one post, or by place")
        if not named:
            return ANYBODY
        [(kind, one)] = named
        return cls(kind=kind, id=one if isinstance(one, UUID) else None)


ANYBODY = Whose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What stands in the task's row.

    came_back   why it is not whose it was to be: then it goes to whoever has the duty, a level up
    """

    kind: str = OwnerKind.ANYBODY
    owner_id: UUID | None = None
    team_id: UUID | None = None
    post_id: UUID | None = None
    came_back: str = ""


def give(actor: Actor, wanted: Sequence[tuple[Whose, str, str]]) -> list[Given]:
    """For each of (whose, duty, area path), in their order; any number in a few statements.

    A person is refused what cannot be. The rules must not stop for it: what the playbook gives to
    a team that is no more goes to whoever has the duty, with a word.
    """
    accounts = _accounts([w.id for w, _d, _p in wanted if w.kind == OwnerKind.PERSON and w.id])
    teams = _standing([w.id for w, _d, _p in wanted if w.kind == OwnerKind.TEAM and w.id])
    posts = _open_posts([w.id for w, _d, _p in wanted if w.kind == OwnerKind.POST and w.id])
    nearest = _Nearest([path for w, _d, path in wanted if w.kind == OwnerKind.RESPONSIBLE])
    found = []
    for whose, duty, path in wanted:
        given = Given()
        try:
            if whose.kind == OwnerKind.PERSON:
                given = _to_person(accounts, whose.id, duty, path)
            elif whose.kind == OwnerKind.TEAM:
                given = _to_team(teams, whose.id)
            elif whose.kind == OwnerKind.POST:
                given = _to_post(posts, whose.id)
            elif whose.kind == OwnerKind.RESPONSIBLE and (one := nearest.to(path, duty)):
                given = Given(kind=OwnerKind.RESPONSIBLE, owner_id=one)
        except (NoSuchOwner, NotTheirDuty, TeamIsDissolved) as refusal:
            if actor != PLAYBOOK:
                raise
            given = Given(came_back=refusal.message)
        found.append(given)
    return found


def _to_person(accounts: dict[UUID, Account], id_: UUID | None, duty: str, path: str) -> Given:
    account = accounts.get(id_) if id_ else None
    if account is None:
        raise NoSuchOwner(_("This person does not sign in, or no longer. Choose somebody else."))
    if not (account.actor.may(Duty(duty), at=path) or account.actor.may(Duty.DISPATCH, at=path)):
        raise NotTheirDuty(str(Duty(duty).label))
    return Given(kind=OwnerKind.PERSON, owner_id=account.id)


def _to_team(teams: dict[UUID, bool], id_: UUID | None) -> Given:
    if id_ not in teams:
        raise NoSuchOwner(_("This team is not known. Choose another."))
    if not teams[id_]:
        raise TeamIsDissolved
    return Given(kind=OwnerKind.TEAM, team_id=id_)


def _to_post(posts: Collection[UUID], id_: UUID | None) -> Given:
    if id_ not in posts:
        raise NoSuchOwner(_("This post is not known, or closed. Choose another."))
    return Given(kind=OwnerKind.POST, post_id=id_)


def _accounts(ids: Collection[UUID]) -> dict[UUID, Account]:
    """By the id of an account, or of the member whose account it is."""
    if not ids:
        return {}
    found = Account.objects.filter(is_active=True).in_bulk(list(set(ids)))
    if unknown := set(ids) - set(found):
        members = members_visible_to(PLAYBOOK).filter(id__in=unknown, account__is_active=True)
        for member in members.select_related("account"):
            if member.account is not None:
                found[member.id] = member.account
    return found


def _standing(ids: Collection[UUID]) -> dict[UUID, bool]:
    """Which of these organisations still stand."""
    if not ids:
        return {}
    rows = organisations_visible_to(PLAYBOOK).filter(id__in=set(ids))
    return {id_: ended is None for id_, ended in rows.values_list("id", "dissolved_at")}


def _open_posts(ids: Collection[UUID]) -> set[UUID]:
    if not ids:
        return set()
    rows = posts_visible_to(PLAYBOOK).filter(id__in=set(ids), closed_at=None)
    return set(rows.values_list("id", flat=True))


class _Nearest:
    """Who is responsible for any number of places, signs in, and may do it there."""

    def __init__(self, paths: Collection[str]) -> None:
        self.at: dict[str, list[tuple[UUID, Actor]]] = {}
        if not paths:
            return
        places = {place for path in set(paths) for place in paths_to(path)}
        rows = (
            responsibilities_visible_to(PLAYBOOK)
            .filter(area_path__in=places, resident=None, member__state="ready")
            .filter(member__account__is_active=True)
            .order_by("since", "id")
            .values_list("area_path", "member__account_id")
        )
        pairs = list(rows)
        accounts = Account.objects.in_bulk({account for _path, account in pairs if account})
        for place, account in pairs:
            if account is not None:
                self.at.setdefault(place, []).append((account, accounts[account].actor))

    def to(self, path: str, duty: str) -> UUID | None:
        for place in reversed(paths_to(path)):
            for account, actor in self.at.get(place, ()):
                if actor.may(Duty(duty), at=path):
                    return account
        return None


# Who belongs where


def teams_of(viewer: Actor) -> QuerySet[Any]:
    """The ids of the organisations that the viewer belongs to now."""
    return (
        organisations_visible_to(PLAYBOOK)
        .filter(
            memberships__member__account_id=viewer.id,
            memberships__until=None,
            dissolved_at=None,
        )
        .values("id")
    )


def people_of(teams: Iterable[UUID]) -> dict[UUID, list[Account]]:
    """Those of each team who sign in, in the order of their names."""
    rows = (
        members_visible_to(PLAYBOOK)
        .filter(
            memberships__organisation_id__in=set(teams),
            memberships__until=None,
            state="ready",
            account__is_active=True,
        )
        .values_list("memberships__organisation_id", "account_id")
    )
    pairs = [(team, account) for team, account in rows if account is not None]
    accounts = Account.objects.in_bulk({account for _team, account in pairs})
    found: dict[UUID, list[Account]] = {}
    for team, account in pairs:
        found.setdefault(team, []).append(accounts[account])
    for people in found.values():
        people.sort(key=lambda one: (one.display_name, one.username))
    return found


def posts_of(viewer: Actor) -> QuerySet[Any]:
    """The ids of the posts at which the viewer is on duty now, or which are the viewer's own."""
    on_duty = Q(
        shifts__turns__member__account_id=viewer.id,
        shifts__turns__state__in=["planned", "there"],
        shifts__turns__starts_at__lte=now(),
        shifts__turns__ends_at__gt=now(),
    )
    own = Q(tenures__member__account_id=viewer.id, tenures__until=None)
    return posts_visible_to(PLAYBOOK).filter(on_duty | own, closed_at=None).values("id")


# What can be chosen on a page


_MOST_OFFERED = 200


def targets(viewer: Actor, area_path: str, *, shared: bool = False) -> list[tuple[Any, Any]]:
    """To whom something in an area can be given, in groups for a select.

    shared   teams also among their people. `chosen` reads the value that comes back
    """
    teams = [
        (str(id_), name)
        for id_, name in organisations_in(PLAYBOOK, district_of(area_path))
        .filter(kind__in=["team", "squad", "temporary_branch", "working_group", "unit"])
        .values_list("id", "name")[:_MOST_OFFERED]
    ]
    people = [
        (str(id_), f"{name} {post}".strip())
        for id_, name, post in Account.objects.filter(
            is_active=True,
            area_path__startswith=viewer.within,
            duties__overlap=[str(Duty.CARRY_OUT), str(Duty.DISPATCH)],
        )
        .order_by("area_path", "display_name")
        .values_list("id", "display_name", "post")[:_MOST_OFFERED]
    ]
    found: list[tuple[Any, Any]] = [("responsible", _("whoever is responsible for the place"))]
    if teams:
        found.append((_("A team"), [(f"team:{id_}", name) for id_, name in teams]))
        if shared:
            each = [(f"each:{id_}", name) for id_, name in teams]
            found.append((_("Shared out among the people of a team"), each))
    if people:
        found.append((_("One person"), [(f"person:{id_}", name) for id_, name in people]))
    return found


def district_of(area_path: str) -> str:
    """Teams of the whole district may be sent anywhere in it."""
    return "/".join(area_path.split("/")[:_TO_DISTRICT]).rstrip("/") + "/" if area_path else ""


_TO_DISTRICT = 3  # steps


def chosen(value: str) -> tuple[Whose, bool]:
    """Whose, and whether it is shared out, from the value of a select made by `targets`."""
    kind, _colon, id_ = value.partition(":")
    if not kind:
        return ANYBODY, False
    if kind == OwnerKind.RESPONSIBLE:
        return Whose(kind=kind), False
    return Whose(kind=OwnerKind.TEAM if kind == "each" else kind, id=UUID(id_)), kind == "each"
