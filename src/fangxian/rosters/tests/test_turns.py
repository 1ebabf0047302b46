"""Who has which turn, and why somebody may not."""

from datetime import timedelta

import pytest

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now, today
from fangxian.kernel.errors import NotFound
from fangxian.kernel.models import Event
from fangxian.rosters import queries
from fangxian.rosters.actions import (
    Filling,
    accept_proposal,
    assign,
    drop_proposal,
    end_pair,
    fill_shifts,
    forget_turns,
    make_pair,
    open_shifts,
    release_member,
    relieve,
    rotate,
    say_hot_day,
    take_claimed,
    take_off,
)
from fangxian.rosters.errors import (
    DaysWrong,
    LacksTheSkill,
    NotAtWork,
    PairWrong,
    PlanIsDecided,
    ReasonNeeded,
    ShiftIsFull,
    ShiftIsOver,
    TooFewToRotate,
    TooTired,
    TurnIsOver,
)
from fangxian.rosters.models import Proposal, Shift, Turn
from fangxian.rosters.tests import make
from fangxian.rosters.tests.make import MIN
from fangxian.workforce.actions import note_absence, set_state

pytestmark = pytest.mark.django_db


def tired(shift: Shift, who: object) -> str:
    with pytest.raises(TooTired) as refused:
        assign(MIN, shift.id, who.id)  # type: ignore[attr-defined]
    return refused.value.fault


def test_somebody_has_a_shift_and_the_ledger_says_so() -> None:
    turn = make.turn()

    assert (turn.state, turn.starts_at) == ("planned", turn.shift.starts_at)
    assert Event.objects.filter(kind="rosters.shift_taken", subject_id=turn.shift_id).exists()


def test_nobody_is_at_two_posts_at_the_same_hour() -> None:
    one, other = make.shift(), make.shift()
    who = make.turn(one)

    assert tired(other, who.member) == "double"


def test_nobody_works_longer_than_a_shift() -> None:
    long_post = make.post(needs=(make.need((make.MORNING[0], make.EVENING[0].replace(hour=20))),))

    assert tired(make.shift(long_post), make.member()) == "too_long"


def test_nobody_has_two_shifts_in_a_row() -> None:
    gate = make.post(needs=(make.need(make.MORNING), make.need(make.EVENING)))
    morning, evening = make.shift(gate), make.shift(gate, first=1)
    who = make.turn(morning)

    assert tired(evening, who.member) == "too_long"


def test_nobody_comes_back_before_having_rested() -> None:
    gate = make.post(needs=(make.need(make.MORNING), make.need(make.EVENING)))
    evening, morning_after = make.shift(gate, first=1), make.shift(gate, in_days=2)
    who = make.turn(evening)

    assert tired(morning_after, who.member) == "too_little_rest"


def test_after_three_days_in_a_row_somebody_has_a_day_at_home() -> None:
    gate = make.post()
    who = make.member()
    for day in (1, 2, 3):
        make.turn(make.shift(gate, in_days=day), who)

    assert tired(make.shift(gate, in_days=4), who) == "too_many_days"
    assert make.turn(make.shift(gate, in_days=5), who).state == "planned"


def test_a_shift_between_two_runs_of_days_counts_with_both() -> None:
    gate = make.post()
    who = make.member()
    for day in (1, 2, 4):
        make.turn(make.shift(gate, in_days=day), who)

    assert tired(make.shift(gate, in_days=3), who) == "too_many_days"


def test_who_is_ill_away_or_unable_is_not_put_on_a_shift() -> None:
    shift = make.shift(make.post(kind="sampler", needs=(make.need(skill="sampling"),)))
    ill, away, untrained = make.member(), make.member(), make.member()
    set_state(make.force.KEEPER_MIN, ill.id, "ill")
    note_absence(make.force.KEEPER_MIN, away.id, since=shift.day, until=shift.day)

    with pytest.raises(NotAtWork, match="ill"):
        assign(MIN, shift.id, ill.id)
    with pytest.raises(NotAtWork, match="away"):
        assign(MIN, shift.id, away.id)
    with pytest.raises(LacksTheSkill, match="swabs"):
        assign(MIN, shift.id, untrained.id)
    assert assign(MIN, shift.id, make.member(skills=("sampling",)).id).state == "planned"


