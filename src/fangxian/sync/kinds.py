"""Every kind of command a phone may send, and the verb it becomes.

A kind is either *single*, one verb, which is a savepoint by itself; or *of volume*: all commands
of that kind that are being taken in together become one call, with an answer for each row.
To add a kind, write how its body is read and name the verb; nothing else need be touched.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from inspect import unwrap
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fangxian.areas.queries import get_site
from fangxian.care import actions as care
from fangxian.dispatch import actions as dispatch
from fangxian.dispatch.queries import get_task
from fangxian.gates import actions as gates
from fangxian.gates.rules import ScanRow, Unreadable, VisitRow
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.people.queries import resolve
from fangxian.people.rules import PersonRef
from fangxian.quarantine import actions as quarantine
from fangxian.rosters import actions as rosters
from fangxian.sampling import actions as sampling
from fangxian.sampling.rules import SealRow, SwabRow, TubeRow
from fangxian.sync.errors import BadCommand
from fangxian.sync.rules import is_text

T = TypeVar("T")
Facts = Mapping[str, Any] | None
"""What the phone is told besides "applied": codes and numbers."""

_COLDEST, _WARMEST = -90, 60  # what boxes and people have, the deep freezer included
_MOST_SAID = 1000  # of a temperature, before a person is told what was probably meant


class Body:
    """What is inside a command, read field by field; what cannot be right is `BadCommand`.

    id, at   the command's own id, and when it was given, by our clock
    """

    __slots__ = ("at", "fields", "id")

    def __init__(self, fields: Mapping[str, Any], *, id_: UUID, at: datetime) -> None:
        self.fields, self.id, self.at = fields, id_, at

    @staticmethod
    def or_none(read: Callable[[str], T], name: str) -> T | None:
        """Where nothing may be refused: what cannot be read is not there."""
        try:
            return read(name)
        except BadCommand:
            return None

    def uuid(self, name: str) -> UUID:
        try:
            return UUID(self.fields[name])
        except (KeyError, ValueError, TypeError, AttributeError):
            raise BadCommand(name) from None

    def uuid_or_none(self, name: str) -> UUID | None:
        return None if self.fields.get(name) is None else self.uuid(name)

    def text(self, name: str, *, most: int = 200) -> str:
        value = self.fields.get(name, "")
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
        values = self.fields.get(name) or []
        if not isinstance(values, list) or len(values) > at_most:
            raise BadCommand(name)
        return [
            Body({name: value}, id_=self.id, at=self.at).text(name, most=40) for value in values
        ]

    def number(self, name: str, *, least: int = 0, most: int = 1_000_000) -> int:
        value = self.fields.get(name)
        if type(value) is not int or not least <= value <= most:
            raise BadCommand(name)
        return value

    def number_or_none(self, name: str, *, least: int = 0, most: int = 1_000_000) -> int | None:
        if self.fields.get(name) is None:
            return None
        return self.number(name, least=least, most=most)

    def measured(self, name: str) -> float | None:
        """A temperature (°C), or None where none was taken."""
        value = self.fields.get(name)
        if value is None:
            return None
        if type(value) not in {int, float} or not _COLDEST <= value <= _WARMEST:
            raise BadCommand(name)
        return float(value)

    def person(self, name: str) -> PersonRef:
        said = self.fields.get(name)
        try:
            if type(said) is dict and len(said) == 1 and "resident" in said:
                return PersonRef(resident=UUID(said["resident"]))
            return PersonRef.from_json(said)
        except (ValueError, TypeError, AttributeError):
            raise BadCommand(name) from None


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


def _in_a_set(verb: Callable[..., Sequence[Any]]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """A room's set-wise verb, without the savepoint of its own: the inbox makes one if need be."""
    bare = unwrap(verb)
    return lambda rows: bare(PLAYBOOK, rows)


# sampling


def _start_shift(actor: Actor, body: Body) -> Facts:
    sampling.start_shift(
        actor,
        shift_id=body.uuid("shift"),
        site_id=body.uuid("site"),
        table=body.number("table"),
        round_id=body.uuid_or_none("round"),
        at=body.at,
    )
    return None


def _end_shift(actor: Actor, body: Body) -> Facts:
    sampling.end_shift(
        actor,
        body.uuid("shift"),
        at=body.at,
        swabs=body.number("swabs"),
        tubes=body.number("tubes"),
    )
    return None


