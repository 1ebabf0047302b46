from collections.abc import Iterator

import pytest
from django.utils.translation import override

from fangxian.kernel.clock import Hands, playing
from fangxian.measures.tests.make import NOON, rules


@pytest.fixture(autouse=True)
def noon(nothing_follows: None) -> Iterator[Hands]:
    with playing(NOON) as hands, override("en"):
        yield hands


@pytest.fixture(autouse=True)
def _rules(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("_keys")
        rules("cn-v9")
