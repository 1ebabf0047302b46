from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.sync import events, outboxes, rules
from fangxian.sync.errors import (
    AlreadySettled,
    MadeAfterTheEnd,
    ModeNotTheirs,
    ModesMissing,
    NoSuchDevice,
    PinMissing,
    ReasonMissing,
    StillRefused,
    TokenUnknown,
)
from fangxian.sync.inbox import Delivery, apply_again, take_in
from fangxian.sync.kinds import KINDS
from fangxian.sync.models import Command, Device, Held, Invitation
from fangxian.sync.modes import Mode, open_to
from fangxian.sync.queries import get_account, get_device, get_held, must_supervise
from fangxian.sync.senders import sender_of

# Phones


@transaction.atomic
def invite_device(
    actor: Actor,
    account_id: UUID,
    *,
    modes: Sequence[str],
    days: int,
    name: str = "",
) -> tuple[Invitation, str]:
    """Let somebody of one's area enrol one phone within ten minutes; the token to be shown.

    days   after which the phone expires
    """
    account = get_account(actor, account_id)
    must_supervise(actor, at=account.area_path)
    theirs = open_to(account.actor.duties)
    wanted = sorted({Mode(mode) for mode in modes}, key=list(Mode).index)
    if not wanted:
        raise ModesMissing
    for mode in wanted:
        if mode not in theirs:
            raise ModeNotTheirs(str(mode.label))
    token = rules.new_token()
    invitation = Invitation.objects.create(
        account=account,
        name=name or account.display_name,
        modes=[str(mode) for mode in wanted],
        area_path=account.area_path,
        token_hash=rules.token_hash(token),
        invited_by=actor.id,
        invited_at=now(),
        ends_at=now() + rules.TOKEN_LASTS,
        device_expires_at=now() + timedelta(days=days),
    )
    record(
        events.DeviceInvited(
            subject_id=invitation.id,
            area_path=account.area_path,
            account_id=account.id,
            modes=" ".join(invitation.modes),
            ends_at=invitation.ends_at,
        ),
        actor=actor,
    )
    return invitation, token


@transaction.atomic
def enrol_device(
    token: str, *, name: str = "", platform: str = "", pin_set: bool
) -> tuple[Device, bytes]:
    """Use up an invitation: the new phone and its secret, which is told this once."""
    if not pin_set:
        raise PinMissing
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(token_hash=rules.token_hash(token), used_at=None, ends_at__gt=now())
        .first()
    )
    if invitation is None or not invitation.account.is_active:
        raise TokenUnknown
    invitation.used_at = now()
    invitation.save(update_fields=["used_at"])
    secret = rules.new_secret()
    device = Device.objects.create(
        id=new_id(),
        account=invitation.account,
        name=name.strip()[:40] or invitation.name,
        platform=platform.strip()[:200],
        modes=invitation.modes,
        area_path=invitation.area_path,
        secret_hash=rules.secret_hash(secret),
        enrolled_at=now(),
        enrolled_by=invitation.invited_by,
        expires_at=invitation.device_expires_at,
    )
    record(
        events.DeviceEnrolled(
            subject_id=device.id,
            area_path=device.area_path,
            account_id=device.account_id,
            modes=" ".join(device.modes),
            expires_at=device.expires_at,
        ),
        actor=invitation.account.actor,
    )
    return device, secret


@transaction.atomic
def revoke_device(actor: Actor, device_id: UUID, *, reason: str) -> Device:
    """Take a phone out of service; it wipes itself when it next asks. Again changes nothing.

    What it was used for until now still counts when it is sent. Everybody may revoke their own.
    """
    device = get_device(actor, device_id, for_change=True)
    if device.account_id != actor.id:
        must_supervise(actor, at=device.area_path)
    if device.revoked_at is not None:
        return device
    if not reason.strip():
        raise ReasonMissing
    device.revoked_at, device.revoked_by = now(), actor.id
    device.revoked_reason = reason.strip()[:200]
    device.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    record(
        events.DeviceRevoked(
            subject_id=device.id, area_path=device.area_path, account_id=device.account_id
        ),
        actor=actor,
    )
    return device


# Commands


@transaction.atomic
def receive(
    actor: Actor, device_id: UUID, orders: Sequence[rules.Order], *, skew: timedelta = timedelta()
) -> list[rules.Answer]:
    """Take in commands of one's own phone; an answer for each. Safe to repeat.

    skew   how far the phone's clock is ahead of ours
    """
    device = get_device(actor, device_id)
    if device.account_id != actor.id:
        raise NoSuchDevice
    return take_in([_delivery(device, orders, skew)])[0]


