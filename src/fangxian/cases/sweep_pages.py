"""The pages of sweeps: ask for one, see how far it is, take it up again."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.cases import queries
from fangxian.cases import sweeps as asking
from fangxian.cases.models import Case, Sweep
from fangxian.kernel.access import Duty
from fangxian.kernel.http import Page, Request, paged

TONES = {
    Sweep.State.WAITING: "wait",
    Sweep.State.RUNNING: "wait",
    Sweep.State.DONE: "done",
    Sweep.State.STOPPED: "late",
}
STEPS = {
    "export": _("Visits are written out of the database"),
    "stays": _("Where the cases had been"),
    "meetings": _("Who was there at the same time"),
    "contacts": _("Meetings are put together to contacts"),
    "exposed": _("Who was in a risk area"),
    "exposures": _("Stays in risk areas are put together"),
    "status": _("What each person stands under"),
    "proposals": _("Contacts are proposed, case by case"),
}
REASONS = {
    "cannot_write": _("The disk is full. Make room, then go on: the days that are done stay done."),
    "no_cluster": _("Spark's master does not answer. Start it or change the engine, then go on."),
    "no_engine": _("The engine is not installed on this machine. Tell whoever runs it."),
    "engine_stopped": _(
        "The engine stopped, perhaps for want of memory. Give it more, then go on."
    ),
    "wrong_visits": _("There is no open case, or no visit in the window of any."),
    "broke_off": _("The sweep broke off. The machine may have been stopped; go on."),
}


def sweeps(request: Request) -> HttpResponse:
    """What was swept so far; a POST asks for a new one."""
    viewer = request.actor
    if request.method == "POST":
        return redirect("cases:sweep", asking.ask_sweep(viewer).id)
    page: Page[Sweep] = paged(queries.sweeps_visible_to(viewer), request.GET.get("mark", ""))
    context = {
        "page": page,
        "rows": [(run, TONES[Sweep.State(run.state)]) for run in page.rows],
        "open_cases": queries.cases_visible_to(viewer).filter(state=Case.State.OPEN).count(),
        "may_sweep": viewer.may(Duty.INVESTIGATE),
    }
    return render(request, "cases/sweeps.html", context)


@require_GET
def sweep(request: Request, sweep_id: UUID) -> HttpResponse:
    return _page(request, sweep_id, "cases/sweep.html")


@require_GET
def progress(request: Request, sweep_id: UUID) -> HttpResponse:
    return _page(request, sweep_id, "cases/_sweep.html")


@require_POST
def go_on(request: Request, sweep_id: UUID) -> HttpResponse:
    asking.go_on_with_sweep(request.actor, sweep_id)
    return redirect("cases:sweep", sweep_id)


def _page(request: Request, sweep_id: UUID, page: str) -> HttpResponse:
    run = queries.get_sweep(request.actor, sweep_id)
    context = {
        "run": run,
        "tone": TONES[Sweep.State(run.state)],
        "going_on": run.state in {Sweep.State.WAITING, Sweep.State.RUNNING},
        "step": STEPS.get(run.what, ""),
        "why": REASONS.get(run.reason, REASONS["broke_off"]),
        "may_sweep": request.actor.may(Duty.INVESTIGATE),
    }
    return render(request, page, context)
