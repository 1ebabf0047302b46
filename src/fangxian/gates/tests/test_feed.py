"""What phones are sent, and the second look."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fangxian.engines.codes import sets
from fangxian.gates import actions, queries
from fangxian.gates.models import AlertSet, Scan
from fangxian.gates.tests import make
from fangxian.gates.tests.test_verdicts import _held
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import Hands, now, playing
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.people.models import PersonalCode, Resident
from fangxian.people.rules import PersonRef

pytestmark = pytest.mark.django_db


def test_a_gate_asks_by_the_numbers_of_the_pack() -> None:
    gate = make.gate("pass", "test", "temperature", "mask")
    actions.set_checkpoint(PLAYBOOK, gate.id, demands=["pass", "test"], objection="0971-12345")

    part = queries.checkpoints_for(make.guard())

    assert len(part) == 1
    assert (part[0]["site"], part[0]["path"]) == (str(gate.id), make.COMMUNITY)
    rules = part[0]["rules"]
    assert rules["pass"] is True
    assert rules["outing"] == {"people": 1, "every_d": 2, "lasts_h": 2}
    assert (rules["test_within_h"], rules["temperature_max"]) == (48, None)
    assert (rules["interval_min"], rules["most_a_day"], rules["reset_minutes"]) == (None, None, 5)
    assert rules["stamp"] == "cn-v9@1"
    assert "0971-12345" in rules["objection"]["zh"]
    assert "object" in rules["objection"]["en"]


def test_a_phone_gets_the_gates_of_its_own_area_only() -> None:
    make.gate(area_path=make.NEXT_COMMUNITY)

    assert queries.checkpoints_for(make.guard()) == []


def test_venues_with_a_code_are_sent() -> None:
    venue = make.venue()
    make.venue("没有场所码")
    actions.sign_up_venue(PLAYBOOK, venue.id, kind="supermarket")

    assert queries.venues_for(make.guard()) == [
        {"site": str(venue.id), "name": "小桥超市", "kind": "supermarket"}
    ]


# The alert set


def test_somebody_who_is_asked_to_stay_is_in_the_set_by_code_and_nobody_else_is() -> None:
    held, free = make.resident(), make.resident()
    for one in (held, free):
        make.code_of(one)
    _held(held)

    said = queries.alerts_for(make.guard())

    keys = dict(PersonalCode.objects.values_list("resident", "pseudonym"))
    assert said["count"] == 1
    assert sets.holds(said, sets.person_key(bytes(keys[held.id])))
    assert not sets.holds(said, sets.person_key(bytes(keys[free.id])))


def test_a_thousand_phones_build_it_once_a_minute() -> None:
    guard, held = make.guard(), make.resident()
    make.code_of(held)
    first = queries.alerts_for(guard)
    _held(held)

    with CaptureQueriesContext(connection) as asked:
        second = queries.alerts_for(guard)

    assert second == first
    assert len(asked) == 1


def test_after_a_minute_it_is_built_again_with_the_same_salt() -> None:
    with playing(now()) as hands:
        guard, held = make.guard(), make.resident()
        make.code_of(held)
        first = queries.alerts_for(guard)
        _held(held)
        _later(hands, timedelta(minutes=2))

        second = queries.alerts_for(guard)

    assert (first["count"], second["count"]) == (0, 1)
    assert first["salt"] == second["salt"]


def test_every_day_has_a_new_salt_and_old_sets_go() -> None:
    with playing(now()) as hands:
        guard = make.guard()
        first = queries.alerts_for(guard)
        _later(hands, timedelta(days=4))

        second = queries.alerts_for(guard)

    assert first["salt"] != second["salt"]
    assert AlertSet.objects.count() == 1


def test_only_gates_get_the_set() -> None:
    with pytest.raises(NotYours):
        queries.alerts_for(make.community_worker())


def _later(hands: Hands, by: timedelta) -> None:
    hands.to(now() + by)


# The second look


def test_the_second_look_says_what_to_do_and_records_nothing() -> None:
    gate, guard, person = make.gate("pass"), make.guard(), make.resident()

    said = queries.look(guard, gate.id, make.shown(person))

    assert (said.verdict, said.rule) == ("turn_back", "pass_missing")
    assert "pass" in said.reason
    assert not Scan.objects.exists()


def test_the_second_look_takes_nobody_into_the_register() -> None:
    gate, guard = make.gate(), make.guard()
    ref = PersonRef(provisional=new_id(), name="李访客", kind="visitor")

    queries.look(guard, gate.id, ref)

    assert not Resident.objects.exists()


def test_who_is_no_guard_there_does_not_look() -> None:
    gate = make.gate()

    with pytest.raises(NotYours):
        queries.look(make.community_worker(), gate.id, None)
