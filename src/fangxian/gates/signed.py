"""What gates sign: passes, the code on a venue's screen, and a list on paper."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer

from fangxian.areas.models import Area, Site
from fangxian.areas.rules import paths_to
from fangxian.engines.codes import Claims, Kind, issue
from fangxian.gates.models import Pass
from fangxian.gates.visits import SHOWN_STEP, SITE, STEP, step_at
from fangxian.kernel import signing
from fangxian.kernel.ids import code

PASS_KIND, PASS_AREA = -4, -5
"""Claims of a pass's code."""
_SCREEN = "gates.screen"
_SCREEN_GOOD_FOR = timedelta(minutes=10)


def pass_code(held: Pass) -> str:
    """The signed text of a pass. It names nobody."""
    claims = Claims(
        kind=Kind.PASS,
        district=_district(held.area_path),
        subject=held.number,
        issued_at=held.issued_at,
        not_before=held.valid_from,
        expires_at=held.valid_to,
        more={PASS_KIND: held.kind, PASS_AREA: held.area_path},
    )
    return issue(claims, signing.signer("code"))


def screen_code(site: Site, at: datetime) -> str:
    """What a venue's screen shows now; another one in half a minute."""
    step = step_at(at)
    began = at - timedelta(seconds=at.timestamp() % STEP.total_seconds())
    claims = Claims(
        kind=Kind.VENUE,
        district=_district(site.area_path),
        subject=site.number,
        issued_at=began,
        not_before=began,
        expires_at=began + _SCREEN_GOOD_FOR,
        more={SITE: site.id.bytes, SHOWN_STEP: step},
    )
    return issue(claims, signing.signer("code"))


def poster_code(site: Site) -> str:
    """What stands on a venue's poster: its number only, for a poster proves nothing."""
    return f"FXV:{venue_number(site)}"


def venue_number(site: Site) -> str:
    """As it is printed beneath the code and said aloud."""
    return code("V", site.number)


def screen_token(site_id: UUID) -> str:
    """Opens a venue's screen without anybody being signed in on the tablet."""
    return Signer(salt=_SCREEN).sign(str(site_id))


def site_of_token(token: str) -> UUID | None:
    try:
        return UUID(Signer(salt=_SCREEN).unsign(token))
    except (BadSignature, ValueError):
        return None


def list_digest(lines: Sequence[Mapping[str, str]], *, gate: int, until: datetime) -> bytes:
    """SHA-256 of what a printed list says, so that a line added by hand is seen."""
    said = json.dumps(
        {"gate": gate, "until": until.isoformat(), "lines": [dict(line) for line in lines]},
        ensure_ascii=False,
        sort_keys=True,
    )
    return hashlib.sha256(said.encode()).digest()


def check_number(digest: bytes) -> str:
    """As it stands at the foot of the list, and as a phone shows it: 32 signs in fours."""
    hexed = digest.hex()[:32].upper()
    return " ".join(hexed[at : at + 4] for at in range(0, len(hexed), 4))


def list_code(site: Site, *, digest: bytes, lines: int, at: datetime, until: datetime) -> str:
    """What the list is, with the district's signature, for its QR code: `FXL:kid.text.signature`.

    A gate's phone reads it (field/src/phone/printed.ts); the check number stands there as well.
    """
    said = {
        "list": {
            "gate": site.name,
            "site": str(site.id),
            "at": int(at.timestamp()),
            "until": int(until.timestamp()),
            "lines": lines,
            "check": check_number(digest),
        }
    }
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    kid, signature = signing.sign("trust", text)
    return "FXL:" + ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (kid, text, signature)
    )


def _district(area_path: str) -> str:
    above = Area.objects.filter(path__in=paths_to(area_path), level=Area.Level.DISTRICT).first()
    return above.code[:6] if above else ""
