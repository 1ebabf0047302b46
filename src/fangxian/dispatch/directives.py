"""A notice from above, or the minutes of a meeting: from the paper to the last community and back.

issued → received → acknowledged → tasks made → done → verified, for each place by itself. What
follows from each step is told in playbook/order_cascaded.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from fangxian.areas.queries import areas_of_level
from fangxian.areas.rules import paths_to
from fangxian.dispatch import directive_queries as queries
from fangxian.dispatch import events
from fangxian.dispatch.actions import NewTask, open_tasks
from fangxian.dispatch.directive_queries import SETTLED, UNDER_WAY, UNHEARD
from fangxian.dispatch.errors import (
    DirectiveIsKnown,
    DirectiveIsNotADraft,
    DirectiveIsNotInForce,
    DueInThePast,
    EndedAlready,
    EndsBeforeItBegins,
    NotAcknowledgedYet,
    NotALaterVersion,
    NotDoneYet,
    NothingToDo,
    NotYoursToAcknowledge,
    ReasonMissing,
    VerifiedByTheDoer,
)
from fangxian.dispatch.kinds import DirectiveState, OwnerKind, TaskKind
from fangxian.dispatch.models import Directive, DirectiveItem, Receipt, Task
from fangxian.dispatch.owners import ANYBODY, Whose, give
from fangxian.dispatch.queries import PENDING
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event

_DOERS = frozenset({Duty.DISPATCH, Duty.CARRY_OUT})


_DUTY = {
    DirectiveItem.Each.ONCE: Duty.DISPATCH,
    DirectiveItem.Each.SUBDISTRICT: Duty.DISPATCH,
    DirectiveItem.Each.COMMUNITY: Duty.DISPATCH,
    DirectiveItem.Each.GRID: Duty.CARRY_OUT,
}
"""Whose list a point comes to if it names nobody: offices see to theirs, grid workers to theirs."""
_OF_LEVEL = {
    Receipt.Level.SUBDISTRICT: (DirectiveItem.Each.SUBDISTRICT,),
    Receipt.Level.COMMUNITY: (DirectiveItem.Each.COMMUNITY, DirectiveItem.Each.GRID),
}
"""Which points a place of each level takes on by acknowledging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDirective:
    """What stands on the paper. `supersedes` is the directive that this version replaces."""

    title: str
    issuer: str
    text: str
    area_path: str
    acknowledge_by: datetime
    kind: str = Directive.Kind.NOTICE
    reference: str = ""
    version: int = 1
    supersedes: UUID | None = None
    held_at: datetime | None = None
    effective_from: datetime | None = None
    effective_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One thing to be done. `area_path` is "" for all of the directive's area."""

    text: str
    due_at: datetime
    each: str = DirectiveItem.Each.COMMUNITY
    area_path: str = ""
    whose: Whose = ANYBODY
    proof: str = ""


@transaction.atomic
def draft_directive(actor: Actor, new: NewDirective) -> Directive:
    """Register a paper; nobody is told before it is issued."""
    actor.must(Duty.DISPATCH, at=new.area_path)
    begins = new.effective_from or now()
    if new.effective_until is not None:
        if new.effective_until <= begins:
            raise EndsBeforeItBegins
        if new.effective_until <= now():
            raise EndedAlready
    before = queries.get_directive(actor, new.supersedes) if new.supersedes else None
    if before is not None and before.version >= new.version:
        raise NotALaterVersion(before.version)
    _refuse_twice(new)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('dispatch_directive_number')")
        (number,) = cursor.fetchone()
    directive = Directive.objects.create(
        number=number,
        kind=new.kind,
        title=new.title.strip(),
        issuer=new.issuer.strip(),
        reference=new.reference.strip(),
        version=new.version,
        supersedes=before,
        text=new.text.strip(),
        area_path=new.area_path,
        held_at=new.held_at,
        effective_from=begins,
        effective_until=new.effective_until,
        acknowledge_by=new.acknowledge_by,
        drafted_by_id=actor.id,
    )
    record(
        events.DirectiveDrafted(
            subject_id=directive.id,
            area_path=directive.area_path,
            code=directive.code,
            paper=directive.kind,
        ),
        actor=actor,
    )
    return directive


