from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.measures import rules

XINING = ZoneInfo("Asia/Shanghai")
NOON = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Days:
    length: timedelta


@dataclass(frozen=True)
class Stage:
    kind: str
    number: int
    tests: tuple[int, ...] = ()
    review: bool = False

    @property
    def span(self) -> Days:
        return Days(timedelta(days=self.number))

    @property
    def days(self) -> Days | None:
        return None if self.review else self.span


SEVEN_AND_THREE = (
    Stage("central_quarantine", 7, (1, 2, 3, 5, 7)),
    Stage("home_monitoring", 3, (3,)),
)


def days_ago(number: float) -> datetime:
    return NOON - timedelta(days=number)


@st.composite
def stages(draw: st.DrawFn) -> list[Stage]:
    found = []
    for kind in draw(st.lists(st.sampled_from(rules.STRICTNESS), min_size=1, max_size=3)):
        length = draw(st.integers(1, 14))
        tests = sorted(draw(st.sets(st.integers(1, length), max_size=5)))
        found.append(Stage(kind, length, tuple(tests), review=draw(st.booleans())))
    return found


def test_days_are_counted_from_the_last_contact() -> None:
    plan = rules.plan_stage(SEVEN_AND_THREE, days_ago(2), at=NOON, zone=XINING)

    assert plan is not None
    assert (plan.kind, plan.ends_at) == ("central_quarantine", NOON + timedelta(days=5))
    assert [test.day for test in plan.tests] == [3, 5, 7]


def test_a_stage_whose_days_are_over_is_skipped() -> None:
    plan = rules.plan_stage(SEVEN_AND_THREE, days_ago(8), at=NOON, zone=XINING)

    assert plan is not None
    assert (plan.stage, plan.kind) == (1, "home_monitoring")
    assert plan.ends_at == NOON + timedelta(days=2)


def test_nothing_is_left_when_all_days_are_over() -> None:
    assert rules.plan_stage(SEVEN_AND_THREE, days_ago(10), at=NOON, zone=XINING) is None


def test_a_stage_that_ends_by_review_begins_with_the_order() -> None:
    hospital = (Stage("hospital", 7, review=True),)

    plan = rules.plan_stage(hospital, days_ago(30), at=NOON, zone=XINING)

    assert plan is not None
    assert plan.is_review
    assert plan.ends_at == NOON + timedelta(days=7)


def test_the_first_test_day_is_the_local_day_of_the_last_contact() -> None:
    just_after_midnight = datetime(2022, 9, 1, 16, 30, tzinfo=UTC)  # 2 September, 00:30

    plan = rules.plan_stage(SEVEN_AND_THREE, just_after_midnight, at=NOON, zone=XINING)

    assert plan is not None
    first = plan.tests[0].due_at.astimezone(XINING)
    assert (plan.tests[0].day, first.day, first.hour) == (1, 2, 23)


@given(stages(), st.floats(0, 60), st.integers(0, 2))
def test_whatever_the_pack_an_order_has_an_end_ahead_and_tests_before_it(
    found: list[Stage], ago: float, first: int
) -> None:
    plan = rules.plan_stage(found, days_ago(ago), at=NOON, first=first, zone=XINING)

    if plan is not None:
        assert plan.stage >= first
        assert plan.ends_at > NOON
        assert all(NOON < test.due_at <= plan.ends_at for test in plan.tests)
        assert [test.due_at for test in plan.tests] == sorted(test.due_at for test in plan.tests)


@given(stages(), st.floats(0, 60), st.floats(0, 20))
def test_time_already_passed_is_never_served_again(
    found: list[Stage], ago: float, later: float
) -> None:
    """Whoever is found later has no later an end, unless a review stands between."""
    fixed = [Stage(stage.kind, stage.number, stage.tests) for stage in found]
    last = days_ago(ago)

    early = rules.plan_stage(fixed, last, at=last, zone=XINING)
    late = rules.plan_stage(fixed, last, at=last + timedelta(days=later), zone=XINING)

    assert early is not None
    total = last + timedelta(days=sum(stage.number for stage in fixed))
    assert late is None or early.ends_at <= late.ends_at <= total


@given(stages(), st.floats(0, 20))
def test_no_stage_may_be_extended_beyond_its_days_without_evidence(
    found: list[Stage], ago: float
) -> None:
    fixed = [Stage(stage.kind, stage.number, stage.tests) for stage in found]
    last = days_ago(ago)
    plan = rules.plan_stage(fixed, last, at=last, zone=XINING)
    assert plan is not None

    latest = rules.latest_end(fixed, plan.stage, last, at=NOON, evidence_at=None)

    assert latest == plan.ends_at
    assert rules.latest_end(fixed, len(fixed), last, at=NOON, evidence_at=None) is None


paths = st.lists(st.integers(1, 40), min_size=1, max_size=6).map(
    lambda numbers: "".join(f"{number}/" for number in numbers)
)


