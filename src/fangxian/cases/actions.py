"""The verbs of investigation: report, trace, judge, close."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, Max, Min, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from fangxian.cases import rules
from fangxian.cases.errors import (
    CaseIsOver,
    ContactIsACase,
    ContactsAwaitDecision,
    ContactWasDiscarded,
    MeetingIsOutsideTheWindow,
    NoContactsByTheseRules,
    NoSymptomsNoOnset,
    OneIsNotOnesOwnContact,
    ReasonIsMissing,
    TimeIsBeforeTheIncident,
    TimeIsInTheFuture,
    TimesContradict,
)
from fangxian.cases.events import (
    CaseClosed,
    CaseLacksIdentity,
    CaseReclassified,
    CaseReported,
    CaseWithdrawn,
    ContactConfirmed,
    ContactDiscarded,
    ContactsNotDetermined,
    ContactsProposed,
    OnsetNoted,
    VisitsRecorded,
)
from fangxian.cases.models import (
    Case,
    Companion,
    Contact,
    Exposure,
    Seat,
    Stay,
    Swept,
    Visit,
)
from fangxian.cases.proposals import (
    add_household,
    contacts_of_contacts,
    keep,
    met_at_places,
    open_cases_among,
)
from fangxian.cases.queries import (
    contacts_visible_to,
    get_case,
    get_contact,
)
from fangxian.cases.rules import VisitRow, VisitsTaken
from fangxian.cases.visits import refused_visits, store
from fangxian.engines.tracing import Met
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record, record_many
from fangxian.kernel.models import Event
from fangxian.people import queries as people
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force

Because = Event | UUID | None


# Cases


@transaction.atomic
def report_case(
    actor: Actor,
    *,
    resident_id: UUID,
    classification: str,
    specimen_at: datetime,
    found_by: str,
    under_control: bool,
    onset_on: date | None = None,
    isolated_at: datetime | None = None,
    because: Because = None,
) -> Case:
    """Make a person a case, with the window in which contacts are looked for, by the pack.

    isolated_at   since when the person is kept apart; now, if nothing is said

    Safe to repeat: somebody with an open case keeps it, and it changes only when the new finding
    is stronger. Somebody without an identity number is accepted, and the lack is recorded.
    """
    resident = people.get_resident(actor, resident_id)
    area_path = resident.area_path or actor.within
    actor.must(Duty.INVESTIGATE, at=area_path)
    pack = in_force(now(), area_path)
    if classification == Case.Classification.ASYMPTOMATIC and onset_on:
        raise NoSymptomsNoOnset
    _happened(_("The specimen"), specimen_at, area_path)
    if onset_on:
        _happened(_("The onset"), _midnight(onset_on), area_path)
    if isolated_at and isolated_at > now():
        raise TimeIsInTheFuture(_("The isolation"))

    known = Case.objects.select_for_update().filter(resident=resident, state=Case.State.OPEN)
    if (case := known.first()) is not None:
        return _report_again(
            actor, case, pack, classification, specimen_at, onset_on, under_control, because
        )
    case = Case(
        number=_next_number(),
        resident_id=resident.id,
        area_path=area_path,
        classification=classification,
        found_by=found_by,
        under_control=under_control,
        onset_on=onset_on,
        specimen_at=specimen_at,
        isolated_at=isolated_at or now(),
        because_id=because.id if isinstance(because, Event) else because,
    )
    _set_window(case, pack)
    # Two who report the same person at the same moment: the second finds the first one's case.
    Case.objects.bulk_create([case], ignore_conflicts=True)
    if not Case.objects.filter(id=case.id).exists():
        return known.get()

    event = record(
        CaseReported(
            subject_id=case.id,
            area_path=case.area_path,
            pack=case.pack,
            code=case.code,
            resident_id=resident.id,
            classification=case.classification,
            specimen_at=case.specimen_at,
            under_control=case.under_control,
        ),
        actor=actor,
        because=because,
    )
    if resident.identity_index is None:
        record(
            CaseLacksIdentity(
                subject_id=case.id,
                area_path=case.area_path,
                pack=case.pack,
                code=case.code,
                resident_id=resident.id,
            ),
            actor=actor,
            because=event,
        )
    case.refresh_from_db()
    return case


def _report_again(
    actor: Actor,
    case: Case,
    pack: Pack,
    classification: str,
    specimen_at: datetime,
    onset_on: date | None,
    under_control: bool,  # noqa: FBT001
    because: Because,
) -> Case:
    if not rules.is_stronger(classification, case.classification):
        return case
    was = case.classification
    case.classification = classification
    case.specimen_at = min(case.specimen_at, specimen_at)
    case.onset_on = onset_on or case.onset_on
    if classification == Case.Classification.ASYMPTOMATIC:
        case.onset_on = None
    case.under_control = case.under_control and under_control
    _set_window(case, pack)
    case.save()
    record(
        CaseReclassified(
            subject_id=case.id,
            area_path=case.area_path,
            pack=case.pack,
            code=case.code,
            resident_id=case.resident_id,
            was=was,
            becomes=classification,
            specimen_at=case.specimen_at,
            under_control=case.under_control,
        ),
        actor=actor,
        because=because,
    )
    return case


@transaction.atomic
def note_onset(actor: Actor, case_id: UUID, *, onset_on: date) -> Case:
    """Note when symptoms began; the window moves with it. Somebody without symptoms now has some.

    Contacts found before stay as they are; look for contacts again afterwards.
    """
    case = _open_case(actor, case_id)
    pack = in_force(now(), case.area_path)
    _happened(_("The onset"), _midnight(onset_on), case.area_path)
    if case.onset_on == onset_on:
        return case
    if case.classification == Case.Classification.ASYMPTOMATIC:
        case.classification = Case.Classification.CONFIRMED
    case.onset_on = onset_on
    _set_window(case, pack)
    case.save()
    record(
        OnsetNoted(
            subject_id=case.id,
            area_path=case.area_path,
            pack=case.pack,
            code=case.code,
            onset_on=onset_on,
            infectious_from=case.infectious_from,
            infectious_until=case.infectious_until,
        ),
        actor=actor,
        because=_last_word(case),
    )
    return case


@transaction.atomic
def close_case(actor: Actor, case_id: UUID, *, because: Because = None) -> Case:
    """End the investigation once every close contact and contact of contact is decided on."""
    case = get_case(actor, case_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=case.area_path)
    if case.state == Case.State.CLOSED:
        return case
    if not case.is_open:
        raise CaseIsOver(case)
    undecided = (
        case.contacts.filter(state=Contact.State.PROPOSED)
        .exclude(kind=Contact.Kind.GENERAL)
        .count()
    )
    if undecided:
        raise ContactsAwaitDecision(case, undecided)
    case.state, case.closed_at = Case.State.CLOSED, now()
    case.save(update_fields=["state", "closed_at"])
    record(
        CaseClosed(
            subject_id=case.id,
            area_path=case.area_path,
            pack=case.pack,
            code=case.code,
            resident_id=case.resident_id,
        ),
        actor=actor,
        because=because,
    )
    return case


@transaction.atomic
def withdraw_case(actor: Actor, case_id: UUID, *, reason: str, because: Because = None) -> Case:
    """It was no case after all, as when a result is corrected. Its contacts are discarded."""
    case = get_case(actor, case_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=case.area_path)
    if case.state == Case.State.WITHDRAWN:
        return case
    if not case.is_open:
        raise CaseIsOver(case)
    if not reason.strip():
        raise ReasonIsMissing
    case.state, case.closed_at = Case.State.WITHDRAWN, now()
    case.save(update_fields=["state", "closed_at"])
    event = record(
        CaseWithdrawn(
            subject_id=case.id,
            area_path=case.area_path,
            pack=case.pack,
            code=case.code,
            resident_id=case.resident_id,
            reason=reason,
        ),
        actor=actor,
        because=because,
    )
    left = case.contacts.exclude(state=Contact.State.DISCARDED).order_by("id")
    _discard(actor, case, list(left.select_for_update()), reason, event)
    return case


# Contacts


@transaction.atomic
def find_contacts(
    actor: Actor, case_id: UUID, *, met: Sequence[Met] | None = None, because: Because = None
) -> list[Contact]:
    """Propose everybody who met the case in its window: same household, or same place and time.

    met   what a sweep found for this case; without it the visits are searched now

    Safe to repeat, as when more visits came in: those not yet decided on are brought up to date,
    decisions stand, and the ledger hears of it only if somebody new was found. Where the rules in
    force determine no contacts, none are proposed, and the ledger says so. People who are open
    cases themselves are left out.
    """
    case = _open_case(actor, case_id)
    pack = in_force(now(), case.area_path)
    first_time, case.traced_at = case.traced_at is None, now()
    case.save(update_fields=["traced_at"])
    if not pack.contact.determine:
        if first_time:
            record(
                ContactsNotDetermined(
                    subject_id=case.id,
                    area_path=case.area_path,
                    pack=pack.stamp,
                    code=case.code,
                ),
                actor=actor,
                because=because or _last_word(case),
            )
        return []

    found = met_at_places(case, pack, met)
    if pack.contact.household_is_close:
        add_household(case, pack, found)
    for resident_id in open_cases_among(found):
        del found[resident_id]
    new = keep(case, found)
    if first_time or new:
        kinds = [contact.kind for contact in new]
        record(
            ContactsProposed(
                subject_id=case.id,
                area_path=case.area_path,
                pack=pack.stamp,
                code=case.code,
                close=kinds.count(Contact.Kind.CLOSE),
                general=kinds.count(Contact.Kind.GENERAL),
            ),
            actor=actor,
            because=because or _last_word(case),
        )
    return list(case.contacts.order_by("-minutes", "-id"))


@transaction.atomic
def confirm_contacts(
    actor: Actor,
    contact_ids: Iterable[UUID],
    *,
    kind: str | None = None,
    because: Because = None,
) -> list[Contact]:
    """Decide that these people are contacts; `kind` where the proposal is not followed.

    Safe to repeat. All or none: one that was discarded refuses the whole list. Each is announced
    with the search that proposed it as its cause. Where the rules want contacts of contacts,
    confirming a close contact proposes those who live with them or met them since.
    """
    actor.must(Duty.INVESTIGATE)
    wanted = set(contact_ids)
    contacts = list(
        contacts_visible_to(actor)
        .filter(id__in=wanted)
        .select_related("case")
        .select_for_update(of=("self",))
        .order_by("id")
    )
    if len(contacts) < len(wanted):
        raise NotFound(_("contact"))
    fresh = [contact for contact in contacts if contact.state != Contact.State.CONFIRMED]
    for contact in fresh:
        if contact.state == Contact.State.DISCARDED:
            raise ContactWasDiscarded(contact)
        if not contact.case.is_open:
            raise CaseIsOver(contact.case)
    if kind is not None:
        for case in {contact.case for contact in fresh}:
            _must_be_determined(kind, in_force(now(), case.area_path))
    for contact in fresh:
        contact.state, contact.decided_at = Contact.State.CONFIRMED, now()
        contact.kind = kind or contact.kind
    Contact.objects.bulk_update(fresh, ["state", "decided_at", "kind"], batch_size=500)
    _announce(actor, fresh, because)
    for contact in fresh:
        contact.refresh_from_db()
    return contacts


@transaction.atomic
def discard_contact(
    actor: Actor, contact_id: UUID, *, reason: str, because: Because = None
) -> Contact:
    """Decide that this person is no contact, or no longer one. So are their own contacts then."""
    actor.must(Duty.INVESTIGATE)
    contact = get_contact(actor, contact_id, for_change=True)
    if contact.state == Contact.State.DISCARDED:
        return contact
    if not reason.strip():
        raise ReasonIsMissing
    through = Contact.objects.filter(through=contact).exclude(state=Contact.State.DISCARDED)
    others = list(through.select_for_update().order_by("id"))
    _discard(actor, contact.case, [contact, *others], reason, because)
    return contact


@transaction.atomic
def name_contact(
    actor: Actor,
    case_id: UUID,
    resident_id: UUID,
    *,
    last_at: datetime,
    first_at: datetime | None = None,
    kind: str = Contact.Kind.CLOSE,
    minutes: int = 0,
    place: int | None = None,
    because: Because = None,
) -> Contact:
    """Somebody was named as a contact in the interview: confirmed at once, whatever was before.

    Safe to repeat; a later `last_at` is taken over, an earlier one changes nothing.
    """
    case = _open_case(actor, case_id)
    pack = in_force(now(), case.area_path)
    _must_be_determined(kind, pack)
    resident = people.get_resident(PLAYBOOK, resident_id)
    if resident.id == case.resident_id:
        raise OneIsNotOnesOwnContact
    other = Case.objects.filter(resident=resident, state=Case.State.OPEN).first()
    if other is not None:
        raise ContactIsACase(other)
    first_at = first_at or last_at
    if first_at > last_at:
        raise TimesContradict
    if last_at > now():
        raise TimeIsInTheFuture(_("The last contact"))
    if last_at < case.infectious_from or first_at > case.infectious_until:
        raise MeetingIsOutsideTheWindow(case)

    contact = Contact.objects.filter(case=case, resident=resident).first() or Contact(
        case=case,
        resident_id=resident.id,
        area_path=resident.area_path,
        kind=kind,
        first_at=first_at,
        last_at=last_at,
    )
    if contact.state == Contact.State.CONFIRMED and (
        contact.kind == kind and last_at <= contact.last_at
    ):
        return contact
    contact.how, contact.kind, contact.pack = Contact.How.NAMED, kind, pack.stamp
    contact.state, contact.decided_at, contact.reason = Contact.State.CONFIRMED, now(), ""
    contact.first_at = min(first_at, contact.first_at)
    contact.last_at = max(last_at, contact.last_at)
    contact.minutes = max(minutes, contact.minutes)
    contact.place = place or contact.place
    contact.save()
    _announce(actor, [contact], because)
    return contact


# Visits


@transaction.atomic
def record_visits(
    actor: Actor, rows: Sequence[VisitRow], *, about_id: UUID | None = None
) -> VisitsTaken:
    """Take many visits at once, in a handful of statements whatever their number.

    about_id   the case that told of them

    Every row has its answer: recorded, known before, or refused with the reason. A visit that is
    sent again with a later end is lengthened; otherwise sending again changes nothing.
    """
    actor.must(Duty.INVESTIGATE)
    refused = refused_visits(rows)
    taken = [row for place, row in enumerate(rows) if place not in refused]
    recorded = store(taken) if taken else 0
    if recorded or refused:
        record(
            VisitsRecorded(
                subject_id=about_id or new_id(),
                area_path=actor.within,
                recorded=recorded,
                refused=len(refused),
            ),
            actor=actor,
        )
    return VisitsTaken(recorded=recorded, known=len(taken) - recorded, refused=refused)


# What the verbs above are made of.


def _open_case(actor: Actor, case_id: UUID) -> Case:
    case = get_case(actor, case_id, for_change=True)
    actor.must(Duty.INVESTIGATE, at=case.area_path)
    if not case.is_open:
        raise CaseIsOver(case)
    return case


def _happened(what: str, at: datetime, area_path: str) -> None:
    if at > now():
        raise TimeIsInTheFuture(what)
    try:
        in_force(at, area_path)
    except NoPackInForce as none:
        raise TimeIsBeforeTheIncident(what) from none


def _midnight(day: date) -> datetime:
    return datetime.combine(day, dt.time.min, tzinfo=timezone.get_current_timezone())


def _set_window(case: Case, pack: Pack) -> None:
    """The window and the pack that gave it. Symptoms count before the specimen."""
    contact = pack.contact
    before = contact.window_before_onset if case.onset_on else contact.window_before_specimen
    case.infectious_from, case.infectious_until = rules.infectious_window(
        _midnight(case.onset_on) if case.onset_on else case.specimen_at,
        before=before.length,
        after=contact.window_after.length if contact.window_after else None,
        isolated_at=case.isolated_at,
    )
    case.pack = pack.stamp


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('cases_case_number')")
        return int(cursor.fetchone()[0])


def _last_word(case: Case) -> UUID | None:
    """The event from which looking for contacts followed: the case's report or its last change."""
    kinds = [fact.kind() for fact in (CaseReported, CaseReclassified, OnsetNoted)]
    return (
        Event.objects.filter(subject_id=case.id, kind__in=kinds)
        .order_by("-seq")
        .values_list("id", flat=True)
        .first()
    )


