"""The story of a positive tube."""

import pytest

from fangxian.areas.queries import area_of_level
from fangxian.cases.queries import open_case_of
from fangxian.kernel import ledger
from fangxian.kernel.access import PLAYBOOK
from fangxian.measures.queries import (
    orders_about,
    orders_of,
    place_holds_over,
    risk_areas_visible_to,
)
from fangxian.people.models import Resident
from fangxian.playbook.tests import make
from fangxian.playbook.tests.make import found, neighbours, sealed_tube
from fangxian.sampling.models import Tube
from fangxian.sampling.queries import calls_about, get_tube
from fangxian.web.queries import beginning_of

pytestmark = pytest.mark.django_db


def positive_pool(people: list[Resident]) -> Tube:
    return found(sealed_tube(people), "positive")


def test_a_positive_pool_holds_its_members_and_sends_a_squad() -> None:
    make.rules("cn-v9")
    people = neighbours(10)

    pool = positive_pool(people)

    holds = orders_about(PLAYBOOK, pool.id)
    assert {hold.resident_id for hold in holds} == {one.id for one in people}
    assert {hold.kind for hold in holds} == {"hold"}
    assert {hold.pack for hold in holds} == {"cn-v9@1"}
    assert calls_about(PLAYBOOK, pool.id).filter(state="due").count() == 10
    assert make.kinds_of_tasks(pool.id) == {"retest_members", "deliver_notice"}


def test_under_the_ninth_edition_the_compound_is_held_until_the_retest() -> None:
    make.rules("cn-v9")
    people = neighbours(3)

    positive_pool(people)

    (hold,) = place_holds_over(PLAYBOOK, people[0].area_path)
    assert len(hold.places) == 2  # both buildings of the compound
    assert hold.ends_at > hold.starts_at


def test_under_the_ten_items_neighbours_are_left_in_peace() -> None:
    make.rules("cn-10")
    people = neighbours(3)

    pool = positive_pool(people)

    assert not place_holds_over(PLAYBOOK, people[0].area_path)
    assert orders_about(PLAYBOOK, pool.id).count() == 3


def test_a_negative_single_retest_frees_that_person_and_no_other() -> None:
    make.rules("cn-v9")
    free, waiting, *_ = people = neighbours(3)
    pool = positive_pool(people)

    found(sealed_tube([free], retest_of=pool), "negative")

    assert orders_of(PLAYBOOK, free.id).get().state == "ended"
    assert orders_of(PLAYBOOK, waiting.id).get().state == "in_force"
    assert place_holds_over(PLAYBOOK, waiting.area_path)


def test_when_everybody_is_negative_nothing_is_left_of_it() -> None:
    make.rules("cn-v9")
    people = neighbours(3)
    pool = positive_pool(people)

    for one in people:
        found(sealed_tube([one], retest_of=pool), "negative")

    assert not orders_about(PLAYBOOK, pool.id).filter(state="in_force")
    assert not place_holds_over(PLAYBOOK, people[0].area_path)
    assert make.kinds_of_tasks(pool.id) == set()


def test_a_positive_single_retest_is_a_case_that_names_the_pool() -> None:
    make.rules("cn-v9")
    ill, *others = people = neighbours(3)
    pool = positive_pool(people)

    for one in others:
        found(sealed_tube([one], retest_of=pool), "negative")
    found(sealed_tube([ill], retest_of=pool), "positive")

    case = open_case_of(PLAYBOOK, ill.id)
    assert case is not None
    assert case.classification == "asymptomatic"
    causes = [event.subject_id for event in ledger.chain_to(beginning_of(PLAYBOOK, case.id))]
    assert (causes[0], causes[-1]) == (case.id, pool.id)
    assert not orders_about(PLAYBOOK, pool.id).filter(state="in_force")
    assert "retest_members" not in make.kinds_of_tasks(pool.id)


def test_a_finding_is_not_kept_without_its_consequence(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("no order book")

    make.rules("cn-v9")
    tube = sealed_tube(neighbours(2))
    monkeypatch.setattr("fangxian.playbook.positive_pool.hold_people", breaks)

    with pytest.raises(RuntimeError):
        found(tube, "positive")

    assert get_tube(PLAYBOOK, tube.id).state == "sealed"


def test_an_invalid_tube_is_taken_again() -> None:
    make.rules("cn-v9")

    tube = found(sealed_tube(neighbours(2)), "invalid")

    assert make.kinds_of_tasks(tube.id) == {"test_person"}


def test_a_home_known_only_roughly_never_holds_a_whole_community() -> None:
    make.rules("cn-v9")
    ill, other = people = neighbours(2)
    community = area_of_level(PLAYBOOK, ill.area_path, "community")
    assert community is not None
    Resident.objects.update(area_path=community.path)

    pool = found(sealed_tube(people), "positive")
    found(sealed_tube([ill], retest_of=pool), "positive")

    assert open_case_of(PLAYBOOK, ill.id) is not None
    assert not place_holds_over(PLAYBOOK, community.path)
    assert not risk_areas_visible_to(PLAYBOOK)
    assert orders_of(PLAYBOOK, other.id).exists()
