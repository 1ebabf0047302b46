"""The operator's screens. Made for the keyboard: every step has a key, no step needs the mouse."""

from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import area_at, areas_of_level, first_area, names_of
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Request as HttpRequest
from fangxian.kernel.http import live_page
from fangxian.kernel.ids import new_id
from fangxian.people.queries import brief, by_phone, household_of, needs_by_resident
from fangxian.requests import actions, calls, forms, queries
from fangxian.requests.library import NewAnswer
from fangxian.requests.models import Answer, Call, Category, Exchange, Urgency
from fangxian.requests.scripts import scripts, shipped_answers
from fangxian.requests.views import TONES, tabs

_SHOWN_WAITING = 20


# The queue


@require_GET
def hotline(request: HttpRequest) -> HttpResponse:
    """Who waits, my line, and the next call."""
    viewer = request.actor
    viewer.must(Duty.ANSWER_CALLS)
    if own := queries.own_call(viewer):
        return redirect("requests:call", own.id)
    rows = list(queries.waiting_calls(viewer)[:_SHOWN_WAITING])
    since = localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    people = brief(PLAYBOOK, {one.resident_id for one in rows if one.resident_id})
    context = {
        "rows": [(one, people.get(one.resident_id) if one.resident_id else None) for one in rows],
        "figures": queries.hotline_figures(viewer, since=since),
        "line": queries.own_line(viewer),
        "free": queries.lines_visible_to(viewer).filter(operator=None).count(),
        "manual_form": forms.ManualCallForm(),
        "script": scripts()["greeting"],
        "tab": "hotline",
        **tabs(viewer),
    }
    return live_page(request, "requests/hotline.html", "requests/_queue.html", context)


@require_POST
def sit(request: HttpRequest) -> HttpResponse:
    line = actions.sit_down(request.actor)
    messages.success(request, _("You sit at line %(line)s.") % {"line": line.number})
    return redirect("requests:hotline")


@require_POST
def stand(request: HttpRequest) -> HttpResponse:
    actions.stand_up(request.actor)
    messages.success(request, _("Your line is free for somebody else."))
    return redirect("requests:hotline")


@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    return redirect("requests:call", actions.take_next_call(request.actor).id)


@require_POST
def take(request: HttpRequest, call_id: UUID) -> HttpResponse:
    return redirect("requests:call", actions.take_call(request.actor, call_id).id)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    form = forms.ManualCallForm(request.POST)
    phone = form.cleaned_data["phone"] if form.is_valid() else ""
    return redirect("requests:call", actions.start_call(request.actor, phone=phone).id)


# A call


@require_GET
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    return _page(request, call_id)


def _page(
    request: HttpRequest,
    call_id: UUID,
    *,
    opened: str = "",
    bad: tuple[str, django_forms.Form] | None = None,
) -> HttpResponse:
    viewer = request.actor
    one = queries.get_call(viewer, call_id)
    if one.state == Call.State.ENDED or one.taken_by_id != viewer.id:
        return render(request, "requests/call_over.html", {"one": one, **tabs(viewer)})
    home = one.resident.area_path if one.resident else ""
    areas = _areas(viewer, home)
    household = _household(one)
    campaigns = queries.campaigns_to_declare_for(viewer)
    shown: dict[str, Any] = {
        "help_form": forms.HelpForm(
            areas=areas,
            people=[(str(id_), str(who.name)) for id_, who in household.items()],
            initial={
                "area": home or areas[0][0] if areas else "",
                "people": [str(one.resident_id)] if one.resident_id else [],
                "request_id": new_id(),
            },
        ),
        "emergency_form": forms.EmergencyForm(areas=areas, initial={"area": home}),
        "own_words_form": forms.OwnWordsForm(),
        "abuse_form": forms.AbuseForm(),
        "declare_form": forms.DeclareForm(
            campaigns=[(str(one.id), f"{one.name} · {one.place_said}") for one in campaigns]
        )
        if campaigns
        else None,
    }
    if bad is not None:
        shown[bad[0]] = bad[1]
    said = scripts()
    asked = queries.requests_of_caller(viewer, one)
    context = {
        "one": one,
        "caller": brief(PLAYBOOK, [one.resident_id]).get(one.resident_id)
        if one.resident_id
        else None,
        "home": names_of(PLAYBOOK, [home])[home] if home else "",
        "needs": needs_by_resident(PLAYBOOK, [one.resident_id]).get(one.resident_id, [])
        if one.resident_id
        else [],
        "may_be": _may_be(one),
        "earlier": queries.calls_of_caller(viewer, one),
        "asked": [(request_, TONES[request_.state]) for request_ in asked],
        "answers": queries.answers_for(viewer, ""),
        "scripts": said,
        "opened": "emergency" if one.emergency else opened or "ask",
        "tab": "hotline",
        **shown,
        **tabs(viewer),
    }
    return render(request, "requests/call.html", context, status=422 if bad else 200)


