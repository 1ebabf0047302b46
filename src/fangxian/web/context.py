"""What every page shows around its content."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import moved, now


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the main navigation, for those who have at least one of the duties."""

    url_name: str
    label: Promise
    icon: str
    duties: frozenset[Duty] = frozenset()


NAVIGATION = (
    Entry("dashboard", _("Situation"), "activity", frozenset({Duty.COMMAND})),
    Entry("dispatch:tasks", _("Tasks"), "checklist", frozenset({Duty.CARRY_OUT, Duty.DISPATCH})),
    Entry(
        "sampling:tubes",
        _("Testing"),
        "swab",
        frozenset({Duty.COLLECT_SAMPLES, Duty.ENTER_RESULTS}),
    ),
    Entry("cases:cases", _("Cases"), "virus", frozenset({Duty.INVESTIGATE, Duty.COMMAND})),
    Entry("measures:orders", _("Orders"), "file", frozenset({Duty.DECIDE_MEASURES, Duty.COMMAND})),
    Entry(
        "measures:risk_areas",
        _("Risk areas"),
        "map",
        frozenset({Duty.DECIDE_MEASURES, Duty.COMMAND}),
    ),
    Entry("sampling:plan", _("Round plan"), "plan", frozenset({Duty.PLAN_ROUNDS})),
    Entry("people:residents", _("Residents"), "users", frozenset({Duty.SEE_REGISTER})),
    Entry("areas:areas", _("Areas"), "building", frozenset({Duty.MANAGE_AREAS})),
    Entry("ledger", _("Ledger"), "ledger", frozenset({Duty.AUDIT})),
)


def navigation(actor: Actor, path: str) -> list[dict[str, Any]]:
    """The entries this actor may open; the one that leads nearest to `path` is current."""
    found = []
    for entry in NAVIGATION:
        if entry.duties and not entry.duties & actor.duties:
            continue
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:  # the room is not in the house yet
            continue
        found.append({"url": url, "label": entry.label, "icon": entry.icon})
    leading = [row["url"] for row in found if path == row["url"] or path.startswith(row["url"])]
    # "/" leads to everything and is current only for itself.
    current = max((url for url in leading if url != "/" or path == "/"), key=len, default=None)
    for row in found:
        row["current"] = row["url"] == current
    return found


def shell(request: HttpRequest) -> dict[str, Any]:
    actor: Actor | None = getattr(request, "actor", None)
    return {
        "actor": actor,
        "navigation": navigation(actor, request.path) if actor else [],
        "clock": now(),
        "zone": settings.TIME_ZONE,
        "made_up": settings.MODE == "demo" or moved(),
    }
