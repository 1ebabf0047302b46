"""What the columns of a list mean, and what their cells say, in Chinese and in English."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from fangxian.kernel.sheets import looks_like_formula
from fangxian.people.doors import Address
from fangxian.people.errors import FileRefused
from fangxian.people.models import Need, Resident
from fangxian.people.rules import half_width, normal_identity, normal_phone
from fangxian.people.sheets import Cell

_HEADERS: Mapping[str, Sequence[str]] = {
    "name": ["姓名", "名字", "居民姓名", "人员姓名", "name", "full name"],
    "identity_type": [
        "证件类型", "证件种类", "证件名称",
        "type of document", "identity type", "document", "id type",
    ],
    "identity": [
        "身份证号", "身份证号码", "身份证", "证件号码", "证件号", "公民身份号码",
        "identity number", "identity", "id number", "id",
    ],
    "phone": [
        "电话", "手机", "手机号", "手机号码", "联系电话", "联系方式", "电话号码",
        "phone", "mobile", "phone number", "telephone",
    ],
    "sex": ["性别", "sex", "gender"],
    "birth_date": ["出生日期", "出生年月日", "生日", "birth date", "date of birth", "born"],
    "community": [
        "社区", "社区村", "村社区", "村居", "居委会", "社区名称", "社区代码", "社区编码",
        "所属社区",
        "community", "community code", "neighbourhood", "neighborhood",
    ],
    "compound": ["小区", "小区名称", "院落", "compound", "estate", "housing estate"],
    "building": ["楼栋", "楼号", "楼", "栋", "幢", "栋号", "楼幢", "幢号", "楼栋号", "building"],
    "unit": ["单元", "单元号", "门洞", "unit", "stairwell", "entrance"],
    "floor": ["楼层", "层", "层数", "所在楼层", "floor"],
    "door": [
        "门牌", "门牌号", "房号", "室", "户号", "房间号", "室号", "房间", "户室", "门户",
        "door", "room", "flat", "apartment", "dwelling",
    ],
    "since": ["入住日期", "居住起始", "起住日期", "since", "moved in", "resident since"],
    "needs": [
        "特殊需要", "特殊需求", "特殊情况", "特殊人群", "重点人群", "人群类别", "需求",
        "needs", "special needs", "need",
    ],
}  # fmt: skip

_SEXES = {
    "男": "male", "男性": "male", "male": "male", "m": "male", "1": "male",
    "女": "female", "女性": "female", "female": "female", "f": "female", "2": "female",
    "未知": "unknown", "unknown": "unknown", "": "unknown", "0": "unknown", "9": "unknown",
}  # fmt: skip
_IDENTITY_TYPES = {
    "居民身份证": "10", "身份证": "10", "resident identity card": "10", "identity card": "10",
    "港澳通行证": "14", "港澳居民来往内地通行证": "14", "回乡证": "14",
    "hong kong and macau permit": "14",
    "台胞证": "15", "台湾居民来往大陆通行证": "15", "taiwan permit": "15",
    "护照": "20", "passport": "20",
    "外国人永久居留身份证": "34", "foreigner's permanent residence card": "34",
    "其他": "99", "other": "99", "other document": "99",
}  # fmt: skip
_NEEDS: Mapping[str, Sequence[str]] = {
    "dialysis": ["透析", "血透", "血液透析", "腹膜透析"],
    "pregnancy": ["孕妇", "孕产妇", "怀孕", "pregnant"],
    "newborn": ["新生儿"],
    "cancer_treatment": ["放化疗", "放疗", "化疗", "肿瘤", "肿瘤治疗", "chemotherapy"],
    "chronic_disease": ["慢性病", "慢病", "基础病", "慢性病患者", "chronic disease"],
    "lone_elderly": ["独居老人", "空巢老人", "独居", "高龄独居", "lone elderly"],
    "disability": ["残疾", "残疾人", "disabled"],
    "child_alone": ["留守儿童", "独居儿童", "无人照料儿童", "child alone"],
    "mental_illness": ["精神障碍", "精神疾病", "精神病", "mental illness"],
    "sight": ["视障", "视力残疾", "盲人", "视力障碍", "visual impairment", "blind"],
}  # fmt: skip
_NO_NEED = {"", "无", "none", "否", "no", "-", "—"}
_DAY_TOGETHER = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_DAY_APART = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_LARGEST_EXACT = 10**15  # from here on a number in a spreadsheet has lost digits


@dataclass(slots=True)
class Line:
    """What one row says; `faults` are reasons not to take it, in words."""

    name: str = ""
    identity_type: str = ""
    identity: str = ""
    phone: str = ""
    sex: str = ""
    birth_date: date | None = None
    since: date | None = None
    needs: list[str] = field(default_factory=list)
    address: Address = field(default_factory=Address)
    faults: list[str] = field(default_factory=list)


def meanings(header: Sequence[Cell]) -> dict[str, int]:
    """Which column holds what. Refused if name or door is not there, or one thing comes twice."""
    found: dict[str, int] = {}
    for position, cell in enumerate(header):
        meaning = _KNOWN_HEADERS.get(_bare(str(cell or "")))
        if meaning in found:
            raise FileRefused(
                _("Two columns are both “%(column)s”. Remove one.") % {"column": cell}
            )
        if meaning:
            found[meaning] = position
    missing = [shown for key, shown in _needed().items() if key not in found]
    if missing:
        raise FileRefused(
            _(
                "The first row must name the columns. Missing: %(columns)s. The template shows all"
                " of them."
            )
            % {"columns": _(", ").join(missing)}
        )
    return found


def is_header(cells: Sequence[Cell]) -> bool:
    """Whether a row names columns; lists often begin with a title."""
    known = {_KNOWN_HEADERS.get(_bare(str(cell or ""))) for cell in cells} - {None}
    return "name" in known and len(known) > 1


def line_of(cells: Sequence[Cell], at: Mapping[str, int]) -> Line:
    """One row, as far as it can be read; what cannot be read is a fault."""
    line = Line()
    said = {key: cells[position] if position < len(cells) else None for key, position in at.items()}
    for key, cell in said.items():
        if isinstance(cell, str) and looks_like_formula(cell.lstrip(" ")):
            if not (key == "phone" and re.fullmatch(r"\+[0-9 ()-]+", cell.strip())):
                line.faults.append(
                    _("column “%(column)s” begins with a sign of a formula (= + - @)")
                    % {"column": _shown(key)}
                )
            continue
    line.name = text_of(said.get("name"))
    line.identity = _identity(said.get("identity"), line.faults)
    line.phone = _phone(said.get("phone"))
    line.identity_type = _one_of(said, "identity_type", _identity_type, line.faults)
    line.sex = _one_of(said, "sex", _SEXES.get, line.faults) or "unknown"
    line.birth_date = _day(said, "birth_date", line.faults)
    line.since = _day(said, "since", line.faults)
    line.needs = _needs(text_of(said.get("needs")), line.faults)
    line.address = Address(
        **{
            key: text_of(said.get(key))
            for key in ("community", "compound", "building", "unit", "floor", "door")
        }
    )
    return line


def meaning_of(heading: Cell) -> str | None:
    """What a column of this heading holds, as `line_of` takes it; None: nothing that we know."""
    return _KNOWN_HEADERS.get(_bare(str(heading or "")))


def text_of(cell: Cell) -> str:
    """What a cell shows: 101, not 101.0."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _LARGEST_EXACT:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else str(cell)
    return str(cell).strip()


