"""People at work: entered, joined to organisations, fit or not, and what they can do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from fangxian.kernel import vault
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotYours
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.workforce import about, queries
from fangxian.workforce.errors import (
    EndsBeforeItBegins,
    HasLeft,
    InTheFuture,
    LeadIsNamed,
    OrganisationIsDissolved,
    PhoneIsKnown,
    ProofIsMissing,
    ProofIsOver,
)
from fangxian.workforce.events import (
    AbsenceNoted,
    ExemptionNoted,
    Joined,
    LeftOrganisation,
    MemberAdded,
    MemberCorrected,
    MemberStateChanged,
    SkillNoted,
    VaccinationNoted,
)
from fangxian.workforce.models import (
    Absence,
    Exemption,
    Member,
    Membership,
    Organisation,
    Skill,
    Vaccination,
)
from fangxian.workforce.organisations import numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """What is known of somebody before they are entered.

    unit_elsewhere   the unit in words, if it is none of ours
    teams    organisations that they join at once
    skills   words of `Skill.Kind`, without proof as yet
    role     in the first of the teams
    """

    kind: str
    name: str
    area_path: str
    phone: str = ""
    duty_phone: str = ""
    unit_id: UUID | None = None
    unit_elsewhere: str = ""
    lives_at: str = ""
    resident_id: UUID | None = None
    account_id: UUID | None = None
    party_member: bool = False
    weekdays: tuple[int, ...] = ()
    teams: tuple[UUID, ...] = ()
    skills: tuple[str, ...] = ()
    role: str = "member"
    id: UUID | None = None


def add_member(actor: Actor, new: NewMember, *, because: Event | UUID | None = None) -> Member:
    """Enter one; refused where the phone is somebody's already."""
    actor.must(Duty.KEEP_ROSTER, at=new.area_path)
    if new.phone:
        index = vault.blind_index("phone", new.phone)
        known = Member.objects.filter(phone_index=index).exclude(state=Member.State.LEFT).first()
        if known:
            raise PhoneIsKnown(about.plain(known.name))
    return add_members(actor, [new], because=because)[0]


@transaction.atomic
def add_members(
    actor: Actor, new: Sequence[NewMember], *, because: Event | UUID | None = None
) -> list[Member]:
    """All of them, or none, in a few statements whatever their number.

    Nobody is compared with those who are there: lists that may hold people twice go through
    `importing`.
    """
    if not new:
        return []
    for path in {one.area_path for one in new}:
        actor.must(Duty.KEEP_ROSTER, at=path)
    names = [one.name.strip() for one in new]
    phones = [one.phone.strip() for one in new]
    moment = now()
    made = [
        Member(
            id=one.id or new_id(),
            number=number,
            kind=Member.Kind(one.kind),
            name=vault.Secret("name", name),
            name_index=name_index,
            phone=vault.Secret("phone", phone) if one.phone.strip() else None,
            phone_index=phone_index if one.phone.strip() else None,
            duty_phone=one.duty_phone.strip(),
            unit_id=one.unit_id,
            unit_elsewhere=one.unit_elsewhere,
            area_path=one.area_path,
            lives_at=one.lives_at,
            resident_id=one.resident_id,
            account_id=one.account_id,
            party_member=one.party_member,
            weekdays=list(one.weekdays),
            joined_at=moment,
        )
        for one, number, name, name_index, phone, phone_index in zip(
            new,
            numbers("member", len(new)),
            vault.seal_many(names, "name"),
            vault.blind_indexes("name", names),
            vault.seal_many(phones, "phone"),
            vault.blind_indexes("phone", phones),
            strict=True,
        )
    ]
    Member.objects.bulk_create(made, batch_size=1000)
    Membership.objects.bulk_create(
        (
            Membership(
                organisation_id=team,
                member=member,
                role=one.role if place == 0 else Membership.Role.MEMBER,
                since=moment,
            )
            for one, member in zip(new, made, strict=True)
            for place, team in enumerate(one.teams)
        ),
        batch_size=2000,
    )
    Skill.objects.bulk_create(
        (
            Skill(member=member, kind=Skill.Kind(kind))
            for one, member in zip(new, made, strict=True)
            for kind in dict.fromkeys(one.skills)
        ),
        batch_size=2000,
    )
    record_many(
        [MemberAdded(subject_id=one.id, area_path=one.area_path, member=one.kind) for one in made],
        actor=actor,
        because=because,
    )
    return made


