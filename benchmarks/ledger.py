"""What the ledger costs: appending a fact to an action, and verifying the seals.

`ledger.overhead`      a laboratory reports a tube, with and without its fact, each in a durable
                       transaction of its own
`ledger.verify_per_s`  sealed events checked in a second, over 300,000 events
"""

from statistics import median

from benchmarks.figures import figure, interleaved, note, own_database, ratio, seconds

ACTIONS = 150
TURNS = 15
EVENTS = 300_000


def main() -> None:
    own_database("ledger")
    overhead()
    verification()


def overhead() -> None:
    from fangxian.kernel.clock import now
    from fangxian.sampling import actions
    from fangxian.sampling.tests import make

    really = actions.record
    clerk = make.clerk()
    tubes = iter([make.sealed_tube().id for _ in range(2 * ACTIONS * (TURNS + 1))])

    def report() -> None:
        for _ in range(ACTIONS):
            actions.report_tube_result(clerk, next(tubes), "negative", measured_at=now())

    def with_ledger() -> None:
        actions.record = really
        report()

    def without() -> None:
        actions.record = lambda *_, **__: None  # type: ignore[assignment]
        report()

    taken = interleaved({"with": with_ledger, "without": without}, repeats=TURNS)
    actions.record = really
    for name, turns in taken.items():
        note(f"{name}: {median(turns) / ACTIONS * 1e6:.0f} µs an action")
    figure(
        "ledger.overhead",
        ratio(taken, "with", "without"),
        "times",
        against="the same action without its fact; at most 1.25",
    )


def verification() -> None:
    from fangxian.kernel import ledger

    fill(EVENTS)
    note(f"sealed in {seconds(ledger.seal_all):.1f} s")
    verdict = ledger.verify()
    if verdict.breaks or verdict.unsealed or verdict.events < EVENTS:
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
