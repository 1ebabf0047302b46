"""What laboratories say about a tube: which word decides, which is kept beside it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.areas.models import Site
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.sampling import events, rules
from fangxian.sampling.checks import pack_at
from fangxian.sampling.errors import MeasuredBeforeSealed, NoSuchCt, NoSuchFinding
from fangxian.sampling.models import Report, TestCall, Tube

CYCLES = (0, 50)
"""What a cycle threshold can be: no machine runs more cycles."""


def finding_of(word: str) -> Report.Finding:
    if word not in Report.Finding.values:
        raise NoSuchFinding(word)
    return Report.Finding(word)


def laboratory_of(actor: Actor, site_id: UUID | None) -> Site | None:
    if site_id is None:
        return None
    site = Site.objects.filter(id=site_id, kind=Site.Kind.LABORATORY).first()
    if site is None:
        raise NotFound(_("laboratory"), laboratory=str(site_id))
    return site


def check_measured(tube: Tube, measured_at: datetime) -> None:
    pack_at(measured_at, tube.area_path)
    if tube.sealed_at is not None and measured_at < tube.sealed_at:
        raise MeasuredBeforeSealed(tube)


def said_before(tube: Tube, laboratory: Site | None) -> Report | None:
    """What this laboratory said last and has not corrected."""
    reports = tube.reports.filter(laboratory=laboratory).exclude(standing=Report.Standing.CORRECTED)
    return reports.order_by("-reported_at", "-id").first()


def measured_with(tube: Tube, laboratory: Site | None, ct: Decimal | None, reagent: str) -> None:
    """Keep the cycle threshold and reagent of what this laboratory said last."""
    if ct is None and not reagent.strip():
        return
    if ct is not None and not CYCLES[0] < ct <= CYCLES[1]:
        raise NoSuchCt(ct)
    said = said_before(tube, laboratory)
    if said is not None:
        said.ct = said.ct if ct is None else ct
        said.reagent = reagent.strip() or said.reagent
        said.save(update_fields=["ct", "reagent"])


def decide(
    actor: Actor,
    tube: Tube,
    found: Report.Finding,
    measured_at: datetime,
    laboratory: Site | None,
    reason: str = "",
) -> None:
    _report(actor, tube, found, measured_at, laboratory, Report.Standing.DECIDED, reason)
    tube.state, tube.result_at = Tube.State(found), measured_at
    tube.save(update_fields=["state", "result_at"])
    tube.calls.exclude(state=TestCall.State.CANCELLED).update(
        state=rules.call_after(found, tube.swabs)
    )


def keep_beside(
    actor: Actor,
    tube: Tube,
    found: Report.Finding,
    measured_at: datetime,
    laboratory: Site | None,
    because: Event | UUID | None,
) -> None:
    """Another laboratory's word. One that could not measure neither agrees nor disagrees."""
    if found == tube.state:
        standing = Report.Standing.CONFIRMED
    elif found == Report.Finding.INVALID:
        standing = Report.Standing.SET_ASIDE
    else:
        standing = Report.Standing.DISPUTED
    _report(actor, tube, found, measured_at, laboratory, standing)
    if standing == Report.Standing.DISPUTED:
        record(
            events.LaboratoriesDisagree(
                subject_id=tube.id,
                area_path=tube.area_path,
                pack=tube.pack,
                barcode=tube.barcode,
                said=tube.state,
                says=found,
            ),
            actor=actor,
            because=because,
        )


def _report(
    actor: Actor,
    tube: Tube,
    found: Report.Finding,
    measured_at: datetime,
    laboratory: Site | None,
    standing: Report.Standing,
    reason: str = "",
) -> None:
    Report.objects.create(
        tube=tube,
        laboratory=laboratory,
        finding=found,
        standing=standing,
        measured_at=measured_at,
        reported_at=now(),
        reported_by=actor.id,
        reason=reason,
    )


def announce(
    actor: Actor, tube: Tube, measured_at: datetime, because: Event | UUID | None
) -> Event:
    """The finding of a tube, with what it was taken for as its cause where no other is given."""
    swabs = list(tube.members.order_by("taken_at"))
    single = swabs[0] if len(swabs) == 1 else None
    if because is None and single is not None:
        call = tube.calls.filter(because_id__isnull=False).order_by("due_at").first()
        because = call.because_id if call else None
    found = _FACT_OF[tube.state]
    fact = found(
        subject_id=tube.id,
        area_path=tube.area_path,
        pack=tube.pack,
        barcode=tube.barcode,
        swabs=tube.swabs,
        purpose=tube.purpose,
        resident_id=single.resident_id if single else None,
        retest_of_id=tube.retest_of_id,
        specimen_at=swabs[-1].taken_at,
        measured_at=measured_at,
    )
    return record(fact, actor=actor, because=because)


TubeFound = events.TubeFoundPositive | events.TubeFoundNegative | events.TubeFoundInvalid
_FACT_OF: dict[str, type[TubeFound]] = {
    Tube.State.POSITIVE: events.TubeFoundPositive,
    Tube.State.NEGATIVE: events.TubeFoundNegative,
    Tube.State.INVALID: events.TubeFoundInvalid,
}
