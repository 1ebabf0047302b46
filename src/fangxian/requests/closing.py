"""Being told, confirming, scoring, opening again: whoever asked has the last word."""

from uuid import UUID

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from fangxian.kernel import clock
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ledger import record
from fangxian.people import gateway
from fangxian.requests import asking
from fangxian.requests.errors import (
    ReasonNeeded,
    RequestIsNot,
    ScoredAlready,
    ScoreWrong,
    TooLateToReopen,
    VerifierIsDoer,
)
from fangxian.requests.events import (
    CalledInVain,
    RequestClosed,
    RequestDispatched,
    RequestReopened,
    RequestScored,
    RequestsTold,
)
from fangxian.requests.handling import of_request
from fangxian.requests.models import Handling, Note, Request
from fangxian.requests.queries import get_request, is_own, must_see_to, of_unit
from fangxian.requests.raising import Because, normal_phone_of

State, Close = Request.State, Request.CloseReason
_BEST = 5


@transaction.atomic
def confirm_done(
    actor: Actor, request_id: UUID, *, solved: bool, score: int | None = None, words: str = ""
) -> Request:
    """Whoever asked says whether it is solved. If not, it is opened again."""
    request = get_request(actor, request_id, for_change=True)
    if not is_own(actor, request):
        raise NotFound(_("request"))
    if request.state == State.CLOSED and request.verified_by == actor.id:
        return request
    if not solved:
        return _reopen(actor, request, words)
    _confirm(actor, request, score=score, words=words)
    return request


@transaction.atomic
def call_back(
    actor: Actor,
    request_id: UUID,
    *,
    outcome: str,
    score: int | None = None,
    words: str = "",
) -> Request:
    """Ask whoever asked, by telephone. Never by whoever did it, nor by the unit that did it.

    outcome   solved · again (it is not, and opened again) · not_solved (it cannot be, and the
              caller knows why) · not_reached
    """
    request = get_request(actor, request_id, for_change=True)
    must_see_to(actor, request.area_path)
    if request.state != State.DONE:
        raise RequestIsNot(request)
    _must_not_be_the_doer(actor, request)
    if outcome == "again":
        return _reopen(actor, request, words)
    if outcome == "not_reached":
        return _nobody_answered(actor, request)
    request.told_at = request.told_at or now()
    if outcome == "not_solved":
        if not words.strip():
            raise ReasonNeeded
        request.solved, request.verified_by = False, actor.id
        request.score_words = words.strip()[:500]
        _score(request, score)
        return _close(actor, request, Close.NOT_SOLVED)
    _confirm(actor, request, score=score, words=words)
    return request


def _must_not_be_the_doer(actor: Actor, request: Request) -> None:
    units = Handling.objects.filter(request=request, done_at__isnull=False)
    if request.done_by == actor.id or any(of_unit(actor, one.unit_id) for one in units):
        raise VerifierIsDoer


def _confirm(actor: Actor, request: Request, *, score: int | None, words: str) -> None:
    if request.state != State.DONE:
        raise RequestIsNot(request)
    if request.done_by == actor.id:
        raise VerifierIsDoer
    request.solved, request.verified_by = True, actor.id
    request.score_words = words.strip()[:500]
    request.told_at = request.told_at or now()
    _score(request, score)
    _close(actor, request, Close.CONFIRMED)


def _score(request: Request, score: int | None) -> None:
    if score is None:
        return
    if not 1 <= score <= _BEST:
        raise ScoreWrong
    request.score = score


def _close(
    actor: Actor, request: Request, reason: Request.CloseReason, because: Because = None
) -> Request:
    request.state, request.close_reason, request.closed_at = State.CLOSED, reason, now()
    request.stage_due = None
    request.save()
    Handling.objects.filter(request=request, done_at=None, handed_back_at=None).update(
        handed_back_at=now(), reason=str(reason.label)
    )
    record(
        RequestClosed(**of_request(request), reason=request.close_reason),
        actor=actor,
        because=because,
    )
    if request.score is not None:
        record(RequestScored(**of_request(request), score=request.score), actor=actor)
    return request


def _nobody_answered(actor: Actor, request: Request) -> Request:
    """After as many tries as the pack says it closes, and counts as neither solved nor good."""
    numbers = asking.numbers_at(request.area_path)
    request.call_back_tries += 1
    if numbers is not None and request.call_back_tries >= numbers.call_back_tries.whole:
        return _close(actor, request, Close.NOT_REACHED)
    request.save(update_fields=["call_back_tries"])
    record(CalledInVain(**of_request(request), tries=request.call_back_tries), actor=actor)
    return request


@transaction.atomic
def score(actor: Actor, request_id: UUID, *, score: int, words: str = "") -> Request:
    """How good it was, by whoever asked, after it closed. Once."""
    request = get_request(actor, request_id, for_change=True)
    if not is_own(actor, request):
        raise NotFound(_("request"))
    if request.state != State.CLOSED:
        raise RequestIsNot(request)
    if request.score is not None:
        raise ScoredAlready
    _score(request, score)
    request.score_words = words.strip()[:500] or request.score_words
    request.save(update_fields=["score", "score_words"])
    record(RequestScored(**of_request(request), score=score), actor=actor)
    return request


