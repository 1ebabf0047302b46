"""What this room promises by itself. What follows from its facts is told by the playbook."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.utils.translation import override

from fangxian.kernel import reactions
from fangxian.kernel.clock import Hands, playing
from fangxian.measures.tests import make


@pytest.fixture(autouse=True)
def _nothing_follows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(reactions, "_reactions", defaultdict(list))
    with override("en"):
        yield


@pytest.fixture
def noon() -> Iterator[Hands]:
    with playing(make.NOON) as hands:
        yield hands
