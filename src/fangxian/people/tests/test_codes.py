"""Codes that people carry, and whom a phone means."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.people import actions, codes, queries, rules
from fangxian.people.models import DuplicateOffer, Resident
from fangxian.people.rules import PersonRef, Provisional
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db
SAMPLER = make.actor(Duty.COLLECT_SAMPLES)


@pytest.fixture(autouse=True)
def _rules_hold() -> None:
    make.rules_in_force()


def met(name: str = "李小小", *, at: str = "1/", **known: object) -> Provisional:
    said: dict[str, object] = {"id": new_id(), "met_at": now(), "born": date(1990, 5, 4)} | known
    return Provisional(name=name, area_path=at, **said)  # type: ignore[arg-type]


def test_a_code_tells_the_table_whose_it_is() -> None:
    person = make.resident()
    code = actions.issue_code(make.KEEPER, person.id)

    text = codes.texts([code])[code.id]
    [found] = queries.resolve(SAMPLER, [PersonRef(code=text)])

    assert (found.resident_id, found.area_path, found.trouble) == (person.id, person.area_path, "")


def test_the_spoken_number_is_as_good_as_the_code() -> None:
    person = make.resident()
    code = actions.issue_code(make.KEEPER, person.id)

    said = codes.spoken(code).lower().replace("0", "o")
    [found] = queries.resolve(SAMPLER, [PersonRef(code=said)])

    assert found.resident_id == person.id


def test_four_ways_to_name_a_person_take_a_handful_of_statements(
    django_assert_max_num_queries: Any,
) -> None:
    home = make.dwelling()
    people = [make.resident(f"王建{n}".replace("0", "国"), at=home) for n in "甲乙丙丁"]
    text = codes.texts([actions.issue_code(make.KEEPER, people[0].id)])
    guest = met(at=home.path)
    actions.register_provisional(SAMPLER, [guest])
    refs = [
        PersonRef(code=next(iter(text.values()))),
        PersonRef(resident=people[1].id),
        PersonRef(identity=people[2].identity.reveal()),
        PersonRef(provisional=guest.id, name="李小小"),
    ] * 100

    with django_assert_max_num_queries(6):
        found = queries.resolve(SAMPLER, refs)

    assert [one.resident_id for one in found[:4]] == [
        people[0].id,
        people[1].id,
        people[2].id,
        guest.id,
    ]
    assert {one.trouble for one in found} == {""}


def test_registering_the_unregistered_twice_makes_one_person() -> None:
    home = make.dwelling()
    row = met(at=home.path, phone=make.phone())

    first = actions.register_provisional(SAMPLER, [row, row])
    again = actions.register_provisional(SAMPLER, [row])

    assert first == again == {row.id: row.id}
    kept = Resident.objects.get()
    assert kept.provisional
    assert kept.area_path == home.path
    assert Event.objects.filter(kind="people.provisional_registered").count() == 1


def test_a_known_document_gives_the_known_resident() -> None:
    person = make.resident()
    row = met("王建国", identity=person.identity.reveal(), born=None)

    known = actions.register_provisional(SAMPLER, [row])

    assert known == {row.id: person.id}
    assert Resident.objects.count() == 1
    [found] = queries.resolve(SAMPLER, [PersonRef(provisional=row.id, name="王建国")])
    assert found.resident_id == person.id


def test_two_phones_that_meet_one_passport_meet_one_person() -> None:
    one = met("John Smith", identity="E12345678", type="20")
    other = met("John Smith", identity="E12345678", type="20")

    known = actions.register_provisional(SAMPLER, [one, other])

    assert known == {one.id: one.id, other.id: one.id}
    assert Resident.objects.count() == 1


def test_somebody_alike_is_offered_for_matching() -> None:
    home = make.dwelling()
    person = make.resident("李小小", at=home, identity="", birth_date=date(1990, 5, 4))

    actions.register_provisional(SAMPLER, [met("李小小", at=home.path)])

    assert DuplicateOffer.objects.get().one_id == person.id


def test_a_row_that_cannot_be_right_does_not_hold_up_the_others() -> None:
    good, wrong = met(), met(identity="630105198301011230", born=None)

    known = actions.register_provisional(SAMPLER, [wrong, good])

    assert known == {good.id: good.id}
    ref = PersonRef(provisional=wrong.id, name=wrong.name, identity=wrong.identity)
    assert queries.resolve(SAMPLER, [ref])[0].trouble == "identity_wrong"


def test_whoever_was_met_and_then_registered_is_provisional_no_more() -> None:
    home = make.dwelling()
    number = make.identity(date(1990, 5, 4))
    row = met(identity=number, at=home.path)
    actions.register_provisional(SAMPLER, [row])

    kept = make.resident("李小小", at=home, identity=number)

    assert kept.id == row.id
    assert not Resident.objects.get().provisional


def test_nobody_without_a_duty_to_meet_people_takes_them_in() -> None:
    with pytest.raises(NotYours):
        actions.register_provisional(make.actor(Duty.CARRY_OUT), [met()])


@pytest.mark.parametrize(
    ("ref", "trouble"),
    [
        (PersonRef(code="FX1:NOT A CODE"), "code_forged"),
        (PersonRef(code="garbage"), "code_forged"),
        (PersonRef(resident=UUID(int=7)), "person_unknown"),
        (PersonRef(identity="630105198301011238"), "identity_wrong"),
        (PersonRef(identity="630105198301011234"), "person_unknown"),
        (PersonRef(provisional=UUID(int=7), name="李小小"), "person_unknown"),
        (PersonRef(provisional=UUID(int=7), name=""), "name_wrong"),
    ],
)
def test_whom_nobody_knows_is_said_in_one_word(ref: PersonRef, trouble: str) -> None:
    number = "63010519830101123"
    if ref.identity and trouble == "person_unknown":
        ref = PersonRef(identity=number + rules.check_character(number))

    [found] = queries.resolve(SAMPLER, [ref])

    assert (found.resident_id, found.trouble) == (None, trouble)