def _search_of(case: Case) -> UUID | None:
    """The event that proposed the contacts of a case, or the one that made it a case."""
    found = (
        Event.objects.filter(subject_id=case.id, kind=ContactsProposed.kind())
        .order_by("-seq")
        .values_list("id", flat=True)
        .first()
    )
    return found or _last_word(case)


def _must_be_determined(kind: str, pack: Pack) -> None:
    wanted = pack.contact.determine
    if kind == Contact.Kind.SECONDARY:
        wanted = pack.contact.determine_secondary
    if not wanted:
        raise NoContactsByTheseRules(pack.stamp)


def _announce(actor: Actor, contacts: Sequence[Contact], because: Because) -> None:
    """Tell the ledger of contacts that were confirmed just now, case by case."""
    latest = dict(
        Contact.objects.filter(
            resident__in=[contact.resident_id for contact in contacts],
            state=Contact.State.CONFIRMED,
        )
        .values_list("resident")
        .annotate(at=Max("last_at"))
    )
    of_case: defaultdict[UUID, list[Contact]] = defaultdict(list)
    for contact in contacts:
        of_case[contact.case_id].append(contact)
    for these in of_case.values():
        case = these[0].case
        cause = because or _search_of(case)
        facts = [
            ContactConfirmed(
                subject_id=contact.id,
                area_path=contact.area_path,
                pack=contact.pack,
                case_id=case.id,
                code=case.code,
                resident_id=contact.resident_id,
                contact_kind=contact.kind,
                how=contact.how,
                minutes=contact.minutes,
                last_at=latest[contact.resident_id],
            )
            for contact in these
        ]
        record_many(facts, actor=actor, because=cause)
        close = [contact for contact in these if contact.kind == Contact.Kind.CLOSE]
        _propose_secondary(actor, case, close, cause)


