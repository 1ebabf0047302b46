"""What stands on somebody's list, found in a few bounded looks however many tasks there are.

A list is put together from branches: what one has taken, what waits for one's team and for one's
post, and for each duty and each level what is offered there. Every branch is one range of one
index, already in the wanted order, of which no more than a page is read. So a district with a
million open tasks costs what a grid with ten costs.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from fangxian.areas.rules import numbers_on
from fangxian.dispatch import rules
from fangxian.dispatch.models import Task
from fangxian.dispatch.owners import posts_of, teams_of
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Malformed
from fangxian.kernel.http import PAGE, Page

Order = Literal["route", "due_at"]
MOST_COUNTED = 10_000
"""Beyond that a list says “more than”: nobody reads on, and counting would take its time."""
_GRID = 6  # steps of a path down to the grid, with which every route begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What of one's list is to be shown.

    late   True: only what is overdue; False: only what is not; None: both
    mine   only what one has taken
    """

    kind: str = ""
    place: str = ""
    mine: bool = False
    late: bool | None = None


ALL = Wish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Where somebody belongs now: asked once for all parts of a page."""

    teams: tuple[UUID, ...]
    posts: tuple[UUID, ...]


def groups_of(viewer: Actor) -> Groups:
    return Groups(
        teams=tuple(row["id"] for row in teams_of(viewer)),
        posts=tuple(row["id"] for row in posts_of(viewer)),
    )


def branches(
    viewer: Actor, wish: Wish = ALL, *, groups: Groups | None = None
) -> list[QuerySet[Task]]:
    """Parts of the viewer's list that do not overlap; together they are `queries.my_tasks`."""
    found = [Task.objects.filter(owner_id=viewer.id, state=Task.State.TAKEN)]
    if not wish.mine:
        found += _waiting(viewer, groups or groups_of(viewer))
    return [_narrowed(one, wish) for one in found]


def _waiting(viewer: Actor, groups: Groups) -> list[QuerySet[Task]]:
    open_ = Task.objects.filter(state=Task.State.OPEN)
    of_mine = [
        open_.filter(offered=False, **{noun: one})
        for noun, some in (("team_id", groups.teams), ("post_id", groups.posts))
        for one in some
    ]
    here = _here(viewer.within)
    return of_mine + [
        open_.filter(here, offered=True, duty=duty, level=level)
        for duty in sorted(viewer.duties)
        for level in range(rules.level_of(viewer.within), rules.DISTRICT + 1)
    ]


def _here(within: str) -> Q:
    """Routes begin with the path down to the grid, so that place and order are one range."""
    steps = within.split("/")[:_GRID]
    road = "/".join(steps).rstrip("/")
    here = Q(route__startswith=f"{road}/") if road else Q()
    return here if within.count("/") <= _GRID else here & Q(area_path__startswith=within)


def _narrowed(rows: QuerySet[Task], wish: Wish) -> QuerySet[Task]:
    if wish.kind:
        rows = rows.filter(kind=wish.kind)
    if wish.place:
        rows = rows.filter(area_path__startswith=wish.place)
    if wish.late is not None:
        rows = rows.filter(due_at__lt=now()) if wish.late else rows.filter(due_at__gte=now())
    return rows


def listed(
    viewer: Actor,
    *,
    order: Order,
    mark: str = "",
    wish: Wish = ALL,
    size: int = PAGE,
    groups: Groups | None = None,
) -> Page[Task]:
    """One page of the viewer's list, by the way one walks or by when it is due."""
    backward = mark.startswith("<")
    parts = branches(viewer, wish, groups=groups)
    if mark:
        value, id_ = _read(mark[1:], order)
        sign = "lt" if backward else "gt"
        beyond = Q(**{f"{order}__{sign}": value}) | Q(**{order: value, f"id__{sign}": id_})
        parts = [one.filter(beyond, **{f"{order}__{sign}e": value}) for one in parts]
    keys = ["-" + order, "-id"] if backward else [order, "id"]
    rows_of = [one.order_by(*keys).values_list("id", order)[: size + 1] for one in parts]
    union = rows_of[0].union(*rows_of[1:], all=True).order_by(*keys) if len(parts) > 1 else None
    pairs = list((rows_of[0] if union is None else union)[: size + 1])
    found: list[UUID] = [pair[0] for pair in pairs]
    more, found = len(found) > size, found[:size]
    known = Task.objects.select_related("owner", "team", "post").in_bulk(found)
    rows = [known[id_] for id_ in (reversed(found) if backward else found) if id_ in known]
    has_before, has_after = (more, True) if backward else (bool(mark), more)
    return Page(
        rows,
        "<" + _mark(rows[0], order) if rows and has_before else "",
        ">" + _mark(rows[-1], order) if rows and has_after else "",
    )


def _mark(task: Task, order: Order) -> str:
    value = task.route if order == "route" else task.due_at.isoformat()
    text = json.dumps([value, str(task.id)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(mark: str, order: Order) -> tuple[str | datetime, UUID]:
    try:
        value, id_ = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        return (value if order == "route" else datetime.fromisoformat(value)), UUID(id_)
    except (ValueError, TypeError, AttributeError) as error:
        raise Malformed(_("This page mark is damaged. Start again from the first page.")) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many, and whether there are more than were counted."""

    number: int

    @property
    def more(self) -> bool:
        return self.number > MOST_COUNTED

    @property
    def shown(self) -> int:
        return min(self.number, MOST_COUNTED)


def total(viewer: Actor, wish: Wish = ALL, *, groups: Groups | None = None) -> Total:
    """How much stands on the viewer's list, counted to `MOST_COUNTED`."""
    found = branches(viewer, wish, groups=groups)
    parts = [one.order_by().values_list("id")[: MOST_COUNTED + 1] for one in found]
    return Total(number=sum(_counted(parts)))


def _counted(parts: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each part has, in one statement."""
    compiled = [part.query.get_compiler(connection=connection).as_sql() for part in parts]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT count(*) FROM ({text}) AS part" for text, _values in compiled
            ),
            [value for _text, values in compiled for value in values],
        )
        return [number for (number,) in cursor.fetchall()]


def kinds_waiting(viewer: Actor, *, groups: Groups | None = None) -> Mapping[str, int]:
    """What kinds of task the next thousand on the list are of, the commonest first."""
    found_in = branches(viewer, groups=groups)
    parts = [one.order_by().values_list("kind", "id")[:1000] for one in found_in]
    union = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found: dict[str, int] = {}
    for kind, _id in union:
        found[kind] = found.get(kind, 0) + 1
    return dict(sorted(found.items(), key=lambda one: -one[1]))


# The way one walks


def routes(paths: Iterable[str]) -> dict[str, str]:
    """For any number of places the key that sorts them by the way one walks, in one statement."""
    wanted = {path: numbers_on(path) for path in set(paths)}
    deep = {path: numbers[_GRID:] for path, numbers in wanted.items() if len(numbers) > _GRID}
    known: dict[int, tuple[str, str]] = {}
    if deep:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.number, a.name, coalesce(c.name, '') FROM areas_area a"
                " LEFT JOIN areas_compound c ON c.id = a.compound_id WHERE a.number = ANY(%s)",
                [list({number for numbers in deep.values() for number in numbers})],
            )
            known = {number: (name, estate) for number, name, estate in cursor}
    return {
        path: rules.route(
            "".join(f"{step}/" for step in path.split("/")[:_GRID] if step),
            [known.get(number, (str(number), "")) for number in deep.get(path, ())],
        )
        for path in wanted
    }
