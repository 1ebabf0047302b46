"""The verbs of screening: campaigns, lists, and the ledger of people.

What follows from them stands in the playbook alone. Handing over is in handing.py, text messages in
messages.py, what residents declare themselves in declaring.py.
"""

import base64
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Sum
from django.utils import translation

from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours, Refusal
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.jobs import app
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Account, Event
from fangxian.kernel.vault import Secret, seal
from fangxian.people import exporting, sheets
from fangxian.people.errors import FileRefused, PersonHasDied
from fangxian.people.queries import get_resident, homes_of, residents_in
from fangxian.protocol.queries import in_force
from fangxian.screening import columns, errors, follow_ups, lists, queries, rules
from fangxian.screening.events import (
    AttemptNoted,
    CallsInVain,
    CampaignBegun,
    CampaignEnded,
    ListTakenIn,
    PersonReached,
    PersonsForgotten,
    PutUnderMeasure,
    RiskElsewhereNoted,
    StayConfirmed,
    StayDismissed,
)
from fangxian.screening.follow_ups import Because, Named, limit, of_person
from fangxian.screening.models import (
    Attempt,
    Campaign,
    Channel,
    ColumnMap,
    FollowUp,
    HandOver,
    InboundList,
    Mention,
    RiskElsewhere,
    TextMessage,
    Trip,
)
from fangxian.screening.places import Places
from fangxian.screening.rules import Stay

State, Reason, Outcome = FollowUp.State, FollowUp.CloseReason, Attempt.Outcome
_RUNS = frozenset({Duty.INVESTIGATE, Duty.COMMAND})
REACHES = frozenset({Duty.CARRY_OUT, Duty.INVESTIGATE, Duty.DISPATCH})
_OF_LIVING_AT_ONCE = 2000
_ENDINGS_OF_A_PERSON = frozenset({Reason.NOT_FOUND, Reason.DEAD, Reason.MISTAKE})
"""With what a person may close; all other reasons come about by what happens."""


def _must_one_of(actor: Actor, duties: Collection[Duty], at: str) -> None:
    if not any(actor.may(duty, at=at) for duty in duties):
        raise NotYours(str(min(duties).label))


# Campaigns


@transaction.atomic
def begin_campaign(
    actor: Actor,
    *,
    name: str,
    ground: str,
    place_said: str,
    since: date,
    area_path: str,
    channels: Collection[str],
    ends_at: datetime,
    place_path: str = "",
    because: Because = None,
) -> Campaign:
    """Ask people where they were. It names its ground, how far back it asks, and its end.

    For a building, everybody who lives there is entered at once; otherwise people come in by lists
    and declarations.
    """
    _must_one_of(actor, _RUNS, area_path)
    pack = in_force(now(), area_path)
    numbers = follow_ups.screening_of(pack)
    if not name.strip() or not place_said.strip():
        raise errors.CampaignNamesNoGround
    if not set(channels) & set(Channel.values):
        raise errors.CampaignHasNoChannel
    if not today() - numbers.longest_look_back.length <= since <= today():
        raise errors.LookBackWrong(numbers.longest_look_back.length.days)
    if not now() < ends_at <= now() + numbers.longest.length:
        raise errors.EndWrong(numbers.longest.length.days)
    if ground == Campaign.Ground.BUILDING and not place_path:
        raise errors.CampaignNamesNoGround
    if place_path and not actor.sees(place_path):
        raise errors.NobodyLivesHere
    campaign = Campaign.objects.create(
        number=follow_ups.numbers("campaign", 1)[0],
        name=name.strip(),
        ground=Campaign.Ground(ground),
        place_said=place_said.strip(),
        place_path=place_path,
        since=since,
        area_path=area_path,
        channels=[one for one in Channel.values if one in channels],
        pack=pack.stamp,
        begun_by=actor.id,
        ends_at=ends_at,
    )
    event = record(
        CampaignBegun(
            subject_id=campaign.id,
            area_path=area_path,
            pack=campaign.pack,
            code=campaign.code,
            ground=campaign.ground,
            since=since,
            channels=campaign.channels,
            ends_at=ends_at,
        ),
        actor=actor,
        because=because,
    )
    if campaign.ground == Campaign.Ground.BUILDING:
        _enter_who_lives_there(actor, campaign, event)
    return campaign


