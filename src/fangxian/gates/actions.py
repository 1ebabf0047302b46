"""The verbs of gates. A phone sends them, hours later if need be; each is safe to repeat."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from fangxian.areas.models import Area, Site
from fangxian.areas.queries import get_site
from fangxian.gates import errors, printing, queries, rules, scans, signed, visits
from fangxian.gates.asking import pack_at
from fangxian.gates.events import (
    CheckpointSet,
    CommunityIsCovered,
    EmergencyLetThrough,
    EmergencyLetThroughAlone,
    GateListPrinted,
    GateShiftBegun,
    GateShiftHandedOver,
    IncidentReported,
    IncidentSettled,
    PassIssued,
    PassRevoked,
    PersonsForgotten,
    PostersPrinted,
    QuestionAnswered,
    ScansRead,
    SignUpDriveBegun,
    TurnedBack,
    VenueClosed,
    VenueSignedUp,
)
from fangxian.gates.models import (
    Checkpoint,
    Demand,
    Incident,
    Pass,
    PrintedList,
    Question,
    QueueNote,
    Scan,
    Shift,
    SignUpDrive,
    Venue,
)
from fangxian.gates.rules import Answer, ScanRow, VisitRow
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.kernel.vault import blind_index
from fangxian.people import queries as people
from fangxian.people.rules import PersonRef, common_area
from fangxian.protocol.queries import in_force

_log = logging.getLogger(__name__)
Because = Event | UUID | None

PASS_OFFICES = (Duty.CARRY_OUT, Duty.DISPATCH, Duty.KEEP_REGISTER)
"""Who issues passes: the community's workers and those above them. One of these duties."""
VENUE_OFFICES = (Duty.CARRY_OUT, Duty.DISPATCH, Duty.MANAGE_AREAS)
GATE_OFFICES = (Duty.DISPATCH, Duty.MANAGE_AREAS, Duty.DECIDE_MEASURES)


def _must_one_of(actor: Actor, duties: Sequence[Duty], at: str) -> None:
    if not any(actor.may(duty, at=at) for duty in duties):
        actor.must(duties[0], at=at)


# Checkpoints and shifts


