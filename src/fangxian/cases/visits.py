"""Taking visits by the thousand."""

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from fangxian.areas.models import Site
from fangxian.cases import rules
from fangxian.cases.rules import VisitRow
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.people import queries as people


def refused_visits(rows: Sequence[VisitRow]) -> dict[int, str]:
    """What is wrong with which row."""
    moment = now()
    persons = people.by_numbers(PLAYBOOK, {row.person for row in rows})
    places = set(
        Site.objects.filter(number__in={row.place for row in rows}).values_list("number", flat=True)
    )
    refused = {}
    for at, row in enumerate(rows):
        if row.source not in rules.EVIDENCE:
            refused[at] = _("The source of the visit is not a known one.")
        elif row.end_at < row.start_at:
            refused[at] = _("The visit ends before it begins. Check the two times.")
        elif row.end_at > moment:
            refused[at] = _("The visit lies in the future. Check the clock of the device.")
        elif row.person not in persons:
            refused[at] = _("Nobody in the register has this number. Register the person first.")
        elif row.place not in places:
            refused[at] = _("No place has this number. Enter the place under areas first.")
    return refused


_STORE = """
WITH given AS (
    SELECT DISTINCT ON (person, start_at, place) person, place, start_at, end_at, source
    FROM unnest(%s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[])
        AS rows(person, place, start_at, end_at, source)
    ORDER BY person, start_at, place, end_at DESC
), stored AS (
    INSERT INTO cases_visit AS v (person, place, start_at, end_at, source)
    SELECT person, place, start_at, end_at, source FROM given
    ORDER BY place, start_at, person
    ON CONFLICT (person, start_at, place) DO UPDATE SET
        end_at = greatest(v.end_at, excluded.end_at),
        -- What was told is borne out by the scan, and stays when it is taken back.
        source = CASE v.source WHEN 'interview' THEN excluded.source ELSE v.source END
    WHERE excluded.end_at > v.end_at OR (v.source = 'interview' AND excluded.source <> v.source)
    RETURNING place, end_at - start_at AS length
), longest AS (
    INSERT INTO cases_longestvisit AS l (place, minutes)
    SELECT place, ceil(extract(epoch FROM max(length)) / 60) FROM stored
    GROUP BY place ORDER BY place
    ON CONFLICT (place) DO UPDATE SET minutes = excluded.minutes
    WHERE excluded.minutes > l.minutes
)
SELECT count(*) FROM stored
"""


def store(rows: Sequence[VisitRow]) -> int:
    columns: list[list[object]] = [
        [row.person for row in rows],
        [row.place for row in rows],
        [row.start_at for row in rows],
        [row.end_at for row in rows],
        [row.source for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, columns)
        return int(cursor.fetchone()[0])
