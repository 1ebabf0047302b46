"""What is deleted when it is no longer needed."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.forgetting import Gone, delete_all
from fangxian.requests.models import (
    Call,
    Concerned,
    Extension,
    Handling,
    Note,
    Request,
    Response,
    Whistle,
)


def forget_requests(actor: Actor, before: datetime) -> Gone:
    """Delete calls, requests and whistles that were over before that moment, with everything said
    of them. What was answered together goes when the last of it is over. The library stays.
    """
    actor.must(Duty.OPERATE)
    over = Request.objects.filter(state=Request.State.CLOSED, closed_at__lt=before)
    still = Request.objects.exclude(state=Request.State.CLOSED, closed_at__lt=before)
    over = over.exclude(id__in=still.filter(head__isnull=False).values("head_id"))
    ids = over.values("id")
    with transaction.atomic():
        Request.objects.filter(Q(repeat_of__in=ids)).update(repeat_of=None)
        Whistle.objects.filter(request__in=ids).update(request=None)
    gone = Gone()
    for part in (Note, Concerned, Handling, Extension):
        gone = gone.and_then(delete_all(part.objects.filter(request__in=ids)))
    gone = gone.and_then(delete_all(over.filter(head__isnull=False)))
    gone = gone.and_then(delete_all(over))
    calls = Call.objects.filter(ended_at__lt=before, requests=None)
    gone = gone.and_then(delete_all(calls))
    whistles = Whistle.objects.filter(ended_at__lt=before)
    gone = gone.and_then(delete_all(Response.objects.filter(whistle__in=whistles.values("id"))))
    return gone.and_then(delete_all(whistles))
