"""Every kind of command a phone may send, and the verb it becomes.

A kind is either *single*, one verb in a savepoint of its own, or *of volume*: all commands of that
kind that are being taken in together become one call, set-wise, with an answer for each row.
To add a kind, write how its body is read and name the verb; nothing else need be touched.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from fangxian.dispatch import actions as dispatch
from fangxian.kernel.access import Actor, Duty
from fangxian.sync.errors import BadCommand
from fangxian.sync.rules import is_text, read_moment

Facts = Mapping[str, Any] | None
"""What the phone is told besides "applied": codes and numbers."""


class Body:
    """What is inside a command, read field by field; what cannot be right is `BadCommand`.

    id, at   the command's own id, and when it was given, by our clock
    """

    __slots__ = ("_fields", "at", "id")

    def __init__(self, fields: Mapping[str, Any], *, id_: UUID, at: datetime) -> None:
        self._fields, self.id, self.at = fields, id_, at

    def raw(self, name: str) -> Any:
        return self._fields.get(name)

    def uuid(self, name: str) -> UUID:
        try:
            return UUID(self._fields[name])
        except (KeyError, ValueError, TypeError, AttributeError):
            raise BadCommand(name) from None

    def uuid_or_none(self, name: str) -> UUID | None:
        return None if self._fields.get(name) is None else self.uuid(name)

    def text(self, name: str, *, most: int = 200) -> str:
        value = self._fields.get(name, "")
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > most:
            raise BadCommand(name)
        if "\x00" in value or not is_text(value):
            raise BadCommand(name)
        return value.strip()

    def needed(self, name: str, *, most: int = 200) -> str:
        value = self.text(name, most=most)
        if not value:
            raise BadCommand(name)
        return value

    def texts(self, name: str, *, at_most: int = 500) -> list[str]:
        values = self._fields.get(name) or []
        if not isinstance(values, list) or len(values) > at_most:
            raise BadCommand(name)
        return [
            Body({name: value}, id_=self.id, at=self.at).text(name, most=40) for value in values
        ]

    def number(self, name: str, *, least: int = 0, most: int = 1_000_000) -> int:
        value = self._fields.get(name)
        if type(value) is not int or not least <= value <= most:
            raise BadCommand(name)
        return value

    def number_or_none(self, name: str, *, least: int = 0, most: int = 1_000_000) -> int | None:
        if self._fields.get(name) is None:
            return None
        return self.number(name, least=least, most=most)

    def measured(self, name: str, *, least: float, most: float) -> float | None:
        """A reading of an instrument, or None where none was taken."""
        value = self._fields.get(name)
        if value is None:
            return None
        if type(value) not in {int, float} or not least <= value <= most:
            raise BadCommand(name)
        return float(value)

    def flag(self, name: str) -> bool | None:
        value = self._fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise BadCommand(name)
        return value

    def word(self, name: str, known: Sequence[str]) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or value not in known:
            raise BadCommand(name)
        return value

    def moment(self, name: str) -> datetime:
        value = read_moment(self._fields.get(name))
        if value is None:
            raise BadCommand(name)
        return value


class RoomAnswer(Protocol):
    """What a room answers for one row of many: every room has its own `rules.Answer`."""

    @property
    def outcome(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True)
class Single:
    """duty   of who may put it right when it is refused"""

    duty: Duty
    apply: Callable[[Actor, Body], Facts]
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Volume:
    """read    one row for the room; `apply` answers as many, in their order"""

    duty: Duty
    read: Callable[[Actor, Body], Any]
    apply: Callable[[Sequence[Any]], Sequence[RoomAnswer]]
    urgent: bool = False


Kind = Single | Volume


# dispatch


def _take_task(actor: Actor, body: Body) -> Facts:
    dispatch.take_task(actor, body.uuid("task"))
    return None


def _finish_task(actor: Actor, body: Body) -> Facts:
    dispatch.finish_task(actor, body.uuid("task"), note=body.text("note", most=500))
    return None


def _refuse_task(actor: Actor, body: Body) -> Facts:
    dispatch.refuse_task(actor, body.uuid("task"), reason=body.text("reason", most=500))
    return None


KINDS: dict[str, Kind] = {
    "dispatch.take_task": Single(Duty.CARRY_OUT, _take_task),
    "dispatch.finish_task": Single(Duty.CARRY_OUT, _finish_task),
    "dispatch.refuse_task": Single(Duty.CARRY_OUT, _refuse_task),
}

URGENT = frozenset({"gates.emergency"})
"""Always admitted, and taken in before everything else."""
