"""The verbs of the register: who lives where, what they need, and who may see it."""

import base64
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotFound, Refusal
from fangxian.kernel.forgetting import Gone, blank, delete_all
from fangxian.kernel.jobs import app
from fangxian.kernel.ledger import Fact, record, record_many
from fangxian.kernel.models import Account, Event
from fangxian.kernel.vault import Secret, blind_index, seal
from fangxian.people import (
    codes,
    errors,
    events,
    exporting,
    generating,
    importing,
    merging,
    provisional,
    queries,
    records,
    sheets,
    stays,
)
from fangxian.people.census import census_of
from fangxian.people.generating import Progress
from fangxian.people.models import (
    Consent,
    DuplicateOffer,
    ExportRun,
    Household,
    ImportRun,
    Need,
    PersonalCode,
    ProvisionalEntry,
    Proxy,
    Resident,
    Stay,
)
from fangxian.people.records import Particulars
from fangxian.people.rules import Provisional

Cause = Event | UUID | None


# Residents and where they stay


@transaction.atomic
def register_resident(
    actor: Actor,
    *,
    dwelling_id: UUID,
    household_id: UUID | None = None,
    since: date | None = None,
    source: str = Stay.Source.REGISTER,
    synthetic: bool = False,
    because: Cause = None,
    **particulars: Unpack[Particulars],
) -> Resident:
    """Take a person into the register, at the door where they really live.

    Somebody with the same identity number who has left comes back under the old record. Somebody
    who still stays elsewhere is refused, naming both places. Similar records are offered for
    somebody to decide.
    """
    dwelling = stays.find_dwelling(actor, dwelling_id)
    actor.must(Duty.KEEP_REGISTER, at=dwelling.path)
    day = records.day_of(since)
    values = records.checked(particulars, synthetic=synthetic)

    if known := records.with_identity(values.get("identity_index")):
        return stays.welcome_back(actor, known, dwelling, household_id, day, source, because)

    resident = Resident(
        number=records.next_numbers(1)[0], area_path=dwelling.path, synthetic=synthetic, **values
    )
    resident.household = stays.pick_household(actor, dwelling, household_id, because)
    resident.save(force_insert=True)
    Stay.objects.create(
        resident=resident, dwelling=dwelling, area_path=dwelling.path, since=day, source=source
    )
    record(
        events.ResidentRegistered(
            subject_id=resident.id, area_path=resident.area_path, number=resident.number
        ),
        actor=actor,
        because=because,
    )
    offer_duplicates(actor, [resident.id])
    return resident


@transaction.atomic
def correct_resident(
    actor: Actor,
    resident_id: UUID,
    *,
    reason: str,
    because: Cause = None,
    **particulars: Unpack[Particulars],
) -> Resident:
    """Change what the register says of a person. What stays the same is not a correction."""
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    if not reason.strip():
        raise errors.ReasonMissing
    said = records.restated(resident, particulars)
    values = records.checked(said, synthetic=resident.synthetic)
    changed = records.differences(resident, values)
    if not changed:
        return resident

    other = records.with_identity(values.get("identity_index"))
    if other and other.id != resident.id:
        raise stays.elsewhere(actor, other, resident.area_path)
    for name, value in values.items():
        setattr(resident, name, value)
    resident.save(update_fields=list(values))
    record(
        events.ResidentCorrected(
            subject_id=resident.id,
            area_path=resident.area_path,
            number=resident.number,
            fields=changed,
            reason=reason.strip(),
        ),
        actor=actor,
        because=because,
    )
    offer_duplicates(actor, [resident.id])
    return resident


@transaction.atomic
def move_stay(
    actor: Actor,
    resident_id: UUID,
    dwelling_id: UUID | None,
    *,
    since: date | None = None,
    source: str = Stay.Source.VISIT,
    household_id: UUID | None = None,
    because: Cause = None,
) -> Resident:
    """End the present stay and begin the next; without a dwelling the person has left.

    Moving to where they already stay changes nothing. Whoever has left is still found by the
    district, and can be registered again at any door.
    """
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    day = records.day_of(since)
    if dwelling_id is None:
        return stays.end(actor, resident, day, because)
    dwelling = stays.find_dwelling(actor, dwelling_id)
    actor.must(Duty.KEEP_REGISTER, at=dwelling.path)
    return stays.begin(actor, resident, dwelling, household_id, day, source, because)


