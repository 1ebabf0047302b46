"""Colours from evidence, set-wise: what everybody in a part of the register should show, against
what they show now, and only the difference is written.

The evidence is asked of the rooms that own it (orders in force, risk areas, open cases) as
queries, and joined in the database: a million people are one statement. Nothing else in the
product writes to the table, and no argument names a colour.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from fangxian.cases.queries import cases_visible_to
from fangxian.kernel.access import PLAYBOOK
from fangxian.measures.queries import orders_in_force, risk_areas_in_force
from fangxian.people.queries import living
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import Region, regions
from fangxian.status.models import Status
from fangxian.status.rules import Ruled, ruled

_REVIEWED_EVERY = timedelta(days=1)
"""What has no end of its own (a case; a risk area past its review) is looked at again after it."""

_INFECTED = ("confirmed", "asymptomatic")


@dataclass(frozen=True, slots=True)
class Derived:
    """How many people show another colour than before; persons."""

    red: int = 0
    yellow: int = 0
    green: int = 0

    def __add__(self, other: "Derived") -> "Derived":
        return Derived(self.red + other.red, self.yellow + other.yellow, self.green + other.green)

    @property
    def changed(self) -> int:
        return self.red + self.yellow + self.green


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Who is derived anew: these people, or everybody in these places ("" is everywhere).

    residents   ids, or a query for them, which stays in the database however many they are
    """

    residents: Collection[UUID] | QuerySet[Any] | None = None
    places: Sequence[str] = ("",)

    def among(self, rows: QuerySet[Any], who: str) -> QuerySet[Any]:
        if isinstance(self.residents, QuerySet):
            return rows.filter(**{f"{who}__in": self.residents})
        if self.residents is not None:
            return rows.filter(**{f"{who}__in": list(self.residents)})
        return rows if "" in self.places else rows.filter(_inside(self.places))


def _inside(places: Sequence[str]) -> Q:
    found = Q(id__in=[])
    for place in places:
        found |= Q(area_path__startswith=place)
    return found


def _narrow(region: Region, rows: QuerySet[Any]) -> QuerySet[Any]:
    rows = rows.filter(area_path__startswith=region.path)
    return rows.exclude(_inside(region.without)) if region.without else rows


def derive(whom: Whom, *, at: datetime, because_id: UUID | None) -> Derived:
    """Bring the rows of these people to what the evidence says; returns who changed colour."""
    found = Derived()
    for region in regions(PLAYBOOK, at):
        found += _derive_in(region, whom, at=at, because_id=because_id)
    return found


def rules_of(pack: Pack) -> Ruled:
    """The colours that a pack knows; none where codes are not used."""
    if pack.status is None or not pack.status.used:
        return Ruled()
    assigning = [name for name, measure in pack.measures.items() if measure.code != "none"]
    return ruled(pack.status.rules, assigning)


