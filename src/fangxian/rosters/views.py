"""The office's pages of posts: what is bare, a post, a shift."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Site
from fangxian.areas.queries import areas_of_level, first_area, get_site, names_of, sites_visible_to
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.http import Request, live_page, paged
from fangxian.rosters import actions, covering, queries, showing
from fangxian.rosters.asking import figures_at
from fangxian.rosters.errors import NoSuchPost
from fangxian.rosters.fitness import candidates
from fangxian.rosters.forms import (
    NeedForm,
    PersonForm,
    PostForm,
    ReasonForm,
    ReliefForm,
    RotateForm,
)
from fangxian.rosters.models import Post, Shift
from fangxian.rosters.turns import too_hot
from fangxian.workforce import actions as force
from fangxian.workforce import queries as workforce

READERS = frozenset({Duty.KEEP_ROSTER, Duty.COMMAND, Duty.DISPATCH, Duty.PLAN_ROUNDS, Duty.AUDIT})
_AHEAD = timedelta(days=1)
_GAPS_SHOWN = 60
_PLACES = 500


def must_read(viewer: Actor) -> None:
    if not READERS & viewer.duties:
        raise NotYours(str(Duty.KEEP_ROSTER.label))


def tabs(viewer: Actor) -> dict[str, Any]:
    """What the tabs over every page of the room need."""
    return {
        "to_decide": queries.swaps_to_approve(viewer).count()
        + queries.proposals_visible_to(viewer).filter(state="proposed").count(),
        "keeps": viewer.may(Duty.KEEP_ROSTER),
    }


# What is bare


@require_GET
def gaps(request: Request) -> HttpResponse:
    """Posts without a name, on the map and by area; asked again while it is looked at."""
    viewer = request.actor
    must_read(viewer)
    area = request.GET.get("area", "")
    posts = list(queries.open_posts(viewer, area))
    at = now()
    bare = queries.unfilled(viewer, at, area)
    ahead = queries.gaps_ahead(viewer, at + _AHEAD, area)
    rows = showing.by_area(viewer, posts, bare)
    leads = [post for post in posts if post.kind == Post.Kind.POINT_LEAD]
    led = len(leads) - sum(gap.post.kind == Post.Kind.POINT_LEAD for gap in bare)
    context = {
        "area": area,
        "area_name": names_of(viewer, [area])[area] if area else "",
        "posts": len(posts),
        "missing": sum(gap.missing for gap in bare),
        "bare_posts": len({gap.post.id for gap in bare}),
        "ahead_missing": sum(gap.missing for gap in ahead if gap.starts_at > at),
        "leads": len(leads),
        "led": led,
        "rows": showing.gap_rows(viewer, bare[:_GAPS_SHOWN]),
        "more": max(0, len(bare) - _GAPS_SHOWN),
        "ahead": showing.gap_rows(
            viewer, [gap for gap in ahead if gap.starts_at > at][:_GAPS_SHOWN]
        ),
        "places": rows,
        "shapes": showing.map_of(viewer, rows) if not area else [],
        **tabs(viewer),
    }
    return live_page(request, "rosters/gaps.html", "rosters/_gaps.html", context)


@require_GET
def gap(request: Request, about_id: UUID) -> HttpResponse:
    """Where a gap is filled, whether it is a shift's or a standing post's."""
    viewer = request.actor
    if queries.shifts_visible_to(viewer).filter(id=about_id).exists():
        return redirect("rosters:shift", about_id)
    if queries.posts_visible_to(viewer).filter(id=about_id).exists():
        return redirect("rosters:post", about_id)
    raise NoSuchPost(about_id)


# Posts


@require_GET
def posts(request: Request) -> HttpResponse:
    viewer = request.actor
    must_read(viewer)
    kind = request.GET.get("kind", "")
    rows = queries.open_posts(viewer)
    if kind in Post.Kind.values:
        rows = rows.filter(kind=kind)
    page = paged(rows, request.GET.get("mark", ""))
    at = now()
    bare: dict[UUID, int] = {}
    for one in queries.gaps_of(viewer, rows.filter(id__in=[post.id for post in page.rows]), at):
        bare[one.post.id] = bare.get(one.post.id, 0) + one.missing
    held = queries.holders(viewer, [post.id for post in page.rows if post.standing])
    names = workforce.named(viewer, held.values())
    places = names_of(viewer, {post.area_path for post in page.rows})
    context = {
        "page": page,
        "rows": [
            (post, places[post.area_path], bare.get(post.id, 0), names.get(held.get(post.id)))  # type: ignore[arg-type]
            for post in page.rows
        ],
        "kinds": Post.Kind.choices,
        "kind": kind,
        "may": viewer.may(Duty.KEEP_ROSTER),
        **tabs(viewer),
    }
    return render(request, "rosters/posts.html", context)


def _places(viewer: Actor) -> list[tuple[str, str]]:
    """Where a post may be: at a site, or somewhere in a community."""
    areas = list(areas_of_level(viewer, "community")[:_PLACES])
    top = first_area(viewer)
    if not areas and top is not None:
        areas = [top]
    sites = sites_visible_to(viewer).filter(closed_at=None).order_by("kind", "number")
    kinds = dict(Site.Kind.choices)
    return [(f"area:{area.path}", area.name) for area in areas] + [
        (f"site:{site.id}", f"{site.name} · {kinds[site.kind]}") for site in sites[:_PLACES]
    ]


@require_http_methods(["GET", "POST"])
def new_post(request: Request) -> HttpResponse:
    viewer = request.actor
    if not viewer.may(Duty.KEEP_ROSTER):
        raise NotYours(str(Duty.KEEP_ROSTER.label))
    form = PostForm(
        request.POST or None,
        skills=workforce.skill_words(viewer),
        places=_places(viewer),
        initial={"headcount": 1},
    )
    if request.method == "POST" and form.is_valid():
        post = actions.open_post(viewer, _new(viewer, form.cleaned_data))
        return redirect("rosters:post", post.id)
    context = {"form": form, **tabs(viewer)}
    return render(request, "rosters/new_post.html", context, status=422 if form.errors else 200)


def _new(viewer: Actor, said: dict[str, Any]) -> actions.NewPost:
    what, _sep, where = said["place"].partition(":")
    site = get_site(viewer, UUID(where)) if what == "site" else None
    needs = (
        ()
        if said["standing"]
        else (
            actions.NewNeed(
                starts=said["starts"],
                ends=said["ends"],
                headcount=said["headcount"],
                skill=said["skill"],
            ),
        )
    )
    return actions.NewPost(
        kind=said["kind"],
        name=said["name"],
        area_path=site.area_path if site else where,
        site_id=site.id if site else None,
        standing=said["standing"],
        duties=said["duties"],
        needs=needs,
    )


@require_GET
def post(request: Request, post_id: UUID) -> HttpResponse:
    must_read(request.actor)
    return _post(request, post_id)


def _post(request: Request, post_id: UUID, *, status: int = 200, **invalid: Any) -> HttpResponse:
    viewer = request.actor
    one = queries.get_post(viewer, post_id)
    may = viewer.may(Duty.KEEP_ROSTER, at=one.area_path) and one.closed_at is None
    skills = workforce.skill_words(viewer)
    first = today()
    shifts = list(
        queries.shifts_between(viewer, first - timedelta(days=1), first + timedelta(days=7))
        .filter(post=one)
        .order_by("starts_at")
    )
    turns = queries.turns_of(viewer, shifts)
    holder = queries.holder_of(viewer, post_id) if one.standing else None
    notes = list(queries.hand_overs_of(viewer, post_id)[:5])
    people = {turn.member_id for group in turns.values() for turn in group}
    people |= {note.given.member_id for note in notes}
    people |= {holder.member_id} if holder else set()
    names = workforce.named(viewer, people)
    context = {
        "post": one,
        "place": names_of(viewer, [one.area_path])[one.area_path],
        "needs": [(need, skills.get(need.skill, "")) for need in queries.needs_of(viewer, post_id)],
        "gaps": showing.gap_rows(
            viewer, queries.gaps_of(viewer, queries.open_posts(viewer).filter(id=post_id), now())
        ),
        "shifts": [_shift_row(viewer, shift, turns[shift.id], skills) for shift in shifts],
        "holder": names.get(holder.member_id) if holder else None,
        "since": holder.since if holder else None,
        "notes": [(note, names.get(note.given.member_id)) for note in notes],
        "may": may,
        "need_form": NeedForm(skills=skills) if may and not one.standing else None,
        "holder_form": PersonForm(people=_people_near(viewer, one))
        if may and one.standing
        else None,
        "reason_form": ReasonForm() if may and holder else None,
        **invalid,
        **tabs(viewer),
    }
    return render(request, "rosters/post.html", context, status=status)


def _shift_row(
    viewer: Actor, shift: Shift, turns: Sequence[Any], skills: dict[str, str]
) -> dict[str, Any]:
    held = [turn for turn in turns if turn.state in covering.HELD]
    bare = covering.bare_of(shift, held)
    missing = max((part.missing for part in bare), default=0)
    return {
        "shift": shift,
        "skill": skills.get(shift.skill, ""),
        "turns": showing.turn_rows(viewer, held),
        "missing": missing,
        "past": shift.ends_at <= now(),
    }


def _people_near(viewer: Actor, post: Post, *, at_most: int = 100) -> list[tuple[str, str]]:
    """Who is at work around a post, nearest first, for a list to choose from."""
    found: dict[UUID, None] = {}
    for path in reversed(_around(post.area_path)):
        rows = workforce.available(viewer, path, day=today())
        found |= dict.fromkeys(rows.values_list("id", flat=True)[:at_most])
        if len(found) >= at_most:
            break
    return people_choices(viewer, list(found)[:at_most])


def _around(path: str) -> list[str]:
    steps = [step for step in path.split("/") if step]
    return ["/".join(steps[: end + 1]) + "/" for end in range(len(steps))]


def people_choices(viewer: Actor, members: Sequence[UUID]) -> list[tuple[str, str]]:
    names = workforce.named(viewer, members)
    return [
        (str(member), f"{names[member].name} · {names[member].post_words}")
        for member in members
        if member in names
    ]


@require_POST
def state_need(request: Request, post_id: UUID) -> HttpResponse:
    form = NeedForm(request.POST, skills=workforce.skill_words(request.actor))
    if not form.is_valid():
        return _post(request, post_id, status=422, need_form=form)
    actions.state_need(request.actor, post_id, actions.NewNeed(**form.cleaned_data))
    return redirect("rosters:post", post_id)


@require_POST
def end_need(request: Request, need_id: UUID) -> HttpResponse:
    need = actions.end_need(request.actor, need_id)
    return redirect("rosters:post", need.post_id)


@require_POST
def close_post(request: Request, post_id: UUID) -> HttpResponse:
    actions.close_post(request.actor, post_id)
    return redirect("rosters:post", post_id)


@require_POST
def name_holder(request: Request, post_id: UUID) -> HttpResponse:
    one = queries.get_post(request.actor, post_id)
    form = PersonForm(request.POST, people=_people_near(request.actor, one))
    if not form.is_valid():
        return _post(request, post_id, status=422, holder_form=form)
    actions.name_holder(request.actor, post_id, form.cleaned_data["member"])
    return redirect("rosters:post", post_id)


@require_POST
def vacate(request: Request, post_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _post(request, post_id, status=422, reason_form=form)
    actions.vacate(request.actor, post_id, reason=form.cleaned_data["reason"])
    return redirect("rosters:post", post_id)


@require_GET
def card(request: Request, post_id: UUID) -> HttpResponse:
    """What hangs at the post: its name, its code to be said, and the same as a pattern to scan."""
    viewer = request.actor
    must_read(viewer)
    one = queries.get_post(viewer, post_id)
    where = request.build_absolute_uri(reverse("rosters:at_post", args=[one.code]))
    context = {
        "post": one,
        "place": names_of(viewer, [one.area_path])[one.area_path],
        "qr": segno.make_qr(where, error="m").svg_inline(border=2, omitsize=True),
        "where": where,
    }
    return render(request, "rosters/card.html", context)


# Shifts


@require_GET
def shift(request: Request, shift_id: UUID) -> HttpResponse:
    must_read(request.actor)
    return _shift(request, shift_id)


def _shift(request: Request, shift_id: UUID, *, status: int = 200, **invalid: Any) -> HttpResponse:
    viewer = request.actor
    one = queries.get_shift(viewer, shift_id)
    turns = queries.turns_of(viewer, [one])[one.id]
    held = [turn for turn in turns if turn.state in covering.HELD]
    may = viewer.may(Duty.KEEP_ROSTER, at=one.area_path)
    over = one.ends_at <= now()
    bare = [part for part in covering.bare_of(one, held) if part.ends_at > now()]
    hot = covering.is_hot(
        one.post.kind, one.day, one.area_path, queries.hot_days(viewer, one.day, one.day)
    )
    people = people_choices(viewer, candidates(viewer, one)) if may and not over else []
    figures = figures_at(one.area_path)
    context = {
        "shift": one,
        "post": one.post,
        "place": names_of(viewer, [one.area_path])[one.area_path],
        "skill": workforce.skill_words(viewer).get(one.skill, ""),
        "turns": showing.turn_rows(viewer, turns),
        "bare": bare,
        "over": over,
        "may": may,
        "people": people,
        "hot": hot,
        "hot_turns": len(too_hot(viewer, one.day, one.area_path)) if hot else 0,
        "figures": figures,
        "assign_form": PersonForm(people=people) if may and bare and people and not hot else None,
        "rotate_form": RotateForm(people=people) if may and bare and people and hot else None,
        "relief_form": ReliefForm(people=people) if may and people else None,
        "reason_form": ReasonForm(),
        **invalid,
        **tabs(viewer),
    }
    return render(request, "rosters/shift.html", context, status=status)


@require_POST
def assign(request: Request, shift_id: UUID) -> HttpResponse:
    viewer = request.actor
    one = queries.get_shift(viewer, shift_id)
    form = PersonForm(request.POST, people=people_choices(viewer, candidates(viewer, one)))
    if not form.is_valid():
        return _shift(request, shift_id, status=422, assign_form=form)
    actions.assign(viewer, shift_id, form.cleaned_data["member"])
    return redirect("rosters:shift", shift_id)


@require_POST
def rotate(request: Request, shift_id: UUID) -> HttpResponse:
    viewer = request.actor
    one = queries.get_shift(viewer, shift_id)
    form = RotateForm(request.POST, people=people_choices(viewer, candidates(viewer, one)))
    if not form.is_valid():
        return _shift(request, shift_id, status=422, rotate_form=form)
    actions.rotate(viewer, shift_id, form.cleaned_data["members"])
    return redirect("rosters:shift", shift_id)


@require_POST
def put_on_board(request: Request, shift_id: UUID) -> HttpResponse:
    """Offer what is bare of a shift to whoever wants it: who claims it has it."""
    viewer = request.actor
    one = queries.get_shift(viewer, shift_id)
    held = [turn for turn in queries.turns_of(viewer, [one])[one.id] if turn.state in covering.HELD]
    missing = max((part.missing for part in covering.bare_of(one, held)), default=0)
    if missing:
        force.put_on_board(
            viewer,
            kind="post",
            words=f"{one.post.name} {_hours(one.starts_at, one.ends_at)}",
            area_path=one.area_path,
            headcount=missing,
            skill=one.skill,
            about=one.id,
        )
        messages.success(request, _("It is on the claim board. Who claims it has the shift."))
    return redirect("rosters:shift", shift_id)


def _hours(starts_at: datetime, ends_at: datetime) -> str:

    return f"{localtime(starts_at):%m-%d %H:%M}-{localtime(ends_at):%H:%M}"


@require_POST
def take_off(request: Request, turn_id: UUID) -> HttpResponse:
    turn = queries.get_turn(request.actor, turn_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _shift(request, turn.shift_id, status=422, reason_form=form)
    actions.take_off(request.actor, turn_id, reason=form.cleaned_data["reason"])
    return redirect("rosters:shift", turn.shift_id)


@require_POST
def relieve(request: Request, turn_id: UUID) -> HttpResponse:
    viewer = request.actor
    turn = queries.get_turn(viewer, turn_id)
    people = people_choices(viewer, candidates(viewer, turn.shift))
    form = ReliefForm(request.POST, people=people)
    if not form.is_valid():
        return _shift(request, turn.shift_id, status=422, relief_form=form)
    said = form.cleaned_data
    actions.relieve(viewer, turn_id, said["member"], reason=said["reason"])
    return redirect("rosters:shift", turn.shift_id)


@require_POST
def call_the_roll(request: Request, post_id: UUID) -> HttpResponse:
    """The supervisor says that everybody who is due at a post is there."""
    one = queries.get_post(request.actor, post_id)
    actions.call_the_roll(request.actor, one.area_path, post_id=one.id)
    return redirect("rosters:post", post_id)


@require_POST
def check_in(request: Request, turn_id: UUID) -> HttpResponse:
    """The supervisor says that somebody is there."""
    turn = queries.get_turn(request.actor, turn_id)
    actions.check_in_at_post(request.actor, post_id=turn.shift.post_id, member_id=turn.member_id)
    return redirect("rosters:shift", turn.shift_id)


@require_POST
def check_out(request: Request, turn_id: UUID) -> HttpResponse:
    turn = queries.get_turn(request.actor, turn_id)
    actions.check_out_at_post(request.actor, post_id=turn.shift.post_id, member_id=turn.member_id)
    return redirect("rosters:shift", turn.shift_id)
