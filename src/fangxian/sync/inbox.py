"""What happens to a command. Read from top to bottom.

    requests that came together, each with the commands of one phone        take_in
      claim the ids: an id that is here already was taken in before         _claim
      look at each by itself: made too late, in the future, of an unknown
      kind, with an unreadable body                                         _judge
      give them to the rooms, phone by phone in the order of their numbers;
      what is of volume and stands next goes in together                    _apply
      keep what was refused or not understood, with its body                _keep
      say so in the ledger: its owner gets a task (playbook)                _tell
      note when the phones were heard of                                    _greet

All in one transaction, so an answer is given when everything is on disk, and an id is claimed only
together with what it did. One rotten command never fails its neighbours: it is caught where it is
read; should the database refuse a set, its rows are taken one by one.
"""

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils import translation

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.errors import Refusal
from fangxian.kernel.ledger import record
from fangxian.sync import events, rules
from fangxian.sync.errors import (
    CannotBeStored,
    ClockWrong,
    FailedHere,
    IdTaken,
    MadeAfterTheEnd,
    NotUnderstoodYet,
)
from fangxian.sync.kinds import KINDS, Body, Kind, Single, Volume
from fangxian.sync.models import Command, Held
from fangxian.sync.rules import Answer, Order

_log = logging.getLogger("fangxian.sync")
_AWAY = (OperationalError, InterfaceError)
"""The database is away or asks for another try: nobody's fault, so nobody is refused for it."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The phone at the door, as it is known.

    actor     its owner with the duties that the phone carries
    ends_at   commands given later do not count; None: in service
    """

    device_id: UUID
    actor: Actor
    area_path: str
    enrolled_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request: the commands of one phone.

    skew   how far the phone's clock is ahead of ours, as measured by this request
    """

    sender: Sender
    orders: Sequence[Order]
    skew: timedelta
    received_at: datetime
    language: str


@dataclass(slots=True, eq=False)
class _Row:
    """One command on its way; `answer` is given by whichever step decides it.

    at   when it was given, by our clock
    """

    order: Order
    delivery: Delivery
    at: datetime | None = None
    kind: Kind | None = None
    body: Body | None = None
    row: Any = None
    answer: Answer | None = None

    @property
    def sender(self) -> Sender:
        return self.delivery.sender

    def refuse(self, refusal: Refusal, outcome: rules.Outcome = "refused") -> None:
        self.answer = Answer(
            str(self.order.id), outcome, refusal.code, refusal.message, refusal.facts
        )


def take_in(deliveries: Sequence[Delivery]) -> list[list[Answer]]:
    """Take in the commands of many phones in one transaction; the answers, in their order.

    Savepoints cost as much as the rest, so at first none are made: when something is wrong with a
    set, all of it is done again, carefully.
    """
    try:
        return _take_in(deliveries, savepoint=_no_savepoint)
    except _Trouble:
        return _take_in(deliveries, savepoint=transaction.atomic)


class _Trouble(Exception):  # noqa: N818 - what is the matter with a set
    """A set failed as a whole, and cannot be taken apart without a savepoint."""


@contextmanager
def _no_savepoint() -> Iterator[None]:
    try:
        yield
    except _AWAY:
        raise
    except Exception as error:
        raise _Trouble from error


Savepoint = Callable[[], AbstractContextManager[Any]]


def _take_in(deliveries: Sequence[Delivery], *, savepoint: Savepoint) -> list[list[Answer]]:
    of_each = [[_Row(order, one) for order in one.orders] for one in deliveries]
    rows = [row for of_one in of_each for row in of_one]
    with transaction.atomic():
        fresh = _claim(rows)
        for language, spoken in groupby(
            sorted(fresh, key=_in_turn), key=lambda row: row.delivery.language
        ):
            with translation.override(language):
                judged = [row for row in spoken if _judge(row)]
                _apply(judged, savepoint)
        if held := [row for row in fresh if row.answer and row.answer.code]:
            _keep(held)
            _tell(held)
        _greet(deliveries)
    if any(row.answer is None for row in rows):
        _echo(rows)
    return [[row.answer for row in of_one if row.answer] for of_one in of_each]


def _in_turn(row: _Row) -> tuple[str, int, int, int]:
    # A UUID is compared and hashed in Python, its number in C: of a row there are many of both.
    sender, order = row.delivery.sender, row.order
    return row.delivery.language, sender.device_id.int, order.seq, order.id.int


# An id is taken in once


def _claim(rows: Sequence[_Row]) -> list[_Row]:
    """Those that are new; the others get the answer that their first coming had."""
    first: dict[int, _Row] = {}
    for row in rows:
        first.setdefault(row.order.id.int, row)
    wanted = [row for _id, row in sorted(first.items())]  # two writers lock alike
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH told AS MATERIALIZED (
                SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::text[],
                    %s::timestamptz[], %s::timestamptz[])
                    WITH ORDINALITY AS w(id, device, seq, kind, at, received_at, n)
            ), new AS (
                INSERT INTO sync_command (id, device_id, seq, kind, at, received_at, outcome)
                SELECT id, device, seq, kind, at, received_at, 'applied' FROM told
                ON CONFLICT (id) DO NOTHING
                RETURNING id
            )
            SELECT n FROM told WHERE id NOT IN (SELECT id FROM new)
            """,
            [
                _array([row.order.id.hex for row in wanted]),
                _array([row.sender.device_id.hex for row in wanted]),
                _array([str(row.order.seq) for row in wanted]),
                _array([row.order.kind for row in wanted]),
                _array([f'"{row.order.at.isoformat()}"' for row in wanted]),
                _array([f'"{row.delivery.received_at.isoformat()}"' for row in wanted]),
            ],
        )
        here = {wanted[n - 1].order.id.int for (n,) in cursor.fetchall()}
    if not here:
        return wanted
    _repeat([row for row in rows if row.order.id.int in here])
    return [row for row in wanted if row.order.id.int not in here]


