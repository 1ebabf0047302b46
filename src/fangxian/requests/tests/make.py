"""Ordinary calls, requests and whistles for tests. Say only what is unusual.

It is noon of 2 September 2022 in Xining; cn-v9 is in force.
"""

from itertools import count
from typing import Any

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.models import Account
from fangxian.measures.tests.make import actor, door, estate
from fangxian.people.models import Resident
from fangxian.people.tests import make as people
from fangxian.requests import actions
from fangxian.requests.models import Call, Request, Whistle
from fangxian.workforce.actions import NewMember, NewOrganisation, add_member, found_organisation
from fangxian.workforce.models import Organisation

__all__ = ["Actor", "Organisation", "actor", "door", "estate", "people"]

KEEPER_MIN = actor(Duty.KEEP_ROSTER, Duty.SEE_REGISTER, name="Min")
AUDITOR_SHEN = actor(Duty.AUDIT, name="Shen")

_serial = count(1)


def account(*duties: Duty, within: str = "", name: str = "He") -> Actor:
    one = Account.objects.create(
        username=f"{name}{next(_serial)}",
        display_name=name,
        area_path=within,
        duties=[str(duty) for duty in duties],
    )
    return one.actor


def operator(name: str = "He", *, within: str = "") -> Actor:
    return account(Duty.ANSWER_CALLS, within=within, name=name)


def head(name: str = "Liu", *, within: str = "") -> Actor:
    """The head of a community: oversees tasks, and blows the whistle."""
    return account(Duty.DISPATCH, Duty.CARRY_OUT, within=within, name=name)


def home() -> Area:
    return door(estate()[0])


def district_of(path: str) -> str:
    return "/".join(path.split("/")[:3]) + "/"


def community_of(path: str) -> str:
    return "/".join(path.split("/")[:5]) + "/"


def resident(at: Area | None = None) -> tuple[Resident, Actor]:
    """Somebody of the register, and they themselves as they ask from their own page."""
    one = people.resident(at=at or home())
    return one, Actor(id=one.id, within=one.area_path, duties=frozenset(), name="resident")


def unit(path: str, name: str = "") -> Organisation:
    """A unit of a district, or of wherever the path leads."""
    new = NewOrganisation(kind="unit", name=name or f"区属单位{next(_serial)}", area_path=path)
    return found_organisation(KEEPER_MIN, new)


def of(unit: Organisation, *duties: Duty, name: str = "Wu") -> Actor:
    """Somebody of a unit who signs in."""
    one = account(*(duties or (Duty.CARRY_OUT,)), name=name)
    new = NewMember(
        kind="official",
        name="吴明",
        area_path=unit.area_path,
        account_id=one.id,
        teams=(unit.id,),
    )
    add_member(KEEPER_MIN, new)
    return one


def request(asker: Actor, /, **unusual: Any) -> Request:
    """Somebody has had no vegetables for three days."""
    said: dict[str, Any] = {
        "words": "三天没有菜了",
        "category": "supplies",
        "urgency": "ordinary",
        "area_path": asker.within,
        "channel": "page" if not asker.duties else "hotline",
    }
    return actions.raise_request(asker, **{**said, **unusual})


def call(who: Actor, /, phone: str = "13900001111", **unusual: Any) -> Call:
    """Somebody rings, and waits."""
    return actions.take_in_call(who, phone=phone, **unusual)


def whistle(who: Actor, /, units: list[Organisation], **unusual: Any) -> Whistle:
    said: dict[str, Any] = {
        "area_path": who.within,
        "words": "楼下排队的人多，缺人手",
        "wants": "people",
        "people": 5,
        "units": [one.id for one in units],
    }
    return actions.blow_whistle(who, **{**said, **unusual})
