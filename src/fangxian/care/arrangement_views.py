"""Who is ready: hospitals paired with subdistricts, whom to call there, and cars."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from fangxian.areas.queries import areas_of_level, names_of
from fangxian.care import actions, queries
from fangxian.care.arrangements import ARRANGERS
from fangxian.care.forms import CarForm, HospitalForm
from fangxian.care.models import Ward
from fangxian.care.views import tabs
from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.kernel.http import Request


@require_GET
def ready(request: Request) -> HttpResponse:
    """Whoever is in the house may read whom to call: it is what such a page is for."""
    return _ready(request)


def _places(viewer: Actor) -> list[tuple[str, str]]:
    return [(area.path, area.name) for area in areas_of_level(viewer, "subdistrict")]


def _sites(viewer: Actor) -> list[tuple[str, str]]:
    return [(str(site.id), site.name) for site in queries.hospitals_to_choose(viewer)]


def _ready(request: Request, *, status: int = 200, **invalid: forms.Form) -> HttpResponse:
    viewer = request.actor
    # Who is ready for one's own place may be said one level up.
    hospitals = list(queries.hospitals_listed(viewer)) or queries.hospitals_for(
        viewer, viewer.within
    )
    cars = list(queries.cars_listed(viewer)) or queries.cars_for(viewer, viewer.within)
    gaps = queries.subdistricts_without_hospital(viewer)
    places = names_of(
        viewer, {*gaps, *(one.area_path for one in hospitals), *(one.area_path for one in cars)}
    )
    arranges = any(duty in viewer.duties for duty in ARRANGERS)
    streets = _places(viewer)
    own: dict[str, Any] = {}
    if arranges and streets:
        own = {
            "hospital_form": HospitalForm(
                sites=_sites(viewer), places=streets, auto_id="hospital_%s"
            ),
            "car_form": CarForm(places=streets, auto_id="car_%s"),
        }
    busy = queries.vehicles_under_way(PLAYBOOK)
    context = {
        "hospitals": [
            (one, places[one.area_path], [Ward(ward).label for ward in one.wards])
            for one in hospitals
        ],
        "cars": [(one, places[one.area_path], one.plate in busy) for one in cars],
        "gaps": [places[path] for path in gaps],
        "arranges": arranges,
        **own,
        **invalid,
        **tabs(viewer),
    }
    return render(request, "care/ready.html", context, status=status)


@require_POST
def pair(request: Request) -> HttpResponse:
    viewer = request.actor
    form = HospitalForm(
        request.POST, sites=_sites(viewer), places=_places(viewer), auto_id="hospital_%s"
    )
    if not form.is_valid():
        return _ready(request, status=422, hospital_form=form)
    said = form.cleaned_data
    actions.pair_hospital(viewer, UUID(said.pop("site")), **said)
    messages.success(request, _("The hospital stands on the page of every journey from there."))
    return redirect("care:ready")


@require_POST
def unpair(request: Request, pairing_id: UUID) -> HttpResponse:
    actions.unpair_hospital(request.actor, pairing_id)
    return redirect("care:ready")


@require_POST
def keep_car(request: Request) -> HttpResponse:
    form = CarForm(request.POST, places=_places(request.actor), auto_id="car_%s")
    if not form.is_valid():
        return _ready(request, status=422, car_form=form)
    actions.keep_car(request.actor, **form.cleaned_data)
    return redirect("care:ready")


@require_POST
def give_up_car(request: Request, car_id: UUID) -> HttpResponse:
    actions.give_up_car(request.actor, car_id)
    return redirect("care:ready")