@transaction.atomic
def reopen(actor: Actor, request_id: UUID, *, why: str) -> Request:
    """It is not solved after all: back to the unit that led, one level up, and counted."""
    request = get_request(actor, request_id, for_change=True)
    if not is_own(actor, request):
        must_see_to(actor, request.area_path)
    if request.state == State.CLOSED:
        numbers = asking.numbers_at(request.area_path)
        if (
            numbers
            and request.closed_at
            and request.closed_at + numbers.repeat_within.length < now()
        ):
            raise TooLateToReopen(numbers.repeat_within.length.days)
    return _reopen(actor, request, why)


def _reopen(actor: Actor, request: Request, why: str) -> Request:
    if request.state not in (State.DONE, State.CLOSED) or request.close_reason == Close.TRANSFER:
        raise RequestIsNot(request)
    if not why.strip():
        raise ReasonNeeded
    Note.objects.create(request=request, by=actor.id, at=now(), words=why.strip()[:1000])
    limits = asking.limits_at(request.area_path, request.urgency)
    last = (
        Handling.objects.filter(request=request, role=Handling.Role.LEAD)
        .exclude(done_at=None)
        .order_by("-done_at")
        .first()
    )
    request.head = None
    request.closed_at, request.close_reason = None, ""
    request.done_at = request.done_by = request.verified_by = request.told_at = None
    request.solved = request.score = request.confirm_due = None
    request.answer = request.score_words = ""
    request.call_back_tries = 0
    request.reopened += 1
    request.level = min(3, request.level + 1)
    request.escalated_at = None
    request.first_receiver = request.first_receiver or actor.id
    request.accepted_at = request.accepted_at or now()
    request.overall_due = asking.later(limits.overall.length if limits else None)
    if last is not None:
        request.state, request.dispatched_at = State.DISPATCHED, now()
        request.handle_due = request.stage_due = asking.later(
            limits.handle.length if limits else None
        )
    else:
        request.state = State.ACCEPTED
        request.dispatch_due = request.stage_due = asking.later(
            limits.dispatch.length if limits else None
        )
    request.save()
    event = record(RequestReopened(**of_request(request), times=request.reopened), actor=actor)
    if last is not None:
        Handling.objects.create(
            request=request,
            unit_id=last.unit_id,
            role=Handling.Role.LEAD,
            asked_by=actor.id,
            asked_at=now(),
            due_at=request.stage_due,
        )
        record(
            RequestDispatched(
                **of_request(request),
                category=request.category,
                units=1,
                lead_id=last.unit_id,
                due_at=request.stage_due,
            ),
            actor=actor,
            because=event,
        )
    return request


@transaction.atomic
def withdraw(actor: Actor, request_id: UUID) -> Request:
    """Whoever asked no longer needs it. What others asked with it goes on."""
    request = get_request(actor, request_id, for_change=True)
    if not is_own(actor, request):
        raise NotFound(_("request"))
    if request.state == State.CLOSED:
        return request
    followers = list(request.others.select_for_update().filter(state=State.GROUPED))
    if followers:
        first, *rest = sorted(followers, key=lambda one: one.raised_at)
        first.head, first.state, first.stage_due = None, State.RAISED, first.accept_due
        first.save(update_fields=["head", "state", "stage_due"])
        Request.objects.filter(id__in=[one.id for one in rest]).update(head=first)
    return _close(actor, request, Close.WITHDRAWN)


# Each is told


def tell_waiting(actor: Actor, *, at_most: int = 500) -> int:
    """Send the answer by text message to everybody who left a number; how many were told.

    Where this house sends none, they are told when they are called back. Raises
    `gateway.Unreachable`; then they are told with the next run.
    """
    actor.must(Duty.ANSWER_CALLS)
    door = gateway.chosen()
    if door is None:
        return 0
    with transaction.atomic():
        waiting = list(
            Request.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=State.DONE, told_at=None, by__isnull=False)
            .order_by("id")[:at_most]
        )
        if not waiting:
            return 0
        texts = [
            gateway.Text(id=one.id, to=normal_phone_of(one), words=words_for(one))
            for one in waiting
        ]
        troubles = door.send(texts)
        told = [one for one in waiting if one.id not in troubles]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE requests_request SET told_at = %s WHERE id = ANY(%s)",
                [now(), [one.id for one in told]],
            )
        if told:
            record(
                RequestsTold(subject_id=told[0].id, area_path=told[0].area_path, number=len(told)),
                actor=actor,
            )
    return len(told)


def words_for(request: Request) -> str:
    """Which request, and what was answered; nobody's name. In Chinese, then in English."""
    said = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            words = _("Your request %(code)s: %(answer)s If this is not solved, call us.") % {
                "code": request.code,
                "answer": request.answer,
            }
            said.append((_("[EXERCISE]") if clock.moved() else "") + words)
    return "\n".join(said)
