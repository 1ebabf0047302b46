"""Where and when the day is played, and with whom."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from fangxian.areas.models import Area
from fangxian.areas.queries import (
    area_by_code,
    area_of_level,
    areas_of_level,
    enclosing,
    sites_of_kind,
)
from fangxian.exercise.cast import BUILDER, engage
from fangxian.kernel.access import Actor
from fangxian.kernel.ids import new_id
from fangxian.people.queries import residents_in, with_need

if TYPE_CHECKING:
    from fangxian.rosters.actions import NewPost

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2022, 9, 2)
RULES_FROM = datetime(2022, 6, 28, tzinfo=ZONE)
EVENING = datetime.combine(DAY, time(21, 30), ZONE)
SEED = 20220902
DISTRICT = "630105"
SUBDISTRICT = "630105002"
POOL = 10


@dataclass(slots=True)
class Scene:
    """Where the day happens and to whom."""

    district: str
    subdistrict: str
    community: str
    grid: str
    stairwell: str
    members: list[UUID]
    case: UUID
    in_need: UUID
    actors: dict[str, Actor]
    dice: random.Random
    venues: list[int] = field(default_factory=list)  # numbers of those where people meet
    tube: UUID = field(default_factory=new_id)
    round: UUID = field(default_factory=new_id)
    singles: dict[UUID, UUID] = field(default_factory=dict)  # the squad's tubes by resident
    site: UUID | None = None  # the quarantine site, once it is open
    campaign: UUID | None = None
    returnee: UUID | None = None  # had been where the risk is high
    at_home: UUID | None = None  # taken over from another district, monitored at home
    request: UUID | None = None  # for medicine, met and confirmed
    team: UUID | None = None  # of the volunteer who meets it
    units: list[UUID] = field(default_factory=list)
    posts: list["NewPost"] = field(default_factory=list)
    turns: dict[tuple[UUID, time], list[UUID]] = field(default_factory=dict)  # by post and hour


def at(hour: int, minute: int = 0, *, days_back: int = 0) -> datetime:
    return datetime.combine(DAY - timedelta(days=days_back), time(hour, minute), ZONE)


def set_scene(district: str) -> Scene:
    """A stairwell with ten people at home, a compound around it, and somebody who needs care."""
    dice = random.Random(SEED)  # noqa: S311 - dice of a play, not of a lock
    for unit in _stairwells(district):
        building = area_of_level(BUILDER, unit.path, "building")
        if building is None or building.compound_id is None:
            continue
        home = list(residents_in(BUILDER, unit.path).order_by("area_path", "id")[: 4 * POOL])
        adults = [one for one in home if one.birth_date and 1970 <= one.birth_date.year <= 1995]  # noqa: PLR2004
        living = [one for one in adults if one.household and one.household.members.count() > 1]
        if len(home) < 2 * POOL or not living:
            continue
        case = living[0]
        members = [case, *[one for one in home if one.id != case.id][: POOL - 1]]
        in_need = _somebody_in_need(
            [one for one in enclosing(BUILDER, unit.path, "compound") if one != building.path]
        )
        if in_need is None:
            continue
        places = {"district": district}
        for level in ("subdistrict", "community", "grid"):
            if (place := area_of_level(BUILDER, unit.path, level)) is not None:
                places[level] = place.path
        site = sites_of_kind(BUILDER, "quarantine_site", below=district).first()
        places["site"] = site.area_path if site else places["community"]
        return Scene(
            district=district,
            subdistrict=places["subdistrict"],
            community=places["community"],
            grid=places["grid"],
            stairwell=unit.path,
            members=[one.id for one in members],
            case=case.id,
            in_need=in_need,
            actors=engage(places),
            dice=dice,
        )
    raise LookupError("no stairwell of the district has ten people at home")


def _stairwells(district: str) -> Iterator[Area]:
    """Those of one subdistrict first; a district of few people may have none to play in there."""
    usual = area_by_code(BUILDER, SUBDISTRICT).path
    yield from areas_of_level(BUILDER, "unit", below=usual)
    yield from areas_of_level(BUILDER, "unit", below=district).exclude(path__startswith=usual)


def _somebody_in_need(buildings: Sequence[str]) -> UUID | None:
    for kind in ("pregnancy", "dialysis", "cancer_treatment", "chronic_disease"):
        for building in buildings:
            found = with_need(BUILDER, building, kind).first()
            if found is not None:
                return found.id
    return None
