"""What can be asked of screening. The viewer comes first; persons and person-times stay apart."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, Func, Q, QuerySet, Sum

from fangxian.areas.models import Area
from fangxian.areas.rules import paths_to
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.models import Account, Event
from fangxian.protocol.queries import in_force
from fangxian.screening.errors import (
    NoSuchCampaign,
    NoSuchFollowUp,
    NoSuchHandOver,
    NoSuchList,
)
from fangxian.screening.models import (
    Attempt,
    Campaign,
    FollowUp,
    HandOver,
    InboundList,
    Mention,
    RiskElsewhere,
    TextMessage,
    Trip,
)

READERS = frozenset(
    {
        Duty.INVESTIGATE,
        Duty.COMMAND,
        Duty.DISPATCH,
        Duty.CARRY_OUT,
        Duty.DECIDE_MEASURES,
        Duty.AUDIT,
    }
)
RUNNERS = frozenset({Duty.INVESTIGATE, Duty.COMMAND})
"""They begin campaigns and take lists in."""

State = FollowUp.State
_OWN = (State.TO_REACH, State.REACHED)


def must_read(viewer: Actor) -> None:
    if not READERS & viewer.duties:
        raise NotYours(str(Duty.INVESTIGATE.label))


def must_run(viewer: Actor, area_path: str) -> None:
    """Only who runs campaigns there reads what was refused of a list."""
    if not any(viewer.may(duty, at=area_path) for duty in RUNNERS):
        raise NotYours(str(Duty.INVESTIGATE.label))


# Campaigns


def campaigns_visible_to(viewer: Actor) -> QuerySet[Campaign]:
    """Those in the viewer's area and those that reach over it; newest first."""
    must_read(viewer)
    around = Q(area_path__in=paths_to(viewer.within)) if viewer.within else Q()
    rows = Campaign.objects.filter(Q(area_path__startswith=viewer.within) | around)
    return rows.order_by("-begun_at", "-id")


def get_campaign(viewer: Actor, campaign_id: UUID, *, for_change: bool = False) -> Campaign:
    rows = campaigns_visible_to(viewer)
    found = (rows.select_for_update() if for_change else rows).filter(id=campaign_id).first()
    if found is None:
        raise NoSuchCampaign(campaign_id)
    return found


def days_kept(viewer: Actor, campaign: Campaign) -> int:
    """How long people without risk are kept, in days."""
    numbers = in_force(now(), campaign.area_path).screening
    return numbers.forget_without_risk.length.days if numbers else 0


# Figures: each is counted here and nowhere else


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """People of a campaign in an area, by where they stand; and, apart, how often they were named.

    persons        = to_reach + reached + at_risk + under_measure + handed_over + closed
    person_times   never to be added to persons: one person may have been named three times
    overdue        of those who are not closed, whose next action should have been done by now
    """

    persons: int = 0
    person_times: int = 0
    to_reach: int = 0
    reached: int = 0
    at_risk: int = 0
    under_measure: int = 0
    handed_over: int = 0
    closed: int = 0
    overdue: int = 0

    @property
    def percent_reached(self) -> int:
        return 100 * (self.persons - self.to_reach) // self.persons if self.persons else 100


def _counted() -> dict[str, Count | Sum]:
    open_ = ~Q(state=State.CLOSED)
    by_state = {str(state): Count("id", filter=Q(state=state)) for state in State}
    return {
        "persons": Count("id"),
        "person_times": Sum("times", default=0),
        **by_state,
        "overdue": Count("id", filter=open_ & Q(due_at__lt=now())),
    }


def figures(viewer: Actor, campaign: Campaign, *, below: str = "") -> Figures:
    """Of the viewer's area, or of a part of it. Who was forgotten counts on as closed, for the
    whole of the campaign.
    """
    found = Figures(**_people_of(viewer, campaign, below).aggregate(**_counted()))
    whole = campaign.area_path.startswith(viewer.within) and not below
    if not whole or not campaign.forgotten_persons:
        return found
    values = {name: getattr(found, name) for name in Figures.__dataclass_fields__}
    values["persons"] += campaign.forgotten_persons
    values["closed"] += campaign.forgotten_persons
    values["person_times"] += campaign.forgotten_times
    return Figures(**values)


