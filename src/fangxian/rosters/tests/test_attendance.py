"""Being there, handing over, and changing with somebody."""

from datetime import timedelta

import pytest

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import Hands, now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.rosters import queries
from fangxian.rosters.actions import (
    answer_swap,
    approve_swap,
    call_the_roll,
    check_in_at_post,
    check_out_at_post,
    hand_over,
    note_missing,
    offer_swap,
    refuse_swap,
    take_over,
    withdraw_swap,
)
from fangxian.rosters.errors import (
    AtAnotherPostNow,
    HandedOverBefore,
    NobodyToHandTo,
    NoCodeOfAPost,
    NoMember,
    NotAtThisPost,
    NotOnThisPost,
    NotYourTurn,
    PostStands,
    ShiftIsFull,
    SwapIsSettled,
    SwapLeavesBare,
    SwapUnderWay,
    TurnIsOver,
)
from fangxian.rosters.models import Shift, Turn
from fangxian.rosters.tests import make
from fangxian.rosters.tests.make import MIN
from fangxian.workforce.models import Member

pytestmark = pytest.mark.django_db


def on_duty(noon: Hands, *, hours: int = 0, shift: Shift | None = None) -> tuple[Turn, Actor]:
    """Somebody with a shift tomorrow from eight to four; it is eight, or some hours later."""
    turn = make.turn(shift)
    noon.to(turn.starts_at + timedelta(hours=hours))
    return turn, make.colleague(turn.member)


def code(turn: Turn) -> str:
    return turn.shift.post.code


def test_somebody_checks_in_by_the_code_of_the_post_and_out_at_the_end(noon: Hands) -> None:
    turn, me = on_duty(noon)

    arrived = check_in_at_post(me, code(turn))
    assert check_in_at_post(me, code(turn)) == arrived
    noon.forward(hours=8)
    left = check_out_at_post(me, code(turn))

    assert (arrived.id, arrived.state, arrived.arrived_by) == (turn.id, "there", "code")
    assert (left.state, left.left_at, left.ends_at) == ("done", now(), turn.ends_at)
    told = Event.objects.get(kind="rosters.left_post")
    assert told.facts["minutes"] == 480
    assert Event.objects.filter(kind="rosters.arrived_at_post").count() == 1


def test_a_supervisor_checks_in_whoever_has_no_phone_and_nobody_else_does(noon: Hands) -> None:
    turn, _me = on_duty(noon)
    stranger = make.colleague(make.member(at=turn.shift.area_path))

    with pytest.raises(NotYours):
        check_in_at_post(stranger, post_id=turn.shift.post_id, member_id=turn.member_id)
    arrived = check_in_at_post(MIN, post_id=turn.shift.post_id, member_id=turn.member_id)

    assert arrived.arrived_by == "supervisor"


def test_the_roll_is_called_for_everybody_but_who_is_missing(noon: Hands) -> None:
    turn, me = on_duty(noon)

    assert call_the_roll(MIN, turn.shift.area_path, missing=[turn.member_id]) == 0
    with pytest.raises(NotYours):
        call_the_roll(me, turn.shift.area_path)
    assert call_the_roll(MIN, turn.shift.area_path, post_id=turn.shift.post_id) == 1
    assert call_the_roll(MIN, turn.shift.area_path) == 0

    turn.refresh_from_db()
    assert (turn.state, turn.arrived_by) == ("there", "supervisor")
    assert Event.objects.filter(kind="rosters.arrived_at_post").count() == 1


def test_the_lead_of_a_point_supervises_its_posts(noon: Hands) -> None:
    point = make.point()
    lead = make.lead(make.post(kind="point_lead", at=point.area_path, site_id=point.id))
    desk = make.post(kind="registrar", at=point.area_path, site_id=point.id)
    turn, _me = on_duty(noon, shift=make.shift(desk))

    arrived = check_in_at_post(make.colleague(lead), desk.code, member_id=turn.member_id)

    assert arrived.state == "there"


