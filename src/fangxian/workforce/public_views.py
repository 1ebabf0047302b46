"""Pages that need no account: sign up as a volunteer, check in at a poster, look at a receipt.

Phone first and without script. They reveal nothing of the register and are kept nowhere.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET, require_http_methods

from fangxian.areas.queries import names_of
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Refusal
from fangxian.people.rules import birth_date_of
from fangxian.workforce import actions, forms
from fangxian.workforce.asking import rules_at
from fangxian.workforce.checking_in import place_words, read_door_code
from fangxian.workforce.errors import NoSuchCheckIn
from fangxian.workforce.models import CheckIn
from fangxian.workforce.views import communities
from fangxian.workforce.volunteers import number_of, refuse_floods


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    known = asked in dict(settings.LANGUAGES)
    return asked if known else translation.get_language() or settings.LANGUAGE_CODE


def _bare(
    request: HttpRequest, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    language = _language(request)
    other = next(one for one, _name in settings.LANGUAGES if one != language)
    context |= {"language": language, "other": other}
    response = render(request, template, context, status=status)
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    return response


@require_http_methods(["GET", "POST"])
def volunteer(request: HttpRequest) -> HttpResponse:
    with translation.override(_language(request)):
        form = forms.VolunteerForm(request.POST or None, places=communities(PLAYBOOK))
        receipt, refusal, status = "", None, 200
        if form.is_bound:
            status = 422
            if form.is_valid():
                try:
                    receipt, status = _offer(request, form), 200
                except Refusal as refused:  # told here, for what was typed must not be lost
                    refusal, status = refused, refused.status
        context = {
            "form": form,
            "receipt": receipt,
            "refusal": refusal,
            "rules": rules_at(""),
        }
        return _bare(request, "workforce/volunteer.html", context, status)


def _offer(request: HttpRequest, form: forms.VolunteerForm) -> str:
    said = form.cleaned_data
    refuse_floods(request.META.get("REMOTE_ADDR", ""), said["place"])
    born = birth_date_of(said["identity"])
    if born is None:  # the form has looked
        raise ValueError
    offer = actions.offer_help(
        PLAYBOOK,
        actions.Help(
            name=said["name"],
            phone=said["phone"],
            born=born,
            identity=said["identity"],
            area_path=said["place"],
            skills=said["skills"],
            weekdays=said["weekdays"],
            well=said["well"],
            on_duty=not said["not_on_duty"],
        ),
    )
    return number_of(offer)


@require_http_methods(["GET", "POST"])
def here(request: HttpRequest, code: str) -> HttpResponse:
    """Check in at the poster of a community or a grid."""
    with translation.override(_language(request)):
        area = read_door_code(code)
        form = forms.PosterForm(request.POST or None)
        made, refusal, status = None, None, 200
        if form.is_bound:
            status = 422
            if form.is_valid():
                try:
                    if form.cleaned_data["unit_elsewhere"]:  # enters somebody; the others do not
                        refuse_floods(request.META.get("REMOTE_ADDR", ""), area.path)
                    made = actions.check_in_by_poster(PLAYBOOK, area, **form.cleaned_data)
                    status = 200
                except Refusal as refused:
                    refusal, status = refused, refused.status
        context = {
            "place": names_of(PLAYBOOK, [area.path])[area.path],
            "form": form,
            "made": made,
            "refusal": refusal,
        }
        return _bare(request, "workforce/here.html", context, status)


@require_GET
def receipt(request: HttpRequest, check_in_id: UUID) -> HttpResponse:
    """For the unit that sent somebody: that the check-in is real. Without a name."""
    with translation.override(_language(request)):
        found = CheckIn.objects.filter(id=check_in_id).first()
        if found is None:
            raise NoSuchCheckIn(check_in_id)
        context = {"found": found, "place": place_words(found)}
        return _bare(request, "workforce/receipt.html", context, 200)
