"""What may never be done, whoever asks and whatever a pack says. No setting turns this off.

The nine prohibitions (State Council joint mechanism, press conference of 5 June 2022):

    1  no travel limits outside medium- and high-risk areas   travel_stays_free, unit_is_not_widened
    2  nobody from a low-risk area sent back or isolated      low_risk_isolates_nobody
    3  no zone prolonged at will                              clock_restarts_by_infection_only
    4  the set of people isolated is not widened              nobody_else_is_isolated,
                                                               neighbours_are_held_by_rule_only,
                                                               not_by_poster_scans_alone
    5  no isolation or monitoring prolonged at will           isolation_is_not_prolonged,
                                                               a_pack_lengthens_nothing
    6  no medical service refused on epidemic grounds         see below
    7  students going home, 8 drivers, 9 shops that keep      no verb of this house closes a school,
       life going                                             a road or a shop

Emergency care needs no guard, because `leave_for_emergency_care` has no way to say no: an exit has
no state "refused", and the database knows none. A test tries every combination.

Each refusal is recorded at once on a connection of its own, so that it stays although the refused
transaction takes everything else back. `queries.refusals_by_guards` shows them to oversight.
"""

import contextvars
import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from fangxian.cases.events import CaseReclassified, CaseReported, ContactConfirmed
from fangxian.cases.queries import contacts_visible_to
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.measures import rules
from fangxian.measures.errors import (
    ExtensionWithoutReason,
    GuardRefusal,
    IsolatesFromLowRisk,
    LimitsTravelOutsideRiskAreas,
    OrderWithoutCause,
    OrderWithoutEnd,
    PackChangeProlongs,
    PosterScansAlone,
    ProlongsIsolation,
    ProlongsRiskArea,
    WidensRiskArea,
    WidensRiskAreaWithoutReason,
    WidensWhoIsIsolated,
)
from fangxian.measures.events import ExposureNoted, RefusedByGuard
from fangxian.measures.models import Order
from fangxian.sampling.events import TubeFoundPositive

_log = logging.getLogger("fangxian.guards")

EVIDENCE_OF_INFECTION = frozenset(
    fact.kind()
    for fact in (
        CaseReported,
        CaseReclassified,
        ContactConfirmed,
        TubeFoundPositive,
        ExposureNoted,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Who tries something, about whom or what, where: this is recorded if it is refused."""

    actor: Actor
    about: UUID
    area_path: str


def there_is_a_cause(attempt: Attempt, because: Event | UUID | None) -> Event:
    """The recorded fact that the restriction rests on."""
    cause = because if isinstance(because, Event) else None
    if isinstance(because, UUID):
        cause = Event.objects.filter(id=because).first()
    if cause is None:
        _refuse(attempt, OrderWithoutCause())
    return cause


def there_is_an_end(attempt: Attempt, ends_at: datetime | None) -> datetime:
    if ends_at is None:
        _refuse(attempt, OrderWithoutEnd())
    return ends_at


def low_risk_isolates_nobody(attempt: Attempt, subject: str, kind: str) -> None:
    if subject == "low_risk_leaver" and kind in rules.ISOLATING:
        _refuse(attempt, IsolatesFromLowRisk())


def nobody_else_is_isolated(
    attempt: Attempt, subject: str, kind: str | None, *, asked: str | None
) -> None:
    """Nobody gets a stricter measure than the pack asks for, which is `asked`.

    Treatment in hospital is care: an infected person may always have it.
    """
    if kind is None or (kind, subject) == ("hospital", "infected"):
        return
    if asked is None or rules.stricter(kind, than=asked):
        _refuse(attempt, WidensWhoIsIsolated())


def neighbours_are_held_by_rule_only(attempt: Attempt, *, held: bool) -> None:
    if not held:
        _refuse(attempt, WidensWhoIsIsolated())


def isolation_is_not_prolonged(
    attempt: Attempt, until: datetime, *, latest: datetime | None
) -> None:
    if latest is None or until > latest:
        _refuse(attempt, ProlongsIsolation(latest))


def extension_has_a_reason(attempt: Attempt, reason: str) -> str:
    if not reason.strip():
        _refuse(attempt, ExtensionWithoutReason())
    return reason.strip()


def travel_stays_free(attempt: Attempt, unit: str, measures: Collection[str]) -> None:
    """The rest of a district never keeps people in."""
    if unit == "district" and rules.KEEPS_PEOPLE_IN & set(measures):
        _refuse(attempt, LimitsTravelOutsideRiskAreas())


def unit_is_not_widened(
    attempt: Attempt,
    unit: str,
    *,
    usual: Collection[str],
    allowed: Collection[str],
    reason: str,
) -> None:
    """A unit wider than the usual ones of the pack needs a reason; one it does not allow, never."""
    if unit not in allowed:
        _refuse(attempt, WidensRiskArea(unit, max(allowed, key=rules.UNITS.index)))
    widest = max(usual, key=rules.UNITS.index)
    if rules.wider(unit, than=widest) and not reason.strip():
        _refuse(attempt, WidensRiskAreaWithoutReason(unit, widest))


def evidence_about(order: Order, because: Event | UUID | None) -> Event | None:
    """An infection or contact of this person, or in their dwelling, since the order was issued."""
    event = because if isinstance(because, Event) else None
    if isinstance(because, UUID):
        event = Event.objects.filter(id=because).first()
    if event is None or event.kind not in EVIDENCE_OF_INFECTION or event.at <= order.issued_at:
        return None
    same_person = event.facts.get("resident_id") == str(order.resident_id)
    return event if same_person or event.area_path == order.area_path else None


def a_pack_lengthens_nothing(attempt: Attempt, *, asked: Collection[UUID]) -> None:
    """Rules that came later never lengthen: whoever asks for it by a change of the pack is
    refused, one and all."""
    if asked:
        _refuse(attempt, PackChangeProlongs())


def not_by_poster_scans_alone(attempt: Attempt, cause: Event) -> None:
    """A contact known only from scans of a poster restricts nobody, whoever confirmed it."""
    if cause.kind != ContactConfirmed.kind():
        return
    contact = contacts_visible_to(PLAYBOOK).filter(id=cause.subject_id).first()
    if contact is not None and contact.how == "co_presence" and contact.evidence == "poster":
        _refuse(attempt, PosterScansAlone())


def clock_restarts_by_infection_only(attempt: Attempt, cause: Event) -> None:
    if cause.kind not in EVIDENCE_OF_INFECTION:
        _refuse(attempt, ProlongsRiskArea())


def refuse(attempt: Attempt, refusal: GuardRefusal) -> NoReturn:
    """For guards of rooms above, which record what they refuse in the same way."""
    _refuse(attempt, refusal)


def _refuse(attempt: Attempt, refusal: GuardRefusal) -> NoReturn:
    fact = RefusedByGuard(subject_id=attempt.about, area_path=attempt.area_path, guard=refusal.code)
    # The moved clock of an exercise lives in the context, which the thread must take along.
    work = contextvars.copy_context().run
    with ThreadPoolExecutor(max_workers=1) as apart:
        apart.submit(work, _record_apart, fact, attempt.actor).result()
    raise refusal


def _record_apart(fact: RefusedByGuard, actor: Actor) -> None:
    """In a thread, which has its own connection and so its own transaction."""
    try:
        with transaction.atomic():
            record(fact, actor=actor)
    except DatabaseError:  # the refusal stands all the same
        _log.exception("a refusal could not be recorded", extra={"guard": fact.guard})
    finally:
        connection.close()
