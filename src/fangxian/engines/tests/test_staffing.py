from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian.engines.planning.staffing import (
    Limits,
    Person,
    Plan,
    Post,
    Problem,
    Step,
    Turn,
    plan_staff,
)
from fangxian.engines.tests.staff import LIMITS, SHIFTS, broken, district


def small(people: list[Person], posts: list[Post], **limits: int) -> Problem:
    return Problem(
        days=7, shifts=SHIFTS, posts=posts, people=people, limits=replace(LIMITS, **limits)
    )


def every_day(*shifts: str, count: int = 1) -> dict[tuple[int, str], int]:
    return {(day, shift): count for day in range(7) for shift in shifts}


def test_a_week_of_a_subdistrict_breaks_no_rule_and_is_proven_near_the_best() -> None:
    problem = district(200, 28, pairs=12)

    plan = plan_staff(problem, seconds=30)

    assert broken(problem, plan) == []
    assert plan.at_least <= plan.cost
    assert plan.gap < 0.02


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    load=st.floats(0.5, 1.5),
    pairs=st.integers(0, 8),
    rest=st.sampled_from([8 * 60, 11 * 60]),
    days=st.integers(1, 7),
    cap=st.integers(1, 6),
)
def test_no_town_makes_it_break_a_rule(
    seed: int, load: float, pairs: int, rest: int, days: int, cap: int
) -> None:
    limits = Limits(shifts=cap, nights=1, days=3, rest=rest, metres=2_000)
    problem = district(30, 6, days=days, load=load, pairs=pairs, limits=limits, seed=seed)

    plan = plan_staff(problem, seconds=1)

    assert broken(problem, plan) == []
    assert plan.at_least <= plan.cost + 1e-6


def test_no_plan_is_cheaper_than_the_bound_however_one_tries() -> None:
    people = [Person(id=name, load=load) for name, load in (("a", 0.0), ("b", 1.0), ("c", 3.0))]
    posts = [Post(id="gate", needs={(0, "early"): 1, (0, "night"): 1, (1, "early"): 1})]
    problem = replace(small(people, posts, metres=0, days=2), days=2)

    plan = plan_staff(problem)

    assert plan.cost == pytest.approx(min(_all_costs(problem)))
    assert plan.at_least <= plan.cost + 1e-6


def _all_costs(problem: Problem) -> list[float]:
    """What every possible choice for three places costs; here all are at no distance."""
    wanted = [(0, "early"), (0, "night"), (1, "early")]
    costs = []
    for choice in product([None, *problem.people], repeat=3):
        given = list(zip(wanted, choice, strict=True))
        mine = {p.id: [slot for slot, who in given if who == p] for p in problem.people}
        if any({(0, "early"), (0, "night")} <= set(week) for week in mine.values()):
            continue
        if any({(0, "night"), (1, "early")} <= set(week) for week in mine.values()):
            continue
        cost = 100.0 * choice.count(None)
        for person in problem.people:
            week = mine[person.id]
            cost += 0.5 * ((person.load + len(week)) ** 2 - person.load**2)
            cost += sum(shift == "night" for _, shift in week)
        costs.append(cost)
    return costs


def test_nobody_works_a_morning_after_a_night() -> None:
    one = Person(id="one")
    posts = [Post(id="gate", needs={(0, "night"): 1, (1, "early"): 1})]

    plan = plan_staff(small([one], posts))

    assert len(plan.turns) == 1
    assert plan.missing == 1


def test_what_was_worked_before_the_week_counts() -> None:
    tired = Person(id="tired", run=5, shifts=3, last="night", nights=2)
    posts = [Post(id="gate", needs=every_day("early", "night"))]
    problem = small([tired], posts)

    plan = plan_staff(problem)

    assert broken(problem, plan) == []
    assert [turn.day for turn in plan.turns if turn.day == 0] == []
    assert len(plan.turns) == 2


def test_two_who_stay_together_fill_two_posts_of_one_place() -> None:
    couple = [
        Person(id="swabs", skills=frozenset({"sampling"}), together="couple"),
        Person(id="writes", together="couple"),
    ]
    posts = [
        Post(id="table 1, swabs", place="table 1", skill="sampling", needs={(0, "early"): 1}),
        Post(id="table 1, register", place="table 1", needs={(0, "early"): 1, (1, "early"): 1}),
    ]

    plan = plan_staff(small(couple, posts))

    assert [(turn.person, turn.post) for turn in plan.turns] == [
        ("swabs", "table 1, swabs"),
        ("writes", "table 1, register"),
    ]
    assert plan.missing == 1


