"""The ledger: facts with their causes, and the seals that make tampering visible.

A verb calls `record` in the transaction of its own change. The event is the audit trail, the
history, the answer to "Why?" and the live feed. Seals are made afterwards by a job (`seal`), for
a hash chain inside every transaction would cap the whole system at some 700 writes a second.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import TextChoices
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from psycopg import sql

from fangxian.kernel import clock, reactions, vault
from fangxian.kernel.access import Actor
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Event, Seal, VaultKey

_LEAF = 8
_SEALED_AT_ONCE = 20_000
_SEALING = 7_026_001  # advisory lock: one sealer at a time


_types: dict[str, "type[Fact]"] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened. Subclasses in a room's events.py add fields and a sentence.

    `sentence` is shown to people with the fields filled in; fields are ids, codes and numbers,
    never names, so that people can be forgotten without breaking the seals. `words` says which
    fields hold a word of which choices, so that the reader sees its label.
    """

    sentence: ClassVar[Any] = ""
    words: ClassVar[Mapping[str, type[TextChoices]]] = {}
    icon: ClassVar[str] = "point"
    tone: ClassVar[str] = ""  # "", good, warning or danger

    subject_id: UUID
    area_path: str
    pack: str = ""

    def __init_subclass__(cls) -> None:
        _types[cls.kind()] = cls

    @classmethod
    def kind(cls) -> str:
        """`sampling.tube_found_positive` for `fangxian.sampling.events.TubeFoundPositive`."""
        room = cls.__module__.split(".")[1]
        return room + "." + re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


def fact_types() -> Mapping[str, type[Fact]]:
    """Every kind of fact that a loaded room can record, by its kind."""
    return _types


def record(fact: Fact, *, actor: Actor, because: Event | UUID | None = None) -> Event:
    """Append one fact in the current transaction, then let the playbook say what follows.

    `at` is the clock's time, which an exercise moves; `recorded_at` is the database's.
    """
    event = _event(fact, actor, because)
    _insert([event])
    reactions.follow(fact, event)
    return event


def record_many(
    facts: Sequence[Fact], *, actor: Actor, because: Event | UUID | None = None
) -> list[Event]:
    """`record` for many facts of one cause, in one statement."""
    events = [_event(fact, actor, because) for fact in facts]
    for start in range(0, len(events), 1000):
        _insert(events[start : start + 1000])
    for fact, event in zip(facts, events, strict=True):
        reactions.follow(fact, event)
    return events


_FACT_FIELDS = {field.name for field in fields(Fact)}
_COLUMNS = "id, kind, subject_id, area_path, actor_id, because_id, pack, at, facts, exercise"
_ROW = "(" + ",".join(["%s"] * 10) + ")"


def _event(fact: Fact, actor: Actor, because: Event | UUID | None) -> Event:
    values = {k: v for k, v in asdict(fact).items() if k not in _FACT_FIELDS}
    return Event(
        id=new_id(),
        kind=fact.kind(),
        subject_id=fact.subject_id,
        area_path=fact.area_path,
        actor_id=actor.id,
        because_id=because.id if isinstance(because, Event) else because,
        pack=fact.pack,
        at=clock.now(),
        facts=json.loads(json.dumps(values, cls=DjangoJSONEncoder)),
        exercise=clock.moved(),
    )


def _insert(events: Sequence[Event]) -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction of the change it tells of")
    rows: list[Any] = []
    for e in events:
        rows += [e.id, e.kind, e.subject_id, e.area_path, e.actor_id, e.because_id, e.pack, e.at]
        rows += [json.dumps(e.facts), e.exercise]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO kernel_event ({_COLUMNS}) VALUES {','.join([_ROW] * len(events))}", rows
        )


# Seals

_CANON = sql.SQL(
    "concat_ws('|', tx, seq, id, kind, subject_id, area_path, actor_id, because_id, pack,"
    " (extract(epoch FROM at) * 1000000)::bigint,"
    " (extract(epoch FROM recorded_at) * 1000000)::bigint, exercise, facts::text)"
)


