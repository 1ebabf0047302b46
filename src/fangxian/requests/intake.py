"""Taking in the city hotline's list: good rows become requests, the others come back with line and
reason. The same list again changes nothing, for the city's number is kept.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_of_level
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.people import sheets
from fangxian.people.errors import FileRefused
from fangxian.people.rules import is_phone, normal_phone
from fangxian.requests.errors import CityColumnsMissing
from fangxian.requests.events import CityListTakenIn
from fangxian.requests.models import Category, Channel, Request, Urgency
from fangxian.requests.queries import must_see_to
from fangxian.requests.raising import raise_request

MOST_ROWS = 5_000
_KNOWN: Mapping[str, Sequence[str]] = {
    "number": ["工单编号", "工单号", "编号", "诉求编号", "number", "ticket", "no", "id"],
    "words": ["诉求内容", "内容", "诉求", "问题描述", "标题", "content", "request", "words"],
    "phone": ["联系电话", "来电号码", "电话", "手机", "phone", "caller", "telephone"],
    "category": ["诉求类型", "类型", "分类", "类别", "category", "kind", "type"],
    "urgency": ["紧急程度", "缓急", "紧急", "urgency", "priority"],
    "area": [
        "所属社区",
        "社区",
        "村(社区)",
        "街道",
        "所属街道",
        "area",
        "community",
        "subdistrict",
    ],
    "place": ["地址", "诉求地址", "详细地址", "address", "place"],
}
_NEEDED = ("number", "words")
_CATEGORIES: Sequence[tuple[str, str]] = (
    ("medical", "医|药|透析|孕|产检|medic|hospital|care"),
    ("testing", "核酸|检测|采样|test"),
    ("code", "健康码|红码|黄码|转码|code"),
    ("quarantine", "隔离|管控|封控|quarantine"),
    ("travel", "返|出行|通行|证明|travel|pass"),
    ("supplies", "菜|粮|物资|食品|快递|suppl|food"),
    ("utilities", "水|电|气|暖|water|power|heat"),
    ("environment", "垃圾|消毒|消杀|环境|waste|disinfect"),
    ("complaint", "投诉|举报|complain"),
    ("policy", "咨询|政策|规定|policy|rule|ask"),
)  # fmt: skip
_URGENT = re.compile(r"特急|紧急|加急|urgent|high|1", re.IGNORECASE)
_VERY_URGENT = re.compile(r"特急|非常|very|highest", re.IGNORECASE)


@dataclass(slots=True)
class Taken:
    """What became of a list: each row counts once.

    refused   line, reasons, cells
    """

    taken: int = 0
    known: int = 0
    refused: list[tuple[int, list[str], list[str]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: list[str]
    said: dict[str, str]


def take_in_city_list(actor: Actor, data: bytes, *, area_path: str) -> Taken:
    """Each row that can be read becomes a request of its own, with the city's number.

    Rows that say where (a community or a subdistrict of ours) go there, the others to `area_path`.
    Raises `FileRefused` for what is no list.
    """
    must_see_to(actor, area_path)
    rows = list(_rows(data))
    if len(rows) > MOST_ROWS:
        raise FileRefused(_("Send at most %(rows)d rows at a time.") % {"rows": MOST_ROWS})
    places = _places(area_path)
    numbers = {row.said["number"] for row in rows}
    known = set(
        Request.objects.filter(city_number__in=numbers).values_list("city_number", flat=True)
    )
    done, seen = Taken(), dict[str, int]()
    for row in rows:
        if faults := list(_faults(row, seen, places)):
            done.refused.append((row.line, faults, row.cells))
            continue
        seen[row.said["number"]] = row.line
        if row.said["number"] in known:
            done.known += 1
            continue
        _take(actor, row, places, area_path)
        done.taken += 1
    with transaction.atomic():
        record(
            CityListTakenIn(
                subject_id=new_id(),
                area_path=area_path,
                taken=done.taken,
                known=done.known,
                refused=len(done.refused),
            ),
            actor=actor,
        )
    return done


def _rows(data: bytes) -> Iterator[_Row]:
    sheet = sheets.read(data)
    body = (row for row in sheet.rows if not sheets.is_blank(row[1]))
    columns: dict[str, int] = {}
    for _line, cells in body:
        columns = _columns([_text(cell) for cell in cells])
        # Above the headings there is often a title over merged cells.
        if len(columns) > 1:
            break
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        said = {"number": _("number of the city hotline"), "words": _("what is asked")}
        raise CityColumnsMissing(", ".join(said[name] for name in missing))
    for line, cells in body:
        texts = [_text(cell) for cell in cells]
        yield _Row(
            line,
            texts,
            {name: texts[at] if at < len(texts) else "" for name, at in columns.items()},
        )


def _text(cell: sheets.Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _columns(headings: Sequence[str]) -> dict[str, int]:
    plain = [re.sub(r"[\s_:：*]", "", heading).lower() for heading in headings]
    found: dict[str, int] = {}
    for name, words in _KNOWN.items():
        for word in words:
            if word in plain and plain.index(word) not in found.values():
                found[name] = plain.index(word)
                break
    return found


def _places(area_path: str) -> dict[str, str]:
    """Communities and subdistricts by their names, as lists write them, with and without the kind
    of place at the end."""
    found: dict[str, str] = {}
    for level in (Area.Level.SUBDISTRICT, Area.Level.COMMUNITY):
        for one in areas_of_level(PLAYBOOK, level, below=area_path):
            for name in {one.name, re.sub(r"(社区|村|街道|镇|居委会|村委会)+$", "", one.name)}:
                if len(name) > 1:
                    found[name] = one.path
    return found


def _faults(row: _Row, seen: Mapping[str, int], places: Mapping[str, str]) -> Iterator[str]:
    number = row.said["number"]
    if not number:
        yield _("the number of the city hotline is missing")
    elif number in seen:
        yield _("“%(key)s” stands in line %(line)d already") % {"key": number, "line": seen[number]}
    if not row.said["words"]:
        yield _("nothing says what is asked")
    phone = normal_phone(row.said.get("phone", ""))
    if phone and not (is_phone(phone) or phone.isdigit()):
        yield _("“%(phone)s” is no telephone number") % {"phone": row.said["phone"]}
    area = row.said.get("area", "")
    if area and _place_of(area, places) is None:
        yield _("“%(place)s” is no community or subdistrict of ours") % {"place": area}


def _place_of(said: str, places: Mapping[str, str]) -> str | None:
    name = re.sub(r"(社区|村|街道|镇|居委会|村委会)+$", "", said)
    return places.get(said) or places.get(name)


def _take(actor: Actor, row: _Row, places: Mapping[str, str], area_path: str) -> None:
    said = row.said
    kind = said.get("category", "") + " " + said["words"]
    category = next(
        (name for name, pattern in _CATEGORIES if re.search(pattern, kind, re.IGNORECASE)),
        str(Category.OTHER),
    )
    urgency = Urgency.ORDINARY
    if text := said.get("urgency", ""):
        if _VERY_URGENT.search(text):
            urgency = Urgency.VERY_URGENT
        elif _URGENT.search(text):
            urgency = Urgency.URGENT
    raise_request(
        actor,
        words=said["words"],
        category=category,
        urgency=urgency,
        area_path=_place_of(said.get("area", ""), places) or area_path,
        place=said.get("place", ""),
        by=said.get("phone", ""),
        channel=Channel.CITY_HOTLINE,
        city_number=said["number"],
    )
