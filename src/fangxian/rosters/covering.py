"""How much of a shift is covered, and on which days that is hard."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from fangxian.rosters import rules
from fangxian.rosters.asking import moment
from fangxian.rosters.models import Need, Post, Shift, Turn

HELD = (Turn.State.PLANNED, Turn.State.THERE, Turn.State.DONE)
"""The turns in which somebody is, was, or will be at the post."""


def hours_of(need: Need, day: date) -> tuple[datetime, datetime]:
    """A need's hours on a day; those that do not end after they begin end on the next."""
    ends_on = day if need.ends > need.starts else day + timedelta(days=1)
    return moment(day, need.starts), moment(ends_on, need.ends)


def is_hot(kind: str, day: date, area_path: str, hot: dict[date, list[str]]) -> bool:
    return kind == Post.Kind.SAMPLER and any(area_path.startswith(p) for p in hot.get(day, ()))


def bare_parts(
    shifts: Sequence[Shift], *, since: datetime | None = None
) -> dict[Shift, list[rules.Bare]]:
    """What is bare of each shift, where something is; `since` leaves out what lies before."""
    covers: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    rows = Turn.objects.filter(shift__in=[shift.id for shift in shifts], state__in=HELD)
    for shift_id, starts_at, ends_at in rows.values_list("shift", "starts_at", "ends_at"):
        covers[shift_id].append((starts_at, ends_at))
    found = {}
    for shift in shifts:
        begin = max(shift.starts_at, since) if since else shift.starts_at
        if begin >= shift.ends_at:
            continue
        if parts := rules.bare(begin, shift.ends_at, shift.headcount, covers[shift.id]):
            found[shift] = parts
    return found


def bare_of(shift: Shift, held: Iterable[Turn]) -> list[rules.Bare]:
    """What is bare of one shift, whose turns are known."""
    covers = [(turn.starts_at, turn.ends_at) for turn in held]
    return rules.bare(shift.starts_at, shift.ends_at, shift.headcount, covers)
