"""The verbs of requests. What follows from them stands in the playbook alone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import new_id
from fangxian.kernel.ledger import record
from fangxian.kernel.models import Event
from fangxian.kernel.vault import blind_index
from fangxian.people.rules import normal_phone
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force
from fangxian.requests import rules
from fangxian.requests.events import RequestRaised
from fangxian.requests.models import Category, Channel, Concerned, Request, Urgency

Because = Event | UUID | None


@transaction.atomic
def raise_request(
    actor: Actor,
    *,
    words: str,
    category: str,
    urgency: str,
    area_path: str,
    channel: str,
    resident_id: UUID | None = None,
    by: str = "",
    place: str = "",
    people: Sequence[UUID] = (),
    call_id: UUID | None = None,
    id: UUID | None = None,  # noqa: A002 - the word of the contract with phones and pages
    because: Because = None,
) -> Request:
    """Take down what somebody needs. Sending the same id again gives the same request.

    Anybody who is at the place may ask, with or without a duty; an emergency becomes a transfer
    to care at once.

    by       the number to call back
    people   whom it concerns, besides `resident_id`
    """
    if not actor.sees(area_path):
        raise NotFound(_("place"))
    if id is not None and (known := Request.objects.filter(id=id).first()):
        return known
    at = now()
    pack = pack_at(area_path, at)
    limits = getattr(pack.requests, urgency) if pack and pack.requests else None
    request = Request(
        id=id or new_id(),
        number=_number("request"),
        channel=Channel(channel),
        category=Category(category),
        urgency=Urgency(urgency),
        area_path=area_path,
        place=place.strip(),
        words=words.strip(),
        digest=rules.digest_of(words),
        resident_id=resident_id,
        by=normal_phone(by) or None,
        by_index=blind_index("phone", normal_phone(by)) if by.strip() else None,
        call_id=call_id,
        pack=pack.stamp if pack else "",
        raised_by=actor.id,
        raised_at=at,
        accept_due=at + limits.accept.length if limits else None,
        stage_due=at + limits.accept.length if limits else None,
        overall_due=at + limits.overall.length if limits else None,
    )
    request.save(force_insert=True)
    concerned = dict.fromkeys([resident_id, *people] if resident_id else people)
    Concerned.objects.bulk_create(
        [Concerned(request=request, resident_id=one) for one in concerned]
    )
    record(
        RequestRaised(
            subject_id=request.id,
            area_path=area_path,
            pack=request.pack,
            code=request.code,
            category=request.category,
            urgency=request.urgency,
            channel=request.channel,
            due_at=request.accept_due,
        ),
        actor=actor,
        because=because,
    )
    return request


def pack_at(area_path: str, at: datetime) -> Pack | None:
    """The rules in force there; None where there are none, for nobody is turned away for that."""
    try:
        return in_force(at, area_path)
    except NoPackInForce:
        return None


def _number(noun: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval('requests_{noun}_number')")
        number: int = cursor.fetchone()[0]
    return number
