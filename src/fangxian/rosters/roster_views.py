"""The roster of a week, its meals and gear, lists taken in, and what is to be decided."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.http import PAGE, Page, Request, paged
from fangxian.people import sheets as uploads
from fangxian.protocol.vocabulary import GEAR, GEARED, figure
from fangxian.rosters import actions, covering, importing, queries, showing
from fangxian.rosters import supplies as counting
from fangxian.rosters.covering import HELD
from fangxian.rosters.forms import DayForm, DaysForm, ReasonForm, RosterFileForm
from fangxian.rosters.models import Proposal, Swap
from fangxian.rosters.turns import week_of
from fangxian.rosters.views import must_read, tabs
from fangxian.workforce import queries as workforce

_REFUSED_SHOWN = 200
_ROWS_SHOWN = 100


# The week


@require_GET
def week(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    must_read(viewer)
    said = parse_date(request.GET.get("from", "")) if request.GET.get("from") else None
    monday, sunday = week_of(said or today())
    days = [monday + timedelta(days=n) for n in range((sunday - monday).days + 1)]
    if sheets.wanted(request):
        return _week_as_file(request, days)
    by_person = request.GET.get("by") == "person"
    mark = request.GET.get("mark", "")
    context: dict[str, Any] = {
        "days": days,
        "by_person": by_person,
        "monday": monday,
        "sunday": sunday,
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "today": today(),
        "may": viewer.may(Duty.KEEP_ROSTER, at=viewer.within),
        **tabs(viewer),
    }
    if by_person:
        members, page = _members(viewer, days, mark)
        context |= {"people": showing.week_by_person(viewer, members, days), "page": page}
    else:
        posts = paged(queries.open_posts(viewer).filter(standing=False), mark)
        context |= {"posts": showing.week_by_post(viewer, posts.rows, days), "page": posts}
    return render(request, "rosters/week.html", context)


def _members(viewer: Actor, days: Sequence[date], mark: str) -> tuple[list[UUID], Page[Any]]:
    """One page of those who have turns in these days, in the order of their numbers."""
    rows = (
        queries.turns_visible_to(viewer)
        .filter(shift__day__gte=days[0], shift__day__lte=days[-1], state__in=HELD)
        .order_by("member_number")
        .values_list("member_number", "member")
        .distinct()
    )
    if mark.isdecimal():
        rows = rows.filter(member_number__gt=int(mark))
    found = list(rows[: PAGE + 1])
    after = str(found[PAGE - 1][0]) if len(found) > PAGE else ""
    return [member for _number, member in found[:PAGE]], Page([], "", after)


def _week_as_file(request: Request, days: Sequence[date]) -> FileResponse:
    viewer = request.actor
    skills = workforce.skill_words(viewer)

    def rows() -> Iterator[list[Any]]:
        shifts = list(queries.shifts_between(viewer, days[0], days[-1]))
        turns = queries.turns_of(viewer, shifts)
        people = {turn.member_id for group in turns.values() for turn in group}
        names = workforce.named(viewer, people)
        places = names_of(viewer, {shift.area_path for shift in shifts})
        for shift in shifts:
            held = [turn for turn in turns[shift.id] if turn.state in HELD]
            missing = max((part.missing for part in covering.bare_of(shift, held)), default=0)
            yield [
                shift.post.code,
                shift.post.name,
                places[shift.area_path],
                f"{shift.day:%Y-%m-%d}",
                shift.starts_at,
                shift.ends_at,
                skills.get(shift.skill, ""),
                shift.headcount,
                missing,
                "、".join(names[turn.member_id].name for turn in held if turn.member_id in names),
            ]

    header = [
        _("Post code"),
        _("Post"),
        _("Place"),
        _("Day of duty"),
        _("From"),
        _("To"),
        _("Skill"),
        _("Needed"),
        _("Missing"),
        _("People"),
    ]
    return sheets.download(request, sheets.List.ROSTER, header, rows())


@require_POST
def open_shifts(request: Request) -> HttpResponse:
    """Open what the needs ask for in a week, from today on."""
    said = parse_date(request.POST.get("from", "")) or today()
    monday, sunday = week_of(said)
    opened = actions.open_shifts(
        request.actor, from_day=max(monday, today()), until_day=max(sunday, today())
    )
    text = ngettext("%(n)d shift was opened.", "%(n)d shifts were opened.", opened)
    messages.success(request, text % {"n": opened})
    return redirect(f"{reverse('rosters:week')}?from={monday:%Y-%m-%d}")


# Meals and gear


@require_GET
def supplies(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    must_read(viewer)
    form = DaysForm.of(request.GET if "from_day" in request.GET else None)
    from_day, until_day = form.span()
    count = counting.counted(viewer, from_day, until_day)
    if count is not None and sheets.wanted(request):
        return _supplies_as_file(request, count)
    places = names_of(viewer, {line.area_path for line in count.lines} if count else set())
    context = {
        "form": form,
        "from_day": from_day,
        "until_day": until_day,
        "count": count,
        "lines": [(line, places[line.area_path]) for line in count.lines[:_ROWS_SHOWN]]
        if count
        else [],
        "more": max(0, len(count.lines) - _ROWS_SHOWN) if count else 0,
        "meals": [(_hour(hour), count.meals.get(hour, 0)) for hour in count.hours] if count else [],
        "gear": [(GEAR.get(thing, thing), count.gear[thing]) for thing in count.things]
        if count
        else [],
        "gear_words": GEAR,
        "figures": [
            (_figure_words(one.key), figure(one.number), one.number, one.verified)
            for one in count.figures
        ]
        if count
        else [],
        "day_form": DayForm(initial={"day": today()}) if viewer.may(Duty.KEEP_ROSTER) else None,
        **tabs(viewer),
    }
    return render(request, "rosters/supplies.html", context)


def _hour(hour: float) -> str:
    return f"{int(hour)}:00"


def _figure_words(key: str) -> str:
    kind, _sep, thing = key.partition(".")
    if not thing:
        return _("Meal at %(hour)s") % {"hour": kind}
    return f"{GEARED.get(kind, kind)} · {GEAR.get(thing, thing)}"


def _supplies_as_file(request: Request, count: counting.Count) -> FileResponse:
    viewer = request.actor
    places = names_of(viewer, {line.area_path for line in count.lines})

    def rows() -> Iterator[list[Any]]:
        for line in count.lines:
            meals, gear = dict(line.meals), dict(line.gear)
            yield [
                f"{line.day:%Y-%m-%d}",
                places[line.area_path],
                line.post.code,
                line.post.name,
                line.people,
                line.bare,
                *[meals.get(hour, 0) for hour in count.hours],
                *[gear.get(thing, 0) for thing in count.things],
            ]

    header = [
        _("Day of duty"),
        _("Place"),
        _("Post code"),
        _("Post"),
        _("People"),
        _("Of them not found yet"),
        *[_("Meals at %(hour)s") % {"hour": _hour(hour)} for hour in count.hours],
        *[str(GEAR.get(thing, thing)) for thing in count.things],
    ]
    return sheets.download(request, sheets.List.RATIONS, header, rows())


@require_POST
def say_hot_day(request: Request) -> HttpResponse:
    form = DayForm(request.POST)
    if form.is_valid():
        long = actions.say_hot_day(request.actor, form.cleaned_data["day"])
        if long:
            text = ngettext(
                "%(n)d turn is too long for a hot day: have people relieve each other.",
                "%(n)d turns are too long for a hot day: have people relieve each other.",
                len(long),
            )
            messages.warning(request, text % {"n": len(long)})
        else:
            messages.success(request, _("Samplers are relieved by the hour on that day."))
    return redirect("rosters:supplies")


# A roster taken in


@require_http_methods(["GET", "POST"])
def take_roster(request: Request) -> HttpResponse:
    """A roster as Excel. Rows that cannot be taken are told by line; nothing of them is kept."""
    viewer = request.actor
    if not viewer.may(Duty.KEEP_ROSTER):
        raise NotYours(str(Duty.KEEP_ROSTER.label))
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = RosterFileForm(*sent)
    taken = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        uploads.refuse_too_large(file.size)
        taken = importing.take_in(viewer, file.read())
    context = {
        "form": form,
        "taken": taken,
        "refused": taken.refused[:_REFUSED_SHOWN] if taken else [],
        "more": max(0, len(taken.refused) - _REFUSED_SHOWN) if taken else 0,
        **tabs(viewer),
    }
    return render(request, "rosters/import.html", context, status=422 if form.errors else 200)


# To be decided: swaps and plans


@require_GET
def decide(request: Request) -> HttpResponse:
    viewer = request.actor
    must_read(viewer)
    swaps = list(queries.swaps_to_approve(viewer)[:_ROWS_SHOWN])
    plans = list(queries.proposals_visible_to(viewer)[:20])
    context = {
        "swaps": swap_rows(viewer, swaps),
        "plans": [(plan, names_of(viewer, [plan.area_path])[plan.area_path]) for plan in plans],
        "reason_form": ReasonForm(),
        "may": viewer.may(Duty.KEEP_ROSTER),
        **tabs(viewer),
    }
    return render(request, "rosters/decide.html", context)


def swap_rows(viewer: Actor, swaps: Sequence[Swap]) -> list[tuple[Any, ...]]:
    people = {swap.to_id for swap in swaps} | {swap.turn.member_id for swap in swaps}
    names = workforce.named(viewer, people)
    return [(swap, names.get(swap.turn.member_id), names.get(swap.to_id)) for swap in swaps]


@require_POST
def make_plan(request: Request) -> HttpResponse:
    """Have a machine propose who fills the next seven days, or mends them after sick calls."""
    from fangxian.rosters.staffing import ask_for_plan  # noqa: PLC0415 - its engine is large

    kind = Proposal.Kind.REPAIR if "repair" in request.POST else Proposal.Kind.FILL
    first = today() + timedelta(days=1)
    ask_for_plan(
        request.actor,
        area_path=request.actor.within,
        from_day=first,
        until_day=first + timedelta(days=6),
        kind=kind,
    )
    messages.success(request, _("The plan is being made; it appears here when it is ready."))
    return redirect("rosters:decide")


@require_POST
def approve_swap(request: Request, swap_id: UUID) -> HttpResponse:
    actions.approve_swap(request.actor, swap_id)
    return redirect("rosters:decide")


@require_POST
def refuse_swap(request: Request, swap_id: UUID) -> HttpResponse:
    actions.refuse_swap(request.actor, swap_id, reason=request.POST.get("reason", ""))
    return redirect("rosters:decide")


@require_GET
def plan(request: Request, plan_id: UUID) -> HttpResponse:
    viewer = request.actor
    must_read(viewer)
    one = queries.get_proposal(viewer, plan_id)
    return _plan(request, one)


def _plan(request: Request, one: Proposal, filled: actions.Filled | None = None) -> HttpResponse:
    viewer = request.actor
    rows = one.rows[:_ROWS_SHOWN]
    shifts = (
        queries.shifts_visible_to(viewer)
        .select_related("post")
        .in_bulk([UUID(shift) for shift, _member in rows])
    )
    names = workforce.named(viewer, [UUID(member) for _shift, member in rows])
    context = {
        "plan": one,
        "place": names_of(viewer, [one.area_path])[one.area_path],
        "rows": [(shifts.get(UUID(shift)), names.get(UUID(member))) for shift, member in rows],
        "more": max(0, len(one.rows) - _ROWS_SHOWN),
        "bare": one.places - one.filled,
        "off": len(one.off),
        "may": viewer.may(Duty.KEEP_ROSTER, at=one.area_path),
        "filled": filled,
        **tabs(viewer),
    }
    return render(request, "rosters/plan.html", context)


@require_POST
def accept_plan(request: Request, plan_id: UUID) -> HttpResponse:
    filled = actions.accept_proposal(request.actor, plan_id)
    return _plan(request, queries.get_proposal(request.actor, plan_id), filled)


@require_POST
def drop_plan(request: Request, plan_id: UUID) -> HttpResponse:
    actions.drop_proposal(request.actor, plan_id)
    return redirect("rosters:decide")
