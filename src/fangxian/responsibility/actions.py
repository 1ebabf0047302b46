from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from fangxian.areas.queries import area_at
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.people.queries import get_resident
from fangxian.responsibility import rules
from fangxian.responsibility.errors import (
    HasEnded,
    NotAtWork,
    RoleIsHeld,
    StandsInForThemselves,
    WrongLevel,
)
from fangxian.responsibility.events import (
    KeyPersonEnded,
    KeyPersonNamed,
    ResponsibilityEnded,
    ResponsibilityEntrusted,
    ResponsibilityVacant,
    StandInNamed,
)
from fangxian.responsibility.models import KeyPerson, Responsibility
from fangxian.responsibility.queries import get_key_person, get_responsibility
from fangxian.workforce.queries import get_member

Because = Event | UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResponsibility:
    """One of many: a role that answers for places, at a place of its level."""

    role: str
    area_path: str
    member_id: UUID
    organisation_id: UUID | None = None


@transaction.atomic
def entrust(
    actor: Actor,
    member_id: UUID,
    *,
    role: str,
    area_path: str,
    organisation_id: UUID | None = None,
    because: Because = None,
) -> Responsibility:
    """Have somebody answer for a place. Saying it again changes nothing."""
    _must_name(actor, area_path)
    area = area_at(actor, area_path)
    _must_fit(role, area.get_level_display(), fits=rules.fits(role, area.level, for_a_person=False))
    _must_be_at_work(actor, member_id)
    found, made = Responsibility.objects.get_or_create(
        area_path=area_path,
        role=role,
        member_id=member_id,
        resident=None,
        until=None,
        defaults={"organisation_id": organisation_id},
    )
    if made:
        record(_entrusted(found), actor=actor, because=because)
    return found


@transaction.atomic
def entrust_many(
    actor: Actor, wanted: Sequence[NewResponsibility], *, because: Because = None
) -> list[Responsibility]:
    """`entrust` for many in two statements; returns those that are new.

    What is given is not looked up one by one: places and people come from the register.
    """
    for path in {one.area_path for one in wanted}:
        _must_name(actor, path)
    rows = [
        Responsibility(
            id=new_id(),
            role=one.role,
            area_path=one.area_path,
            member_id=one.member_id,
            organisation_id=one.organisation_id,
        )
        for one in wanted
    ]
    Responsibility.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    made = list(Responsibility.objects.filter(id__in=[row.id for row in rows]).order_by("id"))
    record_many([_entrusted(row) for row in made], actor=actor, because=because)
    return made


@transaction.atomic
def name_stand_in(actor: Actor, responsibility_id: UUID, *, member_id: UUID) -> Responsibility:
    """Somebody acts for one who is away, until that one is back. Another stand-in is replaced."""
    held = get_responsibility(actor, responsibility_id, for_change=True)
    _must_name(actor, held.area_path)
    if held.until is not None:
        raise HasEnded
    if member_id == held.member_id:
        raise StandsInForThemselves
    _must_be_at_work(actor, member_id)
    standing = held.stand_ins.filter(until=None).first()
    if standing is not None:
        if standing.member_id == member_id:
            return standing
        _end(standing)
    found = Responsibility.objects.create(
        role=held.role,
        area_path=held.area_path,
        resident_id=held.resident_id,
        member_id=member_id,
        organisation_id=held.organisation_id,
        stands_in=held,
    )
    record(
        StandInNamed(
            subject_id=held.id,
            area_path=held.area_path,
            role=held.role,
            member_id=member_id,
            instead_of=held.member_id,
        ),
        actor=actor,
    )
    return found


@transaction.atomic
def end_responsibility(
    actor: Actor, responsibility_id: UUID, *, because: Because = None
) -> Responsibility:
    """Somebody answers for it no longer, nor do those who stand in. Safe to repeat."""
    held = get_responsibility(actor, responsibility_id, for_change=True)
    _must_name(actor, held.area_path)
    if held.until is None:
        for standing in held.stand_ins.filter(until=None):
            _end(standing)
        _end(held)
        record(_ended(held), actor=actor, because=because)
    return held


@transaction.atomic
def tell_vacant(actor: Actor, member_id: UUID, *, because: Because = None) -> int:
    """A member is away: each thing they answer for is announced, so that a stand-in is named.

    Where they themselves stood in, that ends. Returns how many things are without them.
    """
    held = Responsibility.objects.filter(
        member=member_id, until=None, area_path__startswith=actor.within
    ).select_for_update()
    standing: list[Responsibility] = []
    own: list[Responsibility] = []
    for row in held:
        (standing if row.stands_in_id else own).append(row)
    for row in standing:
        _end(row)
    vacant = [*own, *Responsibility.objects.filter(id__in=[row.stands_in_id for row in standing])]
    for row in vacant:
        record(
            ResponsibilityVacant(
                subject_id=row.id,
                area_path=row.area_path,
                role=row.role,
                member_id=row.member_id,
            ),
            actor=actor,
            because=because,
        )
    return len(vacant)