_DERIVE = """
WITH evidence (resident_id, area_path, rank, ground, until) AS MATERIALIZED (
    SELECT o.resident_id, o.area_path, r.rank, o.id, o.ends_at
    FROM ({orders}) o
    JOIN unnest(%s::text[], %s::text[], %s::int[]) AS r (kind, subject, rank)
        ON r.kind = o.kind AND r.subject = o.subject
  UNION ALL
    SELECT p.id, p.area_path, a.rank, a.ground, a.until
    FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::int[], %s::timestamptz[])
        AS a (first, beyond, ground, rank, until)
    JOIN ({residents}) p
        ON p.area_path >= a.first COLLATE "C" AND p.area_path < a.beyond COLLATE "C"
  UNION ALL
    SELECT c.resident_id, c.area_path, %s::int, c.id, %s::timestamptz
    FROM ({cases}) c WHERE %s::int > 0
), wanted AS MATERIALIZED (
    SELECT resident_id, min(area_path) AS area_path, max(rank) AS rank,
        array_agg(DISTINCT ground) AS grounds, min(until) AS look_again_at
    FROM evidence e
    WHERE NOT EXISTS (
        SELECT FROM status_objection s
        WHERE s.resident_id = e.resident_id AND s.ground = e.ground AND s.state = 'upheld'
    )
    GROUP BY resident_id
), shown AS MATERIALIZED (
    {shown}
), closed AS (
    UPDATE status_status s SET ended_at = %s, ended_because_id = %s
    FROM shown o LEFT JOIN wanted w USING (resident_id)
    WHERE s.id = o.id AND (w.resident_id IS NULL OR w.grounds <> o.grounds
        OR (ARRAY['green', 'yellow', 'red'])[w.rank + 1] <> o.colour)
    RETURNING s.resident_id, s.colour
), waits AS (
    UPDATE status_status s SET look_again_at = w.look_again_at
    FROM shown o JOIN wanted w USING (resident_id)
    WHERE s.id = o.id AND w.grounds = o.grounds
        AND (ARRAY['green', 'yellow', 'red'])[w.rank + 1] = o.colour
        AND w.look_again_at <> o.look_again_at
), opened AS (
    INSERT INTO status_status (resident_id, area_path, colour, grounds, pack, because_id,
        began_at, look_again_at)
    SELECT w.resident_id, w.area_path, (ARRAY['green', 'yellow', 'red'])[w.rank + 1], w.grounds,
        %s, %s, %s, w.look_again_at
    FROM wanted w LEFT JOIN shown o USING (resident_id)
    WHERE (SELECT count(*) FROM closed) >= 0  -- what is over ends before what begins
        AND (o.id IS NULL OR w.grounds <> o.grounds
            OR (ARRAY['green', 'yellow', 'red'])[w.rank + 1] <> o.colour)
    RETURNING resident_id, colour
)
SELECT count(*) FILTER (WHERE n.colour = 'red' AND o.colour IS DISTINCT FROM 'red'),
    count(*) FILTER (WHERE n.colour = 'yellow' AND o.colour IS DISTINCT FROM 'yellow'),
    count(*) FILTER (WHERE n.colour IS NULL)
FROM opened n FULL JOIN closed o USING (resident_id)
"""


def _derive_in(region: Region, whom: Whom, *, at: datetime, because_id: UUID | None) -> Derived:
    rules = rules_of(region.pack)
    ordered = _narrow(region, whom.among(orders_in_force(PLAYBOOK), "resident"))
    ordered = ordered.filter(ends_at__gt=at).order_by()
    orders, of_orders = _sql(
        ordered.values("id", "resident_id", "area_path", "kind", "subject", "ends_at")
    )
    stay = _narrow(region, whom.among(living(PLAYBOOK), "id"))
    residents, of_residents = _sql(stay.order_by().values("id", "area_path"))
    ill = cases_visible_to(PLAYBOOK).filter(
        state="open", classification__in=_INFECTED, resident__died_on=None
    )
    ill = _narrow(region, whom.among(ill, "resident")).order_by()
    cases, of_cases = _sql(ill.values("id", "resident_id", "area_path"))
    now_shown = _narrow(region, whom.among(Status.objects.filter(ended_at=None), "resident"))
    shown, of_shown = _sql(
        now_shown.values("id", "resident_id", "colour", "grounds", "look_again_at")
    )
    of_case = rules.case[1] if rules.case else 0
    places = list(_places(rules, at))
    columns = [list(column) for column in zip(*places, strict=True)] or [[]] * 5
    parameters = [
        *of_orders,
        [rule.kind for rule in rules.orders],
        [rule.subject for rule in rules.orders],
        [rule.rank for rule in rules.orders],
        *columns,
        *of_residents,
        of_case,
        at + _REVIEWED_EVERY,
        *of_cases,
        of_case,
        *of_shown,
        at,
        because_id,
        region.pack.stamp,
        because_id,
        at,
    ]
    statement = _DERIVE.format(orders=orders, residents=residents, cases=cases, shown=shown)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        red, yellow, green = cursor.fetchone()
    return Derived(red=red, yellow=yellow, green=green)


def _places(rules: Ruled, at: datetime) -> Iterator[tuple[str, str, UUID, int, datetime]]:
    """Ranges of paths that risk areas colour, each with its ground, rank and end."""
    if not rules.levels:
        return
    for area in risk_areas_in_force(PLAYBOOK).filter(level__in=list(rules.levels)):
        until = max(area.review_at or at, at + _REVIEWED_EVERY)
        for place in area.places:
            # Paths end with "/"; "0" is the sign after it.
            yield place, place[:-1] + "0", area.id, rules.levels[area.level][1], until


def _sql(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    statement, parameters = rows.query.sql_with_params()
    return statement, tuple(parameters)