def _enter_who_lives_there(actor: Actor, campaign: Campaign, because: Event) -> None:
    people = list(
        residents_in(PLAYBOOK, campaign.place_path).order_by().values_list("id", "area_path")
    )
    if not people:
        raise errors.NobodyLivesHere
    places = Places(campaign)
    fresh = []
    for start in range(0, len(people), _OF_LIVING_AT_ONCE):
        named = [
            Named(
                resident_id=one,
                area_path=path,
                kind=Mention.Kind.LIVES_HERE,
                digest=rules.say_again("lives_here", one),
            )
            for one, path in people[start : start + _OF_LIVING_AT_ONCE]
        ]
        fresh += follow_ups.enter(campaign, named, places=places).fresh
    follow_ups.tell_posts(actor, campaign, fresh, because=because)


@transaction.atomic
def end_campaign(
    actor: Actor, campaign_id: UUID, *, reason: str, because: Because = None
) -> Campaign:
    """Take nothing more in. Refused while anybody is still to be reached."""
    campaign = queries.get_campaign(actor, campaign_id, for_change=True)
    _must_one_of(actor, _RUNS, campaign.area_path)
    if not campaign.open:
        return campaign
    if not reason.strip():
        raise errors.ReasonNeeded
    left = FollowUp.objects.filter(campaign=campaign, state=State.TO_REACH).count()
    if left:
        raise errors.StillToReach(left)
    campaign.ended_at, campaign.end_reason = now(), reason.strip()
    campaign.save(update_fields=["ended_at", "end_reason"])
    record(
        CampaignEnded(
            subject_id=campaign.id,
            area_path=campaign.area_path,
            pack=campaign.pack,
            code=campaign.code,
        ),
        actor=actor,
        because=because,
    )
    return campaign


# Lists


def receive_list(
    actor: Actor,
    campaign_id: UUID,
    data: bytes,
    file_name: str,
    *,
    sender: str,
    sender_kind: str,
    language: str = "",
) -> InboundList:
    """Keep a list that somebody sent, encrypted, and let the worker take it in.

    Where its columns are not known, somebody names them first; that is remembered for the sender.
    """
    campaign = queries.get_campaign(actor, campaign_id)
    _must_one_of(actor, _RUNS, campaign.area_path)
    _must_be_open(campaign)
    sheets.refuse_too_large(len(data))
    if not sender.strip():
        raise errors.ReasonNeeded
    said = _columns_said(sender)
    headings = lists.headings_of(data, said)
    known = columns.recognised(headings, said)
    inbound = InboundList.objects.create(
        campaign=campaign,
        area_path=campaign.area_path,
        account=Account.objects.filter(id=actor.id).first(),
        sender=sender.strip(),
        sender_kind=InboundList.Sender(sender_kind),
        file_name=file_name[-120:],
        language=language or translation.get_language() or "",
        columns=known,
        state=InboundList.State.COLUMNS if columns.missing(known) else InboundList.State.WAITING,
        upload=Secret("file", seal(base64.b64encode(data).decode(), "file")),
    )
    if inbound.state == InboundList.State.WAITING:
        _take_in_later(inbound)
    return inbound


@transaction.atomic
def name_columns(actor: Actor, list_id: UUID, *, said: dict[str, str]) -> InboundList:
    """Say what the columns of a sender's lists hold; it is remembered for the next list."""
    inbound = queries.get_list(actor, list_id, for_change=True)
    _must_one_of(actor, _RUNS, inbound.area_path)
    if inbound.state != InboundList.State.COLUMNS:
        raise errors.ListIsOver
    known = {word: meaning for word, meaning in said.items() if meaning in columns.MEANINGS}
    if missing := columns.missing(known):
        raise errors.ColumnsMissing(", ".join(missing))
    ColumnMap.objects.update_or_create(
        sender=inbound.sender, defaults={"columns": known, "set_by": actor.id, "set_at": now()}
    )
    inbound.columns, inbound.state = known, InboundList.State.WAITING
    inbound.save(update_fields=["columns", "state"])
    _take_in_later(inbound)
    return inbound


def _columns_said(sender: str) -> dict[str, str]:
    known = ColumnMap.objects.filter(sender=sender.strip()).first()
    return dict(known.columns) if known else {}


def _take_in_later(inbound: InboundList) -> None:
    job = app.configure_task("fangxian.screening.jobs.take_in", lock=f"screening {inbound.id}")
    job.defer(list_id=str(inbound.id))


