"""The page of what is kept how long and what was deleted."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.kernel.access import Duty
from fangxian.kernel.errors import NotFound
from fangxian.kernel.http import Request, paged
from fangxian.oversight import actions, queries
from fangxian.oversight.forms import ProposalForm
from fangxian.oversight.models import Destruction
from fangxian.oversight.retention import KINDS

_LAST = 20


@require_GET
def retention(request: Request) -> HttpResponse:
    return _page(request, ProposalForm())


def _page(request: Request, form: ProposalForm, *, status: int = 200) -> HttpResponse:
    viewer = request.actor
    page = paged(queries.retention_runs(viewer), request.GET.get("mark", ""))
    standing = queries.what_still_stands(viewer)
    ends = list(queries.destructions(viewer)[:_LAST])
    waiting = next((one for one in ends if one.state == Destruction.State.PROPOSED), None)
    context = {
        "rules": queries.retention_rules(viewer),
        "page": page,
        "runs": [
            (
                run,
                sum(rows for rows, _digest in run.gone.values()),
                [(KINDS[name].label, rows) for name, (rows, _digest) in run.gone.items()],
            )
            for run in page.rows
        ],
        "standing": standing,
        "ends": ends,
        "waiting": waiting,
        "may_decide": waiting is not None
        and viewer.may(Duty.AUDIT)
        and waiting.proposed_by != viewer.id,
        "form": form if viewer.may(Duty.COMMAND) and not standing and waiting is None else None,
    }
    return render(request, "oversight/retention.html", context, status=status)


@require_POST
def propose(request: Request) -> HttpResponse:
    form = ProposalForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    actions.propose_destruction(request.actor, reason=form.cleaned_data["reason"])
    messages.success(request, _("Proposed. A second officer with the duty to audit decides."))
    return redirect("oversight:retention")


@require_POST
def decide(request: Request, destruction_id: UUID, decision: str) -> HttpResponse:
    if decision == "approve":
        actions.approve_destruction(request.actor, destruction_id)
        messages.success(request, _("The data are destroyed. Keep the signed record."))
    elif decision == "reject":
        actions.reject_destruction(request.actor, destruction_id)
        messages.success(request, _("Not agreed. Nothing was deleted."))
    else:
        raise NotFound(_("destruction"))
    return redirect("oversight:retention")


@require_GET
def signed_record(request: Request, destruction_id: UUID) -> HttpResponse:
    found = queries.get_destruction(request.actor, destruction_id)
    if found.document is None:
        raise NotFound(_("destruction"))
    return HttpResponse(
        json.dumps(found.document, ensure_ascii=False),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="destruction-{found.id}.json"'},
    )
