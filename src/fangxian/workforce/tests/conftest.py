"""What this room promises by itself. What follows from its facts is told by the playbook."""

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from fangxian.kernel.clock import Hands, playing
from fangxian.workforce.tests import make


@pytest.fixture(autouse=True)
def _alone_and_in_english(nothing_follows: None) -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(autouse=True)
def noon() -> Iterator[Hands]:
    with playing(make.NOON) as hands:
        yield hands