@transaction.atomic
def set_checkpoint(
    actor: Actor, site_id: UUID, *, demands: Sequence[str], objection: str = ""
) -> Checkpoint:
    """Say what a checkpoint asks for, and where to object. The numbers are the pack's."""
    site = queries.get_checkpoint(actor, site_id)
    _must_one_of(actor, GATE_OFFICES, site.area_path)
    wanted = [str(word) for word in Demand if str(word) in set(demands)]
    known = Checkpoint.objects.select_for_update().filter(site=site).first()
    said = (wanted, objection.strip())
    if known is not None and (list(known.demands), known.objection) == said:
        return known
    row, _new = Checkpoint.objects.update_or_create(
        site=site,
        defaults={
            "area_path": site.area_path,
            "demands": wanted,
            "objection": said[1],
            "set_by": actor.id,
            "set_at": now(),
        },
    )
    record(
        CheckpointSet(
            subject_id=site.id, area_path=site.area_path, number=site.number, demands=wanted
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def start_shift(actor: Actor, shift_id: UUID, site_id: UUID, *, at: datetime) -> Shift:
    """A guard begins at a gate or a venue's door. Beginning the same shift again changes nothing.

    Whatever shift the guard had forgotten to end stays open and is seen as such.
    """
    known = Shift.objects.filter(id=shift_id).first()
    if known is not None:
        if known.account_id != actor.id:
            raise errors.ShiftIsAnothers
        return known
    site = get_site(actor, site_id)
    actor.must(Duty.GUARD, at=site.area_path)
    shift = Shift.objects.create(
        id=shift_id,
        site=site,
        area_path=site.area_path,
        account_id=actor.id,
        began_at=min(at, now()),
    )
    record(
        GateShiftBegun(subject_id=shift.id, area_path=site.area_path, number=site.number),
        actor=actor,
    )
    return shift


@transaction.atomic
def end_shift(
    actor: Actor,
    shift_id: UUID,
    *,
    at: datetime,
    passed: int,
    referred: int,
    turned_back: int,
    emergencies: int,
) -> Shift:
    """Hand over with what was counted. Ending again changes nothing.

    A difference to what was scanned refuses nothing; the hand-over shows it.
    """
    shift = queries.get_shift(actor, shift_id, for_change=True)
    if shift.account_id != actor.id:
        raise errors.ShiftIsAnothers
    if shift.ended_at is not None:
        return shift
    counts = (passed, referred, turned_back, emergencies)
    if any(not isinstance(count, int) or count < 0 for count in counts):
        raise errors.CountsNeeded
    ended_at = min(at, now())
    if ended_at < shift.began_at:
        raise errors.ShiftEndsBeforeItBegan
    shift.ended_at = ended_at
    shift.passed, shift.referred, shift.turned_back, shift.emergencies = counts
    shift.save(update_fields=["ended_at", "passed", "referred", "turned_back", "emergencies"])
    record(
        GateShiftHandedOver(
            subject_id=shift.id,
            area_path=shift.area_path,
            number=shift.site.number,
            passed=passed,
            referred=referred,
            turned_back=turned_back,
            emergencies=emergencies,
            scanned=sum(queries.scanned_in(actor, shift).values()),
        ),
        actor=actor,
    )
    return shift


# Scans


@transaction.atomic
def record_scans(actor: Actor, rows: Sequence[ScanRow]) -> list[Answer]:
    """Take many scans at once, in a handful of statements whatever their number.

    actor   who carries them; each row names who scanned

    Every row has its answer in the order given: applied, known (it came before) or refused with
    the reason; one bad row never fails its neighbours. Codes are verified again and the verdict is
    reached again with all that the server knows; where it differs both are kept, and nothing
    follows from the difference. Ordinary scans leave no fact in the ledger: it would be a register
    of movements that nobody could ever delete.
    """
    answers, stored = scans.take(rows)
    for one in stored:
        if one.row.verdict == "turn_back":
            record(
                TurnedBack(
                    subject_id=one.row.id,
                    area_path=one.area_path,
                    rule=one.row.rule,
                    said_at=one.at,
                ),
                actor=one.row.by,
            )
        elif one.row.verdict == "emergency":
            _follow_up(one.row.by, one)
    return answers


@transaction.atomic
def let_through_emergency(
    actor: Actor,
    *,
    scan_id: UUID,
    site_id: UUID,
    at: datetime,
    shift_id: UUID | None = None,
    person: PersonRef | None = None,
    plate: str = "",
    reason: str = "",
    direction: str = "out",
) -> Answer:
    """Somebody in an emergency was let through. This is recorded; it is never refused.

    No duty, shift, checkpoint, code, pass or person is asked for: whatever is missing or wrong is
    recorded as such. Care for the person is opened by the playbook; trouble there does not take
    the record back.
    """
    row = ScanRow(
        id=scan_id,
        by=actor,
        at=at,
        site=site_id,
        shift=shift_id,
        direction=direction if direction in Scan.Direction.values else Scan.Direction.OUT,
        verdict=Scan.Verdict.EMERGENCY,
        rule="emergency",
        person=person,
        plate=plate[:20],
        reason=reason[:200],
    )
    return record_scans(actor, [row])[0]


def _follow_up(actor: Actor, one: scans.Taken) -> None:
    facts = {
        "subject_id": one.row.id,
        "area_path": one.area_path,
        "resident_id": one.resident_id,
        "said_at": one.at,
    }
    try:
        with transaction.atomic():
            record(EmergencyLetThrough(**facts), actor=actor)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - whatever goes wrong in what follows, the person has passed
        _log.exception("nothing followed from an emergency", extra={"scan": str(one.row.id)})
        record(EmergencyLetThroughAlone(**facts), actor=actor)  # type: ignore[arg-type]


@transaction.atomic
def record_visits(actor: Actor, rows: Sequence[VisitRow]) -> list[Answer]:
    """Take many visits to venues at once. Each has its answer, as with `record_scans`.

    A rotating code that is not this venue's, or was not on its screen at that time, is worth no
    more than a poster: a picture can be forwarded. An attended scan needs a guard.
    """
    return visits.take(actor, rows)


# Incidents and queues


@transaction.atomic
def report_incident(
    actor: Actor, incident_id: UUID, site_id: UUID, *, kind: str, text: str = "", at: datetime
) -> Incident:
    """Say that something happened at a gate. An unknown kind is “other”. Safe to repeat."""
    known = Incident.objects.filter(id=incident_id).first()
    if known is not None:
        return known
    site = get_site(actor, site_id)
    actor.must(Duty.GUARD, at=site.area_path)
    incident = Incident.objects.create(
        id=incident_id,
        site=site,
        area_path=site.area_path,
        kind=kind if kind in Incident.Kind.values else Incident.Kind.OTHER,
        text=text.strip()[:500],
        at=min(at, now()),
        by_id=actor.id,
    )
    record(
        IncidentReported(subject_id=incident.id, area_path=site.area_path, incident=incident.kind),
        actor=actor,
    )
    return incident


@transaction.atomic
def settle_incident(actor: Actor, incident_id: UUID, *, how: str) -> Incident:
    """Say what was done about an incident. Settling again changes nothing."""
    incident = queries.get_incident(actor, incident_id, for_change=True)
    _must_one_of(actor, (*GATE_OFFICES, Duty.GUARD), incident.area_path)
    if incident.settled_at is not None:
        return incident
    if not how.strip():
        raise errors.ReasonNeeded
    incident.settled_at, incident.settled_by = now(), actor.id
    incident.settled_how = how.strip()[:200]
    incident.save(update_fields=["settled_at", "settled_by", "settled_how"])
    record(
        IncidentSettled(
            subject_id=incident.id, area_path=incident.area_path, incident=incident.kind
        ),
        actor=actor,
        because=_cause(incident.id),
    )
    return incident


@transaction.atomic
def note_queue(actor: Actor, site_id: UUID, *, waiting: int, at: datetime) -> QueueNote:
    """Say how many wait. It is a glance, not a fact: nothing enters the ledger."""
    site = get_site(actor, site_id)
    _must_one_of(actor, (Duty.GUARD, Duty.COLLECT_SAMPLES), site.area_path)
    note, _new = QueueNote.objects.get_or_create(
        site=site,
        at=min(at, now()),
        defaults={"waiting": max(0, min(waiting, _LONGEST_QUEUE)), "by_id": actor.id},
    )
    return note


_LONGEST_QUEUE = 9_999


# Passes


@transaction.atomic
def issue_pass(
    actor: Actor,
    *,
    kind: str,
    area_path: str,
    valid_from: datetime,
    valid_to: datetime,
    resident_id: UUID | None = None,
    plate: str = "",
    purpose: str = "",
    because: Because = None,
) -> Pass:
    """A permit to pass the gates of an area.

    resident_id   the person, or for an entry and exit pass anybody of the household that it is for

    A household has one valid entry and exit pass; how often it may be used is the pack's quota,
    counted from scans.
    """
    _must_one_of(actor, PASS_OFFICES, area_path)
    if valid_to <= max(valid_from, now()):
        raise errors.PassOutOfTime
    pack = in_force(now(), area_path)
    resident = people.get_resident(actor, resident_id) if resident_id else None
    signs = rules.plain_plate(plate)
    household = resident.household_id if resident else None
    right = {
        Pass.Kind.ENTRY_EXIT: household is not None,
        Pass.Kind.VEHICLE: bool(signs),
        Pass.Kind.MEDICAL: resident is not None,
        Pass.Kind.WORK: resident is not None,
    }
    if not right.get(Pass.Kind(kind) if kind in Pass.Kind.values else Pass.Kind.ENTRY_EXIT):
        raise errors.PassForWhom
    entry_exit = kind == Pass.Kind.ENTRY_EXIT
    if entry_exit:
        _one_pass_a_household(household)
    vehicle = kind == Pass.Kind.VEHICLE
    issued = Pass.objects.create(
        number=_next_pass_number(),
        kind=kind,
        household_id=household if entry_exit else None,
        resident=None if entry_exit else resident,
        plate=rules.masked_plate(signs) if vehicle else "",
        plate_index=blind_index("plate", signs) if vehicle else None,
        area_path=area_path,
        valid_from=valid_from,
        valid_to=valid_to,
        pack=pack.stamp,
        purpose=purpose.strip()[:60],
        issued_by=actor.id,
    )
    record(
        PassIssued(
            subject_id=issued.id,
            area_path=area_path,
            pack=pack.stamp,
            code=issued.code,
            pass_kind=kind,
            valid_to=valid_to,
        ),
        actor=actor,
        because=because,
    )
    return issued


def _one_pass_a_household(household: UUID | None) -> None:
    """Refuse a second one that is still good; one that has run out makes room."""
    held = Pass.objects.select_for_update().filter(
        household=household, kind=Pass.Kind.ENTRY_EXIT, state=Pass.State.VALID
    )
    for known in held:
        if known.valid_to > now():
            raise errors.HouseholdHasAPass(known.code)
        known.state, known.revoked_at = Pass.State.REVOKED, now()
        known.revoked_because = RAN_OUT
        known.save(update_fields=["state", "revoked_at", "revoked_because"])


RAN_OUT = "It ran out and was replaced."


def _next_pass_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('gates_pass_number')")
        return int(cursor.fetchone()[0])


@transaction.atomic
def revoke_pass(actor: Actor, pass_id: UUID, *, reason: str) -> Pass:
    """Take a pass back, with a reason that its holder hears. Revoking again changes nothing."""
    held = queries.get_pass(actor, pass_id, for_change=True)
    _must_one_of(actor, PASS_OFFICES, held.area_path)
    if held.state == Pass.State.REVOKED:
        return held
    if not reason.strip():
        raise errors.ReasonNeeded
    held.state, held.revoked_at = Pass.State.REVOKED, now()
    held.revoked_because = reason.strip()[:200]
    held.save(update_fields=["state", "revoked_at", "revoked_because"])
    record(
        PassRevoked(
            subject_id=held.id,
            area_path=held.area_path,
            pack=held.pack,
            code=held.code,
            pass_kind=held.kind,
        ),
        actor=actor,
        because=_cause(held.id),
    )
    return held


# Venues


@transaction.atomic
def begin_sign_up_drive(actor: Actor, area_path: str, *, due_at: datetime) -> SignUpDrive:
    """Have every venue of an area get a code; the playbook asks each community to see to its own.

    A drive that is under way there is returned unchanged.
    """
    _must_one_of(actor, (Duty.DISPATCH, Duty.COMMAND), area_path)
    known = SignUpDrive.objects.filter(area_path=area_path, ended_at=None).first()
    if known is not None:
        return known
    if due_at <= now():
        raise errors.DriveDueInThePast
    without = queries.venues_without_code(actor, below=area_path)
    paths = list(without.values_list("area_path", flat=True))
    if not paths:
        raise errors.NothingToSignUp
    drive = SignUpDrive.objects.create(
        area_path=area_path, begun_by=actor.id, due_at=due_at, venues=len(paths)
    )
    record(
        SignUpDriveBegun(
            subject_id=drive.id,
            area_path=area_path,
            venues=len(paths),
            communities=sorted(set(paths)),
            due_at=due_at,
        ),
        actor=actor,
    )
    return drive


@transaction.atomic
def sign_up_venue(
    actor: Actor, site_id: UUID, *, kind: str, contact_id: UUID | None = None, screen: bool = False
) -> Venue:
    """Give a venue its code. Signing up again changes kind, contact and screen, and opens a code
    that was closed.

    screen   the venue has a screen whose code changes; otherwise a poster
    """
    site = get_site(actor, site_id)
    _must_one_of(actor, VENUE_OFFICES, site.area_path)
    if site.kind != Site.Kind.VENUE or site.closed_at is not None:
        raise errors.NotAVenue(site.name)
    said = {
        "kind": kind if kind in Venue.Kind.values else Venue.Kind.OTHER,
        "contact_id": contact_id,
        "screen": screen,
    }
    known = Venue.objects.select_for_update().filter(site=site).first()
    if known is not None and known.closed_at is None:
        Venue.objects.filter(site=site).update(**said)
        return queries.get_venue(actor, site.id)
    venue, _new = Venue.objects.update_or_create(
        site=site,
        defaults={
            **said,
            "area_path": site.area_path,
            "signed_up_at": now(),
            "signed_up_by": actor.id,
            "poster_printed_at": None,
            "closed_at": None,
        },
    )
    event = record(
        VenueSignedUp(
            subject_id=site.id,
            area_path=site.area_path,
            number=site.number,
            venue=venue.kind,
        ),
        actor=actor,
    )
    _finish_drives(actor, site.area_path, event)
    return venue


def _finish_drives(actor: Actor, community: str, event: Event) -> None:
    """Say that a community is done, and end a drive when its last venue has a code."""
    for drive in list(SignUpDrive.objects.filter(ended_at=None)):
        if not community.startswith(drive.area_path):
            continue
        if not _without_code(community).exists():
            record(
                CommunityIsCovered(subject_id=drive.id, area_path=community),
                actor=actor,
                because=event,
            )
        if not _without_code(drive.area_path).exists():
            SignUpDrive.objects.filter(id=drive.id).update(ended_at=now())


def _without_code(area_path: str) -> QuerySet[Site]:
    """Whoever asks: it is only a question of whether there are any."""
    return queries.venues_without_code(PLAYBOOK, below=area_path)


@transaction.atomic
def close_venue(actor: Actor, site_id: UUID) -> Venue:
    """The venue's code is no longer used. Closing again changes nothing."""
    venue = queries.get_venue(actor, site_id, for_change=True)
    _must_one_of(actor, VENUE_OFFICES, venue.area_path)
    if venue.closed_at is not None:
        return venue
    venue.closed_at = now()
    venue.save(update_fields=["closed_at"])
    record(
        VenueClosed(subject_id=venue.site_id, area_path=venue.area_path, number=venue.site.number),
        actor=actor,
        because=_cause(venue.site_id),
    )
    return venue


# What a person looks at


@transaction.atomic
def answer_question(actor: Actor, question_id: UUID, *, answer: str) -> Question:
    """Say how two scans that do not fit together came about. Nothing follows from it by itself."""
    question = queries.get_question(actor, question_id, for_change=True)
    if question.answered_at is not None:
        return question
    if not answer.strip():
        raise errors.ReasonNeeded
    question.answered_at, question.answered_by = now(), actor.id
    question.answer = answer.strip()[:200]
    question.save(update_fields=["answered_at", "answered_by", "answer"])
    record(QuestionAnswered(subject_id=question.id, area_path=question.area_path), actor=actor)
    return question


@transaction.atomic
def read_scans(
    actor: Actor, resident_id: UUID, *, since: datetime, until: datetime, purpose: str
) -> list[Scan]:
    """Where somebody passed, oldest first. For investigators and auditors; that it was read, by
    whom and for which purpose, is recorded."""
    queries.must_read_scans(actor)
    if not purpose.strip():
        raise errors.ReasonNeeded
    resident = people.get_resident(actor, resident_id)
    numbers = [resident.number, *resident.merged.values_list("number", flat=True)]
    found = list(
        Scan.objects.filter(person__in=numbers, at__gte=since, at__lte=until).order_by("at", "id")
    )
    record(
        ScansRead(
            subject_id=resident.id,
            area_path=resident.area_path,
            rows=len(found),
            purpose=purpose.strip()[:60],
        ),
        actor=actor,
    )
    return found


@transaction.atomic
def forget_persons(actor: Actor, *, at_most: int = 20_000) -> int:
    """Take the person, the picture and the plate out of scans that are older than the pack says.

    Counts, places and times stay. How many forgot; call again while it is `at_most`.
    """
    actor.must(Duty.OPERATE)
    pack = pack_at(_district())
    if pack is None or pack.gates is None:
        return 0
    before = now() - pack.gates.forget_persons.length
    told = Q(person__isnull=False) | Q(seen__isnull=False) | Q(plate_index__isnull=False)
    old = Scan.objects.filter(told | Q(pass_number__isnull=False), at__lt=before)
    ids = list(old.order_by("at").values_list("id", flat=True)[:at_most])
    forgot = Scan.objects.filter(id__in=ids).update(
        person=None, seen=None, party=None, plate="", plate_index=None, pass_number=None
    )
    Question.objects.filter(one_at__lt=before, person__isnull=False).update(person=None)
    if forgot:
        record(
            PersonsForgotten(subject_id=new_id(), area_path=actor.within, scans=forgot),
            actor=actor,
        )
    return forgot


def forget_passages(actor: Actor, before: datetime) -> Gone:
    """Delete who passed which gate before that moment, the questions about it, and passes that
    were over by then. For the end of an incident; until then only the persons are forgotten.
    """
    actor.must(Duty.OPERATE)
    asked = delete_all(Question.objects.filter(found_at__lt=before))
    passed = delete_all(Scan.objects.filter(at__lt=before))
    over = Q(valid_to__lt=before) | Q(revoked_at__lt=before)
    return asked.and_then(passed).and_then(delete_all(Pass.objects.filter(over)))


def _district() -> str:
    found = Area.objects.filter(level=Area.Level.DISTRICT, ended_at=None).order_by("path").first()
    return found.path if found else ""


def _cause(subject_id: UUID) -> UUID | None:
    return (
        Event.objects.filter(subject_id=subject_id)
        .order_by("-seq")
        .values_list("id", flat=True)
        .first()
    )


# Paper


@transaction.atomic
def print_posters(actor: Actor, site_ids: Sequence[UUID]) -> tuple[list[Venue], bytes]:
    """Posters of venues that have a code, as a PDF. That they were printed is recorded."""
    venues = [queries.get_venue(actor, site_id) for site_id in dict.fromkeys(site_ids)]
    if not venues:
        raise errors.NothingToPrint
    for venue in venues:
        _must_one_of(actor, VENUE_OFFICES, venue.area_path)
        if venue.closed_at is not None:
            raise errors.VenueIsClosed(venue.site.name)
    made = printing.posters(actor, venues)
    Venue.objects.filter(site__in=[venue.site_id for venue in venues]).update(
        poster_printed_at=now()
    )
    record(
        PostersPrinted(
            subject_id=venues[0].site_id,
            area_path=common_area([venue.area_path for venue in venues]),
            venues=len(venues),
        ),
        actor=actor,
    )
    return venues, made


@transaction.atomic
def print_gate_list(actor: Actor, site_id: UUID, *, good_for: timedelta) -> bytes:
    """Who may pass a checkpoint now, as a PDF for a gate without a phone.

    Least data: numbers of passes, initials to compare, kind and end. The check number and the
    signature say whether a line was added later.
    """
    site = queries.get_checkpoint(actor, site_id)
    _must_one_of(actor, (Duty.GUARD, *PASS_OFFICES), site.area_path)
    held = queries.passes_good_for(actor, site_id)
    if not held:
        raise errors.NobodyToList
    until = now() + good_for
    lines = printing.list_lines(held)
    digest = signed.list_digest(lines, gate=site.number, until=until)
    printed = PrintedList.objects.create(
        site=site,
        area_path=site.area_path,
        lines=len(lines),
        digest=digest,
        good_until=until,
        printed_at=now(),
        printed_by=actor.id,
    )
    record(
        GateListPrinted(
            subject_id=printed.id,
            area_path=site.area_path,
            number=site.number,
            lines=len(lines),
            digest=digest.hex(),
        ),
        actor=actor,
    )
    return printing.gate_list(actor, site, lines, digest=digest, until=until)
