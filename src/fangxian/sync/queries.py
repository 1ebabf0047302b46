from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from fangxian.areas.queries import names_of
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import moved
from fangxian.kernel.models import Account
from fangxian.sync.errors import NoSuchAccount, NoSuchCommand, NoSuchDevice
from fangxian.sync.models import Device, Held

SUPERVISORS = (Duty.DISPATCH, Duty.MANAGE_ACCOUNTS)
"""Either may give phones to people of their area and take them back."""

LOCK_MINUTES = 5
"""Without a touch, after which the app asks for the PIN again."""


def must_supervise(viewer: Actor, *, at: str | None = None) -> None:
    if not viewer.may(Duty.MANAGE_ACCOUNTS, at=at):
        viewer.must(Duty.DISPATCH, at=at)


def supervises(viewer: Actor) -> bool:
    return any(viewer.may(duty) for duty in SUPERVISORS)


def devices_visible_to(viewer: Actor) -> QuerySet[Device]:
    """Those of the viewer's area for a supervisor; one's own for everybody else."""
    devices = Device.objects.all()
    if supervises(viewer):
        return devices.filter(Q(area_path__startswith=viewer.within) | Q(account_id=viewer.id))
    return devices.filter(account_id=viewer.id)


def get_device(viewer: Actor, device_id: UUID, *, for_change: bool = False) -> Device:
    devices = devices_visible_to(viewer)
    devices = devices.select_for_update(of=("self",)) if for_change else devices
    device = devices.select_related("account").filter(id=device_id).first()
    if device is None:
        raise NoSuchDevice
    return device


def devices_of(viewer: Actor, account_id: UUID) -> QuerySet[Device]:
    """The phones of one person, the latest first."""
    return devices_visible_to(viewer).filter(account_id=account_id).order_by("-enrolled_at", "-id")


def who_may_be_invited(viewer: Actor) -> QuerySet[Account]:
    """People of the viewer's area, by name."""
    must_supervise(viewer)
    accounts = Account.objects.filter(is_active=True, area_path__startswith=viewer.within)
    return accounts.order_by("display_name", "id")


def get_account(viewer: Actor, account_id: UUID) -> Account:
    account = who_may_be_invited(viewer).filter(id=account_id).first()
    if account is None:
        raise NoSuchAccount
    return account


# What waits to be put right


def held_visible_to(viewer: Actor) -> QuerySet[Held]:
    """Entries that were refused or are kept: of the viewer's area, or from one's own phones."""
    held = Held.objects.all()
    if supervises(viewer):
        return held.filter(Q(area_path__startswith=viewer.within) | Q(device__account_id=viewer.id))
    return held.filter(device__account_id=viewer.id)


def held_waiting(viewer: Actor, *, device_id: UUID | None = None) -> QuerySet[Held]:
    """What nobody has settled yet, the latest first."""
    held = held_visible_to(viewer).filter(settled="")
    if device_id is not None:
        held = held.filter(device_id=device_id)
    return held.select_related("command", "device__account").order_by("-received_at", "-command_id")


def get_held(viewer: Actor, command_id: UUID, *, for_change: bool = False) -> Held:
    rows = held_visible_to(viewer)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    held = rows.select_related("command", "device__account").filter(command_id=command_id).first()
    if held is None:
        raise NoSuchCommand
    return held


def waiting_of(viewer: Actor, device_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many unsettled entries each phone has; a phone without any is absent."""
    rows = (
        held_visible_to(viewer)
        .filter(settled="", device_id__in=device_ids)
        .values_list("device_id")
        .annotate(number=Count("command_id"))
        .order_by()
    )
    return dict(rows)


# What a phone is told about itself


def me_for(viewer: Actor, *, device: Device) -> dict[str, Any]:
    """The feed's part "me": whose phone this is, what for, until when."""
    return {
        "device": str(device.id),
        "name": viewer.name,
        "area": {
            "path": viewer.within,
            "name": names_of(viewer, [viewer.within])[viewer.within] if viewer.within else "",
        },
        "duties": sorted(str(duty) for duty in viewer.duties),
        "modes": list(device.modes),
        "expires_at": _iso(device.expires_at),
        "lock_minutes": LOCK_MINUTES,
        "exercise": settings.MODE == "demo" or moved(),
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat()
