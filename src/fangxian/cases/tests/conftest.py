"""The stories of this room happen at noon of 2 September 2022."""

from collections.abc import Iterator

import pytest

from fangxian.cases.tests import make
from fangxian.kernel.clock import Hands, playing


@pytest.fixture
def noon() -> Iterator[Hands]:
    with playing(make.NOON) as hands:
        yield hands
