"""A round while it runs."""

from datetime import UTC, datetime, timedelta

from fangxian.engines.planning.live import Point, finish, moves, wait

NOON = datetime(2022, 9, 2, 12, tzinfo=UTC)
USUAL = 60.0


def point(name: str = "a", **unusual: int | None) -> Point:
    known: dict[str, int | None] = {"tables": 2, "most": 4, "last_hour": 120, "waiting": 60}
    return Point(id=name, **{**known, **unusual})  # type: ignore[arg-type]


def test_sixty_people_before_two_tables_of_sixty_an_hour_wait_half_an_hour() -> None:
    assert wait(point(), USUAL) == 30


def test_nobody_waits_at_an_empty_queue_and_nobody_knows_a_queue_unseen() -> None:
    assert wait(point(waiting=0), USUAL) == 0
    assert wait(point(waiting=None), USUAL) is None


def test_a_point_that_has_just_opened_is_reckoned_at_the_usual_pace() -> None:
    assert wait(point(last_hour=0), USUAL) == 30
    assert wait(point(tables=0, last_hour=0), USUAL) == 60


def test_a_round_ends_when_those_left_are_swabbed_at_the_pace_of_the_last_hour() -> None:
    day = [(NOON, NOON + timedelta(hours=8))]

    assert finish(at=NOON, left=300, last_hour=100, opens=day) == NOON + timedelta(hours=3)
    assert finish(at=NOON, left=0, last_hour=0, opens=[]) == NOON


def test_the_night_between_two_days_is_no_time_for_swabs() -> None:
    days = [
        (NOON - timedelta(hours=4), NOON + timedelta(hours=8)),
        (NOON + timedelta(hours=20), NOON + timedelta(hours=32)),
    ]

    assert finish(at=NOON, left=1000, last_hour=100, opens=days) == NOON + timedelta(hours=22)


def test_at_no_pace_and_without_open_hours_it_never_ends() -> None:
    assert finish(at=NOON, left=1, last_hour=0, opens=[(NOON, NOON + timedelta(hours=8))]) is None
    assert finish(at=NOON, left=900, last_hour=1, opens=[(NOON, NOON + timedelta(hours=8))]) is None


def test_a_table_goes_from_where_nobody_waits_to_where_most_wait() -> None:
    idle, full = point("idle", waiting=0), point("full", waiting=240)

    [first, *_more] = moves([idle, full], USUAL)

    assert (first.source, first.target) == ("idle", "full")
    assert (first.before, first.after) == (120, 80)


def test_the_last_table_of_a_point_stays() -> None:
    assert (
        moves([point("idle", tables=1, last_hour=60, waiting=0), point("full", waiting=240)], USUAL)
        == []
    )


def test_no_table_comes_to_a_point_that_has_no_room_for_it() -> None:
    assert moves([point("idle", waiting=0), point("full", most=2, waiting=240)], USUAL) == []


def test_a_table_is_not_carried_across_town_for_a_few_minutes() -> None:
    assert moves([point("a", waiting=20), point("b", waiting=24)], USUAL) == []


def test_a_point_whose_queue_nobody_knows_neither_gives_nor_gets() -> None:
    assert moves([point("a", waiting=None), point("b", waiting=240)], USUAL) == []