def _of_mine(actor: Actor, member_id: UUID) -> Member:
    """One's own record, or one that the actor keeps."""
    own = queries.member_of(actor)
    if own is not None and own.id == member_id:
        return Member.objects.select_for_update().get(id=member_id)
    member = queries.get_member(actor, member_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=member.area_path)
    return member


@transaction.atomic
def correct_member(actor: Actor, member_id: UUID, **changes: Any) -> Member:
    """Change what is recorded; the ledger keeps which fields, never what they say.

    changes   area_path, lives_at, duty_phone, phone, weekdays, unit_id, kind, party_member,
              account_id, resident_id; oneself only weekdays, phone and lives_at
    """
    own = queries.member_of(actor)
    member = _of_mine(actor, member_id)
    keeps = actor.may(Duty.KEEP_ROSTER, at=member.area_path)
    if not keeps and set(changes) - {"weekdays", "phone", "lives_at"}:
        raise NotYours(str(Duty.KEEP_ROSTER.label))
    if "area_path" in changes and not (own is not None and own.id == member_id and not keeps):
        actor.must(Duty.KEEP_ROSTER, at=changes["area_path"])
    if "phone" in changes:
        phone = str(changes["phone"] or "").strip()
        changes["phone"] = phone or None
        changes["phone_index"] = vault.blind_index("phone", phone) if phone else None
    for field, value in changes.items():
        setattr(member, field, value)
    member.save(update_fields=list(changes))
    fields = ", ".join(sorted(one for one in changes if one != "phone_index"))
    record(
        MemberCorrected(subject_id=member.id, area_path=member.area_path, fields=fields),
        actor=actor,
    )
    return member


@transaction.atomic
def set_state(
    actor: Actor,
    member_id: UUID,
    state: str,
    *,
    why: str = "",
    because: Event | UUID | None = None,
) -> Member:
    """Ready, ill, locked in, called back, left. Oneself may say that one is ill, or well again.

    Who leaves gives back every membership. Setting the same state again changes nothing.
    """
    becomes = Member.State(state)
    own = queries.member_of(actor)
    if own is not None and own.id == member_id and becomes in _SAID_BY_ONESELF:
        member = Member.objects.select_for_update().get(id=member_id)
    else:
        member = queries.get_member(actor, member_id, for_change=True)
        if not any(actor.may(d, at=member.area_path) for d in (Duty.KEEP_ROSTER, Duty.DISPATCH)):
            raise NotYours(str(Duty.KEEP_ROSTER.label))
    if member.state == becomes:
        return member
    was, member.state, member.state_because = member.state, becomes, why[:200]
    member.save(update_fields=["state", "state_because"])
    if becomes == Member.State.LEFT:
        Membership.objects.filter(member=member, until=None).update(until=now())
    record(
        MemberStateChanged(
            subject_id=member.id,
            area_path=member.area_path,
            member_id=member.id,
            was=was,
            state=becomes,
        ),
        actor=actor,
        because=because,
    )
    return member


_SAID_BY_ONESELF = frozenset({Member.State.READY, Member.State.ILL, Member.State.LOCKED_IN})


# Organisations that they belong to


@transaction.atomic
def join(
    actor: Actor,
    organisation_id: UUID,
    member_ids: Iterable[UUID],
    *,
    role: str = Membership.Role.MEMBER,
) -> list[Membership]:
    """Let members belong to an organisation. Who belongs to it already stays as they are.

    A unit's people may come from elsewhere in the actor's area or from above it.
    """
    organisation = queries.get_organisation(actor, organisation_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=organisation.area_path)
    if organisation.dissolved_at:
        raise OrganisationIsDissolved(organisation.name, organisation.dissolved_at)
    wanted = list(dict.fromkeys(member_ids))
    members = [queries.get_colleague(actor, one) for one in wanted]
    for member in members:
        if member.state == Member.State.LEFT:
            raise HasLeft(about.plain(member.name))
    there = organisation.memberships.filter(until=None).select_related("member")
    known = {one.member_id for one in there}
    if role == Membership.Role.LEAD:
        lead = next((one for one in there if one.role == Membership.Role.LEAD), None)
        if lead is not None and {lead.member_id} != set(wanted):
            raise LeadIsNamed(organisation.name, about.plain(lead.member.name))
        there.filter(member_id__in=wanted).update(role=role)
    made = Membership.objects.bulk_create(
        Membership(organisation=organisation, member=one, role=Membership.Role(role), since=now())
        for one in members
        if one.id not in known
    )
    record_many(
        [
            Joined(
                subject_id=one.member_id,
                area_path=organisation.area_path,
                organisation_id=organisation.id,
                role=role,
            )
            for one in made
        ],
        actor=actor,
    )
    return made


