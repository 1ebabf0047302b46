"""The command dashboard's context: figures, map, feed, grids, curves, in words and numbers."""

from collections import Counter
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from fangxian.areas.queries import names_of
from fangxian.kernel.access import Actor
from fangxian.kernel.clock import now
from fangxian.oversight import figures
from fangxian.protocol.errors import NoPackInForce
from fangxian.protocol.queries import in_force
from fangxian.web import queries
from fangxian.web.templatetags.ui import RISK_WORDS

_GRIDS_SHOWN = 12


def situation(viewer: Actor) -> dict[str, Any]:
    rows = figures.grids(viewer)
    attention = [row for row in rows if row.level or row.cases7 or row.pending][:_GRIDS_SHOWN]
    names = names_of(viewer, [row.path for row in attention])
    return {
        "incident": _incident(viewer),
        "figures": _figures(viewer),
        "feed": [
            {
                "at": step.at,
                "icon": step.icon,
                "tone": _TONES.get(step.tone, "info"),
                "text": step.text,
                "sub": step.place,
                "url": step.url,
            }
            for step in queries.feed(viewer)
        ],
        "attention": [
            {
                "name": names.get(row.path, row.name),
                "level": row.level,
                "level_label": str(RISK_WORDS[row.level]),
                "cases7": row.cases7,
                "coverage": row.coverage,
                "trend": row.trend,
                "pending": row.pending,
                "overdue": row.overdue,
                "url": reverse("areas:area_at", args=[row.path]),
            }
            for row in attention
        ],
        "grids_url": reverse("areas:tree"),
        "grids_total": len(rows),
        "level_counts": sorted(Counter(row.level for row in rows).items(), reverse=True),
        "levels": {str(row.number): {"level": row.level, "cases7": row.cases7} for row in rows},
        "map": {
            "grids": reverse("areas:map_grids"),
            "subdistricts": reverse("areas:map_subdistricts"),
            "district": reverse("areas:map_district"),
            "neighbours": reverse("areas:map_context"),
        },
        "curve": _curve(viewer),
        "round": _round(viewer),
        "feed_url": reverse("ledger"),
        "live_url": reverse("live"),
        "acts": [
            {"url": reverse("sampling:rounds"), "icon": "plan", "label": _("Plan a round")},
            {"url": reverse("measures:risk_areas"), "icon": "map", "label": _("Risk areas")},
        ],
    }


_TONES = {"danger": "bad", "warning": "wait", "good": "good"}


def _incident(viewer: Actor) -> str:
    place = names_of(viewer, [viewer.within]).get(viewer.within, "")
    try:
        pack = in_force(now(), viewer.within)
    except NoPackInForce:
        return f"{place} · {_('no policy pack is in force')}"
    return f"{place} · {pack.stamp}"


def _figures(viewer: Actor) -> list[dict[str, Any]]:
    cases = figures.cases_found(viewer)
    contacts = figures.contacts_to_decide(viewer)
    tested = figures.persons_tested(viewer)
    central = figures.persons_in_central_quarantine(viewer)
    tasks = figures.tasks_overdue(viewer)
    decisions = figures.decisions_awaited(viewer)
    past = decisions.value - (decisions.of or 0)
    late = _figure(
        _("Orders past their end"),
        figures.Figure(past),
        _("nobody has decided yet; %(n)s risk areas wait, too") % {"n": decisions.of},
        "measures:orders",
        good_is_less=True,
    )
    found = [
        _figure(
            _("Cases found today"),
            cases,
            _("%(n)s found outside restrictions") % {"n": cases.of},
            "cases:list",
            good_is_less=True,
        ),
        _figure(
            _("Contacts to decide on"),
            contacts,
            _("of %(n)s found in 7 days") % {"n": f"{contacts.of:,}"},
            "cases:list",
        ),
        _figure(
            _("Persons tested this round"),
            tested,
            _("of %(n)s") % {"n": f"{tested.of:,}"} if tested.of else _("no round is running"),
            "sampling:rounds",
        ),
        _figure(
            _("In central quarantine"),
            central,
            _("of %(n)s persons under orders") % {"n": f"{central.of:,}"},
            "measures:orders",
        ),
        _figure(
            _("Tasks overdue"),
            tasks,
            _("of %(n)s to be done") % {"n": f"{tasks.of:,}"},
            "dispatch:board",
        ),
        _figure(
            _("Decisions awaited"),
            decisions,
            _("%(n)s risk areas among them") % {"n": decisions.of},
            "measures:risk_areas",
        ),
    ]
    # Somebody waits to be let go: that comes before everything else.
    return [late, *found[:-1]] if past else found


def _figure(
    label: str, figure: figures.Figure, sub: str, url: str, *, good_is_less: bool = False
) -> dict[str, Any]:
    delta, tone = "", ""
    if figure.before is not None:
        change = figure.value - figure.before
        delta = _("%(change)s on yesterday") % {"change": f"{change:+d}"}
        tone = ("bad" if (change > 0) == good_is_less else "good") if change else ""
    return {
        "label": label,
        "value": figure.value,
        "delta": delta,
        "tone": tone,
        "sub": sub,
        "spark": figure.days,
        "url": reverse(url),
    }


def _curve(viewer: Actor) -> dict[str, Any]:
    curve = figures.epidemic_curve(viewer)
    return {
        "x": [f"{day:%m-%d}" for day in curve.days],
        "series": [
            {"name": _("found outside restrictions"), "colour": 1, "values": curve.outside},
            {"name": _("found inside"), "colour": 2, "values": curve.inside},
        ],
    }


def _round(viewer: Actor) -> dict[str, Any]:
    progress = figures.round_progress(viewer)
    if progress is None:
        return {"x": [], "series": [], "unit": ""}
    return {
        "x": [f"{localtime(hour):%H:%M}" for hour in progress.hours],
        "unit": _("swabs"),
        "series": [
            {"name": _("taken"), "colour": 3, "values": progress.taken},
            {"name": _("asked for"), "colour": 4, "values": progress.asked, "planned": True},
        ],
    }