def seal(at_most: int = _SEALED_AT_ONCE) -> int:
    """Seal the events that are surely complete, in order; how many were sealed.

    An event is complete once every transaction that began before it has ended, so a slow
    transaction delays the seal but is never left out of it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALING])
        if not cursor.fetchone()[0]:
            return 0
        last = Seal.objects.order_by("-number").first()
        after = (last.last_tx, last.last_seq) if last else (-1, -1)
        cursor.execute(
            sql.SQL(
                "SELECT tx, seq, {canon} FROM kernel_event WHERE (tx, seq) > (%s, %s)"
                " AND tx < ledger_tx_complete() ORDER BY tx, seq LIMIT %s"
            ).format(canon=_CANON),
            [*after, at_most],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0
        hashes = [hashlib.sha256(row[2].encode()).digest() for row in rows]
        number = last.number + 1 if last else 1
        tx, seq = rows[-1][0], rows[-1][1]
        digest = _digest(bytes(last.digest) if last else b"", number, tx, seq, hashes)
        key = _signing_key()
        Seal.objects.create(
            number=number,
            last_tx=tx,
            last_seq=seq,
            events=len(rows),
            leaves=b"".join(h[:_LEAF] for h in hashes),
            digest=digest,
            signature=Ed25519PrivateKey.from_private_bytes(vault.unwrap(bytes(key.wrapped))).sign(
                digest
            ),
            key_number=key.number,
        )
    return len(rows)


def seal_all() -> int:
    """Seal everything that is complete."""
    total = 0
    while sealed := seal():
        total += sealed
    return total


def unsealed() -> int:
    """Events that no seal covers yet."""
    last = Seal.objects.order_by("-number").first()
    after = (last.last_tx, last.last_seq) if last else (-1, -1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kernel_event WHERE (tx, seq) > (%s, %s)", after)
        count: int = cursor.fetchone()[0]
    return count


@dataclass(frozen=True, slots=True)
class Break:
    """Where the ledger does not hold.

    what    "changed", "missing", "inserted", "seal" (a seal itself does not hold)
    seal    number of the seal concerned
    event   the event's id where there is one to name, otherwise its place in the seal
    """

    what: str
    seal: int
    event: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found. `head` is "NUMBER:DIGEST" of the last seal, to be kept elsewhere."""

    events: int
    seals: int
    unsealed: int
    head: str
    breaks: tuple[Break, ...]


def verify(*, anchor: str = "", most: int = 20) -> Verdict:
    """Check every sealed event against its seal, and every seal against the one before.

    anchor   a head noted earlier; it must still be in the chain, so that cutting off the end
             is noticed too
    most     stop after so many breaks
    """
    publics = {n: Ed25519PublicKey.from_public_bytes(key) for n, key in public_keys().items()}
    breaks: list[Break] = []
    events = seals = 0
    before, head = b"", ""
    wanted = anchor.partition(":")
    anchored = not anchor
    with transaction.atomic(), connection.cursor() as cursor:
        chain = list(Seal.objects.order_by("number").iterator())
        after = (-1, -1)
        for expected, one in enumerate(chain, start=1):
            texts = _canonical(cursor, after, (one.last_tx, one.last_seq))
            hashes = [hashlib.sha256(text.encode()).digest() for text in texts]
            after = max(after, (one.last_tx, one.last_seq))
            events += len(hashes)
            seals += 1
            found = _compare(one, hashes, texts)
            digest = bytes(one.digest)
            again = _digest(before, one.number, one.last_tx, one.last_seq, hashes)
            if not found and again != digest:
                found = [Break("seal", one.number, "digest")]
            if one.number != expected:
                found.append(Break("seal", expected, "missing"))
            if not _signed(publics.get(one.key_number), bytes(one.signature), digest):
                found.append(Break("seal", one.number, "signature"))
            breaks += found
            before = digest
            head = f"{one.number}:{digest.hex()}"
            anchored = anchored or (str(one.number), digest.hex()) == (wanted[0], wanted[2])
            if len(breaks) >= most:
                break
        unsealed = 0
        if len(breaks) < most:
            cursor.execute("SELECT count(*) FROM kernel_event WHERE (tx, seq) > (%s, %s)", after)
            unsealed = cursor.fetchone()[0]
        if not anchored:
            breaks.append(Break("seal", int(wanted[0] or 0), "anchor"))
    return Verdict(events, seals, unsealed, head, tuple(breaks[:most]))


def _signed(public: Ed25519PublicKey | None, signature: bytes, digest: bytes) -> bool:
    try:
        if public:
            public.verify(signature, digest)
    except InvalidSignature:
        return False
    return public is not None


def _compare(one: Seal, hashes: list[bytes], texts: list[str]) -> list[Break]:
    """Which events of one seal were changed, taken out or put in."""
    leaves = bytes(one.leaves)
    sealed = [leaves[i : i + _LEAF] for i in range(0, len(leaves), _LEAF)]
    present = [h[:_LEAF] for h in hashes]
    if sealed == present:
        return []
    if len(sealed) == len(present):
        return [
            Break("changed", one.number, _id_in(texts[i]))
            for i, (was, is_) in enumerate(zip(sealed, present, strict=True))
            if was != is_
        ]
    known, seen = set(sealed), set(present)
    missing = [
        Break("missing", one.number, f"#{i + 1}")
        for i, leaf in enumerate(sealed)
        if leaf not in seen
    ]
    inserted = [
        Break("inserted", one.number, _id_in(texts[i]))
        for i, leaf in enumerate(present)
        if leaf not in known
    ]
    return missing + inserted


