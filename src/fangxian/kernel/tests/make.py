"""Ordinary facts and accounts for tests."""

import io
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from python_calamine import CalamineWorkbook

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import Fact
from fangxian.kernel.models import Account

PASSWORD = "a long enough word"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorKnocked(Fact):
    sentence: ClassVar = "Door {door} was knocked at"
    door: int


def knock(door: int = 1, *, subject_id: UUID | None = None, area_path: str = "1/2/") -> DoorKnocked:
    return DoorKnocked(subject_id=subject_id or new_id(), area_path=area_path, door=door)


def actor(*duties: Duty, within: str = "1/") -> Actor:
    return Actor(id=new_id(), within=within, duties=frozenset(duties), name="Li")


def account(username: str = "li", *, duties: tuple[Duty, ...] = (), within: str = "1/") -> Account:
    one = Account(
        username=username,
        display_name="Li",
        area_path=within,
        duties=[str(duty) for duty in duties],
    )
    one.set_password(PASSWORD)
    one.save()
    return one


def sheet_of(answer: Any) -> list[list[Any]]:
    """The cells of a list that was exported, its headings first."""
    assert answer.status_code == 200, answer.status_code
    file = io.BytesIO(answer.getvalue())
    return CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