def test_an_arrival_noted_without_a_network_counts_from_when_it_was(noon: Hands) -> None:
    turn, me = on_duty(noon)
    arrived_at = now()
    noon.forward(hours=3)
    note_missing(MIN)

    arrived = check_in_at_post(me, code(turn), at=arrived_at)

    assert (arrived.state, arrived.arrived_at) == ("there", arrived_at)
    assert arrived.starts_at == turn.starts_at


def test_who_does_not_come_in_time_leaves_a_gap_and_may_still_come(noon: Hands) -> None:
    turn, me = on_duty(noon)
    assert note_missing(MIN) == 0
    noon.forward(minutes=20)

    assert note_missing(MIN) == 1
    assert [gap.missing for gap in queries.unfilled(MIN, now())] == [1]
    assert Event.objects.filter(kind="rosters.post_unfilled").count() == 1

    late = check_in_at_post(me, code(turn))
    assert (late.state, late.starts_at) == ("there", now())
    assert queries.unfilled(MIN, now()) == []


def test_who_comes_after_somebody_stood_in_is_told_that_the_shift_is_full(noon: Hands) -> None:
    turn, me = on_duty(noon, hours=1)
    note_missing(MIN)
    other = make.colleague(make.member(at=turn.shift.area_path))

    assert check_in_at_post(other, code(turn)).state == "there"
    with pytest.raises(ShiftIsFull):
        check_in_at_post(me, code(turn))


def test_who_is_not_on_the_roster_of_a_full_post_is_sent_to_whoever_keeps_it(noon: Hands) -> None:
    turn, _me = on_duty(noon)
    other = make.colleague(make.member())

    with pytest.raises(NotOnThisPost):
        check_in_at_post(other, code(turn))


def test_nobody_is_checked_in_at_two_places_at_the_same_hour(noon: Hands) -> None:
    turn, me = on_duty(noon)
    elsewhere = make.shift(in_days=0)
    check_in_at_post(me, code(turn))

    with pytest.raises(AtAnotherPostNow, match=code(turn)):
        check_in_at_post(me, elsewhere.post.code)


def test_who_is_not_on_the_list_of_people_at_work_cannot_check_in(noon: Hands) -> None:
    turn, _me = on_duty(noon)

    with pytest.raises(NoMember):
        check_in_at_post(make.actor(Duty.CARRY_OUT), code(turn))


def test_a_wrong_code_and_a_standing_post_are_refused() -> None:
    me = make.colleague(make.member())

    with pytest.raises(NoCodeOfAPost):
        check_in_at_post(me, "J00000X")
    with pytest.raises(PostStands):
        check_in_at_post(me, make.post(kind="point_lead").code)


def test_leaving_early_bares_the_post_from_then_on(noon: Hands) -> None:
    turn, me = on_duty(noon)
    check_in_at_post(me, code(turn))
    noon.forward(hours=5)

    left = check_out_at_post(me, code(turn))

    assert left.ends_at == now()
    assert [gap.missing for gap in queries.unfilled(MIN, now())] == [1]


def test_who_was_not_checked_in_cannot_check_out(noon: Hands) -> None:
    turn, me = on_duty(noon)

    with pytest.raises(NotAtThisPost):
        check_out_at_post(me, code(turn))


# Hand-over


def test_a_post_is_handed_over_with_a_note_and_counts(noon: Hands) -> None:
    gate = make.post(needs=(make.need(make.MORNING), make.need(make.EVENING)))
    first, me = on_duty(noon, shift=make.shift(gate))
    second = make.turn(make.shift(gate, first=1, in_days=0))
    them = make.colleague(second.member)
    check_in_at_post(me, gate.code)

    note = hand_over(me, first.id, note="the barrier sticks", counts=[("passes", 12)])
    with pytest.raises(HandedOverBefore):
        hand_over(me, first.id, note="again")
    with pytest.raises(NobodyToHandTo):
        take_over(them, note.id)
    noon.forward(hours=8)
    check_in_at_post(them, gate.code)
    taken = take_over(them, note.id)

    assert (taken.taken, taken.counts) == (second, [["passes", 12]])
    assert take_over(them, note.id) == taken