_COUNTS = [
    "rows_in_all", "rows_read", "rows_taken", "rows_repeated", "rows_refused", "persons_new",
]  # fmt: skip


def take_in_list(
    actor: Actor, list_id: UUID, *, progress: Callable[[InboundList], None] = lambda _list: None
) -> InboundList:
    """Enter everybody on a list that was kept. After a break it starts again and enters nothing
    twice; bad rows are kept with line and reason, the others load.
    """
    inbound = queries.get_list(actor, list_id)
    _must_one_of(actor, _RUNS, inbound.area_path)
    campaign = inbound.campaign
    if inbound.state not in {"waiting", "running"} or inbound.upload is None:
        raise errors.ListIsOver
    inbound.state = InboundList.State.RUNNING
    inbound.save(update_fields=["state"])
    fresh: list[FollowUp] = []

    def entered(taken: follow_ups.Taken) -> None:
        fresh.extend(taken.fresh)
        for one in lists.worth_opening_again(taken):
            follow_ups.open_again(actor, one, because=None)

    def note(tally: lists.Tally, rows_in_all: int) -> None:
        inbound.rows_in_all, inbound.rows_read = rows_in_all, tally.read
        inbound.rows_taken, inbound.rows_repeated = tally.taken, tally.repeated
        inbound.rows_refused, inbound.persons_new = len(tally.refused), tally.persons
        inbound.save(update_fields=_COUNTS)
        progress(inbound)

    with translation.override(inbound.language or translation.get_language()):
        try:
            _must_be_open(campaign)
            data = base64.b64decode(inbound.upload.reveal())
            tally = lists.take_in(actor, inbound, data, entered=entered, progress=note)
        except (FileRefused, errors.CampaignIsOver) as refusal:
            return _refuse(inbound, refusal)
        return _end_list(actor, inbound, tally, fresh)


def _refuse(inbound: InboundList, refusal: Refusal) -> InboundList:
    inbound.state, inbound.reason = InboundList.State.REFUSED, refusal.message
    inbound.upload, inbound.ended_at = None, now()
    inbound.save(update_fields=["state", "reason", "upload", "ended_at"])
    return inbound


@transaction.atomic
def _end_list(
    actor: Actor, inbound: InboundList, tally: lists.Tally, fresh: Sequence[FollowUp]
) -> InboundList:
    if tally.refused:
        rows = [(one.line, one.reasons, one.cells) for one in tally.refused]
        file = exporting.refused_rows(tally.header, rows)
        inbound.errors = Secret("file", seal(base64.b64encode(file).decode(), "file"))
    inbound.state, inbound.upload = InboundList.State.DONE, None
    inbound.ended_at = now()
    inbound.save(update_fields=["state", "upload", "errors", "ended_at"])
    event = record(
        ListTakenIn(
            subject_id=inbound.id,
            area_path=inbound.area_path,
            pack=inbound.campaign.pack,
            code=inbound.campaign.code,
            campaign_id=inbound.campaign_id,
            taken=inbound.rows_taken,
            repeated=inbound.rows_repeated,
            refused=inbound.rows_refused,
            persons=inbound.persons_new,
        ),
        actor=actor,
    )
    follow_ups.tell_posts(actor, inbound.campaign, fresh, because=event)
    return inbound


@transaction.atomic
def discard_refused_rows(actor: Actor, list_id: UUID) -> InboundList:
    """Delete the rows of a list that were not taken; they hold people's data. Safe to repeat."""
    inbound = queries.get_list(actor, list_id)
    _must_one_of(actor, _RUNS, inbound.area_path)
    inbound.errors = None
    inbound.save(update_fields=["errors"])
    return inbound


def _must_be_open(campaign: Campaign) -> None:
    if not campaign.open or campaign.ends_at <= now():
        raise errors.CampaignIsOver(campaign.code)


# People


