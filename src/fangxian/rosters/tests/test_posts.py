"""Posts have names, or they are gaps."""

from datetime import timedelta

import pytest

from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.models import Event
from fangxian.rosters import queries
from fangxian.rosters.actions import (
    NewPost,
    assign,
    close_post,
    end_need,
    name_holder,
    name_holders,
    open_post,
    open_posts,
    open_shifts,
    state_need,
    take_off,
    tell_gaps,
    vacate,
)
from fangxian.rosters.errors import (
    LeadsAnotherPoint,
    NeedStatedBefore,
    NotAtWork,
    PostHasShifts,
    PostStands,
    PostStillHasPeople,
)
from fangxian.rosters.models import Post, Shift
from fangxian.rosters.tests import make
from fangxian.rosters.tests.make import MIN
from fangxian.workforce.actions import set_state

pytestmark = pytest.mark.django_db


def told(kind: str) -> int:
    return Event.objects.filter(kind=f"rosters.{kind}").count()


def test_a_post_is_known_by_the_code_that_hangs_there() -> None:
    gate = make.post("文汇小区东门")

    assert gate.code.startswith("J")
    assert queries.post_by_code(MIN, f" {gate.code.lower()} ") == gate


def test_shifts_are_opened_from_what_a_post_needs_for_a_week_and_only_once() -> None:
    gate = make.post(needs=(make.need(make.MORNING), make.need(make.NIGHT, headcount=2)))
    first, last = today(), today() + timedelta(days=6)

    assert open_shifts(MIN, from_day=first, until_day=last) == 14
    assert open_shifts(MIN, from_day=first, until_day=last) == 0
    night = Shift.objects.filter(post=gate, headcount=2).earliest("starts_at")
    assert night.ends_at - night.starts_at == timedelta(hours=8)


def test_a_shift_over_midnight_ends_on_the_next_day() -> None:
    late = make.shift(make.post(needs=(make.need(make.EVENING),)))

    assert late.ends_at - late.starts_at == timedelta(hours=8)


def test_a_post_without_a_name_is_a_gap_also_where_no_shift_was_opened() -> None:
    gate = make.post()

    [gap] = queries.unfilled(MIN, now())

    assert (gap.post, gap.missing, gap.shift_id) == (gate, 1, None)
    assert queries.unfilled(MIN, now() + timedelta(hours=6)) == []  # nobody is needed at night


def test_a_post_with_a_name_is_none_and_is_one_again_without_it() -> None:
    tomorrow = make.shift()
    midday = tomorrow.starts_at + timedelta(hours=4)
    assert [gap.shift_id for gap in queries.unfilled(MIN, midday)] == [tomorrow.id]

    turn = make.turn(tomorrow)
    assert queries.unfilled(MIN, midday) == []

    take_off(MIN, turn.id, reason="a fever")
    assert [gap.missing for gap in queries.unfilled(MIN, midday)] == [1]


def test_a_gap_is_told_once_and_once_more_when_it_is_filled() -> None:
    shift = make.shift()
    assert tell_gaps(MIN) == 1
    assert tell_gaps(MIN) == 0

    make.turn(shift)

    assert (told("post_unfilled"), told("post_filled")) == (1, 1)


def test_a_gap_that_lies_further_ahead_is_told_when_it_comes_near() -> None:
    make.shift(in_days=3)

    assert tell_gaps(MIN) == 0


def test_a_sampling_point_is_not_ready_until_every_post_there_has_its_name() -> None:
    point = make.point()
    lead = make.post(kind="point_lead", at=point.area_path, site_id=point.id)
    desk = make.post(kind="registrar", at=point.area_path, site_id=point.id)
    shift = make.shift(desk)
    opening = shift.starts_at
    assert not queries.ready(PLAYBOOK, point.id, opening)

    make.lead(lead)
    assert queries.not_ready(PLAYBOOK, [point.id], opening) == {point.id: 1}

    make.turn(shift)
    assert queries.ready(PLAYBOOK, point.id, opening)


def test_a_site_for_which_nobody_keeps_posts_is_not_held_up() -> None:
    assert queries.ready(PLAYBOOK, make.point().id, now())


def test_a_lead_of_a_point_leads_no_other() -> None:
    first, second = (make.post(kind="point_lead") for _ in range(2))
    someone = make.lead(first)

    with pytest.raises(LeadsAnotherPoint, match=first.code):
        name_holder(MIN, second.id, someone.id)


