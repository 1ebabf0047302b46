"""What every swab and tube is checked for, whichever verb brings it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from fangxian.areas.models import Site
from fangxian.areas.queries import get_site
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound
from fangxian.kernel.ids import read_code
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import Rules, in_force
from fangxian.sampling import rules
from fangxian.sampling.errors import (
    BeforeTheIncident,
    MustNotBePooled,
    NoLabel,
    NoSuchPurpose,
    NoSuchTable,
    NotACount,
    PointIsClosed,
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


def must_be_open(actor: Actor, round_id: UUID | None, at: datetime | None = None) -> Round | None:
    """The round, which must be open, or have been open `at` a time that a phone tells later."""
    if round_id is None:
        return None
    round_ = get_round(actor, round_id)
    must_have_been_open(round_, at)
    return round_


def must_have_been_open(round_: Round, at: datetime | None) -> None:
    if not (
        round_.state == Round.State.OPEN
        or (
            at is not None
            and round_.opened_at is not None
            and round_.closed_at is not None
            and round_.opened_at <= at <= round_.closed_at
        )
    ):
        raise RoundIsNotOpen(round_)


def table_at(actor: Actor, site_id: UUID, table: int, at: datetime) -> Site:
    """The sampling point, which must have had this table and been open then."""
    site = get_site(actor, site_id)
    must_have_table(site, table, at)
    return site


def must_have_table(site: Site, table: int, at: datetime) -> None:
    if site.kind != Site.Kind.SAMPLING_POINT:
        raise NotFound(_("sampling point"), site=str(site.id))
    if table < 1 or (site.capacity is not None and table > site.capacity):
        raise NoSuchTable(site, table)
    if site.closed_at is not None and at > site.closed_at:
        raise PointIsClosed(site)


def number_on(kind: str, text: str) -> int:
    """What a label says; raises when it cannot be one of ours."""
    number = read_code(kind, text)
    if number is None:
        raise NoLabel(text)
    return number


def numbers(count: int) -> list[int]:
    """Fresh numbers of tubes. One that a label brought in from elsewhere is passed over."""
    drawn: list[int] = []
    with connection.cursor() as cursor:
        while len(drawn) < count:
            cursor.execute(
                "SELECT n FROM (SELECT nextval('sampling_tube_number') AS n"
                " FROM generate_series(1, %s)) AS drawn"
                " WHERE NOT EXISTS (SELECT FROM sampling_tube WHERE number = n)",
                [count - len(drawn)],
            )
            drawn += [row[0] for row in cursor.fetchall()]
    return drawn


_MOST_COUNTED = 30_000


def count_of(number: int) -> int:
    """A number that somebody counted by hand."""
    if not 0 <= number <= _MOST_COUNTED:
        raise NotACount
    return number


def capacity_for(pack: Pack, purpose: str, group: str) -> int:
    if purpose not in Tube.Purpose.values:
        raise NoSuchPurpose(purpose)
    if purpose == Tube.Purpose.RETEST:
        return rules.SINGLE
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
        if call.reason == TestCall.Reason.LOST:  # tested again as anybody is
            continue
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


def tests_taken(owed: Iterable[TestCall], taken_at: datetime) -> list[TestCall]:
    """What a swab counts for: every retest that is due, and one test day of each order.

    Of several test days the earliest is taken, so a person owes as many tests as the pack says;
    a day that has not come cannot be taken.
    """
    ends = rules.day_ends(taken_at, ZoneInfo(settings.TIME_ZONE))
    taken: dict[UUID, TestCall] = {}
    for call in sorted(owed, key=lambda call: (call.due_at, call.id)):
        at_once = call.reason != TestCall.Reason.ORDER
        if call.state == TestCall.State.DUE and (at_once or call.due_at < ends):
            taken.setdefault(call.about_id, call)
    for call in taken.values():  # a second swab in the same batch finds it taken
        call.state = TestCall.State.TAKEN
    return list(taken.values())


def write_taken(pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Calls and the tubes in which their swabs lie."""
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sampling_testcall c SET state = 'taken', tube_id = w.tube"
            " FROM unnest(%s::uuid[], %s::uuid[]) AS w(call, tube) WHERE c.id = w.call",
            [[call for call, _tube in pairs], [tube for _call, tube in pairs]],
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


def uncount_person(round_id: UUID, resident_id: UUID) -> None:
    """Somebody whose swab was taken out is to be tested again, unless another lies in the round."""
    elsewhere = Swab.objects.filter(tube__round_id=round_id, resident_id=resident_id)
    if not elsewhere.exclude(tube__state=Tube.State.VOID).exists():
        Turnout.objects.filter(round_id=round_id, resident_id=resident_id).delete()
