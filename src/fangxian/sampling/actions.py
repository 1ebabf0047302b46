import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fangxian.areas.queries import get_site
from fangxian.dispatch.rules import common_path
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, Refusal
from fangxian.kernel.ids import code, new_id
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.people import sheets
from fangxian.people.codes import district_code
from fangxian.people.queries import dead_among, get_resident, resolve
from fangxian.people.rules import PersonRef, initials
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force
from fangxian.rosters import queries as rosters
from fangxian.sampling import desk, events, rules
from fangxian.sampling.batches import Sight, answer, check_row, insert_swabs, insert_tubes
from fangxian.sampling.boxes import receive
from fangxian.sampling.checks import (
    capacity_for,
    count_of,
    count_turnout,
    must_be_open,
    must_collect,
    number_on,
    numbers,
    pack_at,
    table_at,
    tests_taken,
    to_explain,
    uncount_person,
    uncount_turnout,
    write_taken,
)
from fangxian.sampling.errors import (
    BoxCountDiffers,
    BoxIsKnownOtherwise,
    BoxWasReceived,
    NoCertificate,
    NoLabel,
    NoSuchReason,
    NotACount,
    PersonNotKnown,
    PointIsNotReady,
    ReasonMissing,
    RoundIsNotOpen,
    RoundIsOver,
    RoundStartsInThePast,
    ShiftEndsBeforeItBegan,
    ShiftIsAnothers,
    SwabbedInThisRound,
    TooManyLabels,
    TubeAlreadyReported,
    TubeAwaitsNoResult,
    TubeHasNoResult,
    TubeHasResult,
    TubeIsNotOpen,
    TubeIsOpenElsewhere,
    TubesNotReady,
)
from fangxian.sampling.findings import (
    announce,
    check_measured,
    decide,
    finding_of,
    keep_beside,
    laboratory_of,
    measured_with,
    said_before,
)
from fangxian.sampling.models import (
    Box,
    BoxTube,
    HandOver,
    LabelBatch,
    LaboratoryKey,
    QueueNote,
    Report,
    Round,
    Shift,
    Swab,
    TestCall,
    Tube,
    Turnout,
    Untested,
)
from fangxian.sampling.opening import open_many
from fangxian.sampling.planning import Resources, kept, look_ahead
from fangxian.sampling.queries import (
    box_by_barcode,
    get_box,
    get_round,
    get_shift,
    get_tube,
    keys_visible_to,
    shift_of,
    tube_by_barcode,
    tubes_of,
    tubes_visible_to,
)
from fangxian.sampling.rules import Answer, Call, SealedTube, SealRow, SwabRow, TubeRow
from fangxian.sampling.sealing import seal_many
from fangxian.sampling.sheet import Certificate

# Tubes


@transaction.atomic
def open_tube(
    actor: Actor,
    *,
    area_path: str = "",
    purpose: str = Tube.Purpose.ROUND,
    round_id: UUID | None = None,
    retest_of_id: UUID | None = None,
    group: str = "",
    tube_id: UUID | None = None,
    barcode: str = "",
    site_id: UUID | None = None,
    table: int | None = None,
    at: datetime | None = None,
) -> Tube:
    """Start a tube that holds as many swabs as the pack says for this group of people.

    area_path   where it is taken; that of the sampling point where `site_id` is given
    group       as in the pack's `sampling.pools`; a retest always holds one
    tube_id     made on the phone; the same id again gives the same tube, unchanged
    barcode     of the label scanned; without one the tube gets a number of its own
    site_id     the sampling point, with the `table` there; None at a door
    at          when it was opened, for a phone may tell later
    """
    if tube_id is not None and Tube.objects.filter(id=tube_id).exists():
        return get_tube(actor, tube_id)
    opened_at = at or now()
    site = table_at(actor, site_id, table or 0, opened_at) if site_id is not None else None
    area_path = site.area_path if site is not None else area_path
    must_collect(actor, area_path)
    round_ = must_be_open(actor, round_id, at)
    if retest_of_id is not None:
        get_tube(actor, retest_of_id)
        purpose = Tube.Purpose.RETEST
    number = number_on("T", barcode) if barcode else numbers(1)[0]

    pack = pack_at(opened_at, area_path)
    tube = Tube(
        id=tube_id or new_id(),
        number=number,
        barcode=code("T", number),
        round=round_,
        purpose=purpose,
        retest_of_id=retest_of_id,
        site=site,
        table=table if site is not None else None,
        shift=shift_of(actor, site.id, table or 0, opened_at) if site is not None else None,
        group=group,
        area_path=area_path,
        capacity=capacity_for(pack, purpose, group),
        pack=pack.stamp,
        opened_at=opened_at,
    )
    # Two phones may send the same command, or scan the same label, at once.
    Tube.objects.bulk_create([tube], ignore_conflicts=True)
    there = Tube.objects.select_related("site").filter(Q(id=tube.id) | Q(number=number)).first()
    if there is None:
        raise NotFound(_("tube"), tube=str(tube.id))
    if there.id != tube.id:
        raise TubeIsOpenElsewhere(there, there.site.name if there.site else "")
    return there


