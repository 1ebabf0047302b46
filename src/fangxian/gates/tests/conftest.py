from collections.abc import Iterator

import pytest
from django.utils.translation import override


@pytest.fixture(autouse=True)
def _alone_and_in_english(nothing_follows: None) -> Iterator[None]:
    with override("en"):
        yield
