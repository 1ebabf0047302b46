"""A round while it runs: what each point does, from what desks told in the last hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fangxian.areas.models import Area, Site
from fangxian.areas.queries import areas_of_level, names_of, sites_of_kind
from fangxian.areas.rules import paths_to, short_name
from fangxian.engines.planning import live as engine
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.queries import in_force
from fangxian.sampling.models import Round
from fangxian.sampling.planning import outlook_of
from fangxian.sampling.queries import Share, round_share

AN_HOUR = timedelta(hours=1)
_STALE = timedelta(hours=2)  # an older word about a queue is no word
_PUBLIC_KEPT = 20  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PointStatus:
    """A sampling point as desks told of it.

    tables      at work: with a shift under way, or a swab in the last hour
    last_hour   people swabbed in it; `swabs` today
    waiting     in the queue, as last seen `noted_at`; None if nobody said lately
    wait        minutes for somebody who comes now; None if nobody knows
    heard_at    when a desk told anything last
    """

    site: Site
    place: str
    tables: int
    last_hour: int
    swabs: int
    waiting: int | None
    noted_at: datetime | None
    wait: int | None
    heard_at: datetime | None

    @property
    def per_table(self) -> float | None:
        return self.last_hour / self.tables if self.tables else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When the round will be finished at the pace of the last hour; None: not at this pace."""

    share: Share
    last_hour: int
    finish: datetime | None
    deadline: datetime

    @property
    def left(self) -> int:
        return max(0, self.share.people - self.share.tested)

    @property
    def is_late(self) -> bool:
        return self.finish is None or self.finish > self.deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One table from a point to another; the wait at the longer queue in minutes."""

    source: str
    target: str
    before: int
    after: int


def points_now(viewer: Actor, *, below: str = "") -> list[PointStatus]:
    """Every open point of the viewer's area, longest wait first. Four statements."""
    sites = list(sites_of_kind(viewer, Site.Kind.SAMPLING_POINT, below=below))
    told = _told({site.id for site in sites})
    places = names_of(viewer, {site.area_path for site in sites})
    usual = usual_pace(viewer)
    found = [
        _status(site, places[site.area_path], told.get(site.id, _NOTHING), usual) for site in sites
    ]
    return sorted(found, key=lambda one: (-(one.wait or -1), -one.last_hour, one.site.number))


def usual_pace(viewer: Actor) -> float:
    """People a table gets through in an hour by the guide, at the slower of its paces."""
    try:
        pack = in_force(now(), viewer.within)
    except NoPackInForce:
        return 60.0
    return float(pack.sampling.table_rates[0].value)


def forecast(viewer: Actor, round_: Round, points: Sequence[PointStatus]) -> Forecast:
    share = round_share(viewer, round_.id)
    last_hour = sum(point.last_hour for point in points)
    outlook = outlook_of(round_)
    hours = (outlook.resources.opens, outlook.resources.closes) if outlook else (time(0), time(0))
    at = now()
    finish = engine.finish(
        at=at,
        left=max(0, share.people - share.tested),
        last_hour=last_hour,
        opens=open_times(at, *hours, ZoneInfo(settings.TIME_ZONE)),
    )
    return Forecast(share=share, last_hour=last_hour, finish=finish, deadline=round_.deadline)


def suggestions(viewer: Actor, points: Sequence[PointStatus]) -> list[Suggestion]:
    names = {str(point.site.id): point.site.name for point in points}
    return [
        Suggestion(
            source=names[move.source],
            target=names[move.target],
            before=move.before,
            after=move.after,
        )
        for move in engine.moves([_point(point) for point in points], usual_pace(viewer))
    ]