@transaction.atomic
def note_attempt(
    actor: Actor,
    follow_up_id: UUID,
    *,
    channel: str,
    outcome: str,
    was_there: bool | None = None,
    stays: Sequence[Stay] = (),
    note: str = "",
    because: Because = None,
) -> FollowUp:
    """Note that somebody was called or visited, and what they said if they were reached.

    Whoever was reached has answered: they were there, with places and days, or they were not. From
    the answer follows what the rules in force say. Noting the same answer again changes nothing.
    """
    follow_up = queries.get_follow_up(actor, follow_up_id, for_change=True)
    _must_one_of(actor, REACHES, follow_up.area_path)
    if died_on := get_resident(PLAYBOOK, follow_up.resident_id).died_on:
        raise PersonHasDied(died_on)
    if outcome == Outcome.REACHED:
        _must_be_answered(was_there, stays)
    elif follow_up.state == State.CLOSED:
        raise errors.FollowUpIsClosed(follow_up.code)
    Attempt.objects.create(
        follow_up=follow_up,
        channel=Channel(channel),
        outcome=Outcome(outcome),
        by=actor.id,
        note=note.strip(),
    )
    event = record(
        AttemptNoted(**of_person(follow_up), channel=channel, outcome=outcome),
        actor=actor,
        because=because,
    )
    if outcome != Outcome.REACHED:
        return _not_reached(actor, follow_up, channel, event)
    return heard(
        actor,
        follow_up,
        kind=Mention.Kind.TOLD,
        was_there=bool(was_there),
        stays=stays,
        because=event,
    )


def _must_be_answered(was_there: bool | None, stays: Sequence[Stay]) -> None:  # noqa: FBT001
    if was_there is None or was_there != bool(stays):
        raise errors.AnswerMissing
    for stay in stays:
        if fault := columns.fault_of(stay.from_day, stay.until_day, today=today()):
            raise errors.StayWrong(f"{stay.place}: {fault}")


def _not_reached(actor: Actor, follow_up: FollowUp, channel: str, event: Event) -> FollowUp:
    if follow_up.state != State.TO_REACH or channel != Channel.PHONE:
        return follow_up
    follow_up.calls += 1
    before = follow_up.next_action
    follow_ups.move(follow_up, State.TO_REACH, due_at=follow_up.due_at)
    if follow_up.next_action == FollowUp.Next.VISIT != before:
        due = now() + limit("coordination.landed_check", follow_up.area_path)
        record(CallsInVain(**of_person(follow_up), due_at=due), actor=actor, because=event)
    return follow_up


def heard(
    actor: Actor,
    follow_up: FollowUp,
    *,
    kind: str,
    was_there: bool,
    stays: Sequence[Stay],
    because: Because,
) -> FollowUp:
    """Write down what a person said of themselves, and judge by it."""
    campaign = follow_up.campaign
    said = [(one.place, one.from_day, one.until_day, one.how) for one in stays]
    follow_ups.enter(
        campaign,
        [
            Named(
                resident_id=follow_up.resident_id,
                area_path=follow_up.area_path,
                kind=kind,
                digest=rules.say_again(kind, follow_up.resident_id, was_there, said),
                stays=tuple(stays),
                was_there=was_there,
            )
        ],
        places=Places(campaign),
    )
    follow_up.refresh_from_db()
    was_to_reach = follow_up.state == State.TO_REACH
    follow_up.reached_at = follow_up.reached_at or now()
    follow_up.calls = 0
    follow_up.save(update_fields=["reached_at", "calls"])
    event = record(PersonReached(**of_person(follow_up)), actor=actor, because=because)
    follow_up = follow_ups.judge(actor, follow_up, because=event)
    if was_to_reach and follow_up.state != State.TO_REACH:
        follow_ups.tell_if_everybody_is_reached(actor, campaign, follow_up.post_path, because=event)
    return follow_up


@transaction.atomic
def confirm_stay(actor: Actor, follow_up_id: UUID, *, because: Because = None) -> FollowUp:
    """The stay at a place of risk is so. Refused where only a list says it.

    The measure follows by the playbook, as the rules in force ask for it.
    """
    follow_up = queries.get_follow_up(actor, follow_up_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=follow_up.area_path)
    if follow_up.state != State.AT_RISK:
        raise errors.NothingToConfirm(follow_up.code)
    trips = [
        trip
        for trip in follow_up.trips.filter(risk=Trip.Risk.RISK, dismissed_at=None).select_related(
            "mention"
        )
        if rules.supports_a_measure({trip.mention.kind})
    ]
    if not trips:
        raise errors.ListAloneRestrictsNobody(follow_up.code)
    worst = follow_ups.strictest(trips)
    record(
        StayConfirmed(
            **of_person(follow_up),
            level=worst.level,
            subject=worst.subject,
            left_at=follow_ups.left_at(worst),
        ),
        actor=actor,
        because=because or queries.last_event_of(PLAYBOOK, follow_up.id),
    )
    follow_up.refresh_from_db()
    return follow_up