@transaction.atomic
def take_back(actor: Actor, member_id: UUID) -> int:
    """A member is back: nobody stands in for them any more. Returns what they answer for again."""
    held = Responsibility.objects.filter(
        member=member_id, until=None, stands_in=None, area_path__startswith=actor.within
    )
    Responsibility.objects.filter(stands_in__in=held, until=None).update(until=now())
    return held.count()


# Key persons


@transaction.atomic
def name_key_person(
    actor: Actor,
    resident_id: UUID,
    *,
    ground: str = KeyPerson.Ground.SAID,
    about_id: UUID | None = None,
    because: Because = None,
) -> KeyPerson:
    """From now on a team looks after this person. Saying it again changes nothing."""
    resident = get_resident(actor, resident_id)
    _must_name(actor, resident.area_path)
    found, made = KeyPerson.objects.get_or_create(
        resident=resident,
        ground=ground,
        until=None,
        defaults={"area_path": resident.area_path, "about_id": about_id},
    )
    if made:
        record(
            KeyPersonNamed(
                subject_id=found.id,
                area_path=found.area_path,
                resident_id=resident.id,
                ground=found.ground,
            ),
            actor=actor,
            because=because,
        )
    return found


@transaction.atomic
def entrust_person(
    actor: Actor, key_person_id: UUID, *, role: str, member_id: UUID
) -> Responsibility:
    """Somebody looks after a key person, in one of the five roles."""
    key = get_key_person(actor, key_person_id, for_change=True)
    _must_name(actor, key.area_path)
    if key.until is not None:
        raise HasEnded
    _must_fit(role, "", fits=rules.fits(role, "", for_a_person=True))
    _must_be_at_work(actor, member_id)
    held = Responsibility.objects.filter(
        resident=key.resident_id, role=role, until=None, stands_in=None
    ).first()
    if held is not None:
        if held.member_id == member_id:
            return held
        raise RoleIsHeld(held)
    made = Responsibility.objects.create(
        role=role, area_path=key.area_path, resident_id=key.resident_id, member_id=member_id
    )
    record(_entrusted(made), actor=actor)
    return made


@transaction.atomic
def end_key_person(actor: Actor, key_person_id: UUID, *, because: Because = None) -> KeyPerson:
    """The team is not needed any more; if no other ground holds, it is released."""
    key = get_key_person(actor, key_person_id, for_change=True)
    _must_name(actor, key.area_path)
    if key.until is None:
        _end_key(actor, [key], because)
    return key


@transaction.atomic
def end_key_persons_about(actor: Actor, about_id: UUID, *, because: Because = None) -> int:
    """What made people key persons, such as an order, is over."""
    keys = list(
        KeyPerson.objects.select_for_update().filter(
            about_id=about_id, until=None, area_path__startswith=actor.within
        )
    )
    _end_key(actor, keys, because)
    return len(keys)


def _end_key(actor: Actor, keys: Iterable[KeyPerson], because: Because) -> None:
    for key in keys:
        key.until = now()
        key.save(update_fields=["until"])
        if not KeyPerson.objects.filter(resident=key.resident_id, until=None).exists():
            Responsibility.objects.filter(resident=key.resident_id, until=None).update(until=now())
        record(
            KeyPersonEnded(
                subject_id=key.id,
                area_path=key.area_path,
                resident_id=key.resident_id,
                ground=key.ground,
            ),
            actor=actor,
            because=because,
        )


# What the verbs share


def _must_name(actor: Actor, area_path: str) -> None:
    """Whoever keeps the roster or assigns tasks at a place says who answers for it."""
    if actor != PLAYBOOK and not actor.may(Duty.KEEP_ROSTER, at=area_path):
        actor.must(Duty.DISPATCH, at=area_path)


def _must_fit(role: str, level: str, *, fits: bool) -> None:
    if not fits:
        words = dict(Responsibility.Role.choices)
        raise WrongLevel(str(words.get(role, role)), level)


def _must_be_at_work(actor: Actor, member_id: UUID) -> None:
    member = get_member(actor, member_id)
    if member.state != "ready":
        raise NotAtWork(member.get_state_display())


def _end(row: Responsibility) -> None:
    row.until = now()
    row.save(update_fields=["until"])


def _entrusted(row: Responsibility) -> ResponsibilityEntrusted:
    return ResponsibilityEntrusted(
        subject_id=row.id,
        area_path=row.area_path,
        role=row.role,
        member_id=row.member_id,
        resident_id=row.resident_id,
    )


def _ended(row: Responsibility) -> ResponsibilityEnded:
    return ResponsibilityEnded(
        subject_id=row.id, area_path=row.area_path, role=row.role, member_id=row.member_id
    )