def test_nobody_hands_over_for_another(noon: Hands) -> None:
    turn, me = on_duty(noon)
    check_in_at_post(me, code(turn))

    with pytest.raises(NotYourTurn):
        hand_over(make.colleague(make.member(at=turn.shift.area_path)), turn.id, note="all well")


# Swaps


def two() -> tuple[Turn, Actor, Member, Actor]:
    turn = make.turn()
    other = make.member(at=turn.shift.area_path)
    return turn, make.colleague(turn.member), other, make.colleague(other)


def test_a_turn_is_offered_accepted_and_approved() -> None:
    turn, me, other, them = two()

    swap = offer_swap(me, turn.id, other.id, reason="an examination")
    assert [one.id for one in queries.swaps_of(them, other.id)] == [swap.id]
    answer_swap(them, swap.id, accept=True)
    assert [one.id for one in queries.swaps_to_approve(MIN)] == [swap.id]
    assert queries.who_is_on(MIN, turn.shift.post_id, turn.starts_at)[0].member_id == turn.member_id
    approve_swap(MIN, swap.id)

    [on] = queries.who_is_on(MIN, turn.shift.post_id, turn.starts_at)
    assert on.member_id == other.id
    assert approve_swap(MIN, swap.id).state == "approved"


def test_two_change_turns() -> None:
    turn, me, other, them = two()
    theirs = make.turn(make.shift(in_days=4), other)

    swap = offer_swap(me, turn.id, other.id, in_return=theirs.id)
    answer_swap(them, swap.id, accept=True)
    approve_swap(MIN, swap.id)

    [on] = queries.who_is_on(MIN, theirs.shift.post_id, theirs.starts_at)
    assert on.member_id == turn.member_id


def test_a_swap_that_would_leave_a_post_bare_is_refused_with_advice() -> None:
    turn, me, other, _them = two()
    make.turn(make.shift(), other)  # at the same hour

    with pytest.raises(SwapLeavesBare, match="another post at that hour"):
        offer_swap(me, turn.id, other.id)


def test_what_was_possible_when_it_was_offered_is_looked_at_again_before_it_holds() -> None:
    turn, me, other, them = two()
    swap = offer_swap(me, turn.id, other.id)
    answer_swap(them, swap.id, accept=True)
    make.turn(make.shift(), other)

    with pytest.raises(SwapLeavesBare):
        approve_swap(MIN, swap.id)


def test_an_offer_is_declined_taken_back_or_refused() -> None:
    turn, me, other, them = two()
    answer_swap(them, offer_swap(me, turn.id, other.id).id, accept=False)
    withdraw_swap(me, offer_swap(me, turn.id, other.id).id)
    swap = offer_swap(me, turn.id, other.id)
    with pytest.raises(SwapUnderWay):
        offer_swap(me, turn.id, other.id)

    refused = refuse_swap(MIN, swap.id, reason="both are new")

    assert (refused.state, refused.refusal) == ("refused", "both are new")
    with pytest.raises(SwapIsSettled):
        answer_swap(them, swap.id, accept=True)


def test_nobody_offers_or_accepts_for_another() -> None:
    turn, me, other, them = two()
    with pytest.raises(NotYourTurn):
        offer_swap(them, turn.id, other.id)
    swap = offer_swap(me, turn.id, other.id)
    with pytest.raises(NotYourTurn):
        answer_swap(me, swap.id, accept=True)


def test_a_turn_that_has_begun_is_relieved_and_not_swapped(noon: Hands) -> None:
    turn, me, other, _them = two()
    noon.to(turn.starts_at + timedelta(hours=1))

    with pytest.raises(TurnIsOver):
        offer_swap(me, turn.id, other.id)
