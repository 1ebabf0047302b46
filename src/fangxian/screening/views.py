"""The pages of screening for whoever is signed in. Residents' own page is in declare_views.py."""

import base64
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages as notes
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_of_level, areas_visible_to, first_area, names_of
from fangxian.kernel import sheets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.http import Request, paged
from fangxian.measures.queries import orders_about
from fangxian.people import sheets as uploads
from fangxian.people.queries import Brief, brief
from fangxian.protocol.queries import in_force
from fangxian.screening import (
    actions,
    declaring,
    forms,
    handing,
    lists,
    messages,
    queries,
)
from fangxian.screening.follow_ups import screening_of
from fangxian.screening.models import Campaign, Channel, FollowUp, HandOver, InboundList, Trip

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TONES = {
    "to_reach": "wait",
    "reached": "open",
    "at_risk": "late",
    "under_measure": "open",
    "handed_over": "open",
    "closed": "done",
}
_LIST_TONES = {
    "columns": "wait",
    "waiting": "wait",
    "running": "open",
    "done": "done",
    "refused": "late",
}


class Card(NamedTuple):
    """One person in a list, with what is to be done next."""

    one: FollowUp
    person: Brief | None
    place: str
    tone: str
    late: bool
    trips: list[Trip]


def _tabs(viewer: Actor) -> dict[str, Any]:
    return {
        "runs": bool(queries.RUNNERS & viewer.duties),
        "letters_open": queries.hand_overs_open(viewer).count(),
        "mine_count": queries.my_people(viewer).count(),
    }


def _cards(viewer: Actor, rows: list[FollowUp]) -> list[Card]:
    places = names_of(viewer, {one.area_path for one in rows})
    # Whoever is sent to somebody may know who it is, without reading the register; names masked.
    people = brief(PLAYBOOK, {one.resident_id for one in rows})
    trips = queries.trips_of(viewer, [one.id for one in rows])
    at = now()
    return [
        Card(
            one,
            people.get(one.resident_id),
            places[one.area_path],
            _TONES[one.state],
            one.state != FollowUp.State.CLOSED and one.due_at < at,
            trips.get(one.id, []),
        )
        for one in rows
    ]


# Campaigns


@require_GET
def campaigns(request: Request) -> HttpResponse:
    """What is under way; what is still to be reached stands first."""
    viewer = request.actor
    if not (queries.RUNNERS | {Duty.DISPATCH, Duty.AUDIT}) & viewer.duties:
        return redirect("screening:mine")
    page = paged(queries.campaigns_visible_to(viewer), request.GET.get("mark", ""), size=20)
    places = names_of(viewer, {one.area_path for one in page.rows})
    rows = [(one, places[one.area_path], queries.figures(viewer, one)) for one in page.rows]
    context = {
        "page": page,
        "rows": rows,
        "to_reach": sum(counted.to_reach for one, _place, counted in rows if one.open),
        **_tabs(viewer),
    }
    return render(request, "screening/campaigns.html", context)


@require_http_methods(["GET", "POST"])
def new_campaign(request: Request) -> HttpResponse:
    viewer = request.actor
    where = first_area(viewer)
    areas = [
        *([where] if where else []),
        *areas_of_level(viewer, Area.Level.SUBDISTRICT),
        *areas_of_level(viewer, Area.Level.COMMUNITY),
    ]
    numbers = screening_of(in_force(now(), viewer.within or (where.path if where else "")))
    initial = {
        "ground": Campaign.Ground.LISTS,
        "since": today() - timedelta(days=14),
        "ends_at": localtime(now()).replace(second=0, microsecond=0) + numbers.longest.length / 2,
        "area": where.path if where else "",
        "channels": ["declaration", "phone", "visit"],
    }
    form = forms.CampaignForm(request.POST or None, initial=initial, areas=areas)
    if form.is_valid() and (begun := _begin(viewer, form)):
        return redirect("screening:campaign", begun.id)
    context = {
        "form": form,
        "longest": numbers.longest.length.days,
        "back": numbers.longest_look_back.length.days,
        "kept": numbers.forget_without_risk.length.days,
        **_tabs(viewer),
    }
    status = 422 if form.is_bound else 200
    return render(request, "screening/new_campaign.html", context, status=status)