@transaction.atomic
def open_tubes(actor: Actor, rows: Sequence[TubeRow]) -> list[Answer]:
    """`open_tube` for many desks at once; an answer for each row, in the same order.

    What each row may do is asked of its own `by`; `actor` only carries them here.
    """
    return [
        Answer(row.id, "refused", code=came.code, message=came.message, facts=came.facts)
        if isinstance(came, Refusal)
        else Answer(
            row.id,
            "applied",
            barcode=came.barcode,
            facts={"barcode": came.barcode, "capacity": came.capacity},
        )
        for row, came in zip(rows, open_many(rows), strict=True)
    ]


@transaction.atomic
def add_swab(actor: Actor, tube_id: UUID, resident_id: UUID, *, taken_at: datetime) -> Swab:
    """Put one person's swab into an open tube. The same person again changes nothing.

    A test that this person owes by that day counts as taken.
    """
    get_tube(actor, tube_id)
    person = PersonRef(resident=resident_id)
    row = SwabRow(id=new_id(), by=actor, tube_id=tube_id, person=person, taken_at=taken_at)
    came = desk.take([row])[0]
    if isinstance(came, Refusal):
        raise came
    return Swab.objects.get(id=came.swab_id)


@transaction.atomic
def take_swabs(actor: Actor, rows: Sequence[SwabRow]) -> list[Answer]:
    """Put many swabs of many desks into their tubes; an answer for each row, in the same order.

    A row that is refused does not hold up the others, and one that was taken before changes
    nothing. What each row may do is asked of its own `by`; `actor` only carries them here.
    """
    if not rows:
        return []
    answers = []
    for row, came in zip(rows, desk.take(rows), strict=True):
        if isinstance(came, Refusal):
            answers.append(
                Answer(
                    id=row.id,
                    outcome="refused",
                    code=came.code,
                    message=came.message,
                    facts=came.facts,
                )
            )
        else:
            answers.append(Answer(id=row.id, outcome="applied" if came.is_new else "known"))
    return answers


@transaction.atomic
def remove_swab(actor: Actor, tube_id: UUID, swab_id: UUID) -> Tube:
    """Undo a scan before the swab was put into the tube: it was the wrong person.

    Only while the tube is open. Removing it again changes nothing.
    """
    tube = get_tube(actor, tube_id, for_change=True)
    actor.must(Duty.COLLECT_SAMPLES, at=tube.area_path)
    swab = tube.members.filter(id=swab_id).first()
    if swab is None:
        return tube
    if tube.state != Tube.State.OPEN:
        raise TubeIsNotOpen(tube)

    who = swab.resident_id
    swab.delete()
    tube.swabs -= 1
    tube.save(update_fields=["swabs"])
    tube.calls.filter(resident_id=who, state=TestCall.State.TAKEN).update(
        state=TestCall.State.DUE, tube=None
    )
    if tube.round_id is not None:
        uncount_person(tube.round_id, who)
    record(
        events.SwabTakenOut(
            subject_id=tube.id, area_path=tube.area_path, pack=tube.pack, barcode=tube.barcode
        ),
        actor=actor,
    )
    return tube


@transaction.atomic
def seal_tube(
    actor: Actor, tube_id: UUID, *, sealed_at: datetime, counted: int | None = None
) -> Tube:
    """Close a tube for good. Sealing it again changes nothing.

    counted   swabs counted by hand; a difference from the system is kept and told
    """
    came = seal_many([SealRow(tube_id, actor, sealed_at, counted)])[0]
    if isinstance(came, Refusal):
        raise came
    return came


@transaction.atomic
def seal_tubes(actor: Actor, rows: Sequence[SealRow]) -> list[Answer]:
    """`seal_tube` for many desks at once; an answer for each row, in the same order.

    What each row may do is asked of its own `by`; `actor` only carries them here.
    """
    return [
        Answer(row.tube_id, "refused", code=came.code, message=came.message, facts=came.facts)
        if isinstance(came, Refusal)
        else Answer(row.tube_id, "applied", barcode=came.barcode, facts={"swabs": came.swabs})
        for row, came in zip(rows, seal_many(rows), strict=True)
    ]


@transaction.atomic
def void_tube(
    actor: Actor, tube_id: UUID, *, reason: str, because: Event | UUID | None = None
) -> Tube:
    """Give up a tube that broke, leaked or was mixed up. Its people owe their tests again."""
    tube = get_tube(actor, tube_id, for_change=True)
    actor.must(Duty.COLLECT_SAMPLES, at=tube.area_path)
    reason = _reason(reason)
    if tube.state == Tube.State.VOID:
        return tube
    if tube.result_at is not None:
        raise TubeHasResult(tube)

    tube.state, tube.void_reason = Tube.State.VOID, reason
    tube.save(update_fields=["state", "void_reason"])
    tube.calls.exclude(state=TestCall.State.CANCELLED).update(state=TestCall.State.DUE, tube=None)
    if tube.round_id is not None:
        uncount_turnout(tube.round_id, tube)
    record(
        events.TubeVoided(
            subject_id=tube.id,
            area_path=tube.area_path,
            pack=tube.pack,
            barcode=tube.barcode,
            swabs=tube.swabs,
            reason=reason,
        ),
        actor=actor,
        because=because,
    )
    return tube