@given(st.lists(paths, min_size=1, max_size=5))
def test_what_lies_around_places_covers_them(places: list[str]) -> None:
    around = rules.around(places)

    assert rules.covers([around], places) or around == ""
    assert all(around == "" or around in rules.above(place) for place in places)


@given(st.lists(paths, min_size=1, max_size=4), st.lists(paths, min_size=1, max_size=4))
def test_places_cover_others_exactly_when_each_has_one_above(
    places: list[str], others: list[str]
) -> None:
    by_steps = all(set(rules.above(other)) & set(places) for other in others)

    assert rules.covers(places, others) == by_steps


V9_HIGH = {
    "to": "medium",
    "days_without_new": {"value": 7, "unit": "d"},
    "screening_on_day": {"value": 7, "unit": "day"},
    "all_negative": True,
}


def judged(
    release: Mapping[str, object], seen: rules.Observed, origin: datetime
) -> dict[str, bool]:
    found = rules.area_conditions(release, origin, seen, at=NOON)
    return {condition.word: condition.met for condition in found}


def test_an_area_is_released_after_the_days_and_a_screening_all_negative() -> None:
    everybody = rules.Observed(residents=100, screened=100)

    assert judged(V9_HIGH, everybody, days_ago(7)) == {
        "days_without_new": True,
        "everybody_screened": True,
        "all_negative": True,
    }


@pytest.mark.parametrize(
    ("seen", "origin", "missing"),
    [
        (rules.Observed(residents=100, screened=100), days_ago(6.9), "days_without_new"),
        (rules.Observed(residents=100, screened=99), days_ago(8), "everybody_screened"),
        (rules.Observed(residents=100, screened=99, positive=1), days_ago(8), "all_negative"),
    ],
)
def test_one_condition_that_fails_is_enough(
    seen: rules.Observed, origin: datetime, missing: str
) -> None:
    found = judged(V9_HIGH, seen, origin)

    assert [word for word, met in found.items() if not met] == [missing]


def test_the_last_contact_must_have_left_long_enough_ago() -> None:
    v8 = {"days_without_new": {"value": 14, "unit": "d"}} | {
        "last_contact_away": {"value": 14, "unit": "d"}
    }

    recent = judged(v8, rules.Observed(last_contact_at=days_ago(10)), days_ago(20))
    long_gone = judged(v8, rules.Observed(last_contact_at=days_ago(15)), days_ago(20))

    assert not recent["last_contact_away"]
    assert long_gone["last_contact_away"]


def test_a_low_area_waits_for_the_stricter_ones() -> None:
    low = {"when_others_lifted": True}

    assert judged(low, rules.Observed(stricter=1), days_ago(1)) == {"others_lifted": False}
    assert judged(low, rules.Observed(), days_ago(1)) == {"others_lifted": True}


@given(st.integers(0, 20), st.integers(0, 500), st.integers(0, 500), st.integers(0, 5))
def test_more_days_and_more_negatives_never_undo_a_condition(
    days: int, residents: int, screened: int, positive: int
) -> None:
    seen = rules.Observed(residents=residents, screened=screened, positive=positive)
    better = rules.Observed(residents=residents, screened=screened + 1, positive=positive)

    before = judged(V9_HIGH, seen, days_ago(days))
    after = judged(V9_HIGH, better, days_ago(days + 1))

    assert all(after[word] for word, met in before.items() if met)


def test_an_order_is_released_when_its_end_is_reached_and_every_test_is_negative() -> None:
    def met(ends_at: datetime, *states: str) -> list[bool]:
        found = rules.order_conditions(ends_at, states, at=NOON)
        return [condition.met for condition in found]

    assert met(NOON, "negative", "cancelled") == [True, True, True]
    assert met(NOON + timedelta(seconds=1), "negative") == [False, True, True]
    assert met(NOON, "negative", "due") == [True, False, True]
    assert met(NOON, "positive") == [True, False, True]
    assert met(NOON) == [True, True, True]


def test_a_result_not_known_a_double_test_and_the_ct_are_conditions_of_their_own() -> None:
    def standing(**asked: int) -> dict[str, bool]:
        found = rules.order_conditions(NOON, ["negative", "positive"], at=NOON, **asked)
        return {condition.word: condition.met for condition in found}

    assert standing(awaited=1)["results_known"] is False
    assert "double_test" not in standing()
    assert standing(double=1)["double_test"] is False
    assert standing(double=2)["double_test"] is True
    assert standing()["tests_negative"] is False
    assert standing(ct_passed=2)["tests_at_ct"] is True
    assert "tests_negative" not in standing(ct_passed=2)


def test_two_tests_are_told_apart_by_swab_and_by_laboratory() -> None:
    assert rules.told_apart([]) == 0
    assert rules.told_apart([("one", "A"), ("one", "B")]) == 1
    assert rules.told_apart([("one", "A"), ("two", "A")]) == 1
    assert rules.told_apart([("one", "A"), ("two", "B")]) == 2