def test_a_full_shift_and_one_that_is_over_take_nobody(noon: Hands) -> None:
    shift = make.shift()
    make.turn(shift)
    with pytest.raises(ShiftIsFull):
        assign(MIN, shift.id, make.member().id)

    bare = make.shift()
    noon.forward(days=2)
    with pytest.raises(ShiftIsOver):
        assign(MIN, bare.id, make.member().id)


def test_many_are_put_on_shifts_at_once_and_each_refusal_has_its_row() -> None:
    gate = make.post(needs=(make.need(headcount=3),))
    shift = make.shift(gate)
    good, better, ill = make.member(), make.member(), make.member()
    set_state(make.force.KEEPER_MIN, ill.id, "locked_in")

    filled = fill_shifts(MIN, [Filling(shift.id, who.id) for who in (good, ill, better)])

    assert (filled.taken, filled.people) == (2, 2)
    [refused] = filled.refused
    assert (refused.row, type(refused.refusal)) == (1, NotAtWork)
    assert fill_shifts(MIN, [Filling(shift.id, good.id)]).taken == 1  # said before
    assert Turn.objects.filter(shift=shift).count() == 2


def test_filling_thousands_costs_a_handful_of_statements(
    django_assert_max_num_queries: object,
) -> None:
    area = make.people.community()
    make.post(at=area, needs=(make.need(headcount=30),))
    open_shifts(MIN, from_day=today() + timedelta(days=1), until_day=today() + timedelta(days=1))
    shift = Shift.objects.get()
    who = [make.member(at=area) for _ in range(30)]

    with django_assert_max_num_queries(30):  # type: ignore[operator]
        filled = fill_shifts(MIN, [Filling(shift.id, one.id) for one in who])

    assert (filled.taken, filled.refused) == (30, ())


def test_people_of_elsewhere_are_not_ours_to_put_on_posts() -> None:
    shift = make.shift()
    keeper = make.keeper(shift.area_path)

    with pytest.raises(NotFound):
        assign(keeper, shift.id, make.member(at=make.people.community()).id)


def test_shifts_are_opened_for_days_to_come_and_no_further_than_a_month() -> None:
    for days in (-3, 40):
        with pytest.raises(DaysWrong):
            open_shifts(MIN, from_day=today(), until_day=today() + timedelta(days=days))


# Off, and relieved


def test_whoever_is_taken_off_leaves_a_gap_and_a_reason() -> None:
    turn = make.turn()
    with pytest.raises(ReasonNeeded):
        take_off(MIN, turn.id, reason=" ")

    take_off(MIN, turn.id, reason="needed elsewhere")

    turn.refresh_from_db()
    assert (turn.state, turn.reason) == ("off", "needed elsewhere")
    assert Event.objects.filter(kind="rosters.post_unfilled").exists()
    with pytest.raises(TurnIsOver):
        relieve(MIN, turn.id, make.member().id, reason="tired")


def test_a_relief_in_the_middle_splits_the_turn_and_leaves_nothing_bare() -> None:
    turn = make.turn()
    noon = turn.starts_at + timedelta(hours=4)

    rest = relieve(MIN, turn.id, make.member().id, reason="unwell", at=noon)

    turn.refresh_from_db()
    assert (turn.ends_at, rest.starts_at, rest.ends_at) == (noon, noon, turn.shift.ends_at)
    assert rest.relieves == turn
    assert queries.unfilled(MIN, noon + timedelta(hours=1)) == []


def test_the_relief_rests_too() -> None:
    gate = make.post(needs=(make.need(make.MORNING), make.need(make.EVENING)))
    turn = make.turn(make.shift(gate))
    in_the_evening = make.turn(make.shift(gate, first=1))

    with pytest.raises(TooTired):
        relieve(MIN, turn.id, in_the_evening.member_id, reason="unwell")


def test_who_falls_ill_leaves_every_turn_to_come_and_every_standing_post() -> None:
    gate = make.post()
    who = make.member()
    for day in (1, 2):
        make.turn(make.shift(gate, in_days=day), who)
    lead = make.post(kind="point_lead")
    make.lead(lead, who)

    assert release_member(PLAYBOOK, who.id, reason="ill") == 3

    assert not Turn.objects.filter(member=who, state="planned").exists()
    assert [gap.post for gap in queries.gaps_ahead(MIN, now() + timedelta(days=3))] == [
        lead,
        gate,
        gate,
    ]


