"""The mark of death: what it ends, what it refuses, and how a wrong one is taken back."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from fangxian.kernel.access import Duty
from fangxian.kernel.clock import today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Account, Event
from fangxian.people.actions import merge_residents, move_stay, note_need, register_resident
from fangxian.people.deaths import note_death, take_back_death
from fangxian.people.errors import DayWrong, PersonHasDied, ReasonMissing
from fangxian.people.models import Resident
from fangxian.people.queries import (
    dead_among,
    get_resident,
    residents_in,
    residents_matching,
)
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db


def _yesterday() -> date:
    return today() - timedelta(days=1)


def test_a_death_ends_the_stay_the_needs_and_what_others_may_do() -> None:
    who = make.resident()
    home = who.area_path
    note_need(make.KEEPER, who.id, "dialysis")

    note_death(make.KEEPER, who.id, on=_yesterday(), source="certificate")

    dead = get_resident(make.KEEPER, who.id)
    assert (dead.died_on, dead.death_source) == (_yesterday(), "certificate")
    assert not dead.stays.filter(until=None).exists()
    assert not dead.needs.filter(until=None).exists()
    assert who.id not in {one.id for one in residents_in(make.KEEPER, home)}
    assert dead_among(make.KEEPER, [who.id]) == {who.id}
    fact = Event.objects.get(kind="people.resident_died")
    assert (fact.area_path, fact.facts["source"]) == (home, "certificate")


def test_the_same_death_again_changes_nothing_and_another_day_is_refused() -> None:
    who = make.resident()
    note_death(make.KEEPER, who.id, on=_yesterday(), source="police")

    note_death(make.KEEPER, who.id, on=_yesterday(), source="police")

    assert Event.objects.filter(kind="people.resident_died").count() == 1
    with pytest.raises(PersonHasDied):
        note_death(make.KEEPER, who.id, on=today(), source="police")


def test_a_death_in_the_future_or_before_the_birth_is_refused() -> None:
    who = make.resident()
    with pytest.raises(DayWrong):
        note_death(make.KEEPER, who.id, on=today() + timedelta(days=1), source="family")
    with pytest.raises(DayWrong):
        note_death(make.KEEPER, who.id, on=date(1899, 1, 1), source="family")

    assert get_resident(make.KEEPER, who.id).died_on is None


def test_only_a_keeper_of_the_register_notes_a_death() -> None:
    who = make.resident()
    with pytest.raises(NotYours):
        note_death(make.actor(Duty.SEE_REGISTER), who.id, on=_yesterday(), source="family")


def test_nobody_moves_in_after_their_death() -> None:
    who = make.resident()
    door = make.dwelling()
    note_death(make.KEEPER, who.id, on=_yesterday(), source="family")

    with pytest.raises(PersonHasDied):
        move_stay(make.KEEPER, who.id, door.id)
    known = get_resident(make.KEEPER, who.id)
    assert known.identity is not None
    with pytest.raises(PersonHasDied):
        register_resident(
            make.KEEPER,
            dwelling_id=door.id,
            name=known.name.reveal(),
            identity=known.identity.reveal(),
        )


def test_a_wrong_mark_is_taken_back_with_a_reason_and_the_person_registered_again() -> None:
    who = make.resident()
    note_death(make.KEEPER, who.id, on=_yesterday(), source="family")
    with pytest.raises(ReasonMissing):
        take_back_death(make.KEEPER, who.id, reason=" ")

    take_back_death(make.KEEPER, who.id, reason="a namesake")
    take_back_death(make.KEEPER, who.id, reason="a namesake")

    assert get_resident(make.KEEPER, who.id).died_on is None
    assert Event.objects.filter(kind="people.death_taken_back").count() == 1
    door = make.dwelling()
    assert move_stay(make.KEEPER, who.id, door.id).area_path == door.path


def test_somebody_who_died_is_found_when_asked_for_and_on_no_list() -> None:
    who = make.resident()
    note_death(make.KEEPER, who.id, on=_yesterday(), source="family")

    assert who.id not in {one.id for one in residents_matching(make.KEEPER)}
    asked = residents_matching(make.KEEPER, search=who.name.reveal())
    assert who.id in {one.id for one in asked}


def test_a_merged_record_hands_its_mark_of_death_over() -> None:
    keep, drop = make.resident(), make.resident(identity=None)
    note_death(make.KEEPER, drop.id, on=_yesterday(), source="family")

    merge_residents(make.KEEPER, keep.id, drop.id, reason="one person")

    assert get_resident(make.KEEPER, keep.id).died_on == _yesterday()


def test_the_database_refuses_a_death_of_which_nobody_says() -> None:
    who = make.resident()
    with (
        pytest.raises(IntegrityError, match="resident_death_has_a_source"),
        transaction.atomic(),
    ):
        Resident.objects.filter(id=who.id).update(died_on=today())


def test_the_page_notes_a_death_and_takes_it_back() -> None:
    who = make.resident()
    Account.objects.create(
        username="liu", display_name="Liu", duties=["keep_register", "see_register"]
    )
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(Account.objects.get(username="liu"))
    edit = f"/people/{who.id}/edit"

    assert "Note the death" in browser.get(edit).text
    assert browser.post(f"/people/{who.id}/died", {"on": "", "source": ""}).status_code == 422
    browser.post(f"/people/{who.id}/died", {"on": str(_yesterday()), "source": "hospital"})

    assert f"Died on {_yesterday()}" in browser.get(edit).text
    browser.post(f"/people/{who.id}/lives", {"reason": "a namesake"})
    assert "Note the death" in browser.get(edit).text
