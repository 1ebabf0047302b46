"""What a status code shows, and by which rule. Plain values in and out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

GREEN, YELLOW, RED = "green", "yellow", "red"
COLOURS = (GREEN, YELLOW, RED)
"""From the mildest to the strictest; the place is the rank by which they are compared."""


class Said(Protocol):
    """What is read of a pack's rule of colour."""

    @property
    def colour(self) -> str: ...
    @property
    def orders(self) -> Sequence[str]: ...
    @property
    def subjects(self) -> Sequence[str]: ...
    @property
    def levels(self) -> Sequence[str]: ...
    @property
    def open_cases(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class OrderRule:
    """An order of this kind for this subject gives a colour of this rank."""

    name: str
    kind: str
    subject: str
    rank: int


@dataclass(frozen=True, slots=True)
class Ruled:
    """The rules of one pack, as derivation wants them. `levels` and `case`: rule name and rank."""

    orders: tuple[OrderRule, ...] = ()
    levels: Mapping[str, tuple[str, int]] | None = None
    case: tuple[str, int] | None = None


def ruled(rules: Mapping[str, Said], assigning: Sequence[str]) -> Ruled:
    """The rules of a pack laid out by evidence; of two for the same evidence the stricter holds.

    assigning   subjects whose measure assigns a code, for rules that name none
    """
    orders: dict[tuple[str, str], OrderRule] = {}
    levels: dict[str, tuple[str, int]] = {}
    case: tuple[str, int] | None = None
    for name, rule in rules.items():
        rank = COLOURS.index(rule.colour)
        for kind in rule.orders:
            for subject in rule.subjects or assigning:
                known = orders.get((kind, subject))
                if known is None or rank > known.rank:
                    orders[kind, subject] = OrderRule(name, kind, subject, rank)
        for level in rule.levels:
            if level not in levels or rank > levels[level][1]:
                levels[level] = (name, rank)
        if rule.open_cases and (case is None or rank > case[1]):
            case = (name, rank)
    return Ruled(tuple(orders.values()), levels, case)


def rule_of_order(found: Ruled, kind: str, subject: str) -> OrderRule | None:
    """The rule that such an order falls under."""
    return next((r for r in found.orders if (r.kind, r.subject) == (kind, subject)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One ground of a colour, in full: what it is, by which rule of which pack, until when.

    kind     "order", "risk_area" or "case"
    ground   id of the order, risk area or case: its page tells the rest
    rule     name of the pack's rule; `words` says what it says
    until    when it lapses unless something is decided before; None: open until the case closes
    """

    kind: str
    ground: UUID
    label: str
    colour: str
    rule: str
    words: str
    pack: str
    source: str
    grade: str
    since: datetime
    until: datetime | None
    because_id: UUID


def strictest(reasons: Iterable[Reason]) -> str:
    """Without a reason nobody is anything but green."""
    return max((one.colour for one in reasons), key=COLOURS.index, default=GREEN)