def _refuse_twice(new: NewDirective) -> None:
    if not new.reference.strip():
        return
    same = Directive.objects.filter(
        area_path=new.area_path,
        issuer=new.issuer.strip(),
        reference=new.reference.strip(),
        version=new.version,
    ).exclude(state=Directive.State.WITHDRAWN)
    if known := same.first():
        raise DirectiveIsKnown(known.code, known.id)


@transaction.atomic
def add_item(actor: Actor, directive_id: UUID, new: NewItem) -> DirectiveItem:
    """One more thing to do: in a draft, or for one's own area once the directive is in force."""
    directive = queries.get_directive(actor, directive_id, for_change=True)
    if directive.state not in {Directive.State.DRAFT, Directive.State.IN_FORCE}:
        raise DirectiveIsNotInForce(directive.get_state_display())
    place = new.area_path or (
        directive.area_path if actor.sees(directive.area_path) else actor.within
    )
    actor.must(Duty.DISPATCH, at=place)
    if new.due_at < now():
        raise DueInThePast
    [given] = give(actor, [(new.whose, Duty.CARRY_OUT, place)])
    last = directive.items.aggregate(last=Max("position"))["last"] or 0
    item = DirectiveItem.objects.create(
        directive=directive,
        position=last + 1,
        text=new.text.strip(),
        each=new.each,
        area_path=place,
        due_at=new.due_at,
        proof=new.proof,
        owner_kind=new.whose.kind,
        owner_id=given.owner_id if new.whose.kind == OwnerKind.PERSON else None,
        team_id=given.team_id,
        post_id=given.post_id,
    )
    if directive.state == Directive.State.IN_FORCE:
        record(
            events.DirectiveItemAdded(
                subject_id=directive.id,
                area_path=place,
                code=directive.code,
                item_id=item.id,
            ),
            actor=actor,
        )
    return item


@transaction.atomic
def drop_item(actor: Actor, item_id: UUID) -> None:
    """Take a point out of a draft."""
    item = queries.get_item(actor, item_id)
    directive = queries.get_directive(actor, item.directive_id, for_change=True)
    actor.must(Duty.DISPATCH, at=directive.area_path)
    if directive.state != Directive.State.DRAFT:
        raise DirectiveIsNotADraft
    item.delete()


@transaction.atomic
def issue_directive(actor: Actor, directive_id: UUID) -> Directive:
    """Send it to every subdistrict and community of its area. Issuing it again changes nothing."""
    directive = queries.get_directive(actor, directive_id, for_change=True)
    actor.must(Duty.DISPATCH, at=directive.area_path)
    if directive.state == Directive.State.IN_FORCE:
        return directive
    if directive.state != Directive.State.DRAFT:
        raise DirectiveIsNotADraft
    items = list(directive.items.all())
    if not items and directive.kind == Directive.Kind.MINUTES:
        raise NothingToDo
    if directive.acknowledge_by <= now() or any(item.due_at <= now() for item in items):
        raise DueInThePast
    if directive.effective_until is not None and directive.effective_until <= now():
        raise EndedAlready
    directive.state, directive.issued_at = Directive.State.IN_FORCE, now()
    directive.issued_by_id = actor.id
    directive.save()
    receipts = _receipts(directive)
    Receipt.objects.bulk_create(receipts)
    event = record(
        events.DirectiveIssued(
            subject_id=directive.id,
            area_path=directive.area_path,
            code=directive.code,
            paper=directive.kind,
            places=len(receipts),
            points=len(items),
        ),
        actor=actor,
    )
    if directive.supersedes is not None:
        _end(actor, directive.supersedes, Directive.State.SUPERSEDED, "", because=event)
    return directive


