"""Filling and sealing a tube."""

from datetime import timedelta

import pytest

from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours, Refusal
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.sampling import errors
from fangxian.sampling.actions import add_swab, open_tube, seal_tube, void_tube
from fangxian.sampling.models import Swab, TestCall, Tube
from fangxian.sampling.queries import get_tube, members_of, round_share, tube_by_barcode
from fangxian.sampling.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules_in_force()


def test_a_tube_of_a_round_holds_as_many_swabs_as_the_guide_says() -> None:
    pool = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY)
    in_lockdown = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, group="high")
    precaution = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, group="low")

    assert (pool.capacity, in_lockdown.capacity, precaution.capacity) == (10, 1, 20)
    assert pool.pack == "cn-v9@1"


def test_a_tube_is_taken_for_one_of_four_things() -> None:
    with pytest.raises(errors.NoSuchPurpose, match="retest"):
        open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, purpose="fun")


def test_a_retest_is_always_single() -> None:
    pool = make.tube()

    retest = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, retest_of_id=pool.id)

    assert (retest.purpose, retest.capacity) == ("retest", 1)


def test_a_tube_opened_twice_by_the_same_command_is_one_tube() -> None:
    mine = new_id()

    first = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, tube_id=mine)
    again = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, tube_id=mine)

    assert first.barcode == again.barcode
    assert Tube.objects.count() == 1


def test_a_tube_is_found_by_its_code_as_somebody_says_it() -> None:
    tube = make.empty_tube()
    said = tube.barcode.lower().replace("0", "o")

    assert tube_by_barcode(make.SAMPLER_WANG, f" {said[:4]}-{said[4:]} ") == tube


def test_the_same_person_in_the_same_tube_again_changes_nothing() -> None:
    person, tube = make.resident(), make.empty_tube()

    first = add_swab(make.SAMPLER_WANG, tube.id, person.id, taken_at=now())
    again = add_swab(make.SAMPLER_WANG, tube.id, person.id, taken_at=now())

    assert first == again
    assert get_tube(make.SAMPLER_WANG, tube.id).swabs == 1


def test_a_swab_sent_again_after_the_tube_was_sealed_changes_nothing() -> None:
    tube = make.tube(swabs=2)
    known = members_of(make.SAMPLER_WANG, tube.id)[0]

    add_swab(make.SAMPLER_WANG, tube.id, known, taken_at=now())

    assert get_tube(make.SAMPLER_WANG, tube.id).swabs == 2


def test_somebody_from_elsewhere_may_queue_here() -> None:
    guest, tube = make.resident(area_path="1/2/9/1/1/"), make.empty_tube()

    add_swab(make.SAMPLER_WANG, tube.id, guest.id, taken_at=now())

    assert members_of(make.SAMPLER_WANG, tube.id) == [guest.id]


def test_nobody_unknown_enters_a_tube() -> None:
    tube = make.empty_tube()

    with pytest.raises(NotFound, match="resident"):
        add_swab(make.SAMPLER_WANG, tube.id, new_id(), taken_at=now())


def test_a_full_tube_takes_nobody_else() -> None:
    tube = make.filled_tube(swabs=10)

    with pytest.raises(errors.TubeIsFull, match="new tube"):
        add_swab(make.SAMPLER_WANG, tube.id, make.resident().id, taken_at=now())


def test_nothing_is_added_to_a_sealed_tube() -> None:
    tube = make.tube(swabs=2)

    with pytest.raises(errors.TubeIsNotOpen, match="Open a new tube"):
        add_swab(make.SAMPLER_WANG, tube.id, make.resident().id, taken_at=now())


def test_an_empty_tube_is_not_sealed() -> None:
    tube = make.empty_tube()

    with pytest.raises(errors.TubeIsEmpty, match="void"):
        seal_tube(make.SAMPLER_WANG, tube.id, sealed_at=now())


def test_sealing_again_changes_nothing_and_is_told_once() -> None:
    tube = make.filled_tube(swabs=3)

    sealed = seal_tube(make.SAMPLER_WANG, tube.id, sealed_at=now())
    seal_tube(make.SAMPLER_WANG, tube.id, sealed_at=now())

    told = Event.objects.get(subject_id=tube.id)
    assert told.kind == "sampling.tube_sealed"
    assert told.facts == {"barcode": sealed.barcode, "swabs": 3}


def test_a_tube_is_not_sealed_before_its_last_swab() -> None:
    tube = make.filled_tube(swabs=1)

    with pytest.raises(errors.SealedBeforeSwabbed):
        seal_tube(make.SAMPLER_WANG, tube.id, sealed_at=now() - timedelta(hours=4))


def test_a_void_tube_is_not_sealed() -> None:
    tube = make.filled_tube(swabs=1)
    void_tube(make.SAMPLER_WANG, tube.id, reason="it leaked")

    with pytest.raises(errors.TubeIsNotOpen):
        seal_tube(make.SAMPLER_WANG, tube.id, sealed_at=now())


@pytest.mark.parametrize(
    ("ahead", "refusal"),
    [
        (timedelta(minutes=6), errors.TimeInTheFuture),
        (timedelta(days=-8), errors.BeforeTheIncident),
    ],
)
def test_no_swab_is_taken_in_the_future_or_before_the_incident(
    ahead: timedelta, refusal: type[Refusal]
) -> None:
    tube = make.empty_tube()

    with pytest.raises(refusal, match="date"):
        add_swab(make.SAMPLER_WANG, tube.id, make.resident().id, taken_at=now() + ahead)
    assert get_tube(make.SAMPLER_WANG, tube.id).swabs == 0


