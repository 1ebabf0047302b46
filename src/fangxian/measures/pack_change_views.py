"""Other rules: what they change for everybody here, and what they would have changed."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.queries import names_of
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.kernel.http import Request
from fangxian.measures import actions, pack_changes
from fangxian.measures.forms import ReplayForm
from fangxian.measures.models import Order, RiskArea
from fangxian.measures.replay import replay as again
from fangxian.people.queries import brief
from fangxian.protocol.packs import Pack, load_pack, pack_ids
from fangxian.protocol.queries import adoptions_that_concern, in_force
from fangxian.protocol.words import differences

_SHOWN = 50


@require_GET
def pack_change(request: Request) -> HttpResponse:
    """`pack` looks at one that is not in force: nothing can be applied then."""
    viewer = request.actor
    at = request.GET.get("at", viewer.within)
    in_force_now = in_force(now(), at)
    wanted = request.GET.get("pack", "")
    pack = load_pack(wanted) if wanted in pack_ids() else in_force_now
    found = pack_changes.pack_change(viewer, at, pack=pack)
    counts = found.counts
    context = {
        "found": found,
        "at": at,
        "place": names_of(viewer, [at]).get(at, ""),
        "in_force": pack.stamp == in_force_now.stamp,
        "packs": _titles(pack_ids()),
        "chosen": pack.id,
        "title": pack.title(_language()),
        "counts": [(counts[word], word, label) for word, label in _words()],
        "groups": [
            (word, label, *_shown(request, found.orders_that(word)))
            for word, label in _words()
            if word != "same"
        ],
        "areas": [_of_area(one) for one in found.areas],
        "beginnings": _beginnings(request, found.beginnings),
        "beginnings_count": len(found.beginnings),
        "words": [
            (stamp, _differences(stamp, pack)) for stamp in found.before if stamp != pack.stamp
        ],
        "applied": pack_changes.last_applied(viewer, at),
        "may_apply": pack.stamp == in_force_now.stamp
        and found.changes_anything
        and viewer.may(Duty.COMMAND, at=at),
    }
    return render(request, "measures/pack_change.html", context)


@require_GET
def of_adoption(request: Request, adoption_id: UUID) -> HttpResponse:
    """Where the task to decide leads: the page of the area for which rules were put in force."""
    found = adoptions_that_concern(request.actor).filter(id=adoption_id).first()
    at = found.area_path if found and request.actor.sees(found.area_path) else request.actor.within
    return redirect(f"{reverse('measures:pack_change')}?{urlencode({'at': at})}")


def _language() -> str:
    return get_language() or "zh"


def _words() -> list[tuple[str, str]]:
    return [
        ("ends", _("free now")),
        ("milder", _("a milder measure")),
        ("shorter", _("free earlier")),
        ("longer", _("would be longer: stays as it is")),
        ("same", _("nothing changes")),
    ]


def _titles(ids: Sequence[str]) -> list[tuple[str, str]]:
    return [(one, f"{one} · {load_pack(one).title(_language())}") for one in ids]


def _differences(stamp: str, pack: Pack) -> list[str]:
    try:
        return differences(load_pack(stamp), pack, _language())
    except Refusal:
        return []


def _shown(
    request: Request, changes: Sequence[pack_changes.OrderChange]
) -> tuple[list[dict[str, Any]], int]:
    first = changes[:_SHOWN]
    people = brief(request.actor, {one.order.resident_id for one in first})
    kinds = dict(Order.Kind.choices)
    rows = [
        {
            "order": one.order,
            "person": people.get(one.order.resident_id),
            "kind": kinds[one.change.kind],
            "was_until": one.change.was_until,
            "until": one.change.until,
        }
        for one in first
    ]
    return rows, len(changes) - len(first)


def _of_area(one: pack_changes.AreaChange) -> dict[str, Any]:
    labels = dict(_words())
    return {
        "change": one,
        "label": _("lifted") if one.word == "ends" else labels[one.word],
        "title": one.zone.title.text(_language()) if one.zone else "",
        "unit": dict(RiskArea.Unit.choices)[one.unit],
    }


def _beginnings(
    request: Request, beginnings: Sequence[pack_changes.Beginning]
) -> list[dict[str, Any]]:
    first = beginnings[:_SHOWN]
    people = brief(request.actor, {one.resident_id for one in first})
    kinds = dict(Order.Kind.choices)
    return [
        {
            "beginning": one,
            "person": people.get(one.resident_id),
            "kind": kinds[one.kind],
        }
        for one in first
    ]


@require_POST
def apply_change(request: Request) -> HttpResponse:
    at = request.POST.get("at", request.actor.within)
    done = actions.apply_pack_change(request.actor, at, pack=request.POST.get("pack", ""))
    messages.success(
        request,
        _("Applied: %(ends)s free now, %(milder)s milder, %(shorter)s free earlier.") % done.counts,
    )
    return redirect("measures:pack_change")


@require_GET
def replay(request: Request) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.COMMAND)
    form = ReplayForm(request.GET or None, packs=_titles(pack_ids()))
    found = None
    if form.is_valid():
        said = form.cleaned_data
        found = again(
            viewer,
            first=said["first"],
            last=said["last"],
            pack=load_pack(said["pack"]),
            area_path=viewer.within,
        )
    lines = [(*line, line[2] - line[1]) for line in found.lines()] if found else []
    context = {"form": form, "found": found, "lines": lines}
    return render(request, "measures/replay.html", context)
