"""Check-in: people report where they live, units where they help. A receipt goes to both sides.

One person is at one place. Whoever checks in elsewhere later has moved; within the time that the
rules give, it is a mistake of a list or of a phone, and refused with both places.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import transaction

from fangxian.areas.models import Area
from fangxian.areas.queries import area_at, names_of
from fangxian.areas.rules import numbers_on
from fangxian.kernel import vault
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import Fact, record, record_many
from fangxian.kernel.models import Event
from fangxian.workforce import about, queries
from fangxian.workforce.asking import rules_at
from fangxian.workforce.errors import (
    CheckedInElsewhere,
    HasLeft,
    NobodyHere,
    NoPlace,
    NoSuchDoorCode,
    NotACommunity,
    NotAMember,
    OrganisationIsDissolved,
)
from fangxian.workforce.events import CheckedIn, CheckedOut, ListCheckedIn
from fangxian.workforce.members import NewMember, add_members
from fangxian.workforce.models import CheckIn, Member, Organisation
from fangxian.workforce.organisations import numbers

RECEIVERS = (Duty.KEEP_ROSTER, Duty.DISPATCH, Duty.CARRY_OUT)
_PLACES = frozenset({Area.Level.PROVINCE, Area.Level.CITY, Area.Level.DISTRICT})
_DOOR = Signer(salt="fangxian.workforce.door", sep=".")


def one_place_within(area_path: str) -> timedelta:
    """Nothing where no rule says so: then only the one open check-in counts."""
    rules = rules_at(area_path)
    return rules.one_place.length if rules else timedelta()


@transaction.atomic
def check_in(
    actor: Actor,
    *,
    member_id: UUID | None = None,
    organisation_id: UUID | None = None,
    area_path: str = "",
    elsewhere: str = "",
    way: str = CheckIn.Way.PHONE,
    id: UUID | None = None,  # noqa: A002 - made on the phone
    because: Event | UUID | None = None,
) -> CheckIn:
    """Report a member, or a unit, at a community; without either, oneself.

    elsewhere   the place in words, in another district or city
    id          the same id again gives the same receipt

    The same place again gives the receipt that is there.
    """
    if id is not None and (known := CheckIn.objects.filter(id=id).first()) is not None:
        return known
    area_path, elsewhere = _place(area_path, elsewhere)
    if organisation_id is not None:
        return _unit(actor, organisation_id, area_path, elsewhere, way, id, because)
    member = _member(actor, member_id, area_path)
    if member.state == Member.State.LEFT:
        raise HasLeft(about.plain(member.name))
    moment = now()
    opened = member.check_ins.filter(until=None).first()
    if opened is not None:
        if (opened.area_path, opened.elsewhere) == (area_path, elsewhere):
            return opened
        within = one_place_within(area_path or member.area_path)
        if moment - opened.at < within:
            raise CheckedInElsewhere(
                about.plain(member.name),
                place_words(opened),
                opened.at,
                int(within.total_seconds() // 60),
            )
        _end(actor, opened, moment, because)
    return _write(
        actor,
        CheckIn(
            id=id or new_id(),
            member=member,
            area_path=area_path,
            elsewhere=elsewhere,
            way=CheckIn.Way(way),
            at=moment,
            home_path=_home_of(member),
        ),
        because,
    )


def _place(area_path: str, elsewhere: str) -> tuple[str, str]:
    elsewhere = elsewhere.strip()[:120]
    if bool(area_path) == bool(elsewhere):
        raise NoPlace
    if area_path:
        area = area_at(PLAYBOOK, area_path)
        if area.level in _PLACES:
            raise NotACommunity
    return area_path, elsewhere


def _member(actor: Actor, member_id: UUID | None, area_path: str) -> Member:
    """Oneself anywhere; somebody else only at a place of one's own."""
    own = queries.member_of(actor)
    if member_id is None or (own is not None and own.id == member_id):
        if own is None:
            raise NotAMember
        member_id = own.id
    elif not any(actor.may(duty, at=area_path) for duty in RECEIVERS):
        raise NotYours(str(RECEIVERS[0].label))
    else:
        queries.get_somebody(actor, member_id)
    return Member.objects.select_for_update(of=("self",)).select_related("unit").get(id=member_id)


def _home_of(member: Member) -> str:
    return str(member.unit.area_path if member.unit else member.area_path)


