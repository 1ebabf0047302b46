"""Posts, what they need, and standing ones with their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from fangxian.areas.queries import get_site
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.rosters import events, telling
from fangxian.rosters.errors import (
    LeadsAnotherPoint,
    NeedStatedBefore,
    NeedWrong,
    NoSuchPost,
    NotAtWork,
    PostHasShifts,
    PostIsClosed,
    PostStands,
    PostStillHasPeople,
    ReasonNeeded,
)
from fangxian.rosters.models import Need, Post, Shift, Tenure, Turn
from fangxian.rosters.queries import get_post, posts_visible_to
from fangxian.workforce import queries as workforce


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNeed:
    """How many people from when to when, every day; `ends` not after `starts`: on the next day."""

    starts: time
    ends: time
    headcount: int = 1
    skill: str = ""
    from_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """holder   who holds it, if it stands by one name"""

    kind: str
    name: str
    area_path: str
    site_id: UUID | None = None
    team_id: UUID | None = None
    standing: bool = False
    duties: str = ""
    needs: Sequence[NewNeed] = ()
    holder: UUID | None = None
    id: UUID | None = None


@transaction.atomic
def open_posts(actor: Actor, wanted: Sequence[NewPost]) -> list[Post]:
    """Open any number of posts with their needs and names, in a handful of statements."""
    for path in {new.area_path for new in wanted}:
        actor.must(Duty.KEEP_ROSTER, at=path)
    if not wanted:
        return []
    numbers = iter(_numbers(len(wanted)))
    posts, needs, tenures = [], [], []
    for new in wanted:
        standing = new.standing or new.kind == Post.Kind.POINT_LEAD
        post = Post(
            id=new.id or new_id(),
            number=next(numbers),
            kind=new.kind,
            name=new.name.strip()[:80],
            area_path=new.area_path,
            site_id=new.site_id,
            team_id=new.team_id,
            standing=standing,
            duties=new.duties.strip()[:200],
        )
        posts.append(post)
        if standing and new.needs:
            raise PostStands(post.code)
        if new.holder and not standing:
            raise PostHasShifts(post.code)
        needs += [_need(post, one) for one in new.needs]
        if new.holder:
            tenures.append(_tenure(post, new.holder))
    Post.objects.bulk_create(posts, batch_size=1000)
    Need.objects.bulk_create(needs, batch_size=1000)
    Tenure.objects.bulk_create(tenures, batch_size=1000)
    if len(posts) == 1:
        record(
            events.PostOpened(
                subject_id=posts[0].id,
                area_path=posts[0].area_path,
                code=posts[0].code,
                post=posts[0].kind,
            ),
            actor=actor,
        )
    else:
        record(
            events.PostsOpened(subject_id=posts[0].id, area_path=actor.within, posts=len(posts)),
            actor=actor,
        )
    return posts


def open_post(actor: Actor, new: NewPost) -> Post:
    """`open_posts` for one."""
    if new.site_id is not None:
        get_site(actor, new.site_id)
    return open_posts(actor, [new])[0]


def _numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('rosters_post_number') FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


def _need(post: Post, new: NewNeed) -> Need:
    if new.headcount < 1:
        raise NeedWrong
    return Need(
        id=new_id(),
        post=post,
        skill=new.skill,
        headcount=new.headcount,
        starts=new.starts,
        ends=new.ends,
        from_day=new.from_day or today(),
    )


def _tenure(post: Post, member_id: UUID) -> Tenure:
    lead = post.kind == Post.Kind.POINT_LEAD
    return Tenure(id=new_id(), post=post, member_id=member_id, lead=lead)


@transaction.atomic
def state_need(actor: Actor, post_id: UUID, new: NewNeed) -> Need:
    """Say how many people a post needs from when to when. Shifts are opened from it later."""
    post = _open(get_post(actor, post_id, for_change=True))
    actor.must(Duty.KEEP_ROSTER, at=post.area_path)
    if post.standing:
        raise PostStands(post.code)
    need = _need(post, new)
    if post.needs.filter(skill=new.skill, starts=new.starts, until_day=None).exists():
        raise NeedStatedBefore
    need.save(force_insert=True)
    record(
        events.PostNeedStated(
            subject_id=post.id,
            area_path=post.area_path,
            code=post.code,
            headcount=need.headcount,
            starts=f"{need.starts:%H:%M}",
            ends=f"{need.ends:%H:%M}",
        ),
        actor=actor,
    )
    return need


@transaction.atomic
def end_need(actor: Actor, need_id: UUID) -> Need:
    """From tomorrow on these people are not needed. Shifts to come are struck, if nobody is on."""
    found = (
        Need.objects.select_for_update(of=("self",))
        .select_related("post")
        .filter(id=need_id, post__area_path__startswith=actor.within)
        .first()
    )
    if found is None:
        raise NoSuchPost(need_id)
    post = found.post
    actor.must(Duty.KEEP_ROSTER, at=post.area_path)
    to_come = Shift.objects.filter(need=found, day__gt=today(), cancelled_at=None)
    _must_be_empty(post, to_come)
    struck = list(to_come.select_related("post"))
    to_come.update(cancelled_at=now(), told_at=None)
    found.until_day = max(found.from_day, today())
    found.save(update_fields=["until_day"])
    record(
        events.PostNeedEnded(
            subject_id=post.id,
            area_path=post.area_path,
            code=post.code,
            starts=f"{found.starts:%H:%M}",
            ends=f"{found.ends:%H:%M}",
        ),
        actor=actor,
    )
    _tell_struck(actor, struck)
    return found


@transaction.atomic
def close_post(actor: Actor, post_id: UUID) -> Post:
    """Nobody is needed there any more. Refused while turns are still to come."""
    post = get_post(actor, post_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=post.area_path)
    if post.closed_at is not None:
        return post
    to_come = Shift.objects.filter(post=post, ends_at__gt=now(), cancelled_at=None)
    _must_be_empty(post, to_come)
    struck = list(to_come.select_related("post"))
    to_come.update(cancelled_at=now(), told_at=None)
    post.needs.filter(Q(until_day=None) | Q(until_day__gt=today()), from_day__lte=today()).update(
        until_day=today()
    )
    post.tenures.filter(until=None).update(until=now())
    post.closed_at = now()
    post.save(update_fields=["closed_at"])
    record(
        events.PostClosed(
            subject_id=post.id, area_path=post.area_path, code=post.code, post=post.kind
        ),
        actor=actor,
    )
    _tell_struck(actor, struck)
    telling.tell_standing(actor, [post], ())
    return post


def _must_be_empty(post: Post, to_come: QuerySet[Shift]) -> None:
    states = (Turn.State.PLANNED, Turn.State.THERE)
    if people := Turn.objects.filter(shift__in=to_come, state__in=states).count():
        raise PostStillHasPeople(post.code, people)


def _tell_struck(actor: Actor, struck: Sequence[Shift]) -> None:
    """What nobody is needed for is no gap."""
    for shift in struck:
        if shift.told_at is not None:
            record(telling.filled(shift.id, shift.post), actor=actor)


def _open(post: Post) -> Post:
    if post.closed_at is not None:
        raise PostIsClosed(post.code)
    return post


# Standing posts


@transaction.atomic
def name_holder(actor: Actor, post_id: UUID, member_id: UUID) -> Tenure:
    """Say who holds a standing post from now on; whoever held it before no longer does."""
    post = _open(get_post(actor, post_id, for_change=True))
    actor.must(Duty.KEEP_ROSTER, at=post.area_path)
    if not post.standing:
        raise PostHasShifts(post.code)
    member = workforce.get_colleague(actor, member_id)
    if member.state != member.State.READY:
        raise NotAtWork(member.state, str(member.get_state_display()))
    held = post.tenures.filter(until=None).first()
    if held is not None and held.member_id == member.id:
        return held
    tenure = _tenure(post, member.id)
    if tenure.lead:
        other = Tenure.objects.filter(member=member.id, lead=True, until=None).first()
        if other is not None:
            raise LeadsAnotherPoint(other.post.code)
    if held is not None:
        held.until = now()
        held.save(update_fields=["until"])
    try:
        with transaction.atomic():
            tenure.save(force_insert=True)
    except IntegrityError:  # somebody named the same person elsewhere, just now
        raise LeadsAnotherPoint("—") from None
    record(
        events.PostNamed(
            subject_id=post.id,
            area_path=post.area_path,
            code=post.code,
            post=post.kind,
            member_id=member.id,
        ),
        actor=actor,
    )
    telling.tell_standing(actor, [post], [post.id])
    return tenure


@transaction.atomic
def vacate(
    actor: Actor, post_id: UUID, *, reason: str, because: Event | UUID | None = None
) -> Post:
    """Whoever holds a standing post no longer does: it is a gap until somebody is named."""
    post = get_post(actor, post_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=post.area_path)
    if not reason.strip():
        raise ReasonNeeded
    held = post.tenures.filter(until=None).first()
    if held is None:
        return post
    held.until = now()
    held.save(update_fields=["until"])
    record(
        events.PostLeft(
            subject_id=post.id,
            area_path=post.area_path,
            code=post.code,
            member_id=held.member_id,
            reason=reason.strip()[:200],
        ),
        actor=actor,
        because=because,
    )
    telling.tell_standing(actor, [post], [], because=because)
    return post


@transaction.atomic
def name_holders(actor: Actor, named: Sequence[tuple[UUID, UUID]]) -> int:
    """`name_holder` for many posts that have no name yet: (post, member), set by set.

    Returns how many got one; a post that has a name, or a person who leads a point, stays as is.
    """
    posts = posts_visible_to(actor).filter(closed_at=None, standing=True)
    there = posts.select_for_update().in_bulk([post_id for post_id, _member in named])
    for path in {post.area_path for post in there.values()}:
        actor.must(Duty.KEEP_ROSTER, at=path)
    held = Tenure.objects.filter(until=None)
    taken = set(held.filter(post__in=there).values_list("post", flat=True))
    leading = set(held.filter(lead=True).values_list("member", flat=True))
    fresh: list[Tenure] = []
    for post_id, member_id in named:
        post = there.get(post_id)
        if post is None or post.id in taken:
            continue
        tenure = _tenure(post, member_id)
        if tenure.lead and member_id in leading:
            continue
        taken.add(post.id)
        if tenure.lead:
            leading.add(member_id)
        fresh.append(tenure)
    Tenure.objects.bulk_create(fresh, batch_size=1000)
    if fresh:
        record(
            events.PostsNamed(
                subject_id=fresh[0].post_id, area_path=actor.within, posts=len(fresh)
            ),
            actor=actor,
        )
        telling.tell_standing(actor, [one.post for one in fresh], [one.post_id for one in fresh])
    return len(fresh)


@transaction.atomic
def tell_gaps(actor: Actor, *, because: Event | UUID | None = None) -> int:
    """Tell of every post of the area that lacks a name now or soon and was not told of; how many.

    Safe to repeat: each gap is told once.
    """
    if actor != PLAYBOOK:
        actor.must(Duty.KEEP_ROSTER, at=actor.within)
    standing = list(posts_visible_to(actor).filter(standing=True, closed_at=None))
    named = Tenure.objects.filter(post__in=standing, until=None).values_list("post", flat=True)
    told = telling.tell_standing(actor, standing, named, because=because)
    horizon = now() + timedelta(days=2)  # the pack says how near is near; this only narrows
    running = Shift.objects.filter(
        area_path__startswith=actor.within,
        cancelled_at=None,
        ends_at__gt=now(),
        starts_at__lte=horizon,
        post__closed_at=None,
    ).select_related("post")
    return told + telling.tell(actor, list(running), because=because)
