"""Lists as .xlsx: row by row, nothing in them that a spreadsheet would run, each one on record."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import IO, Any, ClassVar, TypeVar

import xlsxwriter
from django.db import transaction
from django.db.models import Model, QuerySet, TextChoices
from django.http import FileResponse, HttpRequest
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fangxian.kernel import clock
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import today
from fangxian.kernel.errors import TooManyRows
from fangxian.kernel.http import Request
from fangxian.kernel.ledger import Fact, record

MOST_ROWS = 1_048_575
"""What one sheet of .xlsx can hold beneath its heading (ECMA-376)."""
_ROWS_AT_ONCE = 2000
_WIDTH = 18  # characters
_LONGEST_CELL = 32_767
_IN_MEMORY = 2 * 1024 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class List(TextChoices):
    """The lists that may be taken away."""

    CASES = "cases", _("Cases")
    LINE_LIST = "line_list", _("Line list")
    CHAIN = "chain", _("Chain of transmission")
    CONTACTS = "contacts", _("Contacts of a case")
    ORDERS = "orders", _("Orders")
    RISK_AREAS = "risk_areas", _("Risk areas")
    STATUSES = "statuses", _("Status codes that are not green")
    EXITS = "exits", _("Emergency exits")
    CARE_JOURNEYS = "care_journeys", _("Journeys to care")
    CARE_VISITS = "care_visits", _("People to be looked in on")
    UNCOVERED = "uncovered", _("Places nobody answers for")
    TUBES = "tubes", _("Tubes")
    ROUNDS = "rounds", _("Rounds of testing")
    POINTS = "points", _("Sampling points of a round")
    POINTS_NOW = "points_now", _("Sampling points now")
    BOXES = "boxes", _("Boxes")
    CHECKPOINTS = "checkpoints", _("Checkpoints today")
    PASSES = "passes", _("Passes")
    VENUES = "venues", _("Venues")
    INCIDENTS = "incidents", _("Incidents at checkpoints")
    QUESTIONS = "questions", _("Questions about scans")
    LABELS = "labels", _("Sheets of labels")
    UNTESTED = "untested", _("Not tested yet")
    REFUSED = "refused", _("Refused entries of phones")
    QUARANTINED = "quarantined", _("People at a quarantine site")
    MONITORED = "monitored", _("People monitored at home")
    JOURNEYS = "journeys", _("Journeys to and from quarantine")
    PHONES = "phones", _("Phones")
    FOLLOW_UPS = "follow_ups", _("People to be followed up")
    SCREENING = "screening", _("Progress of a screening campaign")
    TASKS = "tasks", _("Tasks")
    REQUESTS = "requests", _("Requests")
    REQUEST_FIGURES = "request_figures", _("Requests by unit")
    ROSTER = "roster", _("Roster of a week")
    RATIONS = "rations", _("Meals and gear of the roster")
    RECEIPTS = "receipts", _("Receipts of a directive")
    ORGANISATIONS = "organisations", _("Organisations")
    MEMBERS = "members", _("People at work")
    CHECK_INS = "check_ins", _("Check-ins")
    AREAS = "areas", _("Areas")
    SITES = "sites", _("Sites")
    CHANGES = "changes", _("Changes of divisions")
    LOOKS = "looks", _("Who looked at a person")
    EVENTS = "events", _("Events")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExported(Fact):
    """subject_id   who took the list away"""

    sentence: ClassVar[Any] = _("{rows} rows of “{list}” were exported in {area}")
    words: ClassVar[Mapping[str, type[TextChoices]]] = {"list": List}
    icon: ClassVar[str] = "file-text"
    tone: ClassVar[str] = "warning"
    list: str
    rows: int


M = TypeVar("M", bound=Model)
Row = Sequence[Any]


def wanted(request: HttpRequest) -> bool:
    """Whether a page's address asks for its list as a file."""
    return request.GET.get("export") == "xlsx"


