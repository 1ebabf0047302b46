"""Taking a list in: rows are read one by one and written set by set; what cannot be taken is kept
with its line and reasons, and the others load.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.cases.queries import open_cases_of
from fangxian.kernel import vault
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import today
from fangxian.kernel.ids import new_id
from fangxian.linelists import columns
from fangxian.linelists.errors import ListIsEmpty
from fangxian.linelists.models import Entry, LineList, Link
from fangxian.linelists.rules import path_between
from fangxian.people import sheets
from fangxian.people.queries import named_with_phone, resolve
from fangxian.people.rules import PersonRef, normal_identity

ROWS_AT_ONCE = 2_000
_SAMPLES = 5
Progress = Callable[["Tally"], None]


@dataclass(slots=True)
class Tally:
    """What became of the rows so far; every row counts once."""

    read: int = 0
    taken: int = 0
    found: int = 0
    refused: list[tuple[int, list[str], list[str]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Head:
    """The first look at a file: headings, a few rows, how many rows there are."""

    headings: list[str]
    samples: list[list[str]]
    rows: int


def look_into(data: bytes) -> Head:
    """Raises `FileRefused` and `ListIsEmpty`."""
    headings, body, total = _opened(data)
    samples = [_fit(cells, len(headings)) for _line, cells in islice(body, _SAMPLES)]
    if not samples:
        raise ListIsEmpty
    return Head(headings, samples, total - 1)


def _opened(data: bytes) -> tuple[list[str], Iterator[tuple[int, list[sheets.Cell]]], int]:
    sheet = sheets.read(data)
    rows = (row for row in sheet.rows if not sheets.is_blank(row[1]))
    first = next(rows, None)
    if first is None:
        raise ListIsEmpty
    headings = [columns.text_of(cell)[:200] for cell in first[1]]
    while headings and not headings[-1]:
        headings.pop()
    return headings, rows, sheet.total


def _fit(cells: Sequence[sheets.Cell], width: int) -> list[str]:
    """The row as text, as wide as the headings: no cell under a heading is lost."""
    texts = [columns.text_of(cell) for cell in cells]
    return (texts + [""] * width)[: max(width, len(texts))]


def take_in(actor: Actor, into: LineList, data: bytes, progress: Progress) -> Tally:
    """Read a file into a list whose columns are named. `progress` is called after each set."""
    headings, body, _total = _opened(data)
    rows = [(line, _fit(cells, len(headings))) for line, cells in body]
    tally = Tally()
    take = _take_cases if into.kind == LineList.Kind.CASES else _take_links
    take(actor, into, rows, tally, progress)
    return tally


# Cases


def _take_cases(
    actor: Actor,
    into: LineList,
    rows: Sequence[tuple[int, list[str]]],
    tally: Tally,
    progress: Progress,
) -> None:
    places = {meaning: at for at, meaning in enumerate(into.mapping) if meaning}
    day_first = {
        meaning: columns.is_day_first([cells[at] for _line, cells in rows])
        for meaning, at in places.items()
    }
    seen: dict[str, int] = {}
    day = today()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE]
        good = []
        for line, cells in part:
            said = {meaning: cells[at] for meaning, at in places.items()}
            read = columns.listed(said, day_first=day_first, today=day)
            if faults := list(_faults_of(read, seen, said)):
                tally.refused.append((line, faults, cells))
            else:
                seen[read.key] = line
                good.append((line, cells, read))
        _write(actor, into, good, tally)
        tally.read += len(part)
        tally.taken += len(good)
        progress(tally)


def _faults_of(
    read: columns.Listed, seen: Mapping[str, int], said: Mapping[str, str]
) -> Iterator[str]:
    if not read.key:
        yield _("there is no number or name to call this case by")
    elif read.key in seen:
        yield _("“%(key)s” stands in line %(line)d already") % {
            "key": read.key,
            "line": seen[read.key],
        }
    for meaning in ("onset", "exposed_from", "exposed_until", "confirmed"):
        text = said.get(meaning, "")
        if columns.is_said(text) and not _was_read(read, meaning):
            yield _("“%(text)s” is no date that can be read (%(column)s)") % {
                "text": text,
                "column": columns.MEANINGS["cases"][meaning],
            }


def _was_read(read: columns.Listed, meaning: str) -> bool:
    dates: Mapping[str, Sequence[date | None]] = {
        "onset": read.onset,
        "exposed_from": (read.exposed_from,),
        "exposed_until": (read.exposed_until,),
        "confirmed": (read.confirmed_on,),
    }
    return any(dates[meaning])


def _write(
    actor: Actor,
    into: LineList,
    good: Sequence[tuple[int, list[str], columns.Listed]],
    tally: Tally,
) -> None:
    who = _in_the_register(actor, [read for _line, _cells, read in good])
    cases = open_cases_of(actor, {one for one in who if one})
    texts = [json.dumps(cells, ensure_ascii=False) for _line, cells, _read in good]
    Entry.objects.bulk_create(
        [
            Entry(
                id=new_id(),
                list=into,
                line=line,
                key=read.key,
                resident_id=resident,
                case=cases.get(resident) if resident else None,
                sex=read.sex,
                age=read.age,
                onset_said=read.onset_said,
                onset_from=read.onset[0],
                onset_until=read.onset[1],
                exposed_from=read.exposed_from,
                exposed_until=read.exposed_until,
                confirmed_on=read.confirmed_on,
                place=read.place,
                outcome=read.outcome,
                said=vault.Secret("file", sealed),
            )
            for (line, _cells, read), resident, sealed in zip(
                good, who, vault.seal_many(texts, "file"), strict=True
            )
        ]
    )
    tally.found += sum(one is not None for one in who)


def _in_the_register(actor: Actor, rows: Sequence[columns.Listed]) -> list[UUID | None]:
    """Who each row is, by document or by name and phone; None where the register knows nobody."""
    found: list[UUID | None] = [None] * len(rows)
    by_card = [n for n, row in enumerate(rows) if row.identity]
    refs = [PersonRef(identity=normal_identity(rows[n].identity)) for n in by_card]
    for n, one in zip(by_card, resolve(actor, refs), strict=True):
        if one.resident_id and actor.sees(one.area_path):
            found[n] = one.resident_id
    by_phone = [n for n, row in enumerate(rows) if found[n] is None and row.name and row.phone]
    pairs = [(rows[n].name, rows[n].phone) for n in by_phone]
    for n, known in zip(by_phone, named_with_phone(actor, pairs), strict=True):
        found[n] = known[0] if known else None
    return found


# Links


def _take_links(
    actor: Actor,
    into: LineList,
    rows: Sequence[tuple[int, list[str]]],
    tally: Tally,
    progress: Progress,
) -> None:
    assert into.about is not None  # noqa: S101 - a constraint of the table
    ids = dict(into.about.entries.values_list("key", "id"))
    names = {one: key for key, one in ids.items()}
    linked = Link.objects.filter(list__about=into.about, infector__isnull=False)
    known = set(linked.values_list("infector_id", "infectee_id"))
    froms = [at for at, meaning in enumerate(into.mapping) if meaning == "infector"]
    to = into.mapping.index("infectee")
    where = into.mapping.index("setting") if "setting" in into.mapping else None
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE]
        new: list[Link] = []
        for line, cells in part:
            wanted = [cells[at].strip() for at in froms if columns.is_said(cells[at])]
            faults = list(_faults_of_link(wanted, cells[to].strip(), ids, known, names))
            if faults:
                tally.refused.append((line, faults, cells))
                continue
            said = cells[where] if where is not None else ""
            infectee = ids[cells[to].strip()]
            infectors: list[UUID | None] = [ids[key] for key in wanted]
            for infector in infectors or [None]:
                if infector is not None and (infector, infectee) in known:
                    continue
                if infector is not None:
                    known.add((infector, infectee))
                new.append(
                    Link(
                        list=into,
                        line=line,
                        infector_id=infector,
                        infectee_id=infectee,
                        setting=columns.setting_of(said),
                        setting_said=said[:200],
                        said=json.dumps(cells, ensure_ascii=False),
                    )
                )
            tally.taken += 1
        Link.objects.bulk_create(new)
        tally.read += len(part)
        progress(tally)


def _faults_of_link(
    infectors: Sequence[str],
    infectee: str,
    ids: Mapping[str, UUID],
    known: set[tuple[UUID, UUID]],
    names: Mapping[UUID, str],
) -> Iterator[str]:
    for key in (*infectors, infectee):
        if key not in ids:
            yield _("there is no “%(key)s” in the line list") % {"key": key or "—"}
    if infectee not in ids:
        return
    for key in infectors:
        if key == infectee:
            yield _("nobody infects themselves")
        elif key in ids and (way := path_between(known, ids[infectee], ids[key])):
            shown = " → ".join(names[one] for one in way)
            yield _("this would close a circle: %(way)s is on record already") % {"way": shown}
