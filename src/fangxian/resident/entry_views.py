"""Coming in and going out: without an account, without an installation, without a script."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from fangxian.kernel.access import PLAYBOOK
from fangxian.kernel.errors import Refusal
from fangxian.resident import actions, doorway, errors, jobs, queries, rules
from fangxian.resident.doorway import Me, shown, signed_in
from fangxian.resident.forms import BirthDateForm, CardForm, CodeForm, PhoneForm
from fangxian.resident.models import Session

_ASKED = "fangxian-my-asked"


def _place(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _device(request: HttpRequest) -> str:
    return rules.device(request.headers.get("User-Agent", ""))


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """By the phone of the register. What follows is the same for every number."""
    if request.method == "GET" and doorway.me_of(request):
        return redirect(doorway.back_to(request))
    form = PhoneForm(request.POST or None)
    refusal: Refusal | None = None
    if form.is_valid():
        try:
            asked = actions.ask_for_code(
                PLAYBOOK,
                form.cleaned_data["phone"],
                place=_place(request),
                language=get_language() or "",
            )
        except Refusal as refused:
            refusal = refused
        else:
            if settings.MODE == "demo" and not settings.SMS_GATEWAY:
                actions.send_code(PLAYBOOK, asked.id)
            else:
                jobs.send_code.defer(challenge_id=str(asked.id))
            return _remembering(request, str(asked.id))
    context = {"form": form, "refusal": refusal, "next": doorway.back_to(request)}
    return shown(request, "sign_in", context, status=_status(form, refusal))


def _status(form: Any, refusal: Refusal | None) -> int:
    return refusal.status if refusal else 422 if form.errors else 200


def _remembering(request: HttpRequest, challenge: str) -> HttpResponse:
    """Which code this browser asked for: another browser cannot use it."""
    after = urlencode({"next": doorway.back_to(request)})
    response = redirect(f"{reverse('resident:code')}?{after}")
    response.set_cookie(
        _ASKED,
        signing.dumps(challenge, salt=_ASKED),
        max_age=int(rules.CODE_LASTS.total_seconds()),
        path=doorway.PATH,
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        samesite="Lax",
    )
    return response


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    challenge = _asked(request)
    if challenge is None:
        return redirect("resident:sign_in")
    several = "birth_date" in request.POST
    form: Any = (BirthDateForm if several else CodeForm)(request.POST or None)
    refusal: Refusal | None = None
    if form.is_valid():
        try:
            entry = actions.sign_in_with_code(
                PLAYBOOK, challenge, device=_device(request), **form.cleaned_data
            )
        except errors.WhoOfYou as asks:
            several, refusal, form = True, asks, BirthDateForm()
        except Refusal as refused:
            refusal = refused
        else:
            return _come_in(request, entry.secret)
    context = {
        "form": form,
        "refusal": refusal,
        "several": several,
        "next": doorway.back_to(request),
        "minutes": int(rules.CODE_LASTS.total_seconds() // 60),
        "practice": queries.practice_code(PLAYBOOK, challenge),
    }
    return shown(request, "code", context, status=_status(form, refusal))


def _asked(request: HttpRequest) -> Any:
    try:
        text = signing.loads(request.COOKIES.get(_ASKED, ""), salt=_ASKED, max_age=rules.CODE_LASTS)
    except signing.BadSignature:
        return None
    return doorway.uuid_in(str(text))


@require_http_methods(["GET", "POST"])
def card(request: HttpRequest) -> HttpResponse:
    """By the number on a card, or the one that was said on the phone, and the birth date."""
    form = CardForm(request.POST or None)
    refusal: Refusal | None = None
    if form.is_valid():
        try:
            entry = actions.sign_in_with_card(
                PLAYBOOK,
                form.cleaned_data["card"],
                form.cleaned_data["birth_date"],
                place=_place(request),
                device=_device(request),
                language=get_language() or "",
            )
        except Refusal as refused:
            refusal = refused
        else:
            jobs.tell_of_entry.defer(
                session_id=str(entry.session.id), language=get_language() or ""
            )
            return _come_in(request, entry.secret)
    context = {"form": form, "refusal": refusal, "next": doorway.back_to(request)}
    return shown(request, "card", context, status=_status(form, refusal))


def _come_in(request: HttpRequest, secret: str) -> HttpResponse:
    rotate_token(request)
    response = redirect(doorway.back_to(request))
    doorway.let_in(response, secret)
    response.delete_cookie(_ASKED, path=doorway.PATH, samesite="Lax")
    return response


@require_POST
@signed_in
def sign_out(request: HttpRequest, me: Me) -> HttpResponse:
    actions.end_session(me.actor, me.session.id)
    response = redirect("resident:sign_in")
    doorway.let_out(response)
    return response


@require_POST
@signed_in
def end_other(request: HttpRequest, me: Me) -> HttpResponse:
    """One other device, or all of them."""
    other = doorway.uuid_in(request.POST.get("session", ""))
    if other is None:
        actions.end_all_sessions(me.actor, but=me.session.id)
    else:
        actions.end_session(me.actor, other, end=Session.End.ELSEWHERE)
    return redirect("resident:data")


@require_POST
@signed_in
def turn_to(request: HttpRequest, me: Me) -> HttpResponse:
    person = doorway.uuid_in(request.POST.get("person", ""))
    if person is None:
        raise errors.NobodyHere
    actions.turn_to(me.actor, me.session.id, person)
    return redirect("resident:home")


@require_POST
def looks(request: HttpRequest) -> HttpResponse:
    """Large type, strong contrast; kept on this device alone."""
    liked = [one for one in request.COOKIES.get(doorway.LIKES, "").split(".") if one]
    which = request.POST.get("look", "")
    if which in doorway.LOOKS:
        liked = [one for one in liked if one != which] if which in liked else [*liked, which]
    response = redirect(doorway.back_to(request))
    doorway.like(response, [one for one in doorway.LOOKS if one in liked])
    return response
