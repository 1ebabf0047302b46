"""The verbs of the interview: where a case was, as it was said.

A stay at a known place is also a visit, over the time in which it is certain, so that a search
sees it. The visits of a person's stays are always written anew together: adding, changing and
removing a stay leave behind exactly the visits that the stays say.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.areas import queries as areas
from fangxian.areas.actions import add_sites
from fangxian.areas.models import Site
from fangxian.areas.rules import NewSite
from fangxian.cases import timeline
from fangxian.cases.actions import name_contact
from fangxian.cases.errors import (
    CaseIsOver,
    PlaceIsKnown,
    StayEndsBeforeItBegins,
    StayLacksAPlace,
    TimeIsInTheFuture,
    TwoPlacesAtOnce,
)
from fangxian.cases.events import StayChanged, StayNoted, StayRemoved
from fangxian.cases.models import Case, Companion, Contact, Stay, Visit
from fangxian.cases.partial import Said, exactly
from fangxian.cases.queries import get_case, numbers_of_case
from fangxian.cases.rules import VisitRow
from fangxian.cases.visits import store
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ledger import record
from fangxian.people import queries as people


@transaction.atomic
def add_stay(
    actor: Actor,
    case_id: UUID,
    *,
    begin: Said,
    until: Said,
    place: str,
    site_id: UUID | None = None,
    with_whom: Sequence[str] = (),
    sure: str = Stay.Sure.TOLD,
) -> Stay:
    """A case told where it had been. Safe to repeat: the same words are the same stay.

    site_id     the place, where it is known; otherwise `place` is kept as it was said
    with_whom   names; one whom the case has as a contact already is recognised
    """
    case = _open_case(actor, case_id)
    stay = Stay(case=case, sure=sure, **_told(actor, begin, until, place, site_id))
    same = case.stays.filter(
        from_earliest=stay.from_earliest,
        from_latest=stay.from_latest,
        until_earliest=stay.until_earliest,
        until_latest=stay.until_latest,
        place_said=stay.place_said,
        site=stay.site,
    ).first()
    if same is not None:
        _accompany(actor, same, with_whom)
        return same
    _must_be_possible(actor, case, stay)
    stay.save()
    _accompany(actor, stay, with_whom)
    _write_visits(actor, case)
    record(StayNoted(**_about(stay)), actor=actor)
    stay.refresh_from_db()
    return stay


def try_stay(
    actor: Actor,
    case: Case,
    *,
    begin: Said,
    until: Said,
    place: str,
    site_id: UUID | None = None,
    sure: str = Stay.Sure.TOLD,
    instead_of: UUID | None = None,
) -> list[timeline.Clash]:
    """What would clash if this were said; refused like the verb itself. Nothing is written.

    instead_of   the stay that is being corrected
    """
    stay = Stay(case=case, sure=sure, **_told(actor, begin, until, place, site_id))
    stay.id = instead_of or stay.id
    _must_be_possible(actor, case, stay)
    return timeline.clashes_with(actor, case, stay)


@transaction.atomic
def confirm_scan(actor: Actor, case_id: UUID, visit_id: int) -> Stay:
    """The case confirms what a scan says: a stay that rests on the scan. Safe to repeat."""
    case = _open_case(actor, case_id)
    visit = Visit.objects.filter(id=visit_id, person__in=numbers_of_case(actor, case)).first()
    if visit is None:
        raise NotFound(_("visit"))
    site = areas.site_by_number(PLAYBOOK, visit.place)
    begin, until = (exactly(timezone.localtime(at)) for at in (visit.start_at, visit.end_at))
    stay, is_new = Stay.objects.get_or_create(
        case=case,
        site=site,
        source=visit.source,
        from_earliest=visit.start_at,
        until_earliest=visit.end_at,
        defaults={
            "from_said": begin.text,
            "from_latest": visit.start_at,
            "until_said": until.text,
            "until_latest": visit.end_at,
            "place_said": site.name,
            "sure": Stay.Sure.TOLD if visit.source == Visit.Source.POSTER else Stay.Sure.SEEN,
        },
    )
    if is_new:
        record(StayNoted(**_about(stay)), actor=actor)
    return stay


@transaction.atomic
def change_stay(
    actor: Actor,
    stay_id: UUID,
    *,
    begin: Said,
    until: Said,
    place: str,
    site_id: UUID | None = None,
    with_whom: Sequence[str] = (),
    sure: str = Stay.Sure.TOLD,
) -> Stay:
    """Put right what was said. Names are added; those that were there stay. The visit follows.

    A stay that rested on a scan rests on what was told from now on, if it says something else.
    """
    stay = _stay(actor, stay_id)
    was = _said_of(stay)
    for name, value in _told(actor, begin, until, place, site_id).items():
        setattr(stay, name, value)
    if _said_of(stay) != was:
        stay.source = Visit.Source.INTERVIEW
    stay.sure = sure
    _must_be_possible(actor, stay.case, stay)
    stay.save()
    _accompany(actor, stay, with_whom)
    _write_visits(actor, stay.case)
    record(StayChanged(**_about(stay)), actor=actor)
    stay.refresh_from_db()
    return stay


@transaction.atomic
def remove_stay(actor: Actor, stay_id: UUID) -> Case:
    """The stay was an error. Its visit goes with it; contacts named through it stay."""
    stay = _stay(actor, stay_id)
    case = stay.case
    record(StayRemoved(**_about(stay)), actor=actor)
    written = stay.visit
    stay.with_whom.all().delete()
    stay.delete()
    _write_visits(actor, case, left_over=written)
    return case


@transaction.atomic
def add_place(actor: Actor, stay_id: UUID, *, area_id: UUID, kind: str = Site.Kind.VENUE) -> Site:
    """Make the place that was said a known one. Every stay of the case there is at it then."""
    stay = _stay(actor, stay_id)
    if stay.site is not None:
        raise PlaceIsKnown(stay.site.name)
    name = stay.place_said[:80]
    (site,) = add_sites(actor, [NewSite(kind=kind, name=name, area_id=area_id)])
    stay.case.stays.filter(site=None, place_said=stay.place_said).update(site=site)
    _write_visits(actor, stay.case)
    stay.refresh_from_db()
    record(StayChanged(**_about(stay)), actor=actor)
    return site


@transaction.atomic
def name_companion(
    actor: Actor,
    companion_id: UUID,
    resident_id: UUID,
    *,
    last_at: datetime,
    first_at: datetime | None = None,
    kind: str = Contact.Kind.CLOSE,
    minutes: int = 0,
) -> Contact:
    """This is who was meant: a contact named in the interview, confirmed at once."""
    companion = timeline.get_companion(actor, companion_id)
    stay = _stay(actor, companion.stay_id)
    contact = name_contact(
        actor,
        stay.case_id,
        resident_id,
        last_at=last_at,
        first_at=first_at,
        kind=kind,
        minutes=minutes,
        place=stay.site.number if stay.site else None,
    )
    companion.contact = contact
    companion.save(update_fields=["contact"])
    return contact


@transaction.atomic
def remove_companion(actor: Actor, companion_id: UUID) -> Stay:
    """This name was not said. A contact that came of it stays, and is discarded with a reason."""
    companion = timeline.get_companion(actor, companion_id)
    stay = _stay(actor, companion.stay_id)
    companion.delete()
    return stay


# What the verbs above are made of.


def _open_case(actor: Actor, case_id: UUID) -> Case:
    case = get_case(actor, case_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=case.area_path)
    if not case.is_open:
        raise CaseIsOver(case)
    return case


def _stay(actor: Actor, stay_id: UUID) -> Stay:
    stay = timeline.get_stay(actor, stay_id)
    stay.case = _open_case(actor, stay.case_id)
    return stay


def _told(
    actor: Actor, begin: Said, until: Said, place: str, site_id: UUID | None
) -> dict[str, Any]:
    """The columns of what was said; refuses what cannot be."""
    site = areas.get_site(actor, site_id) if site_id else None
    place = place.strip() or (site.name if site else "")
    if not place:
        raise StayLacksAPlace
    if begin.earliest and until.latest and until.latest < begin.earliest:
        raise StayEndsBeforeItBegins
    moment = now()
    if (begin.earliest and begin.earliest > moment) or (until.earliest and until.earliest > moment):
        raise TimeIsInTheFuture(_("The stay"))
    return {
        "from_said": begin.text[:60],
        "from_earliest": begin.earliest,
        "from_latest": begin.latest,
        "until_said": until.text[:60],
        "until_earliest": until.earliest,
        "until_latest": until.latest,
        "place_said": place[:120],
        "site": site,
    }


def _said_of(stay: Stay) -> tuple[object, ...]:
    return (
        stay.from_earliest,
        stay.from_latest,
        stay.until_earliest,
        stay.until_latest,
        stay.site_id,
        stay.place_said,
    )


def _must_be_possible(actor: Actor, case: Case, stay: Stay) -> None:
    """Overlapping stays are shown, and a person decides. Two proofs in two towns cannot both be."""
    if stay.sure != Stay.Sure.SEEN:
        return
    for other in timeline.clashes_with(actor, case, stay):
        if other.is_proven and other.in_another_town:
            raise TwoPlacesAtOnce(stay.place_said, other.place)


def _accompany(actor: Actor, stay: Stay, names: Sequence[str]) -> None:
    before = list(stay.with_whom.all())
    known = {one.name.reveal() for one in before}
    wanted = dict.fromkeys(name.strip()[:60] for name in names)
    fresh = [name for name in wanted if name and name not in known]
    after = max((one.rank for one in before), default=0)
    for rank, name in enumerate(fresh, start=after + 1):
        meant = [resident.id for resident in people.by_name(actor, name)[:50]]
        contacts = list(stay.case.contacts.filter(resident__in=meant)[:2])
        contact = contacts[0] if len(contacts) == 1 else None
        Companion.objects.create(stay=stay, rank=rank, name=name, contact=contact)


def _write_visits(actor: Actor, case: Case, *, left_over: int | None = None) -> None:
    """Write the visits of everything that this person told, in the place of those before."""
    told = list(
        Stay.objects.filter(case__resident=case.resident_id)
        .select_related("site")
        .order_by("from_earliest", "id")
    )
    before = {stay.visit for stay in told if stay.visit} | ({left_over} if left_over else set())
    Visit.objects.filter(id__in=before, source=Visit.Source.INTERVIEW).delete()
    person = numbers_of_case(actor, case)[0]
    rows = {stay.id: row for stay in told if (row := _row(stay, person))}
    if rows:
        store(list(rows.values()))
    written = {
        (visit.place, visit.start_at): visit.id
        for visit in Visit.objects.filter(
            person=person,
            place__in={row.place for row in rows.values()},
            start_at__in={row.start_at for row in rows.values()},
            source=Visit.Source.INTERVIEW,
        )
    }
    for stay in told:
        row = rows.get(stay.id)
        stay.visit = written.get((row.place, row.start_at)) if row else None
    Stay.objects.bulk_update(told, ["visit"], batch_size=500)


def _row(stay: Stay, person: int) -> VisitRow | None:
    certain = timeline.certain(stay)
    if stay.site is None or certain is None or stay.source != Visit.Source.INTERVIEW:
        return None
    begin, end = certain
    # A scan that began at the same moment says a part already; what was told is the rest.
    scans = Visit.objects.filter(person=person, place=stay.site.number).exclude(
        source=Visit.Source.INTERVIEW
    )
    while (scan := scans.filter(start_at=begin).first()) is not None:
        if scan.end_at >= end:
            return None
        begin = scan.end_at
    return VisitRow(
        person=person,
        place=stay.site.number,
        start_at=begin,
        end_at=end,
        source=Visit.Source.INTERVIEW,
    )


def _about(stay: Stay) -> dict[str, Any]:
    return {
        "subject_id": stay.case_id,
        "area_path": stay.case.area_path,
        "pack": stay.case.pack,
        "code": stay.case.code,
        "stay_id": stay.id,
        "place": stay.site.number if stay.site else None,
        "source": stay.source,
    }
