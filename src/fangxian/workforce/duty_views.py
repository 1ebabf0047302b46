"""Check-in and secondment: who is where, what is needed, who was sent and who has come."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import area_at, names_of
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import today
from fangxian.kernel.http import Request, paged
from fangxian.workforce import about, actions, forms, queries
from fangxian.workforce.checking_in import place_words
from fangxian.workforce.member_views import tabs
from fangxian.workforce.models import CheckIn, Need, Wanted
from fangxian.workforce.printing import poster
from fangxian.workforce.seconding import THERE
from fangxian.workforce.views import communities, must_see, places

_WEEK = timedelta(days=7)  # what the form suggests, no rule


class CheckInRow(NamedTuple):
    check_in: CheckIn
    who: str
    words: str
    place: str


def _rows(viewer: Actor, found: list[CheckIn]) -> list[CheckInRow]:
    named = names_of(viewer, [one.area_path for one in found if one.area_path])
    rows = []
    for one in found:
        who, words = "", ""
        if one.member is not None:
            colleague = about.named_of(one.member)
            who, words = colleague.name, one.member.unit_elsewhere or colleague.post_words
        elif one.organisation is not None:
            who, words = one.organisation.name, str(one.organisation.get_kind_display())
        rows.append(CheckInRow(one, who, words, one.elsewhere or named[one.area_path]))
    return rows


@require_GET
def check_ins(request: Request) -> HttpResponse | FileResponse:
    """Who is checked in here, which of ours are elsewhere, and who is locked in at home."""
    viewer = request.actor
    must_see(viewer)
    found = queries.checked_in_at(viewer, request.GET.get("place", ""))
    if sheets.wanted(request):
        return _as_file(request, found)
    page = paged(found, request.GET.get("mark", ""))
    locked = list(queries.locked_in(viewer)[:50])
    homes = names_of(viewer, [one.lives_at for one in locked])
    context = {
        "page": page,
        "rows": _rows(viewer, page.rows),
        "people": found.filter(member__isnull=False).count(),
        "units": found.filter(organisation__isnull=False).count(),
        "elsewhere": _rows(viewer, list(queries.checked_in_elsewhere(viewer)[:30])),
        "locked_in": [
            (one, about.named_of(one), homes[one.lives_at], about.open_check_in(one))
            for one in locked
        ],
        "posters": communities(viewer),
        "may_keep": viewer.may(Duty.KEEP_ROSTER),
        "tab": "check_ins",
        **tabs(viewer),
    }
    return render(request, "workforce/check_ins.html", context)


def _as_file(request: Request, found: Any) -> FileResponse:
    header = [
        _("Receipt number"),
        _("Name"),
        _("Comes from"),
        _("Checked in at"),
        _("Way"),
        _("Time"),
    ]

    def shown(rows: list[CheckIn]) -> Iterator[list[Any]]:
        for row in _rows(request.actor, rows):
            one = row.check_in
            who = str(one.member.name) if one.member else row.who
            yield [one.code, who, row.words, row.place, one.get_way_display(), one.at]

    return sheets.download(request, sheets.List.CHECK_INS, header, sheets.by_chunks(found, shown))


@require_POST
def offer_locked_in(request: Request, member_id: UUID) -> HttpResponse:
    [made] = actions.offer_locked_in(request.actor, [member_id])
    messages.success(
        request, _("They help where they live: %(place)s.") % {"place": place_words(made)}
    )
    return redirect("workforce:check_ins")


@require_GET
def print_poster(request: Request) -> HttpResponse:
    """The poster of a community, at which people check in by their own phone."""
    viewer = request.actor
    must_see(viewer)
    area = area_at(viewer, request.GET.get("place", ""))
    made = poster(viewer, area, request.build_absolute_uri("/force/here/"))
    return HttpResponse(made, content_type="application/pdf")


# Secondment


class NeedRow(NamedTuple):
    need: Need
    place: str


@require_GET
def needs(request: Request) -> HttpResponse:
    """Gaps on both sides: what places lack, and what units have on the way."""
    viewer = request.actor
    must_see(viewer)
    return _needs(request)


def _needs(request: Request, *, status: int = 200, form: Any = None) -> HttpResponse:
    viewer = request.actor
    found = queries.needs_open(viewer)
    named = names_of(viewer, [need.area_path for need in found])
    balance = queries.balance(viewer)
    week = {"since": today(), "until": today() + _WEEK}
    context = {
        "rows": [NeedRow(need, named[need.area_path]) for need in found],
        "missing": sum(need.missing for need in found),  # type: ignore[attr-defined]
        "on_the_way": sum(need.sent for need in found),  # type: ignore[attr-defined]
        "received": sum(need.received for need in found),  # type: ignore[attr-defined]
        "units": queries.units_sending(viewer)[:30],
        "met": queries.needs_visible_to(viewer)
        .filter(state=Need.State.MET, until__gte=today())
        .count(),
        "gaps": [one for one in balance if one.missing][:10],
        "surplus": [one for one in balance if one.checked_in and not one.missing][:10],
        "form": form or forms.NeedForm(places=places(viewer), initial=week),
        "may_state": viewer.may(Duty.KEEP_ROSTER) or viewer.may(Duty.DISPATCH),
        "tab": "needs",
        **tabs(viewer),
    }
    return render(request, "workforce/needs.html", context, status=status)


@require_POST
def state_need(request: Request) -> HttpResponse:
    form = forms.NeedForm(request.POST, places=places(request.actor))
    if not form.is_valid():
        return _needs(request, status=422, form=form)
    said = dict(form.cleaned_data)
    need = actions.state_need(request.actor, area_path=said.pop("place"), **said)
    messages.success(request, _("Stated. Units that can send people see it now."))
    return redirect("workforce:need", need.id)


@require_GET
def need(request: Request, need_id: UUID) -> HttpResponse:
    must_see(request.actor)
    return _need(request, need_id)


def _need(
    request: Request, need_id: UUID, *, status: int = 200, form: django_forms.Form | None = None
) -> HttpResponse:
    viewer = request.actor
    one = about.with_gaps(queries.needs_visible_to(viewer)).filter(id=need_id).first()
    if one is None:
        one = queries.get_need(viewer, need_id)
    sendings = list(queries.sendings_of(viewer, one.id))
    missing = one.headcount - sum(sending.state in THERE for sending in sendings)
    units = {sending.unit_id: sending.unit for sending in sendings}
    keeps = viewer.may(Duty.KEEP_ROSTER, at=one.area_path)
    context = {
        "need": one,
        "place": names_of(viewer, [one.area_path])[one.area_path],
        "missing": missing,
        "sendings": [(sending, about.named_of(sending.member)) for sending in sendings],
        "to_receive": any(sending.state == "sent" for sending in sendings),
        "units": [
            (unit, any(s.unit_id == unit.id and s.state == "received" for s in sendings))
            for unit in units.values()
        ],
        "form": form or forms.SendForm(units=_senders(viewer), missing=missing),
        "may_send": viewer.may(Duty.KEEP_ROSTER) and one.state == Need.State.OPEN and missing > 0,
        "may_receive": any(
            viewer.may(duty, at=one.area_path)
            for duty in (Duty.KEEP_ROSTER, Duty.DISPATCH, Duty.CARRY_OUT)
        ),
        "may_withdraw": keeps and one.state == Need.State.OPEN,
        "keeps": viewer.may(Duty.KEEP_ROSTER),
        "tab": "needs",
        **tabs(viewer),
    }
    return render(request, "workforce/need.html", context, status=status)


def _senders(viewer: Actor) -> Any:
    return queries.units_with_people(viewer)[:300]


@require_POST
def send(request: Request, need_id: UUID) -> HttpResponse:
    """So many of a unit's people; those with the skill that is asked for go first."""
    viewer = request.actor
    form = forms.SendForm(request.POST, units=_senders(viewer), missing=1)
    if not form.is_valid():
        return _need(request, need_id, status=422, form=form)
    one = queries.get_need(viewer, need_id)
    unit, wanted = form.cleaned_data["unit"], form.cleaned_data["people"]
    able = list(queries.can_be_sent(viewer, unit, skill=one.skill)[:wanted])
    if len(able) < wanted and one.skill:
        chosen = [member.id for member in able]
        more = queries.can_be_sent(viewer, unit).exclude(id__in=chosen)
        able += list(more[: wanted - len(able)])
    if len(able) < wanted:
        form.add_error(
            "people",
            _("Only %(people)d of this unit are ready and free.") % {"people": len(able)},
        )
        return _need(request, need_id, status=422, form=form)
    actions.send_people(viewer, need_id, [member.id for member in able], unit_id=unit)
    messages.success(request, _("Sent. The community confirms who has come."))
    return redirect("workforce:need", need_id)