def _canonical(cursor: Any, after: tuple[int, int], upto: tuple[int, int]) -> list[str]:
    """Every event after one place in sealing order up to another, as it is hashed."""
    statement = sql.SQL(
        "SELECT {canon} FROM kernel_event WHERE (tx, seq) > (%s, %s) AND (tx, seq) <= (%s, %s)"
        " ORDER BY tx, seq"
    ).format(canon=_CANON)
    cursor.execute(statement, [*after, *upto])
    return [text for (text,) in cursor.fetchall()]


def _id_in(canonical: str) -> str:
    return canonical.split("|", 3)[2]


def _digest(before: bytes, number: int, tx: int, seq: int, hashes: Sequence[bytes]) -> bytes:
    bounds = f"{number}|{tx}|{seq}|{len(hashes)}|".encode()
    return hashlib.sha256(before + bounds + b"".join(hashes)).digest()


def _signing_key() -> VaultKey:
    key = (
        VaultKey.objects.filter(purpose=VaultKey.Purpose.SEAL, retired_at=None)
        .order_by("-number")
        .first()
    )
    if key is None:
        private = Ed25519PrivateKey.generate()
        number = vault.add_key(
            "seal", private.private_bytes_raw(), private.public_key().public_bytes_raw()
        )
        key = VaultKey.objects.get(number=number)
    return key


def public_keys() -> dict[int, bytes]:
    """The keys that seals are checked with, by number."""
    known = VaultKey.objects.filter(purpose=VaultKey.Purpose.SEAL).order_by("number")
    return {key.number: bytes(key.public) for key in known}


def continue_after_restore() -> int:
    """Let the order of events go on in a cluster whose transactions count from the beginning.

    Returns by how many transactions the count was moved; 0 where nothing was to be done.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(tx), 0) FROM kernel_event")
        last: int = cursor.fetchone()[0]
        cursor.execute("SELECT ledger_tx()")
        present: int = cursor.fetchone()[0]
        if present > last:
            return 0
        by = last - present + 1
        cursor.execute("UPDATE kernel_epoch SET tx_offset = tx_offset + %s", [by])
        cursor.execute("SELECT setval('kernel_event_seq', max(seq) + 1) FROM kernel_event")
    return by


# Reading


def chain_to(event: Event, *, at_most: int = 50) -> list[Event]:
    """The event and its causes, first cause last."""
    chain = [event]
    while chain[-1].because_id and len(chain) < at_most:
        cause = Event.objects.filter(id=chain[-1].because_id).first()
        if cause is None:
            break
        chain.append(cause)
    return chain


def fact_of(event: Event) -> Fact | None:
    """The typed fact behind an event; None if its kind is no longer recorded."""
    fact_type = fact_types().get(event.kind)
    if fact_type is None:
        return None
    known = {f.name for f in fields(fact_type)}
    values = {k: v for k, v in event.facts.items() if k in known}
    values |= {"subject_id": event.subject_id, "area_path": event.area_path, "pack": event.pack}
    try:
        return fact_type(**values)
    except TypeError:  # the fact has gained a field since
        return None


def told(event: Event, *, area: str) -> str:
    """The event as a sentence in the reader's language; `area` is the readable place, "" all."""
    fact_type = fact_types().get(event.kind)
    if fact_type is None:
        return event.kind
    values = {name: _readable(fact_type, name, value) for name, value in event.facts.items()}
    try:
        # Without str(): a sentence in singular and plural chooses by a number among the values.
        return str(fact_type.sentence.format(**{**values, "area": area or _("every area")}))
    except KeyError:  # the sentence has gained a field since
        return event.kind


class _Known(dict[str, str]):
    """What an event tells; a field that its sentence has gained since is shown as a dash."""

    def __missing__(self, field: str) -> str:
        return "—"


class _Figure(int):
    """A number that counts as one and reads with thousands separated."""

    def __format__(self, how: str) -> str:
        return f"{int(self):,}"


def _readable(fact_type: type[Fact], name: str, value: Any) -> str | _Figure:
    if name in fact_type.words and value in fact_type.words[name].values:
        return str(fact_type.words[name](value).label)
    if isinstance(value, str) and (moment := _moment(value)):
        return f"{localtime(moment):%m-%d %H:%M}"
    return _Figure(value) if isinstance(value, int) else str(value)


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