@transaction.atomic
def leave_organisation(actor: Actor, organisation_id: UUID, member_id: UUID) -> None:
    """End a membership; one that has ended stays ended."""
    own = queries.member_of(actor)
    if own is not None and own.id == member_id:
        organisation = Organisation.objects.get(id=organisation_id)
    else:
        organisation = queries.get_organisation(actor, organisation_id)
        actor.must(Duty.KEEP_ROSTER, at=organisation.area_path)
    ended = Membership.objects.filter(
        organisation=organisation, member_id=member_id, until=None
    ).update(until=now())
    if ended:
        record(
            LeftOrganisation(
                subject_id=member_id,
                area_path=organisation.area_path,
                organisation_id=organisation.id,
            ),
            actor=actor,
        )


# What they can do, have had, and cannot do


@transaction.atomic
def note_skill(
    actor: Actor,
    member_id: UUID,
    kind: str,
    *,
    proof: str = "",
    valid_until: date | None = None,
) -> Skill:
    """Say that somebody can do something; with a proof only by who has seen it."""
    member = _of_mine(actor, member_id)
    seen = bool(proof.strip()) and actor.may(Duty.KEEP_ROSTER, at=member.area_path)
    if proof.strip() and valid_until and valid_until < today():
        raise ProofIsOver(valid_until)
    if valid_until and not proof.strip():
        raise ProofIsMissing
    values: dict[str, Any] = {"valid_until": valid_until, "proof": proof.strip()[:80]}
    values |= (
        {"seen_by": actor.id, "seen_at": now()} if seen else {"seen_by": None, "seen_at": None}
    )
    skill, _made = Skill.objects.update_or_create(
        member=member, kind=Skill.Kind(kind), defaults=values
    )
    record(
        SkillNoted(subject_id=member.id, area_path=member.area_path, skill=skill.kind, proved=seen),
        actor=actor,
    )
    return skill


@transaction.atomic
def note_vaccination(
    actor: Actor, member_id: UUID, *, dose: int, given_on: date, product: str = ""
) -> Vaccination:
    member = _of_mine(actor, member_id)
    if given_on > today():
        raise InTheFuture
    noted, _made = Vaccination.objects.update_or_create(
        member=member, dose=dose, defaults={"given_on": given_on, "product": product[:60]}
    )
    record(
        VaccinationNoted(subject_id=member.id, area_path=member.area_path, dose=dose), actor=actor
    )
    return noted


@transaction.atomic
def note_exemption(
    actor: Actor, member_id: UUID, *, exempt_from: str, until: date | None = None
) -> Exemption:
    """What somebody is not to be asked for; the reason is not written down."""
    member = queries.get_member(actor, member_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=member.area_path)
    if until and until < today():
        raise EndsBeforeItBegins
    Exemption.objects.filter(member=member, exempt_from=exempt_from, until=None).update(
        until=today()
    )
    noted = Exemption.objects.create(
        member=member, exempt_from=Exemption.From(exempt_from), since=today(), until=until
    )
    record(
        ExemptionNoted(
            subject_id=member.id, area_path=member.area_path, exempt_from=noted.exempt_from
        ),
        actor=actor,
    )
    return noted


@transaction.atomic
def note_absence(
    actor: Actor, member_id: UUID, *, since: date, until: date, why: str = ""
) -> Absence:
    member = _of_mine(actor, member_id)
    if until < since:
        raise EndsBeforeItBegins
    noted = Absence.objects.create(member=member, since=since, until=until, because=why[:80])
    record(
        AbsenceNoted(
            subject_id=member.id, area_path=member.area_path, days=(until - since).days + 1
        ),
        actor=actor,
    )
    return noted


def teams_of(member: Member) -> list[Organisation]:
    """The organisations that somebody belongs to now, by name."""
    return list(
        Organisation.objects.filter(memberships__member=member, memberships__until=None).order_by(
            "name"
        )
    )
