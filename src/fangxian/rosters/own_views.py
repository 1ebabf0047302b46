"""One's own turns, on a phone: where to be, checked in by the code, handed over, changed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now, today
from fangxian.kernel.http import Request
from fangxian.rosters import actions, queries
from fangxian.rosters.errors import NotYourTurn
from fangxian.rosters.fitness import candidates
from fangxian.rosters.forms import CodeForm, HandOverForm, SwapForm
from fangxian.rosters.models import HandOver, Swap, Turn
from fangxian.rosters.roster_views import swap_rows
from fangxian.rosters.views import people_choices
from fangxian.workforce import queries as workforce

_AHEAD = timedelta(days=14)


@require_GET
def mine(request: Request) -> HttpResponse:
    return _mine(request)


def _mine(request: Request, *, status: int = 200, **invalid: Any) -> HttpResponse:
    """Where I have to be. Places are named also where they lie outside one's own area."""
    viewer = request.actor
    me = workforce.member_of(viewer)
    if me is None:
        return render(request, "rosters/mine.html", {"me": None}, status=status)
    turns = queries.turns_of_member(viewer, me.id, today() - timedelta(days=1), today() + _AHEAD)
    current = [turn for turn in turns if turn.state == Turn.State.THERE]
    coming = [turn for turn in turns if turn.state == Turn.State.PLANNED and turn.ends_at > now()]
    held = [one for one in queries.posts_of(viewer, me.id, today()) if one.ends_at is None]
    swaps = swap_rows(viewer, list(queries.swaps_of(viewer, me.id)))
    places = names_of(
        PLAYBOOK,
        {turn.shift.area_path for turn in turns} | {one.post.area_path for one in held},
    )
    context = {
        "me": me,
        "current": [(turn, places[turn.shift.area_path]) for turn in current],
        "coming": [(turn, places[turn.shift.area_path]) for turn in coming],
        "held": [(one.post, places[one.post.area_path]) for one in held],
        "waiting": _notes_for(current),
        "asked": [row for row in swaps if row[0].to_id == me.id and row[0].state == "offered"],
        "offered": [row for row in swaps if row[0].turn.member_id == me.id],
        "done": [turn for turn in turns if turn.state == Turn.State.DONE][-3:],
        "form": CodeForm(initial={"code": request.GET.get("code", "")}),
        **invalid,
    }
    return render(request, "rosters/mine.html", context, status=status)


def _notes_for(current: list[Turn]) -> list[HandOver]:
    """What the turn before left at the posts where somebody is now, and nobody has read."""
    return list(
        HandOver.objects.filter(
            post__in=[turn.shift.post_id for turn in current],
            taken=None,
            given_at__gte=now() - timedelta(days=1),
        )
        .exclude(given__in=current)
        .select_related("post")
        .order_by("-given_at")[:5]
    )


@require_POST
def come(request: Request) -> HttpResponse:
    """I am here."""
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _mine(request, status=422, form=form)
    turn = actions.check_in_at_post(request.actor, form.cleaned_data["code"])
    messages.success(request, _("You are checked in at %(post)s.") % {"post": turn.shift.post.name})
    return redirect("rosters:mine")


@require_POST
def go(request: Request) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _mine(request, status=422, form=form)
    turn = actions.check_out_at_post(request.actor, form.cleaned_data["code"])
    messages.success(
        request, _("You are checked out of %(post)s. Thank you.") % {"post": turn.shift.post.name}
    )
    return redirect("rosters:mine")


@require_GET
def at_post(request: Request, code: str) -> HttpResponse:
    """Where the pattern at the post leads: the form, with its code in it."""
    post = queries.post_by_code(PLAYBOOK, code)
    return _mine(request, form=CodeForm(initial={"code": post.code}), scanned=post)


# Handed over


@require_http_methods(["GET", "POST"])
def hand_over(request: Request, turn_id: UUID) -> HttpResponse:
    turn = queries.get_turn(request.actor, turn_id)
    form = HandOverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.hand_over(
            request.actor,
            turn_id,
            note=form.cleaned_data["note"],
            counts=form.cleaned_data["counts"],
        )
        return redirect("rosters:mine")
    context = {"turn": turn, "form": form}
    return render(request, "rosters/hand_over.html", context, status=422 if form.errors else 200)


@require_POST
def take_over(request: Request, hand_over_id: UUID) -> HttpResponse:
    actions.take_over(request.actor, hand_over_id)
    return redirect("rosters:mine")


# Changed


@require_http_methods(["GET", "POST"])
def offer(request: Request, turn_id: UUID) -> HttpResponse:
    """Offer one's turn to somebody who could take it."""
    viewer = request.actor
    turn = queries.get_turn(viewer, turn_id)
    me = workforce.member_of(viewer)
    if me is None or turn.member_id != me.id:
        raise NotYourTurn
    people = people_choices(viewer, [one for one in _who_could(turn) if one != me.id])
    form = SwapForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        actions.offer_swap(viewer, turn_id, said["member"], reason=said["reason"])
        return redirect("rosters:mine")
    context = {"turn": turn, "form": form, "people": people}
    return render(request, "rosters/offer.html", context, status=422 if form.errors else 200)


def _who_could(turn: Turn) -> list[UUID]:
    """Colleagues around the post; one sees them by name because one works with them."""
    return candidates(PLAYBOOK, turn.shift, part=(turn.starts_at, turn.ends_at))


@require_POST
def answer(request: Request, swap_id: UUID) -> HttpResponse:
    swap = actions.answer_swap(request.actor, swap_id, accept=request.POST.get("accept") == "yes")
    if swap.state == Swap.State.ACCEPTED:
        messages.success(request, _("Whoever keeps the roster still has to approve it."))
    return redirect("rosters:mine")


@require_POST
def withdraw(request: Request, swap_id: UUID) -> HttpResponse:
    actions.withdraw_swap(request.actor, swap_id)
    return redirect("rosters:mine")
