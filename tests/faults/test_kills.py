"""Killed under load: what was acknowledged is stored, and nothing is stored twice.

One of each in `make test`; twenty of the server and twenty of the database with `make faults`
(FANGXIAN_KILLS=20). SIGKILL does not test a power cut, for the machine's page cache survives it;
that rests on PostgreSQL's fsync.
"""

import os
import random
import time
from collections.abc import Callable

import pytest

from tests.faults.field import House, Network, Phone, run, scans

KILLS = int(os.environ.get("FANGXIAN_KILLS", "1"))
_A_LOT = 2_000  # of each phone: more than are sent before the kill
chance = random.Random()  # noqa: S311 - where in a commit a kill falls is nobody's choice


def phones_of(house: House, number: int) -> list[Phone]:
    return [
        Phone(Network(house, one["authorization"]), scans(house.stage["gate"], number))
        for one in house.stage["phones"]
    ]


def under_load(house: House, kill: Callable[[], None], mend: Callable[[], None]) -> list[Phone]:
    """Phones send; in the middle of it something is killed, mended, and the rest is sent again."""
    phones = phones_of(house, _A_LOT)
    threads = run(phones, 120)
    time.sleep(chance.uniform(0.5, 1.5))
    kill()
    mend()
    for phone in phones:  # what was not acknowledged by now is sent once more, and then enough
        while len(phone.waiting) > 3 * phone.batch:
            phone.waiting.pop()
    for thread in threads:
        thread.join()
    return phones


def check(house: House, phones: list[Phone]) -> None:
    stored = house.ids_in("sync_command")
    scanned = house.ids_in("gates_scan")
    for phone in phones:
        assert set(phone.answers.values()) <= {"applied", "known"}
        assert not phone.waiting
    acknowledged = {name for phone in phones for name in phone.answers}
    assert len(acknowledged) > 50, "there was no load to speak of"
    assert {str(one) for one in stored} >= acknowledged
    assert set(scanned.values()) == set(stored.values()) == {1}
    assert len(scanned) == len(stored)  # each command is one scan, and each scan one command's


@pytest.mark.parametrize("time_", range(KILLS))
def test_the_server_is_killed(served: House, time_: int) -> None:
    phones = under_load(served, served.kill_server, served.serve)

    check(served, phones)


@pytest.mark.parametrize("time_", range(KILLS))
def test_the_database_is_killed_and_the_server_goes_on_by_itself(served: House, time_: int) -> None:
    before = served.server.pid if served.server else 0

    phones = under_load(served, served.kill_database, served.start_database)

    check(served, phones)
    assert served.server is not None
    assert served.server.pid == before
    statuses = {status for phone in phones for status in phone.statuses}
    assert statuses <= {200, 429, 503}


def test_a_server_that_acknowledges_early_is_caught(served: House) -> None:
    early = "tests.faults.early:application"
    served.serve(early)

    phones = under_load(served, served.kill_server, lambda: served.serve(early))
    time.sleep(1)
    served.kill_server()

    stored = {str(one) for one in served.ids_in("sync_command")}
    acknowledged = {name for phone in phones for name in phone.answers}
    assert acknowledged - stored, "the test cannot see a loss"
