"""The hotline: lines, calls, and what came of each. Every call ends as an answer, a declaration or
a request; one that breaks off is called back.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.kernel.vault import Secret, blind_index
from fangxian.people.queries import by_phone, get_resident
from fangxian.people.rules import normal_phone
from fangxian.requests import asking
from fangxian.requests.errors import (
    CallerNotWarned,
    CallIsAnEmergency,
    CallIsOver,
    CallIsTaken,
    LineIsTaken,
    NobodyCalls,
    NoLineFree,
    NoSuchLine,
    OnAnotherCall,
    PhoneWrong,
    WordsMissing,
)
from fangxian.requests.events import (
    CallCame,
    CallEnded,
    CallerWarned,
    CallLineDied,
    CallTaken,
    ExchangeConnected,
    ExchangeDisconnected,
    LinesOpened,
)
from fangxian.requests.models import (
    Answer,
    Call,
    Category,
    Channel,
    Exchange,
    Line,
    Request,
    Urgency,
)
from fangxian.requests.queries import calls_visible_to, get_call, lines_visible_to
from fangxian.requests.raising import raise_request
from fangxian.screening.declaring import Link, declare
from fangxian.screening.queries import get_campaign
from fangxian.screening.rules import Stay

State, Intent, Ending = Call.State, Call.Intent, Call.Ending
_DIGITS_OF_A_NUMBER = range(3, 16)


# Lines


@transaction.atomic
def open_lines(actor: Actor, numbers: Sequence[str], *, area_path: str) -> int:
    """Have lines that operators can sit at; those that are there already stay. How many are new."""
    actor.must(Duty.DISPATCH, at=area_path)
    before = Line.objects.count()
    wanted = [Line(number=one.strip()[:20], area_path=area_path) for one in numbers if one.strip()]
    Line.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=500)
    made = Line.objects.count() - before
    if made:
        record(LinesOpened(subject_id=wanted[0].id, area_path=area_path, number=made), actor=actor)
    return made


@transaction.atomic
def sit_down(actor: Actor, *, line_id: UUID | None = None) -> Line:
    """Take a seat: the line named, or the first that is free. Again changes nothing."""
    actor.must(Duty.ANSWER_CALLS)
    own = Line.objects.select_for_update().filter(operator_id=actor.id).first()
    if own is not None and line_id in (None, own.id):
        return own
    lines = lines_visible_to(actor).filter(area_path__startswith=actor.within)
    if line_id is not None:
        line = lines.select_for_update().filter(id=line_id).first()
        if line is None:
            raise NotFound(_("line"))
        if line.operator_id is not None:
            raise LineIsTaken(line.number)
    else:
        free = lines.filter(operator=None).order_by("number")
        line = free.select_for_update(skip_locked=True).first()
        if line is None:
            raise NoLineFree
    if own is not None:
        own.operator, own.since = None, None
        own.save(update_fields=["operator", "since"])
    line.operator_id, line.since = actor.id, now()
    line.save(update_fields=["operator", "since"])
    return line


@transaction.atomic
def stand_up(actor: Actor) -> None:
    """Leave the seat. A call that is under way is ended first, so that nobody hangs in the air."""
    if Call.objects.filter(taken_by_id=actor.id, state=State.TAKEN).exists():
        raise OnAnotherCall
    Line.objects.filter(operator_id=actor.id).update(operator=None, since=None)


# The telephone system


@transaction.atomic
def connect_exchange(actor: Actor, *, name: str, area_path: str) -> tuple[Exchange, str]:
    """Let a telephone system report calls. The key is shown this once."""
    actor.must(Duty.MANAGE_ACCOUNTS, at=area_path)
    if not name.strip():
        raise WordsMissing
    secret = secrets.token_urlsafe(32)
    exchange = Exchange.objects.create(
        name=name.strip()[:80],
        area_path=area_path,
        secret_hash=hashlib.sha256(secret.encode()).digest(),
        set_by=actor.id,
    )
    record(ExchangeConnected(subject_id=exchange.id, area_path=area_path), actor=actor)
    return exchange, secret


@transaction.atomic
def disconnect_exchange(actor: Actor, exchange_id: UUID) -> None:
    """From now on nothing that comes with its key is taken. Again changes nothing."""
    exchange = (
        Exchange.objects.select_for_update()
        .filter(id=exchange_id, area_path__startswith=actor.within)
        .first()
    )
    if exchange is None:
        raise NotFound(_("telephone system"))
    actor.must(Duty.MANAGE_ACCOUNTS, at=exchange.area_path)
    if exchange.withdrawn_at is None:
        exchange.withdrawn_at = now()
        exchange.save(update_fields=["withdrawn_at"])
        record(
            ExchangeDisconnected(subject_id=exchange.id, area_path=exchange.area_path), actor=actor
        )


def exchange_of(secret: str) -> Actor | None:
    """The system that a key belongs to, as an actor: it reports calls and nothing else."""
    said = hashlib.sha256(secret.encode()).digest()
    found = Exchange.objects.filter(secret_hash=said, withdrawn_at=None).first()
    if found is None:
        return None
    duties = frozenset({Duty.ANSWER_CALLS})
    return Actor(id=found.id, within=found.area_path, duties=duties, name=found.name)


# A call comes


@transaction.atomic
def take_in_call(
    actor: Actor,
    *,
    phone: str = "",
    line: str = "",
    emergency: bool = False,
    id: UUID | None = None,  # noqa: A002 - the word of the telephone system
) -> Call:
    """Somebody rings. The same id again is the same call.

    Whoever was cut off and calls again keeps their place. A number whose calls were abusive waits
    behind the others, unless the caller says that it is an emergency: that stands before everybody.

    phone   "" if the number is withheld
    line    on which it rings, if the telephone system says
    """
    actor.must(Duty.ANSWER_CALLS)
    if id is not None and (known := Call.objects.filter(id=id).first()):
        return known
    number = normal_phone(phone)
    if number and not (number.isdigit() and len(number) in _DIGITS_OF_A_NUMBER):
        raise PhoneWrong
    at_line = None
    if line.strip():
        at_line = lines_visible_to(actor).filter(number=line.strip()).first()
        if at_line is None:
            raise NoSuchLine(line.strip())
    index = blind_index("phone", number) if number else None
    if index and (waiting := _rings_again(actor, index, emergency=emergency)):
        return waiting
    path = at_line.area_path if at_line else actor.within
    found = list(by_phone(PLAYBOOK, number)[:2]) if number else []
    call = Call.objects.create(
        id=id or new_id(),
        area_path=path,
        line=at_line,
        phone=number or None,
        phone_index=index,
        resident=found[0] if len(found) == 1 else None,
        came_at=now(),
        emergency=emergency,
        behind=not emergency and _was_abusive(index, path),
    )
    record(
        CallCame(subject_id=call.id, area_path=path, behind=call.behind, emergency=call.emergency),
        actor=actor,
    )
    return call


def _rings_again(actor: Actor, index: bytes, *, emergency: bool) -> Call | None:
    """The call of the same number that broke off and waits to be called back."""
    call = (
        calls_visible_to(actor)
        .select_for_update(of=("self",))
        .filter(phone_index=index, state=State.WAITING, hung_up_at__isnull=False)
        .order_by("came_at")
        .first()
    )
    if call is None:
        return None
    call.hung_up_at = call.try_after = None
    call.emergency = call.emergency or emergency
    call.behind = call.behind and not call.emergency
    call.save(update_fields=["hung_up_at", "try_after", "emergency", "behind"])
    return call


def _was_abusive(index: bytes | None, area_path: str) -> bool:
    numbers = asking.numbers_at(area_path)
    if index is None or numbers is None:
        return False
    since = now() - numbers.abusive_within.length
    bad = Call.objects.filter(phone_index=index, abusive=True, came_at__gte=since).count()
    return bad >= numbers.abusive_calls.whole


@transaction.atomic
def hang_up(actor: Actor, call_id: UUID) -> Call:
    """The caller is gone. Whoever still waited is called back; nothing is lost by hanging up.

    Where the number is withheld nobody can be called back, and the call ends as not reached.
    """
    call = get_call(actor, call_id, for_change=True)
    if call.state == State.ENDED or call.hung_up_at is not None:
        return call
    call.hung_up_at = now()
    if call.state == State.WAITING and call.phone is None:
        return _end(PLAYBOOK, call, Ending.NOT_REACHED)
    call.save(update_fields=["hung_up_at"])
    return call


# An operator answers


@transaction.atomic
def take_next_call(actor: Actor) -> Call:
    """Answer whoever is next: emergencies, then who waits on the line, then who is called back,
    then numbers whose calls were abusive; within each who called first. No two operators get one.
    """
    actor.must(Duty.ANSWER_CALLS)
    if own := _own_call(actor):
        return own
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM requests_call
            WHERE state = 'waiting' AND area_path LIKE %s
                AND (try_after IS NULL OR try_after <= %s)
            ORDER BY emergency DESC, behind, hung_up_at IS NOT NULL, came_at, id
            LIMIT 1 FOR UPDATE SKIP LOCKED
            """,
            [actor.within + "%", now()],
        )
        found = cursor.fetchone()
    if found is None:
        raise NobodyCalls
    return _take(actor, Call.objects.get(id=found[0]))


