"""The doors for phones, `/sync/1/…`: no session, no cookies, no middleware.

Middleware costs more than all the rest of a small request, and a phone needs none of it: it
proves itself by its secret and is answered in JSON. wsgi.py sends these addresses here.
"""

import gzip
import json
import logging
import random
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import translation

from fangxian.gates.queries import look
from fangxian.kernel import http, signing
from fangxian.kernel.clock import now
from fangxian.kernel.errors import Refusal
from fangxian.kernel.ids import new_id
from fangxian.sync import rules
from fangxian.sync.actions import enrol_device
from fangxian.sync.admission import Admission
from fangxian.sync.errors import (
    BadCommand,
    Busy,
    DatabaseAway,
    NoSuchDoor,
    NotJson,
    TooLarge,
    TooManyCommands,
    VersionEnded,
    WrongMethod,
)
from fangxian.sync.feed import parts_for
from fangxian.sync.inbox import Delivery, fault
from fangxian.sync.kinds import URGENT, Body
from fangxian.sync.links import Links
from fangxian.sync.rules import Answer, Order, Rotten
from fangxian.sync.senders import device_behind, must_be_in_service
from fangxian.sync.writer import Writer

PREFIX = "/sync/1/"

LARGEST = 8 * 1024 * 1024
"""Bytes of a request, unpacked."""

_ALWAYS_READ = 128 * 1024
"""Bytes as sent that are read even when many are here: an emergency may be inside."""

_WORTH_PACKING = 1_400  # bytes: what fits into one packet is sent as it is
_LONGEST_PAUSE = 8  # seconds that a phone is asked to wait, at most

Environ = Mapping[str, Any]
Start = Callable[..., Any]
T = TypeVar("T")

links = Links(4)
admission = Admission(settings.SYNC_AT_ONCE)
writer = Writer(admission=admission)
_log = logging.getLogger("fangxian.sync")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content: Mapping[str, Any]


def answer(environ: Environ, start_response: Start) -> Iterable[bytes]:
    """The WSGI application behind `/sync/1/`."""
    started = time.perf_counter()
    request_id = http.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
    name = environ["PATH_INFO"][len(PREFIX) :]
    door = _DOORS.get((environ["REQUEST_METHOD"], name), _no_door)
    translation.activate(_language(environ))  # whoever comes next in this thread says their own
    with admission.request():
        try:
            reply = door(environ)
        except Refusal as refusal:
            http.count_refusal(refusal)
            reply = Reply(
                refusal.status,
                {"code": refusal.code, "message": refusal.message, "facts": refusal.facts},
            )
        except Exception as error:  # noqa: BLE001 - a phone is answered whatever happens
            _log.error("a door failed", extra={"door": name, "error": fault(error)})
            reply = Reply(500, {"code": "fault", "message": "", "facts": {}})
    content = _as_json(reply.content).encode()
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    if len(content) > _WORTH_PACKING and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        content = gzip.compress(content, 1)
        headers.append(("Content-Encoding", "gzip"))
    facts = reply.content.get("facts")
    if isinstance(facts, dict) and "retry_after" in facts:
        headers.append(("Retry-After", str(facts["retry_after"])))
    seconds = time.perf_counter() - started
    headers += [
        ("Content-Length", str(len(content))),
        ("X-Request-ID", request_id),
        ("Server-Timing", f"app;dur={seconds * 1000:.1f}"),
    ]
    http.tell(
        request_id=request_id,
        method=environ["REQUEST_METHOD"],
        view=f"sync:{door.__name__.strip('_')}",
        status=reply.status,
        seconds=seconds,
        actor=None,
    )
    start_response(f"{reply.status} {_REASONS.get(reply.status, 'Answer')}", headers)
    return [content]


_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 503: "Service Unavailable"}


# The doors


def enrol(environ: Environ) -> Reply:
    given = _json(environ)
    token, name, platform = (_text(given, field) for field in ("token", "name", "platform"))
    device, secret = _asking(
        lambda: enrol_device(
            token, name=name, platform=platform, pin_set=given.get("pin_set") is True
        )
    )
    return Reply(
        200,
        {
            "device": str(device.id),
            "secret": rules.in_base64(secret),
            "trust_key": _asking(signing.trust_key),
            "expires_at": device.expires_at.isoformat(),
            "server_at": now().isoformat(),
        },
    )


def commands(environ: Environ) -> Reply:
    """Take commands in: an answer for each, in their order."""
    _device, sender = device_behind(environ.get("HTTP_AUTHORIZATION", ""), _asking)
    if admission.crowded and _length(environ) > _ALWAYS_READ:
        raise Busy(_pause())
    given = _json(environ)
    received_at = now()
    version = given.get("protocol")
    if not isinstance(version, int) or not rules.is_served(version, received_at):
        raise VersionEnded
    rows, sent_at = given.get("commands"), rules.read_moment(given.get("sent_at"))
    if not isinstance(rows, list) or sent_at is None:
        raise NotJson
    if len(rows) > rules.MOST_COMMANDS:
        raise TooManyCommands(rules.MOST_COMMANDS)
    read = [rules.read_order(row) for row in rows]
    orders = [one for one in read if isinstance(one, Order)]
    urgent = any(order.kind in URGENT for order in orders)
    answers: Iterable[Answer] = ()
    if orders:
        delivery = Delivery(
            sender=sender,
            orders=orders,
            skew=rules.skew_of(sent_at, received_at),
            received_at=received_at,
            language=_language(environ),
        )
        answers = _admitted(delivery, urgent=urgent)
    found = iter(answers)
    said = [_unreadable(one) if isinstance(one, Rotten) else next(found) for one in read]
    return Reply(
        200,
        {"server_at": now().isoformat(), "answers": [one.as_json() for one in said]},
    )


