"""Ordinary people and places for tests. Say only what is unusual."""

import io
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID

import xlsxwriter

from fangxian.areas.models import Area
from fangxian.areas.rules import path_below
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.people import rules
from fangxian.people.actions import register_resident
from fangxian.people.models import Resident
from fangxian.protocol.actions import adopt_pack

_serial = count(1)
_LEVELS = [
    "province",
    "city",
    "district",
    "subdistrict",
    "community",
    "building",
    "unit",
    "dwelling",
]


def area(name: str, level: str, parent: Area | None = None, code: str = "") -> Area:
    number = 1000 + next(_serial)
    path = path_below(parent.path if parent else "", number)
    return Area.objects.create(
        number=number, parent=parent, level=level, name=name, path=path, code=code
    )


def district(name: str = "城北区", code: str = "630105") -> Area:
    province = area("青海省", "province")
    return area(name, "district", area("西宁市", "city", province), code)


def community(name: str = "朝阳社区", *, within: Area | None = None, code: str = "") -> Area:
    subdistrict = area("朝阳街道", "subdistrict", within or district(code=""))
    return area(name, "community", subdistrict, code)


def dwelling(
    door: str = "101", *, within: Area | None = None, building: str = "1号楼", unit: str = "1单元"
) -> Area:
    """A door in the first stairwell of building 1 of a community."""
    community_ = within or community()
    house = _below(community_, building, "building")
    return _below(_below(house, unit, "unit"), door, "dwelling")


def _below(parent: Area, name: str, level: str) -> Area:
    found = Area.objects.filter(parent=parent, name=name, level=level).first()
    return found or area(name, level, parent)


def identity(
    born: date = date(1983, 1, 1), *, sex: str = "male", division: str = "630105", serial: int = 0
) -> str:
    """A number that is valid in form; another one at each call."""
    order = (serial or next(_serial)) % 499 * 2 + (1 if sex == "male" else 2)
    digits = f"{division}{born:%Y%m%d}{order:03d}"
    return digits + rules.check_character(digits)


def resident(
    name: str = "王建国", *, at: Area | None = None, by: Actor | None = None, **known: object
) -> Resident:
    """Somebody of 1983 with identity card and phone, at a door."""
    said: dict[str, object] = {"identity": identity(), "phone": phone()} | known
    place = at or dwelling()
    return register_resident(by or KEEPER, name=name, dwelling_id=place.id, **said)  # type: ignore[arg-type]


def rules_in_force() -> None:
    head = actor(Duty.SET_POLICY)
    adopt_pack(head, "cn-v9", area_path="", from_at=datetime(2022, 6, 28, tzinfo=UTC), reason="-")


def phone() -> str:
    return f"139{next(_serial):08d}"


def actor(*duties: Duty, within: str = "", name: str = "") -> Actor:
    return Actor(id=new_id(), within=within, duties=frozenset(duties), name=name)


KEEPER = Actor(
    id=UUID("01900000-0000-7000-8000-00000000aaaa"),
    within="",
    duties=frozenset({Duty.KEEP_REGISTER, Duty.SEE_REGISTER, Duty.UNMASK, Duty.COMMAND}),
    name="Keeper Ma",
)


def sheet(*rows: list[object], header: list[str] | None = None) -> bytes:
    """An .xlsx as somebody in an office makes it."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    page = book.add_worksheet()
    lines: list[list[object]] = [list(header or HEADER), *rows]
    for line, cells in enumerate(lines):
        for column, value in enumerate(cells):
            if isinstance(value, str):
                page.write_string(line, column, value)
            elif isinstance(value, float):
                page.write_number(line, column, value)
    book.close()
    return file.getvalue()


HEADER = ["姓名", "身份证号", "手机号", "社区", "楼号", "单元", "门牌"]


def row(name: str = "王建国", *, door: str = "101", **known: object) -> list[object]:
    """A line of a list: somebody in the first stairwell of building 1 of Chaoyang."""
    said: dict[str, object] = {"identity": identity(), "phone": phone(), "community": "朝阳社区"}
    said |= known
    return [name, said["identity"], said["phone"], said["community"], "1号楼", "1", door]
