"""Whether somebody may have a turn: at work, able, rested, and wanted there.

Asked for one, or for thousands at once: whatever they share is read once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from django.utils.translation import gettext as _

from fangxian.areas.rules import paths_to
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.packs import Rosters
from fangxian.protocol.queries import Rules
from fangxian.protocol.values import Quantity, Span
from fangxian.protocol.vocabulary import figure
from fangxian.rosters import rules
from fangxian.rosters.asking import limits_at, limits_of
from fangxian.rosters.covering import HELD, is_hot
from fangxian.rosters.errors import (
    LacksTheSkill,
    NoSuchPerson,
    NotAtWork,
    ShiftIsFull,
    ShiftIsOver,
    TimeWrong,
    TooTired,
)
from fangxian.rosters.models import Shift, Turn
from fangxian.rosters.queries import hot_days, spells_of
from fangxian.workforce import queries as workforce


@dataclass(frozen=True, slots=True)
class Wanted:
    """One turn that somebody is to have: the whole shift unless a part is named."""

    shift: Shift
    member_id: UUID
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def whole(cls, shift: Shift, member_id: UUID) -> "Wanted":
        return cls(shift, member_id, shift.starts_at, shift.ends_at)


class Ground:
    """What is known of the people and shifts of some turns. Locks the people, so that two who fill
    rosters at once do not give the same person away twice.

    without   turns that end by the same act, so that they neither tire nor cover
    look      only to see who would fit: nobody is locked
    """

    def __init__(
        self,
        actor: Actor,
        wanted: Sequence[Wanted],
        *,
        without: Iterable[Turn] = (),
        look: bool = False,
    ) -> None:
        self._actor = actor
        members = {one.member_id for one in wanted}
        shifts = {one.shift.id: one.shift for one in wanted}
        days = sorted({shift.day for shift in shifts.values()})
        gone = list(without)
        rows = workforce.members_visible_to(PLAYBOOK).filter(id__in=members).order_by("id")
        rows = rows if look else rows.select_for_update(no_key=True, of=("self",))
        self.members = {member.id: member for member in rows}
        self._able: dict[date, dict[UUID, frozenset[str]]] = {}
        self._free: dict[date, set[UUID]] = {}
        if days:
            self._look(members, shifts.values(), days)
        self._rules, self._at = Rules(), now()
        self._figures: dict[str, Rosters | None] = {}
        self._spells: dict[UUID, list[rules.Spell]] = defaultdict(list)
        self._hot: dict[date, list[str]] = {}
        if days:
            margin = timedelta(days=max(self._days(shift.area_path) for shift in shifts.values()))
            first, last = days[0] - margin, days[-1] + margin
            self._hot = hot_days(PLAYBOOK, first, last)
            self._spells |= spells_of(PLAYBOOK, members, first, last)
        for turn in gone:
            self._forget(turn)
        self._covers: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
        held = Turn.objects.filter(shift__in=shifts, state__in=HELD).exclude(
            id__in=[turn.id for turn in gone]
        )
        for shift_id, starts_at, ends_at in held.values_list("shift", "starts_at", "ends_at"):
            self._covers[shift_id].append((starts_at, ends_at))

    def _look(self, members: set[UUID], shifts: Iterable[Shift], days: Sequence[date]) -> None:
        asked = {shift.day for shift in shifts if shift.skill}
        for day in days:
            if day in asked:
                self._able[day] = workforce.skills_of(PLAYBOOK, members, day=day)
            here = workforce.available(PLAYBOOK, "", day=day).filter(id__in=members)
            self._free[day] = set(here.order_by().values_list("id", flat=True))

    def _forget(self, turn: Turn) -> None:
        mine = self._spells.get(turn.member_id, [])
        self._spells[turn.member_id] = [
            one for one in mine if (one.starts_at, one.ends_at) != (turn.starts_at, turn.ends_at)
        ]

    def figures(self, area_path: str) -> Rosters | None:
        if area_path not in self._figures:
            try:
                self._figures[area_path] = self._rules.in_force(self._at, area_path).rosters
            except NoPackInForce:
                self._figures[area_path] = None
        return self._figures[area_path]

    def _days(self, area_path: str) -> int:
        """How far around a day fatigue looks."""
        figures = self.figures(area_path)
        return figures.consecutive_days.whole + 1 if figures else 1

    def spell(self, one: Wanted) -> rules.Spell:
        shift = one.shift
        hot = is_hot(shift.post.kind, shift.day, shift.area_path, self._hot)
        return rules.Spell(one.starts_at, one.ends_at, shift.day, hot)

    def refusal(self, one: Wanted, *, past: bool = False) -> Refusal | None:
        """Why somebody may not have this turn; None if they may. `past`: it was worked already."""
        shift = one.shift
        if shift.ends_at <= self._at and not past:
            return ShiftIsOver(shift.ends_at)
        if not shift.starts_at <= one.starts_at < one.ends_at <= shift.ends_at:
            return TimeWrong(shift.starts_at, shift.ends_at)
        return self._unfit(one) or self._tired(one) or self._full(one)

    def _unfit(self, one: Wanted) -> Refusal | None:
        shift, member = one.shift, self.members.get(one.member_id)
        if member is None or not self._is_colleague(member.area_path):
            return NoSuchPerson(one.member_id)
        if member.state != member.State.READY:
            return NotAtWork(member.state, str(member.get_state_display()))
        if member.id not in self._free[shift.day]:
            return NotAtWork("away", _("away on that day"))
        if shift.skill and shift.skill not in self._able[shift.day].get(member.id, ()):
            words = workforce.skill_words(PLAYBOOK)
            return LacksTheSkill(shift.skill, words.get(shift.skill, shift.skill))
        return None

    def _is_colleague(self, area_path: str) -> bool:
        """In the actor's area, or in one around it: a driver of the whole district."""
        return self._actor.sees(area_path) or area_path in paths_to(self._actor.within)

    def _tired(self, one: Wanted) -> TooTired | None:
        figures = self.figures(one.shift.area_path)
        mine = [*self._spells[one.member_id], self.spell(one)]
        found = rules.fault(mine, limits_of(figures))
        if found is None:
            return None
        if figures is None:
            return TooTired(found)
        numbers: dict[rules.Fault, Span | Quantity] = {
            "double": figures.shift_hours,
            "too_long": figures.shift_hours,
            "too_little_rest": figures.rest_between,
            "too_many_days": figures.consecutive_days,
            "too_hot": figures.hot_stretch,
        }
        return TooTired(found, figure(numbers[found]))

    def _full(self, one: Wanted) -> ShiftIsFull | None:
        shift = one.shift
        parts = rules.bare(one.starts_at, one.ends_at, shift.headcount, self._covers[shift.id])
        wholly = parts and parts[0].starts_at == one.starts_at and parts[-1].ends_at == one.ends_at
        joined = all(a.ends_at == b.starts_at for a, b in pairwise(parts))
        return None if wholly and joined else ShiftIsFull(shift.post.code)

    def fits(self, one: Wanted) -> bool:
        """Whether somebody could stand there, if there were room."""
        return (self._unfit(one) or self._tired(one)) is None

    def take(self, one: Wanted) -> None:
        """From now on this turn counts, for those asked of after it."""
        self._spells[one.member_id].append(self.spell(one))
        self._covers[one.shift.id].append((one.starts_at, one.ends_at))


_LOOKED_AT = 120  # people nearest to a post, of whom those who fit are shown


def candidates(
    viewer: Actor, shift: Shift, *, part: tuple[datetime, datetime] | None = None, at_most: int = 30
) -> list[UUID]:
    """Who could have a turn of this shift, those nearest to its post first."""
    begin, end = part or (shift.starts_at, shift.ends_at)
    limits = limits_at(shift.area_path)
    hot = hot_days(viewer, shift.day, shift.day)
    if limits and is_hot(shift.post.kind, shift.day, shift.area_path, hot):
        end = min(end, begin + limits.hot)  # they relieve each other
    skills = (shift.skill,) if shift.skill else ()
    near: dict[UUID, None] = {}
    for path in reversed(paths_to(shift.area_path)):
        if len(near) >= _LOOKED_AT:
            break
        rows = workforce.available(viewer, path, day=shift.day, skills=skills)
        near |= dict.fromkeys(rows.values_list("id", flat=True)[:_LOOKED_AT])
    wanted = [Wanted(shift, member, begin, end) for member in near]
    ground = Ground(viewer, wanted, look=True)
    return [one.member_id for one in wanted if ground.fits(one)][:at_most]
