"""Ordinary organisations and people at work for tests. Say only what is unusual."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account
from fangxian.people.tests import make as people
from fangxian.protocol.actions import adopt_pack
from fangxian.workforce.actions import (
    NewMember,
    NewOrganisation,
    add_member,
    found_organisation,
)
from fangxian.workforce.models import Member, Organisation

__all__ = ["NOON", "actor", "people", "rules"]

NOON = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)


def actor(*duties: Duty, within: str = "", name: str = "Li") -> Actor:
    return Actor(id=new_id(), within=within, duties=frozenset(duties), name=name)


def rules(pack: str = "cn-v9") -> None:
    head = actor(Duty.SET_POLICY)
    adopt_pack(head, pack, area_path="", from_at=datetime(2022, 6, 28, tzinfo=UTC), reason="7号")


KEEPER_MIN = actor(Duty.KEEP_ROSTER, Duty.SEE_REGISTER, name="Min")

_serial = count(1)


def keeper(place: Area | str) -> Actor:
    """Who keeps the rosters of one place."""
    within = place if isinstance(place, str) else place.path
    return actor(Duty.KEEP_ROSTER, within=within, name="Xu")


def organisation(
    name: str = "", *, at: Area | str | None = None, kind: str = "team", **more: Any
) -> Organisation:
    place = at or people.community()
    path = place if isinstance(place, str) else place.path
    new = NewOrganisation(
        kind=kind, name=name or f"志愿服务队{next(_serial)}", area_path=path, **more
    )
    return found_organisation(KEEPER_MIN, new)


def member(
    name: str = "", *, at: Area | str | None = None, kind: str = "volunteer", **more: Any
) -> Member:
    place = at or people.community()
    path = place if isinstance(place, str) else place.path
    number = next(_serial)
    more.setdefault("phone", f"1380000{number:04d}")
    new = NewMember(kind=kind, name=name or f"丁{number}", area_path=path, **more)
    return add_member(KEEPER_MIN, new)


def signed_in(who: Member, *duties: Duty) -> Actor:
    """The account of a member, with the duty to carry out tasks unless others are given."""
    account = Account.objects.create(
        username=f"member{who.number}",
        display_name="陆",
        area_path=who.area_path,
        duties=[str(duty) for duty in duties or (Duty.CARRY_OUT,)],
    )
    Member.objects.filter(id=who.id).update(account=account)
    return account.actor
