"""Volunteers sign up themselves. The rules screen first, then somebody of the community looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.db import transaction
from django.utils.crypto import salted_hmac

from fangxian.kernel import vault
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.ids import code
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.people.queries import by_identity
from fangxian.people.rules import age_at
from fangxian.workforce import about, queries
from fangxian.workforce.asking import pack_at, rules_at
from fangxian.workforce.errors import (
    AlreadyDecided,
    NotAsVolunteer,
    OfferedAlready,
    SayWhy,
    TooManyOffers,
    TooYoungOrOld,
    UnwellVolunteer,
)
from fangxian.workforce.events import VolunteerDecided, VolunteerOffered
from fangxian.workforce.members import NewMember, add_member
from fangxian.workforce.models import Member, VolunteerOffer
from fangxian.workforce.organisations import numbers

_DECIDERS = (Duty.KEEP_ROSTER, Duty.DISPATCH)
_HOUR = 3600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What somebody offers and declares.

    identity   compared with the register, for the age and an order in force; not kept
    well       no symptoms, no order, no code that is not green, as they say
    on_duty    public staff, cadre, property staff, or otherwise on duty: no volunteer
    """

    name: str
    phone: str
    born: date
    area_path: str
    identity: str = ""
    skills: Sequence[str] = ()
    weekdays: Sequence[int] = ()
    well: bool
    on_duty: bool


def refuse_floods(address: str, area_path: str) -> None:
    """Counts offers from one address on the net, by a hash of it that lives an hour."""
    rules = rules_at(area_path)
    if rules is None:
        return
    key = "offered:" + salted_hmac("fangxian.workforce.flood", address).hexdigest()[:32]
    cache = caches["default"]
    if not cache.add(key, 1, _HOUR) and cache.incr(key) > rules.offers_from_one.value:
        raise TooManyOffers


def screen(area_path: str, *, born: date, well: bool, on_duty: bool) -> None:
    """Refuse whom the rules do not take as a volunteer, saying what else there is to do."""
    if not well:
        raise UnwellVolunteer
    if on_duty:
        raise NotAsVolunteer
    rules = rules_at(area_path)
    if rules is not None:
        youngest, oldest = int(rules.youngest.value), int(rules.oldest.value)
        if not youngest <= age_at(born, today()) <= oldest:
            raise TooYoungOrOld(youngest, oldest)


@transaction.atomic
def offer_help(actor: Actor, said: Help) -> VolunteerOffer:
    """Somebody of the public offers to help; nothing is kept of whom the rules do not take."""
    screen(said.area_path, born=said.born, well=said.well, on_duty=said.on_duty)
    index = vault.blind_index("phone", said.phone)
    state = VolunteerOffer.State.OFFERED
    before = VolunteerOffer.objects.filter(phone_index=index, state=state).first()
    if before is not None:
        raise OfferedAlready(number_of(before))
    known = by_identity(PLAYBOOK, said.identity) if said.identity else None
    pack = pack_at(said.area_path)
    [number] = numbers("volunteeroffer", 1)
    offer = VolunteerOffer.objects.create(
        number=number,
        area_path=said.area_path,
        name=said.name.strip(),
        phone=said.phone.strip(),
        phone_index=index,
        born=said.born,
        resident_id=known.id if known else None,
        skills=list(said.skills),
        weekdays=list(said.weekdays),
        pack=pack.stamp if pack else "",
        offered_at=now(),
    )
    record(
        VolunteerOffered(
            subject_id=offer.id,
            area_path=offer.area_path,
            pack=offer.pack,
            number=number,
            resident_id=offer.resident_id,
        ),
        actor=actor,
    )
    return offer


def number_of(offer: VolunteerOffer) -> str:
    return code("L", offer.number)


def _decide(actor: Actor, offer_id: UUID) -> VolunteerOffer:
    offer = queries.get_offer(actor, offer_id, for_change=True)
    if not any(actor.may(duty, at=offer.area_path) for duty in _DECIDERS):
        raise NotYours(str(_DECIDERS[0].label))
    if offer.state != VolunteerOffer.State.OFFERED:
        raise AlreadyDecided
    return offer


def _decided(
    actor: Actor, offer: VolunteerOffer, because: Event | UUID | None = None, **changes: Any
) -> VolunteerOffer:
    changes |= {"decided_at": now(), "decided_by": actor.id}
    for name, value in changes.items():
        setattr(offer, name, value)
    offer.save(update_fields=list(changes))
    record(
        VolunteerDecided(subject_id=offer.id, area_path=offer.area_path, offer=offer.state),
        actor=actor,
        because=because,
    )
    return offer


@transaction.atomic
def take_in(actor: Actor, offer_id: UUID, *, team_id: UUID | None = None) -> Member:
    """Enter a volunteer as a member, in a team if one is named. The offer keeps no name then."""
    offer = _decide(actor, offer_id)
    member = add_member(
        PLAYBOOK,
        NewMember(
            kind=Member.Kind.VOLUNTEER,
            name=about.plain(offer.name),
            phone=about.plain(offer.phone),
            area_path=offer.area_path,
            lives_at=offer.area_path,
            resident_id=_free(offer.resident_id),
            weekdays=tuple(offer.weekdays),
            skills=tuple(offer.skills),
            teams=(queries.get_organisation(actor, team_id).id,) if team_id else (),
        ),
    )
    _decided(
        actor,
        offer,
        state=VolunteerOffer.State.TAKEN_IN,
        member=member,
        name=None,
        phone=None,
        phone_index=None,
    )
    return member


def _free(resident_id: UUID | None) -> UUID | None:
    """A resident is one member: who was one before keeps that record."""
    if resident_id and Member.objects.filter(resident_id=resident_id).exists():
        return None
    return resident_id


@transaction.atomic
def decline_offer(
    actor: Actor, offer_id: UUID, *, why: str, because: Event | UUID | None = None
) -> VolunteerOffer:
    """Thank and decline, with a reason that can be told on the phone."""
    if not why.strip():
        raise SayWhy
    offer = _decide(actor, offer_id)
    return _decided(
        actor,
        offer,
        because,
        state=VolunteerOffer.State.DECLINED,
        why=why.strip()[:200],
    )


def forget_offers(actor: Actor, before: Any) -> Gone:
    """Delete offers that came to nothing before a time."""
    rows = VolunteerOffer.objects.filter(
        decided_at__lt=before,
        state__in=[VolunteerOffer.State.DECLINED, VolunteerOffer.State.WITHDRAWN],
        area_path__startswith=actor.within,
    )
    return delete_all(rows)
