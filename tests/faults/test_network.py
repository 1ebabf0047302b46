"""A network that drops, doubles and holds back three requests in ten."""

import random
from collections import deque
from typing import Any

from fangxian.kernel.ids import code, new_id
from tests.faults.field import BadNetwork, House, Phone, _iso, run

TUBES_OF_EACH = 21  # of twelve commands: opened, ten swabs, sealed; eight phones
COMMANDS = 2_000


def shift(house: House, phone: int) -> deque[dict[str, Any]]:
    """A morning at a desk, in the order in which it happened."""
    site = house.stage["phones"][phone]["site"]
    people = iter(house.stage["people"][phone * 400 :])
    done: list[tuple[str, dict[str, Any]]] = []
    for number in range(TUBES_OF_EACH):
        tube = str(new_id())
        label = code("T", 20_000_000 + phone * 1000 + number)
        done.append(
            (
                "sampling.open_tube",
                {"tube": tube, "barcode": label, "site": site, "table": 1, "group": "general",
                 "round": house.stage["round"], "purpose": "round"},
            )
        )  # fmt: skip
        done += [
            (
                "sampling.add_swab",
                {"tube": tube, "swab": str(new_id()), "person": {"resident": next(people)}},
            )
            for _ in range(10)
        ]
        done.append(("sampling.seal_tube", {"tube": tube, "swabs": 10}))
    return deque(
        {"id": str(new_id()), "seq": seq, "at": _iso(), "kind": kind, "body": body}
        for seq, (kind, body) in enumerate(done, start=1)
    )


def test_two_thousand_commands_arrive_exactly_once(served: House) -> None:
    chance = random.Random(20220902)  # noqa: S311
    phones = []
    for number, one in enumerate(served.stage["phones"]):
        luck = random.Random(chance.random())  # noqa: S311
        network = BadNetwork(served, one["authorization"], luck)
        phones.append(Phone(network, shift(served, number), batch=12))
    sent = {one["id"]: one for phone in phones for one in phone.waiting}

    for thread in run(phones, 90):
        thread.join()
    for phone in phones:
        phone.network.flush()  # type: ignore[attr-defined]

    assert len(sent) >= COMMANDS
    assert not any(phone.waiting for phone in phones)
    outcomes = [outcome for phone in phones for outcome in phone.answers.values()]
    assert len(outcomes) == len(sent)
    assert set(outcomes) == {"applied", "known"}
    stored = served.ids_in("sync_command")
    assert all(stored[one] == 1 for one in stored)
    assert {str(one) for one in stored} >= set(sent)
    swabs = [one["body"]["swab"] for one in sent.values() if one["kind"] == "sampling.add_swab"]
    with served.asking() as link:
        tubes = link.execute(
            "SELECT count(*), min(t.swabs), max(t.swabs), min(n), max(n) FROM sampling_tube t JOIN"
            " (SELECT tube_id, count(*) AS n FROM sampling_swab GROUP BY 1) s ON s.tube_id = t.id"
            " WHERE t.state = 'sealed'"
        ).fetchone()
    assert tubes == (len(phones) * TUBES_OF_EACH, 10, 10, 10, 10)
    assert {str(one) for one in served.ids_in("sampling_swab")} >= set(swabs)
    unlucky = sum(
        number
        for phone in phones
        for fate, number in phone.network.mishaps.items()  # type: ignore[attr-defined]
        if fate != "well"
    )
    assert unlucky > 0.2 * sum(phone.sends for phone in phones)