@transaction.atomic
def found_household(actor: Actor, dwelling_id: UUID, *, because: Cause = None) -> Household:
    """One more household behind a door."""
    dwelling = stays.find_dwelling(actor, dwelling_id)
    actor.must(Duty.KEEP_REGISTER, at=dwelling.path)
    return stays.found(actor, dwelling, because)


# Needs, consents, proxies


@transaction.atomic
def note_need(
    actor: Actor,
    resident_id: UUID,
    kind: str,
    *,
    since: date | None = None,
    because: Cause = None,
) -> Need:
    """Note a special need. Noting it again changes nothing."""
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    need, new = Need.objects.get_or_create(
        resident=resident,
        kind=Need.Kind(kind),
        until=None,
        defaults={"since": records.day_of(since)},
    )
    if new:
        record(
            events.NeedNoted(
                subject_id=resident.id,
                area_path=resident.area_path,
                number=resident.number,
                need=need.kind,
            ),
            actor=actor,
            because=because,
        )
    return need


@transaction.atomic
def end_need(
    actor: Actor,
    resident_id: UUID,
    kind: str,
    *,
    until: date | None = None,
    because: Cause = None,
) -> Need | None:
    """Note that a special need has ended. One that is not noted stays so."""
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    need = resident.needs.filter(kind=kind, until=None).first()
    if need is None:
        return None
    need.until = records.day_of(until, not_before=need.since)
    need.save(update_fields=["until"])
    record(
        events.NeedEnded(
            subject_id=resident.id,
            area_path=resident.area_path,
            number=resident.number,
            need=need.kind,
        ),
        actor=actor,
        because=because,
    )
    return need


@transaction.atomic
def set_needs(
    actor: Actor, resident_id: UUID, kinds: Collection[str], *, because: Cause = None
) -> None:
    """Exactly these needs stand from today on: the others end, missing ones are noted."""
    standing = set(queries.needs_by_resident(actor, [resident_id]).get(resident_id, []))
    for kind in sorted(standing - set(kinds)):
        end_need(actor, resident_id, kind, because=because)
    for kind in sorted(set(kinds) - standing):
        note_need(actor, resident_id, kind, because=because)


@transaction.atomic
def give_consent(
    actor: Actor,
    resident_id: UUID,
    *,
    purpose: str,
    basis: str = Consent.Basis.CONSENT,
    because: Cause = None,
) -> Consent:
    """Note what a person agreed to, or on which other basis data is kept for a purpose."""
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    if not purpose.strip():
        raise errors.SaysNoPurpose
    consent, new = Consent.objects.get_or_create(
        resident=resident,
        purpose=purpose.strip(),
        withdrawn_at=None,
        defaults={"basis": Consent.Basis(basis), "given_at": now()},
    )
    if new:
        record(
            events.ConsentGiven(
                subject_id=resident.id,
                area_path=resident.area_path,
                number=resident.number,
                purpose=consent.purpose,
                basis=consent.basis,
            ),
            actor=actor,
            because=because,
        )
    return consent


@transaction.atomic
def withdraw_consent(
    actor: Actor, resident_id: UUID, *, purpose: str, because: Cause = None
) -> Consent | None:
    """Note that a person withdrew a consent. One that was not given stays so."""
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    consent = resident.consents.filter(purpose=purpose.strip(), withdrawn_at=None).first()
    if consent is None:
        return None
    consent.withdrawn_at = now()
    consent.save(update_fields=["withdrawn_at"])
    record(
        events.ConsentWithdrawn(
            subject_id=resident.id,
            area_path=resident.area_path,
            number=resident.number,
            purpose=consent.purpose,
        ),
        actor=actor,
        because=because,
    )
    return consent


@transaction.atomic
def name_proxy(
    actor: Actor, resident_id: UUID, acts_id: UUID, *, relation: str, because: Cause = None
) -> Proxy:
    """Note who acts for a person who cannot, or has no phone. Noting it again changes nothing."""
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    acts = queries.get_resident(actor, acts_id)
    if acts.id == resident.id:
        raise errors.CannotActForOneself
    proxy, new = Proxy.objects.get_or_create(
        resident=resident,
        acts=acts,
        until=None,
        defaults={"relation": relation.strip(), "since": now()},
    )
    if new:
        record(_proxy_fact(events.ProxyNamed, resident, acts), actor=actor, because=because)
    return proxy


