"""Orders: their cause, their days, their end, and the way to object."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id, read_code
from fangxian.kernel.models import Event
from fangxian.measures import releases
from fangxian.measures.actions import (
    CONDITIONS_HOLD,
    NEXT_STAGE,
    advance_order,
    decide_objection,
    end_hold_of_place,
    end_order,
    end_orders_about,
    extend_order,
    hold_people,
    hold_place,
    issue_order,
    object_to_order,
    propose_due_releases,
    propose_release,
    serve_order,
)
from fangxian.measures.errors import (
    CountedFromTheFuture,
    EndIsNotLater,
    NotYetReleasable,
    ObjectionIsDecided,
    ObjectionNeedsText,
    OrderIsOver,
    ReasonNeeded,
    SecondOfficerNeeded,
)
from fangxian.measures.models import Order, PlaceHold
from fangxian.measures.queries import (
    evidence_for,
    get_order,
    holds_of,
    is_restricted,
    objections_open,
    objections_to,
    order_conditions,
    orders_about,
    orders_in_force,
    orders_listed,
    orders_of,
    orders_past_end,
    place_holds_in_force,
    place_holds_over,
)
from fangxian.measures.tests import make
from fangxian.people.queries import get_resident
from fangxian.sampling.queries import calls_about

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def kinds_about(subject_id: UUID) -> list[str]:
    rows = Event.objects.filter(subject_id=subject_id).order_by("seq")
    return [event.kind.removeprefix("measures.") for event in rows]


def days_of_tests(order: Order) -> list[int | None]:
    return [call.day for call in calls_about(PLAYBOOK, order.id)]


def in_days(number: float) -> datetime:
    return now() + timedelta(days=number)


# Issuing


def test_a_close_contact_gets_the_days_and_tests_of_the_pack() -> None:
    make.rules("cn-v9")

    order = make.order(days_ago=1.5)

    assert (order.kind, order.stage) == ("central_quarantine", 0)
    assert order.ends_at == in_days(5.5)
    assert (order.pack, order.rule) == ("cn-v9@1", "measures.close_contact")
    assert days_of_tests(order) == [2, 3, 5, 7]
    assert read_code("O", order.code) == order.number


def test_days_already_over_are_not_served_again() -> None:
    make.rules("cn-v9")

    order = make.order(days_ago=8)

    assert (order.kind, order.stage) == ("home_monitoring", 1)
    assert order.ends_at == in_days(2)


def test_no_order_is_issued_when_all_days_are_over_and_that_is_said() -> None:
    make.rules("cn-v9")
    person = make.resident()
    cause = make.confirmed_contact(person, days_ago=11)

    issued = issue_order(
        PLAYBOOK,
        resident_id=person.id,
        area_path=person.area_path,
        subject="close_contact",
        about_id=cause.subject_id,
        counted_from=in_days(-11),
        because=cause,
    )

    assert issued is None
    assert kinds_about(cause.subject_id)[-1] == "days_already_over"


def test_a_pack_that_asks_for_nothing_restricts_nobody_and_that_is_said() -> None:
    make.rules("cn-bb")
    person = make.resident()
    cause = make.confirmed_contact(person)

    issued = issue_order(
        PLAYBOOK,
        resident_id=person.id,
        area_path=person.area_path,
        subject="close_contact",
        about_id=cause.subject_id,
        counted_from=cause.at,
        because=cause,
    )

    assert issued is None
    assert kinds_about(cause.subject_id)[-1] == "no_measure_in_pack"


def test_the_same_order_again_is_the_one_in_force() -> None:
    make.rules()
    person, ground = make.resident(), new_id()

    first = make.order(person, about_id=ground)
    again = make.order(person, about_id=ground)

    assert again == first
    assert kinds_about(first.id) == ["order_issued", "sampling.tests_called"]


def test_a_person_with_two_grounds_has_two_orders() -> None:
    make.rules()
    person = make.resident()

    first, second = make.order(person), make.order(person, days_ago=1)

    assert set(orders_of(PLAYBOOK, person.id)) == {first, second}
    assert list(orders_about(PLAYBOOK, first.about_id)) == [first]


def test_an_order_for_a_case_has_an_end_too() -> None:
    make.rules("cn-v9")

    order = make.order(subject="infected")

    assert order.kind == "hospital"
    assert order.ends_at == in_days(7)


def test_a_milder_measure_and_an_earlier_end_may_be_chosen() -> None:
    make.rules("cn-v9")

    order = make.order(kind="home_quarantine", ends_at=in_days(2))

    assert (order.kind, order.ends_at) == ("home_quarantine", in_days(2))
    assert days_of_tests(order) == [1, 2]


def test_days_cannot_be_counted_from_the_future() -> None:
    make.rules()

    with pytest.raises(CountedFromTheFuture):
        make.order(days_ago=-1)


def test_only_who_decides_on_measures_issues_orders() -> None:
    make.rules()

    with pytest.raises(NotYours):
        make.order(by=make.GRID_WORKER_WANG)


# Holding


def test_members_of_a_pool_are_held_until_the_pack_says() -> None:
    make.rules("cn-v9")
    person = make.resident()

    hold = make.hold(person)

    assert (hold.kind, hold.rule) == ("hold", "positive_pool.hold")
    assert hold.ends_at == now() + timedelta(hours=24)
    assert list(holds_of(PLAYBOOK, person.id)) == [hold]


def test_many_are_held_at_once_and_nobody_twice() -> None:
    make.rules()
    people, ground = [make.resident() for _ in range(3)], new_id()
    pairs = [(person.id, person.area_path) for person in people]

    first = hold_people(PLAYBOOK, pairs[:2], about_id=ground, because=make.case(people[0]))
    both = hold_people(PLAYBOOK, [*pairs, pairs[2]], about_id=ground, because=make.case(people[0]))

    assert both[:2] == first
    assert len(set(both)) == 3
    assert Order.objects.count() == 3


def test_a_pack_that_holds_nobody_holds_nobody() -> None:
    make.rules("cn-bb")
    person = make.resident()
    pairs = [(person.id, person.area_path)]

    assert hold_people(PLAYBOOK, pairs, about_id=new_id(), because=make.case(person)) == []
    assert hold_people(PLAYBOOK, [], about_id=new_id(), because=None) == []


def test_neighbours_are_held_as_one_place_and_freed_as_one() -> None:
    make.rules("cn-v9")
    buildings, pool = make.estate(), new_id()
    home = make.door(buildings[0])
    cause = make.case(make.resident(at=home))

    hold = hold_place(PLAYBOOK, home.path, about_id=pool, because=cause)
    again = hold_place(PLAYBOOK, make.door(buildings[1]).path, about_id=pool, because=cause)

    assert hold is not None
    assert again == hold
    assert hold.places == sorted(building.path for building in buildings)
    assert hold.name.endswith("祥和家园")
    assert hold.ends_at == now() + timedelta(hours=24)
    assert list(place_holds_over(PLAYBOOK, home.path)) == [hold]

    [ended] = end_hold_of_place(PLAYBOOK, pool, reason="every member is explained", because=cause)

    assert ended.ended_at == now()
    assert end_hold_of_place(PLAYBOOK, pool, reason="every member is explained") == []
    assert kinds_about(hold.id) == ["place_held", "place_hold_ended"]
    assert not place_holds_in_force(PLAYBOOK)


def test_a_place_without_a_compound_is_held_as_a_building() -> None:
    make.rules("cn-v9")
    building = make.estate()[0]
    type(building).objects.filter(id=building.id).update(compound=None)
    home = make.door(building)

    hold = hold_place(
        PLAYBOOK, home.path, about_id=new_id(), because=make.case(make.resident(at=home))
    )

    assert hold is not None
    assert hold.places == [building.path]


def test_ending_the_hold_of_a_place_needs_a_reason() -> None:
    with pytest.raises(ReasonNeeded):
        end_hold_of_place(PLAYBOOK, new_id(), reason=" ")
    assert not PlaceHold.objects.exists()


def test_who_was_under_an_order_then_was_found_under_control(noon: Hands) -> None:
    make.rules()
    person = make.resident()
    before = now()
    noon.forward(hours=1)
    order = make.order(person)
    noon.forward(hours=1)
    during = now()
    noon.forward(hours=1)
    end_order(make.OFFICER_DENG, order.id, reason="mistaken identity")

    assert not is_restricted(PLAYBOOK, person.id, before=before)
    assert is_restricted(PLAYBOOK, person.id, before=during)
    assert not is_restricted(PLAYBOOK, person.id, before=during + timedelta(hours=1))


# Serving


def test_an_order_is_served_once() -> None:
    make.rules()
    order = make.order()

    served = serve_order(make.GRID_WORKER_WANG, order.id)
    serve_order(make.GRID_WORKER_WANG, order.id)

    assert served.served_at == now()
    assert kinds_about(order.id).count("order_served") == 1


def test_an_order_that_has_ended_is_not_served() -> None:
    make.rules()
    order = make.order()
    end_order(make.OFFICER_DENG, order.id, reason="mistaken identity")

    with pytest.raises(OrderIsOver):
        serve_order(make.GRID_WORKER_WANG, order.id)


def test_whoever_has_no_field_duty_serves_nothing() -> None:
    make.rules()
    order = make.order()

    with pytest.raises(NotYours):
        serve_order(make.AUDITOR_SHEN, order.id)


# Extending


def test_an_order_cut_short_may_be_extended_to_the_days_of_the_pack() -> None:
    make.rules("cn-v9")
    order = make.order(ends_at=in_days(2))

    extended = extend_order(
        make.OFFICER_DENG, order.id, until=in_days(6), reason="symptoms since this morning"
    )

    assert extended.ends_at == in_days(6)
    extension = extended.extensions.get()
    assert (extension.was, extension.becomes) == (in_days(2), in_days(6))
    assert extension.reason == "symptoms since this morning"
    told = Event.objects.get(kind="measures.order_extended")
    assert told.facts["reason"] == ""  # what a person wrote does not stay in the ledger for ever


def test_new_evidence_in_the_dwelling_moves_the_latest_end(noon: Hands) -> None:
    make.rules("cn-v9")
    person = make.resident()
    order = make.order(person)
    noon.forward(days=3)
    evidence = make.case(person)

    extended = extend_order(
        make.OFFICER_DENG, order.id, until=in_days(7), reason="infected at home", because=evidence
    )

    assert extended.ends_at == in_days(7)
    assert list(evidence_for(PLAYBOOK, order.id)) == [evidence]


def test_a_review_may_be_put_off_until_the_next_review(noon: Hands) -> None:
    make.rules("cn-v9")
    treatment, hold = make.order(subject="infected"), make.hold()
    noon.forward(hours=20)

    extend_order(make.OFFICER_DENG, treatment.id, until=in_days(7), reason="still in fever")
    extend_order(make.OFFICER_DENG, hold.id, until=in_days(1), reason="result is late")

    assert treatment.extensions.count() == hold.extensions.count() == 1


def test_an_extension_ends_later_and_only_an_order_in_force_is_extended() -> None:
    make.rules()
    order = make.order()

    with pytest.raises(EndIsNotLater):
        extend_order(make.OFFICER_DENG, order.id, until=order.ends_at, reason="why not")
    end_order(make.OFFICER_DENG, order.id, reason="mistaken identity")
    with pytest.raises(OrderIsOver):
        extend_order(make.OFFICER_DENG, order.id, until=in_days(9), reason="why not")


# Release


def test_release_is_proposed_when_the_end_is_reached_and_all_tests_are_negative(
    noon: Hands,
) -> None:
    make.rules("cn-v9")
    person = make.resident()
    order = make.order(person, ends_at=in_days(0.3))
    make.negative(person)
    noon.forward(days=1)

    assert propose_due_releases(PLAYBOOK) == 1
    assert propose_due_releases(PLAYBOOK) == 0

    order.refresh_from_db()
    assert order.release_proposed_at == now()
    assert order.state == "in_force"  # a person decides
    assert kinds_about(order.id)[-1] == "release_proposed"
    proposed = Event.objects.get(kind="measures.release_proposed")
    assert proposed.because_id is not None
    assert propose_release(make.OFFICER_DENG, order.id) == order


def test_orders_that_are_not_ready_do_not_keep_others_waiting(
    noon: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.rules("cn-v9")
    monkeypatch.setattr(releases, "_AT_ONCE", 1)
    make.order()
    noon.forward(minutes=1)
    ready = make.order(kind="home_quarantine", ends_at=in_days(0.1))
    noon.forward(days=8)

    assert propose_due_releases(PLAYBOOK) == 1
    ready.refresh_from_db()
    assert ready.release_proposed_at is not None


def test_an_order_past_its_end_with_a_test_owed_is_shown_and_not_proposed(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order()
    noon.forward(days=8)

    assert propose_due_releases(PLAYBOOK) == 0
    assert list(orders_past_end(make.COMMANDER_CHEN)) == [order]
    assert [c.met for c in order_conditions(PLAYBOOK, order.id)] == [True, False, True]
    with pytest.raises(NotYetReleasable):
        propose_release(make.OFFICER_DENG, order.id)


def test_the_next_stage_is_a_new_order_that_follows(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order(days_ago=0)
    noon.forward(days=7, hours=2)

    with pytest.raises(NotYetReleasable):
        advance_order(make.OFFICER_DENG, order.id)
    following = advance_order(make.OFFICER_DENG, order.id, reason="results on paper")

    assert (following.kind, following.stage) == ("home_monitoring", 1)
    assert following.follows == order
    assert following.ends_at == order.counted_from + timedelta(days=10)
    order.refresh_from_db()
    assert (order.state, order.end_reason) == ("ended", "results on paper")
    assert advance_order(make.OFFICER_DENG, order.id) == following
    assert list(orders_in_force(PLAYBOOK)) == [following]


def test_a_stage_whose_conditions_hold_goes_on_without_a_word(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order(ends_at=in_days(0.1))
    noon.forward(days=1)

    advance_order(make.OFFICER_DENG, order.id)

    order.refresh_from_db()
    assert order.end_reason == NEXT_STAGE


def test_after_the_last_stage_the_order_just_ends(noon: Hands) -> None:
    make.rules("cn-v9")
    order = make.order(subject="infected")
    noon.forward(days=7)

    ended = advance_order(make.OFFICER_DENG, order.id)

    assert ended == order
    assert (ended.state, ended.end_reason) == ("ended", CONDITIONS_HOLD)
    with pytest.raises(OrderIsOver):
        propose_release(make.OFFICER_DENG, order.id)


def test_an_order_is_ended_with_a_reason_once() -> None:
    make.rules()
    order = make.order()

    with pytest.raises(ReasonNeeded):
        end_order(make.OFFICER_DENG, order.id, reason="  ")
    end_order(make.OFFICER_DENG, order.id, reason="mistaken identity")
    again = end_order(make.OFFICER_DENG, order.id, reason="something else")

    assert again.end_reason == "mistaken identity"
    assert kinds_about(order.id).count("order_ended") == 1


def test_orders_of_one_ground_end_together_or_one_person_at_a_time() -> None:
    make.rules()
    pool, one, other = new_id(), make.resident(), make.resident()
    first, second = make.hold(one, about_id=pool), make.hold(other, about_id=pool)
    cause = make.case(one)

    ended = end_orders_about(
        PLAYBOOK, pool, resident_id=one.id, reason="single retest negative", because=cause
    )
    rest = end_orders_about(
        PLAYBOOK, pool, kind="hold", reason="single retest negative", because=cause
    )

    assert (ended, rest) == ([first], [second])
    assert Event.objects.filter(facts__reason="single retest negative").count() == 2
    with pytest.raises(ReasonNeeded):
        end_orders_about(PLAYBOOK, pool, reason="", because=cause)


# Objecting


def test_an_objection_is_decided_by_another_officer_with_reasons() -> None:
    make.rules()
    order = make.order(by=make.OFFICER_DENG)
    objection = object_to_order(make.GRID_WORKER_WANG, order.id, text="I was not there.")

    with pytest.raises(SecondOfficerNeeded):
        decide_objection(make.OFFICER_DENG, objection.id, outcome="upheld", reasons="right")
    with pytest.raises(ReasonNeeded):
        decide_objection(make.OFFICER_HAN, objection.id, outcome="upheld", reasons=" ")
    decided = decide_objection(
        make.OFFICER_HAN, objection.id, outcome="upheld", reasons="The visit was somebody else's."
    )

    order.refresh_from_db()
    assert (decided.state, order.state) == ("upheld", "withdrawn")
    assert kinds_about(objection.id) == ["objection_filed", "objection_decided"]
    assert decide_objection(make.OFFICER_HAN, objection.id, outcome="upheld", reasons="again")
    with pytest.raises(ObjectionIsDecided):
        decide_objection(make.OFFICER_HAN, objection.id, outcome="rejected", reasons="no")


def test_who_filed_an_objection_does_not_decide_on_it() -> None:
    make.rules()
    order = make.order(by=PLAYBOOK)
    objection = object_to_order(make.OFFICER_HAN, order.id, text="She was not there.")

    with pytest.raises(SecondOfficerNeeded):
        decide_objection(make.OFFICER_HAN, objection.id, outcome="rejected", reasons="no")
    decide_objection(make.OFFICER_DENG, objection.id, outcome="rejected", reasons="She was.")

    order.refresh_from_db()
    assert order.state == "in_force"


def test_one_objection_is_open_at_a_time_and_says_something() -> None:
    make.rules()
    order = make.order()

    with pytest.raises(ObjectionNeedsText):
        object_to_order(make.GRID_WORKER_WANG, order.id, text="  ")
    first = object_to_order(make.GRID_WORKER_WANG, order.id, text="I was not there.")
    again = object_to_order(make.GRID_WORKER_WANG, order.id, text="Really not.")

    assert again == first
    assert list(objections_open(make.OFFICER_HAN)) == [first]
    assert list(objections_to(make.OFFICER_HAN, order.id)) == [first]
    end_order(make.OFFICER_DENG, order.id, reason="mistaken identity")
    with pytest.raises(OrderIsOver):
        object_to_order(make.GRID_WORKER_WANG, order.id, text="I was not there.")


# Seeing


def test_orders_of_another_place_do_not_exist() -> None:
    make.rules()
    order = make.order()
    objection = object_to_order(make.GRID_WORKER_WANG, order.id, text="I was not there.")
    elsewhere = make.actor(Duty.DECIDE_MEASURES, within="99/")

    with pytest.raises(NotFound):
        get_order(elsewhere, order.id)
    with pytest.raises(NotFound):
        decide_objection(elsewhere, objection.id, outcome="upheld", reasons="why")
    assert not orders_in_force(elsewhere)


def test_a_laboratory_has_nothing_to_read_of_orders() -> None:
    with pytest.raises(NotYours):
        orders_in_force(make.actor(Duty.ENTER_RESULTS))


def test_orders_are_found_by_code_and_by_the_whole_name() -> None:
    make.rules()
    wanted, _other = make.order(), make.order()
    person = get_resident(PLAYBOOK, wanted.resident_id)
    assert person.identity is not None
    identity = person.identity.reveal()

    assert list(orders_listed(make.COMMANDER_CHEN, search=wanted.code.lower())) == [wanted]
    assert list(orders_listed(make.COMMANDER_CHEN, search=identity)) == [wanted]
    assert list(orders_listed(make.COMMANDER_CHEN, kind="hold")) == []
    assert orders_listed(make.COMMANDER_CHEN, state="in_force").count() == 2
