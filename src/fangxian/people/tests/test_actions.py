"""Keeping the register: who lives where, who may see it, and two records of one person."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fangxian.areas.models import Area
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now, playing, today
from fangxian.kernel.errors import NotFound, NotYours, Refusal
from fangxian.kernel.models import Account, Event
from fangxian.people import actions, errors, queries
from fangxian.people.models import Household, Resident
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db
KEEPER = make.KEEPER


def told(kind: str) -> Event:
    return Event.objects.get(kind=f"people.{kind}")


# Registering


def test_a_person_is_registered_at_a_door_with_a_household_and_a_stay() -> None:
    door = make.dwelling()

    wang = make.resident("王建国", at=door)

    assert wang.area_path == door.path
    assert queries.stays_of(KEEPER, wang.id).get().dwelling == door
    assert told("resident_registered").subject_id == wang.id
    assert (wang.sex, wang.birth_date) == ("male", date(1983, 1, 1))


def test_what_is_returned_shows_the_masked_form_only() -> None:
    wang = make.resident("王建国", phone="13997123456")

    assert str(wang.name) == str(wang) == "王**"
    assert str(wang.phone) == "139****3456"
    assert str(wang.identity).startswith("630105********")


def test_people_behind_one_door_share_a_household_unless_another_is_founded() -> None:
    door = make.dwelling()
    wang = make.resident(at=door)
    wife = make.resident("李梅", at=door, identity="", birth_date=date(1985, 5, 5))

    lodgers = actions.found_household(KEEPER, door.id)
    lodger = make.resident("马成", at=door, household_id=lodgers.id)

    assert queries.household_of(KEEPER, wang.id) == [wife]
    assert queries.household_of(KEEPER, lodger.id) == []
    assert queries.households_at(KEEPER, door.path).count() == 2


def test_a_household_of_another_door_is_refused() -> None:
    elsewhere = actions.found_household(KEEPER, make.dwelling("102").id)

    with pytest.raises(errors.HouseholdElsewhere):
        make.resident(household_id=elsewhere.id)


def test_nobody_is_registered_in_two_dwellings() -> None:
    wang = make.resident(at=make.dwelling("101", within=make.community("朝阳社区")))
    other = make.dwelling("201", within=make.community("新世纪社区"))
    assert wang.identity

    with pytest.raises(errors.RegisteredElsewhere) as refused:
        make.resident(at=other, identity=wang.identity.reveal())

    assert "朝阳社区" in refused.value.message
    assert "新世纪社区" in refused.value.message
    assert "Moved" in refused.value.message or "迁居" in refused.value.message
    assert refused.value.facts["resident"] == str(wang.id)


def test_of_a_place_outside_ones_area_only_the_community_is_named() -> None:
    wang = make.resident(at=make.dwelling("101", within=make.community("朝阳社区")))
    here = make.dwelling("201", within=make.community("新世纪社区"))
    worker = make.actor(Duty.KEEP_REGISTER, within=here.path)
    assert wang.identity

    with pytest.raises(errors.RegisteredElsewhere) as refused:
        make.resident(at=here, by=worker, identity=wang.identity.reveal())

    assert "朝阳社区”" in refused.value.message
    assert refused.value.facts["resident"] is None


def test_registering_somebody_again_where_they_stay_changes_nothing() -> None:
    door = make.dwelling()
    wang = make.resident(at=door)
    assert wang.identity

    again = make.resident(at=door, identity=wang.identity.reveal())

    assert again == wang
    assert Event.objects.filter(kind__startswith="people.resident").count() == 1


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (errors.NameWrong, {"name": "5"}),
        (errors.IdentityWrong, {"identity": "630105198301011239"}),
        (errors.IdentityWrong, {"identity": make.identity(division="990105")}),
        (errors.IdentityWrong, {"identity_type": "20", "identity": "?"}),
        (errors.PhoneWrong, {"phone": "12345"}),
        (errors.BirthDateWrong, {"birth_date": date(1990, 1, 1)}),
        (errors.BirthDateWrong, {"identity": "", "birth_date": date(2999, 1, 1)}),
        (errors.SexDisagrees, {"sex": "female"}),
        (errors.DayWrong, {"since": date(2999, 1, 1)}),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_kept(
    refusal: type[Refusal], said: dict[str, Any]
) -> None:
    name = said.pop("name", "王建国")

    with pytest.raises(refusal):
        make.resident(str(name), **said)

    assert not Resident.objects.exists()
    assert not Household.objects.exists()


def test_only_a_dwelling_in_use_can_be_lived_in() -> None:
    ended = make.dwelling("999")
    Area.objects.filter(id=ended.id).update(ended_at=now())

    for place in (make.community(), ended):
        with pytest.raises(errors.NotADwelling):
            make.resident(at=place)
    with pytest.raises(NotFound):
        make.resident(at=make.dwelling(), by=make.actor(Duty.KEEP_REGISTER, within="zz/"))
    with pytest.raises(NotYours):
        make.resident(by=make.actor(Duty.SEE_REGISTER))


# Correcting


def test_a_correction_says_which_fields_changed_and_why_never_what_they_say() -> None:
    wang = make.resident("王建国", phone="13997123456")

    actions.correct_resident(KEEPER, wang.id, reason="misheard", name="王建华", phone="13997123456")

    event = told("resident_corrected")
    assert (event.facts["fields"], event.facts["reason"]) == (["name"], "misheard")
    assert queries.by_name(KEEPER, "王建华").get() == wang
    assert not queries.by_name(KEEPER, "王建国").exists()


def test_a_new_card_brings_its_own_birth_date_and_sex() -> None:
    wang = make.resident()

    actions.correct_resident(
        KEEPER,
        wang.id,
        reason="new card",
        identity=make.identity(date(1984, 2, 29), sex="female"),
    )

    wang.refresh_from_db()
    assert (wang.birth_date, wang.sex) == (date(1984, 2, 29), "female")


def test_a_correction_cannot_take_somebody_elses_number() -> None:
    wang, li = make.resident("王建国"), make.resident("李梅")
    assert li.identity

    with pytest.raises(errors.RegisteredElsewhere):
        actions.correct_resident(KEEPER, wang.id, reason="typo", identity=li.identity.reveal())
    with pytest.raises(errors.ReasonMissing):
        actions.correct_resident(KEEPER, wang.id, reason=" ", name="王建华")


# Moving


def test_moving_ends_the_stay_and_begins_the_next() -> None:
    wang = make.resident(since=date(2020, 1, 1))
    there = make.dwelling("501", building="5号楼")

    actions.move_stay(KEEPER, wang.id, there.id, since=date(2021, 3, 1))

    new, old = queries.stays_of(KEEPER, wang.id)
    assert (old.until, new.since, new.until) == (date(2021, 3, 1), date(2021, 3, 1), None)
    moved = queries.get_resident(KEEPER, wang.id)
    assert moved.area_path == there.path
    assert moved.household is not None
    assert moved.household.dwelling == there
    assert told("resident_moved").facts["from_path"] == wang.area_path


def test_nobody_moves_before_they_came_or_in_the_future() -> None:
    wang = make.resident(since=date(2020, 1, 1))
    there = make.dwelling("501")

    for day in (date(2019, 12, 31), today() + timedelta(days=1)):
        with pytest.raises(errors.DayWrong):
            actions.move_stay(KEEPER, wang.id, there.id, since=day)


def test_whoever_left_is_found_by_the_district_and_may_come_back_to_any_door() -> None:
    district = make.district()
    door = make.dwelling(within=make.community(within=district))
    wang = make.resident(at=door)
    assert wang.identity

    actions.move_stay(KEEPER, wang.id, None)

    left = queries.get_resident(make.actor(within=district.path), wang.id)
    assert (left.area_path, left.household) == (district.path, None)
    with pytest.raises(NotFound):
        queries.get_resident(make.actor(within=door.path), wang.id)
    back = make.resident(at=make.dwelling("301"), identity=wang.identity.reveal())
    assert back == wang
    assert queries.stays_of(KEEPER, wang.id).count() == 2
    actions.move_stay(KEEPER, wang.id, None)
    actions.move_stay(KEEPER, wang.id, None)
    assert Event.objects.filter(kind="people.resident_left").count() == 2


# Needs, consents, proxies


def test_needs_are_noted_once_and_end() -> None:
    wang = make.resident()

    for _time in range(2):
        actions.note_need(KEEPER, wang.id, "dialysis")
    assert queries.with_need(KEEPER, "", "dialysis").get() == wang
    actions.set_needs(KEEPER, wang.id, ["pregnancy"])

    assert not queries.with_need(KEEPER, "", "dialysis").exists()
    assert [need.kind for need in queries.needs_of(KEEPER, wang.id)] == ["pregnancy", "dialysis"]
    assert actions.end_need(KEEPER, wang.id, "sight") is None
    kinds = Event.objects.order_by("seq").values_list("kind", flat=True)
    assert list(kinds)[-3:] == ["people.need_noted", "people.need_ended", "people.need_noted"]


def test_a_consent_has_a_purpose_and_can_be_withdrawn() -> None:
    wang = make.resident()

    for _time in range(2):
        actions.give_consent(KEEPER, wang.id, purpose="delivery of medicine")
    with pytest.raises(errors.SaysNoPurpose):
        actions.give_consent(KEEPER, wang.id, purpose=" ")
    for _time in range(2):
        actions.withdraw_consent(KEEPER, wang.id, purpose="delivery of medicine")

    assert queries.consents_of(KEEPER, wang.id).get().withdrawn_at is not None
    assert told("consent_withdrawn").facts["purpose"] == "delivery of medicine"


def test_somebody_acts_for_a_resident_but_never_for_themselves() -> None:
    grandmother, grandson = make.resident("马秀英"), make.resident("马成")

    for _time in range(2):
        actions.name_proxy(KEEPER, grandmother.id, grandson.id, relation="grandson")
    with pytest.raises(errors.CannotActForOneself):
        actions.name_proxy(KEEPER, grandson.id, grandson.id, relation="self")
    assert queries.proxies_of(KEEPER, grandmother.id).get().acts == grandson
    for _time in range(2):
        actions.end_proxy(KEEPER, grandmother.id, grandson.id)

    assert not queries.proxies_of(KEEPER, grandmother.id).exists()
    assert told("proxy_ended").facts["acts_id"] == str(grandson.id)


# Looking


def test_unmasking_needs_the_duty_and_a_purpose_and_is_recorded() -> None:
    wang = make.resident("王建国", identity="")

    assert actions.unmask(KEEPER, wang.id, field="name", purpose="call them") == "王建国"

    event = told("person_unmasked")
    assert event.facts == {"fields": ["name"], "purpose": "call them"}
    with pytest.raises(errors.SaysNoPurpose):
        actions.unmask(KEEPER, wang.id, field="name", purpose="  ")
    for nothing in ("identity", "birth_date", "household"):
        with pytest.raises(errors.NothingToUnmask):
            actions.unmask(KEEPER, wang.id, field=nothing, purpose="call them")
    with pytest.raises(NotYours):
        actions.unmask(make.actor(Duty.SEE_REGISTER), wang.id, field="name", purpose="curious")


def test_who_looked_at_somebody_is_told_to_those_who_audit_or_command() -> None:
    wang = make.resident()
    Account.objects.create(id=KEEPER.id, username="ma", display_name="马丽", post="Grid 7")
    actions.open_person(KEEPER, wang.id, purpose="a visit")
    actions.unmask(KEEPER, wang.id, field="phone", purpose="to announce it")

    looks = queries.who_looked_at(make.actor(Duty.AUDIT), wang.id)

    assert [(one.reader, one.what, one.purpose) for one in looks] == [
        ("马丽", "unmasked", "to announce it"),
        ("马丽", "opened", "a visit"),
    ]
    assert looks[0].fields == ("phone",)
    with pytest.raises(NotYours):
        queries.who_looked_at(make.actor(Duty.SEE_REGISTER), wang.id)
    with pytest.raises(NotYours):
        actions.open_person(make.actor(Duty.OPERATE), wang.id)


def test_what_lies_outside_ones_area_does_not_exist() -> None:
    wang = make.resident("王建国")
    stranger = make.actor(*Duty, within="zz/")

    with pytest.raises(NotFound):
        queries.get_resident(stranger, wang.id)
    assert not queries.by_name(stranger, "王建国").exists()
    assert queries.brief(stranger, [wang.id]) == {}
    assert queries.homes_of(stranger, [wang.id]) == {}
    assert queries.numbers_of(stranger, [wang.id]) == {}
    assert queries.by_numbers(stranger, [wang.number]) == {}
    assert queries.population(stranger, [wang.area_path]) == {}


def test_lists_and_look_ups_need_their_duties() -> None:
    make.resident("王建国", phone="13997123456")
    sampler, clerk = make.actor(Duty.COLLECT_SAMPLES), make.actor(Duty.ENTER_RESULTS)

    assert queries.by_phone(sampler, "139 9712 3456").count() == 1
    with pytest.raises(NotYours):
        queries.residents_in(sampler, "")
    with pytest.raises(NotYours):
        queries.duplicates_to_decide(sampler)
    with pytest.raises(NotYours):
        queries.by_identity(clerk, make.identity())


def test_the_list_is_narrowed_by_area_need_age_and_exact_value() -> None:
    community = make.community()
    old = make.resident(
        "马秀英", at=make.dwelling(within=community), identity=make.identity(date(1940, 1, 1))
    )
    young = make.resident(
        "王小明", at=make.dwelling("102"), identity=make.identity(date(2015, 1, 1))
    )
    actions.note_need(KEEPER, old.id, "lone_elderly")
    matching = queries.residents_matching

    with playing(now()):
        assert set(matching(KEEPER)) == {old, young}
        assert list(matching(KEEPER, area_path=community.path)) == [old]
        assert list(matching(KEEPER, need="lone_elderly")) == [old]
        assert list(matching(KEEPER, ages=(80, None))) == [old]
        assert list(matching(KEEPER, ages=(7, 17))) == [young]
        assert list(matching(KEEPER, search=" 王小明")) == [young]
        assert list(matching(KEEPER, search="王小")) == []


# Two records of one person


def test_merging_keeps_everything_and_old_ids_lead_to_the_kept_record() -> None:
    one = make.resident("王建国")
    two = make.resident("王建国", identity="", birth_date=one.birth_date, phone="13997123456")
    son = make.resident("王小明")
    actions.note_need(KEEPER, one.id, "dialysis")
    actions.note_need(KEEPER, two.id, "dialysis")
    actions.note_need(KEEPER, two.id, "sight")
    actions.give_consent(KEEPER, one.id, purpose="medicine")
    actions.give_consent(KEEPER, two.id, purpose="medicine")
    actions.name_proxy(KEEPER, two.id, son.id, relation="son")
    assert queries.duplicates_to_decide(KEEPER).count() == 1

    actions.merge_residents(KEEPER, one.id, two.id, reason="same person")

    assert queries.get_resident(KEEPER, two.id) == one
    assert queries.brief(KEEPER, [two.id])[two.id].number == one.number
    assert queries.homes_of(KEEPER, [two.id]) == {two.id: one.area_path}
    assert queries.numbers_of(KEEPER, [two.id]) == {two.id: one.number}
    assert queries.by_numbers(KEEPER, [two.number]) == {two.number: (one.id, one.area_path)}
    needs = queries.needs_of(KEEPER, one.id)
    assert [need.kind for need in needs if need.until is None] == ["dialysis", "sight"]
    assert needs.count() == 3
    assert queries.stays_of(KEEPER, one.id).count() == 2
    assert queries.stays_of(KEEPER, one.id).filter(until=None).get().area_path == one.area_path
    assert queries.consents_of(KEEPER, one.id).filter(withdrawn_at=None).count() == 1
    assert queries.proxies_of(KEEPER, one.id).get().acts == son
    assert not queries.duplicates_to_decide(KEEPER).exists()
    assert queries.population(KEEPER, [two.area_path]) == {two.area_path: 0}
    assert queries.by_name(KEEPER, "王建国").get() == one


def test_what_only_the_dropped_record_knew_is_kept() -> None:
    poor = make.resident("王建国", identity="", phone="", birth_date=None)
    rich = make.resident("王建国")
    assert rich.identity
    assert rich.phone
    number, phone = rich.identity.reveal(), rich.phone.reveal()

    actions.merge_residents(KEEPER, poor.id, rich.id)

    assert queries.by_identity(KEEPER, number) == poor
    assert queries.by_phone(KEEPER, phone).get() == poor
    poor.refresh_from_db()
    assert (poor.birth_date, poor.sex) == (date(1983, 1, 1), "male")


def test_a_chain_of_merges_leads_to_its_end() -> None:
    first, second, third = (make.resident("马成", identity="") for _ in range(3))

    actions.merge_residents(KEEPER, second.id, first.id)
    actions.merge_residents(KEEPER, third.id, second.id)

    assert queries.get_resident(KEEPER, first.id) == third
    with pytest.raises(errors.CannotMerge):
        actions.merge_residents(KEEPER, first.id, third.id)


def test_merging_ends_whatever_would_make_somebody_their_own_proxy() -> None:
    one, two = make.resident("马成", identity=""), make.resident("马成")
    actions.name_proxy(KEEPER, one.id, two.id, relation="?")

    actions.merge_residents(KEEPER, one.id, two.id)

    assert not queries.proxies_of(KEEPER, one.id).exists()


def test_whoever_had_left_stays_where_the_other_record_says() -> None:
    gone, here = make.resident("马成", identity=""), make.resident("马成")
    actions.move_stay(KEEPER, gone.id, None)

    kept = actions.merge_residents(KEEPER, gone.id, here.id)

    assert kept.area_path == here.area_path
    assert queries.household_of(KEEPER, kept.id) == []


def test_two_identity_numbers_are_two_people() -> None:
    one, two = make.resident("王建国"), make.resident("王建国")

    with pytest.raises(errors.TwoIdentities):
        actions.merge_residents(KEEPER, one.id, two.id)

    assert not queries.duplicates_to_decide(KEEPER).exists()


def test_a_pair_found_to_be_two_people_is_not_offered_again() -> None:
    one = make.resident("王建国", phone="13997123456")
    two = make.resident("王建国", identity="", phone="13997123456")
    offer = queries.duplicates_to_decide(KEEPER).get()
    assert (offer.one, offer.other, offer.why) == (one, two, "name_and_phone")

    for _time in range(2):
        actions.dismiss_duplicate(KEEPER, offer.id)

    assert actions.offer_duplicates(KEEPER, [one.id, two.id]) == 0
    assert not queries.duplicates_to_decide(KEEPER).exists()
    assert told("duplicate_dismissed").facts["one_id"] == str(one.id)


def test_only_those_who_see_both_are_asked() -> None:
    one = make.resident("王建国", phone="13997123456")
    make.resident("王建国", identity="", phone="13997123456")

    assert not queries.duplicates_to_decide(make.actor(*Duty, within=one.area_path)).exists()


# How often the database is asked


def test_a_line_about_each_of_many_takes_two_statements() -> None:
    residents = [make.resident("马成", identity="") for _ in range(4)]
    actions.merge_residents(KEEPER, residents[0].id, residents[1].id)

    str(residents[0].name)  # the vault has read its key

    with CaptureQueriesContext(connection) as asked:
        lines = queries.brief(KEEPER, [one.id for one in residents])

    assert len(lines) == 4
    assert len(asked) == 2