@transaction.atomic
def end_proxy(actor: Actor, resident_id: UUID, acts_id: UUID, *, because: Cause = None) -> None:
    """Note that somebody no longer acts for a person. Safe to repeat."""
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    acts = Resident.objects.get(id=acts_id)
    if resident.proxies.filter(acts=acts, until=None).update(until=now()):
        record(_proxy_fact(events.ProxyEnded, resident, acts), actor=actor, because=because)


def _proxy_fact(
    fact: type[events.ProxyNamed | events.ProxyEnded], resident: Resident, acts: Resident
) -> events.ProxyNamed | events.ProxyEnded:
    return fact(
        subject_id=resident.id,
        area_path=resident.area_path,
        number=resident.number,
        acts_number=acts.number,
        acts_id=acts.id,
    )


# Who was met and is not known


_MEETERS = (Duty.COLLECT_SAMPLES, Duty.GUARD, Duty.KEEP_REGISTER)


@transaction.atomic
def register_provisional(
    actor: Actor, rows: Sequence[Provisional], *, because: Cause = None
) -> dict[UUID, UUID]:
    """Take in people who were met and not known; the resident of each provisional id.

    Safe to repeat. Somebody whose document is in the register is that resident and no second one;
    the others become provisional residents of the place where they were met, and are offered for
    matching. A row that cannot be right is left out: `queries.resolve` says why.
    """
    if not any(actor.may(duty) for duty in _MEETERS):
        actor.must(_MEETERS[0])
    seen = [row for row in rows if actor.sees(row.area_path)]
    known, fresh = provisional.take_in(seen)
    if fresh:
        record_many(
            [
                events.ProvisionalRegistered(
                    subject_id=resident.id,
                    area_path=resident.area_path,
                    number=resident.number,
                    met_as=kind,
                )
                for resident, kind in fresh
            ],
            actor=actor,
            because=because,
        )
        offer_duplicates(actor, [resident.id for resident, _kind in fresh])
    return known


# Codes


@transaction.atomic
def issue_code(
    actor: Actor,
    resident_id: UUID,
    *,
    way: str = PersonalCode.Way.SCREEN,
    renew: bool = False,
    because: Cause = None,
) -> PersonalCode:
    """A code for one person; the one they have again, while half of its time is left.

    renew   a new one in any case; those from before stay good until they are revoked
    """
    resident = queries.get_resident(actor, resident_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=resident.area_path)
    if way == PersonalCode.Way.PROXY and not resident.proxies.filter(until=None).exists():
        raise errors.NobodyActs
    return _issue(actor, [resident], PersonalCode.Way(way), renew=renew, because=because)[0]


@transaction.atomic
def issue_family_codes(
    actor: Actor, resident_id: UUID, *, because: Cause = None
) -> list[PersonalCode]:
    """Codes for somebody and for everybody they act for, to carry together."""
    resident = queries.get_resident(actor, resident_id)
    family = [proxy.resident_id for proxy in queries.acts_for(actor, resident_id)]
    own = issue_code(actor, resident.id, way=PersonalCode.Way.CARD, because=because)
    return [own] + [
        issue_code(actor, one, way=PersonalCode.Way.PROXY, because=because) for one in family
    ]


@transaction.atomic
def issue_codes(
    actor: Actor,
    area_path: str,
    *,
    way: str = PersonalCode.Way.SHEET,
    renew: bool = False,
    because: Cause = None,
) -> list[PersonalCode]:
    """Codes for everybody who stays in an area, in the order of the doors, to be printed.

    Each comes with its resident. That they were printed, and whose, is recorded.
    """
    actor.must(Duty.KEEP_REGISTER, at=area_path)
    people = list(queries.residents_in(actor, area_path)[: codes.MOST_CARDS + 1])
    if not people:
        raise errors.NobodyHere
    if len(people) > codes.MOST_CARDS:
        raise errors.TooManyCards(codes.MOST_CARDS)
    place = Area.objects.get(path=area_path)
    event = record(
        events.CardsPrinted(subject_id=place.id, area_path=area_path, cards=len(people)),
        actor=actor,
        because=because,
    )
    return _issue(actor, people, PersonalCode.Way(way), renew=renew, because=event)


