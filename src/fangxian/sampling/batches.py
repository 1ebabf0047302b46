"""Many sealed tubes at once, in a handful of statements: what is asked, checked and written."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import NotFound, Refusal
from fangxian.kernel.ids import code, new_id
from fangxian.people.queries import residents_visible_to
from fangxian.protocol.queries import Rules
from fangxian.sampling.checks import (
    OWED,
    capacity_for,
    must_collect,
    numbers,
    pack_at,
    refuse_pooling,
)
from fangxian.sampling.errors import (
    SealedBeforeSwabbed,
    SwabbedTwiceInOneTube,
    TubeIsEmpty,
    TubeIsFull,
)
from fangxian.sampling.models import Round, TestCall, Tube
from fangxian.sampling.rules import Answer, SealedTube


class Sight:
    """What the checks of a batch need to know, asked once for all rows."""

    def __init__(self, rows: Iterable[SealedTube]) -> None:
        people = {person for row in rows for person, _at in row.members}
        self.homes: dict[UUID, str] = dict(
            residents_visible_to(PLAYBOOK).filter(id__in=people).values_list("id", "area_path")
        )
        self.owed: dict[UUID, list[TestCall]] = {}
        for call in TestCall.objects.filter(resident_id__in=people, state__in=OWED):
            self.owed.setdefault(call.resident_id, []).append(call)
        self.rules = Rules()


def check_row(actor: Actor, row: SealedTube, sight: Sight) -> tuple[int, str]:
    """The tube's capacity and the pack it comes from; raises what is wrong with the row."""
    must_collect(actor, row.area_path)
    people = [person for person, _at in row.members]
    if len(set(people)) != len(people):
        raise SwabbedTwiceInOneTube
    pack = sight.rules.in_force(now(), row.area_path)
    capacity = capacity_for(pack, row.purpose, row.group)
    tube = Tube(barcode="—", capacity=capacity)
    if not people:
        raise TubeIsEmpty(tube)
    if len(people) > capacity:
        raise TubeIsFull(tube)
    for person, taken_at in row.members:
        if person not in sight.homes:
            raise NotFound(_("resident"), resident=str(person))
        if taken_at > row.sealed_at:
            raise SealedBeforeSwabbed
        refuse_pooling(capacity, sight.owed.get(person, []), pack, None)
    pack_at(min(taken_at for _person, taken_at in row.members), row.area_path, sight.rules)
    pack_at(row.sealed_at, row.area_path, sight.rules)
    return capacity, pack.stamp


def insert_tubes(
    rows: Sequence[tuple[SealedTube, int, str]], round_: Round | None
) -> dict[UUID, str]:
    """Barcodes of the tubes that are new; another transaction may have brought one meanwhile."""
    if not rows:
        return {}
    drawn = numbers(len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO sampling_tube (id, number, barcode, area_path, purpose, "group", swabs,
                capacity, pack, opened_at, sealed_at, state, void_reason, round_id)
            SELECT *, 'sealed', '', %s::uuid
            FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[],
                %s::smallint[], %s::smallint[], %s::text[], %s::timestamptz[], %s::timestamptz[])
            ON CONFLICT (id) DO NOTHING
            RETURNING id, barcode
            """,
            [
                round_.id if round_ else None,
                [row.id for row, capacity_for, _stamp in rows],
                drawn,
                [code("T", number) for number in drawn],
                [row.area_path for row, capacity_for, _stamp in rows],
                [row.purpose for row, capacity_for, _stamp in rows],
                [row.group for row, capacity_for, _stamp in rows],
                [len(row.members) for row, capacity_for, _stamp in rows],
                [capacity for _row, capacity, _stamp in rows],
                [stamp for _row, capacity_for, stamp in rows],
                [row.opened_at or row.members[0][1] for row, capacity_for, _stamp in rows],
                [row.sealed_at for row, capacity_for, _stamp in rows],
            ],
        )
        return dict(cursor.fetchall())


def insert_swabs(rows: Sequence[SealedTube], sight: Sight) -> None:
    swabs = [(row.id, person, at) for row in rows for person, at in row.members]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO sampling_swab (id, tube_id, resident_id, taken_at)
            SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[])
            """,
            [
                [new_id() for _swab in swabs],
                [tube for tube, _person, _at in swabs],
                [person for _tube, person, _at in swabs],
                [at for _tube, _person, at in swabs],
            ],
        )


def answer(
    row_id: UUID, made: dict[UUID, str], known: dict[UUID, str], refused: dict[UUID, Refusal]
) -> Answer:
    if row_id in refused:
        refusal = refused[row_id]
        return Answer(id=row_id, outcome="refused", code=refusal.code, message=refusal.message)
    if row_id in made:
        return Answer(id=row_id, outcome="registered", barcode=made[row_id])
    return Answer(id=row_id, outcome="known", barcode=known.get(row_id, ""))
