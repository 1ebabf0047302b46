"""What the columns of a list mean, and what their cells say. Cells are kept whatever they say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext_lazy as _

from fangxian.cases.partial import read_span
from fangxian.linelists.models import Entry, LineList, Setting
from fangxian.people.rules import half_width
from fangxian.people.sheets import Cell

MEANINGS: Mapping[str, Mapping[str, object]] = {
    "cases": {
        "key": _("number or name in the list"),
        "identity": _("identity number"),
        "name": _("name"),
        "phone": _("phone"),
        "sex": _("sex"),
        "age": _("age"),
        "onset": _("onset"),
        "exposed_from": _("exposed from"),
        "exposed_until": _("exposed until"),
        "confirmed": _("confirmed or diagnosed on"),
        "place": _("place"),
        "outcome": _("outcome"),
    },
    "contacts": {
        "infector": _("infector"),
        "infectee": _("infected person"),
        "setting": _("setting of exposure"),
    },
}
_KNOWN: Mapping[str, Mapping[str, Sequence[str]]] = {
    "cases": {
        "key": ["id", "case id", "case", "no", "number", "编号", "病例编号", "序号", "病例"],
        "identity": ["identity number", "identity", "id number", "身份证号", "身份证", "证件号码"],
        "name": ["name", "full name", "姓名"],
        "phone": ["phone", "mobile", "telephone", "电话", "手机", "联系电话"],
        "sex": ["sex", "gender", "性别"],
        "age": ["age", "年龄"],
        "onset": [
            "onset", "dt onset", "date of onset", "symptom onset", "symptom", "发病日期", "发病",
        ],
        "exposed_from": ["dt start exp", "start source", "exposure start", "暴露开始"],
        "exposed_until": ["dt end exp", "end source", "exposure end", "暴露结束"],
        "confirmed": [
            "dt diag", "confirm date", "confirmed", "date of diagnosis", "confirmation date",
            "确诊日期", "确诊", "诊断日期",
        ],
        "place": ["place", "loc hosp", "location", "hospital", "residence", "地点", "医院", "住址"],
        "outcome": ["outcome", "death", "转归", "结局"],
    },
    "contacts": {
        "infector": ["from", "infector", "source", "source case", "edge", "传染源", "来源病例"],
        "infectee": [
            "to", "infectee", "target", "case id", "case", "被感染者", "续发病例", "病例编号",
        ],
        "setting": ["exposure", "setting", "infection source named", "context", "接触方式", "场所"],
    },
}  # fmt: skip
SEVERAL = {"infector"}
"""Meanings that several columns may have: a list may name more than one possible infector."""

NEEDED = {"cases": {"key"}, "contacts": {"infector", "infectee"}}

_SEXES = {
    "m": "male", "male": "male", "男": "male",
    "f": "female", "female": "female", "女": "female",
}  # fmt: skip
_SETTINGS: Sequence[tuple[Setting, str]] = (
    (Setting.HOSPITAL, r"hospital|clinic|emergency|ward|hcw|nurse|doctor|医院|门诊|病房|急诊"),
    (Setting.HOUSEHOLD, r"famil|household|wife|husband|son\b|daughter|relative|home|家|亲"),
    (Setting.WORKPLACE, r"work|colleague|office|business|同事|单位|公司"),
    (Setting.SCHOOL, r"school|kindergarten|class|学校|幼儿园|班级"),
    (Setting.TRANSPORT, r"train|bus|plane|flight|coach|ship|车|机|船"),
    (Setting.VENUE, r"mall|shop|store|market|restaurant|商场|超市|市场|餐"),
    (Setting.TRAVEL, r"travel|trip|import|abroad|旅行|输入|境外"),
    (Setting.OTHER, r"contact|exposure|密接|接触"),
)
_NOT_SAID = {"", "na", "n/a", "nan", "none", "null", "no", "-", "?", "不详", "未知", "无", "无症状"}
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")
_NUMBER = re.compile(r"-?\d+(?:\.0*)?")
_UNIX, _EXCEL = date(1970, 1, 1), date(1899, 12, 30)
_FIRST_YEAR, _LAST_YEAR = 1990, 2040


def fingerprint(headings: Sequence[str]) -> str:
    return sha256("\x1f".join(_bare(one) for one in headings).encode()).hexdigest()


def guessed(kind: str, headings: Sequence[str]) -> list[str]:
    """What each column may mean, by its heading; "" where nothing is known."""
    by_word = {_bare(w): meaning for meaning, words in _KNOWN[kind].items() for w in words}
    used: set[str] = set()
    found = []
    for heading in headings:
        meaning = by_word.get(_bare(heading)) or by_word.get(re.sub(r"\d+$", "", _bare(heading)))
        if meaning in used and meaning not in SEVERAL:
            meaning = None
        found.append(meaning or "")
        used.add(meaning or "")
    return found


def lacking(kind: str, mapping: Sequence[str]) -> list[str]:
    """Meanings that a list of this kind cannot do without, in words."""
    return [str(MEANINGS[kind][one]) for one in sorted(NEEDED[kind] - set(mapping))]


def twice(mapping: Sequence[str]) -> list[str]:
    """Meanings given to more columns than one."""
    return sorted({one for one in mapping if one and mapping.count(one) > 1 and one not in SEVERAL})


def _bare(text: str) -> str:
    return re.sub(r"[\s_\-()（）:：*]+", " ", half_width(text)).strip().lower().replace(" ", "")


def text_of(cell: Cell) -> str:
    """A cell as text, as it stood: a whole number without ".0", a date as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        whole_day = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if whole_day else cell.isoformat(sep=" ")
    return str(cell).strip()