def _issue(
    actor: Actor, people: Sequence[Resident], way: str, *, renew: bool, because: Cause
) -> list[PersonalCode]:
    pack, until = codes.validity(people[0].area_path)
    good = {} if renew else codes.still_good([one.id for one in people], way, until)
    new = {one.id: codes.drawn(one, way, pack, until) for one in people if one.id not in good}
    codes.save_drawn(list(new.values()))
    given = [new.get(one.id) or good[one.id] for one in people]
    for row, one in zip(given, people, strict=True):
        row.resident = one
    record_many(
        [_code_fact(row, issued=row.resident_id in new, way=way) for row in given],
        actor=actor,
        because=because,
    )
    return given


def _code_fact(row: PersonalCode, *, issued: bool, way: str) -> Fact:
    resident = row.resident
    if not issued:
        return events.CodeShown(
            subject_id=resident.id,
            area_path=resident.area_path,
            number=resident.number,
            code_id=row.id,
            way=way,
        )
    return events.CodeIssued(
        subject_id=resident.id,
        area_path=resident.area_path,
        pack=row.pack,
        number=resident.number,
        code_id=row.id,
        way=way,
        until=row.expires_at.isoformat(),
    )


@transaction.atomic
def revoke_code(actor: Actor, code_id: UUID, *, reason: str, because: Cause = None) -> PersonalCode:
    """End a code that was lost or copied. A revoked code stays so.

    Gates that are offline believe it until it expires; when their scans arrive they are told.
    """
    row = queries.get_code(actor, code_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=row.resident.area_path)
    if not reason.strip():
        raise errors.ReasonMissing
    if row.revoked_at:
        return row
    row.revoked_at, row.why_revoked = now(), reason.strip()[:200]
    row.save(update_fields=["revoked_at", "why_revoked"])
    record(
        events.CodeRevoked(
            subject_id=row.resident_id,
            area_path=row.resident.area_path,
            number=row.resident.number,
            code_id=row.id,
            reason=row.why_revoked,
        ),
        actor=actor,
        because=because,
    )
    return row


# Looking at people


_OPENERS = frozenset(
    {Duty.SEE_REGISTER, Duty.KEEP_REGISTER, Duty.INVESTIGATE, Duty.DECIDE_MEASURES, Duty.COMMAND}
)


@transaction.atomic
def open_person(actor: Actor, resident_id: UUID, *, purpose: str = "") -> Resident:
    """The record for its page, masked; that it was opened is recorded."""
    resident = queries.get_resident(actor, resident_id)
    if not actor.duties & _OPENERS:
        actor.must(Duty.SEE_REGISTER)
    record(
        events.PersonOpened(
            subject_id=resident.id, area_path=resident.area_path, purpose=purpose.strip()
        ),
        actor=actor,
    )
    return resident


UNMASKED = ("name", "identity", "phone")


@transaction.atomic
def unmask(actor: Actor, resident_id: UUID, *, field: str, purpose: str) -> str:
    """One plain value: "name", "identity" or "phone". Who asked, and what for, is recorded."""
    resident = queries.get_resident(actor, resident_id)
    actor.must(Duty.UNMASK, at=resident.area_path)
    if not purpose.strip():
        raise errors.SaysNoPurpose
    value = getattr(resident, field) if field in UNMASKED else None
    if not isinstance(value, Secret):
        raise errors.NothingToUnmask
    record(
        events.PersonUnmasked(
            subject_id=resident.id,
            area_path=resident.area_path,
            fields=[field],
            purpose=purpose.strip(),
        ),
        actor=actor,
    )
    return value.reveal()


# Duplicates


