"""What a name, an identity number and a phone must look like. Values in, verdicts out."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple, Self
from uuid import UUID

RESIDENT_CARD = "10"
SYNTHETIC_DIVISION = "99"
"""First digits of made-up identity numbers.

GB/T 2260 gives provinces 11 to 83, and the 18-digit card of foreign residents begins with 9 and
the province, so no number of a living person begins with 99.
"""
SYNTHETIC_PHONE = "154"
"""First digits of made-up mobile numbers: a block that no operator has been given. [unverified]"""

_PROVINCES = frozenset(
    str(province)
    for region in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
    )
    for province in region
) | {"71", "81", "82", "83"}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_OLDEST = date(1900, 1, 1)
_OTHER_DOCUMENTS = {
    "14": re.compile(r"[HM][0-9]{8}([0-9]{2})?"),
    "15": re.compile(r"[0-9]{8}([0-9]{2}[A-Z]?)?"),
    "16": re.compile(r"[A-Z0-9]{8,12}"),
    "20": re.compile(r"[A-Z0-9]{5,17}"),
    "34": re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{17}"),
    "99": re.compile(r"[A-Z0-9()/-]{3,24}"),
}


class IdentityFault(Enum):
    """Why an identity number cannot be right."""

    LENGTH = "length"
    FIFTEEN_DIGITS = "fifteen_digits"
    SIGNS = "signs"
    DIVISION = "division"
    RESERVED = "reserved"
    BIRTH_DATE = "birth_date"
    FUTURE = "future"
    CHECK_DIGIT = "check_digit"
    SHAPE = "shape"


# Normal forms


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as their ordinary forms, without outer blanks."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def normal_identity(text: str) -> str:
    """As it is printed on the card: no blanks or hyphens, capital X."""
    return re.sub(r"[\s\u200b\ufeff-]", "", half_width(text)).upper()


def normal_phone(text: str) -> str:
    """Digits without blanks, hyphens and China's country code; "+" stays for other countries."""
    digits = re.sub(r"[\s\u200b\ufeff()-]", "", half_width(text))
    return re.sub(r"^(\+|00)86(?=1[3-9][0-9]{9}$)", "", digits)


_HAN = "\u3400-\u9fff\U00020000-\U0003ffff"


def normal_name(text: str) -> str:
    """One blank at most between words, none between Chinese characters, one kind of middle dot."""
    name = re.sub(r"[•・‧．.·](?=\S)", "·", half_width(text))
    name = re.sub(r"\s+", " ", name)
    return re.sub(rf"(?<=[{_HAN}·]) (?=[{_HAN}·])", "", name)


# Verdicts


def identity_fault(
    number: str, *, on: date, kind: str = RESIDENT_CARD, synthetic: bool = False
) -> IdentityFault | None:
    """What is wrong with a number in normal form, or nothing. GB 11643-1999 for resident cards.

    on          the present day: nobody is born after it
    synthetic   whether the person is made up; only then is the reserved division allowed
    """
    if kind != RESIDENT_CARD:
        shape = _OTHER_DOCUMENTS.get(kind)
        return None if shape and shape.fullmatch(number) else IdentityFault.SHAPE
    return (
        _fault_of_form(number)
        or _fault_of_division(number, synthetic)
        or _fault_of_birth(number, on)
    )


def _fault_of_form(number: str) -> IdentityFault | None:
    if len(number) == 15 and number.isdigit():  # noqa: PLR2004 - the card before 1999
        return IdentityFault.FIFTEEN_DIGITS
    if len(number) != 18:  # noqa: PLR2004
        return IdentityFault.LENGTH
    if not _EIGHTEEN.fullmatch(number):
        return IdentityFault.SIGNS
    return None


def _fault_of_division(number: str, synthetic: bool) -> IdentityFault | None:  # noqa: FBT001
    if number.startswith(SYNTHETIC_DIVISION):
        return None if synthetic else IdentityFault.RESERVED
    return None if number[:2] in _PROVINCES else IdentityFault.DIVISION


def _fault_of_birth(number: str, on: date) -> IdentityFault | None:
    born = birth_date_of(number)
    if born is None or born < _OLDEST:
        return IdentityFault.BIRTH_DATE
    if born > on:
        return IdentityFault.FUTURE
    return None if check_character(number) == number[17] else IdentityFault.CHECK_DIGIT


def check_character(digits: str) -> str:
    """The 18th character for the first 17 digits (ISO 7064 MOD 11-2, GB 11643-1999)."""
    return _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=False)) % 11]


def birth_date_of(number: str) -> date | None:
    """The birth date in a resident identity number; None if there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex_of(number: str) -> str:
    return "male" if int(number[16]) % 2 else "female"


_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{1,2}[2-9][0-9]{6,7}")
_ABROAD = re.compile(r"\+[1-9][0-9]{6,14}")


def is_phone(number: str) -> bool:
    """Whether a number in normal form can be a mobile, a landline with area code, or abroad."""
    return any(shape.fullmatch(number) for shape in (_MOBILE, _LANDLINE, _ABROAD))


_LONGEST_NAME = 50


def is_name(name: str) -> bool:
    """Whether text in normal form can be somebody's name: letters of any script, no digits."""
    signs = set(name) - set(" ·'’-")
    return (
        len(name) > 1
        and len(name) <= _LONGEST_NAME
        and bool(signs)
        and all(unicodedata.category(sign)[0] in "LM" for sign in signs)
    )


