"""What the pages of residents share: who is signed in, how a page is shown, what a device likes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from fangxian.kernel.access import PLAYBOOK, Actor
from fangxian.resident import actions, actors, queries, rules
from fangxian.resident.models import Session

COOKIE = "fangxian-my"
PATH = "/my/"
LIKES = "fangxian-my-looks"
LOOKS = ("large", "contrast")
_YEAR = 365 * 86400

Rest = ParamSpec("Rest")


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in on this device, and whose page is open.

    actor    who is signed in, at the door of `person`
    person   whose page it is
    """

    session: Session
    actor: Actor
    person: queries.Person
    others: tuple[queries.Person, ...]

    @property
    def own(self) -> bool:
        return self.person.id == self.actor.id


def me_of(request: HttpRequest) -> Me | None:
    secret = request.COOKIES.get(COOKIE, "")
    session = actions.recognise(PLAYBOOK, secret) if secret else None
    if session is None:
        return None
    others = queries.people_of(PLAYBOOK, session.resident_id)
    person = next((one for one in others if one.id == session.on_behalf_id), others[0])
    return Me(
        session=session,
        actor=actors.resident(session.resident_id, person.area_path),
        person=person,
        others=tuple(others),
    )


def signed_in(
    view: Callable[Concatenate[HttpRequest, Me, Rest], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
    """Gives the view who is signed in; everybody else signs in first and comes back."""

    @wraps(view)
    def answered(request: HttpRequest, *given: Rest.args, **named: Rest.kwargs) -> HttpResponse:
        me = me_of(request)
        if me is None:
            where = request.get_full_path() if request.method == "GET" else reverse("resident:home")
            return redirect(f"{reverse('resident:sign_in')}?{urlencode({'next': where})}")
        return closed(view(request, me, *given, **named))

    return cast("Callable[Concatenate[HttpRequest, Rest], HttpResponse]", answered)


def closed(response: HttpResponse) -> HttpResponse:
    """Kept by nobody on the way, found by no search, told to no other page."""
    patch_cache_control(response, private=True, no_store=True)
    response["X-Robots-Tag"] = "noindex"
    return response


def shown(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    looks = [one for one in request.COOKIES.get(LIKES, "").split(".") if one in LOOKS]
    context = {"looks": looks, "here": request.get_full_path(), **context}
    return closed(render(request, f"resident/{template}.html", context, status=status))


def let_in(response: HttpResponse, secret: str) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(rules.LONGEST.total_seconds()),
        path=PATH,
        httponly=True,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        samesite="Lax",
    )


def let_out(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")


def like(response: HttpResponse, looks: list[str]) -> None:
    response.set_cookie(LIKES, ".".join(looks), max_age=_YEAR, path=PATH, samesite="Lax")


def back_to(request: HttpRequest, fallback: str = "resident:home") -> str:
    """Where a form asks to go on to, if that is one of these pages."""
    where = request.POST.get("next", "") or request.GET.get("next", "")
    ours = where.startswith(PATH) and url_has_allowed_host_and_scheme(where, allowed_hosts=None)
    return where if ours else reverse(fallback)


def uuid_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