def test_whoever_claims_a_post_has_its_next_bare_shift_unless_they_are_tired() -> None:
    shift = make.shift()
    who = make.member()

    turn = take_claimed(PLAYBOOK, shift.post_id, who.id)

    assert turn is not None
    assert turn.shift == shift
    assert take_claimed(PLAYBOOK, make.post().id, who.id) is None
    with pytest.raises(TooTired):
        take_claimed(PLAYBOOK, make.shift().id, who.id)


# Heat


def samplers(number: int) -> tuple[Shift, list[object]]:
    desk = make.post(kind="sampler", needs=(make.need(skill="sampling"),))
    return make.shift(desk), [make.member(skills=("sampling",)) for _ in range(number)]


def test_on_a_hot_day_a_sampler_is_relieved_by_the_hour() -> None:
    shift, [one, other] = samplers(2)
    say_hot_day(MIN, shift.day)

    assert tired(shift, one) == "too_hot"
    turns = rotate(MIN, shift.id, [one.id, other.id])  # type: ignore[attr-defined]

    assert len(turns) == 8
    assert {turn.ends_at - turn.starts_at for turn in turns} == {timedelta(hours=1)}
    assert queries.unfilled(MIN, shift.starts_at + timedelta(hours=3)) == []


def test_nobody_can_relieve_themselves() -> None:
    shift, [one] = samplers(1)

    with pytest.raises(TooFewToRotate):
        rotate(MIN, shift.id, [one.id, one.id])  # type: ignore[attr-defined]


def test_saying_that_it_will_be_hot_shows_which_turns_are_too_long() -> None:
    shift, [one] = samplers(1)
    turn = assign(MIN, shift.id, one.id)  # type: ignore[attr-defined]

    assert say_hot_day(MIN, shift.day) == [turn]
    assert say_hot_day(MIN, shift.day) == [turn]
    assert Event.objects.filter(kind="rosters.hot_day_said").count() == 1


# Plans


def plan(*rows: tuple[Shift, object], off: tuple[Turn, ...] = ()) -> Proposal:
    return Proposal.objects.create(
        kind="fill",
        area_path="",
        from_day=today(),
        until_day=today() + timedelta(days=6),
        rows=[[str(shift.id), str(who.id)] for shift, who in rows],  # type: ignore[attr-defined]
        off=[str(turn.id) for turn in off],
        places=len(rows),
        filled=len(rows),
        version="1",
        pack="cn-v9@1",
    )


def test_nobody_is_on_a_post_by_a_plan_until_a_person_accepts_it() -> None:
    shift, who = make.shift(), make.member()
    proposed = plan((shift, who))
    assert not Turn.objects.exists()

    assert accept_proposal(MIN, proposed.id).taken == 1

    assert Turn.objects.get().member == who
    with pytest.raises(PlanIsDecided):
        accept_proposal(MIN, proposed.id)


def test_what_has_become_impossible_since_is_left_out_of_a_plan_and_told() -> None:
    one, other = make.shift(), make.shift()
    well, ill = make.member(), make.member()
    proposed = plan((one, well), (other, ill))
    set_state(make.force.KEEPER_MIN, ill.id, "ill")

    filled = accept_proposal(MIN, proposed.id)

    assert filled.taken == 1
    assert [refused.row for refused in filled.refused] == [1]


def test_a_plan_that_moves_people_takes_them_off_first() -> None:
    turn = make.turn()
    other = make.shift()
    proposed = plan((other, turn.member), off=(turn,))

    accept_proposal(MIN, proposed.id)

    assert Turn.objects.get(state="planned").shift == other


def test_a_plan_can_be_dropped() -> None:
    proposed = plan()

    assert drop_proposal(MIN, proposed.id).state == "dropped"


def test_two_people_work_together_and_nobody_with_two_others() -> None:
    one, other, third = (make.member() for _ in range(3))
    pair = make_pair(MIN, one.id, other.id)
    assert queries.pairs(MIN) == [(one.id, other.id)]

    for wrong in ((one, one), (third, one)):
        with pytest.raises(PairWrong):
            make_pair(MIN, wrong[0].id, wrong[1].id)
    end_pair(MIN, pair.id)
    assert queries.pairs(MIN) == []


def test_who_stood_where_is_deleted_and_the_shift_stays() -> None:
    turn = make.turn()

    gone = forget_turns(PLAYBOOK, turn.ends_at + timedelta(days=1))

    assert (gone.rows, len(gone.digest)) == (1, 64)
    assert Shift.objects.filter(id=turn.shift_id).exists()
