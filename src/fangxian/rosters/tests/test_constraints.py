"""What the tables refuse, whoever writes to them."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.clock import now, today
from fangxian.rosters.models import (
    HandOver,
    HotDay,
    Need,
    Pair,
    Post,
    Proposal,
    Shift,
    Swap,
    Tenure,
    Turn,
)
from fangxian.rosters.tests import make

pytestmark = pytest.mark.django_db


def refused(name: str, act: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act()


def test_impossible_posts_needs_and_tenures() -> None:
    post = make.post()
    day = {"from_day": today(), "starts": time(8), "ends": time(16)}
    lead, other = (make.post(kind="point_lead") for _ in range(2))
    who = make.lead(lead)
    broken: dict[str, Callable[[], Any]] = {
        "post_closes_after_it_opened": lambda: Post.objects.filter(id=post.id).update(
            closed_at=post.opened_at - timedelta(days=1)
        ),
        "post_of_a_point_lead_stands": lambda: Post.objects.filter(id=lead.id).update(
            standing=False
        ),
        "need_is_of_somebody": lambda: Need.objects.create(
            post=post, headcount=0, skill="x", **day
        ),
        "need_ends_after_it_begins": lambda: Need.objects.create(
            post=post, skill="x", until_day=date(2020, 1, 1), **day
        ),
        "need_is_stated_once": lambda: Need.objects.create(post=post, **day),
        "tenure_is_of_one_person_at_a_time": lambda: Tenure.objects.create(
            post=lead, member=make.member()
        ),
        "tenure_leads_one_point_at_a_time": lambda: Tenure.objects.create(
            post=other, member=who, lead=True
        ),
        "tenure_ends_after_it_began": lambda: Tenure.objects.filter(member=who).update(
            until=now() - timedelta(days=1)
        ),
    }

    for name, act in broken.items():
        refused(name, act)


def test_impossible_shifts_and_turns() -> None:
    turn = make.turn()
    shift = turn.shift
    same = Shift.objects.filter(id=shift.id)
    mine = Turn.objects.filter(id=turn.id)
    broken: dict[str, Callable[[], Any]] = {
        "shift_is_opened_once": lambda: Shift.objects.create(
            post=shift.post,
            need=shift.need,
            day=shift.day,
            area_path=shift.area_path,
            headcount=1,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
        ),
        "shift_ends_after_it_begins": lambda: same.update(ends_at=shift.starts_at),
        "shift_is_of_somebody": lambda: same.update(headcount=0),
        "turn_ends_after_it_begins": lambda: mine.update(ends_at=turn.starts_at),
        "turn_there_has_arrived": lambda: mine.update(state="there"),
        "turn_done_was_left": lambda: mine.update(
            state="done", arrived_at=now(), arrived_by="code"
        ),
        "turn_off_says_why": lambda: mine.update(state="off"),
        "turn_of_a_person_is_one_at_a_time": lambda: Turn.objects.create(
            shift=make.shift(),
            member=turn.member,
            member_number=turn.member_number,
            starts_at=turn.starts_at + timedelta(hours=1),
            ends_at=turn.ends_at,
        ),
    }

    for name, act in broken.items():
        refused(name, act)


def test_impossible_hand_overs_swaps_pairs_days_and_plans() -> None:
    turn = make.turn()
    other = make.member()
    note = HandOver.objects.create(post=turn.shift.post, given=turn, note="all well")
    swap = Swap.objects.create(turn=turn, to=other, area_path="")
    HotDay.objects.create(day=today(), area_path="")
    Pair.objects.create(first=turn.member, second=other, area_path="")
    third = make.member()
    plan = Proposal.objects.create(
        kind="fill",
        area_path="",
        from_day=today(),
        until_day=today(),
        version="1",
        pack="cn-v9@1",
    )
    plans, swaps = Proposal.objects.filter(id=plan.id), Swap.objects.filter(id=swap.id)
    broken: dict[str, Callable[[], Any]] = {
        "hand_over_is_taken_by_somebody": lambda: HandOver.objects.filter(id=note.id).update(
            taken_at=now()
        ),
        "hand_over_is_to_somebody_else": lambda: HandOver.objects.filter(id=note.id).update(
            taken=turn, taken_at=now()
        ),
        "swap_of_a_turn_is_one_at_a_time": lambda: Swap.objects.create(
            turn=turn, to=third, area_path=""
        ),
        "swap_decided_has_a_time": lambda: swaps.update(state="approved"),
        "swap_refused_says_why": lambda: swaps.update(state="refused", decided_at=now()),
        "swap_is_of_two_turns": lambda: swaps.update(in_return=turn),
        "hot_day_is_said_once": lambda: HotDay.objects.create(day=today(), area_path=""),
        "pair_is_of_two": lambda: Pair.objects.create(first=third, second=third, area_path=""),
        "pair_has_one_first": lambda: Pair.objects.create(
            first=turn.member, second=third, area_path=""
        ),
        "pair_has_one_second": lambda: Pair.objects.create(first=third, second=other, area_path=""),
        "proposal_decided_has_a_time": lambda: plans.update(state="accepted"),
        "proposal_fills_no_more_than_there_is": lambda: plans.update(filled=1),
        "proposal_ends_after_it_begins": lambda: plans.update(
            until_day=today() - timedelta(days=1)
        ),
    }

    for name, act in broken.items():
        refused(name, act)