def _propose_secondary(
    actor: Actor, case: Case, close: Sequence[Contact], because: Because
) -> None:
    """Contacts of contacts: who lives with or met a close contact, if the rules want them."""
    pack = in_force(now(), case.area_path)
    if not pack.contact.determine_secondary or not close:
        return
    found = contacts_of_contacts(case, close, pack)
    if not found:
        return
    Contact.objects.bulk_create(found, batch_size=1000)
    record(
        ContactsProposed(
            subject_id=case.id,
            area_path=case.area_path,
            pack=pack.stamp,
            code=case.code,
            close=0,
            general=0,
            secondary=len(found),
        ),
        actor=actor,
        because=because,
    )


def _discard(
    actor: Actor, case: Case, contacts: Sequence[Contact], reason: str, because: Because
) -> None:
    facts = []
    cause = because or _search_of(case)
    for contact in contacts:
        facts.append(
            ContactDiscarded(
                subject_id=contact.id,
                area_path=contact.area_path,
                pack=contact.pack,
                case_id=case.id,
                code=case.code,
                resident_id=contact.resident_id,
                was=contact.state,
                reason=reason,
            )
        )
        contact.state, contact.decided_at = Contact.State.DISCARDED, now()
        contact.reason = reason
    Contact.objects.bulk_update(contacts, ["state", "decided_at", "reason"], batch_size=500)
    record_many(facts, actor=actor, because=cause)


# Forgetting


def forget_visits(actor: Actor, before: datetime) -> Gone:
    """Delete who was where before that moment, except what an open case's window still needs.

    The seat of somebody of whom no visit to the place is left goes with it, and what sweeps said
    that ended before then; their figures stay.
    """
    actor.must(Duty.OPERATE)
    needed = Case.objects.filter(state=Case.State.OPEN).aggregate(since=Min("infectious_from"))
    until = min(before, needed["since"] or before)
    gone = delete_all(Visit.objects.filter(end_at__lt=until))
    there = Visit.objects.filter(person=OuterRef("person"), place=OuterRef("place"))
    gone = gone.and_then(delete_all(Seat.objects.filter(~Exists(there))))
    for model in (Exposure, Swept):
        gone = gone.and_then(delete_all(model.objects.filter(sweep__ended_at__lt=before)))
    return gone


def forget_interviews(actor: Actor, before: datetime) -> Gone:
    """Delete where closed cases said that they had been, and with whom."""
    actor.must(Duty.OPERATE)
    over = Case.objects.exclude(state=Case.State.OPEN).filter(closed_at__lt=before)
    names = delete_all(Companion.objects.filter(stay__case__in=over))
    return names.and_then(delete_all(Stay.objects.filter(case__in=over)))
