"""The pages of risk areas."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.models import Area
from fangxian.areas.queries import (
    area_at,
    area_of_level,
    areas_of_level,
    enclosing,
    names_of,
)
from fangxian.kernel import sheets
from fangxian.kernel.access import Duty
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Malformed
from fangxian.kernel.http import Request, paged
from fangxian.measures import actions, queries, rules
from fangxian.measures.forms import (
    ProposalForm,
    ReasonForm,
    ReleaseForm,
    RiskAreaFilter,
    SetForm,
)
from fangxian.measures.listing import FIRST, uuid_in, words_of
from fangxian.measures.models import RiskArea
from fangxian.people.queries import population
from fangxian.protocol.packs import Pack
from fangxian.protocol.queries import in_force


@require_GET
def risk_areas(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    filters = RiskAreaFilter(request.GET or None)
    listed = queries.risk_areas_listed(viewer, **words_of(filters))
    if sheets.wanted(request):
        return _risk_areas_as_file(request, listed)
    proposed = list(queries.risk_areas_proposed(viewer)[:FIRST])
    page = paged(listed, request.GET.get("mark", ""))
    titles = queries.level_titles(viewer, [*proposed, *page.rows])
    context = {
        "filters": filters,
        "page": page,
        "rows": [(area, titles[area.id]) for area in page.rows],
        "proposed": [(area, titles[area.id]) for area in proposed],
        "holds": list(queries.place_holds_in_force(viewer)[:FIRST]),
        "now": now(),
    }
    return render(request, "measures/risk_areas.html", context)


def _risk_areas_as_file(request: Request, areas: QuerySet[RiskArea]) -> FileResponse:
    header = [
        _("Place"), _("Number"), _("Level"), _("Unit"), _("From"), _("Review"), _("State"),
    ]  # fmt: skip
    units, states = sheets.labels(RiskArea.Unit, RiskArea.State)
    at = now()

    def is_due(area: RiskArea) -> bool:
        return area.state == RiskArea.State.IN_FORCE and bool(
            area.review_at and area.review_at <= at
        )

    def shown(chunk: list[RiskArea]) -> Iterator[list[Any]]:
        titles = queries.level_titles(request.actor, chunk)
        for area in chunk:
            yield [
                area.name,
                area.code,
                titles[area.id],
                units[area.unit],
                area.starts_at,
                area.review_at,
                _("to be reviewed") if is_due(area) else states[area.state],
            ]

    rows = sheets.by_chunks(areas, shown)
    return sheets.download(request, sheets.List.RISK_AREAS, header, rows)


def propose_area(request: Request) -> HttpResponse:
    """Propose the surroundings of a place (`at`, a path) because of a case (`about`)."""
    viewer = request.actor
    at, about = request.GET.get("at", ""), uuid_in(request.GET.get("about", ""))
    place = area_at(viewer, at)
    if about is None:
        raise Malformed(_("Say which case the risk area rests on: propose it from the case."))
    pack, language = in_force(now(), at), get_language() or "zh"
    form = ProposalForm(
        request.POST or None,
        levels=[(zone.level, zone.title.text(language)) for zone in pack.levels],
    )
    if form.is_valid():
        unit = form.cleaned_data["unit"]
        found = actions.propose_risk_area(
            viewer,
            places=[at] if unit in {"area", "district"} else enclosing(viewer, at, unit),
            level=form.cleaned_data["level"],
            unit=unit,
            about_id=about,
            because=queries.last_event_of(viewer, about),
            reason=form.cleaned_data["reason"],
        )
        return redirect("measures:risk_area", found.id)
    context = {
        "form": form,
        "place": names_of(viewer, [place.path])[place.path],
        "asked": request.GET.urlencode(),
    }
    return render(request, "measures/propose.html", context, status=422 if form.is_bound else 200)


@dataclass(frozen=True, slots=True)
class Choice:
    """A building or stairwell that can be part of a set, with how many people stay there."""

    path: str
    name: str
    people: int
    ticked: bool


def propose_set(request: Request) -> HttpResponse:
    """Draw one risk area from several buildings and stairwells of the community around a place."""
    viewer = request.actor
    at, about = request.GET.get("at", ""), uuid_in(request.GET.get("about", ""))
    place = area_at(viewer, at)
    if about is None:
        raise Malformed(_("Say which case the risk area rests on: propose it from the case."))
    around = area_of_level(viewer, place.path, "community") or place
    buildings = list(areas_of_level(viewer, "building", below=around.path))
    stairwells = list(areas_of_level(viewer, "unit", below=around.path))
    every = [area.path for area in (*buildings, *stairwells)]
    pack, language = in_force(now(), around.path), get_language() or "zh"
    form = SetForm(
        request.POST or None,
        levels=[(zone.level, zone.title.text(language)) for zone in pack.levels],
        places=every,
    )
    if form.is_valid():
        chosen = _without_inner(form.cleaned_data["places"])
        found = actions.propose_risk_area(
            viewer,
            places=chosen,
            level=form.cleaned_data["level"],
            unit=_unit_of_set(chosen, {area.path for area in buildings}, pack, form.cleaned_data),
            about_id=about,
            because=queries.last_event_of(viewer, about),
            reason=form.cleaned_data["reason"],
        )
        return redirect("measures:risk_area", found.id)
    ticked = set(request.POST.getlist("places")) or set(enclosing(viewer, at, "building"))
    names, people = names_of(viewer, every), population(viewer, every)

    def choice(area: Area, name: str) -> Choice:
        return Choice(area.path, name, people.get(area.path, 0), area.path in ticked)

    context = {
        "form": form,
        "around": names_of(viewer, [around.path])[around.path],
        "buildings": [
            (
                choice(building, names[building.path]),
                [choice(one, one.name) for one in stairwells if one.path.startswith(building.path)],
            )
            for building in buildings
        ],
    }
    return render(
        request, "measures/propose_set.html", context, status=422 if form.is_bound else 200
    )


def _without_inner(places: Sequence[str]) -> list[str]:
    """A stairwell of a building that was ticked too says nothing more."""
    chosen = sorted(set(places))
    return [
        one for one in chosen if not any(one != other and one.startswith(other) for other in chosen)
    ]


def _unit_of_set(
    chosen: Sequence[str], buildings: AbstractSet[str], pack: Pack, said: Mapping[str, Any]
) -> str:
    """The narrowest unit that the level allows and that such places fit into."""
    fits = "building" if buildings & set(chosen) else "unit"
    zone = pack.zone(said["level"])
    allowed = [unit for unit in zone.units if not rules.wider(fits, than=unit)] if zone else []
    return allowed[0] if allowed else fits


def risk_area(
    request: Request, risk_area_id: UUID, status: int = 200, **invalid: forms.Form
) -> HttpResponse:
    """The page of one risk area. `invalid` are forms that were just filled in wrongly."""
    viewer = request.actor
    area = queries.get_risk_area(viewer, risk_area_id)
    decides = {Duty.COMMAND, Duty.DECIDE_MEASURES} & viewer.duties and viewer.sees(area.area_path)
    conditions = queries.release_conditions(viewer, risk_area_id)
    places = names_of(viewer, area.places)
    context = {
        "area": area,
        "title": queries.level_titles(viewer, [area])[area.id],
        "cause": queries.cause_of(viewer, area.because_id),
        "places": [places[path] for path in area.places],
        "people": queries.people_in(viewer, risk_area_id),
        "conditions": conditions,
        "all_met": bool(conditions) and all(condition.met for condition in conditions),
        "sources": sorted(
            {part["source"] for part in area.release.values() if isinstance(part, dict)}
        ),
        "restarts": list(area.restarts.order_by("becomes")),
        "followed_by": area.followed_by.first(),
        "may_decide": decides and area.state == RiskArea.State.PROPOSED,
        "may_release": decides and area.state == RiskArea.State.IN_FORCE,
        "reject_form": ReasonForm(auto_id="reject_%s"),
        "release_form": ReleaseForm(auto_id="release_%s"),
        **invalid,
    }
    return render(request, "measures/risk_area.html", context, status=status)


@require_POST
def approve(request: Request, risk_area_id: UUID) -> HttpResponse:
    actions.approve_risk_area(request.actor, risk_area_id)
    return redirect("measures:risk_area", risk_area_id)


@require_POST
def reject(request: Request, risk_area_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST, auto_id="reject_%s")
    if not form.is_valid():
        return risk_area(request, risk_area_id, 422, reject_form=form)
    actions.reject_risk_area(request.actor, risk_area_id, **form.cleaned_data)
    return redirect("measures:risk_area", risk_area_id)


@require_POST
def lift(request: Request, risk_area_id: UUID) -> HttpResponse:
    form = ReleaseForm(request.POST, auto_id="release_%s")
    if not form.is_valid():
        return risk_area(request, risk_area_id, 422, release_form=form)
    actions.lift_risk_area(request.actor, risk_area_id, **form.cleaned_data)
    return redirect("measures:risk_area", risk_area_id)


@require_POST
def lower(request: Request, risk_area_id: UUID) -> HttpResponse:
    form = ReleaseForm(request.POST, auto_id="release_%s")
    if not form.is_valid():
        return risk_area(request, risk_area_id, 422, release_form=form)
    following = actions.lower_risk_area(request.actor, risk_area_id, **form.cleaned_data)
    return redirect("measures:risk_area", following.id)