@transaction.atomic
def merge_residents(
    actor: Actor, keep_id: UUID, drop_id: UUID, *, reason: str = "", because: Cause = None
) -> Resident:
    """Make two records of one person one. Stays, needs, consents and proxies of both are kept.

    The dropped record remains as a signpost, for orders, tests and cases refer to it.
    """
    keep = queries.get_resident(actor, keep_id, for_change=True)
    drop = queries.get_resident(actor, drop_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=keep.area_path)
    actor.must(Duty.KEEP_REGISTER, at=drop.area_path)
    if keep.id == drop.id:
        raise errors.CannotMerge
    if keep.identity_index and drop.identity_index:
        raise errors.TwoIdentities
    places = sorted({keep.area_path, drop.area_path})

    merging.hand_over(drop, keep)
    merging.fill_gaps(drop, keep)
    merging.end_offers(keep, drop)
    record(
        events.ResidentsMerged(
            subject_id=keep.id,
            area_path=keep.area_path,
            number=keep.number,
            dropped_number=drop.number,
            dropped_id=drop.id,
            reason=reason.strip() or " ".join(places),
        ),
        actor=actor,
        because=because,
    )
    return keep


@transaction.atomic
def dismiss_duplicate(actor: Actor, offer_id: UUID, *, because: Cause = None) -> DuplicateOffer:
    """Note that two similar records are two people. They are not offered again."""
    offer = queries.get_duplicate(actor, offer_id, for_change=True)
    actor.must(Duty.KEEP_REGISTER, at=offer.area_path)
    if offer.state != DuplicateOffer.State.OPEN:
        return offer
    offer.state, offer.decided_at = DuplicateOffer.State.DIFFERENT, now()
    offer.save(update_fields=["state", "decided_at"])
    record(
        events.DuplicateDismissed(
            subject_id=offer.id,
            area_path=offer.area_path,
            one_id=offer.one_id,
            other_id=offer.other_id,
        ),
        actor=actor,
        because=because,
    )
    return offer


@transaction.atomic
def offer_duplicates(actor: Actor, ids: Iterable[UUID]) -> int:
    """Look for records like these and offer the pairs for deciding; how many are new.

    Same name and birth date, or same name and phone; never two different identity numbers.
    """
    pairs = merging.find_alike(ids)
    if not pairs:
        return 0
    before = DuplicateOffer.objects.count()
    DuplicateOffer.objects.bulk_create(pairs, ignore_conflicts=True, batch_size=1000)
    return DuplicateOffer.objects.count() - before


# Lists


def import_residents(
    actor: Actor,
    data: bytes,
    file_name: str,
    *,
    area_path: str,
    add_dwellings: bool = False,
    language: str = "",
    progress: Callable[[ImportRun], None] = lambda _run: None,
) -> ImportRun:
    """Take a list into the register now, and say what became of it; a refused file is an answer.

    Good rows load; the others are kept, with line and reasons, for `refused_rows_of`. Importing
    the same list again takes nothing twice.
    """
    run = _new_run(actor, data, file_name, area_path, language, add_dwellings=add_dwellings)
    return carry_out_import(actor, run.id, progress=progress)


@transaction.atomic
def start_import(
    actor: Actor,
    data: bytes,
    file_name: str,
    *,
    area_path: str,
    add_dwellings: bool = False,
    language: str = "",
) -> ImportRun:
    """Keep the list, encrypted, and let the worker take it in."""
    run = _new_run(actor, data, file_name, area_path, language, add_dwellings=add_dwellings)
    job = app.configure_task("fangxian.people.jobs.take_in_list", lock=f"import {run.id}")
    job.defer(run_id=str(run.id))
    return run


def carry_out_import(
    actor: Actor, run_id: UUID, *, progress: Callable[[ImportRun], None] = lambda _run: None
) -> ImportRun:
    """Take in a list that was kept. After a break it starts again and takes nothing twice."""
    run = queries.get_import(actor, run_id)
    actor.must(Duty.KEEP_REGISTER, at=run.area_path)
    if run.state in {ImportRun.State.DONE, ImportRun.State.REFUSED} or run.upload is None:
        raise errors.ImportIsOver

    def note(tally: importing.Tally, rows_in_all: int) -> None:
        run.rows_in_all, run.rows_read, run.rows_taken = rows_in_all, tally.read, tally.taken
        run.rows_known, run.rows_refused = tally.known, len(tally.refused)
        run.offers = tally.offers
        run.save(update_fields=_COUNTS)
        progress(run)

    run.state = ImportRun.State.RUNNING
    run.save(update_fields=["state"])
    with translation.override(run.language or translation.get_language()):
        try:
            tally = importing.take_in(
                actor,
                base64.b64decode(run.upload.reveal()),
                area_path=run.area_path,
                add_dwellings=run.add_dwellings,
                offer=lambda ids: offer_duplicates(actor, ids),
                bring_back=lambda who, where, day: move_stay(
                    actor, who, where, since=day, source=Stay.Source.IMPORTED
                ),
                progress=note,
            )
        except errors.FileRefused as refusal:
            return _refuse_run(run, refusal)
        return _end_run(actor, run, tally)