def _array(values: Iterable[str]) -> str:
    """An array as the database reads it, at a tenth of the cost of the driver's own."""
    return "{" + ",".join(values) + "}"


def _repeat(rows: Sequence[_Row]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT one.id, one.device_id, one.kind, one.outcome, held.code, held.message,"
            " held.facts FROM sync_command one LEFT JOIN sync_held held ON held.command_id = one.id"
            " WHERE one.id = ANY(%s::uuid[])",
            [list({row.order.id for row in rows})],
        )
        known = {id_: rest for id_, *rest in cursor}
    for row in rows:
        device_id, kind, outcome, code, message, facts = known[row.order.id]
        if (device_id, kind) != (row.sender.device_id, row.order.kind):
            with translation.override(row.delivery.language):
                row.refuse(IdTaken())
        elif outcome == Command.Outcome.APPLIED:
            row.answer = Answer(str(row.order.id), "known")
        else:
            told = json.loads(facts) if isinstance(facts, str) else facts
            row.answer = Answer(str(row.order.id), outcome, code, message, told)


def _echo(rows: Sequence[_Row]) -> None:
    """A command that came twice at once: the second is answered as if it had come later."""
    first: dict[int, _Row] = {}
    for row in rows:
        before = first.setdefault(row.order.id.int, row)
        if row.answer is not None or before.answer is None:
            continue
        if (row.sender.device_id, row.order.kind) != (before.sender.device_id, before.order.kind):
            row.refuse(IdTaken())
        elif before.answer.outcome == "applied":
            row.answer = Answer(str(row.order.id), "known")
        else:
            row.answer = before.answer


# What can be said of one command by itself


def _judge(row: _Row) -> bool:
    """Whether it may go to a room."""
    order, sender, delivery = row.order, row.sender, row.delivery
    row.at = rules.moment_of(
        order.at,
        delivery.skew,
        received_at=delivery.received_at,
        enrolled_at=sender.enrolled_at,
    )
    row.kind = KINDS.get(order.kind)
    try:
        if row.at is None:
            raise ClockWrong
        if sender.ends_at is not None and row.at > sender.ends_at:
            raise MadeAfterTheEnd(sender.ends_at)
        if row.kind is None:
            row.refuse(NotUnderstoodYet(), "kept")
            return False
        row.body = Body(order.body, id_=order.id, at=row.at)
        if isinstance(row.kind, Volume):
            row.row = row.kind.read(sender.actor, row.body)
    except Refusal as refusal:
        row.refuse(refusal)
        return False
    return True