def _open_tube(actor: Actor, body: Body) -> TubeRow:
    site_id = body.uuid_or_none("site")
    return TubeRow(
        id=body.uuid("tube"),
        by=actor,
        at=body.at,
        barcode=body.text("barcode", most=20),
        site_id=site_id,
        table=body.number("table") if site_id is not None else None,
        area_path="" if site_id is not None else actor.within,
        round_id=body.uuid_or_none("round"),
        group=body.text("group", most=30),
        purpose=body.text("purpose", most=20) or "round",
    )


def _swab(actor: Actor, body: Body) -> SwabRow:
    return SwabRow(
        id=body.uuid("swab"),
        by=actor,
        tube_id=body.uuid("tube"),
        person=body.person("person"),
        taken_at=body.at,
    )


def _remove_swab(actor: Actor, body: Body) -> Facts:
    tube = sampling.remove_swab(actor, body.uuid("tube"), body.uuid("swab"))
    return {"swabs": tube.swabs}


def _seal_tube(actor: Actor, body: Body) -> SealRow:
    return SealRow(body.uuid("tube"), actor, body.at, body.number_or_none("swabs"))


def _void_tube(actor: Actor, body: Body) -> Facts:
    sampling.void_tube(actor, body.uuid("tube"), reason=body.text("reason"))
    return None


def _pack_box(actor: Actor, body: Body) -> Facts:
    sampling.pack_box(
        actor,
        box_id=body.uuid("box"),
        barcode=body.needed("barcode", most=20),
        site_id=body.uuid("site"),
        tubes=body.texts("tubes"),
        counted=body.number("counted"),
        at=body.at,
    )
    return None


def _hand_over_box(actor: Actor, body: Body) -> Facts:
    sampling.hand_over_box(
        actor,
        body.uuid("box"),
        to=body.needed("to", most=20),
        temperature=body.measured("temperature"),
        at=body.at,
        hand_over_id=body.id,
    )
    return None


def _receive_box(actor: Actor, body: Body) -> Facts:
    sampling.receive_box(
        actor,
        body.needed("box_barcode", most=20),
        tubes=body.texts("tubes"),
        broken=body.texts("broken"),
        temperature=body.measured("temperature"),
        at=body.at,
    )
    return None


def _note_untested(actor: Actor, body: Body) -> Facts:
    sampling.note_untested(
        actor,
        note_id=body.id,
        person=body.person("person"),
        round_id=body.uuid("round"),
        reason=body.needed("reason", most=20),
        note=body.text("note"),
        at=body.at,
    )
    return None


# gates


def _start_guard(actor: Actor, body: Body) -> Facts:
    gates.start_shift(actor, body.uuid("shift"), body.uuid("site"), at=body.at)
    return None


def _end_guard(actor: Actor, body: Body) -> Facts:
    gates.end_shift(
        actor,
        body.uuid("shift"),
        at=body.at,
        passed=body.number("passed"),
        referred=body.number("referred"),
        turned_back=body.number("turned_back"),
        emergencies=body.number("emergencies"),
    )
    return None


def _scan(actor: Actor, body: Body) -> ScanRow:
    try:
        return ScanRow.from_json(body.fields, by=actor, at=body.at)
    except Unreadable as field:
        raise BadCommand(str(field)) from None


def _emergency(actor: Actor, body: Body) -> ScanRow:
    """Whatever is missing or unreadable is left out: somebody was let through, and that counts."""
    return ScanRow(
        id=body.uuid("scan"),
        by=actor,
        at=body.at,
        site=body.uuid("site"),
        direction="in" if body.fields.get("direction") == "in" else "out",
        verdict="emergency",
        rule="emergency",
        shift=body.or_none(body.uuid, "shift"),
        person=body.or_none(body.person, "person"),
        plate=(body.or_none(body.text, "plate") or "")[:20],
        reason=(body.or_none(body.text, "reason") or "")[:200],
    )


def _visit(actor: Actor, body: Body) -> VisitRow:
    try:
        return VisitRow.from_json(body.fields, by=actor, at=body.at)
    except Unreadable as field:
        raise BadCommand(str(field)) from None


def _report_incident(actor: Actor, body: Body) -> Facts:
    gates.report_incident(
        actor,
        body.uuid("incident"),
        body.uuid("site"),
        kind=body.text("kind", most=30),
        text=body.text("text", most=1000),
        at=body.at,
    )
    return None


