from datetime import UTC, datetime, timedelta

import pytest

from fangxian.kernel import clock

MORNING = datetime(2022, 9, 2, 0, 0, tzinfo=UTC)


def test_a_moved_clock_stands_until_it_is_told_to_go_on() -> None:
    with clock.playing(MORNING) as hands:
        assert clock.now() == clock.now() == MORNING
        assert clock.moved()

        hands.forward(hours=6)

        assert clock.now() == MORNING + timedelta(hours=6)
    assert not clock.moved()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)  # noqa: TID251


def test_a_clock_is_never_turned_back() -> None:
    with clock.playing(MORNING) as hands, pytest.raises(ValueError, match="never turned back"):
        hands.to(MORNING - timedelta(seconds=1))