# Tables


@transaction.atomic
def start_shift(
    actor: Actor,
    *,
    site_id: UUID,
    table: int,
    at: datetime,
    round_id: UUID | None = None,
    shift_id: UUID | None = None,
) -> Shift:
    """Begin to work at a table of a sampling point. The same id again changes nothing."""
    if shift_id is not None and (known := Shift.objects.filter(id=shift_id).first()):
        return known
    site = table_at(actor, site_id, table, at)
    must_collect(actor, site.area_path)
    round_ = must_be_open(actor, round_id, at)
    pack_at(at, site.area_path)
    return Shift.objects.create(
        id=shift_id or new_id(),
        site=site,
        table=table,
        round=round_,
        area_path=site.area_path,
        actor_id=actor.id,
        began_at=at,
    )


@transaction.atomic
def end_shift(actor: Actor, shift_id: UUID, *, at: datetime, swabs: int, tubes: int) -> Shift:
    """Leave the table with what was counted by hand; what the system has is told beside it."""
    shift = get_shift(actor, shift_id, for_change=True)
    actor.must(Duty.COLLECT_SAMPLES, at=shift.area_path)
    if shift.ended_at is not None:
        return shift
    if shift.actor_id != actor.id:
        raise ShiftIsAnothers
    if at < shift.began_at:
        raise ShiftEndsBeforeItBegan(shift)
    pack_at(at, shift.area_path)
    shift.ended_at, shift.swabs, shift.tubes = at, count_of(swabs), count_of(tubes)
    shift.save(update_fields=["ended_at", "swabs", "tubes"])
    has = shift.opened.exclude(state=Tube.State.VOID).aggregate(
        swabs=Sum("swabs", default=0), tubes=Count("id")
    )
    record(
        events.ShiftEnded(
            subject_id=shift.id,
            area_path=shift.area_path,
            table=shift.table,
            swabs=swabs,
            tubes=tubes,
            swabs_in_system=has["swabs"],
            tubes_in_system=has["tubes"],
        ),
        actor=actor,
    )
    return shift


@transaction.atomic
def declare_ready(actor: Actor, site_id: UUID) -> None:
    """Say that a point may open. Refused while a post there has no name."""
    site = get_site(actor, site_id)
    if not actor.may(Duty.PLAN_ROUNDS, at=site.area_path):
        actor.must(Duty.COLLECT_SAMPLES, at=site.area_path)
    if gaps := rosters.gaps_at(PLAYBOOK, site.id, now()):
        missing = sum(gap.missing for gap in gaps)
        raise PointIsNotReady(site.name, missing, gaps[0].post.name)
    record(events.PointReady(subject_id=site.id, area_path=site.area_path), actor=actor)


@transaction.atomic
def note_queue(
    actor: Actor, *, site_id: UUID, waiting: int, at: datetime, note_id: UUID | None = None
) -> QueueNote:
    """Say how many people are waiting at a point. Nobody else learns from it who they are."""
    if note_id is not None and (known := QueueNote.objects.filter(id=note_id).first()):
        return known
    site = get_site(actor, site_id)
    must_collect(actor, site.area_path)
    pack_at(at, site.area_path)
    return QueueNote.objects.create(
        id=note_id or new_id(),
        site=site,
        waiting=count_of(waiting),
        noted_at=at,
        noted_by=actor.id,
    )


NOTERS = frozenset({Duty.COLLECT_SAMPLES, Duty.CARRY_OUT, Duty.PLAN_ROUNDS})
"""Each of these duties lets somebody say why a person does not come."""


@transaction.atomic
def note_untested(
    actor: Actor,
    *,
    person: PersonRef,
    round_id: UUID,
    reason: str,
    at: datetime,
    note: str = "",
    note_id: UUID | None = None,
) -> Untested:
    """Say why somebody does not come to be swabbed in a round. Said again, the latest holds."""
    if note_id is not None and (known := Untested.objects.filter(id=note_id).first()):
        return known
    if not NOTERS & actor.duties:
        actor.must(Duty.COLLECT_SAMPLES)
    round_ = get_round(actor, round_id)
    if reason not in Untested.Reason.values:
        raise NoSuchReason(reason)
    who = resolve(PLAYBOOK, [person], at=[at])[0]
    if who.resident_id is None:
        raise PersonNotKnown(who.trouble)
    if not actor.sees(who.area_path):
        raise NotFound(_("resident"))
    if Turnout.objects.filter(round=round_, resident_id=who.resident_id).exists():
        raise SwabbedInThisRound("", "", None)
    before = Untested.objects.filter(round=round_, resident_id=who.resident_id).first()
    said, _made = Untested.objects.update_or_create(
        round=round_,
        resident_id=who.resident_id,
        defaults={
            "area_path": who.area_path,
            "reason": reason,
            "note": note.strip()[:200],
            "noted_at": at,
            "noted_by": actor.id,
        },
        create_defaults={
            "id": note_id or new_id(),
            "area_path": who.area_path,
            "reason": reason,
            "note": note.strip()[:200],
            "noted_at": at,
            "noted_by": actor.id,
        },
    )
    if before is None or before.reason != reason:
        fact = events.NotTested(
            subject_id=who.resident_id,
            area_path=who.area_path,
            pack=round_.pack,
            round_id=round_.id,
            reason=reason,
        )
        record(fact, actor=actor)
    return said


