"""The page on which residents say where they were. Nobody is signed in; phone first, no script.

It reveals nothing of the register, says what is done with the answer, and is not kept anywhere.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods

from fangxian.areas.models import Area
from fangxian.areas.queries import areas_of_level, names_of
from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Refusal
from fangxian.screening import declaring, queries
from fangxian.screening.declaring import Link
from fangxian.screening.forms import DeclarationForm


@require_http_methods(["GET", "POST"])
def declare(request: HttpRequest, code: str, token: str = "") -> HttpResponse:
    link = declaring.open_link(code, token)
    asked = request.GET.get("lang", "")
    language = asked if asked in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(language):
        response = _answer(request, link, language or settings.LANGUAGE_CODE)
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, link: Link, language: str) -> HttpResponse:
    homes: list[Area] = []
    if link.door is None:
        below = link.campaign.area_path
        homes = list(areas_of_level(PLAYBOOK, Area.Level.COMMUNITY, below=below))
    form = DeclarationForm(request.POST or None, homes=homes)
    receipt, refusal = "", None
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                receipt = _declare(request, link, form)
                status = 200
            except Refusal as refused:  # told on this page, for what was typed must not be lost
                refusal, status = refused, refused.status
    context: dict[str, Any] = {
        "campaign": link.campaign,
        "door": names_of(PLAYBOOK, [link.door.path])[link.door.path] if link.door else "",
        "form": form,
        "receipt": receipt,
        "refusal": refusal,
        "kept": queries.days_kept(PLAYBOOK, link.campaign),
        "language": language,
        "other": next(one for one, _name in settings.LANGUAGES if one != language),
        "again": request.path,
    }
    return render(request, "screening/declare.html", context, status=status)


def _declare(request: HttpRequest, link: Link, form: DeclarationForm) -> str:
    declaring.refuse_floods(request.META.get("REMOTE_ADDR", ""))
    said = form.cleaned_data
    return declaring.declare(
        PLAYBOOK,
        link,
        name=said["name"],
        identity=said["identity"],
        phone=said["phone"],
        home=said.get("home", ""),
        was_there=said["was_there"],
        stays=form.stays,
    )