@transaction.atomic
def dismiss_stay(actor: Actor, follow_up_id: UUID, *, reason: str) -> FollowUp:
    """What was said of stays at places of risk is not so; what else was said stands."""
    follow_up = queries.get_follow_up(actor, follow_up_id, for_change=True)
    _must_one_of(actor, {Duty.DECIDE_MEASURES, Duty.INVESTIGATE}, follow_up.area_path)
    if follow_up.state != State.AT_RISK:
        raise errors.NothingToConfirm(follow_up.code)
    if not reason.strip():
        raise errors.ReasonNeeded
    follow_up.trips.filter(risk=Trip.Risk.RISK, dismissed_at=None).update(dismissed_at=now())
    follow_up.rank = 0
    event = record(
        StayDismissed(**of_person(follow_up)),
        actor=actor,
        because=queries.last_event_of(PLAYBOOK, follow_up.id),
    )
    return follow_ups.close(
        actor, follow_up, Reason.DISMISSED, note=reason.strip()[:200], because=event
    )


@transaction.atomic
def put_under_measure(
    actor: Actor, follow_up_id: UUID, *, order_id: UUID, because: Because
) -> FollowUp:
    """The measure that the rules ask for was ordered. Also the next stage of it."""
    follow_up = queries.get_follow_up(actor, follow_up_id, for_change=True)
    actor.must(Duty.DECIDE_MEASURES, at=follow_up.area_path)
    if follow_up.state == State.UNDER_MEASURE:
        return follow_up
    follow_ups.move(follow_up, State.UNDER_MEASURE, due_at=follow_up.due_at)
    record(PutUnderMeasure(**of_person(follow_up), order_id=order_id), actor=actor, because=because)
    return follow_up


@transaction.atomic
def close_follow_ups_of(actor: Actor, resident_id: UUID, *, because: Because) -> int:
    """Somebody has died: nobody need be reached, in any campaign. Safe to repeat."""
    rows = FollowUp.objects.select_for_update(of=("self",)).select_related("campaign")
    open_ones = list(rows.filter(resident=resident_id).exclude(state=State.CLOSED).order_by("id"))
    for one in open_ones:
        close_follow_up(actor, one.id, reason=Reason.DEAD, because=because)
    return len(open_ones)


@transaction.atomic
def close_follow_up(
    actor: Actor, follow_up_id: UUID, *, reason: str, note: str = "", because: Because = None
) -> FollowUp:
    """Close somebody, with a reason; closing again with the same changes nothing.

    A person may say that nobody can be found, has died, or was entered by mistake, with a note;
    the other reasons come about by what happens, through the playbook.
    """
    follow_up = queries.get_follow_up(actor, follow_up_id, for_change=True)
    _must_one_of(actor, {Duty.INVESTIGATE, Duty.DISPATCH}, follow_up.area_path)
    if follow_up.state == State.CLOSED:
        if follow_up.close_reason == reason:
            return follow_up
        raise errors.FollowUpIsClosed(follow_up.code)
    by_rule = actor.id == PLAYBOOK.id
    if not by_rule and (reason not in _ENDINGS_OF_A_PERSON or not note.strip()):
        raise errors.ReasonNeeded
    if not by_rule and follow_up.state == State.UNDER_MEASURE:
        raise errors.UnderMeasure(follow_up.code)
    was_to_reach = follow_up.state == State.TO_REACH
    cause = because or queries.last_event_of(PLAYBOOK, follow_up.id)
    follow_ups.close(actor, follow_up, Reason(reason), note=note.strip()[:200], because=cause)
    if was_to_reach:
        follow_ups.tell_if_everybody_is_reached(
            actor, follow_up.campaign, follow_up.post_path, because=cause
        )
    return follow_up


@transaction.atomic
def take_follow_up(actor: Actor, follow_up_id: UUID) -> FollowUp:
    """Say that one sees to somebody. Taking again changes nothing."""
    follow_up = queries.get_follow_up(actor, follow_up_id, for_change=True)
    _must_one_of(actor, REACHES, follow_up.area_path)
    return _give(follow_up, actor.id)


