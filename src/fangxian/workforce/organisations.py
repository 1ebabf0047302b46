"""Organisations as a graph: parts of one another, and side links to places that are not theirs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from fangxian.areas.queries import area_at, names_of
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.workforce import queries
from fangxian.workforce.errors import (
    AlreadyThere,
    CircularLiaison,
    EndsBeforeItBegins,
    NoSuchOrganisation,
    OrganisationIsDissolved,
    OwnPart,
    PartsAreLeft,
)
from fangxian.workforce.events import (
    LiaisonBegan,
    LiaisonEnded,
    OrganisationDissolved,
    OrganisationFounded,
    OrganisationMoved,
)
from fangxian.workforce.models import Liaison, Membership, Organisation

GOVERNING = frozenset(
    {
        Organisation.Kind.COMMAND_POST,
        Organisation.Kind.GOVERNMENT,
        Organisation.Kind.COMMITTEE,
        Organisation.Kind.BRANCH,
    }
)
"""What speaks for a place: a link to the place is a link to these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganisation:
    """What is known of an organisation before it is entered.

    parent_id   may be one of the same list
    """

    kind: str
    name: str
    area_path: str
    parent_id: UUID | None = None
    site_id: UUID | None = None
    phone: str = ""
    contact: str = ""
    founded_at: datetime | None = None
    ends_at: datetime | None = None
    id: UUID | None = None


