"""What every page shows around its content."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from fangxian.areas.models import Area
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import moved, now

_DISTRICT_HELD = 60  # seconds; a house serves one district for good


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the main navigation, for those who have at least one of the duties."""

    url_name: str
    label: Promise | str
    icon: str
    duties: frozenset[Duty] = frozenset()


NAVIGATION = (
    Entry("dashboard", gettext_lazy("Situation"), "activity", frozenset({Duty.COMMAND})),
    Entry(
        "dispatch:mine",
        gettext_lazy("Tasks"),
        "checklist",
        frozenset({Duty.CARRY_OUT, Duty.DISPATCH}),
    ),
    Entry(
        "sampling:tubes",
        gettext_lazy("Testing"),
        "swab",
        frozenset({Duty.COLLECT_SAMPLES, Duty.ENTER_RESULTS}),
    ),
    Entry(
        "cases:list", gettext_lazy("Cases"), "virus", frozenset({Duty.INVESTIGATE, Duty.COMMAND})
    ),
    Entry(
        "measures:orders",
        gettext_lazy("Orders"),
        "file",
        frozenset({Duty.DECIDE_MEASURES, Duty.COMMAND}),
    ),
    Entry(
        "measures:risk_areas",
        gettext_lazy("Risk areas"),
        "map",
        frozenset({Duty.DECIDE_MEASURES, Duty.COMMAND}),
    ),
    Entry(
        "status:list",
        gettext_lazy("Status codes"),
        "qr",
        frozenset({Duty.DECIDE_MEASURES, Duty.AUDIT}),
    ),
    Entry(
        "gates:checkpoints",
        gettext_lazy("Gates"),
        "gate",
        frozenset({Duty.GUARD, Duty.DISPATCH, Duty.CARRY_OUT, Duty.DECIDE_MEASURES}),
    ),
    Entry(
        "screening:campaigns",
        gettext_lazy("Screening"),
        "search",
        frozenset({Duty.INVESTIGATE, Duty.COMMAND, Duty.CARRY_OUT, Duty.DISPATCH}),
    ),
    Entry(
        "quarantine:sites",
        gettext_lazy("Quarantine"),
        "door",
        frozenset({Duty.CARRY_OUT, Duty.DECIDE_MEASURES, Duty.COMMAND, Duty.DISPATCH}),
    ),
    Entry("measures:exits", gettext_lazy("Emergency exits"), "ambulance"),
    Entry(
        "sampling:points",
        gettext_lazy("Sampling points"),
        "pin",
        frozenset(
            {
                Duty.COLLECT_SAMPLES,
                Duty.ENTER_RESULTS,
                Duty.PLAN_ROUNDS,
                Duty.CARRY_OUT,
                Duty.DISPATCH,
            }
        ),
    ),
    Entry("sampling:rounds", gettext_lazy("Round plan"), "plan", frozenset({Duty.PLAN_ROUNDS})),
    Entry("people:list", gettext_lazy("Residents"), "users", frozenset({Duty.SEE_REGISTER})),
    Entry("areas:tree", gettext_lazy("Areas"), "building", frozenset({Duty.MANAGE_AREAS})),
    Entry(
        "sync:devices",
        gettext_lazy("Phones"),
        "mobile",
        frozenset({Duty.DISPATCH, Duty.MANAGE_ACCOUNTS}),
    ),
    Entry(
        "sampling:laboratories",
        gettext_lazy("Laboratories"),
        "key",
        frozenset({Duty.MANAGE_ACCOUNTS}),
    ),
    Entry(
        "oversight:retention", gettext_lazy("Retention"), "erase", frozenset({Duty.AUDIT, Duty.OPERATE})
    ),
    Entry("ledger", gettext_lazy("Ledger"), "ledger", frozenset({Duty.AUDIT})),
    Entry("jobs", gettext_lazy("Jobs"), "settings", frozenset({Duty.OPERATE})),
)


def navigation(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The entries this actor may open; the one that leads nearest to `path` is current."""
    found: list[dict[str, Any]] = []
    for entry in NAVIGATION:
        if entry.duties and not entry.duties & actor.duties:
            continue
        if url := _address(entry.url_name):
            found.append({"url": url, "label": entry.label, "icon": entry.icon})
    # "/" leads to everything and is current only for itself.
    leading = [row["url"] for row in found if path.startswith(row["url"]) and row["url"] != "/"]
    current = max(leading, key=len, default=path)
    for row in found:
        row["current"] = row["url"] == current
    return found


@cache
def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:  # the room is not in the house yet
        return ""


def district() -> dict[str, str]:
    """The district that this house serves, and its command post; {} before one is set up."""
    held: dict[str, str] | None = caches["pages"].get(key := f"district:{get_language()}")
    if held is None:
        held = _district()
        caches["pages"].set(key, held, _DISTRICT_HELD)
    return held


def _district() -> dict[str, str]:
    area = (
        Area.objects.filter(level=Area.Level.DISTRICT, ended_at=None)
        .select_related("parent")
        .order_by("path")
        .first()
    )
    if area is None:
        return {}
    place = f"{area.parent.name if area.parent else ''}{area.name}"
    return {
        "name": area.name,
        "command_post": _("Epidemic command post of %(place)s") % {"place": place},
    }


def shell(request: HttpRequest) -> dict[str, Any]:
    actor: Actor | None = getattr(request, "actor", None)
    return {
        "actor": actor,
        "district": district(),
        "navigation": navigation(actor, request.path) if actor else [],
        "clock": now(),
        "zone": settings.TIME_ZONE,
        "practice": _address("exercise:phone"),
        "made_up": settings.MODE == "demo" or moved(),
    }
