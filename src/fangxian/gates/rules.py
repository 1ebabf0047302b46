"""What a gate decides, and by which rule. Pure; `field/src/phone/verdict.ts` decides alike.

Both are tested by the cases in `field/test/cases/verdict.json`. A verdict is advice to a guard.
Nobody is turned back because something is unknown, unreadable or missing on our side; coming in is
never refused for want of a pass; nothing is asked in an emergency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from fangxian.kernel.access import Actor
from fangxian.people.rules import NotAPersonRef, PersonRef

Word = Literal["pass", "refer", "turn_back", "emergency"]
SHOWN = ("code", "pass", "identity", "list", "word")
"""The ways to say who one is. All count the same."""

RULES = (
    "all_met",
    "emergency",
    "care",
    "code_forged",
    "code_expired",
    "code_not_yet_valid",
    "code_revoked",
    "person_unknown",
    "alert",
    "temperature",
    "mask",
    "test",
    "party",
    "pass_missing",
    "pass_invalid",
    "pass_quota",
    "interval",
    "most_a_day",
    "guard",
)
"""In the order in which they are asked; `guard` is what a guard decides without any of them."""

_OUT = "out"
_FREE_KINDS = frozenset({"medical", "work"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outing:
    """So many of a household, once in so many days, for so long."""

    people: int
    every: timedelta
    lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What one checkpoint asks for, with the pack's numbers. None or False: not asked.

    same_passage   scans within this time are one passage
    stamp          of the pack
    """

    needs_pass: bool = False
    outing: Outing | None = None
    test_within: timedelta | None = None
    temperature_max: float | None = None
    mask: bool = False
    interval: timedelta | None = None
    most_a_day: int | None = None
    same_passage: timedelta = timedelta(0)
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassFacts:
    """A pass that was shown or is on record.

    opens     whether it is valid at the moment, for this gate and this person
    outings   on it in its days, this one not counted
    """

    kind: str
    opens: bool
    outings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of who stands at the gate.

    trouble     of the code: a word of RULES that begins with "code_", "person_unknown", or ""
    alert       in the alert set: the table knows why, the gate does not
    care        on the way to or from care
    held        None: no pass shown, none on record
    tested_at   when the last negative sample was taken
    party       False: not everybody in the vehicle was shown
    passed_at   the last passage in this direction before this one
    passages    out of gates today, this one not counted
    """

    direction: str
    trouble: str = ""
    alert: bool = False
    care: bool = False
    emergency: bool = False
    temperature: float | None = None
    mask: bool | None = None
    tested_at: datetime | None = None
    party: bool = True
    held: PassFacts | None = None
    passed_at: datetime | None = None
    passages: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    word: Word
    rule: str


ALL_MET = Verdict("pass", "all_met")


def verdict(person: Person, demands: Demands | None, at: datetime) -> Verdict:
    """What to do, by the first rule that says something other than pass."""
    if person.emergency:
        return Verdict("emergency", "emergency")
    if person.care:
        return Verdict("pass", "care")
    return (
        _of_the_person(person)
        or (_refer("guard") if demands is None else _of_the_gate(person, demands, at))
        or ALL_MET
    )


def _refer(rule: str) -> Verdict:
    return Verdict("refer", rule)


def _of_the_person(person: Person) -> Verdict | None:
    if person.trouble:
        return _refer(person.trouble if person.trouble in RULES else "person_unknown")
    return _refer("alert") if person.alert else None


def _of_the_gate(person: Person, demands: Demands, at: datetime) -> Verdict | None:
    limit, warm = demands.temperature_max, person.temperature
    if limit is not None and warm is not None and warm >= limit:
        return _refer("temperature")
    if demands.mask and person.mask is False:
        return _refer("mask")
    if demands.test_within is not None and (
        person.tested_at is None or at - person.tested_at > demands.test_within
    ):
        return _refer("test")
    if not person.party:
        return _refer("party")
    return _of_going_out(person, demands, at) if person.direction == _OUT else None


def _of_going_out(person: Person, demands: Demands, at: datetime) -> Verdict | None:
    if demands.needs_pass and (found := _of_the_pass(person.held, demands)):
        return found
    if person.held is not None and person.held.opens and person.held.kind in _FREE_KINDS:
        return None
    if (
        demands.interval is not None
        and person.passed_at is not None
        and demands.same_passage < at - person.passed_at < demands.interval
    ):
        return Verdict("turn_back", "interval")
    if demands.most_a_day is not None and person.passages >= demands.most_a_day:
        return Verdict("turn_back", "most_a_day")
    return None


def _of_the_pass(held: PassFacts | None, demands: Demands) -> Verdict | None:
    if held is None:
        return Verdict("turn_back", "pass_missing")
    if not held.opens:
        return _refer("pass_invalid")
    if demands.outing and held.kind == "entry_exit" and held.outings >= demands.outing.people:
        return Verdict("turn_back", "pass_quota")
    return None


def passages(times: Sequence[datetime], same_passage: timedelta) -> list[datetime]:
    """The moments of passages among those of scans: scans close together are one."""
    found: list[datetime] = []
    last: datetime | None = None
    for at in sorted(times):
        if last is None or at - last > same_passage:
            found.append(at)
        last = at
    return found


def apart(one: str, other: str) -> bool:
    """Whether two places lie beside each other: neither is the other, nor inside it."""
    return not one.startswith(other) and not other.startswith(one)


# What comes from phones


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one row: "applied", "known" or "refused" with a code and a sentence."""

    id: UUID
    outcome: Literal["applied", "known", "refused"]
    code: str = ""
    message: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


