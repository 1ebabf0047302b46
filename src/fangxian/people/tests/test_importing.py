"""Lists from offices: what is taken, what is refused, and how it is said."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from django.utils import translation
from python_calamine import CalamineWorkbook

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.people import actions, errors, queries
from fangxian.people.models import ImportRun, Resident
from fangxian.people.tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def chaoyang() -> Area:
    community = make.community("朝阳社区居民委员会")
    for door in ("101", "102", "201"):
        make.dwelling(door, within=community)
    return community


def take(
    data: bytes, *, by: Actor = make.KEEPER, within: str = "", add_dwellings: bool = False
) -> ImportRun:
    with translation.override("en"):
        return actions.import_residents(
            by, data, "list.xlsx", area_path=within, add_dwellings=add_dwellings
        )


def not_taken(run: ImportRun) -> list[list[Any]]:
    """The rows of the error file: line, reasons, and the cells as they came."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(run.refused_rows()))
    return [list(row) for row in book.get_sheet_by_index(0).iter_rows()][1:]


def test_good_rows_load_and_bad_ones_come_back_with_line_and_reason(chaoyang: Area) -> None:
    good, wrong = make.row("王建国"), make.row("李梅")
    wrong[1] = "630105198301011239"

    run = take(make.sheet(good, wrong, make.row("马成", door="999")))

    assert (run.state, run.rows_taken, run.rows_refused) == ("done", 1, 2)
    wang = Resident.objects.get()
    assert wang.name.reveal() == "王建国"
    assert wang.area_path.startswith(chaoyang.path)
    assert wang.sex == "male"
    assert wang.birth_date == date(1983, 1, 1)
    assert queries.stays_of(make.KEEPER, wang.id).get().source == "imported"
    (line, reason, name, number, *_), unknown_door = not_taken(run)
    assert (line, name, number) == ("3", "李梅", "630105198301011239")
    assert "the last character does not fit the others" in str(reason)
    assert "no such door" in str(unknown_door[1])
    assert Event.objects.filter(kind="people.residents_imported").count() == 1
    assert run.upload is None


def test_the_same_list_again_takes_nothing_twice(chaoyang: Area) -> None:
    without_card = make.row("马秀英", identity="", phone="13997000001")
    data = make.sheet(make.row("王建国"), without_card)
    take(data)

    again = take(data)

    assert (again.rows_taken, again.rows_known, again.rows_refused) == (0, 2, 0)
    assert Resident.objects.count() == 2


def test_an_identity_number_typed_as_a_number_is_refused_because_digits_are_lost(
    chaoyang: Area,
) -> None:
    run = take(make.sheet(make.row(identity=630105198301011000.0)))

    assert run.rows_refused == 1
    assert "drops its last digits" in str(not_taken(run)[0][1])


def test_a_phone_typed_as_a_number_has_lost_nothing(chaoyang: Area) -> None:
    run = take(make.sheet(make.row(phone=13997123456.0)))

    assert run.rows_taken == 1
    assert queries.by_phone(make.KEEPER, "13997123456").count() == 1


def test_a_shortened_number_in_a_csv_is_recognised(chaoyang: Area) -> None:
    run = take("姓名,身份证号,楼号,门牌\n王建国,6.30105E+17,1,101\n".encode(), within=chaoyang.path)

    assert "6.30105E+17" in str(not_taken(run)[0][1])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_is_read_in_the_encodings_of_chinese_offices(
    chaoyang: Area, encoding: str, delimiter: str
) -> None:
    header = "姓名,性别,出生日期,社区,楼栋,门牌号,特殊人群\r\n"
    text = header + "马秀英,女,1950年3月8日,朝阳,1栋,201室,透析、独居老人\r\n"

    run = take(text.replace(",", delimiter).encode(encoding))

    assert (run.rows_taken, run.rows_refused) == (1, 0)
    ma = Resident.objects.get()
    assert (ma.sex, ma.birth_date) == ("female", date(1950, 3, 8))
    assert {need.kind for need in queries.needs_of(make.KEEPER, ma.id)} == {
        "dialysis",
        "lone_elderly",
    }


def test_english_headers_below_a_title_are_understood(chaoyang: Area) -> None:
    header = b"Residents of Chaoyang,,,\nFull Name,ID number (required),Building,Room\n"
    data = header + b"John O'Brien,,Building 1,101\n"

    run = take(data, within=chaoyang.path)

    assert (run.rows_taken, run.rows_refused) == (1, 0)


def test_the_same_number_twice_in_a_file_is_taken_once(chaoyang: Area) -> None:
    one, two = make.row("王建国"), make.row("王建华", door="102")
    two[1] = one[1]

    run = take(make.sheet(one, two))

    assert (run.rows_taken, run.rows_refused) == (1, 1)
    assert "line 2" in str(not_taken(run)[0][1])


def test_somebody_who_stays_elsewhere_is_refused_with_both_places(chaoyang: Area) -> None:
    elsewhere = make.dwelling(
        "501", within=make.community("新世纪社区", within=_district(chaoyang))
    )
    wang = make.resident("王建国", at=elsewhere)
    assert wang.identity is not None
    row = make.row("王建国", identity=wang.identity.reveal())

    run = take(make.sheet(row))

    (reason,) = [str(line[1]) for line in not_taken(run)]
    assert "新世纪社区" in reason
    assert "朝阳社区" in reason
    assert "Moved" in reason


