from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from fangxian.sync import doors, feed, inbox, senders
from fangxian.sync.inbox import Delivery
from fangxian.sync.rules import Answer
from fangxian.sync.writer import write


@pytest.fixture(autouse=True)
def _nobody_is_remembered() -> Iterator[None]:
    senders.forget()
    feed.forget()
    inbox._greeted.clear()
    yield
    senders.forget()


@pytest.fixture(autouse=True)
def _writes_in_the_transaction_of_the_test(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer's thread would not see what a test has not committed."""
    if "transactional_db" in request.fixturenames:
        return

    def at_once(delivery: Delivery, *, urgent: bool = False) -> list[Answer]:
        return write([delivery])[0]

    monkeypatch.setattr(doors, "writer", at_once)
    monkeypatch.setattr(doors.links, "one", nullcontext)