def test_of_eighty_six_points_and_eighty_five_leads_one_is_shown_as_a_gap() -> None:
    area = make.people.community()
    posts = open_posts(
        MIN,
        [NewPost(kind="point_lead", name=f"{n}号点", area_path=area.path) for n in range(86)],
    )
    leads = [make.member(at=area) for _ in range(85)]

    pairs = [(post.id, lead.id) for post, lead in zip(posts, leads, strict=False)]
    pairs.append((posts[85].id, leads[0].id))  # leads another
    assert name_holders(MIN, pairs) == 85

    [gap] = queries.unfilled(MIN, now())
    assert gap.post == posts[85]
    assert tell_gaps(MIN) == 1


def test_who_is_ill_is_not_named() -> None:
    post, someone = make.post(kind="point_lead"), make.member()
    set_state(make.force.KEEPER_MIN, someone.id, "ill")

    with pytest.raises(NotAtWork):
        name_holder(MIN, post.id, someone.id)


def test_a_new_name_takes_over_and_a_name_can_be_taken_back() -> None:
    post = make.post(kind="point_lead")
    make.lead(post)
    second = make.lead(post)

    assert queries.holders(MIN, [post.id]) == {post.id: second.id}
    vacate(MIN, post.id, reason="sent to another place")
    assert queries.holder_of(MIN, post.id) is None
    assert told("post_unfilled") == 1


def test_a_standing_post_has_no_shifts_and_a_shift_no_holder() -> None:
    lead, gate = make.post(kind="point_lead"), make.post()

    with pytest.raises(PostStands):
        state_need(MIN, lead.id, make.need())
    with pytest.raises(PostHasShifts):
        name_holder(MIN, gate.id, make.member().id)


def test_a_need_is_stated_once_and_ended_before_people_stand_there_for_nothing() -> None:
    gate = make.post()
    with pytest.raises(NeedStatedBefore):
        state_need(MIN, gate.id, make.need())

    shift = make.shift(gate)
    turn = make.turn(shift)
    with pytest.raises(PostStillHasPeople):
        end_need(MIN, shift.need_id)
    take_off(MIN, turn.id, reason="not needed")
    end_need(MIN, shift.need_id)

    assert not queries.shifts_visible_to(MIN).exists()
    assert queries.unfilled(MIN, now() + timedelta(days=1)) == []


def test_a_closed_post_is_no_gap_and_is_not_closed_while_people_are_to_come() -> None:
    shift = make.shift()
    tell_gaps(MIN)
    turn = make.turn(shift)
    with pytest.raises(PostStillHasPeople):
        close_post(MIN, shift.post_id)
    take_off(MIN, turn.id, reason="not needed")

    close_post(MIN, shift.post_id)

    assert queries.unfilled(MIN, shift.starts_at) == []
    assert told("post_unfilled") == told("post_filled") == 2  # nobody is sent any more


def test_posts_of_another_area_do_not_exist() -> None:
    gate = make.post()
    stranger = make.keeper(make.people.community())

    with pytest.raises(NotFound):
        queries.get_post(stranger, gate.id)
    assert queries.unfilled(stranger, now()) == []


def test_posts_are_kept_by_those_who_keep_the_roster() -> None:
    area = make.people.community()
    guard = make.actor(Duty.GUARD, within=area.path)

    with pytest.raises(NotYours):
        open_post(guard, NewPost(kind="gate", name="东门", area_path=area.path))


def test_who_is_at_a_post_and_where_somebody_has_to_be() -> None:
    shift = make.shift()
    turn = make.turn(shift)

    [on] = queries.who_is_on(MIN, shift.post_id, shift.starts_at)
    assert (on.member_id, on.state, on.turn_id) == (turn.member_id, "planned", turn.id)
    [where] = queries.posts_of(MIN, turn.member_id, shift.day)
    assert (where.post, where.starts_at) == (shift.post, shift.starts_at)


def test_gaps_cost_as_many_statements_for_many_posts_as_for_one(
    django_assert_max_num_queries: object,
) -> None:
    area = make.people.community()
    for _ in range(5):
        make.post(at=area)
    open_shifts(MIN, from_day=today(), until_day=today(), area_path=area.path)
    assert Post.objects.count() == 5

    with django_assert_max_num_queries(5):  # type: ignore[operator]
        assert len(queries.unfilled(MIN, now())) == 5


def test_the_same_person_put_on_the_same_shift_again_changes_nothing() -> None:
    turn = make.turn()

    assert assign(MIN, turn.shift_id, turn.member_id) == turn