_COUNTS = ["rows_in_all", "rows_read", "rows_taken", "rows_known", "rows_refused", "offers"]


def _new_run(
    actor: Actor, data: bytes, file_name: str, area_path: str, language: str, *, add_dwellings: bool
) -> ImportRun:
    actor.must(Duty.KEEP_REGISTER, at=area_path)
    if add_dwellings:
        actor.must(Duty.MANAGE_AREAS, at=area_path)
    sheets.refuse_too_large(len(data))
    return ImportRun.objects.create(
        account=Account.objects.filter(id=actor.id).first(),
        area_path=area_path,
        file_name=file_name[-120:],
        language=language or translation.get_language() or "",
        add_dwellings=add_dwellings,
        upload=_sealed(data),
    )


def _sealed(file: bytes) -> Secret:
    return Secret("file", seal(base64.b64encode(file).decode(), "file"))


def _refuse_run(run: ImportRun, refusal: errors.FileRefused) -> ImportRun:
    run.state, run.reason = ImportRun.State.REFUSED, refusal.message
    run.upload, run.ended_at = None, now()
    run.save(update_fields=["state", "reason", "upload", "ended_at"])
    return run


@transaction.atomic
def _end_run(actor: Actor, run: ImportRun, tally: importing.Tally) -> ImportRun:
    if tally.refused:
        rows = [(one.line, one.reasons, one.cells) for one in tally.refused]
        file = exporting.refused_rows(tally.header, rows)
        run.errors = _sealed(file)
    run.state, run.upload, run.ended_at = ImportRun.State.DONE, None, now()
    run.save(update_fields=["state", "upload", "errors", "ended_at"])
    record(
        events.ResidentsImported(
            subject_id=run.id,
            area_path=run.area_path,
            taken=run.rows_taken,
            known=run.rows_known,
            refused=run.rows_refused,
        ),
        actor=actor,
    )
    return run


@transaction.atomic
def discard_refused_rows(actor: Actor, run_id: UUID) -> ImportRun:
    """Delete the rows of an import that were not taken; they hold people's data. Safe to repeat."""
    run = queries.get_import(actor, run_id)
    actor.must(Duty.KEEP_REGISTER, at=run.area_path)
    run.errors = None
    run.save(update_fields=["errors"])
    return run


@transaction.atomic
def start_export(
    actor: Actor,
    *,
    area_path: str = "",
    need: str = "",
    ages: tuple[int, int | None] | None = None,
    search: str = "",
    provisional: bool = False,
    language: str = "",
) -> ExportRun:
    """Let the worker write the list as .xlsx, masked, for this actor alone to take away.

    Asked again while the same list is being written, it is that one.
    """
    sought: _Sought = {"need": need, "ages": ages, "search": search, "provisional": provisional}
    queries.residents_matching(actor, area_path=area_path, **sought)  # refuses who may not read
    account = Account.objects.select_for_update().filter(id=actor.id).first()
    if account is None:
        raise NotFound(_("account"))
    where = area_path or actor.within
    for run in queries.exports_of(actor).filter(area_path=where, ended_at=None):
        if _sought(run) == sought:
            return run
    run = ExportRun.objects.create(
        account=account,
        area_path=where,
        sought=json.dumps(sought),
        language=language or translation.get_language() or "",
    )
    job = app.configure_task("fangxian.people.jobs.write_list", lock=f"export {run.id}")
    job.defer(run_id=str(run.id))
    return run


class _Sought(TypedDict):
    need: str
    ages: tuple[int, int | None] | None
    search: str
    provisional: bool


def _sought(run: ExportRun) -> _Sought:
    said: _Sought = json.loads(run.sought.reveal())
    ages = said["ages"] and (said["ages"][0], said["ages"][1])
    return {**said, "ages": ages}