def _begin(viewer: Actor, form: forms.CampaignForm) -> Campaign | None:
    said = form.cleaned_data
    place = ""
    if said["ground"] == Campaign.Ground.BUILDING:
        found = _place_named(viewer, said["area"], said["building"] or said["place_said"])
        if found is None:
            form.add_error("building", _("No such building or community there. Write its name."))
            return None
        place = found
    return actions.begin_campaign(
        viewer,
        name=said["name"],
        ground=said["ground"],
        place_said=said["place_said"],
        since=said["since"],
        area_path=said["area"],
        channels=said["channels"],
        ends_at=said["ends_at"],
        place_path=place,
    )


def _place_named(viewer: Actor, within: str, text: str) -> str | None:
    levels = (Area.Level.COMMUNITY, Area.Level.GRID, Area.Level.BUILDING)
    found = areas_visible_to(viewer).filter(
        path__startswith=within, level__in=levels, name=text.strip(), ended_at=None
    )
    paths = list(found.values_list("path", flat=True)[:2])
    return paths[0] if len(paths) == 1 else None


@require_GET
def campaign(request: Request, campaign_id: UUID) -> HttpResponse | FileResponse:
    return _campaign(request, campaign_id)


def _campaign(
    request: Request, campaign_id: UUID, *, status: int = 200, **invalid: django_forms.Form
) -> HttpResponse | FileResponse:
    viewer = request.actor
    found = queries.get_campaign(viewer, campaign_id)
    level = _level_below(viewer, found)
    by_area = queries.figures_by_area(viewer, found, level=level)
    if sheets.wanted(request):
        return _progress_as_file(request, by_area, found)
    runs = bool(queries.RUNNERS & viewer.duties) and viewer.sees(found.area_path)
    context = {
        "campaign": found,
        "place": names_of(viewer, [found.area_path])[found.area_path],
        "figures": queries.figures(viewer, found),
        "by_area": by_area,
        "without_post": queries.without_post(viewer, found),
        "lists": [(one, _LIST_TONES[one.state]) for one in queries.lists_of(viewer, found)[:10]],
        "sent": queries.messages_by_state(viewer, found),
        "channels": [str(Channel(word).label) for word in found.channels],
        "words": messages.words_of(found) if "message" in found.channels else "",
        "link": declaring.link_to(found) if "declaration" in found.channels else "",
        "kept": queries.days_kept(viewer, found),
        "list_form": forms.ListForm() if runs and found.open else None,
        "end_form": forms.ReasonForm() if runs and found.open else None,
        "sheets_form": _sheets_form(viewer, found),
        "may_run": runs,
        **invalid,
        **_tabs(viewer),
    }
    return render(request, "screening/campaign.html", context, status=status)


def _level_below(viewer: Actor, campaign: Campaign) -> str:
    """Streets for a district, communities for a street, grids for a community."""
    within = max(viewer.within, campaign.area_path, key=len)
    here = Area.objects.filter(path=within).first()
    below = {
        Area.Level.SUBDISTRICT: Area.Level.COMMUNITY,
        Area.Level.COMMUNITY: Area.Level.GRID,
        Area.Level.GRID: Area.Level.BUILDING,
    }
    return str(below.get(Area.Level(here.level), Area.Level.SUBDISTRICT) if here else "subdistrict")


def _sheets_form(viewer: Actor, campaign: Campaign) -> forms.SheetsForm | None:
    if "declaration" not in campaign.channels or Duty.CARRY_OUT not in viewer.duties:
        return None
    within = max(viewer.within, campaign.area_path, key=len)
    areas = list(areas_of_level(viewer, Area.Level.BUILDING, below=within)[:200])
    return forms.SheetsForm(areas=areas) if areas else None


