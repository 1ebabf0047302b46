"""How a post without a name gets one.

Read from top to bottom. Nothing outside this file reacts to posts, and nothing else takes people
off them.

    a post lacks somebody, now or soon               rosters.tell_gaps, and every change of a roster
      whoever keeps the roster finds somebody        dispatch.open_task
    it is filled, or nobody is needed any more       rosters.assign, relieve, check_in_at_post, …
      nobody need look any more                      dispatch.close_tasks_about
    somebody falls ill, is locked in, is called back, leaves     workforce.set_state
      they are taken off every turn to come          rosters.release_member
        (each post that is bare then: as above)
    somebody claims a shift on the board             workforce.claim
      they have it, or hear why they cannot          rosters.take_claimed
    somebody leaves a post at which they were        rosters.check_out_at_post
      the time is put to their record                workforce.record_service

The task is due when the post begins to be bare: at once, where it is bare already.
"""

from django.utils.timezone import localdate

from fangxian.dispatch.actions import close_tasks_about
from fangxian.dispatch.kinds import TaskKind
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.kernel.reactions import on
from fangxian.playbook.tasks import ask
from fangxian.rosters.actions import release_member, take_claimed
from fangxian.rosters.events import LeftPost, PostFilled, PostUnfilled
from fangxian.workforce.actions import record_service
from fangxian.workforce.events import Claimed, MemberStateChanged


def on_post_unfilled(fact: PostUnfilled, event: Event) -> None:
    ask(
        TaskKind.FILL_POST,
        Duty.KEEP_ROSTER,
        fact,
        event,
        due_at=max(fact.starts_at, now()),
        code=fact.code,
        people=fact.missing,
    )


def on_post_filled(fact: PostFilled, event: Event) -> None:
    close_tasks_about(PLAYBOOK, fact.subject_id, TaskKind.FILL_POST, because=event, done=True)


def on_member_state_changed(fact: MemberStateChanged, event: Event) -> None:
    if fact.state != "ready":
        release_member(PLAYBOOK, fact.member_id, reason=fact.state, because=event)


def on_claimed(fact: Claimed, event: Event) -> None:
    if fact.about is not None and fact.member_id is not None:
        take_claimed(PLAYBOOK, fact.about, fact.member_id, because=event)


def on_left_post(fact: LeftPost, event: Event) -> None:
    record_service(
        PLAYBOOK,
        [fact.member_id],
        day=localdate(fact.starts_at),
        minutes=fact.minutes,
        what=fact.code,
        area_path=fact.area_path,
        about=fact.turn_id,
    )


on(PostUnfilled, on_post_unfilled)
on(PostFilled, on_post_filled)
on(MemberStateChanged, on_member_state_changed)
on(Claimed, on_claimed)
on(LeftPost, on_left_post)