def test_those_who_stay_together_rather_stay_at_home_than_part() -> None:
    couple = [Person(id=name, together="couple") for name in "ab"]

    plan = plan_staff(small(couple, [Post(id="gate", needs=every_day("early"))]))

    assert plan.turns == ()
    assert plan.missing == 7


def test_work_is_shared_out_and_who_has_had_much_gets_less() -> None:
    people = [Person(id="rested"), Person(id="also"), Person(id="worn", load=5.0)]
    posts = [Post(id="gate", needs={(day, "early"): 1 for day in range(6)})]

    plan = plan_staff(small(people, posts))

    had = {person.id: sum(t.person == person.id for t in plan.turns) for person in people}
    assert had == {"rested": 3, "also": 3, "worn": 0}


def test_an_important_post_is_filled_first() -> None:
    one = Person(id="one")
    posts = [
        Post(id="gate", needs={(0, "early"): 1}),
        Post(id="ward", needs={(0, "early"): 1}, weight=3.0),
    ]

    plan = plan_staff(small([one], posts))

    assert [turn.post for turn in plan.turns] == ["ward"]
    assert [(gap.post, gap.missing) for gap in plan.gaps] == [("gate", 1)]


def test_where_somebody_lives_need_not_be_known() -> None:
    plan = plan_staff(
        small([Person(id="one")], [Post(id="gate", lat=40.0, lon=113.0, needs={(0, "late"): 1})])
    )

    assert plan.missing == 0


def test_after_sick_calls_few_move() -> None:
    problem = district(120, 16, load=0.8)
    stood = plan_staff(problem, seconds=20)
    sick = {turn.person for turn in stood.turns if turn.day >= 2} & {
        f"person {number}" for number in range(0, 120, 20)
    }
    lost = [turn for turn in stood.turns if turn.person in sick]
    well = replace(problem, people=[p for p in problem.people if p.id not in sick])

    plan = plan_staff(well, before=stood.turns, seconds=20)

    assert broken(well, plan) == []
    assert plan.missing - stood.missing <= len(lost) / 2
    assert plan.moved <= 1.5 * len(lost)


def test_a_plan_that_still_stands_is_left_as_it_is() -> None:
    problem = district(40, 6, load=0.7)
    stood = plan_staff(problem, seconds=5)

    plan = plan_staff(problem, before=stood.turns, seconds=5)

    assert plan.missing <= stood.missing
    assert plan.missing < stood.missing or plan.moved == 0


def test_what_can_no_longer_be_is_not_kept() -> None:
    one = Person(id="one", busy=frozenset({(0, "early")}))
    stood = [
        Turn("one", 0, "early", "gate"),
        Turn("one", 2, "early", "gate"),
        Turn("one", 3, "early", "gone"),
        Turn("nobody", 1, "early", "gate"),
    ]

    plan = plan_staff(
        small([one], [Post(id="gate", needs={(0, "early"): 1, (2, "early"): 1})]), before=stood
    )

    assert plan.turns == (Turn("one", 2, "early", "gate"),)
    assert plan.moved == 0


def test_nobody_and_nothing_are_no_trouble() -> None:
    nobody = plan_staff(small([], [Post(id="gate", needs={(0, "early"): 2})]))
    nothing = plan_staff(small([Person(id="one")], []))
    unneeded = plan_staff(small([Person(id="one")], [Post(id="gate", needs={})]))

    assert (nobody.missing, nobody.cost, nobody.gap) == (2, 200.0, 0.0)
    assert (nothing.turns, unneeded.turns) == ((), ())


def test_the_same_problem_gets_the_same_plan() -> None:
    problem = district(30, 5, pairs=3)

    assert _bare(plan_staff(problem)) == _bare(plan_staff(problem))


def _bare(plan: Plan) -> Plan:
    return replace(plan, seconds=0.0)


def test_it_says_how_far_it_is() -> None:
    said: list[Step] = []

    plan_staff(district(30, 5), progress=said.append)

    assert [step.share for step in said] == sorted(step.share for step in said)
    assert said[0].what == "bound"
    assert said[-1].cost is not None