def test_somebody_who_had_left_comes_back_under_the_old_record(chaoyang: Area) -> None:
    wang = make.resident("王建国", at=make.dwelling("102", within=chaoyang))
    actions.move_stay(make.KEEPER, wang.id, None)
    assert wang.identity is not None

    run = take(make.sheet(make.row("王建国", identity=wang.identity.reveal())))

    assert (run.rows_taken, Resident.objects.count()) == (1, 1)
    wang.refresh_from_db()
    assert wang.area_path == make.dwelling("101", within=chaoyang).path


def test_similar_people_are_both_taken_and_offered_for_deciding(chaoyang: Area) -> None:
    one = make.row("马秀英", identity="", phone="13997000001")
    two = make.row("马秀英", identity="", phone="13997000001", door="102")

    run = take(make.sheet(one, two))

    assert (run.rows_taken, run.offers) == (2, 1)
    assert queries.duplicates_to_decide(make.KEEPER).get().why == "name_and_phone"


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1"])
def test_a_cell_that_is_a_formula_is_reported_and_never_written_as_one(
    chaoyang: Area, cell: str
) -> None:
    run = take(make.sheet(make.row(cell)))

    assert run.rows_refused == 1
    assert "sign of a formula" in str(not_taken(run)[0][1])
    assert not_taken(run)[0][2] == cell
    package = zipfile.ZipFile(io.BytesIO(run.refused_rows()))
    assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")


def test_a_phone_abroad_is_no_formula(chaoyang: Area) -> None:
    assert take(make.sheet(make.row(phone="+44 20 7946 0958"))).rows_taken == 1


def test_missing_dwellings_are_added_only_if_asked_for_and_allowed(chaoyang: Area) -> None:
    data = make.sheet(make.row(door="1203"))

    assert take(data).rows_refused == 1
    with pytest.raises(NotYours):
        take(data, add_dwellings=True)
    builder = make.actor(Duty.KEEP_REGISTER, Duty.SEE_REGISTER, Duty.MANAGE_AREAS)
    assert take(data, by=builder, add_dwellings=True).rows_taken == 1
    assert Area.objects.filter(name="1203", level="dwelling").count() == 1


def test_a_community_worker_reaches_only_the_doors_of_the_community(chaoyang: Area) -> None:
    district = _district(chaoyang)
    make.dwelling("101", within=make.community("新世纪社区", within=district))
    worker = make.actor(Duty.KEEP_REGISTER, within=chaoyang.path)
    rows = [make.row(community=""), make.row(community="新世纪社区")]

    run = take(make.sheet(*rows), by=worker, within=chaoyang.path)

    assert (run.rows_taken, run.rows_refused) == (1, 1)
    assert "no community “新世纪社区” in your area" in str(not_taken(run)[0][1])


# Files that are refused whole


def refused(data: bytes) -> str:
    run = take(data)
    assert (run.state, run.rows_taken, run.upload) == ("refused", 0, None)
    return run.reason


def test_a_list_without_its_columns_says_which_are_missing() -> None:
    assert "building, door" in refused("姓名,身份证号\n王建国,\n".encode())


def test_two_columns_of_the_same_meaning_are_refused() -> None:
    assert "Two columns" in refused("姓名,楼号,楼栋,门牌\n".encode())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "old or a protected"),
        (b"PK\x03\x04nothing else", "damaged"),
        (b"%PDF-1.4\x00\xff", "cannot be read"),
        ("姓名,楼号,门牌\x00\n".encode(), "no list in plain text"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, said: str) -> None:
    assert said in refused(data)


def _package(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return file.getvalue()


def test_a_document_that_is_no_workbook_is_refused() -> None:
    assert "no Excel list" in refused(_package(word__document_xml=b"<w/>"))


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    bomb = _package(xl__workbook_xml=b"<x/>", xl__worksheets__sheet1_xml=bytes(200 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024

    assert "unpacks to far more" in refused(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    bomb = _package(xl__workbook_xml=b"<x/>", xl__worksheets__sheet1_xml=bytes(200 * 1024 * 1024))
    size = (200 * 1024 * 1024).to_bytes(4, "little")
    assert bomb.count(size) == 2

    assert "unpacks to far more" in refused(bomb.replace(size, (1000).to_bytes(4, "little")))


def test_a_package_of_too_many_parts_is_refused() -> None:
    parts = {f"part{n}": b"" for n in range(2001)}

    assert "unpacks to far more" in refused(_package(xl__workbook_xml=b"", **parts))


def test_macros_are_refused() -> None:
    with_macros = _package(xl__workbook_xml=b"", **{"xl/vbaProject.bin": b""})

    assert "macros" in refused(with_macros)


def test_a_file_beyond_the_limit_is_not_even_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fangxian.people.sheets.MAX_BYTES", 10)

    with pytest.raises(errors.FileRefused, match="0 MB"):
        take(b"more than ten bytes")

    assert ImportRun.objects.count() == 0


def _district(community: Area) -> Area:
    assert community.parent is not None
    assert community.parent.parent is not None
    return community.parent.parent
