"""Secondment: a community states a need, units send people, the community receives them, the unit
acknowledges. Every step has its time, so each side sees what is missing on the other.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db import transaction

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.workforce import about, queries
from fangxian.workforce.errors import (
    EndsBeforeItBegins,
    MoreThanNeeded,
    NeedIsClosed,
    NotReady,
    NotReceivedYet,
    NotYourPeople,
    SayWhy,
)
from fangxian.workforce.events import (
    MemberStateChanged,
    NeedMet,
    NeedStated,
    NeedWithdrawn,
    PeopleRecalled,
    PeopleReceived,
    PeopleSent,
    ReceiptAcknowledged,
)
from fangxian.workforce.models import Member, Need, Organisation, Sending
from fangxian.workforce.organisations import numbers

THERE = (Sending.State.SENT, Sending.State.RECEIVED, Sending.State.ACKNOWLEDGED)
CAME = (Sending.State.RECEIVED, Sending.State.ACKNOWLEDGED)
_RECEIVERS = (Duty.KEEP_ROSTER, Duty.DISPATCH, Duty.CARRY_OUT)


def _must_one_of(actor: Actor, duties: Iterable[Duty], at: str) -> None:
    wanted = list(duties)
    if not any(actor.may(duty, at=at) for duty in wanted):
        raise NotYours(str(wanted[0].label))


@transaction.atomic
def state_need(
    actor: Actor,
    *,
    area_path: str,
    headcount: int,
    since: date,
    until: date,
    why: str,
    skill: str = "",
    about: UUID | None = None,
    because: Event | UUID | None = None,
) -> Need:
    """Say whom a place lacks. `about` is the post or the point that lacks them, if it is one."""
    _must_one_of(actor, (Duty.KEEP_ROSTER, Duty.DISPATCH), area_path)
    if until < since or until < today():
        raise EndsBeforeItBegins
    if not why.strip():
        raise SayWhy
    [number] = numbers("need", 1)
    need = Need.objects.create(
        number=number,
        area_path=area_path,
        skill=skill,
        headcount=headcount,
        since=since,
        until=until,
        why=why.strip()[:200],
        about=about,
        stated_at=now(),
        stated_by=actor.id,
    )
    record(
        NeedStated(
            subject_id=need.id,
            area_path=area_path,
            code=need.code,
            headcount=headcount,
            skill=skill,
        ),
        actor=actor,
        because=because,
    )
    return need


@transaction.atomic
def withdraw_need(actor: Actor, need_id: UUID) -> Need:
    """Nobody more is to be sent. Who has come stays; withdrawing again changes nothing."""
    need = queries.get_need(actor, need_id, for_change=True)
    _must_one_of(actor, (Duty.KEEP_ROSTER, Duty.DISPATCH), need.area_path)
    if need.state != Need.State.WITHDRAWN:
        need.state = Need.State.WITHDRAWN
        need.save(update_fields=["state"])
        record(
            NeedWithdrawn(subject_id=need.id, area_path=need.area_path, code=need.code), actor=actor
        )
    return need


@transaction.atomic
def send_people(
    actor: Actor, need_id: UUID, member_ids: Iterable[UUID], *, unit_id: UUID
) -> list[Sending]:
    """A unit sends its own people. All of them, or nobody; never more than are still missing.

    Sending the same person to the same need again changes nothing.
    """
    need = queries.get_need(actor, need_id, for_change=True)
    unit = queries.get_organisation(actor, unit_id)
    actor.must(Duty.KEEP_ROSTER, at=unit.area_path)
    wanted = list(dict.fromkeys(member_ids))
    there = need.sendings.filter(state__in=THERE)
    known = {one.member_id: one for one in there.filter(member_id__in=wanted)}
    fresh = [one for one in wanted if one not in known]
    if not fresh:
        return list(known.values())
    if need.state != Need.State.OPEN:
        raise NeedIsClosed(str(need.get_state_display()))
    missing = need.headcount - there.count()
    if len(fresh) > missing:
        raise MoreThanNeeded(missing, len(fresh))
    members = list(Member.objects.select_for_update().filter(id__in=fresh).order_by("id"))
    _refuse_unfit(members, unit, len(fresh))
    moment = now()
    made = Sending.objects.bulk_create(
        Sending(
            need=need,
            member=member,
            unit=unit,
            area_path=need.area_path,
            was_path=member.area_path,
            sent_at=moment,
        )
        for member in members
    )
    record(
        PeopleSent(
            subject_id=need.id,
            area_path=need.area_path,
            code=need.code,
            unit_id=unit.id,
            people=len(made),
        ),
        actor=actor,
    )
    return [*known.values(), *made]


def _refuse_unfit(members: Sequence[Member], unit: Organisation, wanted: int) -> None:
    if len(members) < wanted or any(member.unit_id != unit.id for member in members):
        raise NotYourPeople
    away = set(
        Sending.objects.filter(
            member_id__in=[member.id for member in members], state__in=THERE
        ).values_list("member_id", flat=True)
    )
    unfit = [
        about.plain(member.name)
        for member in members
        if member.state != Member.State.READY or member.id in away
    ]
    if unfit:
        raise NotReady(unfit)


@transaction.atomic
def receive_people(
    actor: Actor,
    need_id: UUID,
    *,
    came: Iterable[UUID] = (),
    not_come: Iterable[UUID] = (),
) -> Need:
    """The community says who has come and who has not; from then on they work under it.

    came, not_come   ids of members that were sent there
    """
    need = queries.get_need(actor, need_id, for_change=True)
    _must_one_of(actor, _RECEIVERS, need.area_path)
    moment = now()
    here, missing = set(came), set(not_come)
    sent = need.sendings.filter(state=Sending.State.SENT)
    arrived = list(sent.filter(member_id__in=here).values_list("member_id", flat=True))
    sent.filter(member_id__in=here).update(state=Sending.State.RECEIVED, received_at=moment)
    absent = sent.filter(member_id__in=missing - here).update(
        state=Sending.State.NOT_COME, ended_at=moment
    )
    Member.objects.filter(id__in=arrived).update(area_path=need.area_path)
    if not arrived and not absent:
        return need
    event = record(
        PeopleReceived(
            subject_id=need.id,
            area_path=need.area_path,
            code=need.code,
            people=len(arrived),
            not_come=absent,
        ),
        actor=actor,
    )
    if (
        need.state == Need.State.OPEN
        and need.sendings.filter(state__in=CAME).count() >= need.headcount
    ):
        need.state = Need.State.MET
        need.save(update_fields=["state"])
        record(
            NeedMet(subject_id=need.id, area_path=need.area_path, code=need.code),
            actor=actor,
            because=event,
        )
    return need


@transaction.atomic
def acknowledge_receipt(actor: Actor, need_id: UUID, *, unit_id: UUID) -> int:
    """The unit has read that its people have come; how many that were not acknowledged before."""
    need = queries.get_need(actor, need_id, for_change=True)
    unit = queries.get_organisation(actor, unit_id)
    actor.must(Duty.KEEP_ROSTER, at=unit.area_path)
    own = need.sendings.filter(unit=unit)
    people = own.filter(state=Sending.State.RECEIVED).update(
        state=Sending.State.ACKNOWLEDGED, acknowledged_at=now()
    )
    if not people and not own.filter(state=Sending.State.ACKNOWLEDGED).exists():
        raise NotReceivedYet
    if people:
        record(
            ReceiptAcknowledged(
                subject_id=need.id, area_path=need.area_path, code=need.code, people=people
            ),
            actor=actor,
        )
    return people


@transaction.atomic
def recall_people(
    actor: Actor, member_ids: Iterable[UUID], *, unit_id: UUID, why: str
) -> list[Sending]:
    """The home unit calls its people back: the gap they leave is open again at once.

    Whoever has gone back already is left out. Nobody else may call them back.
    """
    if not why.strip():
        raise SayWhy
    unit = queries.get_organisation(actor, unit_id)
    if not actor.may(Duty.KEEP_ROSTER, at=unit.area_path):
        raise NotYourPeople
    rows = list(
        Sending.objects.select_for_update(of=("self",))
        .filter(unit=unit, member_id__in=set(member_ids), state__in=THERE)
        .select_related("need", "member")
        .order_by("need_id", "id")
    )
    _go_back(rows, Sending.State.RECALLED, why)
    members = [one.member for one in rows]
    Member.objects.filter(id__in=[one.id for one in members]).update(
        state=Member.State.RECALLED, state_because=why.strip()[:200]
    )
    for need in dict.fromkeys(one.need for one in rows):
        if need.state == Need.State.MET and need.until >= today():
            need.state = Need.State.OPEN
            need.save(update_fields=["state"])
        own = [one for one in rows if one.need_id == need.id]
        event = record(
            PeopleRecalled(
                subject_id=need.id,
                area_path=need.area_path,
                code=need.code,
                unit_id=unit.id,
                people=len(own),
                members=tuple(one.member_id for one in own),
            ),
            actor=actor,
        )
        record_many(
            [
                MemberStateChanged(
                    subject_id=one.member_id,
                    area_path=need.area_path,
                    member_id=one.member_id,
                    was=one.member.state,
                    state=Member.State.RECALLED,
                )
                for one in own
            ],
            actor=actor,
            because=event,
        )
    return rows


@transaction.atomic
def end_secondment(actor: Actor, need_id: UUID, member_ids: Iterable[UUID]) -> int:
    """The community lets people go back to their unit; how many went."""
    need = queries.get_need(actor, need_id, for_change=True)
    _must_one_of(actor, _RECEIVERS, need.area_path)
    rows = list(
        need.sendings.filter(member_id__in=set(member_ids), state__in=THERE).select_related(
            "member"
        )
    )
    _go_back(rows, Sending.State.ENDED, "")
    return len(rows)


def _go_back(rows: Sequence[Sending], state: str, why: str) -> None:
    moment = now()
    for one in rows:
        one.state, one.ended_at, one.why = Sending.State(state), moment, why.strip()[:200]
        one.save(update_fields=["state", "ended_at", "why"])
        Member.objects.filter(id=one.member_id).update(area_path=one.was_path)
