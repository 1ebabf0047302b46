"""Notices from above and minutes of meetings: the register, one paper, who has heard it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of
from fangxian.dispatch import directive_queries as queries
from fangxian.dispatch import directives as verbs
from fangxian.dispatch import rules
from fangxian.dispatch.directive_queries import Contact, PointProgress, Progress
from fangxian.dispatch.forms import DirectiveForm, ItemForm, ReasonForm
from fangxian.dispatch.models import Directive, DirectiveItem, Receipt
from fangxian.dispatch.owners import chosen, targets
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Request, paged
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.queries import in_force

_TONES = {
    "draft": "wait",
    "in_force": "open",
    "superseded": "ended",
    "withdrawn": "ended",
    "issued": "wait",
    "received": "wait",
    "acknowledged": "open",
    "tasks_made": "open",
    "done": "done",
    "verified": "done",
    "ended": "ended",
}


@require_GET
def directives(request: Request) -> HttpResponse:
    viewer = request.actor
    page = paged(
        queries.directives_visible_to(viewer).order_by("-number"), request.GET.get("mark", "")
    )
    progress = queries.progress(viewer, [one.id for one in page.rows])
    context = {
        "page": page,
        "rows": [(one, _TONES[one.state], progress.get(one.id, Progress())) for one in page.rows],
        "may_write": viewer.may(Duty.DISPATCH) and _has_parts(viewer),
    }
    return render(request, "dispatch/directives.html", context)


def _has_parts(viewer: Actor) -> bool:
    """A grid has nobody beneath it to whom a directive could be sent."""
    return rules.level_of(viewer.within) > 1


@require_http_methods(["GET", "POST"])
def new(request: Request) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.DISPATCH)
    earlier = [
        (str(one.id), f"{one.issuer} {one.reference} · {one.title}"[:80])
        for one in queries.directives_visible_to(viewer)
        .filter(state=Directive.State.IN_FORCE, area_path=viewer.within)
        .order_by("-number")[:50]
    ]
    initial = {"effective_from": now(), "acknowledge_by": _first_limit(viewer)}
    form = DirectiveForm(request.POST or None, earlier=earlier, initial=initial)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data
        words["supersedes"] = words["supersedes"] or None
        made = verbs.draft_directive(viewer, verbs.NewDirective(area_path=viewer.within, **words))
        messages.success(request, _("Registered. Say what is to be done, then issue it."))
        return redirect("dispatch:directive", made.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "dispatch/new_directive.html", {"form": form}, status=status)


def _first_limit(viewer: Actor) -> datetime:
    """As long as the rules give for a task to be dispatched."""
    try:
        span = in_force(now(), viewer.within).time_limits.get("flow.task_dispatched")
    except NoPackInForce:
        return now()
    return now() + span.length if span else now()


# One directive


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place's receipt as people read it. `may` holds the verbs that the viewer has there."""

    receipt: Receipt
    name: str
    tone: str
    late: bool
    contact: Contact | None
    may: frozenset[str]


@require_GET
def directive(request: Request, directive_id: UUID) -> HttpResponse | FileResponse:
    """The paper, its points, and how far each place has come."""
    shown = queries.get_directive(request.actor, directive_id)
    if sheets.wanted(request):
        return _as_file(request, shown)
    if shown.state == Directive.State.IN_FORCE:
        verbs.read_directive(request.actor, directive_id)
    return _page(request, shown)


@require_GET
def receipt(request: Request, receipt_id: UUID) -> HttpResponse:
    return redirect(
        "dispatch:directive", queries.get_receipt(request.actor, receipt_id).directive_id
    )


@require_GET
def point(request: Request, item_id: UUID) -> HttpResponse:
    """The directive that a task comes from, for whoever has the task: also for those below."""
    asked = queries.directive_of(request.actor, item_id)
    return redirect("dispatch:directive", asked)


