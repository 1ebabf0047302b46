"""Today's alert set, built at most once a minute however many phones ask."""

import base64
from datetime import date, timedelta

from django.db import connection, transaction

from fangxian.engines.codes import sets
from fangxian.gates.models import AlertSet
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.clock import now, today
from fangxian.measures.queries import restricted_now
from fangxian.people.queries import set_keys

_OLD = timedelta(minutes=1)
_KEPT = timedelta(days=2)
_BUILDING = 7_026_011  # advisory lock: one builder at a time


def todays() -> sets.Document:
    """The document for phones; the one of a minute ago while somebody else builds a new one."""
    day = today()
    found = AlertSet.objects.filter(day=day).first()
    if found is None or found.built_at + _OLD <= now():
        found = _built(day) or found or _built(day, wait=True)
    if found is None:
        raise AlertSet.DoesNotExist
    return _document(found)


def _built(day: date, *, wait: bool = False) -> AlertSet | None:
    """Build it; None while somebody else does, unless we `wait` for them."""
    with transaction.atomic(), connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_BUILDING])
        else:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_BUILDING])
            if not cursor.fetchone()[0]:
                return None
        before = AlertSet.objects.filter(day=day).first()
        if before is not None and before.built_at + _OLD > now():
            return before
        salt = bytes(before.salt) if before else sets.new_salt()
        own = set_keys(PLAYBOOK, restricted_now(PLAYBOOK))
        said = sets.document((key for keys in own.values() for key in keys), day=day, salt=salt)
        built, _new = AlertSet.objects.update_or_create(
            day=day,
            defaults={
                "salt": salt,
                "count": said["count"],
                "hashes": said["hashes"],
                "built_at": now(),
            },
        )
        AlertSet.objects.filter(day__lt=day - _KEPT).delete()
        return built


def _document(found: AlertSet) -> sets.Document:
    return {
        "day": found.day.isoformat(),
        "salt": base64.b64encode(bytes(found.salt)).decode(),
        "bytes": sets.BYTES,
        "count": found.count,
        "hashes": found.hashes,
    }
