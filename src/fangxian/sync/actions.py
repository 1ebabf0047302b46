from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.sync import events, rules
from fangxian.sync.errors import (
    ModeNotTheirs,
    ModesMissing,
    PinMissing,
    ReasonMissing,
    TokenUnknown,
)
from fangxian.sync.models import Device, Invitation
from fangxian.sync.modes import Mode, open_to
from fangxian.sync.queries import get_account, get_device, must_supervise

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
