"""Writing lists as .xlsx, row by row, with nothing in them that a spreadsheet would run."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import today
from fangxian.people import queries, rules
from fangxian.people.errors import TooManyRows
from fangxian.people.models import Need, Resident

MOST_ROWS = 1_048_575
"""What one sheet of .xlsx can hold beneath its heading (ECMA-376)."""
_ROWS_AT_ONCE = 2000
_WIDTH = 18  # characters
_LONGEST_CELL = 32_767


def residents(viewer: Actor, rows: QuerySet[Resident], file: IO[bytes]) -> int:
    """Write a list of residents, masked; how many."""
    if rows[MOST_ROWS : MOST_ROWS + 1].exists():
        raise TooManyRows(MOST_ROWS)
    header = [
        _("number"), _("name"), _("type of document"), _("identity number"), _("phone"), _("sex"),
        _("age"), _("place"), _("special needs"),
    ]  # fmt: skip
    return write(file, header, _masked(viewer, rows), title=_("Residents"))


def _masked(viewer: Actor, rows: QuerySet[Resident]) -> Iterator[list[Any]]:
    # Translated once, not once a cell.
    day, comma = today(), _(", ")
    kinds, sexes, documents = (
        {value: str(label) for value, label in words.choices}
        for words in (Need.Kind, Resident.Sex, Resident.IdentityType)
    )
    found = rows.iterator(chunk_size=_ROWS_AT_ONCE)
    while chunk := list(islice(found, _ROWS_AT_ONCE)):
        places = queries.places(viewer, (one.area_path for one in chunk))
        needs = queries.needs_by_resident(viewer, [one.id for one in chunk])
        for one in chunk:
            yield [
                one.number,
                one.name,
                documents[one.identity_type] if one.identity else "",
                one.identity,
                one.phone,
                sexes[one.sex],
                rules.age_at(one.birth_date, day) if one.birth_date else "",
                places.get(one.area_path, ""),
                comma.join(kinds[kind] for kind in needs.get(one.id, [])),
            ]


def refused_rows(
    header: Sequence[str], refused: Iterable[tuple[int, Sequence[str], Sequence[Any]]]
) -> bytes:
    """The rows that were not taken, as they came, with line and reasons in front."""
    file = io.BytesIO()
    rows = ([line, _("; ").join(reasons), *cells] for line, reasons, cells in refused)
    write(file, [_("Line"), _("Reason"), *header], rows, title=_("Rows not taken"), verbatim=True)
    return file.getvalue()


def write(
    file: IO[bytes],
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str,
    verbatim: bool = False,
) -> int:
    """One sheet; how many rows. Every cell is text, so no number loses a digit.

    verbatim   keep cells exactly as they are, marked as text; otherwise one that a spreadsheet
               would run as a formula gets an apostrophe in front
    """
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    plain = book.add_format({"num_format": "@", "quote_prefix": verbatim})
    sheet = book.add_worksheet(title[:31])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(0, len(header) - 1), _WIDTH, plain)
    for position, word in enumerate(header):
        sheet.write_string(0, position, _safe(word, verbatim=verbatim), bold)
    count = 0
    for count, row in enumerate(rows, start=1):
        for position, value in enumerate(row):
            if value is not None and value != "":
                sheet.write_string(count, position, _safe(str(value), verbatim=verbatim), plain)
    book.close()
    return count


def _safe(cell: str, *, verbatim: bool) -> str:
    if not verbatim and rules.looks_like_formula(cell):
        cell = "'" + cell
    return cell[:_LONGEST_CELL]
