"""What this room promises by itself. What follows from its facts is told by the playbook."""

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from fangxian.kernel.clock import Hands, playing
from fangxian.workforce.tests.make import NOON, rules


@pytest.fixture(autouse=True)
def _alone_and_in_english(nothing_follows: None) -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(autouse=True)
def noon(db: None) -> Iterator[Hands]:
    with playing(NOON) as hands:
        rules("cn-v9")
        yield hands
