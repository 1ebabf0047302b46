"""Carrying out the retention of the pack, and the end of an incident."""

import hashlib
import json
from uuid import UUID

from django.db import transaction

from fangxian.kernel import signing
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.forgetting import Gone
from fangxian.kernel.ledger import record
from fangxian.oversight.errors import (
    DestructionIsDecided,
    IncidentIsNotOver,
    NoRetention,
    ReasonIsNeeded,
    SecondOfficerDecides,
)
from fangxian.oversight.events import (
    DestructionProposed,
    DestructionRejected,
    IncidentDestroyed,
    RetentionCarriedOut,
)
from fangxian.oversight.models import Destruction, RetentionRun
from fangxian.oversight.queries import get_destruction, what_still_stands
from fangxian.oversight.retention import KINDS
from fangxian.protocol.queries import in_force


def carry_out_retention(actor: Actor) -> RetentionRun | None:
    """Delete what the pack in force does not let be kept longer; None if there was nothing.

    Safe to repeat and to interrupt: each set is a transaction of its own, and what is gone is
    counted when the run ends.
    """
    actor.must(Duty.OPERATE)
    pack = in_force(now(), actor.within)
    if pack.retention is None:
        raise NoRetention(pack.stamp)
    gone: dict[str, Gone] = {}
    for name, kind in KINDS.items():
        span = getattr(pack.retention, kind.keep, None)
        if span is not None:
            gone[name] = kind.forget(actor, now() - span.length)
    rows = sum(one.rows for one in gone.values())
    if not rows:
        return None
    with transaction.atomic():
        run = RetentionRun.objects.create(by_id=actor.id, pack=pack.stamp, gone=_listed(gone))
        record(
            RetentionCarriedOut(
                subject_id=run.id, area_path=actor.within, pack=pack.stamp, rows=rows
            ),
            actor=actor,
        )
    return run


def _listed(gone: dict[str, Gone]) -> dict[str, list[object]]:
    return {name: [one.rows, one.digest] for name, one in gone.items() if one.rows}


@transaction.atomic
def propose_destruction(actor: Actor, *, reason: str) -> Destruction:
    """Propose to destroy the data of an incident that is over; again gives the open proposal."""
    actor.must(Duty.COMMAND)
    if not reason.strip():
        raise ReasonIsNeeded
    if standing := what_still_stands(actor):
        raise IncidentIsNotOver(standing)
    known = Destruction.objects.filter(state=Destruction.State.PROPOSED).first()
    if known is not None:
        return known
    proposed = Destruction.objects.create(reason=reason.strip()[:200], proposed_by=actor.id)
    record(DestructionProposed(subject_id=proposed.id, area_path=actor.within), actor=actor)
    return proposed


@transaction.atomic
def reject_destruction(actor: Actor, destruction_id: UUID) -> Destruction:
    found = _to_decide(actor, destruction_id)
    found.state = Destruction.State.REJECTED
    found.decided_by, found.decided_at = actor.id, now()
    found.save()
    record(DestructionRejected(subject_id=found.id, area_path=actor.within), actor=actor)
    return found


@transaction.atomic
def approve_destruction(actor: Actor, destruction_id: UUID) -> Destruction:
    """A second officer agrees, and the data are destroyed, all or none, with a signed record.

    There is no way back. Cases, orders and risk areas stay as acts, by their ids; who was where,
    what was told, what codes showed, who was asked, lodged and let through are gone, and who was
    met without being registered. Registered residents and the ledger are untouched.
    """
    found = _to_decide(actor, destruction_id)
    if standing := what_still_stands(actor):
        raise IncidentIsNotOver(standing)
    moment = now()
    gone = {name: kind.forget(PLAYBOOK, moment) for name, kind in KINDS.items()}
    rows = sum(one.rows for one in gone.values())
    told = {
        "record": "destruction of an incident's data",
        "id": str(found.id),
        "at": moment.isoformat(),
        "reason": found.reason,
        "proposed_by": str(found.proposed_by),
        "agreed_by": str(actor.id),
        "destroyed": {name: {"rows": one.rows, "sha256": one.digest} for name, one in gone.items()},
    }
    payload = json.dumps(told, ensure_ascii=False, sort_keys=True, indent=1).encode()
    found.document = signing.signed_document(payload)
    found.state = Destruction.State.DONE
    found.decided_by, found.decided_at = actor.id, moment
    found.save()
    record(
        IncidentDestroyed(
            subject_id=found.id,
            area_path=actor.within,
            rows=rows,
            digest=hashlib.sha256(payload).hexdigest(),
        ),
        actor=actor,
    )
    return found


def _to_decide(actor: Actor, destruction_id: UUID) -> Destruction:
    actor.must(Duty.AUDIT)
    found = get_destruction(actor, destruction_id, for_change=True)
    if found.state != Destruction.State.PROPOSED:
        raise DestructionIsDecided
    if found.proposed_by == actor.id:
        raise SecondOfficerDecides
    return found