# The rooms


def _apply(rows: Sequence[_Row], savepoint: Savepoint) -> None:
    """Emergencies first; then each phone's commands in the order in which they were given.

    Commands of volume that stand next in their phones' lines go in together, so that a tube is
    opened before its swabs come, and a thousand swabs are still a handful of statements.
    """
    for row in rows:
        if row.kind and row.kind.urgent:
            _one(row, savepoint)
    waiting = (row for row in rows if row.answer is None)
    lines = [deque(line) for _id, line in groupby(waiting, lambda row: row.sender.device_id.int)]
    while lines:
        together: dict[str, list[_Row]] = {}
        for line in lines:
            while line and isinstance(line[0].kind, Single):
                _one(line.popleft(), savepoint)
            name = line[0].order.kind if line else ""
            while line and line[0].order.kind == name:
                together.setdefault(name, []).append(line.popleft())
        for same in together.values():
            _many(same, savepoint)
        lines = [line for line in lines if line]


def _one(row: _Row, savepoint: Savepoint) -> None:
    if isinstance(row.kind, Volume):
        _many([row], savepoint)
        return
    if row.kind is None or row.body is None:
        raise ValueError("only what was judged is applied")
    try:
        facts = row.kind.apply(row.sender.actor, row.body)  # a verb is a savepoint by itself
        row.answer = Answer(str(row.order.id), "applied", facts=facts or {})
    except _AWAY:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it was, its neighbours go on
        _fail(row, error)


def _many(rows: Sequence[_Row], savepoint: Savepoint) -> None:
    """One call for all. Should that fail as a whole, each half is tried, down to the rotten row."""
    kind = rows[0].kind
    if not isinstance(kind, Volume):
        raise TypeError("only what is of volume goes in together")
    try:
        with savepoint():
            answers = kind.apply([row.row for row in rows])
        for row, said in zip(rows, answers, strict=True):
            outcome: rules.Outcome = said.outcome if said.outcome in _SAID else "applied"  # type: ignore[assignment]
            row.answer = Answer(str(row.order.id), outcome, said.code, said.message, said.facts)
    except (*_AWAY, _Trouble):
        raise
    except Exception as error:  # noqa: BLE001 - as above
        if len(rows) == 1:
            _fail(rows[0], error)
            return
        half = len(rows) // 2
        _many(rows[:half], savepoint)
        _many(rows[half:], savepoint)


_SAID = frozenset({"known", "refused"})


def _fail(row: _Row, error: Exception) -> None:
    """A refusal is told; what contradicts the tables is refused; our own fault is kept."""
    if isinstance(error, Refusal):
        row.refuse(error)
    elif isinstance(error, DatabaseError):
        row.refuse(CannotBeStored())
    else:
        row.refuse(FailedHere(), "kept")
    if not isinstance(error, Refusal):
        _log.error(
            "command failed",
            extra={
                "command": str(row.order.id),
                "kind": row.order.kind,
                "error": fault(error),
            },
        )