@transaction.atomic
def print_labels(
    actor: Actor, *, kind: str, count: int, batch_id: UUID | None = None
) -> LabelBatch:
    """Reserve a run of numbers for labels: none is on two sheets, or given to a tube besides."""
    if batch_id is not None and (known := LabelBatch.objects.filter(id=batch_id).first()):
        return known
    if not {Duty.COLLECT_SAMPLES, Duty.PLAN_ROUNDS} & actor.duties:
        actor.must(Duty.COLLECT_SAMPLES)
    if kind not in LabelBatch.Kind.values:
        raise NoLabel(kind)
    if not 1 <= count <= MOST_LABELS:
        raise TooManyLabels(MOST_LABELS)
    with connection.cursor() as cursor:
        # One at a time, so that the numbers of a batch follow each other.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_PRINTING])
        cursor.execute(
            "SELECT min(n), max(n) FROM (SELECT nextval('sampling_label_number') AS n"
            " FROM generate_series(1, %s)) AS drawn",
            [count],
        )
        first, last = cursor.fetchone()
    batch = LabelBatch.objects.create(
        id=batch_id or new_id(),
        kind=kind,
        first=first,
        last=last,
        area_path=actor.within,
        printed_at=now(),
        printed_by=actor.id,
    )
    record(
        events.LabelsPrinted(
            subject_id=batch.id,
            area_path=batch.area_path,
            number=count,
            first=code(kind, first),
            last=code(kind, last),
        ),
        actor=actor,
    )
    return batch


MOST_LABELS = 1100  # twenty-five sheets
_PRINTING = 7_026_101  # advisory lock


# Boxes


@transaction.atomic
def pack_box(
    actor: Actor,
    *,
    barcode: str,
    site_id: UUID,
    tubes: Sequence[str],
    counted: int,
    at: datetime,
    box_id: UUID | None = None,
) -> Box:
    """Put sealed tubes of a point into a box. The tubes counted must be the tubes scanned.

    tubes   barcodes as scanned, in any order; the same one twice is one
    """
    if box_id is not None and (known := Box.objects.filter(id=box_id).first()):
        return known
    site = get_site(actor, site_id)
    must_collect(actor, site.area_path)
    label = code("B", number_on("B", barcode))
    pack_at(at, site.area_path)
    scanned = {code("T", number_on("T", one)) for one in tubes}
    if not scanned or counted != len(scanned):
        raise BoxCountDiffers(counted, len(scanned))
    if taken := Box.objects.filter(barcode=label).first():
        raise BoxIsKnownOtherwise(taken)
    ready = list(
        tubes_visible_to(actor)
        .select_for_update()
        .filter(barcode__in=scanned, state=Tube.State.SEALED)
        .exclude(boxes__outcome__in=[BoxTube.Outcome.PACKED, BoxTube.Outcome.RECEIVED])
        .order_by("id")
    )
    if unready := scanned - {tube.barcode for tube in ready}:
        raise TubesNotReady(sorted(unready))
    box = Box.objects.create(
        id=box_id or new_id(),
        barcode=label,
        site=site,
        area_path=site.area_path,
        counted=counted,
        packed_at=at,
        packed_by=actor.id,
    )
    BoxTube.objects.bulk_create(BoxTube(box=box, tube=tube) for tube in ready)
    record(
        events.BoxPacked(
            subject_id=box.id, area_path=box.area_path, barcode=label, tubes=len(ready)
        ),
        actor=actor,
    )
    return box


@transaction.atomic
def hand_over_box(
    actor: Actor,
    box_id: UUID,
    *,
    to: str,
    at: datetime,
    temperature: float | None = None,
    hand_over_id: UUID | None = None,
) -> HandOver:
    """Give a box to the courier or the laboratory, with how warm it is (°C)."""
    if hand_over_id is not None and (known := HandOver.objects.filter(id=hand_over_id).first()):
        return known
    box = get_box(actor, box_id, for_change=True)
    if not {Duty.COLLECT_SAMPLES, Duty.CARRY_OUT, Duty.ENTER_RESULTS} & actor.duties:
        actor.must(Duty.COLLECT_SAMPLES, at=box.area_path)
    if to not in HandOver.To.values:
        raise NoSuchReason(to)
    if box.state == Box.State.RECEIVED:
        raise BoxWasReceived(box)
    pack_at(at, box.area_path)
    box.state = Box.State.UNDER_WAY
    box.save(update_fields=["state"])
    handed = HandOver.objects.create(
        id=hand_over_id or new_id(),
        box=box,
        by_id=actor.id,
        to=to,
        at=at,
        temperature=_degrees(temperature),
    )
    record(
        events.BoxHandedOver(
            subject_id=box.id,
            area_path=box.area_path,
            barcode=box.barcode,
            to=to,
            temperature=temperature,
        ),
        actor=actor,
    )
    return handed


