"""What a sweep asks, written once, for whichever engine answers.

Only what engines agree on to the last row: whole numbers, equality joins with a remainder, plain
groups, one running maximum. No hashes, no rounding, no order of rows.
"""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from fangxian.engines.tracing.sweep.layout import CASES, RISKS, VISITS
from fangxian.engines.tracing.sweep.standing import EXPOSED, Kind, Standing

_POSTER = 1
_HIGH = 2**32

STAYS = pa.schema(
    [
        ("case_id", pa.int32()),
        ("person", pa.int32()),
        ("place", pa.int32()),
        ("began", pa.int32()),
        ("ended", pa.int32()),
        ("evidence", pa.int8()),
    ]
)
"""Where a case had been, cut to its window."""

MEETINGS = STAYS
"""person met whom; ended lies before began where two only came near each other."""

CONTACTS = pa.schema(
    [
        ("case_id", pa.int32()),
        ("person", pa.int32()),
        ("kind", pa.int8()),
        ("meetings", pa.int32()),
        ("minutes", pa.int32()),
        ("sure_minutes", pa.int32()),
        ("first_at", pa.int32()),
        ("last_at", pa.int32()),
        ("evidence", pa.int8()),
        ("place", pa.int32()),
    ]
)
"""As `fangxian.engines.tracing.Met`; kind as `standing.Kind`."""

EXPOSURES = pa.schema(
    [
        ("person", pa.int32()),
        ("area", pa.int32()),
        ("level", pa.int8()),
        ("visits", pa.int32()),
        ("minutes", pa.int32()),
        ("first_at", pa.int32()),
        ("last_at", pa.int32()),
    ]
)
"""minutes   of all visits there, counted each by itself"""

STATUS = pa.schema(
    [
        ("person", pa.int32()),
        ("standing", pa.int8()),
        ("last_at", pa.int32()),
        ("reasons", pa.int32()),
    ]
)
"""last_at of what gives the standing; reasons: how many things count against the person"""

_TYPES = {pa.int8(): "int8", pa.int32(): "int32"}


def _table(name: str, schema: pa.Schema) -> ir.Table:
    return ibis.table({field.name: _TYPES[field.type] for field in schema}, name=name)


def stays() -> ir.Table:
    """Of the views `visits` (by person) and `cases`."""
    visits, cases = _table("visits", VISITS), _table("cases", CASES)
    there = visits.join(
        cases,
        [
            visits.person == cases.person,
            visits.began <= cases.until,
            visits.ended >= cases.since,
        ],
    )
    return there.select(
        case_id=cases.case_id,
        person=visits.person,
        place=visits.place,
        began=ibis.greatest(visits.began, cases.since),
        ended=ibis.least(visits.ended, cases.until),
        evidence=visits.evidence,
    )


def meetings(tolerance: int) -> ir.Table:
    """Of the views `visits` (by place) and `stays`."""
    visits, own = _table("visits", VISITS), _table("stays", STAYS)
    met = visits.join(
        own,
        [
            visits.place == own.place,
            visits.began <= own.ended + tolerance,
            visits.ended >= own.began - tolerance,
            visits.person != own.person,
        ],
    )
    return met.select(
        case_id=own.case_id,
        person=visits.person,
        place=visits.place,
        began=ibis.greatest(visits.began, own.began),
        ended=ibis.least(visits.ended, own.ended),
        evidence=ibis.least(visits.evidence, own.evidence),
    )


