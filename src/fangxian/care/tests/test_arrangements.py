"""Who is ready: a hospital to call for every subdistrict, and cars."""

import pytest
from django.db import IntegrityError, transaction

from fangxian.areas.models import Area
from fangxian.care.actions import (
    assign_vehicle,
    give_up_car,
    keep_car,
    pair_hospital,
    unpair_hospital,
)
from fangxian.care.errors import CarIsKept, NamesWhomToCall, NotAHospital
from fangxian.care.models import Car, Hospital
from fangxian.care.queries import (
    cars_for,
    hospitals_for,
    subdistrict_of,
    subdistricts_without_hospital,
)
from fangxian.care.tests import make
from fangxian.care.tests.make import DRIVER_HE, HEAD_MA
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def street() -> str:
    return subdistrict_of(HEAD_MA, make.resident().area_path)


def paired(name: str = "一医院", *, at: str = "", **unusual: object) -> Hospital:
    said: dict[str, object] = {"contact": "医务科 Sun", "phone": "0971-5500001", **unusual}
    return pair_hospital(
        HEAD_MA,
        make.hospital(name).id,
        area_path=at or street(),
        **said,  # type: ignore[arg-type]
    )


def test_a_journey_finds_whom_to_call_the_ward_first() -> None:
    ill = make.resident()
    place = subdistrict_of(HEAD_MA, ill.area_path)
    paired("二医院", at=place, wards=["dialysis"])
    first = paired("一医院", at=place, wards=["birth"])

    assert hospitals_for(HEAD_MA, ill.area_path)[0] == first
    assert hospitals_for(HEAD_MA, ill.area_path, ward="dialysis")[0].site.name == "二医院"


def test_a_subdistrict_without_a_hospital_is_a_gap() -> None:
    place = street()
    before = subdistricts_without_hospital(HEAD_MA)

    pairing = paired(at=place)

    assert place in before
    assert place not in subdistricts_without_hospital(HEAD_MA)
    unpair_hospital(HEAD_MA, pairing.id)
    unpair_hospital(HEAD_MA, pairing.id)
    assert place in subdistricts_without_hospital(HEAD_MA)


def test_pairing_again_changes_whom_to_call() -> None:
    hospital, place = make.hospital(), street()
    for phone in ("1", "2"):
        pair_hospital(HEAD_MA, hospital.id, area_path=place, contact="Sun", phone=phone)

    [found] = hospitals_for(HEAD_MA, place)

    assert found.phone == "2"


def test_a_pairing_names_somebody_and_a_hospital() -> None:
    with pytest.raises(NamesWhomToCall):
        paired(contact=" ")
    with pytest.raises(NotAHospital):
        pair_hospital(HEAD_MA, new_id(), area_path=street(), contact="Sun", phone="1")
    with pytest.raises(NotYours):
        pair_hospital(DRIVER_HE, make.hospital().id, area_path=street(), contact="Sun", phone="1")


def test_a_car_that_carries_somebody_stands_last() -> None:
    place = street()
    for plate in ("青A 11111", "青A·22222"):
        keep_car(HEAD_MA, area_path=place, plate=plate, driver="He", phone="1")
    assign_vehicle(HEAD_MA, make.requested().id, vehicle="青A11111")

    assert [car.plate for car in cars_for(HEAD_MA, place)] == ["青A22222", "青A11111"]


def test_a_car_is_kept_once_and_may_be_given_up() -> None:
    place = street()
    car = keep_car(HEAD_MA, area_path=place, plate="青A11111", driver="He", phone="1")

    with pytest.raises(CarIsKept):
        keep_car(HEAD_MA, area_path=place, plate="青a11111", driver="He", phone="1")
    with pytest.raises(NamesWhomToCall):
        keep_car(HEAD_MA, area_path=place, plate="", driver="He", phone="1")
    give_up_car(HEAD_MA, car.id)

    assert give_up_car(HEAD_MA, car.id).ended_at is not None
    assert cars_for(HEAD_MA, place) == []


def test_the_tables_themselves_hold() -> None:
    pairing, area = paired(), Area.objects.get(path=street())

    with pytest.raises(IntegrityError, match="whom_to_call"), transaction.atomic():
        Hospital.objects.filter(id=pairing.id).update(phone="")
    with pytest.raises(IntegrityError, match="has_a_plate"), transaction.atomic():
        Car.objects.create(plate="", area_path=area.path, driver="He", phone="1")
