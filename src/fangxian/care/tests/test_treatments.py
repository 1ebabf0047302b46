"""Regular treatment is booked ahead and driven; each ride is a journey like any other."""

from datetime import date, time, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from fangxian.care.actions import (
    book_series,
    depart,
    end_series,
    note_missed_rides,
    prepare_rides,
    request_transfer,
)
from fangxian.care.errors import (
    NotAHospital,
    SeriesNeedsDays,
    SeriesOutOfTime,
    TreatmentIsBooked,
)
from fangxian.care.models import Series
from fangxian.care.queries import counts, rides_ahead, under_way
from fangxian.care.rules import treated_on
from fangxian.care.tests import make
from fangxian.care.tests.make import HEAD_MA, NEIGHBOUR
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import Hands, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.people.models import Resident

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def booked(who: Resident | None = None, **unusual: object) -> Series:
    """Every day at four in the afternoon, for thirty days; it is noon."""
    said: dict[str, object] = {
        "kind": "dialysis",
        "at": time(16, 0),
        "first_day": today(),
        "last_day": today() + timedelta(days=30),
        "every_days": 1,
        **unusual,
    }
    if "hospital_id" not in said:
        said["hospital_id"] = make.hospital().id
    return book_series(HEAD_MA, (who or make.resident()).id, **said)  # type: ignore[arg-type]


def test_the_rides_of_the_next_day_are_ready_and_each_is_made_once() -> None:
    series = booked()

    again = prepare_rides(PLAYBOOK)

    assert again == 0
    [ride] = rides_ahead(HEAD_MA)  # tomorrow's lies beyond the day that is made ready
    assert (ride.series, ride.what, ride.state) == (series, "regular_treatment", "triaged")
    assert ride.means == "street_car"


def test_a_ride_that_lies_ahead_is_nobody_waiting() -> None:
    booked()

    assert list(under_way(HEAD_MA)) == []
    assert (counts(HEAD_MA).waiting, counts(HEAD_MA).ahead) == (0, 1)


def test_an_emergency_does_not_wait_for_the_ride_that_is_booked() -> None:
    patient = make.resident()
    booked(patient)

    asked = request_transfer(
        NEIGHBOUR,
        patient.id,
        area_path=patient.area_path,
        what="life_threatening",
        channel="hotline",
    )

    assert asked.series is None
    assert asked.state == "requested"


def test_a_ride_that_has_left_goes_on_when_the_series_ends(noon: Hands) -> None:
    series = booked(at=time(13, 0))
    [gone] = series.rides.all()
    depart(HEAD_MA, gone.id)
    noon.forward(days=1, hours=-2)
    prepare_rides(PLAYBOOK)

    end_series(HEAD_MA, series.id)
    end_series(HEAD_MA, series.id)

    states = series.rides.order_by("wanted_at").values_list("state", "outcome")
    assert list(states) == [("departed", ""), ("done", "not_wanted")]


def test_a_late_ride_is_noticed_once(noon: Hands) -> None:
    booked()
    noon.forward(hours=3, minutes=14)
    early = note_missed_rides(PLAYBOOK)
    noon.forward(minutes=1)

    assert (early, note_missed_rides(PLAYBOOK), note_missed_rides(PLAYBOOK)) == (0, 1, 0)


def test_who_is_treated_may_book_and_end_it_alone() -> None:
    patient = make.resident()
    own = Actor(id=patient.id, within=patient.area_path, duties=frozenset())

    series = book_series(
        own,
        patient.id,
        kind="antenatal",
        hospital_id=make.hospital().id,
        at=time(9, 0),
        first_day=today() + timedelta(days=3),
        last_day=today() + timedelta(days=60),
        every_days=14,
    )

    assert end_series(own, series.id).ended_at is not None


def test_a_neighbour_does_not_book_for_others() -> None:
    with pytest.raises(NotYours):
        book_series(
            NEIGHBOUR,
            make.resident().id,
            kind="dialysis",
            hospital_id=make.hospital().id,
            at=time(9, 0),
            first_day=today(),
            last_day=today(),
            every_days=1,
        )


def test_the_same_booked_again_is_the_same_and_another_is_refused() -> None:
    patient, hospital = make.resident(), make.hospital()
    series = booked(patient, hospital_id=hospital.id)

    assert booked(patient, hospital_id=hospital.id) == series
    with pytest.raises(TreatmentIsBooked):
        booked(patient, hospital_id=hospital.id, at=time(8, 0))


@pytest.mark.parametrize(
    ("unusual", "refusal"),
    [
        ({"every_days": None}, SeriesNeedsDays),
        ({"weekdays": [1]}, SeriesNeedsDays),
        ({"every_days": None, "weekdays": [0, 8]}, SeriesNeedsDays),
        ({"first_day": date(2022, 9, 1)}, SeriesOutOfTime),
        ({"last_day": date(2022, 8, 1)}, SeriesOutOfTime),
        ({"last_day": date(2023, 9, 1)}, SeriesOutOfTime),
        ({"hospital_id": new_id()}, NotAHospital),
    ],
)
def test_what_cannot_be_booked_says_why(
    unusual: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        booked(None, **unusual)


@pytest.mark.parametrize(
    ("day", "weekdays", "every", "treated"),
    [
        (date(2022, 9, 2), [5], None, True),
        (date(2022, 9, 3), [5], None, False),
        (date(2022, 9, 4), [], 2, True),
        (date(2022, 9, 5), [], 2, False),
        (date(2022, 9, 1), [4], None, False),
        (date(2022, 10, 7), [5], None, False),
    ],
)
def test_on_which_days(day: date, weekdays: list[int], every: int | None, treated: bool) -> None:
    first, last = date(2022, 9, 2), date(2022, 10, 6)

    found = treated_on(day, first=first, last=last, weekdays=weekdays, every_days=every)

    assert found is treated


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({"last_day": date(2000, 1, 1)}, "series_ends_after_it_began"),
        ({"every_days": None}, "series_says_on_which_days"),
        ({"means": "community_medic"}, "series_is_driven"),
    ],
)
def test_the_table_itself_holds(fields: dict[str, object], broken: str) -> None:
    series = booked()

    with pytest.raises(IntegrityError, match=broken), transaction.atomic():
        Series.objects.filter(id=series.id).update(**fields)


def test_a_treatment_is_driven_to_once() -> None:
    series = booked()
    [ride] = series.rides.all()
    ride.pk, ride.number = UUID(int=7), ride.number + 1

    with pytest.raises(IntegrityError, match="driven_to_once"), transaction.atomic():
        ride.save(force_insert=True)