def _page(
    request: Request,
    shown: Directive,
    *,
    item_form: ItemForm | None = None,
    reason_form: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = request.actor
    in_force_ = shown.state == Directive.State.IN_FORCE
    writes = viewer.may(Duty.DISPATCH) and (
        viewer.sees(shown.area_path) or (in_force_ and _has_parts(viewer))
    )
    places = _places(viewer, shown)
    progress = queries.points_progress(viewer, shown.id)
    items = list(queries.items_of(viewer, shown.id))
    ended = shown.state in {Directive.State.SUPERSEDED, Directive.State.WITHDRAWN}
    if writes and not ended and item_form is None:
        item_form = ItemForm(
            targets=targets(viewer, viewer.within),
            initial={"due_at": shown.effective_until or shown.acknowledge_by},
        )
    context = {
        "shown": shown,
        "tone": _TONES[shown.state],
        "points": [(item, _whose(item), progress.get(item.id, PointProgress())) for item in items],
        "proposals": rules.points_in(shown.text) if not items and writes else [],
        "own": next((one for one in places if one.receipt.area_path == viewer.within), None),
        "unheard": [one for one in places if one.receipt.state in queries.UNHEARD],
        "heard": [one for one in places if one.receipt.state not in queries.UNHEARD],
        "progress": queries.progress(viewer, [shown.id]).get(shown.id, Progress()),
        "may_issue": shown.state == Directive.State.DRAFT
        and viewer.may(Duty.DISPATCH, at=shown.area_path),
        "may_end": not ended and viewer.may(Duty.DISPATCH, at=shown.area_path),
        "may_remind": in_force_ and viewer.may(Duty.DISPATCH) and _has_parts(viewer),
        "item_form": item_form,
        "reason_form": reason_form or ReasonForm(),
        "place": names_of(viewer, [shown.area_path])[shown.area_path],
    }
    return render(request, "dispatch/directive.html", context, status=status)


def _whose(item: DirectiveItem) -> str:
    if item.owner is not None:
        return item.owner.display_name
    if item.team is not None:
        return item.team.name
    if item.post is not None:
        return item.post.name
    return str(item.get_owner_kind_display())


def _places(viewer: Actor, shown: Directive) -> list[Place]:
    receipts = list(queries.receipts_of(viewer, shown.id))
    names = names_of(viewer, [one.area_path for one in receipts])
    silent = [one.area_path for one in receipts if one.state in queries.UNHEARD]
    contacts = queries.contacts(viewer, silent)
    return [
        Place(
            receipt=one,
            name=names[one.area_path],
            tone=_TONES[one.state],
            late=one.state in queries.UNHEARD and one.due_at < now(),
            contact=contacts.get(one.area_path),
            may=_may(viewer, shown, one),
        )
        for one in receipts
    ]


def _may(viewer: Actor, shown: Directive, one: Receipt) -> frozenset[str]:
    if shown.state != Directive.State.IN_FORCE:
        return frozenset()
    oversees = viewer.may(Duty.DISPATCH, at=one.area_path)
    own = viewer.within == one.area_path
    if one.state in queries.UNHEARD:
        mine = own and bool({Duty.DISPATCH, Duty.CARRY_OUT} & viewer.duties)
        return frozenset({"acknowledge"} if mine else {"by_phone"} if oversees else set())
    if one.state == Receipt.State.DONE and oversees and not own:
        return frozenset(
            {"return"} | ({"verify"} if one.acknowledged_by_id != viewer.id else set())
        )
    return frozenset()


def _as_file(request: Request, shown: Directive) -> FileResponse:
    header = [
        _("Place"), _("Level"), _("State"), _("Due"), _("Read"), _("Acknowledged"), _("By"),
        _("Done"), _("Verified"), _("Reminders"),
    ]  # fmt: skip
    levels, states = sheets.labels(Receipt.Level, Receipt.State)

    def rows(chunk: Iterable[Receipt]) -> Iterator[list[Any]]:
        some = list(chunk)
        names = names_of(request.actor, [one.area_path for one in some])
        for one in some:
            by = one.acknowledged_by.display_name if one.acknowledged_by else ""
            yield [
                names[one.area_path], levels[one.level], states[one.state], one.due_at,
                one.received_at, one.acknowledged_at, by, one.done_at, one.verified_at,
                one.reminders,
            ]  # fmt: skip

    receipts = queries.receipts_of(request.actor, shown.id)
    return sheets.download(
        request,
        sheets.List.RECEIPTS,
        header,
        sheets.by_chunks(receipts, rows),
        area_path=shown.area_path,
    )


# What can be done about it


@require_POST
def issue(request: Request, directive_id: UUID) -> HttpResponse:
    verbs.issue_directive(request.actor, directive_id)
    messages.success(request, _("Issued. Every place has it on its list now."))
    return redirect("dispatch:directive", directive_id)


@require_POST
def add(request: Request, directive_id: UUID) -> HttpResponse:
    viewer = request.actor
    shown = queries.get_directive(viewer, directive_id)
    form = ItemForm(request.POST, targets=targets(viewer, viewer.within))
    if not form.is_valid():
        return _page(request, shown, item_form=form, status=422)
    words = form.cleaned_data
    whose, _shared = chosen(words.pop("to"))
    verbs.add_item(viewer, directive_id, verbs.NewItem(whose=whose, **words))
    messages.success(request, _("Added."))
    return redirect("dispatch:directive", directive_id)


@require_POST
def drop(request: Request, item_id: UUID) -> HttpResponse:
    directive_id = queries.directive_of(request.actor, item_id)
    verbs.drop_item(request.actor, item_id)
    return redirect("dispatch:directive", directive_id)


@require_POST
def acknowledge(request: Request, receipt_id: UUID) -> HttpResponse:
    done = verbs.acknowledge_directive(request.actor, receipt_id)
    messages.success(request, _("Acknowledged. What is to be done stands on the lists."))
    return redirect("dispatch:directive", done.directive_id)


@require_POST
def verify(request: Request, receipt_id: UUID) -> HttpResponse:
    done = verbs.verify_receipt(request.actor, receipt_id)
    messages.success(request, _("Verified."))
    return redirect("dispatch:directive", done.directive_id)


@require_POST
def return_(request: Request, receipt_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    asked = queries.get_receipt(request.actor, receipt_id)
    if not form.is_valid():
        return _page(request, asked.directive, reason_form=form, status=422)
    verbs.return_receipt(request.actor, receipt_id, reason=form.cleaned_data["reason"])
    messages.success(request, _("Sent back. Its tasks are open there once more."))
    return redirect("dispatch:directive", asked.directive_id)


@require_POST
def remind(request: Request, directive_id: UUID) -> HttpResponse:
    number = verbs.remind_places(request.actor, directive_id)
    said = ngettext("%(n)d place was reminded.", "%(n)d places were reminded.", number)
    messages.success(request, said % {"n": number})
    return redirect("dispatch:directive", directive_id)


@require_POST
def withdraw(request: Request, directive_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        shown = queries.get_directive(request.actor, directive_id)
        return _page(request, shown, reason_form=form, status=422)
    verbs.withdraw_directive(request.actor, directive_id, reason=form.cleaned_data["reason"])
    messages.success(request, _("Withdrawn. Nobody has to act on it any more."))
    return redirect("dispatch:directives")