def carry_out_export(actor: Actor, run_id: UUID) -> ExportRun:
    """Write a list that was asked for; it is on record before it can be taken away.

    After a break it begins again. What has become impossible meanwhile is an answer, too.
    """
    run = queries.get_export(actor, run_id)
    if run.ended_at is not None:
        raise errors.ExportIsOver

    def note(written: int) -> None:
        run.rows_written = written
        run.save(update_fields=["rows_written"])

    with translation.override(run.language or translation.get_language()):
        try:
            rows = queries.residents_matching(actor, area_path=run.area_path, **_sought(run))
            run.state, run.rows_in_all = ExportRun.State.RUNNING, rows.count()
            run.save(update_fields=["state", "rows_in_all"])
            with TemporaryFile() as file:
                run.rows_written = exporting.residents(actor, rows, file, progress=note)
                file.seek(0)
                return _end_export(actor, run, file.read())
        except Refusal as refusal:
            run.state, run.reason, run.ended_at = ExportRun.State.REFUSED, refusal.message, now()
            run.save(update_fields=["state", "reason", "ended_at"])
            return run


@transaction.atomic
def _end_export(actor: Actor, run: ExportRun, file: bytes) -> ExportRun:
    run.state, run.file, run.ended_at = ExportRun.State.DONE, _sealed(file), now()
    run.expires_at = run.ended_at + exporting.KEPT
    run.save(update_fields=["state", "rows_written", "file", "ended_at", "expires_at"])
    record(
        events.ResidentsExported(
            subject_id=actor.id, area_path=run.area_path, rows=run.rows_written
        ),
        actor=actor,
    )
    return run


def forget_exports(actor: Actor) -> int:
    """Delete the written lists whose time is over; how many. Safe to repeat."""
    actor.must(Duty.OPERATE)
    over = ExportRun.objects.filter(file__isnull=False, expires_at__lte=now())
    return over.update(file=None)


def forget_codes(actor: Actor, before: datetime) -> Gone:
    """Delete personal codes that ended, by time or because they were taken back, before then."""
    actor.must(Duty.OPERATE)
    over = Q(expires_at__lt=before) | Q(revoked_at__lt=before)
    return delete_all(PersonalCode.objects.filter(over))


def forget_provisional(actor: Actor, before: datetime) -> Gone:
    """Empty the records of people who were met before that moment and never found in the register.

    Acts still refer to them by id; who it was is gone.
    """
    actor.must(Duty.OPERATE)
    met = Resident.objects.filter(
        provisional=True, merged_into=None, created_at__lt=before
    ).exclude(name_index=blind_index("name", FORGOTTEN))
    entries = delete_all(ProvisionalEntry.objects.filter(met_at__lt=before))
    emptied = blank(
        met,
        name=Secret("name", seal(FORGOTTEN, "name")),
        name_index=blind_index("name", FORGOTTEN),
        identity=None,
        identity_index=None,
        phone=None,
        phone_index=None,
        birth_date=None,
        sex=Resident.Sex.UNKNOWN,
    )
    return entries.and_then(emptied)


FORGOTTEN = "—"
"""Stands for the name of somebody of whom nothing is kept."""


# Made-up residents


def generate_residents(
    actor: Actor,
    district_path: str,
    *,
    people: int,
    seed: int,
    progress: Progress = lambda _step, _done, _all: None,
) -> int:
    """Fill a district without residents with exactly so many made-up ones; how many there are.

    They live behind the doors that the district has, in the proportions of its census figures.
    The same seed gives the same people, with the same ids; only the encryption differs.
    progress   what is being written, how many are done, of how many
    """
    actor.must(Duty.KEEP_REGISTER, at=district_path)
    with transaction.atomic():
        district = Area.objects.select_for_update().filter(path=district_path).first()
        if district is None or not actor.sees(district.path):
            raise NotFound(_("district"))
        if Resident.objects.filter(area_path__startswith=district_path).exists():
            raise errors.AlreadyPeopled(district.name)
        if people and not generating.has_doors(district_path):
            raise errors.NoDoors(district.name)
        generating.fill(
            district,
            census_of(district.code[:6]),
            numbers=records.next_numbers(people),
            seed=seed,
            on=today(),
            at=now(),
            progress=progress,
        )
        record(
            events.ResidentsGenerated(
                subject_id=district.id, area_path=district.path, people=people, seed=seed
            ),
            actor=actor,
        )
    return people
