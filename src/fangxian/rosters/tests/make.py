"""Ordinary posts, shifts and people for tests. Say only what is unusual.

It is noon of Friday, 2 September 2022, in Xining; cn-v9 is in force: eight hours, eleven of rest,
three days in a row.
"""

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from fangxian.areas.models import Area, Site
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import today
from fangxian.kernel.models import Account
from fangxian.rosters.actions import (
    NewNeed,
    NewPost,
    assign,
    name_holder,
    open_post,
    open_shifts,
)
from fangxian.rosters.asking import moment
from fangxian.rosters.models import Post, Shift, Turn
from fangxian.workforce.actions import note_skill
from fangxian.workforce.models import Member
from fangxian.workforce.tests import make as force
from fangxian.workforce.tests.make import NOON, actor, keeper, organisation, people, rules

__all__ = ["NOON", "actor", "force", "keeper", "organisation", "people", "rules"]

MIN = actor(Duty.KEEP_ROSTER, name="Min")

_serial = count(1)

MORNING, EVENING, NIGHT = (time(8), time(16)), (time(16), time(0)), (time(0), time(8))


def need(hours: tuple[time, time] = MORNING, **more: Any) -> NewNeed:
    return NewNeed(starts=hours[0], ends=hours[1], **more)


def post(
    name: str = "",
    *,
    kind: str = "gate",
    at: Area | str | None = None,
    needs: tuple[NewNeed, ...] | None = None,
    **more: Any,
) -> Post:
    """A gate that needs one person from eight to four."""
    place = at or people.community()
    path = place if isinstance(place, str) else place.path
    standing = kind == "point_lead" or more.get("standing", False)
    wanted = needs if needs is not None else () if standing else (need(),)
    return open_post(
        MIN,
        NewPost(
            kind=kind,
            name=name or f"{next(_serial)}号门",
            area_path=path,
            needs=wanted,
            **more,
        ),
    )


def shift(of: Post | None = None, *, in_days: int = 1, first: int = 0) -> Shift:
    """The first shift of a post, tomorrow."""
    where = of or post()
    day = today() + timedelta(days=in_days)
    open_shifts(MIN, from_day=day, until_day=day, area_path=where.area_path)
    return list(
        Shift.objects.filter(post=where, day=day)
        .order_by("starts_at", "skill")
        .select_related("post")
    )[first]


def member(name: str = "", *, skills: tuple[str, ...] = (), **more: Any) -> Member:
    who = force.member(name, **more)
    for skill in skills:
        note_skill(MIN, who.id, skill, proof="证书")
    return who


def colleague(who: Member, *duties: Duty, within: str | None = None) -> Actor:
    """The account with which somebody at work signs in."""
    account = Account.objects.create(
        username=f"u{next(_serial)}",
        area_path=who.area_path if within is None else within,
        duties=[str(duty) for duty in duties] or ["carry_out"],
    )
    Member.objects.filter(id=who.id).update(account=account)
    return account.actor


def turn(of: Shift | None = None, who: Member | None = None) -> Turn:
    where = of or shift()
    return assign(MIN, where.id, (who or member(at=where.area_path)).id)


def lead(of: Post, who: Member | None = None) -> Member:
    someone = who or member(at=of.area_path)
    name_holder(MIN, of.id, someone.id)
    return someone


def point(at: Area | None = None) -> Site:
    place = at or people.community()
    return Site.objects.create(
        number=870_000 + next(_serial),
        kind=Site.Kind.SAMPLING_POINT,
        name="文汇广场采样点",
        area=place,
        area_path=place.path,
        capacity=2,
    )


def at(day: date, hour: int) -> datetime:
    return moment(day, time(hour))


def ids(turns: list[Turn]) -> list[UUID]:
    return [one.id for one in turns]
