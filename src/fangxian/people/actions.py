"""The verbs of the register: who lives where, what they need, and who may see it."""

from collections.abc import Iterable
from datetime import date
from typing import Unpack
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.kernel.vault import Secret
from fangxian.people import errors, events, generating, queries, records, rules
from fangxian.people.census import census_of
from fangxian.people.generating import Progress
from fangxian.people.models import (
    Consent,
    DuplicateOffer,
    Household,
    Need,
    Proxy,
    Resident,
    Stay,
)
from fangxian.people.records import Particulars

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
    dwelling = _dwelling(actor, dwelling_id)
    actor.must(Duty.KEEP_REGISTER, at=dwelling.path)
    day = records.day_of(since)
    values = records.checked(particulars, synthetic=synthetic)

    if known := records.with_identity(values.get("identity_index")):
        return _welcome_back(actor, known, dwelling, household_id, day, source, because)

    resident = Resident(
        number=records.next_numbers(1)[0], area_path=dwelling.path, synthetic=synthetic, **values
    )
    resident.household = _household(actor, dwelling, household_id, because)
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
        raise _registered_elsewhere(actor, other, resident.area_path)
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
        return _leave(actor, resident, day, because)
    dwelling = _dwelling(actor, dwelling_id)
    actor.must(Duty.KEEP_REGISTER, at=dwelling.path)
    return _stay_at(actor, resident, dwelling, household_id, day, source, because)


