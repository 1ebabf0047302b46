"""Playing sampler or guard: a phone to be enrolled, and things to hold before its camera.

For the demonstration only: whoever asks gets a phone of one of the cast.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import segno
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.translation import gettext as _

from fangxian.areas.queries import area_of_level
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
from fangxian.people.codes import spoken, texts
from fangxian.people.queries import by_phone, phones_of, residents_in
from fangxian.requests.actions import take_in_call
from fangxian.sampling.actions import print_labels
from fangxian.sync.actions import invite_device

Role = Literal["sampler", "guard"]
_WHO = {"sampler": ("zhou", ["desk", "tasks"]), "guard": ("gao", ["checkpoint", "venue", "tasks"])}
_PEOPLE = 6
_TUBES = 4
_DAYS = 2
_BORN_BEFORE = 1996
_TRIED = 20


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


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A resident whom a visitor may be: with what they sign in, and from where they call."""

    phone: str
    card: str
    born: date


def somebody_at_home() -> Neighbour:
    """A grown-up of the sealed compound whose phone is theirs alone."""
    order = orders_in_force(BUILDER).order_by("number").first()
    area_path = order.area_path if order else ""
    home = area_of_level(BUILDER, area_path, "community") if area_path else None
    grown_up = residents_in(BUILDER, home.path if home else "").filter(
        phone__isnull=False, birth_date__year__lt=_BORN_BEFORE
    )
    for one in grown_up.order_by("area_path", "id")[:_TRIED]:
        phone = phones_of(BUILDER, [one.id])[one.id].reveal()
        if one.birth_date and by_phone(BUILDER, phone).count() == 1:
            personal = issue_code(BUILDER, one.id)
            return Neighbour(phone, spoken(personal), one.birth_date)
    raise LookupError("nobody of the district has a phone of their own")


def ring_the_hotline(phone: str) -> None:
    """The neighbour dials; an operator finds the call waiting."""
    take_in_call(BUILDER, phone=phone)


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
