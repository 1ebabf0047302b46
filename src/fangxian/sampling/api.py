"""The door for laboratories' own systems: results as JSON, with a key instead of a password.

    POST /sampling/api/results
    Authorization: Bearer <key>
    {"results": [{"barcode": "T…", "finding": "negative",
                  "measured_at": "2022-09-02T14:05:00+08:00"}]}

answers 200 with `{"loaded": n, "refused": [{"line", "barcode", "reason"}]}`: each row by itself,
and sending again changes nothing.
"""

import hashlib
import json

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fangxian.kernel.access import Actor, Duty
from fangxian.sampling import actions
from fangxian.sampling.models import LaboratoryKey

MOST_BYTES = 1_000_000
MOST_ROWS = 2_000


@csrf_exempt  # nobody is signed in here: no cookie opens this door
@require_POST
def results(request: HttpRequest) -> JsonResponse:
    key = _key_of(request)
    if key is None:
        return _refused(401, "key_not_good", _("This key is not known or was withdrawn."))
    if int(request.headers.get("Content-Length") or MOST_BYTES + 1) > MOST_BYTES:
        return _refused(413, "too_large", _("Send at most 2,000 results at a time."))
    try:
        rows = json.loads(request.body)["results"]
        sound = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    except (ValueError, KeyError, TypeError, RecursionError):
        rows, sound = [], False
    if not sound:
        return _refused(422, "malformed", _("Send a JSON object with a list named results."))
    if len(rows) > MOST_ROWS:
        return _refused(413, "too_large", _("Send at most 2,000 results at a time."))
    machine = Actor(
        id=key.id,
        within=key.area_path,
        duties=frozenset({Duty.ENTER_RESULTS}),
        name=key.laboratory.name,
    )
    done = actions.report_results(machine, rows, laboratory_id=key.laboratory_id)
    refused = [{"line": bad.line, "barcode": bad.barcode, "reason": bad.reason} for bad in done.bad]
    return JsonResponse({"loaded": done.loaded, "refused": refused})


def _key_of(request: HttpRequest) -> LaboratoryKey | None:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not secret:
        return None
    said = hashlib.sha256(secret.encode()).digest()
    good = LaboratoryKey.objects.filter(secret_hash=said, withdrawn_at=None)
    return good.select_related("laboratory").first()


def _refused(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