@transaction.atomic
def found_household(actor: Actor, dwelling_id: UUID, *, because: Cause = None) -> Household:
    """One more household behind a door."""
    dwelling = _dwelling(actor, dwelling_id)
    actor.must(Duty.KEEP_REGISTER, at=dwelling.path)
    household = Household.objects.create(dwelling=dwelling, area_path=dwelling.path)
    record(
        events.HouseholdFounded(subject_id=household.id, area_path=household.area_path),
        actor=actor,
        because=because,
    )
    return household


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

    _hand_over(drop, keep)
    _fill_gaps(drop, keep)
    _end_offers(keep, drop)
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
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, [list(ids)])
        pairs = cursor.fetchall()
    before = DuplicateOffer.objects.count() if pairs else 0
    DuplicateOffer.objects.bulk_create(
        [
            DuplicateOffer(
                one_id=one,
                other_id=other,
                why=why,
                area_path=rules.common_area([one_path, other_path]),
                found_at=now(),
            )
            for one, other, why, one_path, other_path in pairs
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )
    return DuplicateOffer.objects.count() - before if pairs else 0


_ALIKE = """
SELECT DISTINCT one.id, other.id,
    CASE WHEN one.birth_date = other.birth_date THEN 'name_and_birth' ELSE 'name_and_phone' END,
    one.area_path, other.area_path
FROM people_resident AS asked
JOIN people_resident AS alike
  ON alike.name_index = asked.name_index AND alike.id <> asked.id
 AND (alike.birth_date = asked.birth_date OR alike.phone_index = asked.phone_index)
 AND (alike.identity_index IS NULL OR asked.identity_index IS NULL)
 AND alike.merged_into_id IS NULL AND alike.synthetic = asked.synthetic
JOIN people_resident AS one
  ON one.id = CASE WHEN asked.number < alike.number THEN asked.id ELSE alike.id END
JOIN people_resident AS other
  ON other.id = CASE WHEN asked.number < alike.number THEN alike.id ELSE asked.id END
WHERE asked.id = ANY(%s) AND asked.merged_into_id IS NULL
"""


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
            on=queries.today(),
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


# Parts of the verbs


def _dwelling(actor: Actor, dwelling_id: UUID) -> Area:
    place = Area.objects.filter(id=dwelling_id, path__startswith=actor.within).first()
    if place is None:
        raise NotFound(_("dwelling"))
    if place.level != Area.Level.DWELLING or place.ended_at:
        raise errors.NotADwelling(place.name)
    return place


def _household(
    actor: Actor, dwelling: Area, household_id: UUID | None, because: Cause
) -> Household:
    """The household asked for, or that of the door; a new one if there is none."""
    here = Household.objects.filter(dwelling=dwelling)
    if household_id:
        household = here.filter(id=household_id).first()
        if household is None:
            raise errors.HouseholdElsewhere
        return household
    return here.order_by("id").first() or found_household(actor, dwelling.id, because=because)


def _stay_at(
    actor: Actor,
    resident: Resident,
    dwelling: Area,
    household_id: UUID | None,
    day: date,
    source: str,
    because: Cause,
) -> Resident:
    present = resident.stays.filter(until=None).first()
    if present and present.dwelling_id == dwelling.id:
        return resident
    if present:
        if day < present.since:
            raise errors.DayWrong
        present.until = day
        present.save(update_fields=["until"])
    before = resident.area_path
    resident.household = _household(actor, dwelling, household_id, because)
    resident.area_path = dwelling.path
    resident.save(update_fields=["household", "area_path"])
    Stay.objects.create(
        resident=resident, dwelling=dwelling, area_path=dwelling.path, since=day, source=source
    )
    record(
        events.ResidentMoved(
            subject_id=resident.id,
            area_path=resident.area_path,
            number=resident.number,
            from_path=before,
            since=day.isoformat(),
        ),
        actor=actor,
        because=because,
    )
    return resident


def _leave(actor: Actor, resident: Resident, day: date, because: Cause) -> Resident:
    present = resident.stays.filter(until=None).first()
    if present is None:
        return resident
    if day < present.since:
        raise errors.DayWrong
    present.until = day
    present.save(update_fields=["until"])
    left = resident.area_path
    resident.household = None
    resident.area_path = records.district_of(left)
    resident.save(update_fields=["household", "area_path"])
    record(
        events.ResidentLeft(
            subject_id=resident.id,
            area_path=left,
            number=resident.number,
            until=day.isoformat(),
        ),
        actor=actor,
        because=because,
    )
    return resident


def _welcome_back(
    actor: Actor,
    known: Resident,
    dwelling: Area,
    household_id: UUID | None,
    day: date,
    source: str,
    because: Cause,
) -> Resident:
    present = known.stays.filter(until=None).first()
    if present and present.dwelling_id != dwelling.id:
        raise _registered_elsewhere(actor, known, dwelling.path)
    return _stay_at(actor, known, dwelling, household_id, day, source, because)


def _registered_elsewhere(actor: Actor, known: Resident, here: str) -> errors.RegisteredElsewhere:
    named = queries.places(actor, [known.area_path, here])
    return errors.RegisteredElsewhere(
        there=named[known.area_path],
        here=named[here],
        resident_id=known.id if actor.sees(known.area_path) else None,
    )


def _hand_over(drop: Resident, keep: Resident) -> None:
    """Everything that belongs to one record, to the other; where both have it, it stands once."""
    day = queries.today()
    _hand_over_stays(drop, keep, day)
    for need in drop.needs.filter(until=None, kind__in=_open_kinds(keep)):
        need.until = max(day, need.since)
        need.save(update_fields=["until"])
    drop.needs.update(resident=keep)
    standing = keep.consents.filter(withdrawn_at=None).values("purpose")
    drop.consents.filter(withdrawn_at=None, purpose__in=standing).update(withdrawn_at=now())
    drop.consents.update(resident=keep)
    Proxy.objects.filter(resident__in=[drop, keep], acts__in=[drop, keep]).delete()
    for proxy in drop.proxies.filter(until=None, acts__in=_acting_for(keep)):
        proxy.until = now()
        proxy.save(update_fields=["until"])
    drop.proxies.update(resident=keep)
    acted_for = keep.acts_for.filter(until=None).values("resident")
    drop.acts_for.filter(until=None, resident__in=acted_for).update(until=now())
    drop.acts_for.update(acts=keep)
    drop.merged.update(merged_into=keep)


def _hand_over_stays(drop: Resident, keep: Resident, day: date) -> None:
    """The kept record's present stay goes on; without one, the dropped record's."""
    going_on = drop.stays.filter(until=None).first()
    if going_on and keep.stays.filter(until=None).exists():
        going_on.until = max(day, going_on.since)
        going_on.save(update_fields=["until"])
    elif going_on:
        keep.area_path, keep.household_id = drop.area_path, drop.household_id
        keep.save(update_fields=["area_path", "household"])
    drop.stays.update(resident=keep)


def _open_kinds(resident: Resident) -> list[str]:
    return list(resident.needs.filter(until=None).values_list("kind", flat=True))


def _acting_for(resident: Resident) -> list[UUID]:
    return list(resident.proxies.filter(until=None).values_list("acts", flat=True))


def _fill_gaps(drop: Resident, keep: Resident) -> None:
    """The dropped record becomes a signpost; what only it knew is kept."""
    identity = (drop.identity_type, drop.identity, drop.identity_index)
    drop.identity, drop.identity_index = None, None
    drop.merged_into, drop.household, drop.area_path = keep, None, ""
    drop.save(update_fields=["identity", "identity_index", "merged_into", "household", "area_path"])
    if keep.identity_index is None and identity[2] is not None:
        keep.identity_type, keep.identity, keep.identity_index = identity
    if keep.phone_index is None:
        keep.phone, keep.phone_index = drop.phone, drop.phone_index
    keep.birth_date = keep.birth_date or drop.birth_date
    if keep.sex == Resident.Sex.UNKNOWN:
        keep.sex = drop.sex
    keep.save()


def _end_offers(keep: Resident, drop: Resident) -> None:
    """The pair is decided; what was open about the dropped record alone has no object any more."""
    about = DuplicateOffer.objects.filter(
        state="open", one__in=[keep, drop], other__in=[keep, drop]
    )
    about.update(state=DuplicateOffer.State.SAME, decided_at=now())
    lone = DuplicateOffer.objects.filter(state="open")
    (lone.filter(one=drop) | lone.filter(other=drop)).update(
        state=DuplicateOffer.State.SAME, decided_at=now()
    )
