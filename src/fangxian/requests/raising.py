"""Taking down what somebody needs: once, with what was said before, and never lost."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fangxian.care.actions import request_transfer
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.kernel.vault import blind_index
from fangxian.people.queries import homes_of
from fangxian.people.rules import normal_phone
from fangxian.requests import rules
from fangxian.requests.asking import pack_at
from fangxian.requests.errors import EmergencyStandsAlone, RequestIsNot, WordsMissing
from fangxian.requests.events import (
    RequestClosed,
    RequestParted,
    RequestRaised,
    RequestRepeated,
    RequestsPutTogether,
)
from fangxian.requests.models import Category, Channel, Concerned, Note, Request, Urgency
from fangxian.requests.queries import get_request, must_see_to

Because = Event | UUID | None
State, Close = Request.State, Request.CloseReason
IN_HAND = (State.RAISED, State.GROUPED, State.ACCEPTED, State.DISPATCHED)
_LONGEST = 1000
_TRANSFER_KINDS = {"life_threatening", "labour", "other_care"}


@transaction.atomic
def raise_request(
    actor: Actor,
    *,
    words: str,
    category: str,
    urgency: str,
    area_path: str,
    channel: str,
    resident_id: UUID | None = None,
    by: str = "",
    place: str = "",
    people: Sequence[UUID] = (),
    call_id: UUID | None = None,
    city_number: str = "",
    what: str = "",
    id: UUID | None = None,  # noqa: A002 - the word of the contract with phones and pages
    because: Because = None,
) -> Request:
    """Take down what somebody needs. Sending the same id again gives the same request.

    Anybody may ask for where they are, with or without a duty. The same person asking the same
    again gives their open request; the same words from many people are put together and answered
    once; an emergency becomes a transfer to care at once, wherever it is.

    by       the number to call back
    people   whom it concerns, besides `resident_id`
    what     of an emergency: life_threatening, labour or other_care
    """
    if id is not None and (known := Request.objects.filter(id=id).first()):
        return known
    category = category if category in Category.values else Category.OTHER
    emergency = category == Category.EMERGENCY
    if not actor.sees(area_path) and not emergency:
        raise NotFound(_("place"))
    words = words.strip()[:_LONGEST]
    if not words:
        if not emergency:
            raise WordsMissing
        words = str(Category.EMERGENCY.label)
    phone = normal_phone(by)
    if resident_id and not homes_of(PLAYBOOK, [resident_id]):
        resident_id = None  # who is not in the register is still helped
    request = Request(
        id=id or new_id(),
        channel=Channel(channel),
        category=category,
        urgency=Urgency.VERY_URGENT if emergency else Urgency(urgency),
        area_path=area_path,
        place=place.strip()[:120],
        words=words,
        digest=rules.digest_of(words),
        resident_id=resident_id,
        by=phone or None,
        by_index=blind_index("phone", phone) if phone else None,
        call_id=call_id,
        city_number=city_number.strip()[:40],
        raised_by=actor.id,
        raised_at=now(),
    )
    if emergency:
        return _send_for_care(actor, request, what, because)
    if again := _asked_again(actor, request, because):
        return again
    _set_clocks(request)
    request.repeat_of = _closed_before(request)
    if request.repeat_of:
        request.urgency = rules.more_urgent(request.urgency)
        _set_clocks(request)
    _join_others(request)
    return _written(actor, request, people, because)


def report_problem(
    actor: Actor, *, words: str, area_path: str, urgency: str = "ordinary", place: str = ""
) -> Request:
    """Whoever works here and sees that something is wrong says so, in one step."""
    return raise_request(
        actor,
        words=words,
        category=Category.PROBLEM,
        urgency=urgency,
        area_path=area_path,
        place=place,
        channel=Channel.COLLEAGUE,
    )


def _written(actor: Actor, request: Request, people: Sequence[UUID], because: Because) -> Request:
    request.number = _next_number("request")
    request.save(force_insert=True)
    concerned = dict.fromkeys([*([request.resident_id] if request.resident_id else []), *people])
    if concerned:
        Concerned.objects.bulk_create(
            [Concerned(request=request, resident_id=one) for one in concerned]
        )
    record(
        RequestRaised(
            subject_id=request.id,
            area_path=request.area_path,
            pack=request.pack,
            code=request.code,
            category=request.category,
            urgency=request.urgency,
            channel=request.channel,
            due_at=request.stage_due,
            head_id=request.head_id,
            repeat=request.repeat_of is not None,
        ),
        actor=actor,
        because=because,
    )
    return request


def _next_number(noun: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [f"requests_{noun}_number"])
        number: int = cursor.fetchone()[0]
    return number


def next_whistle_number() -> int:
    return _next_number("whistle")


def _set_clocks(request: Request) -> None:
    """Without a pack there is no clock, but there is a request."""
    pack = pack_at(request.area_path)
    numbers = pack.requests if pack else None
    if pack is None or numbers is None:
        return
    limits = getattr(numbers, request.urgency)
    request.pack = pack.stamp
    request.accept_due = request.stage_due = request.raised_at + limits.accept.length
    request.overall_due = request.raised_at + limits.overall.length


# An emergency


def _send_for_care(actor: Actor, request: Request, what: str, because: Because) -> Request:
    """The transfer is what is seen to; the request says where it came from."""
    transfer = request_transfer(
        actor,
        request.resident_id,
        area_path=request.area_path,
        what=what if what in _TRANSFER_KINDS else "life_threatening",
        channel=request.channel,
        by_phone=normal_phone_of(request),
        words=request.words,
        because=because,
    )
    request.area_path = transfer.area_path
    request.transfer_id = transfer.id
    request.state, request.close_reason = State.CLOSED, Close.TRANSFER
    request.closed_at = now()
    _written(actor, request, [], because)
    record(
        RequestClosed(
            subject_id=request.id,
            area_path=request.area_path,
            code=request.code,
            reason=request.close_reason,
        ),
        actor=actor,
        because=because,
    )
    return request


def normal_phone_of(request: Request) -> str:
    """The number to call back in full, for a verb that hands it to whoever is to call."""
    by = request.by
    if not by:
        return ""
    return by if isinstance(by, str) else by.reveal()


# What was said before


def _same_person(request: Request) -> Q | None:
    ways = Q()
    if request.resident_id:
        ways |= Q(resident_id=request.resident_id)
    if request.by_index:
        ways |= Q(by_index=request.by_index)
    return ways or None


def _asked_again(actor: Actor, request: Request, because: Because) -> Request | None:
    """The open request that this person made in nearly the same words."""
    person = _same_person(request)
    if person is None:
        return None
    open_ = (
        Request.objects.select_for_update(of=("self",))
        .filter(person, category=request.category, state__in=IN_HAND)
        .order_by("raised_at")
    )
    for known in open_:
        if rules.likeness(known.words, request.words) < rules.ALIKE:
            continue
        known.repeats += 1
        known.save(update_fields=["repeats"])
        if rules.plain(known.words) != rules.plain(request.words):
            Note.objects.create(request=known, by=actor.id, words=request.words)
        record(
            RequestRepeated(
                subject_id=known.id,
                area_path=known.area_path,
                pack=known.pack,
                code=known.code,
                times=known.repeats + 1,
            ),
            actor=actor,
            because=because,
        )
        return known
    return None


def _closed_before(request: Request) -> Request | None:
    person, pack = _same_person(request), pack_at(request.area_path)
    if person is None or pack is None or pack.requests is None:
        return None
    since = now() - pack.requests.repeat_within.length
    closed = Request.objects.filter(
        person, category=request.category, state=State.CLOSED, closed_at__gte=since
    ).exclude(close_reason=Close.WITHDRAWN)
    for known in closed.order_by("-closed_at"):
        if rules.likeness(known.words, request.words) >= rules.ALIKE:
            return known
    return None


def _join_others(request: Request) -> None:
    """Put it with others of the same words, where one answer serves all of them.

    If they have their answer already, this one has it at once.
    """
    scope = rules.scope_of(request.category, request.area_path)
    pack = pack_at(request.area_path)
    if not scope or pack is None or pack.requests is None:
        return
    with connection.cursor() as cursor:  # the first two of a thousand must not both be the first
        key = request.digest.hex() + scope
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [key])
    head = (
        Request.objects.filter(
            digest=request.digest,
            category=request.category,
            area_path__startswith=scope,
            raised_at__gte=now() - pack.requests.same_within.length,
            head=None,
            reopened=0,
        )
        .exclude(Q(state=State.CLOSED) & ~Q(close_reason=Close.CONFIRMED))
        .order_by("raised_at")
        .first()
    )
    if head is None:
        return
    request.head = head
    if head.state in (State.DONE, State.CLOSED):
        answer_like(request, head, confirm_within=pack.requests.call_back.length)
    else:
        request.state = State.GROUPED
        request.stage_due = None


def answer_like(request: Request, head: Request, *, confirm_within: timedelta | None) -> None:
    """What the first of them was answered, this one is answered."""
    at = now()
    request.state = State.DONE
    request.first_receiver = head.first_receiver
    request.accepted_at = request.accepted_at or at
    request.done_at, request.done_by, request.answer = at, head.done_by, head.answer
    request.told_at = at if request.channel == Channel.PAGE else None
    request.confirm_due = request.stage_due = at + confirm_within if confirm_within else None


# By hand


@transaction.atomic
def put_together(actor: Actor, request_id: UUID, *, others: Sequence[UUID]) -> Request:
    """A person finds that others ask the same: they are answered with this one, each told."""
    head = get_request(actor, request_id, for_change=True)
    must_see_to(actor, head.area_path)
    if head.head_id is not None or head.state not in (
        State.RAISED,
        State.ACCEPTED,
        State.DISPATCHED,
    ):
        raise RequestIsNot(head)
    joined = 0
    for one in others:
        other = get_request(actor, one, for_change=True)
        must_see_to(actor, other.area_path)
        if Category.EMERGENCY in (head.category, other.category):
            raise EmergencyStandsAlone
        if head.id in (other.id, other.head_id):
            continue
        if other.state not in (State.RAISED, State.ACCEPTED, State.GROUPED):
            raise RequestIsNot(other)
        other.others.update(head=head)
        other.head, other.state, other.stage_due = head, State.GROUPED, None
        other.save(update_fields=["head", "state", "stage_due"])
        joined += 1
    if joined:
        record(
            RequestsPutTogether(
                subject_id=head.id, area_path=head.area_path, code=head.code, number=joined
            ),
            actor=actor,
        )
    return head


@transaction.atomic
def part(actor: Actor, request_id: UUID) -> Request:
    """It is not the same after all: seen to by itself, its clock running since it was raised."""
    request = get_request(actor, request_id, for_change=True)
    must_see_to(actor, request.area_path)
    if request.state != State.GROUPED:
        raise RequestIsNot(request)
    request.head, request.state, request.stage_due = None, State.RAISED, request.accept_due
    request.save(update_fields=["head", "state", "stage_due"])
    record(
        RequestParted(subject_id=request.id, area_path=request.area_path, code=request.code),
        actor=actor,
    )
    return request
