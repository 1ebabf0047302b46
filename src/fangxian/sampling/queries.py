import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from fangxian.areas.models import Area, Site
from fangxian.areas.queries import sites_of_kind
from fangxian.engines.codes import sets
from fangxian.kernel.access import PLAYBOOK, Actor, Duty
from fangxian.kernel.clock import now, today
from fangxian.kernel.errors import NotFound, NotYours
from fangxian.kernel.ids import code, read_code
from fangxian.kernel.vault import blind_index
from fangxian.people.queries import population, residents_in, set_keys
from fangxian.protocol.queries import in_force
from fangxian.protocol.vocabulary import POOLS
from fangxian.sampling import rules
from fangxian.sampling.models import (
    Box,
    BoxTube,
    LabelBatch,
    LaboratoryKey,
    Report,
    Round,
    Shift,
    Swab,
    TestCall,
    Tube,
    Turnout,
    Untested,
)

READERS = frozenset(
    {
        Duty.COLLECT_SAMPLES,
        Duty.ENTER_RESULTS,
        Duty.INVESTIGATE,
        Duty.DECIDE_MEASURES,
        Duty.PLAN_ROUNDS,
        Duty.COMMAND,
        Duty.AUDIT,
    }
)
"""Who has anything to do with samples; one of these duties is needed to read of them."""


OF_A_PERSON = READERS | {Duty.SEE_REGISTER, Duty.CARRY_OUT, Duty.DISPATCH}
"""Who may read which tests one person had and owes: whoever looks after the people of an area."""


def must_read(viewer: Actor, readers: frozenset[Duty] = READERS) -> None:
    """Raises `NotYours` for whoever has nothing to do with samples."""
    if not readers & viewer.duties:
        raise NotYours(str(Duty.COLLECT_SAMPLES.label))


# Tubes


def tubes_visible_to(viewer: Actor) -> QuerySet[Tube]:
    must_read(viewer)
    return Tube.objects.filter(area_path__startswith=viewer.within)


def get_tube(viewer: Actor, tube_id: UUID, *, for_change: bool = False) -> Tube:
    """Raises `NotFound`. With `for_change` nobody else can change it until the transaction ends."""
    tubes = tubes_visible_to(viewer)
    tube = (tubes.select_for_update() if for_change else tubes).filter(id=tube_id).first()
    if tube is None:
        raise NotFound(_("tube"), tube=str(tube_id))
    return tube


def tube_by_barcode(viewer: Actor, text: str) -> Tube:
    """The tube behind a code as somebody typed, scanned or said it. Raises `NotFound`."""
    number = read_code("T", text)
    tube = None
    if number is not None:
        tube = tubes_visible_to(viewer).filter(barcode=code("T", number)).first()
    if tube is None:
        raise NotFound(_("tube"), barcode=text[:20])
    return tube


def tubes_awaiting_result(viewer: Actor) -> QuerySet[Tube]:
    """Sealed tubes without a result, longest wait first."""
    return tubes_visible_to(viewer).filter(state=Tube.State.SEALED).order_by("sealed_at", "id")


def tubes_with_result(viewer: Actor) -> QuerySet[Tube]:
    """Tubes with a result, latest first."""
    return tubes_visible_to(viewer).filter(result_at__isnull=False).order_by("-result_at", "-id")


def tubes_disputed(viewer: Actor) -> QuerySet[Tube]:
    """Tubes about which laboratories disagree, latest first."""
    disputed = Report.objects.filter(standing=Report.Standing.DISPUTED).values("tube_id")
    return tubes_with_result(viewer).filter(id__in=disputed)


def members_of(viewer: Actor, tube_id: UUID) -> list[UUID]:
    """The residents whose swabs are in the tube, in the order in which they were taken."""
    tube = get_tube(viewer, tube_id)
    swabs = Swab.objects.filter(tube=tube).order_by("taken_at", "id")
    return list(swabs.values_list("resident_id", flat=True))


def swabs_in(viewer: Actor, tube_id: UUID) -> QuerySet[Swab]:
    return Swab.objects.filter(tube=get_tube(viewer, tube_id)).order_by("taken_at", "id")


