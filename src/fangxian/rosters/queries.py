"""What can be asked about posts, shifts and those who fill them. The viewer comes first."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.ids import read_code
from fangxian.rosters import rules
from fangxian.rosters.asking import day_of, figures_at, moment
from fangxian.rosters.covering import HELD, bare_parts, hours_of, is_hot
from fangxian.rosters.errors import (
    NoCodeOfAPost,
    NoSuchPost,
    NoSuchProposal,
    NoSuchShift,
    NoSuchSwap,
    NoSuchTurn,
)
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
from fangxian.workforce import queries as workforce

OPEN = (Swap.State.OFFERED, Swap.State.ACCEPTED)


# Posts


def posts_visible_to(viewer: Actor) -> QuerySet[Post]:
    return Post.objects.filter(area_path__startswith=viewer.within)


def get_post(viewer: Actor, post_id: UUID, *, for_change: bool = False) -> Post:
    rows = posts_visible_to(viewer)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("site", "team").filter(id=post_id).first()
    if found is None:
        raise NoSuchPost(post_id)
    return found


def post_by_code(viewer: Actor, said: str) -> Post:
    """The post whose code somebody scanned, typed or was told."""
    number = read_code("J", said)
    if number is None:
        raise NoCodeOfAPost(said)
    found = posts_visible_to(viewer).filter(number=number).first()
    if found is None:
        raise NoSuchPost(said)
    return found


def open_posts(viewer: Actor, area_path: str = "") -> QuerySet[Post]:
    """Posts that stand, in the order of the tree."""
    return (
        posts_visible_to(viewer)
        .filter(area_path__startswith=area_path, closed_at=None)
        .select_related("site", "team")
        .order_by("area_path", "number")
    )


def needs_of(viewer: Actor, post_id: UUID, *, day: date | None = None) -> QuerySet[Need]:
    """What a post needs on a day, or from today on."""
    post = get_post(viewer, post_id)
    rows = post.needs.filter(Q(until_day=None) | Q(until_day__gte=day or day_of(now())))
    if day is not None:
        rows = rows.filter(from_day__lte=day)
    return rows.order_by("starts", "skill", "id")


def holder_of(viewer: Actor, post_id: UUID, at: datetime | None = None) -> Tenure | None:
    """Who holds a standing post."""
    return _held_at(at or now()).filter(post=get_post(viewer, post_id)).first()


def holders(viewer: Actor, posts: Iterable[UUID]) -> dict[UUID, UUID]:
    """Post → who holds it now, for any number of standing posts."""
    rows = Tenure.objects.filter(
        post__in=list(posts), post__area_path__startswith=viewer.within, until=None
    )
    return dict(rows.values_list("post", "member"))


def leads(viewer: Actor, site_id: UUID) -> list[UUID]:
    """Who leads a sampling point, by name; empty where nobody does."""
    rows = Tenure.objects.filter(
        post__site=site_id, lead=True, until=None, post__area_path__startswith=viewer.within
    )
    return list(rows.values_list("member", flat=True))


def _held_at(at: datetime) -> QuerySet[Tenure]:
    return Tenure.objects.filter(Q(until=None) | Q(until__gt=at), since__lte=at)


# Shifts and turns


def shifts_visible_to(viewer: Actor) -> QuerySet[Shift]:
    return Shift.objects.filter(area_path__startswith=viewer.within, cancelled_at=None)


def get_shift(viewer: Actor, shift_id: UUID, *, for_change: bool = False) -> Shift:
    rows = shifts_visible_to(viewer)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("post__site").filter(id=shift_id).first()
    if found is None:
        raise NoSuchShift(shift_id)
    return found


def shifts_between(
    viewer: Actor, from_day: date, until_day: date, *, area_path: str = ""
) -> QuerySet[Shift]:
    """Shifts that begin on these days, both included, in the order of the tree and of time."""
    return (
        shifts_visible_to(viewer)
        .filter(day__gte=from_day, day__lte=until_day, area_path__startswith=area_path)
        .select_related("post")
        .order_by("area_path", "post__number", "starts_at", "skill", "id")
    )


def turns_visible_to(viewer: Actor) -> QuerySet[Turn]:
    return Turn.objects.filter(shift__area_path__startswith=viewer.within)


def get_turn(viewer: Actor, turn_id: UUID, *, for_change: bool = False) -> Turn:
    """A turn of the viewer's area; one's own wherever it is."""
    rows = Turn.objects.all()
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("shift__post").filter(id=turn_id).first()
    if found is None or not (viewer.sees(found.shift.area_path) or _is_own(viewer, found)):
        raise NoSuchTurn(turn_id)
    return found


def _is_own(viewer: Actor, turn: Turn) -> bool:
    me = workforce.member_of(viewer)
    return me is not None and me.id == turn.member_id


def turns_of(viewer: Actor, shifts: Iterable[Shift]) -> dict[UUID, list[Turn]]:
    """Who is on each of these shifts, those taken off included; earliest first."""
    ids = [shift.id for shift in shifts if viewer.sees(shift.area_path)]
    found: dict[UUID, list[Turn]] = {one: [] for one in ids}
    for turn in Turn.objects.filter(shift__in=ids).order_by("starts_at", "made_at", "id"):
        found[turn.shift_id].append(turn)
    return found


def turns_of_member(viewer: Actor, member_id: UUID, from_day: date, until_day: date) -> list[Turn]:
    """One person's turns that begin on these days; earliest first. Own ones wherever they are."""
    rows = Turn.objects.filter(
        member=member_id, shift__day__gte=from_day, shift__day__lte=until_day, state__in=HELD
    )
    me = workforce.member_of(viewer)
    if me is None or me.id != member_id:
        rows = rows.filter(shift__area_path__startswith=viewer.within)
    return list(rows.select_related("shift__post__site").order_by("starts_at", "id"))