@transaction.atomic
def receive_box(
    actor: Actor,
    barcode: str,
    *,
    tubes: Sequence[str],
    at: datetime,
    broken: Sequence[str] = (),
    temperature: float | None = None,
) -> Box:
    """Open a box at the laboratory and hold what is in it against what was packed.

    Missing, broken, surplus and late tubes are told as facts, each tube that was lost by itself.
    A box that was received already is left as it is.
    """
    box = box_by_barcode(actor, barcode, for_change=True)
    actor.must(Duty.ENTER_RESULTS, at=box.area_path)
    if box.state == Box.State.RECEIVED:
        return box
    pack = pack_at(at, box.area_path)
    warmth = _degrees(temperature)
    receive(actor, box, tubes=tubes, broken=broken, at=at, temperature=warmth, pack=pack)
    return box


# Results


@transaction.atomic
def report_tube_result(
    actor: Actor,
    tube_id: UUID,
    finding: str,
    *,
    measured_at: datetime,
    laboratory_id: UUID | None = None,
    ct: Decimal | None = None,
    reagent: str = "",
    because: Event | UUID | None = None,
) -> Tube:
    """Record what a laboratory found in one sealed tube.

    Reporting the same finding again changes nothing, so a laboratory may safely resend. What
    another laboratory says is always kept: when it disagrees, the first finding stands until
    somebody settles it, except that any measurement stands before an invalid one. A cycle
    threshold or a reagent told later is added.
    """
    tube = get_tube(actor, tube_id, for_change=True)
    actor.must(Duty.ENTER_RESULTS, at=tube.area_path)
    found = finding_of(finding)
    laboratory = laboratory_of(actor, laboratory_id)
    if tube.state in {Tube.State.OPEN, Tube.State.VOID}:
        raise TubeAwaitsNoResult(tube)
    said = said_before(tube, laboratory)
    if said is not None and said.finding == found:
        measured_with(tube, laboratory, ct, reagent)
        return tube
    measured_before = tube.state == Tube.State.INVALID and found != Report.Finding.INVALID
    if said is not None and not measured_before:
        raise TubeAlreadyReported(tube, said.get_finding_display())
    check_measured(tube, measured_at)

    if tube.state != Tube.State.SEALED and not measured_before:
        keep_beside(actor, tube, found, measured_at, laboratory, because)
        measured_with(tube, laboratory, ct, reagent)
        return tube
    tube.reports.exclude(standing=Report.Standing.CORRECTED).update(
        standing=Report.Standing.SET_ASIDE
    )
    decide(actor, tube, found, measured_at, laboratory)
    measured_with(tube, laboratory, ct, reagent)
    announce(actor, tube, measured_at, because)
    return tube


@transaction.atomic
def correct_tube_result(
    actor: Actor,
    tube_id: UUID,
    finding: str,
    *,
    measured_at: datetime,
    reason: str,
    laboratory_id: UUID | None = None,
    because: Event | UUID | None = None,
) -> Tube:
    """Change a result, or settle a disagreement by saying which finding stands.

    A changed finding is announced like a new one, so that everything that follows from it follows.
    A finding that stands already and that nobody disputes changes nothing.
    """
    tube = get_tube(actor, tube_id, for_change=True)
    actor.must(Duty.ENTER_RESULTS, at=tube.area_path)
    found, reason = finding_of(finding), _reason(reason)
    laboratory = laboratory_of(actor, laboratory_id)
    if tube.result_at is None:
        raise TubeHasNoResult(tube)
    was = tube.state
    disputed = tube.reports.filter(standing=Report.Standing.DISPUTED).exists()
    if was == found and not disputed:
        return tube

    facts = {"subject_id": tube.id, "area_path": tube.area_path, "barcode": tube.barcode}
    cause: Event | UUID | None = because
    if was != found:
        check_measured(tube, measured_at)
        tube.reports.filter(standing=Report.Standing.DECIDED).update(
            standing=Report.Standing.CORRECTED
        )
        tube.reports.filter(standing=Report.Standing.CONFIRMED).update(
            standing=Report.Standing.SET_ASIDE
        )
        decide(actor, tube, found, measured_at, laboratory, reason)
        corrected = events.TubeResultCorrected(
            **facts, pack=tube.pack, was=was, becomes=found, reason=reason
        )
        cause = record(corrected, actor=actor, because=because)
    if disputed:
        doubts = tube.reports.filter(standing=Report.Standing.DISPUTED)
        doubts.filter(finding=found).update(standing=Report.Standing.CONFIRMED)
        doubts.exclude(finding=found).update(standing=Report.Standing.SET_ASIDE)
        settled = events.DisagreementSettled(**facts, pack=tube.pack, stands=found, reason=reason)
        settling = record(settled, actor=actor, because=because)
        cause = cause if was != found else settling
    if was != found:
        announce(actor, tube, measured_at, cause)
    return tube


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line of a laboratory's file that did not load, and why."""

    line: int
    barcode: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    loaded: int
    bad: list[BadLine]

    @property
    def refused(self) -> int:
        return len(self.bad)