def numbers(thing: str, count: int) -> list[int]:
    """The next `count` numbers of a kind of thing, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
            [f"workforce_{thing}_number", count],
        )
        return [number for (number,) in cursor]


def found_organisation(
    actor: Actor, new: NewOrganisation, *, because: Event | UUID | None = None
) -> Organisation:
    return found_organisations(actor, [new], because=because)[0]


@transaction.atomic
def found_organisations(
    actor: Actor, new: Sequence[NewOrganisation], *, because: Event | UUID | None = None
) -> list[Organisation]:
    """All of them, or none, in a few statements whatever their number."""
    if not new:
        return []
    for path in {one.area_path for one in new}:
        actor.must(Duty.KEEP_ROSTER, at=path)
    moment = now()
    made = [
        Organisation(
            id=one.id or new_id(),
            number=number,
            kind=Organisation.Kind(one.kind),
            name=one.name.strip(),
            parent_id=one.parent_id,
            area_path=one.area_path,
            site_id=one.site_id,
            phone=one.phone.strip(),
            contact=one.contact.strip() or None,
            founded_at=one.founded_at or moment,
            ends_at=one.ends_at,
        )
        for one, number in zip(new, numbers("organisation", len(new)), strict=True)
    ]
    if any(one.ends_at and one.ends_at <= one.founded_at for one in made):
        raise EndsBeforeItBegins
    _refuse_twice(made)
    _check_parents(actor, made)
    Organisation.objects.bulk_create(made, batch_size=1000)
    record_many(
        [
            OrganisationFounded(
                subject_id=one.id,
                area_path=one.area_path,
                organisation=one.kind,
                temporary=one.ends_at is not None,
            )
            for one in made
        ],
        actor=actor,
        because=because,
    )
    return made


def _refuse_twice(made: Sequence[Organisation]) -> None:
    wanted = {(one.area_path, one.kind, one.name) for one in made}
    there = Organisation.objects.filter(
        name__in={one.name for one in made}, dissolved_at=None
    ).values_list("area_path", "kind", "name")
    twice = wanted & set(there)
    if len(wanted) < len(made):
        seen: set[tuple[str, str, str]] = set()
        for one in made:
            key = (one.area_path, one.kind, one.name)
            twice |= {key} & seen
            seen.add(key)
    if twice:
        raise AlreadyThere(sorted(name for _path, _kind, name in twice))


def _check_parents(actor: Actor, made: Sequence[Organisation]) -> None:
    own = {one.id: one for one in made}
    others = {one.parent_id for one in made if one.parent_id and one.parent_id not in own}
    known = {one.id: one for one in queries.organisations_visible_to(actor).filter(id__in=others)}
    for parent_id in others:
        if parent_id not in known:
            raise NoSuchOrganisation(parent_id)
        _refuse_dissolved(known[parent_id])
    for one in made:  # a circle can only lie within the list itself
        chain = [one]
        while (parent := own.get(chain[-1].parent_id)) is not None:  # type: ignore[arg-type]
            chain.append(parent)
            if parent is one:
                raise OwnPart([step.name for step in chain])
            if len(chain) > len(made):
                break


def _refuse_dissolved(organisation: Organisation) -> None:
    if organisation.dissolved_at:
        raise OrganisationIsDissolved(organisation.name, organisation.dissolved_at)


@transaction.atomic
def place_under(actor: Actor, organisation_id: UUID, parent_id: UUID | None) -> Organisation:
    """Let it belong to another one, or to none."""
    organisation = queries.get_organisation(actor, organisation_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=organisation.area_path)
    _refuse_dissolved(organisation)
    if organisation.parent_id == parent_id:
        return organisation
    if parent_id:
        parent = queries.get_organisation(actor, parent_id)
        _refuse_dissolved(parent)
        chain = [organisation, parent]
        while chain[-1].id != organisation.id and chain[-1].parent_id:
            chain.append(Organisation.objects.get(id=chain[-1].parent_id))
        if chain[-1].id == organisation.id:
            raise OwnPart([step.name for step in chain])
    organisation.parent_id = parent_id
    organisation.save(update_fields=["parent"])
    record(
        OrganisationMoved(
            subject_id=organisation.id,
            area_path=organisation.area_path,
            organisation=organisation.kind,
            parent_id=parent_id,
        ),
        actor=actor,
    )
    return organisation


@transaction.atomic
def dissolve_organisation(
    actor: Actor,
    organisation_id: UUID,
    *,
    why: str = "",
    because: Event | UUID | None = None,
) -> Organisation:
    """End it and every membership in it. Refused while parts of it stand.

    Dissolving again changes nothing. What it had to do is given to others by the playbook.
    """
    organisation = queries.get_organisation(actor, organisation_id, for_change=True)
    actor.must(Duty.KEEP_ROSTER, at=organisation.area_path)
    if organisation.dissolved_at:
        return organisation
    parts = list(organisation.parts.filter(dissolved_at=None).values_list("name", flat=True)[:6])
    if parts:
        raise PartsAreLeft(parts)
    moment = now()
    organisation.dissolved_at, organisation.why_dissolved = moment, why[:200]
    organisation.save(update_fields=["dissolved_at", "why_dissolved"])
    left = Membership.objects.filter(organisation=organisation, until=None).update(until=moment)
    organisation.liaisons.filter(until=None).update(until=moment)
    organisation.check_ins.filter(until=None).update(until=moment)
    record(
        OrganisationDissolved(
            subject_id=organisation.id,
            area_path=organisation.area_path,
            organisation=organisation.kind,
            members=left,
        ),
        actor=actor,
        because=because,
    )
    return organisation


def end_temporary_organisations(actor: Actor) -> int:
    """Dissolve those whose end has come; one with parts left waits for them. How many ended."""
    due = Organisation.objects.filter(
        dissolved_at=None, ends_at__lte=now(), area_path__startswith=actor.within
    ).order_by("-founded_at")
    ended = 0
    for organisation in due:
        if not organisation.parts.filter(dissolved_at=None).exists():
            dissolve_organisation(actor, organisation.id)
            ended += 1
    return ended


# Side links


@transaction.atomic
def begin_liaison(
    actor: Actor,
    *,
    area_path: str,
    organisation_id: UUID | None = None,
    member_id: UUID | None = None,
) -> Liaison:
    """A unit, or a leader, looks after a place that is not its own. Beginning again is nothing new.

    Refused where the links would lead back to the unit: nobody looks after themselves.
    """
    actor.must(Duty.KEEP_ROSTER, at=area_path)
    area_at(actor, area_path)
    if organisation_id is not None:
        organisation = queries.get_organisation(actor, organisation_id, for_change=True)
        _refuse_dissolved(organisation)
        refuse_circles(organisation, area_path)
        subject = organisation.id
    else:
        member = queries.get_colleague(actor, member_id)
        subject = member.id
    ends: dict[str, Any] = {"organisation_id": organisation_id, "member_id": member_id}
    link, made = Liaison.objects.get_or_create(**ends, area_path=area_path, until=None)
    if made:
        record(
            LiaisonBegan(
                subject_id=subject, area_path=area_path, of_unit=organisation_id is not None
            ),
            actor=actor,
        )
    return link


def refuse_circles(organisation: Organisation, area_path: str) -> None:
    """Follow the links from the place onwards; meeting the unit again is a circle."""
    open_links: dict[str, list[tuple[Organisation, str]]] = {}
    # Only what speaks for a place has links that a link to the place goes on with.
    for link in Liaison.objects.filter(
        until=None, organisation__kind__in=GOVERNING, organisation__dissolved_at=None
    ).select_related("organisation"):
        speaker = link.organisation
        if speaker is not None:
            open_links.setdefault(speaker.area_path, []).append((speaker, link.area_path))
    came_from: dict[str, list[str]] = {area_path: [organisation.name]}
    waiting = [area_path]
    while waiting:
        place = waiting.pop()
        if _speaks_for(organisation, place):
            names = names_of_steps(came_from[place], place)
            raise CircularLiaison(names)
        for _speaker, further in open_links.get(place, ()):
            if further not in came_from:
                came_from[further] = [*came_from[place], place]
                waiting.append(further)


def _speaks_for(organisation: Organisation, place: str) -> bool:
    return organisation.kind in GOVERNING and organisation.area_path == place


def names_of_steps(steps: Iterable[str], last: str) -> list[str]:
    first, *places = [*steps, last]
    named = names_of(PLAYBOOK, places)
    return [first, *(named[place] for place in places)]


@transaction.atomic
def end_liaison(actor: Actor, liaison_id: UUID) -> Liaison:
    link = queries.get_liaison(actor, liaison_id)
    actor.must(Duty.KEEP_ROSTER, at=link.area_path)
    if link.until is None:
        link.until = now()
        link.save(update_fields=["until"])
        record(
            LiaisonEnded(
                subject_id=link.organisation_id or link.member_id or link.id,
                area_path=link.area_path,
                of_unit=link.organisation_id is not None,
            ),
            actor=actor,
        )
    return link
