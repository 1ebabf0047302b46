"""Codes that people carry, and whom a phone means."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from fangxian.engines.codes import Claims, Kind, issue, sets
from fangxian.kernel import clock, signing
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event
from fangxian.people import actions, codes, errors, queries, rules
from fangxian.people.models import DuplicateOffer, PersonalCode, Resident
from fangxian.people.rules import PersonRef, Provisional
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db
SAMPLER = make.actor(Duty.COLLECT_SAMPLES)
START = datetime(2022, 9, 2, 4, 0, tzinfo=UTC)


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


# Codes in time


def test_a_code_given_again_is_the_same_while_half_of_its_time_is_left() -> None:
    with clock.playing(START) as hands:
        person = make.resident()
        first = actions.issue_code(make.KEEPER, person.id)
        hands.forward(days=14)
        assert actions.issue_code(make.KEEPER, person.id).id == first.id
        hands.forward(days=2)
        second = actions.issue_code(make.KEEPER, person.id)

    assert second.id != first.id
    assert first.expires_at - first.issued_at == timedelta(days=30)
    assert first.pack == "cn-v9@1"


def test_each_way_has_a_code_of_its_own_so_that_a_lost_card_ends_alone() -> None:
    person = make.resident()
    screen = actions.issue_code(make.KEEPER, person.id, way="screen")
    card = actions.issue_code(make.KEEPER, person.id, way="card")

    actions.revoke_code(make.KEEPER, card.id, reason="lost")

    of_card, of_screen = _seen([card, screen])
    assert of_card.trouble == "code_revoked"
    assert of_screen.trouble == ""
    assert of_card.resident_id == of_screen.resident_id == person.id


def _seen(given: list[PersonalCode], at: datetime | None = None) -> list[codes.Resolved]:
    texts = codes.texts(given)
    refs = [PersonRef(code=texts[one.id]) for one in given]
    return queries.resolve(SAMPLER, refs, at=[at or now()] * len(refs))


def test_a_scan_is_judged_by_its_own_time_not_by_that_of_its_arrival() -> None:
    with clock.playing(START) as hands:
        person = make.resident()
        given = actions.issue_code(make.KEEPER, person.id)
        hands.forward(days=3)
        scanned = now()
        hands.forward(days=1)
        actions.revoke_code(make.KEEPER, given.id, reason="lost")
        hands.forward(days=40)

        [then], [today] = _seen([given], scanned), _seen([given])

    assert then.trouble == ""
    assert (today.resident_id, today.trouble) == (person.id, "code_revoked")


def test_whoever_shows_an_expired_code_is_still_told_from_others() -> None:
    with clock.playing(START) as hands:
        person = make.resident()
        given = actions.issue_code(make.KEEPER, person.id)
        spoken = codes.spoken(given)
        hands.forward(days=31)

        [signed] = _seen([given])
        [said] = queries.resolve(SAMPLER, [PersonRef(code=spoken)])

    assert (signed.resident_id, signed.trouble) == (person.id, "code_expired")
    assert (said.resident_id, said.trouble) == (person.id, "code_expired")


def test_a_code_of_tomorrow_is_told() -> None:
    with clock.playing(START):
        person = make.resident()
        given = actions.issue_code(make.KEEPER, person.id)

        [early] = _seen([given], START - timedelta(days=1))

    assert (early.resident_id, early.trouble) == (person.id, "code_not_yet_valid")


def test_a_forged_code_names_nobody() -> None:
    person = make.resident()
    given = actions.issue_code(make.KEEPER, person.id)
    signing.rotate("code", at_once=True)
    stranger = issue(
        Claims(
            kind=Kind.PERSON,
            district="630105",
            subject=bytes(given.pseudonym),
            issued_at=now(),
            not_before=now(),
            expires_at=now() + timedelta(days=1),
        ),
        signing.signer("trust"),
    )

    [found] = queries.resolve(SAMPLER, [PersonRef(code=stranger)])

    assert (found.resident_id, found.trouble) == (None, "code_forged")


def test_a_good_code_that_the_register_does_not_know_is_of_somebody_unknown() -> None:
    person = make.resident()
    given = actions.issue_code(make.KEEPER, person.id)
    given.pseudonym = bytes(8)

    [found] = _seen([given])

    assert (found.resident_id, found.trouble) == (None, "person_unknown")


def test_a_pass_is_no_code_of_a_person() -> None:
    claims = Claims(
        kind=Kind.PASS,
        district="630105",
        subject=41,
        issued_at=now(),
        not_before=now(),
        expires_at=now() + timedelta(days=1),
    )

    [found] = queries.resolve(SAMPLER, [PersonRef(code=issue(claims, signing.signer("code")))])

    assert found.trouble == "code_forged"


def test_codes_and_meetings_of_a_merged_record_lead_to_the_one_kept() -> None:
    home = make.dwelling()
    person = make.resident("李小小", at=home, identity="", birth_date=date(1990, 5, 4))
    guest = met("李小小", at=home.path)
    actions.register_provisional(SAMPLER, [guest])
    given = actions.issue_code(make.KEEPER, guest.id)

    actions.merge_residents(make.KEEPER, person.id, guest.id)

    keys = queries.set_keys(SAMPLER, [guest.id])
    assert keys == {guest.id: [sets.person_key(bytes(given.pseudonym))]}
    refs = [PersonRef(provisional=guest.id, name="-"), PersonRef(resident=guest.id)]
    found = [*queries.resolve(SAMPLER, refs), *_seen([given])]
    assert {one.resident_id for one in found} == {person.id}
    assert not Resident.objects.get(id=person.id).provisional


# What sets are made of


def test_somebody_is_recognised_by_every_good_code_and_by_the_card() -> None:
    person = make.resident()
    good = actions.issue_code(make.KEEPER, person.id)
    lost = actions.issue_code(make.KEEPER, person.id, way="card")
    actions.revoke_code(make.KEEPER, lost.id, reason="lost")

    keys = queries.set_keys(make.actor(Duty.GUARD), [person.id])

    assert keys == {
        person.id: [
            sets.identity_key(person.identity.reveal()),
            sets.person_key(bytes(good.pseudonym)),
        ]
    }


def test_nobody_outside_the_viewers_area_is_in_a_set() -> None:
    person = make.resident()
    elsewhere = make.actor(Duty.GUARD, within=make.community("新世纪社区").path)

    assert queries.set_keys(elsewhere, [person.id]) == {}


def test_without_a_figure_in_the_pack_no_code_is_issued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = make.resident()
    monkeypatch.setattr(codes, "_LIMIT", "code.of_no_pack")

    with pytest.raises(errors.NoValidity, match="cn-v9@1"):
        actions.issue_code(make.KEEPER, person.id)


def test_too_many_cards_are_not_printed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    person = make.resident()
    monkeypatch.setattr(codes, "MOST_CARDS", 0)

    with pytest.raises(errors.TooManyCards):
        actions.issue_codes(make.KEEPER, person.area_path)


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_meet_the_same_people_at_once_make_each_one_person() -> None:
    numbers = [make.identity(date(1990, 5, 4)) for _ in range(20)]

    def batch(order: list[str]) -> list[Provisional]:
        return [met(identity=number, born=None) for number in order]

    def desk(rows: list[Provisional]) -> dict[UUID, UUID]:
        try:
            return actions.register_provisional(SAMPLER, rows)
        finally:
            connection.close()

    batches = [batch(numbers), batch(numbers[::-1]), batch(numbers)]
    with ThreadPoolExecutor(3) as desks:
        answers = list(desks.map(desk, batches))

    assert Resident.objects.count() == 20
    assert [len(answer) for answer in answers] == [20, 20, 20]
    assert set().union(*(answer.values() for answer in answers)) == set(
        Resident.objects.values_list("id", flat=True)
    )
