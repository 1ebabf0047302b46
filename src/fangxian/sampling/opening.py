"""Tubes as desks open them: many rows of many phones, whatever they share asked once."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from fangxian.areas.models import Site
from fangxian.areas.queries import sites_visible_to
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.errors import NotFound, Refusal
from fangxian.kernel.ids import code
from fangxian.protocol.queries import Rules
from fangxian.sampling.checks import (
    capacity_for,
    must_collect,
    must_have_been_open,
    must_have_table,
    number_on,
    numbers,
    pack_at,
)
from fangxian.sampling.errors import TubeIsOpenElsewhere
from fangxian.sampling.models import Round, Shift, Tube
from fangxian.sampling.queries import OF_A_PERSON, must_read
from fangxian.sampling.rules import TubeRow


class _Ground:
    """What is known of the rows, in one statement for each kind of thing."""

    def __init__(self, rows: Sequence[TubeRow]) -> None:
        self.rules = Rules()
        self.tubes = Tube.objects.in_bulk({row.id for row in rows})
        self._sites = sites_visible_to(PLAYBOOK).in_bulk(
            {row.site_id for row in rows if row.site_id}
        )
        self._rounds = Round.objects.in_bulk({row.round_id for row in rows if row.round_id})
        self._shifts = list(
            Shift.objects.filter(
                actor_id__in={row.by.id for row in rows}, began_at__lte=max(row.at for row in rows)
            ).order_by("-began_at")
            if self._sites
            else ()
        )
        self.fresh = iter(numbers(sum(not row.barcode for row in rows)))

    def tube(self, by: Actor, tube: Tube) -> Tube:
        must_read(by)
        if not by.sees(tube.area_path):
            raise NotFound(_("tube"), tube=str(tube.id))
        return tube

    def site(self, row: TubeRow) -> Site | None:
        if row.site_id is None:
            return None
        site = self._sites.get(row.site_id)
        if site is None or not row.by.sees(site.area_path):
            raise NotFound(_("site"))
        must_have_table(site, row.table or 0, row.at)
        return site

    def round(self, row: TubeRow) -> Round | None:
        if row.round_id is None:
            return None
        must_read(row.by, OF_A_PERSON)
        found = self._rounds.get(row.round_id)
        within = row.by.within
        if found is None or not (
            row.by.sees(found.area_path) or within.startswith(found.area_path)
        ):
            raise NotFound(_("round of testing"), round=str(row.round_id))
        must_have_been_open(found, row.at)
        return found

    def shift(self, row: TubeRow) -> Shift | None:
        """The latest of those who tell, at this table at that time."""
        return next(
            (
                shift
                for shift in self._shifts
                if shift.actor_id == row.by.id
                and (shift.site_id, shift.table) == (row.site_id, row.table)
                and shift.began_at <= row.at
                and (shift.ended_at is None or shift.ended_at >= row.at)
            ),
            None,
        )


def open_many(rows: Sequence[TubeRow]) -> list[Tube | Refusal]:
    """The tube of each row, new or known, or why there is none. Needs a transaction around it."""
    ground = _Ground(rows)
    made: dict[UUID, Tube] = {}
    refused: dict[int, Refusal] = {}
    for n, row in enumerate(rows):
        try:
            if known := ground.tubes.get(row.id):
                ground.tube(row.by, known)
            elif row.id not in made:
                made[row.id] = _made(row, ground)
        except Refusal as refusal:
            refused[n] = refusal
    there = _there(made.values())
    return [
        refused.get(n) or ground.tubes.get(row.id) or _mine(made[row.id], there)
        for n, row in enumerate(rows)
    ]


def _made(row: TubeRow, ground: _Ground) -> Tube:
    site = ground.site(row)
    area_path = site.area_path if site is not None else row.area_path
    must_collect(row.by, area_path)
    round_ = ground.round(row)
    number = number_on("T", row.barcode) if row.barcode else next(ground.fresh)
    pack = pack_at(row.at, area_path, ground.rules)
    return Tube(
        id=row.id,
        number=number,
        barcode=code("T", number),
        round=round_,
        purpose=row.purpose,
        site=site,
        table=row.table if site is not None else None,
        shift=ground.shift(row) if site is not None else None,
        group=row.group,
        area_path=area_path,
        capacity=capacity_for(pack, row.purpose, row.group),
        pack=pack.stamp,
        opened_at=row.at,
    )


def _there(made: Iterable[Tube]) -> list[Tube]:
    """What is stored under these ids and numbers after all, with what was new among them.

    Two phones may send the same command, or scan the same label, at once: the first has it.
    """
    first: dict[int, Tube] = {}
    for tube in made:
        first.setdefault(tube.number, tube)
    tubes = sorted(first.values(), key=lambda tube: tube.id)
    if not tubes:
        return []
    Tube.objects.bulk_create(tubes, ignore_conflicts=True)
    same = Q(id__in=[tube.id for tube in tubes]) | Q(number__in=[tube.number for tube in tubes])
    return list(Tube.objects.select_related("site").filter(same))


def _mine(tube: Tube, there: Iterable[Tube]) -> Tube | Refusal:
    """The stored tube of this id; otherwise the one that has its label."""
    stored = {one.id: one for one in there}
    if tube.id in stored:
        return stored[tube.id]
    other = next((one for one in there if one.number == tube.number), None)
    if other is None:
        return NotFound(_("tube"), tube=str(tube.id))
    return TubeIsOpenElsewhere(other, other.site.name if other.site else "")