def test_the_clock_of_a_phone_may_be_a_little_ahead() -> None:
    tube = make.empty_tube()

    add_swab(make.SAMPLER_WANG, tube.id, make.resident().id, taken_at=now() + timedelta(minutes=4))

    assert get_tube(make.SAMPLER_WANG, tube.id).swabs == 1


# Who must not be pooled


def test_somebody_with_a_positive_pool_to_explain_is_sent_to_a_tube_of_their_own() -> None:
    person = make.resident()
    make.call(person, reason="retest", about_id=make.tube().id)
    pool = make.empty_tube()

    with pytest.raises(errors.MustNotBePooled, match="tube of their own"):
        add_swab(make.SAMPLER_WANG, pool.id, person.id, taken_at=now())


def test_somebody_under_an_order_is_sent_to_a_tube_of_their_own() -> None:
    person = make.resident()
    make.call(person, reason="order", day=3)
    pool = make.empty_tube()

    with pytest.raises(errors.MustNotBePooled):
        add_swab(make.SAMPLER_WANG, pool.id, person.id, taken_at=now())


def test_a_group_that_the_guide_pools_by_ten_does_not_enter_a_tube_of_twenty() -> None:
    person = make.resident()
    make.call(person, reason="order", day=1, group="medium")
    twenty = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, group="low")
    ten = open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, group="medium")

    with pytest.raises(errors.MustNotBePooled, match="at most 10"):
        add_swab(make.SAMPLER_WANG, twenty.id, person.id, taken_at=now())
    add_swab(make.SAMPLER_WANG, ten.id, person.id, taken_at=now())

    assert get_tube(make.SAMPLER_WANG, ten.id).swabs == 1


# Tests that are owed


def test_a_single_swab_takes_the_retest_that_is_owed_and_knows_what_it_explains() -> None:
    pool, person = make.tube(), make.resident()
    call = make.call(person, about_id=pool.id)

    single = make.filled_tube(people=[person], purpose="order")

    call.refresh_from_db()
    assert (call.state, call.tube_id) == ("taken", single.id)
    assert single.retest_of_id == pool.id


def test_a_swab_takes_one_test_day_of_an_order_and_none_that_has_not_come() -> None:
    person, order = make.resident(), new_id()
    days = [
        make.call(
            person, reason="order", about_id=order, day=day, due_at=now() + timedelta(days=days)
        )
        for day, days in ((1, -2), (2, -1), (7, 4))
    ]

    make.filled_tube(people=[person], purpose="order")

    states = [TestCall.objects.get(id=call.id).state for call in days]
    assert states == ["taken", "due", "due"]


def test_a_broken_tube_leaves_the_test_owed_and_the_person_untested() -> None:
    round_ = make.round_of_testing()
    person = make.resident()
    call = make.call(person)
    tube = open_tube(
        make.SAMPLER_WANG, area_path=make.COMMUNITY, round_id=round_.id, group="key_person"
    )
    add_swab(make.SAMPLER_WANG, tube.id, person.id, taken_at=now())
    assert round_share(make.SAMPLER_WANG, round_.id).tested == 1

    void_tube(make.SAMPLER_WANG, tube.id, reason="it broke")

    call.refresh_from_db()
    assert (call.state, call.tube_id) == ("due", None)
    assert round_share(make.SAMPLER_WANG, round_.id).tested == 0
    assert void_tube(make.SAMPLER_WANG, tube.id, reason="it broke").void_reason == "it broke"


def test_making_a_tube_void_needs_a_reason() -> None:
    tube = make.filled_tube(swabs=1)

    with pytest.raises(errors.ReasonMissing):
        void_tube(make.SAMPLER_WANG, tube.id, reason="  ")


# Who may


def test_a_tube_elsewhere_does_not_exist() -> None:
    tube = make.empty_tube()

    with pytest.raises(NotFound, match="Check the number"):
        seal_tube(make.SAMPLER_NEXT_DOOR, tube.id, sealed_at=now())
    with pytest.raises(NotFound):
        open_tube(make.SAMPLER_NEXT_DOOR, area_path=make.COMMUNITY)


def test_collecting_samples_needs_the_duty() -> None:
    with pytest.raises(NotYours):
        open_tube(make.LAB_CLERK_LI, area_path=make.COMMUNITY)
    with pytest.raises(NotYours):
        get_tube(make.GUARD_QIAN, make.empty_tube().id)


def test_tubes_are_opened_for_a_round_only_while_it_is_open() -> None:
    planned = make.round_of_testing(begun=False)

    with pytest.raises(errors.RoundIsNotOpen, match="planned"):
        open_tube(make.SAMPLER_WANG, area_path=make.COMMUNITY, round_id=planned.id)


def test_a_command_that_fails_leaves_nothing_half_done() -> None:
    tube = make.filled_tube(swabs=10)

    with pytest.raises(errors.TubeIsFull):
        add_swab(make.SAMPLER_WANG, tube.id, make.resident().id, taken_at=now())

    assert Swab.objects.filter(tube=tube).count() == 10
