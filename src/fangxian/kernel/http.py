"""The doors' common part: who asks, refusals in plain words, log lines, metrics, key paging."""

import base64
import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import BooleanField, F, Func, Model, QuerySet, Value
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import is_valid_path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from fangxian.kernel import ledger
from fangxian.kernel.access import Actor
from fangxian.kernel.errors import Malformed, Refusal
from fangxian.kernel.ids import new_id
from fangxian.kernel.models import Account

Answer = Callable[[HttpRequest], HttpResponse]


class Request(HttpRequest):
    """A request as our views see it: signed in, with the actor and htmx's details."""

    actor: Actor
    htmx: HtmxDetails
    id: str


# Middleware, outermost first.

_log = logging.getLogger("fangxian.request")
_REQUESTS = Counter("fangxian_requests_total", "Requests answered", ["method", "view", "status"])
_SECONDS = Histogram("fangxian_request_seconds", "Time to answer", ["view"])
_REFUSED = Counter("fangxian_refusals_total", "Refusals given", ["code"])
_JOBS = Gauge("fangxian_jobs", "Jobs in the table", ["status"])
_UNSEALED = Gauge("fangxian_ledger_unsealed", "Events not yet sealed")


class LogRequests:
    """One JSON line a request: no query strings and no bodies, for those may hold names."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        request.id = request_id(request.headers.get("X-Request-ID", ""))  # type: ignore[attr-defined]
        response = self.answer(request)
        seconds = time.perf_counter() - started
        match = request.resolver_match
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        response["Server-Timing"] = f"app;dur={seconds * 1000:.1f}"
        tell(
            request_id=request.id,  # type: ignore[attr-defined]
            method=str(request.method),
            view=match.view_name if match else "unknown",
            status=response.status_code,
            seconds=seconds,
            actor=getattr(request, "actor", None),
        )
        return response


def request_id(given: str) -> str:
    """The caller's own id of a request if it is one, otherwise a new one."""
    return given if re.fullmatch(r"[\w-]{8,64}", given) else str(new_id())


def tell(
    *, request_id: str, method: str, view: str, status: int, seconds: float, actor: Actor | None
) -> None:
    """Count a request that was answered, and write its line."""
    _counter(method, view, status).inc()
    _histogram(view).observe(seconds)
    if not _log.isEnabledFor(logging.INFO):
        return
    _log.info(
        "request",
        extra={
            "request": request_id,
            "method": method,
            "view": view,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "actor": str(actor.id) if actor else None,
        },
    )


_counter = lru_cache(maxsize=2000)(_REQUESTS.labels)
_histogram = lru_cache(maxsize=500)(_SECONDS.labels)


def count_refusal(refusal: Refusal) -> None:
    _REFUSED.labels(refusal.code).inc()


_TOUCH_EVERY = 60  # seconds: a session is not written at each request


class KnowTheActor:
    """Give signed-in requests their `actor`; send everybody else to the sign-in page."""

    OPEN = (
        "/accounts/",
        "/static/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/i18n/",
        "/field/",
        "/sampling/public/",
        "/sampling/api/",
        "/requests/telephone/",
        "/gates/screen/",
        "/quarantine/reading/",
        "/status/own",
        "/screening/declare/",
        "/force/volunteer/",
        "/force/here/",
        "/force/receipt/",
        "/my/",
    )
    STAFF = ("/my/brief/",)  # beneath an open address, and yet for accounts alone

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, Account):
            request.actor = user.actor  # type: ignore[attr-defined]
            if locked := self._lock(request, user):
                return locked
        elif isinstance(user, AnonymousUser) and not self._open(request):
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Refresh": "true"})
            return redirect(f"{settings.LOGIN_URL}?next={request.get_full_path()}")
        return self.answer(request)

    def _open(self, request: HttpRequest) -> bool:
        return request.path.startswith(self.OPEN) and not request.path.startswith(self.STAFF)

    def _lock(self, request: HttpRequest, user: Account) -> HttpResponse | None:
        """After a while without a touch the password is asked for again.

        A page that only polls is not a touch: an unattended screen locks although it is live.
        """
        if self._open(request):
            return None
        proofs = get_authentication_records(request, user)
        last = max((proof["at"] for proof in proofs), default=0.0)
        idle = time.time() - max(request.session.get("touched", time.time()), last)
        if idle > settings.SESSION_LOCK_SECONDS:
            where = reverse("account_reauthenticate") + f"?next={request.get_full_path()}"
            if request.headers.get("HX-Request"):
                return HttpResponse(status=204, headers={"HX-Redirect": where})
            return redirect(where)
        polled = "v" in request.GET and "touched" in request.session
        if not polled and (idle > _TOUCH_EVERY or "touched" not in request.session):
            request.session["touched"] = int(time.time())
        return None


