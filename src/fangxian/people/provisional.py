"""People who were met at a table or a door and are not in the register, taken in set by set."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fangxian.kernel import clock
from fangxian.kernel.errors import Refusal
from fangxian.people import codes, records, rules
from fangxian.people.models import ProvisionalEntry, Resident
from fangxian.people.rules import Provisional


def take_in(
    rows: Sequence[Provisional],
) -> tuple[dict[UUID, UUID], list[tuple[Resident, str]]]:
    """Resident by provisional id, and who is new with the kind they were met as.

    Seven statements for any number of rows.
    """
    asked = {row.id: row for row in rows}
    known = _known(asked)
    values = {
        one: found for one, row in asked.items() if one not in known and (found := _columns(row))
    }
    present = _with_identity(values)
    fresh = _write_residents(asked, values, present)
    present |= _with_identity(
        values
    )  # ours among them, and those that another phone was first with
    _write_entries(asked, values, present)
    written = set(
        Resident.objects.filter(number__in=[one.number for one in fresh]).values_list(
            "id", flat=True
        )
    )
    new = [(one, _kind(asked[one.id])) for one in fresh if one.id in written]
    return known | _known({one: asked[one] for one in values}), new


def _known(asked: dict[UUID, Provisional]) -> dict[UUID, UUID]:
    entries = ProvisionalEntry.objects.filter(id__in=list(asked)).select_related("resident")
    return {entry.id: entry.resident.merged_into_id or entry.resident_id for entry in entries}


def _columns(row: Provisional) -> dict[str, Any] | None:
    try:
        return records.checked(codes.said_by(row), synthetic=True)
    except Refusal:
        return None


def _with_identity(values: dict[UUID, dict[str, Any]]) -> dict[bytes, UUID]:
    indexes = [found["identity_index"] for found in values.values() if found["identity_index"]]
    rows = Resident.objects.filter(identity_index__in=indexes).values_list("identity_index", "id")
    return {bytes(index): one for index, one in rows if index is not None}


def _write_residents(
    asked: dict[UUID, Provisional],
    values: dict[UUID, dict[str, Any]],
    present: dict[bytes, UUID],
) -> list[Resident]:
    """Whoever has no record yet; of several with one document the first."""
    first: dict[object, UUID] = {}
    for one, found in values.items():
        if found["identity_index"] not in present:
            first.setdefault(found["identity_index"] or one, one)
    if not first:
        return []
    # In one order, so that two phones with the same people do not wait for each other.
    chosen = sorted(first.values(), key=lambda one: values[one]["identity_index"] or one.bytes)
    fresh = [
        Resident(
            id=one,
            number=number,
            area_path=asked[one].area_path,
            provisional=True,
            synthetic=_made_up(asked[one]),
            **values[one],
        )
        for one, number in zip(chosen, records.next_numbers(len(chosen)), strict=True)
    ]
    Resident.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=1000)
    return fresh


def _made_up(row: Provisional) -> bool:
    """In an exercise everybody is, and only then is one of them alike to another."""
    return clock.moved() or row.identity.startswith(rules.SYNTHETIC_DIVISION)


def _write_entries(
    asked: dict[UUID, Provisional],
    values: dict[UUID, dict[str, Any]],
    present: dict[bytes, UUID],
) -> None:
    entries = [
        ProvisionalEntry(
            id=one,
            resident_id=present.get(found["identity_index"], one),
            kind=_kind(asked[one]),
            area_path=asked[one].area_path,
            met_at=asked[one].met_at,
        )
        for one, found in values.items()
    ]
    ProvisionalEntry.objects.bulk_create(entries, ignore_conflicts=True, batch_size=1000)


def _kind(row: Provisional) -> str:
    kinds = ProvisionalEntry.Kind
    return row.kind if row.kind in kinds.values else kinds.OTHER
