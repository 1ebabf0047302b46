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


_INVESTIGATORS = frozenset({Duty.INVESTIGATE, Duty.COMMAND})
_KEEPERS = frozenset({Duty.KEEP_ROSTER, Duty.DISPATCH, Duty.COMMAND})


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the main navigation, for those who have at least one of the duties.

    also   how the addresses of other pages begin at which this entry is the current one
    """

    url_name: str
    label: Promise | str
    icon: str
    duties: frozenset[Duty] = frozenset()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one word of the top bar."""

    label: Promise | str
    entries: tuple[Entry, ...]


NAVIGATION = (
    Group(
        gettext_lazy("Situation"),
        (Entry("dashboard", gettext_lazy("Situation"), "activity", frozenset({Duty.COMMAND})),),
    ),
    Group(
        gettext_lazy("Tasks"),
        (
            Entry(
                "dispatch:mine",
                gettext_lazy("My tasks"),
                "checklist",
                frozenset({Duty.CARRY_OUT, Duty.DISPATCH}),
            ),
            Entry(
                "dispatch:board",
                gettext_lazy("All tasks"),
                "list",
                frozenset({Duty.DISPATCH, Duty.COMMAND}),
                also=("/tasks/share", "/tasks/workload"),
            ),
            Entry(
                "dispatch:directives",
                gettext_lazy("Directives"),
                "file",
                frozenset({Duty.DISPATCH, Duty.COMMAND, Duty.CARRY_OUT}),
            ),
        ),
    ),
    Group(
        gettext_lazy("Testing"),
        (
            Entry(
                "sampling:tubes",
                gettext_lazy("Tubes"),
                "swab",
                frozenset({Duty.COLLECT_SAMPLES, Duty.ENTER_RESULTS}),
            ),
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
                also=("/sampling/boxes", "/sampling/labels"),
            ),
            Entry(
                "sampling:rounds",
                gettext_lazy("Round plan"),
                "plan",
                frozenset({Duty.PLAN_ROUNDS}),
            ),
            Entry(
                "sampling:laboratories",
                gettext_lazy("Laboratories"),
                "key",
                frozenset({Duty.MANAGE_ACCOUNTS}),
            ),
        ),
    ),
    Group(
        gettext_lazy("Cases"),
        (
            Entry("cases:list", gettext_lazy("All cases"), "virus", _INVESTIGATORS),
            Entry("cases:sweeps", gettext_lazy("Sweeps"), "contacts", _INVESTIGATORS),
            Entry(
                "linelists:own_chain", gettext_lazy("Chain of our cases"), "link", _INVESTIGATORS
            ),
            Entry("linelists:lists", gettext_lazy("Line lists"), "sheet", _INVESTIGATORS),
            Entry(
                "screening:campaigns",
                gettext_lazy("Screening"),
                "search",
                _INVESTIGATORS | {Duty.CARRY_OUT, Duty.DISPATCH},
            ),
        ),
    ),
    Group(
        gettext_lazy("Measures"),
        (
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
                "quarantine:sites",
                gettext_lazy("Quarantine"),
                "door",
                frozenset({Duty.CARRY_OUT, Duty.DECIDE_MEASURES, Duty.COMMAND, Duty.DISPATCH}),
            ),
            Entry(
                "status:list",
                gettext_lazy("Status codes"),
                "qr",
                frozenset({Duty.DECIDE_MEASURES, Duty.AUDIT}),
            ),
            Entry(
                "measures:pack_change",
                gettext_lazy("Change of rules"),
                "scale",
                frozenset({Duty.DECIDE_MEASURES, Duty.COMMAND}),
            ),
            Entry("measures:replay", gettext_lazy("Replay"), "reset", frozenset({Duty.COMMAND})),
        ),
    ),
    Group(
        gettext_lazy("Gates"),
        (
            Entry(
                "gates:checkpoints",
                gettext_lazy("Gates"),
                "gate",
                frozenset({Duty.GUARD, Duty.DISPATCH, Duty.CARRY_OUT, Duty.DECIDE_MEASURES}),
            ),
        ),
    ),
    Group(
        gettext_lazy("Requests"),
        (
            Entry(
                "requests:hotline",
                gettext_lazy("Hotline"),
                "phone",
                frozenset({Duty.ANSWER_CALLS}),
                also=("/requests/calls/",),
            ),
            Entry(
                "requests:requests",
                gettext_lazy("Requests"),
                "bell",
                frozenset(
                    {Duty.ANSWER_CALLS, Duty.DISPATCH, Duty.COMMAND, Duty.CARRY_OUT, Duty.AUDIT}
                ),
            ),
            Entry(
                "requests:whistles",
                gettext_lazy("Whistles"),
                "megaphone",
                frozenset({Duty.DISPATCH, Duty.CARRY_OUT, Duty.COMMAND, Duty.ANSWER_CALLS}),
            ),
        ),
    ),
    Group(
        gettext_lazy("Care"),
        (
            Entry(
                "care:clock",
                gettext_lazy("The way to care"),
                "ambulance",
                also=("/measures/exits",),
            ),
            Entry(
                "care:visits",
                gettext_lazy("Looking in on people"),
                "home",
                frozenset({Duty.CARRY_OUT, Duty.DISPATCH, Duty.COMMAND, Duty.SEE_REGISTER}),
            ),
        ),
    ),
    Group(
        gettext_lazy("People's net"),
        (
            Entry(
                "workforce:organisations",
                gettext_lazy("Organisations"),
                "link",
                _KEEPERS,
                also=("/force/organisations",),
            ),
            Entry(
                "workforce:members",
                gettext_lazy("People at work"),
                "users",
                _KEEPERS,
                also=("/force/members", "/force/volunteers"),
            ),
            Entry(
                "responsibility:coverage",
                gettext_lazy("Who answers for what"),
                "contacts",
                frozenset({Duty.KEEP_ROSTER, Duty.DISPATCH, Duty.COMMAND, Duty.CARRY_OUT}),
            ),
            Entry(
                "workforce:needs",
                gettext_lazy("Check-in and secondment"),
                "pin",
                _KEEPERS,
                also=("/force/check-ins",),
            ),
            Entry(
                "rosters:gaps",
                gettext_lazy("Posts and shifts"),
                "pin",
                frozenset({Duty.KEEP_ROSTER, Duty.COMMAND, Duty.DISPATCH, Duty.PLAN_ROUNDS}),
                also=("/rosters/post/", "/rosters/week", "/rosters/shift/", "/rosters/supplies"),
            ),
            Entry(
                "rosters:mine",
                gettext_lazy("My posts"),
                "calendar",
                frozenset({Duty.CARRY_OUT, Duty.COLLECT_SAMPLES, Duty.GUARD, Duty.ANSWER_CALLS}),
            ),
            Entry("workforce:board", gettext_lazy("Claim board"), "list", also=("/force/mine",)),
            Entry("requests:new", gettext_lazy("Report a problem"), "flag"),
        ),
    ),
    Group(
        gettext_lazy("Registers"),
        (
            Entry(
                "people:list",
                gettext_lazy("Residents"),
                "users",
                frozenset({Duty.SEE_REGISTER}),
                also=("/person/",),
            ),
            Entry("areas:tree", gettext_lazy("Areas"), "building", frozenset({Duty.MANAGE_AREAS})),
            Entry(
                "sync:devices",
                gettext_lazy("Phones"),
                "mobile",
                frozenset({Duty.DISPATCH, Duty.MANAGE_ACCOUNTS}),
            ),
        ),
    ),
    Group(
        gettext_lazy("Oversight"),
        (
            Entry(
                "oversight:retention",
                gettext_lazy("Retention"),
                "erase",
                frozenset({Duty.AUDIT, Duty.COMMAND, Duty.OPERATE}),
            ),
            Entry("ledger", gettext_lazy("Ledger"), "ledger", frozenset({Duty.AUDIT})),
            Entry("jobs", gettext_lazy("Jobs"), "settings", frozenset({Duty.OPERATE})),
        ),
    ),
)


