"""Looking in on people with special needs: planned from the register, proved, noticed if missed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from fangxian.areas.queries import areas_of_level
from fangxian.care import asking
from fangxian.care.errors import HowWasIt
from fangxian.care.events import VisitDone, VisitNotNeeded, VisitsMissed, VisitsPlanned
from fangxian.care.models import Visit
from fangxian.care.queries import get_visit
from fangxian.care.requesting import said_plainly
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.ledger import record, record_many
from fangxian.measures.queries import restricted_among
from fangxian.people.queries import with_need
from fangxian.protocol.sections import Care

_ZONE = ZoneInfo(settings.TIME_ZONE)
_AT_ONCE = 5000  # rows in one statement
_COMMUNITY = 5  # steps of a path


@dataclass(slots=True)
class _Person:
    area_path: str
    number: int
    need: str
    days: int


@transaction.atomic
def plan_visits(actor: Actor) -> int:
    """Plan who is to be looked in on today, from the register and the rules; how many are new.

    Who was never looked in on gets a day within the interval by lot, so that the first day is not
    everybody's. Nobody has two visits pending. What nobody needs any more is taken off the list.
    """
    actor.must(Duty.DISPATCH)
    made = 0
    for district in areas_of_level(PLAYBOOK, "district"):
        care = asking.rules_at(district.path)
        if care is not None:
            made += _plan(actor, district.path, care)
    return made


def _plan(actor: Actor, district: str, care: Care) -> int:
    people = _people(district, care)
    day = today()
    pending = dict(
        Visit.objects.filter(state=Visit.State.DUE, area_path__startswith=district).values_list(
            "resident", "id"
        )
    )
    _take_off(actor, [id_ for resident, id_ in pending.items() if resident not in people])
    seen: dict[UUID, date] = dict(
        Visit.objects.filter(state=Visit.State.DONE, area_path__startswith=district)
        .exclude(found=Visit.Found.NOBODY)
        .values("resident")
        .annotate(last=Max("day"))
        .values_list("resident", "last")
    )
    due_at = datetime.combine(day, time(), tzinfo=_ZONE) + timedelta(hours=care.visit_by.value)
    wanted = [
        Visit(
            resident_id=resident,
            area_path=one.area_path,
            need=one.need,
            day=day,
            due_at=max(due_at, now()),
        )
        for resident, one in people.items()
        if resident not in pending and _is_due(one, seen.get(resident), day)
    ]
    already = set(Visit.objects.filter(day=day).values_list("resident", flat=True))
    new = [visit for visit in wanted if visit.resident_id not in already]
    Visit.objects.bulk_create(new, batch_size=_AT_ONCE, ignore_conflicts=True)
    record_many(
        [
            VisitsPlanned(
                subject_id=visits[0].id,
                area_path=path,
                number=len(visits),
                visits=[visit.id for visit in visits],
            )
            for path, visits in _by_community(new).items()
        ],
        actor=actor,
    )
    return len(new)


def _people(district: str, care: Care) -> dict[UUID, _Person]:
    """Everybody with a need that the rules name, with the shortest interval among their needs."""
    rows: dict[UUID, tuple[str, int]] = {}
    needs: dict[UUID, list[str]] = defaultdict(list)
    for need in care.visits:
        found = with_need(PLAYBOOK, district, need).values_list("id", "area_path", "number")
        for resident, path, number in found:
            rows[resident] = (path, number)
            needs[resident].append(need)
    sealed = restricted_among(PLAYBOOK, {one: path for one, (path, _number) in rows.items()})
    people = {}
    for resident, (path, number) in rows.items():
        often = {
            need: (
                care.visits[need].every_sealed if resident in sealed else care.visits[need].every
            ).length.days
            for need in needs[resident]
        }
        need = min(often, key=lambda one: (often[one], one))
        people[resident] = _Person(path, number, need, max(1, often[need]))
    return people


def _is_due(one: _Person, seen: date | None, day: date) -> bool:
    if seen is None:
        return (day.toordinal() + one.number) % one.days == 0
    return seen + timedelta(days=one.days) <= day


def _take_off(actor: Actor, ids: list[UUID]) -> None:
    found = list(Visit.objects.select_for_update().filter(id__in=ids, state=Visit.State.DUE))
    Visit.objects.filter(id__in=[one.id for one in found]).update(
        state=Visit.State.NOT_NEEDED, missed_at=None
    )
    record_many(
        [
            VisitNotNeeded(subject_id=one.id, area_path=one.area_path, resident_id=one.resident_id)
            for one in found
        ],
        actor=actor,
    )


def _by_community(visits: Iterable[Visit]) -> Mapping[str, list[Visit]]:
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in visits:
        found["/".join(visit.area_path.split("/")[:_COMMUNITY]) + "/"].append(visit)
    return found


@transaction.atomic
def note_missed_visits(actor: Actor) -> int:
    """Notice, once, who should have been looked in on by now; how many are new."""
    actor.must(Duty.DISPATCH)
    late = list(
        Visit.objects.select_for_update(skip_locked=True)
        .filter(state=Visit.State.DUE, missed_at=None, due_at__lte=now())
        .order_by("area_path", "id")
    )
    Visit.objects.filter(id__in=[one.id for one in late]).update(missed_at=now())
    record_many(
        [
            VisitsMissed(
                subject_id=visits[0].id,
                area_path=path,
                number=len(visits),
                visits=[visit.id for visit in visits],
            )
            for path, visits in _by_community(late).items()
        ],
        actor=actor,
    )
    return len(late)


@transaction.atomic
def visit_done(
    actor: Actor,
    visit_id: UUID,
    *,
    how: str,
    found: str,
    note: str = "",
    at: datetime | None = None,
) -> Visit:
    """Say that one looked in on the person, how, and what one found. Safe to repeat.

    at   when it was, where a phone tells it later
    """
    visit = get_visit(actor, visit_id, for_change=True)
    actor.must(Duty.CARRY_OUT, at=visit.area_path)
    if visit.state == Visit.State.DONE:
        return visit
    if how not in Visit.How.values or found not in Visit.Found.values:
        raise HowWasIt
    visit.state, visit.how, visit.found = Visit.State.DONE, how, found
    visit.done_at, visit.by_id = min(at or now(), now()), actor.id
    visit.note = said_plainly(note) or None
    visit.save(update_fields=["state", "how", "found", "done_at", "by_id", "note"])
    record(
        VisitDone(
            subject_id=visit.id,
            area_path=visit.area_path,
            resident_id=visit.resident_id,
            how=how,
            found=found,
        ),
        actor=actor,
    )
    return visit