def _delivery(device: Device, orders: Sequence[rules.Order], skew: timedelta) -> Delivery:
    return Delivery(
        sender=sender_of(device),
        orders=orders,
        skew=skew,
        received_at=now(),
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a phone's file. `unreadable` entries were damaged and are named by number."""

    device: Device
    applied: int
    known: int
    refused: int
    kept: int
    unreadable: tuple[int, ...]


@transaction.atomic
def import_outbox(actor: Actor, content: bytes) -> Imported:
    """Bring in the file that a phone saved when it could not send. Safe to repeat.

    The file is sealed so that only we can read it, and proves by that whose it is; its entries
    are taken in as if the phone had sent them, each at the best time that can be known.
    """
    saved = outboxes.read(content)
    device = get_device(actor, saved.device_id)
    if device.account_id != actor.id:
        must_supervise(actor, at=device.area_path)
    orders, unreadable = saved.open(bytes(device.secret_hash))
    counts: Counter[str] = Counter()
    for start in range(0, len(orders), rules.MOST_COMMANDS):
        part = orders[start : start + rules.MOST_COMMANDS]
        for answers in take_in(_at_their_times(device, part, saved)):
            counts.update(one.outcome for one in answers)
    record(
        events.OutboxImported(
            subject_id=device.id,
            area_path=device.area_path,
            number=len(orders),
            refused=counts["refused"],
        ),
        actor=actor,
    )
    return Imported(
        device,
        counts["applied"],
        counts["known"],
        counts["refused"],
        counts["kept"],
        tuple(unreadable),
    )


def _at_their_times(
    device: Device, orders: Sequence[rules.Order], saved: outboxes.Saved
) -> list[Delivery]:
    """The entries of a file by how far the clock was off; those as measured come last."""
    measured = saved.skew
    if measured is None:
        measured = timedelta(milliseconds=device.skew_ms or 0)
    received_at = now()
    off_by: dict[timedelta, list[rules.Order]] = {}
    for order in orders:
        skew = rules.skew_in_file(
            order.at,
            measured=measured,
            saved_at=saved.saved_at,
            received_at=received_at,
            enrolled_at=device.enrolled_at,
        )
        off_by.setdefault(skew, []).append(order)
    last = [(measured, off_by.pop(measured))] if measured in off_by else []
    return [_delivery(device, those, skew) for skew, those in [*off_by.items(), *last]]


# What was refused or kept


@transaction.atomic
def apply_held(actor: Actor, command_id: UUID) -> Held:
    """Give a refused or kept entry to its room once more, as it was sent; raises if it cannot yet.

    What was entered after a phone's end of service, only a supervisor lets count.
    """
    held = get_held(actor, command_id, for_change=True)
    if held.device.account_id != actor.id or held.code == MadeAfterTheEnd.code:
        must_supervise(actor, at=held.area_path)
    if held.settled:
        raise AlreadySettled
    answer = apply_again(held, sender_of(held.device))
    if answer.outcome in {"refused", "kept"}:
        raise StillRefused(answer)
    return _settle(actor, held, Held.Settled.APPLIED)


@transaction.atomic
def set_aside(actor: Actor, command_id: UUID, *, note: str) -> Held:
    """Let a refused entry rest, saying why; what it said about people is deleted."""
    held = get_held(actor, command_id, for_change=True)
    if held.device.account_id != actor.id:
        must_supervise(actor, at=held.area_path)
    if held.settled:
        raise AlreadySettled
    if not note.strip():
        raise ReasonMissing
    return _settle(actor, held, Held.Settled.DROPPED, note.strip()[:200])


def _settle(actor: Actor, held: Held, how: Held.Settled, note: str = "") -> Held:
    held.settled, held.settled_at, held.settled_by = how, now(), actor.id
    held.body, held.note = None, note
    held.save(update_fields=["settled", "settled_at", "settled_by", "body", "note"])
    if how == Held.Settled.APPLIED:
        held.command.outcome = Command.Outcome.APPLIED
        held.command.save(update_fields=["outcome"])
    left = Held.objects.filter(device_id=held.device_id, settled="").count()
    record(
        events.CommandSettled(
            subject_id=held.device_id,
            area_path=held.area_path,
            command_id=held.command_id,
            how=str(how),
            left=left,
        ),
        actor=actor,
    )
    return held


def apply_kept(actor: Actor, *, at_most: int = 500) -> int:
    """Try what was kept once more, each by itself, oldest first; how many could be applied.

    What its room now refuses becomes a refused entry, for somebody to look at.
    """
    actor.must(Duty.OPERATE)
    waiting = Held.objects.filter(settled="", outcome=Command.Outcome.KEPT).order_by("received_at")
    applied = 0
    for command_id in list(waiting.values_list("command_id", flat=True)[:at_most]):
        applied += _apply_kept(actor, command_id)
    return applied


@transaction.atomic
def _apply_kept(actor: Actor, command_id: UUID) -> bool:
    held = get_held(actor, command_id, for_change=True)
    if held.settled or held.command.kind not in KINDS:
        return False
    sender = sender_of(held.device)
    answer = apply_again(held, sender)
    if answer.outcome == "kept":
        return False
    if answer.outcome != "refused":
        _settle(actor, held, Held.Settled.APPLIED)
        return True
    held.outcome = held.command.outcome = Command.Outcome.REFUSED
    held.code, held.message, held.facts = answer.code, answer.message[:500], dict(answer.facts)
    held.save(update_fields=["outcome", "code", "message", "facts"])
    held.command.save(update_fields=["outcome"])
    record(
        events.CommandsRefused(
            subject_id=sender.device_id,
            area_path=sender.area_path,
            account_id=sender.actor.id,
            duty=str(KINDS[held.command.kind].duty),
            number=1,
            codes=answer.code,
        ),
        actor=sender.actor,
    )
    return False


def forget_commands(actor: Actor, *, at_most: int = 50_000) -> int:
    """Delete what only served to recognise repetitions, once no phone can repeat it any more."""
    actor.must(Duty.OPERATE)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM sync_command WHERE id IN (SELECT one.id FROM sync_command one"
            " WHERE one.id < %s::uuid AND one.received_at < %s AND NOT EXISTS"
            " (SELECT FROM sync_held WHERE command_id = one.id) ORDER BY one.id LIMIT %s)",
            [rules.first_id_at(now() - rules.REPEATS_FOR), now() - rules.REPEATS_FOR, at_most],
        )
        forgotten: int = cursor.rowcount
    return forgotten