@dataclass(slots=True)
class Link:
    url: str
    label: Promise | str
    icon: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A group as this actor has it, never without an entry; with only one, it is that entry."""

    label: Promise | str
    entries: tuple[Link, ...]

    @property
    def url(self) -> str:
        return self.entries[0].url

    @property
    def current(self) -> Link | None:
        return next((link for link in self.entries if link.current), None)

    @property
    def single(self) -> bool:
        return len(self.entries) == 1


def navigation(actor: Actor, path: str) -> list[Place]:
    """What this actor may open; the entry that leads nearest to `path` is current."""
    places, nearest, reach = [], None, 0
    for group in NAVIGATION:
        links = []
        for entry in group.entries:
            url = _address(entry.url_name)
            if not url or (entry.duties and not entry.duties & actor.duties):
                continue
            links.append(link := Link(url, entry.label, entry.icon))
            if (near := _reach((url, *entry.also), path)) > reach:
                nearest, reach = link, near
        if links:
            label = links[0].label if len(links) == 1 else group.label
            places.append(Place(label, tuple(links)))
    if nearest:
        nearest.current = True
    return places


def _reach(beginnings: tuple[str, ...], path: str) -> int:
    """How much of the path an entry accounts for; all lies beneath "/", which so says nothing."""
    return max(
        (len(one) for one in beginnings if path == one or (one != "/" and path.startswith(one))),
        default=0,
    )


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
    places = navigation(actor, request.path) if actor else []
    return {
        "actor": actor,
        "district": district(),
        "navigation": places,
        "whereabouts": next((place for place in places if place.current), None),
        "clock": now(),
        "zone": settings.TIME_ZONE,
        "practice": _address("exercise:phone"),
        "made_up": settings.MODE == "demo" or moved(),
    }
