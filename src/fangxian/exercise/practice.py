"""Playing sampler or guard: a phone to be enrolled, and things to hold before its camera.

For the demonstration only: whoever asks gets a phone of one of the cast.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import segno
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext as _

from fangxian.engines.codes import Claims, Kind, issue
from fangxian.exercise.cast import BUILDER
from fangxian.exercise.scene import DISTRICT
from fangxian.kernel import signing
from fangxian.kernel.clock import now
from fangxian.kernel.ids import code
from fangxian.kernel.models import Account
from fangxian.kernel.signing import SigningKey
from fangxian.measures.queries import orders_in_force, restricted_now
from fangxian.people.actions import issue_code
from fangxian.people.codes import texts
from fangxian.people.queries import residents_in
from fangxian.sampling.actions import print_labels
from fangxian.sync.actions import invite_device

Role = Literal["sampler", "guard"]
_WHO = {"sampler": ("zhou", ["desk", "tasks"]), "guard": ("gao", ["checkpoint", "venue", "tasks"])}
_PEOPLE = 6
_TUBES = 4
_DAYS = 2


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to be scanned: its text, and what it is good for."""

    title: str
    text: str

    @property
    def short(self) -> bool:
        return len(self.text) < 20  # noqa: PLR2004 - a label, to be read by people too

    @property
    def picture(self) -> str:
        """A QR code as the address of an image."""
        return segno.make(self.text, error="m").svg_data_uri(scale=4, border=3)


def give_phone(role: Role) -> tuple[str, list[tuple[str, str]]]:
    """The token of a phone to be enrolled within ten minutes, and (title, text) to be scanned."""
    username, modes = _WHO[role]
    account = Account.objects.get(username=username)
    _invitation, token = invite_device(BUILDER, account.id, modes=modes, days=_DAYS)
    things = [*_labels()] if role == "sampler" else []
    return token, [*things, *_persons(account.area_path)]


def _labels() -> Iterator[tuple[str, str]]:
    batch = print_labels(BUILDER, kind="T", count=_TUBES)
    for number in range(batch.first, batch.last + 1):
        yield _("Tube"), code("T", number)
    yield _("Box"), code("B", print_labels(BUILDER, kind="B", count=1).first)


def _persons(area_path: str) -> Iterator[tuple[str, str]]:
    kept = restricted_now(BUILDER)
    people = residents_in(BUILDER, area_path).order_by("id").values_list("id", flat=True)
    free = [one for one in people[: len(kept) + _PEOPLE] if one not in kept][:_PEOPLE]
    for one in free:
        personal = issue_code(BUILDER, one)
        yield _("Resident"), texts([personal])[personal.id]
    order = orders_in_force(BUILDER).filter(area_path__startswith=area_path).first()
    if order is not None:
        personal = issue_code(BUILDER, order.resident_id)
        yield _("Resident under an order"), texts([personal])[personal.id]
    real = signing.signer("code")
    yield _("Forged code"), _code(SigningKey(real.kid, ec.generate_private_key(ec.SECP256R1())))
    yield _("Expired code"), _code(real, days_ago=1)


def _code(key: SigningKey, *, days_ago: int = -1) -> str:
    """A code of nobody that ended so many days ago."""
    ends = now() - timedelta(days=days_ago)
    begins = ends - timedelta(days=30)
    return issue(
        Claims(
            kind=Kind.PERSON,
            district=DISTRICT,
            subject=os.urandom(8),
            initials="陈**",
            issued_at=begins,
            not_before=begins,
            expires_at=ends,
        ),
        key,
    )
