"""Seats in vehicles and rooms in houses, and what they change about who is a close contact."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from fangxian.areas.models import Site
from fangxian.cases.errors import PlaceIsNotKnown
from fangxian.cases.models import Division, Seat, Visit
from fangxian.engines.tracing.seats import NOWHERE, Layout, Spot, near
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.people import queries as people
from fangxian.protocol.packs import Pack


@dataclass(slots=True)
class Nearness:
    """What the seats say of one person met.

    layout, place   where the two were near each other; None: nowhere
    apart           minutes at places where they are known not to have been near
    """

    layout: Layout | None = None
    place: int | None = None
    apart: timedelta = timedelta()


@transaction.atomic
def divide_place(actor: Actor, place: int, layout: Layout) -> Division:
    """Say what kind of vehicle a place is, or that it has rooms. Said again, it is corrected."""
    actor.must(Duty.INVESTIGATE)
    if not Site.objects.filter(number=place).exists():
        raise PlaceIsNotKnown
    found, _new = Division.objects.update_or_create(
        place=place, defaults={"layout": Division.Layout(layout)}
    )
    return found


@transaction.atomic
def seat_people(actor: Actor, place: int, spots: Mapping[int, Spot]) -> int:
    """Say who, by `Resident.number`, sat or worked where in a place; how many are new or changed.

    People who are not in the register are left out. Safe to repeat.
    """
    actor.must(Duty.INVESTIGATE)
    if not Site.objects.filter(number=place).exists():
        raise PlaceIsNotKnown
    known = people.by_numbers(PLAYBOOK, spots)
    before = _spots_at([place], spots)
    changed = {
        person: spot
        for person, spot in spots.items()
        if person in known and spot not in {NOWHERE, before.get((place, person))}
    }
    Seat.objects.bulk_create(
        [
            Seat(person=person, place=place, room=spot.room, row=spot.row, crew=spot.crew)
            for person, spot in sorted(changed.items())
        ],
        update_conflicts=True,
        unique_fields=["place", "person"],
        update_fields=["room", "row", "crew"],
        batch_size=1000,
    )
    return len(changed)


def who_was_near(
    persons: Sequence[int], visits: Sequence[Visit], pack: Pack
) -> dict[int, Nearness]:
    """What seats say of everybody in the divided places of these visits; {} if there are none."""
    divided = {
        one.place: Layout(one.layout)
        for one in Division.objects.filter(place__in={visit.place for visit in visits})
    }
    if not divided:
        return {}
    found: defaultdict[int, Nearness] = defaultdict(Nearness)
    own = [visit for visit in visits if visit.place in divided]
    others = _others(own, persons)
    spots = _spots_at(divided, {*persons, *(other.person for _own, other in others)})
    rows = pack.contact.rows_either_side
    for visit, other in others:
        layout = divided[visit.place]
        verdict = near(
            layout,
            spots.get((visit.place, visit.person), NOWHERE),
            spots.get((visit.place, other.person), NOWHERE),
            rows=rows.whole if rows else 0,
        )
        known = found[other.person]
        if verdict:
            known.layout, known.place = layout, visit.place
        elif verdict is False:
            together = min(visit.end_at, other.end_at) - max(visit.start_at, other.start_at)
            known.apart += max(together, timedelta())
    return dict(found)


def _others(own: Sequence[Visit], persons: Sequence[int]) -> list[tuple[Visit, Visit]]:
    """Who else was there meanwhile: each with the visit of the case's own."""
    if not own:
        return []
    there = Visit.objects.filter(
        place__in={visit.place for visit in own},
        start_at__lte=max(visit.end_at for visit in own),
        end_at__gte=min(visit.start_at for visit in own),
    ).exclude(person__in=persons)
    at_place: defaultdict[int, list[Visit]] = defaultdict(list)
    for other in there:
        at_place[other.place].append(other)
    return [
        (visit, other)
        for visit in own
        for other in at_place[visit.place]
        if other.start_at <= visit.end_at and other.end_at >= visit.start_at
    ]


def _spots_at(places: Iterable[int], persons: Iterable[int]) -> dict[tuple[int, int], Spot]:
    rows = Seat.objects.filter(place__in=list(places), person__in=list(persons))
    return {
        (seat.place, seat.person): Spot(room=seat.room, row=seat.row, crew=seat.crew)
        for seat in rows
    }
