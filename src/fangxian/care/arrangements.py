"""Who is ready: the hospital paired with a subdistrict, whom to call there, and the cars."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction

from fangxian.areas.models import Site
from fangxian.areas.queries import area_at
from fangxian.care.errors import CarIsKept, NamesWhomToCall, NotAHospital
from fangxian.care.events import CarGivenUp, CarKept, HospitalPaired, HospitalUnpaired
from fangxian.care.journeys import plain_plate
from fangxian.care.models import Car, Hospital, Ward
from fangxian.care.queries import get_car, get_hospital
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ledger import record

ARRANGERS = (Duty.DISPATCH, Duty.MANAGE_AREAS, Duty.COMMAND)


def must_one_of(actor: Actor, duties: Sequence[Duty], at: str) -> None:
    if not any(actor.may(duty, at=at) for duty in duties):
        raise NotYours(str(duties[0].label))


@transaction.atomic
def pair_hospital(
    actor: Actor,
    site_id: UUID,
    *,
    area_path: str,
    contact: str,
    phone: str,
    wards: Iterable[str] = (),
    first: bool = True,
) -> Hospital:
    """Say which hospital takes the people of a subdistrict, and whom to call there.

    Saying it of a hospital that is paired already changes whom to call and which wards it has.
    """
    place = area_at(actor, area_path)
    must_one_of(actor, ARRANGERS, place.path)
    site = Site.objects.filter(id=site_id, kind=Site.Kind.HOSPITAL, closed_at=None).first()
    if site is None:
        raise NotAHospital
    if not contact.strip() or not phone.strip():
        raise NamesWhomToCall
    known = Hospital.objects.select_for_update().filter(area_path=place.path, ended_at=None)
    if first:
        known.exclude(site=site).update(first=False)
    pairing, new = Hospital.objects.update_or_create(
        site=site,
        area_path=place.path,
        ended_at=None,
        defaults={
            "contact": contact.strip()[:40],
            "phone": phone.strip()[:20],
            "wards": [str(ward) for ward in Ward if ward in set(wards)],
            "first": first or not known.filter(first=True).exclude(site=site).exists(),
        },
    )
    if new:
        record(
            HospitalPaired(subject_id=pairing.id, area_path=place.path, site_id=site.id),
            actor=actor,
        )
    return pairing


@transaction.atomic
def unpair_hospital(actor: Actor, pairing_id: UUID) -> Hospital:
    """The hospital no longer takes the people of this subdistrict. Safe to repeat."""
    pairing = get_hospital(actor, pairing_id)
    must_one_of(actor, ARRANGERS, pairing.area_path)
    if pairing.ended_at is None:
        pairing.ended_at = now()
        pairing.save(update_fields=["ended_at"])
        record(
            HospitalUnpaired(
                subject_id=pairing.id, area_path=pairing.area_path, site_id=pairing.site_id
            ),
            actor=actor,
        )
    return pairing


@transaction.atomic
def keep_car(
    actor: Actor, *, area_path: str, plate: str, driver: str, phone: str, stretcher: bool = False
) -> Car:
    """A car of the subdistrict that is kept ready, and who drives it."""
    place = area_at(actor, area_path)
    must_one_of(actor, ARRANGERS, place.path)
    signs = plain_plate(plate)
    if not signs or not driver.strip() or not phone.strip():
        raise NamesWhomToCall
    if Car.objects.filter(plate=signs, ended_at=None).exists():
        raise CarIsKept(signs)
    car = Car.objects.create(
        plate=signs,
        area_path=place.path,
        driver=driver.strip()[:40],
        phone=phone.strip()[:20],
        stretcher=stretcher,
    )
    record(CarKept(subject_id=car.id, area_path=place.path), actor=actor)
    return car


@transaction.atomic
def give_up_car(actor: Actor, car_id: UUID) -> Car:
    """The car is no longer kept ready. Safe to repeat."""
    car = get_car(actor, car_id)
    must_one_of(actor, ARRANGERS, car.area_path)
    if car.ended_at is None:
        car.ended_at = now()
        car.save(update_fields=["ended_at"])
        record(CarGivenUp(subject_id=car.id, area_path=car.area_path), actor=actor)
    return car
