"""A positive pool and its clocks: what had to be done by when, and when it was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from fangxian.kernel.clock import now
from fangxian.kernel.models import Event
from fangxian.protocol.queries import in_force
from fangxian.sampling.models import Swab, TestCall, Tube

_RETESTED = "pool_positive.single_retest_done"  # from the positive pool to the last single result


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """done, of   how many of how many; `at` when the last was done, None while one is left"""

    label: object
    done: int
    of: int
    at: datetime | None
    due_at: datetime | None

    @property
    def is_late(self) -> bool:
        return self.due_at is not None and (self.at or now()) > self.due_at


def steps_of(tube: Tube, calls: Sequence[TestCall]) -> list[Step]:
    """The chain of a positive pool, in its order; nothing for any other tube.

    calls   the single retests called for because of it
    """
    asked = [
        call
        for call in calls
        if call.reason == TestCall.Reason.RETEST and call.state != TestCall.State.CANCELLED
    ]
    told = Event.objects.filter(subject_id=tube.id)
    found = told.filter(kind="sampling.tube_found_positive").order_by("-seq").first()
    if found is None or tube.swabs < 2 or not asked:  # noqa: PLR2004 - a pool
        return []
    called = told.filter(kind="sampling.tests_called").order_by("seq").last()
    taken = [call for call in asked if call.state != TestCall.State.DUE]
    known = [
        call for call in taken if call.state in {TestCall.State.NEGATIVE, TestCall.State.POSITIVE}
    ]
    singles = {call.tube_id for call in taken if call.tube_id}
    swabbed = dict(Swab.objects.filter(tube__in=singles).values_list("tube_id", "taken_at"))
    results = dict(Tube.objects.filter(id__in=singles).values_list("id", "result_at"))
    limit = in_force(found.at, tube.area_path).time_limits.get(_RETESTED)
    size = len(asked)

    def last(moments: Sequence[datetime | None], done: int) -> datetime | None:
        times = [moment for moment in moments if moment is not None]
        return max(times, default=None) if done == size else None

    return [
        Step(label=_("Found positive"), done=1, of=1, at=found.at, due_at=None),
        Step(
            label=_("Members recalled"),
            done=size,
            of=size,
            at=called.at if called else None,
            due_at=None,
        ),
        Step(
            label=_("Members swabbed singly"),
            done=len(taken),
            of=size,
            at=last([swabbed.get(call.tube_id) for call in taken if call.tube_id], len(taken)),
            due_at=max(call.due_at for call in asked),
        ),
        Step(
            label=_("Single results known"),
            done=len(known),
            of=size,
            at=last([results.get(call.tube_id) for call in known if call.tube_id], len(known)),
            due_at=found.at + limit.length if limit else None,
        ),
    ]
