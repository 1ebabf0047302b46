"""Tubes as desks close them: many rows of many phones, written at once."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from fangxian.kernel.access import Duty
from fangxian.kernel.errors import NotFound, Refusal
from fangxian.kernel.ledger import record, record_many
from fangxian.protocol.queries import Rules
from fangxian.sampling import events
from fangxian.sampling.checks import count_of, pack_at
from fangxian.sampling.errors import SealedBeforeSwabbed, TubeIsEmpty, TubeIsNotOpen
from fangxian.sampling.models import Swab, Tube
from fangxian.sampling.queries import must_read
from fangxian.sampling.rules import SealRow


def seal_many(rows: Sequence[SealRow]) -> list[Tube | Refusal]:
    """The tube of each row, sealed now or before, or why not. Needs a transaction around it."""
    ids = {row.tube_id for row in rows}
    tubes = {
        tube.id: tube for tube in Tube.objects.select_for_update().filter(id__in=ids).order_by("id")
    }
    last = dict(Swab.objects.filter(tube__in=tubes).values_list("tube").annotate(Max("taken_at")))
    batch = Rules()
    came: list[Tube | Refusal] = []
    closed: list[tuple[SealRow, Tube]] = []
    for row in rows:
        try:
            tube = _tube_of(row, tubes)
            if tube.state != Tube.State.SEALED:
                _must_be_ready(row, tube, last.get(tube.id), batch)
                tube.counted = count_of(row.counted) if row.counted is not None else None
                tube.state, tube.sealed_at = Tube.State.SEALED, row.sealed_at
                closed.append((row, tube))
            came.append(tube)
        except Refusal as refusal:
            came.append(refusal)
    if closed:
        _write(closed)
        _tell(closed)
    return came


def _tube_of(row: SealRow, tubes: dict[UUID, Tube]) -> Tube:
    must_read(row.by)
    tube = tubes.get(row.tube_id)
    if tube is None or not row.by.sees(tube.area_path):
        raise NotFound(_("tube"), tube=str(row.tube_id))
    row.by.must(Duty.COLLECT_SAMPLES, at=tube.area_path)
    return tube


def _must_be_ready(row: SealRow, tube: Tube, last: datetime | None, batch: Rules) -> None:
    if tube.state != Tube.State.OPEN:
        raise TubeIsNotOpen(tube)
    if tube.swabs == 0:
        raise TubeIsEmpty(tube)
    pack_at(row.sealed_at, tube.area_path, batch)
    if last is not None and last > row.sealed_at:
        raise SealedBeforeSwabbed


def _write(closed: Sequence[tuple[SealRow, Tube]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sampling_tube t"
            " SET state = 'sealed', sealed_at = w.sealed_at, counted = w.counted"
            " FROM unnest(%s::uuid[], %s::timestamptz[], %s::smallint[])"
            " AS w(id, sealed_at, counted) WHERE t.id = w.id",
            [
                [tube.id for _row, tube in closed],
                [row.sealed_at for row, _tube in closed],
                [row.counted for row, _tube in closed],
            ],
        )


def _tell(closed: Sequence[tuple[SealRow, Tube]]) -> None:
    """Each desk seals its own; a count by hand that differs is told after its tube."""
    for _by, group in groupby(
        sorted(closed, key=lambda pair: pair[0].by.id), key=lambda pair: pair[0].by.id
    ):
        mine = list(group)
        by = mine[0][0].by
        sealed = record_many(
            [
                events.TubeSealed(
                    subject_id=tube.id,
                    area_path=tube.area_path,
                    pack=tube.pack,
                    barcode=tube.barcode,
                    swabs=tube.swabs,
                )
                for _row, tube in mine
            ],
            actor=by,
        )
        for (row, tube), event in zip(mine, sealed, strict=True):
            if row.counted is not None and row.counted != tube.swabs:
                differs = events.TubeCountDiffers(
                    subject_id=tube.id,
                    area_path=tube.area_path,
                    pack=tube.pack,
                    barcode=tube.barcode,
                    counted=row.counted,
                    swabs=tube.swabs,
                )
                record(differs, actor=by, because=event)
