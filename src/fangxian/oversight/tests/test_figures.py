"""One function per published figure: persons and person-times are never mixed."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fangxian.kernel import clock
from fangxian.kernel.access import PLAYBOOK
from fangxian.measures.actions import approve_risk_area
from fangxian.measures.queries import risk_areas_proposed
from fangxian.measures.tests.make import NOON
from fangxian.oversight import figures
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import found, neighbours, sealed_tube


@pytest.fixture(autouse=True)
def noon() -> Iterator[clock.Hands]:
    with clock.playing(NOON) as hands:
        yield hands


@pytest.mark.django_db
def test_a_case_of_a_pool_was_found_in_the_open() -> None:
    make.rules("cn-v9")
    ill, other = people = neighbours(2)
    pool = found(sealed_tube(people), "positive")

    found(sealed_tube([ill], retest_of=pool), "positive")

    today = figures.cases_found(PLAYBOOK)
    assert (today.value, today.before, today.of) == (1, 0, 1)
    curve = figures.epidemic_curve(PLAYBOOK)
    assert (sum(curve.outside), sum(curve.inside)) == (1, 0)
    assert other.id != ill.id


@pytest.mark.django_db
def test_persons_under_two_orders_are_counted_once() -> None:
    make.rules("cn-v9")
    people = neighbours(3)
    both = [sealed_tube(people), sealed_tube(people)]
    for tube in both:
        found(tube, "positive")

    assert figures.persons_in_central_quarantine(PLAYBOOK).of == 3


@pytest.mark.django_db
def test_what_waits_for_a_decision_is_counted_until_it_is_made() -> None:
    make.rules("cn-v9")
    found(sealed_tube(neighbours(1)), "positive")
    assert figures.decisions_awaited(PLAYBOOK).value == 1

    for area in risk_areas_proposed(PLAYBOOK):
        approve_risk_area(make.OFFICER_DENG, area.id)

    assert figures.decisions_awaited(PLAYBOOK).value == 0


@pytest.mark.django_db
def test_without_a_round_nobody_counts_as_tested() -> None:
    make.rules("cn-v9")

    assert figures.persons_tested(PLAYBOOK) == figures.Figure(0)
    assert figures.round_progress(PLAYBOOK) is None


@given(steps=st.lists(st.from_regex(r"[0-9a-z]{1,4}", fullmatch=True), min_size=1, max_size=10))
def test_the_grid_of_a_place_is_a_beginning_of_its_path(steps: list[str]) -> None:
    path = "/".join(steps) + "/"

    for depth in range(1, len(steps) + 1):
        assert path.startswith(figures.above(path, depth))
        assert figures.above(path, depth).count("/") == depth