def _note_queue(actor: Actor, body: Body) -> Facts:
    """One word for phones, wherever people wait."""
    site, waiting = get_site(actor, body.uuid("site")), body.number("waiting")
    if site.kind == site.Kind.SAMPLING_POINT:
        sampling.note_queue(actor, note_id=body.id, site_id=site.id, waiting=waiting, at=body.at)
    else:
        gates.note_queue(actor, site.id, waiting=waiting, at=body.at)
    return None


# quarantine


def _who(body: Body) -> UUID:
    [who] = resolve(PLAYBOOK, [body.person("person")], at=[body.at])
    if who.resident_id is None:
        raise BadCommand("person")
    return who.resident_id


def _truth(body: Body, name: str) -> bool:
    value = body.fields.get(name)
    if type(value) is not bool:
        raise BadCommand(name)
    return value


def _record_reading(actor: Actor, body: Body) -> Facts:
    """A temperature that nobody has is refused by the room, with what was probably meant."""
    said = body.fields.get("temperature")
    if isinstance(said, bool) or not isinstance(said, int | float) or not abs(said) < _MOST_SAID:
        raise BadCommand("temperature")
    reading = quarantine.record_reading(
        actor,
        _who(body),
        temperature=Decimal(str(said)),
        symptoms=body.texts("symptoms", at_most=30),
        taken_at=body.at,
        way="phone" if body.text("way", most=6) == "phone" else "visit",
        reading_id=body.uuid("reading"),
    )
    return {"alarm": reading.alarm}


def _visit_door(actor: Actor, body: Body) -> Facts:
    purpose, found = body.needed("purpose", most=9), body.needed("found", most=9)
    if purpose not in {"notice", "seal", "check", "unseal"}:
        raise BadCommand("purpose")
    if found not in {"at_home", "no_answer", "in_care"}:
        raise BadCommand("found")
    quarantine.visit_door(
        actor,
        _who(body),
        purpose=purpose,
        found=found,
        door_opens=_truth(body, "door_opens"),
        names_nobody=_truth(body, "names_nobody"),
        visited_at=body.at,
        visit_id=body.uuid("visit"),
    )
    return None


# dispatch


def _take_task(actor: Actor, body: Body) -> Facts:
    dispatch.take_task(actor, body.uuid("task"))
    return None


def _finish_task(actor: Actor, body: Body) -> Facts:
    dispatch.finish_task(
        actor,
        body.uuid("task"),
        note=body.text("note", most=500),
        counted=body.number_or_none("counted"),
        scanned=body.text("scanned", most=40),
    )
    return None


def _refuse_task(actor: Actor, body: Body) -> Facts:
    dispatch.refuse_task(actor, body.uuid("task"), reason=body.text("reason", most=500))
    return None


# care


def _visit_done(actor: Actor, body: Body) -> Facts:
    """The visit by its own id, or by that of its task: a phone knows its list."""
    visit = body.uuid_or_none("visit") or get_task(actor, body.uuid("task")).about_id
    care.visit_done(
        actor,
        visit,
        how=body.needed("how", most=10),
        found=body.needed("found", most=10),
        note=body.text("note", most=500),
        at=body.at,
    )
    return None


def _request_transfer(actor: Actor, body: Body) -> Facts:
    """Nothing is needed and nothing refuses: what cannot be read is not there."""
    person = body.or_none(body.person, "person")
    who = resolve(PLAYBOOK, [person], at=[body.at])[0].resident_id if person else None
    asked = care.request_transfer(
        actor,
        who,
        area_path=body.or_none(body.text, "place") or actor.within,
        what=body.or_none(body.text, "what") or "",
        channel="phone",
        by_phone=body.or_none(body.text, "phone") or "",
        words=body.or_none(body.text, "words") or "",
        id=body.id,
    )
    return {"code": asked.code}


# rosters


def _check_in_at_post(actor: Actor, body: Body) -> Facts:
    """By the code that hangs there, or, as its supervisor, for the `member` named."""
    turn = rosters.check_in_at_post(
        actor, body.needed("code", most=20), member_id=body.uuid_or_none("member"), at=body.at
    )
    return {"turn": str(turn.id), "state": turn.state}


