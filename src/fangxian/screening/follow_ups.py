"""The ledger of people: who is in it, what was said of them, and what that comes to.

Set by set, for lists are long. What is decided about one person is decided in `judge` alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from fangxian.areas.models import Area
from fangxian.areas.rules import paths_to
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force
from fangxian.protocol.sections import Screening
from fangxian.screening import rules
from fangxian.screening.errors import NoScreeningRules
from fangxian.screening.events import (
    EverybodyReached,
    FollowUpClosed,
    FollowUpOpenedAgain,
    PeopleToReach,
    StayAtRiskFound,
)
from fangxian.screening.models import Campaign, FollowUp, InboundList, Mention, Trip
from fangxian.screening.places import Places
from fangxian.screening.rules import Stay

ZONE = ZoneInfo(settings.TIME_ZONE)
_POST_DEPTH = 7  # province, city, district, subdistrict, community, grid, and one to spare
_POSTS = (Area.Level.COMMUNITY, Area.Level.GRID)

Because = Event | UUID | None
State, Next, Reason = FollowUp.State, FollowUp.Next, FollowUp.CloseReason


def screening_of(pack: Pack) -> Screening:
    if pack.screening is None:
        raise NoScreeningRules(pack.stamp)
    return pack.screening


def limit(name: str, area_path: str) -> timedelta:
    """A time limit of the pack; nothing where it has none, so that the thing is due now."""
    span = in_force(now(), area_path).time_limits.get(name)
    return span.length if span else timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One person-time: who was named, by whom, and where they are said to have been."""

    resident_id: UUID
    area_path: str
    kind: str
    digest: bytes
    stays: Sequence[Stay] = ()
    was_there: bool | None = None
    line: int | None = None


@dataclass(slots=True)
class Taken:
    """What became of a set of person-times.

    of       follow-up by resident, for everybody who was named
    fresh    those who were not in the campaign before
    """

    mentions: int = 0
    repeated: int = 0
    of: dict[UUID, FollowUp] = field(default_factory=dict)
    fresh: list[FollowUp] = field(default_factory=list)