def open_times(
    at: datetime, opens: time, closes: time, zone: tzinfo, *, days: int = 7
) -> list[tuple[datetime, datetime]]:
    """When points are open in the days ahead; the same time twice is round the clock."""
    first = at.astimezone(zone).date() - timedelta(days=1)
    times = []
    for day in (first + timedelta(days=n) for n in range(days + 2)):
        ends = day if closes > opens else day + timedelta(days=1)
        times.append((datetime.combine(day, opens, zone), datetime.combine(ends, closes, zone)))
    return [(begins, ends) for begins, ends in times if ends > at]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPoint:
    """What residents are told of a point: no person is in it, not even a number of positives."""

    name: str
    place: str
    waiting: int | None
    wait: int | None
    heard_at: datetime | None
    open_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicGroup:
    """The points of one subdistrict: open ones first, the shortest wait first."""

    number: int
    name: str
    points: list[PublicPoint]

    @property
    def open_points(self) -> list[PublicPoint]:
        return [point for point in self.points if point.open_now]

    @property
    def closed_points(self) -> list[PublicPoint]:
        return [point for point in self.points if not point.open_now]

    @property
    def shortest(self) -> int | None:
        """Minutes; None if nobody knows."""
        return min((one.wait for one in self.open_points if one.wait is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    district: str
    groups: list[PublicGroup]
    opens: time | None
    closes: time | None
    made_at: datetime

    def group(self, number: int) -> PublicGroup | None:
        return next((one for one in self.groups if one.number == number), None)


def public_page() -> PublicPage:
    """For everybody, made at most every few seconds however many ask."""
    key = f"queues:{get_language()}"
    found: PublicPage | None = caches["pages"].get(key)
    if found is None:
        found = _public_page()
        caches["pages"].set(key, found, _PUBLIC_KEPT)
    return found


def _public_page() -> PublicPage:
    round_ = Round.objects.filter(state=Round.State.OPEN).order_by("-starts_at").first()
    outlook = outlook_of(round_) if round_ else None
    district = areas_of_level(PLAYBOOK, Area.Level.DISTRICT).first()
    return PublicPage(
        district=district.name if district else "",
        groups=_groups(points_now(PLAYBOOK)),
        opens=outlook.resources.opens if outlook else None,
        closes=outlook.resources.closes if outlook else None,
        made_at=now(),
    )


def _groups(points: Sequence[PointStatus]) -> list[PublicGroup]:
    """By subdistrict, in the order of the tree; a point that is in none is left under the rest."""
    around = {area.path: area for area in areas_of_level(PLAYBOOK, Area.Level.SUBDISTRICT)}
    found: dict[str, list[PublicPoint]] = {path: [] for path in [*around, ""]}
    for point in points:
        path = next((one for one in paths_to(point.site.area_path) if one in around), "")
        name = short_name(around[path].name) if path else ""
        found[path].append(
            PublicPoint(
                name=point.site.name,
                place=point.place.removeprefix(name).strip(),
                waiting=point.waiting,
                wait=point.wait,
                heard_at=point.heard_at,
                open_now=point.tables > 0,
            )
        )
    for told in found.values():
        told.sort(key=lambda one: (not one.open_now, one.wait is None, one.wait or 0, one.name))
    return [
        PublicGroup(
            number=around[path].number if path else 0,
            name=around[path].name if path else _("Elsewhere in the district"),
            points=told,
        )
        for path, told in found.items()
        if told
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    tables: int = 0
    last_hour: int = 0
    swabs: int = 0
    last_swab: datetime | None = None
    waiting: int | None = None
    noted_at: datetime | None = None


_NOTHING = _Told()


def _told(sites: set[UUID]) -> dict[UUID, _Told]:
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH wanted AS (SELECT unnest(%(sites)s::uuid[]) AS site),
            tubes AS (
                SELECT site_id AS site, sum(swabs) AS swabs, max(opened_at) AS last
                FROM sampling_tube
                WHERE site_id = ANY(%(sites)s) AND opened_at > %(day)s AND state <> 'void'
                GROUP BY site_id
            ), swabs AS (
                -- A tube that stood open for longer is rare; only those of late are looked into.
                SELECT t.site_id AS site, max(s.taken_at) AS last,
                    count(*) FILTER (WHERE s.taken_at > %(hour)s) AS last_hour
                FROM sampling_tube t JOIN sampling_swab s ON s.tube_id = t.id
                WHERE t.site_id = ANY(%(sites)s) AND t.opened_at > %(late)s AND t.state <> 'void'
                GROUP BY t.site_id
            ), tables AS (
                SELECT site, count(DISTINCT "table") AS tables FROM (
                    SELECT site_id AS site, "table" FROM sampling_shift
                    WHERE site_id = ANY(%(sites)s) AND ended_at IS NULL AND began_at > %(day)s
                    UNION ALL
                    SELECT t.site_id, t."table" FROM sampling_tube t
                    WHERE t.site_id = ANY(%(sites)s) AND t.opened_at > %(hour)s
                ) AS used GROUP BY site
            )
            SELECT w.site, coalesce(tables.tables, 0), coalesce(swabs.last_hour, 0),
                coalesce(tubes.swabs, 0), coalesce(swabs.last, tubes.last), q.waiting, q.noted_at
            FROM wanted w LEFT JOIN tubes USING (site) LEFT JOIN swabs USING (site)
            LEFT JOIN tables USING (site)
            LEFT JOIN LATERAL (
                SELECT waiting, noted_at FROM sampling_queuenote n
                WHERE n.site_id = w.site ORDER BY noted_at DESC LIMIT 1
            ) q ON true
            """,
            {
                "sites": list(sites),
                "hour": at - AN_HOUR,
                "late": at - 3 * AN_HOUR,
                "day": at - 18 * AN_HOUR,
            },
        )
        rows = cursor.fetchall()
    return {
        site: _Told(
            tables=tables,
            last_hour=last_hour,
            swabs=swabs,
            last_swab=last,
            waiting=waiting if noted_at and at - noted_at < _STALE else None,
            noted_at=noted_at,
        )
        for site, tables, last_hour, swabs, last, waiting, noted_at in rows
    }


def _status(site: Site, place: str, told: _Told, usual: float) -> PointStatus:
    point = engine.Point(
        id=str(site.id),
        tables=told.tables,
        most=site.capacity or told.tables,
        last_hour=told.last_hour,
        waiting=told.waiting,
    )
    heard = [moment for moment in (told.last_swab, told.noted_at) if moment is not None]
    return PointStatus(
        site=site,
        place=place,
        tables=told.tables,
        last_hour=told.last_hour,
        swabs=told.swabs,
        waiting=told.waiting,
        noted_at=told.noted_at,
        wait=engine.wait(point, usual),
        heard_at=max(heard, default=None),
    )


def _point(status: PointStatus) -> engine.Point:
    return engine.Point(
        id=str(status.site.id),
        tables=status.tables,
        most=status.site.capacity or status.tables,
        last_hour=status.last_hour,
        waiting=status.waiting,
    )