@transaction.atomic
def assign_follow_up(actor: Actor, follow_up_id: UUID, *, to: UUID) -> FollowUp:
    """Give somebody to an account that may reach them."""
    follow_up = queries.get_follow_up(actor, follow_up_id, for_change=True)
    _must_one_of(actor, {Duty.DISPATCH, Duty.INVESTIGATE}, follow_up.area_path)
    account = Account.objects.filter(id=to, is_active=True).first()
    if account is None or not any(
        account.actor.may(duty, at=follow_up.area_path) for duty in REACHES
    ):
        raise errors.NotTheirDuty
    return _give(follow_up, account.id)


def _give(follow_up: FollowUp, account_id: UUID) -> FollowUp:
    if follow_up.state == State.CLOSED:
        raise errors.FollowUpIsClosed(follow_up.code)
    follow_up.owner_id = account_id
    follow_up.save(update_fields=["owner"])
    return follow_up


@transaction.atomic
def join_residents(
    actor: Actor, kept_id: UUID, dropped_id: UUID, *, because: Because = None
) -> int:
    """Two records were one person: in each campaign they are one from now on; how many there were.

    What both were named for stands together; the dropped one is closed as the same person.
    """
    actor.must(Duty.INVESTIGATE)
    dropped = list(FollowUp.objects.select_for_update().filter(resident=dropped_id))
    for one in dropped:
        kept = FollowUp.objects.select_for_update().filter(
            resident=kept_id, campaign=one.campaign_id
        ).first()  # fmt: skip
        if kept is None:
            one.resident_id = kept_id
            one.area_path = homes_of(PLAYBOOK, [kept_id]).get(kept_id, one.area_path)
            one.save(update_fields=["resident", "area_path"])
            continue
        one.mentions.update(follow_up=kept)
        one.trips.update(follow_up=kept)
        one.attempts.update(follow_up=kept)
        one.messages.filter(state=TextMessage.State.WAITING).delete()
        one.messages.update(follow_up=kept)
        if one.state != State.CLOSED:
            follow_ups.close(actor, one, Reason.SAME_PERSON, because=because)
        else:
            FollowUp.objects.filter(id=one.id).update(
                close_reason=Reason.SAME_PERSON, forget_at=None
            )
        kept.times += one.times
        kept.rank = max(kept.rank, one.rank)
        kept.reached_at = kept.reached_at or one.reached_at
        kept.save(update_fields=["times", "rank", "reached_at"])
        follow_ups.judge(actor, kept, because=because)
    return len(dropped)


# Risk history


@transaction.atomic
def note_risk_elsewhere(
    actor: Actor,
    *,
    place: str,
    level: str,
    from_day: date,
    until_day: date | None = None,
    source: str,
    because: Because = None,
) -> RiskElsewhere:
    """A place outside our district was one of risk, as another authority published it.

    Noting it again gives it its end. Everybody who is followed up is compared anew.
    """
    _must_one_of(actor, _RUNS, actor.within)
    if not in_force(now(), actor.within).zone(level):
        raise errors.LevelUnknown(level)
    if not place.strip() or not source.strip():
        raise errors.CampaignNamesNoGround
    if from_day > today() or (until_day and until_day < from_day):
        raise errors.StayWrong(columns.fault_of(from_day, until_day or from_day, today=today()))
    risk, _new = RiskElsewhere.objects.update_or_create(
        place=" ".join(place.split()),
        level=level,
        from_day=from_day,
        defaults={
            "until_day": until_day,
            "source": source.strip(),
            "area_path": actor.within,
            "noted_by": actor.id,
        },
    )
    record(
        RiskElsewhereNoted(subject_id=risk.id, area_path=actor.within, level=level, since=from_day),
        actor=actor,
        because=because,
    )
    return risk