def _progress_as_file(
    request: Request, by_area: list[tuple[Area, queries.Figures]], campaign: Campaign
) -> FileResponse:
    header = [
        _("Place"), _("Not yet reached"), _("People"), _("Person-times"),
        _("Reached, something unclear"), _("Was at a place of risk"), _("Under a measure"),
        _("Handed over"), _("Closed"), _("Overdue"),
    ]  # fmt: skip
    rows = (
        [
            area.name, one.to_reach, one.persons, one.person_times, one.reached, one.at_risk,
            one.under_measure, one.handed_over, one.closed, one.overdue,
        ]
        for area, one in by_area
    )  # fmt: skip
    return sheets.download(
        request, sheets.List.SCREENING, header, rows, area_path=campaign.area_path
    )


@require_POST
def end_campaign(request: Request, campaign_id: UUID) -> HttpResponse | FileResponse:
    form = forms.ReasonForm(request.POST)
    if not form.is_valid():
        return _campaign(request, campaign_id, status=422, end_form=form)
    actions.end_campaign(request.actor, campaign_id, **form.cleaned_data)
    return redirect("screening:campaign", campaign_id)


@require_GET
def poster(request: Request, campaign_id: UUID) -> HttpResponse:
    made = declaring.print_poster(request.actor, campaign_id)
    return pdf(made, _("poster"))


@require_POST
def household_sheets(request: Request, campaign_id: UUID) -> HttpResponse:
    area_path = request.POST.get("area_path", "")
    made = declaring.print_sheets(request.actor, campaign_id, area_path)
    return pdf(made, _("sheets"))


def pdf(made: bytes, name: str) -> HttpResponse:
    """Shown in the browser, to be printed from there."""
    response = HttpResponse(made, content_type="application/pdf")
    header = content_disposition_header(as_attachment=False, filename=f"{name}.pdf")
    response["Content-Disposition"] = header or "inline"
    return response


# Lists


@require_POST
def receive_list(request: Request, campaign_id: UUID) -> HttpResponse | FileResponse:
    form = forms.ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _campaign(request, campaign_id, status=422, list_form=form)
    upload = form.cleaned_data["file"]
    uploads.refuse_too_large(upload.size)
    kept = actions.receive_list(
        request.actor,
        campaign_id,
        upload.read(),
        upload.name,
        sender=form.cleaned_data["sender"],
        sender_kind=form.cleaned_data["sender_kind"],
    )
    return redirect("screening:list", kept.id)


@require_http_methods(["GET", "POST"])
def inbound_list(request: Request, list_id: UUID) -> HttpResponse:
    """How far it is; or, where its columns are not known, what they hold."""
    viewer = request.actor
    found = queries.get_list(viewer, list_id)
    if found.state != InboundList.State.COLUMNS or found.upload is None:
        return render(request, "screening/list.html", _of_list(found))
    headings = lists.headings_of(base64.b64decode(found.upload.reveal()), found.columns)
    form = forms.ColumnsForm(request.POST or None, headings=headings, known=found.columns)
    if form.is_valid():
        actions.name_columns(viewer, list_id, said=form.said)
        return redirect("screening:list", list_id)
    context = {"form": form, **_of_list(found)}
    return render(request, "screening/columns.html", context, status=422 if form.is_bound else 200)


@require_GET
def progress(request: Request, list_id: UUID) -> HttpResponse:
    found = queries.get_list(request.actor, list_id)
    return render(request, "screening/_progress.html", _of_list(found))


def _of_list(found: InboundList) -> dict[str, Any]:
    going_on = found.state in {InboundList.State.WAITING, InboundList.State.RUNNING}
    return {
        "run": found,
        "tone": _LIST_TONES[found.state],
        "going_on": going_on,
        "has_refused": bool(found.rows_refused) and not going_on and found.errors is not None,
    }


@require_GET
def refused(request: Request, list_id: UUID) -> FileResponse:
    found = queries.get_list(request.actor, list_id)
    name = found.file_name.rsplit(".", 1)[0] + "-" + _("rows not taken") + ".xlsx"
    file = queries.refused_rows(request.actor, found)
    return FileResponse(io.BytesIO(file), as_attachment=True, filename=name, content_type=_XLSX)


