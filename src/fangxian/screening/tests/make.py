"""Ordinary campaigns, lists and people for tests. Say only what is unusual.

It is noon of 2 September 2022 in Xining; cn-v9 is in force.
"""

from datetime import date, timedelta
from typing import Any

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Account
from fangxian.measures.tests import make as measures
from fangxian.measures.tests.make import actor, door, estate, resident
from fangxian.people.tests import make as people
from fangxian.people.tests.make import identity, phone, sheet
from fangxian.screening import actions
from fangxian.screening.models import Campaign, FollowUp, InboundList, RiskElsewhere
from fangxian.screening.rules import Stay

__all__ = [
    "actor",
    "door",
    "estate",
    "identity",
    "measures",
    "people",
    "phone",
    "resident",
    "sheet",
]

INVESTIGATOR_ZHAO = actor(Duty.INVESTIGATE, Duty.SEE_REGISTER, name="Zhao")
GRID_WORKER_WANG = actor(Duty.CARRY_OUT, name="Wang")
OFFICER_DENG = actor(Duty.DECIDE_MEASURES, Duty.COMMAND, name="Deng")
SINCE = date(2022, 8, 20)
HEADER = ["姓名", "身份证号", "手机号", "现住址", "来自", "到达日期", "车次"]


def worker(*, within: str, name: str = "Wang") -> Actor:
    """With an account, for whoever is to reach people has one."""
    account = Account.objects.create(
        username=f"{name}{Account.objects.count()}",
        display_name=name,
        area_path=within,
        duties=[str(Duty.CARRY_OUT)],
    )
    return account.actor


def sender() -> Actor:
    """An investigator with an account, for lists are taken in as whoever uploaded them."""
    account = Account.objects.create(
        username=f"zhao{Account.objects.count()}",
        display_name="Zhao",
        area_path="",
        duties=[str(Duty.INVESTIGATE), str(Duty.SEE_REGISTER)],
    )
    return account.actor


def community() -> Area:
    return people.community()


def campaign(place: Area | None = None, **unusual: Any) -> Campaign:
    """Everybody who was in Xi'an since 20 August, asked in a community."""
    where = place or community()
    said: dict[str, Any] = {
        "name": "Back from Xi'an",
        "ground": "lists",
        "place_said": "西安",
        "since": SINCE,
        "area_path": where.path,
        "channels": ["declaration", "phone", "visit"],
        "ends_at": now() + timedelta(days=20),
    }
    return actions.begin_campaign(INVESTIGATOR_ZHAO, **{**said, **unusual})


def row(name: str = "王建国", **known: Any) -> list[object]:
    """Somebody who came by train three days ago from a district that is at risk."""
    said: dict[str, Any] = {
        "identity": identity(),
        "phone": phone(),
        "address": "朝阳社区",
        "place": "西安市雁塔区",
        "day": "2022-08-30",
        "how": "G2095",
    }
    said |= known
    return [name, *(said[key] for key in ("identity", "phone", "address", "place", "day", "how"))]


def inbound(
    to: Campaign,
    *rows: list[object],
    sender: str = "西宁站",
    kind: str = "station",
    header: list[str] | None = None,
    by: Actor = INVESTIGATOR_ZHAO,
) -> InboundList:
    """A list of these rows, taken in."""
    data = sheet(*rows, header=header or HEADER)
    kept = actions.receive_list(by, to.id, data, "list.xlsx", sender=sender, sender_kind=kind)
    return actions.take_in_list(by, kept.id)


def risk(
    place: str = "西安 雁塔", level: str = "high", *, since: date = date(2022, 8, 20)
) -> RiskElsewhere:
    return actions.note_risk_elsewhere(
        INVESTIGATOR_ZHAO, place=place, level=level, from_day=since, source="notice 12 of Xi'an"
    )


def stay(place: str = "西安市雁塔区", *, first: int = 28, last: int = 30) -> Stay:
    """Days of August 2022."""
    return Stay(place, date(2022, 8, first), date(2022, 8, last), "G2095")


def told(follow_up: FollowUp, *stays: Stay, by: Actor = GRID_WORKER_WANG) -> FollowUp:
    """The worker spoke to the person, who said where they were, or that they were not there."""
    return actions.note_attempt(
        by,
        follow_up.id,
        channel="phone",
        outcome="reached",
        was_there=bool(stays),
        stays=stays,
    )


def only(to: Campaign) -> FollowUp:
    return FollowUp.objects.select_related("campaign").get(campaign=to)


def one_day(day: date, *, place: str = "西安市雁塔区") -> Stay:
    """One day at a place."""
    return Stay(place, day, day)