@transaction.atomic
def take_call(actor: Actor, call_id: UUID) -> Call:
    """Answer this call. Refused, politely, if a colleague was quicker."""
    actor.must(Duty.ANSWER_CALLS)
    call = get_call(actor, call_id, for_change=True)
    if call.state == State.TAKEN and call.taken_by_id == actor.id:
        return call
    if call.state == State.TAKEN:
        raise CallIsTaken(call)
    if call.state == State.ENDED:
        raise CallIsOver(call)
    if _own_call(actor):
        raise OnAnotherCall
    return _take(actor, call)


@transaction.atomic
def start_call(actor: Actor, *, phone: str = "") -> Call:
    """A call that came without a telephone system: the operator types the number and answers."""
    actor.must(Duty.ANSWER_CALLS)
    if own := _own_call(actor):
        if not phone.strip():
            return own
        raise OnAnotherCall
    call = take_in_call(actor, phone=phone)
    if call.state != State.WAITING:
        raise CallIsTaken(call)
    return _take(actor, call)


def _own_call(actor: Actor) -> Call | None:
    return Call.objects.filter(taken_by_id=actor.id, state=State.TAKEN).first()


def _take(actor: Actor, call: Call) -> Call:
    line = Line.objects.filter(operator_id=actor.id).first()
    call.state, call.taken_by_id, call.taken_at = State.TAKEN, actor.id, now()
    call.line = line or call.line
    try:
        with transaction.atomic():
            call.save(update_fields=["state", "taken_by", "taken_at", "line"])
    except IntegrityError as error:  # this operator's other window was quicker
        raise OnAnotherCall from error
    record(CallTaken(subject_id=call.id, area_path=call.area_path), actor=actor)
    return call


