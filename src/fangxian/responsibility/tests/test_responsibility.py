"""Who answers for what: told by the nearest, kept without gaps, and never by somebody away."""

import io
from typing import Any

import pytest
import xlsxwriter
from django.db import IntegrityError, transaction
from django.test import Client

from fangxian.areas.models import Area
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.people.errors import FileRefused
from fangxian.people.tests import make as people
from fangxian.responsibility import actions, importing, queries, rules
from fangxian.responsibility.errors import (
    HasEnded,
    NotAtWork,
    RoleIsHeld,
    StandsInForThemselves,
    WrongLevel,
)
from fangxian.responsibility.models import KeyPerson, Responsibility
from fangxian.responsibility.tests import make
from fangxian.workforce.actions import set_state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_follows")]


@pytest.fixture
def at() -> dict[str, Area]:
    return make.places()


def names(where: Area) -> list[str]:
    return [one.name for one in queries.responsible_for(make.KEEPER, where.path)]


def test_the_nearest_is_told_first(at: dict[str, Area]) -> None:
    branch = make.member("陈书记", at=at["community"])
    stairs = make.member("李楼长", at=at["community"], duty_phone="0971-5500123")
    make.held(branch, "branch", at["community"])
    make.held(stairs, "stairwell", at["unit"])

    found = queries.responsible_for(make.KEEPER, at["door"].path)

    assert [one.name for one in found] == ["李楼长", "陈书记"]
    assert found[0].duty_phone == "0971-5500123"


def test_entrusting_twice_changes_nothing(at: dict[str, Area]) -> None:
    who = make.member(at=at["community"])

    first = make.held(who, "group", at["building"])
    again = make.held(who, "group", at["building"])

    assert first.id == again.id
    assert Responsibility.objects.count() == 1


def test_a_role_answers_for_its_own_level_only(at: dict[str, Area]) -> None:
    who = make.member(at=at["community"])

    with pytest.raises(WrongLevel):
        make.held(who, "branch", at["building"])
    with pytest.raises(WrongLevel):
        make.held(who, "doctor", at["building"])


def test_somebody_away_is_given_nothing(at: dict[str, Area]) -> None:
    who = make.member(at=at["community"])
    set_state(make.KEEPER, who.id, "ill")

    with pytest.raises(NotAtWork):
        make.held(who, "group", at["building"])


def test_only_who_keeps_the_place_says_who_answers_for_it(at: dict[str, Area]) -> None:
    who = make.member(at=at["community"])

    with pytest.raises(NotYours):
        actions.entrust(
            make.keeper("", Duty.CARRY_OUT), who.id, role="group", area_path=at["building"].path
        )
    with pytest.raises(NotFound):
        actions.end_responsibility(make.keeper("9/9/"), make.held(who, "group", at["building"]).id)


def test_a_stand_in_is_called_until_the_other_is_back(at: dict[str, Area]) -> None:
    lead, other = (
        make.member("陈书记", at=at["community"]),
        make.member("马干事", at=at["community"]),
    )
    held = make.held(lead, "branch", at["community"])
    set_state(make.KEEPER, lead.id, "ill")

    assert [
        (one.name, one.away) for one in queries.responsible_for(make.KEEPER, at["door"].path)
    ] == [("陈书记", True)]
    actions.name_stand_in(make.KEEPER, held.id, member_id=other.id)
    assert names(at["door"]) == ["马干事"]

    set_state(make.KEEPER, lead.id, "ready")
    actions.take_back(make.KEEPER, lead.id)
    assert names(at["door"]) == ["陈书记"]
    assert not Responsibility.objects.filter(stands_in=held, until=None).exists()


def test_nobody_is_left_when_somebody_falls_ill(at: dict[str, Area]) -> None:
    branch, stairs = (
        make.member("陈书记", at=at["community"]),
        make.member("李楼长", at=at["community"]),
    )
    make.held(branch, "branch", at["community"])
    make.held(stairs, "stairwell", at["unit"])

    set_state(make.KEEPER, stairs.id, "locked_in")

    assert names(at["door"]) == ["陈书记"]