def _bare(header: str) -> str:
    """ "身份证号（必填）*" is "身份证号"; "ID_Number" is "idnumber"."""
    plain = re.sub(r"\(.*?\)|\[.*?\]", "", half_width(header).lower())
    return re.sub(r"[\s_*/、:.\-]", "", plain)


_KNOWN_HEADERS = {
    _bare(header): meaning for meaning, headers in _HEADERS.items() for header in headers
}


def _shown(key: str) -> str:
    return {
        "name": _("name"),
        "identity_type": _("type of document"),
        "identity": _("identity number"),
        "phone": _("phone"),
        "sex": _("sex"),
        "birth_date": _("date of birth"),
        "community": _("community"),
        "compound": _("housing estate"),
        "building": _("building"),
        "unit": _("stairwell"),
        "floor": _("floor"),
        "door": _("door"),
        "since": _("resident since"),
        "needs": _("special needs"),
    }[key]


def _needed() -> dict[str, str]:
    return {key: _shown(key) for key in ("name", "building", "door")}


def template_headers() -> list[str]:
    """The columns in the order of the template, in the reader's language."""
    return [_shown(key) for key in _HEADERS]


def _identity(cell: Cell, faults: list[str]) -> str:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        faults.append(
            _(
                "the identity number is stored as a number, which drops its last digits: format the"
                " column as text and type it again"
            )
        )
        return ""
    text = normal_identity(text_of(cell))
    if re.fullmatch(r"[0-9.]+E\+?[0-9]+", text):
        faults.append(
            _(
                "the identity number was shortened by a spreadsheet to %(number)s: format the"
                " column as text and type it again"
            )
            % {"number": text}
        )
        return ""
    return text


def _phone(cell: Cell) -> str:
    return normal_phone(text_of(cell))


def _one_of(
    said: Mapping[str, Cell], key: str, known: Callable[[str], str | None], faults: list[str]
) -> str:
    text = half_width(text_of(said.get(key))).lower()
    meaning = known(text)
    if meaning is None:
        faults.append(
            _("column “%(column)s”: “%(word)s” is not known")
            % {"column": _shown(key), "word": text_of(said.get(key))}
        )
    return meaning or ""


def _identity_type(text: str) -> str | None:
    if not text:
        return Resident.IdentityType.RESIDENT_CARD
    return _IDENTITY_TYPES.get(text, text if text in Resident.IdentityType.values else None)


def _day(said: Mapping[str, Cell], key: str, faults: list[str]) -> date | None:
    try:
        return day_of(said.get(key))
    except ValueError:
        faults.append(
            _("column “%(column)s”: “%(word)s” is no date; write 1983-01-31")
            % {"column": _shown(key), "word": half_width(text_of(said.get(key)))}
        )
        return None


def day_of(cell: Cell) -> date | None:
    """The day that a cell says, None if it is blank. Raises `ValueError` for what is no day."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = half_width(text_of(cell))
    if not text:
        return None
    digits = _DAY_TOGETHER.fullmatch(text) or _DAY_APART.fullmatch(text)
    if digits is None:
        raise ValueError(text)
    return date(*(int(part) for part in digits.groups()))


def _needs(text: str, faults: list[str]) -> list[str]:
    kinds = []
    for word in re.split(r"[,，、;；/|]", text):
        bare = half_width(word).lower()
        kind = _KNOWN_NEEDS.get(bare)
        if kind:
            kinds.append(kind)
        elif bare not in _NO_NEED:
            faults.append(_("“%(word)s” is no special need that is known") % {"word": word.strip()})
    return list(dict.fromkeys(kinds))


_KNOWN_NEEDS = {word.lower(): kind for kind, words in _NEEDS.items() for word in words} | {
    str(kind): str(kind) for kind in Need.Kind.values
}