def _under_way(actor: Actor, call_id: UUID) -> Call:
    """The operator's own call."""
    actor.must(Duty.ANSWER_CALLS)
    call = get_call(actor, call_id, for_change=True)
    if call.state == State.ENDED:
        raise CallIsOver(call)
    if call.state != State.TAKEN or call.taken_by_id != actor.id:
        raise CallIsTaken(call)
    return call


@transaction.atomic
def recognise_caller(actor: Actor, call_id: UUID, *, resident_id: UUID | None) -> Call:
    """Say who calls: one of those who have this number, or nobody of the register."""
    call = _under_way(actor, call_id)
    if resident_id is not None:
        get_resident(PLAYBOOK, resident_id)
    call.resident_id = resident_id
    call.save(update_fields=["resident"])
    return call


@transaction.atomic
def mark_emergency(actor: Actor, call_id: UUID) -> Call:
    """It is said to be an emergency: from now on only help ends this call."""
    call = _under_way(actor, call_id)
    if not call.emergency:
        call.emergency, call.behind = True, False
        call.save(update_fields=["emergency", "behind"])
    return call


# What came of it


@transaction.atomic
def answer_call(
    actor: Actor, call_id: UUID, *, answer_id: UUID | None = None, words: str = ""
) -> Call:
    """The caller was answered, from the library or in own words, and needs nothing else."""
    call = _under_way(actor, call_id)
    if call.emergency:
        raise CallIsAnEmergency
    if answer_id is None and not words.strip():
        raise WordsMissing
    if answer_id is not None:
        found = Answer.objects.filter(id=answer_id, withdrawn_at=None).update(used=F("used") + 1)
        if not found:
            raise NotFound(_("answer"))
        call.answer_id = answer_id
    call.words = words.strip()[:1000]
    return _end(actor, call, Ending.ANSWER, intent=Intent.ASK)


@transaction.atomic
def declare_in_call(
    actor: Actor,
    call_id: UUID,
    *,
    campaign_id: UUID,
    name: str,
    identity: str = "",
    phone: str = "",
    home: str = "",
    was_there: bool,
    stays: Sequence[Stay] = (),
) -> Call:
    """Take down where the caller, or somebody they speak for, was: the screening campaign's own
    declaration, with its receipt.
    """
    call = _under_way(actor, call_id)
    if call.emergency:
        raise CallIsAnEmergency
    campaign = get_campaign(PLAYBOOK, campaign_id)
    if not phone.strip() and not identity.strip() and call.phone:
        phone = plain_phone(call)
    receipt = declare(
        PLAYBOOK,
        Link(campaign=campaign, door=None),
        name=name,
        identity=identity,
        phone=phone,
        home=home,
        was_there=was_there,
        stays=stays,
    )
    call.declaration = receipt
    return _end(actor, call, Ending.DECLARATION, intent=Intent.DECLARE)


