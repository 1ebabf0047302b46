"""The mark of death: noted once, with its day and who says so, and taken back if it was wrong."""

from datetime import date
from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.people import errors, events, queries, stays
from fangxian.people.models import Resident

Cause = Event | UUID | None
ENDED = "death"
"""Why codes ended; shown to whoever reads a code at a gate."""


@transaction.atomic
def note_death(
    actor: Actor, resident_id: UUID, *, on: date, source: str, because: Cause = None
) -> Resident:
    """Note that somebody has died. Again, with the same day and source, changes nothing.

    Their stay, needs, codes and what others may do for them end; the record itself is kept. What
    still stands elsewhere follows from the fact. Raises `DayWrong` for a day in the future or
    before the birth, `PersonHasDied` where another day is on record.
    """
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    source = Resident.DeathSource(source)
    if resident.died_on is not None:
        if (resident.died_on, resident.death_source) == (on, source):
            return resident
        raise errors.PersonHasDied(resident.died_on)
    if on > today() or (resident.birth_date and on < resident.birth_date):
        raise errors.DayWrong
    home = resident.area_path
    resident.died_on, resident.death_source = on, source
    resident.save(update_fields=["died_on", "death_source"])
    event = record(
        events.ResidentDied(
            subject_id=resident.id,
            area_path=home,
            number=resident.number,
            on=on.isoformat(),
            source=source,
        ),
        actor=actor,
        because=because,
    )
    _end_what_belongs(resident, on)
    present = resident.stays.filter(until=None).first()
    return stays.end(actor, resident, max(on, present.since) if present else on, event)


@transaction.atomic
def take_back_death(
    actor: Actor, resident_id: UUID, *, reason: str, because: Cause = None
) -> Resident:
    """The mark was wrong: the person lives. Taken back again changes nothing.

    What ended with it stays ended: the person is registered at their door again, and whoever is
    to decide on measures decides anew.
    """
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    if not reason.strip():
        raise errors.ReasonMissing
    if resident.died_on is None:
        return resident
    resident.died_on, resident.death_source = None, ""
    resident.save(update_fields=["died_on", "death_source"])
    record(
        events.DeathTakenBack(
            subject_id=resident.id,
            area_path=resident.area_path,
            number=resident.number,
            reason=reason.strip()[:200],
        ),
        actor=actor,
        because=because,
    )
    return resident


def _end_what_belongs(resident: Resident, on: date) -> None:
    for need in resident.needs.filter(until=None):
        need.until = max(on, need.since)
        need.save(update_fields=["until"])
    resident.codes.filter(revoked_at=None).update(revoked_at=now(), why_revoked=ENDED)
    for proxies in (resident.proxies, resident.acts_for):
        proxies.filter(until=None).update(until=now())
