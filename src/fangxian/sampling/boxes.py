"""A box opened at the laboratory: what was packed against what is there."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Min

from fangxian.kernel.access import Actor
from fangxian.kernel.ids import code, read_code
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.protocol.packs import Pack
from fangxian.sampling import events, rules
from fangxian.sampling.models import Box, BoxTube, HandOver, Swab, Tube

_MOST_UNKNOWN = 200


def receive(
    actor: Actor,
    box: Box,
    *,
    tubes: Sequence[str],
    broken: Sequence[str],
    at: datetime,
    temperature: Decimal | None,
    pack: Pack,
) -> None:
    lines = {line.tube.barcode: line for line in box.tubes.select_related("tube")}
    found = rules.reconcile(lines, _read(tubes), _read(broken))
    for outcome, barcodes in (
        (BoxTube.Outcome.RECEIVED, found.received),
        (BoxTube.Outcome.BROKEN, found.broken),
        (BoxTube.Outcome.MISSING, found.missing),
    ):
        box.tubes.filter(tube__barcode__in=barcodes).update(outcome=outcome)
    known = {tube.barcode: tube for tube in Tube.objects.filter(barcode__in=found.extra)}
    BoxTube.objects.bulk_create(
        [BoxTube(box=box, tube=tube, outcome=BoxTube.Outcome.EXTRA) for tube in known.values()]
    )
    box.unknown = [one for one in found.extra if one not in known][:_MOST_UNKNOWN]
    box.state, box.received_at, box.received_by = Box.State.RECEIVED, at, actor.id
    box.save(update_fields=["unknown", "state", "received_at", "received_by"])
    HandOver.objects.create(
        box=box, by_id=actor.id, to=HandOver.To.LABORATORY, at=at, temperature=temperature
    )
    received = record(
        events.BoxReceived(
            subject_id=box.id,
            area_path=box.area_path,
            pack=pack.stamp,
            barcode=box.barcode,
            tubes=len(found.received),
            missing=len(found.missing),
            broken=len(found.broken),
            extra=len(known),
            unknown=len(box.unknown),
        ),
        actor=actor,
    )
    _tell_lost(actor, box, lines, found, received)
    _tell_late(actor, box, [lines[one].tube_id for one in found.received], pack, received)


def _tell_lost(
    actor: Actor, box: Box, lines: dict[str, BoxTube], found: rules.Reconciled, received: Event
) -> None:
    for lost, barcodes in ((events.TubeMissing, found.missing), (events.TubeBroken, found.broken)):
        for barcode in barcodes:
            tube = lines[barcode].tube
            fact = lost(
                subject_id=tube.id,
                area_path=tube.area_path,
                pack=tube.pack,
                barcode=barcode,
                box=box.barcode,
                swabs=tube.swabs,
            )
            record(fact, actor=actor, because=received)


def _tell_late(actor: Actor, box: Box, tubes: Sequence[UUID], pack: Pack, received: Event) -> None:
    """A sample ages from the swab, not from the box."""
    readings = [
        float(one.temperature) for one in box.hand_overs.all() if one.temperature is not None
    ]
    guide = pack.sampling
    cold = rules.kept_cold(readings)
    limit = (guide.cold_limit if cold else guide.room_temperature_limit).length
    taken = Swab.objects.filter(tube__in=tubes).values("tube").annotate(first=Min("taken_at"))
    at = box.received_at
    if at is None:
        return
    late = [at - row["first"] for row in taken if at - row["first"] > limit]
    if late:
        record(
            events.TubesOverTime(
                subject_id=box.id,
                area_path=box.area_path,
                pack=pack.stamp,
                barcode=box.barcode,
                tubes=len(late),
                hours=round(max(late) / timedelta(hours=1), 1),
                limit=limit / timedelta(hours=1),
            ),
            actor=actor,
            because=received,
        )


def _read(labels: Sequence[str]) -> list[str]:
    """As they are printed; what is no label of ours stays as it was scanned, cut short."""
    numbers = [(text, read_code("T", text)) for text in labels]
    return [code("T", n) if n is not None else text.strip()[:20] for text, n in numbers]
