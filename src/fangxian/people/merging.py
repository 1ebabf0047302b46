"""Two records of one person: finding them, and making them one."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import connection

from fangxian.kernel.clock import now, today
from fangxian.people import rules
from fangxian.people.models import DuplicateOffer, Proxy, Resident

_ALIKE = """
WITH asked AS (
    SELECT id, number, name_index, birth_date, phone_index, area_path, synthetic,
        identity_index IS NOT NULL AS has_card
    FROM people_resident WHERE id = ANY(%s) AND merged_into_id IS NULL
), pairs AS (
    SELECT asked.*, alike.id AS other_id, alike.number AS other_number,
        alike.area_path AS other_path, alike.birth_date = asked.birth_date AS same_birth
    FROM asked CROSS JOIN LATERAL (
        SELECT * FROM people_resident AS r
        WHERE NOT asked.has_card AND r.name_index = asked.name_index
        UNION ALL
        SELECT * FROM people_resident AS r
        WHERE asked.has_card AND r.name_index = asked.name_index AND r.identity_index IS NULL
    ) AS alike
    WHERE alike.id <> asked.id AND alike.merged_into_id IS NULL
      AND alike.synthetic = asked.synthetic
      AND (alike.birth_date = asked.birth_date OR alike.phone_index = asked.phone_index)
)
SELECT DISTINCT
    CASE WHEN number < other_number THEN id ELSE other_id END,
    CASE WHEN number < other_number THEN other_id ELSE id END,
    CASE WHEN same_birth THEN 'name_and_birth' ELSE 'name_and_phone' END,
    least(area_path, other_path), greatest(area_path, other_path)
FROM pairs
"""


def find_alike(ids: Iterable[UUID]) -> list[DuplicateOffer]:
    """Pairs of one of these and another record, not yet saved.

    Same name and birth date, or same name and phone; never two different identity numbers.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, [list(ids)])
        return [
            DuplicateOffer(
                one_id=one,
                other_id=other,
                why=why,
                area_path=rules.common_area([one_path, other_path]),
                found_at=now(),
            )
            for one, other, why, one_path, other_path in cursor.fetchall()
        ]


def hand_over(drop: Resident, keep: Resident) -> None:
    """Everything that belongs to one record, to the other; where both have it, it stands once."""
    day = today()
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
    drop.codes.update(resident=keep)
    drop.entries.update(resident=keep)


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


def fill_gaps(drop: Resident, keep: Resident) -> None:
    """The dropped record becomes a signpost; what only it knew is kept."""
    identity = (drop.identity_type, drop.identity, drop.identity_index)
    drop.identity, drop.identity_index = None, None
    drop.merged_into, drop.household, drop.area_path = keep, None, ""
    drop.save(update_fields=["identity", "identity_index", "merged_into", "household", "area_path"])
    if keep.identity_index is None and identity[2] is not None:
        keep.identity_type, keep.identity, keep.identity_index = identity
    if keep.phone_index is None:
        keep.phone, keep.phone_index = drop.phone, drop.phone_index
    keep.provisional = keep.provisional and drop.provisional
    keep.birth_date = keep.birth_date or drop.birth_date
    if keep.died_on is None:
        keep.died_on, keep.death_source = drop.died_on, drop.death_source
    if keep.sex == Resident.Sex.UNKNOWN:
        keep.sex = drop.sex
    keep.save()


def end_offers(keep: Resident, drop: Resident) -> None:
    """The pair is decided; what was open about the dropped record alone has no object any more."""
    about = DuplicateOffer.objects.filter(
        state="open", one__in=[keep, drop], other__in=[keep, drop]
    )
    about.update(state=DuplicateOffer.State.SAME, decided_at=now())
    lone = DuplicateOffer.objects.filter(state="open")
    (lone.filter(one=drop) | lone.filter(other=drop)).update(
        state=DuplicateOffer.State.SAME, decided_at=now()
    )
