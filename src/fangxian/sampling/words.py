"""A plan in words: the same sentences on the page and in a terminal."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fangxian.engines.planning.round import Load, Need, Pace, Place, Plan
from fangxian.sampling.planning import Outlook

NEEDS: Mapping[str, object] = {
    "points": gettext_lazy("sampling points"),
    "tables": gettext_lazy("sampling tables"),
    "samplers": gettext_lazy("samplers, by the guide's formula"),
    "medics": gettext_lazy("medics, by the guide's staff for a table"),
    "leads": gettext_lazy("point leads"),
}


def figure(value: float, digits: int = 0) -> str:
    """12,345 or 4.86: the same in both languages, with as many decimals as asked for."""
    return f"{value:,.{digits}f}"


def share(value: float) -> str:
    return f"{figure(100 * value)}%"


def asked(need: Need) -> str:
    """What the norm asks for: 139 to 209, or one number."""
    if need.low == need.high:
        return figure(need.low)
    return _("%(low)s to %(high)s") % {"low": figure(need.low), "high": figure(need.high)}


def shortfall(short: int) -> str:
    return _("short by %(n)s") % {"n": figure(short)} if short else _("enough")


def had(need: Need) -> str:
    """How much of the norm there is."""
    if need.low == need.high:
        return share(need.share_low)
    return _("%(low)s to %(high)s") % {
        "low": share(need.share_low),
        "high": share(need.share_high),
    }


def in_time(pace: Pace) -> str:
    return _("in time") if pace.in_time else _("too late")


def findings(outlook: Outlook) -> list[str]:
    """What a commander must know first: what is short, by how much, and whether it can be done."""
    plan = outlook.plan
    said = [
        _("%(what)s: %(has)s of %(low)s, short by %(n)s")
        % {
            "what": NEEDS[need.what],
            "has": figure(need.has),
            "low": figure(need.low),
            "n": figure(need.short),
        }
        for need in plan.needs
        if need.short and need.what != "leads"
    ]
    said += [
        ngettext(
            "%(n)s point has no lead of its own.", "%(n)s points have no lead of their own.", n
        )
        % {"n": figure(n)}
        for need in plan.needs
        if need.what == "leads" and (n := need.short)
    ]
    said.append(medics_left(plan))
    said.append(verdict(plan))
    if outlook.unplaced:
        said.append(
            _(
                "%(n)s residents are registered in no community of the area and are not in this "
                "plan."
            )
            % {"n": figure(outlook.unplaced)}
        )
    return said


def medics_left(plan: Plan) -> str:
    spare = plan.spare_medics
    if spare < 0:
        return _("%(n)s tables have no medic at all.") % {"n": figure(-spare)}
    if spare < plan.tables:
        return _(
            "With one medic at every table %(n)s medics are left over: there is no second shift."
        ) % {"n": figure(spare)}
    return _("With one medic at every table %(n)s medics are left over.") % {"n": figure(spare)}


def verdict(plan: Plan) -> str:
    """Whether the round can be finished in time, and at what pace."""
    if plan.over:
        return _(
            "Even at %(rate)s people an hour at every table, %(n)s people cannot be tested in time."
        ) % {"rate": figure(plan.rate), "n": figure(plan.over)}
    return _(
        "It can be finished in time if every table gets through %(needed)s people an hour during "
        "all opening hours; the plan reckons with %(rate)s."
    ) % {"needed": figure(plan.rate_needed, 1), "rate": figure(plan.rate)}


def honesty(plan: Plan) -> str:
    """What the assignment is not."""
    return _(
        "Assigned by distance and capacity; not proven best. People go %(mean)s m on average in a "
        "straight line, %(most)s m at most; no assignment has a mean below %(least)s m."
    ) % {
        "mean": figure(plan.metres_mean),
        "most": figure(plan.metres_most),
        "least": figure(plan.metres_at_least),
    }


# In a terminal


def told(outlook: Outlook, place: str, names: Mapping[str, str], guide: str) -> Iterator[str]:
    """The whole plan, a line at a time. `names` of areas by path and of points by id."""
    plan = outlook.plan
    yield _("Round of testing for %(people)s people in %(place)s") % {
        "people": figure(outlook.people),
        "place": place,
    }
    yield _("%(start)s to %(end)s, points open %(opens)s to %(closes)s; guide: %(guide)s") % {
        "start": _moment(outlook.starts_at),
        "end": _moment(outlook.deadline),
        "opens": f"{outlook.resources.opens:%H:%M}",
        "closes": f"{outlook.resources.closes:%H:%M}",
        "guide": guide,
    }
    yield ""
    yield from _table(
        [_("What"), _("There are"), _("Asked for"), _("Share"), ""],
        [
            [str(NEEDS[n.what]), figure(n.has), asked(n), had(n), shortfall(n.short)]
            for n in plan.needs
        ],
    )
    yield ""
    yield from (f"· {finding}" for finding in findings(outlook))
    yield ""
    yield from _table([_("In proportion"), ""], list(proportions(plan)))
    yield ""
    yield from _table(
        [_("People an hour at each table"), _("Spread evenly"), _("Fullest point"), ""],
        [
            [figure(p.rate), figure(p.hours, 1), figure(p.hours_fullest, 1), in_time(p)]
            for p in plan.paces
        ],
    )
    yield ""
    yield from _table(
        [_("Swabs in a tube"), _("Tubes needed")],
        [[f"{t.size}:1", figure(t.tubes)] for t in plan.tubes],
    )
    for title, places in ((_("Subdistrict"), plan.groups), (_("Community"), plan.communities)):
        yield ""
        yield from _table(
            [
                title,
                _("People to test"),
                _("Points"),
                _("Tables"),
                _("People per point"),
                _("People per table"),
                _("Points against the norm"),
                _("Tables against the norm"),
            ],
            [_place(p, names) for p in places],
        )
    yield ""
    yield from _table(
        [
            _("Sampling point"),
            _("Tables"),
            _("People to test"),
            _("People per table"),
            _("Hours"),
            _("Communities"),
            _("Farthest (m)"),
        ],
        [_load(load, names) for load in plan.loads],
    )
    yield ""
    yield honesty(plan)


def proportions(plan: Plan) -> Iterator[list[str]]:
    """Names and values of the ratios that planners look at."""
    ratios = plan.ratios
    yield [_("People per point"), figure(ratios.people_per_point)]
    yield [_("People per table"), figure(ratios.people_per_table)]
    yield [_("Tables per point"), figure(ratios.tables_per_point, 1)]
    yield [_("Medics per table"), figure(ratios.medics_per_table, 2)]
    yield [_("Other staff per table"), figure(ratios.others_per_table, 1)]
    yield [_("Other staff per point"), figure(ratios.others_per_point, 1)]
    if ratios.people_per_other is not None:
        yield [_("Residents per mobilised person"), figure(ratios.people_per_other)]
    yield [_("Scans a second, all tables at work"), figure(ratios.scans_per_second, 1)]


def _place(place: Place, names: Mapping[str, str]) -> list[str]:
    return [
        names.get(place.id, place.id),
        figure(place.people),
        figure(place.points),
        figure(place.tables),
        figure(place.people_per_point) if place.people_per_point is not None else "–",
        figure(place.people_per_table) if place.people_per_table is not None else "–",
        shortfall(place.points_short),
        shortfall(place.tables_short),
    ]


def _load(load: Load, names: Mapping[str, str]) -> list[str]:
    return [
        names.get(load.point, load.point),
        figure(load.tables),
        figure(load.people),
        figure(load.people_per_table),
        figure(load.hours, 1),
        figure(load.communities),
        figure(load.farthest),
    ]


def _moment(moment: datetime) -> str:
    return f"{localtime(moment):%Y-%m-%d %H:%M}"


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Columns side by side; the first to the left, the others to the right."""
    widths = [max(_width(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        first, *others = zip(row, widths, strict=True)
        cells = [_padded(*first, str.ljust), *(_padded(*cell, str.rjust) for cell in others)]
        yield "  ".join(cells).rstrip()


def _padded(text: str, width: int, pad: Callable[[str, int], str]) -> str:
    return pad(text, width - _width(text) + len(text))


def _width(text: str) -> int:
    """Columns in a terminal: a Chinese sign takes two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)  # noqa: PLR2004 - CJK begins
