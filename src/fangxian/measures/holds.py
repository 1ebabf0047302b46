"""The verbs of holds: who stays until a positive pool is explained, and for hours only."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from fangxian.areas.queries import enclosing
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ledger import record
from fangxian.measures import guards, rules
from fangxian.measures.deciding import Because, cause_or_last, one_at_a_time, sayable
from fangxian.measures.errors import (
    ReasonNeeded,
)
from fangxian.measures.events import (
    PlaceHeld,
    PlaceHoldEnded,
)
from fangxian.measures.models import (
    Order,
    PlaceHold,
)
from fangxian.measures.orders import store
from fangxian.measures.risk_areas import called
from fangxian.people.queries import dead_among
from fangxian.protocol.queries import in_force


@transaction.atomic
def hold_person(
    actor: Actor, resident_id: UUID, *, area_path: str, about_id: UUID, because: Because
) -> Order | None:
    """Ask one person to stay in place until the retest; None if the pack holds nobody."""
    held = hold_people(actor, [(resident_id, area_path)], about_id=about_id, because=because)
    return held[0] if held else None


@transaction.atomic
def hold_people(
    actor: Actor, people: Sequence[tuple[UUID, str]], *, about_id: UUID, because: Because
) -> list[Order]:
    """Hold many people, each with the path where they stay, on one ground; [] if the pack holds
    nobody. Those held already on this ground keep their order.
    """
    if not people:
        return []
    around = rules.around([path for _, path in people])
    actor.must(Duty.DECIDE_MEASURES, at=around)
    attempt = guards.Attempt(actor=actor, about=about_id, area_path=around)
    cause = guards.there_is_a_cause(attempt, because)
    at = now()
    pack = in_force(at, around)
    hold = pack.positive_pool.hold
    if pack.positive_pool.hold_scope == "none" or hold is None:
        return []
    dead = dead_among(PLAYBOOK, [resident_id for resident_id, _ in people])
    orders = [
        Order(
            resident_id=resident_id,
            area_path=path,
            kind=Order.Kind.HOLD,
            subject="pool_member",
            about_id=about_id,
            pack=pack.stamp,
            rule="positive_pool.hold",
            counted_from=at,
            ends_at=at + hold.length,
        )
        for resident_id, path in people
        if resident_id not in dead
    ]
    return [order for order, _ in store(actor, orders, cause)]


@transaction.atomic
def hold_place(actor: Actor, home: str, *, about_id: UUID, because: Because) -> PlaceHold | None:
    """Ask the neighbours of a pool's member to stay until the retest: the stairwell or compound
    around `home`, as the pack says. A place held already on this ground keeps its hold. None where
    the home is not known more exactly than that: a whole community is never held instead.
    """
    actor.must(Duty.DECIDE_MEASURES, at=home)
    attempt = guards.Attempt(actor=actor, about=about_id, area_path=home)
    cause = guards.there_is_a_cause(attempt, because)
    at = now()
    pack = in_force(at, home)
    pool = pack.positive_pool
    guards.neighbours_are_held_by_rule_only(attempt, held=pool.neighbours_held)
    length = pool.hold.length if pool.hold else None
    ends_at = guards.there_is_an_end(attempt, at + length if length else None)
    scope = "unit" if pool.hold_scope == "stairwell" else "compound"
    places = enclosing(PLAYBOOK, home, scope)
    if not places:
        return None
    one_at_a_time(about_id)
    held = PlaceHold.objects.filter(about_id=about_id, ended_at=None, places=places).first()
    if held is not None:
        return held
    hold = PlaceHold.objects.create(
        name=called(places, "compound"),
        area_path=rules.around(places),
        places=places,
        because_id=cause.id,
        about_id=about_id,
        pack=pack.stamp,
        rule="positive_pool.hold",
        starts_at=at,
        ends_at=ends_at,
    )
    record(
        PlaceHeld(
            subject_id=hold.id,
            area_path=hold.area_path,
            pack=hold.pack,
            name=hold.name,
            about_id=about_id,
            ends_at=ends_at,
        ),
        actor=actor,
        because=cause,
    )
    return hold


@transaction.atomic
def end_hold_of_place(
    actor: Actor, about_id: UUID, *, reason: str, because: Because = None
) -> list[PlaceHold]:
    """End what a pool held around its members. Ending again changes nothing."""
    actor.must(Duty.DECIDE_MEASURES)
    if not reason.strip():
        raise ReasonNeeded
    holds = list(
        PlaceHold.objects.select_for_update()
        .filter(about_id=about_id, ended_at=None, area_path__startswith=actor.within)
        .order_by("id")
    )
    for hold in holds:
        hold.ended_at, hold.end_reason = now(), reason.strip()
        hold.save(update_fields=["ended_at", "end_reason"])
        record(
            PlaceHoldEnded(
                subject_id=hold.id,
                area_path=hold.area_path,
                pack=hold.pack,
                name=hold.name,
                about_id=about_id,
                reason=sayable(actor, reason.strip()),
            ),
            actor=actor,
            because=cause_or_last(hold.id, because),
        )
    return holds