def import_results(
    actor: Actor, file: str | bytes, *, laboratory_id: UUID | None = None
) -> Imported:
    """Report every line of a file with the columns barcode, finding, measured_at.

    Each line by itself: those that cannot be loaded are named with their reason, the others load.
    Sending the same file again changes nothing.

    file   the text of a CSV file, or the bytes of one or of .xlsx
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    if isinstance(file, bytes):
        return _report_lines(actor, rules.read_lines(sheets.read(file).rows, zone), laboratory_id)
    return _report_lines(actor, rules.read_results(file, zone), laboratory_id)


def report_results(
    actor: Actor, rows: Sequence[Mapping[str, object]], *, laboratory_id: UUID | None = None
) -> Imported:
    """The same for rows as a laboratory's own system sends them; `line` is the place, from 1."""
    heading: Sequence[object] = ("barcode", "finding", "measured_at")
    lines = [(n, [row.get(str(name)) for name in heading]) for n, row in enumerate(rows, 1)]
    read = rules.read_lines([(0, heading), *lines], ZoneInfo(settings.TIME_ZONE))
    return _report_lines(actor, read, laboratory_id)


def _report_lines(
    actor: Actor,
    lines: Iterable[rules.ResultLine | rules.Unreadable],
    laboratory_id: UUID | None,
) -> Imported:
    loaded, bad = 0, []
    for line in lines:
        if isinstance(line, rules.Unreadable):
            bad.append(
                BadLine(line=line.line, barcode=line.barcode, reason=str(_TROUBLE[line.trouble]))
            )
            continue
        try:
            with transaction.atomic():
                report_tube_result(
                    actor,
                    tube_by_barcode(actor, line.barcode).id,
                    line.finding,
                    measured_at=line.measured_at,
                    laboratory_id=laboratory_id,
                    ct=line.ct,
                    reagent=line.reagent,
                )
            loaded += 1
        except Refusal as refusal:
            bad.append(BadLine(line=line.line, barcode=line.barcode, reason=refusal.message))
    return Imported(loaded=loaded, bad=bad)


_TROUBLE = {
    "columns": gettext_lazy(
        "The first line must name the columns barcode, finding and measured_at."
    ),
    "barcode": gettext_lazy("There is no barcode in this line."),
    "finding": gettext_lazy("The finding must be negative, positive or invalid."),
    "time": gettext_lazy(
        "The time of the measurement cannot be read. Write it as 2022-09-02 14:05."
    ),
}


@transaction.atomic
def issue_certificate(actor: Actor, tube_id: UUID, resident_id: UUID) -> Certificate:
    """What one person may show of a negative result. That it was issued is recorded."""
    resident = get_resident(actor, resident_id)
    swab = tubes_of(actor, resident.id).filter(tube=tube_id).first()
    if swab is None or swab.tube.state != Tube.State.NEGATIVE or swab.tube.result_at is None:
        raise NoCertificate
    tube = swab.tube
    pack = in_force(now(), resident.area_path)
    record(
        events.CertificateIssued(
            subject_id=resident.id,
            area_path=resident.area_path,
            pack=pack.stamp,
            barcode=tube.barcode,
        ),
        actor=actor,
    )
    return Certificate(
        barcode=tube.barcode,
        initials=initials(resident.name.reveal()),
        district=district_code(resident.area_path),
        issuer=actor.name,
        purpose=tube.purpose,
        purpose_label=tube.get_purpose_display(),
        sampled_at=swab.taken_at,
        result_at=swab.tube.result_at,
        issued_at=now(),
        until=swab.taken_at + _counts_for(pack),
    )


def _counts_for(pack: Pack) -> timedelta:
    """How long a result counts where one is asked for; else as long as any code."""
    if pack.gates is not None:
        return pack.gates.test_within.length
    return pack.time_limits["code.person_valid"].length


@transaction.atomic
def give_key(actor: Actor, *, laboratory_id: UUID) -> tuple[LaboratoryKey, str]:
    """Let a laboratory's system send results by itself. The secret is shown this once."""
    actor.must(Duty.MANAGE_ACCOUNTS)
    laboratory = laboratory_of(actor, laboratory_id)
    if laboratory is None:
        raise NotFound(_("laboratory"))
    secret = secrets.token_urlsafe(32)
    key = LaboratoryKey.objects.create(
        laboratory=laboratory,
        area_path=actor.within,
        secret_hash=hashlib.sha256(secret.encode()).digest(),
        given_at=now(),
        given_by=actor.id,
    )
    record(
        events.LaboratoryKeyGiven(subject_id=key.id, area_path=key.area_path),
        actor=actor,
    )
    return key, secret


@transaction.atomic
def withdraw_key(actor: Actor, key_id: UUID) -> LaboratoryKey:
    """From now on nothing that comes with this key is taken. Again changes nothing."""
    actor.must(Duty.MANAGE_ACCOUNTS)
    key = keys_visible_to(actor).select_for_update().filter(id=key_id).first()
    if key is None:
        raise NotFound(_("key"))
    if key.withdrawn_at is None:
        key.withdrawn_at = now()
        key.save(update_fields=["withdrawn_at"])
        record(
            events.LaboratoryKeyWithdrawn(subject_id=key.id, area_path=key.area_path),
            actor=actor,
        )
    return key


