"""What every swab and tube is checked for, whichever verb brings it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import Rules, in_force
from fangxian.sampling import rules
from fangxian.sampling.errors import (
    BeforeTheIncident,
    MustNotBePooled,
    NoSuchPurpose,
    RoundIsNotOpen,
    TimeInTheFuture,
)
from fangxian.sampling.models import Round, Swab, TestCall, Tube, Turnout
from fangxian.sampling.queries import get_round

OWED = (TestCall.State.DUE, TestCall.State.TAKEN)


def must_collect(actor: Actor, area_path: str) -> None:
    if not actor.sees(area_path):
        raise NotFound(_("place"), area=area_path)
    actor.must(Duty.COLLECT_SAMPLES, at=area_path)


def must_be_open(actor: Actor, round_id: UUID | None) -> Round | None:
    if round_id is None:
        return None
    round_ = get_round(actor, round_id)
    if round_.state != Round.State.OPEN:
        raise RoundIsNotOpen(round_)
    return round_


def numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('sampling_tube_number') FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


def capacity_for(pack: Pack, purpose: str, group: str) -> int:
    if purpose not in Tube.Purpose.values:
        raise NoSuchPurpose(purpose)
    if purpose == Tube.Purpose.RETEST:
        return 1
    return pack.sampling.pool_size(group or rules.GROUP_OF_PURPOSE[purpose])


def pack_at(moment: datetime, area_path: str, batch: Rules | None = None) -> Pack:
    """The rules in force then; raises when nothing of this incident can have happened then."""
    if rules.in_the_future(moment, now()):
        raise TimeInTheFuture
    try:
        return (batch.in_force if batch else in_force)(moment, area_path)
    except NoPackInForce as none:
        raise BeforeTheIncident from none


def refuse_pooling(capacity: int, owed: Iterable[TestCall], pack: Pack, tube: Tube | None) -> None:
    """Whoever has a pool to explain is alone in a tube; people under an order as the pack says."""
    at_most = capacity
    for call in owed:
        retest = call.reason == TestCall.Reason.RETEST
        at_most = min(at_most, 1 if retest else pack.sampling.pool_size(call.group))
    if at_most < capacity:
        raise MustNotBePooled(tube, at_most=at_most)


def to_explain(owed: Iterable[TestCall]) -> UUID | None:
    """The positive pool that a swab of this person is to explain, the oldest if several."""
    pools = [call.about_id for call in owed if call.reason == TestCall.Reason.RETEST]
    if not pools:
        return None
    known = Tube.objects.filter(id__in=pools).order_by("opened_at", "id")
    return known.values_list("id", flat=True).first()


def take_tests(owed: Iterable[TestCall], taken_at: datetime, tube_id: UUID) -> None:
    """Count a swab for every retest that is due, and for one test day of each order.

    Of several test days the earliest is taken, so a person owes as many tests as the pack says;
    a day that has not come cannot be taken.
    """
    ends = rules.day_ends(taken_at, ZoneInfo(settings.TIME_ZONE))
    taken: dict[UUID, TestCall] = {}
    for call in sorted(owed, key=lambda call: (call.due_at, call.id)):
        retest = call.reason == TestCall.Reason.RETEST
        if call.state == TestCall.State.DUE and (retest or call.due_at < ends):
            taken.setdefault(call.about_id, call)
    for call in taken.values():  # a second swab in the same batch finds it taken
        call.state = TestCall.State.TAKEN
    TestCall.objects.filter(id__in=[call.id for call in taken.values()]).update(
        state=TestCall.State.TAKEN, tube_id=tube_id
    )


def count_turnout(round_id: UUID, homes: dict[UUID, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sampling_turnout (round_id, resident_id, area_path)"
            " SELECT %s, * FROM unnest(%s::uuid[], %s::text[]) ON CONFLICT DO NOTHING",
            [round_id, list(homes), list(homes.values())],
        )


def uncount_turnout(round_id: UUID, tube: Tube) -> None:
    """Those who have no other swab in the round are to be tested again."""
    elsewhere = Swab.objects.filter(tube__round_id=round_id).exclude(tube__state=Tube.State.VOID)
    Turnout.objects.filter(
        round_id=round_id, resident_id__in=tube.members.values("resident_id")
    ).exclude(resident_id__in=elsewhere.values("resident_id")).delete()
