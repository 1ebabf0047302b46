"""`cases_co_present`: whom a person met, the rule of `engines.tracing.met_by` over the indexes.

One statement. It is kept as a function so that each connection plans it once (planning took as
long as running it) and so that its settings end with it: a case has some dozens of visits, from
each of which the way leads straight into the index of its place, and every other plan is worse.

A place whose longest visit is not known is read from its beginning: slower, and never wrong.
"""

from typing import ClassVar

from django.db import migrations

WORTH = """CASE {}.source WHEN 'attended' THEN 4 WHEN 'rotating' THEN 3 WHEN 'interview' THEN 2
                ELSE 1 END"""

# Microseconds are counted in whole numbers; as seconds they are exact to below one of them.
MINUTES = "floor(date_part('epoch', {}) / 60)::int"
MICROSECONDS = "(date_part('epoch', {}) * 1000000)::bigint"

CREATE = f"""
CREATE FUNCTION cases_co_present(
    persons int[], since timestamptz, until timestamptz, tolerance interval
) RETURNS TABLE (
    other int, times bigint, minutes_in_all int, minutes_for_sure int,
    first_us bigint, last_us bigint, best int, longest_at int
)
LANGUAGE plpgsql STABLE
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    RETURN QUERY
    WITH been AS MATERIALIZED (  -- where they had been, cut to the window
        SELECT v.place,
               greatest(v.start_at, since) AS start_at,
               least(v.end_at, until) AS end_at,
               {WORTH.format("v")} AS worth,
               coalesce(
                   greatest(v.start_at, since) - tolerance - l.minutes * interval '1 minute',
                   '-infinity'
               ) AS back_to
        FROM cases_visit AS v LEFT JOIN cases_longestvisit AS l ON l.place = v.place
        WHERE v.person = ANY(persons)
          AND v.start_at >= coalesce(
              since - (SELECT max(a.minutes) FROM cases_longestvisit AS a) * interval '1 minute',
              '-infinity')
          AND v.start_at <= until
          AND v.end_at >= since
    ), met AS (  -- one row a meeting
        SELECT v.person, b.place,
               greatest(b.start_at, v.start_at) AS began,
               least(b.end_at, v.end_at) AS ended,
               least(b.worth, {WORTH.format("v")}) AS worth
        FROM been AS b
        JOIN cases_visit AS v ON v.place = b.place
         AND v.start_at >= b.back_to
         AND v.start_at <= b.end_at + tolerance
         AND v.end_at >= b.start_at - tolerance
        WHERE v.person <> ALL(persons)
    ), told AS (  -- what each meeting adds to those of the same two that began before it
        SELECT m.*,
               CASE WHEN m.began < m.ended
                    THEN m.ended - greatest(m.began, max(m.ended)
                        FILTER (WHERE m.began < m.ended) OVER earlier)
               END AS adds,
               CASE WHEN m.began < m.ended AND m.worth > 1
                    THEN m.ended - greatest(m.began, max(m.ended)
                        FILTER (WHERE m.began < m.ended AND m.worth > 1) OVER earlier)
               END AS adds_for_sure,
               (floor(date_part('epoch', greatest(m.ended - m.began, interval '0')))::bigint
                << 32) + m.place AS longest
        FROM met AS m
        WINDOW earlier AS (
            PARTITION BY m.person ORDER BY m.began ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW
        )
    ), dosed AS (  -- one row a person
        SELECT t.person, count(*) AS meetings,
               coalesce(sum(t.adds) FILTER (WHERE t.adds > interval '0'), interval '0')
                   AS together,
               coalesce(
                   sum(t.adds_for_sure) FILTER (WHERE t.adds_for_sure > interval '0'),
                   interval '0'
               ) AS surely,
               min(least(t.began, t.ended)) AS first_at,
               max(greatest(t.began, t.ended)) AS last_at,
               max(t.worth) AS worth,
               max(t.longest) AS longest
        FROM told AS t GROUP BY t.person
    )
    SELECT d.person, d.meetings,
           {MINUTES.format("d.together")},
           {MINUTES.format("d.surely")},
           {MICROSECONDS.format("d.first_at")},
           {MICROSECONDS.format("d.last_at")},
           d.worth, (d.longest & 4294967295)::int
    FROM dosed AS d;
END
$$
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("cases", "0002_numbers")]

    operations: ClassVar = [
        migrations.RunSQL(
            CREATE, "DROP FUNCTION cases_co_present(int[], timestamptz, timestamptz, interval)"
        ),
    ]