@require_POST
def receive(request: Request, need_id: UUID) -> HttpResponse:
    came = [UUID(word) for word in request.POST.getlist("came")]
    absent = [UUID(word) for word in request.POST.getlist("not_come")]
    actions.receive_people(request.actor, need_id, came=came, not_come=absent)
    messages.success(request, _("Noted who has come and who has not."))
    return redirect("workforce:need", need_id)


@require_POST
def acknowledge(request: Request, need_id: UUID, unit_id: UUID) -> HttpResponse:
    actions.acknowledge_receipt(request.actor, need_id, unit_id=unit_id)
    messages.success(request, _("Acknowledged."))
    return redirect("workforce:need", need_id)


@require_POST
def recall(request: Request, need_id: UUID, unit_id: UUID) -> HttpResponse:
    one = queries.get_need(request.actor, need_id)
    people = one.sendings.filter(unit_id=unit_id, state__in=THERE)
    if chosen := request.POST.getlist("who"):
        people = people.filter(member_id__in=[UUID(word) for word in chosen])
    actions.recall_people(
        request.actor,
        list(people.values_list("member_id", flat=True)),
        unit_id=unit_id,
        why=request.POST.get("why", ""),
    )
    messages.success(request, _("Called back. The gap is open again and stands first."))
    return redirect("workforce:need", need_id)


