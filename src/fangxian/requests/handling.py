"""From being accepted to being done: who has it, by when, and who answers for it to the end."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangxian.dispatch.kinds import TaskLevel
from fangxian.dispatch.rules import level_of
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ledger import record, record_many
from fangxian.requests import asking, rules
from fangxian.requests.errors import (
    AskerDecidesNot,
    ExtendedAlready,
    ExtensionWrong,
    HelpersStillAtWork,
    NotYourUnit,
    ReasonNeeded,
    RequestIsNot,
    RequestIsTaken,
    RequestIsWithOthers,
    TooLateToExtend,
    UnitIsDissolved,
    UnitMissing,
    WordsMissing,
)
from fangxian.requests.events import (
    ExtensionAsked,
    ExtensionDecided,
    PartDone,
    RequestAccepted,
    RequestAttended,
    RequestDispatched,
    RequestDone,
    RequesterContacted,
    RequestHandedBack,
    RequestOverdue,
    UrgencyChanged,
)
from fangxian.requests.models import Channel, Extension, Handling, Note, Request, Urgency
from fangxian.requests.queries import (
    get_request,
    must_see_to,
    of_unit,
    sees_to,
)
from fangxian.requests.raising import Because
from fangxian.workforce.queries import get_organisation

State, Role = Request.State, Handling.Role
_TO_BE_DONE = (State.RAISED, State.ACCEPTED, State.DISPATCHED)


def _at_work(request: Request) -> list[Handling]:
    """The units that have it now, the one that leads first."""
    rows = Handling.objects.filter(request=request, done_at=None, handed_back_at=None)
    return sorted(rows.select_related("unit"), key=lambda one: (one.role != "lead", one.asked_at))


def of_request(request: Request) -> dict[str, Any]:
    return {
        "subject_id": request.id,
        "area_path": request.area_path,
        "pack": request.pack,
        "code": request.code,
    }


def _in_hand(actor: Actor, request_id: UUID) -> Request:
    request = get_request(actor, request_id, for_change=True)
    if request.state == State.GROUPED:
        raise RequestIsWithOthers(request)
    if request.state not in _TO_BE_DONE:
        raise RequestIsNot(request)
    return request


@transaction.atomic
def accept_request(actor: Actor, request_id: UUID) -> Request:
    """Take it in hand, and answer for it until it is closed, whoever handles it."""
    request = _in_hand(actor, request_id)
    must_see_to(actor, request.area_path)
    if request.state != State.RAISED:
        if request.first_receiver == actor.id:
            return request
        raise RequestIsTaken(request)
    _accept(actor, request)
    request.save()
    return request


def _accept(actor: Actor, request: Request, because: Because = None) -> None:
    limits = asking.limits_at(request.area_path, request.urgency)
    request.state, request.accepted_at = State.ACCEPTED, now()
    request.first_receiver = request.first_receiver or actor.id
    request.dispatch_due = asking.later(limits.dispatch.length if limits else None)
    request.stage_due = request.dispatch_due
    record(
        RequestAccepted(**of_request(request), due_at=request.stage_due),
        actor=actor,
        because=because,
    )


@transaction.atomic
def dispatch_request(
    actor: Actor, request_id: UUID, *, lead: UUID | None, helpers: Sequence[UUID] = ()
) -> Request:
    """Give it to a unit that leads, and to others that help; also to another one than before.

    The clock of handling begins when it is first dispatched and does not begin anew when it goes
    to another unit, unless that one handed it back.
    """
    request = _in_hand(actor, request_id)
    must_see_to(actor, request.area_path)
    if lead is None:
        raise UnitMissing
    wanted = {lead: Role.LEAD, **{one: Role.HELPER for one in helpers if one != lead}}
    for unit_id in wanted:
        unit = get_organisation(actor, unit_id)
        if unit.dissolved_at is not None or (unit.ends_at and unit.ends_at <= now()):
            raise UnitIsDissolved(unit.name)
    if request.state == State.RAISED:
        _accept(actor, request)
    if request.state == State.ACCEPTED:
        limits = asking.limits_at(request.area_path, request.urgency)
        request.state, request.dispatched_at = State.DISPATCHED, now()
        request.handle_due = asking.later(limits.handle.length if limits else None)
        request.stage_due = request.handle_due
    request.save()
    _give_to(actor, request, wanted)
    record(
        RequestDispatched(
            **of_request(request),
            category=request.category,
            units=len(wanted),
            lead_id=lead,
            due_at=request.stage_due,
        ),
        actor=actor,
    )
    return request


def _give_to(actor: Actor, request: Request, wanted: dict[UUID, Handling.Role]) -> None:
    at_work = {one.unit_id: one for one in _at_work(request)}
    gone = [one for unit, one in at_work.items() if wanted.get(unit) != one.role]
    for one in gone:
        one.handed_back_at, one.reason = now(), _("given to another unit")
    Handling.objects.bulk_update(gone, ["handed_back_at", "reason"])
    stays = {one.unit_id for one in at_work.values() if one not in gone}
    Handling.objects.bulk_create(
        [
            Handling(
                request=request,
                unit_id=unit,
                role=role,
                asked_by=actor.id,
                asked_at=now(),
                due_at=request.stage_due,
            )
            for unit, role in wanted.items()
            if unit not in stays
        ]
    )


def _handling(actor: Actor, request: Request, unit_id: UUID) -> Handling:
    """The part of a unit, for somebody of that unit or whoever sees to requests."""
    found = next((one for one in _at_work(request) if one.unit_id == unit_id), None)
    if found is None:
        raise NotFound(_("unit"))
    if not (of_unit(actor, unit_id) or sees_to(actor, request.area_path)):
        raise NotYourUnit
    return found


def _must_handle(actor: Actor, request: Request) -> None:
    if sees_to(actor, request.area_path):
        return
    if not any(of_unit(actor, one.unit_id) for one in _at_work(request)):
        raise NotYourUnit


@transaction.atomic
def note_contact(actor: Actor, request_id: UUID, *, words: str = "") -> Request:
    """Whoever asked was spoken to by those who handle it: that is the response. Once."""
    request = _in_hand(actor, request_id)
    _must_handle(actor, request)
    if request.first_contact_at is None:
        request.first_contact_at = now()
        request.save(update_fields=["first_contact_at"])
        record(RequesterContacted(**of_request(request)), actor=actor)
    for one in _at_work(request):
        if one.contact_at is None and (one.role == Role.LEAD or of_unit(actor, one.unit_id)):
            one.contact_at = now()
            one.save(update_fields=["contact_at"])
    _note(actor, request, words)
    return request


@transaction.atomic
def note_arrival(actor: Actor, request_id: UUID) -> Request:
    request = _in_hand(actor, request_id)
    _must_handle(actor, request)
    if request.arrived_at is None:
        request.arrived_at = now()
        request.save(update_fields=["arrived_at"])
        record(RequestAttended(**of_request(request)), actor=actor)
    return request


@transaction.atomic
def add_note(actor: Actor, request_id: UUID, *, words: str) -> Request:
    request = get_request(actor, request_id, for_change=True)
    if not words.strip():
        raise WordsMissing
    _note(actor, request, words)
    return request


def _note(actor: Actor, request: Request, words: str) -> None:
    if words.strip():
        Note.objects.create(request=request, by=actor.id, at=now(), words=words.strip()[:1000])


@transaction.atomic
def hand_back(actor: Actor, request_id: UUID, unit_id: UUID, *, reason: str) -> Request:
    """A unit says that this is not for it. If it led, whoever received it first gives it anew."""
    request = _in_hand(actor, request_id)
    handling = _handling(actor, request, unit_id)
    if not reason.strip():
        raise ReasonNeeded
    handling.handed_back_at, handling.reason = now(), reason.strip()[:500]
    handling.save(update_fields=["handed_back_at", "reason"])
    if handling.role == Role.LEAD:
        limits = asking.limits_at(request.area_path, request.urgency)
        request.state = State.ACCEPTED
        request.dispatch_due = asking.later(limits.dispatch.length if limits else None)
        request.stage_due = request.dispatch_due
        request.save(update_fields=["state", "dispatch_due", "stage_due"])
    record(
        RequestHandedBack(**of_request(request), unit_id=unit_id, lead=handling.role == Role.LEAD),
        actor=actor,
    )
    return request


@transaction.atomic
def finish_part(actor: Actor, request_id: UUID, unit_id: UUID, *, note: str) -> Request:
    """A helping unit has done its part."""
    request = _in_hand(actor, request_id)
    handling = _handling(actor, request, unit_id)
    if handling.role != Role.HELPER:
        raise RequestIsNot(request)
    if not note.strip():
        raise WordsMissing
    handling.done_at, handling.done_by, handling.note = now(), actor.id, note.strip()[:1000]
    handling.save(update_fields=["done_at", "done_by", "note"])
    record(PartDone(**of_request(request), unit_id=unit_id), actor=actor)
    return request


@transaction.atomic
def finish_request(actor: Actor, request_id: UUID, *, answer: str) -> Request:
    """Say what was done, or answer it: then whoever asked confirms it, and everybody who asked the
    same is told. The unit that leads finishes when those that help have done their parts.
    """
    request = _in_hand(actor, request_id)
    answer = answer.strip()[:1000]
    if not answer:
        raise WordsMissing
    parts = _at_work(request)
    leads = [one for one in parts if one.role == Role.LEAD]
    if not sees_to(actor, request.area_path) and not any(
        of_unit(actor, one.unit_id) for one in leads
    ):
        raise NotYourUnit
    if late := [one for one in parts if one.role == Role.HELPER]:
        names = ", ".join(one.unit.name for one in late)
        raise HelpersStillAtWork(names, len(late))
    if request.state == State.RAISED:
        _accept(actor, request)
    for one in leads:
        one.done_at, one.done_by, one.note = now(), actor.id, answer
        one.contact_at = one.contact_at or now()
    Handling.objects.bulk_update(leads, ["done_at", "done_by", "note", "contact_at"])
    numbers = asking.numbers_at(request.area_path)
    request.state, request.done_at, request.done_by = State.DONE, now(), actor.id
    request.answer = answer
    request.told_at = now() if request.channel == Channel.PAGE else None
    request.call_back_tries = 0
    request.confirm_due = asking.later(numbers.call_back.length if numbers else None)
    request.stage_due = request.confirm_due
    request.save()
    people = 1 + _answer_others(request)
    record(
        RequestDone(
            **of_request(request),
            channel=request.channel,
            people=people,
            due_at=request.confirm_due,
        ),
        actor=actor,
    )
    return request


def _answer_others(head: Request) -> int:
    """Everybody who asked the same has the same answer; each confirms for themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE requests_request SET state = 'done', answer = %(answer)s, done_at = %(at)s,
                done_by = %(by)s, first_receiver = %(first)s, accepted_at = %(accepted)s,
                told_at = CASE WHEN channel = 'page' THEN %(at)s END,
                confirm_due = %(due)s, stage_due = %(due)s
            WHERE head_id = %(head)s AND state = 'grouped'
            """,
            {
                "answer": head.answer,
                "at": head.done_at,
                "by": head.done_by,
                "first": head.first_receiver,
                "accepted": head.accepted_at,
                "due": head.confirm_due,
                "head": head.id,
            },
        )
        number: int = cursor.rowcount
        return number


@transaction.atomic
def change_urgency(actor: Actor, request_id: UUID, *, urgency: str) -> Request:
    """More or less urgent than was thought: the clock of its stage is that of the new urgency."""
    request = _in_hand(actor, request_id)
    must_see_to(actor, request.area_path)
    if request.urgency == urgency:
        return request
    request.urgency = Urgency(urgency)
    limits = asking.limits_at(request.area_path, request.urgency)
    if limits is not None:
        began: dict[str, tuple[str, datetime | None, timedelta]] = {
            State.RAISED: ("accept_due", request.raised_at, limits.accept.length),
            State.ACCEPTED: ("dispatch_due", request.accepted_at, limits.dispatch.length),
            State.DISPATCHED: ("handle_due", request.dispatched_at, limits.handle.length),
        }
        name, start, span = began[request.state]
        request.stage_due = asking.later(span, than=start)
        setattr(request, name, request.stage_due)
        request.overall_due = request.raised_at + limits.overall.length
    request.save()
    record(UrgencyChanged(**of_request(request), urgency=request.urgency), actor=actor)
    return request


# More time


@transaction.atomic
def ask_extension(actor: Actor, request_id: UUID, *, until: datetime, reason: str) -> Extension:
    """Ask for more time for the present stage, before it is up; once a stage."""
    request = _in_hand(actor, request_id)
    _must_handle(actor, request)
    if not reason.strip():
        raise ReasonNeeded
    due = request.stage_due
    if due is None or due <= now():
        raise TooLateToExtend(request)
    numbers = asking.numbers_at(request.area_path)
    longest = numbers.longest_extension.length if numbers else timedelta()
    if not due < until <= due + longest:
        raise ExtensionWrong(longest.total_seconds() / 3600)
    if request.extensions.filter(stage=request.state).exists():
        raise ExtendedAlready
    extension = Extension.objects.create(
        request=request,
        stage=request.state,
        due_at=due,
        until=until,
        reason=reason.strip()[:500],
        asked_by=actor.id,
        asked_at=now(),
    )
    record(ExtensionAsked(**of_request(request), until=until), actor=actor)
    return extension


_DUE_OF = {
    State.RAISED: "accept_due",
    State.ACCEPTED: "dispatch_due",
    State.DISPATCHED: "handle_due",
}


@transaction.atomic
def decide_extension(actor: Actor, extension_id: UUID, *, granted: bool) -> Extension:
    """Grant or refuse; never by whoever asked. What was decided stands."""
    extension = Extension.objects.filter(id=extension_id).select_related("request").first()
    if extension is None:
        raise NotFound(_("extension"))
    request = get_request(actor, extension.request_id, for_change=True)
    must_see_to(actor, request.area_path)
    if extension.asked_by == actor.id:
        raise AskerDecidesNot
    if extension.decided_at is not None:
        return extension
    extension.granted, extension.decided_by, extension.decided_at = granted, actor.id, now()
    extension.save(update_fields=["granted", "decided_by", "decided_at"])
    if granted and request.state == extension.stage:
        setattr(request, _DUE_OF[State(request.state)], extension.until)
        request.stage_due = extension.until
        if request.overall_due is not None:
            request.overall_due = max(request.overall_due, extension.until)
        request.save()
        Handling.objects.filter(request=request, done_at=None, handed_back_at=None).update(
            due_at=extension.until
        )
    record(ExtensionDecided(**of_request(request), granted=granted), actor=actor)
    return extension


# What is late climbs


@transaction.atomic
def escalate_overdue(actor: Actor, *, at_most: int = 500) -> int:
    """Let the next level see what is late in its stage or in all; how many climbed.

    Each level has as long as the stage had; what waits to be confirmed stays with the hotline.
    """
    actor.must(Duty.DISPATCH)
    at = now()
    late = list(
        Request.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(
            area_path__startswith=actor.within,
            state__in=_TO_BE_DONE,
            stage_due__lte=at,
            level__lt=rules.HIGHEST,
        )
        .order_by("stage_due", "id")[:at_most]
    )
    risen = [request for request in late if _is_to_climb(request, at)]
    for request in risen:
        own = level_of(request.area_path)
        request.level = min(rules.HIGHEST, max(own, request.level) + 1)
        request.escalated_at = at
    Request.objects.bulk_update(risen, ["level", "escalated_at"])
    record_many(
        [
            RequestOverdue(
                **of_request(request),
                state=request.state,
                level=request.level,
                seen_by=TaskLevel.at(request.level),
            )
            for request in risen
        ],
        actor=actor,
    )
    return len(risen)


def _is_to_climb(request: Request, at: datetime) -> bool:
    if request.escalated_at is None or request.stage_due is None:
        return True
    began = {
        State.RAISED: request.raised_at,
        State.ACCEPTED: request.accepted_at,
        State.DISPATCHED: request.dispatched_at,
    }[State(request.state)]
    span = request.stage_due - (began or request.raised_at)
    return max(request.escalated_at, request.stage_due) + span <= at or (
        request.escalated_at < request.stage_due
    )


def parts_of(requests: Iterable[Request]) -> dict[UUID, list[Handling]]:
    """Who handles each, those at work first; for lists, in one statement."""
    rows = Handling.objects.filter(request__in=[one.id for one in requests])
    found: dict[UUID, list[Handling]] = {}
    for one in rows.select_related("unit").order_by("asked_at", "id"):
        found.setdefault(one.request_id, []).append(one)
    return found
