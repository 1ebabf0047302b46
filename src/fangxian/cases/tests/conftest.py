"""The stories of this room: in English, without what follows from them elsewhere."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.utils.translation import override

from fangxian.cases.tests import make
from fangxian.kernel import reactions
from fangxian.kernel.clock import Hands, playing


@pytest.fixture(autouse=True)
def _alone_and_in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(reactions, "_reactions", defaultdict(list))
    with override("en"):
        yield


@pytest.fixture
def noon() -> Iterator[Hands]:
    with playing(make.NOON) as hands:
        yield hands