@require_POST
def withdraw(request: Request, need_id: UUID) -> HttpResponse:
    actions.withdraw_need(request.actor, need_id)
    messages.success(request, _("Nobody more is sent."))
    return redirect("workforce:needs")


# The claim board


@require_http_methods(["GET", "POST"])
def board(request: Request) -> HttpResponse:
    viewer = request.actor
    keeps = viewer.may(Duty.KEEP_ROSTER) or viewer.may(Duty.DISPATCH)
    form = forms.WantedForm(request.POST or None, places=places(viewer)) if keeps else None
    if form is not None and form.is_valid():
        said = dict(form.cleaned_data)
        actions.put_on_board(viewer, area_path=said.pop("place"), **said)
        messages.success(request, _("It is on the board."))
        return redirect("workforce:board")
    page = paged(
        queries.board(viewer, kind=request.GET.get("kind", "")), request.GET.get("mark", "")
    )
    named = names_of(viewer, [one.area_path for one in page.rows])
    own = queries.member_of(viewer)
    context = {
        "form": form,
        "page": page,
        "rows": [
            (one, named[one.area_path], one.headcount - one.taken)  # type: ignore[attr-defined]
            for one in page.rows
        ],
        "member": own,
        "mine": set(about.claimed_by(own).values_list("id", flat=True)) if own else set(),
        "units": list(_senders(viewer)) if viewer.may(Duty.KEEP_ROSTER) else [],
        "kind": request.GET.get("kind", ""),
        "kinds": [("", _("all")), *_kinds()],
        "keeps": keeps,
        "tab": "board",
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "workforce/board.html", context, status=status)


def _kinds() -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in Wanted.Kind.choices]


@require_POST
def claim(request: Request, wanted_id: UUID) -> HttpResponse:
    unit = request.POST.get("unit", "")
    actions.claim(
        request.actor,
        wanted_id,
        organisation_id=UUID(unit) if unit else None,
        people=int(request.POST.get("people") or 1),
    )
    messages.success(request, _("Yours. Whoever asked for it is told."))
    return redirect("workforce:board" if unit else "workforce:mine")


@require_POST
def give_back(request: Request, wanted_id: UUID) -> HttpResponse:
    actions.give_back(request.actor, wanted_id)
    messages.success(request, _("Given back; others can take it."))
    return redirect("workforce:mine")


@require_POST
def close(request: Request, wanted_id: UUID) -> HttpResponse:
    done = request.POST.get("done") == "yes"
    minutes = int(request.POST.get("minutes") or 0)
    actions.close_wanted(request.actor, wanted_id, done=done, minutes=minutes)
    messages.success(request, _("Off the board."))
    return redirect("workforce:board")
