from collections.abc import Iterator

import pytest
from django.utils.translation import override

from fangxian.cases.tests.make import NOON
from fangxian.kernel.clock import Hands, playing


@pytest.fixture(autouse=True)
def noon(nothing_follows: None) -> Iterator[Hands]:
    with playing(NOON) as hands, override("en"):
        yield hands
