"""Commands that arrive together share one commit, and nobody is answered before it."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection

from fangxian.sync.errors import DatabaseAway
from fangxian.sync.inbox import Delivery
from fangxian.sync.models import Command, Held
from fangxian.sync.rules import Answer
from fangxian.sync.tests import make
from fangxian.sync.tests.make import command
from fangxian.sync.writer import LARGE, Writer, write


class Slow:
    """Stands for the database: takes a while, notes what came together, fails on demand."""

    def __init__(self) -> None:
        self.together: list[int] = []
        self.seqs: list[int] = []
        self.go = threading.Event()
        self.fails: list[Exception] = []

    def __call__(self, deliveries: Sequence[Delivery]) -> list[list[Answer]]:
        self.together.append(len(deliveries))
        self.seqs += [order.seq for one in deliveries for order in one.orders]
        self.go.wait(10)
        if self.fails:
            raise self.fails.pop(0)
        return [[Answer(str(order.id), "applied") for order in d.orders] for d in deliveries]


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def writer(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    monkeypatch.setattr("fangxian.sync.writer.connection", _NoConnection())
    one = Writer(take=slow)
    yield one
    slow.go.set()
    one.stop()


class _NoConnection:
    def close(self) -> None:
        """Nothing is open here."""


@pytest.fixture
def deliveries(db: None, nothing_follows: None) -> list[Delivery]:
    phones = [make.phone() for _ in range(2)]
    return [make.delivery(phones[n % 2], command("later.kind", seq=n)) for n in range(1, 9)]


def test_what_queues_during_a_commit_shares_the_next_one(
    writer: Writer, slow: Slow, deliveries: list[Delivery]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(writer, deliveries[0])
        while not slow.together:
            time.sleep(0.01)
        others = [pool.submit(writer, one) for one in deliveries[1:]]
        time.sleep(0.2)
        assert not first.done()
        slow.go.set()
        answers = [one.result(5) for one in [first, *others]]

    assert slow.together == [1, 7]
    assert [[str(o.id) for o in d.orders] for d in deliveries] == [
        [a.id for a in x] for x in answers
    ]


def test_a_lone_request_is_written_at_once(
    writer: Writer, slow: Slow, deliveries: list[Delivery]
) -> None:
    slow.go.set()
    began = time.monotonic()

    writer(deliveries[0])

    assert time.monotonic() - began < 1


def test_emergencies_overtake_those_that_wait(
    writer: Writer, slow: Slow, deliveries: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fangxian.sync.writer._TOGETHER", 1)
    with ThreadPoolExecutor(8) as pool:
        pool.submit(writer, deliveries[0])
        while not slow.together:
            time.sleep(0.01)
        waits = pool.submit(writer, deliveries[1])
        time.sleep(0.1)
        urgent = pool.submit(writer, deliveries[2], urgent=True)
        time.sleep(0.1)
        slow.go.set()
        waits.result(5)
        urgent.result(5)

    assert slow.seqs == [1, 3, 2]


def test_while_the_database_is_away_everybody_is_told_so_and_then_it_goes_on(
    writer: Writer, slow: Slow, deliveries: list[Delivery]
) -> None:
    slow.go.set()
    slow.fails = [OperationalError("the database system is starting up")]

    with pytest.raises(DatabaseAway):
        writer(deliveries[0])

    assert writer(deliveries[1])[0].outcome == "applied"


def test_two_transactions_in_each_others_way_try_again(
    slow: Slow, deliveries: list[Delivery]
) -> None:
    slow.go.set()
    deadlock = OperationalError("deadlock detected")
    deadlock.__cause__ = type("Deadlock", (Exception,), {"sqlstate": "40P01"})()
    slow.fails = [deadlock, deadlock]

    assert write(deliveries[:1], take=slow)[0][0].outcome == "applied"


def test_a_fault_with_one_request_is_not_the_others(
    writer: Writer, slow: Slow, deliveries: list[Delivery]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(writer, deliveries[0])
        while not slow.together:
            time.sleep(0.01)
        others = [pool.submit(writer, one) for one in deliveries[1:4]]
        time.sleep(0.2)
        slow.fails = []
        slow.go.set()
        first.result(5)
        results = [one.result(5) for one in others]

    assert len(results) == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("nothing_follows")
def test_the_writer_writes_for_many_phones_and_large_batches_go_directly() -> None:
    phones = [make.phone() for _ in range(4)]
    small = [make.delivery(phones[n % 4], command("later.kind", seq=n)) for n in range(1, 13)]
    large = make.delivery(phones[0], *(command("later.kind", seq=n) for n in range(LARGE)))
    writer = Writer()
    try:
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(writer, [*small, large]))
    finally:
        writer.stop()
        for link in writer._links._free:
            link.close()

    assert {answer.outcome for said in answers for answer in said} == {"kept"}
    assert Command.objects.count() == Held.objects.count() == 12 + LARGE
    connection.close()
