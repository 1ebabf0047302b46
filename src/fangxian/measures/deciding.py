"""What every decision here needs: who may, what it rests on, what may be told of it, a number.

Reasons given by rules are msgids (`gettext_noop`), shown in the reader's language. Where a verb is
not told its cause, the cause is what happened to the same thing last.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_noop

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Event
from fangxian.measures.queries import (
    last_event_of,
)

NEXT_STAGE = gettext_noop("The next stage of the measure begins.")
CONDITIONS_HOLD = gettext_noop("All release conditions of the rules hold.")
OBJECTION_UPHELD = gettext_noop("An objection was upheld.")
REPLACED = gettext_noop("A stricter risk area replaces it.")

NEW_INFECTION = gettext_noop("A new infection in the risk area started its days again.")
AREA_OVER = gettext_noop("The risk area is over.")
PACK_CHANGED = gettext_noop("The rules in force have changed.")
NOT_IN_PACK = gettext_noop("The rules now in force know no such measure.")

_RULE_REASONS = frozenset(
    {
        AREA_OVER,
        NEW_INFECTION,
        PACK_CHANGED,
        NOT_IN_PACK,
        NEXT_STAGE,
        CONDITIONS_HOLD,
        OBJECTION_UPHELD,
        REPLACED,
    }
)
DECIDERS = frozenset({Duty.DECIDE_MEASURES, Duty.COMMAND})
IN_THE_FIELD = DECIDERS | {Duty.CARRY_OUT, Duty.DISPATCH}


Because = Event | UUID | None


def must_one_of(actor: Actor, duties: Collection[Duty], at: str) -> None:
    if not any(actor.may(duty, at=at) for duty in duties):
        raise NotYours(str(min(duties).label))


def cause_or_last(thing: UUID, because: Because) -> Event | UUID | None:
    return because or last_event_of(PLAYBOOK, thing)


def sayable(actor: Actor, reason: str) -> str:
    """A reason that may stand in the ledger: a rule's. What a person wrote stays with the thing."""
    return reason if actor.id == PLAYBOOK.id or reason in _RULE_REASONS else ""


def next_numbers(sequence: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)", [f"measures_{sequence}", count]
        )
        return [number for (number,) in cursor.fetchall()]


def one_at_a_time(ground: UUID) -> None:
    """Until the transaction ends nobody else decides on this ground, so that of a command sent
    twice at once the second finds what the first did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(ground)])
