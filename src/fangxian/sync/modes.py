"""What a phone is used for, and which of its owner's duties it carries for that."""

from collections.abc import Iterable

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.access import Duty


class Mode(TextChoices):
    DESK = "desk", _("Sampling desk")
    CHECKPOINT = "checkpoint", _("Checkpoint")
    VENUE = "venue", _("Venue door")
    TASKS = "tasks", _("My tasks")


_CARRIES = {
    Mode.DESK: {Duty.COLLECT_SAMPLES, Duty.ENTER_RESULTS},
    Mode.CHECKPOINT: {Duty.GUARD},
    Mode.VENUE: {Duty.GUARD},
    Mode.TASKS: {Duty.CARRY_OUT, Duty.COLLECT_SAMPLES, Duty.GUARD},
}
"""A lost phone is worth no more than its modes: it never carries a duty of the office."""


def duties_of(modes: Iterable[str], held: Iterable[Duty]) -> frozenset[Duty]:
    """What a phone with these modes may do for an owner who holds these duties."""
    carried: set[Duty] = set()
    for mode in modes:
        carried |= _CARRIES[Mode(mode)]
    return frozenset(carried & set(held))


def open_to(held: Iterable[Duty]) -> list[Mode]:
    """The modes that somebody with these duties has any use for."""
    duties = set(held)
    return [mode for mode in Mode if _CARRIES[mode] & duties]