def figures_by_area(
    viewer: Actor, campaign: Campaign, *, level: str, below: str = ""
) -> list[tuple[Area, Figures]]:
    """The same for each area of a level, the one with most people to reach first.

    Who lives nowhere that is known stands under no area; `without_post` counts them.
    """
    areas = Area.objects.filter(level=level, path__startswith=below or viewer.within, ended_at=None)
    depth = {path.count("/") for path in areas.values_list("path", flat=True)[:1]}
    if not depth:
        return []
    rows = (
        _people_of(viewer, campaign, below)
        .annotate(part=_Steps(F("area_path"), steps=depth.pop()))
        .values("part")
        .annotate(**_counted())
        .order_by()
    )
    found = {row["part"]: _figures({**row}) for row in rows}
    known = [(area, found[area.path]) for area in areas if area.path in found]
    return sorted(known, key=lambda one: (-one[1].to_reach, -one[1].persons, one[0].path))


def _figures(row: dict[str, Any]) -> Figures:
    return Figures(**{name: row[name] for name in Figures.__dataclass_fields__})


def without_post(viewer: Actor, campaign: Campaign) -> int:
    """People whom no grid or community is to reach, for nobody knows where they live."""
    rows = _people_of(viewer, campaign, "").filter(post_path="")
    return rows.exclude(state=State.CLOSED).count()


def _people_of(viewer: Actor, campaign: Campaign, below: str) -> QuerySet[FollowUp]:
    same = FollowUp.CloseReason.SAME_PERSON
    return FollowUp.objects.filter(
        campaign=campaign, area_path__startswith=below or viewer.within
    ).exclude(close_reason=same)


class _Steps(Func):
    """The first steps of a path, as a path."""

    template = "array_to_string((string_to_array(%(expressions)s, '/'))[1:%(steps)d], '/') || '/'"
    output_field = CharField()


# People


def follow_ups_visible_to(viewer: Actor) -> QuerySet[FollowUp]:
    must_read(viewer)
    return FollowUp.objects.filter(area_path__startswith=viewer.within)


def get_follow_up(viewer: Actor, follow_up_id: UUID, *, for_change: bool = False) -> FollowUp:
    rows = follow_ups_visible_to(viewer)
    if for_change:
        rows = rows.select_for_update(of=("self",))
    found = rows.select_related("campaign", "resident").filter(id=follow_up_id).first()
    if found is None:
        raise NoSuchFollowUp(follow_up_id)
    return found


def follow_up_about(viewer: Actor, about_id: UUID) -> FollowUp | None:
    """The follow-up that an order rests on, if it rests on one."""
    return follow_ups_visible_to(viewer).filter(id=about_id).first()


def follow_ups_listed(
    viewer: Actor,
    campaign: Campaign,
    *,
    state: str = "",
    below: str = "",
    at_risk: bool = False,
    overdue: bool = False,
    owner: UUID | None = None,
) -> QuerySet[FollowUp]:
    """The ledger, narrowed, first what is due first.

    at_risk   of whom anybody said that they were at a place of risk
    """
    must_read(viewer)
    rows = _people_of(viewer, campaign, below)
    if state:
        rows = rows.filter(state=state)
    if at_risk:
        rows = rows.filter(rank__gt=0)
    if overdue:
        rows = rows.exclude(state=State.CLOSED).filter(due_at__lt=now())
    if owner:
        rows = rows.filter(owner=owner)
    return rows.select_related("campaign", "owner").order_by("due_at", "id")


def my_people(viewer: Actor, campaign_id: UUID | None = None) -> QuerySet[FollowUp]:
    """Whom the viewer is to speak to: their own, and those of their area whom nobody else has."""
    rows = follow_ups_visible_to(viewer).filter(state__in=_OWN, campaign__ended_at=None)
    rows = rows.filter(Q(owner=viewer.id) | Q(owner=None))
    if campaign_id:
        rows = rows.filter(campaign=campaign_id)
    return rows.select_related("campaign").order_by("due_at", "id")


def trips_of(viewer: Actor, ids: Iterable[UUID]) -> dict[UUID, list[Trip]]:
    """Where each of several people is said to have been, the strictest risk first."""
    found: dict[UUID, list[Trip]] = {}
    rows = Trip.objects.filter(
        follow_up__in=list(ids), follow_up__area_path__startswith=viewer.within
    )
    for trip in rows.select_related("mention__inbound").order_by("-rank", "-until_day", "id"):
        found.setdefault(trip.follow_up_id, []).append(trip)
    return found