def _receipts(directive: Directive) -> list[Receipt]:
    """One for each place below; each level has as long as the first one."""
    span = directive.acknowledge_by - now()
    return [
        Receipt(
            id=new_id(),
            directive=directive,
            area_path=path,
            level=level,
            due_at=directive.acknowledge_by + span * later,
        )
        for later, level in enumerate(Receipt.Level)
        for path in areas_of_level(PLAYBOOK, level, below=directive.area_path)
        .exclude(path=directive.area_path)
        .values_list("path", flat=True)
    ]


@transaction.atomic
def read_directive(actor: Actor, directive_id: UUID) -> Receipt | None:
    """The place of the actor has opened it. Nothing if it had, or if it is not for that place."""
    receipt = queries.own_receipt(actor, directive_id)
    if receipt is None or receipt.state != Receipt.State.ISSUED or not _DOERS & actor.duties:
        return receipt
    receipt = queries.get_receipt(actor, receipt.id, for_change=True)
    if receipt.state == Receipt.State.ISSUED:
        receipt.state, receipt.received_at = Receipt.State.RECEIVED, now()
        receipt.save(update_fields=["state", "received_at"])
        record(_step(events.DirectiveReceived, receipt), actor=actor)
    return receipt


@transaction.atomic
def acknowledge_directive(
    actor: Actor, receipt_id: UUID, *, by: UUID | None = None, because: Event | None = None
) -> Receipt:
    """The place has understood and will act. Acknowledging it again changes nothing.

    Whoever oversees tasks above may do so for a place that they rang up. by: for the playbook, the
    account that ticked the task off.
    """
    receipt = queries.get_receipt(actor, receipt_id, for_change=True)
    _must_be_in_force(receipt.directive)
    if receipt.state not in UNHEARD:
        return receipt
    of_the_place = actor.within == receipt.area_path and bool(_DOERS & actor.duties)
    if not of_the_place and not actor.may(Duty.DISPATCH, at=receipt.area_path):
        raise NotYoursToAcknowledge
    receipt.state = Receipt.State.ACKNOWLEDGED
    receipt.received_at = receipt.received_at or now()
    receipt.acknowledged_at, receipt.acknowledged_by_id = now(), by or actor.id
    receipt.by_phone = not of_the_place and actor != PLAYBOOK
    receipt.save()
    record(_step(events.DirectiveAcknowledged, receipt), actor=actor, because=because)
    return receipt


def _must_be_in_force(directive: Directive) -> None:
    if directive.state != Directive.State.IN_FORCE:
        raise DirectiveIsNotInForce(directive.get_state_display())


@transaction.atomic
def open_tasks_once(
    actor: Actor, directive_id: UUID, *, because: Event | UUID | None
) -> list[Task]:
    """What a directive asks for once, wherever it is: nobody's receipt is waited for.

    Safe to repeat: what was ever opened is not opened again.
    """
    directive = queries.get_directive(actor, directive_id)
    items = directive.items.filter(each=DirectiveItem.Each.ONCE)
    known = Task.objects.filter(about_id__in=items.values("id")).values("about_id")
    wanted = [_task(directive, one, one.area_path) for one in items.exclude(id__in=known)]
    return open_tasks(actor, wanted, because=because)


@transaction.atomic
def make_tasks(actor: Actor, receipt_id: UUID, *, because: Event | UUID | None) -> Receipt:
    """Put what is asked of a place on the lists of those who do it; if that is nothing, it is done.

    Safe to repeat: a point that was added later, or that was sent back, is opened then.
    """
    receipt = queries.get_receipt(actor, receipt_id, for_change=True)
    actor.must(Duty.DISPATCH, at=receipt.area_path)
    if receipt.state in UNHEARD or receipt.state == Receipt.State.ENDED:
        raise NotAcknowledgedYet
    opened = open_tasks(actor, _wanted(receipt, redo=bool(receipt.returned)), because=because)
    if receipt.state == Receipt.State.ACKNOWLEDGED or opened:
        receipt.state, receipt.tasks_made_at = Receipt.State.TASKS_MADE, now()
        receipt.done_at = receipt.verified_at = receipt.verified_by_id = None
        receipt.save()
        record(_step(events.DirectiveTasksMade, receipt), actor=actor, because=because)
        settle_receipts(actor, receipt.directive_id, receipt.area_path, because=because)
    return receipt