class Unreadable(ValueError):  # noqa: N818 - says what the body is
    """What a phone sent is no scan and no visit: the field that cannot be right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    """One scan as a phone tells of it. `by` is who holds the phone, `at` the phone's time."""

    id: UUID
    by: Actor
    at: datetime
    site: UUID
    direction: str
    verdict: str
    shown: str = "word"
    shift: UUID | None = None
    person: PersonRef | None = None
    party: UUID | None = None
    plate: str = ""
    pass_text: str = ""
    temperature: float | None = None
    mask: bool | None = None
    rule: str = ""
    reason: str = ""

    @classmethod
    def from_json(cls, body: Mapping[str, Any], *, by: Actor, at: datetime) -> "ScanRow":
        """Raises `Unreadable`. An emergency is read whatever is wrong with the rest of it."""
        emergency = body.get("verdict") == "emergency"
        try:
            return cls(
                id=UUID(body["scan"]),
                by=by,
                at=at,
                site=UUID(body["site"]),
                direction=_word(body, "direction", ("in", "out")),
                verdict=_word(body, "verdict", ("pass", "refer", "turn_back", "emergency")),
                shown=_word(body, "shown", SHOWN),
                shift=_id(body, "shift"),
                person=PersonRef.from_json(body["person"]) if body.get("person") else None,
                party=_id(body, "party"),
                plate=_text(body, "plate", 20),
                pass_text=_text(body, "pass", 4096),
                temperature=_warmth(body.get("temperature")),
                mask=_truth(body.get("mask")),
                rule=_text(body, "rule", 30),
                reason=_text(body, "reason", 1000)[:200],
            )
        except NotAPersonRef as trouble:
            if emergency:
                return cls.from_json({**body, "person": None}, by=by, at=at)
            raise Unreadable("person") from trouble
        except (KeyError, TypeError, ValueError, AttributeError) as trouble:
            if emergency:
                return _emergency(body, by=by, at=at)
            raise Unreadable(str(trouble)) from trouble


def _emergency(body: Mapping[str, Any], *, by: Actor, at: datetime) -> ScanRow:
    """What can be read of an emergency; without an id and a place there is nothing to follow."""
    try:
        return ScanRow(
            id=UUID(body["scan"]),
            by=by,
            at=at,
            site=UUID(body["site"]),
            direction="in" if body.get("direction") == "in" else "out",
            verdict="emergency",
            reason=str(body.get("reason") or "")[:200],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as trouble:
        raise Unreadable(str(trouble)) from trouble


EVIDENCE = {"attended_scan": "attended", "rotating_code": "rotating", "poster": "poster"}
"""What a phone calls the evidence of a visit, and what cases call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """Somebody scanned into a venue. `code` is the venue's rotating code, as it was read."""

    id: UUID
    by: Actor
    at: datetime
    site: UUID
    person: PersonRef
    evidence: str
    code: str = ""

    @classmethod
    def from_json(cls, body: Mapping[str, Any], *, by: Actor, at: datetime) -> "VisitRow":
        """Raises `Unreadable`."""
        try:
            return cls(
                id=UUID(body["visit"]),
                by=by,
                at=at,
                site=UUID(body["site"]),
                person=PersonRef.from_json(body["person"]),
                evidence=_word(body, "evidence", tuple(EVIDENCE)),
                code=_text(body, "code", 4096),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as trouble:
            raise Unreadable(str(trouble)) from trouble


def _word(body: Mapping[str, Any], key: str, words: Sequence[str]) -> str:
    word = body[key]
    if word not in words:
        raise Unreadable(key)
    return str(word)


def _id(body: Mapping[str, Any], key: str) -> UUID | None:
    return UUID(body[key]) if body.get(key) else None


def _text(body: Mapping[str, Any], key: str, longest: int) -> str:
    value = body.get(key) or ""
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise Unreadable(key)
    return value.strip()


_COLDEST, _WARMEST = 30, 45


def _warmth(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not _COLDEST <= value <= _WARMEST:
        raise Unreadable("temperature")
    return float(value)


def _truth(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise Unreadable("mask")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The online second look: what the rules say with all that the server knows.

    reason   a sentence for the guard, in the reader's language
    """

    verdict: Word
    rule: str
    reason: str
    initials: str = ""


def masked_plate(plate: str) -> str:
    """Enough to tell two cars in a queue apart: 青A·12345 is 青A***45."""
    signs = plain_plate(plate)
    return f"{signs[:2]}***{signs[-2:]}" if len(signs) > 4 else "***"  # noqa: PLR2004


def plain_plate(plate: str) -> str:
    return "".join(sign for sign in plate.upper() if sign.isalnum())[:10]


def as_data(demands: Demands, objection: Mapping[str, str]) -> dict[str, Any]:
    """One entry's `rules` in the feed part `checkpoints`."""
    outing = demands.outing
    return {
        "codes": list(SHOWN),
        "pass": demands.needs_pass,
        "outing": outing
        and {
            "people": outing.people,
            "every_d": outing.every.days,
            "lasts_h": _in(outing.lasts, 3600),
        },
        "test_within_h": _in(demands.test_within, 3600),
        "temperature_max": demands.temperature_max,
        "mask": demands.mask,
        "interval_min": _in(demands.interval, 60),
        "most_a_day": demands.most_a_day,
        "reset_minutes": _in(demands.same_passage, 60),
        "stamp": demands.stamp,
        "objection": dict(objection),
    }


def _in(span: timedelta | None, seconds: int) -> float | None:
    return None if span is None else span.total_seconds() / seconds
