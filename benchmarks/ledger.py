"""What the ledger costs: appending a fact to an action, and verifying the seals.

`ledger.overhead`      a laboratory reports a tube, with and without its fact, each in a durable
                       transaction of its own
`ledger.verify_per_s`  sealed events checked in a second, over 300,000 events
"""

import time
from statistics import median
from unittest import mock
from uuid import UUID

from benchmarks.figures import figure, interleaved, note, own_database, ratio, seconds

ACTIONS = 150
TURNS = 15
POOL = 10
EVENTS = 300_000


def main() -> None:
    own_database("ledger")
    overhead()
    verification()


def overhead() -> None:
    from fangxian.kernel.access import Actor, Duty
    from fangxian.kernel.clock import now
    from fangxian.kernel.ids import new_id
    from fangxian.sampling.actions import report_tube_result

    place = "1/2/3/"
    adopt_rules(place)
    laboratory = Actor(id=new_id(), within=place, duties=frozenset({Duty.ENTER_RESULTS}))
    tubes = iter(sealed_tubes(2 * ACTIONS * (TURNS + 1), area_path=place))

    def with_ledger() -> None:
        for _ in range(ACTIONS):
            report_tube_result(laboratory, next(tubes), "negative", measured_at=now())

    def without() -> None:
        with mock.patch("fangxian.sampling.findings.record", nothing):
            with_ledger()

    taken = interleaved({"with": with_ledger, "without": without}, repeats=TURNS)
    for name, turns in taken.items():
        note(f"{name}: {median(turns) / ACTIONS * 1e6:.0f} µs an action")
    figure(
        "ledger.overhead",
        ratio(taken, "with", "without"),
        "times",
        against="the same action without its fact; at most 1.25",
    )


def nothing(*_: object, **__: object) -> None:
    """Instead of recording; quicker than a mock."""


def adopt_rules(area_path: str) -> None:
    from datetime import timedelta

    from fangxian.kernel.access import PLAYBOOK
    from fangxian.kernel.clock import now
    from fangxian.protocol.actions import adopt_pack

    since = now() - timedelta(days=1)
    adopt_pack(PLAYBOOK, "cn-v9", area_path=area_path, from_at=since, reason="benchmark")


def sealed_tubes(number: int, *, area_path: str) -> list[UUID]:
    """Pools of ten that wait for their result."""
    from fangxian.kernel.clock import now
    from fangxian.kernel.ids import code
    from fangxian.people.models import Resident
    from fangxian.sampling.models import Swab, Tube

    people = Resident.objects.bulk_create(
        Resident(number=n, name=f"resident {n}", name_index=b"", area_path=area_path)
        for n in range(1, POOL + 1)
    )
    tubes = Tube.objects.bulk_create(
        Tube(
            number=n,
            barcode=code("T", n),
            area_path=area_path,
            state=Tube.State.SEALED,
            swabs=POOL,
            capacity=POOL,
            pack="cn-v9@1",
            sealed_at=now(),
        )
        for n in range(1, number + 1)
    )
    swabs = (Swab(tube=tube, resident=one, taken_at=now()) for tube in tubes for one in people)
    Swab.objects.bulk_create(swabs, batch_size=5000)
    return [tube.id for tube in tubes]


def verification() -> None:
    from fangxian.kernel import ledger

    fill(EVENTS)
    deadline = time.monotonic() + 60
    while ledger.seal_all() or ledger.verify().unsealed:
        # The server's own housekeeping may still be in a transaction that began before.
        if time.monotonic() > deadline:
            raise SystemExit("the ledger could not be sealed")
    verdict = ledger.verify()
    if verdict.breaks or verdict.events < EVENTS:
        raise SystemExit(f"the ledger does not hold: {verdict}")
    rates = [verdict.events / seconds(ledger.verify) for _ in range(5)]
    figure(
        "ledger.verify_per_s",
        median(rates),
        "events/s",
        against=f"{verdict.events} sealed events in {verdict.seals} seals; at least 100000",
    )


def fill(events: int) -> None:
    """Events as results of tubes leave them: seven fields each, many transactions."""
    from django.db import connection

    statement = """
        INSERT INTO kernel_event
          (id, kind, subject_id, area_path, actor_id, because_id, pack, at, facts, exercise)
        SELECT gen_random_uuid(), 'sampling.tube_found_negative', gen_random_uuid(),
          '1/2/3/' || n %% 70 || '/' || n %% 1300 || '/', gen_random_uuid(),
          CASE WHEN n %% 3 = 0 THEN gen_random_uuid() END, 'cn-v9@1', now(),
          jsonb_build_object('barcode', 'T' || lpad(n::text, 7, '0'), 'swabs', 10,
            'purpose', 'round', 'resident_id', NULL, 'retest_of_id', NULL,
            'specimen_at', now(), 'measured_at', now()), false
        FROM generate_series(%s, %s) AS n
    """
    step = 500
    with connection.cursor() as cursor:
        for start in range(0, events, step):
            cursor.execute(statement, [start, start + step - 1])
        cursor.execute("ANALYZE kernel_event")


if __name__ == "__main__":
    main()
