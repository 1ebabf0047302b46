"""Ordinary journeys to care for tests. Say only what is unusual.

It is noon of 2 September 2022 in Xining.
"""

from itertools import count
from zoneinfo import ZoneInfo

from django.conf import settings

from fangxian.areas.models import Area, Site
from fangxian.care.actions import request_transfer
from fangxian.care.models import CareTransfer
from fangxian.kernel.access import Duty
from fangxian.measures.tests import make as measures
from fangxian.measures.tests.make import NOON, actor, resident, rules
from fangxian.people.models import Resident
from fangxian.people.tests import make as people

__all__ = ["NOON", "actor", "measures", "people", "resident", "rules"]

HEAD_MA = actor(Duty.DISPATCH, Duty.CARRY_OUT, Duty.SEE_REGISTER, name="Ma")
DRIVER_HE = actor(Duty.CARRY_OUT, name="He")
NEIGHBOUR = actor(name="Tian")

ZONE = ZoneInfo(settings.TIME_ZONE)
_serial = count(1)


def hospital(name: str = "城北区人民医院", *, within: Area | None = None) -> Site:
    place = within or people.community()
    return Site.objects.create(
        number=700_000 + next(_serial),
        kind=Site.Kind.HOSPITAL,
        name=name,
        area=place,
        area_path=place.path,
    )


def requested(who: Resident | None = None, *, what: str = "labour") -> CareTransfer:
    ill = who or resident()
    return request_transfer(NEIGHBOUR, ill.id, area_path=ill.area_path, what=what, channel="page")


def checkpoint() -> Site:
    place = people.community()
    return Site.objects.create(
        number=700_000 + next(_serial),
        kind=Site.Kind.CHECKPOINT,
        name="东门",
        area=place,
        area_path=place.path,
    )