def test_another_stand_in_replaces_the_first(at: dict[str, Area]) -> None:
    lead, one, two = (
        make.member(name, at=at["community"]) for name in ("甲书记", "乙干事", "丙干事")
    )
    held = make.held(lead, "branch", at["community"])

    actions.name_stand_in(make.KEEPER, held.id, member_id=one.id)
    actions.name_stand_in(make.KEEPER, held.id, member_id=two.id)
    actions.name_stand_in(make.KEEPER, held.id, member_id=two.id)

    standing = Responsibility.objects.filter(stands_in=held, until=None)
    assert [row.member_id for row in standing] == [two.id]


def test_nobody_stands_in_for_themselves_nor_for_what_has_ended(at: dict[str, Area]) -> None:
    lead, other = (
        make.member("甲书记", at=at["community"]),
        make.member("乙干事", at=at["community"]),
    )
    held = make.held(lead, "branch", at["community"])

    with pytest.raises(StandsInForThemselves):
        actions.name_stand_in(make.KEEPER, held.id, member_id=lead.id)
    actions.end_responsibility(make.KEEPER, held.id)
    actions.end_responsibility(make.KEEPER, held.id)
    with pytest.raises(HasEnded):
        actions.name_stand_in(make.KEEPER, held.id, member_id=other.id)


def test_what_is_not_covered_is_told_and_counted(at: dict[str, Area]) -> None:
    other = people.dwelling("101", within=at["community"], building="2号楼")
    who = make.member(at=at["community"])
    make.held(who, "group", at["building"])

    cover = {one.role: (one.covered, one.places) for one in queries.cover(make.KEEPER)}
    missing = list(queries.uncovered(make.KEEPER, role="group"))

    assert cover["group"] == (1, 2)
    assert cover["stairwell"] == (0, 2)
    assert [area.path for area in missing] == [other.path[: len(missing[0].path)]]
    set_state(make.KEEPER, who.id, "ill")
    assert queries.uncovered(make.KEEPER, role="group").count() == 2


def test_the_parts_of_an_area_are_counted_in_one_statement(
    at: dict[str, Area], django_assert_num_queries: Any
) -> None:
    make.held(make.member(at=at["community"]), "group", at["building"])
    parts = list(Area.objects.filter(level="subdistrict"))

    with django_assert_num_queries(1):
        [(part, one)] = queries.cover_of_parts(make.KEEPER, parts, role="group")

    assert (part.level, one.covered, one.places, one.missing) == ("subdistrict", 1, 1, 0)


def test_thousands_are_entrusted_in_a_few_statements(
    at: dict[str, Area], django_assert_max_num_queries: Any
) -> None:
    crew = [make.member(f"王{n}明", at=at["community"]) for n in "一二三四五"]
    wanted = [
        actions.NewResponsibility(role="group", area_path=at["building"].path, member_id=one.id)
        for one in crew
    ]

    with django_assert_max_num_queries(8):
        made = actions.entrust_many(make.KEEPER, wanted)
    again = actions.entrust_many(make.KEEPER, wanted)

    assert (len(made), len(again)) == (5, 0)


# Key persons


def test_a_key_person_without_anybody_is_first_and_five_make_a_team(at: dict[str, Area]) -> None:
    key = actions.name_key_person(make.KEEPER, make.resident(at["door"]))
    assert actions.name_key_person(make.KEEPER, key.resident_id).id == key.id
    assert list(queries.without_owner(make.KEEPER)) == [key]

    for role, name in zip(
        ("cadre", "grid_worker", "doctor", "police", "volunteer"), "甲乙丙丁戊", strict=True
    ):
        who = make.member(f"{name}同志", at=at["community"])
        actions.entrust_person(make.KEEPER, key.id, role=role, member_id=who.id)

    team = queries.teams_of(make.KEEPER, [key.resident_id])[key.resident_id]
    assert (len(team), rules.missing(row.role for row in team)) == (5, [])
    assert not queries.without_owner(make.KEEPER).exists()
    told = queries.responsible_for(make.KEEPER, at["door"].path, key.resident_id)
    assert {one.role for one in told} == {row.role for row in team}
    assert queries.responsible_for(make.KEEPER, at["door"].path) == []


