"""What the database itself refuses, whoever asks."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.quarantine.actions import visit_door
from fangxian.quarantine.models import (
    DoorVisit,
    Facility,
    MissedReading,
    Placement,
    Reading,
    Restart,
    RestartLine,
    Room,
    Transfer,
    Watch,
    Wish,
)
from fangxian.quarantine.tests import make
from fangxian.quarantine.tests.make import HEAD_MA

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _rules() -> None:
    make.rules()


def breaks(constraint: str, row: Model, **change: Any) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**change)  # type: ignore[attr-defined]


def twice(constraint: str, row: Model, **unusual: Any) -> None:
    row.pk = new_id()
    for name, value in unusual.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        row.save(force_insert=True)


def test_sites_and_rooms() -> None:
    site = make.site()
    facility = Facility.objects.get(site=site)
    breaks("facility_opens_with_every_check", facility, checks=["clean_zone"])
    breaks("facility_opens_with_every_check", facility, opened_by=None)
    breaks("facility_closed_has_a_time", facility, state="closed")
    breaks("room_has_a_bed", make.room(site), beds=0)
    twice("room_is_entered_once", make.room(site))


def test_stays_and_journeys() -> None:
    site = make.site()
    stay, coming = make.staying(at=site, name="301"), make.expected(at=site, name="302")
    breaks("placement_times_follow_its_state", stay, arrived_at=None)
    breaks("placement_left_says_where_to", stay, state="left", left_at=now())
    breaks("placement_left_says_where_to", stay, left_how="home")
    twice("placement_is_in_one_room_at_a_time", Placement.objects.get(id=stay.id))
    twice("placement_is_expected_in_one_room", Placement.objects.get(id=coming.id))
    journey = coming.transfers.get()
    breaks("transfer_is_handed_over_at_both_ends", journey, state="arrived", vehicle="青A1")
    breaks(
        "transfer_departs_in_a_vehicle_or_by_own_way",
        journey,
        state="on_the_way",
        departed_at=now(),
        handed_by=new_id(),
    )
    twice("transfer_is_one_at_a_time", Transfer.objects.get(id=journey.id), number=999_999)


def test_days() -> None:
    watch = make.watch()
    breaks("watch_ends_after_it_began", watch, ended_at=watch.begun_at - HOUR)
    twice(
        "watch_is_kept_once_a_person",
        Watch.objects.get(id=watch.id),
        token="another",
        spoken=watch.spoken - 1,
    )
    reading = make.reading(watch.resident_id)
    breaks("reading_is_of_a_living_body", reading, temperature=63)
    breaks("reading_names_who_took_it", reading, by_id=None)
    missed = MissedReading.objects.create(
        watch=watch, area_path=watch.area_path, day=now().date(), turn=0
    )
    twice("missed_reading_is_noticed_once", missed)
    wish = Wish.objects.create(watch=watch, area_path=watch.area_path, kind="food")
    breaks("wish_is_met_by_somebody", wish, met_at=now())
    twice("wish_is_open_once", wish)
    assert Reading.objects.count() == 1


def test_doors() -> None:
    order = make.at_home()
    visit = visit_door(HEAD_MA, order.resident_id, purpose="seal", found="at_home", door_opens=True)
    breaks("door_visit_leaves_a_door_that_opens", visit, door_opens=False)
    breaks("door_visit_hangs_out_nobodys_name", visit, names_nobody=False)
    assert DoorVisit.objects.count() == 1


def test_new_infections() -> None:
    stay = make.staying()
    restart = Restart.objects.create(
        facility=stay.room.facility,
        area_path=stay.area_path,
        placement=stay,
        because_id=new_id(),
        pack="cn-v9@1",
        floors=[3],
        exposed_at=now(),
    )
    line = RestartLine.objects.create(
        restart=restart,
        placement=stay,
        order=stay.order,
        because_id=new_id(),
        was=now(),
        becomes=now() + HOUR,
    )
    breaks("restart_is_decided_by_somebody_with_a_reason", restart, state="applied")
    breaks("restart_never_shortens", line, becomes=now() - HOUR)
    twice("restart_names_an_order_once", line)
    twice("restart_is_proposed_once_an_infection", restart)
    assert Room.objects.exists()