def _unit(
    actor: Actor,
    organisation_id: UUID,
    area_path: str,
    elsewhere: str,
    way: str,
    id: UUID | None,  # noqa: A002
    because: Event | UUID | None,
) -> CheckIn:
    """A unit may be checked in at several places: it has people for each of them."""
    unit = queries.get_organisation(actor, organisation_id, for_change=True)
    if not any(
        actor.may(duty, at=at)
        for duty in (Duty.KEEP_ROSTER, Duty.DISPATCH)
        for at in (unit.area_path, area_path)
        if at or not area_path
    ):
        raise NotYours(str(Duty.KEEP_ROSTER.label))
    if unit.dissolved_at:
        raise OrganisationIsDissolved(unit.name, unit.dissolved_at)
    opened = unit.check_ins.filter(until=None, area_path=area_path, elsewhere=elsewhere).first()
    return opened or _write(
        actor,
        CheckIn(
            id=id or new_id(),
            organisation=unit,
            area_path=area_path,
            elsewhere=elsewhere,
            way=CheckIn.Way(way),
            at=now(),
            home_path=unit.area_path,
        ),
        because,
    )


def _write(actor: Actor, made: CheckIn, because: Event | UUID | None) -> CheckIn:
    [made.number] = numbers("checkin", 1)
    made.save(force_insert=True)
    record(_fact(made), actor=actor, because=because)
    return made


def _fact(made: CheckIn) -> Fact:
    return CheckedIn(
        subject_id=made.member_id or made.organisation_id or made.id,
        area_path=made.area_path or made.home_path,
        check_in_id=made.id,
        code=made.code,
        way=made.way,
        elsewhere=not made.area_path,
    )


def _end(actor: Actor, opened: CheckIn, moment: datetime, because: Event | UUID | None) -> None:
    opened.until = moment
    opened.save(update_fields=["until"])
    record(
        CheckedOut(
            subject_id=opened.member_id or opened.organisation_id or opened.id,
            area_path=opened.area_path or opened.home_path,
            check_in_id=opened.id,
            code=opened.code,
        ),
        actor=actor,
        because=because,
    )


@transaction.atomic
def check_out(actor: Actor, check_in_id: UUID, *, because: Event | UUID | None = None) -> CheckIn:
    """End a check-in; one that has ended stays as it is."""
    found = queries.get_check_in(actor, check_in_id, for_change=True)
    own = queries.member_of(actor)
    mine = own is not None and found.member_id == own.id
    sides = (found.area_path or found.home_path, found.home_path)
    if not mine and not any(actor.may(duty, at=at) for duty in RECEIVERS for at in sides):
        raise NotYours(str(RECEIVERS[0].label))
    if found.until is None:
        _end(actor, found, now(), because)
    return found


def place_words(check_in: CheckIn) -> str:
    if check_in.elsewhere:
        return check_in.elsewhere
    return names_of(PLAYBOOK, [check_in.area_path])[check_in.area_path]


