"""The whistle: a community calls, units answer and come, the community scores them.

What is not answered climbs, level by level. Only who called ends it, when it is done.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fangxian.dispatch.kinds import TaskLevel
from fangxian.dispatch.rules import level_of
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.requests import asking, rules
from fangxian.requests.errors import (
    ArrivalIsSeenByOthers,
    NobodyIsCalled,
    NotYourUnit,
    ReasonNeeded,
    ScoreWrong,
    UnitIsDissolved,
    WhistleIsOver,
    WhoCameIsScored,
    WordsMissing,
)
from fangxian.requests.events import (
    UnitAnswered,
    UnitArrived,
    UnitCalled,
    UnitScored,
    WhistleBlown,
    WhistleClimbed,
    WhistleEnded,
)
from fangxian.requests.models import Category, Response, Whistle
from fangxian.requests.queries import get_whistle, of_unit, sees_to
from fangxian.requests.raising import next_whistle_number
from fangxian.workforce.queries import get_organisation

State, Says = Whistle.State, Response.Says
CALLERS = frozenset({Duty.CARRY_OUT, Duty.DISPATCH, Duty.ANSWER_CALLS})
_BEST = 5


def _of_whistle(whistle: Whistle) -> dict[str, Any]:
    return {
        "subject_id": whistle.id,
        "area_path": whistle.area_path,
        "pack": whistle.pack,
        "code": whistle.code,
    }


def _of_response(whistle: Whistle, one: Response) -> dict[str, Any]:
    return {
        **_of_whistle(whistle),
        "subject_id": one.id,
        "whistle_id": whistle.id,
        "unit_id": one.unit_id,
    }


def _must_be_of_the_caller(actor: Actor, area_path: str) -> None:
    if not any(actor.may(duty, at=area_path) for duty in CALLERS):
        raise NotYours(str(Duty.CARRY_OUT.label))


@transaction.atomic
def blow_whistle(
    actor: Actor,
    *,
    area_path: str,
    words: str,
    units: Sequence[UUID],
    wants: str = Whistle.For.DEPARTMENT,
    people: int = 0,
    skills: Sequence[str] = (),
    category: str = Category.PROBLEM,
    place: str = "",
    caller_id: UUID | None = None,
    request_id: UUID | None = None,
    id: UUID | None = None,  # noqa: A002 - the name by which phones know a command
) -> Whistle:
    """Call units for people, or a department. The same id again is the same whistle."""
    if id is not None and (known := Whistle.objects.filter(id=id).first()):
        return known
    if not actor.sees(area_path):
        raise NotFound(_("place"))
    _must_be_of_the_caller(actor, area_path)
    if not words.strip():
        raise WordsMissing
    wants = Whistle.For(wants)
    if not units or (wants == Whistle.For.PEOPLE and people < 1):
        raise NobodyIsCalled
    pack = asking.pack_at(area_path)
    numbers = pack.requests if pack else None
    whistle = Whistle.objects.create(
        id=id or new_id(),
        number=next_whistle_number(),
        area_path=area_path,
        caller_id=caller_id,
        wants=wants,
        category=Category(category),
        people=people if wants == Whistle.For.PEOPLE else 0,
        skills=list(skills),
        place=place.strip()[:120],
        words=words.strip()[:500],
        pack=pack.stamp if pack and numbers else "",
        request_id=request_id,
        blown_by=actor.id,
        blown_at=now(),
        answer_due=asking.later(numbers.whistle_answer.length if numbers else None),
        arrive_due=asking.later(numbers.whistle_arrival.length if numbers else None),
    )
    event = record(
        WhistleBlown(
            **_of_whistle(whistle),
            wants=whistle.wants,
            people=whistle.people,
            units=len(set(units)),
            due_at=whistle.arrive_due,
        ),
        actor=actor,
    )
    _call(actor, whistle, units, because=event.id)
    return whistle


@transaction.atomic
def call_more_units(actor: Actor, whistle_id: UUID, *, units: Sequence[UUID]) -> Whistle:
    """Call others, too: by the community, or by whoever the whistle has climbed to."""
    whistle = _open(actor, whistle_id)
    if not sees_to(actor, whistle.area_path):
        _must_be_of_the_caller(actor, whistle.area_path)
    if not units:
        raise NobodyIsCalled
    _call(actor, whistle, units, because=None)
    return whistle


def _call(actor: Actor, whistle: Whistle, units: Sequence[UUID], *, because: UUID | None) -> None:
    known = set(Response.objects.filter(whistle=whistle).values_list("unit_id", flat=True))
    numbers = asking.numbers_at(whistle.area_path)
    called = []
    for unit_id in dict.fromkeys(units):
        unit = get_organisation(actor, unit_id)
        if unit.dissolved_at is not None or (unit.ends_at and unit.ends_at <= now()):
            raise UnitIsDissolved(unit.name)
        if unit_id not in known:
            called.append(
                Response(
                    whistle=whistle,
                    unit_id=unit_id,
                    called_at=now(),
                    due_at=asking.later(numbers.whistle_arrival.length if numbers else None),
                )
            )
    Response.objects.bulk_create(called)
    record_many(
        [
            UnitCalled(**_of_response(whistle, one), people=whistle.people, due_at=one.due_at)
            for one in called
        ],
        actor=actor,
        because=because,
    )


def _open(actor: Actor, whistle_id: UUID) -> Whistle:
    whistle = get_whistle(actor, whistle_id, for_change=True)
    if whistle.ended_at is not None:
        raise WhistleIsOver(whistle)
    return whistle


def _response(whistle: Whistle, unit_id: UUID) -> Response:
    rows = Response.objects.select_for_update(of=("self",)).select_related("unit")
    found = rows.filter(whistle=whistle, unit_id=unit_id).first()
    if found is None:
        raise NotFound(_("unit"))
    return found


@transaction.atomic
def answer_whistle(
    actor: Actor,
    whistle_id: UUID,
    unit_id: UUID,
    *,
    coming: bool,
    people: int = 0,
    reason: str = "",
) -> Response:
    """A unit says that it comes, with how many, or why it cannot."""
    whistle = _open(actor, whistle_id)
    one = _response(whistle, unit_id)
    if not (of_unit(actor, unit_id) or sees_to(actor, whistle.area_path)):
        raise NotYourUnit
    if not coming and not reason.strip():
        raise ReasonNeeded
    says = Says.COMING if coming else Says.CANNOT
    if one.says == says:
        return one
    one.says, one.reason = says, "" if coming else reason.strip()[:300]
    one.people = max(people, 1) if coming else 0
    one.answered_at, one.answered_by = now(), actor.id
    one.save(update_fields=["says", "reason", "people", "answered_at", "answered_by"])
    record(
        UnitAnswered(**_of_response(whistle, one), says=one.says, people=one.people), actor=actor
    )
    return one


@transaction.atomic
def note_unit_there(actor: Actor, whistle_id: UUID, unit_id: UUID) -> Response:
    """The community sees a unit arrive; the unit itself does not note it. The time counts."""
    whistle = _open(actor, whistle_id)
    _must_be_of_the_caller(actor, whistle.area_path)
    one = _response(whistle, unit_id)
    if of_unit(actor, unit_id) or one.answered_by == actor.id:
        raise ArrivalIsSeenByOthers
    if one.arrived_at is not None:
        return one
    one.says = Says.COMING
    one.people = one.people or 1
    one.arrived_at, one.arrival_seen_by = now(), actor.id
    one.save(update_fields=["says", "people", "arrived_at", "arrival_seen_by"])
    if whistle.state == State.BLOWN:
        whistle.state, whistle.arrived_at = State.ARRIVED, now()
        whistle.save(update_fields=["state", "arrived_at"])
    record(
        UnitArrived(
            **_of_response(whistle, one),
            minutes=int((one.arrived_at - one.called_at).total_seconds() // 60),
            in_time=one.due_at is None or one.arrived_at <= one.due_at,
        ),
        actor=actor,
    )
    return one


@transaction.atomic
def end_whistle(
    actor: Actor, whistle_id: UUID, *, scores: Mapping[UUID, tuple[int, str]]
) -> Whistle:
    """It is done, says the community, and scores every unit that came.

    scores   by unit: 1 to 5, and words
    """
    whistle = _open(actor, whistle_id)
    _must_be_of_the_caller(actor, whistle.area_path)
    came = list(
        Response.objects.select_for_update(of=("self",))
        .filter(whistle=whistle, arrived_at__isnull=False)
        .select_related("unit")
    )
    if missing := [one.unit.name for one in came if one.unit_id not in scores]:
        raise WhoCameIsScored(", ".join(missing))
    if any(of_unit(actor, one.unit_id) for one in came):
        raise ArrivalIsSeenByOthers
    for one in came:
        value, words = scores[one.unit_id]
        if not 1 <= value <= _BEST:
            raise ScoreWrong
        one.score, one.score_words = value, words.strip()[:300]
        one.save(update_fields=["score", "score_words"])
        record(UnitScored(**_of_response(whistle, one), score=value), actor=actor)
    return _end(actor, whistle, State.DONE if came else State.WITHDRAWN)


@transaction.atomic
def withdraw_whistle(actor: Actor, whistle_id: UUID) -> Whistle:
    """Help is no longer needed. Where somebody has come already, they are scored instead."""
    whistle = _open(actor, whistle_id)
    _must_be_of_the_caller(actor, whistle.area_path)
    came = Response.objects.filter(whistle=whistle, arrived_at__isnull=False)
    if names := [one.unit.name for one in came.select_related("unit")]:
        raise WhoCameIsScored(", ".join(names))
    return _end(actor, whistle, State.WITHDRAWN)


def _end(actor: Actor, whistle: Whistle, state: Whistle.State) -> Whistle:
    whistle.state, whistle.ended_at = state, now()
    whistle.save(update_fields=["state", "ended_at"])
    record(WhistleEnded(**_of_whistle(whistle), state=whistle.state), actor=actor)
    return whistle


@transaction.atomic
def climb_unanswered(actor: Actor, *, at_most: int = 200) -> int:
    """Let the next level see each whistle for which nobody said to come in time, nobody came in
    time, or everybody said no; how many climbed. Each level has as long as the first had.
    """
    actor.must(Duty.DISPATCH)
    at = now()
    whistles = list(
        Whistle.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=State.BLOWN, level__lt=rules.HIGHEST, area_path__startswith=actor.within)
        .order_by("blown_at")[:at_most]
    )
    answers: dict[UUID, list[Response]] = {}
    for one in Response.objects.filter(whistle__in=[whistle.id for whistle in whistles]):
        answers.setdefault(one.whistle_id, []).append(one)
    risen = []
    for whistle in whistles:
        said = answers.get(whistle.id, [])
        coming = any(one.says == Says.COMING for one in said)
        none_will = bool(said) and all(one.says == Says.CANNOT for one in said)
        due = whistle.arrive_due if coming else whistle.answer_due
        if whistle.climbed_at is not None and due is not None:
            due = max(due, whistle.climbed_at + (due - whistle.blown_at))
        refused_anew = none_will and (
            whistle.climbed_at is None
            or any(one.answered_at and one.answered_at > whistle.climbed_at for one in said)
        )
        if refused_anew or (due is not None and due <= at):
            whistle.level = min(rules.HIGHEST, max(level_of(whistle.area_path), whistle.level) + 1)
            whistle.climbed_at = at
            risen.append(whistle)
    Whistle.objects.bulk_update(risen, ["level", "climbed_at"])
    record_many(
        [
            WhistleClimbed(
                **_of_whistle(whistle),
                level=whistle.level,
                seen_by=TaskLevel.at(whistle.level),
            )
            for whistle in risen
        ],
        actor=actor,
    )
    return len(risen)
