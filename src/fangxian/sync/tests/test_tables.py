"""What the tables themselves refuse."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.sync.models import Command, Device, Held, Invitation
from fangxian.sync.tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_follows")]


def breaks(constraint: str, change: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        change()


def test_an_invitation_is_whole() -> None:
    make.phone()
    rows = Invitation.objects.all()

    breaks("invitation_has_known_modes", lambda: rows.update(modes=["dance"]))
    breaks("invitation_has_known_modes", lambda: rows.update(modes=[]))
    breaks("invitation_ends_after_it_began", lambda: rows.update(ends_at=now() - timedelta(days=1)))
    breaks(
        "invitation_is_used_before_it_ends",
        lambda: rows.update(used_at=now() + timedelta(days=1)),
    )


def test_a_device_is_whole() -> None:
    make.phone()
    rows = Device.objects.all()

    breaks("device_has_known_modes", lambda: rows.update(modes=["dance"]))
    breaks(
        "device_expires_after_enrolment",
        lambda: rows.update(expires_at=now() - timedelta(days=1)),
    )
    breaks("device_revoked_says_who_and_why", lambda: rows.update(revoked_at=now()))


def test_a_held_command_is_whole() -> None:
    make.phone().send(make.command("later.kind"))
    rows = Held.objects.all()

    breaks("held_was_refused_or_kept", lambda: rows.update(outcome="applied"))
    breaks("held_says_the_trouble", lambda: rows.update(code=""))
    breaks("held_has_its_body_until_settled", lambda: rows.update(body=None))
    breaks(
        "held_set_aside_says_why",
        lambda: rows.update(settled="dropped", body=None, settled_at=now(), settled_by=new_id()),
    )


def test_a_command_is_there_once() -> None:
    make.phone().send(make.command("later.kind"))
    one = Command.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Command.objects.create(id=one.id, device_id=one.device_id, seq=2, kind="x.y", at=now())
