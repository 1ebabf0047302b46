"""Ordinary organisations and people at work for tests. Say only what is unusual."""

from itertools import count
from typing import Any

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor, Duty
from fangxian.measures.tests.make import NOON, actor, rules
from fangxian.people.tests import make as people
from fangxian.workforce.actions import (
    NewMember,
    NewOrganisation,
    add_member,
    found_organisation,
)
from fangxian.workforce.models import Member, Organisation

__all__ = ["NOON", "actor", "people", "rules"]

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
