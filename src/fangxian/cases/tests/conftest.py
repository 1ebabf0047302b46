"""The stories of this room: in English, without what follows from them elsewhere."""

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from fangxian.cases.tests import make
from fangxian.kernel.clock import Hands, playing


@pytest.fixture(autouse=True)
def _alone_and_in_english(nothing_follows: None) -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def noon() -> Iterator[Hands]:
    with playing(make.NOON) as hands:
        yield hands
