"""What it costs to derive status codes when a risk area changes.

`status.ratio`         a million people's codes derived after a risk area over their district was
                       declared, as ratio to a bare UPDATE of as many rows of the same table
`status.building_ms`   500 people of one building, likewise, in milliseconds

The register holds 1,020,000 people, of whom one in fifty is under an order; the area gives
everybody inside it a yellow code, so every person's row is written. The UPDATE sets one column of
every row of a copy of the table with the same indexes.
"""

import os
from datetime import timedelta
from statistics import median
from uuid import UUID

from benchmarks.figures import figure, note, own_database, seconds

PEOPLE = int(os.environ.get("PEOPLE", "1000000"))
IN_BUILDING = 500
TURNS = int(os.environ.get("TURNS", "3"))
DISTRICT, BUILDING = "1/2/3/", "1/2/4/"


def main() -> None:
    own_database("status")
    note(f"registering {PEOPLE:,} people")
    set_the_stage()
    ratios, building = [], []
    for turn in range(TURNS + 1):
        spent, bare = declared_and_lifted(DISTRICT), bare_update()
        small = declared_and_lifted(BUILDING)
        note(f"{spent:.1f} s, bare {bare:.1f} s; a building {small * 1000:.0f} ms")
        if turn:  # the first warms up
            ratios.append(spent / bare)
            building.append(small)
    against = f"a bare UPDATE of {PEOPLE:,} rows with the same indexes; 3 at most"
    figure("status.ratio", median(ratios), "times", against=against)
    against = f"{IN_BUILDING} people of a building; 200 at most"
    figure("status.building_ms", median(building) * 1000, "ms", against=against)


def set_the_stage() -> None:
    from django.db import connection

    from fangxian.kernel.access import PLAYBOOK
    from fangxian.kernel.clock import now
    from fangxian.protocol.actions import adopt_pack

    since = now() - timedelta(days=1)
    adopt_pack(PLAYBOOK, "local-4day", area_path="1/", from_at=since, reason="benchmark")
    with connection.cursor() as cursor:
        cursor.execute(RESIDENTS, [DISTRICT, 1, PEOPLE])
        cursor.execute(RESIDENTS, [BUILDING, PEOPLE + 1, PEOPLE + IN_BUILDING])
        cursor.execute(ORDERS, {"since": since, "until": since + timedelta(days=7)})
        cursor.execute("CREATE TABLE bench_status (LIKE status_status INCLUDING ALL)")
        cursor.execute("VACUUM ANALYZE")


# One building of 500 people after another.
RESIDENTS = """
INSERT INTO people_resident (id, number, name, name_index, identity_type, sex, area_path,
    synthetic, provisional, created_at)
SELECT gen_random_uuid(), n, ''::bytea, decode(md5(n::text), 'hex'), '10', 'unknown',
    %s || (n / 500) || '/' || n || '/', true, false, now()
FROM generate_series(%s, %s) AS n
"""
ORDERS = """
INSERT INTO measures_order (id, number, resident_id, area_path, kind, subject, stage, state,
    because_id, about_id, pack, rule, counted_from, starts_at, ends_at, issued_at, issued_by,
    end_reason)
SELECT gen_random_uuid(), number, id, area_path, 'central_quarantine', 'close_contact', 0,
    'in_force', gen_random_uuid(), gen_random_uuid(), 'local-4day@1', 'measures.close_contact',
    %(since)s, %(since)s, %(until)s, %(since)s, gen_random_uuid(), ''
FROM people_resident WHERE number %% 50 = 0
"""


def declared_and_lifted(place: str) -> float:
    """Seconds to derive after a risk area over the place was declared; then it is lifted again."""
    from fangxian.kernel.access import PLAYBOOK
    from fangxian.measures.models import RiskArea
    from fangxian.status.actions import derive_statuses
    from fangxian.status.models import Status

    area = declare(place)
    spent = seconds(lambda: derive_statuses(PLAYBOOK, places=[place]))
    if place == DISTRICT:
        keep_a_copy()
    RiskArea.objects.filter(id=area).delete()
    Status.objects.all().delete()
    vacuum()
    return spent


def declare(place: str) -> UUID:
    from fangxian.kernel.clock import now
    from fangxian.kernel.ids import new_id
    from fangxian.measures.models import RiskArea

    area = RiskArea.objects.create(
        number=1,
        name="benchmark",
        area_path=place,
        places=[place],
        unit="district",
        level="high",
        rank=3,
        state="in_force",
        because_id=new_id(),
        about_id=new_id(),
        pack="local-4day@1",
        rule="zones.high",
        release={},
        starts_at=now(),
        clock_origin=now(),
        review_at=now() + timedelta(days=7),
        decided_by=new_id(),
    )
    return area.id


def keep_a_copy() -> None:
    """The rows that the bare UPDATE is to change."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_status")
        cursor.execute("INSERT INTO bench_status SELECT * FROM status_status")
        cursor.execute("VACUUM ANALYZE bench_status")


def bare_update() -> float:
    from django.db import connection

    def update() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE bench_status SET colour = 'red', began_at = now()")

    return seconds(update)


def vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE status_status")


if __name__ == "__main__":
    main()
