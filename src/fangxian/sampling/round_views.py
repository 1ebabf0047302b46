"""The pages of a round of testing: the list, the plan, and how far it has come."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fangxian.areas.queries import names_of, sites_of_kind
from fangxian.engines.planning.round import Load, Place, Plan
from fangxian.kernel import sheets
from fangxian.kernel.access import Actor, Duty
from fangxian.kernel.clock import now
from fangxian.kernel.http import Request, paged
from fangxian.kernel.ids import new_id
from fangxian.protocol.packs import Pack, load_pack
from fangxian.protocol.values import Number
from fangxian.sampling import actions, queries, words
from fangxian.sampling.models import Round
from fangxian.sampling.planning import Outlook, outlook_of
from fangxian.sampling.round_forms import RoundForm


@require_GET
def rounds(request: Request) -> HttpResponse | FileResponse:
    viewer = request.actor
    if sheets.wanted(request):
        return _rounds_as_file(request)
    page = paged(queries.rounds_visible_to(viewer), request.GET.get("mark", ""))
    places = names_of(viewer, {round_.area_path for round_ in page.rows})
    context = {
        "page": page,
        "rows": [(round_, places[round_.area_path]) for round_ in page.rows],
        "may_plan": viewer.may(Duty.PLAN_ROUNDS),
    }
    return render(request, "sampling/rounds.html", context)


@require_http_methods(["GET", "POST"])
def plan_round(request: Request) -> HttpResponse:
    viewer = request.actor
    viewer.must(Duty.PLAN_ROUNDS)
    if request.method == "GET":
        form = RoundForm(actor=viewer, initial=_as_last_time(viewer))
        return render(request, "sampling/plan_round.html", {"form": form})
    form = RoundForm(request.POST, actor=viewer)
    if not form.is_valid():
        return render(request, "sampling/plan_round.html", {"form": form}, status=422)
    planned = actions.plan_round(
        viewer,
        area_path=form.cleaned_data["area_path"],
        starts_at=form.cleaned_data["starts_at"],
        resources=form.resources,
        name=form.cleaned_data["name"],
        round_id=form.cleaned_data["round_id"],
    )
    return redirect("sampling:round", planned.id)


@require_GET
def round_page(request: Request, round_id: UUID) -> HttpResponse | FileResponse:
    viewer = request.actor
    found = queries.get_round(viewer, round_id)
    outlook = outlook_of(found)
    if sheets.wanted(request):
        return _points_as_file(request, found, outlook)
    begun = found.state != Round.State.PLANNED
    shares = queries.tested_share(viewer, round_id, "subdistrict") if begun else []
    places = names_of(viewer, [found.area_path, *(share.area_path for share in shares)])
    context: dict[str, Any] = {
        "round": found,
        "place": places[found.area_path],
        "may_plan": viewer.may(Duty.PLAN_ROUNDS, at=found.area_path),
        "tested": queries.round_share(viewer, round_id) if begun else None,
        "shares": [(places[share.area_path], share) for share in shares],
    }
    if outlook is not None:
        pack = load_pack(found.pack)
        context |= _plan(viewer, outlook, pack, "zh" if _in_chinese(request) else "en")
    return render(request, "sampling/round_plan.html", context)


def _rounds_as_file(request: Request) -> FileResponse:
    header = [
        _("Round"), _("Area"), _("State"), _("People to test"), _("Starts at"),
        _("To be finished by"), _("Guide"),
    ]  # fmt: skip
    [states] = sheets.labels(Round.State)

    def shown(chunk: list[Round]) -> Iterator[list[Any]]:
        places = names_of(request.actor, {one.area_path for one in chunk})
        for one in chunk:
            yield [
                one.name,
                places[one.area_path],
                states[one.state],
                one.people,
                one.starts_at,
                one.deadline,
                one.pack,
            ]

    rows = sheets.by_chunks(queries.rounds_visible_to(request.actor), shown)
    return sheets.download(request, sheets.List.ROUNDS, header, rows)


def _points_as_file(request: Request, found: Round, outlook: Outlook | None) -> FileResponse:
    header = [
        _("Sampling point"), _("Tables"), _("People to test"), _("Too many people"),
        _("People per table"), _("Hours"), _("Farthest (m)"), _("Coming from"),
    ]  # fmt: skip
    points = _points(outlook.plan, _names(request.actor, outlook)) if outlook else []
    rows = (
        [
            point.name,
            point.load.tables,
            point.load.people,
            point.load.over or "",
            point.load.people_per_table,
            round(point.load.hours, 1),
            point.load.farthest,
            " · ".join(f"{name} {people}" for name, people, _metres in point.comers),
        ]
        for point in points
    )
    return sheets.download(request, sheets.List.POINTS, header, rows, area_path=found.area_path)


@require_POST
def begin_round(request: Request, round_id: UUID) -> HttpResponse:
    actions.open_round(request.actor, round_id)
    return redirect("sampling:round", round_id)


@require_POST
def end_round(request: Request, round_id: UUID) -> HttpResponse:
    actions.close_round(request.actor, round_id)
    return redirect("sampling:round", round_id)


# What the page of a plan shows


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow:
    """A line of the comparison. `grade` is how far to trust the source of the norm."""

    what: object
    has: str
    asked: str
    had: str
    short: int
    word: str
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRow:
    rate: int
    label: str
    hours: str
    fullest: str
    in_time: bool
    word: str
    planned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    name: str
    place: Place
    points: str
    tables: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    name: str
    load: Load
    hours: str
    comers: list[tuple[str, int, int]]


def _plan(viewer: Actor, outlook: Outlook, pack: Pack, lang: str) -> dict[str, Any]:
    plan = outlook.plan
    names = _names(viewer, outlook)
    return {
        "outlook": outlook,
        "plan": plan,
        "guide": pack.title(lang),
        "findings": words.findings(outlook),
        "needs": _needs(plan, pack),
        "paces": _paces(plan, pack, lang),
        "tubes": plan.tubes,
        "proportions": list(words.proportions(plan)),
        "groups": [_place(place, names) for place in plan.groups],
        "communities_count": len(plan.communities),
        "communities": [_place(place, names) for place in plan.communities],
        "points": _points(plan, names),
        "honesty": words.honesty(plan),
    }


def _names(viewer: Actor, outlook: Outlook) -> Mapping[str, str]:
    """Of the areas by path, of the points by id. Public names of places."""
    paths = [place.id for place in (*outlook.plan.groups, *outlook.plan.communities)]
    points = sites_of_kind(viewer, "sampling_point", below=outlook.area_path)
    return names_of(viewer, paths) | {str(point.id): point.name for point in points}


def _needs(plan: Plan, pack: Pack) -> list[NeedRow]:
    guide = pack.sampling
    norms: Mapping[str, Number] = {
        "points": guide.people_per_point,
        "tables": guide.people_per_table,
        "samplers": guide.samplers_divisor,
        "medics": guide.medics_per_table,
        "leads": guide.leads_per_point,
    }
    return [
        NeedRow(
            what=words.NEEDS[need.what],
            has=words.figure(need.has),
            asked=words.asked(need),
            had=words.had(need),
            short=need.short,
            word=words.shortfall(need.short),
            source=norms[need.what].source.title,
            grade=norms[need.what].grade,
        )
        for need in plan.needs
    ]


def _paces(plan: Plan, pack: Pack, lang: str) -> list[PaceRow]:
    labels = {rate.value: rate.label.text(lang) for rate in pack.sampling.table_rates}
    return [
        PaceRow(
            rate=pace.rate,
            label=labels.get(pace.rate, ""),
            hours=words.figure(pace.hours, 1),
            fullest=words.figure(pace.hours_fullest, 1),
            in_time=pace.in_time,
            word=words.in_time(pace),
            planned=pace.rate == plan.rate,
        )
        for pace in plan.paces
    ]


def _place(place: Place, names: Mapping[str, str]) -> PlaceRow:
    return PlaceRow(
        name=names.get(place.id, place.id),
        place=place,
        points=words.shortfall(place.points_short),
        tables=words.shortfall(place.tables_short),
    )


def _points(plan: Plan, names: Mapping[str, str]) -> list[PointRow]:
    comers: dict[str, list[tuple[str, int, int]]] = {load.point: [] for load in plan.loads}
    for part in plan.parts:
        name = names.get(part.community, part.community).rpartition(" ")[2]
        comers[part.point].append((name, part.people, part.metres))
    return [
        PointRow(
            name=names.get(load.point, load.point),
            load=load,
            hours=words.figure(load.hours, 1),
            comers=sorted(comers[load.point], key=lambda comer: -comer[1]),
        )
        for load in plan.loads
    ]


def _in_chinese(request: Request) -> bool:
    return str(request.LANGUAGE_CODE).startswith("zh")


def _as_last_time(viewer: Actor) -> dict[str, Any]:
    """The form filled in as for the round before, starting when the points open next."""
    last = next((o for r in queries.rounds_visible_to(viewer)[:5] if (o := outlook_of(r))), None)
    opens = last.resources.opens if last else time(8)
    here = localtime(now())
    start = datetime.combine(here.date(), opens, here.tzinfo)
    hands = asdict(last.resources) if last else {"opens": opens, "closes": time(20)}
    return hands | {
        "round_id": new_id(),
        "starts_at": start if start >= here else start + timedelta(days=1),
        "area_path": last.area_path if last else viewer.within,
    }
