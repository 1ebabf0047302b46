"""Taking in a list that somebody sent: rows are read one by one and entered set by set.

A row that cannot be taken is kept with its line and every reason; the others load. A set is
entered whole or not at all, with its counts, so a run that breaks can simply be run again: what it
entered before is then "said before".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _

from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import Refusal
from fangxian.people import doors, records, sheets
from fangxian.people.columns import text_of
from fangxian.people.errors import FileRefused
from fangxian.screening import columns, follow_ups, rules
from fangxian.screening.follow_ups import Named, Taken
from fangxian.screening.models import Campaign, FollowUp, InboundList, Mention
from fangxian.screening.persons import Particulars, identify
from fangxian.screening.places import Places

_ROWS_AT_ONCE = 2000
_TITLES = 10  # rows that may stand above the headings

Rows = Iterator[tuple[int, list[sheets.Cell]]]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, as it came, and why."""

    line: int
    reasons: tuple[str, ...]
    cells: tuple[sheets.Cell, ...]


@dataclass(slots=True)
class Tally:
    """What became of the rows so far; every row counts once."""

    read: int = 0
    taken: int = 0
    repeated: int = 0
    persons: int = 0
    header: tuple[str, ...] = ()
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Sequence[sheets.Cell]
    said: columns.Line
    who: Particulars


Progress = Callable[[Tally, int], None]
Entered = Callable[[Taken], None]


def headings_of(data: bytes, said: Mapping[str, str]) -> list[str]:
    """The headings of a file, whether they are known or not."""
    heading, _rows = _beneath_the_heading(sheets.read(data).rows, said)
    return [text_of(cell) for cell in heading if text_of(cell)]


def take_in(
    actor: Actor, inbound: InboundList, data: bytes, *, entered: Entered, progress: Progress
) -> Tally:
    """Read a file into the ledger of its campaign.

    entered    called with each set, inside its transaction
    progress   called after each set, likewise, with the lines there are in all
    """
    campaign = inbound.campaign
    sheet = sheets.read(data)
    heading, body = _beneath_the_heading(sheet.rows, inbound.columns)
    names = [text_of(cell) for cell in heading]
    at = {meaning: names.index(word) for word, meaning in inbound.columns.items() if word in names}
    tally = Tally(header=tuple(names))
    reader = _Reader(campaign, at)
    places = Places(campaign)
    while lines := list(islice(body, _ROWS_AT_ONCE)):
        with transaction.atomic():
            before = len(tally.refused)
            rows = [row for line, cells in lines if (row := reader.read(line, cells, tally))]
            taken = _enter(campaign, inbound, rows, places, tally)
            entered(taken)
            tally.read += len(lines)
            tally.taken += taken.mentions
            tally.repeated = tally.read - tally.taken - len(tally.refused)
            tally.persons += len(taken.fresh)
            tally.refused[before:] = sorted(tally.refused[before:], key=lambda one: one.line)
            progress(tally, sheet.total)
    return tally


def _beneath_the_heading(rows: Rows, said: Mapping[str, str]) -> tuple[list[sheets.Cell], Rows]:
    """The row that names the columns, and the rows beneath it that are not blank."""
    first: list[sheets.Cell] | None = None
    waiting: list[tuple[int, list[sheets.Cell]]] = []
    for line, cells in islice(rows, _TITLES):
        if sheets.is_blank(cells):
            continue
        if columns.is_heading(cells, said):
            return cells, (row for row in rows if not sheets.is_blank(row[1]))
        if first is None:
            first = cells
        else:
            waiting.append((line, cells))
    if first is None:
        raise FileRefused(_("The file is empty."))
    rest = (row for row in (*waiting, *rows) if not sheets.is_blank(row[1]))
    return first, rest


class _Reader:
    """Reads rows; knows the doors and communities below the campaign's area."""

    def __init__(self, campaign: Campaign, at: Mapping[str, int]) -> None:
        self._at = at
        self._today = today()
        self._since = campaign.since
        self._within: str = campaign.area_path
        self._doors = doors.Doors(PLAYBOOK, campaign.area_path)
        self._places = Places(campaign)
        self._in_one_cell = lru_cache(maxsize=100_000)(self._places.path_of)

    def read(self, line: int, cells: list[sheets.Cell], tally: Tally) -> _Row | None:
        said = columns.line_of(cells, self._at, today=self._today, since=self._since)
        person = said.person
        if not said.faults:
            try:
                records.normal(
                    records.Particulars(
                        name=person.name,
                        identity_type=person.identity_type,
                        identity=person.identity,
                        phone=person.phone,
                        birth_date=person.birth_date,
                    ),
                    synthetic=True,
                    on=self._today,
                )
            except Refusal as refusal:
                said.faults.append(refusal.message)
        if said.faults:
            tally.refused.append(Refused(line, tuple(said.faults), tuple(cells)))
            return None
        who = Particulars(
            name=person.name,
            identity=person.identity,
            identity_type=person.identity_type or "10",
            phone=person.phone,
            born=person.birth_date,
            area_path=self._home(said),
        )
        return _Row(line, cells, said, who)

    def _home(self, said: columns.Line) -> str:
        """As exactly as the list says; an address that leads nowhere refuses nobody."""
        address = said.person.address
        if address.community or address.building:
            door = self._doors.find(address)
            if isinstance(door, doors.Door):
                return door.path
        for text in (address.community, address.compound, said.address):
            path = self._in_one_cell(text) if text else ""
            if path and path.startswith(self._within):
                return path
        return self._within


def _enter(
    campaign: Campaign,
    inbound: InboundList,
    rows: Sequence[_Row],
    places: Places,
    tally: Tally,
) -> Taken:
    found = identify([row.who for row in rows], at=now())
    named = []
    for row, who in zip(rows, found, strict=True):
        if who is None:
            reason = _("the register cannot take this person in: compare name and number")
            tally.refused.append(Refused(row.line, (reason,), tuple(row.cells)))
            continue
        resident, home = who
        stays = tuple(row.said.stays)
        said = [(one.place, one.from_day, one.until_day, one.how) for one in stays]
        named.append(
            Named(
                resident_id=resident,
                area_path=home,
                kind=Mention.Kind.LIST,
                digest=rules.say_again(inbound.sender, resident, said),
                stays=stays,
                line=row.line,
            )
        )
    return follow_ups.enter(campaign, named, places=places, inbound=inbound)


def worth_opening_again(taken: Taken) -> list[FollowUp]:
    """People closed as without risk of whom a list now says that they were at a place of risk."""
    fresh = {one.id for one in taken.fresh}
    return [
        one
        for one in taken.of.values()
        if one.id not in fresh
        and one.state == FollowUp.State.CLOSED
        and one.close_reason in follow_ups.WITHOUT_RISK
        and one.rank
    ]
