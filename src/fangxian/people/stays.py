"""Where somebody stays: one dwelling at a time, and a household behind its door."""

from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.people import errors, events, queries, records
from fangxian.people.models import Household, Resident, Stay

Cause = Event | UUID | None


def find_dwelling(actor: Actor, dwelling_id: UUID) -> Area:
    place = Area.objects.filter(id=dwelling_id, path__startswith=actor.within).first()
    if place is None:
        raise NotFound(_("dwelling"))
    if place.level != Area.Level.DWELLING or place.ended_at:
        raise errors.NotADwelling(place.name)
    return place


def pick_household(
    actor: Actor, dwelling: Area, household_id: UUID | None, because: Cause
) -> Household:
    """The household asked for, or that of the door; a new one if there is none."""
    here = Household.objects.filter(dwelling=dwelling)
    if household_id:
        household = here.filter(id=household_id).first()
        if household is None:
            raise errors.HouseholdElsewhere
        return household
    return here.order_by("id").first() or found(actor, dwelling, because)


def found(actor: Actor, dwelling: Area, because: Cause) -> Household:
    household = Household.objects.create(dwelling=dwelling, area_path=dwelling.path)
    record(
        events.HouseholdFounded(subject_id=household.id, area_path=household.area_path),
        actor=actor,
        because=because,
    )
    return household


def begin(
    actor: Actor,
    resident: Resident,
    dwelling: Area,
    household_id: UUID | None,
    day: date,
    source: str,
    because: Cause,
) -> Resident:
    if resident.died_on is not None:
        raise errors.PersonHasDied(resident.died_on)
    present = resident.stays.filter(until=None).first()
    if present and present.dwelling_id == dwelling.id:
        return resident
    if present:
        if day < present.since:
            raise errors.DayWrong
        present.until = day
        present.save(update_fields=["until"])
    before = resident.area_path
    resident.household = pick_household(actor, dwelling, household_id, because)
    resident.area_path, resident.provisional = dwelling.path, False
    resident.save(update_fields=["household", "area_path", "provisional"])
    Stay.objects.create(
        resident=resident, dwelling=dwelling, area_path=dwelling.path, since=day, source=source
    )
    record(
        events.ResidentMoved(
            subject_id=resident.id,
            area_path=resident.area_path,
            number=resident.number,
            from_path=before,
            since=day.isoformat(),
        ),
        actor=actor,
        because=because,
    )
    return resident


def end(actor: Actor, resident: Resident, day: date, because: Cause) -> Resident:
    present = resident.stays.filter(until=None).first()
    if present is None:
        return resident
    if day < present.since:
        raise errors.DayWrong
    present.until = day
    present.save(update_fields=["until"])
    left = resident.area_path
    resident.household = None
    resident.area_path = records.district_of(left)
    resident.save(update_fields=["household", "area_path"])
    record(
        events.ResidentLeft(
            subject_id=resident.id,
            area_path=left,
            number=resident.number,
            until=day.isoformat(),
        ),
        actor=actor,
        because=because,
    )
    return resident


def welcome_back(
    actor: Actor,
    known: Resident,
    dwelling: Area,
    household_id: UUID | None,
    day: date,
    source: str,
    because: Cause,
) -> Resident:
    present = known.stays.filter(until=None).first()
    if present and present.dwelling_id != dwelling.id:
        raise elsewhere(actor, known, dwelling.path)
    return begin(actor, known, dwelling, household_id, day, source, because)


def elsewhere(actor: Actor, known: Resident, here: str) -> errors.RegisteredElsewhere:
    named = queries.places(actor, [known.area_path, here])
    return errors.RegisteredElsewhere(
        there=named[known.area_path],
        here=named[here],
        resident_id=known.id if actor.sees(known.area_path) else None,
    )