def spells_of(
    viewer: Actor, members: Iterable[UUID], from_day: date, until_day: date
) -> dict[UUID, list[rules.Spell]]:
    """When each of these people is at a post around these days, wherever: fatigue has no border."""
    found: dict[UUID, list[rules.Spell]] = defaultdict(list)
    rows = Turn.objects.filter(
        member__in=list(members),
        shift__day__gte=from_day,
        shift__day__lte=until_day,
        state__in=HELD,
    ).values_list(
        "member", "starts_at", "ends_at", "shift__day", "shift__post__kind", "shift__area_path"
    )
    hot = hot_days(viewer, from_day, until_day)
    for member, starts_at, ends_at, day, kind, area_path in rows:
        found[member].append(
            rules.Spell(starts_at, ends_at, day, is_hot(kind, day, area_path, hot))
        )
    return found


def hot_days(viewer: Actor, from_day: date, until_day: date) -> dict[date, list[str]]:
    """Day → the areas for which somebody said that it is hot. It is hot for everybody there."""
    found: dict[date, list[str]] = defaultdict(list)
    rows = HotDay.objects.filter(day__gte=from_day, day__lte=until_day)
    for day, path in rows.values_list("day", "area_path"):
        found[day].append(path)
    return found


# Gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A post without a name: `missing` people, from when to when.

    shift_id   None: a standing post, or hours for which no shift was opened
    ends_at    None: until somebody is named
    """

    post: Post
    missing: int
    starts_at: datetime
    ends_at: datetime | None
    shift_id: UUID | None = None
    skill: str = ""


def unfilled(viewer: Actor, at: datetime, area_path: str = "") -> list[Gap]:
    """Every post that lacks somebody at a moment. Five statements, however many posts."""
    return gaps_of(viewer, open_posts(viewer, area_path), at)


def gaps_of(viewer: Actor, posts: QuerySet[Post], at: datetime) -> list[Gap]:
    """`unfilled` for these posts; those that lack most come first."""
    there = {post.id: post for post in posts if viewer.sees(post.area_path)}
    if not there:
        return []
    held = set(_held_at(at).filter(post__in=there).values_list("post", flat=True))
    gaps = [
        Gap(post=post, missing=1, starts_at=at, ends_at=None)
        for post in there.values()
        if post.standing and post.id not in held
    ]
    running = list(
        Shift.objects.filter(
            post__in=there, cancelled_at=None, starts_at__lte=at, ends_at__gt=at
        ).order_by("starts_at")
    )
    opened = {(shift.need_id, shift.day) for shift in running}
    for shift, found in bare_parts(running).items():
        gaps += [
            Gap(
                post=there[shift.post_id],
                missing=part.missing,
                starts_at=part.starts_at,
                ends_at=part.ends_at,
                shift_id=shift.id,
                skill=shift.skill,
            )
            for part in found
            if part.starts_at <= at < part.ends_at
        ]
    for need, day in _needed_at(there, at):
        if (need.id, day) not in opened:
            starts_at, ends_at = hours_of(need, day)
            gaps.append(
                Gap(
                    post=there[need.post_id],
                    missing=need.headcount,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    skill=need.skill,
                )
            )
    return sorted(gaps, key=lambda gap: (-gap.missing, gap.post.area_path, gap.post.number))


def _needed_at(posts: Iterable[UUID], at: datetime) -> list[tuple[Need, date]]:
    today = day_of(at)
    found = []
    for need in Need.objects.filter(post__in=list(posts), from_day__lte=today):
        for day in (today - timedelta(days=1), today):
            if day < need.from_day or (need.until_day and day > need.until_day):
                continue
            starts_at, ends_at = hours_of(need, day)
            if starts_at <= at < ends_at:
                found.append((need, day))
    return found


def gaps_ahead(viewer: Actor, until: datetime, area_path: str = "") -> list[Gap]:
    """What is bare from now until a moment, soonest first; standing posts before everything."""
    posts = {post.id: post for post in open_posts(viewer, area_path)}
    shifts = list(
        shifts_visible_to(viewer).filter(post__in=posts, ends_at__gt=now(), starts_at__lt=until)
    )
    gaps = [
        Gap(
            post=posts[shift.post_id],
            missing=max(part.missing for part in parts),
            starts_at=parts[0].starts_at,
            ends_at=parts[-1].ends_at,
            shift_id=shift.id,
            skill=shift.skill,
        )
        for shift, parts in bare_parts(shifts, since=now()).items()
    ]
    named = holders(viewer, posts)
    standing = [
        Gap(post=post, missing=1, starts_at=now(), ends_at=None)
        for post in posts.values()
        if post.standing and post.id not in named
    ]
    return standing + sorted(gaps, key=lambda gap: (gap.starts_at, gap.post.area_path))


def ready(viewer: Actor, site_id: UUID, at: datetime) -> bool:
    """Whether every post at a site has its names at that moment.

    A site for which nobody keeps posts is not held up by them.
    """
    return not gaps_at(viewer, site_id, at)


def gaps_at(viewer: Actor, site_id: UUID, at: datetime) -> list[Gap]:
    """Why a site is not ready."""
    return gaps_of(viewer, open_posts(viewer).filter(site=site_id), at)


def not_ready(viewer: Actor, sites: Iterable[UUID], at: datetime) -> dict[UUID, int]:
    """Site → people missing, of those of many sites that are not ready. Five statements."""
    found: dict[UUID, int] = defaultdict(int)
    for gap in gaps_of(viewer, open_posts(viewer).filter(site__in=list(sites)), at):
        if gap.post.site_id is not None:
            found[gap.post.site_id] += gap.missing
    return dict(found)


# Who is where


@dataclass(frozen=True, slots=True, kw_only=True)
class On:
    """Somebody at a post. `turn_id` is None for who holds a standing post."""

    member_id: UUID
    state: str
    starts_at: datetime
    ends_at: datetime | None
    turn_id: UUID | None = None
    skill: str = ""


def who_is_on(viewer: Actor, post_id: UUID, at: datetime) -> list[On]:
    """Who has the post at that moment, whether they have checked in or not."""
    post = get_post(viewer, post_id)
    held = [
        On(member_id=one.member_id, state=Turn.State.THERE, starts_at=one.since, ends_at=one.until)
        for one in _held_at(at).filter(post=post)
    ]
    rows = Turn.objects.filter(
        shift__post=post, starts_at__lte=at, ends_at__gt=at, state__in=HELD
    ).select_related("shift")
    return held + [
        On(
            member_id=turn.member_id,
            state=turn.state,
            starts_at=turn.starts_at,
            ends_at=turn.ends_at,
            turn_id=turn.id,
            skill=turn.shift.skill,
        )
        for turn in rows.order_by("starts_at", "id")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPost:
    """A post that somebody has on a day."""

    post: Post
    starts_at: datetime
    ends_at: datetime | None
    state: str


def posts_of(viewer: Actor, member_id: UUID, day: date) -> list[OnPost]:
    """Where somebody has to be on a day: standing posts first, then turns in their order."""
    end = moment(day + timedelta(days=1), time.min)
    held = _held_at(end).filter(member=member_id).select_related("post__site")
    return [
        OnPost(post=one.post, starts_at=one.since, ends_at=one.until, state=Turn.State.THERE)
        for one in held
        if viewer.sees(one.post.area_path)
    ] + [
        OnPost(
            post=turn.shift.post,
            starts_at=turn.starts_at,
            ends_at=turn.ends_at,
            state=turn.state,
        )
        for turn in turns_of_member(viewer, member_id, day, day)
    ]


def on_now(viewer: Actor, members: Iterable[UUID], at: datetime) -> dict[UUID, UUID]:
    """Member → the post they have at that moment, for any number."""
    rows = Turn.objects.filter(
        member__in=list(members), starts_at__lte=at, ends_at__gt=at, state__in=HELD
    )
    return dict(rows.values_list("member", "shift__post"))


# What stands between two turns


def hand_overs_of(viewer: Actor, post_id: UUID) -> QuerySet[HandOver]:
    """Latest first."""
    post = get_post(viewer, post_id)
    return post.hand_overs.select_related("given", "taken").order_by("-given_at")


def swaps_visible_to(viewer: Actor) -> QuerySet[Swap]:
    return Swap.objects.filter(area_path__startswith=viewer.within)


def get_swap(viewer: Actor, swap_id: UUID, *, for_change: bool = False) -> Swap:
    """An offer in the viewer's area, or one that is theirs to answer or take back."""
    rows = Swap.objects.all()
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("turn__shift__post", "in_return__shift__post").filter(id=swap_id)
    swap = found.first()
    me = workforce.member_of(viewer)
    mine = swap is not None and me is not None and me.id in {swap.to_id, swap.turn.member_id}
    if swap is None or not (viewer.sees(swap.area_path) or mine):
        raise NoSuchSwap(swap_id)
    return swap


