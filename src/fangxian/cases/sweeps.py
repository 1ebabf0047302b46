"""Asking for a sweep. What it does is in `sweeping.py`, which only the worker loads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from fangxian.cases import queries
from fangxian.cases.errors import NothingToSweep, SweepIsUnderWay
from fangxian.cases.events import SweepAsked
from fangxian.cases.models import Case, Sweep, SweepArea
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.jobs import app
from fangxian.kernel.ledger import record
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force

_LOW, _HIGH = 1, 3
"""What the engine knows of levels; packs may have more or fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskBeside:
    """A risk area as a sweep wants it. `until` is None while it stands."""

    risk_area_id: UUID
    name: str
    level: str
    rank: int
    places: Sequence[str]
    since: datetime
    until: datetime | None


@transaction.atomic
def ask_sweep(actor: Actor) -> Sweep:
    """Let the worker sweep the open cases of the actor's area. One at a time."""
    actor.must(Duty.INVESTIGATE)
    cases = queries.cases_visible_to(actor).filter(state=Case.State.OPEN).count()
    if not cases:
        raise NothingToSweep
    asked = Sweep(account_id=actor.id, area_path=actor.within, engine=settings.SWEEP_ENGINE)
    Sweep.objects.bulk_create([asked], ignore_conflicts=True)
    if not Sweep.objects.filter(id=asked.id).exists():
        raise SweepIsUnderWay
    moment = now()
    record(
        SweepAsked(
            subject_id=asked.id,
            area_path=asked.area_path,
            cases=cases,
            risks_since=moment - _longest_after_leaving(in_force(moment, asked.area_path)),
        ),
        actor=actor,
    )
    _defer(asked)
    return asked


@transaction.atomic
def lay_risk_areas(actor: Actor, sweep_id: UUID, areas: Sequence[RiskBeside]) -> int:
    """Let the sweep also find who was in these risk areas; how many count.

    Only levels by which the rules in force ask something of those who left, for only as long as
    they ask it, and not the rest of the district: whoever was there is still inside it.
    """
    run = queries.get_sweep(actor, sweep_id)
    if run.areas.exists():
        return run.areas.count()
    pack = in_force(now(), run.area_path)
    since, until = now() - _longest_after_leaving(pack), now()
    counting = [
        area
        for area in areas
        if (zone := pack.zone(area.level)) and zone.leaver and zone.unit != "district"
    ]
    laid = [
        SweepArea(
            sweep=run,
            number=number,
            risk_area=area.risk_area_id,
            name=area.name,
            level=area.level,
            weight=min(max(area.rank, _LOW), _HIGH),
            places=list(area.places),
            since=max(area.since, since),
            until=min(area.until or until, until),
        )
        for number, area in enumerate(counting, start=1)
        if (area.until is None or area.until > since) and area.since < until
    ]
    SweepArea.objects.bulk_create(laid)
    return len(laid)


def _longest_after_leaving(pack: Pack) -> timedelta:
    """How long ago somebody may have been in a risk area and still be asked something."""
    measures = [pack.measure(zone.leaver) for zone in pack.levels if zone.leaver]
    return max((one.length for one in measures if one), default=timedelta())


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