# Calls for tests


@transaction.atomic
def call_for_tests(
    actor: Actor, calls: Sequence[Call], *, because: Event | UUID | None = None
) -> list[TestCall]:
    """Have people tested: many at once, one fact for each thing they are about.

    Of somebody who has died no test is called for.

    Calling for a test that is owed already changes nothing; one that was cancelled is owed again.
    Returns the calls that are new.
    """
    for path in {call.area_path for call in calls}:
        actor.must(Duty.INVESTIGATE, at=path)
    dead = dead_among(PLAYBOOK, [call.resident_id for call in calls])
    calls = [call for call in calls if call.resident_id not in dead]
    if not calls:
        return []
    cause = because.id if isinstance(because, Event) else because
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO sampling_testcall AS mine (id, resident_id, area_path, reason, about_id,
                "group", day, due_at, state, because_id)
            SELECT *, 'due', %s::uuid
            FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::text[],
                %s::smallint[], %s::timestamptz[])
            ON CONFLICT (resident_id, about_id, day) DO UPDATE
                SET state = 'due', due_at = excluded.due_at, because_id = excluded.because_id,
                    tube_id = NULL, reason = excluded.reason, "group" = excluded."group"
                WHERE mine.state = 'cancelled'
                    -- A tube that was lost has turned up, and is positive.
                    OR (mine.reason = 'lost' AND excluded.reason = 'retest')
            RETURNING id
            """,
            [
                cause,
                [new_id() for _call in calls],
                [call.resident_id for call in calls],
                [call.area_path for call in calls],
                [call.reason for call in calls],
                [call.about_id for call in calls],
                [call.group for call in calls],
                [call.day for call in calls],
                [call.due_at for call in calls],
            ],
        )
        new = [row[0] for row in cursor.fetchall()]
    made = list(TestCall.objects.filter(id__in=new).order_by("due_at", "id"))
    for about_id in dict.fromkeys(call.about_id for call in made):
        mine = [call for call in made if call.about_id == about_id]
        record(
            events.TestsCalled(
                subject_id=about_id,
                area_path=common_path([call.area_path for call in mine]),
                number=len(mine),
                due_at=mine[0].due_at,
            ),
            actor=actor,
            because=because,
        )
    return made


@transaction.atomic
def cancel_tests(actor: Actor, about_id: UUID, *, because: Event | UUID | None = None) -> int:
    """Nobody owes a test about this any more; how many did. Swabs already taken are measured."""
    calls = TestCall.objects.select_for_update().filter(
        about_id=about_id, state=TestCall.State.DUE, area_path__startswith=actor.within
    )
    paths = list(calls.values_list("area_path", flat=True))
    for path in set(paths):
        actor.must(Duty.INVESTIGATE, at=path)
    if not paths:
        return 0
    TestCall.objects.filter(id__in=calls.values("id")).update(state=TestCall.State.CANCELLED)
    record(
        events.TestsCancelled(subject_id=about_id, area_path=common_path(paths), number=len(paths)),
        actor=actor,
        because=because,
    )
    return len(paths)


@transaction.atomic
def cancel_tests_of(actor: Actor, resident_id: UUID, *, because: Event | UUID | None = None) -> int:
    """One person owes no test any more, whatever it was about; how many they did."""
    calls = TestCall.objects.select_for_update().filter(
        resident=resident_id, state=TestCall.State.DUE, area_path__startswith=actor.within
    )
    found = list(calls)
    for path in {call.area_path for call in found}:
        actor.must(Duty.INVESTIGATE, at=path)
    TestCall.objects.filter(id__in=[call.id for call in found]).update(
        state=TestCall.State.CANCELLED
    )
    for about_id in dict.fromkeys(call.about_id for call in found):
        paths = [call.area_path for call in found if call.about_id == about_id]
        record(
            events.TestsCancelled(
                subject_id=about_id, area_path=common_path(paths), number=len(paths)
            ),
            actor=actor,
            because=because,
        )
    return len(found)


# Rounds


@transaction.atomic
def plan_round(
    actor: Actor,
    *,
    area_path: str,
    starts_at: datetime,
    resources: Resources,
    name: str = "",
    round_id: UUID | None = None,
    because: Event | UUID | None = None,
) -> Round:
    """Plan the testing of everybody in an area by the guide in force then, and keep the plan.

    name       by default the day and which round it is in this area
    round_id   made where the form was shown; the same id again gives the same round, unchanged
    """
    if round_id is not None and Round.objects.filter(id=round_id).exists():
        return get_round(actor, round_id)
    if not actor.sees(area_path):
        raise NotFound(_("place"), area=area_path)
    actor.must(Duty.PLAN_ROUNDS, at=area_path)
    if starts_at < now() - rules.CLOCKS_APART:
        raise RoundStartsInThePast
    pack = in_force(starts_at, area_path)
    outlook = look_ahead(
        actor, area_path=area_path, starts_at=starts_at, resources=resources, pack=pack
    )

    before = Round.objects.filter(area_path=area_path).count()
    round_ = Round.objects.create(
        id=round_id or new_id(),
        name=name.strip() or f"{localtime(starts_at):%Y-%m-%d} · {before + 1}",
        area_path=area_path,
        pack=pack.stamp,
        people=outlook.people,
        plan=kept(outlook),
        starts_at=starts_at,
        deadline=outlook.deadline,
    )
    record(
        events.RoundPlanned(
            subject_id=round_.id,
            area_path=area_path,
            pack=pack.stamp,
            name=round_.name,
            people=round_.people,
            deadline=round_.deadline,
        ),
        actor=actor,
        because=because,
    )
    return round_


@transaction.atomic
def open_round(actor: Actor, round_id: UUID, *, because: Event | UUID | None = None) -> Round:
    """Begin a planned round: from now on tubes may be opened for it. Again changes nothing."""
    round_ = get_round(actor, round_id, for_change=True)
    actor.must(Duty.PLAN_ROUNDS, at=round_.area_path)
    if round_.state == Round.State.OPEN:
        return round_
    if round_.state == Round.State.CLOSED:
        raise RoundIsOver(round_)
    round_.state, round_.opened_at = Round.State.OPEN, now()
    round_.save(update_fields=["state", "opened_at"])
    record(
        events.RoundOpened(
            subject_id=round_.id,
            area_path=round_.area_path,
            pack=round_.pack,
            name=round_.name,
            people=round_.people,
            deadline=round_.deadline,
        ),
        actor=actor,
        because=because,
    )
    return round_


@transaction.atomic
def close_round(actor: Actor, round_id: UUID, *, because: Event | UUID | None = None) -> Round:
    """End a round. Tubes that are still on their way keep their results. Again changes nothing."""
    round_ = get_round(actor, round_id, for_change=True)
    actor.must(Duty.PLAN_ROUNDS, at=round_.area_path)
    if round_.state == Round.State.CLOSED:
        return round_
    if round_.state == Round.State.PLANNED:
        raise RoundIsNotOpen(round_)
    round_.state, round_.closed_at = Round.State.CLOSED, now()
    round_.save(update_fields=["state", "closed_at"])
    record(
        events.RoundClosed(
            subject_id=round_.id,
            area_path=round_.area_path,
            pack=round_.pack,
            name=round_.name,
            people=round_.people,
            deadline=round_.deadline,
            tested=Turnout.objects.filter(round=round_).count(),
        ),
        actor=actor,
        because=because,
    )
    return round_


# Many tubes at once


@transaction.atomic
def register_tubes(
    actor: Actor, rows: Sequence[SealedTube], *, round_id: UUID | None = None
) -> list[Answer]:
    """Take in many sealed tubes with their swabs; an answer for each row, in the same order.

    A row that is refused does not hold up the others. A tube that is here already changes nothing.
    """
    round_ = must_be_open(actor, round_id)
    known = dict(Tube.objects.filter(id__in=[row.id for row in rows]).values_list("id", "barcode"))
    new = list({row.id: row for row in rows if row.id not in known}.values())
    sight = Sight(new)
    refused: dict[UUID, Refusal] = {}
    sound: list[tuple[SealedTube, int, str]] = []
    for row in new:
        try:
            sound.append((row, *check_row(actor, row, sight)))
        except Refusal as refusal:
            refused[row.id] = refusal

    made = insert_tubes(sound, round_)
    rows_made = [row for row, capacity_for, _stamp in sound if row.id in made]
    insert_swabs(rows_made, sight)
    if round_ is not None:
        homes = {p: sight.homes[p] for row in rows_made for p, _at in row.members}
        count_turnout(round_.id, homes)
    taken: list[tuple[UUID, UUID]] = []
    for row in rows_made:
        for person, taken_at in row.members:
            if person in sight.owed:
                taken += [(call.id, row.id) for call in tests_taken(sight.owed[person], taken_at)]
                if retested := to_explain(sight.owed[person]):
                    Tube.objects.filter(id=row.id, retest_of=None).update(retest_of_id=retested)
    write_taken(taken)
    if rows_made:
        record(
            events.TubesRegistered(
                subject_id=round_.id if round_ else rows_made[0].id,
                area_path=common_path([row.area_path for row in rows_made]),
                pack=sound[0][2],
                tubes=len(rows_made),
                swabs=sum(len(row.members) for row in rows_made),
            ),
            actor=actor,
        )
    return [answer(row.id, made, known, refused) for row in rows]


def _degrees(temperature: float | None) -> Decimal | None:
    if temperature is None:
        return None
    if not _COLDEST <= temperature <= _WARMEST:
        raise NotACount
    return Decimal(str(temperature)).quantize(Decimal("0.1"))


_COLDEST, _WARMEST = -90, 60  # °C: of dry ice, and of a box in the sun


def _reason(text: str) -> str:
    if not text.strip():
        raise ReasonMissing
    return text.strip()