def swaps_to_approve(viewer: Actor) -> QuerySet[Swap]:
    """Longest wait first."""
    return (
        swaps_visible_to(viewer)
        .filter(state=Swap.State.ACCEPTED)
        .select_related("turn__shift__post", "in_return__shift__post")
        .order_by("answered_at", "id")
    )


def swaps_of(viewer: Actor, member_id: UUID) -> QuerySet[Swap]:
    """What somebody offered or is offered, that is not settled."""
    return (
        Swap.objects.filter(Q(to=member_id) | Q(turn__member=member_id), state__in=OPEN)
        .select_related("turn__shift__post", "in_return__shift__post")
        .order_by("offered_at", "id")
    )


def pairs(viewer: Actor, area_path: str = "") -> list[tuple[UUID, UUID]]:
    """People of an area who work together."""
    rows = Pair.objects.filter(
        area_path__startswith=area_path or viewer.within, until=None
    ).order_by("id")
    return [(one.first_id, one.second_id) for one in rows if viewer.sees(one.area_path)]


# Plans


def proposals_visible_to(viewer: Actor) -> QuerySet[Proposal]:
    """Latest first, without their rows."""
    return (
        Proposal.objects.filter(area_path__startswith=viewer.within)
        .defer("rows", "off")
        .order_by("-made_at")
    )


def get_proposal(viewer: Actor, plan_id: UUID, *, for_change: bool = False) -> Proposal:
    rows = Proposal.objects.filter(area_path__startswith=viewer.within)
    found = (rows.select_for_update() if for_change else rows).filter(id=plan_id).first()
    if found is None:
        raise NoSuchProposal(plan_id)
    return found


def awaited(viewer: Actor, at: datetime) -> QuerySet[Turn]:
    """Turns whose people should have come by now."""
    figures = figures_at(viewer.within)
    if figures is None:
        return Turn.objects.none()
    late = at - figures.late_after.length
    return (
        turns_visible_to(viewer)
        .filter(state=Turn.State.PLANNED, starts_at__lte=late)
        .select_related("shift__post")
        .order_by("starts_at", "id")
    )


def has_turns(viewer: Actor) -> QuerySet[Shift]:
    """Shifts of the area on which anybody is."""
    return shifts_visible_to(viewer).filter(
        Exists(Turn.objects.filter(shift=OuterRef("id"), state__in=HELD))
    )