@transaction.atomic
def match_again(
    actor: Actor, campaign_id: UUID, *, here: bool | None = None, because: Because = None
) -> int:
    """Compare everybody's places with the risk history as it is now; of how many it changed.

    here   only places in our district, or only those elsewhere

    Whoever was closed as without risk and was at a place of risk after all is judged anew.
    """
    campaign = queries.get_campaign(actor, campaign_id)
    _must_one_of(actor, _RUNS, campaign.area_path)
    places, changed = Places(campaign), dict[UUID, list[Trip]]()
    trips = Trip.objects.filter(follow_up__campaign=campaign, dismissed_at=None)
    if here is not None:
        trips = trips.exclude(place_path="") if here else trips.filter(place_path="")
    for trip in trips.iterator(chunk_size=_OF_LIVING_AT_ONCE):
        match = places.match(Stay(trip.place_said, trip.from_day, trip.until_day))
        was = (trip.risk, trip.level, trip.left_on, trip.risk_id)
        if was != (match.risk, match.level, match.left_on, match.risk_id):
            trip.risk, trip.level, trip.rank = match.risk, match.level, match.rank
            trip.subject, trip.left_on, trip.risk_id = match.subject, match.left_on, match.risk_id
            changed.setdefault(trip.follow_up_id, []).append(trip)
    Trip.objects.bulk_update(
        [trip for several in changed.values() for trip in several],
        ["risk", "level", "rank", "subject", "left_on", "risk_id"],
        batch_size=_OF_LIVING_AT_ONCE,
    )
    for one in FollowUp.objects.select_for_update().filter(id__in=list(changed)):
        _judge_anew(actor, one, changed[one.id], because)
    return len(changed)


def _judge_anew(actor: Actor, follow_up: FollowUp, trips: Sequence[Trip], because: Because) -> None:
    final = follow_up.close_reason and follow_up.close_reason != Reason.NO_RISK
    if final or follow_up.state in {State.UNDER_MEASURE, State.HANDED_OVER}:
        return
    risky = [trip for trip in trips if trip.risk == Trip.Risk.RISK]
    follow_up.rank = max([trip.rank for trip in risky], default=0)
    follow_up.save(update_fields=["rank"])
    if follow_up.state == State.CLOSED and not any(trip.risk != Trip.Risk.NONE for trip in trips):
        return
    follow_ups.judge(actor, follow_up, because=because)


# Forgetting


@transaction.atomic
def forget_without_risk(actor: Actor, *, at_most: int = 2000) -> int:
    """Delete everything about people found without risk whose days are over; how many people.

    The campaign keeps how many people and person-times they were, so its figures stay true.
    """
    _must_one_of(actor, _RUNS, actor.within)
    rows = (
        FollowUp.objects.select_for_update(skip_locked=True)
        .filter(forget_at__lte=now(), area_path__startswith=actor.within)
        .order_by("forget_at")[:at_most]
    )
    by_campaign: dict[UUID, list[FollowUp]] = {}
    for one in rows:
        by_campaign.setdefault(one.campaign_id, []).append(one)
    for campaign_id, people in by_campaign.items():
        ids = [one.id for one in people]
        for model in (Trip, Mention, Attempt, TextMessage, HandOver):
            model.objects.filter(follow_up__in=ids).delete()
        FollowUp.objects.filter(id__in=ids).delete()
        Campaign.objects.filter(id=campaign_id).update(
            forgotten_persons=F("forgotten_persons") + len(ids),
            forgotten_times=F("forgotten_times") + sum(one.times for one in people),
        )
        campaign = Campaign.objects.get(id=campaign_id)
        record(
            PersonsForgotten(
                subject_id=campaign.id,
                area_path=campaign.area_path,
                pack=campaign.pack,
                code=campaign.code,
                number=len(ids),
            ),
            actor=actor,
        )
    return sum(map(len, by_campaign.values()))


def forget_campaigns(actor: Actor, before: datetime) -> Gone:
    """Delete everything about people found before that moment, whatever became of them, and the
    lists they stood on. For the end of an incident: campaigns stay, with their figures.
    """
    actor.must(Duty.OPERATE)
    found = FollowUp.objects.filter(found_at__lt=before)
    counted = found.values_list("campaign").annotate(Count("id"), Sum("times")).order_by()
    for campaign_id, persons, times in list(counted):
        Campaign.objects.filter(id=campaign_id).update(
            forgotten_persons=F("forgotten_persons") + persons,
            forgotten_times=F("forgotten_times") + times,
        )
    gone = Gone()
    for model in (Trip, Mention, Attempt, TextMessage, HandOver):
        gone = gone.and_then(delete_all(model.objects.filter(follow_up__in=found)))
    gone = gone.and_then(delete_all(found))
    empty = ~Exists(Mention.objects.filter(inbound=OuterRef("id")))
    return gone.and_then(delete_all(InboundList.objects.filter(empty, received_at__lt=before)))
