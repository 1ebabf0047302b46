"""Planning a round: from the register, the sampling points and the guide in force to the engine
and back. What the engine answered is kept with the round; it is not made anew when shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Avg
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from fangxian.areas.models import Area, Site
from fangxian.areas.queries import area_at, areas_of_level, sites_of_kind
from fangxian.engines.planning import round as engine
from fangxian.kernel.access import Actor
from fangxian.kernel.errors import NotFound
from fangxian.people.queries import population
from fangxian.protocol.packs import Pack
from fangxian.sampling.errors import NobodyLivesThere, NoSamplingPoints, PlaceNotOnTheMap
from fangxian.sampling.models import Round

_PLAN = TypeAdapter(engine.Plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Who is at hand for a round, and when the points are open each day (local time).

    medics           who take swabs
    leads            named leads of points
    others           everybody else: registrars, marshals, packers, volunteers
    opens, closes    the same time twice: round the clock
    """

    medics: int
    leads: int
    others: int
    opens: time = time(8)
    closes: time = time(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A plan and what it is a plan for.

    unplaced   registered in the area but in none of its communities, so in no part of the plan
    """

    area_path: str
    people: int
    unplaced: int
    starts_at: datetime
    deadline: datetime
    resources: Resources
    pack: str
    plan: engine.Plan


def look_ahead(
    viewer: Actor, *, area_path: str, starts_at: datetime, resources: Resources, pack: Pack
) -> Outlook:
    """What a round would be like. Raises when nobody lives there or nothing is open."""
    if not viewer.sees(area_path):
        raise NotFound(_("place"), area=area_path)
    areas = list(areas_of_level(viewer, Area.Level.COMMUNITY, below=area_path))
    areas = areas or [area_at(viewer, area_path)]
    people = population(viewer, [area_path, *(area.path for area in areas)])
    everybody = sum(people[area.path] for area in areas)
    if not everybody:
        raise NobodyLivesThere
    deadline = starts_at + pack.sampling.time_for(everybody)
    sites = list(sites_of_kind(viewer, Site.Kind.SAMPLING_POINT, below=area_path))
    where = _coordinates(areas)
    hours = open_hours(
        starts_at, deadline, resources.opens, resources.closes, ZoneInfo(settings.TIME_ZONE)
    )
    problem = engine.Problem(
        communities=[
            engine.Community(
                id=area.path,
                group=_parent(area.path) if area.level == Area.Level.COMMUNITY else area.path,
                people=people[area.path],
                lat=where[area.path][0],
                lon=where[area.path][1],
            )
            for area in areas
            if people[area.path]
        ],
        points=[_point(site, areas, where, hours) for site in sites],
        force=engine.Force(medics=resources.medics, leads=resources.leads, others=resources.others),
        norm=norm_of(pack),
        hours_allowed=(deadline - starts_at) / timedelta(hours=1),
    )
    try:
        plan = engine.plan_round(problem)
    except engine.NoPlan as none:
        raise NoSamplingPoints from none
    return Outlook(
        area_path=area_path,
        people=everybody,
        unplaced=people[area_path] - everybody,
        starts_at=starts_at,
        deadline=deadline,
        resources=resources,
        pack=pack.stamp,
        plan=plan,
    )


def norm_of(pack: Pack) -> engine.Norm:
    """What the guide of a pack asks for. Raises `NoSamplingGuide`."""
    guide = pack.sampling
    return engine.Norm(
        people_per_point=(guide.people_per_point.low, guide.people_per_point.high),
        people_per_table=(guide.people_per_table.low, guide.people_per_table.high),
        samplers_divisor=guide.samplers_divisor.whole,
        medics_per_table=guide.medics_per_table.whole,
        leads_per_point=guide.leads_per_point.whole,
        rates=tuple(rate.value for rate in guide.table_rates),
        pool_sizes=tuple(size.whole for size in guide.pool_sizes if size.whole > 1),
        seconds_per_person=guide.seconds_per_person.whole,
    )


def open_hours(
    starts_at: datetime, deadline: datetime, opens: time, closes: time, zone: tzinfo
) -> float:
    """Hours between two moments during which a point is open that opens daily."""
    if opens == closes:
        return (deadline - starts_at) / timedelta(hours=1)
    begin, end = starts_at.astimezone(zone), deadline.astimezone(zone)
    total = timedelta()
    day = begin.date() - timedelta(days=1)
    while day <= end.date():
        first = datetime.combine(day, opens, zone)
        last = datetime.combine(day if closes > opens else day + timedelta(days=1), closes, zone)
        total += max(timedelta(), min(last, end) - max(first, begin))
        day += timedelta(days=1)
    return total / timedelta(hours=1)


def kept(outlook: Outlook) -> dict[str, Any]:
    """How a plan is kept with its round."""
    resources = asdict(outlook.resources) | {
        "opens": outlook.resources.opens.isoformat("minutes"),
        "closes": outlook.resources.closes.isoformat("minutes"),
    }
    return {
        "resources": resources,
        "unplaced": outlook.unplaced,
        "plan": _PLAN.dump_python(outlook.plan, mode="json"),
    }


def outlook_of(round_: Round) -> Outlook | None:
    """What was planned for a round; None for one that was opened without a plan."""
    if not round_.plan:
        return None
    resources = round_.plan["resources"] | {
        "opens": time.fromisoformat(round_.plan["resources"]["opens"]),
        "closes": time.fromisoformat(round_.plan["resources"]["closes"]),
    }
    return Outlook(
        area_path=round_.area_path,
        people=round_.people,
        unplaced=round_.plan["unplaced"],
        starts_at=round_.starts_at,
        deadline=round_.deadline,
        resources=Resources(**resources),
        pack=round_.pack,
        plan=_PLAN.validate_python(round_.plan["plan"]),
    )


def _parent(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0] + "/"


def _coordinates(areas: Sequence[Area]) -> dict[str, tuple[float, float]]:
    """Where each area is: its own coordinates, or the middle of what lies in it."""
    nowhere = [area for area in areas if area.lat is None]
    inside = {
        found["parent"]: (found["lat"], found["lon"])
        for found in Area.objects.filter(parent__in=nowhere, lat__isnull=False)
        .values("parent")
        .annotate(lat=Avg("lat"), lon=Avg("lon"))
    }
    where: dict[str, tuple[float, float]] = {}
    for area in areas:
        if area.lat is not None and area.lon is not None:
            where[area.path] = (area.lat, area.lon)
        elif area.id in inside:
            where[area.path] = inside[area.id]
        else:
            raise PlaceNotOnTheMap(area.name)
    return where


def _point(
    site: Site, areas: Sequence[Area], where: Mapping[str, tuple[float, float]], hours: float
) -> engine.Point:
    community = next((a.path for a in areas if site.area_path.startswith(a.path)), "")
    if site.lat is not None and site.lon is not None:
        place = (site.lat, site.lon)
    elif community:
        place = where[community]
    else:
        raise PlaceNotOnTheMap(site.name)
    return engine.Point(
        id=str(site.id),
        community=community,
        tables=site.capacity or 0,
        hours=hours,
        lat=place[0],
        lon=place[1],
    )