def is_birth_date(born: date, *, on: date) -> bool:
    """Whether somebody alive on a day can have been born on the other."""
    return _OLDEST <= born <= on


def age_at(born: date, on: date) -> int:
    """Completed years. Somebody born on 29 February is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def born_between(ages: tuple[int, int | None], on: date) -> tuple[date | None, date]:
    """First and last birth date of people whose age on a day lies within these, ends included."""
    youngest, oldest = ages
    last = _years_before(on, youngest)
    if oldest is None:
        return None, last
    first = _years_before(on, oldest + 1)
    return date.fromordinal(first.toordinal() + 1), last


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def common_area(paths: Iterable[str]) -> str:
    """The smallest area that holds all of these."""
    steps = [path.split("/")[:-1] for path in paths]
    common: list[str] = []
    for level in zip(*steps, strict=False):
        if len(set(level)) > 1:
            break
        common.append(level[0])
    return "".join(f"{step}/" for step in common)


# A person as a phone names them


class NotAPersonRef(ValueError):  # noqa: N818 - it says what it is
    """What a phone sent names nobody in any of the ways that are understood."""


class PersonRef(NamedTuple):
    """Whom a phone means: by what it saw, for it keeps no register. One of the four is set.

    code         a signed text, or the spoken number printed beneath it
    resident     from a task or a list that the phone was sent
    identity     number of a document, of the type `type`
    provisional  an id made on the phone for somebody without any of these; with it `name` and what
                 else they said, their document included
    """

    code: str = ""
    resident: UUID | None = None
    identity: str = ""
    type: str = RESIDENT_CARD
    provisional: UUID | None = None
    name: str = ""
    born: date | None = None
    phone: str = ""
    kind: str = "other"

    @classmethod
    def from_json(cls, said: object) -> Self:
        """Raises `NotAPersonRef`."""
        if not isinstance(said, Mapping):
            raise NotAPersonRef(type(said).__name__)
        try:
            ref = cls(
                code=_short(said, "code", 4096),
                resident=_id(said, "resident"),
                identity=normal_identity(_short(said, "identity", 40)),
                type=_short(said, "type", 2) or RESIDENT_CARD,
                provisional=_id(said, "provisional"),
                name=_short(said, "name", 100),
                born=date.fromisoformat(said["born"]) if said.get("born") else None,
                phone=_short(said, "phone", 40),
                kind=_short(said, "kind", 20) or "other",
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise NotAPersonRef(str(error)) from error
        if not (ref.code or ref.resident or ref.identity or ref.provisional):
            raise NotAPersonRef("nobody")
        return ref


def _short(said: Mapping[str, Any], key: str, longest: int) -> str:
    value = said.get(key) or ""
    if value == "":
        return ""
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise NotAPersonRef(key)
    return value.strip()


def _id(said: Mapping[str, Any], key: str) -> UUID | None:
    return UUID(said[key]) if said.get(key) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisional:
    """Somebody who was met and is not known, for `register_provisional`.

    id         made on the phone
    area_path  where they were met
    """

    id: UUID
    name: str
    area_path: str
    met_at: datetime
    kind: str = "other"
    born: date | None = None
    phone: str = ""
    identity: str = ""
    type: str = RESIDENT_CARD

    @classmethod
    def of(cls, ref: PersonRef, *, area_path: str, met_at: datetime) -> Self:
        if ref.provisional is None:
            raise NotAPersonRef("provisional")
        return cls(
            id=ref.provisional,
            name=ref.name,
            area_path=area_path,
            met_at=met_at,
            kind=ref.kind,
            born=ref.born,
            phone=ref.phone,
            identity=ref.identity,
            type=ref.type,
        )


def initials(name: str) -> str:
    """What a person at the table compares with a card: family name and a star a sign, “王**”.

    Four stars at most. Of a name in Latin letters the first letters: “J. S.”.
    """
    plain = normal_name(name)
    if not plain:
        return ""
    if plain.isascii() or plain[0].isascii():
        return " ".join(f"{part[0].upper()}." for part in plain.split()[:4])
    family = plain[:2] if plain[:2] in _DOUBLE_FAMILY_NAMES and len(plain) > 2 else plain[0]  # noqa: PLR2004
    return family + "*" * min(_STARS, len(plain) - len(family))


_STARS = 4
_DOUBLE_FAMILY_NAMES = frozenset(
    {
        "欧阳",
        "上官",
        "司马",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "夏侯",
        "端木",
        "宇文",
        "长孙",
        "轩辕",
        "南宫",
        "独孤",
    }
)