@require_POST
def discard(request: Request, list_id: UUID) -> HttpResponse:
    actions.discard_refused_rows(request.actor, list_id)
    notes.success(request, _("The rows that were not taken are deleted."))
    return redirect("screening:list", list_id)


# The ledger


@require_GET
def ledger(request: Request, campaign_id: UUID) -> HttpResponse | FileResponse:
    viewer = request.actor
    found = queries.get_campaign(viewer, campaign_id)
    form = forms.LedgerFilter(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    rows = queries.follow_ups_listed(viewer, found, **said)
    if sheets.wanted(request):
        return _ledger_as_file(request, found, rows)
    page = paged(rows, request.GET.get("mark", ""))
    below = said.get("below", "")
    context = {
        "campaign": found,
        "page": page,
        "cards": _cards(viewer, page.rows),
        "form": form,
        "part": names_of(viewer, [below])[below] if below else "",
        "figures": queries.figures(viewer, found, below=below),
        **_tabs(viewer),
    }
    return render(request, "screening/ledger.html", context)


def _ledger_as_file(request: Request, campaign: Campaign, rows: Any) -> FileResponse:
    header = [
        _("Number"), _("Name"), _("Place"), _("State"), _("Next step"), _("Due"),
        _("Who sees to it"), _("Times named"), _("Where they were"), _("Closed because"),
    ]  # fmt: skip
    states, nexts, reasons = sheets.labels(FollowUp.State, FollowUp.Next, FollowUp.CloseReason)

    def shown(chunk: list[FollowUp]) -> Iterator[list[Any]]:
        for card in _cards(request.actor, chunk):
            one = card.one
            yield [
                one.code, card.person.name if card.person else "", card.place, states[one.state],
                nexts[one.next_action], one.due_at,
                one.owner.display_name if one.owner else "", one.times,
                "; ".join(f"{t.place_said} {t.from_day} - {t.until_day}" for t in card.trips),
                reasons.get(one.close_reason, ""),
            ]  # fmt: skip

    chunks = sheets.by_chunks(rows, shown)
    return sheets.download(
        request, sheets.List.FOLLOW_UPS, header, chunks, area_path=campaign.area_path
    )


@require_GET
def mine(request: Request, campaign_id: UUID | None = None) -> HttpResponse:
    """Whom I am to speak to: one next action each. Phone first."""
    viewer = request.actor
    found = queries.get_campaign(viewer, campaign_id) if campaign_id else None
    people = queries.my_people(viewer, campaign_id)
    page = paged(people, request.GET.get("mark", ""), size=20)
    context = {
        "campaign": found,
        "page": page,
        "cards": _cards(viewer, page.rows),
        "waiting": people.filter(state=FollowUp.State.TO_REACH).count(),
        "oversees": bool((queries.RUNNERS | {Duty.DISPATCH}) & viewer.duties),
        **_tabs(viewer),
    }
    return render(request, "screening/mine.html", context)


# One person


@require_GET
def follow_up(request: Request, follow_up_id: UUID) -> HttpResponse:
    return _follow_up(request, follow_up_id)


def _follow_up(
    request: Request, follow_up_id: UUID, *, status: int = 200, **invalid: django_forms.Form
) -> HttpResponse:
    viewer = request.actor
    one = queries.get_follow_up(viewer, follow_up_id)
    [card] = _cards(viewer, [one])
    here = one.area_path
    closed = one.state == FollowUp.State.CLOSED
    investigates = viewer.may(Duty.INVESTIGATE, at=here)
    kept = closed or one.state == FollowUp.State.UNDER_MEASURE
    reaches = any(viewer.may(duty, at=here) for duty in actions.REACHES)
    decides = one.state == FollowUp.State.AT_RISK and viewer.may(Duty.DECIDE_MEASURES, at=here)
    waits = one.hand_overs.filter(state=HandOver.State.SENT).exists()
    context = {
        "card": card,
        "one": one,
        "mentions": queries.mentions_of(viewer, one),
        "attempts": queries.attempts_of(viewer, one),
        "letters": queries.hand_overs_of(viewer, one),
        "orders": orders_about(viewer, one.id),
        "also": queries.open_in_campaigns(viewer, one.resident_id).exclude(id=one.id),
        "attempt_form": forms.AttemptForm(initial=_likely(one)) if reaches else None,
        "decides": decides,
        "dismiss_form": forms.ReasonForm() if decides else None,
        "close_form": forms.CloseForm()
        if not kept and (investigates or viewer.may(Duty.DISPATCH, at=here))
        else None,
        "hand_form": forms.HandOverForm() if investigates and not kept and not waits else None,
        "answer_form": forms.AnswerForm() if investigates and waits else None,
        "assign_form": forms.AssignForm(accounts=queries.who_may_reach(viewer, one))
        if not closed and (investigates or viewer.may(Duty.DISPATCH, at=here))
        else None,
        "may_take": reaches and not closed and one.owner_id != viewer.id,
        "may_open_person": viewer.may(Duty.SEE_REGISTER, at=here),
        **invalid,
    }
    return render(request, "screening/follow_up.html", context, status=status)


def _likely(one: FollowUp) -> dict[str, str]:
    channel = "visit" if one.next_action == FollowUp.Next.VISIT else "phone"
    return {"channel": channel, "outcome": "reached"}


@require_POST
def note_attempt(request: Request, follow_up_id: UUID) -> HttpResponse:
    form = forms.AttemptForm(request.POST)
    if not form.is_valid():
        return _follow_up(request, follow_up_id, status=422, attempt_form=form)
    said = form.cleaned_data
    reached = said["outcome"] == actions.Outcome.REACHED
    one = actions.note_attempt(
        request.actor,
        follow_up_id,
        channel=said["channel"],
        outcome=said["outcome"],
        was_there=said["was_there"] if reached else None,
        stays=form.stays if reached else (),
        note=said["note"],
    )
    notes.success(
        request,
        _("Noted. Now: %(state)s. Next: %(next)s.")
        % {"state": one.get_state_display(), "next": one.get_next_action_display()},
    )
    return redirect("screening:follow_up", follow_up_id)


@require_POST
def confirm(request: Request, follow_up_id: UUID) -> HttpResponse:
    one = actions.confirm_stay(request.actor, follow_up_id)
    notes.success(request, _("Confirmed. Now: %(state)s.") % {"state": one.get_state_display()})
    return redirect("screening:follow_up", follow_up_id)


@require_POST
def dismiss(request: Request, follow_up_id: UUID) -> HttpResponse:
    form = forms.ReasonForm(request.POST)
    if not form.is_valid():
        return _follow_up(request, follow_up_id, status=422, dismiss_form=form)
    actions.dismiss_stay(request.actor, follow_up_id, **form.cleaned_data)
    return redirect("screening:follow_up", follow_up_id)


@require_POST
def close(request: Request, follow_up_id: UUID) -> HttpResponse:
    form = forms.CloseForm(request.POST)
    if not form.is_valid():
        return _follow_up(request, follow_up_id, status=422, close_form=form)
    actions.close_follow_up(request.actor, follow_up_id, **form.cleaned_data)
    return redirect("screening:follow_up", follow_up_id)


@require_POST
def take(request: Request, follow_up_id: UUID) -> HttpResponse:
    actions.take_follow_up(request.actor, follow_up_id)
    return redirect("screening:follow_up", follow_up_id)


@require_POST
def assign(request: Request, follow_up_id: UUID) -> HttpResponse:
    one = queries.get_follow_up(request.actor, follow_up_id)
    accounts = queries.who_may_reach(request.actor, one)
    form = forms.AssignForm(request.POST, accounts=accounts)
    if not form.is_valid():
        return _follow_up(request, follow_up_id, status=422, assign_form=form)
    actions.assign_follow_up(request.actor, follow_up_id, to=UUID(form.cleaned_data["to"]))
    return redirect("screening:follow_up", follow_up_id)


# Hand-overs


@require_GET
def letters(request: Request) -> HttpResponse:
    viewer = request.actor
    page = paged(queries.hand_overs_open(viewer), request.GET.get("mark", ""))
    people = brief(PLAYBOOK, {one.follow_up.resident_id for one in page.rows})
    at = now()
    context = {
        "page": page,
        "rows": [
            (one, people.get(one.follow_up.resident_id), one.due_at < at) for one in page.rows
        ],
        "campaigns": queries.campaigns_visible_to(viewer).filter(ended_at=None),
        **_tabs(viewer),
    }
    return render(request, "screening/letters.html", context)


@require_POST
def hand_over(request: Request, follow_up_id: UUID) -> HttpResponse:
    form = forms.HandOverForm(request.POST)
    if not form.is_valid():
        return _follow_up(request, follow_up_id, status=422, hand_form=form)
    handing.hand_over(request.actor, follow_up_id, **form.cleaned_data)
    return redirect("screening:follow_up", follow_up_id)


@require_http_methods(["GET", "POST"])
def take_over(request: Request, campaign_id: UUID) -> HttpResponse:
    found = queries.get_campaign(request.actor, campaign_id)
    form = forms.TakeOverForm(request.POST or None)
    if form.is_valid():
        letter = handing.take_over(request.actor, campaign_id, **form.cleaned_data)
        return redirect("screening:follow_up", letter.follow_up_id)
    context = {"form": form, "campaign": found, **_tabs(request.actor)}
    return render(
        request, "screening/take_over.html", context, status=422 if form.is_bound else 200
    )


@require_POST
def answer(request: Request, hand_over_id: UUID) -> HttpResponse:
    letter = queries.get_hand_over(request.actor, hand_over_id)
    form = forms.AnswerForm(request.POST)
    if not form.is_valid():
        return _follow_up(request, letter.follow_up_id, status=422, answer_form=form)
    handing.answer_hand_over(request.actor, hand_over_id, **form.cleaned_data)
    return redirect("screening:follow_up", letter.follow_up_id)


@require_POST
def letter_paper(request: Request, hand_over_id: UUID) -> HttpResponse:
    """Printing is recorded, so it is a form and no link."""
    made = handing.print_letter(request.actor, hand_over_id)
    return pdf(made, queries.get_hand_over(request.actor, hand_over_id).code)


# Risk elsewhere


@require_http_methods(["GET", "POST"])
def risks(request: Request) -> HttpResponse:
    viewer = request.actor
    where = first_area(viewer)
    pack = in_force(now(), viewer.within or (where.path if where else ""))
    language = get_language() or forms.LANGUAGE
    form = forms.RiskForm(request.POST or None, pack=pack, language=language)
    if form.is_valid():
        actions.note_risk_elsewhere(viewer, **form.cleaned_data)
        waiting = FollowUp.objects.filter(
            state=FollowUp.State.AT_RISK, area_path__startswith=viewer.within
        ).count()
        notes.success(
            request,
            ngettext(
                "Noted, and every answer was compared anew. %(n)d person waits for a decision.",
                "Noted, and every answer was compared anew. %(n)d people wait for a decision.",
                waiting,
            )
            % {"n": waiting},
        )
        return redirect("screening:risks")
    page = paged(queries.risks_elsewhere(viewer), request.GET.get("mark", ""))
    titles = {zone.level: zone.title.text(language) for zone in pack.levels}
    ranks = {zone.level: min(zone.rank, 3) for zone in pack.levels}
    context = {
        "page": page,
        "rows": [
            (one, titles.get(one.level, one.level), ranks.get(one.level, 0)) for one in page.rows
        ],
        "form": form if queries.RUNNERS & viewer.duties else None,
        **_tabs(viewer),
    }
    return render(request, "screening/risks.html", context, status=422 if form.is_bound else 200)
