"""A resident's own pages. Whose they are comes from the session, never from the address."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_of_level
from fangxian.kernel.access import PLAYBOOK, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import Refusal
from fangxian.kernel.http import Request
from fangxian.people.actions import issue_code
from fangxian.people.printing import on_screen
from fangxian.resident import actions, actors, doorway, errors, queries
from fangxian.resident.doorway import Me, shown, signed_in
from fangxian.resident.forms import (
    INTENTS,
    AgainForm,
    AskForm,
    EmergencyForm,
    ObjectionForm,
    ScoreForm,
)

_LATEST = 3


def _of(me: Me, **said: Any) -> dict[str, Any]:
    return {"me": me, "now": now(), **said}


@require_GET
@signed_in
def home(request: HttpRequest, me: Me) -> HttpResponse:
    brief = queries.own_brief(me.actor, me.person.id)
    context = _of(me, brief=brief, latest=brief.tests[:_LATEST], said=request.GET.get("said", ""))
    return shown(request, "home", context)


@require_GET
@signed_in
def tests(request: HttpRequest, me: Me) -> HttpResponse:
    context = _of(
        me,
        owed=queries.owed_tests(me.actor, me.person.id),
        taken=queries.taken_tests(me.actor, me.person.id, at_most=100),
    )
    return shown(request, "tests", context)


@require_http_methods(["GET", "POST"])
@signed_in
def own_code(request: HttpRequest, me: Me) -> HttpResponse:
    """The code of the person on this screen. A new one is made on asking, never on looking."""
    drawn = None
    if request.method == "POST":
        keeper = actors.lent(me.actor, Duty.KEEP_REGISTER)
        drawn = on_screen(issue_code(keeper, me.person.id, renew="renew" in request.POST))
    return shown(request, "own_code", _of(me, shown=drawn))


@require_GET
@signed_in
def data(request: HttpRequest, me: Me) -> HttpResponse:
    context = _of(
        me,
        looked=queries.who_looked(me.actor, me.person.id),
        kept=queries.what_is_kept(me.actor, me.person.id),
        sessions=list(queries.sessions_of(me.actor, me.actor.id)[:10]) if me.own else [],
        proxies=queries.who_acts(me.actor, me.person.id),
    )
    return shown(request, "data", context)


@require_GET
@signed_in
def sheet(request: HttpRequest, me: Me) -> HttpResponse:
    made = actions.own_sheet(me.actor, me.person.id, language=get_language() or "zh-hans")
    response = HttpResponse(made, content_type="application/pdf")
    name = f"{_('my-sheet')}-{today():%Y%m%d}.pdf"
    attached = content_disposition_header(as_attachment=False, filename=name)
    response.headers["Content-Disposition"] = attached or "inline"
    return response


@require_http_methods(["GET", "POST"])
@signed_in
def object_to(request: HttpRequest, me: Me, kind: str, ground: UUID) -> HttpResponse:
    bound = queries.what_binds(me.actor, me.person.id)
    binding = next((one for one in bound if (one.kind, one.id) == (kind, ground)), None)
    if binding is None:
        raise errors.NobodyHere
    form = ObjectionForm(request.POST or None)
    if form.is_valid():
        actions.object_to(me.actor, me.person.id, kind, ground, text=form.cleaned_data["text"])
        return redirect(f"{reverse('resident:home')}?said=objected#binds")
    context = _of(me, form=form, binding=binding)
    return shown(request, "object", context, status=422 if form.errors else 200)


# Asking, declaring, help


@require_http_methods(["GET", "POST"])
@signed_in
def ask(request: HttpRequest, me: Me, intent: str) -> HttpResponse:
    if intent not in INTENTS:
        raise errors.NobodyHere
    form = AskForm(request.POST or None, intent=intent)
    if form.is_valid():
        said = form.cleaned_data
        made = actions.ask_for_help(
            me.actor,
            me.person.id,
            words=said["words"],
            category=said["category"],
            urgency="urgent" if said["soon"] else "ordinary",
            phone=said["phone"],
            board=said["board"] and intent == "help",
            id=said["id"],
        )
        return _to_request(made, "sent")
    brief = queries.own_brief(me.actor, me.person.id) if intent == "declare" else None
    context = _of(me, form=form, intent=intent, brief=brief)
    return shown(request, "ask", context, status=422 if form.errors else 200)


@require_GET
@signed_in
def request_(request: HttpRequest, me: Me, request_id: UUID) -> HttpResponse:
    return _request_page(request, me, request_id, said=request.GET.get("said", ""))


def _request_page(
    request: HttpRequest, me: Me, request_id: UUID, *, status: int = 200, **forms: Any
) -> HttpResponse:
    found = queries.own_request(me.actor, me.person.id, request_id)
    ended = found.state in {"done", "closed"} and found.close_reason not in _FOR_GOOD
    context = _of(
        me,
        one=found,
        score_form=ScoreForm() if ended and found.score is None else None,
        again_form=AgainForm() if ended else None,
        may_withdraw=found.state in {"raised", "accepted", "dispatched"},
    )
    return shown(request, "request", context | forms, status=status)


_FOR_GOOD = {"withdrawn", "transfer"}


@require_POST
@signed_in
def confirm(request: HttpRequest, me: Me, request_id: UUID) -> HttpResponse:
    form = ScoreForm(request.POST)
    if not form.is_valid():
        return _request_page(request, me, request_id, status=422, score_form=form)
    actions.judge_request(
        me.actor,
        me.person.id,
        request_id,
        stars=form.cleaned_data["score"],
        words=form.cleaned_data["words"],
    )
    return _to_request(request_id, "thanks")


@require_POST
@signed_in
def reopen(request: HttpRequest, me: Me, request_id: UUID) -> HttpResponse:
    form = AgainForm(request.POST)
    if not form.is_valid():
        return _request_page(request, me, request_id, status=422, again_form=form)
    actions.reopen_request(me.actor, me.person.id, request_id, why=form.cleaned_data["words"])
    return _to_request(request_id, "again")


@require_POST
@signed_in
def withdraw(request: HttpRequest, me: Me, request_id: UUID) -> HttpResponse:
    actions.withdraw_request(me.actor, me.person.id, request_id)
    return _to_request(request_id, "withdrawn")


def _to_request(request_id: UUID, said: str) -> HttpResponse:
    return redirect(f"{reverse('resident:request', args=[request_id])}?said={said}")


# Care at once: with and without signing in


@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest) -> HttpResponse:
    """Never refused: whatever is filled in is taken, and if all fails the page says to call 120."""
    me = doorway.me_of(request)
    homes = [] if me else list(areas_of_level(PLAYBOOK, Area.Level.COMMUNITY))
    mine = me is not None
    if request.method != "POST":
        form = EmergencyForm(homes=homes, mine=mine)
        return shown(request, "emergency", {"me": me, "form": form, "calm": True})
    said = EmergencyForm(request.POST, homes=homes, mine=mine).said()
    number, failed = "", False
    try:
        if me is not None:
            said |= {"area_path": me.person.area_path, "person_id": me.person.id, "myself": False}
        number = actions.call_for_emergency(me.actor if me else PLAYBOOK, **said)
    except Refusal:
        failed = True
    context = {"me": me, "number": number, "failed": failed, "calm": True}
    return shown(request, "emergency_sent", context)


# For whoever answers the line


@require_GET
def brief(request: Request, resident_id: UUID) -> HttpResponse:
    """What stands on a caller's own page, to be read out. For accounts alone."""
    found = queries.resident_brief(request.actor, resident_id)
    template = "resident/_brief.html" if request.htmx else "resident/brief.html"
    return render(request, template, {"brief": found, "now": now()})


@require_POST
def close_for(request: Request, resident_id: UUID) -> HttpResponse:
    """Whoever is on the line says that somebody else has their card or phone."""
    actions.close_for(request.actor, resident_id)
    messages.success(request, _("Closed on every device. Withdraw the card, too, if it is lost."))
    return redirect("resident:brief", resident_id)
