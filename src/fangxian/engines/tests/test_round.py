"""Round planning: the published figures of one district, and what must hold for any."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.engines.planning.round import (
    Community,
    Force,
    NoPlan,
    Norm,
    Point,
    Problem,
    plan_round,
)

# Guide of 2022, 3rd edition, with the NHC's figures of 2022-05-13.
NORM = Norm(
    people_per_point=(2000, 3000),
    people_per_table=(600, 800),
    samplers_divisor=360,
    medics_per_table=2,
    leads_per_point=1,
    rates=(60, 80, 100, 200),
    pool_sizes=(5, 10, 20),
    seconds_per_person=20,
)


def district(*, hours: float = 12.5) -> Problem:
    """Chengbei in Xining on 2 September 2022, as published, spread evenly on a square."""
    people = [5965] * 69 + [417_580 - 69 * 5965]
    tables = [4] * 78 + [3] * 8
    return Problem(
        communities=[
            Community(
                id=f"c{i}",
                group=f"s{i % 7}",
                people=number,
                lat=36.65 + i // 10 * 0.01,
                lon=101.7 + i % 10 * 0.01,
            )
            for i, number in enumerate(people)
        ],
        points=[
            Point(
                id=f"p{i}",
                community=f"c{i % 70}",
                tables=number,
                hours=hours,
                lat=36.652 + i % 70 // 10 * 0.01,
                lon=101.702 + i % 10 * 0.01,
            )
            for i, number in enumerate(tables)
        ],
        force=Force(medics=360, leads=85, others=2900),
        norm=NORM,
        hours_allowed=24,
    )


def test_the_published_district_has_half_of_what_the_guide_asks() -> None:
    plan = plan_round(district())

    assert (plan.people, plan.points, plan.tables) == (417_580, 86, 336)
    needs = {need.what: need for need in plan.needs}
    points, tables, samplers = needs["points"], needs["tables"], needs["samplers"]
    assert (points.low, points.high, points.short, points.short_high) == (139, 209, 53, 123)
    assert (tables.low, tables.high, tables.short, tables.short_high) == (522, 696, 186, 360)
    assert (samplers.low, samplers.short) == (1160, 800)
    assert [round(100 * s) for s in (points.share_low, points.share_high)] == [41, 62]
    assert [round(100 * s) for s in (tables.share_low, tables.share_high)] == [48, 64]
    assert round(100 * samplers.share_low) == 31


def test_one_point_has_no_lead_and_there_is_no_second_shift() -> None:
    plan = plan_round(district())

    needs = {need.what: need for need in plan.needs}
    assert needs["leads"].short == 1
    assert needs["medics"].short == 312
    assert plan.spare_medics == 24


def test_how_long_a_round_takes_at_each_rate() -> None:
    plan = plan_round(district())

    assert [(p.rate, round(p.hours, 1)) for p in plan.paces] == [
        (60, 20.7),
        (80, 15.5),
        (100, 12.4),
        (200, 6.2),
    ]
    assert [p.in_time for p in plan.paces] == [False, False, True, True]
    assert (plan.rate, plan.over) == (100, 0)


def test_open_round_the_clock_the_cautious_rate_is_enough() -> None:
    plan = plan_round(district(hours=24))

    assert [p.in_time for p in plan.paces] == [True, True, True, True]
    assert plan.rate == 60


def test_tubes_by_pool_size() -> None:
    plan = plan_round(district())

    assert [(t.size, t.tubes) for t in plan.tubes] == [(5, 83_516), (10, 41_758), (20, 20_879)]


def test_the_force_in_proportion() -> None:
    ratios = plan_round(district()).ratios

    assert round(ratios.people_per_point) == 4856
    assert round(ratios.people_per_table) == 1243
    assert round(ratios.tables_per_point, 1) == 3.9
    assert round(ratios.medics_per_table, 2) == 1.07
    assert round(ratios.others_per_table, 1) == 8.6
    assert round(ratios.others_per_point, 1) == 33.7
    assert ratios.people_per_other is not None
    assert round(ratios.people_per_other) == 144
    assert round(ratios.scans_per_second, 1) == 16.8


def test_the_plan_says_where_it_is_short() -> None:
    problem = district()
    bare = replace(problem, points=[p for p in problem.points if p.community != "c9"])

    place = {p.id: p for p in plan_round(bare).communities}["c9"]

    assert (place.points, place.people_per_point, place.points_short) == (0, None, 2)
    assert place.tables_short == 7
    assert sum(p.people for p in plan_round(bare).groups) == 417_580


def test_people_go_to_the_nearest_point_when_it_has_room() -> None:
    problem = Problem(
        communities=[
            Community(id="east", group="s", people=100, lat=36.0, lon=101.9),
            Community(id="west", group="s", people=100, lat=36.0, lon=101.1),
        ],
        points=[
            Point(id="in the west", community="west", tables=1, hours=9, lat=36.0, lon=101.12),
            Point(id="in the east", community="east", tables=1, hours=9, lat=36.0, lon=101.88),
        ],
        force=Force(medics=2, leads=2, others=0),
        norm=NORM,
        hours_allowed=9,
    )

    plan = plan_round(problem)

    assert {(p.community, p.point) for p in plan.parts} == {
        ("east", "in the east"),
        ("west", "in the west"),
    }
    assert plan.metres_mean == plan.metres_at_least
    assert plan.ratios.people_per_other is None


def test_too_many_people_are_shared_by_all_points_and_counted() -> None:
    problem = district(hours=2)

    plan = plan_round(problem)

    assert plan.rate == 200
    assert plan.over == 417_580 - 336 * 2 * 200
    fullest = max(load.people_per_table for load in plan.loads)
    assert fullest <= 1 + min(load.people_per_table for load in plan.loads)


@pytest.mark.parametrize(
    "impossible",
    [
        {"communities": []},
        {"points": []},
        {"points": [Point(id="p", community="c0", tables=3, hours=0, lat=36.6, lon=101.7)]},
    ],
)
def test_without_people_or_open_tables_there_is_no_plan(impossible: dict[str, list[Point]]) -> None:
    with pytest.raises(NoPlan):
        plan_round(replace(district(), **impossible))  # type: ignore[arg-type]


degrees = st.floats(0, 0.2).map(lambda d: round(d, 4))
communities = st.lists(
    st.builds(
        Community,
        id=st.uuids().map(str),
        group=st.sampled_from("ab"),
        people=st.integers(1, 400),
        lat=degrees,
        lon=degrees,
    ),
    min_size=1,
    max_size=6,
)
points = st.lists(
    st.builds(
        Point,
        id=st.uuids().map(str),
        community=st.just("c"),
        tables=st.integers(0, 3),
        hours=st.sampled_from([1.0, 6.5]),
        lat=degrees,
        lon=degrees,
    ),
    min_size=1,
    max_size=6,
).filter(lambda found: any(p.tables for p in found))
problems = st.builds(
    Problem,
    communities=communities,
    points=points,
    force=st.just(Force(medics=3, leads=1, others=9)),
    norm=st.just(NORM),
    hours_allowed=st.just(24.0),
)


@given(problems)
def test_everybody_is_sent_to_points_exactly_once(problem: Problem) -> None:
    plan = plan_round(problem)

    for community in problem.communities:
        assert sum(p.people for p in plan.parts if p.community == community.id) == community.people
    assert all(part.people > 0 for part in plan.parts)
    assert sum(load.people for load in plan.loads) == plan.people
    assert sum(t.people for t in plan.groups) == plan.people


@given(problems)
def test_no_point_gets_more_than_it_can_do_unless_all_together_cannot(problem: Problem) -> None:
    plan = plan_round(problem)

    able = {p.id: int(p.tables * p.hours * plan.rate) for p in problem.points}
    assert all(load.over == max(0, load.people - able[load.point]) for load in plan.loads)
    if sum(able.values()) >= plan.people:
        assert plan.over == 0
    else:
        assert plan.rate == max(NORM.rates)
        assert plan.over >= plan.people - sum(able.values())
    assert all(load.people == 0 for load in plan.loads if load.tables == 0)


@given(problems)
def test_the_bound_holds_and_nobody_gains_by_changing_points_with_another(
    problem: Problem,
) -> None:
    plan = plan_round(problem)

    assert plan.metres_at_least <= plan.metres_mean + 1e-6
    assert plan.metres_mean <= plan.metres_most + 1e-6
    assert plan_round(problem) == plan
    way = {(p.community, p.point): p.metres for p in plan.parts}
    for (c, p), (d, q) in permutations(way, 2):
        if (c, q) in way and (d, p) in way:
            assert way[c, p] + way[d, q] <= way[c, q] + way[d, p] or (c == d or p == q)


@given(problems, st.integers(1, 3))
def test_more_tables_are_never_slower(problem: Problem, more: int) -> None:
    plan = plan_round(problem)
    points = [replace(p, tables=p.tables + more) for p in problem.points]

    richer = plan_round(replace(problem, points=points))

    assert richer.rate <= plan.rate
    assert richer.over <= plan.over
    assert all(r.hours < p.hours for r, p in zip(richer.paces, plan.paces, strict=True))
