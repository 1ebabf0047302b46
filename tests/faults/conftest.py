from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.field import House

DATA = Path(__file__).parents[2] / ".data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.fault)


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    one = House(DATA / "faults")
    one.build()
    yield one
    one.stop()


@pytest.fixture
def served(house: House) -> House:
    house.start_database()
    house.serve()
    return house
