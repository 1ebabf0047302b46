"""The claim board: posts, services and wishes that people and units take of their own accord."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.workforce import about, queries
from fangxian.workforce.errors import (
    EndsBeforeItBegins,
    HasLeft,
    NotAMember,
    NothingLeft,
    OrganisationIsDissolved,
    SayWhy,
    SkillIsMissing,
)
from fangxian.workforce.events import BoardClosed, Claimed, ClaimGivenBack, PutOnBoard
from fangxian.workforce.models import Claim, Member, Skill, Wanted
from fangxian.workforce.organisations import numbers
from fangxian.workforce.serving import record_service

_KEEPERS = (Duty.KEEP_ROSTER, Duty.DISPATCH)


def _must_keep(actor: Actor, at: str) -> None:
    if not any(actor.may(duty, at=at) for duty in _KEEPERS):
        raise NotYours(str(_KEEPERS[0].label))


@transaction.atomic
def put_on_board(
    actor: Actor,
    *,
    kind: str,
    words: str,
    area_path: str,
    headcount: int = 1,
    skill: str = "",
    by: datetime | None = None,
    about: UUID | None = None,
    because: Event | UUID | None = None,
) -> Wanted:
    """Offer something to be taken. What stands there for the same thing is given back unchanged.

    about   the post or the request that it stands for
    """
    _must_keep(actor, area_path)
    if not words.strip():
        raise SayWhy
    if by is not None and by <= now():
        raise EndsBeforeItBegins
    standing = Wanted.objects.filter(about=about, state__in=["open", "taken"]).first()
    if about is not None and standing is not None:
        return standing
    [number] = numbers("wanted", 1)
    wanted = Wanted.objects.create(
        number=number,
        kind=Wanted.Kind(kind),
        words=words.strip()[:200],
        area_path=area_path,
        skill=skill,
        headcount=headcount,
        by=by,
        about=about,
        put_up_at=now(),
        put_up_by=actor.id,
    )
    record(
        PutOnBoard(
            subject_id=wanted.id,
            area_path=area_path,
            code=wanted.code,
            wanted=wanted.kind,
            about=about,
        ),
        actor=actor,
        because=because,
    )
    return wanted


def _taken(wanted: Wanted) -> int:
    taken = wanted.claims.filter(given_back_at=None).aggregate(people=Sum("people"))
    return int(taken["people"] or 0)


@transaction.atomic
def claim(
    actor: Actor, wanted_id: UUID, *, organisation_id: UUID | None = None, people: int = 1
) -> Claim:
    """Take something: oneself, or a unit with so many people. First come, first served.

    Taking it again changes nothing.
    """
    wanted = queries.get_wanted(actor, wanted_id, for_change=True)
    member = None
    if organisation_id is not None:
        unit = queries.get_organisation(actor, organisation_id)
        actor.must(Duty.KEEP_ROSTER, at=unit.area_path)
        if unit.dissolved_at:
            raise OrganisationIsDissolved(unit.name, unit.dissolved_at)
    else:
        member, people = queries.member_of(actor), 1
        if member is None:
            raise NotAMember
        _refuse_unfit(member, wanted)
    by: dict[str, Any] = {"member": member, "organisation_id": organisation_id}
    mine = wanted.claims.filter(**by, given_back_at=None).first()
    if mine is not None:
        return mine
    left = wanted.headcount - _taken(wanted) if wanted.state == Wanted.State.OPEN else 0
    if people > left:
        raise NothingLeft(left)
    made = Claim.objects.create(
        wanted=wanted, member=member, organisation_id=organisation_id, people=people, at=now()
    )
    if people == left:
        wanted.state = Wanted.State.TAKEN
        wanted.save(update_fields=["state"])
    record(
        Claimed(
            subject_id=wanted.id,
            area_path=wanted.area_path,
            code=wanted.code,
            people=people,
            member_id=member.id if member else None,
            organisation_id=organisation_id,
            about=wanted.about,
        ),
        actor=actor,
    )
    return made


def _refuse_unfit(member: Member, wanted: Wanted) -> None:
    if member.state == Member.State.LEFT:
        raise HasLeft(about.plain(member.name))
    if wanted.skill and wanted.skill not in about.skills_of_one(member, day=today()):
        raise SkillIsMissing(str(Skill.Kind(wanted.skill).label))


@transaction.atomic
def give_back(actor: Actor, wanted_id: UUID, *, organisation_id: UUID | None = None) -> Wanted:
    """Somebody cannot after all: others may take it again."""
    wanted = queries.get_wanted(actor, wanted_id, for_change=True)
    member = None
    if organisation_id is not None:
        actor.must(Duty.KEEP_ROSTER, at=queries.get_organisation(actor, organisation_id).area_path)
    else:
        member = queries.member_of(actor)
        if member is None:
            raise NotAMember
    by: dict[str, Any] = {"member": member, "organisation_id": organisation_id}
    ended = wanted.claims.filter(**by, given_back_at=None).update(given_back_at=now())
    if ended and wanted.state in {Wanted.State.OPEN, Wanted.State.TAKEN}:
        wanted.state = Wanted.State.OPEN
        wanted.save(update_fields=["state"])
        record(
            ClaimGivenBack(
                subject_id=wanted.id,
                area_path=wanted.area_path,
                code=wanted.code,
                about=wanted.about,
            ),
            actor=actor,
        )
    return wanted


@transaction.atomic
def close_wanted(
    actor: Actor,
    wanted_id: UUID,
    *,
    done: bool,
    minutes: int = 0,
    because: Event | UUID | None = None,
) -> Wanted:
    """It is done, or wanted no longer. The time it took is put to everybody's record who took it.

    Closing again changes nothing.
    """
    wanted = queries.get_wanted(actor, wanted_id, for_change=True)
    _must_keep(actor, wanted.area_path)
    if wanted.state in {Wanted.State.DONE, Wanted.State.WITHDRAWN}:
        return wanted
    wanted.state = Wanted.State.DONE if done else Wanted.State.WITHDRAWN
    wanted.save(update_fields=["state"])
    if done and minutes:
        taken = wanted.claims.filter(given_back_at=None)
        for one in taken:
            if one.member_id is None:
                continue
            record_service(
                actor,
                [one.member_id],
                day=today(),
                minutes=minutes,
                what=wanted.words,
                area_path=wanted.area_path,
                about=wanted.id,
            )
    record(
        BoardClosed(
            subject_id=wanted.id,
            area_path=wanted.area_path,
            code=wanted.code,
            done=done,
            about=wanted.about,
        ),
        actor=actor,
        because=because,
    )
    return wanted