def _wanted(receipt: Receipt, *, redo: bool) -> list[NewTask]:
    """The tasks of a place that were never opened; all of them if its work was sent back."""
    items = DirectiveItem.objects.filter(
        directive_id=receipt.directive_id, each__in=_OF_LEVEL[Receipt.Level(receipt.level)]
    )
    found = []
    for item in items.order_by("position"):
        if receipt.area_path.startswith(item.area_path):
            places = [receipt.area_path]
        elif item.area_path.startswith(receipt.area_path):
            places = [item.area_path]
        else:
            continue
        if item.each == DirectiveItem.Each.GRID:
            grids = areas_of_level(PLAYBOOK, "grid", below=places[0])
            places = list(grids.values_list("path", flat=True)) or places
        found += [_task(receipt.directive, item, place) for place in places]
    if redo:
        return found
    known = set(
        Task.objects.filter(
            about_id__in={new.about_id for new in found},
            kind=TaskKind.DO_DIRECTIVE,
            area_path__startswith=receipt.area_path,
        ).values_list("about_id", "area_path")
    )
    return [new for new in found if (new.about_id, new.area_path) not in known]


def _task(directive: Directive, item: DirectiveItem, place: str) -> NewTask:
    return NewTask(
        kind=TaskKind.DO_DIRECTIVE,
        duty=_DUTY[DirectiveItem.Each(item.each)],
        area_path=place,
        about_id=item.id,
        due_at=max(item.due_at, now()),
        facts={"code": directive.code, "point": item.position},
        owner=item.owner_id,
        team=item.team_id,
        post=item.post_id,
        responsible=item.owner_kind == OwnerKind.RESPONSIBLE,
        proof=item.proof,
    )


@transaction.atomic
def settle_receipts(
    actor: Actor, directive_id: UUID, area_path: str, *, because: Event | UUID | None
) -> list[Receipt]:
    """Of a place and those above it: done is what has no task left and no part that is not done."""
    waiting = Receipt.objects.select_for_update().filter(
        directive_id=directive_id,
        area_path__in=paths_to(area_path),
        state=Receipt.State.TASKS_MADE,
    )
    found = []
    for receipt in waiting.order_by("-area_path"):
        if pending_tasks(receipt) or queries.parts_left(actor, receipt):
            break
        receipt.state, receipt.done_at = Receipt.State.DONE, now()
        receipt.save(update_fields=["state", "done_at"])
        record(_step(events.DirectiveDone, receipt), actor=actor, because=because)
        found.append(receipt)
    return found


def pending_tasks(receipt: Receipt) -> int:
    """Of the place itself; those of the places below are theirs."""
    items = DirectiveItem.objects.filter(directive_id=receipt.directive_id)
    each = _OF_LEVEL[Receipt.Level(receipt.level)]
    return Task.objects.filter(
        about_id__in=items.filter(each__in=each).values("id"),
        kind=TaskKind.DO_DIRECTIVE,
        area_path__startswith=receipt.area_path,
        state__in=PENDING,
    ).count()


@transaction.atomic
def verify_receipt(
    actor: Actor, receipt_id: UUID, *, by: UUID | None = None, because: Event | None = None
) -> Receipt:
    """Somebody of the level above has looked: what was asked for is done there."""
    receipt = _done(actor, receipt_id)
    if receipt.state == Receipt.State.VERIFIED:
        return receipt
    if (by or actor.id) == receipt.acknowledged_by_id:
        raise VerifiedByTheDoer
    receipt.state, receipt.verified_at = Receipt.State.VERIFIED, now()
    receipt.verified_by_id = by or actor.id
    receipt.save(update_fields=["state", "verified_at", "verified_by"])
    record(_step(events.DirectiveVerified, receipt), actor=actor, because=because)
    return receipt