# By a list


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a unit's list, as far as it was understood.

    new   how to enter somebody whom nobody knows yet
    """

    line: int
    area_path: str
    new: NewMember


@dataclass(slots=True)
class ListTaken:
    """What became of a list; each line counts once."""

    checked_in: int = 0
    there_before: int = 0
    entered: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def check_in_list(
    actor: Actor, listed: Sequence[Listed], *, unit: Organisation | None = None
) -> ListTaken:
    """Check in everybody of a list who can be, in a few statements; the others by line and reason.

    Known are people by name and phone together. Who is not known is entered.
    """
    taken = ListTaken()
    moment = now()
    members = _found_or_entered(actor, listed, taken)
    opened = {
        one.member_id: one
        for one in CheckIn.objects.select_for_update().filter(
            until=None, member_id__in={member.id for member in members.values()}
        )
    }
    places = names_of(PLAYBOOK, {one.area_path for one in opened.values() if one.area_path})
    # One rule for the whole list: it is taken in by one house on one day.
    within = one_place_within(actor.within)
    first: dict[UUID, Listed] = {}
    made: list[CheckIn] = []
    ended: list[CheckIn] = []
    for one in listed:
        member = members.get(one.line)
        if member is None:
            continue
        minutes = int(within.total_seconds() // 60)
        name = about.plain(member.name)
        if (before := first.get(member.id)) is not None:
            if before.area_path == one.area_path:
                taken.there_before += 1
            else:
                place = names_of(PLAYBOOK, [before.area_path])[before.area_path]
                twice = CheckedInElsewhere(name, place, moment, minutes)
                taken.refused.append((one.line, twice.message))
            continue
        first[member.id] = one
        now_at = opened.get(member.id)
        if now_at is not None and now_at.area_path == one.area_path:
            taken.there_before += 1
            continue
        if now_at is not None:
            if moment - now_at.at < within:
                place = now_at.elsewhere or places[now_at.area_path]
                refusal = CheckedInElsewhere(name, place, now_at.at, minutes)
                taken.refused.append((one.line, refusal.message))
                continue
            ended.append(now_at)
        made.append(
            CheckIn(
                id=new_id(),
                member=member,
                area_path=one.area_path,
                way=CheckIn.Way.LIST,
                at=moment,
                home_path=unit.area_path if unit else member.area_path,
            )
        )
    _write_many(actor, made, ended, moment)
    taken.checked_in = len(made)
    taken.refused.sort()
    record(
        ListCheckedIn(
            subject_id=unit.id if unit else actor.id,
            area_path=unit.area_path if unit else actor.within,
            people=taken.checked_in,
            refused=len(taken.refused),
        ),
        actor=actor,
    )
    return taken


def _write_many(
    actor: Actor, made: Sequence[CheckIn], ended: Sequence[CheckIn], moment: datetime
) -> None:
    CheckIn.objects.filter(id__in=[one.id for one in ended]).update(until=moment)
    for one, number in zip(made, numbers("checkin", len(made)), strict=True):
        one.number = number
    CheckIn.objects.bulk_create(made, batch_size=2000)
    gone = [
        CheckedOut(
            subject_id=one.member_id or one.id,
            area_path=one.area_path or one.home_path,
            check_in_id=one.id,
            code=one.code,
        )
        for one in ended
    ]
    record_many([*gone, *(_fact(one) for one in made)], actor=actor)


def _found_or_entered(
    actor: Actor, listed: Sequence[Listed], taken: ListTaken
) -> dict[int, Member]:
    """Whom each line means, by its number."""
    phones = vault.blind_indexes("phone", [one.new.phone for one in listed])
    names = vault.blind_indexes("name", [one.new.name for one in listed])
    known: dict[tuple[bytes, bytes], Member] = {}
    rows = (
        Member.objects.filter(phone_index__in=set(phones))
        .exclude(state=Member.State.LEFT)
        .order_by("-joined_at")
    )
    for member in rows:
        known[bytes(member.name_index), bytes(member.phone_index or b"")] = member
    found: dict[int, Member] = {}
    fresh: dict[tuple[bytes, bytes], list[Listed]] = {}
    for one, name, phone in zip(listed, names, phones, strict=True):
        if (name, phone) in known:
            found[one.line] = known[name, phone]
        else:
            fresh.setdefault((name, phone), []).append(one)
    entered = add_members(actor, [lines[0].new for lines in fresh.values()])
    taken.entered = len(entered)
    for lines, member in zip(fresh.values(), entered, strict=True):
        found.update((one.line, member) for one in lines)
    return found


# Without an account, by the poster of a community


def door_code(area_path: str) -> str:
    """What the poster of a community or a grid bears; it ends with the house's key, not before."""
    return _DOOR.sign(str(numbers_on(area_path)[-1]))


def read_door_code(code: str) -> Area:
    try:
        number = int(_DOOR.unsign(code))
    except (BadSignature, ValueError) as error:
        raise NoSuchDoorCode from error
    area = Area.objects.filter(number=number, ended_at=None).first()
    if area is None:
        raise NoSuchDoorCode
    return area


@transaction.atomic
def check_in_by_poster(
    actor: Actor,
    area: Area,
    *,
    name: str,
    phone: str,
    unit_elsewhere: str = "",
    id: UUID | None = None,  # noqa: A002
) -> CheckIn:
    """Somebody reports at the poster of a place with name and phone, who needs no account.

    Whoever is not one of ours says which unit they come from: then they are entered, as seconded
    from another district. Without it, nothing is told but that nobody of this name is known.
    """
    index = vault.blind_index("phone", phone)
    member = (
        Member.objects.filter(phone_index=index, name_index=vault.blind_index("name", name))
        .exclude(state=Member.State.LEFT)
        .first()
    )
    if member is None:
        if not unit_elsewhere.strip():
            raise NobodyHere
        [member] = add_members(
            PLAYBOOK,
            [
                NewMember(
                    kind=Member.Kind.SECONDEE,
                    name=name,
                    phone=phone,
                    area_path=area.path,
                    lives_at=area.path,
                    unit_elsewhere=unit_elsewhere.strip()[:80],
                )
            ],
        )
    return check_in(actor, member_id=member.id, area_path=area.path, way=CheckIn.Way.PHONE, id=id)


# Whoever is locked in helps where they live


def offer_locked_in(
    actor: Actor, member_ids: Iterable[UUID], *, because: Event | UUID | None = None
) -> list[CheckIn]:
    """The grid they live in takes them: checked in there, for what can be done from inside."""
    made = []
    for one in dict.fromkeys(member_ids):
        member = queries.get_locked_in(actor, one)
        place = about.grid_of(member.lives_at)
        made.append(
            check_in(
                actor,
                member_id=member.id,
                area_path=place,
                way=CheckIn.Way.LOCKED_IN,
                because=because,
            )
        )
    return made
