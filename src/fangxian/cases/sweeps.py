"""Asking for a sweep. What it does is in `sweeping.py`, which only the worker loads."""

from uuid import UUID

from django.conf import settings
from django.db import transaction

from fangxian.cases import queries
from fangxian.cases.errors import NothingToSweep, SweepIsUnderWay
from fangxian.cases.models import Case, Sweep
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.jobs import app


@transaction.atomic
def ask_sweep(actor: Actor) -> Sweep:
    """Let the worker sweep the open cases of the actor's area. One at a time."""
    actor.must(Duty.INVESTIGATE)
    if not queries.cases_visible_to(actor).filter(state=Case.State.OPEN).exists():
        raise NothingToSweep
    asked = Sweep(account_id=actor.id, area_path=actor.within, engine=settings.SWEEP_ENGINE)
    Sweep.objects.bulk_create([asked], ignore_conflicts=True)
    if not Sweep.objects.filter(id=asked.id).exists():
        raise SweepIsUnderWay
    _defer(asked)
    return asked


@transaction.atomic
def go_on_with_sweep(actor: Actor, sweep_id: UUID) -> Sweep:
    """Take up a sweep that stopped, at the step where it stopped. Safe to repeat."""
    actor.must(Duty.INVESTIGATE)
    run = queries.get_sweep(actor, sweep_id)
    if run.state != Sweep.State.STOPPED:
        return run
    going_on = [Sweep.State.WAITING, Sweep.State.RUNNING]
    if Sweep.objects.filter(area_path=run.area_path, state__in=going_on).exists():
        raise SweepIsUnderWay
    run.state, run.ended_at, run.reason, run.said = Sweep.State.WAITING, None, "", ""
    run.save(update_fields=["state", "ended_at", "reason", "said"])
    _defer(run)
    return run


def _defer(run: Sweep) -> None:
    job = app.configure_task("fangxian.cases.jobs.run_sweep", lock=f"sweep {run.id}")
    job.defer(sweep_id=str(run.id))