def by_chunks(rows: QuerySet[M], shown: Callable[[list[M]], Iterable[Row]]) -> Iterator[Row]:
    """A list of any length; `shown` gets some thousand rows at once, to look names up together."""
    if rows[MOST_ROWS : MOST_ROWS + 1].exists():
        raise TooManyRows(MOST_ROWS)
    found = rows.iterator(chunk_size=_ROWS_AT_ONCE)
    while chunk := list(islice(found, _ROWS_AT_ONCE)):
        yield from shown(chunk)


def labels(*choices: type[TextChoices]) -> list[dict[str, str]]:
    """Each word with its label, for each of some choices: translated once, not once a cell."""
    return [{str(word): str(label) for word, label in words.choices} for words in choices]


def download(
    request: Request,
    which: List,
    header: Sequence[str],
    rows: Iterable[Row],
    *,
    area_path: str = "",
) -> FileResponse:
    """The list as a file to keep; that it leaves the system is recorded before it is sent.

    area_path   what the list was narrowed to; "" is the viewer's whole area
    """
    viewer = request.actor
    with ExitStack() as unless_sent:
        file = unless_sent.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY))
        mark = watermark(viewer)
        count = write(file, header, rows, title=str(which.label), numbers=True, mark=mark)
        # Only now a transaction, for a slow one would hold back everybody's seals.
        note_export(viewer, which, count, area_path=area_path)
        unless_sent.pop_all()  # the response closes it
    file.seek(0)
    name = f"{which.label}-{today():%Y%m%d}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=_XLSX)


def watermark(viewer: Actor) -> str:
    """Whose copy a file is. It stands on every printed page and in the file, to be found again."""
    return gettext("Taken by %(who)s (%(number)s) on %(when)s. Every export is on record.") % {
        "who": viewer.name or "—",
        "number": str(viewer.id)[-8:],
        "when": f"{localtime(clock.now()):%Y-%m-%d %H:%M:%S}",
    }


@transaction.atomic
def note_export(viewer: Actor, which: List, rows: int, *, area_path: str = "") -> None:
    """Record that a list leaves the system; to be called before a file of any kind is sent."""
    record(
        ListExported(
            subject_id=viewer.id,
            area_path=area_path if viewer.sees(area_path) else viewer.within,
            list=which.value,
            rows=rows,
        ),
        actor=viewer,
    )


def write(
    file: IO[bytes],
    header: Sequence[str],
    rows: Iterable[Row],
    *,
    title: str,
    verbatim: bool = False,
    numbers: bool = False,
    mark: str = "",
) -> int:
    """One sheet; how many rows. Cells are text, so no long number loses a digit.

    verbatim   keep cells exactly as they are, marked as text; otherwise one that a spreadsheet
               would run as a formula gets an apostrophe in front
    numbers    int and float stay numbers, to be summed
    mark       stands at the foot of every printed page, and in the file's properties
    """
    with TemporaryDirectory() as scratch:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": scratch})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"num_format": "@", "quote_prefix": verbatim})
        figure = book.add_format({"num_format": "General"})
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        if mark:
            sheet.set_footer(f"&L&8{mark.replace('&', '&&')}&R&8&P / &N")
            book.set_properties({"comments": mark, "author": mark})
        sheet.set_column(0, max(0, len(header) - 1), _WIDTH, plain)
        for position, word in enumerate(header):
            sheet.write_string(0, position, _safe(word, verbatim=verbatim), bold)
        count = 0
        try:
            for count, row in enumerate(rows, start=1):
                if count > MOST_ROWS:
                    raise TooManyRows(MOST_ROWS)
                for position, value in enumerate(row):
                    if numbers and isinstance(value, int | float):
                        sheet.write_number(count, position, value, figure)
                    elif value is not None and value != "":
                        cell = _safe(_text(value), verbatim=verbatim)
                        sheet.write_string(count, position, cell, plain)
        finally:  # it holds files of its own
            book.close()
    return count


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet would run this text as a formula when it is opened."""
    return text[:1] in {"=", "+", "-", "@", "\t", "\r"}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return f"{localtime(value):%Y-%m-%d %H:%M}"
    return str(value)


def _safe(cell: str, *, verbatim: bool) -> str:
    if not verbatim and looks_like_formula(cell):
        cell = "'" + cell
    return cell[:_LONGEST_CELL]