def _areas(viewer: Actor, home: str) -> list[tuple[str, str]]:
    """Where it may be: the caller's home first, then the communities, then all of it."""
    rows = [(one.path, one.name) for one in areas_of_level(viewer, Area.Level.COMMUNITY)]
    where = area_at(viewer, viewer.within) if viewer.within else first_area(viewer)
    if where is not None:
        rows.append((where.path, _("somewhere in %(place)s") % {"place": where.name}))
    if home and viewer.sees(home):
        rows.insert(0, (home, names_of(PLAYBOOK, [home])[home]))
    return rows


def _household(one: Call) -> dict[UUID, Any]:
    if one.resident_id is None:
        return {}
    found = household_of(PLAYBOOK, one.resident_id)
    ids = [person.id for person in found] or [one.resident_id]
    return brief(PLAYBOOK, ids)


def _may_be(one: Call) -> list[tuple[UUID, Any]]:
    """Who else of the register has this number."""
    number = calls.plain_phone(one)
    if not number:
        return []
    ids = list(by_phone(PLAYBOOK, number).values_list("id", flat=True)[:8])
    known = brief(PLAYBOOK, ids)
    return [(id_, known[id_]) for id_ in ids if id_ in known and id_ != one.resident_id]


@require_GET
def answers(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """What the library says to what is typed; asked again while typing."""
    request.actor.must(Duty.ANSWER_CALLS)
    found = queries.answers_for(request.actor, request.GET.get("q", ""))
    context = {"answers": found, "call_id": call_id, "q": request.GET.get("q", "")}
    return render(request, "requests/_answers.html", context)


@require_POST
def recognise(request: HttpRequest, call_id: UUID) -> HttpResponse:
    said = request.POST.get("resident", "")
    who = UUID(said) if said else None
    actions.recognise_caller(request.actor, call_id, resident_id=who)
    return redirect("requests:call", call_id)


@require_POST
def answer(request: HttpRequest, call_id: UUID) -> HttpResponse:
    chosen = request.POST.get("answer", "")
    if chosen:
        actions.answer_call(request.actor, call_id, answer_id=UUID(chosen))
        return _next(request, _("Answered."))
    form = forms.OwnWordsForm(request.POST)
    if not form.is_valid():
        return _page(request, call_id, opened="ask", bad=("own_words_form", form))
    actions.answer_call(request.actor, call_id, words=form.cleaned_data["words"])
    return _next(request, _("Answered."))


@require_POST
def declare(request: HttpRequest, call_id: UUID) -> HttpResponse:
    viewer = request.actor
    campaigns = queries.campaigns_to_declare_for(viewer)
    form = forms.DeclareForm(request.POST, campaigns=[(str(one.id), one.name) for one in campaigns])
    if not form.is_valid():
        return _page(request, call_id, opened="declare", bad=("declare_form", form))
    said = form.cleaned_data
    one = actions.declare_in_call(
        viewer,
        call_id,
        campaign_id=UUID(said["campaign"]),
        name=said["name"],
        identity=said["identity"],
        was_there=said["was_there"],
        stays=form.stays,
    )
    words = _("Declared. The number of the receipt is %(code)s.") % {"code": one.declaration}
    return _next(request, words)


@require_POST
def help_(request: HttpRequest, call_id: UUID) -> HttpResponse:
    viewer = request.actor
    one = queries.get_call(viewer, call_id)
    home = one.resident.area_path if one.resident else ""
    household = _household(one)
    form = forms.HelpForm(
        request.POST,
        areas=_areas(viewer, home),
        people=[(str(id_), str(who.name)) for id_, who in household.items()],
    )
    if not form.is_valid():
        return _page(request, call_id, opened="help", bad=("help_form", form))
    said = form.cleaned_data
    made = actions.request_in_call(
        viewer,
        call_id,
        words=said["words"],
        category=said["category"],
        urgency=said["urgency"],
        area_path=said["area"],
        place=said["place"],
        people=[UUID(person) for person in said.get("people", [])],
        intent=Call.Intent.DECLARE if said["category"] == Category.DECLARATION else "help",
        request_id=said["request_id"],
    )
    words = _("Taken down as %(code)s. Tell the caller the number.") % {"code": made.code}
    return _next(request, words)


@require_POST
def emergency(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """Help is sent at once; what is not known is found out by those who go."""
    viewer = request.actor
    one = actions.mark_emergency(viewer, call_id)
    home = one.resident.area_path if one.resident else ""
    form = forms.EmergencyForm(request.POST, areas=_areas(viewer, home))
    said = form.cleaned_data if form.is_valid() else {}
    made = actions.request_in_call(
        viewer,
        call_id,
        words=said.get("words", ""),
        category=Category.EMERGENCY,
        urgency=Urgency.VERY_URGENT,
        area_path=said.get("area", ""),
        place=said.get("place", ""),
        what=said.get("what", ""),
    )
    messages.success(
        request, _("Help is on its way: %(code)s. Stay on the line.") % {"code": made.code}
    )
    return redirect("requests:request", made.id)


@require_POST
def line_died(request: HttpRequest, call_id: UUID) -> HttpResponse:
    one = actions.line_died(request.actor, call_id)
    if one.state == Call.State.ENDED:
        return _next(request, _("The call is on record; the number could not be called back."))
    return _next(request, _("The number stands in the queue to be called back."))


@require_POST
def warn(request: HttpRequest, call_id: UUID) -> HttpResponse:
    actions.warn_caller(request.actor, call_id)
    return redirect("requests:call", call_id)


@require_POST
def abuse(request: HttpRequest, call_id: UUID) -> HttpResponse:
    form = forms.AbuseForm(request.POST)
    if not form.is_valid():
        return _page(request, call_id, bad=("abuse_form", form))
    actions.end_for_abuse(request.actor, call_id, words=form.cleaned_data["words"])
    return _next(request, _("Ended. The number is not blocked."))


def _next(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("requests:hotline")


# The library, lines and telephone systems


@require_GET
def library(request: HttpRequest) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.ANSWER_CALLS)
    words = request.GET.get("q", "")
    context = {
        "answers": queries.answers_for(viewer, words, most=60),
        "q": words,
        "empty": not queries.answers_visible_to(viewer).exists(),
        "tab": "library",
        **tabs(viewer),
    }
    return render(request, "requests/library.html", context)


@require_POST
def begin_library(request: HttpRequest) -> HttpResponse:
    made = actions.set_answers(request.actor, shipped_answers(), area_path=_own_area(request))
    messages.success(request, _("%(n)d answers were put in. Check them.") % {"n": made})
    return redirect("requests:library")


@require_http_methods(["GET", "POST"])
def edit_answer(request: HttpRequest, answer_id: UUID | None = None) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.ANSWER_CALLS)
    known: Answer | None = None
    if answer_id is not None:
        known = queries.answers_visible_to(viewer).filter(id=answer_id).first()
    fields = ("category", "question", "answer", "question_en", "answer_en", "keywords", "source")
    initial = {name: getattr(known, name) for name in fields} if known else {}
    form = forms.AnswerEditForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        actions.set_answer(
            viewer,
            NewAnswer(**form.cleaned_data),
            area_path=_own_area(request),
            answer_id=answer_id,
        )
        messages.success(request, _("From now on this is what callers are told."))
        return redirect("requests:library")
    context = {"form": form, "known": known, "tab": "library", **tabs(viewer)}
    return render(
        request, "requests/edit_answer.html", context, status=422 if form.is_bound else 200
    )


@require_POST
def withdraw_answer(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    actions.withdraw_answer(request.actor, answer_id)
    messages.success(request, _("Taken out. Nobody is told this any more."))
    return redirect("requests:library")


def _own_area(request: HttpRequest) -> str:
    viewer = request.actor
    if viewer.within:
        return viewer.within
    district = areas_of_level(viewer, Area.Level.DISTRICT).first() or first_area(viewer)
    return district.path if district else ""


@require_http_methods(["GET", "POST"])
def lines(request: HttpRequest) -> HttpResponse:
    """Lines, who sits at them, and the telephone systems that report calls."""
    viewer = request.actor
    if not {Duty.DISPATCH, Duty.ANSWER_CALLS, Duty.MANAGE_ACCOUNTS} & viewer.duties:
        viewer.must(Duty.ANSWER_CALLS)
    secret = ""
    lines_form = forms.LinesForm(request.POST if "how_many" in request.POST else None)
    exchange_form = forms.ExchangeForm(request.POST if "name" in request.POST else None)
    if lines_form.is_bound and lines_form.is_valid():
        said = lines_form.cleaned_data
        numbers = [f"{n:02d}" for n in range(said["first"], said["first"] + said["how_many"])]
        made = actions.open_lines(viewer, numbers, area_path=_own_area(request))
        messages.success(request, _("%(n)d lines were opened.") % {"n": made})
        return redirect("requests:lines")
    if exchange_form.is_bound and exchange_form.is_valid():
        _exchange, secret = actions.connect_exchange(
            viewer, name=exchange_form.cleaned_data["name"], area_path=_own_area(request)
        )
    rows = queries.lines_visible_to(viewer).select_related("operator").order_by("number")
    context = {
        "lines": list(rows[:200]),
        "exchanges": Exchange.objects.filter(
            area_path__startswith=viewer.within, withdrawn_at=None
        ).order_by("set_at"),
        "lines_form": lines_form if Duty.DISPATCH in viewer.duties else None,
        "exchange_form": exchange_form if Duty.MANAGE_ACCOUNTS in viewer.duties else None,
        "secret": secret,
        "tab": "lines",
        **tabs(viewer),
    }
    return render(request, "requests/lines.html", context)


@require_POST
def disconnect(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    actions.disconnect_exchange(request.actor, exchange_id)
    messages.success(request, _("Disconnected. Nothing that it sends is taken any more."))
    return redirect("requests:lines")
