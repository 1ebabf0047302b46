"""What is deleted when it is no longer needed."""

from datetime import datetime

from fangxian.care.models import CareTransfer, Series, Step, Visit
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.forgetting import Gone, delete_all


def forget_care(actor: Actor, before: datetime) -> Gone:
    """Delete journeys that were complete, treatments that had ended and visits that were over
    before that moment, with every minute of theirs. Hospitals and cars stay."""
    actor.must(Duty.OPERATE)
    over = CareTransfer.objects.filter(done_at__lt=before)
    gone = delete_all(Step.objects.filter(transfer__in=over))
    gone = gone.and_then(delete_all(over))
    ended = Series.objects.filter(ended_at__lt=before, rides=None)
    gone = gone.and_then(delete_all(ended))
    return gone.and_then(delete_all(Visit.objects.filter(due_at__lt=before)))