@transaction.atomic
def request_in_call(
    actor: Actor,
    call_id: UUID,
    *,
    words: str,
    category: str,
    urgency: str = Urgency.ORDINARY,
    area_path: str = "",
    place: str = "",
    people: Sequence[UUID] = (),
    what: str = "",
    intent: str = Intent.HELP,
    request_id: UUID | None = None,
) -> Request:
    """The caller needs something: a request, or a transfer to care if it is an emergency.

    area_path   where; "" is the home of whoever was recognised, else the hotline's area
    """
    call = _under_way(actor, call_id)
    if call.emergency:
        category = Category.EMERGENCY
    request = raise_request(
        actor,
        words=words,
        category=category,
        urgency=urgency,
        area_path=area_path or _home_of(call) or call.area_path,
        channel=Channel.HOTLINE,
        resident_id=call.resident_id,
        by=plain_phone(call),
        place=place,
        people=people,
        call_id=call.id,
        what=what,
        id=request_id,
    )
    if category == Category.EMERGENCY:
        call.emergency = True
    _end(actor, call, Ending.REQUEST, intent=Intent(intent), request_id=request.id)
    return request


def _home_of(call: Call) -> str:
    return call.resident.area_path if call.resident else ""


def plain_phone(call: Call) -> str:
    """The caller's number in full, for a verb that writes it where it is to be called."""
    phone: Any = call.phone
    if not phone:
        return ""
    return phone.reveal() if isinstance(phone, Secret) else str(phone)


@transaction.atomic
def line_died(actor: Actor, call_id: UUID) -> Call:
    """The line went dead, or nobody answered when called back. It is tried again as the pack says.

    An emergency is not called back: help goes to the home of whoever was recognised, at once. After
    the last try, or where the number is withheld, the call ends as not reached.
    """
    call = _under_way(actor, call_id)
    if call.emergency and call.resident is not None:
        request_in_call(actor, call_id, words=_("The line went dead."), category="emergency")
        return Call.objects.get(id=call_id)
    numbers = asking.numbers_at(call.area_path)
    call.tries += 1
    if call.phone is None or (numbers and call.tries >= numbers.call_back_tries.whole):
        return _end(actor, call, Ending.NOT_REACHED)
    at = now()
    pause = numbers.try_again_after.length if numbers and call.hung_up_at else None
    call.state, call.taken_by, call.taken_at = State.WAITING, None, None
    call.hung_up_at = call.hung_up_at or at
    call.try_after = at + pause if pause and not call.emergency else None
    call.save()
    record(
        CallLineDied(subject_id=call.id, area_path=call.area_path, tries=call.tries), actor=actor
    )
    return call


@transaction.atomic
def warn_caller(actor: Actor, call_id: UUID) -> Call:
    """The caller was told once that abuse ends the call, and asked whether it is an emergency."""
    call = _under_way(actor, call_id)
    if call.warned_at is None:
        call.warned_at = now()
        call.save(update_fields=["warned_at"])
        record(CallerWarned(subject_id=call.id, area_path=call.area_path), actor=actor)
    return call


@transaction.atomic
def end_for_abuse(actor: Actor, call_id: UUID, *, words: str) -> Call:
    """End the call of an abusive caller, after a warning. Never where it is an emergency.

    The number is not blocked: after as many such calls as the pack says, it waits behind others.
    """
    call = _under_way(actor, call_id)
    if call.emergency:
        raise CallIsAnEmergency
    if call.warned_at is None:
        raise CallerNotWarned
    if not words.strip():
        raise WordsMissing
    call.abusive, call.words = True, words.strip()[:1000]
    return _end(actor, call, Ending.ANSWER)


def _end(
    actor: Actor,
    call: Call,
    ending: Call.Ending,
    *,
    intent: str = "",
    request_id: UUID | None = None,
) -> Call:
    call.intent, call.ending = intent, ending
    call.state, call.ended_at = State.ENDED, now()
    call.save()
    record(
        CallEnded(
            subject_id=call.id,
            area_path=call.area_path,
            intent=intent,
            ending=ending,
            abusive=call.abusive,
            request_id=request_id,
        ),
        actor=actor,
    )
    return call
