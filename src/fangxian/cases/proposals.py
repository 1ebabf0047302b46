"""What a search turns up before anybody decides: contacts of a case, and contacts of contacts."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from fangxian.cases import rules
from fangxian.cases.models import Case, Contact
from fangxian.cases.queries import co_present, co_present_with, numbers_of_case, visits_of
from fangxian.cases.seats import Nearness, who_was_near
from fangxian.engines.tracing import Met
from fangxian.engines.tracing.seats import Layout
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now
from fangxian.people import queries as people
from fangxian.protocol.packs import Pack

_HOW = {None: Contact.How.CO_PRESENCE, Layout.ROOMS: Contact.How.ROOM}


def met_at_places(case: Case, pack: Pack, met: Sequence[Met] | None = None) -> dict[UUID, Contact]:
    """Whom the case met at places, by resident; `met` where a sweep has found them already."""
    close = pack.contact.close_minutes
    numbers = numbers_of_case(PLAYBOOK, case)
    since, until = case.infectious_from, case.infectious_until
    if met is None:
        tolerance = pack.contact.co_presence_tolerance.length
        met = co_present(PLAYBOOK, numbers, since=since, until=until, tolerance=tolerance)
    seated = who_was_near(numbers, visits_of(PLAYBOOK, numbers, since, until), pack)
    residents = people.by_numbers(PLAYBOOK, [one.person for one in met])
    found: dict[UUID, Contact] = {}
    for one in sorted(met, key=rules.dose):
        if one.person not in residents:
            continue
        resident_id, area_path = residents[one.person]
        sat = seated.get(one.person) or Nearness()
        found[resident_id] = Contact(
            case=case,
            resident_id=resident_id,
            area_path=area_path,
            kind=rules.kind_of(
                one,
                close_minutes=close.whole if close else None,
                near=sat.layout is not None,
                apart=sat.apart,
            ),
            how=_HOW.get(sat.layout, Contact.How.VEHICLE) if sat.layout else _HOW[None],
            place=sat.place or one.place,
            evidence=rules.SOURCE[one.evidence],
            meetings=one.meetings,
            minutes=rules.dose(one),
            first_at=one.first_at,
            last_at=one.last_at,
            pack=pack.stamp,
        )
    return found


def add_household(case: Case, pack: Pack, found: dict[UUID, Contact]) -> None:
    """The household is close for the whole window; meetings elsewhere add their dose."""
    for member in people.household_of(PLAYBOOK, case.resident_id):
        contact = found.get(member.id) or Contact(
            case=case, resident_id=member.id, area_path=member.area_path, meetings=0
        )
        contact.kind, contact.how, contact.pack = (
            Contact.Kind.CLOSE,
            Contact.How.HOUSEHOLD,
            pack.stamp,
        )
        contact.place, contact.evidence = None, ""
        contact.first_at, contact.last_at = case.infectious_from, case.infectious_until
        found[member.id] = contact


def open_cases_among(residents: Iterable[UUID]) -> list[UUID]:
    return list(
        Case.objects.filter(resident__in=list(residents), state=Case.State.OPEN).values_list(
            "resident", flat=True
        )
    )


_FOUND = ["kind", "how", "place", "evidence", "meetings", "minutes", "first_at", "last_at", "pack"]


def keep(case: Case, found: dict[UUID, Contact]) -> list[Contact]:
    """Add the new ones and bring those not decided on up to date; the new ones."""
    known = {contact.resident_id: contact for contact in case.contacts.all()}
    new = [contact for resident_id, contact in found.items() if resident_id not in known]
    Contact.objects.bulk_create(new, batch_size=1000)
    changed = []
    for resident_id, contact in known.items():
        fresh = found.get(resident_id)
        if fresh is None or contact.state != Contact.State.PROPOSED:
            continue
        if any(getattr(contact, name) != getattr(fresh, name) for name in _FOUND):
            for name in _FOUND:
                setattr(contact, name, getattr(fresh, name))
            contact.through = None
            changed.append(contact)
    Contact.objects.bulk_update(changed, [*_FOUND, "through"], batch_size=500)
    return new


def contacts_of_contacts(case: Case, close: Sequence[Contact], pack: Pack) -> list[Contact]:
    """Who lives with these close contacts, or met them, and is not known to the case.

    What counts is from the contact's own first contact with the case until now: a contact is
    decided on, and with that kept apart, now. Of several contacts the one with the longest time
    together is kept; a household comes before any of them.
    """
    found = _met_by_contacts(case, close, pack) | _households_of(case, close, pack)
    known = set(case.contacts.filter(resident__in=found).values_list("resident", flat=True))
    for resident_id in {*known, *open_cases_among(found)}:
        found.pop(resident_id)
    return list(found.values())


def _met_by_contacts(case: Case, close: Sequence[Contact], pack: Pack) -> dict[UUID, Contact]:
    """Only who was together with them long enough: passing somebody by goes no second step."""
    numbers = people.numbers_of(PLAYBOOK, [contact.resident_id for contact in close])
    through = {numbers[one.resident_id]: one for one in close if one.resident_id in numbers}
    moment = now()
    asked = [(person, min(one.first_at, moment)) for person, one in through.items()]
    tolerance = pack.contact.co_presence_tolerance.length
    met = co_present_with(PLAYBOOK, asked, until=moment, tolerance=tolerance)
    minutes = pack.contact.close_minutes
    long_enough = [
        (person, one)
        for person, one in met
        if rules.kind_of(one, close_minutes=minutes.whole if minutes else None) == "close"
    ]
    residents = people.by_numbers(PLAYBOOK, {one.person for _person, one in long_enough})
    own = {case.resident_id, *(contact.resident_id for contact in close)}
    found: dict[UUID, Contact] = {}
    for person, one in sorted(long_enough, key=lambda pair: (rules.dose(pair[1]), pair[0])):
        resident_id, area_path = residents.get(one.person, (None, ""))
        if resident_id is None or resident_id in own:
            continue
        found[resident_id] = Contact(
            case=case,
            resident_id=resident_id,
            area_path=area_path,
            kind=Contact.Kind.SECONDARY,
            how=Contact.How.CO_PRESENCE,
            through=through[person],
            place=one.place,
            evidence=rules.SOURCE[one.evidence],
            meetings=one.meetings,
            minutes=rules.dose(one),
            first_at=one.first_at,
            last_at=one.last_at,
            pack=pack.stamp,
        )
    return found


def _households_of(case: Case, close: Sequence[Contact], pack: Pack) -> dict[UUID, Contact]:
    through = {contact.resident_id: contact for contact in close}
    register = people.residents_visible_to(PLAYBOOK)
    homes = dict(
        register.filter(id__in=through, household__isnull=False).values_list("household", "id")
    )
    found: dict[UUID, Contact] = {}
    for member in register.filter(household__in=homes).exclude(id__in=[*through, case.resident_id]):
        assert member.household_id is not None  # noqa: S101 - it was looked up by household
        contact = through[homes[member.household_id]]
        found[member.id] = Contact(
            case=case,
            resident_id=member.id,
            area_path=member.area_path,
            kind=Contact.Kind.SECONDARY,
            how=Contact.How.HOUSEHOLD,
            through=contact,
            meetings=0,
            first_at=contact.first_at,
            last_at=max(now(), contact.first_at),
            pack=pack.stamp,
        )
    return found