def is_said(text: str) -> bool:
    return text.strip().lower() not in _NOT_SAID


@lru_cache(maxsize=20_000)  # a list of 100,000 rows names few days
def days(text: str, *, day_first: bool, today: date) -> tuple[date | None, date | None]:
    """The first and last day that a cell may mean; None where that side is open or unreadable.

    Reads 2020-01-14, 14/01/2020 (or the other way round), numbers of days since 1970 or as Excel
    counts them, and what people say ("? to 21 Jan", 1月上旬).
    """
    kept = half_width(text).strip()
    if not is_said(kept):
        return None, None
    if found := _YEAR_FIRST.fullmatch(kept):
        return _whole(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.fullmatch(kept):
        one, two, year = int(found[1]), int(found[2]), int(found[3])
        return _whole(year, two, one) if day_first else _whole(year, one, two)
    if _NUMBER.fullmatch(kept):
        return _counted(int(float(kept)))
    spaced = re.sub(r"(\d)-(?=[A-Za-z])", r"\1 ", kept)  # "10-Jan"
    begin, until = read_span(spaced, today=today, zone=get_default_timezone())
    zone = get_default_timezone()
    earliest = begin.earliest.astimezone(zone).date() if begin.earliest else None
    end = until if until.known or until.text else begin
    latest = end.latest.astimezone(zone).date() if end.latest else None
    return earliest, latest


def _whole(year: int, month: int, day: int) -> tuple[date | None, date | None]:
    try:
        found = date(year, month, day)
    except ValueError:
        return None, None
    return found, found


def _counted(number: int) -> tuple[date | None, date | None]:
    """Both ways of counting fall into these years for different numbers, so none is guessed."""
    for start in (_UNIX, _EXCEL):
        try:
            found = start + timedelta(days=number)
        except OverflowError:
            continue
        if _FIRST_YEAR <= found.year <= _LAST_YEAR:
            return found, found
    return None, None


def is_day_first(cells: Sequence[str]) -> bool:
    """Whether a column writes the day before the month, by its cells; so it is in most places."""
    firsts = [int(m[1]) for cell in cells if (m := _DAY_FIRST.fullmatch(cell.strip()))]
    seconds = [int(m[2]) for cell in cells if (m := _DAY_FIRST.fullmatch(cell.strip()))]
    return max(seconds, default=0) <= 12 or max(firsts, default=0) > 12  # noqa: PLR2004 - months


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a line list, read. `faults` are reasons not to take it."""

    key: str
    identity: str
    name: str
    phone: str
    sex: str
    age: int | None
    onset_said: str
    onset: tuple[date | None, date | None]
    exposed_from: date | None
    exposed_until: date | None
    confirmed_on: date | None
    place: str
    outcome: str


def listed(cells: Mapping[str, str], *, day_first: Mapping[str, bool], today: date) -> Listed:
    def span(meaning: str) -> tuple[date | None, date | None]:
        text = cells.get(meaning, "")
        return days(text, day_first=day_first.get(meaning, True), today=today)

    age = re.match(r"\d+", cells.get("age", ""))
    onset = span("onset")
    if onset[0] and onset[1] and onset[0] > onset[1]:
        onset = (None, None)
    return Listed(
        key=cells.get("key", "")[:60],
        identity=cells.get("identity", "") if is_said(cells.get("identity", "")) else "",
        name=cells.get("name", "") if is_said(cells.get("name", "")) else "",
        phone=cells.get("phone", "") if is_said(cells.get("phone", "")) else "",
        sex=_SEXES.get(cells.get("sex", "").lower(), Entry.Sex.UNKNOWN.value),
        age=int(age[0]) if age and int(age[0]) <= 130 else None,  # noqa: PLR2004 - years
        onset_said=cells.get("onset", "")[:60],
        onset=onset,
        exposed_from=span("exposed_from")[0],
        exposed_until=span("exposed_until")[1],
        confirmed_on=span("confirmed")[0],
        place=cells.get("place", "")[:200] if is_said(cells.get("place", "")) else "",
        outcome=cells.get("outcome", "")[:60] if is_said(cells.get("outcome", "")) else "",
    )


def setting_of(text: str) -> Setting:
    """The setting that words speak of, in English or Chinese."""
    said = text.lower()
    for setting, words in _SETTINGS:
        if re.search(words, said):
            return setting
    return Setting.UNKNOWN


def choices(kind: str) -> list[tuple[str, object]]:
    return [("", _("kept, not read")), *MEANINGS[LineList.Kind(kind).value].items()]
