"""What this room promises by itself; when it derives is told by the playbook."""

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from fangxian.kernel.clock import Hands, playing
from fangxian.measures.tests.make import NOON


@pytest.fixture(autouse=True)
def noon(nothing_follows: None) -> Iterator[Hands]:
    with playing(NOON) as hands, override("en"):
        yield hands