def contacts(close_minutes: int | None) -> ir.Table:
    """Of the view `meetings`. Only who met more than once needs the overlaps taken out."""
    met = _table("meetings", MEETINGS)
    length = ibis.greatest(met.ended - met.began, 0)
    sure = met.evidence > _POSTER
    pairs = met.group_by("case_id", "person").agg(
        meetings=met.count(),
        minutes=length.sum(),
        sure_minutes=ibis.ifelse(sure, length, 0).sum(),
        first_at=ibis.least(met.began, met.ended).min(),
        last_at=ibis.greatest(met.began, met.ended).max(),
        evidence=met.evidence.max(),
        longest=(length.cast("int64") * _HIGH + met.place).max(),
    )
    again = pairs.filter(pairs.meetings > 1).select("case_id", "person")
    several = met.semi_join(again, ["case_id", "person"])
    counted = several.mutate(
        adds=_adds(several, several.ended > several.began),
        adds_for_sure=_adds(
            several, (several.ended > several.began) & (several.evidence > _POSTER)
        ),
    )
    covered = counted.group_by("case_id", "person").agg(
        covered=counted.adds.sum(), covered_for_sure=counted.adds_for_sure.sum()
    )
    both = pairs.left_join(
        covered, [pairs.case_id == covered.case_id, pairs.person == covered.person]
    )
    dosed = both.select(
        case_id=pairs.case_id,
        person=pairs.person,
        meetings=pairs.meetings,
        minutes=ibis.coalesce(covered.covered, pairs.minutes),
        sure_minutes=ibis.coalesce(covered.covered_for_sure, pairs.sure_minutes),
        first_at=pairs.first_at,
        last_at=pairs.last_at,
        evidence=pairs.evidence,
        place=pairs.longest % _HIGH,
    )
    close = dosed.evidence > _POSTER
    if close_minutes is not None:
        close &= dosed.sure_minutes >= close_minutes
    kind = ibis.ifelse(close, int(Kind.CLOSE), int(Kind.GENERAL))
    return dosed.mutate(kind=kind)


def _adds(met: ir.Table, counts: ir.BooleanValue) -> ir.IntegerValue:
    """What each meeting adds to those of the same two that began before it."""
    earlier = ibis.rows_window(
        group_by=[met.case_id, met.person], order_by=met.began, preceding=(None, 1)
    )
    reached = ibis.ifelse(counts, met.ended, ibis.null("int32")).max().over(earlier)
    begins = ibis.greatest(met.began, ibis.coalesce(reached, met.began))
    return ibis.ifelse(counts, ibis.greatest(met.ended - begins, 0), 0)


def exposures_of_day() -> ir.Table:
    """Of the views `visits` (by place) and `risks`; visits of one day."""
    visits, risks = _table("visits", VISITS), _table("risks", RISKS)
    there = visits.join(
        risks,
        [
            visits.place == risks.place,
            visits.began <= risks.until,
            visits.ended >= risks.since,
        ],
    ).select(
        person=visits.person,
        area=risks.area,
        level=risks.level,
        began=ibis.greatest(visits.began, risks.since),
        ended=ibis.least(visits.ended, risks.until),
    )
    return there.group_by("person", "area").agg(
        level=there.level.max(),
        visits=there.count(),
        minutes=(there.ended - there.began).sum(),
        first_at=there.began.min(),
        last_at=there.ended.max(),
    )


def exposures() -> ir.Table:
    """Of the view `exposed`: the days put together."""
    days = _table("exposed", EXPOSURES)
    return days.group_by("person", "area").agg(
        level=days.level.max(),
        visits=days.visits.sum(),
        minutes=days.minutes.sum(),
        first_at=days.first_at.min(),
        last_at=days.last_at.max(),
    )


def status() -> ir.Table:
    """Of the views `cases`, `contacts` and `exposures`: one row a person, the weightiest first."""
    cases = _table("cases", CASES)
    met = _table("contacts", CONTACTS)
    been = _table("exposures", EXPOSURES)
    close = met.kind == int(Kind.CLOSE)
    standings = [
        _weighed(cases, ibis.literal(int(Standing.CASE)), cases.until),
        _weighed(met, ibis.ifelse(close, int(Standing.CLOSE), int(Standing.GENERAL)), met.last_at),
        _weighed(been, been.level.cast("int32") + EXPOSED, been.last_at),
    ]
    every = ibis.union(*standings, distinct=False)
    best = every.group_by("person").agg(weight=every.weight.max(), reasons=every.count())
    return best.mutate(standing=best.weight // _HIGH, last_at=best.weight % _HIGH)


def _weighed(rows: ir.Table, standing: ir.IntegerValue, last_at: ir.IntegerValue) -> ir.Table:
    """One number to take the greatest of: standing first, then the later time."""
    return rows.select(person=rows.person, weight=standing.cast("int64") * _HIGH + last_at)