def _admitted(delivery: Delivery, *, urgent: bool) -> list[Answer]:
    number = len(delivery.orders)
    if urgent:
        admission.bring_in(number)
    elif admission.crowded or not admission.lets_in(number):
        raise Busy(_pause())
    try:
        return writer(delivery, urgent=urgent)
    finally:
        admission.done(number)


def feed(environ: Environ) -> Reply:
    """What this phone needs and does not have."""
    device, sender = device_behind(environ.get("HTTP_AUTHORIZATION", ""), _asking)
    must_be_in_service(device)
    if admission.crowded:
        raise Busy(_pause())
    have = parse_qs(environ.get("QUERY_STRING", "")).get("have", [""])[0]
    parts, more = _asking(lambda: parts_for(sender.actor, device=device, have=have))
    return Reply(200, {"server_at": now().isoformat(), "parts": parts, "more": more})


def check(environ: Environ) -> Reply:
    """A gate's second look at somebody it has just let pass. Nothing is recorded, nobody named.

    Posted, though it only asks: an identity number has no business in an address, which is logged.
    """
    device, sender = device_behind(environ.get("HTTP_AUTHORIZATION", ""), _asking)
    must_be_in_service(device)
    if admission.crowded:
        raise Busy(_pause())
    asked = Body(_json(environ), id_=new_id(), at=now())
    site, direction = asked.uuid("site"), asked.text("direction", most=3)
    person, shown = asked.person("person"), asked.text("pass", most=4_000)
    temperature, mask = asked.measured("temperature"), asked.fields.get("mask")
    advice = _asking(
        lambda: look(
            sender.actor,
            site,
            person,
            direction=direction,
            pass_text=shown,
            temperature=temperature,
            mask=mask if isinstance(mask, bool) else None,
        )
    )
    return Reply(
        200,
        {"server_at": now().isoformat(), "verdict": advice.verdict, "rule": advice.rule},
    )


_DOORS: dict[tuple[str, str], Callable[[Environ], Reply]] = {
    ("POST", "enrol"): enrol,
    ("POST", "commands"): commands,
    ("GET", "feed"): feed,
    ("POST", "check"): check,
}


def _no_door(environ: Environ) -> Reply:
    known = {name for _method, name in _DOORS}
    raise WrongMethod if environ["PATH_INFO"][len(PREFIX) :] in known else NoSuchDoor


def _unreadable(one: Rotten) -> Answer:
    bad = BadCommand(one.trouble)
    return Answer(one.id, "refused", bad.code, bad.message, bad.facts)


def _pause() -> int:
    """Seconds; different for each, so that those sent away do not come back together."""
    return random.randint(1, _LONGEST_PAUSE)  # noqa: S311 - no secret


def _asking(question: Callable[[], T]) -> T:
    """Ask the database; once more on a fresh connection, for the old one may have died with it."""
    with links.one():
        for last in (False, True):
            try:
                return question()
            except (OperationalError, InterfaceError) as error:
                connection.close()
                if last:
                    raise DatabaseAway from error
    raise DatabaseAway


# Reading a request


def _language(environ: Environ) -> str:
    return "en" if environ.get("HTTP_ACCEPT_LANGUAGE", "").lower().startswith("en") else "zh-hans"


def _length(environ: Environ) -> int:
    try:
        return max(0, int(environ.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def _json(environ: Environ) -> dict[str, Any]:
    content = _body(environ)
    try:
        given = _read_json(content.decode())
    except (ValueError, RecursionError):
        raise NotJson from None
    if not isinstance(given, dict):
        raise NotJson
    return given


def _no_number(name: str) -> None:
    raise ValueError(name)


_as_json = json.JSONEncoder(ensure_ascii=False, check_circular=False, default=str).encode
_read_json = json.JSONDecoder(parse_constant=_no_number).decode


def _body(environ: Environ) -> bytes:
    """The body, unpacked; never more than `LARGEST` bytes of it are read or made."""
    if _length(environ) > LARGEST:
        raise TooLarge
    packed = _read(environ["wsgi.input"], LARGEST + 1)
    if len(packed) > LARGEST:
        raise TooLarge
    encoding = environ.get("HTTP_CONTENT_ENCODING", "identity").lower()
    if encoding in {"", "identity"}:
        return packed
    if encoding != "gzip":
        raise NotJson
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        plain = unpacking.decompress(packed, LARGEST + 1)
    except zlib.error:
        raise NotJson from None
    if len(plain) > LARGEST:
        raise TooLarge
    if not unpacking.eof:
        raise NotJson
    return plain


def _read(stream: Any, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := stream.read(min(most, 1 << 16))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _text(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field, "")
    if not isinstance(value, str) or "\x00" in value or not rules.is_text(value):
        raise NotJson
    return value
