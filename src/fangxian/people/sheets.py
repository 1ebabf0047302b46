"""Reading lists that people send: .xlsx and CSV, without letting a file hurt the machine."""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from python_calamine import CalamineError, CalamineWorkbook

from fangxian.people.errors import FileRefused

Cell = str | int | float | bool | date | datetime | time | timedelta | None
MAX_BYTES = 50 * 1024 * 1024
MAX_ROWS = 1_000_000
_MAX_COLUMNS = 200
_MAX_ENTRIES = 2000
_MAX_UNPACKED = 1024 * 1024 * 1024
_MAX_RATIO = 150  # deflated spreadsheets shrink some 10 to 20 times
_RATIO_MATTERS_FROM = 20 * 1024 * 1024
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a file.

    rows    line number as the sender sees it, and the cells
    total   how many lines there are, blank ones and headings included
    """

    rows: Iterator[tuple[int, list[Cell]]]
    total: int


def refuse_too_large(size: int) -> None:
    if size > MAX_BYTES:
        raise FileRefused(
            _("The file has more than %(megabytes)d MB. Split the list and import the parts.")
            % {"megabytes": MAX_BYTES >> 20}
        )


def read(data: bytes) -> Sheet:
    """The rows of a file, by its content and not by what its name claims.

    Refuses what is too large, packed suspiciously, encrypted, or no list at all, before any of it
    is parsed.
    """
    refuse_too_large(len(data))
    if not data.strip():
        raise FileRefused(_("The file is empty."))
    if data.startswith(_OLD_EXCEL):
        raise FileRefused(
            _("This is an old or a protected Excel file. Save it as .xlsx without a password.")
        )
    if data.startswith(_ZIP):
        _check_package(data)
        return _workbook(data)
    return _text(data)


# Excel


def _check_package(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged() from error
    names = {entry.filename for entry in entries}
    if len(entries) > _MAX_ENTRIES:
        raise _bomb()
    if "xl/workbook.xml" not in names:
        raise FileRefused(_("This is no Excel list. Send .xlsx or CSV."))
    if any(name.endswith("vbaProject.bin") for name in names):
        raise FileRefused(_("This Excel file has macros in it. Save it as .xlsx without macros."))
    left = _MAX_UNPACKED
    for entry in entries:
        left -= _unpacked(data, entry, left)


def _unpacked(data: bytes, entry: zipfile.ZipInfo, left: int) -> int:
    """The true size of an entry, whatever its header claims; refused beyond the limits."""
    start = entry.header_offset
    try:
        signature, *_rest, name, extra = struct.unpack("<4s5H3I2H", data[start : start + 30])
    except struct.error as error:
        raise _damaged() from error
    if signature != _ZIP or entry.flag_bits & 1:
        raise _damaged()
    start += 30 + name + extra
    packed = memoryview(data)[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        size = len(packed)
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        size = _inflated(packed, left)
    else:
        raise _damaged()
    if size > left or (size > _RATIO_MATTERS_FROM and size > _MAX_RATIO * len(packed)):
        raise _bomb()
    return size


def _inflated(packed: memoryview, left: int) -> int:
    stream, size, waiting = zlib.decompressobj(-zlib.MAX_WBITS), 0, bytes(packed)
    try:
        while waiting and not stream.eof and size <= left:
            size += len(stream.decompress(waiting, 4 * 1024 * 1024))
            waiting = stream.unconsumed_tail
            if size > _RATIO_MATTERS_FROM and size > _MAX_RATIO * len(packed):
                break
    except zlib.error as error:
        raise _damaged() from error
    return size


def _workbook(data: bytes) -> Sheet:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = book.get_sheet_by_index(0)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise _damaged() from error
    if sheet.width > _MAX_COLUMNS or sheet.height > MAX_ROWS:
        raise _too_many()
    first = (sheet.start or (0, 0))[0] + 1
    rows = ((line, list[Cell](row)) for line, row in enumerate(sheet.iter_rows(), start=first))
    return Sheet(rows, sheet.height)


# CSV


def _text(data: bytes) -> Sheet:
    text = _decoded(data)
    if "\x00" in text:
        raise FileRefused(_("This is no list in plain text. Send .xlsx or CSV."))
    head = text[: text.find("\n") + 1] or text
    delimiter = max(",\t;|", key=head.count)
    total = text.count("\n") + (not text.endswith("\n"))
    if total > MAX_ROWS:
        raise _too_many()
    return Sheet(_lines(text, delimiter), total)


def _decoded(data: bytes) -> str:
    """UTF-8 with or without its mark, or else GB18030, as Chinese Excel writes CSV."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefused(
        _("The letters of this file cannot be read. Save it as CSV in UTF-8, or as .xlsx.")
    )


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[Cell]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileRefused(
                _("Line %(line)d of the file cannot be read: a quotation mark is not closed.")
                % {"line": line}
            ) from error
        if len(row) > _MAX_COLUMNS:
            raise _too_many()
        yield line, list(row)
        line = reader.line_num + 1


def is_blank(cells: Sequence[Cell]) -> bool:
    return all(cell is None or cell == "" or str(cell).isspace() for cell in cells)


def _damaged() -> FileRefused:
    return FileRefused(_("The file is damaged or protected. Save it again as .xlsx, then send it."))


def _bomb() -> FileRefused:
    return FileRefused(
        _("The file unpacks to far more than a list of residents needs, so it was not opened.")
    )


def _too_many() -> FileRefused:
    return FileRefused(
        ngettext(
            "The list has more than %(rows)d row or too many columns. Split it.",
            "The list has more than %(rows)d rows or too many columns. Split it.",
            MAX_ROWS,
        )
        % {"rows": MAX_ROWS}
    )
