"""The door for a telephone system: it reports calls as JSON, with a key instead of a password.

    POST /requests/telephone/calls
    Authorization: Bearer <key>
    {"id": "<uuid>", "event": "ringing", "phone": "139…", "line": "07", "emergency": false}

`event` is "ringing" (or left out) or "hung_up". Answers 200 with `{"id", "state"}`; the same again
changes nothing. The number is kept encrypted. What was said is never sent here.
"""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fangxian.kernel.errors import Refusal
from fangxian.requests import calls

MOST_BYTES = 10_000


@csrf_exempt  # nobody is signed in here: no cookie opens this door
@require_POST
def report(request: HttpRequest) -> JsonResponse:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    machine = calls.exchange_of(secret) if scheme == "Bearer" and secret else None
    if machine is None:
        return _refused(401, "key_not_good", _("This key is not known or was withdrawn."))
    if int(request.headers.get("Content-Length") or MOST_BYTES + 1) > MOST_BYTES:
        return _refused(413, "too_large", _("Send one call at a time."))
    said = _said(request.body)
    if said is None:
        return _refused(
            422, "malformed", _("Send a JSON object with an id, and an event that is known.")
        )
    try:
        if said["event"] == "hung_up":
            call = calls.hang_up(machine, said["id"])
        else:
            call = calls.take_in_call(
                machine,
                id=said["id"],
                phone=said["phone"],
                line=said["line"],
                emergency=said["emergency"],
            )
    except Refusal as refusal:
        return _refused(refusal.status, refusal.code, refusal.message)
    return JsonResponse({"id": str(call.id), "state": call.state})


def _said(body: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(body)
        return {
            "id": UUID(str(read["id"])),
            "event": {"ringing": "ringing", "hung_up": "hung_up"}[read.get("event", "ringing")],
            "phone": str(read.get("phone") or "")[:30],
            "line": str(read.get("line") or "")[:20],
            "emergency": read.get("emergency") is True,
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _refused(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
