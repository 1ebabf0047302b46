from datetime import datetime

from django.db import connection, transaction

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.ledger import record
from fangxian.protocol.errors import (
    AdoptionNeedsAReason,
    AdoptionWouldRewriteThePast,
    NotAnAreaPath,
)
from fangxian.protocol.events import PackAdopted
from fangxian.protocol.models import Adoption
from fangxian.protocol.packs import load_pack
from fangxian.protocol.rules import is_area_path

_ADOPTING = 7_026_201  # advisory lock: one adoption at a time


@transaction.atomic
def adopt_pack(
    actor: Actor, pack_id: str, *, area_path: str, from_at: datetime, reason: str
) -> Adoption:
    """Put the rules of a pack in force for an area and everything in it.

    `pack_id` may be a stamp. Nothing already decided changes: decisions keep the stamp they were
    made under. Adopting the same pack from the same moment again changes nothing.
    """
    actor.must(Duty.SET_POLICY, at=area_path)
    if not is_area_path(area_path):
        raise NotAnAreaPath(area_path)
    if not reason.strip():
        raise AdoptionNeedsAReason
    pack = load_pack(pack_id)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADOPTING])
    latest = Adoption.objects.filter(area_path=area_path).order_by("-from_at").first()
    if latest is not None and latest.from_at >= from_at:
        if latest.from_at == from_at and latest.stamp == pack.stamp:
            return latest
        raise AdoptionWouldRewriteThePast(latest.stamp)

    adoption = Adoption.objects.create(
        pack_id=pack.id,
        pack_version=pack.version,
        fingerprint=pack.fingerprint,
        area_path=area_path,
        from_at=from_at,
        reason=reason.strip(),
        adopted_by=actor.id,
    )
    record(
        PackAdopted(
            subject_id=adoption.id,
            area_path=area_path,
            pack=pack.stamp,
            from_at=from_at,
            fingerprint=pack.fingerprint,
        ),
        actor=actor,
    )
    return adoption