def lock(campaign: Campaign) -> None:
    """Two lists of one campaign are taken in one after the other, so nobody enters it twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [str(campaign.id)])


def enter(
    campaign: Campaign,
    named: Sequence[Named],
    *,
    places: Places,
    inbound: InboundList | None = None,
) -> Taken:
    """Everybody who was named, each once in the campaign, with what was said; a dozen statements.

    Saying the same again is no second time. Nothing is decided here.
    """
    lock(campaign)
    said = {bytes(one.digest): one for one in named}
    before = Mention.objects.filter(campaign=campaign, digest__in=list(said))
    known = {bytes(digest) for digest in before.values_list("digest", flat=True)}
    new = [one for digest, one in said.items() if digest not in known]
    taken = Taken(mentions=len(new), repeated=len(named) - len(new))
    taken.of = {
        one.resident_id: one
        for one in FollowUp.objects.filter(
            campaign=campaign, resident__in={one.resident_id for one in named}
        )
    }
    taken.fresh = _begin(campaign, new, taken.of)
    taken.of |= {one.resident_id: one for one in taken.fresh}
    _write_down(campaign, new, taken, places, inbound)
    return taken


def _begin(campaign: Campaign, named: Iterable[Named], present: Collection[UUID]) -> list[FollowUp]:
    homes = {one.resident_id: one.area_path for one in named if one.resident_id not in present}
    if not homes:
        return []
    at = now()
    due = at + limit("coordination.landed_check", campaign.area_path)
    posts = posts_of(homes.values())
    owners = owners_of(set(posts.values()))
    first = rules.next_action(
        State.TO_REACH,
        calls=0,
        channels=campaign.channels,
        calls_before_visit=screening_of(in_force(at, campaign.area_path)).calls_before_visit.whole,
    )
    return [
        FollowUp(
            number=number,
            campaign=campaign,
            resident_id=resident,
            area_path=path,
            post_path=posts[path],
            owner_id=owners.get(posts[path]),
            next_action=first,
            times=0,
            found_at=at,
            due_at=due,
        )
        for (resident, path), number in zip(
            homes.items(), numbers("follow_up", len(homes)), strict=True
        )
    ]


def _write_down(
    campaign: Campaign,
    new: Sequence[Named],
    taken: Taken,
    places: Places,
    inbound: InboundList | None,
) -> None:
    mentions, trips = [], []
    for one in new:
        follow_up = taken.of[one.resident_id]
        follow_up.times += 1
        mention = Mention(
            id=new_id(),
            campaign=campaign,
            follow_up=follow_up,
            kind=one.kind,
            inbound=inbound,
            line=one.line,
            was_there=one.was_there,
            digest=one.digest,
            at=now(),
        )
        mentions.append(mention)
        for stay in one.stays:
            match = places.match(stay)
            if follow_up.state != State.UNDER_MEASURE:  # then it is that of the measure
                follow_up.rank = max(follow_up.rank, match.rank)
            trips.append(
                Trip(
                    follow_up=follow_up,
                    mention=mention,
                    place_said=stay.place,
                    place_path=places.path_of(stay.place),
                    from_day=stay.from_day,
                    until_day=stay.until_day,
                    how=stay.how,
                    risk=match.risk,
                    level=match.level,
                    rank=match.rank,
                    subject=match.subject,
                    left_on=match.left_on,
                    risk_id=match.risk_id,
                )
            )
    fresh = {one.id for one in taken.fresh}
    again = {one.resident_id for one in new}
    FollowUp.objects.bulk_create(taken.fresh, batch_size=2000)
    FollowUp.objects.bulk_update(
        [one for one in taken.of.values() if one.id not in fresh and one.resident_id in again],
        ["times", "rank"],
        batch_size=2000,
    )
    Mention.objects.bulk_create(mentions, batch_size=2000)
    Trip.objects.bulk_create(trips, batch_size=2000)


def numbers(thing: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)", [f"screening_{thing}_number", count]
        )
        return [number for (number,) in cursor.fetchall()]


# Where people are reached, and by whom


def posts_of(paths: Iterable[str]) -> dict[str, str]:
    """The grid of each place, or its community where it has none; "" where neither is known."""
    wanted = set(paths)
    steps = {step for path in wanted for step in paths_to(path)[:_POST_DEPTH]}
    posts = set(
        Area.objects.filter(path__in=steps, level__in=_POSTS, ended_at=None).values_list(
            "path", flat=True
        )
    )
    return {
        path: next((step for step in reversed(paths_to(path)) if step in posts), "")
        for path in wanted
    }


def owners_of(posts: Iterable[str]) -> dict[str, UUID]:
    """Who is to reach the people of each post: the one account that is nearest, if it is one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT path, min(id::text) FROM (
                SELECT post.path, account.id,
                    rank() OVER (PARTITION BY post.path ORDER BY length(account.area_path) DESC)
                FROM unnest(%s::text[]) AS post(path) JOIN kernel_account AS account
                    ON account.is_active AND %s = ANY(account.duties)
                    AND starts_with(post.path, account.area_path)
                    AND length(account.area_path) > 0
            ) AS near WHERE rank = 1 GROUP BY path HAVING count(*) = 1
            """,
            [[post for post in posts if post], str(Duty.CARRY_OUT)],
        )
        return {path: UUID(one) for path, one in cursor.fetchall()}


def tell_posts(
    actor: Actor, campaign: Campaign, fresh: Iterable[FollowUp], *, because: Because
) -> None:
    """One fact a grid or community that has new people to reach."""
    waiting = Counter(
        one.post_path or campaign.area_path for one in fresh if one.state == State.TO_REACH
    )
    due = now() + limit("coordination.landed_check", campaign.area_path)
    record_many(
        [
            PeopleToReach(
                subject_id=campaign.id,
                area_path=post,
                pack=campaign.pack,
                code=campaign.code,
                number=number,
                due_at=due,
            )
            for post, number in sorted(waiting.items())
        ],
        actor=actor,
        because=because,
    )


def tell_if_everybody_is_reached(
    actor: Actor, campaign: Campaign, post_path: str, *, because: Because
) -> None:
    left = FollowUp.objects.filter(
        campaign=campaign, post_path=post_path, state=State.TO_REACH
    ).exists()
    if not left:
        record(
            EverybodyReached(
                subject_id=campaign.id,
                area_path=post_path or campaign.area_path,
                pack=campaign.pack,
                code=campaign.code,
            ),
            actor=actor,
            because=because,
        )


# What it comes to


def of_person(follow_up: FollowUp) -> dict[str, Any]:
    """The fields that every fact about one person has."""
    return {
        "subject_id": follow_up.id,
        "area_path": follow_up.area_path,
        "code": follow_up.code,
        "campaign_id": follow_up.campaign_id,
        "resident_id": follow_up.resident_id,
        "pack": in_force(now(), follow_up.area_path).stamp,
    }


def judge(actor: Actor, follow_up: FollowUp, *, because: Because) -> FollowUp:
    """What follows from everything that was said of one person, by the rules in force.

    Nobody is judged before they were spoken to; nothing here restricts anybody.
    """
    kinds = set(follow_up.mentions.values_list("kind", flat=True))
    if not rules.supports_a_measure(kinds):
        return follow_up
    trips = list(follow_up.trips.filter(dismissed_at=None).select_related("mention"))
    at_risk = [trip for trip in trips if trip.risk == Trip.Risk.RISK]
    if at_risk:
        return _was_at_risk(actor, follow_up, at_risk, because)
    own = [trip for trip in trips if trip.mention.kind in {"told", "declared"}]
    if any(trip.risk == Trip.Risk.UNCLEAR for trip in own):
        due = now() + limit("coordination.landed_check", follow_up.area_path)
        return move(follow_up, State.REACHED, due_at=due)
    if follow_up.state == State.UNDER_MEASURE:
        return follow_up
    return close(actor, follow_up, Reason.NO_RISK, because=because)


def strictest(trips: Sequence[Trip]) -> Trip:
    """Of the strictest level the one that was left last."""
    return max(trips, key=lambda trip: (trip.rank, trip.left_on or trip.until_day, str(trip.id)))


def _was_at_risk(
    actor: Actor, follow_up: FollowUp, trips: Sequence[Trip], because: Because
) -> FollowUp:
    worst = strictest(trips)
    if follow_up.state == State.UNDER_MEASURE and worst.rank <= follow_up.rank:
        return follow_up
    evidence = rules.strongest(
        trip.mention.kind
        for trip in trips
        if (trip.rank, trip.left_on) == (worst.rank, worst.left_on)
    )
    follow_up.rank = worst.rank
    follow_up.save(update_fields=["rank"])
    due = now() + limit("coordination.controlled", follow_up.area_path)
    move(follow_up, State.AT_RISK, due_at=due)
    allowed = screening_of(in_force(now(), follow_up.area_path)).ordered_at_once
    record(
        StayAtRiskFound(
            **of_person(follow_up),
            level=worst.level,
            subject=worst.subject,
            left_on=worst.left_on or worst.until_day,
            evidence=evidence,
            at_once=rules.may_be_ordered_at_once(evidence, allowed),
        ),
        actor=actor,
        because=because,
    )
    follow_up.refresh_from_db()  # what follows from it may have moved the person on
    return follow_up


def move(follow_up: FollowUp, state: str, *, due_at: datetime) -> FollowUp:
    """To another state, with the next action that goes with it."""
    campaign = follow_up.campaign
    pack = in_force(now(), follow_up.area_path)
    follow_up.state, follow_up.due_at = state, due_at
    follow_up.next_action = rules.next_action(
        state,
        calls=follow_up.calls,
        channels=campaign.channels,
        calls_before_visit=screening_of(pack).calls_before_visit.whole,
    )
    follow_up.closed_at, follow_up.close_reason, follow_up.close_note = None, "", ""
    follow_up.forget_at = None
    follow_up.save()
    return follow_up


def close(
    actor: Actor, follow_up: FollowUp, reason: str, *, note: str = "", because: Because = None
) -> FollowUp:
    """Closed with a reason; who was without risk is forgotten after the pack's days."""
    at = now()
    follow_up.state, follow_up.next_action = State.CLOSED, Next.NOTHING
    follow_up.closed_at, follow_up.close_reason = at, reason
    follow_up.close_note = note
    if reason in WITHOUT_RISK:
        keep = screening_of(in_force(at, follow_up.area_path)).forget_without_risk.length
        follow_up.forget_at = at + keep
    follow_up.save()
    record(FollowUpClosed(**of_person(follow_up), reason=reason), actor=actor, because=because)
    return follow_up


WITHOUT_RISK = frozenset({Reason.NO_RISK, Reason.DISMISSED, Reason.NOT_FOUND, Reason.MISTAKE})


def open_again(actor: Actor, follow_up: FollowUp, *, because: Because) -> FollowUp:
    """Something new was said of somebody who had been closed."""
    move(
        follow_up,
        State.TO_REACH,
        due_at=now() + limit("coordination.landed_check", follow_up.area_path),
    )
    record(FollowUpOpenedAgain(**of_person(follow_up)), actor=actor, because=because)
    return follow_up


def left_at(trip: Trip) -> datetime:
    """When the person left the place of risk, for the days to be counted from."""
    day = trip.left_on or trip.until_day
    return min(datetime.combine(day, time.min, ZONE), now())