@transaction.atomic
def return_receipt(actor: Actor, receipt_id: UUID, *, reason: str) -> Receipt:
    """What was done does not do: the place has it on its list once more."""
    receipt = _done(actor, receipt_id)
    if not reason.strip():
        raise ReasonMissing
    receipt.state, receipt.returned = Receipt.State.ACKNOWLEDGED, reason.strip()[:300]
    receipt.done_at = receipt.verified_at = receipt.verified_by_id = None
    receipt.save()
    record(_step(events.DirectiveReturned, receipt), actor=actor)
    return receipt


def _done(actor: Actor, receipt_id: UUID) -> Receipt:
    receipt = queries.get_receipt(actor, receipt_id, for_change=True)
    _must_be_in_force(receipt.directive)
    if actor != PLAYBOOK and actor.within == receipt.area_path:
        raise VerifiedByTheDoer
    actor.must(Duty.DISPATCH, at=queries.above(actor, receipt))
    if receipt.state in UNHEARD:
        raise NotAcknowledgedYet
    if receipt.state not in SETTLED:
        raise NotDoneYet(pending_tasks(receipt) + queries.parts_left(actor, receipt))
    return receipt


@transaction.atomic
def remind_places(actor: Actor, directive_id: UUID) -> int:
    """Remind every place in one's area that has not acknowledged; how many there are."""
    directive = queries.get_directive(actor, directive_id)
    _must_be_in_force(directive)
    actor.must(Duty.DISPATCH)
    return _remind(actor, list(queries.unheard(actor, directive_id).select_for_update()))


@transaction.atomic
def remind_late_places(actor: Actor) -> int:
    """What was not acknowledged in time is reminded of, again after as long as there was at first.

    For the job: how many places were reminded.
    """
    late = [
        receipt
        for receipt in queries.overdue_receipts(actor).select_for_update(of=("self",))
        if receipt.reminded_at is None
        or receipt.reminded_at + (receipt.due_at - receipt.issued_at) <= now()  # type: ignore[attr-defined]
    ]
    return _remind(actor, late)


def _remind(actor: Actor, receipts: Sequence[Receipt]) -> int:
    for receipt in receipts:
        receipt.reminded_at, receipt.reminders = now(), receipt.reminders + 1
    Receipt.objects.bulk_update(receipts, ["reminded_at", "reminders"], batch_size=1000)
    record_many(
        [
            events.DirectiveReminded(
                subject_id=receipt.id,
                area_path=receipt.area_path,
                directive_id=receipt.directive_id,
                level=receipt.level,
                times=receipt.reminders,
                late=receipt.due_at <= now(),
            )
            for receipt in receipts
        ],
        actor=actor,
    )
    return len(receipts)


@transaction.atomic
def withdraw_directive(actor: Actor, directive_id: UUID, *, reason: str) -> Directive:
    """Nobody has to act on it any more."""
    directive = queries.get_directive(actor, directive_id, for_change=True)
    actor.must(Duty.DISPATCH, at=directive.area_path)
    if not reason.strip():
        raise ReasonMissing
    if directive.state not in {Directive.State.DRAFT, Directive.State.IN_FORCE}:
        raise DirectiveIsNotInForce(directive.get_state_display())
    return _end(actor, directive, Directive.State.WITHDRAWN, reason.strip()[:300])


def _end(
    actor: Actor,
    directive: Directive,
    state: DirectiveState,
    reason: str,
    *,
    because: Event | None = None,
) -> Directive:
    directive.state, directive.ended_at, directive.end_reason = state, now(), reason
    directive.save(update_fields=["state", "ended_at", "end_reason"])
    Receipt.objects.filter(directive=directive, state__in=[*UNHEARD, *UNDER_WAY]).update(
        state=Receipt.State.ENDED
    )
    record(
        events.DirectiveEnded(
            subject_id=directive.id,
            area_path=directive.area_path,
            code=directive.code,
            state=state,
        ),
        actor=actor,
        because=because,
    )
    return directive


def _step(fact: type[events.OfReceipt], receipt: Receipt) -> events.OfReceipt:
    return fact(
        subject_id=receipt.id,
        area_path=receipt.area_path,
        directive_id=receipt.directive_id,
        level=receipt.level,
    )