def reports_on(viewer: Actor, tube_id: UUID) -> QuerySet[Report]:
    """Everything any laboratory said about the tube, oldest first."""
    tube = get_tube(viewer, tube_id)
    return tube.reports.select_related("laboratory").order_by("reported_at", "id")


def retests_of(viewer: Actor, tube_id: UUID) -> QuerySet[Tube]:
    """The single tubes that are to explain a positive pool, oldest first."""
    return tubes_visible_to(viewer).filter(retest_of_id=tube_id).order_by("opened_at", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What is known of one person from one tube; `finding` is negative or positive."""

    tube_id: UUID
    barcode: str
    finding: str
    taken_at: datetime
    result_at: datetime


def last_result_of(viewer: Actor, resident_id: UUID) -> Result | None:
    """The latest result that says something of this person: any negative, or a single positive.

    Also of a tube that was taken outside the viewer's area: a result follows the person.
    """
    must_read(viewer)
    swab = (
        Swab.objects.filter(resident_id=resident_id)
        .filter(
            Q(tube__state=Tube.State.NEGATIVE) | Q(tube__state=Tube.State.POSITIVE, tube__swabs=1)
        )
        .select_related("tube")
        .order_by("-taken_at")
        .first()
    )
    if swab is None or swab.tube.result_at is None:
        return None
    return Result(
        tube_id=swab.tube_id,
        barcode=swab.tube.barcode,
        finding=swab.tube.state,
        taken_at=swab.taken_at,
        result_at=swab.tube.result_at,
    )


def tubes_of(viewer: Actor, resident_id: UUID) -> QuerySet[Swab]:
    """Every swab of a person with its tube, latest first."""
    must_read(viewer, OF_A_PERSON)
    return Swab.objects.filter(resident_id=resident_id).select_related("tube").order_by("-taken_at")


def swabs_awaiting(viewer: Actor) -> QuerySet[Swab]:
    """Swabs whose tube has no result yet. No order."""
    must_read(viewer, OF_A_PERSON)
    return Swab.objects.filter(tube__state__in=[Tube.State.OPEN, Tube.State.SEALED])


def findings_of(viewer: Actor, resident_id: UUID, *, since: datetime) -> QuerySet[Report]:
    """What laboratories said of a person's swabs taken since then; corrected findings left out."""
    must_read(viewer, OF_A_PERSON)
    return (
        Report.objects.filter(
            tube__members__resident=resident_id, tube__members__taken_at__gte=since
        )
        .exclude(standing=Report.Standing.CORRECTED)
        .exclude(standing=Report.Standing.SET_ASIDE)
        .order_by("reported_at", "id")
    )


# Who is not tested yet


def not_tested_in(viewer: Actor, round_id: UUID, area_path: str) -> QuerySet[Any]:
    """Residents of an area who were not swabbed in a round, in the order of the doors."""
    round_ = get_round(viewer, round_id)
    swabbed = Turnout.objects.filter(round=round_, resident=OuterRef("id"))
    return residents_in(viewer, area_path).filter(~Exists(swabbed))


def reasons_of(viewer: Actor, round_id: UUID, ids: Iterable[UUID]) -> dict[UUID, Untested]:
    """What was said of why these people do not come."""
    round_ = get_round(viewer, round_id)
    said = Untested.objects.filter(round=round_, resident__in=list(ids))
    return {one.resident_id: one for one in said}


def reasons_in(viewer: Actor, round_id: UUID, area_path: str) -> list[tuple[str, int]]:
    """How many of an area are said not to come, by reason, the most frequent first.

    Whoever was swabbed after all is no longer counted.
    """
    round_ = get_round(viewer, round_id)
    swabbed = Turnout.objects.filter(round=round_, resident=OuterRef("resident"))
    said = Untested.objects.filter(round=round_, area_path__startswith=area_path)
    counted = said.filter(~Exists(swabbed)).values("reason").annotate(n=Count("id")).order_by("-n")
    return [(str(Untested.Reason(row["reason"]).label), row["n"]) for row in counted]


# Tables and boxes


@dataclass(frozen=True, slots=True, kw_only=True)
class TableNow:
    """A table of a point in the last hour. `began_at` is of the shift under way, None without."""

    table: int
    swabs: int
    last_hour: int
    began_at: datetime | None


def tables_at(viewer: Actor, site_id: UUID) -> list[TableNow]:
    """The tables of a point that were at work today, by number."""
    must_read(viewer)
    at = now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(w."table", f."table"), coalesce(swabs, 0), coalesce(last_hour, 0),
                began_at
            FROM (
                SELECT t."table", count(*) AS swabs,
                    count(*) FILTER (WHERE s.taken_at > %(hour)s) AS last_hour
                FROM sampling_tube t JOIN sampling_swab s ON s.tube_id = t.id
                WHERE t.site_id = %(site)s AND t.opened_at > %(day)s AND t.state <> 'void'
                GROUP BY t."table"
            ) w FULL JOIN (
                SELECT "table", min(began_at) AS began_at FROM sampling_shift
                WHERE site_id = %(site)s AND ended_at IS NULL AND began_at > %(day)s
                GROUP BY "table"
            ) f ON f."table" = w."table" ORDER BY 1
            """,
            {"site": site_id, "hour": at - timedelta(hours=1), "day": at - timedelta(hours=18)},
        )
        return [
            TableNow(table=table, swabs=swabs, last_hour=last_hour, began_at=began_at)
            for table, swabs, last_hour, began_at in cursor.fetchall()
        ]


def open_tubes_at(viewer: Actor, site_id: UUID) -> QuerySet[Tube]:
    """Tubes of a point that nobody has sealed yet, oldest first."""
    tubes = tubes_visible_to(viewer).filter(site=site_id, state=Tube.State.OPEN)
    return tubes.order_by("opened_at", "id")


def get_shift(viewer: Actor, shift_id: UUID, *, for_change: bool = False) -> Shift:
    must_read(viewer)
    shifts = Shift.objects.filter(area_path__startswith=viewer.within)
    found = (shifts.select_for_update() if for_change else shifts).filter(id=shift_id).first()
    if found is None:
        raise NotFound(_("shift"), shift=str(shift_id))
    return found


def shift_of(viewer: Actor, site_id: UUID, table: int, at: datetime) -> Shift | None:
    """The viewer's own shift at a table at that time."""
    mine = Shift.objects.filter(actor_id=viewer.id, site=site_id, table=table, began_at__lte=at)
    still = mine.filter(Q(ended_at=None) | Q(ended_at__gte=at))
    return still.order_by("-began_at").first()


def boxes_visible_to(viewer: Actor) -> QuerySet[Box]:
    """Latest first. A courier has to do with boxes as well."""
    if Duty.CARRY_OUT not in viewer.duties:
        must_read(viewer)
    boxes = Box.objects.filter(area_path__startswith=viewer.within)
    return boxes.order_by("-packed_at", "-id")


def get_box(viewer: Actor, box_id: UUID, *, for_change: bool = False) -> Box:
    boxes = boxes_visible_to(viewer)
    found = (boxes.select_for_update() if for_change else boxes).filter(id=box_id).first()
    if found is None:
        raise NotFound(_("box"), box=str(box_id))
    return found


def box_by_barcode(viewer: Actor, text: str, *, for_change: bool = False) -> Box:
    number = read_code("B", text)
    boxes = boxes_visible_to(viewer)
    boxes = boxes.select_for_update() if for_change else boxes
    found = boxes.filter(barcode=code("B", number)).first() if number is not None else None
    if found is None:
        raise NotFound(_("box"), barcode=text[:20])
    return found


def sites_of(viewer: Actor, boxes: Iterable[Box]) -> dict[UUID, Site]:
    """The points where these boxes were packed."""
    return Site.objects.in_bulk({box.site_id for box in boxes})


def boxes_with(viewer: Actor, tube: Tube) -> QuerySet[BoxTube]:
    """The boxes in which a tube was packed or found."""
    must_read(viewer)
    return BoxTube.objects.filter(tube=tube).select_related("box").order_by("box__packed_at", "id")


def tubes_in_box(viewer: Actor, box_id: UUID) -> QuerySet[BoxTube]:
    tubes = BoxTube.objects.filter(box=get_box(viewer, box_id)).select_related("tube")
    return tubes.order_by("tube__barcode")


def unpacked_at(viewer: Actor, site_id: UUID) -> QuerySet[Tube]:
    """Sealed tubes of a point that stand on its tables in no box, oldest first."""
    tubes = tubes_visible_to(viewer).filter(site=site_id, state=Tube.State.SEALED)
    packed = BoxTube.objects.exclude(outcome=BoxTube.Outcome.MISSING).values("tube_id")
    return tubes.exclude(id__in=packed).order_by("sealed_at", "id")


# Labels


def label_batches(viewer: Actor) -> QuerySet[LabelBatch]:
    """Sheets printed in the viewer's area or for it, latest first."""
    must_read(viewer)
    batches = LabelBatch.objects.filter(area_path__startswith=viewer.within)
    return batches.order_by("-printed_at", "-id")


def labels_of(viewer: Actor, batch_id: UUID) -> list[str]:
    """The codes of a sheet, in the order in which they are printed."""
    batch = label_batches(viewer).filter(id=batch_id).first()
    if batch is None:
        raise NotFound(_("sheet of labels"), batch=str(batch_id))
    return [code(batch.kind, number) for number in range(batch.first, batch.last + 1)]


# Laboratories


def keys_visible_to(viewer: Actor) -> QuerySet[LaboratoryKey]:
    """Keys of laboratories' systems, latest first."""
    viewer.must(Duty.MANAGE_ACCOUNTS)
    keys = LaboratoryKey.objects.filter(area_path__startswith=viewer.within)
    return keys.select_related("laboratory").order_by("-given_at", "-id")


# What phones are told


def points_for(viewer: Actor) -> list[dict[str, Any]]:
    """The sampling points of the viewer's area with their tables, and the round under way."""
    under_way = round_under_way(viewer)
    told = under_way and {
        "id": str(under_way.id),
        "name": under_way.name,
        "deadline": under_way.deadline.isoformat(),
    }
    return [
        {
            "site": str(site.id),
            "name": site.name,
            "tables": list(range(1, (site.capacity or 1) + 1)),
            "path": site.area_path,
            "round": told if under_way and site.area_path.startswith(under_way.area_path) else None,
        }
        for site in sites_of_kind(viewer, Site.Kind.SAMPLING_POINT)
    ]


def pools_for(viewer: Actor) -> dict[str, Any]:
    """How many swabs one tube holds by group of people, by the rules in force where they work."""
    pack = in_force(now(), viewer.within)
    sizes = {group: pool.whole for group, pool in pack.sampling.pools.items()}
    titles: dict[str, dict[str, str]] = {}
    for language, key in (("zh-hans", "zh"), ("en", "en")):
        with override(language):
            for group in sizes:
                titles.setdefault(group, {})[key] = str(POOLS.get(group, group))
    return {
        "stamp": pack.stamp,
        "groups": sizes,
        "titles": titles,
        "never_pooled": rules.never_pooled(sizes),
        "clocks": {
            "retest_due_h": pack.positive_pool.retest_due.length / timedelta(hours=1),
            "room_temperature_h": pack.sampling.room_temperature_limit.length / timedelta(hours=1),
            "cold_h": pack.sampling.cold_limit.length / timedelta(hours=1),
        },
    }


def people_to_test_singly(viewer: Actor) -> list[UUID]:
    """Who must not be pooled: everybody in the viewer's area who owes a test that is single."""
    must_read(viewer)
    pack = in_force(now(), viewer.within)
    sizes = {group: pool.whole for group, pool in pack.sampling.pools.items()}
    owed = calls_visible_to(viewer).filter(state__in=[TestCall.State.DUE, TestCall.State.TAKEN])
    single = Q(reason=TestCall.Reason.RETEST) | Q(
        reason=TestCall.Reason.ORDER, group__in=rules.never_pooled(sizes)
    )
    return list(owed.filter(single).values_list("resident_id", flat=True).distinct())


def singles_for(viewer: Actor) -> sets.Document:
    """The same as a set that a phone can look somebody up in and learn nothing else from.

    The salt is the day's, the same on every server and for every phone, and nobody's to guess.
    """
    day = today()
    salt = blind_index("singles", day.isoformat())
    keys = set_keys(PLAYBOOK, people_to_test_singly(viewer))
    return sets.document((key for mine in keys.values() for key in mine), day=day, salt=salt)


# Calls for tests


def calls_visible_to(viewer: Actor) -> QuerySet[TestCall]:
    must_read(viewer)
    return TestCall.objects.filter(area_path__startswith=viewer.within)


def calls_of(viewer: Actor, resident_id: UUID) -> QuerySet[TestCall]:
    """Every test a person owes or owed, in the order in which they fall due."""
    must_read(viewer, OF_A_PERSON)
    calls = TestCall.objects.filter(area_path__startswith=viewer.within, resident_id=resident_id)
    return calls.select_related("tube").order_by("due_at", "id")


def calls_about(viewer: Actor, about_id: UUID) -> QuerySet[TestCall]:
    """The tests called for because of one pool or order, in the order in which they fall due."""
    calls = calls_visible_to(viewer).filter(about_id=about_id)
    return calls.select_related("tube").order_by("due_at", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledBy:
    """What a sealed tube makes needless.

    lost      tubes that were lost, whose people were swabbed again into this one
    visited   people of whom it was said that they cannot leave their beds
    """

    lost: list[UUID]
    visited: list[UUID]


def settled_by(viewer: Actor, tube_id: UUID) -> SettledBy:
    """One statement, for it is asked of every tube that is sealed."""
    must_read(viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT true, about_id FROM sampling_testcall
            WHERE tube_id = %(tube)s AND reason = 'lost' AND area_path LIKE %(within)s
            UNION ALL
            SELECT false, u.resident_id FROM sampling_tube t
            JOIN sampling_swab s ON s.tube_id = t.id
            JOIN sampling_untested u ON u.round_id = t.round_id
                AND u.resident_id = s.resident_id AND u.reason = 'bed_bound'
            WHERE t.id = %(tube)s AND t.area_path LIKE %(within)s
            """,
            {"tube": tube_id, "within": viewer.within + "%"},
        )
        rows = cursor.fetchall()
    return SettledBy(
        lost=[about for is_lost, about in rows if is_lost],
        visited=[person for is_lost, person in rows if not is_lost],
    )


def calls_due(viewer: Actor, *, until: datetime) -> QuerySet[TestCall]:
    """Tests not taken yet that are owed by then, first what is due first."""
    calls = calls_visible_to(viewer).filter(state=TestCall.State.DUE, due_at__lte=until)
    return calls.order_by("due_at", "id")


# Rounds


def rounds_visible_to(viewer: Actor) -> QuerySet[Round]:
    """Rounds in the viewer's area or around it, latest first.

    Also for whoever looks after the people of an area: they ask who has not been yet.
    """
    must_read(viewer, OF_A_PERSON)
    steps = viewer.within.split("/")
    around = ["/".join(steps[:n]) + "/" for n in range(1, len(steps))]
    rounds = Round.objects.filter(
        Q(area_path__startswith=viewer.within) | Q(area_path__in=["", *around])
    )
    return rounds.order_by("-starts_at", "-id")


def get_round(viewer: Actor, round_id: UUID, *, for_change: bool = False) -> Round:
    rounds = rounds_visible_to(viewer)
    found = (rounds.select_for_update() if for_change else rounds).filter(id=round_id).first()
    if found is None:
        raise NotFound(_("round of testing"), round=str(round_id))
    return found


def round_under_way(viewer: Actor) -> Round | None:
    """The open round that began last in or around the viewer's area."""
    return rounds_visible_to(viewer).filter(state=Round.State.OPEN).first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of one area's people were tested in a round: persons, each counted once."""

    area_path: str
    tested: int
    people: int

    @property
    def percent(self) -> float | None:
        return 100 * self.tested / self.people if self.people else None


def tested_share(
    viewer: Actor,
    round_id: UUID,
    level: str,
    *,
    below: str = "",  # noqa: PT028 - no test, though its name begins like one
) -> list[Share]:
    """For each area of a level within the round and the viewer's area, by where people live.

    level   as in `areas`: "subdistrict", "community", "grid" …; in the order of the tree
    """
    round_ = get_round(viewer, round_id)
    within = max(round_.area_path, viewer.within, below, key=len)
    areas = Area.objects.filter(level=level, path__startswith=within, ended_at=None)
    paths = list(areas.order_by("path").values_list("path", flat=True))
    tested = _tested_in(round_id, paths)
    people = _people_at_home(viewer, round_id, paths)
    return [
        Share(area_path=path, tested=tested[path], people=people.get(path, 0)) for path in paths
    ]


def _people_at_home(viewer: Actor, round_id: UUID, paths: Sequence[str]) -> dict[str, int]:
    """As they were at most some minutes ago: counting a whole register takes longer than a page."""
    asked = hashlib.sha256(" ".join(paths).encode()).hexdigest()
    key = f"people:{round_id}:{viewer.within}:{asked}"
    found: dict[str, int] | None = caches["pages"].get(key)
    if found is None:
        found = population(viewer, paths)
        caches["pages"].set(key, found, _KEPT)
    return found


_KEPT = 600  # seconds


def round_share(viewer: Actor, round_id: UUID) -> Share:
    """The same for the round as a whole, as far as the viewer's area goes."""
    within, people = _asked_for(viewer, get_round(viewer, round_id))
    return Share(area_path=within, tested=_tested_in(round_id, [within])[within], people=people)


def people_asked_for(viewer: Actor, round_: Round) -> int:
    """Everybody the round is for, as far as the viewer's area goes."""
    return _asked_for(viewer, round_)[1]


def _asked_for(viewer: Actor, round_: Round) -> tuple[str, int]:
    within = max(round_.area_path, viewer.within, key=len)
    if within == round_.area_path:
        return within, round_.people
    return within, _people_at_home(viewer, round_.id, [within])[within]


def _tested_in(round_id: UUID, paths: Sequence[str]) -> dict[str, int]:
    """Persons by home, as they were at most `ROUND_HOLD_SECONDS` ago.

    One range of the index for each path: "0" is the sign after "/". Both ends of the range must
    be seen by the index: with the upper one left to a filter, every path reads to the end of the
    round.
    """
    asked = hashlib.sha256(" ".join(paths).encode()).hexdigest()
    key = f"tested:{round_id}:{asked}"
    found: dict[str, int] | None = caches["pages"].get(key)
    if found is not None:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT path, (
                SELECT count(*) FROM sampling_turnout
                WHERE round_id = %s AND area_path >= path
                    AND area_path < CASE path WHEN '' THEN '~' ELSE rtrim(path, '/') || '0' END
            )
            FROM unnest(%s::text[] COLLATE "C") AS wanted(path)
            """,
            [round_id, list(paths)],
        )
        found = dict(cursor.fetchall())
    caches["pages"].set(key, found, settings.ROUND_HOLD_SECONDS)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A round's tubes by state, and the swabs in them (person-times, not persons)."""

    tubes: dict[str, int]
    swabs: int

    @property
    def total(self) -> int:
        return sum(number for state, number in self.tubes.items() if state != Tube.State.VOID)


def round_progress(viewer: Actor, round_id: UUID) -> Progress:
    round_ = get_round(viewer, round_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*), sum(swabs) FROM sampling_tube"
            " WHERE round_id = %s AND area_path LIKE %s GROUP BY state",
            [round_.id, viewer.within + "%"],
        )
        rows = cursor.fetchall()
    return Progress(
        tubes={state: count for state, count, _swabs in rows},
        swabs=sum(swabs for state, _count, swabs in rows if state != Tube.State.VOID),
    )


def swabs_by_hour(viewer: Actor, round_id: UUID) -> list[tuple[datetime, int]]:
    """Swabs in tubes sealed in each hour of a round (person-times), earliest first."""
    round_ = get_round(viewer, round_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('hour', sealed_at) AS hour, sum(swabs) FROM sampling_tube"
            " WHERE round_id = %s AND area_path LIKE %s AND state NOT IN ('open', 'void')"
            " GROUP BY hour ORDER BY hour",
            [round_.id, viewer.within + "%"],
        )
        return [(hour, int(swabs)) for hour, swabs in cursor.fetchall()]