def mentions_of(viewer: Actor, follow_up: FollowUp) -> QuerySet[Mention]:
    """Who named the person, oldest first: three lists are three sources of one person."""
    return follow_up.mentions.select_related("inbound").order_by("at", "id")


def attempts_of(viewer: Actor, follow_up: FollowUp) -> QuerySet[Attempt]:
    """Latest first."""
    return follow_up.attempts.order_by("-at", "-id")


def history_of(viewer: Actor, follow_up: FollowUp) -> list[Event]:
    """What happened with the person, latest first."""
    return list(Event.objects.filter(subject_id=follow_up.id).order_by("-seq")[:100])


def last_event_of(viewer: Actor, subject_id: UUID) -> Event | None:
    """What happened last to somebody: the natural cause of what happens next."""
    events = Event.objects.filter(subject_id=subject_id, area_path__startswith=viewer.within)
    return events.order_by("-seq").first()


def open_in_campaigns(viewer: Actor, resident_id: UUID) -> QuerySet[FollowUp]:
    """Where somebody is being followed up now."""
    return (
        follow_ups_visible_to(viewer)
        .filter(resident=resident_id)
        .exclude(state=State.CLOSED)
        .select_related("campaign")
        .order_by("found_at", "id")
    )


def who_may_reach(viewer: Actor, follow_up: FollowUp) -> list[Account]:
    """Accounts that may reach somebody, nearest to their door first."""
    found = [
        account
        for account in Account.objects.filter(
            is_active=True, duties__overlap=[str(Duty.CARRY_OUT), str(Duty.INVESTIGATE)]
        )
        if follow_up.area_path.startswith(account.area_path)
    ]
    return sorted(found, key=lambda one: (-len(one.area_path), one.display_name))


# Lists, messages, hand-overs, risk elsewhere


def lists_of(viewer: Actor, campaign: Campaign) -> QuerySet[InboundList]:
    """Newest first, without the files."""
    rows = campaign.lists.filter(area_path__startswith=viewer.within)
    return rows.defer("upload", "errors").order_by("-received_at", "-id")


def get_list(viewer: Actor, list_id: UUID, *, for_change: bool = False) -> InboundList:
    must_read(viewer)
    rows = InboundList.objects.filter(area_path__startswith=viewer.within)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("campaign", "account").filter(id=list_id).first()
    if found is None:
        raise NoSuchList(list_id)
    return found


def messages_by_state(viewer: Actor, campaign: Campaign) -> dict[str, int]:
    rows = TextMessage.objects.filter(
        campaign=campaign, follow_up__area_path__startswith=viewer.within
    )
    return dict(rows.values_list("state").annotate(Count("id")).order_by())


def hand_overs_open(viewer: Actor) -> QuerySet[HandOver]:
    """Letters without an answer, first what is due first."""
    must_read(viewer)
    rows = HandOver.objects.filter(
        state=HandOver.State.SENT, follow_up__area_path__startswith=viewer.within
    )
    return rows.select_related("follow_up").order_by("due_at", "id")


def hand_overs_of(viewer: Actor, follow_up: FollowUp) -> QuerySet[HandOver]:
    return follow_up.hand_overs.order_by("-sent_at", "-id")


def get_hand_over(viewer: Actor, hand_over_id: UUID, *, for_change: bool = False) -> HandOver:
    must_read(viewer)
    rows = HandOver.objects.filter(follow_up__area_path__startswith=viewer.within)
    rows = rows.select_for_update(of=("self",)) if for_change else rows
    found = rows.select_related("follow_up__resident").filter(id=hand_over_id).first()
    if found is None:
        raise NoSuchHandOver(hand_over_id)
    return found


def risks_elsewhere(viewer: Actor, *, at: datetime | None = None) -> QuerySet[RiskElsewhere]:
    """What other authorities published of places outside our district, newest first."""
    must_read(viewer)
    return RiskElsewhere.objects.order_by("-from_day", "-id")


def refused_rows(viewer: Actor, inbound: InboundList) -> bytes:
    """The .xlsx of the rows that were not taken; empty if there are none."""
    must_run(viewer, inbound.area_path)
    return base64.b64decode(inbound.errors.reveal()) if inbound.errors else b""