def fault(error: Exception) -> str:
    """What went wrong and where; never the text of it, which may hold what the phone sent."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {where}"


# What was not applied


def _keep(rows: Sequence[_Row]) -> None:
    answers = [(row, row.answer) for row in rows if row.answer]
    Held.objects.bulk_create(
        Held(
            command_id=row.order.id,
            device_id=row.sender.device_id,
            area_path=row.sender.area_path,
            at=row.at,
            received_at=row.delivery.received_at,
            outcome=answer.outcome,
            code=answer.code,
            message=answer.message[:500],
            facts=dict(answer.facts),
            body=json.dumps(row.order.body),
        )
        for row, answer in answers
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_command SET outcome = said.outcome"
            " FROM unnest(%s::uuid[], %s::text[]) AS said(id, outcome)"
            " WHERE sync_command.id = said.id",
            [[row.order.id for row, _ in answers], [answer.outcome for _, answer in answers]],
        )


def _tell(rows: Sequence[_Row]) -> None:
    """One fact a phone, so that a desk that was refused fifty times is one task, not fifty."""
    for _id, line in groupby(
        sorted(rows, key=lambda row: row.sender.device_id), key=lambda row: row.sender.device_id
    ):
        of_phone = list(line)
        try:
            with transaction.atomic():
                _tell_of(of_phone)
        except _AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - the list of what was refused shows it all the same
            _log.error("refusals untold", extra={"error": fault(error)})


def _tell_of(rows: Sequence[_Row]) -> None:
    sender = rows[0].sender
    refused = [row for row in rows if row.answer and row.answer.outcome == "refused"]
    kept = [row for row in rows if row.answer and row.answer.outcome == "kept"]
    if refused:
        kind = refused[0].kind
        record(
            events.CommandsRefused(
                subject_id=sender.device_id,
                area_path=sender.area_path,
                account_id=sender.actor.id,
                duty=str(kind.duty if kind else Duty.DISPATCH),
                number=len(refused),
                codes=_codes(refused),
            ),
            actor=sender.actor,
        )
    if kept:
        record(
            events.CommandsKept(
                subject_id=sender.device_id,
                area_path=sender.area_path,
                number=len(kept),
                codes=_codes(kept),
            ),
            actor=sender.actor,
        )


def _codes(rows: Iterable[_Row]) -> str:
    return " ".join(sorted({row.answer.code for row in rows if row.answer}))


# When the phones were heard of

_EVERY = 30.0  # seconds: a phone that sends all day is not noted at each request
_WORTH = 2_000  # milliseconds of change in a clock's error
_greeted: dict[UUID, tuple[float, int]] = {}


def _greet(deliveries: Sequence[Delivery]) -> None:
    at = time.monotonic()
    due: dict[UUID, tuple[datetime, int, int]] = {}
    for one in deliveries:
        device_id, skew = one.sender.device_id, int(one.skew.total_seconds() * 1000)
        noted, before = _greeted.get(device_id, (-_EVERY, 0))
        if one.sender.ends_at is None and (at - noted >= _EVERY or abs(skew - before) > _WORTH):
            seq = max((order.seq for order in one.orders), default=0)
            due[device_id] = (one.received_at, skew, seq)
    if not due:
        return
    ids = sorted(due)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_device SET last_seen = said.at, skew_ms = said.skew,"
            " last_seq = greatest(last_seq, said.seq)"
            " FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[], %s::bigint[])"
            " AS said(id, at, skew, seq) WHERE sync_device.id = said.id",
            [ids, *(list(column) for column in zip(*(due[id_] for id_ in ids), strict=True))],
        )
    if len(_greeted) > 100_000:  # noqa: PLR2004 - more phones than a district has
        _greeted.clear()
    for id_ in ids:
        _greeted[id_] = (at, due[id_][1])


# A second try


def apply_again(held: Held, sender: Sender) -> Answer:
    """Give a held command to its room once more; nothing else is changed."""
    command = held.command
    order = Order(command.id, command.seq, command.at, command.kind, json.loads(held.body.reveal()))
    at = held.at or held.received_at
    delivery = Delivery(sender, [order], timedelta(), held.received_at, "")
    row = _Row(order, delivery, at=at, kind=KINDS.get(order.kind))
    if row.kind is None:
        row.refuse(NotUnderstoodYet(), "kept")
    else:
        row.body = Body(order.body, id_=order.id, at=at)
        try:
            if isinstance(row.kind, Volume):
                row.row = row.kind.read(sender.actor, row.body)
            _one(row, transaction.atomic)
        except Refusal as refusal:
            row.refuse(refusal)
    if row.answer is None:
        raise ValueError("a command that was applied has an answer")
    return row.answer
