"""Made-up outlines, housing and sites: sums that hold for any input, and the same for a seed."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fangxian.engines.synthesis.buildings import Ground, build
from fangxian.engines.synthesis.outlines import Part, draw
from fangxian.engines.synthesis.sites import share_out
from fangxian.engines.synthesis.words import estates

BAY = shapely.box(101.6, 36.6, 101.8, 36.7) - shapely.box(101.66, 36.61, 101.74, 36.71)


def parts(groups: int, each: int, grids: int) -> list[Part]:
    return [
        Part(key=f"{group}-{one}", group=str(group), grids=grids, dense=one % 2 == 0)
        for group in range(groups)
        for one in range(each)
    ]


@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 4), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_every_outline_is_in_one_piece_and_they_cover_the_whole(
    groups: int, each: int, grids: int, seed: int
) -> None:
    drawn = draw(BAY, parts(groups, each, grids), seed=seed)

    cells = [cell for some in drawn.grids.values() for cell in some]
    assert len(cells) == groups * each * grids
    for level in (drawn.groups.values(), drawn.parts.values(), cells):
        assert all(cell.geom_type == "Polygon" and cell.area > 0 for cell in level)
        assert sum(cell.area for cell in level) == pytest.approx(BAY.area, rel=1e-6)
    for key, some in drawn.grids.items():
        around = drawn.parts[key].buffer(1e-7)
        assert all(around.contains(cell) for cell in some)
        assert drawn.groups[key.split("-")[0]].buffer(1e-7).contains(drawn.parts[key])


def test_a_centre_outside_the_outline_still_gets_a_place() -> None:
    drawn = draw(
        BAY,
        parts(2, 1, 1),
        centres={"0": (101.7, 36.6), "1": (103.0, 36.65)},
        seed=3,
    )

    assert all(cell.area > 0 for cell in drawn.groups.values())


@given(st.integers(0, 500), st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(0, 3))
def test_a_share_out_spends_all_and_forgets_nobody(
    total: int, weights: list[float], at_least: int
) -> None:
    given_out = share_out(total, weights, at_least=at_least)

    enough = total >= at_least * len(weights)
    assert sum(given_out) <= total
    assert min(given_out) >= (at_least if enough else 0)
    if enough and any(weights):
        assert sum(given_out) == total


@given(st.integers(1, 800), st.booleans(), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_there_are_doors_enough_inside_the_ground(dwellings: int, village: bool, seed: int) -> None:
    housing = build([Ground(outline=BAY, dwellings=dwellings, village=village)], seed=seed)

    assert housing.dwellings >= dwellings
    assert shapely.contains_xy(BAY.buffer(1e-6), housing.lon, housing.lat).all()
    if village:
        assert set(housing.units) == set(housing.floors) == {1}
    else:
        assert min(housing.units) >= 2
        assert max(housing.units) <= 4
        assert min(housing.floors) >= 6
        assert max(housing.floors) <= 33


def test_a_ground_for_nobody_stays_empty() -> None:
    assert build([Ground(outline=BAY, dwellings=0, village=False)], seed=1).name == []


def test_no_two_estates_share_a_name() -> None:
    names = estates(np.random.default_rng(5))

    assert len({next(names) for _ in range(2000)}) == 2000


def test_a_thread_of_land_is_built_upon_all_the_same() -> None:
    thread = shapely.box(101.6, 36.6, 101.8, 36.60005)

    housing = build([Ground(outline=thread, dwellings=40, village=True)], seed=1)

    # Coordinates are rounded to a decimetre.
    assert shapely.contains_xy(thread.buffer(1e-6), housing.lon, housing.lat).all()
