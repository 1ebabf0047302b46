"""Regular treatment, booked ahead and driven: each ride is a journey to care like any other."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from fangxian.areas.models import Site
from fangxian.care import asking, rules
from fangxian.care.arrangements import must_one_of
from fangxian.care.errors import (
    NotAHospital,
    SeriesNeedsDays,
    SeriesOutOfTime,
    TreatmentIsBooked,
)
from fangxian.care.events import RideBooked, SeriesBooked, SeriesEnded
from fangxian.care.journeys import BEFORE, close
from fangxian.care.models import (
    MOVES,
    CareTransfer,
    Channel,
    Escort,
    Means,
    Series,
    Step,
    What,
)
from fangxian.care.queries import get_series, suggestion_for
from fangxian.care.requesting import add_step, next_number, told
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.ledger import record
from fangxian.people.queries import get_resident

BOOKERS = (Duty.CARRY_OUT, Duty.DISPATCH, Duty.ANSWER_CALLS, Duty.KEEP_REGISTER)
_ZONE = ZoneInfo(settings.TIME_ZONE)


@transaction.atomic
def book_series(
    actor: Actor,
    resident_id: UUID,
    *,
    kind: str,
    hospital_id: UUID,
    at: time,
    first_day: date,
    last_day: date,
    weekdays: Sequence[int] = (),
    every_days: int | None = None,
    means: str = Means.STREET_CAR,
    escort: str = Escort.NOBODY,
) -> Series:
    """Have somebody driven to a treatment on fixed days, until a last day.

    at   local time at which the hospital expects the person

    The person may book for themselves. The same series booked again is returned unchanged.
    """
    resident = get_resident(actor, resident_id)
    if actor.id != resident.id:
        must_one_of(actor, BOOKERS, resident.area_path)
    hospital = Site.objects.filter(id=hospital_id, kind=Site.Kind.HOSPITAL).first()
    if hospital is None:
        raise NotAHospital
    days = sorted(set(weekdays))
    if bool(days) == bool(every_days) or any(not 1 <= day <= _SUNDAY for day in days):
        raise SeriesNeedsDays
    longest = asking.within(resident.area_path, "longest_series")
    if not today() <= first_day <= last_day or last_day - first_day > longest:
        raise SeriesOutOfTime(longest.days)
    said = {
        "hospital_id": hospital.id,
        "weekdays": days,
        "every_days": every_days,
        "at": at,
        "first_day": first_day,
        "last_day": last_day,
    }
    word = kind if kind in Series.Kind.values else Series.Kind.OTHER
    known = Series.objects.filter(resident=resident.id, kind=word, ended_at=None).first()
    if known is not None and known.last_day < today():
        known.ended_at = now()
        known.save(update_fields=["ended_at"])
        known = None
    if known is not None:
        if all(getattr(known, name) == value for name, value in said.items()):
            return known
        raise TreatmentIsBooked
    series = Series.objects.create(
        resident_id=resident.id,
        area_path=resident.area_path,
        kind=word,
        means=means if means in MOVES else Means.STREET_CAR,
        escort=escort if escort in Escort.values else Escort.NOBODY,
        booked_by=actor.id,
        **said,
    )
    record(
        SeriesBooked(
            subject_id=series.id,
            area_path=series.area_path,
            resident_id=resident.id,
            treatment=series.kind,
            last_day=series.last_day.isoformat(),
        ),
        actor=actor,
    )
    _make_ready(series)
    return series


@transaction.atomic
def end_series(actor: Actor, series_id: UUID) -> Series:
    """No more rides from now on; those that have left go on. Safe to repeat."""
    series = get_series(actor, series_id, for_change=True)
    if actor.id != series.resident_id:
        must_one_of(actor, BOOKERS, series.area_path)
    if series.ended_at is not None:
        return series
    series.ended_at = now()
    series.save(update_fields=["ended_at"])
    event = record(
        SeriesEnded(
            subject_id=series.id,
            area_path=series.area_path,
            resident_id=series.resident_id,
            treatment=series.kind,
        ),
        actor=actor,
    )
    for ride in series.rides.filter(state__in=BEFORE):
        close(PLAYBOOK, ride.id, outcome=CareTransfer.Outcome.NOT_WANTED, because=event)
    return series


@transaction.atomic
def prepare_rides(actor: Actor) -> int:
    """Make the rides of the next hours, each once; how many are new."""
    going_on = Series.objects.select_for_update(skip_locked=True).filter(
        ended_at=None, last_day__gte=today(), area_path__startswith=actor.within
    )
    return sum(_make_ready(series) for series in going_on.order_by("id"))


def _make_ready(series: Series) -> int:
    horizon = now() + asking.within(series.area_path, "ahead")
    made = 0
    for wanted_at in _treatments(series, now(), horizon):
        if not series.rides.filter(wanted_at=wanted_at).exists():
            _book(series, wanted_at)
            made += 1
    return made


def _treatments(series: Series, start: datetime, end: datetime) -> Iterator[datetime]:
    day = start.astimezone(_ZONE).date()
    while day <= end.astimezone(_ZONE).date():
        moment = datetime.combine(day, series.at, tzinfo=_ZONE)
        treated = rules.treated_on(
            day,
            first=series.first_day,
            last=series.last_day,
            weekdays=series.weekdays,
            every_days=series.every_days,
        )
        if treated and start <= moment <= end:
            yield moment
        day += timedelta(days=1)


def _book(series: Series, wanted_at: datetime) -> CareTransfer:
    pack = asking.pack_at(series.area_path)
    lead, before = (asking.within(series.area_path, one) for one in ("lead", "car_within"))
    ride = CareTransfer(
        number=next_number(),
        resident_id=series.resident_id,
        area_path=series.area_path,
        what=What.REGULAR_TREATMENT,
        channel=Channel.BOOKED,
        asked_by=series.booked_by,
        pack=pack.stamp if pack else "",
        series=series,
        wanted_at=wanted_at,
        state=CareTransfer.State.TRIAGED,
        triaged_at=now(),
        means=series.means,
        escort=series.escort,
        hospital_id=series.hospital_id,
        due_at=max(wanted_at - lead - before, now()),
        level=1,
    )
    proposed = suggestion_for(PLAYBOOK, ride)
    ride.suggested, ride.protection = proposed.means, proposed.protection
    if series.escort == Escort.NOBODY:
        ride.escort = proposed.escort
    ride.save(force_insert=True)
    add_step(PLAYBOOK, ride, Step.Kind.ASKED)
    record(
        RideBooked(
            **told(ride),
            resident_id=series.resident_id,
            treatment=series.kind,
            wanted_at=wanted_at,
        ),
        actor=PLAYBOOK,
    )
    return ride


_SUNDAY = 7