def test_each_role_beside_a_key_person_is_held_by_one(at: dict[str, Area]) -> None:
    key = actions.name_key_person(make.KEEPER, make.resident(at["door"]))
    one, two = make.member("甲医生", at=at["community"]), make.member("乙医生", at=at["community"])
    actions.entrust_person(make.KEEPER, key.id, role="doctor", member_id=one.id)
    actions.entrust_person(make.KEEPER, key.id, role="doctor", member_id=one.id)

    with pytest.raises(RoleIsHeld):
        actions.entrust_person(make.KEEPER, key.id, role="doctor", member_id=two.id)
    with pytest.raises(WrongLevel):
        actions.entrust_person(make.KEEPER, key.id, role="branch", member_id=two.id)


def test_the_team_is_released_with_the_last_ground(at: dict[str, Area]) -> None:
    resident = make.resident(at["door"])
    said = actions.name_key_person(make.KEEPER, resident)
    needs = actions.name_key_person(make.KEEPER, resident, ground="need")
    who = make.member("甲医生", at=at["community"])
    held = actions.entrust_person(make.KEEPER, said.id, role="doctor", member_id=who.id)

    actions.end_key_person(make.KEEPER, said.id)
    held.refresh_from_db()
    assert held.until is None
    actions.end_key_person(make.KEEPER, needs.id)
    held.refresh_from_db()
    assert held.until is not None
    with pytest.raises(HasEnded):
        actions.entrust_person(make.KEEPER, said.id, role="doctor", member_id=who.id)


# Constraints


def broken(**values: Any) -> None:
    with transaction.atomic():
        Responsibility.objects.create(**values)


def test_the_tables_refuse_what_cannot_be(at: dict[str, Area]) -> None:
    who = make.member(at=at["community"])
    values = {"role": "group", "area_path": at["building"].path, "member": who}
    row = Responsibility.objects.create(**values)

    with pytest.raises(IntegrityError, match="responsibility_for_a_place_is_held_once"):
        broken(**values)
    with pytest.raises(IntegrityError, match="responsibility_ends_after_it_began"):
        broken(**values, since=now(), until=row.since.replace(year=2000))
    with (
        pytest.raises(IntegrityError, match="responsibility_does_not_stand_in_for_itself"),
        transaction.atomic(),
    ):
        Responsibility.objects.filter(id=row.id).update(stands_in=row.id)
    resident = make.resident(at["door"])
    person = {**values, "role": "doctor", "resident_id": resident}
    Responsibility.objects.create(**person)
    other = make.member("乙医生", at=at["community"])
    with pytest.raises(
        IntegrityError, match="responsibility_for_a_person_is_held_by_one_in_each_role"
    ):
        broken(**{**person, "member": other})


@pytest.mark.parametrize(
    ("values", "broken_one"),
    [
        ({"ground": "order"}, "key_person_under_an_order_names_it"),
        ({"ground": "said"}, "key_person_is_named_once_for_a_ground"),
        ({"ground": "need", "until": "2000"}, "key_person_ends_after_it_began"),
    ],
)
def test_the_table_of_key_persons_refuses_what_cannot_be(
    at: dict[str, Area], values: dict[str, Any], broken_one: str
) -> None:
    key = actions.name_key_person(make.KEEPER, make.resident(at["door"]))
    if "until" in values:
        values = {**values, "until": key.since.replace(year=2000)}

    with pytest.raises(IntegrityError, match=broken_one), transaction.atomic():
        KeyPerson.objects.create(resident_id=key.resident_id, area_path=key.area_path, **values)


# Lists


