"""What a phone is sent: signed parts, each with a version, the smallest first.

A phone says which versions it has; what it has is not sent again, so an interrupted download goes
on where it stopped. A part's version is a digest of its body: the same body is the same version on
every process. Never whole registers: each room gives what its `<part>_for` says the viewer needs.
"""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from fangxian.dispatch import queries as dispatch
from fangxian.gates import queries as gates
from fangxian.kernel import signing
from fangxian.kernel.access import Actor, Duty
from fangxian.sampling import queries as sampling
from fangxian.sync.models import Device
from fangxian.sync.modes import Mode
from fangxian.sync.queries import me_for

AT_ONCE = 256 * 1024
"""Bytes of parts in one answer, about; one part alone may be larger."""

Body = Callable[[Actor], Any]

_DESK = frozenset({Mode.DESK})
_GATES = frozenset({Mode.CHECKPOINT})
_DOORS = frozenset({Mode.VENUE})
_TASKS = frozenset({Mode.TASKS})

PARTS: dict[str, tuple[frozenset[Mode], Body]] = {
    "points": (_DESK, sampling.points_for),
    "pools": (_DESK, sampling.pools_for),
    "singles": (_DESK, sampling.singles_for),
    "checkpoints": (_GATES, gates.checkpoints_for),
    "alerts": (_GATES, gates.alerts_for),
    "venues": (_DOORS, gates.venues_for),
    "tasks": (frozenset({Mode.TASKS}), dispatch.tasks_for),
}
"""Name of a part, the modes that use it, and the room's function that gives its body."""


_PERSONAL = frozenset({"tasks"})
_KEPT_FOR = 15.0  # seconds that phones of one area are given the same text of a part
_MOST_KEPT = 500
_kept: dict[tuple[str, str, frozenset[Duty]], tuple[float, str]] = {}


def parts_for(actor: Actor, *, device: Device, have: str) -> tuple[list[dict[str, str]], bool]:
    """Signed parts that the phone does not have, and whether there are more to ask for."""
    known = dict(one.split(":", 1) for one in have.split(",") if ":" in one)
    modes = frozenset(Mode(mode) for mode in device.modes)
    texts = {
        "me": _text(me_for(actor, device=device)),
        "keys": _text({"keys": signing.trust_document()}),
    }
    for name, (used_by, body) in PARTS.items():
        if used_by & modes:
            texts[name] = _text(body(actor)) if name in _PERSONAL else _shared(name, body, actor)
    wanted = []
    for name, text in texts.items():
        version = hashlib.sha256(text.encode()).hexdigest()[:16]
        if known.get(name) != version:
            wanted.append(f'{{"name":"{name}","version":"{version}","body":{text}}}'.encode())
    wanted.sort(key=len)
    sent: list[dict[str, str]] = []
    size = 0
    for payload in wanted:
        if sent and size + len(payload) > AT_ONCE:
            break
        sent.append(signing.signed_document(payload))
        size += len(payload)
    return sent, len(sent) < len(wanted)


def _shared(name: str, body: Body, actor: Actor) -> str:
    """The text of a part that is the same for everybody of an area with the same duties."""
    key = (name, actor.within, actor.duties)
    kept = _kept.get(key)
    if kept is None or kept[0] < time.monotonic():
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        kept = _kept[key] = (time.monotonic() + _KEPT_FOR, _text(body(actor)))
    return kept[1]


def forget() -> None:
    _kept.clear()


def _text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