def _check_out_at_post(actor: Actor, body: Body) -> Facts:
    turn = rosters.check_out_at_post(
        actor, body.needed("code", most=20), member_id=body.uuid_or_none("member"), at=body.at
    )
    return {"turn": str(turn.id), "state": turn.state}


_DESK, _GATE, _TASKS = Duty.COLLECT_SAMPLES, Duty.GUARD, Duty.CARRY_OUT

KINDS: dict[str, Kind] = {
    "sampling.start_shift": Single(_DESK, _start_shift),
    "sampling.end_shift": Single(_DESK, _end_shift),
    "sampling.open_tube": Volume(_DESK, _open_tube, _in_a_set(sampling.open_tubes)),
    "sampling.add_swab": Volume(_DESK, _swab, _in_a_set(sampling.take_swabs)),
    "sampling.remove_swab": Single(_DESK, _remove_swab),
    "sampling.seal_tube": Volume(_DESK, _seal_tube, _in_a_set(sampling.seal_tubes)),
    "sampling.void_tube": Single(_DESK, _void_tube),
    "sampling.pack_box": Single(_DESK, _pack_box),
    "sampling.hand_over_box": Single(_DESK, _hand_over_box),
    "sampling.receive_box": Single(Duty.ENTER_RESULTS, _receive_box),
    "sampling.note_untested": Single(_DESK, _note_untested),
    "gates.start_shift": Single(_GATE, _start_guard),
    "gates.end_shift": Single(_GATE, _end_guard),
    "gates.record_scan": Volume(_GATE, _scan, _in_a_set(gates.record_scans)),
    "gates.emergency": Volume(_GATE, _emergency, _in_a_set(gates.record_scans), urgent=True),
    "gates.record_visit": Volume(_GATE, _visit, _in_a_set(gates.record_visits)),
    "gates.report_incident": Single(_GATE, _report_incident),
    "gates.note_queue": Single(_GATE, _note_queue),
    "quarantine.record_reading": Single(_TASKS, _record_reading),
    "quarantine.visit_door": Single(_TASKS, _visit_door),
    "care.visit_done": Single(_TASKS, _visit_done),
    "care.request_transfer": Single(_TASKS, _request_transfer, urgent=True),
    "rosters.check_in_at_post": Single(_TASKS, _check_in_at_post),
    "rosters.check_out_at_post": Single(_TASKS, _check_out_at_post),
    "dispatch.take_task": Single(_TASKS, _take_task),
    "dispatch.finish_task": Single(_TASKS, _finish_task),
    "dispatch.refuse_task": Single(_TASKS, _refuse_task),
}

URGENT = frozenset(name for name, kind in KINDS.items() if kind.urgent)
"""Always admitted, and taken in before everything else."""

LABELS = {
    "sampling.start_shift": _("Shift begun at a table"),
    "sampling.end_shift": _("Shift ended at a table"),
    "sampling.open_tube": _("Tube opened"),
    "sampling.add_swab": _("Swab taken"),
    "sampling.remove_swab": _("Swab taken out again"),
    "sampling.seal_tube": _("Tube sealed"),
    "sampling.void_tube": _("Tube made void"),
    "sampling.pack_box": _("Box packed"),
    "sampling.hand_over_box": _("Box handed over"),
    "sampling.receive_box": _("Box received"),
    "sampling.note_untested": _("Somebody not tested"),
    "gates.start_shift": _("Shift begun at a gate"),
    "gates.end_shift": _("Shift ended at a gate"),
    "gates.record_scan": _("Passage through a gate"),
    "gates.emergency": _("Let through in an emergency"),
    "gates.record_visit": _("Visit to a venue"),
    "gates.report_incident": _("Incident at a gate"),
    "gates.note_queue": _("People waiting"),
    "quarantine.record_reading": _("Reading of somebody under an order"),
    "quarantine.visit_door": _("Visit at a door"),
    "care.visit_done": _("Visit to somebody with a special need"),
    "care.request_transfer": _("Somebody is to be brought to care"),
    "rosters.check_in_at_post": _("Arrival at a post"),
    "rosters.check_out_at_post": _("Departure from a post"),
    "dispatch.take_task": _("Task taken on"),
    "dispatch.finish_task": _("Task done"),
    "dispatch.refuse_task": _("Task given back"),
}
"""What the office calls an entry of each kind."""
