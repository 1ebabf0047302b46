"""Lists from Excel: rows that cannot be taken are told by line and reason; the others load."""

import io

import pytest
import xlsxwriter

from fangxian.kernel.errors import NotYours
from fangxian.people.errors import FileRefused
from fangxian.workforce import queries
from fangxian.workforce.importing import import_check_ins, import_members, import_organisations
from fangxian.workforce.models import CheckIn, Member, Organisation
from fangxian.workforce.tests import make

pytestmark = pytest.mark.django_db

Rows = list[list[object]]


def excel(rows: Rows, *, merged: tuple[tuple[int, int, int, int], ...] = ()) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(line, column, value)
            elif value is not None:
                sheet.write_string(line, column, str(value))
    for top, left, bottom, right in merged:
        sheet.merge_range(top, left, bottom, right, str(rows[top][left]))
    book.close()
    return file.getvalue()


def reasons(refused: object, line: int) -> str:
    return next(" ".join(one.reasons) for one in refused if one.line == line)  # type: ignore[attr-defined]


def test_organisations_load_with_their_parents_and_the_unknown_are_told_by_line() -> None:
    district = make.people.district()
    make.people.community("朝阳社区", within=district)
    rows: Rows = [
        ["城北区疫情防控组织一览", None, None, None],
        ["名称", "类型", "社区", "上级"],
        ["朝阳社区党支部", "党支部", "朝阳社区", None],
        ["朝阳社区尖刀班", "尖刀班", "朝阳社区", "朝阳社区党支部"],
        ["某某队", "乐队", "朝阳社区", None],
        ["甲队", "志愿服务队", "不存在社区", None],
        ["乙队", "志愿服务队", "朝阳社区", "没有的支部"],
        ["丙队", "志愿服务队", "朝阳社区", "乙队"],
        [None, "志愿服务队", "朝阳社区", None],
    ]

    taken = import_organisations(make.KEEPER_MIN, excel(rows), area_path=district.path)
    again = import_organisations(make.KEEPER_MIN, excel(rows), area_path=district.path)

    squad = Organisation.objects.get(name="朝阳社区尖刀班")
    assert squad.parent == Organisation.objects.get(name="朝阳社区党支部")
    assert (taken.read, taken.taken) == (7, 2)
    assert [one.line for one in taken.refused] == [5, 6, 7, 8, 9]
    assert "乐队" in reasons(taken.refused, 5)
    assert "不存在社区" in reasons(taken.refused, 6)
    assert "没有的支部" in reasons(taken.refused, 7)
    assert "乙队" in reasons(taken.refused, 8)
    assert (again.taken, again.there_before) == (0, 2)


def test_merged_cells_and_unknown_names_are_told_and_the_others_load() -> None:
    district = make.people.district()
    make.people.community("朝阳社区", within=district)
    make.organisation("市政综合所", at=district, kind="unit")
    rows: Rows = [
        ["姓名", "手机号码（必填）", "派出单位", "类别", "技能"],
        ["陆敏", 13900000001, "市政综合所", "下沉干部", "采样、驾驶"],
        ["唐军", "13900000002", None, "民兵", None],
        ["秦力", "13900000003", "没有的单位", "志愿者", None],
        ["梅兰", "1390", "市政综合所", "志愿者", "杂技"],
        ["=cmd", "13900000005", "市政综合所", "志愿者", None],
        ["沈燕", "13900000006", "市政综合所", "领航员", None],
        ["陆敏", "13900000001", "市政综合所", "下沉干部", None],
    ]
    data = excel(rows, merged=((1, 2, 2, 2),))

    taken = import_members(make.KEEPER_MIN, data, area_path=district.path)

    lu = Member.objects.get()
    assert lu.unit is not None
    assert set(lu.skills.values_list("kind", flat=True)) == {"sampling", "driving"}
    assert (taken.read, taken.taken, taken.there_before) == (7, 1, 1)
    assert [one.line for one in taken.refused] == [3, 4, 5, 6, 7]
    assert "merged" in reasons(taken.refused, 3)
    assert "没有的单位" in reasons(taken.refused, 4)
    assert "杂技" in reasons(taken.refused, 5)
    assert "formula" in reasons(taken.refused, 6)
    assert "领航员" in reasons(taken.refused, 7)


def test_a_units_list_checks_people_in_where_it_says() -> None:
    make.rules()
    district = make.people.district()
    one = make.people.community("朝阳社区", within=district)
    other = make.people.community("山川社区", within=district)
    unit = make.organisation("市政综合所", at=district, kind="unit")
    rows: Rows = [
        ["姓名", "手机", "报到社区"],
        ["陆敏", "13900000001", "朝阳社区"],
        ["唐军", "13900000002", "山川社区"],
        ["唐军", "13900000002", "朝阳社区"],
        ["秦力", "13900000003", None],
        ["梅兰", "13900000004", "月球社区"],
    ]

    taken = import_check_ins(make.KEEPER_MIN, excel(rows), area_path=district.path, unit_id=unit.id)

    assert (taken.taken, taken.entered) == (2, 2)
    assert [one.line for one in taken.refused] == [4, 5, 6]
    assert "山川社区" in reasons(taken.refused, 4)
    assert CheckIn.objects.filter(way="list", home_path=district.path).count() == 2
    assert Member.objects.filter(unit=unit).count() == 2
    assert queries.checked_in_at(make.keeper(one)).count() == 1
    assert queries.checked_in_at(make.keeper(other)).count() == 1


def test_a_list_without_the_columns_that_matter_is_refused_whole() -> None:
    place = make.people.community()

    with pytest.raises(FileRefused, match="community"):
        import_check_ins(
            make.KEEPER_MIN, excel([["姓名", "手机"], ["陆敏", "1"]]), area_path=place.path
        )
    with pytest.raises(FileRefused):
        import_members(make.KEEPER_MIN, b"", area_path=place.path)


def test_a_list_is_taken_in_only_by_who_keeps_the_rosters_there() -> None:
    place = make.people.community()
    data = excel([["姓名", "手机"], ["陆敏", "13900000001"]])

    with pytest.raises(NotYours):
        import_members(make.keeper(make.people.community()), data, area_path=place.path)