class AnswerRefusals:
    """A refusal becomes a page, a fragment or JSON, by who asks. It needs no code in any view."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        wants = request.headers.get("Accept", "")
        if isinstance(response, HttpResponseNotAllowed) and "text/html" in wants:
            return self._led_back(request, response)
        return response

    def _led_back(self, request: HttpRequest, bare: HttpResponseNotAllowed) -> HttpResponse:
        """A page for whoever opened an address that only takes forms.

        It happens to everybody who signs in again in the middle of a form, or loads a refusal anew.
        """
        context = {"back": _page_above(request.path)}
        response = render(request, "web/takes_forms.html", context, status=bare.status_code)
        response["Allow"] = bare["Allow"]
        return response

    def process_exception(self, request: HttpRequest, refusal: Exception) -> HttpResponse | None:
        if not isinstance(refusal, Refusal):
            return None
        count_refusal(refusal)
        wants = request.headers.get("Accept", "")
        if "application/json" in wants and "text/html" not in wants:
            return JsonResponse(
                {"code": refusal.code, "message": refusal.message, "facts": refusal.facts},
                status=refusal.status,
            )
        if request.headers.get("HX-Request"):
            response = render(
                request, "web/_refusal.html", {"refusal": refusal}, status=refusal.status
            )
            response["HX-Retarget"], response["HX-Reswap"] = "#refusals", "innerHTML"
            patch_vary_headers(response, ["HX-Request"])
            return response
        return render(request, "web/refusal.html", {"refusal": refusal}, status=refusal.status)


def _page_above(path: str) -> str:
    """The nearest address above one that leads somewhere."""
    steps = path.strip("/").split("/")
    for length in range(len(steps) - 1, 0, -1):
        above = "/" + "/".join(steps[:length])
        for address in (above, above + "/"):
            if is_valid_path(address):
                return address
    return "/"


# Health and metrics


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and has the tables that this version expects."""
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        _log.warning("not ready", extra={"error": type(error).__name__})
        return HttpResponse("database unreachable", status=503, content_type="text/plain")
    if behind:
        return HttpResponse("run: fangxian migrate", status=503, content_type="text/plain")
    return HttpResponse("ready", content_type="text/plain")


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for the machine itself or a bearer of the token."""
    token = settings.METRICS_TOKEN
    local = request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}
    if not (local and not token) and request.headers.get("Authorization") != f"Bearer {token}":
        return HttpResponse("forbidden", status=403, content_type="text/plain")
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
        _JOBS.clear()
        for status, number in cursor.fetchall():
            _JOBS.labels(status).set(number)
    _UNSEALED.set(ledger.unsealed())
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


# Live pages: a part of them is asked for again every few seconds.

LIVE_EVERY = 10
"""Seconds between two questions of a page of a room."""


def live_page(
    request: HttpRequest, whole: str, part: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The whole page; or, asked with `v`, its part alone, or 204 if that reads as it did.

    whole   prints `live_part` and includes web/_live.html and web/_stale.html
    part    a template without forms; what is exchanged has an id and, `if oob`, hx-swap-oob="true"
    """
    query = request.GET.copy()
    had = query.pop("v", [""])[-1]
    asks = bool(had) and request.method == "GET"
    # The links of the part are those of the page.
    request.GET = query  # type: ignore[assignment]
    text = render_to_string(part, {**context, "oob": asks}, request)
    shown = text.replace(' hx-swap-oob="true"', "").encode()
    version = blake2b(shown, digest_size=8).hexdigest()
    if had == version:
        return HttpResponse(status=204)
    where = f"{request.path}?{query.urlencode()}" if query else request.path
    live = {"live_url": where, "version": version, "every": LIVE_EVERY, "oob": asks}
    if not asks:
        return render(request, whole, {**context, **live, "live_part": text}, status=status)
    return HttpResponse(render_to_string("web/_live.html", live, request) + text)


# Paging by key: the cost of a page does not grow with its number.

M = TypeVar("M", bound=Model)
PAGE = 30


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of a list; `before` and `after` are marks for the pages beside it, "" if none."""

    rows: list[M]
    before: str
    after: str


class _Beyond(Func):
    """(a, b) < (x, y) as one row comparison, which an index on (a, b) answers."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, names: Sequence[str], values: Sequence[Any], sign: str) -> None:
        super().__init__(*(F(name) for name in names), *(Value(value) for value in values))
        self.half, self.sign = len(names), sign

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        parts, params = [], []
        for source in self.get_source_expressions():
            statement, values = compiler.compile(source)
            parts.append(statement)
            params += values
        left, right = ", ".join(parts[: self.half]), ", ".join(parts[self.half :])
        return f"(({left}) {self.sign} ({right}))", params


def paged(rows: QuerySet[M], mark: str, *, size: int = PAGE) -> Page[M]:
    """The page of a list at a mark made by an earlier page.

    rows   ordered by columns of its own table, all one way, the last one unique
    """
    names = [str(name) for name in rows.query.order_by]
    columns = [name.lstrip("-") for name in names]
    downward = names[0].startswith("-")
    if any(name.startswith("-") != downward for name in names):
        raise ValueError("a list that is paged by key is ordered all one way")
    backward = mark.startswith("<")
    if mark:
        values = _read_mark(mark[1:], rows.model, columns)
        rows = rows.filter(_Beyond(columns, values, "<" if downward != backward else ">"))
    if backward:
        rows = rows.reverse()
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()
    has_before, has_after = (more, True) if backward else (bool(mark), more)
    return Page(
        found,
        "<" + _mark(found[0], columns) if found and has_before else "",
        ">" + _mark(found[-1], columns) if found and has_after else "",
    )


def _mark(row: Model, columns: list[str]) -> str:
    values = [getattr(row, column) for column in columns]
    plain = [v.isoformat() if isinstance(v, datetime) else str(v) for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _read_mark(mark: str, model: type[Model], columns: list[str]) -> list[Any]:
    try:
        plain = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        fields = [model._meta.get_field(column) for column in columns]  # noqa: SLF001
        return [field.to_python(v) for field, v in zip(fields, plain, strict=True)]  # type: ignore[union-attr]
    except Exception as error:
        raise Malformed(_("This page mark is damaged. Start again from the first page.")) from error