def book(rows: list[list[str]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        sheet = made.add_worksheet()
        for n, row in enumerate(rows):
            sheet.write_row(n, 0, row)
    return file.getvalue()


def test_a_list_loads_and_tells_of_each_bad_row(at: dict[str, Area]) -> None:
    make.member("王海峰", at=at["community"], phone="13800000001")
    make.member("李敏", at=at["community"], phone="13800000002")
    make.member("李敏", at=at["community"], phone="13800000003")
    data = book(
        [
            ["包联责任表"],
            ["社区", "楼栋", "单元", "角色", "姓名", "电话"],
            ["朝阳社区", "", "", "党支部", "王海峰", ""],
            ["", "1号楼", "1单元", "单元长", "王海峰", ""],
            ["朝阳社区", "1号楼", "", "楼栋长", "李敏", ""],
            ["朝阳社区", "1号楼", "", "楼栋长", "李敏", "13800000003"],
            ["朝阳社区", "9号楼", "", "楼栋长", "王海峰", ""],
            ["没有社区", "", "", "党支部", "王海峰", ""],
            ["朝阳社区", "", "", "队长", "王海峰", ""],
            ["朝阳社区", "1号楼", "", "党支部", "王海峰", ""],
            ["朝阳社区", "", "", "党支部", "无此人", ""],
        ]
    )

    taken = importing.take_in(make.KEEPER, data)
    again = importing.take_in(make.KEEPER, data)

    assert taken.made == 3
    assert [line for line, _why in taken.refused] == [5, 7, 8, 9, 10, 11]
    assert (again.made, again.known) == (0, 3)


def test_a_row_of_a_place_that_one_does_not_keep_is_told_and_loses_no_other(
    at: dict[str, Area],
) -> None:
    make.member("王海峰", at=at["community"])
    rows = [["社区", "角色", "姓名"], ["朝阳社区", "党支部", "王海峰"]]

    taken = importing.take_in(make.keeper("", Duty.SEE_REGISTER), book(rows))

    assert (taken.made, [line for line, _why in taken.refused]) == (0, [2])


def test_a_file_without_headings_is_refused(at: dict[str, Area]) -> None:
    with pytest.raises(FileRefused):
        importing.take_in(make.KEEPER, book([["一", "二"], ["三", "四"]]))


# Pages


@pytest.fixture
def office(client: Client, django_user_model: Any) -> Client:
    client.force_login(
        django_user_model.objects.create(
            username="min",
            display_name="闵",
            area_path="",
            duties=["keep_roster", "see_register", "dispatch"],
        )
    )
    return client


def test_the_office_entrusts_names_a_stand_in_and_prints_the_sheet(
    office: Client, at: dict[str, Area]
) -> None:
    make.member("王海峰", at=at["community"], duty_phone="0971-5500123")
    make.member("马玉", at=at["community"], phone="13800000004")
    where = f"/responsibility/place/{at['building'].id}"

    assert office.post(f"{where}/entrust", {"who": "无此人"}).status_code == 422
    assert office.post(f"{where}/entrust", {"who": "王海峰"}).status_code == 302
    held = Responsibility.objects.get()
    stand_in = f"/responsibility/held/{held.id}/stand-in"
    assert office.get(stand_in).status_code == 200
    assert office.post(stand_in, {"who": "马玉 13800000004"}).status_code == 302
    page = office.get(where).content.decode()
    assert "王海峰" in page
    assert "马玉" in page
    assert office.get(f"{where}/poster").content.startswith(b"%PDF")
    assert office.post(f"/responsibility/held/{held.id}/end").status_code == 302
    assert "0971-5500123" not in office.get(where).content.decode()


def test_nobody_is_entrusted_with_a_level_that_has_no_role(
    office: Client, at: dict[str, Area]
) -> None:
    make.member("王海峰", at=at["community"])

    answer = office.post(f"/responsibility/place/{at['door'].id}/entrust", {"who": "王海峰"})

    assert answer.status_code == 422


def test_the_office_sees_what_is_not_covered(office: Client, at: dict[str, Area]) -> None:
    key = actions.name_key_person(make.KEEPER, make.resident(at["door"]))

    page = office.get("/responsibility/?role=group").content.decode()

    assert str(key.id) in page
    assert str(at["building"].id) in page
    assert office.get("/responsibility/?role=group&as=xlsx").status_code == 200
    assert str(key.id) in office.get("/responsibility/people?show=alone").content.decode()


def test_the_office_names_a_team(office: Client, at: dict[str, Area]) -> None:
    make.member("王医生", at=at["community"])
    resident = make.resident(at["door"])

    assert office.post(f"/responsibility/resident/{resident}").status_code == 302
    key = KeyPerson.objects.get()
    where = f"/responsibility/people/{key.id}"
    assert office.post(f"{where}/entrust", {"role": "doctor", "who": "王医生"}).status_code == 302
    assert "王医生" in office.get(where).content.decode()
    assert office.post(f"{where}/end").status_code == 302
    assert office.get(where).status_code == 200


def test_a_list_is_taken_in_on_its_page(office: Client, at: dict[str, Area]) -> None:
    file = io.BytesIO(book([["社区", "角色", "姓名"], ["朝阳社区", "党支部", "无此人"]]))
    file.name = "list.xlsx"

    page = office.post("/responsibility/list", {"file": file})

    assert page.status_code == 200
    assert 'class="num">2<' in page.content.decode()
